"""GeoJSON files: read into outlines in degrees by the key of each shape, bounded, nothing taken on trust."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from tipbrief.load.source_text import read_text
from tipbrief.problems import Problem, ProblemList, Problems, join_first_names

MOST_GEOJSON_BYTES, MOST_SHAPES, MOST_POINTS, LONGEST_SHAPE_KEY = 4_000_000, 500, 100_000, 60
_SIZE_HINT = f"make it smaller: a map needs some {MOST_POINTS // 10:,} points at most, and is made coarser anyhow"
_DEGREES_HINT = "save it in degrees: GeoJSON is WGS 84, EPSG:4326"
_OUT_OF_RANGE_MESSAGE = "it has a point at"
_GEOMETRY_HINT = "a map draws polygons, of three corners or more, and single points"
_MOST_LISTED_NAMES = 8  # names in a message

LonLat = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Ring:
    """A closed line in degrees, its first point not repeated; a ``hole`` bounds what is left out."""

    points: tuple[LonLat, ...]
    hole: bool = False


# The rings of a shape; one point alone is a place too small for an outline; no ring is a place off the map.
Outline = tuple[Ring, ...]


def read_geojson_text(file: Path) -> str:
    """The text of a file of features."""
    try:
        return read_text(file, most=MOST_GEOJSON_BYTES)
    except Problems as raised:
        hinted = (replace(one, hint=_SIZE_HINT) if one.kind == "too-large" else one for one in raised.problems)
        raise Problems(hinted) from None


def parse_outlines(text: str, file: Path, key: str) -> dict[str, Outline]:
    """The outlines of the features in a file's text, by what each has in the property ``key``."""
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
    if len(features) > MOST_SHAPES:
        message = f"the file has {len(features):,} shapes; a map has at most {MOST_SHAPES}"
        raise Problems(message, file, kind="too-large")
    return _FeatureReader(file, key).read_outlines(features)


@dataclass
class _FeatureReader:
    """Reads the features of one file; what is wrong with them is told together."""

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
                found[name] = tuple(self._read_rings(feature.get("geometry")))
            except ValueError as fault:
                message = f"the shape '{name}' cannot be drawn: {fault}"
                hint = _DEGREES_HINT if _OUT_OF_RANGE_MESSAGE in str(fault) else _GEOMETRY_HINT
                problems.append(Problem(message, self.file, hint=hint, kind="no-shape"))
        if problems:
            raise Problems(problems.as_sorted_tuple())
        return found

    def _describe_missing_keys(self, features: Sequence[Mapping[str, Any]], unnamed: int) -> Problem:
        """The problem of features without the property, or with what is no code in it."""
        having = [one["properties"] for one in features if isinstance(one.get("properties"), dict)]
        known = dict.fromkeys(str(name)[:LONGEST_SHAPE_KEY] for one in having for name in one)
        message = f"{unnamed} of {len(features)} shapes have no '{self.key}' that could be a key"
        hint = f"they have {join_first_names(list(known), _MOST_LISTED_NAMES)}" if known else "they have no properties"
        return Problem(message, self.file, hint=hint, kind="no-shape-key")

    def _read_rings(self, geometry: Any) -> Iterator[Ring]:
        """The rings of a geometry; none of what is not on the map."""
        if geometry is None:
            return
        kind = geometry.get("type") if isinstance(geometry, dict) else None
        parts = geometry.get("coordinates") if isinstance(geometry, dict) else None
        if kind == "Point":
            yield Ring((self._read_point(parts),))
            return
        if kind not in ("Polygon", "MultiPolygon"):
            raise ValueError(f"it is a {str(kind)[:LONGEST_SHAPE_KEY]}, neither Polygon, MultiPolygon nor Point")
        for polygon in _require_list([parts] if kind == "Polygon" else parts):
            for number, ring in enumerate(_require_list(polygon)):
                points = [self._read_point(point) for point in _require_list(ring)]
                points = points[:-1] if points[:1] == points[-1:] else points
                if len(points) < 3:
                    raise ValueError("it has a ring of fewer than three points")
                yield Ring(tuple(points), hole=number > 0)

    def _read_point(self, point: Any) -> LonLat:
        self.point_count += 1
        if self.point_count > MOST_POINTS:
            message = f"the file has more than {MOST_POINTS:,} points"
            raise Problems(message, self.file, hint=_SIZE_HINT, kind="too-large")
        numbers = _require_list(point)[:2]
        if len(numbers) < 2 or not all(type(one) in (int, float) for one in numbers):
            raise ValueError("a point of it is no pair of numbers")
        east, north = numbers
        if not (-180 <= east <= 180 and -90 <= north <= 90):  # of no number is that true, nor of infinity
            raise ValueError(f"{_OUT_OF_RANGE_MESSAGE} {str(east)[:20]}, {str(north)[:20]}")
        return float(east), float(north)


def _feature_key(feature: Mapping[str, Any], key: str) -> str:
    """What a feature has as its key; nothing where that is no code."""
    properties = feature.get("properties")
    value = properties.get(key) if isinstance(properties, dict) else None
    text = str(value).strip() if type(value) in (str, int) else ""
    return text if len(text) <= LONGEST_SHAPE_KEY else ""


def _require_list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise ValueError("its coordinates are not nested as its type wants")
    return value


def _reject_constant(name: str) -> float:
    raise ValueError(f"{name} is no number")
