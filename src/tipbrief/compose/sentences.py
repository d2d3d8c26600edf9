"""Sentences: where in a text each begins, and where in what is printed of it."""

import re
from functools import lru_cache
from itertools import pairwise

from tipbrief.typeset.marks import BREAK

# After its end, what closes it, and the marks of its sources. A small letter goes on: 5 p.m. today; and so
# does a capital alone: the U.S. State Department.
_BEGIN = re.compile(r"(?:(?<!\b[A-Z])\.|[!?\u061f\u06d4])[»”’\"')\]]*(?:\{@[^{}]*\})*\s+(?=[^\sa-z])")
_PIECE = re.compile(r"<[^>]*>|\s+|&[^;\s]*;|.", re.S)


def sentences(text: str) -> list[str]:
    """The sentences of a text; together they are the text."""
    ends = [0, *_begins(text), len(text)]
    return [text[start:end] for start, end in pairwise(ends)]


def with_breaks(html: str, text: str, start: int, end: int) -> str:
    """What is printed of a part of a text, with a break where a sentence begins in it or right after it.

    Letter by letter it is the part, but for tags, and spaces.
    """
    waiting = [_letters(text[start:begin]) for begin in _begins(text) if start < begin <= end]
    if not waiting:
        return html
    found, seen = list[str](), 0
    for piece in _PIECE.findall(html):
        if not (piece.isspace() or (piece[0] == "<" and piece[-1] == ">")):
            if waiting and seen == waiting[0]:
                found.append(BREAK)
                waiting.pop(0)
            seen += 1
        found.append(piece)
    return "".join([*found, *(BREAK for _ in waiting)])


@lru_cache(2000)
def _begins(text: str) -> tuple[int, ...]:
    """Where sentences begin after the first."""
    return tuple(found.end() for found in _BEGIN.finditer(text) if found.end() < len(text))


def _letters(text: str) -> int:
    return sum(not letter.isspace() for letter in text)
