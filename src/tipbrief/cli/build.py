"""The commands that make documents, and list them."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

from tipbrief.cli.common import FEW, publication_option, reporting, show, strict_option, today, warn
from tipbrief.cli.progress import Progress


@click.command()
@click.argument("briefs", nargs=-1)
@publication_option
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("out"),
    show_default=True,
    help="The folder for the PDF, the HTML and manifest.json.",
)
@click.option("--only", metavar="KEY,KEY", help="Of a brief for each row: only these rows.")
@click.option("--all", "everything", is_flag=True, help="Also the briefs for each row of a table.")
@click.option(
    "--deliver",
    "delivers",
    is_flag=True,
    help="Give each brief that says something new its edition, and record it in the ledger.",
)
@click.option(
    "--png",
    type=click.IntRange(100, 5000),
    metavar="WIDTH",
    help="Also each page and a square card of the headline figures as pictures, for messengers.",
)
@click.option("--paper", default="a4", show_default=True, help="a4, letter or a5.")
@click.option(
    "--profile", default="office", show_default=True, help="screen, office, grey, large, press, or your own."
)
@click.option(
    "--cluster", metavar="ADDRESS", help="A Dask cluster that does the work, such as tcp://host:8786."
)
@strict_option
@reporting
def build(
    briefs: tuple[str, ...],
    folder: Path | None,
    out: Path,
    only: str | None,
    everything: bool,
    delivers: bool,
    png: int | None,
    paper: str,
    profile: str,
    cluster: str | None,
    strict: bool,
) -> None:
    """Build BRIEFS into PDF and HTML; without names, every brief that is a single document.

    A brief that says what its last edition said is that edition; any other is marked as a draft of the
    next one until you deliver it.

    Exit status 0: all were written. 1: problems; the documents without problems were written, of the others
    the files of an earlier build are unchanged.
    """
    from tipbrief.build import workers as crew
    from tipbrief.build.run import Partly, deliver, named
    from tipbrief.build.run import build as build_all
    from tipbrief.build.series import gather
    from tipbrief.build.session import Workshop

    workshop = Workshop(folder or default_publication(own=delivers), paper=paper, profile=profile)
    warn(workshop.warnings, strict=strict)
    keys = [key.strip() for key in (only or "").split(",") if key.strip()]
    if only is not None and not keys:
        raise click.UsageError("--only names no row: give keys, such as --only AFG,PAK")
    names = named(workshop, briefs, only=keys, everything=everything)
    workers = partial(crew.cluster, cluster) if cluster else crew.local if len(names) > 1 else None
    failed: Mapping[str, Sequence[Problem]] = {}
    with Progress(len(names)) as progress:
        try:
            if delivers:
                built = deliver(workshop, names, out, today(), progress.step, workers, png)
            else:
                built = build_all(workshop, names, out, progress.step, workers, png)
        except Partly as raised:
            built, failed = raised.built, raised.failed
    if len(names) <= FEW:
        for item in built:
            draft = "draft of " if item.edition.draft else ""
            click.echo(f"{item.name}: {draft}{item.edition.signature}{'' if item.fresh else ', unchanged'}")
            for file in item.files:
                pages = f", {item.pages} page{'s' * (item.pages != 1)}" if file.path.suffix == ".pdf" else ""
                click.echo(f"  {file.path} ({file.size / 1000:.0f} KB{pages})")
    else:
        fresh = sum(item.fresh for item in built)
        drafts = sum(item.edition.draft for item in built)
        done = f"{len(built)} of {len(names)} documents in {out}"
        click.echo(f"{done}: {fresh} typeset, {len(built) - fresh} unchanged")
        if drafts:
            click.echo(f"{drafts} are drafts: the same command with --deliver makes them editions")
    rows = any(workshop.publication.documents[name].key for name in names)
    if keys and (out / "index.html").exists():
        click.echo("index.html and the PDF of all sheets are left as they were: tipbrief build --all")
    # Last, for what was built is to be told also where the disk has no room for this.
    for file in gather(workshop, built, out, together=everything) if not failed else ():
        click.echo(f"{file.path} ({file.size / 1000:.0f} KB)")
    if failed:
        show([problem for problems in failed.values() for problem in problems])
        if len(names) > 1:
            click.echo(f"not built, earlier files unchanged: {', '.join(failed)}", err=True)
        if not keys and rows:
            click.echo("index.html and the PDF of all sheets wait until all are built", err=True)
        sys.exit(1)


@click.command("list")
@click.argument("briefs", nargs=-1)
@publication_option
@reporting
def list_(briefs: tuple[str, ...], folder: Path | None) -> None:
    """List the briefs; of the named BRIEFS every document, with its row and its last edition."""
    from tipbrief.build.run import named
    from tipbrief.build.session import Workshop
    from tipbrief.compose.writer import plain_text
    from tipbrief.language.alphabet import sort_key

    workshop = Workshop(folder or default_publication())
    whole = workshop.publication
    isolate = sys.stdout.isatty()
    names = named(workshop, briefs) if briefs else list(whole.briefs)
    if briefs:  # the rows of a brief by the Dari alphabet, as in the index
        titles = {
            name: plain_text(whole.documents[name].brief.title, whole, whole.documents[name])
            for name in names
        }
        order = [*whole.briefs]
        names.sort(key=lambda name: (order.index(whole.documents[name].brief.id), sort_key(titles[name])))
    for name in names:
        if name in whole.documents:
            document = whole.documents[name]
            last = workshop.ledger.last(name)
            title = plain_text(document.brief.title, whole, document)
            shown = f"\u2068{title}\u2069" if isolate else title
            click.echo(f"{name:<16} {last.signature if last else 'not delivered':<24} {shown}")
        else:
            count = sum(document.brief.id == name for document in whole.documents.values())
            click.echo(f"{name:<16} {count} documents, one for each row of '{whole.briefs[name].for_each}'")
