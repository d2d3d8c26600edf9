"""The schemas in a publication's folder, and the lines that name them."""

import json
from pathlib import Path

import pytest

from tests.support import TIP_2025, contents, run, run_badly, run_well
from tipbrief.check.json_schema import write_schemas
from tipbrief.load.publication_files import list_dataset_files
from tipbrief.problems import Problems


def test_each_file_names_a_schema_that_is_there(wells: Path) -> None:
    before = contents(wells)
    done = run_well("check", "--schema", "--publication", wells)
    assert f"wrote {wells}/schema/figures.json\n" in done.output
    for name, path in list_dataset_files(wells).items():
        if name.endswith(".yaml"):
            line, _, rest = path.read_bytes().partition(b"\n")
            assert rest == before[name], "nothing else is changed"
            address = line.decode().removeprefix("# yaml-language-server: $schema=")
            assert json.loads((path.parent / address).read_bytes())["title"]
    after = contents(wells)
    assert all(after[name] == before[name] for name in before if name.startswith("ledger/"))
    assert write_schemas(wells) == [], "it is up to date"
    assert contents(wells) == after


def test_the_schemas_are_no_part_of_the_dataset(wells: Path) -> None:
    before = run("check", "--publication", wells).stdout
    write_schemas(wells)
    assert not [name for name in list_dataset_files(wells) if name.startswith("schema")]
    assert run("check", "--publication", wells).stdout == before


def test_line_ends_marks_and_a_line_of_the_editors_own_are_kept(wells: Path) -> None:
    figures, texts = wells / "figures.yaml", wells / "texts.yaml"
    figures.write_bytes(b"\xef\xbb\xbf" + figures.read_bytes().replace(b"\n", b"\r\n"))
    own = b"# yaml-language-server: $schema=https://example.org/mine.json\n" + texts.read_bytes()
    texts.write_bytes(own)
    write_schemas(wells)
    assert figures.read_bytes().startswith(
        b"\xef\xbb\xbf# yaml-language-server: $schema=schema/figures.json\r\nwells:\r\n"
    )
    assert texts.read_bytes() == own


def test_a_folder_that_leads_elsewhere_is_not_written_into(wells: Path, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (wells / "schema").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(Problems, match="a link leads out of the publication"):
        write_schemas(wells)
    assert not [*(tmp_path / "elsewhere").iterdir()]


def test_the_shipped_publication_is_not_written_into(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = run_badly("check", "--schema")
    assert "there is no publication here" in done.output
    assert not (TIP_2025 / "schema").exists()
