"""The spelling linter: the table of spellings; ``spelling_rules.yaml`` has their rules. It never rewrites a text."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from tipbrief.language import rules
from tipbrief.language.language import Language
from tipbrief.language.rules import FOREIGN_RUN, MASKS, PATTERNS, Check, Rule
from tipbrief.language.word_lists import SpellingFault, WordLists

# Letters of Dari, Arabic and Urdu keyboards, and the Pashto letters to write instead.
_PASHTO_LETTER_TABLE = str.maketrans("گكڪىےێۓہھەۃٹڈڑڻںۇۆ", "ګککییېئهههةټډړڼنوو")
_LONGEST_WORD = 60


def find_pashto_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of a Pashto text, and the Dari words in it."""
    (medial_ye,) = (one for one in list_rules("pashto")[0] if one.name == "medial-ye")
    joined = re.sub(medial_ye.pattern, "ی", text)
    folded = joined.translate(_PASHTO_LETTER_TABLE)
    yield from rules.find_other_spellings(folded, words)
    yield from rules.find_foreign_months(folded, words)
    yield from rules.find_untranslated_text(joined, words, PATTERNS["dari_verb"], "Dari")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orthography:
    """The rules of one spelling. The defaults are those of the Arabic script."""

    spelling: Callable[[str, Language, WordLists], Iterator[SpellingFault]] | None = None
    letters: Mapping[int, Any] = field(default_factory=dict)  # what to write for letters of other keyboards
    script: re.Pattern[str] = PATTERNS["arabic_script"]  # a text without it has no faults
    mask_pattern: re.Pattern[str] = PATTERNS["latin_runs"]  # what the linter skips
    marks: str = "arabic"
    checks: tuple[Check, ...] = (rules.find_separator_faults, rules.find_quote_faults, rules.find_unbalanced_marks)


# By their names in the files of languages, and in the file of rules.
ORTHOGRAPHIES = {
    "dari": Orthography(spelling=rules.find_dari_faults, letters=rules.PERSIAN_LETTER_TABLE),
    "iranian": Orthography(spelling=rules.find_iranian_faults, letters=rules.PERSIAN_LETTER_TABLE),
    "pashto": Orthography(spelling=find_pashto_faults, letters=_PASHTO_LETTER_TABLE),
    "english": Orthography(
        script=PATTERNS["latin_letter"],
        mask_pattern=PATTERNS["arabic_runs"],
        marks="english",
        checks=(rules.find_quote_faults, rules.find_unbalanced_marks),
    ),
}


@cache
def list_rules(spelling: str) -> tuple[list[Rule], list[Rule]]:
    """The rules of an orthography: of letters, and of marks."""
    own = ORTHOGRAPHIES[spelling]
    return rules.read_rules("letters", spelling, own.letters), rules.read_rules("marks", own.marks)


def find_spelling_faults(text: str, language: Language, words: WordLists) -> list[SpellingFault]:
    """All faults of a text, in order; none if the language has no rules."""
    own = ORTHOGRAPHIES.get(language.spelling)
    if own is None or not own.script.search(text):
        return []
    masked = own.mask_pattern.sub(lambda found: MASKS.get(found.lastgroup or "", FOREIGN_RUN) * len(found[0]), text)
    spelling = list(own.spelling(masked, language, words)) if own.spelling else []
    letters, marks = list_rules(language.spelling)
    found = [*spelling, *rules.find_letter_faults(masked, language, letters)]
    found += rules.find_mark_faults(text, masked, language, marks)
    for check in own.checks:
        found += check(text, masked, language, words)
    # If a whole word is a fault, a ZWNJ at the edge of its half is no fault of its own.
    covered = {place for f in spelling for place in range(f.start, f.end)}
    found = [f for f in found if not (f.rule == "zwnj-edge" and f.start in covered)]
    found = [f for f in found if not _is_accepted(text, f, words.accepted_words)]
    return sorted(found, key=lambda f: (f.start, f.end, f.rule))


def _is_accepted(text: str, found: SpellingFault, accepted: set[str]) -> bool:  # or the word around it
    if text[found.start : found.end] in accepted:
        return True
    start, end = found.start, found.end
    while start and not text[start - 1].isspace() and found.end - start < _LONGEST_WORD:
        start -= 1
    while end < len(text) and not text[end].isspace() and end - start < _LONGEST_WORD:
        end += 1
    around = text[start:end]
    core = around.strip("«»‹›“”‘’()[]،؛؟.:!…,;?\"'")
    start += around.find(core)
    return core in accepted and start <= found.start and found.end <= start + len(core)
