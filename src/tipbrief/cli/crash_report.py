"""What nobody foresaw, told in one line; what a programmer needs to know of it is in a file."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from pathlib import Path

from tipbrief import __version__
from tipbrief.problems import Problem, escape_invisible

_MAX_MESSAGE_LENGTH = 200  # characters of what an exception says
_MAX_REPORT_LENGTH = 1_000_000  # characters of the details


def describe_crash(fault: BaseException) -> Problem:
    """The problem of an exception that was not made one where it came up."""
    said = " ".join(escape_invisible(str(fault)[:_MAX_MESSAGE_LENGTH]).split())
    if isinstance(fault, ImportError):
        hint = "tipbrief doctor says what is missing; or: pip install --force-reinstall tipbrief"
        return Problem(f"a library is missing or broken: {said}", hint=hint, kind="library")
    if isinstance(fault, OSError) and fault.errno:  # what the computer refuses, whatever the program does
        file = Path(fault.filename) if isinstance(fault.filename, str) else None
        hint = "is it there, has it room, may you use it? A folder for temporary files: TMPDIR=DIR"
        return Problem(f"the computer refuses: {fault.strerror}", file, hint=hint, kind="system")
    where = _write_crash_report(fault)
    more = f"; the details are in {where}" if where else ""
    message = f"a fault of tipbrief, not of yours: {type(fault).__name__}: {said}{more}"
    return Problem(message, kind="unforeseen")


def _write_crash_report(fault: BaseException) -> str:
    """The file with all that is known of the fault, for its owner alone; none where it cannot be written."""
    import traceback  # hardly ever needed

    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(".txt", "tipbrief-fault-")
        about = f"tipbrief {__version__}, Python {sys.version}, {sys.platform}"
        lines = [about, " ".join(map(ascii, sys.argv)), "".join(traceback.format_exception(fault))]
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines)[:_MAX_REPORT_LENGTH])
        return os.path.abspath(name)
    return ""
