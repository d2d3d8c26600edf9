"""A publication's own shapes: read from GeoJSON, projected and made coarser. Neighbours keep a common border.

Import it only in functions: it loads numpy, and few publications have shapes of their own.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy
import shapely

from tipbrief.check.maps.shapes import MAPS_FOLDER, Point, Shape, Shapes
from tipbrief.load.source_text import Text, read_text
from tipbrief.problems import Problem, ProblemList, Problems, join_first_names, suggest_nearest

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
MAX_PATH_LETTERS = 200_000  # of all outlines of a map: each page with the map holds them
MAX_GEOJSON_BYTES, MAX_SHAPES, MAX_POINTS, _MAX_KEY_LENGTH = 4_000_000, 500, 100_000, 60
_SIZE_HINT = f"make it smaller: a map needs some {MAX_POINTS // 10:,} points at most, and is made coarser anyhow"
_DEGREES_HINT = "save it in degrees: GeoJSON is WGS 84, EPSG:4326"
_OUT_OF_RANGE_MESSAGE = "it has a point at"
_GEOMETRY_HINT = "a map draws polygons, of three corners or more, and single points"
_CROSSING_HINT = "repair it with a program for maps: in QGIS, the tool 'Fix geometries'"
_MAX_LISTED_NAMES = 8  # in a message


def load_own_shapes(files: Mapping[str, Path], name: Text, key: str) -> Shapes:
    """The shapes of one of a publication's ``files``; a problem if that cannot be drawn."""
    if name not in files:
        there = [one for one in files if one.startswith(MAPS_FOLDER)]
        hint = suggest_nearest(name, there) if there else f"put a file NAME.geojson into {MAPS_FOLDER}"
        raise Problems(name.problem(f"the publication has no file '{name}'", hint, kind="missing-file"))
    return _simplify_file(files[name], key, read_geojson_text(files[name]))


@lru_cache(8)
def _simplify_file(file: Path, key: str, text: str) -> Shapes:
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


def simplify_outlines(outlines: Mapping[str, Outline]) -> tuple[int, dict[str, Shape]]:
    """The height of the canvas, and the shapes that are on the map. ValueError if one cannot be mended."""
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
    if shape.area < _SMALLEST_SHAPE:
        return shapely.MultiPolygon()
    *small, largest = sorted(shapely.get_parts(shape), key=shapely.area)
    kept = [largest, *(part for part in small if part.area >= _SMALLEST_PART)]
    polygons = [one for part in kept for one in shapely.get_parts(_mend_part(name, part)) if one.area]
    return shapely.MultiPolygon([(one.exterior, [*_iterate_holes(one, _SMALLEST_PART)]) for one in polygons])


def _mend_part(name: str, part: Any) -> Any:
    if shapely.is_valid(part):
        return part
    # The number of crossings grows with the square of the length, and the time with more than that number.
    left, top, right, bottom = part.bounds
    if part.length > _MAX_MENDED_LENGTH * max(right - left, bottom - top):
        raise ValueError(f"the shape '{name}' cannot be drawn: its outline crosses itself again and again")
    return shapely.make_valid(part, method="structure", keep_collapsed=False)


def _iterate_holes(part: Any, smallest: float) -> Iterator[Any]:
    return (hole for hole in part.interiors if shapely.Polygon(hole).area >= smallest)


def _build_shape(drawn: Any, placed: Any) -> Shape:
    """A shape with its largest part first; a dot where it is ``placed`` if nothing of it is ``drawn``."""
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
