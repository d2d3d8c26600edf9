"""GeoJSON: outlines by a property, and what a file may not be."""

import json
from pathlib import Path
from typing import Any

import pytest
from shapely import MultiPolygon, Point

from tests.support import problems_of
from tipbrief.check.maps import own_shapes
from tipbrief.check.maps.own_shapes import Outline, parse_outlines, read_geojson_text

SQUARE = [[60, 30], [61, 30], [61, 31], [60, 31], [60, 30]]
NEITHER = "neither Polygon, MultiPolygon nor Point"
HOLE = [[60.2, 30.2], [60.4, 30.2], [60.4, 30.4], [60.2, 30.2]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": geometry}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def written(folder: Path, *features: Any) -> Path:
    file = folder / "shapes.geojson"
    whole = {"type": "FeatureCollection", "features": list(features)}
    file.write_text(json.dumps(whole, ensure_ascii=False), encoding="utf-8")
    return file


def outlines(file: Path, key: str = "code") -> dict[str, Outline]:
    return parse_outlines(read_geojson_text(file), file, key)


def fault(file: Path) -> str:
    return problems_of(outlines, file)[0].message


def test_outlines_are_read_by_the_declared_property(tmp_path: Path) -> None:
    several = {"type": "MultiPolygon", "coordinates": [[SQUARE], [SQUARE, HOLE]]}
    file = written(
        tmp_path,
        feature(polygon(SQUARE, HOLE), code="A", other=1),
        feature(several, code=7),
        feature({"type": "Point", "coordinates": [62, 33, 1800]}, code="C"),
        feature(None, code="D"),
    )
    found = outlines(file)
    assert found == {
        "A": MultiPolygon([(SQUARE, [HOLE])]),
        "7": MultiPolygon([(SQUARE, []), (SQUARE, [HOLE])]),
        "C": Point(62, 33),
        "D": MultiPolygon(),
    }


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        ({"type": "LineString", "coordinates": SQUARE}, f"it is a LineString, {NEITHER}"),
        ({"type": "Polygon"}, "its coordinates are not nested as its type wants"),
        (polygon([[60, 30], [61, 30], [60, 30]]), "it has a ring of fewer than three points"),
        (polygon([[500000, 3800000], [500001, 1], [2, 2], [3, 3]]), "it has a point at 500000, 3800000"),
        (polygon([[1e999, 0], [1, 1], [2, 2]]), "it has a point at inf, 0"),
        ({"type": "Point", "coordinates": [0, 10**400]}, f"it has a point at 0, 1{'0' * 19}"),
        (polygon([["60", 30], [61, 30], [61, 31]]), "a point of it is no pair of numbers"),
        (polygon([[True, 30], [61, 30], [61, 31]]), "a point of it is no pair of numbers"),
        ("Polygon", f"it is a None, {NEITHER}"),
    ],
)  # fmt: skip
def test_what_cannot_be_drawn(tmp_path: Path, geometry: Any, said: str) -> None:
    file = written(tmp_path, feature(geometry, code="A"))
    file.write_text(file.read_text().replace("Infinity", "1e999"), encoding="utf-8")
    assert fault(file) == f"the shape 'A' cannot be drawn: {said}"


def test_keys_are_there_and_once(tmp_path: Path) -> None:
    one = feature(polygon(SQUARE), code="A")
    assert fault(written(tmp_path, one, one)) == "the shape 'A' stands twice"
    others = [feature(polygon(SQUARE), code=value) for value in (None, 1.5, True, ["A"], "", "A" * 61)]
    assert fault(written(tmp_path, one, *others)) == "6 of 7 shapes have no 'code' that could be a key"
    assert problems_of(outlines, written(tmp_path, one), "iso")[0].hint == "they have code"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{\n 'a': 1}", "the file is no JSON: Expecting property name enclosed in double quotes"),
        ("[" * 100_000, "the file is no JSON that can be read: "),
        ('{"features": [{"x": NaN}]}', "the file is no JSON that can be read: NaN is no number"),
        ('{"x": ' + "9" * 5000 + "}", "the file is no JSON that can be read: Exceeds the limit"),
        ("[]", "the file is no GeoJSON with shapes"),
        ('{"features": []}', "the file is no GeoJSON with shapes"),
        ('{"features": [1]}', "the file is no GeoJSON with shapes"),
        ('{"type": "Topology", "arcs": []}', "the file is no GeoJSON with shapes"),
    ],
)
def test_what_is_no_geojson(tmp_path: Path, content: str, said: str) -> None:
    file = tmp_path / "a.geojson"
    file.write_text(content, encoding="utf-8")
    assert fault(file).startswith(said)


def test_it_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    many = [feature(polygon(SQUARE), code=str(n)) for n in range(own_shapes.MAX_SHAPES + 1)]
    assert fault(written(tmp_path, *many)) == "the file has 501 shapes; a map has at most 500"
    monkeypatch.setattr(own_shapes, "MAX_POINTS", 4)
    assert fault(written(tmp_path, many[0])) == "the file has more than 4 points"
    (tmp_path / "shapes.geojson").write_bytes(b" " * (own_shapes.MAX_GEOJSON_BYTES + 1))
    problem = problems_of(read_geojson_text, tmp_path / "shapes.geojson")[0]
    assert problem.kind == "too-large"
    assert "some 10,000 points at most" in problem.hint
