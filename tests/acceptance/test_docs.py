"""The docs: links lead somewhere, the README stays a front page, and the lesson works as it is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, environment
from tools import lesson

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
_FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)


def heading_anchors(page: Path) -> set[str]:
    """The anchors that a page has on the web: its headings in small letters, without punctuation."""
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", page.read_text(encoding="utf-8")), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_links_lead_to_pages_and_headings() -> None:
    broken = []
    for page in PAGES:
        for path, anchor in _LINK.findall(_FENCE.sub("", page.read_text(encoding="utf-8"))):
            target = page if not path else (page.parent / path).resolve()
            if not target.exists() or (anchor and anchor not in heading_anchors(target)):
                broken.append(f"{page.relative_to(ROOT)}: {path}#{anchor}")
    assert not broken


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page.suffix == ".md" and page.exists() and page not in reached:
            reached.add(page)
            links = _LINK.findall(page.read_text(encoding="utf-8"))
            waiting += [(page.parent / path).resolve() for path, _ in links if path]
    missed = {page.relative_to(ROOT).as_posix() for page in (ROOT / "docs").rglob("*.md")}
    missed -= {page.relative_to(ROOT).as_posix() for page in reached}
    assert missed <= {"docs/README.md"}


def test_the_readme_is_a_front_page() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


def test_a_newcomer_finds_the_lesson_soon() -> None:
    words = (ROOT / "README.md").read_text(encoding="utf-8").split()
    assert any("docs/tutorial/README.md" in word for word in words[:300])


def test_the_lesson_has_twelve_commands_and_is_the_same_in_dari() -> None:
    english, dari = [(lesson.LESSON / page).read_text(encoding="utf-8") for page in lesson.PAGES]
    assert _FENCE.findall(english) == _FENCE.findall(dari)
    assert english.count("\n## ") == dari.count("\n## ")
    assert len(lesson.list_commands("README.md")) <= 12


@pytest.mark.slow
def test_the_lesson_works_as_it_is_written(tmp_path: Path) -> None:
    lesson.follow_lesson("README.md", tmp_path)
    out = tmp_path / "schools" / "out"
    for name, words in {"schools-sheet": "۲۵۷٬۷۵۰", "schools-sheet.en": "257,750"}.items():
        assert words in (out / f"{name}.html").read_text(encoding="utf-8")
        assert (out / f"{name}.pdf").exists()


@pytest.mark.slow
def test_the_commands_of_the_readme_for_a_table_work(tmp_path: Path) -> None:
    shutil.copytree(lesson.LESSON, tmp_path / "docs" / "tutorial")
    env = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    first = next(one for one in _FENCE.findall((ROOT / "README.md").read_text(encoding="utf-8")) if "--from" in one)
    commands = [line.partition("  #")[0] for line in first.splitlines()[1:-1]]
    folder = tmp_path
    for command in commands:
        if command.startswith("cd "):
            folder /= command.removeprefix("cd ")
            continue
        line = command.replace("tipbrief", f"{sys.executable} -m tipbrief", 1)
        done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (folder / "out" / "schools-sheet.pdf").exists()
    # In a folder without a publication, a build is an error that says how to begin one.
    line = [sys.executable, "-m", "tipbrief", "build"]
    done = subprocess.run(line, cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "tipbrief new DIR" in done.stderr
