"""HTML tree: a page as our templates write it is read at once, not letter by letter.

Stands in for ``tinyhtml5.parse``, where WeasyPrint reads a text. That parser arranges whatever it is given
into a tree; ours takes only texts in which nothing is to be arranged, and leaves all others to it.

Why the result is the same: each start tag has its end tag, in order, and stands where the rules of HTML let
it stand: nothing is closed, opened or moved by rule. A block is in no ``<p>``, a heading in no heading, a
link in no link, an item in a list, a cell in a row of a body, and between the parts of a table there is white
space alone. Drawings hold only what is drawn. Whatever else has rules of its own (forms, scripts, ``<pre>``,
comments, a carriage return, an ``&`` that begins no name) is refused. Nothing is kept.
"""

import re
from functools import wraps
from html.entities import html5
from io import StringIO
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import tinyhtml5
from tinyhtml5.constants import (
    adjust_foreign_attributes,
    adjust_svg_attributes,
    namespaces,
    replacement_characters,
)

_START = re.compile(r"[ \n\t\f]*<!doctype html>", re.I)
_NAME = "[a-zA-Z][a-zA-Z0-9:_-]*+"
# A text up to a tag, and the tag: its end mark, name, attributes (with double quotes or no value), "/".
_PIECE = re.compile(
    rf"""([^<]*+)<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[ \n]++{_NAME}(?:="[^"]*+")?+)*+)[ \n]*+(/?)>"""
)
_ATTRIBUTE = re.compile(rf"""({_NAME})(?:="([^"]*)")?""")
_CHARACTER = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]*));")
_SPACE = " \n\t\f"

# fmt: off
_PHRASES = frozenset((
    "a", "abbr", "b", "bdi", "bdo", "cite", "code", "del", "dfn", "em", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strong", "sub", "sup", "u",
))
_HEADINGS = frozenset(("h1", "h2", "h3", "h4", "h5", "h6"))
_BLOCKS = _HEADINGS | frozenset((
    "article", "aside", "blockquote", "div", "dl", "figcaption", "figure", "footer",
    "header", "main", "nav", "ol", "p", "section", "table", "ul",
))
_DRAWN = (
    "svg", "g", "defs", "symbol", "use", "title", "style", "path", "rect", "circle",
    "ellipse", "line", "polyline", "polygon", "text", "tspan", "marker", "pattern",
    "clipPath", "mask", "linearGradient", "radialGradient", "stop",
)
# fmt: on
_VOID = frozenset(("br", "col", "hr", "img", "link", "meta", "wbr"))
_FLOW = _PHRASES | _BLOCKS | {"br", "hr", "img", "svg", "wbr"}
# What may stand in those that do not take whatever flows.
_PARTS = {
    "html": frozenset(("head", "body")),
    "head": frozenset(("link", "meta", "title")),
    "title": frozenset[str](),
    "table": frozenset(("caption", "colgroup", "tbody", "tfoot", "thead")),
    "colgroup": frozenset(("col",)),
    **dict.fromkeys(("tbody", "tfoot", "thead"), frozenset(("tr",))),
    "tr": frozenset(("td", "th")),
    **dict.fromkeys(("ol", "ul"), _FLOW | {"li"}),
    "dl": _FLOW | {"dd", "dt"},
}
_WITHOUT_TEXT = frozenset(("html", "head", "table", "colgroup", "tbody", "tfoot", "thead", "tr"))
_DRAWN_TAGS = {name.lower(): f"{{{namespaces['svg']}}}{name}" for name in _DRAWN}
_DRAWN_ATTRIBUTES = {
    **adjust_svg_attributes,
    **{key: f"{{{space}}}{name}" for key, (_, name, space) in adjust_foreign_attributes.items()},
}


class _OddError(ValueError):
    """What only the rules of HTML can arrange."""


def put() -> None:
    """Read our own pages so from now on."""
    plain = tinyhtml5.parse

    @wraps(plain)
    def parse(document: Any, namespace_html_elements: bool = True, **encodings: Any) -> Any:
        if isinstance(document, StringIO) and not namespace_html_elements:
            root = read(document.getvalue())
            if root is not None:
                return root
        return plain(document, namespace_html_elements, **encodings)

    tinyhtml5.parse = parse


def read(text: str) -> Element | None:
    """The tree of an HTML text, or nothing where it takes more than reading."""
    begin = _START.match(text)
    if not begin or "\r" in text or "\0" in text:
        return None
    reader, at = _Reader(), begin.end()
    try:
        for piece in _PIECE.finditer(text, at):
            if piece.start() != at:
                return None
            at = piece.end()
            before, end, name, attributes, at_once = piece.groups()
            if before:
                reader.add_text(before)
            if not end:
                reader.begin(name.lower(), attributes, bool(at_once))
            elif attributes or at_once:
                return None
            else:
                reader.end(name.lower())
        reader.add_text(text[at:])
    except _OddError:
        return None
    return reader.root if reader.ended else None


class _Reader:
    """The tree so far, and what is open in it: nothing but the document before the root, and after it."""

    def __init__(self) -> None:
        self.document = self.element = Element("")
        self.name = ""
        self.drawing = self.in_p = self.in_link = False
        self.around: list[tuple[Element, str, bool, bool, bool]] = []

    @property
    def root(self) -> Element:
        """The ``<html>`` that was read."""
        return self.document[0]

    @property
    def ended(self) -> bool:
        """Whether all that began has ended."""
        return not self.around and len(self.document) == 1 and len(self.root) == 2

    def add_text(self, text: str) -> None:
        """A text between two tags."""
        at = self.element
        if not self.name or self.name in _WITHOUT_TEXT:
            if text.strip(_SPACE):
                raise _OddError
            if not self.name or self.name == "html":
                if len(self.document) == 0 or len(self.root) == 0:
                    return  # before the head, white space says nothing
                if len(self.root) == 2:
                    at = self.root[1]  # after the body, it is the body's
        elif "&" in text:
            text = _said(text)
        if not text:
            return
        if len(at):
            at[-1].tail = (at[-1].tail or "") + text
        else:
            at.text = (at.text or "") + text

    def begin(self, name: str, attributes: str, at_once: bool) -> None:
        """A start tag."""
        drawing = self.drawing or name == "svg"
        tag = self._drawn(name) if drawing else self._placed(name)
        found = _ATTRIBUTE.findall(attributes) if attributes else ()
        said = {key.lower(): _said(value) if "&" in value else value for key, value in found}
        if len(said) != len(found):
            raise _OddError
        if drawing:
            said = {_DRAWN_ATTRIBUTES.get(key, key): value for key, value in said.items()}
        element = SubElement(self.element, tag, said)
        if name in _VOID or (drawing and at_once):
            return
        if at_once:
            raise _OddError
        self.around.append((self.element, self.name, self.drawing, self.in_p, self.in_link))
        self.element, self.name, self.drawing = element, name, drawing
        if name in ("td", "th", "caption"):
            self.in_p = self.in_link = False
        elif name == "p":
            self.in_p = True
        elif name == "a":
            self.in_link = True

    def end(self, name: str) -> None:
        """An end tag."""
        if name != self.name:
            raise _OddError
        self.element, self.name, self.drawing, self.in_p, self.in_link = self.around.pop()

    def _drawn(self, name: str) -> str:
        """The tag of an element of a drawing, where it may begin."""
        if self.drawing:
            allowed = self.name not in ("title", "style")
        else:
            allowed = "svg" in _PARTS.get(self.name, _FLOW)
        if not allowed or name not in _DRAWN_TAGS:
            raise _OddError
        return _DRAWN_TAGS[name]

    def _placed(self, name: str) -> str:
        """The tag of an element where it may begin."""
        within = self.name
        if not within:
            allowed = name == "html" and len(self.document) == 0
        elif within == "html":
            allowed = name == ("head", "body", "")[len(self.element)]
        elif name in ("dd", "dt") and within == "div":
            allowed = self.around[-1][1] == "dl"
        elif name in _BLOCKS or name == "hr":
            allowed = not self.in_p and not (name in _HEADINGS and within in _HEADINGS)
            allowed = allowed and name in _PARTS.get(within, _FLOW)
        else:
            allowed = name in _PARTS.get(within, _FLOW) and not (name == "a" and self.in_link)
        if not allowed:
            raise _OddError
        return name


def _said(text: str) -> str:
    """A text with the characters that it names."""
    said, number = _CHARACTER.subn(_character, text)
    if number != text.count("&"):
        raise _OddError
    return said


def _character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        if (said := html5.get(f"{name};")) is None:
            raise _OddError
        return said
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number in replacement_characters or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise _OddError
    return chr(number)
