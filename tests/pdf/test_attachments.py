"""Which files a PDF carries, and under which names."""

import json
from pathlib import Path

import pytest

from tests.support import problem_of
from tipbrief.load.publication_files import MAX_DATASET_BYTES
from tipbrief.pdf.attachments import (
    BUILD_INFO_FILE,
    LEDGER_FILE,
    Attachment,
    list_attachments,
    read_dataset,
)
from tipbrief.problems import Problems


def carried_by(folder: Path) -> list[Attachment]:
    return list_attachments(read_dataset(folder), {}, {}, "publication: tip-2025\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("publication.yaml", "briefs/a.yaml", "tables/t.csv", "templates/css/common.css", "words.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "templates" / ".DS_Store").write_text("")
    (tmp_path / "notes.doc").write_text("")
    return tmp_path


def test_what_belongs_to_a_publication(folder: Path) -> None:
    assert {item.name for item in carried_by(folder)} == {
        "publication.yaml", "briefs/a.yaml", "words.txt", "tables/t.csv", "templates/css/common.css",
        LEDGER_FILE, BUILD_INFO_FILE,
    }  # fmt: skip


def test_the_hash_sees_each_name_and_each_byte(folder: Path) -> None:
    def now() -> str:
        return str(json.loads(carried_by(folder)[-1].data)["data"])

    first = now()
    assert now() == first
    (folder / "words.txt").write_text("other")
    second = now()
    (folder / "briefs" / "a.yaml").rename(folder / "briefs" / "b.yaml")
    assert len({first, second, now()}) == 3


@pytest.mark.parametrize("name", ["جدول.csv", "my table.csv", "con.csv", "-a.csv", "a" * 101 + ".csv"])
def test_odd_names_are_problems(folder: Path, name: str) -> None:
    (folder / "tables" / name).write_text("")
    assert problem_of(carried_by, folder).file == folder / "tables" / name
    with pytest.raises(Problems):
        Attachment(f"tables/{name}", b"")


def test_a_publication_that_is_too_large_is_a_problem(folder: Path) -> None:
    with (folder / "tables" / "t.csv").open("wb") as file:
        file.truncate(MAX_DATASET_BYTES)
    with pytest.raises(Problems, match=r"10\.0 MB") as raised:
        carried_by(folder)
    assert "tables/t.csv" in raised.value.problems[0].hint
