"""The commands of README.md, typed one after the other as they stand there."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, TIP_2025, environment

# Another test reads the options of all: tests/acceptance/test_docs_names.py.
_LEFT_OUT = {
    "tipbrief watch world --open": "it runs until it is ended; tests/watch/",
    "tipbrief build --all --language all --deliver": "567 documents; tests/acceptance/test_several_languages.py",
    "tipbrief site": "it reads all editions; tests/site/",
}


def commands_of(section: str) -> list[str]:
    fences = re.findall(r"^```\n(.*?)^```", section, re.M | re.S)
    lines = [line.partition(" #")[0].strip() for fence in fences for line in fence.splitlines()]
    return [line for line in lines if re.match(r"(make|\.|cd|tipbrief) ", line)]


def type_commands(commands: list[str], folder: Path) -> None:
    env = environment(XDG_CACHE_HOME=str(folder / "cache"))
    for command in commands:
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
        elif command not in _LEFT_OUT:
            line = command.replace("tipbrief", f"{sys.executable} -m tipbrief", 1)
            done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.slow
def test_the_commands_of_the_readme_work(tmp_path: Path) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    _, start, tasks, *_ = re.split(r"^## (?:Write your own publication|Five tasks|Commands)$", text, flags=re.M)
    assert {*_LEFT_OUT} <= {*commands_of(start), *commands_of(tasks)}

    (tmp_path / "docs" / "tutorial").mkdir(parents=True)
    shutil.copy(ROOT / "docs" / "tutorial" / "schools-example.xlsx", tmp_path / "docs" / "tutorial")
    type_commands(commands_of(start), tmp_path)
    assert len([*(tmp_path / "schools" / "out").glob("*.pdf")]) > 2

    folder = tmp_path / "shipped"
    shutil.copytree(TIP_2025, folder / "data" / "tip-2025")
    # All documents that print a number take minutes: tests/acceptance/test_correct_and_deliver.py.
    commands = [re.sub(r"^(tipbrief correct .*) --deliver$", r"\1 --dry-run", one) for one in commands_of(tasks)]
    type_commands(commands, folder)
    assert (folder / "world.eml").exists()
