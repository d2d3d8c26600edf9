"""PDFs as they are printed and handed on: figures beside each other, a delivered sheet and one like it."""

import json
from pathlib import Path

import pikepdf
import pytest

from tests.support import ROOT, append, figures_brief, run, wells

VALUES = (14345678, 133943, 2260, 12345.5, 9876543, 100000, 33, 139)
FIGURE = "\n{}:\n  label: نفر در سال گذشته\n  kind: reported\n  value: {}\n  sources: [survey]\n"


@pytest.mark.parametrize("paper", ["a4", "a5"])
@pytest.mark.parametrize("count", [5, 8])
def test_fault_13_headline_figures_stand_apart(tmp_path: Path, count: int, paper: str) -> None:
    names = [f"large_{number}" for number in range(count)]
    folder = wells(tmp_path / "wells", many=figures_brief(", ".join(names)))
    for name, value in zip(names, VALUES, strict=False):
        append(folder / "figures.yaml", FIGURE.format(name, value))
    done = run("build", "--publication", folder, "--paper", paper, "--out", tmp_path / "out")
    assert (done.exit_code, done.stderr) == (0, "")


def test_fault_13_figures_that_overlap_are_not_built(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", many=figures_brief("wells, wells, wells, wells, wells"))
    (folder / "templates" / "css").mkdir(parents=True)
    styles = (ROOT / "templates" / "css" / "common.css").read_text(encoding="utf-8")
    styles += "@media print { .figure-value { font-size: 60pt !important } }"
    (folder / "templates" / "css" / "common.css").write_text(styles, encoding="utf-8")
    done = run("build", "--publication", folder, "--out", tmp_path / "out")
    assert done.exit_code == 1, done.stdout
    assert "overlap" in done.stderr
    assert list((tmp_path / "out").glob("*.pdf")) == []


def test_fault_05_status_ends_with_0_for_the_delivered_file_alone(tmp_path: Path) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    assert run("build", "--publication", folder, "--out", tmp_path, "--deliver").exit_code == 0
    file, other = tmp_path / "wells-one.pdf", tmp_path / "other.pdf"
    with pikepdf.open(file) as pdf:  # other pages under a true code
        pdf.pages[0].Contents = pdf.make_stream(b"")
        pdf.save(other)
    current, altered = (run("status", one, "--publication", folder) for one in (file, other))
    assert (current.exit_code, altered.exit_code) == (0, 3)
    assert "is current" in current.stdout
    assert "is current" not in altered.stdout
    told = run("status", other, "--publication", folder, "--format", "json")
    assert (told.exit_code, json.loads(told.stdout)["state"]) == (3, "other-file")


@pytest.mark.parametrize("paper", ["a4", "letter", "a5"])
def test_fault_17_what_was_built_and_imposed_passes_verify(tmp_path: Path, paper: str) -> None:
    folder = wells(tmp_path / "wells", one=figures_brief("wells"))
    assert run("build", "--publication", folder, "--out", tmp_path, "--paper", paper).exit_code == 0
    (file,), sheets = tmp_path.glob("*.pdf"), tmp_path / "sheets.pdf"
    assert run("impose", file, "--as", "2-up", "--out", sheets).exit_code == 0
    done = run("verify", file, sheets)
    assert done.exit_code == 0, done.stderr
