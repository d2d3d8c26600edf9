"""SVG shapes: the shapes of a drawing in the HTML, with their places and colours."""

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

from tipbrief.verify.painted_objects import Box, Colour

_NOT_DRAWN = re.compile(r"<(defs|style|title)\b.*?</\1>", re.S)
_SHAPE = re.compile(r"<(rect|circle|path)\b([^>]*)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_HEX_COLOUR = re.compile("#[0-9A-Fa-f]{6}")
_PATH_STEP = re.compile(r"([MmLlHhVvAaZz])([^MmLlHhVvAaZz]*)")
_COORDINATE = re.compile(r"-?(?:\d++\.?+\d*+|\.\d+)")


@dataclass(frozen=True, slots=True)
class SvgShape:
    """A shape of an SVG drawing: its classes, its box with y downwards, and its colour; None for a pattern."""

    classes: tuple[str, ...]
    box: Box
    colour: Colour | None


def read_shapes(inner: str) -> list[SvgShape]:
    """The shapes between the tags of an svg element, in order."""
    found, is_styled = [], "<style" in inner
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
            if not (bound := _bound_path(given.get("d", ""))):
                continue  # a line of single points, which their markers show
            box = bound
        colour = given.get("fill", "") if given.get("fill") != "none" else given.get("stroke", "")
        classes = tuple(given.get("class", "").split())
        # A style within the drawing, as that of grey prints, gives other colours.
        found.append(SvgShape(classes, narrow_marker(classes, box), None if is_styled else parse_colour(colour)))
    return found


def parse_colour(text: str) -> Colour | None:
    """A colour such as #0b3540; None for a pattern."""
    red, green, blue = bytes.fromhex(text[1:]) if _HEX_COLOUR.fullmatch(text) else (-1, -1, -1)
    return (red, green, blue) if red >= 0 else None


def narrow_marker(classes: tuple[str, ...], box: Box) -> Box:
    """Of a marker its middle alone: its line and its arcs reach further than its points."""
    middle = ((box[0] + box[2]) / 2, (box[1] + box[3]) / 2)
    return (*middle, *middle) if "point" in classes else box


@lru_cache(256)
def _bound_path(path: str) -> Box | None:
    """The box around the points of a path; a start from which nothing is drawn is none of them."""
    xs, ys = list[float](), list[float]()
    x = y = start_x = start_y = 0.0
    at_start = True
    for command, text in _PATH_STEP.findall(path):
        try:
            values = [*map(float, text.replace("-", " -").replace(",", " ").split())]
        except ValueError:  # nothing but a point stands between two of them
            values = [*map(float, _COORDINATE.findall(text))]
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
        if kind == "M":
            x, y = start_x, start_y = across.pop(0), down.pop(0)
            at_start = True
        if across or down:
            xs += [x] * at_start + (across or [x])
            ys += [y] * at_start + (down or [y])
            x, y = xs[-1], ys[-1]
            at_start = False
    return (min(xs), min(ys), max(xs), max(ys)) if xs else None
