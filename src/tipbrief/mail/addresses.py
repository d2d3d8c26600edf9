"""Mail addresses as people write them, checked and brought into the form that mail servers know."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from tipbrief.problems import Problem, Problems

_QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"')
_LISTED = re.compile(r'(?:"(?:\\.|[^"\\])*"|[^,;،])+')
_IN_BRACKETS = re.compile(r"(.*?)\s*<([^<>]*)>")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


# Characters whose meaning in a domain depends on the edition of the rules: a mail might go elsewhere.
_AMBIGUOUS = {"\u200c": "a ZWNJ (نیم‌فاصله)", "\u200d": "a ZWJ", "ß": "ß", "ς": "ς"}


@dataclass(frozen=True, slots=True)
class Mailbox:
    """One mail address, its domain in ASCII, and the name beside it, which may be empty."""

    name: str
    address: str

    def __str__(self) -> str:
        if not self.name:
            return self.address
        marked = re.search(r'[",;،<>\\]', self.name)
        return f"{in_quotes(self.name) if marked else self.name} <{self.address}>"


def addresses(given: Iterable[str]) -> list[str]:
    """The addresses in their checked form, each once; every text may be a list parted by commas."""
    return [str(box) for box in mailboxes(given)]


def mailboxes(given: Iterable[str]) -> list[Mailbox]:
    """The addresses as name and mailbox, each mailbox once; Problems for all that are none."""
    boxes: dict[str, Mailbox] = {}
    found: list[Problem] = []
    for text in given:
        if fault := control_fault(f"the address '{one_line(text)}'", text):
            found.append(fault)
            continue
        parts = [part.strip() for part in _LISTED.findall(text) if part.strip()]
        if not parts:
            found.append(Problem("an address is empty", hint="write it as name@example.org"))
        for part in parts:
            box = _mailbox(part)
            if isinstance(box, Problem):
                found.append(box)
            else:
                boxes.setdefault(box.address.casefold(), box)
    if found:
        raise Problems(found)
    return list(boxes.values())


def _mailbox(text: str) -> Mailbox | Problem:
    name, address = "", text
    if "<" in text or ">" in text:
        found = _IN_BRACKETS.fullmatch(text)
        if not found or re.search("[<>]", _QUOTED.sub("", found[1])):
            return Problem(
                f"'{text}' is not one address",
                hint="write it as: name <name@example.org>; commas part several",
            )
        name, address = found[1], found[2]
    if quoted := _QUOTED.fullmatch(name):
        name = re.sub(r"\\(.)", r"\1", quoted[1])
    name = " ".join(name.split())
    hint, ascii_domain = "", ""
    local, _, domain = address.partition("@")
    if not address:
        hint = "between < and > stands name@example.org"
    elif "@" not in address:
        hint = (
            'it has no @. A name with a comma stands in quotation marks: "Ahmadi, Karim" <karim@example.org>'
        )
    elif address.count("@") > 1:
        hint = "it has more than one @; commas part several addresses"
    elif hidden := [c for c in address if unicodedata.category(c) == "Cf" and c not in _AMBIGUOUS]:
        hint = f"it holds an invisible character (U+{ord(hidden[0]):04X}); type it anew instead of pasting it"
    elif re.search(r"\s", address):
        hint = "it holds a space"
    elif not local.isascii():
        hint = "before the @ only Latin letters, digits and marks: many mail servers take nothing else"
    elif not _LOCAL.fullmatch(local) or len(local) > 64:
        hint = f"'{local}' cannot stand before the @"
    elif odd := [shown for c, shown in _AMBIGUOUS.items() if c in domain]:
        hint = f"its domain holds {odd[0]}, which programs read differently; write the domain's form in xn--"
    else:
        ascii_domain = _ascii_domain(domain)
        if not ascii_domain or len(local) + len(ascii_domain) > 253:
            hint = f"'{domain}' is no full domain such as example.org"
    if hint:
        return Problem(f"'{text}' is no mail address", hint=hint)
    return Mailbox(name, f"{local}@{ascii_domain}")


def _ascii_domain(domain: str) -> str:
    """The domain as mail servers know it (punycode), or an empty text where it is none."""
    if len(domain) > 253:
        return ""
    try:
        encoded = domain.encode("idna").decode("ascii").lower()
    except UnicodeError:
        return ""
    return encoded if _DOMAIN.fullmatch(encoded) else ""


def control_fault(what: str, text: str) -> Problem | None:
    """A line break would start a header of its own; lone surrogates cannot be written at all."""
    if any(unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") for c in text):
        return Problem(f"{what} holds a line break or a control character", hint="write it in one line")
    return None


def one_line(text: str) -> str:
    """The text in one line, what cannot be printed as U+FFFD."""
    return "".join("\ufffd" if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") else c for c in text)


def in_quotes(text: str) -> str:
    """A name as a quoted string of a header."""
    return '"' + re.sub(r'(["\\])', r"\\\1", text) + '"'
