"""The spelling linter: the table of spellings, with the rules of Pashto and English. It never rewrites a text."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tipbrief.language import persian, rules
from tipbrief.language.language import Language
from tipbrief.language.numbers import ARABIC_DIGITS, PERSIAN_DIGITS
from tipbrief.language.rules import FOREIGN_RUN, INLINE_SPACE, MASKS, PRESENTATION_FORMS, REFERENCES, Check, Rule
from tipbrief.language.unicode_text import LATIN_LETTERS, ZWNJ
from tipbrief.language.word_lists import FIGURE, LETTERS, SIGNS, SpellingFault, WordLists

# Letters of Dari, Arabic and Urdu keyboards, and the Pashto letters to write instead.
_PASHTO_LETTERS = {"گ": "ګ", "ك": "ک", "ڪ": "ک", "ى": "ی", "ے": "ی", "ێ": "ې", "ۓ": "ئ", "ہ": "ه", "ھ": "ه", "ە": "ه",
         "ۃ": "ة", "ٹ": "ټ", "ڈ": "ډ", "ڑ": "ړ", "ڻ": "ڼ", "ں": "ن", "ۇ": "و", "ۆ": "و"}  # fmt: skip
_PASHTO_LETTER_TABLE = str.maketrans(_PASHTO_LETTERS)
# All letters but the hamza join to a ye before them.
_MEDIAL_YE = f"ي(?=[{SIGNS}]*(?!ء)[{LETTERS}])"
# A Dari verb: می‌شود, نمی‌کند, برمی‌گردد.
_DARI_VERB = f"(?:بر|در|باز|فرو|فرا)?ن?می{ZWNJ}"
PASHTO_LETTER_RULES = (
    Rule("arabic-letter", "error", f"[{''.join(_PASHTO_LETTERS)}]",
         "a letter of another language's keyboard; {language} writes ګ ک ی ې ئ ه ټ ډ ړ ڼ",
         rules.fix_letters(_PASHTO_LETTER_TABLE)),
    Rule("presentation-form", "error", f"[{PRESENTATION_FORMS}]+", "a shaped form of the letter",
         rules.fix_letters(_PASHTO_LETTER_TABLE)),
    rules.TATWEEL_RULE,
    *rules.invisible_rules(),
    Rule("medial-ye", "warning", _MEDIAL_YE,
         "inside a word {language} writes ی U+06CC, which looks the same; ي stands at a word's end", "ی"),
    Rule("hamza", "error", "[یى]\u0654", "ye with hamza is the one character ئ U+0626", "ئ"),
    Rule("hamza", "error", "ح\u0654", "the letter is the one character ځ U+0681", "ځ"),
    Rule("hamza", "error", f"ه{ZWNJ}?\u0654|ۂ", "the letter is the one character ۀ U+06C0", "ۀ"),
)  # fmt: skip
_ARABIC = f"{LETTERS}{SIGNS}{PRESENTATION_FORMS}"
_OTHER_DIGITS = PERSIAN_DIGITS + ARABIC_DIGITS
_LAST_CHARACTER = f"[{_ARABIC}{_OTHER_DIGITS}]"
# The linter skips addresses, and quotations in the Arabic script within their own marks.
_ENGLISH_MASK_PATTERN = re.compile(
    rf"{REFERENCES}|(?:https?://|www\.)[^\s<>«»“”]*[^\s<>«»“”.,;:!?)\]]"
    r"|(?<![\w.+-])[\w.+-]++@[\w-]+(?:\.[\w-]+)+"
    f"|«[^«»\n]{{0,200}}{_LAST_CHARACTER}[^«»\n]{{0,200}}»"
    f"|[{_ARABIC}](?:[{_ARABIC}{_OTHER_DIGITS}{ZWNJ}\u0640 \u00a0،؛؟«»‹›٪٫٬.:…–-]*{_LAST_CHARACTER})?"
    "(?:[؟!.…]+(?=»))?"
)
_WORD_START = f"{LATIN_LETTERS}{FOREIGN_RUN}{FIGURE}"  # characters that begin a word
_LATIN_MARKS = {"،": ",", "؛": ";", "؟": "?", "۔": ".", "٪": "%", "٫": ".", "٬": ","}
ENGLISH_LETTER_RULES = (
    rules.TATWEEL_RULE,
    *rules.invisible_rules(f"{ZWNJ}\u200d"),
    Rule("presentation-form", "error", "[\ufb00-\ufb06]+", "a ligature; the font makes it from the letters",
         rules.fix_letters({})),
)  # fmt: skip
ENGLISH_MARK_RULES = (
    rules.DOUBLE_SPACE_RULE,
    rules.NFC_RULE,
    Rule("arabic-punctuation", "error", "[،؛؟۔٪٫٬]", "{language} writes , ; ? . %",
         lambda m, _: rules.add_space_before_text(_LATIN_MARKS[m.group()], m) if m.group() in "،؛؟۔"
         else _LATIN_MARKS[m.group()]),
    Rule("digits", "error", f"[{_OTHER_DIGITS}]+", "{language} digits are 0–9",
         lambda m, language: language.digits(m.group())),
    Rule("space-before", "error",
         rf"(?<=\S){INLINE_SPACE}+(?=[,;!?.](?:\s|[”’)]|\Z))|(?<=[^\s0-9]){INLINE_SPACE}+(?=:(?:\s|\Z))",
         "a space before the punctuation mark", ""),
    Rule("space-after", "error", f"[,;!?](?=[{_WORD_START}])", "no space after the punctuation mark", r"\g<0> "),
    Rule("space-after", "warning", r"(?<=[a-z]{2})\.(?=[A-Z][a-z])", "no space after the full stop", ". "),
    Rule("space-inside", "error", rf"(?<=[“‘(\[]){INLINE_SPACE}+(?=\S)|(?<=\S)(?<![“‘(\[]){INLINE_SPACE}+(?=[”)\]])",
         "a space inside the bracket or quotation mark", ""),
    Rule("ellipsis", "error", r"(?<![./])\.{3,}(?!/)", "the ellipsis is one character, … U+2026", "…"),
    Rule("dash", "error", r"(?<=\w)--(?=\w)|(?<=\s)--(?=\s)", "two hyphens; the dash is – U+2013", "–"),
    Rule("percent", "error", rf"(?<=[0-9{FIGURE}]){INLINE_SPACE}+%",
         "the percent sign follows its number without a space", "%"),
    Rule("range", "warning", r"(?<![\w-])(?P<a>[0-9]{4}) ?- ?(?P<b>[0-9]{4})(?![\w-])",
         "a hyphen between two years; write – U+2013, or “from … to …”", r"\g<a>–\g<b>"),
)  # fmt: skip
_LONGEST_WORD = 60
_ARABIC_SCRIPT = re.compile(f"[{LETTERS}{PRESENTATION_FORMS}۰-۹٠-٩٪]")
# In the Arabic script the linter skips Latin runs.
_LATIN_RUNS = re.compile(
    REFERENCES + r"|(?<![0-9])[0-9]*+[A-Za-zÀ-ɏ]"
    r"(?:[!#-&(-z|~À-ɏ'’–]|[ \u00a0](?=[A-Za-zÀ-ɏ0-9(&–]))*(?<=[A-Za-zÀ-ɏ0-9/])"
)


def find_pashto_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of a Pashto text, and the Dari words in it."""
    joined = re.sub(_MEDIAL_YE, "ی", text)
    folded = joined.translate(_PASHTO_LETTER_TABLE)
    yield from rules.find_other_spellings(folded, words)
    yield from rules.find_foreign_months(folded, words)
    yield from rules.find_untranslated_text(joined, words, _DARI_VERB, "Dari")


@dataclass(frozen=True, slots=True, kw_only=True)
class Orthography:
    """The rules of one spelling. The defaults are those of the Arabic script."""

    letters: tuple[Rule, ...]
    spelling: Callable[[str, Language, WordLists], Iterator[SpellingFault]] | None = None
    script: re.Pattern[str] = _ARABIC_SCRIPT  # a text without it has no faults
    mask_pattern: re.Pattern[str] = _LATIN_RUNS  # what the linter skips
    marks: tuple[Rule, ...] = rules.ARABIC_MARK_RULES
    checks: tuple[Check, ...] = (rules.find_separator_faults, rules.find_quote_faults, rules.find_unbalanced_marks)


ORTHOGRAPHIES = {
    "dari": Orthography(letters=persian.DARI_LETTER_RULES, spelling=persian.find_dari_faults),
    "iranian": Orthography(letters=persian.IRANIAN_LETTER_RULES, spelling=persian.find_iranian_faults),
    "pashto": Orthography(letters=PASHTO_LETTER_RULES, spelling=find_pashto_faults),
    "english": Orthography(
        letters=ENGLISH_LETTER_RULES,
        script=re.compile(f"[{LATIN_LETTERS}]"),
        mask_pattern=_ENGLISH_MASK_PATTERN,
        marks=ENGLISH_MARK_RULES,
        checks=(rules.find_quote_faults, rules.find_unbalanced_marks),
    ),
}


def find_spelling_faults(text: str, language: Language, words: WordLists) -> list[SpellingFault]:
    """All faults of a text, in order; none if the language has no rules."""
    own = ORTHOGRAPHIES.get(language.spelling)
    if own is None or not own.script.search(text):
        return []
    masked = own.mask_pattern.sub(lambda found: MASKS.get(found.lastgroup or "", FOREIGN_RUN) * len(found[0]), text)
    spelling = list(own.spelling(masked, language, words)) if own.spelling else []
    found = [*spelling, *rules.find_letter_faults(masked, language, own.letters)]
    found += rules.find_mark_faults(text, masked, language, own.marks)
    for check in own.checks:
        found += check(text, masked, language, words)
    # If a whole word is a fault, a ZWNJ at the edge of its half is no fault of its own.
    covered = {place for f in spelling for place in range(f.start, f.end)}
    found = [f for f in found if not (f.rule == "zwnj-edge" and f.start in covered)]
    found = [f for f in found if not _is_accepted(text, f, words.accepted_words)]
    return sorted(found, key=lambda f: (f.start, f.end, f.rule))


def _is_accepted(text: str, found: SpellingFault, accepted: set[str]) -> bool:
    """Whether the list has the characters, or the word around them without the punctuation at its ends."""
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
