"""Maker: has a process of its own make the pages; where that dies or hangs, another one is begun."""

import multiprocessing
import shutil
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path

from tipbrief import limits
from tipbrief.files import LONGEST_WAIT, process_folder
from tipbrief.problems import Problem, Problems
from tipbrief.watch.view import Answer, Ended, Order, View
from tipbrief.watch.worker import work

# Seconds by the clock that an order may be without an answer. Steps end sooner, by the limits of computing;
# only another run of tipbrief is waited for so long.
PATIENCE = LONGEST_WAIT + 30
_LOOK = 0.5
MOST_UNREAD = 20
Hear = Callable[[int, View, Answer], None]


class Maker:
    """Gives orders to a process, of which only the newest counts; ``hear`` is told what it answers."""

    def __init__(self, folder: Path, hear: Hear) -> None:
        self._folder, self._hear = folder, hear
        self._changed = threading.Condition()
        self._order: Order | None = None
        self._given: Connection | None = None  # the way to the process, while it lives
        self._waits: float | None = None  # since when the newest order has no answer
        self._unread = 0  # orders that were given since it said something
        self._closed = False
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Begin the process; it waits for an order."""
        self._thread.start()

    def close(self) -> None:
        """End the process."""
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread.ident:
            self._thread.join()

    def order(self, order: Order) -> None:
        """Have this made, and nothing else any more."""
        with self._changed:
            self._order, self._waits = order, time.monotonic()
            self._give()
            self._changed.notify_all()

    def _give(self) -> None:
        """Give the process the newest order, unless so many lie there that it might have no room for it."""
        if self._given and self._order and self._unread < MOST_UNREAD:
            self._unread += 1
            with suppress(OSError):  # it has just died: who begins the next one gives it the order
                self._given.send(self._order)

    def _run(self) -> None:
        last = 0
        while not self._closed:
            try:
                number, problem = self._lifetime()
            except Problems as raised:  # no process could begin: there is no room for its files
                number, problem = self._number, raised.problems[0]
            except OSError as fault:  # or for one more process
                message = f"no process can begin that makes the pages: {fault.strerror}"
                number, problem = self._number, Problem(message, kind="system")
            again, last = number != last, number
            if self._order and not self._closed:
                self._hear(number, self._order.wanted[0].view, Ended(problem, again))
            with self._changed:
                # Twice at the same: not before something else is wanted.
                while not again and not self._closed and self._number == number:
                    self._changed.wait()

    @property
    def _number(self) -> int:
        return self._order.number if self._order else 0

    def _lifetime(self) -> tuple[int, Problem]:
        """Begin a process and hear it until it ends; at which order it did, and why."""
        temporary = process_folder()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(self._folder, theirs, str(temporary)), daemon=True)
        try:
            _begin(process)
            theirs.close()
            with self._changed:
                self._given, self._waits, self._unread = ours, time.monotonic(), 0
                self._give()
            hangs = self._listen(ours)
        finally:
            with self._changed:
                self._given = None
            if process.pid:
                process.kill()
                process.join()
            ours.close()
            shutil.rmtree(temporary, ignore_errors=True)
        subject = self._order.wanted[0].view.document if self._order else ""
        return self._number, _why(process.exitcode or 0, subject, hangs=hangs)

    def _listen(self, ours: Connection) -> bool:
        """Hear the process until it is gone or not needed any more; whether it hangs."""
        with suppress(EOFError, OSError):
            while not self._closed:
                if ours.poll(_LOOK):
                    number, view, answer = ours.recv()
                    with self._changed:
                        full, self._unread = self._unread == MOST_UNREAD, 0
                        if full:
                            self._give()
                        if number == self._number:
                            self._waits = None
                    self._hear(number, view, answer)
                elif self._waits and time.monotonic() - self._waits > PATIENCE:
                    return True
        return False


def _why(code: int, subject: str, *, hangs: bool) -> Problem:
    """Why a process is gone that worked at ``subject``."""
    if hangs:
        message = f"'{subject}' gave no answer for {PATIENCE:.0f} s"
        return Problem(message, hint="take back what was changed last", kind="limit")
    if code < 0:
        return limits.ended_by(-code, subject.encode())
    hint = "tipbrief doctor says what is missing"
    return Problem(f"the process that makes the pages ended with status {code}", hint=hint, kind="library")


def _begin(process: multiprocessing.process.BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach: who gives out the work ends it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        process.start()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
