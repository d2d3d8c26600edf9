"""The templates: shipped ones, the publication's own before them, and the faults in them."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup

from tipbrief.check.tables import row_sources
from tipbrief.compose import charts, colours
from tipbrief.compose.writer import bidi_html, plain_text
from tipbrief.language import numbers
from tipbrief.language.dates import both_calendars, gregorian, solar
from tipbrief.problems import Problem, Problems


def environment(own: Sequence[Path], templates: Path) -> jinja2.Environment:
    """The Jinja environment: a publication's own templates first, then the shipped ones."""
    env = jinja2.Environment(
        loader=jinja2.FileSystemLoader([*own, templates]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.filters.update(
        digits=numbers.digits,
        number=numbers.number,
        both_calendars=both_calendars,
        solar=solar,
        gregorian=gregorian,
        plain=jinja2.pass_context(
            lambda context, text, whole: plain_text(text, whole, context.get("document"))
        ),
        runs=bidi_html,
        host=host,
        qr=qr,
        dark=colours.dark,
        tones=colours.tones,
        place=lambda address: address.partition("://")[2].rstrip("/"),
        decimal=Decimal,
        row_sources=lambda row, table: row_sources(table, row),
        row_key=lambda row, table: ",".join(row[name] for name in table.spec.key),
        event=lambda name, texts: texts.timeline[name],
    )
    env.globals["year_range"] = charts.year_range
    return env


def rendered(env: jinja2.Environment, template: str, **context: Any) -> str:
    """A template filled with a context; what is wrong with it is a problem at its line."""
    try:
        return env.get_template(template).render(**context)
    except (jinja2.TemplateError, ArithmeticError, LookupError, TypeError, ValueError) as fault:
        raise Problems(_template_problem(fault)) from fault


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


def template_numbers(templates: Path) -> list[Problem]:
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
        for found in numbers.PERSIAN_NUMBER.finditer(line)  # styles, attributes and expressions have none
    ]


def _template_problem(fault: Exception) -> Problem:
    """What is wrong, at the innermost template line of the error's traceback."""
    file, line, trace = "", 0, fault.__traceback__
    while trace:
        if trace.tb_frame.f_code.co_filename.endswith(".j2"):
            file, line = trace.tb_frame.f_code.co_filename, trace.tb_lineno
        trace = trace.tb_next
    # Else a template gave a filter or a function what it cannot use.
    message = f"{type(fault).__name__}: {fault}"
    if isinstance(fault, jinja2.TemplateSyntaxError):
        message, file, line = str(fault.message), fault.filename or "", fault.lineno
    elif isinstance(fault, jinja2.TemplateNotFound):
        message = f"there is no '{fault.name}'"
    elif isinstance(fault, jinja2.TemplateError):
        message = str(fault.message)
    return Problem(f"the template cannot be used: {message}", Path(file) if file else None, line)
