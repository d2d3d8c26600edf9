"""A column of percentages: numbers in the file, with the sign of each language on paper."""

from pathlib import Path

import pytest

from tests.load.support import save_workbook
from tests.starter.test_publication import begun, table
from tests.support import append, change, problem_of, problems_of, run, run_well, write_own_words
from tipbrief.check.publication import load_publication
from tipbrief.language.language import load_language
from tipbrief.problems import Problems

ROWS = "year;code;سهم;n\n2021;a;12%;4\n2022;b;۳۵٪;5\n2023;c;4,5 %;6\n"
CHARTS = """\
  - {years: {table: mine, column: سهم, start: 2021, title: الف}}
  - {lines: {table: mine, columns: [سهم, n], start: 2021, title: ب}}
  - {bars: {table: mine, column: سهم, show: code, most: 3, title: پ}}
  - sources"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication of somebody's table, its rows known by their years."""
    begun(tmp_path / "mine", "--from", table(tmp_path, ROWS, "mine.csv"))
    change(tmp_path / "mine" / "tables.yaml", "key: code", "key: year")
    return tmp_path / "mine"


def refusal(folder: Path) -> tuple[str, str]:
    problem = problem_of(load_publication, folder)
    return problem.message, problem.hint


def test_they_are_numbers_and_printed_with_the_sign(folder: Path, tmp_path: Path) -> None:
    publication = load_publication(folder)
    assert [row["سهم"] for row in publication.tables["mine"].rows] == ["12", "35", "4.5"]
    change(folder / "briefs" / "sheet.yaml", "  - sources", CHARTS)
    run_well("build", "sheet", "--publication", folder, "--out", tmp_path, "--strict")
    page = (tmp_path / "mine-sheet.html").read_text(encoding="utf-8")
    percent = load_language("fa-AF").percent
    assert page.count(percent(35)) >= 8  # the table; bars and lines: drawn, told, and heard
    assert page.count("۳۵") == page.count(percent(35))
    assert f"۲۰۲۳: {load_language('fa-AF').number(6)}" in page, "the other line has no unit"


def test_a_correction_keeps_the_sign_in_the_file_and_prints_it(folder: Path, tmp_path: Path) -> None:
    words = ("--publication", folder, "--reason", "یک مکتب از شمار افتاده بود", "--yes")
    write_own_words(folder, "fa-AF")
    assert run("build", "sheet", "--publication", folder, "--out", tmp_path, "--deliver").exit_code == 0
    run_well("correct", "mine[2022].سهم", "۳۶٪", *words)
    assert "2022;b;36٪;5" in (folder / "tables" / "mine.csv").read_text(encoding="utf-8")
    assert run("build", "sheet", "--publication", folder, "--out", tmp_path).exit_code == 0
    page = (tmp_path / "mine-sheet.html").read_text(encoding="utf-8")
    percent = load_language("fa-AF").percent
    assert page.count(percent(35)) == 1, "what it was"
    assert page.count(percent(36)) == 3, "the chart, the table, and the correction"


def test_a_figure_of_such_a_column_is_a_percentage_too(folder: Path) -> None:
    figure = "mean_share:\n  label: ت\n  kind: derived\n  mean: {table: mine, column: سهم}\n  decimals: 1\n"
    append(folder / "figures.yaml", figure)
    said = ("'mean_share' comes from a column of percentages, and is none", "add \"unit: '%'\"")
    assert refusal(folder) == said
    append(folder / "figures.yaml", "  unit: '%'\n")
    assert str(load_publication(folder).values["mean_share"]) == "17.2"


def test_the_sign_wants_the_unit_and_the_unit_wants_numbers(folder: Path) -> None:
    change(folder / "tables.yaml", ", unit: '%'", "")
    problems = problems_of(load_publication, folder)
    assert [one.message for one in problems] == [f"'سهم' is a number, not '{cell}'" for cell in ("12%", "۳۵٪", "4,5 %")]
    assert all("say \"unit: '%'\" in tables.yaml" in one.hint for one in problems)
    change(folder / "tables.yaml", "code: {type: code", "code: {type: code, unit: '%'")
    with pytest.raises(Problems, match="the column 'code' has no numbers, and so no unit"):
        load_publication(folder)


def test_a_workbook_says_what_its_readers_see(tmp_path: Path) -> None:
    lines = [("code", "share"), ("a", 0.455), ("b", 1 / 3), ("c", 12), ("d", "7%")]
    folder = tmp_path / "mine"
    begun(folder, "--from", save_workbook(tmp_path / "mine.xlsx", *lines[:3], formats="B2=0.0% B3=0%"))
    save_workbook(folder / "tables" / "mine.xlsx", *lines, formats="B2=0.0% B3=0%")
    assert [row["share"] for row in load_publication(folder).tables["mine"].rows] == ["45.5", "33", "12", "7"]
    save_workbook(folder / "tables" / "mine.xlsx", *lines, ("e", 0.2), formats="B2=0.0% B3=0%")
    assert refusal(folder) == ("'share' is 0.2: 0.2%, or 20%?", "write it anew with its sign, 0.2% or 20%")
