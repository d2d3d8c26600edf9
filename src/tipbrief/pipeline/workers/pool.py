"""Worker pool: many documents rendered at once, by processes on this computer or by a Dask cluster."""

import gc
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any, TypeVar

from tipbrief import limits
from tipbrief.files import override_contents
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.process import WorkerDeathError, WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import CONTENT_OVERRIDES, Problems

Result = TypeVar("Result")

WORKER_TIMEOUT = 300  # seconds; no document takes so long
FULL_COLLECTION_INTERVAL = 50  # documents after which old objects, too, are searched for cycles
_BUILD_AGAIN = "what was finished is kept: build again for the rest"
_document_counter = count(1)
_work_lock = threading.Lock()  # a worker of Dask may have several threads, WeasyPrint's layout allows one


@dataclass(frozen=True, slots=True)
class SessionSpec:
    """The session that a worker opens, and the hash of its state. ``trial_files`` replace files' contents."""

    folder: Path
    paper: str
    profile: str
    languages: tuple[str, ...]
    state: str
    trial_files: tuple[tuple[str, bytes], ...] = ()


class PublicationMismatch(Problems):
    """A worker does not see the publication that its documents are of. It can make none of them."""


def render_in_worker(spec: SessionSpec, edition: Edition) -> Rendering:
    """Render one document; this runs in a worker."""
    return run_in_worker(spec, edition, document.render_document)


@dataclass(frozen=True)
class WorkerPool:
    """How many workers there are, how they start, and what each does for a document.

    A document becomes a task by ``prepare_task``; ``run_task`` makes an answer of it in a worker; and
    ``read_answer`` makes a rendering of that. Workers on this computer are trusted.
    """

    open_executor: Callable[[], Executor]
    size: int
    run_task: Callable[..., Any] = render_in_worker
    prepare_task: Callable[[Session, Edition], Any] = lambda session, edition: edition
    read_answer: Callable[[Session, Any, Any], Rendering] = lambda session, task, answer: answer


def local_pool(count: int | None = None) -> WorkerPool:
    """Workers on this computer, by default one for each core."""
    size = count or limits.usable_cores()
    start = partial(WorkerProcess, serve_calls, is_limited=limits.are_limits_enforced())
    return WorkerPool(lambda: WorkerExecutor(size, start), size)


def session_spec(session: Session) -> SessionSpec:
    """What a worker needs to open the same session."""
    form = session.paper, session.profile, tuple(session.translations)
    return SessionSpec(session.folder.resolve(), *form, session.state, tuple(CONTENT_OVERRIDES.get().items()))


@lru_cache(maxsize=1)
def open_session(spec: SessionSpec) -> Session:
    """The session that a worker keeps open for all its documents."""
    try:
        with override_contents({Path(name): content for name, content in spec.trial_files}):
            session = Session.open(spec.folder, paper=spec.paper, profile=spec.profile, languages=spec.languages)
        if session.state != spec.state:
            message = "the publication was changed while it was built, or a worker has other versions"
            hint = "build it again; workers elsewhere need the same files, fonts and programs"
            raise Problems(message, hint=hint)
    except Problems as raised:
        raise PublicationMismatch(raised.problems) from None
    # What is loaded by now stays. To leave it out of garbage collections saves a twelfth of the time.
    _ = session.typesetter, session.environment
    gc.collect()
    gc.freeze()
    return session


def run_in_worker(spec: SessionSpec, edition: Edition, work: Callable[[Session, Edition], Result]) -> Result:
    """What ``work`` makes of one document, alone and within its limits."""
    with _work_lock:
        session = open_session(spec)
        try:
            with _collect_garbage_afterwards(), limits.limit_step(edition.brief, limits.DOCUMENT_SECONDS):
                return work(session, edition)
        finally:  # nobody asks for its editions again
            session.ledger.forget_editions(edition.brief)


@contextmanager
def _collect_garbage_afterwards() -> Iterator[None]:
    """Collect garbage only after the document, when nearly all new objects are dead.

    In the midst of it much is alive and is moved to the old generation. That costs a twentieth of the time, or,
    with fewer collections, a hundred MB.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(0 if next(_document_counter) % FULL_COLLECTION_INTERVAL else 2)


def render_with_workers(
    pool: WorkerPool, session: Session, editions: Iterable[Edition]
) -> Iterator[tuple[Edition, Rendering | Problems]]:
    """The documents as they are finished, each with its rendering or its problems."""
    spec, coming, waiting = session_spec(session), iter(editions), dict[Future[Any], tuple[Edition, Any]]()
    executor = pool.open_executor()
    try:
        while True:
            # So many that no worker waits for the next one.
            while len(waiting) < 2 * pool.size and (edition := next(coming, None)):
                try:
                    with limits.limit_step(edition.brief):
                        task = pool.prepare_task(session, edition)
                except Problems as raised:
                    yield edition, raised
                else:
                    waiting[executor.submit(pool.run_task, spec, task)] = edition, task
            if not waiting:
                return
            finished = futures.wait(waiting, WORKER_TIMEOUT, futures.FIRST_COMPLETED).done
            if not finished:
                raise Problems(f"no worker answered for {WORKER_TIMEOUT} s", hint=_BUILD_AGAIN)
            for future in finished:
                edition, task = waiting.pop(future)
                yield edition, _receive_rendering(partial(pool.read_answer, session, task), future, edition)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _receive_rendering(
    read_answer: Callable[[Any], Rendering], future: Future[Any], edition: Edition
) -> Rendering | Problems:
    """A finished document, or its problems. A fault that concerns all documents is raised."""
    try:
        answer = future.result()
        with limits.limit_step(edition.brief):
            return read_answer(answer)
    except PublicationMismatch:
        raise
    except futures.CancelledError:
        raise Problems("the cluster was lost", hint=_BUILD_AGAIN) from None
    except Problems as raised:
        return raised
    except WorkerDeathError:
        reason = "its worker died twice"
    except Exception as fault:  # whatever a cluster makes of a lost worker
        reason = f"{type(fault).__name__}: {fault}"
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problems(f"'{edition.brief}' could not be made: {reason}", hint=hint)
