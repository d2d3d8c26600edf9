"""Draw data/maps/world.csv, a small world map, from Natural Earth as packed in npm's world-atlas.

The same input gives the same bytes; tools/outlines.py makes lines coarser. README.md beside this
file tells how to run it and whose borders these are.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

from tipbrief.check.maps.own_shapes import GridPoint, project_natural_earth, svg_path
from tipbrief.check.maps.shapes import Point
from tools.outlines import (
    bounding_box,
    bounds_centre,
    find_deepest_point,
    is_inside,
    signed_area,
    simplify_line,
    tidy_ring,
)

T = TypeVar("T")
Side = tuple[int, int]  # a piece of a border and the direction, 1 or -1, in which it is walked
Sized = tuple[float, list[Side]]  # a ring and its area on the canvas, before simplification
Row = tuple[str, str, int, int]

PROJECTION = "Natural Earth (Savric, Patterson, Jenny 2011), centre 11 E"
SOURCE = "Natural Earth 4.1.0, 1:50m (public domain), through world-atlas 2.0.2"
# What the program says of the map, and tells to those who draw with it.
ABOUT: dict[str, Any] = {
    "keys": "codes of ISO 3166 of three letters, such as AFG",
    # Countries and territories with a code, and no place on the map.
    "absent": [
        "ATA", "ATF", "BES", "BVT", "CCK", "CXR", "GIB", "GLP", "GUF", "HMD", "IOT", "MTQ", "MYT", "REU",
        "SGS", "SJM", "TKL", "TUV", "UMI",
    ],
    "near": 130,
    "borders": "Natural Earth",
    "year": 2018,
}  # fmt: skip
WIDTH = 2000
MARGIN = 3
CENTRE = 11.0  # degrees east; the map is cut at 169 degrees west, in the Bering Strait
# Corners that span less than so many square units are dropped; a border is written twice, a coast once.
COAST = 8.0
ARCTIC_COAST = 18.0
ARCTIC = 66.0  # degrees north
BORDER = 14.0
FOCUS = {"AFG": 1.5} | dict.fromkeys(("IRN", "KGZ", "PAK", "TJK", "TKM", "UZB"), 5.0)
SHARE = 0.08  # and never more than this part of an island, or the Gambia would vanish
SMALLEST_ISLAND = 12.0
SMALLEST_COUNTRY = 24.0  # below this, in square units, a country is a dot

ISO3 = """
004AFG 008ALB 010ATA 012DZA 016ASM 020AND 024AGO 028ATG 031AZE 032ARG 036AUS 040AUT 044BHS 048BHR 050BGD
051ARM 052BRB 056BEL 060BMU 064BTN 068BOL 070BIH 072BWA 076BRA 084BLZ 086IOT 090SLB 092VGB 096BRN 100BGR
104MMR 108BDI 112BLR 116KHM 120CMR 124CAN 132CPV 136CYM 140CAF 144LKA 148TCD 152CHL 156CHN 158TWN 170COL
174COM 178COG 180COD 184COK 188CRI 191HRV 192CUB 196CYP 203CZE 204BEN 208DNK 212DMA 214DOM 218ECU 222SLV
226GNQ 231ETH 232ERI 233EST 234FRO 238FLK 239SGS 242FJI 246FIN 248ALA 250FRA 258PYF 260ATF 262DJI 266GAB
268GEO 270GMB 275PSE 276DEU 288GHA 296KIR 300GRC 304GRL 308GRD 316GUM 320GTM 324GIN 328GUY 332HTI 334HMD
336VAT 340HND 344HKG 348HUN 352ISL 356IND 360IDN 364IRN 368IRQ 372IRL 376ISR 380ITA 384CIV 388JAM 392JPN
398KAZ 400JOR 404KEN 408PRK 410KOR 414KWT 417KGZ 418LAO 422LBN 426LSO 428LVA 430LBR 434LBY 438LIE 440LTU
442LUX 446MAC 450MDG 454MWI 458MYS 462MDV 466MLI 470MLT 478MRT 480MUS 484MEX 492MCO 496MNG 498MDA 499MNE
500MSR 504MAR 508MOZ 512OMN 516NAM 520NRU 524NPL 528NLD 531CUW 533ABW 534SXM 540NCL 548VUT 554NZL 558NIC
562NER 566NGA 570NIU 574NFK 578NOR 580MNP 583FSM 584MHL 585PLW 586PAK 591PAN 598PNG 600PRY 604PER 608PHL
612PCN 616POL 620PRT 624GNB 626TLS 630PRI 634QAT 642ROU 643RUS 646RWA 652BLM 654SHN 659KNA 660AIA 662LCA
663MAF 666SPM 670VCT 674SMR 678STP 682SAU 686SEN 688SRB 690SYC 694SLE 702SGP 703SVK 704VNM 705SVN 706SOM
710ZAF 716ZWE 724ESP 728SSD 729SDN 732ESH 740SUR 748SWZ 752SWE 756CHE 760SYR 762TJK 764THA 768TGO 776TON
780TTO 784ARE 788TUN 792TUR 795TKM 796TCA 800UGA 804UKR 807MKD 818EGY 826GBR 831GGY 832JEY 833IMN 834TZA
840USA 850VIR 854BFA 858URY 860UZB 862VEN 876WLF 882WSM 887YEM 894ZMB
"""
# Places that have no code in the file, and whose they are on this map; None is left out.
UNCODED = {
    "Kosovo": "XKX",
    "Somaliland": "SOM",
    "N. Cyprus": "CYP",
    "Siachen Glacier": "IND",
    "Indian Ocean Ter.": None,
}
OMITTED = {"ATA", "ATF", "HMD", "IOT", "SGS"}  # nobody lives there but on duty
# No government of the report, so it gets no dot; without its shape there would be a hole in the map.
ALWAYS_SHAPED = {"PSE"}
CRIMEA = (34.3, 45.3)
# Borders of some hundred metres, which the source draws as a point.
POINT_BORDERS = {frozenset(("BWA", "ZMB"))}


class Atlas:
    """The topology: pieces of border, each drawn once, and the sides of them that bound each country."""

    def __init__(self, topology: dict[str, Any]) -> None:
        """Read a TopoJSON file of countries."""
        self.scale: list[float] = topology["transform"]["scale"]
        self.origin: list[float] = topology["transform"]["translate"]
        self.circle = round(360 / self.scale[0])
        self.pieces = [self._unroll(arc) for arc in topology["arcs"]]
        self.countries: dict[str, list[Side]] = defaultdict(list)
        names = {entry[:3]: entry[3:] for entry in ISO3.split()}
        for shape in topology["objects"]["countries"]["geometries"]:
            name = shape["properties"]["name"]
            code = names[shape["id"]] if "id" in shape else UNCODED[name]
            if code is None or code in OMITTED:
                continue
            for polygon in [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]:
                sides = [(~arc, -1) if arc < 0 else (arc, 1) for ring in polygon for arc in ring]
                crimea = code == "RUS" and self._contains(sides, CRIMEA)
                self.countries["UKR" if crimea else code] += sides

    def degrees(self, cell: GridPoint) -> Point:
        """Give longitude and latitude of a point of the file's grid."""
        return cell[0] * self.scale[0] + self.origin[0], cell[1] * self.scale[1] + self.origin[1]

    def rings(self, code: str) -> list[list[Side]]:
        """Give a country's outlines, without borders between two of its own parts."""
        sides = Counter(self.countries[code])
        starts: dict[GridPoint, list[Side]] = defaultdict(list)
        for piece, way in sorted(sides):
            if not sides[piece, -way]:
                starts[self.walk((piece, way))[0]].append((piece, way))
        rings = []
        for first in sorted(starts):
            while starts[first]:
                ring = [starts[first].pop()]
                while (end := self.walk(ring[-1])[-1]) != first:
                    ring.append(starts[end].pop())
                rings.append(ring)
        return rings

    def walk(self, side: Side) -> list[GridPoint]:
        """Give the points of one side in order."""
        piece, way = side
        return self.pieces[piece][::way]

    def _unroll(self, arc: list[list[int]]) -> list[GridPoint]:
        """Turn an arc's steps into points that do not jump at 180 degrees and lie east of the map's cut."""
        x = y = 0
        points: list[GridPoint] = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            last = points[-1][0] if points else x
            points.append((x + round((last - x) / self.circle) * self.circle, y))
        middle = sum(x for x, _ in points) / len(points) * self.scale[0] + self.origin[0]
        turns = math.floor((middle - (CENTRE - 180)) / 360)
        return [(x - turns * self.circle, y) for x, y in points]

    def _contains(self, sides: list[Side], place: Point) -> bool:
        edges = [(self.degrees(a), self.degrees(b)) for side in sides for a, b in pairwise(self.walk(side))]
        return is_inside(edges, place)


def project(place: Point) -> Point:
    """Map longitude and latitude in degrees onto the plane of the map."""
    return project_natural_earth((place[0] - CENTRE, place[1]))


def draw(topology: dict[str, Any]) -> tuple[list[Row], int]:
    """Give the rows of world.csv and the height of the canvas."""
    atlas = Atlas(topology)
    outlines = {code: atlas.rings(code) for code in sorted(atlas.countries)}
    plane = [[project(atlas.degrees(cell)) for cell in piece] for piece in atlas.pieces]
    used = [p for rings in outlines.values() for ring in rings for p in _join(plane, ring)]
    left, top = min(x for x, _ in used), min(y for _, y in used)
    scale = (WIDTH - 2 * MARGIN) / (max(x for x, _ in used) - left)
    height = math.ceil((max(y for _, y in used) - top) * scale) + 2 * MARGIN
    canvas = [[((x - left) * scale + MARGIN, (y - top) * scale + MARGIN) for x, y in line] for line in plane]

    rows: list[Row] = []
    shapes: dict[str, list[Sized]] = {}
    for code, rings in outlines.items():
        sized = [(signed_area(_join(canvas, ring)), ring) for ring in rings]
        sized.sort(key=lambda entry: abs(entry[0]), reverse=True)
        if abs(sum(size for size, _ in sized)) < SMALLEST_COUNTRY and code not in ALWAYS_SHAPED:
            point = bounds_centre(_join(canvas, sized[0][1]))
            rows.append((code, "", *point, *bounding_box([[point]])))
        else:
            shapes[code] = sized[:1] + [entry for entry in sized[1:] if abs(entry[0]) >= SMALLEST_ISLAND]

    cells = [
        [(round(x), round(y)) for x, y in simplify_line(line, least)]
        for line, least in zip(canvas, _coarseness(atlas, shapes), strict=True)
    ]
    for code, sized in shapes.items():
        outline = [ring for _, sides in sized if signed_area(ring := tidy_ring(_join(cells, sides)))]
        rows.append((code, svg_path(outline), *find_deepest_point(outline), *bounding_box(outline)))
    return sorted(rows), height


def find_neighbours(atlas: Atlas) -> dict[str, str]:
    """Give the codes of the countries that share a piece of border with each, before lines are made coarser."""
    sharers: dict[int, set[str]] = defaultdict(set)
    for code, sides in atlas.countries.items():
        for piece, _ in sides:
            sharers[piece].add(code)
    beside: dict[str, set[str]] = defaultdict(set)
    for together in (*sharers.values(), *POINT_BORDERS):
        for code in together:
            beside[code] |= together - {code}
    return {code: " ".join(sorted(others)) for code, others in sorted(beside.items()) if others}


def _coarseness(atlas: Atlas, shapes: dict[str, list[Sized]]) -> list[float]:
    least = [math.inf] * len(atlas.pieces)
    sharers = Counter(piece for sides in atlas.countries.values() for piece in {piece for piece, _ in sides})
    for code, sized in shapes.items():
        for size, ring in sized:
            for piece, _ in ring:
                north = atlas.degrees(atlas.pieces[piece][0])[1] > ARCTIC
                usual = BORDER if sharers[piece] > 1 else ARCTIC_COAST if north else COAST
                least[piece] = min(least[piece], FOCUS.get(code, usual), abs(size) * SHARE)
    return least


def _join(lines: Sequence[list[T]], ring: list[Side]) -> list[T]:
    return [point for piece, way in ring for point in lines[piece][::way][:-1]]


def main() -> None:
    """Read the command line, write world.csv and world.json."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("topology", type=Path, help="countries-50m.json of world-atlas 2.0.2")
    parser.add_argument("--out", type=Path, default=Path(__file__).parents[2] / "data" / "maps")
    options = parser.parse_args()
    topology = json.loads(options.topology.read_text(encoding="utf-8"))
    rows, height = draw(topology)
    options.out.mkdir(parents=True, exist_ok=True)
    with (options.out / "world.csv").open("w", encoding="utf-8", newline="") as file:
        head = ("code", "shape", "x", "y", "left", "top", "right", "bottom")
        csv.writer(file, lineterminator="\n").writerows([head, *rows])
    about = {"width": WIDTH, "height": height, "projection": PROJECTION, "source": SOURCE, **ABOUT}
    about["neighbours"] = find_neighbours(Atlas(topology))
    (options.out / "world.json").write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
