"""The shapes of maps by the keys of a table: shipped ones, or those of a publication's GeoJSON file."""

import csv
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import Any

from tipbrief.assets import find_shipped_folder
from tipbrief.check.maps.simplification import CANVAS_WIDTH, LonLat, Outline, Shape, simplify_outlines
from tipbrief.language.language import read_data_file
from tipbrief.load.source_text import Text, read_text
from tipbrief.problems import Problem, ProblemList, Problems, join_first_names, suggest_nearest

MAPS_FOLDER = "maps/"
MAX_PATH_LETTERS = 200_000  # of all outlines of a map: each page with the map holds them
_FEW_KEYS = 12  # up to so many keys a hint names the nearest
MAX_GEOJSON_BYTES, MAX_SHAPES, MAX_POINTS, _MAX_KEY_LENGTH = 4_000_000, 500, 100_000, 60
_SIZE_HINT = f"make it smaller: a map needs some {MAX_POINTS // 10:,} points at most, and is made coarser anyhow"
_DEGREES_HINT = "save it in degrees: GeoJSON is WGS 84, EPSG:4326"
_OUT_OF_RANGE_MESSAGE = "it has a point at"
_GEOMETRY_HINT = "a map draws polygons, of three corners or more, and single points"
_CROSSING_HINT = "repair it with a program for maps: in QGIS, the tool 'Fix geometries'"
_MAX_LISTED_NAMES = 8  # in a message


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


def load_shapes(files: Mapping[str, Path], name: Text, key: str | None) -> Shapes:
    """The shapes of a name, shipped or of one of a publication's ``files``; a problem if that cannot be drawn."""
    if not name.startswith(MAPS_FOLDER):
        return load_shipped_shapes(name)
    if name not in files:
        there = [one for one in files if one.startswith(MAPS_FOLDER)]
        hint = suggest_nearest(name, there) if there else f"put a file NAME.geojson into {MAPS_FOLDER}"
        raise Problems(name.problem(f"the publication has no file '{name}'", hint, kind="missing-file"))
    return _load_own_shapes(files[name], key or "", read_geojson_text(files[name]))


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


_load_other_codes = partial(read_data_file, Path(__file__).with_name("other_codes.yaml"))


def suggest_shapes(shapes: Shapes, strange: Sequence[str], keys: Collection[str]) -> str:
    """A hint for keys without a shape: other shipped shapes that have all ``keys``, or a key with the same end."""
    for name in list_shipped_shapes():
        if {*keys} <= load_shipped_shapes(name).by_key.keys():
            return f"write 'shapes: {name}', which has them all"
    ends = {key.rpartition("-")[2]: key for key in shapes.by_key}
    described = f"its keys are {shapes.key_description}"
    own = strange[0]
    if (end := _load_other_codes().get(own.rpartition("-")[2].upper(), own)) in ends:
        return f"{described}: write {ends[end]} for {own}"
    near = suggest_nearest(own, shapes.by_key) if len(shapes.by_key) < _FEW_KEYS else described
    return f"{near}; leave out other rows"


@lru_cache(8)
def _load_own_shapes(file: Path, key: str, text: str) -> Shapes:
    outlines = parse_outlines(text, file, key)
    try:
        height, shapes = simplify_outlines(outlines)
    except ValueError as fault:
        raise Problems(str(fault), file, hint=_CROSSING_HINT, kind="no-shape") from None
    if (letters := sum(len(one.path) for one in shapes.values())) > MAX_PATH_LETTERS:
        message = f"its shapes, made coarser, are still {letters:,} letters of a drawing"
        hint = f"a map has at most {MAX_PATH_LETTERS:,}: leave out shapes, or draw them smoother"
        raise Problems(message, file, hint=hint, kind="too-large")
    if not shapes:
        raise Problems("no shape of the file has an outline or a point", file, kind="no-geojson")
    return Shapes(CANVAS_WIDTH, height, shapes, frozenset(outlines.keys() - shapes.keys()), f"its '{key}'")


def read_geojson_text(file: Path) -> str:
    """The text of a GeoJSON file."""
    return read_text(file, most=MAX_GEOJSON_BYTES, size_hint=_SIZE_HINT)


def parse_outlines(text: str, file: Path, key: str) -> dict[str, Outline]:
    """The outlines in a GeoJSON file, in degrees, by the property ``key`` of each feature."""
    try:
        whole = json.loads(text, parse_constant=_reject_constant)
    except json.JSONDecodeError as fault:
        message = f"the file is no JSON: {fault.msg}"
        raise Problems(Problem(message, file, fault.lineno, fault.colno, kind="no-geojson")) from None
    except (ValueError, RecursionError) as fault:
        raise Problems(f"the file is no JSON that can be read: {fault}", file, kind="no-geojson") from None
    features = whole.get("features") if isinstance(whole, dict) else None
    if not isinstance(features, list) or not all(isinstance(one, dict) for one in features) or not features:
        hint = "it holds a FeatureCollection with one feature a shape"
        raise Problems("the file is no GeoJSON with shapes", file, hint=hint, kind="no-geojson")
    if len(features) > MAX_SHAPES:
        raise Problems(f"the file has {len(features):,} shapes; a map has at most {MAX_SHAPES}", file, kind="too-large")
    return _FeatureReader(file, key).read_outlines(features)


@dataclass
class _FeatureReader:
    file: Path
    key: str
    point_count: int = 0

    def read_outlines(self, features: Sequence[Mapping[str, Any]]) -> dict[str, Outline]:
        problems, found = ProblemList(), dict[str, Outline]()
        if unnamed := sum(not _feature_key(one, self.key) for one in features):
            problems.append(self._describe_missing_keys(features, unnamed))
        for feature in features:
            name = _feature_key(feature, self.key)
            if name and name in found:
                message = f"the shape '{name}' stands twice"
                hint = "join its parts to one MultiPolygon, or name another property"
                problems.append(Problem(message, self.file, hint=hint, kind="shape-twice"))
            try:
                found[name] = self._read_geometry(feature.get("geometry"))
            except ValueError as fault:
                message = f"the shape '{name}' cannot be drawn: {fault}"
                hint = _DEGREES_HINT if _OUT_OF_RANGE_MESSAGE in str(fault) else _GEOMETRY_HINT
                problems.append(Problem(message, self.file, hint=hint, kind="no-shape"))
        problems.raise_all()
        return found

    def _describe_missing_keys(self, features: Sequence[Mapping[str, Any]], unnamed: int) -> Problem:
        having = [one["properties"] for one in features if isinstance(one.get("properties"), dict)]
        known = dict.fromkeys(str(name)[:_MAX_KEY_LENGTH] for one in having for name in one)
        message = f"{unnamed} of {len(features)} shapes have no '{self.key}' that could be a key"
        hint = f"they have {join_first_names(list(known), _MAX_LISTED_NAMES)}" if known else "they have no properties"
        return Problem(message, self.file, hint=hint, kind="no-shape-key")

    def _read_geometry(self, geometry: Any) -> Outline:
        import shapely  # only where a publication has shapes of its own

        kind = geometry.get("type") if isinstance(geometry, dict) else None
        parts = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if kind == "Point":
            return shapely.Point(self._read_point(parts))
        if kind not in ("Polygon", "MultiPolygon") and geometry is not None:
            raise ValueError(f"it is a {str(kind)[:_MAX_KEY_LENGTH]}, neither Polygon, MultiPolygon nor Point")
        polygons = [] if geometry is None else _require_list([parts] if kind == "Polygon" else parts)
        read = [[self._read_ring(ring) for ring in _require_list(polygon)] for polygon in polygons]
        return shapely.MultiPolygon([(rings[0], rings[1:]) for rings in read if rings])

    def _read_ring(self, ring: Any) -> list[LonLat]:
        points = [self._read_point(point) for point in _require_list(ring)]
        if len(points) - (points[:1] == points[-1:]) < 3:
            raise ValueError("it has a ring of fewer than three points")
        return points

    def _read_point(self, point: Any) -> LonLat:
        self.point_count += 1
        if self.point_count > MAX_POINTS:
            message = f"the file has more than {MAX_POINTS:,} points"
            raise Problems(message, self.file, hint=_SIZE_HINT, kind="too-large")
        numbers = _require_list(point)[:2]
        if len(numbers) < 2 or not all(type(one) in (int, float) for one in numbers):
            raise ValueError("a point of it is no pair of numbers")
        east, north = numbers
        if not (-180 <= east <= 180 and -90 <= north <= 90):  # NaN and infinity fail this, too
            raise ValueError(f"{_OUT_OF_RANGE_MESSAGE} {str(east)[:20]}, {str(north)[:20]}")
        return float(east), float(north)


def _feature_key(feature: Mapping[str, Any], key: str) -> str:  # empty if it is no code
    properties = feature.get("properties")
    value = properties.get(key) if isinstance(properties, dict) else None
    text = str(value).strip() if type(value) in (str, int) else ""
    return text if len(text) <= _MAX_KEY_LENGTH else ""


def _require_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("its coordinates are not nested as its type wants")
    return value


def _reject_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
