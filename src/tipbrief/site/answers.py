"""Answers: what the holder of each edition is told, and each correction with what it changed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from tipbrief.build.session import Session
from tipbrief.check.blocks import Document
from tipbrief.check.publication import Publication
from tipbrief.compose.writer import Writer, plain_text
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Kind, parted
from tipbrief.ledger.status import Moved, Status, status_of
from tipbrief.site.addresses import document_page

# The name of a value, what it was, and what it is now.
Step = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Corrected:
    """A correction or revision as a page tells it; ``seal`` is that of its entry where all of it is told."""

    kind: Kind
    date: Date
    reason: str
    steps: tuple[tuple[Markup, Markup, Markup], ...]
    source: str = ""
    seal: str = ""


@dataclass(frozen=True, slots=True)
class Touched:
    """A document that a correction changed: the last edition before it, and the first after it."""

    before: Edition
    after: Edition | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What is known of an edition."""

    edition: Edition
    status: Status


class Answers:
    """The answers for every edition of a ledger, in the languages of its publication."""

    def __init__(self, session: Session) -> None:
        self.session, self.ledger = session, session.ledger

    @cached_property
    def all(self) -> Mapping[str, Sequence[Answer]]:
        """The answers of each document that was delivered, oldest edition first."""
        return {
            brief: [Answer(one, status_of(self.ledger, one)) for one in self.ledger.listed(brief)]
            for brief in self.ledger.briefs
        }

    def whole_of(self, brief: str) -> Publication:
        """The publication in the language of a document, which may be one that it has no longer."""
        return self.session.translations.get(parted(brief)[1], self.session.publication)

    def document(self, brief: str, whole: Publication | None = None) -> Document | None:
        """A document, or the same one in another language; None where there is none any more."""
        if whole is None:
            return self.session.documents.get(brief)
        plain, first = parted(brief)[0], self.session.publication.language.tag
        tag = whole.language.tag
        return whole.documents.get(plain if tag == first else f"{plain}.{tag}")

    def page(self, brief: str) -> str:
        """The page of a document; none where there is no such document, or no edition of it any more."""
        return document_page(brief) if self.document(brief) and self.ledger.last(brief) else ""

    def title(self, brief: str) -> str:
        """What a document is called in its language; its name where there is none any more."""
        document = self.document(brief)
        return plain_text(document.brief.title, self.whole_of(brief), document) if document else brief

    def told(self, moved: Iterable[Moved], brief: str, whole: Publication) -> list[Corrected]:
        """What changed, in the words of a language, what has one reason together; oldest first."""
        groups: dict[tuple[str, Kind, str], list[Step]] = {}
        for one in moved:
            groups.setdefault((one.date, one.kind, one.reason), []).append((one.name, one.was, one.now))
        return [
            self._corrected(whole, self.document(brief, whole), Date.parse(date), kind, reason, steps)
            for (date, kind, reason), steps in sorted(groups.items())
        ]

    def _corrected(
        self,
        whole: Publication,
        document: Document | None,
        date: Date,
        kind: Kind,
        reason: str,
        steps: Sequence[Step],
        source: str = "",
        seal: str = "",
    ) -> Corrected:
        writer = Writer(whole, (), document)
        shown = tuple(
            (writer.label(name), writer.value_then(name, was), writer.value_then(name, now))
            for name, was, now in writer.distinct(steps)
        )
        return Corrected(kind, date, whole.reasons.get(reason, reason), shown, source, seal)

    @cached_property
    def corrections(self) -> list[tuple[str, Sequence[Change], Mapping[str, Touched]]]:
        """The seal of each entry that readers must know of, its changes, and the documents that it touched.

        Not of one whose values no edition had printed.
        """
        place = {
            id(change): at
            for at, file in enumerate(self.ledger.files)
            for change in self.ledger.changes_of(at)
        }
        touched: dict[int, dict[str, Touched]] = {}
        for brief in self.ledger.briefs:
            history = self.ledger.history(brief)
            following = [*(one for one, _ in history[1:]), None]
            for (one, changes), after in zip(history, following, strict=True):
                for change in changes:
                    if change.steps.keys() & one.prints.keys():
                        own = touched.setdefault(place[id(change)], {})
                        own.setdefault(brief, Touched(one, after))
        files = self.ledger.files
        return [(files[at].seal, self.ledger.changes_of(at), touched[at]) for at in sorted(touched)]

    def corrections_in(self, whole: Publication) -> list[tuple[Corrected, Mapping[str, Touched]]]:
        """The corrections that sheets in one language told or will tell, newest first."""
        tag = "" if whole is self.session.publication else whole.language.tag
        found: list[tuple[Corrected, Mapping[str, Touched]]] = []
        for seal, changes, touched in self.corrections:
            if own := {brief: one for brief, one in touched.items() if parted(brief)[1] == tag}:
                printed = {name for one in own.values() for name in one.before.prints}
                every = [(name, *step) for change in changes for name, step in change.steps.items()]
                steps = [step for step in every if step[0] in printed]
                first, document = changes[0], self.document(next(iter(own)), whole)
                told = self._corrected(
                    whole, document, first.date, first.kind, first.reason, steps, first.source, seal
                )
                found.append((told, own))
        return found[::-1]
