"""CSV files: rows that remember their lines, and all that a CSV file must not be."""

import csv
import io
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from tipbrief.load.grid import Grid, Row
from tipbrief.load.places import Place
from tipbrief.load.text_files import read_text
from tipbrief.problems import Found, Problem, Problems, lines_of

MOST_CELLS, MOST_COLUMNS = 500_000, 1_000
# What parts the cells, in the order in which a table is likely to be meant, and how it is called.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXCEL_LINE = re.compile(r'"?sep=[,;\t]?"?\s*$', re.I)  # Excel reads it, and shows it to nobody
_QUOTED = re.compile(r'"[^"]*(?:""[^"]*)*"?')


@dataclass(frozen=True, slots=True)
class CsvLayout:
    """A CSV file whose cells are parted by a ``separator``."""

    separator: str

    def place(self, row: Place, column: int) -> Place:
        """Where a cell of a row stands, which may go over several lines."""
        file, line = row.file, row.line
        text = "\n".join(lines_of(file)[line - 1 : row.end])
        start, end = cell_spans(text, self.separator)[column]
        line += text.count("\n", 0, start)
        return Place(file, line, start - text.rfind("\n", 0, start), line + text.count("\n", start, end))


def read_csv(file: Path) -> Grid:
    """A CSV file with a header line; every row must have a cell for each column. Empty rows are left out."""
    return _read(file, read_text(file, utf_16=True))


@lru_cache(16)  # a correction looks at a publication as it is, and as it would be
def _read(file: Path, text: str) -> Grid:
    layout = CsvLayout(_separator(file, text))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=layout.separator, strict=True)
    problems, rows, size = Found(), list[Row](), 0
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
        at = rows[0].at if rows and len(cells) == len(rows[0].at) else tuple(range(len(cells)))
        row = Row(cells, Place(file, line, 1, reader.line_num), layout, at)
        if rows and at is not rows[0].at:
            problems.append(_wrong_width(row, len(rows[0].cells), layout.separator))
            continue
        if not rows:
            check_width(row)
        rows.append(row)
    if rows:
        problems.extend(header_faults(rows))
    if problems:
        raise Problems(problems)
    if not rows:
        raise empty_table(Place(file))
    return Grid(file, rows[0], tuple(rows[1:]))


def empty_table(place: Place) -> Problems:
    """The fault of a table that has not even a header."""
    return Problems(
        place.problem("the table is empty", "its first line names the columns", kind="empty-file")
    )


@cache
def _raw_cell(separator: str) -> re.Pattern[str]:
    return re.compile(rf'("[^"]*(?:""[^"]*)*"|[^{separator}\r\n]*)({separator}|\r?\n|\Z)')


def cell_spans(text: str, separator: str, start: int = 0) -> list[tuple[int, int]]:
    """Where the cells of the row that starts there begin and end in a text, quotes included."""
    spans: list[tuple[int, int]] = []
    for cell in _raw_cell(separator).finditer(text, start):
        spans.append(cell.span(1))
        if cell[2] != separator:
            break
    return spans


def _separator(file: Path, text: str) -> str:
    """What parts the cells, as the header tells; a problem where it could be one or the other."""
    lines = enumerate(io.StringIO(text), 1)
    number, line = next(((at, one) for at, one in lines if one.strip(' \t\r\n,;"')), (1, ""))
    if _EXCEL_LINE.match(line):
        message, hint = "the line 'sep=' is no header", "delete it: the header tells what parts the columns"
        raise Problems(Problem(message, file, number, 1, hint, kind="separators"))
    bare = _QUOTED.sub(lambda quoted: "x" * len(quoted[0]), line.rstrip("\r\n"))
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


def _wrong_width(row: Row, width: int, separator: str) -> Problem:
    have, name = len(row.cells), SEPARATORS[separator][:-1]
    message = f"the row has {have} cell{'s' * (have != 1)}, the header has {width}"
    hint = f'a text that holds a {name} must stand in quotes: "a{separator} b"'
    if have < width:
        hint = f"an empty cell needs its {name}, too"
    return row.place.problem(message, hint, kind="cell-count")


def check_width(header: Row) -> None:
    """A problem where a table has too many columns."""
    if len(header.cells) > MOST_COLUMNS:
        message = f"the table has {len(header.cells):,} columns"
        hint = f"tipbrief reads at most {MOST_COLUMNS:,}"
        raise Problems(header.place.problem(message, hint, kind="too-large"))


def header_faults(rows: Sequence[Row]) -> Found:
    """Columns without a name or with another one's, in the first of the rows; one without cells is none."""
    head, found = rows[0], Found()
    for index, name in enumerate(head.cells):
        hint = "name each column once, in the table's first line"
        if name and name in head.cells[:index]:
            message = f"the column '{name}' stands twice"
        elif name or not any(row.cells[index] for row in rows):
            continue
        else:
            message = f"the column number {index + 1} has no name"
            hint += ": delete a title above it, and make one line of two lines of names"
        found.append(head.cell(index).problem(message, hint, kind="column-name"))
    return found
