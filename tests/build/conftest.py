"""What the tests of workers, here and on a cluster, hold their work against."""

from pathlib import Path

import pytest

from tests.build.rows import EACH, sheets
from tipbrief.build import document
from tipbrief.build.document import piece_of
from tipbrief.build.made import Made
from tipbrief.build.session import Session
from tipbrief.ledger.entries import Edition


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a small sheet for each of eight rows: change nothing in it."""
    return sheets(tmp_path_factory.mktemp("rows") / "wells")


@pytest.fixture(scope="module")
def session(folder: Path) -> Session:
    return Session.open(folder)


@pytest.fixture(scope="module")
def editions(session: Session) -> list[Edition]:
    return [piece_of(session, name).edition for name in EACH]


@pytest.fixture(scope="module")
def alone(session: Session, editions: list[Edition]) -> dict[str, Made]:
    """What one process makes, without any worker."""
    return {edition.brief: document.make(session, edition) for edition in editions}
