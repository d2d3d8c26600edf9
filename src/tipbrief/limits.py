"""Limits: how much time and memory a command may take for one thing, and what it works at.

``enforce`` sets them for this process; without it, as in a program that uses tipbrief as a library, only what
Python itself refuses is told as a problem. docs/security.md has the table of all limits.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from types import FrameType

from tipbrief.problems import Problem, Problems

# Seconds of computing for one thing: a PDF, a page of it, a document. After them Python is stopped where it
# is; after the second number the process is, whatever library it is in.
SECONDS, LAST_SECONDS = 5.0, 7.0
# And for all steps of one document, each of which has its own.
SECONDS_IN_ALL = 8.0
MEMORY = 420_000_000  # bytes of data of one process; with its libraries it then has less than 500 MB
_TOO_LONG = f"takes more than {SECONDS:.0f} s of computing"
_HARDLY_ANY = 0.01
_FILE = "file:"  # on the board, before the name of one
_AGAIN = 1.0  # a library may have swallowed what was raised in it


class OutOfTime(BaseException):
    """What is worked at takes too long. No ``Exception``, so that no library takes it for one of its own."""


class _At:
    """What this process works at, which another process may read where this one died."""

    subject: Path | str = ""
    board: mmap | None = None
    enforced = False
    memory = MEMORY  # that it may have
    ends: float | None = None  # the time of computing at which all steps of a document end


def enforce(board: mmap | None = None) -> None:
    """From now on this process is stopped where it takes too much; ``board`` is told what it works at."""
    _At.board = board
    if not hasattr(signal, "setitimer"):  # Windows
        return
    import resource

    _At.enforced = True
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    found = [limit for one in (resource.RLIMIT_DATA, resource.RLIMIT_AS) for limit in resource.getrlimit(one)]
    _At.memory = min([MEMORY, *(limit for limit in found if limit != resource.RLIM_INFINITY)])
    with contextlib.suppress(OSError, ValueError):  # macOS has not all of them
        resource.setrlimit(resource.RLIMIT_DATA, (_At.memory, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, _out_of_time)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # Who starts us may not have wanted to hear them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM, signal.SIGPROF})
    begin("")


def enforced() -> bool:
    """Whether this process is stopped where it takes too much."""
    return _At.enforced


def begin(subject: Path | str) -> None:
    """Work at something else, or at its next part: from here it has all its time."""
    _At.subject = subject
    if _At.board:
        _At.board.seek(0)
        told = f"{_FILE if isinstance(subject, Path) else ''}{subject}".encode("utf-8", "replace")
        _At.board.write(told[: len(_At.board) - 1] + b"\0")
    if _At.enforced:
        left = SECONDS
        if _At.ends is not None:
            left = max(_HARDLY_ANY, min(left, _At.ends - time.process_time()))
        signal.setitimer(signal.ITIMER_VIRTUAL, left, _AGAIN)
        signal.setitimer(signal.ITIMER_PROF, left + LAST_SECONDS - SECONDS)


def renew() -> None:
    """Go on with the same: it is large, and sound so far."""
    begin(_At.subject)


@contextlib.contextmanager
def bounded(subject: Path | str, seconds: float | None = None) -> Iterator[None]:
    """Work at ``subject``: where it takes too much time, memory or depth, this is a problem with it.

    With ``seconds``, all that begins inside has no more than these together.
    """
    outer, ends = _At.subject, _At.ends
    if seconds is not None:
        _At.ends = time.process_time() + seconds
    begin(subject)
    try:
        yield
    except OutOfTime:
        raise Problems(_problem(_TOO_LONG)) from None
    except MemoryError:
        raise Problems(_problem(f"takes more than {_At.memory / 1e6:.0f} MB of memory")) from None
    except RecursionError:
        raise Problems(_problem("is nested too deeply")) from None
    finally:
        _At.ends = ends
        begin(outer)


def ended_by(number: int, board: bytes) -> Problem:
    """The problem of a process that a signal ended while it worked at what its ``board`` tells."""
    subject = board.partition(b"\0")[0].decode("utf-8", "replace")
    _At.subject = Path(subject.removeprefix(_FILE)) if subject.startswith(_FILE) else subject
    if number == signal.SIGPROF:
        return _problem(_TOO_LONG)
    if number == getattr(signal, "SIGKILL", 0):
        return _problem("was ended by the system: is there enough memory?")
    return _problem(f"made a library fail: {signal.strsignal(number)}")


def _problem(message: str) -> Problem:
    at = _At.subject
    file = at if isinstance(at, Path) else None
    hint = f"{'such a file' if file else 'a file that it reads'} is faulty, or far too large for a brief"
    return Problem(f"{'the file' if file else at or 'the command'} {message}", file, hint=hint, kind="limit")


def _out_of_time(number: int, frame: FrameType | None) -> None:
    raise OutOfTime
