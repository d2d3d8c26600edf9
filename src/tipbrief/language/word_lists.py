"""The linter's word lists: accepted words, verbs, compounds, replacements; and the fault that it reports."""

import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

from tipbrief.assets import find_shipped_folder
from tipbrief.files import read_bytes
from tipbrief.language.language import Language, known_languages, load_language, read_data_file
from tipbrief.language.numbers import ANY_DIGIT, LATIN_DIGIT_TABLE
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.problems import Problem, ProblemList, Problems

_MAX_BYTES = 1_000_000  # of a word list
# The folders with the lists of a spelling, if it has not just one of its own name. Dari and Iranian Persian share one.
_LIST_FOLDERS = {"dari": ("persian", "dari"), "iranian": ("persian", "iranian")}
Severity = Literal["error", "warning"]
# Character classes. FIGURE masks a reference to a figure, and stands for a number.
FIGURE = "\ue000"
LETTERS = "\u0620-\u063f\u0641-\u064a\u066e\u066f\u0671-\u06d3\u06d5\u06ee\u06ef\u06fa-\u06ff\u0750-\u077f"
SIGNS = "\u0610-\u061a\u064b-\u065f\u0670"
NUMERALS = ANY_DIGIT + FIGURE
WORD = re.compile(f"[{LETTERS}](?:[{LETTERS}{SIGNS}{ZWNJ}\u0640]*[{LETTERS}{SIGNS}])?")
_EZAFE = "\u0654"  # CLDR's Iranian months end with this sign of the ezafe
# Letters that stand for others on other keyboards, and in names also those of Pashto for those of Dari.
_KEY_LETTERS = str.maketrans({**dict.fromkeys("يىئ", "ی"), "ك": "ک", **dict.fromkeys("ةۀە", "ه"), ZWNJ: " "})
_NAME_LETTERS = _KEY_LETTERS | str.maketrans("ټډړڼګېۍؤأإ", "تدرنگییواا") | str.maketrans("ښږ", "شژ")
# For each kind of list, a function that adds a line. It returns message and hint if the line is wrong.
_LineFault = tuple[str, str] | None


class SpellingFault(NamedTuple):
    """A fault of spelling or punctuation: where it stands and what to write instead."""

    rule: str
    start: int
    end: int
    severity: Severity
    message: str
    replacement: str | None  # empty if the characters must be deleted, None if only the writer knows


class ForeignMonth(NamedTuple):
    """Another language's name of a month: the local name, and the calendar."""

    local_name: str
    calendar: Literal["solar", "gregorian"]


@dataclass(frozen=True, slots=True)
class WordLists:
    """All word lists of a language. The compounds are known by their wrong forms."""

    accepted_words: set[str] = field(default_factory=set)
    past_stems: set[str] = field(default_factory=set)
    present_stems: set[str] = field(default_factory=set)
    joined_compounds: dict[str, str] = field(default_factory=dict)
    spaced_compounds: dict[str, dict[str, str]] = field(default_factory=dict)
    replacements: dict[str, tuple[str, Severity]] = field(default_factory=dict)  # the words to write instead
    untranslated_words: set[str] = field(default_factory=set)
    foreign_months: dict[str, ForeignMonth] = field(default_factory=dict)
    checksum: str = ""  # of the files of these lists


def load_language_words(language: Language, *files: Path) -> WordLists:
    """The shipped word lists of a language. A file of one's name extends it; any other lists accepted words."""
    return _parse_word_lists(language, files) if files else _load_shipped_lists(language)


def _parse_word_lists(language: Language, files: Sequence[Path] = ()) -> WordLists:
    words, problems = WordLists(foreign_months=_collect_foreign_months(language)), ProblemList()
    shipped = find_shipped_folder("data") / "orthography"
    folders = _LIST_FOLDERS.get(language.spelling, (language.spelling,))
    lists = (file for name in folders for file in sorted((shipped / name).glob("*.txt")))
    whole = hashlib.sha256(language.spelling.encode())
    for file in (*lists, *files):
        with problems.catch():
            content = read_bytes(file, _MAX_BYTES)
            whole.update(f"{file.name}\0{len(content)}\0".encode() + content)
            add = _LINE_READERS.get(file.name, _LINE_READERS["words.txt"])
            for number, line in _read_list_lines(file, content):
                if fault := add(words, line):
                    message, hint = fault
                    problems.append(Problem(message, file, number, 1, hint, len(line)))
    problems.raise_all()
    return replace(words, checksum=whole.hexdigest())


_load_shipped_lists = cache(_parse_word_lists)


def _read_list_lines(file: Path, content: bytes) -> Iterator[tuple[int, str]]:
    try:
        lines = content.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError:
        raise Problems("the word list is not UTF-8", file, hint="save it again as UTF-8") from None
    for number, line in enumerate(lines, 1):
        if word := " ".join(line.partition("#")[0].split()):
            yield number, word


def _add_verb(words: WordLists, line: str) -> _LineFault:
    past, *present = line.split()
    words.past_stems.add(past)
    words.present_stems.update(present)
    return None


def _add_compound(words: WordLists, line: str) -> _LineFault:
    word, *narrowed = line.split()
    if ZWNJ not in word.strip(ZWNJ) or narrowed not in ([], ["joined"], ["spaced"]):
        hint = "write the right form with its ZWNJ (U+200C), then nothing, 'joined' or 'spaced'"
        return f"'{line}' is not a compound", hint
    # A silent ه at its end has other forms.
    for right in (word, *(word[:-1] + end for end in ("ۀ", "گان", "گی") if word.endswith("ه"))):
        if narrowed != ["spaced"]:
            words.joined_compounds[right.replace(ZWNJ, "")] = right
        for gap in re.finditer(ZWNJ, right if narrowed != ["joined"] else ""):
            words.spaced_compounds.setdefault(right[: gap.start()], {})[right[gap.end() :]] = right
    return None


def _add_replacement(words: WordLists, line: str) -> _LineFault:
    wrong, _, right = (part.strip() for part in line.partition("="))
    severity: Severity = "error" if right.endswith("!") else "warning"
    right = right.removesuffix("!").strip()
    if not right or wrong == right or len(wrong.split()) not in (1, 2):
        hint = "write 'wrong = right', of one or two words; a '!' makes it an error"
        return f"'{line}' does not say what to write", hint
    words.replacements[wrong] = right, severity
    return None


_LINE_READERS: dict[str, Callable[[WordLists, str], _LineFault]] = {
    "verbs.txt": _add_verb,
    "compounds.txt": _add_compound,
    "instead.txt": _add_replacement,
    "words.txt": lambda words, line: words.accepted_words.add(line),
    "untranslated.txt": lambda words, line: words.untranslated_words.add(line),
}


def _collect_foreign_months(language: Language) -> dict[str, ForeignMonth]:
    """The names that other languages in the same script have for months, where this language has another name."""
    own = {month.removesuffix(_EZAFE) for month in (*language.solar_months, *language.gregorian_months)}
    found: dict[str, ForeignMonth] = {}
    for other in map(load_language, known_languages()):
        for name, right in zip(other.solar_months, language.solar_months, strict=False):
            found.setdefault(name.removesuffix(_EZAFE), ForeignMonth(right.removesuffix(_EZAFE), "solar"))
        for name, right in zip(other.gregorian_months, language.gregorian_months, strict=False):
            found.setdefault(name.removesuffix(_EZAFE), ForeignMonth(right.removesuffix(_EZAFE), "gregorian"))
    return {name: month for name, month in found.items() if name not in own and WORD.fullmatch(name)}


def fold_name(text: str) -> str:
    """A name for comparisons: its letters and digits alone, in small letters, without those of another keyboard."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_NAME_LETTERS)).translate(_NAME_LETTERS)
    plain = re.sub(r"\b(?:province|ولایت)\b", "", plain).strip() or plain
    return re.sub(r"[\W_]+", "", plain).translate(LATIN_DIGIT_TABLE)


def romanise(text: str) -> str:
    """A key of Latin letters, digits and hyphens made from a name; empty if it has none of our letters."""
    letters = read_data_file(find_shipped_folder("data") / "codes" / "latin.yaml")
    plain = unicodedata.normalize("NFKD", text.casefold().translate(_KEY_LETTERS)).translate(LATIN_DIGIT_TABLE)
    latin = "".join(letters.get(one, one) for one in plain if one not in SIGNS)
    return re.sub("[^a-z0-9]+", "-", latin).strip("-")[:60]


@cache
def list_codes() -> tuple[str, ...]:
    """The names of the shipped lists of codes."""
    names = sorted(file.stem for file in (find_shipped_folder("data") / "codes").glob("*.yaml"))
    return tuple(name for name in names if name != "latin")


@cache
def load_codes(name: str) -> dict[str, str]:
    """The codes of a shipped list by the names, in the form of ``fold_name``; each is also its own name."""
    read = read_data_file(find_shipped_folder("data") / "codes" / f"{name}.yaml")
    ends = {fold_name(code.rpartition("-")[2]): code for code in read}
    return ends | {fold_name(one): code for code, names in read.items() for one in (code, *names)}
