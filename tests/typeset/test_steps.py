"""The hint of an earlier build never changes the steps that are found, only how many layouts that takes."""

import math
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from tipbrief.typeset.measure import PageFill, Standing
from tipbrief.typeset.steps import Search, Steps

HEIGHT, NATURAL, TIGHTEST = 100.0, 3, 6
# What a part takes at each step, loosest first: never more at a tighter one.
rooms = st.lists(st.floats(1, 290), min_size=TIGHTEST + 1, max_size=TIGHTEST + 1).map(
    lambda found: sorted(found, reverse=True)
)
steps = st.integers(-1, TIGHTEST + 1)


class Counting(Search):
    """A search in parts that are as long as they are said to be."""

    def __init__(self, parts: Sequence[Sequence[float]], pages: Sequence[int]) -> None:
        self.laid_out: set[Steps] = set()
        level = max(page.foot for part in parts for page in fills(part[NATURAL]))

        def at(given: Steps) -> list[list[PageFill]]:
            self.laid_out.add(given)
            return [fills(part[step]) for part, step in zip(parts, given, strict=True)]

        super().__init__(at, NATURAL, TIGHTEST, pages, level, level - 8)


def fills(room: float) -> list[PageFill]:
    count = math.ceil(room / HEIGHT)
    feet = [HEIGHT] * (count - 1) + [room - HEIGHT * (count - 1)]
    return [PageFill(HEIGHT, (Standing("block", 0, foot),), ends=False) for foot in feet]


def brute(search: Search, parts: Sequence[Sequence[float]]) -> Steps:
    """The steps by their meaning: each one is tried."""
    found = []
    for rooms_, most in zip(parts, search.pages, strict=True):
        part = [*map(fills, rooms_)]
        if len(part[NATURAL]) > most:
            found.append(next(step for step, one in enumerate(part) if len(one) <= most))
        elif part[NATURAL][-1].foot >= search.near or ends_by(search.near, part[0], most):
            found.append(NATURAL)
        else:
            found.append(next(step for step, one in enumerate(part) if ends_by(search.level, one, most)))
    return tuple(found)


def ends_by(foot: float, pages: list[PageFill], most: int) -> bool:
    return len(pages) < most or (len(pages) == most and pages[-1].foot <= foot)


@given(
    st.lists(st.tuples(rooms, st.integers(0, 1)), min_size=1, max_size=3),
    st.lists(st.lists(steps, min_size=1, max_size=3).map(tuple), max_size=5),
)
def test_what_is_proven_is_what_halving_finds(
    given_parts: list[tuple[list[float], int]], hints: list[Steps]
) -> None:
    parts = [room for room, _ in given_parts]
    # As many pages as a part fills as written, or fewer.
    pages = [max(1, len(fills(room[NATURAL])) - less) for room, less in given_parts]
    search = Counting(parts, pages)
    possible = not any(len(part) > most for part, most in zip(search.too_long(), pages, strict=True))
    answer = search.halved() if possible else None
    nearby = Counting(parts, pages).nearby() if search.ends != search.as_written else ()
    assert nearby in ((), answer)
    if answer:
        assert answer == brute(search, parts)
    near = [tuple(step + by for step in answer) for by in (-1, 0, 1)] if answer else []
    for hint in (*hints, *near, search.ends, search.as_written):
        again = Counting(parts, pages)
        assert again.proven(hint) in ((hint == answer), False)
        assert len(again.laid_out) <= 3
    if answer and all(answer[n] < NATURAL or not search._short(n) for n in range(len(parts))):
        assert search.proven(answer)


def test_a_part_that_got_shorter_is_not_stretched_as_before() -> None:
    """Its hint fits, but stretching does not bring it level with the others any more."""
    full, short = [100.0] * 7, [40.0, 38, 37, 36, 35, 34, 33]
    search = Counting([full, short], [1, 1])
    assert search.halved() == (3, 3)
    assert not search.proven((3, 0))
    assert search.proven((3, 3))


def test_a_part_that_is_a_little_too_long_takes_a_layout_a_step() -> None:
    parts = [150.0, 140, 130, 120, 110, 100, 90], [95.0] * 7
    search = Counting(parts, [1, 1])
    assert search.nearby() == (5, 3)
    assert len(search.laid_out) == 3  # as written, and two
    assert Counting(parts, [1, 1]).halved() == (5, 3)
