"""Compose: a publication and one of its briefs become one self-contained HTML text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import (
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
)
from markupsafe import Markup, escape

from tipbrief import charts, persian
from tipbrief.fonts import Face, font_face_css
from tipbrief.models import Brief, Source
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.publication import Publication
from tipbrief.tables import row_sources
from tipbrief.wording import REFERENCE

PAPER = "210mm 297mm"
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
        plain=plain,
        runs=runs,
        host=host,
        decimal=Decimal,
        row_sources=lambda row, table: row_sources(table, row),
        event=lambda name, texts: texts.timeline[name],
    )
    env.globals.update(year_range=charts.year_range)
    return env


def compose(publication: Publication, name: str, faces: tuple[Face, ...], env: Environment) -> str:
    """The HTML of one brief: fonts, styles and shapes inside, nothing fetched from outside."""
    if name not in publication.briefs:
        raise Problems(Problem(f"there is no brief '{name}'", hint=nearest(name, publication.briefs)))
    brief = publication.briefs[name]
    citations = Citations(publication)
    writer = Writer(publication, citations)
    try:
        return env.get_template("brief.html.j2").render(
            publication=publication,
            imprint=publication.imprint,
            texts=publication.texts,
            figures=publication.figures,
            values=publication.values,
            tables=publication.tables,
            brief=brief,
            paper=PAPER,
            fonts=Markup(font_face_css(faces)),
            rich=writer.rich,
            paragraphs=writer.paragraphs,
            cite=citations.mark,
            cited=citations.listed,
            charts=charts,
            shown=writer.shown,
            value=partial(shown_value, publication),
        )
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
        return Markup('<span class="num">{}</span>').format(shown_value(self.publication, name))


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


def plain(text: str, publication: Publication) -> str:
    """A text without markup, for titles and metadata: figures in digits, source marks gone."""

    def shown(name: str) -> str:
        if name.startswith("@"):
            return ""
        if name[:1].isdigit():
            return persian.both_calendars(persian.Date.parse(name))
        return shown_value(publication, name)

    return persian.digits(REFERENCE.sub(lambda found: shown(found[1].strip()), str(text)))


def host(address: str) -> str:
    """The site of an address, as a reader would type it."""
    return (urlsplit(address).hostname or address).removeprefix("www.")


def file_stem(publication: Publication, brief: Brief) -> str:
    """The name of a brief's files without ending: ``tip-2025-world``."""
    return f"{publication.imprint.id}-{brief.id}"


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
