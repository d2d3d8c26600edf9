"""The file holds what CLDR says."""

from tipbrief.language.language import CLDR_FILE
from tools import cldr


def test_the_file_is_as_the_tool_writes_it() -> None:
    assert CLDR_FILE.read_text(encoding="utf-8") == cldr.text(), "run: python -m tools.cldr"
