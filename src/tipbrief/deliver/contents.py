"""Contents: the list of the sheets of a brief, by the letters of the alphabet, each with its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeAlias

from jinja2 import Environment

from tipbrief.check.publication import Publication
from tipbrief.compose import html_page
from tipbrief.fonts.font_library import FontFace
from tipbrief.language import alphabet
from tipbrief.language.dates import Date
from tipbrief.language.language import Language

LINK_SCHEME = "sheet:"  # the list links to sheet:well-KB-3
COLUMNS = 2
# Lines that a column has, on the first page and on those that follow; a letter takes the room of two.
FIRST_LINES, PAGE_LINES, LETTER_LINES = 43, 51, 2


@dataclass(frozen=True, slots=True)
class ContentsEntry:
    """One document of the brief: its name, what the list says of it, its pages, how its PDF is had."""

    name: str
    title: str
    note: str
    pages: int
    pdf: Callable[[], bytes]


EntriesByLetter: TypeAlias = Sequence[tuple[str, ContentsEntry]]
# The sheets of each letter, below each other.
ContentsColumn: TypeAlias = list[tuple[str, tuple[ContentsEntry, ...]]]


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
    """The list of the sheets, in their order, each with the number of its first page."""
    more = {
        "title": title,
        "date": date,
        "heading": publication.language.gettext("Contents"),
        "count": len(sheets),
        "leaves": paginate_contents(sheets, publication.language),
        "pages": pages,
        "scheme": LINK_SCHEME,
    }
    return html_page.compose_page(publication, sheets[0].name, faces, env, template="contents.html.j2", more=more)


def paginate_contents(sheets: Sequence[ContentsEntry], language: Language) -> list[list[ContentsColumn]]:
    """The columns of each page of the list; those of the last page are as long as each other."""
    lettered: EntriesByLetter = [(alphabet.first_letter(sheet.title, language), sheet) for sheet in sheets]
    leaves: list[list[ContentsColumn]] = []
    while lettered:
        room = PAGE_LINES if leaves else FIRST_LINES
        # The last ones are as short as they can be.
        fitting = (found for lines in range(room) if not (found := _fill_columns(lettered, lines))[1])
        columns, lettered = next(fitting, _fill_columns(lettered, room))
        leaves.append(columns)
    return leaves


def _fill_columns(lettered: EntriesByLetter, lines: int) -> tuple[list[ContentsColumn], EntriesByLetter]:
    """The columns of one page, and what finds no room there. Each column begins with a letter."""
    columns: list[ContentsColumn] = []
    while lettered and len(columns) < COLUMNS:
        column: ContentsColumn = []
        free = lines
        for letter, of_letter in groupby(lettered, lambda one: one[0]):
            free -= LETTER_LINES
            fitting = tuple(sheet for _, sheet in islice(of_letter, max(free, 0)))
            if not fitting:
                break
            column.append((letter, fitting))
            free -= len(fitting)
        columns.append(column)
        lettered = lettered[sum(len(sheets) for _, sheets in column) :]
    return columns, lettered
