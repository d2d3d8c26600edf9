"""SVG shapes: the shapes of a drawing in the HTML, with their places and colours."""

import re
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import NamedTuple

Box = tuple[float, float, float, float]  # left, top, right, bottom: y goes downwards
Colour = tuple[int, int, int]

_NOT_DRAWN = re.compile(r"<(defs|style|title)\b.*?</\1>", re.S)
_SHAPE = re.compile(r"<(rect|circle|path)\b([^>]*)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
NUMBER = re.compile(r"-?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_HEX_COLOUR = re.compile("#[0-9A-Fa-f]{6}")


class SvgShape(NamedTuple):
    """A shape of an SVG drawing: its classes, its box, and its colour; None for a pattern."""

    classes: tuple[str, ...]
    box: Box
    colour: Colour | None


def read_shapes(inner: str) -> list[SvgShape]:
    """The shapes between the tags of an svg element, in order."""
    found, is_styled = [], "<style" in inner
    for name, text in _SHAPE.findall(_NOT_DRAWN.sub("", inner)):
        given = dict(_ATTRIBUTE.findall(text))
        if (box := bound_shape(name, given)) is None:
            continue  # a bar for zero, or a line of single points, which their markers show
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


def bound_shape(name: str, attributes: Mapping[str, str]) -> Box | None:
    """The box around a rectangle, a circle or a path; None around what is none of these, or not drawn."""
    if name == "rect":
        x, y, width, height = _read_numbers(attributes, "x", "y", "width", "height")
        return (x, y, x + width, y + height) if width and height else None
    if name == "circle":
        x, y, radius = _read_numbers(attributes, "cx", "cy", "r")
        return x - radius, y - radius, x + radius, y + radius
    return _bound_path(attributes.get("d", "")) if name == "path" else None


def _read_numbers(attributes: Mapping[str, str], *names: str) -> list[float]:
    found = (NUMBER.match(attributes.get(name, "")) for name in names)
    return [float(one[0]) if one else 0.0 for one in found]


@lru_cache(1000)  # the shapes of a map are the same on each sheet
def _bound_path(path: str) -> Box | None:  # None without points, or if it is no path
    # Few pages that are verified alone have drawings; with WeasyPrint, fontTools is loaded anyway.
    from fontTools.pens.boundsPen import ControlBoundsPen
    from fontTools.svgLib.path import parse_path

    if not path.lstrip().startswith(("M", "m")):  # older versions of fontTools find a path in it
        return None
    pen = ControlBoundsPen(None, ignoreSinglePoints=True)
    with suppress(ValueError, LookupError, ArithmeticError):
        parse_path(path, pen)
        return pen.bounds  # type: ignore[no-any-return]  # fontTools has no types
    return None
