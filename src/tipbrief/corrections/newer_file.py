"""A newer file of a table: what differs from the table, by the rows' keys, in groups that each have a reason."""

import json
import zlib
from base64 import b85encode
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tipbrief.check.cell_values import match_declared_names
from tipbrief.check.figures import is_suspicious_change
from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import read_newer_grid, read_rows, read_wide_year
from tipbrief.corrections.amendment import Amendment, amend_files, is_same_value, path_below
from tipbrief.files import hash_of, read_bytes, replace_file
from tipbrief.ledger.editions import find_cell_column
from tipbrief.ledger.entries import Change, ChangeKind, format_cell_name, parse_count_key, split_cell_name
from tipbrief.load.grid import read_grid
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.schema import Model, ModelReader
from tipbrief.load.source_text import Text
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, ProblemList, Problems, escape_invisible, suggest_nearest

# The ends of the names of doubtful groups, each with what to do.
_SLIP, _MISTAKEN_AGAIN = " (tenfold, zero or another sign)", " (as before a correction of ours)"
DOUBTS = {
    _SLIP: "if this is right, add --yes",
    _MISTAKEN_AGAIN: "it was corrected: write that value into the newer file, too; if this is right, add --yes",
}
_REASONS_HEAD = """\
# Why the values differ in {file}. Readers see each reason, in {language}.
# kind: correction (it was wrong) or revision (a better number takes the place of a right one).
# One value of a group may have its own reason: write its name as another group.
"""


class GroupReason(Model):
    """The reason of a group of changes, in the file that the command writes to be filled in."""

    reason: Text
    kind: ChangeKind


def amend_table(
    session: Session, file: Path, known: Mapping[str, str], gone: Collection[str], ours: Mapping[str, Change]
) -> Amendment:
    """A table's file replaced by a newer one, the values that differ, and the rows that come and go."""
    # Where the newer one lacks columns or is of another kind, its values are written into the table's own file.
    # ``known`` are the ledger's values and ``gone`` its rows that are gone: the table may have others, so that the
    # newer file may be its own. ``ours`` are corrections of the table against its source: they stay until the newer
    # file has them. ``Problems`` if it is of no table, or of several, or says nothing else.
    publication = session.publication
    table, rows, unknown = _find_table_of(publication, file)
    private, unrecorded = table.spec.private_columns, session.list_unrecorded_columns(table)
    unprinted = unrecorded - private
    spec, by_key = table.spec, dict[str, Mapping[str, str]]()
    for row in rows:
        if by_key.setdefault(key := ",".join(row[name] for name in spec.key), row) is not row:
            raise Problems(f"the row '{key}' stands twice", file, hint="keep one of both", kind="row-twice")
    lacks = [name for name in spec.columns if name not in rows[0]]
    note = f"it lacks the column{'s' * (len(lacks) > 1)} {', '.join(lacks)}" if lacks else ""
    note += f"; it has {', '.join(unknown)}, of which tables.yaml knows nothing" if unknown else ""
    note += f"; nothing is recorded of {', '.join(sorted(private))}: private" if private else ""
    note += f"; nothing is recorded of {', '.join(sorted(unprinted))}: not printed" if unprinted else ""
    shared = [one for one in publication.tables.values() if one.spec.file == spec.file] != [table]
    replaces = not lacks and not shared and file.suffix.lower() == Path(spec.file).suffix.lower()
    values, kept, mended = dict[str, str](), dict[str, Change](), list[str]()
    for key, row in by_key.items():
        for column in row.keys() - private:
            now = row[column]
            name = format_cell_name(spec.id, key, column)
            if column in unrecorded and name not in known:
                continue
            if (own := ours.get(name)) and now in (own.was, own.now) and table.by_key.get(key, row)[column] == own.now:
                if now == own.was:
                    kept[name] = own
                else:
                    mended.append(name)
                continue
            was = known[name] if name in known else table.by_key.get(key, row)[column]
            # A file that takes the place of ours prints 2 where that has 2.0.
            if was != now and (replaces or not is_same_value(spec.columns[column], was, now)):
                values[name] = now
    printed = dict.fromkeys(
        key for of, key, column in map(split_cell_name, known) if of == spec.id and column and not parse_count_key(key)
    )
    before = {key: None for key in (*table.by_key, *printed) if format_cell_name(spec.id, key) not in gone}
    moved = {key: (_row_text(table.by_key.get(key, {"": key}), unrecorded), "") for key in before if key not in by_key}
    moved |= {key: ("", _row_text(row, unrecorded)) for key, row in by_key.items() if key not in before}
    # Of private and unprinted values nothing is recorded, but the file takes the place of ours.
    changes_unrecorded = replaces and _changes_columns(table, by_key, unrecorded)
    unprinted_values = {} if replaces else _find_changed_values(table, by_key, unprinted)
    unprinted_values = {name: value for name, value in unprinted_values.items() if name not in values}
    if not values and not moved and not changes_unrecorded and not unprinted_values:
        raise Problems(f"nothing differs from the table '{spec.id}'", file, hint=note)
    if replaces:
        name = path_below(publication.folder, spec.file)
        old = {name: read_bytes(publication.folder / name)}
        rows_by_name = {format_cell_name(spec.id, key): pair for key, pair in moved.items()}
        doubts, lost = list[Problem](), [key for key in before if key not in by_key]
        if 2 * len(lost) > len(before):
            message = f"{len(lost)} of {len(before)} rows of '{spec.id}' would be gone, such as '{lost[0]}'"
            doubts = [Problem(message, file, hint="is this the whole file? If so, add --yes")]
        return Amendment({name: read_bytes(file)}, old, values, file, name, rows_by_name, note, doubts, kept, mended)
    if moved:
        message = f"the row '{min(moved)}' is not in both, and the file cannot take the place of {spec.file}"
        raise Problems(message, file, hint=f"add and remove rows in {spec.file} by hand first")
    amended = amend_files(publication, [*values.items(), *unprinted_values.items()])
    recorded = {name: value for name, value in amended.values.items() if name not in unprinted_values}
    return replace(amended, values=recorded, newer=file, note=note, kept=kept, mended=mended)


def _find_changed_values(
    table: Table, rows: Mapping[str, Mapping[str, str]], columns: Collection[str]
) -> dict[str, str]:
    values = dict[str, str]()
    for key, row in rows.items():
        for column in row.keys() & columns:
            before = table.by_key.get(key, row)[column]
            if not is_same_value(table.spec.columns[column], before, row[column]):
                values[format_cell_name(table.spec.id, key, column)] = row[column]
    return values


def _changes_columns(table: Table, rows: Mapping[str, Mapping[str, str]], columns: Collection[str]) -> bool:
    for key, row in rows.items():
        before = table.by_key.get(key, row)
        if any(row[column] != before[column] for column in columns):
            return True
    return False


def _row_text(row: Mapping[str, str], private: Collection[str]) -> str:  # as the ledger has it
    return ", ".join(cell for column, cell in row.items() if cell and column not in private)


@contextmanager
def _hide_lines(has_private: bool) -> Iterator[None]:
    """Show no line of the file in the problems that the block raises, if it may have private cells."""
    try:
        yield
    except Problems as raised:
        problems = [replace(problem, shows_line=not has_private) for problem in raised.problems]
        raise Problems(problems) from None


def _find_table_of(publication: Publication, file: Path) -> tuple[Table, Sequence[Mapping[str, str]], list[str]]:
    """The table with the most columns of a file, the file's rows, and its columns that the table does not have."""
    # Nobody knows of which table it is until it is read.
    has_private = any(table.spec.private_columns for table in publication.tables.values())
    best, faults = list[tuple[tuple[bool, int, bool], Table, list[str]]](), ProblemList()
    for table in publication.tables.values():
        grid = None
        with faults.catch(), _hide_lines(has_private):
            grid = read_newer_grid(file, table.spec)
        if grid is None:
            continue
        header = match_declared_names(grid.header, table.spec.columns)
        if found := [name for name in table.spec.columns if name in header and name not in table.spec.key]:
            whole = {*table.spec.key} <= {*header}
            others = [name for name in header if name and name not in table.spec.columns]
            others = [name for name in others if not (table.spec.wide and read_wide_year(name))]
            best.append(((whole, len(found), Path(table.spec.file).name == file.name), table, others))
    best.sort(key=lambda one: one[0], reverse=True)
    if not best:
        faults.raise_all()
        wanted = "; ".join(f"{one.spec.id}: {', '.join(one.spec.columns)}" for one in publication.tables.values())
        raise Problems("the columns are those of no table", file, hint=f"its first line names them, such as {wanted}")
    (whole, *_), table, others = best[0]
    if not whole:
        message = f"the key of '{table.spec.id}' is missing: the column {' or '.join(table.spec.key)}"
        raise Problems(message, file, hint="without it, nobody can say which row is which")
    if len(best) > 1 and best[0][0] == best[1][0]:
        names = " or ".join(f"'{one.spec.id}'" for _, one, _ in best[:2])
        raise Problems(f"the columns are those of {names}", file, hint="give the file the name that the table's has")
    with _hide_lines(has_private):
        rows = read_rows(file, table.spec)
    if not rows:
        raise Problems("the table has no rows", file, kind="empty-file")
    return table, rows, others


def describe_newer_file(session: Session, file: Path, amended: Amendment, changes: Sequence[Change]) -> dict[str, Any]:
    """What an entry of the ledger says of a newer file: the reasons, and old files of which all is printed."""
    publication = session.publication
    printed = {
        path_below(publication.folder, table.spec.file)
        for table in publication.tables.values()
        if _is_printed_whole(session, table)
    }
    was = {name: old for name, old in amended.old_files.items() if old != amended.files[name]}
    return {
        "kind": "correction" if any(one.kind == "correction" for one in changes) else "revision",
        "reason": [*dict.fromkeys(one.reason for one in changes)],
        "from": {"name": escape_invisible(file.name), "sha256": hash_of(read_bytes(file))},
        **({"mended": [*amended.mended]} if amended.mended else {}),
        "files": {
            name: {"new": hash_of(amended.files[name])}
            | ({"old": b85encode(zlib.compress(old, 9)).decode()} if name in printed else {"was": hash_of(old)})
            for name, old in was.items()
        },
    }


def _is_printed_whole(session: Session, table: Table) -> bool:
    """Whether all that a table's file has is printed by documents that everybody may read."""
    if table.spec.file.endswith(WORKBOOK_SUFFIX) or session.list_unrecorded_columns(table):
        return False
    layout = table.spec.layout
    if layout.header_row or layout.skip or layout.last_row:
        return False
    grid = read_grid(session.folder / table.spec.file, layout)
    header = match_declared_names(grid.header, table.spec.columns)
    if not table.spec.columns.keys() >= {*header}:
        return False
    # A cell may have more decimals than are printed.
    printed_rows = [tuple(str(row[name]) for name in header) for row in table.rows]
    return printed_rows == [row.cells for row in grid.rows]


def group_changes(
    publication: Publication, changes: Iterable[Change], earlier: Iterable[Change] = ()
) -> dict[str, list[Change]]:
    """Changes by column and kind, the doubtful groups first, in each the largest changes first."""
    # A value that one of the ``earlier`` changes corrected is doubtful, too, where it comes back.
    groups, ours = dict[str, list[Change]](), {(o.name, o.now, o.was) for o in earlier if o.kind == "correction"}
    for one in changes:
        table, _, column = split_cell_name(one.name)
        group = f"{table}.{column}" if column else one.name
        declared = find_cell_column(publication, one.name)
        if one.is_of_row:
            group = f"{table} (new rows)" if one.now else f"{table} (rows that are gone)"
        elif (one.name, one.was, one.now) in ours:
            group += _MISTAKEN_AGAIN
        elif (not declared or declared.type == "number") and is_suspicious_change(one.was, one.now):
            group += _SLIP
        groups.setdefault(group, []).append(one)
    order = sorted(groups, key=lambda group: not group.endswith(")"))
    return {group: sorted(groups[group], key=_change_size, reverse=True) for group in order}


def _change_size(change: Change) -> float:  # as a share of the larger number
    with suppress(ArithmeticError):
        was, now = Decimal(change.was), Decimal(change.now)
        return float(abs(now - was) / max(abs(was), abs(now)))
    return 0.0


def write_reasons(file: Path, groups: Mapping[str, Sequence[Change]], newer: str, language: str) -> None:
    """Write the file in which each group waits for its reason."""
    lines = [_REASONS_HEAD.format(file=newer, language=language)]
    for group, (first, *others) in groups.items():
        example = " ".join(f"{first.name} {first.was or 'nothing'} → {first.now or 'nothing'}".split())
        count = f"{len(others) + 1} changes, such as " if others else ""
        lines.append(f"{json.dumps(group, ensure_ascii=False)}:  # {count}{example}\n  reason:\n  kind: {first.kind}\n")
    replace_file(file, "\n".join(lines).encode())


def read_reasons(file: Path, groups: Mapping[str, Sequence[Change]]) -> dict[str, GroupReason]:
    """The reason of each change by its name; ``Problems`` if a group has none, or if there is no such group."""
    reader, node = ModelReader(), read_yaml(file)
    given: Mapping[str, GroupReason] = reader.read_value(dict[str, GroupReason], node, "the file") or {}
    members = {one.name: group for group, changes in groups.items() for one in changes}
    for key in node.items.keys() - groups.keys() - members.keys():
        message, hint = f"nothing that changes is named '{key}'", suggest_nearest(key, {**groups, **members})
        reader.problems.append(node.key_locations[key].problem(message, hint))
    found = {name: given.get(name) or given.get(group) for name, group in members.items()}
    for group in dict.fromkeys(group for name, group in members.items() if not {name, group} & node.items.keys()):
        hint = f"write it as the others have it: {json.dumps(group, ensure_ascii=False)}:"
        reader.problems.append(Problem(f"'{group}' has no reason", file, hint=hint))
    reader.problems.raise_all()
    return {name: one for name, one in found.items() if one}
