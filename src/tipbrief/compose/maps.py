"""The map of the world in shapes: countries grouped by their choices, whole, or the part around one."""

import csv
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from tipbrief.assets import shipped
from tipbrief.check.blocks import MapChart
from tipbrief.check.countries import on_the_map
from tipbrief.check.models import Choice
from tipbrief.check.publication import Publication
from tipbrief.check.tables import rows_like

# The part of the map around a country, in units of the map, which is 2,000 wide.
_NEAR = 320
_MARGIN = 40
_LEAST_WIDTH = 420
_RATIO = 2.4  # of width to height
_SMALL = 0.025  # of the width


@dataclass(frozen=True, slots=True)
class _Country:
    """A country on the canvas: the path of its outline, a point inside, its bounds."""

    path: str
    x: float
    y: float
    left: float
    top: float
    right: float
    bottom: float

    def is_small(self, width: int) -> bool:
        """Whether it is a dot, or too small for its outline to be seen on a map so wide."""
        return max(self.right - self.left, self.bottom - self.top) < _SMALL * width

    def is_in(self, box: tuple[int, int, int, int]) -> bool:
        x, y, width, height = box
        inside = self.left <= x + width and self.right >= x
        return inside and self.top <= y + height and self.bottom >= y


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
    missing: tuple[str, ...]  # the names of what the map has no place for
    words: str


def world_map(publication: Publication, chart: MapChart, key: str = "") -> WorldMap:
    """The world with each country in the group of its choice; those outside the table stand first.

    With ``within``, the part around the country ``key`` where those like it lie; it is outlined itself.
    """
    table = publication.tables[chart.table]
    missing = tuple(
        table.name_of(key) for key in table.by_key if key not in on_the_map() and not chart.within
    )
    choices = table.spec.columns[chart.by].choices
    members: dict[str, list[_Country]] = {name: [] for name in ("", *choices)}
    width, height, shapes = _world()
    alike = rows_like(table, chart.within, key)
    box = (0, 0, width, height)
    if chart.within:
        box = _around(key, [code for code, _ in alike if code in shapes], shapes, width, height)
        shapes = {code: shape for code, shape in shapes.items() if shape.is_in(box)}
    for code, shape in shapes.items():
        members[table.by_key[code][chart.by] if code in table.by_key else ""].append(shape)
    outlined = [key] if chart.within else publication.tables[chart.outline].by_key if chart.outline else []
    outlined = [code for code in outlined if code in shapes]
    groups = tuple(_group(choices.get(name), countries) for name, countries in members.items() if countries)
    own_words = publication.language
    described = own_words.semicolon.join(
        f"{choice.label}: {own_words.number(sum(row[chart.by] == name for _, row in alike))}"
        for name, choice in choices.items()
    )
    if missing:
        described += own_words.semicolon + own_words.words(
            "not on the map: %(names)s", names=own_words.listed(*missing)
        )
    own = shapes[key] if outlined == [key] else None
    ring = (own.x, own.y) if own and own.is_small(box[2]) else None
    outline = _group(None, [shapes[code] for code in outlined])
    return WorldMap(*box, box[2] / width, groups, outline, ring, missing, described)


def _group(choice: Choice | None, countries: Sequence[_Country]) -> MapGroup:
    dots = tuple((one.x, one.y) for one in countries if not one.path)
    return MapGroup(choice, "".join(one.path for one in countries), dots)


def _around(
    key: str, alike: Sequence[str], shapes: Mapping[str, _Country], width: int, height: int
) -> tuple[int, int, int, int]:
    """The part of the canvas around a country that shows those like it near by."""
    if key not in shapes:
        return 0, 0, width, height
    own = shapes[key]
    near = [shapes[code] for code in alike]
    near = [one for one in near if max(abs(one.x - own.x), abs(one.y - own.y)) < _NEAR]
    left, right = min([own.left, *(one.x for one in near)]), max([own.right, *(one.x for one in near)])
    top, bottom = min([own.top, *(one.y for one in near)]), max([own.bottom, *(one.y for one in near)])
    wide = max(right - left + 2 * _MARGIN, _RATIO * (bottom - top + 2 * _MARGIN), _LEAST_WIDTH)
    wide = min(wide, width, _RATIO * height)
    x = min(max((left + right - wide) / 2, 0), width - wide)
    y = min(max((top + bottom - wide / _RATIO) / 2, 0), height - wide / _RATIO)
    return round(x), round(y), round(wide), round(wide / _RATIO)


@cache
def _world() -> tuple[int, int, Mapping[str, _Country]]:
    folder = shipped("data") / "maps"
    size = json.loads((folder / "world.json").read_text(encoding="utf-8"))
    with (folder / "world.csv").open(encoding="utf-8", newline="") as file:
        _, *rows = csv.reader(file)
    countries = {code: _Country(path, *map(float, numbers)) for code, path, *numbers in rows}
    return size["width"], size["height"], countries
