"""The ledger: entries in their order, and what they say together."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Any

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint, Withdrawal
from tipbrief.ledger.entry_file import EntryFile, SignedLine, entry_text, head_of, line_of, parsed, part_text
from tipbrief.problems import Problem, Problems

# Each entry knows those before it, so that the memory for them grows with the square of their number.
MOST_ENTRIES, MOST_BYTES = 10_000, 50_000_000
# Values in all editions of one brief, of which a row's sheet prints some 50; and how many are remembered.
MOST_PRINTED, _REMEMBERED = 2_000_000, 500_000
_FEW_NAMES = 50  # to look for more in each line takes longer than to read it


class Ledger:
    """The entries by their numbers; each knows those before it, which are not all where two people worked.

    ``before`` has of each entry the set of these: an integer with a bit for each.
    """

    def __init__(self, publication: str, files: Iterable[EntryFile] = ()) -> None:
        self.publication = publication
        self.files: list[EntryFile] = []
        self.before: list[int] = []
        self.withdrawn: dict[str, Date] = {}
        self._places: dict[str, int] = {}
        self._followed = self._changing = 0  # sets of entries, too
        self._lines: dict[str, dict[str, list[tuple[int, SignedLine]]]] = {"edition": {}, "reprint": {}}
        self._sorted = 0  # so many entries have their lines there
        self._delivered: dict[str, _Delivered] = {}
        self._ends: dict[str, Edition] = {}  # of each brief, also where the others were forgotten
        for file in files:
            self._add(file)

    def _add(self, file: EntryFile) -> None:
        if (at := len(self.files)) == MOST_ENTRIES:
            raise Problems(too_long(f"{at + 1} entries"))
        known = (
            self.before[place] | 1 << place for place in map(self._places.__getitem__, file.head["after"])
        )
        self.before.append(reduce(or_, known, 0))
        self._followed |= self.before[at]
        self._changing |= bool(file.changes) << at
        self._places[file.seal] = at
        self.withdrawn |= dict.fromkeys(file.withdrawn, file.date)
        self.files.append(file)

    def __eq__(self, other: object) -> bool:
        ours = (self.publication, self.state)
        return isinstance(other, Ledger) and ours == (other.publication, other.state)

    @property
    def state(self) -> str:
        """One hash of all that it says."""
        told = [file.name + str(file.head.get("reason", "")) for file in self.files]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    # Editions

    def _lines_of(self, kind: str) -> dict[str, list[tuple[int, SignedLine]]]:
        """The lines of each brief: of its editions, or of their reprints."""
        while self._sorted < len(self.files):
            for line in self.files[self._sorted].lines:
                self._lines[line.kind].setdefault(line.brief, []).append((self._sorted, line))
            self._sorted += 1
        return self._lines[kind]

    @property
    def briefs(self) -> list[str]:
        """The briefs of which an edition was delivered."""
        return [*self._lines_of("edition")]

    def listed(self, brief: str) -> list[Edition]:
        """All editions of a brief, oldest first, withdrawn ones too; what two delivered alike stands once."""
        return [one for _, one in self._once(brief)]

    def editions(self, brief: str) -> list[Edition]:
        """The editions of a brief, oldest first, but for those that were withdrawn."""
        return [one for _, one in self.standing(brief)]

    def standing(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The same of those that a set of entries knows, each with the place of its entry."""
        listed = self._once(brief, within)
        return [(at, one) for at, one in listed if one.signature not in self.withdrawn]

    def last(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        return next(reversed(self.editions(brief)), None)

    def next_number(self, brief: str) -> int:
        """The number of the edition that comes next; that of a withdrawn one is not given again."""
        return max((number for number, _ in self.numbered(brief)), default=0) + 1

    def numbered(self, brief: str) -> list[tuple[int, str]]:
        """The numbers and codes of all editions of a brief, which are known without reading them."""
        return [(int(line.digits), line.code) for _, line in self._lines_of("edition").get(brief, ())]

    def coded(self, code: str) -> list[Edition]:
        """The editions whose code is this, or one slip away."""

        def near(other: str) -> bool:
            return len(other) == len(code) and sum(a != b for a, b in zip(other, code, strict=True)) <= 1

        lines = self._lines_of("edition")
        briefs = [brief for brief, given in lines.items() if any(near(line.code) for _, line in given)]
        return [one for brief in briefs for one in self.listed(brief) if near(one.code)]

    def pdfs(self, edition: Edition) -> set[str]:
        """The sha256 of every PDF in which an edition was delivered."""
        lines = [one for kind in self._lines for one in self._lines_of(kind).get(edition.brief, ())]
        return {line.pdf for _, line in lines if line.signature == edition.signature} - {""}

    def edition_of_pdf(self, sha256: str) -> Edition | None:
        """The edition that was delivered in a PDF of this hash."""
        for line in (line for file in self.files if sha256.encode() in file.written for line in file.lines):
            if line.pdf == sha256:
                return next((one for one in self.listed(line.brief) if one.code == line.code), None)
        return None

    # Changes

    @property
    def changes(self) -> list[Change]:
        """All changes that stand, oldest first."""
        return self._changes_in(-1)

    def changes_of(self, at: int) -> tuple[Change, ...]:
        """The changes of an entry, none where it was withdrawn."""
        return () if self.files[at].seal in self.withdrawn else self.files[at].changes

    def history(self, brief: str, within: int = -1) -> list[tuple[Edition, list[Change]]]:
        """The editions of a brief, each with the changes until the next one or, after the last, until now."""
        standing = self.standing(brief, within)
        ends = [*(self.before[at] for at, _ in standing[1:]), within]
        return [
            (one, self._changes_in(until & ~self.before[at]))
            for (at, one), until in zip(standing, ends, strict=False)
        ]

    def may_tell(self, brief: str) -> bool:
        """Whether a change can be of what editions of a brief printed: by their lines, which are not read."""
        return brief in self._telling

    @cached_property
    def _telling(self) -> Collection[str]:
        """The briefs of which it can."""
        # As the names stand in lines; with an escape in it, a line can have one otherwise.
        wanted = {f'"{name}"'.encode() for change in self.changes for name in change.steps}
        if not wanted or len(wanted) > _FEW_NAMES:
            return self._lines_of("edition") if wanted else ()
        found = set[str]()
        for file in self.files:
            there = [name for name in (b"\\", *wanted) if name in file.written]
            for line in file.lines if there else ():
                if line.brief not in found and any(name in line.rest for name in there):
                    found.add(line.brief)
        return found

    def after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of the same brief, or until now."""
        history = self.history(edition.brief)
        return next(changes for one, changes in history if one.signature == edition.signature)

    @cached_property
    def recorded(self) -> Mapping[str, str]:
        """The value of each printed name by the ledger: as printed first, then as each change left it."""
        first: dict[str, tuple[int, str]] = {}
        for at, file in enumerate(self.files):
            for name, value in file.prints.items():
                first.setdefault(name, (at, value))
        known = {name: value for name, (_, value) in first.items()}
        for here in range(len(self.files)):
            for change in self.changes_of(here):
                for name, (_, now) in change.steps.items():
                    # Who printed it first after the change knew it.
                    if name in first and not self.before[first[name][0]] >> here & 1:
                        known[name] = now
        return known

    # What a PDF carries, and growth

    def part(self, edition: Edition) -> str:
        """What concerns one brief until an edition of it, or all until now where that is a draft, as a text.

        Its editions without the sums of their PDFs, and the changes of what they printed.
        """
        own = (at for at, one in self.standing(edition.brief) if one.signature == edition.signature)
        known = next(own, None)
        facts, printed = list[Edition | Change](), set[str]()
        within = -1 if known is None else self.before[known] | 1 << known
        for one, changes in self.history(edition.brief, within):
            printed |= one.prints.keys()
            facts.append(replace(one, pdf=""))
            facts += [change for change in changes if change.steps.keys() & printed]
        if known is None and not edition.draft:
            facts.append(replace(edition, pdf=""))
        return part_text(self.publication, facts)

    def with_entries(self, facts: Iterable[Fact]) -> Ledger:
        """The ledger with more entries at its end."""
        new = self
        for head, group in _groups(facts):
            entry = new._entry(head, group)
            if new is self:  # which knows already what its lines say
                new = Ledger(self.publication, self.files)
                new._delivered = {brief: one.copy() for brief, one in self._delivered.items()}
            new._add(entry)
        return new

    def _entry(self, head: Mapping[str, str], facts: list[Fact]) -> EntryFile:
        """Facts as one entry, written after all others."""
        ends = [self.files[at] for at in _members(~self._followed & (1 << len(self.files)) - 1)]
        lines: list[Mapping[str, Any] | str] = []
        for fact in sorted(facts, key=lambda one: isinstance(one, Reprint)):
            if isinstance(fact, Withdrawal):
                lines += fact.gone
            elif isinstance(fact, Edition):
                lines.append(line_of(fact, self._newest(fact.brief)))
            elif isinstance(fact, Reprint):
                new = [one for one in facts if isinstance(one, Edition) and one.brief == fact.brief]
                known = [*new, *self.editions(fact.brief)]
                lines.append(line_of(fact, next(one for one in known if one.number == fact.number)))
            else:
                lines.append(line_of(fact))
        whole = {"publication": self.publication, **head, "after": [file.seal for file in ends]}
        return parsed(entry_text(whole, lines), 1 + max((file.number for file in ends), default=0), Path())

    # How they are read

    def forget(self, brief: str) -> None:
        """Let go of what the lines of a brief said: they are read again where they are asked."""
        self._delivered.pop(brief, None)

    def _known(self, brief: str) -> list[tuple[int, Edition]]:
        """The editions of a brief by their lines: each tells what is other than in the last before it."""
        lines = self._lines_of("edition").get(brief, [])
        if brief not in self._delivered and sum(one.size for one in self._delivered.values()) > _REMEMBERED:
            self._delivered.clear()
        known = self._delivered.setdefault(brief, _Delivered())
        for at, line in lines[len(known.editions) :]:
            file, latest = self.files[at], (self.before[at] & known.entries).bit_length() - 1
            known.add(at, file.edition(line, known.prints.get(latest, {})))
            if known.size > MOST_PRINTED:
                hint = "no document prints so much: this ledger is not one that tipbrief wrote"
                message = f"the editions of '{brief}' print more than {MOST_PRINTED} values"
                raise Problems(message, file.file, hint=hint)
        if known.editions:
            self._ends[brief] = known.editions[-1][1]
        return known.editions

    def _newest(self, brief: str) -> Edition | None:
        """The edition of a brief in the last of its lines, whether it was withdrawn or not."""
        lines, one = self._lines_of("edition").get(brief), self._ends.get(brief)
        if lines and (one is None or (str(one.number), one.code) != (lines[-1][1].digits, lines[-1][1].code)):
            self._known(brief)
        return self._ends.get(brief)

    def _once(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The editions that a set of entries knows; the first of those that are the same."""
        found: dict[str, tuple[int, Edition]] = {}
        for at, one in self._known(brief):
            if within >> at & 1:
                found.setdefault(one.signature, (at, one))
        return list(found.values())

    def _changes_in(self, entries: int) -> list[Change]:
        return [change for at in _members(entries & self._changing) for change in self.changes_of(at)]


@dataclass(slots=True)
class _Delivered:
    """The editions of a brief with their entries, the set of these, and what was printed last in each."""

    editions: list[tuple[int, Edition]] = field(default_factory=list)
    entries: int = 0
    prints: dict[int, Mapping[str, str]] = field(default_factory=dict)
    size: int = 0

    def copy(self) -> _Delivered:
        """The same, to which more can be added."""
        return _Delivered([*self.editions], self.entries, {**self.prints}, self.size)

    def add(self, at: int, one: Edition) -> None:
        """Know one more."""
        self.editions.append((at, one))
        self.entries |= 1 << at
        self.prints[at] = one.prints
        self.size += len(one.prints)


def too_long(length: str, where: Path | None = None) -> Problem:
    """The problem of a ledger that has, or would have, more than is read."""
    most = f"{MOST_ENTRIES} entries with {MOST_BYTES / 1e6:.0f} MB"
    hint = "keep this publication as it is, and go on in a copy with another id and without a ledger"
    return Problem(f"a ledger of {length} is too long: tipbrief reads {most}", where, hint=hint, kind="limit")


def _members(entries: int) -> Iterator[int]:
    """The entries in a set of them, in their order."""
    while entries:
        yield (entries & -entries).bit_length() - 1
        entries &= entries - 1


def _groups(facts: Iterable[Fact]) -> Iterator[tuple[dict[str, str], list[Fact]]]:
    """Facts as they belong together: one delivery of many documents, one correction of many values."""
    head, group, seen = dict[str, str](), list[Fact](), set[object]()
    for fact in facts:
        own, names = head_of(fact), set[object]()
        if isinstance(fact, Change):
            names |= fact.steps.keys()
        elif not isinstance(fact, Withdrawal):
            names.add((type(fact), fact.brief))
        # Of a reprint the day alone is known.
        alike = own.items() <= head.items() or head.items() <= own.items()
        if group and (names & seen or not alike):
            yield head, group
            head, group, seen = {}, [], set()
        head, seen = head | own, seen | names
        group.append(fact)
    if group:
        yield head, group
