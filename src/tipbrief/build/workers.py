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
from tipbrief.build import document
from tipbrief.build.made import Made
from tipbrief.build.session import Session
from tipbrief.files import instead, process_folder
from tipbrief.ledger.entries import Edition
from tipbrief.problems import TRIED, Problem, Problems

Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Order:
    """What a worker works on, and the hash of all that as the one who asks sees it.

    The files that are ``tried`` read as if they had these contents.
    """

    folder: Path
    paper: str
    profile: str
    languages: tuple[str, ...]
    state: str
    tried: tuple[tuple[str, bytes], ...] = ()


@dataclass(frozen=True)
class Workers:
    """How workers are called together, and how many they are; what each does, and what its answer is.

    It gets an order and a ``handful`` of documents, as they are ``told``. With what was told, and its place
    in the handful, each document is ``received`` from the answer.
    """

    called: Callable[[], Executor]
    size: int
    does: Callable[..., Any]
    received: Callable[[Session, Any, int, Any], Made]
    told: Callable[[Session, Edition], Any] = lambda _, edition: edition
    handful: int = 1


class OtherPublication(Problems):
    """A worker does not see the publication that its documents are of: no document can be made there."""


# In seconds: no document takes so long.
SILENCE = 300
# After so many documents, also what was kept for others is looked through for cycles.
ALL_AFTER = 50
_made = count(1)
# WeasyPrint's layout is not made for threads, which a worker of Dask may have several of.
_at_work = threading.Lock()


def local_workers(count: int | None = None) -> Workers:
    """Workers on this computer, one a core."""
    size = count or limits.usable_cores()
    return Workers(lambda: _LocalExecutor(size), size, work, as_it_came)


def order_of(session: Session) -> Order:
    """What the workers are told of a session."""
    form = session.paper, session.profile, tuple(session.translations)
    return Order(session.folder.resolve(), *form, session.state, tuple(TRIED.get().items()))


@lru_cache(maxsize=1)
def session_of(order: Order) -> Session:
    """The session of an order, opened once by each worker: fonts, templates, publication are read once."""
    try:
        with instead({Path(name): content for name, content in order.tried}):
            session = Session.open(
                order.folder, paper=order.paper, profile=order.profile, languages=order.languages
            )
        if session.state != order.state:
            message = "the publication was changed while it was built, or a worker has other versions"
            hint = "build it again; workers elsewhere need the same files, fonts and programs"
            raise Problems(message, hint=hint)
    except Problems as raised:
        raise OtherPublication(raised.problems) from None
    # What is read by now stays; that nobody looks for rubbish in it saves a twelfth of the time.
    _ = session.typesetter, session.environment
    gc.collect()
    gc.freeze()
    return session


def work(order: Order, edition: Edition) -> Made:
    """Make one document; this runs in a worker."""
    return at_work(order, edition, document.make)


def at_work(order: Order, edition: Edition, does: Callable[[Session, Edition], Done]) -> Done:
    """What a worker makes of one document, alone and within its limits."""
    with _at_work:
        session = session_of(order)
        try:
            with _one_search(), limits.bounded(edition.brief, limits.SECONDS_IN_ALL):
                return does(session, edition)
        finally:  # nobody asks for its editions again
            session.ledger.forget(edition.brief)


@contextmanager
def _one_search() -> Iterator[None]:
    """Cycles of dead objects are looked for when a document is made: then nearly all that is new is dead.

    In the midst of it much is alive, is found so again and again, and counts as old when it dies: that costs
    a twentieth of the time, or with fewer searches a hundred MB.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.collect(0 if next(_made) % ALL_AFTER else 2)


def as_it_came(_: Session, __: Edition, ___: int, made: Made) -> Made:
    """What a process of our own made: it is believed."""
    return made


def made_by(
    workers: Workers, session: Session, editions: Iterable[Edition]
) -> Iterator[tuple[Edition, Made | Problems]]:
    """The documents as they are finished, each with what was made or what is wrong with it.

    A worker that dies takes along the documents that were under way: they are made again, one at a time,
    so that the one at which workers die is known, and only that one is given up.
    """
    coming = iter(editions)
    while suspects := (yield from _together(workers, 2 * workers.size, session, coming)):
        for edition in suspects:
            if (yield from _together(workers, 1, session, iter([edition]))):
                yield edition, Problems(_lost(edition, "its worker died twice"))


def _together(
    workers: Workers, most: int, session: Session, coming: Iterator[Edition]
) -> Generator[tuple[Edition, Made | Problems], None, list[Edition]]:
    """Give out documents, so much at once, until there are no more or a worker dies; what it took along."""
    under_way: dict[str, Edition] = {}
    given: dict[Future[Any], list[tuple[Edition, Any]]] = {}
    order, executor = order_of(session), workers.called()

    def give(some: list[tuple[Edition, Any]]) -> None:
        under_way.update((edition.brief, edition) for edition, _ in some)
        given[executor.submit(workers.does, order, *(told for _, told in some))] = some

    try:
        while True:
            while len(given) < most and (handful := list(islice(coming, workers.handful))):
                asked = [(edition, _told(workers, session, edition)) for edition in handful]
                yield from ((edition, told) for edition, told in asked if isinstance(told, Problems))
                if some := [one for one in asked if not isinstance(one[1], Problems)]:
                    give(some)
            if not given:
                break
            finished = futures.wait(given, SILENCE, futures.FIRST_COMPLETED).done
            if not finished:
                hint = "what was finished is kept: build again for the rest"
                raise Problems(f"no worker answered for {SILENCE} s", hint=hint)
            for future in finished:
                some = given.pop(future)
                if len(some) > 1 and not future.cancelled() and future.exception():
                    for one in some:  # at one of them, but nobody knows at which
                        give([one])
                    continue
                for number, (edition, told) in enumerate(some):
                    result = _result(partial(workers.received, session, told, number), future, edition)
                    del under_way[edition.brief]
                    yield edition, result
    except BrokenExecutor:  # raised also where it died while nobody looked
        pass
    finally:
        with _undisturbed():
            executor.shutdown(wait=True, cancel_futures=True)
    return list(under_way.values())


def _told(workers: Workers, session: Session, edition: Edition) -> Any:
    """What a worker is told of a document, or what is wrong with it."""
    try:
        with limits.bounded(edition.brief):
            return workers.told(session, edition)
    except Problems as raised:
        return raised


def _result(received: Callable[[Any], Made], future: Future[Any], edition: Edition) -> Made | Problems:
    """What was made, or what is wrong with it; raised is what stops other documents, too."""
    try:
        came = future.result()
        with limits.bounded(edition.brief):
            return received(came)
    except (OtherPublication, BrokenExecutor):
        raise
    except futures.CancelledError:
        hint = "what was finished is kept: build again for the rest"
        raise Problems("the cluster was lost", hint=hint) from None
    except Problems as raised:
        return raised
    except Exception as fault:  # whatever a cluster makes of a lost worker
        return Problems(_lost(edition, f"{type(fault).__name__}: {fault}"))


def _lost(edition: Edition, why: str) -> Problem:
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problem(f"'{edition.brief}' could not be made: {why}", hint=hint)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Ctrl-C is not heard: a second one would leave workers behind, for which the exit waits for ever."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def begin_process(limited: bool, temporary: str) -> None:
    """What a process of ours does first: it has its limits, and ends with the one who asks."""
    tempfile.tempdir = temporary
    if limited:
        limits.enforce()

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
        self._temporary = process_folder()
        given = (limits.enforced(), str(self._temporary))
        super().__init__(
            size, multiprocessing.get_context("spawn"), initializer=begin_process, initargs=given
        )

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
        shutil.rmtree(self._temporary, ignore_errors=True)
