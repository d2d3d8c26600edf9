"""One list of the files that make a publication: what is read is what is hashed, carried and tried."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook

from tests.support import BASE, GOLDEN, change, problem_of, problems_of, run
from tipbrief.check.publication import load_publication
from tipbrief.load.publication_files import find_unused_files, is_dataset_file, list_dataset_files
from tipbrief.pdf.attachments import read_dataset
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem

PICTURE = (GOLDEN / "pictures" / "well.png").read_bytes()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The small sound publication."""
    return Path(shutil.copytree(BASE, tmp_path / "publication"))


def faults(folder: Path) -> list[Problem]:
    return problems_of(load_publication, folder)


def put(file: Path, content: bytes = b"x") -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def names(folder: Path) -> set[str]:
    return {*list_dataset_files(folder)}


@pytest.mark.parametrize("publication", [BASE, GOLDEN])
def test_what_is_read_is_what_is_hashed_and_carried(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, publication: Path
) -> None:
    folder = Path(shutil.copytree(publication, tmp_path / "publication"))
    opened, read = os.open, set[str]()

    def spy(path: str, *args: int, **named: int) -> int:  # also while garbage is collected, of folders of fonts
        if Path(path).is_relative_to(folder) and not os.path.isdir(path):
            read.add(Path(path).relative_to(folder).as_posix())
        return opened(path, *args, **named)

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", spy)
        load_publication(folder)
    carried = read_dataset(folder)
    assert read == {one.name for one in carried if not one.name.startswith("templates/")} == names(folder)


def test_no_changed_cell_goes_unnoticed(folder: Path) -> None:
    """A table that was read, and neither hashed nor carried, left the sheet as it was."""
    before = Session.open(folder).data_hash
    change(folder / "tables" / "listed.csv", "AFG", "KEN")
    assert Session.open(folder).data_hash != before
    for name in ("listed.csv", "briefs/listed.csv", "tables/.listed.csv", "tables/../listed.csv", "tables/a/b.csv"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(folder / "tables" / "listed.csv", folder / name)
        text = (folder / "tables.yaml").read_bytes()
        change(folder / "tables.yaml", "tables/listed.csv", name)
        problem = faults(folder)[0]
        assert problem.message == "the table lies outside the publication's tables/"
        assert problem.hint.startswith("move the file into tables/")
        (folder / "tables.yaml").write_bytes(text)


def test_translations_are_read_hashed_and_carried(folder: Path) -> None:
    before = Session.open(folder).data_hash
    put(folder / "translations" / "ps.po", b'msgid "a"\nmsgstr "b"\n')
    for other in ("ps.mo", "ps.po~", ".ps.po", "old/ps.po"):
        put(folder / "translations" / other)
    found = [one.name for one in read_dataset(folder) if one.name.startswith("translations")]
    assert found == ["translations/ps.po"]
    assert Session.open(folder).data_hash != before


PARTS = (
    "publication.yaml", "figures.yaml", "words.txt", "briefs/main.yaml", "tables/listed.csv",
    "translations/ps.po", "templates/css/common.css", "templates/.hidden.j2", "templates/a.png",
)  # fmt: skip


@pytest.mark.parametrize("part", ["briefs", "tables", "translations", "templates", *PARTS])
def test_no_link_leads_out(folder: Path, tmp_path: Path, part: str) -> None:
    """Neither a file nor a folder, also by way of another link; and nothing of it is told."""
    put(tmp_path / "secret" / "listed.csv", b"a secret\n")
    file = folder / part
    file.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(file) if file.is_dir() else file.unlink(missing_ok=True)
    secret = tmp_path / "secret"
    (folder / "chain").symlink_to(secret if "." not in part else secret / "listed.csv")
    file.symlink_to(folder / "chain")
    (problem,) = faults(folder)
    assert (problem.message, problem.file) == ("a link leads out of the publication", file)
    for words in (["check"], ["build", "--out", tmp_path / "out"], ["correct", "pattern", "20"]):
        done = run(*words, "--publication", folder)
        assert done.exit_code == 1
        assert "secret" not in done.output.replace("home-secrets", "")
    assert not (tmp_path / "out").exists()


def test_a_link_inside_is_followed_and_the_folder_may_be_one(folder: Path, tmp_path: Path) -> None:
    put(folder / "shared" / "t.csv", (folder / "tables" / "listed.csv").read_bytes())
    (folder / "tables" / "listed.csv").unlink()
    (folder / "tables" / "listed.csv").symlink_to("../shared/t.csv")
    (folder / "drawn").mkdir()
    put(folder / "drawn" / "css" / "common.css", b"p {}")
    (folder / "templates").symlink_to("drawn")
    (tmp_path / "link").symlink_to(folder)
    assert {"tables/listed.csv", "templates/css/common.css"} < names(tmp_path / "link")
    assert load_publication(tmp_path / "link").tables["listed"].rows
    assert {one.name for one in read_dataset(tmp_path / "link")} == names(folder)


def test_links_that_lead_round_are_told(folder: Path) -> None:
    for name, target in {"a/x": "../b", "b/y": "../a", "loop": ".", "none": "none"}.items():
        (folder / "templates" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "templates" / name).symlink_to(target)
    found = faults(folder)
    assert {one.message for one in found} == {
        "this folder has two names in the publication", "its links lead nowhere",
    }  # fmt: skip
    assert len(found) == 4


IN_ITS_PLACE: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": os.mkdir,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "huge": lambda path: (path.touch(), os.truncate(path, 10_000_000_000)),
}


@pytest.mark.parametrize("what", IN_ITS_PLACE)
def test_whatever_stands_in_a_files_place_is_named(folder: Path, what: str) -> None:
    for part in ("publication.yaml", "texts.yaml", "words.txt", "briefs/x.yaml", "tables/listed.csv"):
        kept = (folder / part).read_bytes() if (folder / part).exists() else None
        (folder / part).unlink(missing_ok=True)
        IN_ITS_PLACE[what](folder / part)
        assert folder / part in {problem.file for problem in faults(folder)}
        (folder / part).rmdir() if what == "folder" else (folder / part).unlink()
        if kept is not None:
            (folder / part).write_bytes(kept)


def test_a_file_in_the_place_of_a_folder_and_more_files_than_anybody_writes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(folder / "templates")
    problem = problem_of(load_publication, folder)
    assert problem.message == "the folder cannot be read: Not a directory"
    assert problem.file == folder / "templates"
    (folder / "templates").unlink()
    monkeypatch.setattr("tipbrief.load.publication_files.MAX_DATASET_FILES", 20)
    for number in range(21):
        put(folder / "templates" / f"{number}.css")
    assert faults(folder)[0].message == "the publication has more than 20 files"


def test_what_nothing_uses_is_not_carried(folder: Path) -> None:
    templates = folder / "templates"
    for name in ("photo.jpg", "logo.png", "flags/ken.png", "notes.psd", ".git/x.css", "a.css~", "#a.css#", "b.bak"):
        put(templates / name, PICTURE if name.endswith(".png") else bytes(850_000))
    put(templates / "css" / "own.css", b"div { background: url(../logo.png) }")
    put(templates / "css" / "a4.css", b"")
    put(templates / "brief.html.j2", b"{% include 'css/own.css' %}{% include 'blocks/x.j2' %}")
    put(templates / "blocks" / "x.j2", b"<img src='flags/{{ row.iso3 }}.png'>")
    # Neither is reached: each names only the other.
    put(templates / "before.html.j2", b"{% include 'afterwards.html.j2' %}")
    put(templates / "afterwards.html.j2", b"{% include 'before.html.j2' %}")
    put(templates / "fonts" / "logo.woff2")
    mine = {"brief.html.j2", "css/own.css", "css/a4.css", "logo.png", "flags/ken.png", "blocks/x.j2"}
    assert {name for name in names(folder) if name.startswith("templates")} == {f"templates/{one}" for one in mine}
    whole = load_publication(folder)
    found = {problem.file: problem.message for problem in whole.warnings if problem.kind == "not-carried"}
    assert found == {
        templates / "afterwards.html.j2": "no PDF carries this file of 0 KB: nothing names it",
        templates / "before.html.j2": "no PDF carries this file of 0 KB: nothing names it",
        templates / "fonts" / "logo.woff2": "no PDF carries this file of 0 KB: nothing uses it",
        templates / "notes.psd": "no PDF carries this file of 850 KB: nothing uses it",
        templates / "photo.jpg": "no PDF carries this file of 850 KB: nothing names it",
    }
    assert list(find_unused_files(folder, names(folder))) == [
        one for one in whole.warnings if one.kind == "not-carried"
    ]
    assert Session.open(folder).data_hash
    assert {one.name for one in read_dataset(folder)} == names(folder)


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("publication.yaml", True), ("briefs/a.yaml", True), ("tables/a.csv", True), ("templates/b.j2", True),
        ("templates/profiles.yaml", True), ("words.txt", True), ("templates/logo.png", True),
        ("theme.css", True), ("fonts/manifest.json", True), ("fonts/web/a.woff2", True),
        ("fonts/OFL.txt", True),
        ("fonts/prepared/a.ttf", False), ("fonts/a.woff2", False), ("templates/a.woff2", False),
        ("fonts/web/.a.woff2", False), ("other.css", False),
        ("click.py", False), ("Makefile", False), ("templates/x.py", False), ("briefs", False),
        ("briefs/a/b.yaml", False), ("briefs/.a.yaml", False), ("tables/.a.csv", False), ("tables/a.xlsx", True),
        ("tables/~$a.xlsx", False), ("tables/a.xlsm", False), ("a.xlsx", False),
        ("templates/.git/a.css", False),
        ("templates/../a.css", False), ("ledger.json", False), ("templates/.css", False),
    ],
)  # fmt: skip
def test_which_names_a_dataset_can_have(name: str, part: bool) -> None:
    assert is_dataset_file(name) is part


@pytest.mark.parametrize("name", ["tables/flags.xlsx", "tables/flags.csv"])
def test_a_picture_may_be_named_in_a_cell_of_a_workbook_or_of_utf_16(folder: Path, name: str) -> None:
    put(folder / "templates" / "flag-of-kenya.png", b"x")
    put(folder / "templates" / "other.png", b"x")
    if name.endswith(".csv"):
        put(folder / name, "a\tb\nflag-of-kenya\t1\n".encode("utf-16"))
    else:
        made = Workbook()
        made["Sheet"].append(["flag-of-kenya"])
        made.save(folder / name)
    assert "templates/flag-of-kenya.png" in names(folder)
    assert "templates/other.png" not in names(folder)
