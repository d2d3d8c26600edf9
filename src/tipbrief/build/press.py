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
from tipbrief.assets import shipped
from tipbrief.build.cache import Cache, default_folder
from tipbrief.build.faces import typesetter_of
from tipbrief.files import process_folder
from tipbrief.fonts.shelf import Face, shelf
from tipbrief.plain import plain_way
from tipbrief.problems import Problems

Made = TypeVar("Made")
_BOARD = 1024  # bytes for the name of what is worked at


class Press:
    """A process of ours with a typesetter, which is asked through a line."""

    def __init__(self, process: BaseProcess, line: Connection, folder: Path, board: mmap) -> None:
        self._process, self._line, self._folder, self._board = process, line, folder, board
        self._sending, self._asked = Thread(), 0
        self._answers: dict[int, list[Any]] = {}
        atexit.register(self.end)

    @classmethod
    def begun(cls, first: Callable[[], object] | None = None) -> Press | None:
        """A press that begins at once; none where it would be no help, or nothing limits our work.

        What it is to do ``first``, ``began_with`` gives.
        """
        if not hasattr(os, "fork") or not limits.enforced() or plain_way() or limits.usable_cores() < 2:
            return None
        ours, theirs = multiprocessing.Pipe()
        # It may work at one thing while we are at another: so each has a board.
        folder, board, given = process_folder(), mmap(-1, _BOARD), (os.getpid(), ours, theirs)
        process = multiprocessing.get_context("fork").Process(
            target=_work, args=(*given, folder, board, first), daemon=True
        )
        process.start()
        theirs.close()
        return cls(process, ours, folder, board)

    def began_with(self) -> Any:
        """What came of that: one asks once, before anything else. None where it cannot say."""
        with suppress(OSError, EOFError):
            return self._line.recv()
        return None

    def asked(
        self, faces: tuple[Face, ...], work: Callable[..., Made], *given: Any, **named: Any
    ) -> Callable[[], Made | None]:
        """What ``work`` makes with a typesetter and the rest, for which one may call later, and after more.

        None where there is no answer. Where a library dies of it, this process dies as it would have died of
        it itself.
        """
        self._asked += 1
        what = pickle.dumps((self._asked, limits.subject(), limits.left(), faces, work, given, named))
        if self._sending.ident:  # of two at once the line would make one
            self._sending.join()
        # It takes nothing before it has loaded all, and the line holds less than a page.
        self._sending = Thread(target=self._send, args=(what,), daemon=True)
        self._sending.start()
        return partial(self._answer, self._asked)

    def _send(self, what: bytes) -> None:
        with suppress(OSError):  # found out by who waits for the answer
            self._line.send_bytes(what)

    def _answer(self, number: int) -> Any:
        """What it says to the question with this number; what it says before waits for who calls for that."""
        try:
            while number not in self._answers:
                answered, *answer = self._line.recv()
                self._answers[answered] = answer
        except (OSError, EOFError):
            self._mourn()
            return None
        made, took = self._answers.pop(number)
        limits.spend(took)
        if isinstance(made, Problems):
            raise made
        return pickle.loads(made) if made else None

    def _mourn(self) -> None:
        """Die of the signal of which it died, if it was one."""
        self._process.join()
        if (code := self._process.exitcode or 0) < 0:
            limits.tell_of(self._board)
            with suppress(OSError):  # of SIGKILL nobody can be told
                signal.signal(-code, signal.SIG_DFL)
            os.kill(os.getpid(), -code)

    def end(self) -> None:
        """It is not needed any more."""
        self._process.kill()
        self._process.join()
        shutil.rmtree(self._folder, ignore_errors=True)


def _work(
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
    limits.die_with(asks)
    limits.enforce(board)
    tempfile.tempdir = str(folder)
    gc.disable()  # all that is loaded stays
    if first:
        made = None
        with suppress(Exception):  # for the one who asks to find out
            made = first()
        line.send(made)
    # Before it is asked for a page, templates are filled: where nothing was kept yet, it is idle so long.
    if not (cache := Cache(default_folder())).folder.exists():
        with suppress(Exception):  # told by who fills them
            from tipbrief.build.compiled import compile_shipped

            compile_shipped(cache)
    # Most publications are printed with the shipped faces; for others there is another typesetter.
    with suppress(Problems):  # told by who asks
        _typesetter(shelf(shipped("fonts")))
        import tipbrief.build.made
        import tipbrief.pdf.archive
        import tipbrief.typeset.fit
        import tipbrief.verify.audit  # noqa: F401
    gc.freeze()
    gc.enable()
    with suppress(EOFError, OSError):
        while True:
            number, *asked = line.recv()
            begun = time.process_time()
            made = _made(*asked)
            line.send((number, made, time.process_time() - begun))


def _made(
    subject: Path | str,
    seconds: float,
    faces: tuple[Face, ...],
    work: Callable[..., Any],
    given: tuple[Any, ...],
    named: dict[str, Any],
) -> bytes | Problems | None:
    """What is made, packed, or what is wrong with it; None where that is for the one who asks to find out."""
    with suppress(Exception):
        try:
            with limits.bounded(subject, seconds):
                return pickle.dumps(work(_typesetter(faces), *given, **named))
        except Problems as raised:
            return raised
    return None


_typesetter = lru_cache(1)(typesetter_of)
