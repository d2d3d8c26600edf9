"""The templates: shipped ones, the publication's own before them, and the faults in them."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import jinja2
from markupsafe import Markup, escape

from tipbrief import limits
from tipbrief.check.colour_contrast import dark_mode_colour
from tipbrief.check.models import Source
from tipbrief.check.tables import row_sources
from tipbrief.compose import charts, formatting, line_bar_charts, maps, stylesheets
from tipbrief.compose.html_writer import bidi_html, plain_text, source_mark
from tipbrief.compose.provenance import mark_origin
from tipbrief.compose.sandbox import Sandbox, TemplateFunction, prepare_value, require_printable
from tipbrief.compose.template_files import TemplateLoader, find_template_file, make_self_contained
from tipbrief.language import numbers
from tipbrief.language.language import Language, fill_placeholders
from tipbrief.language.unicode_text import text_direction
from tipbrief.ledger.entries import Edition
from tipbrief.load.source_text import MOST_TEXT_BYTES, read_text
from tipbrief.problems import Problem, Problems

# Latin letters in a line of half a page; the part of one that any other is wide; what is not seen.
_HALF_LINE, _OTHER_LETTER_WIDTH, _ZERO_WIDTH = 75, 0.85, "\u200c"
# That page's millimetres; letters more for each one of Letter, which has narrower margins, too.
_A4_WIDTH, _LETTERS_PER_MILLIMETRE = 210, 0.8
# Millimetres, with which a telephone reads a copy of a copy: of a square, of the code without its border.
_SMALLEST_SQUARE, _SMALLEST_CODE = 0.4, 13
# Marks of sources right behind each other, as of a text and what it heads; with what ends between them.
_FIRST_ORIGIN_MARK = "\U000f0000"
_SOURCE_MARK = r'<sup class="cite"><a[^>]* href="#source-(?:[^<]|</?(?:a|span)\b[^>]*>)*</sup>'
_ADJACENT_SOURCE_MARKS = re.compile(
    rf"{_SOURCE_MARK}(?:(?:</(?:b|span)>|[{_FIRST_ORIGIN_MARK}-\U0010ffff])*{_SOURCE_MARK})+"
)
_SOURCE_NUMBER = re.compile(r'href="#source-(\d+)"')
# The fonts are three quarters of a page, which is looked through for all that it may not have.
_FONTS_PLACEHOLDER = Markup("/* the fonts stand here */")
# The marks of sources and corrections, and the way from a source to its first mark.
_MARK_LINK = re.compile(
    r'(<sup class="(?:cite|corrected)">)<a[^>]*? href="#(?:source-\d+|corrections)"[^>]*>([^<]*)</a>'
    r'(?:<span class="each" hidden>(?:[^<]|</?a\b[^>]*>)*</span>)?</sup>'
)
_TARGET_LINK = re.compile(r'<a href="#(source-\d+|corrections)"')
_BACK_LINK = re.compile(r'<a class="back" href="#(mark-\d+)"[^>]*></a>')
_LINK_TARGETS = re.compile(r'id="(?<=\sid=")(source-\d+|corrections)"')
_SHORT_PATH, _SHORT_NAME = 2, 32  # parts and letters that can be typed: a repository with its owner


def create_environment(
    own: Sequence[Path], templates: Path, theme: str = "", kept: jinja2.BytecodeCache | None = None
) -> jinja2.Environment:
    """The Jinja environment: a publication's own templates first, then the shipped ones; its ``theme``.

    Templates that were compiled before come from where they are ``kept``.
    """
    env = Sandbox(
        loader=TemplateLoader([*own, templates]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=kept,
        extensions=["jinja2.ext.i18n"],
    )
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True
    env.filters.update(
        digits=_language_filter(Language.digits),
        number=_language_filter(Language.amount),
        both_calendars=_language_filter(Language.both_calendars),
        solar=_language_filter(Language.solar_date),
        gregorian=_language_filter(Language.gregorian_date),
        plain=jinja2.pass_context(lambda context, text, whole: plain_text(text, whole, context.get("document"))),
        runs=jinja2.pass_context(lambda context, text: bidi_html(text, context["language"])),
        direction=text_direction,
        host=lambda address: mark_origin(shorten_address(address), address),
        halves=jinja2.pass_context(
            lambda context, cited: split_sources(context["language"], cited, context["paper"].width)
        ),
        of=mark_origin,
        qr=draw_qr_code,
        page_at=status_page_address,
        dark=dark_mode_colour,
        properties=stylesheets.colour_properties,
        tones=stylesheets.tone_properties,
        place=lambda address: address.partition("://")[2].rstrip("/"),
        decimal=_parse_decimal,
        row_sources=lambda row, table: row_sources(table, row),
        row_key=lambda row, table: ",".join(row[name] for name in table.spec.key),
        event=lambda name, texts: texts.timeline[name],
    )
    env.globals |= {
        "theme": Markup(theme),
        "charts": _template_namespace(
            line_bar_charts.bars, line_bar_charts.lines, charts.shares, charts.strip, charts.years
        ),
        "maps": _template_namespace(maps.shape_map),
        "neighbours": _template_namespace(formatting.change, formatting.groups),
    }
    return env


def render_template(env: jinja2.Environment, template: str, **context: Any) -> str:
    """A template filled with a context; what is wrong with it is a problem at its line."""
    with limits.limit_step(f"the template '{template}'"):
        try:
            known = {
                name: prepare_value(value)
                for name, value in (context | _translation_functions(context["language"])).items()
            }
            found = env.get_template(template)
            html = _collect_page(found.generate(**known), Path(str(found.filename)))
            return _link_marks(_ADJACENT_SOURCE_MARKS.sub(partial(_merge_marks, context["language"]), html))
        except Problems:
            raise
        except (Exception, limits.TimeLimitExceeded) as fault:
            raise Problems(_template_problem(fault, getattr(env.loader, "latest", None))) from None


def render_page_html(
    env: jinja2.Environment,
    template: str,
    *,
    alternates: Mapping[str, str],
    links: str = "",
    **context: Any,
) -> str:
    """A template filled as a page that needs nothing from outside; of scripts, only its ``script`` runs.

    ``alternates`` are the files that say the same in each language, by its tag; the ``links`` of a page of
    the site lead to its styles and feeds.
    """
    fonts = str(context.pop("fonts", ""))
    html = render_template(env, template, links=links, fonts=_FONTS_PLACEHOLDER, **context)
    folders = getattr(env.loader, "folders", ())
    file, script = Path(str(env.get_template(template).filename)), str(context.get("script", ""))
    profile = context.get("profile")
    grey = profile is not None and profile.grey_pictures
    with limits.limit_step(f"the page of '{template}'"):
        html = make_self_contained(html, folders, file, script, alternates, fonts, links=links, grey=grey)
        return html.replace(_FONTS_PLACEHOLDER, fonts)


def _merge_marks(own: Language, marks: re.Match[str]) -> str:
    """Marks that would read as one number, as one with all their numbers in order."""
    numbers = sorted({int(number) for number in _SOURCE_NUMBER.findall(marks[0])})
    return "".join([re.sub(_SOURCE_MARK, "", marks[0]), source_mark(own, tuple(numbers))])


def _link_marks(html: str) -> str:
    """A page whose marks lead to its sources, where it has these, and its sources to their first marks."""
    places, marked = {*_LINK_TARGETS.findall(html)}, set[str]()

    def first(found: re.Match[str]) -> str:
        mark = found[1].replace("source", "mark")
        if mark in marked or mark == found[1]:
            return found[0]
        marked.add(mark)
        return f'{found[0]} id="{mark}"'

    def forth(found: re.Match[str]) -> str:
        if places.issuperset(_TARGET_LINK.findall(found[0])):
            return _TARGET_LINK.sub(first, found[0])
        return f"{found[1]}{found[2]}</sup>"

    html = _MARK_LINK.sub(forth, html)
    return _BACK_LINK.sub(lambda found: found[0] if found[1] in marked else "", html)


def _language_filter(writes: Callable[..., Any]) -> Callable[..., Any]:
    """A filter that writes in the language of the page."""

    def written(context: Mapping[str, Any], value: object, *more: object) -> object:
        return mark_origin(writes(context["language"], value, *more), value)

    return jinja2.pass_context(written)


def _translation_functions(language: Language) -> dict[str, Callable[..., Any]]:
    """What ``{% trans %}`` and templates call for the program's words; values in them are escaped."""

    def said(words: str, values: Mapping[str, object]) -> Markup:
        written = language.format_numbers(values).items()
        shown = {name: mark_origin(escape(require_printable(one)), values[name]) for name, one in written}
        return Markup(fill_placeholders(words, shown))

    def gettext(english: str, **values: object) -> Markup:
        return said(language.catalogue.gettext(english), values)

    def ngettext(one: str, many: str, count: int, **values: object) -> Markup:
        return said(language.catalogue.ngettext(one, many, count), {"count": count, **values})

    def counters(english: str) -> Markup:
        """The words with counters of pages in them, as CSS writes the content of a box."""
        texts = re.split(r"%\((\w+)\)s", language.catalogue.gettext(english))
        parts = [f"counter({part}, {language.counter})" if n % 2 else f'"{part}"' for n, part in enumerate(texts)]
        return Markup(" ".join(part for part in parts if part != '""'))

    def years(start: int, end: int) -> str:
        return charts.year_range(start, end, language)

    known: dict[str, Callable[..., Any]] = {
        "_": gettext,
        "gettext": gettext,
        "ngettext": ngettext,
        "year_range": years,
    }
    return {**known, "counters": counters}


def _template_namespace(*functions: Callable[..., Any]) -> SimpleNamespace:
    return SimpleNamespace(**{function.__name__: TemplateFunction(function) for function in functions})


def _collect_page(parts: Iterable[str], file: Path) -> str:
    """The text of a page, if it is not too long and has no half characters, which a template can write."""
    found, length, fault = list[str](), 0, ""
    for part in parts:
        found.append(part)
        if (length := length + len(part)) > MOST_TEXT_BYTES:
            fault = f"the page has more than {MOST_TEXT_BYTES / 1e6:.0f} million characters"
            break
    whole = "".join(found)
    try:
        whole.encode()
    except UnicodeEncodeError as half:
        fault = f"the page has a part of a character, U+{ord(whole[half.start]):04X}"
    if fault:
        raise Problems(fault, file, hint="see what the templates print, and how often", kind="template")
    return whole


def _parse_decimal(text: str) -> Decimal:
    # Decimal reads 1e999999, too, whose digits would fill the memory.
    if not numbers.NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is no number")
    return numbers.parse_number(text)


def shorten_address(address: str) -> str:
    """An address as a reader would type it: whole where its path has a part or two, else its site alone."""
    parts = urlsplit(address)
    site = (parts.hostname or address).removeprefix("www.")
    names = [name for name in parts.path.split("/") if name]
    whole = "/".join([site, *names])
    if parts.query or len(names) > _SHORT_PATH or max(map(len, names), default=0) > _SHORT_NAME:
        return site
    return whole


def split_sources(
    language: Language, cited: Sequence[tuple[int, Source]], width: float
) -> list[Sequence[tuple[int, Source]]]:
    """Numbered sources for two columns of about as many lines, on a paper of so many millimetres."""
    room = _HALF_LINE + (width - _A4_WIDTH) * _LETTERS_PER_MILLIMETRE
    lines = [_count_lines(language, number, source, room) for number, source in cited]
    middle = min(range(len(lines), -1, -1), key=lambda index: abs(sum(lines) - 2 * sum(lines[:index])))
    return [half for half in (cited[:middle], cited[middle:]) if half]


def _count_lines(language: Language, number: int, source: Source, room: float) -> int:
    """About how many lines of this ``room`` a source fills, of which an address does not part."""
    dates = [language.gregorian_date(one) for one in (source.date, source.read) if one]
    said = language.comma.join([source.publisher, source.title, *dates])
    lines, filled = 1, 0.0
    for word in f"{number}. {said}. {shorten_address(source.address)}".split():
        wide = sum(1 if letter.isascii() else _OTHER_LETTER_WIDTH for letter in word if letter != _ZERO_WIDTH)
        if filled + wide > room:
            lines, filled = lines + 1, 0.0
        filled += wide + 1
    return lines


def status_page_address(edition: Edition, address: str) -> str:
    """Where a print asks whether it is current: its page on the site of this address.

    An address that is itself a page has the code behind it, for that page to find.
    """
    parts = urlsplit(address)
    if parts.query or parts.fragment or "." in parts.path.rpartition("/")[2]:
        return f"{address}#{edition.path}"
    return f"{address.rstrip('/')}/{edition.page}"


def draw_qr_code(text: str) -> Markup:
    """A text as a QR code: one SVG path of dark squares, with its quiet zone; on paper ``--qr`` wide."""
    import segno

    # A light border of four squares belongs to the code; level M stands a fold or a smudge.
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    square = max(_SMALLEST_SQUARE, _SMALLEST_CODE / (len(rows) - 8))
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" role="img" style="--qr: {3:.2f}mm">'
        '<title>{1}</title><path d="{2}" fill="#000000"/></svg>'
    ).format(len(rows), text, path, square * len(rows))


def find_typed_numbers(templates: Path) -> list[Problem]:
    """A problem for each number that is typed into the visible text of a template."""
    problems: list[Problem] = []
    for file in sorted(templates.rglob("*.j2")):
        try:
            find_template_file(file.relative_to(templates).as_posix(), [templates])
            lines = read_text(file).splitlines()
        except Problems as found:
            problems += found.problems
            continue
        problems += [
            Problem(
                f"the number '{found[0]}' is typed into a template",
                file,
                number,
                found.start() + 1,
                "add it to figures.yaml with its source, and write {{ values['its-name'] | number }} here",
                len(found[0]),
            )
            for number, line in enumerate(lines, 1)
            for found in numbers.PERSIAN_NUMBER.finditer(line)  # styles, attributes and expressions have none
        ]
    return problems


def _template_problem(fault: BaseException, latest: Path | None) -> Problem:
    """What is wrong, at the innermost template line of the error's traceback."""
    file, line, trace = latest, 0, fault.__traceback__
    while trace:
        own = trace.tb_frame.f_globals
        if "__jinja_exception__" in own:
            file, line = Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno
        elif template := own.get("__jinja_template__"):  # as Jinja leaves what is no Exception
            file, line = Path(template.filename), template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(fault, jinja2.TemplateSyntaxError):
        file, line = Path(fault.filename) if fault.filename else file, fault.lineno
    return Problem(f"the template cannot be used: {_describe_fault(fault)}", file, line, kind="template")


def _describe_fault(fault: BaseException) -> str:
    match fault:
        case limits.TimeLimitExceeded():
            return f"it {fault}"
        case MemoryError():
            return "it takes too much memory"
        case RecursionError():
            return "it is nested too deeply, or includes itself"
        case jinja2.TemplateNotFound():
            return f"there is no '{fault.name}'"
        case jinja2.TemplateError() | OverflowError():
            return str(fault)
    # A template gave a filter or a function what it cannot use.
    return f"{type(fault).__name__}: {fault}"
