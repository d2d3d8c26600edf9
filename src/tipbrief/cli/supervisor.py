"""Supervisor: the command runs in a child process, so that a library's death or endless loop becomes a problem.

It is no ``WorkerProcess``: it forks before anything is imported, and passes on signals instead of answers.
"""

import atexit
import gc
import os
import signal
import sys
import threading
from collections.abc import Collection
from contextlib import suppress
from mmap import mmap

# A keyboard sends these to both processes, any other sender only to the one that it knows: the supervisor.
_KEYBOARD_SIGNALS = {one for one in signal.Signals if one.name in ("SIGINT", "SIGQUIT")}
_SIGNALS_TO_FORWARD = _KEYBOARD_SIGNALS | {one for one in signal.Signals if one.name in ("SIGTERM", "SIGHUP")}


def run() -> None:
    """Run the command line, as a child with limits if the system can fork."""
    _open_missing_streams()
    status_memory, parent, before = None, os.getpid(), set[int]()
    if hasattr(os, "fork"):
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # the process that starts us may ignore its children
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_SIGNALS_TO_FORWARD, signal.SIGCHLD})
        status_memory = mmap(-1, 1024)  # limits.STATUS_MEMORY_BYTES
        if child := os.fork():
            _exit_like_child(_wait_for_child(child), child, status_memory)
    try:
        _run_command(status_memory, parent, before)
    except SystemExit as end:
        if status_memory and isinstance(end.code, int):
            _exit_immediately(end.code)
        raise


def _run_command(status_memory: mmap | None, parent: int, signals: Collection[int]) -> None:
    """Carry out the command line, and exit; with a status memory, within limits."""
    words = sys.argv[1:]
    try:
        if status_memory:
            from tipbrief import limits

            if sys.platform == "linux":
                import ctypes

                ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG
                if os.getppid() != parent:
                    os.kill(os.getpid(), signal.SIGKILL)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            # A watch goes on as long as its user likes. Its worker has the limits.
            if words[:1] != ["watch"]:
                limits.enforce_limits(status_memory)
            gc.set_threshold(*limits.GC_THRESHOLDS)
        if words[:1] in (["build"], ["site"]):
            from tipbrief.cli.up_to_date import find_saved_output

            if output := find_saved_output(words):
                from tipbrief.cli.terminal import finish_output, replay_output

                replay_output(output)
                sys.exit(finish_output(0))
        from tipbrief.cli.main import main

        main(prog_name="tipbrief", obj=words)
    except KeyboardInterrupt:  # before, or again while, the command reports it
        sys.exit(130)
    except MemoryError:  # too little even for a message of our own
        os.write(2, b"there is not enough memory to begin: is it limited by ulimit?\n")
        os._exit(1)
    except Exception as fault:  # a library that all commands need is missing
        from tipbrief.cli.terminal import describe_crash

        print(describe_crash(fault).format(), file=sys.stderr)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # else Python would print a traceback as it ends


def _exit_immediately(code: int) -> None:
    """End without taking the interpreter apart: that takes a tenth of a second, and crashes a library's threads."""
    if any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
        return
    atexit._run_exitfuncs()  # temporary folders are removed
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_missing_streams() -> None:
    """Open the null device for each closed stream: else the next file would get its number, and our output."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with suppress(OSError):
                handle = os.open(os.devnull, os.O_RDWR)
                os.dup2(handle, number)
                if handle != number:
                    os.close(handle)
                setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
    sys.unraisablehook = lambda _: None  # a limit reached in a library's destructor


def _wait_for_child(child: int) -> int:  # negative where a signal ended it
    while True:
        # macOS does not say who sent a signal: it is taken for the keyboard's.
        if hasattr(signal, "sigwaitinfo"):
            came = signal.sigwaitinfo({*_SIGNALS_TO_FORWARD, signal.SIGCHLD})
            number, by_process = came.si_signo, came.si_code <= 0
        else:
            number, by_process = signal.sigwait({*_SIGNALS_TO_FORWARD, signal.SIGCHLD}), False
        if number in _SIGNALS_TO_FORWARD and (by_process or number not in _KEYBOARD_SIGNALS):
            os.kill(child, number)
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)


def _exit_like_child(code: int, child: int, status_memory: mmap) -> None:
    """End as the child did. A death that nobody asked for is reported with what the child worked at."""
    if code < 0:
        import shutil
        import tempfile
        from pathlib import Path

        with suppress(OSError):
            for left in Path(tempfile.gettempdir()).glob(f"tipbrief-{child}-*"):
                shutil.rmtree(left, ignore_errors=True)
    if -code in _SIGNALS_TO_FORWARD:
        signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS_TO_FORWARD)
        os.kill(os.getpid(), -code)
        os._exit(128 - code)  # the first process of a system does not die of its own signals
    if code < 0:
        from tipbrief.cli.terminal import print_lines
        from tipbrief.limits import describe_signal_end

        with suppress(OSError, ValueError):
            print_lines(describe_signal_end(-code, status_memory[:]).format(), err=True)
    os._exit(1 if code < 0 else code)
