"""Drawings: charts and maps on the page, shapes and boxes, compared with the shapes and the numbers of the HTML.

Each shape of an SVG drawing stands in the PDF as a path of its figure, in the same order. Positions are compared by one
scale and shift for the whole drawing; lengths and heights with the numbers of the table that screen readers get.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import unescape
from typing import NamedTuple

from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.unicode_text import normal_form
from tipbrief.load.svg_shapes import SvgShape, narrow_marker, parse_colour, read_shapes
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify import painted_objects as painted_objects
from tipbrief.verify.html_text import split_into_tokens, text_without_tags
from tipbrief.verify.pdfium import MarkedText, PdfiumPage, PlacedText

# What is heard of a segment, and what is seen of it.
_SEGMENT = re.compile(
    r'<li class="segment\b[^>]*><span class="heard" hidden>(.*?)</span>'
    r'((?=<b aria-hidden|<span class="(?:segment-label|run)\b|</li>).*?)</li>',
    re.S,
)
# Not of one with hatching, which lies over its colour.
_BACKGROUND = re.compile(r'<(?:li|span) class="(?![^"]*hatched)[^"]*" style="[^"]*\bbackground-color: (#\w{6})')
_RANKED = re.compile(r'<span class="amount"[^>]*></span><span class="value">(.*?)</td>', re.S)
_SWATCH = re.compile(r'<span class="swatch ([\w-]+)[^>]*></span>(.*?)</li>', re.S)
_TOLERANCE = 0.01  # of the longest
_SLACK = 0.6  # points
_COLOUR_STEP = 3  # of 255
_GREY_PRINT = ((255, 255, 255), None)  # white, black or a pattern, in which a profile may print any colour
_LEAST_LENGTH = 1.5  # points
_HIGHEST_BAR = 6  # sizes of the text on it
_SECTION = re.compile(r'<section class="chart (\w+)"[^<]*+(?:<(?!/section>)[^<]*+)*+</section>')
_SVG = re.compile(r'<svg\b([^>]*\brole="img"[^>]*)>([^<]*+(?:<(?!/svg>)[^<]*+)*+)</svg>')
_TITLE = re.compile(r"<h\d\b[^>]*\bdata-label=\"([^\"]*)\"")
_NUMBERS_TABLE = re.compile(r'<table class="numbers">.*?</table>', re.S)
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)
_TICK = re.compile(r'<span style="width: [\d.]+%">([^<]*)</span>')
_VIEW_BOX = re.compile(r'viewBox="(-?[\d.]+) (-?[\d.]+) ([\d.]+) ([\d.]+)"')
_STROKE = 3.0  # points by which a line may reach beyond its drawing
_LEAST_BAR = 0.7  # units of the drawing: a number above zero is always drawn
_COVER = 0.02  # of a drawing that something painted later may hide
_AXIS_DEPTH = 24.0  # points below a drawing


class _Figure(NamedTuple):  # a drawing on its page: its paths, and all that the page paints
    page: PdfiumPage
    shapes: tuple[painted_objects.PaintedShape, ...]


def find_drawing_faults(texts: MarkedText, root: TagNode, html: str) -> Iterator[tuple[int, str]]:
    """What of charts, maps and QR codes is not drawn as the HTML has it, with its page."""
    if '<section class="chart ' not in html and 'role="img"' not in html:
        return
    nodes = [*root.walk()]
    figures = [*_find_figures(nodes, texts.pages)]
    sections = [*_SECTION.finditer(html)]
    swatches: dict[str, dict[str, painted_objects.PaintedShape]] = {}
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
            if section[1] == "strip":  # a row of years, with their number before it
                years = sum(one.classes[:1] in (("year",), ("hollow",)) for one in drawn)
                said = int(_read_number(html[html.rindex("<b>", 0, drawing.start()) : drawing.start()]) or 0)
                faults += [f"has {years} years in place of {said}"] if years != said else []
            tones = [(one.classes[0], shape) for one, shape in zip(drawn, figure.shapes, strict=True) if one.classes]
            swatches[text] = {name: shape for name, shape in tones if shape.is_filled}
        yield from ((figure.page.number, f"the drawing of «{title}» {fault}") for fault in faults)
    finder = _BoxFinder(nodes, texts)
    for section in sections:
        title = unescape(next(iter(_TITLE.findall(section[0])), section[1]))
        for page, fault in finder.find_faults(section[1], section[0], swatches.get(section[0], {})):
            yield page, f"the chart «{title}»: {fault}"


def _find_figures(nodes: Sequence[TagNode], pages: Mapping[tuple[int, int], PdfiumPage]) -> Iterator[_Figure]:
    for node in nodes:
        marks = [mark for mark in node.iterate_marked_content() if mark.page in pages] if node.tag == "Figure" else []
        painted = [one for mark in marks for one in pages[mark.page].objects if one.mark == mark.number]
        if shapes := tuple(one for one in painted if isinstance(one, painted_objects.PaintedShape)):
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
    whole = painted_objects.unite(painted)
    tolerance = _SLACK + _TOLERANCE * max(whole[2] - whole[0], whole[3] - whole[1]) / 2
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
        if not _is_alike(one.colour, shape):
            yield f"has a shape in another colour ({name})"
            break
        # Nothing but the edge of its drawing may cut a shape.
        wholes = (painted_objects.intersect(shape.bounds, edge) for edge in edges if shape.is_filled)
        if not all(painted_objects.is_within(whole, shape.box, _STROKE) for whole in wholes):
            yield f"has a shape that is cut off ({name})"
            break
    if any(shape.turn or not shape.is_opaque for shape in figure.shapes):
        yield "is faded, or stands in a group"
    # A part of a map is cut from the whole.
    seen = [shape.box for shape in figure.shapes if not painted_objects.is_empty(shape.box)]
    if not seen:
        yield "is cut off"
    elif cover := _find_cover(figure, painted_objects.unite(seen)):
        yield cover


def _project(box: painted_objects.Box, lines: Sequence[tuple[float, float]]) -> painted_objects.Box:
    """A box with y downwards on the page, by the scale and the shift of each direction."""
    left, bottom, right, top = (
        scale * value + shift for value, (scale, shift) in zip((box[0], box[3], box[2], box[1]), lines, strict=True)
    )
    return left, bottom, right, top


def _measure(shape: painted_objects.PaintedShape, *, exact: bool = False) -> painted_objects.Box:
    """The box of a path without its line, whose corners may reach far; of a filled one if ``exact``, which is slow."""
    points = [] if shape.is_filled and not exact else shape.points
    return painted_objects.unite([(x, y, x, y) for x, y in points]) if points else shape.bounds


def _fit_line(
    given: Sequence[Sequence[float]], found: Sequence[Sequence[float]], *, without_spread: float = 0.0
) -> tuple[float, float]:  # scale and shift from edges of shapes to those of paths, by least squares
    xs, ys = ([value for pair in pairs for value in pair] for pairs in (given, found))
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    scale = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else without_spread
    return scale, mean_y - scale * mean_x


def _find_cover(figure: _Figure, whole: painted_objects.Box) -> str:
    last = max(figure.page.objects.index(shape) for shape in figure.shapes)
    area = (whole[2] - whole[0]) * (whole[3] - whole[1])
    own = {id(shape) for shape in figure.shapes}
    mark = figure.shapes[0].mark
    for one in figure.page.objects[last + 1 :]:
        if isinstance(one, painted_objects.PaintedText) or id(one) in own or one.mark == mark or one.alpha == 0:
            continue
        left, bottom, right, top = painted_objects.intersect(one.box, whole)
        is_over = left < right and bottom < top and (right - left) * (top - bottom) > _COVER * area
        if is_over and not (isinstance(one, painted_objects.PaintedShape) and one.hole):
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
            if abs(height - expected) > _TOLERANCE * highest + _SLACK / 2:
                yield f"has a bar or point that is not as high as its number, {value:g}"
                return
    if kind == "map":
        tones = {(name, shape.colour) for one, shape in shapes for name in one.classes[:1] if name.startswith("tone-")}
        if len({name for name, _ in tones}) < len(tones):
            yield "has two colours for one choice"


def _read_points_of_lines(shapes: Sequence[tuple[SvgShape, painted_objects.PaintedShape]]) -> Iterator[list[float]]:
    """The heights of each line's points, the oldest first. Where a point stands alone, there is only its marker."""
    for name in dict.fromkeys(one.classes[1:] for one, _ in shapes if one.classes[:1] == ("point",)):
        lines, boxes = ([shape for one, shape in shapes if one.classes == (kind, *name)] for kind in ("line", "point"))
        markers = [((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) for box in (shape.bounds for shape in boxes)]
        points = [point for shape in lines for point in shape.points]
        points += [one for one in markers if all(abs(one[0] - x) > _SLACK for x, _ in points)]
        points.sort(reverse=markers[0] > markers[-1])
        yield [y for _, y in points]


def _find_tick_faults(figure: _Figure, drawn: Sequence[SvgShape], section: str) -> Iterator[str]:
    """Years under the chart that do not stand under their bar."""
    ticks = [unescape(text).strip() for text in _TICK.findall(section)]
    whole = painted_objects.unite([_measure(shape) for shape in figure.shapes])
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
        is_off = not any(abs(one - side) < reach + _SLACK for one in centres for side in sides)
        if text and is_off and not figure.page.is_overlapped(text):
            yield f"has «{text}» under another bar"


def _read_number(text: str) -> float | None:  # the first one, in any digits
    found = NUMBER.search(text_without_tags(text))
    return float(parse_number(found[0])) if found else None


class _BoxFinder:  # beside and under the texts of lists and tables
    def __init__(self, nodes: Sequence[TagNode], texts: MarkedText) -> None:
        self._nodes = [node for node in nodes if node.tag in ("L", "TBody")]
        self._texts = texts.painted_texts

    def find_faults(
        self, kind: str, section: str, drawn: Mapping[str, painted_objects.PaintedShape]
    ) -> Iterator[tuple[int, str]]:  # of a chart that is made of boxes, and of a map's legend
        if kind in ("share", "strip"):
            found = [*_SEGMENT.finditer(section)]
            items = [[*map(text_without_tags, one.groups())] for one in found]
            colours = [parse_colour(next(iter(_BACKGROUND.findall(one[0])), "")) for one in found]
            yield from self._find_segment_faults(items, colours, is_share=kind == "share")
        elif kind == "bars":
            yield from self._find_ranking_faults([*map(text_without_tags, _RANKED.findall(section))])
        elif kind == "map":
            swatches = [(name, text_without_tags(text).strip()) for name, text in _SWATCH.findall(section)]
            yield from self._find_swatch_faults(swatches, drawn)

    def _find_lines(self, node: TagNode) -> list[PlacedText]:
        return [one for mark in node.iterate_marked_content() for one in self._texts.get(mark, ())]

    def _find_segment_faults(
        self, items: Sequence[Sequence[str]], colours: Sequence[painted_objects.Colour | None], *, is_share: bool
    ) -> Iterator[tuple[int, str]]:  # not as long as their numbers or years, or in another colour
        numbers = [[_read_number(found) or 0.0 for found in NUMBER.findall(heard)] for heard, _ in items]
        if is_share:
            values = [own[-1] if own else 0.0 for own in numbers]
        else:
            values = [own[1] - own[0] + 1 if len(own) > 1 and own[1] > own[0] else 1.0 for own in numbers]
        labels = [_sort_letters(seen) for _, seen in items]
        node = next((one for one in self._nodes if one.tag == "L" and self._holds(one, labels)), None)
        if node is None:
            if is_share and any(values):  # of years, a list may go on overleaf
                yield 0, "its segments are not found"
            return
        self._nodes.remove(node)
        labelled = [
            (*lines[0], value, colour)
            for value, colour, lines in zip(values, colours, map(self._find_lines, node.elements), strict=True)
            if lines
        ]
        found = [_find_boxes_under(page, text) for page, text, _, _ in labelled]
        # Beside the segments, their labels may have a ground, too.
        rows = set.intersection(*({*boxes} for boxes in found)) if found else set()
        bottoms, tops = ([text.box[edge] for _, text, _, _ in labelled] for edge in (1, 3))
        if len(labelled) > 1 and not rows and max(bottoms) < min(tops):
            yield labelled[0][0].number, "its segments are not equally high"
        faults = []
        for page, *row in sorted(rows):  # none if one is below the other, as in large print: the years say how long
            own = [boxes[page, *row] for boxes in found]
            whole = _measure_row(labelled[0][0].untagged_shapes, own[0].box)
            wrong = (
                value
                for (_, _, value, colour), one in zip(labelled, own, strict=True)
                if abs(one.box[2] - one.box[0] - value / sum(values) * whole) > _TOLERANCE * whole + _SLACK
                or not (_is_alike(colour, one) or one.colour in _GREY_PRINT)
            )
            faults.append(next(wrong, None))
        if faults and None not in faults:
            yield labelled[0][0].number, f"a segment is not as long as its number, {faults[0]:g}, or in another colour"

    def _holds(self, node: TagNode, labels: Sequence[str]) -> bool:
        """Whether the items of a list print these letters and digits; a narrow segment prints none."""
        if len(node.elements) != len(labels):
            return False
        printed = ("".join(one.text for _, one in self._find_lines(item)) for item in node.elements)
        return labels == [*map(_sort_letters, printed)]

    def _find_ranking_faults(self, items: Sequence[str]) -> Iterator[tuple[int, str]]:  # bars unlike their numbers
        values = [_read_number(item) or 0.0 for item in items]
        bodies = [node for node in self._nodes if node.tag == "TBody"]
        for start in range(len(bodies)):
            rows = [row for body in bodies[start:] for row in body.elements][: len(values)]  # it may go on overleaf
            cells = [self._find_lines(row.elements[-1]) if row.elements else [] for row in rows]
            if [_read_number(lines[0][1].text) if lines else None for lines in cells] != values:
                continue
            self._nodes.remove(bodies[start])
            beside = [[one.box for one in _find_boxes_beside(*lines[0])] for lines in cells]
            lengths = [max((box[2] - box[0] for box in boxes), default=0.0) for boxes in beside]
            longest = max(lengths)
            for value, length, lines in zip(values, lengths, cells, strict=True):
                expected = value / max(values) * longest if any(values) else 0.0
                if abs(length - expected) > max(_TOLERANCE * longest + _SLACK, _LEAST_LENGTH):
                    yield lines[0][0].number, f"a bar is not as long as its number, {value:g}"
                    return
            return
        if values:
            yield 0, "its bars are not found"

    def _find_swatch_faults(
        self, items: Sequence[tuple[str, str]], drawn: Mapping[str, painted_objects.PaintedShape]
    ) -> Iterator[tuple[int, str]]:  # colours beside the choices that are not those of the map
        for node in self._nodes:
            lines = [self._find_lines(item) for item in node.elements]
            if node.tag != "L" or len(lines) != len(items) or not all(lines):
                continue
            if any(
                split_into_tokens(text) != split_into_tokens(" ".join(one.text for _, one in own))
                for (_, text), own in zip(items, lines, strict=True)
            ):
                continue
            for (name, text), own in zip(items, lines, strict=True):
                boxes = [one for one in _find_boxes_beside(*own[0]) if one.fills_box]
                box, shape = boxes[-1] if boxes else None, drawn.get(name)
                if box is None or (shape and shape.colour and box.colour and box.colour != shape.colour):
                    yield own[0][0].number, f"«{text}» has no colour beside it, or another than its shapes"
            return


def _sort_letters(text: str) -> str:  # and digits: a page may have its lines and runs in another order
    return "".join(sorted(filter(str.isalnum, normal_form(text))))


def _is_alike(given: painted_objects.Colour | None, shape: painted_objects.PaintedShape) -> bool:
    """Whether a shape has its colour. That of a pattern, or in a group, is not known."""
    if given is None or given in painted_objects.PATTERN_COLOURS or shape.turn:
        return True
    found = shape.colour
    return found is not None and all(abs(one - other) < _COLOUR_STEP for one, other in zip(given, found, strict=True))


def _find_boxes_under(
    page: PdfiumPage, text: painted_objects.PaintedText
) -> dict[tuple[int, ...], painted_objects.PaintedShape]:
    """The smallest filled boxes under the middle of a text, by page and height: of a segment and its label."""
    x, y = (text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2
    found = [
        one
        for one in page.untagged_shapes
        if one.box[0] <= x <= one.box[2]
        and one.box[1] <= y <= one.box[3] < one.box[1] + _HIGHEST_BAR * text.size
        and not one.hole
    ]
    found.sort(key=lambda one: one.box[0] - one.box[2])  # the shortest of a height comes last, and stays
    return {(page.number, round(one.box[1]), round(one.box[3])): one for one in found}


def _find_boxes_beside(page: PdfiumPage, text: painted_objects.PaintedText) -> list[painted_objects.PaintedShape]:
    """The boxes of about a text's height that begin or end beside it: its bar, or its swatch."""
    middle = (text.box[1] + text.box[3]) / 2
    return [
        one
        for one in page.untagged_shapes
        if one.box[1] - 1 < middle < one.box[3] + 1
        and one.box[3] - one.box[1] < 2 * text.size
        and min(abs(one.box[0] - text.box[2]), abs(one.box[2] - text.box[0])) < text.size
    ]


def _measure_row(shapes: Iterable[painted_objects.PaintedShape], row: painted_objects.Box) -> float:
    """How long all boxes of a row are together. A border is only read where it reaches beyond the boxes."""
    near = [one for one in shapes if abs(one.box[1] - row[1]) < _SLACK and abs(one.box[3] - row[3]) < _SLACK]
    left, right = math.inf, -math.inf
    for one in sorted(near, key=lambda one: one.may_have_hole):
        if (one.box[0] < left or one.box[2] > right) and not one.turn and not one.hole:
            left, right = min(left, one.box[0]), max(right, one.box[2])
    return right - left
