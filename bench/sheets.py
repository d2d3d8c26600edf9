"""All country sheets from nothing: the ways beside each other, and beside other programs on the same HTML."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import rivals
from clock import Took, in_turn, middle, ratio, usable_cores
from table import LABEL, head, line, verdict
from ways import NOW, PLAIN, Way, from_nothing, makers, place, ways

from tipbrief.pipeline.session import Session

ROUNDS = 2
WARM, EVERY = 12, 4  # sheets that are not counted; of the others, every so many
STARTS = 3
COUNTS = (188, 500, 1000)
# The whole command, of the wall of other programs; a sheet in a warm process, of the same without reuses, of another
# checkout; MB of a worker.
BROWSER, BROWSERS, BARE, PLAINLY, BEFORE, MEMORY = 0.42, 0.53, 0.14, 0.42, 0.84, 150.0


def sheets() -> None:
    """One process of each way; then the whole command, beside other programs."""
    _paired()
    with place(NOW) as made:
        made.tipbrief("build", "country")
        session = Session.open(made.publication)
        names = [name for name, one in session.documents.items() if one.brief.id == "country"]
        _whole(session, [(name, made.out / session.file_name(name, "html")) for name in names], made.folder)


def memory() -> None:
    """The memory of one worker that makes a thousand sheets; all ways at the same time."""
    with ExitStack() as stack:
        places = {way: stack.enter_context(place(way)) for way in ways()}
        found = stack.enter_context(makers(places))
        for one in found.values():
            one.begin("peaks", COUNTS)
        head(f"peak memory of one worker after {', '.join(map(str, COUNTS))} sheets")
        for way, one in found.items():
            peaks = one.answer()
            line(str(way), *(f"{peak:.0f} MB" for peak in peaks))
            if way is NOW:
                verdict("memory of a worker", peaks[-1], MEMORY, "MB")


def _paired() -> None:
    """Sheet by sheet in one process of each way, in turn; each sheet only once, as in a build."""
    compared = ways()
    with ExitStack() as stack:
        places = {way: stack.enter_context(place(way)) for way in compared}
        firsts: dict[Way, list[float]] = {way: [] for way in compared}
        for number in range(STARTS):
            with makers(places) as found:
                for way in compared[:: -1 if number % 2 else 1]:
                    firsts[way].append(found[way].ask("first", "country-AFG"))
                if number == STARTS - 1:
                    taken = _each(found)
    head("CPU ms a sheet, one process of each way, in turn")
    for way, took in taken.items():
        steps = ", ".join(f"{step} {statistics.median(one[step] for one in took):.1f}" for step in took[0])
        line(str(way), f"{statistics.mean(_sums(took)):.1f}", f"medians: {steps}")
    line(
        "first document, with the start",
        *(f"{way} {statistics.median(ms):.0f}" for way, ms in firsts.items()),
    )
    for other in compared[1:]:
        pairs = zip(_sums(taken[NOW]), _sums(taken[other]), strict=True)
        most = PLAINLY if other is PLAIN else BEFORE
        verdict(f"a sheet in a warm process, of {other}", statistics.median(a / b for a, b in pairs), most)
        pairs = zip(firsts[NOW], firsts[other], strict=True)
        verdict(f"first document, of {other}", statistics.median(a / b for a, b in pairs), 1.0)


def _each(found: Mapping[Way, Any]) -> dict[Way, list[dict[str, float]]]:
    names = found[NOW].ask("names", "country")[1:]
    for one in found.values():
        one.ask("make", names[:WARM])
    taken: dict[Way, list[dict[str, float]]] = {way: [] for way in found}
    for number, name in enumerate(names[WARM::EVERY]):
        for way in [*found][:: -1 if number % 2 else 1]:
            taken[way] += found[way].ask("make", [name])
    return taken


def _sums(taken: Sequence[Mapping[str, float]]) -> list[float]:
    return [sum(one.values()) for one in taken]


def _whole(session: Session, pages: Sequence[tuple[str, Path]], out: Path) -> None:
    """Whole commands, and other programs on the same HTML, in turn."""
    compared, count, cores = ways(), len(pages), usable_cores()
    jobs: dict[object, Callable[[], Took]] = {
        way: partial(from_nothing, way, "build", "country", "--deliver") for way in compared
    }
    found = in_turn(ROUNDS, jobs | rivals.installed(session, pages, out, cores))
    head(f"{count} country sheets from nothing; tipbrief with {cores} workers, verified and delivered")
    print(f"{'':<{LABEL}}{'wall s':>8}{'CPU s':>8}{'CPU ms a sheet':>16}   now takes of it: wall, CPU")
    for name, runs in found.items():
        took, own = middle(runs), found[NOW]
        ratios = f"{ratio(own, runs, 'wall'):>12.2f}{ratio(own, runs):>8.2f}"
        print(f"{name!s:<{LABEL}}{took.wall:>8.1f}{took.cpu:>8.1f}{1000 * took.cpu / count:>16.0f}{ratios}")
    for way in compared:
        took = middle(found[way])
        line(f"peak memory, {way}", f"a worker {took.worker:.0f} MB", f"the main process {took.main:.0f} MB")
    for name, most in ((rivals.BROWSER, BROWSER), (rivals.browsers(2), BROWSERS), (rivals.LOOP, BARE)):
        if one := found.get(name):
            verdict(f"{count} sheets, of {name}", ratio(found[NOW], one, "wall"), most)
