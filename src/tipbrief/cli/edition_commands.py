"""The commands `status`, `correct`, `merge` and `diff`."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli import common
from tipbrief.cli.distribution_commands import read_log_if_possible, show_outdated
from tipbrief.cli.terminal import is_interactive, is_terminal, localise, mark_isolates, print_json, print_lines
from tipbrief.files import hash_of, override_contents, read_bytes, replace_file
from tipbrief.problems import Problems, join_first_names

if TYPE_CHECKING:
    from tipbrief.corrections.correction import Correction
    from tipbrief.language.language import Language
    from tipbrief.ledger.status import Status
    from tipbrief.pipeline.run import BuildResult
    from tipbrief.pipeline.workers.process import EarlyWorker

_MAX_CHANGES_SHOWN = 12  # of one column; of more the largest


@click.command(cls=common.declare("status"))
def status(handout: str, folder: Path | None, where: Path | None, log: Path, as_: str) -> None:
    """Say whether a handout is current: a PDF, or the code in its footer, such as 'WORLD/3 · 9f2c'."""
    from tipbrief.ledger import ledger_folder
    from tipbrief.ledger.status import find_status_by_code, find_status_by_pdf
    from tipbrief.pipeline.ledger_proof import read_proven_ledger
    from tipbrief.pipeline.selection import read_first_language

    if where:
        ledger_folder.require_ledger(where)
    asked = where or folder or default_publication()
    ledger = read_proven_ledger(asked, "")
    pdf = Path(handout)
    if os.path.isfile(handout) or pdf.suffix.lower() == ".pdf":
        from tipbrief.pdf.embedded_files import read_provenance
        from tipbrief.pdf.pdf_file import LARGEST_PDF

        data = read_bytes(pdf, LARGEST_PDF)
        with limits.limit_step(pdf):
            edition = read_provenance(data, pdf).edition
        found = find_status_by_pdf(ledger, hash_of(data), edition)
    else:
        found = find_status_by_code(ledger, handout)
    first = read_first_language(asked) or read_first_language(asked.parent) if ledger.briefs else ""
    holders = 0
    if found.edition and log.exists() and (sending_log := read_log_if_possible(log)):
        sent = map(sending_log.editions_sent_to, sending_log.recipients)
        holders = sum(any(one.is_edition(found.edition) for one in own) for own in sent)
    if as_ == "json":
        print_json(found.as_dict(first) | {"sent_to": holders})
    else:
        show_status(found, first)
        if holders:
            print_lines(f"it was sent to {holders} {'person' if holders == 1 else 'people'}")
    if found.state != "current":
        sys.exit(3 if found.state == "other-file" else 1)


def show_status(found: Status, first: str = "") -> None:
    """Print whether an edition is current; ``first`` is the tag of the publication's first language."""
    from tipbrief.ledger.status import drop_repeated_cells, language_name

    values = {"status": found, "language_of": partial(language_name, first=first), "distinct": drop_repeated_cells}
    common.print_report("status", values)


# A negative number is a value. Any other unknown option is refused below.
@click.command(context_settings={"ignore_unknown_options": True}, cls=common.declare("correct"))
def correct(
    changes: tuple[str, ...], newer: Path | None, reasons: Path | None, page: Path | None, out: Path, **options: Any
) -> None:
    """Change a figure or a table cell in its one place, and record why."""
    delivers, dry_run, folder = options["delivers"], options["dry_run"], options["folder"]
    reason, kind = options["reason"], options["kind"]
    if not delivers and click.get_current_context().get_parameter_source("out") is not ParameterSource.DEFAULT:
        raise click.UsageError("--out is where --deliver writes: give both, or neither")
    press = None
    if delivers:
        from tipbrief.pipeline.workers.process import EarlyWorker

        press = EarlyWorker.start()  # first, while all else is loaded and planned
    from tipbrief.check.translation.phrases import require_own_words
    from tipbrief.corrections.correction import plan_correction
    from tipbrief.corrections.newer_file import write_reasons
    from tipbrief.pipeline.document import warm_up
    from tipbrief.pipeline.selection import ALL_LANGUAGES
    from tipbrief.pipeline.session import Session

    if unknown := next((word for word in changes if word[:1] == "-" and not word[1:2].isdecimal()), ""):
        raise click.NoSuchOption(unknown)
    if options["undo"]:
        _undo_correction(changes, folder or default_publication(), dry_run=dry_run)
        return
    if len(changes) % 2:
        raise click.UsageError(f"'{changes[-1]}' has no value: give FIGURE VALUE, in pairs")
    limits.freeze_loaded_objects()
    session = Session.open(folder or default_publication(), languages=[ALL_LANGUAGES])
    pairs = list(zip(changes[::2], changes[1::2], strict=True))
    warm_up(session, press, changes[::2], out)
    ready = reasons if reasons and reasons.exists() else None
    is_preview = bool(newer) and not delivers and (dry_run or not (reason or ready))  # nobody has judged it yet
    given = {name: options[name] for name in ("kind", "source", "reported")}
    given |= {"newer": newer, "reasons": ready if is_preview else reasons}
    given["reason"] = reason or (kind if is_preview else "")
    planned = plan_correction(session, pairs, date=common.today(), **given)
    is_judged = options["sure"] or given["reasons"]  # each doubtful group has a reason of its own there
    if planned.doubts and not is_judged:
        if not is_preview and not is_interactive():
            raise Problems(planned.doubts)
        print_lines(*(problem.message for problem in planned.doubts), err=True)
        if not is_preview and not click.confirm(localise("Is this right?"), err=True):
            raise Problems(planned.doubts)
    if page:
        replace_file(page, planned.page_html())
    if is_preview or dry_run:
        common.print_report("changes", {"planned": planned, "most": _MAX_CHANGES_SHOWN, "is_preview": True})
        if reasons and not given["reasons"]:
            write_reasons(reasons, planned.groups, str(newer), session.publication.language.english)
            print_lines(f"{reasons}: fill in the reasons; then the same command records them")
        else:
            print_lines("nothing was written: with --reason '…' or --reasons FILE it is recorded")
        return
    built: list[BuildResult] = []
    if delivers and planned.ready_documents:
        documents = planned.new_session.documents  # with those of new rows
        printing_briefs = {documents[name].brief.id for name in planned.ready_documents}
        require_own_words(session.publication, printing_briefs)
        built = _deliver_correction(planned, out, press)
    else:
        planned.write_change()
    _show_outcome(planned, built, out, delivers=delivers)


def _show_outcome(planned: Correction, built: Sequence[BuildResult], out: Path, *, delivers: bool) -> None:
    """Print what has changed and was delivered, what prints it, and the next commands."""
    session = planned.new_session
    common.print_report("changes", {"planned": planned, "most": _MAX_CHANGES_SHOWN, "is_preview": False})
    if built:
        common.show_result(built, len(built), out, part=any(session.documents[item.name].key for item in built))
        if len(built) > common.MAX_ITEMS_IN_DETAIL:  # of fewer, each is printed with its files
            names = join_first_names([item.edition.signature for item in built], common.MAX_ITEMS_SHOWN)
            print_lines(f"delivered: {names}")
        show_outdated(session.folder, out)
    waiting: tuple[Language, ...] = ()
    if delivers:
        documents, ready = planned.documents_by_language, {*planned.ready_documents}
        waiting = tuple(language for language, names in documents.items() if not ready.issuperset(names))
    parts = {"planned": planned, "built": built, "waiting": waiting, "delivers": delivers}
    common.print_report("next", parts | {"build_command": partial(_build_command, planned)})


def _build_command(planned: Correction, names: Collection[str]) -> str:  # without --all, no documents of rows
    every_tag = [language.tag for language in planned.session.publication.languages]
    command = "tipbrief build" + " --all" * any(planned.new_session.documents[name].key for name in names)
    tags = {planned.new_session.publication_for(name).language.tag for name in names}
    if tags == {every_tag[0]}:
        return command
    languages = "all" if len(tags) == len(every_tag) else ",".join(tag for tag in every_tag if tag in tags)
    return f"{command} --language {languages}"


def _deliver_correction(planned: Correction, out: Path, press: EarlyWorker | None) -> list[BuildResult]:
    """Deliver the documents with the correction. If that fails, say whether the correction is recorded, and exit."""
    from tipbrief.pipeline.run import deliver_editions
    from tipbrief.pipeline.workers.pool import local_pool

    session, names = replace(planned.session_for_delivery, early_worker=press), planned.ready_documents
    workers = local_pool if len(names) > 1 else None
    try:
        with override_contents({**planned.files, **planned.entry_file}):  # as if the correction were written
            # The new reason has no file yet; that it waits for its translation is said at the end.
            common.show_problems([problem for problem in session.warnings if problem.file != Path()])
            with common.Progress(len(names)) as progress:
                deliver = partial(deliver_editions, step=progress.advance, workers=workers)
                return deliver(session, names, out, common.today(), record=planned.write_change)
    except Problems as raised:
        common.show_problems(raised.problems)
        if planned.entry_file and all(map(os.path.exists, planned.entry_file)):
            print_lines(f"the correction is recorded. Next: {_build_command(planned, names)} --deliver", err=True)
        else:
            print_lines("nothing was changed; without --deliver the correction is recorded alone", err=True)
        sys.exit(1)


def _undo_correction(names: tuple[str, ...], folder: Path, *, dry_run: bool) -> None:
    from tipbrief.corrections.correction import plan_undo
    from tipbrief.pipeline.session import Session

    planned = plan_undo(Session.open(folder), names, common.today())
    if not dry_run:
        planned.write_change()
    common.print_report("undo", {"planned": planned, "folder": folder, "dry_run": dry_run})


@click.command("merge", cls=common.declare("merge"))
def merge_ledgers(keep: tuple[str, ...], folder: Path | None) -> None:
    """Settle what version control cannot: two editions of one number, one value changed in two ways."""
    from tipbrief.ledger.ledger_folder import merge_entries, read_with_conflicts, require_ledger
    from tipbrief.pipeline.ledger_proof import find_ledger_faults

    folder = folder or default_publication()
    require_ledger(folder)
    if faults := find_ledger_faults(read_with_conflicts(folder, "")):
        raise Problems(faults)
    withdrawn = merge_entries(folder, keep, common.today())
    for name in withdrawn:
        print_lines(f"withdrawn: {name}")
    print_lines(f"{folder / 'ledger'}: {'settled' if withdrawn else 'no conflicts'}. Next: tipbrief check")


@click.command(cls=common.declare("diff"))
@partial(common.report_problems, status=2)
def diff(old: str, new: str, folder: Path | None, as_: str) -> None:
    """Say what differs between OLD and NEW: editions, PDFs, or folders of publications."""
    from tipbrief.compare.differences import compare_sides, format_differences

    found = compare_sides(old, new, folder)
    if as_ == "json":
        print_json([asdict(difference) for difference in found])
    elif found:
        print_lines(*mark_isolates(format_differences(found, isolate=is_terminal())).split("\n"))
    if found:
        sys.exit(1)
