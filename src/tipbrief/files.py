"""Files: the one writer, which gives a file its name when all of it is there; the one reader of bytes."""

import hashlib
import os
import secrets
from pathlib import Path

from tipbrief.problems import Problems


def read_bytes(file: Path, most: int = 50_000_000) -> bytes:
    """The bytes of a file; a problem where it cannot be read, or has more than ``most``."""
    try:
        with file.open("rb") as stream:
            if len(content := stream.read(most + 1)) <= most:
                return content
        raise Problems(f"the file has more than {most / 1e6:.0f} MB", file)
    except OSError as fault:
        raise Problems(f"the file cannot be read: {fault.strerror}", file) from None


def hash_of(content: bytes) -> str:
    """The sha256 by which all know the same bytes."""
    return hashlib.sha256(content).hexdigest()


def temporary_name(file: Path) -> Path:
    """A name beside a file under which it can be written: hidden, and nobody else's."""
    return file.with_name(f".{file.name}-{secrets.token_hex(8)}")


def write_new(file: Path, content: bytes, mode: int = 0o644, *, synced: bool = True) -> None:
    """Write a file that is not there yet; ``synced``, it outlives a power failure."""
    with open(file, "xb", opener=lambda path, flags: os.open(path, flags, 0o600)) as out:
        out.write(content)
        if synced:
            out.flush()
            os.fsync(out.fileno())
    file.chmod(mode)


def replace_file(file: Path, content: bytes, mode: int | None = None, *, synced: bool = True) -> None:
    """Write a file under a temporary name, then give it its own: never half a file.

    Without a ``mode`` the file keeps its own.
    """
    # Known before the file is there, so that a Ctrl-C at this moment leaves nothing behind.
    temporary = temporary_name(file)
    try:
        if mode is None:
            mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        try:
            write_new(temporary, content, mode, synced=synced)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        missing = not file.parent.is_dir()
        hint = "make the folder first" if missing else "free the file; nothing in it was changed"
        raise Problems(f"the file cannot be written: {fault.strerror}", file, hint=hint) from fault
