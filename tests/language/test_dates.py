"""Dates in both calendars, and what is none."""

from datetime import date

import jdatetime
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import run_python
from tipbrief.language.dates import Date, suggest_gregorian
from tipbrief.language.language import load_language

DARI = load_language("fa-AF")


# Known days: New Year 1403 and 1404, the leap days of 2024 and 1403, and month ends of both calendars.
@pytest.mark.parametrize(
    ("iso", "shown"),
    [
        ("2024-02-29", "۱۰ حوت ۱۴۰۲"),
        ("2024-03-19", "۲۹ حوت ۱۴۰۲"), ("2024-03-20", "۱ حمل ۱۴۰۳"), ("2025-03-20", "۳۰ حوت ۱۴۰۳"),
        ("2025-03-21", "۱ حمل ۱۴۰۴"), ("2026-03-20", "۲۹ حوت ۱۴۰۴"), ("2025-09-22", "۳۱ سنبله ۱۴۰۴"),
        ("2025-09-23", "۱ میزان ۱۴۰۴"), ("2025-09-29", "۷ میزان ۱۴۰۴"), ("2025-09-30", "۸ میزان ۱۴۰۴"),
        ("2000-12-31", "۱۱ جدی ۱۳۷۹"), ("1979-02-11", "۲۲ دلو ۱۳۵۷"), ("2021-08-15", "۲۴ اسد ۱۴۰۰"),
    ],
)  # fmt: skip
def test_solar_dates(iso: str, shown: str) -> None:
    assert DARI.solar_date(Date.parse(iso)) == shown


@given(st.dates(date(1925, 1, 1), date(2120, 12, 31)))
def test_to_the_solar_calendar_and_back(day: date) -> None:
    shown = DARI.solar_date(Date(day.year, day.month, day.day))
    number, month, year = shown.split(" ")
    hijri = (int(year), DARI.solar_months.index(month) + 1, int(number))
    assert jdatetime.date(*hijri).togregorian() == day
    assert suggest_gregorian("{:04}-{:02}-{:02}".format(*hijri)) == day.isoformat()


def test_dates_are_ordered_and_written_as_far_as_they_are_known() -> None:
    days = [Date.parse(text) for text in ("2025-10-01", "2025-09-29", "2025", "2025-09")]
    assert [day.iso() for day in sorted(days)] == ["2025", "2025-09", "2025-09-29", "2025-10-01"]


GREGORIAN = "dates are Gregorian, written 2025-09-29, 2025-09 or 2025"
NO_DAY = "there is no such day in the Gregorian calendar"
SOLAR = "it looks like a Solar Hijri date; in the Gregorian calendar it is"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *((text, GREGORIAN) for text in ("", "29 Sept 2025", "2025-9-1", "2025-09-29T00:00")),
        *((text, GREGORIAN) for text in ("1404", "1404-07", "1404-13-01", "1404-12-30")),
        ("1404-02-31", f"{SOLAR} 2025-05-21"), ("1404-02-21", f"{SOLAR} 2025-05-11"),
        ("۱۴۰۴-۰۷-۰۷", f"{SOLAR} 2025-09-29"), ("1403-12-30", f"{SOLAR} 2025-03-20"),
        *((text, NO_DAY) for text in ("2025-02-29", "2025-13", "2025-00", "2025-00-10", "2025-09-00")),
    ],
)  # fmt: skip
def test_what_is_no_date(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r".") as raised:
        Date.parse(text)
    assert str(raised.value) == reason


def test_the_locale_of_our_readers_is_no_fault() -> None:
    script = "from tipbrief.language.dates import *; print(solar_parts(Date(2025, 9, 29)))"
    done = run_python("-c", script, LC_ALL="fa_AF")
    assert (done.stderr, done.stdout.strip()) == ("", "(1404, 7, 7)")


def test_the_last_year_that_a_date_can_have() -> None:
    assert DARI.solar_date(Date(9999, 12, 31)).endswith("۹۳۷۸")
