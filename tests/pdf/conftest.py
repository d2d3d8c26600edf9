"""The world brief of the shipped publication, typeset and finished once for all tests of PDFs."""

import pytest

from tests.pdf.pages import DAY, finished, typesetter
from tests.support import TIP_2025
from tipbrief.pdf.attachments import Attachment, list_attachments, read_dataset
from tipbrief.pdf.pdf_draft import attach_files
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import TypesettingResult
from tipbrief.typeset.fit import fit_pages


@pytest.fixture(scope="package")
def html() -> str:
    """Spaced to its pages, as it is printed: else its columns break, and each page says its part of them."""
    session = Session.open(TIP_2025)
    brief = session.documents["world"].brief
    return fit_pages(session.typesetter, compose_document(session, "world").html(), brief.pages, brief.location).html


@pytest.fixture(scope="package")
def raw_world(html: str) -> TypesettingResult:
    return typesetter().typeset_html(html)


@pytest.fixture(scope="package")
def attachments() -> list[Attachment]:
    versions = {"tipbrief": "0", "WeasyPrint": "70.0"}
    return list_attachments(read_dataset(TIP_2025), versions, {"brief": "world"}, "editions: []\n")


@pytest.fixture(scope="package")
def bare(html: str) -> bytes:
    return finished(typesetter().typeset_html(html))


@pytest.fixture(scope="package")
def archived(bare: bytes, attachments: list[Attachment]) -> bytes:
    return attach_files(bare, attachments, DAY)
