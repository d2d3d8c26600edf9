"""Spelling rules: those that several languages share, and those of Dari and Iranian Persian."""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple

from tipbrief.language.language import Language, read_data_file
from tipbrief.language.numbers import ANY_DIGIT, YEARS
from tipbrief.language.unicode_text import LATIN_LETTERS, ZWNJ
from tipbrief.language.word_lists import FIGURE, LETTERS, NUMERALS, SIGNS, WORD, Severity, SpellingFault, WordLists

Fix = Callable[[Language, re.Match[str]], str]
Check = Callable[[str, str, Language, WordLists], Iterator[SpellingFault]]  # takes a text, and the same text masked
# Masks of references and runs of another script, as long as what they hide: positions stay those of the text.
SOURCE_MARK, FOREIGN_RUN = "\ue001", "\ue002"
MASKS = {"mark": SOURCE_MARK, "figure": FIGURE}
_INNER_QUOTES = {"«": "‹›", "“": "‘’"}
_LONGEST_SHOWN = 300
_BRACKETS = ("()", "[]")
_MAX_CHARACTERS_BEFORE = 24  # of a number and the space after it
_DAYS = range(1, 32)
_MAX_AMBIGUOUS_LETTERS = 3  # of months that are also words: می, جون, اوت
_YE_VARIANTS = str.maketrans(dict.fromkeys("يېۍئ", "ی"))
# Of Dari and Iranian Persian.
PERSIAN_LETTER_TABLE = str.maketrans({**dict.fromkeys("يى", "ی"), "ك": "ک", **dict.fromkeys("ہھە", "ه"), "ۃ": "ة"})
_DUAL_JOINING = "ئبپتټثجچحخځڅسشښصضطظعغفقکگلمنڼهیېۍ"
_LONGEST_TAIL = 9
_RULES: dict[str, Any] = read_data_file(Path(__file__).with_name("spelling_rules.yaml"))
_CLASS_NAME = re.compile(r"\{([A-Z_]+)\}")
_CLASSES = {  # by their names in the patterns of that file, which has more of them
    "ANY_DIGIT": ANY_DIGIT, "DUAL_JOINING": _DUAL_JOINING, "FIGURE": FIGURE, "FOREIGN_RUN": FOREIGN_RUN,
    "LATIN_LETTERS": LATIN_LETTERS, "LETTERS": LETTERS, "NUMERALS": NUMERALS, "SIGNS": SIGNS,
    "SOURCE_MARK": SOURCE_MARK, "ZWNJ": ZWNJ,
}  # fmt: skip
WordFault = tuple[str, Severity, str, str]  # rule, severity, message, replacement


class Rule(NamedTuple):
    """A pattern of faults and its fix. ``{language}`` in the message stands for the language's English name."""

    name: str
    severity: Severity
    # A string: `re` compiles it at its first use, not at import.
    pattern: str
    message: str
    fix: Fix


def _fill_classes(pattern: str) -> str:
    return _CLASS_NAME.sub(lambda named: _CLASSES.get(named[1], named[0]), pattern)


for _name, _characters in _RULES["classes"].items():
    _CLASSES[_name] = _fill_classes(_characters)
# What code searches; the file says what each finds.
PATTERNS = {name: re.compile(_fill_classes(pattern)) for name, pattern in _RULES["patterns"].items()}


def read_rules(kind: Literal["letters", "marks"], name: str, letters: Mapping[int, Any] | None = None) -> list[Rule]:
    """The rules of a language's letters, or of a script's marks. ``letters`` are those of other keyboards."""
    # A shaped form is replaced by its letters, and a letter by that of the table.
    fixes: dict[str, Fix] = {
        "letters": lambda _, m: unicodedata.normalize("NFKC", m.group()).strip().translate(letters or {}),
        "compose": lambda _, m: unicodedata.normalize("NFC", m.group()),
        "digits": lambda language, m: language.digits(m.group()),
    }
    rules = []
    for entry in _RULES[kind][name]:
        rule = {key: _fill_classes(text) for key, text in entry.items()}
        fix = fixes[rule["fix_by"]] if "fix_by" in rule else partial(_write_fix, rule.get("fix"), rule.get("spaced"))
        severity: Severity = "warning" if "severity" in rule else "error"
        rules.append(Rule(rule["name"], severity, rule["pattern"], rule["message"], fix))
    return rules


def find_letter_faults(text: str, language: Language, rules: list[Rule]) -> Iterator[SpellingFault]:
    """The faults of single characters. Each fault covers the word around the character."""
    for rule, severity, pattern, message, fix in rules:
        end = -1
        for found in re.finditer(pattern, text):
            if found.start() < end:
                continue
            start, end = found.span()
            while start and PATTERNS["word_character"].match(text, start - 1):
                start -= 1
            while end < len(text) and PATTERNS["word_character"].match(text, end):
                end += 1
            char = found.group()[-1]
            named = f"{unicodedata.name(char, 'a character')} U+{ord(char):04X}: {message}"
            right = re.sub(pattern, partial(fix, language), text[start:end])
            yield SpellingFault(rule, start, end, severity, _name_language(named, language), right)


def _name_language(message: str, language: Language) -> str:
    return message.replace("{language}", language.english)


def _write_fix(fix: str | None, mark: Any, _: Language, found: re.Match[str]) -> str:
    if fix is not None:
        return found.expand(fix)
    after = found.string[found.end() : found.end() + 1]
    return f"{mark} " if re.match(f"[{LETTERS}{NUMERALS}{FOREIGN_RUN}A-Za-z]", after) else str(mark)


def find_mark_faults(text: str, masked: str, language: Language, rules: list[Rule]) -> Iterator[SpellingFault]:
    """The faults of marks and spaces."""
    for rule, severity, pattern, message, fix in rules:
        for found in re.finditer(pattern, masked):
            instead = fix(language, found)
            if instead != found.group():
                instead = _unmask(instead, text[slice(*found.span())], found.group())
                yield SpellingFault(rule, *found.span(), severity, _name_language(message, language), instead)


def _unmask(instead: str, original: str, masked: str) -> str:
    hidden = (original[slice(*run.span())] for run in PATTERNS["mask_run"].finditer(masked))
    return PATTERNS["mask_run"].sub(lambda _: next(hidden), instead)


def find_separator_faults(_: str, masked: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """Numbers without the group and decimal separators of the Arabic script."""
    for found in PATTERNS["separated_number"].finditer(masked):
        if (right := _fix_separators(found.group())) != found.group():
            message = "decimals stand after ٫ U+066B, groups of three are parted by ٬ U+066C"
            # «۲.۳» may be the number of a section.
            severity: Severity = "warning" if "." in found.group() else "error"
            yield SpellingFault("separator", *found.span(), severity, message, right)


def _fix_separators(number: str) -> str:  # not of lists, dates and sections
    parts, marks = PATTERNS["digits"].findall(number), PATTERNS["digits"].sub("", number)
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
    if marks[-1] in ".٫" and marks[-1] not in marks[:-1] and _fix_separators(head).count("٬") == len(marks) - 1:
        return f"{_fix_separators(head)}٫{parts[-1]}"
    return number


def _quote_pairs(language: Language) -> tuple[str, str]:
    outer = "".join(language.quotes)
    return outer, _INNER_QUOTES.get(outer[:1], outer)


def _has_paragraph_break(text: str, start: int, end: int) -> bool:
    return bool(PATTERNS["paragraph"].search(text, start, end))


def find_quote_faults(_: str, masked: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """Straight quotation marks and those of other languages; straight apostrophes where ’ is the apostrophe."""
    outer, inner = pairs = _quote_pairs(language)
    has_apostrophe = "’" in inner
    apostrophes = {found.start() for found in PATTERNS["apostrophe"].finditer(masked)} if has_apostrophe else set()
    opened = list[bool]()  # for each open quotation, whether a single mark began it
    end = 0
    for found in PATTERNS["quote"].finditer(masked):
        start, mark = found.start(), found.group()
        if _has_paragraph_break(masked, end, start):
            opened.clear()
        end = found.end()
        before, after = masked[start - 1 : start], masked[end : end + 1]
        # A straight mark opens after a space or a bracket.
        starts = before in f" \u00a0\n\t([{outer[0]}{inner[0]}"
        if has_apostrophe:
            starts = (starts or before in "—–") and not after.isspace()
        elif not opened:  # here it also opens before a word
            starts |= after.isalnum() or after in (FIGURE, FOREIGN_RUN)
        opens = bool(found["open"]) or (starts and not found["close"])
        single = mark in "'`´‘’‚‹›"
        if has_apostrophe and (start in apostrophes or (single and not opens and True not in opened)):
            if mark in "'`´":
                yield SpellingFault("apostrophe", start, end, "error", "the apostrophe is ’ U+2019", "’")
            continue
        if opened and not opens:
            opened.pop()
        right = pairs[min(len(opened), 1)][not opens]
        if opens:
            opened.append(single)
        if mark not in outer + inner:
            name = f"{unicodedata.name(mark[0])} U+{ord(mark[0]):04X}"
            message = f"{name}: quotations stand in {' '.join(outer)}, inside a quotation in {' '.join(inner)}"
            yield SpellingFault("quote-mark", start, end, "error", message, right)


def find_unbalanced_marks(text: str, masked: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """Brackets and quotation marks without a partner in their paragraph, and quotations in the wrong marks."""
    outer, inner = _quote_pairs(language)
    # If ’ is also the apostrophe, it need not close anything.
    pairs = (outer, *([] if "’" in inner else [inner]), *_BRACKETS)
    partner = {pair[1]: pair[0] for pair in pairs}
    enumerators = {found.end() - 1 for found in PATTERNS["enumerator"].finditer(masked)}
    opened, count = list[int](), Counter[str]()
    end = 0
    for found in re.finditer(f"[{re.escape(''.join(pairs))}]", text):
        place, mark = found.start(), found.group()
        if masked[place] in (FIGURE, SOURCE_MARK):
            continue
        if _has_paragraph_break(text, end, place):
            yield from _find_unbalanced(text, opened, pairs)
            opened, count = [], Counter()
        end = place
        if mark not in partner:
            opened.append(place)
            count[mark] += 1
        elif count[partner[mark]]:
            while text[start := opened.pop()] != partner[mark]:
                count[text[start]] -= 1
                yield from _find_unbalanced(text, [start], pairs)
            count[text[start]] -= 1
            right = (outer, inner)[count[outer[0]] > 0]
            if mark in outer + inner and inner in pairs and mark != right[1]:
                content = text[start + 1 : place] if place - start < _LONGEST_SHOWN else "…"
                message = f"outer {' '.join(outer)}, inner {' '.join(inner)}"
                yield SpellingFault("nested-quote", start, place + 1, "warning", message, content.join(right))
        elif place not in enumerators:
            yield from _find_unbalanced(text, [place], pairs)
    yield from _find_unbalanced(text, opened, pairs)


def _find_unbalanced(text: str, places: list[int], pairs: tuple[str, ...]) -> Iterator[SpellingFault]:
    for place in places:
        mark = text[place]
        pair = next(pair for pair in pairs if mark in pair)
        partner = pair.replace(mark, "")
        yield SpellingFault("unbalanced", place, place + 1, "error", f"{mark} without {partner}", "…".join(pair))


def find_foreign_months(text: str, words: WordLists) -> Iterator[SpellingFault]:
    """Months of another language. A name that is also an ordinary word counts only in a date."""
    for token in WORD.finditer(text):
        word = token.group()
        month = None if word in words.accepted_words else words.foreign_months.get(word)
        unambiguous = month and month.calendar == "gregorian" and len(word) > _MAX_AMBIGUOUS_LETTERS
        if month and (unambiguous or _is_in_date(text, *token.span())):
            message = f"a month as another language calls it; here it is {month.local_name}"
            yield SpellingFault("month", *token.span(), "warning", message, month.local_name)


def _is_in_date(text: str, start: int, end: int) -> bool:
    before = PATTERNS["day_before"].search(text[max(0, start - _MAX_CHARACTERS_BEFORE) : start])
    numbers = (found[1] for found in (before, PATTERNS["number_after"].match(text, end)) if found)
    known = (int(one) for one in numbers if FIGURE not in one and len(one) <= len("1404"))
    return any(one in some for one in known for some in (_DAYS, *YEARS))


def find_other_spellings(text: str, words: WordLists) -> Iterator[SpellingFault]:
    """Words and pairs of words that this language spells otherwise."""
    left, place = "", 0
    for token in WORD.finditer(text):
        word = token.group()
        together = f"{left} {word}" if text[place + len(left) : token.start()] == " " else ""
        for wrong, start in ((together, place), (word, token.start())):
            if found := words.replacements.get(wrong):
                right, severity = found
                rule = "ye" if wrong.translate(_YE_VARIANTS) == right.translate(_YE_VARIANTS) else "word"
                yield SpellingFault(rule, start, token.end(), severity, f"'{wrong}' is written {right} here", right)
        left, place = word, token.start()


def find_untranslated_text(text: str, words: WordLists, verb: re.Pattern[str], like: str) -> Iterator[SpellingFault]:
    """A warning at each paragraph's first word that looks ``like`` a language whose verbs begin with ``verb``."""
    end = 0
    for token in WORD.finditer(text):
        if end and not _has_paragraph_break(text, end, token.start()):
            continue
        if token.group() in words.untranslated_words or verb.match(token.group()):
            message = f"'{token.group()}' looks like {like}: was it translated?"
            yield SpellingFault("untranslated", *token.span(), "warning", message, None)
            end = token.end()


def find_dari_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of a Dari text."""
    return find_zwnj_faults(text.translate(PERSIAN_LETTER_TABLE), words, language.gregorian_months)


def find_iranian_faults(text: str, language: Language, words: WordLists) -> Iterator[SpellingFault]:
    """The misspelt words of an Iranian text, and the words of Afghanistan in it."""
    folded = text.translate(PERSIAN_LETTER_TABLE)
    yield from find_zwnj_faults(folded, words, language.gregorian_months)
    yield from find_other_spellings(folded, words)
    yield from find_foreign_months(folded, words)


def _join_words(left: str, right: str) -> str:
    return left + ZWNJ + right if left[-1] in _DUAL_JOINING else left + right


def _is_verb(form: str, words: WordLists) -> bool:  # after «می»: a stem, an ending, maybe an object pronoun
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
        if not (left and PATTERNS["word_gap"].fullmatch(text, end, start)):
            left = ""
        # In Dari می is also the month May: «۱۲ می رفت».
        may = left in months and (
            before in ("ماه", "تا", *months) or PATTERNS["number"].search(text, max(0, place - 2), place)
        )
        if left and (two := _find_spaced_word(before, left, word, words, bool(may))):
            yield SpellingFault(two[0], place, token.end(), *two[1:])
        if one := _find_joined_word(word, words):
            yield SpellingFault(one[0], start, token.end(), *one[1:])
        before, left, place, end = left, word, start, token.end()


def _find_joined_word(word: str, words: WordLists) -> WordFault | None:  # lost a ZWNJ
    verb = PATTERNS["mi_verb"].fullmatch(word)
    if verb and _is_verb(verb[2].partition(ZWNJ)[0], words):
        return "zwnj-verb", "error", "no ZWNJ after می", verb[1] + ZWNJ + verb[2]
    for cut in range(len(word), max(3, len(word) - _LONGEST_TAIL), -1):
        if (right := words.joined_compounds.get(word[:cut])) and PATTERNS["tail"].fullmatch(word, cut):
            tail = word[cut:]
            whole = _join_words(right, tail) if tail.startswith("ها") else right + tail
            rule = "zwnj-privative" if right.startswith("بی" + ZWNJ) else "zwnj-compound"
            return rule, "error", "a compound without its ZWNJ", whole
    if (form := PATTERNS["participle"].fullmatch(word)) and (stem := form[1][:-1]):
        # After د and the like, ها + ی is the plural and needs no ZWNJ: نهادهای، نهادهاست.
        plural = form[2] in ("ای", "ایم", "است") and stem[-1] not in _DUAL_JOINING
        known = stem in words.past_stems or PATTERNS["preverb"].sub("", stem) in words.past_stems
        if (known and not plural) or (form[2] == "اند" and len(stem) > 2):
            return "zwnj-copula", "error", "no ZWNJ between silent ه and the ending", form[1] + ZWNJ + form[2]
    last = word.rpartition(ZWNJ)[2]
    found = PATTERNS["ha_plural"].fullmatch(last)
    if found and len(found[1]) > 1 and {last, found[1] + "ها"}.isdisjoint(words.accepted_words):
        severity: Severity = "warning" if found[1] in ("آن", "این", "همین", "همان") else "error"
        return "zwnj-plural", severity, "no ZWNJ before ها", word[: -len(found[2])] + ZWNJ + found[2]
    return None


def _find_spaced_word(before: str, left: str, word: str, words: WordLists, may: bool) -> WordFault | None:
    """Two words that should be one. ``before`` precedes them; ``may`` says that «می» is the month here."""
    if PATTERNS["lone_mi"].fullmatch(left) and _is_verb(word.partition(ZWNJ)[0], words):
        return None if may else ("zwnj-verb", "error", "a space after می; write a ZWNJ", left + ZWNJ + word)
    if (PATTERNS["lone_ha"].fullmatch(word) and not PATTERNS["no_head"].fullmatch(left)) or word == "ترین":
        return "zwnj-plural", "error", f"a space before {word}; write a ZWNJ", _join_words(left, word)
    if word in ("اند", "ام", "ای", "ایم", "اید", "ی"):
        return _find_spaced_enclitic(left, word)
    tails = words.spaced_compounds.get(left, {})
    for cut in range(len(word), max(0, len(word) - _LONGEST_TAIL), -1) if tails and before != "به" else ():
        if (right := tails.get(word[:cut])) and PATTERNS["tail"].fullmatch(word, cut):
            rule = "zwnj-privative" if left == "بی" else "zwnj-compound"
            return rule, "warning", "a compound with a space in it; write a ZWNJ", right + word[cut:]
    if left == "بی" and not PATTERNS["no_privative"].fullmatch(word):
        return "zwnj-privative", "warning", "a space after بی; write a ZWNJ", left + ZWNJ + word
    if PATTERNS["agent"].fullmatch(word) and not PATTERNS["no_head"].fullmatch(left) and left[-1] not in "ۀ":
        return "zwnj-compound", "warning", f"a space before {word}; write one word", _join_words(left, word)
    return None


def _find_spaced_enclitic(left: str, word: str) -> WordFault | None:  # of «to be», or the ezafe
    silent = left.endswith("ه") and not PATTERNS["not_silent"].fullmatch(left)
    if word == "ی":
        ezafe: WordFault = ("heh-yeh", "error", "the ezafe after silent ه is ۀ U+06C0", left[:-1] + "ۀ")
        return ezafe if silent else None
    if silent:
        severity: Severity = "warning" if word == "ای" else "error"
        return "zwnj-copula", severity, f"a space before {word}; write a ZWNJ", left + ZWNJ + word
    if word != "اند" or PATTERNS["no_head"].fullmatch(left):
        return None
    right = left + ("یند" if left[-1] == "ا" else "ند" if left[-1] in "دذرزژ" else ZWNJ + word)
    return "zwnj-copula", "warning", "a space before اند; write a ZWNJ or join it", right
