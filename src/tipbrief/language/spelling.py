"""The spelling of Dari words: word lists, and the zero width non-joiner (ZWNJ) that words have lost."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tipbrief.assets import shipped
from tipbrief.files import read_bytes
from tipbrief.language.language import language
from tipbrief.language.numbers import ANY_DIGIT
from tipbrief.language.text import ZWNJ
from tipbrief.problems import Problem, Problems

_MOST_BYTES = 1_000_000  # of a list of words
Severity = Literal["error", "warning"]
# Character classes. A figure reference is masked as FIGURE, and stands for a number.
FIGURE = "\ue000"
LETTERS = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f"
SIGNS = "\u0610-\u061a\u064b-\u065f\u0670"
NUMERALS = ANY_DIGIT + FIGURE
_WORD = re.compile(f"[{LETTERS}](?:[{LETTERS}{SIGNS}{ZWNJ}\u0640]*[{LETTERS}{SIGNS}])?")


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of spelling or punctuation: where it stands and what to write instead."""

    rule: str
    start: int
    end: int
    severity: Severity
    message: str
    instead: str


@dataclass(frozen=True, slots=True)
class Words:
    """The word lists: accepted words, verb stems, compounds by their wrong forms."""

    accepted: set[str] = field(default_factory=set)
    past: set[str] = field(default_factory=set)
    present: set[str] = field(default_factory=set)
    joined: dict[str, str] = field(default_factory=dict)
    parted: dict[str, dict[str, str]] = field(default_factory=dict)


def load_words(*files: Path) -> Words:
    """The shipped word lists, and what ``files`` add to them.

    A file named ``verbs.txt`` or ``compounds.txt`` extends the shipped one; any other lists accepted words.
    """
    words, problems = Words(), list[Problem]()
    for file in (*sorted((shipped("data") / "orthography").glob("*.txt")), *files):
        for number, line in _lines_of_list(file, problems):
            parts = line.split()
            if file.name == "verbs.txt":
                words.past.add(parts[0])
                words.present.update(parts[1:])
            elif file.name != "compounds.txt":
                words.accepted.add(line)
            elif ZWNJ not in parts[0].strip(ZWNJ) or parts[1:] not in ([], ["joined"], ["spaced"]):
                hint = "write the right form with its ZWNJ (U+200C), then nothing, 'joined' or 'spaced'"
                problems.append(Problem(f"'{line}' is not a compound", file, number, 1, hint, len(line)))
            else:
                for right in _with_he(parts[0]):
                    if parts[1:] != ["spaced"]:
                        words.joined[right.replace(ZWNJ, "")] = right
                    for gap in re.finditer(ZWNJ, right if parts[1:] != ["joined"] else ""):
                        words.parted.setdefault(right[: gap.start()], {})[right[gap.end() :]] = right
    if problems:
        raise Problems(problems)
    return words


def _lines_of_list(file: Path, problems: list[Problem]) -> Iterator[tuple[int, str]]:
    try:
        lines = read_bytes(file, _MOST_BYTES).decode("utf-8-sig").splitlines()
    except Problems as raised:
        problems += raised.problems
    except UnicodeDecodeError:
        problems.append(Problem("the word list is not UTF-8", file, hint="save it again as UTF-8"))
    else:
        for number, line in enumerate(lines, 1):
            if word := " ".join(line.partition("#")[0].split()):
                yield number, word


def _with_he(word: str) -> tuple[str, ...]:
    """A word that ends in silent ه, with the forms in which that letter changes."""
    return (word, *(word[:-1] + end for end in ("ۀ", "گان", "گی"))) if word.endswith("ه") else (word,)


_DUAL = "ئبپتټثجچحخځڅسشښصضطظعغفقکگلمنڼهیېۍ"
_PLURAL = "ها(?:ی(?:ی|م|ت|ش|مان|تان|شان)?|ست|یند)?"
_HA = re.compile(f"(.+[{_DUAL}])({_PLURAL})")
_LONE_HA = re.compile(_PLURAL)
_MI = re.compile("((?:بر|در|باز|فرو|فرا|وا|ور)?ن?می)(.+)")
_LONE_MI = re.compile("(?:بر|در|باز|فرو|فرا|وا|ور)?ن?می")
_PARTICIPLE = re.compile("(.+ه)(اند|ام|ای|ایم|اید|است)")
_PREVERB = re.compile("^(?:بر|در|باز|فرو|فرا|وا|ور)?ن?")
_AGENT = re.compile(f"(?:کنند|دهند|شوند)(?:[هۀ]|ه{ZWNJ}(?:ای|اند|{_PLURAL})|گان|گانی|گی)")
_TAIL = re.compile(f"(?:{ZWNJ}?(?:{_PLURAL}|ترین|تر|اند|ام|ایم|ای)|ی|یی|م|ش|شان|مان|ان|انی|یم|ند|انه)?")
_LONGEST_TAIL = 9
_NOT_SILENT = re.compile("..?|.*[اوآ]ه")
_NO_HEAD = re.compile("و|یا|که|چه|به|از|با|در|بر|تا|را|برای|این|آن|هر|هیچ|یک|چند|نه|هم|همه|اگر|مگر")
_NO_PRIVATIVE = re.compile("هیچ|این|آن|او|تو|من|ما|شما|بی|سی|ان|اس|آر|که|و|از|در|به|آنکه|اینکه")
_AFTER_DAY = frozenset({"ماه", "تا", *language("fa-AF").gregorian_months})
_WORD_GAP = re.compile(rf"(?:[^\S\n]|{ZWNJ})*\n?(?:[^\S\n]|{ZWNJ})*")
Judged = tuple[str, Severity, str, str]  # rule, severity, message, instead


def _join(left: str, right: str) -> str:
    return left + ZWNJ + right if left[-1] in _DUAL else left + right


def _is_verb(form: str, words: Words) -> bool:
    """Whether what follows «می» is a verb: a known stem, its ending, perhaps an object after it."""
    for object_ in ("", "ش", "شان", "مان", "تان"):
        whole = form.removesuffix(object_) if form.endswith(object_) else ""
        if whole in words.past:
            return True
        for ending in ("م", "ی", "د", "یم", "ید", "ند", "ه"):
            stem = whole.removesuffix(ending)
            if stem != whole and (stem in words.past or (ending != "ه" and stem in words.present)):
                return True
    return False


def misspelt(text: str, words: Words) -> Iterator[Fault]:
    """The words that lost their ZWNJ, or stand apart; in the text every letter is one of Dari."""
    before = left = ""
    place = end = 0
    for token in _WORD.finditer(text):
        word, start = token.group(), token.start()
        if not (left and _WORD_GAP.fullmatch(text, end, start)):
            left = ""
        if left and (two := _lost_between(before, left, word, words, text[max(0, place - 2) : place])):
            yield Fault(two[0], place, token.end(), *two[1:])
        if one := _lost_inside(word, words):
            yield Fault(one[0], start, token.end(), *one[1:])
        before, left, place, end = left, word, start, token.end()


def _lost_inside(word: str, words: Words) -> Judged | None:
    """A word that has lost the ZWNJ inside it."""
    verb = _MI.fullmatch(word)
    if verb and _is_verb(verb[2].partition(ZWNJ)[0], words):
        return "zwnj-verb", "error", "no ZWNJ after می", verb[1] + ZWNJ + verb[2]
    for cut in range(len(word), max(3, len(word) - _LONGEST_TAIL), -1):
        if (right := words.joined.get(word[:cut])) and _TAIL.fullmatch(word, cut):
            tail = word[cut:]
            whole = _join(right, tail) if tail.startswith("ها") else right + tail
            rule = "zwnj-privative" if right.startswith("بی" + ZWNJ) else "zwnj-compound"
            return rule, "error", "a compound without its ZWNJ", whole
    if (form := _PARTICIPLE.fullmatch(word)) and (stem := form[1][:-1]):
        # After د and the like, ها + ی is the plural and needs no ZWNJ: نهادهای، نهادهاست.
        plural = form[2] in ("ای", "ایم", "است") and stem[-1] not in _DUAL
        known = stem in words.past or _PREVERB.sub("", stem) in words.past
        if (known and not plural) or (form[2] == "اند" and len(stem) > 2):
            return "zwnj-copula", "error", "no ZWNJ between silent ه and the ending", form[1] + ZWNJ + form[2]
    last = word.rpartition(ZWNJ)[2]
    found = _HA.fullmatch(last)
    if found and len(found[1]) > 1 and {last, found[1] + "ها"}.isdisjoint(words.accepted):
        severity: Severity = "warning" if found[1] in ("آن", "این", "همین", "همان") else "error"
        return "zwnj-plural", severity, "no ZWNJ before ها", word[: -len(found[2])] + ZWNJ + found[2]
    return None


def _lost_between(before: str, left: str, word: str, words: Words, signs: str) -> Judged | None:
    """Two words that are one; ``before`` and ``signs`` are the word and the characters before them."""
    if _LONE_MI.fullmatch(left) and _is_verb(word.partition(ZWNJ)[0], words):
        may = left == "می" and (before in _AFTER_DAY or re.search(f"[{NUMERALS}]", signs))
        return None if may else ("zwnj-verb", "error", "a space after می; write a ZWNJ", left + ZWNJ + word)
    if (_LONE_HA.fullmatch(word) and not _NO_HEAD.fullmatch(left)) or word == "ترین":
        return "zwnj-plural", "error", f"a space before {word}; write a ZWNJ", _join(left, word)
    if word in ("اند", "ام", "ای", "ایم", "اید", "ی"):
        return _enclitic(left, word)
    tails = words.parted.get(left, {})
    for cut in range(len(word), max(0, len(word) - _LONGEST_TAIL), -1) if tails and before != "به" else ():
        if (right := tails.get(word[:cut])) and _TAIL.fullmatch(word, cut):
            rule = "zwnj-privative" if left == "بی" else "zwnj-compound"
            return rule, "warning", "a compound with a space in it; write a ZWNJ", right + word[cut:]
    if left == "بی" and not _NO_PRIVATIVE.fullmatch(word):
        return "zwnj-privative", "warning", "a space after بی; write a ZWNJ", left + ZWNJ + word
    if _AGENT.fullmatch(word) and not _NO_HEAD.fullmatch(left) and left[-1] not in "ۀ":
        return "zwnj-compound", "warning", f"a space before {word}; write one word", _join(left, word)
    return None


def _enclitic(left: str, word: str) -> Judged | None:
    """A form of «to be», or the ezafe, with a space before it."""
    silent = left.endswith("ه") and not _NOT_SILENT.fullmatch(left)
    if word == "ی":
        ezafe: Judged = ("heh-yeh", "error", "the ezafe after silent ه is ۀ U+06C0", left[:-1] + "ۀ")
        return ezafe if silent else None
    if silent:
        severity: Severity = "warning" if word == "ای" else "error"
        return "zwnj-copula", severity, f"a space before {word}; write a ZWNJ", left + ZWNJ + word
    if word != "اند" or _NO_HEAD.fullmatch(left):
        return None
    right = left + ("یند" if left[-1] == "ا" else "ند" if left[-1] in "دذرزژ" else ZWNJ + word)
    return "zwnj-copula", "warning", "a space before اند; write a ZWNJ or join it", right
