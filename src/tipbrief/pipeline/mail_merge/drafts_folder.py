"""Drafts: a folder with one message for each person, and a page that shows all of them before they are sent."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from tipbrief.compose.templates import render_template
from tipbrief.files import read_bytes, replace_file
from tipbrief.mail.message import LARGE_MESSAGE_BYTES, Mail, compose_mail_text, compose_message, mail_templates
from tipbrief.problems import Problems

_PAGE = "index.html"
_OUR_PAGE = b'<meta name="generator" content="tipbrief mail">'


def write_drafts(mails: Iterable[Mail], out: Path | None) -> Iterator[tuple[Mail, bytes]]:
    """Each message with its bytes, as it is composed; with ``out`` they are written, and a page that shows them."""
    if out:
        _prepare_folder(out)
    shown, language = list[dict[str, object]](), None
    for mail in mails:
        content, draft = compose_message(mail, draft=True), _describe_draft(mail)
        if out:
            replace_file(out / str(draft["file"]), content)
            shown.append(
                draft | {"kilobytes": -(-len(content) // 1024), "is_large": len(content) > LARGE_MESSAGE_BYTES}
            )
        language = language or mail.body.language
        yield mail, content
    if out and language:
        page = render_template(mail_templates(), "drafts.html.j2", drafts=shown, language=language)
        replace_file(out / _PAGE, page.encode())


def _describe_draft(mail: Mail) -> dict[str, object]:
    (box,), parts = mail.addresses.to, mail.parts
    name = f"{re.sub(r'[^A-Za-z0-9@._+-]', '_', box.address)}.eml"
    text = compose_mail_text(mail.body, mail.pdf_name, [(one.body, one.pdf_name) for one in mail.others])
    files = [mail.zip_name, *(one.pdf_name for one in parts)]
    return {
        "name": box.name, "address": box.address, "file": name, "subject": mail.body.subject, "text": text,
        "files": [one for one in files if one], "language": mail.body.language,
        "is_draft": any(not one.facts.get("code") for one in parts),
    }  # fmt: skip


def _prepare_folder(out: Path) -> None:
    """Make the folder, or remove its earlier drafts. A problem if the folder holds something else."""
    files = list(out.iterdir()) if out.is_dir() else []
    if files and not ((out / _PAGE).is_file() and _OUR_PAGE in read_bytes(out / _PAGE)):
        raise Problems("the folder holds other files", out, hint="name a new folder for the drafts")
    out.mkdir(parents=True, exist_ok=True)
    replace_file(out / _PAGE, _OUR_PAGE)
    for file in files:
        if file.suffix == ".eml":
            file.unlink()
