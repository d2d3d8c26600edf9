"""Pages: of each edition, of each document, of all corrections; and the start pages, which are an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup

from tipbrief.build.languages import document_name
from tipbrief.check.publication import Publication
from tipbrief.compose.templates import page_html
from tipbrief.compose.writer import plain_text
from tipbrief.deliver.folder import Written
from tipbrief.deliver.index import Listed, index_html
from tipbrief.language.alphabet import sort_key
from tipbrief.language.language import Language
from tipbrief.ledger.entries import Edition, parted
from tipbrief.ledger.status import moved_by
from tipbrief.site.addresses import (
    CHECK,
    EDITIONS,
    STYLE,
    document_page,
    in_language,
    leading,
)
from tipbrief.site.answers import Answer, Answers, Corrected, Touched
from tipbrief.site.prints import Prints

_STYLES = Markup('<link rel="stylesheet" href="{}">')
_FEED = Markup('\n<link rel="alternate" type="{}" href="{}" title="{}">')


class Pages:
    """The pages of the site; ``html`` has of each document the HTML of its newest edition that is there."""

    def __init__(self, answers: Answers, prints: Prints, html: Mapping[str, Written]) -> None:
        self.answers, self.prints, self.html = answers, prints, html
        self.session = answers.session

    @cached_property
    def wholes(self) -> list[Publication]:
        """The publication in each language in which something was delivered."""
        used = {id(self.answers.whole_of(brief)) for brief in self.answers.all}
        every = [self.session.publication, *self.session.translations.values()]
        return [one for one in every if id(one) in used]

    def tag(self, whole: Publication) -> str:
        """The tag that the files of a language have in their names."""
        return "" if whole is self.session.publication else whole.language.tag

    def of_language(self, stem: str, ending: str, whole: Publication) -> str:
        """The file of a page that there is in each language."""
        return in_language(stem, self.tag(whole), ending)

    def _page(
        self,
        name: str,
        template: str,
        whole: Publication,
        others: Sequence[tuple[Language, str]],
        **context: object,
    ) -> tuple[str, bytes]:
        """A page of the site. ``others`` are those that say the same in other languages."""

        def to(file: str) -> str:
            return leading(name, file)

        said = whole.language.words("Corrections and revisions")
        feeds = [
            _FEED.format(kind, to(self.of_language("corrections", ending, whole)), said)
            for kind, ending in (("application/atom+xml", "atom"), ("application/feed+json", "json"))
        ]
        html = page_html(
            self.session.environment,
            f"site/{template}.html.j2",
            alternates={},
            publication=whole,
            language=whole.language,
            imprint=whole.imprint,
            links=_STYLES.format(to(STYLE)) + Markup().join(feeds),
            to=to,
            home=self.of_language("index", "html", whole if whole in self.wholes else self.wholes[0]),
            check=CHECK,
            corrections=self.of_language("corrections", "html", whole),
            others=[(spoken, to(file)) for spoken, file in others],
            prints=self.prints.of,
            kilobytes=lambda size: max(1, round(size / 1000)),
            **context,
        )
        return name, html.encode()

    # Each edition

    def codes(self) -> Iterator[tuple[str, bytes]]:
        """The pages to which the codes of all editions lead."""
        for brief, answers in self.answers.all.items():
            for one in answers:
                yield self._code(brief, one)

    def _code(self, brief: str, one: Answer) -> tuple[str, bytes]:
        whole, status = self.answers.whole_of(brief), one.status
        newer = [
            (
                other,
                self.answers.whole_of(other.brief).language,
                leading(one.edition.page, self._page_of(other.brief)),
            )
            for other in status.newer
        ]
        newest = status.newest or one.edition
        return self._page(
            one.edition.page,
            "code",
            whole,
            [],
            title=self.answers.title(brief),
            edition=one.edition,
            status=status,
            page=self.answers.page(brief),
            told=self.answers.told(status.moved, brief, whole),
            pending=self.answers.told(status.pending, brief, whole),
            added=one.edition.prints.keys() != newest.prints.keys(),
            newer=newer,
        )

    def _page_of(self, brief: str) -> str:
        """The page of a document, or where there is none any more, that of its newest edition."""
        return self.answers.page(brief) or self.answers.all[brief][-1].edition.page

    # Each document

    def documents(self) -> Iterator[tuple[str, bytes]]:
        """The pages of the documents of which an edition was delivered and that there still are."""
        for brief in self.answers.all:
            if self.answers.page(brief) and (newest := self.answers.ledger.last(brief)):
                yield self._document(brief, newest)

    def _document(self, brief: str, newest: Edition) -> tuple[str, bytes]:
        whole, document = self.answers.whole_of(brief), self.session.documents[brief]
        answer = next(one for one in self.answers.all[brief] if one.edition == newest)
        file = self.html.get(brief)
        return self._page(
            document_page(brief),
            "document",
            whole,
            self._siblings(brief),
            title=self.answers.title(brief),
            subtitle=plain_text(document.brief.subtitle, whole, document),
            newest=newest,
            html=file.path.name if file else "",
            pending=self.answers.told(answer.status.pending, brief, whole),
            history=self._history(brief, whole),
        )

    def _siblings(self, brief: str) -> list[tuple[Language, str]]:
        """The pages of a document in other languages."""
        plain, first = parted(brief)[0], self.session.publication
        named = [(one.language, document_name(first, plain, one.language)) for one in self.wholes]
        pages = [(spoken, self.answers.page(name)) for spoken, name in named if name != brief]
        return [(spoken, page) for spoken, page in pages if page]

    def _history(self, brief: str, whole: Publication) -> list[tuple[Edition, bool, list[Corrected]]]:
        """The editions, newest first: whether each was withdrawn, and what it told that was new."""
        told: dict[str, list[Corrected]] = {}
        standing = self.answers.ledger.history(brief)
        for (one, changes), (after, _) in pairwise(standing):
            told[after.signature] = self.answers.told(moved_by(one.prints, changes), brief, whole)
        return [
            (one.edition, one.status.state == "withdrawn", told.get(one.edition.signature, []))
            for one in reversed(self.answers.all[brief])
        ]

    # All of them

    def corrections(self) -> Iterator[tuple[str, bytes]]:
        """What was corrected, one page a language."""
        for whole in self.wholes:
            pages = {one.language: self.of_language("corrections", "html", one) for one in self.wholes}
            yield self._page(
                pages.pop(whole.language),
                "corrections",
                whole,
                [*pages.items()],
                title=whole.language.words("Corrections and revisions"),
                corrections_told=[
                    (one, self._named(touched, whole)) for one, touched in self.answers.corrections_in(whole)
                ],
                feeds=[
                    ("Atom", self.of_language("corrections", "atom", whole)),
                    ("JSON Feed", self.of_language("corrections", "json", whole)),
                    (EDITIONS, EDITIONS),
                ],
            )

    def _named(
        self, touched: Mapping[str, Touched], whole: Publication
    ) -> list[tuple[str, str, Edition, Edition | None]]:
        """Title, page and editions of the documents that a correction changed, by the alphabet."""
        answers = self.answers
        rows = [
            (answers.title(name), answers.page(name), of.before, of.after) for name, of in touched.items()
        ]
        return sorted(rows, key=lambda row: (sort_key(row[0], whole.language), row[1]))

    def starts(self) -> Iterator[tuple[str, bytes]]:
        """The start page of each language: all its documents, by name, letter and choice."""
        files = {one.language.tag: self.of_language("index", "html", one) for one in self.wholes}
        for whole in self.wholes:
            listed = [
                Listed(brief, self._print(newest), self.html.get(brief), newest, document_page(brief))
                for brief in self.answers.all
                if self.answers.whole_of(brief) is whole
                and brief in whole.documents
                and (newest := self.answers.ledger.last(brief))
            ]
            words = whole.language.words
            links = [
                (words("Is my print current?"), CHECK),
                (words("Corrections and revisions"), self.of_language("corrections", "html", whole)),
            ]
            what = (whole, listed, self.session.faces, self.session.environment)
            html = index_html(*what, files if len(files) > 1 else {}, folder=self.prints.out, pages=links)
            yield files[whole.language.tag], html.encode()

    def _print(self, newest: Edition) -> Written | None:
        """The PDF of an edition on the start page: the one that is there."""
        one = next((one for one in self.prints.of(newest) if one.path), None)
        return Written(self.prints.out / one.path, one.size, one.sha256) if one else None
