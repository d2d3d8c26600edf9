"""Spoken text: what a finished PDF says to a screen reader is compared with what its pages print and its HTML says.

A text that is said in place of what is drawn has the same numbers. Its words and signs follow one another in the HTML,
with all that the HTML only says; what is drawn and not said, such as a short form, is only shown there.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tipbrief.language.numbers import THOUSANDS_SEPARATOR
from tipbrief.pdf.tag_tree import TagNode
from tipbrief.verify.html_text import TOKEN_OR_SIGN, read_printed_blocks, read_spoken_tokens, split_into_tokens
from tipbrief.verify.marked_text import MarkedText
from tipbrief.verify.painted_objects import is_within, unite
from tipbrief.verify.word_comparison import read_lines
from tipbrief.verify.word_problems import on_page, shorten

_LINK_MARGIN = 30.0  # points by which a link may reach beyond its text
_SEPARATORS = str.maketrans("", "", f"{THOUSANDS_SEPARATOR},")


class Script:
    """The words that an HTML says, in order, and those that it only shows."""

    def __init__(self, html: str) -> None:
        self._tokens = _plain_tokens(read_spoken_tokens(html))
        blocks = read_printed_blocks(html)
        self.visual_only = {*_plain_tokens(block.tokens[place] for block in blocks for place in block.visual_only)}
        self._places: defaultdict[str, list[int]] = defaultdict(list)
        for place, token in enumerate(self._tokens):
            self._places[token].append(place)

    def has_sequence(self, tokens: Iterable[str]) -> bool:
        """Whether these stand one after the other."""
        wanted = _plain_tokens(tokens)
        places = self._places[wanted[0]] if wanted else ()
        return not wanted or any(self._tokens[place : place + len(wanted)] == wanted for place in places)


def find_spoken_faults(drawn: MarkedText, root: TagNode, script: Script | None) -> Iterator[str]:
    """Each text that is said, and that neither the page nor the HTML has so."""
    for node in root.walk():
        texts = [str(node.source[key]) for key in ("/ActualText", "/Alt") if node is not root and key in node.source]
        pairs = [(text, _drawn_tokens(node, drawn)) for text in texts]
        contents = [(str(link.get("/Contents", "")), _address(link)) for link in node.annotations]
        pairs += [(text, []) for text, address in contents if text != address.lstrip("#")]
        for text, tokens in pairs:
            if why := _compare_texts(split_into_tokens(text, TOKEN_OR_SIGN), tokens, script):
                yield f"{_where(node, drawn)}screen readers say «{shorten(text)}» for a {node.tag}, and {why}"


def find_link_faults(drawn: MarkedText, root: TagNode, links: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Links to what no link of the HTML leads to, and those that lie on another text than there, or beside theirs."""
    for node in root.walk():
        for link in node.annotations:
            address, tokens = _address(link), _drawn_tokens(node, drawn)
            what = f"{_where(node, drawn)}a link " + (f"on «{shorten(' '.join(tokens))}» " if tokens else "")
            if address not in links or Counter(tokens) - Counter(_plain_tokens(links[address])):
                yield f"{what}leads to {address}, and none of the HTML does"
            left, bottom, right, top = map(float, link.Rect)  # any two corners
            place = unite([(left, bottom, left, bottom), (right, top, right, top)])
            boxes = [one.box for mark in node.iterate_marked_content() for _, one in drawn.painted_texts.get(mark, ())]
            middles = (((box[0] + box[2]) / 2, (box[1] + box[3]) / 2) * 2 for box in boxes)
            is_hit = any(is_within(one, place) for one in middles) and is_within(place, unite(boxes), _LINK_MARGIN)
            if boxes and not is_hit:
                yield f"{what}does not lie on its text"


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
    unsaid, unseen = Counter(drawn) - Counter(said), Counter(said) - Counter(drawn)
    # A long form may have a number or words that its short form has not, where the HTML says so.
    lost = (token for token in unsaid if token[0].isdigit() or (script and token not in script.visual_only))
    if any(lost) or (drawn and script is None and any(token[0].isdigit() for token in unseen)):
        return f"«{shorten(' '.join(drawn))}» is printed"
    return "" if script is None or script.has_sequence(said) else "the HTML does not say so"


def _plain_tokens(tokens: Iterable[str]) -> list[str]:
    """The words, and the numbers without their separators: these are not said."""
    return [token.translate(_SEPARATORS) for token in tokens]
