"""The store: the cache on disk between runs, whose entries are named by hashes. It can be deleted at any time."""

import functools
import json
import os
import re
import stat
import sys
import zlib
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Literal, TypeAlias, TypeVar

import platformdirs

import tipbrief
from tipbrief.assets import find_shipped_folder
from tipbrief.files import hash_of, replace_file
from tipbrief.problems import Problems
from tipbrief.typeset.patches.registry import is_safe_mode

EntryValue = TypeVar("EntryValue")
Kind: TypeAlias = Literal["answer", "dependencies", "pages", "template"]
KeyPart: TypeAlias = bytes | str | Path | Mapping[str, "KeyPart"]

FORMAT_MARK = b"tipbrief entry 3\n"  # begins each checksum, so that entries of another format are not read
# All files that the store writes, first under a hidden name. Other files in its folder are left alone.
_ENTRY_FILE_NAME = re.compile(r"(?P<hidden>\.)?[0-9a-f]{64}\.brief(?(hidden)-[^.]+)")
_ABANDONED_AFTER_NS = 3600 * 10**9  # no entry takes an hour to write: the process that began such a file is gone


def default_folder() -> Path:
    """The user's folder for caches on this machine."""
    try:
        folder = platformdirs.user_cache_path("tipbrief")
    except RuntimeError:  # a user without a home
        folder = Path()
    # Older versions of platformdirs answer '~/.cache' then, which would make a folder named '~' in the current one.
    # A folder that all users share is not safe: others could put their PDF there. So nothing is stored.
    return folder if folder.is_absolute() else Path(os.devnull, "tipbrief")


def entry_key(*parts: KeyPart) -> str:
    """One sha256 over all parts, by type and content: of a ``Path`` the file's; of a mapping in any order."""
    return hash_of(json.dumps([_encode_key_part(part) for part in parts]).encode())


def store_key(kind: Kind, *parts: KeyPart) -> str:
    """The name of an entry in the store: a hash over its kind, the program's code and all parts."""
    return entry_key(kind, code_fingerprint(), *parts)


def _encode_key_part(part: KeyPart) -> object:  # as JSON in which parts of two types are never alike
    if isinstance(part, Mapping):
        return {name: _encode_key_part(part[name]) for name in sorted(part)}
    if isinstance(part, Path):
        return ["file", hash_of(part.read_bytes())]
    return part if isinstance(part, str) else ["bytes", hash_of(part)]


def files_below(folder: Path, pattern: str = "*") -> dict[str, KeyPart]:
    """The files below a folder by name, as a part of a key."""
    files = (path for path in folder.rglob(pattern) if path.is_file())
    return {path.relative_to(folder).as_posix(): path for path in files}


def installed_packages() -> str:
    """Python and the packages installed for it, with their versions, by the names of their folders."""
    folders = (folder for folder in sys.path if os.path.isdir(folder))
    names = (name for folder in folders for name in sorted(os.listdir(folder)) if name.endswith("-info"))
    return "\n".join((sys.version, *names))


@functools.cache
def code_fingerprint(package: Path = Path(tipbrief.__file__).parent) -> str:
    """One hash over modules, words and shipped data: it is in every key, so that results of other code are not used."""
    data = [files_below(find_shipped_folder("data") / name) for name in ("maps", "counted", "codes")]
    return entry_key(*(files_below(package, f"*.{end}") for end in ("py", "yaml", "po", "json", "txt")), *data)


@dataclass
class Store:
    """Entries in a folder, one file each; an entry is bytes by name, such as the PDF and the HTML of a document."""

    # Many processes may use it at once without a lock: an entry is renamed into place when it is whole, and two that
    # write the same key write the same. A fault of the folder is never raised: what is not stored is made again.
    folder: Path
    most_bytes: int = 2_000_000_000
    _bytes_until_trim: int = field(default=0, init=False, repr=False, compare=False)

    @property
    def is_writable_by_others(self) -> bool:
        """Whether other users may write entries: then they would decide what is printed here."""
        if not hasattr(os, "geteuid"):  # Windows: the folder is in the user's profile
            return False
        for place in (self.folder, *self.folder.absolute().parents):
            with suppress(OSError):  # it does not exist yet
                state = place.stat()
                if place == self.folder:
                    if state.st_mode & 0o022 or state.st_uid not in (0, os.geteuid()):
                        return True
                elif state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX:
                    return True  # they could put another folder into its place
        return False

    @property
    def is_usable(self) -> bool:
        """Whether entries are read and written. In safe mode none is: an earlier run may have used patches."""
        return not (is_safe_mode() or self.is_writable_by_others)

    def get_or_make(
        self, key: str, names: Collection[str], make: Callable[[], Mapping[str, bytes]]
    ) -> Mapping[str, bytes]:
        """The entry with these names; where it is missing or has others, ``make`` makes it, and it is stored."""
        found = self.read_entry(key)
        if found is None or found.keys() != {*names}:
            found = make()
            self.write_entry(key, found)
        return found

    def has_entry(self, key: str) -> bool:
        """Whether there is an entry; whether it is whole is checked when it is read."""
        return self.is_usable and (self.folder / f"{key}.brief").is_file()

    def read_entry(self, key: str) -> Mapping[str, bytes] | None:
        """The entry; None where it is missing or damaged."""
        path = self.folder / f"{key}.brief"
        try:
            state = path.stat()
            if not self.is_usable or not stat.S_ISREG(state.st_mode) or state.st_size > self.most_bytes:
                return None
            data = path.read_bytes()
        except OSError:
            return None
        with suppress(OSError):
            os.utime(path)  # entries that were not used for the longest time are removed first
        return decode_entry(key, data)

    def parse_entry(self, key: str, parse: Callable[[Mapping[str, bytes]], EntryValue]) -> EntryValue | None:
        """The entry as ``parse`` reads it; None where it is missing or ``parse`` cannot read it."""
        # The checksum proves that an entry is whole, not who wrote it.
        with suppress(LookupError, ValueError, TypeError, AttributeError, RecursionError, zlib.error):
            return parse(self.read_entry(key) or {})
        return None

    def write_entry(self, key: str, entry: Mapping[str, bytes]) -> None:
        """Store an entry, unless it cannot be written or is larger than the whole store may be."""
        data = encode_entry(key, entry)
        if len(data) > self.most_bytes:
            return
        with suppress(OSError, Problems):
            # 0700: nobody else may read what is not published yet.
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not self.is_usable:
                return
            # Not synced: the checksum reveals what a power failure cut short.
            replace_file(self.folder / f"{key}.brief", data, 0o600, synced=False)
        # Trimming looks at every file: so after the first entry, since short runs keep the bound too, then seldom.
        self._bytes_until_trim -= len(data)
        if self._bytes_until_trim < 0:
            self.remove_old_entries()
            self._bytes_until_trim = self.most_bytes // 8

    def remove_old_entries(self) -> None:
        """Remove files of killed processes, and the longest unused entries until ``most_bytes`` hold the rest."""
        with suppress(OSError):
            # Ages are taken by the clock that stamped the files: a network drive has its own.
            os.utime(self.folder)
            now = self.folder.stat().st_mtime_ns
            found, size_kept = [], 0
            for path in self.folder.iterdir():
                if named := _ENTRY_FILE_NAME.fullmatch(path.name):
                    with suppress(OSError):  # another process may have removed it
                        state = path.lstat()
                        found.append((state.st_mtime_ns, state.st_size, path, bool(named["hidden"])))
            for changed, size, path, hidden in sorted(found, reverse=True):
                size_kept += 0 if hidden else size
                if now - changed > _ABANDONED_AFTER_NS if hidden else size_kept > self.most_bytes:
                    with suppress(OSError):
                        path.unlink()


def encode_entry(key: str, entry: Mapping[str, bytes]) -> bytes:
    """An entry as its file has it: a checksum, a line of JSON with names and lengths, and the bytes."""
    header = json.dumps({name: len(content) for name, content in entry.items()})
    body = b"".join([header.encode(), b"\n", *entry.values()])
    return b"%b\n%b" % (_checksum(key, body), body)


def decode_entry(key: str, data: bytes) -> dict[str, bytes] | None:
    """The entry in a file; None if it is damaged, or of another key."""
    start = data.find(b"\n") + 1  # the bytes are not copied to be checked: a build reads hundreds of entries
    if data[:start] != b"%b\n" % _checksum(key, memoryview(data)[start:]):
        return None
    at = data.find(b"\n", start) + 1
    with suppress(ValueError, TypeError, AttributeError, RecursionError):
        lengths = json.loads(data[start:at])
        if at + sum(lengths.values()) == len(data) and min(lengths.values(), default=0) >= 0:
            ends = [*accumulate(lengths.values(), initial=at)]
            return {name: data[begin:end] for name, (begin, end) in zip(lengths, pairwise(ends), strict=True)}
    return None


def _checksum(key: str, body: bytes | memoryview) -> bytes:  # with the key: no entry can be taken for another
    return b"%08x" % zlib.crc32(body, zlib.crc32(FORMAT_MARK + key.encode()))
