"""The engine: WeasyPrint lays out HTML and renders it as PDF, with the fonts of one folder and ``data:`` alone."""

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
from tipbrief.pdf.tag_tree import TextRun
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.typeset.patches.private_api import create_font_configuration, is_print_media, page_box
from tipbrief.typeset.patches.registry import apply_patches, explain_unproven_sources
from tipbrief.typeset.text_run_reader import TextRunReader, find_targets
from tipbrief.typeset.vertical_fill import PageFill, level_columns, measure_page, spread_blocks

MAX_STYLE_SHEETS = 32
# A larger page would take longer than a build may; our largest has 800 elements.
MAX_ELEMENTS = 10_000
_MAX_PIXELS = 40_000_000  # of a picture
# HTML allows 1000; more keep WeasyPrint busy without end. The pattern begins with lower-case letters, found fast.
_WIDE_SPAN = re.compile(r"""span(?:(?<=\bspan)|(?<=\bcolspan)|(?<=\browspan))\s*=\s*["']?\s*\+?0*[1-9]\d{3}""")
# How the pictures begin that a page may hold: PNG, JPEG, SVG. WeasyPrint would try any.
_PICTURE_START = re.compile(rb"\x89PNG|\xff\xd8\xff|(?:\xef\xbb\xbf)?\s*<(?:svg|[?!])")
# As our templates write them. WeasyPrint reads others.
_STYLE_ELEMENT = re.compile(r'<style(?: id="[^"]*")?(?: media="([^"]*)")?>([^<]*+(?:<(?!/style>)[^<]*+)*+)</style>\n?')
_TITLE = re.compile(r"<title>([^<]*)")
_INLINE_HINT = "the HTML may use only what is inside it: pictures below templates/ are put there"
_BASE64_DATA = re.compile(r"(?<=;base64,)\S{20,}")
_HINTS = {  # by a part of WeasyPrint's message
    "notdef": "the fonts lack a character of the template or the data",
    "Failed to": _INLINE_HINT,
    "fetched": _INLINE_HINT,
    "Relative URI": _INLINE_HINT,
    "": "see the template and its styles",
}


@dataclass(frozen=True, slots=True)
class TypesettingResult:
    """A PDF with the fill of its pages, the size of its body text in points, and the text runs of its boxes."""

    pdf_draft: Any  # in pydyf's objects
    page_fills: tuple[PageFill, ...]
    body_size: float
    text_runs: tuple[TextRun, ...]
    standard: Standard = DEFAULT_STANDARD
    targets: Any = None  # a ``pdf.tag_tree.LinkTargets``, if the standard needs it

    @property
    def page_count(self) -> int:
        """The number of pages."""
        return len(self.page_fills)

    @property
    def final_pdf(self) -> bytes:
        """The repaired and serialised PDF; its objects cannot be used afterwards."""
        from tipbrief.pdf import pdf_draft

        with explain_unproven_sources():
            return pdf_draft.finish_pdf(
                self.pdf_draft, text_runs=self.text_runs, standard=self.standard, targets=self.targets
            )

    @property
    def raw_pdf(self) -> bytes:
        """The PDF without repairs: only to be looked at."""
        from tipbrief.pdf.serialiser import serialise_pdf

        return serialise_pdf(self.pdf_draft)


class Layout:
    """The pages of an HTML text as WeasyPrint laid them out; they can be measured, filled and rendered."""

    def __init__(self, document: Any, name: str) -> None:
        self.document, self._name = document, name
        self.page_fills = tuple(measure_page(page_box(page)) for page in document.pages)
        self.direction = page_box(document.pages[0]).style["direction"]
        first = page_box(document.pages[0]).children
        # The size of the body text in points.
        self.body_size = float(first[0].style["font_size"] * 0.75) if first else 0.0
        if not 1 <= self.body_size <= 1000:
            raise Problems(f"typesetting: the body text has {self.body_size:g} points", hint=_HINTS[""])

    def fill_pages(self, rests: Sequence[float | None]) -> dict[str, float]:
        """Put these pixels between the blocks of each page; returns the ``--level`` of its columns by selector."""
        # Styles with that ``--rest`` and ``--level`` do the same.
        pages, fills, levels = self.document.pages, [*self.page_fills], dict[str, float]()
        for number, rest in enumerate(rests):
            if rest is not None:
                with explain_unproven_sources():
                    box = page_box(pages[number])
                    spread_blocks(box, rest)
                    levels |= level_columns(box)
                    pages[number] = type(pages[number])(box)  # which knows where its links and headings stand
                    fills[number] = measure_page(box)
        self.page_fills = tuple(fills)
        return levels

    def render_pdf(self, standard: Standard = DEFAULT_STANDARD) -> TypesettingResult:
        """The PDF of these pages, before the repairs that the standard needs."""
        import pydyf

        with _collect_problems(self._name):
            links = (link for page in self.document.pages for link in page.links)
            if self.document.metadata.attachments or any(kind == "attachment" for kind, *_ in links):
                hint = "take rel='attachment' out: the dataset is attached to every PDF"
                raise Problems("typesetting: a page attaches no file", hint=hint)
            drafts: list[Any] = []

            def take_draft(document: Any, pdf: Any) -> None:
                # Viewers arrange facing pages in the reading direction.
                preferences = pdf.catalog.setdefault("ViewerPreferences", pydyf.Dictionary())
                preferences["Direction"] = "/R2L" if self.direction == "rtl" else "/L2R"
                pdf.write = lambda *_: None  # else it would be serialised, compressed, and thrown away
                drafts.append(pdf)

            variant = standard.pdf_a.lower()
            self.document.write_pdf(finisher=take_draft, pdf_variant=variant, pdf_tags=True, uncompressed_pdf=True)
            pages = [page_box(page) for page in self.document.pages]
            reader = TextRunReader(pages[0])
            text_runs = tuple(text_run for page in pages for text_run in reader.read_page(page))
            targets = find_targets(pages) if standard != DEFAULT_STANDARD else None
            return TypesettingResult(drafts[0], self.page_fills, self.body_size, text_runs, standard, targets)


class Typesetter:
    """WeasyPrint with our fonts, ready for many documents. ``before_layout`` is called before each; it may raise."""

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
        with explain_unproven_sources():
            apply_patches()
        from PIL import Image
        from weasyprint.css.counters import CounterStyle

        # WeasyPrint reads addresses letter by letter, and a font's has 50 KB: short names lead to unpacked twins.
        names = self._font_names = {address: f"data:font/ttf,{number}" for number, address in enumerate(twins)}
        named = {names[address]: path for address, path in twins.items()}
        Image.MAX_IMAGE_PIXELS = _MAX_PIXELS
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        configuration = create_font_configuration(folder)
        # Without a base URL, no link in a PDF tells where the publication is.
        self._resource_arguments = {"base_url": None, "url_fetcher": _DataFetcher(named)}
        self._font_arguments = {"font_config": configuration, "counter_style": CounterStyle()}
        css = functools.partial(self._weasyprint.CSS, **self._resource_arguments, **self._font_arguments)

        # Many documents have the same style sheets, and parsing them takes 5 % of a document's time.
        @functools.lru_cache(MAX_STYLE_SHEETS)
        def parse_style_sheet(style: str) -> tuple[Any, list[str]]:
            """A style sheet, and WeasyPrint's warnings about it."""
            warned: list[str] = []
            with _capture_warnings(warned.append):
                return css(string=_shorten_font_addresses(names, style)), warned

        self._style_sheet = parse_style_sheet

    def typeset_html(self, html: str) -> TypesettingResult:
        """The PDF of an HTML text. A warning of WeasyPrint is a problem, and there is no PDF."""
        return self.lay_out(html).render_pdf()

    def lay_out(self, html: str) -> Layout:
        """The pages of an HTML text, not yet rendered: two thirds of the work."""
        self.before_layout()
        if html.count("<") > 2 * MAX_ELEMENTS:
            fault = f"{limits.current_subject() or 'the page'} has more than {MAX_ELEMENTS:,} elements"
            hint = "print fewer rows of its table, or a shorter text"
            raise Problems(f"typesetting: {fault}", hint=hint, kind="limit")
        title = _TITLE.search(html)
        name = f"the page '{title[1].strip()[:80]}'" if title else "the page"
        with _collect_problems(name) as report:
            html, styles = _extract_style_sheets(html)
            if found := _WIDE_SPAN.search(html.lower()):
                raise Problems(f"typesetting: no cell spans so many: '{found[0]}'", hint=_HINTS[""], kind="limit")
            html = _shorten_font_addresses(self._font_names, html)
            source = self._weasyprint.HTML(string=html, **self._resource_arguments)
            sheets = [self._style_sheet(style) for style in styles]
            for message in (message for _, warned in sheets for message in warned):
                report(message)  # also if the sheet was parsed for another document
            document = source.render(stylesheets=[sheet for sheet, _ in sheets], **self._font_arguments)
            return Layout(document, name)


class _DataFetcher:  # only data: addresses, and only those with something that a page may hold
    _fail_on_errors = False  # WeasyPrint reads it; failures are logged, and so collected

    def __init__(self, twins: Mapping[str, Path]) -> None:
        self._font_files = twins

    def __call__(self, url: str) -> Any:
        from weasyprint.urls import URLFetcherResponse

        if file := self._font_files.get(url):
            return URLFetcherResponse(url, file.read_bytes(), {"Content-Type": "font/ttf"})
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


@contextlib.contextmanager
def _collect_problems(name: str) -> Iterator[Callable[[str], None]]:
    """Turn warnings and failures of WeasyPrint into problems; ``name`` says which page it is."""
    problems: dict[str, Problem] = {}  # by message, each once

    def report(message: str) -> None:
        hint = next(hint for part, hint in _HINTS.items() if part in message)
        problems[message] = Problem(f"typesetting: {_BASE64_DATA.sub('…', message)[:300]}", hint=hint)

    try:
        with _capture_warnings(report), limits.limit_step(name):
            yield report
    except Problems as found:
        found.problems += problems.values()
        raise
    except Exception as fault:
        report(f"WeasyPrint gives up: {type(fault).__name__}: {fault}")
    if problems:
        raise Problems(problems.values())


@contextlib.contextmanager
def _capture_warnings(report: Callable[[str], None]) -> Iterator[None]:
    def take_record(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            report(record.getMessage())
        return True

    logger = logging.getLogger("weasyprint")
    logger.addFilter(take_record)
    try:
        yield
    finally:
        logger.removeFilter(take_record)


def _shorten_font_addresses(names: Mapping[str, str], text: str) -> str:
    for address, name in names.items():
        text = text.replace(address, name)
    return text


def _extract_style_sheets(html: str) -> tuple[str, list[str]]:  # the HTML without them, and those for print
    head, end, body = html.partition("</head>")  # a style in the body belongs to a drawing
    styles = [style for media, style in _STYLE_ELEMENT.findall(head) if is_print_media(media)]
    return _STYLE_ELEMENT.sub("", head) + end + body, styles
