"""Pashto spelling: its own letters, and its kinds of ye."""

import re
from collections.abc import Iterator

from tipbrief.language.language import Language
from tipbrief.language.rules import (
    INVISIBLE_RULES,
    PRESENTATION_FORMS,
    TATWEEL_RULE,
    Rule,
    find_foreign_months,
    find_other_spellings,
    find_untranslated_text,
    normalise_letters,
)
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.language.word_lists import LETTERS, SIGNS, SpellingFault, WordLists

# Letters of Dari, Arabic and Urdu keyboards, and those of Pashto in their place.
_PASHTO_LETTERS = {"گ": "ګ", "ك": "ک", "ڪ": "ک", "ى": "ی", "ے": "ی", "ێ": "ې", "ۓ": "ئ", "ہ": "ه", "ھ": "ه", "ە": "ه",
         "ۃ": "ة", "ٹ": "ټ", "ڈ": "ډ", "ڑ": "ړ", "ڻ": "ڼ", "ں": "ن", "ۇ": "و", "ۆ": "و"}  # fmt: skip
_PASHTO_LETTER_TABLE = str.maketrans(_PASHTO_LETTERS)
# Every letter joins to a ye before it, but the hamza.
_MEDIAL_YE = f"ي(?=[{SIGNS}]*(?!ء)[{LETTERS}])"
# A Dari verb: می‌شود, نمی‌کند, برمی‌گردد.
_DARI_VERB = f"(?:بر|در|باز|فرو|فرا)?ن?می{ZWNJ}"


def _fix_pashto_letters(letters: re.Match[str], language: Language) -> str:
    return normalise_letters(letters.group()).translate(_PASHTO_LETTER_TABLE)


PASHTO_LETTER_RULES = (
    Rule("arabic-letter", "error", f"[{''.join(_PASHTO_LETTERS)}]",
         "a letter of another language's keyboard; {language} writes ګ ک ی ې ئ ه ټ ډ ړ ڼ", _fix_pashto_letters),
    Rule("presentation-form", "error", f"[{PRESENTATION_FORMS}]+", "a shaped form of the letter", _fix_pashto_letters),
    TATWEEL_RULE,
    *INVISIBLE_RULES,
    Rule("medial-ye", "warning", _MEDIAL_YE,
         "inside a word {language} writes ی U+06CC, which looks the same; ي stands at a word's end", "ی"),
    Rule("hamza", "error", "[یى]\u0654", "ye with hamza is the one character ئ U+0626", "ئ"),
    Rule("hamza", "error", "ح\u0654", "the letter is the one character ځ U+0681", "ځ"),
    Rule("hamza", "error", f"ه{ZWNJ}?\u0654|ۂ", "the letter is the one character ۀ U+06C0", "ۀ"),
)  # fmt: skip


def find_pashto_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The words of a Pashto text that are misspelt, or Dari."""
    joined = re.sub(_MEDIAL_YE, "ی", text)
    folded = joined.translate(_PASHTO_LETTER_TABLE)
    yield from find_other_spellings(folded, words)
    yield from find_foreign_months(folded, words)
    yield from find_untranslated_text(joined, words, _DARI_VERB, "Dari")
