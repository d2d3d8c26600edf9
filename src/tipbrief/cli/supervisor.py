"""The command in a process of its own: that a file makes a library die or loop is told as a problem."""

import atexit
import contextlib
import gc
import os
import signal
import sys
import threading
from collections.abc import Collection
from mmap import mmap

STATUS_MEMORY_BYTES = 1024  # bytes for the name of what is worked at
# What a user asks of the command, whom the child does not hear. A keyboard asks both processes at once.
_KEYBOARD_SIGNALS = {one for one in signal.Signals if one.name in ("SIGINT", "SIGQUIT")}
_SIGNALS_TO_FORWARD = _KEYBOARD_SIGNALS | {one for one in signal.Signals if one.name in ("SIGTERM", "SIGHUP")}


def run() -> None:
    """Run the command line: as a child with limits, where the system has such."""
    _open_missing_streams()
    board, parent, before = None, os.getpid(), set[int]()
    if hasattr(os, "fork"):
        board = mmap(-1, STATUS_MEMORY_BYTES)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # who starts us may not want to hear of children
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_SIGNALS_TO_FORWARD, signal.SIGCHLD})
        if child := os.fork():
            _exit_like_child(_wait_for_child(child), child, board)
    try:
        _run_command(board, parent, before)
    except SystemExit as end:
        if board and isinstance(end.code, int):
            _exit_immediately(end.code)
        raise


def _run_command(board: mmap | None, parent: int, signals: Collection[int]) -> None:
    """Do what the words of the command line say, and exit; where there is a board, within limits."""
    words = sys.argv[1:]
    try:
        if board:
            from tipbrief import limits

            limits.die_with_parent(parent)
            signal.pthread_sigmask(signal.SIG_SETMASK, signals)
            # A watch goes on as long as its user likes: what it makes pages in has the limits.
            if words[:1] != ["watch"]:
                limits.enforce_limits(board)
            gc.set_threshold(*limits.GC_THRESHOLDS)
        if words[:1] in (["build"], ["site"]):
            from tipbrief.cli.up_to_date import find_saved_output

            if said := find_saved_output(words):
                from tipbrief.cli.terminal import finish_output, replay_output

                replay_output(said)
                sys.exit(finish_output(0))
        from tipbrief.cli.main import main

        main(prog_name="tipbrief", obj=words)
    except KeyboardInterrupt:  # so early, or so often
        sys.exit(130)
    except MemoryError:  # not even for words of our own
        os.write(2, b"there is not enough memory to begin: is it limited by ulimit?\n")
        os._exit(1)
    except Exception as fault:  # a library that all commands need is not there
        from tipbrief.cli.crash_report import describe_crash

        print(describe_crash(fault).format(), file=sys.stderr)
        sys.exit(1)
    finally:
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # at the end of Python it would be told as a fault


def _exit_immediately(code: int) -> None:
    """End, when all was done that is to be done at the end, without taking the process apart.

    That takes a tenth of a second, and a library's thread that still runs then can die of it.
    """
    if any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread()):
        return
    atexit._run_exitfuncs()  # temporary folders are removed
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    os._exit(code)


def _open_missing_streams() -> None:
    """Put nothing in the place of a stream that is closed: else a file would take it, and what is printed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            with contextlib.suppress(OSError):
                handle = os.open(os.devnull, os.O_RDWR)
                os.dup2(handle, number)
                if handle != number:
                    os.close(handle)
                setattr(sys, name, os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False))
    sys.unraisablehook = lambda _: None  # that a limit was reached in a library's clean-up ends nothing


def _wait_for_child(child: int) -> int:
    """The exit status of the child, negative where a signal ended it."""
    while True:
        # macOS does not say who sent a signal: there a Ctrl-C is one of the keyboard.
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


def _exit_like_child(code: int, child: int, board: mmap) -> None:
    """End as the child did; of a death that nobody asked for, tell at what it was at work."""
    if code < 0:
        _remove_temporary_folders(child)
    if -code in _SIGNALS_TO_FORWARD:
        signal.signal(-code, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS_TO_FORWARD)
        os.kill(os.getpid(), -code)
        os._exit(128 - code)  # the first process of a system is not ended by its own signals
    if code < 0:
        from tipbrief.limits import describe_signal_end

        with contextlib.suppress(OSError, ValueError):
            print(describe_signal_end(-code, board[:]).format(), file=sys.stderr, flush=True)
    os._exit(1 if code < 0 else code)


def _remove_temporary_folders(child: int) -> None:
    """Remove the temporary folders of a child that could not."""
    import shutil
    import tempfile
    from pathlib import Path

    with contextlib.suppress(OSError):
        for left in Path(tempfile.gettempdir()).glob(f"tipbrief-{child}-*"):
            shutil.rmtree(left, ignore_errors=True)
