"""Answers: what the holder of each edition is told, and each correction with what it changed."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup

from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import HtmlWriter, plain_text
from tipbrief.files import hash_of, read_bytes
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, ChangeKind, Edition, split_document_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.status import Status, ValueChange, find_edition_status
from tipbrief.pdf.pdf_file import LARGEST_PDF
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

STYLE_FILE = "site.css"
CHECK_FILE = "check.html"
EDITIONS_FILE = "editions.json"
PDF_FOLDER = "e"  # the folder of the delivered PDFs, which are never removed
SITE_FOLDERS = ("c", "d", PDF_FOLDER)


def document_page_path(name: str) -> str:
    """The page of a document with all its editions."""
    return f"d/{name}.html"


def edition_pdf_path(one: Edition, sha256: str, form: str) -> str:
    """The permanent place of a delivered PDF; ``form``: paper and profile, if not the usual."""
    return f"{PDF_FOLDER}/{'-'.join(filter(None, (one.path, sha256[:8], form)))}.pdf"


def language_file_name(stem: str, tag: str, ending: str) -> str:
    """A file that there is in each language; the ``tag`` of the publication's first is empty."""
    return ".".join(filter(None, (stem, tag, ending)))


def relative_url(page: str, to: str) -> str:
    """The relative address of a file of the site, from a page of it."""
    return "../" * page.count("/") + quote(to)


_FORM_PATTERN = re.compile("[a-z0-9][a-z0-9-]{0,40}")


@dataclass(frozen=True, slots=True)
class EditionPdf:
    """A PDF of an edition that was delivered; ``path`` is empty where nobody has its bytes any more.

    ``form`` is its paper and profile, such as ``a5-grey``; empty for the usual ones.
    """

    edition: Edition
    sha256: str
    path: str = ""
    size: int = 0
    form: str = ""


class EditionPdfs:
    """All PDFs that a ledger knows; those of the site in ``out`` are found there, others can be added."""

    def __init__(self, ledger: Ledger, out: Path) -> None:
        self.site_folder, self._publication = out, ledger.publication
        self._by_signature: dict[str, dict[str, EditionPdf]] = {}
        self._edition_by_hash: dict[str, Edition] = {}
        for one in (one for brief in ledger.briefs for one in ledger.all_editions(brief)):
            # The first is the one of the edition itself, the others are its reprints.
            known = dict.fromkeys([one.pdf, *sorted(ledger.pdf_hashes(one))])
            self._by_signature[one.signature] = {sha256: EditionPdf(one, sha256) for sha256 in known if sha256}
            self._edition_by_hash |= dict.fromkeys(self._by_signature[one.signature], one)
        for file in sorted((out / PDF_FOLDER).glob("*.pdf")):
            if (pdf := _read_pdf(file)) is None:
                continue
            if found := self._edition_by_hash.get(sha256 := hash_of(pdf)):
                stem = edition_pdf_path(found, sha256, "").removesuffix(".pdf")
                form = f"{PDF_FOLDER}/{file.stem}".removeprefix(stem).removeprefix("-")
                if edition_pdf_path(found, sha256, form) == f"{PDF_FOLDER}/{file.name}":
                    self._register_pdf(EditionPdf(found, sha256, f"{PDF_FOLDER}/{file.name}", len(pdf), form))

    def _register_pdf(self, one: EditionPdf) -> None:
        self._by_signature[one.edition.signature][one.sha256] = one

    def add_pdf(self, pdf: bytes, name: str) -> Mapping[str, bytes]:
        """The file to write for a PDF of this name; none where it was not delivered, or is there already."""
        one = self._edition_by_hash.get(sha256 := hash_of(pdf))
        if one is None or self._by_signature[one.signature][sha256].path:
            return {}
        form = self._parse_form(one, name)
        path = edition_pdf_path(one, sha256, form)
        self._register_pdf(EditionPdf(one, sha256, path, len(pdf), form))
        return {path: pdf}

    def _parse_form(self, one: Edition, name: str) -> str:
        """``a5-grey`` of ``tip-2025-world-a5-grey.ps.pdf``."""
        plain, tag = split_document_name(one.brief)
        stem = name.removesuffix(".pdf").removesuffix(f".{tag}" if tag else "")
        form = stem.removeprefix(f"{self._publication}-{plain}").removeprefix("-")
        return form if form != stem and _FORM_PATTERN.fullmatch(form) else ""

    def add_from_folder(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        """The files to write for those PDFs of a folder that are not there yet."""
        for file in sorted(folder.glob("*.pdf")):
            if (pdf := _read_pdf(file)) is not None:
                yield from self.add_pdf(pdf, file.name).items()

    @property
    def pdfs_on_site(self) -> list[EditionPdf]:
        """All PDFs that are there."""
        return [one for prints in self._by_signature.values() for one in prints.values() if one.path]

    def pdfs_of_edition(self, one: Edition) -> list[EditionPdf]:
        """The PDFs of an edition, its first one first, then those in the usual form."""
        first, *others = self._by_signature[one.signature].values()
        return [first, *sorted(others, key=lambda other: (other.form, not other.path))]

    @property
    def editions_without_pdf(self) -> list[Edition]:
        """The editions of which no PDF is there."""
        known = [[*prints.values()] for prints in self._by_signature.values()]
        return [prints[0].edition for prints in known if prints and not any(one.path for one in prints)]


def _read_pdf(file: Path) -> bytes | None:
    try:
        return read_bytes(file, LARGEST_PDF)
    except Problems:
        return None


# The name of a value, what it was, and what it is now.
ValueStep = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class CorrectionNotice:
    """A correction or revision as a page tells it; ``seal`` is that of its entry where all of it is told."""

    kind: ChangeKind
    date: Date
    reason: str
    steps: tuple[tuple[Markup, Markup, Markup], ...]
    source: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class EditionPair:
    """A document that a correction changed: the last edition before it, and the first after it."""

    before: Edition
    after: Edition | None


@dataclass(frozen=True, slots=True)
class EditionStatus:
    """What is known of an edition."""

    edition: Edition
    status: Status


class SiteData:
    """The answers for every edition of a ledger, in the languages of its publication."""

    def __init__(self, session: Session) -> None:
        self.session, self.ledger = session, session.ledger

    @cached_property
    def editions_by_document(self) -> Mapping[str, Sequence[EditionStatus]]:
        """The answers of each document that was delivered, oldest edition first."""
        return {
            brief: [
                EditionStatus(one, find_edition_status(self.ledger, one)) for one in self.ledger.all_editions(brief)
            ]
            for brief in self.ledger.briefs
        }

    def publication_of(self, brief: str) -> Publication:
        """The publication in the language of a document, which may be one that it has no longer."""
        return self.session.translations.get(split_document_name(brief)[1], self.session.publication)

    def find_document(self, brief: str, whole: Publication | None = None) -> Document | None:
        """A document, or the same one in another language; None where there is none any more."""
        if whole is None:
            return self.session.documents.get(brief)
        plain, first = split_document_name(brief)[0], self.session.publication.language.tag
        tag = whole.language.tag
        return whole.documents.get(plain if tag == first else f"{plain}.{tag}")

    def page_path_of(self, brief: str) -> str:
        """The page of a document; none where there is no such document, or no edition of it any more."""
        return document_page_path(brief) if self.find_document(brief) and self.ledger.last_edition(brief) else ""

    def title_of(self, brief: str) -> str:
        """What a document is called in its language; its name where there is none any more."""
        document = self.find_document(brief)
        return plain_text(document.brief.title, self.publication_of(brief), document) if document else brief

    def correction_notices(
        self, moved: Iterable[ValueChange], brief: str, whole: Publication
    ) -> list[CorrectionNotice]:
        """What changed, in the words of a language, what has one reason together; oldest first."""
        groups: dict[tuple[str, ChangeKind, str], list[ValueStep]] = {}
        for one in moved:
            groups.setdefault((one.date, one.kind, one.reason), []).append((one.name, one.was, one.now))
        return [
            self._correction_notice(whole, self.find_document(brief, whole), Date.parse(date), kind, reason, steps)
            for (date, kind, reason), steps in sorted(groups.items())
        ]

    def _correction_notice(
        self,
        whole: Publication,
        document: Document | None,
        date: Date,
        kind: ChangeKind,
        reason: str,
        steps: Sequence[ValueStep],
        source: str = "",
        seal: str = "",
    ) -> CorrectionNotice:
        writer = HtmlWriter(whole, (), document)
        shown = tuple(
            (writer.label(name), writer.value_then(name, was), writer.value_then(name, now))
            for name, was, now in writer.distinct_steps(steps)
        )
        return CorrectionNotice(kind, date, whole.reasons.get(reason, reason), shown, source, seal)

    @cached_property
    def corrections(self) -> list[tuple[str, Sequence[Change], Mapping[str, EditionPair]]]:
        """The seal of each entry that readers must know of, its changes, and the documents that it touched.

        Not of one whose values no edition had printed.
        """
        place = {
            id(change): at
            for at, file in enumerate(self.ledger.entry_files)
            for change in self.ledger.changes_in_entry(at)
        }
        touched: dict[int, dict[str, EditionPair]] = {}
        for brief in self.ledger.briefs:
            history = self.ledger.history(brief)
            following = [*(one for one, _ in history[1:]), None]
            for (one, changes), after in zip(history, following, strict=True):
                for change in changes:
                    if change.steps.keys() & one.prints.keys():
                        own = touched.setdefault(place[id(change)], {})
                        own.setdefault(brief, EditionPair(one, after))
        files = self.ledger.entry_files
        return [(files[at].seal, self.ledger.changes_in_entry(at), touched[at]) for at in sorted(touched)]

    def corrections_in_language(self, whole: Publication) -> list[tuple[CorrectionNotice, Mapping[str, EditionPair]]]:
        """The corrections that sheets in one language told or will tell, newest first."""
        tag = "" if whole is self.session.publication else whole.language.tag
        found: list[tuple[CorrectionNotice, Mapping[str, EditionPair]]] = []
        for seal, changes, touched in self.corrections:
            if own := {brief: one for brief, one in touched.items() if split_document_name(brief)[1] == tag}:
                printed = {name for one in own.values() for name in one.before.prints}
                every = [(name, *step) for change in changes for name, step in change.steps.items()]
                steps = [step for step in every if step[0] in printed]
                first, document = changes[0], self.find_document(next(iter(own)), whole)
                told = self._correction_notice(
                    whole, document, first.date, first.kind, first.reason, steps, first.source, seal
                )
                found.append((told, own))
        return found[::-1]
