"""Marks: characters for private use around a part of a page, which say by a number what it is.

They stand only in a page that is read for its marks, never in one that is typeset or delivered.
"""

import re

# The sixteenth plane of Unicode opens, a letter a number; the last letter of all closes what was opened last.
_FIRST, MOST = 0xF0000, 0xFFF0
_CLOSE = "\U0010fffd"
BREAK = "\U0010fffc"  # where other marks are to stand
_OPENS = f"{chr(_FIRST)}-{chr(_FIRST + MOST - 1)}"
MARK = re.compile(f"([{_OPENS}])|{_CLOSE}")
_ANY = re.compile(f"[{_OPENS}{BREAK}{_CLOSE}]")


def marked(text: str, number: int) -> str:
    """A text between the marks of a number; as it is, where it begins and ends with them."""
    mark = chr(_FIRST + number)
    return text if text.startswith(mark) and text.endswith(_CLOSE) else f"{mark}{text}{_CLOSE}"


def number_of(mark: str) -> int:
    """The number of a mark that opens."""
    return ord(mark) - _FIRST


def unmarked(text: str) -> str:
    """A text without its marks."""
    return _ANY.sub("", text)
