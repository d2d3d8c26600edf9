from pathlib import Path

import pytest

from tipbrief.check.cell_values import (
    CellProblem,
    CellReader,
    match_declared_names,
    normalise_cell,
    read_number,
    zero_padded_width,
)
from tipbrief.check.models import Choice, Column
from tipbrief.load.grid import Grid, Row, TypedCell
from tipbrief.load.source_text import SourceLocation

PLACE = SourceLocation(Path("t.csv"), 1, 1)
CHOICE = Choice(location=PLACE, label="x")  # type: ignore[arg-type]


def row(*cells: str, stored: TypedCell | None = None) -> Row:
    kinds = dict.fromkeys(range(len(cells)), stored) if stored else {}
    return Row(cells, PLACE, ",", tuple(range(len(cells))), kinds)  # type: ignore[arg-type]


def grid_of(*rows: Row) -> Grid:
    return Grid(SourceLocation(Path("t.csv")), rows, header_row=row("n"))


def column(kind: str) -> Column:
    return Column(location=PLACE, type=kind, choices={"1": CHOICE, "TRUE": CHOICE})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "number", "sign"),
    [
        ("1234", "1234", ""), ("12.5", "12.5", "."), ("1234.567", "1234.567", "."), ("0.125", "0.125", "."),
        ("007", "007", ""), ("142.0", "142.0", "."), ("12,5", "12.5", ","), ("12,50", "12.50", ","),
        ("0,125", "0.125", ","), ("1,234,567", "1234567", "."), ("1.234.567", "1234567", ","),
        ("1,234.5", "1234.5", "."), ("1.234,567", "1234.567", ","), ("1234,567", "1234.567", ","),
        ("۱۲۳۴", "1234", ""), ("١٢٣٤", "1234", ""), ("۱٬۲۳۴", "1234", ""), ("۱٬۲۳۴٫۵", "1234.5", ""),
        ("۱٫۲۳۴", "1.234", ""), ("1٬234.567", "1234.567", "."), ("1 234,5", "1234.5", ","),
        ("1\u202f234\u202f567", "1234567", ""), ("۱۲,۵", "12.5", ","),
        ("-5", "-5", ""), ("\u2212۱۲٫۵", "-12.5", ""), ("-1,234.5", "-1234.5", "."), ("-0", "0", ""),
    ],
)  # fmt: skip
def test_numbers_of_which_one_reading_is_certain(text: str, number: str, sign: str) -> None:
    assert read_number(text) == (number, sign, "")


@pytest.mark.parametrize("text", ["1.234", "1,234", "۱,۲۳۴", "999.999", "-1.234"])
def test_numbers_that_may_be_a_thousand_times_another(text: str) -> None:
    found = read_number(text)
    assert found
    assert float(found.number) == 1000 * float(found.alternative)


@pytest.mark.parametrize(
    "text",
    ["", "x", "--5", "-", "- 5", "5-", "(5)", "12a", "1,23,456", "1,2345.6,7", "12.", ".5", "1e3", "۱/۲",
     "12%", "1,234,56", "9" * 61 + "۹", "0,123,456", "1 23", "1,234.567.890"],
)  # fmt: skip
def test_what_is_no_number(text: str) -> None:
    assert read_number(text) is None


@pytest.mark.parametrize(
    ("others", "read"),
    [
        (["0.5"], ("1234", "1.234")), (["1,234,567"], ("1234", "1.234")), (["12,5"], ("1.234", "1234")),
        (["۱٫۵"], (None, None)), ([], (None, None)), (["12,5", "12.5"], (None, None)), 
        (["9.876"], (None, None)),
    ],
)  # fmt: skip
def test_the_other_cells_tell_what_a_doubtful_one_says(others: list[str], read: tuple[str | None, str | None]) -> None:
    grid = grid_of(*(row(cell) for cell in [*others, "1,234", "1.234"]))
    reader = CellReader.from_grid(grid, [0])
    for cell, number in zip(("1,234", "1.234"), read, strict=True):
        found = reader.interpret_number("n", cell)
        if number is None:
            assert isinstance(found, CellProblem)
            assert found == ("doubtful-number", f"'n' is {cell}: 1234, or 1.234?",
                             "write 1234; where it has decimals, 1٫234")  # fmt: skip
        else:
            assert found == number


@pytest.mark.parametrize("sign", ["", ".", ","])
@pytest.mark.parametrize("number", ["1234", "1.234", "12.5", "1234.567", "0.125"])
def test_what_is_written_is_read_as_the_same(sign: str, number: str) -> None:
    reader = CellReader(sign)
    assert reader.interpret_number("n", reader.format_number(number)) == number


@pytest.mark.parametrize(
    ("kind", "cell", "stored", "said"),
    [
        ("number", "12.5", TypedCell("number", "#,##0.00"), "12.5"),
        ("number", "0.125", TypedCell("number", "0.0%"), "doubtful-number"),
        ("number", "5", TypedCell("number", '0" %"'), "5"),
        ("number", "1000000000000000", TypedCell("number", "0"), "too-large"),
        ("number", "2024-01-02", TypedCell("date", "d.m.yy"), "cell-type"),
        ("number", "TRUE", TypedCell("bool"), "cell-type"),
        ("number", "", TypedCell("formula"), "no-value"),
        ("text", "#N/A", TypedCell("error"), "cell-error"),
        ("year", "2024", TypedCell("number", "General"), "2024"),
        ("year", "2024-01-01", TypedCell("date", "YYYY"), "2024"),
        ("year", "2024-01-01", TypedCell("date", "mm-dd-yy"), "cell-type"),
        ("year", "۲۰۲۴", None, "2024"),
        ("code", "7", TypedCell("number", "General"), "7"),
        ("code", "7", TypedCell("number", "000"), "007"),
        ("code", "1.1", TypedCell("number", "0.0"), "cell-type"),
        ("text", "12", TypedCell("number", "General"), "12"),
        ("code", "2024-03-01", TypedCell("date", "d-mmm"), "cell-type"),
        ("choice", "1", TypedCell("number", "General"), "1"),
        ("choice", "۱", None, "1"),
        ("choice", "TRUE", TypedCell("bool"), "TRUE"),
        ("choice", "FALSE", TypedCell("bool"), "cell-type"),
        ("text", "۱٬۲۳۴", None, "۱٬۲۳۴"),
        ("text", "Kabul\r\n city", None, "Kabul city"),
    ],
)
def test_what_a_cell_says_in_its_column(kind: str, cell: str, stored: TypedCell | None, said: str) -> None:
    found = normalise_cell(CellReader(""), "n", column(kind), row(cell, stored=stored), 0, 0)
    assert (found.kind if isinstance(found, CellProblem) else found) == said


def test_a_code_that_may_have_lost_its_zeros(tmp_path: Path) -> None:
    number = row("7", stored=TypedCell("number", "General"))
    grid = grid_of(row("01"), number, row("10", stored=TypedCell("number")))
    padded = zero_padded_width(grid, 0)
    found = normalise_cell(CellReader(""), "n", column("code"), number, 0, padded)
    assert isinstance(found, CellProblem)
    assert found.message == "'n' holds the number 7, where others begin with 0: is it 07?"
    assert normalise_cell(CellReader(""), "n", column("code"), grid.rows[2], 0, padded) == "10"
    assert zero_padded_width(grid_of(row("0"), row("x0"), number), 0) == 0


def test_a_header_in_another_case_or_with_spaces() -> None:
    names = ["iso3", "Name", "dead in all", "name.fa-AF"]
    header = ["ISO3", "name", "Dead  in\nall", "NAME.FA-af", "Other"]
    assert match_declared_names(header, names) == ["iso3", "Name", "dead in all", "name.fa-AF", "Other"]
    assert match_declared_names(["a", "A"], ["A", "a"]) == ["a", "A"], "as they stand, first"
