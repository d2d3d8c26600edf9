"""Figures and cells as they are printed, and rows of tables in their order."""

import math
import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tipbrief.check.block_base import keys_within
from tipbrief.check.blocks import Document, TableBlock
from tipbrief.check.cell_values import read_number
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.language.language import Language, sort_key
from tipbrief.language.numbers import (
    DECIMAL_SEPARATOR,
    MINUS_SIGNS,
    PERCENT_SIGNS,
    PERSIAN_DIGITS,
    THOUSANDS_SEPARATOR,
)
from tipbrief.language.unicode_text import LRI, PDI

# How wide bold digits and signs are, in parts of their size: of Vazirmatn, as styles of figures reckon.
_CHARACTER_WIDTHS = (
    dict(zip(PERSIAN_DIGITS, (0.45, 0.32, 0.55, 0.69, 0.6, 0.62, 0.52, 0.62, 0.62, 0.51), strict=True))
    | dict.fromkeys("0123456789", 0.58)
    | {".": 0.3, ",": 0.25, THOUSANDS_SEPARATOR: 0.28, DECIMAL_SEPARATOR: 0.45}
    | {"-": 0.48, "−": 0.48, "\u066a": 0.53, " ": 0.26}
)
_WIDEST_CHARACTER = 0.75  # of the others
_USUAL_CHARACTER = 0.53  # in the styles
TableRow = Mapping[str, str]  # the cells of a row by their columns
ROW_PREFIX = "row."  # of a name that is a column of the document's row
EMPTY_NUMBER = "–"  # in place of a number
_PERCENTAGE = re.compile(rf"(.+?)\s?([{''.join(PERCENT_SIGNS)}])")
_TELEPHONE, _FEWEST_TELEPHONE_DIGITS = re.compile(r"\(?[+0\u06f0\u0660][\d ()/-]+"), 7


def format_figure(publication: Publication, name: str) -> str:
    """The value of a figure as it is printed, with its unit's sign."""
    return publication.language.amount(publication.values[name], publication.figures[name].measure)


def locate_row_cell(publication: Publication, document: Document | None, path: str) -> tuple[Table, str, str]:
    """Table, key and column of a cell of the document's row, or of the row it points to; the key may be empty."""
    if document is None or document.brief.for_each is None:
        raise ValueError("there is no row here")
    table = publication.tables[document.brief.for_each]
    name, _, further = path.partition(".")
    if not further:
        return table, document.key, name
    target = publication.tables[str(table.spec.columns[name].table)]
    return target, table.by_key[document.key][name], further


def format_row_cell(publication: Publication, document: Document | None, path: str) -> str:
    """A cell of the document's row, or of the row to which it points, as it is printed."""
    table, key, name = locate_row_cell(publication, document, path)
    cell = format_cell(publication, table.spec.id, table.by_key.get(key, {}), name)
    return cell or (EMPTY_NUMBER if table.spec.columns[name].type == "number" else "")


def format_cell(publication: Publication, table: str, row: TableRow, name: str) -> str:
    """A cell as it is printed: for a choice its label, for a key the name of the row to which it points."""
    column, cell = publication.tables[table].spec.columns[name], row.get(name, "")
    if column.choices and cell:
        return column.choices[cell].label
    if column.table and cell:
        return publication.tables[column.table].row_name(cell)
    if column.type == "number" and cell:
        return publication.language.amount(Decimal(cell), column.unit)
    return format_text_cell(publication.language, cell) if column.type == "text" else cell


def format_text_cell(around: Language, cell: str) -> str:
    """A text cell; a percentage, a negative number or a telephone number as the language writes it."""
    share = _PERCENTAGE.fullmatch(cell)
    if (share or cell.startswith(MINUS_SIGNS)) and (found := read_number(share[1] if share else cell)):
        return around.amount(Decimal(found.number), share and share[2]) if not found.alternative else cell
    if _TELEPHONE.fullmatch(cell) and sum(map(str.isdecimal, cell)) >= _FEWEST_TELEPHONE_DIGITS:
        # In right-to-left text its groups would be in the other order: a wrong number.
        return f"{LRI}{cell}{PDI}" if around.rtl else f"{cell}"  # a plain str, since it has no language
    return cell


def headline_value(publication: Publication, document: Document | None, name: str) -> str:
    """A headline figure as it is printed; its name is that of a figure, or ``row.column``."""
    if name.startswith(ROW_PREFIX):
        return format_row_cell(publication, document, name.removeprefix(ROW_PREFIX))
    return format_figure(publication, name)


def headline_label(publication: Publication, document: Document | None, name: str) -> str:
    """The label of a headline figure."""
    if not name.startswith(ROW_PREFIX):
        return publication.figures[name].label
    table, _, column = locate_row_cell(publication, document, name.removeprefix(ROW_PREFIX))
    return table.spec.columns[column].label or column


def headline_sources(publication: Publication, document: Document | None, name: str) -> tuple[str, ...]:
    """The ids of the sources of a headline figure, or of its row."""
    if not name.startswith(ROW_PREFIX):
        return publication.figure_sources(name)
    table, key, _ = locate_row_cell(publication, document, name.removeprefix(ROW_PREFIX))
    return tuple(row_sources(table, table.by_key[key])) if key in table.by_key else ()


def select_rows(publication: Publication, block: TableBlock, document: Document | None) -> list[TableRow]:
    """The rows of a table block: all or those ``within`` the document's row, in the order of the column ``sort``."""
    table = publication.tables[block.table]
    rows = [table.by_key[key] for key in keys_within(publication.tables, block, document)]
    if block.sort:
        rows.sort(key=lambda row: _order_key(publication, table, row, str(block.sort)))
    return rows


def _order_key(publication: Publication, table: Table, row: TableRow, name: str) -> tuple[bool, Any]:
    """The largest number and the oldest year come first, choices as declared, words by the alphabet, blanks last."""
    column, cell = table.spec.columns[name], row[name]
    if not cell:
        return True, 0
    if column.type == "number":
        return False, -Decimal(cell)
    if column.choices:
        return False, [*column.choices].index(cell)
    if column.type in ("year", "code"):
        return False, cell
    return False, sort_key(format_cell(publication, table.spec.id, row, name), publication.language)


def count_character_widths(value: str) -> int:
    """How many characters of the usual width a bold value is wide; at least as many as it has."""
    printed = [character for character in value if unicodedata.category(character) != "Cf"]
    width = sum(_CHARACTER_WIDTHS.get(character, _WIDEST_CHARACTER) for character in printed)
    return max(len(value), math.ceil(width / _USUAL_CHARACTER))
