"""Latin runs in Dari text, and the form in which texts are compared."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tipbrief.language.unicode_text import latin_runs, normal_form


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("متن", []), ("گزارش Human Rights Watch بود", ["Human Rights Watch"]), ("VOA", ["VOA"]),
        ("در https://www.example.org/a?b=1&c=2#d است", ["https://www.example.org/a?b=1&c=2#d"]),
        ("به name@example.org بنویسید", ["name@example.org"]), ("شرکت Tóibín & Sons.", ["Tóibín & Sons"]),
        ("کووید COVID-19، و G20.", ["COVID-19", "G20"]), ("پیمان (TVPA) و O’Neill", ["TVPA", "O’Neill"]),
        ("پیمان (TVPA.) و UN (Palermo) را", ["TVPA", "UN (Palermo)"]), ("چه? What? بلی", ["What"]),
        ("۲۰۲۵ و 2025", []), ("A، B «C» D؛ E و F ۵ G", [*"ABCDEFG"]),  # marks of the Dari text between them
        ("در Kabul (به متر) و Example & آن – G20 – بود", ["Kabul", "Example", "G20"]),
    ],
)  # fmt: skip
def test_latin_runs(text: str, runs: list[str]) -> None:
    assert [piece for latin, piece in latin_runs(text) if latin] == runs


@given(st.text(alphabet="اب ABc1۲،.,()/@\u00a0:-", max_size=40))
def test_latin_runs_lose_nothing(text: str) -> None:
    pieces = latin_runs(text)
    assert "".join(piece for _, piece in pieces) == text
    assert all(piece for _, piece in pieces)
    assert all((piece[0].isalpha() or piece[0] == "(") and not piece[-1].isspace() for latin, piece in pieces if latin)


def test_normal_form() -> None:
    assert normal_form("  خانه\u0654  ما\u200f ") == "خانۀ ما"
    assert normal_form("خان\u06d5\u0654") == "خان\u06c0"
    assert normal_form("\u2066\u2212۵\u2069\u00ad") == "\u2212۵"
    assert normal_form("می\u200cشود") == "می\u200cشود", "a ZWNJ is spelling"


@given(st.text(max_size=30))
def test_the_normal_form_is_stable(text: str) -> None:
    once = normal_form(text)
    assert normal_form(once) == once


@pytest.mark.parametrize(
    "text", ['Kenya "new", x', '"x" y', 'x "y"', 'A (B) "C"', "A [B]", "a % b", "A • B", "(A) ,B", 'A "B (C)" D']
)
def test_latin_words_parted_by_marks_alone_are_one_run(text: str) -> None:
    assert latin_runs(text) == [(True, text)]
    assert latin_runs(f"متن {text}، متن") == [(False, "متن "), (True, text), (False, "، متن")]
