"""The commands that make documents, and list them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli.common import (
    language_option,
    out_option,
    publication_option,
    reporting,
    show,
    strict_option,
    today,
)
from tipbrief.cli.progress import Progress, show_failed, show_result
from tipbrief.cli.terminal import isolates, on_terminal, rehearsed, tell
from tipbrief.problems import Problems

if TYPE_CHECKING:
    from tipbrief.build.run import Built
    from tipbrief.deliver.folder import Written


def _keys(context: click.Context, option: click.Parameter, typed: str | None) -> list[str]:
    keys = [key.strip() for key in (typed or "").split(",") if key.strip()]
    if typed is not None and not keys:
        raise click.UsageError("--only names no row: give keys, such as --only AFG,PAK")
    return keys


@click.command()
@click.argument("briefs", nargs=-1)
@publication_option
@out_option
@click.option("--only", metavar="KEY,KEY", callback=_keys, help="Of a brief for each row: only these rows.")
@click.option("--all", "everything", is_flag=True, help="Also the briefs for each row of a table.")
@language_option
@click.option(
    "--deliver",
    "delivers",
    is_flag=True,
    help="Give each brief that says something new its edition, and record it in the ledger.",
)
@click.option(
    "--untranslated",
    type=click.Choice(["mark"]),
    help="With --deliver: deliver also what is not translated, in the source's words, and marked.",
)
@click.option(
    "--png",
    type=click.IntRange(100, 3500),
    metavar="WIDTH",
    help="Also each page and a square card of the headline figures as pictures, for messengers.",
)
@click.option("--paper", default="a4", show_default=True, help="a4, letter or a5.")
@click.option(
    "--profile",
    default="office",
    show_default=True,
    help="screen, office, grey, large, press, pdf2, or your own.",
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
    languages: list[str],
    delivers: bool,
    untranslated: str | None,
    png: int | None,
    paper: str,
    profile: str,
    cluster: str | None,
    strict: bool,
) -> None:
    """Build BRIEFS into PDF and HTML; without names, every brief that is a single document.

    'world.ps' is the brief 'world' in Pashto.

    A brief that says what its last edition said is that edition; any other is marked as a draft of the
    next one until you deliver it. A draft comes also where it has more or fewer pages than it promises, with
    a warning; --deliver keeps the promise, or says why it cannot.

    Exit status 0: all were written. 1: problems; the documents without problems were written, of the others
    the files of an earlier build are unchanged.
    """
    from tipbrief.build.press import Press
    from tipbrief.cli.unchanged import Question

    found = None if folder else delivers
    folder = folder or default_publication(own=delivers)
    words = click.get_current_context().find_object(list)
    asks = partial(Question.asked, words, folder, out, found) if words else None
    # First, while all else is loaded and read; where all documents are made, workers make them.
    press = None if everything or cluster or png else Press.begun(asks)
    from tipbrief.build.asked import named
    from tipbrief.build.languages import languages_of
    from tipbrief.build.run import Partly, build_documents, deliver_editions
    from tipbrief.build.series import write_series
    from tipbrief.build.session import Session
    from tipbrief.build.workers import local_workers
    from tipbrief.ledger.entries import parted

    # Before the publication is read: what is changed from here on is noticed.
    question = asks and ((press and press.began_with()) or asks())
    tags = [*languages, *languages_of(briefs)]
    limits.loaded()
    session = Session.open(folder, paper=paper.lower(), profile=profile, languages=tags)
    session = replace(session, press=press)
    if strict and session.warnings:
        raise Problems(session.warnings)
    show(session.warnings)
    names = named(session, briefs, only=only, everything=everything, languages=languages)
    workers = local_workers if len(names) > 1 else None
    if cluster:
        from tipbrief.build.cluster import cluster_workers

        workers = partial(cluster_workers, cluster)
    failed = None
    with Progress(len(names)) as progress, limits.alone(names[0]) if len(names) == 1 else nullcontext():
        try:
            work: Callable[..., list[Built]] = build_documents
            if delivers:
                work = partial(deliver_editions, date=today(), untranslated=untranslated == "mark")
            built = work(session, names, out, step=progress.step, workers=workers, png=png)
        except Partly as raised:
            built, failed = raised.built, raised.failed
    show_those = partial(show_result, asked=len(names), out=out, part=bool(only))
    show_those(built)
    if failed:
        rows = any(session.documents[name].key for name in names) and not only
        show_failed(failed, several=len(names) > 1, series=rows)
        # Where nothing of a language failed, its index and its PDF of all do not wait for the others.
        faulty = {parted(name)[1] for name in failed}
        built = [one for one in built if parted(one.name)[1] not in faulty]
    # Last, for what was built is to be told also where the disk has no room for this.
    series = write_series(session, built, out, together=everything)
    _show_series(series)
    if failed or (strict and any(one.notes for one in built)):
        sys.exit(1)
    if question:
        with rehearsed() as said:
            if found is not None:
                default_publication(own=delivers)
            show(session.warnings)
            show_those([replace(one, fresh=False) for one in built])
            _show_series(series)
        question.answered(said, [*(file for one in built for file in one.files), *series])


def _show_series(files: Iterable[Written]) -> None:
    for file in files:
        tell(f"{file.path} ({file.size / 1000:.0f} KB)")


@click.command("list")
@click.argument("briefs", nargs=-1)
@publication_option
@reporting
def list_briefs(briefs: tuple[str, ...], folder: Path | None) -> None:
    """List the briefs; of the named BRIEFS every document, with its row and its edition, or draft of one.

    In every language of the publication; of 'well.ps' in Pashto alone.
    """
    from tipbrief.build.asked import named
    from tipbrief.build.document import piece_of
    from tipbrief.build.languages import EVERY, document_name
    from tipbrief.build.session import Session
    from tipbrief.compose.writer import plain_text
    from tipbrief.language.alphabet import sort_key

    session = Session.open(folder or default_publication(), languages=[EVERY])
    whole = session.publication
    form = isolates("\u2068{}\u2069") if on_terminal() else "{}"
    titles = {
        name: plain_text(one.brief.title, session.of(name), one) for name, one in session.documents.items()
    }
    if briefs:  # the rows of a brief by the alphabet, as in the index of each language
        order, tags = [*whole.briefs], [one.tag for one in whole.languages]

        def place(name: str) -> tuple[int, int, object]:
            spoken = session.of(name).language
            brief = session.documents[name].brief.id
            return order.index(brief), tags.index(spoken.tag), sort_key(titles[name], spoken)

        names = sorted(named(session, briefs, languages=[EVERY]), key=place)
    else:
        names = [
            name
            for brief in whole.briefs
            for name in [brief, *(document_name(whole, brief, one) for one in whole.languages[1:])]
            if name == brief or name in session.documents
        ]
    for number, name in enumerate(names, 1):
        if name in session.documents:
            last = session.ledger.last(name)
            edition = "not delivered"
            if last:
                with limits.alone(name, number):
                    now = piece_of(session, name).edition
                edition = f"draft of {now.name}" if now.draft else now.signature
            tell(f"{name:<16} {edition:<24} {form.format(titles[name])}")
        else:
            count = sum(document.brief.id == name for document in whole.documents.values())
            several = [one.tag for one in whole.languages] if len(whole.languages) > 1 else []
            said = f"{count} documents, one for each row of '{whole.briefs[name].for_each}'"
            tell(f"{name:<16} {said}{', in each of ' * bool(several)}{', '.join(several)}")
