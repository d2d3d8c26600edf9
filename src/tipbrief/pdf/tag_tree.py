"""The structure tree of a tagged PDF: its nodes, how they are read from a finished PDF, and the text runs they hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import pikepdf
from pikepdf import Array

from tipbrief.problems import Problems

HEADINGS = ("H1", "H2", "H3", "H4", "H5", "H6")
INLINE_TAGS = frozenset({"Span", "NonStruct", "Link", "Quote", "Code", "Reference", "Note"})
TAGS_WITHIN_BLOCK = INLINE_TAGS | {"Lbl", "LBody"}  # what is no block, nor all of an item
MAX_TAG_LEVELS = 200
# Elements: of any PDF, and of one page beside those that any may have; 191 pages of ours have 75,000.
MAX_ELEMENTS, BASE_ELEMENTS, ELEMENTS_PER_PAGE = 150_000, 10_000, 1000
# The edges of each page after cutting, by the page's number in the file.
PageBoxes = dict[tuple[int, int], list[float]]
# What WeasyPrint makes of each box without a tag of its own, and of each text: they say nothing.
_SPAN_TAGS = frozenset({"Span", "NonStruct"})


class PictureDataCell(NamedTuple):
    """A cell of a table for screen readers; ``scope`` is Row or Column for a header cell, else empty."""

    text: str
    scope: str = ""


class PictureData(NamedTuple):
    """The numbers that a picture shows, as a table: the rows of its head and of its body."""

    caption: str
    head: tuple[tuple[PictureDataCell, ...], ...]
    body: tuple[tuple[PictureDataCell, ...], ...]


class TextRun(NamedTuple):
    """A text or a picture, its language, and the text that screen readers say for it."""

    text: str  # a line ends with a line feed, and a forced break is two
    language: str
    spoken_text: str
    is_visual_only: bool = False
    picture_data: PictureData | None = None
    is_drawn: bool = True  # if not, it holds what an empty cell or item says


class LinkTargets(NamedTuple):
    """The index of the text run to which each anchor and each bookmark leads; None if no tag holds that text."""

    anchors: dict[str, int | None]
    bookmarks: list[int | None]


class MarkedContent(NamedTuple):
    """A stretch of a page's content stream that a structure element holds."""

    page: tuple[int, int]
    number: int


@dataclass(frozen=True, eq=False, slots=True)
class AnnotationReference:
    """A reference to an annotation, a link's place on the page, as the PDF has it."""

    source: Any


@dataclass(eq=False, slots=True)
class TagNode:
    """A structure element. Its ``kids`` are elements, marked content, places, and what else a file has."""

    tag: str
    kids: list[Any]
    source: Any = None  # the element in the PDF, written or not; None while it is new
    entries: dict[str, Any] = field(default_factory=dict)  # what is set, by key

    @property
    def elements(self) -> list[TagNode]:
        """The kids that are structure elements."""
        return [kid for kid in self.kids if isinstance(kid, TagNode)]

    @property
    def annotations(self) -> list[Any]:
        """The annotations on the pages to which this element leads."""
        return [kid.source.Obj for kid in self.kids if isinstance(kid, AnnotationReference)]

    def walk(self) -> Iterator[TagNode]:
        """This element and all below it, in reading order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += [kid for kid in reversed(node.kids) if isinstance(kid, TagNode)]

    def iterate_marked_content(self) -> Iterator[MarkedContent]:
        """The marked content below this element, in reading order."""
        waiting = self.kids[::-1]
        while waiting:
            kid = waiting.pop()
            if isinstance(kid, TagNode):
                waiting += reversed(kid.kids)
            elif isinstance(kid, MarkedContent):
                yield kid


def save_to_bytes(pdf: pikepdf.Pdf) -> bytes:
    """The file, the same bytes for the same contents."""
    out = io.BytesIO()
    pdf.save(out, deterministic_id=True, object_stream_mode=pikepdf.ObjectStreamMode.generate)
    return out.getvalue()


def read_tags(pdf: pikepdf.Pdf) -> TagNode:
    """The structure tree, its root on top; Problems where there is none."""
    if "/StructTreeRoot" not in pdf.Root:
        raise Problems("the PDF is not tagged: screen readers find no order in it")
    most = min(MAX_ELEMENTS, BASE_ELEMENTS + ELEMENTS_PER_PAGE * len(pdf.pages))
    return _read_node(pdf.Root.StructTreeRoot, "Root", (0, 0), MAX_TAG_LEVELS, set(), most)


def _read_node(
    source: Any, tag: str, page: tuple[int, int], depth: int, known: set[tuple[int, int]], most: int
) -> TagNode:
    """An element with all below it; those are ``known`` that were read before, each of which stands once."""
    number = source.objgen
    if depth < 0 or number in known or len(known) > most:
        raise Problems("the tags of the PDF are nested too deeply, in a circle, or without number")
    # An element without a number of its own counts, too: a list of such may stand in many places.
    known.add(number if number[0] else (0, len(known) + 1))
    node = TagNode(tag, [], source)
    page = own.objgen if (own := source.get("/Pg")) is not None else page
    kids = source.get("/K", [])
    # A list of all at once is five times as fast as one after the other.
    for kid in kids.as_list() if isinstance(kids, Array) else [kids]:
        if isinstance(kid, int):
            node.kids.append(MarkedContent(page, kid))
        elif (inner := kid.get("/S")) is not None:
            node.kids.append(_read_node(kid, str(inner)[1:], page, depth - 1, known, most))
        elif "/MCID" in kid and "/Stm" not in kid:
            node.kids.append(MarkedContent(kid.Pg.objgen if "/Pg" in kid else page, int(kid.MCID)))
        else:
            node.kids.append(AnnotationReference(kid) if "/Obj" in kid else kid)
    return node


def tag_of(kid: Any) -> str:
    """The tag of a kid that is an element, else an empty text."""
    return kid.tag if isinstance(kid, TagNode) else ""


def simplify_tags(node: TagNode) -> None:
    """Take out what says nothing: empty elements, those that only group a text, and others in their own kind."""
    # A list laid out as a table row is four lists inside one another, and is announced as four; lines beside a
    # drawing in a paragraph are paragraphs to WeasyPrint.
    kids = _flatten_groups(node)
    for kid in kids:
        if isinstance(kid, TagNode) and kid.tag not in _SPAN_TAGS:
            simplify_tags(kid)
    kids = [kid for kid in kids if not (tag_of(kid) == "Div" and not kid.kids)]
    for index, kid in enumerate(kids):
        while tag_of(kid) in ("Div", "L") and [tag_of(inner) for inner in kid.kids] == [kid.tag]:
            kids[index] = kid = kid.kids[0]
    if node.tag == "P":
        kids = [part for kid in kids for part in (kid.kids if tag_of(kid) == "P" else [kid])]
    node.kids = kids


def _flatten_groups(node: TagNode) -> list[Any]:
    """The kids, in place of groups what is in them, in which all text side by side hangs on one element."""
    # On one it hangs still: where it hangs on the block that says it, MuPDF says the block for each text.
    kids: list[Any] = []
    last: TagNode | None = None
    for kid, group in [*_iterate_group_content(node)]:
        if group is node or not isinstance(kid, MarkedContent):
            kids.append(kid)
            last = None
        elif last and last.kids[0].page == kid.page:
            last.kids.append(kid)
        else:
            # A group in which an element stands between two texts is the first one's.
            source, group.source = group.source, None
            kids.append(last := TagNode(group.tag, [kid], source))
    return kids


def _iterate_group_content(node: TagNode) -> Iterator[tuple[Any, TagNode]]:  # each with the one that holds it
    for kid in node.kids:
        if tag_of(kid) in _SPAN_TAGS and not any(isinstance(one, AnnotationReference) for one in kid.kids):
            yield from _iterate_group_content(kid)
        else:
            yield kid, node
