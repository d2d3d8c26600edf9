import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.load.support import faults, written
from tests.support import problems_of
from tipbrief.load.grid import Grid, read_grid

TABLE = """\
name,note,year
one,"a, ""b"", c",2025

two,"over
two lines",2024
three,,
"""


def cell(grid: Grid, row: int, column: int) -> tuple[int, int, int]:
    place = grid.rows[row].cell_location(column)
    return place.line, place.column, place.end_line


@pytest.mark.parametrize(("mark", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_cells_and_their_places(tmp_path: Path, mark: str, end: str) -> None:
    grid = read_grid(written(tmp_path, mark + TABLE.replace("\n", end), "a.csv"))
    assert grid.header == ("name", "note", "year")
    assert [row.cells for row in grid.rows] == [
        ("one", 'a, "b", c', "2025"), ("two", f"over{end}two lines", "2024"), ("three", "", ""),
    ]  # fmt: skip
    assert [row.location.line for row in grid.rows] == [2, 4, 6]
    assert [cell(grid, 0, column) for column in range(3)] == [(2, 1, 2), (2, 5, 2), (2, 19, 2)]
    assert [cell(grid, 1, column) for column in range(3)] == [(4, 1, 4), (4, 5, 5), (5, 12, 5)]
    assert [cell(grid, 2, column) for column in range(3)] == [(6, 1, 6), (6, 7, 6), (6, 8, 6)]


def test_a_quotation_mark_inside_a_bare_cell_is_a_character(tmp_path: Path) -> None:
    grid = read_grid(written(tmp_path, 'a,b,c\nx "y",5" pipe,z\n', "a.csv"))
    assert grid.rows[0].cells == ('x "y"', '5" pipe', "z")
    assert cell(grid, 0, 2) == (2, 15, 2)


OPEN = 'a quotation mark " is left open in this row, or stands inside a cell'
CLOSE = 'close it; inside a cell in quotes write it twice: "a ""b"" c"'
COMMA = "an empty cell needs its comma, too"


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ('a,b\n1,"2"x\n', [(2, 1, OPEN, CLOSE)]),
        ('a,b\n1\n\n3,"4\n', [(2, 1, "the row has 1 cell, the header has 2", COMMA),
                              (4, 1, OPEN, CLOSE)]),
        ("a;b\n1,5\n", [(2, 1, "the row has 1 cell, the header has 2",
                        "an empty cell needs its semicolon, too")]),
        ("a\tb;c\n", [(1, 4, "the header has semicolons and tabs: which of them part the columns?",
                      "put a name that holds one of the others into quotes")]),
        ("sep=;\na;b\n1;2\n", [(1, 1, "the line 'sep=' is no header",
                                "delete it: the header tells what parts the columns")]),
        ("a، b\n1، 2\n", [(1, 2, "the Persian comma '،' parts no columns",
                           "put ',' or ';' between them")]),
        ("\n\n", [(0, 0, "the table is empty", "its first line names the columns")]),
    ],
)  # fmt: skip
def test_what_a_table_must_not_be(tmp_path: Path, text: str, problems: list[tuple[int, int, str, str]]) -> None:
    assert faults(read_grid, written(tmp_path, text, "a.csv")) == problems


@given(st.lists(st.text(alphabet='ab,"\n ب', max_size=5).map(str.strip), min_size=2, max_size=5).filter(any))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_cell_is_found_where_it_was_written(tmp_path: Path, cells: list[str]) -> None:
    quoted = ['"' + c.replace('"', '""') + '"' if set(c) & set(',"\n') else c for c in cells]
    header = ",".join(f"c{n}" for n in range(len(cells)))
    text = f"{header}\n{','.join(quoted)}\n"
    grid = read_grid(written(tmp_path, text, "a.csv"))
    assert grid.rows[0].cells == tuple(cells)
    for column, shown in enumerate(quoted):
        line, start, end = cell(grid, 0, column)
        rest = "\n".join(text.split("\n")[line - 1 :])[start - 1 :]
        assert rest.startswith(shown)
        assert end == line + shown.count("\n")
        assert rest[len(shown)] in ",\n"


def test_empty_rows_are_left_out(tmp_path: Path) -> None:
    text = "\n,,\na,b,c\n1,2,3\n,,\n4,5,6\n , ,\n,,,,\n"
    grid = read_grid(written(tmp_path, text, "a.csv"))
    assert [(row.location.line, row.cells) for row in grid.rows] == [(4, ("1", "2", "3")), (6, ("4", "5", "6"))]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_header_tells_what_parts_the_columns(tmp_path: Path, separator: str) -> None:
    rows = (line.split("|") for line in ("name|note|year", 'one|"a,;\t"|2025', "two||"))
    grid = read_grid(written(tmp_path, "\n".join(separator.join(cells) for cells in rows), "a.csv"))
    assert grid.header == ("name", "note", "year")
    assert [row.cells for row in grid.rows] == [("one", "a,;", "2025"), ("two", "", "")]
    assert cell(grid, 0, 2) == (2, 12, 2)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_what_excel_calls_unicode_text(tmp_path: Path, encoding: str) -> None:
    mark = "\ufeff" if encoding[-3:] in ("-le", "-be") else ""
    grid = read_grid(written(tmp_path, f"{mark}name\tyear\r\nبلخ\t2024\r\n".encode(encoding), "a.csv"))
    assert [row.cells for row in grid.rows] == [("بلخ", "2024")]
    place = grid.rows[0].cell_location(1)
    assert (place.line, place.column, place.problem("x").source_line) == (2, 5, "بلخ\t2024")


def test_a_name_in_quotes_may_hold_what_parts_others(tmp_path: Path) -> None:
    grid = read_grid(written(tmp_path, 'id;"dead, in all"\n1;2\n', "a.csv"))
    assert grid.header == ("id", "dead, in all")


def test_a_column_without_name_and_cells_is_none(tmp_path: Path) -> None:
    assert read_grid(written(tmp_path, "a,,b,\n1,,2,\n", "a.csv")).rows[0].cells == ("1", "", "2", "")
    [fault] = faults(read_grid, written(tmp_path, "a,,b,\n1,,2,\n3,4,5,\n", "a.csv"))
    assert fault[:3] == (1, 3, "the column number 2 has no name")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a,b\n" + "," * 2_000_000, "the table has more than 500,000 cells"),
        ("a,b\n" + "\n" * 2_000_000, "the table has more than 500,000 cells"),
        (",".join(f"c{n}" for n in range(100_000)), "the table has 100,000 columns"),
        ("a,b\n" + "x\n" * 100_000, "there are more than 500 faults"),
        ("a," * 900 + "a", "there are more than 500 faults"),
    ],
)
def test_a_table_without_end_is_refused_at_once(tmp_path: Path, text: str, message: str) -> None:
    start, file = time.process_time(), written(tmp_path, text, "a.csv")
    assert problems_of(read_grid, file)[-1].message == message
    assert time.process_time() - start < 2


def test_a_cell_that_is_too_long_is_called_so(tmp_path: Path) -> None:
    file = written(tmp_path, f"name,note\none,{'x' * 200_000}\n", "a.csv")
    (found,) = faults(read_grid, file)
    assert found[:3] == (2, 1, "a cell of this row has more than 131,072 characters")
