"""Spelling of Dari and Iranian Persian: letters, and the zero width non-joiner (ZWNJ) inside words."""

import re
from collections.abc import Iterator

from tipbrief.language import rules
from tipbrief.language.language import Language
from tipbrief.language.unicode_text import ZWNJ
from tipbrief.language.word_lists import NUMERALS, WORD, Severity, SpellingFault, WordLists

PERSIAN_LETTER_TABLE = str.maketrans({**dict.fromkeys("يى", "ی"), "ك": "ک", **dict.fromkeys("ہھە", "ه"), "ۃ": "ة"})
_DUAL_JOINING = "ئبپتټثجچحخځڅسشښصضطظعغفقکگلمنڼهیېۍ"
_PLURAL = "ها(?:ی(?:ی|م|ت|ش|مان|تان|شان)?|ست|یند)?"
_HA_PLURAL = re.compile(f"(.+[{_DUAL_JOINING}])({_PLURAL})")
_LONE_HA = re.compile(_PLURAL)
_MI_VERB = re.compile("((?:بر|در|باز|فرو|فرا|وا|ور)?ن?می)(.+)")
_LONE_MI = re.compile("(?:بر|در|باز|فرو|فرا|وا|ور)?ن?می")
_PARTICIPLE = re.compile("(.+ه)(اند|ام|ای|ایم|اید|است)")
_PREVERB = re.compile("^(?:بر|در|باز|فرو|فرا|وا|ور)?ن?")
_AGENT = re.compile(f"(?:کنند|دهند|شوند)(?:[هۀ]|ه{ZWNJ}(?:ای|اند|{_PLURAL})|گان|گانی|گی)")
_TAIL = re.compile(f"(?:{ZWNJ}?(?:{_PLURAL}|ترین|تر|اند|ام|ایم|ای)|ی|یی|م|ش|شان|مان|ان|انی|یم|ند|انه)?")
_LONGEST_TAIL = 9
_NOT_SILENT = re.compile("..?|.*[اوآ]ه")
_NO_HEAD = re.compile("و|یا|که|چه|به|از|با|در|بر|تا|را|برای|این|آن|هر|هیچ|یک|چند|نه|هم|همه|اگر|مگر")
_NO_PRIVATIVE = re.compile("هیچ|این|آن|او|تو|من|ما|شما|بی|سی|ان|اس|آر|که|و|از|در|به|آنکه|اینکه")
_NUMBER = re.compile(f"[{NUMERALS}]")
_WORD_GAP = re.compile(rf"(?:[^\S\n]|{ZWNJ})*\n?(?:[^\S\n]|{ZWNJ})*")
WordFault = tuple[str, Severity, str, str]  # rule, severity, message, replacement


def find_dari_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of a Dari text."""
    return find_zwnj_faults(text.translate(PERSIAN_LETTER_TABLE), words, language.gregorian_months)


def find_iranian_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of an Iranian text, and the words of Afghanistan in it."""
    folded = text.translate(PERSIAN_LETTER_TABLE)
    yield from find_zwnj_faults(folded, words, language.gregorian_months)
    yield from rules.find_other_spellings(folded, words)
    yield from rules.find_foreign_months(folded, words)


def _join_words(left: str, right: str) -> str:
    return left + ZWNJ + right if left[-1] in _DUAL_JOINING else left + right


def _is_verb(form: str, words: WordLists) -> bool:
    """Whether what follows «می» is a verb: a known stem, an ending, and maybe an object pronoun."""
    for object_ in ("", "ش", "شان", "مان", "تان"):
        whole = form.removesuffix(object_) if form.endswith(object_) else ""
        if whole in words.past_stems:
            return True
        for ending in ("م", "ی", "د", "یم", "ید", "ند", "ه"):
            stem = whole.removesuffix(ending)
            if stem != whole and (stem in words.past_stems or (ending != "ه" and stem in words.present_stems)):
                return True
    return False


def find_zwnj_faults(text: str, words: WordLists, months: tuple[str, ...]) -> Iterator[SpellingFault]:
    """Words without their ZWNJ, joined or apart. The text must have Persian letters only."""
    before = left = ""
    place = end = 0
    for token in WORD.finditer(text):
        word, start = token.group(), token.start()
        if not (left and _WORD_GAP.fullmatch(text, end, start)):
            left = ""
        # In Dari می is also the month May: «۱۲ می رفت».
        may = left in months and (before in ("ماه", "تا", *months) or _NUMBER.search(text, max(0, place - 2), place))
        if left and (two := _find_spaced_word(before, left, word, words, bool(may))):
            yield SpellingFault(two[0], place, token.end(), *two[1:])
        if one := _find_joined_word(word, words):
            yield SpellingFault(one[0], start, token.end(), *one[1:])
        before, left, place, end = left, word, start, token.end()


def _find_joined_word(word: str, words: WordLists) -> WordFault | None:
    """A word that has lost the ZWNJ inside it."""
    verb = _MI_VERB.fullmatch(word)
    if verb and _is_verb(verb[2].partition(ZWNJ)[0], words):
        return "zwnj-verb", "error", "no ZWNJ after می", verb[1] + ZWNJ + verb[2]
    for cut in range(len(word), max(3, len(word) - _LONGEST_TAIL), -1):
        if (right := words.joined_compounds.get(word[:cut])) and _TAIL.fullmatch(word, cut):
            tail = word[cut:]
            whole = _join_words(right, tail) if tail.startswith("ها") else right + tail
            rule = "zwnj-privative" if right.startswith("بی" + ZWNJ) else "zwnj-compound"
            return rule, "error", "a compound without its ZWNJ", whole
    if (form := _PARTICIPLE.fullmatch(word)) and (stem := form[1][:-1]):
        # After د and the like, ها + ی is the plural and needs no ZWNJ: نهادهای، نهادهاست.
        plural = form[2] in ("ای", "ایم", "است") and stem[-1] not in _DUAL_JOINING
        known = stem in words.past_stems or _PREVERB.sub("", stem) in words.past_stems
        if (known and not plural) or (form[2] == "اند" and len(stem) > 2):
            return "zwnj-copula", "error", "no ZWNJ between silent ه and the ending", form[1] + ZWNJ + form[2]
    last = word.rpartition(ZWNJ)[2]
    found = _HA_PLURAL.fullmatch(last)
    if found and len(found[1]) > 1 and {last, found[1] + "ها"}.isdisjoint(words.accepted_words):
        severity: Severity = "warning" if found[1] in ("آن", "این", "همین", "همان") else "error"
        return "zwnj-plural", severity, "no ZWNJ before ها", word[: -len(found[2])] + ZWNJ + found[2]
    return None


def _find_spaced_word(before: str, left: str, word: str, words: WordLists, may: bool) -> WordFault | None:
    """Two words that should be one. ``before`` precedes them; ``may`` says that «می» is the month here."""
    if _LONE_MI.fullmatch(left) and _is_verb(word.partition(ZWNJ)[0], words):
        return None if may else ("zwnj-verb", "error", "a space after می; write a ZWNJ", left + ZWNJ + word)
    if (_LONE_HA.fullmatch(word) and not _NO_HEAD.fullmatch(left)) or word == "ترین":
        return "zwnj-plural", "error", f"a space before {word}; write a ZWNJ", _join_words(left, word)
    if word in ("اند", "ام", "ای", "ایم", "اید", "ی"):
        return _find_spaced_enclitic(left, word)
    tails = words.spaced_compounds.get(left, {})
    for cut in range(len(word), max(0, len(word) - _LONGEST_TAIL), -1) if tails and before != "به" else ():
        if (right := tails.get(word[:cut])) and _TAIL.fullmatch(word, cut):
            rule = "zwnj-privative" if left == "بی" else "zwnj-compound"
            return rule, "warning", "a compound with a space in it; write a ZWNJ", right + word[cut:]
    if left == "بی" and not _NO_PRIVATIVE.fullmatch(word):
        return "zwnj-privative", "warning", "a space after بی; write a ZWNJ", left + ZWNJ + word
    if _AGENT.fullmatch(word) and not _NO_HEAD.fullmatch(left) and left[-1] not in "ۀ":
        return "zwnj-compound", "warning", f"a space before {word}; write one word", _join_words(left, word)
    return None


def _find_spaced_enclitic(left: str, word: str) -> WordFault | None:
    """A form of «to be», or the ezafe, after a space."""
    silent = left.endswith("ه") and not _NOT_SILENT.fullmatch(left)
    if word == "ی":
        ezafe: WordFault = ("heh-yeh", "error", "the ezafe after silent ه is ۀ U+06C0", left[:-1] + "ۀ")
        return ezafe if silent else None
    if silent:
        severity: Severity = "warning" if word == "ای" else "error"
        return "zwnj-copula", severity, f"a space before {word}; write a ZWNJ", left + ZWNJ + word
    if word != "اند" or _NO_HEAD.fullmatch(left):
        return None
    right = left + ("یند" if left[-1] == "ا" else "ند" if left[-1] in "دذرزژ" else ZWNJ + word)
    return "zwnj-copula", "warning", "a space before اند; write a ZWNJ or join it", right
