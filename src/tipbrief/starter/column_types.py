"""What the columns of somebody's table hold: guessed where that is certain, else they are text."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import yaml

from tipbrief.assets import find_shipped_folder
from tipbrief.check.cell_values import (
    CellProblem,
    CellReader,
    normalise_cell,
    read_number,
    strip_percent_sign,
    zero_padded_width,
)
from tipbrief.check.models import Column
from tipbrief.check.texts import find_missing_characters
from tipbrief.fonts.font_library import coverage, load_fonts
from tipbrief.language.language import known_languages
from tipbrief.language.numbers import LATIN_DIGIT_TABLE, MOST_DIGITS
from tipbrief.language.persian import PERSIAN_LETTER_TABLE
from tipbrief.load.grid import Grid, read_csv
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.workbook import find_doubtful_cells, read_workbook
from tipbrief.problems import Problem

_FOLDER = Path(__file__).with_name("examples")


@cache
def read_example_texts(tag: str) -> Mapping[str, Any]:
    """What a new publication says in the language of this tag."""
    words: dict[str, Any] = yaml.safe_load((_FOLDER / f"{tag}.yaml").read_text(encoding="utf-8"))
    return words


ColumnKind = Literal["text", "code", "number", "year", "choice"]
ROW_NUMBER_COLUMN = "row_number"  # the column that counts rows of which none has a code
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it is a part of a file's name
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # two rows may be of one tomorrow
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_YEAR = re.compile(r"(?:1[3-9]|20)[0-9]{2}")
# Where no header says so, numbers are years if all are those of one calendar, of times that have tables.
_YEARS = (re.compile(r"(?:13[0-9]|14[0-4])[0-9]"), re.compile(r"(?:1[89]|20)[0-9]{2}"))
_LIKE_NUMBER = re.compile(r"\(?[-+\u2212]?[$€\u060b]? ?(?:0|[1-9][0-9,]*)(?:\.[0-9]+)? ?[%\u066a$€\u060b]?\)?")
_CURRENCY_SIGN = re.compile(r'"([^"]*)"|\[\$([^\]-]+)[^\]]*\]|([$€\u060b])')  # in a format of numbers
# Choices are few, short, and each is made by several rows.
MOST_CHOICES, _LONGEST_CHOICE, _ROWS_OF_EACH = 5, 16, 3
_BRACES = re.compile(r"[.{}]")  # names with these cannot be printed of a row


@dataclass(frozen=True, slots=True)
class ColumnGuess:
    """One column: its header, what its cells are, whether some are empty, the values of a choice, the unit.

    ``but`` says which cell keeps it from being one of numbers, where it nearly is; ``beside`` what a workbook
    shows beside its numbers.
    """

    header: str
    type: ColumnKind
    blank: bool = False
    choices: tuple[str, ...] = ()
    non_number_cell: str = ""
    unit: Literal["%"] | None = None
    shown_unit: str = ""

    @property
    def is_printable(self) -> bool:
        """Whether texts can print it of a row."""
        return not _BRACES.search(self.header)


@dataclass(frozen=True, slots=True)
class TableGuess:
    """A table: its columns, by which of them its rows are known and named, and its cells in their order.

    ``counts`` says that the key is a column that the file has not, with the numbers of the rows.
    """

    columns: tuple[ColumnGuess, ...]
    key: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    counts_rows: bool = False

    def columns_of(self, *types: ColumnKind) -> list[ColumnGuess]:
        """The columns of these types that can be printed, and hold something."""
        fit = [one for one in self.columns if one.type in types and one.is_printable]
        return [one for one in fit if any(self.column_cells(one.header))]

    @property
    def ends_in_total(self) -> bool:
        """Whether the last row adds up all others, in each column of numbers."""
        numbers = [self.column_cells(one.header) for one in self.columns if one.type == "number" and not one.unit]
        return bool(numbers) and all(_is_total(cells) for cells in numbers)

    def column_cells(self, header: str) -> list[str]:
        """What stands in a column."""
        place = [one.header for one in self.columns].index(header)
        return [row[place] for row in self.rows]


def read_table(file: Path) -> Grid:
    """A table as a CSV file or the first sheet of a workbook has it, the columns with a name."""
    grid = read_workbook(file) if file.suffix.lower() == WORKBOOK_SUFFIX else read_csv(file)
    named = [place for place, name in enumerate(grid.header) if name]
    return grid.select_columns(named, [grid.header[place] for place in named])


def find_table_problems(grid: Grid, guesses: TableGuess) -> Iterator[Problem]:
    """What is wrong with a table, whatever its columns hold: nothing can be built from it."""
    yield from find_doubtful_cells(grid)
    columns = [next(one for one in guesses.columns if one.header == name) for name in grid.header]
    reader = CellReader.from_grid(grid, [place for place, one in enumerate(columns) if one.type == "number"])
    covered = coverage(load_fonts(find_shipped_folder("fonts")))
    for place, one in enumerate(columns):
        column = Column(location=grid.header_row.location, type=one.type, unit=one.unit)
        padded, strange = zero_padded_width(grid, place), dict[str, list[Problem]]()
        for row in grid.rows:
            cell = normalise_cell(reader, one.header, column, row, place, padded)
            if isinstance(cell, CellProblem):
                yield row.cell_location(place).problem(cell.message, cell.hint, kind=cell.kind, token=row.cells[place])
            elif one.type in ("text", "choice"):
                for problem in find_missing_characters(cell, row.cell_location(place), covered):
                    strange.setdefault(problem.message, []).append(problem)
        for message, (first, *more) in strange.items():  # a sign of currency stands in all of its cells
            also = f", here and in {len(more)} more of '{one.header}'" if more else ""
            hint = "take it out of the cells, and say it in the header" if also and one.non_number_cell else first.hint
            yield replace(first, message=f"{message}{also}", hint=hint)


def guess_columns(grid: Grid) -> TableGuess:
    """What the columns of a table hold.

    Where no column has a name for each row that a file can have, too, one that counts them comes before.
    """
    # What is certain in one column of numbers tells what is doubtful in another.
    reader = CellReader.from_grid(grid, [place for place in range(len(grid.header)) if _may_be_numbers(grid, place)])
    held = [_guess_column(grid, place, name, reader) for place, name in enumerate(grid.header)]
    columns, cells = [one for one, _ in held], {one.header: cells for one, cells in held}
    key = _find_key(columns, cells)
    counts = not key
    if key:
        is_code = {key} - {one.header for one in columns if one.type == "year"}
        columns = [ColumnGuess(key, "code") if one.header in is_code else one for one in columns]
    else:
        key = ROW_NUMBER_COLUMN
        while key in cells:  # a column of the file has that name, and the same number twice
            key += "_"
        columns = [ColumnGuess(key, "code"), *columns]
        cells[key] = [str(number) for number in range(1, len(grid.rows) + 1)]
    texts = [one.header for one in columns if one.type == "text" and not one.blank and one.is_printable]
    texts = [name for name in texts if not any(one.non_number_cell for one in columns if one.header == name)]
    alone = (name for name in texts if len({*cells[name]}) == len(cells[name]))
    rows = zip(*(cells[one.header] for one in columns), strict=True)
    return TableGuess(tuple(columns), key, next(alone, key), tuple(rows), counts)


def _may_be_numbers(grid: Grid, place: int) -> bool:
    return all(read_number(strip_percent_sign(row.cells[place])) for row in grid.rows if row.cells[place])


def _guess_column(grid: Grid, place: int, name: str, reader: CellReader) -> tuple[ColumnGuess, list[str]]:
    """What a column holds, and its cells as that."""
    kinds: tuple[ColumnKind, ...] = ("year", "number", "text")
    read = ((kind, _read_cells_as(grid, place, name, kind, reader)) for kind in kinds)
    cells = {kind: found for kind, found in read if found is not None}
    text = cells.get("text", [row.cells[place] for row in grid.rows])
    filled = [cell for cell in text if cell]
    blank = len(filled) < len(text)
    if filled and _are_years(grid, place, name, [cell for cell in cells.get("year", ["-"]) if cell]):
        return ColumnGuess(name, "year", blank), cells["year"]
    if filled and "number" in cells and _are_numbers([cell for cell in cells["number"] if cell]):
        return ColumnGuess(name, "number", blank, shown_unit=_find_shown_unit(grid, place)), cells["number"]
    if filled and all(strip_percent_sign(cell) != cell for cell in filled):  # one without the sign may be anything
        shares = _read_cells_as(grid, place, name, "number", reader, "%")
        if shares and _are_numbers([cell for cell in shares if cell]):
            return ColumnGuess(name, "number", blank, unit="%"), shares
    choices = tuple(dict.fromkeys(filled))
    few = 2 <= len(choices) <= MOST_CHOICES and len(text) >= _ROWS_OF_EACH * len(choices)
    # Readers could not tell those apart that are the same in the letters of two keyboards.
    few = few and len({one.translate(PERSIAN_LETTER_TABLE).casefold() for one in choices}) == len(choices)
    like_numbers = any(_LIKE_NUMBER.fullmatch(one.translate(LATIN_DIGIT_TABLE)) for one in choices)
    if few and not blank and not like_numbers and all(len(one) <= _LONGEST_CHOICE for one in choices):
        return ColumnGuess(name, "choice", choices=choices), text
    if "text" not in cells and _are_stored_numbers(grid, place):
        return ColumnGuess(name, "number", blank), text  # what is doubtful of them a check says
    return ColumnGuess(name, "text", blank, non_number_cell=_find_non_number(grid, place, name, text, reader)), text


def _read_cells_as(
    grid: Grid, place: int, name: str, kind: ColumnKind, reader: CellReader, unit: Literal["%"] | None = None
) -> list[str] | None:
    """The cells of a column read as a kind; None where that is not certain for one of them."""
    column = Column(location=grid.header_row.location, type=kind, unit=unit)
    padded, found = zero_padded_width(grid, place), list[str]()
    for row in grid.rows:
        cell = normalise_cell(reader, name, column, row, place, padded)
        if isinstance(cell, CellProblem):
            return None
        found.append(cell)
    return found


def _are_years(grid: Grid, place: int, name: str, cells: Sequence[str]) -> bool:
    """Whether a column holds years: by its header, or by all that stands in several of its rows."""
    words = {str(read_example_texts(tag)["year"]).casefold() for tag in known_languages()}
    if not words.isdisjoint(re.split(r"[\W_]+", name.casefold())):
        return all(map(_YEAR.fullmatch, cells))
    grouped = any("," in row.typed_cells[place].format for row in grid.rows if place in row.typed_cells)
    return len(cells) > 1 and not grouped and any(all(map(form.fullmatch, cells)) for form in _YEARS)


def _are_stored_numbers(grid: Grid, place: int) -> bool:
    """Whether a workbook holds nothing but numbers there, or what stands for one."""
    kinds = {row.typed_cells[place].kind if place in row.typed_cells else row.cells[place] for row in grid.rows}
    return kinds <= {"number", "error", "formula", ""}


def _find_shown_unit(grid: Grid, place: int) -> str:
    """What the format of a workbook's numbers shows beside them, such as a currency."""
    forms = (row.typed_cells[place].format for row in grid.rows if place in row.typed_cells)
    found = (mark for form in forms for marks in _CURRENCY_SIGN.findall(form) for mark in marks if mark.strip())
    return next(found, "").strip()


def _find_non_number(grid: Grid, place: int, name: str, cells: Sequence[str], reader: CellReader) -> str:
    """Where the first cell stands that is no number, among others that are, or would be without a sign."""
    filled = [(row, cell) for row, cell in zip(grid.rows, cells, strict=True) if cell]
    like = [cell for _, cell in filled if _LIKE_NUMBER.fullmatch(cell.translate(LATIN_DIGIT_TABLE))]
    column = Column(location=grid.header_row.location, type="number")
    for row, shown in filled if len(like) * 2 >= len(filled) > 0 else ():
        cell = normalise_cell(reader, name, column, row, place, 0)
        if isinstance(cell, CellProblem) or not _NUMBER.fullmatch(cell):
            where = "row" if row.location.sheet else "line"
            return f"'{shown}' in {where} {row.location.line}"
    return ""


def _are_numbers(cells: Sequence[str]) -> bool:
    whole = all(cell.removeprefix("-").isdecimal() for cell in cells)
    measured = any(re.search(r"\.\d*[1-9]", cell) for cell in cells)
    # Whole numbers among which one has the decimals .0 are doubtful.
    sound = whole or measured or all("." in cell for cell in cells)
    return sound and all(_NUMBER.fullmatch(cell) and len(cell) <= MOST_DIGITS for cell in cells)


def _find_key(columns: Sequence[ColumnGuess], cells: dict[str, list[str]]) -> str:
    """The column whose cells can be names of files, each another; empty where there is none."""
    names = [one.header for one in columns if one.is_printable and not one.unit and _is_key(cells[one.header])]
    codes = [name for name in names if not all(map(_NUMBER.fullmatch, cells[name]))]
    # A number may be the same in two rows tomorrow; one that stands first or counts the rows is not.
    counted = (name for name in names if name == columns[0].header or _is_row_numbering(cells[name]))
    return next(iter(codes), next(counted, ""))


def _is_total(cells: Sequence[str]) -> bool:
    *others, last = (Decimal(cell or 0) for cell in cells)
    return len(others) > 1 and last == sum(others) != 0


def _is_key(cells: Sequence[str]) -> bool:
    fit = all(map(_KEY.fullmatch, cells)) and not all(map(_DAY.fullmatch, cells))
    return fit and len({cell.casefold() for cell in cells}) == len(cells) > 0


def _is_row_numbering(cells: Sequence[str]) -> bool:
    return list(cells) == [str(number) for number in range(1, len(cells) + 1)]
