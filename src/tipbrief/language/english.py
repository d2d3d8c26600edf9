"""English typography: quotation marks, apostrophes, dashes, spaces, and no signs of the Arabic script."""

import re
from collections.abc import Iterator

from tipbrief.language.language import Language
from tipbrief.language.numbers import ARABIC_DIGITS, PERSIAN_DIGITS
from tipbrief.language.quotations import QUOTE, pairs_of, paragraph_between, wrong_quote
from tipbrief.language.rules import (
    BIDI,
    DOUBLE_SPACE,
    GAP,
    HIDDEN,
    NFC,
    REFERENCES,
    RUN,
    SHAPED,
    TATWEEL,
    Rule,
    spaced_if_text,
    without_shape,
)
from tipbrief.language.spelling import FIGURE, LETTERS, SIGNS, Fault, Words
from tipbrief.language.text import ZWNJ

SCRIPT = re.compile("[A-Za-zÀ-ɏ]")
_ARABIC = f"{LETTERS}{SIGNS}{SHAPED}"
_OTHER_DIGITS = PERSIAN_DIGITS + ARABIC_DIGITS
_END = f"[{_ARABIC}{_OTHER_DIGITS}]"
# Left alone: addresses, and what is quoted in the Arabic script, within its own marks.
MASKED = re.compile(
    rf"{REFERENCES}|(?:https?://|www\.)[^\s<>«»“”]*[^\s<>«»“”.,;:!?)\]]"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"
    f"|«[^«»\n]{{0,200}}{_END}[^«»\n]{{0,200}}»"
    f"|[{_ARABIC}](?:[{_ARABIC}{_OTHER_DIGITS}{ZWNJ}\u0640 \u00a0،؛؟«»‹›٪٫٬.:…–-]*{_END})?"
    "(?:[؟!.…]+(?=»))?"
)
_LATIN = "A-Za-zÀ-ɏ"
_T = f"{_LATIN}{RUN}{FIGURE}"  # what begins a word
_MARK = {"،": ",", "؛": ";", "؟": "?", "۔": ".", "٪": "%", "٫": ".", "٬": ","}

LETTER_RULES = (
    TATWEEL,
    Rule("bidi-control", "error", f"[{BIDI}]+", "directions are set by the template, not typed", ""),
    Rule("invisible", "error", f"[{HIDDEN}{ZWNJ}\u200d]+", "an invisible character that has no use here", ""),
    Rule("presentation-form", "error", "[\ufb00-\ufb06]+", "a ligature; the font makes it from the letters",
         lambda m, _: without_shape(m.group())),
)  # fmt: skip
MARK_RULES = (
    DOUBLE_SPACE,
    NFC,
    Rule("arabic-punctuation", "error", "[،؛؟۔٪٫٬]", "{language} writes , ; ? . %",
         lambda m, _: spaced_if_text(_MARK[m.group()], m) if m.group() in "،؛؟۔" else _MARK[m.group()]),
    Rule("digits", "error", f"[{_OTHER_DIGITS}]+", "{language} digits are 0–9",
         lambda m, language: language.digits(m.group())),
    Rule("space-before", "error",
         rf"(?<=\S){GAP}+(?=[,;!?.](?:\s|[”’)]|\Z))|(?<=[^\s0-9]){GAP}+(?=:(?:\s|\Z))",
         "a space before the punctuation mark", ""),
    Rule("space-after", "error", f"[,;!?](?=[{_T}])", "no space after the punctuation mark", r"\g<0> "),
    Rule("space-after", "warning", r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", "no space after the full stop", ". "),
    Rule("space-inside", "error", rf"(?<=[“‘(\[]){GAP}+(?=\S)|(?<=\S)(?<![“‘(\[]){GAP}+(?=[”)\]])",
         "a space inside the bracket or quotation mark", ""),
    Rule("ellipsis", "error", r"(?<![./])\.{3,}(?!/)", "the ellipsis is one character, … U+2026", "…"),
    Rule("dash", "error", r"(?<=\w)--(?=\w)|(?<=\s)--(?=\s)", "two hyphens; the dash is – U+2013", "–"),
    Rule("percent", "error", rf"(?<=[0-9{FIGURE}]){GAP}+%",
         "the percent sign follows its number without a space", "%"),
    Rule("range", "warning", r"(?<![\w-])(?P<a>[0-9]{4}) ?- ?(?P<b>[0-9]{4})(?![\w-])",
         "a hyphen between two years; write – U+2013, or “from … to …”", r"\g<a>–\g<b>"),
)  # fmt: skip

# An apostrophe stands between letters or numbers, and for what is left out of a year: the ’90s.
_APOSTROPHE = re.compile(r"(?<=[^\W_])['`´’](?=[^\W_])|['`´’](?=[0-9]0s\b)")
_BEFORE_OPENING = " \u00a0\n\t([“‘—–"


def quote_marks(_: str, masked: str, language: Language, words: Words) -> Iterator[Fault]:
    """Straight quotation marks, those of other languages, and straight apostrophes."""
    pairs = pairs_of(language)
    apostrophes = {found.start() for found in _APOSTROPHE.finditer(masked)}
    opened = list[bool]()  # of each quotation that is open, whether a single mark began it
    end = 0
    for found in re.finditer(QUOTE, masked):
        start, mark = found.start(), found.group()
        if paragraph_between(masked, end, start):
            opened.clear()
        end = found.end()
        single = mark in "'`´‘’‚‹›"
        starts = masked[start - 1 : start] in _BEFORE_OPENING and not masked[end : end + 1].isspace()
        opens = bool(found["open"]) or (starts and not found["close"])
        if start in apostrophes or (single and not opens and True not in opened):
            if mark in "'`´":
                yield Fault("apostrophe", start, end, "error", "the apostrophe is ’ U+2019", "’")
            continue
        right = pairs[len(opened) > (not opens)][not opens]
        if opens:
            opened.append(single)
        elif opened:
            opened.pop()
        if mark not in "“”‘’":
            yield wrong_quote(mark, start, pairs, right)
