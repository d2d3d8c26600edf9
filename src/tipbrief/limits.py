"""Limits: how much time and memory a command may take for one thing, and what it works at.

``enforce`` sets them for this process; without it, as in a program that uses tipbrief as a library, only what
Python itself refuses is told as a problem. docs/security.md has the table of all limits.
"""

from __future__ import annotations

import contextlib
import gc
import math
import os
import re
import signal
import sys
import time
from collections.abc import Iterator
from mmap import mmap
from pathlib import Path
from types import FrameType

from tipbrief.problems import Problem, Problems

# Seconds of computing for one thing: a PDF, a page of it, a document. After them Python is stopped where it
# is; after the second number the process is, whatever library it is in.
# On a slow computer an honest brief may need more: TIPBRIEF_PATIENCE says how many times as much.
_PATIENCE = os.environ.get("TIPBRIEF_PATIENCE", "")
_TIMES = float(_PATIENCE) if re.fullmatch(r"[1-9][0-9]?(\.[0-9])?", _PATIENCE) else 1.0
SECONDS, LAST_SECONDS = 5.0 * _TIMES, 7.0 * _TIMES
# And for all steps of one document, each of which has its own; the more for each further one of a command.
SECONDS_IN_ALL, SECONDS_MORE = 8.0 * _TIMES, 0.1 * _TIMES
MEMORY = 420_000_000  # bytes of data of one process; with its libraries it then has less than 500 MB
# How often a process of ours looks for cycles of dead objects, which may hold some MB until then. As often as
# Python does by itself, this is a twelfth of a command's work.
SELDOM = 50_000, 20, 20
_TOO_LONG = "takes more than {:.0f} s of computing"
_HARDLY_ANY = 0.01
_FILE = "file:"  # on the board, before the name of one
_AGAIN = 1.0  # a library may have swallowed what was raised in it


class OutOfTime(BaseException):
    """What is worked at takes too long. No ``Exception``, so that no library takes it for one of its own."""

    def __init__(self, message: str = _TOO_LONG.format(SECONDS)) -> None:
        super().__init__(message)


class _At:
    """What this process works at, which another process may read where this one died."""

    subject: Path | str = ""
    board: mmap | None = None
    enforced = False
    memory = MEMORY  # that it may have
    ends: float | None = None  # the time of computing at which all steps of a document end
    together = False  # whether that comes before this step's own end


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


def loaded() -> None:
    """From now on this process looks for rubbish only in what is new: what a command has loaded stays."""
    if _At.enforced:
        gc.freeze()


def tell_of(board: mmap) -> None:
    """Another process of ours died at what its board tells: our board tells the same."""
    if _At.board:
        _At.board[:] = board[: len(_At.board)]


def die_with(parent: int) -> None:
    """Whoever kills the process that forked this one kills this one, too."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
    _At.together = left() <= SECONDS
    if _At.enforced:
        seconds = max(_HARDLY_ANY, min(SECONDS, left()))
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _AGAIN)
        signal.setitimer(signal.ITIMER_PROF, seconds + LAST_SECONDS - SECONDS)


def subject() -> Path | str:
    """What is worked at."""
    return _At.subject


def left() -> float:
    """The seconds of computing that all steps of what is worked at still have."""
    return SECONDS_IN_ALL if _At.ends is None else _At.ends - time.process_time()


def spend(seconds: float) -> None:
    """What another process computed for the same counts as if it had been done here."""
    if _At.ends is not None:
        _At.ends -= seconds


def renew() -> None:
    """Go on with the same: it is large, and sound so far."""
    begin(_At.subject)


@contextlib.contextmanager
def bounded(subject: Path | str, seconds: float | None = None) -> Iterator[None]:
    """Work at ``subject``: where it takes too much time, memory or depth, this is a problem with it.

    With ``seconds``, all that begins inside has no more than these together; nor than what an outer one has.
    """
    outer, ends = _At.subject, _At.ends
    if seconds is not None:
        _At.ends = min(time.process_time() + seconds, math.inf if ends is None else ends)
    begin(subject)
    try:
        yield
    except OutOfTime as fault:
        raise Problems(_problem(str(fault))) from None
    except MemoryError:
        raise Problems(_problem(f"takes more than {_At.memory / 1e6:.0f} MB of memory")) from None
    except RecursionError:
        raise Problems(_problem("is nested too deeply")) from None
    finally:
        _At.ends = ends
        begin(outer)


def alone(subject: Path | str, documents: int = 1) -> contextlib.AbstractContextManager[None]:
    """Work at this and at nothing else: all steps of the command have the time of these documents."""
    seconds = SECONDS_IN_ALL + SECONDS_MORE * (documents - 1)
    return bounded(subject, seconds - time.process_time())


def ended_by(number: int, board: bytes) -> Problem:
    """The problem of a process that a signal ended while it worked at what its ``board`` tells."""
    subject = board.partition(b"\0")[0].decode("utf-8", "replace")
    _At.subject = Path(subject.removeprefix(_FILE)) if subject.startswith(_FILE) else subject
    if number == signal.SIGPROF:
        return _problem(_TOO_LONG.format(SECONDS))
    if number == getattr(signal, "SIGKILL", 0):
        return _problem("was ended by the system: is there enough memory?")
    return _problem(f"made a library fail: {signal.strsignal(number)}")


def _problem(message: str) -> Problem:
    at = _At.subject
    file = at if isinstance(at, Path) else None
    hint = f"{'such a file' if file else 'a file that it reads'} is faulty, or far too large for a brief"
    if " s of computing" in message:
        hint += "; on a slow computer, give it more time: TIPBRIEF_PATIENCE=4"
    return Problem(f"{'the file' if file else at or 'the command'} {message}", file, hint=hint, kind="limit")


def _out_of_time(number: int, frame: FrameType | None) -> None:
    # The system's two clocks of computing differ, most where much else is done: a tenth of a second, or more.
    if _At.together:
        raise OutOfTime(f"{_TOO_LONG.format(SECONDS_IN_ALL)}, all steps together")
    raise OutOfTime
