"""Undo: a correction's files change together; what a killed run left half done is put back."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from tipbrief.files import hash_of, replace_file
from tipbrief.ledger import store
from tipbrief.problems import Problems

# Beside the files and not in a cache: it must be found by whoever opens the publication next.
JOURNAL = ".unfinished.json"


@contextmanager
def together(folder: Path, files: Mapping[Path, bytes], entry: str) -> Iterator[None]:
    """Keep the old content of ``files``; put it back where the ledger has no file ``entry`` then."""
    with store.locked(folder):
        put_back(folder)
        kept = {
            path.relative_to(folder).as_posix(): {"old": path.read_bytes().decode(), "new": hash_of(content)}
            for path, content in files.items()
            if _inside(folder, path)
        }
        whole = {"entry": entry, "files": kept}
        replace_file(folder / JOURNAL, json.dumps(whole, ensure_ascii=False, indent=1).encode())
        try:
            yield
        finally:
            put_back(folder)


def put_back(folder: Path) -> None:
    """Undo a change of files of which the ledger does not tell. What was edited since stays as it is."""
    journal = folder / JOURNAL
    if not journal.exists():
        return
    with store.locked(folder):
        if not journal.exists():  # who held the lock has done it
            return
        try:
            left = json.loads(journal.read_text(encoding="utf-8"))
            entry = folder / store.FOLDER / left["entry"]
            old = {folder / name: (str(one["old"]), str(one["new"])) for name, one in left["files"].items()}
        except (ValueError, LookupError, TypeError, AttributeError):
            hint = "delete it, and compare the dataset with version control"
            message = "this note of an unfinished correction cannot be read"
            raise Problems(message, journal, hint=hint) from None
        if not entry.exists():
            for path, (content, new) in old.items():
                # A publication comes from anywhere: its note must not reach for other files.
                if _inside(folder, path) and path.is_file() and hash_of(path.read_bytes()) == new:
                    replace_file(path, content.encode())
        journal.unlink()


def _inside(folder: Path, path: Path) -> bool:
    return path.is_relative_to(folder) and path.resolve().is_relative_to(folder.resolve())
