"""The commands of the action run, and its comment says what a pull request changes."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.pipeline.rows import wells
from tests.support import ROOT, change, figures_brief
from tools.changes import describe_documents

ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
STEPS: dict[str, dict[str, Any]] = {step["name"]: step for step in ACTION["runs"]["steps"] if "name" in step}
# It stands in for GitHub's program: the first comment cannot be edited, as there is none.
GH = """#!/bin/sh
case "$*" in *--edit-last*) exit 1;; esac
while [ "$1" != --body-file ]; do shift; done
cp "$2" comment.md
"""


def run_step(name: str, folder: Path, **more: str) -> None:
    """Run a step of the action as GitHub runs it, in a checkout."""
    env = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "RUNNER_TEMP": str(folder.parent / "temp"), **more}
    env["PATH"] = f"{folder.parent}{os.pathsep}{env['PATH']}"
    words = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", STEPS[name]["run"]]
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a publication in the folder ``report``, and the programs that the steps call."""
    programs = tmp_path / "temp" / "tipbrief" / "bin"
    programs.mkdir(parents=True)
    for name, words in (("python", ""), ("tipbrief", "-m tipbrief ")):
        (programs / name).write_text(f'#!/bin/sh\nexec {sys.executable} {words}"$@"\n')
    (tmp_path / "gh").write_text(GH)
    for file in (*programs.iterdir(), tmp_path / "gh"):
        file.chmod(0o755)
    folder = tmp_path / "checkout"
    folder.mkdir()
    wells(folder / "made", one=figures_brief("wells")).rename(folder / "report")
    for words in ("init -q", "add .", "-c user.name=n -c user.email=e@e.org commit -qm one", "remote add origin ."):
        subprocess.run(["git", *words.split()], cwd=folder, check=True)
    return folder


def test_its_steps_run_and_comment_what_changes(checkout: Path, tmp_path: Path) -> None:
    base = subprocess.run(["git", "rev-parse", "HEAD"], cwd=checkout, capture_output=True, text=True, check=True)
    change(checkout / "report" / "figures.yaml", "value: 12345.5", "value: 23456.5")
    run_step("build", checkout, PUBLICATION="report")
    summary = tmp_path / "summary.md"
    more = {"BASE": base.stdout.strip(), "NUMBER": "1", "ACTION_PATH": str(ROOT), "GITHUB_STEP_SUMMARY": str(summary)}
    run_step("comment", checkout, PUBLICATION="report", **more)
    comment = (checkout / "comment.md").read_text(encoding="utf-8")
    assert "wells  12345.5 → 23456.5" in comment
    assert comment.endswith("| wells-one | 1 | 1 |\n")
    assert "### Documents: 1 of 1 change" in comment
    assert summary.read_text(encoding="utf-8") == comment


def test_a_document_that_is_new_or_gone_has_no_pages_on_one_side(tmp_path: Path, golden: Path) -> None:
    (tmp_path / "none").mkdir()
    names = {file.stem for file in golden.glob("*.pdf") if file.with_suffix(".html").is_file()}
    lines = [*describe_documents(tmp_path / "none", golden)]
    assert lines[0] == f"### Documents: {len(names)} of {len(names)} change"
    assert all(" | – | " in line for line in lines[3:])
    assert [*describe_documents(golden, golden)] == [f"### Documents: 0 of {len(names)} change"]


def test_its_inputs_are_all_used_and_come_to_commands_as_variables() -> None:
    text = (ROOT / "action.yml").read_text(encoding="utf-8")
    assert all(f"inputs.{name}" in text for name in ACTION["inputs"])
    assert not [name for name, step in STEPS.items() if "${{" in step["run"]]
