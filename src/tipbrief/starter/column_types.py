"""The columns of a user's table: their types (guessed if every cell is certain), and its key."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from tipbrief.check import cell_values
from tipbrief.check.cell_values import CellProblem, CellReader, normalise_cell, strip_percent_sign, zero_padded_width
from tipbrief.check.figures import MAX_DECIMALS, round_half_up
from tipbrief.check.models import Column
from tipbrief.check.tables import read_wide_year
from tipbrief.language.language import known_languages, read_data_file
from tipbrief.language.numbers import LATIN_DIGIT_TABLE, MAX_DIGITS
from tipbrief.language.rules import PERSIAN_LETTER_TABLE
from tipbrief.language.word_lists import fold_name, list_codes, load_codes, romanise
from tipbrief.load.grid import Grid
from tipbrief.starter.private_columns import find_private_columns, names_people
from tipbrief.starter.table_layout import read_table_words

EXAMPLES_FOLDER = Path(__file__).with_name("examples")  # the example texts of a new publication, by language
ColumnKind = Literal["text", "code", "number", "year", "choice"]
_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it becomes a part of a file's name
_NAME = re.compile(r"[A-Z][a-z]+(?:[-_][A-Za-z]+)*")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")  # no key: a later row may be of the same day
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_YEAR = re.compile(r"(?:1[3-9]|20)[0-9]{2}")
# Without a header that says so, numbers are years if all are recent ones of one calendar.
_YEARS = (re.compile(r"(?:13[0-9]|14[0-4])[0-9]"), re.compile(r"(?:1[89]|20)[0-9]{2}"))
_LIKE_NUMBER = re.compile(r"\(?[-+\u2212]?[$€\u060b]? ?(?:0|[1-9][0-9,]*)(?:\.[0-9]+)? ?[%\u066a$€\u060b]?\)?")
_CURRENCY_SIGN = re.compile(r'"([^"]*)"|\[\$([^\]-]+)[^\]]*\]|([$€\u060b])')  # in a format of numbers
# Numbers with more decimals are rounded. Large ones keep one, as 974.6.
_FEW_DECIMALS, _LARGE = 2, 10
# Choices are few and short, with several rows for each.
MAX_CHOICES, _LONGEST_CHOICE, _ROWS_OF_EACH = 9, 20, 3


class ColumnGuess(NamedTuple):
    """One column of a table, as its header and cells suggest it."""

    header: str
    type: ColumnKind
    blank: bool = False  # whether some cells are empty
    choices: tuple[str, ...] = ()
    non_number_cell: str = ""  # the cell that keeps it from being a number column, if most others are numbers
    unit: Literal["%"] | None = None
    shown_unit: str = ""  # what a workbook shows beside its numbers
    codes: str = ""  # the rule by which it is made of the names in the column ``source``
    source: str = ""
    names: Mapping[str, str] = {}  # that the rule does not know, with their codes
    decimals: int | None = None  # to which its numbers are rounded, if they have many
    private: str = ""  # what it holds that not everybody may read, such as phone numbers

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

    def columns_of(self, *types: ColumnKind) -> list[ColumnGuess]:
        """The printable columns of these types that are not empty, and that everybody may read."""
        public = [one for one in self.columns if not one.private]
        fit = [one for one in public if one.type in types and one.is_printable]
        return [one for one in fit if any(self.column_cells(one.header))]

    @property
    def private_columns(self) -> dict[str, str]:
        """The columns that not everybody may read, each with its kind."""
        return {column.header: column.private for column in self.columns if column.private}

    @property
    def year_decimals(self) -> int | None:
        """The decimals to which the columns of years are rounded, if they have many."""
        return choose_decimals([cell for year in self.years for cell in self.column_cells(year)])

    @property
    def years(self) -> list[str]:
        """The columns of a table that has years as columns."""
        found = [one.header for one in self.columns if one.type == "number" and read_wide_year(one.header)]
        return sorted(found, key=read_wide_year) if len(found) > 2 else []

    def find_constant(self, header: str) -> str:
        """The cell that a column has in all of several rows; else empty."""
        cells = {*self.column_cells(header)}
        return cells.pop() if len(cells) == 1 and len(self.rows) > 2 else ""

    def column_cells(self, header: str) -> list[str]:
        """The cells of a column."""
        index = [one.header for one in self.columns].index(header)
        return [row[index] for row in self.rows]


def guess_columns(grid: Grid, *, finds_private: bool = True) -> TableGuess:
    """The types of a table's columns, and its key. Without a column that can be the key, one is made of the names."""
    # The reader learns the decimal separator from a certain number for uncertain ones in other columns.
    filled = [[row.cells[place] for row in grid.rows if row.cells[place]] for place in range(len(grid.header))]
    certain = [all(cell_values.read_number(strip_percent_sign(one)) for one in some) for some in filled]
    reader = CellReader.from_grid(grid, [place for place, has_numbers in enumerate(certain) if has_numbers])
    held = [_guess_column(grid, place, name, reader) for place, name in enumerate(grid.header)]
    columns, cells = [one for one, _ in held], {one.header: cells for one, cells in held}

    written = {name: [row.cells[place] for row in grid.rows] for place, name in enumerate(grid.header)}
    kinds = find_private_columns(written) if finds_private else {}
    columns = [_keep_private(column, kinds.get(column.header, "")) for column in columns]
    public = [column for column in columns if not column.private]
    columns = [_round_for_print(column, cells[column.header]) for column in columns]
    rows_are_people = names_people(kinds.values())

    full = [one for one in public if one.type in ("text", "choice") and not one.blank and not one.non_number_cell]
    alone = [one.header for one in full if one.is_printable and len({*cells[one.header]}) == len(grid.rows)]
    key_cells = {column.header: cells[column.header] for column in public}
    if rows_are_people:
        # An answer in words may be a name that no header tells.
        alone = []
        key_cells = {name: column_cells for name, column_cells in key_cells.items() if _are_codes(column_cells)}
    made, codes = _find_key(public, key_cells, alone, len(grid.rows), cells)
    if made.codes:
        columns, cells = [made, *columns], {made.header: codes, **cells}
    else:
        is_code = {made.header} - {one.header for one in columns if one.type == "year"}
        columns = [ColumnGuess(made.header, "code") if one.header in is_code else one for one in columns]
    texts = [column.header for column in columns if column.type == "text" and not column.private]
    texts = [header for header in texts if any(map(str.isalpha, "".join(cells[header])))]
    if all(map(_NAME.fullmatch, cells[made.header])) and fold_name(made.header) not in read_table_words("codes"):
        texts = []  # the key is a name already
    elif made.codes and not texts:
        texts = alone
    rows = zip(*(cells[one.header] for one in columns), strict=True)
    name = next((one for one in alone if one in texts), made.header)
    return TableGuess(tuple(columns), made.header, name, tuple(rows))


def _keep_private(column: ColumnGuess, kind: str) -> ColumnGuess:
    """The column as a private one, if it is of such a kind: tables.yaml, which PDFs carry, has no cell of it."""
    if not kind:
        return column
    column_type: ColumnKind = "text" if column.type == "choice" else column.type
    return column._replace(type=column_type, choices=(), non_number_cell="", private=kind)


def _round_for_print(column: ColumnGuess, cells: Sequence[str]) -> ColumnGuess:
    if column.type != "number" or column.private:
        return column
    return column._replace(decimals=choose_decimals(cells))


def choose_decimals(cells: Sequence[str]) -> int | None:
    """To how many decimals numbers are rounded for print; None if they are short, or no numbers.

    As many as most have, if those are one or two; else one for large numbers and two for small ones. No number
    becomes zero.
    """
    numbers = [Decimal(cell) for cell in cells if _NUMBER.fullmatch(cell)]
    lengths = Counter(len(cell.partition(".")[2]) for cell in cells if "." in cell and _NUMBER.fullmatch(cell))
    if not lengths or max(lengths) <= _FEW_DECIMALS:
        return None
    usual = lengths.most_common(1)[0][0]
    if usual > _FEW_DECIMALS:
        usual = 1 if median(map(abs, numbers)) >= _LARGE else _FEW_DECIMALS
    smallest = min((abs(number) for number in numbers if number), default=Decimal(1))
    while usual < max(lengths) and round_half_up(Fraction(smallest), usual) == 0:
        usual += 1
    return usual if usual < min(max(lengths), MAX_DECIMALS + 1) else None


def _are_codes(cells: Sequence[str]) -> bool:
    return all(any(map(str.isdecimal, cell)) for cell in cells)


def _guess_column(grid: Grid, place: int, name: str, reader: CellReader) -> tuple[ColumnGuess, list[str]]:
    types: tuple[ColumnKind, ...] = ("year", "number", "text")
    read = ((kind, _read_cells_as(grid, place, name, kind, reader)) for kind in types)
    cells = {kind: found for kind, found in read if found is not None}
    text = cells.get("text", [row.cells[place] for row in grid.rows])
    filled = [cell for cell in text if cell]
    blank = len(filled) < len(text)
    years = [cell for cell in cells.get("year", ["-"]) if cell]
    if filled and not any(map(read_wide_year, name.split())) and _are_years(grid, place, name, years):
        return ColumnGuess(name, "year", blank), cells["year"]
    counts = place == 0 and cells.get("number") == [*map(str, range(1, len(text) + 1))] and len(text) > 2
    if fold_name(name) in read_table_words("serials") or counts:
        return ColumnGuess(name, "code", blank), text
    plain = [cell for cell in cells.get("number", ["-"]) if cell]
    if (filled or read_wide_year(name)) and _are_numbers(plain):
        return ColumnGuess(name, "number", blank, shown_unit=_find_shown_unit(grid, place)), cells["number"]
    if filled and all(strip_percent_sign(cell) != cell for cell in filled):  # without the sign a number may be anything
        shares = _read_cells_as(grid, place, name, "number", reader, "%")
        if shares and _are_numbers([cell for cell in shares if cell]):
            return ColumnGuess(name, "number", blank, unit="%"), shares
    readings = [cell_values.read_number(cell) for cell in text]
    numbers = [one.number if one else "" for one in readings]
    if filled and "number" not in cells and len([one for one in readings if one]) == len(filled):
        return ColumnGuess(name, "number", blank), numbers  # a check asks which of two numbers is meant
    choices = tuple(dict.fromkeys(filled))
    few = 2 <= len(choices) <= MAX_CHOICES and len(text) >= _ROWS_OF_EACH * len(choices)
    # Choices that differ only in letters of two keyboards look the same to readers.
    few = few and len({one.translate(PERSIAN_LETTER_TABLE).casefold() for one in choices}) == len(choices)
    like_numbers = any(_LIKE_NUMBER.fullmatch(one.translate(LATIN_DIGIT_TABLE)) for one in choices)
    if few and not blank and not like_numbers and all(len(one) <= _LONGEST_CHOICE for one in choices):
        return ColumnGuess(name, "choice", choices=choices), text
    kinds = {row.typed_cells[place].kind if place in row.typed_cells else row.cells[place] for row in grid.rows}
    if "text" not in cells and kinds <= {"number", "error", "formula", ""}:  # a check reports the doubtful ones
        return ColumnGuess(name, "number", blank), numbers
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


def _find_key(
    columns: Sequence[ColumnGuess],
    cells: Mapping[str, list[str]],
    names: Sequence[str],
    row_count: int,
    taken: Collection[str],
) -> tuple[ColumnGuess, list[str]]:
    """The column whose cells are distinct and can be names of files, or one that is made of names, with its cells."""
    keys = {name for name, own in cells.items() if all(map(_KEY.fullmatch, own)) and not all(map(_DAY.fullmatch, own))}
    distinct = {name for name in keys if len({cell.casefold() for cell in cells[name]}) == len(cells[name]) > 0}
    fit = [one.header for one in columns if one.is_printable and not one.unit and one.header in distinct]
    codes = [name for name in fit if not all(map(_NUMBER.fullmatch, cells[name]))]
    own = [
        name for name in codes if not read_table_words("codes").isdisjoint(map(fold_name, re.split(r"[\W_]+", name)))
    ]
    codes = [*dict.fromkeys([*own, *codes])]
    new = "code"
    while new in taken:
        new += "_"
    for rule in list_codes():
        known = load_codes(rule)
        if found := next((name for name in codes if {*cells[name]} <= {*known.values()}), ""):
            return ColumnGuess(found, "code"), cells[found]
        for source in names if not own else ():
            unknown = [cell for cell in cells[source] if fold_name(cell) not in known]
            few = unknown if len(unknown) * 3 < len(cells[source]) else ()
            more = {cell: _find_similar_code(cell, known) for cell in few}
            made = [known.get(fold_name(cell)) or more.get(cell, "") for cell in cells[source]]
            if all(made) and len({*made}) == len(made) > 1:
                return ColumnGuess(new, "code", codes=rule, source=source, names=more), made
    # A number may be repeated in a later row, unless its column is the first or numbers the rows.
    row_numbers = [*map(str, range(1, row_count + 1))]
    first = [name for name in fit if name == columns[0].header and cells[name] != row_numbers]
    if found := next(iter([*codes, *first]), ""):
        return ColumnGuess(found, "code"), cells[found]
    for source in names:
        made = [romanise(cell) for cell in cells[source]]
        if all(made) and len({*made}) == len(made):
            return ColumnGuess(new, "code", codes="latin", source=source), made
    if found := next((name for name in fit if cells[name] == row_numbers), ""):
        return ColumnGuess(found, "code"), cells[found]
    return ColumnGuess(new, "code", codes="rows"), row_numbers


def _find_similar_code(name: str, known: Mapping[str, str]) -> str:
    """The only code with a name that differs in a letter or two; else empty."""
    similar = {known[one] for one in get_close_matches(fold_name(name), known, cutoff=0.8)}
    return similar.pop() if len(similar) == 1 else ""
