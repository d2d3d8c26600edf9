"""Grids: the header and rows of a table from a CSV file or a sheet of a workbook (.xlsx), with the places of cells.

openpyxl reads values, shared texts and formats. In read-only mode its sheets do not tell which cells are merged,
which rows hidden, and which formulas have no value, so we use its parser of sheets itself.
"""

import csv
import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from tipbrief.files import unpack_parts
from tipbrief.load import source_text
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.schema import RowSelector
from tipbrief.load.source_text import SAVE_AS_WORKBOOK, SourceLocation, Text, read_text
from tipbrief.problems import Problem, ProblemList, Problems, cell_address, suggest_nearest

MAX_SHEET_CELLS = 100_000  # including those with nothing but a border
MAX_MERGED_RANGES = 1_000  # further ones are not reported
_EMPTY_FORMULA = "formula"  # one without a value
_XML_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
# openpyxl, XML and zip files raise these if a part is missing or wrong.
_OPENPYXL_ERRORS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
MAX_CELLS, MAX_COLUMNS = 500_000, 1_000
# The separators of cells, the likeliest first, and their names.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
_EXCEL_SEPARATOR_LINE = re.compile(r'"?sep=[,;\t]?"?\s*$', re.I)  # Excel reads this line, but does not show it
_QUOTED_CELL = re.compile(r'"[^"]*(?:""[^"]*)*"?')


class TypedCell(NamedTuple):
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
        text = row.source_lines
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


class TableLayout(NamedTuple):
    """Where the table stands in its file: without anything, its first filled row is the header."""

    sheet: Text | None = None
    header_row: RowSelector | None = None  # one row, or several whose cells are one name
    last_row: int | None = None
    skip: tuple[RowSelector, ...] = ()
    empty: tuple[str, ...] = ()  # texts that stand for an empty cell


@dataclass(frozen=True, slots=True)
class FileRows:
    """All filled rows of a CSV file or a sheet, of which some are a table."""

    place: SourceLocation
    rows: tuple[Row, ...]
    merged_ranges: tuple[tuple[int, int, int, int], ...] = ()  # of cells: first row and column, last row and column
    hidden_rows: frozenset[int] = frozenset()  # of a table: those that are left out as hidden
    hidden_columns: frozenset[int] = frozenset()  # from 0
    other_sheets: tuple[str, ...] = ()  # the workbook's sheets except this one
    fault: Problem | None = None  # where the reader of a CSV file stopped

    def take_table(self, layout: TableLayout) -> "Grid":
        """The table of a layout. It raises all problems of the table."""
        wanted, problems, rows = layout.header_row, ProblemList(), list[Row]()
        left_out = set[int]()  # hidden rows that no selector names
        head = [row for row in self.rows if wanted.selects(row.location.line)] if wanted else [*self.rows[:1]]
        if not head and self.fault:
            raise Problems(self.fault)
        if not head:
            message, hint = "the table is empty", "its first line names the columns"
            if wanted and self.rows:
                message, hint = f"the row {wanted.text} is empty, or not there", "'header_row' names the columns"
            raise Problems(self.place.problem(message, hint, kind="empty-file"))
        header = replace(head[-1], cells=self._join_names(head))
        for row in self.rows:
            line, width = row.location.line, len(row.cells)
            is_hidden = line in self.hidden_rows
            if line <= header.location.line or any(one.selects(line, row.cells, is_hidden) for one in layout.skip):
                continue
            if is_hidden:
                left_out.add(line)
                continue
            if layout.last_row and line > layout.last_row:
                if line == layout.last_row + 1 and sum(map(bool, row.cells)) > 1:
                    message = f"the row {line} stands below 'last_row', and is filled like a row of the table"
                    hint = f"write 'last_row: {line}', or leave the row out: 'skip: [{line}]'"
                    problems.append(row.location.problem(message, hint, kind="row-below"))
                break
            if width != len(header.cells):
                problems.append(_describe_wrong_width(row, len(header.cells)))
                continue
            if blank := {at for at, cell in enumerate(row.cells) if cell and cell in layout.empty}:
                cells = tuple("" if at in blank else cell for at, cell in enumerate(row.cells))
                typed = {at: kind for at, kind in row.typed_cells.items() if at not in blank}
                row = replace(row, cells=cells, typed_cells=typed)
            for column, cell in enumerate(() if row.separator else row.cells):  # a CSV file's are found before
                if hidden := source_text.INVISIBLE_CHARACTER.search(cell):
                    message, hint = source_text.describe_invisible_character(hidden)
                    problems.append(row.cell_location(column).problem(message, hint, kind="hidden-character"))
            rows.append(row)
        if len(header.cells) > MAX_COLUMNS:
            message, hint = f"the table has {len(header.cells):,} columns", f"tipbrief reads at most {MAX_COLUMNS:,}"
            raise Problems(header.location.problem(message, hint, kind="too-large"))
        if wanted:  # as a spreadsheet program calls columns without a name
            named = [
                name or (cell_address(1, at + 1)[:-1] if any(row.cells[at] for row in rows) else "")
                for at, name in enumerate(header.cells)
            ]
            header = replace(header, cells=tuple(named))
        problems.extend(_find_header_faults(header, rows))
        problems.extend((self.fault,) if self.fault else ())
        problems.raise_all()
        about = (self.merged_ranges, frozenset(left_out), self.hidden_columns, self.other_sheets)
        return Grid(self.place, tuple(rows), *about, header_row=header)

    def _join_names(self, head: Sequence[Row]) -> tuple[str, ...]:
        """The names of the columns. A cell of an upper row also names the empty ones with which it is merged."""
        names = [list[str]() for _ in head[-1].cells]
        merged = [one for one in self.merged_ranges if any(one[0] == row.location.line for row in head[:-1])]
        for row in head:
            before, own = "", [(left, right) for top, left, _, right in merged if top == row.location.line]
            for column, name in enumerate(row.cells[: len(names)]):
                at = row.file_columns[column] + 1
                within = not merged or any(left < at <= right for left, right in own)
                before = name or (before if within and row is not head[-1] and head[-1].cells[column] else "")
                if before and before not in names[column]:
                    names[column].append(before)
        return tuple(" – ".join(parts) for parts in names)


@dataclass(frozen=True, slots=True)
class Grid(FileRows):
    """A table as its file has it. All rows are as wide as the header."""

    header_row: Row = field(kw_only=True)

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


def read_grid(file: Path, layout: TableLayout | None = None) -> Grid:
    """The table in a CSV file, or in a sheet of a workbook, with all its columns."""
    layout = layout or TableLayout()
    return read_file_rows(file, layout.sheet, layout.header_row.last if layout.header_row else 0).take_table(layout)


def read_file_rows(file: Path, sheet: Text | None = None, header_line: int = 0) -> FileRows:
    """All filled rows of a CSV file, or of a sheet of a workbook. The header of a CSV file has its separators."""
    if file.suffix.lower() == WORKBOOK_SUFFIX:
        return read_workbook(file, sheet)
    if sheet:
        message = "a CSV file has no sheets"
        raise Problems(sheet.problem(message, "leave 'sheet' out, or name a workbook", kind="no-sheet"))
    return _parse_csv(file, read_text(file, utf_16=True), header_line)


@lru_cache(16)  # a correction reads a publication twice: as it is, and as it would be
def _parse_csv(file: Path, text: str, header_line: int) -> FileRows:
    separator = _find_separator(file, text, header_line)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows, size = list[Row](), 0
    while True:
        line = reader.line_num + 1
        try:
            cells = tuple(map(str.strip, next(reader)))
        except StopIteration:
            break
        except csv.Error as error:
            # The reader's message and line are those of the place where it stopped.
            message = 'a quotation mark " is left open in this row, or stands inside a cell'
            hint, kind = 'close it; inside a cell in quotes write it twice: "a ""b"" c"', "open-quote"
            if "field limit" in str(error):
                message = f"a cell of this row has more than {csv.field_size_limit():,} characters"
                hint, kind = "shorten it; or close the quotation mark with which it begins", "too-large"
            return FileRows(SourceLocation(file), tuple(rows), fault=Problem(message, file, line, 1, hint, kind=kind))
        if (size := size + max(1, len(cells))) > MAX_CELLS:
            message, hint = f"the table has more than {MAX_CELLS:,} cells", "keep only what a brief prints"
            raise Problems(message, file, hint=hint, kind="too-large")
        if not any(cells):
            continue
        at = rows[0].file_columns if rows and len(cells) == len(rows[0].file_columns) else tuple(range(len(cells)))
        rows.append(Row(cells, SourceLocation(file, line, 1, reader.line_num), separator, at))
    return FileRows(SourceLocation(file), tuple(rows))


def find_cell_spans(text: str, separator: str, start: int = 0) -> list[tuple[int, int]]:
    """The spans of the cells, with their quotes, of the row that starts at ``start``."""
    spans: list[tuple[int, int]] = []
    raw_cell = re.compile(rf'("[^"]*(?:""[^"]*)*"|[^{separator}\r\n]*)({separator}|\r?\n|\Z)')
    for cell in raw_cell.finditer(text, start):
        spans.append(cell.span(1))
        if cell[2] != separator:
            break
    return spans


def _find_separator(file: Path, text: str, header_line: int) -> str:
    """The separator of the header; a problem if there could be several. Without its line it is the first filled one."""
    lines = [(at, one) for at, one in enumerate(io.StringIO(text), 1) if one.strip(' \t\r\n,;"')]
    number, line = next((one for one in lines if one[0] >= header_line), (1, ""))
    if _EXCEL_SEPARATOR_LINE.match(line):
        message, hint = "the line 'sep=' is no header", "delete it: the header tells what parts the columns"
        raise Problems(Problem(message, file, number, 1, hint, kind="separators"))
    bare = _QUOTED_CELL.sub(lambda quoted: "x" * len(quoted[0]), line.rstrip("\r\n"))
    found = [one for one in SEPARATORS if one in bare]
    if len(found) > 1:
        nouns = " and ".join(SEPARATORS[one] for one in found)
        message = f"the header has {nouns}: which of them part the columns?"
        hint = "put a name that holds one of the others into quotes"
        at = max(bare.index(one) for one in found) + 1
        raise Problems(Problem(message, file, number, at, hint, kind="separators"))
    if not found and "\u060c" in bare:
        message, hint = "the Persian comma '\u060c' parts no columns", "put ',' or ';' between them"
        raise Problems(Problem(message, file, number, bare.index("\u060c") + 1, hint, kind="separators"))
    return found[0] if found else ","


def _describe_wrong_width(row: Row, width: int) -> Problem:
    have, noun = len(row.cells), SEPARATORS[row.separator][:-1]
    message = f"the row has {have} cell{'s' * (have != 1)}, the header has {width}"
    hint = f'a text that holds a {noun} must stand in quotes: "a{row.separator} b"'
    if have < width:
        hint = f"an empty cell needs its {noun}, too"
    return row.location.problem(message, hint, kind="cell-count")


def _find_header_faults(head: Row, rows: Sequence[Row]) -> Iterator[Problem]:
    for index, name in enumerate(head.cells):
        hint = "name each column once, in the table's first line"
        if name and name in head.cells[:index]:
            message = f"the column '{name}' stands twice"
        elif name or not any(row.cells[index] for row in rows):
            continue
        else:
            message = f"the column number {index + 1} has no name"
            hint += "; or say in tables.yaml which row that is: 'header_row: 3', or 3-4"
        yield head.cell_location(index).problem(message, hint, kind="column-name")


def read_workbook(file: Path, sheet: Text | None = None) -> FileRows:
    """The rows of a sheet; without a name it is the first visible one."""
    content = source_text.read_dataset_file(file, source_text.MAX_TEXT_BYTES)
    if not content.startswith(b"PK"):
        message, hint = "the file is no workbook of this kind", SAVE_AS_WORKBOOK
        if file.name.startswith("~$"):
            message = "this is only the mark of a workbook that is open somewhere"
            hint = f"name the workbook itself: {file.name.removeprefix('~$')}"
        elif content.startswith(source_text.OLE_SIGNATURE):
            message = "the workbook has a password, or is an older .xls"
        raise Problems(message, file, hint=hint, kind="no-workbook")
    return _parse_workbook(file, content, sheet)


@lru_cache(4)
def _parse_workbook(file: Path, content: bytes, sheet: Text | None) -> FileRows:
    parts = unpack_parts(content, file)
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        message = "the workbook holds macros"
        raise Problems(message, file, hint=SAVE_AS_WORKBOOK, kind="macros")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about drawings and extensions, which openpyxl leaves out
            return _read_sheet(file, content, parts, sheet)
    except _OPENPYXL_ERRORS:
        hint = f"open it, and {SAVE_AS_WORKBOOK}"
        raise Problems("the workbook is damaged", file, hint=hint, kind="damaged") from None


def _read_sheet(file: Path, content: bytes, parts: Mapping[str, bytes], name: Text | None) -> FileRows:
    from openpyxl import load_workbook
    from openpyxl.cell.read_only import ReadOnlyCell

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = {one.title: one for one in book.worksheets}
    shown = [one.title for one in book.worksheets if one.sheet_state == "visible"]
    wanted = next(iter([*shown, *sheets]), "") if name is None else str(name)
    if wanted not in sheets and name is not None:
        hint = suggest_nearest(name, sheets)
        raise Problems(name.problem(f"the workbook has no sheet '{name}'", hint, kind="no-sheet"))
    if wanted not in sheets:
        raise Problems("the workbook has no sheet", file, hint=SAVE_AS_WORKBOOK, kind="no-sheet")
    sheet, place = sheets[wanted], SourceLocation(file, sheet=wanted)
    parser = _create_parser(book, sheet, parts[sheet._worksheet_path])
    found: dict[int, dict[int, Any]] = {}  # the filled cells by row and column
    count = last = lowest = width = 0
    for number, cells in parser.parse():
        if number <= last:
            raise ValueError("openpyxl would leave out rows in another order")
        last, count = number, count + len(cells)
        if filled := {cell["column"]: ReadOnlyCell(sheet, **cell) for cell in cells if cell["data_type"]}:
            found[number], lowest, width = filled, number, max(width, *filled)
        if max(count, lowest * width) > MAX_SHEET_CELLS:
            message = f"the sheet has more than {MAX_SHEET_CELLS:,} cells, or one of them far from the others"
            raise Problems(place.problem(message, "keep only what a brief prints", kind="too-large"))
    rows = (_read_row(cells, width, replace(place, line=line, end_line=line)) for line, cells in found.items())
    merged = [one for one in parser.merged_cells.mergeCell if ":" in one.coord] if parser.merged_cells else []
    hidden_rows = [row for row, attributes in parser.row_dimensions.items() if _is_hidden(attributes)]
    return FileRows(
        place,
        tuple(row for row in rows if any(row.cells) or row.typed_cells),
        merged_ranges=tuple((one.min_row, one.min_col, one.max_row, one.max_col) for one in merged)[:MAX_MERGED_RANGES],
        hidden_rows=frozenset(map(int, hidden_rows)),
        hidden_columns=_find_hidden_columns(parser.column_dimensions, width),
        other_sheets=tuple(title for title in sheets if title != wanted),
    )


def _is_hidden(attributes: Mapping[str, Any]) -> bool:
    return attributes.get("hidden") in ("1", "true", True)


def _find_hidden_columns(dimensions: Mapping[str, Any], width: int) -> frozenset[int]:
    hidden = set[int]()
    for attributes in filter(_is_hidden, dimensions.values()):
        first, last = int(attributes["min"]), min(int(attributes["max"]), width)
        hidden.update(range(first - 1, last))
    return frozenset(hidden)


def _create_parser(book: Any, sheet: Any, xml: bytes) -> Any:
    """The parser of a sheet. Cells without content have no type, and formulas without a value a type of their own."""
    from openpyxl.worksheet._reader import WorkSheetParser

    class SheetParser(WorkSheetParser):  # type: ignore[misc]  # openpyxl has no types
        def parse_cell(self, element: Any) -> dict[str, Any]:
            inside = {part.tag.rpartition("}")[2]: part.text for part in element}
            cell: dict[str, Any] = super().parse_cell(element)
            if "f" in inside and not inside.get("v") and element.get("t") != "str":
                cell["data_type"] = _EMPTY_FORMULA
            elif not (inside.get("v") or "is" in inside):
                cell["data_type"] = ""
            return cell

    formats = {"date_formats": book._date_formats, "timedelta_formats": book._timedelta_formats}
    return SheetParser(io.BytesIO(xml), sheet._shared_strings, data_only=True, epoch=book.epoch, **formats)


def _read_row(cells: Mapping[int, Any], width: int, place: SourceLocation) -> Row:
    texts, typed = [""] * width, dict[int, TypedCell]()
    for column, cell in cells.items():
        texts[column - 1], kind = _cell_text(cell.value, cell.data_type)
        if kind:
            typed[column - 1] = TypedCell(kind, cell.number_format or "General")
    return Row((*texts,), place, "", tuple(range(width)), typed)


def _cell_text(value: Any, data_type: str) -> tuple[str, str]:
    if data_type == _EMPTY_FORMULA:
        return "", _EMPTY_FORMULA
    if value is None:
        return "", ""
    if data_type == "e":
        return str(value), "error"
    if isinstance(value, bool):
        return str(value).upper(), "bool"
    if isinstance(value, int | float):
        # A spreadsheet shows 15 digits. Further ones come from binary fractions.
        return f"{Decimal(f'{value:.15g}'):f}", "number"
    if not isinstance(value, str):
        return f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value), "date"
    return _XML_ESCAPE.sub(lambda code: chr(int(code[1], 16)), value).replace("\r\n", "\n").strip(), ""
