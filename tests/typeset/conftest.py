"""The typesetter with the shipped fonts, as a build has it."""

import pytest

from tests.pdf.pages import typesetter as prepared_typesetter
from tipbrief.typeset.engine import Typesetter


@pytest.fixture(scope="session")
def typesetter() -> Typesetter:
    return prepared_typesetter()
