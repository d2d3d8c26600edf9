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
from tipbrief.files import LONGEST_WAIT_SECONDS, create_process_folder
from tipbrief.problems import Problem, Problems
from tipbrief.watch.messages import PreviewOrder, View, WorkerAnswer, WorkerExit
from tipbrief.watch.preview_worker import run_preview_worker

# Seconds by the clock that an order may be without an answer. Steps end sooner, by the limits of computing;
# only another run of tipbrief is waited for so long.
ANSWER_TIMEOUT = LONGEST_WAIT_SECONDS + 30
_POLL_SECONDS = 0.5
MOST_UNREAD_ORDERS = 20
AnswerCallback = Callable[[int, View, WorkerAnswer], None]


class WorkerSupervisor:
    """Gives orders to a process, of which only the newest counts; ``hear`` is told what it answers."""

    def __init__(self, folder: Path, hear: AnswerCallback) -> None:
        self._folder, self._on_answer = folder, hear
        self._condition = threading.Condition()
        self._newest_order: PreviewOrder | None = None
        self._connection: Connection | None = None  # the way to the process, while it lives
        self._waiting_since: float | None = None  # since when the newest order has no answer
        self._unread_orders = 0  # orders that were given since it said something
        self._is_closed = False
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Begin the process; it waits for an order."""
        self._thread.start()

    def close(self) -> None:
        """End the process."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        if self._thread.ident:
            self._thread.join()

    def submit_order(self, order: PreviewOrder) -> None:
        """Have this made, and nothing else any more."""
        with self._condition:
            self._newest_order, self._waiting_since = order, time.monotonic()
            self._send_order()
            self._condition.notify_all()

    def _send_order(self) -> None:
        """Give the process the newest order, unless so many lie there that it might have no room for it."""
        if self._connection and self._newest_order and self._unread_orders < MOST_UNREAD_ORDERS:
            self._unread_orders += 1
            with suppress(OSError):  # it has just died: who begins the next one gives it the order
                self._connection.send(self._newest_order)

    def _supervise(self) -> None:
        last = 0
        while not self._is_closed:
            try:
                number, problem = self._run_process()
            except Problems as raised:  # no process could begin: there is no room for its files
                number, problem = self._order_number, raised.problems[0]
            except OSError as fault:  # or for one more process
                message = f"no process can begin that makes the pages: {fault.strerror}"
                number, problem = self._order_number, Problem(message, kind="system")
            again, last = number != last, number
            if self._newest_order and not self._is_closed:
                self._on_answer(number, self._newest_order.requests[0].view, WorkerExit(problem, again))
            with self._condition:
                # Twice at the same: not before something else is wanted.
                while not again and not self._is_closed and self._order_number == number:
                    self._condition.wait()

    @property
    def _order_number(self) -> int:
        return self._newest_order.number if self._newest_order else 0

    def _run_process(self) -> tuple[int, Problem]:
        """Begin a process and hear it until it ends; at which order it did, and why."""
        temporary = create_process_folder()
        context = multiprocessing.get_context("spawn")
        ours, theirs = context.Pipe()
        process = context.Process(target=run_preview_worker, args=(self._folder, theirs, str(temporary)), daemon=True)
        try:
            _start_process(process)
            theirs.close()
            with self._condition:
                self._connection, self._waiting_since, self._unread_orders = ours, time.monotonic(), 0
                self._send_order()
            hangs = self._receive_answers(ours)
        finally:
            with self._condition:
                self._connection = None
            if process.pid:
                process.kill()
                process.join()
            ours.close()
            shutil.rmtree(temporary, ignore_errors=True)
        subject = self._newest_order.requests[0].view.document if self._newest_order else ""
        return self._order_number, _exit_problem(process.exitcode or 0, subject, hangs=hangs)

    def _receive_answers(self, ours: Connection) -> bool:
        """Hear the process until it is gone or not needed any more; whether it hangs."""
        with suppress(EOFError, OSError):
            while not self._is_closed:
                if ours.poll(_POLL_SECONDS):
                    number, view, answer = ours.recv()
                    with self._condition:
                        full, self._unread_orders = self._unread_orders == MOST_UNREAD_ORDERS, 0
                        if full:
                            self._send_order()
                        if number == self._order_number:
                            self._waiting_since = None
                    self._on_answer(number, view, answer)
                elif self._waiting_since and time.monotonic() - self._waiting_since > ANSWER_TIMEOUT:
                    return True
        return False


def _exit_problem(code: int, subject: str, *, hangs: bool) -> Problem:
    """Why a process is gone that worked at ``subject``."""
    if hangs:
        message = f"'{subject}' gave no answer for {ANSWER_TIMEOUT:.0f} s"
        return Problem(message, hint="take back what was changed last", kind="limit")
    if code < 0:
        return limits.describe_signal_end(-code, subject.encode())
    hint = "tipbrief doctor says what is missing"
    return Problem(f"the process that makes the pages ended with status {code}", hint=hint, kind="library")


def _start_process(process: multiprocessing.process.BaseProcess) -> None:
    """Start a process that Ctrl-C does not reach: who gives out the work ends it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        process.start()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        process.start()
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
