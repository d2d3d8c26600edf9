"""The linter of Pashto, Iranian Persian and English: what it finds, what it says, and where it is silent."""

import dataclasses
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import problems_of
from tipbrief.check.texts import lint
from tipbrief.language.language import known_languages, load_language
from tipbrief.language.orthography import ORTHOGRAPHIES
from tipbrief.language.word_lists import SpellingFault, load_language_words
from tools import catalogues

CORPUS = Path(__file__).with_name("orthography")
TAGS = {"pashto": "ps", "iranian": "fa-IR", "english": "en"}
WORDS = {tag: load_language_words(load_language(tag)) for tag in known_languages()}


def faults(text: str, tag: str) -> list[SpellingFault]:
    return lint(text, load_language(tag), WORDS[tag])


def rules(text: str, tag: str) -> list[str]:
    return [found.rule for found in faults(text, tag)]


def rows() -> list[tuple[str, ...]]:
    """Language, wrong text, rule, right text."""
    found = list[tuple[str, ...]]()
    for spelling, tag in TAGS.items():
        for line in (CORPUS / f"{spelling}.tsv").read_text(encoding="utf-8").splitlines()[1:]:
            written = re.sub(r"\\u(\w{4})", lambda char: chr(int(char[1], 16)), line)
            found.append((tag, *written.split("\t")))
    return found


def applied(text: str, found: list[SpellingFault]) -> str:
    for one in reversed(found):
        text = text[: one.start] + (one.replacement or "") + text[one.end :]
    return text


@pytest.mark.parametrize(("tag", "wrong", "rule", "right"), rows())
def test_a_faulty_text_is_found_and_its_remedy_is_clean(tag: str, wrong: str, rule: str, right: str) -> None:
    found = [one for one in faults(wrong, tag) if one.rule == rule]
    assert found, rules(wrong, tag)
    if right != "-":
        assert applied(wrong, found) == right
        assert rule not in rules(right, tag)


def test_faults_of_many_kinds_are_planted() -> None:
    assert len({(tag, rule) for tag, _, rule, _ in rows()}) >= 45


@pytest.mark.parametrize("spelling", TAGS)
def test_the_clean_text_is_silent(spelling: str) -> None:
    text = (CORPUS / f"{spelling}.txt").read_text(encoding="utf-8")
    assert [(f.rule, text[f.start : f.end]) for f in faults(text, TAGS[spelling])] == []


RIGHT = {
    "ps": [
        "دا شی ښه شي او هغه ښه دی، دوی ښه دي.",  # both words
        "که څوک راځي، آن تر دې چې تا ته درکړم، باید هم هر یو را سره وي.",  # that Dari has, too
        "د جولای په ۱۵ مه، په تیر ۲۰۲۴ کال کې ۱۲ کسان دی.",  # months elsewhere
        "د اسد کورنۍ، د سرطان ناروغي، جدي ستونزې او د قوس شکل.",
        "{laws} هېوادونو {@un-treaties} د UNICEF په مرسته، د https://example.org/a?b=1,2 له مخې.",
        "مسؤلیت، جزء، شيء.",
    ],
    "fa-IR": [
        "میزان تولید، بیماری سرطان، اسد و جدی بودن کار.",
        "به میزان ۱۲۳۴۵ تن و سرطان ۳۵۰ نفر",
        "۱۲ آذر ۱۴۰۴ (۳ دسامبر ۲۰۲۵)، اوت و ژوئیه و مه.",
    ],
    "en": [
        "Afghanistan’s laws, the victims’ rights, the ’90s: “a ‘so-called’ law”.",
        "The word «قاچاق انسان» and قانون ۱۴۰۴، مادۀ ۳ are Dari; «۱۴۸۰ نفر؟» too.",
        "See https://example.org/a--b?c='d'&e=1,2 or write to a.b@example.org, please.",
        "{tier_one} governments (see {@voa-fa press}); 12.5%, 1,234, a ratio of 2 : 1, and 2025-09-29.",
        "Côte d’Ivoire, São Tomé and Príncipe, U.S. and .gov, and --deliver.",
        "1) one\na) two",
        "قانون",
        "",
    ],
}


@pytest.mark.parametrize(("tag", "text"), [(tag, text) for tag, texts in RIGHT.items() for text in texts])
def test_what_is_right_is_silent(tag: str, text: str) -> None:
    assert rules(text, tag) == []


def test_what_is_looked_at_is_of_the_language_alone() -> None:
    assert rules('Trafficking  in "Persons"...', "ps") == rules("قاچاق  انسان", "en") == []
    assert rules("گزارش گگ", "fa-AF") == rules("گزارش گگ", "fa-IR") == []
    assert "arabic-letter" in rules("گزارش", "ps")
    assert rules("سياسي", "fa-AF") == ["arabic-letter"], "the ye of Pashto is none of Dari"


def test_a_dari_text_among_pashto_ones_is_asked_for_once_a_paragraph() -> None:
    text = "این قانون برای همه است.\n\nدا قانون د ټولو لپاره دی.\n\nاین هم برای همه است."
    found = [one for one in faults(text, "ps") if one.rule == "untranslated"]
    assert [(one.start, one.severity, one.replacement) for one in found] == [
        (start, "warning", None) for start in (0, 52)
    ]
    assert found[0].message == "'این' looks like Dari: was it translated?"


def test_what_is_sure_is_an_error_and_what_is_likely_a_warning() -> None:
    weight = {text: [one.severity for one in faults(text, "ps")] for text in ("چی", "چي", "دولتی", "سياست", "گل")}
    assert weight == {
        "چی": ["error"], "چي": ["warning"], "دولتی": ["warning"], "سياست": ["warning"], "گل": ["error"],
    }  # fmt: skip


def test_months_are_told_once_and_by_numbers_of_a_date_alone() -> None:
    assert rules("د اپريل په ۷مه", "ps") == ["medial-ye"], "accepted as it is written with the right ye"
    assert rules("۵۰ قوس، {cases} سرطان", "fa-IR") == []
    assert rules("۵ قوس، ۱۴۰۴ قوس", "fa-IR") == ["month", "month"]
    assert rules("۱" * 5000 + " قوس", "fa-IR") == []


def test_messages_name_the_language_and_the_letter() -> None:
    (gaf,) = faults("گل", "ps")
    assert gaf.message.startswith("ARABIC LETTER GAF U+06AF: ")
    assert "Pashto writes" in gaf.message
    (digits,) = faults("سال 2025", "fa-IR")
    assert digits.message.startswith("Iranian Persian digits are")


def test_a_quotation_mark_in_english_knows_where_it_stands() -> None:
    text = '"A law," he said, "of \'some\' weight."\n\n"The victims\' rights" aren\'t.'
    right = "“A law,” he said, “of ‘some’ weight.”\n\n“The victims’ rights” aren’t."
    assert applied(text, faults(text, "en")) == right


def test_a_publication_extends_what_is_written_instead(tmp_path: Path) -> None:
    own = tmp_path / "instead.txt"
    own.write_text("کمېټه = کمیټه\nغیر قانوني = ناقانونه !\n", encoding="utf-8")
    pashto = load_language("ps")
    found = lint("کمېټه غیر قانوني ده", pashto, load_language_words(pashto, own))
    assert [(one.severity, one.replacement) for one in found] == [("warning", "کمیټه"), ("error", "ناقانونه")]
    own.write_text("کمېټه\nیو دوه درې = څلور\nیو = یو\n", encoding="utf-8")
    problems = problems_of(load_language_words, pashto, own)
    assert [problem.line for problem in problems] == [1, 2, 3]


def test_an_accepted_word_is_accepted_in_each_language(tmp_path: Path) -> None:
    own = tmp_path / "words.txt"
    own.write_text("گل\ncountry's\n", encoding="utf-8")
    for tag, text in (("ps", "«گل» دی"), ("en", "the “country's” law")):
        assert rules(text, tag)
        assert lint(text, load_language(tag), load_language_words(load_language(tag), own)) == []


def test_a_language_without_rules_is_not_looked_at() -> None:
    assert {load_language(tag).spelling for tag in known_languages()} <= {*ORTHOGRAPHIES, "none"}
    other = dataclasses.replace(load_language("ps"), spelling="none")
    assert lint("گل 2025 ...", other, load_language_words(other)) == []


@pytest.mark.parametrize("tag", known_languages())
def test_the_words_of_the_program_are_well_spelt(tag: str) -> None:
    for one in catalogues.read(catalogues.CATALOGUES / f"{tag}.po") if tag != "en" else catalogues.said():
        said = (one.string if tag != "en" else one.id) or ""
        for text in said if isinstance(said, list | tuple) else [said]:
            # What is filled in may be a number.
            bare = re.sub(r"%\((\w+)\)s", r"{\1}", text).strip()
            assert not one.id or faults(bare, tag) == [], text


def test_lists_hold_nothing_that_does_nothing() -> None:
    for spelling, tag in TAGS.items():
        words = WORDS[tag]
        for wrong, (right, severity) in words.replacements.items():
            found = [one for one in faults(wrong, tag) if one.replacement == right]
            assert [one.severity for one in found] == [severity], (spelling, wrong)
            assert not faults(right, tag), (spelling, right)
        for word in words.untranslated_words:
            assert "untranslated" in rules(word, tag), word
    bare = replace(WORDS["ps"], accepted_words=set(), checksum="none")
    for word in WORDS["ps"].accepted_words:
        assert lint(f"۱۲ {word} ۱۴۰۴", load_language("ps"), bare), word


PIECES = (
    "می نمی شود رفت ها های کتاب خانه اند ام ای بی سابقه بچه بازی کننده و "
    "چي کي دی گ ك ي ې ۍ ئ ى ه ۀ ـ قوس نومبر است می‌شود {a} {@b} WHO It's don't 12 ۱۲ ٤ . , ، ؛ ? ؟ % ٪ - -- "
    "« » ‹ › ( ) [ ] \" ' ` “ ” ‘ ’ << ... \u0654 \u0653 \u200c \u200f \u200b \ufeff \ufb01 \ue000 \u0301"
)
GAPS = (" ", "\n", "\n\n", "\u00a0", "\t")
TEXTS = st.one_of(st.text(), st.lists(st.sampled_from([*PIECES.split(), *GAPS]), max_size=30).map("".join))


@given(TEXTS, st.sampled_from(known_languages()))
def test_never_raises_and_places_lie_inside(text: str, tag: str) -> None:
    found = faults(text, tag)
    assert all(0 <= f.start < f.end <= len(text) for f in found)
    assert all(f.replacement != text[f.start : f.end] for f in found)
    assert [f.start for f in found] == sorted(f.start for f in found)


UNITS = [*"يa'\"«“-۱.،میه({A\u200c \ue000", "ب ", "a ", "a.", "a@", "ۍ\u0654", "می", "ها ", "۱."]


@pytest.mark.parametrize("tag", known_languages())
@pytest.mark.parametrize("unit", UNITS)
def test_no_text_takes_long(tag: str, unit: str) -> None:
    start = time.process_time()
    faults("بa" + unit * 20_000, tag)
    assert time.process_time() - start < 2
