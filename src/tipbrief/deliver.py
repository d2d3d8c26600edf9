"""Deliver: files by rename, so that there is never half a file; and the manifest of what was written."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Mapping
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


def deliver(out: Path, files: Mapping[str, bytes], versions: Mapping[str, str]) -> list[Written]:
    """Write the files into ``out``, all or none of them, and enter them into its manifest.

    ``versions`` are those of the programs and fonts that made the files: with others, the bytes may differ.
    """
    _make(out)
    written = [
        Written(out / name, len(content), hashlib.sha256(content).hexdigest())
        for name, content in files.items()
    ]
    manifest = _entries(out / MANIFEST)
    manifest.update({item.path.name: {"bytes": item.size, "sha256": item.sha256} for item in written})
    whole = {"files": dict(sorted(manifest.items())), "versions": dict(sorted(versions.items()))}
    listing = json.dumps(whole, indent=1, ensure_ascii=False) + "\n"
    _write_all(out, {**files, MANIFEST: listing.encode()})
    return written


def _write_all(out: Path, files: Mapping[str, bytes]) -> None:
    """Write all files under temporary names first; only then give them their names."""
    temporary: dict[Path, Path] = {}
    try:
        for name, content in files.items():
            if (out / name).is_dir():
                # Its file could not be renamed to it, and by then others would have their new names.
                raise IsADirectoryError(EISDIR, f"'{name}' is a folder")
            handle, path = tempfile.mkstemp(prefix=f".{name}-", dir=out)
            temporary[Path(path)] = out / name
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            os.chmod(path, 0o644)
        for path_, target in temporary.items():
            path_.replace(target)
    except OSError as fault:
        raise _cannot_write(out, fault) from fault
    finally:
        for path_ in temporary:
            path_.unlink(missing_ok=True)


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
