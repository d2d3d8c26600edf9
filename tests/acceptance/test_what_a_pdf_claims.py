"""What each built PDF claims and keeps: the same bytes anywhere, its dataset inside."""

import json
import sys
from pathlib import Path

import pytest
import yaml

from tests.support import TIP_2025, run, run_python, run_well
from tipbrief.pdf.embedded_files import read_embedded_files, read_provenance

NAME = "tip-2025-world.pdf"


def build(publication: Path, out: Path, cwd: Path, **environment: str) -> bytes:
    """The PDF as another process makes it, with a cache of its own: it must make the bytes, not find them."""
    cwd.mkdir()
    words = ("-m", "tipbrief", "build", "--publication", publication, "--out", out)
    done = run_python(*words, cwd=cwd, XDG_CACHE_HOME=str(cwd / "cache"), **environment)
    assert done.returncode == 0, done.stderr
    return (out / NAME).read_bytes()


@pytest.fixture(scope="module")
def built(world: Path) -> Path:
    return world / NAME


@pytest.mark.slow
def test_another_process_elsewhere_writes_the_same_bytes(built: Path, tmp_path: Path) -> None:
    other = {"PYTHONHASHSEED": "4242", "TZ": "America/Los_Angeles", "LC_ALL": "C.UTF-8", "COLUMNS": "40"}
    other |= {"SOURCE_DATE_EPOCH": "86400", "HOME": str(tmp_path)}
    assert build(TIP_2025, tmp_path / "other", tmp_path / "there", **other) == built.read_bytes()
    for name in (Path(NAME).with_suffix(".html"), "manifest.json"):
        assert (built.parent / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    assert json.loads((built.parent / "manifest.json").read_bytes())["versions"]["WeasyPrint"]


def test_the_unpacked_dataset_builds_the_same_pdf(built: Path, tmp_path: Path) -> None:
    said = run("inspect", built, "--extract", tmp_path / "data").stdout
    carried = read_provenance(built.read_bytes(), built)
    assert f"data  {carried.dataset_hash}\n" in said
    assert carried.is_intact
    figures = yaml.safe_load((TIP_2025 / "figures.yaml").read_text(encoding="utf-8"))
    carried_figures = yaml.safe_load((tmp_path / "data/figures.yaml").read_text(encoding="utf-8"))
    assert carried_figures.keys() < figures.keys(), "those that the brief prints"
    assert build(tmp_path / "data", tmp_path / "again", tmp_path / "cwd") == built.read_bytes()


def test_no_path_of_the_machine_is_inside(built: Path) -> None:
    whole = b"".join([built.read_bytes(), *read_embedded_files(built.read_bytes()).values()])
    for trace in (str(TIP_2025), str(built.parent), str(Path.home()), sys.prefix):
        assert trace.encode() not in whole


def test_the_sheet_stays_small_with_its_data_inside(built: Path) -> None:
    # Half of it is the dataset of all sheets, with their facts and sources in three languages.
    assert built.stat().st_size < 240_000


def test_what_was_built_passes_the_full_audit(built: Path) -> None:
    (report,) = json.loads(run_well("verify", "--format", "json", built).stdout)
    assert [problem for problem in report["problems"] if problem["severity"] == "error"] == []
    assert report["words"] > 1000
    assert all(reader["found"] == report["words"] for reader in report["readers"].values())
    assert all(reader["zwnj"] == report["zwnj"] > 50 for reader in report["readers"].values())
