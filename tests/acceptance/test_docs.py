"""The docs: links lead somewhere, the README stays a front page, and the lesson works as it is written."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT, environment

PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md")]
PAGES += sorted((ROOT / "docs").rglob("*.md"))
LESSON = ROOT / "docs" / "tutorial"
_LINK = re.compile(r"\]\((?!https?://|mailto:)([^)\s#]*)(?:#([^)\s]+))?\)")
_FENCE = re.compile(r"^ *```.*?^ *```", re.M | re.S)
_BLOCK = re.compile(r"^```(sh|yaml) ?(\S*)\n(.*?)^```", re.M | re.S)


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


@pytest.mark.slow
def test_the_lesson_works_as_it_is_written(tmp_path: Path) -> None:
    for name in ("wells.xlsx", "fa-AF.po"):
        shutil.copy(LESSON / name, tmp_path)
    folder = tmp_path
    env = environment(XDG_CACHE_HOME=str(tmp_path / "cache"))
    for kind, name, text in _BLOCK.findall((LESSON / "README.md").read_text(encoding="utf-8")):
        if kind == "yaml":
            (folder / name).write_text(text, encoding="utf-8")
            continue
        for command in text.splitlines():
            if command.startswith("cd "):
                folder /= command.removeprefix("cd ")
                continue
            line = command.replace("tipbrief", f"{sys.executable} -m tipbrief", 1)
            done = subprocess.run(line, shell=True, cwd=folder, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    assert (folder / "out" / "wells-sheet.fa-AF.pdf").exists()
    assert "is current" in done.stdout
