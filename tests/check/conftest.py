"""A small sound publication, to change and to break."""

from pathlib import Path

import pytest

from tests.check.support import anew, in_languages, in_pashto, put_into


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return anew(tmp_path)


@pytest.fixture
def pashto(folder: Path) -> Path:
    """The publication, all of it put into Pashto."""
    put_into(in_languages(folder, "ps"), "ps", in_pashto)
    return folder
