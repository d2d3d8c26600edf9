"""The commands; the only module that prints, exits and reads the clock."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable
from functools import update_wrapper
from pathlib import Path
from typing import Any

import click

from tipbrief import __version__
from tipbrief.assets import default_publication
from tipbrief.problems import Problem, Problems

MOST_SHOWN = 50

_publication = click.option(
    "--publication",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="The publication's folder. Default: the only folder under ./data, else the shipped publication.",
)
_format = click.option(
    "--format",
    "as_",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="For machines: json.",
)
_strict = click.option("--strict", is_flag=True, help="Warnings fail, too.")


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """A command whose problems are printed together, with exit status 1."""

    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except Problems as found:
            show(found.problems)
            sys.exit(1)

    return update_wrapper(run, command)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tipbrief")
def main() -> None:
    """Turn a small, sourced dataset into a print-ready fact sheet in Dari."""


@main.command()
@click.argument("briefs", nargs=-1)
@_publication
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    help="The folder for the PDF, the HTML and manifest.json.",
)
@_strict
@reporting
def build(briefs: tuple[str, ...], folder: Path | None, out: Path, strict: bool) -> None:
    """Build BRIEFS into PDF and HTML; all of them when none is named.

    Exit status 0: all were written. 1: problems; the files of an earlier build are unchanged.
    """
    from tipbrief.build import Workshop
    from tipbrief.build import build as build_all

    workshop = Workshop(folder or default_publication())
    known = workshop.publication.briefs
    warn(workshop.publication.warnings, strict=strict)
    count = len(briefs or known)
    with click.progressbar(
        length=4 * count,
        label="building",
        show_eta=False,
        item_show_func=lambda item: item,
        file=sys.stderr,
        hidden=not sys.stderr.isatty(),
    ) as bar:
        built = build_all(workshop, briefs, out, lambda name, step: bar.update(1, f"{name}: {step}"))
    for item in built:
        for file in item.files:
            pages = (
                f", {item.pages} page{'s' if item.pages != 1 else ''}" if file.path.suffix == ".pdf" else ""
            )
            click.echo(f"{file.path} ({file.size / 1000:.0f} KB{pages})")


@main.command()
@_publication
@_format
@_strict
@reporting
def check(folder: Path | None, as_: str, strict: bool) -> None:
    """Check the publication and print all its problems, each with its place and a hint."""
    from tipbrief import compose, fonts
    from tipbrief.assets import shipped
    from tipbrief.publication import load

    folder = folder or default_publication()
    found = compose.typed_numbers(folder / "templates")
    try:
        publication = load(folder, fonts.coverage(fonts.shelf(shipped("fonts"))))
        found += publication.warnings
    except Problems as raised:
        found += raised.problems
    if as_ == "json":
        click.echo(json.dumps([p.as_dict(Path.cwd()) for p in found], ensure_ascii=False, indent=1))
    else:
        show(found)
    errors = sum(problem.severity == "error" for problem in found)
    if errors or (strict and found):
        sys.exit(1)
    if as_ == "text":
        click.echo(
            f"{folder}: {len(publication.briefs)} briefs, {len(publication.figures)} figures, "
            f"{len(publication.tables)} tables, {len(publication.sources)} sources: no faults"
            + (f", {len(found)} warnings" if found else "")
        )


@main.command()
@click.argument("pdfs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--family", "families", multiple=True, help="A font family that the PDF may use, too.")
@_format
@_strict
@reporting
def verify(pdfs: tuple[Path, ...], families: tuple[str, ...], as_: str, strict: bool) -> None:
    """Audit finished PDFS: fonts, glyphs, every word read back, pages, language, links.

    Where the HTML of the same name lies beside a PDF, its words are what the PDF must say.
    """
    from tipbrief import verify as audits

    reports = [audits.audit_file(pdf, families) for pdf in pdfs]
    if as_ == "json":
        click.echo(json.dumps([report.as_dict() for report in reports], ensure_ascii=False, indent=1))
    else:
        for report in reports:
            click.echo(report.summary())
    found = [problem for report in reports for problem in report.problems]
    if as_ == "text":
        show(found)
    if any(strict or problem.severity == "error" for problem in found):
        sys.exit(1)


@main.command()
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--extract", type=click.Path(path_type=Path, file_okay=False), help="Unpack the dataset into DIR."
)
@_format
@reporting
def inspect(pdf: Path, extract: Path | None, as_: str) -> None:
    """Say what a PDF was made from: its data's hash, versions, and the files that it carries."""
    from tipbrief import archive

    try:
        data = pdf.read_bytes()
    except OSError as fault:
        raise Problems(Problem(f"the file cannot be read: {fault.strerror}", pdf)) from None
    carried = archive.inspect(data, pdf)
    if as_ == "json":
        click.echo(json.dumps(carried.as_dict(), ensure_ascii=False, indent=1))
    else:
        note = "" if carried.unchanged else " (not that of the files inside)"
        click.echo(f"data  {carried.data}{note}")
        for name, version in carried.versions.items():
            click.echo(f"with  {name} {version}")
        for name, content in carried.files.items():
            click.echo(f"file  {name} ({len(content)} bytes)")
    if extract is not None:
        for path in archive.unpack(data, extract):
            click.echo(f"wrote {path}", err=as_ == "json")


@main.group(invoke_without_command=True)
@click.pass_context
@reporting
def fonts(context: click.Context) -> None:
    """List the fonts: weight, version, licence, coverage, and whether their text reads back right."""
    if context.invoked_subcommand:
        return
    from tipbrief import fonts as shelves
    from tipbrief.assets import shipped

    faces = shelves.shelf(shipped("fonts"))
    for face in faces:
        reasons = shelves.is_safe(face.ttf)
        click.echo(
            f"{face.family} {face.weight}  version {face.version}, {face.licence}, "
            f"{len(shelves.coverage([face]))} characters, {face.ttf.stat().st_size / 1000:.0f} KB"
        )
        for line in [f"reads back wrong: {why}" for why in reasons] or ["reads back right"]:
            click.echo(f"  {line}")


@fonts.command()
@click.option("--font", type=click.Path(path_type=Path, dir_okay=False), help="A font of your own.")
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), help="Where its prepared files go.")
@reporting
def prepare(font: Path | None, out: Path | None) -> None:
    """Make the prepared fonts anew from the published ones, or prepare a font of your own."""
    from tipbrief import fonts as shelves
    from tipbrief.assets import shipped

    if (font is None) != (out is None):
        raise click.UsageError("--font FILE and --out DIR go together")
    done = shelves.prepare_file(font, out) if font and out else shelves.prepare_shelf(shipped("fonts"))
    for item in done:
        click.echo(f"{item.face.ttf}\n{item.face.woff2}")
        for note in item.notes:
            click.echo(f"  note: {note}")


@main.command()
def doctor() -> None:
    """Say what is installed and what is missing, ending with the command to run."""
    from tipbrief import diagnosis

    findings = diagnosis.examine()
    for finding in findings:
        state = {True: "ok", False: "missing", None: "not installed (optional)"}[finding.present]
        shown = click.style(state, fg=None if finding.present else "yellow")
        click.echo(f"{finding.name:<18} {shown}  {finding.detail}")
    remedies = list(dict.fromkeys(f.remedy for f in findings if f.present is False))
    if remedies:
        click.echo("\nTo mend it:\n" + "\n".join(f"  {remedy}" for remedy in remedies))
        sys.exit(1)
    click.echo("\nAll that is needed is here. Next: tipbrief build")


def warn(warnings: Iterable[Problem], *, strict: bool) -> None:
    """Print warnings; with ``strict`` they are as bad as errors."""
    found = list(warnings)
    if found and strict:
        raise Problems(found)
    show(found)


def show(problems: list[Problem]) -> None:
    """Print problems to standard error: place, message, source line and hint; in colour on a terminal."""
    here = Path.cwd()
    for problem in problems[:MOST_SHOWN]:
        where, message = problem.where(here), problem.message
        head, *rest = problem.format(here).split("\n")
        if where:
            colour = "red" if problem.severity == "error" else "yellow"
            kind = "" if problem.severity == "error" else "warning: "
            head = f"{click.style(where, bold=True)}: {click.style(kind + message, fg=colour)}"
        click.echo(head, err=True)
        for line in rest:
            click.echo(click.style(line, dim=not line.startswith("    hint")), err=True)
    if len(problems) > MOST_SHOWN:
        click.echo(f"… and {len(problems) - MOST_SHOWN} more", err=True)
    errors = sum(problem.severity == "error" for problem in problems)
    if errors:
        click.echo(f"{errors} problem{'s' if errors != 1 else ''}", err=True)
