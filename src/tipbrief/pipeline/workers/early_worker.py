"""Press: a second process that loads WeasyPrint while the publication is read, then typesets and verifies.

It spares the clock a quarter of a second where few documents are made; many are made by workers. What it
cannot do, for whatever reason, is done where it was asked for, as if there were none.
"""

from __future__ import annotations

import atexit
import gc
import multiprocessing
import os
import pickle
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from mmap import mmap
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from threading import Thread
from typing import Any, TypeVar

from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.files import create_process_folder
from tipbrief.fonts.font_library import FontFace, load_fonts
from tipbrief.pipeline.rendering import create_typesetter
from tipbrief.pipeline.store import Store, default_folder
from tipbrief.problems import Problems
from tipbrief.safe_mode import is_safe_mode

Result = TypeVar("Result")
_STATUS_MEMORY_BYTES = 1024  # bytes for the name of what is worked at


class EarlyWorker:
    """A process of ours with a typesetter, which is asked through a line."""

    def __init__(self, process: BaseProcess, line: Connection, folder: Path, board: mmap) -> None:
        self._process, self._connection, self._temporary_folder, self._status_memory = (
            process,
            line,
            folder,
            board,
        )
        self._sender_thread, self._request_count = Thread(), 0
        self._results: dict[int, list[Any]] = {}
        atexit.register(self.stop)

    @classmethod
    def start(cls, first: Callable[[], object] | None = None) -> EarlyWorker | None:
        """A press that begins at once; none where it would be no help, or nothing limits our work.

        What it is to do ``first``, ``began_with`` gives.
        """
        if not hasattr(os, "fork") or not limits.are_limits_enforced() or is_safe_mode() or limits.usable_cores() < 2:
            return None
        ours, theirs = multiprocessing.Pipe()
        # It may work at one thing while we are at another: so each has a board.
        folder, board, given = (
            create_process_folder(),
            mmap(-1, _STATUS_MEMORY_BYTES),
            (os.getpid(), ours, theirs),
        )
        process = multiprocessing.get_context("fork").Process(
            target=_serve_requests, args=(*given, folder, board, first), daemon=True
        )
        process.start()
        theirs.close()
        return cls(process, ours, folder, board)

    def receive_first_result(self) -> Any:
        """What came of that: one asks once, before anything else. None where it cannot say."""
        with suppress(OSError, EOFError):
            return self._connection.recv()
        return None

    def submit_work(
        self, faces: tuple[FontFace, ...], work: Callable[..., Result], *given: Any, **named: Any
    ) -> Callable[[], Result | None]:
        """What ``work`` makes with a typesetter and the rest, for which one may call later, and after more.

        None where there is no answer. Where a library dies of it, this process dies as it would have died of
        it itself.
        """
        self._request_count += 1
        what = pickle.dumps(
            (
                self._request_count,
                limits.current_subject(),
                limits.remaining_seconds(),
                faces,
                work,
                given,
                named,
            )
        )
        if self._sender_thread.ident:  # of two at once the line would make one
            self._sender_thread.join()
        # It takes nothing before it has loaded all, and the line holds less than a page.
        self._sender_thread = Thread(target=self._send_request, args=(what,), daemon=True)
        self._sender_thread.start()
        return partial(self._receive_result, self._request_count)

    def _send_request(self, what: bytes) -> None:
        with suppress(OSError):  # found out by who waits for the answer
            self._connection.send_bytes(what)

    def _receive_result(self, number: int) -> Any:
        """What it says to the question with this number; what it says before waits for who calls for that."""
        try:
            while number not in self._results:
                answered, *answer = self._connection.recv()
                self._results[answered] = answer
        except (OSError, EOFError):
            self._exit_with_worker_signal()
            return None
        made, took = self._results.pop(number)
        limits.charge_seconds(took)
        if isinstance(made, Problems):
            raise made
        return pickle.loads(made) if made else None

    def _exit_with_worker_signal(self) -> None:
        """Die of the signal of which it died, if it was one."""
        self._process.join()
        if (code := self._process.exitcode or 0) < 0:
            limits.copy_status_memory(self._status_memory)
            with suppress(OSError):  # of SIGKILL nobody can be told
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)

    def stop(self) -> None:
        """It is not needed any more."""
        self._process.kill()
        self._process.join()
        shutil.rmtree(self._temporary_folder, ignore_errors=True)


def _serve_requests(
    asks: int,
    other: Connection,
    line: Connection,
    folder: Path,
    board: mmap,
    first: Callable[[], object] | None,
) -> None:
    """Answer until nobody asks any more; this is the press."""
    other.close()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asks hears it, and ends the press
    limits.die_with_parent(asks)
    limits.enforce_limits(board)
    tempfile.tempdir = str(folder)
    gc.disable()  # all that is loaded stays
    if first:
        made = None
        with suppress(Exception):  # for the one who asks to find out
            made = first()
        line.send(made)
    # Before it is asked for a page, templates are filled: where nothing was kept yet, it is idle so long.
    if not (cache := Store(default_folder())).folder.exists():
        with suppress(Exception):  # told by who fills them
            from tipbrief.pipeline.template_cache import compile_shipped_templates

            compile_shipped_templates(cache)
    # Most publications are printed with the shipped faces; for others there is another typesetter.
    with suppress(Problems):  # told by who asks
        _typesetter_for_fonts(load_fonts(find_shipped_folder("fonts")))
        import tipbrief.pdf.pdf_draft
        import tipbrief.pipeline.rendering
        import tipbrief.typeset.fit
        import tipbrief.verify.audit  # noqa: F401
    gc.freeze()
    gc.enable()
    with suppress(EOFError, OSError):
        while True:
            number, *asked = line.recv()
            begun = time.process_time()
            made = _carry_out_request(*asked)
            line.send((number, made, time.process_time() - begun))


def _carry_out_request(
    subject: Path | str,
    seconds: float,
    faces: tuple[FontFace, ...],
    work: Callable[..., Any],
    given: tuple[Any, ...],
    named: dict[str, Any],
) -> bytes | Problems | None:
    """What is made, packed, or what is wrong with it; None where that is for the one who asks to find out."""
    with suppress(Exception):
        try:
            with limits.limit_step(subject, seconds):
                return pickle.dumps(work(_typesetter_for_fonts(faces), *given, **named))
        except Problems as raised:
            return raised
    return None


_typesetter_for_fonts = lru_cache(1)(create_typesetter)
