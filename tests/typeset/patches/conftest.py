"""Documents of all kinds as they are before they are fitted: composed once for all tests of reuses."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import GOLDEN, TIP_2025
from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import truetype_files
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session


def composed(folder: Path, *names: str, profile: str = "office") -> Iterator[str]:
    """The pages of documents as they are before they are fitted."""
    session = Session.open(folder, languages=["all"], profile=profile)
    for name in names:
        yield document.compose_html(session, document.compose_document(session, name).edition)


EARTHQUAKES = find_shipped_folder("data") / "examples" / "earthquakes"


@pytest.fixture(scope="session")
def given_faces() -> dict[str, Any]:
    """The fonts of all documents: those of the theme that has the most."""
    faces = Session.open(EARTHQUAKES).fonts
    return {
        "fonts": str(faces[0].ttf.parent),
        "twins": {name: str(file) for name, file in truetype_files(faces).items()},
    }


@pytest.fixture(scope="session")
def documents() -> list[str]:
    names = Session.open(EARTHQUAKES, languages=["all"]).documents
    return [
        *composed(TIP_2025, "world", "country-AFG.ps", "country-SOM.en"),
        *composed(TIP_2025, "country-AFG", profile="press"),
        *composed(GOLDEN, "all"),
        *composed(EARTHQUAKES, next(iter(names))),
    ]
