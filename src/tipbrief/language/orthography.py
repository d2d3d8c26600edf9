"""The linter of letters, marks and spelling, by the rules of each language: it reports and never rewrites."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from tipbrief.language import english, pashto, persian
from tipbrief.language.language import Language
from tipbrief.language.quotations import balance, quote_marks
from tipbrief.language.rules import (
    ARABIC_SCRIPT_MARKS,
    MASKS,
    REFERENCES,
    RUN,
    SHAPED,
    Check,
    Rule,
    letter_faults,
    mark_faults,
    separators,
)
from tipbrief.language.spelling import LETTERS, Fault, Words

_LONGEST_WORD = 60
_ARABIC_SCRIPT = re.compile(f"[{LETTERS}{SHAPED}۰-۹٠-٩٪]")
# In the Arabic script a Latin run is left alone.
_LATIN_MASKED = re.compile(
    REFERENCES + r"|(?<![0-9])[0-9]*+[A-Za-zÀ-ɏ]"
    r"(?:[!#-&(-z|~À-ɏ'’–]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–]))*(?<=[A-Za-zÀ-ɏ0-9/])"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Orthography:
    """The rules of one spelling; of the Arabic script where it does not say otherwise."""

    letters: tuple[Rule, ...]
    spelling: Callable[[str, Language, Words], Iterator[Fault]] | None = None
    script: re.Pattern[str] = _ARABIC_SCRIPT  # a text without it is not looked at
    masked: re.Pattern[str] = _LATIN_MASKED  # what is left alone
    marks: tuple[Rule, ...] = ARABIC_SCRIPT_MARKS
    checks: tuple[Check, ...] = field(default=(separators, quote_marks, balance))


ORTHOGRAPHIES = {
    "dari": Orthography(letters=persian.DARI_LETTERS, spelling=persian.dari_words),
    "iranian": Orthography(letters=persian.IRANIAN_LETTERS, spelling=persian.iranian_words),
    "pashto": Orthography(letters=pashto.LETTER_RULES, spelling=pashto.pashto_words),
    "english": Orthography(
        letters=english.LETTER_RULES,
        script=english.SCRIPT,
        masked=english.MASKED,
        marks=english.MARK_RULES,
        checks=(english.quote_marks, balance),
    ),
}


def linted(text: str, language: Language, words: Words) -> list[Fault]:
    """All findings in a text, in the order of their places; none where the language has no rules."""
    rules = ORTHOGRAPHIES.get(language.spelling)
    if rules is None or not rules.script.search(text):
        return []
    masked = rules.masked.sub(lambda found: MASKS.get(found.lastgroup or "", RUN) * len(found[0]), text)
    spelling = list(rules.spelling(masked, language, words)) if rules.spelling else []
    found = [*spelling, *letter_faults(masked, language, rules.letters)]
    found += mark_faults(text, masked, language, rules.marks)
    for check in rules.checks:
        found += check(text, masked, language, words)
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
    core = around.strip("«»‹›“”‘’()[]،؛؟.:!…,;?\"'")
    start += around.find(core)
    return core in accepted and start <= found.start and found.end <= start + len(core)
