"""SVG shapes: the shapes of a drawing in the HTML, with their places and colours."""

import re
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache

from tipbrief.verify.painted_objects import Box, Colour

_NOT_DRAWN = re.compile(r"<(defs|style|title)\b.*?</\1>", re.S)
_SHAPE = re.compile(r"<(rect|circle|path)\b([^>]*)/>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_HEX_COLOUR = re.compile("#[0-9A-Fa-f]{6}")


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
        elif bound := _bound_path(given.get("d", "")):
            box = bound
        else:
            continue  # a line of single points, which their markers show
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
    """The box around the points of a path; None without points, or if it is no path.

    A start from which nothing is drawn is none of them.
    """
    # Few pages that are verified alone have drawings; with WeasyPrint, fontTools is loaded anyway.
    from fontTools.pens.boundsPen import ControlBoundsPen
    from fontTools.svgLib.path import parse_path

    pen = ControlBoundsPen(None, ignoreSinglePoints=True)
    with suppress(ValueError, LookupError, ArithmeticError):
        parse_path(path, pen)
        return pen.bounds  # type: ignore[no-any-return]  # fontTools has no types
    return None
