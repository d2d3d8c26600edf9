"""Worker pool: many documents rendered at once, by processes on this computer or by a Dask cluster."""

import gc
import json
import logging
import pickle
import re
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent import futures
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache, partial
from importlib import import_module
from io import BytesIO
from itertools import count
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from tipbrief import limits
from tipbrief.files import override_contents
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.process import WorkerDeathError, WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import CONTENT_OVERRIDES, Problem, Problems

_SCHEDULER_ADDRESS = re.compile(r"(tls://[^\s/]+|tcp://(localhost|127(\.\d{1,3}){3}|\[::1\])):\d{1,5}")
SCHEDULER_TIMEOUT = 5  # seconds; a scheduler that is there answers at once
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


# What a worker of a cluster reports, by its kind.
_PROBLEM_CLASSES = {"problems": Problems, "other": PublicationMismatch}


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
            raise Problems(message, hint="build it again; workers elsewhere need the same files, fonts and programs")
    except Problems as raised:
        raise PublicationMismatch(raised.problems) from None
    # What is loaded by now stays. To leave it out of garbage collections saves a twelfth of the time.
    _ = session.typesetter, session.environment
    gc.collect()
    gc.freeze()
    return session


def render_in_worker(
    spec: SessionSpec, edition: Edition, render: Callable[[Session, Edition], Any] = document.render_document
) -> Any:
    """One document as ``render`` makes it, alone and within its limits; this runs in a worker."""
    with _work_lock:
        session = open_session(spec)
        try:
            with _collect_garbage_afterwards(), limits.limit_step(edition.brief, limits.DOCUMENT_SECONDS):
                return render(session, edition)
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


def connect_cluster_pool(address: str) -> WorkerPool:
    """The workers of a Dask cluster. They must see the publication's folder under the same name."""
    if not _SCHEDULER_ADDRESS.fullmatch(address):
        message = f"'{address}' is no address of a cluster"
        if address.startswith("tcp://"):
            message = f"'{address}' is neither encrypted nor on this computer: anybody in between could answer"
        hint = "write it like tls://host:8786, with keys as in docs/how-to/cluster.md; here tcp://localhost:8786"
        raise Problems(message, hint=hint)
    try:
        distributed = import_module("distributed")
        _disable_unpickling(distributed)
        for noise in ("distributed", "distributed.client", "tornado.application"):  # its faults become our problems
            logging.getLogger(noise).setLevel(logging.CRITICAL)
        client = distributed.Client(address, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except ImportError:
        raise Problems("Dask is not installed here", hint="install it: pip install 'tipbrief[cluster]'") from None
    except Exception as fault:  # whatever Dask makes of somebody else's answer
        hint = "is the address right, and does its scheduler run? without --cluster, this computer does the work"
        raise Problems(f"the cluster '{address}' cannot be reached: {fault}", hint=hint) from None
    if not (size := sum(client.nthreads().values())):
        client.close()
        raise Problems(f"the cluster '{address}' has no workers", hint="start one: dask worker ADDRESS")
    return WorkerPool(lambda: _ClusterExecutor(client), size, render_task, compose_task, verify_answer)


def compose_task(session: Session, edition: Edition) -> tuple[Edition, str]:
    """An edition and its HTML. The HTML is needed here, too, to verify the pages."""
    return edition, document.compose_html(session, edition)


def render_task(spec: SessionSpec, task: tuple[Edition, str]) -> bytes:
    """A line of JSON, and the PDF before it has its dataset; this runs in a worker of the cluster.

    The pages are verified where they are received: a verdict from here would not be trusted.
    """
    from tipbrief.typeset.fit import read_spacing

    edition, html = task
    try:
        fit = render_in_worker(spec, edition, partial(document.serialise_document_pages, html=html))
    except Problems as raised:
        kind = "other" if isinstance(raised, PublicationMismatch) else "problems"
        return json.dumps({kind: [[one.message, one.hint] for one in raised.problems]}).encode()
    return b"\n".join((json.dumps({"spacing": read_spacing(fit.html)}).encode(), fit.typesetting.final_pdf))


def verify_answer(session: Session, task: tuple[Edition, str], answer: Any) -> Rendering:
    """The document of a worker's answer, compared with what is composed here, with the dataset from here."""
    edition, html = task
    try:
        head, _, pages = bytes(answer).partition(b"\n")
        values = json.loads(head)
        for kind, problem_class in _PROBLEM_CLASSES.items():
            if kind in values:
                raise problem_class(Problem(str(message), hint=str(hint)) for message, hint in values[kind])
        return document.verify_remote_pages(session, edition, html, pages, str(values["spacing"]))
    except Problems:
        raise
    except Exception:  # bytes of any kind make libraries raise anything
        raise Problems(f"'{edition.brief}': a worker of the cluster sent no document") from None


class _UnreadObject(Exception):  # noqa: N818 - it stands for an object of any class
    """Stands in for an object of any class: it was not unpickled, and none of its code ran."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__("its worker failed, or sent an object, which is not read")

    def __setstate__(self, state: object) -> None:
        """Ignore the state."""


class _PlainUnpickler(pickle.Unpickler):
    """Unpickles plain values alone: a pickle is a program."""

    def find_class(self, module: str, name: str) -> Any:
        """The only class that an answer needs, else the stand-in."""
        return bytes if (module, name) == ("builtins", "bytes") else _UnreadObject


def _disable_unpickling(distributed: Any) -> None:
    """Keep Dask from unpickling objects in this process: it does so in this one place."""
    place = distributed.protocol.pickle
    if isinstance(place.pickle, SimpleNamespace):
        return

    def loads(data: Any, *, buffers: Sequence[Any] = ()) -> Any:
        return _PlainUnpickler(BytesIO(data), buffers=buffers).load()

    place.pickle = SimpleNamespace(**{**vars(place.pickle), "loads": loads})
    # Dask needs an exception with a traceback here; else its client stops without a message.
    distributed.client.clean_exception = lambda *_, **__: (_UnreadObject, _UnreadObject(), None)


class _ClusterExecutor(Executor):
    """Dask's executor, whose client is closed with it."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        return cast(Future[Any], self._executor.submit(fn, *args, **kwargs))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        # Dask's own executor asks the scheduler first, and waits for ever if that is gone.
        self._client.close(timeout=SCHEDULER_TIMEOUT)
