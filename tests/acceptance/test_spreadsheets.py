"""A table in a spreadsheet: the same page from CSV and workbook, and the corrections of a workbook."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.load.support import save_workbook
from tests.support import HEAD, TESTS, append, change, contents, run, run_badly, run_well, wells
from tipbrief.check.publication import Publication, load_publication
from tipbrief.pdf.embedded_files import read_provenance

# The workbook of `workbook()`, opened and saved by LibreOffice 25.2.3:
# soffice --headless --convert-to xlsx:"Calc MS Excel 2007 XML" places.xlsx
LIBREOFFICE = TESTS / "spreadsheets" / "places-libreoffice.xlsx"
BRIEF = f"""\
{HEAD}\
  - figures: [countries, deepest]
  - table: {{title: چاه‌ها, table: places, columns: [name, depth, state]}}
  - sources: {{title: منابع}}
"""
DEEPEST = """\
deepest:
  label: متر ژرف‌ترین چاه
  kind: reported
  cell: {table: places, row: PAK, column: depth}
"""
EXCEL, UNICODE_TEXT = "tables/places.xlsx", "tables/places.csv"


def workbook(file: Path) -> Path:
    """The table of places as people keep one: more columns, another header, an empty row, a formula."""
    rows: list[list[object]] = [
        ["ISO3", " Name ", "Depth", "State", "Memo", "میدان"],
        ["AFG", "افغانستان", "=241/2", "open", None, 1],
        ["AND", "اندورا", None, "dry", None, 2],
        [],
        ["PAK", "پاکستان", 1200, "shut", "how", 3],
        ["TJK", "تاجیکستان", "۸۰", "open", None, None],
    ]
    return save_workbook(file, *rows, sheet="جای چاه‌ها")


def reckoned(file: Path) -> Path:
    """The same with the formula's value in its place, since openpyxl does not reckon."""
    return with_cell(workbook(file), "C2", 120.5)


def with_cell(file: Path, cell: str, value: Any) -> Path:
    book = load_workbook(file)
    book.active[cell] = value
    book.save(file)
    return file


def semicolons(file: Path) -> Path:
    text = "ISO3;name;depth;State;memo;X\nAFG;افغانستان;120,5;open;;1\nAND;اندورا;;dry;;\n;;;;;\n"
    text += "PAK;پاکستان;1.200;shut;how;\nTJK;تاجیکستان;80;open;;\n"
    file.write_text(text, encoding="utf-8-sig")
    return file


def unicode_text(file: Path) -> Path:
    text = "iso3\tname\tdepth\tstate\tmemo\r\nAFG\tافغانستان\t۱۲۰٫۵\topen\t\r\nAND\tاندورا\t\tdry\t\r\n"
    text += "PAK\tپاکستان\t۱٬۲۰۰\tshut\thow\r\nTJK\tتاجیکستان\t80\topen\t\r\n"
    file.write_bytes(text.encode("utf-16"))
    return file


def libreoffice(file: Path) -> Path:
    return Path(shutil.copy(LIBREOFFICE, file))


WAYS: list[tuple[str, Callable[[Path], Path]]] = [
    ("places.xlsx", reckoned), ("places.xlsx", libreoffice), ("places.csv", semicolons),
    ("places.csv", unicode_text),
]  # fmt: skip


def kept_in(folder: Path, name: str, make: Callable[[Path], Path]) -> Path:
    """A publication whose table of places stands in a file of another kind."""
    copy = wells(folder, one=BRIEF)
    append(copy / "figures.yaml", DEEPEST)
    if make is not plain:
        (copy / "tables" / "places.csv").unlink()
        change(copy / "tables.yaml", "tables/places.csv", f"tables/{name}")
        make(copy / "tables" / name)
    return copy


def plain(file: Path) -> Path:
    """The CSV as it is."""
    return file


def table(publication: Publication) -> list[dict[str, str]]:
    return [dict(row) for row in publication.tables["places"].rows]


@pytest.mark.parametrize(("name", "make"), WAYS)
def test_every_file_gives_the_same_table_and_the_same_page(
    tmp_path: Path, name: str, make: Callable[[Path], Path]
) -> None:
    pages = []
    for folder, way in (("a", plain), ("b", make)):
        copy = kept_in(tmp_path / folder, name, way)
        run_well("build", "one", "--publication", copy, "--out", tmp_path / "out" / folder)
        pages.append((tmp_path / "out" / folder / "wells-one.html").read_text("utf-8"))
    before, now = load_publication(tmp_path / "a"), load_publication(tmp_path / "b")
    assert table(now) == [{column: row[column] for column in now.tables["places"].spec.columns}
                          for row in table(before)]  # fmt: skip
    assert now.values == before.values
    assert pages[0] == pages[1]


def test_a_formula_that_nobody_reckoned_is_a_problem_at_its_cell(tmp_path: Path) -> None:
    folder = kept_in(tmp_path / "b", "places.xlsx", workbook)
    done = run_badly("check", "--publication", folder)
    place = "tables/places.xlsx, sheet جای چاه‌ها, cell C2"
    assert f"{place}: 'depth' is a formula without a value\n" in done.stderr


def test_the_pdf_carries_the_printed_columns_and_can_be_made_from_it_again(tmp_path: Path) -> None:
    folder, out = kept_in(tmp_path / "b", "places.xlsx", libreoffice), tmp_path / "out"
    assert run("build", "one", "--publication", folder, "--out", out).exit_code == 0
    pdf = out / "wells-one.pdf"
    carried = read_provenance(pdf.read_bytes(), pdf).publication_files
    assert EXCEL not in carried
    assert {name for name in carried if name.startswith("tables/")} == {"tables/places.csv"}
    assert run("inspect", pdf, "--extract", tmp_path / "again").exit_code == 0
    assert run("build", "one", "--publication", tmp_path / "again", "--out", tmp_path / "o").exit_code == 0
    assert (tmp_path / "o" / "wells-one.pdf").read_bytes() == pdf.read_bytes()


def test_correct_writes_into_no_workbook_with_formulas_and_records_what_was_changed_there(tmp_path: Path) -> None:
    folder, out = kept_in(tmp_path / "b", "places.xlsx", libreoffice), tmp_path / "out"
    on = ("--publication", folder)
    assert run("build", "one", *on, "--out", out, "--deliver").exit_code == 0
    correction = ("correct", "deepest", "۱۳۰۰", "--reason", "خطای رونویسی", *on)

    before = contents(folder)
    told = run_badly(*correction).output
    assert "places.xlsx, sheet جای چاه‌ها, cell C5: 'places[PAK].depth' stands in a workbook with formulas" in told
    assert "hint: change 1200 to 1300 there and save it; then this command records it" in told
    assert contents(folder) == before

    with_cell(with_cell(folder / EXCEL, "C5", 1300), "C2", 120.5)
    changed = (folder / EXCEL).read_bytes()
    told = run_badly("build", "one", *on, "--out", out, "--deliver").output
    assert "'deepest' is 1200 by the ledger and 1300 in the dataset, and nothing says why" in told
    told = run_well(*correction).output
    assert "1200 → 1300" in told
    assert (folder / EXCEL).read_bytes() == changed
    told = run_well("build", "one", *on, "--out", out, "--deliver").output
    assert "WELLS" in told or "ONE/2" in told
    assert "خطای رونویسی" in (out / "wells-one.html").read_text("utf-8")


def test_a_correction_of_unicode_text_and_of_a_workbook_changes_the_one_cell(tmp_path: Path) -> None:
    folder = kept_in(tmp_path / "b", "places.csv", unicode_text)
    was = (folder / UNICODE_TEXT).read_bytes()
    run_well("correct", "deepest", "۱۳۰۰", "--reason", "خطای رونویسی", "--publication", folder)
    assert (folder / UNICODE_TEXT).read_bytes() == was.replace(*("۱٬۲۰۰ 1300".encode("utf-16-le").split(b" \0")))
    folder = kept_in(tmp_path / "c", "places.xlsx", reckoned)
    run_well("correct", "deepest", "۱۳۰۰", "--reason", "خطای رونویسی", "--publication", folder)
    assert load_workbook(folder / EXCEL).active["C5"].value == 1300


def test_a_correction_of_a_csv_keeps_how_its_numbers_are_written(tmp_path: Path) -> None:
    folder = kept_in(tmp_path / "b", "places.csv", semicolons)
    file = folder / "tables" / "places.csv"
    correction = ("correct", "--reason", "خطای رونویسی", "--publication", folder)
    for value, written in [("121.25", "121,25"), ("1300.5", "1300,5")]:
        run_well(*correction, "places[AFG].depth", value, "--yes")
        assert f"AFG;افغانستان;{written};open;;1" in file.read_text("utf-8-sig")
        assert load_publication(folder).tables["places"].by_key["AFG"]["depth"] == value
    run_well(*correction, "places[PAK].depth", "9.875", "--yes")
    assert "PAK;پاکستان;9٫875;shut" in file.read_text("utf-8-sig")
    assert load_publication(folder).tables["places"].by_key["PAK"]["depth"] == "9.875"
