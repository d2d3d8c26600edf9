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
from tipbrief.models import (
    Block,
    Brief,
    Cell,
    Count,
    Document,
    Figure,
    Imprint,
    Source,
    Table,
    TableSpec,
    Texts,
)
from tipbrief.orthography import Words, load_words
from tipbrief.problems import Problem, Problems, nearest
from tipbrief.shape import Reader, Rich
from tipbrief.tables import counted, read_tables, row_sources

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_NAME_HINT = "begin with a small Latin letter, then write small letters, digits, - and _"
_ADDRESS = re.compile(r"https?://[^\s/\[\]]+(/\S*)?")
_FILE_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")

EACH = "each"

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
        for brief in briefs.values():
            self._check_wording([brief], {}, self._row_names(brief))
        self._check_cells()
        for group in (texts.prose, texts.quotations, texts.definitions, texts.timeline):
            for item in group.values():
                self.found.known(item.sources, "source")
        for brief in briefs.values():
            self._check_brief(brief, whole=brief.id in whole_briefs)
        documents = self._documents(briefs)
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
        self, parts: list[Any], sources: Mapping[str, Source], row: Collection[str] | None = None
    ) -> None:
        figures, known = self.found.names["figure"], self.found.names["source"]
        words = self._words()
        for text in every_text([*parts, sources]):
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

    # Briefs

    def _documents(self, briefs: Mapping[str, Brief]) -> dict[str, Document]:
        """What the briefs print; names of files that clash or cannot be are problems."""
        found: dict[str, Document] = {}
        taken: dict[str, str] = {}
        for brief in briefs.values():
            for document in self._documents_of(brief):
                if other := taken.get(document.name.casefold()):
                    hint = "files are named after briefs and keys: change one of them"
                    message = f"the documents '{other}' and '{document.name}' would have the same file name"
                    self.found.add(brief.place.problem(message, hint))
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
                if not _FILE_NAME.fullmatch(name):
                    message = f"the key '{key}' of '{brief.for_each}' cannot be a part of a file's name"
                    self.found.add(
                        brief.for_each.problem(message, "keys have Latin letters, digits, - and _")
                    )
                yield Document(f"{brief.id}-{name}", brief, key)

    def _row_names(self, brief: Brief) -> Collection[str] | None:
        """What the texts of a brief may print of the document's row: ``name``, ``region.name``."""
        table = self.tables.get(brief.for_each) if brief.for_each else None
        if table is None:
            return None
        names = list(table.spec.columns)
        for name, column in table.spec.columns.items():
            if column.table and column.table in self.tables:
                names += [f"{name}.{further}" for further in self.tables[column.table].spec.columns]
        return names

    def _check_brief(self, brief: Brief, *, whole: bool) -> None:
        blocks = list(every_block(brief.blocks))
        for block in blocks:
            self._check_row_of(block, brief)
            for name, what in _REFERRED.items():
                self.found.known(_listed(getattr(block, name, None)), what)
            if isinstance(block, models.SourcesBlock):
                self.found.known(_listed(block.note), "prose")
            elif table := self.tables.get(getattr(block, "table", "")):
                self._check_columns(block, table)
        cited = [index for index, block in enumerate(blocks) if isinstance(block, models.SourcesBlock)]
        if not cited and whole:
            hint = "end the blocks with '- sources: …'"
            self.found.add(brief.blocks[-1].place.problem("the brief prints no sources", hint))
        elif cited and cited[0] != len(blocks) - 1:
            hint = "they number what stands above them"
            self.found.add(blocks[cited[0]].place.problem("the sources must be the last block", hint))

    def _check_row_of(self, block: Block, brief: Brief) -> None:
        """What a block needs of the document's row, which only a brief with ``for_each`` has."""
        table = self.tables.get(brief.for_each) if brief.for_each else None
        within = getattr(block, "within", None)
        each = isinstance(block, models.StripChart) and block.row == EACH
        of_row = (models.BadgeBlock, models.MemberBlock, models.NoteBlock, models.FactsBlock)
        if isinstance(block, of_row) or within or each:
            if brief.for_each is None:
                hint = "add 'for_each: TABLE' to the brief"
                self.found.add(
                    block.place.problem(f"'{block.kind}' needs a row, and the brief has none", hint)
                )
            elif table and isinstance(block, models.BadgeBlock):
                self._check_choices(block.by, table)
                self.found.known(tuple(block.meanings.values()), "prose")
            elif table and isinstance(block, models.NoteBlock):
                if self.found.known((block.column,), "column", table.spec.columns):
                    self._check_texts(block.column, table)
            elif table and within:
                self.found.known((within,), "column", table.spec.columns)
        if isinstance(block, models.MemberBlock):
            self.found.known(_listed(block.otherwise), "prose")
        if isinstance(block, models.MeaningsBlock):
            self.found.known(tuple(block.meanings.values()), "prose")

    def _check_columns(self, block: Block, table: Table) -> None:
        columns = table.spec.columns
        for name in ("note", "column", "part", "columns", "text"):
            self.found.known(_listed(getattr(block, name, None)), "column", columns)
        if isinstance(block, models.ListBlock):
            self._check_shown(block.show, table)
        elif isinstance(block, models.StripChart):
            self._check_strip(block, table)
        elif isinstance(block, models.YearsChart):
            self._check_years(block, table)
        elif isinstance(block, (models.ShareChart, models.MapChart, models.MeaningsBlock)):
            self._check_choices(block.by, table)
        elif isinstance(block, models.FactsBlock) and block.text in columns:
            self._check_texts(block.text, table)

    def _check_texts(self, column: Text, table: Table) -> None:
        """Each cell of the column names a text, or is empty."""
        for line, row in zip(table.lines, table.rows, strict=True):
            if cell := row[column]:
                place = Place(self.folder / table.spec.file, line.line, 1, line.end)
                self.found.known((Text(cell, place),), "prose")

    def _check_choices(self, by: Text, table: Table) -> None:
        columns = table.spec.columns
        if self.found.known((by,), "column", columns) and not columns[by].choices:
            hint = "name a column that has 'choices' in tables.yaml"
            self.found.add(by.problem(f"the column '{by}' has no choices to draw", hint))

    def _check_years(self, block: models.YearsChart, table: Table) -> None:
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

    def _check_strip(self, block: models.StripChart, table: Table) -> None:
        self._check_choices(block.by, table)
        columns, key = table.spec.columns, table.spec.key
        if len(key) != 2 or columns[key[1]].type != "year":
            hint = "its key must be two columns: whose row it is, and the year"
            self.found.add(block.table.problem(f"the table '{block.table}' has no row for each year", hint))
        if block.start > block.end:
            self.found.add(
                block.place.problem(f"the strip starts in {block.start}, after its end", "start earlier")
            )
        if latest := self.tables.get(block.latest):
            self._check_choices(block.by, latest)
            if block.row != EACH:
                self.found.known((block.row,), "row", latest.by_key)

    def _check_shown(self, show: Text, table: Table) -> None:
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
        elif isinstance(block, models.FactsBlock):
            yield block
            yield from every_block(block.otherwise)
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
