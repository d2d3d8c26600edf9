"""Which Python ``make`` takes: fakes on PATH, which say what they are as the real ones would."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT

FAKE = """#!/bin/sh
exec {real} -c '
import importlib.util, sys, sysconfig
sys.version_info = (3, {minor}, 0, "final", 0)
sys.base_prefix, sys.executable = "{prefix}", "{file}"
sysconfig.get_config_var = lambda name: "{arguments}"
find = importlib.util.find_spec
importlib.util.find_spec = lambda name: find(name) if name != "ensurepip" or {able} else None
exec(sys.argv[1])
' "$2"
"""
PLAIN = {"prefix": "/home/me", "arguments": "--enable-shared", "able": True}
SYSTEMS = {**PLAIN, "prefix": "/usr"}
OPTIMISED = {**PLAIN, "arguments": "--enable-shared --enable-optimizations"}
UNABLE = {**SYSTEMS, "able": False}


def chosen(folder: Path, **found: tuple[int, dict[str, object]]) -> str:
    """The name of the folder whose Python is taken; each holds one, with this minor version."""
    for name, (minor, said) in found.items():
        (folder / name).mkdir()
        file = folder / name / f"python3.{minor}"
        file.write_text(FAKE.format(real=sys.executable, minor=minor, file=file, **said))
        file.chmod(0o755)
    path = os.pathsep.join([str(folder / "none"), *(str(folder / name) for name in found)])
    done = subprocess.run([ROOT / "tools" / "python.sh"], env={"PATH": path}, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    return Path(done.stdout.strip()).parent.name


def test_the_newest_of_those_that_were_built_for_speed(tmp_path: Path) -> None:
    found = {"old": (11, SYSTEMS), "new": (13, SYSTEMS), "middle": (12, OPTIMISED)}
    assert chosen(tmp_path, **found) == "new"


@pytest.mark.parametrize("other", [SYSTEMS, OPTIMISED])
def test_speed_goes_before_age(tmp_path: Path, other: dict[str, object]) -> None:
    assert chosen(tmp_path, home=(13, PLAIN), quick=(11, other)) == "quick"


def test_one_that_can_make_a_venv_goes_before_one_that_needs_a_package(tmp_path: Path) -> None:
    assert chosen(tmp_path, unable=(13, UNABLE), home=(11, PLAIN)) == "home"


def test_one_with_which_nothing_is_tested_is_the_last(tmp_path: Path) -> None:
    assert chosen(tmp_path, next=(14, SYSTEMS), home=(11, PLAIN)) == "home"


def test_what_is_there_is_taken_where_there_is_nothing_better(tmp_path: Path) -> None:
    assert chosen(tmp_path, unable=(14, UNABLE)) == "unable"


def test_one_that_is_broken_is_none(tmp_path: Path) -> None:
    assert chosen(tmp_path, old=(11, {**SYSTEMS, "able": "broken"})) == ""
