"""The commands `site`, `export`, `impose` and `mail`."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli import common
from tipbrief.cli.terminal import print_lines, record_output
from tipbrief.files import read_bytes, replace_file
from tipbrief.problems import Problems, join_first_names

if TYPE_CHECKING:
    from tipbrief.handouts.imposition import SheetForm
    from tipbrief.mail.message import Addresses, Mail
    from tipbrief.mail.sending import Security, SmtpServer
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
@click.argument("briefs", nargs=-1)
@common.publication_option
@click.option(
    "--out", type=common.FOLDER_PATH, default=Path("out"), show_default=True, help="The folder for the texts."
)
@common.only_option
@common.everything_option
@common.language_option
@common.report_problems
def export(
    briefs: tuple[str, ...], folder: Path | None, out: Path, only: list[str], everything: bool, languages: list[str]
) -> None:
    """Write what BRIEFS say as text: Markdown (.md), plain text (.txt), and a sentence a line for voices (.spoken.txt).

    Words are in logical order, also for programs that reverse the letters of a PDF. A chart is a sentence.
    """
    from tipbrief.compose.reading_text import ENDINGS, write_reading_text
    from tipbrief.pipeline.document import compose_document
    from tipbrief.pipeline.selection import languages_in_names, select_documents
    from tipbrief.pipeline.session import Session

    session = Session.open(folder or default_publication(), languages=[*languages, *languages_in_names(briefs)])
    names = select_documents(session.publications, briefs, only=only, everything=everything, languages=languages)
    out.mkdir(parents=True, exist_ok=True)
    for name in names:
        html, language = compose_document(session, name).html(), session.publication_for(name).language
        for form, ending in ENDINGS.items():
            file = out / session.file_name(name, ending)
            replace_file(file, write_reading_text(html, language, form).encode())
            print_lines(str(file))


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

    _require_output_name(out, pdf.suffix, pdf)
    with limits.limit_step(pdf):
        imposition = impose_pages(read_bytes(pdf, LARGEST_PDF), form, pdf)
    stem, _, tag = pdf.stem.rpartition(".")
    # The language stays last: tip-2025-world-booklet.ps.pdf.
    name = f"{stem}-{form}.{tag}.pdf" if stem and tag in known_languages() else f"{pdf.stem}-{form}.pdf"
    out = out or pdf.with_name(name)
    replace_file(out, imposition.pdf)
    print_lines(f"{out} ({common.count_of(imposition.sheets, 'sheet')}, {common.size_of(len(imposition.pdf))})")
    print_lines(*(f"  {note}" for note in imposition.notes))


def _require_output_name(out: Path | None, suffix: str, read: Path | None = None) -> None:
    """A usage error if ``out`` has another ending than ``suffix``, or is the file that is read."""
    if out and (out.suffix.lower() != suffix.lower() or out.name == suffix):
        raise click.UsageError(f"--out '{out}' does not end in {suffix}")
    if out and read and os.path.realpath(out) == os.path.realpath(read):
        raise click.UsageError(f"--out '{out}' is the file that is read: name another one")


@click.command()
@click.argument("brief")
@common.language_option
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="To whom; may be given again.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Who gets a copy.")
@click.option("--from", "sender", default="", metavar="ADDRESS", help="From whom; a draft needs none.")
@click.option("--subject", default="", help="Default: the brief's title.")
@click.option("--out", type=common.FILE_PATH, help="The draft to write: FILE.eml.")
@click.option("--send", "sends", is_flag=True, help="Send it now.")
@click.option("--each", is_flag=True, help="With --send: one message for each recipient.")
@click.option("--host", envvar="TIPBRIEF_SMTP_HOST", help="The mail server (TIPBRIEF_SMTP_HOST).")
@click.option(
    "--port", type=click.IntRange(1, 65535), envvar="TIPBRIEF_SMTP_PORT", help="Default: 587; 465 with --security tls."
)
@click.option("--user", default="", envvar="TIPBRIEF_SMTP_USER", help="Its password: TIPBRIEF_SMTP_PASSWORD.")
@click.option(
    "--security",
    type=click.Choice(["starttls", "tls", "none"]),
    default="starttls",
    show_default=True,
    help="How the line is encrypted.",
)
@click.option(
    "--log",
    type=common.FILE_PATH,
    default=Path("out/sent.jsonl"),
    show_default=True,
    help="The record of what was sent to whom. Nothing in it is sent again.",
)
@common.publication_option
@common.report_problems
def mail(
    brief: str,
    languages: list[str],
    to: tuple[str, ...],
    cc: tuple[str, ...],
    sender: str,
    subject: str,
    out: Path | None,
    sends: bool,
    each: bool,
    host: str | None,
    port: int | None,
    user: str,
    security: Security,
    log: Path,
    folder: Path | None,
) -> None:
    """Write an e-mail with the PDF of BRIEF attached, as a draft to open in a mail program, or send it.

    Exit status 0: written, or sent to all. 1: problems, or somebody was not reached; run it again to send the
    rest.
    """
    from tipbrief.mail.message import compose_message, describe_size, parse_addresses
    from tipbrief.mail.sending import DEFAULT_PORTS, SmtpServer

    if sends == bool(out):
        raise click.UsageError("say --out FILE.eml for a draft, or --send")
    if sends and not (host and sender):
        raise click.UsageError("--send needs --host and --from")
    _require_output_name(out, ".eml")
    addresses = parse_addresses(sender, to, cc)
    with limits.limit_command(brief):
        whole = _compose_mail(brief, languages, folder or default_publication(), addresses, subject)
    if out:
        content = compose_message(whole, draft=True)
        replace_file(out, content)
        print_lines(f"{out} ({describe_size(content)})")
    else:
        password = os.environ.get("TIPBRIEF_SMTP_PASSWORD", "")
        server = SmtpServer(str(host), port or DEFAULT_PORTS[security], user, password, security)
        _send_and_report(whole.split_by_recipient() if each else [whole], server, log)


def _compose_mail(name: str, languages: Sequence[str], folder: Path, addresses: Addresses, subject: str) -> Mail:
    """The e-mail with the PDF of a document. Tell the user if that is a draft."""
    from tipbrief.mail.message import Mail, compose_body
    from tipbrief.pipeline.document import compose_document
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
    return Mail(body, addresses, pdf, pdf_name, common.current_time())


def _send_and_report(mails: list[Mail], server: SmtpServer, log: Path) -> None:
    """Send, and print the outcome for each recipient. Exit with status 1 if somebody was not reached."""
    from tipbrief.mail.message import compose_message, describe_size
    from tipbrief.mail.sending import open_log, send_mails

    count = sum(len(mail.addresses.recipients) for mail in mails)
    print_lines(f"{describe_size(compose_message(mails[0]))} to {common.count_of(count, 'address', 'es')}")
    outcomes = []
    with open_log(log) as sending_log:
        for outcome in send_mails(server, mails, sending_log):
            print_lines(f"  {outcome.state:<8} {outcome.recipient}  {outcome.reply}")
            outcomes.append(outcome)
    if unsent := sum(not outcome.is_sent for outcome in outcomes):
        print_lines(f"{unsent} of {len(outcomes)} not sent; the log is {log}", err=True)
        sys.exit(1)
