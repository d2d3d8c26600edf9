"""Chart boxes: the bars, segments and swatches that are boxes beside or under their numbers, compared with these."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.unicode_text import normal_form
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify.html_text import split_into_tokens, text_without_tags
from tipbrief.verify.marked_text import MarkedText, PlacedText
from tipbrief.verify.painted_objects import PATTERN_COLOURS, Box, Colour, PaintedShape, PaintedText, unite
from tipbrief.verify.pdfium import PdfiumPage
from tipbrief.verify.svg_shapes import parse_colour

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
TOLERANCE = 0.01  # of the longest
SLACK = 0.6  # points
_COLOUR_STEP = 3  # of 255
_GREY_PRINT = ((255, 255, 255), None)  # white, black or a pattern, in which a profile may print any colour
_LEAST_LENGTH = 1.5  # points
_HIGHEST_BAR = 6  # sizes of the text on it


def read_number(text: str) -> float | None:
    """The first number of a text in any digits."""
    found = NUMBER.search(text_without_tags(text))
    return float(parse_number(found[0])) if found else None


class BoxFinder:
    """Looks for the boxes beside and under the texts of lists and tables."""

    def __init__(self, nodes: Sequence[TagNode], texts: MarkedText) -> None:
        self._nodes = [node for node in nodes if node.tag in ("L", "TBody")]
        self._texts = texts.painted_texts

    def find_faults(self, kind: str, section: str, drawn: Mapping[str, PaintedShape]) -> Iterator[tuple[int, str]]:
        """The faults of a chart that is made of boxes, and of a map's legend."""
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
        self, items: Sequence[Sequence[str]], colours: Sequence[Colour | None], *, is_share: bool
    ) -> Iterator[tuple[int, str]]:
        """Segments of one bar that are not as long as their numbers, or as their years, or in another colour."""
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
        bottoms, tops = ([text.box[edge] for _, text, _, _ in labelled] for edge in (1, 3))
        if len(labelled) > 1 and not rows and max(bottoms) < min(tops):
            yield labelled[0][0].number, "its segments are not equally high"
        faults = []
        for page, *row in sorted(rows):  # none if one is below the other, as in large print: the years say how long
            own = [boxes[page, *row] for boxes in found]
            bar = unite([one.box for one in labelled[0][0].untagged_shapes if _is_in_row(one, own[0].box)])
            whole = bar[2] - bar[0]
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

    def _find_ranking_faults(self, items: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Bars beside their numbers that are not as long as these."""
        values = [read_number(item) or 0.0 for item in items]
        bodies = [node for node in self._nodes if node.tag == "TBody"]
        for start in range(len(bodies)):
            rows = [row for body in bodies[start:] for row in body.elements][: len(values)]  # it may go on overleaf
            cells = [self._find_lines(row.elements[-1]) if row.elements else [] for row in rows]
            if [read_number(lines[0][1].text) if lines else None for lines in cells] != values:
                continue
            self._nodes.remove(bodies[start])
            beside = [[one.box for one in _find_boxes_beside(*lines[0])] for lines in cells]
            lengths = [max((box[2] - box[0] for box in boxes), default=0.0) for boxes in beside]
            longest = max(lengths)
            for value, length, lines in zip(values, lengths, cells, strict=True):
                expected = value / max(values) * longest if any(values) else 0.0
                if abs(length - expected) > max(TOLERANCE * longest + SLACK, _LEAST_LENGTH):
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
                boxes = [one for one in _find_boxes_beside(*own[0]) if one.fills_box]
                box, shape = boxes[-1] if boxes else None, drawn.get(name)
                if box is None or (shape and shape.colour and box.colour and box.colour != shape.colour):
                    yield own[0][0].number, f"«{text}» has no colour beside it, or another than its shapes"
            return


def _sort_letters(text: str) -> str:
    """The letters and digits of a text, sorted: a page may have its lines and runs in another order."""
    return "".join(sorted(filter(str.isalnum, normal_form(text))))


def is_alike(given: Colour | None, shape: PaintedShape) -> bool:
    """Whether a shape has its colour. That of a pattern, or in a group, is not known."""
    if given is None or given in PATTERN_COLOURS or shape.turn:
        return True
    found = shape.colour
    return found is not None and all(abs(one - other) < _COLOUR_STEP for one, other in zip(given, found, strict=True))


def _find_boxes_under(page: PdfiumPage, text: PaintedText) -> dict[tuple[int, ...], PaintedShape]:
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


def _is_in_row(one: PaintedShape, row: Box) -> bool:
    return abs(one.box[1] - row[1]) < SLACK and abs(one.box[3] - row[3]) < SLACK and not one.turn and not one.hole
