"""The linter of Dari letters, marks and numbers, and of spelling: it reports and never rewrites."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator

from tipbrief.language.language import language
from tipbrief.language.numbers import ANY_DIGIT
from tipbrief.language.spelling import FIGURE, LETTERS, NUMERALS, SIGNS, Fault, Severity, Words, misspelt
from tipbrief.language.text import ZWNJ

Fix = str | Callable[[re.Match[str]], str]

# Character classes. A figure reference is masked as F, a source mark as M, a Latin run as A; each keeps its
# length, so that positions stay those of the text.
_F, _M, _A = FIGURE, "\ue001", "\ue002"
_SHAPED = "\ufb50-\ufd3d\ufd50-\ufdc7\ufdf0-\ufdfc\ufe70-\ufefc"
_HIDDEN = "\u00ad\u200b\u2060\ufeff"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_FOREIGN = "يىكہھەۃ"
_L, _SIGNS, _D = LETTERS, SIGNS, NUMERALS
_GAP = "[ \u00a0\t]"

_DARI = re.compile(f"[{_L}{_SHAPED}۰-۹٠-٩٪]")
_INSIDE = re.compile(f"[{_L}{_SIGNS}{_SHAPED}{_HIDDEN}{_BIDI}{ZWNJ}\u200d\u0640]")
_MASKS = {"mark": _M, "figure": _F}
_MASK_RUN = re.compile(f"[{_F}{_M}{_A}]+")
_LONGEST_WORD, _LONGEST_SHOWN = 60, 300
_MASKED = re.compile(
    r"(?P<mark>\{@[^{}\n]*\})|(?P<figure>\{[^{}\n]*\})"
    r"|(?<![0-9])[0-9]*+[A-Za-zÀ-ɏ](?:[!#-&(-z|~À-ɏ'’–]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–]))*(?<=[A-Za-zÀ-ɏ0-9/])"
)
_FOLD = str.maketrans({**dict.fromkeys("يى", "ی"), "ك": "ک", **dict.fromkeys("ہھە", "ه"), "ۃ": "ة"})


def lint(text: str, words: Words) -> list[Fault]:
    """All findings in a Dari text, in the order of their places."""
    if not _DARI.search(text):
        return []
    masked = _MASKED.sub(lambda found: _MASKS.get(found.lastgroup or "", _A) * len(found[0]), text)
    spelling = list(misspelt(masked.translate(_FOLD), words))
    found = [*spelling, *_letter_faults(masked), *_marks(text, masked)]
    found += [*_separators(masked), *_quote_marks(masked), *_balance(text, masked)]
    # Where a whole word is reported, the ZWNJ at the edge of its half needs no finding of its own.
    covered = {place for f in spelling for place in range(f.start, f.end)}
    found = [f for f in found if not (f.rule == "zwnj-edge" and f.start in covered)]
    found = [f for f in found if not _is_accepted(text, f, words.accepted)]
    return sorted(found, key=lambda f: (f.start, f.end, f.rule))


def _is_accepted(text: str, found: Fault, accepted: set[str]) -> bool:
    """Whether the place, or the word around it without the punctuation at its ends, is in the list."""
    if text[found.start : found.end] in accepted:
        return True
    start, end = found.start, found.end
    while start and not text[start - 1].isspace() and found.end - start < _LONGEST_WORD:
        start -= 1
    while end < len(text) and not text[end].isspace() and end - start < _LONGEST_WORD:
        end += 1
    around = text[start:end]
    core = around.strip("«»‹›()[]،؛؟.:!…\"'")
    start += around.find(core)
    return core in accepted and start <= found.start and found.end <= start + len(core)


# ---- letters: the finding is the whole word, so that `instead` can be read ----


def _folded(letter: re.Match[str]) -> str:
    return unicodedata.normalize("NFKC", letter.group()).translate(_FOLD).strip()


# Patterns that are used once a text stay strings: `re` compiles them at their first use, not at import.
_LETTERS: tuple[tuple[str, Severity, str, str, Fix], ...] = (
    ("arabic-letter", "error", f"[{_FOREIGN}]",
     "a letter of another language's keyboard; Dari writes ی U+06CC, ک U+06A9, ه U+0647", _folded),
    ("presentation-form", "error", f"[{_SHAPED}]+", "a shaped form of the letter", _folded),
    ("tatweel", "error", "\u0640+", "letters are not stretched", ""),
    ("bidi-control", "error", f"[{_BIDI}]+", "directions are set by the template, not typed", ""),
    ("invisible", "error", f"[{_HIDDEN}]+", "an invisible character that has no use here", ""),
    ("heh-yeh", "error", f"ه{ZWNJ}?\u0654|ۂ",
     "the ezafe after silent ه is the one character ۀ U+06C0", "ۀ"),
    ("heh-yeh", "warning", f"ه{ZWNJ}ی(?![{_L}{_SIGNS}{ZWNJ}])",
     "the ezafe after silent ه is written ۀ U+06C0 here, not ه + ZWNJ + ی", "ۀ"),
)  # fmt: skip


def _letter_faults(text: str) -> Iterator[Fault]:
    for rule, severity, pattern, message, fix in _LETTERS:
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
            yield Fault(rule, start, end, severity, named, re.sub(pattern, fix, text[start:end]))


def _spaced_if_text(mark: str, found: re.Match[str]) -> str:
    """The mark, and a space where a letter or a number follows at once."""
    return mark + " " if re.match(f"[{_L}{_D}{_A}]", found.string[found.end() : found.end() + 1]) else mark


_PERSIAN_MARK = {",": "،", ";": "؛", "?": "؟", "۔": "."}
_EDGE = f"{_L}{_SIGNS}{_D}{_A}\u0640"
_PUNCTUATION: tuple[tuple[str, Severity, str, str, Fix], ...] = (
    ("zwnj-edge", "error", f"(?<![{_EDGE}{ZWNJ}]){ZWNJ}+|{ZWNJ}+(?![{_EDGE}{ZWNJ}])",
     "ZERO WIDTH NON-JOINER U+200C at a word's edge", ""),
    ("zwnj-doubled", "error", f"(?<=[{_EDGE}]){ZWNJ}{{2,}}(?=[{_EDGE}])",
     "ZERO WIDTH NON-JOINER U+200C more than once", ZWNJ),
    ("double-space", "error", rf"(?<=\S){_GAP}{{2,}}(?=\S)", "more than one space", " "),
    ("space-before", "error", rf"(?<=\S){_GAP}+(?=[،؛؟:!,;?]|\.(?![.0-9{_A}]))",
     "a space before the punctuation mark", ""),
    ("space-after", "error",
     f"[؛؟!](?=[{_L}{_D}{_A}])|،(?=[{_L}{_A}{_F}])|(?<![{_D}])،(?=[{_D}])"
     f"|،(?=[{_D}])(?![{_D}]{{3}}(?![{_D}]))|:(?=[{_L}])|(?:(?<=[{_L}][{_L}])|(?<=[{_D}»)]))\\.(?=[{_L}])",
     "no space after the punctuation mark", r"\g<0> "),
    ("space-inside", "error", rf"(?<=[«‹(\[]){_GAP}+(?=\S)|(?<=\S)(?<![«‹(\[]){_GAP}+(?=[»›)\]])",
     "a space inside the bracket or quotation mark", ""),
    ("ellipsis", "error", r"\.{2,}", "the ellipsis is one character, … U+2026",
     lambda m: _spaced_if_text("…", m)),
    ("ascii-punctuation", "error", f"(?<![{ANY_DIGIT}]),|,(?![{ANY_DIGIT}])|[;?۔]",
     "Dari writes ، ؛ ؟", lambda m: _spaced_if_text(_PERSIAN_MARK[m.group()], m)),
    ("percent", "error",
     f"(?<![{_D}])[%٪](?P<n>[{_D}]+)|(?:(?<=[{_D}]){_GAP}+)?%|(?<=[{_D}]){_GAP}+٪",
     "the percent sign ٪ U+066A follows its number without a space", lambda m: f"{m['n'] or ''}٪"),
    ("range", "error",
     rf"(?<![{_D}\-‐‑./])(?![۰0][{_D}])(?P<a>[{_D}]+){_GAP}?[-‐‑]{_GAP}?(?P<b>[{_D}]+)(?![{_D}\-‐‑/])",
     "a hyphen in a range; write – U+2013, or «از … تا …»", r"\g<a>–\g<b>"),
    ("digits", "error", f"[{ANY_DIGIT}]+", "Dari digits are ۰–۹ U+06F0–U+06F9",
     lambda m: language("fa-AF").digits(m.group())),
    ("nfc", "error", r"\S+", "letter and sign are one character in NFC",
     lambda m: unicodedata.normalize("NFC", m.group())),
)  # fmt: skip


def _marks(text: str, masked: str) -> Iterator[Fault]:
    for rule, severity, pattern, message, fix in _PUNCTUATION:
        for found in re.finditer(pattern, masked):
            instead = found.expand(fix) if isinstance(fix, str) else fix(found)
            if instead != found.group():
                instead = _unmasked(instead, text[slice(*found.span())], found.group())
                yield Fault(rule, *found.span(), severity, message, instead)


def _unmasked(instead: str, original: str, masked: str) -> str:
    """The proposal with its masked pieces as they stand in the text."""
    hidden = (original[slice(*run.span())] for run in _MASK_RUN.finditer(masked))
    return _MASK_RUN.sub(lambda _: next(hidden), instead)


_RUN = re.compile(f"[{ANY_DIGIT}]+")
_SEPARATED_NUMBER = f"(?<![{ANY_DIGIT}{_F}.,،٫٬'’])[{ANY_DIGIT}]++(?:[.,،٫٬'’][{ANY_DIGIT}]++)++(?![{_F}])"


def _separators(text: str) -> Iterator[Fault]:
    for found in re.finditer(_SEPARATED_NUMBER, text):
        if (right := _separated(found.group())) != found.group():
            message = "decimals stand after ٫ U+066B, groups of three are parted by ٬ U+066C"
            # «۲.۳» may be the number of a section.
            severity: Severity = "warning" if "." in found.group() else "error"
            yield Fault("separator", *found.span(), severity, message, right)


def _separated(number: str) -> str:
    """The number with the right separators, or as it is where it is a list, a date or a section number."""
    parts, marks = _RUN.findall(number), _RUN.sub("", number)
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


_QUOTE = "(?P<open>«|‹|<<|[“„‘‚])|(?P<close>»|›|>>|[”’])|[\"'`´]"
_BRACKET = r"[«»‹›()\[\]]"
_PARAGRAPH = re.compile(r"\n[^\S\n]*\n")
_ENUMERATOR = f"(?:^|(?<=\\n)){_GAP}*(?:[{_D}]+|[{_L}]{{1,4}}|{_A})\\)"
_PAIRS = ("«»", "‹›", "()", "[]")
_PARTNER = {pair[1]: pair[0] for pair in _PAIRS}


def _quote_marks(text: str) -> Iterator[Fault]:
    depth = end = 0
    for found in re.finditer(_QUOTE, text):
        start, mark = found.start(), found.group()
        if _PARAGRAPH.search(text, end, start):
            depth = 0
        end = found.end()
        before, after = text[start - 1 : start], text[end : end + 1]
        # A straight mark opens after a space or a bracket, and before a word where no quotation is open.
        starts = before in " \u00a0\n\t([«‹" or (depth == 0 and (after.isalnum() or after in (_F, _A)))
        opens = bool(found["open"]) or (starts and not found["close"])
        depth = max(0, depth - (not opens))
        right = ("«»" if depth == 0 else "‹›")[not opens]
        depth += opens
        if mark not in "«»‹›":
            name = f"{unicodedata.name(mark[0])} U+{ord(mark[0]):04X}"
            message = f"{name}: quotations stand in « », inside a quotation in ‹ ›"
            yield Fault("quote-mark", start, end, "error", message, right)


def _balance(text: str, masked: str) -> Iterator[Fault]:
    """Brackets and quotation marks without a partner in their paragraph, and quotations in the wrong pair."""
    enumerators = {found.end() - 1 for found in re.finditer(_ENUMERATOR, masked)}
    opened, count = list[int](), Counter[str]()
    end = 0
    for found in re.finditer(_BRACKET, text):
        place, mark = found.start(), found.group()
        if masked[place] in (_F, _M):
            continue
        if _PARAGRAPH.search(text, end, place):
            yield from _alone(text, opened)
            opened, count = [], Counter()
        end = place
        if mark not in _PARTNER:
            opened.append(place)
            count[mark] += 1
        elif count[_PARTNER[mark]]:
            while text[start := opened.pop()] != _PARTNER[mark]:
                count[text[start]] -= 1
                yield from _alone(text, [start])
            count[text[start]] -= 1
            inner = count["«"] > 0
            if mark in "»›" and (mark == "›") != inner:
                content = text[start + 1 : place] if place - start < _LONGEST_SHOWN else "…"
                right = f"‹{content}›" if inner else f"«{content}»"
                yield Fault("nested-quote", start, place + 1, "warning", "outer « », inner ‹ ›", right)
        elif place not in enumerators:
            yield from _alone(text, [place])
    yield from _alone(text, opened)


def _alone(text: str, places: list[int]) -> Iterator[Fault]:
    for place in places:
        mark = text[place]
        pair = next(pair for pair in _PAIRS if mark in pair)
        partner = pair.replace(mark, "")
        yield Fault("unbalanced", place, place + 1, "error", f"{mark} without {partner}", "…".join(pair))
