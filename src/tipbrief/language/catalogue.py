"""The program's own words: a gettext catalogue for each language but English, in which they are named."""

import gettext
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

_FILLED = re.compile(r"%(?:%|\((\w+)\)s)")


class Catalogue:
    """The words of a PO file. What it does not have, as all where there is no file, is said in English."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @cached_property
    def _read(self) -> Any:
        from babel.messages.pofile import read_po

        if not self.file.exists():
            return None
        with self.file.open("rb") as lines:
            return read_po(lines, abort_invalid=True)

    def gettext(self, english: str) -> str:
        """The words for these."""
        found = self._read and self._read.get(english)
        return str(found.string) if found and found.string and not found.fuzzy else english

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The words for a count of things."""
        found = self._read and self._read.get((one, many))
        if not found or not all(found.string) or found.fuzzy:
            return one if count == 1 else many
        return str(found.string[self._form(count)])

    def _form(self, count: int) -> int:
        return int(self._plural(count))

    @cached_property
    def _plural(self) -> Any:
        return gettext.c2py(self._read.plural_expr)


def filled(text: str, values: Mapping[str, object]) -> str:
    """A text with a value for each ``%(name)s``, and ``%`` for each ``%%``.

    Python's own ``%`` would also read ``%(name)999999999s``, which fills the memory.
    """
    return _FILLED.sub(lambda found: str(values[found[1]]) if found[1] else "%", text)
