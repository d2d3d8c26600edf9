"""The axes of charts: scales of numbers and of times, and the labels beside them.

Lengths are units of a chart's view box, which is 100 wide. Time and numbers run in reading direction.
"""

import math
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median_low
from typing import TypeVar

from tipbrief.check.blocks import Document
from tipbrief.compose.provenance import with_origins
from tipbrief.language.dates import Date
from tipbrief.language.language import Language

_T = TypeVar("_T")
CHART_WIDTH = 100.0
# In the narrowest column, a third of a page: the width of a digit, and the height of a number.
DIGIT_WIDTH, LABEL_HEIGHT = 2.7, 6.5
_LEAST_PAD = 2.0  # before the first and after the last time, for half of their labels
_MOST_STEPS = 5  # of an axis of numbers
# A line is interrupted by a gap of so many usual ones: if a number is missing in it, and in any case.
_GAP, _LONG_GAP = 1.2, 2.2
_TIME_STEPS = (1, 2, 5, 10, 20, 25, 50, 100)  # of an axis, in years


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis of numbers from ``low`` to ``high``, and the round ``steps`` that are printed beside it."""

    low: Decimal
    high: Decimal
    steps: tuple[Decimal, ...]

    @classmethod
    def around(cls, values: Iterable[Decimal]) -> "Scale":
        """The scale of some numbers, and of zero."""
        found = [Decimal(0), *values]
        low, high = min(found), max(found)
        high = high if high > low else Decimal(1)
        step = round_step(high - low, _MOST_STEPS)
        return cls(
            low, high, tuple(step * count for count in range(math.ceil(low / step), math.floor(high / step) + 1))
        )

    def part(self, value: Decimal) -> float:
        """The place of a number, from 0 at the lowest to 1 at the highest."""
        return float((value - self.low) / (self.high - self.low))


def round_step(span: Decimal, most: int) -> Decimal:
    """The least of 1, 2 and 5 times a power of ten that fits at most so often into a span."""
    power = Decimal(10) ** (span.adjusted() - 1)
    return next(step for factor in (1, 2, 5, 10, 20, 50, 100) if span / (step := factor * power) <= most)


def spread_labels(wanted: Sequence[float], least: float, room: float = 100.0) -> list[float]:
    """Places of labels up to ``room``, at least ``least`` apart, each near to where it belongs."""
    order = sorted(range(len(wanted)), key=lambda index: wanted[index])
    placed, lowest, highest = [*wanted], 0.0, room
    for index in order:
        placed[index] = lowest = max(wanted[index], lowest)
        lowest += least
    for index in reversed(order):
        placed[index] = highest = min(placed[index], highest)
        highest -= least
    return placed


def thin_out(wanted: Iterable[_T], place: Callable[[_T], float], least: float) -> list[_T]:
    """What is wanted and has its place at least so far from all that comes before it."""
    kept = list[_T]()
    for one in wanted:
        if all(abs(place(one) - place(other)) >= least for other in kept):
            kept.append(one)
    return kept


@dataclass(frozen=True, slots=True)
class Tick:
    """A label of an axis, at a per cent of its length; ``minor`` if it has no room in a narrow column."""

    at: float
    label: str
    time: float = 0.0
    minor: bool = False


@dataclass(frozen=True, slots=True)
class TimeAxis:
    """An axis of times: years, or dates as years with a fraction. ``usual`` is the usual gap between them."""

    labels: Mapping[float, str]  # the oldest first
    usual: float
    pad: float  # units before the first time and after the last

    @classmethod
    def of(cls, labels: Mapping[float, str]) -> "TimeAxis":
        """The axis of the given times, each with its label."""
        times = sorted(labels)
        usual = median_low([later - earlier for earlier, later in pairwise(times)] or [1.0])
        pad = CHART_WIDTH / 2 * usual / (times[-1] - times[0] + usual)
        return cls({time: labels[time] for time in times}, usual, max(pad, _LEAST_PAD))

    @property
    def ends(self) -> tuple[float, float]:
        """The first time and the last."""
        return next(iter(self.labels)), next(reversed([*self.labels]))

    def place(self, time: float) -> float:
        """Units from the side where reading starts."""
        first, last = self.ends
        share = (time - first) / (last - first) if last > first else 0.5
        return round(self.pad + share * (CHART_WIDTH - 2 * self.pad), 2)

    def find_missing(self, known: Collection[float]) -> list[float]:
        """The times without a number: those of the table, and those that it lacks in a long gap."""
        gaps = [(a, b) for a, b in pairwise(self.labels) if self.usual >= 1 and b - a > self.usual * _LONG_GAP]
        between = (a + n * self.usual for a, b in gaps for n in range(1, math.ceil((b - a) / self.usual)))
        return sorted({time for time in self.labels if time not in known} | {*between})

    def is_gap(self, earlier: float, later: float) -> bool:
        """Whether a line is interrupted between two numbers that follow each other."""
        gap = (later - earlier) / self.usual
        return gap > _LONG_GAP or (gap > _GAP and any(earlier < time < later for time in self.labels))

    def choose_ticks(self, every: int, digit: float) -> tuple[Tick, ...]:
        """The labels that have room if a digit is so many units wide: the last, the first, and round ones."""
        letters = 1 + max(map(len, self.labels.values()))
        (first, last), wide = self.ends, digit * letters
        if every:
            chosen = [time for time in self.labels if (last - time) % every == 0]
        else:
            step = next((one for one in _TIME_STEPS if self.place(first + one) - self.place(first) >= wide), 100)
            round_times = (time for time in self.labels if time % step == 0)
            chosen = thin_out([last, first, *round_times, *self.labels], self.place, wide)
        narrow = thin_out([last, first, *chosen], self.place, DIGIT_WIDTH * letters)
        return tuple(Tick(self.place(t), self.labels[t], t, t not in narrow) for t in sorted(chosen))


def count_columns(document: Document | None, chart: object) -> int:
    """2 for a chart as wide as the page, 1 for one that may stand in a column."""
    return 2 if document and any(block is chart for block in document.brief.blocks) else 1


def label_time(cell: str, language: Language) -> str:
    """A year or a date, as an axis names it."""
    return language.digits(cell) if cell.isdecimal() else language.gregorian_date(Date.parse(cell))


def find_highest(values: Sequence[Decimal]) -> int | None:
    """The place of the highest number; None if two are equally high."""
    highest = max(values)
    return values.index(highest) if values.count(highest) == 1 else None


def cell_number(cell: str) -> Decimal | None:
    """The number in a cell; None if it is empty."""
    return with_origins(Decimal(cell), cell) if cell else None
