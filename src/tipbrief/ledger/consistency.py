"""Consistency of the ledger: conflicts between entries, and facts that contradict the entries before them."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Change, Edition, EditionCodes, Fact, Reprint, compute_code
from tipbrief.ledger.entry_file import RESTORE_HINT, DeliveryLine, EntryFile, describe_unreadable_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, ProblemList


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries that exclude each other: both delivered the same number of ``briefs``, or changed ``names``."""

    first: int
    second: int
    briefs: frozenset[str]
    names: frozenset[str]

    def describe_choice(self, ledger: Ledger) -> Problem:
        """The problem that asks a person which of the two entries to keep."""
        one, other = ledger.entry_files[self.first], ledger.entry_files[self.second]
        things = sorted(self.briefs or self.names)
        did = "delivered one edition each" if self.briefs else "changed one value otherwise"
        named = ", ".join(f"'{thing}'" for thing in things[:3])
        named += f" and {len(things) - 3} more" if len(things) > 3 else ""
        message = f"both sides cannot stay, for they {did}: {named}"
        sides = " or ".join(f"--keep {file.seal} ({_describe_entry(file, things)})" for file in (one, other))
        return Problem(message, other.file, hint=f"say whose was handed out: tipbrief merge {sides}")


def find_conflicts(ledger: Ledger) -> Iterator[Conflict]:
    """The pairs of entries that exclude each other, without those that follow from an earlier pair."""
    parallel = 0  # the set of entries that have one on another branch: nearly always empty
    for at, before in enumerate(ledger.predecessors):
        if beside := (1 << at) - 1 & ~before:
            parallel |= beside | 1 << at
    entries = [at for at in range(parallel.bit_length()) if parallel >> at & 1]
    first_values: dict[_ClaimKey, _ClaimValue] = {}
    claimed = (claim for at in entries for claim in _collect_claims(ledger, at).items())
    disputed = {key for key, value in claimed if first_values.setdefault(key, value) != value}
    pairs: dict[tuple[int, int], list[_ClaimKey]] = {}
    claims: dict[_ClaimKey, list[tuple[int, _ClaimValue]]] = {key: [] for key in disputed}
    for at in entries if disputed else ():
        before = ledger.predecessors[at]
        for key, value in _collect_claims(ledger, at).items():
            if (known := claims.get(key)) is None:
                continue
            contradicting = ((place, other) for place, other in known if not before >> place & 1 and other != value)
            if found := next(contradicting, None):
                first, other = found
                same_side = ((place, last) for place, last in reversed(known) if before >> place & 1)
                own, last = next(same_side, (first, other))
                if last == other or ledger.predecessors[first] >> own & 1:
                    pairs.setdefault((first, at), []).append(key)
            known.append((at, value))
    for (first, second), keys in sorted(pairs.items()):
        briefs = frozenset(key[0] for key in keys if isinstance(key, tuple))
        yield Conflict(first, second, briefs, frozenset(key for key in keys if isinstance(key, str)))


_ClaimKey = tuple[str, str] | str
_ClaimValue = tuple[str, ...]


def _collect_claims(ledger: Ledger, at: int) -> dict[_ClaimKey, _ClaimValue]:
    """The code that an entry gave to each brief and number, and how it changed each name."""
    lines = [one for one in ledger.entry_files[at].lines if one.kind == "edition"]
    editions = {one[1:3]: (one.code,) for one in lines if one.signature not in ledger.withdrawal_dates}
    return editions | {name: step for one in ledger.changes_in_entry(at) for name, step in one.steps.items()}


def _describe_entry(file: EntryFile, things: Collection[str]) -> str:
    examples = [f"'{one.name}' {one.was} → {one.now}" for one in file.changes[:1]]
    examples += [line.signature for line in file.lines if line.brief in things][:1]
    return ", ".join([f"{file.kind} of {file.date.iso()}", *examples])


def find_faulty_entries(ledger: Ledger) -> Iterator[Problem]:
    """The entries that cannot follow those before them, by code, number, content, day or value, each as a problem."""
    state, dates = LedgerState(Ledger(ledger.publication)), dict[str, Date]()
    named: dict[str, int] = {}  # the seals and signatures that a withdrawal can name, each with the set of its entries
    for at, file in enumerate(ledger.entry_files):
        before = ledger.predecessors[at]
        # On a branch, and after something was withdrawn, the entries before count anew.
        if before != (1 << at) - 1 or (at and (ledger.entry_files[at - 1].withdrawn_ids or state.is_branch)):
            earlier = [one for place, one in enumerate(ledger.entry_files) if before >> place & 1]
            state = LedgerState(Ledger(ledger.publication, earlier), is_branch=before != (1 << at) - 1)
        dates[file.seal] = file.date
        faults = [f"it is of {file.date.iso()}, and the entry before it of {dates[seal].iso()}"
                  for seal in file.head["after"] if dates[seal] > file.date]  # fmt: skip
        strange = [one for one in file.withdrawn_ids if not named.get(one, 0) & before]
        faults += [f"nothing before it is named '{one}'" for one in strange]
        for name in (file.seal, *(line.signature for line in file.lines)):
            named[name] = named.get(name, 0) | 1 << at
        facts: list[Fact] = [*file.changes, *state.read_editions(file)]
        for fact in facts:
            faults += state.add(fact)
        reprints = [line for line in file.lines if line.kind == "reprint"]
        faults += [f"{one.signature} is reprinted and was not delivered" for one in reprints if one not in state]
        for fault in faults[:3]:
            yield Problem(f"this entry does not follow from those before it: {fault}", file.file, hint=RESTORE_HINT)


class LedgerState:
    """What the entries until one say: the last value of each name, numbers and codes, what the last editions print."""

    def __init__(self, ledger: Ledger, *, is_branch: bool = False) -> None:
        self.is_branch = is_branch
        self._ledger = ledger
        self._values = dict(ledger.latest_values)
        self._codes: dict[str, tuple[dict[int, str], EditionCodes]] = {}
        self._prints: dict[str, Mapping[str, str]] = {}

    def read_editions(self, file: EntryFile) -> Iterator[Edition]:
        """The editions of an entry, one after the other."""
        for line in (line for line in file.lines if line.kind == "edition"):
            if line.brief not in self._prints:
                known = self._ledger.all_editions(line.brief)
                self._prints[line.brief] = known[-1].prints if known else {}
            edition = file.read_edition(line, self._prints[line.brief])
            self._prints[line.brief] = edition.prints
            yield edition

    def __contains__(self, line: DeliveryLine) -> bool:
        return (int(line.number_text), line.code) in self._list_codes(line.brief)[0].items()

    def _list_codes(self, brief: str) -> tuple[dict[int, str], EditionCodes]:  # by number
        if brief not in self._codes:
            earlier = self._ledger.numbers_and_codes(brief)
            self._codes[brief] = dict(earlier), EditionCodes(code for _, code in earlier)
        return self._codes[brief]

    def add(self, fact: Fact) -> Iterator[str]:
        """Add a fact, and say why it cannot follow all before it: messages."""
        known = self._values
        if isinstance(fact, Change):
            for name, (was, now) in fact.steps.items():
                if (above := known.get(name, was)) != was:
                    yield f"by this {fact.kind} '{name}' was {was}, by the entries above it was {above}"
                if name in known:
                    known[name] = now
        elif isinstance(fact, Edition | Reprint):
            numbers, codes = self._list_codes(fact.brief)
            if isinstance(fact, Reprint):
                if fact.number not in numbers:
                    yield f"there is no edition {fact.brief.upper()}/{fact.number} above this reprint"
                return
            if fact.number != (due := max(numbers, default=0) + 1):
                yield f"{fact.name} stands where {fact.brief.upper()}/{due} is due"
            elif fact.code != compute_code(self._ledger.publication, fact, codes):
                yield f"the edition {fact.name} was changed by hand: its code {fact.code} does not fit it"
            for name, value in fact.prints.items():
                if (above := known.setdefault(name, value)) != value:
                    yield f"{fact.name} prints '{name}' as {value}, by the entries above it is {above}"
            known.update(fact.prints)
            numbers[fact.number] = fact.code
            codes.add(fact.code)


def require_readable_entries(ledger: Ledger) -> None:
    """Read all lines of deliveries, which otherwise are read on demand; raise the problems of all."""
    problems = ProblemList()
    for file in ledger.entry_files:
        with problems.catch():
            if file.lines and not all(line.pdf_hash for line in file.lines if line.kind == "reprint"):
                problems.append(describe_unreadable_entry(file.file, "a reprint has no sha256 of its PDF"))
    for brief in ledger.briefs if not problems else ():
        with problems.catch():
            ledger.all_editions(brief)
    problems.raise_all()
