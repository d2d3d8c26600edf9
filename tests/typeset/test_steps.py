"""The steps are computed from what was laid out: few layouts, and each part as if it were alone."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from tipbrief.typeset.fit import (
    FIRST_SPACING,
    MAX_FOOT_GAP,
    NATURAL_SPACING,
    Spacing,
    SpacingSearch,
    Steps,
    spacing_scale,
)
from tipbrief.typeset.vertical_fill import BlockExtent, PageFill

HEIGHT = 268.0
SCALE = spacing_scale(0.95)
BEGIN, AS_WRITTEN, TIGHTEST = SCALE.index(FIRST_SPACING), SCALE.index(NATURAL_SPACING), len(SCALE) - 1


@dataclass(frozen=True)
class Text:
    """A part: millimetres of drawings, of spaces as written, of lines; ``told`` of the spaces are found."""

    drawn: float
    spaces: float
    lines: float
    gaps: int = 5
    told: float = 1

    def at(self, spacing: Spacing) -> list[PageFill]:
        spaces, lines = self.spaces * spacing.space, self.lines * spacing.leading
        length = self.drawn + spaces + lines
        count = max(1, math.ceil(length / HEIGHT))
        feet = [HEIGHT] * (count - 1) + [length - HEIGHT * (count - 1)]
        return [
            PageFill(
                HEIGHT,
                (BlockExtent("block", 0, foot),),
                has_page_break=False,
                spaces=spaces * self.told / count,
                lines=lines / count,
                gaps=self.gaps,
            )
            for foot in feet
        ]


class Counting(SpacingSearch):
    """A search in such parts."""

    def __init__(self, parts: Sequence[Text], pages: Sequence[int], first: int = BEGIN, filled: bool = False) -> None:
        self.laid_out: set[Steps] = set()

        def at(given: Steps) -> list[list[PageFill]]:
            self.laid_out.add(given)
            return [part.at(SCALE[step]) for part, step in zip(parts, given, strict=True)]

        super().__init__(at, SCALE, first, pages, filled)


lengths = st.floats(0, 400)
texts = st.builds(Text, lengths, st.floats(1, 60), lengths, st.integers(0, 8), st.sampled_from([0.6, 0.9, 1, 1.1, 1.6]))


@given(st.lists(st.tuples(texts, st.integers(1, 3)), min_size=1, max_size=3))
def test_each_part_that_can_keep_its_pages_keeps_them_whatever_stands_beside_it(
    given_parts: list[tuple[Text, int]],
) -> None:
    parts, pages = [part for part, _ in given_parts], [most for _, most in given_parts]
    search = Counting(parts, pages)
    steps = search.find_steps()
    for part, most, step in zip(parts, pages, steps, strict=True):
        assert len(part.at(SCALE[step])) <= most or step == TIGHTEST
        assert Counting([part], [most]).find_steps() == (step,)
    assert len(search.laid_out) <= len(SCALE)


@given(st.lists(texts, min_size=1, max_size=3))
def test_where_the_spaces_are_what_they_seem_two_layouts_do(parts: list[Text]) -> None:
    true = [Text(part.drawn, part.spaces, part.lines, part.gaps) for part in parts]
    search = Counting(true, [len(part.at(FIRST_SPACING)) for part in true])
    search.find_steps()
    assert len(search.laid_out) <= 2


def test_a_wrong_estimate_is_put_right_by_the_next_layout() -> None:
    part = Text(100, 30, HEIGHT - 100 - 13, told=1.6)
    search = Counting([part], [1])
    assert len(part.at(SCALE[search.find_steps()[0]])) == 1
    assert len(search.laid_out) == 3


@given(texts)
def test_pages_that_are_filled_stay_as_many_and_get_no_emptier(part: Text) -> None:
    tight = part.at(FIRST_SPACING)
    search = Counting([part], [len(tight)], filled=True)
    found = part.at(SCALE[search.find_steps()[0]])
    assert len(found) == len(tight)
    assert found[-1].foot >= tight[-1].foot
    assert len(search.laid_out) <= len(SCALE)


def test_pages_are_filled_nearer_and_nearer_where_spaces_are_fewer_than_they_seem() -> None:
    part = Text(200, 60, 207, told=1.6)
    feet = [part.at(SCALE[Counting([part], [2], filled=filled).find_steps()[0]])[-1].foot for filled in (False, True)]
    assert feet[1] > feet[0] + 2 * MAX_FOOT_GAP
    (step,) = Counting([Text(200, 30, 150)], [2], filled=True).find_steps()
    assert step == 0, "out of reach, as loose as may be"
