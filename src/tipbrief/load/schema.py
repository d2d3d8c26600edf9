"""Schemas: YAML nodes become frozen dataclasses, or all their problems.

The annotations of a dataclass are the schema. Its fields are the known keys; a field without a default is a
required key. ``location`` is no key. A text with a required form is ``Annotated[Text, TextForm(…)]``. Other marks
in annotations are for the code that reads the models.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, dataclass_transform

from tipbrief.language.dates import Date
from tipbrief.language.numbers import MAX_DIGITS, NUMBER, parse_number
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.load.yaml_nodes import YamlMapping, YamlNode, YamlScalar, YamlSequence
from tipbrief.problems import ProblemList, list_known_words, suggest_nearest

LONGEST_TEXT = 50_000  # characters: some twenty pages
_PLAIN_NUMBER = re.compile(r"[-+]?[0-9][0-9_]*(\.[0-9]+)?")
_ROW_NUMBERS = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7}))?")
HIDDEN_ROWS = "hidden"  # in a list of rows to be skipped
# What YAML makes of a word without quotes, by the kind of its node.
_YAML_READINGS = {
    "bool": "true or false", "null": "nothing", "timestamp": "a date", "int": "a number", "float": "a number",
}  # fmt: skip


class Phrase(Text):
    """A printed text that is translated."""

    __slots__ = ()


class RichText(Phrase):
    """A printed text of the author's own. It may refer to figures, but may not hold typed numbers."""

    __slots__ = ()


class MarkdownText(RichText):
    """A text of paragraphs with lists, bold and links. ``check/markdown.py`` reads it."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class RowSelector:
    """Rows of a file: one number or a range of them, the rows with a text in a cell, or the hidden ones."""

    text: str
    first: int = 0
    last: int = 0

    @classmethod
    def parse(cls, text: str) -> "RowSelector":
        """The selector as tables.yaml has it: 5, 5-9, Total, 'Note: from…' or hidden."""
        found = _ROW_NUMBERS.fullmatch(text)
        numbers = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
        if found and not 0 < numbers[0] <= numbers[1]:
            raise ValueError("the first row is 1, and a range names its smaller number first: 5-9")
        if not text.strip():
            raise ValueError("write a number, a range such as 5-9, or the text of a cell")
        return cls(" ".join(text.split()), *numbers)

    def selects(self, line: int, texts: Sequence[str] = (), is_hidden: bool = False) -> bool:
        """Whether it means the row in this line with these cells. A text with … at its end begins a cell."""
        if self.first:
            return self.first <= line <= self.last
        if self.text == HIDDEN_ROWS and is_hidden:
            return True
        cells, start = (" ".join(cell.split()) for cell in texts), self.text.removesuffix("…")
        return any(cell.startswith(start) if start != self.text else cell == start for cell in cells)


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(field,))
@dataclass(frozen=True, kw_only=True)
class Model:
    """A part of a YAML file, and its place. All its subclasses are frozen dataclasses."""

    location: SourceLocation

    def __init_subclass__(cls) -> None:
        dataclass(frozen=True, kw_only=True)(cls)


class TextForm(NamedTuple):
    """A mark in an annotation: the pattern of a text, its name in messages, and a hint."""

    pattern: str
    what: str
    hint: str


@dataclass
class ModelReader:
    """Reads nodes into typed values. A node that it cannot read becomes a problem and ``None``."""

    problems: ProblemList = field(default_factory=ProblemList)

    def read_value(self, kind: Any, node: YamlNode, what: str) -> Any:
        """The node as a value of the type ``kind``. ``what`` names it in messages."""
        origin, parts = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            value = self.read_value(parts[0], node, what)
            self._check_form(kind, value, node.location)
            return value
        if origin in (typing.Union, types.UnionType):
            return self.read_value(_choose_type(parts, node), node, what)
        if origin is tuple:
            return self._read_items(parts[0], node, what)
        if origin in (dict, Mapping):
            return self._read_entries(parts[1], node, what)
        if origin is Literal:
            return self._read_choice({part: part for part in parts}, f"one of {', '.join(parts)}", node, what)
        if kind is bool:
            return self._read_choice({"true": True, "false": False}, "true or false", node, what)
        if hasattr(kind, "variants"):
            return self._read_variant(kind, node, what)
        for base, (read, fault, noun, hint) in _SCALAR_READERS.items():
            if issubclass(kind, base) and isinstance(node, YamlScalar):
                return read(self, kind, node, what)
            if issubclass(kind, base):
                return self._add_problem(node.location, fault, f"{what} is {noun}, not a list or mapping", hint)
        return self.read_model(kind, node, what)

    def read_model(self, kind: Any, node: YamlNode, what: str, **given: Any) -> Any:
        """The mapping as a dataclass. ``given`` are the values of fields that are no keys."""
        # The key 'from' is a word of Python, which no field can be named.
        fields = {f.name.rstrip("_"): f for f in dataclasses.fields(kind) if f.name not in ("location", *given)}
        needed = [name for name, f in fields.items() if is_required(f)]
        example = ", ".join(f"'{name}'" for name in needed if name != "id")
        hint = f"it needs {example}" if example else ""
        if not isinstance(node, YamlMapping):
            return self._add_problem(node.location, "wrong-type", f"{what} must hold 'key: value' lines", hint)
        hints, values = read_annotations(kind), dict(given)
        for name, value in given.items():
            self._check_form(hints[name], value, node.location)
        for key in (strange := [key for key in node.key_locations if key not in fields]):
            message = f"{what}: the key '{key}' is not known"
            self._add_problem(node.key_locations[key], "unknown-key", message, suggest_nearest(key, fields))
        if missing := [f"'{name}'" for name in needed if name not in node.items]:
            *others, last = missing
            names = f"keys {', '.join(others)} and {last} are" if others else f"key {last} is"
            self._add_problem(node.location, "missing-key", f"{what}: the {names} missing", hint)
        known = ((key, f.name) for key, f in fields.items() if key in node.items)
        values |= {name: self.read_value(hints[name], node.items[key], f"'{key}'") for key, name in known}
        sound = not strange and not missing and all(value is not None for value in values.values())
        return kind(location=node.location, **values) if sound else None

    def _read_items(self, kind: Any, node: YamlNode, what: str) -> Any:
        # A list of one item may be written without brackets.
        nodes = node.items if isinstance(node, YamlSequence) else (node,)
        if not nodes:
            hint = "write its items, or remove the key"
            return self._add_problem(node.location, "empty", f"{what} is an empty list", hint)
        items = [self.read_value(kind, item, f"an item of {what}") for item in nodes]
        if hasattr(kind, "variants"):
            # A wrong block must not hide the problems of the others.
            return tuple(item for item in items if item is not None)
        return None if any(item is None for item in items) else tuple(items)

    def _read_entries(self, kind: Any, node: YamlNode, what: str) -> Any:
        if not isinstance(node, YamlMapping):
            return self._add_problem(node.location, "wrong-type", f"{what} must hold 'name: …' entries")
        has_id = dataclasses.is_dataclass(kind) and any(f.name == "id" for f in dataclasses.fields(kind))
        entries = {}
        for key, item in node.items.items():
            named = f"'{key}'"
            value = self.read_model(kind, item, named, id=key) if has_id else self.read_value(kind, item, named)
            if value is not None:
                entries[key] = value
        # A wrong figure must not hide the problems of the others. But a table with a wrong column is no table.
        return entries if has_id or len(entries) == len(node.items) else None

    def _read_variant(self, base: Any, node: YamlNode, what: str) -> Any:
        """A mapping of one key, which names the dataclass. The value may be that of its first field alone."""
        variants = base.variants
        if isinstance(node, YamlScalar) and node.text:  # a name alone, such as '- page'
            empty = YamlMapping({}, {}, node.location)
            node = YamlMapping({node.text: empty}, {node.text: node.location}, node.location)
        if not isinstance(node, YamlMapping) or not node.items:
            message = f"{what} must be one 'name: …'"
            return self._add_problem(node.location, "wrong-type", message, list_known_words(list(variants), 20))
        key, *others = node.items
        place = node.key_locations[key]
        if key not in variants and not base.load_variant(key):
            message = f"{what}: '{key}' is not known"
            return self._add_problem(place, "unknown-variant", message, base.suggest_variant(key))
        if others:
            message = f"'{others[0]}' stands beside '{key}', not inside it"
            hint = f"indent what belongs to '{key}' by two spaces more than '{key}' itself"
            return self._add_problem(node.key_locations[others[0]], "indentation", message, hint)
        kind, inner = variants[key], node.items[key]
        if not isinstance(inner, YamlMapping):
            first = next((f.name for f in dataclasses.fields(kind) if f.name != "location"), "")
            if not first:
                return self._add_problem(place, "wrong-type", f"'{key}' has no parts", f"write '- {key}' alone")
            inner = YamlMapping({first: inner}, {first: inner.location}, place)
        return self.read_model(kind, inner, f"'{key}'")

    def _read_choice(self, choices: Mapping[str, Any], wanted: str, node: YamlNode, what: str) -> Any:
        if isinstance(node, YamlScalar) and node.text in choices:
            return choices[node.text]
        shown = f", not '{node.text}'" if isinstance(node, YamlScalar) else ""
        return self._add_problem(node.location, "no-choice", f"{what} is {wanted}{shown}")

    def _read_number(self, kind: type, node: YamlScalar, what: str) -> Any:
        _, fault, noun, hint = _SCALAR_READERS[kind]
        plain = _PLAIN_NUMBER.fullmatch(node.text)
        if len(node.text) > MAX_DIGITS:
            fault, noun, hint = "too-large", f"a number of at most {MAX_DIGITS} digits", ""
        elif plain and node.kind in ("int", "float"):
            value = Decimal(node.text)
            if kind is Decimal or value == int(value):
                return kind(value)
        elif NUMBER.fullmatch(node.text):
            hint = f"write {parse_number(node.text)}" + (", without quotes" if plain else "")
        return self._add_problem(node.location, fault, f"{what} is {noun}, not '{node.text}'", hint)

    def _read_parsed(self, kind: type[Date | RowSelector], node: YamlScalar, what: str) -> Any:
        try:
            return kind.parse(node.text)
        except ValueError as fault:
            _, problem, noun, _ = _SCALAR_READERS[kind]
            return self._add_problem(node.location, problem, f"{what}: '{node.text}' is not {noun}", str(fault))

    def _read_text(self, kind: type[Text], node: YamlScalar, what: str) -> Any:
        text = node.text.strip()
        if not text and node.kind in ("null", "str"):
            hint = "write it (in quotes where it begins with #), or remove the key"
            return self._add_problem(node.location, "empty", f"{what} is empty", hint)
        if len(text) > LONGEST_TEXT:
            hint = "divide it: a brief prints texts of some pages at most"
            return self._add_problem(node.location, "too-large", f"{what} has more than {LONGEST_TEXT:,} letters", hint)
        if node.kind != "str":
            reading = f"YAML does not read {node.text} as a text"
            if read_as := _YAML_READINGS.get(node.kind):
                reading = f"YAML reads {node.text} without quotes as {read_as}"
            message, hint = f"{what} is a text, but {reading}", f"write '{node.text}' in quotes"
            return self._add_problem(node.location, "no-text", message, hint)
        return kind(text, node.location)

    def _check_form(self, kind: Any, value: Any, place: SourceLocation) -> None:  # the value is kept
        for form in typing.get_args(kind)[1:]:
            if isinstance(form, TextForm) and value is not None and not re.fullmatch(form.pattern, value):
                self._add_problem(place, "form", f"'{value}' is no {form.what}", form.hint)

    def _add_problem(self, place: SourceLocation, kind: str, message: str, hint: str = "") -> Any:
        self.problems.append(place.problem(message, hint, kind=kind))


def is_required(field: dataclasses.Field[Any]) -> bool:
    """Whether a key is required: its field has no default."""
    return field.default is field.default_factory is dataclasses.MISSING


def _choose_type(parts: tuple[Any, ...], node: YamlNode) -> Any:
    known = [part for part in parts if part is not types.NoneType]
    for part in known:
        if typing.get_origin(part) is Literal and isinstance(node, YamlScalar) and node.text in typing.get_args(part):
            return part
        if dataclasses.is_dataclass(part) and isinstance(node, YamlMapping):
            return part
    return known[0]


# For each type of scalar: the reader, the kind of its problem, the type's name, and how to write it.
_SCALAR_READERS: Mapping[type, tuple[Any, str, str, str]] = {
    int: (ModelReader._read_number, "no-number", "a whole number", "write it in Latin digits, such as 2"),
    Decimal: (ModelReader._read_number, "no-number", "a number", "write 1234.5: Latin digits, no separators"),
    Date: (ModelReader._read_parsed, "no-date", "a date", "write 2025-09-29"),
    RowSelector: (ModelReader._read_parsed, "no-rows", "a row", "write 5, a range such as 5-9, or the text of a cell"),
    Text: (ModelReader._read_text, "no-text", "a text", "put a text that begins with {, [ or - into quotes"),
}


@cache
def read_annotations(kind: Any) -> dict[str, Any]:
    """The annotations of a dataclass's fields, with their marks."""
    return typing.get_type_hints(kind, include_extras=True)
