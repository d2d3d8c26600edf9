"""Worker: the process that has the publication open, and makes the pages that are looked at."""

import contextlib
import gc
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pypdfium2
from PIL import Image, ImageChops

from tipbrief import limits
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE, PAPERS, load_profiles
from tipbrief.compose.templates import find_typed_numbers
from tipbrief.fonts.font_library import coverage
from tipbrief.ledger.consistency import require_readable_entries
from tipbrief.pipeline.document import ComposedDocument, compose_document, fit_document_pages, verify_pages
from tipbrief.pipeline.inputs import check_publication, load_translations
from tipbrief.pipeline.selection import document_name, select_languages
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import entry_key
from tipbrief.pipeline.workers.pool import initialise_worker
from tipbrief.problems import Problem, Problems, suggest_nearest
from tipbrief.typeset.fit import FitResult
from tipbrief.verify.pdfium import MM_PER_POINT
from tipbrief.watch.messages import (
    Completion,
    Composition,
    DocumentFaults,
    PagePicture,
    PreviewOrder,
    PublicationReport,
    Verification,
    View,
    ViewRequest,
    WorkerAnswer,
)
from tipbrief.watch.value_locations import find_page_areas

DOTS_PER_INCH = 192  # an inch: two for each of CSS
_FAST_COMPRESSION = 1  # of zlib: what is looked at once need not be small
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP_FILTER = b"\2"  # before a row that is told as its difference from the one above it


class PageRenderer:
    """An open PDF of which pages are drawn."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        sizes = (document.get_page_size(index) for index in range(len(document)))
        self.page_sizes = tuple(
            (round(width * MM_PER_POINT, 2), round(height * MM_PER_POINT, 2)) for width, height in sizes
        )

    def render_png(self, number: int) -> bytes:
        """The page of this number."""
        return encode_png(self._document[number - 1].render(scale=DOTS_PER_INCH / 72, rev_byteorder=True).to_pil())


@contextlib.contextmanager
def open_renderer(pdf: bytes) -> Iterator[PageRenderer]:
    """The pictures of a PDF of ours."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        yield PageRenderer(document)


def encode_png(picture: Image.Image) -> bytes:
    """A picture in RGB as a PNG: half of Pillow's time, which tries five ways to tell each row."""
    (width, height), row = picture.size, 3 * picture.width
    above = Image.new("RGB", picture.size)
    above.paste(picture, (0, 1))
    told = ImageChops.subtract_modulo(picture, above).tobytes()
    rows = b"".join(part for start in range(0, len(told), row) for part in (_UP_FILTER, told[start : start + row]))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows, _FAST_COMPRESSION)), (b"IEND", b"")
    return _PNG_SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in parts
    )


def find_publication_problems(session: Session) -> tuple[list[Problem], dict[str, Publication]]:
    """All problems of a publication that a session has open; and it in each language that is sound."""
    own, whole = session.folder / "templates", session.publication
    found = [*(find_typed_numbers(own) if own.is_dir() else ()), *session.theme[1], *session.warnings]
    wholes = {whole.language.tag: whole, **session.translations}
    try:
        require_readable_entries(session.ledger)
    except Problems as raised:
        found += raised.problems
    for one in whole.languages:
        if one.tag not in wholes:
            try:
                other = load_translations(whole, session.ledger, [one], coverage(session.fonts))[one.tag]
            except Problems as raised:
                found += raised.problems
            else:
                wholes[one.tag] = other
                found += (*other.warnings, *other.untranslated)
    return [*dict.fromkeys(found)], wholes


def describe_contents(session: Session, wholes: Mapping[str, Publication]) -> dict[str, Any]:
    """What can be looked at: documents with their titles in each language, languages, papers, profiles."""
    first = session.publication
    titles: dict[str, dict[str, str]] = {name: {} for name in first.documents}
    for whole in wholes.values():
        for plain in titles:
            document = whole.documents[document_name(first, plain, whole.language)]
            titles[plain][whole.language.tag] = plain_text(document.brief.title, whole, document)
    languages = [{"tag": one.tag, "name": one.name, "direction": one.direction} for one in first.languages]
    documents = [{"name": name, "titles": titles[name], "brief": one.brief.id} for name, one in first.documents.items()]
    profiles = load_profiles(session.folder / "templates", session.templates)
    return {
        "documents": documents,
        "languages": languages,
        "papers": [*PAPERS],
        "profiles": [*profiles],
    }


ORDERS_PER_COLLECTION = 8


class _NewerOrder(Exception):  # noqa: N818 - nothing is wrong: what is made now, nobody wants any more
    """Another order came."""


def run_preview_worker(folder: Path, pipe: Connection, temporary: str) -> None:
    """Make what each order wants, until nobody gives any."""
    initialise_worker(True, temporary)
    worker = _PreviewWorker(folder, pipe)
    with suppress(EOFError, OSError):
        while True:
            worker.fulfil_order(pipe.recv())


class _PreviewWorker:
    """One process's session, and its way to the one who asks."""

    def __init__(self, folder: Path, pipe: Connection) -> None:
        self._folder, self._pipe = folder, pipe
        self._session: Session | None = None
        self._save_count = -1  # saves when it was opened
        self._order_number = 0  # of the order
        # What was made last, and of what, where nothing was wrong with it.
        self._last_result: tuple[tuple[View, str], FitResult] | None = None

    def fulfil_order(self, order: PreviewOrder) -> None:
        """Make all that an order wants, unless a newer one comes."""
        self._order_number = order.number
        gc.disable()
        try:
            self._require_current_order()
            for one in order.requests:
                self._report_problems(one.view, partial(self._render_view, order, one))
            self._require_current_order()
            view = order.requests[0].view
            self._report_problems(view, partial(self._send_publication_report, order, view))
        except _NewerOrder:
            pass
        finally:
            gc.enable()
            # Each order leaves some 8 MB behind: while others wait, they are let lie for a while.
            if not self._pipe.poll() or order.number % ORDERS_PER_COLLECTION == 0:
                gc.collect()

    def _report_problems(self, view: View, does: Callable[[], None]) -> None:
        """Do something; what is wrong is told."""
        try:
            does()
        except Problems as raised:
            if any(one.kind == "changed-meanwhile" for one in raised.problems):
                return  # as it is read: the next order is on its way
            self._send_answer(view, DocumentFaults(tuple(raised.problems)))
            if any(one.kind == "limit" for one in raised.problems):
                self._session = None  # what was stopped in the midst may be half done
        except (_NewerOrder, EOFError, BrokenPipeError):
            raise
        except Exception as fault:
            said = f"{type(fault).__name__}: {fault}"
            self._send_answer(view, DocumentFaults((Problem(f"the pages cannot be made: {said}", kind="unforeseen"),)))

    def _send_answer(self, view: View, answer: WorkerAnswer) -> None:
        self._pipe.send((self._order_number, view, answer))

    def _require_current_order(self) -> None:
        """Between two steps: whether they are still wanted."""
        if self._pipe.poll():
            raise _NewerOrder

    def _open_session(self, order: PreviewOrder, view: View) -> Session:
        """The session as the files were at the order's last save, in the view's language and form."""
        paper, profile = view.paper or DEFAULT_PAPER, view.profile or DEFAULT_PROFILE
        languages = [view.language] if view.language else []
        known = self._session
        if known is None:
            known = Session.open(self._folder, paper=paper, profile=profile, languages=languages)
            _ = known.typesetter, known.environment
            gc.collect()
            gc.freeze()  # libraries and templates stay: nobody need look for rubbish in them again
        elif (
            self._save_count != order.save_count
            or (known.paper, known.profile) != (paper, profile)
            or not {known.publication.language.tag, *known.translations}.issuperset(languages)
        ):
            known = known.reopen(paper=paper, profile=profile, languages=languages)
        self._session, self._save_count = known, order.save_count
        return known

    def _render_view(self, order: PreviewOrder, wanted: ViewRequest) -> None:
        """The pages of a document, that which is looked at first; then what is doubtful in them."""
        view = wanted.view
        session = self._open_session(order, view)
        name, full = _find_document(session, view)
        session.typesetter.before_layout = self._require_current_order
        self._require_current_order()
        with limits.limit_step(name, limits.DOCUMENT_SECONDS):
            piece = compose_document(session, name)
            html = piece.html()
            self._send_answer(view, Composition(full))
            made = view, entry_key(html, session.engine_hash, str(session.documents[name].brief.pages))
            if wanted.has_complete_pages and self._last_result and self._last_result[0] == made:
                self._send_areas(session, piece, view, self._last_result[1])
                self._send_answer(view, Verification())
                return
            self._last_result = None
            fit = fit_document_pages(session, piece.edition, html)
            self._require_current_order()
            bare = fit.typesetting.final_pdf
            self._send_pictures(wanted, bare)
            self._send_areas(session, piece, view, fit)
            self._require_current_order()
            verify_pages(session, piece.edition, fit.html, bare, fit.typesetting.page_count)
            self._send_answer(view, Verification())
            self._last_result = made, fit

    def _send_areas(self, session: Session, piece: ComposedDocument, view: View, fit: FitResult) -> None:
        """Where the values of a document stand: in its files, which may have changed, and on its pages."""
        places = find_page_areas(session, piece.edition, fit.layout) if fit.layout else ()
        self._send_answer(view, Completion(tuple(one.as_dict() for one in places), fit.notes))

    def _send_pictures(self, wanted: ViewRequest, pdf: bytes) -> None:
        """The pages of a PDF, those first that are nearest to the one that is looked at."""
        with open_renderer(pdf) as pictures:
            numbers = range(1, len(pictures.page_sizes) + 1)
            for number in sorted(numbers, key=lambda number: abs(number - wanted.page)):
                self._require_current_order()
                limits.restart_step()
                self._send_answer(wanted.view, PagePicture(number, pictures.page_sizes, pictures.render_png(number)))

    def _send_publication_report(self, order: PreviewOrder, view: View) -> None:
        """Tell what is wrong anywhere in the publication, and what can be looked at."""
        if self._session is None or self._save_count != order.save_count:
            self._send_answer(view, PublicationReport(tuple(check_publication(self._folder)[1])))
            return
        problems, wholes = find_publication_problems(self._session)
        self._send_answer(view, PublicationReport(tuple(problems), describe_contents(self._session, wholes)))


def _find_document(session: Session, view: View) -> tuple[str, View]:
    """The name of the document that a view shows, and the view with all that it left open."""
    first, known = session.publication, session.publication.documents
    plain = view.document or next((name for name, one in known.items() if not one.key), next(iter(known)))
    if plain not in known:
        raise Problems(f"there is no document '{plain}'", hint=suggest_nearest(plain, known), kind="no-document")
    language = next(iter(select_languages(first, [view.language] if view.language else [])), first.language)
    full = View(plain, language.tag, session.paper, session.profile)
    return document_name(first, plain, language), full
