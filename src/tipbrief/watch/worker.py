"""Worker: the process that has the publication open, and makes the pages that are looked at."""

import gc
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

from tipbrief import limits
from tipbrief.build.cache import key
from tipbrief.build.document import Piece, fitted_pages, piece_of, verified
from tipbrief.build.languages import document_name, languages_named
from tipbrief.build.session import Session, examined
from tipbrief.build.workers import begin_process
from tipbrief.compose.profiles import DEFAULT, DEFAULT_PAPER
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.typeset.fit import Fitted
from tipbrief.watch.examination import contents, examination
from tipbrief.watch.pictures import opened
from tipbrief.watch.places import places_of
from tipbrief.watch.view import Answer, Composed, Examined, Faulty, Finished, Order, Page, Sound, View, Wanted

SELDOM = 8


class _Newer(Exception):  # noqa: N818 - nothing is wrong: what is made now, nobody wants any more
    """Another order came."""


def work(folder: Path, pipe: Connection, temporary: str) -> None:
    """Make what each order wants, until nobody gives any."""
    begin_process(True, temporary)
    worker = _Worker(folder, pipe)
    with suppress(EOFError, OSError):
        while True:
            worker.serve(pipe.recv())


class _Worker:
    """One process's session, and its way to the one who asks."""

    def __init__(self, folder: Path, pipe: Connection) -> None:
        self._folder, self._pipe = folder, pipe
        self._session: Session | None = None
        self._saved = -1  # saves when it was opened
        self._number = 0  # of the order
        # What was made last, and of what, where nothing was wrong with it.
        self._last: tuple[tuple[View, str], Fitted] | None = None

    def serve(self, order: Order) -> None:
        """Make all that an order wants, unless a newer one comes."""
        self._number = order.number
        gc.disable()
        try:
            self._step()
            for one in order.wanted:
                self._told(one.view, partial(self._make, order, one))
            self._step()
            view = order.wanted[0].view
            self._told(view, partial(self._examine, order, view))
        except _Newer:
            pass
        finally:
            gc.enable()
            # Each order leaves some 8 MB behind: while others wait, they are let lie for a while.
            if not self._pipe.poll() or order.number % SELDOM == 0:
                gc.collect()

    def _told(self, view: View, does: Callable[[], None]) -> None:
        """Do something; what is wrong is told."""
        try:
            does()
        except Problems as raised:
            if any(one.kind == "changed-meanwhile" for one in raised.problems):
                return  # as it is read: the next order is on its way
            self._tell(view, Faulty(tuple(raised.problems)))
            if any(one.kind == "limit" for one in raised.problems):
                self._session = None  # what was stopped in the midst may be half done
        except (_Newer, EOFError, BrokenPipeError):
            raise
        except Exception as fault:
            said = f"{type(fault).__name__}: {fault}"
            self._tell(view, Faulty((Problem(f"the pages cannot be made: {said}", kind="unforeseen"),)))

    def _tell(self, view: View, answer: Answer) -> None:
        self._pipe.send((self._number, view, answer))

    def _step(self) -> None:
        """Between two steps: whether they are still wanted."""
        if self._pipe.poll():
            raise _Newer

    def _opened_for(self, order: Order, view: View) -> Session:
        """The session as the files were at the order's last save, in the view's language and form."""
        paper, profile = view.paper or DEFAULT_PAPER, view.profile or DEFAULT
        languages = [view.language] if view.language else []
        known = self._session
        if known is None:
            known = Session.open(self._folder, paper=paper, profile=profile, languages=languages)
            _ = known.typesetter, known.environment
            gc.collect()
            gc.freeze()  # libraries and templates stay: nobody need look for rubbish in them again
        elif (
            self._saved != order.saved
            or (known.paper, known.profile) != (paper, profile)
            or not {known.publication.language.tag, *known.translations}.issuperset(languages)
        ):
            known = known.renewed(paper=paper, profile=profile, languages=languages)
        self._session, self._saved = known, order.saved
        return known

    def _make(self, order: Order, wanted: Wanted) -> None:
        """The pages of a document, that which is looked at first; then what is doubtful in them."""
        view = wanted.view
        session = self._opened_for(order, view)
        name, full = _found(session, view)
        session.typesetter.before = self._step
        self._step()
        with limits.bounded(name, limits.SECONDS_IN_ALL):
            piece = piece_of(session, name)
            html = piece.html()
            self._tell(view, Composed(full))
            made = view, key(html, session.engine, str(session.documents[name].brief.pages))
            if wanted.finished and self._last and self._last[0] == made:
                self._tell_places(session, piece, view, self._last[1])
                self._tell(view, Sound())
                return
            self._last = None
            fit = fitted_pages(session, piece.edition, html)
            self._step()
            bare = fit.typeset.finished
            self._draw(wanted, bare)
            self._tell_places(session, piece, view, fit)
            self._step()
            verified(session, piece.edition, fit.html, bare, fit.typeset.pages)
            self._tell(view, Sound())
            self._last = made, fit

    def _tell_places(self, session: Session, piece: Piece, view: View, fit: Fitted) -> None:
        """Where the values of a document stand: in its files, which may have changed, and on its pages."""
        places = places_of(session, piece.edition, fit.layout) if fit.layout else ()
        self._tell(view, Finished(tuple(one.as_dict() for one in places), fit.notes))

    def _draw(self, wanted: Wanted, pdf: bytes) -> None:
        """The pages of a PDF, those first that are nearest to the one that is looked at."""
        with opened(pdf) as pictures:
            numbers = range(1, len(pictures.sizes) + 1)
            for number in sorted(numbers, key=lambda number: abs(number - wanted.page)):
                self._step()
                limits.renew()
                self._tell(wanted.view, Page(number, pictures.sizes, pictures.png(number)))

    def _examine(self, order: Order, view: View) -> None:
        """Tell what is wrong anywhere in the publication, and what can be looked at."""
        if self._session is None or self._saved != order.saved:
            self._tell(view, Examined(tuple(examined(self._folder)[1])))
            return
        problems, wholes = examination(self._session)
        self._tell(view, Examined(tuple(problems), contents(self._session, wholes)))


def _found(session: Session, view: View) -> tuple[str, View]:
    """The name of the document that a view shows, and the view with all that it left open."""
    first, known = session.publication, session.publication.documents
    plain = view.document or next((name for name, one in known.items() if not one.key), next(iter(known)))
    if plain not in known:
        raise Problems(f"there is no document '{plain}'", hint=nearest(plain, known), kind="no-document")
    language = next(iter(languages_named(first, [view.language] if view.language else [])), first.language)
    full = View(plain, language.tag, session.paper, session.profile)
    return document_name(first, plain, language), full
