"""English typography: quotation marks, apostrophes, dashes, spaces, and no signs of the Arabic script."""

import re
from collections.abc import Iterator

from tipbrief.language.language import Language
from tipbrief.language.numbers import ARABIC_DIGITS, PERSIAN_DIGITS
from tipbrief.language.rules import (
    BIDI_CONTROLS,
    DOUBLE_SPACE_RULE,
    FOREIGN_RUN,
    INLINE_SPACE,
    INVISIBLE_CHARACTERS,
    NFC_RULE,
    PRESENTATION_FORMS,
    QUOTE_PATTERN,
    REFERENCES,
    TATWEEL_RULE,
    Rule,
    add_space_before_text,
    describe_wrong_quote,
    has_paragraph_break,
    normalise_letters,
    quote_pairs,
)
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.language.word_lists import FIGURE, LETTERS, SIGNS, SpellingFault, WordLists

LATIN_LETTER = re.compile("[A-Za-zÀ-ɏ]")
_ARABIC = f"{LETTERS}{SIGNS}{PRESENTATION_FORMS}"
_OTHER_DIGITS = PERSIAN_DIGITS + ARABIC_DIGITS
_LAST_CHARACTER = f"[{_ARABIC}{_OTHER_DIGITS}]"
# Left alone: addresses, and what is quoted in the Arabic script, within its own marks.
MASK_PATTERN = re.compile(
    rf"{REFERENCES}|(?:https?://|www\.)[^\s<>«»“”]*[^\s<>«»“”.,;:!?)\]]"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"
    f"|«[^«»\n]{{0,200}}{_LAST_CHARACTER}[^«»\n]{{0,200}}»"
    f"|[{_ARABIC}](?:[{_ARABIC}{_OTHER_DIGITS}{ZWNJ}\u0640 \u00a0،؛؟«»‹›٪٫٬.:…–-]*{_LAST_CHARACTER})?"
    "(?:[؟!.…]+(?=»))?"
)
_LATIN = "A-Za-zÀ-ɏ"
_WORD_START = f"{_LATIN}{FOREIGN_RUN}{FIGURE}"  # what begins a word
_LATIN_MARKS = {"،": ",", "؛": ";", "؟": "?", "۔": ".", "٪": "%", "٫": ".", "٬": ","}

ENGLISH_LETTER_RULES = (
    TATWEEL_RULE,
    Rule("bidi-control", "error", f"[{BIDI_CONTROLS}]+", "directions are set by the template, not typed", ""),
    Rule("invisible", "error", f"[{INVISIBLE_CHARACTERS}{ZWNJ}\u200d]+",
         "an invisible character that has no use here", ""),
    Rule("presentation-form", "error", "[\ufb00-\ufb06]+", "a ligature; the font makes it from the letters",
         lambda m, _: normalise_letters(m.group())),
)  # fmt: skip
ENGLISH_MARK_RULES = (
    DOUBLE_SPACE_RULE,
    NFC_RULE,
    Rule("arabic-punctuation", "error", "[،؛؟۔٪٫٬]", "{language} writes , ; ? . %",
         lambda m, _: add_space_before_text(_LATIN_MARKS[m.group()], m) if m.group() in "،؛؟۔"
         else _LATIN_MARKS[m.group()]),
    Rule("digits", "error", f"[{_OTHER_DIGITS}]+", "{language} digits are 0–9",
         lambda m, language: language.digits(m.group())),
    Rule("space-before", "error",
         rf"(?<=\S){INLINE_SPACE}+(?=[,;!?.](?:\s|[”’)]|\Z))|(?<=[^\s0-9]){INLINE_SPACE}+(?=:(?:\s|\Z))",
         "a space before the punctuation mark", ""),
    Rule("space-after", "error", f"[,;!?](?=[{_WORD_START}])", "no space after the punctuation mark", r"\g<0> "),
    Rule("space-after", "warning", r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", "no space after the full stop", ". "),
    Rule("space-inside", "error", rf"(?<=[“‘(\[]){INLINE_SPACE}+(?=\S)|(?<=\S)(?<![“‘(\[]){INLINE_SPACE}+(?=[”)\]])",
         "a space inside the bracket or quotation mark", ""),
    Rule("ellipsis", "error", r"(?<![./])\.{3,}(?!/)", "the ellipsis is one character, … U+2026", "…"),
    Rule("dash", "error", r"(?<=\w)--(?=\w)|(?<=\s)--(?=\s)", "two hyphens; the dash is – U+2013", "–"),
    Rule("percent", "error", rf"(?<=[0-9{FIGURE}]){INLINE_SPACE}+%",
         "the percent sign follows its number without a space", "%"),
    Rule("range", "warning", r"(?<![\w-])(?P<a>[0-9]{4}) ?- ?(?P<b>[0-9]{4})(?![\w-])",
         "a hyphen between two years; write – U+2013, or “from … to …”", r"\g<a>–\g<b>"),
)  # fmt: skip

# An apostrophe stands between letters or numbers, and for what is left out of a year: the ’90s.
_APOSTROPHE = re.compile(r"(?<=[^\W_])['`´’](?=[^\W_])|['`´’](?=[0-9]0s\b)")
_BEFORE_OPENING = " \u00a0\n\t([“‘—–"


def find_english_quote_faults(_: str, masked: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """Straight quotation marks, those of other languages, and straight apostrophes."""
    pairs = quote_pairs(language)
    apostrophes = {found.start() for found in _APOSTROPHE.finditer(masked)}
    opened = list[bool]()  # of each quotation that is open, whether a single mark began it
    end = 0
    for found in re.finditer(QUOTE_PATTERN, masked):
        start, mark = found.start(), found.group()
        if has_paragraph_break(masked, end, start):
            opened.clear()
        end = found.end()
        single = mark in "'`´‘’‚‹›"
        starts = masked[start - 1 : start] in _BEFORE_OPENING and not masked[end : end + 1].isspace()
        opens = bool(found["open"]) or (starts and not found["close"])
        if start in apostrophes or (single and not opens and True not in opened):
            if mark in "'`´":
                yield SpellingFault("apostrophe", start, end, "error", "the apostrophe is ’ U+2019", "’")
            continue
        right = pairs[len(opened) > (not opens)][not opens]
        if opens:
            opened.append(single)
        elif opened:
            opened.pop()
        if mark not in "“”‘’":
            yield describe_wrong_quote(mark, start, pairs, right)
