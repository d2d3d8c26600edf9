"""Numbers in Persian digits, and read from any."""

from __future__ import annotations

import re
from decimal import Decimal

RLM = "\u200f"
LRI, PDI = "\u2066", "\u2069"

_TO_PERSIAN = str.maketrans("0123456789٠١٢٣٤٥٦٧٨٩", "۰۱۲۳۴۵۶۷۸۹" * 2)
TO_LATIN = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩٫", "0123456789" * 2 + ".", "٬")
NUMBER = re.compile(r"[0-9۰-۹٠-٩]+(?:[٬,][0-9۰-۹٠-٩]{3})*(?:[٫.][0-9۰-۹٠-٩]+)?")


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
