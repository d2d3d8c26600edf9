"""Unicode text: invisible characters, private-use marks, runs of the other direction, the form for comparisons."""

import re
import unicodedata
from collections.abc import Sequence

from tipbrief.problems import RIGHT_TO_LEFT_LETTER

# Invisible characters: they separate letters, or set the direction of the text.
ZWNJ = "\u200c"
LRM, RLM, LRI, FSI, PDI = "\u200e", "\u200f", "\u2066", "\u2068", "\u2069"
_BIDI_CONTROL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
LATIN_LETTERS = "A-Za-zÀ-ɏ"  # of a character class
# From a Latin letter to the last character that belongs to the run.
_LATIN_RUN = re.compile(
    rf"[{LATIN_LETTERS}](?:[{LATIN_LETTERS}0-9'’.,:;/&@#%+=_~()–-]|[ \u00a0](?=[{LATIN_LETTERS}0-9(&–])"
    r"|\?(?=[A-Za-z0-9]))*(?<![,.:; \u00a0(&–])"
)
# Between Latin words that are read as one run stands no letter, digit or mark of the Dari text around them.
_LATIN_GAP = re.compile(r"[^\n0-9\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc«»‹›]*")
# What is typed or is a name in a message: words of printable ASCII, without the punctuation after them.
_TYPED_WORDS = re.compile(r"(?!\()[!-~]*[A-Za-z][!-~]*(?: [!-~]*[A-Za-z0-9][!-~]*)*(?<![.,:;)])")
_OPENING_MARKS = {'"': '"', "”": "“", ")": "(", "]": "[", "}": "{", ">": "<"}
# A run of right-to-left letters, with the signs and spaces inside it.
_ARABIC = "\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc"
_ARABIC_RUN = re.compile(
    rf"[«‹(]?[{_ARABIC}](?:[{_ARABIC}\u200c\u200d«»‹›():.–-]|[ \u00a0](?=[{_ARABIC}«‹(–]))*(?<![:.(– ])"
)
# Private-use marks are only in a page that is read for them, never in one that is typeset or delivered.
# A character of Unicode's plane 15 or 16 opens a mark, one for each number; the last of all closes it.
_FIRST_CODE, MAX_MARKS = 0xF0000, 0xFFF0
_CLOSING_MARK = "\U0010fffd"
MARK_BREAK = "\U0010fffc"  # where other marks are put
_OPENING_CODES = f"{chr(_FIRST_CODE)}-{chr(_FIRST_CODE + MAX_MARKS - 1)}"
MARK = re.compile(f"([{_OPENING_CODES}])|{_CLOSING_MARK}")
_ANY_MARK = re.compile(f"[{_OPENING_CODES}{MARK_BREAK}{_CLOSING_MARK}]")


def isolate_latin_words(text: str) -> str:
    """The text with isolates around Latin words, which keep their order so on a terminal."""
    return _TYPED_WORDS.sub(lambda found: f"{FSI}{found[0]}{PDI}", text)


def turn_arrows(text: str) -> str:
    """A line with arrows that point from old to new, also between words from right to left."""
    if "→" not in text or not RIGHT_TO_LEFT_LETTER.search(text):
        return text
    return text.replace("→", f"{RLM}←{RLM}" if text_direction(text) == "rtl" else f"{LRM}→{LRM}")


def text_direction(text: str) -> str:
    """The direction of a text: that of its first letter."""
    kinds = (unicodedata.bidirectional(character) for character in text)
    return "rtl" if next((kind for kind in kinds if kind in ("L", "R", "AL")), "L") != "L" else "ltr"


def foreign_runs(text: str, direction: str) -> list[tuple[bool, str]]:
    """The text in pieces, each with whether it runs against the ``direction`` of the text around it."""
    if direction == "rtl":
        return latin_runs(text)
    return _divide_text(text, [found.span() for found in _ARABIC_RUN.finditer(text)])


def latin_runs(text: str) -> list[tuple[bool, str]]:
    """The text in pieces, each with whether it is a Latin (left-to-right) run."""
    spans: list[tuple[int, int]] = []
    joined: set[int] = set()  # where runs of several words begin
    for found in _LATIN_RUN.finditer(text):
        start, run = found.start(), found.group()
        unopened = run.count(")") - run.count("(")
        while run.endswith(")") and unopened > 0:
            # The bracket belongs to the Dari text around the run: «(TVPA)».
            run, unopened = run[:-1].rstrip(",.:; \u00a0"), unopened - 1
        end = start + len(run)
        if spans and _LATIN_GAP.fullmatch(text, spans[-1][1], start):
            start = spans.pop()[0]
            joined.add(start)
        spans.append((start, end))
    spans = [_include_brackets(text, *span) if span[0] in joined else span for span in spans]
    return _divide_text(text, spans)


def _divide_text(text: str, spans: Sequence[tuple[int, int]]) -> list[tuple[bool, str]]:
    ends = [0, *(place for span in spans for place in span), len(text)]
    pieces = [(bool(n % 2), text[ends[n] : ends[n + 1]]) for n in range(len(ends) - 1)]
    return [piece for piece in pieces if piece[1]]


def _include_brackets(text: str, start: int, end: int) -> tuple[int, int]:
    """The run with the bracket or quotation mark beside it whose partner stands inside it."""
    for closer, opener in _OPENING_MARKS.items():
        inside = text.count(opener, start, end), text.count(closer, start, end)
        lone = inside[0] % 2 if opener == closer else inside[0] - inside[1]
        if lone > 0 and text.startswith(closer, end):
            end += 1
        elif lone and start and text[start - 1] == opener:
            start -= 1
    return start, end


def normal_form(text: str) -> str:
    """The form for comparisons: NFC, ۀ as U+06C0, no bidi controls, single spaces."""
    text = _BIDI_CONTROL.sub("", unicodedata.normalize("NFC", text))
    text = text.replace("\u0647\u0654", "\u06c0").replace("\u06d5\u0654", "\u06c0").replace("\u00ad", "")
    return " ".join(text.split())


def add_marks(text: str, number: int) -> str:
    """A text between the marks of a number; unchanged if it begins and ends with them."""
    mark = chr(_FIRST_CODE + number)
    return text if text.startswith(mark) and text.endswith(_CLOSING_MARK) else f"{mark}{text}{_CLOSING_MARK}"


def read_mark_number(mark: str) -> int:
    """The number of an opening mark."""
    return ord(mark) - _FIRST_CODE


def remove_bidi_controls(text: str) -> str:
    """A text without the invisible marks and isolates that say in which direction it runs."""
    return _BIDI_CONTROL.sub("", text)


def remove_marks(text: str) -> str:
    """A text without its marks."""
    return _ANY_MARK.sub("", text)
