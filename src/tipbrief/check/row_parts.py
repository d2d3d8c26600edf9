"""The part of a table that is about the document's row."""

from collections.abc import Iterator, Mapping
from typing import Any

from tipbrief.check.models import Table
from tipbrief.check.references import References
from tipbrief.problems import Problem


def keys_within(tables: Mapping[str, Table], block: Any, document: Any) -> list[str]:
    """The keys of the rows that a block prints: all of its table, or those ``within`` the document's row.

    A column that points to the documents' table holds their keys; any other is one that this table has, too.
    """
    table, within = tables[block.table], block.within
    if not (within and document):
        return [*table.by_key]
    documents = tables[str(document.brief.for_each)]
    if table.spec.columns[within].table == documents.spec.id:
        return table.having(within, document.key)
    return table.having(within, documents.by_key[document.key][within])


def not_within(block: Any, known: References) -> Iterator[Problem]:
    """Rows are of a document only where there is one, and where the column ``within`` says of which."""
    if (within := block.within) is None:
        return
    yield from known.no_row(block)
    table, documents = known.tables.get(block.table), known.tables.get(known.for_each or "")
    column = table.spec.columns.get(within) if table else None
    if column and documents and column.table != known.for_each and within not in documents.spec.columns:
        name = known.for_each
        message = f"'{within}' of '{block.table}' does not say of which row of '{name}' it is"
        hint = f"name a column of 'type: key, table: {name}', or one that '{name}' has, too"
        yield within.problem(message, hint, kind="within")
