"""The folder of outputs: files by rename, never half a file; and the manifest of what was written."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import Any, TypeAlias

from tipbrief.files import (
    hash_of,
    mode_of,
    read_bytes,
    remove_left_behind,
    sync_file,
    sync_folder,
    temporary_name,
    write_new,
)
from tipbrief.problems import Problems

MANIFEST = "manifest.json"
_MOST_BYTES = 10_000_000
# A disk keeps so many files in little more time than one, if it is asked at once.
_AT_ONCE = 8
_LONGEST = 3600.0  # seconds; nobody writes files that are older, and have no name yet
_SHA256 = re.compile("[0-9a-f]{64}")
# What the manifest says of each file, by name: its bytes and its sha256.
Entries: TypeAlias = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written."""

    path: Path
    size: int
    sha256: str

    @classmethod
    def below(cls, out: Path, entries: Entries) -> list[Written]:
        """The files of a folder, from what a manifest says of them."""
        return [cls(out / name, one["bytes"], one["sha256"]) for name, one in entries.items() if inside(name)]


class Delivery:
    """Files on their way into a folder: written under temporary names, then published together.

    ``versions`` are those of the programs and fonts that made the files: with others, the bytes may differ.
    """

    def __init__(self, out: Path, versions: Mapping[str, str]) -> None:
        self._out, self._versions = out, versions
        self._staged: dict[Path, Path] = {}
        self._unsettled: list[Path] = []
        self._entries: Entries = {}

    def __enter__(self) -> Delivery:
        with _writing_into(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *raised: object) -> None:
        _remove(self._staged)

    def add(self, files: Mapping[str, bytes]) -> list[Written]:
        """Write files under temporary names, all or none. One that is there, the same, is left as it is.

        A name may have folders, with ``/`` between them.
        """
        written = [Written(self._out / name, len(one), hash_of(one)) for name, one in files.items()]
        staged = self._stage(files, written)
        # Together, as a Ctrl-C between the two would publish files of which the manifest does not know.
        self._staged, self._entries = self._staged | staged, self._entries | entries_of(written, self._out)
        return written

    def keep(self, written: Iterable[Written]) -> None:
        """Enter files into the manifest that are there already."""
        self._entries |= entries_of(written, self._out)

    def settle(self) -> None:
        """Have what was written outlive a power failure, under whatever name it has."""
        with _writing_into(self._out):
            _together(sync_file, [one for one in self._unsettled if one.exists()])
        self._unsettled.clear()

    def publish(self) -> None:
        """Give all files their names, and enter them into the folder's manifest."""
        manifest = {**manifest_of(self._out), **self._entries}
        whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(self._versions.items()))}
        text = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
        written = Written(self._out / MANIFEST, len(text), hash_of(text))
        self._staged |= self._stage({MANIFEST: text}, [written])
        self.settle()
        with _writing_into(self._out):
            # The manifest last: what it tells of is there.
            staged = [*self._staged]
            folders = {self._out, *(target.parent for target in self._staged.values())}
            _together(self._name, staged[:-1])
            _together(self._name, staged[-1:])
            for folder in folders:
                sync_folder(folder)
            # Another run may write here just now.
            remove_left_behind(self._out, written.path.stat().st_mtime - _LONGEST)

    def _name(self, temporary: Path) -> None:
        if temporary.exists():  # else Ctrl-C came here, and this is the second time
            temporary.replace(self._staged[temporary])
        del self._staged[temporary]

    def _stage(self, files: Mapping[str, bytes], written: Iterable[Written]) -> dict[Path, Path]:
        """Write files under temporary names: those, each with the name that it is to have."""
        staged: dict[Path, Path] = {}
        with _writing_into(self._out), ExitStack() as undone:
            # After Ctrl-C, too: no half file must get its name with the rest.
            undone.callback(_remove, staged)
            for (name, content), one in zip(files.items(), written, strict=True):
                target = one.path
                if target.is_dir():
                    # Its file could not be renamed to it, and by then others would have their new names.
                    raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
                if _there(target, one.size) == content:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                # Known before it is there, so that a Ctrl-C at this moment leaves nothing behind.
                temporary = temporary_name(target)
                staged[temporary] = target
                self._unsettled.append(temporary)
                write_new(temporary, content, mode_of(target), synced=False)
            undone.pop_all()
        return staged


def _together(do: Callable[[Path], None], files: Collection[Path]) -> None:
    """Do it with each file; where they are many, with several at once."""
    if len(files) < _AT_ONCE:
        for file in files:
            do(file)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for _ in pool.map(do, files):
            pass


def write_together(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[Written]:
    """Write the files into ``out``, all or none of them, and enter them into its manifest."""
    with Delivery(out, versions) as delivery:
        written = delivery.add(files)
        delivery.publish()
    return written


def entries_of(written: Iterable[Written], out: Path) -> Entries:
    """What the manifest of a folder says of files in it."""
    return {
        one.path.relative_to(out).as_posix(): {"bytes": one.size, "sha256": one.sha256} for one in written
    }


def all_there(written: Collection[Written], out: Path) -> bool:
    """Whether the files are still as they were written, and the folder's manifest has them so."""
    return entries_of(written, out).items() <= manifest_of(out).items() and all(
        (found := _there(one.path, one.size)) is not None and hash_of(found) == one.sha256 for one in written
    )


def _there(file: Path, size: int) -> bytes | None:
    """The bytes of a file, if it is there with so many."""
    with suppress(OSError, ValueError, Problems):
        if os.stat(file).st_size == size:
            return read_bytes(file, size)
    return None


def _remove(staged: Iterable[Path]) -> None:
    for temporary in staged:
        temporary.unlink(missing_ok=True)


@contextmanager
def _writing_into(out: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "no folder can have this name"
        message = f"the folder '{out}' cannot be written: {reason}"
        hint = "free the folder, or name another one: --out DIR. Older files in it are unchanged"
        raise Problems(message, hint=hint) from fault


def manifest_of(out: Path) -> Entries:
    """The files that the folder's manifest has; those that are gone are dropped."""
    try:
        files = json.loads(read_bytes(out / MANIFEST, _MOST_BYTES))["files"]
        return {name: entry for name, entry in files.items() if _is_of(out, name, entry)}
    except (Problems, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        # A manifest is derived from the files beside it; a missing or unreadable one is made anew.
        return {}


def _is_of(out: Path, name: str, entry: Mapping[str, Any]) -> bool:
    """Whether this is an entry as we write them, of a file in the folder."""
    sound = entry.keys() == {"bytes", "sha256"} and isinstance(entry["bytes"], int)
    sound = sound and bool(_SHA256.fullmatch(entry["sha256"]))
    return sound and inside(name) and os.path.isfile(out / name)


def inside(name: str) -> bool:
    """Whether a name in a manifest is that of a file in its folder, or in folders below it."""
    return name.isprintable() and "\\" not in name and not {"", ".", ".."} & {*name.split("/")}
