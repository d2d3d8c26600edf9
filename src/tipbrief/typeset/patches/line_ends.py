"""Line ends: a paragraph does not end in a single word, and no range of numbers and no date is broken.

Safe mode has it, too. Why it is no style and no text: docs/contributing/patches.md.
"""

import functools
import math
import re
from collections.abc import Callable
from typing import Any

from tipbrief.language.language import known_languages, load_language
from tipbrief.typeset.patches.private_api import box_classes

# Two words of a last line fill at most this part of the line before it.
MAX_SHARE = 0.65
LONGEST_DATE = 30  # letters
_RANGE_BREAK = re.compile(r"\d[–-]\Z")


def apply_patch() -> None:
    """Check the end of each line from now on."""
    from weasyprint.layout import inline

    inline.split_text_box = _wrap_split_text_box(inline.split_text_box)
    inline.split_inline_box = _wrap_split_inline_box(inline.split_inline_box)


def _wrap_split_inline_box(split: Callable[..., Any]) -> Callable[..., Any]:
    """Note where a line begins, and mark the last text of its paragraph."""

    def split_inline_box(context: Any, box: Any, position_x: float, *others: Any) -> Any:
        if isinstance(box, box_classes().LineBox):
            context.line_start = position_x
            if last := _find_last_text(box):
                last.ends_paragraph = True
        return split(context, box, position_x, *others)

    return split_inline_box


def _wrap_split_text_box(split: Callable[..., tuple[Any, Any, Any]]) -> Callable[..., tuple[Any, Any, Any]]:
    """Split a text where it fits into the line and ends well."""

    def split_text_box(
        context: Any, box: Any, width: Any, skip: int | None, is_line_start: bool = True
    ) -> tuple[Any, Any, Any]:
        # WeasyPrint takes all texts of an element that begins a line for its start, and would break their words.
        start = getattr(context, "line_start", math.inf) + box.style["font_size"]
        is_line_start = is_line_start and getattr(box, "position_x", 0) < start
        found = split(context, box, width, skip, is_line_start)
        _, resume_at, preserved = found
        if resume_at is None or preserved:
            return found
        text = box.text.encode()
        line, after = text[skip:resume_at].decode(), text[resume_at:].decode()
        dates = _date_pattern(box.style["lang"] or "")
        # What is too wide moves to the next line with all that belongs to it, unless the line begins with it.
        if not is_line_start and (whole := _find_whole_date(line, after, dates)):
            part, _, _ = split(context, box.copy_with_text(whole.rstrip(" ")), None, 0, is_line_start)
            return part, (skip or 0) + len(whole.encode()) if len(whole) < len(line + after) else None, False
        most = len(line) * MAX_SHARE if is_line_start else len(line + after)  # else the line is longer than its text
        shorter = _shorten_line(line, after, most if getattr(box, "ends_paragraph", False) else 0, dates)
        if not shorter:
            return found
        part, _, _ = split(context, box.copy_with_text(shorter.rstrip(" ")), width, 0, is_line_start)
        return part, (skip or 0) + len(shorter.encode()), False

    return split_text_box


def _shorten_line(line: str, after: str, most: float, dates: re.Pattern[str] | None) -> str:
    """A line without the words that should be on the next one; empty if it may end as it does."""
    # ``most`` is how many letters two words of a last line may have; 0 if the paragraph goes on.
    date = dates and _find_broken_date(line + after, len(line), dates)
    start = line.rfind(" ", 0, date[0]) + 1 if date else line.rstrip(" ").rfind(" ") + 1
    shorter, word = line[:start], line[start:]
    if not shorter.strip(" "):
        return ""
    if date or (_RANGE_BREAK.search(line) and after[:1].isdigit()):
        return _shorten_line(shorter, word + after, most, dates) or shorter
    return shorter if " " not in after.strip(" ") and len(word + after) <= most else ""


def _find_whole_date(line: str, after: str, dates: re.Pattern[str] | None) -> str:
    """The start of a text up to the end of the date that it begins with, if this line breaks it; else empty."""
    date = dates and _find_broken_date(line + after, len(line), dates)
    if not date or " " in line[: date[0]]:
        return ""
    return (line + after)[: (line + after).find(" ", date[1]) + 1] or line + after


def _find_broken_date(text: str, end: int, dates: re.Pattern[str]) -> tuple[int, int] | None:
    """The start and end of the date that a line with this end breaks."""
    near = dates.finditer(text, max(0, end - LONGEST_DATE), end + LONGEST_DATE)
    return next((date.span() for date in near if date.start() < end < date.end()), None)


@functools.cache
def _date_pattern(tag: str) -> re.Pattern[str] | None:  # of days and months in a language
    if tag not in known_languages():
        return None
    own = load_language(tag)
    months = "|".join(map(re.escape, own.solar_months + own.gregorian_months))
    parts = {"day": r"\d{1,2}", "month": f"(?:{months})", "year": r"\d{4}"}
    return re.compile("|".join(rf"\b{form.format(**parts)}" for form in (own.day_form, own.month_form)))


def _find_last_text(box: Any) -> Any:  # apart from source marks
    if isinstance(box, box_classes().TextBox):
        return box if any(letter.isalnum() for letter in box.text) else None
    if isinstance(box, (box_classes().LineBox, box_classes().InlineBox)) and box.element_tag != "sup":
        return next((found for child in reversed(box.children) if (found := _find_last_text(child))), None)
    return None
