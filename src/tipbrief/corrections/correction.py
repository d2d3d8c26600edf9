"""Correction: a value changed in its one place, entered in the ledger, traced to what prints it.

Its outcome is checked before it is written; where that fails, it is said what else to change.
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief import limits
from tipbrief.build.document import said_by
from tipbrief.build.session import Session, translations_of
from tipbrief.check.derivation import counted, sum_of
from tipbrief.check.figures import COUNT_CONTRADICTS, is_leap
from tipbrief.check.models import Cells, Figure
from tipbrief.check.publication import Publication, load, words_of
from tipbrief.check.tables import settled_rows
from tipbrief.check.texts import missing_characters, spelling
from tipbrief.corrections.amendment import FIGURES, Amended, amend, example
from tipbrief.files import instead
from tipbrief.fonts.shelf import coverage
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.language.text import normal_form
from tipbrief.ledger import editions, journal, store
from tipbrief.ledger.entries import Change, Fact, Kind, cell_name, parted
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.printed_values import plain_value
from tipbrief.load.places import Place, Text
from tipbrief.problems import Problem, Problems, nearest, tried

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from tipbrief.build.press import Press

_LONGEST_REASON = 1000  # characters; each brief that prints the value prints it


class Doubtful(Problems):
    """Numbers that change as if they were mistyped: who is sure says so."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What was thought through and is not yet made: the ledger's next entry, files, and what they were."""

    session: Session
    entries: tuple[Fact, ...]
    files: dict[Path, bytes]
    was: dict[Path, bytes]

    def difference(self) -> str:
        """What it changes in the dataset and adds to the ledger, as a unified diff."""
        folder = self.session.folder
        lines: list[str] = []
        for path, content in {**self.files, **self._entry}.items():
            before = self.was.get(path, b"")
            name = path.relative_to(folder).as_posix()
            lines += difflib.unified_diff(
                before.decode("utf-8-sig").splitlines(), content.decode("utf-8-sig").splitlines(),
                f"old/{name}", f"new/{name}", n=1, lineterm="",
            )  # fmt: skip
        return "\n".join(lines)

    def tried(self) -> AbstractContextManager[None]:
        """While documents are made of it, all is read as if it were written."""
        return instead({**self.files, **self._entry})

    def make(self, delivered: Sequence[Fact] = ()) -> None:
        """Write the dataset and the ledger; then, into this, what was ``delivered`` of it as it was tried."""
        folder, known = self.session.folder, self.session.ledger
        (entry,) = self._entry
        with instead({}), journal.together(folder, self.files, entry.name, self.was):
            new = store.append(folder, known, self.entries, self.files, self.was)
            if delivered:
                store.append(folder, new, delivered)

    @property
    def is_made(self) -> bool:
        """Whether it stands in the ledger."""
        return all(map(os.path.exists, self._entry))

    @property
    def _entry(self) -> dict[Path, bytes]:
        """The ledger's next file."""
        entry = store.grown(self.session.ledger, self.entries).files[-1]
        return {self.session.folder / store.FOLDER / entry.name: entry.written}


@dataclass(frozen=True, slots=True)
class Correction(Planned):
    """A correction thought through, and the documents that print what it changes.

    ``then`` is what it leaves behind, ``waiting`` the languages into which its reason is to be translated.
    """

    entries: tuple[Change, ...]
    then: Session
    briefs: tuple[str, ...]
    waiting: tuple[Language, ...] = ()

    @property
    def ready(self) -> tuple[str, ...]:
        """The documents in languages in which nothing waits to be translated."""
        return tuple(name for name in self.briefs if not self.then.of(name).waiting)

    @property
    def unready(self) -> tuple[Language, ...]:
        """The languages of the others."""
        wholes = [self.then.of(name) for name in self.briefs if name not in self.ready]
        return tuple({one.language.tag: one.language for one in wholes}.values())

    def delivering(self, press: Press | None) -> Session:
        """What it leaves behind, in the languages of those, of which a ``press`` makes pages."""
        tags = {parted(name)[1] for name in self.ready}
        own = {tag: one for tag, one in self.then.translations.items() if tag in tags}
        return replace(self.then, translations=own, press=press)


def plan_correction(
    session: Session,
    wanted: Sequence[tuple[str, str]],
    *,
    reason: str,
    kind: Kind,
    source: str,
    date: Date,
    sure: bool = False,
) -> Correction:
    """Think a correction through; ``Problems`` says all that is wrong with it. Nothing is written.

    Who is not ``sure`` is asked about a number that changes its sign, or tenfold.
    """
    whole, reason, date = session.publication, " ".join(reason.split()), store.dated(session.ledger, date)
    by_hand = _changed_by_hand(session.ledger, whole)
    followed = [name for name, value in wanted if _followed(whole, name, value, by_hand)]
    problems = _reason_problems(session, reason, source)
    try:
        amended = amend(whole, [pair for pair in wanted if pair[0] not in followed], by_hand)
    except Problems as raised:
        raise Problems([*raised.problems, *problems]) from None
    if problems:
        raise Problems(problems)
    new = outcome(whole, amended, coverage(session.faces))
    before = {name: plain_value(value) for name, value in whole.values.items()}
    before |= {name: was for name, (was, _) in by_hand.items()}
    names = [*amended.values, *dict.fromkeys(followed)]
    entries = []
    for name in names:
        was, now = before.get(name, editions.value_of(whole, name) or ""), editions.value_of(new, name) or ""
        change = Change(kind=kind, name=name, was=was, now=now, date=date, reason=reason, source=source)
        entries.append(change)
    if not sure and (
        leaps := [one for one in entries if _is_number(new, one.name) and is_leap(one.was, one.now)]
    ):
        raise Doubtful(
            Problem(f"'{one.name}' was {one.was}, and would be {one.now}", hint="if this is right, add --yes")
            for one in leaps
        )
    entries[-1] = replace(entries[-1], also=_also(new, before, names))
    files = {session.folder / name: content for name, content in amended.files.items()}
    old = {session.folder / name: content for name, content in amended.was.items()}
    return Correction(session, tuple(entries), files, old, *_traced(session, new, entries, files))


def _also(new: Publication, before: Mapping[str, str], names: Collection[str]) -> dict[str, tuple[str, str]]:
    """What is counted or added follows by itself; readers saw it change, too."""
    return {
        name: (before[name], now)
        for name, now in ((name, plain_value(value)) for name, value in new.values.items())
        if name not in names and new.figures[name].value is None and before.get(name, now) != now
    }


def _changed_by_hand(known: Ledger, whole: Publication) -> dict[str, tuple[str, str]]:
    """What was changed by hand, by the names of figures and of the cells in which they stand."""
    found = editions.changed_by_hand(known, whole)
    cells = {name: figure.cell for name in found if (figure := whole.figures.get(name)) and figure.cell}
    stand = {cell_name(cell.table, cell.row, cell.column): found[name] for name, cell in cells.items()}
    return {**stand, **found}


def _followed(whole: Publication, name: str, value: str, by_hand: Collection[str]) -> bool:
    """Whether this is a sum or a count that has the value already, since rows were changed by hand."""
    figure = whole.figures.get(name)
    if figure is None or name not in by_hand or figure.value is not None or figure.cell:
        return False
    number = normal_form(value.strip())
    return bool(NUMBER.fullmatch(number)) and parse_number(number) == whole.values[name]


def _traced(
    session: Session, new: Publication, entries: Sequence[Change], files: Mapping[Path, bytes]
) -> tuple[Session, tuple[str, ...], tuple[Language, ...]]:
    """The session then, the documents that print what was changed, the languages without the reason.

    Of all languages of the session, in each of which the new publication is checked.
    """
    known, covered = session.ledger.with_entries(entries), coverage(session.faces)
    with instead(files):
        now = [(one, tried(session.folder / one.name)) for one in session.dataset]
    dataset = [one if data is None else replace(one, data=data) for one, data in now]
    others = [one.language for one in session.translations.values()]
    translations = translations_of(new, known, others, covered)
    then = session.with_values(new, ledger=known, dataset=dataset, translations=translations)
    with limits.alone("the search for what prints it", 2 * len(session.documents)):
        briefs = _printed_by(session, then, entries)
    told = [(one.language, one.reasons.get(entries[0].reason)) for one in translations.values()]
    return then, briefs, tuple(spoken for spoken, reason in told if reason is not None and reason.language)


def _printed_by(session: Session, then: Session, entries: Sequence[Change]) -> tuple[str, ...]:
    """The documents, in all languages of the session, that print what was changed."""
    names = {name for entry in entries for name in entry.steps}
    documents = {name: said_by(session, name) for name in session.documents}
    session.keep_records()
    if not any(_is_reference(then.publication, name) for name in names):
        return tuple(name for name, said in documents.items() if names & said.prints.keys())
    # To which row a cell points, or on which sources a row rests, is printed here and there.
    return tuple(name for name, said in documents.items() if said.content != said_by(then, name).content)


def _is_number(whole: Publication, name: str) -> bool:
    table, _, rest = name.partition("[")
    columns = whole.tables[table].spec.columns if table in whole.tables else {}
    return name in whole.figures or columns[rest.rpartition("].")[2]].type == "number"


def _is_reference(whole: Publication, name: str) -> bool:
    table, _, rest = name.partition("[")
    column = rest.rpartition("].")[2]
    return table in whole.tables and whole.tables[table].spec.columns[column].type in ("key", "sources")


def _reason_problems(session: Session, reason: str, source: str) -> list[Problem]:
    """The reason is printed: it must be there, drawable, and well spelt; and its source must be known."""
    text, sources = Text(reason, Place(Path())), session.publication.sources
    language = session.publication.language
    found = [
        *missing_characters(text, text.place, coverage(session.faces)),
        *spelling(text, language, words_of(session.folder, language)),
    ]
    errors = [one for one in found if one.severity == "error"]
    problems = [Problem(f"the reason: {one.message}", hint=one.hint) for one in errors]
    if not any(map(str.isalnum, reason)):  # a mark that nobody sees is none
        hint = f"readers see it: --reason '…', in {language.english}"
        problems.append(Problem("a correction needs a reason", hint=hint))
    if len(reason) > _LONGEST_REASON:
        message = f"the reason has {len(reason)} characters, more than {_LONGEST_REASON}"
        problems.append(Problem(message, hint="say it in a sentence"))
    if source and source not in sources:
        problems.append(Problem(f"there is no source '{source}'", hint=nearest(source, sources)))
    return problems


# The outcome


def outcome(
    publication: Publication, amended: Amended, covered: Collection[int] | None = None
) -> Publication:
    """The publication as it would be; ``Problems`` says what the changes would break."""
    folder = publication.folder
    with instead({folder / name: content for name, content in amended.files.items()}):
        try:
            return load(folder, covered)
        except Problems as raised:
            errors = [problem for problem in raised.problems if problem.severity == "error"]
            raise Problems([*_explained(publication, amended, errors)]) from None


def _explained(publication: Publication, amended: Amended, errors: Sequence[Problem]) -> Iterator[Problem]:
    """The errors, each with what else to change."""
    failed = {
        error: (figure, [*_others(publication, amended, figure)])
        for figure in publication.figures.values()
        for error in errors
        if _contradicts(error, figure)
    }
    others = [pair for _, pairs in failed.values() for pair in pairs] or [("FIGURE", "VALUE")]
    given = [(name, f'"{now}"' if " " in now else now) for name, now in amended.values.items()]
    pairs = sorted(dict.fromkeys([*given, *others]), key=lambda pair: "[" in pair[0])
    command = " ".join(["tipbrief correct", *(f"{name} {value}" for name, value in pairs)])
    for error in errors:
        hint = error.hint
        if error in failed:
            hint = f"give {'both' if len(pairs) == 2 else 'all'} in one command: {command}"
            figure, found = failed[error]
            if figure.check and not figure.check.column and not figure.way and not found:
                file = publication.tables[figure.check.table].spec.file
                hint = f"rows are added and removed by hand: change {file} and {FIGURES} in one go"
        yield replace(error, message=f"with this change, {error.message}", hint=hint)


def _contradicts(error: Problem, figure: Figure) -> bool:
    """Whether an error says that the figure is not what its check counts; changes move no lines."""
    stands = figure.check.place.line if figure.check else 0
    return error.kind == COUNT_CONTRADICTS and error.line == stands and f"'{figure.id}'" in error.message


def _others(publication: Publication, amended: Amended, figure: Figure) -> Iterator[tuple[str, str]]:
    """What else to change, so that a figure equals its check again; nothing where only rows can."""
    if figure.check is None or figure.way:
        return
    given, where, table = amended.values, figure.check.where, publication.tables[figure.check.table]
    name = cell_name(figure.cell.table, figure.cell.row, figure.cell.column) if figure.cell else figure.id
    changed, check = replace(table, rows=settled_rows(publication.folder, table.spec)), figure.check
    if check.column:
        cells = Cells(place=check.place, table=check.table, column=check.column, where=where)
        if not figure.count and name not in given:
            yield name, f"{sum_of(changed, cells):f}"
        return
    count = len(counted(changed, check))
    free = next((column for column in where if column not in table.spec.key), "")
    if not figure.count and name not in given:
        yield name, str(count)
    elif free:
        fewer = name in given and count < Decimal(given[name])
        yield example(table, None, free), where[free] if fewer else "VALUE"
