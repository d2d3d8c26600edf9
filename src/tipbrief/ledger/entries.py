"""What the ledger tells of: editions, their reprints, the changes between them, and what was withdrawn."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tipbrief.language.dates import Date
from tipbrief.load.places import Place

Kind = Literal["correction", "revision"]
_CODE_LENGTH = 4
_NOWHERE = Place(Path())


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """One delivered edition of a brief. ``prints``: its figures and table cells by name, as plain values."""

    brief: str
    number: int
    code: str
    date: Date
    content: str = ""
    data: str = ""
    prints: Mapping[str, str] = field(default_factory=dict)
    pdf: str = ""
    place: Place = field(default=_NOWHERE, compare=False)

    @property
    def name(self) -> str:
        """``WORLD/3``."""
        return f"{self.brief.upper()}/{self.number}"

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``, as it is printed."""
        return f"{self.name} · {self.code}" if self.code else self.name

    @property
    def draft(self) -> bool:
        """Whether it was not delivered: only delivered editions have a code."""
        return not self.code


@dataclass(frozen=True, slots=True, kw_only=True)
class Reprint:
    """A further PDF of an edition: other programs, paper or form, the same content."""

    brief: str
    number: int
    date: Date
    pdf: str
    place: Place = field(default=_NOWHERE, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A correction or revision: what was where, what is there now, and the figures that followed from it."""

    kind: Kind
    name: str
    was: str
    now: str
    date: Date
    reason: str
    source: str = ""
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    place: Place = field(default=_NOWHERE, compare=False)

    @property
    def steps(self) -> Mapping[str, tuple[str, str]]:
        """All names that it changed, with the old and the new value."""
        return {self.name: (self.was, self.now), **self.also}


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What could not stay beside another's work: signatures of editions, seals of entries of changes."""

    date: Date
    gone: tuple[str, ...]


Fact = Edition | Reprint | Change | Withdrawal


def code_of(publication: str, edition: Edition, earlier: Sequence[Edition]) -> str:
    """The short code of an edition: a piece of its hash that differs in two places from all earlier codes.

    So one mistyped character never leads to another edition.
    """
    parts = [publication, edition.brief, str(edition.number), edition.date.iso()]
    parts += [edition.content, edition.data]
    parts += [f"{name}={value}" for name, value in sorted(edition.prints.items())]
    whole = hashlib.sha256("\0".join(parts).encode())
    taken = [one.code for one in earlier]
    while True:
        digest = whole.hexdigest()
        for start in range(len(digest) - _CODE_LENGTH + 1):
            code = digest[start : start + _CODE_LENGTH]
            if all(sum(a != b for a, b in zip(code, other, strict=True)) > 1 for other in taken):
                return code
        whole = hashlib.sha256(digest.encode())


def cell_name(table: str, key: str, column: str) -> str:
    """``placements[AFG].tier``."""
    return f"{table}[{key}].{column}"
