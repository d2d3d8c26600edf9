"""Contents: the list of the sheets of a brief, by the letters of the alphabet, each with its page."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice
from typing import TypeAlias

from jinja2 import Environment

from tipbrief.check.publication import Publication
from tipbrief.compose import page
from tipbrief.fonts.shelf import Face
from tipbrief.language import alphabet
from tipbrief.language.dates import Date
from tipbrief.language.language import Language

SCHEME = "sheet:"  # the list links to sheet:well-KB-3
COLUMNS = 2
# Lines that a column has, on the first page and on those that follow; a letter takes the room of two.
FIRST_LINES, LINES, LETTER_LINES = 43, 51, 2


@dataclass(frozen=True, slots=True)
class CollectedSheet:
    """One document of the brief: its name, what the list says of it, its pages, how its PDF is had."""

    name: str
    title: str
    note: str
    pages: int
    pdf: Callable[[], bytes]


Lettered: TypeAlias = Sequence[tuple[str, CollectedSheet]]
# The sheets of each letter, below each other.
ListColumn: TypeAlias = list[tuple[str, tuple[CollectedSheet, ...]]]


def contents_html(
    publication: Publication,
    faces: tuple[Face, ...],
    env: Environment,
    sheets: Sequence[CollectedSheet],
    pages: Mapping[str, int],
    *,
    title: str,
    date: Date,
) -> str:
    """The list of the sheets, in their order, each with the number of its first page."""
    more = {
        "title": title,
        "date": date,
        "heading": publication.language.words("Contents"),
        "count": len(sheets),
        "leaves": list_pages(sheets, publication.language),
        "pages": pages,
        "scheme": SCHEME,
    }
    return page.compose(publication, sheets[0].name, faces, env, template="contents.html.j2", more=more)


def list_pages(sheets: Sequence[CollectedSheet], language: Language) -> list[list[ListColumn]]:
    """The columns of each page of the list; those of the last page are as long as each other."""
    lettered: Lettered = [(alphabet.first_letter(sheet.title, language), sheet) for sheet in sheets]
    leaves: list[list[ListColumn]] = []
    while lettered:
        room = LINES if leaves else FIRST_LINES
        # The last ones are as short as they can be.
        fitting = (found for lines in range(room) if not (found := _page_columns(lettered, lines))[1])
        columns, lettered = next(fitting, _page_columns(lettered, room))
        leaves.append(columns)
    return leaves


def _page_columns(lettered: Lettered, lines: int) -> tuple[list[ListColumn], Lettered]:
    """The columns of one page, and what finds no room there. Each column begins with a letter."""
    columns: list[ListColumn] = []
    while lettered and len(columns) < COLUMNS:
        column: ListColumn = []
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
