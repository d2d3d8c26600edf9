"""A new publication is sound at once, in every language, and with anybody's table."""

import datetime
import errno
import json
import re
import shlex
from pathlib import Path

import jsonschema
import openpyxl
import pytest
import yaml

from tests.check.test_json_schema import refused
from tests.html_tree import read_html
from tests.load.support import save_workbook, written
from tests.support import change, contents, problems_of, run, run_badly, run_well
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.translation.phrases import EXAMPLE_ADDRESSES
from tipbrief.fonts import font_library
from tipbrief.language.language import known_languages, read_data_file
from tipbrief.problems import Problem, Problems
from tipbrief.starter import scaffold

PROVINCES = ["کابل", "هرات", "بلخ", "قندهار", "ننگرهار", "بدخشان", "تخار", "کندز", "بغلان", "سمنگان"]
COVERED = font_library.coverage(font_library.load_fonts(find_shipped_folder("fonts")))


def table(folder: Path, text: str, name: str = "quakes.csv") -> Path:
    return written(folder, text, name)


def begun(folder: Path, *words: str | Path) -> Publication:
    """A new publication, checked without a warning."""
    run_well("new", folder, *words)
    publication = load_publication(folder, COVERED)
    assert publication.warnings == ()
    assert not any(refused(folder).values())
    return publication


@pytest.mark.parametrize("tag", known_languages())
def test_it_builds_at_once_in_every_language(tag: str, tmp_path: Path) -> None:
    publication = begun(tmp_path / "mine", "--language", tag)
    assert publication.language.tag == tag
    run_well("build", "--publication", tmp_path / "mine", "--out", tmp_path / "out", "--strict")
    assert (tmp_path / "out" / "mine-sheet.pdf").exists()


@pytest.mark.parametrize("tag", known_languages())
@pytest.mark.parametrize("has_table", [True, False])
def test_words_of_the_example_are_not_delivered(tag: str, has_table: bool, tmp_path: Path) -> None:
    folder, own = tmp_path / "mine", table(tmp_path, "code,name,deaths\nA,Kabul,3\nB,Herat,5\n")
    run_well("new", folder, "--language", tag, *(["--from", own] if has_table else []))
    deliver = ["build", "--all", "--deliver", "--publication", folder, "--out", tmp_path / "out"]
    name, value = ("example", "481") if has_table else ("trees", "481")
    correct = ["correct", name, value, "--reason", "x", "--source", "example-report", "--deliver"]
    before = contents(folder)
    for words in ([*correct, "--publication", folder, "--out", tmp_path / "out"], deliver):
        refused = run_badly(*words).stderr
        assert contents(folder) == before
    said = r"^(?:.*/)?(\S+\.yaml):(\d+):\d+: (?:these are still the words|this is still the address) of the example$"
    found = re.findall(said, refused, re.M)
    assert {file for file, _ in found} >= {
        "publication.yaml",
        "sources.yaml",
        "figures.yaml",
        "texts.yaml",
        "sheet.yaml",
    }
    words = read_data_file(Path(scaffold.__file__).parent / "examples" / f"{tag}.yaml")
    for file, line in found:
        path = next(folder.rglob(file))
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        # Of a folded text the words are on the next line.
        at = int(line) - (not lines[int(line) - 1].endswith(">-\n"))
        own = f" {words['sources_heading']}" if "address" not in lines[at] else "/of-our-own"
        lines[at] = re.sub(r"(['}]*)\n", rf"{own}\1\n", lines[at])
        path.write_text("".join(lines), encoding="utf-8")
    run_well(*deliver)


@pytest.mark.parametrize("tag", known_languages())
def test_a_table_of_ones_own_gives_a_sheet_of_each_row(tag: str, tmp_path: Path) -> None:
    rows = "".join(f"AF-{place:02};{name};{place * 7};low\n" for place, name in enumerate(PROVINCES, 1))
    mine = table(tmp_path, f"کود;ولایت;تلفات;level\n{rows}".replace("low", "high", 4))
    publication = begun(tmp_path / "mine", "--language", tag, "--from", mine)
    assert publication.values == {"example": 480, "rows": 10}
    assert {"sheet", "row-AF-01", "row-AF-10"} <= {*publication.documents}
    folder, out = tmp_path / "mine", tmp_path / "out"
    for words in (["sheet"], ["row", "--only", "AF-03"]):
        run_well("build", *words, "--publication", folder, "--out", out, "--strict")
    page = (out / "mine-row-AF-03.html").read_text(encoding="utf-8")
    assert PROVINCES[2] in page
    assert publication.language.number(21) in page


def test_a_workbook_is_taken_as_it_is(tmp_path: Path) -> None:
    file = save_workbook(
        tmp_path / "Quakes 2024.xlsx", ("code", "name", "deaths"), ("a", "Kabul", 12), ("b", "Herat", 7)
    )
    publication = begun(tmp_path / "mine", "--language", "en", "--from", file)
    assert (tmp_path / "mine" / "tables" / "quakes-2024.xlsx").read_bytes() == file.read_bytes()
    assert publication.tables["quakes-2024"].by_key["b"] == {"code": "b", "name": "Herat", "deaths": "7"}


@pytest.mark.parametrize("key", ["code", "کود"])  # the workbook as it is, and a copy with numbered rows
def test_dates_percentages_and_negative_numbers_of_a_workbook(tmp_path: Path, key: str) -> None:
    day = datetime.date(2024, 3, 20)
    file = save_workbook(
        tmp_path / "mine.xlsx",
        (key, "روز", "سهم", "تغییر", "تلفن"),
        ("a" if key == "code" else "الف", day, 0.455, -12, "0700 123 456"),
        ("b" if key == "code" else "ب", day, 1 / 3, 2.5, "+93 (0)40 22 33 44"),
        formats="C2=0.0% C3=0%",
    )
    publication = begun(tmp_path / "mine", "--from", file)
    change(tmp_path / "mine" / "tables.yaml", ", private: true", "")
    change(tmp_path / "mine" / "briefs" / "sheet.yaml", "'تغییر']", "'تغییر', 'تلفن']")
    rows = [{name: row[name] for name in ("روز", "سهم", "تغییر")} for row in publication.tables["mine"].rows]
    assert rows == [
        {"روز": "2024-03-20", "سهم": "45.5", "تغییر": "-12"},
        {"روز": "2024-03-20", "سهم": "33", "تغییر": "2.5"},
    ]
    run_well("build", "sheet", "--publication", tmp_path / "mine", "--out", tmp_path / "out", "--strict")
    page = (tmp_path / "out" / "mine-sheet.html").read_text(encoding="utf-8")
    for shown in (
        "۲۰۲۴-۰۳-۲۰", "۴۵٫۵\u200f٪", "\u2066\u2212۱۲\u2069", "\u2066۰۷۰۰ ۱۲۳ ۴۵۶\u2069",
        "\u2066+۹۳ (۰)۴۰ ۲۲ ۳۳ ۴۴\u2069",
    ):  # fmt: skip
        assert f">{shown}</t" in page


def test_what_would_be_lost_of_a_workbook_is_said_before_anything_is_written(tmp_path: Path) -> None:
    lines = [("زون", "ولایت", "n"), ("شمال", "بلخ", 4), (None, "جوزجان", "=C2")]
    file = save_workbook(tmp_path / "mine.xlsx", *lines, merged="A2:A3")
    done = run_badly("new", tmp_path / "mine", "--from", file)
    assert "cell A2: the cells A2:A3 are merged" in done.stderr
    assert "cell C3: 'n' is a formula without a value" in done.stderr
    assert not [*(tmp_path / "mine").iterdir()]


def test_a_currency_is_named_once(tmp_path: Path) -> None:
    rows = "code,پول\n" + "".join(f'a{place},"{place},000 ؋"\n' for place in range(1, 5))
    done = run_badly("new", tmp_path / "mine", "--from", table(tmp_path, rows))
    assert "quakes.csv:2:11: the fonts have no character U+060B '؋', here and in 3 more places" in done.stderr
    assert done.stderr.endswith("hint: write the name of the currency\n1 problem\n")
    file = save_workbook(tmp_path / "mine.xlsx", ("code", "پول", "n"), ("a", 4000, 1), formats='B2=#,##0"؋" C2=0')
    done = run("new", tmp_path / "mine", "--from", file)
    assert "column 'پول': number, printed without the ؋ that its cells show: say it in 'label'\n" in done.stdout
    assert "column 'n': number\n" in done.stdout


def test_the_mark_of_an_open_workbook_is_told_from_the_workbook(tmp_path: Path) -> None:
    (tmp_path / "~$mine.xlsx").write_bytes(b"\x05Editor")
    done = run_badly("new", tmp_path / "mine", "--from", tmp_path / "~$mine.xlsx")
    assert "hint: name the workbook itself: mine.xlsx" in done.stderr


def test_rows_without_a_code_are_known_by_their_names(tmp_path: Path) -> None:
    mine = table(tmp_path, "ولايت,كشته‌شدگان\nکابل,3\nهرات,4\n")
    publication = begun(tmp_path / "mine", "--from", mine)
    spec = publication.tables["quakes"].spec
    assert spec.key == ("code",)
    assert [*publication.tables["quakes"].by_key] == ["AF-KAB", "AF-HER"]
    assert (tmp_path / "mine/tables/quakes.csv").read_bytes() == mine.read_bytes()
    labels = [str(one.label) for one in spec.columns.values()]
    assert labels == ["code", "ولایت", "کشته‌شدگان"], "in the letters of the language"


def test_years_are_printed_as_years_and_name_their_rows(tmp_path: Path) -> None:
    rows = "".join(f"{year},{year * 3},{year - 30}\n" for year in range(2018, 2022))
    begun(tmp_path / "mine", "--from", table(tmp_path, f"year,deaths,opened\n{rows}"))
    run_well("build", "--publication", tmp_path / "mine", "--out", tmp_path / "out", "--strict")
    page = read_html((tmp_path / "out" / "mine-sheet.html").read_text(encoding="utf-8"))
    assert "۲۰۱۹ ۶٬۰۵۷ ۱۹۸۹" in [row.text for row in page.all("tr")]


def test_what_a_row_holds_stands_on_its_sheet(tmp_path: Path) -> None:
    mine = table(tmp_path, 'code,name,day,n,m\na,"Kabul\r\ncity",2024-03-20,4,\nb,Herat,,5,\n')
    begun(tmp_path / "mine", "--language", "en", "--from", mine)
    folder, out = tmp_path / "mine", tmp_path / "out"
    run_well("build", "row", "--only", "a", "--publication", folder, "--out", out, "--strict")
    page = read_html((out / "mine-row-a.html").read_text(encoding="utf-8"))
    assert page.one("h1").text == "Kabul city"
    cells = [cell.text for row in page.all("tr")[:2] for cell in [*row.all("th"), *row.all("td")]]
    assert cells == ["name", "day", "Kabul city", "2024-03-20"], "nothing of a column that is empty"


def test_what_is_left_out_is_said(tmp_path: Path) -> None:
    wide = table(tmp_path, "code,name,a,b,c,d,e\nx,Kabul,1,some,2,3,4\ny,Herat,1,2,2,3,4\n")
    said = run("new", tmp_path / "wide", "--from", wide).output
    assert "column 'b': text, since 'some' in line 2 is no number\n" in said
    assert "briefs/sheet.yaml: the table is without e\n" in said
    long = table(tmp_path, "code,n\n" + "".join(f"k{n},{n}\n" for n in range(41)), "long.csv")
    said = run("new", tmp_path / "long", "--from", long).output
    assert "briefs/sheet.yaml: no table, since 41 rows are more than 40\n" in said


def test_a_language_by_its_name_and_an_address_in_place_of_a_file(tmp_path: Path) -> None:
    for typed in ("dari", "fa", "farsi", "pashto"):
        said = run_badly("new", tmp_path / "mine", "--language", typed).stderr
        assert "hint: known: en (English), fa-AF (Dari), fa-IR (Iranian Persian), ps (Pashto)\n" in said
    said = run_badly("new", tmp_path / "mine", "--from", "https://example.org/wells.xlsx").stderr
    assert said.splitlines()[1] == "    hint: download it first, then: --from FILE"
    assert not (tmp_path / "mine").exists()


def test_the_sheet_that_fits_is_named_where_somebody_moved_the_sheets(tmp_path: Path) -> None:
    file = save_workbook(tmp_path / "wells.xlsx", ("code", "name", "depth"), ("a", "North", 12), ("b", "South", 7))
    begun(tmp_path / "mine", "--language", "en", "--from", file)
    moved = openpyxl.load_workbook(file)
    moved.active.title = "All wells"
    moved.create_sheet("Notes", 0).append(("about", "code"))
    moved.active = 0
    moved.save(tmp_path / "mine" / "tables" / "wells.xlsx")
    (problem,) = problems_of(load_publication, tmp_path / "mine")
    assert problem.hint == "write 'sheet: All wells' in tables.yaml"
    change(tmp_path / "mine" / "tables.yaml", "wells.xlsx\n", "wells.xlsx\n  sheet: All wells\n")
    load_publication(tmp_path / "mine", COVERED)


def test_a_total_below_the_rows_is_said(tmp_path: Path) -> None:
    mine = table(tmp_path, "ولایت,n\nکابل,3\nهرات,4\nمجموع,7\n")
    said = run("new", tmp_path / "mine", "--from", mine).output
    assert "row 4 is left out, a total: مجموع | 7\n" in said
    mine = table(tmp_path, "code,n\na,3\nb,4\nc,7\n")
    said = run("new", tmp_path / "doubtful", "--from", mine).output
    assert "row 4 is a row, although its numbers are the sums of the others (is it a total?): c | 7" in said


def test_headers_of_any_kind_are_sound_yaml(tmp_path: Path) -> None:
    mine = table(tmp_path, 'id,a.b,{x},yes,1,"a: b #c",it\'s,null\n' + "".join(f"k{n},t,u,v,w,x,y,z\n" for n in "123"))
    publication = begun(tmp_path / "mine", "--language", "en", "--from", mine)
    assert [*publication.tables["quakes"].spec.columns] == ["id", "a.b", "{x}", "yes", "1", "a: b #c", "it's", "null"]


def test_the_next_command_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("new", "my sheets", "--language", "ps")
    assert done.output.endswith("\nNext:\n  cd 'my sheets'\n  tipbrief build\n")
    monkeypatch.chdir(tmp_path / "my sheets")
    assert run("build").exit_code == 0, "in its folder it is the publication"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    mine = table(tmp_path, "code,n\na,1\nb,2\n")
    said = run("new", ".", "--from", shlex.quote(str(mine))).output
    assert "column 'code': code, the key, the title of each sheet\ncolumn 'n': number\n" in said
    assert said.endswith("\nNext:\n  tipbrief build\n  tipbrief build --all   # the sheets of all rows, too\n")


def test_nothing_is_written_where_something_is(tmp_path: Path) -> None:
    table(tmp_path, "code\nx\n", "mine.csv")
    before = contents(tmp_path)
    done = run_badly("new", tmp_path)
    assert "the folder is not empty" in done.output
    for wrong in (["--language", "fa"], ["--from", table(tmp_path, "code,n\n", "empty.csv")]):
        run_badly("new", tmp_path / "mine", *wrong)
    assert not (tmp_path / "mine").exists()
    assert contents(tmp_path).keys() == {*before, "empty.csv"}


def test_where_a_disk_is_full_nothing_is_left_and_it_can_be_begun_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = 40_000

    def write(file: Path, content: bytes, *given: object) -> None:
        nonlocal room
        room -= len(content)
        if room < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        file.write_bytes(content)

    rows = "".join(f"k{number},{'x' * 90}\n" for number in range(400))
    for name in ("mine.csv", "less.csv"):
        table(tmp_path, f"code,name\n{rows if name == 'mine.csv' else rows[:970]}", name)
    with monkeypatch.context() as patched:
        patched.setattr("tipbrief.starter.scaffold.write_new", write)
        done = run_well("new", tmp_path / "mine", "--from", tmp_path / "less.csv")
        done = run_badly("new", tmp_path / "other", "--from", tmp_path / "mine.csv")
    assert "the folder cannot be written: No space left on device" in done.output
    assert not any((tmp_path / "other").iterdir())
    assert run("new", tmp_path / "other", "--from", tmp_path / "mine.csv").exit_code == 0


def test_its_schema_knows_its_names(tmp_path: Path) -> None:
    begun(tmp_path / "mine", "--language", "en")
    folder = tmp_path / "mine"
    text = (folder / "briefs/sheet.yaml").read_text(encoding="utf-8")
    assert text.startswith("# yaml-language-server: $schema=../schema/brief.json\n")
    schema = json.loads((folder / "schema/brief.json").read_text(encoding="utf-8"))
    jsonschema.Draft7Validator.check_schema(schema)
    assert '"trees"' in json.dumps(schema)


def test_comments_and_texts_say_that_they_are_examples(tmp_path: Path) -> None:
    publication = begun(tmp_path / "mine", "--language", "en")
    assert all("xample" in str(source.title) for source in publication.sources.values())
    assert all("example" in str(figure.label) for figure in publication.figures.values())
    for file in (tmp_path / "mine").rglob("*.yaml"):
        assert file.read_text(encoding="utf-8").count("\n# ") >= 1, file.name
        assert yaml.safe_load(file.read_text(encoding="utf-8"))


def test_a_table_that_check_refuses_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = table(tmp_path, "code,na\u202eme\na,Bagh\nb,Chinar\n", "wells.csv")
    done = run_badly("new", tmp_path / "wells", "--from", file)
    assert f"{file}:1:" in done.stderr
    assert "the direction character U+202E" in done.stderr
    file.write_text("code,name\na,Bagh\nb,Chinar\n", encoding="utf-8")

    def refuse(folder: Path, covered: object) -> None:
        place = Problem("too many", folder / "tables" / "wells.csv", 2, 3), Problem("odd", folder / "texts.yaml", 2)
        raise Problems(place)

    monkeypatch.setattr("tipbrief.starter.scaffold.load_publication", refuse)
    done = run_badly("new", tmp_path / "wells", "--from", file)
    assert f"{file}:2:3: too many" in done.stderr
    assert "texts.yaml" not in done.stderr
    assert not [*(tmp_path / "wells").iterdir()]


def test_every_address_of_a_new_publication_is_named_before_it_is_delivered(tmp_path: Path) -> None:
    run_well("new", tmp_path / "mine", "--language", "en")
    addresses = set[str]()
    for file in (tmp_path / "mine").rglob("*.yaml"):
        lines = file.read_text(encoding="utf-8").splitlines()
        addresses |= {line.split()[-1] for line in lines if "http" in line and not line.lstrip().startswith("#")}
    assert addresses == {*EXAMPLE_ADDRESSES.values()}
