"""Private cells in messages: a fault of one is told without its words, and no line that has one is shown."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from tipbrief.check.models import Table, TableSpec
from tipbrief.load.grid import Row, find_cell_spans
from tipbrief.problems import Problem

_HINT = "see the cell in the file: messages do not show what is private"
# Their messages quote the words of a cell after a colon, or the whole cell, at the beginning of its row.
_QUOTING_KINDS = ("untranslated", "no-codes")


def hide_private_cells(
    problems: Iterable[Problem], specs: Iterable[TableSpec], tables: Mapping[str, Table], folder: Path
) -> Iterator[Problem]:
    """The problems without the words of private cells; ``tables`` are those that could be read."""
    private_specs: dict[Path, TableSpec] = {}
    for spec in specs:
        if spec.private_columns:
            private_specs[folder / spec.file] = spec
    for problem in problems:
        private_spec = private_specs.get(problem.file or folder)
        if private_spec is None:
            yield problem
        else:
            table = tables.get(private_spec.id)
            yield _hide_words(replace(problem, shows_line=False), private_spec, table)


def _hide_words(problem: Problem, spec: TableSpec, table: Table | None) -> Problem:
    column = _find_column(problem, table) if table else ""
    if column in spec.private_columns:
        message = f"a cell of the private column '{column}' has a fault"
        return replace(problem, message=message, hint=_HINT)
    if problem.kind in _QUOTING_KINDS:
        return _drop_quoted_words(problem)
    return problem


def _drop_quoted_words(problem: Problem) -> Problem:
    if problem.kind == "untranslated":
        return replace(problem, message=problem.message.partition(": ")[0])
    return replace(problem, message="a name is none from which a code can be made", hint=_HINT)


def _find_column(problem: Problem, table: Table) -> str:
    """The column of the cell in which a problem lies; empty if it lies in none."""
    for row, cells in zip(table.lines, table.rows, strict=True):
        if row.location.line <= problem.line <= max(row.location.line, row.location.end_line):
            file_column = _find_file_column(problem, row)
            columns = dict(zip(row.file_columns, cells, strict=True))
            return columns.get(file_column, "")
    return ""


def _find_file_column(problem: Problem, row: Row) -> int:
    if not row.separator:
        return problem.column - 1
    text = row.location.source_lines
    line_starts = [len(line) + 1 for line in text.split("\n")[: problem.line - row.location.line]]
    position = sum(line_starts) + problem.column - 1
    for index, (_, end) in enumerate(find_cell_spans(text, row.separator)):
        if position <= end:
            return index
    return -1
