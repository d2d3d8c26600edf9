"""The models of a publication's YAML files: imprint, sources, figures, tables, texts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import Annotated, Literal, NamedTuple, Self

from tipbrief.colour_contrast import COLOUR_PATTERN, lighten_bar_colour
from tipbrief.language.dates import Date
from tipbrief.language.numbers import PERCENT_SIGNS
from tipbrief.load.grid import Row, TableLayout
from tipbrief.load.schema import MarkdownText, Model, Phrase, RichText, RowSelector, TextForm
from tipbrief.load.source_text import SourceLocation, Text

OPERATIONS = ("sum", "mean", "difference", "ratio", "percent")  # of derived figures
# The kinds of texts, and their keys in ``texts.yaml``.
TEXT_GROUPS = {"prose": "prose", "quotation": "quotations", "definition": "definitions", "event": "timeline"}
_NAME_HINT = "begin with a small Latin letter, then write small letters, digits, - and _"
EntryName = Annotated[str, TextForm(r"[a-z][a-z0-9_-]*", "good name", _NAME_HINT)]
_ADDRESS_HINT = "write it with https:// and without spaces"
_ADDRESS_FORM = r"https?://[^\s/\[\]]+(/\S*)?"
Address = Annotated[Text, TextForm(_ADDRESS_FORM, "address", _ADDRESS_HINT)]
_PRINTED_HINT = f"{_ADDRESS_HINT}, in at most 500 characters: it is printed as a QR code"
PrintedAddress = Annotated[Text, TextForm(rf"(?=.{{1,500}}$){_ADDRESS_FORM}", "address", _PRINTED_HINT)]
_DOI_HINT = "write it without https://doi.org/, such as 10.5281/zenodo.1234567"
_COLOUR_HINT = "write # and six of 0-9 and a-f, in quotes, such as '#0f4c5c'"
Colour = Annotated[Text, TextForm(r"#[0-9a-fA-F]{6}", "colour", _COLOUR_HINT)]


class ReferenceTo(NamedTuple):
    """A mark in an annotation: the text is the name of a ``what``, such as a figure or a source."""

    what: str
    row: bool = False  # it may also be ``row.column``: a column of numbers of the document's row


class ColumnOf(NamedTuple):
    """A mark in an annotation: the text names a column of a table."""

    table: str | None = "table"  # the field that names the table; None for the table of the brief's ``for_each``
    type: str = ""  # that the column must have
    cells: str = ""  # the kind of what its cells name, such as a prose
    is_drawn: bool = False  # its choices need a look
    path: bool = False  # it may be ``key.column``: a column of the row to which a key points
    is_printed: bool = False  # it must hold words, numbers or codes, no ids


class DatasetName(NamedTuple):
    """A mark in an annotation: the text stands in the dataset itself, such as a column's name. It is not printed."""

    what: str = ""  # the kind of thing that it names


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
    """An entry with a name: its key."""

    id: EntryName


class Colours(Model):
    """The colours of a publication, as CSS hex colours."""

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
        """All colours by their names, with the defaults."""
        named = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "location"}
        pale = self.accent
        if COLOUR_PATTERN.fullmatch(pale):  # else the reader has reported it
            pale = Text(lighten_bar_colour(pale), pale.location)
        defaults = {"bar": pale, "hatch": self.grey, "land": self.tint, "foot": self.grey}
        return {name: colour or defaults[name] for name, colour in named.items()}


class Logo(Model):
    """The picture in the head of each document, beside the publisher."""

    file: PictureName
    alt: Phrase


class MailTexts(Model):
    """The subject and the first line of e-mails. ``{name}`` prints the recipient, ``{title}`` the document's title."""

    subject: Phrase | None = None
    greeting: Phrase | None = None


class Imprint(Model):
    """``publication.yaml``: what the publication is, who is responsible for it, how it looks."""

    id: Annotated[Text, TextForm(r"[a-z][a-z0-9_-]{0,59}", "good id", f"{_NAME_HINT}; at most 60 together")]
    title: RichText
    series: RichText
    languages: tuple[LanguageTag, ...] = ()
    language: LanguageTag | None = None
    publisher: RichText
    published: Date
    contact: RichText | None = None
    address: PrintedAddress | None = None
    doi: Annotated[Text, TextForm(r"10\.\d{4,9}/[!-~]+", "DOI", _DOI_HINT)] | None = None
    licence: Address | None = None
    logo: Logo | None = None
    mail: MailTexts | None = None
    colours: Colours
    fonts: tuple[Text, ...] = ()
    workbooks: Literal["values", "whole"] = "values"

    @property
    def language_tags(self) -> tuple[Text, ...]:
        """The tags of its languages."""
        return self.languages or ((self.language,) if self.language else ())


class Original(Model):
    """The work from which a source took what it says, and which the publication's author did not read."""

    title: Phrase
    publisher: Phrase
    address: Address | None = None


class SourceCopy(Model):
    """Where a copy of a source was read. ``date`` is the one that the copy bears."""

    publisher: Phrase | None = None
    date: Date | None = None
    address: Address
    short: Address | None = None


class Source(NamedEntry):
    """A publication by somebody else. If it was read in a copy, ``address`` is that of the work itself, if known."""

    title: Phrase
    publisher: Phrase
    date: Date | None = None
    read: Date | None = None
    address: Address | None = None
    short: Address | None = None
    original: Original | None = None
    read_at: SourceCopy | None = None

    @property
    def addresses(self) -> dict[str, Text]:
        """The addresses that are printed, by their keys: of itself, of its original, of the copy that was read."""
        found: dict[str, Text] = {}
        for path, part in (("", self), ("original.", self.original), ("read_at.", self.read_at)):
            printed = [key for key in ("short", "address") if getattr(part, key, None)]
            found |= {f"{path}{key}": getattr(part, key) for key in printed[:1]}
        return found


class Count(Model):
    """A number of rows of ``table``: those in which each column of ``where`` has the given value."""

    table: DatasetTableName
    where: Mapping[str, DatasetText] = field(default_factory=dict)


class Check(Count):
    """What a value must equal: a number of rows or, with ``column``, the sum of that column in them."""

    column: DatasetColumnName | None = None


class Cells(Model):
    """The numbers in one column of a table, in the rows in which each column of ``where`` has the given value."""

    table: TableName
    column: Annotated[Text, ColumnOf(type="number")]
    where: Mapping[str, DatasetText] = field(default_factory=dict)


class Cell(Model):
    """One cell of a table. ``row`` is the key of its row."""

    table: DatasetTableName
    row: DatasetText
    column: DatasetColumnName


class Figure(NamedEntry):
    """One number of the dataset, with its meaning and its sources."""

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
        """The operation of a derived figure: ``sum``, ``percent`` …; empty for other kinds."""
        return next((one for one in OPERATIONS if getattr(self, one)), "")

    @property
    def operands(self) -> tuple[Text, ...]:
        """The figures from which it is derived."""
        inputs = getattr(self, self.operation, ())
        return inputs if isinstance(inputs, tuple) else ()

    @property
    def cells(self) -> Cells | None:
        """The cells from which it is derived."""
        inputs = getattr(self, self.operation, None)
        return inputs if isinstance(inputs, Cells) else None

    @property
    def measure(self) -> str | None:
        """Its unit. That of a percentage need not be written."""
        return self.unit or (PERCENT_SIGNS[0] if self.percent else None)


class Choice(Model):
    """One of the values of a ``choice`` column: its names and its look."""

    label: Phrase
    short: Phrase | None = None
    colour: Colour | None = None
    text_colour: Colour | None = None
    hatched: bool = False
    remark: Phrase | None = None
    remark_one: Phrase | None = None


class RowTotals(Model):
    """What each number of a column must equal: the sum of a ``column`` of another ``table``."""

    table: TableName
    within: ColumnName
    column: Annotated[Text, ColumnOf(type="number")] | None = None


class Column(Model):
    """A declared column of a table. A ``key`` column repeats the key of another table's row."""

    type: Literal["text", "code", "number", "year", "choice", "key", "sources"]
    label: Phrase | None = None
    blank: bool = False
    unit: Literal["\u066a", "%"] | None = None
    decimals: int | None = None
    table: DatasetTableName | None = None
    check: RowTotals | None = None
    choices: Mapping[str, Choice] = field(default_factory=dict)
    languages: Mapping[str, DatasetText] = field(default_factory=dict)
    private: bool = False
    codes: Text | None = None
    from_: DatasetText | None = None
    names: Mapping[str, DatasetText] = field(default_factory=dict)


class TranslationColumn(Column):
    """A column that need not be declared: ``name.ps`` beside ``name``, or a year of a ``wide`` table."""


class TranslatedCell(Phrase):
    """A translated cell, the ``column`` of its row from which it comes, and the ``value`` there."""

    __slots__ = ("column", "value")
    column: str
    value: str

    def __new__(cls, text: str, place: SourceLocation, language: str = "", column: str = "", value: str = "") -> Self:
        """A translated cell."""
        new = super().__new__(cls, text, place, language)
        new.column, new.value = column, value
        return new


class TableSpec(NamedEntry):
    """A declared table: its file, its key columns, its columns, its sources."""

    file: DatasetText
    sheet: DatasetText | None = None
    other_sheets: Literal["carry"] | None = None
    carry: Literal["all"] | None = None
    header_row: RowSelector | None = None
    last_row: int | None = None
    skip: tuple[RowSelector, ...] = ()
    empty: tuple[DatasetText, ...] = ()
    wide: Literal["years"] | None = None
    decimals: int | None = None
    from_: DatasetText | None = None
    title: Phrase
    key: tuple[DatasetColumnName, ...]
    sources: tuple[SourceName, ...] = ()
    columns: Mapping[str, Column]

    @property
    def layout(self) -> TableLayout:
        """Where the table stands in its file."""
        return TableLayout(self.sheet, self.header_row, self.last_row, self.skip, self.empty)

    @property
    def private_columns(self) -> frozenset[str]:
        """The columns whose cells nobody sees but the readers of the row's own document."""
        return frozenset(name for name, column in self.columns.items() if column.private)

    @property
    def year_column(self) -> str:
        """The column of years: that of the key, else the first one; empty if there is none."""
        years = [name for name, column in self.columns.items() if column.type == "year"]
        return next((name for name in years if name in self.key), next(iter(years), ""))

    @property
    def name_column(self) -> str:
        """The first column of text that is not private, which names a row to readers; empty if there is none."""
        texts = [name for name, column in self.columns.items() if column.type == "text" and not column.private]
        return texts[0] if texts else ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table with its rows. Each row maps columns to the texts of its cells, and has a key."""

    spec: TableSpec
    rows: tuple[Mapping[str, str], ...]
    lines: tuple[Row, ...]
    by_key: Mapping[str, Mapping[str, str]]
    # For each column that was searched the keys by cell: each of 10,000 documents searches 10,000 rows.
    _keys_by_cell: dict[str, dict[str, list[str]]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def alike(self, column: str, key: str) -> list[str]:
        """The keys of the rows with the same cell in a column as the row ``key``."""
        return self.find_keys(column, self.by_key[key][column])

    def find_keys(self, column: str, cell: str) -> list[str]:
        """The keys of the rows with this cell in a column."""
        if (known := self._keys_by_cell.get(column)) is None:
            known = self._keys_by_cell[column] = {}
            for key, row in self.by_key.items():
                known.setdefault(row[column], []).append(key)
        return [*known.get(cell, ())]

    def read_column(self, column: str) -> dict[str, str]:
        """The cells of a column by the keys of their rows, to compare them. Those that are printed are read again."""
        return {key: row[column] for key, row in self.by_key.items()}

    def row_name(self, key: str) -> str:
        """The name of the row ``key`` for readers; the key itself if no column has a name."""
        return self.by_key[key].get(self.spec.name_column) or key

    def screen_reader_names(self, keys: Iterable[str]) -> list[str]:
        """The names of rows in text for screen readers."""
        return [self.row_name(key) for key in keys]


class Prose(NamedEntry):
    """A text of the author's own. Blank lines separate paragraphs, and ``{name}`` prints a figure."""

    text: MarkdownText
    title: RichText | None = None
    sources: tuple[SourceName, ...] = ()


class Quotation(NamedEntry):
    """Somebody's exact words: as printed, and as they were said."""

    text: Phrase
    original: Text | None = None
    speaker: RichText
    date: Date
    sources: tuple[SourceName, ...]


class Definition(NamedEntry):
    """A term and its meaning."""

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
