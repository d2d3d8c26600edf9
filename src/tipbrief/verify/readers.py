"""Readers: the words that PDFium and poppler find in a PDF, line by line, in the order of reading.

Punctuation and vowel marks are not compared: each reader places them by its own rules in lines from right to
left. docs/text-layer.md tells the method.
"""

import re
import shutil
import subprocess
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby, pairwise

from tipbrief.language.unicode_text import ZWNJ, normal_form
from tipbrief.verify.html_text import PrintedBlock, split_into_tokens

MOST_SECONDS = 3.0  # for poppler
_KEPT = 2000  # lines
# What keeps a stretch of a line from being Latin: such stretches alone keep their order from left to right.
_ARABIC = re.compile(r"([\u0590-\u08ff\u200c-\u200f«»‹›]+)")
# What no Persian phrase in a line of English has inside it.
_BREAK = re.compile(r"(?<!\d)[,;]|[,;](?!\d)")
_STOP = re.compile(r"(?<=\.)\s+|[()]")
# pdftotext wraps a stretch from right to left, and in it what it writes as it stands on the page.
_AS_IT_STANDS = re.compile("\u202a([^\u202c]*)\u202c")
_STRETCH = re.compile("\u202b(?:[^\u202a-\u202c]|\u202a[^\u202c]*\u202c)*\u202c?|[^\u202b]+")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as a reader gives it, in tokens, and the page that it is on, from 1."""

    page: int
    tokens: tuple[str, ...]


class Order:
    """Says in which order the words of a line are read, where both scripts stand in it.

    The same line on paper reads otherwise in a paragraph from right to left than in one from left to right.
    Which it is follows from the words that follow one another in the blocks of each direction.
    """

    def __init__(self, blocks: Iterable[PrintedBlock], *, rtl: bool) -> None:
        self._usual = rtl
        self._pairs: dict[bool, set[tuple[str, str]]] = {True: set(), False: set()}
        for block in blocks:
            self._pairs[block.rtl].update(pairwise(block.words))
        pairs = self._pairs[True] | self._pairs[False]
        self._words = {word for pair in pairs for word in pair}
        self._joined = {"".join(pair): pair for pair in pairs}

    def chosen(
        self, from_right: Sequence[str], from_left: Sequence[str], in_parts: Sequence[str] = ()
    ) -> tuple[str, ...]:
        """The order in which more words follow one another as they should, or else that of the document."""
        if self._known(in_parts, rtl=True) > self._known(from_right, rtl=True):
            from_right = in_parts
        if from_right == from_left:
            return tuple(from_right)
        right, left = self._known(from_right, rtl=True), self._known(from_left, rtl=False)
        return tuple(from_right if right > left or (right == left and self._usual) else from_left)

    def parted(self, line: Iterable[str]) -> Iterator[str]:
        """The line, with two words that are known as neighbours for one that is not known."""
        for token in line:
            yield from (token,) if token in self._words else self._joined.get(token, (token,))

    def _known(self, line: Sequence[str], *, rtl: bool) -> int:
        words = [token for token in line if not token[0].isdigit()]
        return sum(pair in self._pairs[rtl] for pair in pairwise(words))


def pdfium_lines(page: int, text: str, order: Order, *, rtl: bool) -> list[Line]:
    """The lines of a page's text as PDFium gives it.

    It reads each line from one side to the other: from the right in a document that reads so, else where most
    words do. In a line read from the right it has the words of each Latin stretch turned round, else those of
    each Persian stretch, and the parts of a word between ZWNJ, too.
    """
    return [
        Line(page, _pdfium_line(line, order, from_right=rtl or _is_mostly_from_right(line)))
        for line in text.splitlines()
    ]


def _pdfium_line(line: str, order: Order, *, from_right: bool) -> tuple[str, ...]:
    return order.chosen(*_both_ways(line, from_right=from_right))


# Most lines of a sheet stand on others of its series, too.
@lru_cache(_KEPT)
def _both_ways(line: str, *, from_right: bool) -> tuple[tuple[str, ...], ...]:
    """A line of PDFium as it is read in a paragraph from right to left, and in one from left to right.

    The third, of a line that was read from the right, is for two Latin phrases between which a full stop or
    a bracket stands.
    """
    if not from_right and not _ARABIC.search(line):
        return (read := tuple(split_into_tokens(line))), read
    if from_right:
        pieces = _ARABIC.split(line)
        read = tuple(token for piece in pieces for token in _turned_latin(piece))
        in_parts = tuple(token for piece in pieces for part in _STOP.split(piece) for token in _turned_latin(part))
        return read, tuple(_from_left(_tokens_and_breaks(line)[::-1])), in_parts
    on_paper = [ZWNJ.join(reversed(token.split(ZWNJ))) for token in _tokens_and_breaks(line)]
    return tuple(_from_right(on_paper)), tuple(_from_left(on_paper))


def _turned_latin(piece: str) -> list[str]:
    return split_into_tokens(piece) if _ARABIC.match(piece) else split_into_tokens(piece)[::-1]


def _is_mostly_from_right(line: str) -> bool:
    """How PDFium decides it: by the stretches of letters of each direction; digits and ZWNJ part them."""
    # It counts before it takes letters apart.
    kinds = [kind for kind, _ in groupby(map(unicodedata.bidirectional, normal_form(line)))]
    return sum(kind in ("R", "AL") for kind in kinds) > kinds.count("L")


def _tokens_and_breaks(text: str) -> list[str]:
    """The tokens, with an empty one for each comma or semicolon that stands between Persian phrases."""
    parts = enumerate(_BREAK.split(text))
    return [token for n, part in parts for token in ([""] * bool(n) + split_into_tokens(part))]


def _from_left(on_paper: Sequence[str]) -> list[str]:
    """How tokens are read in a paragraph from left to right; Persian words follow from the right."""
    return [token for token in _turned(on_paper, arabic=True) if token]


def _from_right(on_paper: Sequence[str]) -> list[str]:
    """How tokens are read in a paragraph from right to left; Latin words follow from the left."""
    return _turned([token for token in reversed(on_paper) if token], arabic=False)


def _turned(line: Sequence[str], *, arabic: bool) -> list[str]:
    """The tokens with each stretch of one script turned round."""
    found: list[str] = []
    for is_arabic, neighbours in groupby(line, lambda token: _ARABIC.match(token) is not None):
        stretch = [*neighbours]
        found += stretch[::-1] if is_arabic == arabic else stretch
    return found


def poppler_text(pdf: bytes) -> str | None:
    """The text as poppler's pdftotext gives it; nothing where it is not installed or fails."""
    if (program := shutil.which("pdftotext")) is None:
        return None
    asked = [program, "-enc", "UTF-8", "-", "-"]
    try:
        ran = subprocess.run(asked, input=pdf, capture_output=True, check=False, timeout=MOST_SECONDS)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return ran.stdout.decode("utf-8", "replace") if ran.returncode == 0 else None


def poppler_lines(text: str, order: Order) -> list[Line]:
    """The lines of pdftotext's output, its embedded stretches put in reading order."""
    return [
        Line(number, _poppler_line(line, order))
        for number, page in enumerate(text.split("\f"), 1)
        for line in page.splitlines()
    ]


def _poppler_line(line: str, order: Order) -> tuple[str, ...]:
    on_paper: list[str] = []
    for stretch in _STRETCH.findall(line):
        if stretch.startswith("\u202b"):
            parts = enumerate(_AS_IT_STANDS.split(stretch))
            read = [token for n, part in parts for token in _tokens_and_breaks(part)[:: -1 if n % 2 else 1]]
            on_paper += reversed(read)
        else:
            on_paper += _tokens_and_breaks(stretch)
    whole = _STRETCH.fullmatch(line)
    from_right = [*_in_reading_order(line)] if whole else _from_right(on_paper)
    # Of two words that a line's end parts after a hyphen it makes one.
    return tuple(order.parted(order.chosen(from_right, _from_left(on_paper))))


def _in_reading_order(line: str) -> Iterator[str]:
    for index, stretch in enumerate(_AS_IT_STANDS.split(line)):
        # The odd ones are what the parentheses of the pattern caught.
        for piece in reversed(_ARABIC.split(stretch)) if index % 2 else [stretch]:
            yield from split_into_tokens(piece)
