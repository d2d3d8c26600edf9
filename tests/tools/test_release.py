"""A release: links that work on a package index, tags that fit, two builds that are the same."""

import re
from pathlib import Path

import pytest

from hatch_build import make_links_absolute
from tests.support import ROOT
from tools import release

ADDRESS = "https://example.org/tipbrief"


def test_no_link_of_the_readme_is_relative_on_a_package_index() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    made = make_links_absolute(text, ADDRESS, "v1.2.3")
    links = re.findall(r"\]\(([^)]+)\)", made)
    assert len(links) == text.count("](") > 20
    assert all(link.startswith((ADDRESS, "https://", "#")) for link in links)
    assert f"![the front of the brief]({ADDRESS}/raw/v1.2.3/docs/pictures/world.png)" in made
    assert f"[install]({ADDRESS}/blob/v1.2.3/docs/how-to/install.md)" in made
    assert make_links_absolute(made, "https://example.net", "v9") == made


@pytest.mark.parametrize(
    ("tag", "changelog", "faults"),
    [
        ("", "## Unreleased\n", 0),
        ("v1.0.0", "## Unreleased\n\n## 1.0.0 - 2026-12-01\n", 0),
        ("v1.0.0", "## Unreleased\n\n## 1.0.0\n", 1),
        ("v1.0.1", "## 1.0.1 - 2026-12-01\n", 2),
    ],
)
def test_a_tag_needs_its_version_and_its_changelog(tag: str, changelog: str, faults: int) -> None:
    assert len([*release.find_tag_faults(tag, "1.0.0", changelog)]) == faults


def test_builds_that_differ_are_named(tmp_path: Path) -> None:
    for name, content in (("one", "a"), ("other", "b")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "same.whl").write_text("")
        (tmp_path / name / "x.tar.gz").write_text(content)
    found = [*release.find_differences(tmp_path / "one", tmp_path / "other")]
    assert found == ["x.tar.gz is not the same in both builds"]
