"""Corrections, from ``correct`` to the delivered file; and builds where nothing has changed."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from functools import partial

from clock import Took, in_turn
from table import head, line, row
from ways import PLAIN, Place, Way, makers, place, ways

# One value for each round: that of the shipped dataset is no correction, and with one that was built before,
# the pages would be kept.
FIGURE, VALUES = "laws", ("139", "140", "141", "142", "143")
CELL, TIERS = "history[PAK,2010].tier", ("3", "1", "2WL")
OPEN_VALUES = ("144", "145", "146", "147", "148")
ALL = ("--all", "--language", "all")
TIMES = 7
# Seconds, the targets of issue 15.
CORRECT, ONE_CELL, ONE_FIGURE, NOTHING, OPEN = 0.5, 1.0, 1.4, 0.25, 0.35


def corrections() -> None:
    """All of it, on one copy for each way."""
    with ExitStack() as stack:
        # Without the plain way: what it is without its reuses, ``sheets`` tells, and it has no record to ask.
        places = {way: stack.enter_context(place(way)) for way in ways() if way is not PLAIN}
        _from_nothing(places)
        _unchanged(places)
        _corrected(places, CELL, TIERS, ONE_CELL, ("country", "--deliver"), ALL)
        _corrected(places, FIGURE, VALUES, ONE_FIGURE, ("world", "--deliver"))
        _in_an_open_process(places)


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
    places: Mapping[Way, Place], name: str, values: Sequence[str], most: float, *builds: Sequence[str]
) -> None:
    """Each correction and the builds after it: an editor waits for the first two, or for one command."""
    left = {way: iter(values) for way in places}
    parts: dict[Way, list[list[Took]]] = {way: [] for way in places}
    at_once: dict[Way, list[Took]] = {way: [] for way in places}

    def built(way: Way) -> Place:
        places[way].restore()  # a page has room for few corrections
        # What an editor corrects was built before, or looked up in all languages by the correction before.
        places[way].tipbrief("build", builds[0][0], "--language", "all")
        return places[way]

    def corrected(way: Way) -> Took:
        made, value = built(way), next(left[way])
        took = [made.tipbrief("correct", name, value, "--reason", "bench")]
        took += [made.tipbrief("build", *words) for words in builds]
        parts[way].append(took)
        # With another reason, for what the others made is kept.
        words = (name, value, "--reason", "at once", "--deliver")
        with suppress(SystemExit):  # an older state has no such command
            at_once[way].append(built(way).tipbrief("correct", *words))
        return took[0] + took[1]

    sums = in_turn(len(values), {way: partial(corrected, way) for way in places})
    head(f"{name} corrected", [*places])
    for number, label in enumerate(("correct", *(f"then build {' '.join(words)}" for words in builds))):
        runs = {way: [took[number] for took in rounds] for way, rounds in parts.items()}
        row(label, runs, None if number else CORRECT)
    row(f"correct and build {builds[0][0]}", sums)
    row("correct --deliver", {way: runs for way, runs in at_once.items() if runs}, most)


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
