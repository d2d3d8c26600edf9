"""Worker pool: many documents rendered at once, by processes on this computer."""

import gc
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from concurrent.futures import Future
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import count
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.files import override_contents
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.process import WorkerDeathError, WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import CONTENT_OVERRIDES, Problems

WORKER_TIMEOUT = 300  # seconds; no document takes so long
FULL_COLLECTION_INTERVAL = 50  # documents after which old objects, too, are searched for cycles
_document_counter = count(1)


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
            raise Problems("the publication was changed while it was built", hint="build it again")
    except Problems as raised:
        raise PublicationMismatch(raised.problems) from None
    # What is loaded by now stays. To leave it out of garbage collections saves a twelfth of the time.
    _ = session.typesetter, session.environment
    gc.collect()
    gc.freeze()
    return session


def render_in_worker(spec: SessionSpec, edition: Edition) -> Rendering:
    """One document, rendered within its limits; this runs in a worker."""
    session = open_session(spec)
    # Garbage is collected when nearly all new objects are dead. Amid the work much is alive and grows old: that costs
    # a twentieth of the time, or, with fewer collections, 100 MB.
    gc.disable()
    try:
        with limits.limit_step(edition.brief, limits.DOCUMENT_SECONDS):
            return document.render_document(session, edition)
    finally:
        gc.enable()
        gc.collect(0 if next(_document_counter) % FULL_COLLECTION_INTERVAL else 2)
        session.ledger.forget_editions(edition.brief)  # nobody asks for its editions again


def local_pool(count: int | None = None) -> WorkerExecutor:
    """Workers on this computer, by default one for each core."""
    start = partial(WorkerProcess, serve_calls, is_limited=limits.are_limits_enforced())
    return WorkerExecutor(count or limits.usable_cores(), start)


def render_with_workers(
    executor: WorkerExecutor, session: Session, editions: Iterable[Edition]
) -> Iterator[tuple[str, Rendering | Problems]]:
    """The documents by name as they are finished, each with its rendering or its problems."""
    spec = session_spec(session)
    return call_with_workers(executor, ((one.brief, partial(render_in_worker, spec, one)) for one in editions))


def call_with_workers(
    executor: WorkerExecutor, calls: Iterable[tuple[str, Callable[[], Any]]]
) -> Iterator[tuple[str, Any]]:
    """What is made by workers, by name as it is finished, or the problems with it; then the workers end."""
    coming, waiting = iter(calls), dict[Future[Any], str]()
    try:
        while True:
            # So many that no worker waits for the next one.
            while len(waiting) < 2 * executor.size and (call := next(coming, None)):
                waiting[executor.submit(call[1])] = call[0]
            if not waiting:
                return
            finished = futures.wait(waiting, WORKER_TIMEOUT, futures.FIRST_COMPLETED).done
            if not finished:
                hint = "what was finished is kept: build again for the rest"
                raise Problems(f"no worker answered for {WORKER_TIMEOUT} s", hint=hint)
            for future in finished:
                name = waiting.pop(future)
                yield name, _receive_result(future, name)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _receive_result(future: Future[Any], name: str) -> Any:
    """What was made, or its problems. A fault that concerns all documents is raised."""
    try:
        return future.result()
    except PublicationMismatch:
        raise
    except Problems as raised:
        return raised
    except WorkerDeathError:
        reason = "its worker died twice"
    except Exception as fault:
        reason = f"{type(fault).__name__}: {fault}"
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problems(f"'{name}' could not be made: {reason}", hint=hint)
