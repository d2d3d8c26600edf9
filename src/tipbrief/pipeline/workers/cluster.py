"""Cluster: documents rendered by the workers of a Dask cluster, whose answers are verified here."""

import json
import logging
import pickle
import re
from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future
from functools import partial
from importlib import import_module
from io import BytesIO
from types import SimpleNamespace
from typing import Any, cast

from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import PublicationMismatch, SessionSpec, WorkerPool, run_in_worker
from tipbrief.problems import Problem, Problems

_SCHEDULER_ADDRESS = re.compile(r"(tls://[^\s/]+|tcp://(localhost|127(\.\d{1,3}){3}|\[::1\])):\d{1,5}")
SCHEDULER_TIMEOUT = 5  # seconds; a scheduler that is there answers at once
_PROBLEM_CLASSES = {"problems": Problems, "other": PublicationMismatch}


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
        fit = run_in_worker(spec, edition, partial(document.serialise_document_pages, html=html))
    except Problems as raised:
        kind = "other" if isinstance(raised, PublicationMismatch) else "problems"
        return json.dumps({kind: [[one.message, one.hint] for one in raised.problems]}).encode()
    return json.dumps({"spacing": read_spacing(fit.html)}).encode() + b"\n" + fit.typesetting.final_pdf


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
