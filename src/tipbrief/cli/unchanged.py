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
from tipbrief.assets import default_publication, shipped
from tipbrief.build.cache import Cache, code_fingerprint, default_folder, key, packages
from tipbrief.deliver.folder import MANIFEST
from tipbrief.files import hash_of, read_bytes
from tipbrief.problems import Listener, Problems
from tipbrief.typeset.libraries import library_versions

if TYPE_CHECKING:
    from tipbrief.deliver.folder import Written

# What of the environment a build, or how it is told, can follow from.
_VARIABLES = ("HOME", "LANG", "LANGUAGE", "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM", "TZ", "XDG_CACHE_HOME")
_BEGINNINGS = ("LC_", "PYTHON", "TIPBRIEF", "_TIPBRIEF")
# Folders of a publication. Another one may be that into which it is built, whose files are looked at by name.
ROOMS = frozenset(("briefs", "fonts", "ledger", "maps", "pictures", "tables", "templates", "translations"))
_JOURNAL = ".unfinished.json"
# To look at more takes longer than to load the libraries.
MOST_FILES, MOST_BYTES = 5_000, 300_000_000
_SLOW = 50_000_000  # bytes of one file


class _Doubt(Exception):  # noqa: N818 - nothing is wrong
    """What is here is more, or something else, than is looked at."""


@dataclass(frozen=True)
class Question:
    """What was asked for, and all that was to be seen of what the answer follows from, before it was sought.

    ``own`` is None where the publication was named; else whether the one that is found must be the user's.
    """

    words: tuple[str, ...]
    folder: Path
    out: Path
    own: bool | None
    state: str | None

    @classmethod
    def asked(cls, words: Sequence[str], folder: Path, out: Path, own: bool | None) -> Question:
        """The question of a command with these ``words``."""
        state = None
        with contextlib.suppress(OSError, Problems, _Doubt):
            state = _state(folder, out)
        return cls(tuple(words), folder, out, own, state)

    def answered(self, said: Iterable[tuple[str, bool]], files: Iterable[Written]) -> None:
        """Keep what is to be said where nothing changed, if what it follows from is as it was before."""
        with contextlib.suppress(OSError, Problems, _Doubt):
            found = _found(self.own)
            if found and found[0] != str(self.folder):
                return
            if self.state is None or _state(self.folder, self.out) != self.state:
                return
            written = {file.path.name: [file.size, file.sha256] for file in files}
            written[MANIFEST] = _size_and_hash(self.out / MANIFEST)
            record: dict[str, Any] = {"folder": str(self.folder), "out": str(self.out), "own": self.own}
            record |= {"found": found, "state": self.state, "said": [*said]}
            record |= {"files": written, "names": sorted(os.listdir(self.out))}
            entry = {"record": json.dumps(record).encode()}
            Cache(default_folder()).put(_key(self.words), entry)


def known_answer(words: Sequence[str]) -> list[tuple[str, bool]] | None:
    """What a build of these ``words`` says, line by line, if nothing changed; else None."""
    with contextlib.suppress(OSError, Problems, _Doubt), limits.bounded("the command"):
        return Cache(default_folder()).read(_key(words), _still_true)
    return None


def _still_true(entry: Mapping[str, bytes]) -> list[tuple[str, bool]] | None:
    record = json.loads(entry["record"])
    folder, out = Path(record["folder"]), Path(record["out"])
    if _found(record["own"]) != record["found"] or _state(folder, out) != record["state"]:
        return None
    if sorted(os.listdir(out)) != record["names"]:  # an index leads to those that are there
        return None
    if any(_size_and_hash(out / name, size) != [size, was] for name, (size, was) in record["files"].items()):
        return None
    return [(str(text), bool(err)) for text, err in record["said"]]


def _key(words: Sequence[str]) -> str:
    """The name of the record of a command that is asked here, so, and today."""
    around = {
        name: text
        for name, text in sorted(os.environ.items())
        if name in _VARIABLES or name.startswith(_BEGINNINGS)
    }
    streams = [(one.isatty(), one.encoding) for one in (sys.stdout, sys.stderr)]
    asked = [[*words], os.getcwd(), around, streams, time.strftime("%Y-%m-%d"), sys.version, sys.prefix]
    return key("unchanged", json.dumps(asked))


def _found(own: bool | None) -> list[str]:
    """The publication that is found where none is named, and what is said of it."""
    if own is None:
        return []
    said: list[str] = []
    before, Listener.hear = Listener.hear, said.append
    try:
        return [str(default_publication(own=own)), *said]
    finally:
        Listener.hear = before


def _state(folder: Path, out: Path) -> str:
    """One hash over the program, what it needs, and all files of a publication but those in ``out``."""
    if os.path.lexists(folder / _JOURNAL):  # a correction is at work, or was killed
        raise _Doubt
    files = _Files()
    program = [files.below(shipped(kind)) for kind in ("templates", "fonts", "data")]
    own = files.below(folder, out)
    return key(json.dumps([code_fingerprint(), program, packages(), library_versions(), own]))


class _Files:
    """The files that are looked at, up to so many."""

    def __init__(self) -> None:
        self._count = self._size = 0

    def below(self, folder: Path, out: Path | None = None) -> list[list[Any]]:
        """Each file below a folder, with its size and hash."""
        home, beside = os.path.realpath(folder), os.path.realpath(out) if out else None
        return [[name, *_size_and_hash(Path(path))] for name, path in sorted(self._names(home, beside))]

    def _names(self, home: str, beside: str | None) -> Iterator[tuple[str, str]]:
        waiting = [home]
        while waiting:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = os.path.relpath(entry.path, home)
                    if name[0] == ".":  # an editor's, or version control's
                        continue
                    if entry.is_dir(follow_symlinks=False):
                        if entry.path != beside or name in ROOMS or os.sep in name:
                            waiting.append(entry.path)
                        continue
                    self._count += 1
                    self._size += entry.stat().st_size
                    odd = not entry.is_file(follow_symlinks=False)
                    if odd or self._count > MOST_FILES or self._size > MOST_BYTES:
                        raise _Doubt
                    yield name, entry.path


def _size_and_hash(file: Path, most: int = _SLOW) -> list[Any]:
    content = read_bytes(file, most)
    return [len(content), hash_of(content)]
