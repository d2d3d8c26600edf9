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
    remove_temporary_files,
    sync_file,
    sync_folder,
    temporary_name,
    write_new,
)
from tipbrief.problems import Problems

OUTPUT_MANIFEST = "manifest.json"
_MOST_BYTES = 10_000_000
# A disk keeps so many files in little more time than one, if it is asked at once.
_THREADS = 8
_MOST_SECONDS = 3600.0  # seconds; nobody writes files that are older, and have no name yet
_SHA256 = re.compile("[0-9a-f]{64}")
# What the manifest says of each file, by name: its bytes and its sha256.
ManifestEntries: TypeAlias = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class OutputFile:
    """One file that was written."""

    path: Path
    size: int
    sha256: str


class Delivery:
    """Files on their way into a folder: written under temporary names, then published together.

    ``versions`` are those of the programs and fonts that made the files: with others, the bytes may differ.
    """

    def __init__(self, out: Path, versions: Mapping[str, str]) -> None:
        self._out, self._versions = out, versions
        self._temporary_files: dict[Path, Path] = {}
        self._unsynced_files: list[Path] = []
        self._entries: ManifestEntries = {}

    def __enter__(self) -> Delivery:
        with _report_write_errors(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *raised: object) -> None:
        _remove_files(self._temporary_files)

    def add_files(self, files: Mapping[str, bytes]) -> list[OutputFile]:
        """Write files under temporary names, all or none. One that is there, the same, is left as it is.

        A name may have folders, with ``/`` between them.
        """
        written = [OutputFile(self._out / name, len(one), hash_of(one)) for name, one in files.items()]
        staged = self._stage_files(files, written)
        # Together, as a Ctrl-C between the two would publish files of which the manifest does not know.
        self._temporary_files, self._entries = (
            self._temporary_files | staged,
            self._entries | manifest_entries(written, self._out),
        )
        return written

    def record_existing(self, written: Iterable[OutputFile]) -> None:
        """Enter files into the manifest that are there already."""
        self._entries |= manifest_entries(written, self._out)

    def sync_files(self) -> None:
        """Have what was written outlive a power failure, under whatever name it has."""
        with _report_write_errors(self._out):
            _run_in_threads(sync_file, [one for one in self._unsynced_files if one.exists()])
        self._unsynced_files.clear()

    def publish(self) -> None:
        """Give all files their names, and enter them into the folder's manifest."""
        manifest = {**read_output_manifest(self._out), **self._entries}
        whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(self._versions.items()))}
        text = (json.dumps(whole, indent=1, ensure_ascii=False) + "\n").encode()
        written = OutputFile(self._out / OUTPUT_MANIFEST, len(text), hash_of(text))
        self._temporary_files |= self._stage_files({OUTPUT_MANIFEST: text}, [written])
        self.sync_files()
        with _report_write_errors(self._out):
            # The manifest last: what it tells of is there.
            staged = [*self._temporary_files]
            folders = {self._out, *(target.parent for target in self._temporary_files.values())}
            _run_in_threads(self._rename_file, staged[:-1])
            _run_in_threads(self._rename_file, staged[-1:])
            for folder in folders:
                sync_folder(folder)
            # Another run may write here just now.
            remove_temporary_files(self._out, written.path.stat().st_mtime - _MOST_SECONDS)

    def _rename_file(self, temporary: Path) -> None:
        if temporary.exists():  # else Ctrl-C came here, and this is the second time
            temporary.replace(self._temporary_files[temporary])
        del self._temporary_files[temporary]

    def _stage_files(self, files: Mapping[str, bytes], written: Iterable[OutputFile]) -> dict[Path, Path]:
        """Write files under temporary names: those, each with the name that it is to have."""
        staged: dict[Path, Path] = {}
        with _report_write_errors(self._out), ExitStack() as undone:
            # After Ctrl-C, too: no half file must get its name with the rest.
            undone.callback(_remove_files, staged)
            for (name, content), one in zip(files.items(), written, strict=True):
                target = one.path
                if target.is_dir():
                    # Its file could not be renamed to it, and by then others would have their new names.
                    raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
                if _read_if_present(target, one.size) == content:
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                # Known before it is there, so that a Ctrl-C at this moment leaves nothing behind.
                temporary = temporary_name(target)
                staged[temporary] = target
                self._unsynced_files.append(temporary)
                write_new(temporary, content, mode_of(target), synced=False)
            undone.pop_all()
        return staged


def _run_in_threads(do: Callable[[Path], None], files: Collection[Path]) -> None:
    """Do it with each file; where they are many, with several at once."""
    if len(files) < _THREADS:
        for file in files:
            do(file)
        return
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(_THREADS) as pool:
        for _ in pool.map(do, files):
            pass


def write_outputs(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[OutputFile]:
    """Write the files into ``out``, all or none of them, and enter them into its manifest."""
    with Delivery(out, versions) as delivery:
        written = delivery.add_files(files)
        delivery.publish()
    return written


def manifest_entries(written: Iterable[OutputFile], out: Path) -> ManifestEntries:
    """What the manifest of a folder says of files in it."""
    return {one.path.relative_to(out).as_posix(): {"bytes": one.size, "sha256": one.sha256} for one in written}


def _read_if_present(file: Path, size: int) -> bytes | None:
    """The bytes of a file, if it is there with so many."""
    with suppress(OSError, ValueError, Problems):
        if os.stat(file).st_size == size:
            return read_bytes(file, size)
    return None


def _remove_files(staged: Iterable[Path]) -> None:
    for temporary in staged:
        temporary.unlink(missing_ok=True)


@contextmanager
def _report_write_errors(out: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "no folder can have this name"
        message = f"the folder '{out}' cannot be written: {reason}"
        hint = "free the folder, or name another one: --out DIR. Older files in it are unchanged"
        raise Problems(message, hint=hint) from fault


def read_output_manifest(out: Path) -> ManifestEntries:
    """The files that the folder's manifest has; those that are gone are dropped."""
    try:
        files = json.loads(read_bytes(out / OUTPUT_MANIFEST, _MOST_BYTES))["files"]
        return {name: entry for name, entry in files.items() if _is_valid_entry(out, name, entry)}
    except (Problems, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        # A manifest is derived from the files beside it; a missing or unreadable one is made anew.
        return {}


def _is_valid_entry(out: Path, name: str, entry: Mapping[str, Any]) -> bool:
    """Whether this is an entry as we write them, of a file in the folder."""
    sound = entry.keys() == {"bytes", "sha256"} and isinstance(entry["bytes"], int)
    sound = sound and bool(_SHA256.fullmatch(entry["sha256"]))
    return sound and is_inside_folder(name) and os.path.isfile(out / name)


def is_inside_folder(name: str) -> bool:
    """Whether a name in a manifest is that of a file in its folder, or in folders below it."""
    return name.isprintable() and "\\" not in name and not {"", ".", ".."} & {*name.split("/")}
