"""Files: reading within limits, writing without half-written files, and locking a folder."""

import errno
import glob
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
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from tipbrief import problems
from tipbrief.problems import MessageListener, Problem, Problems, find_override, open_file, report_os_errors

DEFAULT_MAX_BYTES = 100_000_000  # of a file
OUTSIDE_MESSAGE = "a link leads out of the publication"
# A command that waits for a lock tells the user after the first time, and gives up after the second.
WAIT_NOTICE_SECONDS, LONGEST_WAIT_SECONDS = 2.0, 60.0
_RETRY_SECONDS = 0.03
_PROCESS_FOLDER_NAME, _ORPHAN_AGE_SECONDS = re.compile(r"tipbrief-([0-9]+)-"), 86400.0
_TEMPORARY_FILE_NAME = re.compile(r"\..+-[0-9a-f]{16}")  # see ``temporary_name``
# All parts of a zipped file, such as a workbook.
MAX_UNPACKED_BYTES, MAX_ARCHIVE_PARTS = 20_000_000, 1_000
_FILE_KINDS = {
    stat.S_IFDIR: "a folder", stat.S_IFIFO: "a pipe", stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device", stat.S_IFBLK: "a device",
}  # fmt: skip


@contextmanager
def override_contents(contents: Mapping[Path, bytes]) -> Iterator[None]:
    """A context in which these files seem to have these contents. On the disk nothing changes."""
    token = problems.CONTENT_OVERRIDES.set({os.path.realpath(file): content for file, content in contents.items()})
    try:
        yield
    finally:
        problems.CONTENT_OVERRIDES.reset(token)


def list_overrides(folder: Path) -> list[str]:
    """The names of the files in a folder whose content is overridden, whether they exist or not."""
    home = os.path.realpath(folder) if problems.CONTENT_OVERRIDES.get() else ""
    return [name for parent, name in map(os.path.split, problems.CONTENT_OVERRIDES.get()) if parent == home]


def read_bytes(file: Path, most: int = DEFAULT_MAX_BYTES) -> bytes:
    """The bytes of a file; a problem if it cannot be read, is no regular file, or has more than ``most`` bytes."""
    if (content := find_override(file)) is not None:
        return content
    try:
        with open(file, "rb", opener=lambda path, _: open_file(path)) as found:
            state = os.fstat(found.fileno())
            if not stat.S_ISREG(state.st_mode):
                raise Problems(_describe_non_file(file, _FILE_KINDS.get(stat.S_IFMT(state.st_mode), "something else")))
            content = found.read(state.st_size + 1) if state.st_size <= most else b""
            if len(content) > state.st_size:  # it grows, or has no size
                content += found.read(max(0, most + 1 - len(content)))
    except IsADirectoryError:  # Python checks this before the opener's file is ours
        raise Problems(_describe_non_file(file, _FILE_KINDS[stat.S_IFDIR])) from None
    except OSError as fault:
        if fault.errno == errno.ENXIO:
            raise Problems(_describe_non_file(file, _FILE_KINDS[stat.S_IFSOCK])) from None
        kind = "missing-file" if isinstance(fault, FileNotFoundError) else "unreadable"
        raise Problems(f"the file cannot be read: {fault.strerror}", file, kind=kind) from None
    except ValueError:  # the name has NUL, or letters that the system's encoding lacks
        raise Problems("no file can have this name", file, kind="unreadable") from None
    if (size := max(state.st_size, len(content))) > most:
        message = f"the file has {round(size / 1e6, 1):g} MB; tipbrief reads at most {most / 1e6:.0f} MB"
        raise Problems(message, file, kind="too-large")
    return content


def _describe_non_file(file: Path, what: str) -> Problem:
    return Problem(f"this is {what}, not a file", file, hint="put a file in its place", kind="no-file")


def resolve_within(folder: Path, file: Path) -> Path:
    """The path of a file without links; a problem if it lies outside the folder, which may itself be a link."""
    # From then on, ``read_bytes`` finds nothing outside the folder under this path or below it.
    try:
        home = folder.resolve()
        # This comes before the check: the lines of its problem are read, too.
        problems.CONFINED_PATHS[os.path.abspath(file)] = str(home)
        place = file.resolve()
        if os.path.islink(place):  # Python 3.13 returns a link that leads to itself; older versions raise
            raise RuntimeError
    except (OSError, RuntimeError, ValueError):
        raise Problems("its links lead nowhere", file, hint="put the file itself in its place") from None
    if not place.is_relative_to(home):
        hint = "put a copy in its place: a publication's files lie in its folder"
        raise Problems(OUTSIDE_MESSAGE, file, hint=hint, kind="outside")
    return place


def unpack_parts(content: bytes, file: Path) -> dict[str, bytes]:
    """The parts of a zipped file by name; a problem if it is damaged, encrypted or too large."""
    # A part never unpacks to more than its entry says, so the sizes can be checked before.
    hint = "open it in a spreadsheet program, and save it anew"
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ARCHIVE_PARTS or sum(one.file_size for one in entries) > MAX_UNPACKED_BYTES:
                most = f"{MAX_UNPACKED_BYTES / 1e6:.0f} MB in {MAX_ARCHIVE_PARTS:,} parts"
                message = f"the workbook unpacks to more than {most}"
                raise Problems(message, file, hint="keep only what a brief prints", kind="too-large")
            if any(one.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED) for one in entries):
                raise Problems("the workbook is packed in an odd way", file, hint=hint, kind="damaged")
            return {one.filename: archive.read(one) for one in entries}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        raise Problems("the workbook is damaged", file, hint=hint, kind="damaged") from None


def pack_parts(parts: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these parts, compressed. It has no times: the same parts give the same bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, part in parts.items():
            archive.writestr(zipfile.ZipInfo(name), part, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def hash_of(content: bytes) -> str:
    """The SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def temporary_name(file: Path) -> Path:
    """A hidden, unique name beside a file, under which the file can be written."""
    return file.with_name(f".{file.name}-{secrets.token_hex(8)}")


def remove_temporary_files(folder: Path, before: float = math.inf) -> None:
    """Remove the temporary files of killed runs, older than ``before``. Without it, the folder must be locked."""
    for file in folder.glob(".*"):
        with suppress(OSError):  # another run may remove it
            if _TEMPORARY_FILE_NAME.fullmatch(file.name) and file.lstat().st_mtime < before:
                file.unlink()


def remove_temporary_folders(file: Path, before: float) -> None:
    """Remove the folders with a ``temporary_name`` of this file that killed runs left, older than ``before``."""
    for folder in file.parent.glob(f".{glob.escape(file.name)}-*"):
        with suppress(OSError):
            if _TEMPORARY_FILE_NAME.fullmatch(folder.name) and folder.lstat().st_mtime < before:
                shutil.rmtree(folder, ignore_errors=True)


def mode_of(file: Path) -> int | None:
    """The access rights of a file; None if it does not exist."""
    with suppress(OSError, ValueError):
        if stat.S_ISREG((state := file.stat()).st_mode):
            return stat.S_IMODE(state.st_mode) & 0o777
    return None


def write_new(file: Path, content: bytes, mode: int | None = None, *, synced: bool = True) -> None:
    """Write a new file, by default with the user's usual rights. If ``synced``, it survives a power failure."""
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
    """Write a file under a temporary name, then rename it. It is a problem if the content is no longer ``was``."""
    # Without a ``mode`` it keeps its access rights.
    # The name is known before the file exists, so that Ctrl-C leaves nothing behind.
    temporary = temporary_name(file)
    try:
        with suppress(FileNotFoundError):
            kind = stat.S_IFMT(file.lstat().st_mode)
            # To replace a device or a pipe would take it from its users.
            if kind not in (stat.S_IFREG, stat.S_IFLNK, stat.S_IFDIR):
                message = f"this is {_FILE_KINDS.get(kind, 'something else')}, not a file"
                raise Problems(message, file, hint="name a file")
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


def require_same_content(file: Path, was: bytes) -> None:
    """A problem if a file no longer has the content that was read."""
    with suppress(Problems):
        if read_bytes(file, len(was)) == was:
            return
    hint = "nothing was changed; run the command again"
    raise Problems("the file was changed in the meantime", file, hint=hint, kind="changed")


def sync_file(file: Path | str, flags: int = os.O_RDWR) -> None:
    """Make a written file survive a power failure."""
    handle = os.open(file, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_folder(folder: Path | str) -> None:
    """Make the names in a folder survive a power failure, if the system can do that."""
    with suppress(OSError):
        sync_file(folder, os.O_RDONLY)


def create_process_folder() -> Path:
    """A folder for temporary files, named after this process: who sees it die removes it, else a call a day later."""
    with report_temporary_file_errors():
        folder = Path(tempfile.mkdtemp(prefix=f"tipbrief-{os.getpid()}-")).resolve()
    with suppress(OSError), os.scandir(folder.parent) as others:  # listing may be forbidden
        before = folder.stat().st_mtime - _ORPHAN_AGE_SECONDS
        for one in others:
            if (named := _PROCESS_FOLDER_NAME.match(one.name)) and _is_orphan(one, int(named[1]), before):
                shutil.rmtree(one.path, ignore_errors=True)
    return folder


def _is_orphan(folder: "os.DirEntry[str]", process: int, before: float) -> bool:
    """Whether the process of a temporary folder is dead, and the folder unused since ``before``."""
    if not hasattr(os, "fork"):  # on Windows os.kill would end the process
        return False
    with suppress(OSError, OverflowError):
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            # It may live in another container. Then its folder is not that old.
            return folder.stat(follow_symlinks=False).st_mtime < before
    return False


def report_temporary_file_errors() -> AbstractContextManager[None]:
    """A context in which errors of writing temporary files become problems."""
    where = Path(tempfile.tempdir or os.environ.get("TMPDIR", "/tmp"))
    hint = "free the folder for temporary files, or name another one: TMPDIR=DIR"
    return report_os_errors("no temporary file can be written", where, hint)


class FolderLock:
    """A lock of the system on a folder (on Windows on a file): one run at a time has it, until its process ends."""

    _thread_locks = threading.local()  # by folder, how often this thread took the lock, and its handle

    def __init__(self, folder: Path) -> None:
        self._folder, self._key = folder, os.path.abspath(folder)
        with suppress(OSError, ValueError):
            self._key = os.path.realpath(folder)

    def __enter__(self) -> "FolderLock":
        depth, handle = getattr(self._thread_locks, self._key, None) or (0, self._acquire())
        setattr(self._thread_locks, self._key, (depth + 1, handle))
        return self

    def __exit__(self, *raised: object) -> None:
        depth, handle = self._thread_locks.__dict__.pop(self._key)
        if depth > 1:
            setattr(self._thread_locks, self._key, (depth - 1, handle))
        elif handle is not None:
            os.close(handle)

    def _acquire(self) -> int | None:  # the handle; None if there is no such folder, and so nothing to lock
        try:
            if sys.platform == "win32":  # a folder cannot be opened there
                handle = os.open(self._folder / ".tipbrief.lock", os.O_RDWR | os.O_CREAT)
            else:
                handle = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        except (OSError, ValueError):
            return None
        start, notified = time.monotonic(), False
        try:
            while not _try_lock(handle):
                waited = time.monotonic() - start
                if waited > WAIT_NOTICE_SECONDS and not notified:
                    MessageListener.notify(f"waiting for another run of tipbrief, which is at work in {self._folder}")
                    notified = True
                if waited > LONGEST_WAIT_SECONDS:
                    message = f"another run of tipbrief has been at work here for {waited:.0f} s"
                    raise Problems(message, self._folder, hint="end it, and run the command again")
                time.sleep(_RETRY_SECONDS)
        except BaseException:
            os.close(handle)
            raise
        return handle


def _try_lock(handle: int) -> bool:  # a drive without locks always succeeds
    with suppress(OSError, ImportError):
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
