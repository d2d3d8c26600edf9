"""The words that the program itself prints, by what they are in English: a file for each language."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from tipbrief.language.numbers import digits


def words(english: str, language: str = "fa-AF", **filled: object) -> str:
    """The words of a language, the placeholders filled; numbers are written in its digits."""
    return read_catalogue(language)[english].format(
        **{name: digits(value) if isinstance(value, int) else value for name, value in filled.items()}
    )


@cache
def read_catalogue(language: str) -> Mapping[str, str]:
    """All words of a language by the English ones."""
    file = Path(__file__).with_name(f"{language}.yaml")
    return dict(yaml.safe_load(file.read_text(encoding="utf-8")))
