"""The index: one HTML page through which every delivered document is found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from types import MappingProxyType

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import BadgeBlock, Brief, Document, every_block
from tipbrief.check.models import Choice, Column
from tipbrief.check.publication import Publication
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import render_page_html
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.fonts.font_library import FontFace, font_face_css
from tipbrief.language.alphabet import first_letter, sort_key
from tipbrief.language.language import Language
from tipbrief.ledger.entries import Edition
from tipbrief.load.source_text import read_text

TEMPLATE = "index.html.j2"
_WEIGHTS = (400, 700)  # a third would make the page half as large again


@dataclass(frozen=True, slots=True)
class DeliveredDocument:
    """One delivered document: its files that are there, its edition, and on a site the ``page`` of both."""

    name: str
    pdf: OutputFile | None
    html: OutputFile | None
    edition: Edition
    page: str = ""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One document as the index shows it, with the choice that its badge shows."""

    document: DeliveredDocument
    key: str
    title: str
    subtitle: str
    choice: Choice | None


@dataclass(frozen=True, slots=True)
class SeriesIndex:
    """The documents of a brief with ``for_each`` by the alphabet, and the column of its badge."""

    brief: Brief
    title: str
    entries: Sequence[IndexEntry]
    column: Column | None
    language: Language

    @property
    def letters(self) -> list[tuple[str, list[IndexEntry]]]:
        """The documents by the letters under which they stand."""
        groups = groupby(self.entries, key=lambda entry: first_letter(entry.title, self.language))
        return [(letter, list(entries)) for letter, entries in groups]

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices of the column in the order in which they are declared."""
        return tuple(self.column.choices.values()) if self.column else ()

    @property
    def by_choice(self) -> list[tuple[int, Choice, list[IndexEntry]]]:
        """Each choice that a document has: its number, and the documents."""
        return [
            (number, choice, own)
            for number, choice in enumerate(self.choices, 1)
            if (own := [entry for entry in self.entries if entry.choice is choice])
        ]


def index_html(
    publication: Publication,
    listed: Iterable[DeliveredDocument],
    faces: Iterable[FontFace],
    env: Environment,
    indexes: Mapping[str, str] = MappingProxyType({}),
    *,
    folder: Path | None = None,
    pages: Sequence[tuple[str, str]] = (),
) -> str:
    """The HTML of the index: fonts, styles and script inside, nothing fetched from outside.

    ``indexes`` are the files of the index in each language, by its tag, where there are several. The listed
    files lie beside it, or below its ``folder``; ``pages`` are the other pages of a site, and their names.
    """
    found = {one.name: one for one in listed}
    entries = [
        (document.brief, _build_entry(publication, document, found[document.name]))
        for document in publication.documents.values()  # many are finished in another order each time
        if document.name in found
    ]
    series = [
        _build_series(publication, brief, own)
        for brief in publication.briefs.values()
        if brief.for_each and (own := [entry for other, entry in entries if other is brief])
    ]
    return render_page_html(
        env,
        TEMPLATE,
        publication=publication,
        language=publication.language,
        indexes=[
            (one, indexes[one.tag])
            for one in publication.languages
            if one.tag in indexes and one.tag != publication.language.tag
        ],
        alternates=indexes,
        imprint=publication.imprint,
        singles=[entry for brief, entry in entries if not brief.for_each],
        series=series,
        fonts=Markup(font_face_css(face for face in faces if face.weight in _WEIGHTS)),
        kilobytes=lambda size: max(1, round(size / 1000)),
        file_name=lambda file: file.path.relative_to(folder or file.path.parent).as_posix(),
        pages=pages,
        # The program's own: that of a publication, which may be a stranger's, does not run.
        script=read_text(find_shipped_folder("templates") / "index.js"),
    )


def _build_series(publication: Publication, brief: Brief, entries: Iterable[IndexEntry]) -> SeriesIndex:
    spec, by = publication.tables[str(brief.for_each)].spec, _badge_column(brief)
    ordered = sorted(entries, key=lambda entry: (sort_key(entry.title, publication.language), entry.document.name))
    return SeriesIndex(brief, str(spec.title), ordered, spec.columns[by] if by else None, publication.language)


def _build_entry(publication: Publication, document: Document, one: DeliveredDocument) -> IndexEntry:
    texts = (document.brief.title, document.brief.subtitle)
    title, subtitle = (plain_text(text, publication, document) for text in texts)
    return IndexEntry(one, document.key, title, subtitle, badge_choice(publication, document))


def badge_choice(publication: Publication, document: Document) -> Choice | None:
    """The choice of the document's row that its brief's badge shows."""
    by = _badge_column(document.brief)
    if not by or not document.brief.for_each:
        return None
    table = publication.tables[document.brief.for_each]
    return table.spec.columns[by].choices[table.by_key[document.key][by]]


def _badge_column(brief: Brief) -> str:
    return next((str(one.by) for one in every_block(brief.blocks) if isinstance(one, BadgeBlock)), "")
