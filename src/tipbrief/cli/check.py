"""The commands that examine: a publication, a PDF, this machine."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.problems import Problems

if TYPE_CHECKING:
    pass
from tipbrief.cli.common import format_option, publication_option, read_bytes, reporting, show, strict_option


@click.command()
@publication_option
@format_option
@strict_option
@reporting
def check(folder: Path | None, as_: str, strict: bool) -> None:
    """Check the publication and print all its problems, each with its place and a hint."""
    from tipbrief.assets import shipped
    from tipbrief.check.publication import load
    from tipbrief.compose.templates import template_numbers
    from tipbrief.fonts import shelf as fonts
    from tipbrief.ledger import editions, journal, store

    folder = folder or default_publication()
    found = template_numbers(folder / "templates")
    try:
        # Else what a killed correction left half done would be laid at the editor's door.
        journal.put_back(folder)
        covered = fonts.coverage(fonts.shelf(shipped("fonts")))
        publication = load(folder, covered)
        found += publication.warnings
        found += editions.findings(store.read(folder, str(publication.imprint.id)), publication, covered)
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


@click.command()
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--extract", type=click.Path(path_type=Path, file_okay=False), help="Unpack the dataset into DIR."
)
@format_option
@reporting
def inspect(pdf: Path, extract: Path | None, as_: str) -> None:
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
    from tipbrief import doctor as diagnosis

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
