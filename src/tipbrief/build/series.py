"""Series: what stands beside the documents of a brief for each row, the index and one PDF of all."""

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path

from tipbrief.build import cache
from tipbrief.build.document import facts
from tipbrief.build.languages import document_name
from tipbrief.build.run import Built
from tipbrief.build.session import Session
from tipbrief.check.blocks import Brief
from tipbrief.check.publication import Publication
from tipbrief.compose.writer import plain_text
from tipbrief.deliver.contents import CollectedSheet, contents_html
from tipbrief.deliver.folder import Written, write_together
from tipbrief.deliver.index import Listed, badge_choice, index_html
from tipbrief.language.alphabet import sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import attachments_of


def write_series(session: Session, built: Sequence[Built], out: Path, *, together: bool) -> list[Written]:
    """Write the index of the documents of each language, and ``together`` one PDF of each brief for a table.

    Only where all documents of such a brief were built; else nothing is written. What is the same as it was
    comes from the cache.
    """
    wholes = [session.publication, *session.translations.values()]
    of_each = [(whole, [one for one in built if session.of(one.name) is whole]) for whole in wholes]
    made = [(whole, own) for whole, own in of_each if _briefs(whole, own)]
    languages = session.publication.languages
    indexes = {one.tag: f"{document_name(session.publication, 'index', one)}.html" for one in languages}
    # An index leads to those that are there, or come with it.
    coming = {whole.language.tag for whole, _ in made}
    there = {tag: name for tag, name in indexes.items() if tag in coming or (out / name).is_file()}
    files: dict[str, bytes] = {}
    for whole, own in made:
        files |= _files(session, whole, own, there, together=together)
    return write_together(out, files, session.versions) if files else []


def _briefs(publication: Publication, built: Iterable[Built]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    missing = {one.brief.id for one in publication.documents.values() if one.name not in names}
    return [one for one in publication.briefs.values() if one.for_each and one.id not in missing]


def _files(
    session: Session,
    whole: Publication,
    built: Sequence[Built],
    indexes: Mapping[str, str],
    *,
    together: bool,
) -> dict[str, bytes]:
    """The index of one language, which leads to the other ``indexes``, and the PDFs of all its sheets."""
    index = indexes[whole.language.tag]
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    # Not from the ledger: a delivery adds to it what the editions say already.
    key = cache.key("series", session.look, json.dumps([sums, indexes]), index, str(together))
    collected = {
        session.file_name(document_name(whole, brief.id, whole.language), "pdf"): brief
        for brief in _briefs(whole, built)
        if together
    }
    files = session.cache.read(key, lambda found: {name: found[name] for name in (index, *collected)})
    if files is None:
        listed = [Listed(one.name, one.files[0], one.files[1], one.edition) for one in built]
        look = (whole, listed, session.faces, session.environment)
        files = {index: index_html(*look, indexes if len(indexes) > 1 else {}).encode()}
        for name, brief in collected.items():
            own = [one for one in built if whole.documents[one.name].brief is brief]
            files[name] = _one_pdf(session, whole, brief, own)
        session.require_unchanged()
        session.cache.put(key, files)
    return files


def _one_pdf(session: Session, whole: Publication, brief: Brief, built: Sequence[Built]) -> bytes:
    # Only here: its library takes longer to load than a build takes where nothing changed.
    from tipbrief.deliver.collection import combined

    sheets = []
    for one in built:
        document = whole.documents[one.name]
        title, choice = plain_text(brief.title, whole, document), badge_choice(whole, document)
        note = str(choice.label) if choice else ""
        sheets.append(CollectedSheet(one.name, title, note, one.pages, one.files[0].path.read_bytes))
    sheets.sort(key=lambda sheet: sort_key(sheet.title, whole.language))
    date = max(one.edition.date for one in built)
    # The whole is no edition: each sheet in it is one.
    name = document_name(whole, brief.id, whole.language)
    none = Edition(brief=name, number=0, code="", date=date)
    title = str(whole.tables[str(brief.for_each)].spec.title)
    contents = partial(
        contents_html, whole, session.faces, session.environment, sheets, title=title, date=date
    )
    carried = attachments_of(session.dataset, session.versions, facts(session, none), "")
    return combined(
        sheets,
        session.typesetter,
        session.faces,
        contents,
        whole.language,
        attachments=carried,
        created=date,
        standard=session.form[1].standard,
    )
