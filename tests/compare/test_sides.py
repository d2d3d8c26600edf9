"""The sides of a comparison: whoever compares a folder changes nothing in it."""

import json
import shutil
from pathlib import Path

import pikepdf
import pytest

from tests.pdf.pages import attach, carrying
from tests.support import TIP_2025, change, contents, figures_brief, problems_of, wells
from tipbrief.compare.differences import compare_sides
from tipbrief.ledger.ledger_folder import JOURNAL_NAME, change_files_together, undo_unfinished_change
from tipbrief.pdf.attachments import BUILD_INFO_FILE
from tipbrief.problems import Problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return wells(tmp_path / "wells", one=figures_brief("wells"))


def test_a_folder_in_which_a_correction_was_killed(folder: Path, tmp_path: Path) -> None:
    file = folder / "figures.yaml"
    was = file.read_bytes()
    now = was.replace(b"12345.5", b"12346.5")
    assert now != was
    copy = shutil.copytree(folder, tmp_path / "copy")
    with change_files_together(folder, {file: now}, "0001-correction-5d1c07e2a3b4.json", {file: was}):
        note = (folder / JOURNAL_NAME).read_bytes()
    # As a killed run leaves it.
    (folder / JOURNAL_NAME).write_bytes(note)
    file.write_bytes(now)
    before = contents(folder)
    for sides in (folder, copy), (copy, folder):
        with pytest.raises(Problems, match="a correction in this folder has not ended") as raised:
            compare_sides(*map(str, sides))
        assert raised.value.problems[0].file == folder
        assert contents(folder) == before
    undo_unfinished_change(folder)
    assert compare_sides(str(folder), str(copy)) == []


def test_comparing_writes_nothing(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder, tmp_path / "copy")
    change(copy / "figures.yaml", "12345.5", "12346.5")
    before = contents(tmp_path)
    assert [one.now for one in compare_sides(str(folder), str(copy))] == ["12346.5"]
    assert contents(tmp_path) == before


@pytest.mark.parametrize("side", ["9f2c", "WORLD/1 · 0000", "\ud800", "a" * 100_000, "", "nothing.pdf", "\x1b[2J/1"])
def test_a_side_that_is_none(side: str, folder: Path) -> None:
    with pytest.raises(Problems):
        compare_sides(side, str(folder), TIP_2025)


def test_a_fault_inside_a_pdf_is_told_as_one_of_the_pdf(folder: Path, tmp_path: Path) -> None:
    edition = {"publication": "wells", "brief": "one", "number": 1, "code": "9f2c"}
    facts = json.dumps({"data": "0", "versions": {}, "edition": edition})
    (tmp_path / "a.pdf").write_bytes(carrying("words.txt"))
    with pikepdf.open(tmp_path / "a.pdf", allow_overwriting_input=True) as document:
        attach(document, BUILD_INFO_FILE, facts.encode())
        attach(document, "figures.yaml", b"a: &a [*a]")
        document.save()
    problems = problems_of(compare_sides, str(tmp_path / "a.pdf"), str(folder))
    files = {one.file for one in problems}
    assert tmp_path / "a.pdf" / "figures.yaml" in files
    assert all(file and file.is_relative_to(tmp_path / "a.pdf") for file in files)
