"""Column types of a user's table: guessed if every cell is certain, else text."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Literal, NamedTuple

from tipbrief.assets import find_shipped_folder
from tipbrief.check import cell_values
from tipbrief.check.cell_values import CellProblem, CellReader, normalise_cell, strip_percent_sign, zero_padded_width
from tipbrief.check.models import Column
from tipbrief.check.tables import find_doubtful_cells
from tipbrief.check.texts import find_direction_characters, find_missing_characters
from tipbrief.fonts.font_library import coverage, load_fonts
from tipbrief.language.language import known_languages, read_data_file
from tipbrief.language.numbers import LATIN_DIGIT_TABLE, MAX_DIGITS
from tipbrief.language.rules import PERSIAN_LETTER_TABLE
from tipbrief.load.grid import Grid, read_grid
from tipbrief.problems import Problem

EXAMPLES_FOLDER = Path(__file__).with_name("examples")  # the example texts of a new publication, by language
ColumnKind = Literal["text", "code", "number", "year", "choice"]
ROW_NUMBER_COLUMN = "row_number"  # the added column that numbers rows without a code
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it becomes a part of a file's name
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # no key: a later row may be of the same day
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_YEAR = re.compile(r"(?:1[3-9]|20)[0-9]{2}")
# Without a header that says so, numbers are years if all are recent ones of one calendar.
_YEARS = (re.compile(r"(?:13[0-9]|14[0-4])[0-9]"), re.compile(r"(?:1[89]|20)[0-9]{2}"))
_LIKE_NUMBER = re.compile(r"\(?[-+\u2212]?[$€\u060b]? ?(?:0|[1-9][0-9,]*)(?:\.[0-9]+)? ?[%\u066a$€\u060b]?\)?")
_CURRENCY_SIGN = re.compile(r'"([^"]*)"|\[\$([^\]-]+)[^\]]*\]|([$€\u060b])')  # in a format of numbers
# Choices are few and short, with several rows for each.
MAX_CHOICES, _LONGEST_CHOICE, _ROWS_OF_EACH = 5, 16, 3


class ColumnGuess(NamedTuple):
    """One column of a table, as its header and cells suggest it."""

    header: str
    type: ColumnKind
    blank: bool = False  # whether some cells are empty
    choices: tuple[str, ...] = ()
    non_number_cell: str = ""  # the cell that keeps it from being a number column, if most others are numbers
    unit: Literal["%"] | None = None
    shown_unit: str = ""  # what a workbook shows beside its numbers

    @property
    def is_printable(self) -> bool:
        """Whether a text can print it with ``{row.…}``: its name has neither dot nor brace."""
        return {*".{}"}.isdisjoint(self.header)


class TableGuess(NamedTuple):
    """A table: its columns, the key column, the column with the rows' names, and the cells."""

    columns: tuple[ColumnGuess, ...]
    key: str
    name: str
    rows: tuple[tuple[str, ...], ...]
    counts_rows: bool = False  # whether the key is an added column with the numbers of the rows

    def columns_of(self, *types: ColumnKind) -> list[ColumnGuess]:
        """The printable columns of these types that are not empty."""
        fit = [one for one in self.columns if one.type in types and one.is_printable]
        return [one for one in fit if any(self.column_cells(one.header))]

    @property
    def ends_in_total(self) -> bool:
        """Whether the last row is the sum of the others in each number column."""
        numbers = [one.header for one in self.columns if one.type == "number" and not one.unit]
        columns = [[Decimal(cell or 0) for cell in self.column_cells(name)] for name in numbers]
        return bool(columns) and all(len(own) > 2 and own[-1] == sum(own[:-1]) != 0 for own in columns)

    def column_cells(self, header: str) -> list[str]:
        """The cells of a column."""
        index = [one.header for one in self.columns].index(header)
        return [row[index] for row in self.rows]


def read_table(file: Path) -> Grid:
    """The columns with a header, of a CSV file or of the first sheet of a workbook."""
    grid = read_grid(file)
    named = [place for place, name in enumerate(grid.header) if name]
    return grid.select_columns(named, [grid.header[place] for place in named])


def find_table_problems(grid: Grid, guesses: TableGuess) -> Iterator[Problem]:
    """The problems of a table from which nothing can be built, whatever its columns are."""
    yield from find_doubtful_cells(grid)
    for place, name in enumerate(grid.header):
        yield from find_direction_characters(name, grid.header_row.cell_location(place))
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
        for message, (first, *more) in strange.items():  # a currency sign is usually in every cell
            also = f", here and in {len(more)} more of '{one.header}'" if more else ""
            hint = "take it out of the cells, and say it in the header" if also and one.non_number_cell else first.hint
            yield replace(first, message=f"{message}{also}", hint=hint)


def guess_columns(grid: Grid) -> TableGuess:
    """The types of a table's columns, and its key. Without a column that can be the key, row numbers are added."""
    # The reader learns the decimal separator from a certain number for uncertain ones in other columns.
    filled = [[row.cells[place] for row in grid.rows if row.cells[place]] for place in range(len(grid.header))]
    certain = [all(cell_values.read_number(strip_percent_sign(one)) for one in some) for some in filled]
    reader = CellReader.from_grid(grid, [place for place, has_numbers in enumerate(certain) if has_numbers])
    held = [_guess_column(grid, place, name, reader) for place, name in enumerate(grid.header)]
    columns, cells = [one for one, _ in held], {one.header: cells for one, cells in held}
    key = _find_key(columns, cells)
    counts = not key
    if key:
        is_code = {key} - {one.header for one in columns if one.type == "year"}
        columns = [ColumnGuess(key, "code") if one.header in is_code else one for one in columns]
    else:
        key = ROW_NUMBER_COLUMN
        while key in cells:  # the file has a column of that name, in which a number is repeated
            key += "_"
        columns = [ColumnGuess(key, "code"), *columns]
        cells[key] = [str(number) for number in range(1, len(grid.rows) + 1)]
    full = [one for one in columns if one.type == "text" and not one.blank and not one.non_number_cell]
    texts = [one.header for one in full if one.is_printable]
    alone = (name for name in texts if len({*cells[name]}) == len(cells[name]))
    rows = zip(*(cells[one.header] for one in columns), strict=True)
    return TableGuess(tuple(columns), key, next(alone, key), tuple(rows), counts)


def _guess_column(grid: Grid, place: int, name: str, reader: CellReader) -> tuple[ColumnGuess, list[str]]:
    """The type of a column, and its cells as this type has them."""
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
    if filled and all(strip_percent_sign(cell) != cell for cell in filled):  # without the sign a number may be anything
        shares = _read_cells_as(grid, place, name, "number", reader, "%")
        if shares and _are_numbers([cell for cell in shares if cell]):
            return ColumnGuess(name, "number", blank, unit="%"), shares
    choices = tuple(dict.fromkeys(filled))
    few = 2 <= len(choices) <= MAX_CHOICES and len(text) >= _ROWS_OF_EACH * len(choices)
    # Choices that differ only in letters of two keyboards look the same to readers.
    few = few and len({one.translate(PERSIAN_LETTER_TABLE).casefold() for one in choices}) == len(choices)
    like_numbers = any(_LIKE_NUMBER.fullmatch(one.translate(LATIN_DIGIT_TABLE)) for one in choices)
    if few and not blank and not like_numbers and all(len(one) <= _LONGEST_CHOICE for one in choices):
        return ColumnGuess(name, "choice", choices=choices), text
    if "text" not in cells and _are_stored_numbers(grid, place):
        return ColumnGuess(name, "number", blank), text  # a check reports the doubtful ones
    return ColumnGuess(name, "text", blank, non_number_cell=_find_non_number(grid, place, name, text, reader)), text


def _read_cells_as(
    grid: Grid, place: int, name: str, kind: ColumnKind, reader: CellReader, unit: Literal["%"] | None = None
) -> list[str] | None:
    """The cells of a column as this type; None if one of them is not certain."""
    column = Column(location=grid.header_row.location, type=kind, unit=unit)
    padded, found = zero_padded_width(grid, place), list[str]()
    for row in grid.rows:
        cell = normalise_cell(reader, name, column, row, place, padded)
        if isinstance(cell, CellProblem):
            return None
        found.append(cell)
    return found


def _are_years(grid: Grid, place: int, name: str, cells: Sequence[str]) -> bool:
    words = {read_data_file(EXAMPLES_FOLDER / f"{tag}.yaml")["year"].casefold() for tag in known_languages()}
    if not words.isdisjoint(re.split(r"[\W_]+", name.casefold())):
        return all(map(_YEAR.fullmatch, cells))
    grouped = any("," in row.typed_cells[place].format for row in grid.rows if place in row.typed_cells)
    return len(cells) > 1 and not grouped and any(all(map(form.fullmatch, cells)) for form in _YEARS)


def _are_stored_numbers(grid: Grid, place: int) -> bool:
    """Whether a workbook's column has only numbers, errors and formulas."""
    kinds = {row.typed_cells[place].kind if place in row.typed_cells else row.cells[place] for row in grid.rows}
    return kinds <= {"number", "error", "formula", ""}


def _find_shown_unit(grid: Grid, place: int) -> str:
    """What the number format of a workbook adds to its numbers, such as a currency."""
    forms = (row.typed_cells[place].format for row in grid.rows if place in row.typed_cells)
    found = (mark for form in forms for marks in _CURRENCY_SIGN.findall(form) for mark in marks if mark.strip())
    return next(found, "").strip()


def _find_non_number(grid: Grid, place: int, name: str, cells: Sequence[str], reader: CellReader) -> str:
    """The first cell that is no number, with its line, in a column with mostly numbers or numbers with a sign."""
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
    # Whole numbers with one 5.0 among them are doubtful.
    sound = whole or measured or all("." in cell for cell in cells)
    return sound and all(_NUMBER.fullmatch(cell) and len(cell) <= MAX_DIGITS for cell in cells)


def _find_key(columns: Sequence[ColumnGuess], cells: dict[str, list[str]]) -> str:
    """The column whose cells are distinct and can be names of files; empty if there is none."""
    names = [one.header for one in columns if one.is_printable and not one.unit and _is_key(cells[one.header])]
    codes = [name for name in names if not all(map(_NUMBER.fullmatch, cells[name]))]
    # A number may be repeated in a later row, unless its column is the first or numbers the rows.
    row_numbers = [*map(str, range(1, max(map(len, cells.values()), default=0) + 1))]
    counted = (name for name in names if name == columns[0].header or cells[name] == row_numbers)
    return next(iter(codes), next(counted, ""))


def _is_key(cells: Sequence[str]) -> bool:
    fit = all(map(_KEY.fullmatch, cells)) and not all(map(_DAY.fullmatch, cells))
    return fit and len({cell.casefold() for cell in cells}) == len(cells) > 0
