"""What Orca says of one sheet, word for word; somebody who knows the language reads it when it changes."""

import difflib
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow  # a browser, and a desk for it
EXPECTED = Path(__file__).with_name("country-AFG.said.txt")


def test_orca_says_what_was_read(orca: list[str], refresh_expected: bool) -> None:
    assert len(orca) > 100
    if refresh_expected:
        EXPECTED.write_text("\n".join(orca) + "\n", encoding="utf-8")
    expected = EXPECTED.read_text(encoding="utf-8").splitlines()
    assert list(difflib.unified_diff(expected, orca, "read", "said", lineterm="", n=1)) == []
