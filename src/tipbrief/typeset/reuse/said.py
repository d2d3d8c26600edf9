"""Said: what styles say, kept within a bound, each below that of the style that its element stands in."""

from typing import Any

MOST = 3000  # styles of one font configuration, some 4 KB each
RECENT = 20  # documents: what none of them had is forgotten first
Rules = list[tuple[Any, ...]]


class Said:
    """What a style says, whatever document it is in, and what is kept of the styles below it."""

    __slots__ = ("answers", "below", "closed", "declared", "specified", "used", "values")

    def __init__(self, declared: dict[str, Any]) -> None:
        self.values: dict[str, Any] = {}
        self.specified: dict[str, Any] = {}
        self.declared = declared
        # By what makes an element's style, by the name of a pseudo-element; None for anonymous boxes.
        self.below: dict[Any, Said] = {}
        self.closed = False  # layout writes into such styles: nothing is kept below them
        self.answers: dict[str, Any] = {}  # what other reuses ask once a style
        self.used = 0  # the number of the last document that had it


class Matching:
    """The rules that match an element, their number, and the pseudo-elements that they make."""

    __slots__ = ("anchors", "number", "pseudos", "rules")

    def __init__(self, number: int, rules: Rules) -> None:
        self.number, self.rules = number, rules
        self.pseudos = dict.fromkeys(rule[3] for rule in rules if rule[3])
        anchors = {rule[3] for rule in rules if any(name == "anchor" for name, *_ in rule[4])}
        self.anchors = [pseudo for pseudo in self.pseudos if pseudo in anchors]


class KeptStyles:
    """All that is kept of the styles of one font configuration."""

    def __init__(self) -> None:
        # By base URL, and as below a style.
        self.roots: dict[Any, dict[Any, Said]] = {}
        # By the addresses of the rules.
        self.rules: dict[tuple[Any, ...], Matching] = {}
        self.styles = self.documents = 0

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

    def _recent(self, below: dict[Any, Said]) -> int:
        for key in [key for key, said in below.items() if said.used < self.documents - RECENT]:
            del below[key]
        return len(below) + sum(self._recent(said.below) for said in below.values())
