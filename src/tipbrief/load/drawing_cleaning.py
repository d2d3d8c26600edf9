"""Drawing cleaning: an SVG with only the known elements, attributes and values that draw it."""

import re
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

import tinycss2
from defusedxml import DefusedXmlException, ElementTree
from tinycss2.color3 import parse_color

from tipbrief.language.language import read_data_file
from tipbrief.problems import detect_encoding

_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_XML = "http://www.w3.org/XML/1998/namespace"
_DEEPEST = 150  # elements in each other; no picture of a publication may have so many
_WORD_FILE = Path(__file__).with_name("drawing_words.yaml")
_WORDS = {name: frozenset(words.split()) for name, words in read_data_file(_WORD_FILE).items()}
_ELEMENTS, _PROPERTIES, _FUNCTIONS = _WORDS["elements"], _WORDS["properties"], _WORDS["functions"]
_ATTRIBUTES = _PROPERTIES | _WORDS["attributes"]
_KEYWORDS = _WORDS["keywords"] | {word.lower() for word in _ATTRIBUTES}
_HEX_COLOUR = re.compile(r"(?:[0-9a-fA-F]{3,4}){1,2}")
_NUMBER = r"[-+]?(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][-+]?\d++)?[\s,]*+"
_PATH = re.compile(rf"[\s,]*+(?:[Zz][\s,]*+|[MLHVCSQTAmlhvcsqta][\s,]*+(?:{_NUMBER})++)*+")
# With the second form selectors name a part.
_REFERENCES = re.compile(r"#([^\s\"')]+)"), re.compile(r"#([\w-]+)")
_FAMILIES = re.compile(r"[\w\s,'\"-]*")
_NOTES = re.compile(r"<!--.*?-->|<!DOCTYPE[^>]*?\[.*?\]\s*>|<\?(?!xml\s).*?\?>|/\*.*?\*/", re.S)
_CleanAddress = Callable[[str], str]


class _UnknownValueError(ValueError):
    """A value that is none of those that draw."""


def clean_drawing(data: bytes, clean_address: _CleanAddress) -> tuple[bytes, list[bytes]]:
    """The clean SVG in UTF-8, and what was left out. ValueError, LookupError or RecursionError if it is unreadable."""
    # ``clean_address`` cleans a ``data:`` address.
    removed = [note[0].encode() for note in _NOTES.finditer(data.decode(detect_encoding(data), "replace"))]
    drawing, ending = data, b"\n" if data.endswith(b"\n") else b""
    while True:  # what one pass leaves out may be the last that named a part
        try:
            cleaner = _DrawingCleaner(ElementTree.fromstring(drawing), clean_address)
        except (DefusedXmlException, ElementTree.ParseError):
            raise ValueError("no XML") from None
        cleaned = cleaner.write().encode() + ending
        removed += [part.encode() for part in cleaner.removed]
        if cleaned == drawing:
            return cleaned, removed
        drawing = cleaned


class _DrawingCleaner:
    """Writes a drawing with short names for its parts; ``removed`` is what it leaves out."""

    def __init__(self, root: Element, clean_address: _CleanAddress) -> None:
        self._root, self._clean_address = root, clean_address
        self.removed: list[str] = []
        elements = list(root.iter())
        names = set(map(_local_name, elements))
        self._has_letters = bool(names & _WORDS["letters"])
        self._can_appear = bool(names & {"style", "set", "animate"})  # what is hidden
        styles = [one for one in elements if _local_name(one) == "style"]
        texts = [value for one in elements for value in one.attrib.values() if "#" in value]
        texts += [one.text or "" for one in styles]
        named = {name for text in texts for pattern in _REFERENCES for name in pattern.findall(text)}
        ids = dict.fromkeys(one.get("id", "") for one in elements if one.get("id") in named)
        self._ids = {name: f"i{number}" for number, name in enumerate(ids, 1)}
        self._classes, self._results = dict[str, str](), dict[str, str]()
        # Rules come before what they are for, so that their classes are known.
        parse = partial(tinycss2.parse_stylesheet, skip_comments=True, skip_whitespace=True)
        self._sheets = {one: self._clean_rules(parse(one.text or "")) for one in styles}

    def write(self) -> str:
        if _local_name(self._root) != "svg":
            raise ValueError("no drawing")
        return self._write_element(self._root, 0, is_drawn_text=False)

    def _write_element(self, element: Element, depth: int, *, is_drawn_text: bool) -> str:
        if depth > _DEEPEST:
            raise ValueError("too deep")
        name = _local_name(element)
        attributes = f' xmlns="{_SVG}"' if not depth else ""
        for key, value in element.items():
            if cleaned := self._clean_attribute(name, key, value):
                attributes += ' {}="{}"'.format(*cleaned)
        is_drawn_text = name in _WORDS["letters"] or (is_drawn_text and name == "a")
        inside = self._sheets[element] if name == "style" else self._clean_text(element.text, is_drawn_text)
        for child in element:
            if _local_name(child) not in _ELEMENTS or self._is_hidden(child):
                self.removed.append(_describe(child))
            elif name != "defs" or _local_name(child) == "style" or self._is_named(child):
                inside += self._write_element(child, depth + 1, is_drawn_text=is_drawn_text)
            inside += self._clean_text(child.tail, is_drawn_text)
        return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"

    def _clean_text(self, text: str | None, is_drawn: bool) -> str:
        if text and text.strip() and not is_drawn:
            self.removed.append(text)
            return "\n"
        return escape(text or "")

    def _is_named(self, element: Element) -> bool:
        return any(one.get("id") in self._ids for one in element.iter())

    def _is_hidden(self, element: Element) -> bool:
        display = re.search(r"(?:^|;)\s*display\s*:\s*([\w-]+)", element.get("style", ""))
        is_off = (display[1] if display else element.get("display")) == "none"
        return is_off and not self._can_appear and not self._is_named(element)

    def _clean_attribute(self, element: str, key: str, value: str) -> tuple[str, str] | None:
        namespace, _, name = key.rpartition("}")
        namespace = namespace.removeprefix("{")
        cleaned: str | None = None
        try:
            if name == "href" and namespace in ("", _XLINK):
                if value.startswith("#"):
                    cleaned = f"#{self._ids.get(value[1:], 'none')}"
                elif value.startswith("data:") and element in ("image", "feImage"):
                    cleaned = self._clean_address(value)
            elif namespace == _XML and name == "space":
                key, cleaned = "xml:space", value if value in ("preserve", "default") else None
            elif namespace:
                pass
            elif name == "id":
                cleaned = self._ids.get(value)
            elif name == "class":
                cleaned = " ".join(self._classes[one] for one in value.split() if one in self._classes)
            elif name == "style":
                cleaned = self._clean_declarations(value)
            elif name == "d":
                cleaned = _PATH.match(value)[0]  # type: ignore[index]  # it matches nothing, too
                self.removed += [value[len(cleaned) :]] if len(cleaned) < len(value) else []
            elif name in ("in", "in2", "result") and value.lower() not in _KEYWORDS:
                cleaned = self._results.setdefault(value, f"r{len(self._results) + 1}")
            elif name in _ATTRIBUTES:
                cleaned = self._clean_value(name, tinycss2.parse_component_value_list(value))
        except _UnknownValueError:
            cleaned = None
        if not cleaned:
            if name not in _WORDS["silent"] and not name.startswith("aria-") and namespace != _XML:
                self.removed.append(f"{name}={value}")
            return None
        return (name if name == "href" else key), escape(cleaned, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})

    def _clean_value(self, name: str, tokens: Sequence[Any]) -> str:
        if name in ("font-family", "font") and self._has_letters:
            # The names of fonts are free. A drawing without letters needs none.
            text = "".join(_text_of(one) for one in tokens if one.type != "comment").strip()
            if _FAMILIES.fullmatch(text):
                return text
        return "".join(map(self._clean_token, tokens)).strip()

    def _clean_token(self, token: Any) -> str:
        kind = token.type
        is_known = (
            kind in ("number", "percentage", "whitespace")
            or (kind == "dimension" and token.lower_unit in _WORDS["units"])
            or (kind == "hash" and _HEX_COLOUR.fullmatch(token.value))
            or (kind == "ident" and (token.lower_value in _KEYWORDS or parse_color(token) is not None))
            or (kind == "literal" and token.value in (",", "/", ";"))
        )
        if is_known:
            return str(token.serialize())
        if kind == "url" or (kind == "function" and token.lower_name == "url"):
            address = token.value if kind == "url" else "".join(str(one.value) for one in token.arguments)
            if address.startswith("#"):
                return f"url(#{self._ids.get(address[1:], 'none')})"
        elif kind == "function" and token.lower_name in _FUNCTIONS:
            return f"{token.lower_name if token.name not in _FUNCTIONS else token.name}({self._join(token.arguments)})"
        elif kind == "() block":
            return f"({self._join(token.content)})"
        elif kind == "comment":
            return ""
        raise _UnknownValueError

    def _join(self, tokens: Iterable[Any]) -> str:
        return "".join(map(self._clean_token, tokens))

    def _clean_declarations(self, content: Any) -> str:
        declarations = []
        for one in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
            try:
                if one.type != "declaration" or one.lower_name not in _PROPERTIES:
                    raise _UnknownValueError
                value = self._clean_value(one.lower_name, one.value)
                declarations.append(f"{one.lower_name}:{value}{'!important' if one.important else ''}")
            except _UnknownValueError:
                if one.type != "declaration" or not one.lower_name.startswith("-"):
                    self.removed.append(_text_of(one))
        return ";".join(declarations)

    def _clean_rules(self, rules: Iterable[Any]) -> str:
        written = list[str]()
        for rule in rules:
            try:
                if rule.type == "qualified-rule":
                    head, inside = self._clean_selector(rule.prelude), self._clean_declarations(rule.content)
                elif rule.type == "at-rule" and rule.lower_at_keyword == "media" and rule.content is not None:
                    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
                    words = "".join(":" if one == ":" else self._clean_token(one) for one in rule.prelude)
                    head, inside = f"@media {words.strip()}", self._clean_rules(inner)
                else:
                    raise _UnknownValueError
                written.append(f"{head}{{{inside}}}")
            except _UnknownValueError:
                self.removed.append(_text_of(rule))
        return "\n".join(written)

    def _clean_selector(self, tokens: Sequence[Any]) -> str:
        text, before = "", ""
        for token in (one for one in tokens if one.type != "comment"):
            if token.type == "hash":
                text += f"#{self._ids.get(token.value, 'none')}"
            elif token.type == "ident" and before == ".":
                text += self._classes.setdefault(token.value, f"c{len(self._classes) + 1}")
            elif (
                token.type == "whitespace"
                or (token.type == "ident" and token.value in (_WORDS["selectors"] if before == ":" else _ELEMENTS))
                or (token.type == "literal" and token.value in (".", ":", "*", ">", "+", "~", ","))
            ):
                text += token.serialize()
            else:
                raise _UnknownValueError
            before = token.value if token.type == "literal" else ""
        return text.strip()


def _local_name(element: Element) -> str:
    namespace, _, name = str(element.tag).rpartition("}")
    return name if namespace in ("", f"{{{_SVG}") else ""


def _text_of(node: Any) -> str:
    try:
        return str(node.serialize())
    except TypeError:  # tinycss2 cannot write what it could not read
        return str(getattr(node, "message", "?"))


def _describe(element: Element) -> str:  # of any namespace
    words: list[str] = []
    for one in element.iter():
        words += [str(one.tag), one.text or "", *(f"{key}={value}" for key, value in one.attrib.items())]
    return "\n".join(words)
