"""Merge: the two sides of a ledger that version control left unmerged, joined by entry and not by line."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from tipbrief.files import replace_file
from tipbrief.ledger.entries import Change, Edition, Entry, Ledger, Reprint
from tipbrief.ledger.store import FILE, grown, in_order, locked, read
from tipbrief.problems import Problem, Problems

Side = Literal["ours", "theirs"]
_MARK = re.compile(r"(<<<<<<<|\|\|\|\|\|\|\||=======|>>>>>>>)(?:\s+(.*?))?\s*\Z")
_AGAIN = "begin the merge again: git merge --abort, git merge, then tipbrief merge"


@dataclass(frozen=True, slots=True)
class Merged:
    """A ledger with the entries of both sides; ``dropped`` are those of one side that could not stay."""

    ledger: Ledger
    ours: int
    theirs: int
    dropped: tuple[str, ...] = ()


def merge(folder: Path, keep: Side | None = None) -> Merged:
    """Join the sides of a publication's ledger, and write it.

    Where both delivered editions of one brief, or changed one value, ``keep`` says whose stay.
    """
    file = folder / FILE
    with locked(folder):
        try:
            text = file.read_bytes().decode()
        except (OSError, UnicodeDecodeError) as fault:
            raise Problems(Problem(f"the ledger cannot be read: {fault}", file, hint=_AGAIN)) from None
        names = _names(text)
        ours, theirs = (_read(side, file, name) for side, name in zip(sides(text, file), names, strict=True))
        merged = joined(ours, theirs, names, keep, file)
        replace_file(file, merged.ledger.raw)
    return merged


def sides(text: str, file: Path) -> tuple[str, str]:
    """What each side of a merge had: the file without what only the other had."""
    found: dict[str, list[str]] = {"ours": [], "theirs": []}
    part, due = "both", ["<<<<<<<"]
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        mark = _MARK.match(line)
        if mark is None:
            for side in ("ours", "theirs"):
                if part in ("both", side):
                    found[side].append(line)
        elif mark[1] in due:
            part, due = {
                "<<<<<<<": ("ours", ["|||||||", "======="]),
                "|||||||": ("base", ["======="]),
                "=======": ("theirs", [">>>>>>>"]),
                ">>>>>>>": ("both", ["<<<<<<<"]),
            }[mark[1]]
        else:
            raise Problems(Problem(f"{mark[1]} stands here without its like", file, number, hint=_AGAIN))
    if part != "both":
        raise Problems(Problem(f"{due[-1]} is missing at the end of the merge", file, hint=_AGAIN))
    if found["ours"] == found["theirs"]:
        raise Problems(Problem("no merge is unfinished in this ledger", file, hint="there is nothing to do"))
    return "".join(found["ours"]), "".join(found["theirs"])


def _names(text: str) -> tuple[str, str]:
    """What version control calls the sides: HEAD and the branch."""
    marks = [mark for line in text.splitlines() if (mark := _MARK.match(line))]
    named = {mark[1]: mark[2] for mark in reversed(marks) if mark[2]}
    return named.get("<<<<<<<", "ours"), named.get(">>>>>>>", "theirs")


def _read(text: str, file: Path, name: str) -> Ledger:
    with tempfile.TemporaryDirectory(prefix="tipbrief-") as made:
        (Path(made) / FILE).write_bytes(text.encode())
        try:
            return read(Path(made), "")
        except Problems as found:
            message = f"the ledger of {name} is not in order: {found.problems[0].message}"
            raise Problems(Problem(message, file, hint=_AGAIN)) from None


def joined(ours: Ledger, theirs: Ledger, names: tuple[str, str], keep: Side | None, file: Path) -> Merged:
    """The entries that both had, then those of both sides in an order in which each is true."""
    if ours.publication != theirs.publication:
        message = (
            f"the sides are ledgers of two publications, '{ours.publication}' and '{theirs.publication}'"
        )
        raise Problems(Problem(message, file, hint="keep one: git checkout --ours or --theirs"))
    common = next(
        (at for at, (a, b) in enumerate(zip(ours.entries, theirs.entries, strict=False)) if a != b),
        min(len(ours.entries), len(theirs.entries)),
    )
    mine, other = ours.entries[common:], theirs.entries[common:]
    other = tuple(entry for entry in other if not any(_same(entry, known) for known in mine))
    mine, other, dropped = _without_rivals(mine, other, names, keep, file)
    base = Ledger(ours.publication, ours.entries[:common], _raw(ours, common))
    order = _order(base, mine, other)
    if order is None:
        message = (
            f"the entries of {names[0]} and {names[1]} cannot both stand: each prints what the other changed"
        )
        hint = "keep one: git checkout --ours or --theirs; record the other's corrections: tipbrief correct"
        raise Problems(Problem(message, file, hint=hint))
    return Merged(grown(base, order), len(mine), len(other), dropped)


def _same(one: Entry, other: Entry) -> bool:
    """Whether two entries say the same; a change of the same value was told twice, in other words or not."""
    if isinstance(one, Change) and isinstance(other, Change):
        return (one.kind, one.steps) == (other.kind, other.steps)
    return one == other


def _raw(ledger: Ledger, count: int) -> bytes:
    """The file down to the first entry that only this side has."""
    if count == len(ledger.entries):
        return ledger.raw
    return b"".join(ledger.raw.splitlines(keepends=True)[: ledger.entries[count].place.line - 1])


def _without_rivals(
    mine: tuple[Entry, ...],
    other: tuple[Entry, ...],
    names: tuple[str, str],
    keep: Side | None,
    file: Path,
) -> tuple[tuple[Entry, ...], tuple[Entry, ...], tuple[str, ...]]:
    """Both sides without what cannot stand beside the side that is kept, and what that is."""
    briefs = _briefs(mine) & _briefs(other)
    values = _changed(mine) & _changed(other)
    if not briefs and not values:
        return mine, other, ()
    if keep is None:
        told = (", ".join(map(_title, _split(side, briefs, values)[1])) for side in (mine, other))
        both = "; ".join(f"{name} has {text}" for name, text in zip(names, told, strict=True))
        hint = f"say whose were handed out: tipbrief merge --keep ours ({names[0]}) or theirs ({names[1]})"
        raise Problems(Problem(f"both sides cannot stay: {both}", file, hint=hint))
    if keep == "ours":
        kept, dropped = _split(other, briefs, values)
        return mine, kept, tuple(map(_title, dropped))
    kept, dropped = _split(mine, briefs, values)
    return kept, other, tuple(map(_title, dropped))


def _briefs(entries: Iterable[Entry]) -> set[str]:
    return {entry.brief for entry in entries if isinstance(entry, Edition)}


def _changed(entries: Iterable[Entry]) -> set[str]:
    return {name for entry in entries if isinstance(entry, Change) for name in entry.steps}


def _split(
    entries: Iterable[Entry], briefs: set[str], values: set[str]
) -> tuple[tuple[Entry, ...], tuple[Entry, ...]]:
    """What stays beside the other side, and what does not: also what was printed after a change that goes."""
    gone: dict[str, set[str]] = {}
    briefs = set(briefs)
    kept: list[Entry] = []
    dropped: list[Entry] = []
    for entry in entries:
        if isinstance(entry, Change):
            goes = bool(entry.steps.keys() & (values | gone.keys()))
            for name, (_, now) in entry.steps.items() if goes else ():
                gone.setdefault(name, set()).add(now)
        elif isinstance(entry, Reprint):
            goes = entry.brief in briefs
        else:
            goes = entry.brief in briefs or any(entry.prints.get(name) in now for name, now in gone.items())
            briefs |= {entry.brief} if goes else set()
        (dropped if goes else kept).append(entry)
    return tuple(kept), tuple(dropped)


def _title(entry: Entry) -> str:
    if isinstance(entry, Edition):
        return f"{entry.signature} of {entry.date.iso()}"
    if isinstance(entry, Reprint):
        return f"a reprint of {entry.brief.upper()}/{entry.number}"
    return f"the {entry.kind} '{entry.name}' {entry.was} → {entry.now}"


def _order(base: Ledger, mine: Sequence[Entry], other: Sequence[Entry]) -> tuple[Entry, ...] | None:
    """An order of the entries of both in which each side keeps its own, and the ledger is in order."""
    tried: set[tuple[int, int]] = set()
    open_: list[tuple[int, int, tuple[Entry, ...]]] = [(0, 0, ())]
    while open_:
        first, second, order = open_.pop()
        # What a ledger says after the same entries is the same, whatever their order.
        if (first, second) in tried or not in_order(base.with_entries(order)):
            continue
        tried.add((first, second))
        if first == len(mine) and second == len(other):
            return order
        if second < len(other):
            open_.append((first, second + 1, (*order, other[second])))
        if first < len(mine):  # comes up first
            open_.append((first + 1, second, (*order, mine[first])))
    return None
