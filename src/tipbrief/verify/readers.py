"""Readers: the words that PDFium and poppler find in a PDF, line by line, in the order of reading.

Punctuation and vowel marks are not compared: each reader places them by its own rules in lines from right to
left. docs/text-layer.md tells the method.
"""

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

from tipbrief.verify.words import tokens

MOST_SECONDS = 3.0  # for poppler
# What keeps a stretch of a line from being Latin: such stretches alone keep their order from left to right.
_ARABIC = re.compile(r"([\u0590-\u08ff\u200c-\u200f«»‹›]+)")
# pdftotext wraps a stretch of a line that it writes as it stands on the page, from left to right.
_AS_IT_STANDS = re.compile("\u202a([^\u202c]*)\u202c")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a reader gives it, in tokens, and the page that it is on, from 1."""

    page: int
    tokens: tuple[str, ...]


def pdfium_lines(page: int, text: str, *, turned: bool) -> list[Line]:
    """The lines of a page's text as PDFium gives it.

    In a document that reads from right to left it has the words of each Latin stretch ``turned`` round.
    """
    read = _latin_turned if turned else tokens
    return [Line(page, tuple(read(line))) for line in text.splitlines()]


def _latin_turned(line: str) -> Iterator[str]:
    for piece in _ARABIC.split(line):
        found = tokens(piece)
        yield from found if _ARABIC.match(piece) else reversed(found)


def poppler_text(pdf: bytes) -> str | None:
    """The text as poppler's pdftotext gives it; nothing where it is not installed or fails."""
    if (program := shutil.which("pdftotext")) is None:
        return None
    asked = [program, "-enc", "UTF-8", "-", "-"]
    try:
        ran = subprocess.run(asked, input=pdf, capture_output=True, check=False, timeout=MOST_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None


def poppler_lines(text: str) -> list[Line]:
    """The lines of pdftotext's output, its stretches from left to right put in reading order."""
    return [
        Line(number, tuple(_in_reading_order(line)))
        for number, page in enumerate(text.split("\f"), 1)
        for line in page.splitlines()
    ]


def _in_reading_order(line: str) -> Iterator[str]:
    for index, stretch in enumerate(_AS_IT_STANDS.split(line)):
        # The odd ones are what the parentheses of the pattern caught.
        for piece in reversed(_ARABIC.split(stretch)) if index % 2 else [stretch]:
            yield from tokens(piece)
