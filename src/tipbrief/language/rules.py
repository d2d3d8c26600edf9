"""The rules that spellings share: unseen characters, shaped forms, spaces, punctuation, numbers."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from typing import NamedTuple

from tipbrief.language.language import Language
from tipbrief.language.numbers import ANY_DIGIT
from tipbrief.language.spelling import FIGURE, LETTERS, NUMERALS, SIGNS, Fault, Severity, Words
from tipbrief.language.text import ZWNJ

Fix = str | Callable[[re.Match[str], Language], str]
Check = Callable[[str, str, Language, Words], Iterator[Fault]]  # of a text, and the same masked


class Rule(NamedTuple):
    """What is looked for, and what is right; ``{language}`` in a message is its name in English."""

    name: str
    severity: Severity
    # A string: `re` compiles it at its first use, not at import.
    pattern: str
    message: str
    fix: Fix


# Character classes. A figure reference is masked as F, a source mark as M, a run of another script as A; each
# keeps its length, so that positions stay those of the text.
MARK, RUN = "\ue001", "\ue002"
_F, _M, _A = FIGURE, MARK, RUN
_L, _D = LETTERS, NUMERALS
MASKS = {"mark": MARK, "figure": FIGURE}
REFERENCES = r"(?P<mark>\{@[^{}\n]*\})|(?P<figure>\{[^{}\n]*\})"
SHAPED = "\ufb50-\ufd3d\ufd50-\ufdc7\ufdf0-\ufdfc\ufe70-\ufefc"
HIDDEN = "\u00ad\u200b\u2060\ufeff"
BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
GAP = "[ \u00a0\t]"
_INSIDE = re.compile(f"[{_L}{SIGNS}{SHAPED}{HIDDEN}{BIDI}{ZWNJ}\u200d\u0640A-Za-zÀ-ɏ]")
_MASK_RUN = re.compile(f"[{_F}{_M}{_A}]+")


def without_shape(letters: str) -> str:
    """Letters as themselves, whatever shape of theirs is typed."""
    return unicodedata.normalize("NFKC", letters).strip()


# ---- characters: the finding is the whole word, so that `instead` can be read ----

UNSEEN = (
    Rule("bidi-control", "error", f"[{BIDI}]+", "directions are set by the template, not typed", ""),
    Rule("invisible", "error", f"[{HIDDEN}]+", "an invisible character that has no use here", ""),
)
TATWEEL = Rule("tatweel", "error", "\u0640+", "letters are not stretched", "")


def letter_faults(text: str, language: Language, rules: tuple[Rule, ...]) -> Iterator[Fault]:
    """What is wrong with single characters; each fault is the word around it."""
    for rule, severity, pattern, message, fix in rules:
        end = -1
        for found in re.finditer(pattern, text):
            if found.start() < end:
                continue
            start, end = found.span()
            while start and _INSIDE.match(text, start - 1):
                start -= 1
            while end < len(text) and _INSIDE.match(text, end):
                end += 1
            char = found.group()[-1]
            named = f"{unicodedata.name(char, 'a character')} U+{ord(char):04X}: {message}"
            right = re.sub(pattern, _replacing(fix, language), text[start:end])
            yield Fault(rule, start, end, severity, _said(named, language), right)


def _replacing(fix: Fix, language: Language) -> str | Callable[[re.Match[str]], str]:
    return fix if isinstance(fix, str) else lambda found: fix(found, language)


def _said(message: str, language: Language) -> str:
    return message.replace("{language}", language.english)


# ---- marks and spaces ----


def spaced_if_text(mark: str, found: re.Match[str]) -> str:
    """The mark, and a space where a letter or a number follows at once."""
    after = found.string[found.end() : found.end() + 1]
    return mark + " " if re.match(f"[{_L}{_D}{_A}A-Za-z]", after) else mark


DOUBLE_SPACE = Rule("double-space", "error", rf"(?<=\S){GAP}{{2,}}(?=\S)", "more than one space", " ")
NFC = Rule("nfc", "error", r"\S+", "letter and sign are one character in NFC",
           lambda m, _: unicodedata.normalize("NFC", m.group()))  # fmt: skip

_PERSIAN_MARK = {",": "،", ";": "؛", "?": "؟", "۔": "."}
_EDGE = f"{_L}{SIGNS}{_D}{_A}\u0640"
ARABIC_SCRIPT_MARKS = (
    DOUBLE_SPACE,
    NFC,
    Rule("zwnj-edge", "error", f"(?<![{_EDGE}{ZWNJ}]){ZWNJ}+|{ZWNJ}+(?![{_EDGE}{ZWNJ}])",
         "ZERO WIDTH NON-JOINER U+200C at a word's edge", ""),
    Rule("zwnj-doubled", "error", f"(?<=[{_EDGE}]){ZWNJ}{{2,}}(?=[{_EDGE}])",
         "ZERO WIDTH NON-JOINER U+200C more than once", ZWNJ),
    Rule("space-before", "error", rf"(?<=\S){GAP}+(?=[،؛؟:!,;?]|\.(?![.0-9{_A}]))",
         "a space before the punctuation mark", ""),
    Rule("space-after", "error",
         f"[؛؟!](?=[{_L}{_D}{_A}])|،(?=[{_L}{_A}{_F}])|(?<![{_D}])،(?=[{_D}])"
         f"|،(?=[{_D}])(?![{_D}]{{3}}(?![{_D}]))|:(?=[{_L}])|(?:(?<=[{_L}][{_L}])|(?<=[{_D}»)]))\\.(?=[{_L}])",
         "no space after the punctuation mark", r"\g<0> "),
    Rule("space-inside", "error", rf"(?<=[«‹(\[]){GAP}+(?=\S)|(?<=\S)(?<![«‹(\[]){GAP}+(?=[»›)\]])",
         "a space inside the bracket or quotation mark", ""),
    Rule("ellipsis", "error", r"\.{2,}", "the ellipsis is one character, … U+2026",
         lambda m, _: spaced_if_text("…", m)),
    Rule("ascii-punctuation", "error", f"(?<![{ANY_DIGIT}]),|,(?![{ANY_DIGIT}])|[;?۔]",
         "{language} writes ، ؛ ؟", lambda m, _: spaced_if_text(_PERSIAN_MARK[m.group()], m)),
    Rule("percent", "error",
         f"(?<![{_D}])[%٪](?P<n>[{_D}]+)|(?:(?<=[{_D}]){GAP}+)?%|(?<=[{_D}]){GAP}+٪",
         "the percent sign ٪ U+066A follows its number without a space", lambda m, _: f"{m['n'] or ''}٪"),
    Rule("range", "error",
         rf"(?<![{_D}\-‐‑./])(?![۰0][{_D}])(?P<a>[{_D}]+){GAP}?[-‐‑]{GAP}?(?P<b>[{_D}]+)(?![{_D}\-‐‑/])",
         "a hyphen in a range; write – U+2013, or «از … تا …»", r"\g<a>–\g<b>"),
    Rule("digits", "error", f"[{ANY_DIGIT}]+", "{language} digits are ۰–۹ U+06F0–U+06F9",
         lambda m, language: language.digits(m.group())),
)  # fmt: skip


def mark_faults(text: str, masked: str, language: Language, rules: tuple[Rule, ...]) -> Iterator[Fault]:
    """What is wrong with marks and spaces."""
    for rule, severity, pattern, message, fix in rules:
        for found in re.finditer(pattern, masked):
            instead = found.expand(fix) if isinstance(fix, str) else fix(found, language)
            if instead != found.group():
                instead = _unmasked(instead, text[slice(*found.span())], found.group())
                yield Fault(rule, *found.span(), severity, _said(message, language), instead)


def _unmasked(instead: str, original: str, masked: str) -> str:
    """The proposal with its masked pieces as they stand in the text."""
    hidden = (original[slice(*run.span())] for run in _MASK_RUN.finditer(masked))
    return _MASK_RUN.sub(lambda _: next(hidden), instead)


# ---- numbers ----

_DIGITS = re.compile(f"[{ANY_DIGIT}]+")
_SEPARATED_NUMBER = f"(?<![{ANY_DIGIT}{_F}.,،٫٬'’])[{ANY_DIGIT}]++(?:[.,،٫٬'’][{ANY_DIGIT}]++)++(?![{_F}])"


def separators(_: str, masked: str, language: Language, words: Words) -> Iterator[Fault]:
    """Numbers whose groups or decimals are not parted as in the Arabic script."""
    for found in re.finditer(_SEPARATED_NUMBER, masked):
        if (right := _separated(found.group())) != found.group():
            message = "decimals stand after ٫ U+066B, groups of three are parted by ٬ U+066C"
            # «۲.۳» may be the number of a section.
            severity: Severity = "warning" if "." in found.group() else "error"
            yield Fault("separator", *found.span(), severity, message, right)


def _separated(number: str) -> str:
    """The number with the right separators, or as it is where it is a list, a date or a section number."""
    parts, marks = _DIGITS.findall(number), _DIGITS.sub("", number)
    grouped = len(parts[0]) <= 3 and all(len(part) == 3 for part in parts[1:])
    if grouped and len(set(marks)) == 1 and (len(marks) > 1 or marks in ",،٬'’"):
        return "٬".join(parts)
    if len(marks) == 1 and marks in ".,٫":
        return "٫".join(parts)
    if set(marks) == {"٬"}:
        joined = "".join(parts)
        first = len(joined) % 3
        return "٬".join([joined[:first]] * bool(first) + re.findall("...", joined[first:]))
    head = number[: -len(parts[-1]) - 1]
    if marks[-1] in ".٫" and marks[-1] not in marks[:-1] and _separated(head).count("٬") == len(marks) - 1:
        return f"{_separated(head)}٫{parts[-1]}"
    return number
