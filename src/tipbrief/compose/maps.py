"""The map of the world in shapes: countries grouped by their choices, whole, or the part around one."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tipbrief.assets import shipped
from tipbrief.check.blocks import MapChart
from tipbrief.check.models import Choice
from tipbrief.check.publication import Publication
from tipbrief.check.tables import rows_like
from tipbrief.language.catalogue import words
from tipbrief.language.numbers import number

# The part of the map around a country, in units of the map, which is 2,000 wide.
_NEAR = 320
_MARGIN = 40
_LEAST_WIDTH = 420
_RATIO = 2.4  # of width to height
_SMALL = 0.025  # of the width
_STEPS = re.compile(r"([MmLlZz])([^MmLlZz]*)")
_COORDINATE = re.compile(r"-?\d+(?:\.\d+)?")
_Shape = tuple[str, float, float]  # of a country: the path of its outline, and a point inside


@dataclass(frozen=True, slots=True)
class MapGroup:
    """All countries of one choice: one SVG path, and the dots of the countries too small to be seen."""

    choice: Choice | None
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class WorldMap:
    """The map's groups, the outlined countries, and the part of the canvas that is shown.

    ``scale`` is what the width of lines must be multiplied with, 1 for the whole world.
    """

    x: int
    y: int
    width: int
    height: int
    scale: float
    groups: tuple[MapGroup, ...]
    outline: MapGroup
    ring: tuple[float, float] | None
    words: str


def world_map(publication: Publication, chart: MapChart, key: str = "") -> WorldMap:
    """The world with each country in the group of its choice; those outside the table stand first.

    With ``within``, the part around the country ``key`` where those like it lie; it is outlined itself.
    """
    table = publication.tables[chart.table]
    choices = table.spec.columns[chart.by].choices
    members: dict[str, list[str]] = {name: [] for name in ("", *choices)}
    width, height, shapes = _world()
    alike = rows_like(table, chart.within, key)
    box = (0, 0, width, height)
    if chart.within:
        box = _around(key, [code for code, _ in alike if code in shapes], shapes, width, height)
        shapes = {code: shape for code, shape in shapes.items() if _meet(_bounds(code), box)}
    for code in shapes:
        members[table.by_key[code][chart.by] if code in table.by_key else ""].append(code)
    outlined = [key] if chart.within else publication.tables[chart.outline].by_key if chart.outline else []
    outlined = [code for code in outlined if code in shapes]
    groups = tuple(_group(choices.get(name), codes, shapes) for name, codes in members.items() if codes)
    described = words("; ").join(
        f"{choices[name].label}: {number(sum(row[chart.by] == name for _, row in alike))}" for name in choices
    )
    ring = shapes[key][1:] if outlined == [key] and _is_small(key, box[2]) else None
    return WorldMap(*box, box[2] / width, groups, _group(None, outlined, shapes), ring, described)


def _group(choice: Choice | None, codes: Sequence[str], shapes: Mapping[str, _Shape]) -> MapGroup:
    dots = tuple(shapes[code][1:] for code in codes if not shapes[code][0])
    return MapGroup(choice, "".join(shapes[code][0] for code in codes), dots)


def _around(
    key: str, alike: Sequence[str], shapes: Mapping[str, _Shape], width: int, height: int
) -> tuple[int, int, int, int]:
    """The part of the canvas around a country that shows those like it near by."""
    if key not in shapes:
        return 0, 0, width, height
    own = shapes[key][1:]
    near = [shapes[code][1:] for code in alike]
    near = [(x, y) for x, y in near if max(abs(x - own[0]), abs(y - own[1])) < _NEAR]
    left, top, right, bottom = _bounds(key)
    left, right = min([left, *(x for x, _ in near)]), max([right, *(x for x, _ in near)])
    top, bottom = min([top, *(y for _, y in near)]), max([bottom, *(y for _, y in near)])
    wide = max(right - left + 2 * _MARGIN, _RATIO * (bottom - top + 2 * _MARGIN), _LEAST_WIDTH)
    wide = min(wide, width, _RATIO * height)
    x = min(max((left + right - wide) / 2, 0), width - wide)
    y = min(max((top + bottom - wide / _RATIO) / 2, 0), height - wide / _RATIO)
    return round(x), round(y), round(wide), round(wide / _RATIO)


def _is_small(code: str, width: int) -> bool:
    """Whether a country is a dot, or too small for its outline to be seen on a map so wide."""
    left, top, right, bottom = _bounds(code)
    return max(right - left, bottom - top) < _SMALL * width


def _meet(bounds: tuple[float, float, float, float], box: tuple[int, int, int, int]) -> bool:
    left, top, right, bottom = bounds
    x, y, width, height = box
    return left <= x + width and right >= x and top <= y + height and bottom >= y


@cache
def _bounds(code: str) -> tuple[float, float, float, float]:
    """Left, top, right and bottom of a country on the canvas; its paths are relative, but for their start."""
    path, x, y = _world()[2][code]
    if not path:
        return x, y, x, y
    xs, ys = [], []
    at = start = (0.0, 0.0)
    for command, numbers in _STEPS.findall(path):
        values = [float(one) for one in _COORDINATE.findall(numbers)]
        for index, point in enumerate(zip(values[::2], values[1::2], strict=True)):
            base = (0.0, 0.0) if command == "M" and index == 0 else at
            at = (base[0] + point[0], base[1] + point[1])
            start = at if command in "Mm" and index == 0 else start
            xs.append(at[0])
            ys.append(at[1])
        if command in "zZ":
            at = start
    return min(xs), min(ys), max(xs), max(ys)


@cache
def _world() -> tuple[int, int, Mapping[str, _Shape]]:
    folder: Path = shipped("data") / "maps"
    size = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    with (folder / "world.csv").open(encoding="utf-8", newline="") as file:
        shapes = {
            row["iso3"]: (row["shape"], float(row["x"]), float(row["y"])) for row in csv.DictReader(file)
        }
    return size["width"], size["height"], shapes
