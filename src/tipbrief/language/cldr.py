"""CLDR: what it knows of the locales of our languages, as a file of few lines beside them.

To load it through Babel takes as long as to check a publication. ``python -m tools.cldr`` writes the file.
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("languages") / "cldr.json"


def of_cldr(locale: str) -> dict[str, Any]:
    """What CLDR knows of a language, in the numbers that it calls the usual ones."""
    return _written().get(locale) or asked_of_babel(locale)


@cache
def _written() -> dict[str, dict[str, Any]]:
    return {**json.loads(FILE.read_text(encoding="utf-8"))}


def asked_of_babel(locale: str) -> dict[str, Any]:
    """The same from CLDR itself."""
    from babel import Locale

    known = Locale.parse(locale)
    signs = known.number_symbols[known.default_numbering_system]
    zero = {"arabext": 0x06F0, "arab": 0x0660}.get(known.default_numbering_system, 0x30)
    months = known.months["format"]["wide"]
    return {
        "direction": known.text_direction,
        "digit_signs": "".join(chr(zero + place) for place in range(10)),
        "group": signs["group"],
        "decimal": signs["decimal"],
        "percent_sign": signs["percentSign"],
        "counter": {0x06F0: "persian", 0x0660: "arabic-indic"}.get(zero, "decimal"),
        "gregorian_months": [months[number] for number in range(1, 13)],
    }
