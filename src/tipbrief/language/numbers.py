"""Numbers, read from the digits and separators of any of our languages."""

import re
from decimal import Decimal

# Each script's ten digits, and what stands between them: groups of three, decimals, per cent.
LATIN_DIGITS, PERSIAN_DIGITS, ARABIC_DIGITS = "0123456789", "۰۱۲۳۴۵۶۷۸۹", "٠١٢٣٤٥٦٧٨٩"
THOUSANDS, DECIMALS = "٬", "٫"
PERCENT_SIGNS = ("٪", "%")
ANY_DIGIT = LATIN_DIGITS + PERSIAN_DIGITS + ARABIC_DIGITS
TO_LATIN = str.maketrans(PERSIAN_DIGITS + ARABIC_DIGITS + DECIMALS, LATIN_DIGITS * 2 + ".", THOUSANDS)
NUMBER = re.compile(rf"[{ANY_DIGIT}]+(?:[{THOUSANDS},][{ANY_DIGIT}]{{3}})*(?:[{DECIMALS}.][{ANY_DIGIT}]+)?")
MOST_DIGITS = 18  # of a number: sums are exact, and no line is too short for it
# What follows a number, and the word before one.
FOLLOWED = re.compile(r"[\s\u00a0]*(?:[٪%$€]|([^\W\d_][\w\u200c]*))")
WORD_BEFORE = re.compile(r"(\S+)[\s\u00a0]+\Z")
PERSIAN_NUMBER = re.compile(rf"[{PERSIAN_DIGITS}]+(?:[{THOUSANDS}{DECIMALS}][{PERSIAN_DIGITS}]+)*")


def parse_number(text: str) -> Decimal:
    """The value of a number matched by ``NUMBER``, whatever its digits and separators."""
    return Decimal(text.translate(TO_LATIN).replace(",", ""))
