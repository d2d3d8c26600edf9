"""The command in a process of its own: that a file makes a library die or loop is told as a problem."""

import ctypes
import os
import signal
import sys
from mmap import mmap

BOARD = 1024  # bytes for the name of what is worked at
# What a user asks of the command, whom the child does not hear.
_PASSED_ON = frozenset({signal.SIGINT, signal.SIGTERM})


def run() -> None:
    """Run the command line: as a child with limits, where the system has such."""
    if hasattr(os, "fork"):
        board, parent = mmap(-1, BOARD), os.getpid()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_PASSED_ON, signal.SIGCHLD})
        if child := os.fork():
            _end_like(_status_of(child), child, board)
        _die_with(parent)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        from tipbrief import limits

        limits.enforce(board)
    from tipbrief.cli.main import main

    main(prog_name="tipbrief")


def _die_with(parent: int) -> None:
    """Whoever kills the command kills this process, too, which does its work."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os.kill(os.getpid(), signal.SIGKILL)


def _status_of(child: int) -> int:
    """The exit status of the child, negative where a signal ended it."""
    while True:
        if hasattr(signal, "sigwaitinfo"):
            came = signal.sigwaitinfo({*_PASSED_ON, signal.SIGCHLD})
            # Ctrl-C in a terminal reaches the child without us: then no process has sent it.
            if came.si_signo in _PASSED_ON and came.si_pid:
                os.kill(child, came.si_signo)
        done, status = os.waitpid(child, os.WNOHANG if hasattr(signal, "sigwaitinfo") else 0)
        if done:
            return os.waitstatus_to_exitcode(status)


def _end_like(code: int, child: int, board: mmap) -> None:
    """End as the child did; of a death that nobody asked for, tell at what it was at work."""
    if -code in _PASSED_ON:
        signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _PASSED_ON)
        os.kill(os.getpid(), -code)
    if code < 0:
        _clear_after(child)
        from tipbrief.limits import ended_by

        subject = board[:].partition(b"\0")[0].decode("utf-8", "replace")
        print(ended_by(-code, subject).format(), file=sys.stderr)
        sys.stderr.flush()
    os._exit(1 if code < 0 else code)


def _clear_after(child: int) -> None:
    """Remove the temporary folder of a child that could not."""
    import shutil
    import tempfile
    from pathlib import Path

    for left in Path(tempfile.gettempdir()).glob(f"tipbrief-{child}-*"):
        shutil.rmtree(left, ignore_errors=True)
