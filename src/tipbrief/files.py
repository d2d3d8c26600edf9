"""The one writer that replaces files."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from tipbrief.problems import Problem, Problems


def replace_file(file: Path, content: bytes) -> None:
    """Write a file under a temporary name, then give it its own: never half a file."""
    try:
        mode = file.stat().st_mode & 0o777 if file.exists() else 0o644
        handle, name = tempfile.mkstemp(prefix=f".{file.name}-", dir=file.parent)
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as out:
                out.write(content)
                out.flush()
                os.fsync(out.fileno())
            temporary.chmod(mode)
            temporary.replace(file)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as fault:
        missing = not file.parent.is_dir()
        hint = "make the folder first" if missing else "free the file; nothing in it was changed"
        raise Problems(Problem(f"the file cannot be written: {fault.strerror}", file, hint=hint)) from fault
