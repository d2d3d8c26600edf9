"""YAML files: read into nodes that know their place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import yaml

from tipbrief.language.language import LOADER
from tipbrief.load import source_text
from tipbrief.load.source_text import SourceLocation, read_text
from tipbrief.problems import Problem, ProblemList, Problems, read_file_lines

MAX_DEPTH = 20
_CORE_TAG_PREFIX = "tag:yaml.org,2002:"
_KNOWN_TAGS = {"str", "int", "float", "bool", "null", "timestamp", "seq", "map", "merge", "value"}
_TOO_DEEP_MESSAGE = f"lists and mappings are nested deeper than {MAX_DEPTH}"
_OPEN_BRACKET_HINT = "is a bracket [ or { left open?"
_KEY_WITHOUT_SPACE = re.compile(r"\s*(?:- )*[\w-]+:\S")
_TAB_INDENTATION = re.compile(r"^ *\t+(?=\s*\S)")
_FAULT_FILE = Path(__file__).with_name("yaml_faults.yaml")


class YamlScalar(NamedTuple):
    """A YAML scalar: its text, and the type that YAML gives to it."""

    text: str
    kind: str  # str, int, float, bool, null, timestamp …
    location: SourceLocation


class YamlSequence(NamedTuple):
    """A YAML list."""

    items: tuple[YamlNode, ...]
    location: SourceLocation


class YamlMapping(NamedTuple):
    """A YAML mapping: its values and the places of its keys. Its own place is that of the key before it."""

    items: Mapping[str, YamlNode]
    key_locations: Mapping[str, SourceLocation]
    location: SourceLocation


YamlNode = YamlScalar | YamlSequence | YamlMapping


def read_yaml(file: Path, most: int = source_text.MAX_YAML_BYTES) -> YamlMapping:
    """The mapping in a YAML file. Aliases, tabs and repeated keys are problems."""
    return _parse_yaml(file, read_text(file, most=most))


def read_scalars(file: Path, key: str) -> list[YamlScalar]:
    """The texts under a key of a YAML file, one alone or in a list; none if they cannot be read."""
    node: YamlNode | None = None
    with suppress(Problems):
        node = read_yaml(file).items.get(key)
    items = node.items if isinstance(node, YamlSequence) else [node]
    return [one for one in items if isinstance(one, YamlScalar) and one.text]


@lru_cache(64)  # while a publication stays open, few of its files change
def _parse_yaml(file: Path, text: str) -> YamlMapping:
    message, hint = "a tab stands in the indentation", "indent with spaces"
    tabs = ProblemList(
        Problem(message, file, number, found.end(), hint, kind="tab")
        for number, line in enumerate(text.splitlines(), 1)
        if (found := _TAB_INDENTATION.match(line))
    )
    tabs.raise_all()
    try:
        root = yaml.compose(text, Loader=LOADER)
    except yaml.MarkedYAMLError as fault:
        raise Problems(_describe_yaml_fault(file, fault)) from None
    except RecursionError:  # without libyaml, which has a limit of its own
        raise Problems(_TOO_DEEP_MESSAGE, file, kind="too-deep") from None
    for event in yaml.parse(text, Loader=LOADER) if "*" in text else ():
        if isinstance(event, yaml.AliasEvent) and (mark := event.start_mark):
            message = "an alias (*name) repeats a part of the file"
            hint = "write the values out, here and wherever else * stands before a name"
            raise Problems(Problem(message, file, mark.line + 1, mark.column + 1, hint, kind="alias"))
    builder = _NodeBuilder(file)
    node = builder.build_node(root, 0) if root is not None else None
    builder.problems.raise_all()
    if not isinstance(node, YamlMapping):
        place, has = (node.location, "no 'key: value' lines") if node else (SourceLocation(file), "no entries")
        hint = "see the same file of the shipped publication"
        raise Problems(place.problem(f"the file has {has}", hint, kind="no-entries"))
    return node


@dataclass
class _NodeBuilder:
    file: Path
    problems: ProblemList = field(default_factory=ProblemList)

    def build_node(self, node: yaml.Node, depth: int) -> YamlNode | None:
        start, end = node.start_mark, node.end_mark
        # PyYAML ends a block scalar at the start of the next line.
        last = end.line + 1 if end.column else max(end.line, start.line + 1)
        place = SourceLocation(self.file, start.line + 1, start.column + 1, last)
        if depth > MAX_DEPTH:
            self.problems.append(place.problem(_TOO_DEEP_MESSAGE, _OPEN_BRACKET_HINT, kind="too-deep"))
            return None
        kind = node.tag.removeprefix(_CORE_TAG_PREFIX)
        if kind not in _KNOWN_TAGS:
            message = f"the tag '{node.tag.replace(_CORE_TAG_PREFIX, '!!')}' is not known here"
            hint = "remove it, or put a text that begins with ! into quotes"
            self.problems.append(place.problem(message, hint, kind="tag"))
        if isinstance(node, yaml.ScalarNode):
            if found := source_text.INVISIBLE_CHARACTER.search(node.value):
                message, hint = source_text.describe_invisible_character(found)
                self.problems.append(place.problem(message, hint, kind="hidden-character"))
            return YamlScalar(node.value, kind, place)
        if isinstance(node, yaml.SequenceNode):
            items = [self.build_node(item, depth + 1) for item in node.value]
            return YamlSequence(tuple(item for item in items if item is not None), place)
        return self._build_mapping(node, place, depth)

    def _build_mapping(self, node: yaml.Node, place: SourceLocation, depth: int) -> YamlMapping:
        values: dict[str, YamlNode] = {}
        keys: dict[str, SourceLocation] = {}
        for key_node, value_node in node.value:
            key_place = SourceLocation(self.file, key_node.start_mark.line + 1, key_node.start_mark.column + 1)
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append(key_place.problem("a key must be a single word", kind="key-form"))
            elif (key := key_node.value) in values:
                hint = f"it stands first in line {keys[key].line}; remove one"
                self.problems.append(key_place.problem(f"the key '{key}' stands twice", hint, kind="key-twice"))
            elif (value := self.build_node(value_node, depth + 1)) is not None:
                named = value._replace(location=key_place) if isinstance(value, YamlMapping) else value
                values[key], keys[key] = named, key_place
        return YamlMapping(values, keys, place)


def _describe_yaml_fault(file: Path, fault: yaml.MarkedYAMLError) -> Problem:
    original = f"{fault.context} {fault.problem}"
    unknown = ("", f"the file cannot be read as YAML: {fault.problem or fault.context}", "")
    faults = [tuple(known.values()) for known in yaml.load(_FAULT_FILE.read_text(encoding="utf-8"), Loader=LOADER)]
    part, message, hint = next((known for known in faults if known[0] in original), unknown)
    # The parser stops after the incomplete quotation mark, bracket or key. The context is where that begins.
    is_incomplete = part in ("quoted scalar", "',' or", "could not find expected ':'")
    mark = (fault.context_mark if is_incomplete else fault.problem_mark) or fault.problem_mark or fault.context_mark
    if mark is None:
        return Problem(message, file, hint=hint, kind="yaml-syntax")
    lines = read_file_lines(file)
    line = lines[mark.line] if mark.line < len(lines) else ""
    if "'key: value'" in message and _KEY_WITHOUT_SPACE.match(line):
        hint = "write a space after the ':'"
    before = line[: mark.column].rstrip()
    if (opened := _find_open_quote(lines, mark)) and opened.line < mark.line:
        mark, (message, hint) = (opened, next(known[1:] for known in faults if known[0] == "quoted scalar"))
    elif before.endswith(("}", "]", "'", '"')):
        message, hint = f"the text goes on after its {before[-1]}", "put the whole text into quotes: '…'"
    return Problem(message, file, mark.line + 1, mark.column + 1, hint, kind="yaml-syntax")


def _find_open_quote(lines: list[str], mark: yaml.Mark) -> yaml.Mark | None:
    found = None
    with suppress(yaml.YAMLError):
        for token in yaml.scan("\n".join(lines), Loader=LOADER):
            if token.start_mark.line >= mark.line:
                break
            quoted = isinstance(token, yaml.ScalarToken) and token.style in ("'", '"')
            if quoted and token.end_mark.line == mark.line and token.end_mark.column <= mark.column:
                found = token.start_mark
    return found
