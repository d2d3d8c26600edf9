"""The document of a row that is gone is withdrawn: the status and the site say so, until the row comes back."""

from pathlib import Path

import pytest

from tests.browser import Tab
from tests.corrections.support import DAY, NEXT_DAY, every_kind, planned
from tests.ledger.samples import summary
from tests.support import append, contents, problem_of, run, run_well
from tipbrief.corrections.correction import plan_undo
from tipbrief.ledger import editions
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.ledger.status import Status, find_status_by_code
from tipbrief.pipeline.run import deliver_editions
from tipbrief.pipeline.session import Session
from tipbrief.site.generator import write_site

THINGS = """\
things:
  file: tables/things.csv
  title: چیزها
  key: [code]
  sources: [report]
  columns:
    code: {type: code}
    people: {type: number, label: مردم}
"""
BRIEF = """\
title: ورق {row.code}
subtitle: s
short: k
subject: b
pages: auto
for_each: things
blocks:
  - figures: [row.people]
  - sources: {title: منابع}
"""
REASON = "در پروندۀ تازه نیست"


def write_rows(file: Path, **people: int) -> Path:
    lines = "".join(f"{key},{number}\n" for key, number in people.items())
    file.write_text(f"code,people\n{lines}", encoding="utf-8")
    return file


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with a document for each of four rows, of which three were delivered."""
    made = every_kind(tmp_path / "p")
    append(made / "tables.yaml", THINGS)
    (made / "briefs" / "each.yaml").write_text(BRIEF, encoding="utf-8")
    write_rows(made / "tables" / "things.csv", A=1, B=2, C=3, D=4)
    deliver_editions(Session.open(made), ["each-A", "each-B", "each-C"], tmp_path / "out", DAY)
    return made


def replace_rows(folder: Path, **people: int) -> None:
    newer = write_rows(folder.parent / "newer.csv", **people)
    planned(folder, newer=newer, reason=REASON, kind="revision").write_change()


def status(folder: Path, code: str) -> Status:
    return find_status_by_code(read_ledger(folder, ""), code)


def test_a_document_is_withdrawn_with_its_row_and_counts_again_when_the_row_comes_back(folder: Path) -> None:
    replace_rows(folder, B=2, C=4, D=4)
    found = status(folder, "each-A/1")
    assert (found.state, found.hint) == ("withdrawn", NEXT_DAY.iso())
    said = summary(found)
    assert "was withdrawn on 2026-11-26: its row is gone" in said
    assert f"things[A]  A, 1 → nothing  (revision of 2026-11-26: {REASON})" in said
    assert [status(folder, f"each-{key}/1").state for key in "BC"] == ["current", "current"]
    session = Session.open(folder)
    told = [problem.message for problem in editions.find_ledger_problems(session.ledger, session.publication, ())]
    assert not [message for message in told if "things[A]" in message]
    # It comes back with another value: its only edition is the newest one, and the value is pending.
    replace_rows(folder, A=9, B=2, C=4, D=4)
    back = status(folder, "each-A/1")
    assert (back.state, [(one.was, one.now) for one in back.pending]) == ("current", [("1", "9")])
    deliver_editions(Session.open(folder), ["each-A"], folder.parent / "out", NEXT_DAY)
    assert [status(folder, f"each-A/{number}").state for number in (1, 2)] == ["superseded", "current"]


def test_only_what_prints_it_is_delivered_with_the_new_row_and_without_the_gone_one(folder: Path) -> None:
    newer = write_rows(folder.parent / "newer.csv", B=2, C=4, D=4, E=5)
    made = planned(folder, newer=newer)
    assert [name for name in made.briefs if name.startswith("each-")] == ["each-C", "each-E"]
    assert made.withdrawn_documents == ["each-A"]
    shown = run_well("correct", "--from", newer, "--publication", folder)
    assert "withdrawn: each-A" in shown.output
    (folder / "tables" / "things.csv").write_bytes(newer.read_bytes())
    by_hand = planned(folder, newer=folder / "tables" / "things.csv")
    assert [(one.name, one.now) for one in by_hand.entries] == [("things[C].people", "4"), ("things[A]", "")]
    assert by_hand.withdrawn_documents == ["each-A"], "the ledger knows of it"


def test_undoing_brings_the_row_and_its_document_back_byte_for_byte(folder: Path) -> None:
    before = contents(folder)
    replace_rows(folder, B=2, C=4, D=4, E=5)
    (entry,) = plan_undo(Session.open(folder), ["things[A]"], NEXT_DAY).entry.changes[:1]
    assert entry.reason == REASON
    done = run_well("correct", "--undo", "--publication", folder)
    assert "things[A]  nothing → A, 1" in done.output
    now = contents(folder)
    assert {name: now[name] for name in before} == before
    assert status(folder, "each-A/1").state == "current"


def test_what_was_delivered_or_changed_since_is_not_undone(folder: Path) -> None:
    replace_rows(folder, A=1, B=2, C=3, D=4, E=5)
    append(folder / "tables" / "things.csv", "F,6\n")
    assert problem_of(plan_undo, Session.open(folder), [], NEXT_DAY).message == "tables/things.csv was changed since"
    write_rows(folder / "tables" / "things.csv", A=1, B=2, C=3, D=4, E=5)
    deliver_editions(Session.open(folder), ["each-E"], folder.parent / "out", NEXT_DAY)
    told = problem_of(plan_undo, Session.open(folder), [], NEXT_DAY).message
    assert told.startswith("'things[E]' was delivered so in EACH-E/1")


def test_the_site_says_that_it_is_withdrawn_and_why(folder: Path) -> None:
    replace_rows(folder, B=2, C=4, D=4)
    out = folder.parent / "site"
    write_site(Session.open(folder, languages=["all"]), out, folder.parent / "out")
    one = read_ledger(folder, "").all_editions("each-A")[0]
    page = (out / one.page).read_text(encoding="utf-8")
    assert 'class="withdrawn"' in page
    assert REASON in page
    assert "ورق A" in page
    assert not (out / "d" / "each-A.html").exists()
    assert "EACH-A/1" in (out / "corrections.html").read_text(encoding="utf-8")
    assert '"withdrawn"' in (out / "editions.json").read_text(encoding="utf-8")
    for feed in ("corrections.atom", "corrections.json"):
        assert "ورق A" in (out / feed).read_text(encoding="utf-8")
    # The page that the QR code leads to without a site's own page for the edition.
    assert REASON in (out / "check.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_page_that_the_code_leads_to_says_so_without_a_network(tab: Tab, folder: Path) -> None:
    write_rows(folder / "tables" / "things.csv", A=2, B=2, C=3, D=4)
    planned(folder, newer=folder / "tables" / "things.csv").write_change()
    deliver_editions(Session.open(folder), ["each-A"], folder.parent / "out", NEXT_DAY)
    replace_rows(folder, B=2, C=3, D=4)
    write_site(Session.open(folder, languages=["all"]), out := folder.parent / "site", folder.parent / "out")
    tab.show(out / "check.html", 360)
    for one in read_ledger(folder, "").all_editions("each-A"):
        tab.evaluate(f"field.value = '{one.signature}'; form.requestSubmit()")
        said = str(tab.evaluate("answer.innerText"))
        assert said.startswith("این برگه پس گرفته شده است")
        assert REASON in said
        assert "تازه‌ترین نسخه" not in said, "no other edition takes its place"
    tab.evaluate("field.value = 'EACH-B/1'; form.requestSubmit()")
    assert str(tab.evaluate("answer.innerText")).startswith("این برگه تازه است")


def test_on_the_command_line(folder: Path) -> None:
    replace_rows(folder, B=2, C=3, D=4)
    done = run("status", "each-A/1", "--publication", folder)
    assert done.exit_code == 1
    assert "was withdrawn on 2026-11-26: its row is gone" in done.output
    assert run("check", "--publication", folder).exit_code == 0


def test_rows_that_went_or_came_by_hand_are_to_be_recorded(folder: Path) -> None:
    def warnings() -> list[str]:
        session = Session.open(folder)
        found = editions.find_ledger_problems(session.ledger, session.publication, ())
        return [f"{problem.message}: {problem.hint}" for problem in found if problem.severity == "warning"]

    own, remedy = folder / "tables" / "things.csv", "tipbrief correct --from tables/things.csv --reason '…'"
    write_rows(own, B=2, C=3, D=4)
    assert [remedy in one for one in warnings() if "things[A]" in one] == [True]
    planned(folder, newer=own, reason=REASON).write_change()
    assert not warnings()
    assert status(folder, "each-A/1").state == "withdrawn"
    write_rows(own, A=1, B=2, C=3, D=4)
    assert [one.startswith("the row 'things[A]' is back") and remedy in one for one in warnings()] == [True]
    planned(folder, newer=own, reason=REASON).write_change()
    assert not warnings()
    assert status(folder, "each-A/1").state == "current"
