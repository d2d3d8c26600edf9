"""The blocks that draw columns of numbers: lines over years, and bars in the order of their length."""

from collections.abc import Iterator

from tipbrief.check.block import MOST_HEIGHT, MOST_YEARS, Block, NameColumn, NumberColumn
from tipbrief.check.models import Table, TableName
from tipbrief.check.references import References
from tipbrief.load.schema import Rich
from tipbrief.problems import Problem

# More lines cannot be told apart without colours; more bars are a table.
MOST_LINES, MOST_BARS = 4, 60


class LinesChart(Block, kind="lines"):
    """Lines over the years, one for each of the ``columns``; years without a number part a line."""

    table: TableName
    columns: tuple[NumberColumn, ...]
    start: int
    height: int = 40
    every: int = 1
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs years, a number in each column, and names for the lines."""
        if self.every < 1 or not 10 <= self.height <= MOST_HEIGHT:
            message = f"'every' must be 1 or more, 'height' from 10 to {MOST_HEIGHT}"
            yield self.place.problem(message, "such as every: 5, height: 40", kind="scale")
        if len(self.columns) > MOST_LINES or len({*self.columns}) < len(self.columns):
            message = f"these are more than {MOST_LINES} lines, or one stands twice"
            hint = "name each once; more are not told apart without colours: draw two charts"
            yield self.columns[-1].problem(message, hint, kind="too-many")
        if (table := known.tables.get(self.table)) is None:
            return
        if none := [*known.no_years(self.table)]:
            yield from none
        elif table.spec.key != ("year",):
            yield from known.one_key(self.table, "year")
        elif self.table not in known.doubtful:
            yield from self._false_lines(table)
        yield from known.no_label(self.table, self.columns)

    def _false_lines(self, table: Table) -> Iterator[Problem]:
        """Lines of nothing, or of more years than have room."""
        rows = [row for row in table.rows if int(row["year"]) >= self.start]
        for column in self.columns:
            if not any(row.get(column) for row in rows):
                message = f"'{column}' has no number in {self.start} or later"
                yield column.problem(message, "start earlier, or leave the column out", kind="no-years")
        years = [int(row["year"]) for row in rows]
        if years and max(years) - min(years) >= MOST_YEARS:
            message = f"the lines have more than {MOST_YEARS} years"
            yield self.place.problem(message, "start later", kind="no-years")


class BarsChart(Block, kind="bars"):
    """The rows of a table as bars, the longest first; that of the document's row is marked.

    ``show`` is the column of their names. Of more rows than ``most`` the others are counted below.
    """

    table: TableName
    column: NumberColumn
    show: NameColumn
    most: int = 20
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs a row for each bar, and numbers."""
        if not 1 <= self.most <= MOST_BARS:
            message = f"'most' must be from 1 to {MOST_BARS}"
            yield self.place.problem(message, "such as most: 10: the longest bars", kind="scale")
        yield from known.one_key(self.table)
        table = known.tables.get(self.table)
        if table and self.table not in known.doubtful and not any(r.get(self.column) for r in table.rows):
            message = f"'{self.column}' has no number"
            yield self.column.problem(message, "fill in its cells, or name another column", kind="no-numbers")
