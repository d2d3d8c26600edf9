"""Tables: CSV files held against their declared columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from tipbrief.dataset import Grid, read_csv
from tipbrief.findings import Findings
from tipbrief.models import Column, Count, Table, TableSpec
from tipbrief.problems import Problem, Problems, nearest

_PLAIN_NUMBER = re.compile(r"\d+(\.\d+)?")
_SEVERAL_KEYS = ","


def read_tables(folder: Path, specs: Mapping[str, TableSpec], found: Findings) -> dict[str, Table]:
    """The declared tables that can be read; their faults go into ``found``."""
    tables = {name: table for name, spec in specs.items() if (table := _read_table(folder, spec, found))}
    _check_keys(folder, tables, found)
    return tables


def row_sources(table: Table, row: Mapping[str, str]) -> list[str]:
    """The ids of the sources of one row: its own, else those of the table."""
    for name, column in table.spec.columns.items():
        if column.type == "sources" and row[name]:
            return row[name].split()
    return [str(source) for source in table.spec.sources]


def count_rows(table: Table, count: Count) -> int:
    """The number of rows that a count describes."""
    return sum(all(row[name] == value for name, value in count.where.items()) for row in table.rows)


def _read_table(folder: Path, spec: TableSpec, found: Findings) -> Table | None:
    before = len(found.problems)
    found.known(spec.sources, "source")
    path = (folder / spec.file).resolve()
    if not path.is_relative_to(folder.resolve()):
        found.add(spec.file.place.problem("the table lies outside the publication's folder"))
        return None
    try:
        grid = read_csv(folder / spec.file)
    except Problems as raised:
        found.problems += raised.problems
        return None
    found.known(spec.key, "column", spec.columns)
    for name in grid.header:
        if name not in spec.columns:
            found.add(
                Problem(f"the column '{name}' is not declared in tables.yaml", grid.file, 1,
                        hint=nearest(name, spec.columns))
            )  # fmt: skip
    for name in spec.columns:
        if name not in grid.header:
            found.add(
                Problem(f"the column '{name}' is missing", grid.file, 1, hint=nearest(name, grid.header))
            )
    if len(found.problems) > before:
        return None
    rows = tuple(dict(zip(grid.header, row.cells, strict=True)) for row in grid.rows)
    by_key: dict[str, Mapping[str, str]] = {}
    first: dict[str, int] = {}
    for row, line in zip(rows, grid.rows, strict=True):
        key = _SEVERAL_KEYS.join(row[name] for name in spec.key)
        if key in by_key:
            found.add(
                grid.place(line, grid.header.index(spec.key[0])).problem(
                    f"the row '{key}' stands twice", f"it stands first in line {first[key]}"
                )
            )
        by_key[key] = row
        first.setdefault(key, line.line)
    for index, name in enumerate(grid.header):
        _check_column(grid, index, spec.columns[name], found)
    return Table(spec, rows, grid.rows, by_key)


def _check_column(grid: Grid, index: int, column: Column, found: Findings) -> None:
    name, known, sources = grid.header[index], column.choices, found.names["source"]
    for row in grid.rows:
        cell = row.cells[index]
        message = hint = ""
        if not cell:
            if not column.blank:
                message, hint = f"'{name}' is empty", "a column that may be empty says 'blank: true'"
        elif column.type == "choice" and cell not in known:
            message, hint = f"'{cell}' is no value of '{name}'", nearest(cell, known)
        elif column.type in ("number", "year") and not _PLAIN_NUMBER.fullmatch(cell):
            message, hint = (
                f"'{name}' is a number, not '{cell}'",
                "write 1234.5: Latin digits, no separators",
            )
        elif (
            column.type == "sources"
            and sources is not None
            and (unknown := [s for s in cell.split() if s not in sources])
        ):
            message, hint = f"there is no source '{unknown[0]}'", nearest(unknown[0], sources)
        if message:
            found.add(grid.place(row, index).problem(message, hint))


def _check_keys(folder: Path, tables: Mapping[str, Table], found: Findings) -> None:
    for table in tables.values():
        for name, column in table.spec.columns.items():
            if column.type != "key":
                continue
            if column.table is None or column.table not in tables:
                found.add(
                    column.place.problem(f"the column '{name}' does not say a known table", "table: NAME")
                )
                continue
            target = tables[column.table].by_key
            grid = Grid(folder / table.spec.file, tuple(table.rows[0]) if table.rows else (), table.lines)
            for row, line in zip(table.rows, table.lines, strict=True):
                if row[name] and row[name] not in target:
                    found.add(
                        grid.place(line, grid.header.index(name)).problem(
                            f"the table '{column.table}' has no row '{row[name]}'",
                            nearest(row[name], target),
                        )
                    )
