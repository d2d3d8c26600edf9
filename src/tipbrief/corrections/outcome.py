"""Outcome: the publication as it would be, checked in a copy; where that fails, what else to change."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from tipbrief.check.figures import COUNT_CONTRADICTS
from tipbrief.check.models import Figure
from tipbrief.check.publication import Publication, load
from tipbrief.check.tables import counted
from tipbrief.corrections.amendment import FIGURES, Amended, below, example
from tipbrief.load.csv_rows import read_csv
from tipbrief.load.schema import Reader
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.pdf.attachments import PARTS
from tipbrief.problems import Problem, Problems


def outcome(
    publication: Publication, amended: Amended, covered: Collection[int] | None = None
) -> Publication:
    """The publication as it would be; ``Problems`` says what the changes would break."""
    with TemporaryDirectory(prefix="tipbrief-") as made:
        folder = Path(made).resolve()
        lay_out(publication, amended, folder)
        try:
            new = load(folder, covered)
        except Problems as raised:
            errors = [problem for problem in raised.problems if problem.severity == "error"]
            explained = [*_explained(publication, amended, folder, errors)]
            raise Problems(_in_folder(publication.folder, folder, problem) for problem in explained) from None
    warnings = tuple(_in_folder(publication.folder, folder, problem) for problem in new.warnings)
    return replace(new, folder=publication.folder, warnings=warnings)


def lay_out(publication: Publication, amended: Amended, folder: Path) -> None:
    """Write what a publication is made of, and nothing else, into ``folder``, with the changes."""
    real = publication.folder
    named = [path.relative_to(real).as_posix() for part in PARTS for path in real.glob(part)]
    for name in {*named, *(str(table.spec.file) for table in publication.tables.values())}:
        target = folder / name
        # A table may be named by its whole path, and templates have folders.
        if target.resolve().is_relative_to(folder) and (real / name).is_file():
            target.parent.mkdir(parents=True, exist_ok=True)
            changed = amended.files.get(below(real, name))
            target.write_bytes((real / name).read_bytes() if changed is None else changed)


def _in_folder(folder: Path, copy: Path, problem: Problem) -> Problem:
    """The problem of a file in the copy as one of the same file in the folder."""
    if problem.file is None or not problem.file.is_relative_to(copy):
        return problem
    return replace(problem, file=folder / problem.file.relative_to(copy))


def _explained(
    publication: Publication, amended: Amended, copy: Path, errors: Sequence[Problem]
) -> Iterator[Problem]:
    """The errors in the copy, each with what else to change."""
    failed = {
        error: (figure, [*_others(publication, amended, copy, figure)])
        for error, figure in _contradicted(copy, errors)
    }
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


def _contradicted(copy: Path, errors: Sequence[Problem]) -> Iterator[tuple[Problem, Figure]]:
    """Each error that a figure is not what its check counts, with the figure."""
    if found := [error for error in errors if error.kind == COUNT_CONTRADICTS]:
        figures = Reader().read(Mapping[str, Figure], read_yaml(copy / FIGURES), FIGURES).values()
        for figure in figures:
            place = figure.check and (figure.check.place.line, figure.check.place.column)
            yield from ((error, figure) for error in found if (error.line, error.column) == place)


def _others(
    publication: Publication, amended: Amended, copy: Path, figure: Figure
) -> Iterator[tuple[str, str]]:
    """What else to change, so that a figure equals its check again; nothing where only rows can."""
    if figure.check is None or figure.sum:
        return
    given = {made.name: made.now for made in amended.changes}
    name, where, table = figure.id, figure.check.where, publication.tables[figure.check.table]
    if cell := figure.cell:
        name = f"{cell.table}[{cell.row}].{cell.column}"
    grid = read_csv(copy / table.spec.file)
    rows = tuple(dict(zip(grid.header, row.cells, strict=True)) for row in grid.rows)
    count = len(counted(replace(table, rows=rows), figure.check))
    free = next((column for column in where if column not in table.spec.key), "")
    if not figure.count and name not in given:
        yield name, str(count)
    elif free:
        fewer = name in given and count < Decimal(given[name])
        yield example(table, None, free), where[free] if fewer else "VALUE"
