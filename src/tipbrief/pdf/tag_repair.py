"""Repair the tags that WeasyPrint writes, and give them their text in logical order.

A page's content holds lines from right to left as they are painted, from the left: a screen reader
would say each word backwards. The text is therefore taken from the boxes that WeasyPrint laid out, never from
glyphs. /ActualText stands on block elements, or on a NonStruct around the text beside a link: there it
disturbs no program that extracts text, as it would on the elements that hold marked content themselves.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import groupby, pairwise
from typing import Any, TypeAlias

from pydyf import Array, Dictionary, String

from tipbrief.language.language import known_languages, load_language
from tipbrief.pdf.tag_tree import (
    HEADINGS,
    INLINE_TAGS,
    AnnotationReference,
    MarkedContent,
    PageBoxes,
    PictureData,
    PictureDataCell,
    TagNode,
    TextRun,
    tag_of,
)
from tipbrief.problems import Problems

UNKNOWN_VERSION_HINT = "this version of WeasyPrint is not known to tipbrief: pip install 'weasyprint>=70,<71'"
AddEmptyMark: TypeAlias = Callable[[tuple[int, int]], MarkedContent]
LIST_DASH = "–"  # before the items of a list, by a style
POINTS_PER_PIXEL = 0.75  # points
_LIST_CHILD_TAGS = frozenset({"L", "LI", "Caption"})
_ITEM_CHILD_TAGS = frozenset({"Lbl", "LBody"})
_ITEM_TAGS = frozenset({"LI", "LBody"})
_CELL_TAGS = frozenset({"TH", "TD"})
_HOLDER_TAGS = _CELL_TAGS | {"LI", "P"}
_SPAN_TAGS = frozenset({"Span", "NonStruct"})
_GROUPING_TAGS = frozenset({"Part", "Art", "Sect", "Div"})
_TEXT_BLOCK_TAGS = frozenset({"P", *HEADINGS, "Lbl", "Caption"})  # no paragraph stands inside these
# A range of numbers or a word of several parts that was broken after its dash.
_BREAK_AFTER_DASH = re.compile(r"(?<=\w[–-])\s*\n\s*(?=\w)")
# Two numbers, such as those of dates, of which only the end of a line tells that they are two.
_BREAK_BETWEEN_NUMBERS = re.compile(r"(?<=\d)\s*\n\n\s*(?=\d)")
# They turn what stands beside them, and at the end of a text nothing does.
_TRAILING_DIRECTION_MARKS = "\u200e\u200f "
# Voices say it as a comma between two numbers.
_THOUSANDS_SEPARATOR = re.compile(r"(?<=\d)\u066c(?=\d{3})")


def assign_text_runs(root: TagNode, text_runs: Sequence[TextRun], mark: AddEmptyMark) -> dict[MarkedContent, TextRun]:
    """The text run of each marked content. Both come in the order of the boxes."""
    # Empty cells, items and paragraphs get one where they say something: ``mark`` gives it, on a page.
    for node in root.walk():
        tags = [kid.tag for kid in node.elements]
        if node.tag == "L" and "L" in tags and "LI" in tags:
            message = "a list inside a list would be read aloud before the item that it belongs to"
            raise Problems(message, hint="write one list, or the inner one as a sentence")
    marked, empty = list(root.iterate_marked_content()), list(_find_empty_holders(root))
    drawn, spoken_only = ([one for one in text_runs if one.is_drawn == which] for which in (True, False))
    if (len(marked), len(empty)) != (len(drawn), len(spoken_only)):
        message = f"the PDF has {len(marked)} tagged texts, but {len(drawn)} were laid out"
        raise Problems(message, hint=UNKNOWN_VERSION_HINT)
    found = dict(zip(marked, drawn, strict=True))
    for node, text_run in zip(empty, spoken_only, strict=True):
        if text_run.spoken_text.strip():
            holder = next((kid for kid in node.elements if kid.tag == "LBody"), node)
            place = mark((int(node.source["Pg"].partition(b" ")[0]), 0))
            holder.kids = [TagNode("NonStruct", [place])]
            found[place] = text_run
    return found


def _find_empty_holders(node: TagNode) -> Iterator[TagNode]:
    for kid in node.elements:
        if kid.tag in _HOLDER_TAGS and next(kid.iterate_marked_content(), None) is None:
            yield kid
        else:
            yield from _find_empty_holders(kid)


def join_text_runs(
    root: TagNode,
    text_runs: dict[MarkedContent, TextRun],
    draw: Callable[[Mapping[MarkedContent, MarkedContent]], Collection[MarkedContent]],
) -> None:
    """Make one of the texts of a line, such as those around a number, where ``draw`` can draw them as one."""
    blocks = (node for node in root.walk() if node.tag not in _SPAN_TAGS)
    pairs = [(first, one) for node in blocks for first, one in pairwise(_iterate_inline_marks(node))]
    before = {one: first for first, one in pairs if first and one and _are_joinable(text_runs[first], text_runs[one])}
    joined = draw(before)
    for one, first in before.items():
        if one in joined:
            before[one] = first = before[first] if first in joined else first
            text = text_runs[first].text + text_runs[one].text
            text_runs[first] = text_runs[first]._replace(text=text, spoken_text=text)
            text_runs[one] = text_runs[one]._replace(is_visual_only=True)  # nothing is left of it


def _iterate_inline_marks(node: TagNode) -> Iterator[MarkedContent | None]:  # None where anything else is
    for kid in node.kids:
        if isinstance(kid, MarkedContent):
            yield kid
        elif tag_of(kid) in _SPAN_TAGS:
            yield from _iterate_inline_marks(kid)
        else:
            yield None


def _are_joinable(first: TextRun, text_run: TextRun) -> bool:
    usual = all(one.spoken_text == one.text and not one.is_visual_only for one in (first, text_run))
    is_label = first.spoken_text.strip() == LIST_DASH
    return usual and first.language == text_run.language and not first.text.endswith("\n") and not is_label


def drop_visual_only(node: TagNode, text_runs: Mapping[MarkedContent, TextRun]) -> None:
    """Take out of the tags what is only seen, and items without any text."""
    kids = []
    for kid in node.kids:
        if isinstance(kid, TagNode):
            held = bool(kid.kids)
            drop_visual_only(kid, text_runs)
            if kid.kids or kid.tag in _CELL_TAGS or not (held or kid.tag in _ITEM_TAGS):
                kids.append(kid)
        elif not (isinstance(kid, MarkedContent) and text_runs[kid].is_visual_only):
            kids.append(kid)
    node.kids = kids


def repair_tags(root: TagNode, text_runs: Mapping[MarkedContent, TextRun], boxes: PageBoxes) -> None:
    """Lists, header cells and pictures as PDF/UA wants them; ``boxes`` has the trim box of each page."""
    for node in root.walk():  # a list comes before its items
        _join_continued_lists(node, text_runs)
        if node.tag == "L":
            _repair_list(node, text_runs)
        elif node.tag == "LI" and not all(tag_of(kid) in _ITEM_CHILD_TAGS for kid in node.kids):
            _add_item_body(node)
        elif node.tag == "TR":
            _set_header_scopes(node)
        elif node.tag == "Figure":
            _convert_picture_box(node, boxes)


def find_picture_boxes(root: TagNode) -> dict[MarkedContent, list[float]]:
    """The boxes of pictures, by the marked content that draws each: edges in CSS pixels, from the head."""
    figures = [node for node in root.walk() if node.tag == "Figure"]
    boxes = [[float(edge) for edge in figure.source["A"]["BBox"]] for figure in figures]
    return {one: box for figure, box in zip(figures, boxes, strict=True) for one in figure.iterate_marked_content()}


def add_picture_tables(
    root: TagNode, text_runs: dict[MarkedContent, TextRun], mark: AddEmptyMark
) -> Iterator[tuple[TagNode, TagNode, PictureData]]:
    """Put a table behind each picture that has numbers: all three; ``mark`` gives the empty places of its cells."""
    for node in root.walk():
        kids: list[Any] = []
        for kid in node.kids:
            kids.append(kid)
            if tag_of(kid) == "Figure":
                one = next(kid.iterate_marked_content())
                if numbers := text_runs[one].picture_data:
                    kids.append(_build_picture_table(numbers, one, text_runs, mark))
                    yield kid, kids[-1], numbers
        node.kids = kids


def _build_picture_table(
    numbers: PictureData, picture: MarkedContent, text_runs: dict[MarkedContent, TextRun], mark: AddEmptyMark
) -> TagNode:
    def cell(tag: str, text: str, scope: str = "") -> TagNode:
        node = TagNode(tag, [])
        if text:
            place = mark(picture.page)
            text_runs[place] = TextRun("", text_runs[picture].language, text)
            node.kids.append(TagNode("NonStruct", [place]))
        if scope:
            node.entries["A"] = Dictionary({"O": "/Table", "Scope": "/" + scope})
        return node

    def rows(part: str, cells: Sequence[Sequence[PictureDataCell]]) -> TagNode:
        made = [TagNode("TR", [cell("TH" if one.scope else "TD", one.text, one.scope) for one in row]) for row in cells]
        return TagNode(part, made)

    caption = [cell("Caption", numbers.caption)] if numbers.caption else []
    parts = [rows(part, held) for part, held in (("THead", numbers.head), ("TBody", numbers.body)) if held]
    return TagNode("Table", [*caption, *parts])


def _join_continued_lists(node: TagNode, text_runs: Mapping[MarkedContent, TextRun]) -> None:
    """Lists side by side are one, where the numbers of the second go on from those of the first, as in columns."""
    for first, following in pairwise([*node.kids]):
        if tag_of(first) == tag_of(following) == "L":
            ends = (first.elements[-1:], following.elements[:1])  # a list may have no items
            labels = ([label for item in items for label in item.elements[:1]] for items in ends)
            last, number = ([*filter(str.isdecimal, _concatenate_spoken_text(one, text_runs))] for one in labels)
            if last and number and int("".join(last)) + 1 == int("".join(number)):
                following.kids[:0], first.kids = first.kids, []
    node.kids = [kid for kid in node.kids if tag_of(kid) != "L" or kid.kids]


def _repair_list(node: TagNode, text_runs: Mapping[MarkedContent, TextRun]) -> None:
    """Into the item before it goes what stands between items: spaces, where items are inline blocks."""
    kids: list[Any] = []
    for kid in node.kids:
        if tag_of(kid) in _LIST_CHILD_TAGS:
            kids.append(kid)
            continue
        if not kids or tag_of(kids[-1]) != "LI":
            kids.append(TagNode("LI", []))
        kids[-1].kids.append(kid)  # _add_item_body moves it into the body
    node.kids = kids
    for item in node.elements:
        _separate_dash(item, text_runs)
    labels = [label for item in node.elements for label in item.elements if label.tag == "Lbl"]
    if labels:
        kind = "/Decimal" if any(map(str.isdigit, _concatenate_spoken_text(labels, text_runs))) else "/Disc"
        node.entries["A"] = Dictionary({"O": "/List", "ListNumbering": kind})


def _separate_dash(item: TagNode, text_runs: Mapping[MarkedContent, TextRun]) -> None:
    """The dash before an item, which a style writes, is its label."""
    first = next(item.iterate_marked_content(), None)
    holder = next((node for node in item.walk() if first in node.kids), item)
    if first and text_runs[first].spoken_text.strip() == LIST_DASH and holder.tag in ("LI", "LBody", *_SPAN_TAGS):
        holder.kids.remove(first)
        item.kids.insert(0, TagNode("Lbl", [TagNode("NonStruct", [first])]))


def _add_item_body(item: TagNode) -> None:
    body = TagNode("LBody", [])
    labels = [kid for kid in item.kids if tag_of(kid) == "Lbl"]
    for kid in item.kids:
        if kid not in labels:
            body.kids += kid.kids if tag_of(kid) == "LBody" else [kid]
    item.kids = [*labels, body]


def _set_header_scopes(row: TagNode) -> None:  # of columns in the head, of rows elsewhere
    heads = all(cell.tag == "TH" for cell in row.elements)
    for cell in row.elements:
        attributes = cell.source.get("A", Dictionary({"O": "/Table"}))
        if cell.tag == "TH" and "Scope" not in attributes:
            attributes["Scope"] = "/Column" if heads else "/Row"
            cell.entries["A"] = attributes


def _convert_picture_box(figure: TagNode, boxes: PageBoxes) -> None:
    """WeasyPrint writes the box in CSS pixels from the top of the page; PDF counts points from the bottom."""
    page = next((boxes[one.page] for one in figure.iterate_marked_content()), None)
    attributes = figure.source.get("A", {})
    if page is not None and "BBox" in attributes:
        x1, y1, x2, y2 = (POINTS_PER_PIXEL * float(edge) for edge in attributes["BBox"])
        corners = (page[0] + x1, page[3] - y2, page[0] + x2, page[3] - y1)
        attributes["BBox"] = Array(round(edge, 2) for edge in corners)


def add_actual_text(root: TagNode, text_runs: Mapping[MarkedContent, TextRun], tag: str) -> None:
    """Give each block its text; stray text between blocks becomes a paragraph; other languages are named."""
    _ActualTextWriter(text_runs, tag).write_texts(root)
    for node in root.walk():
        if node.tag == "Span":  # below which Chromium drops all text
            node.tag, node.entries["S"] = "NonStruct", "/NonStruct"


class _ActualTextWriter:
    def __init__(self, text_runs: Mapping[MarkedContent, TextRun], tag: str) -> None:
        self._text_runs, self._language_tag = text_runs, tag
        self._number_separator = load_language(tag).comma if tag in known_languages() else ", "

    def write_texts(self, root: TagNode) -> None:
        for kid in root.elements:
            if kid.tag == "Figure":
                if "Alt" in kid.source:
                    kid.entries["Alt"] = String(_THOUSANDS_SEPARATOR.sub("", kid.source["Alt"].string))
            elif kid.kids and all(map(_is_inline_kid, kid.kids)):
                if kid.tag in _GROUPING_TAGS:
                    kid.tag, kid.entries["S"] = "P", "/P"
                self._write_block_text(kid)
            else:
                self._wrap_stray_text(kid)
                self.write_texts(kid)

    def _wrap_stray_text(self, node: TagNode) -> None:  # the inline kids between block kids
        kids: list[Any] = []
        for inline, neighbours in groupby(node.kids, _is_inline_kid):
            run = list(neighbours)
            if inline and self._compose_spoken_text(run) and not (len(run) == 1 and tag_of(run[0]) == "P"):
                kids.append(TagNode("NonStruct" if node.tag in _TEXT_BLOCK_TAGS else "P", run))
            else:
                kids += run
        node.kids = kids

    def _write_block_text(self, block: TagNode) -> None:
        if not _holds_link(block) and len(self._split_by_language(block.kids)) == 1:
            self._set_text(block, self._compose_spoken_text(block.kids))
            return
        kids: list[Any] = []
        for apart, neighbours in groupby(
            block.kids, lambda kid: _holds_link(kid) or isinstance(kid, AnnotationReference)
        ):
            run = list(neighbours)
            if apart:
                kids += run
                for kid in filter(_holds_link, run):
                    self._write_block_text(kid)
                continue
            for part in self._split_by_language(run):
                # Marked content may not hang on the element that has the text.
                held = [TagNode("NonStruct", [*same]) for _, same in groupby(part, lambda one: one.page)]
                kids.append(TagNode("NonStruct", held))
                text = self._compose_spoken_text(held)
                self._set_text(kids[-1], text if any(map(str.isalnum, text)) else " ")  # no comma between two marks
        block.kids = kids

    def _split_by_language(self, kids: Sequence[Any]) -> list[list[MarkedContent]]:
        """The texts of some kids, parted where the language of their words changes."""
        marks = [*TagNode("", [*kids]).iterate_marked_content()]
        runs = [self._text_runs[one] for one in marks]
        if len({run.language for run in runs if any(map(str.isalpha, run.spoken_text))}) < 2:
            return [marks]
        parts, language = [list[MarkedContent]()], ""
        for one, run in zip(marks, runs, strict=True):
            if run.language != language and any(map(str.isalnum, run.spoken_text)):  # signs go with what they follow
                if language:
                    parts.append([])
                language = run.language
            parts[-1].append(one)
        return parts

    def _set_text(self, node: TagNode, text: str) -> None:
        """Give a node its text, and its language where all its words are in another than the document's."""
        if text:
            node.entries["ActualText"] = String(text)
        runs = [run for one in node.iterate_marked_content() if (run := self._text_runs[one]).text.strip()]
        # Numbers and signs are spoken in the language of the words beside them.
        words = [run for run in runs if any(map(str.isalpha, run.spoken_text))]
        spoken = {run.language for run in words or runs}
        if len(spoken) == 1 and (other := spoken.pop()) not in ("", self._language_tag):
            node.entries["Lang"] = String(other)

    def _compose_spoken_text(self, kids: Sequence[Any]) -> str:
        text = _BREAK_BETWEEN_NUMBERS.sub(self._number_separator, _concatenate_spoken_text(kids, self._text_runs))
        text = " ".join(_BREAK_AFTER_DASH.sub("", text).split())
        return _THOUSANDS_SEPARATOR.sub("", text.strip(_TRAILING_DIRECTION_MARKS))


def _concatenate_spoken_text(kids: Sequence[Any], text_runs: Mapping[MarkedContent, TextRun]) -> str:
    return "".join(text_runs[one].spoken_text for one in TagNode("", list(kids)).iterate_marked_content())


def describe_links(root: TagNode, text_runs: Mapping[MarkedContent, TextRun], at: Callable[[bytes], Any]) -> None:
    """Each link says where it leads: its label, else the item in which no other link stands, else its text."""
    nodes = [*root.walk()]
    items: dict[TagNode, TagNode] = {}
    for item in nodes:
        links = [one for one in item.walk() if one.tag == "Link"] if item.tag == "LBody" else []
        places = [place for link in links for place in _find_link_annotations(link, at)]
        if len({str((one["Dest"] if "Dest" in one else one["A"]["URI"]).string) for one in places}) == 1:
            items |= dict.fromkeys(links, item)
    for node in nodes:
        for index, link in enumerate(node.kids):
            if tag_of(link) != "Link":
                continue
            labelled = any(text_runs[one].spoken_text != text_runs[one].text for one in link.iterate_marked_content())
            text = " ".join(_concatenate_spoken_text([link if labelled else items.get(link, link)], text_runs).split())
            text = text or next((one.source["Alt"].string for one in link.elements if "Alt" in one.source), "")
            for place in _find_link_annotations(link, at) if text else ():
                place["Contents"] = String(text)
                if "Dest" in place:
                    node.kids[index] = TagNode("Reference", [link])


def _find_link_annotations(link: TagNode, at: Callable[[bytes], Any]) -> list[Any]:
    return [at(kid.source["Obj"]) for kid in link.kids if isinstance(kid, AnnotationReference)]


def _is_inline_kid(kid: Any) -> bool:
    return not isinstance(kid, TagNode) or (kid.tag in INLINE_TAGS and all(map(_is_inline_kid, kid.kids)))


def _holds_link(kid: Any) -> bool:
    return isinstance(kid, TagNode) and any(one.tag == "Link" for one in kid.walk())


def detach_nested_links(root: TagNode) -> set[bytes]:
    """Take out the links that WeasyPrint gives to each element inside ``<a>``, and return their annotations."""
    dead: set[bytes] = set()
    for link in (node for node in root.walk() if node.tag == "Link"):
        for inner in (node for node in link.walk() if node is not link):
            dead |= {kid.source["Obj"] for kid in inner.kids if isinstance(kid, AnnotationReference)}
            inner.kids = [kid for kid in inner.kids if not isinstance(kid, AnnotationReference)]
    return dead
