"""The commands that hand out: sheets to fold, and e-mail."""

from __future__ import annotations

import hashlib
import os
import sys
from datetime import datetime
from email.utils import make_msgid
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tipbrief.assets import default_publication
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tipbrief.handouts.imposition import Form
    from tipbrief.mail.smtp import Security
from tipbrief.cli.common import publication_option, reporting
from tipbrief.files import read_bytes


@click.command()
@click.argument("pdf", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--as", "form", type=click.Choice(["booklet", "2-up", "4-up"]), required=True, help="The form.")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), help="Default: PDF-FORM.pdf beside it."
)
@reporting
def impose(pdf: Path, form: Form, out: Path | None) -> None:
    """Arrange the pages of PDF for printing and folding; a booklet has its spine at the right."""
    from tipbrief.files import replace_file
    from tipbrief.handouts.imposition import impose as arrange

    made = arrange(read_bytes(pdf), form, pdf)
    out = out or pdf.with_name(f"{pdf.stem}-{form}.pdf")
    replace_file(out, made.pdf)
    click.echo(f"{out} ({made.sheets} sheet{'s' * (made.sheets != 1)}, {len(made.pdf) / 1000:.0f} KB)")
    for note in made.notes:
        click.echo(f"  {note}")


@click.command()
@click.argument("brief")
@click.option("--to", multiple=True, required=True, metavar="ADDRESS", help="To whom; may be given again.")
@click.option("--cc", multiple=True, metavar="ADDRESS", help="Who gets a copy.")
@click.option("--from", "sender", default="", metavar="ADDRESS", help="From whom; a draft needs none.")
@click.option("--subject", default="", help="Default: the brief's title.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="The draft to write: FILE.eml.")
@click.option("--send", "sends", is_flag=True, help="Send it now.")
@click.option("--each", is_flag=True, help="With --send: one message for each recipient.")
@click.option("--host", envvar="TIPBRIEF_SMTP_HOST", help="The mail server (TIPBRIEF_SMTP_HOST).")
@click.option("--port", type=int, envvar="TIPBRIEF_SMTP_PORT", help="Default: 587; 465 with --security tls.")
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
    type=click.Path(path_type=Path, dir_okay=False),
    default=Path("out/sent.jsonl"),
    show_default=True,
    help="What was sent to whom: nothing in it is sent again.",
)
@publication_option
@reporting
def mail(
    brief: str,
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
    from tipbrief.build.document import piece_of
    from tipbrief.build.run import named
    from tipbrief.build.session import Session
    from tipbrief.mail import message as letters
    from tipbrief.mail import smtp
    from tipbrief.mail.addresses import mailboxes
    from tipbrief.mail.letter import letter_of
    from tipbrief.mail.sent_log import Sent

    if sends == bool(out):
        raise click.UsageError("say --out FILE.eml for a draft, or --send")
    if sends and not (host and sender):
        raise click.UsageError("--send needs --host and --from")
    boxes = [box.address for box in mailboxes([*to, *cc])]
    session = Session.open(folder or default_publication())
    if len(found := named(session, [brief])) > 1:
        raise Problems(Problem(f"'{brief}' is {len(found)} documents", hint=f"name one of them: {found[0]}"))
    piece = piece_of(session, brief)
    made = piece.made()
    letter = letter_of(session.publication, piece.edition, subject)
    if piece.edition.draft:
        click.echo(
            f"note: this is a draft of {piece.edition.name}: tipbrief build {brief} --deliver makes it final",
            err=True,
        )
    now = datetime.now().astimezone()

    def written(to: Sequence[str], cc: Sequence[str], *, draft: bool) -> bytes:
        return letters.message(
            letter,
            sender=sender,
            to=to,
            cc=cc,
            pdf=made.pdf,
            pdf_name=session.stem(brief) + ".pdf",
            date=now,
            message_id=make_msgid(domain="tipbrief.invalid"),
            draft=draft,
        )

    whole = written(to, cc, draft=not sends)
    size, heavy = letters.size_note(whole)
    if heavy:
        click.echo(f"warning: the message has {size}; many servers refuse large ones", err=True)
    if out:
        from tipbrief.files import replace_file

        replace_file(out, whole)
        click.echo(f"{out} ({size})")
        return
    key = hashlib.sha256(made.pdf + letter.subject.encode()).hexdigest()
    (from_,) = mailboxes([sender])
    envelopes = (
        [smtp.Envelope(key, from_.address, (box,), written([box], (), draft=False)) for box in boxes]
        if each
        else [smtp.Envelope(key, from_.address, tuple(boxes), whole)]
    )
    server = smtp.Server(
        str(host),
        port or (465 if security == "tls" else 587),
        user,
        os.environ.get("TIPBRIEF_SMTP_PASSWORD", ""),
        security,
    )
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
    except OSError as fault:
        hint = "name another file: --log"
        message = f"the log's folder cannot be made: {fault.strerror}; nothing was sent"
        raise Problems(Problem(message, log.parent, hint=hint)) from None
    click.echo(f"{size} to {len(boxes)} address{'es' * (len(boxes) != 1)}")
    outcomes = smtp.send(
        server,
        envelopes,
        Sent(log),
        at=now,
        progress=lambda one: click.echo(f"  {one.state:<8} {one.recipient}  {one.reply}"),
    )
    if missed := [one for one in outcomes if not one.sent]:
        click.echo(f"{len(missed)} of {len(outcomes)} not sent; the log is {log}", err=True)
        sys.exit(1)
