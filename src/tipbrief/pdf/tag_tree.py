"""The structure tree of a tagged PDF: read into plain nodes, changed there, written back, and reported on."""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tipbrief.problems import Problem, Problems

HEADINGS = ("H1", "H2", "H3", "H4", "H5", "H6")
INLINE = frozenset({"Span", "NonStruct", "Link", "Quote", "Code", "Reference", "Note"})
MOST_NESTED = 200
# Where a screen reader announces nothing, so that one alone inside its like says nothing either.
_SILENT = frozenset({"Div", "NonStruct"})


@dataclass(frozen=True, slots=True)
class Marked:
    """A stretch of a page's content stream that a structure element holds."""

    page: tuple[int, int]
    number: int


@dataclass(eq=False, slots=True)
class Node:
    """A structure element. Its ``kids`` are elements, marked content, and references as the file has them."""

    tag: str
    kids: list[Any]
    source: Any = None  # the element in the file; None while it is new
    text: str | None = None  # /ActualText
    language: str = ""
    entries: dict[str, Any] = field(default_factory=dict)  # what is set besides, by key
    moved: bool = False

    @property
    def elements(self) -> list[Node]:
        """The kids that are structure elements."""
        return [kid for kid in self.kids if isinstance(kid, Node)]

    def walk(self) -> Iterator[Node]:
        """This element and all below it, in reading order."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting += reversed(node.elements)

    def marked(self) -> Iterator[Marked]:
        """The marked content below this element, in reading order."""
        for kid in self.kids:
            if isinstance(kid, Node):
                yield from kid.marked()
            elif isinstance(kid, Marked):
                yield kid


def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, open for reading and changing; Problems where it is none."""
    try:
        return pikepdf.open(io.BytesIO(pdf))
    except pikepdf.PasswordError:
        raise Problems(Problem("the PDF is encrypted and needs a password")) from None
    except pikepdf.PdfError:
        raise Problems(Problem("this is not a PDF, or it is damaged")) from None


def read(pdf: pikepdf.Pdf) -> Node:
    """The structure tree, its root on top; Problems where there is none."""
    if "/StructTreeRoot" not in pdf.Root:
        raise Problems(Problem("the PDF is not tagged: screen readers find no order in it"))
    return _node(pdf.Root.StructTreeRoot, None, 0)


def _node(source: Any, page: Any, depth: int) -> Node:
    if depth > MOST_NESTED:
        raise Problems(Problem("the tags of the PDF are nested too deeply, or in a circle"))
    node = Node(str(source.get("/S", "/Root"))[1:], [], source)
    page = source.get("/Pg", page)
    kids = source.get("/K", [])
    for kid in kids if isinstance(kids, Array) else [kids]:
        if isinstance(kid, int):
            node.kids.append(Marked(_number(page), kid))
        elif "/S" in kid:
            node.kids.append(_node(kid, page, depth + 1))
        elif "/MCID" in kid and "/Stm" not in kid:
            node.kids.append(Marked(_number(kid.get("/Pg", page)), int(kid.MCID)))
        else:
            node.kids.append(kid)
    return node


def _number(page: Any) -> tuple[int, int]:
    number: tuple[int, int] = (0, 0) if page is None else page.objgen
    return number


def is_annotation(kid: Any) -> bool:
    """Whether a kid refers to an annotation: a link's place on the page."""
    return isinstance(kid, Dictionary) and "/Obj" in kid


def collapse(node: Node) -> None:
    """Take out empty divisions, and elements that only wrap one of their own kind.

    A list laid out as a table row is four lists inside one another, and is announced as four.
    """
    kids = [_unwrapped(kid) for kid in node.kids if not (_is_silent(kid) and not kid.kids)]
    if kids != node.kids:
        node.kids, node.moved = kids, True
    for kid in node.elements:
        collapse(kid)


def _unwrapped(kid: Any) -> Any:
    while (_is_silent(kid) or getattr(kid, "tag", "") == "L") and [
        getattr(inner, "tag", "") for inner in kid.kids
    ] == [kid.tag]:
        kid = kid.kids[0]
    return kid


def _is_silent(kid: Any) -> bool:
    return isinstance(kid, Node) and kid.tag in _SILENT


def write(pdf: pikepdf.Pdf, root: Node) -> None:
    """Write back what was changed: kids, parents, texts, languages and other entries."""
    pages = {page.obj.objgen: page.obj for page in pdf.pages}
    parents = parent_tree(pdf)
    for node in root.walk():
        if node.source is None:
            node.source = pdf.make_indirect(Dictionary(Type=Name.StructElem, S=Name("/" + node.tag)))
            if first := next(node.marked(), None):
                node.source.Pg = pages[first.page]
            for one in node.kids:
                if isinstance(one, Marked):
                    parents[int(pages[one.page].StructParents)][one.number] = node.source
    for node in root.walk():
        if node.moved:
            for kid in node.elements:
                kid.source.P = node.source
            node.source.K = Array(_entry(kid) for kid in node.kids)
        if node.text is not None:
            node.source.ActualText = String(node.text)
        if node.language:
            node.source.Lang = String(node.language)
        for key, value in node.entries.items():
            node.source[key] = value


def parent_tree(pdf: pikepdf.Pdf) -> dict[int, Any]:
    """By the key of a page or an annotation: the elements that hold its content."""
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    return {int(numbers[index]): numbers[index + 1] for index in range(0, len(numbers), 2)}


def _entry(kid: Any) -> Any:
    if isinstance(kid, Marked):
        return kid.number
    return kid.source if isinstance(kid, Node) else kid


@dataclass(frozen=True, slots=True)
class Element:
    """One line of the report: a tag, how deep it stands, and what is spoken for it."""

    tag: str
    depth: int
    text: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class Structure:
    """What a screen reader is given, in reading order; what is wrong that validators pass; the claims."""

    elements: tuple[Element, ...]
    warnings: tuple[Problem, ...]
    claims: tuple[str, ...]

    @property
    def headings(self) -> tuple[Element, ...]:
        """The headings, in reading order."""
        return tuple(element for element in self.elements if element.tag in HEADINGS)

    def outline(self) -> str:
        """The tags that say something, indented, each with its text."""
        return "\n".join(
            f"{'  ' * element.depth}{element.tag}{f': {element.text}' if element.text else ''}"
            for element in self.elements
        )


def structure(pdf: bytes) -> Structure:
    """The tags of a PDF in reading order, with warnings."""
    with opened(pdf) as document:
        try:
            root = read(document)
        except Problems as untagged:
            warnings = [_warning(problem.message, problem.hint) for problem in untagged.problems]
            return Structure((), tuple(warnings), _claims(document))
        boxes = {page.obj.objgen: [float(edge) for edge in page.trimbox] for page in document.pages}
        elements = tuple(_report(root, 0))
        return Structure(elements, tuple(_warnings(root, elements, boxes)), _claims(document))


def _claims(document: pikepdf.Pdf) -> tuple[str, ...]:
    with document.open_metadata() as metadata:
        archival, accessible = metadata.get("pdfaid:part"), metadata.get("pdfuaid:part")
        level = metadata.get("pdfaid:conformance", "")
    return (
        *([f"PDF/A-{archival}{level}"] if archival else []),
        *([f"PDF/UA-{accessible}"] if accessible else []),
    )


def _report(node: Node, depth: int) -> Iterator[Element]:
    for kid in node.elements:
        text = str(kid.source.get("/ActualText", kid.source.get("/Alt", "")))
        if kid.tag == "Link":
            text = next((str(one.Obj.get("/Contents", "")) for one in kid.kids if is_annotation(one)), text)
        if kid.tag in INLINE - {"Link"} and not text:
            yield from _report(kid, depth)
        else:
            yield Element(kid.tag, depth, text, str(kid.source.get("/Lang", "")))
            yield from _report(kid, depth + 1)


def _warnings(
    root: Node, elements: tuple[Element, ...], boxes: Mapping[tuple[int, int], list[float]]
) -> Iterator[Problem]:
    level = 0
    for heading in (element for element in elements if element.tag in HEADINGS):
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


def _figure_warnings(node: Node, boxes: Mapping[tuple[int, int], list[float]]) -> Iterator[Problem]:
    alternative = str(node.source.get("/Alt", "")).strip()
    if not alternative:
        yield _warning("a picture has no alternative text", "<title> in the SVG, alt in <img>")
    page = next((boxes.get(one.page) for one in node.marked()), None)
    box = [float(edge) for edge in node.source.get("/A", {}).get("/BBox", [])]
    if page and not (
        len(box) == 4
        and page[0] - 1 <= box[0] < box[2] <= page[2] + 1
        and page[1] - 1 <= box[1] < box[3] <= page[3] + 1
    ):
        yield _warning(f"the box of the picture «{alternative[:40]}» does not lie on its page")


def _unspoken(node: Node) -> Iterator[Node]:
    """The lowest block elements with marked content that neither they nor elements around it speak for."""
    for kid in node.elements:
        spoken = {"/ActualText", "/Alt"} & set(kid.source.keys())
        if spoken or kid.tag == "Figure":
            continue
        if kid.tag not in INLINE - {"Link"} and any(isinstance(one, Marked) for one in _inline_kids(kid)):
            yield kid
        yield from _unspoken(kid)


def _inline_kids(node: Node) -> Iterator[Any]:
    for kid in node.kids:
        if not isinstance(kid, Node):
            yield kid
        elif kid.tag in INLINE - {"Link"} and "/ActualText" not in kid.source:
            yield from _inline_kids(kid)


def _warning(message: str, hint: str = "") -> Problem:
    return Problem(message, hint=hint, severity="warning")
