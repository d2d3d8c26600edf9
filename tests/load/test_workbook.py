import contextlib
import datetime
import io
import time
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import DEFUSEDXML, Workbook
from openpyxl.styles import PatternFill

from tests.load.support import written
from tests.support import problem_of
from tipbrief.check.tables import find_doubtful_cells
from tipbrief.load.grid import TableLayout, TypedCell, read_grid
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.problems import Problems

SHEET = "xl/worksheets/sheet1.xml"
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'


def book(tmp_path: Path, *rows: list[Any], change: Callable[[Any], object] = lambda sheet: None) -> Path:
    """A workbook with one sheet of these rows, saved by openpyxl."""
    made = Workbook()
    sheet = made.active
    assert sheet is not None
    sheet.title = "ولایت‌ها"
    for row in rows:
        sheet.append(row)
    change(sheet)
    made.save(tmp_path / "t.xlsx")
    return tmp_path / "t.xlsx"


def packed(tmp_path: Path, source: Path, parts: Mapping[str, str | bytes]) -> Path:
    """A workbook with other parts in the place of its own, or more of them."""
    with zipfile.ZipFile(source) as archive:
        whole: dict[str, str | bytes] = {name: archive.read(name) for name in archive.namelist()}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (whole | parts).items():
            archive.writestr(name, content)
    return written(tmp_path, out.getvalue(), "packed.xlsx")


def sheet_xml(rows: str, more: str = "") -> dict[str, str | bytes]:
    return {SHEET: f"<worksheet {MAIN}><sheetData>{rows}</sheetData>{more}</worksheet>"}


def fault(file: Path, sheet: Text | None = None) -> tuple[str, str, str, str]:
    problem = problem_of(read_grid, file, TableLayout(sheet))
    return problem.kind, problem.message, problem.hint, problem.format_location(file.parent)


def test_values_and_their_cells(tmp_path: Path) -> None:
    rows = [[None], [None, "Code", " name "], [None, "01", "بلخ\r\nشمال"], [], [None, 7, None]]
    grid = read_grid(book(tmp_path, *rows))
    assert grid.header == ("", "Code", "name")
    assert [row.cells for row in grid.rows] == [("", "01", "بلخ\nشمال"), ("", "7", "")]
    assert [row.typed_cells for row in grid.rows] == [{}, {1: TypedCell("number", "General")}]
    problem = grid.rows[1].cell_location(1).problem("x", token="7")
    assert problem.format_location(tmp_path) == "t.xlsx, sheet ولایت‌ها, cell B5"
    assert grid.rows[1].location.problem("x").format_location(tmp_path) == "t.xlsx, sheet ولایت‌ها, row 5"
    assert SourceLocation(tmp_path / "t.xlsx", sheet="a").problem("x").format_location(tmp_path) == "t.xlsx, sheet a"
    assert problem.format(tmp_path) == "t.xlsx, sheet ولایت‌ها, cell B5: x"
    told = problem.as_dict(tmp_path)
    assert {name: told[name] for name in ("file", "sheet", "cell", "line", "column", "source_line")} == {
        "file": "t.xlsx", "sheet": "ولایت‌ها", "cell": "B5", "line": 5, "column": 2, "source_line": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("value", "cell", "kind"),
    [
        (1234, "1234", "number"), (142.0, "142", "number"),
        (1e21, "1000000000000000000000", "number"), (-5, "-5", "number"), (12.50, "12.5", "number"),
        (True, "TRUE", "bool"), ("#N/A", "#N/A", "error"), (datetime.date(2024, 3, 1), "2024-03-01", "date"),
        (datetime.time(12, 30), "12:30:00", "date"), ("=1+1", "", "formula"), ("۱٬۲۳۴", "۱٬۲۳۴", ""),
        ("x_x000D_y", "x\ry", ""),
    ],
)  # fmt: skip
def test_what_a_cell_may_hold(tmp_path: Path, value: Any, cell: str, kind: str) -> None:
    file = book(tmp_path, ["a", "b"], ["x", value])
    if "\r" in cell:
        assert fault(file)[::3] == ("hidden-character", "t.xlsx, sheet ولایت‌ها, cell B2")
        return
    (row,) = read_grid(file).rows
    assert row.cells == ("x", cell)
    assert row.typed_cells.get(1, TypedCell("")).kind == kind


def test_a_formula_has_the_value_that_was_saved_with_it(tmp_path: Path) -> None:
    head = '<row r="1"><c r="A1" t="inlineStr"><is><t>a</t></is></c></row>'
    cells = ["<c><f>1+1</f><v>2</v></c>", '<c t="str"><f>""</f><v></v></c>', '<c t="str"><f>A1</f><v>a</v></c>']
    rows = "".join(f'<row r="{n}">{cell}</row>' for n, cell in enumerate(cells, 2))
    grid = read_grid(packed(tmp_path, book(tmp_path, ["a"]), sheet_xml(head + rows)))
    assert [(row.location.line, row.cells[0]) for row in grid.rows] == [(2, "2"), (4, "a")]


def test_a_number_has_the_digits_that_a_spreadsheet_shows(tmp_path: Path) -> None:
    cells = "".join(f"<c><v>{one}</v></c>" for one in ("0.30000000000000004", "1.2E-3", "138.69999999999999"))
    grid = read_grid(packed(tmp_path, book(tmp_path), sheet_xml(f'<row r="1">{cells}</row>')))
    assert grid.header == ("0.3", "0.0012", "138.7")


def test_the_sheet_by_its_name_or_the_first_that_is_seen(tmp_path: Path) -> None:
    def more(sheet: Any) -> None:
        sheet.sheet_state = "hidden"
        for name in ("Second", "Third"):
            sheet.parent.create_sheet(name).append([name])

    file = book(tmp_path, ["first"], change=more)
    place = SourceLocation(written(tmp_path, "t:\n  sheet: Secnd\n"), 2, 10)
    assert read_grid(file).header == ("Second",)
    third = read_grid(file, TableLayout(Text("Third", place)))
    assert (third.header, third.other_sheets) == (("Third",), ("ولایت‌ها", "Second"))
    assert fault(file, Text("Secnd", place)) == (
        "no-sheet", "the workbook has no sheet 'Secnd'", "did you mean 'Second'?", "a.yaml:2:10",
    )  # fmt: skip


def test_what_is_doubtful_of_a_sheet(tmp_path: Path) -> None:
    def change(sheet: Any) -> None:
        for cells in ("B3:B4", "D3:E3", "F1:F9"):
            sheet.merge_cells(cells)
        for row in (5, 6, 9):
            sheet.row_dimensions[row].hidden = True

    rows = [["id", "n", "x", "y", "z"], *([str(n), n, "", "", ""] for n in range(3, 7))]
    grid = read_grid(book(tmp_path, *rows, change=change))
    told = [
        (one.kind, one.format_location(tmp_path))
        for one in find_doubtful_cells(grid.select_columns([0, 1, 3], ["id", "n", "y"]))
    ]
    assert told == [
        ("merged-cells", "t.xlsx, sheet ولایت‌ها, cell B3"),
        ("hidden-row", "t.xlsx, sheet ولایت‌ها, row 5"),
    ], "D3:E3 are one column of the table"
    assert [row.location.line for row in grid.rows] == [2, 3, 4], "hidden rows are left out"


def test_the_columns_have_names_each_once(tmp_path: Path) -> None:
    assert fault(book(tmp_path, ["a", "a"], [1, 2]))[::3] == ("column-name", "t.xlsx, sheet ولایت‌ها, cell B1")
    assert fault(book(tmp_path, ["a", None], [1, 2]))[::3] == ("column-name", "t.xlsx, sheet ولایت‌ها, cell B1")
    assert fault(book(tmp_path))[:2] == ("empty-file", "the table is empty")


def test_what_is_only_coloured_holds_nothing(tmp_path: Path) -> None:
    def colour(sheet: Any) -> None:
        sheet["XFD1"].fill = sheet["A5000"].fill = PatternFill("solid", fgColor="FF0000")

    grid = read_grid(book(tmp_path, ["a"], [1], change=colour))
    assert (grid.header, len(grid.rows)) == (("a",), 1)


ENTITY = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b SYSTEM "file:///etc/passwd">]>'
CELL = "<c><v>1</v></c>"
FAR = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
TURNED = '<row r="9"><c r="A9"><v>1</v></c></row><row r="2"/>'
NO_TEXT = '<row r="1"><c r="A1" t="s"><v>99</v></c></row>'


def test_openpyxl_reads_with_defusedxml() -> None:
    assert DEFUSEDXML is True


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml"])
def test_entities_are_not_followed(tmp_path: Path, part: str, encoding: str) -> None:
    source = book(tmp_path, ["a", "b"], ["x", "y"])
    with zipfile.ZipFile(source) as archive:
        was = archive.read(part)
    body = was[was.index(b"?>") + 2 :] if was.startswith(b"<?xml") else was
    made = (ENTITY + body.replace(b">x<", b">&b;<")).decode()
    evil = packed(tmp_path, source, {part: made.replace('"1.0"', f'"1.0" encoding="{encoding}"').encode(encoding)})
    told = []
    with contextlib.suppress(Problems):
        told = [row.cells for row in read_grid(evil).rows]
    assert told in ([], [("x", "y")]), "the entity is not there, or the file is refused"


def bomb(tmp_path: Path) -> Path:
    return packed(tmp_path, book(tmp_path, ["a"]), {"xl/media/a.png": bytes(30_000_000)})


def liar(tmp_path: Path) -> Path:
    """A zip whose entries say that they are small."""
    content = bomb(tmp_path).read_bytes()
    return written(tmp_path, content.replace((30_000_000).to_bytes(4, "little"), (9).to_bytes(4, "little")), "l.xlsx")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (bomb, "too-large"), (liar, "damaged"),
        (lambda at: packed(at, book(at), {f"x/{n}": "" for n in range(1_001)}), "too-large"),
        (lambda at: packed(at, book(at, ["a"]), {"xl/vbaProject.bin": "x"}), "macros"),
        (lambda at: written(at, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" * 9, "t.xlsx"), "no-workbook"),
        (lambda at: written(at, "a,b\n", "t.xlsx"), "no-workbook"),
        (lambda at: written(at, b"PK\x03\x04 nothing", "t.xlsx"), "damaged"),
        (lambda at: packed(at, book(at), {"xl/workbook.xml": "<x"}), "damaged"),
        (lambda at: packed(at, book(at), {"[Content_Types].xml": "<x/>"}), "damaged"),
        (lambda at: packed(at, book(at), {SHEET: "<x>"}), "damaged"),
        (lambda at: packed(at, book(at), sheet_xml(TURNED)), "damaged"),
        (lambda at: packed(at, book(at), sheet_xml(NO_TEXT)), "damaged"),
        (lambda at: packed(at, book(at), sheet_xml(FAR)), "too-large"),
        (lambda at: packed(at, book(at), sheet_xml(f"<row>{CELL * 100_001}</row>")), "too-large"),
        (lambda at: packed(at, book(at), sheet_xml(f"<row>{CELL * 1_001}</row>")), "too-large"),
    ],
)  # fmt: skip
def test_a_workbook_that_is_none_or_too_large_is_refused_at_once(
    tmp_path: Path, make: Callable[[Path], Path], kind: str
) -> None:
    file, start = make(tmp_path), time.process_time()
    assert fault(file)[0] == kind
    assert time.process_time() - start < 10  # not for ever: a bomb would take minutes


def test_a_dimension_that_lies_hides_and_adds_nothing(tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"><c r="A2"><v>2</v></c></row>'
    for said in ("A1", "A1:XFD1048576"):
        sheet = f'<worksheet {MAIN}><dimension ref="{said}"/><sheetData>{cells}</sheetData></worksheet>'
        grid = read_grid(packed(tmp_path, book(tmp_path), {SHEET: sheet}))
        assert [row.cells for row in (grid.header_row, *grid.rows)] == [("1",), ("2",)]


def test_links_to_elsewhere_are_not_followed(tmp_path: Path) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/externalLinkPath"
    link = f'<Relationship Id="r1" Type="{kind}" Target="file:///etc/passwd" TargetMode="External"/>'
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    rels = f'<Relationships xmlns="{space}">{link}</Relationships>'
    more = {"xl/externalLinks/_rels/externalLink1.xml.rels": rels, "xl/externalLinks/externalLink1.xml": "<x/>"}
    assert read_grid(packed(tmp_path, book(tmp_path, ["a"], [1]), more)).rows[0].cells == ("1",)
