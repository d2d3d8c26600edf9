"""An editor's story on the command line: deliver, correct, deliver again; and what an old handout is told."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from tests.support import GOLDEN, change, figures_brief, run, run_badly, run_well, wells

BRIEFS = {"one": "wells, newest", "two": "countries, open"}
REASON = "خطای رونویسی"

Story = Callable[..., Any]


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the publication, and the handouts of its first two editions."""
    home = tmp_path_factory.mktemp("story")
    folder = wells(home / "wells", **{name: figures_brief(figures) for name, figures in BRIEFS.items()})

    def day(number: int, *words: str | Path) -> str:
        env = {"SOURCE_DATE_EPOCH": str(1795564800 + 86400 * number), "XDG_CACHE_HOME": str(home / "cache")}
        return run_well(*words, "--publication", folder, quiet=True, **env).stdout

    said = day(0, "build", "--deliver", "--out", home / "first")
    assert said.startswith("one: ONE/1 · ")
    said = day(1, "correct", "wells", "12346.5", "--reason", REASON, "--source", "survey")
    assert said.splitlines()[0] == "wells  12345.5 → 12346.5"
    assert "printed by: one. Next: tipbrief build" in said
    said = day(2, "build", "--out", home / "draft")
    assert said.startswith("one: draft of ONE/2\n")
    said = day(2, "build", "--deliver", "--out", home / "second")
    assert said.startswith("one: ONE/2 · ")
    assert "two: TWO/1 · " in said
    return home


def first(told: Path, brief: str = "one") -> Path:
    return told / "first" / f"wells-{brief}.pdf"


def second(told: Path, brief: str = "one") -> Path:
    return told / "second" / f"wells-{brief}.pdf"


def signature(pdf: Path) -> str:
    """``ONE/1 · 9f2c``."""
    edition = json.loads(run("inspect", pdf, "--format", "json").stdout)["edition"]
    return f"{edition['brief'].upper()}/{edition['number']} · {edition['code']}"


def test_the_old_pdf_is_superseded_and_the_figure_is_named(told: Path) -> None:
    done = run_badly("status", first(told), "--publication", told / "wells")
    assert done.stderr == ""
    old, new = signature(first(told)), signature(second(told))
    assert done.stdout.replace("\u200e", "").splitlines() == [
        f"{old} is superseded by {new}, delivered on 2026-11-27",
        f"  wells  12345.5 → 12346.5  (correction of 2026-11-26: {REASON})",
        "the file is one that was delivered",
    ]


def test_the_difference_is_exactly_that_figure(told: Path) -> None:
    unpacked = told / "unpacked"
    run_well("inspect", first(told), "--extract", unpacked)
    folder = told / "wells"
    sides = [(first(told), second(told)), (first(told), folder), ("ONE/1", "ONE/2"),
             ("ONE/1", folder), (first(told), "ONE/2"), (unpacked, second(told))]  # fmt: skip
    for old, new in sides:
        done = run_badly("diff", old, new, "--publication", folder, "--format", "json")
        assert done.stderr == ""
        (found,) = json.loads(done.stdout)
        assert {name: found[name] for name in ("group", "name", "was", "now")} == {
            "group": "figure", "name": "wells", "was": "12345.5", "now": "12346.5",
        }  # fmt: skip
    done = run_badly("diff", first(told), second(told))
    assert "12345.5" in done.stdout
    assert "12346.5" in done.stdout


def test_the_newest_is_current(told: Path) -> None:
    for pdf in (second(told), second(told, "two"), first(told, "two")):
        done = run_well("status", pdf, "--publication", told / "wells", quiet=True)
        assert done.stdout.endswith("the file is one that was delivered\n")
        assert f"{signature(pdf)} is current, delivered on " in done.stdout


def test_a_draft_is_no_edition(told: Path) -> None:
    done = run_badly("status", told / "draft" / "wells-one.pdf", "--publication", told / "wells")
    assert done.stdout.startswith("draft: it is a draft of ONE/2; the edition is ONE/2 · ")


def test_what_is_no_pdf_of_ours_is_a_problem_and_other_texts_unknown_codes(told: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing")
    with pypdfium2.PdfDocument.new() as document:
        document.new_page(100, 100)
        document.save(tmp_path / "blank.pdf")
    for name in ("notes.txt", "blank.pdf", "gone.pdf"):
        done = run("status", tmp_path / name, "--publication", told / "wells")
        assert (done.exit_code, done.stdout) == (1, "")
        assert name in done.stderr
        assert done.stderr.endswith("1 problem\n")
    for text in ("x" * 5000, ""):
        done = run("status", text, "--publication", told / "wells")
        assert (done.exit_code, done.stdout[:24]) == (1, "this code cannot be read")


def test_a_ledger_elsewhere_is_enough(tipbrief: Story, told: Path, tmp_path: Path) -> None:
    sent = tmp_path / "sent"
    sent.mkdir()
    shutil.copytree(told / "wells" / "ledger", sent / "ledger")
    assert run("inspect", second(told), "--extract", tmp_path / "unpacked").exit_code == 0
    one_file = (tmp_path / "unpacked" / "ledger.json").rename(tmp_path / "by another name")
    for where in (sent, sent / "ledger", one_file, told / "wells"):
        asked = signature(first(told)) if where == one_file else first(told)
        done = tipbrief("status", asked, "--ledger", where, cwd=tmp_path)
        assert (done.returncode, done.stderr) == (1, "")
        assert "  wells  12345.5 → 12346.5  (correction of 2026-11-26" in done.stdout.replace("\u200e", "")
    assert tipbrief("status", first(told), "--ledger", tmp_path / "gone.yaml").returncode == 2
    done = run("status", first(told), "--ledger", told / "first")
    assert done.stderr.endswith("hint: name the folder of the publication, or its ledger/\n1 problem\n")
    done = run("status", "ALL/1 · f80d", "--ledger", GOLDEN)
    assert done.stdout.startswith("ALL/1 · f80d is current, delivered on 2025-10-01\n")


def test_where_nothing_differs_the_exit_status_is_0(told: Path) -> None:
    folder = told / "wells"
    for old, new in ((folder, folder), (second(told), folder), ("ONE/2", folder), ("ONE/2", "one/2"),
                     (second(told), "ONE/2")):  # fmt: skip
        done = run("diff", old, new, "--publication", folder)
        assert (done.exit_code, done.stdout, done.stderr) == (0, "", "")


def test_what_cannot_be_compared_is_a_problem_with_exit_status_2(told: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes.txt").write_text("nothing")
    folder = told / "wells"
    for old in (tmp_path / "empty", tmp_path / "notes.txt", tmp_path / "gone.pdf", "ONE/7", "x" * 5000):
        done = run("diff", old, folder, "--publication", folder)
        assert (done.exit_code, done.stdout) == (2, "")
        assert done.stderr.endswith(("1 problem\n", "problems\n"))
        assert "Traceback" not in done.stderr
    done = run("diff", "ONE/7", folder, "--publication", folder)
    assert done.stderr.startswith("'ONE/7' is no folder, no PDF, and no edition of the ledger\n    hint: ")


@pytest.mark.parametrize(
    ("number", "old", "new", "said"),
    [
        (2, '"reason"', '<<<<<<< HEAD\n"reason"', "merge"),
        (3, '"number": 2', '"number": 1', "it was changed by hand"),
        (1, '"wells": "12345.5"', '"wells": "12345.6"', "it was changed by hand"),
        (2, "", "", "the entry before this one is gone"),
    ],
)
def test_a_ledger_in_disorder_is_told_by_every_command(
    told: Path, tmp_path: Path, number: int, old: str, new: str, said: str
) -> None:
    folder = Path(shutil.copytree(told / "wells", tmp_path / "wells"))
    (file,) = (folder / "ledger").glob(f"{number:04}-*.json")
    if old:
        change(file, old, new)
    else:
        file.unlink()
    before = {path: path.read_bytes() for path in (folder / "ledger").iterdir()}
    commands: list[list[str | Path]] = [
        ["build", "--out", tmp_path / "out"], ["build", "--deliver", "--out", tmp_path / "out"],
        ["status", "ONE/1"], ["correct", "wells", "7000", "--reason", REASON], ["diff", "ONE/1", folder],
    ]  # fmt: skip
    for words in commands:
        done = run(*words, "--publication", folder)
        assert done.exit_code == (2 if words[0] == "diff" else 1), words
        assert said in done.stderr
        assert "ledger/000" in done.stderr
        assert "hint: " in done.stderr
    assert {path: path.read_bytes() for path in (folder / "ledger").iterdir()} == before
    assert not list((tmp_path / "out").glob("*")) if (tmp_path / "out").exists() else True
