"""The up-to-date check: a command that changed nothing last time gives the same answer, before libraries are loaded.

The answer of a build or a site is stored with a hash of all that it follows from: words, folder, day, program and
libraries, each file of the publication. If any of it, or an output file, has changed or is in doubt, the command
runs as usual. No lock is needed: files that are found unchanged one after the other were all so at the first read.
"""

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import chain, islice
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.assets import default_publication, find_shipped_folder
from tipbrief.deliver.output_folder import OUTPUT_MANIFEST, OutputFile, list_pdfs
from tipbrief.files import hash_of, read_bytes
from tipbrief.pipeline.store import Store, default_folder, entry_key, installed_packages, store_key
from tipbrief.problems import Problems
from tipbrief.typeset.libraries import library_versions

# The environment variables that can change a result or how it is printed.
_ENVIRONMENT_VARIABLES = {"HOME", "LANG", "LANGUAGE", "NO_COLOR", "SOURCE_DATE_EPOCH", "TERM", "TZ", "XDG_CACHE_HOME"}
_VARIABLE_PREFIXES = ("LC_", "PYTHON", "TIPBRIEF", "_TIPBRIEF")
# Folders of a publication. Any other may be the output folder, whose files are checked by name.
PUBLICATION_FOLDERS = {"briefs", "fonts", "ledger", "maps", "pictures", "tables", "templates", "translations"}
_JOURNAL = ".unfinished.json"
# To check more takes longer than to load the libraries.
MAX_FILES, MAX_BYTES = 5_000, 300_000_000
_MAX_FILE_BYTES = 50_000_000  # bytes of one file


class UpToDateCheck:
    """A command's words and what it is about, with a hash of what its answer follows from, taken before it runs.

    ``delivered`` is a folder of PDFs that a site takes in.
    """

    def __init__(
        self, words: Sequence[str], folder: Path, out: Path, is_named: bool, delivered: Path | None = None
    ) -> None:
        self._words, self._folder, self._out, self._delivered = [*words], folder, out, delivered
        self._is_named = is_named
        self.state = ""  # if something is in doubt
        with suppress(OSError, Problems):
            self.state = self._hash_state()[0]

    def _hash_state(self, new_entry: Path | None = None) -> tuple[str, str]:
        """A hash of program, libraries, the publication's files except those in ``out``, and delivered PDFs.

        The second one is the same without ``new_entry``.
        """
        found = self._folder if self._is_named else default_publication()
        # A journal: a correction is at work, or was killed.
        if found != self._folder or os.path.lexists(self._folder / _JOURNAL):
            return "", ""
        shipped = (_walk_files(find_shipped_folder(kind)) for kind in ("templates", "fonts", "data"))
        files = list(islice(chain(*shipped, _walk_files(self._folder, self._out)), MAX_FILES + 1))
        if len(files) > MAX_FILES or sum(size for _, size in files) > MAX_BYTES:
            return "", ""
        hashes = [[path, *_size_and_hash(Path(path))] for path, _ in sorted(files)]
        before = [one for one in hashes if one[0] != os.path.realpath(new_entry or self._folder)]
        pdfs = list_pdfs(self._delivered) if self._delivered else []
        stamps = [[one.name, (state := one.stat()).st_size, state.st_mtime_ns] for one in pdfs]
        rest = [str(found), installed_packages(), library_versions(), stamps]
        return entry_key(json.dumps([*rest, hashes])), entry_key(json.dumps([*rest, before]))

    def save_output(
        self, said: Iterable[tuple[str, bool]], files: Iterable[OutputFile], new_entry: Path | None = None
    ) -> None:
        """Store the answer to give while nothing changes, if what it follows from is as it was before.

        A ``new_entry`` of the ledger, which the command wrote, is the only change that it may find.
        """
        with suppress(OSError, Problems):
            state, old_state = self._hash_state(new_entry)
            if not self.state or old_state != self.state:
                return
            manifest = OutputFile(self._out, OUTPUT_MANIFEST, *_size_and_hash(self._out / OUTPUT_MANIFEST))
            written = {one.name: [one.size, one.sha256, _read_stamp(one.path)] for one in (*files, manifest)}
            names = {folder: sorted(os.listdir(self._out / folder)) for folder in {*map(os.path.dirname, written)}}
            asked = str(self._folder), str(self._out), self._is_named, self._delivered and str(self._delivered)
            answer = [asked, state, written, names, [*said]]
            Store(default_folder()).write_entry(_answer_key(self._words), {"answer": json.dumps(answer).encode()})


def find_saved_output(words: Sequence[str]) -> list[tuple[str, bool]] | None:
    """The answer of a command with these words, line by line, if nothing changed; else None."""
    with suppress(OSError, Problems), limits.limit_step("the command"):
        return Store(default_folder()).parse_entry(_answer_key(words), _parse_if_current)
    return None


def _parse_if_current(entry: Mapping[str, bytes]) -> list[tuple[str, bool]] | None:
    (folder, place, is_named, delivered), state, written, names, said = json.loads(entry["answer"])
    out = Path(place)
    if UpToDateCheck((), Path(folder), out, is_named, delivered and Path(delivered)).state != state:
        return None
    # An index leads to those that are there; a site to the PDFs of earlier editions.
    if any(sorted(os.listdir(out / folder)) != listed for folder, listed in names.items()):
        return None
    # Only files that were written since are read: those of 10,000 documents have gigabytes.
    for name, (size, was, stamp) in written.items():
        if _read_stamp(out / name) != stamp and _size_and_hash(out / name, size) != [size, was]:
            return None
    return [(str(text), bool(err)) for text, err in said]


def _read_stamp(path: Path) -> list[int]:
    """What the system changes when a file is written, and nobody else can set."""
    state = path.stat()
    return [state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns]


def _answer_key(words: Sequence[str]) -> str:  # here, now and on these streams
    names = (name for name in os.environ if name in _ENVIRONMENT_VARIABLES or name.startswith(_VARIABLE_PREFIXES))
    variables = {name: os.environ[name] for name in sorted(names)}
    streams = [(one.isatty(), one.encoding) for one in (sys.stdout, sys.stderr)]
    asked = [[*words], os.getcwd(), variables, streams, time.strftime("%Y-%m-%d"), sys.version, sys.prefix]
    return store_key("answer", json.dumps(asked))


def _walk_files(folder: Path, out: Path | None = None) -> Iterator[tuple[str, int]]:  # path and size; none below out
    home, left_out = os.path.realpath(folder), os.path.realpath(out) if out else None
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
                if not entry.is_file(follow_symlinks=False):
                    raise Problems("this is no file", Path(entry.path))
                yield entry.path, entry.stat().st_size


def _size_and_hash(file: Path, most: int = _MAX_FILE_BYTES) -> list[Any]:
    content = read_bytes(file, most)
    return [len(content), hash_of(content)]
