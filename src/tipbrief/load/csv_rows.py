"""CSV files: rows that remember their lines, and all that a CSV file must not be."""

import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path

from tipbrief.load.places import Place
from tipbrief.load.text_files import read_text
from tipbrief.problems import Found, Problem, Problems, lines_of

MOST_CELLS, MOST_COLUMNS = 500_000, 1_000
_RAW_CELL = re.compile(r'("[^"]*(?:""[^"]*)*"|[^,\r\n]*)(,|\r?\n|\Z)')


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a CSV file, which may go over several lines."""

    cells: tuple[str, ...]
    place: Place

    def cell(self, column: int) -> Place:
        """Where a cell stands. It is looked for only when somebody asks."""
        file, line = self.place.file, self.place.line
        text = "\n".join(lines_of(file)[line - 1 : self.place.end])
        start, end = cell_spans(text)[column]
        line += text.count("\n", 0, start)
        return Place(file, line, start - text.rfind("\n", 0, start), line + text.count("\n", start, end))


@dataclass(frozen=True, slots=True)
class Grid:
    """A CSV file: header and rows, all rows as wide as the header."""

    file: Path
    header: tuple[str, ...]
    rows: tuple[Row, ...]


def read_csv(file: Path) -> Grid:
    """A comma-separated UTF-8 file with a header line; every row must have a cell for each column."""
    reader = csv.reader(io.StringIO(read_text(file), newline=""), strict=True)
    problems, rows, empty, size = Found(), list[Row](), list[Row](), 0
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(cell.strip() for cell in next(reader))
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
        if not cells:
            continue
        row = Row(cells, Place(file, line, 1, reader.line_num))
        if not rows:
            _check_header(row)
            rows.append(row)
        elif not any(cells):
            empty.append(row)
        elif len(cells) != len(rows[0].cells):
            problems.append(_wrong_width(row, len(rows[0].cells)))
        else:
            rows.append(row)
    if empty:
        many = f" (and {len(empty) - 1} more of them)" if empty[1:] else ""
        message = f"the row is empty{many}"
        problems.append(
            empty[0].place.problem(message, "delete it, in a spreadsheet the whole row", kind="empty-row")
        )
    if problems:
        raise Problems(problems)
    if not rows:
        hint = "its first line names the columns"
        raise Problems("the table is empty", file, hint=hint, kind="empty-file")
    return Grid(file, rows[0].cells, tuple(rows[1:]))


def cell_spans(text: str, start: int = 0) -> list[tuple[int, int]]:
    """Where the cells of the row that starts there begin and end in a text, quotes included."""
    spans: list[tuple[int, int]] = []
    for cell in _RAW_CELL.finditer(text, start):
        spans.append(cell.span(1))
        if cell[2] != ",":
            break
    return spans


def _wrong_width(row: Row, width: int) -> Problem:
    have = len(row.cells)
    message = f"the row has {have} cell{'s' * (have != 1)}, the header has {width}"
    hint = 'a text that holds a comma must stand in quotes: "a, b"'
    if have < width:
        hint = "an empty cell needs its comma, too"
    return row.place.problem(message, hint, kind="cell-count")


def _check_header(row: Row) -> None:
    header = row.cells
    if len(header) == 1 and (";" in header[0] or "\t" in header[0]):
        hint = "save the table as 'CSV, comma separated, UTF-8'"
        raise Problems(row.place.problem("the columns are not separated by commas", hint, kind="no-commas"))
    if len(header) > MOST_COLUMNS:
        message, hint = f"the table has {len(header):,} columns", f"tipbrief reads at most {MOST_COLUMNS:,}"
        raise Problems(row.place.problem(message, hint, kind="too-large"))
    problems = Found(
        row.cell(index).problem(
            f"the column '{name}' stands twice" if name else f"the column number {index + 1} has no name",
            "name each column once, in the table's first line",
            kind="column-name",
        )
        for index, name in enumerate(header)
        if not name or name in header[:index]
    )
    if problems:
        raise Problems(problems)
