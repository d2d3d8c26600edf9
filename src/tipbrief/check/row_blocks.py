"""The blocks that lay the document's row beside others: what it was before, and who is like it."""

from collections.abc import Iterator
from typing import Annotated

from tipbrief.check.block import Block
from tipbrief.check.models import ColumnOf, Inner, ProseName, TableName
from tipbrief.check.references import References
from tipbrief.check.row_parts import not_within
from tipbrief.load.places import Text
from tipbrief.load.schema import Phrase, Rich
from tipbrief.problems import Problem, first_of

_FEW = 5  # names in a message
_THEN, _NOW = "{then}", "{now}"


class ChangeBlock(Block, kind="change", needs_row=True):
    """One sentence: how the choice of the document's row stands to that of the year ``since``.

    ``order`` names choices from the lowest to the highest: ``rose``, ``fell`` and ``stayed`` say how the row
    moved among them, with ``{then}`` and ``{now}`` for its choices; ``otherwise`` where one of the two has no
    place in the order. Where the column ``basis`` has a choice with a remark, the sentence names that, too.
    """

    table: TableName
    by: Annotated[Text, ColumnOf(type="choice"), ColumnOf("latest", "choice")]
    latest: TableName
    since: int
    basis: Annotated[Text, ColumnOf(type="choice")] | None = None
    order: tuple[Inner, ...]
    rose: Phrase
    fell: Phrase
    stayed: Phrase
    otherwise: Phrase

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs a row for each year, choices in both tables, and sentences with both."""
        table, latest = known.tables.get(self.table), known.tables.get(self.latest)
        if table and (len(table.spec.key) != 2 or table.spec.columns[table.spec.key[1]].type != "year"):
            message = f"the table '{self.table}' has no row for each year"
            hint = "its key must be two columns: whose row it is, and the year"
            yield self.table.problem(message, hint, kind="no-years")
        yield from known.one_key(self.latest)
        column = latest.spec.columns.get(self.by) if latest else None
        if column and column.choices:
            yield from known.unknown(self.order, "choice", column.choices)
        documents = known.tables.get(known.for_each or "")
        if latest and documents and (gone := [key for key in documents.by_key if key not in latest.by_key]):
            message = f"the table '{self.latest}' has no row for {first_of(gone, _FEW)}"
            yield self.latest.problem(message, f"it needs all rows of '{known.for_each}'", kind="unknown-row")
        for sentence in (self.rose, self.fell, self.otherwise):
            if _THEN not in sentence or _NOW not in sentence:
                message, hint = "the sentence does not say from what to what", f"write {_THEN} and {_NOW}"
                yield sentence.problem(message, hint, kind="then-and-now")


class GroupsBlock(Block, kind="groups"):
    """The names of a table's rows, in a line for each choice of a column; the document's row is bold.

    ``within`` names a column: only rows that have in it what the document's row has.
    """

    table: TableName
    by: Annotated[Text, ColumnOf(type="choice", drawn=True)]
    show: Annotated[Text, ColumnOf(path=True, printed=True)]
    within: Annotated[Text, ColumnOf()] | None = None
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """Rows are of a document only where there is one, and where a column says of which."""
        if self.within is None:
            return
        yield from known.no_row(self)
        table, documents = known.tables.get(self.table), known.tables.get(known.for_each or "")
        if table and documents:
            yield from not_within(table, self.within, documents)


class FactsBlock(Block, kind="facts", needs_row=True):
    """The texts that a table has for the document's row.

    The first column of the table's key says whose text it is, ``text`` names the column of the texts. Where
    there is ``none``, a text says so, unless a table of ``told`` has the row: then another block tells of it.
    Where there are fewer than ``enough``, the blocks of ``few`` follow; where there are fewer than ``many``,
    those of ``unless_many``.
    """

    table: TableName
    text: Annotated[Text, ColumnOf(cells="prose")]
    title: Rich
    none: ProseName | None = None
    told: tuple[TableName, ...] = ()
    enough: int = 1
    few: tuple[Block, ...] = ()
    many: int = 0
    unless_many: tuple[Block, ...] = ()
