"""Map simplification: outlines in degrees are projected and made coarser. Neighbours keep a common border.

Only functions import shapely, which loads numpy: few publications have shapes of their own.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import accumulate, pairwise
from typing import Any

Point = tuple[float, float]
GridPoint = tuple[int, int]
LonLat = tuple[float, float]
# A shape in degrees: a point, polygons, or nothing, as shapely has them. An empty one is off the map.
Outline = Any
CANVAS_WIDTH = 2000  # units
_MARGIN = 3
_MAX_HEIGHT_SHARE = 0.75  # of the width
_PRECISION = 1 / 8  # units. Borders are compared in these steps: neighbours may differ in the last digit
_COARSENESS = 3.0  # units: of a corner that is dropped, the square root of its area
_SMALLEST_PART, _SMALLEST_SHAPE = 12.0, 24.0  # square units; a smaller part is left out, a smaller shape is a dot
_MAX_MENDED_LENGTH = 50  # times the longer side of its bounds
_MAX_REGION_WIDTH, _MAX_REGION_HEIGHT = 120, 90  # degrees: larger regions have the projection of the world
_RING, _NUMBER = re.compile(r"([Mm])(-?[\d.]+)[ ,]?(-?[\d.]+)l([^z]*)z"), re.compile(r"-?[\d.]+")
_MAIN_PART_SHARE = 0.2  # of the largest part: smaller ones are not of the main part


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape on the canvas: the path of its outline, a point inside, its bounds. The path of a dot is empty."""

    path: str
    x: float
    y: float
    left: float
    top: float
    right: float
    bottom: float

    def is_small(self, width: int, part: float) -> bool:
        """Whether it is a dot, or smaller than this part of a map of that width."""
        return max(self.right - self.left, self.bottom - self.top) < part * width

    def overlaps_box(self, box: tuple[int, int, int, int]) -> bool:
        """Whether its bounds overlap a part of the canvas: left, top, width, height."""
        x, y, width, height = box
        return self.left <= x + width and self.right >= x and self.top <= y + height and self.bottom >= y


def simplify_outlines(outlines: Mapping[str, Outline]) -> tuple[int, dict[str, Shape]]:
    """The height of the canvas, and the shapes that are on the map. ValueError if one cannot be mended."""
    import numpy
    import shapely

    there = {name: outline for name, outline in outlines.items() if not outline.is_empty}
    if not there:
        return CANVAS_WIDTH // 2, {}
    project = choose_projection(shapely.get_coordinates([*there.values()]).tolist())
    flat = shapely.transform([*there.values()], lambda places: numpy.array([*map(project, places.tolist())]))
    height, placed = _scale_to_canvas(flat)
    large = [_leave_out_small_parts(name, one) for name, one in zip(there, placed, strict=True)]
    # All at once, so that the borders between them stay common.
    coarse = shapely.coverage_simplify(large, _COARSENESS)
    drawn = shapely.orient_polygons(shapely.set_precision(coarse, 1, mode="pointwise"))
    return height, {name: _build_shape(*both) for name, *both in zip(there, drawn, placed, strict=True)}


def project_natural_earth(place: LonLat) -> Point:
    """A point in the Natural Earth projection (Savric, Patterson, Jenny 2011)."""
    x, y = math.radians(place[0]), math.radians(place[1])
    y2 = y * y
    y4 = y2 * y2
    stretch = 0.8707 - 0.131979 * y2 + y4 * (-0.013791 + y4 * (0.003971 * y2 - 0.001529 * y4))
    return x * stretch, -y * (1.007226 + y2 * (0.015085 + y4 * (-0.044475 + 0.028874 * y2 - 0.005916 * y4)))


def _equal_area_projection(north: float) -> Callable[[LonLat], Point]:  # Lambert's
    sine, cosine = math.sin(math.radians(north)), math.cos(math.radians(north))

    def project(place: LonLat) -> Point:
        x, y = math.radians(place[0]), math.radians(place[1])
        facing = math.cos(y) * math.cos(x)
        stretch = math.sqrt(2 / (1 + sine * math.sin(y) + cosine * facing))
        return stretch * math.cos(y) * math.sin(x), -stretch * (cosine * math.sin(y) - sine * facing)

    return project


def choose_projection(places: Sequence[LonLat]) -> Callable[[LonLat], Point]:
    """The projection of a map with these places: equal-area, or that of the world if they span much of it."""
    easts, norths = zip(*places, strict=True)
    west, span = _longitude_span(easts)
    south, north = min(norths), max(norths)
    is_large = span > _MAX_REGION_WIDTH or north - south > _MAX_REGION_HEIGHT
    project = project_natural_earth if is_large else _equal_area_projection((south + north) / 2)
    centre = west + span / 2
    return lambda place: project(((place[0] - centre + 180) % 360 - 180, place[1]))


def _longitude_span(easts: Sequence[float]) -> tuple[float, float]:
    found = sorted({*easts})
    gap, west = max((b - a, b) for a, b in pairwise([*found, found[0] + 360]))
    # A wider region is cut at the date line, as files of the world are: a gap may lie inside a shape.
    return (west, 360 - gap) if gap >= 360 - _MAX_REGION_WIDTH else (-180.0, 360.0)


def _scale_to_canvas(flat: Any) -> tuple[int, Any]:  # the height, the outlines
    import shapely

    points = shapely.get_coordinates(flat)
    (left, top), (right, bottom) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    room = CANVAS_WIDTH - 2 * _MARGIN
    wide, high = max(right - left, 1e-9), max(bottom - top, 1e-9)
    scale = min(room / wide, room * _MAX_HEIGHT_SHARE / high)
    inset = (room - wide * scale) / 2 + _MARGIN
    placed = shapely.transform(flat, lambda points: (points - (left, top)) * scale + (inset, _MARGIN))
    return math.ceil(high * scale) + 2 * _MARGIN, shapely.set_precision(placed, _PRECISION, mode="pointwise")


def _leave_out_small_parts(name: str, shape: Any) -> Any:
    """The larger polygons of a shape, without their small holes; nothing if it is too small to be seen."""
    import shapely

    if shape.area < _SMALLEST_SHAPE:
        return shapely.MultiPolygon()
    *small, largest = sorted(shapely.get_parts(shape), key=shapely.area)
    kept = [largest, *(part for part in small if part.area >= _SMALLEST_PART)]
    polygons = [one for part in kept for one in shapely.get_parts(_mend_part(name, part)) if one.area]
    return shapely.MultiPolygon([(one.exterior, [*_iterate_holes(one, _SMALLEST_PART)]) for one in polygons])


def _mend_part(name: str, part: Any) -> Any:
    import shapely

    if shapely.is_valid(part):
        return part
    # The number of crossings grows with the square of the length, and the time with more than that number.
    left, top, right, bottom = part.bounds
    if part.length > _MAX_MENDED_LENGTH * max(right - left, bottom - top):
        raise ValueError(f"the shape '{name}' cannot be drawn: its outline crosses itself again and again")
    return shapely.make_valid(part, method="structure", keep_collapsed=False)


def _iterate_holes(part: Any, smallest: float) -> Iterator[Any]:
    import shapely

    return (hole for hole in part.interiors if shapely.Polygon(hole).area >= smallest)


def _build_shape(drawn: Any, placed: Any) -> Shape:
    """A shape with its largest part first; a dot where it is ``placed`` if nothing of it is ``drawn``."""
    import shapely

    *_, largest = sorted(shapely.get_parts(placed), key=shapely.area)
    parts = sorted([part for part in shapely.get_parts(drawn) if part.area], key=shapely.area, reverse=True)
    if not parts:
        x, y = map(round, shapely.envelope(largest).centroid.coords[0])
        return Shape("", x, y, x, y, x, y)
    valid = shapely.is_valid(parts[0])
    inside = shapely.maximum_inscribed_circle(parts[0], tolerance=1) if valid else shapely.envelope(parts[0]).centroid
    rings = [ring for part in parts for ring in (part.exterior, *_iterate_holes(part, 1))]
    path = svg_path([[(round(x), round(y)) for x, y in ring.coords[:-1]] for ring in rings])
    x, y = (round(number, 1) for number in inside.coords[0])
    return Shape(path, x, y, *map(round, shapely.total_bounds(parts)))


def svg_path(rings: Sequence[Sequence[GridPoint]]) -> str:
    """Rings as an SVG path. It starts at an absolute point, so that paths can be joined."""
    parts = []
    origin: GridPoint | None = None
    for ring in rings:
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring) if a != b]
        x, y = ring[0]
        parts.append(f"M{x} {y}" if origin is None else "m" + _format_pairs([(x - origin[0], y - origin[1])]))
        parts.append("l" + _format_pairs(steps) + "z")
        origin = ring[0]
    return "".join(parts)


def _format_pairs(steps: Sequence[GridPoint]) -> str:
    return " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")


@cache
def _read_rings(path: str) -> tuple[tuple[Point, ...], ...]:
    rings, start = list[tuple[Point, ...]](), (0.0, 0.0)
    for letter, x, y, steps in _RING.findall(path):
        first = (float(x), float(y))
        start = (start[0] + first[0], start[1] + first[1]) if letter == "m" else first
        numbers = [float(found) for found in _NUMBER.findall(steps)]
        across, down = accumulate(numbers[::2], initial=start[0]), accumulate(numbers[1::2], initial=start[1])
        rings.append((*zip(across, down, strict=True),))
    return tuple(rings)


@cache
def _find_main_rings(path: str) -> tuple[tuple[Point, ...], ...]:  # without overseas islands
    rings = _read_rings(path)
    sizes = [(max(xs) - min(xs)) * (max(ys) - min(ys)) for xs, ys in (zip(*ring, strict=True) for ring in rings)]
    return tuple(ring for ring, size in zip(rings, sizes, strict=True) if size >= _MAIN_PART_SHARE * max(sizes))


def main_path(path: str) -> str:
    """The path without small parts."""
    rings = _find_main_rings(path)
    short = "".join(f"M{'L'.join(f'{x:g} {y:g}' for x, y in ring)}z" for ring in rings)
    return short if len(rings) < len(_read_rings(path)) else path


@cache
def main_part_bounds(shape: Shape) -> tuple[float, float, float, float]:
    """The bounds of a shape without small distant parts."""
    if not (points := [point for ring in _find_main_rings(shape.path) for point in ring]):
        return shape.left, shape.top, shape.right, shape.bottom
    xs, ys = zip(*points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def is_in_path(path: str, place: Point) -> bool:
    """Whether a point lies inside the shape of a path."""
    x, y = place
    edges = (edge for ring in _read_rings(path) for edge in pairwise([*ring, ring[0]]))
    crossed = ((ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax) for (ax, ay), (bx, by) in edges)
    return sum(crossed) % 2 == 1
