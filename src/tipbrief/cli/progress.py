"""How far a build is, on a terminal or in a pipe; and at its end, what was built and what was not."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief.cli.common import FEW, MOST_SHOWN, show
from tipbrief.cli.terminal import smart, tell
from tipbrief.problems import first_of, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tipbrief.build.run import Built
    from tipbrief.problems import Problem

SECONDS_BETWEEN_LINES = 3


class Progress:
    """A bar with the remaining time on a terminal, a line now and then in a pipe."""

    def __init__(self, count: int) -> None:
        self._count, self._done, self._steps = count, 0, dict[str, int]()
        self._begun = self._told = time.monotonic()
        self._bar = click.progressbar(
            length=4 * count,
            label="building",
            show_eta=count > FEW,
            item_show_func=lambda item: item and visible(item),
            file=sys.stderr,
            hidden=not (sys.stderr.isatty() and smart()),
        )

    def __enter__(self) -> Progress:
        self._bar.__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        self._bar.__exit__(*raised)

    def step(self, name: str, step: str) -> None:
        """A document has reached a step; the last makes up for those that it did not need."""
        made = self._steps.get(name, 0)
        self._steps[name] = 4 if step == "deliver" else made + 1
        self._bar.update(self._steps[name] - made, f"{name}: {step}")
        self._done += step == "deliver"
        now = time.monotonic()
        waiting = now - self._told > SECONDS_BETWEEN_LINES
        if self._bar.hidden and self._count > FEW and step == "deliver" and waiting:
            self._told = now
            left = (now - self._begun) / self._done * (self._count - self._done)
            # The first document bears what all need, such as fonts: it tells nothing of the others.
            about = f", about {left:.0f} s left" if self._done > 1 else ""
            tell(f"{self._done} of {self._count}{about}", err=True)


def _show_built(built: Sequence[Built], asked: int, out: Path) -> None:
    """Print each of a few documents with its files, and the sum of many."""
    if asked <= FEW:
        for item in built:
            draft = "draft of " if item.edition.draft else ""
            tell(f"{item.name}: {draft}{item.edition.signature}{'' if item.fresh else ', unchanged'}")
            for file in item.files:
                pages = f", {item.pages} page{'s' * (item.pages != 1)}" if file.path.suffix == ".pdf" else ""
                tell(f"  {file.path} ({file.size / 1000:.0f} KB{pages})")
        return
    fresh = sum(item.fresh for item in built)
    drafts = sum(item.edition.draft for item in built)
    done = f"{len(built)} of {asked} documents in {out}"
    tell(f"{done}: {fresh} typeset, {len(built) - fresh} unchanged")
    if drafts:
        tell(f"{drafts} are drafts: the same command with --deliver makes them editions")


def show_result(built: Sequence[Built], asked: int, out: Path, *, part: bool) -> None:
    """Print what was built, and its warnings; of a ``part`` of a series, what was not built anew."""
    _show_built(built, asked, out)
    show([note for one in built for note in one.notes])
    if part and (out / "index.html").exists():
        tell("index.html and the PDF of all sheets are left as they were: tipbrief build --all")


def show_failed(failed: Mapping[str, Sequence[Problem]], *, several: bool, series: bool) -> None:
    """Print what is wrong with documents; of ``several`` their names; and whether their ``series`` waits."""
    show([problem for problems in failed.values() for problem in problems])
    if several:
        tell(f"not built, earlier files unchanged: {first_of([*failed], MOST_SHOWN)}", err=True)
    if series:
        tell("index.html and the PDF of all sheets wait until all are built", err=True)
