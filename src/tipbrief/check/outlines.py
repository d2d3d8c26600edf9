"""Outlines on a canvas: lines made coarser, rings tidied and written as paths, the point deepest inside."""

import heapq
import math
from collections.abc import Sequence
from itertools import pairwise

Point = tuple[float, float]
Cell = tuple[int, int]
Ring = list[Cell]


def simplify(line: Sequence[Point], coarseness: float) -> list[Point]:
    """Drop the corners that matter least (Visvalingam's method, weighted against spikes); ends stay."""
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


def tidy(ring: Ring) -> Ring:
    """Drop repeated points, points on a straight line and spikes, which rounding leaves behind."""
    kept: Ring = []
    for point in [*ring, ring[0]]:
        kept.append(point)
        while len(kept) > 1:
            if kept[-1] == kept[-2]:
                kept.pop()
            elif len(kept) > 2 and _cross(*kept[-3:]) == 0:
                del kept[-2]
            else:
                break
    return kept[:-1] or ring[:1]


def area(ring: Sequence[Point]) -> float:
    """The signed area of a closed ring."""
    return sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*ring, ring[0]])) / 2


def locate(rings: Sequence[Ring]) -> Cell:
    """The point deepest inside the first ring, for a label, a leader line or a dot."""
    edges = [edge for ring in rings for edge in pairwise([*ring, ring[0]])]
    xs, ys = [x for x, _ in rings[0]], [y for _, y in rings[0]]
    step = max(1, math.ceil(max(max(xs) - min(xs), max(ys) - min(ys)) / 24))
    best = _deepest(edges, range(min(xs), max(xs) + 1, step), range(min(ys), max(ys) + 1, step))
    x, y = best
    return _deepest(edges, range(x - step, x + step + 1), range(y - step, y + step + 1))


def path(rings: Sequence[Ring]) -> str:
    """Rings as an SVG path that starts absolute, so that the paths of several shapes can simply be joined."""
    parts = []
    origin: Cell | None = None
    for ring in rings:
        steps = [(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(ring)]
        x, y = ring[0]
        parts.append(f"M{x} {y}" if origin is None else "m" + _pairs([(x - origin[0], y - origin[1])]))
        parts.append("l" + _pairs(steps) + "z")
        origin = ring[0]
    return "".join(parts)


def middle(ring: Sequence[Point]) -> Cell:
    """The middle of a ring's bounds."""
    xs, ys = zip(*ring, strict=True)
    return round((min(xs) + max(xs)) / 2), round((min(ys) + max(ys)) / 2)


def bounds(rings: Sequence[Ring]) -> tuple[int, int, int, int]:
    """Left, top, right and bottom."""
    xs, ys = zip(*(point for ring in rings for point in ring), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def inside(edges: Sequence[tuple[Point, Point]], place: Point) -> bool:
    """Whether a place lies inside what the edges bound."""
    x, y = place
    crossed = (
        (ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax) for (ax, ay), (bx, by) in edges
    )
    return sum(crossed) % 2 == 1


def _cross(a: Cell, b: Cell, c: Cell) -> int:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])


def _deepest(edges: Sequence[tuple[Cell, Cell]], xs: range, ys: range) -> Cell:
    within = [(x, y) for x in xs for y in ys if inside(edges, (x, y))]
    return max(within or [edges[0][0]], key=lambda place: min(_distance(edge, place) for edge in edges))


def _distance(edge: tuple[Cell, Cell], place: Cell) -> float:
    (ax, ay), (bx, by) = edge
    dx, dy = bx - ax, by - ay
    along = ((place[0] - ax) * dx + (place[1] - ay) * dy) / (dx * dx + dy * dy)
    along = min(1.0, max(0.0, along))
    return math.hypot(ax + along * dx - place[0], ay + along * dy - place[1])


def _pairs(steps: Sequence[Cell]) -> str:
    return " ".join(f"{x} {y}" for x, y in steps).replace(" -", "-")
