"""Blocks of other packages: found by their entry point, checked, printed by the package's template."""

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support import HEAD, SOURCES, pdf_text, wells

BLOCK = '''
from typing import Literal

from tipbrief.check.block_base import Block
from tipbrief.load.schema import RichText


class MottoBlock(Block, kind="motto"):
    """A sentence in large type."""

    text: RichText
    size: Literal["large", "huge"] = "large"
'''
TEMPLATE = """<p class="motto {{ block.size }}">{{ rich(block.text) }}</p>\n"""


def package(to: Path, module: str = BLOCK) -> dict[str, str]:
    """A package as pip installs it; the environment in which it is found."""
    (to / "mottoes" / "templates" / "blocks").mkdir(parents=True)
    (to / "mottoes" / "__init__.py").write_text(module, encoding="utf-8")
    (to / "mottoes" / "templates" / "blocks" / "motto.html.j2").write_text(TEMPLATE, encoding="utf-8")
    info = to / "mottoes-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: mottoes\nVersion: 1.0\n", encoding="utf-8")
    (info / "entry_points.txt").write_text("[tipbrief.blocks]\nmotto = mottoes:MottoBlock\n", encoding="utf-8")
    return {"PYTHONPATH": os.pathsep.join(filter(None, (str(to), os.environ.get("PYTHONPATH", ""))))}


def build(tipbrief: Any, tmp_path: Path, block: str, env: dict[str, str]) -> "subprocess.CompletedProcess[str]":
    briefs = {f"b{number}": f"{HEAD}  - motto: {block}\n{SOURCES}" for number in range(5)}  # so many have workers
    folder = wells(tmp_path / "wells", **briefs)
    done: subprocess.CompletedProcess[str] = tipbrief(
        "build", *briefs, "--publication", folder, "--out", tmp_path / "out", env=env
    )
    return done


def test_a_block_of_another_package_is_printed(tipbrief: Any, tmp_path: Path) -> None:
    done = build(tipbrief, tmp_path, "{text: 'از {wells} چاه', size: huge}", package(tmp_path / "installed"))
    assert not done.returncode, done.stderr
    for number in range(5):
        html = (tmp_path / "out" / f"wells-b{number}.html").read_text(encoding="utf-8")
        assert "چاه" in html.partition('<p class="motto huge">')[2].partition("</p>")[0]
        assert "چاه" in pdf_text(tmp_path / "out" / f"wells-b{number}.pdf")


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ("{text: 'از {wellz} چاه'}", "there is no figure 'wellz'"),
        ("{text: 'از چاه', size: tiny}", "'size' is one of large, huge, not 'tiny'"),
        ("{texts: 'از چاه'}", "did you mean 'text'?"),
    ],
)
def test_its_keys_are_checked(tipbrief: Any, tmp_path: Path, block: str, said: str) -> None:
    done = build(tipbrief, tmp_path, block, package(tmp_path / "installed"))
    assert done.returncode == 1
    assert said in done.stderr


def test_help_shows_its_keys(tipbrief: Any, tmp_path: Path) -> None:
    env = package(tmp_path / "installed")
    for words in (["motto"], ["block", "motto"]):
        said = tipbrief("help", *words, env=env).stdout
        assert said.startswith("block motto\n")
        assert "one of large, huge" in said
    assert "there is no topic 'motto'" in tipbrief("help", "motto").stderr


def test_without_the_package_there_is_no_such_block(tipbrief: Any, tmp_path: Path) -> None:
    done = build(tipbrief, tmp_path, "{text: 'از چاه'}", {})
    assert "'motto' is not known" in done.stderr


@pytest.mark.parametrize(
    "fault", ["import nothing_of_that_name", "1 / 0", "raise SystemExit(7)", "class MottoBlock: kind = 'motto'"]
)
def test_a_faulty_package_is_named(tipbrief: Any, tmp_path: Path, fault: str) -> None:
    done = build(tipbrief, tmp_path, "{text: 'از چاه'}", package(tmp_path / "installed", fault))
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert ("mottoes:MottoBlock cannot be used" if "class" not in fault else "'motto' is not known") in done.stderr


@pytest.mark.parametrize("command", ["check", "build", "list"])
def test_a_package_that_ends_the_program_is_named(tipbrief: Any, tmp_path: Path, command: str) -> None:
    exits = "\n    def find_problems(self, known):\n        import sys\n        sys.exit(7)\n"
    env = package(tmp_path / "installed", BLOCK + exits)
    folder = wells(tmp_path / "wells", one=f"{HEAD}  - motto: {{text: 'از چاه'}}\n{SOURCES}")
    done = tipbrief(command, "--publication", folder, env=env)
    assert done.returncode == 1
    assert "the package 'mottoes' ended the program\n    hint: update that package, or remove it" in done.stderr


def test_the_publication_has_the_last_word(tipbrief: Any, tmp_path: Path) -> None:
    """Its own template of that block comes before the package's."""
    env, briefs = package(tmp_path / "installed"), {"one": f"{HEAD}  - motto: {{text: 'از چاه'}}\n{SOURCES}"}
    folder = wells(tmp_path / "wells", **briefs)
    shutil.copytree(tmp_path / "installed" / "mottoes" / "templates", folder / "templates", dirs_exist_ok=True)
    (folder / "templates" / "blocks" / "motto.html.j2").write_text("<p class='own'>{{ rich(block.text) }}</p>\n")
    done = tipbrief("build", "one", "--publication", folder, "--out", tmp_path / "out", env=env)
    assert not done.returncode, done.stderr
    assert "<p class='own'>" in (tmp_path / "out" / "wells-one.html").read_text(encoding="utf-8")
