"""What the tests of this room share: the two publications, and a copy of one to change and to break."""

import shutil
from pathlib import Path

import pytest

from tests.support import GOLDEN, TIP_2025
from tipbrief.check.publication import Publication, load_publication


@pytest.fixture(scope="session")
def made_up() -> Publication:
    """The made-up publication, with every kind of block."""
    return load_publication(GOLDEN)


@pytest.fixture(scope="session")
def tip() -> Publication:
    """The shipped one."""
    return load_publication(TIP_2025)


@pytest.fixture
def wells(tmp_path: Path) -> Path:
    """A copy of the made-up publication."""
    return Path(shutil.copytree(GOLDEN, tmp_path / "wells"))
