"""Words that are right in another language only: months, spellings, texts that nobody has translated."""

import re
from collections.abc import Iterator

from tipbrief.language.quotations import paragraph_between
from tipbrief.language.rules import GAP
from tipbrief.language.spelling import FIGURE, NUMERALS, WORD, Fault, Month, Words
from tipbrief.language.text import ZWNJ

_DAY_BEFORE = re.compile(rf"([{NUMERALS}]+)(?:{ZWNJ}?(?:مه|مې|م|ام|ُم))?{GAP}+\Z")
_NUMBER_AFTER = re.compile(f"{GAP}+([{NUMERALS}]+)")
_MOST_BEFORE = 24  # characters of a number and the space behind it
_DAYS, _YEARS = range(1, 32), (range(1300, 1500), range(1900, 2100))
_SHORT = 3  # letters of months that are words, too: می, جون, اوت
_YE = str.maketrans(dict.fromkeys("يېۍئ", "ی"))


def months(text: str, words: Words) -> Iterator[Fault]:
    """Months of another language; those that are ordinary words only in a date."""
    for token in WORD.finditer(text):
        month = words.months.get(token.group()) if token.group() not in words.accepted else None
        if month and (_needs_no_date(token.group(), month) or _in_a_date(text, *token.span())):
            message = f"a month as another language calls it; here it is {month.right}"
            yield Fault("month", *token.span(), "warning", message, month.right)


def _needs_no_date(name: str, month: Month) -> bool:
    return month.calendar == "gregorian" and len(name) > _SHORT


def _in_a_date(text: str, start: int, end: int) -> bool:
    before = _DAY_BEFORE.search(text[max(0, start - _MOST_BEFORE) : start])
    after = _NUMBER_AFTER.match(text, end)
    return any(_of_date(found[1]) for found in (before, after) if found)


def _of_date(number: str) -> bool:
    if FIGURE in number or len(number) > len("1404"):
        return False
    return int(number) in _DAYS or any(int(number) in years for years in _YEARS)


def instead(text: str, words: Words) -> Iterator[Fault]:
    """Words, and pairs of words, that are spelt otherwise here."""
    left, place = "", 0
    for token in WORD.finditer(text):
        word = token.group()
        together = f"{left} {word}" if text[place + len(left) : token.start()] == " " else ""
        for wrong, start in ((together, place), (word, token.start())):
            if found := words.instead.get(wrong):
                ending = wrong.translate(_YE) == found.right.translate(_YE)
                message = f"'{wrong}' is written {found.right} here"
                yield Fault(
                    "ye" if ending else "word", start, token.end(), found.severity, message, found.right
                )
        left, place = word, token.start()


def untranslated(text: str, words: Words, verb: str, like: str) -> Iterator[Fault]:
    """A warning at the first word of a paragraph that looks ``like`` another language.

    ``verb`` is how verbs begin there.
    """
    end = 0
    for token in WORD.finditer(text):
        if end and not paragraph_between(text, end, token.start()):
            continue
        if token.group() in words.untranslated or re.match(verb, token.group()):
            message = f"'{token.group()}' looks like {like}: was it translated?"
            yield Fault("untranslated", *token.span(), "warning", message, None)
            end = token.end()
