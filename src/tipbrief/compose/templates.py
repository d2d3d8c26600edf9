"""The Jinja environment of the templates: its filters and functions, the filled page, and template faults."""

import json
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
from tipbrief.check.models import Source
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.colour_contrast import dark_mode_colour
from tipbrief.compose import charts, maps, number_charts, row_history, stylesheets
from tipbrief.compose.html_writer import bidi_html, plain_text, source_mark
from tipbrief.compose.profiles import find_template_file
from tipbrief.compose.provenance import mark_origin
from tipbrief.compose.sandbox import Sandbox, TemplateFunction, prepare_value, require_printable
from tipbrief.compose.template_files import TemplateLoader, make_self_contained
from tipbrief.language import numbers
from tipbrief.language.language import Language, fill_placeholders
from tipbrief.language.unicode_text import remove_marks, text_direction
from tipbrief.ledger.entries import Edition
from tipbrief.load.source_text import MAX_TEXT_BYTES, read_text
from tipbrief.problems import Problem, ProblemList, Problems, suggest_nearest

# Latin letters in a line of half a page; the width of any other letter; a character without width.
_HALF_LINE, _OTHER_LETTER_WIDTH, _ZERO_WIDTH = 75, 0.85, "\u200c"
# The width of that page in millimetres; more letters for each one of Letter, whose margins are narrower.
_A4_WIDTH, _LETTERS_PER_MILLIMETRE = 210, 0.8
# Millimetres of a square and of the code without its border: so a phone still reads a copy of a copy.
_SMALLEST_SQUARE, _SMALLEST_CODE = 0.4, 13
# Adjacent marks of sources, as of a text and its heading, with closing tags and origin marks between them.
_FIRST_ORIGIN_MARK = "\U000f0000"
_SOURCE_MARK = r'<sup class="cite"><a[^>]* href="#source-(?:[^<]|</?(?:a|span)\b[^>]*>)*</sup>'
_ADJACENT_SOURCE_MARKS = re.compile(
    rf"{_SOURCE_MARK}(?:(?:</(?:b|span)>|[{_FIRST_ORIGIN_MARK}-\U0010ffff])*{_SOURCE_MARK})+"
)
_SOURCE_NUMBER = re.compile(r'href="#source-(\d+)"')
# The fonts are three quarters of a page; they are put in after the checks of the page.
_FONTS_PLACEHOLDER = Markup("/* the fonts stand here */")
# Where a page has a part of edition.html.j2; the two characters have no glyph, and so stand in no text.
_EDITION_PART = re.compile("\ufdd0(\\w+)\ufdd1")
# The marks of sources and corrections, and the link from a source to its first mark.
_MARK_LINK = re.compile(
    r'(<sup class="(?:cite|corrected)">)((?:<a[^>]*? href="#(?:source-\d+|corrections)"[^>]*>[^<]*</a>[^<]*)+)</sup>'
)
_TARGET_LINK = re.compile(r'<a href="#(source-\d+|corrections)"')
_BACK_LINK = re.compile(r'<a class="back" href="#(mark-\d+)"[^>]*></a>')
_LINK_TARGETS = re.compile(r'id="(?<=\sid=")(source-\d+|corrections)"')
_ANY_TAG = re.compile(r"<[^>]*>")
_HALF_PAGE = 69  # letters of an address that fit in half a page


def create_environment(
    own: Sequence[Path], templates: Path, theme: str = "", kept: jinja2.BytecodeCache | None = None
) -> jinja2.Environment:
    """The Jinja environment: own templates before the shipped ones, and a cache of compiled templates."""
    loader = TemplateLoader([*own, templates])
    form: dict[str, Any] = {"trim_blocks": True, "lstrip_blocks": True, "undefined": jinja2.StrictUndefined}
    env = Sandbox(loader=loader, autoescape=True, bytecode_cache=kept, extensions=["jinja2.ext.i18n"], **form)
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.policies["ext.i18n.trimmed"] = True
    env.filters.update(
        digits=_language_filter(Language.digits), number=_language_filter(Language.amount),
        solar=_language_filter(Language.solar_date), gregorian=_language_filter(Language.gregorian_date),
        both_calendars=_language_filter(Language.both_calendars), direction=text_direction, of=mark_origin,
        plain=jinja2.pass_context(lambda context, text, whole: plain_text(text, whole, context.get("document"))),
        runs=jinja2.pass_context(lambda context, text: bidi_html(text, context["language"])),
        host=lambda address, most=_HALF_PAGE: mark_origin(Markup("<br>").join(address_lines(address, most)), address),
        halves=jinja2.pass_context(lambda names, cited: split_sources(names["language"], cited, names["paper"].width)),
        qr=draw_qr_code, page_at=status_page_address, decimal=_parse_decimal, json=_write_json, dark=dark_mode_colour,
        properties=stylesheets.colour_properties, tones=stylesheets.tone_properties,
        place=lambda address: address.partition("://")[2].rstrip("/"),
        row_sources=lambda row, table: row_sources(table, row),
        row_key=lambda row, table: ",".join(row[name] for name in table.spec.key),
        event=lambda name, texts: texts.timeline[name],
    )  # fmt: skip
    env.globals |= {
        "theme": Markup(theme),
        "charts": _template_namespace(
            charts.shares, charts.strip, charts.years, number_charts.bars, number_charts.lines, number_charts.pictogram
        ),
        "maps": _template_namespace(maps.shape_map),
        "neighbours": _template_namespace(
            row_history.change, row_history.groups, row_history.record, row_history.since_year
        ),
    }
    return env


def render_template(env: jinja2.Environment, template: str, **context: Any) -> str:
    """A template filled with a context; a fault in it is a problem at its line."""
    with limits.limit_step(f"the template '{template}'"):
        try:
            names = context | translation_functions(context["language"])
            found = env.get_template(template)
            parts = found.generate(**{name: prepare_value(value) for name, value in names.items()})
            html = _collect_page(parts, Path(str(found.filename)))
            return _link_marks(_ADJACENT_SOURCE_MARKS.sub(partial(_merge_marks, context["language"]), html))
        except Problems:
            raise
        except (Exception, limits.TimeLimitError) as fault:
            raise Problems(_template_problem(fault, getattr(env.loader, "latest", None))) from None


def render_page_html(env: jinja2.Environment, template: str, publication: Publication, **context: Any) -> str:
    """A template filled as a self-contained page of a publication."""
    return open_page(env, template, publication, **context)(None)


def open_page(env: jinja2.Environment, template: str, publication: Publication, **context: Any) -> Callable[..., str]:
    """A template filled as a page of a publication, but for its edition. A call of the result gives the whole page."""
    # A site's page has ``links`` to its styles and feeds.
    fonts, links, alternates = str(context.pop("fonts", "")), context.pop("links", ""), context.pop("alternates", {})
    names = {"publication": publication, "language": publication.language, "imprint": publication.imprint, **context}
    names["edition_part"] = lambda name: Markup("\ufdd0{}\ufdd1").format(name)
    html = render_template(env, template, links=links, fonts=_FONTS_PLACEHOLDER, **names)
    folders, file = getattr(env.loader, "folders", ()), Path(str(env.get_template(template).filename))
    script, profile = str(context.get("script", "")), context.get("profile")
    form: dict[str, Any] = {"links": links, "fonts": fonts, "grey": bool(profile and profile.grey_pictures)}

    def finish(edition: Edition | None, *, is_checked: bool = True) -> str:  # one that is not must not be delivered
        whole = html
        if edition and _EDITION_PART.search(html):
            pieces = _EDITION_PART.split(render_template(env, "edition.html.j2", **{**names, "edition": edition}))
            parts = {name: text.rstrip("\n") for name, text in zip(pieces[1::2], pieces[2::2], strict=True)}
            if unknown := min({*_EDITION_PART.findall(html)} - parts.keys(), default=""):
                raise Problems(f"edition.html.j2 has no part '{unknown}'", file, hint=suggest_nearest(unknown, parts))
            whole = _EDITION_PART.sub(lambda found: parts[found[1]], html)
        with limits.limit_step(f"the page of '{template}'"):
            if is_checked:
                whole = make_self_contained(whole, folders, file, script, alternates, **form)
            return whole.replace(_FONTS_PLACEHOLDER, fonts)

    return finish


def _merge_marks(own: Language, marks: re.Match[str]) -> str:
    """Adjacent marks as one mark with all their numbers, since they would read as one number."""
    numbers = sorted({int(number) for number in _SOURCE_NUMBER.findall(marks[0])})
    return "".join([re.sub(_SOURCE_MARK, "", marks[0]), source_mark(own, tuple(numbers))])


def _link_marks(html: str) -> str:
    targets, marked = {*_LINK_TARGETS.findall(html)}, set[str]()

    def name_first_mark(found: re.Match[str]) -> str:
        mark = found[1].replace("source", "mark")
        if mark in marked or mark == found[1]:
            return found[0]
        marked.add(mark)
        return f'{found[0]} id="{mark}"'

    def link_mark(found: re.Match[str]) -> str:
        if targets.issuperset(_TARGET_LINK.findall(found[0])):
            return _TARGET_LINK.sub(name_first_mark, found[0])
        return f"{found[1]}{_ANY_TAG.sub('', found[2])}</sup>"

    html = _MARK_LINK.sub(link_mark, html)
    return _BACK_LINK.sub(lambda found: found[0] if found[1] in marked else "", html)


def _language_filter(format_value: Callable[..., Any]) -> Callable[..., Any]:
    return jinja2.pass_context(
        lambda context, value, *more: mark_origin(format_value(context["language"], value, *more), value)
    )


def translation_functions(language: Language) -> dict[str, Callable[..., Any]]:
    """The functions behind ``{% trans %}`` and for the program's own words; values in these are escaped."""

    def fill_words(words: str, values: Mapping[str, object]) -> Markup:
        texts = language.format_numbers(values).items()
        shown = {name: mark_origin(escape(require_printable(one)), values[name]) for name, one in texts}
        return Markup(fill_placeholders(words, shown))

    def gettext(english: str, **values: object) -> Markup:
        return fill_words(language.catalogue.gettext(english), values)

    def ngettext(one: str, many: str, count: int, **values: object) -> Markup:
        return fill_words(language.catalogue.ngettext(one, many, count), {"count": count, **values})

    def counters(english: str) -> Markup:
        texts = re.split(r"%\((\w+)\)s", language.catalogue.gettext(english))
        parts = [f"counter({part}, {language.counter})" if n % 2 else f'"{part}"' for n, part in enumerate(texts)]
        return Markup(" ".join(part for part in parts if part != '""'))

    functions: dict[str, Callable[..., Any]] = {"_": gettext, "gettext": gettext, "ngettext": ngettext}
    functions["year_range"] = lambda start, end: row_history.year_range(start, end, language)
    return functions | {"counters": counters}


def _template_namespace(*functions: Callable[..., Any]) -> SimpleNamespace:
    return SimpleNamespace(**{function.__name__: TemplateFunction(function) for function in functions})


def _collect_page(parts: Iterable[str], file: Path) -> str:
    """The text of a page; a problem if it is too long, or has half a surrogate pair, which a template can write."""
    found, length, fault = list[str](), 0, ""
    for part in parts:
        found.append(part)
        if (length := length + len(part)) > MAX_TEXT_BYTES:
            fault = f"the page has more than {MAX_TEXT_BYTES / 1e6:.0f} million characters"
            break
    whole = "".join(found)
    try:
        whole.encode()
    except UnicodeEncodeError as half:
        fault = f"the page has a part of a character, U+{ord(whole[half.start]):04X}"
    if fault:
        raise Problems(fault, file, hint="see what the templates print, and how often", kind="template")
    return whole


def _write_json(text: str) -> Markup:  # inside a page, where no < of it may end the script
    whole = json.dumps(remove_marks(str(text)), ensure_ascii=False)
    return Markup(whole.translate({ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&"}))


def _parse_decimal(text: str) -> Decimal:
    # Decimal would accept 1e999999, whose digits fill the memory.
    if not numbers.NUMBER.fullmatch(text):
        raise ValueError(f"'{text}' is no number")
    return numbers.parse_number(text)


def bare_address(address: str) -> str:
    """A whole address as a reader types it: without https:// and www."""
    return address.rpartition("://")[2].removeprefix("www.").rstrip("/")


def address_lines(address: str, most: int = _HALF_PAGE) -> list[str]:
    """A whole address in lines of at most so many letters."""
    # One ends after a slash or before a hyphen: readers of PDF join a hyphen at the end to the next line.
    return re.findall(rf".{{1,{most}}}(?:(?<=/)|(?=-)|$)|.{{1,{most}}}", bare_address(address))


def split_sources(
    language: Language, cited: Sequence[tuple[int, Source]], width: float
) -> list[Sequence[tuple[int, Source]]]:
    """Numbered sources in two columns of about equal length, on paper of this ``width`` in millimetres."""
    room = _HALF_LINE + (width - _A4_WIDTH) * _LETTERS_PER_MILLIMETRE
    lines = [_count_lines(language, number, source, room) for number, source in cited]
    middle = min(range(len(lines), -1, -1), key=lambda index: abs(sum(lines) - 2 * sum(lines[:index])))
    return [half for half in (cited[:middle], cited[middle:]) if half]


def _count_lines(language: Language, number: int, source: Source, room: float) -> int:  # of ``room`` letters
    dates = [language.gregorian_date(one) for one in (source.date, source.read) if one]
    parts = [f"{number}. {language.comma.join([source.publisher, source.title, *dates])}."]
    if source.original:
        parts += [language.gettext("taken from %(work)s, which we did not read", work=source.original.title)]
        parts += [source.original.publisher]
    if source.read_at:
        parts += [language.gettext("read at %(place)s", place=source.read_at.publisher or "")]
    words = [f"{word} " for part in parts for word in part.split()]
    words += [f"{line} " for address in source.addresses.values() for line in address_lines(address)]
    lines, filled = 1, 0.0
    for word in words:
        wide = sum(1 if letter.isascii() else _OTHER_LETTER_WIDTH for letter in word if letter != _ZERO_WIDTH)
        if filled + wide > room + word.endswith(" "):
            lines, filled = lines + 1, 0.0
        filled += wide
    return lines


def status_page_address(edition: Edition, address: str) -> str:
    """The address of an edition's status page on a site; if the address is a single page, the code follows a #."""
    parts = urlsplit(address)
    if parts.query or parts.fragment or "." in parts.path.rpartition("/")[2]:
        return f"{address}#{edition.path}"
    return f"{address.rstrip('/')}/{edition.page}"


def draw_qr_code(text: str, title: str = "") -> Markup:
    """A text as a QR code: one SVG path with its quiet zone; ``--qr`` is its width on paper."""
    import segno

    # The standard wants a border of four squares; level M survives a fold or a smudge.
    rows = [list(row) for row in segno.make(text, error="m", micro=False).matrix_iter(border=4)]
    path = "".join(f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, dark in enumerate(row) if dark)
    square = max(_SMALLEST_SQUARE, _SMALLEST_CODE / (len(rows) - 8))
    return Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {0} {0}" role="img" data-drawn="{1}" '
        'style="--qr: {3:.2f}mm"><title>{4}</title><path d="{2}" fill="#000000"/></svg>'
    ).format(len(rows), text, path, square * len(rows), title or text)


def find_typed_numbers(templates: Path) -> list[Problem]:
    """A problem for each number typed into the visible text of a template."""
    problems = ProblemList()
    hint = "add it to figures.yaml with its source, and write {{ values['its-name'] | number }} here"
    for file in sorted(templates.rglob("*.j2")):
        with problems.catch():
            find_template_file(file.relative_to(templates).as_posix(), [templates])
            for number, line in enumerate(read_text(file).splitlines(), 1):
                for typed in numbers.PERSIAN_NUMBER.finditer(line):  # styles, attributes and expressions have none
                    message = f"the number '{typed[0]}' is typed into a template"
                    problems.append(Problem(message, file, number, typed.start() + 1, hint, len(typed[0])))
    return problems


def _template_problem(fault: BaseException, latest: Path | None) -> Problem:
    """The problem of an error, at the innermost template line of its traceback."""
    file, line, trace = latest, 0, fault.__traceback__
    while trace:
        own = trace.tb_frame.f_globals
        if "__jinja_exception__" in own:
            file, line = Path(trace.tb_frame.f_code.co_filename), trace.tb_lineno
        elif template := own.get("__jinja_template__"):  # Jinja leaves this for what is no Exception
            file, line = Path(template.filename), template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    if isinstance(fault, jinja2.TemplateSyntaxError):
        file, line = Path(fault.filename) if fault.filename else file, fault.lineno
    return Problem(f"the template cannot be used: {_describe_fault(fault)}", file, line, kind="template")


def _describe_fault(fault: BaseException) -> str:
    match fault:
        case limits.TimeLimitError():
            return f"it {fault}"
        case MemoryError():
            return "it takes too much memory"
        case RecursionError():
            return "it is nested too deeply, or includes itself"
        case jinja2.TemplateNotFound():
            return f"there is no '{fault.name}'"
        case jinja2.TemplateError() | OverflowError():
            return str(fault)
    # A template gave a filter or function a wrong value.
    return f"{type(fault).__name__}: {fault}"
