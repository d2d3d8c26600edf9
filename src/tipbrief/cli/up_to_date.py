"""Nothing changed: what the last build said is said again, before the libraries are loaded that it needs.

What a build ended with is kept in the user's cache with a hash of all that it follows from: words, folder,
day, program and libraries, each file of the publication. Where any of it is another, or a file that was
built, or where a doubt is left, nothing is said, and the build goes its usual way.

No lock is needed: files that are found one after the other as they were before were all so when the first of
them was read.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief import limits
from tipbrief.assets import default_publication, find_shipped_folder
from tipbrief.deliver.output_folder import OUTPUT_MANIFEST
from tipbrief.files import hash_of, read_bytes
from tipbrief.pipeline.store import Store, code_fingerprint, default_folder, entry_key, installed_packages
from tipbrief.problems import MessageListener, Problems
from tipbrief.typeset.libraries import library_versions

if TYPE_CHECKING:
    from tipbrief.deliver.output_folder import OutputFile

# What of the environment a build, or how it is told, can follow from.
_ENVIRONMENT_VARIABLES = (
    "HOME",
    "LANG",
    "LANGUAGE",
    "NO_COLOR",
    "SOURCE_DATE_EPOCH",
    "TERM",
    "TZ",
    "XDG_CACHE_HOME",
)
_VARIABLE_PREFIXES = ("LC_", "PYTHON", "TIPBRIEF", "_TIPBRIEF")
# Folders of a publication. Another one may be that into which it is built, whose files are looked at by name.
PUBLICATION_FOLDERS = frozenset(
    ("briefs", "fonts", "ledger", "maps", "pictures", "tables", "templates", "translations")
)
_JOURNAL = ".unfinished.json"
# To look at more takes longer than to load the libraries.
MAX_FILES, MAX_BYTES = 5_000, 300_000_000
_MAX_FILE_BYTES = 50_000_000  # bytes of one file


class _UncertainState(Exception):  # noqa: N818 - nothing is wrong
    """What is here is more, or something else, than is looked at."""


@dataclass(frozen=True)
class UpToDateCheck:
    """What was asked for, and all that was to be seen of what the answer follows from, before it was sought.

    ``own`` is None where the publication was named; else whether the one that is found must be the user's.
    """

    arguments: tuple[str, ...]
    folder: Path
    out: Path
    must_be_own: bool | None
    state_hash: str | None

    @classmethod
    def take_snapshot(cls, words: Sequence[str], folder: Path, out: Path, own: bool | None) -> UpToDateCheck:
        """The question of a command with these ``words``."""
        state = None
        with contextlib.suppress(OSError, Problems, _UncertainState):
            state = _hash_state(folder, out)
        return cls(tuple(words), folder, out, own, state)

    def save_output(self, said: Iterable[tuple[str, bool]], files: Iterable[OutputFile]) -> None:
        """Keep what is to be said where nothing changed, if what it follows from is as it was before."""
        with contextlib.suppress(OSError, Problems, _UncertainState):
            found = _find_publication(self.must_be_own)
            if found and found[0] != str(self.folder):
                return
            if self.state_hash is None or _hash_state(self.folder, self.out) != self.state_hash:
                return
            written = {file.path.name: [file.size, file.sha256] for file in files}
            written[OUTPUT_MANIFEST] = _size_and_hash(self.out / OUTPUT_MANIFEST)
            record: dict[str, Any] = {
                "folder": str(self.folder),
                "out": str(self.out),
                "own": self.must_be_own,
            }
            record |= {"found": found, "state": self.state_hash, "said": [*said]}
            record |= {"files": written, "names": sorted(os.listdir(self.out))}
            entry = {"record": json.dumps(record).encode()}
            Store(default_folder()).write_entry(_command_key(self.arguments), entry)


def find_saved_output(words: Sequence[str]) -> list[tuple[str, bool]] | None:
    """What a build of these ``words`` says, line by line, if nothing changed; else None."""
    with contextlib.suppress(OSError, Problems, _UncertainState), limits.limit_step("the command"):
        return Store(default_folder()).parse_entry(_command_key(words), _read_if_current)
    return None


def _read_if_current(entry: Mapping[str, bytes]) -> list[tuple[str, bool]] | None:
    record = json.loads(entry["record"])
    folder, out = Path(record["folder"]), Path(record["out"])
    if _find_publication(record["own"]) != record["found"] or _hash_state(folder, out) != record["state"]:
        return None
    if sorted(os.listdir(out)) != record["names"]:  # an index leads to those that are there
        return None
    if any(_size_and_hash(out / name, size) != [size, was] for name, (size, was) in record["files"].items()):
        return None
    return [(str(text), bool(err)) for text, err in record["said"]]


def _command_key(words: Sequence[str]) -> str:
    """The name of the record of a command that is asked here, so, and today."""
    around = {
        name: text
        for name, text in sorted(os.environ.items())
        if name in _ENVIRONMENT_VARIABLES or name.startswith(_VARIABLE_PREFIXES)
    }
    streams = [(one.isatty(), one.encoding) for one in (sys.stdout, sys.stderr)]
    asked = [[*words], os.getcwd(), around, streams, time.strftime("%Y-%m-%d"), sys.version, sys.prefix]
    return entry_key("unchanged", json.dumps(asked))


def _find_publication(own: bool | None) -> list[str]:
    """The publication that is found where none is named, and what is said of it."""
    if own is None:
        return []
    said: list[str] = []
    before, MessageListener.notify = MessageListener.notify, said.append
    try:
        return [str(default_publication(own=own)), *said]
    finally:
        MessageListener.notify = before


def _hash_state(folder: Path, out: Path) -> str:
    """One hash over the program, what it needs, and all files of a publication but those in ``out``."""
    if os.path.lexists(folder / _JOURNAL):  # a correction is at work, or was killed
        raise _UncertainState
    files = _FileScan()
    program = [files.list_files(find_shipped_folder(kind)) for kind in ("templates", "fonts", "data")]
    own = files.list_files(folder, out)
    return entry_key(json.dumps([code_fingerprint(), program, installed_packages(), library_versions(), own]))


class _FileScan:
    """The files that are looked at, up to so many."""

    def __init__(self) -> None:
        self._file_count = self._byte_count = 0

    def list_files(self, folder: Path, out: Path | None = None) -> list[list[Any]]:
        """Each file below a folder, with its size and hash."""
        home, beside = os.path.realpath(folder), os.path.realpath(out) if out else None
        return [[name, *_size_and_hash(Path(path))] for name, path in sorted(self._walk_files(home, beside))]

    def _walk_files(self, home: str, beside: str | None) -> Iterator[tuple[str, str]]:
        waiting = [home]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = os.path.relpath(entry.path, home)
                    if name[0] == ".":  # an editor's, or version control's
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path != beside or name in PUBLICATION_FOLDERS or os.sep in name:
                            waiting.append(entry.path)
                        continue
                    self._file_count += 1
                    self._byte_count += entry.stat().st_size
                    odd = not entry.is_file(follow_symlinks=False)
                    if odd or self._file_count > MAX_FILES or self._byte_count > MAX_BYTES:
                        raise _UncertainState
                    yield name, entry.path


def _size_and_hash(file: Path, most: int = _MAX_FILE_BYTES) -> list[Any]:
    content = read_bytes(file, most)
    return [len(content), hash_of(content)]
