"""Each group of changes from a newer file has its own reason, from a file that the command writes to be filled in."""

from pathlib import Path

import pytest

from tests.corrections.support import DAY, every_kind, planned
from tests.corrections.test_gone_rows import BRIEF, THINGS, write_rows
from tests.support import append, change, contents, problems_of, run_badly, run_well
from tipbrief.ledger.editions import list_change_notices
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.pipeline.run import deliver_editions
from tipbrief.pipeline.session import Session

SLIP, COUNT, MERGED = "خطای رونویسی", "شمارش تازه", "با دیگری یکی شد"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with a document for each of five rows, all delivered."""
    made = every_kind(tmp_path / "p")
    append(made / "tables.yaml", THINGS)
    (made / "briefs" / "each.yaml").write_text(BRIEF, encoding="utf-8")
    write_rows(made / "tables" / "things.csv", A=1, B=20, C=30, D=40, E=50)
    deliver_editions(Session.open(made), [f"each-{key}" for key in "ABCDE"], tmp_path / "out", DAY)
    return made


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """A newer file: two values differ, a third tenfold, one row is gone, one is new."""
    return write_rows(tmp_path / "newer.csv", B=21, C=31, D=400, E=50, F=6)


def fill_in(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    for group, reason, kind in (
        ("things.people (tenfold, zero or another sign)", SLIP, "correction"), ("things (new rows)", COUNT, "revision"),
        ("things (rows that are gone)", MERGED, "revision"), ("things.people", COUNT, "revision"),
    ):  # fmt: skip
        head, found, rest = text.partition(f'"{group}":')
        assert found, text
        text = head + found + rest.replace("reason:", f"reason: {reason}", 1).replace("correction", kind, 1)
    file.write_text(text, encoding="utf-8")


def test_the_command_writes_the_file_and_then_records_all_reasons_in_one_entry(folder: Path, newer: Path) -> None:
    reasons = newer.with_name("reasons.yaml")
    words = ("correct", "--from", newer, "--reasons", reasons, "--publication", folder)
    before = contents(folder)
    assert "fill in the reasons" in run_well(*words).output
    assert contents(folder) == before
    text = reasons.read_text(encoding="utf-8")
    assert '"things.people":  # 2 changes, such as things[B].people 20 → 21' in text
    run_badly(*words)  # nothing is filled in yet
    fill_in(reasons)
    run_well(*words)  # the tenfold change has its own reason, and so is meant
    ledger = read_ledger(folder, "")
    assert ledger.entry_files[-1].kind == "correction"
    (entry,) = (file for file in ledger.entry_files if file.changes)
    assert {(one.name, one.kind, one.reason) for one in entry.changes} == {
        ("things[B].people", "revision", COUNT), ("things[C].people", "revision", COUNT),
        ("things[D].people", "correction", SLIP), ("things[A]", "revision", MERGED), ("things[F]", "revision", COUNT),
    }  # fmt: skip
    assert [one.kind for one in list_change_notices(ledger, "each-D")] == ["correction"], "it has a dagger"
    assert [one.kind for one in list_change_notices(ledger, "each-B")] == ["revision"]
    assert "tables/things.csv" in entry.head["files"]
    assert entry.head["from"]["name"] == "newer.csv"


def test_the_wording_of_a_reason_may_be_improved_later(folder: Path, newer: Path) -> None:
    run_well("correct", "--from", newer, "--publication", folder, "--reason", SLIP, "--yes")
    file = read_ledger(folder, "").entry_files[-1].file
    change(file, SLIP, COUNT)
    assert {one.reason for one in read_ledger(folder, "").changes} == {COUNT}


def test_one_value_may_have_a_reason_of_its_own(folder: Path, newer: Path) -> None:
    reasons = newer.with_name("reasons.yaml")
    run_well("correct", "--from", newer, "--reasons", reasons, "--publication", folder)
    fill_in(reasons)
    append(reasons, f"things[C].people: {{reason: {SLIP}, kind: correction}}\n")
    made = planned(folder, newer=newer, reasons=reasons)
    assert {one.name: one.reason for one in made.entries}["things[C].people"] == SLIP
    assert {one.name: one.kind for one in made.entries}["things[B].people"] == "revision"


@pytest.mark.parametrize(
    ("was", "now", "line", "message"),
    [
        (f"reason: {SLIP}", "reason:", 6, "'reason' is empty"),
        (
            f"reason: {SLIP}\n  kind: correction",
            f"reason: {SLIP}\n  kind: mistake",
            7,
            "'kind' is one of correction, revision, not 'mistake'",
        ),
        ('"things.people":', '"things.poeple":', 0, "nothing that changes is named 'things.poeple'"),
        (f"reason: {SLIP}", "reason: قیمت ك", 6, "the reason: "),
        (f"reason: {SLIP}", "reasn: x", 6, "the key 'reasn' is not known"),
    ],
)
def test_a_fault_of_the_file_is_said_with_its_line(
    folder: Path, newer: Path, was: str, now: str, line: int, message: str
) -> None:
    reasons = newer.with_name("reasons.yaml")
    run_well("correct", "--from", newer, "--reasons", reasons, "--publication", folder)
    fill_in(reasons)
    change(reasons, was, now)
    found = [one for one in problems_of(planned, folder, newer=newer, reasons=reasons) if message in one.message]
    assert found
    assert found[0].file == reasons
    assert found[0].hint or "one of" in message
    assert not line or found[0].line == line


def test_reasons_belong_to_a_newer_file_and_to_no_other_reason(folder: Path) -> None:
    done = run_badly("correct", "x", "1", "--reasons", "r.yaml", "--publication", folder, status=2)
    assert "belong to --from" in done.output
    done = run_badly("correct", "--from", "x.csv", "--reasons", "r.yaml", "--reason", SLIP, status=2)
    assert "leave out --reason" in done.output


@pytest.mark.parametrize(
    "name", ["نو\u200cفایل.csv", "نو\u200eفایل.csv", "a\udcffb.csv", "a\nb.csv", "a\x7fb.csv", '"\\.csv']
)
def test_a_newer_file_may_have_any_name(folder: Path, newer: Path, name: str) -> None:
    planned(folder, newer=newer.rename(newer.with_name(f"{name}.csv")), sure=True).write_change()
    assert len(read_ledger(folder, "").entry_files[-1].changes) == 5


def test_a_newer_file_that_brings_back_what_an_earlier_one_corrected_is_asked_about(folder: Path, newer: Path) -> None:
    planned(folder, newer=write_rows(newer, A=1, B=22, C=30, D=40, E=50), kind="correction").write_change()
    planned(folder, ("things[C].people", "33"), kind="revision").write_change()
    write_rows(newer, A=1, B=20, C=30, D=40, E=50)  # the source has not mended it
    words = ("correct", "--from", newer, "--publication", folder)
    shown = run_well(*words)
    assert "things.people (as before a correction of ours): 1 change" in shown.output
    refused = run_badly(*words, "--reason", COUNT).output
    assert "'things[B].people' was 22, and would be 20" in refused
    assert "write that value into the newer file" in refused
    assert "things[C]" not in refused, "a revision was no mistake"
    write_rows(newer, A=1, B=22, C=30, D=40, E=50)  # now it has
    run_well(*words, "--reason", COUNT)
