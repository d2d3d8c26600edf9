"""Write what CLDR knows of the locales of our languages."""

import json

import yaml

from tipbrief.language.language import CLDR_FILE, query_babel


def text() -> str:
    """The file as it is to be."""
    said = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(CLDR_FILE.parent.glob("*.yaml"))]
    locales = sorted({str(one["locale"]) for one in said})
    return json.dumps({one: query_babel(one) for one in locales}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    CLDR_FILE.write_text(text(), encoding="utf-8")
