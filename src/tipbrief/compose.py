"""Compose: a publication and one of its briefs become one self-contained HTML text."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.runtime import Context
from markupsafe import Markup, escape

from tipbrief import charts, colours, persian
from tipbrief.editions import Told
from tipbrief.entries import Edition, cell_name
from tipbrief.fonts import Face, font_face_css
from tipbrief.models import Choice, CorrectionsBlock, Document, Source, Table
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.profiles import PAPERS, Drawings, Paper, Profile
from tipbrief.publication import Publication, every_block
from tipbrief.tables import row_sources
from tipbrief.wording import REFERENCE

# The mark keeps its place on the left of a number, as a source's does.
_CORRECTED = Markup('<sup class="corrected">{}</sup>').format(persian.RLM + "†")
# A number in Persian digits: styles, attributes and expressions have none.
_TYPED = re.compile(r"[۰-۹]+(?:[٬٫][۰-۹]+)*")


@dataclass
class Citations:
    """Numbers the sources in the order in which the brief first names them."""

    publication: Publication
    order: dict[str, int] = field(default_factory=dict)

    def mark(self, names: Iterable[str]) -> Markup:
        """The superscript marks of these sources: «۱، ۳»."""
        numbers = sorted({self.order.setdefault(str(name), len(self.order) + 1) for name in names})
        if not numbers:
            return Markup()
        shown = "،\u00a0".join(persian.digits(number) for number in numbers)
        # The mark keeps its place on the left of a number that it follows: without it the two are one number.
        return Markup('<sup class="cite">{}</sup>').format(persian.RLM + shown)

    def listed(self) -> list[tuple[int, Source]]:
        """The cited sources with their numbers."""
        return [(number, self.publication.sources[name]) for name, number in self.order.items()]


def environment(own: Sequence[Path], templates: Path) -> Environment:
    """The Jinja environment: a publication's own templates first, then the shipped ones."""
    env = Environment(
        loader=FileSystemLoader([*own, templates]),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
    )
    env.filters.update(
        digits=persian.digits,
        number=persian.number,
        both_calendars=persian.both_calendars,
        solar=persian.solar,
        gregorian=persian.gregorian,
        plain=_plain,
        runs=runs,
        host=host,
        qr=qr,
        dark=colours.dark,
        tones=tones,
        place=lambda address: address.partition("://")[2].rstrip("/"),
        decimal=Decimal,
        row_sources=lambda row, table: row_sources(table, row),
        row_key=lambda row, table: ",".join(row[name] for name in table.spec.key),
        event=lambda name, texts: texts.timeline[name],
    )
    env.globals.update(year_range=charts.year_range)
    return env


def compose(
    publication: Publication,
    name: str,
    faces: tuple[Face, ...],
    env: Environment,
    *,
    edition: Edition | None = None,
    told: Sequence[Told] = (),
    paper: Paper = PAPERS["a4"],
    profile: Profile | None = None,
    template: str = "brief.html.j2",
    more: Mapping[str, object] = MappingProxyType({}),
) -> str:
    """The HTML of one brief: fonts, styles and shapes inside, nothing fetched from outside.

    ``edition`` is what it calls itself, by default a draft of the first; ``told`` are the corrections;
    ``more`` is what the template knows besides.
    """
    if name not in publication.documents:
        raise Problems(Problem(f"there is no brief '{name}'", hint=nearest(name, publication.documents)))
    document = publication.documents[name]
    brief = document.brief
    citations = Citations(publication)
    corrected = frozenset(step[0] for item in told for step in item.steps)
    writer = Writer(publication, citations, corrected, document)
    return rendered(
        env,
        template,
        publication=publication,
        imprint=publication.imprint,
        texts=publication.texts,
        figures=publication.figures,
        values=publication.values,
        tables=publication.tables,
        brief=brief,
        document=document,
        row=publication.tables[brief.for_each].by_key[document.key] if brief.for_each else None,
        paper=paper,
        profile=profile,
        drawing=Drawings(profile),
        fonts=Markup(font_face_css(faces)),
        rich=writer.rich,
        paragraphs=writer.paragraphs,
        cite=citations.mark,
        cited=citations.listed,
        charts=charts,
        shown=writer.shown,
        value=writer.value,
        mark=writer.mark,
        label=writer.label,
        distinct=writer.distinct,
        value_then=writer.value_then,
        edition=edition or Edition(brief=name, number=1, code="", date=publication.imprint.published),
        told=told,
        corrections_placed=any(isinstance(one, CorrectionsBlock) for one in every_block(brief.blocks)),
        **more,
    )


def rendered(env: Environment, template: str, **context: Any) -> str:
    """A template filled with a context; what is wrong with it is a problem at its line."""
    try:
        return env.get_template(template).render(**context)
    except TemplateSyntaxError as fault:
        raise Problems(_template_problem(str(fault.message), fault.filename, fault.lineno)) from fault
    except TemplateNotFound as fault:
        raise Problems(_template_problem(f"there is no '{fault.name}'", *_template_place(fault))) from fault
    except TemplateError as fault:
        raise Problems(_template_problem(str(fault.message), *_template_place(fault))) from fault
    except (ArithmeticError, LookupError, TypeError, ValueError) as fault:
        # A template gave a filter or a function what it cannot use.
        message = f"{type(fault).__name__}: {fault}"
        raise Problems(_template_problem(message, *_template_place(fault))) from fault


@dataclass(frozen=True)
class Writer:
    """Turns the dataset's texts into HTML: references resolved, all else escaped."""

    publication: Publication
    citations: Citations
    corrected: Collection[str] = ()
    document: Document | None = None

    def rich(self, text: str) -> Markup:
        """A text of the author's own, with its figures, dates and source marks."""
        parts, end = [], 0
        for found in REFERENCE.finditer(text):
            parts += [runs(text[end : found.start()]), self._reference(found[1].strip())]
            end = found.end()
        return Markup().join([*parts, runs(text[end:])])

    def paragraphs(self, text: str) -> list[Markup]:
        """The paragraphs of a text, which blank lines part."""
        return [self.rich(" ".join(part.split())) for part in text.split("\n\n") if part.strip()]

    def shown(self, table: str, row: dict[str, str], show: str) -> str:
        """The cell ``column`` of a row, or ``key.column`` of the row to which the key points."""
        name, _, further = show.partition(".")
        if not further:
            return row[name]
        target = self.publication.tables[table].spec.columns[name].table
        return self.publication.tables[str(target)].by_key[row[name]][further]

    def _reference(self, name: str) -> Markup:
        if name.startswith("@"):
            return self.citations.mark(name[1:].split())
        if name[:1].isdigit():
            return Markup('<span class="date">{}</span>').format(
                persian.both_calendars(persian.Date.parse(name))
            )
        if name.startswith("row."):
            return runs(row_cell(self.publication, self.document, name[4:]))
        return Markup('<span class="num">{}</span>').format(self.value(name))

    def value(self, name: str) -> Markup:
        """A figure's value as it is printed, with a mark where it was corrected."""
        return escape(shown_value(self.publication, name)) + (
            _CORRECTED if name in self.corrected else Markup()
        )

    def mark(self, table: str, column: str, row: str = "") -> Markup:
        """The mark of a correction, where a cell of the column was corrected: of one row, or of any."""
        starts = (f"{table}[{row},", f"{table}[{row}]") if row else (f"{table}[",)
        cells = (name for name in self.corrected if name.startswith(starts) and name.endswith(f"].{column}"))
        return _CORRECTED if any(cells) else Markup()

    def label(self, name: str) -> Markup:
        """What a figure or a cell ``table[key].column`` is called, for readers."""
        if name in self.publication.figures:
            return self.rich(self.publication.figures[name].label)
        if (found := self._cell(name)) is None:
            return runs(name)
        table, key, column = found
        parts = [self._row_name(table, part, of) for part, of in zip(key, table.spec.key, strict=True)]
        return Markup("، ").join([*parts, runs(str(table.spec.columns[column].label or column))])

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
            return runs(column.choices[value].label)
        if (figure or (column and column.type == "number")) and persian.NUMBER.fullmatch(value.lstrip("-")):
            number = Decimal(value)
            unit = figure.unit if figure else None
            return escape(persian.percent(number) if unit == "٪" else persian.number(number))
        return runs(value) if value else Markup("–")

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
            named = next((name for name, spec in one.spec.columns.items() if spec.type == "text"), None)
            if named and declared.type != "year" and one.by_key.get(key, {}).get(named):
                return runs(one.by_key[key][named])
        return runs(key)


def runs(text: str) -> Markup:
    """Escaped text with Persian digits; each Latin run in one left-to-right span."""
    return Markup().join(
        Markup('<span dir="ltr" lang="en">{}</span>').format(piece)
        if latin
        else escape(persian.digits(piece))
        for latin, piece in persian.latin_runs(text)
    )


def shown_value(publication: Publication, name: str) -> str:
    """A figure's value as it is printed; one whose unit is ٪ carries the sign."""
    value = publication.values[name]
    return persian.percent(value) if publication.figures[name].unit == "٪" else persian.number(value)


def row_cell(publication: Publication, document: Document | None, path: str) -> str:
    """A cell of the document's row, or of the row to which it points (``region.name``), as it is printed."""
    if document is None or document.brief.for_each is None:
        raise ValueError("there is no row here")
    table = publication.tables[document.brief.for_each]
    row, (name, _, further) = table.by_key[document.key], path.partition(".")
    if further:
        table = publication.tables[str(table.spec.columns[name].table)]
        row, name = table.by_key[row[name]], further
    column, cell = table.spec.columns[name], row[name]
    if column.choices:
        return str(column.choices[cell].label)
    return persian.number(Decimal(cell)) if column.type == "number" and cell else cell


@pass_context
def _plain(context: Context, text: str, publication: Publication) -> str:
    return plain(text, publication, context.get("document"))


def plain(text: str, publication: Publication, document: Document | None = None) -> str:
    """A text without markup, for titles and metadata: figures in digits, source marks gone."""

    def shown(name: str) -> str:
        if name.startswith("@"):
            return ""
        if name[:1].isdigit():
            return persian.both_calendars(persian.Date.parse(name))
        if name.startswith("row."):
            return row_cell(publication, document, name[4:])
        return shown_value(publication, name)

    return persian.digits(REFERENCE.sub(lambda found: shown(found[1].strip()), str(text)))


def host(address: str) -> str:
    """The site of an address, as a reader would type it."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


def qr(text: str) -> Markup:
    """A text as a QR code: one SVG path of dark squares, with its quiet zone."""
    import segno

    # A light border of four squares belongs to the code; level M stands a fold or a smudge.
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" role="img">'
        '<title>{1}</title><path d="{2}" fill="#000000"/></svg>'
    ).format(len(rows), text, path)


def tones(choices: Sequence[Choice]) -> Markup:
    """The choices' colours for a dark screen, as custom properties: first ``--tone-1`` and ``--on-1``."""
    return Markup(" ").join(
        Markup("--tone-{0}: {1}; --on-{0}: {2};").format(
            number, colours.dark(choice.colour), colours.dark(choice.text_colour)
        )
        for number, choice in enumerate(choices, 1)
    )


def file_stem(publication: Publication, name: str) -> str:
    """The name of a document's files without ending: ``tip-2025-world``, ``tip-2025-country-AFG``."""
    return f"{publication.imprint.id}-{name}"


def typed_numbers(templates: Path) -> list[Problem]:
    """A problem for each number that is typed into the visible text of a template."""
    return [
        Problem(
            f"the number '{found[0]}' is typed into a template",
            file,
            number,
            found.start() + 1,
            "add it to figures.yaml with its source, and write {{ values['its-name'] | number }} here",
            len(found[0]),
        )
        for file in sorted(templates.rglob("*.j2"))
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        for found in _TYPED.finditer(line)
    ]


def _template_place(fault: BaseException) -> tuple[str | None, int]:
    """The innermost template line of an error's traceback."""
    place: tuple[str | None, int] = (None, 0)
    trace = fault.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            place = (trace.tb_frame.f_code.co_filename, trace.tb_lineno)
        trace = trace.tb_next
    return place


def _template_problem(message: str, file: str | None, line: int) -> Problem:
    return Problem(f"the template cannot be used: {message}", Path(file) if file else None, line)
