"""Grids: the header and rows of a table, whatever file they come from, each cell with its place."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import Protocol

from tipbrief.load.source_text import SourceLocation, read_text
from tipbrief.problems import Problem, ProblemList, Problems, read_file_lines


class RowLayout(Protocol):
    """How a kind of file lays out its rows."""

    def cell_location(self, row: SourceLocation, column: int) -> SourceLocation:
        """Where a cell of a row stands; its columns count from 0."""


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell of a workbook that is no text: its ``kind``, and the format in which it is shown.

    The kinds are number, date, bool, error, and formula: one without a value.
    """

    kind: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells, and ``at`` which columns of the file they stand."""

    cells: tuple[str, ...]
    location: SourceLocation
    layout: RowLayout
    file_columns: tuple[int, ...]
    typed_cells: Mapping[int, TypedCell] = field(default_factory=dict)

    def cell_location(self, column: int) -> SourceLocation:
        """Where a cell stands. It is looked for only when somebody asks."""
        return self.layout.cell_location(self.location, self.file_columns[column])

    def searchable_parts(self) -> Iterator[tuple[str, SourceLocation]]:
        """All that is written in the row: in a workbook cell by cell, since only a text can be searched."""
        if self.location.sheet:
            yield from ((cell, self.cell_location(column)) for column, cell in enumerate(self.cells))
        else:
            yield "\t".join(self.cells), self.location

    def select_columns(self, columns: Sequence[int]) -> "Row":
        """The row with these of its cells alone."""
        stored = {now: self.typed_cells[was] for now, was in enumerate(columns) if was in self.typed_cells}
        cells, at = (
            tuple(self.cells[one] for one in columns),
            tuple(self.file_columns[one] for one in columns),
        )
        return replace(self, cells=cells, file_columns=at, typed_cells=stored)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's file: header and rows, all rows as wide as the header; and what is wrong inside it.

    ``merged`` are the first and last row and column of cells that were made one.
    """

    file: Path
    header_row: Row
    rows: tuple[Row, ...]
    merged_ranges: tuple[tuple[int, int, int, int], ...] = ()
    hidden_rows: frozenset[int] = frozenset()
    other_sheets: tuple[str, ...] = ()  # sheets of the workbook that are not this one

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header_row.cells

    def select_columns(self, columns: Sequence[int], names: Sequence[str]) -> "Grid":
        """The grid with these of its columns alone, under these names."""
        head = replace(self.header_row.select_columns(columns), cells=tuple(names))
        if [*columns] == [*range(len(self.header))]:  # all of them, as they stand: the rows are these
            return replace(self, header_row=head)
        return replace(self, header_row=head, rows=tuple(row.select_columns(columns) for row in self.rows))


MOST_CELLS, MOST_COLUMNS = 500_000, 1_000
# What parts the cells, in the order in which a table is likely to be meant, and how it is called.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXCEL_SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]?"?\s*$', re.I)  # Excel reads it, and shows it to nobody
_QUOTED_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"?')


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """A CSV file whose cells are parted by a ``separator``."""

    separator: str

    def cell_location(self, row: SourceLocation, column: int) -> SourceLocation:
        """Where a cell of a row stands, which may go over several lines."""
        file, line = row.file, row.line
        text = "\n".join(read_file_lines(file)[line - 1 : row.end_line])
        start, end = find_cell_spans(text, self.separator)[column]
        line += text.count("\n", 0, start)
        return SourceLocation(file, line, start - text.rfind("\n", 0, start), line + text.count("\n", start, end))


def read_csv(file: Path) -> Grid:
    """A CSV file with a header line; every row must have a cell for each column. Empty rows are left out."""
    return _parse_csv(file, read_text(file, utf_16=True))


@lru_cache(16)  # a correction looks at a publication as it is, and as it would be
def _parse_csv(file: Path, text: str) -> Grid:
    layout = CsvLayout(_find_separator(file, text))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator, strict=True)
    problems, rows, size = ProblemList(), list[Row](), 0
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(map(str.strip, next(reader)))
        except StopIteration:
            break
        except csv.Error:
            # The reader's own words and line are those of the place where it gave up.
            message = 'a quotation mark " is left open in this row, or stands inside a cell'
            hint = 'close it; inside a cell in quotes write it twice: "a ""b"" c"'
            raise Problems([*problems, Problem(message, file, line, 1, hint, kind="open-quote")]) from None
        if (size := size + max(1, len(cells))) > MOST_CELLS:
            message, hint = f"the table has more than {MOST_CELLS:,} cells", "keep only what a brief prints"
            raise Problems(message, file, hint=hint, kind="too-large")
        if not any(cells):
            continue
        at = rows[0].file_columns if rows and len(cells) == len(rows[0].file_columns) else tuple(range(len(cells)))
        row = Row(cells, SourceLocation(file, line, 1, reader.line_num), layout, at)
        if rows and at is not rows[0].file_columns:
            problems.append(_describe_wrong_width(row, len(rows[0].cells), layout.separator))
            continue
        if not rows:
            check_width(row)
        rows.append(row)
    if rows:
        problems.extend(find_header_faults(rows))
    if problems:
        raise Problems(problems)
    if not rows:
        raise describe_empty_table(SourceLocation(file))
    return Grid(file, rows[0], tuple(rows[1:]))


def describe_empty_table(place: SourceLocation) -> Problems:
    """The fault of a table that has not even a header."""
    return Problems(place.problem("the table is empty", "its first line names the columns", kind="empty-file"))


@cache
def _raw_cell_pattern(separator: str) -> re.Pattern[str]:
    return re.compile(rf'("[^"]*(?:""[^"]*)*"|[^{separator}\r\n]*)({separator}|\r?\n|\Z)')


def find_cell_spans(text: str, separator: str, start: int = 0) -> list[tuple[int, int]]:
    """Where the cells of the row that starts there begin and end in a text, quotes included."""
    spans: list[tuple[int, int]] = []
    for cell in _raw_cell_pattern(separator).finditer(text, start):
        spans.append(cell.span(1))
        if cell[2] != separator:
            break
    return spans


def _find_separator(file: Path, text: str) -> str:
    """What parts the cells, as the header tells; a problem where it could be one or the other."""
    lines = enumerate(io.StringIO(text), 1)
    number, line = next(((at, one) for at, one in lines if one.strip(' \t\r\n,;"')), (1, ""))
    if _EXCEL_SEPARATOR_LINE.match(line):
        message, hint = "the line 'sep=' is no header", "delete it: the header tells what parts the columns"
        raise Problems(Problem(message, file, number, 1, hint, kind="separators"))
    bare = _QUOTED_CELL.sub(lambda quoted: "x" * len(quoted[0]), line.rstrip("\r\n"))
    found = [one for one in SEPARATORS if one in bare]
    if len(found) > 1:
        names = " and ".join(SEPARATORS[one] for one in found)
        message = f"the header has {names}: which of them part the columns?"
        hint = "put a name that holds one of the others into quotes"
        at = max(bare.index(one) for one in found) + 1
        raise Problems(Problem(message, file, number, at, hint, kind="separators"))
    if not found and "\u060c" in bare:
        message, hint = "the Persian comma '\u060c' parts no columns", "put ',' or ';' between them"
        raise Problems(Problem(message, file, number, bare.index("\u060c") + 1, hint, kind="separators"))
    return found[0] if found else ","


def _describe_wrong_width(row: Row, width: int, separator: str) -> Problem:
    have, name = len(row.cells), SEPARATORS[separator][:-1]
    message = f"the row has {have} cell{'s' * (have != 1)}, the header has {width}"
    hint = f'a text that holds a {name} must stand in quotes: "a{separator} b"'
    if have < width:
        hint = f"an empty cell needs its {name}, too"
    return row.location.problem(message, hint, kind="cell-count")


def check_width(header: Row) -> None:
    """A problem where a table has too many columns."""
    if len(header.cells) > MOST_COLUMNS:
        message = f"the table has {len(header.cells):,} columns"
        hint = f"tipbrief reads at most {MOST_COLUMNS:,}"
        raise Problems(header.location.problem(message, hint, kind="too-large"))


def find_header_faults(rows: Sequence[Row]) -> ProblemList:
    """Columns without a name or with another one's, in the first of the rows; one without cells is none."""
    head, found = rows[0], ProblemList()
    for index, name in enumerate(head.cells):
        hint = "name each column once, in the table's first line"
        if name and name in head.cells[:index]:
            message = f"the column '{name}' stands twice"
        elif name or not any(row.cells[index] for row in rows):
            continue
        else:
            message = f"the column number {index + 1} has no name"
            hint += ": delete a title above it, and make one line of two lines of names"
        found.append(head.cell_location(index).problem(message, hint, kind="column-name"))
    return found
