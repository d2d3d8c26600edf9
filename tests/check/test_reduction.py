"""Reduction: neighbours fit, holes stay open, small things are dots, and the same file gives the same map."""

import math
import random
from itertools import pairwise

import pytest
from shapely import MultiPolygon, Point, Polygon

from tests.compose.test_maps import inside, outline
from tipbrief.check.maps.own_shapes import CANVAS_WIDTH, LonLat, simplify_outlines


def wavy(start: LonLat, end: LonLat, seed: int) -> list[LonLat]:
    """A line with many corners, without its end."""
    chance = random.Random(seed)
    steps = 200
    (ax, ay), (bx, by) = start, end
    between = [(ax + (bx - ax) * n / steps, ay + (by - ay) * n / steps) for n in range(1, steps)]
    return [start, *((x + chance.uniform(-0.003, 0.003), y + chance.uniform(-0.003, 0.003)) for x, y in between)]


def neighbours() -> dict[str, Polygon]:
    a, b, c, d, e, f = (60, 30), (64, 30), (68, 30), (60, 33), (64, 33), (68, 33)
    ab, bc, de, ef = wavy(a, b, 1), wavy(b, c, 2), wavy(d, e, 3), wavy(e, f, 4)
    ad, be, cf = wavy(a, d, 5), wavy(b, e, 6), wavy(c, f, 7)
    west = [*ab, *be, e, *de[:0:-1], d, *ad[:0:-1]]
    # Walked the other way round, from another corner.
    east = [*cf, f, *ef[:0:-1], e, *be[:0:-1], *bc]
    return {"W": Polygon(west), "E": Polygon(east[::-1])}


def test_neighbours_share_the_points_of_their_border() -> None:
    _, found = simplify_outlines(neighbours())
    west, east = ({point for ring in outline(found[name].path) for point in ring} for name in "WE")
    before = len(neighbours()["W"].exterior.coords)
    assert 10 < len(west) < before / 3, "it was made coarser"
    shared = west & east
    assert len(shared) > 5
    border = sorted(shared, key=lambda point: point[1])
    for name in ("W", "E"):
        (ring,) = outline(found[name].path)
        steps = {frozenset(edge) for edge in pairwise([*ring, ring[0]])}
        assert all(frozenset(edge) in steps for edge in pairwise(border)), "the border is the same line"


@pytest.mark.slow
def test_the_same_file_gives_the_same_map_in_whatever_order() -> None:
    whole = neighbours()
    lines = {name: list(one.exterior.coords)[:-1] for name, one in whole.items()}
    turned = {name: Polygon(line[77:] + line[:77]) for name, line in lines.items()}
    first, second = (simplify_outlines(one)[1]["W"] for one in (whole, turned))
    assert (first.left, first.top, first.right, first.bottom) == (second.left, second.top, second.right, second.bottom)
    points = [
        {p for ring in outline(one["E"].path) for p in ring}
        for one in (simplify_outlines(whole)[1], simplify_outlines(turned)[1])
    ]
    assert points[0] == points[1]
    assert simplify_outlines(whole) == simplify_outlines(whole)


def box(west: float, south: float, size: float, *holes: Polygon) -> Polygon:
    corners = ((0, 0), (size, 0), (size, size), (0, size))
    return Polygon([(west + x, south + y) for x, y in corners], [hole.exterior for hole in holes])


def test_a_hole_stays_open_and_what_lies_in_it_is_drawn() -> None:
    height, found = simplify_outlines(
        {
            "around": box(60, 30, 6, box(62, 32, 2)),
            "inner": box(62, 32, 2).reverse(),
            "dot": box(70, 30, 0.01),
            "place": Point(70.0, 34.0),
            "away": MultiPolygon(),
        }
    )
    assert set(found) == {"around", "inner", "dot", "place"}
    outer, hole = outline(found["around"].path)
    (inner,) = outline(found["inner"].path)
    assert {*hole} == {*inner}
    x, y = found["inner"].x, found["inner"].y
    assert inside([inner], x, y)
    assert not inside([outer, hole], x, y)
    turns = [sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*r, r[0]])) for r in (outer, hole, inner)]
    assert [turn > 0 for turn in turns] == [True, False, True], "SVG leaves out what runs against the rest"
    assert [found[name].path for name in ("dot", "place")] == ["", ""]
    assert 0 < found["place"].y < found["dot"].y <= height


def test_areas_keep_their_ratio_and_the_canvas_its_width() -> None:
    height, found = simplify_outlines({"south": box(60, 30, 1), "north": box(60, 60, 1)})
    size = [abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*r, r[0]]))) / 2
            for name in ("south", "north") for r in outline(found[name].path)]  # fmt: skip
    assert size[1] / size[0] == pytest.approx(math.cos(math.radians(60.5)) / math.cos(math.radians(30.5)), rel=0.1)
    assert height == pytest.approx(0.75 * CANVAS_WIDTH, abs=10), "no map is much higher than wide"
    assert all(0 <= found[name].left <= found[name].right <= CANVAS_WIDTH for name in found)


def test_shapes_on_both_sides_of_the_180th_meridian_lie_together() -> None:
    _, found = simplify_outlines({"west": box(178, -18, 2), "east": box(-180, -18, 2), "far": box(-176, -18, 2)})
    west, east = ({*outline(found[name].path)[0]} for name in ("west", "east"))
    assert len(west & east) == 2, "they share a border"
    assert found["east"].left < found["far"].left < CANVAS_WIDTH


def test_what_reaches_round_the_world_is_drawn_as_the_world() -> None:
    height, found = simplify_outlines(
        {name: box(west, -40, 80) for name, west in (("a", -179.0), ("b", 0.0), ("c", 99.0))}
    )
    assert found["a"].right < found["b"].left < found["b"].right < found["c"].left
    assert 0.2 * CANVAS_WIDTH < height < 0.75 * CANVAS_WIDTH


def test_an_outline_that_crosses_itself_is_drawn_and_keeps_its_border() -> None:
    crossed = Polygon([(60, 30), (62, 30), (62, 32), (60, 32), (60, 30.9), (60.1, 31.1), (60.1, 30.9), (60, 31.1)])
    assert not crossed.is_valid
    _, found = simplify_outlines({"crossed": crossed, "beside": box(62, 30, 2)})
    ours, others = ({point for ring in outline(found[name].path) for point in ring} for name in ("crossed", "beside"))
    assert len(ours & others) == 2


def test_an_outline_that_does_nothing_but_cross_itself_is_refused_at_once() -> None:
    chance = random.Random(3)
    scribble = Polygon([(chance.uniform(60, 68), chance.uniform(30, 35)) for _ in range(20_000)])
    with pytest.raises(ValueError, match="'scribble' cannot be drawn"):
        simplify_outlines({"beside": box(68, 30, 5), "scribble": scribble})


def any_place(kind: int, chance: random.Random) -> LonLat:
    """Places on a coarse grid, anywhere, at the date line, at the poles, all but one, on a line, in a region."""
    ways: list[LonLat] = [
        (chance.randint(0, 4), chance.randint(0, 4)),
        (chance.uniform(-180, 180), chance.uniform(-90, 90)),
        (chance.choice([-180, 180, 179.999999, -179.999999]), chance.uniform(-90, 90)),
        (chance.randint(-2, 2), chance.choice([-90, 90, 0])),
        (60 + chance.gauss(0, 1e-9), 30 + chance.gauss(0, 1e-9)),
        (60 + chance.random(), 30 + 1e-7 * chance.random()),
        (60 + chance.random(), 30 + chance.random()),
    ]
    return ways[kind]


@pytest.mark.slow
def test_any_rings_are_drawn_or_dots_within_their_canvas() -> None:
    chance = random.Random(7)

    def ring(kind: int) -> list[LonLat]:
        return [any_place(kind, chance) for _ in range(chance.choice([3, 4, 5, 8, 20]))]

    for number in range(700):
        outlines = {
            str(name): MultiPolygon(
                [
                    (ring(number % 7), [ring(number % 7) for _ in range(chance.choice([0, 0, 1, 3]))])
                    for _ in range(chance.choice([1, 1, 4]))
                ]
            )
            for name in range(chance.randint(1, 4))
        }
        height, found = simplify_outlines(outlines | {"again": outlines["0"]})
        assert found.keys() == outlines.keys() | {"again"}
        for one in found.values():
            left, top, right, bottom = one.left, one.top, one.right, one.bottom
            assert 0 <= left <= right <= CANVAS_WIDTH
            assert 0 <= top <= bottom <= height
            assert bool(one.path) == (left < right)
