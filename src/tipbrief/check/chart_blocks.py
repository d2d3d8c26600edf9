"""Charts of numbers: lines over time, bars, and signs."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Annotated, Any, Literal

from tipbrief.check import block_base
from tipbrief.check.models import Column, ColumnName, ColumnOf, DatasetText, FigureName, Table, TableName
from tipbrief.check.references import References
from tipbrief.check.tables import read_wide_year
from tipbrief.language.dates import Date
from tipbrief.load.schema import RichText
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem

# More lines and series cannot be told apart without colours; more bars should be a table.
MAX_LINES, MAX_SERIES, MAX_BARS, MAX_PANELS, MAX_BAR_DIGITS = 4, 3, 60, 12, 24
SignedColumn = Annotated[Text, ColumnOf(type="number")]


class LinesChart(block_base.Block, kind="lines"):
    """How has it changed? Lines over time, one for each of the ``columns``, or a chart for each value of ``split``."""

    table: TableName
    columns: tuple[SignedColumn, ...] = ()
    rows: tuple[DatasetText, ...] = ()
    within: ColumnName | None = None
    split: Annotated[Text, ColumnOf(is_printed=True)] | None = None
    time: ColumnName | None = None
    start: int = 0
    area: bool = False
    low: SignedColumn | None = None
    high: SignedColumn | None = None
    projected: int = 0
    breaks: Mapping[str, RichText] = field(default_factory=dict)
    references: tuple[FigureName, ...] = ()
    missing: Literal["count", "list"] = "count"
    height: int = 40
    every: int = 0
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of its scale, its times, its columns and their names."""
        if self.every < 0 or not 10 <= self.height <= block_base.MAX_HEIGHT:
            message = f"'every' must be 0 or more, 'height' from 10 to {block_base.MAX_HEIGHT}"
            yield self.location.problem(message, "such as every: 5, height: 40", kind="scale")
        drawn = self.columns or self.rows
        if not drawn or len(drawn) > MAX_LINES or len({*drawn}) < len(drawn):
            message = f"these are none or more than {MAX_LINES} lines, or one stands twice"
            hint = "name each once; more are not told apart without colours: draw two charts"
            yield self.location.problem(message, hint, kind="too-many", token="lines")
        is_odd = len(drawn) > 1 or bool(self.low) != bool(self.high) or (self.area and self.low)
        if (self.low or self.high or self.area) and is_odd:
            message = "an area or a range, from 'low' to 'high', belongs to one line"
            yield self.location.problem(message, "name one column, and both ends, or 'area' alone", kind="range")
        for year in self.breaks:
            if not year.isdecimal():
                yield self.location.problem(f"'{year}' is no year", "such as breaks: {2015: …}", kind="no-years")
        yield from block_base.check_within_column(self, known)
        if (table := known.tables.get(self.table)) is None:
            return
        if table.spec.wide and not self.columns:
            yield from self._find_row_problems(table, known)
            return
        if self.rows:
            yield self.location.problem("'rows' are of a table with 'wide: years'", "name 'columns'", kind="range")
        yield from (faults := [] if self.time else [*known.check_year_column(self.table)])
        named = {*self.columns, *filter(None, (self.time, self.split, self.within))}
        if not faults and self.table not in known.faulty_tables and named <= table.spec.columns.keys():
            yield from self._find_misleading_lines(table)
            columns = [table.spec.columns[one] for one in self.columns]
            yield from _find_strange_references(self.references, columns, known)
        yield from known.check_labels(self.table, self.columns)

    def list_implied_columns(self, tables: Mapping[str, Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The column of times; of a table with years as columns these, and the rows' names."""
        yield from super().list_implied_columns(tables, brief)
        spec = tables[self.table].spec
        if not self.rows:
            yield str(self.table), self.time or spec.year_column
            return
        yield str(self.table), spec.name_column
        for column in spec.columns:
            if read_wide_year(column) >= self.start and read_wide_year(column):
                yield str(self.table), column

    def _find_row_problems(self, table: Table, known: References) -> Iterator[Problem]:
        if block_base.EACH in self.rows:
            yield from known.check_has_row(self)
        for name in filter(None, (self.split, self.within, self.time, self.low, self.high)):
            yield name.problem(f"'{name}' is for tables with a row for each year", "leave it out", kind="range")
        yield from known.find_unknown_names([key for key in self.rows if key != block_base.EACH], "row", table.by_key)
        if not [name for name in table.spec.columns if read_wide_year(name) >= self.start]:
            yield self.table.problem(f"the table has no year from {self.start}", "start earlier", kind="no-years")

    def _find_misleading_lines(self, table: Table) -> Iterator[Problem]:
        column, times = self.time or Text(table.spec.year_column, self.table.location), dict[float, dict[str, str]]()
        groups, seen = {self.split or "", self.within or ""} - {""}, set[tuple[str, ...]]()
        for row, line in zip(table.rows, table.lines, strict=True):
            try:
                time = read_time(row[column]) if row[column] else -1.0
            except ValueError as fault:
                place = line.cell_location([*row].index(column))
                yield place.problem(f"'{row[column]}' is no date: {fault}", "such as 2024-03", kind="no-date")
                return
            if time < self.start:
                continue
            times.setdefault(time, {}).update({name: cell for name, cell in row.items() if cell})
            if (one := (str(time), *(row.get(name, "") for name in groups))) in seen:
                message = f"'{row[column]}' stands in several rows: a line has one number for it"
                hint = "add 'within' or 'split', the column that tells them apart"
                yield self.table.problem(message, hint, kind="key-columns")
                return
            seen.add(one)
        for name in self.columns:
            if not any(name in row for row in times.values()):
                message = f"'{name}' has no number in {self.start} or later"
                yield name.problem(message, "start earlier, or leave the column out", kind="no-years")
        if times and max(times) - min(times) >= block_base.MAX_YEARS:
            message = f"the lines have more than {block_base.MAX_YEARS} years"
            yield self.location.problem(message, "start later", kind="no-years")
        for year in filter(str.isdecimal, self.breaks if times else ()):
            if not min(times) < int(year) <= max(times):
                message = f"the break in {year} is not between the years of the table"
                yield self.location.problem(message, "name the first year with the new method", kind="no-years")
        panels = {row.get(self.split) for row in table.rows} if self.split and not self.within else ()
        if len(panels) > MAX_PANELS:
            message = f"'{self.split}' has {len(panels)} values, and would draw so many charts"
            yield self.location.problem(message, f"at most {MAX_PANELS} can be compared", kind="too-many")


class BarsChart(block_base.Block, kind="bars"):
    """How do they compare? The rows of a table as bars, the longest first. The bar of the document's row is marked."""

    table: TableName
    column: SignedColumn | None = None
    columns: tuple[SignedColumn, ...] = ()
    form: Literal["bars", "stacked", "range"] = "bars"
    show: block_base.NameColumn
    within: ColumnName | None = None
    references: tuple[FigureName, ...] = ()
    most: int = 20
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of the number of bars, of the table's key and of the columns."""
        if not 1 <= self.most <= MAX_BARS:
            message = f"'most' must be from 1 to {MAX_BARS}"
            yield self.location.problem(message, "such as most: 10: the longest bars", kind="scale")
        names = self.columns or ((self.column,) if self.column else ())
        if not 1 <= len({*names}) == len(names) <= MAX_SERIES or bool(self.column) == bool(self.columns):
            message = f"the bars have no 'column', one twice, or more than {MAX_SERIES} 'columns'"
            yield self.location.problem(message, "name one 'column', or two or three 'columns'", kind="too-many")
        if self.form != "bars" and len(self.columns) < 2:
            message = f"'form: {self.form}' needs several columns"
            yield self.location.problem(message, "name two or three 'columns'", kind="range")
        yield from known.check_single_key(self.table)
        yield from block_base.check_within_column(self, known)
        yield from known.check_labels(self.table, self.columns)
        table = known.tables.get(self.table)
        if not names or table is None or not {*names} <= table.spec.columns.keys() or self.table in known.faulty_tables:
            return
        if not any(row.get(name) for row in table.rows for name in names):
            message = f"'{names[0]}' has no number"
            yield names[0].problem(message, "fill in its cells, or name another column", kind="no-numbers")
        if self.form == "stacked" and any(row.get(name, "").startswith("-") for row in table.rows for name in names):
            message = "a number less than 0 is no part of a bar"
            yield self.location.problem(message, "leave out 'form: stacked'", kind="negative")
        cells = [cell for row in table.rows for name in names if (cell := row.get(name, ""))]
        longest = max((len(cell) + (len(cell) - 1) // 3 for cell in cells), default=0)
        if longest * (len(names) if self.form == "range" else 1) > MAX_BAR_DIGITS:
            message = f"the numbers beside the bars have {longest} digits: no room is left for the bars"
            yield names[0].problem(message, "give the column in thousands or millions, or rounded", kind="long-number")
        if len({table.spec.columns[name].unit for name in names}) > 1:
            message = "the columns have different units: their bars are not on one scale"
            yield self.location.problem(message, "draw a chart for each unit", kind="range")
        yield from _find_strange_references(self.references, [table.spec.columns[one] for one in names], known)


class PictogramChart(block_base.Block, kind="pictogram"):
    """How many of ten? Signs in rows, of which a share is marked: one in twenty."""

    figure: FigureName
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """The problem of a figure that is no share of a whole."""
        value, whole = known.values.get(self.figure), 100 if self.figure in known.percentages else 1
        if value is not None and value not in (0, whole) and not 0 < round(100 * value / whole) < 100:
            message = f"'{self.figure}' is {value}: no share that a hundred signs can show"
            hint = "name a percentage from 0 to 100, or a number from 0 to 1; say a smaller share in words"
            yield self.figure.problem(message, hint, kind="no-share")


def _find_strange_references(names: Iterable[Text], columns: Iterable[Column], known: References) -> Iterator[Problem]:
    for name in names:
        if any((name in known.percentages) != bool(column.unit) for column in columns):
            message, hint = f"'{name}' and the numbers have different units", "compare percentages with percentages"
            yield name.problem(message, hint, kind="range")


def read_time(cell: str) -> float:
    """A year, a month or a day as years with a fraction. ValueError if it is none of these."""
    if re.fullmatch(r"\d{4}", cell):  # of any calendar
        return float(cell)
    day = Date.parse(cell)
    return round(day.year + (max(day.month, 1) - 1) / 12 + (max(day.day, 1) - 1) / 372, 4)
