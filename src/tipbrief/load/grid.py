"""Grids: the header and rows of a table from any kind of file, and the reader of CSV files."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

from tipbrief.load.source_text import SourceLocation, read_text
from tipbrief.problems import Problem, ProblemList, Problems, read_file_lines

MAX_CELLS, MAX_COLUMNS = 500_000, 1_000
# The separators of cells, the likeliest first, and their names.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXCEL_SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]?"?\s*$', re.I)  # Excel reads this line, but does not show it
_QUOTED_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"?')


@dataclass(frozen=True, slots=True)
class TypedCell:
    """A cell of a workbook that is no text: its kind, and its number format."""

    kind: str  # number, date, bool, error; formula: one without a value
    format: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table. Its cells stand in the ``file_columns`` of the file, counted from 0."""

    cells: tuple[str, ...]
    location: SourceLocation
    separator: str  # of the cells of a CSV file; empty in a workbook
    file_columns: tuple[int, ...]
    typed_cells: Mapping[int, TypedCell] = field(default_factory=dict)

    def cell_location(self, column: int) -> SourceLocation:
        """The place of a cell; in a CSV file the row is read again to find it."""
        row, column = self.location, self.file_columns[column]
        if not self.separator:
            return replace(row, column=column + 1)
        text = "\n".join(read_file_lines(row.file)[row.line - 1 : row.end_line])
        start, end = find_cell_spans(text, self.separator)[column]
        line = row.line + text.count("\n", 0, start)
        end_line = line + text.count("\n", start, end)
        return SourceLocation(row.file, line, start - text.rfind("\n", 0, start), end_line)

    def searchable_parts(self) -> Iterator[tuple[str, SourceLocation]]:
        """The texts in which a problem's place can be found: the row, in a workbook each cell."""
        if self.location.sheet:
            yield from ((cell, self.cell_location(column)) for column, cell in enumerate(self.cells))
        else:
            yield "\t".join(self.cells), self.location

    def select_columns(self, columns: Sequence[int]) -> "Row":
        """The row with only these cells."""
        typed = {new: self.typed_cells[old] for new, old in enumerate(columns) if old in self.typed_cells}
        cells = tuple(self.cells[one] for one in columns)
        file_columns = tuple(self.file_columns[one] for one in columns)
        return replace(self, cells=cells, file_columns=file_columns, typed_cells=typed)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table as its file has it. All rows are as wide as the header."""

    file: Path
    header_row: Row
    rows: tuple[Row, ...]
    merged_ranges: tuple[tuple[int, int, int, int], ...] = ()  # of cells: first row and column, last row and column
    hidden_rows: frozenset[int] = frozenset()
    other_sheets: tuple[str, ...] = ()  # the workbook's sheets except this one
    named_people: tuple[str, ...] = ()  # in the workbook's properties and comments

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.header_row.cells

    def select_columns(self, columns: Sequence[int], names: Sequence[str]) -> "Grid":
        """The grid with only these columns, under these names."""
        head = replace(self.header_row.select_columns(columns), cells=tuple(names))
        if [*columns] == [*range(len(self.header))]:  # all columns in their order: the rows stay
            return replace(self, header_row=head)
        return replace(self, header_row=head, rows=tuple(row.select_columns(columns) for row in self.rows))


def read_csv(file: Path) -> Grid:
    """The table in a CSV file. The header sets the number of cells of each row. Empty rows are left out."""
    return _parse_csv(file, read_text(file, utf_16=True))


@lru_cache(16)  # a correction reads a publication twice: as it is, and as it would be
def _parse_csv(file: Path, text: str) -> Grid:
    separator = _find_separator(file, text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    problems, rows, size = ProblemList(), list[Row](), 0
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(map(str.strip, next(reader)))
        except StopIteration:
            break
        except csv.Error as error:
            if "field limit" in str(error):
                message = f"a cell of this row has more than {csv.field_size_limit():,} characters"
                hint = "shorten it; or close the quotation mark with which it begins"
                raise Problems([*problems, Problem(message, file, line, 1, hint, kind="too-large")]) from None
            # The reader's message and line are those of the place where it stopped.
            message = 'a quotation mark " is left open in this row, or stands inside a cell'
            hint = 'close it; inside a cell in quotes write it twice: "a ""b"" c"'
            raise Problems([*problems, Problem(message, file, line, 1, hint, kind="open-quote")]) from None
        if (size := size + max(1, len(cells))) > MAX_CELLS:
            message, hint = f"the table has more than {MAX_CELLS:,} cells", "keep only what a brief prints"
            raise Problems(message, file, hint=hint, kind="too-large")
        if not any(cells):
            continue
        at = rows[0].file_columns if rows and len(cells) == len(rows[0].file_columns) else tuple(range(len(cells)))
        row = Row(cells, SourceLocation(file, line, 1, reader.line_num), separator, at)
        if rows and at is not rows[0].file_columns:
            problems.append(_describe_wrong_width(row, len(rows[0].cells)))
            continue
        rows.append(row)
    return build_grid(SourceLocation(file), rows, problems)


def build_grid(place: SourceLocation, rows: Sequence[Row], problems: ProblemList) -> Grid:
    """The grid of rows, the first of which is the header. It raises all problems of the table."""
    if rows and len(rows[0].cells) > MAX_COLUMNS:
        message, hint = f"the table has {len(rows[0].cells):,} columns", f"tipbrief reads at most {MAX_COLUMNS:,}"
        raise Problems(rows[0].location.problem(message, hint, kind="too-large"))
    problems.extend(_find_header_faults(rows) if rows else ())
    problems.raise_all()
    if not rows:
        hint = "its first line names the columns"
        raise Problems(place.problem("the table is empty", hint, kind="empty-file"))
    return Grid(place.file, rows[0], tuple(rows[1:]))


def find_cell_spans(text: str, separator: str, start: int = 0) -> list[tuple[int, int]]:
    """The spans of the cells, with their quotes, of the row that starts at ``start``."""
    spans: list[tuple[int, int]] = []
    raw_cell = re.compile(rf'("[^"]*(?:""[^"]*)*"|[^{separator}\r\n]*)({separator}|\r?\n|\Z)')
    for cell in raw_cell.finditer(text, start):
        spans.append(cell.span(1))
        if cell[2] != separator:
            break
    return spans


def _find_separator(file: Path, text: str) -> str:
    """The separator of the header; a problem if there could be several."""
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


def _describe_wrong_width(row: Row, width: int) -> Problem:
    have, name = len(row.cells), SEPARATORS[row.separator][:-1]
    message = f"the row has {have} cell{'s' * (have != 1)}, the header has {width}"
    hint = f'a text that holds a {name} must stand in quotes: "a{row.separator} b"'
    if have < width:
        hint = f"an empty cell needs its {name}, too"
    return row.location.problem(message, hint, kind="cell-count")


def _find_header_faults(rows: Sequence[Row]) -> Iterator[Problem]:
    """Columns without a name, or with the name of another. Columns without any cell are ignored."""
    head = rows[0]
    for index, name in enumerate(head.cells):
        hint = "name each column once, in the table's first line"
        if name and name in head.cells[:index]:
            message = f"the column '{name}' stands twice"
        elif name or not any(row.cells[index] for row in rows):
            continue
        else:
            message = f"the column number {index + 1} has no name"
            hint += ": delete a title above it, and make one line of two lines of names"
        yield head.cell_location(index).problem(message, hint, kind="column-name")
