"""What the tests of this room share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tipbrief.assets import shipped
from tipbrief.build.session import Workshop


@pytest.fixture(scope="module")
def workshop() -> Iterator[Workshop]:
    """The shipped publication; the fonts of the tests before stay theirs."""
    before = os.environ.get("FONTCONFIG_FILE")
    yield Workshop(shipped("data") / "tip-2025")
    if before is not None:
        os.environ["FONTCONFIG_FILE"] = before
