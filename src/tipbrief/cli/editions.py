"""The commands of editions: what is corrected, current, or different."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli.common import (
    FEW,
    MOST_SHOWN,
    format_option,
    out_option,
    publication_option,
    reporting,
    show,
    today,
)
from tipbrief.cli.progress import Progress, show_result
from tipbrief.cli.terminal import isolates, on_terminal, show_json, tell
from tipbrief.files import hash_of, read_bytes
from tipbrief.problems import Problems, first_of

if TYPE_CHECKING:
    from tipbrief.build.press import Press
    from tipbrief.build.run import Built
    from tipbrief.corrections.correction import Correction
    from tipbrief.ledger.entries import Kind


@click.command()
@click.argument("handout", metavar="PDF-or-CODE")
@publication_option
@click.option(
    "--ledger",
    "where",
    type=click.Path(path_type=Path, exists=True),
    help="The ledger to ask: its folder, a ledger in one file, or the folder of a publication.",
)
@format_option
@reporting
def status(handout: str, folder: Path | None, where: Path | None, as_: str) -> None:
    """Say whether a handout is current: a PDF, or the code in its footer, such as 'WORLD/3 · 9f2c'.

    Exit status 0: it is current, and a PDF is the very file that was delivered. 1: it is superseded, a draft,
    or unknown; or there are problems. 3: a PDF has the code of the current edition, but other bytes than were
    delivered, so that its pages may say something else.
    """
    from tipbrief.build.languages import first_language
    from tipbrief.ledger import store
    from tipbrief.ledger.status import status_of_code, status_of_pdf

    if where:
        store.require_there(where)
    asked = where or folder or default_publication()
    known = store.read(asked, "")
    pdf = Path(handout)
    if os.path.isfile(handout) or pdf.suffix.lower() == ".pdf":
        from tipbrief.pdf.carried import carried_by
        from tipbrief.pdf.opening import LARGEST

        data = read_bytes(pdf, LARGEST)
        with limits.bounded(pdf):
            edition = carried_by(data, pdf).edition
        found = status_of_pdf(known, hash_of(data), edition)
    else:
        found = status_of_code(known, handout)
    first = first_language(asked) or first_language(asked.parent) if known.briefs else ""
    if as_ == "json":
        show_json(found.as_dict(first))
    else:
        tell(*isolates(found.summary(isolate=on_terminal(), first=first)).split("\n"))
    if found.state != "current":
        sys.exit(3 if found.state == "other-file" else 1)


# A negative number is a value; what else looks like an option and is none is refused below.
@click.command(context_settings={"ignore_unknown_options": True})
@click.argument("changes", nargs=-1, metavar="FIGURE VALUE [FIGURE VALUE …]")
@click.option("--reason", default="", help="Why, in a sentence that readers will see.")
@click.option(
    "--kind",
    type=click.Choice(["correction", "revision"]),
    default="correction",
    show_default=True,
    help="correction: it was wrong. revision: a better number takes the place of a right one.",
)
@click.option("--source", default="", metavar="ID", help="The source that says so, from sources.yaml.")
@click.option("--dry-run", is_flag=True, help="Show what would be changed, and change nothing.")
@click.option("--yes", "sure", is_flag=True, help="A number that changes its sign, or tenfold, is meant.")
@click.option(
    "--undo",
    is_flag=True,
    help="Take back the last correction, or the last of FIGURE, if it was not delivered.",
)
@click.option(
    "--deliver",
    "delivers",
    is_flag=True,
    help="Also build the documents that print it, and deliver them with it: all of this, or nothing.",
)
@out_option
@publication_option
@reporting
def correct(
    changes: tuple[str, ...],
    reason: str,
    kind: Kind,
    source: str,
    dry_run: bool,
    sure: bool,
    undo: bool,
    delivers: bool,
    out: Path,
    folder: Path | None,
) -> None:
    """Change a figure or a table cell in its one place, and record why.

    FIGURE is the name of a figure, or a cell such as 'wells[KB-3].depth'. What must change together, a
    number and the table that it is checked against, is given together. All else in the files stays as it is.
    """
    _require_sense(click.get_current_context(), delivers=delivers, dry_run=dry_run, undo=undo)
    press = None
    if delivers:
        from tipbrief.build.press import Press

        press = Press.begun()  # first, while all else is loaded and thought through
    from tipbrief.build.languages import EVERY
    from tipbrief.build.session import Session
    from tipbrief.corrections.correction import Doubtful, plan_correction

    if unknown := next((word for word in changes if word[:1] == "-" and not word[1:2].isdecimal()), ""):
        raise click.NoSuchOption(unknown)
    if undo:
        _undo(changes, folder or default_publication(own=True), dry_run=dry_run)
        return
    if not changes:
        raise click.UsageError("give FIGURE VALUE, in pairs")
    if len(changes) % 2:
        raise click.UsageError(f"'{changes[-1]}' has no value: give FIGURE VALUE, in pairs")
    limits.loaded()
    session = Session.open(folder or default_publication(own=True), languages=[EVERY])
    pairs = list(zip(changes[::2], changes[1::2], strict=True))
    plan = partial(plan_correction, session, pairs, reason=reason, kind=kind, source=source, date=today())
    try:
        planned = plan(sure=sure)
    except Doubtful as raised:
        if not _confirmed(raised):
            raise
        planned = plan(sure=True)
    if dry_run:
        tell(*planned.difference().split("\n"), most=sys.maxsize)
        return
    built: list[Built] = []
    if delivers and planned.ready:
        built = _delivered(planned, out, press)
    else:
        planned.make()
    _tell_outcome(planned, built, out, delivers=delivers)


def _tell_outcome(planned: Correction, built: Sequence[Built], out: Path, *, delivers: bool) -> None:
    """What has changed and was delivered, what prints it, and which commands come next."""
    session = planned.session
    for entry in planned.entries:
        for name, (was, now) in entry.steps.items():
            tell(f"{'' if name == entry.name else '  and with it '}{name}  {was} → {now}")
    tell(f"recorded as a {planned.entries[0].kind} in {session.folder / 'ledger'}")
    if built:
        rows = any(session.documents[one.name].key for one in built)
        show_result(built, len(built), out, part=rows)
        if len(built) > FEW:  # each of fewer is told with its files
            tell(f"delivered: {first_of([one.edition.signature for one in built], MOST_SHOWN)}")
    elif not planned.briefs:
        tell(f"no brief prints it{': nothing is delivered' * delivers}")
    elif not delivers:
        build = _building(planned, planned.briefs)
        more = f" and {len(planned.briefs) - FEW} more" if len(planned.briefs) > FEW else ""
        named = ", ".join(planned.briefs[:FEW]) + more
        tell(f"printed by: {named}. Next: {build}, then {build} --deliver")
    if waiting := planned.unready if delivers else planned.waiting:
        named = " and ".join(one.english for one in waiting)
        commands = ", ".join(f"tipbrief translate {one.tag}" for one in waiting)
        if delivers:
            build = _building(planned, {*planned.briefs} - {*planned.ready})
            tell(f"not delivered in {named}, where texts wait: {commands}, then {build} --deliver")
        else:
            tell(f"the reason waits to be translated into {named}: {commands}")


def _building(planned: Correction, names: Collection[str]) -> str:
    """The command that builds these, which without --all leaves out the documents of rows."""
    session, all_ = planned.session, planned.session.publication.languages
    rows = any(session.documents[name].key for name in names)
    tags = {planned.then.of(name).language.tag for name in names}
    if tags == {all_[0].tag}:
        return f"tipbrief build{' --all' * rows}"
    named = "all" if len(tags) == len(all_) else ",".join(one.tag for one in all_ if one.tag in tags)
    return f"tipbrief build{' --all' * rows} --language {named}"


def _require_sense(context: click.Context, *, delivers: bool, dry_run: bool, undo: bool) -> None:
    """A usage error where options stand together of which one makes another pointless."""
    if not delivers and context.get_parameter_source("out") is not ParameterSource.DEFAULT:
        raise click.UsageError("--out is where --deliver writes: give both, or neither")
    if delivers and dry_run:
        raise click.UsageError("--dry-run changes nothing, and so nothing is delivered: give one of them")
    if delivers and undo:
        raise click.UsageError("--undo takes back what no edition has printed: leave out --deliver")


def _delivered(planned: Correction, out: Path, press: Press | None) -> list[Built]:
    """What was delivered with the correction; where that fails, it is told whether that was recorded."""
    from tipbrief.build.run import deliver_editions
    from tipbrief.build.workers import local_workers
    from tipbrief.ledger import store

    session, names = planned.delivering(press), planned.ready
    # Before it is written, an old ledger is one file, beside which workers would not take an entry.
    old = any(os.path.lexists(session.folder / name) for name in store.FILES)
    workers = local_workers if len(names) > 1 and not old else None
    try:
        with planned.tried():
            show(session.warnings)
            with Progress(len(names)) as progress:
                made = partial(deliver_editions, session, names, out, today(), progress.step, workers)
                return made(record=planned.make)
    except Problems as raised:
        show(raised.problems)
        if planned.is_made:
            tell(f"the correction is recorded. Next: {_building(planned, names)} --deliver", err=True)
        else:
            tell("nothing was changed; without --deliver the correction is recorded alone", err=True)
        sys.exit(1)


def _confirmed(doubtful: Problems) -> bool:
    """Whether somebody at the terminal says that these numbers are meant."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    tell(*(problem.message for problem in doubtful.problems), err=True)
    return click.confirm("Is this right?", err=True)


def _undo(names: tuple[str, ...], folder: Path, *, dry_run: bool) -> None:
    """Take back a correction that was not delivered."""
    from tipbrief.build.session import Session
    from tipbrief.corrections.undo import plan_undo

    planned = plan_undo(Session.open(folder), names, today())
    if dry_run:
        tell(*planned.difference().split("\n"), most=sys.maxsize)
        return
    planned.make()
    for name, (now, was) in planned.restored.items():
        tell(f"{name}  {now} → {was}")
    tell(f"withdrawn in {folder / 'ledger'}: {planned.entry.name}. Next: tipbrief build")


@click.command("merge")
@click.option(
    "--keep",
    multiple=True,
    metavar="ENTRY",
    help="The entry that stays where two cannot, by the end of its file's name; its side stays with it.",
)
@publication_option
@reporting
def merge_ledgers(keep: tuple[str, ...], folder: Path | None) -> None:
    """Settle what version control cannot: two editions of one number, one value changed in two ways.

    All else it joins by itself. What is not kept stays in the ledger, and is withdrawn.
    """
    from tipbrief.ledger import store
    from tipbrief.ledger.merge import merge

    folder = folder or default_publication(own=True)
    store.require_there(folder)
    gone = merge(folder, keep, today())
    for name in gone:
        tell(f"withdrawn: {name}")
    said = "settled" if gone else "nothing stands against another"
    tell(f"{folder / 'ledger'}: {said}. Next: tipbrief check")


@click.command()
@click.argument("old")
@click.argument("new")
@publication_option
@format_option
@partial(reporting, status=2)
def diff(old: str, new: str, folder: Path | None, as_: str) -> None:
    """Say what differs between OLD and NEW: editions, PDFs, or folders of publications.

    An edition is named by its code, such as WORLD/1. Exit status 0: nothing differs. 1: something does.
    2: problems.
    """
    from tipbrief.compare.report import shown
    from tipbrief.compare.sides import compared

    found = compared(old, new, folder)
    if as_ == "json":
        show_json([asdict(one) for one in found])
    elif found:
        tell(*isolates(shown(found, isolate=on_terminal())).split("\n"))
    if found:
        sys.exit(1)
