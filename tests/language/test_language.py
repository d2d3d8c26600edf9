"""Languages: what each must have, and how it writes numbers and dates."""

from dataclasses import fields
from decimal import Decimal
from importlib import metadata
from pathlib import Path

import pytest

from tests.support import FONTS, ROOT
from tipbrief.fonts.font_library import coverage, load_fonts
from tipbrief.language import language as module
from tipbrief.language.dates import Date
from tipbrief.language.language import CLDR_FILE, Language, known_languages, load_language, read_language
from tools import cldr

DAY = Date(2025, 11, 29)


@pytest.mark.parametrize("tag", known_languages())
def test_a_language_has_all_that_it_must_have(tag: str) -> None:
    one = load_language(tag)
    assert one.tag == tag
    assert all(getattr(one, declared.name) for declared in fields(Language) if declared.name != "catalogue")
    assert (len(one.digit_signs), len(one.solar_months), len(one.gregorian_months)) == (10, 12, 12)
    assert len({*one.solar_months, *one.gregorian_months}) == 24
    assert all(part in one.day_form for part in ("{day}", "{month}", "{year}"))
    assert "{day}" not in one.month_form
    assert one.rtl == (one.direction == "rtl")
    assert load_language(one.tag) is one


@pytest.mark.parametrize("tag", known_languages())
def test_our_fonts_draw_each_language(tag: str) -> None:
    one, faces = load_language(tag), load_fonts(FONTS)
    assert len(faces) == 3
    headings = "".join(group[0] for group in one.alphabet.split())
    signs = (one.group, one.decimal, one.percent_sign, one.comma, one.semicolon, *one.quotes, one.digit_signs)
    for text in (headings, one.name, *one.solar_months, *one.gregorian_months, *signs):
        assert {char for char in text if ord(char) not in coverage(faces) and not char.isspace()} == set()


@pytest.mark.parametrize(
    ("tag", "number", "negative", "percent", "both", "month"),
    [
        ("fa-AF", "۱۲٬۳۴۵٫۵", "\u2066\u2212۵\u2069", "۱۲\u200f٪",
         "۸ قوس ۱۴۰۴ (۲۹ نومبر ۲۰۲۵)", "نومبر ۲۰۲۵"),
        ("fa-IR", "۱۲٬۳۴۵٫۵", "\u2066\u2212۵\u2069", "۱۲\u200f٪",
         "۸ آذر ۱۴۰۴ (۲۹ نوامبر ۲۰۲۵)", "نوامبر ۲۰۲۵"),
        ("ps", "۱۲٬۳۴۵٫۵", "\u2066\u2212۵\u2069", "۱۲\u200f٪",
         "۸ لیندۍ ۱۴۰۴ (۲۹ نومبر ۲۰۲۵)", "نومبر ۲۰۲۵"),
        ("en", "12,345.5", "\u22125", "12%",
         "November 29, 2025 (Qaws 8, 1404)", "November 2025"),
    ],
)  # fmt: skip
def test_numbers_and_dates(tag: str, number: str, negative: str, percent: str, both: str, month: str) -> None:
    one = load_language(tag)
    assert (one.number(Decimal("12345.5")), one.number(-5), one.percent(12)) == (number, negative, percent)
    assert one.both_calendars(DAY) == both
    assert one.both_calendars(Date(2025, 11)) == month
    assert one.both_calendars(Date(2025)) == one.digits(2025)


def test_units_and_years_are_told_by_the_words_of_the_language() -> None:
    english = load_language("en")
    assert english.is_quantity("1480 people", 0, 4)
    assert not english.is_quantity("in 2025 people", 3, 7)
    assert not english.is_countable("%")
    assert english.is_countable("people")


def test_a_language_is_one_file_and_one_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("languages", "catalogues"):
        (tmp_path / folder).mkdir()
    made_up = (
        "name: Ladin\nenglish: Ladin\nlocale: en_US\nfirst_calendar: gregorian\nother_script: fa\n"
        "group: ' '\nday_form: '{day}. {month} {year}'\nmonth_form: '{month} {year}'\ncomma: ', '\n"
        "semicolon: '; '\nquotes: ['<', '>']\nsentence_ends: .\nalphabet: Aa Bb\nspelling: english\n"
        "solar_months: [a, b, c, d, e, f, g, h, i, j, k, l]\n"
    )
    (tmp_path / "languages" / "lld.yaml").write_text(made_up, encoding="utf-8")
    (tmp_path / "catalogues" / "lld.po").write_text(
        'msgid ""\nmsgstr ""\n"Language: lld\\n"\n"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
        'msgid "Corrections"\nmsgstr "Coretures"\n\nmsgid "Source"\nmsgid_plural "Sources"\n'
        'msgstr[0] "Funtana"\nmsgstr[1] "Funtanes"\n',
        encoding="utf-8",
    )
    one = read_language(tmp_path / "languages" / "lld.yaml")
    assert (one.tag, one.direction, one.gregorian_date(DAY)) == ("lld", "ltr", "29. November 2025")
    assert (one.number(1234567), one.gettext("Corrections")) == ("1 234 567", "Coretures")
    assert [one.ngettext("Source", "Sources", count) for count in (1, 2)] == ["Funtana", "Funtanes"]
    assert one.gettext("Revisions") == "Revisions"
    assert one.ngettext("%(count)s of %(all)s", "%(count)s of %(all)s", 1, all=1200) == "1 of 1 200"
    monkeypatch.setattr(module, "_FOLDER", tmp_path / "languages")
    known_languages.cache_clear()
    assert known_languages() == ("lld",)
    known_languages.cache_clear()


@pytest.mark.skipif(
    f"babel=={metadata.version('babel')} " not in (ROOT / "requirements.txt").read_text(encoding="utf-8"),
    reason="another Babel has another CLDR",
)
def test_the_file_of_cldr_is_as_the_tool_writes_it() -> None:
    assert CLDR_FILE.read_text(encoding="utf-8") == cldr.text(), "run: python -m tools.cldr"


@pytest.mark.parametrize(("tag", "shown"), [("fa-AF", "۰۹ ۰۹ ۰۹"), ("en", "09 09 09")])
def test_digits_of_every_script_become_those_of_the_language(tag: str, shown: str) -> None:
    assert load_language(tag).digits("09 ۰۹ ٠٩") == shown
