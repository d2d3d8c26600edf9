"""What readers of a PDF lose or turn round of its words and glyphs, as problems that say what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from tipbrief.language.text import ZWNJ
from tipbrief.pdf.embedded_fonts import missing_glyphs
from tipbrief.problems import Problem
from tipbrief.verify import pdfium
from tipbrief.verify.alignment import Lost, Reading

MOST_WORDS = 10  # lost words that are told one by one
DOUBT = 0.02  # what part of the words may seem out of order where words recur
POPPLER_ORDER = 0.9  # what part of the words poppler's guess at columns must leave in order
PREPARE = "set the text in the prepared fonts; tipbrief fonts prepare makes them"


def word_problems(
    document: pdfium.OpenPdf, readings: Sequence[Reading], *, in_order: bool
) -> Iterator[Problem]:
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
            f"{_on(page)}words are read out of order ({len(by_painting.displaced)} in all): «{shown}»",
            hint="what is painted late is read late: position, overflow and z-index change the order",
            # A few words among many are the aligner's doubt about repeated words or stray marks.
            severity="error" if len(by_painting.displaced) > DOUBT * by_painting.found else "warning",
        )
    for reading in by_geometry:
        if reading.in_order < POPPLER_ORDER * reading.found:
            count = f"{reading.found - reading.in_order} in all, {reading.reader}"
            yield Problem(f"words are read out of order ({count})", severity="warning")


def _lost_problem(document: pdfium.OpenPdf, token: str, items: Sequence[tuple[str, Lost]]) -> Problem:
    readers = ", ".join(dict.fromkeys(reader for reader, _ in items))
    page = next((item.page for _, item in items if item.page), 0)
    instead = next((item.instead for _, item in items if item.instead), "")
    font = document.pages[page - 1].font_of(instead) if instead and page else ""
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
    return Problem(f"{_on(page)}«{token}» {what} ({notes})", hint=hint)


def missing_glyph_problems(pdf: bytes, pages: Sequence[pdfium.Page]) -> Iterator[Problem]:
    """Characters that the font lacks, so that an empty box is drawn."""
    for font, character in missing_glyphs(pdf):
        page = next((page.number for page in pages if character in page.text), 0)
        what = f"lacks «{character}» (U+{ord(character[0]):04X}): an empty box is drawn"
        yield Problem(f"{_on(page)}{font} {what}", hint="write it otherwise, or use a font that has it")


def unmapped_problems(pages: Sequence[pdfium.Page]) -> Iterator[Problem]:
    """Glyphs of which the font does not say what they stand for."""
    for page in pages:
        for font, count in page.unmapped().items():
            have = f"glyph of {font} has" if count == 1 else f"glyphs of {font} have"
            hint = "the font has no complete /ToUnicode: the text cannot be searched"
            yield Problem(f"page {page.number}: {count} {have} no Unicode value", hint=hint)


def _on(page: int) -> str:
    return f"page {page}: " if page else ""
