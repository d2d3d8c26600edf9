"""With and without each reuse, and with all together, in any order: the same bytes, and the same problems."""

import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from tests.typeset.patches.pages import odd_pages
from tests.typeset.patches.turns import run_script
from tipbrief.typeset.patches.registry import PATCHES

# Patches that use what another one finds.
REQUIREMENTS = {
    "box_values": ("computed_styles",),
    "shaping": ("computed_styles",),
}
# Typesets pages one after the other, with these reuses alone, and prints what came of each.
TYPESET = """
import hashlib, json, sys
from pathlib import Path
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.patches import registry

given = json.load(sys.stdin)
registry.PATCHES = [name for name in registry.PATCHES if name in given["reuses"]]
assert not registry.why_patches_are_off()
typesetter = Typesetter(Path(given["fonts"]), {name: Path(file) for name, file in given["twins"].items()})

for html in given["pages"]:
    try:
        print(json.dumps(hashlib.sha256(typesetter.typeset_html(html).final_pdf).hexdigest()))
    except Problems as raised:
        print(json.dumps([problem.message for problem in raised.problems]))
"""


_Came = list[str | list[str]]
_Made = Callable[[Sequence[str], Sequence[str]], _Came]


@pytest.fixture(scope="module")
def made(given_faces: dict[str, Any]) -> _Made:
    """What comes of pages that are typeset in this order, in a process of their own."""
    return lambda pages, reuses: run_script(TYPESET, {"pages": pages, "reuses": reuses, **given_faces})


@pytest.fixture(scope="module")
def odd(documents: list[str]) -> dict[str, str]:
    return odd_pages("".join(re.findall(r"@font-face *{[^}]*}", documents[0])))


@pytest.fixture(scope="module")
def pages(documents: list[str], odd: dict[str, str]) -> list[str]:
    return [*documents, *odd.values()]


@pytest.fixture(scope="module")
def plain(pages: list[str], made: _Made) -> _Came:
    return made(pages, ())


def test_the_odd_pages_are_typeset_or_tell_what_is_wrong(odd: dict[str, str], plain: _Came) -> None:
    wrong = {name for name, came in zip(odd, plain[-len(odd) :], strict=True) if isinstance(came, list)}
    assert wrong == {
        "notes and running elements",
        "the same anchor twice",
        "an own style that means nothing",
        "hidden parts with anchors",
        "a hidden part whose own style means nothing",
        "a calculation that cannot be",
        "a character that no font has",
    }


@pytest.mark.slow
def test_the_plain_way_tells_the_same_in_any_order(pages: list[str], plain: _Came, made: _Made) -> None:
    assert made(pages[::-1], ()) == plain[::-1]


@pytest.mark.parametrize("order", [1, pytest.param(-1, marks=pytest.mark.slow)])
def test_all_together_each_page_twice(pages: list[str], plain: _Came, made: _Made, order: int) -> None:
    assert made([*pages, *pages][::order], [*PATCHES]) == [*plain, *plain][::order]


@pytest.mark.slow
@pytest.mark.parametrize("reuse", PATCHES)
def test_each_alone(documents: list[str], odd: dict[str, str], plain: _Came, made: _Made, reuse: str) -> None:
    few = slice(1, 3)  # of the documents
    came = [*plain[few], *plain[len(documents) :]]
    assert made([*documents[few], *odd.values()], [reuse, *REQUIREMENTS.get(reuse, ())]) == came
