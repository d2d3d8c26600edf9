"""Early worker: one process that lets ``typeset/`` load WeasyPrint while the publication is read, then renders.

It saves a quarter of a second where few documents are made. What it cannot do, the process that asks does itself.
"""

from __future__ import annotations

import gc
import os
import signal
import time
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from functools import lru_cache, partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, TypeVar

from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import FontFace, load_fonts
from tipbrief.pipeline.rendering import create_typesetter
from tipbrief.pipeline.workers.process import WorkerDeathError, WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import Problems
from tipbrief.safe_mode import is_safe_mode

Result = TypeVar("Result")


class EarlyWorker:
    """A worker that has a typesetter."""

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
        """Have ``work`` called with a typesetter and these arguments. Returns a function that waits for its result.

        The result is None where the worker could not do it. Where a signal ended the worker, it ends this process.
        """
        step = limits.current_subject(), limits.remaining_seconds()
        return partial(_wait_for_result, self._executor.submit(_do_work, *step, fonts, work, *arguments))


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
    gc.disable()  # all that is loaded stays
    if first:
        result = None
        with suppress(Exception):
            result = first()
        connection.send(result)
    # Most publications use the shipped fonts alone.
    with suppress(Problems):
        _typesetter_for_fonts(load_fonts(find_shipped_folder("fonts")))
        import tipbrief.pdf.pdf_draft
        import tipbrief.pipeline.rendering
        import tipbrief.typeset.fit
        import tipbrief.verify.audit  # noqa: F401
    gc.freeze()
    gc.enable()
    serve_calls(connection)


def _do_work(
    subject: Path | str, seconds: float, fonts: tuple[FontFace, ...], work: Callable[..., Any], *arguments: Any
) -> tuple[Any, float]:
    """The result of work within the limits of the process that asks, or its problems; and how long it took."""
    start = time.process_time()
    try:
        with limits.limit_step(subject, seconds):
            result = work(_typesetter_for_fonts(fonts), *arguments)
    except Problems as raised:
        result = raised
    return result, time.process_time() - start


_typesetter_for_fonts = lru_cache(1)(create_typesetter)
