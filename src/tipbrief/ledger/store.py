"""The ledger's file, which only grows: read and proved in order, added to at its end by rename."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from filelock import FileLock

from tipbrief.files import replace_file
from tipbrief.ledger.entries import Change, Edition, Entry, Ledger, Reprint, code_of
from tipbrief.ledger.yaml_form import AFTER, RESTORE, dump, entries_text, parsed, seal_of
from tipbrief.load.schema import Reader
from tipbrief.load.text_files import unfinished_merge
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.problems import Problem, Problems

FILE = "ledger.yaml"
_CHAIN = (
    "a correction is missing above, stands in the wrong place, or stands twice; after a merge by hand, "
    f"begin it again and use: tipbrief merge; else {RESTORE}"
)
_GONE = (
    "entries are gone between, or stand in another order; after a merge by hand, begin it again and use: "
    f"tipbrief merge; else {RESTORE}"
)


def read(folder: Path, publication: str) -> Ledger:
    """The ledger of a publication, empty where there is none; ``Problems`` where it is not in order."""
    file = folder / FILE if folder.is_dir() else folder
    if not file.exists() and folder.is_dir():
        return Ledger(publication)
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise Problems(Problem(f"the ledger cannot be read: {fault.strerror}", file)) from None
    if not raw.strip():
        hint = "delete it where no edition was delivered yet; else take it from version control"
        raise Problems(Problem("the ledger is empty", file, hint=hint))
    text = raw.decode("utf-8", "replace")
    if unfinished := unfinished_merge(file, text, "join their entries: tipbrief merge"):
        raise Problems(unfinished)
    reader = Reader()
    root = read_yaml(file)
    named, entries = parsed(reader, root)
    problems = reader.problems
    if named is not None and publication and named != publication:
        problems.append(
            named.problem(
                f"this is the ledger of the publication '{named}', not of '{publication}'",
                "put the right ledger.yaml here; for a new publication delete it",
            )
        )
    if not problems:
        found = Ledger(str(named), entries, raw)
        problems = list(_disorder(found)) or list(_unsealed(found))
        if not problems:
            return found
    raise Problems(problems)


def append(
    folder: Path, ledger: Ledger, entries: Sequence[Entry], files: Mapping[Path, bytes] | None = None
) -> Ledger:
    """Add entries to the file at its end, by rename; a problem where it changed since it was read.

    What could not be read afterwards is not written.

    ``files`` are written first: a crash between leaves a change that the ledger does not know, which the next
    delivery finds; the other way round the ledger would tell of a change that never was.
    """
    file, new = folder / FILE, grown(ledger, entries)
    _read_back(file, new)
    with locked(folder):
        there = file.read_bytes() if file.exists() else b""
        if there != ledger.raw:
            raise Problems(
                Problem(
                    "the ledger was changed by another run in the meantime",
                    file,
                    hint="nothing was recorded; run the command again",
                )
            )
        for path, content in (files or {}).items():
            replace_file(path, content)
        replace_file(file, new.raw)
    return new


def grown(ledger: Ledger, entries: Sequence[Entry]) -> Ledger:
    """The ledger with more entries at its end; what stood in its file stays as it was, byte for byte."""
    raw = ledger.raw or dump(Ledger(ledger.publication)).encode()
    if not raw.endswith(b"\n"):
        raw += b"\n"
    added = entries_text(entries, ledger.entries[-1] if ledger.entries else None).encode()
    if b"\r\n" in raw:
        added = added.replace(b"\n", b"\r\n")
    return Ledger(ledger.publication, (*ledger.entries, *entries), raw + added)


def _read_back(file: Path, new: Ledger) -> None:
    """A problem where the grown ledger is out of order, or its file was laid out anew by hand."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / FILE).write_bytes(new.raw)
        try:
            same = read(Path(folder), new.publication).entries == new.entries
            why = "" if same else "at its end no entry can be added"
        except Problems as found:
            why = found.problems[0].message
    if why:
        hint = "nothing was recorded; the ledger must end with its entries, laid out as tipbrief wrote them"
        raise Problems(Problem(f"the ledger would not be in order any more: {why}", file, hint=hint))


def locked(folder: Path) -> FileLock:
    """The lock of a publication's ledger: on one machine, who comes first goes first."""
    return FileLock(_lock_of(folder / FILE), mode=0o666, is_singleton=True)


def _lock_of(file: Path) -> Path:
    # Not beside the ledger, where it would be one more file to keep out of version control.
    name = hashlib.sha256(str(file.resolve()).encode()).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"tipbrief-{name}.lock"


# Order


def in_order(ledger: Ledger) -> bool:
    """Whether each entry is true after those above it; seals are given when it is written."""
    return not any(True for _ in _disorder(ledger))


def _disorder(ledger: Ledger) -> Iterator[Problem]:
    earlier: dict[str, list[Edition]] = {}
    known: dict[str, str] = {}
    for entry in ledger.entries:
        if isinstance(entry, Change):
            yield from _broken_chain(entry, known)
            known.update({name: now for name, (_, now) in entry.steps.items() if name in known})
        elif isinstance(entry, Reprint):
            if all(one.number != entry.number for one in earlier.get(entry.brief, ())):
                message = f"there is no edition {entry.brief.upper()}/{entry.number} above this reprint"
                yield entry.place.problem(message, RESTORE)
        elif problem := _misplaced(ledger, entry, earlier.setdefault(entry.brief, [])):
            yield problem
        else:
            for name, value in entry.prints.items():
                if known.setdefault(name, value) != value:
                    message = (
                        f"{entry.name} prints '{name}' as {value}, by the entries above it is {known[name]}"
                    )
                    yield entry.place.problem(message, _CHAIN)
            known.update(entry.prints)


def _unsealed(ledger: Ledger) -> Iterator[Problem]:
    """What the order does not show: a hash changed by hand, the last edition of a brief taken out."""
    above = ""
    for entry in ledger.entries:
        own, _, after = entry.seal.partition(AFTER)
        if own != seal_of(entry, None):
            yield entry.place.problem(
                f"this entry was changed by hand: its seal {own} does not fit it", RESTORE
            )
        elif after != above:
            message = f"this entry was written below another one, which is sealed {after}"
            if not after:
                message = "this entry was written as the first"
            yield entry.place.problem(message, _GONE)
        above = own


def _broken_chain(change: Change, known: Mapping[str, str]) -> Iterator[Problem]:
    for name, (was, _) in change.steps.items():
        if known.get(name, was) != was:
            message = f"by this {change.kind} '{name}' was {was}, by the entries above it was {known[name]}"
            yield change.place.problem(message, _CHAIN)


def _misplaced(ledger: Ledger, entry: Edition, earlier: list[Edition]) -> Problem | None:
    """What is wrong with an edition as such, which else is one of the earlier ones from now on."""
    if first := next((one for one in earlier if one.number == entry.number), None):
        return entry.place.problem(
            f"the edition {entry.name} stands twice, first in line {first.place.line}",
            "keep the one that was handed out, delete the other, then: tipbrief build --deliver",
        )
    due = max((one.number for one in earlier), default=0) + 1
    fits = entry.code == code_of(ledger.publication, entry, earlier)
    earlier.append(entry)
    if entry.number < due:
        message = f"{entry.name} stands below {entry.brief.upper()}/{due - 1}"
        return entry.place.problem(message, "put the entries back in order")
    if entry.number > due:
        name = f"{entry.brief.upper()}/{due}"
        if any(one.number == due for one in ledger.editions(entry.brief)):
            return entry.place.problem(f"{entry.name} stands above {name}", "put the entries back in order")
        return entry.place.problem(f"the edition {name} is missing above {entry.name}", RESTORE)
    if not fits:
        message = f"the edition {entry.name} was changed by hand: its code {entry.code} does not fit it"
        return entry.place.problem(message, RESTORE)
    return None
