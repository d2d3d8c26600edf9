"""The report of a finished build: what was built, what was not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.cli.common import FEW, show

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from tipbrief.build.run import Built
    from tipbrief.deliver.folder import Written
    from tipbrief.problems import Problem


def show_built(built: Sequence[Built], asked: int, out: Path) -> None:
    """Print each of a few documents with its files, and the sum of many."""
    if asked <= FEW:
        for item in built:
            draft = "draft of " if item.edition.draft else ""
            click.echo(f"{item.name}: {draft}{item.edition.signature}{'' if item.fresh else ', unchanged'}")
            for file in item.files:
                pages = f", {item.pages} page{'s' * (item.pages != 1)}" if file.path.suffix == ".pdf" else ""
                click.echo(f"  {file.path} ({file.size / 1000:.0f} KB{pages})")
        return
    fresh = sum(item.fresh for item in built)
    drafts = sum(item.edition.draft for item in built)
    done = f"{len(built)} of {asked} documents in {out}"
    click.echo(f"{done}: {fresh} typeset, {len(built) - fresh} unchanged")
    if drafts:
        click.echo(f"{drafts} are drafts: the same command with --deliver makes them editions")


def show_files(written: Iterable[Written]) -> None:
    """Print the files that stand beside the documents."""
    for file in written:
        click.echo(f"{file.path} ({file.size / 1000:.0f} KB)")


def show_failed(failed: Mapping[str, Sequence[Problem]], *, several: bool, series: bool) -> None:
    """Print what is wrong with documents; of ``several`` their names; and whether their ``series`` waits."""
    show([problem for problems in failed.values() for problem in problems])
    if several:
        click.echo(f"not built, earlier files unchanged: {', '.join(failed)}", err=True)
    if series:
        click.echo("index.html and the PDF of all sheets wait until all are built", err=True)
