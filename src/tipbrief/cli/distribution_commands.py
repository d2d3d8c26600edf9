"""The commands `site`, `export`, `impose` and `mail`."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli import common
from tipbrief.cli.terminal import print_lines, record_output
from tipbrief.files import read_bytes, replace_file
from tipbrief.problems import Problem, Problems, join_first_names, suggest_nearest

if TYPE_CHECKING:
    from tipbrief.handouts.imposition import SheetForm
    from tipbrief.mail.message import Addresses, Mail, Mailbox
    from tipbrief.mail.sending import Security, SmtpServer
    from tipbrief.mail.sent_log import SendingLog
    from tipbrief.pipeline.mail_merge import Recipient


@click.command(cls=common.declare("site"))
def site(folder: Path | None, out: Path, delivered: Path) -> None:
    """Write static pages: every document, every edition, all corrections, 'is my print current?'."""
    from tipbrief.cli.up_to_date import UpToDateCheck
    from tipbrief.pipeline.selection import ALL_LANGUAGES
    from tipbrief.pipeline.session import Session
    from tipbrief.pipeline.workers.pool import local_pool
    from tipbrief.site.generator import write_site

    is_named, folder = folder is not None, folder or default_publication()
    words = click.get_current_context().find_object(list)
    # Before the publication is read, so that changes from here on are noticed.
    check = UpToDateCheck(words, folder, out, is_named, delivered) if words else None
    session = Session.open(folder, languages=[ALL_LANGUAGES])
    common.show_problems(session.warnings)
    with common.Progress(len(session.ledger.briefs)) as progress:
        made = write_site(session, out, delivered, progress.advance, local_pool)
    common.print_report("site", {"made": made, "out": out})
    if check:
        with record_output() as said:
            common.show_problems(session.warnings)
            common.print_report("site", {"made": replace(made, new_file_count=0), "out": out})
        check.save_output(said, made.files)


@click.command(cls=common.declare("export"))
def export(
    briefs: tuple[str, ...], folder: Path | None, out: Path, forms: list[str], languages: list[str], **chosen: Any
) -> None:
    """Write what BRIEFS say as text for other programs, and the publication's data."""
    from tipbrief.deliver.output_folder import Delivery, OutputFile
    from tipbrief.export.data_package import DataPackage
    from tipbrief.export.document_forms import DATA_FORM, DOCUMENT_FORMS, export_document
    from tipbrief.export.text_blocks import read_text_blocks
    from tipbrief.pipeline.document import compose_document
    from tipbrief.pipeline.selection import languages_in_names, select_documents
    from tipbrief.pipeline.session import Session

    known = [*DOCUMENT_FORMS, DATA_FORM]
    if unknown := [form for form in forms if form not in known]:
        raise Problems(Problem(f"there is no form '{one}'", hint=suggest_nearest(one, known)) for one in unknown)
    session = Session.open(folder or default_publication(), languages=[*languages, *languages_in_names(briefs)])
    common.show_problems(session.warnings)
    names = select_documents(session.publications, briefs, languages=languages, **chosen)
    package, files = DataPackage(session.publication), list[OutputFile]()
    with Delivery(out, session.versions) as delivery:
        for name in names:
            with limits.limit_step(name):
                document = compose_document(session, name)
                html, whole = document.html(), session.publication_for(name)
                printed = session.printed_names(name)
                package.add_document(session.documents[name], printed, document.prints, html)
                written = export_document(
                    read_text_blocks(html), whole, document.edition, session.fonts, forms or known
                )
                files += delivery.add_files({session.file_name(name, ending): one for ending, one in written.items()})
        limits.begin_step(out)  # all files are put in their places together
        if DATA_FORM in (forms or known):
            files += delivery.add_files(package.files())
        delivery.publish()
    session.save_memos()
    common.print_report("export", {"files": files, "out": out, "most": common.MAX_ITEMS_SHOWN})


@click.command(cls=common.declare("impose"))
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


@click.command(cls=common.declare("mail"))
def mail(
    brief: str | None, languages: list[str], out: Path | None, folder: Path | None, log: Path, **options: Any
) -> None:
    """Write an e-mail with the PDF of BRIEF attached, as a draft to open in a mail program, or send it."""
    from tipbrief.mail.message import compose_message, describe_size, parse_addresses
    from tipbrief.mail.sending import DEFAULT_PORTS, SmtpServer
    from tipbrief.mail.sent_log import SendingLog, open_log

    folder, sends, superseded = folder or default_publication(), options["sends"], options["superseded"]
    if options["forget"]:
        _forget(parse_addresses("", [options["forget"]]).to[0].address, folder, log, options["recipients"])
        return
    to, cc, sender, subject = (options[name] for name in ("to", "cc", "sender", "subject"))
    merges = bool(superseded or options["recipients"])
    lists = options["dry_run"] or (superseded and not sends and not out)
    if sends + bool(out) + lists != 1 or (lists and not merges):
        raise click.UsageError("say --out FILE.eml for a draft, or --send")
    if not merges:
        require_output_name(out, ".eml")
    addresses = parse_addresses(sender, to or ["nobody@example.org"], cc)
    with open_log(log, hashed=options["log_hashed"]) if sends else nullcontext(SendingLog(log)) as sending_log:
        mails: Iterable[Mail]
        if merges:
            rows, mails = _merge_mails(brief or "", languages, folder, sending_log, addresses.sender, options)
        else:
            with limits.limit_command(brief or ""):
                whole = _compose_mail(brief or "", languages, folder, addresses, subject)
            rows, mails = [], whole.split_by_recipient() if options["each"] and sends else [whole]
        if sends:
            password, token = (os.environ.get(f"TIPBRIEF_SMTP_{name}", "") for name in ("PASSWORD", "TOKEN"))
            security: Security = options["security"]
            port = options["port"] or DEFAULT_PORTS[security]
            server = SmtpServer(str(options["host"]), port, options["user"], password, token, security)
            _send_and_report(mails, rows, server, sending_log, options)
        elif merges:
            _show_drafts(mails, sending_log, None if lists else out)
        elif out:
            content = compose_message(whole, draft=True)
            replace_file(out, content)
            print_lines(f"{out} ({describe_size(content)})")


def _compose_mail(name: str, languages: Sequence[str], folder: Path, addresses: Addresses, subject: str) -> Mail:
    """The e-mail with the PDF of a document. Tell the user if that is a draft."""
    from tipbrief.mail.message import Mail, compose_body
    from tipbrief.pipeline.document import compose_document, edition_facts
    from tipbrief.pipeline.selection import languages_in_names, select_documents
    from tipbrief.pipeline.session import Session

    session = Session.open(folder, languages=[*languages, *languages_in_names([name])])
    if len(found := select_documents(session.publications, [name], languages=languages)) > 1:
        raise Problems(f"'{name}' is {len(found)} documents", hint=f"name one of them: {found[0]}")
    document = compose_document(session, found[0])
    pdf, pdf_name = document.load_or_render().pdf, session.file_name(document.name, "pdf")
    if document.edition.draft:
        remedy = f"tipbrief build {document.name} --deliver makes it final"
        print_lines(f"note: this is a draft of {document.edition.name}: {remedy}", err=True)
    body = compose_body(session.publication_for(document.name), document.edition, subject)
    facts = edition_facts(session, document.edition) | ({"subject": subject} if subject else {})
    return Mail(body, addresses, pdf, pdf_name, common.current_time(), facts)


def _merge_mails(
    brief: str, languages: Sequence[str], folder: Path, log: SendingLog, sender: Mailbox, chosen: Mapping[str, Any]
) -> tuple[Sequence[Recipient], Iterable[Mail]]:  # each message composed when it is needed
    from tipbrief.pipeline import mail_merge
    from tipbrief.pipeline.ledger_proof import read_proven_ledger
    from tipbrief.pipeline.selection import languages_in_names
    from tipbrief.pipeline.session import Session

    files = mail_merge.recipients_files(folder, chosen["recipients"])
    rows = [row for file in files for row in mail_merge.read_recipients(file)]
    if chosen["superseded"]:
        outdated = mail_merge.find_outdated(log, read_proven_ledger(folder, ""))
        rows, warnings = mail_merge.list_replacements(outdated, log, rows)
        common.show_problems(warnings)
    keys = {key.casefold() for key in chosen["only"]}
    rows = [row for row in rows if not keys or row.key.casefold() in keys]
    tags = [row.language for row in rows if row.language] + languages_in_names([brief, *(row.brief for row in rows)])
    session = Session.open(folder, languages=[*languages, *tags])
    found = list(zip(rows, mail_merge.find_sheets(session, rows, brief, next(iter(languages), "")), strict=True))
    if drafts := dict.fromkeys(sheet.edition.brief for _, sheet in found if sheet.edition.draft):
        names = join_first_names([*drafts], common.MAX_ITEMS_IN_DETAIL)
        print_lines(f"note: these are drafts: {names}; tipbrief build --deliver makes them final", err=True)
    if chosen["superseded"]:  # nobody gets a draft in place of an edition
        found = [(row, sheet) for row, sheet in found if not sheet.edition.draft]
        plain = brief.partition(".")[0]
        found = [one for one in found if plain in ("", one[0].brief, session.documents[one[0].brief].brief.id)]
    form = {"sender": sender, "subject": chosen["subject"], "zip_above": int(chosen["zip_above"] * 1e6)}
    merge = mail_merge.MailMerge(ledger=session.ledger, log=log, date=common.current_time(), **form)
    return [row for row, _ in found], mail_merge.merge_mails(merge, found)


def _show_drafts(mails: Iterable[Mail], log: SendingLog, out: Path | None) -> None:  # or write them into this folder
    from tipbrief.mail.message import describe_size
    from tipbrief.pipeline.mail_merge import write_drafts

    count = 0
    unsent = (mail for mail in mails if not log.find_earlier_outcome(mail, mail.addresses.to[0].address))
    for mail, content in write_drafts(unsent, out):
        count += 1
        names = ", ".join(part.pdf_name for part in mail.parts)
        print_lines(f"  {mail.addresses.to[0].address}  {names}  {describe_size(content)}")
    where = out / "index.html" if out else "nothing was written or sent"
    print_lines(f"{common.count_of(count, 'message')}: {where}")


def _send_and_report(
    mails: Iterable[Mail], rows: Sequence[Recipient], server: SmtpServer, log: SendingLog, chosen: Mapping[str, Any]
) -> None:  # exits with status 1 if somebody was not reached
    from tipbrief.mail.sending import send_mails
    from tipbrief.pipeline.mail_merge import format_refused

    limit, minutes = chosen["limit"] or 0, chosen["per"]

    def pause() -> bool:
        if minutes:
            print_lines(f"the limit of {limit} messages is reached: going on in {minutes:g} minutes", err=True)
            time.sleep(minutes * 60)
        return bool(minutes)

    outcomes = []
    for outcome in send_mails(server, mails, log, limit=limit, pause=pause):
        print_lines(f"  {outcome.state:<8} {outcome.recipient}  {outcome.reply}")
        outcomes.append(outcome)
    if refused := {one.recipient: one.reply for one in outcomes if one.state == "refused" and rows}:
        file = log.path.with_suffix(".refused.csv")
        replace_file(file, format_refused(rows, refused), 0o600)
        print_lines(f"refused: {join_first_names([*refused], common.MAX_ITEMS_SHOWN)}", err=True)
        print_lines(f"mend their addresses in {file}, then: --recipients {file}", err=True)
    if unsent := sum(outcome.state not in ("sent", "already") for outcome in outcomes):
        print_lines(f"{unsent} of {len(outcomes)} not sent; the log is {log.path}", err=True)
        sys.exit(1)


def _forget(address: str, folder: Path, log: Path, table: str | None) -> None:
    """Take somebody out of the log, of the file of refused addresses, and of recipients' files."""
    from tipbrief.mail.sent_log import open_log
    from tipbrief.pipeline import mail_merge

    with open_log(log) as sending_log:
        print_lines(f"{log}: {common.count_of(sending_log.forget_recipient(address), 'line')} removed")
    files = [*mail_merge.recipients_files(folder, None), *(mail_merge.recipients_files(folder, table) if table else ())]
    for file in dict.fromkeys(file for file in (*files, log.with_suffix(".refused.csv")) if file.exists()):
        print_lines(f"{file}: {common.count_of(mail_merge.forget_in_file(file, address), 'row')} removed")


def read_log_if_possible(path: Path) -> SendingLog | None:
    """The sending log, for a command that needs it for one line more; a warning if it cannot be read."""
    from tipbrief.mail.sent_log import SendingLog

    try:
        return SendingLog(path)
    except Problems as raised:
        common.show_problems([replace(one, severity="warning") for one in raised.problems])
    return None


def show_outdated(folder: Path, out: Path) -> None:
    """Print how many people were sent an edition that is superseded now, by the log beside the documents."""
    if (path := out / "sent.jsonl").exists() and (log := read_log_if_possible(path)):
        from tipbrief.pipeline import mail_merge
        from tipbrief.pipeline.ledger_proof import read_proven_ledger

        outdated = mail_merge.find_outdated(log, read_proven_ledger(folder, ""))
        if count := len({recipient.who for recipient in outdated}):
            print_lines(
                f"{count} {'person has' if count == 1 else 'people have'} the old sheet: tipbrief mail --superseded"
            )
