"""The e-mail that carries a finished PDF: its headers, its text twice, the attachment."""

from __future__ import annotations

import hashlib
import re
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email.base64mime import header_encode
from email.message import EmailMessage
from email.policy import SMTP

from tipbrief.mail.addresses import Addresses, Mailbox, control_fault, one_line
from tipbrief.mail.body import Body, mail_page, mail_text
from tipbrief.problems import Problem, Problems

HEAVY = 1024 * 1024
_LONGEST_LINE = 78  # what RFC 5322 recommends
# An encoded word has at most 75 characters, and the first one shares its line with the field's name.
_WORD_BYTES = 42
_PLAIN_TEXT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished PDF, what is said of it, and from whom to whom it goes."""

    body: Body
    addresses: Addresses
    pdf: bytes
    pdf_name: str
    date: datetime

    @property
    def key(self) -> str:
        """Names the content, whatever its date and its recipients."""
        return hashlib.sha256(self.pdf + self.body.subject.encode()).hexdigest()

    def for_each(self) -> list[Mail]:
        """The same for each recipient alone, who does not see the others."""
        who = self.addresses
        return [replace(self, addresses=Addresses(who.sender, (box,))) for box in who.recipients]


def message(mail: Mail, *, draft: bool = False) -> bytes:
    """The e-mail as bytes, the same for the same mail; programs open a draft to be sent."""
    _check(mail, draft=draft)
    who, whole, attached = mail.addresses, EmailMessage(SMTP), EmailMessage(SMTP)
    fields = {"From": (who.sender,) if who.sender.address else (), "To": who.to, "Cc": who.cc}
    head = "".join(address_field(name, boxes) for name, boxes in fields.items() if boxes)
    whole["Date"] = mail.date
    # Made from the content, not from chance.
    mark = hashlib.sha256(f"{mail!r} {draft}".encode()).hexdigest()[:32]
    whole["Message-ID"] = f"<{mark}@tipbrief.invalid>"
    if draft:
        whole["X-Unsent"] = "1"
    whole.set_content(mail_text(mail.body, mail.pdf_name), cte="base64")
    whole.make_alternative(boundary=f"=_{mark}_text")
    whole.add_alternative(mail_page(mail.body, mail.pdf_name), subtype="html", cte="base64")
    whole.make_mixed(boundary=f"=_{mark}_whole")
    attached.set_content(mail.pdf, "application", "pdf", disposition="attachment", filename=mail.pdf_name)
    if not mail.pdf_name.isascii():
        attached.set_param("name", "document.pdf")  # for programs that know no other names
    whole.attach(attached)
    return (head + subject_field(mail.body.subject)).encode() + whole.as_bytes()


def size_text(content: bytes) -> str:
    """The size of a message for people, with a warning where it is large."""
    if len(content) > HEAVY:
        return f"{len(content) / HEAVY:.1f} MB; many servers refuse messages above 1 MB"
    return f"{max(1, round(len(content) / 1024))} KB"


def _check(mail: Mail, *, draft: bool) -> None:
    """Problems for what is missing, or must not stand in a header."""
    subject, pdf_name = mail.body.subject, mail.pdf_name
    found = [control_fault("the subject", subject), control_fault("the name of the attachment", pdf_name)]
    if not (draft or mail.addresses.sender.address):
        found.append(Problem("the message has no sender", hint="say from which address it is sent"))
    if not subject.strip():
        found.append(Problem("the subject is empty", hint="a mail without a subject is taken for spam"))
    if not re.fullmatch(r"[^/\\]+\.pdf", pdf_name, re.DOTALL):
        message = f"an attachment cannot be called '{one_line(pdf_name)}'"
        found.append(Problem(message, hint="give it a name without folders that ends in .pdf"))
    if faults := [fault for fault in found if fault]:
        raise Problems(faults)


# Fields of the head in which Persian may stand. Many releases of Python fold them with two encoded words and
# no space between these, which some mail servers refuse: so they are encoded and folded here.


def subject_field(text: str) -> str:
    """The subject of a message, in short lines."""
    return _folded_head("Subject", _words(text, _PLAIN_TEXT))


def address_field(name: str, boxes: Sequence[Mailbox]) -> str:
    """A field of addresses, in short lines: ``From``, ``To``, ``Cc``."""
    words: list[str] = []
    for box in boxes:
        words += [*_words(box.name, _PLAIN_NAME), f"<{box.address}>," if box.name else f"{box.address},"]
    return _folded_head(name, [*words[:-1], words[-1].removesuffix(",")])


def _folded_head(name: str, words: Iterable[str]) -> str:
    lines = textwrap.wrap(
        f"{name}: {' '.join(words)}",
        _LONGEST_LINE,
        subsequent_indent=" ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\r\n".join([*lines, ""])


def _words(text: str, plain: re.Pattern[str]) -> list[str]:
    """The words of a plain text, else encoded words of RFC 2047; no character is cut in two."""
    if plain.fullmatch(text) and "=?" not in text:
        return text.split(" ")
    words, begun = list[str](), 0
    while begun < len(text):
        piece = text[begun : begun + _WORD_BYTES].encode()[:_WORD_BYTES].decode(errors="ignore")
        begun += len(piece)
        if begun < len(text):
            # Some readers put a space between encoded words, which must not fall inside a word.
            whole = piece[: piece.rfind(" ") + 1] or piece
            begun -= len(piece) - len(whole)
            piece = whole
        words.append(header_encode(piece.encode(), "utf-8"))
    return words
