"""Changes: tells of each save of what a publication is made from, however an editor's program saves."""

import os
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from watchfiles import watch

from tipbrief.ledger.store import FOLDER as LEDGER
from tipbrief.pdf.dataset import has_place

# In ms. A save is read when nothing came for so long after it, or at the latest after the second.
_STEP, _LONGEST = 10, 400
# So often it is looked whether something changed of which the system did not tell: another computer's save on
# a drive of the network, and that the folder itself has another name, or is gone.
_LOOK = 500

# Files by their paths, each with what changes when it is saved.
_Stamp = dict[str, tuple[int, int, int]]


def saves(folder: Path, templates: Path, stop: threading.Event) -> Iterator[None]:
    """Once at the beginning, and at each save after it; also where the folder goes away, or comes back."""
    before = None
    while not stop.is_set():
        home = _identity(folder)
        for _ in _moments([folder, templates], stop):
            if (now := (_identity(folder), _stamp(folder, templates))) != before:
                before = now
                yield
            if now[0] != home:  # what is watched is another folder now
                break


def _moments(folders: Sequence[Path], stop: threading.Event) -> Iterator[None]:
    """When something in the folders may have changed; at least every half second, until one is not there."""
    yield
    # Of OSError where a folder is not there, of RuntimeError where the system watches no more of them.
    with suppress(OSError, RuntimeError):
        told = watch(
            *folders,
            watch_filter=None,
            step=_STEP,
            debounce=_LONGEST,
            rust_timeout=_LOOK,
            yield_on_timeout=True,
            stop_event=stop,
            raise_interrupt=False,
            ignore_permission_denied=True,
        )
        for _ in told:
            yield
    stop.wait(_LOOK / 1000)


def _identity(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        state = folder.stat()
        return state.st_dev, state.st_ino
    return None


def _stamp(folder: Path, templates: Path) -> _Stamp:
    """All files that are read, as they are now; of the ledger its folder, as its files only become more."""
    found: _Stamp = {}
    for root, place in ((folder, has_place), (templates, _is_kept)):
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


def _is_kept(name: str) -> bool:
    return has_place(f"templates/{name}")
