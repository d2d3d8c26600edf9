"""Cells: from how one is written or stored to the form in which all know it, or what is doubtful in it.

A number is ``1234.5`` and a year ``2025`` from here on, whatever digits, separators or formats the file has.
"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

from tipbrief.check.derivation import rounded
from tipbrief.check.models import Column
from tipbrief.language.numbers import ARABIC_DIGITS, LATIN_DIGITS, PERCENT_SIGNS, PERSIAN_DIGITS
from tipbrief.load.grid import Grid, Row, Stored

_TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS, LATIN_DIGITS * 2)
_LONGEST = 60  # characters of what may be a number
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
MINUS = ("-", "\u2212")
# Groups of three that are parted by what parts nothing else, and decimals after what begins nothing else.
_GROUPED = re.compile(r"([1-9][0-9]{0,2}(?:[\u066c \u00a0\u202f][0-9]{3})+)(?:([.,\u066b])([0-9]+))?")
_MARKED = re.compile(r"([0-9]+)\u066b([0-9]+)")
_LATIN_GROUPS = re.compile(
    r"([1-9][0-9]{0,2}(?:,[0-9]{3})+)(?:([.\u066b])([0-9]+))?|([1-9][0-9]{0,2}(?:\.[0-9]{3})+)(?:([,\u066b])([0-9]+))?"
)
_LATIN_DECIMALS = re.compile(r"([0-9]+)([.,])([0-9]+)")
_DOUBTFUL = re.compile(r"[1-9][0-9]{0,2}[.,][0-9]{3}")
_ZEROS = re.compile(r"0{2,20}")
_MOST_KEPT = 10**15  # a spreadsheet keeps 15 digits of a number


class Fault(NamedTuple):
    """What is wrong with a cell."""

    kind: str
    message: str
    hint: str


class Reading(NamedTuple):
    """A number as it is known, and the sign before its decimals where one was seen; or two numbers."""

    number: str
    sign: str = ""
    other: str = ""


def read_number(text: str) -> Reading | None:
    """A number in the digits and separators of any of our languages; None for anything else.

    Of ``1.234`` and ``1,234`` nobody can tell: ``number`` is then 1234, ``other`` 1.234.
    """
    if text.startswith(MINUS):
        read = None if text.startswith(MINUS, 1) else read_number(text[1:])
        # That nothing is less than nothing is how a program rounds.
        if read is None or not read.number.strip("0."):
            return read
        return read._replace(number=f"-{read.number}", other=f"-{read.other}" if read.other else "")
    if _PLAIN.fullmatch(text) and not _DOUBTFUL.fullmatch(text):
        return Reading(text, "." * ("." in text))
    text = text[: _LONGEST + 1].translate(_TO_LATIN)
    if len(text) > _LONGEST:
        return None
    if text.isdecimal():
        return Reading(text)
    if _DOUBTFUL.fullmatch(text):
        return Reading(re.sub("[.,]", "", text), text[-4], text.replace(",", "."))
    if found := _GROUPED.fullmatch(text):
        whole, sign, decimals = found.groups()
    elif found := _MARKED.fullmatch(text):
        whole, sign, decimals = found[1], "", found[2]
    elif found := _LATIN_GROUPS.fullmatch(text):
        comma = found[1] is not None
        whole, _, decimals = found.groups()[:3] if comma else found.groups()[3:]
        sign = "." if comma else ","
    elif found := _LATIN_DECIMALS.fullmatch(text):
        whole, sign, decimals = found.groups()
    else:
        return None
    sign = "" if sign in (None, "\u066b") else sign
    number = re.sub("[^0-9]", "", whole) + (f".{decimals}" if decimals else "")
    return Reading(number, sign)


def without_sign(cell: str) -> str:
    """A percentage without its sign, which some write before the number; anything else as it stands."""
    bare = cell.strip("".join(PERCENT_SIGNS) + " \u00a0")
    return bare if not {*PERCENT_SIGNS}.isdisjoint(cell) and read_number(bare) else cell


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the cells of one table: how its other cells are written tells what a doubtful one says.

    ``sign`` is what stands before decimals in this table, where one sign alone is seen to. Of a workbook,
    ``dates`` are the columns that hold nothing but days: there nothing else became one.
    """

    sign: str
    dates: frozenset[int] = frozenset()

    @classmethod
    def of(cls, grid: Grid, numbers: Iterable[int]) -> "Reader":
        """The reader of a table with numbers in these columns."""
        cells = {row.cells[one] for one in numbers for row in grid.rows if one not in row.stored}
        readings = (read_number(without_sign(cell)) for cell in cells)
        signs = {one.sign for one in readings if one and one.sign and not one.other}
        columns = range(len(grid.header) if grid.head.place.sheet else 0)
        dates = (one for one in columns if all(_is_day(row, one) for row in grid.rows))
        return cls(signs.pop() if len(signs) == 1 else "", frozenset(dates))

    def number(self, name: str, cell: str) -> str | Fault:
        """A number as it is known; a text that is none as it stands."""
        found = read_number(cell)
        if found is None or not found.other:
            return found.number if found else cell
        if self.sign:
            return found.other if found.sign == self.sign else found.number
        other = found.other.replace(".", "\u066b")
        hint = f"write {found.number}; where it has decimals, {other}"
        message = f"'{name}' is {cell}: {found.number}, or {found.other}?"
        return Fault("doubtful-number", message, hint)

    def written(self, number: str) -> str:
        """A number as this table's file writes it, of which no more is to be asked."""
        text = number.replace(".", self.sign or ".")
        return number.replace(".", "\u066b") if _DOUBTFUL.fullmatch(text.lstrip("-")) else text


def _is_day(row: Row, column: int) -> bool:
    """Whether a cell is empty, or a date that is shown with its day and year."""
    stored = row.stored.get(column)
    if stored is None:
        return not row.cells[column]
    return stored.kind == "date" and {*"dy"} <= {*stored.format.lower()}


# Of other columns a cell says what it has, if it is a text.
WRITTEN_IN_WAYS = ("number", "year", "choice", "text")


def settled(reader: Reader, name: str, column: Column, row: Row, index: int, padded: int) -> str | Fault:
    """What a cell says, as all know it, or what is wrong with it.

    ``padded`` is how long codes are that begin with 0 in this column of the file.
    """
    cell, stored = row.cells[index], row.stored.get(index)
    if stored is not None:
        if index in reader.dates and column.type in ("text", "code"):
            return cell
        return _unstored(name, column, cell, stored, padded)
    if column.type == "number":
        return reader.number(name, without_sign(cell) if column.unit else cell) if cell else cell
    if column.type == "year":
        return cell.translate(_TO_LATIN) if len(cell) == 4 else cell
    if column.type == "choice" and cell not in column.choices:
        latin = cell.translate(_TO_LATIN)
        return latin if latin in column.choices else cell
    if column.type == "text" and "\n" in cell:
        return " ".join(cell.split())  # in a title each line would be a paragraph with its own direction
    return cell


def longest_padded(grid: Grid, index: int) -> int:
    """How long codes are that begin with 0, as a text keeps and a number loses it; 0 where there are none."""
    return max((len(row.cells[index]) for row in grid.rows if _is_padded(row, index)), default=0)


def _is_padded(row: Row, index: int) -> bool:
    cell = row.cells[index]
    return cell[:1] == "0" and len(cell) > 1 and cell.isdecimal() and index not in row.stored


def _unstored(name: str, column: Column, cell: str, stored: Stored, padded: int) -> str | Fault:
    """What a workbook's number, date, truth value, error or formula says in a column."""
    kind, form = stored.kind, stored.format
    if kind == "error":
        return Fault("cell-error", f"'{name}' holds the error {cell}", "mend its formula, or empty the cell")
    if kind == "formula":
        hint = "open the workbook in a spreadsheet program, which reckons it, and save it"
        return Fault("no-value", f"'{name}' is a formula without a value", hint)
    if kind == "bool" and not (column.type == "choice" and cell in column.choices):
        return Fault("cell-type", f"'{name}' holds {cell}, not a {column.type}", _hint(column))
    if kind == "date":
        if column.type == "year" and form.strip("@;").lower() == "yyyy":
            return cell[:4]
        hint = f"a spreadsheet makes dates of 1-2 and 3/4: {_hint(column)}"
        return Fault("cell-type", f"'{name}' holds the date {cell}, not a {column.type}", hint)
    return _plain_number(name, column, cell, form, padded) if kind == "number" else cell


def _hint(column: Column) -> str:
    """How to write what a spreadsheet took for something else."""
    kind = "General" if column.type in ("number", "year") else "text"
    return f"write it anew, in a cell with the format '{kind}'"


def _plain_number(name: str, column: Column, cell: str, form: str, padded: int) -> str | Fault:
    """What a number says in a column of numbers or of texts."""
    if abs(float(cell)) >= _MOST_KEPT:
        hint = "write it anew, in a cell with the format 'text'"
        return Fault("too-large", f"'{name}' has more digits than a spreadsheet keeps", hint)
    if _is_percent(form) and (column.type == "text" or column.unit):  # what the reader of the sheet sees
        decimals = re.search(r"\.([0#?]+)", form)
        shown = f"{rounded(Fraction(cell) * 100, len(decimals[1]) if decimals else 0):f}"
        return shown if column.unit else f"{shown}%"
    if column.type in ("number", "year"):
        if _is_percent(form):
            shown = f"{float(cell) * 100:.15g}"
            hint = f"write {shown} or {cell}, as it is to be printed, in a cell with the format 'General'"
            hint += "; or say \"unit: '%'\" of the column in tables.yaml"
            return Fault("doubtful-number", f"'{name}' is {cell}, and shown as {shown} %", hint)
        if column.unit and 0 < abs(float(cell)) < 1:  # beside 45% somebody typed 0.2
            shown = f"{float(cell) * 100:.15g}"
            hint = f"write it anew with its sign, {cell}% or {shown}%"
            return Fault("doubtful-number", f"'{name}' is {cell}: {cell}%, or {shown}%?", hint)
        return cell
    if "." in cell:
        return Fault("cell-type", f"'{name}' holds the number {cell}, not a {column.type}", _hint(column))
    if _ZEROS.fullmatch(form):
        return cell.zfill(len(form))
    if len(cell) < padded:
        message = f"'{name}' holds the number {cell}, where others begin with 0: is it {cell.zfill(padded)}?"
        return Fault("doubtful-code", message, _hint(column))
    return cell


def _is_percent(form: str) -> bool:
    """Whether a format shows hundredths; between quotes or behind a backslash the sign says nothing."""
    return "%" in re.sub(r'"[^"]*"|\\.', "", form)


def fold(name: str) -> str:
    """A column's name as it is compared: in any case, with any spaces."""
    return " ".join(name.split()).casefold()


def as_declared(header: Iterable[str], names: Collection[str]) -> list[str]:
    """The names of a header as tables.yaml spells them; what it does not know stays."""
    spelt = {fold(name): name for name in names}
    return [name if name in names else spelt.get(fold(name), name) for name in header]
