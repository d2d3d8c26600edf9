"""Mail addresses: parsed as people write them, checked, and normalised for mail servers."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from tipbrief.problems import Problem, Problems

# The library refuses these domains, but offices have mail servers of their own under .local.
SPECIAL_USE_DOMAIN_NAMES[:] = [name for name in SPECIAL_USE_DOMAIN_NAMES if name != "local"]

_ADDRESS_ITEM = re.compile(r'(?:"(?:\\.|[^"\\])*+"|[^,;\u060c])++')
_NAME_AND_ADDRESS = re.compile(r'((?:"(?:\\.|[^"\\])*+"|[^<>])*+)<([^<>]*)>')
_MAX_ITEM_LENGTH = 1000  # characters of an address and the name beside it
_QUOTATION = re.compile(r'"((?:\\.|[^"\\])*)"')


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


def _parse_mailboxes(texts: Iterable[str], found: list[Problem]) -> dict[str, Mailbox]:
    """The mailboxes by address, each once. Faults are added to ``found``."""
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
