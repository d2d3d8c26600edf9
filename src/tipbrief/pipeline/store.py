"""Cache: typeset briefs under the hash of all that made them; bounded, and safe to delete at any time."""

import functools
import json
import os
import re
import stat
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import TypeAlias, TypeVar
from zlib import crc32

import platformdirs

import tipbrief
from tipbrief.assets import find_shipped_folder
from tipbrief.files import hash_of, replace_file
from tipbrief.problems import Problems

EntryValue = TypeVar("EntryValue")
KeyPart: TypeAlias = bytes | str | Path | Mapping[str, "KeyPart"]

# Each entry's checksum begins with it: an entry of another form is no entry.
FORMAT_MARK = b"tipbrief entry 3\n"
# All that the cache ever writes, first under a hidden name; what else lies in the folder is not its own.
_ENTRY_FILE_NAME = re.compile(r"(?P<hidden>\.)?[0-9a-f]{64}\.brief(?(hidden)-[^.]+)")
# An hour, in ns. No brief takes that long to write: who began such a file is gone.
_ABANDONED_AFTER_NS = 3600 * 10**9


def default_folder() -> Path:
    """The folder for caches that the machine gives its user."""
    try:
        folder = platformdirs.user_cache_path("tipbrief")
    except RuntimeError:  # a user without a home
        folder = Path()
    # Older platformdirs answer '~/.cache' then, and a folder named '~' would be made where the user stands.
    # A folder that all users share will not do either: others could put their PDF there. So nothing is kept.
    return folder if folder.is_absolute() else Path(os.devnull, "tipbrief")


def entry_key(*parts: KeyPart) -> str:
    """The name of an entry: one sha256 over all parts, by kind and content.

    Of a ``Path`` the file's content counts, not its place; of a mapping, names and values in any order.
    """
    return hash_of(json.dumps([_encode_key_part(part) for part in parts]).encode())


def _encode_key_part(part: KeyPart) -> object:
    """A part as JSON has it, in which no two kinds are alike."""
    if isinstance(part, Mapping):
        return {name: _encode_key_part(part[name]) for name in sorted(part)}
    if isinstance(part, Path):
        return ["file", hash_of(part.read_bytes())]
    return part if isinstance(part, str) else ["bytes", hash_of(part)]


def files_below(folder: Path, pattern: str = "*") -> dict[str, KeyPart]:
    """The files below a folder by their names, as a part of a key."""
    files = (path for path in folder.rglob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def installed_packages() -> str:
    """Python and what is installed for it, each with its version, by the names of their folders alone."""
    places = (place for place in sys.path if os.path.isdir(place))
    names = (name for place in places for name in sorted(os.listdir(place)) if name.endswith("-info"))
    return "\n".join((sys.version, *names))


@functools.cache
def code_fingerprint(package: Path = Path(tipbrief.__file__).parent) -> str:
    """One hash over modules, words and shipped data: a part of every key, so that no old work is served."""
    data = [files_below(find_shipped_folder("data") / room) for room in ("maps", "counted")]
    return entry_key(*(files_below(package, pattern) for pattern in ("*.py", "*.yaml", "*.po", "*.json")), *data)


@dataclass
class Store:
    """Entries in a folder, one file each; an entry is bytes by name, such as the PDF and the HTML of a brief.

    Many processes may use one folder at once without a lock: an entry comes whole, by a rename, and those
    who write the same key write the same thing. A fault of the folder is never raised: what cannot be kept
    is made anew.
    """

    folder: Path
    most_bytes: int = 256_000_000
    _bytes_until_trim: int = field(default=0, init=False, repr=False, compare=False)

    @property
    def is_writable_by_others(self) -> bool:
        """Whether others may put entries there: who can, decides what is printed here."""
        if not hasattr(os, "geteuid"):  # Windows: the folder lies in the user's profile
            return False
        for place in (self.folder, *self.folder.absolute().parents):
            with suppress(OSError):  # not there yet
                state = place.stat()
                if place == self.folder:
                    if state.st_mode & 0o022 or state.st_uid not in (0, os.geteuid()):
                        return True
                elif state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX:
                    return True  # they could put another folder into its place
        return False

    def has_entry(self, key: str) -> bool:
        """Whether there is an entry; that it is whole is found when it is read."""
        return not self.is_writable_by_others and (self.folder / f"{key}.brief").is_file()

    def read_entry(self, key: str) -> dict[str, bytes] | None:
        """The entry, or None, also where it is damaged: the next ``put`` repairs it."""
        path = self.folder / f"{key}.brief"
        try:
            state = path.stat()
            if self.is_writable_by_others or not stat.S_ISREG(state.st_mode) or state.st_size > self.most_bytes:
                return None
            data = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)  # trim removes first what was used longest ago
        return _decode_entry(key, data)

    def parse_entry(self, key: str, reading: Callable[[dict[str, bytes]], EntryValue]) -> EntryValue | None:
        """What ``reading`` makes of an entry, or None, also where it holds something else than it should."""
        # A checksum proves that it is whole, not who wrote it.
        with suppress(LookupError, ValueError, TypeError, AttributeError, RecursionError):
            return reading(self.read_entry(key) or {})
        return None

    def write_entry(self, key: str, entry: Mapping[str, bytes]) -> None:
        """Keep an entry; where that fails, or it is larger than the whole cache, silently do not."""
        path = self.folder / f"{key}.brief"
        data = _encode_entry(key, entry)
        if len(data) > self.most_bytes:
            return
        with suppress(OSError, Problems):
            # 0700: what is not published yet is for nobody else to read.
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if self.is_writable_by_others:
                return
            # Not synced: what a power failure cuts short, its checksum gives away.
            replace_file(path, data, 0o600, synced=False)
        # Not after each entry, for trim looks at every file of the folder. The first time, so that short runs
        # keep the bound too; then after each eighth of it, so that a long run exceeds it by no more.
        self._bytes_until_trim -= len(data)
        if self._bytes_until_trim < 0:
            self.remove_old_entries()
            self._bytes_until_trim = self.most_bytes // 8

    def remove_old_entries(self) -> None:
        """Remove what killed runs left, and the longest unused entries until ``most_bytes`` hold the rest."""
        with suppress(OSError):
            # Ages are taken by the clock that stamped the files: on a network drive it is not this machine's.
            os.utime(self.folder)
            now = self.folder.stat().st_mtime_ns
            found, kept = [], 0
            for path in self.folder.iterdir():
                if named := _ENTRY_FILE_NAME.fullmatch(path.name):
                    with suppress(OSError):  # another process may remove it meanwhile
                        state = path.lstat()
                        found.append((state.st_mtime_ns, state.st_size, path, bool(named["hidden"])))
            for changed, size, path, hidden in sorted(found, reverse=True):
                kept += 0 if hidden else size
                if now - changed > _ABANDONED_AFTER_NS if hidden else kept > self.most_bytes:
                    with suppress(OSError):
                        path.unlink()


def _encode_entry(key: str, entry: Mapping[str, bytes]) -> bytes:
    """An entry as a file: a checksum, a line of JSON with names and lengths, and all bytes."""
    header = json.dumps({name: len(content) for name, content in entry.items()})
    body = b"".join([header.encode(), b"\n", *entry.values()])
    return b"%b\n%b" % (_checksum(key, body), body)


def _decode_entry(key: str, data: bytes) -> dict[str, bytes] | None:
    # Where a copy or two of the bytes are one too many: a build reads hundreds of entries.
    start = data.find(b"\n") + 1
    if data[:start] != b"%b\n" % _checksum(key, memoryview(data)[start:]):
        return None
    at = data.find(b"\n", start) + 1
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        lengths = json.loads(data[start:at])
        if at + sum(lengths.values()) == len(data) and min(lengths.values(), default=0) >= 0:
            ends = [*accumulate(lengths.values(), initial=at)]
            return {name: data[begin:end] for name, (begin, end) in zip(lengths, pairwise(ends), strict=True)}
    return None


def _checksum(key: str, body: bytes | memoryview) -> bytes:
    """Over header and key too: no name can change, nor one entry pass for another."""
    return b"%08x" % crc32(body, crc32(FORMAT_MARK + key.encode()))
