"""The folder of outputs: files by rename, never half a file; and the manifest of what was written."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path
from typing import Any, TypeAlias

from tipbrief.files import hash_of, temporary_name, write_new
from tipbrief.problems import Problems

MANIFEST = "manifest.json"
MOST_BYTES = 10_000_000  # of a manifest; 188 documents take 50 KB of it
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
        return [cls(out / Path(name).name, one["bytes"], one["sha256"]) for name, one in entries.items()]

    @property
    def unchanged(self) -> bool:
        """Whether the file is still as it was written."""
        there = self.path.is_file() and self.path.stat().st_size == self.size
        return there and hash_of(self.path.read_bytes()) == self.sha256


class Delivery:
    """Files on their way into a folder: written under temporary names, then published together.

    ``versions`` are those of the programs and fonts that made the files: with others, the bytes may differ.
    """

    def __init__(self, out: Path, versions: Mapping[str, str]) -> None:
        self._out, self._versions = out, versions
        self._staged: dict[Path, Path] = {}
        self._entries: Entries = {}

    def __enter__(self) -> Delivery:
        with _writing_into(self._out):
            self._out.mkdir(parents=True, exist_ok=True)
        return self

    def __exit__(self, *raised: object) -> None:
        _remove(self._staged)

    def add(self, files: Mapping[str, bytes]) -> list[Written]:
        """Write files under temporary names, all or none. One that is there, the same, is left as it is."""
        written = [Written(self._out / name, len(one), hash_of(one)) for name, one in files.items()]
        staged = self._stage(files)
        # Together, as a Ctrl-C between the two would publish files of which the manifest does not know.
        self._staged, self._entries = self._staged | staged, self._entries | entries_of(written)
        return written

    def publish(self) -> None:
        """Give all files their names, and enter them into the folder's manifest."""
        manifest = {**_manifest(self._out), **self._entries}
        whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(self._versions.items()))}
        text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
        self._staged |= self._stage({MANIFEST: text.encode()})
        with _writing_into(self._out):
            for temporary, target in list(self._staged.items()):
                if temporary.exists():  # else Ctrl-C came here, and this is the second time
                    temporary.replace(target)
                del self._staged[temporary]

    def _stage(self, files: Mapping[str, bytes]) -> dict[Path, Path]:
        """Write files under temporary names: those, each with the name that it is to have."""
        staged: dict[Path, Path] = {}
        with _writing_into(self._out), ExitStack() as undone:
            # After Ctrl-C, too: no half file must get its name with the rest.
            undone.callback(_remove, staged)
            for name, content in files.items():
                target = self._out / name
                if target.is_dir():
                    # Its file could not be renamed to it, and by then others would have their new names.
                    raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
                same_size = target.is_file() and target.stat().st_size == len(content)
                if same_size and target.read_bytes() == content:
                    continue
                # Known before it is there, so that a Ctrl-C at this moment leaves nothing behind.
                temporary = temporary_name(target)
                staged[temporary] = target
                write_new(temporary, content)
            undone.pop_all()
        return staged


def write_together(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[Written]:
    """Write the files into ``out``, all or none of them, and enter them into its manifest."""
    with Delivery(out, versions) as delivery:
        written = delivery.add(files)
        delivery.publish()
    return written


def entries_of(written: Iterable[Written]) -> Entries:
    """What the manifest says of files."""
    return {one.path.name: {"bytes": one.size, "sha256": one.sha256} for one in written}


def all_there(written: Collection[Written], out: Path) -> bool:
    """Whether the files are still as they were written, and the folder's manifest has them so."""
    try:
        known = entries_of(written).items() <= _manifest(out).items()
        return known and all(one.unchanged for one in written)
    except OSError:
        return False


def _remove(staged: Iterable[Path]) -> None:
    for temporary in staged:
        temporary.unlink(missing_ok=True)


@contextmanager
def _writing_into(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as fault:
        message = f"the folder '{out}' cannot be written: {fault.strerror}"
        hint = "free the folder, or name another one: --out DIR. Older files in it are unchanged"
        raise Problems(message, hint=hint) from fault


def _manifest(out: Path) -> Entries:
    """The files that the folder's manifest has; those that are gone are dropped."""
    manifest = out / MANIFEST
    try:
        if not manifest.is_file() or manifest.stat().st_size > MOST_BYTES:
            return {}
        files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {name: entry for name, entry in files.items() if _is_of(out, name, entry)}
    except (OSError, ValueError, LookupError, AttributeError, TypeError, RecursionError):
        # A manifest is derived from the files beside it; a missing or unreadable one is made anew.
        return {}


def _is_of(out: Path, name: str, entry: Mapping[str, Any]) -> bool:
    """Whether this is an entry as we write them, of a file in the folder."""
    sound = entry.keys() == {"bytes", "sha256"} and isinstance(entry["bytes"], int)
    sound = sound and bool(_SHA256.fullmatch(entry["sha256"]))
    return sound and name.isprintable() and Path(name).name == name and (out / name).is_file()
