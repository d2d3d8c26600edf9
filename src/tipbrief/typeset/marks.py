"""Private-use characters that mark a part of a page with a number.

They are only in a page that is read for its marks, never in one that is typeset or delivered.
"""

import re

# A character of Unicode's plane 15 or 16 opens a mark, one for each number; the last of all closes it.
_FIRST_CODE, MAX_MARKS = 0xF0000, 0xFFF0
_CLOSING_MARK = "\U0010fffd"
MARK_BREAK = "\U0010fffc"  # where other marks are put
_OPENING_MARKS = f"{chr(_FIRST_CODE)}-{chr(_FIRST_CODE + MAX_MARKS - 1)}"
MARK = re.compile(f"([{_OPENING_MARKS}])|{_CLOSING_MARK}")
_ANY_MARK = re.compile(f"[{_OPENING_MARKS}{MARK_BREAK}{_CLOSING_MARK}]")


def add_marks(text: str, number: int) -> str:
    """A text between the marks of a number; unchanged if it begins and ends with them."""
    mark = chr(_FIRST_CODE + number)
    return text if text.startswith(mark) and text.endswith(_CLOSING_MARK) else f"{mark}{text}{_CLOSING_MARK}"


def read_mark_number(mark: str) -> int:
    """The number of an opening mark."""
    return ord(mark) - _FIRST_CODE


def remove_marks(text: str) -> str:
    """A text without its marks."""
    return _ANY_MARK.sub("", text)
