"""How far a build is, on a terminal or in a pipe."""

from __future__ import annotations

import sys
import time
from typing import Any

import click

from tipbrief.cli.common import FEW

SECONDS_BETWEEN_LINES = 3


class Progress:
    """How far a build is: a bar with the remaining time on a terminal, a line now and then in a pipe."""

    def __init__(self, count: int) -> None:
        self._count, self._done, self._steps = count, 0, dict[str, int]()
        self._begun = self._told = time.monotonic()
        self._bar = click.progressbar(
            length=4 * count,
            label="building",
            show_eta=count > FEW,
            item_show_func=lambda item: item,
            file=sys.stderr,
            hidden=not sys.stderr.isatty(),
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
            click.echo(f"{self._done} of {self._count}, about {left:.0f} s left", err=True)
