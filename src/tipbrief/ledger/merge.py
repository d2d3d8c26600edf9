"""Merge: of two people's entries that exclude each other, those that a person does not keep are withdrawn."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Withdrawal
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.rivals import Rivals, rivals
from tipbrief.ledger.store import dated, grown, locked, read_unsettled, unfold, write_entries
from tipbrief.problems import Problems


def merge(folder: Path, keep: Sequence[str], date: Date) -> list[str]:
    """Withdraw what cannot stay beside the entries that are kept, named by their seals; what that is.

    The rest version control has joined. A ledger of one file becomes a folder of entries.
    """
    with locked(folder):
        unfold(folder)
        ledger = read_unsettled(folder, "")
        places = {file.seal: at for at, file in enumerate(ledger.files)}
        if unknown := [seal for seal in keep if seal not in places]:
            hint = "the messages of 'tipbrief check' name the entries, between which you choose"
            raise Problems(f"the ledger has no entry '{unknown[0]}'", hint=hint)
        kept = [places[seal] for seal in keep]
        losers = {pair: {one for at in kept for one in _losers(ledger, pair, at)} for pair in rivals(ledger)}
        if undecided := [pair for pair, found in losers.items() if len(found) != 1]:
            raise Problems(pair.problem(ledger) for pair in undecided)
        if not losers:
            return []
        gone = _gone(ledger, [(pair, loser) for pair, (loser,) in losers.items()])
        new = grown(ledger, [Withdrawal(date=dated(ledger, date), gone=tuple(gone))])
        write_entries(folder, new.files[len(ledger.files) :])
        return [title for titles in gone.values() for title in titles]


def _losers(ledger: Ledger, pair: Rivals, kept: int) -> list[int]:
    """Which of two entries goes where one is kept: that which is not on its side, if the other is."""

    def beside(at: int) -> bool:
        return at == kept or bool(ledger.before[kept] >> at & 1 or ledger.before[at] >> kept & 1)

    apart = [at for at in (pair.first, pair.second) if not beside(at)]
    return apart if len(apart) == 1 else []


def _gone(ledger: Ledger, losers: Iterable[tuple[Rivals, int]]) -> dict[str, list[str]]:
    """What goes with the entries that lose, also what rests on it, each with its titles."""
    # Of a name or brief the entries in which it goes: who comes after one of them rests on it.
    lost: dict[str, int] = {}
    lost_briefs: dict[str, int] = {}
    for pair, loser in losers:
        for things, where in ((pair.names, lost), (pair.briefs, lost_briefs)):
            where |= {thing: where.get(thing, 0) | 1 << loser for thing in things}
    found: list[tuple[int, str, list[str]]] = []
    for at, file in enumerate(ledger.files):
        known, changes = ledger.before[at] | 1 << at, ledger.changes_of(at)
        steps = {name for change in changes for name in change.steps}
        if any(lost.get(name, 0) & known for name in steps):
            lost |= {name: lost.get(name, 0) | 1 << at for name in steps}
            titles = [f"the {one.kind} '{one.name}' {one.was} → {one.now}" for one in changes]
            found.append((at, file.seal, titles))
    for brief in ledger.briefs:
        rests = lost_briefs.get(brief, 0)
        for at, one in ledger.standing(brief):
            known = ledger.before[at] | 1 << at
            if rests & known or any(lost[name] & known for name in one.prints.keys() & lost.keys()):
                rests |= 1 << at
                found.append((at, one.signature, [f"{one.signature} of {one.date.iso()}"]))
    return {what: titles for _, what, titles in sorted(found)}
