"""Shapes: what a map draws by the keys of a table, shipped with the program or a publication's own."""

import csv
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from tipbrief.assets import find_shipped_folder
from tipbrief.check.maps.simplification import CANVAS_WIDTH, simplify_outlines
from tipbrief.load.geojson import parse_outlines, read_geojson_text
from tipbrief.load.source_text import Text
from tipbrief.problems import Problems, suggest_nearest

MAPS_FOLDER = "maps/"
MOST_PATH_LETTERS = 200_000  # of all outlines of a map, as each page that draws it holds them
_FEW_KEYS = 12  # keys of which the nearest is named


@dataclass(frozen=True, slots=True)
class Shape:
    """A shape on the canvas: the path of its outline, a point inside, its bounds."""

    path: str
    x: float
    y: float
    left: float
    top: float
    right: float
    bottom: float

    def is_small(self, width: int, part: float) -> bool:
        """Whether it is a dot, or smaller than this part of a map so wide."""
        return max(self.right - self.left, self.bottom - self.top) < part * width

    def overlaps_box(self, box: tuple[int, int, int, int]) -> bool:
        """Whether it reaches into a part of the canvas."""
        x, y, width, height = box
        across = self.left <= x + width and self.right >= x
        return across and self.top <= y + height and self.bottom >= y


@dataclass(frozen=True, slots=True)
class Shapes:
    """All shapes of a map by their keys, the canvas, and whose borders they show.

    ``absent`` are keys that exist and have no place on it. ``near`` is how far from a shape others are still
    shown with it, in units; 0 where the whole map is shown. Of a publication's own, a source says whose
    borders they are.
    """

    width: int
    height: int
    by_key: Mapping[str, Shape]
    absent: frozenset[str] = frozenset()
    key_description: str = ""
    neighbour_distance: int = 0
    borders: str = ""
    year: int = 0


@dataclass
class ShapeStore:
    """The shapes that the maps of a publication draw; each file is read and reduced once."""

    files: Mapping[str, Path] = field(default_factory=dict)
    shapes_by_name: dict[str, Shapes] = field(default_factory=dict)

    def load_shapes(self, name: Text, key: str | None = None) -> Shapes:
        """The shapes of this name; ``Problems`` where a file cannot be drawn."""
        named = shapes_name(name, key)
        if named not in self.shapes_by_name:
            self.shapes_by_name[named] = (
                self._load_own(name, key or "") if name.startswith(MAPS_FOLDER) else load_shipped_shapes(name)
            )
        return self.shapes_by_name[named]

    def _load_own(self, name: Text, key: str) -> Shapes:
        if name not in self.files:
            there = [one for one in self.files if one.startswith(MAPS_FOLDER)]
            hint = suggest_nearest(name, there) if there else f"put a file NAME.geojson into {MAPS_FOLDER}"
            raise Problems(name.problem(f"the publication has no file '{name}'", hint, kind="missing-file"))
        return _load_own_shapes(self.files[name], key, read_geojson_text(self.files[name]))


def shapes_name(name: str, key: str | None) -> str:
    """What shapes are called that are told apart by a property, too."""
    return f"{name} {key}" if key else name


@cache
def list_shipped_shapes() -> tuple[str, ...]:
    """The names of the shipped shapes."""
    return tuple(sorted(path.stem for path in (find_shipped_folder("data") / "maps").glob("*.csv")))


@cache
def load_shipped_shapes(name: str) -> Shapes:
    """The shipped shapes of this name."""
    file = find_shipped_folder("data") / "maps" / f"{name}.csv"
    about = json.loads(file.with_suffix(".json").read_text(encoding="utf-8"))
    with file.open(encoding="utf-8", newline="") as lines:
        _, *rows = csv.reader(lines)
    shapes = {code: Shape(path, *map(float, numbers)) for code, path, *numbers in rows}
    return Shapes(
        about["width"], about["height"], shapes, frozenset(about["absent"]), about["keys"], about["near"],
        about["borders"], about["year"],
    )  # fmt: skip


def suggest_shapes(shapes: Shapes, strange: Sequence[str], keys: Collection[str]) -> str:
    """A hint for keys that no shape has: other shapes that have them, or keys that end like them."""
    for name in list_shipped_shapes():
        if {*keys} <= load_shipped_shapes(name).by_key.keys():
            return f"write 'shapes: {name}', which has them all"
    ends = {key.rpartition("-")[2]: key for key in shapes.by_key}
    if (own := strange[0]) in ends:
        return f"its keys are {shapes.key_description}: write {ends[own]} for {own}"
    near = (
        suggest_nearest(own, shapes.by_key)
        if len(shapes.by_key) < _FEW_KEYS
        else f"its keys are {shapes.key_description}"
    )
    return f"{near}; leave out other rows"


@lru_cache(8)
def _load_own_shapes(file: Path, key: str, text: str) -> Shapes:
    """The shapes of a GeoJSON file, by one of its properties."""
    outlines = parse_outlines(text, file, key)
    height, drawn = simplify_outlines(outlines)
    if (letters := sum(len(one.path) for one in drawn.values())) > MOST_PATH_LETTERS:
        message = f"its shapes, made coarser, are still {letters:,} letters of a drawing"
        hint = f"a map has at most {MOST_PATH_LETTERS:,}: leave out shapes, or draw them smoother"
        raise Problems(message, file, hint=hint, kind="too-large")
    if not drawn:
        raise Problems("no shape of the file has an outline or a point", file, kind="no-geojson")
    shapes = {name: Shape(one.path, *one.point, *one.bounds) for name, one in drawn.items()}
    return Shapes(CANVAS_WIDTH, height, shapes, frozenset(outlines.keys() - shapes.keys()), f"its '{key}'")
