"""Rivals: what two people did beside each other, of which only one can stay."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field

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
    """The pairs of entries that exclude each other, but for what goes with an earlier pair."""
    apart = 0  # who stands beside another: in one row, as nearly always, nobody
    for at, before in enumerate(ledger.before):
        if beside := (1 << at) - 1 & ~before:
            apart |= beside | 1 << at
    entries = [at for at in range(apart.bit_length()) if apart >> at & 1]
    first_said: dict[_Key, _Value] = {}
    claimed = (claim for at in entries for claim in _claimed(ledger, at).items())
    disputed = {key for key, value in claimed if first_said.setdefault(key, value) != value}
    told: dict[tuple[int, int], list[_Key]] = {}
    claims = {key: _Claims() for key in disputed}
    for at in entries if disputed else ():
        before = ledger.before[at]
        for key, value in _claimed(ledger, at).items():
            if (known := claims.get(key)) is None:
                continue
            if beside := known.entries & ~before & ~known.alike.get(value, 0):
                first = (beside & -beside).bit_length() - 1
                own = (known.entries & before).bit_length() - 1  # the last one of its side
                if own < 0 or ledger.before[first] >> own & 1 or known.values[own] == known.values[first]:
                    told.setdefault((first, at), []).append(key)
            known.add(at, value)
    for (first, second), keys in sorted(told.items()):
        briefs = frozenset(key[0] for key in keys if isinstance(key, tuple))
        yield Rivals(first, second, briefs, frozenset(key for key in keys if isinstance(key, str)))


_Key = tuple[str, str] | str
_Value = tuple[str, ...]


@dataclass(slots=True)
class _Claims:
    """What entries say of one thing: the set of these, those that say the same, and what each says."""

    entries: int = 0
    alike: dict[_Value, int] = field(default_factory=dict)
    values: dict[int, _Value] = field(default_factory=dict)

    def add(self, at: int, value: _Value) -> None:
        """Know one more."""
        self.entries |= 1 << at
        self.alike[value] = self.alike.get(value, 0) | 1 << at
        self.values[at] = value


def _claimed(ledger: Ledger, at: int) -> dict[_Key, _Value]:
    """What an entry says of the editions of each brief and number, and of each name that it changed."""
    lines = [one for one in ledger.files[at].lines if one.kind == "edition"]
    editions = {one[1:3]: (one.code,) for one in lines if one.signature not in ledger.withdrawn}
    return editions | {name: step for one in ledger.changes_of(at) for name, step in one.steps.items()}


def _title(file: EntryFile, things: Collection[str]) -> str:
    """What a person knows an entry by: its day, and the first of the editions or values in question."""
    told = [f"'{one.name}' {one.was} → {one.now}" for one in file.changes[:1]]
    told += [line.signature for line in file.lines if line.brief in things][:1]
    return ", ".join([f"{file.kind} of {file.date.iso()}", *told])
