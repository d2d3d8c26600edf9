"""From YAML nodes to frozen dataclasses, collecting every fault on the way.

The annotations of a dataclass are the schema: its fields are the known keys, a field without a default
is a key that must be there. ``place`` is filled in, not read.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any, Literal

from tipbrief import persian
from tipbrief.dataset import Keyed, Node, Place, Scalar, Sequence, Text
from tipbrief.problems import Problem, nearest

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
        if kind is persian.Date:
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
                value = self.read(hints[name], node.items[name], f"'{name}'")
                sound = sound and value is not None
                values[name] = value
            elif declared.default is dataclasses.MISSING and declared.default_factory is dataclasses.MISSING:
                self._fault(node.place, f"{what}: the key '{name}' is missing", _example(kind))
                sound = False
        return kind(place=node.place, **values) if sound else None

    def _items(self, kind: Any, node: Node, what: str) -> Any:
        # One item may be written without the list's brackets.
        nodes = node.items if isinstance(node, Sequence) else (node,)
        items = [self.read(kind, item, f"an item of {what}") for item in nodes]
        return None if any(item is None for item in items) else tuple(items)

    def _entries(self, kind: Any, node: Node, what: str) -> Any:
        if not isinstance(node, Keyed):
            return self._fault(node.place, f"{what} must hold 'name: …' entries")
        has_id = dataclasses.is_dataclass(kind) and any(f.name == "id" for f in dataclasses.fields(kind))
        entries = {}
        for key, item in node.items.items():
            given = {"id": key} if has_id else {}
            value = (
                self.record(kind, item, f"'{key}'", **given) if has_id else self.read(kind, item, f"'{key}'")
            )
            if value is not None:
                entries[key] = value
        return entries

    def _variant(self, variants: Mapping[str, Any], node: Node, what: str) -> Any:
        """A one-key mapping whose key names the dataclass; its first field may be written directly."""
        if isinstance(node, Scalar) and node.text in variants:
            node = Keyed({node.text: Keyed({}, {}, node.place)}, {node.text: node.place}, node.place)
        if not isinstance(node, Keyed) or len(node.items) != 1:
            return self._fault(node.place, f"{what} must be one 'name: …'", "known: " + ", ".join(variants))
        [(key, inner)] = node.items.items()
        if key not in variants:
            return self._fault(node.keys[key], f"{what}: '{key}' is not known", nearest(key, variants))
        kind = variants[key]
        if not isinstance(inner, Keyed):
            first = next(f.name for f in dataclasses.fields(kind) if f.name != "place")
            inner = Keyed({first: inner}, {first: inner.place}, node.keys[key])
        else:
            inner = dataclasses.replace(inner, place=node.keys[key])
        return self.record(kind, inner, f"'{key}'")

    def _choice(self, choices: tuple[str, ...], node: Node, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in choices:
            return node.text
        given = f", not '{node.text}'" if isinstance(node, Scalar) else ""
        return self._fault(node.place, f"{what} is one of {', '.join(choices)}{given}")

    def _bool(self, node: Node, what: str) -> Any:
        if isinstance(node, Scalar) and node.text in ("true", "false"):
            return node.text == "true"
        return self._fault(node.place, f"{what} is true or false")

    def _number(self, kind: type[int] | type[Decimal], node: Node, what: str) -> Any:
        if isinstance(node, Scalar):
            try:
                value = Decimal(node.text) if node.kind in ("int", "float") else None
                if value is not None and (kind is Decimal or value == int(value)):
                    return kind(value)
            except (InvalidOperation, ValueError):
                pass
            if node.kind == "str" and persian.NUMBER.fullmatch(node.text):
                plain = persian.parse_number(node.text)
                return self._fault(
                    node.place, f"{what} is a number, not the text '{node.text}'", f"write {plain}"
                )
        shown = f", not '{node.text}'" if isinstance(node, Scalar) else ", not a list"
        return self._fault(node.place, f"{what} is a {'whole ' if kind is int else ''}number{shown}")

    def _date(self, node: Node, what: str) -> Any:
        if not isinstance(node, Scalar):
            return self._fault(node.place, f"{what} is a date")
        try:
            if (
                node.kind in ("str", "timestamp", "int")
                and (day := persian.Date.parse(node.text)).year >= 1600
            ):
                return day
            reason = "dates are Gregorian, written 2025-09-29, 2025-09 or 2025"
        except ValueError as fault:
            reason = str(fault)
        if solar := persian.as_solar_hint(node.text):
            reason = f"it looks like a Solar Hijri date; in the Gregorian calendar it is {solar}"
        return self._fault(node.place, f"{what}: '{node.text}' is not a date", reason)

    def _text(self, kind: type[Text], node: Node, what: str) -> Any:
        if not isinstance(node, Scalar):
            return self._fault(node.place, f"{what} is a text, not a list or mapping")
        if node.kind == "null" and not node.text:
            return self._fault(node.place, f"{what} is empty", "remove the key, or write its text")
        if node.kind != "str":
            reading = _MISREAD.get(node.kind, "YAML does not read {0} as a text").format(node.text)
            return self._fault(
                node.place, f"{what} is a text, but {reading}", f"write '{node.text}' in quotes"
            )
        if not node.text.strip():
            return self._fault(node.place, f"{what} is empty", "remove the key, or write its text")
        return kind(node.text.strip(), node.place)

    def _fault(self, place: Place, message: str, hint: str = "") -> Any:
        self.problems.append(place.problem(message, hint))


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
