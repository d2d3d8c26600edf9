"""The checks of the briefs: their names and rows, their blocks, and what these want of the dataset."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tipbrief.check.blocks import Brief, Document, SourcesBlock, every_block
from tipbrief.check.models import Table
from tipbrief.check.references import References
from tipbrief.check.scope import Scope
from tipbrief.load.places import Place

_ROW_CELL = re.compile(r"\{row\.([^.{}]+)\}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


@dataclass(frozen=True, slots=True)
class BriefCheck:
    """Finds what is wrong with briefs, beside the tables of their dataset."""

    folder: Path
    references: References
    tables: Mapping[str, Table]

    def documents(self, briefs: Mapping[str, Brief]) -> dict[str, Document]:
        """What the briefs print; names of files that clash or cannot be are problems."""
        found: dict[str, Document] = {}
        taken: dict[str, str] = {}
        for brief in briefs.values():
            for document, place in self._documents_of(brief):
                if other := taken.get(document.name.casefold()):
                    message = f"the documents '{other}' and '{document.name}' would have the same file name"
                    hint = "files are named after briefs and keys: change one of them"
                    self.references.add(place.problem(message, hint, kind="file-name"))
                taken[document.name.casefold()] = document.name
                found[document.name] = document
        return found

    def _documents_of(self, brief: Brief) -> Iterator[tuple[Document, Place]]:
        """The documents of a brief, each with where it is asked for: its line of the table, or the brief."""
        if brief.for_each is None:
            yield Document(brief.id, brief), brief.place
        elif self.references.known((brief.for_each,), "table") and (table := self.tables.get(brief.for_each)):
            if not table.rows:
                message = f"the table '{brief.for_each}' has no row, and '{brief.id}' no document"
                hint = "add a row, or remove the brief"
                self.references.add(brief.for_each.problem(message, hint, kind="no-document"))
            named = _ROW_CELL.fullmatch(brief.title.strip())
            index = {id(row): at for at, row in enumerate(table.rows)}
            for key, row in table.by_key.items():
                name = key.replace(",", "-")
                document = Document(f"{brief.id}-{name}", brief, key)
                place = table.place(self.folder, index[id(row)])
                if not _FILE_NAME.fullmatch(name):
                    message = f"the key '{key}' cannot be a part of a file's name, as '{brief.id}' needs it"
                    hint = "write at most 60 Latin letters, digits, - and _"
                    self.references.add(place.problem(message, hint, kind="file-name"))
                if named and row.get(named[1]) == "":
                    message = f"the row '{key}' has no '{named[1]}', which is the title of '{document.name}'"
                    self.references.add(place.problem(message, "fill in the cell", kind="no-title"))
                yield document, place

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
        scope = Scope(self.folder, self.references, self.tables, brief.for_each)
        blocks = list(every_block(brief.blocks))
        for block in blocks:
            self.references.problems += [*scope.faults(block), *block.faults(scope)]
        cited = [index for index, block in enumerate(blocks) if isinstance(block, SourcesBlock)]
        if not cited and whole:
            message, hint = "the brief prints no sources", "end the blocks with '- sources: …'"
            self.references.add(brief.blocks[-1].place.problem(message, hint, kind="no-sources"))
        elif cited and cited[0] != len(blocks) - 1:
            message, hint = "the sources must be the last block", "they number what stands above them"
            self.references.add(blocks[cited[0]].place.problem(message, hint, kind="sources-not-last"))
