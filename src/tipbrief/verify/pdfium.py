"""A PDF as PDFium reads it: pages, fonts, links, and the text of each page and of each marked content."""

from __future__ import annotations

import contextlib
import ctypes
import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, partial
from itertools import accumulate, groupby, pairwise, repeat
from typing import Any, NamedTuple
from unicodedata import combining
from urllib.parse import urlsplit

import pikepdf
import pypdfium2

from tipbrief.pdf.pdf_file import SUBSET_TAG
from tipbrief.pdf.tag_tree import MarkedContent
from tipbrief.verify import pdfium_functions as api
from tipbrief.verify.painted_objects import Box, PaintedObject, PaintedShape, PaintedText, intersect, read_objects

MM_PER_POINT = 25.4 / 72  # mm
PAGE_MARGIN = 15 / MM_PER_POINT  # of a page
_LEAST_OVERLAP = 1.0  # points
# The part of its height that a text may share with a text beside it, and with one on another line.
MAX_SIDE_OVERLAP, MAX_LINE_OVERLAP = 0.1, 0.3
LONGEST_PDF_STRING = 1000  # letters of a title, a name, an address
MAX_PAIRS = 5  # overlapping texts of a page that are reported


@dataclass(frozen=True, slots=True)
class Font:
    """A font that draws text; a Type 3 font has no name."""

    name: str
    embedded: bool
    subset: bool


class TextSpan(NamedTuple):
    """Characters of one text object that follow one another in PDFium's order, from the index ``start`` on."""

    start: int
    text: str
    mark: int  # the number of the marked content, -1 where there is none
    baseline: float


@contextlib.contextmanager
def open_with_pdfium(pdf: bytes) -> Iterator[PdfiumDocument]:
    """Open a PDF with PDFium. ``pdf_file.open_untrusted_pdf`` turns what PDFium raises into a problem."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        yield PdfiumDocument(document)


class PdfiumDocument:
    """A PDF that is open in PDFium: its metadata, and those of its pages that stand in a range, of all by default."""

    def __init__(self, document: Any, page_range: slice = slice(None)) -> None:
        self._document, raw, self.page_range = document, document.raw, page_range
        self.title, self.creator, self.producer = (
            _read_wide_text(api.FPDF_GetMetaText, raw, key) for key in (b"Title", b"Creator", b"Producer")
        )
        self.language = _read_wide_text(api.FPDFCatalog_GetLanguage, raw)
        self.direction = _read_text(api.FPDF_VIEWERREF_GetName, raw, b"Direction")
        self.is_encrypted = api.FPDF_GetSecurityHandlerRevision(raw) >= 0

    @cached_property
    def pages(self) -> list[PdfiumPage]:
        """The pages, read once."""
        return [PdfiumPage(self._document, index) for index in range(len(self._document))[self.page_range]]

    def restrict_to(self, page_range: slice) -> PdfiumDocument:
        """The same PDF with fewer pages: what has been read of one page takes a megabyte."""
        return PdfiumDocument(self._document, page_range)


class PdfiumPage:
    """One page of an open PDF: its number from 1, its text and what draws it."""

    def __init__(self, document: Any, index: int) -> None:
        self.number = index + 1
        self._document, self._page = document, document[index]
        self._text_page = self._page.get_textpage()
        self._raw_text = raw = ctypes.cast(self._text_page.raw, ctypes.c_void_p)
        # The size after cutting: for a press, the page is larger by the bleed.
        left, bottom, right, top = self._page.get_trimbox()
        self.size = (round((right - left) * MM_PER_POINT, 1), round((top - bottom) * MM_PER_POINT, 1))
        self._characters = count = api.FPDFText_CountChars(raw)
        buffer = _room_type((2 * count + 2).bit_length())()
        written = api.FPDFText_GetText(raw, 0, count, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)))
        self.text = buffer.raw[: 2 * max(written - 1, 0)].decode("utf-16-le", "replace")
        self._origin, self._edges, self._matrix = map(api.Output, ("dd", "dddd", "ffffff"))
        self._letter_boxes: dict[int, Box] = {}  # of texts near others, by their address
        self.edge = intersect(self._page.get_trimbox(), self._page.get_cropbox())
        self.drawn_box = intersect(self._page.get_mediabox(), self._page.get_cropbox())  # what PDFium draws of it
        self._letters = self.text
        if len(self.text) != count:  # a character takes two places, or none
            self._letters = "".join(chr(api.FPDFText_GetUnicode(raw, index)) for index in range(count))
        owners = [*map(api.FPDFText_GetTextObject, repeat(raw), range(count))]
        # The characters of one text that follow one another: first, end, and the address of the text, 0 for none.
        ends = accumulate((len([*group]) for _, group in groupby(owners)), initial=0)
        self._runs = [(first, end, owners[first] or 0) for first, end in pairwise(ends)]
        texts: dict[int, str] = {}
        last = 0
        for first, end, owner in self._runs:
            part = self._letters[first:end]
            # A space between two texts is of neither: it belongs to the first, as in the gap behind a bullet.
            rest = "" if owner else part.lstrip(" ")
            last = owner or last
            texts[last] = texts.get(last, "") + part.removesuffix(rest)
            last = 0 if rest else last
        self.objects = read_objects(self._page.raw, texts, self.edge)
        self.texts = [one for one in self.objects if isinstance(one, PaintedText)]
        # The marked content of each text, by its address.
        self._marks = {one.handle: one.mark for one in self.texts}
        self.fonts = frozenset(map(_read_font, {api.FPDFTextObj_GetFont(one.handle) for one in self.texts}))

    @contextlib.contextmanager
    def open_again(self) -> Iterator[tuple[Any, list[PaintedObject]]]:
        """The page and its objects once more, to be changed and drawn; without their words."""
        with contextlib.closing(self._document[self.number - 1]) as page:
            yield page.raw, read_objects(page.raw, {}, self.edge)

    def is_overlapped(self, word: str) -> bool:
        """Whether a word is one of the texts that overlap, or is read together with them: a fault that follows."""
        texts = [one.text.strip() for pair in self.overlapping_texts for one in pair]
        joined = [run for run in self.text.split() if sum(one in run for one in texts) > 1] if texts else []
        return any(word in one or one in word for one in (*texts, *joined))

    @cached_property
    def overlapping_texts(self) -> list[tuple[PaintedText, PaintedText]]:
        """The pairs of texts that are painted over one another."""
        pairs: list[tuple[PaintedText, PaintedText]] = []
        lines: list[PaintedText] = []
        for one in sorted((one for one in self.texts if not one.turn), key=lambda one: one.bounds[1]):
            lines = [other for other in lines if other.bounds[3] > one.bounds[1]]  # not below all that follow
            for other in lines:
                if _do_overlap(one.bounds, other.bounds) and _do_overlap(*map(self.letter_box, (one, other))):
                    texts = other.text.strip(), one.text.strip()
                    # A mark stands over its letter. The same again is another program's bold.
                    if all(any(map(str.isalnum, text)) for text in texts) and texts[0] != texts[1]:
                        pairs.append((other, one))
            lines.append(one)
            if len(pairs) > MAX_PAIRS:
                break
        return pairs

    def letter_box(self, text: PaintedText) -> Box:
        """The box around the ink of a text's letters."""
        if text.handle not in self._letter_boxes:
            edges = list[tuple[float, ...]]()
            for index in (index for run in self._runs if run[2] == text.handle for index in range(*run[:2])):
                if not self._letters[index].isspace():
                    api.FPDFText_GetCharBox(self._raw_text, index, *self._edges.places)
                    edges.append(self._edges.read())
            left, bottom, right, top = text.bounds
            lefts, rights, bottoms, tops = zip(*(edges or [(left, right, bottom, top)]), strict=True)
            self._letter_boxes[text.handle] = min(lefts), min(bottoms), max(rights), max(tops)
        return self._letter_boxes[text.handle]

    @cached_property
    def untagged_shapes(self) -> list[PaintedShape]:
        """The filled shapes that no tag holds, also its borders."""
        shapes = (one for one in self.objects if one.mark < 0 and isinstance(one, PaintedShape))
        return [one for one in shapes if one.is_filled]

    @cached_property
    def spans(self) -> list[TextSpan]:
        """All that the page paints as text, in PDFium's order."""
        spans = list[TextSpan]()
        for first, end, owner in self._runs:
            if owner in self._marks:
                part, mark, baseline = self._letters[first:end], self._marks[owner], self.letter_origin(first)[1]
                if combining(part[0]) and spans and spans[-1].mark == mark:
                    baseline = spans[-1].baseline  # a vowel mark stands with its letter
                spans.append(TextSpan(first, part, mark, baseline))
        return spans

    def letter_origin(self, index: int) -> tuple[float, float]:
        """Where a character stands, from the left and from below, in points."""
        api.FPDFText_GetCharOrigin(self._raw_text, index, *self._origin.places)
        return self._origin.read()

    def font_size(self, index: int) -> float:
        """The size of a character on the page, in points."""
        api.FPDFText_GetMatrix(self._raw_text, index, self._matrix.places[0])
        return float(api.FPDFText_GetFontSize(self._raw_text, index) * math.hypot(*self._matrix.read()[:2]))

    def separate_stacked_letters(self) -> str:
        """The page's text, with a line's end where a letter or digit stands on another line than the one before."""
        # PDFium makes one word of single letters or digits below one another, and of a number and its raised mark.
        found = "".join(span.text for span in self.spans[:1])
        for last, span in pairwise(self.spans):
            apart = span.baseline != last.baseline or span.start > last.start + len(last.text)
            found += "\n" * apart + span.text
        return found

    @property
    def empty_share(self) -> float:
        """The share of the page that stays empty below all tagged content; 0 if nothing is tagged."""
        _, bottom, _, top = self._page.get_trimbox()
        lowest = min((one.bounds[1] for one in self.objects if one.mark >= 0), default=top)
        lines = (one.bounds[3] for one in self.texts if one.mark < 0)  # the page's own foot has no tag
        foot = max(bottom + PAGE_MARGIN, *(line for line in lines if line < bottom + (top - bottom) / 5), 0)
        return max(0.0, lowest - foot) / (top - PAGE_MARGIN - foot) if lowest < top else 0.0

    @property
    def link_faults(self) -> list[str]:
        """What is wrong with the links of the page."""
        faults, position, link = [], ctypes.c_int(0), api.FPDF_LINK()
        while api.FPDFLink_Enumerate(self._page.raw, position, link):
            faults.append(self._find_link_fault(link))
        return [fault for fault in faults if fault]

    def _find_link_fault(self, link: Any) -> str:
        raw, action = self._document.raw, api.FPDFLink_GetAction(link)
        kind = api.FPDFAction_GetType(action) if action else api.PDFACTION_GOTO
        if kind == api.PDFACTION_URI:
            address = _read_text(api.FPDFAction_GetURIPath, raw, action)
            return "" if _is_full_address(address) else f"the link '{address}' is no full address"
        if kind == api.PDFACTION_GOTO:
            target = api.FPDFAction_GetDest(raw, action) if action else api.FPDFLink_GetDest(raw, link)
            exists = target and api.FPDFDest_GetDestPageIndex(raw, target) >= 0
            return "" if exists else "a link goes to a place that does not exist"
        return "a link opens a file or starts a program"

    def count_unmapped_characters(self) -> Counter[str]:
        """How many characters have no Unicode value, for each font."""
        unmapped = (n for n in range(self._characters) if api.FPDFText_HasUnicodeMapError(self._raw_text, n) == 1)
        return Counter(map(self._read_font_name, unmapped))

    def find_font_name(self, word: str) -> str:
        """The name of the font in which a word stands on the page; empty where it is not found."""
        searcher = self._text_page.search(word)
        found = searcher.get_next()
        searcher.close()
        return self._read_font_name(found[0]) if found else ""

    def _read_font_name(self, index: int) -> str:
        name = _read_text(lambda *room: api.FPDFText_GetFontInfo(self._raw_text, index, *room, None))
        return SUBSET_TAG.sub("", name)


PlacedText = tuple[PdfiumPage, PaintedText]
PageSpan = tuple[PdfiumPage, TextSpan]
PageFaults = Iterator[tuple[int, str]]  # each with its page


class MarkedText:
    """The texts of a PDF by their marked content: ``painted_texts`` as objects, ``spans`` in PDFium's order."""

    def __init__(self, document: PdfiumDocument, parts: pikepdf.Pdf) -> None:
        # By the number of the page's object in the PDF.
        sources = parts.pages[document.page_range]
        self.pages = {source.obj.objgen: page for page, source in zip(document.pages, sources, strict=True)}

    @cached_property
    def painted_texts(self) -> Mapping[MarkedContent, list[PlacedText]]:
        """The painted texts that are not empty, in the order of painting."""
        return self._group_by_mark(lambda page: (one for one in page.texts if one.mark >= 0 and one.text.strip()))

    @cached_property
    def spans(self) -> Mapping[MarkedContent, list[PageSpan]]:
        """The characters that are painted."""
        return self._group_by_mark(lambda page: page.spans)

    def _group_by_mark(self, select: Callable[[PdfiumPage], Iterable[Any]]) -> Mapping[MarkedContent, list[Any]]:
        found: defaultdict[MarkedContent, list[Any]] = defaultdict(list)
        for name, page in self.pages.items():
            for one in select(page):
                found[MarkedContent(name, one.mark)].append((page, one))
        return found


def _read_font(font: int) -> Font:
    full = _read_text(api.FPDFFont_GetBaseFontName, font)
    name = SUBSET_TAG.sub("", full)
    return Font(name, api.FPDFFont_GetIsEmbedded(font) == 1, name != full)


def _do_overlap(one: Box, other: Box) -> bool:  # neighbours, and letters of two lines, may touch
    if one[0] >= other[2] or other[0] >= one[2]:  # most pairs: the others need more time
        return False
    left, bottom, right, top = intersect(one, other)
    lower = min(one[3] - one[1], other[3] - other[1])
    return right - left > max(_LEAST_OVERLAP, MAX_SIDE_OVERLAP * lower) and top - bottom > MAX_LINE_OVERLAP * lower


def _is_full_address(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:  # a host in brackets that is none
        return False
    return bool(parts.hostname) if parts.scheme in ("http", "https") else parts.scheme in ("mailto", "tel")


def _read_text(function: Callable[..., int], *given: Any, unit: Any = ctypes.c_char, encoding: str = "utf-8") -> str:
    """The text that a function of PDFium writes, which first says how much room it needs."""
    buffer = _room_type((size := function(*given, None, 0)).bit_length())()
    function(*given, ctypes.cast(buffer, ctypes.POINTER(unit)), size)
    return str(buffer.raw[:size].decode(encoding, "replace").rstrip("\0")[:LONGEST_PDF_STRING])


_read_wide_text = partial(_read_text, unit=ctypes.c_ushort, encoding="utf-16-le")


@cache
def _room_type(bits: int) -> Any:  # making such a type takes far longer than reading a text
    return ctypes.c_char * 2**bits
