"""With and without each reuse, and with all together, in any order: the same bytes, and the same problems."""

import json
import re
import subprocess
import sys
from collections.abc import Sequence

import pytest

from tests.support import environment
from tests.typeset.reuse.pages import odd_pages
from tipbrief.assets import shipped
from tipbrief.fonts.shelf import shelf, twins
from tipbrief.typeset.reuse.in_use import NEEDS, REUSES

# Typesets pages one after the other, with these reuses alone, and prints what came of each.
TYPESET = """
import hashlib, json, sys
from pathlib import Path
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.reuse import in_use

given = json.load(sys.stdin)
in_use.REUSES = {name: files for name, files in in_use.REUSES.items() if name in given["reuses"]}
assert not [name for name, why_not in in_use.standing() if why_not]
typesetter = Typesetter(Path(given["fonts"]), {name: Path(file) for name, file in given["twins"].items()})

def typeset(html):
    return typesetter.typeset(html).pdf

for html in given["pages"]:
    try:
        print(json.dumps(hashlib.sha256(typeset(html)).hexdigest()))
    except Problems as raised:
        print(json.dumps([problem.message for problem in raised.problems]))
"""


def made(pages: Sequence[str], reuses: Sequence[str]) -> list[str | list[str]]:
    """What comes of pages that are typeset in this order, in a process of their own."""
    faces = shelf(shipped("fonts"))
    files = {name: str(file) for name, file in twins(faces).items()}
    fonts = str(faces[0].ttf.parent)
    given = json.dumps({"pages": pages, "reuses": reuses, "fonts": fonts, "twins": files})
    command = [sys.executable, "-c", TYPESET]
    said = subprocess.run(
        command, input=given, env=environment(), stdout=subprocess.PIPE, text=True, check=True
    )
    return [json.loads(line) for line in said.stdout.splitlines()]


@pytest.fixture(scope="module")
def odd(documents: list[str]) -> dict[str, str]:
    return odd_pages("".join(re.findall(r"@font-face *{[^}]*}", documents[0])))


@pytest.fixture(scope="module")
def pages(documents: list[str], odd: dict[str, str]) -> list[str]:
    return [*documents, *odd.values()]


@pytest.fixture(scope="module")
def few(documents: list[str], odd: dict[str, str]) -> list[str]:
    return [*odd.values(), *documents[1:3]]


@pytest.fixture(scope="module")
def few_plain(few: list[str]) -> list[str | list[str]]:
    return made(few, ())


def test_the_odd_pages_are_typeset_or_tell_what_is_wrong(
    odd: dict[str, str], few_plain: list[str | list[str]]
) -> None:
    wrong = {name for name, came in zip(odd, few_plain, strict=False) if isinstance(came, list)}
    assert wrong == {
        "notes and running elements",
        "the same anchor twice",
        "an own style that means nothing",
        "a calculation that cannot be",
        "a character that no font has",
    }


@pytest.mark.parametrize("order", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_all_together_each_page_twice(pages: list[str], order: int) -> None:
    """Beside the plain way in the same order: a page may come out otherwise after one with other fonts."""
    twice = [*pages, *pages][::order]
    assert made(twice, [*REUSES]) == made(twice, ())


@pytest.mark.parametrize("reuse", REUSES)
def test_each_alone(few: list[str], few_plain: list[str | list[str]], reuse: str) -> None:
    assert made(few, [reuse, *NEEDS.get(reuse, ())]) == few_plain
