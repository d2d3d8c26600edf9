"""The frozen models of a brief: its blocks, what each of them prints, and the documents that come of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal

from tipbrief.load.places import Place, Text
from tipbrief.load.schema import Rich

EACH = "each"


class Block:
    """A part of a brief; its key in the YAML says which."""

    kind: ClassVar[str]
    place: Place

    @staticmethod
    def variants() -> Mapping[str, Any]:
        """The blocks by the key that names them."""
        return BLOCKS


@dataclass(frozen=True, slots=True, kw_only=True)
class LeadBlock(Block):
    """The opening text, larger than the rest."""

    kind = "lead"
    place: Place
    prose: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ProseBlock(Block):
    """A titled text."""

    kind = "prose"
    place: Place
    prose: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FiguresBlock(Block):
    """A row of large numbers with their labels."""

    kind = "figures"
    place: Place
    figures: tuple[Text, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBlock(Block):
    """The rows of a table as names in columns, with a note where the ``note`` column has one."""

    kind = "list"
    place: Place
    table: Text
    show: Text
    note: Text | None = None
    title: Rich
    intro: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TableBlock(Block):
    """The rows of a table, in the named columns."""

    kind = "table"
    place: Place
    table: Text
    columns: tuple[Text, ...]
    title: Rich


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareChart(Block):
    """One horizontal bar of all rows of a table, cut by the choices of a column.

    ``within`` names a column: only rows that have the same in it as the row of the document are counted.
    """

    kind = "share"
    place: Place
    table: Text
    by: Text
    within: Text | None = None
    title: Rich
    caption: Rich | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MapChart(Block):
    """The world, each country in the colour of its choice; the rows of ``outline`` outlined.

    ``within`` names a column: only the part is drawn in which the rows lie that have the same in it as the
    row of the document, which is outlined.
    """

    kind = "map"
    place: Place
    table: Text
    by: Text
    within: Text | None = None
    outline: Text | None = None
    outline_label: Rich | None = None
    title: Rich
    caption: Rich | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class YearsChart(Block):
    """Bars over the years, from right to left; ``part`` is the darker share of each bar."""

    kind = "years"
    place: Place
    table: Text
    column: Text
    part: Text | None = None
    part_label: Rich | None = None
    start: int
    height: int = 30
    every: int = 1
    title: Rich
    caption: Rich | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StripChart(Block):
    """A row of cells, one a year, in the colour of the choice that one key had in that year.

    ``row: each`` is the row of the document, in a brief with ``for_each``. ``basis`` is a column of the table
    whose choices say on what each year rests; what they remark of the years stands under the strip.
    """

    kind = "strip"
    place: Place
    table: Text
    by: Text
    basis: Text | None = None
    row: Text
    start: int
    end: int
    latest: Text
    title: Rich
    caption: Rich | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BadgeBlock(Block):
    """The choice of the document's row, large, and the text that says what it means."""

    kind = "badge"
    place: Place
    by: Text
    title: Rich | None = None
    meanings: Mapping[str, Text] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeaningsBlock(Block):
    """All choices of a column, each with the text that says what it means."""

    kind = "meanings"
    place: Place
    table: Text
    by: Text
    title: Rich
    meanings: Mapping[str, Text]


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberBlock(Block):
    """One text where the document's row stands in a table, another where it does not."""

    kind = "member"
    place: Place
    table: Text
    prose: Text
    otherwise: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteBlock(Block):
    """The text that a column of the document's row names, where it names one."""

    kind = "note"
    place: Place
    column: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FactsBlock(Block):
    """The texts that a table has for the document's row.

    The first column of the table's key says whose text it is, ``text`` names the column of the texts. Where
    there is ``none``, a text says so; where there are fewer than ``enough``, other blocks follow.
    """

    kind = "facts"
    place: Place
    table: Text
    text: Text
    title: Rich
    none: Text | None = None
    enough: int = 1
    few: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotationBlock(Block):
    """A quotation, large but quiet."""

    kind = "quotation"
    place: Place
    quotation: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinitionBlock(Block):
    """A term and its meaning."""

    kind = "definition"
    place: Place
    definition: Text


@dataclass(frozen=True, slots=True, kw_only=True)
class TimelineBlock(Block):
    """Events in the order of their dates."""

    kind = "timeline"
    place: Place
    events: tuple[Text, ...]
    title: Rich


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectionsBlock(Block):
    """What was wrong or is better known since earlier editions; without it, it stands above the sources."""

    kind = "corrections"
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcesBlock(Block):
    """The numbered sources of everything above, and the colophon."""

    kind = "sources"
    place: Place
    title: Rich
    note: Text | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnsBlock(Block):
    """Blocks side by side, the first column at the right."""

    kind = "columns"
    place: Place
    widths: Literal["1:1", "2:1", "1:2", "1:1:1", "3:2", "2:3"]
    right: tuple[Block, ...]
    middle: tuple[Block, ...] = ()
    left: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelBlock(Block):
    """Blocks on a tinted ground."""

    kind = "panel"
    place: Place
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PageBlock(Block):
    """The start of a new page."""

    kind = "page"
    place: Place


BLOCKS: Mapping[str, type[Block]] = {
    block.kind: block
    for block in (
        LeadBlock, ProseBlock, FiguresBlock, ListBlock, TableBlock, ShareChart, MapChart, YearsChart,
        StripChart, BadgeBlock, MeaningsBlock, MemberBlock, NoteBlock, FactsBlock, QuotationBlock,
        DefinitionBlock, TimelineBlock, CorrectionsBlock, SourcesBlock, ColumnsBlock, PanelBlock, PageBlock,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One printable document: its title, its promised number of pages, its blocks in order.

    With ``for_each`` it is one document for each row of that table.
    """

    place: Place
    id: str
    title: Rich
    subtitle: Rich
    short: Rich
    subject: Rich
    pages: int
    for_each: Text | None = None
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """What is printed: a brief, or a brief for the row ``key`` of its table, named ``country-AFG``."""

    name: str
    brief: Brief
    key: str = ""


def every_block(blocks: Iterable[Block]) -> Iterator[Block]:
    """All blocks in reading order, those inside columns and panels too."""
    for block in blocks:
        if isinstance(block, ColumnsBlock):
            yield from every_block([*block.right, *block.middle, *block.left])
        elif isinstance(block, PanelBlock):
            yield from every_block(block.blocks)
        elif isinstance(block, FactsBlock):
            yield block
            yield from every_block(block.few)
        else:
            yield block
