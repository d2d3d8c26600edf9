"""Spoken text: what a finished PDF says to a screen reader is compared with what its pages print and its HTML says.

A text that is said in place of what is drawn has the same numbers. Its words follow one another in the HTML, with all
that the HTML only says; what is drawn and not said, such as a short form, is replaced there, with no word between.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tipbrief.language.numbers import THOUSANDS_SEPARATOR
from tipbrief.pdf.tag_tree import AnnotationReference, TagNode
from tipbrief.verify.html_text import split_into_tokens
from tipbrief.verify.marked_text import MarkedText
from tipbrief.verify.word_comparison import read_lines
from tipbrief.verify.word_problems import on_page

_MAX_BETWEEN = 8  # words of the HTML between two that are said one after the other
_LONGEST_QUOTATION = 80
_SEPARATORS = str.maketrans("", "", f"{THOUSANDS_SEPARATOR},")


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


def find_spoken_faults(drawn: MarkedText, root: TagNode, script: Script | None) -> Iterator[str]:
    """Each text that is said, and that neither the page nor the HTML has so."""
    for node in root.walk():
        texts = [str(node.source[key]) for key in ("/ActualText", "/Alt") if node is not root and key in node.source]
        links = [kid.source.Obj for kid in node.kids if isinstance(kid, AnnotationReference)]
        pairs = [(text, _drawn_tokens(node, drawn)) for text in texts]
        pairs += [(said, []) for one in links if (said := str(one.get("/Contents", ""))) != _address(one).lstrip("#")]
        for text, tokens in pairs:
            if why := _compare_texts(split_into_tokens(text), tokens, script):
                yield f"{_where(node, drawn)}screen readers say «{_shorten(text)}» for a {node.tag}, and {why}"


def find_link_faults(drawn: MarkedText, root: TagNode, links: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Links to what no link of the HTML leads to, and those that lie on another text than there."""
    for node in root.walk():
        for kid in node.kids:
            if isinstance(kid, AnnotationReference):
                address = _address(kid.source.Obj)
                tokens = _drawn_tokens(node, drawn)
                if address not in links or Counter(tokens) - Counter(_plain_tokens(links[address])):
                    what = f"on «{_shorten(' '.join(tokens))}» " if tokens else ""
                    yield f"{_where(node, drawn)}a link {what}leads to {address}, and none of the HTML does"


def _drawn_tokens(node: TagNode, drawn: MarkedText) -> list[str]:
    lines = read_lines(node.iterate_marked_content(), drawn.spans)
    return _plain_tokens(token for line in lines for token in line.tokens)


def _where(node: TagNode, drawn: MarkedText) -> str:
    places = (drawn.pages[one.page] for one in node.iterate_marked_content() if one.page in drawn.pages)
    return on_page(next((page.number for page in places), 0))


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
