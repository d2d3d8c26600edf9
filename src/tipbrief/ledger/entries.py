"""What the ledger tells of: editions, their reprints, the changes between them, and what was withdrawn."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from tipbrief.language.dates import Date
from tipbrief.load.source_text import SourceLocation

ChangeKind = Literal["correction", "revision"]
# 1,000 codes of four always leave one that is no slip away from any of them; more need longer ones.
_SHORT_CODE_LENGTH, _MOST_SHORT_CODES, _LONG_CODE_LENGTH = 4, 1000, 8
_NO_LOCATION = SourceLocation(Path())


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
    location: SourceLocation = field(default=_NO_LOCATION, compare=False)

    @property
    def name(self) -> str:
        """``WORLD/3``."""
        return f"{self.brief.upper()}/{self.number}"

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``, as it is printed."""
        return f"{self.name} · {self.code}" if self.code else self.name

    @property
    def path(self) -> str:
        """``WORLD-3-9f2c``, as it stands in addresses."""
        return f"{self.brief.upper()}-{self.number}-{self.code}"

    @property
    def page(self) -> str:
        """The page of a site that says whether it is current: ``c/WORLD-3-9f2c.html``."""
        return f"c/{self.path}.html"

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
    location: SourceLocation = field(default=_NO_LOCATION, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A correction or revision: what was where, what is there now, and the figures that followed from it."""

    kind: ChangeKind
    name: str
    was: str
    now: str
    date: Date
    reason: str
    source: str = ""
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    location: SourceLocation = field(default=_NO_LOCATION, compare=False)

    @property
    def steps(self) -> Mapping[str, tuple[str, str]]:
        """All names that it changed, with the old and the new value."""
        return {self.name: (self.was, self.now), **self.also}


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What could not stay beside another's work: signatures of editions, seals of entries of changes."""

    date: Date
    withdrawn_ids: tuple[str, ...]


Fact = Edition | Reprint | Change | Withdrawal


class EditionCodes:
    """The codes that the editions of a brief have."""

    def __init__(self, codes: Iterable[str] = ()) -> None:
        self._count, self._typo_patterns = 0, set[str]()
        for code in codes:
            self.add(code)

    def add(self, code: str) -> None:
        """Know one more."""
        self._count += 1
        self._typo_patterns |= _list_typo_patterns(code)

    @property
    def next_length(self) -> int:
        """How long the next one is."""
        return _SHORT_CODE_LENGTH if self._count < _MOST_SHORT_CODES else _LONG_CODE_LENGTH

    def is_one_typo_away(self, code: str) -> bool:
        """Whether one mistyped character would lead from a code to one of these."""
        return not self._typo_patterns.isdisjoint(_list_typo_patterns(code))


def _list_typo_patterns(code: str) -> set[str]:
    """A code with a gap in each of its places: two that share one differ in one place at most."""
    return {f"{code[:at]} {code[at + 1 :]}" for at in range(len(code))}


def compute_code(publication: str, edition: Edition, earlier: EditionCodes) -> str:
    """The short code of an edition: a piece of its hash that differs in two places from all earlier codes.

    So one mistyped character never leads to another edition.
    """
    parts = [publication, edition.brief, str(edition.number), edition.date.iso()]
    parts += [edition.content, edition.data]
    parts += [f"{name}={value}" for name, value in sorted(edition.prints.items())]
    whole = hashlib.sha256("\0".join(parts).encode())
    while True:
        digest = whole.hexdigest()
        for start in range(len(digest) - earlier.next_length + 1):
            code = digest[start : start + earlier.next_length]
            if not earlier.is_one_typo_away(code):
                return code
        whole = hashlib.sha256(digest.encode())


def split_document_name(name: str) -> tuple[str, str]:
    """A document's name without its language, and the tag of that: ``world`` and ``ps`` of ``world.ps``.

    The tag is empty in the publication's first language, whose names are plain.
    """
    plain, _, tag = name.partition(".")
    return plain, tag


def format_cell_name(table: str, key: str, column: str) -> str:
    """``wells[KB-3].depth``."""
    return f"{table}[{key}].{column}"


def group_steps_by_name(changes: Sequence[Change]) -> dict[str, list[tuple[int, str, str]]]:
    """Which changes tell of each name, with the value before and after: the last of each row of one kind."""
    runs: dict[str, list[tuple[int, str, str]]] = {}
    for index, change in enumerate(changes):
        for name, (was, now) in change.steps.items():
            found = runs.setdefault(name, [])
            if found and changes[found[-1][0]].kind == change.kind:
                was = found.pop()[1]
            found.append((index, was, now))
    changed = {name: found for name, found in runs.items() if found[0][1] != found[-1][2]}
    return {name: [run for run in found if run[1] != run[2]] for name, found in changed.items()}
