"""Numbers in Persian digits, and read from any."""

import re
from decimal import Decimal

from tipbrief.language.text import LRI, PDI, RLM

# Each script's ten digits, and what stands between them: groups of three, decimals, per cent.
LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
THOUSANDS, DECIMALS, PERCENT = "٬", "٫", "٪"
ANY_DIGIT = LATIN_DIGITS + PERSIAN_DIGITS + ARABIC_DIGITS
_TO_PERSIAN = str.maketrans(LATIN_DIGITS + ARABIC_DIGITS, PERSIAN_DIGITS * 2)
TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS + DECIMALS, LATIN_DIGITS * 2 + ".", THOUSANDS)
NUMBER = re.compile(rf"[{ANY_DIGIT}]+(?:[{THOUSANDS},][{ANY_DIGIT}]{{3}})*(?:[{DECIMALS}.][{ANY_DIGIT}]+)?")
PERSIAN_NUMBER = re.compile(rf"[{PERSIAN_DIGITS}]+(?:[{THOUSANDS}{DECIMALS}][{PERSIAN_DIGITS}]+)*")


def digits(text: object) -> str:
    """The text with Latin and Arabic digits written as Persian ones."""
    return str(text).translate(_TO_PERSIAN)


def number(value: int | Decimal) -> str:
    """A number in Persian digits: groups of three with ٬, decimals after ٫.

    A minus is U+2212, kept at the right side of its digits by an isolate.
    """
    # The format "f": a Decimal would print as 1E+3 else.
    shown = digits(f"{abs(Decimal(value)):,f}".replace(",", THOUSANDS).replace(".", DECIMALS))
    return f"{LRI}\u2212{shown}{PDI}" if value < 0 else shown


def percent(value: int | Decimal) -> str:
    """A number with ٪; the mark between them keeps the sign on the same side everywhere."""
    return f"{number(value)}{RLM}{PERCENT}"


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(TO_LATIN).replace(",", ""))
