"""What a brief reads of its publication, noted by proxies: the values that it prints, and all else."""

import dataclasses
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
from tipbrief.ledger.entries import format_cell_name
from tipbrief.load.source_text import Text

# Names that begin with _ are hidden from templates: nothing leads them past the proxies.


# What is asked, by kind; the rest of a question says of what. As JSON has it.
Dependency: TypeAlias = Sequence[Any]
# Of more rows than these, all of a table are asked for: a shorter question, and the same for many documents.
_MOST_LISTED_ROWS = 50


class DependencyLog:
    """What is read of a publication, noted until it is ``taken``."""

    def __init__(self, publication: Publication) -> None:
        self._tables = publication.tables
        # Of each table the cells that were read, by column, and the rows that were looked for.
        self.cell_keys = {
            name: {column: set[str]() for column in table.spec.columns} for name, table in self._tables.items()
        }
        self.row_keys = {name: set[str]() for name in self._tables}
        self._dependencies = dict[tuple[str, ...], None]()

    def add_dependency(self, *question: str) -> None:
        """Note what was asked."""
        self._dependencies[question] = None

    def take_dependencies(self) -> list[Dependency]:
        """What was read since this was asked last."""
        found: list[Dependency] = [[*question] for question in sorted(self._dependencies)]
        for name, table in self._tables.items():
            found += _list_table_dependencies(name, table, self.row_keys[name], self.cell_keys[name])
            self.row_keys[name].clear()
            for keys in self.cell_keys[name].values():
                keys.clear()
        self._dependencies.clear()
        return found


def _list_table_dependencies(
    name: str, table: Table, sought: Collection[str], cells: dict[str, set[str]]
) -> Iterable[Dependency]:
    if len(sought) > _MOST_LISTED_ROWS:
        yield ["rows", name]
    elif sought:
        yield ["row", name, sorted(sought)]
    columns = defaultdict[tuple[str, ...], list[str]](list)
    for column, keys in cells.items():
        if len(keys) > _MOST_LISTED_ROWS or len(keys) == len(table.by_key) > 1:
            yield ["column", name, column]
        elif keys:
            columns[tuple(sorted(keys))].append(column)
    for among, read in columns.items():
        yield ["cells", name, read, [*among]]


class DependencyValues:
    """What a publication says to questions; of what many ask, once."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._digests = dict[tuple[str, ...], str]()

    def digest(self, questions: Iterable[Dependency]) -> str:
        """One hash of all that it says to these."""
        return hash_of("".join(map(self._value_digest, questions)).encode())

    def _value_digest(self, question: Dependency) -> str:
        if question[0] in ("row", "cells"):  # which no other document asks
            return repr(self._find_value(*question))
        if (known := tuple(question)) not in self._digests:
            self._digests[known] = hash_of(repr(self._find_value(*question)).encode())
        return self._digests[known]

    def _find_value(self, kind: str, of: str = "", *more: Any) -> object:
        whole = self._publication
        match kind:
            case "value":
                return str(whole.values[of])
            case "figure":
                return str(whole.figures[of].value)
            case "sources":
                return whole.figure_sources(of)
            case "derivation":
                return astuple(whole.derivation(of))
            case "document":
                one = whole.documents.get(of)
                return one and (one.brief.id, one.key)
            case "documents":
                return [*whole.documents]
            case "reason":
                return _visible_parts(whole.reasons.get(of))
            case "reasons":
                return [*whole.reasons]
            case _:
                return _find_table_value(whole.tables[of], kind, *more)


def _find_table_value(table: Table, kind: str, column: Any = "", among: Any = "") -> object:
    match kind:
        case "rows":
            return [*table.by_key]
        case "row":
            return [key in table.by_key for key in column]
        case "having":
            return table.find_keys(column, among)
        case "column":
            return {key: _visible_parts(row[column]) for key, row in table.by_key.items()}
        case "cells":
            rows = [table.by_key[key] for key in among]
            cells = [row[name] for name in column for row in rows]
            return cells if all(type(cell) is str for cell in cells) else [*map(_visible_parts, cells)]
    raise LookupError(f"no question is called '{kind}'")


def _visible_parts(text: str | None) -> object:
    """A text with all that a template can see of it: not where it stands."""
    if isinstance(text, TranslatedCell):
        return [text, text.language, text.column, text.value]
    return [text, text.language] if isinstance(text, Text) else text


@dataclass(frozen=True, slots=True)
class _PublicationProxy(Publication):
    """A publication whose values and cells are noted when they are read."""

    _original: Publication = dataclasses.field(kw_only=True)
    _log: DependencyLog = dataclasses.field(kw_only=True)

    def figure_sources(self, name: str) -> tuple[str, ...]:
        # To say on what a figure rests, cells are read that are not printed.
        self._log.add_dependency("sources", str(name))
        return self._original.figure_sources(name)

    def derivation(self, name: str) -> Derivation:
        # To count the rows on which a figure rests, cells are read that are not printed.
        self._log.add_dependency("derivation", str(name))
        return self._original.derivation(name)


@dataclass(frozen=True, slots=True)
class _TableProxy(Table):
    """A table whose cells are noted when they are read; as printed, but not when rows are chosen by them."""

    _original: Table = dataclasses.field(kw_only=True)
    _log: DependencyLog = dataclasses.field(kw_only=True)

    def alike(self, column: str, key: str) -> list[str]:
        self._log.row_keys[self.spec.id].add(str(key))
        self._log.cell_keys[self.spec.id][column].add(str(key))
        return self.find_keys(column, self._original.by_key[key][column])

    def screen_reader_names(self, keys: Iterable[str]) -> list[str]:
        known = [*keys]
        for read in (
            self._log.row_keys[self.spec.id],
            self._log.cell_keys[self.spec.id][self.spec.name_column],
        ):
            read.update(known)
        return self._original.screen_reader_names(known)

    def find_keys(self, column: str, cell: str) -> list[str]:
        self._log.add_dependency("having", self.spec.id, str(column), str(cell))
        found = self._original.find_keys(column, cell)
        for one in found:
            self.by_key[one][column]
        return found


class _FigureProxy(Figure):
    """A figure whose value is noted when it is read; all else that it says is no value."""


def _read_figure_value(figure: Figure) -> Decimal | None:
    value: Decimal | None = figure.__dict__["value"]
    figure.__dict__["_note"](figure.id, value)
    return value


# Only now, for what makes a dataclass of it would take it for a default.
setattr(_FigureProxy, "value", property(_read_figure_value))  # noqa: B010 - to the type checker it is a field


def _create_figure_proxy(figure: Figure, note: Callable[[str, Decimal | None], None]) -> Figure:
    noted = object.__new__(_FigureProxy)
    noted.__dict__.update(figure.__dict__, _note=note)
    return noted


_T = TypeVar("_T")


class DependencyTracker:
    """Notes what is read from its ``publication``: ``taken`` gives name and plain value of each.

    ``asked`` gives all that was read, printed or not, as questions.
    """

    def __init__(self, publication: Publication) -> None:
        self._printed_values: dict[str, str] = {}
        self._log = DependencyLog(publication)
        reads, fields = (
            self._log,
            {f.name: getattr(publication, f.name) for f in dataclasses.fields(publication)},
        )
        fields["values"] = _MappingProxy(publication.values, self._note_value)
        fields["figures"] = {
            name: _create_figure_proxy(figure, self._note_figure) for name, figure in publication.figures.items()
        }
        fields["tables"] = {name: self._create_table_proxy(table) for name, table in publication.tables.items()}
        for one, many in (("document", "documents"), ("reason", "reasons")):
            fields[many] = _IndexProxy(
                fields[many], partial(reads.add_dependency, one), partial(reads.add_dependency, many)
            )
        self.publication: Publication = _PublicationProxy(**fields, _original=publication, _log=reads)

    def reset(self) -> None:
        """Forget what was read of a document that could not be finished."""
        self._printed_values = {}
        self._log.take_dependencies()

    def take_printed_values(self) -> dict[str, str]:
        """What was read since this was asked last, by name."""
        seen, self._printed_values = self._printed_values, {}
        return dict(sorted(seen.items()))

    def take_dependencies(self) -> list[Dependency]:
        """All that was read since this was asked last."""
        return self._log.take_dependencies()

    def note_printed_value(self, name: str, value: str) -> None:
        """Note that a value was read."""
        self._printed_values[str(name)] = str(value)

    def _note_value(self, name: str, value: Decimal) -> None:
        self._log.add_dependency("value", str(name))
        self.note_printed_value(name, format_ledger_value(value))

    def _note_figure(self, name: str, value: Decimal | None) -> None:
        self._log.add_dependency("figure", str(name))
        if value is not None:
            self.note_printed_value(name, format_ledger_value(value))

    def _create_table_proxy(self, table: Table) -> Table:
        name = table.spec.id
        note = partial(self._note_cell, self._log.cell_keys[name], name, _list_printed_columns(table))
        rows = {key: _MappingProxy(row, partial(note, key)) for key, row in table.by_key.items()}
        noted = {id(row): rows[key] for key, row in table.by_key.items()}
        every = partial(self._log.add_dependency, "rows", name)
        return _TableProxy(
            table.spec,
            _SequenceProxy(every, [noted[id(row)] for row in table.rows]),
            _SequenceProxy(every, table.lines),
            _IndexProxy(rows, self._log.row_keys[name].add, every),
            _original=table,
            _log=self._log,
        )

    def _note_cell(
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
        self.note_printed_value(intern(format_cell_name(table, key, name)), cell)


def _list_printed_columns(table: Table) -> frozenset[str]:
    """The columns that are printed, all but keys and sources: which row it is, and where it comes from."""
    columns = table.spec.columns.items()
    return frozenset(name for name, one in columns if one.type != "sources" and name not in table.spec.key)


class _MappingProxy(dict[str, _T]):
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


class _IndexProxy(_MappingProxy[_T]):
    """A mapping of which it is noted, too, which names are looked for, and that all are looked at."""

    def __init__(self, values: Mapping[str, _T], seek: Callable[[str], None], every: Callable[[], None]) -> None:
        super().__init__(values, lambda name, value: seek(str(name)))
        self._note_lookup, self._note_iteration = seek, every

    def __contains__(self, name: object) -> bool:
        self._note_lookup(str(name))
        return super().__contains__(name)

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self:
            return default
        return self[name]

    def __iter__(self) -> Iterator[str]:
        self._note_iteration()
        return super().__iter__()

    def __reversed__(self) -> Iterator[str]:
        self._note_iteration()
        return super().__reversed__()

    def __len__(self) -> int:
        self._note_iteration()
        return super().__len__()

    def keys(self) -> Any:
        self._note_iteration()
        return super().keys()


class _SequenceProxy(tuple[_T, ...]):
    """Things in their order; that they are looked at is noted."""

    _note_iteration: Callable[[], None]

    def __new__(cls, every: Callable[[], None], items: Any) -> Any:
        """The same things."""
        new = super().__new__(cls, items)
        new._note_iteration = every
        return new

    def __radd__(self, others: tuple[Any, ...]) -> tuple[Any, ...]:
        return others + self[:]

    def __hash__(self) -> int:
        self._note_iteration()
        return super().__hash__()


def _wrap_method(name: str) -> Callable[..., Any]:
    plain = getattr(tuple, name)

    def noted(self: _SequenceProxy[Any], *given: Any) -> Any:
        self._note_iteration()
        return plain(self, *given)

    return noted


for _name in (
    "__iter__", "__getitem__", "__len__", "__contains__", "__add__", "__mul__", "__rmul__", "__repr__",
    "__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "count", "index",
):  # fmt: skip
    setattr(_SequenceProxy, _name, _wrap_method(_name))


def format_ledger_value(value: Decimal) -> str:
    """A figure's value as the ledger records it: ``133943``, ``12.5``."""
    return f"{value:f}"
