"""A small publication that is watched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watch.support import Watching, small
from tipbrief.watch.preview import Preview


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with one brief of two pages, and a sheet for each row of a table."""
    return small(tmp_path / "wells")


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    """It, watched: the pages of ``one`` are there."""
    found = Watching(Preview(folder, Watching.view))
    found.watched.start()
    try:
        found.until("current")
        yield found
    finally:
        found.watched.close()
