"""Totals: numbers of a table held against what another table, such as its history, adds up to."""

from collections.abc import Iterator
from decimal import Decimal

from tipbrief.check import derivation
from tipbrief.check.models import RowTotals, Table
from tipbrief.check.references import References
from tipbrief.problems import Problem


def unequal_totals(known: References) -> Iterator[Problem]:
    """A problem for each row whose number is not what the other table adds up to."""
    for table in known.tables.values():
        for name, column in table.spec.columns.items():
            if column.check:
                yield from known.faults(column.check)
                yield from _unequal(known, table, name, column.check)


def _unequal(known: References, table: Table, name: str, check: RowTotals) -> Iterator[Problem]:
    other = known.tables.get(check.table)
    if table.spec.columns[name].type != "number":
        message, hint = f"'{name}' has no numbers to check", "only a column of 'type: number' has a 'check'"
        yield check.place.problem(message, hint, kind="column-type")
        return
    doubtful = {table.spec.id, str(check.table)} & known.doubtful
    if other is None or doubtful or not {check.within, check.column or check.within} <= {*other.spec.columns}:
        return
    if check.column and other.spec.columns[check.column].type != "number":
        return
    found: dict[str, list[Decimal]] = {}
    for row in other.rows:
        cell = row[check.column] if check.column else "1"
        found.setdefault(row[check.within], []).extend([Decimal(cell)] if cell else [])
    for (key, row), line in zip(table.by_key.items(), table.lines, strict=True):
        total = derivation.total(found.get(key, []))
        if row[name] and Decimal(row[name]) != total:
            adds = f"'{check.column}' adds up to {total:f}" if check.column else f"there are {total:f} rows"
            message = f"'{name}' of '{key}' is {row[name]}, but in '{check.table}' {adds}"
            place = line.cell([*row].index(name))
            yield place.problem(message, "correct one of them", kind="total", token=row[name])
