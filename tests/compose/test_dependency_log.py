"""However something is read, another answer is noticed: no value or row is reached past the notes."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import GOLDEN, with_rows
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compose.dependency_log import DependencyTracker, hash_values
from tipbrief.language.language import load_language
from tipbrief.ledger.editions import find_dataset_value
from tipbrief.ledger.entries import format_count_name, parse_count_key, split_cell_name
from tipbrief.load.source_text import SourceLocation, Text

Reading = Callable[[Publication], Any]
Changing = Callable[[Publication], Publication]


@pytest.fixture(scope="module")
def whole() -> Publication:
    made = load_publication(GOLDEN)
    return replace(made, reasons={"slip": Text("slip", SourceLocation(GOLDEN), "fa-AF")})


def cell(key: str, column: str, now: str) -> Changing:
    """The table of places with another cell."""

    def changed(whole: Publication) -> Publication:
        rows = whole.tables["places"].by_key
        return with_rows(whole, "places", {**rows, key: {**rows[key], column: now}})

    return changed


def without_last(whole: Publication) -> Publication:
    rows = [*whole.tables["places"].by_key.items()]
    return with_rows(whole, "places", dict(rows[:-1]))


def turned(whole: Publication) -> Publication:
    return with_rows(whole, "places", dict(reversed(whole.tables["places"].by_key.items())))


def exchanged(whole: Publication) -> Publication:
    """The last two rows in each other's place, and each with the other's depth."""
    rows = whole.tables["places"].by_key
    *others, one, two = rows
    depths = {one: rows[two]["depth"], two: rows[one]["depth"]}
    order = {key: {**rows[key], "depth": depths.get(key, rows[key]["depth"])} for key in (*others, two, one)}
    return with_rows(whole, "places", order)


def value(name: str, now: str) -> Changing:
    def changed(whole: Publication) -> Publication:
        figure = whole.figures[name]
        figures = {**whole.figures, name: replace(figure, value=Decimal(now))} if figure.value else whole.figures
        return replace(whole, figures=figures, values={**whole.values, name: Decimal(now)})

    return changed


def source(whole: Publication) -> Publication:
    rows = whole.tables["digging"].by_key
    return with_rows(whole, "digging", {**rows, "2023": {**rows["2023"], "sources": "diary"}})


def places(read: Callable[[Table], Any]) -> Reading:
    return lambda whole: read(whole.tables["places"])


def row(read: Callable[[Any], Any]) -> Reading:
    return lambda whole: read(whole.tables["places"].by_key["PAK"])


def reason(whole: Publication) -> Publication:
    return replace(whole, reasons={"slip": Text("slip", SourceLocation(GOLDEN), "")})


def another_reason(whole: Publication) -> Publication:
    return replace(whole, reasons={**whole.reasons, "other": Text("other", SourceLocation(GOLDEN))})


def another_document(whole: Publication) -> Publication:
    return replace(whole, documents={**whole.documents, "new": whole.documents["all"]})


NONE, KEYS = tuple[Any, ...](), ("AFG", "AND", "PAK", "TJK")
DEPTH, LAST = cell("PAK", "depth", "77"), without_last
CASES: dict[str, tuple[Reading, Changing]] = {
    "a value": (lambda whole: whole.values["wells"], value("wells", "7")),
    "a value, got": (lambda whole: whole.values.get("wells"), value("wells", "7")),
    "all values": (lambda whole: [*whole.values.values()], value("wells", "7")),
    "values and names": (lambda whole: [*whole.values.items()], value("wells", "7")),
    "a copy of values": (lambda whole: {**whole.values}, value("wells", "7")),
    "a figure's own value": (lambda whole: whole.figures["wells"].value, value("wells", "7")),
    "sources": (lambda whole: whole.figure_sources("newest"), source),
    "how it is derived": (lambda whole: whole.derivation("both").is_rounded, value("newest", "0.5")),
    "a cell": (row(lambda one: one["depth"]), DEPTH),
    "a cell, got": (row(lambda one: one.get("depth")), DEPTH),
    "a key": (row(lambda one: one["iso3"]), cell("PAK", "iso3", "XXX")),
    "cells": (row(lambda one: [*one.values()]), DEPTH),
    "cells and columns": (row(lambda one: [*one.items()]), DEPTH),
    "a copy of a row": (row(dict), DEPTH),
    "a row in another": (row(lambda one: {**one}), DEPTH),
    "a row as keywords": (row(lambda one: dict(**one)), DEPTH),
    "a row as another": (row(lambda one: one == {**CHANGED_ROW}), DEPTH),
    "a cell of each row": (places(lambda one: [row["depth"] for row in one.rows]), DEPTH),
    "a cell by each key": (places(lambda one: [row["depth"] for row in one.by_key.values()]), DEPTH),
    "a column by its keys": (places(lambda one: [one.by_key[key]["depth"] for key in KEYS]), exchanged),
    "a name": (places(lambda one: one.row_name("PAK")), cell("PAK", "name", "X")),
    "rows like one": (places(lambda one: one.alike("state", "AFG")), cell("PAK", "state", "open")),
    "rows like it, by its cell": (places(lambda one: one.alike("state", "AFG")), cell("AFG", "state", "dry")),
    "rows that have": (places(lambda one: one.find_keys("state", "dry")), cell("PAK", "state", "dry")),
    "no row that has": (places(lambda one: one.find_keys("state", "none")), cell("PAK", "state", "none")),
    "a number of rows": (lambda whole: whole.count_rows("places", {"state": "dry"}), cell("PAK", "state", "dry")),
    "a number by two cells": (
        lambda whole: whole.count_rows("places", {"state": "open", "memo": ""}),
        cell("AFG", "memo", "x"),
    ),
    "a column, to compare": (places(lambda one: one.read_column("depth")), DEPTH),
    "a column in its order": (places(lambda one: [*one.read_column("depth")]), turned),
    "the number of rows": (places(lambda one: len(one.rows)), LAST),
    "the number of lines": (places(lambda one: len(one.lines)), LAST),
    "the number of keys": (places(lambda one: len(one.by_key)), LAST),
    "the keys": (places(lambda one: [*one.by_key]), LAST),
    "the keys, asked for": (places(lambda one: [*one.by_key.keys()]), LAST),
    "the keys' order": (places(lambda one: [*one.by_key]), turned),
    "the keys from the end": (places(lambda one: [*one.by_key][::-1]), LAST),
    "a copy of the rows": (places(lambda one: [*dict(one.by_key)]), LAST),
    "whether a row is there": (places(lambda one: "TJK" in one.by_key), LAST),
    "whether it can be got": (places(lambda one: one.by_key.get("TJK") is None), LAST),
    "the last row": (places(lambda one: one.rows[-1]["iso3"]), LAST),
    "rows before others": (places(lambda one: len((*one.rows, 1))), LAST),
    "rows behind others": (places(lambda one: len(NONE + one.rows)), LAST),
    "rows and others": (places(lambda one: len(one.rows + NONE)), LAST),
    "rows twice": (places(lambda one: len(one.rows * 2)), LAST),
    "twice rows": (places(lambda one: len(2 * one.rows)), LAST),
    "a reason": (lambda whole: whole.reasons["slip"].language, reason),
    "reasons": (lambda whole: [*whole.reasons], another_reason),
    "documents": (lambda whole: len(whole.documents), another_document),
    "whether there is a document": (lambda whole: "new" in whole.documents, another_document),
}
CHANGED_ROW = {"iso3": "PAK", "name": "پاکستان", "depth": "77", "state": "shut", "memo": "memo"}


@pytest.mark.parametrize("case", CASES)
def test_another_answer_is_noticed(case: str, whole: Publication) -> None:
    read, change = CASES[case]
    changed = change(whole)
    if case != "a row as another":
        assert read(whole) != read(changed), "a case that shows nothing"
    printed = DependencyTracker(whole)
    assert read(printed.publication) == read(whole)
    asked = printed.take_dependencies()
    assert hash_values(whole, asked, {}) != answer(changed, asked)
    assert hash_values(whole, asked, {}) == hash_values(load_publication(GOLDEN), asked, {}) or "reason" in case
    assert printed.take_dependencies() == [], "it says it once"


def answer(whole: Publication, asked: list[Any]) -> str:
    """The answers to questions; other ones where there is no such thing any more."""
    try:
        return hash_values(whole, asked, {})
    except LookupError:
        return ""


def test_what_is_not_read_is_not_asked(whole: Publication) -> None:
    printed = DependencyTracker(whole)
    assert printed.publication.tables["places"].by_key["PAK"]["depth"]
    asked = printed.take_dependencies()
    for change in (cell("PAK", "name", "X"), cell("AFG", "depth", "7"), value("wells", "7"), turned):
        assert hash_values(whole, asked, {}) == hash_values(change(whole), asked, {})


def test_numbers_of_rows_and_columns_that_are_compared_are_printed_without_cells(whole: Publication) -> None:
    printed = DependencyTracker(whole)
    assert printed.publication.count_rows("places", {"state": "open", "memo": ""}) == 2
    assert printed.publication.tables["places"].read_column("depth")["PAK"] == "1200"
    assert printed.take_printed_values() == {"places[state=open&memo=].state": "2"}
    assert find_dataset_value(whole, "places[state=open&memo=].state") == "2"
    assert find_dataset_value(cell("AFG", "state", "dry")(whole), "places[state=open&memo=].state") == "1"
    assert find_dataset_value(whole, "places[gone=open].gone") is None


@given(st.dictionaries(st.text(min_size=1), st.text(), min_size=1), st.sampled_from(["AFG", "KB-3", "AFG,2020"]))
def test_the_name_of_a_number_of_rows_leads_back_to_their_cells(where: dict[str, str], key: str) -> None:
    table, found, column = split_cell_name(format_count_name("places", where))
    assert (table, parse_count_key(found), column) == ("places", where, next(iter(where)))
    assert parse_count_key(key) == {}


@pytest.mark.parametrize(("read", "is_whole"), [(60, False), (200, False), (300, True)])
def test_of_many_rows_a_whole_column_is_asked_for(whole: Publication, read: int, is_whole: bool) -> None:
    """A sheet that reads its neighbours' years does not change with every other cell of the column."""
    first = whole.tables["places"].by_key["PAK"]
    many = with_rows(whole, "places", {f"P{n}": {**first, "iso3": f"P{n}"} for n in range(400)})
    keys, printed = [*many.tables["places"].by_key], DependencyTracker(many)
    for key in keys[:read]:
        assert printed.publication.tables["places"].by_key[key]["depth"]
    asked = printed.take_dependencies()
    assert (asked == [["rows", "places"], ["column", "places", "depth"]]) is is_whole
    for key, changes in ((keys[0], True), (keys[-1], is_whole)):
        rows = {**many.tables["places"].by_key, key: {**first, "iso3": key, "depth": "7"}}
        other = with_rows(many, "places", rows)
        assert (hash_values(many, asked, {}) != hash_values(other, asked, {})) is changes


def test_a_language_of_a_page_is_another_publication_with_the_same_notes(whole: Publication) -> None:
    printed = DependencyTracker(whole)
    other = replace(printed.publication, language=load_language("en"))
    assert other.values["wells"]
    assert printed.take_dependencies() == [["value", "wells"]]
