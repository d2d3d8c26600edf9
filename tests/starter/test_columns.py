"""What is certain of a table's columns, and what stays text."""

from pathlib import Path

import pytest

from tests.load.support import save_workbook, written
from tipbrief.load.grid import Grid
from tipbrief.starter.column_types import ColumnGuess, guess_columns
from tipbrief.starter.table_layout import read_table


def grid_of(tmp_path: Path, text: str) -> Grid:
    return read_table(written(tmp_path, text, "table.csv")).grid


def column(tmp_path: Path, header: str, *cells: str) -> ColumnGuess:
    """What is guessed of one column beside a key."""
    lines = "".join(f"k{place};{cell}\n" for place, cell in enumerate(cells))
    return guess_columns(grid_of(tmp_path, f"code;{header}\n{lines}")).columns[1]


@pytest.mark.parametrize(
    ("header", "cells", "kind", "blank"),
    [
        ("deaths", ("1", "20", "300"), "number", False),
        ("deaths", ("۱", "", "۱٬۲۰۰"), "number", True),
        ("area", ("1.5", "2", "3.25"), "number", False),
        ("area", ("1.0", "2", "3"), "text", False),  # are they counted or measured?
        ("area", ("1.234", "5.678", "9.012"), "number", False),  # thousands, or decimals? A check asks
        ("change", ("-1", "2", "\u2212۳٫۵"), "number", False),
        ("change", ("-3500", "4000"), "number", False),
        ("share", ("12%", "12%", "12%", "45%", "45%", "45%"), "number", False),  # no choices
        ("share", ("۱۲٪", "", "%4,5", "۳٫۵ ٪"), "number", True),
        ("share", ("12%", "45", "7%"), "text", False),  # 45, or 4500?
        ("telephone", ("0799", "0700", "12"), "text", False),
        ("telephone", ("9" * 19, "1", "2"), "text", False),
        ("year", ("2020", "2021", ""), "year", True),
        ("سال", ("1399", "1400", "1401"), "year", False),
        ("ساختمان", ("2020", "", "1899"), "year", True),  # no header says so, but they are years
        ("بنیاد", ("۱۳۹۰", "۱۴۰۲"), "year", False),
        ("people", ("2020", "1399"), "number", False),  # of two calendars
        ("people", ("2020", "2021", "2100"), "number", False),
        ("people", ("2020", "", ""), "number", True),  # one alone says little
        ("people", ("2٬020", "2٬021"), "number", False),
        ("بارش سالانه", ("1500", "1700"), "number", False),  # a part of a word is none
        ("note", ("", "", ""), "text", True),
        ("state", ("open", "shut", "open", "open", "shut", "open"), "choice", False),
        ("state", ("open", "shut", "open", "", "shut", "open"), "text", True),
        ("state", ("open", "shut", "dry", "open", "shut", "dry"), "text", False),
        ("state", ("خيلي", "بد", "خیلی", *["بد"] * 6), "text", False),  # two spellings of one
        ("state", ("open", "x" * 21, "open", "x" * 21, "open", "open"), "text", False),
    ],
)
def test_kinds(tmp_path: Path, header: str, cells: tuple[str, ...], kind: str, blank: bool) -> None:
    found = column(tmp_path, header, *cells)
    assert (found.type, found.blank) == (kind, blank)
    assert bool(found.choices) == (kind == "choice")


@pytest.mark.parametrize(
    ("cells", "but"),
    [
        (("1", "some", "", "3"), "'some' in line 3"),
        (("12%", "45"), "'12%' in line 2"),
        (("۱۲", "۳٫۵٪"), "'۳٫۵٪' in line 3"),
        (("1", "(2)", "3"), "'(2)' in line 3"),
        (("0799", "0700", "12"), ""),  # codes
        (("Kabul", "12 km", "3"), ""),
        (("2024-03-20", "2024-03-21"), ""),
    ],
)
def test_what_keeps_a_column_from_numbers(tmp_path: Path, cells: tuple[str, ...], but: str) -> None:
    found = column(tmp_path, "n", *cells)
    assert (found.type, found.non_number_cell) == ("text", but)


@pytest.mark.parametrize(
    ("text", "key", "name"),
    [
        ("name,code,n\nA b,x1,1\nC d,x2,2\n", "code", "name"),
        ("No,name\n1,A b\n2,C d\n", "code", "name"),  # a number of a row is another's tomorrow
        ("7,8\n4,5\n1,2\n", "7", "7"),  # a number that stands first
        ("name,people\nA b,4\nC d,5\n", "code", "name"),  # a number that may be the same tomorrow
        ("name,place\nالف,x\nب,x\n", "code", "name"),
        ("a,b\nx1,y\nX1,z\n", "b", "a"),  # files have one name in any case
        ("name,code,\nA b,x1,\nC d,x2,\n", "code", "name"),  # a comma at the end of each line
        ("a.b,c\nx1,1\nx2,2\n", "c", "c"),  # texts cannot print a.b of a row
        ("day,n\n2024-03-20,4\n2024-03-21,5\n", "code", "day"),  # a day may have two rows tomorrow
        ("n,code\n12%,x1\n45%,x2\n", "code", "code"),  # a number that is no name
        ("code,n\n1,4\n1,5\n", "code_", "code_"),  # a name that the file has, too
        ("n,row_number\n4,1\n4,2\n", "row_number", "row_number"),
    ],
)
def test_by_what_rows_are_known_and_called(tmp_path: Path, text: str, key: str, name: str) -> None:
    found = guess_columns(grid_of(tmp_path, text))
    assert (found.key, found.name) == (key, name)
    assert len({*found.column_cells(key)}) == len(found.rows)
    made = next(one for one in found.columns if one.header == key)
    assert bool(made.codes) == (f"{key}," not in text.partition("\n")[0] + ",")
    assert all(one.header for one in found.columns)


def test_what_is_doubtful_in_a_workbook_stays_a_number(tmp_path: Path) -> None:
    head = ("code", "people", "share", "sum", "founded")
    lines = [("a", 1990, 0.1, "=B2", 1990), ("b", 2001, 0.2, 4, 2001)]
    file = save_workbook(tmp_path / "table.xlsx", head, *lines, formats="B2=#,##0 B3=#,##0 C2=0% C3=0%")
    types = {one.header: one.type for one in guess_columns(read_table(file).grid).columns}
    assert types == {"code": "code", "people": "number", "share": "number", "sum": "number", "founded": "year"}


def test_one_column_of_numbers_tells_what_another_one_says(tmp_path: Path) -> None:
    grid = grid_of(tmp_path, "code;schools;pupils\nA;1,200;45,000\nB;80;32,000\nC;95;1,234,567\n")
    found = guess_columns(grid)
    assert found.columns_of("number") == [ColumnGuess("schools", "number"), ColumnGuess("pupils", "number")]
    assert [row[1:] for row in found.rows] == [("1200", "45000"), ("80", "32000"), ("95", "1234567")]


@pytest.mark.parametrize(
    ("rows", "total"),
    [
        ("a,1,4\nb,2,5\nc,3,9\n", True), ("a,1,4\nb,2,5\nc,3,8\n", False), ("a,1,4\nb,1,4\n", False),
        ("a,0,0\nb,0,0\nc,0,0\n", False), ("a,1,\nb,2,5\nc,3,5\n", True),
    ],
)  # fmt: skip
def test_a_row_that_may_be_a_total_is_named(tmp_path: Path, rows: str, total: bool) -> None:
    found = read_table(written(tmp_path, f"code,n,m\n{rows}", "table.csv"))
    assert bool(found.left_out) == total
    assert len(found.grid.rows) == len(rows.splitlines()), "it stays: its code says that it is a row"


@pytest.mark.parametrize("cells", [("+12", "+3"), ("(8)", "5"), ("(8)", "-8")])
def test_a_number_with_a_plus_or_in_brackets_is_named(tmp_path: Path, cells: tuple[str, str]) -> None:
    found = column(tmp_path, "loss", *cells)
    assert (found.type, found.non_number_cell.startswith(f"'{cells[0]}' in line ")) == ("text", True)


def test_rows_of_numbers_and_of_words_for_none_are_no_names(tmp_path: Path) -> None:
    rows = "district;count Z;\n;count A;count B\nBagh;0;n/a\nChinar;0;n/a\nKarez;0;n/a\n"
    assert grid_of(tmp_path, rows).header == ("district", "count Z – count A", "count Z – count B")
