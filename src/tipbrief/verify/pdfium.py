"""What is in a PDF, as PDFium sees it: pages, text, fonts, links; and, by pikepdf, its glyphs.

PDFium's own functions are called, many times for each page, rather than the helpers around them. It is
imported inside functions, since the commands that open no PDF should not wait for it.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from tipbrief.problems import Problem, Problems

MM = 25.4 / 72
SLACK = 1.0  # points by which letters may stand over an edge
PASSWORD_ERROR = 4
_SUBSET_PREFIX = re.compile(r"[A-Z]{6}\+")
_TO_UNICODE = re.compile(rb"<([0-9a-f]{4})> <((?:[0-9a-f]{4})+)>")
_TO_GLYPH_0 = re.compile(rb"<([0-9a-f]{4})> 0\s")


@dataclass(frozen=True, slots=True)
class Font:
    """A font that draws text; a Type 3 font has no name."""

    name: str
    embedded: bool
    subset: bool


@contextlib.contextmanager
def opened(pdf: bytes) -> Iterator[Document]:
    """The PDF, open; Problems where it is none, needs a password, or is damaged."""
    import pypdfium2

    if b"%PDF-" not in pdf[:1024]:
        raise Problems(Problem("this is not a PDF", hint="a PDF begins with %PDF-"))
    if b"%%EOF" not in pdf[-1024:]:
        raise Problems(Problem("the PDF is cut short", hint="copy or build it again; it must end with %%EOF"))
    try:
        document = pypdfium2.PdfDocument(pdf)
    except pypdfium2.PdfiumError as fault:
        if fault.err_code == PASSWORD_ERROR:
            problem = Problem("the PDF is encrypted and needs a password", hint="deliver it without one")
        else:
            problem = Problem("the PDF is damaged", hint="copy or build it again")
        raise Problems(problem) from None
    with contextlib.closing(document):
        yield Document(document)


class Document:
    """An open PDF."""

    def __init__(self, document: Any) -> None:
        import pypdfium2.raw as api

        self._document = document
        raw = document.raw
        self.title = _utf16(lambda buffer, size: api.FPDF_GetMetaText(raw, b"Title", buffer, size))
        self.creator = _utf16(lambda buffer, size: api.FPDF_GetMetaText(raw, b"Creator", buffer, size))
        self.producer = _utf16(lambda buffer, size: api.FPDF_GetMetaText(raw, b"Producer", buffer, size))
        self.language = _utf16(
            lambda buffer, size: api.FPDFCatalog_GetLanguage(
                raw, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size
            )
        )
        self.direction = _utf8(
            lambda buffer, size: api.FPDF_VIEWERREF_GetName(raw, b"Direction", buffer, size)
        )
        self.encrypted = api.FPDF_GetSecurityHandlerRevision(raw) >= 0

    @cached_property
    def pages(self) -> list[Page]:
        """The pages, read once."""
        return [Page(self._document, index) for index in range(len(self._document))]


class Page:
    """One page of an open PDF: its number from 1, its text and what draws it."""

    def __init__(self, document: Any, index: int) -> None:
        import pypdfium2.raw as api

        self.number = index + 1
        self._document, self._page = document, document[index]
        self._text_page = self._page.get_textpage()
        # What is left when the paper is cut: a press gets more, for the bleed.
        left, bottom, right, top = self._page.get_trimbox()
        self.size = (round((right - left) * MM, 1), round((top - bottom) * MM, 1))
        count = api.FPDFText_CountChars(self._text_page.raw)
        buffer = (ctypes.c_ushort * (count + 1))()
        written = api.FPDFText_GetText(self._text_page.raw, 0, count, buffer)
        self.text = bytes(buffer)[: 2 * max(written - 1, 0)].decode("utf-16-le", "replace")
        self._characters = count
        self._font_names: dict[int, Font] = {}
        self.cut = [self._text_of(text) for text in self._text_objects() if _is_cut(text)]
        self.fonts = frozenset(self._font_names.values())

    @property
    def outside(self) -> list[str]:
        """The texts that lie wholly or partly beyond the edge of the page."""
        import pypdfium2.raw as api

        box, found = api.FS_RECTF(), []
        api.FPDF_GetPageBoundingBox(self._page.raw, box)
        left, top, right, bottom = (ctypes.c_double() for _ in range(4))
        text_page = self._text_page.raw
        for index in range(api.FPDFText_CountRects(text_page, 0, -1)):
            api.FPDFText_GetRect(text_page, index, left, top, right, bottom)
            place = left.value, bottom.value, right.value, top.value
            if _beyond(place, (box.left, box.bottom, box.right, box.top)):
                found.append(self._text_page.get_text_bounded(*place).strip())
        return found

    @property
    def link_faults(self) -> list[str]:
        """What is wrong with the links of the page."""
        import pypdfium2.raw as api

        faults, position, link = [], ctypes.c_int(0), api.FPDF_LINK()
        while api.FPDFLink_Enumerate(self._page.raw, position, link):
            faults.append(self._link_fault(link))
        return [fault for fault in faults if fault]

    def _link_fault(self, link: Any) -> str:
        import pypdfium2.raw as api

        raw, action = self._document.raw, api.FPDFLink_GetAction(link)
        kind = api.FPDFAction_GetType(action) if action else api.PDFACTION_GOTO
        if kind == api.PDFACTION_URI:
            address = _utf8(lambda buffer, size: api.FPDFAction_GetURIPath(raw, action, buffer, size))
            return "" if _is_full(address) else f"the link '{address}' is no full address"
        if kind == api.PDFACTION_GOTO:
            target = api.FPDFAction_GetDest(raw, action) if action else api.FPDFLink_GetDest(raw, link)
            exists = target and api.FPDFDest_GetDestPageIndex(raw, target) >= 0
            return "" if exists else "a link goes to a place that does not exist"
        return "a link opens a file or starts a program"

    def unmapped(self) -> Counter[str]:
        """How many characters have no Unicode value, for each font."""
        import pypdfium2.raw as api

        text_page = self._text_page.raw
        return Counter(
            self._font_at(index)
            for index in range(self._characters)
            if api.FPDFText_HasUnicodeMapError(text_page, index) == 1
        )

    def font_of(self, word: str) -> str:
        """The name of the font in which a word stands on the page; empty where it is not found."""
        searcher = self._text_page.search(word)
        found = searcher.get_next()
        searcher.close()
        return self._font_at(found[0]) if found else ""

    def _font_at(self, index: int) -> str:
        import pypdfium2.raw as api

        flags = ctypes.c_int()
        return _SUBSET_PREFIX.sub(
            "",
            _utf8(
                lambda buffer, size: api.FPDFText_GetFontInfo(self._text_page.raw, index, buffer, size, flags)
            ),
        )

    def _text_objects(self) -> Iterator[Any]:
        """Each object that draws text, also inside forms; its font is noted in passing."""
        import pypdfium2.raw as api

        def walk(holder: Any, count: Any, get: Any) -> Iterator[Any]:
            for index in range(count(holder)):
                item = get(holder, index)
                kind = api.FPDFPageObj_GetType(item)
                if kind == api.FPDF_PAGEOBJ_FORM:
                    yield from walk(item, api.FPDFFormObj_CountObjects, api.FPDFFormObj_GetObject)
                elif kind == api.FPDF_PAGEOBJ_TEXT:
                    self._note_font(api.FPDFTextObj_GetFont(item))
                    yield item

        yield from walk(self._page.raw, api.FPDFPage_CountObjects, api.FPDFPage_GetObject)

    def _note_font(self, font: Any) -> None:
        import pypdfium2.raw as api

        address = ctypes.cast(font, ctypes.c_void_p).value or 0
        if address not in self._font_names:
            full = _utf8(lambda buffer, size: api.FPDFFont_GetBaseFontName(font, buffer, size))
            name = _SUBSET_PREFIX.sub("", full)
            self._font_names[address] = Font(name, api.FPDFFont_GetIsEmbedded(font) == 1, name != full)

    def _text_of(self, text: Any) -> str:
        import pypdfium2.raw as api

        return _utf16(
            lambda buffer, size: api.FPDFTextObj_GetText(
                text,
                self._text_page.raw,
                ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)) if buffer else None,
                size,
            )
        ).strip()


def missing_glyphs(pdf: bytes) -> list[tuple[str, str]]:
    """Font and character of each glyph 0, the empty box that stands for what the font lacks.

    WeasyPrint gives each such character a code of its own, which the font's /Encoding leads to glyph 0.
    """
    import pikepdf

    found = []
    with pikepdf.open(io.BytesIO(pdf)) as document:
        for item in document.objects:
            if isinstance(item, pikepdf.Dictionary) and item.get("/Type") == "/Font":
                encoding, values = item.get("/Encoding"), item.get("/ToUnicode")
                if isinstance(encoding, pikepdf.Stream) and isinstance(values, pikepdf.Stream):
                    name = _SUBSET_PREFIX.sub("", str(item.get("/BaseFont", "")).lstrip("/"))
                    unicode = dict(_TO_UNICODE.findall(values.read_bytes()))
                    for code in _TO_GLYPH_0.findall(encoding.read_bytes()):
                        character = bytes.fromhex(unicode.get(code, b"fffd").decode())
                        found.append((name, character.decode("utf-16-be", "replace")))
    return found


def _is_cut(text: Any) -> bool:
    """Whether a clipping path hides a part of a text. PDFium drops the paths that hide nothing."""
    import pypdfium2.raw as api

    clip = api.FPDFPageObj_GetClipPath(text)
    paths = api.FPDFClipPath_CountPaths(clip)
    if paths < 1:
        return False
    left, bottom, right, top, x, y = (ctypes.c_float() for _ in range(6))
    api.FPDFPageObj_GetBounds(text, left, bottom, right, top)
    place = left.value, bottom.value, right.value, top.value
    for path in range(paths):
        xs, ys = [], []
        for index in range(api.FPDFClipPath_CountPathSegments(clip, path)):
            api.FPDFPathSegment_GetPoint(api.FPDFClipPath_GetPathSegment(clip, path, index), x, y)
            xs.append(x.value)
            ys.append(y.value)
        if xs and _beyond(place, (min(xs), min(ys), max(xs), max(ys))):
            return True
    return False


def _beyond(inner: tuple[float, ...], outer: tuple[float, ...]) -> bool:
    return (
        inner[0] < outer[0] - SLACK
        or inner[1] < outer[1] - SLACK
        or inner[2] > outer[2] + SLACK
        or inner[3] > outer[3] + SLACK
    )


def _is_full(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.hostname) if parts.scheme in ("http", "https") else parts.scheme in ("mailto", "tel")


def _bytes(call: Callable[[Any, int], int]) -> bytes:
    """What a function of PDFium writes, which first says how much room it needs."""
    size = call(None, 0)
    buffer = ctypes.create_string_buffer(max(size, 2))
    call(buffer, size)
    return buffer.raw[:size]


def _utf16(call: Callable[[Any, int], int]) -> str:
    return _bytes(call).decode("utf-16-le", "replace").rstrip("\0")


def _utf8(call: Callable[[Any, int], int]) -> str:
    return _bytes(call).decode("utf-8", "replace").rstrip("\0")
