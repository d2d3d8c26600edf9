"""Cluster: documents made by the workers of a Dask cluster, of whose answers nothing is believed."""

from __future__ import annotations

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
from typing import Any

from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import PublicationMismatch, SessionSpec, WorkerPool, run_in_worker
from tipbrief.problems import Problem, Problems

_SCHEDULER_ADDRESS = re.compile(r"(tls://[^\s/]+|tcp://(localhost|127(\.\d{1,3}){3}|\[::1\])):\d{1,5}")
# In seconds. A scheduler that is there answers at once.
SCHEDULER_TIMEOUT = 5
# Documents that a worker is given at once: each time costs Dask 4 ms of computing.
DOCUMENTS_PER_TASK = 4
_PROBLEM_CLASSES = {"problems": Problems, "other": PublicationMismatch}


def connect_cluster_pool(address: str) -> WorkerPool:
    """The workers of a Dask cluster; they must see the publication's folder under the same name."""
    if not _SCHEDULER_ADDRESS.fullmatch(address):
        message = f"'{address}' is no address of a cluster"
        if address.startswith("tcp://"):
            message = f"'{address}' is neither encrypted nor on this computer: anybody in between could answer"
        hint = "write it like tls://host:8786, with keys as in docs/how-to/cluster.md; here tcp://localhost:8786"
        raise Problems(message, hint=hint)
    try:
        distributed = import_module("distributed")
        _disable_unpickling(distributed)
        for noise in ("distributed", "distributed.client", "tornado.application"):  # we tell it ourselves
            logging.getLogger(noise).setLevel(logging.CRITICAL)
        client = distributed.Client(address, timeout=SCHEDULER_TIMEOUT, set_as_default=False)
    except ImportError:
        hint = "install it: pip install 'tipbrief[cluster]'"
        raise Problems("Dask is not installed here", hint=hint) from None
    except Exception as fault:  # whatever Dask makes of somebody else's answer
        hint = "is the address right, and does its scheduler run?"
        hint += " without --cluster, this computer does the work"
        raise Problems(f"the cluster '{address}' cannot be reached: {fault}", hint=hint) from None
    if not (size := sum(client.nthreads().values())):
        client.close()
        raise Problems(f"the cluster '{address}' has no workers", hint="start one: dask worker ADDRESS")
    return WorkerPool(
        lambda: _ClusterExecutor(client),
        size,
        render_task,
        verify_cluster_answer,
        compose_for_cluster,
        DOCUMENTS_PER_TASK,
    )


def compose_for_cluster(session: Session, edition: Edition) -> tuple[Edition, str]:
    """What a worker of a cluster gets: the HTML too, which is needed here as well, to verify the pages."""
    return edition, document.compose_html(session, edition)


def render_task(order: SessionSpec, *given: tuple[Edition, str]) -> list[bytes]:
    """What a worker of a cluster sends, for each document that it was given."""
    return [render_task_document(order, *one) for one in given]


def render_task_document(order: SessionSpec, edition: Edition, html: str) -> bytes:
    """A line of JSON, and the PDF before it has its dataset.

    It is verified where it is received: no verdict from here would be believed.
    """
    from tipbrief.typeset.fit import read_spacing

    try:
        fit = run_in_worker(order, edition, partial(document.serialise_document_pages, html=html))
    except Problems as raised:
        kind = "other" if isinstance(raised, PublicationMismatch) else "problems"
        return json.dumps({kind: [[one.message, one.hint] for one in raised.problems]}).encode()
    return json.dumps({"spacing": read_spacing(fit.html)}).encode() + b"\n" + fit.typesetting.final_pdf


def verify_cluster_answer(session: Session, told: tuple[Edition, str], number: int, came: Any) -> Rendering:
    """A document of a worker's answers: held against what is composed here, with the dataset from here."""
    edition, html = told
    try:
        head, _, bare = bytes(came[number]).partition(b"\n")
        said = json.loads(head)
        for kind, raised in _PROBLEM_CLASSES.items():
            if kind in said:
                raise raised(Problem(str(message), hint=str(hint)) for message, hint in said[kind])
        return document.verify_remote_pages(session, edition, html, bare, str(said["spacing"]))
    except Problems:
        raise
    except Exception:  # whatever libraries make of bytes of any kind
        raise Problems(f"'{edition.brief}': a worker of the cluster sent no document") from None


class _UnreadObject(Exception):  # noqa: N818 - it stands for whatever it was
    """What came as an object, of any class: it was not made, and no code of it was run."""

    def __init__(self, *given: object, **named: object) -> None:
        super().__init__("its worker failed, or sent an object, which is not read")

    def __setstate__(self, state: object) -> None:
        """Nothing of it is kept."""


class _PlainUnpickler(pickle.Unpickler):
    """Makes plain values, and of whatever has a class nothing: a pickle is a program."""

    def find_class(self, module: str, name: str) -> Any:
        """The only class that an answer needs, else one that does nothing."""
        return bytes if (module, name) == ("builtins", "bytes") else _UnreadObject


def _load_plain_values(data: Any, *, buffers: Sequence[Any] = ()) -> Any:
    return _PlainUnpickler(BytesIO(data), buffers=buffers).load()


def _disable_unpickling(distributed: Any) -> None:
    """From now on Dask makes no objects here of what it is sent: it unpickles at this one place."""
    place = distributed.protocol.pickle
    if isinstance(place.pickle, SimpleNamespace):
        return
    place.pickle = SimpleNamespace(**{**vars(place.pickle), "loads": _load_plain_values})
    # An exception would have to be one, with a traceback, else Dask's client stops without a word.
    distributed.client.clean_exception = lambda *_, **__: (_UnreadObject, _UnreadObject(), None)


class _ClusterExecutor(Executor):
    """Dask's executor, whose client is closed with it."""

    def __init__(self, client: Any) -> None:
        self._client, self._executor = client, client.get_executor(pure=False)

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = self._executor.submit(fn, *args, **kwargs)
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        # What is still under way is forgotten with its client. Dask's own way asks the scheduler first, and
        # waits for ever where that is gone.
        self._client.close(timeout=SCHEDULER_TIMEOUT)
