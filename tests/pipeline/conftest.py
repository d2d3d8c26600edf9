"""What the tests of workers, here and on a cluster, hold their work against."""

from pathlib import Path

import pytest

from tests.pipeline.rows import EACH, sheets
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a small sheet for each of eight rows: change nothing in it."""
    return sheets(tmp_path_factory.mktemp("rows") / "wells")


@pytest.fixture(scope="module")
def session(folder: Path) -> Session:
    return Session.open(folder)


@pytest.fixture(scope="module")
def editions(session: Session) -> list[Edition]:
    return [compose_document(session, name).edition for name in EACH]


@pytest.fixture(scope="module")
def alone(session: Session, editions: list[Edition]) -> dict[str, Rendering]:
    """What one process makes, without any worker."""
    return {edition.brief: document.render_document(session, edition) for edition in editions}
