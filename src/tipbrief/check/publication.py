"""Check: a folder becomes a Publication, or the list of all its problems in one run."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from tipbrief.check import wording
from tipbrief.check.blocks import Brief, Document
from tipbrief.check.briefs import BriefCheck
from tipbrief.check.findings import Findings
from tipbrief.check.models import Cell, Count, Figure, Imprint, Source, Table, TableSpec, Texts
from tipbrief.check.tables import counted, read_tables, row_sources
from tipbrief.language.spelling import Words, load_words
from tipbrief.load.places import Place, Text
from tipbrief.load.schema import Reader, Rich
from tipbrief.load.yaml_nodes import Keyed, read_yaml
from tipbrief.problems import Problem, Problems, nearest

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_NAME_HINT = "begin with a small Latin letter, then write small letters, digits, - and _"
_ADDRESS = re.compile(r"https?://[^\s/\[\]]+(/\S*)?")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


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
    return _Checker(folder, covered).run()


@dataclass
class _Checker:
    folder: Path
    covered: Collection[int] | None
    found: Findings = field(default_factory=Findings)
    figures: Mapping[str, Figure] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)

    def run(self) -> Publication:
        if not self.folder.is_dir():
            hint = "name its folder: --publication DIR"
            raise Problems(Problem(f"there is no publication in '{self.folder}'", hint=hint))
        imprint = self._file("publication.yaml", lambda r, n: r.record(Imprint, n, "the publication"))
        sources = self._entries("source", "sources.yaml", Source, needed=True)
        self.figures = self._entries("figure", "figures.yaml", Figure)
        specs = self._entries("table", "tables.yaml", TableSpec)
        texts = self._texts()
        briefs, whole_briefs = self._briefs()
        self.tables = read_tables(self.folder, specs, self.found)
        self._evaluate()
        self._check_names(imprint, sources, specs, texts, briefs)
        self._check_wording([imprint, self.figures, texts, specs], sources)
        checks = BriefCheck(self.folder, self.found, self.tables)
        for brief in briefs.values():
            self._check_wording([brief], {}, checks.row_names(brief))
        self._check_cells()
        for group in (texts.prose, texts.quotations, texts.definitions, texts.timeline):
            for item in group.values():
                self.found.known(item.sources, "source")
        for brief in briefs.values():
            checks.check(brief, whole=brief.id in whole_briefs)
        documents = checks.documents(briefs)
        found = self.found.in_order()
        if imprint is None or any(problem.severity == "error" for problem in found):
            raise Problems(found)
        return Publication(
            self.folder, imprint, sources, self.figures, self.values, self.tables, texts, briefs, documents,
            tuple(found),
        )  # fmt: skip

    # Reading

    def _file(self, name: str, read: Callable[[Reader, Keyed], T]) -> T | None:
        reader = Reader()
        try:
            value = read(reader, read_yaml(self.folder / name))
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

        if not needed and not (self.folder / name).exists():
            self.found.names[what] = ()
            return {}
        self.found.names[what] = None
        return self._file(name, read) or {}

    def _texts(self) -> Texts:
        def read(reader: Reader, node: Keyed) -> Texts | None:
            misspelt = not node.items.keys() <= {*_TEXT_GROUPS.values()}
            for what, key in _TEXT_GROUPS.items():
                group = node.items.get(key)
                absent = None if misspelt or group else ()
                self.found.names[what] = group.items.keys() if isinstance(group, Keyed) else absent
            texts: Texts | None = reader.record(Texts, node, "the texts")
            return texts

        if (self.folder / "texts.yaml").exists():
            texts = self._file("texts.yaml", read)
        else:
            self.found.names.update(dict.fromkeys(_TEXT_GROUPS, ()))
            texts = None
        return texts or Texts(place=Place(self.folder))

    def _briefs(self) -> tuple[dict[str, Brief], set[str]]:
        """The briefs that can be read, and the names of those that were read without a fault."""
        briefs: dict[str, Brief] = {}
        whole: set[str] = set()
        paths = sorted((self.folder / "briefs").glob("*.yaml"))
        if not paths:
            hint = "add briefs/NAME.yaml"
            self.found.add(Problem("the publication has no brief", self.folder / "briefs", hint=hint))
        for path in paths:
            before = len(self.found.problems)
            if brief := self._file(f"briefs/{path.name}", partial(_read_brief, path.stem)):
                briefs[path.stem] = brief
                if len(self.found.problems) == before:
                    whole.add(path.stem)
        return briefs, whole

    # Figures

    def _evaluate(self) -> None:
        for figure in sorted(self.figures.values(), key=lambda f: bool(f.sum)):
            self.found.known(figure.sources, "source")
            if figure.of:
                self.found.known((figure.of,), "figure")
            if not self._is_sound(figure):
                continue
            value = self._value(figure)
            if value is None:
                continue
            self.values[figure.id] = value
            if figure.check and (counted := self._counted(figure.check)) not in (None, value):
                such = "such rows" if figure.check.where else "rows"
                self.found.add(
                    figure.check.place.problem(
                        f"'{figure.id}' is {value}, but '{figure.check.table}' has {counted} {such}",
                        "correct the figure or the table",
                    )
                )

    def _is_sound(self, figure: Figure) -> bool:
        """Whether a figure says where its value comes from, as its kind wants it, and on what it rests."""
        given = [key for key in ("value", "cell", "count", "sum") if getattr(figure, key) not in (None, ())]
        wanted = {"reported": ("value", "cell"), "counted": ("count",), "derived": ("sum",)}[figure.kind]
        sound = len(given) == 1 and given[0] in wanted
        if not sound:
            must = " or ".join(map(repr, wanted))
            self.found.add(
                figure.place.problem(
                    f"the {figure.kind} figure '{figure.id}' must have {must}"
                    + (f", not {' and '.join(map(repr, given))}" if given else ""),
                    "counted figures say 'count', derived ones 'sum', reported ones 'value' or 'cell'",
                )
            )
        if given == ["value"] and not figure.sources:
            self.found.add(
                figure.place.problem(f"the figure '{figure.id}' has no source", "add 'sources: [id]'")
            )
        return sound

    def _value(self, figure: Figure) -> Decimal | None:
        if figure.value is not None:
            return figure.value
        if figure.cell:
            return self._cell(figure.cell)
        if figure.count:
            counted = self._counted(figure.count)
            return None if counted is None else Decimal(counted)
        if not self.found.known(figure.sum, "figure"):
            return None
        for part in figure.sum:
            if part in self.figures and self.figures[part].sum:
                self.found.add(part.problem(f"'{part}' is itself a sum", "name the figures that it adds"))
                return None
        if any(part not in self.values for part in figure.sum):
            return None
        return sum((self.values[part] for part in figure.sum), Decimal())

    def _table(self, name: Text) -> Table | None:
        """A table from which figures can be taken; an unknown one is a problem."""
        known = self.found.known((name,), "table") and name not in self.found.doubtful
        return self.tables.get(name) if known else None

    def _counted(self, count: Count) -> int | None:
        if (table := self._table(count.table)) is None:
            return None
        for name, value in count.where.items():
            column = table.spec.columns.get(name)
            if column is None:
                hint = nearest(name, table.spec.columns)
                self.found.add(value.problem(f"the table '{count.table}' has no column '{name}'", hint))
                return None
            if column.choices and value not in column.choices:
                self.found.add(
                    value.problem(f"'{value}' is no value of '{name}'", nearest(value, column.choices))
                )
                return None
        return len(counted(table, count))

    def _cell(self, cell: Cell) -> Decimal | None:
        if (table := self._table(cell.table)) is None:
            return None
        known = self.found.known((cell.row,), "row", table.by_key)
        if not self.found.known((cell.column,), "column", table.spec.columns) or not known:
            return None
        text = table.by_key[cell.row][cell.column]
        if table.spec.columns[cell.column].type != "number" or not text:
            holds = f"'{text}', which is no number" if text else "nothing"
            message = f"the cell in row '{cell.row}', column '{cell.column}' holds {holds}"
            self.found.add(
                cell.column.problem(message, "name a column of the type number, and a row that has one")
            )
            return None
        return Decimal(text)

    # Names and colours

    def _check_names(
        self,
        imprint: Imprint | None,
        sources: Mapping[str, Source],
        specs: Mapping[str, TableSpec],
        texts: Texts,
        briefs: Mapping[str, Brief],
    ) -> None:
        groups: tuple[Mapping[str, Any], ...] = (sources, self.figures, specs, briefs)
        for group in (*groups, texts.prose, texts.quotations, texts.definitions, texts.timeline):
            for name, item in group.items():
                if not _NAME.fullmatch(name):
                    self.found.add(item.place.problem(f"'{name}' is no good name", _NAME_HINT))
        if imprint and not _NAME.fullmatch(imprint.id):
            self.found.add(imprint.id.problem(f"'{imprint.id}' is no good id", _NAME_HINT))
        addresses = [source.address for source in sources.values()]
        for address in [*addresses, *([imprint.address] if imprint and imprint.address else [])]:
            if not _ADDRESS.fullmatch(address):
                hint = "write it with https:// and without spaces"
                self.found.add(address.problem(f"'{address}' is no address", hint))
        colours: list[object] = []
        if imprint:
            colours += [getattr(imprint.colours, f.name) for f in dataclasses.fields(imprint.colours)]
        for column in (column for spec in specs.values() for column in spec.columns.values()):
            colours += [c for choice in column.choices.values() for c in (choice.colour, choice.text_colour)]
        for colour in colours:
            if isinstance(colour, Text) and not _COLOUR.fullmatch(colour):
                hint = "write # and six of 0-9 and a-f, in quotes, such as '#0f4c5c'"
                self.found.add(colour.problem(f"'{colour}' is no colour", hint))

    def _check_wording(
        self, parts: list[Any], sources: Mapping[str, Source], row: Collection[str] | None = ()
    ) -> None:
        figures, known = self.found.names["figure"], self.found.names["source"]
        words = self._words()
        for text in wording.every_text([*parts, sources]):
            typed: list[Problem] = []
            if isinstance(text, Rich):
                typed += wording.typed_numbers(text, self.values)
                self.found.problems += [*wording.unknown_references(text, figures, known, row), *typed]
            if words:
                self.found.problems += wording.spelling(text, words, typed)
            if self.covered is not None:
                self.found.problems += wording.lacking(text, text.place, self.covered)

    def _words(self) -> Words | None:
        accepted = self.folder / "words.txt"
        try:
            return load_words(*([accepted] if accepted.exists() else []))
        except Problems as raised:
            self.found.problems += raised.problems
            return None

    def _check_cells(self) -> None:
        if self.covered is None:
            return
        for table in self.tables.values():
            for row in table.lines:
                place = Place(self.folder / table.spec.file, row.line, 1, row.end)
                self.found.problems += wording.lacking("".join(row.cells), place, self.covered)


_TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}


def _read_brief(name: str, reader: Reader, node: Keyed) -> Brief | None:
    brief: Brief | None = reader.record(Brief, node, "the brief", id=name)
    return brief
