"""The frozen models of a publication: what an editor can write in its YAML files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Literal, Self

from tipbrief.check.colour_contrast import COLOUR_PATTERN, lighten_bar_colour
from tipbrief.language.dates import Date
from tipbrief.language.numbers import PERCENT_SIGNS
from tipbrief.load.grid import Row
from tipbrief.load.schema import MarkdownText, Model, Phrase, RichText, TextForm
from tipbrief.load.source_text import SourceLocation, Text

# How a derived figure is made of others, or of the cells of a column.
OPERATIONS = ("sum", "mean", "difference", "ratio", "percent")
# What ``texts.yaml`` holds under which key.
TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}
_NAME_FORM = r"[a-z][a-z0-9_-]*"
_NAME_HINT = "begin with a small Latin letter, then write small letters, digits, - and _"
EntryName = Annotated[str, TextForm(_NAME_FORM, "good name", _NAME_HINT)]
_ADDRESS_HINT = "write it with https:// and without spaces"
Address = Annotated[Text, TextForm(r"https?://[^\s/\[\]]+(/\S*)?", "address", _ADDRESS_HINT)]
_COLOUR_HINT = "write # and six of 0-9 and a-f, in quotes, such as '#0f4c5c'"
Colour = Annotated[Text, TextForm(r"#[0-9a-fA-F]{6}", "colour", _COLOUR_HINT)]


@dataclass(frozen=True, slots=True)
class ReferenceTo:
    """A mark in an annotation: the text is the name of a ``what``, such as a figure or a source.

    With ``row`` it may be ``row.column``, too: a column of numbers of the document's row.
    """

    what: str
    row: bool = False


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """A mark in an annotation: the text names a column of the table that the field ``table`` names.

    None is the table of the document's row: the brief must have ``for_each``. The column must be of the
    ``type``; where it is ``drawn``, its choices need a look. Each of its cells that is not empty names a
    ``cells``, such as a prose. With ``path`` it may be ``key.column``: a column of the row to which a key
    column points. What is ``printed`` must be words, numbers or codes, no ids.
    """

    table: str | None = "table"
    type: str = ""
    cells: str = ""
    is_drawn: bool = False
    path: bool = False
    is_printed: bool = False


@dataclass(frozen=True, slots=True)
class DatasetName:
    """A mark in an annotation: the text stands in the dataset itself, such as a header; it is not printed.

    ``what`` says of which kind of thing it is the name.
    """

    what: str = ""


DatasetText = Annotated[Text, DatasetName()]
DatasetTableName = Annotated[Text, DatasetName("table")]
DatasetColumnName = Annotated[Text, DatasetName("column")]
FigureName = Annotated[Text, ReferenceTo("figure")]
ProseName = Annotated[Text, ReferenceTo("prose")]
SourceName = Annotated[Text, ReferenceTo("source")]
TableName = Annotated[Text, ReferenceTo("table")]
ColumnName = Annotated[Text, ColumnOf()]
PictureName = Annotated[Text, ReferenceTo("picture")]
LanguageTag = Annotated[Text, ReferenceTo("language")]


class NamedEntry(Model):
    """A part that has a name: the key under which it stands."""

    id: EntryName


class Colours(Model):
    """The colours of a publication, as CSS hex colours: all that is drawn has one of them.

    Who does not name those of bars, of hatching, of land without data and of a page's foot, gets a paler
    accent, the grey, the tint, and the grey.
    """

    ink: Colour
    accent: Colour
    signal: Colour
    grey: Colour
    line: Colour
    tint: Colour
    bar: Colour | None = None
    hatch: Colour | None = None
    land: Colour | None = None
    foot: Colour | None = None

    @property
    def palette(self) -> dict[str, Text]:
        """Each colour by its name, none missing."""
        named = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "location"}
        pale = (
            Text(lighten_bar_colour(self.accent), self.accent.location)
            if COLOUR_PATTERN.fullmatch(self.accent)
            else self.accent
        )
        given = {"bar": pale, "hatch": self.grey, "land": self.tint, "foot": self.grey}
        return {name: colour or given[name] for name, colour in named.items()}


class Logo(Model):
    """The picture that stands in the head of each document, beside who publishes it."""

    file: PictureName
    alt: Phrase


class Imprint(Model):
    """``publication.yaml``: what the publication is, who answers for it, how it looks.

    The first of its ``languages`` is that of its files; ``language`` is the way to say it of one alone.
    ``fonts`` are the families of its letters; what the first lacks is drawn with the next.
    """

    id: Annotated[Text, TextForm(_NAME_FORM, "good id", _NAME_HINT)]
    title: RichText
    series: RichText
    languages: tuple[LanguageTag, ...] = ()
    language: LanguageTag | None = None
    publisher: RichText
    published: Date
    contact: RichText | None = None
    address: Address | None = None
    logo: Logo | None = None
    colours: Colours
    fonts: tuple[Text, ...] = ()

    @property
    def language_tags(self) -> tuple[Text, ...]:
        """The tags of its languages."""
        return self.languages or ((self.language,) if self.language else ())


class Source(NamedEntry):
    """A publication of somebody else."""

    title: Phrase
    publisher: Phrase
    date: Date | None = None
    read: Date | None = None
    address: Address


class Count(Model):
    """A number of rows: those of ``table`` in which each column of ``where`` has the given value."""

    table: DatasetTableName
    where: Mapping[str, DatasetText] = field(default_factory=dict)


class Check(Count):
    """What a value must equal: a number of rows or, with ``column``, what that column adds up to in them."""

    column: DatasetColumnName | None = None


class Cells(Model):
    """The numbers in one column of a table: of the rows in which each column of ``where`` has its value."""

    table: TableName
    column: Annotated[Text, ColumnOf(type="number")]
    where: Mapping[str, DatasetText] = field(default_factory=dict)


class Cell(Model):
    """One cell of a table, addressed by the table's key."""

    table: DatasetTableName
    row: DatasetText
    column: DatasetColumnName


class Figure(NamedEntry):
    """One number of the dataset, with what it means and what it rests on.

    ``reported`` figures have a ``value`` or stand in a ``cell``; ``counted`` ones have a ``count``.
    ``derived`` ones are the ``sum`` or the ``mean`` of figures or of a table's column, or of two figures the
    ``difference``, the ``ratio``, or what ``percent`` the first is of the second; what does not come out even
    is rounded to so many ``decimals``. ``check`` is a count or a sum that must equal the value.
    """

    label: RichText
    kind: Literal["reported", "counted", "derived"]
    value: Decimal | None = None
    cell: Cell | None = None
    count: Count | None = None
    sum: tuple[FigureName, ...] | Cells = ()
    mean: tuple[FigureName, ...] | Cells = ()
    difference: tuple[FigureName, ...] = ()
    ratio: tuple[FigureName, ...] = ()
    percent: tuple[FigureName, ...] = ()
    decimals: int | None = None
    unit: Text | None = None
    of: FigureName | None = None
    check: Check | None = None
    as_of: Date | None = None
    sources: tuple[SourceName, ...] = ()
    locator: Text | None = None

    @property
    def operation(self) -> str:
        """How a derived figure is made: ``sum``, ``percent`` …; empty for any other."""
        return next((way for way in OPERATIONS if getattr(self, way)), "")

    @property
    def operands(self) -> tuple[Text, ...]:
        """The figures of which it is derived."""
        made_of = getattr(self, self.operation, ())
        return made_of if isinstance(made_of, tuple) else ()

    @property
    def cells(self) -> Cells | None:
        """The cells of which it is derived."""
        made_of = getattr(self, self.operation, None)
        return made_of if isinstance(made_of, Cells) else None

    @property
    def measure(self) -> str | None:
        """Its unit, which of a percentage need not be said."""
        return self.unit or (PERCENT_SIGNS[0] if self.percent else None)


class Choice(Model):
    """One of the values that a ``choice`` column may have: its names and its look.

    Only what is drawn needs a look. ``remark`` is what a strip says of the ``{years}`` that rest on this, as
    the column ``basis`` tells; ``remark_one`` says it of one year alone.
    """

    label: Phrase
    short: Phrase | None = None
    colour: Colour | None = None
    text_colour: Colour | None = None
    hatched: bool = False
    remark: Phrase | None = None
    remark_one: Phrase | None = None


class RowTotals(Model):
    """What the numbers of a column must equal: what ``column`` of another ``table`` adds up to.

    Of that table the rows count whose column ``within`` has the key of the row; without ``column`` it is
    their number.
    """

    table: TableName
    within: ColumnName
    column: Annotated[Text, ColumnOf(type="number")] | None = None


class Column(Model):
    """A declared column of a table. A ``key`` column repeats the key of another table's row.

    ``languages`` says which other columns hold the words of this one in other languages. What a number of
    each row must equal is said by its ``check``; numbers of hundredths have the ``unit`` per cent.
    """

    type: Literal["text", "code", "number", "year", "choice", "key", "sources"]
    label: Phrase | None = None
    blank: bool = False
    unit: Literal["\u066a", "%"] | None = None
    table: DatasetTableName | None = None
    check: RowTotals | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)
    languages: Mapping[str, DatasetText] = field(default_factory=dict)


class TranslationColumn(Column):
    """The column ``name.ps`` beside ``name``, which nobody needs to declare."""


class TranslatedCell(Phrase):
    """A cell in another language, and what it comes of: a ``column`` of its row, and the ``value`` there."""

    __slots__ = ("column", "value")
    column: str
    value: str

    def __new__(cls, text: str, place: SourceLocation, language: str = "", column: str = "", value: str = "") -> Self:
        """The words of a cell."""
        new = super().__new__(cls, text, place, language)
        new.column, new.value = column, value
        return new

    def __getnewargs__(self) -> tuple[str, SourceLocation, str, str, str]:  # type: ignore[override]
        """What makes the text anew in another process."""
        return str(self), self.location, self.language, self.column, self.value


class TableSpec(NamedEntry):
    """A declared table: its file, of a workbook the sheet, its key columns, its columns, its sources.

    Without ``sheet`` it is the workbook's first one.
    """

    file: DatasetText
    sheet: DatasetText | None = None
    title: Phrase
    key: tuple[DatasetColumnName, ...]
    sources: tuple[SourceName, ...] = ()
    columns: Mapping[str, Column]

    @property
    def name_column(self) -> str:
        """The column that names a row to readers, the first one of text; empty where there is none."""
        return next((name for name, column in self.columns.items() if column.type == "text"), "")


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its rows: each a mapping from column to cell text, found by its key."""

    spec: TableSpec
    rows: tuple[Mapping[str, str], ...]
    lines: tuple[Row, ...]
    by_key: Mapping[str, Mapping[str, str]]

    def alike(self, column: str, key: str) -> list[str]:
        """The keys of the rows that have the same in a column as the row ``key``."""
        return self.find_keys(column, self.by_key[key][column])

    def find_keys(self, column: str, cell: str) -> list[str]:
        """The keys of the rows that have this in a column."""
        return [one for one, row in self.by_key.items() if row[column] == cell]

    def row_name(self, key: str) -> str:
        """What readers call the row ``key``; the key itself where no column says it."""
        return self.by_key[key].get(self.spec.name_column) or key

    def screen_reader_names(self, keys: Iterable[str]) -> list[str]:
        """What readers call some rows, where it is heard and not printed."""
        return [self.row_name(key) for key in keys]


class Prose(NamedEntry):
    """A text of the author's own: paragraphs parted by blank lines, figures as ``{name}``.

    It may have lists (``- one``), ``**bold**`` and ``[links](https://…)``.
    """

    text: MarkdownText
    title: RichText | None = None
    sources: tuple[SourceName, ...] = ()


class Quotation(NamedEntry):
    """Somebody's exact words: their rendering and the words as they were said."""

    text: Phrase
    original: Text | None = None
    speaker: RichText
    date: Date
    sources: tuple[SourceName, ...]


class Definition(NamedEntry):
    """What a term means."""

    term: RichText
    text: RichText
    sources: tuple[SourceName, ...]


class Event(NamedEntry):
    """One entry of the timeline."""

    date: Date
    text: RichText
    sources: tuple[SourceName, ...]


class Texts(Model):
    """``texts.yaml``: everything that is not a number."""

    prose: Mapping[str, Prose] = field(default_factory=dict)
    quotations: Mapping[str, Quotation] = field(default_factory=dict)
    definitions: Mapping[str, Definition] = field(default_factory=dict)
    timeline: Mapping[str, Event] = field(default_factory=dict)
