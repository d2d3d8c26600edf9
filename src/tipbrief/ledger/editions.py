"""Editions: what makes a new one, which corrections it must tell, whether a printed one is current."""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby
from pathlib import Path

from tipbrief.check.publication import Publication
from tipbrief.check.texts import find_missing_characters
from tipbrief.compose.dependency_log import format_ledger_value
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.ledger.entries import (
    Change,
    ChangeKind,
    Edition,
    EditionCodes,
    compute_code,
    group_steps_by_name,
    split_document_name,
)
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import LEDGER_FOLDER
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, suggest_nearest
from tipbrief.verify.html_text import whole_text


@dataclass(frozen=True, slots=True)
class ChangeNotice:
    """A correction or revision as a brief tells it: the values that its readers saw, old and new."""

    kind: ChangeKind
    date: Date
    reason: str
    source: str
    steps: tuple[tuple[str, str, str], ...]


def hash_content(html: str, prints: Mapping[str, str]) -> str:
    """The sha256 of what a brief says: its words and its values, whatever their look."""
    whole = hashlib.sha256(whole_text(html).encode())
    for name, value in sorted(prints.items()):
        whole.update(f"\0{name}={value}".encode())
    return whole.hexdigest()


def draft_edition(ledger: Ledger, brief: str, published: Date) -> Edition:
    """The edition that comes next, which has no code yet; dated as the last one, or as the publication."""
    last = ledger.last_edition(brief)
    date = last.date if last else published
    return Edition(brief=brief, number=ledger.next_number(brief), code="", date=date)


def create_edition(
    ledger: Ledger, brief: str, *, date: Date, content: str, data: str, prints: Mapping[str, str]
) -> Edition:
    """The next edition of a brief, to be delivered: with its code, not yet in the ledger."""
    next_ = replace(draft_edition(ledger, brief, date), date=date, content=content, data=data, prints=prints)
    return replace(
        next_,
        code=compute_code(ledger.publication, next_, EditionCodes(code for _, code in ledger.numbers_and_codes(brief))),
    )


def list_change_notices(ledger: Ledger, brief: str) -> tuple[ChangeNotice, ...]:
    """What readers of earlier editions must be told, oldest first.

    Between two editions several changes of one kind are one; what was changed and changed back, nobody saw.
    What was changed together is told together: its reason stands there once, for a full page has few lines.
    """
    found: list[ChangeNotice] = []
    for one, changes in ledger.history(brief) if ledger.may_have_notices(brief) else ():
        steps: list[list[tuple[str, str, str]]] = [[] for _ in changes]
        for name, runs in group_steps_by_name(changes).items():
            for index, was, now in runs if name in one.prints else ():
                steps[index].append((name, was, now))
        seen = (pair for pair in zip(changes, steps, strict=True) if pair[1])
        for said, alike in groupby(seen, lambda pair: _notice_key(pair[0])):
            found.append(ChangeNotice(*said, tuple(chain.from_iterable(own for _, own in alike))))
    return tuple(found)


def _notice_key(change: Change) -> tuple[ChangeKind, Date, str, str]:
    return change.kind, change.date, change.reason, change.source


def list_notice_reasons(ledger: Ledger, written_in: Language) -> list[Text]:
    """The reasons of corrections that sheets in a language print, which its readers must understand.

    Not of those before its first edition, of which they are not told.
    """
    briefs = [brief for brief in ledger.briefs if split_document_name(brief)[1] == written_in.tag]
    said = {one.reason for brief in briefs for one in list_change_notices(ledger, brief)} if ledger.changes else set()
    return [Text(change.reason, change.location) for change in ledger.changes if change.reason in said]


def find_dataset_value(publication: Publication, name: str) -> str | None:
    """The plain value of a figure or of a cell ``table[key].column``; None where there is no such thing."""
    if name in publication.values:
        return format_ledger_value(publication.values[name])
    table, _, rest = name.partition("[")
    key, _, column = rest.rpartition("].")
    if table in publication.tables and key in publication.tables[table].by_key:
        return publication.tables[table].by_key[key].get(column)
    return None


def find_manual_changes(ledger: Ledger, publication: Publication) -> dict[str, tuple[str, str]]:
    """Names whose value in the dataset is not that of the ledger: the value there, the value now."""
    values = ((name, find_dataset_value(publication, name)) for name in ledger.latest_values)
    return find_undocumented_values(ledger, {name: now for name, now in values if now is not None})


def find_ledger_problems(ledger: Ledger, publication: Publication, covered: Collection[int]) -> list[Problem]:
    """What an editor should know of ledger and dataset: what cannot be printed, what was not recorded."""
    found: list[Problem] = []
    for change in ledger.changes:
        found += find_missing_characters(change.reason, change.location, covered)
        found += _find_missing_labels(change, publication)
        if change.source and change.source not in publication.sources:
            hint = suggest_nearest(change.source, publication.sources)
            found.append(change.location.problem(f"there is no source '{change.source}'", hint))
    unexplained = describe_undocumented_values(publication.folder, find_manual_changes(ledger, publication))
    found += [replace(problem, severity="warning") for problem in unexplained]
    for name, was in ledger.latest_values.items():
        if was and find_dataset_value(publication, name) is None:
            hint = "readers of earlier editions have it: say in a text why it was taken out"
            message = f"'{name}' was printed as {was} and is gone from the dataset"
            found.append(Problem(message, publication.folder / LEDGER_FOLDER, hint=hint, severity="warning"))
    return found


def _find_missing_labels(change: Change, publication: Publication) -> Iterator[Problem]:
    """Cells that a brief would call by the name of their column, for want of a better one."""
    for name in change.steps:
        table, bracket, rest = name.partition("[")
        column = rest.rpartition("].")[2]
        spec = publication.tables[table].spec.columns.get(column) if table in publication.tables else None
        if bracket and spec and not spec.label:
            message = f"the column '{column}' has no label, by which the correction of '{name}' would be printed"
            problem = spec.location.problem(message, "give it one in tables.yaml: label: …")
            yield replace(problem, severity="warning")


def find_undocumented_values(ledger: Ledger, prints: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """What would be printed otherwise than the ledger knows it: the value there, the value printed."""
    known = ledger.latest_values
    return {name: (known[name], value) for name, value in prints.items() if known.get(name, value) != value}


def describe_undocumented_values(folder: Path, values: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """The problems of values that the ledger, whose value comes first, knows otherwise than the dataset."""
    return [
        Problem(
            f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why",
            folder / LEDGER_FOLDER,
            hint=f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back",
        )
        for name, (was, now) in values.items()
    ]
