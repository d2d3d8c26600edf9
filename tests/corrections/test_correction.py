"""Corrections thought through and made: the dataset, the ledger, the briefs that they reach, the page."""

import difflib
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.corrections.support import DAY, NEXT_DAY, REASON, planned, wells_printing
from tests.support import append, change, contents, pdf_text, problems_of, run, run_badly, run_well
from tipbrief import files
from tipbrief.corrections.correction import plan_correction
from tipbrief.ledger import ledger_folder
from tipbrief.ledger.entries import Change
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.run import build_documents, deliver_editions
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems

BRIEFS = {"one": "wells, newest", "two": "countries, open", "three": "change"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with three small briefs, of which nothing was delivered yet."""
    return wells_printing(tmp_path / "wells", BRIEFS)


@pytest.fixture
def delivered(folder: Path, tmp_path: Path) -> Path:
    """The same, and each brief has its first edition."""
    deliver_editions(Session.open(folder), [], tmp_path / "out", DAY)
    return folder


def faults(folder: Path, *wanted: tuple[str, str], **settings: Any) -> list[Problem]:
    """What is wrong with a correction, which must change nothing."""
    before = contents(folder)
    problems = problems_of(planned, folder, *wanted, **settings)
    assert contents(folder) == before
    return problems


def changed_lines(before: dict[str, bytes], after: dict[str, bytes]) -> dict[str, list[str]]:
    """By file, the lines that are gone and those that are new."""
    found = {}
    for name in (name for name, data in after.items() if data != before.get(name)):
        lines = difflib.ndiff(*(one.get(name, b"").decode().splitlines() for one in (before, after)))
        found[name] = [line for line in lines if line[0] in "+-"]
    return found


def test_one_line_of_the_dataset_changes_and_the_ledger_gains_one_entry(delivered: Path) -> None:
    before = contents(delivered)
    made = planned(delivered, ("wells", "۱۲٬۳۴۶٫۵"), source="survey")
    assert contents(delivered) == before, "a correction that was only thought of"
    made.write_change()
    changed = changed_lines(before, contents(delivered))
    assert changed.pop("figures.yaml") == ["-   value: 12345.5", "+   value: 12346.5"]
    ((name, entry),) = changed.items()
    assert re.fullmatch(r"ledger/0002-correction-[0-9a-f]{12}\.json", name)
    assert '+ {"name": "wells", "was": "12345.5", "now": "12346.5"}' in entry
    assert {f'+ "reason": "{REASON}",', '+ "source": "survey",', '+ "date": "2026-11-26",'} < {*entry}


@pytest.mark.parametrize(
    ("wanted", "briefs"),
    [
        ([("wells", "7000")], ("one",)), ([("newest", "901")], ("one",)), ([("change", "-8")], ("three",)),
        ([("digging[2023].dug", "901")], ("one",)), ([("places[AFG].state", "dry")], ("two",)),
        ([("places[AFG].depth", "121")], ()), ([("digging[2022].dug", "401")], ()),
        ([("wells", "7000"), ("change", "-8")], ("one", "three")),
    ],
)  # fmt: skip
def test_the_briefs_that_print_it_are_named_and_no_others(
    delivered: Path, tmp_path: Path, wanted: list[tuple[str, str]], briefs: tuple[str, ...]
) -> None:
    made = planned(delivered, *wanted)
    assert made.briefs == briefs
    made.write_change()
    drafts = tuple(name for name in BRIEFS if compose_document(Session.open(delivered), name).edition.draft)
    assert tuple(sorted(drafts)) == tuple(sorted(briefs))


def test_what_is_counted_follows_and_is_told(delivered: Path) -> None:
    (entry,) = planned(delivered, ("places[AFG].state", "dry")).entries
    assert entry.steps == {"places[AFG].state": ("open", "dry"), "open": ("2", "1")}
    (entry,) = planned(delivered, ("newest", "901")).entries
    assert entry.steps == {
        "digging[2023].dug": ("900", "901"), "newest": ("900", "901"), "both": ("904", "905"),
    }  # fmt: skip


def test_several_are_one_command_with_an_entry_each(delivered: Path) -> None:
    before = contents(delivered)
    made = planned(delivered, ("closed", "2"), ("places[AND].state", "shut"), ("wells", "7000"))
    assert [(one.name, one.was, one.now) for one in made.entries] == [
        ("closed", "1", "2"), ("places[AND].state", "dry", "shut"), ("wells", "12345.5", "7000"),
    ]  # fmt: skip
    made.write_change()
    changed = changed_lines(before, contents(delivered))
    assert changed["tables/places.csv"] == ["- AND,اندورا,,dry,", "+ AND,اندورا,,shut,"]
    assert sorted(changed["figures.yaml"]) == [
        "+   value: 2", "+   value: 7000", "-   value: 1", "-   value: 12345.5",
    ]  # fmt: skip
    assert Session.open(delivered).publication.values["closed"] == 2


def test_a_correction_before_any_edition_is_kept_too(folder: Path) -> None:
    planned(folder, ("wells", "7000"), reason="  خطای\n رونویسی ").write_change()
    (entry,) = ledger_folder.read_ledger(folder, "wells").changes
    assert isinstance(entry, Change)
    assert entry.steps == {"wells": ("12345.5", "7000")}
    assert entry.reason == REASON, "one line, whatever its spaces"
    assert compose_document(Session.open(folder), "one").edition.name == "ONE/1"


def test_what_was_changed_by_hand_is_recorded_with_what_was_printed(delivered: Path) -> None:
    change(delivered / "figures.yaml", "value: 12345.5", "value: 7000")
    before = contents(delivered)
    made = planned(delivered, ("wells", "7000"))
    assert made.briefs == ("one",)
    made.write_change()
    assert [name[:7] for name in changed_lines(before, contents(delivered))] == ["ledger/"]
    assert made.entries[0].steps == {"wells": ("12345.5", "7000")}


def test_a_sum_that_follows_from_rows_added_by_hand_is_recorded(delivered: Path) -> None:
    append(delivered / "tables" / "places.csv", "IRN,ایران,,open,\n")
    made = planned(delivered, ("countries", "۵"), ("open", "3"))
    assert made.files == {}
    assert [one.steps for one in made.entries] == [{"countries": ("4", "5")}, {"open": ("2", "3")}]
    (problem,) = faults(delivered, ("countries", "6"))
    assert problem.message == "'countries' counts the rows of 'places'"


@pytest.mark.parametrize(
    ("settings", "message", "hint"),
    [
        *(({"reason": empty}, "a correction needs a reason", "readers see it: --reason '…', in Dari")
          for empty in ("", "  ", "\n\t", "\u200c", "\u200f\u200e", "–", ".")),
        ({"reason": "درست " * 1000}, "the reason has 4999 characters, more than 1000", ""),
        ({"reason": "کتاب ها نادرست بود"}, "the reason: ", "write 'کتاب\u200cها'"),
        ({"reason": "خطای 漢 رونویسی"}, "the reason: the fonts have no character U+6F22 '漢'", ""),
        ({"source": "survay"}, "there is no source 'survay'", "did you mean 'survey'?"),
    ],
)  # fmt: skip
def test_a_reason_must_be_given_well_spelt_and_drawable_and_its_source_known(
    folder: Path, settings: dict[str, str], message: str, hint: str
) -> None:
    (problem,) = faults(folder, ("wells", "7000"), **settings)
    assert problem.message.startswith(message)
    assert hint in problem.hint


def test_nothing_has_no_sign(folder: Path) -> None:
    (entry,) = planned(folder, ("change", "−0"), sure=True).entries
    assert entry.now == "0"


def test_all_that_is_wrong_is_told_together(folder: Path) -> None:
    found = faults(folder, ("well", "7"), ("change", "x"), reason="", source="survay")
    assert [problem.message for problem in found] == [
        "there is no figure 'well'", "'change' is a number, not 'x'", "a correction needs a reason",
        "there is no source 'survay'",
    ]  # fmt: skip


def test_a_dry_run_shows_what_would_change_and_changes_nothing(delivered: Path) -> None:
    before = contents(delivered)
    words = ["correct", "wells", "7000", "--reason", REASON, "--publication", delivered]
    shown = run_well(*words, "--dry-run", quiet=True).stdout
    assert contents(delivered) == before
    assert shown.splitlines()[0] == "wells  12345.5 → 7000"
    assert "nothing was written" in shown
    assert run(*words).exit_code == 0
    assert contents(delivered) != before


def test_the_command_says_what_changed_and_what_prints_it(delivered: Path) -> None:
    words = ["--reason", REASON, "--publication", delivered]
    done = run_well("correct", "newest", "901", "places[AFG].depth", "90", *words, quiet=True)
    assert done.stdout.splitlines() == [
        "digging[2023].dug  900 → 901",
        "places[AFG].depth  120.5 → 90",
        "  and with it newest  900 → 901",
        "  and with it both  904 → 905",
        f"recorded as a correction in {delivered / 'ledger'}",
        "printed by: one. Next: tipbrief build, then tipbrief build --deliver",
    ]
    done = run("correct", "places[AFG].depth", "95", *words)
    assert done.stdout.splitlines()[-1] == "no brief prints it"


@pytest.mark.slow
def test_what_sheets_of_rows_print_is_built_with_all(tip_2025: Path) -> None:
    done = run("correct", "youngest_recruit", "11", "--reason", REASON, "--publication", tip_2025)
    printed = "country-AFG, world, country-AFG.ps, world.ps, country-AFG.en, … (6 in all)"
    next_ = "tipbrief build --all --language all"
    *_, told, waits = done.stdout.splitlines()
    assert told == f"printed by: {printed}. Next: {next_}, then {next_} --deliver"
    assert waits.startswith("the reason waits to be translated into Pashto and English")


def test_an_odd_number_of_words_is_a_mistake_of_typing(folder: Path) -> None:
    for words in (["wells"], ["wells", "7000", "change"]):
        done = run("correct", *words, "--reason", REASON, "--publication", folder)
        assert (done.exit_code, done.stdout) == (2, "")
        assert f"'{words[-1]}' has no value: give FIGURE VALUE, in pairs" in done.stderr
    assert run("correct", "--reason", REASON, "--publication", folder).exit_code == 2
    assert run("correct", "wells", "7000", "--kind", "mistake", "--publication", folder).exit_code == 2


def test_a_negative_number_is_a_value_and_no_option(folder: Path) -> None:
    done = run_well("correct", "--reason", REASON, "--publication", folder, "--", "change", "-8")
    done = run_well("correct", "change", "-9", "--reason", REASON, "--publication", folder)
    assert "change  -8 → -9" in done.stdout
    done = run_badly("correct", "change", "-10", "--reasn", REASON, "--publication", folder, status=2)
    assert "No such option '--reasn'" in done.stderr


def test_the_page_says_what_was_wrong_what_is_right_and_when(delivered: Path, tmp_path: Path) -> None:
    planned(delivered, ("wells", "12346"), source="diary").write_change()
    planned(delivered, ("newest", "901"), kind="revision", reason="شمارش تازه").write_change()
    build_documents(Session.open(delivered), ["one", "three"], tmp_path / "out")
    page, other = (pdf_text(tmp_path / "out" / f"wells-{name}.pdf") for name in ("one", "three"))
    assert not any(sign in other for sign in ("تصحیحها", "†")), "its figures stay"
    marked = [line for line in page.splitlines() if "†" in line]
    assert any("۱۲٬۳۴۶" in line for line in marked), "the mark stands at the figure"
    assert any("۹۰۱" in line for line in marked)
    # Behind a small mark PDFium may end a line within the heading.
    corrections, _, revisions = page.replace("\r\n", "").partition("بازنگریها")
    assert revisions
    told = corrections.partition("تصحیحها")[2]
    assert "۱۲٬۳۴۵٫۵ نادرست بود؛ درست آن ۱۲٬۳۴۶ است" in told
    assert "۲۶ نومبر :۲۰۲۶" in told, "as PDFium orders what stands beside the colon"
    assert REASON in told
    assert "۹۰۱" not in told
    assert "پیشتر ،۹۰۰ اکنون .۹۰۱" in revisions
    assert "شمارش تازه" in revisions
    assert "نادرست" not in revisions


def test_the_heading_of_corrections_takes_no_line_of_its_own(delivered: Path) -> None:
    """A sheet that was full before has few."""
    session = Session.open(delivered)
    short = session.typesetter.lay_out(compose_document(session, "one").html()).page_fills[0]
    planned(delivered, ("wells", "12346")).write_change()
    session = Session.open(delivered)
    told = session.typesetter.lay_out(compose_document(session, "one").html()).page_fills[0]
    line = 12 * 25.4 / 72
    assert line <= told.lines - short.lines < 1.5 * line


# What somebody saves meanwhile

BOTH = (("closed", "2"), ("places[AND].state", "shut"))


def save(file: Path) -> None:
    text = file.read_bytes()
    file.write_bytes(text.replace(b"12345.5", b"99") + b"\n" * (b"12345.5" not in text))


@pytest.mark.parametrize("name", ["figures.yaml", "tables/places.csv"])
@pytest.mark.parametrize(
    "step", [(), (ledger_folder, "append_entry"), (ledger_folder, "convert_to_folder"), (files, "require_same_content")]
)
def test_what_an_editor_saves_meanwhile_is_never_lost(
    folder: Path, monkeypatch: pytest.MonkeyPatch, step: tuple[Any, ...], name: str
) -> None:
    """After the correction was thought through, before its files are written, or before one is renamed."""
    made, saved = planned(folder, *BOTH), list[dict[str, bytes]]()

    def meanwhile(*args: Any) -> Any:
        if not saved:
            before = contents(folder)
            save(folder / name)
            saved.append({one: (folder / name).read_bytes() if one == name else before[one] for one in before})
        return acting(*args)

    acting: Any = getattr(*step) if step else (lambda: None)
    if step:
        monkeypatch.setattr(*step, meanwhile)
    else:
        meanwhile()
    with pytest.raises(Problems, match="the file was changed in the meantime") as raised:
        made.write_change()
    assert "run the command again" in raised.value.problems[0].hint
    old = contents(folder)
    assert old == {one: content for one, content in saved[0].items() if one in old}, "nothing else was changed"
    assert not list(folder.rglob(".*"))


def test_what_was_saved_before_is_kept_beside_the_correction(folder: Path) -> None:
    session = Session.open(folder)
    save(folder / "figures.yaml")
    plan_correction(session, BOTH, reason=REASON, kind="correction", source="", date=NEXT_DAY).write_change()
    assert {b"  value: 99", b"  value: 2"} < {*(folder / "figures.yaml").read_bytes().splitlines()}


def test_a_link_inside_the_publication_stays_one(folder: Path) -> None:
    (folder / "shared").mkdir()
    for name in ("figures.yaml", "tables/places.csv", "ledger"):
        shared = folder / "shared" / Path(name).name
        (folder / name).rename(shared) if (folder / name).exists() else shared.mkdir()
        (folder / name).symlink_to(os.path.relpath(shared, (folder / name).parent))
    planned(folder, *BOTH).write_change()
    assert b"value: 2" in (folder / "shared" / "figures.yaml").read_bytes()
    assert b",shut" in (folder / "shared" / "places.csv").read_bytes()
    assert len([*(folder / "shared" / "ledger").iterdir()]) == 1
    assert all((folder / name).is_symlink() for name in ("figures.yaml", "tables/places.csv", "ledger"))
    assert Session.open(folder).publication.values["closed"] == 2


def test_a_link_that_came_meanwhile_is_not_written_through(folder: Path, tmp_path: Path) -> None:
    made = planned(folder, ("wells", "7000"))
    mine = tmp_path / "mine.yaml"
    (folder / "figures.yaml").rename(mine)
    (folder / "figures.yaml").symlink_to(mine)
    before = mine.read_bytes()
    with pytest.raises(Problems, match="a link leads out"):
        made.write_change()
    assert mine.read_bytes() == before


def test_a_reason_knows_the_words_of_the_publication(folder: Path) -> None:
    wrong = "قانونهای"
    assert faults(folder, ("wells", "7000"), reason=wrong)
    (folder / "words.txt").write_text(f"{wrong}\n", encoding="utf-8")
    assert planned(folder, ("wells", "7000"), reason=wrong).entries[0].reason == wrong


def test_a_tenfold_change_is_asked_about_and_no_count_is_negative(tip_2025: Path, folder: Path) -> None:
    words = ["--reason", REASON, "--publication", folder, "--dry-run"]
    done = run("correct", "wells", "1234560", *words)
    assert (done.exit_code, done.stderr) == (
        1, "'wells' was 12345.5, and would be 1234560\n    hint: if this is right, add --yes\n1 problem\n",
    )  # fmt: skip
    small = ["correct", "newest", "90000", *words]
    assert [run(*small, *more).exit_code for more in ((), ("--yes",))] == [1, 0]
    assert "write 901" in run("correct", "digging[2023].dug", "901.0", *words).stderr
    counted = ["--reason", REASON, "--publication", tip_2025, "--dry-run"]
    assert "its unit 'کشور و قلمرو' is counted" in run("correct", "laws", "-5", *counted).stderr
    assert "write 142" in run("correct", "laws", "142.0", *counted).stderr
