"""Cache: typeset briefs under the hash of all that made them; bounded, and safe to delete at any time."""

from __future__ import annotations

import functools
import json
import os
import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeAlias

import platformdirs

import tipbrief
from tipbrief.files import hash_of, replace_file
from tipbrief.problems import Problems

KeyPart: TypeAlias = bytes | str | Path | Mapping[str, "KeyPart"]

# Each entry's checksum begins with it: an entry of another form is no entry.
FORM = b"tipbrief entry 2\n"
_KEY = re.compile("[0-9a-f]{64}")
# All that the cache ever writes; whatever else lies in the folder is not the cache's to remove.
_ENTRY = re.compile(_KEY.pattern + r"\.brief")
_TEMPORARY = re.compile(rf"\.{_ENTRY.pattern}-[^.]+")
# In seconds. No brief takes that long to write: who began such a file is gone.
_LEFT_BEHIND = 3600


def default_folder() -> Path:
    """The folder for caches that the machine gives its user."""
    try:
        folder = platformdirs.user_cache_path("tipbrief")
    except RuntimeError:  # a user without a home
        folder = Path()
    # Older platformdirs answer '~/.cache' then, and a folder named '~' would be made where the user stands.
    # A folder that all users share will not do either: others could put their PDF there. So nothing is kept.
    return folder if folder.is_absolute() else Path(os.devnull, "tipbrief")


def key(*parts: KeyPart) -> str:
    """The name of an entry: one sha256 over all parts, by kind and content.

    Of a ``Path`` the file's content counts, not its place; of a mapping, names and values in any order.
    """
    return hash_of(json.dumps([_hashed(part) for part in parts]).encode())


def _hashed(part: KeyPart) -> object:
    """A part as JSON has it, in which no two kinds are alike."""
    if isinstance(part, Mapping):
        return {name: _hashed(part[name]) for name in sorted(part)}
    if isinstance(part, Path):
        return ["file", hash_of(part.read_bytes())]
    return part if isinstance(part, str) else ["bytes", hash_of(part)]


@functools.cache
def code_fingerprint(package: Path = Path(tipbrief.__file__).parent) -> str:
    """One hash over the package's own modules: a part of every key, so that no old code's work is served."""
    return key({path.relative_to(package).as_posix(): path for path in package.rglob("*.py")})


@dataclass
class Cache:
    """Entries in a folder, one file each; an entry is bytes by name, such as the PDF and the HTML of a brief.

    Many processes may use one folder at once without a lock: an entry comes whole, by a rename, and those
    who write the same key write the same thing. A fault of the folder is never raised: what cannot be kept
    is made anew.
    """

    folder: Path
    most_bytes: int = 256_000_000
    _until_trim: int = field(default=0, init=False, repr=False, compare=False)

    def get(self, key: str) -> dict[str, bytes] | None:
        """The entry, or None; a damaged one is removed, so that the next ``put`` repairs it."""
        path = self._path(key)
        try:
            data = path.read_bytes()
        except OSError:
            return None
        entry = _unpacked(key, data)
        with suppress(OSError):
            if entry is None:
                # If another process has just repaired it, a good one goes: typeset once more, no harm.
                path.unlink()
            else:
                os.utime(path)  # trim removes first what was used longest ago
        return entry

    def put(self, key: str, entry: Mapping[str, bytes]) -> None:
        """Keep an entry; where that fails, or it is larger than the whole cache, silently do not."""
        path = self._path(key)
        data = _packed(key, entry)
        if len(data) > self.most_bytes:
            return
        with suppress(OSError, Problems):
            # 0700: what is not published yet is for nobody else to read.
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            # Not synced: what a power failure cuts short, its checksum gives away.
            replace_file(path, data, 0o600, synced=False)
        # Not after each entry, for trim looks at every file of the folder. The first time, so that short runs
        # keep the bound too; then after each eighth of it, so that a long run exceeds it by no more.
        self._until_trim -= len(data)
        if self._until_trim < 0:
            self.trim()
            self._until_trim = self.most_bytes // 8

    def trim(self) -> None:
        """Remove what killed runs left, and the longest unused entries until ``most_bytes`` hold the rest."""
        with suppress(OSError):
            # Ages are taken by the clock that stamped the files: on a network drive it is not this machine's.
            os.utime(self.folder)
            now = self.folder.stat().st_mtime
            kept = []
            with os.scandir(self.folder) as items:
                for item in items:
                    with suppress(OSError):  # another process may remove it meanwhile
                        found = item.stat(follow_symlinks=False)
                        if _ENTRY.fullmatch(item.name):
                            kept.append((found.st_mtime_ns, item.path, found.st_size))
                        elif _TEMPORARY.fullmatch(item.name) and now - found.st_mtime > _LEFT_BEHIND:
                            os.unlink(item.path)
            size = sum(bytes_ for _, _, bytes_ in kept)
            for _, path, bytes_ in sorted(kept):
                if size <= self.most_bytes:
                    break
                with suppress(OSError):
                    Path(path).unlink(missing_ok=True)
                    size -= bytes_

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError(f"not a key of the cache: {key!r}")
        return self.folder / f"{key}.brief"


def _packed(key: str, entry: Mapping[str, bytes]) -> bytes:
    """An entry as a file: a checksum, a line of JSON with names and lengths, and all bytes."""
    header = json.dumps({name: len(content) for name, content in entry.items()})
    body = b"".join([header.encode(), b"\n", *entry.values()])
    return b"%b\n%b" % (_checksum(key, body), body)


def _unpacked(key: str, data: bytes) -> dict[str, bytes] | None:
    checksum, _, body = data.partition(b"\n")
    if checksum != _checksum(key, body):
        return None
    header, _, rest = body.partition(b"\n")
    entry, start = {}, 0
    for name, length in json.loads(header).items():
        entry[name] = rest[start : start + length]
        start += length
    return entry


def _checksum(key: str, body: bytes) -> bytes:
    """Over header and key too: no name can change, nor one entry pass for another."""
    return hash_of(FORM + key.encode() + body).encode()
