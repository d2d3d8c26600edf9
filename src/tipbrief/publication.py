"""Check: a folder becomes a Publication, or the list of all its problems in one run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tipbrief import models, persian, wording
from tipbrief.dataset import Keyed, Place, Row, Text, read_yaml
from tipbrief.findings import Findings
from tipbrief.models import Block, Brief, Cell, Count, Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.orthography import load_words
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.shape import Reader, Rich
from tipbrief.tables import count_rows, read_tables, row_sources

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_COLOUR = re.compile(r"#[0-9a-f]{6}")

T = TypeVar("T")


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
    warnings: tuple[Problem, ...] = ()

    def figure_sources(self, name: str) -> tuple[str, ...]:
        """The ids of all sources on which a figure rests, in the order in which they are named."""
        figure = self.figures[name]
        found = [str(source) for source in figure.sources]
        if figure.cell:
            table = self.tables[figure.cell.table]
            found += row_sources(table, table.by_key[figure.cell.row])[:1]
        if figure.count and not found:
            found += self.tables[figure.count.table].spec.sources
        for part in figure.sum:
            found += self.figure_sources(part)
        return tuple(dict.fromkeys(found))


def load(folder: Path, covered: Collection[int] | None = None) -> Publication:
    """Read and check a publication; ``Problems`` holds everything that is wrong with it.

    ``covered`` are the characters that the fonts have; without it they are not checked.
    """
    return _Checker(folder, covered).run()


@dataclass
class _Checker:
    folder: Path
    covered: Collection[int] | None
    found: Findings = field(default_factory=Findings)

    def run(self) -> Publication:
        if not self.folder.is_dir():
            raise Problems(
                Problem(
                    f"there is no publication in '{self.folder}'", hint="name its folder: --publication DIR"
                )
            )
        imprint = self._file("publication.yaml", lambda r, n: r.record(Imprint, n, "the publication"))
        sources = self._entries("source", "sources.yaml", Source, needed=True)
        figures = self._entries("figure", "figures.yaml", Figure)
        specs = self._entries("table", "tables.yaml", TableSpec)
        texts = self._file("texts.yaml", self._read_texts, needed=False) or Texts(place=Place(self.folder))
        briefs: dict[str, Brief] = {}
        paths = sorted((self.folder / "briefs").glob("*.yaml"))
        if not paths:
            self.found.add(
                Problem("the publication has no brief", self.folder / "briefs", hint="add briefs/NAME.yaml")
            )
        for path in paths:
            if brief := self._file(f"briefs/{path.name}", partial(_read_brief, path.stem)):
                briefs[path.stem] = brief
        tables = read_tables(self.folder, specs, self.found)
        values = self._values(figures, tables)
        if imprint is None:
            raise Problems(self.found.in_order())
        whole = Publication(self.folder, imprint, sources, figures, values, tables, texts, briefs)
        self._check_names(whole)
        self._check_wording(whole)
        sourced = (texts.prose, texts.quotations, texts.definitions, texts.timeline)
        for item in (item for group in sourced for item in group.values()):
            self.found.known(item.sources, "source")
        for brief in briefs.values():
            self._check_brief(brief, whole)
        found = self.found.in_order()
        if any(problem.severity == "error" for problem in found):
            raise Problems(found)
        return dataclasses.replace(whole, warnings=tuple(found))

    # Reading

    def _file(self, name: str, read: Callable[[Reader, Keyed], T], *, needed: bool = True) -> T | None:
        path = self.folder / name
        if not needed and not path.exists():
            return None
        reader = Reader()
        try:
            value = read(reader, read_yaml(path))
        except Problems as found:
            self.found.problems += found.problems
            return None
        self.found.problems += reader.problems
        return value

    def _entries(self, what: str, name: str, kind: type[T], *, needed: bool = False) -> dict[str, T]:
        def read(reader: Reader, node: Keyed) -> dict[str, T]:
            self.found.names[what] = node.items.keys()
            kinds = Mapping[str, kind]  # type: ignore[valid-type]
            entries: dict[str, T] = reader.read(kinds, node, f"'{name}'")
            return entries

        self.found.names[what] = None if (self.folder / name).exists() else ()
        return self._file(name, read, needed=needed) or {}

    def _read_texts(self, reader: Reader, node: Keyed) -> Texts | None:
        for what, key in _TEXT_GROUPS.items():
            group = node.items.get(key)
            self.found.names[what] = group.items.keys() if isinstance(group, Keyed) else ()
        texts: Texts | None = reader.record(Texts, node, "the texts")
        return texts

    # Figures

    def _values(self, figures: Mapping[str, Figure], tables: Mapping[str, Table]) -> dict[str, Decimal]:
        values: dict[str, Decimal] = {}
        for figure in sorted(figures.values(), key=lambda f: bool(f.sum)):
            self.found.known(figure.sources, "source")
            given = [
                key for key in ("value", "cell", "count", "sum") if getattr(figure, key) not in (None, ())
            ]
            wanted = {"reported": ("value", "cell"), "counted": ("count",), "derived": ("sum",)}[figure.kind]
            if len(given) != 1 or given[0] not in wanted:
                self.found.add(
                    figure.place.problem(
                        f"the {figure.kind} figure '{figure.id}' must have {' or '.join(map(repr, wanted))}"
                        + (f", not {' and '.join(map(repr, given))}" if given else ""),
                        "counted figures say 'count', derived ones 'sum', reported ones 'value' or 'cell'",
                    )
                )
                continue
            if figure.kind == "reported" and figure.value is not None and not figure.sources:
                self.found.add(
                    figure.place.problem(f"the figure '{figure.id}' has no source", "add 'sources: [id]'")
                )
            value = self._value(figure, values, figures, tables)
            if value is None:
                continue
            values[figure.id] = value
            if figure.check and (counted := self._counted(figure.check, tables)) not in (None, value):
                self.found.add(
                    figure.check.place.problem(
                        f"'{figure.id}' is {value}, but '{figure.check.table}' has {counted} such rows",
                        "correct the figure or the table",
                    )
                )
        for figure in figures.values():
            if figure.of:
                self.found.known((figure.of,), "figure")
        return values

    def _value(
        self,
        figure: Figure,
        values: Mapping[str, Decimal],
        figures: Mapping[str, Figure],
        tables: Mapping[str, Table],
    ) -> Decimal | None:
        if figure.value is not None:
            return figure.value
        if figure.cell:
            return self._cell(figure.cell, tables)
        if figure.count:
            counted = self._counted(figure.count, tables)
            return None if counted is None else Decimal(counted)
        if not self.found.known(figure.sum, "figure"):
            return None
        if missing := [part for part in figure.sum if part not in values]:
            if missing[0] in figures and figures[missing[0]].sum:
                self.found.add(
                    missing[0].place.problem(f"'{missing[0]}' is itself a sum; name the figures it adds")
                )
            return None
        return sum((values[part] for part in figure.sum), Decimal())

    def _counted(self, count: Count, tables: Mapping[str, Table]) -> int | None:
        if not self.found.known((count.table,), "table") or count.table not in tables:
            return None
        table = tables[count.table]
        for name, value in count.where.items():
            if name not in table.spec.columns:
                self.found.add(
                    count.place.problem(
                        f"the table has no column '{name}'", nearest(name, table.spec.columns)
                    )
                )
                return None
            choices = table.spec.columns[name].choices
            if choices and value not in choices:
                self.found.add(
                    value.place.problem(f"'{value}' is no value of '{name}'", nearest(value, choices))
                )
                return None
        return count_rows(table, count)

    def _cell(self, cell: Cell, tables: Mapping[str, Table]) -> Decimal | None:
        if not self.found.known((cell.table,), "table") or cell.table not in tables:
            return None
        table = tables[cell.table]
        if not self.found.known((cell.row,), "row", table.by_key) or not self.found.known(
            (cell.column,), "column", table.spec.columns
        ):
            return None
        text = table.by_key[cell.row][cell.column]
        if table.spec.columns[cell.column].type != "number" or not text:
            self.found.add(cell.place.problem(f"the cell {cell.row}, {cell.column} holds no number"))
            return None
        return Decimal(text)

    # Names and colours

    def _check_names(self, whole: Publication) -> None:
        for group in (whole.sources, whole.figures, whole.tables, whole.briefs, whole.texts.prose):
            for name, item in group.items():
                if not _NAME.fullmatch(name):
                    place = item.spec.place if isinstance(item, Table) else item.place
                    self.found.add(
                        place.problem(f"'{name}' is no good name", "small Latin letters, digits, - and _")
                    )
        if not _NAME.fullmatch(whole.imprint.id):
            self.found.add(
                whole.imprint.id.place.problem(
                    f"'{whole.imprint.id}' is no good id", "letters a-z, digits, -"
                )
            )
        colours = [getattr(whole.imprint.colours, f.name) for f in dataclasses.fields(whole.imprint.colours)]
        for table in whole.tables.values():
            for column in table.spec.columns.values():
                colours += [
                    c for choice in column.choices.values() for c in (choice.colour, choice.text_colour)
                ]
        for colour in colours:
            if isinstance(colour, Text) and not _COLOUR.fullmatch(colour):
                self.found.add(colour.place.problem(f"'{colour}' is no colour", "write it as '#0f4c5c'"))

    def _check_wording(self, whole: Publication) -> None:
        parts = (
            whole.imprint,
            whole.figures,
            whole.texts,
            whole.briefs,
            [t.spec for t in whole.tables.values()],
        )
        rich = [text for text in every_text(parts) if isinstance(text, Rich)]
        for sentence in rich:
            if figures := self.found.names["figure"]:
                self.found.problems += wording.unknown_references(
                    sentence, figures, self.found.names["source"]
                )
            self.found.problems += wording.typed_numbers(sentence, whole.values)
        accepted = self.folder / "words.txt"
        words = load_words(*([accepted] if accepted.exists() else []))
        for text in every_text((*parts, whole.sources)):
            self.found.problems += wording.spelling(text, text.place, words)
        if self.covered is not None:
            for text in every_text((*parts, whole.sources)):
                self.found.problems += wording.lacking(text, text.place, self.covered)
            for table in whole.tables.values():
                file = whole.folder / table.spec.file
                for row in table.lines:
                    self.found.problems += wording.lacking(
                        "".join(row.cells), Place(file, row.line, 1, row.line), self.covered
                    )

    # Briefs

    def _check_brief(self, brief: Brief, whole: Publication) -> None:
        blocks = list(every_block(brief.blocks))
        for block in blocks:
            for name, what in _REFERRED.items():
                self.found.known(_listed(getattr(block, name, None)), what)
            table = whole.tables.get(getattr(block, "table", ""))
            if table is None:
                continue
            columns = table.spec.columns
            for name in ("by", "note", "column", "part", "columns"):
                self.found.known(_listed(getattr(block, name, None)), "column", columns)
            if (by := getattr(block, "by", None)) in columns and not columns[str(by)].choices:
                self.found.add(
                    block.place.problem(f"the column '{by}' has no choices to draw", "type: choice")
                )
            if isinstance(block, models.ListBlock):
                self._check_shown(block.show, table, whole)
        cited = [index for index, block in enumerate(blocks) if isinstance(block, models.SourcesBlock)]
        if not cited:
            self.found.add(
                brief.place.problem("the brief prints no sources", "end its blocks with '- sources: …'")
            )
        elif cited[0] != len(blocks) - 1:
            late = blocks[cited[0]]
            self.found.add(
                late.place.problem("the sources must be the last block", "they number what stands above them")
            )

    def _check_shown(self, show: Text, table: Table, whole: Publication) -> None:
        """``column``, or ``key.column``: a column of the row to which a key column points."""
        name, _, further = show.partition(".")
        if not self.found.known((Text(name, show.place),), "column", table.spec.columns) or not further:
            return
        target = whole.tables.get(table.spec.columns[name].table or "")
        if target is None:
            self.found.add(
                show.place.problem(f"the column '{name}' points to no table", "type: key, table: NAME")
            )
        else:
            self.found.known((Text(further, show.place),), "column", target.spec.columns)


_TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}
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


def _read_brief(name: str, reader: Reader, node: Keyed) -> Brief | None:
    brief: Brief | None = reader.record(Brief, node, "the brief", id=name)
    return brief


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks in reading order, those inside columns and panels too."""
    for block in blocks:
        if isinstance(block, models.ColumnsBlock):
            yield from every_block([*block.right, *block.middle, *block.left])
        elif isinstance(block, models.PanelBlock):
            yield from every_block(block.blocks)
        else:
            yield block


def every_text(part: Any) -> Iterator[Text]:
    """All texts inside a value made of models, mappings and lists."""
    if isinstance(part, Text):
        yield part
    elif dataclasses.is_dataclass(part) and not isinstance(part, (Place, persian.Date, Row)):
        for declared in dataclasses.fields(part):
            yield from every_text(getattr(part, declared.name))
    elif isinstance(part, Mapping):
        for item in part.values():
            yield from every_text(item)
    elif isinstance(part, (list, tuple)):
        for item in part:
            yield from every_text(item)
