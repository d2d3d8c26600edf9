"""Spoken text: what a finished PDF says to a screen reader is compared with what its pages print and its HTML says.

A text that is said in place of what is drawn has the same numbers. Its words follow one another in the HTML, with all
that the HTML only says; what is drawn and not said, such as a short form, is replaced there, with no word between.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pikepdf

from tipbrief.pdf.tag_tree import AnnotationReference, MarkedContent, TagNode
from tipbrief.verify.html_text import split_into_tokens
from tipbrief.verify.pdfium import PdfiumDocument
from tipbrief.verify.word_comparison import PageSpan, read_lines
from tipbrief.verify.word_problems import on_page

_MAX_BETWEEN = 8  # words of the HTML between two that are said one after the other
_LONGEST_QUOTATION = 80
_SEPARATORS = str.maketrans("", "", "٬,")


class Script:
    """The words that an HTML says, in order."""

    def __init__(self, tokens: Iterable[str]) -> None:
        self._tokens = _plain_tokens(tokens)
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, token in enumerate(self._tokens):
            self._places[token].append(place)

    def has_sequence(self, tokens: Iterable[str], most_between: int = _MAX_BETWEEN) -> bool:
        """Whether these stand in this order, with at most so many others between two of them."""
        first, *others = _plain_tokens(tokens) or [""]
        return not first or any(self._follow(others, start, most_between) for start in self._places[first])

    def _follow(self, tokens: Sequence[str], place: int, most_between: int) -> bool:
        for token in tokens:
            try:
                place = self._tokens.index(token, place + 1, place + 2 + most_between)
            except ValueError:
                return False
        return True


class DrawnText:
    """What each element of a PDF draws, and on which page."""

    def __init__(self, document: PdfiumDocument, parts: pikepdf.Pdf) -> None:
        self._marked: defaultdict[MarkedContent, list[PageSpan]] = defaultdict(list)
        self._pages = {source.obj.objgen: number for number, source in enumerate(parts.pages, 1)}
        for page, name in zip(document.pages, self._pages, strict=True):
            for span in page.read_spans():
                self._marked[MarkedContent(name, span.mark)].append((page, span))

    def tokens(self, node: TagNode) -> list[str]:
        """The words and numbers that an element draws."""
        lines = read_lines(node.iterate_marked_content(), self._marked)
        return _plain_tokens(token for line in lines for token in line.tokens)

    def page(self, node: TagNode) -> str:
        """The head of a message about an element."""
        return on_page(next((self._pages.get(one.page, 0) for one in node.iterate_marked_content()), 0))


def find_spoken_faults(drawn: DrawnText, root: TagNode, script: Script | None) -> Iterator[str]:
    """Each text that is said, and that neither the page nor the HTML has so."""
    for node in root.walk():
        texts = [str(node.source[key]) for key in ("/ActualText", "/Alt") if node is not root and key in node.source]
        links = [kid.source.Obj for kid in node.kids if isinstance(kid, AnnotationReference)]
        pairs = [(text, drawn.tokens(node)) for text in texts]
        pairs += [(said, []) for one in links if (said := str(one.get("/Contents", ""))) != _address(one).lstrip("#")]
        for text, tokens in pairs:
            if why := _compare_texts(split_into_tokens(text), tokens, script):
                yield f"{drawn.page(node)}screen readers say «{_shorten(text)}» for a {node.tag}, and {why}"


def find_link_faults(drawn: DrawnText, root: TagNode, links: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Links to what no link of the HTML leads to, and those that lie on another text than there."""
    for node in root.walk():
        for kid in node.kids:
            if isinstance(kid, AnnotationReference):
                address = _address(kid.source.Obj)
                tokens = drawn.tokens(node)
                if address not in links or Counter(tokens) - Counter(_plain_tokens(links[address])):
                    what = f"on «{_shorten(' '.join(tokens))}» " if tokens else ""
                    yield f"{drawn.page(node)}a link {what}leads to {address}, and none of the HTML does"


def _address(link: Any) -> str:
    return f"#{link.Dest}" if "/Dest" in link else str(link.get("/A", {}).get("/URI", ""))


def _compare_texts(text: Sequence[str], drawn: Sequence[str], script: Script | None) -> str:
    """Why a text cannot be said in place of what is drawn; empty if it can."""
    said = _plain_tokens(text)
    numbers, others = (Counter(token for token in tokens if token[0].isdigit()) for tokens in (said, drawn))
    # A long form may have a number that its short form has not, where the HTML says so.
    if drawn and numbers != others and (script is None or others - numbers):
        return f"«{_shorten(' '.join(drawn))}» is printed"
    between = 0 if Counter(drawn) - Counter(said) else _MAX_BETWEEN
    return "" if script is None or script.has_sequence(said, between) else "the HTML does not say so"


def _plain_tokens(tokens: Iterable[str]) -> list[str]:
    """The words, and the numbers without their separators: these are not said."""
    return [token.translate(_SEPARATORS) for token in tokens]


def _shorten(text: str) -> str:
    return text[:_LONGEST_QUOTATION] + "…" * (len(text) > _LONGEST_QUOTATION)
