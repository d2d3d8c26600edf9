"""Speech: the tags that WeasyPrint writes are put right, and say their text in logical order.

In a line from right to left the content of a page stands as it is painted, from the left; a screen reader
would say each word backwards. The text is therefore taken from the boxes that WeasyPrint laid out, never from
glyphs. /ActualText stands on block elements, or on a Span around the text beside a link: there it disturbs no
program that extracts text, as it would on the elements that hold marked content themselves.
"""

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from pydyf import Array, Dictionary, String

from tipbrief.pdf.tag_tree import HEADINGS, INLINE, Boxes, Marked, Place, TagNode, tag_of
from tipbrief.problems import Problems

# Text and language of one box, in the order in which WeasyPrint tags the boxes; "\n" ends a line.
Leaf = tuple[str, str]

PIXEL = 0.75  # points
_IN_LISTS = frozenset({"L", "LI", "Caption"})
_IN_ITEMS = frozenset({"Lbl", "LBody"})
_GROUPS = frozenset({"Part", "Art", "Sect", "Div"})
_OF_LINES = frozenset({"P", *HEADINGS, "Lbl", "Caption"})  # no paragraph stands inside these
# A range of numbers or a word of several parts that was broken after its dash.
_BROKEN = re.compile(r"(?<=\w[–-])\s*\n\s*(?=\w)")


def assign(root: TagNode, leaves: Sequence[Leaf]) -> dict[Marked, Leaf]:
    """The text of each marked content. Both come in the order of the boxes, so they are matched by it."""
    for node in root.walk():
        tags = [kid.tag for kid in node.elements]
        if node.tag == "L" and "L" in tags and "LI" in tags:
            message = "a list inside a list would be read aloud before the item that it belongs to"
            raise Problems(message, hint="write one list, or the inner one as a sentence")
    marked = list(root.marked())
    if len(marked) != len(leaves):
        message = f"the PDF has {len(marked)} tagged texts, but {len(leaves)} were laid out"
        hint = "this version of WeasyPrint is not known to tipbrief: pip install 'weasyprint>=70,<71'"
        raise Problems(message, hint=hint)
    return dict(zip(marked, leaves, strict=True))


def repair(root: TagNode, texts: Mapping[Marked, Leaf], boxes: Boxes) -> None:
    """Lists, header cells and pictures as PDF/UA wants them; ``boxes`` has the trim box of each page."""
    for node in root.walk():  # a list comes before its items
        if node.tag == "L":
            _repair_list(node, texts)
        elif node.tag == "LI" and not all(tag_of(kid) in _IN_ITEMS for kid in node.kids):
            _give_body(node)
        elif node.tag == "TR":
            _say_scope(node)
        elif node.tag == "Figure":
            _repair_box(node, boxes)


def _repair_list(node: TagNode, texts: Mapping[Marked, Leaf]) -> None:
    """Into the item before it goes what stands between items: spaces, where items are inline blocks."""
    if not all(tag_of(kid) in _IN_LISTS for kid in node.kids):
        kept: list[Any] = []
        for kid in node.kids:
            if tag_of(kid) in _IN_LISTS:
                kept.append(kid)
                continue
            if not kept or tag_of(kept[-1]) != "LI":
                kept.append(TagNode("LI", [], moved=True))
            kept[-1].kids.append(kid)  # _give_body puts it into the body
        node.kids, node.moved = kept, True
    labels = [label for item in node.elements for label in item.elements if label.tag == "Lbl"]
    if labels:
        numbered = any(map(str.isdigit, _said(labels, texts)))
        kind = "/Decimal" if numbered else "/Disc"
        node.entries["A"] = Dictionary({"O": "/List", "ListNumbering": kind})


def _give_body(item: TagNode) -> None:
    body = TagNode("LBody", [], moved=True)
    labels = [kid for kid in item.kids if tag_of(kid) == "Lbl"]
    for kid in item.kids:
        if kid not in labels:
            body.kids += kid.kids if tag_of(kid) == "LBody" else [kid]
    item.kids, item.moved = [*labels, body], True


def _say_scope(row: TagNode) -> None:
    """The head of the table heads columns; in other rows a header cell heads its row."""
    heads = all(cell.tag == "TH" for cell in row.elements)
    for cell in row.elements:
        attributes = cell.source.get("A", Dictionary({"O": "/Table"}))
        if cell.tag == "TH" and "Scope" not in attributes:
            attributes["Scope"] = "/Column" if heads else "/Row"
            cell.entries["A"] = attributes


def _repair_box(figure: TagNode, boxes: Boxes) -> None:
    """WeasyPrint writes the box in CSS pixels from the top of the page; PDF counts points from the bottom."""
    page = next((boxes[one.page] for one in figure.marked()), None)
    attributes = figure.source.get("A", {})
    if page is not None and "BBox" in attributes:
        x1, y1, x2, y2 = (PIXEL * float(edge) for edge in attributes["BBox"])
        corners = (page[0] + x1, page[3] - y2, page[0] + x2, page[3] - y1)
        attributes["BBox"] = Array(round(edge, 2) for edge in corners)


def speak(root: TagNode, texts: Mapping[Marked, Leaf], language: str) -> None:
    """Give each block its text; stray text between blocks becomes a paragraph; other languages are named."""
    for kid in (one for one in root.elements if one.tag != "Figure"):
        if _is_inline(kid):
            if kid.tag in _GROUPS:
                kid.tag, kid.entries["S"] = "P", "/P"
            _speak_block(kid, texts, language)
        else:
            _wrap_stray_text(kid, texts)
            speak(kid, texts, language)


def _wrap_stray_text(node: TagNode, texts: Mapping[Marked, Leaf]) -> None:
    """Wrap the inline kids that stand between block kids."""
    kids: list[Any] = []
    for inline, neighbours in groupby(node.kids, _is_inline_kid):
        run = list(neighbours)
        if inline and _said(run, texts) and not (len(run) == 1 and tag_of(run[0]) == "P"):
            kids.append(TagNode("Span" if node.tag in _OF_LINES else "P", run, moved=True))
            node.moved = True
        else:
            kids += run
    node.kids = kids


def _speak_block(block: TagNode, texts: Mapping[Marked, Leaf], language: str) -> None:
    if not _holds_link(block):
        _say(block, _said(block.kids, texts), texts, language)
        return
    kids: list[Any] = []
    for apart, neighbours in groupby(block.kids, lambda kid: _holds_link(kid) or isinstance(kid, Place)):
        run = list(neighbours)
        if apart:
            kids += run
            for kid in filter(_holds_link, run):
                _speak_block(kid, texts, language)
        else:
            # Marked content may not hang on the element that has the text.
            held = [TagNode("Span", [kid], moved=True) if isinstance(kid, Marked) else kid for kid in run]
            kids.append(TagNode("Span", held, moved=True))
            _say(kids[-1], _said(held, texts) or " ", texts, language)
    block.kids, block.moved = kids, True


def _say(node: TagNode, text: str, texts: Mapping[Marked, Leaf], language: str) -> None:
    """Give a node its text, and its language where all the text is in another than the document's."""
    if text:
        node.entries["ActualText"] = String(text)
    spoken = {texts[one][1] for one in node.marked() if texts[one][0].strip()}
    if len(spoken) == 1 and (other := spoken.pop()) not in ("", language):
        node.entries["Lang"] = String(other)


def _said(kids: Sequence[Any], texts: Mapping[Marked, Leaf]) -> str:
    """The text of neighbours, in logical order, each white space one space."""
    marked = TagNode("Span", list(kids)).marked()
    return " ".join(_BROKEN.sub("", "".join(texts[one][0] for one in marked)).split())


def _is_inline(node: TagNode) -> bool:
    """Whether an element holds text and inline elements only, and some of them."""
    return bool(node.kids) and all(_is_inline_kid(kid) for kid in node.kids)


def _is_inline_kid(kid: Any) -> bool:
    return not isinstance(kid, TagNode) or (kid.tag in INLINE and all(map(_is_inline_kid, kid.kids)))


def _holds_link(kid: Any) -> bool:
    return isinstance(kid, TagNode) and any(one.tag == "Link" for one in kid.walk())


def nested_links(root: TagNode) -> set[bytes]:
    """WeasyPrint links each element inside ``<a>`` once more; the link around them covers them.

    They are taken from the tags; returned are the annotations.
    """
    dead: set[bytes] = set()
    for link in (node for node in root.walk() if node.tag == "Link"):
        for inner in (node for node in link.walk() if node is not link):
            if found := [kid.source["Obj"] for kid in inner.kids if isinstance(kid, Place)]:
                dead |= set(found)
                inner.kids = [kid for kid in inner.kids if not isinstance(kid, Place)]
                inner.moved = True
    return dead
