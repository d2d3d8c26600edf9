"""The header fields of an e-mail in which Persian may stand, encoded and folded.

Many releases of Python fold such fields with two encoded words and no space between them, which some mail
servers refuse. So they are folded here, and stand before what ``EmailMessage`` writes.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterable, Sequence
from email.base64mime import header_encode

from tipbrief.mail.addresses import Mailbox

_LONGEST_LINE = 78  # what RFC 5322 recommends
# An encoded word has at most 75 characters, and the first one shares its line with the field's name.
_WORD_BYTES = 42
_PLAIN_TEXT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")


def subject_field(text: str) -> str:
    """The subject of a message, in short lines."""
    return _folded("Subject", _words(text, _PLAIN_TEXT))


def address_field(name: str, boxes: Sequence[Mailbox]) -> str:
    """A field of addresses, in short lines: ``From``, ``To``, ``Cc``."""
    words: list[str] = []
    for box in boxes:
        words += [*_words(box.name, _PLAIN_NAME), f"<{box.address}>," if box.name else f"{box.address},"]
    return _folded(name, [*words[:-1], words[-1].removesuffix(",")])


def _folded(name: str, words: Iterable[str]) -> str:
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
    words = []
    while text:
        piece = text.encode()[:_WORD_BYTES].decode(errors="ignore")
        if len(piece) < len(text):
            # Some readers put a space between encoded words, which must not fall inside a word.
            piece = piece[: piece.rfind(" ") + 1] or piece
        words.append(header_encode(piece.encode(), "utf-8"))
        text = text.removeprefix(piece)
    return words
