"""Contents: the list of the sheets of a brief, by the letters of the Dari alphabet, each with its page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, islice

from jinja2 import Environment

from tipbrief.check.publication import Publication
from tipbrief.compose import page
from tipbrief.fonts.shelf import Face
from tipbrief.language import alphabet
from tipbrief.language.catalogue import words
from tipbrief.language.dates import Date

SCHEME = "sheet:"  # the list links to sheet:country-AFG
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


@dataclass(frozen=True, slots=True)
class Group:
    """Sheets of one letter, below each other in one column."""

    letter: str
    sheets: tuple[CollectedSheet, ...]


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
        "heading": words("list of sheets"),
        "count": len(sheets),
        "leaves": list_pages(sheets),
        "pages": pages,
        "scheme": SCHEME,
    }
    return page.compose(publication, sheets[0].name, faces, env, template="contents.html.j2", more=more)


def list_pages(sheets: Sequence[CollectedSheet]) -> list[list[list[Group]]]:
    """The columns of each page of the list; those of the last page are as long as each other."""
    lettered = [(alphabet.first_letter(sheet.title), sheet) for sheet in sheets]
    leaves: list[list[list[Group]]] = []
    while lettered:
        lines = LINES if leaves else FIRST_LINES
        columns, rest = _page_columns(lettered, lines)
        while not rest and lines > LETTER_LINES:
            lines -= 1
            shorter, rest = _page_columns(lettered, lines)
            columns = columns if rest else shorter
        leaves.append(columns)
        lettered = lettered[sum(len(group.sheets) for column in columns for group in column) :]
    return leaves


def _page_columns(
    lettered: Sequence[tuple[str, CollectedSheet]], lines: int
) -> tuple[list[list[Group]], Sequence[tuple[str, CollectedSheet]]]:
    """The columns of one page, and what finds no room there. Each column begins with a letter."""
    columns: list[list[Group]] = []
    while lettered and len(columns) < COLUMNS:
        column: list[Group] = []
        free = lines
        for letter, of_letter in groupby(lettered, lambda one: one[0]):
            free -= LETTER_LINES
            fitting = tuple(sheet for _, sheet in islice(of_letter, max(free, 0)))
            if not fitting:
                break
            column.append(Group(letter, fitting))
            free -= len(fitting)
        columns.append(column)
        lettered = lettered[sum(len(group.sheets) for group in column) :]
    return columns, lettered
