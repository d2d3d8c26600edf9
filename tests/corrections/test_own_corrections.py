"""Our corrections of a table against its source: they stay until a newer file of the source has them."""

from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.corrections.support import NEXT_DAY, every_kind, planned, print_table
from tests.corrections.test_gone_rows import THINGS, write_rows
from tests.support import append, change, contents, problems_of, run_badly, run_well
from tipbrief.check.publication import load_publication
from tipbrief.corrections.correction import plan_undo
from tipbrief.files import hash_of, override_contents
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.pipeline.inputs import check_publication
from tipbrief.pipeline.session import Session


def write_workbook(file: Path, **rows: int) -> Path:
    book = openpyxl.Workbook()
    for line in (("code", "people"), *rows.items()):
        book.active.append(line)
    book.save(file)
    return file


WRITERS = {".csv": write_rows, ".xlsx": write_workbook}


def begin(folder: Path, suffix: str = ".csv", **rows: int) -> Path:
    """A publication with a table of these rows."""
    every_kind(folder)
    append(folder / "tables.yaml", THINGS.replace(".csv", suffix))
    print_table(folder, "things", "people")
    WRITERS[suffix](folder / "tables" / f"things{suffix}", **rows)
    return folder


def people(folder: Path) -> dict[str, str]:
    return {key: row["people"] for key, row in load_publication(folder).tables["things"].by_key.items()}


def test_a_correction_stays_until_the_source_has_mended_it(tmp_path: Path) -> None:
    folder = begin(tmp_path / "p", A=1, B=20, C=30)
    report = "2026-12-04, data@example.org"
    typed = ("correct", "--publication", folder, "--reason", "خطای رونویسی")
    run_well(*typed, "things[B].people", "22", "--reported", report)
    newer = write_rows(tmp_path / "newer.csv", A=2, B=20, C=30)
    shown = run_well("correct", "--from", newer, "--publication", folder).output
    assert f"kept as you corrected it: things[B].people is 22, the file has 20, reported {report}" in shown
    run_well(*typed, "--from", newer)
    assert people(folder) == {"A": "2", "B": "22", "C": "30"}
    assert (folder / "tables" / "things.csv").read_text("utf-8") == newer.read_text("utf-8").replace("B,20", "B,22")
    (entry,) = (one for one in read_ledger(folder, "").entry_files if "from" in one.head)
    assert entry.head["from"]["sha256"] == hash_of(newer.read_bytes()), "the file as it came"
    assert [one.name for one in entry.changes] == ["things[A].people"]

    shown = run_well(*typed, "--from", write_rows(newer, A=3, B=22, C=30)).output
    assert "the file has your correction of things[B].people: from now on it counts" in shown
    refused = run_badly(*typed, "--from", write_rows(newer, A=3, B=20, C=30)).output
    assert "'things[B].people' was 22, and would be 20" in refused, "the source goes back on it"
    assert report not in (folder / "tables" / "things.csv").read_text("utf-8")


def test_a_third_value_of_the_source_is_a_change(tmp_path: Path) -> None:
    folder = begin(tmp_path / "p", A=1, B=20)
    planned(folder, ("things[B].people", "22")).write_change()
    (entry,) = planned(folder, newer=write_rows(tmp_path / "newer.csv", A=1, B=23)).entries
    assert (entry.name, entry.was, entry.now) == ("things[B].people", "22", "23")


def test_a_revision_and_an_undone_correction_do_not_stay(tmp_path: Path) -> None:
    folder = begin(tmp_path / "p", A=1, B=20, C=30)
    planned(folder, ("things[B].people", "22"), kind="revision").write_change()
    planned(folder, ("things[C].people", "33")).write_change()
    plan_undo(Session.open(folder), [], NEXT_DAY).write_change()
    made = planned(folder, newer=write_rows(tmp_path / "newer.csv", A=1, B=20, C=31))
    assert {(one.name, one.now) for one in made.entries} == {("things[B].people", "20"), ("things[C].people", "31")}
    assert not made.amended.kept


NUMBERS = st.integers(10, 99)


@given(
    st.dictionaries(st.sampled_from("ABCDEF"), NUMBERS, min_size=2),
    st.dictionaries(st.sampled_from("ABCDEF"), NUMBERS, min_size=1),
    st.dictionaries(st.sampled_from("ABCDEF"), NUMBERS, max_size=3),
    st.sampled_from([*WRITERS]),
)
@settings(max_examples=80, deadline=None)
def test_a_newer_file_with_our_corrections_is_the_file_with_our_values_where_it_has_the_old_ones(
    before: dict[str, int], after: dict[str, int], typed: dict[str, int], suffix: str
) -> None:
    with TemporaryDirectory() as name:
        folder = begin(Path(name, "p"), suffix, **before)
        typed = {key: now for key, now in typed.items() if before.get(key, now) != now}
        for key, now in typed.items():
            planned(folder, (f"things[{key}].people", str(now)), sure=True).write_change()
        old = contents(folder)
        newer = WRITERS[suffix](Path(name, f"newer{suffix}"), **after)
        wanted = {key: typed[key] if key in typed and before[key] == now else now for key, now in after.items()}
        if wanted == {**before, **typed}:
            assert "nothing differs" in problems_of(planned, folder, newer=newer)[0].message
            return
        made = planned(folder, newer=newer, sure=True)
        made.write_change()
        assert people(folder) == {key: str(now) for key, now in wanted.items()}
        changed = {key for key in before.keys() & after.keys() if wanted[key] != {**before, **typed}[key]}
        assert {one.name for one in made.entries if not one.is_of_row} == {f"things[{key}].people" for key in changed}
        plan_undo(Session.open(folder), [], NEXT_DAY).write_change()
        assert {file: contents(folder)[file] for file in old} == old


def test_a_corrected_workbook_can_be_delivered(tmp_path: Path) -> None:
    """PDFs carry only values of a workbook: what is compared before a delivery is that, not the file's bytes."""
    folder = begin(tmp_path / "p", ".xlsx", A=1, B=20)
    correction = planned(folder, ("things[B].people", "22"))
    with override_contents(correction.files):
        correction.new_session.require_unchanged()


def test_a_workbook_with_formulas_is_not_written_and_the_message_names_it(tmp_path: Path) -> None:
    folder = begin(tmp_path / "p", ".xlsx", A=1, B=20)
    planned(folder, ("things[B].people", "22")).write_change()
    newer = write_workbook(tmp_path / "newer.xlsx", A=2, B=20)
    book = openpyxl.load_workbook(newer)
    book.active["D1"] = "=1+1"
    book.active["D2"] = None
    book.save(newer)
    (told,) = problems_of(planned, folder, newer=newer)
    assert "stands in a workbook with formulas" in told.message
    assert told.file == newer
    assert told.hint.startswith("change 20 to 22 there")


@pytest.mark.parametrize("words", [("--from", "x.csv"), ("--undo",)])
def test_a_report_belongs_to_a_typed_correction(tmp_path: Path, words: tuple[str, ...]) -> None:
    folder = begin(tmp_path / "p", A=1)
    done = run_badly("correct", *words, "--reported", "x", "--publication", folder, status=2)
    assert "--reported belongs to FIGURE VALUE" in done.output


def test_check_says_that_a_newer_file_lies_where_the_table_says(tmp_path: Path) -> None:
    folder = begin(tmp_path / "p", A=1, B=20)
    change(
        folder / "tables.yaml", "  file: tables/things.csv\n", "  file: tables/things.csv\n  from: incoming/new.csv\n"
    )
    kinds = lambda: [one.kind for one in check_publication(folder)[1]]  # noqa: E731
    assert "newer-file" not in kinds(), "none lies there"
    (folder / "incoming").mkdir()
    newer = write_rows(folder / "incoming" / "new.csv", A=1, B=21)
    told = next(one for one in check_publication(folder)[1] if one.kind == "newer-file")
    assert (told.file, told.severity) == (folder / "tables.yaml", "warning")
    assert told.hint == f"see what differs: tipbrief correct --from {newer}"
    planned(folder, newer=newer).write_change()
    assert "newer-file" not in kinds(), "it is recorded"
    plan_undo(Session.open(folder), [], NEXT_DAY).write_change()
    assert "newer-file" in kinds(), "it is recorded no more"
    for outside in ("../new.csv", "/etc/passwd", "https://example.org/new.csv", "link.csv"):
        if outside == "link.csv":
            (folder / outside).symlink_to("/etc/passwd")
        before = (folder / "tables.yaml").read_text("utf-8")
        change(folder / "tables.yaml", "incoming/new.csv", outside)
        assert "outside" in kinds(), outside
        (folder / "tables.yaml").write_text(before, "utf-8")


@pytest.mark.parametrize("mended", [5, ["a", 5], {"a": "b"}])
def test_an_entry_with_another_list_of_what_is_mended_is_a_problem(tmp_path: Path, mended: object) -> None:
    import json

    folder = begin(tmp_path / "p", A=1, B=20)
    planned(folder, newer=write_rows(tmp_path / "newer.csv", A=2, B=20)).write_change()
    (file,) = (folder / "ledger").glob("*.json")
    change(file, '"facts": [', f'"mended": {json.dumps(mended)},\n"facts": [')
    assert any("the key 'mended'" in one.message for one in check_publication(folder)[1])
