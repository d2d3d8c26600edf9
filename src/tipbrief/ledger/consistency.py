"""Proof: whether facts are true after those that the ledger has."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from tipbrief.ledger.entries import Change, Edition, EditionCodes, Fact, Reprint, compute_code
from tipbrief.ledger.entry_file import RESTORE_HINT, EntryFile, describe_unreadable_entry
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, Problems


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two entries that delivered one edition each of the same ``briefs``, or changed the same ``names``."""

    first: int
    second: int
    briefs: frozenset[str]
    names: frozenset[str]

    def describe_choice(self, ledger: Ledger) -> Problem:
        """What a person has to decide."""
        one, other = ledger.entry_files[self.first], ledger.entry_files[self.second]
        things = sorted(self.briefs or self.names)
        told = ", ".join(f"'{thing}'" for thing in things[:3])
        told += f" and {len(things) - 3} more" if len(things) > 3 else ""
        did = "delivered one edition each" if self.briefs else "changed one value otherwise"
        message = f"both sides cannot stay, for they {did}: {told}"
        sides = " or ".join(f"--keep {file.seal} ({_describe_entry(file, things)})" for file in (one, other))
        return Problem(message, other.file, hint=f"say whose was handed out: tipbrief merge {sides}")


def find_conflicts(ledger: Ledger) -> Iterator[Conflict]:
    """The pairs of entries that exclude each other, but for what goes with an earlier pair."""
    apart = 0  # who stands beside another: in one row, as nearly always, nobody
    for at, before in enumerate(ledger.predecessors):
        if beside := (1 << at) - 1 & ~before:
            apart |= beside | 1 << at
    entries = [at for at in range(apart.bit_length()) if apart >> at & 1]
    first_said: dict[_ClaimKey, _ClaimValue] = {}
    claimed = (claim for at in entries for claim in _collect_claims(ledger, at).items())
    disputed = {key for key, value in claimed if first_said.setdefault(key, value) != value}
    told: dict[tuple[int, int], list[_ClaimKey]] = {}
    claims = {key: _Claims() for key in disputed}
    for at in entries if disputed else ():
        before = ledger.predecessors[at]
        for key, value in _collect_claims(ledger, at).items():
            if (known := claims.get(key)) is None:
                continue
            if beside := known.entries & ~before & ~known.entries_by_value.get(value, 0):
                first = (beside & -beside).bit_length() - 1
                own = (known.entries & before).bit_length() - 1  # the last one of its side
                if own < 0 or ledger.predecessors[first] >> own & 1 or known.values[own] == known.values[first]:
                    told.setdefault((first, at), []).append(key)
            known.add(at, value)
    for (first, second), keys in sorted(told.items()):
        briefs = frozenset(key[0] for key in keys if isinstance(key, tuple))
        yield Conflict(first, second, briefs, frozenset(key for key in keys if isinstance(key, str)))


_ClaimKey = tuple[str, str] | str
_ClaimValue = tuple[str, ...]


@dataclass(slots=True)
class _Claims:
    """What entries say of one thing: the set of these, those that say the same, and what each says."""

    entries: int = 0
    entries_by_value: dict[_ClaimValue, int] = field(default_factory=dict)
    values: dict[int, _ClaimValue] = field(default_factory=dict)

    def add(self, at: int, value: _ClaimValue) -> None:
        """Know one more."""
        self.entries |= 1 << at
        self.entries_by_value[value] = self.entries_by_value.get(value, 0) | 1 << at
        self.values[at] = value


def _collect_claims(ledger: Ledger, at: int) -> dict[_ClaimKey, _ClaimValue]:
    """What an entry says of the editions of each brief and number, and of each name that it changed."""
    lines = [one for one in ledger.entry_files[at].lines if one.kind == "edition"]
    editions = {one[1:3]: (one.code,) for one in lines if one.signature not in ledger.withdrawal_dates}
    return editions | {name: step for one in ledger.changes_in_entry(at) for name, step in one.steps.items()}


def _describe_entry(file: EntryFile, things: Collection[str]) -> str:
    """What a person knows an entry by: its day, and the first of the editions or values in question."""
    told = [f"'{one.name}' {one.was} → {one.now}" for one in file.changes[:1]]
    told += [line.signature for line in file.lines if line.brief in things][:1]
    return ", ".join([f"{file.kind} of {file.date.iso()}", *told])


_ORDER_HINT = f"a correction is missing above, stands in the wrong place, or stands twice; {RESTORE_HINT}"


def find_disorder(ledger: Ledger, facts: Iterable[Fact]) -> Iterator[Problem]:
    """What is wrong with facts that come next, each in the light of those before it."""
    known = dict(ledger.latest_values)
    earlier: dict[str, _EditionNumbers] = {}
    for fact in facts:
        if isinstance(fact, Change):
            for name, (was, now) in fact.steps.items():
                if (above := known.get(name, was)) != was:
                    message = f"by this {fact.kind} '{name}' was {was}, by the entries above it was {above}"
                    yield fact.location.problem(message, _ORDER_HINT)
                if name in known:
                    known[name] = now
        elif isinstance(fact, Edition | Reprint):
            if (before := earlier.get(fact.brief)) is None:
                before = earlier[fact.brief] = _EditionNumbers(ledger.numbers_and_codes(fact.brief))
            if isinstance(fact, Reprint):
                if fact.number not in before.numbers:
                    message = f"there is no edition {fact.brief.upper()}/{fact.number} above this reprint"
                    yield fact.location.problem(message, RESTORE_HINT)
            elif problem := _find_edition_fault(ledger.publication, fact, before):
                yield problem
            else:
                for name, value in fact.prints.items():
                    if (above := known.setdefault(name, value)) != value:
                        printed = f"{fact.name} prints '{name}' as {value}"
                        yield fact.location.problem(f"{printed}, by the entries above it is {above}", _ORDER_HINT)
                known.update(fact.prints)


def require_readable_entries(ledger: Ledger) -> None:
    """Raise the problems of the lines of deliveries, which else are read when a question needs them."""
    problems: list[Problem] = []
    for file in ledger.entry_files:
        try:
            if file.lines and not all(line.pdf_hash for line in file.lines if line.kind == "reprint"):
                problems.append(describe_unreadable_entry(file.file, "a reprint has no sha256 of its PDF"))
        except Problems as raised:
            problems += raised.problems
    for brief in ledger.briefs if not problems else ():
        try:
            ledger.all_editions(brief)
        except Problems as raised:
            problems += raised.problems
    if problems:
        raise Problems(problems)


class _EditionNumbers:
    """The numbers and codes of a brief's editions."""

    def __init__(self, numbered: Iterable[tuple[int, str]]) -> None:
        self.numbers, self.codes, self.next_number = set[int](), EditionCodes(), 1
        for number, code in numbered:
            self.add(number, code)

    def add(self, number: int, code: str) -> None:
        self.numbers.add(number)
        self.codes.add(code)
        self.next_number = max(self.next_number, number + 1)


def _find_edition_fault(publication: str, one: Edition, earlier: _EditionNumbers) -> Problem | None:
    """What is wrong with an edition as such, which else is one of the earlier ones from now on."""
    due, fits = earlier.next_number, one.code == compute_code(publication, one, earlier.codes)
    earlier.add(one.number, one.code)
    if one.number != due:
        hint = f"an edition stands twice, in another order, or is gone: {RESTORE_HINT}"
        return one.location.problem(f"{one.name} stands where {one.brief.upper()}/{due} is due", hint)
    if not fits:
        message = f"the edition {one.name} was changed by hand: its code {one.code} does not fit it"
        return one.location.problem(message, RESTORE_HINT)
    return None
