"""The world map: every government is on it and can be drawn; and the maps that charts make of it."""

import dataclasses
import json
import re
from itertools import pairwise

import pytest

from tests.support import first_of, read_rows, with_rows
from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import MapChart, every_block
from tipbrief.check.publication import Publication
from tipbrief.compose.maps import shape_map

DATA = find_shipped_folder("data")
MAP = DATA / "maps" / "world.csv"
SHAPE = re.compile(r"M\d+ \d+(l-?\d+[ -]\d+([ -]\d+[ -]\d+)+z(m-?\d+[ -]\d+(?=l))?)+")
RING = re.compile(r"([Mm])([^l]+)l([^z]+)z")

Point = tuple[int, int]


def pairs(numbers: str) -> list[Point]:
    values = [int(value) for value in re.findall(r"-?\d+", numbers)]
    return list(zip(values[::2], values[1::2], strict=True))


def outline(shape: str) -> list[list[Point]]:
    rings: list[list[Point]] = []
    for letter, start, steps in RING.findall(shape):
        ((x, y),) = pairs(start)
        if letter == "m":
            x, y = x + rings[-1][0][0], y + rings[-1][0][1]
        ring = [(x, y)]
        for dx, dy in pairs(steps):
            x, y = x + dx, y + dy
            ring.append((x, y))
        rings.append(ring)
    return rings


def inside(rings: list[list[Point]], x: int, y: int) -> bool:
    edges = [edge for ring in rings for edge in pairwise([*ring, ring[0]])]
    crossed = [(ay > y) != (by > y) and x < ax + (y - ay) / (by - ay) * (bx - ax) for (ax, ay), (bx, by) in edges]
    return sum(crossed) % 2 == 1


WORLD = {row["code"]: row for row in read_rows(MAP)}
RINGS = {code: outline(row["shape"]) for code, row in WORLD.items()}
CANVAS = json.loads((MAP.parent / "world.json").read_text("utf-8"))


def box(code: str) -> tuple[int, int, int, int]:
    xs, ys = zip(*(point for ring in RINGS[code] for point in ring), strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def test_every_government_is_on_the_map_once_and_no_territory_leaves_a_hole() -> None:
    governments = {row["iso3"] for row in read_rows(DATA / "tip-2025" / "tables" / "placements.csv")}
    assert len(governments) == 188
    assert governments <= WORLD.keys()
    codes = [row["code"] for row in read_rows(MAP)]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch("[A-Z]{3}", code) for code in codes)
    assert all(RINGS[code] for code in ("GRL", "ESH", "PRI", "PSE")), "which the report leaves out"
    assert "ATA" not in WORLD


def test_shapes_are_closed_rings_of_whole_relative_steps() -> None:
    wrong = [code for code, row in WORLD.items() if row["shape"] and not SHAPE.fullmatch(row["shape"])]
    assert wrong == []


def test_each_shape_lies_on_the_canvas_within_its_bounds_around_its_point() -> None:
    for code, row in WORLD.items():
        x, y, *bounds = (int(row[name]) for name in ("x", "y", "left", "top", "right", "bottom"))
        assert tuple(bounds) == (box(code) if RINGS[code] else (x, y, x, y)), code
        left, top, right, bottom = bounds
        assert 0 <= left <= x <= right <= CANVAS["width"], code
        assert 0 <= top <= y <= bottom <= CANVAS["height"], code
        assert not RINGS[code] or inside(RINGS[code], x, y), code


def test_no_line_runs_across_the_map() -> None:
    steps = {
        code: max(abs(bx - ax) for ring in rings for (ax, _), (bx, _) in pairwise([*ring, ring[0]]))
        for code, rings in RINGS.items()
        if rings
    }
    # The longest straight line is the 49th parallel between the United States and Canada.
    assert {code for code, step in steps.items() if step > CANVAS["width"] / 20} == {"CAN", "USA"}
    assert max(steps.values()) < CANVAS["width"] / 8


def test_afghanistan_lies_between_its_neighbours() -> None:
    left, top, right, bottom = box("AFG")
    iran, pakistan, turkmenistan, tajikistan = (box(code) for code in ("IRN", "PAK", "TKM", "TJK"))
    assert iran[0] < left < iran[2] < right, "Iran is west of Afghanistan"
    assert left < pakistan[0] < right < pakistan[2], "Pakistan reaches further east"
    assert top < pakistan[1] < bottom < pakistan[3], "and further south"
    assert turkmenistan[1] < top, "Turkmenistan is north"
    assert tajikistan[1] < top, "Tajikistan is north"
    # Neighbours share the points of their border.
    points = {code: {point for ring in RINGS[code] for point in ring} for code in ("AFG", "IRN", "PAK")}
    assert len(points["AFG"] & points["IRN"]) >= 8
    assert len(points["AFG"] & points["PAK"]) >= 20


def test_the_maps_stay_small() -> None:
    assert MAP.stat().st_size < 32 * 1024
    assert PROVINCES.stat().st_size < 16 * 1024


PROVINCES = MAP.with_name("afghanistan-provinces.csv")
PROVINCE = {row["code"].removeprefix("AF-"): row for row in read_rows(PROVINCES)}
# West or north of the other, as any atlas has it; Panjshir and Daykundi among them, whose names were wrong.
BESIDE = {
    "west": (
        "HER GHO, GHO DAY, DAY GHA, GHA PKA, FRA HEL, NIM HEL, HEL KAN, URU ZAB, BDG FYB, FYB BAL, "
        "BAL SAM, KDZ TAK, TAK BDS, BAM WAR, PAR KAP, PAR PAN, PAN NUR, LAG NUR, NUR BDS, KAB LAG, "
        "LOG NAN, PIA KHO, NAN KNR"
    ),
    "north": (
        "DAY URU, URU KAN, PAN KAP, KAP NAN, BGL PAN, PAR KAB, KAB LOG, LOG PIA, PIA PKA, JOW SAR, "
        "SAR GHO, BAL SAR, SAM BAM, BAM GHA, HER FRA, FRA NIM, GHA ZAB, KNR NAN, NUR LAG, WAR GHA"
    ),
}


def test_the_34_provinces_have_the_codes_of_iso_3166_2() -> None:
    codes = (
        "BAL BAM BDG BDS BGL DAY FRA FYB GHA GHO HEL HER JOW KAB KAN KAP KDZ KHO KNR LAG LOG NAN NIM NUR PAN "
        "PAR PIA PKA SAM SAR TAK URU WAR ZAB"
    )
    assert [*PROVINCE] == codes.split()
    assert all(SHAPE.fullmatch(row["shape"]) for row in PROVINCE.values()), "and each is a shape"


@pytest.mark.parametrize(("way", "pairs"), BESIDE.items())
def test_each_province_lies_where_its_neighbours_know_it(way: str, pairs: str) -> None:
    axis = "x" if way == "west" else "y"
    for one, other in (pair.split() for pair in pairs.split(", ")):
        assert int(PROVINCE[one][axis]) < int(PROVINCE[other][axis]), f"{one} is {way} of {other}"
    assert {code for pair in BESIDE.values() for code in re.findall("[A-Z]+", pair)} == {*PROVINCE}


def test_neighbouring_provinces_share_their_border() -> None:
    points = {code: {p for ring in outline(row["shape"]) for p in ring} for code, row in PROVINCE.items()}
    for one, other in (("PAN", "PAR"), ("DAY", "URU"), ("BAM", "BGL"), ("KAB", "LOG"), ("HER", "FRA")):
        assert len(points[one] & points[other]) >= 2, (one, other)
    for code, row in PROVINCE.items():
        assert inside(outline(row["shape"]), int(row["x"]), int(row["y"])), code


def test_each_country_is_drawn_once_in_the_group_of_its_choice(made_up: Publication) -> None:
    shapes = {code: row["shape"] for code, row in WORLD.items()}
    world = shape_map(made_up, first_of(MapChart, made_up))
    groups = {group.choice and str(group.choice.label): group for group in world.groups}
    assert list(groups) == [None, "باز", "بسته", "خشک"]
    assert groups["باز"].path == shapes["AFG"] + shapes["TJK"]
    assert groups["بسته"].path == shapes["PAK"]
    assert groups["خشک"].path == ""
    assert len(groups["خشک"].dots) == 1, "Andorra is too small to be seen, and stands as a dot"
    others = groups[None]
    assert shapes["IRN"] in others.path
    assert shapes["AFG"] not in others.path
    assert len("".join(group.path for group in world.groups)) == len("".join(shapes.values()))
    assert sum(len(group.dots) for group in world.groups) == list(shapes.values()).count("")


def test_the_outline_holds_the_rows_of_its_table_only(made_up: Publication) -> None:
    block = first_of(MapChart, made_up)
    world = shape_map(made_up, block)
    assert world.outline.path == "".join(
        group.path for group in world.groups if group.choice and group.choice.label == "باز"
    )
    bare = shape_map(made_up, dataclasses.replace(block, outline=None))
    assert (bare.outline.path, bare.outline.dots) == ("", ())


def test_the_map_says_its_numbers(made_up: Publication, tip: Publication) -> None:
    drawn = shape_map(made_up, first_of(MapChart, made_up))
    assert [(choice.label, count) for choice, count, _ in drawn.answers] == [("باز", 2), ("بسته", 1), ("خشک", 1)]
    world = shape_map(tip, first_of(MapChart, tip))
    assert ([count for _, count, _ in world.answers], world.empty_count) == ([33, 106, 25, 20, 4], 43)


def test_the_map_knows_what_it_lacks(made_up: Publication) -> None:
    block, table = first_of(MapChart, made_up), made_up.tables["places"]
    more = {**table.by_key, "GIB": {**table.by_key["AFG"], "name": "جبل‌الطارق"}}
    found = shape_map(with_rows(made_up, "places", more), block)
    assert found.missing == ("جبل‌الطارق",)
    assert shape_map(made_up, block).missing == ()


def crop(tip: Publication, code: str) -> tuple[int, int, int, int]:
    blocks = every_block(tip.briefs["country"].blocks)
    block = next(block for block in blocks if isinstance(block, MapChart))
    found = shape_map(tip, block, code)
    return found.box


def is_seen(code: str, box: tuple[int, int, int, int]) -> bool:
    x, y = int(WORLD[code]["x"]), int(WORLD[code]["y"])
    return box[0] <= x <= box[0] + box[2] and box[1] <= y <= box[1] + box[3]


def test_the_part_around_a_row_shows_it_and_its_region_and_nothing_far(tip: Publication) -> None:
    box = crop(tip, "AFG")
    assert all(is_seen(code, box) for code in ("AFG", "PAK", "IRN", "TJK", "TKM", "UZB", "IND", "NPL", "BGD"))
    assert not any(is_seen(code, box) for code in ("LBY", "JPN", "EGY", "TUR", "IDN", "KOR"))


def test_each_part_has_its_own_row_in_it_and_is_small(tip: Publication) -> None:
    boxes = {code: crop(tip, code) for code in tip.tables["placements"].by_key if code in WORLD}
    assert [code for code, box in boxes.items() if not is_seen(code, box)] == []
    wide = {code for code, box in boxes.items() if box[2] > 0.37 * CANVAS["width"]}
    assert wide == {"BRA", "RUS"}, "large themselves; islands beyond an ocean make no part wide"
    assert all(2 < width / height < 2.6 for _, _, width, height in boxes.values())


@pytest.mark.parametrize("island", ["PLW", "FSM", "MHL"])
def test_an_island_far_from_its_region_is_in_no_corner(tip: Publication, island: str) -> None:
    _, top, _, height = crop(tip, island)
    assert 0.2 < (float(WORLD[island]["y"]) - top) / height < 0.8
