"""The ledger: entries in their order, and what they say together."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property, reduce
from operator import or_
from pathlib import Path
from typing import Any

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, Fact, Reprint, Withdrawal
from tipbrief.ledger.entry_file import EntryFile, SignedLine, entry_text, head_of, line_of, parsed, part_text


class Ledger:
    """The entries by their numbers; each knows those before it, which are not all where two people worked.

    ``before`` has of each entry the set of these: an integer with a bit for each.
    """

    def __init__(self, publication: str, files: Iterable[EntryFile] = ()) -> None:
        self.publication = publication
        self.files = list(files)
        self.before: list[int] = []
        self.withdrawn: dict[str, Date] = {}
        self._delivered: dict[str, list[tuple[int, Edition]]] = {}
        places: dict[str, int] = {}
        for at, file in enumerate(self.files):
            known = (self.before[places[seal]] | 1 << places[seal] for seal in file.head["after"])
            self.before.append(reduce(or_, known, 0))
            places[file.seal] = at
            self.withdrawn |= dict.fromkeys(file.withdrawn, file.date)

    def __eq__(self, other: object) -> bool:
        ours = (self.publication, self.state)
        return isinstance(other, Ledger) and ours == (other.publication, other.state)

    @property
    def state(self) -> str:
        """One hash of all that it says."""
        told = [file.name + str(file.head.get("reason", "")) for file in self.files]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    # Editions

    @cached_property
    def _lines(self) -> dict[str, list[tuple[int, SignedLine]]]:
        found: dict[str, list[tuple[int, SignedLine]]] = {}
        for at, file in enumerate(self.files):
            for line in file.lines:
                found.setdefault(line.brief, []).append((at, line))
        return found

    @property
    def briefs(self) -> list[str]:
        """The briefs of which an edition was delivered."""
        return [brief for brief, lines in self._lines.items() if lines[0][1].kind == "edition"]

    def listed(self, brief: str) -> list[Edition]:
        """All editions of a brief, oldest first, withdrawn ones too; what two delivered alike stands once."""
        return [one for _, one in self._once(brief)]

    def editions(self, brief: str) -> list[Edition]:
        """The editions of a brief, oldest first, but for those that were withdrawn."""
        return [one for _, one in self._standing(brief)]

    def editions_of(self, at: int) -> list[Edition]:
        """The editions of an entry that were not withdrawn."""
        briefs = dict.fromkeys(line.brief for line in self.files[at].lines)
        return [one for brief in briefs for there, one in self._standing(brief) if there == at]

    def last(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        return next(reversed(self.editions(brief)), None)

    def next_number(self, brief: str) -> int:
        """The number of the edition that comes next; that of a withdrawn one is not given again."""
        return max((one.number for one in self.listed(brief)), default=0) + 1

    def coded(self, code: str) -> list[Edition]:
        """The editions whose code is this, or one slip away."""

        def near(other: str) -> bool:
            return len(other) == len(code) and sum(a != b for a, b in zip(other, code, strict=True)) <= 1

        briefs = [brief for brief in self.briefs if any(near(line.code) for _, line in self._lines[brief])]
        return [one for brief in briefs for one in self.listed(brief) if near(one.code)]

    def pdfs(self, edition: Edition) -> set[str]:
        """The sha256 of every PDF in which an edition was delivered."""
        lines = [line for _, line in self._lines.get(edition.brief, ())]
        return {line.pdf for line in lines if line.signature == edition.signature} - {""}

    def edition_of_pdf(self, sha256: str) -> Edition | None:
        """The edition that was delivered in a PDF of this hash."""
        for line in (line for file in self.files if sha256 in file.text for line in file.lines):
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
        standing = self._standing(brief, within)
        ends = [*(self.before[at] for at, _ in standing[1:]), within]
        return [
            (one, self._changes_in(until & ~self.before[at]))
            for (at, one), until in zip(standing, ends, strict=False)
        ]

    def after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of the same brief, or until now."""
        history = self.history(edition.brief)
        return next(changes for one, changes in history if one.signature == edition.signature)

    @cached_property
    def recorded(self) -> Mapping[str, str]:
        """The value of each printed name by the ledger: as printed first, then as each change left it."""
        first: dict[str, tuple[int, str]] = {}
        for at, file in enumerate(self.files):
            for line in file.lines if '"prints"' in file.text else ():
                if '"prints"' in line.rest:
                    for name, value in file.edition(line, {}).prints.items():
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
        own = (at for at, one in self._standing(edition.brief) if one.signature == edition.signature)
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
            new = Ledger(self.publication, [*new.files, new._entry(head, group)])
        return new

    def _entry(self, head: Mapping[str, str], facts: list[Fact]) -> EntryFile:
        """Facts as one entry, written after all others."""
        covered = reduce(or_, self.before, 0)
        ends = [file for at, file in enumerate(self.files) if not covered >> at & 1]
        lines: list[Mapping[str, Any] | str] = []
        for fact in sorted(facts, key=lambda one: isinstance(one, Reprint)):
            if isinstance(fact, Withdrawal):
                lines += fact.gone
            elif isinstance(fact, Edition):
                lines.append(line_of(fact, next((one for _, one in reversed(self._known(fact.brief))), None)))
            elif isinstance(fact, Reprint):
                new = [one for one in facts if isinstance(one, Edition) and one.brief == fact.brief]
                known = [*new, *self.editions(fact.brief)]
                lines.append(line_of(fact, next(one for one in known if one.number == fact.number)))
            else:
                lines.append(line_of(fact))
        whole = {"publication": self.publication, **head, "after": [file.seal for file in ends]}
        return parsed(entry_text(whole, lines), 1 + max((file.number for file in ends), default=0), Path())

    # How they are read

    def _known(self, brief: str) -> list[tuple[int, Edition]]:
        """The editions of a brief by their lines: each tells what is other than in the last before it."""
        if brief not in self._delivered:
            found: list[tuple[int, Edition]] = []
            for at, line in self._lines.get(brief, ()):
                if line.kind == "edition":
                    known = (one.prints for there, one in reversed(found) if self.before[at] >> there & 1)
                    found.append((at, self.files[at].edition(line, next(known, dict[str, str]()))))
            self._delivered[brief] = found
        return self._delivered[brief]

    def _once(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        """The editions that a set of entries knows; the first of those that are the same."""
        found: dict[str, tuple[int, Edition]] = {}
        for at, one in self._known(brief):
            if within >> at & 1:
                found.setdefault(one.signature, (at, one))
        return list(found.values())

    def _standing(self, brief: str, within: int = -1) -> list[tuple[int, Edition]]:
        listed = self._once(brief, within)
        return [(at, one) for at, one in listed if one.signature not in self.withdrawn]

    def _changes_in(self, entries: int) -> list[Change]:
        places = (at for at in range(len(self.files)) if entries >> at & 1)
        return [change for at in places for change in self.changes_of(at)]


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
