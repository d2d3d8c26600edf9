"""The data of the site: the status of each edition, its PDFs, and each correction with the documents it changed."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import HtmlWriter, plain_text
from tipbrief.deliver.output_folder import list_pdfs
from tipbrief.files import hash_of, read_bytes
from tipbrief.language.dates import Date
from tipbrief.ledger.editions import ChangeNotice
from tipbrief.ledger.entries import Change, ChangeKind, Edition, split_cell_name, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import Status, ValueChange, find_edition_status
from tipbrief.pdf.pdf_file import LARGEST_PDF
from tipbrief.pipeline.selection import document_name
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

STYLE_FILE, CHECK_FILE, EDITIONS_FILE = "site.css", "check.html", "editions.json"
PDF_FOLDER = "e"  # the folder of the delivered PDFs, which are never removed
SITE_FOLDERS = ("c", "d", PDF_FOLDER, "data", "data/tables")
_FORM_PATTERN = re.compile("[a-z0-9][a-z0-9-]{0,40}")


def edition_pdf_path(one: Edition, sha256: str, form: str) -> str:
    """The permanent path of a PDF. ``form`` is its paper and profile: ``a5-grey``, empty for the usual ones."""
    return f"{PDF_FOLDER}/{'-'.join(filter(None, (one.path, sha256[:8], form)))}.pdf"


@dataclass(frozen=True, slots=True)
class EditionPdf:
    """A delivered PDF of an edition. ``path`` is empty if its bytes are lost. ``form``: see ``edition_pdf_path``."""

    edition: Edition
    sha256: str
    path: str = ""
    size: int = 0
    form: str = ""


class EditionPdfs:
    """All PDFs that a ledger knows. Those on the site in ``out`` are found there; others can be added."""

    def __init__(self, ledger: Ledger, out: Path, private_documents: Collection[str] = ()) -> None:
        self.site_folder, self._publication = out, ledger.publication
        self._by_signature: dict[str, dict[str, EditionPdf]] = {}
        self._edition_by_hash: dict[str, Edition] = {}
        for one in (one for brief in ledger.briefs for one in ledger.all_editions(brief)):
            # The first PDF belongs to the edition itself, the others to its reprints.
            known = dict.fromkeys([one.pdf, *sorted(ledger.pdf_hashes(one))])
            self._by_signature[one.signature] = {sha256: EditionPdf(one, sha256) for sha256 in known if sha256}
            if one.brief not in private_documents:
                self._edition_by_hash |= dict.fromkeys(self._by_signature[one.signature], one)
        for file, pdf in read_pdfs(out / PDF_FOLDER):
            if found := self._edition_by_hash.get(sha256 := hash_of(pdf)):
                stem = edition_pdf_path(found, sha256, "").removesuffix(".pdf")
                form = f"{PDF_FOLDER}/{file.stem}".removeprefix(stem).removeprefix("-")
                if edition_pdf_path(found, sha256, form) == f"{PDF_FOLDER}/{file.name}":
                    known_pdf = EditionPdf(found, sha256, f"{PDF_FOLDER}/{file.name}", len(pdf), form)
                    self._by_signature[found.signature][sha256] = known_pdf

    def add_pdf(self, pdf: bytes, name: str) -> Mapping[str, bytes]:
        """The file to write for a PDF with this name; none if it was not delivered, or is on the site already."""
        one = self._edition_by_hash.get(sha256 := hash_of(pdf))
        if one is None or self._by_signature[one.signature][sha256].path:
            return {}
        # The form is in the name of the PDF: a5-grey in tip-2025-world-a5-grey.ps.pdf.
        plain, tag = split_document_name(one.brief)
        stem = name.removesuffix(".pdf").removesuffix(f".{tag}" if tag else "")
        form = stem.removeprefix(f"{self._publication}-{plain}").removeprefix("-")
        form = form if form != stem and _FORM_PATTERN.fullmatch(form) else ""
        path = edition_pdf_path(one, sha256, form)
        self._by_signature[one.signature][sha256] = EditionPdf(one, sha256, path, len(pdf), form)
        return {path: pdf}

    @property
    def pdfs_on_site(self) -> list[EditionPdf]:
        """All PDFs whose bytes are on the site."""
        return [pdf for pdfs in self._by_signature.values() for pdf in pdfs.values() if pdf.path]

    def pdfs_of_edition(self, one: Edition) -> list[EditionPdf]:
        """The PDFs of an edition: its own, then reprints in the usual form, then others."""
        pdfs = [*self._by_signature[one.signature].values()]
        return [*pdfs[:1], *sorted(pdfs[1:], key=lambda other: (other.form, not other.path))]

    @property
    def editions_without_pdf(self) -> list[Edition]:
        """The editions without any PDF on the site."""
        pdfs_by_edition = [[*pdfs.values()] for pdfs in self._by_signature.values()]
        return [pdfs[0].edition for pdfs in pdfs_by_edition if pdfs and not any(pdf.path for pdf in pdfs)]


def read_pdfs(folder: Path) -> Iterator[tuple[Path, bytes]]:
    """The PDFs in a folder that can be read."""
    for file in list_pdfs(folder):
        with suppress(Problems):
            yield file, read_bytes(file, LARGEST_PDF)


ChangeReason = tuple[str, ChangeKind, str]  # date, kind and reason of a change
ValueStep = tuple[str, str, str]  # the name of a value, its old and its new value
# The last edition of a document before a correction, and the first one after it.
EditionPair = tuple[Edition, Edition | None]


@dataclass(frozen=True, slots=True)
class CorrectionNotice(ChangeNotice):
    """The same in the words of a page, as HTML. ``seal`` is its id in the ledger, if it is complete."""

    seal: str = ""
    withdrawn: tuple[str, ...] = ()  # titles of documents whose row is gone with it


class SiteData:
    """The status of every edition and all corrections of a ledger, in the languages of its publication."""

    def __init__(self, session: Session) -> None:
        self.session, self.ledger = session, session.ledger

    @cached_property
    def editions_by_document(self) -> Mapping[str, Sequence[tuple[Edition, Status]]]:
        """The editions of each delivered document with their status, oldest first."""
        return {
            brief: [(one, find_edition_status(self.ledger, one)) for one in self.ledger.all_editions(brief)]
            for brief in self.ledger.briefs
        }

    @cached_property
    def publications(self) -> list[Publication]:
        """The publication in each language in which something was delivered."""
        used = {id(self.publication_of(brief)) for brief in self.editions_by_document}
        return [one for one in self.session.publications if id(one) in used]

    def language_page(self, stem: str, ending: str, publication: Publication) -> str:
        """The file of a page that exists in each language. That of the first language has no tag in its name."""
        return f"{document_name(self.session.publication, stem, publication.language)}.{ending}"

    def publication_of(self, brief: str) -> Publication:
        """The publication in the language of a document; in its first language if it has lost that one."""
        return self.session.translations.get(split_document_name(brief)[1], self.session.publication)

    def _name_in_language(self, brief: str, whole: Publication) -> str:
        return document_name(self.session.publication, split_document_name(brief)[0], whole.language)

    def page_path_of(self, brief: str) -> str:
        """The path of the page of a document; empty if the document or all its editions are gone."""
        return f"d/{brief}.html" if brief in self.session.documents and self.ledger.last_edition(brief) else ""

    def title_of(self, brief: str) -> str:
        """The title of a document in its language; its last one or its name if the document no longer exists."""
        if document := self.session.documents.get(brief):
            return plain_text(document.brief.title, self.publication_of(brief), document)
        gone = self.ledger.withdrawn_documents.get(brief)
        return (gone and gone.documents[brief]) or brief

    def correction_notices(
        self, moved: Iterable[ValueChange], brief: str, whole: Publication
    ) -> list[CorrectionNotice]:
        """Changed values in the words of a language, grouped by reason, oldest first."""
        groups: dict[ChangeReason, list[ValueStep]] = {}
        for one in moved:
            groups.setdefault((one.date, one.kind, one.reason), []).append((one.name, one.was, one.now))
        document = whole.documents.get(self._name_in_language(brief, whole))
        return [self._correction_notice(whole, document, change, steps) for change, steps in sorted(groups.items())]

    def _correction_notice(
        self, whole: Publication, document: Document | None, change: ChangeReason, steps: Sequence[ValueStep]
    ) -> CorrectionNotice:
        date, kind, reason = change
        writer = HtmlWriter(whole, (), document)
        shown = tuple(
            (writer.label(name), writer.value_then(name, was), writer.value_then(name, now))
            for name, was, now in writer.distinct_steps(steps)
            if "[" not in name or split_cell_name(name)[2]  # of a row that is gone there is nothing to show
        )
        return CorrectionNotice(kind, Date.parse(date), whole.reasons.get(reason, reason), "", shown)

    @cached_property
    def corrections(self) -> list[tuple[str, Sequence[Change], Mapping[str, EditionPair]]]:
        """The changes of printed values, one item for each entry and reason: its id, and the documents it touched."""
        groups: list[tuple[str, list[Change]]] = []
        for at, file in enumerate(self.ledger.entry_files):
            by_reason: dict[tuple[str, str], list[Change]] = {}
            for change in self.ledger.changes_in_entry(at):
                by_reason.setdefault((change.kind, change.reason), []).append(change)
            groups += [(f"{file.seal}-{n}" if n else file.seal, own) for n, own in enumerate(by_reason.values())]
        place = {id(change): at for at, (_, own) in enumerate(groups) for change in own}
        touched: dict[int, dict[str, EditionPair]] = {}
        for brief in self.ledger.briefs:
            history = self.ledger.history(brief)
            following = [*(one for one, _ in history[1:]), None]
            for (one, changes), after in zip(history, following, strict=True):
                for change in changes:
                    withdraws = brief in change.documents and not change.now
                    if withdraws or change.steps.keys() & one.prints.keys():
                        touched.setdefault(place[id(change)], {}).setdefault(brief, (one, after))
        return [(*groups[at], touched[at]) for at in sorted(touched)]

    def corrections_in_language(self, whole: Publication) -> list[tuple[CorrectionNotice, Mapping[str, EditionPair]]]:
        """The corrections of values that documents in one language have printed, newest first."""
        found: list[tuple[CorrectionNotice, Mapping[str, EditionPair]]] = []
        for seal, changes, touched in self.corrections:
            if own := {brief: one for brief, one in touched.items() if brief == self._name_in_language(brief, whole)}:
                printed = {name for before, _ in own.values() for name in before.prints}
                every = [(name, *step) for change in changes for name, step in change.steps.items()]
                steps = [step for step in every if step[0] in printed]
                first, document = changes[0], whole.documents.get(next(iter(own)))
                reason = (first.date.iso(), first.kind, first.reason)
                notice = self._correction_notice(whole, document, reason, steps)
                rows = {brief: self.ledger.withdrawn_documents.get(brief) for brief in own}
                gone = tuple(self.title_of(brief) for brief, row in rows.items() if row in changes)
                found.append((replace(notice, source=first.source, seal=seal, withdrawn=gone), own))
        return found[::-1]
