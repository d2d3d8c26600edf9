"""Pashto spelling: its own letters, and its kinds of ye."""

import re
from collections.abc import Iterator

from tipbrief.language.elsewhere import instead, months, untranslated
from tipbrief.language.language import Language
from tipbrief.language.rules import SHAPED, TATWEEL, UNSEEN, Rule, without_shape
from tipbrief.language.spelling import LETTERS, SIGNS, Fault, Words
from tipbrief.language.text import ZWNJ

# Letters of Dari, Arabic and Urdu keyboards, and those of Pashto in their place.
_HERE = {"گ": "ګ", "ك": "ک", "ڪ": "ک", "ى": "ی", "ے": "ی", "ێ": "ې", "ۓ": "ئ", "ہ": "ه", "ھ": "ه", "ە": "ه",
         "ۃ": "ة", "ٹ": "ټ", "ڈ": "ډ", "ڑ": "ړ", "ڻ": "ڼ", "ں": "ن", "ۇ": "و", "ۆ": "و"}  # fmt: skip
_FOLD = str.maketrans(_HERE)
# Every letter joins to a ye before it, but the hamza.
_MEDIAL = f"ي(?=[{SIGNS}]*(?!ء)[{LETTERS}])"
# A Dari verb: می‌شود, نمی‌کند, برمی‌گردد.
_DARI_VERB = f"(?:بر|در|باز|فرو|فرا)?ن?می{ZWNJ}"


def _of_pashto(letters: re.Match[str], language: Language) -> str:
    return without_shape(letters.group()).translate(_FOLD)


LETTER_RULES = (
    Rule("arabic-letter", "error", f"[{''.join(_HERE)}]",
         "a letter of another language's keyboard; {language} writes ګ ک ی ې ئ ه ټ ډ ړ ڼ", _of_pashto),
    Rule("presentation-form", "error", f"[{SHAPED}]+", "a shaped form of the letter", _of_pashto),
    TATWEEL,
    *UNSEEN,
    Rule("medial-ye", "warning", _MEDIAL,
         "inside a word {language} writes ی U+06CC, which looks the same; ي stands at a word's end", "ی"),
    Rule("hamza", "error", "[یى]\u0654", "ye with hamza is the one character ئ U+0626", "ئ"),
    Rule("hamza", "error", "ح\u0654", "the letter is the one character ځ U+0681", "ځ"),
    Rule("hamza", "error", f"ه{ZWNJ}?\u0654|ۂ", "the letter is the one character ۀ U+06C0", "ۀ"),
)  # fmt: skip


def pashto_words(text: str, language: Language, words: Words) -> Iterator[Fault]:
    """The words of a Pashto text that are misspelt, or Dari."""
    joined = re.sub(_MEDIAL, "ی", text)
    folded = joined.translate(_FOLD)
    yield from instead(folded, words)
    yield from months(folded, words)
    yield from untranslated(joined, words, _DARI_VERB, "Dari")
