"""Charts made of boxes, in lists and tables: bars, segments and swatches compared with the numbers beside them."""

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from tipbrief.language.numbers import MINUS_SIGNS, NUMBER, parse_number
from tipbrief.language.unicode_text import normal_form
from tipbrief.load.svg_shapes import parse_colour
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify.html_text import split_into_tokens, text_without_tags
from tipbrief.verify.painted_objects import PATTERN_COLOURS, Box, Colour, PaintedShape, PaintedText
from tipbrief.verify.pdfium import MarkedText, PageFaults, PdfiumPage, PlacedText

# What is heard of a segment, and what is seen of it.
_SEGMENT = re.compile(
    r'<li class="segment\b[^>]*><span class="heard" hidden>(.*?)</span>'
    r'((?=<b aria-hidden|<span class="(?:segment-label|run)\b|</li>).*?)</li>',
    re.S,
)
# Not of one with hatching, which lies over its colour.
_BACKGROUND = re.compile(r'<(?:li|span) class="(?![^"]*hatched)[^"]*" style="[^"]*\bbackground-color: (#\w{6})')
_RANKED_CELL = re.compile(r'<th scope="row">.*?</th><td>(.*?)</td>', re.S)
# The bars of a row, and the number behind them; where a bar begins, and how long it is.
_TRACK = re.compile(r'<span class="track">(.*?)<span class="value">(.*?)(?=<span class="track">|$)', re.S)
_DOT = re.compile(r'<span class="dot\b[^>]*style="--at: ([\d.]+)"')
_HEARD = re.compile(r'<span class="heard" hidden>.*?</span>', re.S)
_AMOUNT = re.compile(r'<span class="(?:amount|between)\b[^>]*style="--start: ([\d.]+); --part: ([\d.]+)"')
_SWATCH = re.compile(r'<span class="swatch ([\w-]+)[^>]*></span>(.*?)</li>', re.S)
_GREY_PRINT = ((255, 255, 255), None)  # white, black or a pattern, in which a profile may print any colour
TOLERANCE = 0.01  # of the longest
SLACK = 0.6  # points
_COLOUR_STEP = 3  # of 255
_LEAST_LENGTH = 1.5  # points
_LEAST_ROOM = 12  # points, of the longest bar that there may be
_BAR_HEIGHT = 1.15  # sizes of the number behind it


class _Track(NamedTuple):  # a line of a row of bars: where they begin and how long they are, and its numbers
    bars: list[tuple[float, float]]
    numbers: list[float]
    dots: list[float]  # of a range

    @property
    def span(self) -> float:  # what its bars measure together
        return max(self.numbers) - min(self.numbers) if self.dots else abs(self.numbers[0])


class _DrawnTrack(NamedTuple):  # on its page
    page: int
    track: _Track
    is_rtl: bool
    boxes: list[Box]


class BoxFinder:
    """Finds the boxes beside and under the texts of lists and tables, and compares them with these."""

    def __init__(self, nodes: Sequence[TagNode], texts: MarkedText) -> None:
        self._nodes = [node for node in nodes if node.tag in ("L", "TBody")]
        self._texts = texts.painted_texts

    def find_faults(self, kind: str, section: str, drawn: Mapping[str, PaintedShape]) -> PageFaults:
        """The faults of a chart that is made of boxes, or of a map's legend, with their pages."""
        if kind in ("share", "strip"):
            found = [*_SEGMENT.finditer(section)]
            items = [[*map(text_without_tags, one.groups())] for one in found]
            colours = [parse_colour(next(iter(_BACKGROUND.findall(one[0])), "")) for one in found]
            yield from self._find_segment_faults(items, colours, is_share=kind == "share")
        elif kind == "bars":
            yield from self._find_ranking_faults([_read_tracks(cell) for cell in _RANKED_CELL.findall(section)])
        elif kind == "map":
            swatches = [(name, text_without_tags(text).strip()) for name, text in _SWATCH.findall(section)]
            yield from self._find_swatch_faults(swatches, drawn)

    def _find_lines(self, node: TagNode) -> list[PlacedText]:
        return [one for mark in node.iterate_marked_content() for one in self._texts.get(mark, ())]

    def _find_segment_faults(
        self, items: Sequence[Sequence[str]], colours: Sequence[Colour | None], *, is_share: bool
    ) -> PageFaults:  # not as long as their numbers or years, or in another colour
        numbers = [[read_number(found) or 0.0 for found in NUMBER.findall(heard)] for heard, _ in items]
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
        # What lies under all of several labels is their ground.
        rows = {row for row in rows if len({id(boxes[row]) for boxes in found}) > 1 or len(found) == 1}
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
                if abs(one.box[2] - one.box[0] - value / sum(values) * whole) > TOLERANCE * whole + SLACK
                or not (is_alike(colour, one) or one.colour in _GREY_PRINT)
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

    def _find_ranking_faults(self, tracks: Sequence[Sequence[_Track]]) -> PageFaults:
        """Bars that are not as long as their numbers, or do not begin where they do in the HTML."""
        if fault := _find_length_fault([track for row in tracks for track in row]):
            yield 0, fault
        printed = [sorted(abs(number) for track in row for number in track.numbers) for row in tracks]
        bodies = [node for node in self._nodes if node.tag == "TBody"]
        for start in range(len(bodies)):
            rows = [row for body in bodies[start:] for row in body.elements][: len(tracks)]  # it may go on overleaf
            cells = [self._find_lines(row.elements[-1]) if row.elements else [] for row in rows]
            texts = [[one for one in lines for _ in NUMBER.findall(one[1].text)] for lines in cells]
            numbers = (
                [abs(read_number(found) or 0.0) for _, text in lines for found in NUMBER.findall(text.text)]
                for lines in cells
            )
            if [*map(sorted, numbers)] != printed:
                continue
            self._nodes.remove(bodies[start])
            rows_of_tracks = list[_DrawnTrack]()
            for node, own, row in zip(rows, texts, tracks, strict=True):
                names = [name.box for _, name in self._find_lines(node.elements[0])]
                behind = [0, *accumulate(len(track.numbers) for track in row)]
                for track, (page, text) in zip(row, [own[at] for at in behind[:-1]], strict=True):
                    rows_of_tracks.append(_DrawnTrack(page.number, track, *_find_boxes_between(page, text, names)))
            yield from _find_bar_faults(rows_of_tracks)
            return
        if tracks:
            yield 0, "its bars are not found"

    def _find_swatch_faults(self, items: Sequence[tuple[str, str]], drawn: Mapping[str, PaintedShape]) -> PageFaults:
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
                boxes = [one for one in _find_boxes_beside(*own[0]) if one.fills_box]
                box, shape = boxes[-1] if boxes else None, drawn.get(name)
                if box is None or (shape and shape.colour and box.colour and box.colour != shape.colour):
                    yield own[0][0].number, f"«{text}» has no colour beside it, or another than its shapes"
            return


def _read_tracks(cell: str) -> list[_Track]:
    found = list[_Track]()
    for bars, value in _TRACK.findall(cell):
        words = text_without_tags(_HEARD.sub("", value))
        numbers = [read_number(words[max(one.start() - 1, 0) : one.end()]) or 0.0 for one in NUMBER.finditer(words)]
        shares = [(float(start), float(part)) for start, part in _AMOUNT.findall(bars)]
        dots = [float(at) for at in _DOT.findall(bars)]
        found.append(_Track(shares, numbers or [0.0], dots))
    return found


def _find_length_fault(tracks: Sequence[_Track]) -> str:
    """Whether the bars of the HTML are in proportion to their numbers, and all begin at one zero."""
    pairs = [(sum(part for _, part in track.bars), track.span) for track in tracks]
    longest = max(pairs, key=lambda pair: pair[1], default=(0.0, 0.0))
    for part, span in pairs:
        if longest[1] and abs(part - span / longest[1] * longest[0]) > TOLERANCE:
            return f"a bar is not as long as its number, {span:g}"
    zeros = [
        track.bars[0][0] if track.numbers[0] >= 0 else sum(track.bars[0])
        for track in tracks
        if track.bars and not track.dots
    ]
    return "a bar does not begin at zero" if zeros and max(zeros) - min(zeros) > TOLERANCE else ""


def _find_boxes_between(page: PdfiumPage, text: PaintedText, names: Sequence[Box]) -> tuple[bool, list[Box]]:
    """Whether a row of bars runs to the left, and its boxes from name to number; a border and its ground are one."""
    middle, is_rtl = (text.box[1] + text.box[3]) / 2, not names or names[0][0] > text.box[0]
    edges = [text.box[0], *(name[0] for name in names)] if is_rtl else [*(name[2] for name in names), text.box[2]]
    left, right = min(edges), max(edges) if names else math.inf
    found = list[Box]()
    for one in page.untagged_shapes:
        is_near = one.box[1] - 1 < middle < one.box[3] + 1 and one.box[3] - one.box[1] < _BAR_HEIGHT * text.size
        if is_near and left <= one.box[0] and one.box[2] <= right and (one.fills_box or one.hole):
            same = (box for box in found if abs(box[0] - one.box[0]) < 1 and abs(box[2] - one.box[2]) < 1)
            found += [] if next(same, None) else [one.box]
    return is_rtl, found


def _find_bar_faults(drawn: Sequence[_DrawnTrack]) -> PageFaults:
    """Bars and dots that do not stand where the HTML has them, by one scale for all rows."""
    widest = max((box[2] - box[0] for one in drawn for box in one.boxes), default=0.0)
    most = max((part for one in drawn for _, part in one.track.bars), default=0.0) or 1.0
    pairs, least = list[tuple[float, float]](), max(_LEAST_LENGTH, TOLERANCE * widest / most)
    if widest / most < _LEAST_ROOM and any(part for one in drawn for _, part in one.track.bars):
        yield drawn[0].page, "its bars have no room beside their numbers: it needs a wider column, or fewer digits"
        return
    for one in drawn:
        dots = [box for box in one.boxes if one.track.dots and abs(box[0] - box[2] + box[3] - box[1]) < SLACK]
        boxes = [box for box in one.boxes if box not in dots and box[2] - box[0] > least]
        wanted = [bar for bar in one.track.bars if bar[1] * widest / most > least]
        edges = sorted(((box[2], box[0]) if one.is_rtl else (box[0], box[2]) for box in boxes), reverse=one.is_rtl)
        if len(wanted) == len(edges):
            for (begin, part), ends in zip(wanted, edges, strict=True):
                pairs += [(begin, ends[0]), (begin + part, ends[1])]
        elif all(abs(part * widest / most - least) > least for _, part in one.track.bars):
            yield one.page, f"has {len(edges)} bars for {len(wanted)} parts of {one.track.numbers[0]:g}"
            return
        middles = sorted(((box[0] + box[2]) / 2 for box in dots), reverse=one.is_rtl)
        pairs += zip(sorted(one.track.dots), middles, strict=False) if len(dots) == len(one.track.dots) else []
    if len({share for share, _ in pairs}) > 1:
        scale, shift = fit_line([[share] for share, _ in pairs], [[x] for _, x in pairs])
        reach = max(TOLERANCE * abs(scale) + SLACK, _LEAST_LENGTH)
        if any(abs(scale * share + shift - x) > reach for share, x in pairs):
            yield drawn[0].page, "a bar is not as long as its number, or begins elsewhere"


def _sort_letters(text: str) -> str:  # and digits: a page may have its lines and runs in another order
    return "".join(sorted(filter(str.isalnum, normal_form(text))))


def _find_boxes_under(page: PdfiumPage, text: PaintedText) -> dict[tuple[int, ...], PaintedShape]:
    """The smallest filled boxes under the middle of a text, by page and height: of a segment and its label."""
    x, y = (text.box[0] + text.box[2]) / 2, (text.box[1] + text.box[3]) / 2
    found = [
        one
        for one in page.untagged_shapes
        if one.box[0] <= x <= one.box[2] and one.box[1] <= y <= one.box[3] and not one.hole
    ]
    found.sort(key=lambda one: one.box[0] - one.box[2])  # the shortest of a height comes last, and stays
    return {(page.number, round(one.box[1]), round(one.box[3])): one for one in found}


def _find_boxes_beside(page: PdfiumPage, text: PaintedText) -> list[PaintedShape]:
    """The boxes of about a text's height that begin or end beside it: its bar, or its swatch."""
    middle = (text.box[1] + text.box[3]) / 2
    return [
        one
        for one in page.untagged_shapes
        if one.box[1] - 1 < middle < one.box[3] + 1
        and one.box[3] - one.box[1] < 2 * text.size
        and min(abs(one.box[0] - text.box[2]), abs(one.box[2] - text.box[0])) < text.size
    ]


def _measure_row(shapes: Iterable[PaintedShape], row: Box) -> float:
    """How long all boxes of a row are together. A border is only read where it reaches beyond the boxes."""
    near = [one for one in shapes if abs(one.box[1] - row[1]) < SLACK and abs(one.box[3] - row[3]) < SLACK]
    left, right = math.inf, -math.inf
    for one in sorted(near, key=lambda one: one.may_have_hole):
        if (one.box[0] < left or one.box[2] > right) and not one.turn and not one.hole:
            left, right = min(left, one.box[0]), max(right, one.box[2])
    return right - left


def fit_line(
    given: Sequence[Sequence[float]], found: Sequence[Sequence[float]], *, without_spread: float = 0.0
) -> tuple[float, float]:
    """Scale and shift from given places to those that were found, by least squares."""
    xs, ys = ([value for pair in pairs for value in pair] for pairs in (given, found))
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    spread = sum((x - mean_x) ** 2 for x in xs)
    scale = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / spread if spread else without_spread
    return scale, mean_y - scale * mean_x


def read_number(text: str) -> float | None:
    """The first number of a text, in any digits; None if it has none."""
    words = text_without_tags(text)
    found = NUMBER.search(words)
    sign = -1 if found and words[: found.start()].endswith(MINUS_SIGNS) else 1
    return sign * float(parse_number(found[0])) if found else None


def is_alike(given: Colour | None, shape: PaintedShape) -> bool:
    """Whether a shape has its colour. That of a pattern, or in a group, is not known."""
    if given is None or given in PATTERN_COLOURS or shape.turn:
        return True
    found = shape.colour
    return found is not None and all(abs(one - other) < _COLOUR_STEP for one, other in zip(given, found, strict=True))
