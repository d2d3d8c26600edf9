"""Numbers with long decimals are rounded for print, and none becomes another number than its nearest."""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.html_tree import read_html
from tests.load.support import written
from tests.support import change, problems_of, run_well
from tipbrief.check.cell_values import round_decimals
from tipbrief.check.publication import load_publication
from tipbrief.starter.column_types import choose_decimals

NUMBERS = st.decimals(-100_000, 100_000, allow_nan=False, allow_infinity=False, places=7)


@pytest.mark.parametrize(
    ("cells", "decimals"),
    [
        (("974.580338", "428.801", "12.5"), 1),
        (("4.1234", "2.98765", ""), 2),
        (("4.1", "4.2", "0.30000000000000004"), 1),
        (("0.00123", "0.4567"), 3),
        (("1.25", "3.5"), None),
        (("1200", "3"), None),
        (("", ""), None),
        (("12.000001", "0.0000001"), None),  # else the smallest would be zero
        (("-974.580338", "-1.25001"), 1),
    ],
)
def test_the_decimals_of_print(cells: tuple[str, ...], decimals: int | None) -> None:
    assert choose_decimals(cells) == decimals


@given(st.lists(NUMBERS, min_size=1, max_size=30))
def test_a_rounded_number_is_near_and_never_becomes_zero(numbers: list[Decimal]) -> None:
    cells = [f"{number:f}" for number in numbers]
    decimals = choose_decimals(cells)
    for cell in cells if decimals is not None else ():
        assert decimals is not None
        rounded = Decimal(round_decimals(cell, decimals))
        assert rounded == Decimal(cell).quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
        assert bool(rounded) == bool(Decimal(cell))
        assert abs(rounded - Decimal(cell)) * 2 <= Decimal(1).scaleb(-decimals)


@given(NUMBERS, st.integers(0, 9))
def test_rounding_twice_is_rounding_once_and_adds_no_decimals(number: Decimal, decimals: int) -> None:
    cell = f"{number.normalize():f}"
    rounded = round_decimals(cell, decimals)
    assert round_decimals(rounded, decimals) == rounded
    assert len(rounded.partition(".")[2]) <= len(cell.partition(".")[2])


def test_headlines_of_a_new_publication_are_short(tmp_path: Path) -> None:
    rows = "name,area,density\nNorth,974.580338,0.30123\nSouth,428.801,0.29\nEast,338.4284401,0.1\n"
    folder = tmp_path / "mine"
    done = run_well("new", folder, "--language", "en", "--from", written(tmp_path, rows, "land.csv"))
    assert "column 'area': number, rounded for print (decimals: 1)\n" in done.output
    publication = load_publication(folder)
    assert publication.warnings == ()
    assert [row["area"] for row in publication.tables["land"].rows] == ["974.6", "428.8", "338.4"]
    run_well("build", "row", "--only", "North", "--publication", folder, "--out", tmp_path / "out", "--strict")
    page = read_html((tmp_path / "out" / "mine-row-North.html").read_text(encoding="utf-8"))
    assert "974.6" in page.one("main").text
    assert "974.58" not in page.one("main").text


def test_years_as_columns_are_rounded_together(tmp_path: Path) -> None:
    years = ",".join(map(str, range(2015, 2021)))
    rows = f"code,name,{years}\nA,Kabul,{',50.123456' * 6}\nB,Herat,{',1.5' * 6}\n".replace(",,", ",")
    folder = tmp_path / "mine"
    run_well("new", folder, "--language", "en", "--from", written(tmp_path, rows, "water.csv"))
    rows_read = load_publication(folder).tables["water"].rows
    assert [row["2020"] for row in rows_read] == ["50.1", "1.5"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("decimals: 1", "decimals: 12", "no number has 12 decimals"),
        ("decimals: 1", "decimals: -1", "no number has -1 decimals"),
        ("name: {type: text", "name: {type: text, decimals: 1", "the column 'name' has no numbers to round"),
    ],
)
def test_impossible_decimals_are_problems(tmp_path: Path, old: str, new: str, message: str) -> None:
    folder = tmp_path / "mine"
    rows = "code,name,area\nA,North,974.580338\nB,South,428.801\n"
    run_well("new", folder, "--language", "en", "--from", written(tmp_path, rows, "land.csv"))
    change(folder / "tables.yaml", old, new)
    assert any(message in problem.message for problem in problems_of(load_publication, folder))
