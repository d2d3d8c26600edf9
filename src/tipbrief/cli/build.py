"""The commands that make documents, and list them."""

import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli.common import FOLDER_PATH, publication_option, reporting, show, strict_option, today
from tipbrief.cli.progress import Progress, show_built, show_failed
from tipbrief.cli.terminal import isolates, on_terminal, tell
from tipbrief.problems import Problems


def _keys(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    keys = [key.strip() for key in (typed or "").split(",") if key.strip()]
    if typed is not None and not keys:
        raise click.UsageError("--only names no row: give keys, such as --only AFG,PAK")
    return keys


@click.command()
@click.argument("briefs", nargs=-1)
@publication_option
@click.option(
    "--out",
    type=FOLDER_PATH,
    default=Path("out"),
    show_default=True,
    help="The folder for the PDF, the HTML and manifest.json.",
)
@click.option("--only", metavar="KEY,KEY", callback=_keys, help="Of a brief for each row: only these rows.")
@click.option("--all", "everything", is_flag=True, help="Also the briefs for each row of a table.")
@click.option(
    "--deliver",
    "delivers",
    is_flag=True,
    help="Give each brief that says something new its edition, and record it in the ledger.",
)
@click.option(
    "--png",
    type=click.IntRange(100, 3500),
    metavar="WIDTH",
    help="Also each page and a square card of the headline figures as pictures, for messengers.",
)
@click.option("--paper", default="a4", show_default=True, help="a4, letter or a5.")
@click.option(
    "--profile", default="office", show_default=True, help="screen, office, grey, large, press, or your own."
)
@click.option(
    "--cluster", metavar="ADDRESS", help="A Dask cluster that does the work, such as tls://host:8786."
)
@strict_option
@reporting
def build(
    briefs: tuple[str, ...],
    folder: Path | None,
    out: Path,
    only: list[str],
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
    from tipbrief.build.cluster import cluster_workers
    from tipbrief.build.run import Partly, build_documents, deliver_editions, named
    from tipbrief.build.series import write_series
    from tipbrief.build.session import Session
    from tipbrief.build.workers import local_workers

    session = Session.open(folder or default_publication(own=delivers), paper=paper.lower(), profile=profile)
    if strict and session.warnings:
        raise Problems(session.warnings)
    show(session.warnings)
    names = named(session, briefs, only=only, everything=everything)
    workers = partial(cluster_workers, cluster) if cluster else local_workers if len(names) > 1 else None
    failed = None
    with Progress(len(names)) as progress, limits.alone(names[0]) if len(names) == 1 else nullcontext():
        try:
            work = partial(deliver_editions, date=today()) if delivers else build_documents
            built = work(session, names, out, step=progress.step, workers=workers, png=png)
        except Partly as raised:
            built, failed = raised.built, raised.failed
    show_built(built, len(names), out)
    if only and (out / "index.html").exists():
        tell("index.html and the PDF of all sheets are left as they were: tipbrief build --all")
    if failed:
        rows = any(session.publication.documents[name].key for name in names) and not only
        show_failed(failed, several=len(names) > 1, series=rows)
        sys.exit(1)
    # Last, for what was built is to be told also where the disk has no room for this.
    for file in write_series(session, built, out, together=everything):
        tell(f"{file.path} ({file.size / 1000:.0f} KB)")


@click.command("list")
@click.argument("briefs", nargs=-1)
@publication_option
@reporting
def list_briefs(briefs: tuple[str, ...], folder: Path | None) -> None:
    """List the briefs; of the named BRIEFS every document, with its row and its edition, or draft of one."""
    from tipbrief.build.document import piece_of
    from tipbrief.build.run import named
    from tipbrief.build.session import Session
    from tipbrief.compose.writer import plain_text
    from tipbrief.language.alphabet import sort_key

    session = Session.open(folder or default_publication())
    whole = session.publication
    form = isolates("\u2068{}\u2069") if on_terminal() else "{}"
    titles = {name: plain_text(one.brief.title, whole, one) for name, one in whole.documents.items()}
    names = list(whole.briefs)
    if briefs:  # the rows of a brief by the Dari alphabet, as in the index
        order = {name: number for number, name in enumerate(whole.briefs)}
        names = named(session, briefs)
        names.sort(
            key=lambda name: (order[whole.documents[name].brief.id], sort_key(titles[name], whole.language))
        )
    for number, name in enumerate(names, 1):
        if name in whole.documents:
            last = session.ledger.last(name)
            edition = "not delivered"
            if last:
                with limits.alone(name, number):
                    now = piece_of(session, name).edition
                edition = f"draft of {now.name}" if now.draft else now.signature
            tell(f"{name:<16} {edition:<24} {form.format(titles[name])}")
        else:
            count = sum(document.brief.id == name for document in whole.documents.values())
            tell(f"{name:<16} {count} documents, one for each row of '{whole.briefs[name].for_each}'")
