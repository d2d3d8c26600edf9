"""Typeset: HTML becomes PDF bytes; the only module that imports WeasyPrint.

Nothing is drawn from the machine: fontconfig sees only the fonts folder, and nothing is fetched but ``data:``
addresses and files below the allowed folders.
"""

import contextlib
import functools
import logging
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from tipbrief.problems import Problem, Problems
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.typeset.measure import PageFill, fill_of, leaves_of

MOST_STYLES = 32
# As our templates write them; others are left to WeasyPrint.
_STYLE = re.compile(r'<style(?: id="[^"]*")?(?: media="([^"]*)")?>(.*?)</style>\n?', re.S)

# By a part of what WeasyPrint says.
_HINTS = {
    "notdef": "the fonts lack a character of the template or the data",
    "Failed to": "the HTML may use only what is inside it, or files of the publication and its templates",
    "": "see the template and its styles",
}


@dataclass(frozen=True, slots=True)
class Typeset:
    """A PDF, how full its pages are, its body text's points, and the text and language of each tagged box."""

    pdf: bytes
    fills: tuple[PageFill, ...]
    body: float
    leaves: tuple[tuple[str, str], ...]

    @property
    def pages(self) -> int:
        """The number of pages."""
        return len(self.fills)


class Layout:
    """The pages of an HTML text as WeasyPrint laid them out; they can be measured, and written as a PDF."""

    def __init__(self, document: Any) -> None:
        self.document = document
        self.fills = tuple(fill_of(page._page_box) for page in document.pages)

    @property
    def body(self) -> float:
        """The size of the body text in points."""
        return float(self.document.pages[0]._page_box.children[0].style["font_size"] * 0.75)

    def typeset(self) -> Typeset:
        """The PDF of these pages."""
        with _no_warnings():
            pdf = self.document.write_pdf(finisher=_read_from_right_to_left, pdf_variant="pdf/a-3a")
        leaves = [leaf for page in self.document.pages for leaf in leaves_of(page._page_box)]
        return Typeset(pdf, self.fills, self.body, tuple(leaves))


class Typesetter:
    """WeasyPrint with our fonts, ready for many documents.

    ``twins`` gives for each font's ``data:`` address in the HTML the uncompressed file of the same face,
    which spares WeasyPrint the decompression. Files are read only below ``roots``.
    """

    def __init__(self, fonts: Path, twins: Mapping[str, Path], roots: Sequence[Path]) -> None:
        folder = temporary_folder()
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        with _room_for_temporary_files():
            config = folder / "fonts.conf"
            config.write_text(
                '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>'
                f"<dir>{escape(str(fonts))}</dir><cachedir>{escape(str(folder))}</cachedir></fontconfig>",
                encoding="utf-8",
            )
        os.environ["FONTCONFIG_FILE"] = str(config)
        self._weasyprint = import_weasyprint()
        from weasyprint.css.counters import CounterStyle
        from weasyprint.text.fonts import FontConfiguration

        # WeasyPrint reads each font's address letter by letter: 50 KB where a short name does.
        self._names = {address: f"data:font/ttf,{number}" for number, address in enumerate(twins)}
        named = {self._names[address]: path for address, path in twins.items()}
        fetcher = _Fetcher(named, tuple(root.resolve() for root in roots))
        self._files = {"base_url": fetcher.base, "url_fetcher": fetcher}
        configuration = FontConfiguration()
        configuration._folder = folder  # else one of its own is left behind where the process is killed
        self._faces = {"font_config": configuration, "counter_style": CounterStyle()}
        # Many documents have the same styles: to read them takes a twentieth of a document's time.
        read = functools.partial(self._weasyprint.CSS, **self._files, **self._faces)
        self._style_sheet = functools.lru_cache(MOST_STYLES)(read)

    def typeset(self, html: str) -> Typeset:
        """The PDF of an HTML text. What WeasyPrint warns of is a problem, and there is no PDF."""
        return self.lay_out(html).typeset()

    def lay_out(self, html: str) -> Layout:
        """The pages of an HTML text, not yet written: two thirds of the work of its PDF."""
        for address, name in self._names.items():
            html = html.replace(address, name)
        html, styles = _without_styles(html)
        with _no_warnings():
            source = self._weasyprint.HTML(string=html, **self._files)
            sheets = [self._style_sheet(string=style) for style in styles]
            return Layout(source.render(stylesheets=sheets, **self._faces))


def temporary_folder() -> Path:
    """A folder for temporary files, named after this process: whoever sees it die removes it."""
    with _room_for_temporary_files():
        return Path(tempfile.mkdtemp(prefix=f"tipbrief-{os.getpid()}-"))


@contextlib.contextmanager
def _room_for_temporary_files() -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        where = Path(tempfile.tempdir or os.environ.get("TMPDIR", "/tmp"))
        hint = "free the folder for temporary files, or name another one in TMPDIR"
        raise Problems(f"no temporary file can be written: {fault.strerror}", where, hint=hint) from None


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


@contextlib.contextmanager
def _no_warnings() -> Iterator[None]:
    said: dict[str, str] = {}  # each once, with the hint for it

    def note(record: logging.LogRecord) -> bool:
        if record.levelno >= logging.WARNING:
            message = record.getMessage()
            said[message] = next(hint for part, hint in _HINTS.items() if part in message)
        return True

    logger = logging.getLogger("weasyprint")
    logger.addFilter(note)
    try:
        yield
    finally:
        logger.removeFilter(note)
    if said:
        raise Problems(Problem(f"typesetting: {one[:300]}", hint=hint) for one, hint in said.items())


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
