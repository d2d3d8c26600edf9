"""Changes: notices each save of a publication's files, however the editor's program saves."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from watchfiles import watch

from tipbrief.ledger.ledger_folder import LEDGER_FOLDER as LEDGER
from tipbrief.load.publication_files import is_publication_file

# A save is reported when nothing followed for so many ms, or at the latest after the second number.
_STEP_MS, _DEBOUNCE_MS = 10, 400
# The files are also polled: the system does not report another computer's save on a network drive, nor that the
# folder itself was renamed or removed.
_POLL_MS = 500

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
        changes = watch(
            *folders,
            watch_filter=None,
            step=_STEP_MS,
            debounce=_DEBOUNCE_MS,
            rust_timeout=_POLL_MS,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for _ in changes:
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
    for root, place in ((folder, is_publication_file), (templates, _is_template_file)):
        waiting = [root]
        while waiting:
            with suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = Path(entry.path).relative_to(root).as_posix()
                    if place(name) and entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif place(name) or name.partition(".")[0] == LEDGER:
                        with suppress(OSError):  # it is gone again
                            state = entry.stat()
                            found[entry.path] = state.st_ino, state.st_mtime_ns, state.st_size
    return found


def _is_template_file(name: str) -> bool:
    return is_publication_file(f"templates/{name}")
