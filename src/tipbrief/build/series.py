"""Gather: what stands beside many documents, the index of all and one PDF of each brief."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path

from tipbrief.build import cache
from tipbrief.build.run import Built
from tipbrief.build.session import Workshop
from tipbrief.check.blocks import BadgeBlock, Brief, Document, every_block
from tipbrief.compose.writer import plain
from tipbrief.deliver.contents import Sheet, contents_html
from tipbrief.deliver.folder import Delivery, Written
from tipbrief.deliver.index import Listed, index_html
from tipbrief.language.alphabet import sort_key
from tipbrief.pdf.attachments import attachments_of

INDEX = "index.html"


def gather(workshop: Workshop, built: Sequence[Built], out: Path, *, together: bool) -> list[Written]:
    """Write the index of the documents, and ``together`` one PDF of each brief for the rows of a table.

    Only where all documents of such a brief were built; else nothing is written. Where nothing changed, the
    files stay as they are.
    """
    briefs = _whole(workshop, built)
    if not briefs:
        return []
    sums = [[one.edition.signature, *(file.sha256 for file in one.files)] for one in built]
    # Not from the ledger: a delivery adds to it what the editions say already.
    key = cache.key("gather", workshop.look, json.dumps(sums), str(out.resolve()), str(together))
    if found := workshop.store.get(key):
        written = [
            Written(out / name, size, sha256) for name, size, sha256 in json.loads(found.files["written"])
        ]
        if all(file.is_there() for file in written):
            return written
    files = {INDEX: _index(workshop, built).encode()}
    for brief in briefs if together else ():
        own = [one for one in built if workshop.publication.documents[one.name].brief is brief]
        files[f"{workshop.stem(brief.id)}.pdf"] = _together(workshop, brief, own)
    with Delivery(out, workshop.versions) as delivery:
        written = delivery.add(files)
        delivery.publish()
    listed = json.dumps([(file.path.name, file.size, file.sha256) for file in written]).encode()
    workshop.store.put(key, cache.Entry({"written": listed}, {}))
    return written


def _whole(workshop: Workshop, built: Iterable[Built]) -> list[Brief]:
    """The briefs with ``for_each`` of which every document was built."""
    names = {one.name for one in built}
    documents = workshop.publication.documents.values()
    return [
        brief
        for brief in workshop.publication.briefs.values()
        if brief.for_each and all(one.name in names for one in documents if one.brief is brief)
    ]


def _index(workshop: Workshop, built: Iterable[Built]) -> str:
    listed = []
    for one in built:
        pdf, html = (next(file for file in one.files if file.path.suffix == end) for end in (".pdf", ".html"))
        listed.append(Listed(one.name, pdf.path.name, pdf.size, html.path.name, html.size, one.edition))
    return index_html(workshop.publication, listed, workshop.faces, workshop.environment)


def _together(workshop: Workshop, brief: Brief, built: Sequence[Built]) -> bytes:
    from tipbrief.deliver.collection import combined

    publication = workshop.publication
    sheets = []
    for one in built:
        document = publication.documents[one.name]
        title = plain(brief.title, publication, document)
        path = next(file.path for file in one.files if file.path.suffix == ".pdf")
        sheets.append(Sheet(one.name, title, _note(workshop, document), one.pages, path.read_bytes))
    sheets.sort(key=lambda sheet: sort_key(sheet.title))
    date = max(one.edition.date for one in built)
    # The whole is no edition: each sheet in it is one.
    facts: dict[str, str | int] = {
        "publication": str(publication.imprint.id),
        "brief": brief.id,
        "number": 0,
        "code": "",
    }
    return combined(
        sheets,
        workshop.typesetter,
        partial(
            contents_html,
            publication,
            workshop.faces,
            workshop.environment,
            sheets,
            title=str(publication.tables[str(brief.for_each)].spec.title),
            date=date,
        ),
        attachments=attachments_of(workshop.dataset, workshop.versions, facts, ""),
        created=date,
    )


def _note(workshop: Workshop, document: Document) -> str:
    """The choice of the document's row, which the brief's badge names."""
    badge = next((one for one in every_block(document.brief.blocks) if isinstance(one, BadgeBlock)), None)
    table = workshop.publication.tables[str(document.brief.for_each)]
    if badge is None:
        return ""
    return str(table.spec.columns[badge.by].choices[table.by_key[document.key][badge.by]].label)
