"""The publication that a finished PDF carries: its document is composed from it again, and compared with the PDF.

Nothing is read but the PDF, the HTML beside it, and what tipbrief ships; the files are unpacked into a temporary
folder, and the user's store is not used. With the same programs and fonts, the PDF made anew has the same bytes.
"""

import re
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from difflib import SequenceMatcher
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any, Self

from pikepdf import Dictionary

from tipbrief import __version__, limits
from tipbrief.files import read_bytes, write_new
from tipbrief.fonts.font_library import coverage
from tipbrief.ledger import entries, ledger_folder
from tipbrief.pdf.attachments import BUILD_INFO_FILE, LEDGER_FILE, Attachment, data_hash, format_build_info
from tipbrief.pdf.embedded_files import Provenance, read_embedded_files, read_provenance, unpack_publication
from tipbrief.pdf.pdf_file import LARGEST_PDF, open_untrusted_pdf
from tipbrief.pipeline.document import USUAL_FORM, ComposedDocument, compose_document, render_document
from tipbrief.pipeline.inputs import load_translations
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.problems import Problem, Problems, join_first_names
from tipbrief.verify import audit, pdfium
from tipbrief.verify.foreign_content import find_foreign_glyphs
from tipbrief.verify.html_text import read_printed_blocks

_HINT = "the page, or the data, was changed after the build: take the PDF from its publisher again"
_MAX_DIFFERENCES, _LONGEST_QUOTATION, _MAX_SESSIONS = 5, 100, 6


class CarriedPublications(ExitStack):
    """The publications inside PDFs; each is unpacked and read once for all PDFs of a run that carry it."""

    def __enter__(self) -> Self:
        super().__enter__()
        self._folder = Path(self.enter_context(TemporaryDirectory(prefix="tipbrief-")))
        self._store = Store(self._folder / "store")
        self._sessions: dict[tuple[str, ...], Session] = {}
        return self

    def audit_file(self, path: Path, families: Sequence[str] = (), *, rebuild: bool = False) -> audit.AuditReport:
        """Audit a PDF file, and compare it with the data that it carries; with ``rebuild`` also byte by byte."""
        try:
            with limits.limit_step(path, limits.DOCUMENT_SECONDS):
                pdf = read_bytes(path, LARGEST_PDF)
                carried = read_provenance(pdf, path)
        except Problems as raised:  # the audit says what else is wrong
            report = audit.audit_file(path, families)
            known = {one.message for one in report.problems}
            more = [one for one in raised.problems if rebuild and one.message not in known]
            return replace(report, problems=(*report.problems, *more))
        html, same, found = None, None, [*_find_hash_faults(carried)]
        try:
            with limits.limit_step(path, limits.DOCUMENT_SECONDS):
                if document := self._compose_document(carried):
                    html = document.html()
                    beside = audit.read_html_beside(path)
                    found += _find_edition_faults(carried, document)
                    found += _find_text_differences(html, beside) if beside is not None else ()
                    found += map(_problem, find_foreign_glyphs(pdf, [face.ttf for face in document.session.fonts]))
                    if rebuild:
                        limits.begin_step()
                        new = render_document(document).pdf
                        same = new == pdf
                        found += () if same else _find_byte_differences(pdf, new, carried, document.session)
                elif (was := carried.versions.get("tipbrief", "of no version")) != __version__:
                    message = "the page is not compared with the data in it: "
                    message += f"tipbrief {was} made it, and this is {__version__}"
                    hint = "ask that version: its texts may be others"
                    found.append(_problem(message, hint, severity="error" if rebuild else "warning"))
                elif not carried.carries_data:
                    message = "the PDF lacks the data with which its page could be compared"
                    found.append(_problem(message, "", severity="error" if rebuild else "warning"))
                elif rebuild:
                    message = "the PDF of many documents is not compared with the data in it"
                    found.append(_problem(message, "verify the PDF of each document, of which it consists"))
        except Problems as raised:
            first, *_ = raised.problems
            message = f"the publication that the PDF carries gives no such PDF: {first.message}"
            found.append(_problem(message, first.hint))
        report = audit.audit_file(path, families, html)
        problems = (*report.problems, *(replace(one, file=path) for one in found))
        return replace(report, problems=problems, made_anew=same)

    def _compose_document(self, carried: Provenance) -> ComposedDocument | None:  # None for collections too
        # None, too, for that of another version, whose texts may be others.
        if carried.versions.get("tipbrief") != __version__ or not carried.carries_data:
            return None
        name = carried.edition["brief"]
        session = self._open_session(carried, name)
        if name not in session.documents:
            plain, _ = entries.split_document_name(name)
            if plain in session.publication.briefs and not carried.edition["number"]:
                return None
            raise Problems(f"there is no document '{name}'", hint=_HINT)
        return compose_document(session, name)

    def _open_session(self, carried: Provenance, name: str) -> Session:
        """The publication of a PDF in the language and the form of a document, with the ledger that the PDF carries."""
        files = {**carried.publication_files}
        known = files.pop(LEDGER_FILE, None)
        tag = entries.split_document_name(name)[1]
        key = data_hash(tuple(Attachment(*item) for item in files.items())), tag
        if key not in self._sessions:
            folder = Path(mkdtemp(dir=self._folder))
            unpack_publication(replace(carried, publication_files=files), folder)
            if len(self._sessions) == _MAX_SESSIONS:
                self._sessions.clear()
            self._sessions[key] = Session.open(folder, store=self._store, languages=[tag] if tag else [])
        session = self._sessions[key]
        if known is not None:
            with TemporaryDirectory(dir=self._folder) as apart:
                write_new(Path(apart, LEDGER_FILE), known, synced=False)
                ledger = ledger_folder.read_ledger(Path(apart), str(session.publication.imprint.id))
            translations = session.translations
            if ledger.changes:  # their reasons are translated, too
                tags = [one.language for one in translations.values()]
                translations = load_translations(session.publication, ledger, tags, coverage(session.fonts))
            session = replace(session, ledger=ledger, translations=translations)
        form: dict[str, Any] = {key: carried.edition.get(key) or usual for key, usual in USUAL_FORM.items()}
        return replace(session, **form)


def _problem(message: str, hint: str = _HINT, severity: str = "error") -> Problem:
    return Problem(message, hint=hint, kind="foreign-data", severity=severity)


def _find_hash_faults(carried: Provenance) -> Iterator[Problem]:
    """Files inside that are not those whose hash the PDF names, and a list of facts that no build wrote."""
    if not carried.is_intact:
        yield _problem("the data that the PDF carries are not those from which it was made: their hash is another")
    if carried.files[BUILD_INFO_FILE] != format_build_info(carried.dataset_hash, carried.edition, carried.versions):
        yield _problem(f"the attached file '{BUILD_INFO_FILE}' was changed")


def _find_edition_faults(carried: Provenance, document: ComposedDocument) -> Iterator[Problem]:
    """An edition that the data and the ledger in the PDF do not give, and a code that does not follow from them."""
    edition, session = document.edition, document.session
    said = replace(edition, number=carried.edition["number"], code=carried.edition["code"])
    if carried.edition["publication"] != str(session.publication.imprint.id) or said != edition:
        message = f"the PDF says that it is {said.signature}, and its data give {edition.signature}"
        yield _problem(message + " as a draft" * edition.draft)
    codes = entries.EditionCodes()
    for one in session.ledger.all_editions(edition.brief):
        if entries.compute_code(session.ledger.publication, one, codes) != one.code:
            yield _problem(f"the code of {one.signature} does not follow from what the PDF carries")
        codes.add(one.code)


def _find_text_differences(html: str, beside: str) -> Iterator[Problem]:  # of the data, and of the HTML beside the PDF
    blocks, others = ([block.tokens for block in read_printed_blocks(one)] for one in (html, beside))
    found = 0
    for step, start, end, first, last in SequenceMatcher(None, blocks, others, autojunk=False).get_opcodes():
        if step != "equal" and (found := found + 1) <= _MAX_DIFFERENCES:
            data, page = (
                " ".join(token for block in some for token in block)[:_LONGEST_QUOTATION]
                for some in (blocks[start:end], others[first:last])
            )
            yield _problem(f"the data that the PDF carries say «{data}», and the page «{page}»")


def _find_byte_differences(pdf: bytes, new: bytes, carried: Provenance, session: Session) -> Iterator[Problem]:
    for name in sorted(carried.versions.keys() | session.versions.keys()):
        was, here = carried.versions.get(name, "none"), session.versions.get(name, "none")
        if was != here:
            message = f"made anew, the PDF differs: it was made with {name} {was}, and here is {here}"
            yield _problem(message, "use that version")
    old_parts, new_parts = map(_list_parts, (pdf, new))
    parts = [name for name in {**old_parts, **new_parts} if old_parts.get(name) != new_parts.get(name)]
    shown = join_first_names(parts, _MAX_DIFFERENCES) if parts else "the order or the packing of its objects"
    yield _problem(f"made anew, the PDF differs: {shown}")


def _list_parts(pdf: bytes) -> dict[str, Any]:  # by the names of the parts
    found: dict[str, Any] = {f"the file {name}": data for name, data in read_embedded_files(pdf).items()}
    with open_untrusted_pdf(pdf) as parts, pdfium.open_with_pdfium(pdf) as document:
        found |= {f"the text of page {page.number}": page.text for page in document.pages}
        for number, page in enumerate(parts.pages, 1):
            found[f"the drawing of page {number}"] = page.obj.Contents.read_bytes()
            found[f"the links of page {number}"] = [*map(_serialise, page.obj.get("/Annots", ()))]
        info = {key: str(value) for key, value in parts.trailer.get("/Info", Dictionary()).items()}
        found["the metadata"] = parts.Root.Metadata.read_bytes(), info
        objects = [item for item in parts.objects if isinstance(item, Dictionary)]
        found["the tags"] = sorted(_serialise(item) for item in objects if item.get("/Type") == "/StructElem")
    return found


def _serialise(item: Any) -> bytes:  # without the numbers of objects to which it leads: these differ by program
    return re.sub(rb"\d+ \d+ R", b"R", item.unparse(resolved=True))
