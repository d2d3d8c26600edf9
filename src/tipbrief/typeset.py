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
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname
from xml.sax.saxutils import escape

from tipbrief.problems import Problem, Problems

INSTALL = {
    "linux": "apt-get install libpangoft2-1.0-0 libharfbuzz-subset0 (Debian), dnf install pango (Fedora)",
    "darwin": "brew install pango",
    "win32": "install MSYS2, then: pacman -S mingw-w64-ucrt-x86_64-pango",
}


@dataclass(frozen=True, slots=True)
class Typeset:
    """A PDF, the number of its pages, and the text and language of each tagged box."""

    pdf: bytes
    pages: int
    leaves: tuple[tuple[str, str], ...]


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
        from weasyprint.text.fonts import FontConfiguration

        self._font_config = FontConfiguration()
        # WeasyPrint reads each font's address letter by letter: 50 KB where a short name does.
        self._names = {address: f"data:font/ttf,{number}" for number, address in enumerate(twins)}
        named = {self._names[address]: path for address, path in twins.items()}
        self._fetcher = _Fetcher(named, tuple(root.resolve() for root in roots))

    def typeset(self, html: str) -> Typeset:
        """The PDF of an HTML text. What WeasyPrint warns of is a problem, and there is no PDF."""
        for address, name in self._names.items():
            html = html.replace(address, name)
        with _collected_log() as records:
            document = self._weasyprint.HTML(
                string=html, base_url=self._fetcher.base, url_fetcher=self._fetcher
            ).render(font_config=self._font_config)
            pdf = document.write_pdf(finisher=_read_from_right_to_left, pdf_variant="pdf/a-3a")
        if records:
            raise Problems(_log_problem(message) for message in dict.fromkeys(records))
        leaves = [leaf for page in document.pages for leaf in _leaves(page._page_box)]
        return Typeset(pdf, len(document.pages), tuple(leaves))


class _Fetcher:
    """Admits ``data:`` addresses, and files below the allowed folders."""

    _fail_on_errors = False  # WeasyPrint asks its fetchers for this; failures are logged, and so collected

    def __init__(self, twins: Mapping[str, Path], roots: tuple[Path, ...]) -> None:
        self._twins, self._roots = twins, roots
        self.base = roots[0].as_uri() + "/"

    def __call__(self, url: str) -> Any:
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
def _collected_log() -> Iterator[list[str]]:
    records: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    logger, collector = logging.getLogger("weasyprint"), Collector(logging.WARNING)
    logger.addHandler(collector)
    try:
        yield records
    finally:
        logger.removeHandler(collector)


def _log_problem(message: str) -> Problem:
    hint = "see the template and its styles"
    if "notdef" in message:
        hint = "the fonts lack a character of the template or the data"
    elif "Failed to load" in message:
        hint = "the HTML may use only what is inside it, or files of the publication and its templates"
    return Problem(f"typesetting: {message[:300]}", hint=hint)


def _read_from_right_to_left(document: Any, pdf: Any) -> None:
    import pydyf

    pdf.catalog.setdefault("ViewerPreferences", pydyf.Dictionary())["Direction"] = "/R2L"


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
    """The versions of WeasyPrint, Pango and HarfBuzz; an empty text where a library is missing."""
    weasyprint = import_weasyprint()
    from weasyprint.text.ffi import harfbuzz_subset, pango

    number = pango.pango_version()
    return {
        "WeasyPrint": weasyprint.__version__,
        "Pango": f"{number // 10000}.{number // 100 % 100}.{number % 100}",
        "HarfBuzz": _harfbuzz_version(),
        "HarfBuzz subset": "found" if harfbuzz_subset is not None else "",
    }


def _harfbuzz_version() -> str:
    # WeasyPrint's own binding does not declare this function; the library is loaded already.
    for name in ("libharfbuzz.so.0", "libharfbuzz.0.dylib", "libharfbuzz-0.dll"):
        with contextlib.suppress(OSError):
            version = ctypes.CDLL(name).hb_version_string
            version.restype = ctypes.c_char_p
            return str(version().decode())
    return "found"
