"""The lists of documents: the HTML index of an output folder, and the list of contents of a collection."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from types import MappingProxyType
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import BadgeBlock, Brief, Document, every_block
from tipbrief.check.models import Choice
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import RecordBlock
from tipbrief.compose import html_page
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import render_page_html
from tipbrief.deliver.output_folder import OutputFile
from tipbrief.fonts.font_library import FontFace, page_font_css
from tipbrief.language.dates import Date
from tipbrief.language.language import first_letter, sort_key
from tipbrief.ledger.entries import Edition
from tipbrief.load.source_text import read_text


@dataclass(frozen=True, slots=True)
class DeliveredDocument:
    """One delivered document: its files that exist, its edition, and its ``page`` on a site."""

    name: str
    pdf: OutputFile | None
    html: OutputFile | None
    edition: Edition
    page: str = ""


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """One document of the index. ``choice`` is what its badge shows."""

    document: DeliveredDocument
    key: str
    title: str
    subtitle: str
    choice: Choice | None


def index_html(
    publication: Publication,
    listed: Iterable[DeliveredDocument],
    faces: Iterable[FontFace],
    env: Environment,
    indexes: Mapping[str, str] = MappingProxyType({}),
    *,
    pages: Sequence[tuple[str, str]] = (),
) -> str:
    """The HTML of the index, self-contained. The listed files lie in its folder."""
    # ``indexes`` are its files by language tag, if there are several; ``pages`` titles and names of a site's others.
    listed_by_name = {one.name: one for one in listed}
    entries: dict[str, list[IndexEntry]] = {brief: [] for brief in publication.briefs}
    for document in publication.documents.values():  # the order in which many are finished varies
        if one := listed_by_name.get(document.name):
            texts = (document.brief.title, document.brief.subtitle)
            title, subtitle = (plain_text(text, publication, document) for text in texts)
            choice = badge_choice(publication, document)
            entries[document.brief.id].append(IndexEntry(one, document.key, title, subtitle, choice))
    series = list[dict[str, Any]]()  # each brief with for_each, its documents in alphabetical order
    for brief in publication.briefs.values():
        if brief.for_each and (own := entries.pop(brief.id)):
            spec, by = publication.tables[str(brief.for_each)].spec, _badge_column(brief)
            own.sort(key=lambda entry: (sort_key(entry.title, publication.language), entry.document.name))
            letters = groupby(own, key=lambda entry: first_letter(entry.title, publication.language))
            column = spec.columns[by] if by else None
            choices = tuple(column.choices.values()) if column else ()
            numbered = [(n, one, [entry for entry in own if entry.choice is one]) for n, one in enumerate(choices, 1)]
            listing = {"brief": brief, "title": str(spec.title), "column": column, "choices": choices, "entries": own}
            listing |= {"letters": [(letter, [*entries]) for letter, entries in letters]}
            series.append(listing | {"by_choice": [one for one in numbered if one[2]]})
    others = [language for language in publication.languages if language.tag != publication.language.tag]
    singles = [*chain.from_iterable(entries.values())]
    shown: dict[str, Any] = {"singles": singles, "series": series, "fonts": Markup(page_font_css(faces))}
    shown |= {"indexes": [(language, indexes[language.tag]) for language in others if language.tag in indexes]}
    # The program's own script: that of an untrusted publication must not run.
    shown |= {"alternates": indexes, "script": read_text(find_shipped_folder("templates") / "index.js")}
    return render_page_html(env, "index.html.j2", publication, kilobytes=kilobytes, pages=pages, **shown)


def kilobytes(byte_count: int) -> int:
    """The size of a file in whole kilobytes, at least one."""
    return max(1, round(byte_count / 1000))


def badge_choice(publication: Publication, document: Document) -> Choice | None:
    """The choice in the document's row that the badge of its brief shows."""
    by = _badge_column(document.brief)
    if not by or not document.brief.for_each:
        return None
    table = publication.tables[document.brief.for_each]
    return table.spec.columns[by].choices[table.by_key[document.key][by]]


def _badge_column(brief: Brief) -> str:
    return next((str(one.by) for one in every_block(brief.blocks) if isinstance(one, (BadgeBlock, RecordBlock))), "")


LINK_SCHEME = "sheet:"  # the list links to sheet:well-KB-3


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """One document in the list of contents: its name and texts, its number of pages, and a getter for its PDF."""

    name: str
    title: str
    note: str
    pages: int
    pdf: Callable[[], bytes]


def contents_html(
    publication: Publication,
    faces: tuple[FontFace, ...],
    env: Environment,
    sheets: Sequence[ContentsEntry],
    pages: Mapping[str, int],
    *,
    title: str,
    date: Date,
) -> str:
    """The HTML of the list of contents: the sheets in their order, each with the number of its first page."""
    letters = groupby(sheets, key=lambda sheet: first_letter(sheet.title, publication.language))
    more = {"title": title, "date": date, "heading": publication.language.gettext("Contents"), "count": len(sheets)}
    more |= {"letters": [(letter, [*own]) for letter, own in letters], "pages": pages, "scheme": LINK_SCHEME}
    return html_page.compose_page(publication, sheets[0].name, faces, env, template="contents.html.j2", more=more)
