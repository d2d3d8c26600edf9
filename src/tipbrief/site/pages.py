"""Pages: of each edition, of each document, of all corrections; and the start pages, which are an index."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from itertools import pairwise

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import render_page_html
from tipbrief.deliver.index import DeliveredDocument, index_html
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.language.alphabet import sort_key
from tipbrief.language.language import Language
from tipbrief.ledger.entries import Edition, split_document_name
from tipbrief.ledger.status import list_value_changes
from tipbrief.pipeline.selection import document_name
from tipbrief.site.site_data import (
    CHECK_FILE,
    EDITIONS_FILE,
    STYLE_FILE,
    CorrectionNotice,
    EditionPair,
    EditionPdfs,
    EditionStatus,
    SiteData,
    document_page_path,
    language_file_name,
    relative_url,
)

_STYLE_LINK = Markup('<link rel="stylesheet" href="{}">')
_FEED_LINK = Markup('\n<link rel="alternate" type="{}" href="{}" title="{}">')


class SitePages:
    """The pages of the site; ``html`` has of each document the HTML of its newest edition that is there."""

    def __init__(self, answers: SiteData, prints: EditionPdfs, html: Mapping[str, OutputFile]) -> None:
        self.site_data, self.edition_pdfs, self.html_files = answers, prints, html
        self.session = answers.session

    @cached_property
    def publications(self) -> list[Publication]:
        """The publication in each language in which something was delivered."""
        used = {id(self.site_data.publication_of(brief)) for brief in self.site_data.editions_by_document}
        every = [self.session.publication, *self.session.translations.values()]
        return [one for one in every if id(one) in used]

    def file_name_tag(self, whole: Publication) -> str:
        """The tag that the files of a language have in their names."""
        return "" if whole is self.session.publication else whole.language.tag

    def language_page(self, stem: str, ending: str, whole: Publication) -> str:
        """The file of a page that there is in each language."""
        return language_file_name(stem, self.file_name_tag(whole), ending)

    def _render_page(
        self,
        name: str,
        template: str,
        whole: Publication,
        others: Sequence[tuple[Language, str]],
        **context: object,
    ) -> tuple[str, bytes]:
        """A page of the site. ``others`` are those that say the same in other languages."""

        def to(file: str) -> str:
            return relative_url(name, file)

        said = whole.language.gettext("Corrections and revisions")
        feeds = [
            _FEED_LINK.format(kind, to(self.language_page("corrections", ending, whole)), said)
            for kind, ending in (("application/atom+xml", "atom"), ("application/feed+json", "json"))
        ]
        html = render_page_html(
            self.session.environment,
            f"site/{template}.html.j2",
            alternates={},
            publication=whole,
            language=whole.language,
            imprint=whole.imprint,
            links=_STYLE_LINK.format(to(STYLE_FILE)) + Markup().join(feeds),
            to=to,
            home=self.language_page("index", "html", whole if whole in self.publications else self.publications[0]),
            check=CHECK_FILE,
            corrections=self.language_page("corrections", "html", whole),
            others=[(spoken, to(file)) for spoken, file in others],
            prints=self.edition_pdfs.pdfs_of_edition,
            kilobytes=lambda size: max(1, round(size / 1000)),
            **context,
        )
        return name, html.encode()

    # Each edition

    def render_edition_pages(self) -> Iterator[tuple[str, bytes]]:
        """The pages to which the codes of all editions lead."""
        for brief, answers in self.site_data.editions_by_document.items():
            for one in answers:
                yield self._render_edition_page(brief, one)

    def _render_edition_page(self, brief: str, one: EditionStatus) -> tuple[str, bytes]:
        whole, status = self.site_data.publication_of(brief), one.status
        newer = [
            (
                other,
                self.site_data.publication_of(other.brief).language,
                relative_url(one.edition.page, self._newest_page_path(other.brief)),
            )
            for other in status.newer
        ]
        newest = status.newest or one.edition
        return self._render_page(
            one.edition.page,
            "code",
            whole,
            [],
            title=self.site_data.title_of(brief),
            edition=one.edition,
            status=status,
            page=self.site_data.page_path_of(brief),
            told=self.site_data.correction_notices(status.moved, brief, whole),
            pending=self.site_data.correction_notices(status.pending, brief, whole),
            added=one.edition.prints.keys() != newest.prints.keys(),
            newer=newer,
        )

    def _newest_page_path(self, brief: str) -> str:
        """The page of a document, or where there is none any more, that of its newest edition."""
        return self.site_data.page_path_of(brief) or self.site_data.editions_by_document[brief][-1].edition.page

    # Each document

    def render_document_pages(self) -> Iterator[tuple[str, bytes]]:
        """The pages of the documents of which an edition was delivered and that there still are."""
        for brief in self.site_data.editions_by_document:
            if self.site_data.page_path_of(brief) and (newest := self.site_data.ledger.last_edition(brief)):
                yield self._render_document_page(brief, newest)

    def _render_document_page(self, brief: str, newest: Edition) -> tuple[str, bytes]:
        whole, document = self.site_data.publication_of(brief), self.session.documents[brief]
        answer = next(one for one in self.site_data.editions_by_document[brief] if one.edition == newest)
        file = self.html_files.get(brief)
        return self._render_page(
            document_page_path(brief),
            "document",
            whole,
            self._pages_in_other_languages(brief),
            title=self.site_data.title_of(brief),
            subtitle=plain_text(document.brief.subtitle, whole, document),
            newest=newest,
            html=file.path.name if file else "",
            pending=self.site_data.correction_notices(answer.status.pending, brief, whole),
            history=self._edition_history(brief, whole),
        )

    def _pages_in_other_languages(self, brief: str) -> list[tuple[Language, str]]:
        """The pages of a document in other languages."""
        plain, first = split_document_name(brief)[0], self.session.publication
        named = [(one.language, document_name(first, plain, one.language)) for one in self.publications]
        pages = [(spoken, self.site_data.page_path_of(name)) for spoken, name in named if name != brief]
        return [(spoken, page) for spoken, page in pages if page]

    def _edition_history(self, brief: str, whole: Publication) -> list[tuple[Edition, bool, list[CorrectionNotice]]]:
        """The editions, newest first: whether each was withdrawn, and what it told that was new."""
        told: dict[str, list[CorrectionNotice]] = {}
        standing = self.site_data.ledger.history(brief)
        for (one, changes), (after, _) in pairwise(standing):
            told[after.signature] = self.site_data.correction_notices(
                list_value_changes(one.prints, changes), brief, whole
            )
        return [
            (one.edition, one.status.state == "withdrawn", told.get(one.edition.signature, []))
            for one in reversed(self.site_data.editions_by_document[brief])
        ]

    # All of them

    def render_correction_pages(self) -> Iterator[tuple[str, bytes]]:
        """What was corrected, one page a language."""
        for whole in self.publications:
            pages = {one.language: self.language_page("corrections", "html", one) for one in self.publications}
            yield self._render_page(
                pages.pop(whole.language),
                "corrections",
                whole,
                [*pages.items()],
                title=whole.language.gettext("Corrections and revisions"),
                corrections_told=[
                    (one, self._list_documents_with_editions(touched, whole))
                    for one, touched in self.site_data.corrections_in_language(whole)
                ],
                feeds=[
                    ("Atom", self.language_page("corrections", "atom", whole)),
                    ("JSON Feed", self.language_page("corrections", "json", whole)),
                    (EDITIONS_FILE, EDITIONS_FILE),
                ],
            )

    def _list_documents_with_editions(
        self, touched: Mapping[str, EditionPair], whole: Publication
    ) -> list[tuple[str, str, Edition, Edition | None]]:
        """Title, page and editions of the documents that a correction changed, by the alphabet."""
        answers = self.site_data
        rows = [
            (answers.title_of(name), answers.page_path_of(name), of.before, of.after) for name, of in touched.items()
        ]
        return sorted(rows, key=lambda row: (sort_key(row[0], whole.language), row[1]))

    def render_start_pages(self) -> Iterator[tuple[str, bytes]]:
        """The start page of each language: all its documents, by name, letter and choice."""
        files = {one.language.tag: self.language_page("index", "html", one) for one in self.publications}
        for whole in self.publications:
            listed = [
                DeliveredDocument(
                    brief,
                    self._find_pdf(newest),
                    self.html_files.get(brief),
                    newest,
                    document_page_path(brief),
                )
                for brief in self.site_data.editions_by_document
                if self.site_data.publication_of(brief) is whole
                and brief in whole.documents
                and (newest := self.site_data.ledger.last_edition(brief))
            ]
            words = whole.language.gettext
            links = [
                (words("Is my print current?"), CHECK_FILE),
                (words("Corrections and revisions"), self.language_page("corrections", "html", whole)),
            ]
            what = (whole, listed, self.session.fonts, self.session.environment)
            html = index_html(*what, files if len(files) > 1 else {}, folder=self.edition_pdfs.site_folder, pages=links)
            yield files[whole.language.tag], html.encode()

    def _find_pdf(self, newest: Edition) -> OutputFile | None:
        """The PDF of an edition on the start page: the one that is there."""
        one = next((one for one in self.edition_pdfs.pdfs_of_edition(newest) if one.path), None)
        return OutputFile(self.edition_pdfs.site_folder / one.path, one.size, one.sha256) if one else None
