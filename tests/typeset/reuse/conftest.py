"""Documents of all kinds as they are before they are fitted: composed once for all tests of reuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025
from tipbrief.assets import shipped
from tipbrief.build import document
from tipbrief.build.session import Session


def composed(folder: Path, *names: str, profile: str = "office") -> Iterator[str]:
    """The pages of documents as they are before they are fitted."""
    session = Session.open(folder, languages=["all"], profile=profile)
    for name in names:
        yield document.composed(session, document.piece_of(session, name).edition)


@pytest.fixture(scope="session")
def documents() -> list[str]:
    earthquakes = shipped("data") / "examples" / "earthquakes"
    names = Session.open(earthquakes, languages=["all"]).documents
    return [
        *composed(TIP_2025, "world", "country-AFG.ps", "country-SOM.en"),
        *composed(TIP_2025, "country-AFG", profile="press"),
        *composed(GOLDEN, "all"),
        *composed(earthquakes, next(iter(names))),
    ]
