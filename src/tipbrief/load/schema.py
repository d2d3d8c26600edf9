"""From YAML nodes to frozen dataclasses, collecting every fault on the way.

The annotations of a dataclass are the schema: its fields are the known keys, a field without a default
is a key that must be there. ``place`` is filled in, not read. A text that must look like something has a
``TextForm``: ``Annotated[Text, TextForm(…)]``; other marks in an annotation are for those who read the model.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, dataclass_transform

from tipbrief.language.dates import Date
from tipbrief.language.numbers import MOST_DIGITS, NUMBER, parse_number
from tipbrief.load.places import Place, Text
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence, YamlNode
from tipbrief.problems import Found, listed, nearest

MOST_LETTERS = 50_000  # of one text: some twenty pages
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?")
# As what YAML reads a word without quotes, by the kind of its node.
_READ_AS = {
    **{"bool": "true or false", "null": "nothing", "timestamp": "a date"},
    **{"int": "a number", "float": "a number"},
}


class Phrase(Text):
    """A printed text: it is translated."""

    __slots__ = ()


class Rich(Phrase):
    """A printed text of the author's own: it may refer to figures, and types no number itself."""

    __slots__ = ()


class Passage(Rich):
    """A text of paragraphs, which may have lists, bold and links: see ``check/markdown.py``."""

    __slots__ = ()


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
@dataclass(frozen=True, kw_only=True)
class Model:
    """A part of a YAML file, and where it stands. A class derived from it is a frozen dataclass by that."""

    place: Place

    def __init_subclass__(cls) -> None:
        """Make a dataclass."""
        dataclass(frozen=True, kw_only=True)(cls)


@dataclass(frozen=True, slots=True)
class TextForm:
    """A mark in an annotation: what a text must look like, what it is called, and how to write it."""

    pattern: str
    what: str
    hint: str


@dataclass
class Reader:
    """Reads nodes into typed values; what it cannot read becomes a problem and ``None``."""

    problems: Found = field(default_factory=Found)

    def read(self, kind: Any, node: YamlNode, what: str) -> Any:
        """The node as a value of the type ``kind``; ``what`` names it in messages."""
        origin, parts = _form_of(kind)
        if origin is Annotated:
            value = self.read(parts[0], node, what)
            self._check_form(kind, value, node.place)
            return value
        if origin in (typing.Union, types.UnionType):
            return self.read(_part_for(parts, node), node, what)
        if origin is tuple:
            return self._items(parts[0], node, what)
        if origin in (dict, Mapping):
            return self._entries(parts[1], node, what)
        if origin is Literal:
            return self._choice({part: part for part in parts}, f"one of {', '.join(parts)}", node, what)
        if kind is bool:
            return self._choice({"true": True, "false": False}, "true or false", node, what)
        if hasattr(kind, "variants"):
            return self._variant(kind.variants, node, what)
        for base, (read, fault, noun, hint) in _SCALARS.items():
            if issubclass(kind, base) and isinstance(node, Scalar):
                return read(self, kind, node, what)
            if issubclass(kind, base):
                return self._fault(node.place, fault, f"{what} is {noun}, not a list or mapping", hint)
        return self.record(kind, node, what)

    def record(self, kind: Any, node: YamlNode, what: str, **given: Any) -> Any:
        """The mapping as a dataclass; ``given`` fields come from elsewhere and are no keys."""
        fields = {f.name: f for f in dataclasses.fields(kind) if f.name not in ("place", *given)}
        needed = [name for name, f in fields.items() if is_needed(f)]
        example = ", ".join(f"'{name}'" for name in needed if name != "id")
        hint = f"it needs {example}" if example else ""
        if not isinstance(node, Keyed):
            return self._fault(node.place, "wrong-type", f"{what} must hold 'key: value' lines", hint)
        hints, values = annotations_of(kind), dict(given)
        for name, value in given.items():
            self._check_form(hints[name], value, node.place)
        for key in (strange := [key for key in node.keys if key not in fields]):
            message = f"{what}: the key '{key}' is not known"
            self._fault(node.keys[key], "unknown-key", message, nearest(key, fields))
        if missing := [f"'{name}'" for name in needed if name not in node.items]:
            *others, last = missing
            names = f"keys {', '.join(others)} and {last} are" if others else f"key {last} is"
            self._fault(node.place, "missing-key", f"{what}: the {names} missing", hint)
        values |= {n: self.read(hints[n], node.items[n], f"'{n}'") for n in fields if n in node.items}
        sound = not strange and not missing and all(value is not None for value in values.values())
        return kind(place=node.place, **values) if sound else None

    def _items(self, kind: Any, node: YamlNode, what: str) -> Any:
        # One item may be written without the list's brackets.
        nodes = node.items if isinstance(node, Sequence) else (node,)
        if not nodes:
            hint = "write its items, or remove the key"
            return self._fault(node.place, "empty", f"{what} is an empty list", hint)
        items = [self.read(kind, item, f"an item of {what}") for item in nodes]
        if hasattr(kind, "variants"):
            # A faulty block must not hide the faults of the others.
            return tuple(item for item in items if item is not None)
        return None if any(item is None for item in items) else tuple(items)

    def _entries(self, kind: Any, node: YamlNode, what: str) -> Any:
        if not isinstance(node, Keyed):
            return self._fault(node.place, "wrong-type", f"{what} must hold 'name: …' entries")
        has_id = dataclasses.is_dataclass(kind) and any(f.name == "id" for f in dataclasses.fields(kind))
        entries = {}
        for key, item in node.items.items():
            named = f"'{key}'"
            value = self.record(kind, item, named, id=key) if has_id else self.read(kind, item, named)
            if value is not None:
                entries[key] = value
        # A faulty figure must not hide the faults of the others; a table with a faulty column is no table.
        return entries if has_id or len(entries) == len(node.items) else None

    def _variant(self, variants: Mapping[str, Any], node: YamlNode, what: str) -> Any:
        """A one-key mapping whose key names the dataclass; its first field may be written directly."""
        if isinstance(node, Scalar) and node.text:
            # A name alone, such as '- page'.
            node = Keyed({node.text: Keyed({}, {}, node.place)}, {node.text: node.place}, node.place)
        if not isinstance(node, Keyed) or not node.items:
            message = f"{what} must be one 'name: …'"
            return self._fault(node.place, "wrong-type", message, listed(list(variants), 20))
        key, *others = node.items
        place = node.keys[key]
        if key not in variants:
            message = f"{what}: '{key}' is not known"
            return self._fault(place, "unknown-variant", message, nearest(key, variants))
        if others:
            message = f"'{others[0]}' stands beside '{key}', not inside it"
            hint = f"indent what belongs to '{key}' by two spaces more than '{key}' itself"
            return self._fault(node.keys[others[0]], "indentation", message, hint)
        kind, inner = variants[key], node.items[key]
        if not isinstance(inner, Keyed):
            first = next((f.name for f in dataclasses.fields(kind) if f.name != "place"), "")
            if not first:
                return self._fault(place, "wrong-type", f"'{key}' has no parts", f"write '- {key}' alone")
            inner = Keyed({first: inner}, {first: inner.place}, place)
        return self.record(kind, inner, f"'{key}'")

    def _choice(self, choices: Mapping[str, Any], wanted: str, node: YamlNode, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in choices:
            return choices[node.text]
        shown = f", not '{node.text}'" if isinstance(node, Scalar) else ""
        return self._fault(node.place, "no-choice", f"{what} is {wanted}{shown}")

    def _number(self, kind: type, node: Scalar, what: str) -> Any:
        _, fault, noun, hint = _SCALARS[kind]
        plain = _PLAIN_NUMBER.fullmatch(node.text)
        if len(node.text) > MOST_DIGITS:
            fault, noun, hint = "too-large", f"a number of at most {MOST_DIGITS} digits", ""
        elif plain and node.kind in ("int", "float"):
            value = Decimal(node.text)
            if kind is Decimal or value == int(value):
                return kind(value)
        elif NUMBER.fullmatch(node.text):
            hint = f"write {parse_number(node.text)}" + (", without quotes" if plain else "")
        return self._fault(node.place, fault, f"{what} is {noun}, not '{node.text}'", hint)

    def _date(self, kind: type[Date], node: Scalar, what: str) -> Any:
        try:
            return kind.parse(node.text)
        except ValueError as fault:
            return self._fault(node.place, "no-date", f"{what}: '{node.text}' is not a date", str(fault))

    def _text(self, kind: type[Text], node: Scalar, what: str) -> Any:
        text = node.text.strip()
        if not text and node.kind in ("null", "str"):
            hint = "write it (in quotes where it begins with #), or remove the key"
            return self._fault(node.place, "empty", f"{what} is empty", hint)
        if len(text) > MOST_LETTERS:
            hint = "divide it: a brief prints texts of some pages at most"
            return self._fault(
                node.place, "too-large", f"{what} has more than {MOST_LETTERS:,} letters", hint
            )
        if node.kind != "str":
            reading = f"YAML does not read {node.text} as a text"
            if read_as := _READ_AS.get(node.kind):
                reading = f"YAML reads {node.text} without quotes as {read_as}"
            message, hint = f"{what} is a text, but {reading}", f"write '{node.text}' in quotes"
            return self._fault(node.place, "no-text", message, hint)
        return kind(text, node.place)

    def _check_form(self, kind: Any, value: Any, place: Place) -> None:
        """A value of another form than its annotation wants is a fault, but hides no other."""
        for form in typing.get_args(kind)[1:]:
            if isinstance(form, TextForm) and value is not None and not re.fullmatch(form.pattern, value):
                self._fault(place, "form", f"'{value}' is no {form.what}", form.hint)

    def _fault(self, place: Place, kind: str, message: str, hint: str = "") -> Any:
        self.problems.append(place.problem(message, hint, kind=kind))


def is_needed(field: dataclasses.Field[Any]) -> bool:
    """Whether a key must be there: its field has no default."""
    return field.default is field.default_factory is dataclasses.MISSING


def _part_for(parts: tuple[Any, ...], node: YamlNode) -> Any:
    """Which of several types a node is meant to be: a mapping a model, a word one of its literals."""
    known = [part for part in parts if part is not types.NoneType]
    for part in known:
        if (
            typing.get_origin(part) is Literal
            and isinstance(node, Scalar)
            and node.text in typing.get_args(part)
        ):
            return part
        if dataclasses.is_dataclass(part) and isinstance(node, Keyed):
            return part
    return known[0]


# What is one word or text: how it is read; the kind of its fault, what it is, and how to write it.
_SCALARS: Mapping[type, tuple[Any, str, str, str]] = {
    int: (Reader._number, "no-number", "a whole number", "write it in Latin digits, such as 2"),
    Decimal: (Reader._number, "no-number", "a number", "write 1234.5: Latin digits, no separators"),
    Date: (Reader._date, "no-date", "a date", "write 2025-09-29"),
    Text: (Reader._text, "no-text", "a text", "put a text that begins with {, [ or - into quotes"),
}


@cache
def _form_of(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return typing.get_origin(kind), typing.get_args(kind)


@cache
def annotations_of(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, with the marks that stand in their annotations."""
    return typing.get_type_hints(kind, include_extras=True)
