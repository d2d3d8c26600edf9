"""What stands in the file is what CLDR says; a locale that does not stand in it is asked of Babel."""

from tipbrief.language.cldr import FILE, asked_of_babel, of_cldr
from tools import cldr


def test_the_file_is_as_the_tool_writes_it() -> None:
    assert FILE.read_text(encoding="utf-8") == cldr.text(), "run: python -m tools.cldr"


def test_another_locale_is_asked_of_babel() -> None:
    assert of_cldr("uz_Arab") == asked_of_babel("uz_Arab")
    assert of_cldr("uz_Arab")["direction"] == "rtl"
