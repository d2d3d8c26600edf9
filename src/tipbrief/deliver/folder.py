"""Deliver: files by rename, so that there is never half a file; and the manifest of what was written."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from errno import EISDIR
from pathlib import Path

from tipbrief.problems import Problem, Problems

MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Written:
    """One file that was written."""

    path: Path
    size: int
    sha256: str

    def is_there(self) -> bool:
        """Whether the file is still as it was written."""
        try:
            return self.path.stat().st_size == self.size and (
                hashlib.sha256(self.path.read_bytes()).hexdigest() == self.sha256
            )
        except OSError:
            return False


class Delivery:
    """Files on their way into a folder: written under temporary names, then published together.

    ``versions`` are those of the programs and fonts that made the files: with others, the bytes may differ.
    """

    def __init__(self, out: Path, versions: Mapping[str, str]) -> None:
        self._out, self._versions = out, versions
        self._staged: dict[Path, Path] = {}
        self._entries: dict[str, dict[str, str | int]] = {}

    def __enter__(self) -> Delivery:
        _make(self._out)
        return self

    def __exit__(self, *raised: object) -> None:
        _remove(self._staged)

    def add(self, files: Mapping[str, bytes]) -> list[Written]:
        """Write files under temporary names, all or none. One that is there, the same, is left as it is."""
        written = [
            Written(self._out / name, len(content), hashlib.sha256(content).hexdigest())
            for name, content in files.items()
        ]
        entries: dict[str, dict[str, str | int]] = {
            item.path.name: {"bytes": item.size, "sha256": item.sha256} for item in written
        }
        staged = self._stage_all(files)
        # Together, as a Ctrl-C between the two would publish files of which the manifest does not know.
        self._staged, self._entries = self._staged | staged, self._entries | entries
        return written

    def publish(self) -> None:
        """Give all files their names, and enter them into the folder's manifest."""
        manifest = {**_entries(self._out / MANIFEST), **self._entries}
        whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(self._versions.items()))}
        text = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
        self._staged |= self._stage_all({MANIFEST: text.encode()})
        try:
            for temporary, target in list(self._staged.items()):
                if temporary.exists():  # else Ctrl-C came here, and this is the second time
                    temporary.replace(target)
                del self._staged[temporary]
        except OSError as fault:
            raise _cannot_write(self._out, fault) from fault

    def _stage_all(self, files: Mapping[str, bytes]) -> dict[Path, Path]:
        staged: dict[Path, Path] = {}
        try:
            for name, content in files.items():
                self._stage(name, content, staged)
        except BaseException:  # Ctrl-C, too: half a file must not get its name when the rest is published
            _remove(staged)
            raise
        return staged

    def _stage(self, name: str, content: bytes, staged: dict[Path, Path]) -> None:
        target = self._out / name
        try:
            if target.is_dir():
                # Its file could not be renamed to it, and by then others would have their new names.
                raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
            if target.is_file() and target.read_bytes() == content:
                return
            # Known before it is there, so that a Ctrl-C at this moment leaves nothing behind.
            temporary = self._out / f".{name}-{secrets.token_hex(8)}"
            staged[temporary] = target
            with open(temporary, "xb", opener=os.open) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o644)
        except OSError as fault:
            raise _cannot_write(self._out, fault) from fault


def deliver(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[Written]:
    """Write the files into ``out``, all or none of them, and enter them into its manifest."""
    with Delivery(out, versions) as delivery:
        written = delivery.add(files)
        delivery.publish()
    return written


def is_listed(written: Iterable[Written], out: Path) -> bool:
    """Whether the folder's manifest has these files as they were written."""
    listed = _entries(out / MANIFEST)
    return all(listed.get(one.path.name) == {"bytes": one.size, "sha256": one.sha256} for one in written)


def _remove(staged: Iterable[Path]) -> None:
    for temporary in staged:
        temporary.unlink(missing_ok=True)


def _make(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        raise _cannot_write(out, fault) from fault


def _cannot_write(out: Path, fault: OSError) -> Problems:
    return Problems(
        Problem(
            f"the folder '{out}' cannot be written: {fault.strerror}",
            hint="free the folder, or name another one: --out DIR. Older files in it are unchanged",
        )
    )


def _entries(manifest: Path) -> dict[str, dict[str, str | int]]:
    """The entries of the manifest; those of files that are gone are dropped."""
    try:
        files = json.loads(manifest.read_text(encoding="utf-8"))["files"]
        return {name: entry for name, entry in files.items() if (manifest.parent / name).is_file()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, LookupError, AttributeError, TypeError):
        # A manifest is derived from the files beside it; an unreadable one is made anew.
        return {}
