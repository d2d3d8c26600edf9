"""Drawings: the shapes of charts and maps on the page, compared with the shapes and the numbers of the HTML.

Each shape of an SVG drawing stands in the PDF as a path of its figure, in the same order. Positions are compared by one
scale and shift for the whole drawing; lengths and heights with the numbers of the table that screen readers get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import unescape

from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify.chart_boxes import SLACK, TOLERANCE, BoxFinder, is_alike, read_number
from tipbrief.verify.marked_text import MarkedText
from tipbrief.verify.painted_objects import Box, PaintedShape, PaintedText, intersect, is_empty, is_within, unite
from tipbrief.verify.pdfium import PdfiumPage
from tipbrief.verify.svg_shapes import SvgShape, narrow_marker, read_shapes

_SECTION = re.compile(r'<section class="chart (\w+)".*?</section>', re.S)
_SVG = re.compile(r'<svg\b([^>]*\brole="img"[^>]*)>(.*?)</svg>', re.S)
_TITLE = re.compile(r"<h\d\b[^>]*\bdata-label=\"([^\"]*)\"")
_NUMBERS_TABLE = re.compile(r'<table class="numbers">.*?</table>', re.S)
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)
_TICK = re.compile(r'<span style="width: [\d.]+%">([^<]*)</span>')
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')
_STROKE = 3.0  # points by which a line may reach beyond its drawing
_LEAST_BAR = 0.7  # units of the drawing: a number above zero is always drawn
_COVER = 0.02  # of a drawing that something painted later may hide
_AXIS_DEPTH = 24.0  # points below a drawing


@dataclass(frozen=True, slots=True)
class _Figure:
    """A drawing on its page: its paths, and all that the page paints."""

    page: PdfiumPage
    shapes: tuple[PaintedShape, ...]


def find_drawing_faults(texts: MarkedText, root: TagNode, html: str) -> Iterator[tuple[int, str]]:
    """What of charts, maps and QR codes is not drawn as the HTML has it, with its page."""
    if '<section class="chart ' not in html and 'role="img"' not in html:
        return
    nodes = [*root.walk()]
    figures = [*_find_figures(nodes, texts.pages)]
    sections = [*_SECTION.finditer(html)]
    swatches: dict[str, dict[str, PaintedShape]] = {}
    for drawing in _SVG.finditer(html):
        section = next((one for one in sections if one.start() < drawing.start() < one.end()), None)
        text = section[0] if section else ""
        title = unescape(next(iter(_TITLE.findall(text)), "QR"))
        drawn = read_shapes(drawing[2])
        # Pictures have figures, too, which have no drawing here, and may have as many shapes.
        alike = [n for n, one in enumerate(figures) if len(one.shapes) == len(drawn)]
        faults_of = {n: [*_find_shape_faults(figures[n], drawn, drawing[1])] for n in alike}
        place = min(alike, key=lambda n: len(faults_of[n]), default=None)
        if place is None:
            page = figures[0].page.number if figures else 0
            yield page, f"the drawing of «{title}» is not printed with all its shapes"
            continue
        figure = figures[place]
        del figures[: place + 1]
        faults = faults_of[place]
        if section and not faults:
            faults += _find_value_faults(section[1], figure, drawn, text)
            faults += _find_tick_faults(figure, drawn, text)
            tones = [(one.classes[0], shape) for one, shape in zip(drawn, figure.shapes, strict=True) if one.classes]
            swatches[text] = {name: shape for name, shape in tones if shape.is_filled}
        yield from ((figure.page.number, f"the drawing of «{title}» {fault}") for fault in faults)
    finder = BoxFinder(nodes, texts)
    for section in sections:
        title = unescape(next(iter(_TITLE.findall(section[0])), section[1]))
        for page, fault in finder.find_faults(section[1], section[0], swatches.get(section[0], {})):
            yield page, f"the chart «{title}»: {fault}"


def _find_figures(nodes: Sequence[TagNode], pages: Mapping[tuple[int, int], PdfiumPage]) -> Iterator[_Figure]:
    for node in nodes:
        marks = [mark for mark in node.iterate_marked_content() if mark.page in pages] if node.tag == "Figure" else []
        painted = [one for mark in marks for one in pages[mark.page].objects if one.mark == mark.number]
        if shapes := tuple(one for one in painted if isinstance(one, PaintedShape)):
            yield _Figure(pages[marks[0].page], shapes)


def _find_shape_faults(figure: _Figure, drawn: Sequence[SvgShape], attributes: str) -> Iterator[str]:
    """Whether the paths stand as the shapes do, by one scale and shift, and whether all of them are seen."""
    painted = [narrow_marker(one.classes, _measure(shape)) for one, shape in zip(drawn, figure.shapes, strict=True)]
    left_to_right = _fit_line([one.box[0::2] for one in drawn], [box[0::2] for box in painted])
    heights = [one.box[1::2] for one in drawn], [box[3::-2] for box in painted]
    top_to_bottom = _fit_line(*heights, without_spread=-left_to_right[0])
    across, down = left_to_right[0], top_to_bottom[0]
    if across <= 0 or down >= 0:
        yield "is mirrored or upside down"
        return
    if "preserveAspectRatio" not in attributes and not 0.98 < -across / down < 1.02:
        yield "is stretched"
    whole = unite(painted)
    tolerance = SLACK + TOLERANCE * max(whole[2] - whole[0], whole[3] - whole[1]) / 2
    lines = (left_to_right, top_to_bottom, left_to_right, top_to_bottom)
    views = [[*map(float, found)] for found in _VIEW_BOX.findall(attributes)[:1]]
    edges = [_project((x, y, x + width, y + height), lines) for x, y, width, height in views]
    for one, shape, box in zip(drawn, figure.shapes, painted, strict=True):
        name = " ".join(one.classes)
        if any(abs(a - b) > tolerance for a, b in zip(box, _project(one.box, lines), strict=True)):
            yield f"has a shape in another place, or of another size ({name})"
            break
        if not is_alike(one.colour, shape):
            yield f"has a shape in another colour ({name})"
            break
        if not all(_is_whole(shape, edge) for edge in edges):
            yield f"has a shape that is cut off ({name})"
            break
    if any(shape.turn or not shape.is_opaque for shape in figure.shapes):
        yield "is faded, or stands in a group"
    seen = [shape.box for shape in figure.shapes if not is_empty(shape.box)]  # a part of a map is cut from the whole
    if not seen:
        yield "is cut off"
    elif cover := _find_cover(figure, unite(seen)):
        yield cover


def _project(box: Box, lines: Sequence[tuple[float, float]]) -> Box:
    """A box with y downwards on the page, by the scale and the shift of each direction."""
    left, bottom, right, top = (
        scale * value + shift for value, (scale, shift) in zip((box[0], box[3], box[2], box[1]), lines, strict=True)
    )
    return left, bottom, right, top


def _is_whole(shape: PaintedShape, view: Box) -> bool:
    """Whether nothing but the edge of its drawing cuts a shape."""
    return not shape.is_filled or is_within(intersect(shape.bounds, view), shape.box, _STROKE)


def _measure(shape: PaintedShape) -> Box:
    """The box of a path without its line, whose corners may reach far."""
    points = [] if shape.is_filled else shape.points
    return unite([(x, y, x, y) for x, y in points]) if points else shape.bounds


def _fit_line(
    given: Sequence[Sequence[float]], found: Sequence[Sequence[float]], *, without_spread: float = 0.0
) -> tuple[float, float]:
    """Scale and shift from the edges of shapes to those of paths, by least squares."""
    xs, ys = ([value for pair in pairs for value in pair] for pairs in (given, found))
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    scale = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else without_spread
    return scale, mean_y - scale * mean_x


def _find_cover(figure: _Figure, whole: Box) -> str:
    last = max(figure.page.objects.index(shape) for shape in figure.shapes)
    area = (whole[2] - whole[0]) * (whole[3] - whole[1])
    own = {id(shape) for shape in figure.shapes}
    mark = figure.shapes[0].mark
    for one in figure.page.objects[last + 1 :]:
        if isinstance(one, PaintedText) or id(one) in own or one.mark == mark or one.alpha == 0:
            continue
        left, bottom, right, top = intersect(one.box, whole)
        is_over = left < right and bottom < top and (right - left) * (top - bottom) > _COVER * area
        if is_over and not (isinstance(one, PaintedShape) and one.hole):
            return "is covered by what is painted later"
    return ""


def _find_value_faults(kind: str, figure: _Figure, drawn: Sequence[SvgShape], section: str) -> Iterator[str]:
    """Bars and lines that are not as high as their numbers; shapes of one choice in two colours."""
    table = next(iter(_NUMBERS_TABLE.findall(section)), "")
    rows = [[read_number(cell) for cell in _CELL.findall(row)[1:]] for row in _ROW.findall(table)][1:]
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
        heights = [[y - grounds[0] for y in ys] for ys in _read_points_of_lines(shapes)]
    most = max((value for column in columns for value in column if value), default=0.0)
    highest = max((height for column in heights for height in column), default=0.0)
    highest_drawn = max((one.box[3] - one.box[1] for one, _ in shapes), default=0.0)
    least = _LEAST_BAR * highest / highest_drawn if kind == "years" and highest_drawn else 0.0
    for column, own in zip(columns, heights, strict=False):
        if len(column) != len(own):
            yield f"has {len(own)} bars or points for {len(column)} numbers"
        for value, height in zip(column, own, strict=False):
            assert value is not None
            expected = max(value / most * highest if most else 0.0, least)
            if abs(height - expected) > TOLERANCE * highest + SLACK / 2:
                yield f"has a bar or point that is not as high as its number, {value:g}"
                return
    if kind == "map":
        yield from _find_colour_faults(shapes)


def _read_points_of_lines(shapes: Sequence[tuple[SvgShape, PaintedShape]]) -> Iterator[list[float]]:
    """The heights of each line's points, the oldest first. Where a point stands alone, there is only its marker."""
    for name in dict.fromkeys(one.classes[1:] for one, _ in shapes if one.classes[:1] == ("point",)):
        lines, boxes = ([shape for one, shape in shapes if one.classes == (kind, *name)] for kind in ("line", "point"))
        markers = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (shape.bounds for shape in boxes)]
        points = [point for shape in lines for point in shape.points]
        points += [one for one in markers if all(abs(one[0] - x) > SLACK for x, _ in points)]
        points.sort(reverse=markers[0] > markers[-1])
        yield [y for _, y in points]


def _find_colour_faults(shapes: Sequence[tuple[SvgShape, PaintedShape]]) -> Iterator[str]:
    colours: dict[str, set[object]] = {}
    for one, shape in shapes:
        if one.classes and one.classes[0].startswith("tone-"):
            colours.setdefault(one.classes[0], set()).add(shape.colour)
    if any(len(found) > 1 for found in colours.values()):
        yield "has two colours for one choice"


def _find_tick_faults(figure: _Figure, drawn: Sequence[SvgShape], section: str) -> Iterator[str]:
    """Years under the chart that do not stand under their bar."""
    ticks = [unescape(text).strip() for text in _TICK.findall(section)]
    whole = unite([_measure(shape) for shape in figure.shapes])
    near = [one for one in figure.page.texts if whole[1] - _AXIS_DEPTH < one.box[1] < whole[1] + 1]
    boxes = {text: [one.box for one in near if one.text.strip() == text] for text in ticks if text}
    if not any(boxes.values()):
        return
    step = (whole[2] - whole[0]) / len(ticks)
    # Bars and points are drawn from the oldest year to the newest.
    years = [one for one in drawn if one.classes[:1] in (("whole",), ("point",))]
    edges = [one.box[0] for one in years if one.classes == years[0].classes]
    directions = {1, -1} if len(edges) < 2 else {1 if edges[0] < edges[-1] else -1}
    for place, text in enumerate(ticks):
        own = boxes.get(text, [])
        reach = max([step, *(box[2] - box[0] for box in own)]) / 2  # a year may be wider than its bar
        middle, shift = (whole[0] + whole[2]) / 2, (place + 0.5) * step - (whole[2] - whole[0]) / 2
        sides = [middle + direction * shift for direction in directions]
        centres = [(box[0] + box[2]) / 2 for box in own]
        if text and not any(abs(one - side) < reach + SLACK for one in centres for side in sides):
            yield f"has «{text}» under another bar"
