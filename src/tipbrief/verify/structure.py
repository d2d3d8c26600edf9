"""What the tags of a finished PDF say, and what a screen reader would miss."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import pikepdf

from tipbrief.pdf import tag_tree
from tipbrief.pdf.opening import leaves
from tipbrief.pdf.standards import NEWER
from tipbrief.pdf.tag_tree import HEADINGS, INLINE, Boxes, Marked, Place, TagNode
from tipbrief.problems import Problem, Problems

_SILENT = INLINE - {"Link"}  # where they have no text of their own
_LONGEST = 20_000  # letters of one element: no paragraph has as many
_NAMESPACE = "http://iso.org/pdf2/ssn"


class Element(NamedTuple):
    """One line of the report: a tag, how deep it stands, and what is spoken for it."""

    tag: str
    depth: int
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a screen reader is given, in reading order; and what is wrong that validators may pass."""

    elements: tuple[Element, ...] = ()
    warnings: tuple[Problem, ...] = ()

    @property
    def headings(self) -> tuple[Element, ...]:
        """The headings, in reading order."""
        return tuple(_headings(self.elements))

    def outline(self) -> str:
        """The tags that say something, indented, each with its text."""
        lines = (f"{'  ' * one.depth}{one.tag}{': ' if one.text else ''}{one.text}" for one in self.elements)
        return "\n".join(lines)


def structure(document: pikepdf.Pdf, claims: Collection[str] = ()) -> Structure:
    """The tags of a PDF in reading order, with warnings; some are of what it claims to be."""
    try:
        root = tag_tree.read_tags(document)
    except Problems as untagged:
        return Structure((), tuple(replace(problem, severity="warning") for problem in untagged.problems))
    elements = tuple(_elements(root))
    warnings = [*_warnings(root, elements, tag_tree.trim_boxes(document))]
    if NEWER.readers in claims:
        warnings += _newer_warnings(document, root)
    return Structure(elements, tuple(warnings))


def _newer_warnings(document: pikepdf.Pdf, root: TagNode) -> Iterator[Problem]:
    """What PDF/UA-2 asks for beyond PDF/UA-1, and would be missed by those who believe the claim."""
    if any(str(node.source.get("/NS", {}).get("/NS", "")) != _NAMESPACE for node in root.elements):
        yield _warning("the tags are not in the namespace of PDF 2.0")
    names: Any = document.Root.get("/Names", {})
    named = [one for leaf in leaves(names.Dests) for one in leaf.Names[1::2]] if "/Dests" in names else []
    items: list[Any] = [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]
    led = [item.A for item in items if isinstance(item.get("/A"), pikepdf.Dictionary)]
    actions = [action for action in led if action.get("/S") == pikepdf.Name.GoTo]
    places = [item.Dest for item in items if isinstance(item.get("/Dest"), pikepdf.Array)]
    places += [one for one in (*named, *actions) if isinstance(one, pikepdf.Array) or "/SD" not in one]
    if places:
        yield _warning("a link or a bookmark leads to a place on a page, and to no element")


def _elements(root: TagNode) -> Iterator[Element]:
    waiting = [(kid, 0) for kid in reversed(root.elements)]
    while waiting:
        node, depth = waiting.pop()
        text, language = _said_of(node.source)
        if node.tag == "Link":
            text = next((_words_of(one) for one in node.kids if isinstance(one, Place)), text)
        if text or node.tag not in _SILENT:
            yield Element(node.tag, depth, text[:_LONGEST], language)
            depth += 1
        waiting += [(kid, depth) for kid in reversed(node.elements)]


def _headings(elements: tuple[Element, ...]) -> Iterator[Element]:
    """The headings. One with marks of sources in it says nothing itself: its text is that beside them."""
    for index, heading in enumerate(elements):
        if heading.tag not in HEADINGS:
            continue
        parts = []
        for one in islice(elements, index + 1, None):
            if heading.text or one.depth <= heading.depth:
                break
            if one.depth == heading.depth + 1 and one.tag != "Link" and one.text.strip():
                parts.append(one.text)
        yield heading._replace(text=" ".join(parts)) if parts else heading


def _said_of(source: Any) -> tuple[str, str]:
    """The text that an element says, and its language. Asked for is what it has: else it takes far longer."""
    keys = source.keys()
    named = next((key for key in ("/ActualText", "/Alt") if key in keys), "")
    return str(source[named]) if named else "", str(source["/Lang"]) if "/Lang" in keys else ""


def _words_of(link: Place) -> str:
    return str(link.source.Obj.get("/Contents", ""))


def _warnings(root: TagNode, elements: tuple[Element, ...], boxes: Boxes) -> Iterator[Problem]:
    level = 0
    for heading in _headings(elements):
        now = HEADINGS.index(heading.tag) + 1
        if now > level + 1:
            before = f"after H{level}" if level else "as the first heading"
            yield _warning(f"the heading «{heading.text}» is {heading.tag} {before}")
        level = now
    for node in root.walk():
        if node.tag == "Table" and not any(one.tag == "TH" for one in node.walk()):
            yield _warning("a table has no header cells", "<th> for the head of each column")
        elif node.tag == "TH" and "/Scope" not in node.source.get("/A", {}):
            yield _warning("a header cell does not say whether it heads a column or a row")
        elif node.tag == "Figure":
            yield from _figure_warnings(node, boxes)
    for mute in _unspoken(root):
        yield _warning(f"the text of a {mute.tag} has no /ActualText: it is read in the order of the page")


def _figure_warnings(node: TagNode, boxes: Boxes) -> Iterator[Problem]:
    alternative = str(node.source.get("/Alt", "")).strip()
    if not alternative:
        yield _warning("a picture has no alternative text", "<title> in the SVG, alt in <img>")
    page = next((boxes.get(one.page) for one in node.marked()), None)
    box = [float(edge) for edge in node.source.get("/A", {}).get("/BBox", [])]
    if page and not (
        len(box) == 4 and all(page[i] - 1 <= box[i] < box[i + 2] <= page[i + 2] + 1 for i in (0, 1))
    ):
        yield _warning(f"the box of the picture «{alternative[:40]}» does not lie on its page")


def _unspoken(node: TagNode) -> Iterator[TagNode]:
    """The lowest block elements with marked content that neither they nor elements around it speak for."""
    for kid in node.elements:
        if kid.tag == "Figure" or "/ActualText" in kid.source or "/Alt" in kid.source:
            continue
        if kid.tag not in _SILENT and any(isinstance(one, Marked) for one in _inline_kids(kid)):
            yield kid
        yield from _unspoken(kid)


def _inline_kids(node: TagNode) -> Iterator[Any]:
    for kid in node.kids:
        if not isinstance(kid, TagNode):
            yield kid
        elif kid.tag in _SILENT and "/ActualText" not in kid.source:
            yield from _inline_kids(kid)


def _warning(message: str, hint: str = "") -> Problem:
    return Problem(message, hint=hint, severity="warning")
