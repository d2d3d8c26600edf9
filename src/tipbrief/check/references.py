"""The names that are known, and what leads nowhere."""

import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from tipbrief.check.contrast import faint_choice
from tipbrief.check.models import Column, ColumnOf, Refers, Source, Table
from tipbrief.check.shapes import MapShelf, Shapes
from tipbrief.load.places import Text
from tipbrief.load.schema import annotations_of
from tipbrief.problems import Found, Problem, Problems, first_of, nearest

# Names that may be referred to; None where the file that holds them cannot be read.
KnownNames = Collection[str] | None
_FEW = 5  # names in a message
_LOOK_HINT = "add 'short', 'colour' and 'text_colour'"
_WRONG_TYPE = {
    "choice": ("has no choices", "name a column that has 'choices' in tables.yaml"),
    "number": ("has no numbers", "type: number"),
}


@dataclass
class References:
    """The names that stand in each file, faulty entries too, the tables, and the problems found so far.

    The names of a file that cannot be read are None: otherwise one fault in ``sources.yaml`` would make every
    reference to a source look wrong. The tables in ``doubtful`` have faulty rows: what is counted or read
    from them would be wrong, too. ``for_each`` names the table of the document's row, inside a brief that
    has one.
    """

    problems: Found = field(default_factory=Found)
    names: dict[str, KnownNames] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)
    sources: Mapping[str, Source] = field(default_factory=dict)
    maps: MapShelf = field(default_factory=MapShelf)
    for_each: Text | None = None
    pictures: Mapping[str, Any] = field(default_factory=dict)

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        self.problems.append(problem)

    def known(self, names: Iterable[Text], what: str, among: KnownNames = None) -> bool:
        """Whether all names are known; an unknown one is noted as a problem."""
        before = len(self.problems)
        self.problems += self.unknown(names, what, among)
        return len(self.problems) == before

    def unknown(self, names: Iterable[Text], what: str, among: KnownNames = None) -> Iterator[Problem]:
        """A problem for each name that is not one of a ``what``, or not one ``among`` these."""
        known = self.names.get(what) if among is None else among
        for name in names:
            if known is not None and name not in known:
                message, hint = f"there is no {what} '{name}'", nearest(name, known)
                yield name.place.problem(message, hint, kind=f"unknown-{what}", token=name)

    def faults(self, model: Any) -> Iterator[Problem]:
        """A problem for each reference in a model's fields that leads nowhere."""
        annotations = annotations_of(model.__class__)
        for declared in fields(model):
            for mark, name in _marked_texts(annotations[declared.name], getattr(model, declared.name)):
                if isinstance(mark, Refers) and mark.row and name.startswith("row."):
                    yield from self._row_number(model, name)
                elif isinstance(mark, Refers):
                    yield from self.unknown((name,), mark.what)
                elif isinstance(mark, ColumnOf):
                    yield from self._column(model, mark, name)

    def one_key(self, name: Text, key: str = "") -> Iterator[Problem]:
        """The problem of a table with a key of several columns, or with another than ``key``."""
        table = self.tables.get(name)
        if table and (len(table.spec.key) > 1 or (key and table.spec.key != (key,))):
            message = (
                f"the table '{name}' has the key {', '.join(table.spec.key)}: a row for each is drawn here"
            )
            hint = (
                f"name a table whose key is '{key}' alone" if key else "name a table whose key is one column"
            )
            yield name.problem(message, hint, kind="key-columns")

    def no_years(self, name: Text) -> Iterator[Problem]:
        """The problem of a table without a column of years."""
        table = self.tables.get(name)
        column = table.spec.columns.get("year") if table else None
        if table and (column is None or column.type != "year"):
            message = f"the table '{name}' has no column 'year'"
            yield name.problem(message, "add it to the table, with 'type: year'", kind="no-years")

    def not_each_year(self, name: Text) -> Iterator[Problem]:
        """The problem of a table that has not somebody's row for each year."""
        table = self.tables.get(name)
        if table and (len(table.spec.key) != 2 or table.spec.columns[table.spec.key[1]].type != "year"):
            message = f"the table '{name}' has no row for each year"
            hint = "its key must be two columns: whose row it is, and the year"
            yield name.problem(message, hint, kind="no-years")

    def not_each_row(self, name: Text) -> Iterator[Problem]:
        """The problem of a table that has not all rows for which there are documents."""
        table, documents = self.tables.get(name), self.tables.get(self.for_each or "")
        if table and documents and (gone := [key for key in documents.by_key if key not in table.by_key]):
            message = f"the table '{name}' has no row for {first_of(gone, _FEW)}"
            yield name.problem(message, f"it needs all rows of '{self.for_each}'", kind="unknown-row")

    def shapes_of(self, name: Text, key: str | None) -> Shapes | None:
        """The shapes that a map draws; what is wrong with their file is told once."""
        try:
            return self.maps.shapes(name, key)
        except Problems as raised:
            self.problems += [one for one in raised.problems if one not in self.problems]
            return None

    def no_label(self, name: str, columns: Iterable[Text]) -> Iterator[Problem]:
        """The problem of each of these columns that has no name for readers."""
        for column in columns:
            declared = self._declared(name, column)
            if declared and not declared.label:
                message = f"the column '{column}' is printed, and has no name for readers"
                yield declared.place.problem(message, "add 'label: …'", kind="no-label")

    def _declared(self, name: str, path: str) -> Column | None:
        """The column of a table, or ``key.column`` of the table to which the key points."""
        table, (first, _, further) = self.tables.get(name), path.partition(".")
        column = table.spec.columns.get(first) if table else None
        return self._declared(column.table or "", further) if column and further else column

    def no_row(self, block: Any) -> Iterator[Problem]:
        """The problem of a block that needs a row in a brief that has none."""
        if self.for_each is None:
            message = f"'{block.kind}' needs a row, and the brief has none"
            yield block.place.problem(message, "add 'for_each: TABLE' to the brief", kind="no-row")

    def _row_number(self, block: Any, name: Text) -> Iterator[Problem]:
        """What is wrong with ``row.column`` in the place of a figure; its column's label is printed, too."""
        path = Text(name.removeprefix("row."), name.place)
        yield from self._column(block, ColumnOf(None, "number", path=True), path)
        if (column := self._declared(self.for_each or "", path)) and column.type == "number":
            yield from self.no_label(self.for_each or "", (path,))

    def named(self, model: Any, what: str) -> Iterator[Text]:
        """The names of a ``what`` in a model's fields, and in the cells of a column that they name."""
        annotations = annotations_of(model.__class__)
        for declared in fields(model):
            for mark, name in _marked_texts(annotations[declared.name], getattr(model, declared.name)):
                if isinstance(mark, Refers) and mark.what == what:
                    yield name
                elif isinstance(mark, ColumnOf) and mark.cells == what:
                    of = (self.for_each or "") if mark.table is None else getattr(model, mark.table)
                    rows = self.tables[of].rows if of in self.tables else ()
                    yield from (Text(row[name], name.place) for row in rows if row.get(name))

    def _column(self, block: Any, mark: ColumnOf, name: Text) -> Iterator[Problem]:
        if mark.table is None:
            yield from self.no_row(block)
        table = self.tables.get((self.for_each or "") if mark.table is None else getattr(block, mark.table))
        if table is None:
            return
        first, _, further = name.partition(".") if mark.path else (name, "", "")
        column = table.spec.columns.get(first)
        if column is None:
            yield from self.unknown((Text(first, name.place),), "column", table.spec.columns)
        elif mark.type and not (column.choices if mark.type == "choice" else column.type == mark.type):
            what, hint = _WRONG_TYPE.get(mark.type, (f"has no {mark.type}", f"type: {mark.type}"))
            message = f"the column '{name}' {what}{' to draw' if mark.drawn else ''}"
            yield name.problem(message, hint, kind="column-type")
        elif mark.drawn:
            if any(row[first].startswith("-") for row in table.rows):
                message = f"the column '{name}' has numbers less than 0, which are not drawn"
                yield name.problem(message, "print them in a table", kind="negative")
            for choice in column.choices.values():
                if not (choice.short and choice.colour and choice.text_colour):
                    message, hint = f"'{choice.label}' is drawn, and has no look", _LOOK_HINT
                    yield choice.place.problem(message, hint, kind="no-look")
                yield from faint_choice(choice)
            yield from _alike(column)
        elif mark.printed and not further and not is_printable(column, self.tables):
            what = (
                f"keys of '{column.table}', which has no column of text" if column.table else "ids, not words"
            )
            hint = (
                "add such a column there" if column.table else "leave it out: sources are cited by themselves"
            )
            yield name.problem(f"the column '{name}' holds {what}", hint, kind="column-type")
        elif mark.cells:
            cells = (Text(row[name], line.place) for row, line in zip(table.rows, table.lines, strict=True))
            yield from self.unknown(filter(None, cells), mark.cells)
        elif further and column.table is None:
            message = f"the column '{first}' points to no table"
            yield name.problem(message, "type: key, table: NAME", kind="column-type")
        elif further and (target := self.tables.get(column.table or "")):
            yield from self.unknown((Text(further, name.place),), "column", target.spec.columns)


def _alike(column: Column) -> Iterator[Problem]:
    """A problem for each choice that readers cannot tell from one before it."""
    for what in ("label", "short", "colour"):
        seen: dict[tuple[str, bool], str] = {}
        for choice in column.choices.values():
            look = (str(getattr(choice, what)), what == "colour" and choice.hatched)
            if getattr(choice, what) and (other := seen.setdefault(look, choice.label)) is not choice.label:
                message = f"'{choice.label}' has the same '{what}' as '{other}' before it"
                hint = "readers cannot tell them apart: give each its own"
                yield choice.place.problem(message, hint, kind="alike")


def is_printable(column: Column, tables: Mapping[str, Table]) -> bool:
    """Whether a column's cells can be printed: no ids of sources, no keys of rows without a name."""
    target = tables.get(column.table or "")
    return column.type != "sources" and (target is None or bool(target.spec.naming))


def _marked_texts(annotation: Any, value: Any) -> Iterator[tuple[Any, Text]]:
    """The marks in the annotation of a field, each with a text that the field holds."""
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is Annotated:
        yield from ((mark, value) for mark in inner[1:] if isinstance(value, Text))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _marked_texts(inner[1], item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _marked_texts(inner[0], item)
    elif inner and value is not None:  # 'Text | None'
        yield from _marked_texts(inner[0], value)
