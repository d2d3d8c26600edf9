"""The order of each alphabet, letter by letter, and the letters of an index."""

from functools import partial
from itertools import permutations

import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.fonts.preparation import ARABIC_LETTERS
from tipbrief.language.language import first_letter, load_language, sort_key

DARI = load_language("fa-AF")
ALPHABET = "آابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهی"
ZWNJ = "\u200c"
HEADINGS = {
    "fa-AF": ALPHABET,
    "fa-IR": ALPHABET,
    "ps": "آابپتټثجځچڅحخدډذرړزژږسشښصضطظعغفقکګلمنڼوهی",
    "en": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
}


def in_order(*texts: str, tag: str = "fa-AF") -> bool:
    """Whether sorting leaves the texts as they are, from whatever order it starts."""
    key = partial(sort_key, language=load_language(tag))
    return all(sorted(start, key=key) == list(texts) for start in permutations(texts))


@pytest.mark.parametrize(
    ("form", "letter"),
    [
        ("أ", "ا"), ("إ", "ا"), ("ٱ", "ا"), ("ؤ", "و"), ("ئ", "ی"), ("ۀ", "ه"), ("ه\u0654", "ه"), ("ة", "ه"),
        ("ي", "ی"), ("ى", "ی"), ("ك", "ک"),
    ],
)  # fmt: skip
def test_a_hamza_or_an_arabic_form_counts_as_its_letter(form: str, letter: str) -> None:
    assert in_order(letter, form, letter + "آ", form + "ب", letter + "پ")


@given(st.lists(st.text(alphabet=ALPHABET, min_size=1, max_size=6), min_size=2, max_size=2))
def test_words_of_plain_letters_sort_like_the_positions_of_their_letters(words: list[str]) -> None:
    one, other = words
    expected = [ALPHABET.index(c) for c in one] < [ALPHABET.index(c) for c in other]
    assert (sort_key(one, DARI) < sort_key(other, DARI)) == expected


@pytest.mark.parametrize(
    ("text", "heading"),
    [
        ("آلمان", "آ"), ("افغانستان", "ا"), ("أردن", "ا"), ("إیران", "ا"), ("ۀ", "ه"), ("ئ", "ی"), ("ؤ", "و"),
        ("ك", "ک"), ("ي", "ی"), ("", "…"), ("۱۲", "…"), ("Kosovo", "…"), ("(چین)", "…"),
    ],
)  # fmt: skip
def test_the_heading_of(text: str, heading: str) -> None:
    assert first_letter(text, DARI) == heading


def test_letters_of_other_languages_stand_under_those_of_dari() -> None:
    assert [first_letter(letter, DARI) for letter in "ءټڅږښڼېګ"] == list("اتچژشنیگ")


def test_keys_that_are_the_same() -> None:
    assert sort_key(f"بنگله{ZWNJ}دیش", DARI) == sort_key("بنگلهدیش", DARI)
    assert sort_key("۱۲", DARI) == sort_key("12", DARI) < sort_key("۲", DARI)


@pytest.mark.parametrize("tag", HEADINGS)
def test_the_headings_are_the_alphabet(tag: str) -> None:
    spoken = load_language(tag)
    letters = [*HEADINGS[tag]]
    assert sorted({*letters}, key=partial(sort_key, language=spoken)) == letters
    assert [first_letter(letter + "x", spoken) for letter in letters] == letters
    assert [first_letter(letter.lower(), spoken) for letter in letters] == letters


@pytest.mark.parametrize("tag", ["fa-AF", "fa-IR", "ps"])
def test_every_letter_of_the_script_stands_under_a_heading(tag: str) -> None:
    assert not {letter for letter in ARABIC_LETTERS if first_letter(letter, load_language(tag)) not in HEADINGS[tag]}


@pytest.mark.parametrize("tag", HEADINGS)
def test_all_lands_of_cldr_come_under_headings_that_follow_the_alphabet(tag: str) -> None:
    spoken = load_language(tag)
    lands = {name for code, name in Locale.parse(spoken.locale).territories.items() if len(code) == 2}
    ordered = sorted(lands, key=partial(sort_key, language=spoken))
    headings = list(dict.fromkeys(first_letter(name, spoken) for name in ordered))
    assert headings == [letter for letter in HEADINGS[tag] if letter in headings]
    assert len({sort_key(name, spoken) for name in lands}) == len(lands) > 240


@pytest.mark.parametrize(
    ("tag", "texts"),
    [
        *(("fa-AF", texts) for texts in (
            "مساله مسأله مسایل مسائل", "سورینام سوریه سوریۀ", "اسرار اسراییل اسرائیل اسراییلی",  # hamza last
            "آب آیسلند ابر ایران",  # alef with madda is a letter before alef
            f"کتاب_ها کتابدار کتاب{ZWNJ}ها کتابی",  # a ZWNJ counts for nothing
            "جمهوری جمهوری_چک جمهوری_کانگو جمهوریت", "گینیا گینیا_بیساو گینیای_استوایی",  # word by word
            "سودان سودان_جنوبی سورینام",
            "تا ټا ثا", "د ډ ذ",  # letters of other languages stand under Dari ones
            "آب_۲ آب_آب آب_Bern",  # digits, letters, letters of other scripts
            "یونان Ardeche Ardèche Zug", "aB AB ab_c",  # signs and case decide at the end
        )),
        ("ps", "تاجکستان ترکیه ټونګا"), ("ps", "جاپان ځمکه چین څوک حبشه"), ("ps", "دنمارک ډنمارک ذره"),
        ("ps", "روسیه ړوند زمری ژمی ږدن سوډان"), ("ps", "شمال ښار صربستان"), ("ps", "کیوبا ګرجستان لاتویا"),
        ("ps", "نړۍ ڼڼ ونه هند یمن"), ("ps", "آسټرالیا ابر"),
        ("ps", "دی دي دین"),  # all kinds of ye are one letter
        ("fa-IR", "سنگال سوئد سوئیس سودان سوریه"),  # hamza on any seat is a letter behind alef
        ("fa-IR", "مادر مؤسسه مأمور مباح"), ("fa-IR", "گویان لهستان واتیکان هند یمن"),
        ("en", "Eritrea Estonia Éthiopie Fiji"), ("en", "Cook_Islands Costa_Rica Côte_d’Ivoire Croatia"),
        ("en", "Niger Nigeria North_Korea North_Macedonia Norway Oman"), ("en", "Aland Åland Albania"),
        ("en", "Guinea Guinea-Bissau Guyana"), ("en", "Oslo Øst Oz"),
    ],
)  # fmt: skip
def test_the_order_of(tag: str, texts: str) -> None:
    assert in_order(*(text.replace("_", " ") for text in texts.split(" ")), tag=tag)


def test_signs_count_only_at_the_end() -> None:
    assert first_letter("Ísland", load_language("en")) == "I"
    assert first_letter("Østfold", load_language("en")) == "O"
    assert first_letter("افغانستان", load_language("en")) == first_letter("Kosovo", load_language("ps")) == "…"
    assert first_letter("ټونګا", DARI) == "ت" != first_letter("ټونګا", load_language("ps")) == "ټ"
