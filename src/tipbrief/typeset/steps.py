"""Steps: the loosest one at which each part of a brief keeps to its pages, found with few layouts.

The parts are set at the steps of a scale, loosest first. A tighter step never takes more room, and the parts
do not touch each other. So a step is the one that is sought where it fits and the one before it does not:
two layouts prove that of the step at which an earlier build ended. Else a few are tried in turn,
and then what is between the ends is halved.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from tipbrief.typeset.measure import PageFill

# So many steps are tried one after the other: most sheets need no more, and halving takes four layouts.
NEARBY = 5
# A step for each part.
Steps: TypeAlias = tuple[int, ...]
Part: TypeAlias = Sequence[PageFill]


@dataclass(frozen=True)
class Search:
    """The search: ``at`` lays out the parts at steps from 0 to ``tightest``; ``natural`` is as written.

    Each part may fill so many ``pages``. One that is shorter is stretched where that can bring its foot down
    to ``near``, and so far as it does not come below ``level``.
    """

    at: Callable[[Steps], Sequence[Part]]
    natural: int
    tightest: int
    pages: Sequence[int]
    level: float
    near: float

    @property
    def as_written(self) -> Steps:
        """The step of each part that needs no other."""
        return (self.natural,) * len(self.pages)

    @property
    def ends(self) -> Steps:
        """The last step that could help each part."""
        return tuple(
            self.tightest if self._long(number) else 0 if self._short(number) else self.natural
            for number in range(len(self.pages))
        )

    def too_long(self) -> list[Part]:
        """The parts as tight as they may be; empty those that are not too long as written."""
        found = self.at(self.ends)
        return [part if self._long(number) else [] for number, part in enumerate(found)]

    def proven(self, steps: Steps) -> bool:
        """Whether these are the steps, by two layouts at most beside that as written."""
        if len(steps) != len(self.pages) or not all(map(self._is_likely, range(len(steps)), steps)):
            return False
        here = self.at(steps)
        if not all(map(self._fits, range(len(steps)), here)):
            return False
        before = self.at(tuple(map(self._step_before, range(len(steps)), steps)))
        return all(map(self._is_first, range(len(steps)), steps, before))

    def nearby(self) -> Steps:
        """The steps, if every part that is too long needs a few; else none. Each step is one layout."""
        numbers = range(len(self.pages))
        steps = self.as_written
        if any(map(self._short, numbers)):
            return ()
        for _ in range(NEARBY):
            found = self.at(steps)
            steps = tuple(step + (not self._fits(n, found[n])) for n, step in enumerate(steps))
            if max(steps) > self.tightest:
                return ()
            if all(map(self._fits, numbers, self.at(steps))):
                return steps
        return ()

    def halved(self) -> Steps:
        """The steps, if none of the parts is ``too_long``."""
        first, last = [*self.as_written], [*self.as_written]
        for number, part in enumerate(self.at(self.ends)):
            if self._long(number):
                first[number], last[number] = self.natural + 1, self.tightest
            elif self._short(number) and not self._ends_above(number, part):
                first[number] = 0
        while first != last:
            middle = tuple((one + other) // 2 for one, other in zip(first, last, strict=True))
            for number, part in enumerate(self.at(middle)):
                if self._fits(number, part):
                    last[number] = middle[number]
                else:
                    first[number] = min(middle[number] + 1, last[number])
        return tuple(last)

    # One part

    def _long(self, number: int) -> bool:
        return len(self.at(self.as_written)[number]) > self.pages[number]

    def _short(self, number: int) -> bool:
        part = self.at(self.as_written)[number]
        return not self._long(number) and part[-1].foot < self.near

    def _fits(self, number: int, part: Part) -> bool:
        return self._keeps(number, part, math.inf if self._long(number) else self.level)

    def _ends_above(self, number: int, part: Part) -> bool:
        return self._keeps(number, part, self.near)

    def _keeps(self, number: int, part: Part, foot: float) -> bool:
        most = self.pages[number]
        return len(part) < most or (len(part) == most and part[-1].foot <= foot)

    def _is_likely(self, number: int, step: int) -> bool:
        if self._long(number):
            return self.natural < step <= self.tightest
        return 0 <= step <= self.natural if self._short(number) else step == self.natural

    def _step_before(self, number: int, step: int) -> int:
        """The step at which a part is looked at to know that a looser one is not to be had."""
        if self._long(number):
            return step - 1
        if not self._short(number):
            return step
        return 0 if step == self.natural else max(0, step - 1)

    def _is_first(self, number: int, step: int, before: Part) -> bool:
        """Whether no looser step is to be had, after a look at that ``before``."""
        if self._long(number):
            return not self._fits(number, before)
        if not self._short(number):
            return True
        if step == self.natural:  # stretching it does not reach the level of the others
            return self._ends_above(number, before)
        return not (self._ends_above(number, before) if step == 0 else self._fits(number, before))
