"""Languages: how each writes numbers, dates, lists and the program's own words, and how it sorts names."""

import gettext
import json
import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from tipbrief.assets import find_shipped_folder
from tipbrief.language.dates import Date, solar_parts
from tipbrief.language.numbers import AFTER_NUMBER, ANY_DIGIT, PERCENT_SIGNS, WORD_BEFORE
from tipbrief.language.unicode_text import FSI, LRI, PDI, RLM, isolate_latin_words, normal_form
from tipbrief.problems import suggest_nearest

OTHER_HEADING = "…"  # of texts that begin with no letter of the alphabet
_SPACE, _SIGN, _DIGIT, _LETTER, _FOREIGN = range(5)
_TATWEEL = "\u0640"
LetterPositions = dict[str, tuple[tuple[int, int], int, str]]
SortKey = tuple[tuple[tuple[int, int], ...], tuple[int, ...], tuple[bool, ...]]
_FOLDER = Path(__file__).with_name("languages")
PRIVATE_WORDS = _FOLDER.with_name("private_words.yaml")  # of columns about people
TABLE_WORDS = _FOLDER.with_name("table_words.yaml")  # by which the parts of a table are found
CLDR_FILE = _FOLDER / "cldr.json"  # python -m tools.cldr writes it
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")
# The layout in which tools/ writes catalogues. Babel reads any layout, but takes as long to load as a sheet takes to
# compose.
_FIELD = re.compile(r'^(msg\w+)(?:\[\d\])? ((?:".*"\n?)+)', re.M)
_FUZZY = re.compile(r"^#,.*\bfuzzy", re.M)
_ESCAPE, _ESCAPED = re.compile(r"\\(.)"), {"n": "\n", "t": "\t"}
_PLURAL = re.compile(r"^Plural-Forms:.*plural=(.+?);?$", re.M)
_VALUE_NAMES = re.compile(r"%\((\w+)\)s")
# Values of messages that may be a single word of ours. A single word in others is a name.
_WORD_VALUES = re.compile("holds|kind|nouns?|now|old_value|operation|read_as|state|type|was|what|where")
_ENGLISH, _QUOTED = re.compile("[a-z]+"), re.compile("'[^']*'|«[^»]*»")
_VALUE_FORMS = {"number": r"((?=\S*\d)\S*?)", "first": "(.*?)", "rest": "(.*?)"}
_MAX_DEPTH = 8


class Catalogue:
    """The translations in a PO file. A text without one stays English, as do all if there is no file."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @cached_property
    def _translations(self) -> dict[str, list[str]]:  # with plural forms
        entries = self.file.read_text(encoding="utf-8").strip().split("\n\n") if self.file.exists() else []
        return dict(_parse_po_entry(one) for one in entries if not _FUZZY.search(one))

    def gettext(self, english: str) -> str:
        """The translation of a text."""
        return self._translations.get(english, [""])[0] or english

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The translation in the plural form for a count."""
        if not all(found := self._translations.get(f"{one}\0{many}", [""])):
            return one if count == 1 else many
        return found[self._plural_index(count)]

    @cached_property
    def _plural_index(self) -> Callable[[int], int]:
        found = _PLURAL.search(self._translations[""][0])
        return gettext.c2py(found[1] if found else "n != 1")


class MessageTranslator(Catalogue):
    """Translates printed messages: finds the template that an English text follows, and fills its translation.

    A message may hold other messages as values. All other values stay as they are, each in an isolate.
    """

    @cached_property
    def _templates(self) -> list[tuple[str, str]]:  # each with its longest piece of text
        known = (text for text, (own, *_) in self._translations.items() if own and "%(" in text)
        pieces = {text: _VALUE_NAMES.split(text)[::2] for text in known}
        order = sorted(pieces, key=lambda text: -sum(map(len, pieces[text])))
        return [(max(pieces[text], key=len).replace("%%", "%"), text) for text in order]

    @cached_property
    def _find_once(self) -> Callable[[str, int, bool], str]:
        return cache(self._find)

    def translate(self, text: str) -> str:
        """The message in the reader's language; English where it is not known."""
        return self._find_once(text, 0, True) or text

    def _find(self, text: str, depth: int, accepts_words: bool) -> str:
        """The translation that leaves least English; empty if no part is known. A name may look like a single word."""
        core = text.strip()
        is_accepted = accepts_words or " " in core or core[:1].isupper()
        if not core or depth > _MAX_DEPTH:
            return ""
        found = isolate_latin_words(own) if is_accepted and (own := self.gettext(core)) != core else ""
        for longest, english in () if found else self._templates:
            if longest in core and (values := _compile_template(english).fullmatch(core)):
                filled = self._fill(english, values.groups(), depth + 1, accepts_words and depth > 0)
                found = min(filter(None, (found, filled)), key=_count_english, default="")
                if found and not _count_english(found):
                    break
        return found and text.replace(core, found, 1)

    def _fill(self, english: str, groups: Sequence[str], depth: int, joins_words: bool) -> str:
        """A template's translation with its values. One that only joins two values is empty if neither is known."""
        values, is_known = dict(zip(_VALUE_NAMES.findall(english), groups, strict=True)), "%(rest)s" not in english
        pieces = _VALUE_NAMES.split(self.gettext(english))
        for place, piece in enumerate(pieces):
            if not place % 2:
                pieces[place] = isolate_latin_words(piece.replace("%%", "%"))
                continue
            is_quoted = f"'%({piece})s" in english or f"«%({piece})s" in english
            may_be_word = (joins_words and piece in ("first", "rest")) or bool(_WORD_VALUES.fullmatch(piece))
            known = "" if is_quoted else self._find_once(values[piece], depth, may_be_word)
            is_known |= bool(known or _QUOTED.fullmatch(values[piece]))
            pieces[place] = known or f"{FSI}{values[piece]}{PDI}"
        return "".join(pieces) if is_known else ""


load_translator = cache(MessageTranslator)


def _parse_po_entry(text: str) -> tuple[str, list[str]]:  # English with its plural, translations
    english, translations = list[str](), list[str]()
    for name, quoted in _FIELD.findall(text):
        words = quoted.strip()[1:-1].replace('"\n"', "")
        if "\\" in words:
            words = _ESCAPE.sub(lambda found: _ESCAPED.get(found[1], found[1]), words)
        (translations if name == "msgstr" else english).append(words)
    return "\0".join(english), translations


@cache
def _compile_template(english: str) -> re.Pattern[str]:  # with or without a full stop
    pieces = _VALUE_NAMES.split(english)
    for place, piece in enumerate(pieces):
        if not place % 2:
            pieces[place] = re.escape(piece.replace("%%", "%"))
        elif pieces[place - 1].endswith("'"):  # no quotation mark ends a word in it
            pieces[place] = r"((?:[^']|'\b)*?)"
        else:
            pieces[place] = _VALUE_FORMS.get(piece[:6], r"((?:(?!  ).)*?)")  # not two columns of a list
    return re.compile("".join(pieces) + r"(?:(?<!\.)\.)?", re.S)


def _count_english(text: str) -> int:  # of what is not quoted
    return sum(map(len, _ENGLISH.findall(_QUOTED.sub("", text))))


def fill_placeholders(text: str, values: Mapping[str, object]) -> str:
    """A text with a value for each ``%(name)s``, and ``%`` for each ``%%``."""
    # Python's own % would also read %(name)999999999s, which fills the memory.
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]) if found[1] else "%", text)


@dataclass(frozen=True, eq=False, kw_only=True)
class Language:
    """A language in which a document is written. CLDR has the values of its ``locale`` that its file leaves out."""

    tag: str  # of HTML and PDF: fa-AF
    name: str  # in the language itself
    english: str
    locale: str  # its name in CLDR
    direction: Literal["rtl", "ltr"]
    digit_signs: str  # the ten, from zero
    group: str
    decimal: str
    percent_sign: str
    counter: Literal["persian", "arabic-indic", "decimal"]  # the page numbers' name in CSS
    solar_months: tuple[str, ...]
    gregorian_months: tuple[str, ...]
    first_calendar: Literal["solar", "gregorian"]
    day_form: str  # of {day}, {month} and {year}
    month_form: str  # of {month} and {year}
    comma: str  # between the items of a list
    semicolon: str
    quotes: tuple[str, str]
    sentence_ends: str
    alphabet: str  # in the form that language/language.py reads
    other_script: str  # the tag of text in letters of the other direction
    spelling: str  # the rules of its spelling: dari, pashto …
    counted: frozenset[str] = frozenset()  # nouns that follow a count: data/counted/
    measured: frozenset[str] = frozenset()  # units that follow a measure, which may have decimals
    number_words: Mapping[str, Any] = field(default_factory=dict)  # as spell_number reads them; for voices
    before_years: tuple[str, ...] = ()  # beginnings of words that stand before a year
    catalogue: Catalogue = field(repr=False)

    @property
    def rtl(self) -> bool:
        """Whether it is read from right to left."""
        return self.direction == "rtl"

    def gettext(self, english: str, **values: object) -> str:
        """The program's own text in this language, with a value for each ``%(name)s``."""
        return fill_placeholders(self.catalogue.gettext(english), self.format_numbers(values))

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The same in the plural form for a ``count``, which fills ``%(count)s``."""
        text = self.catalogue.ngettext(one, many, count)
        return fill_placeholders(text, self.format_numbers({"count": count, **values}))

    def format_numbers(self, values: Mapping[str, object]) -> dict[str, object]:
        """The values with whole numbers as the language writes them."""
        return {name: self.number(one) if isinstance(one, int) else one for name, one in values.items()}

    @cached_property
    def _digit_table(self) -> dict[int, str]:
        return {ord(sign): self.digit_signs[place % 10] for place, sign in enumerate(ANY_DIGIT)}

    def digits(self, text: object) -> str:
        """The text with the digits of the language."""
        return str(text).translate(self._digit_table)

    def number(self, value: int | Decimal) -> str:
        """A number in groups of three. Its minus is U+2212; an isolate keeps it before the digits."""
        # Without "f" a Decimal may print as 1E+3.
        latin = f"{abs(Decimal(value)):,f}"
        shown = self.digits(latin.translate({ord(","): self.group, ord("."): self.decimal}))
        if value >= 0:
            return shown
        return f"{LRI}\u2212{shown}{PDI}" if self.rtl else f"\u2212{shown}"

    def percent(self, value: int | Decimal) -> str:
        """A percentage. From right to left a mark keeps the sign on the same side of the number."""
        return f"{self.number(value)}{self.direction_mark}{self.percent_sign}"

    def amount(self, value: int | Decimal, unit: str | None = None) -> str:
        """A number, as a percentage if that is its unit."""
        return self.percent(value) if unit in PERCENT_SIGNS else self.number(value)

    def compact(self, value: Decimal, unit: str | None = None) -> str:
        """A number beside a drawing: from 10,000 on in three digits that count, with their power of ten in words."""
        words = self.catalogue.gettext
        powers = {3: words("%(number)s thousand"), 6: words("%(number)s million")}
        powers |= {9: words("%(number)s billion"), 12: words("%(number)s trillion")}
        if abs(value) < 10_000:
            return self.amount(value.normalize(), unit)
        short = round(value, 2 - value.adjusted()).normalize()
        power = max(one for one in powers if abs(short) >= 10**one)
        return fill_placeholders(powers[power], {"number": self.number(short.scaleb(-power))})

    @property
    def direction_mark(self) -> str:
        """A mark without width. It keeps a raised number on its side of the number before it."""
        return RLM if self.rtl else ""

    def is_countable(self, unit: str) -> bool:
        """Whether a number with this unit is a count: whole and not negative."""
        return self.measured.isdisjoint(unit.split())

    def is_quantity(self, text: str, start: int, end: int) -> bool:
        """Whether a number that may be a year counts or measures something: «۱۴۸۰ نفر»."""
        before = WORD_BEFORE.search(text[max(0, start - 40) : start])
        if before and before[1].lower().startswith(self.before_years):
            return False
        if not (found := AFTER_NUMBER.match(text, end)):
            return False
        return found[1] is None or found[1].lower() in self.counted | self.measured

    def solar_date(self, day: Date) -> str:
        """A day in the Solar Hijri calendar."""
        year, month, date = solar_parts(day)
        return self.digits(self.day_form.format(day=date, month=self.solar_months[month - 1], year=year))

    def gregorian_date(self, day: Date) -> str:
        """A date in the Gregorian calendar, to the day, the month or the year."""
        form = self.day_form if day.day else self.month_form if day.month else "{year}"
        month = self.gregorian_months[day.month - 1] if day.month else ""
        return self.digits(form.format(day=day.day, month=month, year=day.year))

    def both_calendars(self, day: Date) -> str:
        """A day in both calendars, the usual one first. A date without a day is Gregorian only."""
        if not day.day:
            return self.gregorian_date(day)
        both = [self.solar_date(day), self.gregorian_date(day)]
        first, second = both if self.first_calendar == "solar" else both[::-1]
        return f"{first} ({second})"


@cache
def known_languages() -> tuple[str, ...]:
    """The tags of all languages."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def nearest_language(tag: str, known: Sequence[str]) -> str:
    """A hint for an unknown tag: for ``ps-AF`` it suggests ``ps``, else the nearest known tag, or all with names."""
    spoken = tag.replace("_", "-").partition("-")[0].casefold()
    same = [one for one in known if one.partition("-")[0].casefold() == spoken]
    near = f"did you mean '{same[0]}'?" if len(same) == 1 else suggest_nearest(tag, known)
    named = (f"{one} ({load_language(one).english})" if one in known_languages() else one for one in known)
    return near if near.startswith("did") and len(spoken) < 4 else f"known: {', '.join(named)}"


@cache
def read_data_file(file: Path) -> dict[str, Any]:
    """The content of a YAML file of the program itself, read once."""
    read: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=LOADER)
    return read


@cache
def load_language(tag: str) -> Language:
    """The language with a tag of ``known_languages``."""
    return read_language(_FOLDER / f"{tag}.yaml")


def read_language(file: Path) -> Language:
    """A language from its file, and from the catalogue with the same name if there is one."""
    described = read_data_file(file)
    nouns = find_shipped_folder("data") / "counted" / f"{file.stem}.txt"
    values: dict[str, Any] = {
        **json.loads(CLDR_FILE.read_text(encoding="utf-8"))[described["locale"]],
        "counted": nouns.read_text(encoding="utf-8") if nouns.is_file() else "",
        **described,
        "tag": file.stem,
        "catalogue": Catalogue(file.parent.parent / "catalogues" / f"{file.stem}.po"),
    }
    types = {one.name: str(one.type) for one in fields(Language)}
    for name, value in values.items():
        if types[name].startswith("frozenset"):
            values[name] = frozenset(value.split())
        elif isinstance(value, list):
            values[name] = tuple(value)
    return Language(**values)


def sort_key(text: str, language: Language) -> SortKey:
    """The key by which texts sort word by word: first by letters, then by forms and signs, then by case."""
    known = _parse_alphabet(language.alphabet)
    places, forms, capitals = list[tuple[int, int]](), list[int](), list[bool]()
    for part in _collation_elements(text, known):
        if unicodedata.category(part) == "Mn":
            forms.append(ord(part))
        else:
            place, form, _ = known.get(part) or (_non_letter_position(part), 0, "")
            places.append(place)
            forms.append(form)
            capitals.append(part.isupper())
    return tuple(places), tuple(forms), tuple(capitals)


def first_letter(text: str, language: Language) -> str:
    """The letter under which an index lists a text; «…» if the text begins with no letter of the alphabet.

    In Dari آ is a letter before ا, as in dictionaries. أ and إ stand under ا, ؤ under و, ئ under ی.
    """
    known = _parse_alphabet(language.alphabet)
    found = known.get(next(_collation_elements(text, known), ""))
    return found[2] if found else OTHER_HEADING


@cache
def _parse_alphabet(alphabet: str) -> LetterPositions:
    """For each letter its position, its number as a form of that letter, and its heading.

    An alphabet has one word for each heading of an index. After a slash follow further letters under that heading.
    Characters directly after a letter are its forms. They count only if all letters are the same.
    """
    found: LetterPositions = {}
    for group in alphabet.split():
        for forms in group.split("/"):
            place = _LETTER, len(found)
            found |= {letter: (place, form, group[0]) for form, letter in enumerate(forms)}
    return found


def _collation_elements(text: str, known: LetterPositions) -> Iterator[str]:
    """The characters that count. Only letters of the alphabet keep their signs; others are decomposed."""
    for char in normal_form(text):
        for part in char if char in known else unicodedata.normalize("NFD", char):
            if unicodedata.category(part) != "Cf" and part != _TATWEEL:
                yield part


def _non_letter_position(char: str) -> tuple[int, int]:
    if char.isdecimal():
        return _DIGIT, unicodedata.decimal(char)
    if char.isspace():
        return _SPACE, 0
    return (_FOREIGN if char.isalpha() else _SIGN), ord(char.lower())
