"""Drawings: charts and maps on the page, shapes and boxes, compared with the shapes and the numbers of the HTML.

Each shape of an SVG drawing stands in the PDF as a path of its figure, in the same order. Positions are compared by one
scale and shift for the whole drawing; lengths and heights with the numbers of the table that screen readers get.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import unescape
from typing import NamedTuple

from tipbrief.language.numbers import NUMBER
from tipbrief.load.svg_shapes import SvgShape, narrow_marker, read_shapes
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify.chart_boxes import SLACK, TOLERANCE, BoxFinder, fit_line, is_alike, read_number
from tipbrief.verify.html_text import text_without_tags
from tipbrief.verify.painted_objects import Box, PaintedShape, PaintedText, intersect, is_empty, is_within, unite
from tipbrief.verify.pdfium import MarkedText, PageFaults, PdfiumPage

_SECTION = re.compile(r'<section class="chart (\w+)[^>"]*"[^<]*+(?:<(?!/section>)[^<]*+)*+</section>')
_SVG = re.compile(r'<svg\b([^>]*\brole="img"[^>]*)>([^<]*+(?:<(?!/svg>)[^<]*+)*+)</svg>')
_TITLE = re.compile(r"<h\d\b[^>]*\bdata-label=\"([^\"]*)\"")
_NUMBERS_TABLE = re.compile(r'<table class="numbers">.*?</table>', re.S)
_ROW, _CELL = re.compile(r"<tr\b[^>]*>(.*?)</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)
_TICK = re.compile(r'<span style="width: [\d.]+%">([^<]*)</span>')
_TIME_TICK = re.compile(r'<span class="tick[^>]*>([^<]*)</span>')
_TIME = re.compile(r'<tr data-time="([\d.]+)"><th scope="row">(.*?)</th>')
_LEAST_STEP = 0.05  # points between those of a line
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')
_STROKE = 3.0  # points by which a line may reach beyond its drawing
_LEAST_BAR = 0.7  # units of the drawing: a number above zero is always drawn
_COVER = 0.02  # of a drawing that something painted later may hide
_AXIS_DEPTH = 24.0  # points below a drawing


class _Figure(NamedTuple):  # a drawing on its page: its paths, and all that the page paints
    page: PdfiumPage
    shapes: tuple[PaintedShape, ...]


def find_drawing_faults(texts: MarkedText, root: TagNode, html: str) -> PageFaults:
    """What of charts, maps and QR codes is not drawn as the HTML has it, with its page."""
    if '<section class="chart ' not in html and 'role="img"' not in html:
        return
    nodes = [*root.walk()]
    figures = [*_find_figures(nodes, texts.pages)]
    sections = [*_SECTION.finditer(html)]
    swatches: dict[str, dict[str, PaintedShape]] = {}
    reached = dict[int, int]()  # the last of them that was found, by page
    for drawing in _SVG.finditer(html):
        section = next((one for one in sections if one.start() < drawing.start() < one.end()), None)
        text = section[0] if section else ""
        title = unescape(next(iter(_TITLE.findall(text)), "QR"))
        drawn = read_shapes(drawing[2])
        # Pictures have figures, too, which have no drawing here, and may have as many shapes.
        # On each page they stand in order; a column may go on overleaf after the one beside it.
        waiting = [n for n, one in enumerate(figures) if n > reached.get(one.page.number, -1)]
        alike = [n for n in waiting if len(figures[n].shapes) == len(drawn)]
        faults_of = {n: [*_find_shape_faults(figures[n], drawn, drawing[1])] for n in alike}
        place = min(alike, key=lambda n: len(faults_of[n]), default=None)
        if place is None:
            page = figures[0].page.number if figures else 0
            yield page, f"the drawing of «{title}» is not printed with all its shapes"
            continue
        figure = figures[place]
        reached[figure.page.number] = place
        faults = faults_of[place]
        if section and not faults:
            below = html[drawing.end() : section.end()].partition("<svg")[0]
            faults += _find_value_faults(section[1], figure, drawn, below, drawing[1])
            faults += _find_tick_faults(figure, drawn, below, drawing[1])
            if section[1] == "strip":  # a row of years, with their number before it
                years = sum(one.classes[:1] in (("year",), ("hollow",)) for one in drawn)
                said = int(read_number(html[html.rindex("<b>", 0, drawing.start()) : drawing.start()]) or 0)
                faults += [f"has {years} years in place of {said}"] if years != said else []
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
    left_to_right = fit_line([one.box[0::2] for one in drawn], [box[0::2] for box in painted])
    heights = [one.box[1::2] for one in drawn], [box[3::-2] for box in painted]
    top_to_bottom = fit_line(*heights, without_spread=-left_to_right[0])
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
        expected = _project(one.box, lines)
        if any(abs(a - b) > tolerance for a, b in zip(box, expected, strict=True)):
            box = _measure(shape, exact=True)
        if any(abs(a - b) > tolerance for a, b in zip(box, expected, strict=True)):
            yield f"has a shape in another place, or of another size ({name})"
            break
        if not is_alike(one.colour, shape):
            yield f"has a shape in another colour ({name})"
            break
        # Nothing but the edge of its drawing may cut a shape.
        wholes = (intersect(shape.bounds, edge) for edge in edges if shape.is_filled)
        if not all(is_within(whole, shape.box, _STROKE) for whole in wholes):
            yield f"has a shape that is cut off ({name})"
            break
    if any(shape.turn or not shape.is_opaque for shape in figure.shapes):
        yield "is faded, or stands in a group"
    # A part of a map is cut from the whole.
    seen = [shape.box for shape in figure.shapes if not is_empty(shape.box)]
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


def _measure(shape: PaintedShape, *, exact: bool = False) -> Box:
    """The box of a path without its line, whose corners may reach far; of a filled one if ``exact``, which is slow."""
    points = [] if shape.is_filled and not exact else shape.points
    return unite([(x, y, x, y) for x, y in points]) if points else shape.bounds


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


def _find_value_faults(
    kind: str, figure: _Figure, drawn: Sequence[SvgShape], below: str, attributes: str
) -> Iterator[str]:
    """Bars, lines and circles that are not as large as their numbers; shapes of one choice in two colours."""
    table = next(iter(_NUMBERS_TABLE.findall(below)), "")
    rows = [[read_number(cell) for cell in _CELL.findall(row)[1:]] for row in _ROW.findall(table)][1:]
    shapes = [*zip(drawn, figure.shapes, strict=True)]
    grounds = [(shape.bounds[1] + shape.bounds[3]) / 2 for one, shape in shapes if "ground" in one.classes]
    # A bar for zero is not drawn, a point is.
    lacking = (0.0, None) if kind in ("years", "map") else (None,)
    columns = [[value for value in column if value not in lacking] for column in zip(*rows, strict=False)]
    heights: list[list[float]] = []
    if kind == "years" and grounds:
        for name in ("whole", "part"):
            boxes = [shape.bounds for one, shape in shapes if name in one.classes]
            heights.append([box[1] + box[3] - 2 * grounds[0] for box in boxes])
    elif kind == "lines" and grounds:
        lines = [*_read_points_of_lines(shapes)]
        heights = [[y - grounds[0] for _, y in points] for points in lines]
        times = {text_without_tags(text).strip(): float(time) for time, text in _TIME.findall(table)}
        columns_of_times = [
            [time for time, value in zip(times.values(), column, strict=False) if value is not None]
            for column in zip(*rows, strict=False)
        ]
        timed = [pair for both in zip(columns_of_times, lines, strict=False) for pair in zip(*both, strict=False)]
        ticks = {text: times[text] for text in map(unescape, _TIME_TICK.findall(below)) if text in times}
        yield from _find_time_faults(figure, timed, ticks, attributes)
    elif kind == "map" and (
        circles := [_measure(shape, exact=True) for one, shape in shapes if "amount-circle" in one.classes]
    ):
        # A row without a place on the map has no circle: the largest ones are compared.
        heights = [[((box[2] - box[0]) / 2) ** 2 for box in circles]]
        columns = [column[: len(circles)] for column in columns]
    elif kind == "pictogram":
        marked = sum("marked" in one.classes for one in drawn)
        if not {float(marked), float(len(drawn))} <= {read_number(one) for one in NUMBER.findall(below)}:
            yield f"has {marked} of {len(drawn)} signs marked, which its words do not say"
    pairs = [pair for both in zip(columns, heights, strict=False) for pair in zip(*both, strict=False)]
    top = max(pairs, key=lambda pair: abs(pair[0] or 0), default=(0.0, 0.0))
    scale, highest = (top[1] / top[0] if top[0] else 0.0), max((abs(height) for _, height in pairs), default=0.0)
    highest_drawn = max((one.box[3] - one.box[1] for one, _ in shapes), default=0.0)
    least = _LEAST_BAR * highest / highest_drawn if kind == "years" and highest_drawn else 0.0
    for column, own in zip(columns, heights, strict=False):
        if len(column) != len(own):
            yield f"has {len(own)} bars or points for {len(column)} numbers"
    for value, height in pairs:
        expected = (value or 0.0) * scale
        if scale < 0 or abs(height - max(expected, least or expected)) > TOLERANCE * highest + SLACK / 2:
            yield f"has a bar, a point or a circle that is not as large as its number, {value:g}"
            break
    if kind == "map":
        tones = {(name, shape.colour) for one, shape in shapes for name in one.classes[:1] if name.startswith("tone-")}
        if len({name for name, _ in tones}) < len(tones):
            yield "has two colours for one choice"


def _find_time_faults(
    figure: _Figure, pairs: Sequence[tuple[float, tuple[float, float]]], ticks: Mapping[str, float], attributes: str
) -> Iterator[str]:
    """Points, or labels of the axis, that do not stand at their time, all of them by one scale."""
    xs = [x for _, (x, _) in pairs]
    if len({time for time, _ in pairs}) < 2:
        return
    scale, shift = fit_line([[time] for time, _ in pairs], [[x] for x in xs])
    reach = TOLERANCE * (max(xs) - min(xs)) + SLACK
    if any(abs(scale * time + shift - x) > reach for time, (x, _) in pairs):
        yield "has a point that does not stand at its time"
    expected = {text: [scale * time + shift] for text, time in ticks.items()}
    yield from _find_label_faults(figure, attributes, expected, 2 * reach)


def _read_points_of_lines(shapes: Sequence[tuple[SvgShape, PaintedShape]]) -> Iterator[list[tuple[float, float]]]:
    """Each line's points, the oldest first. Where a point stands alone, there is only its marker."""
    for name in dict.fromkeys(one.classes[1:] for one, _ in shapes if one.classes[:1] == ("point",)):
        lines, boxes = ([s for one, s in shapes if one.classes[:2] == (kind, *name)] for kind in ("line", "point"))
        markers = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (shape.bounds for shape in boxes)]
        points = list[tuple[float, float]]()
        for one in [*(point for shape in lines for point in shape.points), *markers]:  # some stand in both
            points += [one] if all(abs(one[0] - x) > _LEAST_STEP for x, _ in points) else []
        yield sorted(points, reverse=markers[0] > markers[-1])


def _find_tick_faults(figure: _Figure, drawn: Sequence[SvgShape], section: str, attributes: str) -> Iterator[str]:
    """Years under the chart that do not stand under their bar."""
    texts = [unescape(text).strip() for text in _TICK.findall(section)]
    left, _, right, _ = unite([_measure(shape) for shape in figure.shapes])
    step, middle = (right - left) / max(len(texts), 1), (left + right) / 2
    # Bars are drawn from the oldest year to the newest.
    edges = [one.box[0] for one in drawn if one.classes[:1] == ("whole",)]
    directions = {1, -1} if len(edges) < 2 else {1 if edges[0] < edges[-1] else -1}
    shifts = {text: (place + 0.5) * step - (right - left) / 2 for place, text in enumerate(texts) if text}
    expected = {text: [middle + direction * shift for direction in directions] for text, shift in shifts.items()}
    yield from _find_label_faults(figure, attributes, expected, step / 2, wider=0.5)


def _find_label_faults(
    figure: _Figure, attributes: str, expected: Mapping[str, Sequence[float]], reach: float, wider: float = 0.0
) -> Iterator[str]:
    """Texts below a drawing whose middles are at none of the expected places; ``wider`` for those wider than a bar."""
    left, bottom, right, top = unite([_measure(shape) for shape in figure.shapes])
    _, _, across, high = map(float, next(iter(_VIEW_BOX.findall(attributes)), (0, 0, 1, 0)))
    # All shapes may stand high in their view; one that is stretched is higher than its numbers say.
    lowest = min(bottom, top - (right - left) * high / across) - _AXIS_DEPTH
    near = [one for one in figure.page.texts if lowest < one.box[1] < bottom + 1]
    boxes = {text: [one.box for one in near if one.text.strip() == text] for text in expected}
    for text, places in expected.items() if any(boxes.values()) else ():
        centres = [((box[0] + box[2]) / 2, max(reach, wider * (box[2] - box[0])) + SLACK) for box in boxes[text]]
        is_off = not any(abs(one - place) < near_by for one, near_by in centres for place in places)
        if is_off and not figure.page.is_overlapped(text):
            yield f"has «{text}» under another bar, or at another time"
