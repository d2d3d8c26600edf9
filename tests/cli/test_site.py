"""The command that makes the site: what it says."""

import shutil
from pathlib import Path

import pytest

from tests.site.conftest import Told, day, three_editions
from tests.support import figures_brief, run, run_badly, run_well, wells


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The publication with three editions: change nothing in it."""
    return three_editions(tmp_path_factory)


def test_it_says_what_it_wrote_and_where_files_are_missing(told: Told, tmp_path: Path) -> None:
    words = ("site", "--publication", told.folder, "--out", tmp_path / "site", "--delivered")
    done = run_well(*words, tmp_path)
    assert "index.html: " in done.output
    assert "no PDF of 2 editions, which the site says: ONE/1 · " in done.output
    assert "tipbrief site --delivered DIR" in done.output
    done = run(*words, told.outs[1])
    assert "of 1 editions no file is there" not in done.output
    assert "no PDF of 1 edition, which the site says: ONE/1 · " in done.output
    run_well(*words, told.outs[0])
    assert run(*words, told.outs[0]).stdout.endswith(" 0 new\n")


def test_deliveries_keep_the_files_of_earlier_editions_where_it_finds_them(tmp_path: Path) -> None:
    folder, out = wells(tmp_path / "wells", one=figures_brief("wells")), tmp_path / "out"
    there = ["--out", out]
    day(1, "build", "--deliver", *there, folder=folder)
    first = (out / "wells-one.pdf").read_bytes()
    run_well("build", *there, "--publication", folder)
    assert not (out / "earlier").exists(), "nothing took its name"
    day(2, "correct", "wells", "12348.5", "--reason", "خطا", "--deliver", *there, folder=folder)
    second = (out / "wells-one.pdf").read_bytes()
    day(3, "correct", "wells", "12349.5", "--reason", "خطا", folder=folder)
    run_well("build", *there, "--publication", folder)  # a draft takes the place of the second edition
    day(4, "build", "--deliver", *there, folder=folder)
    kept = sorted((out / "earlier").glob("*/*.pdf"))
    assert {file.name for file in kept} == {"wells-one.pdf"}
    assert sorted(file.read_bytes() for file in kept) == sorted([first, second]), "no drafts"
    done = run_well("site", "--publication", folder, "--out", tmp_path / "site", "--delivered", out)
    assert "no PDF of" not in done.output
    assert len([*(tmp_path / "site" / "e").glob("*.pdf")]) == 3


def test_it_says_which_documents_are_changed_since(told: Told, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(told.folder, tmp_path / "wells"))
    day(3, "correct", "wells", "12348.5", "--reason", "هنوز نه", folder=folder)
    done = run("site", "--publication", folder, "--out", tmp_path / "site", "--delivered", told.outs[0])
    assert "changed since they were delivered, the site has their last edition: one" in done.output


def test_the_folder_of_the_publication_is_no_place_for_it(told: Told, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(told.folder, tmp_path / "wells"))
    before = sorted(folder.rglob("*"))
    done = run_badly("site", "--publication", folder, "--out", f"{folder}/../wells")
    assert "the site cannot stand in the publication's own folder" in done.output
    assert sorted(folder.rglob("*")) == before


def test_a_folder_that_cannot_be_written_is_told(told: Told, tmp_path: Path) -> None:
    (tmp_path / "site").write_text("a file")
    done = run_badly("site", "--publication", told.folder, "--out", tmp_path / "site" / "below")
    assert "cannot be written" in done.output
