"""With and without each reuse, and with all together, in any order: the same bytes, and the same problems."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025, environment
from tests.typeset.reuse.pages import odd_pages
from tipbrief.assets import shipped
from tipbrief.build import document
from tipbrief.build.session import Session
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


def composed(folder: Path, *names: str, profile: str = "office") -> Iterator[str]:
    """The pages of documents as they are before they are fitted."""
    session = Session.open(folder, languages=["all"], profile=profile)
    for name in names:
        yield document.composed(session, document.piece_of(session, name).edition)


@pytest.fixture(scope="module")
def documents() -> list[str]:
    earthquakes = shipped("data") / "examples" / "earthquakes"
    names = Session.open(earthquakes, languages=["all"]).documents
    return [
        *composed(TIP_2025, "world", "country-AFG.ps", "country-SOM.en"),
        *composed(TIP_2025, "country-AFG", profile="press"),
        *composed(GOLDEN, "all"),
        *composed(earthquakes, next(iter(names))),
    ]


@pytest.fixture(scope="module")
def odd(documents: list[str]) -> dict[str, str]:
    return odd_pages("".join(re.findall(r"@font-face *{[^}]*}", documents[0])))


Made = dict[str, str | list[str]]


@pytest.fixture(scope="module")
def plain(documents: list[str], odd: dict[str, str]) -> Made:
    pages = [*documents, *odd.values()]
    return dict(zip(pages, made(pages, ()), strict=True))


def differing(plain: Made, pages: Sequence[str], reuses: Sequence[str]) -> list[str]:
    came = zip(pages, made(pages, reuses), strict=True)
    return [re.sub("@font-face.*?}", "", html)[:3000] for html, one in came if one != plain[html]]


def test_the_odd_pages_are_typeset_or_tell_what_is_wrong(odd: dict[str, str], plain: Made) -> None:
    wrong = {name for name, html in odd.items() if isinstance(plain[html], list)}
    assert wrong == {
        "the same anchor twice",
        "an own style that means nothing",
        "notes and running elements",
        "a calculation that cannot be",
        "a character that no font has",
    }


def test_all_together_each_page_twice(plain: Made) -> None:
    assert not differing(plain, [*plain, *plain], [*REUSES])


def test_all_together_in_the_other_order(plain: Made) -> None:
    assert not differing(plain, [*plain][::-1], [*REUSES])


@pytest.mark.parametrize("reuse", REUSES)
def test_each_alone(plain: Made, odd: dict[str, str], reuse: str) -> None:
    pages = [*odd.values(), *[*plain][1:3]]
    assert not differing(plain, [*pages, *pages], [reuse, *NEEDS.get(reuse, ())])
