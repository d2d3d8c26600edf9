"""Speech: the tags that WeasyPrint writes are put right, and say their text in logical order.

In a line from right to left the content of a page stands as it is painted, from the left; a screen reader
would say each word backwards. The text is therefore taken from the boxes that WeasyPrint laid out, never from
glyphs. /ActualText stands on block elements, or on a NonStruct around the text beside a link: there it
disturbs no program that extracts text, as it would on the elements that hold marked content themselves.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from pydyf import Array, Dictionary, String

from tipbrief.language.language import known_languages, language
from tipbrief.pdf.leaves import Cell, Leaf, Numbers
from tipbrief.pdf.tag_tree import HEADINGS, INLINE, Boxes, Marked, Place, TagNode, tag_of
from tipbrief.problems import Problems

NewMark: TypeAlias = Callable[[tuple[int, int]], Marked]

PIXEL = 0.75  # points
_IN_LISTS = frozenset({"L", "LI", "Caption"})
_IN_ITEMS = frozenset({"Lbl", "LBody"})
_ITEMS = frozenset({"LI", "LBody"})
_CELLS = frozenset({"TH", "TD"})
_HOLDERS = _CELLS | {"LI"}
_IN_BLOCKS = frozenset({"Span", "NonStruct"})
_GROUPS = frozenset({"Part", "Art", "Sect", "Div"})
_OF_LINES = frozenset({"P", *HEADINGS, "Lbl", "Caption"})  # no paragraph stands inside these
# A range of numbers or a word of several parts that was broken after its dash.
_BROKEN = re.compile(r"(?<=\w[–-])\s*\n\s*(?=\w)")
# Two numbers, such as those of dates, of which only the end of a line tells that they are two.
_APART = re.compile(r"(?<=\d)\s*\n\n\s*(?=\d)")
# They turn what stands beside them, and at the end of a text nothing does.
_TURNS = "\u200e\u200f "
# Voices say it as a comma between two numbers.
_THOUSANDS = re.compile(r"(?<=\d)\u066c(?=\d{3})")


def assign(root: TagNode, leaves: Sequence[Leaf], mark: NewMark) -> dict[Marked, Leaf]:
    """The leaf of each marked content. Both come in the order of the boxes, so they are matched by it.

    Empty cells and items get one where they say something: ``mark`` gives it, on a page.
    """
    for node in root.walk():
        tags = [kid.tag for kid in node.elements]
        if node.tag == "L" and "L" in tags and "LI" in tags:
            message = "a list inside a list would be read aloud before the item that it belongs to"
            raise Problems(message, hint="write one list, or the inner one as a sentence")
    marked, empty = list(root.marked()), list(_empty(root))
    drawn, heard = ([leaf for leaf in leaves if leaf.drawn == which] for which in (True, False))
    if (len(marked), len(empty)) != (len(drawn), len(heard)):
        message = f"the PDF has {len(marked)} tagged texts, but {len(drawn)} were laid out"
        hint = "this version of WeasyPrint is not known to tipbrief: pip install 'weasyprint>=70,<71'"
        raise Problems(message, hint=hint)
    found = dict(zip(marked, drawn, strict=True))
    for node, leaf in zip(empty, heard, strict=True):
        if leaf.spoken.strip():
            holder = next((kid for kid in node.elements if kid.tag == "LBody"), node)
            place = mark((int(node.source["Pg"].partition(b" ")[0]), 0))
            holder.kids, holder.moved = [TagNode("NonStruct", [place], moved=True)], True
            found[place] = leaf
    return found


def _empty(node: TagNode) -> Iterator[TagNode]:
    """The cells and items in which nothing is drawn."""
    for kid in node.elements:
        if kid.tag in _HOLDERS and next(kid.marked(), None) is None:
            yield kid
        else:
            yield from _empty(kid)


def join(
    root: TagNode, leaves: dict[Marked, Leaf], draw: Callable[[Mapping[Marked, Marked]], Collection[Marked]]
) -> None:
    """Make one of the texts of a line, such as those around a number, where ``draw`` can draw them as one."""
    blocks = (node for node in root.walk() if node.tag not in _IN_BLOCKS)
    pairs = [(first, one) for node in blocks for first, one in pairwise(_texts(node))]
    before = {one: first for first, one in pairs if first and one and _are_one(leaves[first], leaves[one])}
    joined = draw(before)
    for one, first in before.items():
        if one in joined:
            before[one] = first = before[first] if first in joined else first
            said = leaves[first].text + leaves[one].text
            leaves[first] = leaves[first]._replace(text=said, spoken=said)
            leaves[one] = leaves[one]._replace(hidden=True)  # nothing is left of it


def _texts(node: TagNode) -> Iterator[Marked | None]:
    """The marked contents of a block and of spans in it; None where anything else is."""
    for kid in node.kids:
        if isinstance(kid, Marked):
            yield kid
        elif tag_of(kid) in _IN_BLOCKS:
            yield from _texts(kid)
        else:
            yield None


def _are_one(first: Leaf, leaf: Leaf) -> bool:
    usual = all(one.spoken == one.text and not one.hidden for one in (first, leaf))
    return usual and first.language == leaf.language and not first.text.endswith("\n")


def drop_hidden(node: TagNode, leaves: Mapping[Marked, Leaf]) -> None:
    """Take out of the tags what is only seen, and items without any text."""
    kids = []
    for kid in node.kids:
        if isinstance(kid, TagNode):
            held = bool(kid.kids)
            drop_hidden(kid, leaves)
            if kid.kids or kid.tag in _CELLS or not (held or kid.tag in _ITEMS):
                kids.append(kid)
        elif not (isinstance(kid, Marked) and leaves[kid].hidden):
            kids.append(kid)
    if len(kids) != len(node.kids):
        node.kids, node.moved = kids, True


def repair(root: TagNode, leaves: Mapping[Marked, Leaf], boxes: Boxes) -> None:
    """Lists, header cells and pictures as PDF/UA wants them; ``boxes`` has the trim box of each page."""
    for node in root.walk():  # a list comes before its items
        if node.tag == "L":
            _repair_list(node, leaves)
        elif node.tag == "LI" and not all(tag_of(kid) in _IN_ITEMS for kid in node.kids):
            _give_body(node)
        elif node.tag == "TR":
            _say_scope(node)
        elif node.tag == "Figure":
            _repair_box(node, boxes)


def pictures(root: TagNode) -> dict[Marked, list[float]]:
    """The boxes of pictures, by the marked content that draws each: edges in CSS pixels, from the head."""
    return {
        one: [float(edge) for edge in figure.source["A"]["BBox"]]
        for figure in root.walk()
        if figure.tag == "Figure"
        for one in figure.marked()
    }


def add_numbers(root: TagNode, leaves: dict[Marked, Leaf], mark: NewMark) -> None:
    """Behind each picture that has numbers, a table of them; ``mark`` gives the empty places of its cells."""
    for node in root.walk():
        kids: list[Any] = []
        for kid in node.kids:
            kids.append(kid)
            if tag_of(kid) == "Figure":
                one = next(kid.marked())
                if numbers := leaves[one].numbers:
                    kids.append(_table_of(numbers, one, leaves, mark))
        if len(kids) > len(node.kids):
            node.kids, node.moved = kids, True


def _table_of(numbers: Numbers, picture: Marked, leaves: dict[Marked, Leaf], mark: NewMark) -> TagNode:
    def cell(tag: str, text: str, scope: str = "") -> TagNode:
        node = TagNode(tag, [], moved=True)
        if text:
            place = mark(picture.page)
            leaves[place] = Leaf("", leaves[picture].language, text)
            node.kids.append(TagNode("NonStruct", [place], moved=True))
        if scope:
            node.entries["A"] = Dictionary({"O": "/Table", "Scope": "/" + scope})
        return node

    def rows(part: str, cells: Sequence[Sequence[Cell]]) -> TagNode:
        made = [
            TagNode("TR", [cell("TH" if one.scope else "TD", one.text, one.scope) for one in row], moved=True)
            for row in cells
        ]
        return TagNode(part, made, moved=True)

    caption = [cell("Caption", numbers.caption)] if numbers.caption else []
    parts = [rows(part, held) for part, held in (("THead", numbers.head), ("TBody", numbers.body)) if held]
    return TagNode("Table", [*caption, *parts], moved=True)


def _repair_list(node: TagNode, leaves: Mapping[Marked, Leaf]) -> None:
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
        numbered = any(map(str.isdigit, _spoken(labels, leaves)))
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


def speak(root: TagNode, leaves: Mapping[Marked, Leaf], tag: str) -> None:
    """Give each block its text; stray text between blocks becomes a paragraph; other languages are named.

    ``tag`` is that of the document's language.
    """
    _Speaker(leaves, tag).speak(root)
    for node in root.walk():
        if node.tag == "Span":  # below which Chromium drops all text
            node.tag, node.entries["S"] = "NonStruct", "/NonStruct"


class _Speaker:
    """What the elements of one document say."""

    def __init__(self, leaves: Mapping[Marked, Leaf], tag: str) -> None:
        self._leaves, self._tag = leaves, tag
        self._pause = language(tag).comma if tag in known_languages() else ", "

    def speak(self, root: TagNode) -> None:
        """Give each block below an element its text."""
        for kid in root.elements:
            if kid.tag == "Figure":
                self._show(kid)
            elif _is_inline(kid):
                if kid.tag in _GROUPS:
                    kid.tag, kid.entries["S"] = "P", "/P"
                self._speak_block(kid)
            else:
                self._wrap_stray_text(kid)
                self.speak(kid)

    def _show(self, figure: TagNode) -> None:
        if "Alt" in figure.source:
            figure.entries["Alt"] = String(_THOUSANDS.sub("", figure.source["Alt"].string))

    def _wrap_stray_text(self, node: TagNode) -> None:
        """Wrap the inline kids that stand between block kids."""
        kids: list[Any] = []
        for inline, neighbours in groupby(node.kids, _is_inline_kid):
            run = list(neighbours)
            if inline and self._said(run) and not (len(run) == 1 and tag_of(run[0]) == "P"):
                kids.append(TagNode("NonStruct" if node.tag in _OF_LINES else "P", run, moved=True))
                node.moved = True
            else:
                kids += run
        node.kids = kids

    def _speak_block(self, block: TagNode) -> None:
        if not _holds_link(block):
            self._say(block, self._said(block.kids))
            return
        kids: list[Any] = []
        for apart, neighbours in groupby(block.kids, lambda kid: _holds_link(kid) or isinstance(kid, Place)):
            run = list(neighbours)
            if apart:
                kids += run
                for kid in filter(_holds_link, run):
                    self._speak_block(kid)
            else:
                # Marked content may not hang on the element that has the text.
                held = list[Any]()
                for page, same in groupby(run, lambda kid: isinstance(kid, Marked) and kid.page):
                    some = [*same]
                    held += [TagNode("NonStruct", some, moved=True)] if page else some
                kids.append(TagNode("NonStruct", held, moved=True))
                said = self._said(held)
                self._say(
                    kids[-1], said if any(map(str.isalnum, said)) else " "
                )  # no comma between two marks
        block.kids, block.moved = kids, True

    def _say(self, node: TagNode, text: str) -> None:
        """Give a node its text, and its language where all its words are in another than the document's."""
        if text:
            node.entries["ActualText"] = String(text)
        leaves = [leaf for one in node.marked() if (leaf := self._leaves[one]).text.strip()]
        # Numbers and signs are said in the language of the words beside them.
        words = [leaf for leaf in leaves if any(map(str.isalpha, leaf.spoken))]
        spoken = {leaf.language for leaf in words or leaves}
        if len(spoken) == 1 and (other := spoken.pop()) not in ("", self._tag):
            node.entries["Lang"] = String(other)

    def _said(self, kids: Sequence[Any]) -> str:
        """What is said for neighbours, in logical order, each white space one space."""
        text = _APART.sub(self._pause, _spoken(kids, self._leaves))
        return _THOUSANDS.sub("", " ".join(_BROKEN.sub("", text).split()).strip(_TURNS))


def _spoken(kids: Sequence[Any], leaves: Mapping[Marked, Leaf]) -> str:
    return "".join(leaves[one].spoken for one in TagNode("", list(kids)).marked())


def name_links(root: TagNode, leaves: Mapping[Marked, Leaf], at: Callable[[bytes], Any]) -> None:
    """Each link says where it leads: its label, else the item in which no other link stands, else its text.

    One that leads to a place of the document is a reference. ``at`` gives the annotation of a link.
    """
    nodes = [*root.walk()]
    items: dict[TagNode, TagNode] = {}
    for item in nodes:
        links = [one for one in item.walk() if one.tag == "Link"] if item.tag == "LBody" else []
        if len({_target(place) for link in links for place in _places(link, at)}) == 1:
            items |= dict.fromkeys(links, item)
    for node in nodes:
        for index, link in enumerate(node.kids):
            if tag_of(link) != "Link":
                continue
            labelled = any(leaves[one].spoken != leaves[one].text for one in link.marked())
            said = " ".join(_spoken([link if labelled else items.get(link, link)], leaves).split())
            for place in _places(link, at) if said else ():
                place["Contents"] = String(said)
                if "Dest" in place:
                    node.kids[index], node.moved = TagNode("Reference", [link], moved=True), True


def _places(link: TagNode, at: Callable[[bytes], Any]) -> list[Any]:
    return [at(kid.source["Obj"]) for kid in link.kids if isinstance(kid, Place)]


def _target(place: Any) -> str:
    target = place["Dest"] if "Dest" in place else place["A"]["URI"]
    return str(target.string)


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
