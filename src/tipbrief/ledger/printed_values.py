"""Which figures and table cells a brief prints, noted while its templates read them."""

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar

from tipbrief.check.derivation import Derivation
from tipbrief.check.models import Table, TranslatedCell
from tipbrief.check.publication import Publication
from tipbrief.ledger.entries import cell_name


@dataclass(frozen=True, slots=True)
class _NotedPublication(Publication):
    """A publication whose values and cells are noted when they are read."""

    whole: Publication | None = None

    def figure_sources(self, name: str) -> tuple[str, ...]:
        # To say on what a figure rests, cells are read that are not printed.
        return (self.whole or self).figure_sources(name)

    def derivation(self, name: str) -> Derivation:
        # To count the rows on which a figure rests, cells are read that are not printed.
        return (self.whole or self).derivation(name)


@dataclass(frozen=True, slots=True)
class _NotedTable(Table):
    """A table whose cells are noted when they are read, but not when rows are chosen by them."""

    whole: Table | None = None

    def alike(self, column: str, key: str) -> list[str]:
        return self._noted(column, (self.whole or self).alike(column, key))

    def having(self, column: str, cell: str) -> list[str]:
        # Of a table that is whole itself, this would ask itself.
        found = self.whole.having(column, cell) if self.whole else Table.having(self, column, cell)
        return self._noted(column, found)

    def _noted(self, column: str, found: list[str]) -> list[str]:
        for one in found:
            self.by_key[one][column]
        return found


_T = TypeVar("_T")


class PrintedValues:
    """Notes what is read from its ``publication``: ``taken`` gives name and plain value of each."""

    def __init__(self, publication: Publication) -> None:
        self._seen: dict[str, str] = {}
        fields = {f.name: getattr(publication, f.name) for f in dataclasses.fields(publication)}
        fields["values"] = _Noted(publication.values, lambda name, value: self.note(name, plain_value(value)))
        fields["tables"] = {name: self._table(table) for name, table in publication.tables.items()}
        self.publication: Publication = _NotedPublication(**fields, whole=publication)

    def taken(self) -> dict[str, str]:
        """What was read since this was asked last, by name."""
        seen, self._seen = self._seen, {}
        return dict(sorted(seen.items()))

    def note(self, name: str, value: str) -> None:
        """Note that a value was read."""
        self._seen[str(name)] = str(value)

    def _table(self, table: Table) -> Table:
        by_key = {key: _Noted(row, self._cells(table, key)) for key, row in table.by_key.items()}
        noted = {id(row): by_key[key] for key, row in table.by_key.items()}
        return _NotedTable(
            table.spec, tuple(noted[id(row)] for row in table.rows), table.lines, by_key, whole=table
        )

    def _cells(self, table: Table, key: str) -> Callable[[str, str], None]:
        """Notes the cells of a row, but for its key and its sources: which row it is, where it comes from."""
        names = {
            column: cell_name(table.spec.id, key, column)
            for column, declared in table.spec.columns.items()
            if declared.type != "sources" and column not in table.spec.key
        }

        def note(column: str, cell: str) -> None:
            if column not in names:
                return
            if isinstance(cell, TranslatedCell):
                # What is recorded are the values of the dataset: of a translation, those of which it is.
                self.note(cell_name(table.spec.id, key, cell.column), cell.value)
            else:
                self.note(names[column], cell)

        return note


class _Noted(dict[str, _T]):
    """A mapping whose values are read by ``[]`` alone, which notes them."""

    def __init__(self, values: Mapping[str, _T], note: Callable[[str, _T], None]) -> None:
        super().__init__(values)
        self._note = note

    def __getitem__(self, name: str) -> _T:
        value = super().__getitem__(name)
        self._note(name, value)
        return value

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def values(self) -> Any:
        return {name: self[name] for name in self}.values()

    def items(self) -> Any:
        return {name: self[name] for name in self}.items()


def plain_value(value: Decimal) -> str:
    """A figure's value as the ledger records it: ``133943``, ``12.5``."""
    return f"{value:f}"
