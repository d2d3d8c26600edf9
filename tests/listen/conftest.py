"""Documents, and what is told of each: listened to once in a test run, whichever process asks first."""

import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path

import pytest

from tests.conftest import Run
from tests.listen.account import Node
from tests.listen.desk import Desk, laid
from tests.listen.programs import Chromium, Firefox, Orca, Page
from tests.support import made_once

# Other systems have other ways to tell a page; tools/setup.sh says so.
collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
Shower = Callable[[Desk], Firefox | Chromium]
Once = Callable[[str, Callable[[Path], None]], Path]
# A brief of two pages, in large print of six, and a sheet of one: in languages of both directions.
DOCUMENTS = (
    "tip-2025-world", "tip-2025-world.en", "tip-2025-world-large", "tip-2025-country-AFG", "tip-2025-country-AFG.ps",
)  # fmt: skip
WORLD, SHEET = DOCUMENTS[0], DOCUMENTS[3]


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Once:
    """Makes a folder that all processes share."""
    return partial(made_once, tmp_path_factory)


@pytest.fixture(scope="session")
def documents(once: Once, tipbrief: Run) -> Path:
    """The folder with the documents that are listened to."""

    def build(out: Path) -> None:
        for words in (
            ("world", "--language", "fa-AF,en"),
            ("world", "--profile", "large"),
            ("country", "--only", "AFG", "--language", "fa-AF,ps"),
        ):
            done = tipbrief("build", *words, "--out", out)
            assert done.returncode == 0, done.stderr

    return once("documents", build)


@pytest.fixture(scope="session")
def page(documents: Path) -> Callable[[str], Page]:
    """A document's file by its name."""
    return lambda name: Page.of(documents / name)


@pytest.fixture(scope="session")
def listened(once: Once, documents: Path) -> Callable[[str, Shower, Sequence[str]], dict[str, Node]]:
    """What a program tells of these files, one after the other."""

    def listen(program: str, shower: Shower, names: Sequence[str]) -> dict[str, Node]:
        def show_all(folder: Path) -> None:
            with laid() as desk:
                shows = shower(desk)
                for name in names:
                    told = asdict(shows.show(Page.of(documents / name)))
                    (folder / name).write_text(json.dumps(told), encoding="utf-8")

        folder = once(program, show_all)
        return {name: Node.read(json.loads((folder / name).read_text(encoding="utf-8"))) for name in names}

    return listen


@pytest.fixture(scope="session")
def orca(once: Once, documents: Path) -> Callable[[str], list[str]]:
    """What Orca says of a document's HTML in Firefox."""

    def said(name: str) -> list[str]:
        def read(folder: Path) -> None:
            with laid() as desk:
                page = Page.of(documents / f"{name}.html")
                Firefox(desk).show(page)
                (folder / "said").write_text("\n".join(Orca(desk).read(page)), encoding="utf-8")

        return (once(f"orca-{name}", read) / "said").read_text(encoding="utf-8").splitlines()

    return said
