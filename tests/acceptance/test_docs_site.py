"""The documentation site of `make docs`: every page, a search, nothing from a network, and right-to-left pages."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import ROOT


def make_site(folder: Path) -> tuple[Path, subprocess.CompletedProcess[str]]:
    """What `make docs` does, in a copy of the checkout."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (recipe,) = re.findall(r"^docs:.*\n\t\.venv/bin/python (.*)$", makefile, re.M)
    command = [sys.executable, *recipe.split()]
    return folder / "build" / "docs", subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_site_has_every_page_and_a_broken_link_ends_it(tmp_path: Path) -> None:
    for name in ("docs", "tools", "fonts"):
        shutil.copytree(ROOT / name, tmp_path / name)
    for name in (*(one.name for one in ROOT.glob("*.md")), "LICENSE", "hatch_build.py"):
        shutil.copy(ROOT / name, tmp_path)
    page = tmp_path / "docs" / "tutorial" / "test.fa-AF.md"
    page.write_text("# آموزش\n\nمتن با `tipbrief check` و [پیوند](../../README.md#five-tasks).\n", encoding="utf-8")

    site, done = make_site(tmp_path)
    assert done.returncode == 0, done.stderr
    sources = [*tmp_path.glob("*.md"), *(tmp_path / "docs").rglob("*.md")]
    pages = [(site / one.relative_to(tmp_path)).with_suffix(".html") for one in sources]
    assert [one for one in pages if not one.exists()] == []
    assert "README.html" in (site / "index.html").read_text(encoding="utf-8")
    front = (site / "README.html").read_text(encoding="utf-8")
    menu = front.partition('class="sidebar-tree"')[2].partition("</aside>")[0]
    linked = [f'href="{one.relative_to(site).as_posix()}"' in menu for one in pages if one.parent != site]
    assert all(linked)
    assert "header_row" in (site / "searchindex.js").read_text(encoding="utf-8")
    for file in (*pages, site / "search.html"):
        text = file.read_text(encoding="utf-8")
        assert not re.findall(r'<(?:script|img|iframe)[^>]+src="(?:https?:)?//', text)
        assert not re.findall(r'<link[^>]+rel="(?:stylesheet|preload|prefetch)"[^>]+href="(?:https?:)?//', text)
    assert not re.findall(
        r"(?:@import|url\()\W*(?:https?:)?//",
        "".join(file.read_text(encoding="utf-8") for file in (site / "_static").rglob("*.css")),
    )
    assert '<div dir="rtl" lang="fa-AF"><section' in (site / "docs" / "tutorial" / "test.fa-AF.html").read_text("utf-8")
    assert '<div dir="rtl" lang="fa-AF"><section' not in front

    page.write_text("# آموزش\n\n[پیوند](nowhere.md) [پیوند](README.md#no-such-heading)\n", encoding="utf-8")
    _, done = make_site(tmp_path)
    assert done.returncode == 1
    assert "nowhere.md" in done.stderr
    assert "no-such-heading" in done.stderr
