"""The index of the documents of each language, and the collection: one PDF of all documents of a brief."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tipbrief.check.blocks import Brief
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.deliver.index import ContentsEntry, DeliveredDocument, badge_choice, contents_html, index_html
from tipbrief.deliver.output_folder import OutputFile, write_outputs
from tipbrief.language.language import sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import list_attachments
from tipbrief.pipeline.document import edition_facts
from tipbrief.pipeline.run import BuildResult
from tipbrief.pipeline.selection import document_name
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import store_key


def write_index_and_collection(
    session: Session, built: Sequence[BuildResult], out: Path, *, together: bool
) -> list[OutputFile]:
    """Write the index of each language and, with ``together``, the collection of each brief with ``for_each``.

    Nothing is written for a language unless all documents of such a brief were built.
    """
    by_language = {
        whole.language.tag: (whole, [one for one in built if session.publication_for(one.name) is whole])
        for whole in session.publications
    }
    complete = {tag: both for tag, both in by_language.items() if _complete_briefs(*both)}
    languages = session.publication.languages
    indexes = {one.tag: f"{document_name(session.publication, 'index', one)}.html" for one in languages}
    # An index links to those that exist already or are written with it.
    linked = {tag: name for tag, name in indexes.items() if tag in complete or (out / name).is_file()}
    files: dict[str, bytes] = {}
    for whole, own in complete.values():
        files |= _language_files(session, whole, own, linked, together=together)
    return write_outputs(out, files, session.versions) if files else []


def _complete_briefs(publication: Publication, built: Iterable[BuildResult]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    missing = {one.brief.id for one in publication.documents.values() if one.name not in names}
    return [one for one in publication.briefs.values() if one.for_each and one.id not in missing]


def _language_files(
    session: Session, whole: Publication, built: Sequence[BuildResult], indexes: Mapping[str, str], *, together: bool
) -> Mapping[str, bytes]:
    """The index of a language, which links to the other ``indexes``, and its collections."""
    index = indexes[whole.language.tag]
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    briefs = _complete_briefs(whole, built) if together else []
    collections = {session.file_name(document_name(whole, one.id, whole.language), "pdf"): one for one in briefs}

    def make() -> dict[str, bytes]:
        listed = [DeliveredDocument(one.name, one.files[0], one.files[1], one.edition) for one in built]
        look = (whole, listed, session.fonts, session.environment)
        files = {index: index_html(*look, indexes if len(indexes) > 1 else {}).encode()}
        for name, brief in collections.items():
            own = [one for one in built if whole.documents[one.name].brief is brief]
            files[name] = _combine_sheets(session, whole, brief, own)
        session.require_unchanged()
        return files

    # The ledger is left out: a delivery adds to it only what the editions say already.
    key = store_key("pages", session.hash_without_ledger, json.dumps([sums, indexes]), index, str(together))
    return session.store.get_or_make(key, [index, *collections], make)


def _combine_sheets(session: Session, whole: Publication, brief: Brief, built: Sequence[BuildResult]) -> bytes:
    # Imported here, since its library takes longer to load than a build where nothing changed.
    from tipbrief.deliver.collection import merge_sheets

    sheets = []
    for one in built:
        document = whole.documents[one.name]
        title, choice = plain_text(brief.title, whole, document), badge_choice(whole, document)
        note = str(choice.label) if choice else ""
        sheets.append(ContentsEntry(one.name, title, note, one.page_count, one.files[0].path.read_bytes))
    sheets.sort(key=lambda sheet: sort_key(sheet.title, whole.language))
    date = max(one.edition.date for one in built)
    # The collection is no edition, but each sheet in it is one.
    none = Edition(brief=document_name(whole, brief.id, whole.language), number=0, code="", date=date)
    title = str(whole.tables[str(brief.for_each)].spec.title)
    return merge_sheets(
        sheets,
        session.typesetter,
        session.fonts,
        partial(contents_html, whole, session.fonts, session.environment, sheets, title=title, date=date),
        whole.language,
        attachments=list_attachments(session.dataset, session.versions, edition_facts(session, none), ""),
        created=date,
        standard=session.paper_and_profile[1].standard,
    )
