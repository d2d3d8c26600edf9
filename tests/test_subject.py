"""The program knows no subject: what the shipped publications are about is no word of it."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Tiers, countries, governments, and what they are called in the publication's other languages.
SUBJECT = re.compile(r"(?<![a-z])tiers?(?![a-z])|countr(?:y|ies)|government|کشور|حکومت|هېواد", re.I)
SPOKEN = ("src/tipbrief", "templates", "docs/reference/files.md", "docs/reference/blocks.md", "docs/how-to/maps.md")


def files() -> list[Path]:
    there = [ROOT / name for name in SPOKEN if (ROOT / name).exists()]
    inside = [path for one in there for path in ([one] if one.is_file() else sorted(one.rglob("*")))]
    return [path for path in inside if path.is_file() and path.suffix not in (".pyc", ".png", ".ttf")]


def test_there_is_something_to_read() -> None:
    assert len(files()) > 150


@pytest.mark.parametrize("path", files(), ids=lambda path: path.relative_to(ROOT).as_posix())
def test_no_word_of_the_subject(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if SUBJECT.search(line)] == []
