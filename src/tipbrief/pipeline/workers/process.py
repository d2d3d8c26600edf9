"""Worker processes: one that serves a pipe, an executor whose calls such processes carry out, and the early worker.

Ctrl-C does not reach a ``WorkerProcess``. It and its temporary files end with the process that started it.
"""

from __future__ import annotations

import atexit
import gc
import math
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager, suppress
from functools import lru_cache, partial
from itertools import count
from mmap import mmap
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from pathlib import Path
from queue import SimpleQueue
from types import FrameType
from typing import Any, TypeVar

from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.files import create_process_folder
from tipbrief.fonts.font_library import FontFace, load_fonts
from tipbrief.pipeline.rendering import create_typesetter
from tipbrief.problems import Problems
from tipbrief.typeset.patches.registry import is_safe_mode

Result = TypeVar("Result")
_INTERRUPT_SECONDS = 3.0
CALLS_PER_WORKER = 1_000  # then a new one takes its place, so that what a worker remembers has a bound
_STATUS_FILE = "status"  # in the worker's folder: what it works at
FULL_COLLECTION_INTERVAL = 50  # documents after which old objects, too, are searched for cycles
_work_counter = count(1)


class WorkerDeathError(Exception):
    """A worker ended before it answered: with this exit code, while it worked at what ``status`` names."""

    def __init__(self, exit_code: int, status: bytes) -> None:
        super().__init__(f"exit code {exit_code}")
        self.exit_code, self.status = exit_code, status


class WorkerProcess:
    """A process that runs ``serve`` with its end of a pipe; ``connection`` is the other end."""

    def __init__(
        self, serve: Callable[..., None], *arguments: Any, method: str = "spawn", is_limited: bool = True
    ) -> None:
        context: Any = multiprocessing.get_context(method)
        self.connection, theirs = context.Pipe()
        self._folder, self._lock = create_process_folder(), threading.Lock()
        self.end: tuple[int, bytes] | None = None  # what ``stop`` returns, once it was stopped or found dead
        arguments = (theirs, self._folder, is_limited, serve, arguments)
        self._process = context.Process(target=_run_worker, args=arguments, daemon=True)
        atexit.register(self.stop)
        try:
            with theirs, _block_interrupts(method):
                (self._folder / _STATUS_FILE).write_bytes(bytes(limits.STATUS_MEMORY_BYTES))
                self._process.start()
        except BaseException:
            self.stop()
            raise

    def call(self, work: Callable[..., Any], *arguments: Any, **keywords: Any) -> Any:
        """What the worker returns or raises for this call; its ``serve`` is ``serve_calls``."""
        try:
            self.connection.send((work, arguments, keywords))
            succeeded, value = self.connection.recv()
        except (EOFError, OSError):
            raise WorkerDeathError(*self.stop()) from None
        if not succeeded:
            raise value
        return value

    def stop(self) -> tuple[int, bytes]:
        """End the process and remove its files. Returns its exit code, and what it worked at."""
        with self._lock:
            if self.end is None:
                if self._process.pid:
                    getattr(self._process, "kill" if hasattr(signal, "SIGKILL") else "terminate")()
                    self._process.join()
                self.connection.close()
                status = b""
                with suppress(OSError):
                    status = (self._folder / _STATUS_FILE).read_bytes()
                shutil.rmtree(self._folder, ignore_errors=True)
                self.end = self._process.exitcode or 0, status
                atexit.unregister(self.stop)
            return self.end


@contextmanager
def _block_interrupts(method: str) -> Iterator[None]:
    """A process that starts inside does not receive Ctrl-C; for this one a Ctrl-C is only late."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    if method == "spawn":
        # Python 3.11 and 3.12 start it with the first process, and then unblock Ctrl-C.
        resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextmanager
def ignore_repeated_interrupts() -> Iterator[None]:
    """Ctrl-C stops the block, but not also its cleaning up: another one that comes soon after is ignored."""
    # A later one stops it again: a library may have swallowed the first, and a disk may hang.
    before, last = signal.getsignal(signal.SIGINT), -math.inf
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        nonlocal last
        if time.monotonic() - last > _INTERRUPT_SECONDS:
            last = time.monotonic()
            raise KeyboardInterrupt

    signal.signal(signal.SIGINT, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _run_worker(
    connection: Connection, folder: Path, is_limited: bool, serve: Callable[..., None], arguments: tuple[Any, ...]
) -> None:  # until nobody asks any more; this runs in the worker
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    tempfile.tempdir = str(folder)
    threading.Thread(target=_end_with_parent, args=(folder,), daemon=True).start()
    if is_limited:
        with open(folder / _STATUS_FILE, "r+b") as file:
            limits.enforce_limits(mmap(file.fileno(), 0))
    with suppress(EOFError, OSError):
        serve(connection, *arguments)
    shutil.rmtree(folder, ignore_errors=True)


def _end_with_parent(folder: Path) -> None:
    """Wait for the end of the parent process, then end this one, whatever its main thread does."""
    if parent := multiprocessing.parent_process():
        parent.join()
        shutil.rmtree(folder, ignore_errors=True)
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))  # Windows ends a process by any signal


def serve_calls(connection: Connection) -> None:
    """Carry out the calls that come through a pipe, one after the other."""
    while True:
        connection.send_bytes(_answer_call(connection.recv_bytes()))


def _answer_call(request: bytes) -> bytes:
    try:
        work, arguments, keywords = pickle.loads(request)
        return pickle.dumps((True, work(*arguments, **keywords)))
    except BaseException as fault:
        answer = pickle.dumps((False, RuntimeError(f"{type(fault).__name__}: {fault}")))
        with suppress(Exception):  # not every exception can cross to another process
            pickle.loads(pickle.dumps((False, fault)))
            answer = pickle.dumps((False, fault))
        return answer


class WorkerExecutor(Executor):
    """Calls carried out by workers, one at a time each. A thread for each worker waits for its answers."""

    def __init__(self, size: int, start_worker: Callable[[], WorkerProcess], attempts: int = 2) -> None:
        # A call at which a worker dies gets so many attempts, each by a new worker; then ``WorkerDeathError``.
        self.size, self._start_worker, self._attempts = size, start_worker, attempts
        self._calls = SimpleQueue[tuple[Future[Any], Callable[[WorkerProcess], Any]] | None]()
        self._lock, self._workers, self._is_shut_down = threading.Lock(), list[WorkerProcess](), False
        try:
            self._workers += (start_worker() for _ in range(size))
        except BaseException:
            self.shutdown()
            raise
        for number in range(size):
            threading.Thread(target=self._serve_calls, args=(number,), daemon=True).start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Have a worker call this."""
        future = Future[Any]()
        self._calls.put((future, lambda worker: worker.call(fn, *args, **kwargs)))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """End the workers at once, whatever they do."""
        with self._lock:
            self._is_shut_down = True
        for worker in self._workers:
            self._calls.put(None)
            worker.stop()

    def _serve_calls(self, number: int) -> None:
        for served in count(1):
            if not (given := self._calls.get()) or self._is_shut_down:
                return
            future, call = given
            try:
                future.set_result(self._carry_out(number, call))
            except BaseException as fault:
                future.set_exception(fault)
            if served % CALLS_PER_WORKER == 0:
                self._workers[number].stop()

    def _carry_out(self, number: int, call: Callable[[WorkerProcess], Any]) -> Any:
        for attempt in range(1, self._attempts + 1):
            with self._lock:
                if self._workers[number].end and not self._is_shut_down:
                    self._workers[number] = self._start_worker()
            try:
                return call(self._workers[number])
            except WorkerDeathError:
                if attempt == self._attempts:
                    raise
        return None


class EarlyWorker:
    """A process that loads WeasyPrint while the publication is read, then renders what it can: saves 0.25 s."""

    def __init__(self, first: Callable[[], object] | None) -> None:
        # Forked, it begins at once; a spawned process would import again what this one has.
        self._worker = WorkerProcess(_serve_early, first, method="fork")
        self._executor = WorkerExecutor(1, lambda: self._worker, attempts=1)
        self.stop = self._executor.shutdown

    @classmethod
    def start(cls, first: Callable[[], object] | None = None) -> EarlyWorker | None:
        """An early worker, None where it would be no help. It calls ``first`` before it loads anything."""
        is_useful = hasattr(os, "fork") and limits.are_limits_enforced() and not is_safe_mode()
        return cls(first) if is_useful and limits.usable_cores() > 1 else None

    def receive_first_result(self) -> Any:
        """What ``first`` returned, None if it failed. Call this once, before any ``submit_work``."""
        with suppress(OSError, EOFError):
            return self._worker.connection.recv()
        return None

    def submit_work(
        self, fonts: tuple[FontFace, ...], work: Callable[..., Result], *arguments: Any
    ) -> Callable[[], Result | None]:
        """Have ``work`` called with a typesetter and these arguments. Returns a function that waits for its result."""
        # The result is None where the worker could not do it. Where a signal ended the worker, it ends this process.
        step = limits.current_subject(), limits.remaining_seconds()
        return partial(_wait_for_result, self._executor.submit(do_work, *step, fonts, work, *arguments))


def _wait_for_result(future: Future[Any]) -> Any:
    try:
        result, seconds = future.result()
    except WorkerDeathError as died:
        if died.exit_code < 0:
            limits.copy_status(died.status)
            with suppress(OSError):  # SIGKILL has no handler
                signal.signal(-died.exit_code, signal.SIG_DFL)
            os.kill(os.getpid(), -died.exit_code)
        return None
    except Exception:
        return None
    limits.charge_seconds(seconds)
    if isinstance(result, Problems):
        raise result
    return result


def _serve_early(connection: Connection, first: Callable[[], object] | None) -> None:
    """Call ``first``, load what typesetting needs, then carry out calls; this runs in the worker."""
    if first:
        result = None
        with suppress(Exception):
            result = first()
        connection.send(result)
    # Most publications use the shipped fonts alone.
    with suppress(Problems):
        _load_typesetter(load_fonts(find_shipped_folder("fonts")))
    serve_calls(connection)


def do_work(
    subject: Path | str, seconds: float, fonts: tuple[FontFace, ...], work: Callable[..., Any], *arguments: Any
) -> tuple[Any, float]:
    """Typeset in a worker: what ``work`` returns, or its problems, and the seconds of computing that it took."""
    typesetter, start = _load_typesetter(fonts), time.process_time()
    # Garbage is collected when nearly all objects of the last work are dead. Amid the work much is alive and grows old:
    # that costs a twentieth of the time, or, with fewer collections, 100 MB.
    gc.collect(0 if next(_work_counter) % FULL_COLLECTION_INTERVAL else 2)
    gc.disable()
    try:
        with limits.limit_step(subject, seconds):
            result = work(typesetter, *arguments)
    except Problems as raised:
        result = raised
    return result, time.process_time() - start


@lru_cache(1)
def _load_typesetter(fonts: tuple[FontFace, ...]) -> Any:  # and all else that a document needs
    import tipbrief.pdf.pdf_draft
    import tipbrief.typeset.fit
    import tipbrief.verify.audit  # noqa: F401

    typesetter = create_typesetter(fonts)
    # What is loaded by now stays. To leave it out of garbage collections saves a twelfth of the time.
    gc.freeze()
    return typesetter
