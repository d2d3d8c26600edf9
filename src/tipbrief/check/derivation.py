"""Derivation: the arithmetic of derived figures, exact until it is rounded as declared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, localcontext
from fractions import Fraction

from tipbrief.check.models import Cells, Count, Table
from tipbrief.language.numbers import MOST_DIGITS

MOST_DECIMALS = 9
# Each way with two figures, and what its second one is.
OF_TWO = {"difference": "what is taken away", "ratio": "the divisor", "percent": "the whole"}
_PRECISION = 100  # digits: sums of a table of ten megabytes are exact


@dataclass(frozen=True, slots=True)
class Derivation:
    """On how many rows a derived figure rests, how many have no number, and whether it was rounded."""

    rows: int
    blank: int
    rounded: bool


def exact(way: str, values: Sequence[Decimal]) -> Fraction:
    """What a way makes of values; ValueError says why it is nothing."""
    if way in OF_TWO and len(values) != 2:
        raise ValueError(f"'{way}' needs two figures: the second is {OF_TWO[way]}")
    if not values:
        raise ValueError(f"there is no number for the {way}")
    numbers = [*map(Fraction, values)]
    if way == "sum":
        return sum(numbers, Fraction())
    if way == "mean":
        return sum(numbers, Fraction()) / len(numbers)
    if way == "difference":
        return numbers[0] - numbers[1]
    if not numbers[1]:
        raise ValueError(f"{OF_TWO[way]} is 0")
    return numbers[0] / numbers[1] * (100 if way == "percent" else 1)


def rounded(value: Fraction, decimals: int) -> Decimal:
    """A value with so many decimals; a half is rounded away from nothing."""
    scaled = abs(value) * 10**decimals
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    with localcontext(prec=_PRECISION):
        return Decimal(whole if value >= 0 else -whole).scaleb(-decimals)


def derived(way: str, values: Sequence[Decimal], decimals: int | None) -> Decimal:
    """The value of a derived figure; ValueError says why there is none."""
    value = exact(way, values)
    if decimals is None and (decimals := _decimals_of(way, value, values)) is None:
        # More decimals than anybody would print are shown of it.
        raise ValueError(f"it is {rounded(value, 6)}…, which must be rounded")
    made = rounded(value, decimals)
    if len(f"{made:f}") > MOST_DIGITS + 2:  # a minus and a point
        raise ValueError(f"it has more than {MOST_DIGITS} digits")
    return made


def _decimals_of(way: str, value: Fraction, values: Sequence[Decimal]) -> int | None:
    """With how many decimals a value is exact: a sum has as many as what it adds."""
    if way in ("sum", "difference"):
        return max(max(0, -int(one.as_tuple().exponent)) for one in values)
    exactly = (places for places in range(MOST_DECIMALS + 1) if not 10**places % value.denominator)
    return next(exactly, None)


def counted(table: Table, of: Count | Cells) -> list[Mapping[str, str]]:
    """The rows that a count or a column of numbers describes."""
    return [row for row in table.rows if all(row[name] == value for name, value in of.where.items())]


def cells_in(table: Table, cells: Cells) -> tuple[list[Decimal], list[Mapping[str, str]], int]:
    """The numbers of a column, the rows in which they stand, and how many such rows have none."""
    rows = counted(table, cells)
    filled = [row for row in rows if row[cells.column]]
    return [Decimal(row[cells.column]) for row in filled], filled, len(rows) - len(filled)


def sum_of(table: Table, cells: Cells) -> Decimal:
    """What a column adds up to; nothing where no row has a number."""
    return total(cells_in(table, cells)[0])


def total(numbers: Sequence[Decimal]) -> Decimal:
    """What numbers add up to."""
    return derived("sum", numbers, None) if numbers else Decimal()
