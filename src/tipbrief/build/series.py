"""Series: what stands beside the documents of a brief for each row, the index and one PDF of all."""

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from tipbrief.build import cache
from tipbrief.build.document import facts
from tipbrief.build.run import Built
from tipbrief.build.session import Session
from tipbrief.check.blocks import Brief
from tipbrief.compose.writer import plain_text
from tipbrief.deliver.contents import CollectedSheet, contents_html
from tipbrief.deliver.folder import Written, write_together
from tipbrief.deliver.index import Listed, badge_choice, index_html
from tipbrief.language.alphabet import sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import attachments_of

INDEX = "index.html"


def write_series(session: Session, built: Sequence[Built], out: Path, *, together: bool) -> list[Written]:
    """Write the index of the documents, and ``together`` one PDF of each brief for the rows of a table.

    Only where all documents of such a brief were built; else nothing is written. What is the same as it was
    comes from the cache.
    """
    briefs = _whole(session, built)
    if not briefs:
        return []
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    # Not from the ledger: a delivery adds to it what the editions say already.
    key = cache.key("series", session.look, json.dumps(sums), str(together))
    collected = {f"{session.stem(brief.id)}.pdf": brief for brief in briefs if together}
    files = session.cache.read(key, lambda found: {name: found[name] for name in (INDEX, *collected)})
    if files is None:
        listed = [Listed(one.name, one.files[0], one.files[1], one.edition) for one in built]
        look = (session.publication, listed, session.faces, session.environment)
        files = {INDEX: index_html(*look).encode()}
        for name, brief in collected.items():
            own = [one for one in built if session.publication.documents[one.name].brief is brief]
            files[name] = _one_pdf(session, brief, own)
        session.require_unchanged()
        session.cache.put(key, files)
    return write_together(out, files, session.versions)


def _whole(session: Session, built: Iterable[Built]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    missing = {one.brief.id for one in session.publication.documents.values() if one.name not in names}
    return [one for one in session.publication.briefs.values() if one.for_each and one.id not in missing]


def _one_pdf(session: Session, brief: Brief, built: Sequence[Built]) -> bytes:
    # Only here: its library takes longer to load than a build takes where nothing changed.
    from tipbrief.deliver.collection import combined

    publication = session.publication
    sheets = []
    for one in built:
        document = publication.documents[one.name]
        title, choice = plain_text(brief.title, publication, document), badge_choice(publication, document)
        note = str(choice.label) if choice else ""
        sheets.append(CollectedSheet(one.name, title, note, one.pages, one.files[0].path.read_bytes))
    sheets.sort(key=lambda sheet: sort_key(sheet.title, publication.language))
    date = max(one.edition.date for one in built)
    # The whole is no edition: each sheet in it is one.
    none = Edition(brief=brief.id, number=0, code="", date=date)
    title = str(publication.tables[str(brief.for_each)].spec.title)
    look = (publication, session.faces, session.environment)
    contents = partial(contents_html, *look, sheets, title=title, date=date)
    carried = attachments_of(session.dataset, session.versions, facts(session, none), "")
    return combined(
        sheets,
        session.typesetter,
        session.faces,
        contents,
        publication.language,
        attachments=carried,
        created=date,
    )
