"""Drawings: the shapes of charts and maps on the page, compared with the shapes and the numbers of the HTML.

Each shape of an SVG drawing stands in the PDF as a path of its figure, in the same order. Positions are compared by one
scale and shift for the whole drawing; lengths and heights with the numbers of the table that screen readers get.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import unescape
from itertools import accumulate

import pikepdf

from tipbrief.pdf.tag_tree import MarkedContent, TagNode
from tipbrief.verify.html_text import split_into_tokens
from tipbrief.verify.painted_objects import Box, PaintedObject, PaintedShape, PaintedText, intersect, unite
from tipbrief.verify.pdfium import PdfiumDocument, PdfiumPage

_SECTION = re.compile(r'<section class="chart (\w+)".*?</section>', re.S)
_SVG = re.compile(r'<svg\b([^>]*\brole="img"[^>]*)>(.*?)</svg>', re.S)
_NOT_DRAWN = re.compile(r"<(defs|style|title)\b.*?</\1>", re.S)
_SHAPE = re.compile(r"<(rect|circle|path)\b([^>]*)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_TITLE = re.compile(r"<h\d\b[^>]*\bdata-label=\"([^\"]*)\"")
_NUMBERS_TABLE = re.compile(r'<table class="numbers">.*?</table>', re.S)
_ROW, _CELL = re.compile(r"<tr>(.*?)</tr>", re.S), re.compile(r"<t[hd]\b[^>]*>(.*?)</t[hd]>", re.S)
_SEGMENT = re.compile(r'<li class="segment\b[^>]*><span class="heard" hidden>(.*?)</span>', re.S)
_RANKED = re.compile(r'<span class="amount"[^>]*></span><span class="value">(.*?)</td>', re.S)
_SWATCH = re.compile(r'<span class="swatch ([\w-]+)[^>]*></span>(.*?)</li>', re.S)
_TICK = re.compile(r'<span style="width: [\d.]+%">([^<]*)</span>')
_PATH_STEP = re.compile(r"([MmLlHhVvAaZz])([^MmLlHhVvAaZz]*)")
_COORDINATE = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
_NUMBER = re.compile(r"\d+(?:[\u066b\u066c.,]\d+)*")
_TAG = re.compile(r"<[^>]*>")
PageName = tuple[int, int]  # the number of its object in the PDF
_TOLERANCE = 0.01  # of the longest
_SLACK = 0.6  # points
_LEAST_BAR = 0.035  # of the highest: a number above zero is always drawn
_LEAST_LENGTH = 1.5  # points
_COVER = 0.02  # of a drawing that something painted later may hide
_AXIS_DEPTH = 24.0  # points below a drawing


@dataclass(frozen=True, slots=True)
class _Shape:
    """A shape of an SVG drawing: its classes, its box with y downwards, and whether it is filled."""

    classes: tuple[str, ...]
    box: Box
    filled: bool


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
    swatches: dict[str, dict[str, PaintedShape]] = {}
    for drawing in _SVG.finditer(html):
        section = next((one for one in sections if one.start() < drawing.start() < one.end()), None)
        text = section[0] if section else ""
        title = unescape(next(iter(_TITLE.findall(text)), "QR"))
        drawn = _read_shapes(drawing[2])
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
            tones = [(one.classes[0], shape) for one, shape in zip(drawn, figure.shapes, strict=True) if one.classes]
            swatches[text] = {name: shape for name, shape in tones if shape.is_filled}
        yield from ((figure.page.number, f"the drawing of «{title}» {fault}") for fault in faults)
    finder = _BoxFinder(root, pages)
    for section in sections:
        title = unescape(next(iter(_TITLE.findall(section[0])), section[1]))
        for page, fault in finder.find_faults(section[1], section[0], swatches.get(section[0], {})):
            yield page, f"the chart «{title}»: {fault}"


def _find_figures(root: TagNode, pages: Mapping[PageName, PdfiumPage]) -> Iterator[_Figure]:
    for node in root.walk():
        marks = [mark for mark in node.iterate_marked_content() if mark.page in pages] if node.tag == "Figure" else []
        painted = [one for mark in marks for one in pages[mark.page].objects if one.mark == mark.number]
        if shapes := tuple(one for one in painted if isinstance(one, PaintedShape)):
            yield _Figure(pages[marks[0].page], shapes)


def _read_shapes(inner: str) -> list[_Shape]:
    found = []
    for name, text in _SHAPE.findall(_NOT_DRAWN.sub("", inner)):
        given = dict(_ATTRIBUTE.findall(text))
        if name == "rect":
            x, y, wide, high = (float(given[key]) for key in ("x", "y", "width", "height"))
            if not wide or not high:
                continue  # a bar for zero is not drawn
            box = (x, y, x + wide, y + high)
        elif name == "circle":
            x, y, radius = (float(given[key]) for key in ("cx", "cy", "r"))
            box = (x - radius, y - radius, x + radius, y + radius)
        else:
            box = _bound_path(given.get("d", ""))
        found.append(_Shape(tuple(given.get("class", "").split()), box, given.get("fill") != "none"))
    return found


@lru_cache(256)
def _bound_path(path: str) -> Box:
    """The box around the points of a path."""
    xs, ys = list[float](), list[float]()
    x = y = start_x = start_y = 0.0
    for command, text in _PATH_STEP.findall(path):
        values = [float(number) for number in _COORDINATE.findall(text)]
        relative = command.islower()
        kind = command.upper()
        if kind == "Z":
            x, y = start_x, start_y
            continue
        if kind == "A":
            values = [value for place, value in enumerate(values) if place % 7 > 4]
        across = values if kind == "H" else [] if kind == "V" else values[::2]
        down = values if kind == "V" else [] if kind == "H" else values[1::2]
        if relative:
            across = [*accumulate(across, initial=x)][1:]
            down = [*accumulate(down, initial=y)][1:]
        xs += across or [x]
        ys += down or [y]
        x, y = xs[-1], ys[-1]
        if kind == "M":
            start_x, start_y = (across[0], down[0])
    return (min(xs), min(ys), max(xs), max(ys)) if xs else (0.0, 0.0, 0.0, 0.0)


def _find_shape_faults(figure: _Figure, drawn: Sequence[_Shape], attributes: str) -> Iterator[str]:
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
    for shape, box in zip(drawn, painted, strict=True):
        centre = ((shape.box[0] + shape.box[2]) / 2, (shape.box[1] + shape.box[3]) / 2)
        x, y = (
            scale * value + shift for value, (scale, shift) in zip(centre, (left_to_right, top_to_bottom), strict=True)
        )
        if abs((box[0] + box[2]) / 2 - x) > tolerance or abs((box[1] + box[3]) / 2 - y) > tolerance:
            yield f"has a shape in another place ({' '.join(shape.classes)})"
            break
    if any(shape.turn or not shape.is_opaque for shape in figure.shapes):
        yield "is faded, or stands in a group"
    if cover := _find_cover(figure, whole):
        yield cover


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


def _find_value_faults(kind: str, figure: _Figure, drawn: Sequence[_Shape], section: str) -> Iterator[str]:
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
    if kind == "map":
        yield from _find_colour_faults(shapes)


def _find_colour_faults(shapes: Sequence[tuple[_Shape, PaintedShape]]) -> Iterator[str]:
    colours: dict[str, set[object]] = {}
    for one, shape in shapes:
        if one.classes and one.classes[0].startswith("tone-"):
            colours.setdefault(one.classes[0], set()).add(shape.colour)
    if any(len(found) > 1 for found in colours.values()):
        yield "has two colours for one choice"


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

    def find_faults(self, kind: str, section: str, drawn: Mapping[str, PaintedShape]) -> Iterator[tuple[int, str]]:
        """The faults of a chart that is made of boxes, and of a map's legend."""
        if kind in ("share", "strip"):
            items = [unescape(_TAG.sub("", text)) for text in _SEGMENT.findall(section)]
            yield from self._find_segment_faults(items, is_share=kind == "share")
        elif kind == "bars":
            yield from self._find_ranking_faults([unescape(_TAG.sub("", text)) for text in _RANKED.findall(section)])
        elif kind == "map":
            swatches = [(name, unescape(_TAG.sub("", text)).strip()) for name, text in _SWATCH.findall(section)]
            yield from self._find_swatch_faults(swatches, drawn)

    def _find_lines(self, node: TagNode) -> list[tuple[PdfiumPage, PaintedText]]:
        return [one for mark in node.iterate_marked_content() for one in self._texts.get(mark, ())]

    def _find_segment_faults(self, items: Sequence[str], *, is_share: bool) -> Iterator[tuple[int, str]]:
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
        found: list[tuple[float, PdfiumPage, Box]] = []
        for value, item in zip(values, node.elements, strict=True):
            for page, text in self._find_lines(item)[:1]:
                if box := _find_box_under(page, text):
                    found.append((value, page, box))
        rows = {(page.number, round(box[1]), round(box[3])) for _, page, box in found}
        if len(rows) != 1:
            return  # one below the other, as in large print: the years say how long
        page, row = found[0][1], found[0][2]
        bar = unite([box for one in page.objects if _is_in_row(one, row) for box in [one.box]])
        for value, _, box in found:
            expected = value / sum(values) * (bar[2] - bar[0])
            if abs(box[2] - box[0] - expected) > _TOLERANCE * (bar[2] - bar[0]) + _SLACK:
                yield page.number, f"a segment is not as long as its number, {value:g}"
                return

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

    def _find_swatch_faults(
        self, items: Sequence[tuple[str, str]], drawn: Mapping[str, PaintedShape]
    ) -> Iterator[tuple[int, str]]:
        """Colours beside the choices that are not those of the map."""
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
                box, shape = _find_swatch_beside(*own[0]), drawn.get(name)
                if shape is None or shape.colour is None or box is None or box.colour is None:
                    continue
                if box.colour != shape.colour:
                    yield own[0][0].number, f"«{text}» has another colour than its shapes"
            return


def _find_box_under(page: PdfiumPage, text: PaintedText) -> Box | None:
    """The smallest filled box under the middle of a text."""
    x, y = (text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2
    found = [
        one.box
        for one in page.objects
        if isinstance(one, PaintedShape)
        and one.mark < 0
        and one.is_filled
        and not one.hole
        and one.box[0] <= x <= one.box[2]
        and one.box[1] <= y <= one.box[3]
    ]
    return min(found, key=lambda box: (box[2] - box[0]) * (box[3] - box[1]), default=None)


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
