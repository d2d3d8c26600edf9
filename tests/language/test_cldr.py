"""What stands in the file is what CLDR says; a locale that does not stand in it is asked of Babel."""

from tipbrief.language.language import CLDR_FILE, query_babel, read_locale
from tools import cldr


def test_the_file_is_as_the_tool_writes_it() -> None:
    assert CLDR_FILE.read_text(encoding="utf-8") == cldr.text(), "run: python -m tools.cldr"


def test_another_locale_is_asked_of_babel() -> None:
    assert read_locale("uz_Arab") == query_babel("uz_Arab")
    assert read_locale("uz_Arab")["direction"] == "rtl"
