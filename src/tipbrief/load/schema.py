"""From YAML nodes to frozen dataclasses, collecting every fault on the way.

The annotations of a dataclass are the schema: its fields are the known keys, a field without a default
is a key that must be there. ``place`` is filled in, not read.
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
from typing import Any, Literal

from tipbrief.language.dates import Date
from tipbrief.language.numbers import NUMBER, parse_number
from tipbrief.load.places import Place, Text
from tipbrief.load.yaml_nodes import Keyed, Node, Scalar, Sequence
from tipbrief.problems import Problem, listed, nearest

_PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?")
_EMPTY_HINT = "write it (in quotes where it begins with #), or remove the key"
_MISREAD = {
    "bool": "YAML reads {0} without quotes as true or false",
    "null": "YAML reads {0} without quotes as nothing",
    "timestamp": "YAML reads {0} without quotes as a date",
    "int": "YAML reads {0} without quotes as a number",
    "float": "YAML reads {0} without quotes as a number",
}


class Rich(Text):
    """A printed text of the author's own: it may refer to figures, and types no number itself."""

    __slots__ = ()


@dataclass
class Reader:
    """Reads nodes into typed values; what it cannot read becomes a problem and ``None``."""

    problems: list[Problem] = field(default_factory=list)

    def read(self, kind: Any, node: Node, what: str) -> Any:
        """The node as a value of the type ``kind``; ``what`` names it in messages."""
        origin = typing.get_origin(kind)
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

    def record(self, kind: Any, node: Node, what: str, **given: Any) -> Any:
        """The mapping as a dataclass; ``given`` fields come from elsewhere and are no keys."""
        if not isinstance(node, Keyed):
            return self._fault(node.place, f"{what} must hold 'key: value' lines", _example(kind))
        hints = _hints(kind)
        fields = {
            f.name: f
            for f in dataclasses.fields(kind)
            if f.init and f.name != "place" and f.name not in given
        }
        values: dict[str, Any] = dict(given)
        sound = True
        for key, place in node.keys.items():
            if key not in fields:
                self._fault(place, f"{what}: the key '{key}' is not known", nearest(key, fields))
                sound = False
        for name, declared in fields.items():
            if name in node.items:
                value = self.read(hints[name], _under(node, name), f"'{name}'")
                sound = sound and value is not None
                values[name] = value
            elif declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING:
                self._fault(node.place, f"{what}: the key '{name}' is missing", _example(kind))
                sound = False
        return kind(place=node.place, **values) if sound else None

    def _items(self, kind: Any, node: Node, what: str) -> Any:
        # One item may be written without the list's brackets.
        nodes = node.items if isinstance(node, Sequence) else (node,)
        if not nodes:
            return self._fault(node.place, f"{what} is an empty list", "write its items, or remove the key")
        items = [self.read(kind, item, f"an item of {what}") for item in nodes]
        if hasattr(kind, "variants"):
            # A faulty block must not hide the faults of the others.
            return tuple(item for item in items if item is not None)
        return None if any(item is None for item in items) else tuple(items)

    def _entries(self, kind: Any, node: Node, what: str) -> Any:
        if not isinstance(node, Keyed):
            return self._fault(node.place, f"{what} must hold 'name: …' entries")
        has_id = dataclasses.is_dataclass(kind) and any(f.name == "id" for f in dataclasses.fields(kind))
        entries = {}
        for key in node.items:
            item = _under(node, key)
            given = {"id": key} if has_id else {}
            value = (
                self.record(kind, item, f"'{key}'", **given) if has_id else self.read(kind, item, f"'{key}'")
            )
            if value is not None:
                entries[key] = value
        # A faulty figure must not hide the faults of the others; a table with a faulty column is no table.
        return entries if has_id or len(entries) == len(node.items) else None

    def _variant(self, variants: Mapping[str, Any], node: Node, what: str) -> Any:
        """A one-key mapping whose key names the dataclass; its first field may be written directly."""
        if isinstance(node, Scalar) and node.text:
            # A name alone, such as '- page'.
            node = Keyed({node.text: Keyed({}, {}, node.place)}, {node.text: node.place}, node.place)
        if not isinstance(node, Keyed) or not node.items:
            return self._fault(node.place, f"{what} must be one 'name: …'", listed(list(variants), 20))
        key, *others = node.items
        if key not in variants:
            return self._fault(node.keys[key], f"{what}: '{key}' is not known", nearest(key, variants))
        if others:
            return self._fault(
                node.keys[others[0]],
                f"'{others[0]}' stands beside '{key}', not inside it",
                f"indent what belongs to '{key}' by two spaces more than '{key}' itself",
            )
        kind, inner = variants[key], _under(node, key)
        if not isinstance(inner, Keyed):
            first = next((f.name for f in dataclasses.fields(kind) if f.name != "place"), "")
            if not first:
                return self._fault(node.keys[key], f"'{key}' has no parts", f"write '- {key}' alone")
            inner = Keyed({first: inner}, {first: inner.place}, node.keys[key])
        return self.record(kind, inner, f"'{key}'")

    def _choice(self, choices: tuple[str, ...], node: Node, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in choices:
            return node.text
        given = f", not '{node.text}'" if isinstance(node, Scalar) else ""
        return self._fault(node.place, f"{what} is one of {', '.join(choices)}{given}")

    def _bool(self, node: Node, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        given = f", not '{node.text}'" if isinstance(node, Scalar) else ""
        return self._fault(node.place, f"{what} is true or false{given}")

    def _number(self, kind: type[int] | type[Decimal], node: Node, what: str) -> Any:
        hint = (
            "write 1234.5: Latin digits, no separators"
            if kind is Decimal
            else "write it in Latin digits, such as 2"
        )
        if isinstance(node, Scalar):
            if node.kind in ("int", "float") and _PLAIN_NUMBER.fullmatch(node.text):
                value = Decimal(node.text)
                if kind is Decimal or value == int(value):
                    return kind(value)
            elif NUMBER.fullmatch(node.text):
                hint = f"write {parse_number(node.text)}" + (
                    ", without quotes" if _PLAIN_NUMBER.fullmatch(node.text) else ""
                )
        shown = f"'{node.text}'" if isinstance(node, Scalar) else "a list or mapping"
        return self._fault(
            node.place, f"{what} is a {'whole ' if kind is int else ''}number, not {shown}", hint
        )

    def _date(self, node: Node, what: str) -> Any:
        if not isinstance(node, Scalar):
            return self._fault(node.place, f"{what} is a date, not a list or mapping", "write 2025-09-29")
        try:
            return Date.parse(node.text)
        except ValueError as fault:
            return self._fault(node.place, f"{what}: '{node.text}' is not a date", str(fault))

    def _text(self, kind: type[Text], node: Node, what: str) -> Any:
        if not isinstance(node, Scalar):
            return self._fault(
                node.place,
                f"{what} is a text, not a list or mapping",
                "put a text that begins with {, [ or - into quotes",
            )
        if node.kind == "null" and not node.text:
            return self._fault(node.place, f"{what} is empty", _EMPTY_HINT)
        if node.kind != "str":
            reading = _MISREAD.get(node.kind, "YAML does not read {0} as a text").format(node.text)
            return self._fault(
                node.place, f"{what} is a text, but {reading}", f"write '{node.text}' in quotes"
            )
        if not node.text.strip():
            return self._fault(node.place, f"{what} is empty", _EMPTY_HINT)
        return kind(node.text.strip(), node.place)

    def _fault(self, place: Place, message: str, hint: str = "") -> Any:
        self.problems.append(place.problem(message, hint))


def _under(node: Keyed, key: str) -> Node:
    """The value of a key; a mapping stands where its key stands, for what is wrong with it as a whole."""
    value = node.items[key]
    return dataclasses.replace(value, place=node.keys[key]) if isinstance(value, Keyed) else value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _example(kind: Any) -> str:
    needed = [
        f.name
        for f in dataclasses.fields(kind)
        if f.name not in ("place", "id")
        and f.default is dataclasses.MISSING
        and f.default_factory is dataclasses.MISSING
    ]
    return "it needs " + ", ".join(f"'{name}'" for name in needed) if needed else ""
