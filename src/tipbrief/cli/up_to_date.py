"""The up-to-date check: a command that changed nothing last time gives the same answer, before libraries are loaded.

The answer of a build or a site is stored with a hash of all that it follows from: words, folder, day, program and
libraries, each file of the publication. If any of it, or an output file, has changed or is in doubt, the command
runs as usual. No lock is needed: files that are found unchanged one after the other were all so at the first read.
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
from tipbrief.pipeline.store import Store, default_folder, entry_key, installed_packages, store_key
from tipbrief.problems import MessageListener, Problems
from tipbrief.typeset.libraries import library_versions

if TYPE_CHECKING:
    from tipbrief.deliver.output_folder import OutputFile

# The environment variables that can change a result or how it is printed.
_ENVIRONMENT_VARIABLES = (
    "HOME", "LANG", "LANGUAGE", "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM", "TZ", "XDG_CACHE_HOME",
)  # fmt: skip
_VARIABLE_PREFIXES = ("LC_", "PYTHON", "TIPBRIEF", "_TIPBRIEF")
# Folders of a publication. Any other may be the output folder, whose files are checked by name.
PUBLICATION_FOLDERS = frozenset(
    ("briefs", "fonts", "ledger", "maps", "pictures", "tables", "templates", "translations")
)
_JOURNAL = ".unfinished.json"
# To check more takes longer than to load the libraries.
MAX_FILES, MAX_BYTES = 5_000, 300_000_000
_MAX_FILE_BYTES = 50_000_000  # bytes of one file


class _UncertainState(Exception):  # noqa: N818 - nothing is wrong
    """There are more files, or others, than are checked."""


@dataclass(frozen=True)
class UpToDateCheck:
    """A command with a hash of what its answer follows from, taken before it runs.

    ``must_be_own`` is None if the publication was named; else whether the one that is found must be the user's.
    ``delivered`` is a folder of PDFs that a site takes in.
    """

    arguments: tuple[str, ...]
    folder: Path
    out: Path
    must_be_own: bool | None
    delivered: Path | None
    state_hash: str | None

    @classmethod
    def take_snapshot(
        cls, words: Sequence[str], folder: Path, out: Path, own: bool | None, delivered: Path | None = None
    ) -> UpToDateCheck:
        """The check of a command with these words."""
        state = None
        with contextlib.suppress(OSError, Problems, _UncertainState):
            state = _hash_state(folder, out, delivered)
        return cls(tuple(words), folder, out, own, delivered, state)

    def save_output(self, said: Iterable[tuple[str, bool]], files: Iterable[OutputFile]) -> None:
        """Store the answer to give while nothing changes, if what it follows from is as it was before."""
        with contextlib.suppress(OSError, Problems, _UncertainState):
            found = _find_publication(self.must_be_own)
            if found and found[0] != str(self.folder):
                return
            if self.state_hash is None or _hash_state(self.folder, self.out, self.delivered) != self.state_hash:
                return
            written = {one.path.relative_to(self.out).as_posix(): [one.size, one.sha256] for one in files}
            written[OUTPUT_MANIFEST] = _size_and_hash(self.out / OUTPUT_MANIFEST)
            folders = sorted({os.path.dirname(name) for name in written})
            answer = {
                "folder": str(self.folder),
                "out": str(self.out),
                "own": self.must_be_own,
                "delivered": self.delivered and str(self.delivered),
                "found": found,
                "state": self.state_hash,
                "said": [*said],
                "files": written,
                "names": {folder: sorted(os.listdir(self.out / folder)) for folder in folders},
            }
            Store(default_folder()).write_entry(_answer_key(self.arguments), {"answer": json.dumps(answer).encode()})


def find_saved_output(words: Sequence[str]) -> list[tuple[str, bool]] | None:
    """The answer of a command with these words, line by line, if nothing changed; else None."""
    with contextlib.suppress(OSError, Problems, _UncertainState), limits.limit_step("the command"):
        return Store(default_folder()).parse_entry(_answer_key(words), _parse_if_current)
    return None


def _parse_if_current(entry: Mapping[str, bytes]) -> list[tuple[str, bool]] | None:
    answer = json.loads(entry["answer"])
    folder, out, delivered = Path(answer["folder"]), Path(answer["out"]), answer["delivered"]
    if _find_publication(answer["own"]) != answer["found"]:
        return None
    if _hash_state(folder, out, Path(delivered) if delivered else None) != answer["state"]:
        return None
    # An index leads to those that are there; a site to the PDFs of earlier editions.
    if any(sorted(os.listdir(out / name)) != names for name, names in answer["names"].items()):
        return None
    if any(_size_and_hash(out / name, size) != [size, was] for name, (size, was) in answer["files"].items()):
        return None
    return [(str(text), bool(err)) for text, err in answer["said"]]


def _answer_key(words: Sequence[str]) -> str:
    """The key of the answer to a command with these words, here, now and on these streams."""
    variables = {
        name: text
        for name, text in sorted(os.environ.items())
        if name in _ENVIRONMENT_VARIABLES or name.startswith(_VARIABLE_PREFIXES)
    }
    streams = [(one.isatty(), one.encoding) for one in (sys.stdout, sys.stderr)]
    asked = [[*words], os.getcwd(), variables, streams, time.strftime("%Y-%m-%d"), sys.version, sys.prefix]
    return store_key("answer", json.dumps(asked))


def _find_publication(own: bool | None) -> list[str]:
    """The publication that is found if none is named, and the message about it."""
    if own is None:
        return []
    said: list[str] = []
    before, MessageListener.notify = MessageListener.notify, said.append
    try:
        return [str(default_publication(own=own)), *said]
    finally:
        MessageListener.notify = before


def _hash_state(folder: Path, out: Path, delivered: Path | None) -> str:
    """A hash of the program, what it needs, all files of a publication except those in ``out``, and delivered PDFs."""
    if os.path.lexists(folder / _JOURNAL):  # a correction is at work, or was killed
        raise _UncertainState
    files = _FileScan()
    program = [files.hash_files(find_shipped_folder(kind)) for kind in ("templates", "fonts", "data")]
    own = files.hash_files(folder, out)
    names = sorted(delivered.glob("*.pdf")) if delivered else []
    pdfs = [[one.name, (state := one.stat()).st_size, state.st_mtime_ns] for one in names]
    return entry_key(json.dumps([program, installed_packages(), library_versions(), own, pdfs]))


class _FileScan:
    """The files that are checked, up to a limit."""

    def __init__(self) -> None:
        self._file_count = self._byte_count = 0

    def hash_files(self, folder: Path, out: Path | None = None) -> list[list[Any]]:
        """Each file below a folder, with its size and hash."""
        home, left_out = os.path.realpath(folder), os.path.realpath(out) if out else None
        return [[name, *_size_and_hash(Path(path))] for name, path in sorted(self._walk_files(home, left_out))]

    def _walk_files(self, home: str, left_out: str | None) -> Iterator[tuple[str, str]]:
        waiting = [home]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = os.path.relpath(entry.path, home)
                    if name[0] == ".":  # an editor's, or version control's
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path != left_out or name in PUBLICATION_FOLDERS or os.sep in name:
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
