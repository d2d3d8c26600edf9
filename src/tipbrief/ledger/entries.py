"""The facts of the ledger: editions, reprints, changes and withdrawals, with the code of an edition."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.load.source_text import SourceLocation

ChangeKind = Literal["correction", "revision"]
# With up to 1,000 codes of four characters there is always one that is no typo away from any; more need longer ones.
_SHORT_CODE_LENGTH, _MAX_SHORT_CODES, _LONG_CODE_LENGTH = 4, 1000, 8


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
    """Another PDF of an edition: the same content with other programs, or in another paper or profile."""

    brief: str
    number: int
    date: Date
    pdf: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A correction or revision of one value; ``also`` are the derived figures that changed with it."""

    kind: ChangeKind
    name: str  # of the value, or of the row that comes or goes
    was: str
    now: str
    date: Date
    reason: str
    source: str = ""
    also: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)  # of that row, each with its title
    head: Mapping[str, Any] = field(default_factory=dict, compare=False)  # of the entry: a newer file, a report
    location: SourceLocation = field(default=SourceLocation(Path()), compare=False)

    @property
    def steps(self) -> Mapping[str, tuple[str, str]]:
        """All changed names, each with the old and the new value."""
        return {self.name: (self.was, self.now), **self.also}

    @property
    def is_of_row(self) -> bool:
        """Whether a whole row came or went."""
        _, key, column = split_cell_name(self.name)
        return bool(key) and not column


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """What no longer counts: editions by their signatures, entries of changes by their seals."""

    date: Date
    withdrawn_ids: tuple[str, ...]


Fact = Edition | Reprint | Change | Withdrawal


class EditionCodes:
    """The codes of a brief's editions."""

    def __init__(self, codes: Iterable[str] = ()) -> None:
        self._count, self._typo_patterns = 0, set[str]()
        for code in codes:
            self.add(code)

    def add(self, code: str) -> None:
        """Add the code of one more edition."""
        self._count += 1
        self._typo_patterns |= _list_typo_patterns(code)

    @property
    def next_length(self) -> int:
        """The length of the next code."""
        return _SHORT_CODE_LENGTH if self._count < _MAX_SHORT_CODES else _LONG_CODE_LENGTH

    def is_one_typo_away(self, code: str) -> bool:
        """Whether a code differs from one of these in at most one character."""
        return not self._typo_patterns.isdisjoint(_list_typo_patterns(code))


def _list_typo_patterns(code: str) -> set[str]:
    """The code with a gap at each place: two codes that share one of these differ in at most one place."""
    return {f"{code[:at]} {code[at + 1 :]}" for at in range(len(code))}


def compute_code(publication: str, edition: Edition, earlier: EditionCodes) -> str:
    """The short code of an edition, from its hash; one mistyped character never leads to another edition."""
    parts = [publication, edition.brief, str(edition.number), edition.date.iso(), edition.content, edition.data]
    parts += [f"{name}={value}" for name, value in sorted(edition.prints.items())]
    digest = hash_of("\0".join(parts).encode())
    while True:
        for start in range(len(digest) - earlier.next_length + 1):
            code = digest[start : start + earlier.next_length]
            if not earlier.is_one_typo_away(code):
                return code
        digest = hash_of(digest.encode())


def split_document_name(name: str) -> tuple[str, str]:
    """``world`` and ``ps`` for the document ``world.ps``; the tag is empty for the publication's first language."""
    plain, _, tag = name.partition(".")
    return plain, tag


def format_cell_name(table: str, key: str, column: str = "") -> str:
    """The name of a cell: ``wells[KB-3].depth``; without a column, that of the row: ``wells[KB-3]``."""
    return f"{table}[{key}]{f'.{column}' if column else ''}"


def format_count_name(table: str, where: Mapping[str, str]) -> str:
    """The name of a number of rows, like that of a cell of the first column: ``wells[state=dry&region=KB].state``."""
    return format_cell_name(table, urlencode(where), next(iter(where)))


def parse_count_key(key: str) -> dict[str, str]:
    """The columns and cells by which the name of a number of rows selects them; empty for any other name's key."""
    return dict(parse_qsl(key, keep_blank_values=True)) if "=" in key else {}


def split_cell_name(name: str) -> tuple[str, str, str]:
    """Table, key and column of a cell's name; that of a row has no column, that of a figure neither."""
    table, _, rest = name.partition("[")
    key, end, column = rest.rpartition("].")
    return (table, key, column) if end else (table, column.removesuffix("]"), "")


def format_ledger_value(value: Decimal) -> str:
    """The value of a figure as the ledger records it: ``133943``, ``12.5``."""
    return f"{value:f}"


def group_steps_by_name(changes: Sequence[Change]) -> dict[str, list[tuple[int, str, str]]]:
    """The changes of each name: index, old and new value. Consecutive changes of one kind are one, the last of them."""
    runs: dict[str, list[tuple[int, str, str]]] = {}
    for index, change in enumerate(changes):
        for name, (was, now) in change.steps.items():
            found = runs.setdefault(name, [])
            if found and changes[found[-1][0]].kind == change.kind:
                was = found.pop()[1]
            found.append((index, was, now))
    # A name that has its first value again in the end is left out.
    changed = {name: found for name, found in runs.items() if found[0][1] != found[-1][2]}
    return {name: [run for run in found if run[1] != run[2]] for name, found in changed.items()}
