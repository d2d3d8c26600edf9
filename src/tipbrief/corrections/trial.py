"""Try: a changed publication is checked in a copy, and where it fails, what else to change is named."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from tipbrief.check.models import Figure
from tipbrief.check.publication import Publication, load
from tipbrief.check.tables import counted
from tipbrief.corrections.amendment import FIGURES, Amended, below, example
from tipbrief.load.csv_rows import read_csv
from tipbrief.problems import Problem, Problems

# What ``load`` reads, beside the files of the tables.
_PARTS = (
    *("publication.yaml", "sources.yaml", FIGURES, "tables.yaml", "texts.yaml", "words.txt"),
    "briefs/*.yaml",
)


def tried(publication: Publication, amended: Amended, covered: Collection[int] | None = None) -> Publication:
    """The publication as it would be; ``Problems`` says what the changes would break."""
    with TemporaryDirectory(prefix="tipbrief-") as made:
        folder = Path(made).resolve()
        _copy(publication, amended, folder)
        try:
            new = load(folder, covered)
        except Problems as raised:
            errors = [_moved(p, folder, publication.folder) for p in raised.problems if p.severity == "error"]
            raise Problems(_explained(publication, amended, folder, errors)) from None
    warnings = tuple(_moved(problem, folder, publication.folder) for problem in new.warnings)
    return replace(new, folder=publication.folder, warnings=warnings)


def _copy(publication: Publication, amended: Amended, folder: Path) -> None:
    """Write what ``load`` reads, and nothing else, into ``folder``, with the changes."""
    real = publication.folder
    named = [path.relative_to(real).as_posix() for part in _PARTS for path in real.glob(part)]
    for name in (*named, *(table.spec.file for table in publication.tables.values())):
        target = folder / name
        if target.resolve().is_relative_to(folder):  # not where a table is named by its whole path
            target.parent.mkdir(parents=True, exist_ok=True)
            changed = amended.files.get(below(real, name))
            target.write_bytes((real / name).read_bytes() if changed is None else changed)


def _moved(problem: Problem, old: Path, new: Path) -> Problem:
    """The problem in the same file of another folder."""
    if problem.file is None or not problem.file.is_relative_to(old):
        return problem
    return replace(problem, file=new / problem.file.relative_to(old))


def _explained(
    publication: Publication, amended: Amended, folder: Path, errors: Sequence[Problem]
) -> Iterator[Problem]:
    """The errors, each with what else to change."""
    checked = {f"'{figure.id}' is ": figure for figure in publication.figures.values() if figure.check}
    failed: dict[Problem, tuple[Figure, list[tuple[str, str]]]] = {}
    for error in errors:
        figure = next((checked[start] for start in checked if error.message.startswith(start)), None)
        if figure and error.file == publication.folder / FIGURES:
            failed[error] = figure, [*_others(publication, amended, folder, figure)]
    others = [pair for _, pairs in failed.values() for pair in pairs] or [("FIGURE", "VALUE")]
    given = [(made.name, f'"{made.now}"' if " " in made.now else made.now) for made in amended.changes]
    pairs = sorted(dict.fromkeys([*given, *others]), key=lambda pair: "[" in pair[0])
    command = " ".join(["tipbrief correct", *(f"{name} {value}" for name, value in pairs)])
    for error in errors:
        hint = error.hint
        if error in failed:
            hint = f"give {'both' if len(pairs) == 2 else 'all'} in one command: {command}"
            figure, found = failed[error]
            if figure.check and not figure.sum and not found:
                file = publication.tables[figure.check.table].spec.file
                hint = f"rows are added and removed by hand: change {file} and {FIGURES} in one go"
        yield replace(error, message=f"with this change, {error.message}", hint=hint)


def _others(
    publication: Publication, amended: Amended, folder: Path, figure: Figure
) -> Iterator[tuple[str, str]]:
    """What else to change, so that a figure equals its check again; nothing where only rows can."""
    given = {made.name: made.now for made in amended.changes}
    if figure.check is None or figure.sum:
        return
    name, where, table = figure.id, figure.check.where, publication.tables[figure.check.table]
    if cell := figure.cell:
        name = f"{cell.table}[{cell.row}].{cell.column}"
    grid = read_csv(folder / table.spec.file)
    rows = tuple(dict(zip(grid.header, row.cells, strict=True)) for row in grid.rows)
    count = len(counted(replace(table, rows=rows), figure.check))
    free = next((column for column in where if column not in table.spec.key), "")
    if not figure.count and name not in given:
        yield name, str(count)
    elif free:
        fewer = name in given and count < Decimal(given[name])
        yield example(table, None, free), where[free] if fewer else "VALUE"
