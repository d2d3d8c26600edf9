"""Texts and values as they are printed: references resolved, sources numbered, runs of each script marked."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal

from markupsafe import Markup, escape

from tipbrief.check.blocks import Document
from tipbrief.check.models import Source, Table
from tipbrief.check.publication import Publication
from tipbrief.check.texts import REFERENCE
from tipbrief.language.dates import Date
from tipbrief.language.language import Language, language
from tipbrief.language.numbers import NUMBER, PERCENT_SIGNS, parse_number
from tipbrief.language.text import foreign_runs
from tipbrief.ledger.entries import cell_name
from tipbrief.load.places import Text

_CORRECTED = Markup('<sup class="corrected">{}</sup>')
_UNTRANSLATED = Markup('<span class="untranslated" dir="{}" lang="{}">{}</span>')
_TAGGED = Markup('<span dir="{}" lang="{}">{}</span>')


@dataclass(frozen=True)
class Writer:
    """Turns the dataset's texts into HTML: references resolved, all else escaped.

    The sources are numbered in the order in which the brief first names them.
    """

    publication: Publication
    corrected: Collection[str] = ()
    document: Document | None = None
    _order: dict[str, int] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        """What is written in."""
        return self.publication.language

    @property
    def _corrected(self) -> Markup:
        # The mark keeps its side of a number, as a source's does.
        return _CORRECTED.format(self.language.turn + "†")

    def cite(self, names: Iterable[str]) -> Markup:
        """The superscript marks of these sources, their numbers."""
        numbers = sorted({self._order.setdefault(str(name), len(self._order) + 1) for name in names})
        if not numbers:
            return Markup()
        shown = self.language.comma.replace(" ", "\u00a0").join(map(self.language.digits, numbers))
        # The mark keeps its side of a number that it follows: without it the two are one number.
        return Markup('<sup class="cite">{}</sup>').format(self.language.turn + shown)

    def cited(self) -> list[tuple[int, Source]]:
        """The cited sources with their numbers."""
        return [(place, self.publication.sources[name]) for name, place in self._order.items()]

    def rich(self, text: str) -> Markup:
        """A text of the author's own, with its figures, dates and source marks."""
        if tag := language_of(text):
            other = replace(self, publication=replace(self.publication, language=language(tag)))
            return untranslated(other._rich(str(text)), tag, self.language)
        return self._rich(text)

    def _rich(self, text: str) -> Markup:
        parts, end = [], 0
        for found in REFERENCE.finditer(text):
            parts += [self.runs(text[end : found.start()]), self._reference(found[1].strip())]
            end = found.end()
        return Markup().join([*parts, self.runs(text[end:])])

    def runs(self, text: str) -> Markup:
        """Words as they stand, each run of another script in its own direction."""
        return bidi_html(text, self.language)

    def paragraphs(self, text: str) -> list[Markup]:
        """The paragraphs of a text, which blank lines part."""
        parts = (" ".join(part.split()) for part in text.split("\n\n"))
        return [self.rich(same_language(part, text)) for part in parts if part]

    def shown(self, table: str, row: dict[str, str], show: str) -> Markup:
        """The cell ``column`` of a row, or ``key.column`` of the row to which the key points."""
        name, _, further = show.partition(".")
        spec = self.publication.tables[table].spec
        if not further:
            cell = cell_text(self.publication, table, row, name)
            return self.runs(cell) + self.mark(table, name, ",".join(row[part] for part in spec.key))
        target = str(spec.columns[name].table)
        cell = cell_text(self.publication, target, self.publication.tables[target].by_key[row[name]], further)
        return self.runs(cell) + self.mark(target, further, row[name])

    def _reference(self, name: str) -> Markup:
        if name.startswith("@"):
            return self.cite(name[1:].split())
        if name.startswith("row."):
            return self.runs(row_cell(self.publication, self.document, name[4:])) + self._row_mark(name[4:])
        if name[:1].isdigit():
            return Markup('<span class="date">{}</span>').format(
                self.language.both_calendars(Date.parse(name))
            )
        return Markup('<span class="num">{}</span>').format(self.value(name))

    def value(self, name: str) -> Markup:
        """A figure's value as it is printed, with a mark where it was corrected."""
        mark = self._corrected if name in self.corrected else Markup()
        return escape(shown_value(self.publication, name)) + mark

    def longest(self, names: Iterable[str]) -> int:
        """How many letters the longest value of these figures has."""
        return max((len(shown_value(self.publication, name)) for name in names), default=0)

    def mark(self, table: str, column: str, row: str = "") -> Markup:
        """The mark of a correction, where a cell of the column was corrected: of one row, or of any.

        In a translation it may be that of the column ``name.ps``, which is printed for ``name``.
        """
        if not self.corrected:
            return Markup()
        starts = (f"{table}[{row},", f"{table}[{row}]") if row else (f"{table}[",)
        declared = self.publication.tables[table].spec.columns.get(column)
        own = declared.languages.get(self.language.tag) if declared else None
        ends = (f"].{column}", f"].{own or column}")
        cells = (name for name in self.corrected if name.startswith(starts) and name.endswith(ends))
        return self._corrected if any(cells) else Markup()

    def _row_mark(self, path: str) -> Markup:
        """The mark at a cell that ``row_cell`` prints, or at the key that points to it."""
        if self.document is None or not self.corrected:
            return Markup()
        table, (name, _, further) = str(self.document.brief.for_each), path.partition(".")
        mark = self.mark(table, name, self.document.key)
        if further and not mark:
            target = str(self.publication.tables[table].spec.columns[name].table)
            row = self.publication.tables[table].by_key[self.document.key]
            return self.mark(target, further, row[name])
        return mark

    def label(self, name: str) -> Markup:
        """What a figure or a cell ``table[key].column`` is called, for readers."""
        if name in self.publication.figures:
            return self.rich(self.publication.figures[name].label)
        if (found := self._cell(name)) is None:
            return self.runs(name)
        table, key, column = found
        parts = [self._row_name(table, part, of) for part, of in zip(key, table.spec.key, strict=True)]
        return Markup(self.language.comma).join(
            [*parts, self.runs(table.spec.columns[column].label or column)]
        )

    def distinct(self, steps: Sequence[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
        """The steps of a correction without the cells for which a figure beside them stands."""
        figures = (self.publication.figures.get(name) for name, _, _ in steps)
        cells = [figure.cell for figure in figures if figure and figure.cell]
        doubled = {cell_name(cell.table, cell.row, cell.column) for cell in cells}
        return [step for step in steps if step[0] not in doubled]

    def value_then(self, name: str, value: str) -> Markup:
        """A value that a figure or a cell had, as it was printed then."""
        figure, found = self.publication.figures.get(name), self._cell(name)
        column = found[0].spec.columns[found[2]] if found else None
        if column and value in column.choices:
            return self.runs(column.choices[value].label)
        if column and found and column.type == "key" and value:
            return self._row_name(found[0], value, found[2])
        if column and column.type == "code" and value in self.publication.texts.prose:
            text = plain_text(self.publication.texts.prose[value].text, self.publication, self.document)
            opening, closing = self.language.quotes
            return self.runs(opening + " ".join(text.split()) + closing)
        if (figure or (column and column.type == "number")) and NUMBER.fullmatch(value.removeprefix("-")):
            return escape(_shown_amount(self.language, parse_number(value), figure.unit if figure else None))
        if column and found and column.type == "text":
            value = self._recorded(found[0], found[2], value)
        return self.runs(value) if value else Markup("–")

    def _recorded(self, table: Table, column: str, value: str) -> str:
        """A cell of words as the ledger has it: in the publication's first language, but for ``name.ps``.

        What a column holds in another language, as ``english``, is translated into none.
        """
        first = self.publication.languages[0]
        others = {str(name) for one in table.spec.columns.values() for name in one.languages.values()}
        own = self.language.tag == first.tag or column in others
        return value if own else Text(value, table.spec.columns[column].place, first.tag)

    def _cell(self, name: str) -> tuple[Table, list[str], str] | None:
        table, _, rest = name.partition("[")
        key, _, column = rest.rpartition("].")
        known = self.publication.tables.get(table)
        if known is None or column not in known.spec.columns or key not in known.by_key:
            return None
        return known, key.split(",") if len(known.spec.key) > 1 else [key], column

    def _row_name(self, table: Table, key: str, column: str) -> Markup:
        """A row's name by the table that its key points to or shares, else the key itself."""
        declared = table.spec.columns[column]
        others = [self.publication.tables[declared.table]] if declared.table else []
        others += [table] if len(table.spec.key) == 1 else []
        others += [one for one in self.publication.tables.values() if list(one.spec.key) == [column]]
        for one in others:
            if declared.type != "year" and key in one.by_key and one.name_of(key) != key:
                return self.runs(one.name_of(key))
        return self.runs(key)


def language_of(text: str) -> str:
    """The tag of the language of a text that was not translated; empty for any other."""
    return getattr(text, "language", "")


def same_language(part: str, text: str) -> str:
    """A part of a text as one of the same language."""
    return Text(part, text.place, text.language) if isinstance(text, Text) and text.language else part


def untranslated(shown: Markup, tag: str, around: Language) -> Markup:
    """What stands in another language than the page, for want of a translation."""
    own = language(tag)
    # The number at its beginning must not touch what follows it in the line.
    gap = "" if own.direction == around.direction else "\u00a0"
    return _UNTRANSLATED.format(own.direction, tag, shown) + gap


def bidi_html(text: str, around: Language) -> Markup:
    """Escaped text in a language's digits; each run of another script in one span of its direction."""
    if tag := language_of(text):
        return untranslated(bidi_html(str(text), language(tag)), tag, around)
    direction = "ltr" if around.rtl else "rtl"
    return Markup().join(
        _TAGGED.format(direction, around.other_script, piece) if foreign else escape(around.digits(piece))
        for foreign, piece in foreign_runs(text, around.direction)
    )


def shown_value(publication: Publication, name: str) -> str:
    """A figure's value as it is printed; one whose unit is per cent carries the sign."""
    return _shown_amount(publication.language, publication.values[name], publication.figures[name].unit)


def _shown_amount(around: Language, value: Decimal, unit: str | None) -> str:
    return around.percent(value) if unit in PERCENT_SIGNS else around.number(value)


def row_cell(publication: Publication, document: Document | None, path: str) -> str:
    """A cell of the document's row, or of the row to which it points (``region.name``), as it is printed."""
    if document is None or document.brief.for_each is None:
        raise ValueError("there is no row here")
    table = publication.tables[document.brief.for_each]
    row, (name, _, further) = table.by_key[document.key], path.partition(".")
    if further:
        table = publication.tables[str(table.spec.columns[name].table)]
        row, name = table.by_key.get(row[name], {}), further
    return cell_text(publication, table.spec.id, row, name)


def cell_text(publication: Publication, table: str, row: Mapping[str, str], name: str) -> str:
    """A cell as it is printed: the label of a choice, the name of the row to which a key points."""
    column, cell = publication.tables[table].spec.columns[name], row.get(name, "")
    if column.choices and cell:
        return column.choices[cell].label
    if column.table and cell:
        return publication.tables[column.table].name_of(cell)
    return publication.language.number(Decimal(cell)) if column.type == "number" and cell else cell


def plain_text(text: str, publication: Publication, document: Document | None = None) -> str:
    """A text without markup, for titles and metadata: figures in digits, source marks gone."""
    if tag := language_of(text):
        publication = replace(publication, language=language(tag))

    def shown(name: str) -> str:
        if name.startswith("@"):
            return ""
        if name[:1].isdigit():
            return publication.language.both_calendars(Date.parse(name))
        if name.startswith("row."):
            return row_cell(publication, document, name[4:])
        return shown_value(publication, name)

    return publication.language.digits(REFERENCE.sub(lambda found: shown(found[1].strip()), str(text)))
