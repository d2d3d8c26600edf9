"""The ledger: entries in their order, and what they say together."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from tipbrief.ledger.entries import Change, Edition, Fact, Reprint, Withdrawal
from tipbrief.ledger.entry_file import EntryFile, entry_text, grouped, parsed


class Signature(NamedTuple):
    """An edition as it is found without being read: in which line of which entry it stands."""

    brief: str
    number: int
    code: str
    entry: int
    line: int

    @property
    def name(self) -> str:
        """``WORLD/3``."""
        return f"{self.brief.upper()}/{self.number}"

    @property
    def signature(self) -> str:
        """``WORLD/3 · 9f2c``."""
        return f"{self.name} · {self.code}"


class Prints(Mapping[str, str]):
    """What an edition prints, by name; looked up only when it is asked for."""

    def __init__(self, names: Callable[[], frozenset[str]], value: Callable[[str], str]) -> None:
        self._names, self._value = names, value

    @property
    def names(self) -> frozenset[str]:
        """The names alone."""
        return self._names()

    def __getitem__(self, name: str) -> str:
        if name not in self.names:
            raise KeyError(name)
        return self._value(name)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self.names))

    def __len__(self) -> int:
        return len(self.names)

    def __reduce__(self) -> tuple[type[dict[str, str]], tuple[dict[str, str]]]:
        return dict, (dict(self),)


class Ledger:
    """The entries by their numbers; each knows those before it, which are not all where two people worked.

    What an edition printed follows from the entries before it alone, and is looked up when it is asked for:
    a long ledger opens as fast as a short one. Sets of entries are integers with a bit for each.
    """

    def __init__(self, publication: str, files: Iterable[EntryFile] = ()) -> None:
        self.publication = publication
        self.files: list[EntryFile] = []
        self.before: list[int] = []
        self.withdrawn: dict[tuple[str, int, str] | int, EntryFile] = {}
        self._at: dict[str, int] = {}
        self._ends = 0
        self._printed: dict[str, list[tuple[int, str]]] = {}
        self._changed: dict[str, list[tuple[int, str]]] = {}
        self._recorded: dict[str, str] = {}
        self._listed: dict[str, tuple[int, list[Signature]]] = {}
        self._found_at: dict[str, list[tuple[int, int]]] = {}
        self._searched = 0
        self._names: dict[tuple[object, ...], frozenset[str]] = {}
        for file in files:
            self._add(file)

    def __eq__(self, other: object) -> bool:
        ours = (self.publication, self.state)
        return isinstance(other, Ledger) and ours == (other.publication, other.state)

    __hash__ = None  # type: ignore[assignment]

    @property
    def state(self) -> str:
        """One hash of all that it says."""
        told = [file.name + str(file.head.get("reason", "")) for file in self.files]
        return hashlib.sha256("\n".join(told).encode()).hexdigest()

    @property
    def packed(self) -> str:
        """All entries in one text."""
        return "".join(file.text for file in self.files)

    # Questions

    @property
    def briefs(self) -> Iterable[str]:
        """The briefs of which an edition was delivered."""
        return self._places().keys()

    def listed(self, brief: str) -> list[Signature]:
        """All editions of a brief, oldest first, withdrawn ones too; what two delivered alike stands once."""
        places, known = self._places().get(brief, []), self._listed.get(brief)
        if known is None or known[0] != len(places):
            known = self._listed[brief] = (len(places), _once(self._signatures(brief)))
        return known[1]

    def edition(self, one: Signature) -> Edition:
        """The edition that is listed there."""
        file = self.files[one.entry]
        fact, within = file.fact(one.line), self.before[one.entry] | 1 << one.entry
        prints = Prints(lambda: self._names_of(one), lambda name: self.value(name, within) or "")
        return Edition(
            brief=one.brief, number=one.number, code=one.code, date=file.date, data=file.head["data"],
            content=str(fact.get("content", "")), prints=prints, pdf=str(fact.get("pdf", "")),
        )  # fmt: skip

    def editions(self, brief: str) -> list[Edition]:
        """The editions of a brief, oldest first, but for those that were withdrawn."""
        return [self.edition(one) for one in self.standing(brief)]

    def last(self, brief: str) -> Edition | None:
        """The newest edition of a brief."""
        newest_first = self._signatures(brief, newest_first=True)
        return next((self.edition(one) for one in newest_first if one[:3] not in self.withdrawn), None)

    def next_number(self, brief: str) -> int:
        """The number of the edition that comes next; that of a withdrawn one is not given again."""
        return max((one.number for one in self.listed(brief)), default=0) + 1

    @property
    def changes(self) -> list[Change]:
        """All changes that stand, oldest first."""
        return [change for at in bits(self.all) for change in self.changes_of(at)]

    def after(self, edition: Edition) -> list[Change]:
        """The changes between an edition and the next one of the same brief, or until now."""
        one, standing = self._found(edition), self.standing(edition.brief)
        next_ = next((other for other in standing if other.entry > one.entry), None)
        until = self.before[next_.entry] if next_ else self.all
        since = until & ~self.before[one.entry]
        return [change for at in bits(since) for change in self.changes_of(at)]

    def editions_of(self, at: int) -> list[Edition]:
        """The editions of an entry that were not withdrawn."""
        listed = (self.standing(brief) for brief in self.files[at].briefs())
        return [self.edition(one) for standing in listed for one in standing if one.entry == at]

    def pdfs(self, edition: Edition) -> set[str]:
        """The sha256 of every PDF in which an edition was delivered."""
        part = f'": {json.dumps(edition.brief, ensure_ascii=False)}, "number": {edition.number}, '
        return {pdf for pdf, one in self._pdfs(part) if one.signature == edition.signature} - {""}

    def edition_of_pdf(self, sha256: str) -> Edition | None:
        """The edition that was delivered in a PDF of this hash."""
        return next((self.edition(one) for _, one in self._pdfs(f'"pdf": "{sha256}"')), None)

    def _pdfs(self, part: str) -> Iterator[tuple[str, Signature]]:
        """The PDFs of editions and reprints whose lines have this part, each with its edition."""
        for at, file in enumerate(self.files):
            within = self.before[at] | 1 << at
            for line, text in enumerate(file.lines) if file.kind == "delivery" and part in file.text else ():
                if part in text:
                    fact = file.fact(line)
                    code, brief = fact.get("code"), str(fact.get("edition") or fact.get("reprint"))
                    for one in reversed(self.listed(brief)):
                        # A reprint is of the edition that its entry knew.
                        if one.number == fact.get("number") and (
                            one.code == code if code else within >> one.entry & 1
                        ):
                            yield str(fact.get("pdf", "")), one
                            break

    def recorded(self) -> Mapping[str, str]:
        """The value that each printed name has by the ledger: as printed last, or as corrected since."""
        if not self._recorded:
            self._recorded = {name: self.value(name, self.all) or "" for name in self._printed}
        return self._recorded

    def value(self, name: str, within: int) -> str | None:
        """The value of a name by a set of entries, None where none of them printed it."""
        printed = next((one for one in reversed(self._printed.get(name, ())) if within >> one[0] & 1), None)
        if printed is None:
            return None
        changed = next((one for one in reversed(self._changed.get(name, ())) if within >> one[0] & 1), None)
        if changed is None or self.before[printed[0]] >> changed[0] & 1:
            return printed[1]
        return changed[1]

    @property
    def all(self) -> int:
        """The set of all entries."""
        return (1 << len(self.files)) - 1

    def _places(self) -> Mapping[str, list[tuple[int, int]]]:
        for at in range(self._searched, len(self.files)):
            for line, brief in enumerate(self.files[at].briefs()):
                self._found_at.setdefault(brief, []).append((at, line))
        self._searched = len(self.files)
        return self._found_at

    def _signatures(self, brief: str, *, newest_first: bool = False) -> Iterator[Signature]:
        places = self._places().get(brief, [])
        for at, line in reversed(places) if newest_first else places:
            yield Signature(brief, *self.files[at].signed(line), at, line)

    def standing(self, brief: str) -> list[Signature]:
        """The editions of a brief that were not withdrawn, as they are listed."""
        return [one for one in self.listed(brief) if one[:3] not in self.withdrawn]

    def _found(self, edition: Edition) -> Signature:
        wanted = (edition.brief, edition.number, edition.code)
        return next(one for one in self.listed(edition.brief) if one[:3] == wanted)

    def changes_of(self, at: int) -> tuple[Change, ...]:
        """The changes of an entry, none where it was withdrawn."""
        return () if at in self.withdrawn else self.files[at].changes

    def _names_of(self, one: Signature) -> frozenset[str]:
        """The names that an edition prints: each line tells only what is other than in the edition before."""
        for other in self._signatures(one.brief) if one[:3] not in self._names else ():
            if other[:3] not in self._names:
                new, gone = self.files[other.entry].prints(other.line)
                earlier = self._names_before(other.brief, self.before[other.entry])
                self._names[other[:3]] = earlier - gone | new if new or gone else earlier
        return self._names[one[:3]]

    def _names_before(self, brief: str, within: int) -> frozenset[str]:
        newest_first = self._signatures(brief, newest_first=True)
        return next((self._names_of(one) for one in newest_first if within >> one.entry & 1), frozenset())

    # Growth

    def with_entries(self, facts: Iterable[Fact]) -> Ledger:
        """The ledger with more entries at its end."""
        new = Ledger(self.publication, self.files)
        for group in _groups(facts):
            new._write(group, new.all)
        return new

    def part(self, edition: Edition) -> Ledger:
        """What concerns one brief until an edition of it, or all until now where that is a draft.

        Its editions without the sums of their PDFs, and the changes of what they printed.
        """
        part, taken, printed = Ledger(self.publication), dict[int, int](), frozenset[str]()
        mine = [one for one in self._signatures(edition.brief) if one[:3] not in self.withdrawn]
        known = next((one for one in mine if one[1:3] == (edition.number, edition.code)), None)
        within = self.before[known.entry] | 1 << known.entry if known else self.all
        standing = {one.entry: one for one in _once(one for one in mine if within >> one.entry & 1)}
        for at in bits(within):
            facts: list[Fact] = [one for one in self.changes_of(at) if one.steps.keys() & printed]
            if at in standing:
                facts = [replace(self.edition(standing[at]), pdf="")]
                printed |= self._names_of(standing[at])
            if facts:
                before = (1 << there for here, there in taken.items() if self.before[at] >> here & 1)
                part._write(facts, sum(before))
                taken[at] = len(part.files) - 1
        if not known and not edition.draft:
            part._write([replace(edition, pdf="")], part.all)
        return part

    def _add(self, file: EntryFile) -> None:
        at, before = len(self.files), 0
        for seal in file.after:
            before |= self.before[self._at[seal]] | 1 << self._at[seal]
        self.files.append(file)
        self.before.append(before)
        self._at[file.seal] = at
        self._ends = self._ends & ~before | 1 << at
        self._recorded = {}
        for name, value in file.values.items():
            self._printed.setdefault(name, []).append((at, value))
        for change in file.changes:
            for name, (_, now) in change.steps.items():
                self._changed.setdefault(name, []).append((at, now))
        for gone in file.withdrawn():
            self.withdrawn[self._at[gone] if isinstance(gone, str) else gone] = file

    def _write(self, facts: Sequence[Fact], before: int) -> None:
        """Add facts as one entry, written after those of a set."""
        covered = 0
        for at in bits(before) if before != self.all else ():
            covered |= self.before[at]
        ends = [self.files[at] for at in bits(self._ends if before == self.all else before & ~covered)]
        first, values = facts[0], dict[str, str]()
        head: dict[str, Any] = {
            "kind": first.kind if isinstance(first, Change) else "withdrawal",
            "date": first.date.iso(),
            "publication": self.publication,
            "after": [file.seal for file in ends],
        }
        if isinstance(first, Change):
            head |= {"reason": first.reason} | ({"source": first.source} if first.source else {})
        elif isinstance(first, Withdrawal):
            values |= first.values
        else:
            head["kind"] = "delivery"
            head["data"] = next((one.data for one in facts if isinstance(one, Edition)), "0" * 64)
        lines: list[dict[str, Any]] = []
        for fact in sorted(facts, key=lambda one: isinstance(one, Reprint)):
            if isinstance(fact, Edition):
                earlier, names = self._names_before(fact.brief, before), frozenset(fact.prints)
                for name in names - earlier:
                    if self.value(name, before) != fact.prints[name]:
                        values[name] = fact.prints[name]
                lines.append(_line(fact, names - earlier, earlier - names))
            elif isinstance(fact, Withdrawal):
                lines += [
                    {"edition": brief, "number": number, "code": code}
                    for brief, number, code in fact.editions
                ]
                lines += [{"entry": seal} for seal in fact.changes]
            else:
                lines.append(_line(fact))
        number = max((file.number for file in ends), default=0) + 1
        self._add(parsed(entry_text(head, values, lines), number, Path()))


def _once(signatures: Iterable[Signature]) -> list[Signature]:
    """The first of those that are the same edition."""
    found: dict[tuple[object, ...], Signature] = {}
    for one in signatures:
        found.setdefault(one[:3], one)
    return list(found.values())


def bits(entries: int) -> Iterator[int]:
    """The places of the entries in a set."""
    while entries:
        lowest = entries & -entries
        yield lowest.bit_length() - 1
        entries ^= lowest


def _groups(facts: Iterable[Fact]) -> list[list[Fact]]:
    """Facts as they belong together: one delivery of many documents, one correction of many values."""
    made: list[list[Fact]] = []
    kind, seen = tuple[object, ...]([None]), set[object]()
    for fact in facts:
        this: tuple[object, ...]
        if isinstance(fact, Change):
            this, names = (fact.kind, fact.date, fact.reason, fact.source), set[object](fact.steps)
        elif isinstance(fact, Withdrawal):
            this, names = (fact,), set()
        else:
            names = {(type(fact), fact.brief)}
            if isinstance(fact, Edition) and kind == (fact.date, ""):
                kind = (fact.date, fact.data)  # until now only reprints
            same_day = kind[:1] == (fact.date,)
            this = (fact.date, fact.data if isinstance(fact, Edition) else kind[-1] if same_day else "")
        if this != kind or names & seen:
            kind, seen = this, set()
            made.append([])
        seen |= names
        made[-1].append(fact)
    return made


def _line(
    fact: Fact, new: frozenset[str] = frozenset(), gone: frozenset[str] = frozenset()
) -> dict[str, Any]:
    """A fact as it stands in its line; of an edition, the names that it prints anew, and no longer."""
    if isinstance(fact, Edition):
        line = {"edition": fact.brief, "number": fact.number, "code": fact.code, "content": fact.content}
        more = {"pdf": fact.pdf, "prints": grouped(new), "no longer": grouped(gone)}
    elif isinstance(fact, Reprint):
        line, more = {"reprint": fact.brief, "number": fact.number, "pdf": fact.pdf}, {}
    else:
        assert isinstance(fact, Change)
        line = {"name": fact.name, "was": fact.was, "now": fact.now}
        more = {"also": {name: list(step) for name, step in fact.also.items()}}
    return line | {key: value for key, value in more.items() if value}
