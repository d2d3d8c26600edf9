"""Numbers in Persian digits, and read from those of any language."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.language import numbers
from tipbrief.language.language import load_language

DARI = load_language("fa-AF")


def test_digits_and_percentages() -> None:
    assert DARI.digits("سال 2025 و ٤٥٦") == "سال ۲۰۲۵ و ۴۵۶"
    assert DARI.digits(13) == "۱۳"
    assert DARI.percent(Decimal("1200.5")) == "۱٬۲۰۰٫۵\u200f٪", "a right-to-left mark before its sign"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "۰"), (999, "۹۹۹"), (1000, "۱٬۰۰۰"), (12345678, "۱۲٬۳۴۵٬۶۷۸"), (Decimal("1234.50"), "۱٬۲۳۴٫۵۰"),
        (Decimal("1E+3"), "۱٬۰۰۰"), (Decimal("1E-7"), "۰٫۰۰۰۰۰۰۱"),
        (-5, "\u2066\u2212۵\u2069"), (Decimal("-1234.5"), "\u2066\u2212۱٬۲۳۴٫۵\u2069"),
    ],
)  # fmt: skip
def test_number(value: int | Decimal, shown: str) -> None:
    assert DARI.number(value) == shown


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=3))
def test_a_shown_number_is_read_as_the_same_value(value: Decimal) -> None:
    shown = DARI.number(value)
    assert numbers.NUMBER.fullmatch(shown)
    assert numbers.parse_number(shown) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("۱۳", 13), ("١٣", 13), ("13", 13), ("۱٬۲۳۴", 1234), ("1,234,567", 1234567),
        ("۱۲٫۵", 12.5), ("12.5", 12.5),
    ],
)  # fmt: skip
def test_parse_number(typed: str, value: float) -> None:
    assert numbers.NUMBER.fullmatch(typed)
    assert numbers.parse_number(typed) == Decimal(str(value))


def test_a_comma_in_a_list_parts_two_numbers() -> None:
    assert [found[0] for found in numbers.NUMBER.finditer("۱,۲ و ۳.")] == ["۱", "۲", "۳"]
