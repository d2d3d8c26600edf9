"""The source map: where on the laid out pages the marked parts of their HTML are.

The marks are in a second text of the page, which is not laid out. Its elements and letters are compared with those of
the boxes, without white space, as only that changes in a layout. Parts that differ are left out.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element

from tipbrief.language.unicode_text import MARK, read_mark_number, remove_marks
from tipbrief.load.svg_shapes import NUMBER, bound_shape
from tipbrief.typeset.engine import Layout
from tipbrief.typeset.patches.private_api import box_classes, find_text_ranges, page_box, unwrap_box
from tipbrief.typeset.patches.registry import explain_unproven_sources

Box = tuple[float, float, float, float]  # x, y, width, height


def find_drawing_boxes(
    svg: Element, place: Box, parts: Iterable[tuple[Element, int, str]]
) -> Iterator[tuple[int, Box]]:
    """The boxes of some elements of a drawing at a place, each with its mark; or of a part of a path."""
    from fontTools.misc.arrayTools import sectRect

    view = [float(one) for one in NUMBER.findall(svg.get("viewBox", ""))]
    if len(view) != 4 or min(view[2:]) <= 0:
        return
    scale = min(place[2] / view[2], place[3] / view[3])  # what is left over is on both sides
    left = place[0] + (place[2] - view[2] * scale) / 2 - view[0] * scale
    top = place[1] + (place[3] - view[3] * scale) / 2 - view[1] * scale
    edges = *view[:2], view[0] + view[2], view[1] + view[3]
    for element, mark, part in parts:
        attributes = element.attrib | {"d": part or element.get("d", "")}
        bounds = bound_shape(element.tag.rpartition("}")[2], attributes) or (0, 0, 0, 0)
        is_seen, (x1, y1, x2, y2) = sectRect(bounds, edges)
        if is_seen:
            yield mark, (left + x1 * scale, top + y1 * scale, (x2 - x1) * scale, (y2 - y1) * scale)


_MILLIMETRES_PER_PIXEL = 25.4 / 96
_SVG = "{http://www.w3.org/2000/svg}svg"
_SOFT_HYPHEN = "\u00ad"  # a hyphen where a line may break
_SAME_LINE_GAP = 0.5  # of a line's height: farther apart are two areas of a line


@dataclass(frozen=True, slots=True)
class MarkArea:
    """A rectangle of a page, in millimetres from its upper left corner, and the number of its mark."""

    page: int
    box: Box
    mark_number: int
    is_graphic: bool = False  # of an element or a part of a drawing, and not of words
    mark_index: int = field(default=0, compare=False)  # which of all marks of the pages


@dataclass(slots=True)
class _ElementText:  # the letters of an element's own text, and the spans of marks in them
    all_letters: str = ""
    spans: list[tuple[int, int, int]] = field(default_factory=list)  # first, end, which mark
    next_letter: int = 0  # letters that were found in boxes


def find_mark_areas(layout: Layout, marked: str) -> list[MarkArea]:
    """The rectangles of what is marked, in the order of the marks: inner ones come later."""
    pages = layout.document.pages
    with explain_unproven_sources():
        root = next((box.element for page in pages for box in page_box(page).children[:1]), None)
        body = None if root is None else root.find("body")
        tree = _parse_body(marked)
        if body is None or tree is None:
            return []
        marks = _MarkReader()
        marks.read_element(tree, body)
        finder = _AreaFinder(marks)
        for number, page in enumerate(pages, 1):
            finder.search_page(number, page)
        return finder.collect_areas()


def _parse_body(marked: str) -> Element | None:
    import tinyhtml5

    head, end, body = marked.partition("</head>")
    text = f"<!DOCTYPE html><html><head></head>{body}" if end else head
    found: Element | None = tinyhtml5.parse(StringIO(text), namespace_html_elements=False).find("body")
    return found


class _MarkReader:  # reads the marks of a page by the elements from which its boxes are made
    def __init__(self) -> None:
        self.numbers: list[int] = []  # of each mark, in order
        self.texts: dict[Element, _ElementText] = {}
        self.box_marks: dict[Element, list[int]] = defaultdict(list)  # the marks in attributes of an element
        self.drawing_marks: dict[Element, list[tuple[Element, int, str]]] = defaultdict(list)
        self._open_marks: list[int] = []

    def read_element(self, marked: Element, plain: Element | None, drawing: Element | None = None) -> None:
        """Read an element with marks beside the same element without them, if there is one."""
        if plain is not None and plain.tag == _SVG:
            drawing = plain
        if plain is not None:
            self._read_attributes(marked, plain, drawing)
        others: Sequence[Element | None] = [*plain] if plain is not None else ()
        if [one.tag for one in marked] != [one.tag for one in others if one is not None]:
            plain, others = None, [None] * len(marked)
        self._read_text(marked.text, plain, plain.text if plain is not None else None)
        for child, other in zip(marked, others, strict=True):
            self.read_element(child, other, drawing)
            self._read_text(child.tail, plain, other.tail if other is not None else None)

    def _add_mark(self, number: int) -> int:
        self.numbers.append(number)
        return len(self.numbers) - 1

    def _read_attributes(self, marked: Element, plain: Element, drawing: Element | None) -> None:
        for name, value in marked.attrib.items():
            for found in MARK.finditer(value) if not value.isascii() else ():
                if not found[1]:
                    continue
                mark = self._add_mark(read_mark_number(found[1]))
                if drawing is None:
                    self.box_marks[plain].append(mark)
                else:
                    end = MARK.search(value, found.end())
                    part = value[found.end() : end.start()] if end and name == "d" else ""
                    self.drawing_marks[drawing].append((plain, mark, part))

    def _read_text(self, marked: str | None, element: Element | None, plain: str | None) -> None:
        """Read a text in an element. Marks are counted even if it is not the text that was laid out."""
        if not marked:
            return
        if element is not None and remove_marks(marked) != plain:
            element = None
        at = 0
        for found in MARK.finditer(marked):
            self._add_text(marked[at : found.start()], element)
            at = found.end()
            if found[1]:
                self._open_marks.append(self._add_mark(read_mark_number(found[1])))
            elif self._open_marks:
                self._open_marks.pop()
        self._add_text(marked[at:], element)

    def _add_text(self, text: str, element: Element | None) -> None:
        if element is None or not (text := _strip_spaces(text)):
            return
        letters = self.texts.setdefault(element, _ElementText())
        first, letters.all_letters = len(letters.all_letters), letters.all_letters + text
        letters.spans += [(first, first + len(text), mark) for mark in self._open_marks]


class _AreaFinder:  # the boxes of what is marked, page by page
    def __init__(self, marks: _MarkReader) -> None:
        self._marks = marks
        self._line_boxes: dict[tuple[int, int, int], list[Box]] = defaultdict(list)  # by mark, page, line
        self._graphic_areas: list[tuple[int, int, Box, bool]] = []  # mark, page, box, whether it is drawn
        self._first_marks: dict[int, int] = {}  # of a mark in a drawing the drawing's first one

    def search_page(self, number: int, page: Any) -> None:  # with what is cut off from its paper
        self._page_number, self._left, self._top = number, page.bleed["left"], page.bleed["top"]
        for box in page_box(page).children:
            self._search_box(box, None)

    def collect_areas(self) -> list[MarkArea]:
        found = [*self._graphic_areas]
        for (mark, page, _), boxes in self._line_boxes.items():
            found += [(mark, page, box, False) for box in _join_boxes(boxes)]
        firsts = self._first_marks  # large areas of a drawing stand before those in them
        found.sort(key=lambda at: (firsts[at[0]], -at[2][2] * at[2][3]) if at[0] in firsts else (at[0], 0))
        areas = []
        for mark, page, box, is_graphic in found:
            if min(box[2:]) > 0:
                x, y, width, height = (round(length * _MILLIMETRES_PER_PIXEL, 3) for length in box)
                areas.append(MarkArea(page, (x, y, width, height), self._marks.numbers[mark], is_graphic, mark))
        return areas

    def _search_box(self, box: Any, line: Any) -> None:
        box = unwrap_box(box)
        element = box.element
        own = element is not None and box.element_tag == element.tag  # not generated content
        if isinstance(box, box_classes().TextBox):
            if own and (letters := self._marks.texts.get(element)):
                self._search_text(box, letters, line)
            return
        if own and element in self._marks.box_marks:
            sides = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
            self._add_boxes((mark, sides) for mark in self._marks.box_marks[element])
        if own and element in self._marks.drawing_marks and isinstance(box, box_classes().ReplacedBox):
            place = box.content_box_x(), box.content_box_y(), box.width, box.height
            parts = self._marks.drawing_marks[element]
            self._first_marks |= {mark: parts[0][1] for _, mark, _ in parts}
            self._add_boxes(find_drawing_boxes(element, place, parts))
        if isinstance(box, box_classes().LineBox):
            line = box
        for child in getattr(box, "children", ()):
            self._search_box(child, line)

    def _add_boxes(self, found: Iterator[tuple[int, Box]]) -> None:
        self._graphic_areas += [(mark, self._page_number, self._shift_box(box), True) for mark, box in found]

    def _shift_box(self, box: Box) -> Box:
        return box[0] + self._left, box[1] + self._top, box[2], box[3]

    def _search_text(self, box: Any, letters: _ElementText, line: Any) -> None:
        """Search a text box. Its letters must be the next ones of its element, or nothing is known."""
        if not letters.spans:
            return
        here = [place for place, letter in enumerate(box.text) if not (letter.isspace() or letter == _SOFT_HYPHEN)]
        if letters.next_letter == len(letters.all_letters):
            letters.next_letter = 0  # the head of a table is on each of its pages
        first, end = letters.next_letter, letters.next_letter + len(here)
        if letters.all_letters[first:end] != _strip_spaces(box.text):
            letters.spans = []
            return
        letters.next_letter = end
        for start, stop, mark in letters.spans:
            if (one := max(start, first)) < (last := min(stop, end)):
                for left, right in find_text_ranges(box, here[one - first], here[last - 1 - first] + 1):
                    # Letters are higher than a narrow line, and would reach into the next ones.
                    top = max(box.position_y, line.position_y)
                    foot = min(box.position_y + box.height, line.position_y + line.height)
                    where = box.position_x + left, top, right - left, foot - top
                    self._line_boxes[mark, self._page_number, id(line)].append(self._shift_box(where))


def _strip_spaces(text: str) -> str:  # and soft hyphens: layout drops both
    return "".join(text.replace(_SOFT_HYPHEN, "").split())


def _join_boxes(boxes: list[Box]) -> Iterator[Box]:  # those of a text in one line that are next to each other
    boxes.sort()
    left, top, right, foot = boxes[0][0], boxes[0][1], boxes[0][0], boxes[0][1]
    for x, y, width, height in boxes:
        if x - right > _SAME_LINE_GAP * height:
            yield left, top, right - left, foot - top
            left, top, right, foot = x, y, x, y
        top, right, foot = min(top, y), max(right, x + width), max(foot, y + height)
    yield left, top, right - left, foot - top
