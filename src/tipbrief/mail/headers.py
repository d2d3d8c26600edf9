"""The header fields of an e-mail in which Persian may stand, encoded and folded.

Many releases of Python fold such fields with two encoded words and no space between them, which some mail
servers refuse. So they are folded here, and ``EmailMessage`` takes them as they are.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from email.base64mime import header_encode
from email.policy import Policy

from tipbrief.mail.addresses import Mailbox

LONGEST_LINE = 78  # what RFC 5322 recommends
# An encoded word has at most 75 characters, and the first one shares its line with the field's name.
_WORD_BYTES = 42
_PLAIN_TEXT = re.compile(r"[!-~]{1,60}(?: [!-~]{1,60})*")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60}(?: [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]{1,60})*")


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A field of a message's head. Its words are encoded; it may be folded between them."""

    name: str
    words: Sequence[str]

    def fold(self, *, policy: Policy) -> str:
        """The field in short lines, as ``EmailMessage`` asks for it."""
        lines = [f"{self.name}:"]
        for count, word in enumerate(self.words):
            if count and len(lines[-1]) + 1 + len(word) > LONGEST_LINE:
                lines.append("")
            lines[-1] += f" {word}"
        return policy.linesep.join([*lines, ""])


def subject_field(text: str) -> HeaderField:
    """The subject of a message."""
    return HeaderField("Subject", _words(text, _PLAIN_TEXT))


def address_field(name: str, boxes: Sequence[Mailbox]) -> HeaderField:
    """A field of addresses: ``From``, ``To``, ``Cc``."""
    words: list[str] = []
    for box in boxes:
        words += [*_words(box.name, _PLAIN_NAME), f"<{box.address}>," if box.name else f"{box.address},"]
    return HeaderField(name, [*words[:-1], words[-1].removesuffix(",")])


def _words(text: str, plain: re.Pattern[str]) -> list[str]:
    """The words of a plain text, else encoded words of RFC 2047; no character is cut in two."""
    if plain.fullmatch(text) and "=?" not in text:
        return text.split(" ")
    words = []
    while text:
        cut = next(n for n in range(_WORD_BYTES, 0, -1) if len(text[:n].encode()) <= _WORD_BYTES)
        if cut < len(text):
            # Some readers put a space between encoded words, which must not fall inside a word.
            cut = text.rfind(" ", 0, cut) + 1 or cut
        words.append(header_encode(text[:cut].encode(), "utf-8"))
        text = text[cut:]
    return words
