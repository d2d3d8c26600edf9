"""Tables: CSV files held against their declared columns."""

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tipbrief.check.models import Column, Count, Table, TableSpec, TranslationColumn
from tipbrief.check.references import References
from tipbrief.language.numbers import MOST_DIGITS, NUMBER, parse_number
from tipbrief.load.csv_rows import Grid, read_csv
from tipbrief.load.places import Text
from tipbrief.pdf.dataset import is_part
from tipbrief.problems import Problem, Problems, nearest

_CELL_FORMS = {
    "number": (re.compile(r"[0-9]+(\.[0-9]+)?"), "write 1234.5: Latin digits, no separators"),
    "year": (re.compile(r"[0-9]{4}"), "write 2025: four Latin digits"),
}


def read_tables(
    folder: Path, specs: Mapping[str, TableSpec], found: References, others: Collection[str] = ()
) -> dict[str, Table]:
    """The declared tables that can be read; they and their faults go into ``found``.

    ``others`` are the tags of the languages into which it can be translated.
    """
    found.tables = tables = dict[str, Table]()
    for name, spec in specs.items():
        if read := _read_grid(folder, spec, found, others):
            before = len(found.problems)
            tables[name] = _read_table(*read, found)
            if len(found.problems) > before:
                found.doubtful.add(name)
    for name, spec in specs.items():
        for column, declared in spec.columns.items():
            if declared.type == "key":
                _check_keys(column, declared, tables.get(name), found)
    return tables


def row_sources(table: Table, row: Mapping[str, str]) -> list[str]:
    """The ids of the sources of one row: its own, else those of the table."""
    for name, column in table.spec.columns.items():
        if column.type == "sources" and row[name]:
            return row[name].split()
    return [str(source) for source in table.spec.sources]


def counted(table: Table, count: Count) -> list[Mapping[str, str]]:
    """The rows that a count describes."""
    return [row for row in table.rows if all(row[name] == value for name, value in count.where.items())]


def with_translations(spec: TableSpec, header: Collection[str], others: Collection[str]) -> TableSpec:
    """A table with the columns ``name.ps`` of its header, which need no declaration."""
    columns = dict(spec.columns)
    for name, column in spec.columns.items():
        told = (
            {tag: own for tag in others if (own := f"{name}.{tag}") in header}
            if column.type == "text"
            else {}
        )
        for own in told.values():
            usual = TranslationColumn(place=column.place, type="text", label=column.label, blank=True)
            columns.setdefault(own, usual)
        if told:
            places = {tag: Text(own, column.place) for tag, own in told.items()}
            columns[name] = replace(column, languages={**places, **column.languages})
    return replace(spec, columns=columns)


def _translation_faults(spec: TableSpec, found: References) -> Iterator[Problem]:
    """What is wrong with the columns that are said to hold the words of others."""
    for name, column in spec.columns.items():
        for tag, other in column.languages.items():
            yield from found.unknown((Text(tag, other.place),), "language")
            if column.type != "text":
                message = f"the column '{name}' has no words that another could hold"
                yield other.problem(
                    message, "only a column of 'type: text' has 'languages'", kind="column-type"
                )
            elif other not in spec.columns:
                yield from found.unknown((other,), "column", spec.columns)
            elif spec.columns[other].type != "text" or other == name:
                message = f"the column '{other}' does not hold the words of '{name}'"
                yield other.problem(message, "name another column of 'type: text'", kind="column-type")
            elif f"{name}.{tag}" in spec.columns and other != f"{name}.{tag}":
                message = f"'{name}' in the language '{tag}' stands in '{other}' and in '{name}.{tag}'"
                yield other.problem(message, "keep one of them", kind="column-twice")


def _read_grid(
    folder: Path, spec: TableSpec, found: References, others: Collection[str]
) -> tuple[TableSpec, Grid] | None:
    found.problems += found.faults(spec)
    by_row = [name for name, column in spec.columns.items() if column.type == "sources" and not column.blank]
    if not spec.sources and not by_row:
        message, hint = f"the table '{spec.id}' names no source", "add 'sources: [id]', or such a column"
        found.add(spec.place.problem(message, hint, kind="no-source"))
    if not (is_part(spec.file) and spec.file.startswith("tables/")):
        # Only what the list of the dataset has is hashed and carried.
        message = "the table lies outside the publication's tables/"
        hint = "move the file into tables/, and write 'file: tables/NAME.csv'"
        found.add(spec.file.place.problem(message, hint, kind="outside"))
        return None
    try:
        grid = read_csv(folder / spec.file)
    except Problems as raised:
        found.problems += raised.problems
        return None
    spec = with_translations(spec, grid.header, others)
    found.problems += _translation_faults(spec, found)
    strange = [name for name in grid.header if name not in spec.columns]
    missing = [name for name in spec.columns if name not in grid.header]
    for name in strange:
        message = f"the column '{name}' is not declared in tables.yaml"
        hint = nearest(name, missing or spec.columns)
        found.add(Problem(message, grid.file, 1, hint=hint, kind="columns"))
    for name in missing if not strange else ():
        hint = "add it to the header, or take it out of tables.yaml"
        found.add(Problem(f"the column '{name}' is missing", grid.file, 1, hint=hint, kind="columns"))
    keyed = found.known(spec.key, "column", spec.columns)
    return (spec, grid) if keyed and not strange and not missing else None


def _read_table(spec: TableSpec, grid: Grid, found: References) -> Table:
    rows = tuple(dict(zip(grid.header, row.cells, strict=True)) for row in grid.rows)
    by_key: dict[str, Mapping[str, str]] = {}
    first: dict[str, int] = {}
    for row, line in zip(rows, grid.rows, strict=True):
        key = ",".join(row[name] for name in spec.key)
        if key in by_key:
            place, hint = line.cell(grid.header.index(spec.key[0])), f"it stands first in line {first[key]}"
            found.add(place.problem(f"the row '{key}' stands twice", hint, kind="row-twice"))
        by_key[key] = row
        first.setdefault(key, line.place.line)
    for index, name in enumerate(grid.header):
        _check_cells(grid, index, spec.columns[name], found)
    return Table(spec, rows, grid.rows, by_key)


def _check_cells(grid: Grid, index: int, column: Column, found: References) -> None:
    known_sources = set(found.names["source"] or ())
    numbers = [row.cells[index] for row in grid.rows] if column.type == "number" else []
    # A column of whole numbers counts; in one with decimals 142.0 says how exactly was measured.
    counts = any(map(str.isdecimal, numbers)) and not any(re.search(r"\.\d*[1-9]", one) for one in numbers)
    for row in grid.rows:
        cell = row.cells[index]
        if counts and cell.partition(".")[1]:
            message, hint = (
                f"'{grid.header[index]}' has whole numbers, not '{cell}'",
                f"write {cell.partition('.')[0]}",
            )
            found.add(row.cell(index).problem(message, hint, kind="no-count", token=cell))
        elif fault := _cell_fault(grid.header[index], column, cell):
            kind, message, hint = fault
            found.add(row.cell(index).problem(message, hint, kind=kind, token=cell))
        elif column.type == "sources" and not known_sources.issuperset(cell.split()):
            place = row.cell(index)
            found.known((Text(source, place) for source in cell.split()), "source")


def _cell_fault(name: str, column: Column, cell: str) -> tuple[str, str, str] | None:
    """Kind, message and hint, where a cell is not what its column wants."""
    if not cell:
        hint = "a column that may be empty says 'blank: true'"
        if column.type in ("choice", "key"):
            hint = "it is needed in every row"
        elif column.blank:
            return None
        return "empty-cell", f"'{name}' is empty", hint
    if column.type == "choice" and cell not in column.choices:
        return "no-choice", f"'{cell}' is no value of '{name}'", nearest(cell, column.choices)
    form, hint = _CELL_FORMS.get(column.type, (None, ""))
    if form and len(cell) > MOST_DIGITS:
        return "too-large", f"'{name}' has a number of more than {MOST_DIGITS} digits", hint
    if form and not form.fullmatch(cell):
        if NUMBER.fullmatch(cell) and form.fullmatch(plain := str(parse_number(cell))):
            hint = f"write {plain}"
        return f"no-{column.type}", f"'{name}' is a {column.type}, not '{cell}'", hint
    return None


def _check_keys(name: str, column: Column, table: Table | None, found: References) -> None:
    """Every cell of a ``key`` column must be the key of a row in the table that the column names."""
    if column.table is None:
        message = f"the key column '{name}' does not say to which table it points"
        found.add(column.place.problem(message, "add 'table: NAME'", kind="no-table"))
    elif found.known((column.table,), "table") and column.table in found.tables and table:
        target = found.tables[column.table].by_key
        for row, line in zip(table.rows, table.lines, strict=True):
            if (cell := row[name]) and cell not in target:
                message, hint = f"the table '{column.table}' has no row '{cell}'", nearest(cell, target)
                place = line.cell([*row].index(name))
                found.add(place.problem(message, hint, kind="unknown-row", token=cell))


def rows_like(table: Table, within: str | None, key: str) -> list[tuple[str, Mapping[str, str]]]:
    """Keys and rows of a table: all, or those that have the same in ``within`` as the row ``key``."""
    codes = table.alike(within, key) if within and key in table.by_key else table.by_key
    return [(code, table.by_key[code]) for code in codes]
