"""The world brief of the shipped publication, typeset and finished once for all tests of PDFs."""

import pytest

from tests.pdf.pages import DAY, finished, typesetter
from tests.support import TIP_2025
from tipbrief.build.document import piece_of
from tipbrief.build.session import Session
from tipbrief.pdf.archive import carrying
from tipbrief.pdf.attachments import Attachment, attachments_of, dataset_of
from tipbrief.typeset.engine import Typeset
from tipbrief.typeset.fit import fitted


@pytest.fixture(scope="package")
def html() -> str:
    """Spaced to its pages, as it is printed: else its columns break, and each page says its part of them."""
    session = Session.open(TIP_2025)
    brief = session.documents["world"].brief
    return fitted(session.typesetter, piece_of(session, "world").html(), brief.pages, brief.place).html


@pytest.fixture(scope="package")
def raw_world(html: str) -> Typeset:
    return typesetter().typeset(html)


@pytest.fixture(scope="package")
def attachments() -> list[Attachment]:
    versions = {"tipbrief": "0", "WeasyPrint": "70.0"}
    return attachments_of(dataset_of(TIP_2025), versions, {"brief": "world"}, "editions: []\n")


@pytest.fixture(scope="package")
def bare(html: str) -> bytes:
    return finished(typesetter().typeset(html))


@pytest.fixture(scope="package")
def archived(bare: bytes, attachments: list[Attachment]) -> bytes:
    return carrying(bare, attachments, DAY)
