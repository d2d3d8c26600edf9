import pytest

from tests.verify.altered import ComposedPage
from tipbrief.pipeline.session import Session


@pytest.fixture(scope="module")
def world_page(session: Session) -> ComposedPage:
    return ComposedPage.of(session, "world")


@pytest.fixture(scope="module")
def country_page(session: Session) -> ComposedPage:
    return ComposedPage.of(session, "country-TUR")


@pytest.fixture(scope="module")
def country_pdf(country_page: ComposedPage) -> tuple[bytes, str]:
    """A finished country sheet and its HTML."""
    return country_page.finish()
