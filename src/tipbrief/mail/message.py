"""Write the e-mail that carries a finished PDF: its headers, its text twice, the attachment."""

from __future__ import annotations

import base64
import hashlib
import html
import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import quote

from tipbrief.language.text import RLM, latin_runs
from tipbrief.mail.addresses import Mailbox, control_fault, in_quotes, mailboxes, one_line
from tipbrief.problems import Problem, Problems

CRLF = "\r\n"
MEGABYTE = 1024 * 1024

_LINE = 78  # the longest header line that RFC 5322 recommends
# An encoded word has at most 75 characters, and the first one shares its line with the header's name.
_WORD_BYTES = 42
_PLAIN_NAME = re.compile(r"[A-Za-z0-9._ -]{1,60}")
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")
_WORDS = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PRINTABLE = re.compile(r"[ -~]{1,60}")
_MESSAGE_ID = re.compile(r"<[!-;=?A-Z\[-~]+@[!-;=?A-Z\[-~]+>")
_CHARSET = "utf-8''"
_CODE_START = re.compile(r"[0-9][0-9./-]*$")

_FONT = "font-family:Vazirmatn,Tahoma,sans-serif"
_VALUE = "padding:6px 0 6px 16px;font-size:22px;font-weight:bold;white-space:nowrap"
_CELL = "border-bottom:1px solid #c8ced0;text-align:right;vertical-align:baseline"


@dataclass(frozen=True, slots=True)
class Letter:
    """What the e-mail says: a brief's lead and headline figures, and where the newest edition is."""

    subject: str
    title: str
    lead: tuple[str, ...]
    figures: tuple[tuple[str, str], ...]
    edition: str
    address: str = ""
    publisher: str = ""


def message(
    letter: Letter,
    *,
    sender: str,
    to: Sequence[str],
    cc: Sequence[str] = (),
    pdf: bytes,
    pdf_name: str,
    date: datetime,
    message_id: str,
    draft: bool,
) -> bytes:
    """The e-mail as bytes, the same for the same arguments; a draft may have no sender yet."""
    found = _letter_faults(letter, pdf_name, message_id)
    boxes: dict[str, list[Mailbox]] = {}
    for header, given in {"From": [sender] if sender else [], "To": to, "Cc": cc}.items():
        try:
            boxes[header] = mailboxes(given)
        except Problems as faults:
            found += faults.problems
    if not sender and not draft:
        found.append(Problem("the message has no sender", hint="say from which address it is sent"))
    if sender and len(boxes.get("From", [sender])) > 1:
        found.append(Problem(f"'{one_line(sender)}' names several senders", hint="name one"))
    if not to:
        found.append(Problem("the message has no recipient", hint="say to which address it goes"))
    if found:
        raise Problems(found)
    known = {box.address.casefold() for box in boxes["To"]}
    boxes["Cc"] = [box for box in boxes["Cc"] if box.address.casefold() not in known]
    head = [
        *(_header(name, _address_tokens(listed)) for name, listed in boxes.items() if listed),
        _header("Subject", _text_tokens(letter.subject)),
        _header("Date", [format_datetime(date)]),
        _header("Message-ID", [message_id]),
        *(["X-Unsent: 1"] if draft else []),
        "MIME-Version: 1.0",
    ]
    texts = (_plain_body(letter, pdf_name), _html_body(letter, pdf_name))
    mark = hashlib.sha256("\0".join([*head, *texts, pdf_name]).encode() + b"\0" + pdf).hexdigest()[:32]
    body = _multipart(
        "alternative",
        f"=_{mark}_text",
        [
            _part(["Content-Type: text/plain; charset=utf-8"], texts[0].encode()),
            _part(["Content-Type: text/html; charset=utf-8"], texts[1].encode()),
        ],
    )
    attached = _part(["Content-Type: application/pdf", _disposition(pdf_name)], pdf)
    whole = _multipart("mixed", f"=_{mark}_whole", [body, attached])
    return (CRLF.join(head) + CRLF + whole).encode("ascii")


def size_note(message: bytes) -> tuple[str, bool]:
    """The size of a message in words, and whether it is above 1 MB."""
    size = len(message)
    if size > MEGABYTE:
        return f"{size / MEGABYTE:.1f} MB", True
    return f"{max(1, round(size / 1024))} KB", False


# --- what must not stand in a header


def _letter_faults(letter: Letter, pdf_name: str, message_id: str) -> list[Problem]:
    checks = [
        control_fault("the subject", letter.subject),
        control_fault("the name of the attachment", pdf_name),
    ]
    if not letter.subject.strip():
        checks.append(Problem("the subject is empty", hint="a mail without a subject is taken for spam"))
    if not re.fullmatch(r"[^/\\]+\.pdf", pdf_name, re.DOTALL):
        checks.append(
            Problem(
                f"an attachment cannot be called '{one_line(pdf_name)}'",
                hint="give it a name without folders that ends in .pdf",
            )
        )
    if not _MESSAGE_ID.fullmatch(message_id) or len(message_id) > 250:
        checks.append(
            Problem(f"'{one_line(message_id)}' is no Message-ID", hint="its form is <code@example.org>")
        )
    return [fault for fault in checks if fault]


# --- headers


def _header(name: str, tokens: Sequence[str]) -> str:
    """A header, folded between its tokens."""
    lines = [f"{name}:"]
    for count, token in enumerate(tokens):
        if count and len(lines[-1]) + 1 + len(token) > _LINE:
            lines.append("")
        lines[-1] += f" {token}"
    return CRLF.join(lines)


def _text_tokens(text: str) -> list[str]:
    return text.split(" ") if _WORDS.fullmatch(text) and "=?" not in text else _encoded_words(text)


def _address_tokens(boxes: Sequence[Mailbox]) -> list[str]:
    tokens: list[str] = []
    for count, box in enumerate(boxes, 1):
        tokens += [*_name_tokens(box.name), f"<{box.address}>" if box.name else box.address]
        tokens[-1] += "," if count < len(boxes) else ""
    return tokens


def _name_tokens(name: str) -> list[str]:
    if "=?" in name:
        return _encoded_words(name)
    if not name or _ATOMS.fullmatch(name):
        return name.split()
    return [in_quotes(name)] if _PRINTABLE.fullmatch(name) else _encoded_words(name)


def _encoded_words(text: str) -> list[str]:
    """The text as encoded words of RFC 2047; no character is cut in two."""
    return [
        f"=?utf-8?b?{base64.b64encode(piece.encode()).decode()}?="
        for piece in _pieces(text, _WORD_BYTES, lambda c: len(c.encode()))
    ]


def _pieces(text: str, most: int, width: Callable[[str], int]) -> Iterator[str]:
    """The text in pieces that are at most ``most`` wide, cut after a space or between characters."""
    piece = ""
    for character in text:
        while width(piece + character) > most:
            # Some readers put a space between encoded words, which must not fall inside a word.
            cut = piece.rfind(" ") + 1 or len(piece)
            yield piece[:cut]
            piece = piece[cut:]
        piece += character
    yield piece


def _disposition(pdf_name: str) -> str:
    if _PLAIN_NAME.fullmatch(pdf_name):
        return _header("Content-Disposition", ["attachment;", f'filename="{pdf_name}"'])
    coded = [quote(piece, safe="") for piece in _pieces(pdf_name, 54, lambda c: len(quote(c, safe="")))]
    tokens = [f"filename*{n}*={'' if n else _CHARSET}{piece};" for n, piece in enumerate(coded)]
    if len(coded) == 1:
        tokens = [f"filename*={_CHARSET}{coded[0]};"]
    # The plain name comes last: a reader that knows both forms may take the first one.
    return _header("Content-Disposition", ["attachment;", *tokens, f'filename="{_ascii_name(pdf_name)}"'])


def _ascii_name(pdf_name: str) -> str:
    """What is left of a name in ASCII, for programs that know nothing else."""
    latin = "".join(str(unicodedata.digit(c, c)) for c in pdf_name.removesuffix(".pdf"))
    stem = re.sub(r"[^A-Za-z0-9._]+", "-", latin).strip("-._")[:50].rstrip("-._")
    return f"{stem or 'document'}.pdf"


# --- bodies


def _part(headers: list[str], body: bytes) -> str:
    coded = base64.encodebytes(body).decode("ascii").replace("\n", CRLF)
    return CRLF.join([*headers, "Content-Transfer-Encoding: base64", "", coded])


def _multipart(kind: str, boundary: str, parts: Sequence[str]) -> str:
    head = _header("Content-Type", [f"multipart/{kind};", f'boundary="{boundary}"'])
    inner = "".join(f"{CRLF}--{boundary}{CRLF}{part}" for part in parts)
    return f"{head}{CRLF}{inner}{CRLF}--{boundary}--{CRLF}"


def _plain_body(letter: Letter, pdf_name: str) -> str:
    figures = [f"• {value} — {label}" for value, label in letter.figures]
    close = [f"ضمیمه: {pdf_name}", letter.edition]
    newest = ["تازه‌ترین ویرایش:", letter.address] if letter.address else []
    blocks = [[letter.title], *([text] for text in letter.lead), figures, close, newest, [letter.publisher]]
    written = (CRLF.join(_right_to_left(line) for line in lines if line) for lines in blocks)
    return (CRLF * 2).join(block for block in written if block) + CRLF


def _right_to_left(line: str) -> str:
    """The line with a mark before it where a Latin word at its start would turn it around."""
    strong = next((kind for c in line if (kind := unicodedata.bidirectional(c)) in ("L", "R", "AL")), "")
    return RLM + line if strong == "L" and any(unicodedata.bidirectional(c) == "AL" for c in line) else line


def _html_body(letter: Letter, pdf_name: str) -> str:
    """The text for mail programs: they drop style sheets, so that each element carries its own."""
    rows = "".join(
        "<tr>"
        + _element("td", f"{_CELL};{_VALUE}", _runs(value))
        + _element("td", f"{_CELL};padding:6px 0;font-size:15px;width:100%", _runs(label))
        + "</tr>"
        for value, label in letter.figures
    )
    table = (
        '<table dir="rtl" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" '
        f'style="border-collapse:collapse;border-top:1px solid #c8ced0;margin:0 0 18px">{rows}</table>'
    )
    close = [f"ضمیمه: {_runs(pdf_name, whole=pdf_name.isascii())}", _runs(letter.edition)]
    if letter.address:
        close.append(f"تازه‌ترین ویرایش: {_link(letter.address)}")
    close.append(_runs(letter.publisher))
    blocks = [
        _element("h1", "margin:0 0 14px;font-size:22px;line-height:1.5", _runs(letter.title)),
        *(_element("p", "margin:0 0 14px;font-size:16px;line-height:1.8", _runs(p)) for p in letter.lead),
        *([table] if rows else []),
        _element("p", "margin:0;font-size:13px;line-height:1.9", "<br>".join(filter(None, close))),
    ]
    page = (
        '<!DOCTYPE html>\n<html lang="fa-AF" dir="rtl">\n<head><meta charset="utf-8">'
        f"<title>{html.escape(letter.title)}</title></head>\n"
        '<body style="margin:0;padding:16px">\n'
        f'<div dir="rtl" lang="fa-AF" style="max-width:600px;margin:0 auto;text-align:right;{_FONT}">\n'
        + "\n".join(blocks)
        + "\n</div>\n</body>\n</html>\n"
    )
    return page.replace("\n", CRLF)


def _element(tag: str, style: str, content: str) -> str:
    return f'<{tag} dir="rtl" style="{style};{_FONT}">{content}</{tag}>'


def _link(address: str) -> str:
    shown = _runs(address, whole=True)
    if not address.startswith(("https://", "http://")):
        return shown
    return f'<a href="{html.escape(address)}" style="color:#0f4c5c">{shown}</a>'


def _runs(text: str, *, whole: bool = False) -> str:
    """Escaped text, each Latin run in one left-to-right span; ``whole`` where all of it is one run."""
    pieces: list[tuple[bool, str]] = [(True, text)] if whole and text else []
    for latin, piece in [] if whole else latin_runs(text):
        start = _CODE_START.search(pieces[-1][1]) if latin and pieces and not pieces[-1][0] else None
        if start:
            # A code such as 9f2c is one run, and would else be printed as f2c9.
            before = pieces.pop()[1]
            pieces.append((False, before[: start.start()]))
            piece = start[0] + piece
        pieces.append((latin, piece))
    return "".join(
        f'<span dir="ltr">{html.escape(piece)}</span>' if latin else html.escape(piece)
        for latin, piece in pieces
    )
