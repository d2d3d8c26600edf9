"""One document: it is composed, gets the edition that it is, and is rendered or taken from the store."""

from __future__ import annotations

import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tipbrief.compose.profiles import DEFAULT_PAPER, DEFAULT_PROFILE, PAPERS, promised_page_count
from tipbrief.fonts.font_library import family_names, font_face_css
from tipbrief.language.dates import Date
from tipbrief.ledger import editions
from tipbrief.ledger.entries import Edition, split_cell_name, split_document_name
from tipbrief.pdf.attachments import OWN_VALUES_FILE, Attachment, list_attachments
from tipbrief.pipeline.memos import Fingerprint
from tipbrief.pipeline.rendering import Rendering, render_pdf, typeset_alone
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import entry_key, store_key
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.compose.profiles import Paper, Profile
    from tipbrief.compose.provenance import OriginIndex
    from tipbrief.pipeline.workers.process import EarlyWorker

_FONTS_MARK = b"\0fonts\0"  # stands in the stored HTML for the CSS with the fonts, which is most of it
USUAL_FORM = {"paper": DEFAULT_PAPER, "profile": DEFAULT_PROFILE}


@dataclass(frozen=True, slots=True)
class ComposedDocument:
    """A document and the edition that it is, with its fingerprint: two hashes, and the values that it prints."""

    session: Session = field(repr=False)
    name: str
    neutral_hash: str
    edition: Edition
    content: str
    prints: Mapping[str, str]
    page: Callable[[Edition], str] | None = field(default=None, repr=False, compare=False)  # of any edition

    def html(self) -> str:
        """The HTML of the document as its edition."""
        is_usual = all(getattr(self.session, key) == usual for key, usual in USUAL_FORM.items())
        return self.page(self.edition) if self.page and is_usual else compose_html(self.session, self.edition)

    def rendering_arguments(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What ``render_pdf`` needs of the document, to fit and to verify it; it can go to another process."""
        session, edition = self.session, self.edition
        return _fit_arguments(session, edition, self.html()), _audit_arguments(session, edition)

    def render_card(self) -> bytes:
        """The document's square card, a picture."""
        from tipbrief.handouts.picture_export import compose_card_html, render_card

        session, notices = self.session, editions.list_change_notices(self.session.ledger, self.name)
        what = (session.printed_part(self.name).publication, self.name, session.fonts, session.environment)
        return render_card(session.typesetter, compose_card_html(*what, edition=self.edition, told=notices))

    def as_next_edition(self, date: Date) -> ComposedDocument:
        """The document as its next edition; a problem if a value changed without an entry in the ledger."""
        session = self.session
        if undocumented := editions.find_undocumented_values(session.ledger, self.prints):
            raise Problems(editions.describe_undocumented_values(session.folder, undocumented))
        says: dict[str, Any] = {"content": self.content, "data": session.data_hash, "prints": self.prints}
        return replace(self, edition=editions.create_edition(session.ledger, self.name, date=date, **says))

    @property
    def store_key(self) -> str:
        """The key of the document's pages: a hash of all that they follow from.

        The dataset and the ledger are left out: they are attached later, so a correction need not render every
        page again. Of a draft they are in it, lest one that a correction tried be called unchanged.
        """
        session, edition = self.session, self.edition
        paper, profile = session.paper_and_profile
        return store_key(
            "pages",
            session.engine_hash,
            self.neutral_hash,
            paper.name,
            # The styles of the default paper are in each neutral page.
            session.template_files_hash if paper.name != DEFAULT_PAPER else "",
            profile.css_text,
            f"{profile.drawing}{profile.grey_pictures}{profile.standard.pdf_a}",
            json.dumps(edition_facts(session, edition)),
            edition.date.iso(),
            session.data_hash + session.ledger.format_extract_until(edition) if edition.draft else "",
            str(session.documents[self.name].pages),
        )

    def load_or_render(self) -> Rendering:
        """The verified PDF: from the store, else it is rendered."""
        return self.load_rendering() or self.save_rendering(render_document(self))

    def load_rendering(self) -> Rendering | None:
        """The PDF from the pages in the store; None if they are not there."""
        session = self.session
        if found := session.store.parse_entry(self.store_key, _parse_pages):
            pages, notes = found
            with suppress(Problems):  # what is stored is no PDF
                pdf = attach_dataset(session, self.edition, pages.pdf_without_dataset)
                html = pages.html.replace(_FONTS_MARK, font_face_css(session.fonts).encode())
                at = session.documents[self.name].brief.location
                shown = (at.problem(*one, kind=kind, token="pages:", severity="warning") for *one, kind in notes)
                return replace(pages, pdf=pdf, html=html, notes=tuple(shown))
        return None

    def save_rendering(self, rendering: Rendering) -> Rendering:
        """Put the pages into the store."""
        self.session.store.write_entry(self.store_key, self.format_pages(rendering))
        return rendering

    def format_pages(self, rendering: Rendering) -> dict[str, bytes]:
        """The pages as the store has them."""
        notes = [[note.message, note.hint, note.kind] for note in rendering.notes]
        html = rendering.html.replace(font_face_css(self.session.fonts).encode(), _FONTS_MARK)
        entry = {"pdf": rendering.pdf_without_dataset, "html": zlib.compress(html, 1)}
        return entry | {"pages": str(rendering.page_count).encode(), "notes": json.dumps(notes).encode()}


def _parse_pages(entry: Mapping[str, bytes]) -> tuple[Rendering, list[tuple[str, str, str]]]:
    notes = [(str(message), str(hint), str(kind)) for message, hint, kind in json.loads(entry["notes"])]
    return Rendering(b"", zlib.decompress(entry["html"]), int(entry["pages"]), False, entry["pdf"]), notes


def compose_document(session: Session, name: str) -> ComposedDocument:
    """Compose a document. It keeps its last edition if its content is unchanged; else it is a draft of the next."""
    (found, page), ledger = fingerprint_document(session, name), session.ledger
    edition = ledger.last_edition(name)
    if edition is None or edition.content != found.content:
        edition = editions.draft_edition(ledger, name, session.publication.imprint.published)
        edition = replace(edition, prints=found.prints)
    return ComposedDocument(session, name, found.neutral_hash, edition, found.content, found.prints, page)


def fingerprint_document(session: Session, name: str) -> tuple[Fingerprint, Callable[[Edition], str] | None]:
    """The fingerprint of a document; and its page, if something that it read has changed, so that it was composed."""
    if known := recall_fingerprint(session, name):
        return known, None
    from tipbrief.compose.html_page import begin_page  # only if something must be composed

    memo = session.fingerprint_memo(name)
    # What it says is judged without its edition, in the usual form.
    neutral = Edition(brief=name, number=0, code="0000", date=session.publication.imprint.published)
    tracker = memo.tracker
    if document := session.documents.get(name):  # an unknown one is reported where it is composed
        tracker.own_row = str(document.brief.for_each or ""), document.key
    tracker.take_printed_values()  # of a document that failed
    tracker.take_dependencies()
    form = _page_form(session, name, PAPERS[DEFAULT_PAPER], session.print_profiles[DEFAULT_PROFILE])
    what = (tracker.publication, name, session.fonts, session.environment, neutral)
    page, is_bound = begin_page(*what, **form)
    html = page(neutral)
    prints = tracker.take_printed_values()
    found = Fingerprint(entry_key(html), editions.hash_content(html, prints), prints)
    memo.add_entry(name, tracker.take_dependencies(), _format_notices(session, name), found)
    return found, None if is_bound else page


def recall_fingerprint(session: Session, name: str) -> Fingerprint | None:
    """The fingerprint of a document that was composed before, if nothing that it read has changed."""
    return session.fingerprint_memo(name).find_fingerprint(name, _format_notices(session, name))


def _format_notices(session: Session, name: str) -> str:
    return repr([astuple(one) for one in editions.list_change_notices(session.ledger, name)])


def compose_html(session: Session, edition: Edition, origins: OriginIndex | None = None) -> str:
    """The HTML of a document as an edition, in the session's form. With ``origins`` it has marks: do not deliver it."""
    from tipbrief.compose.html_page import compose_page  # only if something must be composed

    form = {"origins": origins, **_page_form(session, edition.brief, *session.paper_and_profile)}
    what = (session.printed_part(edition.brief).publication, edition.brief, session.fonts, session.environment)
    return compose_page(*what, edition=edition, **form)


def _page_form(session: Session, name: str, paper: Paper, profile: Profile) -> dict[str, Any]:
    told, file = editions.list_change_notices(session.ledger, name), session.file_name(name, "pdf")
    form = {"paper": paper, "profile": profile, "told": told, "pdf_file": file}
    return form | {"alternates": session.alternates(name)}


def locate_page_faults(session: Session, name: str, problems: Iterable[Problem]) -> Iterator[Problem]:
    """The problems with pages; where texts overlap in a block, at its place in the brief, with what helps there."""
    from tipbrief.check.blocks import every_block
    from tipbrief.compose.html_writer import plain_text

    document, whole = session.documents[name], session.publication_for(name)
    titled = [one for one in every_block(document.brief.blocks) if getattr(one, "title", None)]
    titles = [_letters_of(plain_text(getattr(one, "title"), whole, document)) for one in titled]  # noqa: B009
    for problem in problems:
        shown = _letters_of(problem.message.partition("under «")[2].partition("»")[0])
        fitting = [pair for pair in zip(titles, titled, strict=True) if shown and pair[0].startswith(shown)]
        if problem.kind != "overlap" or not fitting:
            yield problem
            continue
        _, block = min(fitting, key=lambda pair: len(pair[0]))
        hint = "put it into a wider column, or print fewer or shorter texts in it"
        if every := getattr(block, "every", 0):
            hint = f"write 'every: {2 * every}' or more, or put it into a wider column"
        yield block.location.problem(f"{problem.file}, {problem.message}", hint, kind=problem.kind)


def _letters_of(text: str) -> str:
    return "".join(filter(str.isalnum, text))


def render_document(composed: ComposedDocument, step: Callable[[str], None] = lambda step: None) -> Rendering:
    """Typeset and verify a document."""
    return start_rendering(composed, step)()


def start_rendering(composed: ComposedDocument, step: Callable[[str], None]) -> Callable[[], Rendering]:
    """Start to typeset and verify a document, in the early worker if there is one; a call of the result waits."""
    step("typeset")
    session, given = composed.session, composed.rendering_arguments()
    worker = session.early_worker
    receive = worker.submit_work(session.fonts, render_pdf, *given) if worker else None

    def finish() -> Rendering:
        if receive and (found := receive()):
            step("verify")  # the worker cannot report it earlier
            return found
        return render_pdf(session.typesetter, *given, step)

    return finish


def warm_up(session: Session, worker: EarlyWorker | None, names: Iterable[str], out: Path) -> None:
    """Have the early worker typeset a delivered page that prints such values, while it waits for the next one."""
    keys = {part for name in names for part in split_cell_name(name)[1].split(",")}
    name = next((name for name, one in session.documents.items() if one.key in keys), "")
    file, edition = out / session.file_name(name, "html"), session.ledger.last_edition(name)
    if worker and edition and file.is_file():
        to_fit = _fit_arguments(session, edition, file.read_text(encoding="utf-8", errors="replace"))
        worker.submit_work(session.fonts, typeset_alone, to_fit)


def _fit_arguments(session: Session, edition: Edition, html: str) -> dict[str, Any]:  # can go to another process
    brief, whole = session.documents[edition.brief].brief, session.publication_for(edition.brief)
    paper, profile = session.paper_and_profile
    return {
        "html": html,
        "pages": promised_page_count(session.documents[edition.brief].pages, paper, profile),
        "filled": paper.narrow,
        "place": brief.location,
        "draft": edition.draft,
        "translated": whole.language.tag != whole.languages[0].tag,
        "standard": profile.standard,
    }


def _audit_arguments(session: Session, edition: Edition) -> dict[str, Any]:
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


def attach_dataset(session: Session, edition: Edition, pdf_without_dataset: bytes) -> bytes:
    """A document's PDF with all files that it carries."""
    from tipbrief.pdf import pdf_draft

    return pdf_draft.attach_files(pdf_without_dataset, _document_attachments(session, edition), edition.date)


def _document_attachments(session: Session, edition: Edition) -> list[Attachment]:
    facts, known, dataset = edition_facts(session, edition), "", session.dataset_for(edition.brief)
    if facts.get("carry") == "own":
        from tipbrief.compose.html_writer import format_own_values

        whole = session.publication_for(edition.brief)
        values = format_own_values(whole, session.documents[edition.brief], edition.prints)
        dataset = [Attachment(OWN_VALUES_FILE, values)]
    elif "carry" not in facts:
        known = session.ledger.format_extract_until(edition)
    return list_attachments(dataset, session.versions_for(edition.brief), facts, known)


def edition_facts(session: Session, edition: Edition) -> dict[str, str | int]:
    """What a PDF says of the edition that it is, and of its paper and profile where these are not the usual ones."""
    publication = str(session.publication.imprint.id)
    form = {key: getattr(session, key) for key, usual in USUAL_FORM.items() if getattr(session, key) != usual}
    document = session.documents.get(edition.brief)
    brief = document.brief if document else session.publication.briefs.get(split_document_name(edition.brief)[0])
    form |= {"carry": brief.carry} if brief and brief.carry != "all" else {}
    return {"publication": publication, "brief": edition.brief, "number": edition.number, "code": edition.code, **form}
