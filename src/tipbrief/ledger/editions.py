"""Editions: what makes a new one, which corrections it must tell, whether a printed one is current."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

from tipbrief.check.publication import Publication
from tipbrief.check.texts import missing_characters
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.ledger.entries import Change, Codes, Edition, Kind, code_of, parted, value_runs
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.printed_values import plain_value
from tipbrief.ledger.store import FOLDER
from tipbrief.load.places import Text
from tipbrief.problems import Problem, nearest
from tipbrief.verify.words import whole_text


@dataclass(frozen=True, slots=True)
class Told:
    """A correction or revision as a brief tells it: the values that its readers saw, old and new."""

    kind: Kind
    date: Date
    reason: str
    source: str
    steps: tuple[tuple[str, str, str], ...]


def content_of(html: str, prints: Mapping[str, str]) -> str:
    """The sha256 of what a brief says: its words and its values, whatever their look."""
    whole = hashlib.sha256(whole_text(html).encode())
    for name, value in sorted(prints.items()):
        whole.update(f"\0{name}={value}".encode())
    return whole.hexdigest()


def draft(ledger: Ledger, brief: str, published: Date) -> Edition:
    """The edition that comes next, which has no code yet; dated as the last one, or as the publication."""
    last = ledger.last(brief)
    date = last.date if last else published
    return Edition(brief=brief, number=ledger.next_number(brief), code="", date=date)


def edition(
    ledger: Ledger, brief: str, *, date: Date, content: str, data: str, prints: Mapping[str, str]
) -> Edition:
    """The next edition of a brief, to be delivered: with its code, not yet in the ledger."""
    next_ = replace(draft(ledger, brief, date), date=date, content=content, data=data, prints=prints)
    return replace(
        next_, code=code_of(ledger.publication, next_, Codes(code for _, code in ledger.numbered(brief)))
    )


def told(ledger: Ledger, brief: str) -> tuple[Told, ...]:
    """What readers of earlier editions must be told, oldest first.

    Between two editions several changes of one kind are one; what was changed and changed back, nobody saw.
    What was changed together is told together: its reason stands there once, for a full page has few lines.
    """
    found: list[Told] = []
    for one, changes in ledger.history(brief) if ledger.may_tell(brief) else ():
        steps: list[list[tuple[str, str, str]]] = [[] for _ in changes]
        for name, runs in value_runs(changes).items():
            for index, was, now in runs if name in one.prints else ():
                steps[index].append((name, was, now))
        seen = (pair for pair in zip(changes, steps, strict=True) if pair[1])
        for said, alike in groupby(seen, lambda pair: _said(pair[0])):
            found.append(Told(*said, tuple(chain.from_iterable(own for _, own in alike))))
    return tuple(found)


def _said(change: Change) -> tuple[Kind, Date, str, str]:
    return change.kind, change.date, change.reason, change.source


def reasons_told(ledger: Ledger, written_in: Language) -> list[Text]:
    """The reasons of corrections that sheets in a language print, which its readers must understand.

    Not of those before its first edition, of which they are not told.
    """
    briefs = [brief for brief in ledger.briefs if parted(brief)[1] == written_in.tag]
    said = {one.reason for brief in briefs for one in told(ledger, brief)} if ledger.changes else set()
    return [Text(change.reason, change.place) for change in ledger.changes if change.reason in said]


def value_of(publication: Publication, name: str) -> str | None:
    """The plain value of a figure or of a cell ``table[key].column``; None where there is no such thing."""
    if name in publication.values:
        return plain_value(publication.values[name])
    table, _, rest = name.partition("[")
    key, _, column = rest.rpartition("].")
    if table in publication.tables and key in publication.tables[table].by_key:
        return publication.tables[table].by_key[key].get(column)
    return None


def changed_by_hand(ledger: Ledger, publication: Publication) -> dict[str, tuple[str, str]]:
    """Names whose value in the dataset is not that of the ledger: the value there, the value now."""
    values = ((name, value_of(publication, name)) for name in ledger.recorded)
    return undocumented(ledger, {name: now for name, now in values if now is not None})


def findings(ledger: Ledger, publication: Publication, covered: Collection[int]) -> list[Problem]:
    """What an editor should know of ledger and dataset: what cannot be printed, what was not recorded."""
    found: list[Problem] = []
    for change in ledger.changes:
        found += missing_characters(change.reason, change.place, covered)
        found += _unlabelled(change, publication)
        if change.source and change.source not in publication.sources:
            hint = nearest(change.source, publication.sources)
            found.append(change.place.problem(f"there is no source '{change.source}'", hint))
    unexplained = unexplained_values(publication.folder, changed_by_hand(ledger, publication))
    found += [replace(problem, severity="warning") for problem in unexplained]
    for name, was in ledger.recorded.items():
        if was and value_of(publication, name) is None:
            hint = "readers of earlier editions have it: say in a text why it was taken out"
            message = f"'{name}' was printed as {was} and is gone from the dataset"
            found.append(Problem(message, publication.folder / FOLDER, hint=hint, severity="warning"))
    return found


def _unlabelled(change: Change, publication: Publication) -> Iterator[Problem]:
    """Cells that a brief would call by the name of their column, for want of a better one."""
    for name in change.steps:
        table, bracket, rest = name.partition("[")
        column = rest.rpartition("].")[2]
        spec = publication.tables[table].spec.columns.get(column) if table in publication.tables else None
        if bracket and spec and not spec.label:
            message = (
                f"the column '{column}' has no label, by which the correction of '{name}' would be printed"
            )
            problem = spec.place.problem(message, "give it one in tables.yaml: label: …")
            yield replace(problem, severity="warning")


def undocumented(ledger: Ledger, prints: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What would be printed otherwise than the ledger knows it: the value there, the value printed."""
    known = ledger.recorded
    return {name: (known[name], value) for name, value in prints.items() if known.get(name, value) != value}


def unexplained_values(folder: Path, values: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """The problems of values that the ledger, whose value comes first, knows otherwise than the dataset."""
    return [
        Problem(
            f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why",
            folder / FOLDER,
            hint=f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back",
        )
        for name, (was, now) in values.items()
    ]
