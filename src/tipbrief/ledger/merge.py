"""Merge: of two people's entries that exclude each other, those that a person does not keep are withdrawn."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Edition, Withdrawal
from tipbrief.ledger.ledger import Ledger, bits
from tipbrief.ledger.rivals import Rivals, rivals
from tipbrief.ledger.store import locked, read_unsettled, unfold, write_entries
from tipbrief.problems import Problem, Problems


def merge(folder: Path, keep: Sequence[str], date: Date) -> list[str]:
    """Withdraw what cannot stay beside the entries that are kept, named by their seals; what that is.

    The rest version control has joined. A ledger of one file becomes a folder of entries.
    """
    with locked(folder):
        unfold(folder)
        ledger = read_unsettled(folder, "")
        kept = [_kept(ledger, seal) for seal in keep]
        open_ = list(rivals(ledger))
        undecided = [one for one in open_ if len({_loser(ledger, one, at) for at in kept} - {None}) != 1]
        if undecided:
            raise Problems(one.problem(ledger) for one in undecided)
        if not open_:
            return []
        gone = _Gone(ledger)
        for one in open_:
            gone.take(one, next(loser for at in kept if (loser := _loser(ledger, one, at)) is not None))
        write_entries(folder, ledger.with_entries([gone.withdrawal(date)]).files[len(ledger.files) :])
        return gone.titles


def _kept(ledger: Ledger, seal: str) -> int:
    for at, file in enumerate(ledger.files):
        if file.seal == seal:
            return at
    hint = "the messages of 'tipbrief check' name the entries, between which you choose"
    raise Problems(Problem(f"the ledger has no entry '{seal}'", hint=hint))


def _loser(ledger: Ledger, pair: Rivals, kept: int) -> int | None:
    """Which of two entries goes where one is kept: that which is not on its side."""

    def beside(at: int) -> bool:
        return at == kept or bool(ledger.before[kept] >> at & 1 or ledger.before[at] >> kept & 1)

    first, second = beside(pair.first), beside(pair.second)
    return None if first == second else pair.second if first else pair.first


class _Gone:
    """What goes with the entries of one side: also what was delivered and changed after them."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger, self.lost, self.names = ledger, 0, set[str]()
        self.editions: list[Edition] = []
        self.changes: list[str] = []
        self.titles: list[str] = []

    def take(self, pair: Rivals, loser: int) -> None:
        """Withdraw the ``loser`` of a pair, and what rests on it."""
        ledger, names, briefs = self.ledger, set(pair.names), set(pair.briefs)
        side = sum(1 << at for at, before in enumerate(ledger.before) if at == loser or before >> loser & 1)
        for at in bits(side):
            changes = ledger.changes_of(at)
            steps = {name for change in changes for name in change.steps}
            if steps & names and ledger.files[at].seal not in self.changes:
                self.changes.append(ledger.files[at].seal)
                self.titles += [f"the {one.kind} '{one.name}' {one.was} → {one.now}" for one in changes]
            names |= steps if steps & names else set()
            for one in ledger.editions_of(at):
                if one not in self.editions and (one.brief in briefs or one.prints.keys() & names):
                    self.editions.append(one)
                    self.titles.append(f"{one.signature} of {one.date.iso()}")
                    briefs.add(one.brief)
        self.lost |= side
        self.names |= names

    def withdrawal(self, date: Date) -> Withdrawal:
        """All of it as one entry, with the values that hold instead."""
        known = {name: self.ledger.value(name, self.ledger.all & ~self.lost) for name in self.names}
        return Withdrawal(
            date=date,
            editions=tuple((one.brief, one.number, one.code) for one in self.editions),
            changes=tuple(self.changes),
            values={name: value for name, value in known.items() if value is not None},
        )
