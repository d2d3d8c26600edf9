"""Limits: how much time and memory a process may take for one thing, and what it works at."""

import ctypes
import gc
import math
import os
import re
import signal
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from mmap import mmap
from pathlib import Path
from types import FrameType

from tipbrief.problems import Problem, Problems

# Seconds of computing for one thing: a PDF, a page of it, a document. After the first number Python is interrupted;
# after the second the process ends, in whatever library it is. TIPBRIEF_PATIENCE multiplies them on a slow computer.
_PATIENCE = os.environ.get("TIPBRIEF_PATIENCE", "")
_TIME_FACTOR = float(_PATIENCE) if re.fullmatch(r"[1-9][0-9]?(\.[0-9])?", _PATIENCE) else 1.0
STEP_SECONDS, KILL_SECONDS = 5.0 * _TIME_FACTOR, 7.0 * _TIME_FACTOR
# For all steps of one document together; the second number is added for each further document of a command.
DOCUMENT_SECONDS, EXTRA_DOCUMENT_SECONDS = 8.0 * _TIME_FACTOR, 0.1 * _TIME_FACTOR
EXTRA_PAGE_SECONDS = 0.3 * _TIME_FACTOR  # to look at each text of a page of a PDF of many
# Of data in one process; with its libraries it then has less than 500 MB. TIPBRIEF_MEMORY gives another number of MB.
_MEMORY = os.environ.get("TIPBRIEF_MEMORY", "")
MEMORY_BYTES = 1_000_000 * (int(_MEMORY) if re.fullmatch(r"(1[5-9]|[2-9]\d)\d|[1-9]\d{3,5}", _MEMORY) else 420)
STATUS_MEMORY_BYTES = 1024  # for the name of what a process works at
# Python's own thresholds for collecting garbage would cost a twelfth of a command's time.
GC_THRESHOLDS = 50_000, 20, 20
_TIME_MESSAGE = "takes more than {:.0f} s of computing"
_SHORTEST_TIMER_SECONDS = 0.01
_TIMER_REPEAT_SECONDS = 1.0  # a library may have swallowed the first exception
_FILE_PREFIX = "file:"  # in the status memory, before the name of a file


class TimeLimitError(BaseException):
    """A step takes too long. Not an ``Exception``, so that no library catches it as one of its own."""

    def __init__(self, message: str = _TIME_MESSAGE.format(STEP_SECONDS)) -> None:
        super().__init__(message)


class _ProcessState:
    """What this process works at; its status memory tells it to another process if this one dies."""

    subject: Path | str = ""
    status_memory: mmap | None = None
    is_limiting = False
    memory_limit = MEMORY_BYTES
    deadline: float | None = None  # process time at which all steps of a document end
    document_deadline_is_first = False  # whether that comes before this step's own end


def enforce_limits(status_memory: mmap | None = None) -> None:
    """Stop this process from now on where it takes too much; ``status_memory`` holds what it works at."""
    # Without it, as where tipbrief is used as a library, only what Python itself refuses becomes a problem.
    _ProcessState.status_memory = status_memory
    if not hasattr(signal, "setitimer"):  # Windows
        return
    import resource

    _ProcessState.is_limiting = True
    most = resource.getrlimit(resource.RLIMIT_DATA)[1]
    found = [limit for one in (resource.RLIMIT_DATA, resource.RLIMIT_AS) for limit in resource.getrlimit(one)]
    _ProcessState.memory_limit = min([MEMORY_BYTES, *(limit for limit in found if limit != resource.RLIM_INFINITY)])
    with suppress(OSError, ValueError):  # macOS does not have all of them
        resource.setrlimit(resource.RLIMIT_DATA, (_ProcessState.memory_limit, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGVTALRM, _raise_time_limit)
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    # The process that starts us may have blocked them.
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGVTALRM, signal.SIGPROF})
    begin_step("")


def return_free_memory() -> None:
    """Give free memory back to the system, where the C library keeps it; what comes next would be added to it."""
    with suppress(OSError, AttributeError, TypeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)


def freeze_loaded_objects() -> None:
    """Leave what a command has loaded out of all further garbage collections."""
    if _ProcessState.is_limiting:
        gc.freeze()


def copy_status(status: bytes) -> None:
    """Let this process's status memory say what a dead worker's said."""
    if _ProcessState.status_memory:
        _ProcessState.status_memory[: len(status)] = status


def usable_cores() -> int:
    """The cores that this process may use; TIPBRIEF_CORES says fewer where the system does not, as in a container."""
    if re.fullmatch(r"[1-9][0-9]{0,2}", given := os.environ.get("TIPBRIEF_CORES", "")):
        return int(given)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def are_limits_enforced() -> bool:
    """Whether this process is stopped where it takes too much."""
    return _ProcessState.is_limiting


def begin_step(subject: Path | str | None = None) -> None:
    """Begin to work at this, or at the next part of the same thing, with the full time of a step."""
    _ProcessState.subject = subject = _ProcessState.subject if subject is None else subject
    if _ProcessState.status_memory:
        name = f"{_FILE_PREFIX if isinstance(subject, Path) else ''}{subject}".encode("utf-8", "replace")
        _ProcessState.status_memory.seek(0)
        _ProcessState.status_memory.write(name[: len(_ProcessState.status_memory) - 1] + b"\0")
    _ProcessState.document_deadline_is_first = remaining_seconds() <= STEP_SECONDS
    if _ProcessState.is_limiting:
        seconds = max(_SHORTEST_TIMER_SECONDS, min(STEP_SECONDS, remaining_seconds()))
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds, _TIMER_REPEAT_SECONDS)
        signal.setitimer(signal.ITIMER_PROF, seconds + KILL_SECONDS - STEP_SECONDS)


def current_subject() -> Path | str:
    """What this process works at."""
    return _ProcessState.subject


def remaining_seconds() -> float:
    """The seconds of computing left for all steps of the current document."""
    return DOCUMENT_SECONDS if _ProcessState.deadline is None else _ProcessState.deadline - time.process_time()


def charge_seconds(seconds: float) -> None:
    """Count what another process computed for the current document. A negative number grants more."""
    if _ProcessState.deadline is not None:
        _ProcessState.deadline -= seconds


@contextmanager
def limit_step(subject: Path | str, seconds: float | None = None) -> Iterator[None]:
    """Work at ``subject``; too much time, memory or depth becomes a problem with it."""
    # With ``seconds``, all steps inside have no more than these together, nor more than an outer limit leaves.
    outer, deadline = _ProcessState.subject, _ProcessState.deadline
    if seconds is not None:
        _ProcessState.deadline = min(time.process_time() + seconds, math.inf if deadline is None else deadline)
    begin_step(subject)
    try:
        yield
    except (TimeLimitError, MemoryError, RecursionError) as fault:
        message = "is nested too deeply" if isinstance(fault, RecursionError) else str(fault)
        if isinstance(fault, MemoryError):
            message = f"takes more than {_ProcessState.memory_limit / 1e6:.0f} MB of memory"
        raise Problems(_describe_limit(message, _ProcessState.subject)) from None
    finally:
        _ProcessState.deadline = deadline
        begin_step(outer)


def limit_command(subject: Path | str, documents: int = 1) -> AbstractContextManager[None]:
    """Work at one thing alone: the whole command, from its start, has the time of so many documents."""
    return limit_step(subject, DOCUMENT_SECONDS + EXTRA_DOCUMENT_SECONDS * (documents - 1) - time.process_time())


def describe_signal_end(number: int, status: bytes) -> Problem:
    """The problem of a process that a signal ended while it worked at what its status memory names."""
    name = status.partition(b"\0")[0].decode("utf-8", "replace")
    subject = Path(name.removeprefix(_FILE_PREFIX)) if name.startswith(_FILE_PREFIX) else name
    message = f"made a library fail: {signal.strsignal(number)}"
    if number == getattr(signal, "SIGPROF", 0):
        message = _TIME_MESSAGE.format(STEP_SECONDS)
    elif number == getattr(signal, "SIGKILL", 0):
        message = "was ended by the system: is there enough memory?"
    return _describe_limit(message, subject)


def _describe_limit(message: str, subject: Path | str) -> Problem:
    file = subject if isinstance(subject, Path) else None
    is_memory = "memory" in message  # which a sound file may fill, too
    fault = "may be far too large" if is_memory else "is faulty, or far too large for a brief"
    hint = f"{'such a file' if file else 'what it reads' if is_memory else 'a file that it reads'} {fault}"
    hint += "; of a PDF of many documents, name the PDF of each instead" * bool(file and file.suffix == ".pdf")
    if " s of computing" in message:
        hint += "; on a slow computer, give it more time: TIPBRIEF_PATIENCE=4"
    elif is_memory:
        hint += "; where there is more memory, allow it: TIPBRIEF_MEMORY=900"
    return Problem(f"{'the file' if file else subject or 'the command'} {message}", file, hint=hint, kind="limit")


def _raise_time_limit(number: int, frame: FrameType | None) -> None:
    # The system's two clocks of computing differ by a tenth of a second or more, most on a busy computer.
    if _ProcessState.document_deadline_is_first:
        raise TimeLimitError(f"{_TIME_MESSAGE.format(DOCUMENT_SECONDS)}, all steps together")
    raise TimeLimitError
