"""What a brief reads of its publication, noted by proxies: the values that it prints, and all else."""

import dataclasses
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from sys import intern
from typing import Any, TypeVar

from tipbrief.check.derivation import Derivation
from tipbrief.check.models import Figure, Table, TranslatedCell
from tipbrief.check.publication import Publication
from tipbrief.ledger.entries import cell_name
from tipbrief.ledger.reads import Question, Reads

# Names that begin with _ are hidden from templates: nothing leads them past the proxies.


@dataclass(frozen=True, slots=True)
class _NotedPublication(Publication):
    """A publication whose values and cells are noted when they are read."""

    _whole: Publication = dataclasses.field(kw_only=True)
    _reads: Reads = dataclasses.field(kw_only=True)

    def figure_sources(self, name: str) -> tuple[str, ...]:
        # To say on what a figure rests, cells are read that are not printed.
        self._reads.note("sources", str(name))
        return self._whole.figure_sources(name)

    def derivation(self, name: str) -> Derivation:
        # To count the rows on which a figure rests, cells are read that are not printed.
        self._reads.note("derivation", str(name))
        return self._whole.derivation(name)


@dataclass(frozen=True, slots=True)
class _NotedTable(Table):
    """A table whose cells are noted when they are read; as printed, but not when rows are chosen by them."""

    _whole: Table = dataclasses.field(kw_only=True)
    _reads: Reads = dataclasses.field(kw_only=True)

    def alike(self, column: str, key: str) -> list[str]:
        self._reads.sought[self.spec.id].add(str(key))
        self._reads.cells[self.spec.id][column].add(str(key))
        return self.having(column, self._whole.by_key[key][column])

    def names_heard(self, keys: Iterable[str]) -> list[str]:
        known = [*keys]
        for read in (self._reads.sought[self.spec.id], self._reads.cells[self.spec.id][self.spec.naming]):
            read.update(known)
        return self._whole.names_heard(known)

    def having(self, column: str, cell: str) -> list[str]:
        self._reads.note("having", self.spec.id, str(column), str(cell))
        found = self._whole.having(column, cell)
        for one in found:
            self.by_key[one][column]
        return found


class _NotedFigure(Figure):
    """A figure whose value is noted when it is read; all else that it says is no value."""


def _figure_value(figure: Figure) -> Decimal | None:
    value: Decimal | None = figure.__dict__["value"]
    figure.__dict__["_note"](figure.id, value)
    return value


# Only now, for what makes a dataclass of it would take it for a default.
setattr(_NotedFigure, "value", property(_figure_value))  # noqa: B010 - to the type checker it is a field


def _noted_figure(figure: Figure, note: Callable[[str, Decimal | None], None]) -> Figure:
    noted = object.__new__(_NotedFigure)
    noted.__dict__.update(figure.__dict__, _note=note)
    return noted


_T = TypeVar("_T")


class PrintedValues:
    """Notes what is read from its ``publication``: ``taken`` gives name and plain value of each.

    ``asked`` gives all that was read, printed or not, as questions.
    """

    def __init__(self, publication: Publication) -> None:
        self._seen: dict[str, str] = {}
        self._reads = Reads(publication)
        reads, fields = (
            self._reads,
            {f.name: getattr(publication, f.name) for f in dataclasses.fields(publication)},
        )
        fields["values"] = _Noted(publication.values, self._value)
        fields["figures"] = {
            name: _noted_figure(figure, self._figure) for name, figure in publication.figures.items()
        }
        fields["tables"] = {name: self._table(table) for name, table in publication.tables.items()}
        for one, many in (("document", "documents"), ("reason", "reasons")):
            fields[many] = _Sought(fields[many], partial(reads.note, one), partial(reads.note, many))
        self.publication: Publication = _NotedPublication(**fields, _whole=publication, _reads=reads)

    def begin(self) -> None:
        """Forget what was read of a document that could not be finished."""
        self._seen = {}
        self._reads.taken()

    def taken(self) -> dict[str, str]:
        """What was read since this was asked last, by name."""
        seen, self._seen = self._seen, {}
        return dict(sorted(seen.items()))

    def asked(self) -> list[Question]:
        """All that was read since this was asked last."""
        return self._reads.taken()

    def note(self, name: str, value: str) -> None:
        """Note that a value was read."""
        self._seen[str(name)] = str(value)

    def _value(self, name: str, value: Decimal) -> None:
        self._reads.note("value", str(name))
        self.note(name, plain_value(value))

    def _figure(self, name: str, value: Decimal | None) -> None:
        self._reads.note("figure", str(name))
        if value is not None:
            self.note(name, plain_value(value))

    def _table(self, table: Table) -> Table:
        name = table.spec.id
        note = partial(self._cell, self._reads.cells[name], name, _printed_columns(table))
        rows = {key: _Noted(row, partial(note, key)) for key, row in table.by_key.items()}
        noted = {id(row): rows[key] for key, row in table.by_key.items()}
        every = partial(self._reads.note, "rows", name)
        return _NotedTable(
            table.spec,
            _Listed(every, [noted[id(row)] for row in table.rows]),
            _Listed(every, table.lines),
            _Sought(rows, self._reads.sought[name].add, every),
            _whole=table,
            _reads=self._reads,
        )

    def _cell(
        self,
        read: Mapping[str, set[str]],
        table: str,
        printed: Collection[str],
        key: str,
        name: str,
        cell: str,
    ) -> None:
        read[name].add(key)
        if name not in printed:
            return
        if isinstance(cell, TranslatedCell):
            # What is recorded are the values of the dataset: of a translation, those of which it is.
            name, cell = cell.column, cell.value
        # The same text for all documents: where each draws the whole table, they record it a thousand times.
        self.note(intern(cell_name(table, key, name)), cell)


def _printed_columns(table: Table) -> frozenset[str]:
    """The columns that are printed, all but keys and sources: which row it is, and where it comes from."""
    columns = table.spec.columns.items()
    return frozenset(name for name, one in columns if one.type != "sources" and name not in table.spec.key)


class _Noted(dict[str, _T]):
    """A mapping whose values are noted when they are read; which names it has, all know."""

    def __init__(self, values: Mapping[str, _T], note: Callable[[str, _T], None]) -> None:
        super().__init__(values)
        self._note = note

    def __getitem__(self, name: str) -> _T:
        value = super().__getitem__(name)
        self._note(name, value)
        return value

    def __iter__(self) -> Iterator[str]:
        # Else Python copies the values past all this: {**row}, dict(row), row | {}.
        return super().__iter__()

    def get(self, name: str, default: Any = None) -> Any:
        try:
            return self[name]
        except KeyError:
            return default

    def values(self) -> Any:
        return {name: self[name] for name in self}.values()

    def items(self) -> Any:
        return {name: self[name] for name in self}.items()

    def __eq__(self, other: object) -> bool:
        return bool(dict(self) == other)

    __hash__ = None


class _Sought(_Noted[_T]):
    """A mapping of which it is noted, too, which names are looked for, and that all are looked at."""

    def __init__(
        self, values: Mapping[str, _T], seek: Callable[[str], None], every: Callable[[], None]
    ) -> None:
        super().__init__(values, lambda name, value: seek(str(name)))
        self._seek, self._every = seek, every

    def __contains__(self, name: object) -> bool:
        self._seek(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        return self[name]

    def __iter__(self) -> Iterator[str]:
        self._every()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._every()
        return super().__reversed__()

    def __len__(self) -> int:
        self._every()
        return super().__len__()

    def keys(self) -> Any:
        self._every()
        return super().keys()


class _Listed(tuple[_T, ...]):
    """Things in their order; that they are looked at is noted."""

    _every: Callable[[], None]

    def __new__(cls, every: Callable[[], None], items: Any) -> Any:
        """The same things."""
        new = super().__new__(cls, items)
        new._every = every
        return new

    def __radd__(self, others: tuple[Any, ...]) -> tuple[Any, ...]:
        return others + self[:]

    def __hash__(self) -> int:
        self._every()
        return super().__hash__()


def _noting(name: str) -> Callable[..., Any]:
    plain = getattr(tuple, name)

    def noted(self: _Listed[Any], *given: Any) -> Any:
        self._every()
        return plain(self, *given)

    return noted


for _name in (
    "__iter__", "__getitem__", "__len__", "__contains__", "__add__", "__mul__", "__rmul__", "__repr__",
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "count", "index",
):  # fmt: skip
    setattr(_Listed, _name, _noting(_name))


def plain_value(value: Decimal) -> str:
    """A figure's value as the ledger records it: ``133943``, ``12.5``."""
    return f"{value:f}"
