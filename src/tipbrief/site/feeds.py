"""The feeds of the site: editions.json for programs, and Atom and JSON Feed of all corrections."""

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import render_template
from tipbrief.ledger.entries import Change, Edition, split_document_name
from tipbrief.ledger.status import Status, ValueChange
from tipbrief.site.pages import SitePages
from tipbrief.site.site_data import EDITIONS_FILE, CorrectionNotice, EditionPair


def editions_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The file editions.json: every edition with its state, files and changes since, and every correction."""
    data, publication = pages.site_data, pages.session.publication
    imprint, title = publication.imprint, plain_text(publication.imprint.title, publication)
    whole = {"publication": str(imprint.id), "title": title, "address": str(imprint.address or "")}
    editions = [_edition_entry(pages, *one) for own in data.editions_by_document.values() for one in own]
    corrections = [_correction_entry(*one) for one in data.corrections]
    yield EDITIONS_FILE, _encode_json(whole | {"editions": editions, "corrections": corrections})


def _edition_entry(pages: SitePages, one: Edition, status: Status) -> dict[str, object]:
    tag = split_document_name(one.brief)[1] or pages.session.publication.language.tag
    document = {"document": one.brief, "language": tag, "title": pages.site_data.title_of(one.brief)}
    edition = {"number": one.number, "code": one.code, "date": one.date.iso(), "state": status.state}
    edition |= {"newest": (status.newest or one).path, "page": one.page}
    pdfs = pages.edition_pdfs.pdfs_of_edition(one)
    files = [{"sha256": file.sha256, "path": file.path or None, "form": file.form} for file in pdfs]
    moved, pending = ([_change_entry(step) for step in steps] for steps in (status.moved, status.pending))
    return {**document, **edition, "files": files, "changed": moved, "not_printed_yet": pending}


def _correction_entry(seal: str, changes: Sequence[Change], touched: Mapping[str, EditionPair]) -> dict[str, object]:
    first, steps = changes[0], chain.from_iterable(change.steps.items() for change in changes)
    head = {"kind": first.kind, "date": first.date.iso(), "reason": first.reason, "source": first.source}
    values = {name: {"was": was, "now": now} for name, (was, now) in steps}
    documents = {brief: [before.path, after.path if after else None] for brief, (before, after) in touched.items()}
    return {"entry": seal, **head, "values": values, "documents": documents}


def _change_entry(step: ValueChange) -> dict[str, str]:
    return {"name": step.name, "was": step.was, "now": step.now, "kind": step.kind, "date": step.date}


def feed_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The feeds of the corrections in each language, as Atom (RFC 4287) and as JSON Feed 1.1."""
    for whole in pages.publications:
        corrections, imprint = pages.site_data.corrections_in_language(whole), whole.imprint
        site_url = str(imprint.address).rstrip("/") + "/" if imprint.address else ""  # else the addresses are relative
        html_url = site_url + pages.language_page("corrections", "html", whole)
        atom_file, json_file = (pages.language_page("corrections", ending, whole) for ending in ("atom", "json"))
        title, words = plain_text(imprint.title, whole), whole.language.gettext("Corrections and revisions")
        feed: dict[str, Any] = {"version": "https://jsonfeed.org/version/1.1", "title": f"{title} · {words}"}
        feed |= {
            "language": whole.language.tag,
            "home_page_url": site_url + pages.language_page("index", "html", whole),
        }
        feed |= {"feed_url": site_url + json_file, "authors": [{"name": plain_text(imprint.publisher, whole)}]}
        feed |= {"items": [_build_entry(whole, html_url, *correction) for correction in corrections]}
        updated = (corrections[0][0].date if corrections else imprint.published).iso()
        context = {"language": whole.language, "identifier": _make_identifier(whole), "feed": feed, "page": html_url}
        context |= {"updated": f"{updated}T00:00:00Z", "address": site_url + atom_file}
        yield atom_file, render_template(pages.session.environment, "site/corrections.atom.j2", **context).encode()
        yield json_file, _encode_json(feed)


def _make_identifier(whole: Publication, *parts: str) -> str:  # does not depend on the site's address
    return uuid5(NAMESPACE_URL, "/".join(["tipbrief", str(whole.imprint.id), whole.language.tag, *parts])).urn


def _build_entry(
    whole: Publication, html_url: str, one: CorrectionNotice, touched: Mapping[str, EditionPair]
) -> dict[str, str]:
    words = whole.language.gettext
    kind, form = words("Correction"), "%(was)s was wrong; %(now)s is correct"
    if one.kind == "revision":
        kind, form = words("Revision"), "formerly %(was)s, now %(now)s"
    steps = [[Markup(part).striptags() for part in step] for step in one.steps]
    lines = [f"{name}: {words(form, was=was, now=now)}" for name, was, now in steps]
    lines += [f"{name}: {words('This print was withdrawn')}" for name in one.withdrawn]
    names = dict.fromkeys([*(name for name, _, _ in steps), *one.withdrawn])
    if editions := ", ".join(after.signature for _, after in touched.values() if after):
        corrected = words("In these editions: %(editions)s", editions=editions)
    else:
        corrected = words("Corrected since, and not printed yet")
    title, url = f"{kind}: {whole.language.comma.join(names)}", f"{html_url}#{one.seal}"
    about = {"id": _make_identifier(whole, one.seal), "title": title, "url": url}
    text = "\n".join([*lines, one.reason, corrected])
    return about | {"date_published": f"{one.date.iso()}T00:00:00Z", "content_text": text}


def _encode_json(whole: object) -> bytes:
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
