"""Workbooks (.xlsx): the values of one sheet as rows that remember their cells. Nothing in them is run.

openpyxl reads values, shared texts and formats. What it does not tell of a sheet that it only reads, which
cells are merged, rows hidden and formulas without a value, is looked up in the sheet's own XML.
"""

import io
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tipbrief.files import unpacked
from tipbrief.load.csv_rows import check_width, empty_table, header_faults
from tipbrief.load.grid import Grid, Row, Stored
from tipbrief.load.places import Place, Text
from tipbrief.load.text_files import (
    HIDDEN,
    MOST_TEXT_BYTES,
    OLE,
    SAVE_AS_WORKBOOK,
    hidden_problem,
    read_content,
)  # fmt: skip
from tipbrief.problems import Found, Problem, Problems, cell_of, first_of, nearest

MOST_CELLS = 100_000  # of a sheet, those that hold nothing but a border among them
MOST_MERGED = 1_000  # ranges: who has more of them sees the first
_SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
# What openpyxl raises where a part is missing, or is not what it should be; of XML, and of zip files.
_FAULTS = (
    ArithmeticError, AssertionError, AttributeError, EOFError, LookupError, OSError, RuntimeError,
    SyntaxError, TypeError, ValueError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SheetLayout:
    """A sheet: a cell stands in the row and column that the spreadsheet program shows."""

    def place(self, row: Place, column: int) -> Place:
        """Where a cell of a row stands."""
        return replace(row, column=column + 1)


@dataclass
class _Marks:
    """What a sheet's XML tells beside its values: the last cell that holds one, and what is doubtful."""

    last_row: int = 0
    last_column: int = 0
    hidden: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    formulas: set[tuple[int, int]] = field(default_factory=set)  # without a value


def read_workbook(file: Path, sheet: Text | None = None) -> Grid:
    """The sheet of that name, or the first one; its first row that is not empty names the columns."""
    content = read_content(file, MOST_TEXT_BYTES)
    if not content.startswith(b"PK"):
        message, hint = "the file is no workbook of this kind", SAVE_AS_WORKBOOK
        if file.name.startswith("~$"):
            message = "this is only the mark of a workbook that is open somewhere"
            hint = f"name the workbook itself: {file.name.removeprefix('~$')}"
        elif content.startswith(OLE):
            message = "the workbook has a password, or is an older .xls"
        raise Problems(message, file, hint=hint, kind="no-workbook")
    parts = unpacked(content, file)
    if any(name.lower().endswith("vbaproject.bin") for name in parts):
        message = "the workbook holds macros, which every PDF would carry"
        raise Problems(message, file, hint=SAVE_AS_WORKBOOK, kind="macros")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what it leaves out: drawings, extensions
            return _grid(file, content, parts, sheet)
    except _FAULTS:
        raise Problems(
            "the workbook is damaged", file, hint=f"open it, and {SAVE_AS_WORKBOOK}", kind="damaged"
        ) from None


def _grid(file: Path, content: bytes, parts: Mapping[str, bytes], name: Text | None) -> Grid:
    from openpyxl import load_workbook

    book = load_workbook(io.BytesIO(content), read_only=True, data_only=True, keep_links=False)
    sheets = {one.title: one for one in book.worksheets}
    shown = [one.title for one in book.worksheets if one.sheet_state == "visible"]
    wanted = next(iter([*shown, *sheets]), "") if name is None else str(name)
    if wanted not in sheets and name is not None:
        hint = nearest(name, sheets)
        raise Problems(name.problem(f"the workbook has no sheet '{name}'", hint, kind="no-sheet"))
    if wanted not in sheets:
        raise Problems("the workbook has no sheet", file, hint=SAVE_AS_WORKBOOK, kind="no-sheet")
    sheet, place = sheets[wanted], Place(file, sheet=wanted)
    marks = _marks(parts[sheet._worksheet_path], place)
    rows, found = list[Row](), Found()
    if marks.last_row:
        # How large a sheet says that it is may be wrong, or a lie.
        values = sheet.iter_rows(max_row=marks.last_row, max_col=marks.last_column)
        for number, cells in enumerate(values, 1):
            row = _row(cells, marks, replace(place, line=number, end=number))
            if any(row.cells) or row.stored:
                found.extend(_hidden_characters(row))
                rows.append(row)
    if not rows:
        raise empty_table(place)
    check_width(rows[0])
    found.extend(header_faults(rows))
    if found:
        raise Problems(found)
    others = tuple(title for title in sheets if title != wanted)
    return Grid(file, rows[0], tuple(rows[1:]), tuple(marks.merged), frozenset(marks.hidden), others)


def _row(cells: Sequence[Any], marks: _Marks, place: Place) -> Row:
    texts, stored = [], {}
    for column, cell in enumerate(cells):
        text, kind = _text(cell.value, cell.data_type)
        if (place.line, column + 1) in marks.formulas:
            text, kind = "", "formula"
        if kind:
            stored[column] = Stored(kind, cell.number_format or "General")
        texts.append(text)
    blank = marks.last_column - len(texts)
    return Row((*texts, *[""] * blank), place, SheetLayout(), tuple(range(marks.last_column)), stored)


def _text(value: Any, data_type: str) -> tuple[str, str]:
    """What a cell says, and of which kind it is where it is no text."""
    if value is None:
        return "", ""
    if data_type == "e":
        return str(value), "error"
    if isinstance(value, bool):
        return str(value).upper(), "bool"
    if isinstance(value, int | float):
        # A spreadsheet shows 15 digits; what stands behind them comes of binary fractions.
        return f"{Decimal(f'{value:.15g}'):f}", "number"
    if not isinstance(value, str):
        return f"{value:%Y-%m-%d}" if hasattr(value, "year") else str(value), "date"
    plain = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), value)
    return plain.replace("\r\n", "\n").strip(), ""


def _hidden_characters(row: Row) -> Iterator[Problem]:
    for column, cell in enumerate(row.cells):
        if hidden := HIDDEN.search(cell):
            message, hint = hidden_problem(hidden)
            yield row.cell(column).problem(message, hint, kind="hidden-character")


def _marks(xml: bytes, place: Place) -> _Marks:
    """What the XML of a sheet tells; a problem where it has more cells than a brief's table."""
    from defusedxml.ElementTree import iterparse

    marks, row, column, count = _Marks(), 0, 0, 0
    for event, part in iterparse(io.BytesIO(xml), ("start", "end")):
        tag = part.tag.removeprefix(_SPACE)
        if tag == "row" and event == "start":
            before, row, column = row, int(part.get("r", row + 1)), 0
            if row <= before:
                raise ValueError("openpyxl would leave out what comes in another order")
            if part.get("hidden") in ("1", "true"):
                marks.hidden.add(row)
        elif tag == "row":
            part.clear()
        elif tag in ("c", "mergeCell") and event == "end":
            found = _RANGE.fullmatch(part.get("r") or part.get("ref") or "")
            if tag == "c":
                column, count = _number(found[1]) if found else column + 1, count + 1
                _mark_cell(marks, part, row, column)
            elif found and found[3] and len(marks.merged) < MOST_MERGED:
                marks.merged.append((int(found[2]), _number(found[1]), int(found[4]), _number(found[3])))
        if max(count, marks.last_row * marks.last_column) > MOST_CELLS:
            message = f"the sheet has more than {MOST_CELLS:,} cells, or one of them far from the others"
            raise Problems(place.problem(message, "keep only what a brief prints", kind="too-large"))
    return marks


def _mark_cell(marks: _Marks, cell: Any, row: int, column: int) -> None:
    """Note a cell, where it holds something."""
    inside = {part.tag.rpartition("}")[2]: part.text for part in cell}
    if "f" in inside and not inside.get("v") and cell.get("t") != "str":
        marks.formulas.add((row, column))
    elif not (inside.get("v") or "is" in inside):
        return
    marks.last_row, marks.last_column = max(marks.last_row, row), max(marks.last_column, column)


def _number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number


def doubts(grid: Grid) -> Iterator[Problem]:
    """What may be meant otherwise than it is stored in the columns of a grid: merged cells, hidden rows."""
    first, last = grid.head.place.line, grid.rows[-1].place.line if grid.rows else 0
    for top, left, bottom, right in grid.merged:
        inside = [column for column, at in enumerate(grid.head.at) if left <= at + 1 <= right]
        cells = len(inside) * (min(bottom, last) - max(top, first) + 1)
        if inside and cells > 1:
            place = replace(grid.head.place, line=max(top, first), column=grid.head.at[inside[0]] + 1)
            merged = f"{cell_of(top, left)}:{cell_of(bottom, right)}"
            message = f"the cells {merged} are merged, and only the first of them holds a value"
            yield place.problem(message, "unmerge them, and fill in each", kind="merged-cells")
    if hidden := [row for row in grid.rows if row.place.line in grid.hidden]:
        many = f" (and {len(hidden) - 1} more of them)" if hidden[1:] else ""
        message, hint = f"the row is hidden in the sheet, and would be printed{many}", "show it, or delete it"
        yield hidden[0].place.problem(message, hint, kind="hidden-row")


def unread_sheets(grids: Iterable[Grid]) -> Iterator[Problem]:
    """A warning for each workbook with sheets that no table reads: a PDF carries them with the others."""
    books: dict[Path, list[Grid]] = {}
    for grid in grids:
        books.setdefault(grid.file, []).append(grid)
    for file, read in books.items():
        if unread := sorted({*read[0].others} - {grid.head.place.sheet for grid in read}):
            message = (
                f"every PDF carries the workbook, with sheets that no table reads: {first_of(unread, 5)}"
            )
            hint = "take out what is not for readers"
            yield Problem(message, file, hint=hint, severity="warning", kind="unread-sheets")
