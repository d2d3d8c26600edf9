"""Word problems: each word that a finished PDF lost, or that stands out of order, as a problem with a remedy."""

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence

from tipbrief.language.unicode_text import ZWNJ
from tipbrief.problems import Problem
from tipbrief.verify.pdfium import PdfiumDocument
from tipbrief.verify.word_comparison import LostWord, Reading

MAX_WORDS = 10  # lost words that are told one by one
_LONGEST_QUOTATION = 60  # letters
PREPARE = "set the text in the prepared fonts; tipbrief fonts prepare makes them"


def find_word_problems(document: PdfiumDocument, readings: Sequence[Reading]) -> Iterator[Problem]:
    """Each word that is lost, once for all readers; and words out of order, where none is lost by the tags."""
    lost: defaultdict[str, list[tuple[str, LostWord]]] = defaultdict(list)
    for reading in readings:
        for item in reading.lost:
            lost[item.token].append((reading.reader, item))
    by_page = sorted(lost.items(), key=lambda item: item[1][0][1].page or sys.maxsize)
    for token, items in by_page[:MAX_WORDS]:
        yield _lost_word_problem(document, token, items)
    if len(lost) > MAX_WORDS:
        yield Problem(f"… and {len(lost) - MAX_WORDS} more words are not read back", hint=PREPARE)
    displaced = readings[0].displaced
    if displaced and not readings[0].lost:
        shown = " ".join(item.token for item in displaced[:MAX_WORDS])
        yield Problem(
            f"{on_page(displaced[0].page)}words are read out of order ({len(displaced)} in all): «{shown}»",
            hint="the tags, and the words on each line, must follow the HTML: position, float and dir change the order",
        )


def _lost_word_problem(document: PdfiumDocument, token: str, items: Sequence[tuple[str, LostWord]]) -> Problem:
    readers = ", ".join(dict.fromkeys(reader for reader, _ in items))
    page = next((item.page for _, item in items if item.page), 0)
    instead = next((item.instead for _, item in items if item.instead), "")
    font = document.pages[page - 1].find_font_name(instead) if instead and page else ""
    notes = "; ".join(filter(None, [readers, f"font {font}" if font else ""]))
    if not instead:
        why = "it is not printed, its letters are read otherwise, or vowel marks part it"
        hint = f"{why}: write it without them"
    elif instead == token.replace(ZWNJ, ""):
        hint = f"the font loses the ZWNJ: {PREPARE}"
    elif sorted(instead) == sorted(token):
        hint = f"one glyph stands for two letters: {PREPARE}"
    else:
        hint = PREPARE
    what = f"is read back as «{instead}»" if instead else "is not read back"
    return Problem(f"{on_page(page)}«{token}» {what} ({notes})", hint=hint)


def shorten(text: str) -> str:
    """A text as a problem quotes it."""
    return text if len(text) <= _LONGEST_QUOTATION else text[:_LONGEST_QUOTATION] + "…"


def on_page(page: int) -> str:
    """The head of a message about a page, where it is known."""
    return f"page {page}: " if page else ""
