"""Lost words: what a reader does not find, or not in its place, as problems that say what to do."""

import sys
from collections.abc import Iterator, Sequence

from tipbrief.language.unicode_text import ZWNJ
from tipbrief.problems import Problem
from tipbrief.verify import pdfium
from tipbrief.verify.alignment import Lost, Reading

MOST_WORDS = 10  # lost words that are told one by one
DOUBT = 0.02  # what part of the words may seem out of order where words recur
POPPLER_ORDER = 0.9  # what part of the words poppler's guess at columns must leave in order
PREPARE = "set the text in the prepared fonts; tipbrief fonts prepare makes them"


def word_problems(document: pdfium.PdfiumDocument, readings: Sequence[Reading], *, in_order: bool) -> Iterator[Problem]:
    """Each word that is lost, once for all readers; and words out of order, where order can be judged."""
    lost: dict[str, list[tuple[str, Lost]]] = {}
    for reading in readings:
        for item in reading.lost:
            lost.setdefault(item.token, []).append((reading.reader, item))
    by_page = sorted(lost.items(), key=lambda item: item[1][0][1].page or sys.maxsize)
    for token, items in by_page[:MOST_WORDS]:
        yield _lost_problem(document, token, items)
    if len(lost) > MOST_WORDS:
        yield Problem(f"… and {len(lost) - MOST_WORDS} more words are not read back", hint=PREPARE)
    by_painting, *by_geometry = readings
    if in_order and by_painting.displaced and not by_painting.lost:
        shown = " ".join(item.token for item in by_painting.displaced[:MOST_WORDS])
        page = by_painting.displaced[0].page
        yield Problem(
            f"{on_page(page)}words are read out of order ({len(by_painting.displaced)} in all): «{shown}»",
            hint="what is painted late is read late: position, overflow and z-index change the order",
            # A few words among many are the aligner's doubt about repeated words or stray marks.
            severity="error" if len(by_painting.displaced) > DOUBT * by_painting.found else "warning",
        )
    for reading in by_geometry:
        if reading.in_order < POPPLER_ORDER * reading.found:
            count = f"{reading.found - reading.in_order} in all, {reading.reader}"
            yield Problem(f"words are read out of order ({count})", severity="warning")


def _lost_problem(document: pdfium.PdfiumDocument, token: str, items: Sequence[tuple[str, Lost]]) -> Problem:
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


def on_page(page: int) -> str:
    """The head of a message about a page, where it is known."""
    return f"page {page}: " if page else ""
