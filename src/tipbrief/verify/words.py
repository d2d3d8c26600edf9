"""Readback: the words printed in an HTML text, and the words that two readers find in its PDF.

Words are runs of letters and the ZWNJ between them; numbers are runs of digits. Punctuation and vowel marks
are not compared: each reader places them by its own rules in lines from right to left. docs/text-layer.md
tells the method.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser

from tipbrief.language.text import normal_form

# Vowel marks stand raised. Readers take such a mark for a line of its own, and put it elsewhere.
_MARK = "\u0300-\u036f\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06dc\u06df-\u06e8\u06ea-\u06ed"
_MARKS = re.compile(f"[{_MARK}]+")
_LETTER = rf"[^\W\d_][{_MARK}]*"
_TOKEN = re.compile(rf"{_LETTER}(?:[\u200c\u200d]*{_LETTER})*|\d+(?:[٬٫]\d+)*")
# What keeps a stretch of a line from being Latin: such stretches alone keep their order from left to right.
_ARABIC = re.compile(r"([\u0590-\u08ff\u200c-\u200f«»‹›]+)")
# pdftotext wraps a stretch of a line that it writes as it stands on the page, from left to right.
_AS_IT_STANDS = re.compile("\u202a([^\u202c]*)\u202c")

_NOT_PRINTED = frozenset({"head", "style", "script", "svg", "template", "title", "noscript"})
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "wbr",
})  # fmt: skip
_INLINE = frozenset({
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "data", "dfn", "em", "i", "kbd",
    "mark", "q", "s", "small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr",
})  # fmt: skip
_RAISED = frozenset({"sup", "sub"})


@dataclass(frozen=True, slots=True)
class Number:
    """A number, the count of words before it, and whether it is raised or lowered, as source marks are."""

    value: str
    place: int
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """The words and numbers of one paragraph, heading, list item or cell.

    ``joints`` are the counts of words before each raised part, a source mark or a vowel mark: there a reader
    may part a line, and change the order of its parts. Where a block is ``vowelled``, it may do so often.
    """

    words: tuple[str, ...]
    numbers: tuple[Number, ...]
    joints: frozenset[int]
    vowelled: bool


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a reader gives it, in tokens, and the page that it is on, from 1."""

    page: int
    tokens: tuple[str, ...]


def tokens(text: str) -> list[str]:
    """The words and numbers of a text, in the normal form and without vowel marks."""
    return _TOKEN.findall(_MARKS.sub("", normal_form(text)))


def printed_blocks(html: str) -> list[Block]:
    """The printed text of an HTML text, block by block in the order of the source."""
    reader = _Printed()
    reader.feed(html)
    reader.close()
    reader.end_block()
    return reader.blocks


class _Printed(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self._pieces: list[tuple[bool, str]] = []
        self._open: list[tuple[str, bool, bool]] = []  # tag, hidden, raised

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "body":
            self._open.clear()  # ends a head that has no end tag
        if tag == "br":
            self.handle_data(" ")
        elif tag not in _INLINE:
            self.end_block()
        if tag not in _VOID:
            _, hidden, raised = self._open[-1] if self._open else ("", False, False)
            given = dict(attrs)
            unseen = "hidden" in given or "display:none" in (given.get("style") or "").replace(" ", "")
            self._open.append((tag, hidden or unseen or tag in _NOT_PRINTED, raised or tag in _RAISED))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if not (self._open and self._open[-1][1]):  # a shape inside an SVG closes itself
            self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        if tag not in _INLINE:
            self.end_block()
        for index in range(len(self._open) - 1, -1, -1):
            if self._open[index][0] == tag:
                del self._open[index:]
                break

    def handle_data(self, data: str) -> None:
        _, hidden, raised = self._open[-1] if self._open else ("", False, False)
        if not hidden:
            self._pieces.append((raised, data))

    def end_block(self) -> None:
        words: list[str] = []
        numbers: list[Number] = []
        joints: set[int] = set()
        vowelled = False
        for raised, text in _joined(self._pieces):
            for token in _TOKEN.findall(normal_form(text)):
                if raised:
                    joints.add(len(words))
                if token[0].isdigit():
                    numbers.append(Number(token, len(words), raised))
                else:
                    words.append(_MARKS.sub("", token))
                    if token != words[-1]:
                        vowelled = True
                        joints |= {len(words) - 1, len(words)}
        if words or numbers:
            self.blocks.append(Block(tuple(words), tuple(numbers), frozenset(joints), vowelled))
        self._pieces.clear()


def _joined(pieces: Iterable[tuple[bool, str]]) -> Iterator[tuple[bool, str]]:
    """Neighbours at the same height become one text: a tag does not end a word, a raised mark does."""
    texts: list[str] = []
    height = False
    for raised, text in pieces:
        if raised != height and texts:
            yield height, "".join(texts)
            texts = []
        height = raised
        texts.append(text)
    if texts:
        yield height, "".join(texts)


def pdfium_lines(page: int, text: str, *, right_to_left: bool) -> list[Line]:
    """The lines of a page's text as PDFium gives it.

    In a document that reads from right to left PDFium reverses the words of each Latin stretch.
    """
    read = _latin_turned if right_to_left else tokens
    return [Line(page, tuple(read(line))) for line in text.splitlines()]


def _latin_turned(line: str) -> Iterator[str]:
    for piece in _ARABIC.split(line):
        found = tokens(piece)
        yield from found if _ARABIC.match(piece) else reversed(found)


def poppler_text(pdf: bytes) -> str | None:
    """The text as poppler's pdftotext gives it; nothing where it is not installed or fails."""
    if (program := shutil.which("pdftotext")) is None:
        return None
    ran = subprocess.run([program, "-enc", "UTF-8", "-", "-"], input=pdf, capture_output=True, check=False)
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None


def poppler_lines(text: str) -> list[Line]:
    """The lines of pdftotext's output, its stretches from left to right put in reading order."""
    return [
        Line(number, tuple(_unwrapped(line)))
        for number, page in enumerate(text.split("\f"), 1)
        for line in page.splitlines()
    ]


def _unwrapped(line: str) -> Iterator[str]:
    for index, stretch in enumerate(_AS_IT_STANDS.split(line)):
        if index % 2:  # what the parentheses of the pattern caught
            for piece in reversed(_ARABIC.split(stretch)):
                yield from tokens(piece)
        else:
            yield from tokens(stretch)
