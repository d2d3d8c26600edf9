"""Structure: what the tags of a finished PDF say to a screen reader, and whether its pages and its HTML say the same.

A text that is said in place of what is drawn has the same numbers. Its words and signs follow one another in the HTML,
with all that the HTML only says; what is drawn and not said, such as a short form, is only shown there.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, NamedTuple

import pikepdf

from tipbrief.language.numbers import THOUSANDS_SEPARATOR
from tipbrief.pdf import tag_tree
from tipbrief.pdf.pdf_file import iterate_leaf_nodes
from tipbrief.pdf.standards import PDF_2_STANDARD
from tipbrief.pdf.tag_tree import HEADINGS, INLINE_TAGS, MarkedContent, PageBoxes, TagNode
from tipbrief.problems import Problem, Problems
from tipbrief.verify.html_text import TOKEN_OR_SIGN, read_printed_blocks, read_spoken_tokens, split_into_tokens
from tipbrief.verify.painted_objects import is_within, unite
from tipbrief.verify.pdfium import MarkedText
from tipbrief.verify.word_comparison import read_lines
from tipbrief.verify.word_problems import on_page, shorten

_LINK_MARGIN = 30.0  # points by which a link may reach beyond its text
_SEPARATORS = str.maketrans("", "", f"{THOUSANDS_SEPARATOR},")
_SILENT_TAGS = INLINE_TAGS - {"Link"}  # where they have no text of their own
_LONGEST_ELEMENT_TEXT = 20_000  # letters of one element: no paragraph has as many
_PDF_2_NAMESPACE = "http://iso.org/pdf2/ssn"


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
    def headings(self) -> Iterator[Element]:
        """The headings, in reading order. The text of one with marks of sources in it is that beside them."""
        for index, heading in enumerate(self.elements):
            if heading.tag not in HEADINGS:
                continue
            parts = []
            for one in islice(self.elements, index + 1, None):
                if heading.text or one.depth <= heading.depth:
                    break
                if one.depth == heading.depth + 1 and one.tag != "Link" and one.text.strip():
                    parts.append(one.text)
            yield heading._replace(text=" ".join(parts)) if parts else heading

    def outline(self) -> str:
        """The tags that say something, indented, each with its text."""
        lines = (f"{'  ' * one.depth}{one.tag}{': ' if one.text else ''}{one.text}" for one in self.elements)
        return "\n".join(lines)


def read_root_and_structure(document: pikepdf.Pdf, claims: Collection[str] = ()) -> tuple[TagNode, Structure]:
    """The tags of a PDF as a tree, which is empty where there are none that can be read, and what they say."""
    try:
        root = tag_tree.read_tags(document)
    except Problems as untagged:
        warnings = tuple(replace(problem, severity="warning") for problem in untagged.problems)
        return TagNode("Root", []), Structure((), warnings)
    elements = tuple(_iterate_elements(root))
    trim_boxes = {page.obj.objgen: [float(edge) for edge in page.trimbox] for page in document.pages}
    found = [*_find_tag_faults(root, Structure(elements).headings, trim_boxes)]
    if PDF_2_STANDARD.pdf_ua in claims:
        found += _find_pdf_ua_2_faults(document, root)
    return root, Structure(elements, tuple(found))


def _find_pdf_ua_2_faults(document: pikepdf.Pdf, root: TagNode) -> Iterator[Problem]:
    """What PDF/UA-2 asks for beyond PDF/UA-1, and would be missed by those who believe the claim."""
    if any(str(node.source.get("/NS", {}).get("/NS", "")) != _PDF_2_NAMESPACE for node in root.elements):
        yield _warning("the tags are not in the namespace of PDF 2.0")
    names: Any = document.Root.get("/Names", {})
    named = [one for leaf in iterate_leaf_nodes(names.Dests) for one in leaf.Names[1::2]] if "/Dests" in names else []
    items: list[Any] = [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]
    led = [item.A for item in items if isinstance(item.get("/A"), pikepdf.Dictionary)]
    actions = [action for action in led if action.get("/S") == pikepdf.Name.GoTo]
    places = [item.Dest for item in items if isinstance(item.get("/Dest"), pikepdf.Array)]
    places += [one for one in (*named, *actions) if isinstance(one, pikepdf.Array) or "/SD" not in one]
    if places:
        yield _warning("a link or a bookmark leads to a place on a page, and to no element")


def _iterate_elements(root: TagNode) -> Iterator[Element]:
    waiting = [(kid, 0) for kid in reversed(root.elements)]
    while waiting:
        node, depth = waiting.pop()
        text, language = _read_text_and_language(node.source)
        if node.tag == "Link":
            text = next((str(link.get("/Contents", "")) for link in node.annotations), text)
        if text or node.tag not in _SILENT_TAGS:
            yield Element(node.tag, depth, text[:_LONGEST_ELEMENT_TEXT], language)
            depth += 1
        waiting += [(kid, depth) for kid in reversed(node.kids) if isinstance(kid, TagNode)]


def _read_text_and_language(source: Any) -> tuple[str, str]:  # asking for keys that it lacks takes far longer
    keys = source.keys()
    key = "/ActualText" if "/ActualText" in keys else "/Alt" if "/Alt" in keys else ""
    return str(source[key]) if key else "", str(source["/Lang"]) if "/Lang" in keys else ""


def _find_tag_faults(root: TagNode, headings: Iterable[Element], boxes: PageBoxes) -> Iterator[Problem]:
    level = 0
    for heading in headings:
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
            yield from _find_figure_faults(node, boxes)
    for mute in _find_unspoken_blocks(root):
        yield _warning(f"the text of a {mute.tag} has no /ActualText: it is read in the order of the page")


def _find_figure_faults(node: TagNode, boxes: PageBoxes) -> Iterator[Problem]:
    alternative = str(node.source.get("/Alt", "")).strip()
    if not alternative:
        yield _warning("a picture has no alternative text", "<title> in the SVG, alt in <img>")
    page = next((boxes.get(one.page) for one in node.iterate_marked_content()), None)
    box = [float(edge) for edge in node.source.get("/A", {}).get("/BBox", [])]
    if page and not (len(box) == 4 and all(page[i] - 1 <= box[i] < box[i + 2] <= page[i + 2] + 1 for i in (0, 1))):
        yield _warning(f"the box of the picture «{alternative[:40]}» does not lie on its page")


def _find_unspoken_blocks(node: TagNode) -> Iterator[TagNode]:
    """The lowest block elements with marked content that neither they nor elements around it speak for."""
    for kid in node.elements:
        if kid.tag == "Figure" or "/ActualText" in kid.source or "/Alt" in kid.source:
            continue
        if kid.tag not in _SILENT_TAGS and any(isinstance(one, MarkedContent) for one in _iterate_inline_kids(kid)):
            yield kid
        yield from _find_unspoken_blocks(kid)


def _iterate_inline_kids(node: TagNode) -> Iterator[Any]:
    for kid in node.kids:
        if not isinstance(kid, TagNode):
            yield kid
        elif kid.tag in _SILENT_TAGS and "/ActualText" not in kid.source:
            yield from _iterate_inline_kids(kid)


def _warning(message: str, hint: str = "") -> Problem:
    return Problem(message, hint=hint, severity="warning")


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


def _plain_tokens(tokens: Iterable[str]) -> list[str]:  # numbers without separators: these are not said
    return [token.translate(_SEPARATORS) for token in tokens]
