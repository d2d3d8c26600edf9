"""What a PDF carries comes out again, into its folder and nowhere else."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.pdf.pages import carrying
from tipbrief.pdf.attachments import FACTS, Attachment, data_hash
from tipbrief.pdf.carried import contents, unpack
from tipbrief.problems import Problems


def test_the_dataset_comes_back(archived: bytes, attachments: list[Attachment], publication: Path) -> None:
    carried = contents(archived)
    assert carried == {item.name: item.data for item in attachments}
    for name in ("publication.yaml", "briefs/world.yaml", "tables/history.csv"):
        assert carried[name] == (publication / name).read_bytes()
    facts = json.loads(carried[FACTS])
    assert facts["versions"] == {"tipbrief": "0", "WeasyPrint": "70.0"}
    assert facts["data"] == data_hash([item for item in attachments if item.name != FACTS])


def test_unpack(archived: bytes, tmp_path: Path) -> None:
    target = tmp_path / "new"
    written = unpack(archived, target)
    assert target / "tables" / "history.csv" in written
    for name in contents(archived):
        assert (target / name).read_bytes() == contents(archived)[name]
    unpack(archived, target)  # the same again is no fault


def test_unpack_overwrites_nothing(archived: bytes, tmp_path: Path) -> None:
    (tmp_path / "figures.yaml").write_text("mine")
    with pytest.raises(Problems, match="there already"):
        unpack(archived, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.yaml"]
    assert (tmp_path / "figures.yaml").read_text() == "mine"


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/tmp/evil", "C:evil", "a\\..\\evil", "..", "a//b", ".hidden", "nul"]
)
def test_nothing_escapes_the_folder(tmp_path: Path, name: str) -> None:
    target = tmp_path / "in" / "side"
    with pytest.raises(Problems, match="cannot be carried"):
        unpack(carrying(name), target)
    assert list(tmp_path.iterdir()) == []


def test_no_link_is_followed_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tables").symlink_to(tmp_path / "outside")
    with pytest.raises(Problems, match="out of the folder"):
        unpack(carrying("tables/t.csv"), tmp_path / "in")
    assert list((tmp_path / "outside").iterdir()) == []
