"""Rivals: what two people did beside each other, of which only one can stay."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem


@dataclass(frozen=True, slots=True)
class Rivals:
    """Two entries that delivered one edition each of the same ``briefs``, or changed the same ``names``."""

    first: int
    second: int
    briefs: frozenset[str]
    names: frozenset[str]

    def problem(self, ledger: Ledger) -> Problem:
        """What a person has to decide."""
        one, other = ledger.files[self.first], ledger.files[self.second]
        things = sorted(self.briefs or self.names)
        told = ", ".join(f"'{thing}'" for thing in things[:3])
        told += f" and {len(things) - 3} more" if len(things) > 3 else ""
        did = "delivered one edition each" if self.briefs else "changed one value otherwise"
        message = f"both sides cannot stay, for they {did}: {told}"
        sides = " or ".join(f"--keep {file.seal} ({_title(file)})" for file in (one, other))
        hint = f"say whose was handed out: tipbrief merge {sides}"
        return Problem(message, other.file, hint=hint)


def rivals(ledger: Ledger) -> Iterator[Rivals]:
    """The pairs of entries that exclude each other."""
    for first, second in combinations(range(len(ledger.files)), 2):
        if not ledger.before[second] >> first & 1:
            one, other = _numbers(ledger, first), _numbers(ledger, second)
            briefs = {key[0] for key in one.keys() & other.keys() if one[key] != other[key]}
            was, now = _steps(ledger, first), _steps(ledger, second)
            names = {name for name in was.keys() & now.keys() if was[name] != now[name]}
            if briefs or names:
                yield Rivals(first, second, frozenset(briefs), frozenset(names))


def _numbers(ledger: Ledger, at: int) -> dict[tuple[str, int], str]:
    """The codes of its editions, but for those that were withdrawn."""
    signed = [line.signed for line in ledger.files[at].lines if line.kind == "edition"]
    return {
        (brief, number): code
        for brief, number, code in signed
        if (brief, number, code) not in ledger.withdrawn
    }


def _steps(ledger: Ledger, at: int) -> dict[str, tuple[str, str]]:
    return {name: step for change in ledger.changes_of(at) for name, step in change.steps.items()}


def _title(file: EntryFile) -> str:
    told = [f"'{one.name}' {one.was} → {one.now}" for one in file.changes[:1]]
    return ", ".join([f"{file.kind} of {file.date.iso()}", *told])
