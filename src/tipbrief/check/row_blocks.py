"""The blocks that lay the document's row beside others: what it was before, and who is like it."""

from collections.abc import Iterator
from typing import Annotated

from tipbrief.check.block import BasisColumn, Block, ChoiceColumn, NameColumn
from tipbrief.check.models import ColumnName, ColumnOf, Inner, ProseName, TableName
from tipbrief.check.references import References
from tipbrief.check.row_parts import not_within
from tipbrief.load.places import Text
from tipbrief.load.schema import Phrase, Rich
from tipbrief.problems import Problem

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
    basis: BasisColumn | None = None
    order: tuple[Inner, ...]
    rose: Phrase
    fell: Phrase
    stayed: Phrase
    otherwise: Phrase

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs a row for each year, choices in both tables, and sentences with both."""
        yield from known.not_each_year(self.table)
        yield from known.one_key(self.latest)
        latest = known.tables.get(self.latest)
        column = latest.spec.columns.get(self.by) if latest else None
        if column and column.choices:
            yield from known.unknown(self.order, "choice", column.choices)
        yield from known.not_each_row(self.latest)
        for sentence in (self.rose, self.fell, self.otherwise):
            if _THEN not in sentence or _NOW not in sentence:
                message, hint = "the sentence does not say from what to what", f"write {_THEN} and {_NOW}"
                yield sentence.problem(message, hint, kind="then-and-now")


class GroupsBlock(Block, kind="groups"):
    """The names of a table's rows, in a line for each choice of a column; the document's row is bold.

    ``within`` names a column: only rows that have in it what the document's row has.
    """

    table: TableName
    by: ChoiceColumn
    show: NameColumn
    within: ColumnName | None = None
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """Rows are of a document only where there is one, and where a column says of which."""
        yield from not_within(self, known)


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
