"""The texts of a publication to begin with, in each language, and what columns are called there."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

_FOLDER = Path(__file__).with_name("examples")


@cache
def example_words(tag: str) -> Mapping[str, Any]:
    """What a new publication says in the language of this tag."""
    words: dict[str, Any] = yaml.safe_load((_FOLDER / f"{tag}.yaml").read_text(encoding="utf-8"))
    return words
