"""Editions: the next edition of a brief, the corrections it tells readers of, and the ledger against the dataset."""

import os
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, groupby
from operator import attrgetter
from pathlib import Path

from tipbrief.check.models import Column
from tipbrief.check.publication import Publication
from tipbrief.check.texts import find_missing_characters
from tipbrief.files import hash_of, read_bytes, resolve_within
from tipbrief.language.dates import Date
from tipbrief.language.language import Language
from tipbrief.ledger import entries
from tipbrief.ledger.entries import Change, ChangeKind, Edition, EditionCodes, split_cell_name
from tipbrief.ledger.ledger import Ledger
from tipbrief.ledger.ledger_folder import LEDGER_FOLDER
from tipbrief.load.publication_files import MAX_DATASET_BYTES
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, ProblemList, Problems, suggest_nearest
from tipbrief.verify.html_text import whole_text

_NOTICE_HEAD = attrgetter("kind", "date", "reason", "source")


@dataclass(frozen=True, slots=True)
class ChangeNotice:
    """A correction or revision as a brief tells it: name, old and new value of what its readers saw."""

    kind: ChangeKind
    date: Date
    reason: str
    source: str
    steps: tuple[tuple[str, str, str], ...]


def hash_content(html: str, prints: Mapping[str, str]) -> str:
    """The sha256 of a brief's content: its words and values, whatever the layout."""
    parts = [whole_text(html), *(f"{name}={value}" for name, value in sorted(prints.items()))]
    return hash_of("\0".join(parts).encode())


def draft_edition(ledger: Ledger, brief: str, published: Date) -> Edition:
    """The next edition as a draft without a code; its date is that of the last one, or of the publication."""
    last = ledger.last_edition(brief)
    return Edition(brief=brief, number=ledger.next_number(brief), code="", date=last.date if last else published)


def create_edition(
    ledger: Ledger, brief: str, *, date: Date, content: str, data: str, prints: Mapping[str, str]
) -> Edition:
    """The next edition of a brief with its code, to be delivered; it is not in the ledger yet."""
    draft = replace(draft_edition(ledger, brief, date), date=date, content=content, data=data, prints=prints)
    codes = EditionCodes(code for _, code in ledger.numbers_and_codes(brief))
    return replace(draft, code=entries.compute_code(ledger.publication, draft, codes))


def list_change_notices(ledger: Ledger, brief: str) -> tuple[ChangeNotice, ...]:
    """The corrections that readers of earlier editions must be told, oldest first."""
    found: list[ChangeNotice] = []
    for one, changes in ledger.history(brief) if brief in ledger.briefs_with_notices else ():
        steps: list[list[tuple[str, str, str]]] = [[] for _ in changes]
        for name, runs in entries.group_steps_by_name(changes).items():
            for index, was, now in runs if name in one.prints else ():
                steps[index].append((name, was, now))
        seen = (pair for pair in zip(changes, steps, strict=True) if pair[1])
        # Changes with the same reason are one notice, to save lines on a full page.
        for head, alike in groupby(seen, lambda pair: _NOTICE_HEAD(pair[0])):
            found.append(ChangeNotice(*head, tuple(chain.from_iterable(own for _, own in alike))))
    return tuple(found)


def list_notice_reasons(ledger: Ledger, written_in: Language) -> list[Text]:
    """The reasons of corrections that sheets in a language print, and which must be translated into it."""
    briefs = [brief for brief in ledger.briefs if entries.split_document_name(brief)[1] == written_in.tag]
    printed = {one.reason for brief in briefs for one in list_change_notices(ledger, brief)} if ledger.changes else ()
    return [Text(change.reason, change.location) for change in ledger.changes if change.reason in printed]


def find_cell_column(publication: Publication, name: str) -> Column | None:
    """The declared column of a cell ``table[key].column``; None if there is no such column, as for a figure."""
    table, _, column = split_cell_name(name)
    return publication.tables[table].spec.columns.get(column) if table in publication.tables else None


def find_dataset_value(publication: Publication, name: str) -> str | None:
    """The plain value of a figure, of a cell ``table[key].column`` or of a number of rows; None if there is none."""
    if name in publication.values:
        return entries.format_ledger_value(publication.values[name])
    table, key, column = split_cell_name(name)
    if table in publication.tables and key in publication.tables[table].by_key:
        return publication.tables[table].by_key[key].get(column)
    where = entries.parse_count_key(key)
    if where and table in publication.tables and where.keys() <= publication.tables[table].spec.columns.keys():
        return str(publication.count_rows(table, where))
    return None


def find_manual_changes(ledger: Ledger, publication: Publication) -> dict[str, tuple[str, str]]:
    """The names whose value in the dataset differs from the ledger: the ledger's value, the dataset's value."""
    values = ((name, find_dataset_value(publication, name)) for name in ledger.latest_values)
    return find_undocumented_values(ledger, {name: now for name, now in values if now is not None})


def find_ledger_problems(ledger: Ledger, publication: Publication, covered: Collection[int]) -> list[Problem]:
    """Problems between ledger and dataset: reasons that cannot be printed, changes that were not recorded."""
    found: list[Problem] = []
    for change in ledger.changes:
        found += find_missing_characters(change.reason, change.location, covered)
        for name in change.steps:
            if (spec := find_cell_column(publication, name)) and not spec.label:
                column = split_cell_name(name)[2]
                message = f"the column '{column}' has no label, by which the correction of '{name}' would be printed"
                hint = "give it one in tables.yaml: label: …"
                found.append(spec.location.problem(message, hint, severity="warning"))
        if change.source and change.source not in publication.sources:
            hint = suggest_nearest(change.source, publication.sources)
            found.append(change.location.problem(f"there is no source '{change.source}'", hint))
    unexplained = describe_undocumented_values(publication.folder, find_manual_changes(ledger, publication))
    found += [replace(problem, severity="warning") for problem in unexplained]
    for name, was in ledger.latest_values.items():
        table, key, _ = split_cell_name(name)
        is_recorded = entries.format_cell_name(table, key) in ledger.gone_rows
        if was and not is_recorded and find_dataset_value(publication, name) is None:
            hint = "readers of earlier editions have it: say in a text why it was taken out"
            if (rows := publication.tables.get(table)) and key not in rows.by_key:
                hint = f"record why the row is gone: tipbrief correct --from {rows.spec.file} --reason '…'"
            message = f"'{name}' was printed as {was} and is gone from the dataset"
            found.append(Problem(message, publication.folder / LEDGER_FOLDER, hint=hint, severity="warning"))
    for row, (_, change) in ledger.gone_rows.items():
        table, key, _ = split_cell_name(row)
        if (rows := publication.tables.get(table)) and key in rows.by_key:
            message = f"the row '{row}' is back, and its sheets count as withdrawn"
            hint = f"record why: tipbrief correct --from {rows.spec.file} --reason '…'"
            found.append(change.location.problem(message, hint, severity="warning"))
    return found


def find_own_corrections(ledger: Ledger) -> dict[str, Change]:
    """The typed corrections by the names of their values, without those that a newer file has mended or changed."""
    found = dict[str, Change]()
    for at, file in enumerate(ledger.entry_files):
        for change in ledger.changes_in_entry(at):
            found.pop(change.name, None)
            if change.kind == "correction" and "from" not in file.head:
                found[change.name] = replace(change, head=file.head)
        for name in file.head.get("mended", ()) if ledger.changes_in_entry(at) else ():
            found.pop(name, None)
    return found


def find_newer_files(ledger: Ledger, publication: Publication) -> Iterator[Problem]:
    """A warning for each newer file that lies where a table says, and that no entry records."""
    heads = [file.head for at, file in enumerate(ledger.entry_files) if ledger.changes_in_entry(at)]
    known = {str(head["from"].get("sha256")) for head in heads if isinstance(head.get("from"), dict)}
    for name, table in ((one.spec.from_, one) for one in publication.tables.values() if one.spec.from_):
        try:
            if "://" in name:
                raise Problems("this is an address, from which tipbrief loads nothing")
            file = resolve_within(publication.folder, publication.folder / name)
        except Problems as raised:
            yield name.problem(raised.problems[0].message, "put it into the publication's folder", kind="outside")
            continue
        if os.path.isfile(file):
            own = publication.folder / table.spec.file
            if hash_of(read_bytes(file, MAX_DATASET_BYTES)) not in {*known, hash_of(read_bytes(own))}:
                message = f"a newer file of '{table.spec.id}' lies there, which no entry of the ledger records"
                hint = f"see what differs: tipbrief correct --from {file}"
                yield name.problem(message, hint, kind="newer-file", severity="warning")


def find_undocumented_values(ledger: Ledger, prints: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """The printed values that differ from the ledger: the ledger's value, the printed value."""
    known = ledger.latest_values
    return {name: (known[name], value) for name, value in prints.items() if known.get(name, value) != value}


def describe_undocumented_values(folder: Path, values: Mapping[str, tuple[str, str]]) -> list[Problem]:
    """A problem for each value that differs between the ledger, which comes first, and the dataset."""
    problems = ProblemList()
    for name, (was, now) in values.items():
        message = f"'{name}' is {was} by the ledger and {now} in the dataset, and nothing says why"
        hint = f"record it: tipbrief correct '{name}' '{now}' --reason '…'; or put {was} back"
        if entries.parse_count_key(split_cell_name(name)[1]):
            hint = "record what changed in the table: tipbrief correct --from FILE --reason '…'; FILE is its own"
        problems.append(Problem(message, folder / LEDGER_FOLDER, hint=hint))
    return problems
