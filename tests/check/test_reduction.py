"""Reduction: neighbours fit, holes stay open, small things are dots, and the same file gives the same map."""

import math
import random
from itertools import pairwise

import pytest

from tests.compose.test_maps import inside, outline
from tipbrief.check.maps.simplification import CANVAS_WIDTH, LonLat, Ring, simplify_outlines


def wavy(start: LonLat, end: LonLat, seed: int) -> list[LonLat]:
    """A line with many corners, without its end."""
    chance = random.Random(seed)
    steps = 200
    (ax, ay), (bx, by) = start, end
    between = [(ax + (bx - ax) * n / steps, ay + (by - ay) * n / steps) for n in range(1, steps)]
    return [start, *((x + chance.uniform(-0.02, 0.02), y + chance.uniform(-0.02, 0.02)) for x, y in between)]


def neighbours() -> dict[str, tuple[Ring, ...]]:
    a, b, c, d, e, f = (60, 30), (64, 30), (68, 30), (60, 33), (64, 33), (68, 33)
    ab, bc, de, ef = wavy(a, b, 1), wavy(b, c, 2), wavy(d, e, 3), wavy(e, f, 4)
    ad, be, cf = wavy(a, d, 5), wavy(b, e, 6), wavy(c, f, 7)
    west = [*ab, *be, e, *de[:0:-1], d, *ad[:0:-1]]
    # Walked the other way round, from another corner.
    east = [*cf, f, *ef[:0:-1], e, *be[:0:-1], *bc]
    return {"W": (Ring(tuple(west)),), "E": (Ring(tuple(east[::-1])),)}


def test_neighbours_share_the_points_of_their_border() -> None:
    _, found = simplify_outlines(neighbours())
    west, east = ({point for ring in outline(found[name].path) for point in ring} for name in "WE")
    before = len(neighbours()["W"][0].points)
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
    turned = {name: (Ring(rings[0].points[77:] + rings[0].points[:77]),) for name, rings in whole.items()}
    first, second = (simplify_outlines(one)[1]["W"] for one in (whole, turned))
    assert (first.left, first.top, first.right, first.bottom) == (second.left, second.top, second.right, second.bottom)
    points = [
        {p for ring in outline(one["E"].path) for p in ring}
        for one in (simplify_outlines(whole)[1], simplify_outlines(turned)[1])
    ]
    assert points[0] == points[1]
    assert simplify_outlines(whole) == simplify_outlines(whole)


def box(west: float, south: float, size: float, *, hole: bool = False) -> Ring:
    corners = ((0, 0), (size, 0), (size, size), (0, size))
    return Ring(tuple((west + x, south + y) for x, y in corners), hole=hole)


def test_a_hole_stays_open_and_what_lies_in_it_is_drawn() -> None:
    height, found = simplify_outlines(
        {
            "around": (box(60, 30, 6), box(62, 32, 2, hole=True)),
            "inner": (Ring(box(62, 32, 2).points[::-1]),),
            "dot": (box(70, 30, 0.01),),
            "place": (Ring(((70.0, 34.0),)),),
            "away": (),
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
    height, found = simplify_outlines({"south": (box(60, 30, 1),), "north": (box(60, 60, 1),)})
    size = [abs(sum(ax * by - bx * ay for (ax, ay), (bx, by) in pairwise([*r, r[0]]))) / 2
            for name in ("south", "north") for r in outline(found[name].path)]  # fmt: skip
    assert size[1] / size[0] == pytest.approx(math.cos(math.radians(60.5)) / math.cos(math.radians(30.5)), rel=0.1)
    assert height == pytest.approx(0.75 * CANVAS_WIDTH, abs=10), "no map is much higher than wide"
    assert all(0 <= found[name].left <= found[name].right <= CANVAS_WIDTH for name in found)


def test_shapes_on_both_sides_of_the_180th_meridian_lie_together() -> None:
    _, found = simplify_outlines(
        {"west": (box(178, -18, 2),), "east": (box(-180, -18, 2),), "far": (box(-176, -18, 2),)}
    )
    west, east = ({*outline(found[name].path)[0]} for name in ("west", "east"))
    assert len(west & east) == 2, "they share a border"
    assert found["east"].left < found["far"].left < CANVAS_WIDTH


def test_what_reaches_round_the_world_is_drawn_as_the_world() -> None:
    height, found = simplify_outlines(
        {name: (box(west, -40, 80),) for name, west in (("a", -179.0), ("b", 0.0), ("c", 99.0))}
    )
    assert found["a"].right < found["b"].left < found["b"].right < found["c"].left
    assert 0.2 * CANVAS_WIDTH < height < 0.75 * CANVAS_WIDTH


@pytest.mark.slow
def test_any_rings_are_drawn_or_dots_within_their_canvas() -> None:
    chance = random.Random(7)
    for _ in range(300):
        outlines = {
            str(name): tuple(
                Ring(tuple((chance.randint(0, 4), chance.randint(0, 4)) for _ in range(chance.randint(3, 6))), hole)
                for hole in [False, True][: chance.randint(1, 2)]
            )
            for name in range(chance.randint(1, 4))
        }
        height, found = simplify_outlines(outlines)
        assert found.keys() == outlines.keys()
        for one in found.values():
            left, top, right, bottom = one.left, one.top, one.right, one.bottom
            assert 0 <= left <= right <= CANVAS_WIDTH
            assert 0 <= top <= bottom <= height
            assert bool(one.path) == (left < right)
