"""Dates in the Gregorian and the Solar Hijri calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

# The arithmetic of jdatetime, which itself asks for the locale on import, and fails with fa_AF, our readers' locale.
from jalali_core import GregorianToJalali, JalaliToGregorian

from tipbrief.language.numbers import LATIN_DIGIT_TABLE

_FIRST_YEAR = 1600  # an earlier year is a Solar Hijri one
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A Gregorian date known to the day, the month or the year (0 where unknown)."""

    year: int
    month: int = 0
    day: int = 0

    @classmethod
    def parse(cls, text: str) -> Date:
        """A date written as ``2025``, ``2025-09`` or ``2025-09-29``. A ValueError says what is wrong."""
        found = _DATE.fullmatch(text)
        year, month, day = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        if found and year >= _FIRST_YEAR:
            try:
                date(year, int(found[2] or 1), int(found[3] or 1))
            except ValueError:
                raise ValueError("there is no such day in the Gregorian calendar") from None
            return cls(year, month, day)
        if instead := suggest_gregorian(text):
            raise ValueError(f"it looks like a Solar Hijri date; in the Gregorian calendar it is {instead}")
        raise ValueError("dates are Gregorian, written 2025-09-29, 2025-09 or 2025")

    def days_after(self, earlier: Date) -> int:
        """The number of days since an earlier date. Both must have a day."""
        return (date(self.year, self.month, self.day) - date(earlier.year, earlier.month, earlier.day)).days

    def iso(self) -> str:
        """The date in ISO 8601, to the day, the month or the year."""
        return "-".join([f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)])


def solar_parts(day: Date) -> tuple[int, int, int]:
    """Year, month and day of a day in the Solar Hijri calendar."""
    parts: tuple[int, int, int] = GregorianToJalali(day.year, day.month, day.day).getJalaliList()
    return parts


def suggest_gregorian(text: str) -> str:
    """The Gregorian date to write instead of a Solar Hijri one; empty if ``text`` is none."""
    found = _DATE.fullmatch(text.translate(LATIN_DIGIT_TABLE))
    if not found or not found[3] or not 1300 <= int(found[1]) <= 1499:
        return ""
    typed = tuple(int(part) for part in found.groups())
    if not (1 <= typed[1] <= 12 and 1 <= typed[2] <= 31):
        return ""
    day = JalaliToGregorian(*typed).getGregorianList()
    return "{:04}-{:02}-{:02}".format(*day) if GregorianToJalali(*day).getJalaliList() == typed else ""
