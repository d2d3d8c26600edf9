"""A document: what it says, the edition that it is, and its verified PDF, from the cache or made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tipbrief.check.publication import Publication
from tipbrief.compose.profiles import promised_page_count
from tipbrief.fonts.font_library import family_names
from tipbrief.language.dates import Date
from tipbrief.ledger import editions
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import Attachment, list_attachments
from tipbrief.pipeline import store
from tipbrief.pipeline.fingerprint_memo import Fingerprint
from tipbrief.pipeline.rendering import Rendering, audit_pages, render_pdf, serialise_pages
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.compose.provenance import OriginIndex
    from tipbrief.typeset.fit import FitResult


@dataclass(frozen=True, slots=True)
class ComposedDocument:
    """What a document says: a hash of its HTML without an edition, the edition that it is, what it prints."""

    session: Session = field(repr=False)
    name: str
    neutral_hash: str
    edition: Edition
    content: str
    prints: Mapping[str, str]

    def html(self) -> str:
        """The HTML of the document, with the edition that it is."""
        return compose_html(self.session, self.edition)

    def render_card(self) -> bytes:
        """The document's square card, a picture."""
        from tipbrief.handouts.picture_export import compose_card_html, render_card

        one, told = self.session, editions.list_change_notices(self.session.ledger, self.name)
        what = (one.publication_for(self.name), self.name, one.fonts, one.environment)
        return render_card(one.typesetter, compose_card_html(*what, edition=self.edition, told=told))

    def as_next_edition(self, date: Date) -> ComposedDocument:
        """The same as the next edition; a problem where a value changed of which the ledger does not know."""
        known = self.session.ledger
        if strange := editions.find_undocumented_values(known, self.prints):
            raise Problems(editions.describe_undocumented_values(self.session.folder, strange))
        name, content, data, prints = self.name, self.content, self.session.data_hash, self.prints
        edition = editions.create_edition(known, name, date=date, content=content, data=data, prints=prints)
        return replace(self, edition=edition)

    @property
    def store_key(self) -> str:
        """What the pages follow from, as one hash: what the document says, and the edition that it is.

        Not what each PDF gets anew, dataset and ledger: else each correction would cost all pages. Only of a
        draft, lest one that a correction tried be called unchanged.
        """
        one = self.session
        paper, profile = one.paper_and_profile
        return store.entry_key(
            one.engine_hash,
            self.neutral_hash,
            paper.name,
            one.paper_styles_hash,
            profile.css_text,
            f"{profile.drawing}{profile.grey_pictures}{profile.standard.pdf_a}",
            json.dumps(edition_facts(one, self.edition)),
            self.edition.date.iso(),
            one.data_hash + one.ledger.format_extract_until(self.edition) if self.edition.draft else "",
            str(one.documents[self.name].brief.pages),
        )

    def load_or_render(self) -> Rendering:
        """The verified PDF: from the cache, where the same was made before."""
        return self.load_rendering() or self.save_rendering(render_document(self.session, self.edition))

    @property
    def is_stored(self) -> bool:
        """Whether the same was made before."""
        return self.session.store.has_entry(self.store_key)

    def load_rendering(self) -> Rendering | None:
        """The PDF, if the same was made before."""
        if not (found := self._read_stored_entry()):
            return None
        bare, html, pages, notes = found
        with suppress(Problems):  # where what was kept is no PDF
            pdf = attach_dataset(self.session, self.edition, bare)
            return Rendering(pdf, html, pages, False, bare, restore_notes(self.session, self.name, notes))
        return None

    def _read_stored_entry(self) -> tuple[bytes, bytes, int, list[tuple[str, ...]]] | None:
        def reading(found: dict[str, bytes]) -> tuple[bytes, bytes, int, list[tuple[str, ...]]]:
            notes = [(str(message), str(hint), str(kind)) for message, hint, kind in json.loads(found["notes"])]
            return found["pdf"], found["html"], int(found["pages"]), [*notes]

        return self.session.store.parse_entry(self.store_key, reading)

    def save_rendering(self, made: Rendering) -> Rendering:
        """Put the pages into the cache."""
        entry = {"pdf": made.pdf_without_dataset, "html": made.html, "pages": str(made.page_count).encode()}
        entry["notes"] = json.dumps(encode_notes(made.notes)).encode()
        self.session.store.write_entry(self.store_key, entry)
        return made


def compose_document(session: Session, name: str) -> ComposedDocument:
    """The composed document: as the last edition where it says the same, else as a draft of the next."""
    said, published = fingerprint_document(session, name), session.publication.imprint.published
    last = session.ledger.last_edition(name)
    edition = last if last and last.content == said.content else editions.draft_edition(session.ledger, name, published)
    return ComposedDocument(session, name, said.neutral_hash, edition, said.content, said.prints)


def fingerprint_document(session: Session, name: str) -> Fingerprint:
    """What a document says, from the record where all that it would read is as it was."""
    record, published = session.fingerprint_memo(name), session.publication.imprint.published
    besides = repr([astuple(one) for one in editions.list_change_notices(session.ledger, name)])
    if known := record.find_fingerprint(name, besides):
        return known
    # What it says is judged without what it calls itself, and without paper and profile.
    neutral = Edition(brief=name, number=0, code="0000", date=published)
    printed = session.value_tracker(name)
    printed.reset()
    html = _compose_page(session, printed.publication, neutral)
    prints = printed.take_printed_values()
    said = Fingerprint(store.entry_key(html), editions.hash_content(html, prints), prints)
    record.add_entry(name, printed.take_dependencies(), besides, said)
    return said


def compose_html(session: Session, edition: Edition, origins: OriginIndex | None = None) -> str:
    """The HTML of a document as an edition, on the session's paper and in its profile.

    With ``origins`` it is only to be read for their marks.
    """
    paper, profile = session.paper_and_profile
    form = {"paper": paper, "profile": profile, "origins": origins}
    return _compose_page(session, session.publication_for(edition.brief), edition, **form)


def _compose_page(session: Session, whole: Publication, edition: Edition, **form: Any) -> str:
    from tipbrief.compose.html_page import compose_page  # not where the record knows all that is asked

    what = (whole, edition.brief, session.fonts, session.environment)
    told, alternates = (
        editions.list_change_notices(session.ledger, edition.brief),
        session.alternates(edition.brief),
    )
    return compose_page(*what, edition=edition, told=told, alternates=alternates, **form)


def render_document(session: Session, edition: Edition, step: Callable[[str], None] = lambda step: None) -> Rendering:
    """Typeset and verify a document as an edition."""
    return start_rendering(session, edition, step)()


def start_rendering(session: Session, edition: Edition, step: Callable[[str], None]) -> Callable[[], Rendering]:
    """The same in two parts: the press, if there is one, is at work until one calls for what is made."""
    step("typeset")
    given = (
        _fit_arguments(session, edition, compose_html(session, edition)),
        _audit_arguments(session, edition),
    )
    asked = session.early_worker and session.early_worker.submit_work(session.fonts, render_pdf, *given)

    def made() -> Rendering:
        if asked and (found := asked()):
            step("verify")  # it cannot tell of it before
            return found
        return render_pdf(session.typesetter, *given, step)

    return made


def serialise_document_pages(session: Session, edition: Edition, html: str) -> FitResult:
    """The pages of a document's HTML, fitted and written, not yet verified."""
    return serialise_pages(partial(fit_document_pages, session, edition, html))


def fit_document_pages(session: Session, edition: Edition, html: str) -> FitResult:
    """The pages of a document's HTML, fitted to what its brief promises."""
    from tipbrief.typeset.fit import fit_pages

    return fit_pages(session.typesetter, **_fit_arguments(session, edition, html))


def _fit_arguments(session: Session, edition: Edition, html: str) -> dict[str, Any]:
    """What ``fitted`` is given, such that it can go to another process."""
    brief, whole = session.documents[edition.brief].brief, session.publication_for(edition.brief)
    how = {"draft": edition.draft, "translated": whole.language.tag != whole.languages[0].tag}
    paper, profile = session.paper_and_profile
    wanted = {
        "pages": promised_page_count(brief.pages, paper, profile),
        "filled": paper.narrow,
        "place": brief.location,
    }
    return {"html": html, **wanted, **how, "standard": profile.standard}


def encode_notes(notes: Iterable[Problem]) -> list[list[str]]:
    """The notes of a document without their place, which is that of its brief."""
    return [[note.message, note.hint, note.kind] for note in notes]


def restore_notes(session: Session, name: str, notes: Iterable[Sequence[str]]) -> tuple[Problem, ...]:
    """The notes of a document as they were told when it was made."""
    place = session.documents[name].brief.location
    found = (place.problem(message, hint, kind=kind, token="pages:") for message, hint, kind in notes)
    return tuple(replace(note, severity="warning") for note in found)


def verify_remote_pages(session: Session, edition: Edition, html: str, bare: bytes, spacing: str) -> Rendering:
    """The document of our HTML from elsewhere, of which only the pages are taken, and their spacing.

    That a draft has other pages than promised is told, without the words of who made it.
    """
    from tipbrief.pdf.embedded_files import find_unexpected_parts
    from tipbrief.pdf.pdf_file import open_untrusted_pdf
    from tipbrief.pdf.serialiser import reserialise_pdf
    from tipbrief.typeset.fit import apply_spacing

    with open_untrusted_pdf(bare) as pages:
        if strange := find_unexpected_parts(pages):
            raise Problems(f"'{edition.brief}': a PDF of the cluster has {strange}, which none of ours has")
        bare = reserialise_pdf(pages)
    wanted = promised_page_count(session.documents[edition.brief].brief.pages, *session.paper_and_profile)
    html = apply_spacing(html, spacing)
    made = verify_pages(session, edition, html, bare, None if edition.draft else wanted)
    if wanted in (None, made.page_count):
        return made
    note = (
        f"the PDF has {made.page_count} pages, the brief promises {wanted}",
        "change the text, or 'pages'",
    )
    return replace(made, notes=restore_notes(session, edition.brief, [(*note, "pages")]))


def verify_pages(session: Session, edition: Edition, html: str, bare: bytes, wanted: int | None) -> Rendering:
    """A document's pages with what they carry; a problem where they do not say what the HTML says."""
    return audit_pages(html, bare, wanted, **_audit_arguments(session, edition))


def _audit_arguments(session: Session, edition: Edition) -> dict[str, Any]:
    """What the pages of an edition are to carry, and what is expected of them."""
    paper, profile = session.paper_and_profile
    return {
        "name": session.file_name(edition.brief, "pdf"),
        "carried": _document_attachments(session, edition),
        "date": edition.date,
        "paper": (paper.width, paper.height),
        "language": session.publication_for(edition.brief).language.tag,
        "families": family_names(session.fonts),
        "standard": profile.standard,
    }


def attach_dataset(session: Session, edition: Edition, bare: bytes) -> bytes:
    """A document's PDF with all that it carries."""
    from tipbrief.pdf import pdf_draft

    return pdf_draft.attach_files(bare, _document_attachments(session, edition), edition.date)


def _document_attachments(session: Session, edition: Edition) -> list[Attachment]:
    known = session.ledger.format_extract_until(edition)
    return list_attachments(session.dataset, session.versions, edition_facts(session, edition), known)


def edition_facts(session: Session, edition: Edition) -> dict[str, str | int]:
    """What a PDF says of the edition that it is."""
    return {
        "publication": str(session.publication.imprint.id),
        "brief": edition.brief,
        "number": edition.number,
        "code": edition.code,
    }
