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
from tipbrief.ledger.entry_file import (
    DeliveryLine,
    EntryFile,
    build_fact_head,
    build_fact_line,
    format_entry,
    format_extract,
    parse_entry,
)
from tipbrief.problems import Problem, Problems

# Each entry knows those before it, so that the memory for them grows with the square of their number.
MOST_LEDGER_ENTRIES, MOST_LEDGER_BYTES = 10_000, 50_000_000
# Values in all editions of one brief, of which a row's sheet prints some 50; and how many are remembered.
MOST_PRINTED_VALUES, _MOST_REMEMBERED_VALUES = 2_000_000, 500_000
_MOST_SEARCHED_NAMES = 50  # to look for more in each line takes longer than to read it


class Ledger:
    """The entries by their numbers; each knows those before it, which are not all where two people worked.

    ``before`` has of each entry the set of these: an integer with a bit for each.
    """

    def __init__(self, publication: str, files: Iterable[EntryFile] = ()) -> None:
        self.publication = publication
        self.entry_files: list[EntryFile] = []
        self.predecessors: list[int] = []
        self.withdrawal_dates: dict[str, Date] = {}
        self._positions: dict[str, int] = {}
        self._predecessor_set = self._change_entries = 0  # sets of entries, too
        self._lines: dict[str, dict[str, list[tuple[int, DeliveryLine]]]] = {"edition": {}, "reprint": {}}
        self._indexed_entry_count = 0  # so many entries have their lines there
        self._edition_memos: dict[str, _EditionMemo] = {}
        self._latest_editions: dict[str, Edition] = {}  # of each brief, also where the others were forgotten
        for file in files:
            self._add_entry(file)

    def _add_entry(self, file: EntryFile) -> None:
        if (at := len(self.entry_files)) == MOST_LEDGER_ENTRIES:
            raise Problems(describe_excess_length(f"{at + 1} entries"))
        known = (
            self.predecessors[place] | 1 << place for place in map(self._positions.__getitem__, file.head["after"])
        )
        self.predecessors.append(reduce(or_, known, 0))
        self._predecessor_set |= self.predecessors[at]
        self._change_entries |= bool(file.changes) << at
        self._positions[file.seal] = at
        self.withdrawal_dates |= dict.fromkeys(file.withdrawn_ids, file.date)
        self.entry_files.append(file)

    def __eq__(self, other: object) -> bool:
        ours = (self.publication, self.content_hash)
        return isinstance(other, Ledger) and ours == (other.publication, other.content_hash)

    @property
    def content_hash(self) -> str:
        """One hash of all that it says."""
        told = [file.name + str(file.head.get("reason", "")) for file in self.entry_files]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    # Editions

    def _index_lines(self, kind: str) -> dict[str, list[tuple[int, DeliveryLine]]]:
        """The lines of each brief: of its editions, or of their reprints."""
        while self._indexed_entry_count < len(self.entry_files):
            for line in self.entry_files[self._indexed_entry_count].lines:
                self._lines[line.kind].setdefault(line.brief, []).append((self._indexed_entry_count, line))
            self._indexed_entry_count += 1
        return self._lines[kind]

    @property
    def briefs(self) -> list[str]:
        """The briefs of which an edition was delivered."""
        return [*self._index_lines("edition")]

    def all_editions(self, brief: str) -> list[Edition]:
        """All editions of a brief, oldest first, withdrawn ones too; what two delivered alike stands once."""
        return [one for _, one in self._unique_editions(brief)]

    def valid_editions(self, brief: str) -> list[Edition]:
        """The editions of a brief, oldest first, but for those that were withdrawn."""
        return [one for _, one in self.valid_editions_with_positions(brief)]

    def valid_editions_with_positions(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The same of those that a set of entries knows, each with the place of its entry."""
        listed = self._unique_editions(brief, within)
        return [(at, one) for at, one in listed if one.signature not in self.withdrawal_dates]

    def last_edition(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        return next(reversed(self.valid_editions(brief)), None)

    def next_number(self, brief: str) -> int:
        """The number of the edition that comes next; that of a withdrawn one is not given again."""
        return max((number for number, _ in self.numbers_and_codes(brief)), default=0) + 1

    def numbers_and_codes(self, brief: str) -> list[tuple[int, str]]:
        """The numbers and codes of all editions of a brief, which are known without reading them."""
        return [(int(line.number_text), line.code) for _, line in self._index_lines("edition").get(brief, ())]

    def find_by_code(self, code: str) -> list[Edition]:
        """The editions whose code is this, or one slip away."""

        def near(other: str) -> bool:
            return len(other) == len(code) and sum(a != b for a, b in zip(other, code, strict=True)) <= 1

        lines = self._index_lines("edition")
        briefs = [brief for brief, given in lines.items() if any(near(line.code) for _, line in given)]
        return [one for brief in briefs for one in self.all_editions(brief) if near(one.code)]

    def pdf_hashes(self, edition: Edition) -> set[str]:
        """The sha256 of every PDF in which an edition was delivered."""
        lines = [one for kind in self._lines for one in self._index_lines(kind).get(edition.brief, ())]
        return {line.pdf_hash for _, line in lines if line.signature == edition.signature} - {""}

    def find_by_pdf(self, sha256: str) -> Edition | None:
        """The edition that was delivered in a PDF of this hash."""
        for line in (line for file in self.entry_files if sha256.encode() in file.raw_bytes for line in file.lines):
            if line.pdf_hash == sha256:
                return next((one for one in self.all_editions(line.brief) if one.code == line.code), None)
        return None

    # Changes

    @property
    def changes(self) -> list[Change]:
        """All changes that stand, oldest first."""
        return self._changes_in_set(-1)

    def changes_in_entry(self, at: int) -> tuple[Change, ...]:
        """The changes of an entry, none where it was withdrawn."""
        return () if self.entry_files[at].seal in self.withdrawal_dates else self.entry_files[at].changes

    def history(self, brief: str, within: int = -1) -> list[tuple[Edition, list[Change]]]:
        """The editions of a brief, each with the changes until the next one or, after the last, until now."""
        standing = self.valid_editions_with_positions(brief, within)
        ends = [*(self.predecessors[at] for at, _ in standing[1:]), within]
        return [
            (one, self._changes_in_set(until & ~self.predecessors[at]))
            for (at, one), until in zip(standing, ends, strict=False)
        ]

    def may_have_notices(self, brief: str) -> bool:
        """Whether a change can be of what editions of a brief printed: by their lines, which are not read."""
        return brief in self._briefs_with_notices

    @cached_property
    def _briefs_with_notices(self) -> Collection[str]:
        """The briefs of which it can."""
        # As the names stand in lines; with an escape in it, a line can have one otherwise.
        wanted = {f'"{name}"'.encode() for change in self.changes for name in change.steps}
        if not wanted or len(wanted) > _MOST_SEARCHED_NAMES:
            return self._index_lines("edition") if wanted else ()
        found = set[str]()
        for file in self.entry_files:
            there = [name for name in (b"\\", *wanted) if name in file.raw_bytes]
            for line in file.lines if there else ():
                if line.brief not in found and any(name in line.json_tail for name in there):
                    found.add(line.brief)
        return found

    def changes_after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of the same brief, or until now."""
        history = self.history(edition.brief)
        return next(changes for one, changes in history if one.signature == edition.signature)

    @cached_property
    def latest_values(self) -> Mapping[str, str]:
        """The value of each printed name by the ledger: as printed first, then as each change left it."""
        first: dict[str, tuple[int, str]] = {}
        for at, file in enumerate(self.entry_files):
            for name, value in file.prints.items():
                first.setdefault(name, (at, value))
        known = {name: value for name, (_, value) in first.items()}
        for here in range(len(self.entry_files)):
            for change in self.changes_in_entry(here):
                for name, (_, now) in change.steps.items():
                    # Who printed it first after the change knew it.
                    if name in first and not self.predecessors[first[name][0]] >> here & 1:
                        known[name] = now
        return known

    # What a PDF carries, and growth

    def format_extract_until(self, edition: Edition) -> str:
        """What concerns one brief until an edition of it, or all until now where that is a draft, as a text.

        Its editions without the sums of their PDFs, and the changes of what they printed.
        """
        own = (
            at for at, one in self.valid_editions_with_positions(edition.brief) if one.signature == edition.signature
        )
        known = next(own, None)
        facts, printed = list[Edition | Change](), set[str]()
        within = -1 if known is None else self.predecessors[known] | 1 << known
        for one, changes in self.history(edition.brief, within):
            printed |= one.prints.keys()
            facts.append(replace(one, pdf=""))
            facts += [change for change in changes if change.steps.keys() & printed]
        if known is None and not edition.draft:
            facts.append(replace(edition, pdf=""))
        return format_extract(self.publication, facts)

    def with_entries(self, facts: Iterable[Fact]) -> Ledger:
        """The ledger with more entries at its end."""
        new = self
        for head, group in _group_facts(facts):
            entry = new._create_entry(head, group)
            if new is self:  # which knows already what its lines say
                new = Ledger(self.publication, self.entry_files)
                new._edition_memos = {brief: one.copy() for brief, one in self._edition_memos.items()}
            new._add_entry(entry)
        return new

    def _create_entry(self, head: Mapping[str, str], facts: list[Fact]) -> EntryFile:
        """Facts as one entry, written after all others."""
        ends = [
            self.entry_files[at] for at in _iterate_entry_set(~self._predecessor_set & (1 << len(self.entry_files)) - 1)
        ]
        lines: list[Mapping[str, Any] | str] = []
        for fact in sorted(facts, key=lambda one: isinstance(one, Reprint)):
            if isinstance(fact, Withdrawal):
                lines += fact.withdrawn_ids
            elif isinstance(fact, Edition):
                lines.append(build_fact_line(fact, self._newest_edition(fact.brief)))
            elif isinstance(fact, Reprint):
                new = [one for one in facts if isinstance(one, Edition) and one.brief == fact.brief]
                known = [*new, *self.valid_editions(fact.brief)]
                lines.append(build_fact_line(fact, next(one for one in known if one.number == fact.number)))
            else:
                lines.append(build_fact_line(fact))
        whole = {"publication": self.publication, **head, "after": [file.seal for file in ends]}
        return parse_entry(format_entry(whole, lines), 1 + max((file.number for file in ends), default=0), Path())

    # How they are read

    def forget_editions(self, brief: str) -> None:
        """Let go of what the lines of a brief said: they are read again where they are asked."""
        self._edition_memos.pop(brief, None)

    def _read_editions(self, brief: str) -> list[tuple[int, Edition]]:
        """The editions of a brief by their lines: each tells what is other than in the last before it."""
        lines = self._index_lines("edition").get(brief, [])
        if (
            brief not in self._edition_memos
            and sum(one.size for one in self._edition_memos.values()) > _MOST_REMEMBERED_VALUES
        ):
            self._edition_memos.clear()
        known = self._edition_memos.setdefault(brief, _EditionMemo())
        for at, line in lines[len(known.editions) :]:
            file, latest = self.entry_files[at], (self.predecessors[at] & known.entry_set).bit_length() - 1
            known.add(at, file.read_edition(line, known.prints.get(latest, {})))
            if known.size > MOST_PRINTED_VALUES:
                hint = "no document prints so much: this ledger is not one that tipbrief wrote"
                message = f"the editions of '{brief}' print more than {MOST_PRINTED_VALUES} values"
                raise Problems(message, file.file, hint=hint)
        if known.editions:
            self._latest_editions[brief] = known.editions[-1][1]
        return known.editions

    def _newest_edition(self, brief: str) -> Edition | None:
        """The edition of a brief in the last of its lines, whether it was withdrawn or not."""
        lines, one = self._index_lines("edition").get(brief), self._latest_editions.get(brief)
        if lines and (one is None or (str(one.number), one.code) != (lines[-1][1].number_text, lines[-1][1].code)):
            self._read_editions(brief)
        return self._latest_editions.get(brief)

    def _unique_editions(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The editions that a set of entries knows; the first of those that are the same."""
        found: dict[str, tuple[int, Edition]] = {}
        for at, one in self._read_editions(brief):
            if within >> at & 1:
                found.setdefault(one.signature, (at, one))
        return list(found.values())

    def _changes_in_set(self, entries: int) -> list[Change]:
        return [
            change for at in _iterate_entry_set(entries & self._change_entries) for change in self.changes_in_entry(at)
        ]


@dataclass(slots=True)
class _EditionMemo:
    """The editions of a brief with their entries, the set of these, and what was printed last in each."""

    editions: list[tuple[int, Edition]] = field(default_factory=list)
    entry_set: int = 0
    prints: dict[int, Mapping[str, str]] = field(default_factory=dict)
    size: int = 0

    def copy(self) -> _EditionMemo:
        """The same, to which more can be added."""
        return _EditionMemo([*self.editions], self.entry_set, {**self.prints}, self.size)

    def add(self, at: int, one: Edition) -> None:
        """Know one more."""
        self.editions.append((at, one))
        self.entry_set |= 1 << at
        self.prints[at] = one.prints
        self.size += len(one.prints)


def describe_excess_length(length: str, where: Path | None = None) -> Problem:
    """The problem of a ledger that has, or would have, more than is read."""
    most = f"{MOST_LEDGER_ENTRIES} entries with {MOST_LEDGER_BYTES / 1e6:.0f} MB"
    hint = "keep this publication as it is, and go on in a copy with another id and without a ledger"
    return Problem(f"a ledger of {length} is too long: tipbrief reads {most}", where, hint=hint, kind="limit")


def _iterate_entry_set(entries: int) -> Iterator[int]:
    """The entries in a set of them, in their order."""
    while entries:
        yield (entries & -entries).bit_length() - 1
        entries &= entries - 1


def _group_facts(facts: Iterable[Fact]) -> Iterator[tuple[dict[str, str], list[Fact]]]:
    """Facts as they belong together: one delivery of many documents, one correction of many values."""
    head, group, seen = dict[str, str](), list[Fact](), set[object]()
    for fact in facts:
        own, names = build_fact_head(fact), set[object]()
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
