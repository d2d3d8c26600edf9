"""Changes: notices each save of a publication's files, however the editor's program saves."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from watchfiles import watch

from tipbrief.ledger.ledger_folder import LEDGER_FOLDER as LEDGER
from tipbrief.load.publication_files import is_publication_file

# The files are also polled: the system does not report another computer's save on a network drive, nor that the
# folder itself was renamed or removed.
_POLL_MS = 500
# A save is reported when nothing followed for ``step`` ms, or at the latest after ``debounce`` ms.
_WATCH_OPTIONS: dict[str, Any] = {
    "watch_filter": None, "step": 10, "debounce": 400, "rust_timeout": _POLL_MS, "yield_on_timeout": True,
    "raise_interrupt": False, "ignore_permission_denied": True,
}  # fmt: skip

# By path: inode, time and size, of which a save changes one.
_FileStates = dict[str, tuple[int, int, int]]


def watch_saves(folder: Path, templates: Path, stop: threading.Event) -> Iterator[None]:
    """Yield at the beginning and at each save; also when the folder goes away, or comes back."""
    before = None
    while not stop.is_set():
        home = _folder_identity(folder)
        for _ in _possible_changes([folder, templates], stop):
            if (now := (_folder_identity(folder), _read_file_states(folder, templates))) != before:
                before = now
                yield
            if now[0] != home:  # another folder is in its place
                break


def _possible_changes(folders: Sequence[Path], stop: threading.Event) -> Iterator[None]:
    """Yield when something in the folders may have changed, at least at each poll, until one is gone."""
    yield
    # OSError: a folder is missing. RuntimeError: the system watches no more folders.
    with suppress(OSError, RuntimeError):
        for _ in watch(*folders, stop_event=stop, **_WATCH_OPTIONS):
            yield
    stop.wait(_POLL_MS / 1000)


def _folder_identity(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        state = folder.stat()
        return state.st_dev, state.st_ino
    return None


def _read_file_states(folder: Path, templates: Path) -> _FileStates:
    """All files that are read, as they are now. Of the ledger the folder is enough: its files are only added."""
    found: _FileStates = {}
    for root, prefix in ((folder, ""), (templates, "templates/")):
        waiting = [root]
        while waiting:
            with suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = prefix + Path(entry.path).relative_to(root).as_posix()
                    is_read = is_publication_file(name)
                    if is_read and entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif is_read or name.partition(".")[0] == LEDGER:
                        with suppress(OSError):  # it is gone again
                            state = entry.stat()
                            found[entry.path] = state.st_ino, state.st_mtime_ns, state.st_size
    return found
