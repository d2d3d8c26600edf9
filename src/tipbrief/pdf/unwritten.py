"""Unwritten: the PDF that WeasyPrint made, still in its own objects, where its tags are put right."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pydyf
from pydyf import Array, Dictionary

from tipbrief.language.language import known_languages, language
from tipbrief.pdf.tag_tree import INLINE, Boxes, Marked, Place, TagNode
from tipbrief.pdf.writer import content_of
from tipbrief.problems import Problems

_INSIDE = INLINE | {"Lbl", "LBody"}  # what is no block, nor all of an item
_MARKED_CONTENT = re.compile(rb"/\w+\s*<<\s*/MCID (\d+)\s*>>\s*BDC")
_BEGINS = b"/Span\n<< /MCID "
# A text in one font: its number, its colours, where it stands, its line and font, what is shown.
_TEXT = re.compile(
    rb"(?P<number>\d+) >>\nBDC\n(?P<ink>(?:.+ (?:rg|gs)\n)*)BT\n1 0 0 -1 (?P<x>\S+)"
    rb"(?P<line> \S+ Tm\n.+ Tf\n)(?P<shown>(?:[^/\n].*\n)*?)ET\nEMC\n"
)
# Points that a link goes beyond its text, and that it is high at least.
_BEYOND, _LOWEST = 3.0, 7.0


@dataclass(frozen=True, slots=True)
class Targets:
    """To which text each anchor of the HTML and each bookmark leads, counted as they are tagged.

    None: to one that is in no tag.
    """

    anchors: dict[str, int | None]
    bookmarks: list[int | None]


class Unwritten:
    """A PDF of pydyf: its catalogue, its pages, its tags. References in it are bytes: ``b"12 0 R"``."""

    def __init__(self, pdf: Any) -> None:
        self.pdf, self.catalog = pdf, pdf.catalog
        if "StructTreeRoot" not in self.catalog:
            raise Problems("the PDF is not tagged: screen readers find no order in it")
        self.pages = [self.at(page) for page in pdf.page_references]
        self._tags = self.at(self.catalog["StructTreeRoot"])
        self._holders = self.at(self._tags["ParentTree"])["Nums"]
        # By the key of a page or an annotation: the elements that hold its content.
        self.parents = dict(zip(self._holders[::2], self._holders[1::2], strict=True))

    def at(self, reference: bytes) -> Any:
        """The object to which a reference leads."""
        return self.pdf.objects[int(reference.partition(b" ")[0])]

    def trim_boxes(self) -> Boxes:
        """What is left of each page when the paper is cut."""
        return {(page.number, 0): [float(edge) for edge in page["TrimBox"]] for page in self.pages}

    def read_tags(self) -> TagNode:
        """The structure tree, its root on top."""
        return self._node(self._tags)

    def _node(self, source: Any) -> TagNode:
        node = TagNode(source.get("S", "/Root")[1:], [], source)
        page = (int(source["Pg"].partition(b" ")[0]), 0) if "Pg" in source else (0, 0)
        for kid in source.get("K", ()):
            if isinstance(kid, int):
                node.kids.append(Marked(page, kid))
            elif "S" in (held := self.at(kid)):
                node.kids.append(self._node(held))
            else:
                node.kids.append(Place(held))
        return node

    def write_tags(self, root: TagNode) -> None:
        """Write back what was changed: kids, parents, texts, languages and other entries."""
        pages = {(page.number, 0): page for page in self.pages}
        nodes = [*root.walk()]
        for node in nodes:
            if node.source is None:
                node.source = Dictionary({"Type": "/StructElem", "S": "/" + node.tag})
                self.pdf.add_object(node.source)
                if first := next(node.marked(), None):
                    node.source["Pg"] = pages[first.page].reference
        for node in nodes:
            if node.moved:
                reference = node.source.reference
                for kid in node.kids:
                    if isinstance(kid, Marked):
                        self.parents[pages[kid.page]["StructParents"]][kid.number] = reference
                    elif isinstance(kid, TagNode):
                        kid.source["P"] = reference
                node.source["K"] = Array(
                    kid.number if isinstance(kid, Marked) else kid.source.reference for kid in node.kids
                )
            node.source.update(node.entries)
        self._write_parents()

    def _write_parents(self) -> None:
        self._holders[:] = [part for pair in self.parents.items() for part in pair]

    def index_identifiers(self, root: TagNode) -> None:
        """Cells name their headers by identifiers, which are looked up in this tree."""
        sources = [node.source for node in root.walk() if "ID" in node.source]
        named = {source["ID"].string: source.reference for source in sources}
        if named:
            names = Array(part for key in sorted(named) for part in (pydyf.String(key), named[key]))
            tree = Dictionary({"Names": names})
            self.pdf.add_object(tree)
            self._tags["IDTree"] = tree.reference

    def lead_to_elements(self, root: TagNode, texts: Sequence[Marked], targets: Targets) -> None:
        """Links and bookmarks lead to elements, as PDF/UA-2 wants; readers that know none go to places."""
        holders, whole = dict(_holders(root, root)), root.elements[0]

        def element(text: int | None) -> bytes:
            """That of the text, or of the next one that is in the tags; the whole document where none is."""
            following = [] if text is None else texts[text:] or texts[-1:]
            holder = next((holders[one] for one in following if one in holders), whole)
            return holder.source.reference  # type: ignore[no-any-return]

        def leading(place: Array, text: int | None) -> Dictionary:
            return Dictionary({"D": place, "SD": Array([element(text), *place[1:]])})

        if "Dests" in (names := self.catalog.get("Names", {})):
            named = names["Dests"]["Names"]
            for index in range(0, len(named), 2):
                named[index + 1] = leading(named[index + 1], targets.anchors.get(named[index].string))
        for bookmark, text in zip(self._bookmarks(self.catalog), targets.bookmarks, strict=True):
            bookmark["A"] = Dictionary({"S": "/GoTo", **leading(bookmark.pop("Dest"), text)})

    def _bookmarks(self, parent: Any) -> Iterator[Any]:
        """The bookmarks below one, or below the catalogue, in the order of the pages."""
        following = parent.get("Outlines") or parent.get("First")
        while following:
            bookmark = self.at(following)
            if "Title" in bookmark:
                yield bookmark
            yield from self._bookmarks(bookmark)
            following = bookmark.get("Next")

    def drop_annotations(self, dead: Collection[bytes]) -> None:
        """Take annotations from their pages, and from what holds them."""
        for page in self.pages:
            annotations = page.get("Annots", ())
            for one in annotations:
                if one in dead:
                    del self.parents[self.at(one)["StructParent"]]
            if annotations:
                page["Annots"] = Array(one for one in annotations if one not in dead)

    def new_mark(self, page: tuple[int, int]) -> Marked:
        """A marked content in which nothing is drawn, on one of the pages: what only is heard hangs on it."""
        (drawn,) = (one for one in self.pages if (one.number, 0) == page)
        holders = self.parents[drawn["StructParents"]]
        holders.append("null")  # until its element is written
        return Marked(page, len(holders) - 1)

    def join(self, before: Mapping[Marked, Marked]) -> set[Marked]:
        """Draw texts in one with those ``before`` them, where both are alike; those so drawn.

        Alike are texts beside each other in one font and colour. pdf.js drops the space between two texts,
        and PDFBox misplaces them, if the later one stands at the left; so they are drawn from the left.
        """
        joined, wanted = set(), {*before, *before.values()}
        for page in self.pages:
            stream, holders = self.at(page["Contents"]), self.parents[page["StructParents"]]
            head, *pieces = content_of(stream).split(_BEGINS)
            content, run, last = [head], list[re.Match[bytes]](), None
            for piece in pieces:
                one = Marked((page.number, 0), int(piece[: piece.index(b" ")]))
                text = _TEXT.match(piece) if one in wanted else None
                if text and run and before.get(one) == last and _are_alike(run[-1], text):
                    run.append(text)
                    content[-1] = _drawn(run)
                    joined.add(one)
                    holders[one.number] = "null"
                else:
                    run = [text] if text else []
                    content.append(piece)
                last = one
            stream.stream = [_BEGINS.join(content)]
        return joined

    def mark(self, tagged: Collection[Marked], pictures: Mapping[Marked, Sequence[float]]) -> None:
        """What no tag holds becomes an artifact: headers, footers, what is only seen.

        WeasyPrint marks it as text. A picture begins with a dot that paints nothing, over the whole of its
        box: Chromium offers the words for a picture only where it finds an image. New marks get their place.
        """
        waiting = {*tagged}
        for page in self.pages:
            place = (page.number, 0)
            stream, holders = self.at(page["Contents"]), self.parents[page["StructParents"]]

            def marked(found: re.Match[bytes], place: Any = place, holders: Any = holders) -> bytes:
                one = Marked(place, int(found[1]))
                if one not in waiting:
                    holders[one.number] = "null"
                    return b"/Artifact <</Type /Pagination>> BDC"
                waiting.remove(one)
                return found[0] + (_dot(pictures[one]) if one in pictures else b"")

            content = _MARKED_CONTENT.sub(marked, content_of(stream))
            empty = sorted(one.number for one in waiting if one.page == place)
            stream.stream = [content, *(b"/Span <</MCID %d>> BDC EMC" % number for number in empty)]

    def widen_links(self) -> None:
        """Each link reaches a little farther to the right than its text, and one of no height gets some.

        pdf.js, which Firefox has, gives a link to the text before it, from the left, by their middles. The
        middles of a link and of its own text are the same but for rounding. The line of a raised mark has no
        height, for it would move those around it.
        """
        for page in self.pages:
            links = [self.at(one) for one in page.get("Annots", ())]
            places = [
                (*sorted(map(float, one["Rect"][::2])), *sorted(map(float, one["Rect"][1::2])))
                for one in links
            ]
            for one, (left, right, low, high) in zip(links, places, strict=True):
                more = max(0.0, _LOWEST - (high - low)) / 2
                next_to = (x for x, _, foot, head in places if x >= right and foot <= high and head >= low)
                beyond = min([right + _BEYOND, *next_to])
                one["Rect"] = Array(round(edge, 2) for edge in (left, low - more, beyond, high + more))

    def number_pages(self) -> None:
        """Each page is called by its number in the digits of the document's language."""
        tag = self.catalog["Lang"].string
        if tag in known_languages():
            digits = language(tag).digits
            labels = (
                part
                for index in range(len(self.pages))
                for part in (index, Dictionary({"P": pydyf.String(digits(index + 1))}))
            )
            self.catalog["PageLabels"] = Dictionary({"Nums": Array(labels)})


def _are_alike(text: re.Match[bytes], following: re.Match[bytes]) -> bool:
    return text.end() == len(text.string) and not following["ink"] and text["line"] == following["line"]


def _drawn(run: Sequence[re.Match[bytes]]) -> bytes:
    """Texts as one, each where it was, and what is drawn behind them."""
    placed = sorted(run, key=lambda text: float(text["x"]))
    steps = [
        b"%.6f 0 Td\n%b" % (float(text["x"]) - float(before["x"]), text["shown"])
        for before, text in pairwise(placed)
    ]
    head = b"%b >>\nBDC\n%bBT\n1 0 0 -1 " % run[0].group("number", "ink")
    behind = run[-1].string[run[-1].end() :]
    return b"".join([head, *placed[0].group("x", "line", "shown"), *steps, b"ET\nEMC\n", behind])


def _dot(box: Sequence[float]) -> bytes:
    """A mask of one point, which leaves out what is below it: the one kind of image without any colour."""
    left, top, right, foot = box
    place = b"%.2f 0 0 %.2f %.2f %.2f" % (right - left, foot - top, left, top)
    return b"\nq %b cm BI /W 1 /H 1 /IM true /D [1 0] /L 1 ID 0 EI Q" % place


def _holders(node: TagNode, block: TagNode) -> Iterator[tuple[Marked, TagNode]]:
    """Each marked content with the block or the item that holds it; ``block`` is the one around ``node``."""
    block = block if node.tag in _INSIDE else node
    for kid in node.kids:
        if isinstance(kid, Marked):
            yield kid, block
        elif isinstance(kid, TagNode):
            yield from _holders(kid, block)
