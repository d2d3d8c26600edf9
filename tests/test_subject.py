"""The program knows no subject: what the shipped publications are about is no word of it."""

import re
from pathlib import Path

from tests.support import ROOT

# Tiers, countries, governments, and what they are called in the publication's other languages; but no names of ODF.
SUBJECT = re.compile(r"(?<![a-z])tiers?(?![a-z])|(?<!fo:)countr(?:y(?!-complex)|ies)|government|کشور|حکومت|هېواد", re.I)
SPOKEN = ("src/tipbrief", "templates", "docs/reference/files.md", "docs/reference/blocks.md", "docs/how-to/maps.md")


def files() -> list[Path]:
    there = [ROOT / name for name in SPOKEN if (ROOT / name).exists()]
    inside = [path for one in there for path in ([one] if one.is_file() else sorted(one.rglob("*")))]
    return [path for path in inside if path.is_file() and path.suffix not in (".pyc", ".png", ".ttf")]


def test_no_word_of_the_subject() -> None:
    assert len(files()) > 150
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line}"
        for path in files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if SUBJECT.search(line)
    ]
    assert found == []
