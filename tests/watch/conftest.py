"""A small publication that is watched."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.watch.support import Watching, small, watching_of


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A publication with one brief of two pages, and a sheet for each row of a table."""
    return small(tmp_path / "wells")


@pytest.fixture
def watching(folder: Path) -> Iterator[Watching]:
    """It, watched: the pages of ``one`` are there."""
    with watching_of(folder) as found:
        found.until("current")
        yield found
