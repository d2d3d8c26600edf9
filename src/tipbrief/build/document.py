"""A document: what it says, the edition that it is, and its verified PDF, from the cache or made."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tipbrief.build import cache
from tipbrief.build.made import Made, audited, finished, made_of
from tipbrief.build.record import Said
from tipbrief.build.session import Session
from tipbrief.check.publication import Publication
from tipbrief.compose.profiles import promised
from tipbrief.fonts.shelf import families_of
from tipbrief.language.dates import Date
from tipbrief.ledger import editions
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import Attachment, attachments_of
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.compose.origins import Origins
    from tipbrief.typeset.fit import Fitted


@dataclass(frozen=True, slots=True)
class Piece:
    """What a document says: a hash of its HTML without an edition, the edition that it is, what it prints."""

    session: Session = field(repr=False)
    name: str
    neutral: str
    edition: Edition
    content: str
    prints: Mapping[str, str]

    def html(self) -> str:
        """The HTML of the document, with the edition that it is."""
        return composed(self.session, self.edition)

    def card(self) -> bytes:
        """The document's square card, a picture."""
        from tipbrief.handouts.pictures import card, card_html

        one, told = self.session, editions.told(self.session.ledger, self.name)
        what = (one.of(self.name), self.name, one.faces, one.environment)
        return card(one.typesetter, card_html(*what, edition=self.edition, told=told))

    def delivered(self, date: Date) -> Piece:
        """The same as the next edition; a problem where a value changed of which the ledger does not know."""
        known = self.session.ledger
        if strange := editions.undocumented(known, self.prints):
            raise Problems(editions.unexplained_values(self.session.folder, strange))
        name, content, data, prints = self.name, self.content, self.session.data_hash, self.prints
        edition = editions.edition(known, name, date=date, content=content, data=data, prints=prints)
        return replace(self, edition=edition)

    @property
    def key(self) -> str:
        """What the pages follow from, as one hash: what the document says, and the edition that it is.

        Not what each PDF gets anew, dataset and ledger: else each correction would cost all pages. Only of a
        draft, lest one that a correction tried be called unchanged.
        """
        one = self.session
        paper, profile = one.form
        return cache.key(
            one.engine,
            self.neutral,
            paper.name,
            one.paper_styles,
            profile.css_text,
            f"{profile.drawing}{profile.grey_pictures}{profile.standard.archives}",
            json.dumps(facts(one, self.edition)),
            self.edition.date.iso(),
            one.data_hash + one.ledger.part(self.edition) if self.edition.draft else "",
            str(one.documents[self.name].brief.pages),
        )

    def made(self) -> Made:
        """The verified PDF: from the cache, where the same was made before."""
        return self.kept() or self.keep(make(self.session, self.edition))

    @property
    def is_kept(self) -> bool:
        """Whether the same was made before."""
        return self.session.cache.has(self.key)

    def kept(self) -> Made | None:
        """The PDF, if the same was made before."""
        if not (found := self._entry()):
            return None
        bare, html, pages, notes = found
        with suppress(Problems):  # where what was kept is no PDF
            pdf = with_dataset(self.session, self.edition, bare)
            return Made(pdf, html, pages, False, bare, told_again(self.session, self.name, notes))
        return None

    def _entry(self) -> tuple[bytes, bytes, int, list[tuple[str, ...]]] | None:
        def reading(found: dict[str, bytes]) -> tuple[bytes, bytes, int, list[tuple[str, ...]]]:
            notes = [
                (str(message), str(hint), str(kind)) for message, hint, kind in json.loads(found["notes"])
            ]
            return found["pdf"], found["html"], int(found["pages"]), [*notes]

        return self.session.cache.read(self.key, reading)

    def keep(self, made: Made) -> Made:
        """Put the pages into the cache."""
        entry = {"pdf": made.bare, "html": made.html, "pages": str(made.pages).encode()}
        entry["notes"] = json.dumps(notes_of(made.notes)).encode()
        self.session.cache.put(self.key, entry)
        return made


def piece_of(session: Session, name: str) -> Piece:
    """The composed document: as the last edition where it says the same, else as a draft of the next."""
    said, published = said_by(session, name), session.publication.imprint.published
    last = session.ledger.last(name)
    edition = (
        last if last and last.content == said.content else editions.draft(session.ledger, name, published)
    )
    return Piece(session, name, said.neutral, edition, said.content, said.prints)


def said_by(session: Session, name: str) -> Said:
    """What a document says, from the record where all that it would read is as it was."""
    record, published = session.record(name), session.publication.imprint.published
    besides = repr([astuple(one) for one in editions.told(session.ledger, name)])
    if known := record.said(name, besides):
        return known
    # What it says is judged without what it calls itself, and without paper and profile.
    neutral = Edition(brief=name, number=0, code="0000", date=published)
    printed = session.printed(name)
    printed.begin()
    html = _page(session, printed.publication, neutral)
    prints = printed.taken()
    said = Said(cache.key(html), editions.content_of(html, prints), prints)
    record.note(name, printed.asked(), besides, said)
    return said


def composed(session: Session, edition: Edition, origins: Origins | None = None) -> str:
    """The HTML of a document as an edition, on the session's paper and in its profile.

    With ``origins`` it is only to be read for their marks.
    """
    paper, profile = session.form
    form = {"paper": paper, "profile": profile, "origins": origins}
    return _page(session, session.of(edition.brief), edition, **form)


def _page(session: Session, whole: Publication, edition: Edition, **form: Any) -> str:
    from tipbrief.compose.page import compose  # not where the record knows all that is asked

    what = (whole, edition.brief, session.faces, session.environment)
    told, alternates = editions.told(session.ledger, edition.brief), session.alternates(edition.brief)
    return compose(*what, edition=edition, told=told, alternates=alternates, **form)


def make(session: Session, edition: Edition, step: Callable[[str], None] = lambda step: None) -> Made:
    """Typeset and verify a document as an edition."""
    return begun(session, edition, step)()


def begun(session: Session, edition: Edition, step: Callable[[str], None]) -> Callable[[], Made]:
    """The same in two parts: the press, if there is one, is at work until one calls for what is made."""
    step("typeset")
    given = _to_fit(session, edition, composed(session, edition)), _to_verify(session, edition)
    asked = session.press and session.press.asked(session.faces, made_of, *given)

    def made() -> Made:
        if asked and (found := asked()):
            step("verify")  # it cannot tell of it before
            return found
        return made_of(session.typesetter, *given, step)

    return made


def finished_pages(session: Session, edition: Edition, html: str) -> Fitted:
    """The pages of a document's HTML, fitted and written, not yet verified."""
    return finished(partial(fitted_pages, session, edition, html))


def fitted_pages(session: Session, edition: Edition, html: str) -> Fitted:
    """The pages of a document's HTML, fitted to what its brief promises."""
    from tipbrief.typeset.fit import fitted

    return fitted(session.typesetter, **_to_fit(session, edition, html))


def _to_fit(session: Session, edition: Edition, html: str) -> dict[str, Any]:
    """What ``fitted`` is given, such that it can go to another process."""
    brief, whole = session.documents[edition.brief].brief, session.of(edition.brief)
    how = {"draft": edition.draft, "translated": whole.language.tag != whole.languages[0].tag}
    paper, profile = session.form
    wanted = {"pages": promised(brief.pages, paper, profile), "filled": paper.narrow, "place": brief.place}
    return {"html": html, **wanted, **how, "standard": profile.standard}


def notes_of(notes: Iterable[Problem]) -> list[list[str]]:
    """The notes of a document without their place, which is that of its brief."""
    return [[note.message, note.hint, note.kind] for note in notes]


def told_again(session: Session, name: str, notes: Iterable[Sequence[str]]) -> tuple[Problem, ...]:
    """The notes of a document as they were told when it was made."""
    place = session.documents[name].brief.place
    found = (place.problem(message, hint, kind=kind, token="pages:") for message, hint, kind in notes)
    return tuple(replace(note, severity="warning") for note in found)


def received(session: Session, edition: Edition, html: str, bare: bytes, spacing: str) -> Made:
    """The document of our HTML from elsewhere, of which only the pages are taken, and their spacing.

    That a draft has other pages than promised is told, without the words of who made it.
    """
    from tipbrief.pdf.carried import strange_parts
    from tipbrief.pdf.opening import of_anybody
    from tipbrief.pdf.writer import rewritten
    from tipbrief.typeset.fit import spaced_as

    with of_anybody(bare) as pages:
        if strange := strange_parts(pages):
            raise Problems(f"'{edition.brief}': a PDF of the cluster has {strange}, which none of ours has")
        bare = rewritten(pages)
    wanted = promised(session.documents[edition.brief].brief.pages, *session.form)
    html = spaced_as(html, spacing)
    made = verified(session, edition, html, bare, None if edition.draft else wanted)
    if wanted in (None, made.pages):
        return made
    note = (f"the PDF has {made.pages} pages, the brief promises {wanted}", "change the text, or 'pages'")
    return replace(made, notes=told_again(session, edition.brief, [(*note, "pages")]))


def verified(session: Session, edition: Edition, html: str, bare: bytes, wanted: int | None) -> Made:
    """A document's pages with what they carry; a problem where they do not say what the HTML says."""
    return audited(html, bare, wanted, **_to_verify(session, edition))


def _to_verify(session: Session, edition: Edition) -> dict[str, Any]:
    """What the pages of an edition are to carry, and what is expected of them."""
    paper, profile = session.form
    return {
        "name": session.file_name(edition.brief, "pdf"),
        "carried": _carried(session, edition),
        "date": edition.date,
        "paper": (paper.width, paper.height),
        "language": session.of(edition.brief).language.tag,
        "families": families_of(session.faces),
        "standard": profile.standard,
    }


def with_dataset(session: Session, edition: Edition, bare: bytes) -> bytes:
    """A document's PDF with all that it carries."""
    from tipbrief.pdf import archive

    return archive.carrying(bare, _carried(session, edition), edition.date)


def _carried(session: Session, edition: Edition) -> list[Attachment]:
    known = session.ledger.part(edition)
    return attachments_of(session.dataset, session.versions, facts(session, edition), known)


def facts(session: Session, edition: Edition) -> dict[str, str | int]:
    """What a PDF says of the edition that it is."""
    return {
        "publication": str(session.publication.imprint.id),
        "brief": edition.brief,
        "number": edition.number,
        "code": edition.code,
    }
