"""The ledger in memory: its entries in order, with the editions, changes and values that follow from them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Any

from tipbrief.files import hash_of
from tipbrief.language.dates import Date
from tipbrief.ledger import entry_file
from tipbrief.ledger.entries import Change, Edition, EditionCodes, Fact, Reprint, Withdrawal, split_document_name
from tipbrief.ledger.entry_file import DeliveryLine, EntryFile, build_fact_head, build_fact_line
from tipbrief.problems import Problem, Problems

# Each entry has the set of those before it, so this memory grows with the square of their number.
MAX_LEDGER_ENTRIES, MAX_LEDGER_BYTES = 10_000, 50_000_000
# Values in all editions of one brief (a sheet prints some 50); values that are remembered for all briefs.
MAX_PRINTED_VALUES, _MAX_REMEMBERED_VALUES = 2_000_000, 500_000
_MAX_SEARCHED_NAMES = 50  # searching more names in each line takes longer than parsing it


class Ledger:
    """The entries in order, and what they say together."""

    def __init__(self, publication: str, files: Iterable[EntryFile] = ()) -> None:
        self.publication = publication
        self.entry_files: list[EntryFile] = []
        # For each entry the set of those before it, one bit for each: after parallel work not all earlier entries.
        self.predecessors: list[int] = []
        self.withdrawal_dates: dict[str, Date] = {}
        self._positions: dict[str, int] = {}
        self._predecessor_set = self._change_entries = 0  # sets of entries
        self._lines: dict[str, dict[str, list[tuple[int, DeliveryLine]]]] = {"edition": {}, "reprint": {}}
        self._indexed_entry_count = 0  # the number of entries whose lines are in _lines
        # The parsed editions of each brief with their positions; how many values were parsed since all were forgotten.
        self._editions: dict[str, list[tuple[int, Edition]]] = {}
        self._value_count = 0
        for file in files:
            self._add_entry(file)

    def _add_entry(self, file: EntryFile) -> None:
        if (at := len(self.entry_files)) == MAX_LEDGER_ENTRIES:
            raise Problems(describe_excess_length(f"{at + 1} entries"))
        places = map(self._positions.__getitem__, file.head["after"])
        self.predecessors.append(reduce(or_, (self.predecessors[place] | 1 << place for place in places), 0))
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
        """A hash of the whole content: the names of entries have the hash of all but their reasons."""
        return hash_of("\n".join(file.name + str(file.head.get("reason", "")) for file in self.entry_files).encode())

    def _index_lines(self, kind: str) -> dict[str, list[tuple[int, DeliveryLine]]]:  # editions or reprints
        while self._indexed_entry_count < len(self.entry_files):
            for line in self.entry_files[self._indexed_entry_count].lines:
                self._lines[line.kind].setdefault(line.brief, []).append((self._indexed_entry_count, line))
            self._indexed_entry_count += 1
        return self._lines[kind]

    @property
    def briefs(self) -> list[str]:
        """The briefs with at least one delivered edition."""
        return [*self._index_lines("edition")]

    @cached_property
    def briefs_by_plain_name(self) -> Mapping[str, Sequence[str]]:
        """The same briefs by their names without a language."""
        found = defaultdict[str, list[str]](list)
        for brief in self.briefs:
            found[split_document_name(brief)[0]].append(brief)
        return found

    def all_editions(self, brief: str) -> list[Edition]:
        """All editions of a brief, oldest first, also withdrawn ones; one that two people delivered is there once."""
        return [one for _, one in self._unique_editions(brief)]

    def valid_editions(self, brief: str) -> list[Edition]:
        """The editions of a brief that were not withdrawn, oldest first."""
        return [one for _, one in self.valid_editions_with_positions(brief)]

    def valid_editions_with_positions(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The valid editions in a set of entries, each with the position of its entry."""
        listed = self._unique_editions(brief, within)
        return [(at, one) for at, one in listed if one.signature not in self.withdrawal_dates]

    def last_edition(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        return next(reversed(self.valid_editions(brief)), None)

    def next_number(self, brief: str) -> int:
        """The number of the next edition; that of a withdrawn one is not used again."""
        return max((number for number, _ in self.numbers_and_codes(brief)), default=0) + 1

    def numbers_and_codes(self, brief: str) -> list[tuple[int, str]]:
        """The numbers and codes of all editions of a brief, without parsing these."""
        return [(int(line.number_text), line.code) for _, line in self._index_lines("edition").get(brief, ())]

    def find_by_code(self, code: str) -> list[Edition]:
        """The editions whose code is this or differs from it in one character."""
        lines, is_near = self._index_lines("edition"), EditionCodes([code]).is_one_typo_away
        briefs = [brief for brief, given in lines.items() if any(is_near(line.code) for _, line in given)]
        return [one for brief in briefs for one in self.all_editions(brief) if is_near(one.code)]

    def pdf_hashes(self, edition: Edition) -> set[str]:
        """The sha256 of each PDF of an edition."""
        lines = [one for kind in self._lines for one in self._index_lines(kind).get(edition.brief, ())]
        return {line.pdf_hash for _, line in lines if line.signature == edition.signature} - {""}

    def list_pdf_hashes(self) -> set[str]:
        """The sha256 of all PDFs that were delivered."""
        return {line.pdf_hash for file in self.entry_files for line in file.lines} - {""}

    def find_by_pdf(self, sha256: str) -> Edition | None:
        """The edition that was delivered as the PDF with this hash."""
        for line in (line for file in self.entry_files if sha256.encode() in file.raw_bytes for line in file.lines):
            if line.pdf_hash == sha256:
                return next((one for one in self.all_editions(line.brief) if one.code == line.code), None)
        return None

    @property
    def changes(self) -> list[Change]:
        """All changes that were not withdrawn, oldest first."""
        return self._changes_in_set(-1)

    def changes_in_entry(self, at: int) -> tuple[Change, ...]:
        """The changes of an entry, none if it was withdrawn."""
        return () if self.entry_files[at].seal in self.withdrawal_dates else self.entry_files[at].changes

    def history(self, brief: str, within: int = -1) -> list[tuple[Edition, list[Change]]]:
        """The editions of a brief, each with the changes until the next one; after the last one, until now."""
        valid = self.valid_editions_with_positions(brief, within)
        ends = [*(self.predecessors[at] for at, _ in valid[1:]), within]
        pairs = zip(valid, ends, strict=False)
        return [(one, self._changes_in_set(until & ~self.predecessors[at])) for (at, one), until in pairs]

    @cached_property
    def briefs_with_notices(self) -> Collection[str]:
        """The briefs whose editions may print a changed value, by a text search in lines that are not parsed."""
        entries = range(len(self.entry_files))
        wanted = {(at, name) for at in entries for change in self.changes_in_entry(at) for name in change.steps}
        if not wanted or len({name for _, name in wanted}) > _MAX_SEARCHED_NAMES:
            return self._index_lines("edition") if wanted else ()
        # The names as lines have them. A line with an escape may write a name in another way.
        texts = {(at, text) for at, name in wanted for text in (f'"{name}"'.encode(), b"\\")}
        # What comes after a change has its value already.
        pairs = [(file, text) for at, text in texts for file in entries if not self.predecessors[file] >> at & 1]
        found = (entry_file.find_briefs(self.entry_files[file].raw_bytes, text) for file, text in pairs)
        return {brief for briefs in found for brief in briefs}

    @cached_property
    def gone_rows(self) -> Mapping[str, tuple[int, Change]]:
        """The rows that are gone by the ledger: the position of the entry that says so, and the change."""
        entries = range(len(self.entry_files))
        last = {one.name: (at, one) for at in entries for one in self.changes_in_entry(at) if one.is_of_row}
        return {name: found for name, found in last.items() if not found[1].now}

    @cached_property
    def withdrawn_documents(self) -> Mapping[str, Change]:
        """The documents of rows that are gone, if no edition was delivered since."""
        pairs = [(brief, *found) for found in self.gone_rows.values() for brief in found[1].documents]
        return {
            brief: change
            for brief, at, change in pairs
            if not any(self.predecessors[place] >> at & 1 for place, _ in self.valid_editions_with_positions(brief))
        }

    def changes_after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of its brief, or until now."""
        return next(changes for one, changes in self.history(edition.brief) if one.signature == edition.signature)

    @cached_property
    def latest_values(self) -> Mapping[str, str]:
        """The value of each printed name: as first printed, then as changed."""
        first: dict[str, tuple[int, str]] = {}
        for at, file in enumerate(self.entry_files):
            for name, value in file.prints.items():
                first.setdefault(name, (at, value))
        known = {name: value for name, (_, value) in first.items()}
        for here in range(len(self.entry_files)):
            for change in self.changes_in_entry(here):
                for name, (_, now) in change.steps.items():
                    # An edition printed after the change has its value already.
                    if name in first and not self.predecessors[first[name][0]] >> here & 1:
                        known[name] = now
        return known

    def format_extract_until(self, edition: Edition) -> str:
        """The extract for an edition's PDF: the brief's editions until it, and the changes of what they print."""
        # For a draft it reaches until now. The hashes of PDFs are left out.
        valid = self.valid_editions_with_positions(edition.brief)
        known = next((at for at, one in valid if one.signature == edition.signature), None)
        facts, printed = list[Edition | Change](), set[str]()
        within = -1 if known is None else self.predecessors[known] | 1 << known
        for one, changes in self.history(edition.brief, within):
            printed |= one.prints.keys()
            facts.append(replace(one, pdf=""))
            facts += [change for change in changes if change.steps.keys() & printed]
        if known is None and not edition.draft:
            facts.append(replace(edition, pdf=""))
        return entry_file.format_extract(self.publication, facts)

    def with_entries(self, facts: Iterable[Fact]) -> "Ledger":
        """The ledger with more entries at its end."""
        new = self
        for head, group in _group_facts(facts):
            entry = new._create_entry(head, group)
            if new is self:  # copy it, with what was parsed already
                new = Ledger(self.publication, self.entry_files)
                new._editions = {brief: [*known] for brief, known in self._editions.items()}
                new._value_count = self._value_count
            new._add_entry(entry)
        return new

    def _create_entry(self, head: Mapping[str, Any], facts: list[Fact]) -> EntryFile:
        last = ~self._predecessor_set & (1 << len(self.entry_files)) - 1
        ends = [self.entry_files[at] for at in _list_positions(last)]
        lines: list[Mapping[str, Any] | str] = []
        new = {one.brief: one for one in facts if isinstance(one, Edition)}
        for fact in sorted(facts, key=lambda one: isinstance(one, Reprint)):
            if isinstance(fact, Withdrawal):
                lines += fact.withdrawn_ids
            elif isinstance(fact, Edition):
                before = self._read_editions(fact.brief)
                lines.append(build_fact_line(fact, before[-1][1] if before else None))
            elif isinstance(fact, Reprint):
                known = [new.get(fact.brief), *self.valid_editions(fact.brief)]
                lines.append(build_fact_line(fact, next(one for one in known if one and one.number == fact.number)))
            else:
                lines.append(build_fact_line(fact))
            self.forget_editions(getattr(fact, "brief", ""))  # of ten thousand they would fill the memory
        whole: dict[str, Any] = {"publication": self.publication, **head, "after": [file.seal for file in ends]}
        if shared := entry_file.extract_shared_values(line for line in lines if isinstance(line, dict)):
            whole["shared"] = shared
        number = 1 + max((file.number for file in ends), default=0)
        return entry_file.parse_entry(entry_file.format_entry(whole, lines), number, Path())

    def forget_editions(self, brief: str) -> None:
        """Free the parsed editions of a brief; they are parsed again on demand."""
        self._editions.pop(brief, None)

    def _read_editions(self, brief: str) -> list[tuple[int, Edition]]:
        lines = self._index_lines("edition").get(brief, [])
        if brief not in self._editions and self._value_count > _MAX_REMEMBERED_VALUES:
            self._editions.clear()
            self._value_count = 0
        known = self._editions.setdefault(brief, [])
        for at, line in lines[len(known) :]:
            file, before = self.entry_files[at], self.predecessors[at]
            latest = next((one.prints for place, one in reversed(known) if before >> place & 1), {})
            known.append((at, file.read_edition(line, latest)))
            self._value_count += (count := len(known[-1][1].prints))
            if count * len(known) > MAX_PRINTED_VALUES:
                hint = "no document prints so much: this ledger is not one that tipbrief wrote"
                message = f"the editions of '{brief}' print more than {MAX_PRINTED_VALUES} values"
                raise Problems(message, file.file, hint=hint)
        return known

    def _unique_editions(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        found: dict[str, tuple[int, Edition]] = {}
        for at, one in self._read_editions(brief):
            if within >> at & 1:
                found.setdefault(one.signature, (at, one))
        return list(found.values())

    def _changes_in_set(self, entries: int) -> list[Change]:
        return [one for at in _list_positions(entries & self._change_entries) for one in self.changes_in_entry(at)]


def describe_excess_length(length: str, where: Path | None = None) -> Problem:
    """The problem of a ledger that is, or would be, longer than tipbrief reads."""
    most = f"{MAX_LEDGER_ENTRIES} entries with {MAX_LEDGER_BYTES / 1e6:.0f} MB"
    hint = "keep this publication as it is, and go on in a copy with another id and without a ledger"
    return Problem(f"a ledger of {length} is too long: tipbrief reads {most}", where, hint=hint, kind="limit")


def _list_positions(entries: int) -> Iterator[int]:
    while entries:
        yield (entries & -entries).bit_length() - 1
        entries &= entries - 1


def _group_facts(facts: Iterable[Fact]) -> Iterator[tuple[dict[str, Any], list[Fact]]]:
    """Group facts into entries: one delivery of many documents, one correction of many values."""
    head, group, seen = dict[str, Any](), list[Fact](), set[object]()
    for fact in facts:
        own = build_fact_head(fact)
        of_document = () if isinstance(fact, Change | Withdrawal) else ((type(fact), fact.brief),)
        names = {*(fact.steps if isinstance(fact, Change) else of_document)}
        # A reprint has only the day in common.
        alike = own.items() <= head.items() or head.items() <= own.items()
        if group and (names & seen or not alike):
            yield head, group
            head, group, seen = {}, [], set()
        head |= own
        seen |= names
        group.append(fact)
    if group:
        yield head, group
