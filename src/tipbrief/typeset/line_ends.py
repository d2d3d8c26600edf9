"""Line ends: a paragraph does not end in one word, neither a range of numbers nor a date parts.

Stands in for ``split_text_box`` and ``iter_line_boxes`` of ``weasyprint.layout.inline``. CSS has words for
both (``text-wrap: pretty``, and what joins words); the typesetter knows the one not, and the other stands in
the text, where a reader would copy it. So the text stays as it is, and a line ends a word earlier. For its
last word, a paragraph gets no line more: the word that joins it has room beside it.
"""

import functools
import re
from collections.abc import Callable, Iterator
from typing import Any

from tipbrief.language.language import known_languages, load_language
from tipbrief.typeset.libraries import box_classes

# Two words of a last line fill no more than this part of the line before it, where that is all one text.
MOST_OF_LINE = 0.65
LONGEST_DATE = 30  # letters
_RANGE_BREAK = re.compile(r"\d[–-]\Z")


@functools.cache
def apply_patch() -> None:
    """Look at the end of each line, once in a process."""
    from weasyprint.layout import block, inline

    inline.split_text_box = _wrap_split_text_box(inline.split_text_box)
    block.iter_line_boxes = inline.iter_line_boxes = _wrap_iter_line_boxes(inline.iter_line_boxes)


def _wrap_iter_line_boxes(lines: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """The lines of a paragraph, of which the last text is marked."""

    def iter_line_boxes(context: Any, box: Any, *others: Any) -> Iterator[Any]:
        if last := _find_last_text(box):
            last.ends_paragraph = True
        yield from lines(context, box, *others)

    return iter_line_boxes


def _wrap_split_text_box(split: Callable[..., tuple[Any, Any, Any]]) -> Callable[..., tuple[Any, Any, Any]]:
    """As much of a text as fits into a line and ends well."""

    def split_text_box(
        context: Any, box: Any, width: Any, skip: int | None, is_line_start: bool = True
    ) -> tuple[Any, Any, Any]:
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
        most = len(line) * MOST_OF_LINE if is_line_start else len(line + after)  # else the line is longer than its text
        shorter = _shorten_line(line, after, most if getattr(box, "ends_paragraph", False) else 0, dates)
        if not shorter:
            return found
        part, _, _ = split(context, box.copy_with_text(shorter.rstrip(" ")), width, 0, is_line_start)
        return part, (skip or 0) + len(shorter.encode()), False

    return split_text_box


def _shorten_line(line: str, after: str, most: float, dates: re.Pattern[str] | None) -> str:
    """A line without the words that should stand on the next one; empty where it may end as it does.

    Two words of a last line have at ``most`` so many letters; none where the paragraph goes on.
    """
    date = dates and _find_broken_date(line + after, len(line), dates)
    start = line.rfind(" ", 0, date[0]) + 1 if date else line.rstrip(" ").rfind(" ") + 1
    shorter, word = line[:start], line[start:]
    if not shorter.strip(" "):
        return ""
    if date or (_RANGE_BREAK.search(line) and after[:1].isdigit()):
        return _shorten_line(shorter, word + after, most, dates) or shorter
    return shorter if " " not in after.strip(" ") and len(word + after) <= most else ""


def _find_whole_date(line: str, after: str, dates: re.Pattern[str] | None) -> str:
    """As much of a text as its first words need that are a date, and that this line parts; else empty."""
    date = dates and _find_broken_date(line + after, len(line), dates)
    if not date or " " in line[: date[0]]:
        return ""
    return (line + after)[: (line + after).find(" ", date[1]) + 1] or line + after


def _find_broken_date(text: str, end: int, dates: re.Pattern[str]) -> tuple[int, int] | None:
    """Where a date begins and ends that a line with this end parts."""
    near = dates.finditer(text, max(0, end - LONGEST_DATE), end + LONGEST_DATE)
    return next((date.span() for date in near if date.start() < end < date.end()), None)


@functools.cache
def _date_pattern(tag: str) -> re.Pattern[str] | None:
    """What a day or a month looks like in a language that we write."""
    if tag not in known_languages():
        return None
    own = load_language(tag)
    months = "|".join(map(re.escape, own.solar_months + own.gregorian_months))
    parts = {"day": r"\d{1,2}", "month": f"(?:{months})", "year": r"\d{4}"}
    return re.compile("|".join(rf"\b{form.format(**parts)}" for form in (own.day_form, own.month_form)))


def _find_last_text(box: Any) -> Any:
    """The last text below a box, but for marks of sources."""
    if isinstance(box, box_classes().TextBox):
        return box if any(letter.isalnum() for letter in box.text) else None
    if isinstance(box, (box_classes().LineBox, box_classes().InlineBox)) and box.element_tag != "sup":
        return next((found for child in reversed(box.children) if (found := _find_last_text(child))), None)
    return None
