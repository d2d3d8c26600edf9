"""The linter of letters, marks and spelling, by the rules of each language: it reports and never rewrites."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tipbrief.language import english, pashto, persian
from tipbrief.language.language import Language
from tipbrief.language.rules import (
    ARABIC_MARK_RULES,
    FOREIGN_RUN,
    MASKS,
    PRESENTATION_FORMS,
    REFERENCES,
    Check,
    Rule,
    find_letter_faults,
    find_mark_faults,
    find_quote_faults,
    find_separator_faults,
    find_unbalanced_marks,
)
from tipbrief.language.word_lists import LETTERS, SpellingFault, WordLists

_LONGEST_WORD = 60
_ARABIC_SCRIPT = re.compile(f"[{LETTERS}{PRESENTATION_FORMS}۰-۹٠-٩٪]")
# In the Arabic script a Latin run is left alone.
_LATIN_RUNS = re.compile(
    REFERENCES + r"|(?<![0-9])[0-9]*+[A-Za-zÀ-ɏ]"
    r"(?:[!#-&(-z|~À-ɏ'’–]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–]))*(?<=[A-Za-zÀ-ɏ0-9/])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orthography:
    """The rules of one spelling; of the Arabic script where it does not say otherwise."""

    letters: tuple[Rule, ...]
    spelling: Callable[[str, Language, WordLists], Iterator[SpellingFault]] | None = None
    script: re.Pattern[str] = _ARABIC_SCRIPT  # a text without it is not looked at
    mask_pattern: re.Pattern[str] = _LATIN_RUNS  # what is left alone
    marks: tuple[Rule, ...] = ARABIC_MARK_RULES
    checks: tuple[Check, ...] = field(default=(find_separator_faults, find_quote_faults, find_unbalanced_marks))


ORTHOGRAPHIES = {
    "dari": Orthography(letters=persian.DARI_LETTER_RULES, spelling=persian.find_dari_faults),
    "iranian": Orthography(letters=persian.IRANIAN_LETTER_RULES, spelling=persian.find_iranian_faults),
    "pashto": Orthography(letters=pashto.PASHTO_LETTER_RULES, spelling=pashto.find_pashto_faults),
    "english": Orthography(
        letters=english.ENGLISH_LETTER_RULES,
        script=english.LATIN_LETTER,
        mask_pattern=english.MASK_PATTERN,
        marks=english.ENGLISH_MARK_RULES,
        checks=(english.find_english_quote_faults, find_unbalanced_marks),
    ),
}


def find_spelling_faults(text: str, language: Language, words: WordLists) -> list[SpellingFault]:
    """All findings in a text, in the order of their places; none where the language has no rules."""
    rules = ORTHOGRAPHIES.get(language.spelling)
    if rules is None or not rules.script.search(text):
        return []
    masked = rules.mask_pattern.sub(lambda found: MASKS.get(found.lastgroup or "", FOREIGN_RUN) * len(found[0]), text)
    spelling = list(rules.spelling(masked, language, words)) if rules.spelling else []
    found = [*spelling, *find_letter_faults(masked, language, rules.letters)]
    found += find_mark_faults(text, masked, language, rules.marks)
    for check in rules.checks:
        found += check(text, masked, language, words)
    # Where a whole word is reported, the ZWNJ at the edge of its half needs no finding of its own.
    covered = {place for f in spelling for place in range(f.start, f.end)}
    found = [f for f in found if not (f.rule == "zwnj-edge" and f.start in covered)]
    found = [f for f in found if not _is_accepted(text, f, words.accepted_words)]
    return sorted(found, key=lambda f: (f.start, f.end, f.rule))


def _is_accepted(text: str, found: SpellingFault, accepted: set[str]) -> bool:
    """Whether the place, or the word around it without the punctuation at its ends, is in the list."""
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
