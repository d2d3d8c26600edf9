"""Preview worker: the process that renders a preview, the thread that supervises it, and their messages."""

import gc
import io
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import closing, suppress
from dataclasses import dataclass
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Literal

import pypdfium2

from tipbrief import limits
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE, PAPERS
from tipbrief.compose.templates import find_typed_numbers
from tipbrief.files import LONGEST_WAIT_SECONDS
from tipbrief.fonts.font_library import coverage
from tipbrief.ledger.consistency import require_readable_entries
from tipbrief.pipeline.document import ComposedDocument, compose_document, locate_page_faults
from tipbrief.pipeline.inputs import check_publication, load_translations
from tipbrief.pipeline.rendering import audit_pages
from tipbrief.pipeline.selection import document_name, select_languages
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import entry_key
from tipbrief.pipeline.workers.process import WorkerProcess
from tipbrief.problems import Problem, Problems, suggest_nearest
from tipbrief.typeset.fit import FitResult, fit_pages
from tipbrief.verify.pdfium import MM_PER_POINT
from tipbrief.watch.value_locations import find_page_areas

DOTS_PER_INCH = 192  # two for each pixel of CSS
ORDERS_PER_COLLECTION = 8
_FAST_COMPRESSION = 1  # of zlib: a picture that is sent only to this computer need not be small
# Seconds without an answer after which the worker hangs. Steps end sooner, by the limits of computing; only another
# run of tipbrief is waited for so long.
ANSWER_TIMEOUT = LONGEST_WAIT_SECONDS + 30
_POLL_SECONDS = 0.5
MAX_UNREAD_ORDERS = 20  # more might fill the pipe


@dataclass(frozen=True, slots=True)
class View:
    """A document in a language, on a paper and in a profile; an empty field means the default."""

    document: str
    language: str = ""
    paper: str = ""
    profile: str = ""


@dataclass(frozen=True, slots=True)
class ViewRequest:
    """A view, the page that is looked at, and whether the preview has all pages as last finished."""

    view: View
    page: int
    has_complete_pages: bool


@dataclass(frozen=True, slots=True)
class PreviewOrder:
    """The views to render, the most urgent first. An order with a higher ``number`` replaces it."""

    number: int
    save_count: int  # if it has grown, the publication is read again
    requests: tuple[ViewRequest, ...]


@dataclass(frozen=True, slots=True)
class WorkerAnswer:
    """A step that the worker has done. Only the fields that belong to its ``kind`` are set."""

    # composed: the HTML, for a view with all its fields. picture: of one page. complete: all pages were sent, or none
    # has changed. verified: the view is done. faults: of the document or its pages, or why the worker ended.
    # publication: all its problems, in all its languages.
    kind: Literal["composed", "picture", "complete", "verified", "faults", "publication"]
    problems: tuple[Problem, ...] = ()
    view: View = View("")
    page: int = 0
    page_sizes: tuple[tuple[float, float], ...] = ()  # of all pages, in mm
    png: bytes = b""
    areas: tuple[dict[str, Any], ...] = ()  # where values stand on all pages
    is_restarting: bool = False  # another worker starts at once
    contents: dict[str, Any] | None = None  # what can be looked at


class WorkerSupervisor:
    """Sends orders to a worker, of which only the newest counts, and starts another one if it dies or hangs."""

    def __init__(self, folder: Path, on_answer: Callable[[int, View, WorkerAnswer], None]) -> None:
        self._folder, self._on_answer = folder, on_answer
        self._condition = threading.Condition()
        self._newest_order = PreviewOrder(0, 0, ())
        self._connection: Connection | None = None  # while there is a worker
        self._waiting_since: float | None = None  # since when the newest order has no answer
        self._unread_orders = 0  # sent since the last answer
        self._is_closed = False
        self._thread = threading.Thread(target=self._supervise, daemon=True)

    def start(self) -> None:
        """Start a worker; it waits for an order."""
        self._thread.start()

    def close(self) -> None:
        """End the worker."""
        with self._condition:
            self._is_closed = True
            self._condition.notify_all()
        if self._thread.ident:
            self._thread.join()

    def submit_order(self, order: PreviewOrder) -> None:
        """Have this order carried out, and no earlier one any more."""
        with self._condition:
            self._newest_order, self._waiting_since = order, time.monotonic()
            self._send_order()
            self._condition.notify_all()

    def _send_order(self) -> None:
        if self._connection and self._newest_order.requests and self._unread_orders < MAX_UNREAD_ORDERS:
            self._unread_orders += 1
            with suppress(OSError):  # the worker has just died: the next one gets the order
                self._connection.send(self._newest_order)

    def _supervise(self) -> None:
        last = 0
        while not self._is_closed:
            try:
                problem = self._run_worker()
            except Problems as raised:  # there is no room for its files
                problem = raised.problems[0]
            except OSError as fault:  # or for one more process
                problem = Problem(f"no process can begin that makes the pages: {fault.strerror}", kind="system")
            number = self._newest_order.number
            is_restarting, last = number != last, number
            if number and not self._is_closed:
                view = self._newest_order.requests[0].view
                self._on_answer(number, view, WorkerAnswer("faults", (problem,), is_restarting=is_restarting))
            with self._condition:
                # After two deaths at one order, wait for another order.
                while not is_restarting and not self._is_closed and self._newest_order.number == number:
                    self._condition.wait()

    def _run_worker(self) -> Problem:  # passes on answers until it ends; why it ended
        worker = WorkerProcess(serve_preview, self._folder)
        try:
            with self._condition:
                self._connection, self._waiting_since, self._unread_orders = worker.connection, time.monotonic(), 0
                self._send_order()
            hangs = self._receive_answers(worker.connection)
        finally:
            with self._condition:
                self._connection = None
            code, status = worker.stop()
        subject = next((one.view.document for one in self._newest_order.requests), "")
        if hangs:
            message = f"'{subject}' gave no answer for {ANSWER_TIMEOUT:.0f} s"
            return Problem(message, hint="take back what was changed last", kind="limit")
        if code < 0:
            return limits.describe_signal_end(-code, status.strip(b"\0") or subject.encode())
        hint = "tipbrief doctor says what is missing"
        return Problem(f"the process that makes the pages ended with status {code}", hint=hint, kind="library")

    def _receive_answers(self, connection: Connection) -> bool:  # until it is gone or not needed; whether it hangs
        with suppress(EOFError, OSError):
            while not self._is_closed:
                if connection.poll(_POLL_SECONDS):
                    number, view, answer = connection.recv()
                    with self._condition:
                        was_full, self._unread_orders = self._unread_orders == MAX_UNREAD_ORDERS, 0
                        if was_full:
                            self._send_order()
                        if number == self._newest_order.number:
                            self._waiting_since = None
                    self._on_answer(number, view, answer)
                elif self._waiting_since and time.monotonic() - self._waiting_since > ANSWER_TIMEOUT:
                    return True
        return False


def find_publication_problems(session: Session) -> tuple[list[Problem], dict[str, Publication]]:
    """All problems of a session's publication, and the publication in each language that is sound."""
    own, whole = session.folder / "templates", session.publication
    found = [*(find_typed_numbers(own) if own.is_dir() else ()), *session.theme[1], *session.warnings]
    publications = {whole.language.tag: whole, **session.translations}
    try:
        require_readable_entries(session.ledger)
    except Problems as raised:
        found += raised.problems
    for language in whole.languages:
        if language.tag not in publications:
            try:
                other = load_translations(whole, session.ledger, [language], coverage(session.fonts))[language.tag]
            except Problems as raised:
                found += raised.problems
            else:
                publications[language.tag] = other
                found += (*other.warnings, *other.untranslated)
    return [*dict.fromkeys(found)], publications


def describe_contents(session: Session, publications: Mapping[str, Publication]) -> dict[str, Any]:
    """What can be looked at: documents with their titles in each language, languages, papers, profiles."""
    first, known = session.publication, session.publication.documents
    titles: dict[str, dict[str, str]] = {name: {} for name in known}
    for whole in publications.values():
        for plain in titles:
            document = whole.documents[document_name(first, plain, whole.language)]
            titles[plain][whole.language.tag] = plain_text(document.brief.title, whole, document)
    return {
        "documents": [{"name": name, "titles": titles[name], "brief": one.brief.id} for name, one in known.items()],
        "languages": [{"tag": one.tag, "name": one.name, "direction": one.direction} for one in first.languages],
        "papers": [*PAPERS],
        "profiles": [*session.print_profiles],
    }


class _NewerOrder(Exception):  # noqa: N818 - nothing is wrong
    """A newer order came: nobody needs the rest of this one."""


def serve_preview(connection: Connection, folder: Path) -> None:
    """Carry out the orders that come; this runs in the worker."""
    worker = PreviewWorker(folder, connection)
    while True:
        worker.fulfil_order(connection.recv())


class PreviewWorker:
    """A worker's session, and its connection to the preview."""

    def __init__(self, folder: Path, connection: Connection) -> None:
        self._folder, self._connection = folder, connection
        self._session: Session | None = None
        self._save_count = -1  # of the order for which the session was opened
        self._order_number = 0
        # The view, the key and the pages of the last document in which nothing was wrong.
        self._last_result: tuple[tuple[View, str], FitResult] | None = None

    def fulfil_order(self, order: PreviewOrder) -> None:
        """Carry out an order, until a newer one comes."""
        self._order_number = order.number
        gc.disable()
        try:
            with suppress(_NewerOrder):
                self._require_current_order()
                for one in order.requests:
                    self._report_problems(one.view, partial(self._render_view, order, one))
                self._require_current_order()
                view = order.requests[0].view
                self._report_problems(view, partial(self._send_publication_report, order, view))
        finally:
            gc.enable()
            # An order leaves some 8 MB of garbage. While another one waits, it can stay for a while.
            if not self._connection.poll() or order.number % ORDERS_PER_COLLECTION == 0:
                gc.collect()

    def _report_problems(self, view: View, work: Callable[[], None]) -> None:
        try:
            work()
        except Problems as raised:
            if any(one.kind == "changed-meanwhile" for one in raised.problems):
                return  # the next order is on its way
            self._send_answer(view, WorkerAnswer("faults", tuple(raised.problems)))
            if any(one.kind == "limit" for one in raised.problems):
                self._session = None  # it was interrupted, and may be half changed
        except (_NewerOrder, EOFError, BrokenPipeError):
            raise
        except Exception as fault:
            message = f"the pages cannot be made: {type(fault).__name__}: {fault}"
            self._send_answer(view, WorkerAnswer("faults", (Problem(message, kind="unforeseen"),)))

    def _send_answer(self, view: View, answer: WorkerAnswer) -> None:
        self._connection.send((self._order_number, view, answer))

    def _require_current_order(self) -> None:
        if self._connection.poll():
            raise _NewerOrder

    def _open_session(self, order: PreviewOrder, view: View) -> Session:  # files as at the order's last save
        paper, profile = view.paper or DEFAULT_PAPER, view.profile or DEFAULT_PROFILE
        languages = [view.language] if view.language else []
        session = self._session
        if session is None:
            session = Session.open(self._folder, paper=paper, profile=profile, languages=languages)
            _ = session.typesetter, session.environment
            gc.collect()
            gc.freeze()  # libraries and templates stay
        elif (
            self._save_count != order.save_count
            or (session.paper, session.profile) != (paper, profile)
            or not {session.publication.language.tag, *session.translations}.issuperset(languages)
        ):
            session = session.reopen(paper=paper, profile=profile, languages=languages)
        self._session, self._save_count = session, order.save_count
        return session

    def _render_view(self, order: PreviewOrder, request: ViewRequest) -> None:  # the shown page first; then verify
        session = self._open_session(order, request.view)
        name, view = _find_document(session, request.view)
        session.typesetter.before_layout = self._require_current_order
        self._require_current_order()
        with limits.limit_step(name, limits.DOCUMENT_SECONDS):
            document = compose_document(session, name)
            to_fit, to_verify = document.rendering_arguments()
            self._send_answer(request.view, WorkerAnswer("composed", view=view))
            key = entry_key(to_fit["html"], session.engine_hash, str(session.documents[name].pages))
            if request.has_complete_pages and self._last_result and self._last_result[0] == (request.view, key):
                self._send_areas(session, document, request.view, self._last_result[1])
                self._send_answer(request.view, WorkerAnswer("verified"))
                return
            self._last_result = None
            fit = fit_pages(session.typesetter, **to_fit)
            self._require_current_order()
            pdf = fit.typesetting.final_pdf
            self._send_pictures(request, pdf)
            self._send_areas(session, document, request.view, fit)
            self._require_current_order()
            try:
                audit_pages(fit.html, pdf, fit.typesetting.page_count, **to_verify)
            except Problems as raised:
                raise Problems(locate_page_faults(session, name, raised.problems)) from None
            self._send_answer(request.view, WorkerAnswer("verified"))
            self._last_result = (request.view, key), fit

    def _send_areas(self, session: Session, document: ComposedDocument, view: View, fit: FitResult) -> None:
        """Send where the values of a document stand on its pages and in its files, which may have changed."""
        areas = find_page_areas(session, document.edition, fit.layout)
        self._send_answer(view, WorkerAnswer("complete", fit.notes, areas=tuple(one.as_dict() for one in areas)))

    def _send_pictures(self, request: ViewRequest, pdf: bytes) -> None:  # those nearest to the one looked at first
        with closing(pypdfium2.PdfDocument(pdf)) as pages:
            in_points = map(pages.get_page_size, range(len(pages)))
            sizes = tuple((round(x * MM_PER_POINT, 2), round(y * MM_PER_POINT, 2)) for x, y in in_points)
            for index in sorted(range(len(pages)), key=lambda index: abs(index + 1 - request.page)):
                self._require_current_order()
                limits.begin_step()
                picture, png = pages[index].render(scale=DOTS_PER_INCH / 72, rev_byteorder=True).to_pil(), io.BytesIO()
                picture.save(png, "PNG", compress_level=_FAST_COMPRESSION)
                answer = WorkerAnswer("picture", page=index + 1, page_sizes=sizes, png=png.getvalue())
                self._send_answer(request.view, answer)

    def _send_publication_report(self, order: PreviewOrder, view: View) -> None:
        if self._session is None or self._save_count != order.save_count:
            self._send_answer(view, WorkerAnswer("publication", tuple(check_publication(self._folder)[1])))
            return
        problems, publications = find_publication_problems(self._session)
        contents = describe_contents(self._session, publications)
        self._send_answer(view, WorkerAnswer("publication", tuple(problems), contents=contents))


def _find_document(session: Session, view: View) -> tuple[str, View]:  # its name, and the view with all fields
    first, known = session.publication, session.publication.documents
    plain = view.document or next((name for name, one in known.items() if not one.key), next(iter(known)))
    if plain not in known:
        raise Problems(f"there is no document '{plain}'", hint=suggest_nearest(plain, known), kind="no-document")
    language = next(iter(select_languages(first, [view.language] if view.language else [])), first.language)
    full = View(plain, language.tag, session.paper, session.profile)
    return document_name(first, plain, language), full
