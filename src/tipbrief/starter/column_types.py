"""A user's table: where it stands in its file, its column types (guessed if every cell is certain), its key."""

import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from functools import cache
from pathlib import Path
from statistics import median
from typing import Literal, NamedTuple

from tipbrief.check import cell_values
from tipbrief.check.cell_values import CellProblem, CellReader, normalise_cell, strip_percent_sign, zero_padded_width
from tipbrief.check.figures import MAX_DECIMALS, round_half_up
from tipbrief.check.models import Column
from tipbrief.check.tables import read_wide_year
from tipbrief.language.language import TABLE_WORDS, known_languages, read_data_file
from tipbrief.language.numbers import LATIN_DIGIT_TABLE, MAX_DIGITS
from tipbrief.language.rules import PERSIAN_LETTER_TABLE
from tipbrief.language.word_lists import fold_name, list_codes, load_codes, romanise
from tipbrief.load.grid import SEPARATORS, FileRows, Grid, Row, TableLayout, read_file_rows
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.schema import HIDDEN_ROWS, RowSelector
from tipbrief.load.source_text import SourceLocation, Text, read_text
from tipbrief.starter.private_columns import find_private_columns, names_people

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
# Numbers with more decimals are rounded for print. Large ones have one, as 974.6.
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


class FoundTable(NamedTuple):
    """A table as it was found in a file: where it stands, and what of the file is left out, with the reason."""

    grid: Grid
    layout: TableLayout
    left_out: tuple[tuple[int, str, str], ...]  # rows: line, reason, words
    titles: tuple[str, ...]  # what stands above the table, the nearest first


def read_table(file: Path, sheet: str = "") -> FoundTable:
    """The table in a CSV file, or in a sheet of a workbook: the named one, or the first visible one with rows."""
    place = SourceLocation(file)
    found = read_file_rows(file, Text(sheet, place) if sheet else None, _find_separated_line(file))
    for name in found.other_sheets if not sheet else ():
        if sum(len(_filled_columns(row)) > 1 for row in found.rows) > 1:
            break
        found = read_file_rows(file, Text(name, place))
    layout, left_out = _LayoutFinder(found).find_layout()
    if found.other_sheets:
        layout = layout._replace(sheet=Text(found.place.sheet, place))
    grid = found.take_table(layout)
    named = [at for at, name in enumerate(grid.header) if name]
    above = [row for row in found.rows if row.location.line < grid.header_row.location.line]
    titles = tuple("".join(row.cells) for row in reversed(above) if len(_filled_columns(row)) == 1)
    grid = grid.select_columns(named, [grid.header[at] for at in named])
    return FoundTable(grid, layout, left_out, titles)


def _find_separated_line(file: Path) -> int:
    """The first line of a CSV file with most separators, if its first line has far fewer; else 0."""
    lines = read_text(file, utf_16=True).splitlines()[:50] if file.suffix.lower() != WORKBOOK_SUFFIX else []
    counts = [max(map(line.count, SEPARATORS)) for line in lines if line.strip()]
    many = next((at for at, line in enumerate(lines, 1) if max(map(line.count, SEPARATORS)) * 3 > max(counts) * 2), 0)
    return many if counts and counts[0] * 3 < max(counts) * 2 else 0


class _LayoutFinder:
    """Finds which of the rows of a file are a table."""

    def __init__(self, found: FileRows) -> None:
        self._found = found
        self._shown = [row for row in found.rows if row.location.line not in found.hidden_rows]
        self._merged = {top for top, left, _, right in found.merged_ranges if left < right}
        ends = [0, *(row.location.end_line + 1 for row in found.rows)]
        starts = [row.location.line for row in found.rows]
        self._behind_gap = {start for start, end in zip(starts, ends, strict=False) if start > end}
        self._group_start = 0

    def find_layout(self) -> tuple[TableLayout, tuple[tuple[int, str, str], ...]]:
        """Where the table stands, and what is left out: why, and its words."""
        if not self._shown:
            return TableLayout(), ()
        head = self._find_header()
        start, end = head[0].location.line, head[-1].location.line
        body = [row for row in self._shown if row.location.line > end]
        self._head, self._full = head[-1], [row for row in body if len(_filled_columns(row)) > 1]
        self._numbers, most = _find_number_columns(self._full), len(self._full) * 7
        columns = range(len(self._head.cells))
        self._always = {at for at in columns if sum(at in _filled_columns(row) for row in self._full) * 10 > most}
        kept, last, reasons = list[Row](), 0, dict[int, str]()
        for index, row in enumerate(body):
            if self._begins_another_table(row, kept):
                last = body[index - 1].location.line
                break
            if reason := self._find_reason(row, kept):
                reasons[row.location.line], self._group_start = reason, len(kept)
            else:
                kept.append(row)
        hidden = [line for line in self._found.hidden_rows if end < line <= (last or line)]
        skip = [RowSelector.parse(HIDDEN_ROWS)] if hidden else []
        for row in (row for row in body if row.location.line in reasons):
            if not any(one.selects(row.location.line, row.cells) for one in skip):
                skip.append(_choose_selector(row, kept))
        cells = dict.fromkeys(one.cells[at] for at in sorted(_find_number_columns(kept, entirely=True)) for one in kept)
        empty = tuple(cell for cell in cells if cell in _read_words("empty"))
        unnamed = any(
            cell and not name for row in kept for cell, name in zip(row.cells, self._head.cells, strict=False)
        )
        is_declared = start != self._found.rows[0].location.line or start != end or unnamed
        header = RowSelector.parse(f"{start}" if start == end else f"{start}-{end}") if is_declared else None
        reasons |= dict.fromkeys(hidden, "left out, hidden in the sheet")
        for line in (row.location.line for row in self._shown):
            if line < start or 0 < last < line:
                reasons[line] = "left out, above the header" if line < start else "left out, below the table"
        sums = _compare_sums(kept[-1], kept[:-1], self._numbers) if len(kept) > 2 else []
        if sums and all(sums):
            reasons[kept[-1].location.line] = "a row, although its numbers are the sums of the others (is it a total?)"
        texts = {row.location.line: shorten(" | ".join(filter(None, row.cells)), 60) for row in self._found.rows}
        left_out = ((line, why, texts.get(line, "")) for line, why in sorted(reasons.items()))
        return TableLayout(None, header, last or None, tuple(skip), empty), tuple(left_out)

    def _find_header(self) -> list[Row]:
        """The row with the names of the columns, the first that is nearly as full as any, or with another one two."""
        widest = max(len(_filled_columns(row)) for row in self._shown)
        able = [row for row in self._shown if len(_filled_columns(row)) * 5 >= widest * 3]
        head = next(filter(_has_names, able), able[0])
        at = self._shown.index(head)
        for upper, lower in zip(self._shown[max(0, at - 1) :], self._shown[max(1, at) : at + 2], strict=False):
            above, below = _filled_columns(upper), _filled_columns(lower)
            is_merged = upper.location.line in self._merged
            groups = len(above) > 1 if is_merged or above - below else False  # it names more than a title does
            groups = groups or (is_merged and min(above) > min(below))
            next_to = lower.location.line == upper.location.end_line + 1
            # Below a header without gaps stands a row of the table.
            is_second = lower is head or bool(above - below and not all(map(_has_names, self._shown[at + 2 :])))
            if groups and below - above and next_to and is_second and _has_names(upper) and _has_names(lower):
                return [upper, lower]
        return [head]

    def _begins_another_table(self, row: Row, kept: Sequence[Row]) -> bool:
        """Whether a row behind a gap has words under columns of numbers."""
        numbers = _find_number_columns(kept[:200]) if row.location.line in self._behind_gap and len(kept) > 1 else set()
        words = {row.cells[at] for at in _filled_columns(row) & numbers if not _is_number(row.cells[at])}
        return len(_filled_columns(row)) > 1 and bool(words - _read_words("empty"))

    def _find_reason(self, row: Row, kept: Sequence[Row]) -> str:
        """Why a row below the header is no row of the table; empty if it is one."""
        filled, line = _filled_columns(row), row.location.line
        if len(filled) > 1 and all(row.cells[at] == self._head.cells[at] for at in filled):
            return "left out, the header again"
        first = next((row.cells[at] for at in sorted(filled - self._numbers)), "")
        is_total, begins = (fold_name(one) in _read_words("totals") for one in (first, first.partition(" ")[0]))
        lacks = not self._always <= filled
        if filled & self._numbers and (is_total or begins or (lacks and row is self._full[-1])):
            groups = kept, kept[self._group_start :]  # of subtotals those above it, up to the one before
            sums = max((_compare_sums(row, one, self._numbers) for one in groups), key=sum)
            fits = bool(sums) and all(sums)
            if is_total or (begins and (fits or lacks)) or (lacks and fits and len(kept) > 2):
                return "left out, a total" + ("" if fits or not sums else ", but not the sum of the rows")
        if len(filled) != 1 or not self._full:
            return ""
        (at,) = filled
        longest = max((len(one.cells[at]) for one in self._full if at in _filled_columns(one)), default=0)
        alone = line in self._behind_gap or line in self._merged or len(row.cells[at]) > longest
        return "left out, words in one cell only" if alone or len(self._always - filled) > 1 else ""


def _filled_columns(row: Row) -> set[int]:
    return {at for at, cell in enumerate(row.cells) if cell or at in row.typed_cells}


def _is_number(cell: str) -> bool:
    return cell_values.read_number(strip_percent_sign(cell)) is not None


def _has_names(row: Row) -> bool:
    """Whether the cells can be names of columns: at most a third are numbers that are no years."""
    # 'n/a' is no name, and stands among numbers.
    filled = [at for at in _filled_columns(row) if row.cells[at] not in _read_words("empty")]
    numbers = [at for at in filled if _is_number(row.cells[at]) and not read_wide_year(row.cells[at])]
    return len(numbers) * 3 <= len(filled)


def _find_number_columns(rows: Sequence[Row], *, entirely: bool = False) -> set[int]:
    """The columns with numbers in most of their cells, or in all, without those that say that there is none."""
    found = set[int]()
    for at in range(max((len(row.cells) for row in rows), default=0)):
        filled = [row.cells[at] for row in rows if at < len(row.cells) and row.cells[at]]
        cells = [cell for cell in filled if cell not in _read_words("empty")]
        count = sum(map(_is_number, cells))
        if count == len(cells) if entirely else count * 3 > len(cells) * 2:
            found.add(at)
    return found


def _compare_sums(row: Row, rows: Sequence[Row], numbers: set[int]) -> list[bool]:
    """For each number of a row whether it is the sum of those above it, apart from years and numbers of rows."""
    found = list[bool]()
    for at in sorted(_filled_columns(row) & numbers):
        read = [cell_values.read_number(strip_percent_sign(one.cells[at])) for one in (*rows, row)]
        *values, last = (Decimal(one.number) if one else Decimal() for one in read)
        is_year = all(read_wide_year(one.cells[at]) for one in rows)
        if not is_year and values != [*range(1, len(rows) + 1)] and "%" not in row.cells[at]:
            found.append(sum(values) == last != 0)
    return found


def _choose_selector(row: Row, kept: Sequence[Row]) -> RowSelector:
    """What names a row in tables.yaml: its first words, or its number if rows of the table have them, too."""
    words = next((cell for cell in row.cells if cell and not _is_number(cell)), "")
    named = RowSelector.parse(shorten(words, 40) or str(row.location.line))
    is_sure = not named.first and not any(named.selects(one.location.line, one.cells) for one in kept)
    return named if is_sure else RowSelector.parse(str(row.location.line))


def shorten(text: str, most: int) -> str:
    """The beginning of a text, in one line."""
    text = " ".join(text.split())
    return text if len(text) <= most else text[:most].rstrip() + "…"


@cache
def _read_words(kind: str) -> frozenset[str]:
    words: list[str] = read_data_file(TABLE_WORDS)[kind]
    return frozenset(words if kind == "empty" else map(fold_name, words))


def guess_columns(grid: Grid, *, finds_private: bool = True) -> TableGuess:
    """The types of a table's columns, and its key. Without a column that can be the key, one is made of the names."""
    # The reader learns the decimal separator from a certain number for uncertain ones in other columns.
    filled = [[row.cells[place] for row in grid.rows if row.cells[place]] for place in range(len(grid.header))]
    certain = [all(cell_values.read_number(strip_percent_sign(one)) for one in some) for some in filled]
    reader = CellReader.from_grid(grid, [place for place, has_numbers in enumerate(certain) if has_numbers])
    held = [_guess_column(grid, place, name, reader) for place, name in enumerate(grid.header)]
    columns, cells = [one for one, _ in held], {one.header: cells for one, cells in held}

    kinds = _find_private_kinds(grid) if finds_private else {}
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
    if all(map(_NAME.fullmatch, cells[made.header])) and fold_name(made.header) not in _read_words("codes"):
        texts = []  # the key is a name already
    elif made.codes and not texts:
        texts = alone
    rows = zip(*(cells[one.header] for one in columns), strict=True)
    name = next((one for one in alone if one in texts), made.header)
    return TableGuess(tuple(columns), made.header, name, tuple(rows))


def _find_private_kinds(grid: Grid) -> dict[str, str]:
    """The columns that not everybody may read; a translation ``name.ps`` together with its column ``name``."""
    cells = {name: [row.cells[place] for row in grid.rows] for place, name in enumerate(grid.header)}
    kinds = find_private_columns(cells)
    for name in grid.header:
        base, _, tag = name.rpartition(".")
        if base in cells and tag in known_languages() and (kind := kinds.get(base) or kinds.get(name)):
            kinds[base] = kind
            kinds[name] = kind
    return kinds


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
    if fold_name(name) in _read_words("serials") or counts:
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
    own = [name for name in codes if not _read_words("codes").isdisjoint(map(fold_name, re.split(r"[\W_]+", name)))]
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
