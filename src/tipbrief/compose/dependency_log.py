"""The dependency log of a document: it notes which data its templates read, and which values they print.

Proxies of the data record each read. Names that begin with _ are hidden, so no template gets past the proxies.
"""

from __future__ import annotations

import dataclasses
import sys
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import astuple, dataclass
from decimal import Decimal
from functools import partial
from sys import intern
from typing import Any, TypeAlias, TypeVar

from tipbrief.check.figures import Derivation
from tipbrief.check.models import Figure, Table, TranslatedCell
from tipbrief.check.publication import Publication
from tipbrief.files import hash_of
from tipbrief.ledger.editions import find_dataset_value
from tipbrief.ledger.entries import format_cell_name, format_count_name, format_ledger_value
from tipbrief.load.grid import Row
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, Problems

# A kind and what it is about, as JSON has it: ["value", "wells"], ["cells", TABLE, COLUMNS, KEYS].
Dependency: TypeAlias = Sequence[Any]
# Above this number of rows the whole table is logged: that is shorter, and the same for many documents.
_MAX_LISTED_ROWS = 250
_T = TypeVar("_T")


def _list_table_dependencies(
    name: str, table: Table, row_keys: Collection[str], cell_keys: dict[str, set[str]]
) -> Iterable[Dependency]:
    if len(row_keys) > _MAX_LISTED_ROWS:
        yield ["rows", name]
    elif row_keys:
        yield ["row", name, sorted(row_keys)]
    columns = defaultdict[tuple[str, ...], list[str]](list)
    for column, keys in cell_keys.items():
        if len(keys) > _MAX_LISTED_ROWS or len(keys) == len(table.by_key) > 1:
            yield ["column", name, column]
        elif keys:
            columns[tuple(sorted(keys))].append(column)
    for keys_read, columns_read in columns.items():
        yield ["cells", name, columns_read, [*keys_read]]


def hash_values(whole: Publication, dependencies: Iterable[Dependency], known: dict[tuple[str, ...], str]) -> str:
    """One hash of the values that a publication has for dependencies; ``known`` are those that documents share."""
    found: list[str] = []
    for kind, *about in dependencies:
        if kind in ("row", "cells"):  # no other document has the same
            found.append(repr(_VALUE_READERS[kind](whole, *about)))
            continue
        if (name := (kind, *about)) not in known:
            known[name] = hash_of(repr(_VALUE_READERS[kind](whole, *about)).encode())
        found.append(known[name])
    return hash_of("".join(found).encode())


def _visible_parts(text: str | None) -> object:  # what a template can see; not the location
    if isinstance(text, TranslatedCell):
        return [text, text.language, text.column, text.value]
    return [text, text.language] if isinstance(text, Text) else text


def _read_cells(whole: Publication, name: str, columns: Sequence[str], keys: Sequence[str]) -> object:
    rows = [whole.tables[name].by_key[key] for key in keys]
    cells = [row[column] for column in columns for row in rows]
    return cells if all(type(cell) is str for cell in cells) else [*map(_visible_parts, cells)]


# The value of each kind of dependency.
_VALUE_READERS: Mapping[str, Callable[..., object]] = {
    "value": lambda whole, name: str(whole.values[name]),
    "figure": lambda whole, name: str(whole.figures[name].value),
    "sources": lambda whole, name: whole.figure_sources(name),
    "derivation": lambda whole, name: astuple(whole.derivation(name)),
    "document": lambda whole, name: (one := whole.documents.get(name)) and (one.brief.id, one.key),
    "documents": lambda whole: [*whole.documents],
    "reason": lambda whole, name: _visible_parts(whole.reasons.get(name)),
    "reasons": lambda whole: [*whole.reasons],
    "count": find_dataset_value,
    "rows": lambda whole, name: [*whole.tables[name].by_key],
    "row": lambda whole, name, keys: [key in whole.tables[name].by_key for key in keys],
    "having": lambda whole, name, column, cell: whole.tables[name].find_keys(column, cell),
    "column": lambda whole, name, at: {key: _visible_parts(row[at]) for key, row in whole.tables[name].by_key.items()},
    "cells": _read_cells,
}


def _describe_private_read(table: str, column: str) -> Problem:
    message = f"'{column}' of '{table}' is private, and is printed on the document of its row alone"
    return Problem(message, hint="leave it out here; there, print it by {row.…}", kind="private")


@dataclass(frozen=True, slots=True)
class _PublicationProxy(Publication):
    """A publication whose reads are logged. Sources and derivations read cells that are not printed."""

    _original: Publication = dataclasses.field(kw_only=True)
    _log: DependencyTracker = dataclasses.field(kw_only=True)

    def figure_sources(self, name: str) -> tuple[str, ...]:
        self._log.add_dependency("sources", str(name))
        return self._original.figure_sources(name)

    def count_rows(self, table: str, where: Mapping[str, str]) -> int:
        """The number of rows is printed, not their cells."""
        if private := self._original.tables[table].spec.private_columns & where.keys():
            raise Problems(_describe_private_read(table, min(private)))
        # Named by the cells of the dataset: of a translated one by that which it translates.
        pairs = [
            (cell.column, cell.value) if isinstance(cell, TranslatedCell) else (column, cell)
            for column, cell in where.items()
        ]
        self._log.add_dependency("count", name := format_count_name(table, dict(pairs)))
        self._log.note_printed_value(name, str(found := self._original.count_rows(table, where)))
        return found

    def derivation(self, name: str) -> Derivation:
        self._log.add_dependency("derivation", str(name))
        return self._original.derivation(name)


class _TableProxy(Table):
    """A table whose reads are logged. Cells by which rows are chosen do not count as printed."""

    _original: Table
    _log: DependencyTracker
    _rows: tuple[Mapping[str, str], ...]

    def __init__(self, **parts: Any) -> None:
        for name, value in parts.items():
            object.__setattr__(self, name, value)

    @property
    def rows(self) -> tuple[Mapping[str, str], ...]:  # any look at them is logged as one at all
        self._log.add_dependency("rows", self.spec.id)
        return self._rows

    @property
    def lines(self) -> tuple[Row, ...]:
        self._log.add_dependency("rows", self.spec.id)
        return self._original.lines

    def alike(self, column: str, key: str) -> list[str]:
        self._log.row_keys[self.spec.id].add(str(key))
        self._log.cell_keys[self.spec.id][column].add(str(key))
        return self.find_keys(column, self._original.by_key[key][column])

    def read_column(self, column: str) -> dict[str, str]:
        if column in self.spec.private_columns:
            raise Problems(_describe_private_read(self.spec.id, column))
        self._log.add_dependency("column", self.spec.id, str(column))
        return self._original.read_column(column)

    def screen_reader_names(self, keys: Iterable[str]) -> list[str]:
        known = [*keys]
        self._log.row_keys[self.spec.id].update(known)
        self._log.cell_keys[self.spec.id][self.spec.name_column].update(known)
        return self._original.screen_reader_names(known)

    def find_keys(self, column: str, cell: str) -> list[str]:
        self._log.add_dependency("having", self.spec.id, str(column), str(cell))
        found = self._original.find_keys(column, cell)
        for one in found:
            self.by_key[one][column]
        return found


class _FigureProxy(Figure):
    """A figure; a read of its value is logged."""


_read_value = property(lambda figure: figure.__dict__["_note"](figure.id, figure.__dict__["value"]))
# In the class body, the dataclass would take the property for the field's default.
setattr(_FigureProxy, "value", _read_value)  # noqa: B010 - the type checker knows it as a field


class DependencyTracker:
    """Logs what is read from its ``publication``, and which values are printed."""

    def __init__(self, publication: Publication) -> None:
        self._tables, self._printed_values = publication.tables, dict[str, str]()
        # For each table, by column, the keys of the read cells; and the keys that were looked up.
        self.cell_keys = {name: {one: set[str]() for one in table.spec.columns} for name, table in self._tables.items()}
        self.row_keys = {name: set[str]() for name in self._tables}
        self._dependencies = dict[tuple[str, ...], None]()
        self.own_row = "", ""  # the table and key of the document's row: nobody else may read its private cells
        fields = {field.name: getattr(publication, field.name) for field in dataclasses.fields(publication)}
        fields["values"] = _MappingProxy(publication.values, note_value=partial(self._note_number, "value"))
        fields["figures"] = {name: self._create_figure_proxy(one) for name, one in publication.figures.items()}
        fields["tables"] = {name: self._create_table_proxy(table) for name, table in publication.tables.items()}
        for one, many in (("document", "documents"), ("reason", "reasons")):
            note_name, note_all = partial(self.add_dependency, one), partial(self.add_dependency, many)
            fields[many] = _MappingProxy(fields[many], note_name, note_all)
        self.publication: Publication = _PublicationProxy(**fields, _original=publication, _log=self)

    def take_printed_values(self) -> dict[str, str]:
        """The plain values printed since the last call, by name."""
        seen, self._printed_values = self._printed_values, {}
        # Thousands of documents print the same names: each is in memory once.
        return {sys.intern(name): sys.intern(value) for name, value in sorted(seen.items())}

    def take_dependencies(self) -> list[Dependency]:
        """All that was read since the last call, printed or not."""
        found: list[Dependency] = [[*one] for one in sorted(self._dependencies)]
        for name, table in self._tables.items():
            found += _list_table_dependencies(name, table, self.row_keys[name], self.cell_keys[name])
            self.row_keys[name].clear()
            for keys in self.cell_keys[name].values():
                keys.clear()
        self._dependencies.clear()
        return found

    def add_dependency(self, *dependency: str) -> None:
        """Log one read that is not of a cell or row."""
        self._dependencies[dependency] = None

    def note_printed_value(self, name: str, value: str) -> None:
        """Log a printed value."""
        self._printed_values[str(name)] = str(value)

    def _note_number(self, kind: str, name: str, value: Decimal | None) -> Decimal | None:
        self.add_dependency(kind, str(name))
        if value is not None:
            self.note_printed_value(name, format_ledger_value(value))
        return value

    def _create_figure_proxy(self, figure: Figure) -> Figure:
        proxy = object.__new__(_FigureProxy)
        proxy.__dict__.update(figure.__dict__, _note=partial(self._note_number, "figure"))
        return proxy

    def _create_table_proxy(self, table: Table) -> Table:
        name, columns, cell_keys = str(table.spec.id), table.spec.columns, self.cell_keys[table.spec.id]
        # Keys and sources do not count as printed; and private values stand neither in the ledger nor in attachments.
        left_out = {*table.spec.key, *table.spec.private_columns}
        printed = frozenset(one for one, spec in columns.items() if spec.type != "sources" and one not in left_out)

        def note_cell(key: str, column: str, cell: str) -> None:
            cell_keys[column].add(key)
            if column not in printed:
                if columns[column].private and (name, key) != self.own_row:
                    raise Problems(_describe_private_read(name, column))
                return
            if isinstance(cell, TranslatedCell):
                # The ledger records values of the dataset: for a translated cell the one it translates.
                column, cell = cell.column, cell.value
            # Interned, since a thousand documents that draw the whole table log the same name.
            self.note_printed_value(intern(format_cell_name(name, key, column)), cell)

        by_key = {key: _MappingProxy(row, note_value=partial(note_cell, key)) for key, row in table.by_key.items()}
        index = _MappingProxy(by_key, self.row_keys[name].add, partial(self.add_dependency, "rows", name))
        return _TableProxy(spec=table.spec, by_key=index, _rows=(*by_key.values(),), _original=table, _log=self)


class _MappingProxy(Mapping[str, _T]):
    """A mapping that logs look-ups of names and iterations, or, where its names are declared, only values."""

    def __init__(
        self,
        values: Mapping[str, _T],
        note_name: Callable[[str], None] = lambda name: None,
        note_all: Callable[[], None] = lambda: None,
        note_value: Callable[[str, _T], object] = lambda name, value: None,
    ) -> None:
        self._values, self._note_name, self._note_all, self._note_value = values, note_name, note_all, note_value

    def __getitem__(self, name: str) -> _T:
        self._note_name(str(name))
        value = self._values[name]
        self._note_value(name, value)
        return value

    def __contains__(self, name: object) -> bool:
        self._note_name(str(name))
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        self._note_all()
        return iter(self._values)

    def __len__(self) -> int:
        self._note_all()
        return len(self._values)
