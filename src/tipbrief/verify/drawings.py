"""Drawings: the shapes of charts and maps on the page, compared with the shapes and the numbers of the HTML.

Each shape of an SVG drawing stands in the PDF as a path of its figure, in the same order. Positions are compared by one
scale and shift for the whole drawing; lengths and heights with the numbers of the table that screen readers get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape
from itertools import accumulate, pairwise

import pikepdf

from tipbrief.pdf.tag_tree import MarkedContent, TagNode
from tipbrief.verify.html_text import split_into_tokens
from tipbrief.verify.painted_objects import (
    PATTERN_COLOURS,
    Box,
    Colour,
    PaintedObject,
    PaintedShape,
    PaintedText,
    intersect,
    is_within,
    unite,
)
from tipbrief.verify.pdfium import PdfiumDocument, PdfiumPage
from tipbrief.verify.svg_shapes import SvgShape, parse_colour, read_shapes

_SECTION = re.compile(r'<section class="chart (\w+)".*?</section>', re.S)
_SVG = re.compile(r'<svg\b([^>]*\brole="img"[^>]*)>(.*?)</svg>', re.S)
_TITLE = re.compile(r"<h\d\b[^>]*\bdata-label=\"([^\"]*)\"")
_NUMBERS_TABLE = re.compile(r'<table class="numbers">.*?</table>', re.S)
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)
_SEGMENT = re.compile(r'<li class="segment\b[^>]*><span class="heard" hidden>(.*?)</span>', re.S)
_SEGMENT_ITEM = re.compile(r'<li class="segment\b.*?</li>', re.S)
_RANKED = re.compile(r'<span class="amount"[^>]*></span><span class="value">(.*?)</td>', re.S)
_SWATCH = re.compile(r'<span class="swatch [\w-]+" style="background-color: #(\w{6})"></span>(.*?)</li>', re.S)
# Not of one with hatching, which lies over its colour.
_BACKGROUND = re.compile(r'<(?:li|span) class="(?![^"]*hatched)[^"]*" style="[^"]*\bbackground-color: #(\w{6})')
_TICK = re.compile(r'<span style="width: [\d.]+%">([^<]*)</span>')
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')
_NUMBER = re.compile(r"\d+(?:[\u066b\u066c.,]\d+)*")
_TAG = re.compile(r"<[^>]*>")
PageName = tuple[int, int]  # the number of its object in the PDF
_TOLERANCE = 0.01  # of the longest
_SLACK = 0.6  # points
_LEAST_BAR = 0.035  # of the highest: a number above zero is always drawn
_LEAST_LENGTH = 1.5  # points
_COVER = 0.02  # of a drawing that something painted later may hide
_COLOUR_STEP = 3  # of 255
_AXIS_DEPTH = 24.0  # points below a drawing


@dataclass(frozen=True, slots=True)
class _Figure:
    """A drawing on its page: its paths, and all that the page paints."""

    page: PdfiumPage
    shapes: tuple[PaintedShape, ...]


def find_drawing_faults(
    document: PdfiumDocument, parts: pikepdf.Pdf, root: TagNode, html: str
) -> Iterator[tuple[int, str]]:
    """What of charts, maps and QR codes is not drawn as the HTML has it, with its page."""
    if '<section class="chart ' not in html and 'role="img"' not in html:
        return
    pages = {source.obj.objgen: page for page, source in zip(document.pages, parts.pages, strict=True)}
    figures = [*_find_figures(root, pages)]
    sections = [*_SECTION.finditer(html)]
    for drawing in _SVG.finditer(html):
        section = next((one for one in sections if one.start() < drawing.start() < one.end()), None)
        text = section[0] if section else ""
        title = unescape(next(iter(_TITLE.findall(text)), "QR"))
        drawn = read_shapes(drawing[2])
        # Pictures have figures, too, which have no drawing here.
        place = next((n for n, one in enumerate(figures) if len(one.shapes) == len(drawn)), None)
        if place is None:
            yield (
                (figures[0].page.number if figures else 0),
                f"the drawing of «{title}» is not printed with all its shapes",
            )
            continue
        figure = figures[place]
        del figures[: place + 1]
        faults = [*_find_shape_faults(figure, drawn, drawing[1])]
        if section and not faults:
            faults += _find_value_faults(section[1], figure, drawn, text)
            faults += _find_tick_faults(figure, text)
        yield from ((figure.page.number, f"the drawing of «{title}» {fault}") for fault in faults)
    finder = _BoxFinder(root, pages)
    for section in sections:
        title = unescape(next(iter(_TITLE.findall(section[0])), section[1]))
        for page, fault in finder.find_faults(section[1], section[0]):
            yield page, f"the chart «{title}»: {fault}"
    yield from finder.find_swatch_faults(html)


def _find_figures(root: TagNode, pages: Mapping[PageName, PdfiumPage]) -> Iterator[_Figure]:
    for node in root.walk():
        marks = [mark for mark in node.iterate_marked_content() if mark.page in pages] if node.tag == "Figure" else []
        painted = [one for mark in marks for one in pages[mark.page].objects if one.mark == mark.number]
        if shapes := tuple(one for one in painted if isinstance(one, PaintedShape)):
            yield _Figure(pages[marks[0].page], shapes)


def _are_alike(given: Colour | None, shape: PaintedShape) -> bool:
    """Whether a shape has its colour. That of a pattern, or in a group, is not known."""
    if given is None or given in PATTERN_COLOURS or shape.turn:
        return True
    found = shape.colour
    return found is not None and all(abs(one - other) < _COLOUR_STEP for one, other in zip(given, found, strict=True))


def _find_shape_faults(figure: _Figure, drawn: Sequence[SvgShape], attributes: str) -> Iterator[str]:
    """Whether the paths stand as the shapes do, by one scale and shift, and whether all of them are seen."""
    painted = [_measure(shape) for shape in figure.shapes]
    left_to_right = _fit_line([one.box[0::2] for one in drawn], [box[0::2] for box in painted])
    top_to_bottom = _fit_line([one.box[1::2] for one in drawn], [box[3::-2] for box in painted])
    across, down = left_to_right[0], top_to_bottom[0]
    if across <= 0 or down >= 0:
        yield "is mirrored or upside down"
        return
    if "preserveAspectRatio" not in attributes and not 0.98 < -across / down < 1.02:
        yield "is stretched"
    whole = unite(painted)
    tolerance = _SLACK + _TOLERANCE * max(whole[2] - whole[0], whole[3] - whole[1]) / 2
    lines = (left_to_right, top_to_bottom, left_to_right, top_to_bottom)
    view = _VIEW_BOX.search(attributes)
    for one, shape, box in zip(drawn, figure.shapes, painted, strict=True):
        left, bottom, right, top = _project(one.box, lines)
        name = " ".join(one.classes)
        if any(abs(a - b) > tolerance for a, b in zip(box, (left, bottom, right, top), strict=True)):
            yield f"has a shape in another place, or of another size ({name})"
            break
        if not _are_alike(one.colour, shape):
            yield f"has a shape in another colour ({name})"
            break
        if view and not _is_whole(shape, _project(_read_view(view), lines)):
            yield f"has a shape that is cut off ({name})"
            break
    if any(shape.turn or not shape.is_opaque for shape in figure.shapes):
        yield "is faded, or stands in a group"
    if cover := _find_cover(figure, whole):
        yield cover


def _project(box: Box, lines: Sequence[tuple[float, float]]) -> Box:
    """A box with y downwards on the page, by the scale and the shift of each direction."""
    left, bottom, right, top = (
        scale * value + shift for value, (scale, shift) in zip((box[0], box[3], box[2], box[1]), lines, strict=True)
    )
    return left, bottom, right, top


def _read_view(found: re.Match[str]) -> Box:
    x, y, width, height = map(float, found.groups())
    return x, y, x + width, y + height


def _is_whole(shape: PaintedShape, view: Box) -> bool:
    """Whether nothing but the edge of its drawing cuts a shape."""
    return not shape.is_filled or is_within(intersect(shape.bounds, view), shape.box, 1.5)


def _measure(shape: PaintedShape) -> Box:
    """The box of a path without its line, whose corners may reach far."""
    points = None if shape.is_filled else [*shape.iterate_points()]
    return unite([(x, y, x, y) for x, y in points]) if points else shape.bounds


def _fit_line(given: Sequence[Sequence[float]], found: Sequence[Sequence[float]]) -> tuple[float, float]:
    """Scale and shift from the edges of shapes to those of paths, by least squares."""
    xs, ys = ([value for pair in pairs for value in pair] for pairs in (given, found))
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    scale = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else 0.0
    return scale, mean_y - scale * mean_x


def _find_cover(figure: _Figure, whole: Box) -> str:
    last = max(figure.page.objects.index(shape) for shape in figure.shapes)
    area = (whole[2] - whole[0]) * (whole[3] - whole[1])
    own = {id(shape) for shape in figure.shapes}
    mark = figure.shapes[0].mark
    for one in figure.page.objects[last + 1 :]:
        if isinstance(one, PaintedText) or id(one) in own or one.mark == mark or one.alpha == 0:
            continue
        if isinstance(one, PaintedShape) and one.hole:
            continue
        left, bottom, right, top = intersect(one.box, whole)
        if left < right and bottom < top and (right - left) * (top - bottom) > _COVER * area:
            return "is covered by what is painted later"
    return ""


def _find_value_faults(kind: str, figure: _Figure, drawn: Sequence[SvgShape], section: str) -> Iterator[str]:
    """Bars and lines that are not as high as their numbers; shapes of one choice in two colours."""
    table = next(iter(_NUMBERS_TABLE.findall(section)), "")
    rows = [[_read_number(cell) for cell in _CELL.findall(row)[1:]] for row in _ROW.findall(table)][1:]
    shapes = [*zip(drawn, figure.shapes, strict=True)]
    grounds = [(shape.bounds[1] + shape.bounds[3]) / 2 for one, shape in shapes if "ground" in one.classes]
    # A bar for zero is not drawn, a point is.
    lacking = (None, 0.0) if kind == "years" else (None,)
    columns = [[value for value in column if value not in lacking] for column in zip(*rows, strict=False)]
    heights: list[list[float]] = []
    if kind == "years" and grounds:
        for name in ("whole", "part"):
            boxes = [shape.bounds for one, shape in shapes if name in one.classes]
            heights.append([box[1] + box[3] - 2 * grounds[0] for box in boxes])
    elif kind == "lines" and grounds:
        paths = [shape for one, shape in shapes if "line" in one.classes]
        heights = [[y - grounds[0] for _, y in path.iterate_points()] for path in paths]
    most = max((value for column in columns for value in column if value), default=0.0)
    highest = max((height for column in heights for height in column), default=0.0)
    for column, own in zip(columns, heights, strict=False):
        if len(column) != len(own):
            yield f"has {len(own)} bars or points for {len(column)} numbers"
        for value, height in zip(column, own, strict=False):
            assert value is not None
            expected = value / most * highest if most else 0.0
            is_least = kind == "years" and expected < _LEAST_BAR * highest and 0 < height < 2 * _LEAST_BAR * highest
            if abs(height - expected) > _TOLERANCE * highest + _SLACK / 2 and not is_least:
                yield f"has a bar or point that is not as high as its number, {value:g}"
                return


def _find_tick_faults(figure: _Figure, section: str) -> Iterator[str]:
    """Years under the chart that do not stand under their bar."""
    ticks = [unescape(text).strip() for text in _TICK.findall(section)]
    if not any(ticks):
        return
    whole = unite([shape.bounds for shape in figure.shapes])
    step = (whole[2] - whole[0]) / len(ticks)
    near = [
        one
        for one in figure.page.texts
        if whole[1] - _AXIS_DEPTH < one.box[1] < whole[1] + 1 and whole[0] - step < one.box[0] < whole[2] + step
    ]
    for place, text in enumerate(ticks):
        own = [(one.box[0] + one.box[2]) / 2 for one in near if text and one.text.strip() == text]
        sides = (whole[0] + (place + 0.5) * step, whole[2] - (place + 0.5) * step)
        if own and min(abs(centre - side) for centre in own for side in sides) > step + _SLACK:
            yield f"has «{text}» under another bar"


def _read_number(text: str) -> float | None:
    """The first number of a text in any digits."""
    plain = unescape(_TAG.sub("", text))
    if not (found := _NUMBER.search(plain)):
        return None
    digits = "".join(
        str(int(sign))
        if sign.isdigit()
        else "."
        if sign == "\u066b" or (sign == "." and "\u066c" not in found[0])
        else ""
        for sign in found[0]
    )
    return float(digits)


class _BoxFinder:
    """Looks for the boxes beside and under the texts of lists and tables."""

    def __init__(self, root: TagNode, pages: Mapping[PageName, PdfiumPage]) -> None:
        self._nodes = [node for node in root.walk() if node.tag in ("L", "TBody")]
        self._texts: dict[MarkedContent, list[tuple[PdfiumPage, PaintedText]]] = {}
        for name, page in pages.items():
            for one in page.texts:
                if one.text.strip():
                    self._texts.setdefault(MarkedContent(name, one.mark), []).append((page, one))

    def find_faults(self, kind: str, section: str) -> Iterator[tuple[int, str]]:
        """The faults of a chart that is made of boxes."""
        if kind in ("share", "strip"):
            items = [unescape(_TAG.sub("", text)) for text in _SEGMENT.findall(section)]
            colours = [next(iter(_BACKGROUND.findall(text)), "") for text in _SEGMENT_ITEM.findall(section)]
            yield from self._find_segment_faults(items, colours, is_share=kind == "share")
        elif kind == "bars":
            yield from self._find_ranking_faults([unescape(_TAG.sub("", text)) for text in _RANKED.findall(section)])

    def _find_lines(self, node: TagNode) -> list[tuple[PdfiumPage, PaintedText]]:
        return [one for mark in node.iterate_marked_content() for one in self._texts.get(mark, ())]

    def _find_segment_faults(
        self, items: Sequence[str], colours: Sequence[str], *, is_share: bool
    ) -> Iterator[tuple[int, str]]:
        """Segments of one bar that are not as long as their numbers, or as their years."""
        numbers = [[_read_number(found) or 0.0 for found in _NUMBER.findall(item)] for item in items]
        if is_share:
            values = labels = [own[-1] if own else 0.0 for own in numbers]
        else:
            labels = [own[0] if own else 0.0 for own in numbers]
            values = [own[1] - own[0] + 1 if len(own) > 1 and own[1] > own[0] else 1.0 for own in numbers]
        node = next(
            (one for one in self._nodes if one.tag == "L" and self._holds(one, labels, is_share=is_share)), None
        )
        if node is None:
            if is_share and any(values):  # of years, a list may go on overleaf
                yield 0, "its segments are not found"
            return
        self._nodes.remove(node)
        found: list[tuple[PdfiumPage, Box]] = []
        for item, colour in zip(node.elements, colours, strict=True):
            for page, text in self._find_lines(item)[:1]:
                box = _find_box_under(page, text)
                if colour and (box is None or not _are_alike(parse_colour(f"#{colour}"), box)):
                    yield page.number, f"the segment of «{text.text.strip()}» is not drawn, or in another colour"
                elif box and colour:
                    found.append((page, box.box))
        rows = sorted((page.number, box[1], box[3]) for page, box in found)
        if rows and all(abs(one - other) < _SLACK for row in rows for one, other in zip(row, rows[0], strict=True)):
            yield from _find_row_faults(*found[0], values, colours)
        elif any(one[0] == other[0] and one[2] > other[1] + _SLACK for one, other in pairwise(rows)):
            yield found[0][0].number, "its segments are not equally high"
        # Else they stand one below the other, as in large print: the numbers say how long they are.

    def _holds(self, node: TagNode, labels: Sequence[float], *, is_share: bool) -> bool:
        """Whether the items of a list print these numbers; a narrow segment of shares prints none."""
        found = [[_read_number(text.text) for _, text in self._find_lines(item)] for item in node.elements]
        if len(found) != len(labels) or not any(found):
            return False
        return all(label in own or (is_share and not own) for label, own in zip(labels, found, strict=True))

    def _find_ranking_faults(self, items: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Bars beside their numbers that are not as long as these."""
        values = [_read_number(item) or 0.0 for item in items]
        for node in self._nodes:
            if node.tag != "TBody" or len(node.elements) != len(values):
                continue
            cells = [self._find_lines(row.elements[-1]) if row.elements else [] for row in node.elements]
            if [_read_number(lines[0][1].text) if lines else None for lines in cells] != values:
                continue
            self._nodes.remove(node)
            lengths = [_find_length_beside(*lines[0]) for lines in cells]
            longest = max(lengths)
            for value, length, lines in zip(values, lengths, cells, strict=True):
                expected = value / max(values) * longest if any(values) else 0.0
                if abs(length - expected) > max(_TOLERANCE * longest + _SLACK, _LEAST_LENGTH):
                    yield lines[0][0].number, f"a bar is not as long as its number, {value:g}"
                    return
            return
        if values:
            yield 0, "its bars are not found"

    def find_swatch_faults(self, html: str) -> Iterator[tuple[int, str]]:
        """Colours beside the choices that are not those of the charts."""
        items = [self._find_lines(item) for node in self._nodes for item in node.elements]
        tokens = {place: split_into_tokens(lines[0][1].text) for place, lines in enumerate(items) if lines}
        for colour, text in _SWATCH.findall(html):
            wanted = split_into_tokens(unescape(_TAG.sub(" ", text)))
            place = next((place for place, own in tokens.items() if own and own == wanted[: len(own)]), None)
            if place is None:
                continue
            del tokens[place]
            page, first = items[place][0]
            box = _find_swatch_beside(page, first)
            if box is None or not _are_alike(parse_colour(f"#{colour}"), box):
                yield page.number, f"«{first.text.strip()}» has no colour beside it, or another than the chart"


def _find_box_under(page: PdfiumPage, text: PaintedText) -> PaintedShape | None:
    """The smallest filled box under the middle of a text."""
    x, y = (text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2
    found = [
        one
        for one in page.objects
        if isinstance(one, PaintedShape)
        and one.mark < 0
        and one.is_filled
        and not one.hole
        and one.box[0] <= x <= one.box[2]
        and one.box[1] <= y <= one.box[3]
    ]
    return min(found, key=lambda one: (one.box[2] - one.box[0]) * (one.box[3] - one.box[1]), default=None)


def _find_row_faults(
    page: PdfiumPage, row: Box, values: Sequence[float], colours: Sequence[str]
) -> Iterator[tuple[int, str]]:
    """Segments of one row that are not as long as their numbers, or in another colour, from either side."""
    boxes = [one for one in page.objects if isinstance(one, PaintedShape) and _is_in_row(one, row)]
    left, _, right, _ = unite([one.box for one in boxes])
    slack = _TOLERANCE * (right - left) + _SLACK
    edges = [part / sum(values) * (right - left) for part in accumulate(values, initial=0.0)]
    lost = list[float]()
    for from_left in (True, False):
        sides = ((left + one, left + two) if from_left else (right - two, right - one) for one, two in pairwise(edges))
        lost = [
            value
            for value, (start, end), colour in zip(values, sides, colours, strict=True)
            if colour
            and end - start > slack
            and not any(
                abs(one.box[0] - start) < slack
                and abs(one.box[2] - end) < slack
                and _are_alike(parse_colour(f"#{colour}"), one)
                for one in boxes
            )
        ]
        if not lost:
            return
    yield page.number, f"a segment is not as long as its number, {lost[0]:g}, or in another colour"


def _is_in_row(one: PaintedObject, row: Box) -> bool:
    if not isinstance(one, PaintedShape) or one.mark >= 0 or not one.is_filled or one.hole or one.turn:
        return False
    return abs(one.box[1] - row[1]) < _SLACK and abs(one.box[3] - row[3]) < _SLACK


def _find_length_beside(page: PdfiumPage, text: PaintedText) -> float:
    """The length of the bar that ends beside a number."""
    middle = (text.box[1] + text.box[3]) / 2
    found = [
        one.box[2] - one.box[0]
        for one in page.objects
        if isinstance(one, PaintedShape)
        and one.mark < 0
        and one.is_filled
        and one.box[1] < middle < one.box[3] < one.box[1] + 2 * text.size
        and min(abs(one.box[0] - text.box[2]), abs(one.box[2] - text.box[0])) < text.size
    ]
    return max(found, default=0.0)


def _find_swatch_beside(page: PdfiumPage, text: PaintedText) -> PaintedShape | None:
    middle = (text.box[1] + text.box[3]) / 2
    found = [
        one
        for one in page.objects
        if isinstance(one, PaintedShape)
        and one.mark < 0
        and one.fills_box
        and one.box[1] - 1 < middle < one.box[3] + 1
        and one.box[3] - one.box[1] < 2 * text.size
        and min(abs(one.box[0] - text.box[2]), abs(one.box[2] - text.box[0])) < text.size
    ]
    return found[-1] if found else None
