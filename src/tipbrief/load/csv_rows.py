"""Load: CSV files into rows that remember their lines."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from tipbrief.load.places import Place
from tipbrief.load.text_files import read_text
from tipbrief.problems import Problem, Problems, lines_of

_CELL = re.compile(r'("(?:[^"]|"")*"|[^,\n]*)(?:,|$)')


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file, with its first and its last line."""

    cells: tuple[str, ...]
    line: int
    end: int


@dataclass(frozen=True, slots=True)
class Grid:
    """A CSV file: header and rows, all rows as wide as the header."""

    file: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]

    def place(self, row: Row, column: int) -> Place:
        """Where a cell stands. Columns are found only when somebody asks."""
        return _cell_place(self.file, row, column)


def read_csv(file: Path) -> Grid:
    """A comma-separated UTF-8 file with a header line; every row must have a cell for each column."""
    text = read_text(file)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    problems: list[Problem] = []
    rows: list[Row] = []
    header: tuple[str, ...] = ()
    line = 0
    try:
        while True:
            line = reader.line_num + 1
            cells = tuple(cell.strip() for cell in next(reader))
            row = Row(cells, line, reader.line_num)
            if not cells:
                continue
            if not header:
                header = cells
                _check_header(file, row)
            elif len(cells) != len(header):
                fewer, count = len(cells) < len(header), f"{len(cells)} cell{'s' * (len(cells) != 1)}"
                problems.append(
                    Problem(
                        f"the row has {count}, the header has {len(header)}",
                        file,
                        line,
                        1,
                        "an empty cell needs its comma, too"
                        if fewer
                        else 'a text that holds a comma must stand in quotes: "a, b"',
                    )
                )
            else:
                rows.append(row)
    except StopIteration:
        pass
    except csv.Error:
        # The reader's own words and line are those of the place where it gave up.
        problems.append(
            Problem(
                'a quotation mark " is left open in this row, or stands inside a cell', file, line, 1,
                'close it; inside a cell in quotes write it twice: "a ""b"" c"',
            )
        )  # fmt: skip
        raise Problems(problems) from None
    if not header:
        problems.append(Problem("the table is empty", file, hint="its first line names the columns"))
    if problems:
        raise Problems(problems)
    return Grid(file, header, tuple(rows))


def _check_header(file: Path, row: Row) -> None:
    header = row.cells
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        hint = "save the table as 'CSV, comma separated, UTF-8'"
        raise Problems(Problem("the columns are not separated by commas", file, row.line, 1, hint))
    problems = [
        _cell_place(file, row, index).problem(
            f"the column '{name}' stands twice" if name else f"the column number {index + 1} has no name",
            "name each column once, in the table's first line",
        )
        for index, name in enumerate(header)
        if not name or name in header[:index]
    ]
    if problems:
        raise Problems(problems)


def _cell_place(file: Path, row: Row, column: int) -> Place:
    text = "\n".join(lines_of(file)[row.line - 1 : row.end])
    cell = next(islice(_CELL.finditer(text), column, None))
    line = row.line + text.count("\n", 0, cell.start())
    return Place(file, line, cell.start() - text.rfind("\n", 0, cell.start()), line + cell[1].count("\n"))
