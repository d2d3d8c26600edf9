"""The order of the Dari alphabet, letter by letter, and the letters of an index."""

from __future__ import annotations

import csv
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.assets import shipped
from tipbrief.fonts.preparation import ARABIC_LETTERS
from tipbrief.language.alphabet import first_letter, sort_key

ALPHABET = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
ZWNJ = "\u200c"
PLACEMENTS = shipped("data") / "tip-2025" / "tables" / "placements.csv"


def in_order(*texts: str) -> bool:
    """Whether sorting leaves the texts as they are, from whatever order it starts."""
    return all(sorted(start, key=sort_key) == list(texts) for start in permutations(texts))


def names() -> list[str]:
    with PLACEMENTS.open(encoding="utf-8", newline="") as file:
        return [row["name"] for row in csv.DictReader(file)]


def test_the_letters_stand_in_the_order_of_the_alphabet() -> None:
    assert len(set(ALPHABET)) == 33
    assert "".join(sorted({*ALPHABET}, key=sort_key)) == ALPHABET


@pytest.mark.parametrize(
    ("form", "letter"),
    [
        ("أ", "ا"), ("إ", "ا"), ("ٱ", "ا"), ("ؤ", "و"), ("ئ", "ی"), ("ۀ", "ه"), ("ه\u0654", "ه"), ("ة", "ه"),
        ("ي", "ی"), ("ى", "ی"), ("ك", "ک"),
    ],
)  # fmt: skip
def test_a_hamza_or_an_arabic_form_counts_as_its_letter(form: str, letter: str) -> None:
    assert in_order(letter, form, letter + "آ", form + "ب", letter + "پ")


def test_hamza_decides_only_between_equal_words() -> None:
    assert in_order("مساله", "مسأله", "مسایل", "مسائل")
    assert in_order("سورینام", "سوریه", "سوریۀ")
    assert in_order("اسرار", "اسراییل", "اسرائیل", "اسراییلی")


def test_alef_with_madda_is_a_letter_before_alef() -> None:
    assert in_order("آب", "آیسلند", "ابر", "ایران")


def test_a_zwnj_counts_for_nothing() -> None:
    assert sort_key(f"بنگله{ZWNJ}دیش") == sort_key("بنگلهدیش")
    assert in_order("کتاب ها", "کتابدار", f"کتاب{ZWNJ}ها", "کتابی")


def test_names_are_sorted_word_by_word() -> None:
    assert in_order("جمهوری", "جمهوری چک", "جمهوری کانگو", "جمهوریت")
    assert in_order("گینیا", "گینیا بیساو", "گینیای استوایی")
    assert in_order("سودان", "سودان جنوبی", "سورینام")


@given(st.lists(st.text(alphabet=ALPHABET, min_size=1, max_size=6), min_size=2, max_size=2))
def test_words_of_plain_letters_sort_like_the_positions_of_their_letters(words: list[str]) -> None:
    one, other = words
    expected = [ALPHABET.index(c) for c in one] < [ALPHABET.index(c) for c in other]
    assert (sort_key(one) < sort_key(other)) == expected


@pytest.mark.parametrize("letter", ALPHABET)
def test_every_letter_is_its_own_heading(letter: str) -> None:
    assert first_letter(letter) == first_letter(letter + "ب") == letter


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("آلمان", "آ"), ("افغانستان", "ا"), ("أردن", "ا"), ("إیران", "ا"), ("ۀ", "ه"), ("ئ", "ی"), ("ؤ", "و"),
        ("ك", "ک"), ("ي", "ی"), ("", "…"), ("۱۲", "…"), ("Kosovo", "…"), ("(چین)", "…"),
    ],
)  # fmt: skip
def test_the_heading_of(text: str, heading: str) -> None:
    assert first_letter(text) == heading


def test_the_governments_come_under_headings_that_follow_the_alphabet() -> None:
    ordered = sorted(names(), key=sort_key)
    headings = list(dict.fromkeys(first_letter(name) for name in ordered))
    assert headings == [letter for letter in ALPHABET if letter in headings]
    assert [first_letter(name) for name in ordered] == [name[0] for name in ordered]
    assert (ordered[0], ordered[-1]) == ("آذربایجان", "یونان")
    assert len({sort_key(name) for name in ordered}) == 188


def test_letters_of_other_languages_stand_under_dari_ones() -> None:
    assert in_order("تا", "ټا", "ثا")
    assert in_order("د", "ډ", "ذ")
    headings = {letter: first_letter(letter) for letter in ARABIC_LETTERS if letter not in ALPHABET}
    assert not {letter for letter, heading in headings.items() if heading not in ALPHABET}
    assert [headings[letter] for letter in "ءټڅږښڼېګ"] == list("اتچژشنیگ")


def test_digits_of_all_shapes_are_numbers_and_stand_before_letters() -> None:
    assert sort_key("۱۲") == sort_key("12") < sort_key("۲")
    assert in_order("آب ۲", "آب آب", "آب Bern")


def test_latin_letters_stand_last_signs_and_case_decide_at_the_end() -> None:
    assert in_order("یونان", "Ardeche", "Ardèche", "Zug")
    assert in_order("aB", "AB", "ab c")
