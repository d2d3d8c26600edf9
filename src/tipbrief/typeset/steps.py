"""Steps: how tight each part of a brief must be set, computed from its pages.

A layout tells how long a part is, and how much of that are spaces and lines: so it is known about how long
the part would be at every other step. The first layout is at a step at which most sheets fit, and what they
leave over is put between their blocks without another one. Else the step that was computed is laid out, and
where that is still too long, a tighter one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, starmap
from typing import TypeAlias

from tipbrief.typeset.measure import PageFill


@dataclass(frozen=True, slots=True)
class Spacing:
    """Factors of the vertical spaces, of the leading, and of the body text's size."""

    space: float
    leading: float = 1
    size: float = 1


NATURAL, FIRST = Spacing(1), Spacing(0.5)
# Where pages are filled that nobody promised, letters may grow a little, too.
LARGER = (Spacing(2, 1.1, 1.1), Spacing(2, 1.05, 1.05))
LOOSER = (*map(Spacing, (2, 1.65, 1.3, 1.15)), NATURAL, *map(Spacing, (0.85, 0.7, 0.6)))
# Spaces first, then leading, then size, which the leading follows; spaces again where that is not enough.
TIGHTER = tuple(starmap(Spacing, (
    (0.45,), (0.4,), (0.4, 0.985), (0.4, 0.97), (0.4, 0.96), (0.4, 0.95),
)))  # fmt: skip
NARROWER = (0.3, 0.2)  # spaces of what fits in no other way, such as a full sheet that tells of corrections
MOST_REST = 5.5  # millimetres that are put between two blocks
EDGE = 1.0  # millimetre of a page that stays free below what is spread over it
NEAR = 10.0  # millimetres from its end to the foot of a page that is level with others
LEAST_FULL = 0.7  # of a page that is not the last one of those that are filled
# A step for each part.
Steps: TypeAlias = tuple[int, ...]
Part: TypeAlias = Sequence[PageFill]


def scale_of(least: float | None, filled: bool = False) -> list[Spacing]:
    """All steps, loosest first; ``least`` is what part of its size the body text may be.

    None is of what promises no pages: it gets no smaller, and its spaces no narrower than they look well.
    """
    scale = [*LARGER * filled, *LOOSER, FIRST, *TIGHTER]
    if least is None:
        return scale
    sizes = ((1 + least) / 2, least) if least < 1 else ()
    tight = scale[-1]
    scale += (Spacing(tight.space, tight.leading * size, size) for size in sizes)
    return [*scale, *(replace(scale[-1], space=space) for space in NARROWER)]


@dataclass(frozen=True)
class Search:
    """The search: ``at`` lays out the parts at steps of the ``scale``; each may fill so many ``pages``.

    If they are to be ``filled``, a part gets looser and looser, until its last page is.
    """

    at: Callable[[Steps], Sequence[Part]]
    scale: Sequence[Spacing]
    first: int
    pages: Sequence[int]
    filled: bool = False

    def steps(self) -> Steps:
        """The steps at which each part keeps to its pages; the tightest of one that cannot."""
        steps = (self.first,) * len(self.pages)
        while (looser := tuple(map(self._looser, self.at(steps), self.pages, steps))) != steps:
            steps = looser
        while (tighter := tuple(map(self._tighter, self.at(steps), self.pages, steps))) != steps:
            steps = tighter
        return steps

    def _looser(self, part: Part, most: int, step: int) -> int:
        """The step of a part that leaves over more than is put between its blocks: the first that does not.

        Where none is so loose, it is as written; of pages that are to be filled, the loosest.
        """
        room, reach = room_of(part, most), part[-1].gaps * MOST_REST + EDGE if most == 1 else NEAR
        if len(part) > most or room <= reach:
            return step
        full = part[-1].height - part[-1].foot <= reach and self.scale[step] != FIRST
        if full if self.filled else step < self.first:
            return step
        left = {one: room - self._growth(part, step, one) for one in reversed(range(step))}
        reaching = (one for one in left if 0 <= left[one] <= reach)
        written = (
            one for one in range(self.scale.index(NATURAL) * (not self.filled), step) if left[one] >= 0
        )
        return next(reaching, next(written, step))

    def _tighter(self, part: Part, most: int, step: int) -> int:
        """The step of a part that is too long at this one; the tightest if none is tight enough.

        So it is, too, if what gets looser is a block that leaves its page largely empty.
        """
        hollow = any(page.foot < page.height * LEAST_FULL for page in part[:-1])
        if len(part) <= most and not (hollow and self.filled and step < self.first):
            return step
        tightest, room = self.first if step < self.first else len(self.scale) - 1, room_of(part, most)
        tighter = range(step + 1, tightest)
        return next((one for one in tighter if self._growth(part, step, one) <= room), tightest)

    def _growth(self, part: Part, now: int, then: int) -> float:
        """By how many millimetres a part should be longer at another step than at that of ``now``."""
        here, there = self.scale[now], self.scale[then]
        spaces, lines = sum(page.spaces for page in part), sum(page.lines for page in part)
        return spaces * (there.space / here.space - 1) + lines * (there.leading / here.leading - 1)


def room_of(part: Part, most: int) -> float:
    """The millimetres that a part leaves over of so many pages; less than none where it is too long."""
    lost = sum(below.top - above.foot for page in part[:-1] for above, below in [*pairwise(page.blocks)][-1:])
    return part[0].height * most - sum(page.foot for page in part) - lost


def rest_of(part: Part) -> float:
    """What is put between two blocks of a part, in pixels; of one that fills several pages, nothing."""
    (page, *more) = part
    if more or not page.gaps:
        return 0.0
    rest = min((page.height - page.foot - EDGE) / page.gaps, MOST_REST)
    return max(0, int(rest * 96 / 25.4 * 10)) / 10
