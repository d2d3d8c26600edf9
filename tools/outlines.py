"""The outlines of the shipped maps: projected and made coarser, so that the same input gives the same bytes.

The program itself leaves this to GEOS, for a publication's own shapes. Its corners depend on the version of GEOS, and
the shipped maps must not change with it.
"""

import heapq
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from tipbrief.check.maps.own_shapes import CANVAS_WIDTH, GridPoint, LonLat, choose_projection, svg_path
from tipbrief.check.maps.shapes import Point, Shape

GridRing = list[GridPoint]
_MARGIN = 3
_MAX_HEIGHT_SHARE = 0.75  # of the width
_SUBUNITS = 8  # per unit. Borders are compared in these: neighbours may differ in the last digit
# Square units: smaller corners are dropped, but never more than this share of a ring.
_COARSENESS, _MAX_RING_SHARE = 40.0, 0.02
_SMALLEST_PART, _SMALLEST_SHAPE = 12.0, 24.0  # square units; a smaller part is left out, a smaller shape is a dot
_FEW_CORNERS = 400  # up to so many, the deepest point is searched
GridLine = tuple[GridPoint, ...]
ShapeRings = list[tuple[GridLine, bool]]  # rings, each with whether it is a hole


@dataclass(frozen=True, slots=True)
class Ring:
    """A closed line in degrees. Its first point is not repeated. The area inside a ``hole`` is left out."""

    points: tuple[LonLat, ...]
    hole: bool = False


# The rings of a shape. A ring of one point is a place too small for an outline; without a ring it is off the map.
Outline = tuple[Ring, ...]


def simplify_line(line: Sequence[Point], coarseness: float) -> list[Point]:
    """The line without its least important corners (Visvalingam's method, weighted against spikes). Its ends stay."""
    before = list(range(-1, len(line) - 1))
    after = list(range(1, len(line) + 1))
    worth = [math.inf] * len(line)

    def weigh(i: int) -> None:
        (ax, ay), (bx, by), (cx, cy) = line[before[i]], line[i], line[after[i]]
        ux, uy, vx, vy = ax - bx, ay - by, cx - bx, cy - by
        size = math.hypot(ux, uy) * math.hypot(vx, vy)
        cosine = (ux * vx + uy * vy) / size if size else 0.0
        worth[i] = abs(ux * vy - uy * vx) / 2 * (1 - 0.7 * cosine)
        heapq.heappush(heap, (worth[i], i))

    heap: list[tuple[float, int]] = []
    for i in range(1, len(line) - 1):
        weigh(i)
    left = len(line)
    fewest = 4 if line[0] == line[-1] else 2
    while heap and left > fewest:
        value, i = heapq.heappop(heap)
        if value != worth[i]:
            continue
        if value >= coarseness:
            break
        worth[i] = -1.0
        left -= 1
        before[after[i]], after[before[i]] = before[i], after[i]
        for j in (before[i], after[i]):
            if 0 < j < len(line) - 1:
                weigh(j)
    return [p for p, w in zip(line, worth, strict=True) if w >= 0]


def tidy_ring(ring: GridRing) -> GridRing:
    """The ring without the repeated points, points on straight lines and spikes that rounding leaves."""
    kept: GridRing = []
    for point in [*ring, ring[0]]:
        kept.append(point)
        while len(kept) > 1:
            if kept[-1] == kept[-2]:
                kept.pop()
            elif len(kept) > 2 and _cross_product(*kept[-3:]) == 0:
                del kept[-2]
            else:
                break
    return kept[:-1] or ring[:1]


def signed_area(ring: Sequence[Point]) -> float:
    """The signed area of a closed ring."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])) / 2


def find_deepest_point(rings: Sequence[GridRing]) -> GridPoint:
    """The point farthest inside the first ring, for a label, a leader line or a dot."""
    edges = [edge for ring in rings for edge in pairwise([*ring, ring[0]])]
    xs, ys = [x for x, _ in rings[0]], [y for _, y in rings[0]]
    step = max(1, math.ceil(max(max(xs) - min(xs), max(ys) - min(ys)) / 24))
    x, y = _deepest_grid_point(edges, range(min(xs), max(xs) + 1, step), range(min(ys), max(ys) + 1, step))
    return _deepest_grid_point(edges, range(x - step, x + step + 1), range(y - step, y + step + 1))


def bounds_centre(ring: Sequence[Point]) -> GridPoint:
    """The centre of a ring's bounds."""
    xs, ys = zip(*ring, strict=True)
    return round((min(xs) + max(xs)) / 2), round((min(ys) + max(ys)) / 2)


def bounding_box(rings: Sequence[GridRing]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom."""
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def is_inside(edges: Sequence[tuple[Point, Point]], place: Point) -> bool:
    """Whether a point lies inside the area that the edges bound."""
    x, y = place
    crossed = ((ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax) for (ax, ay), (bx, by) in edges)
    return sum(crossed) % 2 == 1


def _cross_product(a: GridPoint, b: GridPoint, c: GridPoint) -> int:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _deepest_grid_point(edges: Sequence[tuple[GridPoint, GridPoint]], xs: range, ys: range) -> GridPoint:
    within = [(x, y) for x in xs for y in ys if is_inside(edges, (x, y))]
    return max(within or [edges[0][0]], key=lambda place: min(_distance_to_edge(edge, place) for edge in edges))


def _distance_to_edge(edge: tuple[GridPoint, GridPoint], place: GridPoint) -> float:
    (ax, ay), (bx, by) = edge
    dx, dy = bx - ax, by - ay
    along = ((place[0] - ax) * dx + (place[1] - ay) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return math.hypot(ax + along * dx - place[0], ay + along * dy - place[1])


def simplify_outlines(outlines: Mapping[str, Outline]) -> tuple[int, dict[str, Shape]]:
    """The height of the canvas, and the shapes that are on the map."""
    height, shapes = _scale_to_canvas(_project_outlines(outlines))
    borders = _collect_borders(shapes)
    return height, {name: _simplify_shape(rings, borders) for name, rings in shapes.items() if rings}


def _project_outlines(outlines: Mapping[str, Outline]) -> dict[str, list[tuple[list[Point], bool]]]:
    """The rings on a plane: in an equal-area projection, or in that of the world if they span much of it."""
    points = [point for outline in outlines.values() for ring in outline for point in ring.points]
    if not points:
        return {}
    project = choose_projection(points)
    return {name: [([*map(project, ring.points)], ring.hole) for ring in outline] for name, outline in outlines.items()}


def _scale_to_canvas(flat: Mapping[str, list[tuple[list[Point], bool]]]) -> tuple[int, dict[str, ShapeRings]]:
    """The height of the canvas, and the rings in subunits. Outer rings and holes run in opposite directions."""
    points = [point for rings in flat.values() for ring, _ in rings for point in ring]
    if not points:
        return CANVAS_WIDTH // 2, {}
    (left, right), (top, bottom) = ((min(values), max(values)) for values in zip(*points, strict=True))
    room = CANVAS_WIDTH - 2 * _MARGIN
    wide, high = max(right - left, 1e-9), max(bottom - top, 1e-9)
    scale = min(room / wide, room * _MAX_HEIGHT_SHARE / high)
    inset = (room - wide * scale) / 2 + _MARGIN

    def cell(point: Point) -> GridPoint:
        x, y = (point[0] - left) * scale + inset, (point[1] - top) * scale + _MARGIN
        return round(x * _SUBUNITS), round(y * _SUBUNITS)

    placed = {
        name: [(_orient_ring([*map(cell, ring)], hole), hole) for ring, hole in rings] for name, rings in flat.items()
    }
    return math.ceil(high * scale) + 2 * _MARGIN, placed


def _orient_ring(ring: GridRing, hole: bool) -> GridLine:
    """A ring without repeated points. Holes run in the other direction, so that SVG leaves them out."""
    kept = tuple(b for a, b in pairwise((ring[-1], *ring)) if a != b) or (ring[0],)
    return kept[::-1] if (signed_area(kept) < 0) != hole else kept


@dataclass
class _Borders:
    """The borders between shapes: lines from corner to corner, each with its tolerance."""

    corners: set[GridPoint]
    tolerances: dict[GridLine, float] = field(default_factory=dict)
    simple_lines: dict[GridLine, list[GridPoint]] = field(default_factory=dict)

    def add_ring(self, ring: GridLine) -> None:
        """Add the borders of a ring. A small ring tolerates less simplification than a large one."""
        tolerance = min(_COARSENESS * _SUBUNITS**2, abs(signed_area(ring)) * _MAX_RING_SHARE)
        for border in self._split_at_corners(ring):
            known = min(border, border[::-1])
            self.tolerances[known] = min(self.tolerances.get(known, tolerance), tolerance)

    def simplify_ring(self, ring: GridLine) -> GridRing:
        whole: GridRing = []
        for border in self._split_at_corners(ring):
            known = min(border, border[::-1])
            if known not in self.simple_lines:
                corners = simplify_line(known, self.tolerances[known])
                self.simple_lines[known] = [(round(x / _SUBUNITS), round(y / _SUBUNITS)) for x, y in corners]
            line = self.simple_lines[known]
            whole += (line if border == known else line[::-1])[:-1]
        return tidy_ring(whole)

    def _split_at_corners(self, ring: GridLine) -> Iterator[GridLine]:
        """The ring cut at its corners; the closed ring if it has none."""
        at = [index for index, point in enumerate(ring) if point in self.corners]
        first = at[0] if at else ring.index(min(ring))
        turned = (*ring[first:], *ring[: first + 1])
        for start, end in pairwise([0, *(index - first for index in at[1:]), len(ring)]):
            yield turned[start : end + 1]


def _collect_borders(shapes: Mapping[str, ShapeRings]) -> _Borders:
    """All borders. A corner is a point with other neighbours in one ring than in another."""
    rings = [ring for shape in shapes.values() for ring, _ in shape if len(ring) > 2]
    beside: dict[GridPoint, frozenset[GridPoint]] = {}
    corners = set()
    for ring in rings:
        for before, point, after in zip((ring[-1], *ring), ring, (*ring[1:], ring[0]), strict=False):
            both = frozenset((before, after))
            if beside.setdefault(point, both) != both:
                corners.add(point)
    borders = _Borders(corners)
    for ring in rings:
        borders.add_ring(ring)
    return borders


def _simplify_shape(rings: ShapeRings, borders: _Borders) -> Shape:
    """A shape of its larger rings, the largest first; a dot if it is too small to be seen."""
    sized = sorted(rings, key=lambda one: -abs(signed_area(one[0])))
    unit = _SUBUNITS**2
    outline: list[GridRing] = []
    total = sum(-abs(signed_area(ring)) if hole else abs(signed_area(ring)) for ring, hole in rings)
    if total >= _SMALLEST_SHAPE * unit:
        kept = sized[:1] + [one for one in sized[1:] if abs(signed_area(one[0])) >= _SMALLEST_PART * unit]
        outline = [ring for line, _ in kept if signed_area(ring := borders.simplify_ring(line))]
    if not outline:
        x, y = bounds_centre(sized[0][0])
        x, y = round(x / _SUBUNITS), round(y / _SUBUNITS)
        return Shape("", x, y, x, y, x, y)
    # Only small shapes need the deepest point, and they have few corners.
    few = sum(map(len, outline)) <= _FEW_CORNERS
    point = find_deepest_point(outline) if few else bounds_centre(outline[0])
    return Shape(svg_path(outline), *point, *bounding_box(outline))
