"""Numbers: digits and separators of all our languages, and how a number is read from them."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

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


def spell_number(value: Decimal, words: Mapping[str, Any]) -> str:
    """A number in ``words``, the ``number_words`` of a language; decimals digit by digit."""
    whole, _, decimals = f"{abs(value):f}".partition(".")
    parts = [words["minus"]] * (value < 0) + [_spell_whole(int(whole), words)]
    parts += [words["point"], *(words["small"][int(digit)] for digit in decimals)] if decimals else []
    return " ".join(parts)


def _spell_whole(number: int, words: Mapping[str, Any]) -> str:  # below 10**15
    small, join = words["small"], words["join"]
    if number < len(small):
        return str(small[number])
    if number < 100:
        (tens, rest), join = divmod(number, 10), words["join_tens"]
        first = words["tens"][tens - 2]
    elif number < 1000:
        hundreds, rest = divmod(number, 100)
        first = words["hundreds"][hundreds - 1]
    else:
        power = (len(str(number)) - 1) // 3
        count, rest = divmod(number, 1000**power)
        one, many = words["powers"][power - 1]
        first = one if count == 1 else f"{_spell_whole(count, words)} {many}"
    return f"{first}{join}{_spell_whole(rest, words)}" if rest else str(first)
