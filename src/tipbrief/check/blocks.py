"""The frozen models of a brief: its blocks, what each of them prints, and the documents that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Literal

from tipbrief.check import chart_blocks  # noqa: F401 - their blocks enter themselves
from tipbrief.check.block_base import BLOCKS as BLOCKS
from tipbrief.check.block_base import (
    MOST_HEIGHT,
    MOST_YEARS,
    BasisColumn,
    ChoiceColumn,
    NameColumn,
    NumberColumn,
    check_within_column,
)
from tipbrief.check.block_base import Block as Block
from tipbrief.check.maps.shapes import MAPS_FOLDER, Shapes, list_shipped_shapes, suggest_shapes
from tipbrief.check.models import (
    ColumnName,
    ColumnOf,
    NamedEntry,
    PictureName,
    ProseName,
    ReferenceTo,
    SourceName,
    TableName,
)  # fmt: skip
from tipbrief.check.references import References
from tipbrief.load.schema import Phrase, RichText
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, join_first_names

EACH = "each"
AUTO: Literal["auto"] = "auto"
PageCount = int | Literal["auto"]
FEW_NAMES, MANY_NAMES = 5, 40  # names in a message


class LeadBlock(Block, kind="lead"):
    """The opening text, larger than the rest."""

    prose: ProseName


class ProseBlock(Block, kind="prose"):
    """A titled text."""

    prose: ProseName


class FiguresBlock(Block, kind="figures"):
    """A row of large numbers with their labels; ``row.column`` is a number of the document's row."""

    figures: tuple[Annotated[Text, ReferenceTo("figure", row=True)], ...]


class ListBlock(Block, kind="list"):
    """The rows of a table as names in columns, with a note where the ``note`` column has one."""

    table: TableName
    show: NameColumn
    note: ColumnName | None = None
    title: RichText
    intro: ProseName | None = None


class TableBlock(Block, kind="table"):
    """The rows of a table, in the named columns; ``key.column`` is one of the row to which a key points.

    ``within`` names a column: only rows that have in it what the document's row has. ``sort`` names the
    column by which they stand: numbers from the largest, years from the oldest, words by the alphabet.
    """

    table: TableName
    columns: tuple[NameColumn, ...]
    within: ColumnName | None = None
    sort: Annotated[Text, ColumnOf(is_printed=True)] | None = None
    title: RichText

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Each column needs a name for readers."""
        yield from check_within_column(self, known)
        yield from known.check_labels(self.table, self.columns)


class ChoiceChart(Block):
    """How often each choice of a column is made.

    ``within`` names a column: only rows that have the same in it as the row of the document are drawn.
    """

    table: TableName
    by: ChoiceColumn
    within: Annotated[Text, ColumnOf(None)] | None = None
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """The rows like that of the document are sought in the table that is drawn."""
        table, documents = known.tables.get(self.table), known.tables.get(known.for_each or "")
        if self.within is None or table is None or documents is None:
            return
        if self.within not in table.spec.columns or not documents.by_key.keys() <= table.by_key.keys():
            message = f"the table '{self.table}' has not all rows of '{known.for_each}', with '{self.within}'"
            yield self.within.problem(message, f"write 'table: {known.for_each}'", kind="within")


class ShareChart(ChoiceChart, kind="share"):
    """One horizontal bar of all rows of a table, cut by the choices of a column."""


class MapChart(ChoiceChart, kind="map"):
    """Shapes, each in the colour of the choice that the row of its key has; or the part ``within``.

    ``shapes`` are shipped ones, or a GeoJSON file of the publication: then ``key`` is the property that says
    whose a shape is, and ``borders`` the source of the file. The rows of ``outline`` and the row of the
    document are outlined. With ``notes`` the legend names land without data, and a line says whose borders
    are drawn.
    """

    shapes: Text
    key: Text | None = None
    borders: SourceName | None = None
    outline: TableName | None = None
    outline_label: RichText | None = None
    no_data: RichText | None = None
    notes: bool = True

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Each key of its tables needs a shape, and own shapes say what they are."""
        yield from super().find_problems(known)
        own = self.shapes.startswith(MAPS_FOLDER)
        if not own and self.shapes not in list_shipped_shapes():
            message = f"there are no shapes '{self.shapes}'"
            hint = f"write {', '.join(list_shipped_shapes())}, or a GeoJSON file such as {MAPS_FOLDER}districts.geojson"
            yield self.shapes.problem(message, hint, kind="unknown-shapes")
        elif own and not (self.key and self.borders):
            message = f"'{self.shapes}' does not say what its shapes are"
            hint = "add 'key: PROPERTY' of the file that holds the keys, and 'borders: SOURCE'"
            yield self.shapes.problem(message, hint, kind="own-shapes")
        elif not own and (needless := self.key or self.borders):
            message, hint = "shipped shapes say themselves what they are", "leave out 'key' and 'borders'"
            yield needless.problem(message, hint, kind="own-shapes")
        else:
            yield from self._check_borders_date(known)
            if shapes := known.load_shapes(self.shapes, self.key):
                yield from self._find_missing_shapes(shapes, known)

    def _check_borders_date(self, known: References) -> Iterator[Problem]:
        """The problem of borders of which no year is known."""
        if self.borders and (source := known.sources.get(self.borders)) and source.date is None:
            message = f"the borders are those of '{self.borders}', which has no date"
            yield self.borders.problem(message, "add its 'date' in sources.yaml", kind="no-date")

    def _find_missing_shapes(self, shapes: Shapes, known: References) -> Iterator[Problem]:
        """The problems of keys for which there is no shape, or only no place."""
        for name in filter(None, (self.table, self.outline)):
            yield from known.check_single_key(name)
            if (table := known.tables.get(name)) is None or len(table.spec.key) > 1:
                continue
            lacking = [key for key in table.by_key if key not in shapes.by_key]
            if strange := [key for key in lacking if key not in shapes.absent]:
                message = (
                    f"'{self.shapes}' has no shape for {join_first_names(strange, MANY_NAMES)}, of the table '{name}'"
                )
                yield name.problem(message, suggest_shapes(shapes, strange, table.by_key), kind="no-shape")
            elif lacking:
                message = f"the map has no place for {join_first_names(lacking, FEW_NAMES)}"
                hint = "it says so below: their rows are counted, and not seen"
                yield name.problem(message, hint, kind="off-the-map", severity="warning")


class YearsChart(Block, kind="years"):
    """Bars over the years, the oldest where reading begins; ``part`` is the darker share of each bar.

    ``within`` names a column: only rows that have in it what the document's row has. Where none of them has
    a number, it says so.
    """

    table: TableName
    column: NumberColumn
    part: NumberColumn | None = None
    part_label: RichText | None = None
    within: ColumnName | None = None
    start: int
    height: int = 30
    every: int = 1
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It needs years, and numbers in them."""
        if self.every < 1 or not 1 <= self.height <= MOST_HEIGHT:
            message = f"'every' must be 1 or more, 'height' at most {MOST_HEIGHT}"
            yield self.location.problem(message, "such as every: 5, height: 26", kind="scale")
        yield from check_within_column(self, known)
        if (table := known.tables.get(self.table)) is None:
            return
        if none := [*known.check_year_column(self.table)]:
            yield from none
        elif self.within and {*table.spec.key} != {self.within, "year"}:
            message = f"the table '{self.table}' has the key {', '.join(table.spec.key)}: several rows a year"
            hint = f"name a table whose key is '{self.within}' and 'year'"
            yield self.table.problem(message, hint, kind="key-columns")
        elif not self.within and table.spec.key != ("year",):
            yield from known.check_single_key(self.table, "year")
        elif self.table not in known.faulty_tables and not any(
            row.get(self.column) for row in table.rows if int(row["year"]) >= self.start
        ):
            message = f"'{self.column}' has no number in {self.start} or later"
            yield self.column.problem(message, "start earlier", kind="no-years")
        elif self.table not in known.faulty_tables:
            groups: dict[str, list[Mapping[str, str]]] = {}
            for row in table.rows:
                if int(row["year"]) >= self.start:
                    groups.setdefault(row.get(self.within or "", ""), []).append(row)
            for of, rows in groups.items():
                yield from self._find_misleading_bars(of, rows)

    def _find_misleading_bars(self, of: str, group: Iterable[Mapping[str, str]]) -> Iterator[Problem]:
        """What would be drawn as something else: a part larger than its whole, years left out unseen."""
        rows = {int(row["year"]): row for row in group}
        where = f" of '{of}'" if of else ""
        for year, row in rows.items():
            part, whole = row.get(self.part or "", ""), row.get(self.column, "")
            if part and Decimal(part) > Decimal(whole or 0):
                message = f"in {year}, '{self.part}'{where} is {part}, and '{self.column}' {whole or 'unknown'}"
                yield self.column.problem(message, "a part is not larger than its whole", kind="part")
        gone = [year for year in range(min(rows), max(rows)) if year not in rows]
        if gone and self.every > 1:
            years = join_first_names([str(year) for year in gone], FEW_NAMES)
            message = f"the table '{self.table}' has no row{where} for {years}"
            hint = "add such rows, with empty cells, or write 'every: 1': not all years stand under their bars"
            yield self.table.problem(message, hint, kind="no-years")


class StripChart(Block, kind="strip"):
    """A row of cells, one a year, in the colour of the choice that one key had in that year.

    ``row: each`` is the row of the document, in a brief with ``for_each``. ``basis`` is a column of the table
    whose choices say on what each year rests; what they remark of the years stands under the strip. A column
    of the same name in ``latest`` says it of the last year.
    """

    table: TableName
    by: Annotated[Text, ColumnOf(type="choice", is_drawn=True), ColumnOf("latest", "choice", is_drawn=True)]
    basis: BasisColumn | None = None
    row: Text
    start: int
    end: int
    latest: TableName
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It needs a row for each year of somebody whom the latest table has, too."""
        table, latest = known.tables.get(self.table), known.tables.get(self.latest)
        yield from known.check_yearly_rows(self.table)
        if self.start > self.end:
            message = f"the strip starts in {self.start}, after its end"
            yield self.location.problem(message, "start earlier", kind="no-years")
        if self.end - self.start >= MOST_YEARS:
            message = f"the strip has more than {MOST_YEARS} years"
            yield self.location.problem(message, "start later", kind="no-years")
        yield from known.check_single_key(self.latest)
        if latest and table:
            choices = [t.spec.columns[self.by].choices if self.by in t.spec.columns else {} for t in (table, latest)]
            if gone := [name for name in choices[0] if choices[1] and name not in choices[1]]:
                message = (
                    f"'{self.latest}' has not all choices that '{self.table}' has: {join_first_names(gone, FEW_NAMES)}"
                )
                yield self.latest.problem(message, "declare the same choices in both", kind="choices")
        if self.row != EACH:
            yield from known.find_unknown_names((self.row,), "row", latest.by_key if latest else None)
            return
        yield from known.check_has_row(self)
        yield from known.check_document_rows(self.latest)


class BadgeBlock(Block, kind="badge"):
    """The choice of the document's row, large, and the text that says what it means."""

    by: Annotated[Text, ColumnOf(None, "choice", is_drawn=True)]
    title: RichText | None = None
    meanings: Mapping[str, ProseName] = field(default_factory=dict)


class MeaningsBlock(Block, kind="meanings"):
    """All choices of a column, each with the text that says what it means.

    ``own: false`` leaves out that of the document's row.
    """

    table: TableName
    by: ChoiceColumn
    title: RichText
    meanings: Mapping[str, ProseName]
    own: bool = True


class MemberBlock(Block, kind="member", needs_row=True):
    """One text where the document's row stands in a table, another where it does not."""

    table: TableName
    prose: ProseName
    otherwise: ProseName | None = None


class NoteBlock(Block, kind="note"):
    """The text that a column of the document's row names, where it names one."""

    column: Annotated[Text, ColumnOf(None, cells="prose")]


class ImageBlock(Block, kind="image"):
    """A picture, ``width`` hundredths of its column wide, and who made it.

    ``alt`` says what it shows to those who do not see it; ``sources`` are where it comes from.
    """

    file: PictureName
    alt: RichText
    caption: RichText
    credit: Phrase
    sources: tuple[SourceName, ...]
    width: int = 100

    def find_problems(self, known: References) -> Iterator[Problem]:
        """It is no wider than its column."""
        if not 10 <= self.width <= 100:
            message = f"the picture is {self.width} hundredths of its column wide"
            yield self.location.problem(message, "write a number from 10 to 100: width: 60", kind="scale")


class QuotationBlock(Block, kind="quotation"):
    """A quotation, large but quiet."""

    quotation: Annotated[Text, ReferenceTo("quotation")]


class DefinitionBlock(Block, kind="definition"):
    """A term and its meaning."""

    definition: Annotated[Text, ReferenceTo("definition")]


class TimelineBlock(Block, kind="timeline"):
    """Events in the order of their dates."""

    events: tuple[Annotated[Text, ReferenceTo("event")], ...]
    title: RichText


class CorrectionsBlock(Block, kind="corrections"):
    """What was wrong or is better known since earlier editions; without it, it stands above the sources."""


class SourcesBlock(Block, kind="sources"):
    """The numbered sources of everything above, and the colophon."""

    title: RichText
    note: ProseName | None = None


class ColumnsBlock(Block, kind="columns", arranges=True):
    """Blocks side by side. ``right`` is what is read first: in English it stands at the left."""

    widths: Literal["1:1", "2:1", "1:2", "1:1:1", "3:2", "2:3"]
    right: tuple[Block, ...]
    middle: tuple[Block, ...] = ()
    left: tuple[Block, ...]


class PanelBlock(Block, kind="panel", arranges=True):
    """Blocks on a tinted ground."""

    blocks: tuple[Block, ...]


class PageBlock(Block, kind="page"):
    """The start of a new page."""


class Brief(NamedEntry):
    """One printable document: its title, its promised number of pages, its blocks in order.

    ``pages: auto`` promises nothing: there are as many as it takes. With ``for_each`` it is one document for
    each row of that table.
    """

    title: RichText
    subtitle: RichText
    short: RichText
    subject: RichText
    pages: PageCount
    for_each: TableName | None = None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed: a brief, or a brief for the row ``key`` of its table, named ``BRIEF-KEY``."""

    name: str
    brief: Brief
    key: str = ""


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks in reading order, those inside others too, without those that only arrange others."""
    for block in blocks:
        if not block.is_container:
            yield block
        yield from every_block(inner_blocks(block))


def inner_blocks(block: Block) -> list[Block]:
    """The blocks that stand in this one."""
    values = (getattr(block, declared.name) for declared in fields(block))
    return [item for value in values if isinstance(value, tuple) for item in value if isinstance(item, Block)]
