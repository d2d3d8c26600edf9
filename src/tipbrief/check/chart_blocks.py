"""The blocks that draw columns of numbers: lines over years, and bars in the order of their length."""

from collections.abc import Iterator
from typing import Annotated

from tipbrief.check.block_base import (
    MOST_HEIGHT,
    MOST_YEARS,
    BasisColumn,
    Block,
    ChoiceColumn,
    NameColumn,
    NumberColumn,
    check_within_column,
)
from tipbrief.check.models import ColumnName, ColumnOf, DatasetText, ProseName, Table, TableName
from tipbrief.check.references import References
from tipbrief.load.schema import Phrase, RichText
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem

_THEN_PLACEHOLDER, _NOW_PLACEHOLDER = "{then}", "{now}"


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
    order: tuple[DatasetText, ...]
    rose: Phrase
    fell: Phrase
    stayed: Phrase
    otherwise: Phrase

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It needs a row for each year, choices in both tables, and sentences with both."""
        yield from known.check_yearly_rows(self.table)
        yield from known.check_single_key(self.latest)
        latest = known.tables.get(self.latest)
        column = latest.spec.columns.get(self.by) if latest else None
        if column and column.choices:
            yield from known.find_unknown_names(self.order, "choice", column.choices)
        yield from known.check_document_rows(self.latest)
        for sentence in (self.rose, self.fell, self.otherwise):
            if _THEN_PLACEHOLDER not in sentence or _NOW_PLACEHOLDER not in sentence:
                message, hint = (
                    "the sentence does not say from what to what",
                    f"write {_THEN_PLACEHOLDER} and {_NOW_PLACEHOLDER}",
                )
                yield sentence.problem(message, hint, kind="then-and-now")


class GroupsBlock(Block, kind="groups"):
    """The names of a table's rows, in a line for each choice of a column; the document's row is bold.

    ``within`` names a column: only rows that have in it what the document's row has.
    """

    table: TableName
    by: ChoiceColumn
    show: NameColumn
    within: ColumnName | None = None
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Rows are of a document only where there is one, and where a column says of which."""
        yield from check_within_column(self, known)


class FactsBlock(Block, kind="facts", needs_row=True):
    """The texts that a table has for the document's row.

    The first column of the table's key says whose text it is, ``text`` names the column of the texts. Where
    there is ``none``, a text says so, unless a table of ``told`` has the row: then another block tells of it.
    Where there are fewer than ``enough``, the blocks of ``few`` follow; where there are fewer than ``many``,
    those of ``unless_many``.
    """

    table: TableName
    text: Annotated[Text, ColumnOf(cells="prose")]
    title: RichText
    none: ProseName | None = None
    told: tuple[TableName, ...] = ()
    enough: int = 1
    few: tuple[Block, ...] = ()
    many: int = 0
    unless_many: tuple[Block, ...] = ()


# More lines cannot be told apart without colours; more bars are a table.
MOST_LINES, MOST_BARS = 4, 60


class LinesChart(Block, kind="lines"):
    """Lines over the years, one for each of the ``columns``; years without a number part a line."""

    table: TableName
    columns: tuple[NumberColumn, ...]
    start: int
    height: int = 40
    every: int = 1
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It needs years, a number in each column, and names for the lines."""
        if self.every < 1 or not 10 <= self.height <= MOST_HEIGHT:
            message = f"'every' must be 1 or more, 'height' from 10 to {MOST_HEIGHT}"
            yield self.location.problem(message, "such as every: 5, height: 40", kind="scale")
        if len(self.columns) > MOST_LINES or len({*self.columns}) < len(self.columns):
            message = f"these are more than {MOST_LINES} lines, or one stands twice"
            hint = "name each once; more are not told apart without colours: draw two charts"
            yield self.columns[-1].problem(message, hint, kind="too-many")
        if (table := known.tables.get(self.table)) is None:
            return
        if none := [*known.check_year_column(self.table)]:
            yield from none
        elif table.spec.key != ("year",):
            yield from known.check_single_key(self.table, "year")
        elif self.table not in known.faulty_tables:
            yield from self._find_misleading_lines(table)
        yield from known.check_labels(self.table, self.columns)

    def _find_misleading_lines(self, table: Table) -> Iterator[Problem]:
        """Lines of nothing, or of more years than have room."""
        rows = [row for row in table.rows if int(row["year"]) >= self.start]
        for column in self.columns:
            if not any(row.get(column) for row in rows):
                message = f"'{column}' has no number in {self.start} or later"
                yield column.problem(message, "start earlier, or leave the column out", kind="no-years")
        years = [int(row["year"]) for row in rows]
        if years and max(years) - min(years) >= MOST_YEARS:
            message = f"the lines have more than {MOST_YEARS} years"
            yield self.location.problem(message, "start later", kind="no-years")


class BarsChart(Block, kind="bars"):
    """The rows of a table as bars, the longest first; that of the document's row is marked.

    ``show`` is the column of their names. Of more rows than ``most`` the others are counted below.
    """

    table: TableName
    column: NumberColumn
    show: NameColumn
    most: int = 20
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It needs a row for each bar, and numbers."""
        if not 1 <= self.most <= MOST_BARS:
            message = f"'most' must be from 1 to {MOST_BARS}"
            yield self.location.problem(message, "such as most: 10: the longest bars", kind="scale")
        yield from known.check_single_key(self.table)
        table = known.tables.get(self.table)
        if table and self.table not in known.faulty_tables and not any(r.get(self.column) for r in table.rows):
            message = f"'{self.column}' has no number"
            yield self.column.problem(message, "fill in its cells, or name another column", kind="no-numbers")
