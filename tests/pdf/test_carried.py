"""What a PDF carries comes out again, into its folder and nowhere else."""

import json
from pathlib import Path

import pytest

from tests.pdf.pages import carrying
from tests.support import TIP_2025
from tipbrief.pdf.attachments import FACTS, Attachment, data_hash
from tipbrief.pdf.carried import contents, unpack
from tipbrief.problems import Problems


def test_the_dataset_comes_back(archived: bytes, attachments: list[Attachment], tmp_path: Path) -> None:
    carried = contents(archived)
    assert carried == {item.name: item.data for item in attachments}
    facts = json.loads(carried[FACTS])
    assert facts["versions"] == {"tipbrief": "0", "WeasyPrint": "70.0"}
    assert facts["data"] == data_hash([item for item in attachments if item.name != FACTS])
    for _ in range(2):  # the same again is no fault
        written = unpack(archived, tmp_path / "new")
        assert {str(path.relative_to(tmp_path / "new")): path.read_bytes() for path in written} == carried
    for name in ("publication.yaml", "briefs/world.yaml", "tables/history.csv"):
        assert carried[name] == (TIP_2025 / name).read_bytes()


def test_unpack_overwrites_nothing(archived: bytes, tmp_path: Path) -> None:
    (tmp_path / "figures.yaml").write_text("mine")
    with pytest.raises(Problems, match="there already"):
        unpack(archived, tmp_path)
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"figures.yaml": "mine"}


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
