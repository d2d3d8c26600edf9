"""From YAML nodes to frozen dataclasses, collecting every fault on the way.

The annotations of a dataclass are the schema: its fields are the known keys, a field without a default
is a key that must be there. ``place`` is filled in, not read. A text that must look like something has a
``TextForm``: ``Annotated[Text, TextForm(…)]``; other marks in an annotation are for those who read the model.
"""

from __future__ import annotations

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
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.load.places import Place, Text
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence, YamlNode
from tipbrief.problems import Problem, listed, nearest

_PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?")
_EMPTY_HINT = "write it (in quotes where it begins with #), or remove the key"
_BRACE_HINT = "put a text that begins with {, [ or - into quotes"
# As what YAML reads a word without quotes, by the kind of its node.
_READ_AS = {
    **{"bool": "true or false", "null": "nothing", "timestamp": "a date"},
    **{"int": "a number", "float": "a number"},
}


class Rich(Text):
    """A printed text of the author's own: it may refer to figures, and types no number itself."""

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

    problems: list[Problem] = field(default_factory=list)

    def read(self, kind: Any, node: YamlNode, what: str) -> Any:
        """The node as a value of the type ``kind``; ``what`` names it in messages."""
        origin = typing.get_origin(kind)
        if origin is Annotated:
            value = self.read(typing.get_args(kind)[0], node, what)
            self._check_form(kind, value, node.place)
            return value
        if origin in (typing.Union, types.UnionType):
            kind = next(option for option in typing.get_args(kind) if option is not types.NoneType)
            return self.read(kind, node, what)
        if origin is tuple:
            return self._items(typing.get_args(kind)[0], node, what)
        if origin in (dict, Mapping):
            return self._entries(typing.get_args(kind)[1], node, what)
        if origin is Literal:
            return self._choice(typing.get_args(kind), node, what)
        if kind is bool:
            return self._bool(node, what)
        if kind in (int, Decimal):
            return self._number(kind, node, what)
        if kind is Date:
            return self._date(node, what)
        if isinstance(kind, type) and issubclass(kind, Text):
            return self._text(kind, node, what)
        if variants := getattr(kind, "variants", None):
            return self._variant(variants(), node, what)
        return self.record(kind, node, what)

    def record(self, kind: Any, node: YamlNode, what: str, **given: Any) -> Any:
        """The mapping as a dataclass; ``given`` fields come from elsewhere and are no keys."""
        if not isinstance(node, Keyed):
            return self._fault(
                node.place, "wrong-type", f"{what} must hold 'key: value' lines", _example(kind)
            )
        hints = annotations_of(kind)
        fields = {
            f.name: f
            for f in dataclasses.fields(kind)
            if f.init and f.name != "place" and f.name not in given
        }
        values: dict[str, Any] = dict(given)
        sound = True
        for name, value in given.items():
            self._check_form(hints[name], value, node.place)
        for key, place in node.keys.items():
            if key not in fields:
                message = f"{what}: the key '{key}' is not known"
                self._fault(place, "unknown-key", message, nearest(key, fields))
                sound = False
        for name, declared in fields.items():
            if name in node.items:
                value = self.read(hints[name], _value_of(node, name), f"'{name}'")
                sound = sound and value is not None
                values[name] = value
            elif _is_needed(declared):
                message = f"{what}: the key '{name}' is missing"
                self._fault(node.place, "missing-key", message, _example(kind))
                sound = False
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
        for key in node.items:
            item, named = _value_of(node, key), f"'{key}'"
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
        kind, inner = variants[key], _value_of(node, key)
        if not isinstance(inner, Keyed):
            first = next((f.name for f in dataclasses.fields(kind) if f.name != "place"), "")
            if not first:
                return self._fault(place, "wrong-type", f"'{key}' has no parts", f"write '- {key}' alone")
            inner = Keyed({first: inner}, {first: inner.place}, place)
        return self.record(kind, inner, f"'{key}'")

    def _choice(self, choices: tuple[str, ...], node: YamlNode, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in choices:
            return node.text
        return self._fault(node.place, "no-choice", f"{what} is one of {', '.join(choices)}{_not(node)}")

    def _bool(self, node: YamlNode, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        return self._fault(node.place, "no-choice", f"{what} is true or false{_not(node)}")

    def _number(self, kind: type[int] | type[Decimal], node: YamlNode, what: str) -> Any:
        hint = (
            "write 1234.5: Latin digits, no separators"
            if kind is Decimal
            else "write it in Latin digits, such as 2"
        )
        if isinstance(node, Scalar):
            plain = _PLAIN_NUMBER.fullmatch(node.text)
            if plain and node.kind in ("int", "float"):
                value = Decimal(node.text)
                if kind is Decimal or value == int(value):
                    return kind(value)
            elif NUMBER.fullmatch(node.text):
                hint = f"write {parse_number(node.text)}" + (", without quotes" if plain else "")
        whole = "whole " if kind is int else ""
        shown = _not(node) or ", not a list or mapping"
        return self._fault(node.place, "no-number", f"{what} is a {whole}number{shown}", hint)

    def _date(self, node: YamlNode, what: str) -> Any:
        if not isinstance(node, Scalar):
            message = f"{what} is a date, not a list or mapping"
            return self._fault(node.place, "no-date", message, "write 2025-09-29")
        try:
            return Date.parse(node.text)
        except ValueError as fault:
            return self._fault(node.place, "no-date", f"{what}: '{node.text}' is not a date", str(fault))

    def _text(self, kind: type[Text], node: YamlNode, what: str) -> Any:
        if not isinstance(node, Scalar):
            return self._fault(node.place, "no-text", f"{what} is a text, not a list or mapping", _BRACE_HINT)
        text = node.text.strip()
        if not text and node.kind in ("null", "str"):
            return self._fault(node.place, "empty", f"{what} is empty", _EMPTY_HINT)
        if node.kind != "str":
            reading = f"YAML does not read {node.text} as a text"
            if read_as := _READ_AS.get(node.kind):
                reading = f"YAML reads {node.text} without quotes as {read_as}"
            message, hint = f"{what} is a text, but {reading}", f"write '{node.text}' in quotes"
            return self._fault(node.place, "no-text", message, hint)
        return kind(text, node.place)

    def _check_form(self, kind: Any, value: Any, place: Place) -> None:
        """A value of another form than its annotation wants is a fault, but hides no other."""
        for form in typing.get_args(kind)[1:] if typing.get_origin(kind) is Annotated else ():
            if isinstance(form, TextForm) and value is not None and not re.fullmatch(form.pattern, value):
                self._fault(place, "form", f"'{value}' is no {form.what}", form.hint)

    def _fault(self, place: Place, kind: str, message: str, hint: str = "") -> Any:
        self.problems.append(place.problem(message, hint, kind=kind))


def _value_of(node: Keyed, key: str) -> YamlNode:
    """The value of a key; a mapping stands where its key stands, for what is wrong with it as a whole."""
    value = node.items[key]
    return dataclasses.replace(value, place=node.keys[key]) if isinstance(value, Keyed) else value


def _not(node: YamlNode) -> str:
    return f", not '{node.text}'" if isinstance(node, Scalar) else ""


@cache
def annotations_of(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields, with the marks that stand in their annotations."""
    return typing.get_type_hints(kind, include_extras=True)


def _is_needed(declared: dataclasses.Field[Any]) -> bool:
    missing = dataclasses.MISSING
    return declared.default is missing and declared.default_factory is missing


def _example(kind: Any) -> str:
    fields = dataclasses.fields(kind)
    needed = [f"'{f.name}'" for f in fields if f.name not in ("place", "id") and _is_needed(f)]
    return "it needs " + ", ".join(needed) if needed else ""
