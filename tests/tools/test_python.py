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


@pytest.mark.parametrize(
    ("found", "name"),
    [
        # The newest of those that were built for speed.
        ({"old": (11, SYSTEMS), "new": (13, SYSTEMS), "middle": (12, OPTIMISED)}, "new"),
        # Speed goes before age.
        ({"home": (13, PLAIN), "quick": (11, SYSTEMS)}, "quick"),
        ({"home": (13, PLAIN), "quick": (11, OPTIMISED)}, "quick"),
        # One that can make a venv goes before one that needs a package.
        ({"unable": (13, UNABLE), "home": (11, PLAIN)}, "home"),
        # One with which nothing is tested is the last.
        ({"next": (15, SYSTEMS), "home": (11, PLAIN)}, "home"),
        # What is there is taken where there is nothing better; one that is broken is none.
        ({"unable": (14, UNABLE)}, "unable"),
        ({"old": (11, {**SYSTEMS, "able": "broken"})}, ""),
    ],
)
def test_which_python_is_taken(tmp_path: Path, found: dict[str, tuple[int, dict[str, object]]], name: str) -> None:
    assert chosen(tmp_path, **found) == name
