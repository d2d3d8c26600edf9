"""The frozen models of a brief: its blocks, what each of them prints, and the documents that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, ClassVar, Literal

from tipbrief.check.models import ColumnOf, FigureName, NamedEntry, ProseName, Refers, TableName
from tipbrief.check.references import References
from tipbrief.load.places import Text
from tipbrief.load.schema import Model, Rich
from tipbrief.problems import Problem

EACH = "each"
ColumnName = Annotated[Text, ColumnOf()]
ChoiceColumn = Annotated[Text, ColumnOf(type="choice", drawn=True)]
NumberColumn = Annotated[Text, ColumnOf(type="number", drawn=True)]
# The blocks by the key that names them: each class with a ``kind`` enters itself.
BLOCKS: dict[str, type[Block]] = {}


class Block(Model):
    """A part of a brief; its key in the YAML says which.

    The annotations of a kind's fields say to what they refer: ``prose: ProseName``. It is printed by the
    template ``blocks/KIND.html.j2``.
    """

    variants: ClassVar[Mapping[str, type[Block]]] = BLOCKS
    kind: ClassVar[str]
    arranges: ClassVar[bool]  # whether it prints nothing itself, and only arranges other blocks
    needs_row: ClassVar[bool]  # of the document: the brief has ``for_each``

    def __init_subclass__(cls, kind: str = "", *, arranges: bool = False, needs_row: bool = False) -> None:
        """Enter a kind of block."""
        super().__init_subclass__()
        cls.kind, cls.arranges, cls.needs_row = kind, arranges, needs_row
        if kind:
            BLOCKS[kind] = cls

    def faults(self, known: References) -> Iterator[Problem]:
        """What is wrong beside the references of its fields."""
        yield from ()


class LeadBlock(Block, kind="lead"):
    """The opening text, larger than the rest."""

    prose: ProseName


class ProseBlock(Block, kind="prose"):
    """A titled text."""

    prose: ProseName


class FiguresBlock(Block, kind="figures"):
    """A row of large numbers with their labels."""

    figures: tuple[FigureName, ...]


class ListBlock(Block, kind="list"):
    """The rows of a table as names in columns, with a note where the ``note`` column has one."""

    table: TableName
    show: Annotated[Text, ColumnOf(path=True)]
    note: ColumnName | None = None
    title: Rich
    intro: ProseName | None = None


class TableBlock(Block, kind="table"):
    """The rows of a table, in the named columns."""

    table: TableName
    columns: tuple[ColumnName, ...]
    title: Rich


class ChoiceChart(Block):
    """How often each choice of a column is made.

    ``within`` names a column: only rows that have the same in it as the row of the document are drawn.
    """

    table: TableName
    by: ChoiceColumn
    within: Annotated[Text, ColumnOf(None)] | None = None
    title: Rich
    caption: Rich | None = None


class ShareChart(ChoiceChart, kind="share"):
    """One horizontal bar of all rows of a table, cut by the choices of a column."""


class MapChart(ChoiceChart, kind="map"):
    """The world, or the part ``within``, each country in the colour of its choice.

    The rows of ``outline`` and the row of the document are outlined.
    """

    outline: TableName | None = None
    outline_label: Rich | None = None


class YearsChart(Block, kind="years"):
    """Bars over the years, from right to left; ``part`` is the darker share of each bar."""

    table: TableName
    column: NumberColumn
    part: NumberColumn | None = None
    part_label: Rich | None = None
    start: int
    height: int = 30
    every: int = 1
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs years, and numbers in them."""
        if min(self.every, self.height) < 1:
            message = "'every' and 'height' must be 1 or more"
            yield self.place.problem(message, "such as every: 5", kind="scale")
        if (table := known.tables.get(self.table)) is None:
            return
        year = table.spec.columns.get("year")
        if year is None or year.type != "year":
            message = f"the table '{self.table}' has no column 'year'"
            yield self.table.problem(message, "add it to the table, with 'type: year'", kind="no-years")
        elif self.table not in known.doubtful and not any(
            row.get(self.column) for row in table.rows if int(row["year"]) >= self.start
        ):
            message = f"'{self.column}' has no number in {self.start} or later"
            yield self.column.problem(message, "start earlier", kind="no-years")


class StripChart(Block, kind="strip"):
    """A row of cells, one a year, in the colour of the choice that one key had in that year.

    ``row: each`` is the row of the document, in a brief with ``for_each``. ``basis`` is a column of the table
    whose choices say on what each year rests; what they remark of the years stands under the strip.
    """

    table: TableName
    by: Annotated[Text, ColumnOf(type="choice", drawn=True), ColumnOf("latest", "choice", drawn=True)]
    basis: Annotated[Text, ColumnOf(type="choice")] | None = None
    row: Text
    start: int
    end: int
    latest: TableName
    title: Rich
    caption: Rich | None = None

    def faults(self, known: References) -> Iterator[Problem]:
        """It needs a row for each year of somebody whom the latest table has, too."""
        if table := known.tables.get(self.table):
            key, columns = table.spec.key, table.spec.columns
            if len(key) != 2 or columns[key[1]].type != "year":
                message = f"the table '{self.table}' has no row for each year"
                hint = "its key must be two columns: whose row it is, and the year"
                yield self.table.problem(message, hint, kind="no-years")
        if self.start > self.end:
            message = f"the strip starts in {self.start}, after its end"
            yield self.place.problem(message, "start earlier", kind="no-years")
        if self.row == EACH:
            yield from known.no_row(self)
        elif latest := known.tables.get(self.latest):
            yield from known.unknown((self.row,), "row", latest.by_key)


class BadgeBlock(Block, kind="badge"):
    """The choice of the document's row, large, and the text that says what it means."""

    by: Annotated[Text, ColumnOf(None, "choice", drawn=True)]
    title: Rich | None = None
    meanings: Mapping[str, ProseName] = field(default_factory=dict)


class MeaningsBlock(Block, kind="meanings"):
    """All choices of a column, each with the text that says what it means."""

    table: TableName
    by: ChoiceColumn
    title: Rich
    meanings: Mapping[str, ProseName]


class MemberBlock(Block, kind="member", needs_row=True):
    """One text where the document's row stands in a table, another where it does not."""

    table: TableName
    prose: ProseName
    otherwise: ProseName | None = None


class NoteBlock(Block, kind="note"):
    """The text that a column of the document's row names, where it names one."""

    column: Annotated[Text, ColumnOf(None, cells="prose")]


class FactsBlock(Block, kind="facts", needs_row=True):
    """The texts that a table has for the document's row.

    The first column of the table's key says whose text it is, ``text`` names the column of the texts. Where
    there is ``none``, a text says so; where there are fewer than ``enough``, other blocks follow.
    """

    table: TableName
    text: Annotated[Text, ColumnOf(cells="prose")]
    title: Rich
    none: ProseName | None = None
    enough: int = 1
    few: tuple[Block, ...] = ()


class QuotationBlock(Block, kind="quotation"):
    """A quotation, large but quiet."""

    quotation: Annotated[Text, Refers("quotation")]


class DefinitionBlock(Block, kind="definition"):
    """A term and its meaning."""

    definition: Annotated[Text, Refers("definition")]


class TimelineBlock(Block, kind="timeline"):
    """Events in the order of their dates."""

    events: tuple[Annotated[Text, Refers("event")], ...]
    title: Rich


class CorrectionsBlock(Block, kind="corrections"):
    """What was wrong or is better known since earlier editions; without it, it stands above the sources."""


class SourcesBlock(Block, kind="sources"):
    """The numbered sources of everything above, and the colophon."""

    title: Rich
    note: ProseName | None = None


class ColumnsBlock(Block, kind="columns", arranges=True):
    """Blocks side by side, the first column at the right."""

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

    With ``for_each`` it is one document for each row of that table.
    """

    title: Rich
    subtitle: Rich
    short: Rich
    subject: Rich
    pages: int
    for_each: TableName | None = None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed: a brief, or a brief for the row ``key`` of its table, named ``country-AFG``."""

    name: str
    brief: Brief
    key: str = ""


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks in reading order, those inside others too, without those that only arrange others."""
    for block in blocks:
        if not block.arranges:
            yield block
        yield from every_block(inner_blocks(block))


def inner_blocks(block: Block) -> list[Block]:
    """The blocks that stand in this one."""
    values = (getattr(block, declared.name) for declared in fields(block))
    return [item for value in values if isinstance(value, tuple) for item in value if isinstance(item, Block)]
