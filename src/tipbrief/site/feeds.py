"""Feeds: editions.json for programs, and for feed readers one entry a correction or revision."""

from __future__ import annotations

import json
from collections.abc import Iterator
from uuid import NAMESPACE_URL, uuid5
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.compose.writer import plain_text
from tipbrief.ledger.entries import Edition, parted
from tipbrief.ledger.status import Moved
from tipbrief.site.addresses import EDITIONS
from tipbrief.site.answers import Answer, Corrected
from tipbrief.site.pages import Pages

_ATOM = "http://www.w3.org/2005/Atom"


def editions_json(pages: Pages) -> Iterator[tuple[str, bytes]]:
    """Every edition, its state, its files, and what has changed since; and every correction."""
    answers, imprint = pages.answers, pages.session.publication.imprint
    whole = {
        "publication": str(imprint.id),
        "title": plain_text(imprint.title, pages.session.publication),
        "address": str(imprint.address or ""),
        "editions": [_edition(pages, one) for own in answers.all.values() for one in own],
        "corrections": [
            {
                "entry": seal,
                "kind": changes[0].kind,
                "date": changes[0].date.iso(),
                "reason": changes[0].reason,
                "source": changes[0].source,
                "values": {
                    name: {"was": was, "now": now}
                    for change in changes
                    for name, (was, now) in change.steps.items()
                },
                "documents": {
                    brief: [of.before.path, of.after.path if of.after else None]
                    for brief, of in touched.items()
                },
            }
            for seal, changes, touched in answers.corrections
        ],
    }
    yield EDITIONS, _json(whole)


def _edition(pages: Pages, answer: Answer) -> dict[str, object]:
    one, status, first = answer.edition, answer.status, pages.session.publication.language.tag
    newest = status.newest or one
    return {
        "document": one.brief,
        "language": parted(one.brief)[1] or first,
        "title": pages.answers.title(one.brief),
        "number": one.number,
        "code": one.code,
        "date": one.date.iso(),
        "state": status.state,
        "newest": newest.path,
        "page": one.page,
        "files": [
            {"sha256": file.sha256, "path": file.path or None, "form": file.form}
            for file in pages.prints.of(one)
        ],
        "changed": [_moved(step) for step in status.moved],
        "not_printed_yet": [_moved(step) for step in status.pending],
    }


def _moved(step: Moved) -> dict[str, str]:
    return {"name": step.name, "was": step.was, "now": step.now, "kind": step.kind, "date": step.date}


def feeds(pages: Pages) -> Iterator[tuple[str, bytes]]:
    """Atom and JSON Feed of the corrections of each language."""
    for whole in pages.wholes:
        feed = _Feed(pages, whole)
        yield feed.file("atom"), feed.atom()
        yield feed.file("json"), feed.json()


class _Feed:
    """The corrections that sheets in one language told."""

    def __init__(self, pages: Pages, whole: Publication) -> None:
        self._pages, self._whole = pages, whole
        self._told = pages.answers.corrections_in(whole)
        address = str(whole.imprint.address or "")
        self._site = address.rstrip("/") + "/" if address else ""

    def file(self, ending: str) -> str:
        """Where it lies."""
        return self._pages.of_language("corrections", ending, self._whole)

    def _address(self, name: str) -> str:
        """A page of the site: relative where nobody said where the site will be."""
        return self._site + name

    @property
    def _title(self) -> str:
        title = plain_text(self._whole.imprint.title, self._whole)
        return f"{title} · {self._whole.language.words('Corrections and revisions')}"

    @property
    def _updated(self) -> str:
        return _moment(self._told[0][0].date.iso() if self._told else self._whole.imprint.published.iso())

    def _id(self, *parts: str) -> str:
        """An identifier that stays, wherever the site goes."""
        named = "/".join(["tipbrief", str(self._whole.imprint.id), self._whole.language.tag, *parts])
        return uuid5(NAMESPACE_URL, named).urn

    def _entry_title(self, one: Corrected) -> str:
        words = self._whole.language.words
        kind = words("Correction") if one.kind == "correction" else words("Revision")
        named = [Markup(name).striptags() for name, _, _ in one.steps]
        return f"{kind}: {self._whole.language.listed(*dict.fromkeys(named))}"

    def _words(self, one: Corrected, after: list[Edition]) -> str:
        """What an entry says: values then and now, the reason, and the editions that have the new ones."""
        words, revised = self._whole.language.words, one.kind == "revision"
        form = "formerly %(was)s, now %(now)s" if revised else "%(was)s was wrong; %(now)s is correct"
        lines = []
        for step in one.steps:
            name, was, now = (Markup(part).striptags() for part in step)
            lines.append(f"{name}: {words(form, was=was, now=now)}")
        lines.append(one.reason)
        if after:
            named = ", ".join(of.signature for of in after)
            lines.append(words("In these editions: %(editions)s", editions=named))
        else:
            lines.append(words("Corrected since, and not printed yet"))
        return "\n".join(lines)

    def _entries(self) -> Iterator[tuple[str, str, str, str, str]]:
        """Identifier, title, address, day and words of each entry."""
        for one, touched in self._told:
            after = [of.after for of in touched.values() if of.after]
            page = self._address(f"{self._pages.of_language('corrections', 'html', self._whole)}#{one.seal}")
            yield (
                self._id(one.seal),
                self._entry_title(one),
                page,
                _moment(one.date.iso()),
                self._words(one, after),
            )

    def atom(self) -> bytes:
        """As Atom (RFC 4287)."""
        feed = Xml.Element("feed", {"xmlns": _ATOM, "xml:lang": self._whole.language.tag})
        for name, text in (("id", self._id()), ("title", self._title), ("updated", self._updated)):
            Xml.SubElement(feed, name).text = text
        author = Xml.SubElement(feed, "author")
        Xml.SubElement(author, "name").text = plain_text(self._whole.imprint.publisher, self._whole)
        Xml.SubElement(feed, "link", rel="self", href=self._address(self.file("atom")))
        Xml.SubElement(
            feed, "link", href=self._address(self._pages.of_language("corrections", "html", self._whole))
        )
        Xml.SubElement(feed, "generator").text = "tipbrief"
        for identifier, title, page, day, words in self._entries():
            entry = Xml.SubElement(feed, "entry")
            for name, text in (("id", identifier), ("title", title), ("updated", day), ("content", words)):
                Xml.SubElement(entry, name).text = text
            Xml.SubElement(entry, "link", href=page)
        Xml.indent(feed)
        made: bytes = Xml.tostring(feed, encoding="utf-8", xml_declaration=True)
        return made + b"\n"

    def json(self) -> bytes:
        """As JSON Feed 1.1."""
        feed = {
            "version": "https://jsonfeed.org/version/1.1",
            "title": self._title,
            "language": self._whole.language.tag,
            "home_page_url": self._address(self._pages.of_language("index", "html", self._whole)),
            "feed_url": self._address(self.file("json")),
            "authors": [{"name": plain_text(self._whole.imprint.publisher, self._whole)}],
            "items": [
                {"id": identifier, "title": title, "url": page, "date_published": day, "content_text": words}
                for identifier, title, page, day, words in self._entries()
            ],
        }
        return _json(feed)


def _moment(day: str) -> str:
    return f"{day}T00:00:00Z"


def _json(whole: object) -> bytes:
    return (json.dumps(whole, ensure_ascii=False, indent=1) + "\n").encode()
