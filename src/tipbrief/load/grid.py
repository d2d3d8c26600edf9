"""Grids: the header and rows of a table, whatever file they come from, each cell with its place."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

from tipbrief.load.places import Place


class Layout(Protocol):
    """How a kind of file lays out its rows."""

    def place(self, row: Place, column: int) -> Place:
        """Where a cell of a row stands; its columns count from 0."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A cell of a workbook that is no text: its ``kind``, and the format in which it is shown.

    The kinds are number, date, bool, error, and formula: one without a value.
    """

    kind: str
    format: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a table: its cells, and ``at`` which columns of the file they stand."""

    cells: tuple[str, ...]
    place: Place
    layout: Layout
    at: tuple[int, ...]
    stored: Mapping[int, Stored] = field(default_factory=dict)

    def cell(self, column: int) -> Place:
        """Where a cell stands. It is looked for only when somebody asks."""
        return self.layout.place(self.place, self.at[column])

    def parts(self) -> Iterator[tuple[str, Place]]:
        """All that is written in the row: in a workbook cell by cell, since only a text can be searched."""
        if self.place.sheet:
            yield from ((cell, self.cell(column)) for column, cell in enumerate(self.cells))
        else:
            yield "\t".join(self.cells), self.place

    def picked(self, columns: Sequence[int]) -> "Row":
        """The row with these of its cells alone."""
        stored = {now: self.stored[was] for now, was in enumerate(columns) if was in self.stored}
        cells, at = tuple(self.cells[one] for one in columns), tuple(self.at[one] for one in columns)
        return replace(self, cells=cells, at=at, stored=stored)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table's file: header and rows, all rows as wide as the header; and what is wrong inside it.

    ``merged`` are the first and last row and column of cells that were made one.
    """

    file: Path
    head: Row
    rows: tuple[Row, ...]
    merged: tuple[tuple[int, int, int, int], ...] = ()
    hidden: frozenset[int] = frozenset()
    others: tuple[str, ...] = ()  # sheets of the workbook that are not this one

    @property
    def header(self) -> tuple[str, ...]:
        """The names of the columns."""
        return self.head.cells

    def picked(self, columns: Sequence[int], names: Sequence[str]) -> "Grid":
        """The grid with these of its columns alone, under these names."""
        head = replace(self.head.picked(columns), cells=tuple(names))
        if [*columns] == [*range(len(self.header))]:  # all of them, as they stand: the rows are these
            return replace(self, head=head)
        return replace(self, head=head, rows=tuple(row.picked(columns) for row in self.rows))
