"""Tables as people really have them become publications by one command, with the rows that are theirs alone."""

import csv
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
import yaml
from click.testing import CliRunner
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.starter.messy_workbooks import PERSIAN, PROVINCES, WORKBOOKS, save
from tests.support import contents, run_badly, run_well
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.cli.main import main
from tipbrief.fonts import font_library

COVERED = font_library.coverage(font_library.load_fonts(find_shipped_folder("fonts")))


def begun(folder: Path, *words: str | Path) -> Publication:
    """A new publication, checked without a warning."""
    run_well("new", folder, *words)
    publication = load_publication(folder, COVERED)
    assert publication.warnings == ()
    return publication


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_messy_workbook_builds_without_a_message_and_stays_as_it_is(name: str, tmp_path: Path) -> None:
    make, tag = WORKBOOKS[name]
    file = make(tmp_path / f"{name}.xlsx")
    publication = begun(tmp_path / "mine", "--language", tag, "--from", file)
    assert (tmp_path / "mine" / "tables" / file.name).read_bytes() == file.read_bytes()
    rows = {"provinces": 34, "countries": 7, "schools": 6, "wells": 6}
    assert len(publication.tables[name].rows) == rows[name]
    key = next(iter(publication.tables[name].by_key))
    for words in (["sheet"], ["row", "--only", key]):
        run_well("build", *words, "--publication", tmp_path / "mine", "--out", tmp_path / "out", "--strict", quiet=True)


def test_provinces_are_known_by_their_codes_and_drawn_on_a_map(tmp_path: Path) -> None:
    file = WORKBOOKS["provinces"][0](tmp_path / "wells.xlsx")
    publication = begun(tmp_path / "mine", "--from", file)
    table = publication.tables["wells"]
    assert {row["ولایت"]: key for key, row in table.by_key.items()}["هرات"] == "AF-HER"
    assert sum(int(row["تعداد چاه"]) for row in table.rows) == 16117, "without the total"
    drawn = yaml.safe_load((tmp_path / "mine/briefs/sheet.yaml").read_text(encoding="utf-8"))["blocks"]
    assert [next(iter(one)) for one in drawn[2:5]] == ["map", "bars", "share"]
    assert drawn[3]["bars"]["title"] == "تعداد چاه به تفکیک ولایت"


def test_a_cell_is_corrected_in_the_workbook_and_a_newer_one_is_taken(tmp_path: Path) -> None:
    folder, file = tmp_path / "mine", WORKBOOKS["countries"][0](tmp_path / "water.xlsx")
    begun(folder, "--language", "en", "--from", file)
    run_well("correct", "water[AFG].1993", "23.5", "--reason", "Left out", "--publication", folder)
    assert load_publication(folder, COVERED).tables["water"].by_key["AFG"]["1993"] == "23.5"
    book = openpyxl.load_workbook(file)
    sheet = book["Data"]
    sheet["G6"], sheet["AN5"], sheet["AN6"] = 22.9, "2025", 59.1
    book.move_sheet("Data", 1)
    book.save(file)
    run_well("correct", "--from", file, "--reason", "A newer file", "--publication", folder)
    row = load_publication(folder, COVERED).tables["water"].by_key["AFG"]
    assert [row[year] for year in ("1992", "1993", "2025")] == ["22.9", "23.5", "59.1"], "our correction stays"
    done = run_badly("correct", "water[AFG].1890", "1", "--reason", "None", "--publication", folder)
    assert "has no column '1890'" in done.stderr


def test_in_a_terminal_it_asks_before_it_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = WORKBOOKS["wells"][0](tmp_path / "wells.xlsx")
    monkeypatch.setattr("tipbrief.cli.authoring_commands.is_interactive", lambda: True)
    words = ["new", str(tmp_path / "mine"), "--language", "en", "--from", str(file)]
    done = CliRunner().invoke(main, words, input="n\n")
    assert "row 12 is left out, words in one cell only: Note: depths were measured by rope.\n" in done.output
    assert done.output.rstrip().endswith("Go on? [Y/n]: n\nNothing was written.")
    assert not (tmp_path / "mine").exists()
    assert CliRunner().invoke(main, words, input="y\n").exit_code == 0
    assert CliRunner().invoke(main, ["new", str(tmp_path / "other"), *words[2:], "--yes"]).exit_code == 0


def test_another_sheet_is_taken_by_its_name(tmp_path: Path) -> None:
    file = save(
        tmp_path / "two.xlsx", {"A": [("code", "n"), ("a", 1), ("b", 2)], "B": [("code", "m"), ("c", 3), ("d", 4)]}
    )
    publication = begun(tmp_path / "mine", "--language", "en", "--from", file, "--sheet", "B")
    assert [*publication.tables["two"].by_key] == ["c", "d"]
    done = run_badly("new", tmp_path / "other", "--from", file, "--sheet", "C")
    assert "the workbook has no sheet 'C'" in done.stderr


def test_the_total_of_each_group_is_left_out(tmp_path: Path) -> None:
    rows = ("ولایت,مکتب", "هرات,52", "کابل,64", "جمع غرب,116", "بلخ,58", "غور,21", "جمع شمال,79", "مجموع,195")
    (tmp_path / "t.csv").write_text("\n".join(rows), encoding="utf-8")
    done = run_well("new", tmp_path / "p", "--from", tmp_path / "t.csv")
    for line, total in ((4, "جمع غرب | 116"), (7, "جمع شمال | 79"), (8, "مجموع | 195")):
        assert f"row {line} is left out, a total: {total}" in done.stdout
    assert [*load_publication(tmp_path / "p").tables["t"].by_key] == ["AF-HER", "AF-KAB", "AF-BAL", "AF-GHO"]


def test_rows_below_the_last_one_are_not_lost(tmp_path: Path) -> None:
    folder, file = tmp_path / "mine", WORKBOOKS["provinces"][0](tmp_path / "wells.xlsx")
    begun(folder, "--from", file)
    tables = folder / "tables.yaml"
    tables.write_text(tables.read_text(encoding="utf-8").replace("header_row: 4", "header_row: 4\n  last_row: 30"))
    done = run_badly("check", "--publication", folder)
    assert "row 31: the row 31 stands below 'last_row', and is filled like a row of the table" in done.stderr


def test_a_name_that_no_list_knows_is_asked_about(tmp_path: Path) -> None:
    folder, file = tmp_path / "mine", tmp_path / "wells.csv"
    file.write_text("province,n\nHerat,4\nKabul,5\nKandahhar,6\nBalkh,7\n", encoding="utf-8")
    done = run_well("new", folder, "--language", "en", "--from", file)
    assert "doubtful, please look: Kandahhar → AF-KAN" in done.output
    tables = folder / "tables.yaml"
    text = tables.read_text(encoding="utf-8").replace(", names: {Kandahhar: AF-KAN}", "")
    tables.write_text(text, encoding="utf-8")
    done = run_badly("check", "--publication", folder)
    assert "wells.csv:4:1: 'Kandahhar' is no name that 'afghanistan-provinces' knows" in done.stderr
    assert "hint: did you mean 'kandahar'?; or say it in tables.yaml: 'names: {NAME: CODE}'" in done.stderr


def test_numbers_that_may_be_thousands_are_asked_about(tmp_path: Path) -> None:
    file = tmp_path / "wells.csv"
    file.write_text("code;n\na;293,833\nb;120,450\n", encoding="utf-8")
    done = run_badly("new", tmp_path / "mine", "--from", file)
    assert "'n' is 293,833: 293833, or 293.833?" in done.stderr


@dataclass
class RealTable:
    """A table with what people put around it, and the rows that are its own."""

    rows: list[list[object]] = field(default_factory=list)
    merged: str = ""
    true_rows: list[dict[str, str]] = field(default_factory=list)
    names: str = ""


WORDS = {
    "fa-AF": (PROVINCES, "ولایت", "مجموع", "تعداد", "یادداشت: این رقم‌ها نمونه است و کسی آن را نشمرده است."),
    "ps": (["پغمان", "شکردره", "استالف", "ده سبز", "قره باغ", "کلکان", "ګلدره", "موسهي", "خاک جبار", "سروبي"],
           "ولسوالي", "ټول", "شمېر", "یادونه: دا شمېرې بېلګې دي او چا نه دي شمېرلې."),
    "en": (["Bagh", "Chinar", "Dar ra", "Karez", "Pul", "Qala", "Saray", "Tang", "Zar gar", "Wasel"],
           "village", "Total", "count", "Note: these numbers are made up, and nobody counted them."),
}  # fmt: skip


@st.composite
def real_tables(draw: st.DrawFn) -> tuple[str, RealTable]:
    """A random table in a language, with titles, serial numbers, gaps, a total and notes."""
    tag = draw(st.sampled_from([*WORDS]))
    names, name_head, total_word, head, note = WORDS[tag]
    chosen = draw(st.permutations(names))[: draw(st.integers(3, 9))]
    columns = draw(st.integers(1, 4))
    is_wide = columns > 2 and draw(st.booleans())
    kinds = [draw(st.sampled_from(["number", "digits", "grouped"])) for _ in range(columns)]
    serial, pair = draw(st.booleans()), not is_wide and columns > 1 and draw(st.booleans())
    heads = [str(2019 + at) if is_wide else f"{head} {'ABCD'[at]}" for at in range(columns)]
    table, width = RealTable(names=name_head), columns + 1 + serial
    for title in range(draw(st.integers(0, 2))):
        table.rows.append([f"{name_head} {'XY'[title]}", *[None] * (width - 1)])
        table.rows += [[None] * width] * draw(st.integers(0, 1))
    left = ["#", name_head] if serial else [name_head]
    if pair:
        upper = len(table.rows) + 1
        first, last = (chr(65 + len(left)), chr(64 + width))
        table.rows.append([*left, f"{head} Z", *[None] * (columns - 1)])
        table.rows.append([*[None] * len(left), *heads])
        table.merged = f"{first}{upper}:{last}{upper}"
        heads = [f"{head} Z – {one}" for one in heads]
    else:
        table.rows.append([*left, *heads])
    sums, gap = [0] * columns, draw(st.sampled_from([None, "n/a", "–"]))
    for number, name in enumerate(chosen, 1):
        values = [draw(st.integers(0, 99_999)) for _ in range(columns)]
        blanks = {at for at in range(1, columns) if draw(st.integers(0, 5)) == 0}
        cells: list[object] = []
        for at, value in enumerate(values):
            shown = f"{value:,}".replace(",", "٬") if kinds[at] == "grouped" else str(value)
            whole = value if kinds[at] == "number" else shown.translate(PERSIAN)
            cells.append(gap if at in blanks else whole)
            sums[at] += 0 if at in blanks else value
        table.rows.append([*([number] if serial else []), name, *cells])
        true = {head: "" if at in blanks else str(values[at]) for at, head in enumerate(heads)}
        table.true_rows.append({name_head: name, **true})
        if draw(st.integers(0, 6)) == 0 and number > 1:
            table.rows.append([None] * width)
    if draw(st.booleans()):
        table.rows.append([*([None] if serial else []), total_word, *sums])
    if draw(st.booleans()):
        table.rows += [[None] * width, [note, *[None] * (width - 1)]]
    return tag, table


def written(folder: Path, table: RealTable, kind: str) -> Path:
    if kind == "xlsx":
        return save(folder / "real.xlsx", {"Sheet": table.rows}, table.merged)
    with (folder / "real.csv").open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file, delimiter=";").writerows(table.rows)
    return folder / "real.csv"


def kept_rows(publication: Publication, table: RealTable) -> list[dict[str, str]]:
    names = table.true_rows[0].keys()
    return [{name: row[name] for name in names} for row in publication.tables["real"].rows]


@given(real_tables(), st.sampled_from(["xlsx", "csv"]))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_new_writes_can_be_built_and_has_the_rows_of_the_table(found: tuple[str, RealTable], kind: str) -> None:
    tag, table = found
    with TemporaryDirectory() as name:
        file = written(Path(name), table, kind)
        publication = begun(Path(name) / "mine", "--language", tag, "--from", file)
        assert kept_rows(publication, table) == table.true_rows
        assert contents(Path(name) / "mine" / "tables") == {file.name: file.read_bytes()}


@pytest.mark.slow
@given(real_tables())
@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_new_writes_is_built(found: tuple[str, RealTable]) -> None:
    tag, table = found
    with TemporaryDirectory() as name:
        folder, out = Path(name) / "mine", Path(name) / "out"
        made = begun(folder, "--language", tag, "--from", written(Path(name), table, "xlsx"))
        for words in (["sheet"], ["row", "--only", next(iter(made.tables["real"].by_key))]):
            run_well("build", *words, "--publication", folder, "--out", out, "--strict", quiet=True)
