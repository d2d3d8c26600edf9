"""Digits, numbers, isolates, dates and the normal form of Dari text: pure functions."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache

import jdatetime

ZWNJ = "\u200c"
RLM = "\u200f"
LRI, PDI = "\u2066", "\u2069"

_TO_PERSIAN = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹" * 2)
TO_LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "0123456789" * 2 + ".", "٬")
_BIDI_CONTROLS = dict.fromkeys(
    [0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A), 0xFEFF]
)

# Month names as they are used in Afghanistan (CLDR fa_AF; typesetting rules for Dari dates).
SOLAR_MONTHS = ("حمل", "ثور", "جوزا", "سرطان", "اسد", "سنبله", "میزان", "عقرب", "قوس", "جدی", "دلو", "حوت")
GREGORIAN_MONTHS = (
    "جنوری", "فبروری", "مارچ", "اپریل", "می", "جون",
    "جولای", "اگست", "سپتمبر", "اکتوبر", "نومبر", "دسمبر",
)  # fmt: skip

# A Latin run: from a Latin letter (or an address's digits) to the last character that belongs to it.
_LATIN_RUN = re.compile(
    r"[A-Za-zÀ-ɏ](?:[A-Za-zÀ-ɏ0-9'’.,:;/&@#%+=_~()–-]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–])|\?(?=[A-Za-z0-9]))*"
    r"(?<![,.:; \u00a0])"
)
NUMBER = re.compile(r"[0-9۰-۹٠-٩]+(?:[٬,][0-9۰-۹٠-٩]{3})*(?:[٫.][0-9۰-۹٠-٩]+)?")
_FIRST_YEAR = 1600  # a year before it is a Solar Hijri one
_DATE = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


def digits(text: object) -> str:
    """The text with Latin and Arabic digits written as Persian ones."""
    return str(text).translate(_TO_PERSIAN)


def number(value: int | Decimal) -> str:
    """A number in Persian digits: groups of three with ٬, decimals after ٫.

    A minus is U+2212, kept at the right side of its digits by an isolate.
    """
    # The format "f": a Decimal would print as 1E+3 else.
    shown = digits(f"{abs(Decimal(value)):,f}".replace(",", "٬").replace(".", "٫"))
    return f"{LRI}\u2212{shown}{PDI}" if value < 0 else shown


def percent(value: int | Decimal) -> str:
    """A number with ٪; the mark between them keeps the sign on the same side everywhere."""
    return f"{number(value)}{RLM}٪"


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(TO_LATIN).replace(",", ""))


def latin_runs(text: str) -> list[tuple[bool, str]]:
    """The text cut into pieces, each with whether it is a Latin (left-to-right) run."""
    pieces: list[tuple[bool, str]] = []
    end = 0
    for found in _LATIN_RUN.finditer(text):
        if found.start() > end:
            pieces.append((False, text[end : found.start()]))
        run = found.group()
        while run.endswith(")") and run.count(")") > run.count("("):
            # It closes a bracket of the Dari text around the run: «(TVPA)».
            run = run[:-1].rstrip(",.:; \u00a0")
        pieces.append((True, run))
        end = found.start() + len(run)
    if end < len(text):
        pieces.append((False, text[end:]))
    return pieces


def normal_form(text: str) -> str:
    """The form in which texts are compared: NFC, ۀ as U+06C0, no bidi controls, single spaces."""
    text = unicodedata.normalize("NFC", text).translate(_BIDI_CONTROLS)
    text = text.replace("\u0647\u0654", "\u06c0").replace("\u06d5\u0654", "\u06c0").replace("\u00ad", "")
    return " ".join(text.split())


@dataclass(frozen=True, slots=True, order=True)
class Date:
    """A Gregorian date known to the day, the month or the year (0 where unknown)."""

    year: int
    month: int = 0
    day: int = 0

    @classmethod
    def parse(cls, text: str) -> Date:
        """Read ``2025``, ``2025-09`` or ``2025-09-29``; ValueError says what is wrong."""
        found = _DATE.fullmatch(text)
        year, month, day = (int(part or 0) for part in found.groups()) if found else (0, 0, 0)
        if found and year >= _FIRST_YEAR:
            try:
                date(year, int(found[2] or 1), int(found[3] or 1))
            except ValueError:
                raise ValueError("there is no such day in the Gregorian calendar") from None
            return cls(year, month, day)
        if instead := as_solar_hint(text):
            raise ValueError(f"it looks like a Solar Hijri date; in the Gregorian calendar it is {instead}")
        raise ValueError("dates are Gregorian, written 2025-09-29, 2025-09 or 2025")

    def iso(self) -> str:
        """The date as ISO 8601, as far as it is known."""
        return "-".join([f"{self.year:04}", *(f"{part:02}" for part in (self.month, self.day) if part)])


def solar(day: Date) -> str:
    """A day in the Solar Hijri calendar with Afghan month names: «۷ میزان ۱۴۰۴»."""
    hijri = jdatetime.date.fromgregorian(year=day.year, month=day.month, day=day.day)
    return digits(f"{hijri.day} {SOLAR_MONTHS[hijri.month - 1]} {hijri.year}")


def gregorian(day: Date) -> str:
    """A date in the Gregorian calendar with Dari month names, as far as it is known."""
    parts = [str(day.day)] if day.day else []
    if day.month:
        parts.append(GREGORIAN_MONTHS[day.month - 1])
    return digits(" ".join([*parts, str(day.year)]))


def both_calendars(day: Date) -> str:
    """«۷ میزان ۱۴۰۴ (۲۹ سپتمبر ۲۰۲۵)»; only Gregorian where the day is not known."""
    return f"{solar(day)} ({gregorian(day)})" if day.day else gregorian(day)


@cache
def as_solar_hint(text: str) -> str:
    """If ``text`` is a Solar Hijri date, the Gregorian date to write instead; else empty."""
    found = _DATE.fullmatch(text.translate(TO_LATIN))
    if not found or not found[3] or not 1300 <= int(found[1]) <= 1499:
        return ""
    try:
        day = jdatetime.date(*(int(part) for part in found.groups())).togregorian()
    except ValueError:
        return ""
    return str(day.isoformat())
