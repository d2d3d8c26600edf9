"""The shapes of maps by the keys of a table: the shipped ones, and the outline of each as a path."""

import csv
import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate, pairwise
from pathlib import Path

from tipbrief.assets import find_shipped_folder
from tipbrief.language.language import read_data_file
from tipbrief.problems import suggest_nearest

MAPS_FOLDER = "maps/"
Point = tuple[float, float]
_FEW_KEYS = 12  # up to so many keys a hint names the nearest
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


@dataclass(frozen=True, slots=True)
class Shapes:
    """All shapes of a map by their keys, the canvas, and the origin of the borders."""

    width: int
    height: int
    by_key: Mapping[str, Shape]
    absent: frozenset[str] = frozenset()  # keys that exist but have no place on the map
    key_description: str = ""
    neighbour_distance: int = 0  # units within which others are shown with a shape; 0 shows the whole map
    borders: str = ""  # their origin; for a publication's own shapes a source names it
    year: int = 0
    neighbours: Mapping[str, str] = field(default_factory=dict)  # for each key those with a common border


def shapes_name(name: str, key: str | None) -> str:
    """The name of shapes together with the property that holds their keys."""
    return f"{name} {key}" if key else name


@cache
def list_shipped_shapes() -> tuple[str, ...]:
    """The names of the shipped shapes."""
    return tuple(sorted(path.stem for path in (find_shipped_folder("data") / "maps").glob("*.csv")))


@cache
def load_shipped_shapes(name: str) -> Shapes:
    """The shipped shapes of a name."""
    file = find_shipped_folder("data") / "maps" / f"{name}.csv"
    about = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    with file.open(encoding="utf-8", newline="") as lines:
        _, *rows = csv.reader(lines)
    shapes = {code: Shape(path, *map(float, numbers)) for code, path, *numbers in rows}
    return Shapes(
        about["width"], about["height"], shapes, frozenset(about["absent"]), about["keys"], about["near"],
        about["borders"], about["year"], about["neighbours"],
    )  # fmt: skip


def suggest_shapes(shapes: Shapes, strange: Sequence[str], keys: Collection[str]) -> str:
    """A hint for keys without a shape: other shipped shapes that have all ``keys``, or a key with the same end."""
    for name in list_shipped_shapes():
        if {*keys} <= load_shipped_shapes(name).by_key.keys():
            return f"write 'shapes: {name}', which has them all"
    ends = {key.rpartition("-")[2]: key for key in shapes.by_key}
    described = f"its keys are {shapes.key_description}"
    own = strange[0]
    other_codes = read_data_file(Path(__file__).with_name("other_codes.yaml"))
    if (end := other_codes.get(own.rpartition("-")[2].upper(), own)) in ends:
        return f"{described}: write {ends[end]} for {own}"
    near = suggest_nearest(own, shapes.by_key) if len(shapes.by_key) < _FEW_KEYS else described
    return f"{near}; leave out other rows"


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
