"""The journal of a correction: its files change together, and a half-done change of a killed run is undone."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tipbrief.files import hash_of, read_bytes, replace_file, resolve_within
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.entry_file import ENTRY_FILE_NAME
from tipbrief.problems import Problems, report_os_errors

# It lies beside the files, not in a cache, so that the next run that opens the publication finds it.
JOURNAL_NAME = ".unfinished.json"
_MAX_BYTES = 100_000_000
_ANY_BYTES = "surrogateescape"  # a workbook is no text


@contextmanager
def change_files_together(
    folder: Path, files: Mapping[Path, bytes], entry: str, was: Mapping[Path, bytes]
) -> Iterator[None]:
    """Save what ``files`` held; restore it at the end unless the ``entry`` is in the ledger by then."""
    with ledger_folder.lock_for_writing(folder):
        undo_unfinished_change(folder)
        saved = {
            path.relative_to(folder).as_posix(): {"old": was[path].decode(errors=_ANY_BYTES), "new": hash_of(content)}
            for path, content in files.items()
        }
        whole = {"entry": entry, "of": folder.stat().st_ino, "files": saved}
        replace_file(folder / JOURNAL_NAME, json.dumps(whole, indent=1).encode())
        try:
            yield
        finally:
            undo_unfinished_change(folder)


def undo_unfinished_change(folder: Path) -> None:
    """Undo a change of files that did not reach the ledger. A file that was edited since stays as it is."""
    journal = folder / JOURNAL_NAME
    if not os.path.lexists(journal):
        return
    with ledger_folder.lock_for_writing(folder):
        if not os.path.lexists(journal):  # the run that held the lock has done it
            return
        entry, old = _read_journal(folder, journal)
        if not os.path.lexists(folder / ledger_folder.LEDGER_FOLDER / entry):
            for path, (content, new) in old.items():
                if os.path.isfile(path) and hash_of(now := read_bytes(path)) == new:
                    replace_file(resolve_within(folder, path), content, was=now)
        what, hint = "this note of an unfinished correction cannot be removed", "remove it, and run the command again"
        with report_os_errors(what, journal, hint):
            journal.unlink()


def _read_journal(folder: Path, journal: Path) -> tuple[str, dict[Path, tuple[bytes, str]]]:
    """The name of the planned entry; for each file its old content, and the hash of the new one."""
    message = "this note of an unfinished correction cannot be read"
    try:
        left = json.loads(read_bytes(journal, _MAX_BYTES))
        pairs = {name: (str(one["old"]), str(one["new"])) for name, one in left["files"].items()}
        old = {folder / name: (text.encode(errors=_ANY_BYTES), new) for name, (text, new) in pairs.items()}
        if not ENTRY_FILE_NAME.fullmatch(left["entry"]):
            raise ValueError
        if left["of"] != folder.stat().st_ino:
            # A stranger's publication could contain such a note, to change files. Its inode is unknown to strangers.
            message = "this note of an unfinished correction was not written in this folder"
            raise ValueError
        for path in old:
            resolve_within(folder, path)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        raise Problems(message, journal, hint="delete it, and compare the dataset with version control") from None
    return left["entry"], old
