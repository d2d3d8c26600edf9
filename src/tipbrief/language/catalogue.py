"""The program's own words: a gettext catalogue for each language but English, in which they are named."""

import gettext
import re
from collections.abc import Callable, Mapping
from functools import cached_property
from pathlib import Path

_PLACEHOLDER = re.compile(r"%(?:%|\((\w+)\)s)")
# As our tool writes catalogues. Babel reads any, and takes as long to load as a sheet to compose.
_FIELD = re.compile(r'^(msg\w+)(?:\[\d\])? ((?:".*"\n?)+)', re.M)
_FUZZY = re.compile(r"^#,.*\bfuzzy", re.M)
_ESCAPE = re.compile(r'\\(.)|"\n"')
_PLURAL = re.compile(r"^Plural-Forms:.*plural=(.+?);?$", re.M)


class Catalogue:
    """The words of a PO file. What it does not have, as all where there is no file, is said in English."""

    def __init__(self, file: Path) -> None:
        self.file = file

    @cached_property
    def _translations(self) -> dict[str, list[str]]:
        """What is said for each text, in one or several forms."""
        entries = self.file.read_text(encoding="utf-8").strip().split("\n\n") if self.file.exists() else []
        return dict(_parse_po_entry(one) for one in entries if not _FUZZY.search(one))

    def gettext(self, english: str) -> str:
        """The words for these."""
        return self._translations.get(english, [""])[0] or english

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The words for a count of things."""
        if not all(found := self._translations.get(f"{one}\0{many}", [""])):
            return one if count == 1 else many
        return found[self._plural_index(count)]

    @cached_property
    def _plural_index(self) -> Callable[[int], int]:
        found = _PLURAL.search(self._translations[""][0])
        form: Callable[[int], int] = gettext.c2py(found[1] if found else "n != 1")
        return form


def _parse_po_entry(text: str) -> tuple[str, list[str]]:
    """An entry of a catalogue: what it is of, in one form or in two, and what is said for it."""
    english, said = list[str](), list[str]()
    for name, quoted in _FIELD.findall(text):
        words = _ESCAPE.sub(
            lambda found: {"n": "\n", "t": "\t", None: ""}.get(found[1], found[1]), quoted.strip()[1:-1]
        )
        (said if name == "msgstr" else english).append(words)
    return "\0".join(english), said


def fill_placeholders(text: str, values: Mapping[str, object]) -> str:
    """A text with a value for each ``%(name)s``, and ``%`` for each ``%%``.

    Python's own ``%`` would also read ``%(name)999999999s``, which fills the memory.
    """
    return _PLACEHOLDER.sub(lambda found: str(values[found[1]]) if found[1] else "%", text)
