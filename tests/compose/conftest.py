"""What the tests of this room share: the two publications."""

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
