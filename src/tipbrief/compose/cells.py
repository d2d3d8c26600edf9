"""Figures and cells as they are printed: those of the dataset, and those of the document's row."""

import re
from collections.abc import Mapping
from decimal import Decimal

from tipbrief.check.blocks import Document
from tipbrief.check.cells import MINUS, read_number
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.language.language import Language
from tipbrief.language.numbers import PERCENT_SIGNS
from tipbrief.language.text import LRI, PDI

ROW = "row."  # what begins so is a column of the document's row
NOTHING = "–"  # where a number would stand
_PERCENTAGE = re.compile(rf"(.+?)\s?([{''.join(PERCENT_SIGNS)}])")
_TELEPHONE, _FEWEST_DIGITS = re.compile(r"\(?[+0\u06f0\u0660][\d ()/-]+"), 7


def shown_value(publication: Publication, name: str) -> str:
    """A figure's value as it is printed; one whose unit is per cent carries the sign."""
    return publication.language.amount(publication.values[name], publication.figures[name].measure)


def row_place(publication: Publication, document: Document | None, path: str) -> tuple[Table, str, str]:
    """Where a cell of the document's row stands, or of the row to which it points (``region.name``).

    Table, key and column; the key is empty where a cell points nowhere.
    """
    if document is None or document.brief.for_each is None:
        raise ValueError("there is no row here")
    table = publication.tables[document.brief.for_each]
    name, _, further = path.partition(".")
    if not further:
        return table, document.key, name
    target = publication.tables[str(table.spec.columns[name].table)]
    return target, table.by_key[document.key][name], further


def row_cell(publication: Publication, document: Document | None, path: str) -> str:
    """A cell of the document's row, or of the row to which it points, as it is printed."""
    table, key, name = row_place(publication, document, path)
    cell = cell_text(publication, table.spec.id, table.by_key.get(key, {}), name)
    return cell or (NOTHING if table.spec.columns[name].type == "number" else "")


def cell_text(publication: Publication, table: str, row: Mapping[str, str], name: str) -> str:
    """A cell as it is printed: the label of a choice, the name of the row to which a key points."""
    column, cell = publication.tables[table].spec.columns[name], row.get(name, "")
    if column.choices and cell:
        return column.choices[cell].label
    if column.table and cell:
        return publication.tables[column.table].name_of(cell)
    if column.type == "number" and cell:
        return publication.language.amount(Decimal(cell), column.unit)
    return in_order(publication.language, cell) if column.type == "text" else cell


def in_order(around: Language, cell: str) -> str:
    """A cell of words; a percentage, less than nothing, or a telephone number as the language writes it."""
    share = _PERCENTAGE.fullmatch(cell)
    if (share or cell.startswith(MINUS)) and (found := read_number(share[1] if share else cell)):
        return around.amount(Decimal(found.number), share and share[2]) if not found.other else cell
    if _TELEPHONE.fullmatch(cell) and sum(map(str.isdecimal, cell)) >= _FEWEST_DIGITS:
        # From right to left its groups would stand in the other order, and somebody else would be called.
        return f"{LRI}{cell}{PDI}" if around.rtl else f"{cell}"  # no words: in no language of its own
    return cell


# Headline figures: a name of a figure, or ``row.column``


def headline_value(publication: Publication, document: Document | None, name: str) -> str:
    """A headline figure as it is printed."""
    if name.startswith(ROW):
        return row_cell(publication, document, name.removeprefix(ROW))
    return shown_value(publication, name)


def headline_label(publication: Publication, document: Document | None, name: str) -> str:
    """What a headline figure is called."""
    if not name.startswith(ROW):
        return publication.figures[name].label
    table, _, column = row_place(publication, document, name.removeprefix(ROW))
    return table.spec.columns[column].label or column


def headline_sources(publication: Publication, document: Document | None, name: str) -> tuple[str, ...]:
    """The ids of the sources on which a headline figure rests; of a row those of the row."""
    if not name.startswith(ROW):
        return publication.figure_sources(name)
    table, key, _ = row_place(publication, document, name.removeprefix(ROW))
    return tuple(row_sources(table, table.by_key[key])) if key in table.by_key else ()
