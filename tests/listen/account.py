"""What programs tell of a page, as a tree, and what a listener gets of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

EMBEDDED = "\ufffc"  # where a part stands in the text of the whole
UNHEARD = re.compile(r"[^\w\u200c]|_")  # spaces, punctuation, marks of direction
# One thing has several names among the programs, and some give it none.
ROLES = {
    "heading": "heading",
    "paragraph": "paragraph",
    "list item": "list item",
    "caption": "paragraph",
    "column header": "column header",
    "table column header": "column header",
    "row header": "row header",
    "table row header": "row header",
    "table cell": "table cell",
    "image": "image",
}
LOOSE = ("static", "section")


class Heard(NamedTuple):
    """One thing that is told: as what, of a heading on which level, and its words and numbers."""

    role: str
    level: int
    words: str


@dataclass(frozen=True, slots=True)
class Node:
    """One thing that a program tells: its role, its name or text, and what it consists of."""

    role: str
    name: str
    text: str
    language: str
    level: int
    address: str
    parts: tuple[Node, ...]

    @classmethod
    def read(cls, told: dict[str, Any]) -> Node:
        return cls(**{**told, "parts": tuple(map(cls.read, told["parts"]))})

    def walk(self) -> Iterator[Node]:
        yield self
        for part in self.parts:
            yield from part.walk()

    def all(self, *roles: str) -> list[Node]:
        return [node for node in self.walk() if node.role in roles]

    @property
    def said(self) -> str:
        """What a listener gets of it: its name, else its text with what its parts say."""
        if self.name:
            return self.name
        if self.text.count(EMBEDDED) != len(self.parts):
            return self.text or " ".join(part.said for part in self.parts)
        first, *rest = self.text.split(EMBEDDED)
        return first + "".join(f" {part.said} {more}" for part, more in zip(self.parts, rest, strict=True))


def letters(text: str) -> str:
    """What of a text is heard as words and numbers; numbers of lists are told in the program's own digits."""
    signs = UNHEARD.sub("", text)
    return "".join(str(unicodedata.digit(sign)) if sign.isdigit() else sign for sign in signs)


def sheets(told: Node) -> list[Node]:
    """The pages of a PDF, without the viewer's own buttons."""
    return [node for node in told.all("landmark") if node.name.startswith("Page ")]


def count_items(told: Node) -> list[int]:
    """The numbers of items of a PDF's lists; viewers tell page by page, and a list that goes on as another one."""
    found: list[int] = []
    for page in sheets(told):
        counts = [len(one.all("list item")) for one in page.all("list")]
        if counts and heard(page)[0].role == "list item":
            found[-1] += counts.pop(0)
        found += counts
    return found


def heard(*pages: Node) -> list[Heard]:
    """What is told of pages, one after the other; where a paragraph ends, is told of no PDF."""
    found: list[Heard] = []
    for one in (piece for page in pages for piece in _pieces(page)):
        if one.role == "paragraph" and found and found[-1].role == "paragraph":
            found[-1] = Heard(one.role, 0, found[-1].words + one.words)
        else:
            found.append(one)
    return found


def _pieces(node: Node) -> Iterator[Heard]:
    if node.role in ROLES:
        role = ROLES[node.role]
        yield Heard(role, node.level if role == "heading" else 0, letters(node.said))
    elif node.role == "static" and node.name:
        yield Heard("paragraph", 0, letters(node.name))
    else:
        within = [told for part in node.parts for told in _pieces(part)]
        own = node.text.replace(EMBEDDED, "") if node.role in LOOSE else ""
        if within or not letters(own):
            yield from within
        else:
            yield Heard("paragraph", 0, letters(own))
