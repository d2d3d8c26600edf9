"""A small publication with three editions of one document, two corrections, and what was delivered."""

import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support import change, figures_brief, made_once, run_well, wells
from tipbrief.pipeline.session import Session
from tipbrief.site.generator import SiteResult, write_site

REASON, BETTER = "خطای رونویسی", "شمارش تازه"
FIRST_DAY = 1795564800


@dataclass(frozen=True)
class Told:
    """The publication, and the folders into which its three editions were delivered."""

    folder: Path
    outs: tuple[Path, ...]

    def session(self) -> Session:
        return Session.open(self.folder, languages=["all"])

    def site(self, out: Path, delivered: Path | None = None) -> SiteResult:
        """The site in ``out``; of earlier editions the files are in ``delivered``."""
        return write_site(self.session(), out, delivered or self.outs[0])


def day(number: int, *words: str | Path, folder: Path) -> None:
    run_well(*words, "--publication", folder, SOURCE_DATE_EPOCH=str(FIRST_DAY + 86400 * number))


def _told(home: Path) -> None:
    folder = wells(home / "wells", one=figures_brief("wells, newest"), two=figures_brief("countries, open"))
    change(folder / "publication.yaml", "language: fa-AF\n", "language: fa-AF\naddress: https://example.org/w\n")
    outs = tuple(home / str(number) for number in (1, 2, 3))
    day(0, "build", "one", "--deliver", "--out", outs[0], folder=folder)
    day(1, "correct", "wells", "12346.5", "--reason", REASON, "--source", "survey", folder=folder)
    day(1, "build", "--deliver", "--out", outs[1], folder=folder)
    better = ("--kind", "revision", "--reason", BETTER)
    day(2, "correct", "wells", "12347.5", *better, folder=folder)
    day(2, "build", "--deliver", "--out", outs[2], folder=folder)


@pytest.fixture(scope="session")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """Three editions of the document ``one``, later one of ``two`` with a reprint: change nothing in it."""
    return three_editions(tmp_path_factory)


def three_editions(tmp_path_factory: pytest.TempPathFactory) -> Told:
    """The same, made once for all processes that test."""
    home = made_once(tmp_path_factory, "three-editions", _told)
    return Told(home / "wells", tuple(home / str(number) for number in (1, 2, 3)))


@pytest.fixture
def copy(told: Told, tmp_path: Path) -> Told:
    """The same, to change."""
    return Told(Path(shutil.copytree(told.folder, tmp_path / "wells")), told.outs)


@pytest.fixture(scope="session")
def made(told: Told, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of it, made after each delivery: change nothing in it."""
    out = tmp_path_factory.mktemp("made") / "site"
    for delivered in told.outs[:2]:
        told.site(out, delivered)
    return out
