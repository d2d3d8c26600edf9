"""Cell values: from digits, separators and formats to one form (``1234.5``, ``2025``), or to a problem if doubtful."""

import re
from collections.abc import Collection, Iterable
from fractions import Fraction
from typing import NamedTuple

from tipbrief.check.figures import round_half_up
from tipbrief.check.models import Column
from tipbrief.language.numbers import ARABIC_DIGITS, LATIN_DIGITS, MINUS_SIGNS, PERCENT_SIGNS, PERSIAN_DIGITS
from tipbrief.load.grid import Grid, Row, TypedCell

TO_LATIN_DIGITS = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS, LATIN_DIGITS * 2)
_MAX_NUMBER_LENGTH = 60  # characters
_DECIMAL_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]+)?")
# Numbers in groups of three, or with decimals. Commas and points between groups tell which is the decimal mark.
_NUMBER_FORMS = (
    (re.compile(r"([1-9][0-9]{0,2}(?:[\u066c \u00a0\u202f][0-9]{3})+)(?:([.,\u066b])([0-9]+))?"), ""),
    (re.compile(r"([0-9]+)([.,\u066b])([0-9]+)"), ""),
    (re.compile(r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:([.\u066b])([0-9]+))?"), "."),
    (re.compile(r"([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:([,\u066b])([0-9]+))?"), ","),
)
_AMBIGUOUS_NUMBER = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_MANY_DECIMALS = re.compile(r"-?[0-9]+\.([0-9]+)")
_ZERO_FORMAT = re.compile(r"0{2,20}")
_MAX_EXACT_NUMBER = 10**15  # spreadsheets keep 15 digits
NORMALISED_TYPES = ("number", "year", "choice", "text")  # texts in columns of other types do not change


class CellProblem(NamedTuple):
    """A problem of a cell, without its place."""

    kind: str
    message: str
    hint: str


class NumberReading(NamedTuple):
    """A number in our form, and its decimal mark, if it has one. An ambiguous number has an alternative."""

    number: str
    decimal_mark: str = ""
    alternative: str = ""


def read_number(text: str) -> NumberReading | None:
    """A number in any of our digits and separators, or None. Of 1.234 and 1,234 it is 1234, its alternative 1.234."""
    if text.startswith(MINUS_SIGNS):
        read = None if text.startswith(MINUS_SIGNS, 1) else read_number(text[1:])
        # A program may round to -0, which is 0.
        if read is None or not read.number.strip("0."):
            return read
        return read._replace(number=f"-{read.number}", alternative=f"-{read.alternative}" if read.alternative else "")
    if _DECIMAL_NUMBER.fullmatch(text) and not _AMBIGUOUS_NUMBER.fullmatch(text):
        return NumberReading(text, "." * ("." in text))
    text = text[: _MAX_NUMBER_LENGTH + 1].translate(TO_LATIN_DIGITS)
    if len(text) > _MAX_NUMBER_LENGTH:
        return None
    if text.isdecimal():
        return NumberReading(text)
    if _AMBIGUOUS_NUMBER.fullmatch(text):
        return NumberReading(re.sub("[.,]", "", text), text[-4], text.replace(",", "."))
    for form, other_mark in _NUMBER_FORMS:
        if found := form.fullmatch(text):
            number = re.sub("[^0-9]", "", found[1]) + (f".{found[3]}" if found[3] else "")
            return NumberReading(number, other_mark or (found[2] or "").strip("\u066b"))
    return None


def strip_percent_sign(cell: str) -> str:
    """A percentage without its sign, which may stand before or after the number. Other texts do not change."""
    bare = cell.strip("".join(PERCENT_SIGNS) + " \u00a0")
    return bare if not {*PERCENT_SIGNS}.isdisjoint(cell) and read_number(bare) else cell


class CellReader(NamedTuple):
    """Reads the cells of one table. Unambiguous cells of the table decide how it reads ambiguous ones."""

    decimal_mark: str  # of the table, if its cells have only one
    date_columns: frozenset[int] = frozenset()  # of a workbook: they hold only dates, so these are meant

    @classmethod
    def from_grid(cls, grid: Grid, numbers: Iterable[int]) -> "CellReader":
        """The reader of a table with numbers in these columns."""
        cells = {row.cells[one] for one in numbers for row in grid.rows if one not in row.typed_cells}
        readings = (read_number(strip_percent_sign(cell)) for cell in cells)
        marks = {one.decimal_mark for one in readings if one and one.decimal_mark and not one.alternative}
        columns = range(len(grid.header) if grid.header_row.location.sheet else 0)
        dates = (one for one in columns if all(_is_date_or_empty(row, one) for row in grid.rows))
        return cls(marks.pop() if len(marks) == 1 else "", frozenset(dates))

    def interpret_number(self, name: str, cell: str) -> str | CellProblem:
        """A number in our form. A text that is no number does not change."""
        found = read_number(cell)
        if found is None or not found.alternative:
            return found.number if found else cell
        if self.decimal_mark:
            return found.alternative if found.decimal_mark == self.decimal_mark else found.number
        other = found.alternative.replace(".", "\u066b")
        hint = f"write {found.number}; where it has decimals, {other}"
        return CellProblem("doubtful-number", f"'{name}' is {cell}: {found.number}, or {found.alternative}?", hint)

    def format_number(self, number: str) -> str:
        """A number in the form of this table's file, written so that it is not ambiguous."""
        text = number.replace(".", self.decimal_mark or ".")
        return number.replace(".", "\u066b") if _AMBIGUOUS_NUMBER.fullmatch(text.lstrip("-")) else text


def _is_date_or_empty(row: Row, column: int) -> bool:  # a date with its day and year
    typed = row.typed_cells.get(column)
    if typed is None:
        return not row.cells[column]
    return typed.kind == "date" and {*"dy"} <= {*typed.format.lower()}


def normalise_cell(
    reader: CellReader, name: str, column: Column, row: Row, index: int, padded: int
) -> str | CellProblem:
    """The value of a cell in our form, or its problem. A number has no more decimals than its column."""
    value = _interpret_cell(reader, name, column, row, index, padded)
    if column.decimals is None or isinstance(value, CellProblem):
        return value
    return round_decimals(value, column.decimals)


def round_decimals(number: str, decimals: int) -> str:
    """A number with at most so many decimals. Other texts do not change."""
    found = _MANY_DECIMALS.fullmatch(number)
    if not found or not 0 <= decimals < len(found[1]):
        return number
    return f"{round_half_up(Fraction(number), decimals):f}"


def _interpret_cell(
    reader: CellReader, name: str, column: Column, row: Row, index: int, padded: int
) -> str | CellProblem:
    cell, typed = row.cells[index], row.typed_cells.get(index)
    if typed is not None:
        if index in reader.date_columns and column.type in ("text", "code"):
            return cell
        return _interpret_typed_cell(name, column, cell, typed, padded)
    if column.type == "number":
        return reader.interpret_number(name, strip_percent_sign(cell) if column.unit else cell) if cell else cell
    if column.type == "year":
        return cell.translate(TO_LATIN_DIGITS) if len(cell) == 4 else cell
    if column.type == "choice" and cell not in column.choices:
        latin = cell.translate(TO_LATIN_DIGITS)
        return latin if latin in column.choices else cell
    if column.type == "text" and "\n" in cell:
        return " ".join(cell.split())  # in a title each line would become a paragraph with its own direction
    return cell


def zero_padded_width(grid: Grid, index: int) -> int:
    """The length of codes with leading zeros, which texts keep and numbers lose; 0 if there are none."""
    texts = (row.cells[index] for row in grid.rows if index not in row.typed_cells)
    return max((len(one) for one in texts if len(one) > 1 and one[0] == "0" and one.isdecimal()), default=0)


def _interpret_typed_cell(name: str, column: Column, cell: str, typed: TypedCell, padded: int) -> str | CellProblem:
    kind, form = typed.kind, typed.format
    if kind == "error":
        return CellProblem("cell-error", f"'{name}' holds the error {cell}", "mend its formula, or empty the cell")
    if kind == "formula":
        hint = "open the workbook in a spreadsheet program, which reckons it, and save it"
        return CellProblem("no-value", f"'{name}' is a formula without a value", hint)
    if kind == "bool" and not (column.type == "choice" and cell in column.choices):
        return CellProblem("cell-type", f"'{name}' holds {cell}, not a {column.type}", _rewrite_hint(column))
    if kind == "date":
        if column.type == "year" and form.strip("@;").lower() == "yyyy":
            return cell[:4]
        hint = f"a spreadsheet makes dates of 1-2 and 3/4: {_rewrite_hint(column)}"
        return CellProblem("cell-type", f"'{name}' holds the date {cell}, not a {column.type}", hint)
    return _interpret_typed_number(name, column, cell, form, padded) if kind == "number" else cell


def _rewrite_hint(column: Column) -> str:
    kind = "General" if column.type in ("number", "year") else "text"
    return f"write it anew, in a cell with the format '{kind}'"


def _interpret_typed_number(name: str, column: Column, cell: str, form: str, padded: int) -> str | CellProblem:
    if abs(float(cell)) >= _MAX_EXACT_NUMBER:
        hint = "write it anew, in a cell with the format 'text'"
        return CellProblem("too-large", f"'{name}' has more digits than a spreadsheet keeps", hint)
    if is_percent_format(form) and (column.type == "text" or column.unit):  # the sheet shows a percentage
        decimals = re.search(r"\.([0#?]+)", form)
        shown = f"{round_half_up(Fraction(cell) * 100, len(decimals[1]) if decimals else 0):f}"
        return shown if column.unit else f"{shown}%"
    if column.type in ("number", "year"):
        shown = f"{float(cell) * 100:.15g}"
        if is_percent_format(form):
            hint = f"write {shown} or {cell}, as it is to be printed, in a cell with the format 'General'"
            hint += "; or say \"unit: '%'\" of the column in tables.yaml"
            return CellProblem("doubtful-number", f"'{name}' is {cell}, and shown as {shown} %", hint)
        if column.unit and 0 < abs(float(cell)) < 1:  # such as 0.2 in a column with 45%
            hint = f"write it anew with its sign, {cell}% or {shown}%"
            return CellProblem("doubtful-number", f"'{name}' is {cell}: {cell}%, or {shown}%?", hint)
        return cell
    if "." in cell:
        return CellProblem("cell-type", f"'{name}' holds the number {cell}, not a {column.type}", _rewrite_hint(column))
    if _ZERO_FORMAT.fullmatch(form):
        return cell.zfill(len(form))
    if len(cell) < padded:
        message = f"'{name}' holds the number {cell}, where others begin with 0: is it {cell.zfill(padded)}?"
        return CellProblem("doubtful-code", message, _rewrite_hint(column))
    return cell


def is_percent_format(form: str) -> bool:
    """Whether a format shows percentages. A sign in quotes or after a backslash does not count."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", form)


def match_declared_names(header: Iterable[str], names: Collection[str]) -> list[str]:
    """The names of a header, in any case and with any spaces, as tables.yaml spells them. Others do not change."""
    declared = {" ".join(name.split()).casefold(): name for name in names}
    return [name if name in names else declared.get(" ".join(name.split()).casefold(), name) for name in header]
