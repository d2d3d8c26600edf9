"""Said: what styles say, kept within a bound, each below that of the style that its element stands in."""

from collections.abc import Sequence
from typing import Any

from tipbrief.typeset.reuse.matching import MOST as MOST_PLACES
from tipbrief.typeset.reuse.matching import Matching, Sheets

MOST = 3000  # styles of one font configuration, some 4 KB each
RECENT = 20  # documents: what none of them had is forgotten first


class Said:
    """What a style says, whatever document it is in, and what is kept of the styles below it."""

    __slots__ = ("answers", "below", "closed", "declared", "flow", "specified", "used", "values")

    def __init__(self, declared: dict[str, Any]) -> None:
        self.values: dict[str, Any] = {}
        self.specified: dict[str, Any] = {}
        self.declared = declared
        # By what makes an element's style, by the name of a pseudo-element; None for anonymous boxes.
        self.below: dict[Any, Said] = {}
        self.closed = False  # layout writes into such styles: nothing is kept below them
        self.answers: dict[str, Any] = {}  # what other reuses ask once a style
        self.flow: tuple[bool, bool, bool] | None = None  # and what is asked most often
        self.used = 0  # the number of the last document that had it


class KeptStyles:
    """All that is kept of the styles of one font configuration."""

    def __init__(self) -> None:
        # By base URL, and as below a style.
        self.roots: dict[Any, dict[Any, Said]] = {}
        # By the addresses of the rules.
        self.rules: dict[tuple[Any, ...], Matching] = {}
        self.styles = self.documents = 0
        # By the style sheets of a document, which they hold.
        self.sheets: dict[tuple[Any, ...], Sheets] = {}

    def sheets_of(self, sheets: Sequence[Any]) -> Sheets:
        """What is known of the places of documents with these style sheets."""
        key = tuple([part for sheet, *more in sheets for part in (id(sheet), *more)])
        found = self.sheets.get(key)
        if found is None:
            found = self.sheets[key] = Sheets(sheets)
        return found

    def find(self, below: dict[Any, Said] | None, key: Any) -> Said | None:
        """What is kept with this key, if anything is."""
        said = below.get(key) if below is not None else None
        if said is not None:
            said.used = self.documents
        return said

    def keep(self, below: dict[Any, Said] | None, key: Any, said: Said) -> Said:
        """Keep something with this key, or where that cannot be, nothing below it."""
        if below is None or self.styles >= MOST:
            said.closed = True
        else:
            below[key] = said
            said.used = self.documents
            self.styles += 1
        return said

    def begin(self) -> None:
        """Before a document: where there is no room, what was not used of late is dropped, else all."""
        self.documents += 1
        if self.styles >= MOST:
            self.styles = sum(self._recent(below) for below in self.roots.values())
            crowded = self.styles > MOST / 2
        else:
            crowded = len(self.rules) >= MOST
        if crowded:
            self.roots, self.rules, self.styles = {}, {}, 0
        if crowded or sum(one.places for one in self.sheets.values()) >= MOST_PLACES:
            self.sheets = {}  # by their rules they know those that were dropped

    def _recent(self, below: dict[Any, Said]) -> int:
        for key in [key for key, said in below.items() if said.used < self.documents - RECENT]:
            del below[key]
        return len(below) + sum(self._recent(said.below) for said in below.values())
