"""Corrections, from ``correct`` to the delivered file; and builds where nothing has changed."""

import csv
import statistics
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from functools import partial

from clock import Took, in_turn
from table import head, line, middle_and_most, most_of, row, verdict
from ways import PLAIN, SHIPPED, Place, Way, makers, place, ways

# One value for each round: that of the shipped dataset is no correction, and with one that was built before,
# the pages would be kept.
FIGURE, VALUES = "laws", ("139", "140", "141", "142", "143")
CELLS, YEAR = 15, "2010"
OPEN_VALUES = ("144", "145", "146", "147", "148")
ALL = ("--all", "--language", "all")
TIMES = 5
# Seconds by the clock.
ONE_CELL, MOST_CELLS, ONE_FIGURE, NOTHING, OPEN = 0.85, 1.0, 1.2, 0.25, 0.35


def corrections() -> None:
    """All of it, on one copy for each way."""
    with ExitStack() as stack:
        # Without the plain way: what it is without its reuses, ``sheets`` tells, and it has no record to ask.
        places = {way: stack.enter_context(place(way)) for way in ways() if way is not PLAIN}
        _from_nothing(places)
        _unchanged(places)
        _corrected(places, f"{CELLS} cells in a row", cells(CELLS), ONE_CELL, MOST_CELLS)
        _corrected(
            places, f"a figure of the world brief, {len(VALUES)} times", [(FIGURE, one) for one in VALUES], ONE_FIGURE
        )
        _in_an_open_process(places)


def cells(count: int) -> list[tuple[str, str]]:
    """Cells of as many countries, each with the name that ``correct`` takes, and another value than theirs."""
    table = SHIPPED / "tables" / "history.csv"
    with table.open(encoding="utf-8", newline="") as file:
        found = [one for one in csv.DictReader(file) if one["year"] == YEAR and one["tier"] == "2"][:count]
    if len(found) < count:
        raise SystemExit(f"the bench finds too little to correct: {table} has {len(found)} rows of {YEAR} in tier 2")
    return [(f"history[{one['iso3']},{YEAR}].tier", "3") for one in found]


def _from_nothing(places: Mapping[Way, Place]) -> None:
    """All that corrections will find kept."""
    jobs = {way: partial(made.tipbrief, "build", *ALL, watched=True) for way, made in places.items()}
    found = in_turn(1, jobs)
    head("from nothing", [*places])
    row("build --all --language all", found)
    for way, (took,) in found.items():
        line(f"peak memory, {way}", f"a worker {took.worker:.0f} MB", f"the main process {took.main:.0f} MB")


def _unchanged(places: Mapping[Way, Place]) -> None:
    head("nothing changed", [*places])
    for words in (ALL, ("--all",), ("country",), ("world",)):
        for made in places.values():
            made.tipbrief("build", *words)
        found = in_turn(TIMES, {way: partial(_same, made, *words) for way, made in places.items()})
        row(f"build {' '.join(words)}", found, NOTHING)


def _same(made: Place, *words: str) -> Took:
    took = made.tipbrief("build", *words)
    if "unchanged" not in took.said:
        raise SystemExit(f"a build made what had not changed:\n{took.said}")
    return took


def _corrected(
    places: Mapping[Way, Place], title: str, values: Sequence[tuple[str, str]], most: float, most_of_all: float = 0.0
) -> None:
    """One correction after the other, each delivered, as on a day with many of them."""
    left = {way: iter(values) for way in places}

    def corrected(way: Way) -> Took:
        return places[way].tipbrief("correct", *next(left[way]), "--reason", "bench", "--deliver")

    found = in_turn(len(values), {way: partial(corrected, way) for way in places})
    head(title, [*places])
    row("correct --deliver", found)
    times = {way: [took.wall for took in runs] for way, runs in found.items()}
    for way, walls in times.items():
        line(f"{way}", middle_and_most(walls), f"the first {walls[0]:.2f}", f"the last {walls[-1]:.2f}")
    now = next(iter(times.values()))
    verdict(f"correct --deliver, {title}", statistics.median(now), most, "s")
    if most_of_all:
        verdict("of these 95 of 100", most_of(now), most_of_all, "s")


def _in_an_open_process(places: Mapping[Way, Place]) -> None:
    with makers(places) as found:
        for one in found.values():
            one.ask("serve")
        left = {way: iter(OPEN_VALUES) for way in places}

        def corrected(way: Way) -> Took:
            places[way].restore()
            places[way].tipbrief("correct", FIGURE, next(left[way]), "--reason", "bench")
            return Took(*found[way].ask("again", "world"))

        runs = in_turn(len(OPEN_VALUES), {way: partial(corrected, way) for way in places})
    head("in an open process, after correct", [*places])
    row("the world brief delivered", runs, OPEN)
