"""Workers: documents made by many at once, on this computer or on a Dask cluster."""

import atexit
import gc
import multiprocessing
import os
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent import futures
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count, islice
from pathlib import Path
from typing import Any, TypeVar

from tipbrief import limits
from tipbrief.files import create_process_folder, override_contents
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.problems import CONTENT_OVERRIDES, Problem, Problems

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """What a worker works on, and the hash of all that as the one who asks sees it.

    The files that are ``tried`` read as if they had these contents.
    """

    folder: Path
    paper: str
    profile: str
    languages: tuple[str, ...]
    state: str
    trial_files: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class WorkerPool:
    """How workers are called together, and how many they are; what each does, and what its answer is.

    It gets an order and a ``handful`` of documents, as they are ``told``. With what was told, and its place
    in the handful, each document is ``received`` from the answer.
    """

    open_executor: Callable[[], Executor]
    size: int
    run_task: Callable[..., Any]
    receive_result: Callable[[Session, Any, int, Any], Rendering]
    prepare_document: Callable[[Session, Edition], Any] = lambda _, edition: edition
    documents_per_task: int = 1


class PublicationMismatch(Problems):
    """A worker does not see the publication that its documents are of: no document can be made there."""


# In seconds: no document takes so long.
WORKER_TIMEOUT = 300
# After so many documents, also what was kept for others is looked through for cycles.
FULL_COLLECTION_INTERVAL = 50
_document_counter = count(1)
# WeasyPrint's layout is not made for threads, which a worker of Dask may have several of.
_work_lock = threading.Lock()


def local_pool(count: int | None = None) -> WorkerPool:
    """Workers on this computer, one a core."""
    size = count or limits.usable_cores()
    return WorkerPool(lambda: _LocalExecutor(size), size, render_in_worker, accept_result)


def session_spec(session: Session) -> SessionSpec:
    """What the workers are told of a session."""
    form = session.paper, session.profile, tuple(session.translations)
    return SessionSpec(session.folder.resolve(), *form, session.state, tuple(CONTENT_OVERRIDES.get().items()))


@lru_cache(maxsize=1)
def open_session(order: SessionSpec) -> Session:
    """The session of an order, opened once by each worker: fonts, templates, publication are read once."""
    try:
        with override_contents({Path(name): content for name, content in order.trial_files}):
            session = Session.open(order.folder, paper=order.paper, profile=order.profile, languages=order.languages)
        if session.state != order.state:
            message = "the publication was changed while it was built, or a worker has other versions"
            hint = "build it again; workers elsewhere need the same files, fonts and programs"
            raise Problems(message, hint=hint)
    except Problems as raised:
        raise PublicationMismatch(raised.problems) from None
    # What is read by now stays; that nobody looks for rubbish in it saves a twelfth of the time.
    _ = session.typesetter, session.environment
    gc.collect()
    gc.freeze()
    return session


def render_in_worker(order: SessionSpec, edition: Edition) -> Rendering:
    """Make one document; this runs in a worker."""
    return run_in_worker(order, edition, document.render_document)


def run_in_worker(order: SessionSpec, edition: Edition, does: Callable[[Session, Edition], Result]) -> Result:
    """What a worker makes of one document, alone and within its limits."""
    with _work_lock:
        session = open_session(order)
        try:
            with _collect_garbage_afterwards(), limits.limit_step(edition.brief, limits.DOCUMENT_SECONDS):
                return does(session, edition)
        finally:  # nobody asks for its editions again
            session.ledger.forget_editions(edition.brief)


@contextmanager
def _collect_garbage_afterwards() -> Iterator[None]:
    """Cycles of dead objects are looked for when a document is made: then nearly all that is new is dead.

    In the midst of it much is alive, is found so again and again, and counts as old when it dies: that costs
    a twentieth of the time, or with fewer searches a hundred MB.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(0 if next(_document_counter) % FULL_COLLECTION_INTERVAL else 2)


def accept_result(_: Session, __: Edition, ___: int, made: Rendering) -> Rendering:
    """What a process of our own made: it is believed."""
    return made


def render_with_workers(
    workers: WorkerPool, session: Session, editions: Iterable[Edition]
) -> Iterator[tuple[Edition, Rendering | Problems]]:
    """The documents as they are finished, each with what was made or what is wrong with it.

    A worker that dies takes along the documents that were under way: they are made again, one at a time,
    so that the one at which workers die is known, and only that one is given up.
    """
    coming = iter(editions)
    while suspects := (yield from _render_in_pool(workers, 2 * workers.size, session, coming)):
        for edition in suspects:
            if (yield from _render_in_pool(workers, 1, session, iter([edition]))):
                yield edition, Problems(_lost_document_problem(edition, "its worker died twice"))


def _render_in_pool(
    workers: WorkerPool, most: int, session: Session, coming: Iterator[Edition]
) -> Generator[tuple[Edition, Rendering | Problems], None, list[Edition]]:
    """Give out documents, so much at once, until there are no more or a worker dies; what it took along."""
    under_way: dict[str, Edition] = {}
    given: dict[Future[Any], list[tuple[Edition, Any]]] = {}
    order, executor = session_spec(session), workers.open_executor()

    def give(some: list[tuple[Edition, Any]]) -> None:
        under_way.update((edition.brief, edition) for edition, _ in some)
        given[executor.submit(workers.run_task, order, *(told for _, told in some))] = some

    try:
        while True:
            while len(given) < most and (handful := list(islice(coming, workers.documents_per_task))):
                asked = [(edition, _prepare_for_worker(workers, session, edition)) for edition in handful]
                yield from ((edition, told) for edition, told in asked if isinstance(told, Problems))
                if some := [one for one in asked if not isinstance(one[1], Problems)]:
                    give(some)
            if not given:
                break
            finished = futures.wait(given, WORKER_TIMEOUT, futures.FIRST_COMPLETED).done
            if not finished:
                hint = "what was finished is kept: build again for the rest"
                raise Problems(f"no worker answered for {WORKER_TIMEOUT} s", hint=hint)
            for future in finished:
                some = given.pop(future)
                if len(some) > 1 and not future.cancelled() and future.exception():
                    for one in some:  # at one of them, but nobody knows at which
                        give([one])
                    continue
                for number, (edition, told) in enumerate(some):
                    result = _receive_from_worker(
                        partial(workers.receive_result, session, told, number), future, edition
                    )
                    del under_way[edition.brief]
                    yield edition, result
    except BrokenExecutor:  # raised also where it died while nobody looked
        pass
    finally:
        with _ignore_interrupts():
            executor.shutdown(wait=True, cancel_futures=True)
    return list(under_way.values())


def _prepare_for_worker(workers: WorkerPool, session: Session, edition: Edition) -> Any:
    """What a worker is told of a document, or what is wrong with it."""
    try:
        with limits.limit_step(edition.brief):
            return workers.prepare_document(session, edition)
    except Problems as raised:
        return raised


def _receive_from_worker(
    received: Callable[[Any], Rendering], future: Future[Any], edition: Edition
) -> Rendering | Problems:
    """What was made, or what is wrong with it; raised is what stops other documents, too."""
    try:
        came = future.result()
        with limits.limit_step(edition.brief):
            return received(came)
    except (PublicationMismatch, BrokenExecutor):
        raise
    except futures.CancelledError:
        hint = "what was finished is kept: build again for the rest"
        raise Problems("the cluster was lost", hint=hint) from None
    except Problems as raised:
        return raised
    except Exception as fault:  # whatever a cluster makes of a lost worker
        return Problems(_lost_document_problem(edition, f"{type(fault).__name__}: {fault}"))


def _lost_document_problem(edition: Edition, why: str) -> Problem:
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problem(f"'{edition.brief}' could not be made: {why}", hint=hint)


@contextmanager
def _ignore_interrupts() -> Iterator[None]:
    """Ctrl-C is not heard: a second one would leave workers behind, for which the exit waits for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def initialise_worker(limited: bool, temporary: str) -> None:
    """What a process of ours does first: it has its limits, and ends with the one who asks."""
    tempfile.tempdir = temporary
    if limited:
        limits.enforce_limits()

    # After all that is registered later, such as the removal of folders: to take a process apart takes long.
    atexit.register(os._exit, 0)

    # Where the one who asks is killed, nobody tells the workers: they would wait for work for ever.
    def end() -> None:
        if asks := multiprocessing.parent_process():
            asks.join()
            # At once, whatever the main thread is at. Windows ends a process by any signal.
            os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))

    threading.Thread(target=end, daemon=True).start()


class _LocalExecutor(futures.ProcessPoolExecutor):
    """Processes that Ctrl-C does not reach: who gives out the work stops it in order.

    What they leave behind where they are killed lies in one folder, which is removed with them.
    """

    def __init__(self, size: int) -> None:
        self._temporary_folder = create_process_folder()
        given = (limits.are_limits_enforced(), str(self._temporary_folder))
        super().__init__(size, multiprocessing.get_context("spawn"), initializer=initialise_worker, initargs=given)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if not hasattr(signal, "pthread_sigmask"):  # Windows
            return super().submit(fn, *args, **kwargs)
        # This begins a process, which inherits the mask; a Ctrl-C meanwhile is only late.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            return super().submit(fn, *args, **kwargs)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        super().shutdown(wait, cancel_futures=cancel_futures)
        shutil.rmtree(self._temporary_folder, ignore_errors=True)
