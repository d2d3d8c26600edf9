"""Proof: whether facts are true after those that the ledger has."""

from collections.abc import Iterable, Iterator

from tipbrief.ledger.entries import Change, Codes, Edition, Fact, Reprint, code_of
from tipbrief.ledger.entry_file import RESTORE, unreadable
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, Problems

_CHAIN = f"a correction is missing above, stands in the wrong place, or stands twice; {RESTORE}"


def disorder(ledger: Ledger, facts: Iterable[Fact]) -> Iterator[Problem]:
    """What is wrong with facts that come next, each in the light of those before it."""
    known = dict(ledger.recorded)
    earlier: dict[str, _Numbered] = {}
    for fact in facts:
        if isinstance(fact, Change):
            for name, (was, now) in fact.steps.items():
                if (above := known.get(name, was)) != was:
                    message = f"by this {fact.kind} '{name}' was {was}, by the entries above it was {above}"
                    yield fact.place.problem(message, _CHAIN)
                if name in known:
                    known[name] = now
        elif isinstance(fact, Edition | Reprint):
            if (before := earlier.get(fact.brief)) is None:
                before = earlier[fact.brief] = _Numbered(ledger.numbered(fact.brief))
            if isinstance(fact, Reprint):
                if fact.number not in before.numbers:
                    message = f"there is no edition {fact.brief.upper()}/{fact.number} above this reprint"
                    yield fact.place.problem(message, RESTORE)
            elif problem := _misplaced(ledger.publication, fact, before):
                yield problem
            else:
                for name, value in fact.prints.items():
                    if (above := known.setdefault(name, value)) != value:
                        printed = f"{fact.name} prints '{name}' as {value}"
                        yield fact.place.problem(f"{printed}, by the entries above it is {above}", _CHAIN)
                known.update(fact.prints)


def require_sound(ledger: Ledger) -> None:
    """Raise the problems of the lines of deliveries, which else are read when a question needs them."""
    problems: list[Problem] = []
    for file in ledger.files:
        try:
            if file.lines and not all(line.pdf for line in file.lines if line.kind == "reprint"):
                problems.append(unreadable(file.file, "a reprint has no sha256 of its PDF"))
        except Problems as raised:
            problems += raised.problems
    for brief in ledger.briefs if not problems else ():
        try:
            ledger.listed(brief)
        except Problems as raised:
            problems += raised.problems
    if problems:
        raise Problems(problems)


class _Numbered:
    """The numbers and codes of a brief's editions."""

    def __init__(self, numbered: Iterable[tuple[int, str]]) -> None:
        self.numbers, self.codes, self.due = set[int](), Codes(), 1
        for number, code in numbered:
            self.add(number, code)

    def add(self, number: int, code: str) -> None:
        self.numbers.add(number)
        self.codes.add(code)
        self.due = max(self.due, number + 1)


def _misplaced(publication: str, one: Edition, earlier: _Numbered) -> Problem | None:
    """What is wrong with an edition as such, which else is one of the earlier ones from now on."""
    due, fits = earlier.due, one.code == code_of(publication, one, earlier.codes)
    earlier.add(one.number, one.code)
    if one.number != due:
        hint = f"an edition stands twice, in another order, or is gone: {RESTORE}"
        return one.place.problem(f"{one.name} stands where {one.brief.upper()}/{due} is due", hint)
    if not fits:
        message = f"the edition {one.name} was changed by hand: its code {one.code} does not fit it"
        return one.place.problem(message, RESTORE)
    return None
