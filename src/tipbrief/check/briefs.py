"""The checks of the briefs: their names and rows, their blocks, and what these want of the dataset."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from tipbrief.check.blocks import Brief, Document, SourcesBlock, every_block
from tipbrief.check.models import Table
from tipbrief.check.pictures import coarse
from tipbrief.check.references import KnownNames, References, is_printable
from tipbrief.check.texts import every_text, unknown_references
from tipbrief.load.places import Place
from tipbrief.load.schema import Rich
from tipbrief.problems import Problem

_ROW_CELL = re.compile(r"\{row\.([^.{}]+)\}")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def documents_of(briefs: Mapping[str, Brief], references: References) -> dict[str, Document]:
    """What the briefs print; names of files that clash or cannot be are problems."""
    found: dict[str, Document] = {}
    taken: dict[str, str] = {}
    for brief in briefs.values():
        for document, place in _placed_documents(brief, references):
            if other := taken.get(document.name.casefold()):
                message = f"the documents '{other}' and '{document.name}' would have the same file name"
                hint = "files are named after briefs and keys: change one of them"
                references.add(place.problem(message, hint, kind="file-name"))
            taken[document.name.casefold()] = document.name
            found[document.name] = document
    return found


def _placed_documents(brief: Brief, references: References) -> Iterator[tuple[Document, Place]]:
    """The documents of a brief, each with where it is asked for: its line of the table, or the brief."""
    if brief.for_each is None:
        yield Document(brief.id, brief), brief.place
    elif references.known((brief.for_each,), "table") and (table := references.tables.get(brief.for_each)):
        if not table.rows:
            message = f"the table '{brief.for_each}' has no row, and '{brief.id}' no document"
            hint = "add a row, or remove the brief"
            references.add(brief.for_each.problem(message, hint, kind="no-document"))
        named = _ROW_CELL.fullmatch(brief.title.strip())
        places = {id(row): line.place for row, line in zip(table.rows, table.lines, strict=True)}
        for key, row in table.by_key.items():
            name, place = key.replace(",", "-"), places[id(row)]
            document = Document(f"{brief.id}-{name}", brief, key)
            if not _FILE_NAME.fullmatch(name):
                message = f"the key '{key}' cannot be a part of a file's name, as '{brief.id}' needs it"
                hint = "write at most 60 Latin letters, digits, - and _"
                references.add(place.problem(message, hint, kind="file-name"))
            if named and row.get(named[1]) == "":
                message = f"the row '{key}' has no '{named[1]}', which is the title of '{document.name}'"
                references.add(place.problem(message, "fill in the cell", kind="no-title"))
            yield document, place


def row_names(brief: Brief, tables: Mapping[str, Table]) -> KnownNames:
    """What the texts of a brief may print of the document's row: ``name``, ``region.name``."""
    if brief.for_each is None:
        return ()
    if (table := tables.get(brief.for_each)) is None:
        return None
    columns = table.spec.columns
    # A column such as name.ps is printed in its language, for the one before the dot.
    names = [name for name, one in columns.items() if is_printable(one, tables) and "." not in name]
    for name, column in columns.items():
        if column.table and column.table in tables:
            names += [f"{name}.{further}" for further in tables[column.table].spec.columns]
    return names


def row_faults(
    briefs: Mapping[str, Brief], texts: Mapping[str, Mapping[str, Any]], references: References
) -> Iterator[Problem]:
    """What is wrong with the columns that texts print of a document's row, in all briefs that print them.

    ``texts`` are the texts of each kind, by name. What no brief prints has no row.
    """
    unused = {id(one): one for group in texts.values() for one in group.values()}
    for brief in briefs.values():
        row, known = row_names(brief, references.tables), replace(references, for_each=brief.for_each)
        printed: list[Any] = []
        for block in every_block(brief.blocks):
            for what, group in texts.items():
                printed += (group[name] for name in known.named(block, what) if name in group)
        for one in {id(one): one for one in printed}.values():
            unused.pop(id(one), None)
            for text in every_text(one):
                if isinstance(text, Rich):
                    yield from unknown_references(text, None, None, row)
    for text in every_text(list(unused.values())):
        if isinstance(text, Rich):
            yield from unknown_references(text, None, None, ())


def faults_of(brief: Brief, references: References, *, whole: bool) -> Iterator[Problem]:
    """What is wrong with a brief's blocks; only a ``whole`` one, read without a fault, must have sources."""
    blocks = list(every_block(brief.blocks))
    for block in blocks:
        if block.needs_row:
            yield from references.no_row(block)
        yield from references.faults(block)
        yield from block.faults(references)
    yield from coarse(brief.blocks, references.pictures)
    cited = [index for index, block in enumerate(blocks) if isinstance(block, SourcesBlock)]
    if not cited and whole:
        message, hint = "the brief prints no sources", "end the blocks with '- sources: …'"
        yield brief.blocks[-1].place.problem(message, hint, kind="no-sources")
    elif cited and cited[0] != len(blocks) - 1:
        message, hint = "the sources must be the last block", "they number what stands above them"
        yield blocks[cited[0]].place.problem(message, hint, kind="sources-not-last")
