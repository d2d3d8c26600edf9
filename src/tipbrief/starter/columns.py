"""What the columns of somebody's table hold: guessed where that is certain, else they are text."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from tipbrief.language.numbers import MOST_DIGITS
from tipbrief.load.csv_rows import Grid

_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")  # it is a part of a file's name
_NUMBER = re.compile(r"(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
_YEAR = re.compile(r"(?:1[3-9]|20)[0-9]{2}")
_YEARS = ("year", "سال", "کال")
# Choices are few, short, and each is made by several rows.
MOST_CHOICES, _LONGEST_CHOICE, _ROWS_OF_EACH = 5, 16, 3
_BRACES = re.compile(r"[.{}]")  # names with these cannot be printed of a row


@dataclass(frozen=True, slots=True)
class Guess:
    """One column: its header, what its cells are, whether some are empty, the values of a choice."""

    header: str
    type: str
    blank: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Guesses:
    """The columns of a table: by which its rows are known and named, and what all of them hold."""

    columns: tuple[Guess, ...]
    key: str
    name: str

    def of(self, *types: str) -> list[Guess]:
        """The columns of these types that can be printed."""
        return [one for one in self.columns if one.type in types and not _BRACES.search(one.header)]


def guessed(grid: Grid) -> Guesses | None:
    """What the columns hold; None where no column has a name for each row that a file can have, too."""
    cells = {name: [row.cells[place] for row in grid.rows] for place, name in enumerate(grid.header)}
    keys = [name for name, column in cells.items() if _is_key(column) and not _BRACES.search(name)]
    # A number may be the same in two rows tomorrow: a code never is.
    key = next((name for name in keys if not all(map(_NUMBER.fullmatch, cells[name]))), "")
    if not key and keys and (keys[0] == grid.header[0] or _is_order(cells[keys[0]])):
        key = keys[0]
    if not key:
        return None
    columns = [_guess(name, column, is_key=name == key) for name, column in cells.items()]
    texts = [one.header for one in columns if one.type == "text" and not one.blank]
    alone = [name for name in texts if len({*cells[name]}) == len(cells[name]) and not _BRACES.search(name)]
    return Guesses(tuple(columns), key, next(iter(alone), key))


def numbered(grid: Grid, name: str) -> Grid:
    """The table with a first column that numbers its rows."""
    rows = [replace(row, cells=(str(place), *row.cells)) for place, row in enumerate(grid.rows, 1)]
    return replace(grid, header=(name, *grid.header), rows=tuple(rows))


def _guess(name: str, cells: Sequence[str], *, is_key: bool) -> Guess:
    filled = [cell for cell in cells if cell]
    blank = len(filled) < len(cells)
    if is_key:
        return Guess(name, "code")
    if filled and all(map(_YEAR.fullmatch, filled)) and any(word in name.casefold() for word in _YEARS):
        return Guess(name, "year", blank)
    if filled and _are_numbers(filled):
        return Guess(name, "number", blank)
    choices = tuple(dict.fromkeys(filled))
    few = 2 <= len(choices) <= MOST_CHOICES and len(cells) >= _ROWS_OF_EACH * len(choices)
    if few and not blank and all(len(one) <= _LONGEST_CHOICE and not one.isdecimal() for one in choices):
        return Guess(name, "choice", choices=choices)
    return Guess(name, "text", blank)


def _are_numbers(cells: Sequence[str]) -> bool:
    whole = all(cell.isdecimal() for cell in cells)
    measured = any(re.search(r"\.\d*[1-9]", cell) for cell in cells)
    # Whole numbers among which one has the decimals .0 are doubtful.
    sound = whole or measured or all("." in cell for cell in cells)
    return sound and all(_NUMBER.fullmatch(cell) and len(cell) <= MOST_DIGITS for cell in cells)


def _is_key(cells: Sequence[str]) -> bool:
    return all(map(_KEY.fullmatch, cells)) and len({cell.casefold() for cell in cells}) == len(cells) > 0


def _is_order(cells: Sequence[str]) -> bool:
    return list(cells) == [str(number) for number in range(1, len(cells) + 1)]
