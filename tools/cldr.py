"""Write what CLDR knows of the locales of our languages."""

import json
from typing import Any

import yaml
from babel import Locale

from tipbrief.language.language import CLDR_FILE


def text() -> str:
    """The text of the file."""
    languages = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(CLDR_FILE.parent.glob("*.yaml"))]
    locales = sorted({str(one["locale"]) for one in languages})
    return json.dumps({one: query_babel(one) for one in locales}, ensure_ascii=False, indent=1) + "\n"


def query_babel(locale: str) -> dict[str, Any]:
    """What CLDR knows of a locale, in the numbers that it calls the usual ones."""
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


if __name__ == "__main__":
    CLDR_FILE.write_text(text(), encoding="utf-8")
