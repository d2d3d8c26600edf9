"""Origins: where on the pages that were laid out what is marked in their HTML stands.

The marks stand in a second text of the same page, which nobody lays out. It is read beside the tree from
which the boxes were made: element by element, and in an element letter by letter, white space left out, which
is all that a layout changes of them. Of what is different there, nothing is said.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element

from tipbrief.typeset.declared import OURS
from tipbrief.typeset.drawn import Box, drawn
from tipbrief.typeset.engine import Layout
from tipbrief.typeset.marks import MARK, number_of, unmarked

_MM = 25.4 / 96
_SVG = "{http://www.w3.org/2000/svg}svg"
_SOFT = "\u00ad"  # a hyphen where a line may break
_NEAR = 0.5  # of a line's height: so far apart is what one line has of a text, where a space is left out


@dataclass(frozen=True, slots=True)
class Spot:
    """A rectangle of a page, in millimetres from its upper left corner, and the number of its mark."""

    page: int
    box: Box
    number: int
    drawn: bool = False  # it is the box of an element, or a part of a drawing, and not of words
    mark: int = field(default=0, compare=False)  # which of all marks of the pages


@dataclass(slots=True)
class _Letters:
    """The letters of an element's own text, and which of them are those of which mark."""

    whole: str = ""
    spans: list[tuple[int, int, int]] = field(default_factory=list)  # first, end, which mark
    met: int = 0  # letters that were found in boxes


def origins(layout: Layout, marked: str) -> list[Spot]:
    """The rectangles of what is marked, in the order of the marks: what stands inside comes later."""
    pages = layout.document.pages
    root = next((box.element for page in pages for box in page._page_box.children[:1]), None)
    body = None if root is None else root.find("body")
    tree = _tree(marked)
    if body is None or tree is None:
        return []
    marks = _Marks()
    marks.read(tree, body)
    finder = _Finder(marks)
    for number, page in enumerate(pages, 1):
        finder.page(number, page)
    return finder.spots()


def _tree(marked: str) -> Element | None:
    """The body of a text with marks; its head prints nothing."""
    import tinyhtml5

    head, end, body = marked.partition("</head>")
    text = f"<!DOCTYPE html><html><head></head>{body}" if end else head
    found: Element | None = tinyhtml5.parse(StringIO(text), namespace_html_elements=False).find("body")
    return found


class _Marks:
    """The marks of a page, by the elements of the tree from which its boxes are made."""

    def __init__(self) -> None:
        self.numbers: list[int] = []  # of each mark, in order
        self.letters: dict[Element, _Letters] = {}
        self.boxes: dict[Element, list[int]] = defaultdict(list)  # the marks in attributes of an element
        self.drawings: dict[Element, list[tuple[Element, int, str]]] = defaultdict(list)
        self._open: list[int] = []

    def read(self, marked: Element, plain: Element | None, drawing: Element | None = None) -> None:
        """Read an element with marks beside the one that it is without them, if there is one."""
        if plain is not None and plain.tag == _SVG:
            drawing = plain
        if plain is not None:
            self._read_attributes(marked, plain, drawing)
        others: Sequence[Element | None] = [*plain] if plain is not None else ()
        if [one.tag for one in marked] != [one.tag for one in others if one is not None]:
            plain, others = None, [None] * len(marked)
        self._read_text(marked.text, plain, plain.text if plain is not None else None)
        for child, other in zip(marked, others, strict=True):
            self.read(child, other, drawing)
            self._read_text(child.tail, plain, other.tail if other is not None else None)

    def _new(self, number: int) -> int:
        self.numbers.append(number)
        return len(self.numbers) - 1

    def _read_attributes(self, marked: Element, plain: Element, drawing: Element | None) -> None:
        for name, value in marked.attrib.items():
            for found in MARK.finditer(value) if not value.isascii() else ():
                if not found[1]:
                    continue
                mark = self._new(number_of(found[1]))
                if drawing is None:
                    self.boxes[plain].append(mark)
                else:
                    end = MARK.search(value, found.end())
                    part = value[found.end() : end.start()] if end and name == "d" else ""
                    self.drawings[drawing].append((plain, mark, part))

    def _read_text(self, marked: str | None, element: Element | None, plain: str | None) -> None:
        """Read a text in an element; the marks count where it is not the one that was laid out, too."""
        if not marked:
            return
        if element is not None and unmarked(marked) != plain:
            element = None
        at = 0
        for found in MARK.finditer(marked):
            self._add(marked[at : found.start()], element)
            at = found.end()
            if found[1]:
                self._open.append(self._new(number_of(found[1])))
            elif self._open:
                self._open.pop()
        self._add(marked[at:], element)

    def _add(self, text: str, element: Element | None) -> None:
        if element is None or not (text := _letters_of(text)):
            return
        letters = self.letters.setdefault(element, _Letters())
        first, letters.whole = len(letters.whole), letters.whole + text
        letters.spans += [(first, first + len(text), mark) for mark in self._open]


class _Finder:
    """Finds the boxes of what is marked, page by page."""

    def __init__(self, marks: _Marks) -> None:
        self._marks = marks
        self._lines: dict[tuple[int, int, int], list[Box]] = defaultdict(list)  # by mark, page, line
        self._found: list[tuple[int, int, Box, bool]] = []  # mark, page, box, whether it is drawn
        self._drawings: dict[int, int] = {}  # of a mark in a drawing the drawing's first one

    def page(self, number: int, page: Any) -> None:
        """Look at a page; what is cut off from its paper counts for its place."""
        self._number, self._left, self._top = number, page.bleed["left"], page.bleed["top"]
        for box in page._page_box.children:
            self._look(box, None)

    def spots(self) -> list[Spot]:
        """All that was found."""
        found = [*self._found]
        for (mark, page, _), boxes in self._lines.items():
            found += [(mark, page, box, False) for box in _joined(boxes)]
        found.sort(key=lambda one: self._order(one[0], one[2]))
        seen = [one for one in found if min(one[2][2:]) > 0]
        numbers = self._marks.numbers
        return [Spot(page, _millimetres(box), numbers[mark], at, mark) for mark, page, box, at in seen]

    def _order(self, mark: int, box: Box) -> tuple[int, float]:
        """As the marks stand; in a drawing the small comes after the large, which may reach around it."""
        first = self._drawings.get(mark)
        return (mark, 0) if first is None else (first, -box[2] * box[3])

    def _look(self, box: Any, line: Any) -> None:
        from weasyprint.formatting_structure import boxes

        box = getattr(box, "_box", box)  # what stands in for a box that was taken out of the flow
        element = box.element
        own = element is not None and box.element_tag == element.tag  # and no generated content
        if isinstance(box, boxes.TextBox):
            if own and (letters := self._marks.letters.get(element)):
                self._text(box, letters, line)
            return
        if own and element in self._marks.boxes:
            sides = box.border_box_x(), box.border_box_y(), box.border_width(), box.border_height()
            self._add_boxes((mark, sides) for mark in self._marks.boxes[element])
        if own and element in self._marks.drawings and isinstance(box, boxes.ReplacedBox):
            place = box.content_box_x(), box.content_box_y(), box.width, box.height
            parts = self._marks.drawings[element]
            self._drawings |= {mark: parts[0][1] for _, mark, _ in parts}
            self._add_boxes(drawn(element, place, parts))
        if isinstance(box, boxes.LineBox):
            line = box
        for child in getattr(box, "children", ()):
            self._look(child, line)

    def _add_boxes(self, found: Iterator[tuple[int, Box]]) -> None:
        self._found += [(mark, self._number, self._moved(box), True) for mark, box in found]

    def _moved(self, box: Box) -> Box:
        return box[0] + self._left, box[1] + self._top, box[2], box[3]

    def _text(self, box: Any, letters: _Letters, line: Any) -> None:
        """The letters of a box are the next ones of its element; where they are not, nothing is known."""
        if not letters.spans:
            return
        here = [place for place, letter in enumerate(box.text) if not (letter.isspace() or letter == _SOFT)]
        if letters.met == len(letters.whole):
            letters.met = 0  # the head of a table stands on each of its pages
        first, end = letters.met, letters.met + len(here)
        if letters.whole[first:end] != _letters_of(box.text):
            letters.spans = []
            return
        letters.met, text = end, _Text(box)
        for start, stop, mark in letters.spans:
            if (one := max(start, first)) < (last := min(stop, end)):
                for left, right in text.parts(here[one - first], here[last - 1 - first] + 1):
                    # Letters are higher than a narrow line, and would reach into its neighbours.
                    top = max(box.position_y, line.position_y)
                    foot = min(box.position_y + box.height, line.position_y + line.height)
                    where = box.position_x + left, top, right - left, foot - top
                    self._lines[mark, self._number, id(line)].append(self._moved(where))


def _millimetres(box: Box) -> Box:
    x, y, width, height = (round(length * _MM, 3) for length in box)
    return x, y, width, height


def _letters_of(text: str) -> str:
    """A text without white space and soft hyphens, which a layout leaves out."""
    return "".join(text.replace(_SOFT, "").split())


class _Text:
    """The text of a box, which Pango sets anew for this, as for drawing, if only a part is asked for."""

    def __init__(self, box: Any) -> None:
        # What is drawn may end with a space more than the box.
        self._box, self._drawn = box, str(box.pango_layout.text)
        self._layout: Any = None

    def parts(self, start: int, end: int) -> list[tuple[float, float]]:
        """From where to where some of its letters go: several times where directions are mixed."""
        text = self._box.text
        if self._drawn == text and not text[:start].strip() and not text[end:].strip():
            return [(0, self._box.width)]
        from weasyprint.text.ffi import FROM_UNITS, ffi, gobject, pango
        from weasyprint.text.line_break import Layout as TextLayout

        _declare()
        if self._layout is None:
            self._layout = TextLayout(self._box.style, self._box.justification_spacing)
            self._layout.set_text(self._drawn, justify=True)
        line, _ = self._layout.get_first_line()
        ranges, count = ffi.new("int **"), ffi.new("int *")
        first, last = (len(text[:place].encode()) for place in (start, end))
        pango.pango_layout_line_get_x_ranges(line, first, last, ranges, count)
        ends = [ranges[0][place] * FROM_UNITS for place in range(2 * count[0])]
        gobject.g_free(ranges[0])
        return [*zip(ends[::2], ends[1::2], strict=True)]


@cache
def _declare() -> None:
    """Tell WeasyPrint's link to Pango of a function that it does not call itself."""
    from weasyprint.text.ffi import ffi

    ffi.cdef(OURS)


def _joined(boxes: list[Box]) -> Iterator[Box]:
    """The rectangles that a text has in one line: one where they lie beside each other."""
    boxes.sort()
    left, top, right, foot = boxes[0][0], boxes[0][1], boxes[0][0], boxes[0][1]
    for x, y, width, height in boxes:
        if x - right > _NEAR * height:
            yield left, top, right - left, foot - top
            left, top, right, foot = x, y, x, y
        top, right, foot = min(top, y), max(right, x + width), max(foot, y + height)
    yield left, top, right - left, foot - top
