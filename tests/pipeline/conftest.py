"""What the tests of workers, here and on a cluster, hold their work against."""

from pathlib import Path

import pytest

from tests.pipeline.rows import EACH, sheets
from tipbrief.check.publication import Publication
from tipbrief.compose import html_page
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


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The documents that are composed from now on, in their order."""
    names, compose = [], html_page.begin_page

    def note(whole: Publication, name: str, *others: object, **more: object) -> object:
        names.append(name)
        return compose(whole, name, *others, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(html_page, "begin_page", note)
    return names


@pytest.fixture(scope="module")
def alone(session: Session, editions: list[Edition]) -> dict[str, Rendering]:
    """What one process makes, without any worker."""
    return {one.brief: document.render_document(compose_document(session, one.brief)) for one in editions}
