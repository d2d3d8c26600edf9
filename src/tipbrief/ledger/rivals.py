"""Rivals: what two people did beside each other, of which only one can stay."""

from collections.abc import Collection, Iterator
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
        sides = " or ".join(f"--keep {file.seal} ({_title(file, things)})" for file in (one, other))
        return Problem(message, other.file, hint=f"say whose was handed out: tipbrief merge {sides}")


def rivals(ledger: Ledger) -> Iterator[Rivals]:
    """The pairs of entries that exclude each other."""
    if all(before == (1 << at) - 1 for at, before in enumerate(ledger.before)):
        return  # in one row, as nearly always: no entry stands beside another
    for first, second in combinations(range(len(ledger.files)), 2):
        if not ledger.before[second] >> first & 1:
            one, other = _claimed(ledger, first), _claimed(ledger, second)
            told = [key for key in one.keys() & other.keys() if one[key] != other[key]]
            if told:
                briefs = frozenset(key[0] for key in told if isinstance(key, tuple))
                yield Rivals(first, second, briefs, frozenset(key for key in told if isinstance(key, str)))


def _claimed(ledger: Ledger, at: int) -> dict[tuple[str, str] | str, tuple[str, ...]]:
    """What an entry says of the editions of each brief and number, and of each name that it changed."""
    lines = [one for one in ledger.files[at].lines if one.kind == "edition"]
    editions = {one[1:3]: (one.code,) for one in lines if one.signature not in ledger.withdrawn}
    return editions | {name: step for one in ledger.changes_of(at) for name, step in one.steps.items()}


def _title(file: EntryFile, things: Collection[str]) -> str:
    """What a person knows an entry by: its day, and the first of the editions or values in question."""
    told = [f"'{one.name}' {one.was} → {one.now}" for one in file.changes[:1]]
    told += [line.signature for line in file.lines if line.brief in things][:1]
    return ", ".join([f"{file.kind} of {file.date.iso()}", *told])
