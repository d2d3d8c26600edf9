"""The commands that examine: a publication, a PDF, this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import format_option, publication_option, reporting, show, strict_option
from tipbrief.files import read_bytes


@click.command()
@publication_option
@format_option
@strict_option
@reporting
def check(folder: Path | None, as_: str, strict: bool) -> None:
    """Check the publication and print all its problems, each with its place and a hint."""
    from tipbrief.build.session import examined

    folder = folder or default_publication()
    publication, found = examined(folder)
    if as_ == "json":
        click.echo(json.dumps([p.as_dict(Path.cwd()) for p in found], ensure_ascii=False, indent=1))
    else:
        show(found)
    if publication is None or any(strict or problem.severity == "error" for problem in found):
        sys.exit(1)
    if as_ == "text":
        click.echo(
            f"{folder}: {len(publication.briefs)} briefs, {len(publication.figures)} figures, "
            f"{len(publication.tables)} tables, {len(publication.sources)} sources: no faults"
            + (f", {len(found)} warnings" if found else "")
        )


@click.command()
@click.argument("pdfs", nargs=-1, required=True, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--family", "families", multiple=True, help="A font family that the PDF may use, too.")
@format_option
@strict_option
@reporting
def verify(pdfs: tuple[Path, ...], families: tuple[str, ...], as_: str, strict: bool) -> None:
    """Audit finished PDFS: fonts, glyphs, every word read back, pages, language, links.

    Where the HTML of the same name lies beside a PDF, its words are what the PDF must say.
    """
    from tipbrief.verify import audit

    reports = [audit.audit_file(pdf, families) for pdf in pdfs]
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


@click.command("inspect")
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--extract", type=click.Path(path_type=Path, file_okay=False), help="Unpack the dataset into DIR."
)
@format_option
@reporting
def inspect_pdf(pdf: Path, extract: Path | None, as_: str) -> None:
    """Say what a PDF is and was made from: edition, hash of the data, versions, files that it carries."""
    from tipbrief.pdf.carried import inspect, unpack

    data = read_bytes(pdf)
    carried = inspect(data, pdf)
    if as_ == "json":
        click.echo(json.dumps(carried.as_dict(), ensure_ascii=False, indent=1))
    else:
        edition = carried.edition
        name = f"{str(edition['brief']).upper()}/{edition['number']}"
        shown = f"{name} · {edition['code']}" if edition["code"] else f"draft of {name}"
        click.echo(f"is    {shown}, of the publication {edition['publication']}")
        note = "" if carried.unchanged else " (not that of the files inside)"
        click.echo(f"data  {carried.data}{note}")
        for name, version in carried.versions.items():
            click.echo(f"with  {name} {version}")
        for name, content in carried.files.items():
            click.echo(f"file  {name} ({len(content)} bytes)")
    if extract is not None:
        for path in unpack(data, extract):
            click.echo(f"wrote {path}", err=as_ == "json")


@click.command()
def doctor() -> None:
    """Say what is installed and what is missing, ending with the command to run."""
    from tipbrief.doctor import examine

    requirements = examine()
    for one in requirements:
        state = {True: "ok", False: "missing", None: "not installed (optional)"}[one.present]
        shown = click.style(state, fg=None if one.present else "yellow")
        click.echo(f"{one.name:<18} {shown}  {one.detail}")
    remedies = list(dict.fromkeys(one.remedy for one in requirements if one.present is False))
    if remedies:
        click.echo("\nTo mend it:\n" + "\n".join(f"  {remedy}" for remedy in remedies))
        sys.exit(1)
    click.echo("\nAll that is needed is here. Next: tipbrief build")
