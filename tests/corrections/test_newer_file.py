"""A table's newer file becomes corrections: any two versions in any two forms, and what is no such file."""

import csv
import html
import io
import re
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corrections.support import DAY, NEXT_DAY, REASON, every_kind, planned, print_table
from tests.support import append, contents, problem_of, problems_of, run, run_badly, run_well
from tipbrief.check.publication import Publication, load_publication
from tipbrief.corrections.correction import plan_undo
from tipbrief.corrections.newer_file import amend_table
from tipbrief.language.numbers import LATIN_DIGITS, PERSIAN_DIGITS
from tipbrief.ledger import editions
from tipbrief.ledger.entries import format_cell_name, split_cell_name
from tipbrief.pipeline.run import deliver_editions
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems

THINGS = """\
things:
  file: tables/things{suffix}
  title: چیزها
  key: [code]
  sources: [report]
  columns:
    code: {{type: code}}
    people: {{type: number, label: مردم, blank: true}}
    note: {{type: text, label: یادداشت, blank: true}}
"""
COLUMNS = ("code", "people", "note")
TO_PERSIAN = str.maketrans(LATIN_DIGITS, PERSIAN_DIGITS)
Rows = Mapping[str, tuple[str, str]]

NOTES = st.sampled_from(["", "سنگ", "خاک، آب", "a; b", "a, b", 'q "x"', "12"])
ROWS = st.dictionaries(
    st.from_regex(r"[A-Z]{1,3}", fullmatch=True),
    st.tuples(st.one_of(st.just(""), st.integers(0, 999).map(str), st.integers(10000, 99999).map(str)), NOTES),
    min_size=1, max_size=8,
)  # fmt: skip


def _write_csv(path: Path, rows: Rows, separator: str, columns: tuple[str, ...] = COLUMNS) -> None:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=separator, lineterminator="\r\n", extrasaction="ignore")
    writer.writeheader()
    writer.writerows({"code": key, "people": people, "note": note} for key, (people, note) in rows.items())
    path.write_bytes(out.getvalue().encode())


def _write_workbook(path: Path, rows: Rows) -> None:
    book = openpyxl.Workbook()
    book.active.append(COLUMNS)
    for key, (people, note) in rows.items():
        book.active.append([key, int(people) if people else None, note or None])
        book.active.cell(book.active.max_row, 3).number_format = "@"
    book.save(path)


def _in_persian_digits(path: Path, rows: Rows) -> None:
    _write_csv(path, {key: (people.translate(TO_PERSIAN), note) for key, (people, note) in rows.items()}, ",")


FORMS: dict[str, tuple[str, Callable[[Path, Rows], None]]] = {
    "commas": (".csv", lambda path, rows: _write_csv(path, rows, ",")),
    "semicolons": (".csv", lambda path, rows: _write_csv(path, rows, ";")),
    "tabs in other order": (".csv", lambda path, rows: _write_csv(path, rows, "\t", ("note", "code", "people"))),
    "Persian digits": (".csv", _in_persian_digits),
    "workbook": (".xlsx", _write_workbook),
}


def _publication(folder: Path, form: str, rows: Rows) -> Publication:
    suffix, write_form = FORMS[form]
    every_kind(folder)
    append(folder / "tables.yaml", THINGS.format(suffix=suffix))
    print_table(folder, "things", "people, note")
    write_form(folder / "tables" / f"things{suffix}", rows)
    return load_publication(folder)


def _rows_of(publication: Publication) -> Rows:
    return {key: (row["people"], row["note"]) for key, row in publication.tables["things"].by_key.items()}


@given(ROWS, ROWS, st.sampled_from([*FORMS]), st.sampled_from([*FORMS]))
@settings(max_examples=80, deadline=None)
def test_the_difference_of_two_versions_makes_the_one_from_the_other_and_its_undoing_gives_the_old_bytes(
    before: Rows, after: Rows, old_form: str, new_form: str
) -> None:
    with TemporaryDirectory() as name:
        publication = _publication(Path(name, "p"), old_form, before)
        folder, old = publication.folder, contents(publication.folder)
        suffix, write_form = FORMS[new_form]
        write_form(newer := Path(name, f"newer{suffix}"), after)
        both, replaces = before.keys() & after.keys(), suffix == FORMS[old_form][0]
        differ = [key for key in both if before[key] != after[key]]
        others = before.keys() ^ after.keys()
        if not (differ or others) or (not replaces and others):
            raised = problems_of(planned, folder, newer=newer, sure=True)
            kinds = {"nothing differs", "is not in both"}
            assert all(any(kind in one.message for kind in kinds) for one in raised)
            return
        made = planned(folder, newer=newer, sure=True)
        rows = {one.name for one in made.entries if one.is_of_row}
        assert rows == {format_cell_name("things", key) for key in others}
        # Of a row that is new nothing was known before.
        assert {split_cell_name(one.name)[1] for one in made.entries if not one.is_of_row} == {*differ}
        made.write_change()
        assert _rows_of(load_publication(folder)) == after
        plan_undo(Session.open(folder), [], NEXT_DAY).write_change()
        now = contents(folder)
        assert {file: now[file] for file in old} == old


WHOLE = "code,people,note\r\n" + "".join(f"K{at},{100 + at},x\r\n" for at in range(40))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with a table of 40 rows, and nothing delivered."""
    rows = {f"K{at}": (str(100 + at), "x") for at in range(40)}
    return _publication(tmp_path / "p", "commas", rows).folder


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("code,people,note\r\nK1,100,x\r\nK1,101,x\r\n", "the row 'K1' stands twice"),
        ("people,note\r\n100,x\r\n", "the key of 'things' is missing: the column code"),
        ("a,b\r\n1,2\r\n", "the columns are those of no table"),
        ("code,people,note\r\n", "the table has no rows"),
        ("code,people,note\r\nK1,many,x\r\n", "'people' is a number, not 'many'"),
        ("code,people,note\r\nK1,7,x\r\n", "39 of 40 rows of 'things' would be gone, such as 'K0'"),
        ("code,people,note\r\nK1,101,x\r\n", "39 of 40 rows of 'things' would be gone, such as 'K0'"),
        ("code,people\r\nK1,7\r\n", "the row 'K0' is not in both, and the file cannot take the place"),
        ("", "the table is empty"),
        (WHOLE, "nothing differs from the table 'things'"),
    ],
)
def test_what_is_wrong_with_a_file_is_said_and_nothing_changes(folder: Path, text: str, message: str) -> None:
    (newer := folder.parent / "newer.csv").write_text(text, encoding="utf-8", newline="")
    before = contents(folder)
    found = [one for one in problems_of(planned, folder, newer=newer) if message in one.message]
    assert [one.file for one in found] == [newer], "not our own table"
    assert contents(folder) == before


def test_a_file_of_two_tables_is_that_of_the_table_with_its_name(folder: Path) -> None:
    twin = THINGS.format(suffix=".csv").replace("things", "twins")
    append(folder / "tables.yaml", twin)
    print_table(folder, "twins", "people, note")
    shutil.copy(folder / "tables" / "things.csv", folder / "tables" / "twins.csv")
    rows = {f"K{at}": (str(101 + at), "x") for at in range(40)}
    for name, found in (("newer.csv", ""), ("twins.csv", "twins"), ("things.csv", "things")):
        _write_csv(newer := folder.parent / name, rows, ";")
        if not found:
            assert "'things' or 'twins'" in problem_of(amend_table, Session.open(folder), newer, {}, (), {}).message
        else:
            assert {
                split_cell_name(name)[0] for name in amend_table(Session.open(folder), newer, {}, (), {}).values
            } == {found}


def test_a_newer_file_is_shown_then_recorded_as_one_entry(folder: Path, tmp_path: Path) -> None:
    deliver_editions(Session.open(folder), [], tmp_path / "out", DAY)
    rows = {f"K{at}": (str(100 + at + at % 2), "x" if at else "z") for at in range(1, 41)}
    _write_csv(newer := tmp_path / "newer.csv", {**rows, "K3": ("9000", "x")}, ";")
    before = contents(folder)
    shown = run_well("correct", "--from", newer, "--publication", folder)
    assert contents(folder) == before
    assert "things.people: 19 changes, the largest first" in shown.output
    assert "'things[K3].people' was 103, and would be 9000" in shown.stderr
    for line in (
        "things.people (tenfold, zero or another sign): 1 change, the largest first",
        "things (new rows): 1 change, the largest first", "things[K40]  nothing → K40, 140, x",
        "things (rows that are gone): 1 change, the largest first", "things[K0]  K0, 100, x → nothing",
        "nothing was written",
    ):  # fmt: skip
        assert line in shown.output
    given = ("correct", "--from", newer, "--publication", folder, "--reason", "فایل تازۀ وزارت", "--kind", "revision")
    assert "if this is right, add --yes" in run_badly(*given).output
    assert contents(folder) == before
    run_well(*given, "--yes")
    assert (folder / "tables" / "things.csv").read_bytes() == newer.read_bytes()
    (entry,) = Session.open(folder).ledger.entry_files[1:]
    assert len(entry.changes) == 22
    with pytest.raises(Problems, match="nothing differs"):
        planned(folder, newer=newer)


def test_a_file_that_was_replaced_by_hand_is_recorded_by_naming_it(folder: Path, tmp_path: Path) -> None:
    brief = "title: t\nsubtitle: s\nshort: k\nsubject: b\npages: auto\nfor_each: things\nblocks:\n"
    brief += "  - figures: [row.people]\n  - sources: {title: منابع}\n"
    (folder / "briefs" / "each.yaml").write_text(brief, encoding="utf-8")
    deliver_editions(Session.open(folder), ["each-K1", "each-K2"], tmp_path / "out", DAY)
    own = folder / "tables" / "things.csv"
    _write_csv(own, {f"K{at}": (str(100 + at + (at < 5)), "x") for at in range(40)}, ",")
    made = planned(folder, newer=own)
    # The ledger knows what two sheets printed; nobody printed the others.
    assert [(one.name, one.was, one.now) for one in made.entries] == [
        ("things[K1].people", "101", "102"), ("things[K2].people", "102", "103"),
    ]  # fmt: skip
    made.write_change()
    assert not editions.find_manual_changes(Session.open(folder).ledger, load_publication(folder))


def test_a_workbook_whose_numbers_are_the_same_changes_only_the_others(folder: Path, tmp_path: Path) -> None:
    rows = {f"K{at}": (f"{at}.0" if at % 2 else f"{at}.5", "x") for at in range(9)}
    _write_csv(folder / "tables" / "things.csv", rows, ",")
    book = openpyxl.Workbook()
    for line in (COLUMNS, *([key, float(people) + (key == "K3"), note] for key, (people, note) in rows.items())):
        book.active.append(line)
    book.save(newer := tmp_path / "newer.xlsx")
    assert dict(amend_table(Session.open(folder), newer, {}, (), {}).values) == {"things[K3].people": "4"}


@pytest.mark.parametrize("words", [["--deliver"], ["--undo"], ["--deliver", "--reason", " "]])
def test_what_can_only_be_shown_is_not_taken_for_delivered_or_undone(folder: Path, words: list[str]) -> None:
    _write_csv(newer := folder.parent / "newer.csv", {f"K{at}": (str(101 + at), "x") for at in range(40)}, ",")
    before = contents(folder)
    done = run("correct", "--from", newer, "--publication", folder, *words)
    assert done.exit_code
    assert "--from" in done.output or "a correction needs a reason" in done.output
    assert contents(folder) == before


def test_a_column_with_another_name_is_asked_about(folder: Path) -> None:
    text = WHOLE.replace("note", "remark").replace("K3,103", "K3,104")
    (newer := folder.parent / "newer.csv").write_text(text, encoding="utf-8", newline="")
    shown = run_well("correct", "--from", newer, "--publication", folder)
    assert "it lacks the column note; it has remark, of which tables.yaml knows nothing" in shown.output
    assert "things[K3].people  103 → 104" in shown.output


def test_a_workbook_of_two_tables_is_not_replaced(folder: Path, tmp_path: Path) -> None:
    (folder / "tables" / "things.csv").unlink()
    path = folder / "tables.yaml"
    text = path.read_text(encoding="utf-8").replace("tables/things.csv", "tables/both.xlsx")
    twin = THINGS.format(suffix=".csv").replace("things:", "twins:").replace("things.csv", "both.xlsx")
    path.write_text(text + twin.replace("  title", "  sheet: twins\n  title"), encoding="utf-8")
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("twins")):
        for line in (COLUMNS, ("K1", 1, "x"), ("K2", 2, "x")):
            sheet.append(line)
    book.save(folder / "tables" / "both.xlsx")
    book.active["B2"] = 5
    book.save(newer := tmp_path / "both.xlsx")
    assert "'things' or 'twins'" in problem_of(planned, folder, newer=newer).message
    book.active["C1"] = "other"
    book.save(newer)
    (told,) = problems_of(planned, folder, newer=newer)
    assert "twins" in told.message or "stands in a workbook" in told.message


def test_what_changes_is_shown_as_a_page_with_the_texts_that_name_it(folder: Path, tmp_path: Path) -> None:
    brief = "title: t\nsubtitle: s\nshort: k\nsubject: مردم این جا {row.people} تن شدند\npages: auto\n"
    brief += "for_each: things\nblocks:\n  - figures: [row.people]\n  - sources: {title: منابع}\n"
    (folder / "briefs" / "each.yaml").write_text(brief, encoding="utf-8")
    text = WHOLE.replace("K3,103", "K3,104").replace("K4,104,x", "K4,9000,x")
    (newer := tmp_path / "newer.csv").write_text(text, encoding="utf-8", newline="")
    before = contents(folder)
    words = ("correct", "--from", newer, "--publication", folder, "--html", tmp_path / "page.html")
    shown = run_well(*words)
    assert "briefs/each.yaml:4:10  مردم این جا" in shown.output
    assert "printed by 3 in Dari: each-K3, each-K4, things" in shown.output
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert "things.people (tenfold, zero or another sign)" in page
    assert "۹٬۰۰۰" in page
    assert "each-K3, each-K4" in page
    assert contents(folder) == before, "a page shows, and records nothing"
    drawn = [html.unescape(one) for one in re.findall(r'srcdoc="([^"]*)"', page)]
    assert [("۱۰۳" in one, "۱۰۴" in one) for one in drawn[:2]] == [(True, False), (False, True)]
    run_well(*words, "--reason", REASON, "--yes")
    assert contents(folder) != before, "with a reason it is recorded, too"
