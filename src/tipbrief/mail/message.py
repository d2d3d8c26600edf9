"""The e-mail with a finished PDF: its addresses as people write them, headers, plain text, HTML, attachment."""

import json
import re
import textwrap
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.base64mime import header_encode
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache, partial

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email
from jinja2 import Environment

from tipbrief.assets import find_shipped_folder
from tipbrief.check.blocks import FiguresBlock, LeadBlock, every_block
from tipbrief.check.markdown import strip_markdown
from tipbrief.check.models import Colours, MailTexts
from tipbrief.check.publication import Publication
from tipbrief.compose.formatting import headline_label, headline_value
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.templates import create_environment, render_template
from tipbrief.files import hash_of, pack_parts
from tipbrief.language.language import Language
from tipbrief.language.unicode_text import LRM, RLM
from tipbrief.ledger.entries import Edition
from tipbrief.problems import Problem, ProblemList, Problems

# The library refuses these domains, but offices have mail servers of their own under .local.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name != "local"]

# A quotation that is left open reaches to the end: it is read once, not again from each later quotation mark.
_ADDRESS_ITEM = re.compile(r'(?:"(?:\\.|[^"\\])*+(?:"|\\?$)|[^,;\u060c])++')
_NAME_AND_ADDRESS = re.compile(r'((?:"(?:\\.|[^"\\])*+"|[^<>])*+)<([^<>]*)>')
_MAX_ITEM_LENGTH = 1000  # characters of an address and the name beside it
_QUOTATION = re.compile(r'"((?:\\.|[^"\\])*)"')

LARGE_MESSAGE_BYTES = 1024 * 1024
_LONGEST_LINE = 78  # characters; RFC 5322 recommends it
# An encoded word has at most 75 characters. The first one shares its line with the field's name.
_ENCODED_WORD_BYTES = 42
_PLAIN_TEXT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mail address, its domain in ASCII, and the name beside it, which may be empty."""

    name: str
    address: str


@dataclass(frozen=True, slots=True)
class Addresses:
    """The sender and the recipients of a message, nobody twice. A draft may have an empty sender."""

    sender: Mailbox
    to: tuple[Mailbox, ...]
    cc: tuple[Mailbox, ...] = ()

    @property
    def recipients(self) -> tuple[Mailbox, ...]:
        """All who get the message."""
        return self.to + self.cc


def parse_addresses(sender: str, to: Iterable[str], cc: Iterable[str] = ()) -> Addresses:
    """The addresses of a message. Each text may be a list. Problems for all faults together."""
    found: list[Problem] = []
    senders, first, second = (_parse_mailboxes(texts, found) for texts in ([sender] if sender else [], to, cc))
    if len(senders) > 1:
        found.append(Problem(f"'{sender}' names several senders", hint="name one"))
    if not to:
        found.append(Problem("the message has no recipient", hint="say to which address it goes"))
    if found:
        raise Problems(found)
    copies = tuple(box for key, box in second.items() if key not in first)
    return Addresses(next(iter(senders.values()), Mailbox("", "")), tuple(first.values()), copies)


def _parse_mailboxes(texts: Iterable[str], found: list[Problem]) -> dict[str, Mailbox]:  # by address, each once
    boxes: dict[str, Mailbox] = {}
    for text in texts:
        if fault := find_control_characters(f"the address '{to_one_line(text)}'", text):
            found.append(fault)
            continue
        parts = [part.strip() for part in _ADDRESS_ITEM.findall(text) if part.strip()]
        if not parts:
            found.append(Problem("an address is empty", hint="write it as name@example.org"))
        for part in parts:
            if len(part) > _MAX_ITEM_LENGTH:
                message = f"an address of {len(part)} characters: '{part[:20]}…'"
                found.append(Problem(message, hint="it is too long: separate several by commas"))
                continue
            try:
                box = _parse_mailbox(part)
                boxes.setdefault(box.address.casefold(), box)
            except EmailNotValidError as fault:
                found.append(Problem(f"'{part}' is no mail address", hint=str(fault)))
    return boxes


def _parse_mailbox(text: str) -> Mailbox:
    name, address = "", text
    if "<" in text or ">" in text:
        if not (named := _NAME_AND_ADDRESS.fullmatch(text)):
            raise EmailNotValidError("write it as: name <name@example.org>; separate several by commas")
        name, address = named[1].strip(), named[2]
    if quoted := _QUOTATION.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", quoted[1])
    if "@" not in address:
        example = '"Ahmadi, Karim" <karim@example.org>'
        raise EmailNotValidError(f"it has no @. A name with a comma stands in quotation marks: {example}")
    if set("ßς") & set(address):  # versions of the rules differ: the mail might go elsewhere
        raise EmailNotValidError("programs read ß and ς in a domain differently; write its form in xn--")
    valid = validate_email(address, check_deliverability=False, allow_smtputf8=False, strict=True)
    return Mailbox(" ".join(name.split()), str(valid.ascii_email))


def find_control_characters(what: str, text: str) -> Problem | None:
    """The problem if a text has a line break, which would start another header, or a control character."""
    if to_one_line(text) == text:
        return None
    return Problem(f"{what} holds a line break or a control character", hint="write it in one line")


def to_one_line(text: str) -> str:
    """The text in one line, with U+FFFD for each character that cannot be printed."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


@dataclass(frozen=True, slots=True)
class Body:
    """The content of an e-mail: a brief's lead and headline figures, and the address of the newest edition."""

    subject: str
    title: str
    lead: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    edition: str
    signature: str = ""
    address: str = ""
    publisher: str = ""
    greeting: str = ""
    notices: tuple[str, ...] = ()  # what was wrong in the edition that the recipient has, and what is right
    language: Language = field(kw_only=True, repr=False)
    colours: Colours = field(kw_only=True, repr=False)


def compose_body(
    publication: Publication, edition: Edition, subject: str = "", recipient: str = "", notices: Sequence[str] = ()
) -> Body:
    """The content of the e-mail for an edition. The subject is that of the publication, else the brief's title."""
    document, words = publication.documents[edition.brief], publication.language.gettext
    blocks = list(every_block(document.brief.blocks))
    leads = [publication.texts.prose[block.prose].text for block in blocks if isinstance(block, LeadBlock)]
    figures = next((block.figures for block in blocks if isinstance(block, FiguresBlock)), ())
    plain = partial(plain_text, publication=publication, document=document)
    title, of = " ".join(plain(document.brief.title).split()), (publication, document)
    own = publication.imprint.mail or MailTexts(location=publication.imprint.location)
    names = {"{name}": recipient, "{title}": title}

    def fill_names(text: str | None) -> str:  # empty if it needs a name that is not known
        if not text or ("{name}" in text and not recipient):
            return ""
        return re.sub(r"\{(?:name|title)\}", lambda found: names[found[0]], " ".join(text.split()))

    number = words("Edition %(number)s", number=edition.number)
    if edition.draft:
        number = words("Draft of edition %(number)s", number=edition.number)
    return Body(
        subject=subject.strip() or fill_names(own.subject) or title, title=title, edition=number,
        lead=tuple(plain(paragraph) for lead in leads for paragraph in strip_markdown(lead)),
        figures=tuple((headline_value(*of, name), plain(headline_label(*of, name))) for name in figures),
        signature="" if edition.draft else edition.signature, address=str(publication.imprint.address or ""),
        publisher=plain(publication.imprint.publisher), greeting=fill_names(own.greeting), notices=tuple(notices),
        language=publication.language, colours=publication.imprint.colours,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mail:
    """A finished PDF with the content and the addresses of its e-mail; ``others`` are more for the same recipient."""

    body: Body
    addresses: Addresses
    pdf: bytes = field(repr=False)
    pdf_name: str
    date: datetime
    facts: Mapping[str, str | int] = field(default_factory=dict)  # of the edition, as its PDF has them
    others: "tuple[Mail, ...]" = ()
    headers: tuple[tuple[str, str], ...] = ()  # further fields of the head, in ASCII
    zip_name: str = ""  # if set, the PDFs are attached as one ZIP file

    @property
    def key(self) -> str:
        """A hash of the content without recipients and date: that of an edition is the same with another subject."""
        edition = json.dumps(dict(self.facts), sort_keys=True) if self.facts.get("code") else ""
        return hash_of(edition.encode() or self.pdf + self.body.subject.encode())

    @property
    def parts(self) -> "tuple[Mail, ...]":
        """Each document of the message as a mail of its own."""
        return (replace(self, others=()), *self.others)

    @property
    def mark(self) -> str:
        """A hash of documents and recipients. A second try has the same one, so that a receiver can drop it."""
        boxes = (box.address.casefold() for box in self.addresses.recipients)
        names = (text for part in self.parts for text in (part.key, part.pdf_name))
        return hash_of("\0".join((*names, *boxes)).encode())[:32]

    @property
    def message_id(self) -> str:
        """The identifier of the message, in the sender's domain."""
        return f"<{self.mark}@{self.addresses.sender.address.rpartition('@')[2] or 'tipbrief.invalid'}>"

    def split_by_recipient(self) -> "list[Mail]":
        """The same e-mail for each recipient alone, who does not see the others."""
        return [replace(self, addresses=Addresses(self.addresses.sender, (box,))) for box in self.addresses.recipients]


def compose_mail_text(mail: Mail) -> str:
    """The plain text of an e-mail, for programs that show no HTML. Of several documents it has no figures."""
    body, documents = mail.body, mail.parts
    words, rtl, parts = body.language.gettext, body.language.rtl, [[body.greeting]]
    for one in documents:
        parts += [[text] for text in one.body.notices] + [[one.body.title]]
        if len(documents) == 1:
            parts += [[text] for text in body.lead]
            parts.append([f"• {value} — {label}" for value, label in body.figures])
        edition = " · ".join(filter(None, (one.body.edition, one.body.signature)))
        parts.append([f"{words('Attached:')} {one.pdf_name}", edition])
    newest = [words("Latest edition:"), body.address] if body.address else []
    parts += [newest, [body.publisher]]
    paragraphs = ("\n".join(_mark_direction(line, rtl=rtl) for line in lines if line) for lines in parts)
    return "\n\n".join(filter(None, paragraphs)) + "\n"


def compose_mail_html(mail: Mail) -> str:
    """The HTML of an e-mail."""
    return render_template(mail_templates(), "mail.html.j2", mail=mail, body=mail.body, language=mail.body.language)


@cache
def mail_templates() -> Environment:
    """The shipped templates: a publication has none of its own for e-mails."""
    return create_environment([], find_shipped_folder("templates"))


def _mark_direction(line: str, *, rtl: bool) -> str:
    """The line, with a direction mark in front if its first word is of the other script and would turn it around."""
    kinds = [kind for kind in map(unicodedata.bidirectional, line) if kind in ("L", "R", "AL")]
    turned = kinds and (kinds[0] == "L") == rtl and ("AL" if rtl else "L") in kinds
    return (RLM if rtl else LRM) + line if turned else line


def compose_message(mail: Mail, *, draft: bool = False) -> bytes:
    """The e-mail as bytes, always the same for the same mail. Mail programs open a draft for sending."""
    found = ProblemList(filter(None, [find_control_characters("the subject", mail.body.subject)]))
    if not (draft or mail.addresses.sender.address):
        found.append(Problem("the message has no sender", hint="say from which address it is sent"))
    if not mail.body.subject.strip():
        found.append(Problem("the subject is empty", hint="a mail without a subject is taken for spam"))
    found.raise_all()
    who, message = mail.addresses, EmailMessage(SMTP)
    fields = {"From": (who.sender,) if who.sender.address else (), "To": who.to, "Cc": who.cc}
    head = "".join(encode_address_field(name, boxes) for name, boxes in fields.items() if boxes)
    fixed = {"Message-ID": mail.message_id, "Content-Language": mail.body.language.tag, **dict(mail.headers)}
    # Not by the library, which would encode a long identifier.
    head += "".join(_fold_header(name, value.split(" ")) for name, value in fixed.items())
    message["Date"] = mail.date
    if draft:
        message["X-Unsent"] = "1"
    message.set_content(compose_mail_text(mail), cte="base64")
    message.make_alternative(boundary=f"=_{mail.mark}_text")
    message.add_alternative(compose_mail_html(mail), subtype="html", cte="base64")
    message.make_mixed(boundary=f"=_{mail.mark}_whole")
    files = {one.pdf_name: one.pdf for one in mail.parts}
    for file_name, data in ({mail.zip_name: pack_parts(files)} if mail.zip_name else files).items():
        attachment, kind = EmailMessage(SMTP), file_name.rpartition(".")[2]
        attachment.set_content(data, "application", kind, disposition="attachment", filename=file_name)
        if not file_name.isascii():
            attachment.set_param("name", f"document.{kind}")  # for programs that read ASCII names only
        message.attach(attachment)
    return (head + encode_subject_field(mail.body.subject)).encode() + message.as_bytes()


def describe_size(content: bytes) -> str:
    """The size of a message in words, with a warning if it is large."""
    if len(content) > LARGE_MESSAGE_BYTES:
        return f"{len(content) / LARGE_MESSAGE_BYTES:.1f} MB; many servers refuse messages above 1 MB"
    return f"{max(1, round(len(content) / 1024))} KB"


# Header fields that may hold Persian are encoded and folded here. Many releases of Python fold them into two encoded
# words without a space between them, which some mail servers refuse.


def encode_subject_field(text: str) -> str:
    """The header field of the subject, folded into short lines."""
    return _fold_header("Subject", _encode_words(text, _PLAIN_TEXT))


def encode_address_field(name: str, boxes: Sequence[Mailbox]) -> str:
    """A header field of addresses (``From``, ``To``, ``Cc``), folded into short lines."""
    words: list[str] = []
    for box in boxes:
        words += [*_encode_words(box.name, _PLAIN_NAME), f"<{box.address}>," if box.name else f"{box.address},"]
    return _fold_header(name, [*words[:-1], words[-1].removesuffix(",")])


def _fold_header(name: str, words: Iterable[str]) -> str:
    wrapper = textwrap.TextWrapper(_LONGEST_LINE, "", " ", break_long_words=False, break_on_hyphens=False)
    return "\r\n".join([*wrapper.wrap(f"{name}: {' '.join(words)}"), ""])


def _encode_words(text: str, plain: re.Pattern[str]) -> list[str]:
    """The words of a plain text, or else encoded words of RFC 2047. No character is cut in two."""
    if plain.fullmatch(text) and "=?" not in text:
        return text.split(" ")
    words = []
    while text:
        piece = text[:_ENCODED_WORD_BYTES].encode()[:_ENCODED_WORD_BYTES].decode(errors="ignore")
        if len(piece) < len(text):
            # Some readers show a space between encoded words, which must not fall inside a word.
            piece = piece[: piece.rfind(" ") + 1] or piece
        words.append(header_encode(piece.encode(), "utf-8"))
        text = text[len(piece) :]
    return words
