"""Typeset: HTML becomes PDF bytes; the only module that imports WeasyPrint.

Nothing is drawn from the machine: fontconfig sees only the fonts folder; no address is opened but ``data:``,
which holds what it names.
"""

import contextlib
import functools
import logging
import os
import re
import shutil
import warnings
import weakref
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

from tipbrief import limits
from tipbrief.files import create_process_folder, report_temporary_file_errors
from tipbrief.pdf.standards import DEFAULT_STANDARD, Standard
from tipbrief.pdf.text_runs import TextRun
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.typeset.measure import PageFill, find_targets, measure_page
from tipbrief.typeset.patches.registry import apply_patches
from tipbrief.typeset.text_run_reader import TextRunReader
from tipbrief.typeset.vertical_fill import level_columns, spread_blocks

MOST_STYLE_SHEETS = 32
# A page of more would take longer than a build may; our largest has 800 elements.
MOST_ELEMENTS = 10_000
_MOST_PIXELS = 40_000_000  # of a picture
# HTML knows 1000. It begins with letters, small ones, which are found fast.
_WIDE_SPAN = re.compile(r"""span(?:(?<=\bspan)|(?<=\bcolspan)|(?<=\browspan))\s*=\s*["']?\s*\+?0*[1-9]\d{3}""")
# How that begins which a page may hold: PNG, JPEG, drawings; WeasyPrint would try any. Letters are drawn
# with the twins alone, which are prepared.
_PICTURE_START = re.compile(rb"\x89PNG|\xff\xd8\xff|(?:\xef\xbb\xbf)?\s*<(?:svg|[?!])")
# As our templates write them; others are left to WeasyPrint.
_STYLE_ELEMENT = re.compile(r'<style(?: id="[^"]*")?(?: media="([^"]*)")?>([^<]*+(?:<(?!/style>)[^<]*+)*+)</style>\n?')

_TITLE = re.compile(r"<title>([^<]*)")

# By a part of what WeasyPrint says.
_INLINE_HINT = "the HTML may use only what is inside it: pictures below templates/ are put there"
_BASE64_DATA = re.compile(r"(?<=;base64,)\S{20,}")  # nobody knows a picture by it
_HINTS = {
    "notdef": "the fonts lack a character of the template or the data",
    "Failed to": _INLINE_HINT,
    "fetched": _INLINE_HINT,
    "Relative URI": _INLINE_HINT,
    "": "see the template and its styles",
}


@dataclass(frozen=True, slots=True)
class TypesettingResult:
    """A PDF, how full its pages are, its body text's points, and what each tagged box says.

    ``targets`` are the boxes to which links and bookmarks lead, where the ``standard`` asks for them.
    ``unwritten`` is the PDF in pydyf's objects: ``pdf/archive.py`` puts them right and writes them. Or it is
    ``finished`` already.
    """

    pdf_draft: Any
    page_fills: tuple[PageFill, ...]
    body_size: float
    text_runs: tuple[TextRun, ...]
    standard: Standard = DEFAULT_STANDARD
    targets: Any = None  # a ``pdf.unwritten.Targets``

    @property
    def page_count(self) -> int:
        """The number of pages."""
        return len(self.page_fills)

    @property
    def final_pdf(self) -> bytes:
        """The PDF put right and written, once: its objects serve for nothing else afterwards."""
        from tipbrief.pdf import pdf_draft

        if isinstance(self.pdf_draft, bytes):
            return self.pdf_draft
        of = {"text_runs": self.text_runs, "standard": self.standard, "targets": self.targets}
        return pdf_draft.finish_pdf(self.pdf_draft, **of)

    def __reduce__(self) -> tuple[Any, ...]:
        """It goes to another process finished."""
        return TypesettingResult, (self.final_pdf, self.page_fills, self.body_size, ())

    @property
    def raw_pdf(self) -> bytes:
        """The PDF as it is: to be looked at, neither to be kept nor to be read aloud."""
        from tipbrief.pdf.serialiser import serialise_pdf

        return serialise_pdf(self.pdf_draft)


class Layout:
    """The pages of an HTML text as WeasyPrint laid them out; they can be measured, and written as a PDF."""

    def __init__(self, document: Any, name: str) -> None:
        self.document, self._name = document, name
        self.page_fills = tuple(measure_page(page._page_box) for page in document.pages)
        self.direction = document.pages[0]._page_box.style["direction"]
        first = document.pages[0]._page_box.children
        # The size of the body text in points.
        self.body_size = float(first[0].style["font_size"] * 0.75) if first else 0.0
        if not 1 <= self.body_size <= 1000:
            raise Problems(f"typesetting: the body text has {self.body_size:g} points", hint=_HINTS[""])

    def fill_pages(self, rests: Sequence[float | None]) -> dict[str, float]:
        """Put so many pixels more between the blocks of each page, as styles with that ``--rest`` would.

        Of a page with a number, the columns are levelled, too: by their selectors the ``--level`` of each.
        """
        pages, fills, levels = self.document.pages, [*self.page_fills], dict[str, float]()
        for number, rest in enumerate(rests):
            if rest is not None:
                box = pages[number]._page_box
                spread_blocks(box, rest)
                levels |= level_columns(box)
                pages[number] = type(pages[number])(box)  # which knows where its links and headings stand
                fills[number] = measure_page(box)
        self.page_fills = tuple(fills)
        return levels

    def render_pdf(self, standard: Standard = DEFAULT_STANDARD) -> TypesettingResult:
        """The PDF of these pages, still to be made what the standard asks for."""
        with _collect_problems(self._name):
            links = (link for page in self.document.pages for link in page.links)
            if self.document.metadata.attachments or any(kind == "attachment" for kind, *_ in links):
                hint = "take rel='attachment' out: the dataset is attached to every PDF"
                raise Problems("typesetting: a page attaches no file", hint=hint)
            made: list[Any] = []

            def take(document: Any, pdf: Any) -> None:
                _write_direction(self.direction, pdf)
                pdf.write = lambda *_: None  # else it would be written, packed, and thrown away
                made.append(pdf)

            of = {"pdf_variant": standard.pdf_a.lower(), "pdf_tags": True, "uncompressed_pdf": True}
            self.document.write_pdf(finisher=take, **of)
            pages = [page._page_box for page in self.document.pages]
            leaves = TextRunReader(pages[0])
            said = tuple(leaf for page in pages for leaf in leaves.read_page(page))
            targets = find_targets(pages) if standard != DEFAULT_STANDARD else None
            return TypesettingResult(made[0], self.page_fills, self.body_size, said, standard, targets)


class Typesetter:
    """WeasyPrint with our fonts, ready for many documents.

    ``twins`` gives for each font's ``data:`` address in the HTML the uncompressed file of the same face,
    which spares WeasyPrint the decompression. ``before`` is called before each layout, which may be the last
    moment to leave it.
    """

    before_layout: Callable[[], object] = staticmethod(lambda: None)

    def __init__(self, fonts: Path, twins: Mapping[str, Path]) -> None:
        folder = create_process_folder()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with report_temporary_file_errors():
            config = folder / "fonts.conf"
            config.write_text(
                '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
                f"<dir>{escape(str(fonts))}</dir><cachedir>{escape(str(folder))}</cachedir></fontconfig>",
                encoding="utf-8",
            )
        os.environ["FONTCONFIG_FILE"] = str(config)
        self._weasyprint = import_weasyprint()
        apply_patches()
        from PIL import Image
        from weasyprint.css.counters import CounterStyle
        from weasyprint.text.fonts import FontConfiguration

        from tipbrief.typeset import line_ends

        line_ends.apply_patch()
        # WeasyPrint reads each font's address letter by letter: 50 KB where a short name does.
        self._font_names = {address: f"data:font/ttf,{number}" for number, address in enumerate(twins)}
        named = {self._font_names[address]: path for address, path in twins.items()}
        Image.MAX_IMAGE_PIXELS = _MOST_PIXELS
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        configuration = FontConfiguration()
        configuration._folder = folder  # else one of its own is left behind where the process is killed
        # Without a base, no link in a PDF tells where the publication lies.
        self._resource_arguments = {"base_url": None, "url_fetcher": _DataFetcher(named)}
        self._font_arguments = {"font_config": configuration, "counter_style": CounterStyle()}
        # Many documents have the same styles: to read them takes a twentieth of a document's time.
        css = functools.partial(self._weasyprint.CSS, **self._resource_arguments, **self._font_arguments)
        read = functools.partial(_parse_style_sheet, css, self._font_names)
        self._style_sheet = functools.lru_cache(MOST_STYLE_SHEETS)(read)

    def typeset_html(self, html: str) -> TypesettingResult:
        """The PDF of an HTML text. What WeasyPrint warns of is a problem, and there is no PDF."""
        return self.lay_out(html).render_pdf()

    def lay_out(self, html: str) -> Layout:
        """The pages of an HTML text, not yet written: two thirds of the work of its PDF."""
        self.before_layout()
        _require_few_elements(html)
        title = _TITLE.search(html)
        name = f"the page '{title[1].strip()[:80]}'" if title else "the page"
        with _collect_problems(name) as tell:
            html, styles = _extract_style_sheets(html)
            _require_narrow_cells(html)
            html = _shorten_font_addresses(self._font_names, html)
            source = self._weasyprint.HTML(string=html, **self._resource_arguments)
            sheets = [self._style_sheet(style) for style in styles]
            for message in (message for _, warned in sheets for message in warned):
                tell(message)  # also where the sheet was read for another document
            document = source.render(stylesheets=[sheet for sheet, _ in sheets], **self._font_arguments)
            return Layout(document, name)


class _DataFetcher:
    """Admits ``data:`` addresses alone, and in them only what a page may hold."""

    _fail_on_errors = False  # WeasyPrint asks its fetchers for this; failures are logged, and so collected

    def __init__(self, twins: Mapping[str, Path]) -> None:
        self._font_files = twins

    def __call__(self, url: str) -> Any:
        from weasyprint.urls import URLFetcherResponse

        if twin := self._font_files.get(url):
            return URLFetcherResponse(url, twin.read_bytes(), {"Content-Type": "font/ttf"})
        if not url.startswith("data:"):
            raise ValueError("nothing is fetched from a network or a folder")
        head, _, body = url.removeprefix("data:").partition(",")
        kind, *more = head.split(";")
        data = unquote_to_bytes(body)
        if "base64" in more:
            data = b64decode(data)
        if kind != "text/css" and not _PICTURE_START.match(data):
            raise ValueError("it is neither PNG, JPEG nor SVG")
        return URLFetcherResponse(url, data, {"Content-Type": kind})


def _require_few_elements(html: str) -> None:
    if html.count("<") > 2 * MOST_ELEMENTS:
        fault = f"{limits.current_subject() or 'the page'} has more than {MOST_ELEMENTS:,} elements"
        _refuse(fault, "print fewer rows of its table, or a shorter text")


def _require_narrow_cells(html: str) -> None:
    if found := _WIDE_SPAN.search(html.lower()):
        _refuse(f"no cell spans so many: '{found[0]}'", _HINTS[""])


def _refuse(fault: str, hint: str) -> None:
    """What no page needs, and WeasyPrint would work at without end."""
    raise Problems(f"typesetting: {fault}", hint=hint, kind="limit")


@contextlib.contextmanager
def _collect_problems(name: str) -> Iterator[Callable[[str], None]]:
    """Whatever WeasyPrint warns of or gives up at is a problem; ``name`` is what the page is called."""
    said: dict[str, str] = {}  # each once, with the hint for it

    def tell(message: str) -> None:
        said[message] = next(hint for part, hint in _HINTS.items() if part in message)

    try:
        with _capture_warnings(tell), limits.limit_step(name):
            yield tell
    except Problems as found:
        found.problems += [_make_problem(*one) for one in said.items()]
        raise
    except Exception as fault:
        tell(f"WeasyPrint gives up: {type(fault).__name__}: {fault}")
    if said:
        raise Problems(_make_problem(*one) for one in said.items())


@contextlib.contextmanager
def _capture_warnings(hear: Callable[[str], None]) -> Iterator[None]:
    """While WeasyPrint works, each of its warnings is heard."""

    def note(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            hear(record.getMessage())
        return True

    logger = logging.getLogger("weasyprint")
    logger.addFilter(note)
    try:
        yield
    finally:
        logger.removeFilter(note)


def _make_problem(message: str, hint: str) -> Problem:
    return Problem(f"typesetting: {_BASE64_DATA.sub('…', message)[:300]}", hint=hint)


def _parse_style_sheet(css: Any, names: Mapping[str, str], style: str) -> tuple[Any, list[str]]:
    """A style sheet, and what WeasyPrint warns of in it."""
    warned: list[str] = []
    with _capture_warnings(warned.append):
        return css(string=_shorten_font_addresses(names, style)), warned


def _shorten_font_addresses(names: Mapping[str, str], text: str) -> str:
    """A text that names the fonts instead of holding them."""
    for address, name in names.items():
        text = text.replace(address, name)
    return text


def _extract_style_sheets(html: str) -> tuple[str, list[str]]:
    """The HTML without its style sheets, and those of them that are for print."""
    from weasyprint.css.media_queries import evaluate_media_query

    head, end, body = html.partition("</head>")  # a style in the body is a drawing's own
    styles = [
        style
        for media, style in _STYLE_ELEMENT.findall(head)
        if evaluate_media_query([one.strip() for one in (media or "all").split(",")], "print")
    ]
    return _STYLE_ELEMENT.sub("", head) + end + body, styles


def _write_direction(direction: str, pdf: Any) -> None:
    """Viewers lay facing pages side by side in the order of reading, which is that of ``<html dir>``."""
    import pydyf

    said = "/R2L" if direction == "rtl" else "/L2R"
    pdf.catalog.setdefault("ViewerPreferences", pydyf.Dictionary())["Direction"] = said
