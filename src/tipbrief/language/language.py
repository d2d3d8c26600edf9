"""Languages: how each writes numbers, dates, lists and the program's own words. A file describes each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from tipbrief.assets import find_shipped_folder
from tipbrief.language.catalogue import Catalogue, fill_placeholders
from tipbrief.language.dates import Date, solar_parts
from tipbrief.language.numbers import AFTER_NUMBER, ANY_DIGIT, PERCENT_SIGNS, WORD_BEFORE
from tipbrief.language.unicode_text import LRI, PDI, RLM
from tipbrief.problems import suggest_nearest

CLDR_FILE = Path(__file__).with_name("languages") / "cldr.json"


def read_locale(locale: str) -> dict[str, Any]:
    """What CLDR knows of a language, in the numbers that it calls the usual ones."""
    return _read_cldr_file().get(locale) or query_babel(locale)


@cache
def _read_cldr_file() -> dict[str, dict[str, Any]]:
    return {**json.loads(CLDR_FILE.read_text(encoding="utf-8"))}


def query_babel(locale: str) -> dict[str, Any]:
    """The same from CLDR itself."""
    from babel import Locale

    known = Locale.parse(locale)
    signs = known.number_symbols[known.default_numbering_system]
    zero = {"arabext": 0x06F0, "arab": 0x0660}.get(known.default_numbering_system, 0x30)
    months = known.months["format"]["wide"]
    return {
        "direction": known.text_direction,
        "digit_signs": "".join(chr(zero + place) for place in range(10)),
        "group": signs["group"],
        "decimal": signs["decimal"],
        "percent_sign": signs["percentSign"],
        "counter": {0x06F0: "persian", 0x0660: "arabic-indic"}.get(zero, "decimal"),
        "gregorian_months": [months[number] for number in range(1, 13)],
    }


_FOLDER = Path(__file__).with_name("languages")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, eq=False, kw_only=True)
class Language:
    """What a document is written in. What its file leaves out is as CLDR has it for its ``locale``."""

    tag: str  # of HTML and PDF: fa-AF
    name: str  # in the language itself
    english: str
    locale: str  # by which CLDR knows it
    direction: Literal["rtl", "ltr"]
    digit_signs: str  # the ten, from zero
    group: str
    decimal: str
    percent_sign: str
    counter: Literal["persian", "arabic-indic", "decimal"]  # as CSS calls the numbers of its pages
    solar_months: tuple[str, ...]
    gregorian_months: tuple[str, ...]
    first_calendar: Literal["solar", "gregorian"]
    day_form: str  # of {day}, {month} and {year}
    month_form: str  # of {month} and {year}
    comma: str  # between the items of a list
    semicolon: str
    quotes: tuple[str, str]
    sentence_ends: str
    alphabet: str  # as language/alphabet.py reads it
    other_script: str  # the tag of what stands in letters of the other direction
    spelling: str  # by which rules its texts are read: dari, pashto …
    counted: frozenset[str] = frozenset()  # nouns that follow a number of things: data/counted/
    measured: frozenset[str] = frozenset()  # and measures: of them a number may have decimals
    before_years: tuple[str, ...] = ()  # how words begin before a number that is a year
    catalogue: Catalogue = field(repr=False)

    @property
    def rtl(self) -> bool:
        """Whether it is read from right to left."""
        return self.direction == "rtl"

    # Words

    def gettext(self, english: str, **values: object) -> str:
        """The program's words by what they are in English; each ``%(name)s`` filled, in its digits."""
        return fill_placeholders(self.catalogue.gettext(english), self.format_numbers(values))

    def ngettext(self, one: str, many: str, count: int, **values: object) -> str:
        """The same for a ``count`` of things, which is ``%(count)s``."""
        said = self.catalogue.ngettext(one, many, count)
        return fill_placeholders(said, self.format_numbers({"count": count, **values}))

    def format_numbers(self, values: Mapping[str, object]) -> dict[str, object]:
        """What is to be filled in, whole numbers as the language writes them."""
        return {name: self.number(one) if isinstance(one, int) else one for name, one in values.items()}

    def join_items(self, *items: str) -> str:
        """The items with the language's comma between them."""
        return self.comma.join(items)

    # Numbers

    @cached_property
    def _digit_table(self) -> dict[int, str]:
        return {ord(sign): self.digit_signs[place % 10] for place, sign in enumerate(ANY_DIGIT)}

    def digits(self, text: object) -> str:
        """The text with all digits written as those of the language."""
        return str(text).translate(self._digit_table)

    def number(self, value: int | Decimal) -> str:
        """A number in groups of three. A minus is U+2212, kept before its digits by an isolate."""
        # The format "f": a Decimal would print as 1E+3 else.
        latin = f"{abs(Decimal(value)):,f}"
        shown = self.digits(latin.translate({ord(","): self.group, ord("."): self.decimal}))
        if value >= 0:
            return shown
        return f"{LRI}\u2212{shown}{PDI}" if self.rtl else f"\u2212{shown}"

    def percent(self, value: int | Decimal) -> str:
        """A number of hundredths; from right to left a mark keeps the sign on the same side everywhere."""
        return f"{self.number(value)}{self.direction_mark}{self.percent_sign}"

    def amount(self, value: int | Decimal, unit: str | None = None) -> str:
        """A number with the sign of per cent, where that is its unit."""
        return self.percent(value) if unit in PERCENT_SIGNS else self.number(value)

    @property
    def direction_mark(self) -> str:
        """A mark without width, after which a raised number keeps its side of the number before it."""
        return RLM if self.rtl else ""

    def is_countable(self, unit: str) -> bool:
        """Whether what has this unit is counted, so that it is whole and not less than none."""
        return self.measured.isdisjoint(unit.split())

    def is_quantity(self, text: str, start: int, end: int) -> bool:
        """Whether the number there, which may be a year, is one of things or of a measure: «۱۴۸۰ نفر»."""
        before = WORD_BEFORE.search(text[max(0, start - 40) : start])
        if before and before[1].lower().startswith(self.before_years):
            return False
        if not (found := AFTER_NUMBER.match(text, end)):
            return False
        return found[1] is None or found[1].lower() in self.counted | self.measured

    # Dates

    def solar_date(self, day: Date) -> str:
        """A day in the Solar Hijri calendar."""
        year, month, date = solar_parts(day)
        return self.digits(self.day_form.format(day=date, month=self.solar_months[month - 1], year=year))

    def gregorian_date(self, day: Date) -> str:
        """A date in the Gregorian calendar, as far as it is known."""
        form = self.day_form if day.day else self.month_form if day.month else "{year}"
        month = self.gregorian_months[day.month - 1] if day.month else ""
        return self.digits(form.format(day=day.day, month=month, year=day.year))

    def both_calendars(self, day: Date) -> str:
        """A day in both calendars, the usual one first; only Gregorian where the day is not known."""
        if not day.day:
            return self.gregorian_date(day)
        both = [self.solar_date(day), self.gregorian_date(day)]
        first, second = both if self.first_calendar == "solar" else both[::-1]
        return f"{first} ({second})"


@cache
def known_languages() -> tuple[str, ...]:
    """The tags of all languages that have a description."""
    return tuple(sorted(file.stem for file in _FOLDER.glob("*.yaml")))


def nearest_language(tag: str, known: Sequence[str]) -> str:
    """A hint for a tag that is none of the known ones: of ``ps-AF`` that is ``ps``, else the nearest."""
    spoken = tag.replace("_", "-").partition("-")[0].casefold()
    same = [one for one in known if one.partition("-")[0].casefold() == spoken]
    return f"did you mean '{same[0]}'?" if len(same) == 1 else suggest_nearest(tag, known)


@cache
def load_language(tag: str) -> Language:
    """The language with a tag of ``known_languages``."""
    return read_language(_FOLDER / f"{tag}.yaml")


def read_language(file: Path) -> Language:
    """A language as a file describes it; the words are in the catalogue of its name, if there is one."""
    said: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
    catalogue = Catalogue(file.parent.parent / "catalogues" / f"{file.stem}.po")
    nouns = find_shipped_folder("data") / "counted" / f"{file.stem}.txt"
    counted = nouns.read_text(encoding="utf-8") if nouns.is_file() else ""
    whole = {
        **read_locale(said["locale"]),
        "counted": counted,
        **said,
        "tag": file.stem,
        "catalogue": catalogue,
    }
    forms = {one.name: str(one.type) for one in fields(Language)}
    for name, value in whole.items():
        if forms[name].startswith("frozenset"):
            whole[name] = frozenset(value.split())
        elif isinstance(value, list):
            whole[name] = tuple(value)
    return Language(**whole)
