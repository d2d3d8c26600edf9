"""A correction that was not delivered is taken back; one that readers know of is not."""

from pathlib import Path

import pytest

from tests.corrections.support import DAY, NEXT_DAY, planned, wells_printing
from tests.support import change, contents, problem_of, run, told_by
from tipbrief.corrections.correction import plan_undo
from tipbrief.ledger import ledger_folder
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.run import build_documents, deliver_editions
from tipbrief.pipeline.session import Session

BRIEFS = {"one": "wells, newest", "two": "countries, open"}


@pytest.fixture
def delivered(tmp_path: Path) -> Path:
    """A publication with two small briefs, each in its first edition."""
    folder = wells_printing(tmp_path / "wells", BRIEFS)
    deliver_editions(Session.open(folder), [], tmp_path / "out", DAY)
    return folder


def undo(folder: Path, *names: str) -> dict[str, tuple[str, str]]:
    made = plan_undo(Session.open(folder), names, NEXT_DAY)
    made.write_change()
    return made.restored_values


def refused(folder: Path, *names: str) -> str:
    before = contents(folder)
    problem = problem_of(undo, folder, *names)
    assert contents(folder) == before
    return problem.message


def test_the_last_correction_is_taken_back_and_stays_in_the_ledger_as_withdrawn(delivered: Path) -> None:
    figures = (delivered / "figures.yaml").read_bytes()
    planned(delivered, ("newest", "901"), ("wells", "12000")).write_change()
    assert compose_document(Session.open(delivered), "one").edition.draft
    assert undo(delivered) == {"digging[2023].dug": ("901", "900"), "wells": ("12000", "12345.5")}
    assert (delivered / "figures.yaml").read_bytes() == figures
    ledger = ledger_folder.read_ledger(delivered, "wells")
    assert ledger.changes == []
    (gone,) = ledger.withdrawal_dates
    assert told_by(ledger)[-3:] == ["digging[2023].dug", "wells", f"without {gone}"]
    # The document is what it was, and another correction follows as if there had been none.
    assert compose_document(Session.open(delivered), "one").edition.signature == ledger.last_edition("one").signature  # type: ignore[union-attr]
    (entry,) = planned(delivered, ("wells", "13000")).entries
    assert entry.steps == {"wells": ("12345.5", "13000")}
    assert "no correction to take back" in refused(delivered)


def test_what_readers_have_is_corrected_anew(delivered: Path, tmp_path: Path) -> None:
    planned(delivered, ("wells", "12000")).write_change()
    planned(delivered, ("places[AFG].depth", "121")).write_change()
    (made, _) = deliver_editions(Session.open(delivered), [], tmp_path / "out", NEXT_DAY)
    assert refused(delivered, "wells") == f"'wells' was delivered so in {made.edition.signature}"
    assert undo(delivered) == {"places[AFG].depth": ("121", "120.5")}, "no sheet printed it"


def test_one_below_another_of_the_same_value_waits_for_that(delivered: Path) -> None:
    planned(delivered, ("wells", "12000")).write_change()
    planned(delivered, ("change", "-8")).write_change()
    assert undo(delivered, "wells") == {"wells": ("12000", "12345.5")}
    assert undo(delivered) == {"change": ("-8", "-7")}


def test_what_was_changed_by_hand_since_is_not_overwritten(delivered: Path) -> None:
    planned(delivered, ("wells", "12000")).write_change()
    change(delivered / "figures.yaml", "value: 12000", "value: 12001")
    assert refused(delivered) == "'wells' is 12001 now, and was left as 12000"
    change(delivered / "figures.yaml", "value: 12001", "value: 12345.5")
    assert undo(delivered) == {}, "it was put back by hand: only the ledger learns of it"
    assert ledger_folder.read_ledger(delivered, "wells").changes == []


def test_on_the_command_line(delivered: Path, tmp_path: Path) -> None:
    planned(delivered, ("wells", "12000")).write_change()
    words = ["correct", "--undo", "--publication", delivered]
    before = contents(delivered)
    done = run(*words, "--dry-run")
    assert done.stdout.splitlines()[0] == "wells  12000 → 12345.5"
    assert "nothing was written" in done.stdout
    assert contents(delivered) == before
    done = run(*words, "wells")
    assert (done.exit_code, done.stdout.splitlines()[0]) == (0, "wells  12000 → 12345.5")
    (made, _) = build_documents(Session.open(delivered), [], tmp_path / "out")
    assert made.edition.name == "ONE/1"
    assert run(*words, "wells").exit_code == 1
    assert run("correct", "--publication", delivered).exit_code == 2
