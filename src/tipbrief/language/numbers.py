"""Numbers: digits and separators of all our languages, and how a number is read from them."""

import re
from decimal import Decimal

LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
THOUSANDS_SEPARATOR, DECIMAL_SEPARATOR = "٬", "٫"
PERCENT_SIGNS = ("٪", "%")
MINUS_SIGNS = ("-", "\u2212")
ANY_DIGIT = LATIN_DIGITS + PERSIAN_DIGITS + ARABIC_DIGITS
LATIN_DIGIT_TABLE = str.maketrans(
    PERSIAN_DIGITS + ARABIC_DIGITS + DECIMAL_SEPARATOR, LATIN_DIGITS * 2 + ".", THOUSANDS_SEPARATOR
)
NUMBER = re.compile(
    rf"[{ANY_DIGIT}]+(?:[{THOUSANDS_SEPARATOR},][{ANY_DIGIT}]{{3}})*(?:[{DECIMAL_SEPARATOR}.][{ANY_DIGIT}]+)?"
)
YEARS = (range(1300, 1500), range(1900, 2100))  # that a text may name, in both calendars
MAX_DIGITS = 18  # of a number: its sums are exact, and it fits into any line
# What follows a number, and the word before one.
AFTER_NUMBER = re.compile(r"[\s\u00a0]*(?:[٪%$€]|([^\W\d_][\w\u200c]*))")
WORD_BEFORE = re.compile(r"(\S+)[\s\u00a0]+\Z")
PERSIAN_NUMBER = re.compile(rf"[{PERSIAN_DIGITS}]+(?:[{THOUSANDS_SEPARATOR}{DECIMAL_SEPARATOR}][{PERSIAN_DIGITS}]+)*")


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(LATIN_DIGIT_TABLE).replace(",", ""))
