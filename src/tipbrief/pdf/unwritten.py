"""Unwritten: the PDF that WeasyPrint made, still in its own objects, where its tags are put right."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

import pydyf
from pydyf import Array, Dictionary

from tipbrief.pdf.tag_tree import Boxes, Marked, Place, TagNode
from tipbrief.pdf.writer import content_of
from tipbrief.problems import Problems

_MARKED_CONTENT = re.compile(rb"/\w+\s*<<\s*/MCID (\d+)\s*>>\s*BDC")


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
                for one in node.kids:
                    if isinstance(one, Marked):
                        self.parents[pages[one.page]["StructParents"]][one.number] = node.source.reference
        for node in nodes:
            if node.moved:
                for kid in node.elements:
                    kid.source["P"] = node.source.reference
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

    def drop_annotations(self, dead: Collection[bytes]) -> None:
        """Take annotations from their pages, and from what holds them."""
        for page in self.pages:
            annotations = page.get("Annots", ())
            for one in annotations:
                if one in dead:
                    del self.parents[self.at(one)["StructParent"]]
            if annotations:
                page["Annots"] = Array(one for one in annotations if one not in dead)

    def set_apart(self, tagged: Collection[tuple[tuple[int, int], int]]) -> None:
        """Headers and footers become artifacts: WeasyPrint marks them as text, but puts them into no tree."""
        for page in self.pages:
            stream, holders = self.at(page["Contents"]), self.parents[page["StructParents"]]

            def as_artifact(found: re.Match[bytes], page: Any = page, holders: Any = holders) -> bytes:
                number = int(found[1])
                if ((page.number, 0), number) in tagged:
                    return found[0]
                holders[number] = "null"
                return b"/Artifact <</Type /Pagination>> BDC"

            stream.stream = [_MARKED_CONTENT.sub(as_artifact, content_of(stream))]
