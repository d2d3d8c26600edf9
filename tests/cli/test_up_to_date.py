"""Where nothing changed, a build says what it said before; each change sends it its usual way."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.support import append, change, contents, figures_brief, wells
from tipbrief.cli import up_to_date
from tipbrief.cli.main import main
from tipbrief.cli.terminal import print_lines, record_output, replay_output
from tipbrief.cli.up_to_date import PUBLICATION_FOLDERS, find_saved_output
from tipbrief.ledger import ledger_folder
from tipbrief.load import publication_files
from tipbrief.pipeline import store

Words = list[str]


def built(words: Words) -> Result:
    """The usual way, as the command goes it."""
    done = CliRunner().invoke(main, words, obj=words)
    assert done.exit_code == 0, done.output
    return done


def said(words: Words) -> Any:
    """What is known of these words, on standard output and standard error."""
    with CliRunner().isolation() as (out, err, _):  # the streams of a command
        known = find_saved_output(words)
        replay_output(known or [])
        return known and (out.getvalue().decode(), err.getvalue().decode())


def restore(folder: Path, was: dict[str, bytes]) -> None:
    for name in contents(folder).keys() - was.keys():
        (folder / name).unlink()
    for name, content in was.items():
        (folder / name).write_bytes(content)


@pytest.fixture(scope="module")
def here(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a publication ``wells``, and what was built of it, in ``out``."""
    here = tmp_path_factory.mktemp("here")
    wells(here / "data" / "wells", all=figures_brief("countries"))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        patch.setenv("XDG_CACHE_HOME", str(here / "cache"))
        built(["build", "all", "--out", "out"])
        yield here


@pytest.fixture
def words(here: Path) -> Words:
    return ["build", "all", "--out", "out"]


def test_it_says_what_the_usual_way_says(words: Words) -> None:
    usual = built(words)
    assert usual.stdout.startswith("all: draft of ALL/1, unchanged\n  out/wells-all.pdf")
    assert said(words) == (usual.stdout, usual.stderr)


def test_warnings_and_notes_are_told_again(here: Path) -> None:
    words = ["build", "all", "--out", "o3", "--publication", "doubtful"]
    doubtful = wells(here / "doubtful", all=figures_brief("countries").replace("pages: 1", "pages: 2"))
    (doubtful / "pictures").mkdir()
    (doubtful / "pictures" / "idle.png").write_bytes(b"\x89PNG")
    first = built(words)
    assert "nothing names it" in first.stderr
    assert "fills 1 of its 2 pages" in first.stderr
    usual = built(words)
    assert (usual.stdout, usual.stderr) == said(words)
    assert built([*words, "--png", "300"]).stdout.count(".png") == 2
    assert said([*words, "--png", "300"])
    # With --strict these are faults: the usual way says them.
    assert CliRunner().invoke(main, [*words, "--strict"], obj=[*words, "--strict"]).exit_code == 1
    assert said([*words, "--strict"]) is None


def test_a_delivery_is_known_at_once_but_not_with_what_others_wrote(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ["build", "all", "--deliver", "--out", "o4", "--publication", "own"]
    folder = wells(here / "own", all=figures_brief("countries"))
    built(words)
    usual = said(words)
    assert usual
    assert "all: ALL/1" in usual[0]
    done = built(words)
    assert (done.stdout, done.stderr) == usual
    with monkeypatch.context() as patch:
        patch.setattr("time.strftime", lambda form: "2050-01-01")
        assert said(words) is None
    # While another edition is delivered, somebody else writes an entry, or changes a figure.
    entry = min((folder / "ledger").iterdir())
    real = ledger_folder.append_entry
    cases = {"0003-delivery-5d1c07e2a3b4.json": "countries, newest", "../figures.yaml": "newest"}
    for other, figures in cases.items():

        def append_two(*given: Any, other: str = other, **named: Any) -> Any:
            answer = real(*given, **named)
            append(folder / "ledger" / other, "\n") if other[0] == "." else shutil.copy(
                entry, folder / "ledger" / other
            )
            return answer

        with monkeypatch.context() as patch:
            patch.setattr(ledger_folder, "append_entry", append_two)
            (folder / "briefs" / "all.yaml").write_text(figures_brief(figures), encoding="utf-8")
            built(words)
        (folder / "ledger" / "0003-delivery-5d1c07e2a3b4.json").unlink(missing_ok=True)
        assert said(words) is None, other


def _another(name: str) -> Callable[[Path, pytest.MonkeyPatch], object]:
    return lambda here, patch: append(here / name, "\n")


def _gone(name: str) -> Callable[[Path, pytest.MonkeyPatch], object]:
    return lambda here, patch: (here / name).unlink()


def _added(name: str) -> Callable[[Path, pytest.MonkeyPatch], object]:
    def add(here: Path, patch: pytest.MonkeyPatch) -> None:
        (here / name).parent.mkdir(exist_ok=True, parents=True)
        (here / name).write_text("", encoding="utf-8")

    return add


def _program(name: str, value: Any) -> Callable[[Path, pytest.MonkeyPatch], object]:
    return lambda here, patch: patch.setattr(up_to_date, name, lambda *_: value)


def _shipped(changed: str) -> Callable[[Path, pytest.MonkeyPatch], object]:
    def alter(here: Path, patch: pytest.MonkeyPatch) -> None:
        real, (kind, _, name) = up_to_date.find_shipped_folder, changed.partition("/")
        shutil.copytree(real(kind), here / "shipped", dirs_exist_ok=True)
        append(here / "shipped" / name, "\n")
        patch.setattr(up_to_date, "find_shipped_folder", lambda one: here / "shipped" if one == kind else real(one))

    return alter


def _package(here: Path, patch: pytest.MonkeyPatch) -> None:
    (here / "site" / "jinja2-9.9.dist-info").mkdir(parents=True, exist_ok=True)
    patch.setattr(sys, "path", [*sys.path, str(here / "site")])


CHANGES: dict[str, Callable[[Path, pytest.MonkeyPatch], object]] = {
    "a figure": _another("data/wells/figures.yaml"),
    "a figure of as many digits": lambda here, patch: change(here / "data/wells/figures.yaml", "12345.5", "12346.5"),
    "a brief": _another("data/wells/briefs/all.yaml"),
    "a table that is gone": _gone("data/wells/tables/places.csv"),
    "a new file in a room": _added("data/wells/templates/css/print.css"),
    "a ledger": _added("data/wells/ledger/1.yaml"),
    "a style": _added("data/wells/theme.css"),
    "a half-made correction": _added("data/wells/.unfinished.json"),
    "another publication": _added("data/second/publication.yaml"),
    "a publication in which one stands": _added("publication.yaml"),
    "another PDF": _another("out/wells-all.pdf"),
    "no PDF": _gone("out/wells-all.pdf"),
    "another HTML": _another("out/wells-all.html"),
    "another manifest": _another("out/manifest.json"),
    "an index": _added("out/index.html"),
    "the modules": lambda here, patch: patch.setattr(store, "code_fingerprint", lambda: "another"),
    "the system's libraries": _program("library_versions", {"Pango": "0"}),
    "a package": _package,
    "a shipped template": _shipped("templates/css/common.css"),
    "a shipped map": _shipped("data/maps/world.json"),
    "a shipped list of nouns": _shipped("data/counted/fa-AF.txt"),
    "the language of the terminal": lambda here, patch: patch.setenv("LC_ALL", "C"),
    "a way that the user asks for": lambda here, patch: patch.setenv("TIPBRIEF_SAFE", "1"),
    "the day": lambda here, patch: patch.setenv("SOURCE_DATE_EPOCH", "0"),
    "the place": lambda here, patch: patch.chdir(here / "data"),
    "a link": lambda here, patch: (here / "data" / "wells" / "tables" / "x.csv").symlink_to(here / "x"),
    "a cache that others may write": lambda here, patch: (here / "cache" / "tipbrief").chmod(0o777),
}


@pytest.mark.parametrize("name", CHANGES)
def test_each_change_sends_the_build_its_usual_way(
    here: Path, words: Words, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = {one: contents(here / one) for one in ("data", "out")}
    assert said(words)
    with monkeypatch.context() as patch:
        CHANGES[name](here, patch)
        assert said(words) is None
    for one, files in kept.items():
        (here / "data" / "wells" / "tables" / "x.csv").unlink(missing_ok=True)
        restore(here / one, files)
    (here / "publication.yaml").unlink(missing_ok=True)
    (here / "cache" / "tipbrief").chmod(0o700)
    assert said(words), "it was that change alone"


def test_other_words_are_another_question(words: Words) -> None:
    assert said([*words, "--all"]) is None


def test_what_no_build_reads_changes_nothing(here: Path, words: Words) -> None:
    (here / "data" / "wells" / ".gitignore").write_text("out/\n", encoding="utf-8")
    assert said(words)


def test_files_that_are_built_inside_a_publication_are_no_part_of_it(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(here / "data" / "wells")
    words = ["build", "all"]
    built(words)
    assert said(words)
    shutil.rmtree("out")
    words = ["build", "all", "--out", "tables"]
    built(words)
    built(words)  # the first changed the publication
    append(Path("tables/places.csv"), "\n")
    assert said(words) is None


def test_what_changed_while_it_was_built_is_not_kept(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["build", "all", "--out", "o4"]

    def late(*given: Any, **named: Any) -> list[Any]:
        append(here / "data" / "wells" / "figures.yaml", "\n")
        return []

    with monkeypatch.context() as patch:
        patch.setattr("tipbrief.pipeline.run.write_index_and_collection", late)
        built(words)
    assert said(words) is None


def test_a_site_is_known_until_one_of_its_files_or_a_delivered_pdf_changes(here: Path) -> None:
    publication = wells(here / "told", all=figures_brief("countries"))
    built(["build", "all", "--out", "o7", "--deliver", "--publication", "told"])
    words = ["site", "--publication", "told", "--out", "site", "--delivered", "o7"]
    first = built(words)
    assert "; 0 new" not in first.stdout
    usual = CliRunner().invoke(main, words)  # without the check
    assert "; 0 new" in usual.stdout
    assert said(words) == (usual.stdout, usual.stderr)
    kept = contents(here / "site")
    changes: dict[Path, Callable[[Path], object]] = {
        here / "site" / "index.html": lambda file: append(file, "\n"),
        next((here / "site" / "c").glob("*.html")): lambda file: file.unlink(),
        here / "site" / "e" / "another.pdf": lambda file: file.touch(),
        here / "o7" / "another.pdf": lambda file: file.touch(),
        publication / "figures.yaml": lambda file: append(file, "\n"),
    }
    for file, alter in changes.items():
        was = file.read_bytes() if file.exists() else None
        alter(file)
        assert said(words) is None, file
        file.unlink(missing_ok=True)
        if was is not None:
            file.write_bytes(was)
        assert said(words), file
    assert contents(here / "site") == kept


def test_the_rooms_are_those_of_a_dataset_and_the_ledger() -> None:
    assert {name for name in publication_files._DATASET_FOLDERS if "/" not in name} | {
        ledger_folder.LEDGER_FOLDER
    } == PUBLICATION_FOLDERS
    assert up_to_date._JOURNAL == ledger_folder.JOURNAL_NAME


def test_what_is_rehearsed_is_printed_only_when_it_is_said_again(capsys: pytest.CaptureFixture[str]) -> None:
    with record_output() as heard:
        print_lines("one\x1b", "two")
        print_lines("three", err=True)
    assert capsys.readouterr() == ("", "")
    replay_output(heard)
    assert capsys.readouterr() == ("one\\x1b\ntwo\n", "three\n")


def test_the_command_says_it_before_it_loads_what_it_needs(here: Path, tipbrief: Callable[..., Any]) -> None:
    words, where = ("build", "all", "--out", "o6"), {"cwd": here, "env": {"XDG_CACHE_HOME": f"{here}/cache"}}
    first, second = tipbrief(*words, **where), tipbrief(*words, **where)
    assert first.stdout.replace("ALL/1\n", "ALL/1, unchanged\n") == second.stdout
    assert (second.stderr, second.returncode) == ("", 0)
    where["env"] |= {"PYTHONPROFILEIMPORTTIME": "1"}
    tipbrief(*words, **where)
    quick = tipbrief(*words, **where)
    assert quick.stdout == second.stdout
    loaded = {line.rpartition("|")[2].strip() for line in quick.stderr.splitlines()}
    assert "tipbrief.cli.up_to_date" in loaded
    assert not loaded & {"jinja2", "yaml", "tipbrief.pipeline.session", "tipbrief.cli.main"}
    assert os.listdir(here / "o6")
