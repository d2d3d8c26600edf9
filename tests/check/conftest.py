"""A small sound publication, to change and to break."""

from pathlib import Path

import pytest

from tests.check.support import anew


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return anew(tmp_path)
