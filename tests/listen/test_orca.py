"""What Orca says: of one sheet word for word, which somebody who knows the language reads when it changes."""

import difflib
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.listen.account import letters
from tests.listen.conftest import DOCUMENTS, SHEET
from tests.listen.programs import Page

pytestmark = pytest.mark.slow  # a browser, and a desk for it
EXPECTED = Path(__file__).with_name("country-AFG.said.txt")


def test_orca_says_what_was_read(orca: Callable[[str], list[str]], refresh_expected: bool) -> None:
    said = orca(SHEET)
    assert len(said) > 100
    if refresh_expected:
        EXPECTED.write_text("\n".join(said) + "\n", encoding="utf-8")
    expected = EXPECTED.read_text(encoding="utf-8").splitlines()
    assert list(difflib.unified_diff(expected, said, "read", "said", lineterm="", n=1)) == []


# A sheet in Dari and in Pashto, and the brief in English.
@pytest.mark.parametrize("name", [SHEET, DOCUMENTS[4], DOCUMENTS[1]])
def test_orca_says_charts_code_and_marks(
    orca: Callable[[str], list[str]], page: Callable[[str], Page], name: str
) -> None:
    written, said = page(f"{name}.html"), letters("".join(orca(name)))
    assert written.charts
    assert len(written.marks) > 10
    told = [*written.charts, *written.code.split(" · ", 1), *written.marks]
    assert [words for words in told if letters(words) not in said] == []
    assert sum(said.count(letters(mark)) for mark in {*written.marks}) >= len(written.marks), (
        "each as often as it stands"
    )
