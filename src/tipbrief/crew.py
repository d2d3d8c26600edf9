"""The crew: documents made by many workers at once, on this computer or on a Dask cluster."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from tipbrief.ledger import Edition
from tipbrief.problems import Problem, Problems
from tipbrief.workshop import Made, Workshop


@dataclass(frozen=True, slots=True)
class Order:
    """Where a worker finds what it works on, and the hash of all that as the one who asks sees it."""

    folder: str
    templates: str
    fonts: str
    paper: str
    profile: str
    state: str


@dataclass(frozen=True)
class Crew:
    """Workers: how to call them together, and how many documents are given to them at a time."""

    gather: Callable[[], Executor]
    size: int


# One workshop a worker: fonts, templates and the publication are read once.
_shops: dict[Order, Workshop] = {}
# WeasyPrint's layout is not made for threads, which a worker of Dask may have several of.
_at_work = threading.Lock()


def local(workers: int | None = None) -> Crew:
    """Workers on this computer, one a core."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    size = workers or usable or 1
    context = multiprocessing.get_context("spawn")
    return Crew(lambda: ProcessPoolExecutor(size, context, initializer=_begin), size)


def cluster(address: str) -> Crew:
    """The workers of a Dask cluster; they must see the publication's folder under the same name."""
    try:
        client_of = import_module("distributed").Client
    except ImportError:
        hint = "install it: pip install 'tipbrief[cluster]'"
        raise Problems(Problem("Dask is not installed here", hint=hint)) from None
    try:
        client = client_of(address, timeout=10, set_as_default=False)
    except (OSError, ValueError) as fault:
        hint = (
            "is the address right, and does its scheduler run? without --cluster, this computer does the work"
        )
        raise Problems(Problem(f"the cluster '{address}' cannot be reached: {fault}", hint=hint)) from None
    size = sum(client.nthreads().values())
    if not size:
        client.close()
        raise Problems(
            Problem(f"the cluster '{address}' has no workers", hint="start one: dask worker ADDRESS")
        )
    return Crew(lambda: _ClusterExecutor(client), size)


def order_of(workshop: Workshop) -> Order:
    """What the workers are told of a workshop."""
    places = (workshop.folder, workshop.templates, workshop.fonts)
    folder, templates, fonts = (str(place.resolve()) for place in places)
    return Order(folder, templates, fonts, workshop.paper, workshop.profile, workshop.state)


def work(order: Order, edition: Edition) -> Made:
    """Make one document; this runs in a worker."""
    with _at_work:
        shop = _shops.get(order)
        if shop is None:
            places = (Path(order.folder), Path(order.templates), Path(order.fonts))
            shop = Workshop(*places, paper=order.paper, profile=order.profile)
            if shop.state != order.state:
                hint = "nobody may change it while it is built; workers elsewhere need the same versions, too"
                raise Problems(Problem("a worker sees another publication than this computer", hint=hint))
            _shops.clear()
            _shops[order] = shop
        return shop.make(edition)


def made_by(
    crew: Crew, order: Order, editions: Sequence[Edition]
) -> Iterator[tuple[Edition, Made | Problems]]:
    """The documents as they are finished, each with what was made or what is wrong with it.

    A worker that dies takes along the documents that were under way: they are given out again, one at a time,
    so that the one at which workers die is known, and only that one is given up.
    """
    waiting, suspects = deque(editions), deque[Edition]()
    executor = crew.gather()
    given: dict[Future[Made], Edition] = {}
    try:
        while waiting or suspects or given:
            alone = bool(suspects)
            while (suspects and not given) or (waiting and not alone and len(given) < 2 * crew.size):
                edition = suspects.popleft() if suspects else waiting.popleft()
                given[executor.submit(work, order, edition)] = edition
            broken: list[Edition] = []
            for future in wait(given, return_when=FIRST_COMPLETED).done:
                edition = given.pop(future)
                try:
                    yield edition, future.result()
                except Problems as raised:
                    yield edition, raised
                except BrokenExecutor:
                    broken.append(edition)
                except Exception as fault:  # whatever a cluster makes of a lost worker
                    yield edition, Problems(_lost(edition, f"{type(fault).__name__}: {fault}"))
            if broken:
                broken += given.values()
                given.clear()
                executor.shutdown(wait=False, cancel_futures=True)
                executor = crew.gather()
                if alone and len(broken) == 1:
                    yield broken[0], Problems(_lost(broken[0], "its worker died twice"))
                else:
                    suspects.extend(broken)
    finally:
        executor.shutdown(wait=True, cancel_futures=True)


def _lost(edition: Edition, why: str) -> Problem:
    hint = "is there enough memory? build it alone, and look at what it says"
    return Problem(f"'{edition.brief}' could not be made: {why}", hint=hint)


def _begin() -> None:
    # Ctrl-C reaches every process of a terminal; who gave out the work stops it in order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)


class _ClusterExecutor(Executor):
    """Dask's executor, whose client is closed with it."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._executor.shutdown(wait=not cancel_futures)
        self._client.close()
