"""Blocks of rows: what a document's row was and is, its facts, and groups of rows."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import field, fields
from typing import Annotated, Any

from tipbrief.check import block_base
from tipbrief.check.maps.shapes import list_shipped_shapes
from tipbrief.check.models import ColumnName, ColumnOf, DatasetText, ProseName, Table, TableName
from tipbrief.check.references import References
from tipbrief.load.schema import Model, Phrase, RichText
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem

PLACEHOLDER = re.compile(r"\{(\w+)\}")
# What sentences may say of a row, as compose/row_history.py knows it.
ROW_PLACEHOLDERS = (
    "then", "now", "first", "at_first", "held", "known_from", "unknown", "year", "before", "last", "known", "own",
    "run", "run_choice", "within", "higher", "lower", "equal", "group", "names",
)  # fmt: skip


class HistoryBlock(block_base.Block):
    """What a row of ``latest`` was before ``end``, as ``table`` has it; ``order`` has the choices, the lowest first."""

    table: TableName
    by: Annotated[Text, ColumnOf(type="choice"), ColumnOf("latest", "choice")]
    latest: TableName
    within: Annotated[Text, ColumnOf("latest")] | None = None
    start: int = 0
    end: int = 0
    order: tuple[DatasetText, ...]

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of the rows for each year, of the choices in both tables, and of placeholders."""
        yield from known.check_yearly_rows(self.table)
        yield from block_base.check_year_range(self, "history") if self.end else ()
        yield from known.check_single_key(self.latest)
        latest = known.tables.get(self.latest)
        column = latest.spec.columns.get(self.by) if latest else None
        if column and column.choices:
            yield from known.find_unknown_names(self.order, "choice", column.choices)
        yield from known.check_document_rows(self.latest)
        owners = (self, *getattr(self, "figures", ()))
        for phrase in (getattr(one, declared.name) for one in owners for declared in fields(one)):
            if isinstance(phrase, Phrase):
                names = [Text(name, phrase.location) for name in PLACEHOLDER.findall(phrase)]
                yield from known.find_unknown_names(names, "placeholder", ROW_PLACEHOLDERS)


class ChangeBlock(HistoryBlock, kind="change", needs_row=True):
    """One sentence that compares the choice of the document's row with its choice in the year ``since``."""

    since: int
    basis: block_base.BasisColumn | None = None
    rose: Phrase
    fell: Phrase
    stayed: Phrase
    otherwise: Phrase
    returned: Phrase | None = None
    first_time: Phrase | None = None
    always: Phrase | None = None
    unknown_before: Phrase | None = None
    known_years: Phrase | None = None
    company: Phrase | None = None
    alone: Phrase | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of the history, and of the sentences."""
        yield from super().find_problems(known)
        for sentence in (self.rose, self.fell, self.otherwise):
            if "{then}" not in sentence or "{now}" not in sentence:
                message = "the sentence does not say from what to what"
                yield sentence.problem(message, "write {then} and {now}", kind="then-and-now")

    def list_implied_columns(self, tables: Mapping[str, Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The names of the rows that were alike in the first year."""
        yield from super().list_implied_columns(tables, brief)
        if self.company:
            yield str(self.latest), tables[self.latest].spec.name_column


class RecordFigure(Model):
    """A number of a row's history, and its label. It is left out where something of it is not known."""

    value: Phrase
    label: Phrase


class RecordBlock(HistoryBlock, kind="record", needs_row=True):
    """The choice of the document's row, large, with the text that explains it, beside numbers of its history."""

    meanings: Mapping[str, ProseName] = field(default_factory=dict)
    figures: tuple[RecordFigure, ...]


class GroupsBlock(block_base.Block, kind="groups"):
    """The names of a table's rows, in one line for each choice of a column. The document's row is bold."""

    table: TableName
    by: block_base.ChoiceColumn
    show: block_base.NameColumn
    within: ColumnName | None = None
    neighbours: Text | None = None
    since: TableName | None = None
    end: int | None = None
    title: RichText
    caption: RichText | None = None

    def find_problems(self, known: References) -> Iterator[Problem]:
        """Problems of ``within``, and of the shapes."""
        yield from block_base.check_within_column(self, known)
        if self.since:
            yield from known.check_yearly_rows(self.since)
        if self.since and self.end is None:
            yield self.since.problem("'since' needs 'end'", "write the year of the table itself", kind="no-end")
        if self.neighbours:
            yield from known.check_has_row(self)
            unknown = [*known.find_unknown_names((self.neighbours,), "shapes", list_shipped_shapes())]
            yield from unknown
            _ = unknown or known.load_shapes(self.neighbours, None)

    def list_implied_columns(self, tables: Mapping[str, Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The names by which rows are sorted, and their choices in earlier years."""
        yield from super().list_implied_columns(tables, brief)
        yield str(self.table), tables[self.table].spec.name_column
        if self.since:
            yield str(self.since), str(self.by)


class FactsBlock(block_base.Block, kind="facts", needs_row=True):
    """The texts that a table has for the document's row."""

    table: TableName
    text: Annotated[Text, ColumnOf(cells="prose")]
    title: RichText
    none: ProseName | None = None
    told: tuple[TableName, ...] = ()
    enough: int = 1
    few: tuple[block_base.Block, ...] = ()
    many: int = 0
    unless_many: tuple[block_base.Block, ...] = ()
    if_many: tuple[block_base.Block, ...] = ()
