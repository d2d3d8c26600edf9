"""The feeds of the site: editions.json for programs, and Atom and JSON Feed of all corrections."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.ledger.entries import Edition, split_document_name
from tipbrief.ledger.status import ValueChange
from tipbrief.site.pages import SitePages
from tipbrief.site.site_data import EDITIONS_FILE, CorrectionNotice, EditionStatus

_ATOM_NAMESPACE = "http://www.w3.org/2005/Atom"


def editions_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The file editions.json: every edition with its state, files and changes since, and every correction."""
    answers, imprint = pages.site_data, pages.session.publication.imprint
    whole = {
        "publication": str(imprint.id),
        "title": plain_text(imprint.title, pages.session.publication),
        "address": str(imprint.address or ""),
        "editions": [_edition_entry(pages, one) for own in answers.editions_by_document.values() for one in own],
        "corrections": [
            {
                "entry": seal,
                "kind": changes[0].kind,
                "date": changes[0].date.iso(),
                "reason": changes[0].reason,
                "source": changes[0].source,
                "values": {
                    name: {"was": was, "now": now} for change in changes for name, (was, now) in change.steps.items()
                },
                "documents": {
                    brief: [of.before.path, of.after.path if of.after else None] for brief, of in touched.items()
                },
            }
            for seal, changes, touched in answers.corrections
        ],
    }
    yield EDITIONS_FILE, _encode_json(whole)


def _edition_entry(pages: SitePages, answer: EditionStatus) -> dict[str, object]:
    one, status, first = answer.edition, answer.status, pages.session.publication.language.tag
    newest = status.newest or one
    return {
        "document": one.brief,
        "language": split_document_name(one.brief)[1] or first,
        "title": pages.site_data.title_of(one.brief),
        "number": one.number,
        "code": one.code,
        "date": one.date.iso(),
        "state": status.state,
        "newest": newest.path,
        "page": one.page,
        "files": [
            {"sha256": file.sha256, "path": file.path or None, "form": file.form}
            for file in pages.edition_pdfs.pdfs_of_edition(one)
        ],
        "changed": [_change_entry(step) for step in status.moved],
        "not_printed_yet": [_change_entry(step) for step in status.pending],
    }


def _change_entry(step: ValueChange) -> dict[str, str]:
    return {"name": step.name, "was": step.was, "now": step.now, "kind": step.kind, "date": step.date}


def feed_files(pages: SitePages) -> Iterator[tuple[str, bytes]]:
    """The Atom and JSON feeds of the corrections in each language."""
    for whole in pages.publications:
        feed = _Feed(pages, whole)
        yield feed.feed_file_name("atom"), feed.atom_feed()
        yield feed.feed_file_name("json"), feed.json_feed()


class _Feed:
    """The corrections of documents in one language, as a feed."""

    def __init__(self, pages: SitePages, whole: Publication) -> None:
        self._pages, self._publication = pages, whole
        self._corrections = pages.site_data.corrections_in_language(whole)
        address = str(whole.imprint.address or "")
        self._site_url = address.rstrip("/") + "/" if address else ""

    def feed_file_name(self, ending: str) -> str:
        """The name of the feed's file."""
        return self._pages.language_page("corrections", ending, self._publication)

    def _page_url(self, name: str) -> str:
        """The address of a page of the site; relative if the publication names no address."""
        return self._site_url + name

    @property
    def _feed_title(self) -> str:
        title = plain_text(self._publication.imprint.title, self._publication)
        return f"{title} · {self._publication.language.gettext('Corrections and revisions')}"

    @property
    def _last_update(self) -> str:
        return _midnight_of(
            self._corrections[0][0].date.iso() if self._corrections else self._publication.imprint.published.iso()
        )

    def _make_identifier(self, *parts: str) -> str:
        """An identifier that does not depend on the site's address."""
        path = "/".join(["tipbrief", str(self._publication.imprint.id), self._publication.language.tag, *parts])
        return uuid5(NAMESPACE_URL, path).urn

    def _entry_title(self, one: CorrectionNotice) -> str:
        words = self._publication.language.gettext
        kind = words("Correction") if one.kind == "correction" else words("Revision")
        labels = [Markup(label).striptags() for label, _, _ in one.steps]
        return f"{kind}: {self._publication.language.join_items(*dict.fromkeys(labels))}"

    def _entry_text(self, one: CorrectionNotice, after: list[Edition]) -> str:
        """The text of an entry: old and new values, the reason, and the editions with the new values."""
        words, revised = self._publication.language.gettext, one.kind == "revision"
        form = "formerly %(was)s, now %(now)s" if revised else "%(was)s was wrong; %(now)s is correct"
        lines = []
        for step in one.steps:
            name, was, now = (Markup(part).striptags() for part in step)
            lines.append(f"{name}: {words(form, was=was, now=now)}")
        lines.append(one.reason)
        if after:
            lines.append(words("In these editions: %(editions)s", editions=", ".join(of.signature for of in after)))
        else:
            lines.append(words("Corrected since, and not printed yet"))
        return "\n".join(lines)

    def _feed_entries(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Identifier, title, address, date and text of each entry."""
        for one, touched in self._corrections:
            after = [of.after for of in touched.values() if of.after]
            page = self._page_url(f"{self._pages.language_page('corrections', 'html', self._publication)}#{one.seal}")
            yield (
                self._make_identifier(one.seal),
                self._entry_title(one),
                page,
                _midnight_of(one.date.iso()),
                self._entry_text(one, after),
            )

    def atom_feed(self) -> bytes:
        """The feed as Atom (RFC 4287)."""
        feed = Xml.Element("feed", {"xmlns": _ATOM_NAMESPACE, "xml:lang": self._publication.language.tag})
        for name, text in (
            ("id", self._make_identifier()),
            ("title", self._feed_title),
            ("updated", self._last_update),
        ):
            Xml.SubElement(feed, name).text = text
        author = Xml.SubElement(feed, "author")
        Xml.SubElement(author, "name").text = plain_text(self._publication.imprint.publisher, self._publication)
        Xml.SubElement(feed, "link", rel="self", href=self._page_url(self.feed_file_name("atom")))
        Xml.SubElement(
            feed, "link", href=self._page_url(self._pages.language_page("corrections", "html", self._publication))
        )
        Xml.SubElement(feed, "generator").text = "tipbrief"
        for identifier, title, page, day, words in self._feed_entries():
            entry = Xml.SubElement(feed, "entry")
            for name, text in (("id", identifier), ("title", title), ("updated", day), ("content", words)):
                Xml.SubElement(entry, name).text = text
            Xml.SubElement(entry, "link", href=page)
        Xml.indent(feed)
        content: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
        return content + b"\n"

    def json_feed(self) -> bytes:
        """The feed as JSON Feed 1.1."""
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self._feed_title,
            "language": self._publication.language.tag,
            "home_page_url": self._page_url(self._pages.language_page("index", "html", self._publication)),
            "feed_url": self._page_url(self.feed_file_name("json")),
            "authors": [{"name": plain_text(self._publication.imprint.publisher, self._publication)}],
            "items": [
                {"id": identifier, "title": title, "url": page, "date_published": day, "content_text": words}
                for identifier, title, page, day, words in self._feed_entries()
            ],
        }
        return _encode_json(feed)


def _midnight_of(day: str) -> str:
    return f"{day}T00:00:00Z"


def _encode_json(whole: object) -> bytes:
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
