"""The commands of fonts."""

from __future__ import annotations

from pathlib import Path

import click

from tipbrief.assets import shipped
from tipbrief.cli.common import reporting


@click.group(invoke_without_command=True)
@click.pass_context
@reporting
def fonts(context: click.Context) -> None:
    """List the fonts: weight, version, licence, coverage, and whether their text reads back right."""
    if context.invoked_subcommand:
        return
    from tipbrief.fonts import shelf

    faces = shelf.shelf(shipped("fonts"))
    for face in faces:
        reasons = shelf.is_safe(face.ttf)
        click.echo(
            f"{face.family} {face.weight}  version {face.version}, {face.licence}, "
            f"{len(shelf.coverage([face]))} characters, {face.ttf.stat().st_size / 1000:.0f} KB"
        )
        for line in [f"reads back wrong: {why}" for why in reasons] or ["reads back right"]:
            click.echo(f"  {line}")


@fonts.command("prepare")
@click.option("--font", type=click.Path(path_type=Path, dir_okay=False), help="A font of your own.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where its prepared files go.")
@reporting
def prepare_fonts(font: Path | None, out: Path | None) -> None:
    """Make the prepared fonts anew from the published ones, or prepare a font of your own."""
    from tipbrief.fonts import shelf

    if (font is None) != (out is None):
        raise click.UsageError("--font FILE and --out DIR go together")
    done = shelf.prepare_file(font, out) if font and out else shelf.prepare_shelf(shipped("fonts"))
    for item in done:
        click.echo(f"{item.face.ttf}\n{item.face.woff2}")
        for note in item.notes:
            click.echo(f"  note: {note}")
