"""Undo: a correction that no edition has printed is taken back, and the ledger says that it was withdrawn."""

from collections.abc import Sequence
from dataclasses import dataclass

from tipbrief.build.session import Session
from tipbrief.corrections.amendment import amend
from tipbrief.corrections.correction import Planned, outcome
from tipbrief.fonts.shelf import coverage
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, store
from tipbrief.ledger.entries import Withdrawal
from tipbrief.ledger.entry_file import EntryFile
from tipbrief.ledger.ledger import Ledger
from tipbrief.problems import Problem, Problems


@dataclass(frozen=True, slots=True)
class Undo(Planned):
    """A correction on its way back: the values as it left them, and as they were before it."""

    entry: EntryFile
    restored: dict[str, tuple[str, str]]


def plan_undo(session: Session, names: Sequence[str], date: Date) -> Undo:
    """Think the undoing of a correction through; ``Problems`` says why it cannot be. Nothing is written.

    It is the last one that stands or, with ``names``, the last one that changed one of these.
    """
    whole, known = session.publication, session.ledger
    at = _last_change(known, names)
    entry = known.files[at]
    _require_undelivered(known, at)
    restored: dict[str, tuple[str, str]] = {}
    problems: list[Problem] = []
    for change in entry.changes:
        value = editions.value_of(whole, change.name)
        if value == change.now:
            restored[change.name] = (change.now, change.was)
        elif value != change.was:
            message = f"'{change.name}' is {value or 'gone'} now, and was left as {change.now}"
            hint = f"put {change.now or 'nothing'} there, or correct it anew"
            problems.append(Problem(message, entry.file, hint=hint))
    if problems:
        raise Problems(problems)
    amended = amend(whole, [(name, was) for name, (_, was) in restored.items()])
    outcome(whole, amended, coverage(session.faces))
    fact = Withdrawal(date=store.dated(known, date), gone=(entry.seal,))
    files = {session.folder / name: content for name, content in amended.files.items()}
    old = {session.folder / name: content for name, content in amended.was.items()}
    return Undo(session, (fact,), files, old, entry, restored)


def _last_change(known: Ledger, names: Sequence[str]) -> int:
    """The place of the last entry of changes that stands."""
    wanted = {"".join(name.split()) for name in names}
    for at in reversed(range(len(known.files))):
        changed = {name for change in known.changes_of(at) for name in change.steps}
        if changed and (not wanted or wanted & changed):
            return at
    of = f" of {', '.join(map(repr, names))}" if names else ""
    raise Problems(f"there is no correction{of} to take back", hint="tipbrief diff says what has changed")


def _require_undelivered(known: Ledger, at: int) -> None:
    """Problems where somebody may hold a sheet with it, or where something rests on it."""
    names = {name for change in known.changes_of(at) for name in change.steps}
    for later in range(at + 1, len(known.files)):
        again = {name for change in known.changes_of(later) for name in change.steps} & names
        if again and known.before[later] >> at & 1:
            message = f"'{min(again)}' was changed again since"
            raise Problems(message, known.files[later].file, hint="take that back first: without a name")
    for brief in known.briefs:
        for place, edition in known.standing(brief):
            if known.before[place] >> at & 1 and names & edition.prints.keys():
                message = f"'{min(names & edition.prints.keys())}' was delivered so in {edition.signature}"
                hint = "correct it anew: the readers of that edition are told"
                raise Problems(message, known.files[at].file, hint=hint)
