"""Check: a folder becomes a Publication, or the list of all its problems in one run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

from tipbrief.check.blocks import Brief, Document
from tipbrief.check.briefs import BriefCheck
from tipbrief.check.figures import Evaluation
from tipbrief.check.models import Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.check.references import References
from tipbrief.check.tables import counted, read_tables, row_sources
from tipbrief.check.texts import TextCheck, missing_characters
from tipbrief.language.spelling import Words, load_words
from tipbrief.load.places import Place
from tipbrief.load.schema import Reader
from tipbrief.load.yaml_nodes import Keyed, read_yaml
from tipbrief.problems import Problem, Problems

# What ``texts.yaml`` holds under which key.
_TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}


@dataclass(frozen=True, slots=True)
class Publication:
    """A checked dataset with its briefs."""

    folder: Path
    imprint: Imprint
    sources: Mapping[str, Source]
    figures: Mapping[str, Figure]
    values: Mapping[str, Decimal]
    tables: Mapping[str, Table]
    texts: Texts
    briefs: Mapping[str, Brief]
    documents: Mapping[str, Document]
    warnings: tuple[Problem, ...] = ()

    def figure_sources(self, name: str) -> tuple[str, ...]:
        """The ids of all sources on which a figure rests, in the order in which they are named."""
        figure = self.figures[name]
        found = [str(source) for source in figure.sources]
        if figure.cell:
            table = self.tables[figure.cell.table]
            found += row_sources(table, table.by_key[figure.cell.row])[:1]
        if figure.count and not found:
            table = self.tables[figure.count.table]
            found += table.spec.sources or [
                row_sources(table, row)[0] for row in counted(table, figure.count)
            ]
        for part in figure.sum:
            found += self.figure_sources(part)
        return tuple(dict.fromkeys(found))


def load(folder: Path, covered: Collection[int] | None = None) -> Publication:
    """Read and check a publication; ``Problems`` holds everything that is wrong with it.

    ``covered`` are the characters that the fonts have; without it they are not checked.
    """
    if not folder.is_dir():
        hint = "name its folder: --publication DIR"
        raise Problems(f"there is no publication in '{folder}'", hint=hint, kind="missing-folder")
    references = References()
    files = _Files(folder, references)
    imprint = files.read("publication.yaml", lambda r, n: r.record(Imprint, n, "the publication"))
    sources = files.entries("source", "sources.yaml", Source, needed=True)
    figures = files.entries("figure", "figures.yaml", Figure)
    specs = files.entries("table", "tables.yaml", TableSpec)
    texts = files.texts()
    briefs, whole = files.briefs()
    tables = read_tables(folder, specs, references)
    values = Evaluation(figures, tables, references).run()
    for group in _TEXT_GROUPS.values():
        for item in getattr(texts, group).values():
            references.check(item)
    of_texts = TextCheck(references, values, files.words(), covered)
    of_texts.check(imprint, figures, texts, specs, sources)
    of_briefs = BriefCheck(folder, references, tables)
    for brief in briefs.values():
        of_texts.check(brief, row=of_briefs.row_names(brief))
        of_briefs.check(brief, whole=brief.id in whole)
    documents = of_briefs.documents(briefs)
    if covered is not None:
        references.problems += _undrawable_cells(folder, tables.values(), covered)
    found = references.in_order()
    if imprint is None or any(problem.severity == "error" for problem in found):
        raise Problems(found)
    return Publication(
        folder, imprint, sources, figures, values, tables, texts, briefs, documents, tuple(found)
    )


@dataclass
class _Files:
    """Reads the files of a publication; their faults and the names in them go into ``references``."""

    folder: Path
    references: References

    def read(self, name: str, read: Callable[[Reader, Keyed], Any]) -> Any:
        """What a file holds; None where it cannot be read."""
        reader = Reader(self.references.problems)
        try:
            return read(reader, read_yaml(self.folder / name))
        except Problems as found:
            self.references.problems += found.problems
            return None

    def entries(self, what: str, name: str, kind: Any, *, needed: bool = False) -> dict[str, Any]:
        """The entries of a file by their names; each is a ``what``."""

        def read(reader: Reader, node: Keyed) -> Any:
            self.references.names[what] = node.items.keys()
            return reader.read(Mapping[str, kind], node, f"'{name}'")

        absent = not needed and not (self.folder / name).exists()
        self.references.names[what] = () if absent else None
        return {} if absent else self.read(name, read) or {}

    def texts(self) -> Texts:
        """The texts; none where there is no such file."""

        def read(reader: Reader, node: Keyed) -> Any:
            misspelt = not node.items.keys() <= {*_TEXT_GROUPS.values()}
            for what, key in _TEXT_GROUPS.items():
                group = node.items.get(key)
                absent = None if misspelt or group else ()
                names[what] = group.items.keys() if isinstance(group, Keyed) else absent
            return reader.record(Texts, node, "the texts")

        names, there = self.references.names, (self.folder / "texts.yaml").exists()
        names.update(dict.fromkeys(_TEXT_GROUPS, None if there else ()))
        return (self.read("texts.yaml", read) if there else None) or Texts(place=Place(self.folder))

    def briefs(self) -> tuple[dict[str, Brief], set[str]]:
        """The briefs that can be read, and the names of those that were read without a fault."""
        briefs: dict[str, Brief] = {}
        whole: set[str] = set()
        paths = sorted((self.folder / "briefs").glob("*.yaml"))
        if not paths:
            message, hint = "the publication has no brief", "add briefs/NAME.yaml"
            self.references.add(Problem(message, self.folder / "briefs", hint=hint, kind="no-brief"))
        for path in paths:
            name, before = path.stem, len(self.references.problems)

            def read(reader: Reader, node: Keyed, name: str = name) -> Any:
                return reader.record(Brief, node, "the brief", id=name)

            if brief := self.read(f"briefs/{path.name}", read):
                briefs[name] = brief
                if len(self.references.problems) == before:
                    whole.add(name)
        return briefs, whole

    def words(self) -> Words | None:
        """The word lists for the check of spelling; None where the publication's own cannot be read."""
        accepted = self.folder / "words.txt"
        try:
            return load_words(*([accepted] if accepted.exists() else []))
        except Problems as raised:
            self.references.problems += [replace(problem, kind="word-list") for problem in raised.problems]
            return None


def _undrawable_cells(folder: Path, tables: Iterable[Table], covered: Collection[int]) -> Iterable[Problem]:
    for table in tables:
        for index, row in enumerate(table.lines):
            yield from missing_characters("".join(row.cells), table.place(folder, index), covered)
