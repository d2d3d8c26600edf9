"""The part of a table that is about the document's row."""

from collections.abc import Iterator

from tipbrief.check.models import Table
from tipbrief.load.places import Text
from tipbrief.problems import Problem


def keys_about(table: Table, within: str, documents: Table, key: str) -> list[str]:
    """The keys of the rows of a table whose column ``within`` has what the document's row has.

    A column that points to the documents' table holds their keys; any other is one that this table has, too.
    """
    if table.spec.columns[within].table == documents.spec.id:
        return table.having(within, key)
    return table.having(within, documents.by_key[key][within])


def not_within(table: Table, within: Text, documents: Table) -> Iterator[Problem]:
    """The problem of a column by which no rows of a document can be found."""
    column = table.spec.columns.get(within)
    if column and column.table != documents.spec.id and within not in documents.spec.columns:
        name = documents.spec.id
        message = f"'{within}' of '{table.spec.id}' does not say of which row of '{name}' it is"
        hint = f"name a column of 'type: key, table: {name}', or one that '{name}' has, too"
        yield within.problem(message, hint, kind="within")
