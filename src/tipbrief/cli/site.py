"""The command that makes the site."""

from __future__ import annotations

from pathlib import Path

import click

from tipbrief.assets import default_publication
from tipbrief.cli.common import FEW, FOLDER_PATH, publication_option, reporting, show
from tipbrief.cli.progress import Progress
from tipbrief.cli.terminal import tell
from tipbrief.problems import first_of


@click.command()
@publication_option
@click.option(
    "--out", type=FOLDER_PATH, default=Path("site"), show_default=True, help="The folder of the site."
)
@click.option(
    "--delivered",
    type=FOLDER_PATH,
    default=Path("out"),
    show_default=True,
    help="A folder in which PDFs of earlier editions, or on other papers, are looked for.",
)
@reporting
def site(folder: Path | None, out: Path, delivered: Path) -> None:
    """Write static pages: every document, every edition, what was corrected, 'is my print current?'.

    Each edition that was delivered has a page for its code and the very file that was delivered, which stays
    in the folder once it is there. Nothing is removed, and what did not change is not written.
    """
    from tipbrief.build.languages import EVERY
    from tipbrief.build.session import Session
    from tipbrief.build.workers import local_workers
    from tipbrief.site.site import write_site

    session = Session.open(folder or default_publication(), languages=[EVERY])
    show(session.warnings)
    with Progress(len(session.ledger.briefs)) as progress:
        made = write_site(session, out, delivered, progress.step, local_workers)
    size = sum(one.size for one in made.files) / 1e6
    tell(f"{out / 'index.html'}: {len(made.files)} files, {size:.1f} MB; {made.fresh} new")
    if made.missing:
        named, several = first_of(made.missing, FEW), len(made.missing) > 1
        told = f"{len(made.missing)} editions" if several else "one edition"
        tell(
            f"of {told} no file is there, as {'their pages say' if several else 'its page says'}: {named}",
            "  where you have the PDFs, name their folder: tipbrief site --delivered DIR",
        )
    if made.drafts:
        named = first_of(made.drafts, FEW)
        tell(f"changed since they were delivered, the site has their last edition: {named}")
