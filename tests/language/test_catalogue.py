"""The program's own words: each that is asked for is there, and no other."""

import ast
from pathlib import Path
from string import Formatter

import pytest

import tipbrief
from tipbrief.language.catalogue import read_catalogue, words
from tipbrief.language.orthography import lint
from tipbrief.language.spelling import load_words

PACKAGE = Path(tipbrief.__path__[0])


def asked() -> set[str]:
    """The English words with which ``words`` is called."""
    calls = (
        node
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "words"
    )
    return {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in Formatter().parse(text) if name)


@pytest.mark.parametrize("file", sorted(PACKAGE.glob("language/*.yaml")), ids=lambda file: file.stem)
def test_a_catalogue_has_the_words_that_are_asked_for_and_no_other(file: Path) -> None:
    catalogue = read_catalogue(file.stem)
    assert set(catalogue) == asked()
    assert all(placeholders(english) == placeholders(own) for english, own in catalogue.items())


def test_the_words_are_well_spelt() -> None:
    known = load_words()
    assert [found for text in read_catalogue("fa-AF").values() for found in lint(text.strip(), known)] == []


def test_numbers_are_written_in_the_digits_of_the_language() -> None:
    assert words("{title}, page {number}", title="یمن 2", number=12) == "یمن 2، صفحۀ ۱۲"
