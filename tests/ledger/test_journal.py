"""Files that change together with the ledger, or not at all."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.support import environment, problems_of
from tipbrief.ledger.ledger_folder import JOURNAL_NAME, LEDGER_FOLDER, change_files_together, undo_unfinished_change
from tipbrief.problems import Problems

OLD = {
    "figures.yaml": "\ufeffa: ۱\r\nb: 2\n".encode(),
    "tables/t.csv": b"k,v\na,1\n",
    "tables/w.xlsx": b"PK\x03\xff\x00\xd8",
}
NEW = {
    "figures.yaml": "\ufeffa: ۹\r\nb: 2\n".encode(),
    "tables/t.csv": b"k,v\na,9\n",
    "tables/w.xlsx": b"PK\x03\xfe\x00\xdc",
}
ENTRY = "0002-correction-5d1c07e2a3b4.json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tables").mkdir()
    write(tmp_path, OLD)
    (tmp_path / LEDGER_FOLDER).mkdir()
    return tmp_path


def write(folder: Path, files: dict[str, bytes]) -> None:
    for name, content in files.items():
        (folder / name).write_bytes(content)


def there(folder: Path) -> dict[str, bytes]:
    return {name: (folder / name).read_bytes() for name in OLD}


def at(folder: Path, files: dict[str, bytes]) -> dict[Path, bytes]:
    return {folder / name: content for name, content in files.items()}


def begin(folder: Path) -> AbstractContextManager[None]:
    return change_files_together(folder, at(folder, NEW), ENTRY, at(folder, OLD))


def left_by_a_killed_run(folder: Path) -> dict[str, dict[str, dict[str, str]]]:
    """The note as it lies there when a run dies, for nobody tidies up then; what it says."""
    with begin(folder):
        note = (folder / JOURNAL_NAME).read_text("utf-8")
    (folder / JOURNAL_NAME).write_text(note, "utf-8")
    return json.loads(note)


def test_a_fault_puts_every_byte_back_and_what_the_ledger_tells_of_stays(folder: Path) -> None:
    def fail() -> None:
        with begin(folder):
            write(folder, NEW)
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk"):
        fail()
    assert there(folder) == OLD
    assert not (folder / JOURNAL_NAME).exists()
    with begin(folder):
        write(folder, NEW)
        (folder / LEDGER_FOLDER / ENTRY).touch()
    assert there(folder) == NEW
    assert not (folder / JOURNAL_NAME).exists()


@pytest.mark.parametrize("changed", [[], ["figures.yaml"], ["tables/t.csv"], ["figures.yaml", "tables/t.csv"]])
@pytest.mark.parametrize("told", [False, True])
def test_the_ledger_decides_what_becomes_of_a_killed_run(folder: Path, changed: list[str], told: bool) -> None:
    left_by_a_killed_run(folder)
    write(folder, {name: NEW[name] for name in changed})
    if told:
        (folder / LEDGER_FOLDER / ENTRY).touch()
    undo_unfinished_change(folder)
    assert there(folder) == {**OLD, **({name: NEW[name] for name in changed} if told else {})}
    assert not (folder / JOURNAL_NAME).exists()


def test_what_was_edited_or_removed_since_stays_so(folder: Path) -> None:
    left_by_a_killed_run(folder)
    write(folder, {"figures.yaml": b"mine"})
    (folder / "tables/t.csv").unlink()
    for _ in range(2):  # the second time there is no note
        undo_unfinished_change(folder)
        assert (folder / "figures.yaml").read_bytes() == b"mine"
        assert not (folder / "tables/t.csv").exists()


def test_the_next_change_first_undoes_the_last_one(folder: Path) -> None:
    left_by_a_killed_run(folder)
    write(folder, NEW)
    with change_files_together(folder, {folder / "figures.yaml": b"third"}, ENTRY, at(folder, OLD)):
        assert there(folder) == OLD
    assert there(folder) == OLD


def test_files_outside_the_publication_are_out_of_reach_and_letters_that_none_holds_no_note(folder: Path) -> None:
    mine = folder.parent / "mine.txt"
    mine.write_text("mine")
    (folder / "link.txt").symlink_to(mine)
    note = left_by_a_killed_run(folder)
    write(folder, NEW)
    new = note["files"]["figures.yaml"]["new"]
    note["files"]["figures.yaml"]["old"] = "\ud800"
    (folder / JOURNAL_NAME).write_text(json.dumps(note), encoding="utf-8")
    with pytest.raises(Problems, match="cannot be read"):
        undo_unfinished_change(folder)
    assert there(folder) == NEW
    mine.write_bytes(NEW["figures.yaml"])
    entry = {"old": "theirs", "new": new}
    for name in (str(mine), "../mine.txt", "link.txt"):
        note["files"] = {name: entry}
        (folder / JOURNAL_NAME).write_text(json.dumps(note), encoding="utf-8")
        with pytest.raises(Problems, match="a link leads out"):
            undo_unfinished_change(folder)
    assert mine.read_bytes() == NEW["figures.yaml"]


@pytest.mark.parametrize(
    "note",
    [
        "",
        "{",
        "[]",
        "null",
        '{"files": {}}',
        '{"entry": 1, "files": {}}',
        '{"entry": "a", "files": {"a": 1}}',
        f'{{"entry": "../{ENTRY}", "of": 1, "files": {{}}}}',
        f'{{"entry": "{ENTRY}", "files": {{}}}}',
        f'{{"entry": "{ENTRY}", "of": 1, "files": {{"a\\u0000": {{"old": "", "new": ""}}}}}}',
        "[" * 100_000,
    ],
    ids=range(11),
)
def test_a_note_that_cannot_be_read_is_a_problem(folder: Path, note: str) -> None:
    (folder / JOURNAL_NAME).write_text(note)
    with pytest.raises(Problems, match=r"note of an unfinished correction (cannot be read|was not written)"):
        undo_unfinished_change(folder)
    assert there(folder) == OLD


def test_a_note_that_a_stranger_sends_along_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """Else the figures that were read before would be others afterwards."""
    left_by_a_killed_run(folder)
    write(folder, NEW)
    received = Path(shutil.copytree(folder, tmp_path / "received"))
    with pytest.raises(Problems, match="was not written in this folder") as raised:
        undo_unfinished_change(received)
    assert raised.value.problems[0].file == received / JOURNAL_NAME
    assert there(received) == NEW
    undo_unfinished_change(folder)
    assert there(folder) == OLD, "but that of this folder does"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir, lambda path: os.symlink(path, path)])
def test_what_is_no_note_but_has_its_name_is_a_problem(folder: Path, make: Callable[[Path], None]) -> None:
    make(folder / JOURNAL_NAME)
    problems = problems_of(undo_unfinished_change, folder)
    assert problems[0].file == folder / JOURNAL_NAME


KILLED = """
import os, signal, sys
from pathlib import Path
from tipbrief import files
from tipbrief.ledger.ledger_folder import change_files_together
folder = Path(sys.argv[1])
file, was = folder / "figures.yaml", (folder / "figures.yaml").read_bytes()
write_new = files.write_new

def die(path, *args, **named):
    write_new(path, *args, **named)
    if path.name.startswith(".figures"):
        os.kill(os.getpid(), signal.SIGKILL)

files.write_new = die
with change_files_together(folder, {file: b"new"}, sys.argv[2], {file: was}):
    files.replace_file(file, b"new", was=was)
"""


def test_what_kill_9_left_is_removed_by_the_next_change(folder: Path) -> None:
    run = subprocess.run([sys.executable, "-c", KILLED, str(folder), ENTRY], env=environment(), check=False)
    assert run.returncode == -signal.SIGKILL
    assert [path.name for path in folder.glob(".figures.yaml-*")] != []
    (folder / "tables" / ".t.csv-0123456789abcdef").touch()
    with begin(folder):
        pass
    assert there(folder) == OLD
    assert {path.name for path in folder.rglob("*") if path.is_file()} == {Path(name).name for name in OLD}
