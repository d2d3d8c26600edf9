"""Languages: how each writes numbers, dates, lists and the program's own words. A file describes each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml

from tipbrief.assets import shipped
from tipbrief.language.catalogue import Catalogue, filled
from tipbrief.language.cldr import of_cldr
from tipbrief.language.dates import Date, solar_parts
from tipbrief.language.numbers import ANY_DIGIT, FOLLOWED, PERCENT_SIGNS, WORD_BEFORE
from tipbrief.language.text import LRI, PDI, RLM
from tipbrief.problems import nearest

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

    def words(self, english: str, **values: object) -> str:
        """The program's words by what they are in English; each ``%(name)s`` filled, in its digits."""
        return filled(self.catalogue.gettext(english), self.written(values))

    def plural(self, one: str, many: str, count: int, **values: object) -> str:
        """The same for a ``count`` of things, which is ``%(count)s``."""
        said = self.catalogue.ngettext(one, many, count)
        return filled(said, self.written({"count": count, **values}))

    def written(self, values: Mapping[str, object]) -> dict[str, object]:
        """What is to be filled in, whole numbers as the language writes them."""
        return {name: self.number(one) if isinstance(one, int) else one for name, one in values.items()}

    def listed(self, *items: str) -> str:
        """The items with the language's comma between them."""
        return self.comma.join(items)

    # Numbers

    @cached_property
    def _to_digits(self) -> dict[int, str]:
        return {ord(sign): self.digit_signs[place % 10] for place, sign in enumerate(ANY_DIGIT)}

    def digits(self, text: object) -> str:
        """The text with all digits written as those of the language."""
        return str(text).translate(self._to_digits)

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
        return f"{self.number(value)}{self.turn}{self.percent_sign}"

    def amount(self, value: int | Decimal, unit: str | None = None) -> str:
        """A number with the sign of per cent, where that is its unit."""
        return self.percent(value) if unit in PERCENT_SIGNS else self.number(value)

    @property
    def turn(self) -> str:
        """A mark without width, after which a raised number keeps its side of the number before it."""
        return RLM if self.rtl else ""

    def counts(self, unit: str) -> bool:
        """Whether what has this unit is counted, so that it is whole and not less than none."""
        return self.measured.isdisjoint(unit.split())

    def is_count(self, text: str, start: int, end: int) -> bool:
        """Whether the number there, which may be a year, is one of things or of a measure: «۱۴۸۰ نفر»."""
        before = WORD_BEFORE.search(text[max(0, start - 40) : start])
        if before and before[1].lower().startswith(self.before_years):
            return False
        if not (found := FOLLOWED.match(text, end)):
            return False
        return found[1] is None or found[1].lower() in self.counted | self.measured

    # Dates

    def solar(self, day: Date) -> str:
        """A day in the Solar Hijri calendar."""
        year, month, date = solar_parts(day)
        return self.digits(self.day_form.format(day=date, month=self.solar_months[month - 1], year=year))

    def gregorian(self, day: Date) -> str:
        """A date in the Gregorian calendar, as far as it is known."""
        form = self.day_form if day.day else self.month_form if day.month else "{year}"
        month = self.gregorian_months[day.month - 1] if day.month else ""
        return self.digits(form.format(day=day.day, month=month, year=day.year))

    def both_calendars(self, day: Date) -> str:
        """A day in both calendars, the usual one first; only Gregorian where the day is not known."""
        if not day.day:
            return self.gregorian(day)
        both = [self.solar(day), self.gregorian(day)]
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
    return f"did you mean '{same[0]}'?" if len(same) == 1 else nearest(tag, known)


@cache
def language(tag: str) -> Language:
    """The language with a tag of ``known_languages``."""
    return read_language(_FOLDER / f"{tag}.yaml")


def read_language(file: Path) -> Language:
    """A language as a file describes it; the words are in the catalogue of its name, if there is one."""
    said: dict[str, Any] = yaml.load(file.read_text(encoding="utf-8"), Loader=_LOADER)
    catalogue = Catalogue(file.parent.parent / "catalogues" / f"{file.stem}.po")
    nouns = shipped("data") / "counted" / f"{file.stem}.txt"
    counted = nouns.read_text(encoding="utf-8") if nouns.is_file() else ""
    whole = {**of_cldr(said["locale"]), "counted": counted, **said, "tag": file.stem, "catalogue": catalogue}
    forms = {one.name: str(one.type) for one in fields(Language)}
    for name, value in whole.items():
        if forms[name].startswith("frozenset"):
            whole[name] = frozenset(value.split())
        elif isinstance(value, list):
            whole[name] = tuple(value)
    return Language(**whole)
