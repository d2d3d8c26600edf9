"""The models of a brief: its blocks, and the documents that it prints."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Any, Literal

from tipbrief.check import block_base, chart_blocks, models, row_blocks  # noqa: F401 - two register their blocks
from tipbrief.check.block_base import BLOCKS as BLOCKS
from tipbrief.check.block_base import Block as Block
from tipbrief.check.maps.shapes import MAPS_FOLDER, Shapes, list_shipped_shapes, suggest_shapes
from tipbrief.check.references import References
from tipbrief.load.schema import Phrase, RichText, TextForm
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, join_first_names, suggest_nearest

MapPlace = Annotated[Text, TextForm(r"\d{1,2}(\.\d+)? \d{1,2}(\.\d+)?", "place on the map", "such as 74 10")]
EACH, MAX_CLASSES, MAX_MAP_NAMES = block_base.EACH, 4, 12  # a grey copy shows four classes apart
AUTO: Literal["auto"] = "auto"
PageCount = int | Literal["auto"]


class LeadBlock(Block, kind="lead"):
    """The opening text, larger than the rest."""

    prose: models.ProseName


class ProseBlock(Block, kind="prose"):
    """A titled text."""

    prose: models.ProseName


class FiguresBlock(Block, kind="figures"):
    """A row of large numbers with their labels; ``row.column`` is a number of the document's row."""

    figures: tuple[Annotated[Text, models.ReferenceTo("figure", row=True)], ...]


class ListBlock(Block, kind="list"):
    """The rows of a table as names in columns, with the notes of the column ``note``."""

    table: models.TableName
    show: block_base.NameColumn
    note: models.ColumnName | None = None
    title: RichText
    intro: models.ProseName | None = None


class TableBlock(Block, kind="table"):
    """The rows of a table in the named columns. ``key.column`` is a column of the row to which a key points."""

    table: models.TableName
    columns: tuple[block_base.NameColumn, ...]
    within: models.ColumnName | None = None
    sort: Annotated[Text, models.ColumnOf(is_printed=True)] | None = None
    title: RichText

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of ``within``, and of columns without a name for readers."""
        yield from block_base.check_within_column(self, known)
        yield from known.check_labels(self.table, self.columns)


class RegionChart(Block):
    """A chart of all rows of a table, or of those ``within`` the document's row."""

    table: models.TableName
    within: Annotated[Text, models.ColumnOf(None)] | None = None
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """A problem if the table lacks the column ``within``, or rows of the documents."""
        table, documents = known.tables.get(self.table), known.tables.get(known.for_each or "")
        if self.within is None or table is None or documents is None:
            return
        if self.within not in table.spec.columns or not documents.by_key.keys() <= table.by_key.keys():
            message = f"the table '{self.table}' has not all rows of '{known.for_each}', with '{self.within}'"
            yield self.within.problem(message, f"write 'table: {known.for_each}'", kind="within")


class ShareChart(RegionChart, kind="share"):
    """What share? One bar of all rows of a table, by the choices of a column. It can be the ``legend`` of a map."""

    by: block_base.ChoiceColumn
    legend: bool = False


class MapChart(RegionChart, kind="map"):
    """Where? A map: each shape has the colour of its row's choice or number, or a circle. ``within`` draws a part."""

    by: block_base.ChoiceColumn | None = None
    of: block_base.NumberColumn | None = None
    form: Literal["areas", "circles"] = "areas"
    classes: Literal["quantiles", "round"] = "quantiles"
    limits: tuple[Decimal, ...] = ()
    largest: int = 0
    shapes: Text
    key: Text | None = None
    borders: models.SourceName | None = None
    outline: models.TableName | None = None
    outline_label: RichText | None = None
    no_data: RichText | None = None
    names: bool = False
    places: Mapping[str, MapPlace] = field(default_factory=dict)
    legend: bool = True
    notes: bool = True

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of its numbers, its shapes, their source, and keys without a shape."""
        yield from super().find_problems(known)
        yield from self._find_number_problems(known)
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
            if self.borders and (source := known.sources.get(self.borders)) and source.date is None:
                message = f"the borders are those of '{self.borders}', which has no date"
                yield self.borders.problem(message, "add its 'date' in sources.yaml", kind="no-date")
            outlined = known.tables.get(self.outline or "")
            for code, place in self.places.items():
                if outlined and code not in outlined.by_key:
                    message = f"the table '{self.outline}' has no row '{code}'"
                    yield place.problem(message, suggest_nearest(code, outlined.by_key), kind="unknown-row")
            if shapes := known.load_shapes(self.shapes, self.key):
                yield from self._find_missing_shapes(shapes, known)

    def list_implied_columns(self, tables: Mapping[str, models.Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The names of the rows, which the map prints or tells."""
        yield from super().list_implied_columns(tables, brief)
        for table in filter(None, (self.table, self.outline)):
            yield str(table), tables[table].spec.name_column

    def _find_number_problems(self, known: References) -> Iterator[Problem]:
        if bool(self.by) == bool(self.of) or (self.by and self.form == "circles"):
            hint = "write 'by: CHOICES', or 'of: NUMBERS' with 'form: areas' or 'form: circles'"
            yield self.location.problem("the map needs one column, of choices or of numbers", hint, kind="map-column")
        if not 0 <= self.largest <= MAX_MAP_NAMES or len(self.limits) >= MAX_CLASSES:
            message = f"a map has at most {MAX_CLASSES} classes, and names of the {MAX_MAP_NAMES} largest"
            yield self.location.problem(message, "a grey copy shows no more", kind="scale")
        table = known.tables.get(self.table)
        cells = [row.get(self.of, "") for row in table.rows] if table and self.of else []
        if cells and not any(cells):
            yield self.of.problem(f"'{self.of}' has no number", "fill in its cells", kind="no-numbers")  # type: ignore[union-attr]
        is_count = table and self.of in table.spec.columns and not table.spec.columns[str(self.of)].unit
        if self.form == "areas" and is_count and all(map(str.isdecimal, filter(None, cells))):
            message = f"'{self.of}' counts, and large areas look like more of it"
            hint = "write 'form: circles', or draw a rate, such as one for each thousand people"
            yield self.location.problem(message, hint, kind="count-as-area", severity="warning")

    def _find_missing_shapes(self, shapes: Shapes, known: References) -> Iterator[Problem]:
        for name in filter(None, (self.table, self.outline)):
            yield from known.check_single_key(name)
            if (table := known.tables.get(name)) is None or len(table.spec.key) > 1:
                continue
            lacking = [key for key in table.by_key if key not in shapes.by_key]
            if strange := [key for key in lacking if key not in shapes.absent]:
                message = f"'{self.shapes}' has no shape for {join_first_names(strange, 40)}, of the table '{name}'"
                yield name.problem(message, suggest_shapes(shapes, strange, table.by_key), kind="no-shape")
            elif lacking:
                message = f"the map has no place for {join_first_names(lacking)}"
                hint = "it says so below: their rows are counted, and not seen"
                yield name.problem(message, hint, kind="off-the-map", severity="warning")


class YearsChart(Block, kind="years"):
    """How much each year? Bars in the direction of reading. ``part`` is the darker share of each bar."""

    table: models.TableName
    column: block_base.NumberColumn
    part: block_base.NumberColumn | None = None
    part_label: RichText | None = None
    within: models.ColumnName | None = None
    start: int
    height: int = 30
    every: int = 1
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of its scale, its table's key, its years and its numbers."""
        if self.every < 1 or not 1 <= self.height <= block_base.MAX_HEIGHT:
            message = f"'every' must be 1 or more, 'height' at most {block_base.MAX_HEIGHT}"
            yield self.location.problem(message, "such as every: 5, height: 26", kind="scale")
        yield from block_base.check_within_column(self, known)
        if (table := known.tables.get(self.table)) is None:
            return
        if none := [*known.check_year_column(self.table)]:
            yield from none
        elif self.within and {*table.spec.key} != {self.within, table.spec.year_column}:
            message = f"the table '{self.table}' has the key {', '.join(table.spec.key)}: several rows a year"
            hint = f"name a table whose key is '{self.within}' and '{table.spec.year_column}'"
            yield self.table.problem(message, hint, kind="key-columns")
        elif not self.within and table.spec.key != (table.spec.year_column,):
            yield from known.check_single_key(self.table, table.spec.year_column)
        elif self.table not in known.faulty_tables:
            rows = [row for row in table.rows if int(row[table.spec.year_column]) >= self.start]
            if not any(row.get(self.column) for row in rows):
                message = f"'{self.column}' has no number in {self.start} or later"
                yield self.column.problem(message, "start earlier", kind="no-years")
                return
            for row in rows:  # such a bar would mislead
                part, whole, key = (row.get(name or "", "") for name in (self.part, self.column, self.within))
                if part and Decimal(part) > Decimal(whole or 0):
                    year, where = int(row[table.spec.year_column]), f" of '{key}'" if key else ""
                    message = f"in {year}, '{self.part}'{where} is {part}, and '{self.column}' {whole or 'unknown'}"
                    yield self.column.problem(message, "a part is not larger than its whole", kind="part")

    def list_implied_columns(self, tables: Mapping[str, models.Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The column of years."""
        yield from super().list_implied_columns(tables, brief)
        yield str(self.table), tables[self.table].spec.year_column


class StripChart(Block, kind="strip"):
    """What was it each year? Cells, one for each year, in the colour of the choice of one row in that year."""

    table: models.TableName
    by: Annotated[
        Text, models.ColumnOf(type="choice", is_drawn=True), models.ColumnOf("latest", "choice", is_drawn=True)
    ]
    basis: block_base.BasisColumn | None = None
    row: Text
    start: int
    end: int
    latest: models.TableName
    form: Literal["bar", "path"] = "bar"
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of its years, of the choices in both tables, and of its row."""
        table, latest = known.tables.get(self.table), known.tables.get(self.latest)
        yield from known.check_yearly_rows(self.table)
        yield from block_base.check_year_range(self, "strip")
        yield from known.check_single_key(self.latest)
        if latest and table:
            choices = [t.spec.columns[self.by].choices if self.by in t.spec.columns else {} for t in (table, latest)]
            if gone := [name for name in choices[0] if choices[1] and name not in choices[1]]:
                message = f"'{self.latest}' has not all choices that '{self.table}' has: {join_first_names(gone)}"
                yield self.latest.problem(message, "declare the same choices in both", kind="choices")
        if self.row != EACH:
            yield from known.find_unknown_names((self.row,), "row", latest.by_key if latest else None)
            return
        yield from known.check_has_row(self)
        yield from known.check_document_rows(self.latest)

    def list_implied_columns(self, tables: Mapping[str, models.Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The basis of the latest year."""
        yield from super().list_implied_columns(tables, brief)
        if self.basis:
            yield str(self.latest), str(self.basis)


class BadgeBlock(Block, kind="badge"):
    """The choice of the document's row, large, with the text that explains it."""

    by: Annotated[Text, models.ColumnOf(None, "choice", is_drawn=True)]
    title: RichText | None = None
    meanings: Mapping[str, models.ProseName] = field(default_factory=dict)


class MeaningsBlock(Block, kind="meanings"):
    """All choices of a column, each with the text that explains it."""

    table: models.TableName
    by: block_base.ChoiceColumn
    title: RichText
    meanings: Mapping[str, models.ProseName]
    own: bool = True


class MemberBlock(Block, kind="member", needs_row=True):
    """One text if the document's row is in a table, another if it is not."""

    table: models.TableName
    prose: models.ProseName
    otherwise: models.ProseName | None = None


class NoteBlock(Block, kind="note"):
    """The text that a column of the document's row names. An empty cell prints nothing."""

    column: Annotated[Text, models.ColumnOf(None, cells="prose")]


class ImageBlock(Block, kind="image"):
    """A picture, ``width`` hundredths of its column wide, and who made it."""

    file: models.PictureName
    alt: RichText
    caption: RichText
    credit: Phrase
    sources: tuple[models.SourceName, ...]
    width: int = 100

    def find_problems(self, known: References) -> Iterator[Problem]:
        """A problem if it is wider than its column, or too narrow."""
        if not 10 <= self.width <= 100:
            message = f"the picture is {self.width} hundredths of its column wide"
            yield self.location.problem(message, "write a number from 10 to 100: width: 60", kind="scale")


class QuotationBlock(Block, kind="quotation"):
    """A quotation, large but quiet."""

    quotation: Annotated[Text, models.ReferenceTo("quotation")]


class DefinitionBlock(Block, kind="definition"):
    """A term and its meaning."""

    definition: Annotated[Text, models.ReferenceTo("definition")]


class TimelineBlock(Block, kind="timeline"):
    """Events in the order of their dates."""

    events: tuple[Annotated[Text, models.ReferenceTo("event")], ...]
    title: RichText


class CorrectionsBlock(Block, kind="corrections"):
    """The corrections since earlier editions. Without this block they stand above the sources."""


class SourcesBlock(Block, kind="sources"):
    """The numbered sources of everything above, and the colophon."""

    title: RichText
    note: models.ProseName | None = None


class ColumnsBlock(Block, kind="columns", arranges=True):
    """Blocks side by side. ``right`` is read first: in English it stands at the left."""

    widths: Literal["1:1", "2:1", "1:2", "1:1:1", "3:2", "2:3"]
    right: tuple[Block, ...]
    middle: tuple[Block, ...] = ()
    left: tuple[Block, ...]


class PanelBlock(Block, kind="panel", arranges=True):
    """Blocks on a tinted background, with a title for all of them."""

    blocks: tuple[Block, ...]
    title: RichText | None = None


class PageBlock(Block, kind="page"):
    """The start of a new page."""


class Brief(models.NamedEntry):
    """One printable document: its title, its promised number of pages, its blocks in order."""

    title: RichText
    subtitle: RichText
    short: RichText
    subject: RichText
    pages: PageCount
    for_each: models.TableName | None = None
    row_pages: Mapping[str, PageCount] = field(default_factory=dict)
    carry: Literal["all", "own", "none"] = "all"
    collection: Literal["volumes", "one", "none"] = "volumes"
    letters: Literal["usual", "larger"] = "usual"
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A brief, or a brief for the row ``key`` of its table. The latter has the name ``BRIEF-KEY``."""

    name: str
    brief: Brief
    key: str = ""

    @property
    def pages(self) -> PageCount:
        """The number of pages that it promises."""
        return self.brief.row_pages.get(self.key, self.brief.pages)


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks in reading order, also those inside others, without those that only arrange others."""
    for block in blocks:
        if not block.is_container:
            yield block
        yield from every_block(inner_blocks(block))


def inner_blocks(block: Block) -> list[Block]:
    """The blocks directly inside a block."""
    values = (getattr(block, declared.name) for declared in fields(block))
    return [item for value in values if isinstance(value, tuple) for item in value if isinstance(item, Block)]
