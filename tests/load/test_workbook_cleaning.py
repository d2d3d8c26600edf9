"""A clean workbook has the same table, and none of the names that its file had."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName

from tests.load.telling_pictures import SECRET
from tests.support import ROOT, problem_of
from tipbrief.check.tables import find_workbook_problems
from tipbrief.load.grid import read_grid
from tipbrief.load.workbook_cleaning import clean_workbook, find_names

# It names no styles, since they are names.
pytestmark = pytest.mark.filterwarnings("ignore:Workbook contains no default style")
CELL = st.one_of(st.text(st.characters(codec="utf-8", exclude_categories=("C",)), max_size=8), st.integers(-99, 99),
                 st.floats(-9, 9), st.dates(date(1990, 1, 1), date(2030, 1, 1)), st.booleans(), st.none())  # fmt: skip


def telling(secret: str = SECRET, *, hides: bool = True) -> Workbook:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("code", "name", "many"), ("a", "Bagh", 3), ("b", "Chinar", 0.25 if hides else 4)):
        sheet.append(row)
    sheet["C3"].number_format = "0%" if hides else "0"
    sheet["B2"].comment = Comment(f"{secret}: look", secret)
    sheet["B3"].hyperlink = f"file:///home/{secret}"
    sheet.row_dimensions[3].hidden = hides
    sheet.oddHeader.center.text = sheet.title = secret[:20]
    sheet.title = "Wells"
    sheet.print_title_rows = "1:1"
    book.properties.creator = book.properties.lastModifiedBy = book.properties.keywords = secret
    book.defined_names[secret.partition("-")[0]] = DefinedName(secret.partition("-")[0], attr_text="Wells!$A$1")
    return book


def content_of(book: Workbook, **more: bytes) -> bytes:
    file = io.BytesIO()
    book.save(file)
    if more:
        with zipfile.ZipFile(file, "a") as archive:
            for name, part in more.items():
                archive.writestr(name.replace("__", "/") + ".xml", part)
    return file.getvalue()


def everything(content: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return b"\n".join(one.encode() + archive.read(one) for one in archive.namelist())


def test_names_are_told_and_not_carried(tmp_path: Path) -> None:
    file = tmp_path / "wells.xlsx"
    path = f'<a xmlns:x="urn:x"><x:absPath url="C:\\Users\\{SECRET}"/></a>'.encode()
    person = f'<personList><person displayName="{SECRET} Ali" userId="S::{SECRET}"/></personList>'.encode()
    file.write_bytes(content_of(telling(), xl__persons__person=person, xl__persons__path=path))
    clean = clean_workbook(file.read_bytes(), file)
    assert SECRET.encode() in everything(file.read_bytes())
    assert b"Karim" not in everything(clean)
    with zipfile.ZipFile(file) as archive:
        names = find_names({one: archive.read(one) for one in archive.namelist()})
    assert {SECRET, f"{SECRET} Ali", f"C:\\Users\\{SECRET}", f"file:///home/{SECRET}"} == {*names}
    (warning,) = find_workbook_problems([read_grid(file)])
    assert (warning.kind, warning.severity) == ("names-in-workbook", "warning")
    assert SECRET in warning.message
    same_table(file, clean)


def same_table(file: Path, clean: bytes) -> None:
    """The clean workbook reads as the file does, also once more cleaned."""
    copy = file.with_name("clean.xlsx")
    copy.write_bytes(clean)
    before, after = read_grid(file), read_grid(copy)
    assert [(row.cells, row.typed_cells) for row in after.rows] == [(row.cells, row.typed_cells) for row in before.rows]
    assert (after.header, after.hidden_rows, after.other_sheets) == (
        before.header,
        before.hidden_rows,
        before.other_sheets,
    )
    assert after.merged_ranges == before.merged_ranges
    assert after.named_people == ()
    assert clean_workbook(clean, copy) == clean


@pytest.mark.parametrize("name", ["tests/spreadsheets/places-libreoffice.xlsx", "docs/tutorial/wells.xlsx"])
def test_workbooks_of_other_programs_keep_their_tables(name: str, tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    file.write_bytes((ROOT / name).read_bytes())
    same_table(file, clean_workbook(file.read_bytes(), file))


@given(rows=st.lists(st.tuples(CELL, CELL), max_size=6), title=st.sampled_from(["a", "فهرست"]), hides=st.booleans())
def test_any_table_stays(
    rows: list[tuple[object, object]], title: str, hides: bool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    sheet.append(("head", "tail"))
    for row in rows:
        sheet.append([f"'{one}" if isinstance(one, str) and one.startswith("=") else one for one in row])
    sheet.merge_cells("A2:B2")
    book.create_sheet("other", 0).sheet_state = "hidden" if hides else "visible"
    book.active = 1
    file = tmp_path_factory.getbasetemp() / "any.xlsx"
    file.write_bytes(content_of(book))
    clean = clean_workbook(file.read_bytes(), file)
    values = [[cell.value for cell in row] for row in load_workbook(io.BytesIO(clean))[title].iter_rows()]
    assert values == [[cell.value for cell in row] for row in load_workbook(file)[title].iter_rows()]


def test_texts_that_no_cell_has_are_left_out(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    source = (ROOT / "tests" / "spreadsheets" / "places-libreoffice.xlsx").read_bytes()
    target = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as before, zipfile.ZipFile(target, "w") as after:
        for name in before.namelist():
            part = before.read(name).replace(b"</sst>", b"<si><t>" + SECRET.encode() + b"</t></si></sst>")
            after.writestr(name, part)
    file.write_bytes(target.getvalue())
    clean = clean_workbook(file.read_bytes(), file)
    assert SECRET.encode() not in everything(clean)
    same_table(file, clean)


def test_a_damaged_workbook_is_a_problem(tmp_path: Path) -> None:
    file = tmp_path / "a.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.xml", "<a/>")
    assert problem_of(clean_workbook, file.read_bytes(), file).kind == "damaged"
