from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.language import dates, numbers
from tipbrief.language.dates import Date
from tipbrief.language.text import latin_runs, normal_form


def test_digits() -> None:
    assert numbers.digits("سال 2025 و ٤٥٦") == "سال ۲۰۲۵ و ۴۵۶"
    assert numbers.digits(13) == "۱۳"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0, "۰"),
        (999, "۹۹۹"),
        (1000, "۱٬۰۰۰"),
        (12345678, "۱۲٬۳۴۵٬۶۷۸"),
        (Decimal("1234.50"), "۱٬۲۳۴٫۵۰"),
        (Decimal("1E+3"), "۱٬۰۰۰"),
        (Decimal("1E-7"), "۰٫۰۰۰۰۰۰۱"),
        (-5, "\u2066\u2212۵\u2069"),
        (Decimal("-1234.5"), "\u2066\u2212۱٬۲۳۴٫۵\u2069"),
    ],
)
def test_number(value: int | Decimal, shown: str) -> None:
    assert numbers.number(value) == shown


def test_percent_has_a_right_to_left_mark_before_its_sign() -> None:
    assert numbers.percent(12) == "۱۲\u200f٪"
    assert numbers.percent(Decimal("1200.5")) == "۱٬۲۰۰٫۵\u200f٪"


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=0, max_value=10**12, places=3))
def test_a_shown_number_is_read_as_the_same_value(value: Decimal) -> None:
    shown = numbers.number(value)
    assert numbers.NUMBER.fullmatch(shown)
    assert numbers.parse_number(shown) == value


@pytest.mark.parametrize(
    ("typed", "value"),
    [
        ("۱۳", 13),
        ("١٣", 13),
        ("13", 13),
        ("۱٬۲۳۴", 1234),
        ("1,234,567", 1234567),
        ("۱۲٫۵", 12.5),
        ("12.5", 12.5),
    ],
)
def test_parse_number(typed: str, value: float) -> None:
    assert numbers.NUMBER.fullmatch(typed)
    assert numbers.parse_number(typed) == Decimal(str(value))


def test_a_comma_in_a_list_parts_two_numbers() -> None:
    assert [found[0] for found in numbers.NUMBER.finditer("۱,۲ و ۳.")] == ["۱", "۲", "۳"]


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("متن", []),
        ("گزارش Human Rights Watch بود", ["Human Rights Watch"]),
        ("در https://www.example.org/a?b=1&c=2#d است", ["https://www.example.org/a?b=1&c=2#d"]),
        ("به name@example.org بنویسید", ["name@example.org"]),
        ("شرکت Tóibín & Sons.", ["Tóibín & Sons"]),
        ("کووید COVID-19، و G20.", ["COVID-19", "G20"]),
        ("پیمان (TVPA) و O’Neill", ["TVPA", "O’Neill"]),
        ("پیمان (TVPA.) و UN (Palermo) را", ["TVPA", "UN (Palermo)"]),
        ("چه? What? بلی", ["What"]),
        ("۲۰۲۵ و 2025", []),
        ("VOA", ["VOA"]),
    ],
)
def test_latin_runs(text: str, runs: list[str]) -> None:
    assert [piece for latin, piece in latin_runs(text) if latin] == runs


@given(st.text(alphabet="اب ABc1۲،.,()/@\u00a0:-", max_size=40))
def test_latin_runs_lose_nothing(text: str) -> None:
    pieces = latin_runs(text)
    assert "".join(piece for _, piece in pieces) == text
    assert all(piece for _, piece in pieces)
    assert all(piece[0].isalpha() and not piece[-1].isspace() for latin, piece in pieces if latin)


def test_normal_form() -> None:
    assert normal_form("  خانه\u0654  ما\u200f ") == "خانۀ ما"
    assert normal_form("خان\u06d5\u0654") == "خان\u06c0"
    assert normal_form("\u2066\u2212۵\u2069\u00ad") == "\u2212۵"
    assert normal_form("می\u200cشود") == "می\u200cشود", "a ZWNJ is spelling"


@given(st.text(max_size=30))
def test_the_normal_form_is_stable(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


# Known days: New Year 1403 and 1404, the leap day that ends 1403, and month ends of both calendars.
@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2024-03-19", "۲۹ حوت ۱۴۰۲"),
        ("2024-03-20", "۱ حمل ۱۴۰۳"),
        ("2025-03-20", "۳۰ حوت ۱۴۰۳"),
        ("2025-03-21", "۱ حمل ۱۴۰۴"),
        ("2026-03-20", "۲۹ حوت ۱۴۰۴"),
        ("2025-09-22", "۳۱ سنبله ۱۴۰۴"),
        ("2025-09-23", "۱ میزان ۱۴۰۴"),
        ("2025-09-29", "۷ میزان ۱۴۰۴"),
        ("2025-09-30", "۸ میزان ۱۴۰۴"),
        ("2000-12-31", "۱۱ جدی ۱۳۷۹"),
        ("1979-02-11", "۲۲ دلو ۱۳۵۷"),
        ("2021-08-15", "۲۴ اسد ۱۴۰۰"),
    ],
)
def test_solar_dates(iso: str, shown: str) -> None:
    assert dates.solar(Date.parse(iso)) == shown


def test_both_calendars() -> None:
    assert dates.both_calendars(Date.parse("2025-09-29")) == "۷ میزان ۱۴۰۴ (۲۹ سپتمبر ۲۰۲۵)"
    assert dates.both_calendars(Date.parse("2025-09")) == "سپتمبر ۲۰۲۵"
    assert dates.both_calendars(Date.parse("2025")) == "۲۰۲۵"


@given(st.dates(date(1925, 1, 1), date(2120, 12, 31)))
def test_to_the_solar_calendar_and_back(day: date) -> None:
    shown = dates.solar(Date(day.year, day.month, day.day))
    number, month, year = shown.split(" ")
    solar = (int(year), dates.SOLAR_MONTHS.index(month) + 1, int(number))
    assert jdatetime.date(*solar).togregorian() == day
    assert dates.as_solar_hint("{:04}-{:02}-{:02}".format(*solar)) == day.isoformat()


@given(st.dates(date(1925, 1, 1), date(2120, 12, 30)))
def test_the_next_day_is_the_next_solar_day(day: date) -> None:
    first, second = (jdatetime.date.fromgregorian(date=d).toordinal() for d in (day, day + timedelta(days=1)))
    assert second == first + 1
    assert dates.solar(Date(*day.timetuple()[:3])) != dates.solar(Date(*(day + timedelta(1)).timetuple()[:3]))


def test_dates_are_ordered_and_written_as_far_as_they_are_known() -> None:
    days = [Date.parse(text) for text in ("2025-10-01", "2025-09-29", "2025", "2025-09")]
    assert [day.iso() for day in sorted(days)] == ["2025", "2025-09", "2025-09-29", "2025-10-01"]


GREGORIAN = "dates are Gregorian, written 2025-09-29, 2025-09 or 2025"
NO_DAY = "there is no such day in the Gregorian calendar"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", GREGORIAN),
        ("29 Sept 2025", GREGORIAN),
        ("2025-9-1", GREGORIAN),
        ("2025-09-29T00:00", GREGORIAN),
        ("1404", GREGORIAN),
        ("1404-07", GREGORIAN),
        ("1404-13-01", GREGORIAN),
        ("1404-02-31", "it looks like a Solar Hijri date; in the Gregorian calendar it is 2025-05-21"),
        ("1404-02-21", "it looks like a Solar Hijri date; in the Gregorian calendar it is 2025-05-11"),
        ("۱۴۰۴-۰۷-۰۷", "it looks like a Solar Hijri date; in the Gregorian calendar it is 2025-09-29"),
        ("1403-12-30", "it looks like a Solar Hijri date; in the Gregorian calendar it is 2025-03-20"),
        ("1404-12-30", GREGORIAN),
        ("2025-02-29", NO_DAY),
        ("2025-13", NO_DAY),
        ("2025-00", NO_DAY),
        ("2025-00-10", NO_DAY),
        ("2025-09-00", NO_DAY),
    ],
)
def test_what_is_no_date(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        Date.parse(text)
    assert str(raised.value) == reason


def test_a_leap_day() -> None:
    assert Date.parse("2024-02-29") == Date(2024, 2, 29)
