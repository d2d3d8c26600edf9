"""The publication as it is checked: its dataset, its briefs and its documents."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from tipbrief.check import figures as figure_checks
from tipbrief.check import picture_files
from tipbrief.check.blocks import Brief, Document
from tipbrief.check.maps.shapes import Shapes
from tipbrief.check.models import Cells, Figure, Imprint, Source, Table, Texts
from tipbrief.check.tables import row_sources
from tipbrief.language.language import Language
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem


@dataclass(frozen=True, slots=True)
class Publication:
    """A checked dataset with its briefs, in one of its languages. The first language is that of the files."""

    folder: Path
    imprint: Imprint
    sources: Mapping[str, Source]
    figures: Mapping[str, Figure]
    values: Mapping[str, Decimal]
    tables: Mapping[str, Table]
    texts: Texts
    briefs: Mapping[str, Brief]
    documents: Mapping[str, Document]
    languages: tuple[Language, ...]
    language: Language
    shapes: Mapping[str, Shapes] = field(default_factory=dict)  # of its maps
    unreviewed: bool = False  # whether no native reader has reviewed the translation
    untranslated: tuple[Problem, ...] = ()  # warnings for the first untranslated texts
    untranslated_count: int = 0  # of all texts without which nothing is delivered: reasons do not count
    reasons: Mapping[str, Text] = field(default_factory=dict)  # translated reasons of corrections
    pictures: Mapping[str, picture_files.Picture] = field(default_factory=dict)
    warnings: tuple[Problem, ...] = ()

    def figure_sources(self, name: str) -> tuple[str, ...]:
        """The ids of all sources of a figure and of the figures from which it is derived, in order."""
        found, waiting, seen = list[str](), [name], set[str]()
        while waiting:
            if (one := waiting.pop()) not in seen:
                seen.add(one)
                found += self._own_sources(self.figures[one])
                waiting += reversed(self.figures[one].operands)
        return tuple(dict.fromkeys(found))

    def _own_sources(self, figure: Figure) -> list[str]:  # without those of the figures from which it is derived
        found = [str(source) for source in figure.sources]
        if figure.cell:
            table = self.tables[figure.cell.table]
            found += row_sources(table, table.by_key[figure.cell.row])[:1]
        if (selected := figure.count or figure.cells) and not found:
            table = self.tables[selected.table]
            rows = figure_checks.select_rows(table, selected)
            if isinstance(selected, Cells):  # rows without a number add nothing
                rows = [row for row in rows if row[selected.column]]
            found += table.spec.sources or [row_sources(table, row)[0] for row in rows]
        return found

    def count_rows(self, table: str, where: Mapping[str, str]) -> int:
        """The number of rows with these cells in these columns."""
        known = self.tables[table]
        fewest = min((known.find_keys(column, cell) for column, cell in where.items()), key=len)
        if len(where) == 1:
            return len(fewest)
        return sum(all(known.by_key[key][column] == cell for column, cell in where.items()) for key in fewest)

    def derivation(self, name: str) -> figure_checks.Derivation:
        """The number of rows from which a figure is derived, and whether it is rounded."""
        figure = self.figures[name]
        values, rows, blank = [self.values[part] for part in figure.operands], list[Any](), 0
        if figure.cells:
            values, rows, blank = figure_checks.collect_numbers(self.tables[figure.cells.table], figure.cells)
        exact = figure_checks.compute_exactly(figure.operation, values)
        return figure_checks.Derivation(len(rows), blank, exact != Fraction(self.values[name]))
