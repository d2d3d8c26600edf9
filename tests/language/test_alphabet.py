"""The order of the Dari alphabet, letter by letter, and the letters of an index."""

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


@pytest.mark.parametrize(
    "texts",
    [
        "مساله مسأله مسایل مسائل", "سورینام سوریه سوریۀ", "اسرار اسراییل اسرائیل اسراییلی",  # hamza last
        "آب آیسلند ابر ایران",  # alef with madda is a letter before alef
        f"کتاب_ها کتابدار کتاب{ZWNJ}ها کتابی",  # a ZWNJ counts for nothing
        "جمهوری جمهوری_چک جمهوری_کانگو جمهوریت", "گینیا گینیا_بیساو گینیای_استوایی",  # word by word
        "سودان سودان_جنوبی سورینام",
        "تا ټا ثا", "د ډ ذ",  # letters of other languages stand under Dari ones
        "آب_۲ آب_آب آب_Bern",  # digits, letters, letters of other scripts
        "یونان Ardeche Ardèche Zug", "aB AB ab_c",  # signs and case decide at the end
    ],
)  # fmt: skip
def test_the_order_of(texts: str) -> None:
    assert in_order(*(text.replace("_", " ") for text in texts.split(" ")))


@given(st.lists(st.text(alphabet=ALPHABET, min_size=1, max_size=6), min_size=2, max_size=2))
def test_words_of_plain_letters_sort_like_the_positions_of_their_letters(words: list[str]) -> None:
    one, other = words
    expected = [ALPHABET.index(c) for c in one] < [ALPHABET.index(c) for c in other]
    assert (sort_key(one) < sort_key(other)) == expected


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        *((letter, letter) for letter in ALPHABET), *((letter + "ب", letter) for letter in ALPHABET),
        ("آلمان", "آ"), ("افغانستان", "ا"), ("أردن", "ا"), ("إیران", "ا"), ("ۀ", "ه"), ("ئ", "ی"), ("ؤ", "و"),
        ("ك", "ک"), ("ي", "ی"), ("", "…"), ("۱۲", "…"), ("Kosovo", "…"), ("(چین)", "…"),
    ],
)  # fmt: skip
def test_the_heading_of(text: str, heading: str) -> None:
    assert first_letter(text) == heading


def test_the_governments_come_under_headings_that_follow_the_alphabet() -> None:
    with PLACEMENTS.open(encoding="utf-8", newline="") as file:
        ordered = sorted((row["name"] for row in csv.DictReader(file)), key=sort_key)
    headings = list(dict.fromkeys(first_letter(name) for name in ordered))
    assert headings == [letter for letter in ALPHABET if letter in headings]
    assert [first_letter(name) for name in ordered] == [name[0] for name in ordered]
    assert (ordered[0], ordered[-1]) == ("آذربایجان", "یونان")
    assert len({sort_key(name) for name in ordered}) == 188


def test_every_other_letter_stands_under_one_of_dari() -> None:
    headings = {letter: first_letter(letter) for letter in ARABIC_LETTERS if letter not in ALPHABET}
    assert not {letter for letter, heading in headings.items() if heading not in ALPHABET}
    assert [headings[letter] for letter in "ءټڅږښڼېګ"] == list("اتچژشنیگ")


def test_keys_that_are_the_same() -> None:
    assert sort_key(f"بنگله{ZWNJ}دیش") == sort_key("بنگلهدیش")
    assert sort_key("۱۲") == sort_key("12") < sort_key("۲")
