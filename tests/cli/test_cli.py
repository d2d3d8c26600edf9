"""The commands as they are typed: what they print, where, and with which exit status."""

import contextlib
import json
import os
import pty
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC
from pathlib import Path
from typing import Any

import click
import pytest

from tests.pipeline.rows import sheets
from tests.support import (
    GOLDEN,
    append,
    change,
    contents,
    environment,
    figures_brief,
    run,
    run_badly,
    run_python,
    run_well,
)
from tipbrief import __version__
from tipbrief.cli.common import MAX_ITEMS_SHOWN, current_time
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.process import EarlyWorker

pytestmark = pytest.mark.usefixtures("empty_cache")
WARNING = ("label: کشور در جدول", "label: کشور بی کار در جدول")
ERROR = ("label: کشور در جدول", "label: کتاب ها در جدول")


@pytest.fixture
def wells(tmp_path: Path) -> Path:
    """A copy of the made-up publication whose brief is one small page."""
    copy = Path(shutil.copytree(GOLDEN, tmp_path / "wells"))
    (copy / "briefs" / "all.yaml").write_text(figures_brief("countries"), encoding="utf-8")
    shutil.rmtree(copy / "pictures")  # which nothing names any more
    return copy


@pytest.fixture
def faulty(wells: Path) -> Path:
    change(wells / "figures.yaml", *ERROR)
    change(wells / "figures.yaml", "sources: [diary]", "sources: [dairy]")
    return wells


def test_check_sums_up_a_sound_publication(wells: Path) -> None:
    done = run_well("check", "--publication", wells, quiet=True)
    assert done.stdout == f"{wells}: 2 briefs, 7 figures, 5 tables, 4 sources: no faults\n"
    done = run("check", "--publication", wells, "--format", "json")
    assert (done.exit_code, done.stderr, json.loads(done.stdout)) == (0, "", [])


def test_build_names_each_file_with_size_and_pages(wells: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    done = run_well("build", "all", "--publication", wells, "--out", out, quiet=True)
    brief, pdf, html = done.stdout.splitlines()
    assert brief == "all: draft of ALL/2"
    assert re.fullmatch(re.escape(f"  {out}/wells-all.pdf") + r" \(\d+ KB, 1 page\)", pdf)
    assert re.fullmatch(re.escape(f"  {out}/wells-all.html") + r" \(\d+ KB\)", html)


def test_the_version_is_told_by_both_doors(tipbrief: Callable[..., Any]) -> None:
    done = tipbrief("--version")
    assert done.stdout == run("--version").stdout == f"tipbrief, version {__version__}\n"


@pytest.mark.parametrize("language", ["en", "fa-AF", "fa-IR", "ps"])
def test_alone_it_says_where_to_begin(monkeypatch: pytest.MonkeyPatch, language: str) -> None:
    monkeypatch.setenv("TIPBRIEF_LANGUAGE", language)
    said = run_well().stdout
    for command in ("tipbrief new DIR --language ", "docs/tutorial/README.md", "tipbrief help", "tipbrief --help"):
        assert command in said
    assert len(said.splitlines()) <= 5
    assert ("Dari" in said) == (language == "en")


def test_the_doctor_ends_with_the_next_step() -> None:
    done = run("doctor")
    assert done.exit_code == 0
    assert done.stdout.endswith("\nAll that is needed is here. Where to begin: tipbrief\n")
    for name in ("Python", "weasyprint", "Pango", "HarfBuzz", "fonts"):
        assert len(re.findall(f"^{name} +ok  ", done.stdout, re.M | re.I)) == 1, name


def test_all_problems_are_printed_with_place_line_and_hint(
    faulty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("check", "--publication", faulty)
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.count("wells/figures.yaml:") == 2, "the place is told from the working folder"
    assert "'کتاب ها'" in done.stderr or "کتاب ها در جدول" in done.stderr
    assert "there is no source 'dairy'" in done.stderr
    assert "    hint: did you mean 'diary'?" in done.stderr
    assert done.stderr.endswith("\n2 problems\n")
    assert run("build", "--publication", faulty).stderr == done.stderr
    assert not (tmp_path / "out").exists()


def test_many_problems_are_cut_short_and_counted(wells: Path) -> None:
    rows = "".join(f"X{number},نام,,wrong,\n" for number in range(MAX_ITEMS_SHOWN + 5))
    append(wells / "tables" / "places.csv", rows)
    done = run_badly("check", "--publication", wells)
    assert done.stderr.count("places.csv:") == MAX_ITEMS_SHOWN - 1, "the first is that the map has none of them"
    assert re.search(r"^… and \d+ more$", done.stderr, re.M)
    assert re.search(r"^5\d problems$", done.stderr, re.M)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("build al", "there is no brief 'al'\n    hint: did you mean 'all'?\n1 problem\n"),
        ("build --out taken/out", "the folder 'taken/out' cannot be written: Not a directory\n"
         "    hint: free the folder, or name another one: --out DIR."),
        ("build --publication nowhere", "there is no publication in 'nowhere'\n"),
        ("check --publication nowhere", "there is no publication in 'nowhere'\n"),
    ],
)  # fmt: skip
def test_what_cannot_be_built_is_told_and_changes_nothing(
    wells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: str, told: str
) -> None:
    (tmp_path / "taken").write_text("mine")
    (tmp_path / "data").mkdir()
    wells.rename(tmp_path / "data" / "wells")
    monkeypatch.chdir(tmp_path)
    done = run(*words.split())
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith(told)
    assert (tmp_path / "taken").read_text() == "mine"
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("biuld", "No such command 'biuld'"), ("build --format pdf", "No such option '--format'"),
        ("check extra", "Got unexpected extra argument"), ("verify", "Missing argument 'PDFS...'"),
        ("check --format xml", "'xml' is not one of 'text', 'json'"),
        (f"build --publication {__file__}", "is a file"), (f"build --out {__file__}", "is a file"),
        ("fonts prepare --out x", "say which font: --font FILE"),
    ],
)  # fmt: skip
def test_a_command_that_is_typed_wrong_ends_with_2(words: str, message: str) -> None:
    done = run(*words.split())
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Usage: ")
    assert message.strip("'") in done.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["correct", "wells", "12346", "--reason", "--dry-run"], "--reason has no value: --dry-run is an"),
        (["correct", "wells", "12346", "--reason", "-h"], "--reason has no value: -h is an option"),
        (["build", "--out", "--deliver"], "--out has no value: --deliver is an option"),
        (["mail", "all", "--out", "x.eml", "--to", "--send"], "--to has no value: --send is an option"),
        (["build", "--out", ""], "the name is empty"),
        (["check", "--publication", ""], "the name is empty"),
        (["verify", ""], "the name is empty"), (["inspect", ""], "the name is empty"),
        (["impose", "", "--as", "booklet"], "the name is empty"),
        (["inspect", "a.pdf", "--extract", ""], "the name is empty"),
        (["impose", "x.pdf", "--as", "2-up", "--out", ""], "the name is empty"),
        (["impose", "x.pdf", "--as", "2-up", "--out", "figures.yaml"], "does not end in .pdf"),
        (["impose", "x.pdf", "--as", "2-up", "--out", "./x.pdf"], "is the file that is read"),
        (["mail", "all", "--to", "a@example.org", "--out", "figures.yaml"], "does not end in .eml"),
    ],
)  # fmt: skip
def test_what_is_forgotten_is_not_taken_from_the_next_word(
    words: list[str], message: str, wells: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wells)
    before = contents(wells)
    done = run(*words)
    assert (done.exit_code, done.stdout, contents(wells)) == (2, "", before)
    assert message in done.stderr


def test_json_tells_every_problem_and_nothing_else(
    faulty: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = run("check", "--publication", faulty, "--format", "json")
    assert (done.exit_code, done.stderr) == (1, "")
    spelling, source = json.loads(done.stdout)
    lines = (faulty / "figures.yaml").read_text("utf-8").splitlines()
    for problem, line in ((spelling, "کتاب ها"), (source, "dairy")):
        place = {"file", "line", "column", "source_line"}
        assert set(problem) == {"severity", "kind", "message", "hint", *place}
        assert (problem["severity"], problem["file"]) == ("error", "wells/figures.yaml")
        assert problem["source_line"] == lines[problem["line"] - 1]
        assert line in problem["source_line"][problem["column"] - 1 :]
    assert source["kind"] == "unknown-source"


@pytest.mark.parametrize("command", ["check", "build"])
def test_a_warning_is_told_and_fails_only_when_strict(
    wells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    change(wells / "figures.yaml", *WARNING)
    monkeypatch.chdir(tmp_path)
    done = run(command, "--strict", "--publication", wells)
    assert (done.exit_code, done.stdout) == (1, "")
    assert "warning: " in done.stderr
    assert not (tmp_path / "out").exists()
    done = run(command, "--publication", wells)
    assert done.exit_code == 0
    assert "warning: " in done.stderr
    assert "problem" not in done.stderr
    assert command == "build" or re.search(": no faults, 1 warnings?\n$", done.stdout)


def test_papers_and_keys_are_taken_in_any_case(tmp_path: Path) -> None:
    folder, out = sheets(tmp_path / "many"), tmp_path / "out"
    where = ("--publication", folder, "--out", out)
    run_well("build", "each", "--only", "egy,Irn", "--paper", "A5", *where, quiet=True)
    assert {pdf.name for pdf in out.glob("*.pdf")} == {"wells-each-EGY-a5.pdf", "wells-each-IRN-a5.pdf"}
    done = run("build", "each", "--only", "egx", *where)
    assert "has no document 'egx'\n    hint: did you mean 'EGY'?" in done.stderr


def test_list_says_what_is_a_draft(wells: Path, tmp_path: Path) -> None:
    def listed() -> str:
        return " ".join(run("list", "--publication", wells).stdout.splitlines()[0].split()[:4])

    assert listed().startswith("all draft of ALL/2")
    run_well("build", "all", "--deliver", "--publication", wells, "--out", tmp_path / "out")
    assert re.match("all ALL/2 · ", listed())
    change(wells / "briefs" / "all.yaml", "subtitle: برگۀ کوتاه", "subtitle: برگۀ نو")
    assert listed().startswith("all draft of ALL/3")


@pytest.mark.parametrize(
    ("there", "words", "told"),
    [
        (["wells"], "check", "data/wells: 2 briefs"),
        *((["a", "b"], words, "there are 2 publications under ./data\n    hint: name one: "
           "--publication data/a or --publication data/b\n1 problem\n") for words in ("check", "build")),
        *(([], words, "there is no publication here, and none under ./data (data/empty: no publication.yaml)\n"
           "    hint: begin one: tipbrief new DIR; or go to the folder with publication.yaml, "
           "or name it: --publication DIR\n1 problem\n")
          for words in ("check", "check --schema", "build", "build --deliver", "list", "watch", "status WORLD/1",
                        "site", "correct laws 139 --reason خطا", "merge", "translate ps",
                        "mail world --to a@example.org --out a.eml")),
    ],
)  # fmt: skip
def test_without_a_name_the_only_one_under_data_is_taken_and_none_else(
    wells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, there: list[str], words: str, told: str
) -> None:
    (tmp_path / "data" / "empty").mkdir(parents=True)
    for name in there:
        shutil.copytree(wells, tmp_path / "data" / name)
    monkeypatch.chdir(tmp_path)
    done = run(*words.split())
    assert told in done.stdout + done.stderr
    assert (done.exit_code, done.stdout == "") == ((1, True) if "problem" in told else (0, False))
    assert not (tmp_path / "out").exists()


def test_a_zone_that_cannot_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "<+99>-99")
    time.tzset()
    try:
        assert current_time().tzinfo is UTC
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_source_date_that_is_no_time(wells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for given in ("9" * 12, "9" * 17, "9" * 30, "yesterday", "2026-11-25"):
        monkeypatch.setenv("SOURCE_DATE_EPOCH", given)
        done = run("correct", "wells", "7000", "--reason", "خطای رونویسی", "--publication", wells)
        assert (done.exit_code, done.stdout) == (1, "")
        assert done.stderr.startswith(f"SOURCE_DATE_EPOCH is no time: {given}\n    hint: ")


def in_a_terminal(*words: str | Path) -> tuple[int, str, str]:
    """Exit status, standard output, and what a terminal at standard error was shown."""
    ours, theirs = pty.openpty()
    env = environment(TERM="xterm")
    env.pop("NO_COLOR", None)
    command = [sys.executable, "-m", "tipbrief", *map(str, words)]
    with subprocess.Popen(command, env=env, stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, text=True) as process:
        os.close(theirs)
        shown = b""
        with contextlib.suppress(OSError):  # Linux says so at the end
            while part := os.read(ours, 4096):
                shown += part
        out = process.communicate()[0]
    os.close(ours)
    return process.returncode, out, shown.decode()


def test_in_a_terminal_the_steps_are_shown(wells: Path, tmp_path: Path) -> None:
    status, out, shown = in_a_terminal("build", "--publication", wells, "--out", tmp_path / "out")
    assert status == 0, shown
    assert len(out.splitlines()) == 3
    for step in ("compose", "typeset", "verify", "deliver"):
        assert f"all: {step}" in shown
    assert "100%" in shown


def test_of_many_documents_a_terminal_shows_a_bar_and_no_lines(tmp_path: Path) -> None:
    folder, out = sheets(tmp_path / "many"), tmp_path / "out"
    status, _, shown = in_a_terminal("build", "each", "--publication", folder, "--out", out)
    assert status == 0, shown
    assert re.search(r"building +\[#+-+\] +\d+% ", shown)
    assert "100%" in shown
    assert "each-EGY: deliver" in shown
    assert "of 8, about" not in shown


def test_in_a_terminal_problems_have_colour_and_begin_on_a_line_of_their_own(faulty: Path) -> None:
    status, _, shown = in_a_terminal("check", "--publication", faulty)
    assert status == 1
    assert "\x1b[31m" in shown
    assert shown.endswith("2 problems\r\n")


def test_a_problem_after_the_progress_begins_on_a_line_of_its_own(wells: Path, tmp_path: Path) -> None:
    change(wells / "briefs" / "all.yaml", "pages: 1", "pages: 3")
    words = ["build", "--deliver", "--publication", wells, "--out", tmp_path / "out"]
    status, out, shown = in_a_terminal(*words)
    assert (status, out) == (1, "")
    lines = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).split("\n")
    begun = f"{wells / 'briefs' / 'all.yaml'}:"
    assert any(line.startswith(begun) and "fills 1 of its 3 pages" in line for line in lines), lines


def test_what_makes_no_pdf_does_not_load_weasyprint(wells: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    wells.rename(tmp_path / "data" / "wells")
    never = {"weasyprint", "pydyf", "cffi", "pypdfium2"}
    commands = [
        *(f"{command} --help" for command in ("", "doctor", "build", "verify", "diff", "inspect")),
        *("--version", "check", "check --format json", "fonts", "status ALL/1", "diff ALL/1 ALL/1"),
        "diff data/wells data/wells",
    ]
    assert not loaded_modules(commands, tmp_path) & {*never, "pikepdf"}
    assert not loaded_modules(["correct --help", CORRECTION], tmp_path) & never


@pytest.mark.parametrize(
    ("words", "never"),
    [("--version", "yaml tipbrief.pipeline.store tipbrief.language.language"),
     ("status ALL/1", "tipbrief.check.publication tipbrief.check.models tipbrief.pipeline.session")],
    ids=["--version", "status"],
)  # fmt: skip
def test_a_command_loads_only_what_it_needs(words: str, never: str, wells: Path) -> None:
    assert not loaded_modules([words], wells) & {*never.split()}


@pytest.mark.parametrize(
    ("words", "starts"),
    [("one", True), ("each", False), ("each.fa-AF", False), ("each --only AFG", True), ("each-AFG", True),
     ("", True), ("--all", False), ("no-such", True)],
)  # fmt: skip
def test_an_early_worker_starts_only_where_it_gets_work(
    words: str, starts: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, started = sheets(tmp_path / "many"), list[object]()
    monkeypatch.setattr(EarlyWorker, "start", lambda first: started.append(first))
    monkeypatch.setattr(Session, "open", lambda *_, **__: click.get_current_context().exit(3))
    run_badly("build", *words.split(), "--publication", folder, status=3)
    assert bool(started) == starts


CORRECTION = "correct wells 7000 --reason خطا --dry-run"
RUN = """import sys
from tipbrief.cli.main import main
for words in sys.argv[1:]:
    try:
        main(words.split())
    except SystemExit as end:
        assert not end.code, words
print(*sys.modules)
"""


def loaded_modules(commands: list[str], folder: Path, **variables: str) -> set[str]:
    """What commands that end well have imported, one after the other in one process."""
    done = run_python("-c", RUN, *commands, cwd=folder, **variables)
    assert done.returncode == 0, done.stderr
    return {*done.stdout.splitlines()[-1].split()}


def test_a_correction_loads_no_templates_where_all_is_known_that_prints_it(wells: Path, tmp_path: Path) -> None:
    first, again = (loaded_modules([CORRECTION], wells, XDG_CACHE_HOME=str(tmp_path / "cache")) for _ in range(2))
    assert "tipbrief.compose.templates" in first
    assert not first & {"numpy", "shapely"}, "only a publication with shapes of its own needs them"
    assert not again & {"tipbrief.compose.templates", "tinycss2", "tipbrief.typeset.engine"}


@pytest.mark.parametrize("here", [".", "tables", "out/deep"])
def test_in_a_publication_it_is_this_one(wells: Path, monkeypatch: pytest.MonkeyPatch, here: str) -> None:
    (wells / here).mkdir(parents=True, exist_ok=True)
    monkeypatch.chdir(wells / here)
    done = run("check")
    assert done.stdout.startswith(f"{os.path.relpath(wells)}: 2 briefs"), done.output
    assert done.stderr == ""


@pytest.mark.parametrize("name", ["a" * 300, "b/" * 2500, "loop", "pipe/x"])
def test_a_publication_that_can_be_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    for words in ("check", "list", "build", "correct a 1", "merge", "status WORLD/1"):
        done = run(*words.split(), "--publication", name)
        assert isinstance(done.exception, SystemExit), (words, done.exception)
        assert done.exit_code in (1, 2), (words, done.output)
