"""What the blocks of one brief may refer to, and the rules that several kinds of blocks share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tipbrief.check.models import Table
from tipbrief.check.references import References, marks
from tipbrief.load.places import Text
from tipbrief.problems import Problem


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A mark in an annotation: the text names a column of the table that the field ``table`` names.

    None is the table of the document's row: the brief must have ``for_each``. The column must be of the
    ``type``; where it is ``drawn``, its choices need a look. Each of its cells that is not empty names a
    ``cells``, such as a prose. With ``path`` it may be ``key.column``: a column of the row to which a key
    column points.
    """

    table: str | None = "table"
    type: str = ""
    cells: str = ""
    drawn: bool = False
    path: bool = False


_LOOK_HINT = "add 'short', 'colour' and 'text_colour'"
_WRONG_TYPE = {
    "choice": ("has no choices", "name a column that has 'choices' in tables.yaml"),
    "number": ("has no numbers", "type: number"),
}


@dataclass(frozen=True, slots=True)
class Scope:
    """What the blocks of a brief may refer to: names, tables, and, with ``for_each``, the document's row."""

    references: References
    tables: Mapping[str, Table]
    for_each: Text | None = None

    def faults(self, block: Any) -> Iterator[Problem]:
        """What is wrong with the references in a block's fields, and with its need of a row."""
        if block.needs_row:
            yield from self.no_row(block)
        yield from self.references.faults(block)
        for mark, name in marks(block):
            if isinstance(mark, ColumnOf):
                yield from self._column(block, mark, name)

    def no_row(self, block: Any) -> Iterator[Problem]:
        """The problem of a block that needs a row in a brief that has none."""
        if self.for_each is None:
            message = f"'{block.kind}' needs a row, and the brief has none"
            yield block.place.problem(message, "add 'for_each: TABLE' to the brief", kind="no-row")

    def _column(self, block: Any, mark: ColumnOf, name: Text) -> Iterator[Problem]:
        if mark.table is None:
            yield from self.no_row(block)
        table = self.tables.get((self.for_each or "") if mark.table is None else getattr(block, mark.table))
        if table is None:
            return
        first, _, further = name.partition(".") if mark.path else (name, "", "")
        column = table.spec.columns.get(first)
        if column is None:
            yield from self.references.unknown((Text(first, name.place),), "column", table.spec.columns)
        elif mark.type and not (column.choices if mark.type == "choice" else column.type == mark.type):
            what, hint = _WRONG_TYPE.get(mark.type, (f"has no {mark.type}", f"type: {mark.type}"))
            message = f"the column '{name}' {what}{' to draw' if mark.drawn else ''}"
            yield name.problem(message, hint, kind="column-type")
        elif mark.drawn:
            for choice in column.choices.values():
                if not (choice.short and choice.colour and choice.text_colour):
                    message, hint = f"'{choice.label}' is drawn, and has no look", _LOOK_HINT
                    yield choice.place.problem(message, hint, kind="no-look")
        elif mark.cells:
            cells = (Text(row[name], line.place) for row, line in zip(table.rows, table.lines, strict=True))
            yield from self.references.unknown(filter(None, cells), mark.cells)
        elif further and column.table is None:
            message = f"the column '{first}' points to no table"
            yield name.problem(message, "type: key, table: NAME", kind="column-type")
        elif further and (target := self.tables.get(column.table or "")):
            named = (Text(further, name.place),)
            yield from self.references.unknown(named, "column", target.spec.columns)
