"""Series: what stands beside the documents of a brief for each row, the index and one PDF of all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tipbrief.check.blocks import Brief
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.deliver.index import ContentsEntry, DeliveredDocument, badge_choice, contents_html, index_html
from tipbrief.deliver.output_folder import OutputFile, write_outputs
from tipbrief.language.alphabet import sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import list_attachments
from tipbrief.pipeline import store
from tipbrief.pipeline.document import edition_facts
from tipbrief.pipeline.languages import document_name
from tipbrief.pipeline.run import BuildResult
from tipbrief.pipeline.session import Session


def write_index_and_collection(
    session: Session, built: Sequence[BuildResult], out: Path, *, together: bool
) -> list[OutputFile]:
    """Write the index of the documents of each language, and ``together`` one PDF of each brief for a table.

    Only where all documents of such a brief were built; else nothing is written. What is the same as it was
    comes from the cache.
    """
    wholes = [session.publication, *session.translations.values()]
    of_each = [(whole, [one for one in built if session.publication_for(one.name) is whole]) for whole in wholes]
    made = [(whole, own) for whole, own in of_each if _complete_briefs(whole, own)]
    languages = session.publication.languages
    indexes = {one.tag: f"{document_name(session.publication, 'index', one)}.html" for one in languages}
    # An index leads to those that are there, or come with it.
    coming = {whole.language.tag for whole, _ in made}
    there = {tag: name for tag, name in indexes.items() if tag in coming or (out / name).is_file()}
    files: dict[str, bytes] = {}
    for whole, own in made:
        files |= _language_files(session, whole, own, there, together=together)
    return write_outputs(out, files, session.versions) if files else []


def _complete_briefs(publication: Publication, built: Iterable[BuildResult]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    missing = {one.brief.id for one in publication.documents.values() if one.name not in names}
    return [one for one in publication.briefs.values() if one.for_each and one.id not in missing]


def _language_files(
    session: Session,
    whole: Publication,
    built: Sequence[BuildResult],
    indexes: Mapping[str, str],
    *,
    together: bool,
) -> dict[str, bytes]:
    """The index of one language, which leads to the other ``indexes``, and the PDFs of all its sheets."""
    index = indexes[whole.language.tag]
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    # Not from the ledger: a delivery adds to it what the editions say already.
    key = store.entry_key("series", session.hash_without_ledger, json.dumps([sums, indexes]), index, str(together))
    collected = {
        session.file_name(document_name(whole, brief.id, whole.language), "pdf"): brief
        for brief in _complete_briefs(whole, built)
        if together
    }
    files = session.store.parse_entry(key, lambda found: {name: found[name] for name in (index, *collected)})
    if files is None:
        listed = [DeliveredDocument(one.name, one.files[0], one.files[1], one.edition) for one in built]
        look = (whole, listed, session.fonts, session.environment)
        files = {index: index_html(*look, indexes if len(indexes) > 1 else {}).encode()}
        for name, brief in collected.items():
            own = [one for one in built if whole.documents[one.name].brief is brief]
            files[name] = _combine_sheets(session, whole, brief, own)
        session.require_unchanged()
        session.store.write_entry(key, files)
    return files


def _combine_sheets(session: Session, whole: Publication, brief: Brief, built: Sequence[BuildResult]) -> bytes:
    # Only here: its library takes longer to load than a build takes where nothing changed.
    from tipbrief.deliver.collection import merge_sheets

    sheets = []
    for one in built:
        document = whole.documents[one.name]
        title, choice = plain_text(brief.title, whole, document), badge_choice(whole, document)
        note = str(choice.label) if choice else ""
        sheets.append(ContentsEntry(one.name, title, note, one.page_count, one.files[0].path.read_bytes))
    sheets.sort(key=lambda sheet: sort_key(sheet.title, whole.language))
    date = max(one.edition.date for one in built)
    # The whole is no edition: each sheet in it is one.
    name = document_name(whole, brief.id, whole.language)
    none = Edition(brief=name, number=0, code="", date=date)
    title = str(whole.tables[str(brief.for_each)].spec.title)
    contents = partial(contents_html, whole, session.fonts, session.environment, sheets, title=title, date=date)
    carried = list_attachments(session.dataset, session.versions, edition_facts(session, none), "")
    return merge_sheets(
        sheets,
        session.typesetter,
        session.fonts,
        contents,
        whole.language,
        attachments=carried,
        created=date,
        standard=session.paper_and_profile[1].standard,
    )
