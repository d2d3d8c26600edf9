"""A PDF as WeasyPrint's own objects, before it is serialised: its tags, links and page labels are repaired here."""

import hashlib
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pydyf
from pydyf import Array, Dictionary, name

from tipbrief.language.dates import Date
from tipbrief.language.language import known_languages, load_language, read_data_file
from tipbrief.pdf import serialiser, tag_repair, tag_tree
from tipbrief.pdf.attachments import Attachment, chart_file, describe_attachment
from tipbrief.pdf.serialiser import read_stream_content
from tipbrief.pdf.standards import DEFAULT_STANDARD, Standard
from tipbrief.pdf.tag_tree import (
    TAGS_WITHIN_BLOCK,
    AnnotationReference,
    LinkTargets,
    MarkedContent,
    PictureData,
    TagNode,
    TextRun,
)
from tipbrief.problems import Problems

_MARKED_CONTENT_START = re.compile(rb"/\w+\s*<<\s*/MCID (\d+)\s*>>\s*BDC")
_SPAN_START = b"/Span\n<< /MCID "
# A text in one font: its number, its colours, where it stands, its line and font, what is shown.
_TEXT_OBJECT = re.compile(
    rb"(?P<number>\d+) >>\nBDC\n(?P<ink>(?:.+ (?:rg|gs)\n)*)BT\n1 0 0 -1 (?P<x>\S+)"
    rb"(?P<line> \S+ Tm\n.+ Tf\n)(?P<shown>(?:[^/\n].*\n)*?)ET\nEMC\n"
)
# A text in one font or several: where it begins from the left and from above, and the size; where its next part begins.
_TEXT_START = re.compile(rb"BT\n(1 0 0 -1 (\S+) (\S+) Tm\n/\S+ (\S+) Tf\n)")
_NEXT_PART = re.compile(rb"TJ\n(?!ET\n|\S+ 0 Td\n)")
_SPACE_GLYPH = re.compile(rb"<(\w+)> <0020>")
# Points that a link goes beyond its text, and that it is high at least.
_LINK_EXTENSION, _LEAST_LINK_HEIGHT = 3.0, 7.0
_CLAIM_FILE = Path(__file__).with_name("claims.yaml")


class PdfDraft:
    """A PDF of pydyf: its catalogue, its pages, its tags. References in it are bytes: ``b"12 0 R"``."""

    def __init__(self, pdf: Any) -> None:
        self.pdf, self.catalog = pdf, pdf.catalog
        if "StructTreeRoot" not in self.catalog:
            raise Problems("the PDF is not tagged: screen readers find no order in it")
        self.pages = [self.resolve_reference(page) for page in pdf.page_references]
        self._tag_root = self.resolve_reference(self.catalog["StructTreeRoot"])
        self._parent_tree_entries = self.resolve_reference(self._tag_root["ParentTree"])["Nums"]
        # By the key of a page or an annotation: the elements that hold its content.
        self.parent_tree = dict(zip(self._parent_tree_entries[::2], self._parent_tree_entries[1::2], strict=True))
        self._empty_marks = set[MarkedContent]()

    def resolve_reference(self, reference: bytes) -> Any:
        """The object to which a reference leads."""
        return self.pdf.objects[int(reference.partition(b" ")[0])]

    def read_tags(self) -> TagNode:
        """The structure tree, its root on top."""
        return self._read_node(self._tag_root)

    def _read_node(self, source: Any) -> TagNode:
        node = TagNode(source.get("S", "/Root")[1:], [], source)
        page = (int(source["Pg"].partition(b" ")[0]), 0) if "Pg" in source else (0, 0)
        for kid in source.get("K", ()):
            if isinstance(kid, int):
                node.kids.append(MarkedContent(page, kid))
            elif "S" in (held := self.resolve_reference(kid)):
                node.kids.append(self._read_node(held))
            else:
                node.kids.append(AnnotationReference(held))
        return node

    def write_tags(self, root: TagNode) -> None:
        """Write the kids, parents and entries of the tags back into the PDF."""
        pages = {(page.number, 0): page for page in self.pages}
        nodes = [*root.walk()]
        for node in nodes:
            if node.source is None:
                node.source = Dictionary({"Type": "/StructElem", "S": "/" + node.tag})
                self.pdf.add_object(node.source)
                if first := next(node.iterate_marked_content(), None):
                    node.source["Pg"] = pages[first.page].reference
        for node in nodes:
            reference = node.source.reference
            for kid in node.kids:
                if isinstance(kid, MarkedContent):
                    self.parent_tree[pages[kid.page]["StructParents"]][kid.number] = reference
                elif isinstance(kid, TagNode):
                    kid.source["P"] = reference
            node.source["K"] = Array(
                kid.number if isinstance(kid, MarkedContent) else kid.source.reference for kid in node.kids
            )
            node.source.update(node.entries)
        self._parent_tree_entries[:] = [part for pair in self.parent_tree.items() for part in pair]

    def index_identifiers(self, root: TagNode) -> None:
        """Write the tree in which readers look up the identifiers of header cells."""
        sources = [node.source for node in root.walk() if "ID" in node.source]
        named = {source["ID"].string: source.reference for source in sources}
        if named:
            names = Array(part for key in sorted(named) for part in (pydyf.String(key), named[key]))
            tree = Dictionary({"Names": names})
            self.pdf.add_object(tree)
            self._tag_root["IDTree"] = tree.reference

    def link_to_elements(self, root: TagNode, texts: Sequence[MarkedContent], targets: LinkTargets) -> None:
        """Let links and bookmarks lead to elements, as PDF/UA-2 requires; older readers go to a place on the page."""
        holders, whole = dict(_iterate_enclosing_blocks(root, root)), root.elements[0]

        def element(text: int | None) -> bytes:
            following = [] if text is None else texts[text:] or texts[-1:]
            holder = next((holders[one] for one in following if one in holders), whole)
            return holder.source.reference  # type: ignore[no-any-return]

        def leading(place: Array, text: int | None) -> Dictionary:
            return Dictionary({"D": place, "SD": Array([element(text), *place[1:]])})

        if "Dests" in (names := self.catalog.get("Names", {})):
            named = names["Dests"]["Names"]
            for index in range(0, len(named), 2):
                named[index + 1] = leading(named[index + 1], targets.anchors.get(named[index].string))
        for bookmark, text in zip(self._iterate_bookmarks(self.catalog), targets.bookmarks, strict=True):
            bookmark["A"] = Dictionary({"S": "/GoTo", **leading(bookmark.pop("Dest"), text)})

    def _iterate_bookmarks(self, parent: Any) -> Iterator[Any]:  # below one or the catalogue, in the order of the pages
        following = parent.get("Outlines") or parent.get("First")
        while following:
            bookmark = self.resolve_reference(following)
            if "Title" in bookmark:
                yield bookmark
            yield from self._iterate_bookmarks(bookmark)
            following = bookmark.get("Next")

    def drop_annotations(self, dead: Collection[bytes]) -> None:
        """Remove annotations from their pages and from the elements that hold them."""
        for one in dead:
            del self.parent_tree[self.resolve_reference(one)["StructParent"]]
        for page in (one for one in self.pages if "Annots" in one):
            page["Annots"] = Array(one for one in page["Annots"] if one not in dead)

    def add_empty_mark(self, page: tuple[int, int]) -> MarkedContent:
        """Add a marked content that draws nothing to a page; text for screen readers only is attached to it."""
        (drawn,) = (one for one in self.pages if (one.number, 0) == page)
        holders = self.parent_tree[drawn["StructParents"]]
        holders.append("null")  # until its element is written
        mark = MarkedContent(page, len(holders) - 1)
        self._empty_marks.add(mark)
        return mark

    def attach_charts(self, charts: Iterable[tuple[TagNode, TagNode, PictureData]]) -> None:
        """Lead from each picture to the table of its numbers, and to a file with them, for programs."""
        names = Array()
        for number, (figure, table, numbers) in enumerate(charts, 1):
            item = chart_file(number, ([cell.text for cell in row] for row in (*numbers.head, *numbers.body)))
            held, entries = _describe_file(item)
            self.pdf.add_object(stream := pydyf.Stream([item.data], held))
            entries["EF"] = b"<< /F %b /UF %b >>" % (stream.reference, stream.reference)
            self.pdf.add_object(file := Dictionary(entries))
            figure.source.update({"AF": Array([file.reference]), "Ref": Array([table.source.reference])})
            names += [pydyf.String(item.name), file.reference]
        if names:
            self.catalog.setdefault("Names", Dictionary())["EmbeddedFiles"] = Dictionary({"Names": names})

    def join_text_objects(self, before: Mapping[MarkedContent, MarkedContent]) -> set[MarkedContent]:
        """Draw texts in one with those ``before`` them in the same font and colour; those so drawn."""
        # pdf.js drops the space between two such texts, and PDFBox misplaces them, if the later one stands at the left.
        joined, wanted = set(), {*before, *before.values()}
        for page in self.pages:
            stream, holders = self.resolve_reference(page["Contents"]), self.parent_tree[page["StructParents"]]
            head, *pieces = read_stream_content(stream).split(_SPAN_START)
            content, run, last = [head], list[re.Match[bytes]](), None
            for piece in pieces:
                one = MarkedContent((page.number, 0), int(piece[: piece.index(b" ")]))
                text = _TEXT_OBJECT.match(piece) if one in wanted else None
                follows = run and before.get(one) == last and run[-1].end() == len(run[-1].string)
                if text and follows and not text["ink"] and text["line"] == run[-1]["line"]:
                    run.append(text)
                    content[-1] = _merge_text_objects(run)
                    joined.add(one)
                    holders[one.number] = "null"
                else:
                    run = [text] if text else []
                    content.append(piece)
                last = one
            fonts = self.resolve_reference(self.resolve_reference(page["Resources"])["Font"])
            parts = [self._part_from_mark(mark, piece, fonts) for mark, piece in pairwise(content)]
            stream.stream = [_SPAN_START.join([head, *parts])]
        return joined

    def _part_from_mark(self, mark: bytes, piece: bytes, fonts: Mapping[str, bytes]) -> bytes:
        """A text of several parts, with spaces before it if it follows a raised mark at the left."""
        # PDFium sorts texts of one line from the left, and takes baselines less than half a letter apart for one. A
        # wide letter would so go with the mark, away from its word. A space is never wide; PDFium skips a single one.
        text, before = map(_TEXT_START.search, (piece, mark))
        if not text or not before or not _NEXT_PART.search(piece):
            return piece
        (right, above), (x, y, size) = map(float, before.groups()[1:3]), map(float, text.groups()[1:])
        if x > right or not 0 < abs(y - above) < size:
            return piece
        for font, reference in fonts.items():
            letters = self.resolve_reference(self.resolve_reference(reference)["ToUnicode"])
            if space := _SPACE_GLYPH.search(read_stream_content(letters)):
                values = before[2], text[3], font.encode(), text[4], 2 * space[1], text[1]
                return piece.replace(text[1], b"1 0 0 -1 %b %b Tm\n/%b %b Tf\n[<%b>] TJ\n%b" % values, 1)
        return piece

    def mark_artifacts(
        self, tagged: Collection[MarkedContent], pictures: Mapping[MarkedContent, Sequence[float]]
    ) -> None:
        """Turn what no tag holds into artifacts: headers, footers, purely visual content."""
        # WeasyPrint marks it as text. A picture begins with a dot that paints nothing, over the whole of its
        # box: Chromium offers the words for a picture only where it finds an image. New marks get their place.
        waiting = {*tagged}
        for page in self.pages:
            place = (page.number, 0)
            stream, holders = self.resolve_reference(page["Contents"]), self.parent_tree[page["StructParents"]]

            def mark_again(found: re.Match[bytes], place: Any = place, holders: Any = holders) -> bytes:
                one = MarkedContent(place, int(found[1]))
                if one not in waiting:
                    holders[one.number] = "null"
                    return b"/Artifact <</Type /Pagination>> BDC"
                waiting.remove(one)
                return found[0] + (_draw_invisible_image(pictures[one]) if one in pictures else b"")

            content = _MARKED_CONTENT_START.sub(mark_again, read_stream_content(stream))
            missing = {one for one in waiting if one.page == place}
            if not missing <= self._empty_marks and not _MARKED_CONTENT_START.search(content):
                fault = "the text of the PDF is not marked in the way that WeasyPrint 70 marks it"
                raise Problems(fault, hint=tag_repair.UNKNOWN_VERSION_HINT)
            empty = sorted(one.number for one in missing)
            stream.stream = [content, *(b"/Span <</MCID %d>> BDC EMC" % number for number in empty)]

    def widen_links(self) -> None:
        """Extend each link a little to the right of its text, and give links without height the least height."""
        # Firefox's pdf.js gives a link to the text before it, from the left, by their middles. Those of a link and its
        # own text are the same but for rounding. The line of a raised mark has no height: it would move others.
        for page in self.pages:
            links = [self.resolve_reference(one) for one in page.get("Annots", ())]
            places = [(*sorted(map(float, one["Rect"][::2])), *sorted(map(float, one["Rect"][1::2]))) for one in links]
            for one, (left, right, low, high) in zip(links, places, strict=True):
                more = max(0.0, _LEAST_LINK_HEIGHT - (high - low)) / 2
                next_to = (x for x, _, foot, head in places if x >= right and foot <= high and head >= low)
                beyond = min([right + _LINK_EXTENSION, *next_to])
                one["Rect"] = Array(round(edge, 2) for edge in (left, low - more, beyond, high + more))

    def number_pages(self) -> None:
        """Label the pages by number, in the digits of the document's language."""
        tag = self.catalog["Lang"].string
        if tag in known_languages():
            digits = load_language(tag).digits
            labels = [Dictionary({"P": pydyf.String(digits(number))}) for number in range(1, len(self.pages) + 1)]
            self.catalog["PageLabels"] = Dictionary({"Nums": Array(chain.from_iterable(enumerate(labels)))})


def _merge_text_objects(run: Sequence[re.Match[bytes]]) -> bytes:
    placed = sorted(run, key=lambda text: float(text["x"]))
    steps = [
        b"%.6f 0 Td\n%b" % (float(text["x"]) - float(before["x"]), text["shown"]) for before, text in pairwise(placed)
    ]
    head = b"%b >>\nBDC\n%bBT\n1 0 0 -1 " % run[0].group("number", "ink")
    behind = run[-1].string[run[-1].end() :]
    return b"".join([head, *placed[0].group("x", "line", "shown"), *steps, b"ET\nEMC\n", behind])


def _draw_invisible_image(box: Sequence[float]) -> bytes:
    """A mask of one point, which leaves out what is below it: the one kind of image without any colour."""
    left, top, right, foot = box
    place = b"%.2f 0 0 %.2f %.2f %.2f" % (right - left, foot - top, left, top)
    return b"\nq %b cm BI /W 1 /H 1 /IM true /D [1 0] /L 1 ID 0 EI Q" % place


def _iterate_enclosing_blocks(node: TagNode, block: TagNode) -> Iterator[tuple[MarkedContent, TagNode]]:
    """Each marked content with the block or the item that holds it; ``block`` is the one around ``node``."""
    block = block if node.tag in TAGS_WITHIN_BLOCK else node
    for kid in node.kids:
        if isinstance(kid, MarkedContent):
            yield kid, block
        elif isinstance(kid, TagNode):
            yield from _iterate_enclosing_blocks(kid, block)


def finish_pdf(
    pdf: Any, *, text_runs: Sequence[TextRun], standard: Standard = DEFAULT_STANDARD, targets: LinkTargets | None = None
) -> bytes:
    """Make a PDF of WeasyPrint archivable and accessible, before files are attached. It uses up the objects."""
    # ``text_runs`` and ``targets`` are those of ``typeset.engine.Typeset``.
    document = PdfDraft(pdf)
    root = document.read_tags()
    runs = tag_repair.assign_text_runs(root, text_runs, document.add_empty_mark)
    document.drop_annotations(tag_repair.detach_nested_links(root))
    document.widen_links()
    tag_repair.join_text_runs(root, runs, document.join_text_objects)
    tag_repair.drop_visual_only(root, runs)
    tag_tree.simplify_tags(root)
    pictures = tag_repair.find_picture_boxes(root)
    trim_boxes = {(page.number, 0): [*map(float, page["TrimBox"])] for page in document.pages}
    tag_repair.repair_tags(root, runs, trim_boxes)
    charts = [*tag_repair.add_picture_tables(root, runs, document.add_empty_mark)]
    tag_repair.describe_links(root, runs, document.resolve_reference)
    tag_repair.add_actual_text(root, runs, document.catalog["Lang"].string)
    document.write_tags(root)
    document.attach_charts(charts)
    document.index_identifiers(root)
    if targets is not None:
        document.link_to_elements(root, [one for one, run in runs.items() if run.is_drawn], targets)
    document.mark_artifacts({*root.iterate_marked_content()}, pictures)
    document.number_pages()
    for stream in (item for item in pdf.objects if isinstance(item, pydyf.Stream)):
        stream.extra.pop("Interpolate", None)
    claim = read_data_file(_CLAIM_FILE)[standard.pdf_ua].replace("\n", "")
    metadata = document.resolve_reference(document.catalog["Metadata"])
    head, end, tail = serialiser.read_stream_content(metadata).rpartition(b"</rdf:RDF>")
    metadata.stream = [head + claim.encode() + end + tail]
    return serialiser.serialise_pdf(pdf, standard.version)


def attach_files(pdf: bytes, attachments: Sequence[Attachment], created: Date) -> bytes:
    """A finished PDF with what it carries; ``created`` is the publication's date."""
    # Readers see names without folders, since some cannot save others; the name tree has the whole name.
    day = serialiser.serialise_string(f"D:{created.iso().replace('-', '')}")
    files = [_serialise_attachment(item, day) for item in sorted(attachments, key=lambda item: item.name)]
    return serialiser.append_files(pdf, files)


@lru_cache(64)  # many documents of one day carry the same dataset
def _serialise_attachment(item: Attachment, day: bytes) -> serialiser.EmbeddedFile:
    held, entries = _describe_file(item, {"CreationDate": day, "ModDate": day})
    stream = serialiser.serialise_stream({**held, "Filter": b"/FlateDecode"}, item.compressed_data)
    return serialiser.EmbeddedFile(serialiser.serialise_string(item.name), entries, stream)


def _describe_file(item: Attachment, dates: Mapping[str, bytes] = {}) -> tuple[dict[str, bytes], dict[str, bytes]]:
    """The entries of the stream of a file, and those of what leads to it."""
    checksum = b"<%b>" % hashlib.md5(item.data, usedforsecurity=False).hexdigest().encode()
    params = {"Size": b"%d" % len(item.data), "CheckSum": checksum, **dates}
    flat = serialiser.serialise_string(item.name.replace("/", "__"))
    relationship, kind, said = describe_attachment(item.name)
    entries = {
        "Type": b"/Filespec", "F": flat, "UF": flat, "AFRelationship": name(relationship),
        "Desc": serialiser.serialise_string(said),
    }  # fmt: skip
    return {"Type": b"/EmbeddedFile", "Subtype": name(kind), "Params": serialiser.serialise_object(params)}, entries
