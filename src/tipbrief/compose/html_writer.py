"""Texts and values as HTML: references resolved, sources numbered, runs of other scripts marked."""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache, partial
from itertools import groupby

from markupsafe import Markup, escape

from tipbrief.check.blocks import Document
from tipbrief.check.markdown import MarkdownRun, parse_markdown, strip_markdown
from tipbrief.check.models import Column, Source, Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.check.texts import REFERENCE
from tipbrief.compose import formatting
from tipbrief.compose.formatting import ROW_PREFIX, format_figure, locate_row_cell
from tipbrief.compose.provenance import break_at_sentences, mark_origin
from tipbrief.language.dates import Date
from tipbrief.language.language import Language, load_language
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.unicode_text import foreign_runs, remove_marks
from tipbrief.ledger.entries import format_cell_name, parse_count_key, split_cell_name
from tipbrief.load.schema import MarkdownText, Phrase
from tipbrief.load.source_text import Text

_CACHE_SIZE = 2000  # texts
_BOLD = Markup("<b>{}</b>")
_LINK = Markup('<a href="{}">{}</a>{} (<span class="address" dir="ltr" lang="en">{}</span>)')
_BARE_LINK = Markup('<a href="{}" dir="ltr" lang="en">{}</a>{}')
_CORRECTION_MARK = Markup('<sup class="corrected"><a href="#corrections" aria-label="{}">{}†</a></sup>')
_SOURCE_MARK = Markup('<sup class="cite">{}</sup>')
_SOURCE_LINK = Markup('<a href="#source-{}" aria-label="{}">{}</a>')
_MARKS = re.compile('<sup class="(?:cite|corrected)">.*?</sup>')
_UNTRANSLATED_SPAN = Markup('<span class="untranslated" dir="{}" lang="{}">{}</span>')
_BEGINS_WITH_NUMBER = re.compile(r"(?:<[^>]*>)*\d")
_NO_ROW = defaultdict[str, str](str)  # has no sources of its own
_FOREIGN_RUN = Markup('<span dir="{}" lang="{}">{}</span>')


@dataclass(frozen=True)
class HtmlWriter:
    """Writes texts of the dataset as HTML; sources are numbered in the order in which the brief first cites them."""

    publication: Publication
    corrected_names: Collection[str] = ()
    document: Document | None = None
    _source_numbers: dict[str, int] = field(default_factory=dict)
    printed_figures: dict[str, None] = field(default_factory=dict)  # in the order of printing

    @property
    def language(self) -> Language:
        """The language of the page."""
        return self.publication.language

    @property
    def _correction_mark(self) -> Markup:
        # The direction mark keeps it on its side of a number, as in source_mark.
        return _CORRECTION_MARK.format(self.language.gettext("changed"), self.language.direction_mark)

    def cite(self, names: Iterable[str]) -> Markup:
        """The superscript mark of these sources: their numbers, as links to the sources."""
        known = [one for name in names for one in self._find_sources(str(name))]
        numbers = sorted({self._source_numbers.setdefault(name, len(self._source_numbers) + 1) for name in known})
        return source_mark(self.language, tuple(numbers)) if numbers else Markup()

    def _find_sources(self, name: str) -> list[str]:  # ``row``: those of the document's row
        if name == ROW_PREFIX.rstrip(".") and name not in self.publication.sources and self.document:
            table = self.publication.tables[str(self.document.brief.for_each)]
            return row_sources(table, table.by_key[self.document.key])
        return [name]

    def cited_sources(self) -> list[tuple[int, Source]]:
        """The cited sources with their numbers."""
        return [(number, self.publication.sources[name]) for name, number in self._source_numbers.items()]

    def rich(self, text: str) -> Markup:
        """A text of the dataset, with its figures, dates and source marks; several paragraphs become one line."""
        if isinstance(text, MarkdownText):
            return Markup(" ").join(self.paragraphs(text))
        return mark_origin(self._write_runs([MarkdownRun(str(text))], language_of(text)), text, str(text))

    def _write_runs(self, runs: Iterable[MarkdownRun], tag: str) -> Markup:  # ``tag``: their language, if other
        if tag:
            other = replace(self, publication=replace(self.publication, language=load_language(tag)))
            return mark_untranslated(other._write_runs(runs, ""), tag, self.language)
        groups = groupby(runs, lambda run: run.address)
        return Markup().join(self._write_link(address, [*some]) for address, some in groups)

    def _write_link(self, address: str, runs: Sequence[MarkdownRun]) -> Markup:
        """Words with bold parts; a link has its address beside it, for readers on paper."""
        words = ((self._resolve_references(run.words), run.bold) for run in runs)
        shown = Markup().join(_BOLD.format(one) if bold else one for one, bold in words)
        if address:
            # A mark is a link, too, and a link inside a link would end it.
            marks, shown = Markup("".join(_MARKS.findall(shown))), Markup(_MARKS.sub("", shown))
            place = MarkdownRun("".join(run.words for run in runs), address=address).address_for_print
            shown = (_LINK if place else _BARE_LINK).format(address, shown, marks, place)
        return shown

    def _resolve_references(self, text: str) -> Markup:
        parts, end = [], 0
        for found in REFERENCE.finditer(text):
            parts += [self._write_words(text, end, found.start()), self._write_reference(found[1].strip())]
            end = found.end()
        return Markup().join([*parts, self._write_words(text, end, len(text))])

    def _write_words(self, text: str, start: int, end: int) -> Markup:
        return break_at_sentences(self.runs(text[start:end]), text, start, end)

    def runs(self, text: str) -> Markup:
        """Words without references, each run of another script in its own direction."""
        is_year = isinstance(text, Phrase) and len(text) == 4 and text.isdecimal()  # the label of a year's column
        return bidi_html(self.language.digits(text) if is_year else text, self.language)

    def paragraphs(self, text: str) -> list[Markup]:
        """The paragraphs of a text and the items of its lists."""
        if isinstance(text, MarkdownText):
            return [self._write_item(item, text) for part in parse_markdown(text) for item in part.items]
        parts = [" ".join(part.split()) for part in text.split("\n\n")]
        if isinstance(text, Text):
            parts = [Text(part, text.location, text.language) for part in parts]
        return [self.rich(part) + self._cite_row(part) for part in parts if part]

    def _write_item(self, runs: Sequence[MarkdownRun], text: str) -> Markup:
        words = [run.words for run in runs]
        return mark_origin(self._write_runs(runs, language_of(text)), text, *words) + self._cite_row("".join(words))

    def _cite_row(self, text: str) -> Markup:
        """The sources of the document's row, for a paragraph that prints its numbers and cites nothing."""
        names, numbers = [found[1].strip() for found in REFERENCE.finditer(text)], list[str]()
        if any(name.startswith("@") for name in names):
            return Markup()
        for name in names:
            if name.startswith(ROW_PREFIX):
                table, _, column = locate_row_cell(self.publication, self.document, name.removeprefix(ROW_PREFIX))
                numbers += [name] if table.spec.columns[column].type == "number" else []
        return self.cite(dict.fromkeys(one for name in numbers for one in self.sources_of(name)))

    def passage(self, text: str, kind: str = "", sources: Iterable[str] = (), tail: str = "") -> Markup:
        """The paragraphs and lists of a text, as elements of the class ``kind``, then its sources and the ``tail``."""
        named = Markup(' class="{}"').format(kind) if kind else Markup()
        shown = [(self._write_item(item, text), part.is_list) for part in parse_markdown(text) for item in part.items]
        if shown:
            shown[-1] = (shown[-1][0] + self.cite(sources) + tail, shown[-1][1])
        lines = []
        for listed, items in groupby(shown, key=lambda one: one[1]):
            if listed:
                inside = Markup("\n").join(Markup("<li>{}</li>").format(item) for item, _ in items)
                lines.append(Markup("<ul{}>\n{}\n</ul>").format(named, inside))
            else:
                lines += [Markup("<p{}>{}</p>").format(named, item) for item, _ in items]
        return Markup("\n").join(lines)

    def column_of(self, table: str, show: str) -> Column:
        """A declared column, or ``key.column`` of the table to which the key points."""
        name, _, further = show.partition(".")
        column = self.publication.tables[table].spec.columns[name]
        return self.column_of(str(column.table), further) if further else column

    def cell_html(self, table: str, row: Mapping[str, str], show: str) -> Markup:
        """The cell ``column`` of a row, or ``key.column`` of the row to which the key points."""
        column, _, further = show.partition(".")
        spec = self.publication.tables[table].spec
        if further:
            table, key, column = str(spec.columns[column].table), row[column], further
            row = self.publication.tables[table].by_key[key]
        else:
            key = ",".join(row[name] for name in spec.key)
        cell = self.runs(formatting.format_cell(self.publication, table, row, column))
        return mark_origin(cell, row.get(column)) + self.mark(table, column, key)

    def _write_reference(self, name: str) -> Markup:
        if name.startswith("@"):
            return self.cite(name[1:].split())
        if name.startswith(ROW_PREFIX):
            path = name.removeprefix(ROW_PREFIX)
            table, key, column = locate_row_cell(self.publication, self.document, path)
            cell = self.runs(formatting.format_row_cell(self.publication, self.document, path))
            mark = self.mark(table.spec.id, column, key) if key else Markup()
            if self.document and not mark:  # the key that points to it may be corrected
                mark = self.mark(str(self.document.brief.for_each), path.partition(".")[0], self.document.key)
            return mark_origin(cell, table.by_key.get(key, {}).get(column)) + mark
        if name[:1].isdigit():
            return Markup('<span class="date">{}</span>').format(self.language.both_calendars(Date.parse(name)))
        return Markup('<span class="num">{}</span>').format(self.value(name))

    def value(self, name: str) -> Markup:
        """The printed value of a figure or of ``row.column``, with a mark if it was corrected."""
        if name.startswith(ROW_PREFIX):
            return self._write_reference(name)
        self.printed_figures.setdefault(name)
        mark = self._correction_mark if name in self.corrected_names else Markup()
        return mark_origin(escape(format_figure(self.publication, name)), self.publication.values[name]) + mark

    def sources_of(self, name: str) -> tuple[str, ...]:
        """The ids of the sources of a figure or a cell ``row.column``."""
        return formatting.headline_sources(self.publication, self.document, name)

    def longest_value(self, names: Iterable[str]) -> int:
        """The number of characters of the longest value of these figures; more, if these are wide."""
        shown = (formatting.headline_value(self.publication, self.document, name) for name in names)
        return max(map(formatting.count_character_widths, shown), default=0)

    def mark(self, table: str, column: str, row: str | Sequence[str] = "") -> Markup:
        """The mark of a correction, if a cell of the column was corrected: in one row, in some, or in any."""
        if not self.corrected_names:
            return Markup()
        rows = [row] if isinstance(row, str) else row
        starts = tuple(f"{table}[{one}{end}" for one in rows for end in (",", "]")) if row != "" else f"{table}["
        declared = self.publication.tables[table].spec.columns.get(column)
        # In a translation the column ``name.ps`` is printed in place of ``name``.
        own = declared.languages.get(self.language.tag) if declared else None
        ends = (f"].{column}", f"].{own or column}")
        cells = (name for name in self.corrected_names if name.startswith(starts) and name.endswith(ends))
        return self._correction_mark if any(cells) else Markup()

    def label(self, name: str) -> Markup:
        """The label of a figure or of a cell ``table[key].column``, for readers."""
        if name in self.publication.figures:
            return self.rich(self.publication.figures[name].label)
        if name.startswith(ROW_PREFIX):
            return self.runs(formatting.headline_label(self.publication, self.document, name))
        if (found := self._find_cell(name)) is None:
            return self._count_label(name)
        table, key, column = found
        parts = [self._row_name(table, part, of) for part, of in zip(key, table.spec.key, strict=True)]
        return Markup(self.language.comma).join([*parts, self.runs(table.spec.columns[column].label or column)])

    def _count_label(self, name: str) -> Markup:  # a name of nothing stays
        table, key, column = split_cell_name(name)
        if not (where := parse_count_key(key)) or table not in self.publication.tables:
            return self.runs(name)
        spec = self.publication.tables[table].spec
        cells = (formatting.format_cell(self.publication, table, where, one) for one in where)
        return self.runs(self.language.comma.join([spec.columns[column].label or spec.title, *cells]))

    def distinct_steps(self, steps: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """The steps of a correction without cells whose figure is one of the steps."""
        figures = (self.publication.figures.get(name) for name, _, _ in steps)
        cells = [figure.cell for figure in figures if figure and figure.cell]
        repeated = {format_cell_name(cell.table, cell.row, cell.column) for cell in cells}
        return [step for step in steps if step[0] not in repeated]

    def value_then(self, name: str, value: str) -> Markup:
        """A former value of a figure or a cell, as it was printed."""
        figure, found = self.publication.figures.get(name), self._find_cell(name)
        column = found[0].spec.columns[found[2]] if found else None
        if column and value in column.choices:
            return self.runs(column.choices[value].label)
        if column and found and column.type == "key" and value:
            return self._row_name(found[0], value, found[2])
        if column and column.type == "code" and value in self.publication.texts.prose:
            text = plain_text(self.publication.texts.prose[value].text, self.publication, self.document)
            opening, closing = self.language.quotes
            return self.runs(opening + " ".join(text.split()) + closing)
        is_number = figure or (column and column.type == "number") or parse_count_key(split_cell_name(name)[1])
        if is_number and NUMBER.fullmatch(value.removeprefix("-")):
            unit = figure.measure if figure else column.unit if column else None
            return escape(self.language.amount(parse_number(value), unit))
        if column and found and column.type == "text":
            value = formatting.format_text_cell(self.language, self._ledger_text(found[0], found[2], value))
        return self.runs(value) if value else Markup("–")

    def _ledger_text(self, table: Table, column: str, value: str) -> str:
        """A text cell as the ledger has it: in the publication's first language, unless its column has another."""
        first = self.publication.languages[0]
        others = {str(name) for one in table.spec.columns.values() for name in one.languages.values()}
        own = self.language.tag == first.tag or column in others
        return value if own else Text(value, table.spec.columns[column].location, first.tag)

    def _find_cell(self, name: str) -> tuple[Table, list[str], str] | None:
        table, key, column = split_cell_name(name)
        known = self.publication.tables.get(table)
        if known is None or column not in known.spec.columns or key not in known.by_key:
            return None
        return known, key.split(",") if len(known.spec.key) > 1 else [key], column

    def _row_name(self, table: Table, key: str, column: str) -> Markup:
        """The name of a row, in the table that its key points to or shares; else the key itself."""
        declared = table.spec.columns[column]
        others = [self.publication.tables[declared.table]] if declared.table else []
        others += [table] if len(table.spec.key) == 1 else []
        others += [one for one in self.publication.tables.values() if list(one.spec.key) == [column]]
        for one in others:
            if declared.type != "year" and key in one.by_key and one.row_name(key) != key:
                return self.runs(one.row_name(key))
        return self.runs(key)


def format_own_values(publication: Publication, document: Document, prints: Mapping[str, str]) -> bytes:
    """What a document prints of figures and of its own rows, as CSV: the names, labels, values and sources."""
    writer, text = HtmlWriter(publication, (), document), io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow(["name", "label", "value", "sources"])
    for name in filter(partial(_is_own_value, publication, document), prints):
        table, key, _ = split_cell_name(name)
        of = publication.tables.get(table)
        ids = publication.figure_sources(name) if of is None else row_sources(of, of.by_key.get(key, _NO_ROW))
        sources = [publication.sources[one] for one in ids]
        shown = [", ".join(filter(None, (one.publisher, one.title, one.address))) for one in sources]
        lines.writerow([name, writer.label(name).striptags(), prints[name], "; ".join(shown)])
    return text.getvalue().encode("utf-8-sig")


def _is_own_value(publication: Publication, document: Document, name: str) -> bool:
    """Whether a value is of a figure, a number of rows, the document's row, or one of another table joined to it."""
    (table, key, _), own = split_cell_name(name), str(document.brief.for_each or "")
    if not (key and own) or (table, key) == (own, document.key) or parse_count_key(key):
        return True
    here, there = publication.tables[own], publication.tables[table]
    if table == own or key not in there.by_key:
        return False
    points_here = (one for one, spec in there.spec.columns.items() if spec.table == own)
    points_there = (one for one, spec in here.spec.columns.items() if spec.table == table)
    found = any(there.by_key[key][one] == document.key for one in points_here)
    return found or any(here.by_key[document.key][one] == key for one in points_there)


def language_of(text: str) -> str:
    """The language tag of a text that was not translated; empty for any other."""
    return getattr(text, "language", "")


def mark_untranslated(shown: Markup, tag: str, around: Language) -> Markup:
    """An untranslated text, in a span of its own language and direction."""
    own = load_language(tag)
    # A number at its beginning must not touch what follows it in the line.
    touches = own.direction != around.direction and _BEGINS_WITH_NUMBER.match(remove_marks(shown))
    gap = "\u00a0" if touches else ""
    return _UNTRANSLATED_SPAN.format(own.direction, tag, shown) + gap


def bidi_html(text: str, around: Language) -> Markup:
    """Escaped text with a language's digits; each run of another script is a span with its direction."""
    if tag := language_of(text):
        shown = mark_untranslated(bidi_html(str(text), load_language(tag)), tag, around)
    else:
        shown = _write_foreign_runs(text, around)
    return mark_origin(shown, text)


@lru_cache(_CACHE_SIZE)  # the documents of a series have the same marks
def source_mark(own: Language, numbers: tuple[int, ...]) -> Markup:
    """The mark of the sources with these numbers, of which each leads to its source."""
    links, before = list[Markup](), own.direction_mark  # without it, a number before the mark would be read as its own
    for number in numbers:
        shown = own.digits(number)
        links.append(_SOURCE_LINK.format(number, own.gettext("source %(number)s", number=shown), before + shown))
        before = ""
    return _SOURCE_MARK.format(Markup(own.comma.replace(" ", "\u00a0")).join(links))


@lru_cache(_CACHE_SIZE, typed=True)  # the documents of a series share most texts; Markup is not the same as str
def _write_foreign_runs(text: str, around: Language) -> Markup:
    direction = "ltr" if around.rtl else "rtl"
    return Markup().join(
        _FOREIGN_RUN.format(direction, around.other_script, piece) if foreign else escape(around.digits(piece))
        for foreign, piece in foreign_runs(text, around.direction)
    )


def plain_text(text: str, publication: Publication, document: Document | None = None) -> str:
    """A text without markup and source marks, for titles and metadata."""
    if tag := language_of(text):
        publication = replace(publication, language=load_language(tag))
    if isinstance(text, MarkdownText):
        text = " ".join(strip_markdown(text))

    def print_reference(name: str) -> str:
        if name.startswith("@"):
            return ""
        if name[:1].isdigit():
            return publication.language.both_calendars(Date.parse(name))
        return formatting.headline_value(publication, document, name)

    return publication.language.digits(REFERENCE.sub(lambda found: print_reference(found[1].strip()), str(text)))
