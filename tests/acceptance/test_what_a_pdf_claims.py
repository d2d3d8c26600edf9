"""What each built PDF claims and keeps: the same bytes anywhere, its dataset inside, text with contrast."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import TIP_2025, run, run_well
from tipbrief.check.colour_contrast import contrast_ratio
from tipbrief.pdf.embedded_files import read_embedded_files, read_provenance
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

NAME = "tip-2025-world.pdf"


def build(publication: Path, out: Path, cwd: Path, **environment: str) -> bytes:
    """The PDF as another process makes it, with a cache of its own: it must make the bytes, not find them."""
    command = [sys.executable, "-m", "tipbrief", "build", "--publication", publication, "--out", out]
    cwd.mkdir()
    own = {**os.environ, "XDG_CACHE_HOME": str(cwd / "cache"), **environment}
    subprocess.run(command, check=True, cwd=cwd, env=own, capture_output=True)
    return (out / NAME).read_bytes()


@pytest.fixture(scope="module")
def built(world: Path) -> Path:
    return world / NAME


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
    assert (tmp_path / "data/figures.yaml").read_bytes() == (TIP_2025 / "figures.yaml").read_bytes()
    assert build(tmp_path / "data", tmp_path / "again", tmp_path / "cwd") == built.read_bytes()


def test_no_path_of_the_machine_is_inside(built: Path) -> None:
    whole = b"".join([built.read_bytes(), *read_embedded_files(built.read_bytes()).values()])
    for trace in (str(TIP_2025), str(built.parent), str(Path.home()), sys.prefix):
        assert trace.encode() not in whole


def test_the_sheet_stays_small_with_its_data_inside(built: Path) -> None:
    assert built.stat().st_size < 200_000


def test_what_was_built_passes_the_full_audit(built: Path) -> None:
    (report,) = json.loads(run_well("verify", "--format", "json", built).stdout)
    assert [problem for problem in report["problems"] if problem["severity"] == "error"] == []
    assert report["words"] > 1000
    assert all(reader["found"] == report["words"] for reader in report["readers"].values())
    assert all(reader["zwnj"] == report["zwnj"] > 50 for reader in report["readers"].values())


def test_a_pdf_of_somebody_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.pdf").write_bytes(b"%PDF-1.7\nnot really")
    done = run("inspect", tmp_path / "no.pdf")
    assert (done.exit_code, type(done.exception)) == (1, SystemExit)
    assert "no.pdf" in done.stderr


ROOT = re.compile(r":root \{([^}]*--ink[^}]*)\}")


def test_every_text_stands_out_from_its_ground() -> None:
    html = re.sub(r"url\([^)]*\)", "", compose_document(Session.open(TIP_2025), "world").html())
    light, dark = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", root)) for root in ROOT.findall(html))
    texts = set(re.findall(r"(?<![-\w])color: ?(#[0-9a-f]{6}|var\(--\w+\))", html.partition("</head>")[0]))
    assert {"var(--ink)", "var(--accent)", "var(--grey)", "var(--signal)"} <= texts
    pairs = set()
    for variables, grounds in ((light, ["#ffffff", light["tint"]]), (dark, [dark["paper"], dark["tint"]])):
        known = {f"var(--{name})": colour for name, colour in variables.items()}
        pairs |= {(known[text], ground) for text in texts & known.keys() for ground in grounds}
    pairs |= {(text, ground) for text in texts if text[0] == "#" for ground in ("#ffffff", light["tint"])}
    inline = re.findall(r'style="[^"]*background-color: (#\w{6}); color: (#\w{6})', html)
    assert len(inline) >= 5
    tones = re.findall(r"--tone-(\d+): (#\w{6}); --on-\1: (#\w{6});", html)
    assert tones
    pairs |= {(text, ground) for ground, text in (*inline, *(tone[1:] for tone in tones))}
    assert round(contrast_ratio("#767676", "#ffffff"), 2) == 4.54, "as WCAG reckons"
    assert {pair: round(contrast_ratio(*pair), 2) for pair in pairs if contrast_ratio(*pair) < 4.5} == {}
