"""What a brief prints: the columns, figures, texts and sources that its blocks and texts name.

A document is composed from these alone, and its PDF carries these alone.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tipbrief.check.blocks import Brief, ShareChart, every_block
from tipbrief.check.models import (
    TEXT_GROUPS,
    ColumnOf,
    Figure,
    ReferenceTo,
    Table,
    TableSpec,
)
from tipbrief.check.publication_model import Publication
from tipbrief.check.references import texts_with_marks
from tipbrief.check.texts import REFERENCE, every_text
from tipbrief.load.publication_files import WORKBOOK_SUFFIX
from tipbrief.load.source_text import Text

ROW_PREFIX = "row."


@dataclass(frozen=True, slots=True)
class PrintedNames:
    """The names that a brief prints, by their kinds.

    ``columns`` are those of each table; ``entries`` are names of a ``figure``, a
    ``source``, a ``table``, a ``picture``, or of a kind of ``TEXT_GROUPS``. Columns that
    only tell rows apart, or that the publication asks to carry, are ``unprinted_columns``.
    """

    columns: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    entries: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))

    unprinted_columns: set[tuple[str, str]] = field(default_factory=set)

    def freeze(self) -> frozenset[tuple[str, ...]]:
        """All names, as a value that can be compared and looked up."""
        columns = {("column", table, name) for table in self.columns for name in self.columns[table]}
        entries = {(kind, name) for kind in self.entries for name in self.entries[kind]}
        return frozenset(columns | entries)

    def add_names(self, other: PrintedNames) -> None:
        """Add what another brief prints."""
        for table, columns in other.columns.items():
            self.columns[table].update(columns)
        for kind, names in other.entries.items():
            self.entries[kind].update(names)
        self.unprinted_columns.update(other.unprinted_columns)


def collect_printed_names(publication: Publication, brief: Brief, own_templates: str = "") -> PrintedNames:
    """What the documents of a brief print, or need to compute what they print.

    Of the publication's ``own_templates``, whose text is given, nobody can tell what
    they print: each name of the dataset that stands in them counts as printed.
    """
    collector = _NameCollector(publication, brief)
    collector.add_model(publication.imprint)
    if publication.imprint.logo:
        collector.add_model(publication.imprint.logo)
    collector.add_model(brief)
    for block in every_block(brief.blocks):
        collector.add_model(block)
        for table, column in block.list_implied_columns(publication.tables, brief):
            collector.add_column(table, column)
        if isinstance(block, ShareChart) and not block.within:
            collector.add_counting_figures(block)
    if own_templates:
        collector.add_template_names(own_templates)
    return collector.names


def collect_told_names(
    publication: Publication,
    brief: Brief,
    names: PrintedNames,
    steps: Iterable[tuple[str, str, tuple[str, ...]]],
) -> PrintedNames:
    """What a document prints beside the ``names`` of its brief to tell of corrections.

    Each step has a table and a column, or a figure and nothing; and the former values,
    which may name texts that no row names today.
    """
    collector = _NameCollector(publication, brief)
    collector.names.add_names(names)
    for table_or_figure, column, values in steps:
        collector.add_told_value(table_or_figure, column, values)
    return collector.names


def reduce_publication(publication: Publication, brief: Brief, names: PrintedNames) -> Publication:
    """The publication with nothing but what the documents of a brief print."""
    entries = names.entries
    groups: dict[str, Any] = {
        group: _select(getattr(publication.texts, group), entries[kind]) for kind, group in TEXT_GROUPS.items()
    }
    documents = {name: document for name, document in publication.documents.items() if document.brief.id == brief.id}
    tables = {
        name: reduce_table(table, names.columns[name])
        for name, table in publication.tables.items()
        if name in entries["table"]
    }
    figures = {
        name: figure if keeps_check(figure, names) else replace(figure, check=None)
        for name, figure in _select(publication.figures, entries["figure"]).items()
    }
    return replace(
        publication,
        sources=_select(publication.sources, entries["source"]),
        figures=figures,
        values=_select(publication.values, entries["figure"]),
        tables=tables,
        texts=replace(publication.texts, **groups),
        briefs={brief.id: publication.briefs[brief.id]},
        documents=documents,
    )


def reduce_table(table: Table, columns: Iterable[str]) -> Table:
    """A table with only these columns."""
    declared = _select(table.spec.columns, {*columns})
    if len(declared) == len(table.spec.columns):
        return table
    by_key = {key: _select(row, declared) for key, row in table.by_key.items()}
    spec = replace(table.spec, columns=declared)
    return Table(spec, tuple(by_key.values()), table.lines, by_key)


def keeps_check(figure: Figure, names: PrintedNames) -> bool:
    """Whether what a figure must equal is a number of rows by printed columns alone."""
    check = figure.check
    if check is None or check.column or check.table not in names.entries["table"]:
        return False
    return check.where.keys() <= names.columns[check.table]


def is_carried_whole(publication: Publication, spec: TableSpec) -> bool:
    """Whether the publication asks by name for a table's file as it is, with all it holds."""
    is_workbook = spec.file.endswith(WORKBOOK_SUFFIX)
    return is_workbook and publication.imprint.workbooks == "whole"


def _select(entries: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {name: entry for name, entry in entries.items() if name in names}


class _NameCollector:
    def __init__(self, publication: Publication, brief: Brief) -> None:
        self.names = PrintedNames()
        self._publication = publication
        self._row_table = str(brief.for_each or "")
        self._entries: dict[str, Mapping[str, Any]] = {
            "figure": publication.figures,
            "source": publication.sources,
            "table": {name: table.spec for name, table in publication.tables.items()},
        }
        for kind, group in TEXT_GROUPS.items():
            self._entries[kind] = getattr(publication.texts, group)

    def add_model(self, model: Any) -> None:
        """Add what the fields of a model name, and what its texts print."""
        for mark, name in texts_with_marks(model):
            if isinstance(mark, ColumnOf):
                self._add_marked_column(model, mark, name)
            elif isinstance(mark, ReferenceTo):
                self._add_reference(mark, name)
        for text in every_text(model):
            self._add_text(text)

    def _add_reference(self, mark: ReferenceTo, name: Text) -> None:
        if mark.row and name.startswith(ROW_PREFIX):
            self.add_column(self._row_table, name.removeprefix(ROW_PREFIX))
        else:
            self.add_entry(mark.what, str(name))

    def _add_marked_column(self, model: Any, mark: ColumnOf, name: Text) -> None:
        table_name = self._row_table
        if mark.table is not None:
            table_name = str(getattr(model, mark.table))
        self.add_column(table_name, name)
        table = self._publication.tables.get(table_name)
        if mark.cells and table:
            for row in table.rows:
                self.add_entry(mark.cells, str(row[name]))

    def _add_text(self, text: Text) -> None:
        for reference in REFERENCE.finditer(text):
            name = reference[1].strip()
            if name.startswith("@"):
                for source in name.replace("@", " ").split():
                    self.add_entry("source", source)
            elif name.startswith(ROW_PREFIX):
                self.add_column(self._row_table, name.removeprefix(ROW_PREFIX))
            else:
                self.add_entry("figure", name)

    def add_entry(self, kind: str, name: str) -> None:
        """Add a figure, text, source or table, and what it names in its turn."""
        if name in self.names.entries[kind]:
            return
        entry = self._entries.get(kind, {}).get(name)
        if entry is None and kind in self._entries:
            return
        self.names.entries[kind].add(name)
        if isinstance(entry, TableSpec):
            self._add_table(name, entry)
        elif entry is not None:
            self.add_model(entry)
        if isinstance(entry, Figure):
            self._add_figure_inputs(entry)

    def _add_figure_inputs(self, figure: Figure) -> None:
        for operand in figure.operands:
            self.add_entry("figure", str(operand))
        if figure.cell:
            self.add_column(str(figure.cell.table), str(figure.cell.column))
        if figure.count:
            self._add_selected_rows(str(figure.count.table), figure.count.where)
        if figure.cells:
            self._add_selected_rows(str(figure.cells.table), figure.cells.where)
            self.add_column(str(figure.cells.table), str(figure.cells.column))

    def _add_selected_rows(self, table: str, where: Mapping[str, Any]) -> None:
        self.add_entry("table", table)
        for column in where:
            self.add_column(table, column)

    def add_counting_figures(self, chart: ShareChart) -> None:
        """Add the figures that count the rows of a segment: the chart prints them."""
        column = str(chart.by)
        for name, figure in self._publication.figures.items():
            count = figure.count or figure.check
            if count and count.table == chart.table and {*count.where} == {column}:
                self.add_entry("figure", name)

    def _add_table(self, name: str, spec: TableSpec) -> None:
        for source in spec.sources:
            self.add_entry("source", str(source))
        carries_all = spec.carry == "all" or is_carried_whole(self._publication, spec)
        for column, declared in spec.columns.items():
            tells_rows_apart = column in spec.key or declared.type == "sources"
            if tells_rows_apart or (carries_all and not declared.private):
                self.add_column(name, column, is_printed=False)

    def add_column(self, table: str, path: str, *, is_printed: bool = True) -> None:
        """Add a column, or with ``key.column`` one of the table to which a key points.

        The row to which a printed key points is printed by its name.
        """
        self.add_entry("table", table)
        first, _, further = path.partition(".")
        if table not in self._publication.tables:
            return
        spec = self._publication.tables[table].spec
        column = spec.columns.get(first)
        if column is None:
            first, further = path, ""  # a column such as name.ps
            column = spec.columns.get(path)
        if column is None:
            return
        if is_printed:
            self.names.unprinted_columns.discard((table, first))
        elif first not in self.names.columns[table] and column.type != "sources":
            self.names.unprinted_columns.add((table, first))
        self.names.columns[table].add(first)
        self.names.columns[table].update(map(str, column.languages.values()))
        if column.type == "sources":
            for row in self._publication.tables[table].rows:
                for source in row[first].split():
                    self.add_entry("source", source)
        if column.table:
            self.add_entry("table", str(column.table))
            target = self._publication.tables[column.table].spec
            if further:
                self.add_column(str(column.table), further)
            elif is_printed and target.name_column:
                self.add_column(str(column.table), target.name_column)

    def add_told_value(self, name: str, column: str, values: Iterable[str]) -> None:
        """Add the figure or column of a correction, the names of rows, and former texts."""
        table = self._publication.tables.get(name)
        if not column:
            self.add_entry("figure", name)
        if table is None or column not in table.spec.columns:
            return
        self.add_column(name, column)
        self.add_column(name, table.spec.name_column)
        for key in table.spec.key:
            self.add_column(name, key)
        if table.spec.columns[column].type == "code":
            for value in values:
                self.add_entry("prose", value)

    def add_template_names(self, templates: str) -> None:
        """Add each public name of the dataset that stands as a word in templates."""
        for kind, entries in self._entries.items():
            for name in entries:
                if _stands_in(name, templates):
                    self.add_entry(kind, name)
        for name in [*self.names.entries["table"]]:
            for column, declared in self._publication.tables[name].spec.columns.items():
                if not declared.private and _stands_in(column, templates):
                    self.add_column(name, column)


def _stands_in(name: str, text: str) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text) is not None
