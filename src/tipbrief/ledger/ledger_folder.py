"""The ledger's folder: reads it whole, checks it, and adds entries; no entry is ever changed or removed.

The files of a correction change together with it: a half-done change of a killed run is undone by its journal.
"""

import gzip
import json
import os
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from tipbrief import files as filesystem
from tipbrief import limits
from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger import entry_file
from tipbrief.ledger.consistency import Conflict, LedgerState, find_conflicts
from tipbrief.ledger.entries import Fact, Withdrawal
from tipbrief.ledger.entry_file import ENTRY_FILE_NAME, RESTORE_HINT, EntryFile, parse_entry
from tipbrief.ledger.ledger import MAX_LEDGER_BYTES, MAX_LEDGER_ENTRIES, Ledger, describe_excess_length
from tipbrief.load.source_text import find_unfinished_merge, read_text
from tipbrief.pdf.attachments import LEDGER_FILE
from tipbrief.problems import Problem, ProblemList, Problems, report_os_errors

LEDGER_FOLDER = "ledger"
_WRITTEN_FOLDERS = (LEDGER_FOLDER, "tables", "translations")
_ENDINGS = (".json", ".json.gz")
_MAX_PLAIN_BYTES = 1_000_000  # of a delivery; one of thousands of documents is packed. Corrections are read by people
# The note of an unfinished correction lies beside the files, not in a cache: the next run that opens them finds it.
JOURNAL_NAME = ".unfinished.json"
_MAX_JOURNAL_BYTES = 100_000_000
_ANY_BYTES = "surrogateescape"  # a workbook is no text


def read_ledger(where: Path, publication: str, known: Ledger | None = None) -> Ledger:
    """The ledger of a publication: a folder of entries, or the one file that a PDF carries; empty if there is none."""
    ledger = read_with_conflicts(where, publication, known)
    if problems := [one.describe_choice(ledger) for one in find_conflicts(ledger)]:
        raise Problems(problems)
    return ledger


def read_with_conflicts(where: Path, publication: str, known: Ledger | None = None) -> Ledger:
    """The same where entries may exclude each other; those that are unchanged since ``known`` are not parsed again."""
    folder = where if _has_entries(where) else where / LEDGER_FOLDER
    file = (_find_ledger_file(where) if where.is_dir() else where) or folder
    with limits.limit_step(file):
        if file == folder:
            ledger = _assemble_ledger(_read_entry_files(folder, known.entry_files if known else ()), publication)
        else:
            ledger = _read_extract(file)
            names = {path.name.removesuffix(".gz"): path for path in _list_entry_files(folder)}
            if others := names.keys() - {one.name for one in ledger.entry_files}:
                message = f"{file.name} stands beside the folder {LEDGER_FOLDER}/, and each has entries of its own"
                raise Problems(message, names[min(others)], hint="join them: tipbrief merge")
    if publication and ledger.publication != publication:
        message = f"this is the ledger of the publication '{ledger.publication}', not of '{publication}'"
        raise Problems(message, file, hint=f"put the right {LEDGER_FOLDER}/ here; for a new publication delete it")
    return ledger


def require_ledger(where: Path) -> None:
    """Raise a problem if ``where`` is neither a ledger nor a folder that has one."""
    if not (where.is_file() or _find_ledger_file(where) or _has_entries(where) or (where / LEDGER_FOLDER).is_dir()):
        hint = "name the folder of the publication, or its ledger/"
        raise Problems("there is no ledger in this folder", where, hint=hint)


def append_entry(
    folder: Path,
    ledger: Ledger,
    facts: Sequence[Fact],
    files: Mapping[Path, bytes] | None = None,
    was: Mapping[Path, bytes] | None = None,
) -> Ledger:
    """Add facts to the ledger on disk; a problem if it or a file changed meanwhile, or if the facts contradict it."""
    new = extend_ledger(ledger, facts)
    with lock_for_writing(folder):
        if read_with_conflicts(folder, ledger.publication, ledger) != ledger:
            message = "the ledger was changed by another run in the meantime"
            raise Problems(message, folder / LEDGER_FOLDER, hint="nothing was recorded; run the command again")
        convert_to_folder(folder)
        # If the run dies after the files, the next delivery reports values that the ledger lacks. In the other order
        # the ledger would record a change that never happened.
        for path, content in (files or {}).items():
            filesystem.replace_file(filesystem.resolve_within(folder, path), content, was=(was or {}).get(path))
        write_entries(folder, new.entry_files[len(ledger.entry_files) :])
    return new


def extend_ledger(ledger: Ledger, facts: Sequence[Fact]) -> Ledger:
    """The ledger with more facts at its end; a problem if they contradict those that it has."""
    if (last := _last_entry(ledger)) and any(fact.date < last.date for fact in facts):
        raise Problems(_describe_clock_fault(last, min(fact.date for fact in facts)))
    state = LedgerState(ledger)
    if wrong := next((fault for fact in facts for fault in state.add(fact)), ""):
        message = f"the ledger would not be in order any more: {wrong}"
        raise Problems(message, hint="nothing was recorded; run the command again")
    del state  # it has every printed value
    limits.begin_step()  # of ten thousand editions, each of these takes seconds
    new = ledger.with_entries(facts)
    if (size := sum(len(file.raw_bytes) for file in new.entry_files)) > MAX_LEDGER_BYTES:
        raise Problems(describe_excess_length(f"{size / 1e6:.1f} MB"))
    return new


def find_new_entry(folder: Path, ledger: Ledger) -> Path | None:
    """The file of the one entry that a publication's folder has since its ledger was read."""
    known = {one.file.name for one in ledger.entry_files}
    new = [path for path in _list_entry_files(folder / LEDGER_FOLDER) if path.name not in known]
    return new[0] if len(new) == 1 else None


def next_entry_date(ledger: Ledger, today: Date) -> Date:
    """The day of the next entry; a problem if the clock was set back."""
    last = _last_entry(ledger)
    if last is None or last.date <= today:
        return today
    if last.date.days_after(today) > 1:  # not only a colleague's in another time zone
        raise Problems(_describe_clock_fault(last, today))
    return last.date


def _last_entry(ledger: Ledger) -> EntryFile | None:
    return max(ledger.entry_files, key=lambda file: file.date, default=None)


def _describe_clock_fault(last: EntryFile, day: Date) -> Problem:
    message = f"the clock says {day.iso()}, but the last entry of the ledger is of {last.date.iso()}"
    wrong = "where the entry's day is wrong and nobody has what it tells, take its file out of the ledger"
    return Problem(message, last.file, hint=f"set the clock, or SOURCE_DATE_EPOCH; {wrong}", kind="clock")


def convert_to_folder(folder: Path) -> None:
    """Make a folder of entries from a ledger that is one file. The file counts until it is deleted."""
    if file := _find_ledger_file(folder):
        was = filesystem.read_bytes(file)
        with limits.limit_step(file):
            new = _read_extract(file).entry_files
        write_entries(folder, new)
        filesystem.require_same_content(file, was)
        file.unlink()


@contextmanager
def lock_for_writing(folder: Path) -> Iterator[None]:
    """A context that has the lock of a publication, without the temporary files that a killed run left there."""
    with filesystem.FolderLock(folder):
        for room in (folder, *(folder / name for name in _WRITTEN_FOLDERS)):
            if room == folder or not room.is_symlink():
                filesystem.remove_temporary_files(room)
        yield


def write_entries(folder: Path, files: Sequence[EntryFile]) -> None:
    """Write entries to their files. An existing file is never changed."""
    hint = "make the publication's folder writable, or work on a copy of it"
    with report_os_errors("the folder cannot be made", folder / LEDGER_FOLDER, hint):
        (folder / LEDGER_FOLDER).mkdir(exist_ok=True)
        filesystem.sync_folder(folder)
    at_once = len(files) > 1 and hasattr(os, "sync")  # thousands of single syncs take a minute
    for file in files:
        path, content = folder / LEDGER_FOLDER / file.name, file.raw_bytes
        if file.kind == "delivery" and len(content) > _MAX_PLAIN_BYTES:
            path, content = path.with_suffix(_ENDINGS[1]), gzip.compress(content, 6, mtime=0)
        if not path.exists():
            filesystem.replace_file(path, content, synced=not at_once)
    if at_once:
        os.sync()


def _find_ledger_file(folder: Path) -> Path | None:
    if not os.path.lexists(folder / LEDGER_FILE):
        return None
    filesystem.resolve_within(folder, folder / LEDGER_FILE)
    return folder / LEDGER_FILE


def _has_entries(folder: Path) -> bool:
    return any(ENTRY_FILE_NAME.fullmatch(path.name) for path in _list_entry_files(folder))


def _list_entry_files(folder: Path) -> list[Path]:
    names = {name for name in filesystem.list_overrides(folder) if name.endswith(_ENDINGS)}
    try:
        with os.scandir(folder) as found:
            there = [one for one in found if one.name.endswith(_ENDINGS) and one.name[0] != "."]
            links = [Path(one) for one in there if one.is_symlink()]
    except (FileNotFoundError, NotADirectoryError):
        if folder.name == LEDGER_FOLDER and os.path.lexists(folder):  # else all editions would seem unknown
            hint = "take the folder from version control or another older copy"
            raise Problems("this is no folder: the ledger's entries lie in one", folder, hint=hint) from None
        there, links = [], []
    except (OSError, ValueError) as fault:
        raise Problems(f"the folder cannot be read: {getattr(fault, 'strerror', fault)}", folder) from None
    # A link may not lead out of the publication.
    for link in [folder, *links] if folder.name == LEDGER_FOLDER else links:
        filesystem.resolve_within(folder.parent, link)
    names.update(one.name for one in there)
    names -= {f"{name}.gz" for name in names}  # somebody unpacked it and kept both
    return [folder / name for name in sorted(names, key=lambda name: (len(name.partition("-")[0]), name))]


def _read_extract(file: Path) -> Ledger:
    text = read_text(file, "take the merge back; make each side's ledger a folder: tipbrief merge; then merge them")
    try:
        publication, facts = entry_file.parse_extract(text, file)
    except ValueError as fault:
        raise Problems(entry_file.describe_unreadable_entry(file, fault)) from None
    return Ledger(publication).with_entries(facts)


def _read_entry_files(folder: Path, before: Sequence[EntryFile] = ()) -> list[EntryFile]:
    files: list[EntryFile] = []
    problems = ProblemList()
    size, paths, known = 0, _list_entry_files(folder), {one.file: one for one in before}
    if len(paths) > MAX_LEDGER_ENTRIES:
        raise Problems(describe_excess_length(f"{len(paths)} entries", folder))
    for path in paths:
        text = ""
        try:
            if not (named := ENTRY_FILE_NAME.fullmatch(path.name)):
                raise ValueError("its name is not that of an entry")
            raw = _read_entry(path)
            if (size := size + len(raw)) > MAX_LEDGER_BYTES:
                problems.append(describe_excess_length(f"more than {MAX_LEDGER_BYTES / 1e6:.0f} MB", folder))
                break
            if path in known and known[path].raw_bytes == raw:
                files.append(known[path])
                continue
            text = raw.replace(b"\r\n", b"\n").decode("utf-8-sig")
            entry = parse_entry(text, int(named[1]), path)
            if (entry.kind, entry.seal) != (named[2], named[3]):
                raise ValueError("it was changed by hand, and does not fit its name any more")
            files.append(entry)
        except Problems as raised:
            problems += [replace(one, hint=one.hint or RESTORE_HINT) for one in raised.problems]
        except ValueError as fault:
            hint = "keep one of the two wordings, and delete the lines with <<<<<<<, ======= and >>>>>>>"
            unreadable = entry_file.describe_unreadable_entry(path, fault)
            problems.append(find_unfinished_merge(path, text, hint) or unreadable)
    problems.raise_all()
    return files


def _read_entry(path: Path) -> bytes:
    """The text of an entry, up to one byte more than a ledger may have; ValueError if its file is damaged."""
    raw = filesystem.read_bytes(path, MAX_LEDGER_BYTES)
    try:
        is_packed = path.name.endswith(_ENDINGS[1])
        return zlib.decompressobj(wbits=zlib.MAX_WBITS + 16).decompress(raw, MAX_LEDGER_BYTES + 1) if is_packed else raw
    except zlib.error as fault:
        raise ValueError(f"it cannot be unpacked: {fault}") from None


def _assemble_ledger(files: Sequence[EntryFile], publication: str) -> Ledger:
    numbers: dict[str, int] = {}
    problems = ProblemList()
    for file in files:
        why = ""
        if gone := [seal for seal in file.head["after"] if seal not in numbers]:
            message = f"the entry before this one is gone: …-{gone[0]}.json"
            problems.append(Problem(message, file.file, hint=RESTORE_HINT))
        elif file.number != 1 + max((numbers[seal] for seal in file.head["after"]), default=0):
            why = "its number does not follow that of the entry before it"
        elif file.head["publication"] != files[0].head["publication"]:
            why = f"it is of the publication '{file.head['publication']}'"
        problems += [entry_file.describe_unreadable_entry(file.file, why)] if why else []
        numbers[file.seal] = file.number
    problems.raise_all()
    return Ledger(files[0].head["publication"] if files else publication, files)


def merge_entries(folder: Path, keep: Sequence[str], date: Date) -> list[str]:
    """Withdraw what excludes the entries to ``keep``, given by their seals; the titles of what is withdrawn."""
    with lock_for_writing(folder):
        convert_to_folder(folder)
        ledger = read_with_conflicts(folder, "")
        positions = {file.seal: at for at, file in enumerate(ledger.entry_files)}
        if unknown := [seal for seal in keep if seal not in positions]:
            hint = "the messages of 'tipbrief check' name the entries, between which you choose"
            raise Problems(f"the ledger has no entry '{unknown[0]}'", hint=hint)
        kept = [positions[seal] for seal in keep]
        pairs = find_conflicts(ledger)
        losers = {pair: {one for at in kept for one in _find_losers(ledger, pair, at)} for pair in pairs}
        if undecided := [pair for pair, found in losers.items() if len(found) != 1]:
            raise Problems(pair.describe_choice(ledger) for pair in undecided)
        if not losers:
            return []
        gone = _collect_withdrawals(ledger, [(pair, loser) for pair, (loser,) in losers.items()])
        new = extend_ledger(ledger, [Withdrawal(date=next_entry_date(ledger, date), withdrawn_ids=tuple(gone))])
        write_entries(folder, new.entry_files[len(ledger.entry_files) :])
        return [title for titles in gone.values() for title in titles]


def _find_losers(ledger: Ledger, pair: Conflict, kept: int) -> list[int]:
    """Which of two entries is withdrawn if one is kept: the one on the other side, if only one is."""
    before = ledger.predecessors
    one_side = {at for at in (pair.first, pair.second) if at == kept or (before[kept] >> at | before[at] >> kept) & 1}
    return [*({pair.first, pair.second} - one_side)] if len(one_side) == 1 else []


def _collect_withdrawals(ledger: Ledger, losers: Iterable[tuple[Conflict, int]]) -> dict[str, list[str]]:
    """What is withdrawn with the losing entries, also what depends on it: the titles by signature or seal."""
    # For each name and brief the set of withdrawn entries. Entries after one of them depend on it.
    lost_names: dict[str, int] = {}
    lost_briefs: dict[str, int] = {}
    for pair, loser in losers:
        for things, where in ((pair.names, lost_names), (pair.briefs, lost_briefs)):
            where |= {thing: where.get(thing, 0) | 1 << loser for thing in things}
    found: list[tuple[int, str, list[str]]] = []
    for at, file in enumerate(ledger.entry_files):
        known, changes = ledger.predecessors[at] | 1 << at, ledger.changes_in_entry(at)
        names = {name for change in changes for name in change.steps}
        if any(lost_names.get(name, 0) & known for name in names):
            lost_names |= {name: lost_names.get(name, 0) | 1 << at for name in names}
            titles = [f"the {one.kind} '{one.name}' {one.was} → {one.now}" for one in changes]
            found.append((at, file.seal, titles))
    for brief in ledger.briefs:
        lost = lost_briefs.get(brief, 0)
        for at, one in ledger.valid_editions_with_positions(brief):
            known = ledger.predecessors[at] | 1 << at
            if lost & known or any(lost_names[name] & known for name in one.prints.keys() & lost_names.keys()):
                lost |= 1 << at
                found.append((at, one.signature, [f"{one.signature} of {one.date.iso()}"]))
    return {what: titles for _, what, titles in sorted(found)}


@contextmanager
def change_files_together(
    folder: Path, files: Mapping[Path, bytes], entry: str, was: Mapping[Path, bytes]
) -> Iterator[None]:
    """Save what ``files`` held; restore it at the end unless the ``entry`` is in the ledger by then."""
    with lock_for_writing(folder):
        undo_unfinished_change(folder)
        saved = {
            path.relative_to(folder).as_posix(): {"old": was[path].decode(errors=_ANY_BYTES), "new": hash_of(content)}
            for path, content in files.items()
        }
        whole = {"entry": entry, "of": folder.stat().st_ino, "files": saved}
        filesystem.replace_file(folder / JOURNAL_NAME, json.dumps(whole, indent=1).encode())
        try:
            yield
        finally:
            undo_unfinished_change(folder)


def undo_unfinished_change(folder: Path) -> None:
    """Undo a change of files that did not reach the ledger. A file that was edited since stays as it is."""
    journal = folder / JOURNAL_NAME
    if not os.path.lexists(journal):
        return
    with lock_for_writing(folder):
        if not os.path.lexists(journal):  # the run that held the lock has done it
            return
        entry, old = _read_journal(folder, journal)
        if not os.path.lexists(folder / LEDGER_FOLDER / entry):
            for path, (content, new) in old.items():
                if os.path.isfile(path) and hash_of(now := filesystem.read_bytes(path)) == new:
                    filesystem.replace_file(filesystem.resolve_within(folder, path), content, was=now)
        what, hint = "this note of an unfinished correction cannot be removed", "remove it, and run the command again"
        with report_os_errors(what, journal, hint):
            journal.unlink()


def _read_journal(folder: Path, journal: Path) -> tuple[str, dict[Path, tuple[bytes, str]]]:
    """The name of the planned entry; for each file its old content, and the hash of the new one."""
    message = "this note of an unfinished correction cannot be read"
    try:
        left = json.loads(filesystem.read_bytes(journal, _MAX_JOURNAL_BYTES))
        pairs = {name: (str(one["old"]), str(one["new"])) for name, one in left["files"].items()}
        old = {folder / name: (text.encode(errors=_ANY_BYTES), new) for name, (text, new) in pairs.items()}
        if not ENTRY_FILE_NAME.fullmatch(left["entry"]):
            raise ValueError
        if left["of"] != folder.stat().st_ino:
            # A stranger's publication could contain such a note, to change files. Its inode is unknown to strangers.
            message = "this note of an unfinished correction was not written in this folder"
            raise ValueError
        for path in old:
            filesystem.resolve_within(folder, path)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Problems(message, journal, hint="delete it, and compare the dataset with version control") from None
    return left["entry"], old
