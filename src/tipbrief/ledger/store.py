"""The ledger's folder, which only grows: read and proved whole; each entry comes by one rename."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from tipbrief import limits
from tipbrief.files import Lock, read_bytes, replace_file, sync_folder, tried_in, unchanged, within
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Fact
from tipbrief.ledger.entry_file import NAME, RESTORE, EntryFile, parsed, part_read, unreadable
from tipbrief.ledger.ledger import MOST_BYTES, MOST_ENTRIES, Ledger, too_long
from tipbrief.ledger.old_form import read_old
from tipbrief.ledger.proof import disorder
from tipbrief.ledger.rivals import rivals
from tipbrief.load.text_files import read_text, unfinished_merge
from tipbrief.problems import Problem, Problems

FOLDER = "ledger"
# A ledger in one file: what a PDF carries of it, and as older versions of tipbrief wrote it.
FILES = ("ledger.json", "ledger.yaml")


def read(where: Path, publication: str, known: Ledger | None = None) -> Ledger:
    """The ledger of a publication in whatever form, or an empty one; ``Problems`` if it is not in order.

    Entries that are as they were when it was ``known`` are not read again.
    """
    ledger = read_unsettled(where, publication, known)
    if problems := [one.problem(ledger) for one in rivals(ledger)]:
        raise Problems(problems)
    return ledger


def read_unsettled(where: Path, publication: str, known: Ledger | None = None) -> Ledger:
    """The same where two people's entries may still stand against each other."""
    folder = where if _holds_entries(where) else where / FOLDER
    file = (_file_in(where) if where.is_dir() else where) or folder
    with limits.bounded(file):
        before = known.files if known else ()
        ledger = _ledger_of(_files_in(folder, before), publication) if file == folder else _from_file(file)
    if file != folder and (
        there := {path.name for path in _entries_in(folder)} - {one.name for one in ledger.files}
    ):
        message = f"{file.name} stands beside the folder {FOLDER}/, and each has entries of its own"
        raise Problems(message, folder / min(there), hint="join them: tipbrief merge")
    if publication and ledger.publication != publication:
        message = f"this is the ledger of the publication '{ledger.publication}', not of '{publication}'"
        raise Problems(message, file, hint=f"put the right {FOLDER}/ here; for a new publication delete it")
    return ledger


def require_there(where: Path) -> None:
    """A problem where no ledger is there: a file, the folder of the entries, or one with either inside."""
    if not (where.is_file() or _file_in(where) or _holds_entries(where) or (where / FOLDER).is_dir()):
        hint = "name the folder of the publication, or its ledger/"
        raise Problems("there is no ledger in this folder", where, hint=hint)


def append(
    folder: Path,
    ledger: Ledger,
    facts: Sequence[Fact],
    files: Mapping[Path, bytes] | None = None,
    was: Mapping[Path, bytes] | None = None,
) -> Ledger:
    """Add facts as an entry; a problem where the ledger changed since it was read, or they do not fit.

    ``files`` are written first: a crash between leaves a change that the ledger does not know, which the next
    delivery finds; the other way round the ledger would tell of a change that never was. One that no longer
    holds what it ``was`` is a problem: somebody changed it since.
    """
    new = grown(ledger, facts)
    with locked(folder):
        if not _holds(folder, ledger) and read_unsettled(folder, ledger.publication).state != ledger.state:
            message = "the ledger was changed by another run in the meantime"
            raise Problems(message, folder / FOLDER, hint="nothing was recorded; run the command again")
        unfold(folder)
        for path, content in (files or {}).items():
            replace_file(within(folder, path), content, was=(was or {}).get(path))
        write_entries(folder, new.files[len(ledger.files) :])
    return new


def _holds(folder: Path, ledger: Ledger) -> bool:
    """Whether a publication has the very entries of a ledger: they need not be read again to know it."""
    if _file_in(folder):
        return False
    paths, files = _entries_in(folder / FOLDER), ledger.files
    return [path.name for path in paths] == [file.name for file in files] and all(
        read_bytes(path, MOST_BYTES) == file.written for path, file in zip(paths, files, strict=True)
    )


def grown(ledger: Ledger, facts: Sequence[Fact]) -> Ledger:
    """The ledger with more facts at its end; a problem where they are not true after those it has."""
    if (last := _last(ledger)) and any(fact.date < last.date for fact in facts):
        raise Problems(_backwards(last, min(fact.date for fact in facts)))
    if wrong := next(disorder(ledger, facts), None):
        message = f"the ledger would not be in order any more: {wrong.message}"
        raise Problems(message, hint="nothing was recorded; run the command again")
    new = ledger.with_entries(facts)
    if (size := sum(len(file.written) for file in new.files)) > MOST_BYTES:
        raise Problems(too_long(f"{size / 1e6:.1f} MB"))
    return new


def dated(ledger: Ledger, today: Date) -> Date:
    """The day of the entry that comes next; a problem where the clock was set back.

    Where it is tomorrow already for a colleague who wrote the last one, it is that day.
    """
    last = _last(ledger)
    if last is None or last.date <= today:
        return today
    if last.date.days_after(today) > 1:
        raise Problems(_backwards(last, today))
    return last.date


def _last(ledger: Ledger) -> EntryFile | None:
    return max(ledger.files, key=lambda file: file.date, default=None)


def _backwards(last: EntryFile, day: Date) -> Problem:
    message = f"the clock says {day.iso()}, but the last entry of the ledger is of {last.date.iso()}"
    hint = (
        "set the clock, or SOURCE_DATE_EPOCH; where the entry's day is wrong and nobody has what it tells, "
        "take its file out of the ledger"
    )
    return Problem(message, last.file, hint=hint, kind="clock")


def unfold(folder: Path) -> None:
    """Make entries of a ledger that is one file. Until it is deleted, the file is the ledger."""
    if file := _file_in(folder):
        was = read_bytes(file)
        with limits.bounded(file):
            new = _from_file(file).files
        write_entries(folder, new)
        unchanged(file, was)
        file.unlink()


def locked(folder: Path) -> Lock:
    """The lock of a publication: who comes first goes first."""
    return Lock(folder)


def write_entries(folder: Path, files: Sequence[EntryFile]) -> None:
    """Give entries their files; what is there is never changed."""
    try:
        (folder / FOLDER).mkdir(exist_ok=True)
        sync_folder(folder)
    except OSError as fault:
        hint = "make the publication's folder writable, or work on a copy of it"
        raise Problems(f"the folder cannot be made: {fault.strerror}", folder / FOLDER, hint=hint) from None
    at_once = len(files) > 1 and hasattr(os, "sync")  # each by itself, thousands take a minute
    for file in files:
        if not (folder / FOLDER / file.name).exists():
            replace_file(folder / FOLDER / file.name, file.written, synced=not at_once)
    if at_once:
        os.sync()


def _file_in(folder: Path) -> Path | None:
    found = next((folder / name for name in FILES if os.path.lexists(folder / name)), None)
    if found:
        within(folder, found)
    return found


def _holds_entries(folder: Path) -> bool:
    return any(NAME.fullmatch(path.name) for path in _entries_in(folder))


def _entries_in(folder: Path) -> list[Path]:
    """The files of entries, in the order of their numbers."""
    names = {name for name in tried_in(folder) if name.endswith(".json")}
    try:
        with os.scandir(folder) as found:
            there = [one for one in found if one.name.endswith(".json") and one.name[0] != "."]
            links = [Path(one) for one in there if one.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        if folder.name == FOLDER and os.path.lexists(folder):  # no edition would be known any more
            hint = "take the folder from version control or another older copy"
            raise Problems("this is no folder: the ledger's entries lie in one", folder, hint=hint) from None
        there, links = [], []
    except (OSError, ValueError) as fault:
        raise Problems(f"the folder cannot be read: {getattr(fault, 'strerror', fault)}", folder) from None
    # As the ledger lies in its publication, its entries lie in it.
    for link in [folder, *links] if folder.name == FOLDER else links:
        within(folder.parent, link)
    names.update(one.name for one in there)
    return [folder / name for name in sorted(names, key=lambda name: (len(name.partition("-")[0]), name))]


def _from_file(file: Path) -> Ledger:
    """A ledger that is one file: what a PDF carries, or the old form."""
    hint = "take the merge back; make each side's ledger a folder: tipbrief merge; then merge them"
    text = read_text(file, hint)
    if not text.startswith("{"):
        return read_old(file)
    try:
        publication, facts = part_read(text, file)
    except ValueError as fault:
        raise Problems(unreadable(file, fault)) from None
    return Ledger(publication).with_entries(facts)


def _files_in(folder: Path, before: Sequence[EntryFile] = ()) -> list[EntryFile]:
    """The entries of a folder, each as it was written."""
    files: list[EntryFile] = []
    problems: list[Problem] = []
    size, paths, known = 0, _entries_in(folder), {one.file: one for one in before}
    if len(paths) > MOST_ENTRIES:
        raise Problems(too_long(f"{len(paths)} entries", folder))
    for path in paths:
        text = ""
        try:
            named = NAME.fullmatch(path.name)
            if named is None:
                raise ValueError("its name is not that of an entry")
            raw = read_bytes(path, MOST_BYTES)
            if (size := size + len(raw)) > MOST_BYTES:
                problems.append(too_long(f"more than {MOST_BYTES / 1e6:.0f} MB", folder))
                break
            if path in known and known[path].written == raw:
                files.append(known[path])
                continue
            text = raw.replace(b"\r\n", b"\n").decode("utf-8-sig")
            made = parsed(text, int(named[1]), path)
            if (made.kind, made.seal) != (named[2], named[3]):
                raise ValueError("it was changed by hand, and does not fit its name any more")
            files.append(made)
        except Problems as raised:
            problems += [replace(one, hint=one.hint or RESTORE) for one in raised.problems]
        except ValueError as fault:
            hint = "keep one of the two wordings, and delete the lines with <<<<<<<, ======= and >>>>>>>"
            problems.append(unfinished_merge(path, text, hint) or unreadable(path, fault))
    if problems:
        raise Problems(problems)
    return files


def _ledger_of(files: Sequence[EntryFile], publication: str) -> Ledger:
    """The ledger of entries of which none is missing."""
    numbers: dict[str, int] = {}
    problems: list[Problem] = []
    for file in files:
        gone = [seal for seal in file.head["after"] if seal not in numbers]
        if gone:
            message = f"the entry before this one is gone: …-{gone[0]}.json"
            problems.append(Problem(message, file.file, hint=RESTORE))
        elif file.number != 1 + max((numbers[seal] for seal in file.head["after"]), default=0):
            problems.append(unreadable(file.file, "its number does not follow that of the entry before it"))
        elif file.head["publication"] != files[0].head["publication"]:
            problems.append(unreadable(file.file, f"it is of the publication '{file.head['publication']}'"))
        numbers[file.seal] = file.number
    if problems:
        raise Problems(problems)
    return Ledger(files[0].head["publication"] if files else publication, files)
