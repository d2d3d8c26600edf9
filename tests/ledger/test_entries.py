"""Codes of editions: the same for ever, and far enough from each other."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.ledger.samples import DAY, SUM, delivered, grown
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Edition, EditionCodes, compute_code
from tipbrief.ledger.ledger import Ledger

ONE = Edition(brief="world", number=1, code="", date=DAY, content=SUM, data=SUM, prints={"b": "2", "a": "1"})


def test_what_an_edition_is_called() -> None:
    one = replace(ONE, number=3, code="9f2c")
    assert (one.name, one.signature, one.draft) == ("WORLD/3", "WORLD/3 · 9f2c", False)
    assert (ONE.signature, ONE.draft) == ("WORLD/1", True)


@given(st.text("ab", min_size=1, max_size=2), st.integers(2, 40))
@settings(max_examples=30)
def test_codes_of_a_brief_differ_in_two_characters(publication: str, count: int) -> None:
    book = Ledger(publication)
    for number in range(count):
        book = grown(book, delivered(book, "world", {"one": "1"}, content=f"{number:064x}"))
    codes = [one.code for one in book.valid_editions("world")]
    assert all(re.fullmatch("[0-9a-f]{4}", code) for code in codes)
    for index, code in enumerate(codes):
        for other in codes[:index]:
            assert sum(a != b for a, b in zip(code, other, strict=True)) >= 2


def test_a_code_is_always_the_same() -> None:
    """Printed on paper: another way to make it would call every edition handed out changed by hand."""
    assert compute_code("tip", ONE, EditionCodes()) == "be27"
    assert compute_code("tip", replace(ONE, prints={"a": "1", "b": "2"}, pdf=SUM), EditionCodes()) == "be27"


@pytest.mark.parametrize(
    "changed",
    [
        {"brief": "word"}, {"number": 2}, {"date": Date(2026, 11, 24)}, {"content": "ac" + SUM[2:]},
        {"data": "ac" + SUM[2:]}, {"prints": {"a": "1", "b": "3"}}, {"prints": {"a": "1"}},
    ],
)  # fmt: skip
def test_a_code_depends_on_all_that_an_edition_is(changed: dict[str, object]) -> None:
    assert (
        compute_code("tip", replace(ONE, **changed), EditionCodes())
        != compute_code("tip", ONE, EditionCodes())
        != compute_code("pit", ONE, EditionCodes())
    )  # type: ignore[arg-type]


def test_codes_never_end() -> None:
    """Of four characters there are 4,096 that stay apart, of which the last are not found any more."""
    codes, given = EditionCodes(), list[str]()
    for number in range(1, 1202):
        given.append(compute_code("tip", Edition(brief="world", number=number, code="", date=DAY), codes))
        codes.add(given[-1])
    assert [len(code) for code in given] == [4] * 1000 + [8] * 201
    assert len({gap for code in given for gap in slips(code)}) == sum(map(len, given))


def slips(code: str) -> set[str]:
    return {f"{code[:at]} {code[at + 1 :]}" for at in range(len(code))}
