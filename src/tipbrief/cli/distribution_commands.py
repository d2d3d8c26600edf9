"""The commands `site` and `impose`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli import common
from tipbrief.cli.terminal import print_lines, record_output
from tipbrief.files import read_bytes, replace_file
from tipbrief.problems import join_first_names

if TYPE_CHECKING:
    from tipbrief.handouts.imposition import SheetForm
    from tipbrief.site.generator import SiteResult


@click.command()
@common.publication_option
@click.option("--out", type=common.FOLDER_PATH, default=Path("site"), show_default=True, help="The folder of the site.")
@click.option(
    "--delivered",
    type=common.FOLDER_PATH,
    default=Path("out"),
    show_default=True,
    help="A folder with PDFs of earlier editions, or on other papers.",
)
@common.report_problems
def site(folder: Path | None, out: Path, delivered: Path) -> None:
    """Write static pages: every document, every edition, all corrections, 'is my print current?'.

    Each delivered edition has a page for its code and the very file that was delivered, which stays in the
    folder. Nothing is removed, and unchanged files are not written again.
    """
    from tipbrief.cli.up_to_date import UpToDateCheck
    from tipbrief.pipeline.selection import ALL_LANGUAGES
    from tipbrief.pipeline.session import Session
    from tipbrief.pipeline.workers.pool import local_pool
    from tipbrief.site.generator import write_site

    found = None if folder else False
    folder = folder or default_publication()
    words = click.get_current_context().find_object(list)
    # Before the publication is read, so that changes from here on are noticed.
    check = UpToDateCheck(words, folder, out, found, delivered) if words else None
    session = Session.open(folder, languages=[ALL_LANGUAGES])
    common.show_problems(session.warnings)
    with common.Progress(len(session.ledger.briefs)) as progress:
        made = write_site(session, out, delivered, progress.advance, local_pool)
    _show_site(made, out)
    if check:
        with record_output() as said:
            if found is not None:
                default_publication()
            common.show_problems(session.warnings)
            _show_site(replace(made, new_file_count=0), out)
        check.save_output(said, made.files)


def _show_site(made: SiteResult, out: Path) -> None:
    size = sum(one.size for one in made.files) / 1e6
    print_lines(f"{out / 'index.html'}: {len(made.files)} files, {size:.1f} MB; {made.new_file_count} new")
    if missing := made.signatures_without_pdf:
        names = join_first_names(missing, common.MAX_ITEMS_IN_DETAIL)
        print_lines(f"no PDF of {common.count_of(len(missing), 'edition')}, which the site says: {names}")
        print_lines("  if you have the PDFs, name their folder: tipbrief site --delivered DIR")
    if made.draft_names:
        names = join_first_names(made.draft_names, common.MAX_ITEMS_IN_DETAIL)
        print_lines(f"changed since they were delivered, the site has their last edition: {names}")


@click.command()
@click.argument("pdf", type=common.FILE_PATH)
@click.option("--as", "form", type=click.Choice(["booklet", "2-up", "4-up"]), required=True, help="The form.")
@click.option("--out", type=common.FILE_PATH, help="Default: PDF-FORM.pdf beside it.")
@common.report_problems
def impose(pdf: Path, form: SheetForm, out: Path | None) -> None:
    """Arrange the pages of PDF for printing and folding; a booklet has its spine where reading begins."""
    from tipbrief.handouts.imposition import impose_pages
    from tipbrief.language.language import known_languages
    from tipbrief.pdf.pdf_file import LARGEST_PDF

    require_output_name(out, pdf.suffix, pdf)
    with limits.limit_step(pdf):
        imposition = impose_pages(read_bytes(pdf, LARGEST_PDF), form, pdf)
    stem, _, tag = pdf.stem.rpartition(".")
    # The language stays last: tip-2025-world-booklet.ps.pdf.
    name = f"{stem}-{form}.{tag}.pdf" if stem and tag in known_languages() else f"{pdf.stem}-{form}.pdf"
    out = out or pdf.with_name(name)
    replace_file(out, imposition.pdf)
    print_lines(f"{out} ({common.count_of(imposition.sheets, 'sheet')}, {common.size_of(len(imposition.pdf))})")
    print_lines(*(f"  {note}" for note in imposition.notes))


def require_output_name(out: Path | None, suffix: str, read: Path | None = None) -> None:
    """A usage error if ``out`` has another ending than ``suffix``, or is the file that is read."""
    if out and (out.suffix.lower() != suffix.lower() or out.name == suffix):
        raise click.UsageError(f"--out '{out}' does not end in {suffix}")
    if out and read and os.path.realpath(out) == os.path.realpath(read):
        raise click.UsageError(f"--out '{out}' is the file that is read: name another one")
