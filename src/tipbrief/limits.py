"""Limits: how much time and memory a command may take for one thing, and what it works at.

``enforce`` sets them for this process; without it, as in a program that uses tipbrief as a library, only what
Python itself refuses is told as a problem. docs/reference/limits.md lists them.
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
_TIME_FACTOR = float(_PATIENCE) if re.fullmatch(r"[1-9][0-9]?(\.[0-9])?", _PATIENCE) else 1.0
STEP_SECONDS, KILL_SECONDS = 5.0 * _TIME_FACTOR, 7.0 * _TIME_FACTOR
# And for all steps of one document, each of which has its own; the more for each further one of a command.
DOCUMENT_SECONDS, EXTRA_DOCUMENT_SECONDS = 8.0 * _TIME_FACTOR, 0.1 * _TIME_FACTOR
MEMORY_BYTES = 420_000_000  # bytes of data of one process; with its libraries it then has less than 500 MB
# How often a process of ours looks for cycles of dead objects, which may hold some MB until then. As often as
# Python does by itself, this is a twelfth of a command's work.
GC_THRESHOLDS = 50_000, 20, 20
_TIME_MESSAGE = "takes more than {:.0f} s of computing"
_SHORTEST_TIMER_SECONDS = 0.01
_FILE_PREFIX = "file:"  # on the board, before the name of one
_TIMER_REPEAT_SECONDS = 1.0  # a library may have swallowed what was raised in it


class TimeLimitExceeded(BaseException):
    """What is worked at takes too long. No ``Exception``, so that no library takes it for one of its own."""

    def __init__(self, message: str = _TIME_MESSAGE.format(STEP_SECONDS)) -> None:
        super().__init__(message)


class _ProcessState:
    """What this process works at, which another process may read where this one died."""

    subject: Path | str = ""
    status_memory: mmap | None = None
    is_limiting = False
    memory_limit = MEMORY_BYTES  # that it may have
    deadline: float | None = None  # the time of computing at which all steps of a document end
    document_deadline_is_first = False  # whether that comes before this step's own end


def enforce_limits(board: mmap | None = None) -> None:
    """From now on this process is stopped where it takes too much; ``board`` is told what it works at."""
    _ProcessState.status_memory = board
    if not hasattr(signal, "setitimer"):  # Windows
        return
    import resource

    _ProcessState.is_limiting = True
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    found = [limit for one in (resource.RLIMIT_DATA, resource.RLIMIT_AS) for limit in resource.getrlimit(one)]
    _ProcessState.memory_limit = min([MEMORY_BYTES, *(limit for limit in found if limit != resource.RLIM_INFINITY)])
    with contextlib.suppress(OSError, ValueError):  # macOS has not all of them
        resource.setrlimit(resource.RLIMIT_DATA, (_ProcessState.memory_limit, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, _raise_time_limit)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # Who starts us may not have wanted to hear them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM, signal.SIGPROF})
    begin_step("")


def freeze_loaded_objects() -> None:
    """From now on this process looks for rubbish only in what is new: what a command has loaded stays."""
    if _ProcessState.is_limiting:
        gc.freeze()


def copy_status_memory(board: mmap) -> None:
    """Another process of ours died at what its board tells: our board tells the same."""
    if _ProcessState.status_memory:
        _ProcessState.status_memory[:] = board[: len(_ProcessState.status_memory)]


def die_with_parent(parent: int) -> None:
    """Whoever kills the process that forked this one kills this one, too."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def are_limits_enforced() -> bool:
    """Whether this process is stopped where it takes too much."""
    return _ProcessState.is_limiting


def begin_step(subject: Path | str) -> None:
    """Work at something else, or at its next part: from here it has all its time."""
    _ProcessState.subject = subject
    if _ProcessState.status_memory:
        _ProcessState.status_memory.seek(0)
        told = f"{_FILE_PREFIX if isinstance(subject, Path) else ''}{subject}".encode("utf-8", "replace")
        _ProcessState.status_memory.write(told[: len(_ProcessState.status_memory) - 1] + b"\0")
    _ProcessState.document_deadline_is_first = remaining_seconds() <= STEP_SECONDS
    if _ProcessState.is_limiting:
        seconds = max(_SHORTEST_TIMER_SECONDS, min(STEP_SECONDS, remaining_seconds()))
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _TIMER_REPEAT_SECONDS)
        signal.setitimer(signal.ITIMER_PROF, seconds + KILL_SECONDS - STEP_SECONDS)


def current_subject() -> Path | str:
    """What is worked at."""
    return _ProcessState.subject


def remaining_seconds() -> float:
    """The seconds of computing that all steps of what is worked at still have."""
    return DOCUMENT_SECONDS if _ProcessState.deadline is None else _ProcessState.deadline - time.process_time()


def charge_seconds(seconds: float) -> None:
    """What another process computed for the same counts as if it had been done here."""
    if _ProcessState.deadline is not None:
        _ProcessState.deadline -= seconds


def restart_step() -> None:
    """Go on with the same: it is large, and sound so far."""
    begin_step(_ProcessState.subject)


@contextlib.contextmanager
def limit_step(subject: Path | str, seconds: float | None = None) -> Iterator[None]:
    """Work at ``subject``: where it takes too much time, memory or depth, this is a problem with it.

    With ``seconds``, all that begins inside has no more than these together; nor than what an outer one has.
    """
    outer, ends = _ProcessState.subject, _ProcessState.deadline
    if seconds is not None:
        _ProcessState.deadline = min(time.process_time() + seconds, math.inf if ends is None else ends)
    begin_step(subject)
    try:
        yield
    except TimeLimitExceeded as fault:
        raise Problems(_describe_limit(str(fault))) from None
    except MemoryError:
        raise Problems(
            _describe_limit(f"takes more than {_ProcessState.memory_limit / 1e6:.0f} MB of memory")
        ) from None
    except RecursionError:
        raise Problems(_describe_limit("is nested too deeply")) from None
    finally:
        _ProcessState.deadline = ends
        begin_step(outer)


def limit_command(subject: Path | str, documents: int = 1) -> contextlib.AbstractContextManager[None]:
    """Work at this and at nothing else: all steps of the command have the time of these documents."""
    seconds = DOCUMENT_SECONDS + EXTRA_DOCUMENT_SECONDS * (documents - 1)
    return limit_step(subject, seconds - time.process_time())


def describe_signal_end(number: int, board: bytes) -> Problem:
    """The problem of a process that a signal ended while it worked at what its ``board`` tells."""
    subject = board.partition(b"\0")[0].decode("utf-8", "replace")
    _ProcessState.subject = Path(subject.removeprefix(_FILE_PREFIX)) if subject.startswith(_FILE_PREFIX) else subject
    if number == signal.SIGPROF:
        return _describe_limit(_TIME_MESSAGE.format(STEP_SECONDS))
    if number == getattr(signal, "SIGKILL", 0):
        return _describe_limit("was ended by the system: is there enough memory?")
    return _describe_limit(f"made a library fail: {signal.strsignal(number)}")


def _describe_limit(message: str) -> Problem:
    at = _ProcessState.subject
    file = at if isinstance(at, Path) else None
    hint = f"{'such a file' if file else 'a file that it reads'} is faulty, or far too large for a brief"
    if " s of computing" in message:
        hint += "; on a slow computer, give it more time: TIPBRIEF_PATIENCE=4"
    return Problem(f"{'the file' if file else at or 'the command'} {message}", file, hint=hint, kind="limit")


def _raise_time_limit(number: int, frame: FrameType | None) -> None:
    # The system's two clocks of computing differ, most where much else is done: a tenth of a second, or more.
    if _ProcessState.document_deadline_is_first:
        raise TimeLimitExceeded(f"{_TIME_MESSAGE.format(DOCUMENT_SECONDS)}, all steps together")
    raise TimeLimitExceeded
