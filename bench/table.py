"""What was measured, as a table: each way beside the last one, and the targets."""

import os
import statistics
from collections.abc import Mapping, Sequence

from clock import Took, middle, ratio
from ways import Way

LABEL = 44
_targets: list[str] = []


def head(title: str, compared: Sequence[Way] = ()) -> None:
    """The heading of a table, and how busy the computer is."""
    print(f"\n{title} (load {os.getloadavg()[0]:.1f})", flush=True)
    if compared:
        print(f"{'':{LABEL}}" + "".join(f"{f'{way}: wall':>15}{'CPU':>7}" for way in compared))


def row(label: str, found: Mapping[Way, Sequence[Took]], most: float | None = None) -> None:
    """The medians of each way, how the first is to the last, and the target for seconds by the clock."""
    cells = [f"{label:<{LABEL}}"]
    for runs in found.values():
        took = middle(runs)
        cells.append(f"{took.wall:>15.2f}{took.cpu:>7.2f}")
    now, *others = found.values()
    if others:
        words = f"{ratio(now, others[-1], 'wall'):.2f} of its wall, {ratio(now, others[-1]):.2f} of its CPU"
        cells.append(f"   {words}")
    print("".join(cells), flush=True)
    if most is not None:
        verdict(label, middle(now).wall, most, "s")


def line(label: str, *words: str) -> None:
    """A row of one figure."""
    print(f"{label:<{LABEL}} {', '.join(words)}", flush=True)


def verdict(label: str, value: float, most: float, unit: str = "") -> None:
    """Whether a target is met; ``targets`` lists it."""
    missed = f"missed by {value - most:.2f}" if value > most else "met"
    _targets.append(f"{label:<{LABEL}}{value:>9.2f}{most:>9.2f} {unit:<3}{missed}")


def targets() -> None:
    """The one table of all targets."""
    head("targets")
    print(f"{'':<{LABEL}}{'measured':>9}{'at most':>9}")
    print("\n".join(_targets), flush=True)


def middle_and_most(times: Sequence[float]) -> str:
    """The median, and what 95 of 100 do not exceed."""
    return f"{statistics.median(times):.2f} s (at most {most_of(times):.2f})"


def most_of(times: Sequence[float]) -> float:
    """What 95 of 100 do not exceed."""
    return statistics.quantiles(times, n=20, method="inclusive")[-1]
