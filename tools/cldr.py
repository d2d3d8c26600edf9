"""Write what CLDR knows of the locales of our languages."""

import json

import yaml

from tipbrief.language.cldr import FILE, asked_of_babel


def text() -> str:
    """The file as it is to be."""
    said = [yaml.safe_load(file.read_text(encoding="utf-8")) for file in sorted(FILE.parent.glob("*.yaml"))]
    locales = sorted({str(one["locale"]) for one in said})
    return json.dumps({one: asked_of_babel(one) for one in locales}, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
