"""The commands that hand out: sheets to fold, and e-mail."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief import limits
from tipbrief.assets import default_publication
from tipbrief.cli.common import FILE_PATH, language_option, now, publication_option, reporting
from tipbrief.cli.terminal import tell
from tipbrief.files import read_bytes, replace_file
from tipbrief.problems import Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tipbrief.handouts.imposition import SheetForm
    from tipbrief.mail.addresses import Addresses
    from tipbrief.mail.message import Mail
    from tipbrief.mail.smtp import Security, Server


@click.command()
@click.argument("pdf", type=FILE_PATH)
@click.option("--as", "form", type=click.Choice(["booklet", "2-up", "4-up"]), required=True, help="The form.")
@click.option("--out", type=FILE_PATH, help="Default: PDF-FORM.pdf beside it.")
@reporting
def impose(pdf: Path, form: SheetForm, out: Path | None) -> None:
    """Arrange the pages of PDF for printing and folding; a booklet has its spine where reading begins."""
    from tipbrief.handouts.imposition import impose_pages
    from tipbrief.pdf.opening import LARGEST

    _require_name(out, pdf.suffix, pdf)
    with limits.bounded(pdf):
        made = impose_pages(read_bytes(pdf, LARGEST), form, pdf)
    out = out or pdf.with_name(_imposed_name(pdf, form))
    replace_file(out, made.pdf)
    tell(f"{out} ({made.sheets} sheet{'s' * (made.sheets != 1)}, {len(made.pdf) / 1000:.0f} KB)")
    for note in made.notes:
        tell(f"  {note}")


def _imposed_name(pdf: Path, form: str) -> str:
    """The name beside a PDF: its language stays last, as in ``tip-2025-world-booklet.ps.pdf``."""
    from tipbrief.language.language import known_languages

    plain, _, tag = pdf.stem.rpartition(".")
    return f"{plain}-{form}.{tag}.pdf" if plain and tag in known_languages() else f"{pdf.stem}-{form}.pdf"


def _require_name(out: Path | None, suffix: str, read: Path | None = None) -> None:
    """A usage error where the name belongs to a file of another kind, or to the one that is read."""
    if out and (out.suffix.lower() != suffix.lower() or out.name == suffix):
        raise click.UsageError(f"--out '{out}' does not end in {suffix}")
    if out and read and os.path.realpath(out) == os.path.realpath(read):
        raise click.UsageError(f"--out '{out}' is the file that is read: name another one")


@click.command()
@click.argument("brief")
@language_option
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="To whom; may be given again.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Who gets a copy.")
@click.option("--from", "sender", default="", metavar="ADDRESS", help="From whom; a draft needs none.")
@click.option("--subject", default="", help="Default: the brief's title.")
@click.option("--out", type=FILE_PATH, help="The draft to write: FILE.eml.")
@click.option("--send", "sends", is_flag=True, help="Send it now.")
@click.option("--each", is_flag=True, help="With --send: one message for each recipient.")
@click.option("--host", envvar="TIPBRIEF_SMTP_HOST", help="The mail server (TIPBRIEF_SMTP_HOST).")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    envvar="TIPBRIEF_SMTP_PORT",
    help="Default: 587; 465 with --security tls.",
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
    type=FILE_PATH,
    default=Path("out/sent.jsonl"),
    show_default=True,
    help="What was sent to whom: nothing in it is sent again.",
)
@publication_option
@reporting
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
    from tipbrief.mail.addresses import addresses
    from tipbrief.mail.message import message, size_text
    from tipbrief.mail.smtp import USUAL_PORTS, Server

    if sends == bool(out):
        raise click.UsageError("say --out FILE.eml for a draft, or --send")
    if sends and not (host and sender):
        raise click.UsageError("--send needs --host and --from")
    _require_name(out, ".eml")
    who = addresses(sender, to, cc)
    with limits.alone(brief):
        finished = _mail_with_pdf_of(brief, languages, folder or default_publication(), who, subject)
    if out:
        content = message(finished, draft=True)
        replace_file(out, content)
        tell(f"{out} ({size_text(content)})")
    else:
        password = os.environ.get("TIPBRIEF_SMTP_PASSWORD", "")
        server = Server(str(host), port or USUAL_PORTS[security], user, password, security)
        _send(finished.for_each() if each else [finished], server, log)


def _mail_with_pdf_of(
    name: str, languages: Sequence[str], folder: Path, who: Addresses, subject: str
) -> Mail:
    """The e-mail with the PDF of a document; it is said where that is only a draft."""
    from tipbrief.build.asked import named
    from tipbrief.build.document import piece_of
    from tipbrief.build.languages import languages_of
    from tipbrief.build.session import Session
    from tipbrief.mail.body import body_of
    from tipbrief.mail.message import Mail

    session = Session.open(folder, languages=[*languages, *languages_of([name])])
    if len(found := named(session, [name], languages=languages)) > 1:
        raise Problems(f"'{name}' is {len(found)} documents", hint=f"name one of them: {found[0]}")
    piece = piece_of(session, found[0])
    name = piece.name
    pdf, pdf_name = piece.made().pdf, session.file_name(name, "pdf")
    if piece.edition.draft:
        remedy = f"tipbrief build {name} --deliver makes it final"
        tell(f"note: this is a draft of {piece.edition.name}: {remedy}", err=True)
    body = body_of(session.of(name), piece.edition, subject)
    return Mail(body, who, pdf, pdf_name, now())


def _send(mails: list[Mail], server: Server, log: Path) -> None:
    """Send, and say what became of it for each recipient; exit status 1 where somebody was not reached."""
    from tipbrief.mail.message import message, size_text
    from tipbrief.mail.sending import opened_log, send

    count = sum(len(mail.addresses.recipients) for mail in mails)
    tell(f"{size_text(message(mails[0]))} to {count} address{'es' * (count != 1)}")
    outcomes = []
    with opened_log(log) as sent:
        for one in send(server, mails, sent):
            tell(f"  {one.state:<8} {one.recipient}  {one.reply}")
            outcomes.append(one)
    if missed := [one for one in outcomes if not one.sent]:
        tell(f"{len(missed)} of {len(outcomes)} not sent; the log is {log}", err=True)
        sys.exit(1)
