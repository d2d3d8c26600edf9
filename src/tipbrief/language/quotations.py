"""Quotation marks and brackets: the right ones, each with its partner in the paragraph."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterator

from tipbrief.language.language import Language
from tipbrief.language.rules import GAP, MARK, RUN
from tipbrief.language.spelling import FIGURE, LETTERS, NUMERALS, Fault, Words

_INNER = {"«": "‹›", "“": "‘’"}
_LONGEST_SHOWN = 300
QUOTE = "(?P<open>«|‹|<<|[“„‘‚])|(?P<close>»|›|>>|[”’])|[\"'`´]"
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_ENUMERATOR = f"(?:^|(?<=\\n)){GAP}*(?:[{NUMERALS}]+|[{LETTERS}A-Za-z]{{1,4}}|{RUN})\\)"
_BRACKETS = ("()", "[]")


def pairs_of(language: Language) -> tuple[str, str]:
    """The outer and the inner quotation marks."""
    outer = "".join(language.quotes)
    return outer, _INNER.get(outer[:1], outer)


def paragraph_between(text: str, start: int, end: int) -> bool:
    """Whether a new paragraph begins between two places."""
    return bool(_PARAGRAPH.search(text, start, end))


def quote_marks(_: str, masked: str, language: Language, words: Words) -> Iterator[Fault]:
    """Quotation marks of another language or of the typewriter."""
    outer, inner = pairs = pairs_of(language)
    depth = end = 0
    for found in re.finditer(QUOTE, masked):
        start, mark = found.start(), found.group()
        if paragraph_between(masked, end, start):
            depth = 0
        end = found.end()
        before, after = masked[start - 1 : start], masked[end : end + 1]
        # A straight mark opens after a space or a bracket, and before a word where no quotation is open.
        starts = before in f" \u00a0\n\t([{outer[0]}{inner[0]}" or (
            depth == 0 and (after.isalnum() or after in (FIGURE, RUN))
        )
        opens = bool(found["open"]) or (starts and not found["close"])
        depth = max(0, depth - (not opens))
        right = pairs[min(depth, 1)][not opens]
        depth += opens
        if mark not in outer + inner:
            yield wrong_quote(mark, start, pairs, right)


def wrong_quote(mark: str, start: int, pairs: tuple[str, str], right: str) -> Fault:
    """The fault of a quotation mark that is not one of the language's pairs."""
    name = f"{unicodedata.name(mark[0])} U+{ord(mark[0]):04X}"
    message = f"{name}: quotations stand in {' '.join(pairs[0])}, inside a quotation in {' '.join(pairs[1])}"
    return Fault("quote-mark", start, start + len(mark), "error", message, right)


def balance(text: str, masked: str, language: Language, words: Words) -> Iterator[Fault]:
    """Brackets and quotation marks without a partner in their paragraph, and quotations in the wrong pair."""
    outer, inner = pairs_of(language)
    # Where ’ is the apostrophe, too, it need not close anything.
    pairs = (outer, *([] if "’" in inner else [inner]), *_BRACKETS)
    partner = {pair[1]: pair[0] for pair in pairs}
    enumerators = {found.end() - 1 for found in re.finditer(_ENUMERATOR, masked)}
    opened, count = list[int](), Counter[str]()
    end = 0
    for found in re.finditer(f"[{re.escape(''.join(pairs))}]", text):
        place, mark = found.start(), found.group()
        if masked[place] in (FIGURE, MARK):
            continue
        if paragraph_between(text, end, place):
            yield from _alone(text, opened, pairs)
            opened, count = [], Counter()
        end = place
        if mark not in partner:
            opened.append(place)
            count[mark] += 1
        elif count[partner[mark]]:
            while text[start := opened.pop()] != partner[mark]:
                count[text[start]] -= 1
                yield from _alone(text, [start], pairs)
            count[text[start]] -= 1
            right = (outer, inner)[count[outer[0]] > 0]
            if mark in outer + inner and inner in pairs and mark != right[1]:
                content = text[start + 1 : place] if place - start < _LONGEST_SHOWN else "…"
                message = f"outer {' '.join(outer)}, inner {' '.join(inner)}"
                yield Fault("nested-quote", start, place + 1, "warning", message, content.join(right))
        elif place not in enumerators:
            yield from _alone(text, [place], pairs)
    yield from _alone(text, opened, pairs)


def _alone(text: str, places: list[int], pairs: tuple[str, ...]) -> Iterator[Fault]:
    for place in places:
        mark = text[place]
        pair = next(pair for pair in pairs if mark in pair)
        partner = pair.replace(mark, "")
        yield Fault("unbalanced", place, place + 1, "error", f"{mark} without {partner}", "…".join(pair))
