"""The checks of the briefs: their names and rows, their blocks, and what these want of the dataset."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tipbrief.check.blocks import (
    EACH,
    BadgeBlock,
    Block,
    Brief,
    Document,
    FactsBlock,
    ListBlock,
    MapChart,
    MeaningsBlock,
    MemberBlock,
    NoteBlock,
    ShareChart,
    SourcesBlock,
    StripChart,
    YearsChart,
    every_block,
)
from tipbrief.check.findings import Findings
from tipbrief.check.models import Table
from tipbrief.load.places import Place, Text

_ROW_CELL = re.compile(r"\{row\.([^.{}]+)\}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


# Which fields of a block name something, and what.
_REFERRED = {
    "prose": "prose",
    "intro": "prose",
    "figures": "figure",
    "table": "table",
    "latest": "table",
    "outline": "table",
    "quotation": "quotation",
    "definition": "definition",
    "events": "event",
}


def _listed(given: Text | tuple[Text, ...] | None) -> tuple[Text, ...]:
    return () if given is None else (given,) if isinstance(given, Text) else given


@dataclass(frozen=True, slots=True)
class BriefCheck:
    """Finds what is wrong with briefs, beside the tables of their dataset."""

    folder: Path
    found: Findings
    tables: Mapping[str, Table]

    def documents(self, briefs: Mapping[str, Brief]) -> dict[str, Document]:
        """What the briefs print; names of files that clash or cannot be are problems."""
        found: dict[str, Document] = {}
        taken: dict[str, str] = {}
        for brief in briefs.values():
            for document in self._documents_of(brief):
                if other := taken.get(document.name.casefold()):
                    hint = "files are named after briefs and keys: change one of them"
                    message = f"the documents '{other}' and '{document.name}' would have the same file name"
                    self.found.add(self._place_of(document).problem(message, hint))
                taken[document.name.casefold()] = document.name
                found[document.name] = document
        return found

    def _documents_of(self, brief: Brief) -> Iterator[Document]:
        if brief.for_each is None:
            yield Document(brief.id, brief)
        elif self.found.known((brief.for_each,), "table") and (table := self.tables.get(brief.for_each)):
            if not table.rows:
                message = f"the table '{brief.for_each}' has no row, and '{brief.id}' no document"
                self.found.add(brief.for_each.problem(message, "add a row, or remove the brief"))
            for key in table.by_key:
                name = key.replace(",", "-")
                document = Document(f"{brief.id}-{name}", brief, key)
                if not _FILE_NAME.fullmatch(name):
                    message = f"the key '{key}' cannot be a part of a file's name, as '{brief.id}' needs it"
                    hint = "write at most 60 Latin letters, digits, - and _"
                    self.found.add(self._place_of(document).problem(message, hint))
                named = _ROW_CELL.fullmatch(brief.title.strip())
                if named and table.by_key[key].get(named[1]) == "":
                    message = f"the row '{key}' has no '{named[1]}', which is the title of '{document.name}'"
                    self.found.add(self._place_of(document).problem(message, "fill in the cell"))
                yield document

    def _place_of(self, document: Document) -> Place:
        """Where a document is asked for: the line of its row, or its brief."""
        if document.brief.for_each is None:
            return document.brief.place
        table = self.tables[document.brief.for_each]
        line = table.lines[table.rows.index(table.by_key[document.key])]
        return Place(self.folder / table.spec.file, line.line, 1, line.end)

    def row_names(self, brief: Brief) -> Collection[str] | None:
        """What the texts of a brief may print of the document's row: ``name``, ``region.name``."""
        if brief.for_each is None:
            return ()
        if (table := self.tables.get(brief.for_each)) is None:
            return None
        names = list(table.spec.columns)
        for name, column in table.spec.columns.items():
            if column.table and column.table in self.tables:
                names += [f"{name}.{further}" for further in self.tables[column.table].spec.columns]
        return names

    def check(self, brief: Brief, *, whole: bool) -> None:
        """Find what is wrong with a brief; only a ``whole`` one, read without a fault, must have sources."""
        blocks = list(every_block(brief.blocks))
        for block in blocks:
            self._row_of(block, brief)
            for name, what in _REFERRED.items():
                self.found.known(_listed(getattr(block, name, None)), what)
            if isinstance(block, SourcesBlock):
                self.found.known(_listed(block.note), "prose")
            elif table := self.tables.get(getattr(block, "table", "")):
                self._columns(block, table)
        cited = [index for index, block in enumerate(blocks) if isinstance(block, SourcesBlock)]
        if not cited and whole:
            hint = "end the blocks with '- sources: …'"
            self.found.add(brief.blocks[-1].place.problem("the brief prints no sources", hint))
        elif cited and cited[0] != len(blocks) - 1:
            hint = "they number what stands above them"
            self.found.add(blocks[cited[0]].place.problem("the sources must be the last block", hint))

    def _row_of(self, block: Block, brief: Brief) -> None:
        """What a block needs of the document's row, which only a brief with ``for_each`` has."""
        table = self.tables.get(brief.for_each) if brief.for_each else None
        within = getattr(block, "within", None)
        each = isinstance(block, StripChart) and block.row == EACH
        of_row = (BadgeBlock, MemberBlock, NoteBlock, FactsBlock)
        if isinstance(block, of_row) or within or each:
            if brief.for_each is None:
                hint = "add 'for_each: TABLE' to the brief"
                self.found.add(
                    block.place.problem(f"'{block.kind}' needs a row, and the brief has none", hint)
                )
            elif table and isinstance(block, BadgeBlock):
                self._choices(block.by, table)
                self.found.known(tuple(block.meanings.values()), "prose")
            elif table and isinstance(block, NoteBlock):
                if self.found.known((block.column,), "column", table.spec.columns):
                    self._texts(block.column, table)
            elif table and within:
                self.found.known((within,), "column", table.spec.columns)
        if isinstance(block, MemberBlock):
            self.found.known(_listed(block.otherwise), "prose")
        if isinstance(block, FactsBlock):
            self.found.known(_listed(block.none), "prose")
        if isinstance(block, MeaningsBlock):
            self.found.known(tuple(block.meanings.values()), "prose")

    def _columns(self, block: Block, table: Table) -> None:
        columns = table.spec.columns
        for name in ("note", "column", "part", "columns", "text"):
            self.found.known(_listed(getattr(block, name, None)), "column", columns)
        if isinstance(block, ListBlock):
            self._shown(block.show, table)
        elif isinstance(block, StripChart):
            self._strip(block, table)
        elif isinstance(block, YearsChart):
            self._years(block, table)
        elif isinstance(block, (ShareChart, MapChart, MeaningsBlock)):
            self._choices(block.by, table)
        elif isinstance(block, FactsBlock) and block.text in columns:
            self._texts(block.text, table)

    def _texts(self, column: Text, table: Table) -> None:
        """Each cell of the column names a text, or is empty."""
        for line, row in zip(table.lines, table.rows, strict=True):
            if cell := row[column]:
                place = Place(self.folder / table.spec.file, line.line, 1, line.end)
                self.found.known((Text(cell, place),), "prose")

    def _choices(self, by: Text, table: Table) -> None:
        columns = table.spec.columns
        if self.found.known((by,), "column", columns) and not columns[by].choices:
            hint = "name a column that has 'choices' in tables.yaml"
            self.found.add(by.problem(f"the column '{by}' has no choices to draw", hint))
        for choice in columns[by].choices.values() if by in columns else ():
            if not (choice.short and choice.colour and choice.text_colour):
                hint = "add 'short', 'colour' and 'text_colour'"
                self.found.add(choice.place.problem(f"'{choice.label}' is drawn, and has no look", hint))

    def _years(self, block: YearsChart, table: Table) -> None:
        columns = table.spec.columns
        for name in filter(None, (block.column, block.part)):
            if name in columns and columns[name].type != "number":
                self.found.add(name.problem(f"the column '{name}' has no numbers to draw", "type: number"))
        if min(block.every, block.height) < 1:
            self.found.add(block.place.problem("'every' and 'height' must be 1 or more", "such as every: 5"))
        if "year" not in columns or columns["year"].type != "year":
            hint = "add it to the table, with 'type: year'"
            self.found.add(block.table.problem(f"the table '{block.table}' has no column 'year'", hint))
        elif block.table not in self.found.doubtful and not any(
            row.get(block.column) for row in table.rows if int(row["year"]) >= block.start
        ):
            message = f"'{block.column}' has no number in {block.start} or later"
            self.found.add(block.column.problem(message, "start earlier"))

    def _strip(self, block: StripChart, table: Table) -> None:
        self._choices(block.by, table)
        columns, key = table.spec.columns, table.spec.key
        basis = (block.basis,) if block.basis else ()
        if self.found.known(basis, "column", columns) and basis and not columns[basis[0]].choices:
            hint = "name a column that has 'choices' in tables.yaml"
            self.found.add(basis[0].problem(f"the column '{basis[0]}' has no choices", hint))
        if len(key) != 2 or columns[key[1]].type != "year":
            hint = "its key must be two columns: whose row it is, and the year"
            self.found.add(block.table.problem(f"the table '{block.table}' has no row for each year", hint))
        if block.start > block.end:
            self.found.add(
                block.place.problem(f"the strip starts in {block.start}, after its end", "start earlier")
            )
        if latest := self.tables.get(block.latest):
            self._choices(block.by, latest)
            if block.row != EACH:
                self.found.known((block.row,), "row", latest.by_key)

    def _shown(self, show: Text, table: Table) -> None:
        """``column``, or ``key.column``: a column of the row to which a key column points."""
        name, _, further = show.partition(".")
        if not self.found.known((Text(name, show.place),), "column", table.spec.columns) or not further:
            return
        pointed = table.spec.columns[name].table
        if pointed is None:
            hint = "type: key, table: NAME"
            self.found.add(show.problem(f"the column '{name}' points to no table", hint))
        elif target := self.tables.get(pointed):
            self.found.known((Text(further, show.place),), "column", target.spec.columns)
