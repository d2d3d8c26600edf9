"""The rows of a table that a block prints, in its order."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tipbrief.check.blocks import Document, TableBlock
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.check.row_parts import keys_within
from tipbrief.compose.cells import cell_text
from tipbrief.language.alphabet import sort_key


def rows_printed(
    publication: Publication, block: TableBlock, document: Document | None
) -> list[Mapping[str, str]]:
    """The rows of a table, or those ``within`` the document's row; ``sort`` names the column of their order.

    Numbers begin with the largest, years with the oldest, choices as they are declared; words and names are
    in the order of the alphabet. What is empty comes last.
    """
    table = publication.tables[block.table]
    rows = [table.by_key[key] for key in keys_within(publication.tables, block, document)]
    if block.sort:
        rows.sort(key=lambda row: _place(publication, table, row, str(block.sort)))
    return rows


def _place(publication: Publication, table: Table, row: Mapping[str, str], name: str) -> tuple[bool, Any]:
    column, cell = table.spec.columns[name], row[name]
    if not cell:
        return True, 0
    if column.type == "number":
        return False, -Decimal(cell)
    if column.choices:
        return False, [*column.choices].index(cell)
    if column.type in ("year", "code"):
        return False, cell
    return False, sort_key(cell_text(publication, table.spec.id, row, name), publication.language)
