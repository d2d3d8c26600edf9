"""What each built PDF claims and keeps: the same bytes anywhere, its dataset inside, text with contrast."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tipbrief.assets import shipped
from tipbrief.build.document import piece_of
from tipbrief.build.run import build_documents
from tipbrief.build.session import Session
from tipbrief.pdf.carried import carried_by, contents
from tipbrief.problems import Problems

PUBLICATION = shipped("data") / "tip-2025"
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
    other = {
        "PYTHONHASHSEED": "4242",
        "TZ": "America/Los_Angeles",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": "86400",
        "COLUMNS": "40",
        "HOME": str(tmp_path),
    }
    assert build(PUBLICATION, tmp_path / "other", tmp_path / "there", **other) == built.read_bytes()
    for name in (Path(NAME).with_suffix(".html"), "manifest.json"):
        assert (built.parent / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    assert json.loads((built.parent / "manifest.json").read_bytes())["versions"]["WeasyPrint"]


def test_the_unpacked_dataset_builds_the_same_pdf(built: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tipbrief", "inspect", str(built), "--extract", str(tmp_path / "data")]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    carried = carried_by(built.read_bytes(), built)
    assert f"data  {carried.data}\n" in said
    assert carried.unchanged
    assert (tmp_path / "data/figures.yaml").read_bytes() == (PUBLICATION / "figures.yaml").read_bytes()
    assert build(tmp_path / "data", tmp_path / "again", tmp_path / "cwd") == built.read_bytes()


def test_no_path_of_the_machine_is_inside(built: Path) -> None:
    whole = b"".join([built.read_bytes(), *contents(built.read_bytes()).values()])
    for trace in (str(PUBLICATION), str(built.parent), str(Path.home()), sys.prefix):
        assert trace.encode() not in whole


def test_the_sheet_stays_small_with_its_data_inside(built: Path) -> None:
    assert built.stat().st_size < 150_000


def test_a_pdf_of_somebody_else_is_named(tmp_path: Path) -> None:
    (tmp_path / "no.pdf").write_bytes(b"%PDF-1.7\nnot really")
    command = [sys.executable, "-m", "tipbrief", "inspect", str(tmp_path / "no.pdf")]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no.pdf" in done.stderr
    assert "Traceback" not in done.stderr


def with_template(folder: Path, name: str, was: str, now: str) -> Path:
    """A copy of the publication with a template of its own, in which something is wrong."""
    shutil.copytree(PUBLICATION, folder)
    template = (shipped("templates") / name).read_text(encoding="utf-8")
    assert was in template
    (folder / "templates" / name).parent.mkdir(parents=True)
    (folder / "templates" / name).write_text(template.replace(was, now), encoding="utf-8")
    return folder


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "was", "now", "said"),
    [
        ("blocks/definition.html.j2", "h2", "h4", "is H4 after H2"),
        ("blocks/years.html.j2", "title>", "desc>", "a picture has no alternative text"),
    ],
)
def test_a_pdf_that_breaks_its_claims_is_not_delivered(
    tmp_path: Path, name: str, was: str, now: str, said: str
) -> None:
    folder = with_template(tmp_path / "own", name, was, now)
    out = tmp_path / "out"
    out.mkdir()
    (out / NAME).write_bytes(b"the old one")
    with pytest.raises(Problems, match=said):
        build_documents(Session.open(folder), ["world"], out)
    assert (out / NAME).read_bytes() == b"the old one"


# Contrast: WCAG 2 relative luminance of every pair of text and ground that the styles can bring together.


ROOT = re.compile(r":root \{([^}]*--ink[^}]*)\}")


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(text: str, ground: str) -> float:
    light, dark = sorted((luminance(text), luminance(ground)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_every_text_stands_out_from_its_ground() -> None:
    html = re.sub(r"url\([^)]*\)", "", piece_of(Session.open(PUBLICATION), "world").html())
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
    assert {pair: round(contrast(*pair), 2) for pair in pairs if contrast(*pair) < 4.5} == {}
