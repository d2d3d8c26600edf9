"""Files: the one reader; the one writer, which gives a file its name when all is there; the one lock."""

import contextlib
import errno
import hashlib
import io
import math
import os
import re
import secrets
import shutil
import stat
import sys
import tempfile
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from tipbrief.problems import CONTENT_OVERRIDES, MessageListener, Problem, Problems, find_override

DEFAULT_MOST_BYTES = 100_000_000  # of a file of which nobody says less
OUTSIDE_MESSAGE = "a link leads out of the publication"
# Seconds: after these a user is told for what the command waits, after those it does no longer.
WAIT_NOTICE_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 60.0
_RETRY_SECONDS = 0.03
_PROCESS_FOLDER_NAME, _ORPHAN_AGE_SECONDS = re.compile(r"tipbrief-([0-9]+)-"), 86400.0  # seconds
_TEMPORARY_FILE_NAME = re.compile(r"\..+-[0-9a-f]{16}")  # as ``temporary_name`` makes them
# Of a zipped file such as a workbook: bytes of all its parts, and their number.
MOST_UNPACKED_BYTES, MOST_ARCHIVE_PARTS = 20_000_000, 1_000
_FILE_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


# Reading


@contextlib.contextmanager
def override_contents(contents: Mapping[Path, bytes]) -> Iterator[None]:
    """While something is tried, these files read as if they had these contents; on the disk they stay."""
    token = CONTENT_OVERRIDES.set({os.path.realpath(file): content for file, content in contents.items()})
    try:
        yield
    finally:
        CONTENT_OVERRIDES.reset(token)


def list_overrides(folder: Path) -> list[str]:
    """The names of files in a folder that read as if they had other contents, or as if they were there."""
    home = os.path.realpath(folder) if CONTENT_OVERRIDES.get() else ""
    return [name for parent, name in map(os.path.split, CONTENT_OVERRIDES.get()) if parent == home]


def read_bytes(file: Path, most: int = DEFAULT_MOST_BYTES) -> bytes:
    """The bytes of a file; a problem where it cannot be read, is none, or has more than ``most``."""
    if (content := find_override(file)) is not None:
        return content
    # Not to wait for whoever writes into a pipe; and a terminal is not to become ours.
    flags = sum(getattr(os, name, 0) for name in ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_BINARY"))
    try:
        with open(file, "rb", opener=lambda path, _: os.open(path, flags)) as found:
            state = os.fstat(found.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise Problems(_describe_non_file(file, _FILE_KINDS.get(stat.S_IFMT(state.st_mode), "something else")))
            content = found.read(state.st_size + 1) if state.st_size <= most else b""
            if len(content) > state.st_size:  # it grows, or is one that has no size
                content += found.read(max(0, most + 1 - len(content)))
    except IsADirectoryError:  # whom Python asks before us
        raise Problems(_describe_non_file(file, _FILE_KINDS[stat.S_IFDIR])) from None
    except OSError as fault:
        if fault.errno == errno.ENXIO:
            raise Problems(_describe_non_file(file, _FILE_KINDS[stat.S_IFSOCK])) from None
        kind = "missing-file" if isinstance(fault, FileNotFoundError) else "unreadable"
        raise Problems(f"the file cannot be read: {fault.strerror}", file, kind=kind) from None
    except ValueError:  # NUL, or letters that the system's encoding has not
        raise Problems("no file can have this name", file, kind="unreadable") from None
    if (size := max(state.st_size, len(content))) > most:
        message = f"the file has {round(size / 1e6, 1):g} MB; tipbrief reads at most {most / 1e6:.0f} MB"
        raise Problems(message, file, kind="too-large")
    return content


def _describe_non_file(file: Path, what: str) -> Problem:
    return Problem(f"this is {what}, not a file", file, hint="put a file in its place", kind="no-file")


def resolve_within(folder: Path, file: Path) -> Path:
    """Where a file of a folder is, links followed; a problem where they lead out of the folder.

    The folder itself may be a link. That a file has another name elsewhere, a hard link, cannot be told.
    """
    try:
        home, place = folder.resolve(), file.resolve()
        if os.path.islink(place):  # Python 3.13 gives a loop of links back, older ones raise
            raise RuntimeError
    except (OSError, RuntimeError, ValueError):
        raise Problems("its links lead nowhere", file, hint="put the file itself in its place") from None
    if not place.is_relative_to(home):
        hint = "put a copy in its place: a publication's files lie in its folder"
        raise Problems(OUTSIDE_MESSAGE, file, hint=hint, kind="outside")
    return place


def unpack_parts(content: bytes, file: Path) -> dict[str, bytes]:
    """The parts of a zipped file by name; a problem where it is none, damaged, encrypted or too large.

    A part never unpacks to more than its entry says, and these are added before the first one is.
    """
    hint = "open it in a spreadsheet program, and save it anew"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MOST_ARCHIVE_PARTS or sum(one.file_size for one in entries) > MOST_UNPACKED_BYTES:
                most = f"{MOST_UNPACKED_BYTES / 1e6:.0f} MB in {MOST_ARCHIVE_PARTS:,} parts"
                message = f"the workbook unpacks to more than {most}"
                raise Problems(message, file, hint="keep only what a brief prints", kind="too-large")
            if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in entries):
                raise Problems("the workbook is packed in an odd way", file, hint=hint, kind="damaged")
            return {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise Problems("the workbook is damaged", file, hint=hint, kind="damaged") from None


def hash_of(content: bytes) -> str:
    """The sha256 by which all know the same bytes."""
    return hashlib.sha256(content).hexdigest()


# Writing


def temporary_name(file: Path) -> Path:
    """A name beside a file under which it can be written: hidden, and nobody else's."""
    return file.with_name(f".{file.name}-{secrets.token_hex(8)}")


def remove_temporary_files(folder: Path, before: float = math.inf) -> None:
    """Remove what a killed run left of its temporary files: all, for who has the folder's ``Lock``."""
    for file in folder.glob(".*"):
        with contextlib.suppress(OSError):  # another run removes it, too
            if _TEMPORARY_FILE_NAME.fullmatch(file.name) and file.lstat().st_mtime < before:
                file.unlink()


def mode_of(file: Path) -> int | None:
    """The rights that a file has, to be kept; None where there is none yet."""
    with contextlib.suppress(OSError, ValueError):
        if stat.S_ISREG((state := file.stat()).st_mode):
            return stat.S_IMODE(state.st_mode) & 0o777
    return None


def write_new(file: Path, content: bytes, mode: int | None = None, *, synced: bool = True) -> None:
    """Write a file that is not there yet, by default with the user's rights.

    ``synced``, it outlives a power failure.
    """
    rights = 0o666 if mode is None else 0o600
    with open(file, "xb", opener=lambda path, flags: os.open(path, flags, rights)) as out:
        out.write(content)
        if synced:
            out.flush()
            os.fsync(out.fileno())
    if mode is not None:
        file.chmod(mode)


def replace_file(
    file: Path, content: bytes, mode: int | None = None, *, synced: bool = True, was: bytes | None = None
) -> None:
    """Write a file under a temporary name, then give it its own: never half a file.

    Without a ``mode`` the file keeps its own. With ``was`` it is only written where this still is its
    content: a problem where somebody changed it since it was read.
    """
    # Known before the file is there, so that a Ctrl-C at this moment leaves nothing behind.
    temporary = temporary_name(file)
    try:
        _require_replaceable(file)
        try:
            write_new(temporary, content, mode_of(file) if mode is None else mode, synced=synced)
            if was is not None:
                require_same_content(file, was)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except (OSError, ValueError) as fault:
        reason = getattr(fault, "strerror", None) or "no file can have this name"
        missing = not os.path.isdir(file.parent)
        hint = "make the folder first" if missing else "free the file; nothing in it was changed"
        if getattr(fault, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            hint = "make room there; nothing in the file was changed"
        raise Problems(f"the file cannot be written: {reason}", file, hint=hint) from fault
    if synced:
        sync_folder(file.parent)


def _require_replaceable(file: Path) -> None:
    """A problem where a device or a pipe has this name: it would be gone for all who use it."""
    with contextlib.suppress(FileNotFoundError):
        kind = stat.S_IFMT(file.lstat().st_mode)
        if kind not in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR):
            raise Problems(f"this is {_FILE_KINDS.get(kind, 'something else')}, not a file", file, hint="name a file")


def require_same_content(file: Path, was: bytes) -> None:
    """A problem where a file no longer holds what was read from it."""
    try:
        same = read_bytes(file, len(was)) == was
    except Problems:
        same = False
    if not same:
        hint = "nothing was changed; run the command again"
        raise Problems("the file was changed in the meantime", file, hint=hint, kind="changed")


def sync_file(file: Path) -> None:
    """Have a file that was written outlive a power failure."""
    handle = os.open(file, os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path) -> None:
    """Have the names in a folder outlive a power failure, where the system can do that."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def create_process_folder() -> Path:
    """A folder for temporary files, named after this process: whoever sees it die removes it.

    Where nobody did, since all were killed at once, who needs such a folder a day later does.
    """
    with report_temporary_file_errors():
        folder = Path(tempfile.mkdtemp(prefix=f"tipbrief-{os.getpid()}-")).resolve()
    with contextlib.suppress(OSError), os.scandir(folder.parent) as others:  # who may not look in there
        before = folder.stat().st_mtime - _ORPHAN_AGE_SECONDS
        for one in others:
            if (named := _PROCESS_FOLDER_NAME.match(one.name)) and _is_orphan(one, int(named[1]), before):
                shutil.rmtree(one.path, ignore_errors=True)
    return folder


def _is_orphan(folder: "os.DirEntry[str]", process: int, before: float) -> bool:
    """Whether nobody needs the temporary folder of a process any more, which nobody has used since."""
    if not hasattr(os, "fork"):  # on Windows asking for a process would end it
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        # In another container it may live: then its folder is not that old.
        with contextlib.suppress(OSError):
            return folder.stat(follow_symlinks=False).st_mtime < before
    except (OSError, OverflowError):
        pass
    return False


@contextlib.contextmanager
def report_temporary_file_errors() -> Iterator[None]:
    """While temporary files are written, that this cannot be done is a problem."""
    try:
        yield
    except OSError as fault:
        where = Path(tempfile.tempdir or os.environ.get("TMPDIR", "/tmp"))
        hint = "free the folder for temporary files, or name another one: TMPDIR=DIR"
        raise Problems(f"no temporary file can be written: {fault.strerror}", where, hint=hint) from fault


# One run at a time


class FolderLock:
    """A folder in which one run at a time is at work. Who holds the lock may take it again.

    It is one of the system's on the folder itself: no file of another user is in its way, none is left
    behind, and whoever dies has let go of it. On Windows it is one on a file.
    """

    _thread_locks = threading.local()

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, os.path.abspath(folder)
        with contextlib.suppress(OSError, ValueError):
            self._key = os.path.realpath(folder)

    @property
    def _own_handles(self) -> dict[str, tuple[int, int | None]]:
        """What this thread holds: how often, and by which handle."""
        mine: dict[str, tuple[int, int | None]] = self._thread_locks.__dict__
        return mine

    @property
    def is_locked(self) -> bool:
        """Whether this thread holds it."""
        return self._key in self._own_handles

    def __enter__(self) -> "FolderLock":
        depth, handle = self._own_handles.get(self._key) or (0, self._acquire())
        self._own_handles[self._key] = depth + 1, handle
        return self

    def __exit__(self, *raised: object) -> None:
        depth, handle = self._own_handles.pop(self._key)
        if depth > 1:
            self._own_handles[self._key] = depth - 1, handle
        elif handle is not None:
            os.close(handle)

    def _acquire(self) -> int | None:
        """The handle of the lock; None where nothing can be locked, as there is no such folder."""
        try:
            handle = _open_for_locking(self._folder)
        except (OSError, ValueError):
            return None
        begun, told = time.monotonic(), False
        try:
            while not _try_lock(handle):
                waited = time.monotonic() - begun
                if waited > WAIT_NOTICE_SECONDS and not told:
                    MessageListener.notify(f"waiting for another run of tipbrief, which is at work in {self._folder}")
                    told = True
                if waited > LONGEST_WAIT_SECONDS:
                    message = f"another run of tipbrief has been at work here for {waited:.0f} s"
                    raise Problems(message, self._folder, hint="end it, and run the command again")
                time.sleep(_RETRY_SECONDS)
        except BaseException:
            os.close(handle)
            raise
        return handle


def _open_for_locking(folder: Path) -> int:
    if sys.platform == "win32":  # where a folder cannot be opened
        return os.open(folder / ".tipbrief.lock", os.O_RDWR | os.O_CREAT)
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def _try_lock(handle: int) -> bool:
    """Whether the lock is ours now. A drive without locks has none to wait for."""
    with contextlib.suppress(OSError, ImportError):
        try:
            if sys.platform == "win32":
                import msvcrt

                msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
            else:
                import fcntl

                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
    return True
