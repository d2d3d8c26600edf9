"""Placement: whether each text stands in the place of its own element, and each number in the order of its digits."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, pairwise, product

from tipbrief.language.numbers import (
    ARABIC_DIGITS,
    DECIMAL_SEPARATOR,
    LATIN_DIGITS,
    PERSIAN_DIGITS,
    THOUSANDS_SEPARATOR,
)
from tipbrief.pdf.tag_tree import TAGS_WITHIN_BLOCK, MarkedContent, TagNode
from tipbrief.problems import Problem, join_first_names
from tipbrief.verify import pdfium_functions as api
from tipbrief.verify.painted_objects import Box, PaintedText, intersect, is_empty, is_within, unite
from tipbrief.verify.pdfium import MarkedText, PageFaults, PdfiumPage, PlacedText
from tipbrief.verify.visibility import INK, TOUCH, draw_part, pixel_box
from tipbrief.verify.word_problems import shorten

_SEPARATOR = f"[{THOUSANDS_SEPARATOR}{DECIMAL_SEPARATOR},.]?"
# Of one kind of digits: PDFium reads ½ as 1/2, also behind a Persian digit.
_DIGITS = (LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS)
_NUMBER = re.compile("|".join(f"[{digits}](?:{_SEPARATOR}[{digits}])+" for digits in _DIGITS))
_LEAST_STEP = 0.2  # from one digit to the next, as a part of the size
_SEPARATOR_STEP = 0.06  # from a separator to a digit
_BASELINE_TOLERANCE = 0.1  # points
_SLACK = 2.0  # points by which texts of neighbours may overlap
_LEAST_GAP = 0.1  # of the size, between neighbours on a line: readers take what is nearer for one word
_FAR = 4.0  # points between elements of which no texts touch
_TEXTS_SHOWN = 4  # of those that overlap in a block
_JUMP = 1.2  # sizes: a text that goes on so far above goes on in another column
_SPANS = ("/RowSpan", "/ColSpan")
PlacedPart = tuple[int, Sequence[PlacedText], Box]  # with the place of its element among its neighbours


def find_misplaced_texts(texts: MarkedText, root: TagNode) -> PageFaults:
    """Texts that stand in the place of another element, and numbers with digits in another order; with their pages."""
    for page in texts.pages.values():
        for number in _find_disordered_numbers(page):
            yield page.number, f"the digits of «{number}» stand in another order, or on one another"
    yield from _Placement(texts.painted_texts).find_misplaced(root)


def find_overlapping_texts(texts: MarkedText, root: TagNode) -> Iterator[Problem]:
    """A problem for each block, named by its title, with texts that are painted over one another."""
    for name, page in texts.pages.items():
        words: defaultdict[str, dict[str, None]] = defaultdict(dict)
        areas: defaultdict[str, list[Box]] = defaultdict(list)
        titles = dict(_iterate_titles(root, texts.painted_texts)) if page.overlapping_texts else {}
        for one in page.objects if titles else ():
            areas[titles.get(MarkedContent(name, one.mark), "")].append(one.box)
        boxes = {title: unite(found) for title, found in areas.items() if title}
        for pair in page.overlapping_texts:
            # The labels of a chart have no tags: they belong to the nearest block.
            title = min(boxes, key=lambda title: _gap(boxes[title], pair[0].box), default="")
            words[title] |= {f"«{shorten(one.text.strip())}»": None for one in pair}
        for title, found in words.items():
            shown = " and ".join(found) if len(found) == 2 else join_first_names([*found], _TEXTS_SHOWN)
            hint = "two that overlap are read as another word or number: shorten them, or print fewer in a row"
            message = f"page {page.number}: the texts {shown} overlap"
            if title := shorten(title):
                message = f"page {page.number}, under «{title}»: the texts {shown} overlap"
            yield Problem(message, hint=hint, kind="overlap")


def _gap(one: Box, other: Box) -> float:
    left, bottom, right, top = intersect(one, other)
    return max(left - right, 0) + max(bottom - top, 0)


def _iterate_titles(
    node: TagNode, texts: Mapping[MarkedContent, Sequence[PlacedText]], title: str = ""
) -> Iterator[tuple[MarkedContent, str]]:  # with the title of its block
    if own := next((kid for kid in node.elements if kid.tag == "H2"), None):
        cited = {mark for one in own.walk() if one.tag == "Reference" for mark in one.iterate_marked_content()}
        marks = (mark for mark in own.iterate_marked_content() if mark not in cited)
        title = "".join(text.text for mark in marks for _, text in texts.get(mark, ())).strip()
    for kid in node.kids:
        if isinstance(kid, TagNode):
            yield from _iterate_titles(kid, texts, title)
        elif isinstance(kid, MarkedContent):
            yield kid, title


def _find_disordered_numbers(page: PdfiumPage) -> Iterator[str]:
    for found in _NUMBER.finditer(page.text):
        if page.is_overlapped(found[0]):
            continue
        size = page.font_size(found.start())
        origins = [page.letter_origin(index) for index in range(*found.span())]
        for letter, (one, other) in zip(found[0], pairwise(origins), strict=False):
            least = size * (_LEAST_STEP if letter.isdigit() else _SEPARATOR_STEP)
            if abs(other[1] - one[1]) < _BASELINE_TOLERANCE and other[0] - one[0] < least:
                yield found[0]
                break


class _Placement:  # the texts of each element, in parts of one page and one column
    def __init__(self, texts: Mapping[MarkedContent, Sequence[PlacedText]]) -> None:
        self._texts = texts
        self._in_order: list[PlacedText] = []  # those of the elements until now, in reading order

    def find_misplaced(self, node: TagNode) -> list[tuple[int, str]]:  # in it and below
        faults: list[tuple[int, str]] = []
        blocks: list[list[PlacedText]] = []
        for kid in node.kids:
            if isinstance(kid, TagNode):
                first = len(self._in_order)
                faults += self.find_misplaced(kid)
                if kid.tag not in TAGS_WITHIN_BLOCK:
                    blocks.append(self._in_order[first:])
            elif isinstance(kid, MarkedContent):
                self._in_order += self._texts.get(kid, ())
        if len(blocks) > 1:
            faults += _find_overlaps([_split_into_parts(block) for block in blocks])
        if node.tag == "Table":
            faults += _find_overlaps(self._columns(node))
        return faults

    def _columns(self, table: TagNode) -> list[list[list[PlacedText]]]:  # none where cells span several
        rows = [[cell for cell in row.elements if cell.tag in ("TH", "TD")] for row in table.walk() if row.tag == "TR"]
        cells = [cell for row in rows for cell in row]
        has_spans = any(key in cell.source.get("/A", {}) for cell in cells for key in _SPANS if cell.source is not None)
        if has_spans or len({len(row) for row in rows}) != 1:
            return []
        found = []
        for column in zip(*rows, strict=True):
            pages: defaultdict[PdfiumPage, list[PlacedText]] = defaultdict(list)
            for cell in column:
                texts = [text for mark in cell.iterate_marked_content() for text in self._texts.get(mark, ())]
                for part in _split_into_parts(texts):
                    pages[part[0][0]] += part
            found.append([*pages.values()])
        return found


def _split_into_parts(texts: Sequence[PlacedText]) -> list[list[PlacedText]]:  # by page and column
    parts: list[list[PlacedText]] = []
    lowest = 0.0
    for page, text in texts:
        if parts and parts[-1][-1][0] == page and text.box[1] <= lowest + _JUMP * text.size:
            parts[-1].append((page, text))
            lowest = min(lowest, text.box[1])
        else:
            parts.append([(page, text)])
            lowest = text.box[1]
    return parts


def _find_overlaps(kids: Sequence[Sequence[Sequence[PlacedText]]]) -> PageFaults:
    """The pairs of neighbours of which one has a text in the place of the other."""
    boxes = [(place, part, unite([text.box for _, text in part])) for place, kid in enumerate(kids) for part in kid]
    boxes.sort(key=lambda item: (item[1][0][0].number, item[2][1]))
    for (place, part, box), (other_place, other, other_box) in _iterate_close_pairs(boxes):
        if place == other_place:
            continue
        is_near = _measure_gap(box, other_box) < _FAR
        if is_near and (touching := _find_touching_texts(part, other)):
            first, second = (shorten(text.text.strip()) for text in touching)
            yield part[0][0].number, f"«{first}» and «{second}» touch"
            continue
        common = left, bottom, right, top = intersect(box, other_box)
        if (shared := min(right - left, top - bottom)) <= 0:
            continue
        page, sides = part[0][0], ((part, other, other_box), (other, part, box))
        within = ((text, under[0][1]) for own, under, around in sides for _, text in own if is_within(text.box, around))
        near = ([text for _, text in own if not is_empty(intersect(text.box, common))] for own, *_ in sides)
        over = ((one, beside) for one, beside in product(*near) if _do_share_ink(page, one, beside))
        if pair := next(chain(within if shared > _SLACK else (), over), None):
            inner, outer = (shorten(text.text.strip()) for text in pair)
            yield page.number, f"«{inner}» stands in the place of «{outer}»"


def _find_touching_texts(
    part: Sequence[PlacedText], other: Sequence[PlacedText]
) -> tuple[PaintedText, PaintedText] | None:
    """Two texts of neighbours that stand on one line as one word would; None if there are none."""
    for (page, text), (_, neighbour) in product(part, other):
        if abs(text.baseline - neighbour.baseline) > _BASELINE_TOLERANCE:
            continue
        least = _LEAST_GAP * min(text.size, neighbour.size)
        if _measure_gap(text.box, neighbour.box) > least:
            continue
        boxes = page.letter_box(text), page.letter_box(neighbour)
        if _measure_gap(*boxes) < least:
            return text, neighbour
    return None


def _measure_gap(one: Box, other: Box) -> float:  # from left to right; negative where they overlap
    return max(one[0], other[0]) - min(one[2], other[2])


def _do_share_ink(page: PdfiumPage, one: PaintedText, other: PaintedText) -> bool:
    """Whether two texts are drawn on one another; letters with dots may only share a part of their boxes."""
    shared = left, bottom, right, top = intersect(one.bounds, other.bounds)
    if min(right - left, top - bottom) < TOUCH:
        return False
    box, drawn = pixel_box(page.drawn_box, shared), list[bytes]()
    with page.open_again() as (handle, objects):
        for text in (one, other):
            for own, again in zip(page.objects, objects, strict=True):
                api.FPDFPageObj_SetIsActive(again.handle, own is text)
            drawn.append(draw_part(page.drawn_box, handle, box).tobytes())
    return sum(first < INK > second for first, second in zip(drawn[0], drawn[1], strict=True)) > 1


def _iterate_close_pairs(items: Sequence[PlacedPart]) -> Iterator[tuple[PlacedPart, PlacedPart]]:
    """The pairs of parts that share a page and a height; the parts are sorted by these."""
    near: list[PlacedPart] = []
    for item in items:
        near = [one for one in near if one[1][0][0] == item[1][0][0] and one[2][3] > item[2][1]]
        yield from ((one, item) for one in near)
        near.append(item)
