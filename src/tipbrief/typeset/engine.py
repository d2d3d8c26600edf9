"""Typeset: HTML becomes PDF bytes; the only module that imports WeasyPrint.

Nothing is drawn from the machine: fontconfig sees only the fonts folder, and nothing is fetched but ``data:``
addresses and files below the allowed folders.
"""

from __future__ import annotations

import contextlib
import ctypes
import ctypes.util
import io
import logging
import os
import re
import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from tipbrief.problems import Problem, Problems

MOST_STYLES = 32
# As our templates write them; others are left to WeasyPrint.
_STYLE = re.compile(r'<style(?: id="[^"]*")?(?: media="([^"]*)")?>(.*?)</style>\n?', re.S)
INSTALL = {
    "linux": "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0 (Debian), dnf install pango (Fedora)",
    "darwin": "brew install pango",
    "win32": "install MSYS2, then: pacman -S mingw-w64-ucrt-x86_64-pango",
}


@dataclass(frozen=True, slots=True)
class Standing:
    """A block, or what of it stands on this page: its heading, or else its kind; its top and foot."""

    name: str
    top: float
    foot: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """How full a page is. Lengths are millimetres from the upper edge of what a page may fill."""

    height: float
    blocks: tuple[Standing, ...]
    ends: bool  # a page block stands here: what follows begins on a new page

    @property
    def foot(self) -> float:
        """The lowest edge of what stands on the page."""
        return max((block.foot for block in self.blocks), default=0.0)


@dataclass(frozen=True, slots=True)
class Typeset:
    """A PDF, how full its pages are, its body text's points, and the text and language of each tagged box."""

    pdf: bytes
    sheets: tuple[Sheet, ...]
    body: float
    leaves: tuple[tuple[str, str], ...]

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.sheets)


class Layout:
    """The pages of an HTML text as WeasyPrint laid them out; they can be measured, and written as a PDF."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.sheets = tuple(_sheet(page._page_box) for page in document.pages)

    @property
    def body(self) -> float:
        """The size of the body text in points."""
        return float(self.document.pages[0]._page_box.children[0].style["font_size"] * 0.75)

    def typeset(self) -> Typeset:
        """The PDF of these pages."""
        with _no_warnings():
            pdf = self.document.write_pdf(finisher=_read_from_right_to_left, pdf_variant="pdf/a-3a")
        leaves = [leaf for page in self.document.pages for leaf in _leaves(page._page_box)]
        return Typeset(pdf, self.sheets, self.body, tuple(leaves))


class Typesetter:
    """WeasyPrint with our fonts, ready for many documents.

    ``twins`` gives for each font's ``data:`` address in the HTML the uncompressed file of the same face,
    which spares WeasyPrint the decompression. Files are read only below ``roots``.
    """

    def __init__(self, fonts: Path, twins: Mapping[str, Path], roots: Sequence[Path]) -> None:
        folder = tempfile.mkdtemp(prefix="tipbrief-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        config = Path(folder) / "fonts.conf"
        config.write_text(
            '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
            f"<dir>{escape(str(fonts))}</dir><cachedir>{escape(folder)}</cachedir></fontconfig>",
            encoding="utf-8",
        )
        os.environ["FONTCONFIG_FILE"] = str(config)
        self._weasyprint = import_weasyprint()
        from weasyprint.css.counters import CounterStyle
        from weasyprint.text.fonts import FontConfiguration

        self._font_config, self._counter_style = FontConfiguration(), CounterStyle()
        self._sheets: dict[str, Any] = {}
        # WeasyPrint reads each font's address letter by letter: 50 KB where a short name does.
        self._names = {address: f"data:font/ttf,{number}" for number, address in enumerate(twins)}
        named = {self._names[address]: path for address, path in twins.items()}
        self._fetcher = _Fetcher(named, tuple(root.resolve() for root in roots))

    def typeset(self, html: str) -> Typeset:
        """The PDF of an HTML text. What WeasyPrint warns of is a problem, and there is no PDF."""
        return self.lay_out(html).typeset()

    def lay_out(self, html: str) -> Layout:
        """The pages of an HTML text, not yet written: two thirds of the work of its PDF."""
        with _no_warnings():
            return Layout(self._laid_out(html))

    def _laid_out(self, html: str) -> Any:
        for address, name in self._names.items():
            html = html.replace(address, name)
        html, styles = _without_styles(html)
        return self._weasyprint.HTML(
            string=html, base_url=self._fetcher.base, url_fetcher=self._fetcher
        ).render(
            font_config=self._font_config,
            counter_style=self._counter_style,
            stylesheets=[self._style_sheet(style) for style in styles],
        )

    def _style_sheet(self, style: str) -> Any:
        # Many documents have the same styles: to read them takes a twentieth of a document's time.
        if style not in self._sheets:
            if len(self._sheets) >= MOST_STYLES:
                self._sheets.clear()
            self._sheets[style] = self._weasyprint.CSS(
                string=style,
                base_url=self._fetcher.base,
                url_fetcher=self._fetcher,
                font_config=self._font_config,
                counter_style=self._counter_style,
            )
        return self._sheets[style]


class _Fetcher:
    """Admits ``data:`` addresses, and files below the allowed folders."""

    _fail_on_errors = False  # WeasyPrint asks its fetchers for this; failures are logged, and so collected

    def __init__(self, twins: Mapping[str, Path], roots: tuple[Path, ...]) -> None:
        self._twins, self._roots = twins, roots
        self.base = roots[0].as_uri() + "/"

    def __call__(self, url: str) -> Any:
        from urllib.request import url2pathname  # brings the network's modules, which take a while to load

        from weasyprint.urls import URLFetcher, URLFetcherResponse

        if twin := self._twins.get(url):
            return URLFetcherResponse(url, twin.read_bytes(), {"Content-Type": "font/ttf"})
        parts = urlsplit(url)
        if parts.scheme == "data":
            return URLFetcher(allowed_protocols=["data"])(url)
        if parts.scheme != "file":
            raise ValueError("nothing is fetched from a network")
        path = Path(url2pathname(parts.path)).resolve()
        if not any(path.is_relative_to(root) for root in self._roots):
            raise ValueError("the file lies outside the publication and the templates")
        return URLFetcherResponse(url, path.read_bytes())


def import_weasyprint() -> ModuleType:
    """WeasyPrint, or a problem that says how to install the libraries that it needs."""
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), _libraries_by_soname():
            import weasyprint
    except OSError as fault:
        library = re.search("'([^']+)'", str(fault))
        raise Problems(
            Problem(
                f"a library that typesets the PDF is missing: {library[1] if library else fault}",
                hint=install_hint(),
            )
        ) from None
    module: ModuleType = weasyprint
    return module


def install_hint() -> str:
    """The command that installs Pango on this kind of machine."""
    return INSTALL.get(sys.platform, "install Pango 1.44 or newer and HarfBuzz")


@contextlib.contextmanager
def _libraries_by_soname() -> Iterator[None]:
    # ctypes.util.find_library starts ldconfig, gcc and ld for each name that WeasyPrint tries before the
    # soname: an eighth of a second at each start. Without it, the sonames that follow in its list are loaded.
    find = ctypes.util.find_library
    if sys.platform == "linux" and "weasyprint" not in sys.modules:
        ctypes.util.find_library = lambda name: None
    try:
        yield
    finally:
        ctypes.util.find_library = find


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    records: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    logger, collector = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)
    if records:
        raise Problems(_log_problem(message) for message in dict.fromkeys(records))


def _log_problem(message: str) -> Problem:
    hint = "see the template and its styles"
    if "notdef" in message:
        hint = "the fonts lack a character of the template or the data"
    elif "Failed to load" in message:
        hint = "the HTML may use only what is inside it, or files of the publication and its templates"
    return Problem(f"typesetting: {message[:300]}", hint=hint)


def _without_styles(html: str) -> tuple[str, list[str]]:
    """The HTML without its style sheets, and those of them that are for print."""
    from weasyprint.css.media_queries import evaluate_media_query

    head, end, body = html.partition("</head>")  # a style in the body is a drawing's own
    styles = [
        style
        for media, style in _STYLE.findall(head)
        if evaluate_media_query([one.strip() for one in (media or "all").split(",")], "print")
    ]
    return _STYLE.sub("", head) + end + body, styles


def _read_from_right_to_left(document: Any, pdf: Any) -> None:
    import pydyf

    pdf.catalog.setdefault("ViewerPreferences", pydyf.Dictionary())["Direction"] = "/R2L"


def _sheet(page: Any) -> Sheet:
    top, end = page.content_box_y(), page.content_box_y() + page.height
    found = [block for root in page.children[:1] for body in root.children for block in _blocks(body)]
    breaks = [block for block in found if "page-break" in block.element.get("class", "").split()]
    standing = [
        Standing(_name(block.element), _mm(block.border_box_y() - top), _mm(_foot(block, end) - top))
        for block in found
        if block not in breaks
    ]
    return Sheet(_mm(page.height), tuple(standing), bool(breaks))


def _blocks(body: Any) -> Iterator[Any]:
    """The children of body, and in place of main its children: what hangs one below the other."""
    for child in body.children:
        inside = child.children if child.element_tag == "main" else [child]
        yield from (block for block in inside if block.is_in_normal_flow())


def _foot(block: Any, end: float) -> float:
    # What goes on overleaf is drawn down to the page's end; its text may end above.
    foot = float(block.border_box_y() + block.border_height())
    if foot < end - 0.01 or not (inside := getattr(block, "children", ())):
        return foot
    return max(_foot(child, end) for child in inside)


def _name(element: Any) -> str:
    """The heading of a block, or else its kind."""
    heading = next((item for item in element.iter() if item.tag in ("h1", "h2", "h3")), None)
    label = "" if heading is None else heading.get("data-label") or "".join(heading.itertext())
    return f"«{' '.join(label.split())}»" if label else str(element.get("class", element.tag)).split()[0]


def _mm(pixels: float) -> float:
    return round(pixels * 25.4 / 96, 3)


def _leaves(box: Any) -> list[tuple[str, str]]:
    """Text and language of the boxes of a page, in the order in which WeasyPrint tags them.

    A line ends with a line feed; pictures have no text. Margin boxes stand in no structure tree.
    """
    from weasyprint.formatting_structure import boxes

    box = getattr(box, "_box", box)  # what stands in for a box that was taken out of the flow
    language = str(box.style["lang"] or "")
    if isinstance(box, boxes.MarginBox):
        return []
    if isinstance(box, boxes.TextBox):
        return [(box.text, language)]
    if isinstance(box, boxes.ReplacedBox):
        return [("", language)]
    found = [leaf for child in getattr(box, "children", ()) for leaf in _leaves(child)]
    if found and isinstance(box, boxes.LineBox):
        found[-1] = (found[-1][0] + "\n", found[-1][1])
    if found and (box.element_tag == "sup" or isinstance(box, boxes.BlockContainerBox)):
        found[0] = (" " + found[0][0], found[0][1])  # a source mark is not a digit of the number before it
    return found


def engine_versions() -> dict[str, str]:
    """The versions of WeasyPrint, Pango and HarfBuzz; an empty text where a library is missing.

    Read without importing WeasyPrint, which takes as long as all else where nothing is to be typeset.
    """
    pango, harfbuzz = _library("pango-1.0"), _library("harfbuzz")
    if pango is None:
        import_weasyprint()  # a problem that says how to install it, or it finds Pango by other names
    number = pango.pango_version() if pango else 0
    if harfbuzz:
        harfbuzz.hb_version_string.restype = ctypes.c_char_p
    return {
        "WeasyPrint": metadata.version("weasyprint"),
        "Pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}" if number else "found",
        "HarfBuzz": harfbuzz.hb_version_string().decode() if harfbuzz else "found",
        "HarfBuzz subset": "found" if _library("harfbuzz-subset") else "",
    }


def _library(name: str) -> ctypes.CDLL | None:
    for file in (f"lib{name}.so.0", f"lib{name}.0.dylib", f"lib{name}-0.dll"):
        with contextlib.suppress(OSError):
            return ctypes.CDLL(file)
    return None
