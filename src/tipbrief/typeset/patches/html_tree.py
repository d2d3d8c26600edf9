"""HTML tree: a page as our templates write it is parsed with one regular expression.

Brings: a sheet takes 1.3 times the CPU without it.

Replaces ``tinyhtml5.parse`` where WeasyPrint parses a text. tinyhtml5 reads letter by letter and arranges any
text into a tree. This parser takes only texts in which nothing must be arranged, and leaves others to it.
``html_tree.yaml`` lists the elements that it knows.

Why no byte changes: each start tag has its end tag, in order, and stands where HTML allows it, so no rule
closes, opens or moves an element. No block is in a ``<p>``, no heading in a heading, no link in a link; items
are in lists, cells in rows of a body, and only white space is between the parts of a table. Drawings hold only
what is drawn. Anything with rules of its own is refused: forms, scripts, ``<pre>``, comments, a carriage
return, an ``&`` that begins no name. Nothing is kept.
"""

import re
from functools import wraps
from html.entities import html5
from io import StringIO
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, SubElement

import tinyhtml5
from tinyhtml5.constants import adjust_foreign_attributes, adjust_svg_attributes, namespaces, replacement_characters

from tipbrief.language.language import read_data_file

_DOCTYPE = re.compile(r"[ \n\t\f]*<!doctype html>", re.I)
_NAME = "[a-zA-Z][a-zA-Z0-9:_-]*+"
# A text up to a tag, and the tag: its end mark, name, attributes (with double quotes or no value), "/".
_TEXT_AND_TAG = re.compile(
    rf"""([^<]*+)<(/?)([a-zA-Z][a-zA-Z0-9]*+)((?:[ \n]++{_NAME}(?:="[^"]*+")?+)*+)[ \n]*+(/?)>"""
)
_ATTRIBUTE = re.compile(rf"""({_NAME})(?:="([^"]*)")?""")
_CHARACTER = re.compile(r"&(?:#([0-9]{1,7})|#[xX]([0-9a-fA-F]{1,6})|([a-zA-Z][a-zA-Z0-9]*));")
_SPACE = " \n\t\f"

_ELEMENTS = read_data_file(Path(__file__).with_suffix(".yaml"))
_PHRASING_TAGS, _HEADING_TAGS, _BLOCK_TAGS, _VOID_TAGS, _WITHOUT_TEXT = (
    frozenset(_ELEMENTS[group].split()) for group in ("phrasing", "heading", "block", "void", "without text")
)
_FLOW_TAGS = _PHRASING_TAGS | _BLOCK_TAGS | {"br", "hr", "img", "svg", "wbr"}
# What may stand in those that do not take whatever flows, and in those that take more.
_CHILD_TAGS = {
    **{parent: frozenset(tags.split()) for parent, tags in _ELEMENTS["children"].items()},
    **{parent: _FLOW_TAGS | {*tags.split()} for parent, tags in _ELEMENTS["more children"].items()},
}
_SVG_TAGS = {name.lower(): f"{{{namespaces['svg']}}}{name}" for name in _ELEMENTS["drawing"].split()}
_SVG_ATTRIBUTES = {
    **adjust_svg_attributes,
    **{key: f"{{{space}}}{name}" for key, (_, name, space) in adjust_foreign_attributes.items()},
}


class _UnsupportedError(ValueError):
    """Only the rules of HTML can arrange this."""


def apply_patch() -> None:
    """Parse our own pages this way from now on."""
    plain = tinyhtml5.parse

    @wraps(plain)
    def parse(document: Any, namespace_html_elements: bool = True, **encodings: Any) -> Any:
        if isinstance(document, StringIO) and not namespace_html_elements:
            root = parse_html(document.getvalue())
            if root is not None:
                return root
        return plain(document, namespace_html_elements, **encodings)

    tinyhtml5.parse = parse


def parse_html(text: str) -> Element | None:
    """The tree of an HTML text; None if it must be arranged."""
    begin = _DOCTYPE.match(text)
    if not begin or "\r" in text or "\0" in text:
        return None
    reader, at = _TreeBuilder(), begin.end()
    try:
        for piece in _TEXT_AND_TAG.finditer(text, at):
            if piece.start() != at:
                return None
            at = piece.end()
            before, end, name, attributes, is_empty = piece.groups()
            if before:
                reader.add_text(before)
            if not end:
                reader.begin_element(name.lower(), attributes, bool(is_empty))
            elif attributes or is_empty:
                return None
            else:
                reader.end_element(name.lower())
        reader.add_text(text[at:])
    except _UnsupportedError:
        return None
    return reader.root if reader.is_complete else None


class _TreeBuilder:
    """The tree so far, and the elements that are open in it."""

    def __init__(self) -> None:
        self.document = self.element = Element("")
        self.name = ""
        self.in_drawing = self.in_p = self.in_link = False
        self.open_elements: list[tuple[Element, str, bool, bool, bool]] = []

    @property
    def root(self) -> Element:
        return self.document[0]

    @property
    def is_complete(self) -> bool:
        return not self.open_elements and len(self.document) == 1 and len(self.root) == 2

    def add_text(self, text: str) -> None:
        at = self.element
        if not self.name or self.name in _WITHOUT_TEXT:
            if text.strip(_SPACE):
                raise _UnsupportedError
            if not self.name or self.name == "html":
                if len(self.document) == 0 or len(self.root) == 0:
                    return  # white space before the head is dropped
                if len(self.root) == 2:
                    at = self.root[1]  # and after the body, it goes into the body
        elif "&" in text:
            text = _decode_references(text)
        if not text:
            return
        if len(at):
            at[-1].tail = (at[-1].tail or "") + text
        else:
            at.text = (at.text or "") + text

    def begin_element(self, name: str, attributes: str, is_empty: bool) -> None:
        drawing = self.in_drawing or name == "svg"
        tag = self._svg_tag(name) if drawing else self._html_tag(name)
        found = _ATTRIBUTE.findall(attributes) if attributes else ()
        values = {key.lower(): _decode_references(value) if "&" in value else value for key, value in found}
        if len(values) != len(found):
            raise _UnsupportedError
        if drawing:
            values = {_SVG_ATTRIBUTES.get(key, key): value for key, value in values.items()}
        element = SubElement(self.element, tag, values)
        if name in _VOID_TAGS or (drawing and is_empty):
            return
        if is_empty:
            raise _UnsupportedError
        self.open_elements.append((self.element, self.name, self.in_drawing, self.in_p, self.in_link))
        self.element, self.name, self.in_drawing = element, name, drawing
        if name in ("td", "th", "caption"):
            self.in_p = self.in_link = False
        elif name == "p":
            self.in_p = True
        elif name == "a":
            self.in_link = True

    def end_element(self, name: str) -> None:
        if name != self.name:
            raise _UnsupportedError
        self.element, self.name, self.in_drawing, self.in_p, self.in_link = self.open_elements.pop()

    def _svg_tag(self, name: str) -> str:
        """The tag of an element of a drawing, if it may begin here."""
        if self.in_drawing:
            allowed = self.name not in ("title", "style")
        else:
            allowed = "svg" in _CHILD_TAGS.get(self.name, _FLOW_TAGS)
        if not allowed or name not in _SVG_TAGS:
            raise _UnsupportedError
        return _SVG_TAGS[name]

    def _html_tag(self, name: str) -> str:
        """The tag of an element, if it may begin here."""
        within = self.name
        if not within:
            allowed = name == "html" and len(self.document) == 0
        elif within == "html":
            allowed = name == ("head", "body", "")[len(self.element)]
        elif name in ("dd", "dt") and within == "div":
            allowed = self.open_elements[-1][1] == "dl"
        elif name in _BLOCK_TAGS or name == "hr":
            allowed = not self.in_p and not (name in _HEADING_TAGS and within in _HEADING_TAGS)
            allowed = allowed and name in _CHILD_TAGS.get(within, _FLOW_TAGS)
        else:
            allowed = name in _CHILD_TAGS.get(within, _FLOW_TAGS) and not (name == "a" and self.in_link)
        if not allowed:
            raise _UnsupportedError
        return name


def _decode_references(text: str) -> str:
    decoded, count = _CHARACTER.subn(_decode_character, text)
    if count != text.count("&"):
        raise _UnsupportedError
    return decoded


def _decode_character(found: re.Match[str]) -> str:
    decimal, hexadecimal, name = found.groups()
    if name:
        if (character := html5.get(f"{name};")) is None:
            raise _UnsupportedError
        return character
    number = int(decimal) if decimal else int(hexadecimal, 16)
    if number in replacement_characters or number > 0x10FFFF or 0xD800 <= number <= 0xDFFF:
        raise _UnsupportedError
    return chr(number)
