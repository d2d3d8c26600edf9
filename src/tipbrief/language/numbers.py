"""Numbers, read from the digits and separators of any of our languages."""

import re
from decimal import Decimal

# Each script's ten digits, and what stands between them: groups of three, decimals, per cent.
LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
THOUSANDS_SEPARATOR, DECIMAL_SEPARATOR = "٬", "٫"
PERCENT_SIGNS = ("٪", "%")
ANY_DIGIT = LATIN_DIGITS + PERSIAN_DIGITS + ARABIC_DIGITS
LATIN_DIGIT_TABLE = str.maketrans(
    PERSIAN_DIGITS + ARABIC_DIGITS + DECIMAL_SEPARATOR, LATIN_DIGITS * 2 + ".", THOUSANDS_SEPARATOR
)
NUMBER = re.compile(
    rf"[{ANY_DIGIT}]+(?:[{THOUSANDS_SEPARATOR},][{ANY_DIGIT}]{{3}})*(?:[{DECIMAL_SEPARATOR}.][{ANY_DIGIT}]+)?"
)
MOST_DIGITS = 18  # of a number: sums are exact, and no line is too short for it
# What follows a number, and the word before one.
AFTER_NUMBER = re.compile(r"[\s\u00a0]*(?:[٪%$€]|([^\W\d_][\w\u200c]*))")
WORD_BEFORE = re.compile(r"(\S+)[\s\u00a0]+\Z")
PERSIAN_NUMBER = re.compile(rf"[{PERSIAN_DIGITS}]+(?:[{THOUSANDS_SEPARATOR}{DECIMAL_SEPARATOR}][{PERSIAN_DIGITS}]+)*")


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(LATIN_DIGIT_TABLE).replace(",", ""))
