"""Markdown: the small part of it that prose may have, lists, bold and links; a library reads it.

What it has beside these is a text as it stands: numbered lists, headings, code, pictures, HTML.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

from tipbrief.load.schema import Passage
from tipbrief.problems import Problem

# Without one of these a text has no Markdown, and is not given to the library.
_SIGNS = re.compile(r"\*\*|\]\(|\\[!-/:-@\[-`{-~]|^[ \t]*[-*+][ \t]", re.M)
# What stands in braces is none of it; a letter of no script keeps its place, and the bold around it.
_KEPT, _PLACEHOLDER = "\ue000", re.compile("\\{[^{}]*\\}|\ue000")
_NUMBERED = re.compile(r"^([ \t]*[0-9]{1,9})([.)])(?=\s)", re.M)
_FOLDED = re.compile(r"\s[-*+]\s")
_ADDRESS = re.compile(r"https://[^\s/\[\]{}]+(?:/[^\s{}]*)?")


@dataclass(frozen=True, slots=True)
class Run:
    """Some words of a passage: whether they are bold, and the address to which they lead."""

    words: str
    bold: bool = False
    address: str = ""

    @property
    def place(self) -> str:
        """The address as a reader of paper types it; empty where the words are that already."""
        bare = self.address.partition("://")[2].rstrip("/")
        return "" if self.words.strip() in (bare, self.address) else bare


@dataclass(frozen=True, slots=True)
class Part:
    """A paragraph, or a list with its items, as runs of words."""

    items: tuple[tuple[Run, ...], ...]
    is_list: bool = False


@lru_cache(1024)
def parts_of(text: str) -> tuple[Part, ...]:
    """The paragraphs and lists of a passage, in order; each white space is one space."""
    if not _SIGNS.search(text):
        plain = (" ".join(part.split()) for part in text.split("\n\n"))
        return tuple(Part(((Run(part),),)) for part in plain if part)
    kept = iter(_PLACEHOLDER.findall(text))
    # A year that ends a sentence at the beginning of a line is no number of a list.
    source = _NUMBERED.sub(r"\1\\\2", _PLACEHOLDER.sub(_KEPT, text))
    return tuple(part for part in _parts(_reader().parse(source), kept) if any(part.items))


def words_of(text: str) -> list[str]:
    """The words of each paragraph and item without signs; a bullet stands before an item."""
    return [
        ("• " if part.is_list else "") + "".join(run.words for run in item)
        for part in parts_of(text)
        for item in part.items
    ]


def markdown_faults(text: Passage) -> Iterator[Problem]:
    """What is wrong with the lists and links of a passage."""
    links = dict.fromkeys(r.address for p in parts_of(text) for item in p.items for r in item if r.address)
    for address in links:
        if not _ADDRESS.fullmatch(address):
            message = f"a link leads to '{address[:60]}', which is no address with https://"
            hint = "write [words](https://…): the address is printed beside the words, too"
            yield text.place.problem(message, hint, kind="link", token=address)
    for part in parts_of(text) if _SIGNS.search(text) else ():
        if part.is_list and len(part.items) == 1 and _FOLDED.search("".join(r.words for r in part.items[0])):
            message = "the items of a list stand in one line"
            hint = "write 'text: |' above it, and each item in a line of its own: '>-' makes one line of all"
            yield text.place.problem(message, hint, kind="list")


@cache
def _reader() -> Any:
    from markdown_it import MarkdownIt  # few publications need it

    reader = MarkdownIt("zero").enable(["list", "emphasis", "link", "escape"])
    # An address is judged above, and printed as it is written.
    vars(reader).update(validateLink=lambda address: True, normalizeLink=lambda address: address)
    return reader


def _parts(tokens: list[Any], kept: Iterator[str]) -> Iterator[Part]:
    """The parts; the items of a list inside an item follow it."""
    items, depth = list[tuple[Run, ...]](), 0
    for token in tokens:
        if token.type == "bullet_list_open":
            depth += 1
        elif token.type == "bullet_list_close":
            depth -= 1
            if not depth:
                yield Part(tuple(filter(None, items)), is_list=True)
                items = []
        elif token.type == "list_item_open":
            items.append(())
        elif token.type == "inline":
            runs = _runs(token.children, kept)
            if not depth:
                yield Part((runs,) if runs else ())
            elif runs:
                # A second paragraph of an item goes on in it.
                items[-1] = _tidy([*items[-1], Run(" "), *runs])


def _runs(tokens: list[Any], kept: Iterator[str]) -> tuple[Run, ...]:
    found, bold, address = list[Run](), 0, ""
    for token in tokens:
        words = token.content
        if token.type in ("strong_open", "strong_close") and token.markup == "**":
            bold += token.nesting
        elif token.type == "link_open":
            address = _filled(str(token.attrs["href"]), kept)
        elif token.type == "link_close":
            address = ""
        elif token.nesting:
            words = token.markup  # of what is not read, such as *…*
        if words:
            found.append(Run(_filled(words, kept), bool(bold), address))
    return _tidy(found)


def _filled(text: str, kept: Iterator[str]) -> str:
    return "".join(next(kept) if one == _KEPT else one for one in text) if _KEPT in text else text


def _tidy(runs: list[Run]) -> tuple[Run, ...]:
    """Runs without neighbours that are alike, and without white space but single spaces."""
    found, before = list[Run](), " "
    for run in runs:
        words = re.sub(r"\s+", " ", run.words)
        words = words[1:] if before.endswith(" ") and words.startswith(" ") else words
        before = words or before
        last = found[-1] if found else None
        if last and (last.bold, last.address) == (run.bold, run.address):
            found[-1] = Run(last.words + words, run.bold, run.address)
        elif words:
            found.append(Run(words, run.bold, run.address))
    if found:
        found[-1] = Run(found[-1].words.rstrip(), found[-1].bold, found[-1].address)
    return tuple(run for run in found if run.words)
