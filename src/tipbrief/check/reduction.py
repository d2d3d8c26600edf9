"""Reduction: outlines in degrees are laid flat and made coarser; each border once, so that neighbours fit."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tipbrief.check.outlines import Cell, Point, Ring, area, bounds, locate, middle, path, simplify, tidy
from tipbrief.load.geojson import Degrees, Outline

WIDTH = 2000  # of the canvas
_MARGIN = 3
_MOST_HEIGHT = 0.75  # of the width
_FINE = 8  # parts of a unit, in which borders are compared: neighbours may differ in the last digit
# Corners that span less than so many square units are dropped, but never more than this part of a ring.
_COARSENESS, _SHARE = 40.0, 0.02
_SMALLEST_PART, _SMALLEST_SHAPE = 12.0, 24.0  # square units; what is smaller is left out, or a dot
_FEW = 400  # corners
_WIDE, _HIGH = 120, 90  # degrees: what reaches farther is drawn as the world is

Line = tuple[Cell, ...]
Rings = list[tuple[Line, bool]]  # each with whether it is a hole


@dataclass(frozen=True, slots=True)
class Reduced:
    """A shape on the canvas: its path, empty where it is a dot; a point inside; left, top, right, bottom."""

    path: str
    point: Cell
    bounds: tuple[int, int, int, int]


def reduced(outlines: Mapping[str, Outline]) -> tuple[int, dict[str, Reduced]]:
    """The height of the canvas, and each shape that is on the map."""
    height, shapes = _on_canvas(_flat(outlines))
    borders = _borders_of(shapes)
    return height, {name: _drawn(rings, borders) for name, rings in shapes.items() if rings}


def natural_earth(place: Degrees) -> Point:
    """A place on the plane of the Natural Earth projection (Savric, Patterson, Jenny 2011)."""
    x, y = math.radians(place[0]), math.radians(place[1])
    y2 = y * y
    y4 = y2 * y2
    stretch = 0.8707 - 0.131979 * y2 + y4 * (-0.013791 + y4 * (0.003971 * y2 - 0.001529 * y4))
    return x * stretch, -y * (1.007226 + y2 * (0.015085 + y4 * (-0.044475 + 0.028874 * y2 - 0.005916 * y4)))


def _equal_area(north: float) -> Callable[[Degrees], Point]:
    """Lambert's azimuthal projection, which keeps areas, around a place so far in the north."""
    sine, cosine = math.sin(math.radians(north)), math.cos(math.radians(north))

    def project(place: Degrees) -> Point:
        x, y = math.radians(place[0]), math.radians(place[1])
        facing = math.cos(y) * math.cos(x)
        stretch = math.sqrt(2 / (1 + sine * math.sin(y) + cosine * facing))
        return stretch * math.cos(y) * math.sin(x), -stretch * (cosine * math.sin(y) - sine * facing)

    return project


def _flat(outlines: Mapping[str, Outline]) -> dict[str, list[tuple[list[Point], bool]]]:
    """The rings on a plane: true in area, or as the map of the world where they reach round it."""
    points = [point for outline in outlines.values() for ring in outline for point in ring.points]
    if not points:
        return {}
    west, span = _span([east for east, _ in points])
    south, north = min(y for _, y in points), max(y for _, y in points)
    project = natural_earth if span > _WIDE or north - south > _HIGH else _equal_area((south + north) / 2)
    centre = west + span / 2

    def laid(point: Degrees) -> Point:
        return project(((point[0] - centre + 180) % 360 - 180, point[1]))

    return {
        name: [([laid(point) for point in ring.points], ring.hole) for ring in outline]
        for name, outline in outlines.items()
    }


def _span(easts: Sequence[float]) -> tuple[float, float]:
    """Where the shapes begin in the west, and over how many degrees they reach."""
    found = sorted({*easts})
    gap, west = max((b - a, b) for a, b in pairwise([*found, found[0] + 360]))
    # What reaches farther is cut where files of the world are: a gap may lie inside a shape.
    return (west, 360 - gap) if gap >= 360 - _WIDE else (-180.0, 360.0)


def _on_canvas(flat: Mapping[str, list[tuple[list[Point], bool]]]) -> tuple[int, dict[str, Rings]]:
    """The height of the canvas, and the rings in fine parts of a unit, outer ones and holes apart by turn."""
    points = [point for rings in flat.values() for ring, _ in rings for point in ring]
    if not points:
        return WIDTH // 2, {}
    (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*points, strict=True))
    room = WIDTH - 2 * _MARGIN
    wide, high = max(right - left, 1e-9), max(bottom - top, 1e-9)
    scale = min(room / wide, room * _MOST_HEIGHT / high)
    inset = (room - wide * scale) / 2 + _MARGIN

    def cell(point: Point) -> Cell:
        x, y = (point[0] - left) * scale + inset, (point[1] - top) * scale + _MARGIN
        return round(x * _FINE), round(y * _FINE)

    placed = {
        name: [(_turned([*map(cell, ring)], hole), hole) for ring, hole in rings]
        for name, rings in flat.items()
    }
    return math.ceil(high * scale) + 2 * _MARGIN, placed


def _turned(ring: Ring, hole: bool) -> Line:
    """A ring without a point twice in a row; holes run against the rest, so that SVG leaves them out."""
    kept = tuple(b for a, b in pairwise((ring[-1], *ring)) if a != b) or (ring[0],)
    return kept[::-1] if (area(kept) < 0) != hole else kept


@dataclass
class _Borders:
    """The borders between shapes: lines from corner to corner, each with the coarseness that it bears."""

    corners: set[Cell]
    least: dict[Line, float] = field(default_factory=dict)
    coarse: dict[Line, list[Cell]] = field(default_factory=dict)

    def add(self, ring: Line) -> None:
        """Note the borders of a ring; a small one bears less than a large one."""
        bears = min(_COARSENESS * _FINE**2, abs(area(ring)) * _SHARE)
        for border in self._cut(ring):
            known = min(border, border[::-1])
            self.least[known] = min(self.least.get(known, bears), bears)

    def around(self, ring: Line) -> Ring:
        """A ring of its borders made coarser, in whole units."""
        whole: Ring = []
        for border in self._cut(ring):
            known = min(border, border[::-1])
            if known not in self.coarse:
                corners = simplify(known, self.least[known])
                self.coarse[known] = [(round(x / _FINE), round(y / _FINE)) for x, y in corners]
            line = self.coarse[known]
            whole += (line if border == known else line[::-1])[:-1]
        return tidy(whole)

    def _cut(self, ring: Line) -> Iterator[Line]:
        """A ring cut where borders meet; whole, and closed, where none does."""
        at = [index for index, point in enumerate(ring) if point in self.corners]
        first = at[0] if at else ring.index(min(ring))
        turned = (*ring[first:], *ring[: first + 1])
        for start, end in pairwise([0, *(index - first for index in at[1:]), len(ring)]):
            yield turned[start : end + 1]


def _borders_of(shapes: Mapping[str, Rings]) -> _Borders:
    """All borders; corners are the points that have other neighbours in one ring than in another."""
    rings = [ring for shape in shapes.values() for ring, _ in shape if len(ring) > 2]
    beside: dict[Cell, frozenset[Cell]] = {}
    corners = set()
    for ring in rings:
        for before, point, after in zip((ring[-1], *ring), ring, (*ring[1:], ring[0]), strict=False):
            both = frozenset((before, after))
            if beside.setdefault(point, both) != both:
                corners.add(point)
    borders = _Borders(corners)
    for ring in rings:
        borders.add(ring)
    return borders


def _drawn(rings: Rings, borders: _Borders) -> Reduced:
    """A shape of its larger rings, the largest first; a dot where all of it is too small to be seen."""
    sized = sorted(rings, key=lambda one: -abs(area(one[0])))
    unit = _FINE**2
    outline: list[Ring] = []
    if sum(-abs(area(ring)) if hole else abs(area(ring)) for ring, hole in rings) >= _SMALLEST_SHAPE * unit:
        kept = sized[:1] + [one for one in sized[1:] if abs(area(one[0])) >= _SMALLEST_PART * unit]
        outline = [ring for line, _ in kept if area(ring := borders.around(line))]
    if not outline:
        x, y = middle(sized[0][0])
        x, y = round(x / _FINE), round(y / _FINE)
        return Reduced("", (x, y), (x, y, x, y))
    # The deepest point is sought for what is small, and that has few corners.
    few = sum(map(len, outline)) <= _FEW
    return Reduced(path(outline), locate(outline) if few else middle(outline[0]), bounds(outline))
