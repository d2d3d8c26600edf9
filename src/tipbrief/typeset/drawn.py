"""Drawn: where on a page the parts of a drawing stand, rectangles, circles and paths, by their numbers."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from xml.etree.ElementTree import Element

Box = tuple[float, float, float, float]  # x, y, width, height

_STEP = re.compile(r"([a-zA-Z])([^a-zA-Z]*)")
_NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)")
# How many numbers a step of a path has, of which the last two are where it ends.
_NUMBERS = {"m": 2, "l": 2, "t": 2, "q": 4, "s": 4, "c": 6, "a": 7}


def drawn(svg: Element, place: Box, parts: Iterable[tuple[Element, int, str]]) -> Iterator[tuple[int, Box]]:
    """The boxes of some elements of a drawing that stands at a place, each with its mark.

    Of a path it is a part, where that is given.
    """
    view = [float(one) for one in _NUMBER.findall(svg.get("viewBox", ""))]
    if len(view) != 4 or min(view[2:]) <= 0:
        return
    scale = min(place[2] / view[2], place[3] / view[3])  # and what is left over stands on both sides
    left = place[0] + (place[2] - view[2] * scale) / 2 - view[0] * scale
    top = place[1] + (place[3] - view[3] * scale) / 2 - view[1] * scale
    for element, mark, part in parts:
        if box := _cut(_box(element, part), view):
            yield mark, (left + box[0] * scale, top + box[1] * scale, box[2] * scale, box[3] * scale)


def _box(element: Element, part: str) -> Box | None:
    kind = element.tag.rpartition("}")[2]
    if kind == "rect":
        x, y, width, height = _numbers(element, "x", "y", "width", "height")
        return x, y, width, height
    if kind == "circle":
        x, y, r = _numbers(element, "cx", "cy", "r")
        return x - r, y - r, 2 * r, 2 * r
    return _around(part or element.get("d", "")) if kind == "path" else None


def _numbers(element: Element, *names: str) -> list[float]:
    found = (_NUMBER.match(element.get(name, "")) for name in names)
    return [float(one[0]) if one else 0.0 for one in found]


@lru_cache(1000)  # the shapes of a map are the same on each sheet
def _around(path: str) -> Box | None:
    """What lies around the ends of a path's steps; a curve may lie a little beyond."""
    x, y, begin = 0.0, 0.0, (0.0, 0.0)
    points: list[tuple[float, float]] = []
    for letter, rest in _STEP.findall(path):
        step, own = letter.lower(), letter.islower()
        numbers = [float(one) for one in _NUMBER.findall(rest)]
        if step == "z":
            x, y = begin
        elif step in "hv":
            for number in numbers:
                x = number + x * own if step == "h" else x
                y = number + y * own if step == "v" else y
                points.append((x, y))
        else:
            size = _NUMBERS.get(step, 2)
            for end in range(size, len(numbers) + 1, size):
                x, y = numbers[end - 2] + x * own, numbers[end - 1] + y * own
                points.append((x, y))
                begin = (x, y) if step == "m" and end == size else begin
    if not points:
        return None
    left, top = min(x for x, _ in points), min(y for _, y in points)
    return left, top, max(x for x, _ in points) - left, max(y for _, y in points) - top


def _cut(box: Box | None, view: list[float]) -> Box | None:
    """What is seen of a box in the part of the canvas that is shown."""
    if box is None:
        return None
    left, top = max(box[0], view[0]), max(box[1], view[1])
    right, foot = min(box[0] + box[2], view[0] + view[2]), min(box[1] + box[3], view[1] + view[3])
    return (left, top, right - left, foot - top) if right > left and foot > top else None
