"""JSON Schemas of a publication's files, of the annotations that read them: editors complete and explain.

They refuse what has another shape than ``check`` wants. A name of a figure, a source or a table is completed,
but an unknown one is not refused: the schema may be older than the figure, and ``check`` knows better.
"""

import dataclasses
import re
import types
import typing
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from tipbrief.check.blocks import BLOCKS
from tipbrief.check.descriptions import FILES, Described, catalogue, fields_of, words_for
from tipbrief.check.models import TEXT_GROUPS, ColumnOf, Inside, Refers
from tipbrief.language.catalogue import Catalogue
from tipbrief.language.dates import Date
from tipbrief.language.language import known_languages
from tipbrief.load.places import Text
from tipbrief.load.schema import MOST_LETTERS, TextForm, annotations_of, is_needed
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence, YamlNode, read_yaml
from tipbrief.pdf.dataset import dataset_files
from tipbrief.problems import Problems

_DIALECT = "http://json-schema.org/draft-07/schema#"  # which all editors know
_DAYS = r"(02-(0[1-9]|[12]\d)|(0[469]|11)-(0[1-9]|[12]\d|30)|(0[13578]|1[02])-(0[1-9]|[12]\d|3[01]))"
_DATE = rf"^(1[6-9]|[2-9]\d)\d\d(-(0[1-9]|1[0-2])|-{_DAYS})?$"
_FIRST_YEAR = 1600
Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """What a publication has names for: of each kind, and its columns by their type."""

    known: Mapping[str, Collection[str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    tag: str = "en"


def schemas(names: Names) -> dict[str, Schema]:
    """The schema of each file, by the file's name."""
    return {file: _Maker(names).whole(file) for file in FILES}


def names_in(folder: Path) -> Names:
    """The names in a publication's files; those of a file that cannot be read are missing."""
    files = {what: _entries(folder / f"{what}s.yaml") for what in ("source", "figure", "table")}
    known: dict[str, Collection[str]] = {what: node.items.keys() for what, node in files.items()}
    texts = _entries(folder / "texts.yaml").items
    for what, group in TEXT_GROUPS.items():
        known[what] = node.items.keys() if isinstance(node := texts.get(group), Keyed) else ()
    known["picture"] = [name for name in _files_in(folder) if name.startswith("pictures/")]
    columns: dict[str, str] = {}
    for table in files["table"].items.values():
        declared = table.items.get("columns") if isinstance(table, Keyed) else None
        for name, column in declared.items.items() if isinstance(declared, Keyed) else ():
            columns[name] = _text(column.items.get("type")) if isinstance(column, Keyed) else ""
    imprint = _entries(folder / "publication.yaml").items
    tag = _text(imprint.get("languages")) or _text(imprint.get("language"))
    return Names({**known, "language": known_languages()}, columns, tag if tag in known_languages() else "en")


def _files_in(folder: Path) -> Collection[str]:
    try:
        return dataset_files(folder)
    except Problems:
        return ()


def _entries(file: Path) -> Keyed:
    try:
        return read_yaml(file)
    except Problems:
        return Keyed({}, {}, typing.cast(Any, None))


def _text(node: YamlNode | None) -> str:
    if isinstance(node, Sequence):
        return _text(node.items[0]) if node.items else ""
    return node.text if isinstance(node, Scalar) else ""


class _Maker:
    """Makes the schema of one file; models are defined once, as blocks stand in blocks."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.words: Catalogue = catalogue(names.tag)
        self.definitions: Schema = {}

    def whole(self, file: str) -> Schema:
        """The schema of a file."""
        kind = FILES[file]
        made = self.record(kind) if isinstance(kind, type) else self.of(kind)
        return {"$schema": _DIALECT, "title": file, **made, "definitions": self.definitions}

    def of(self, kind: Any) -> Schema:
        """What is accepted as a value of this type."""
        origin, parts = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            return self._marked(self.of(parts[0]), parts[1:])
        if origin in (typing.Union, types.UnionType):
            known = [self.of(part) for part in parts if part is not types.NoneType]
            return known[0] if len(known) == 1 else {"anyOf": known}
        if origin is tuple:
            item = self.of(parts[0])
            return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}
        if origin is not None and origin is not Literal:
            return self._entries(parts[1])
        if origin is Literal:
            return {"enum": [*parts]}
        if hasattr(kind, "variants"):
            return self._defined("Block", self._block)
        for base, schema in _SCALARS.items():
            if issubclass(kind, base):
                return dict(schema)
        return self._defined(kind.__name__, lambda: self.record(kind))

    def record(self, kind: Any) -> Schema:
        """A mapping with the keys of a model."""
        properties, needed = {}, []
        for one in fields_of(kind):
            about = self._about(words_for(kind, one.name))
            properties[one.name] = {**about, **self.of(annotations_of(kind)[one.name])}
            if isinstance(one.default, (bool, int, str)):
                properties[one.name]["default"] = one.default
            if is_needed(one):
                needed.append(one.name)
        made: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**made, "required": needed} if needed else made

    def _about(self, words: Described) -> Schema:
        """Title and description, in English and in the language of the publication."""
        if not words.title:
            return {}
        said = self.words.gettext(f"{words.title}. {words.text}")
        own = Described.parse(said)
        if own == words:
            return {"title": words.title, "description": words.text}
        return {"title": f"{own.title} · {words.title}", "description": f"{own.text}\n\n{words.text}"}

    def _entries(self, kind: Any) -> Schema:
        """Entries under their names; a name that files or figures have must look like one."""
        made: Schema = {"type": "object", "additionalProperties": self.of(kind)}
        named = annotations_of(kind).get("id") if isinstance(kind, type) else None
        return {**made, "propertyNames": self.of(named)} if named else made

    def _block(self) -> Schema:
        """One block: its kind alone, or its kind with its keys, or with the value of its first key."""
        alone, kinds = [], {}
        for name, kind in BLOCKS.items():
            whole, fields = (
                {"title": name, "description": _first_line(kind), **self.record(kind)},
                fields_of(kind),
            )
            further = [one for one in fields[1:] if is_needed(one)]
            if not fields or not (is_needed(fields[0]) or further):
                alone.append(name)
            short = fields and not further
            kinds[name] = {"anyOf": [self._first(kind, fields[0]), whole]} if short else whole
        one = {"type": "object", "minProperties": 1, "maxProperties": 1}
        return {"anyOf": [{"enum": alone}, {**one, "properties": kinds, "additionalProperties": False}]}

    def _first(self, kind: Any, first: dataclasses.Field[Any]) -> Schema:
        return {**self._about(words_for(kind, first.name)), **self.of(annotations_of(kind)[first.name])}

    def _defined(self, name: str, make: Any) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}  # it may hold itself
            self.definitions[name] = make()
        # What stands beside a reference is ignored: so the reference stands inside.
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]}

    def _marked(self, schema: Schema, marks: tuple[Any, ...]) -> Schema:
        for mark in marks:
            if isinstance(mark, TextForm):
                schema = {**schema, "pattern": f"^(?:{mark.pattern})$"}
            elif known := self._known(mark):
                return {"anyOf": [{"enum": known}, schema]}
        return schema

    def _known(self, mark: Any) -> list[str]:
        """The names that a mark means, as far as the publication has them."""
        columns = self.names.columns
        if isinstance(mark, ColumnOf):
            return [name for name, kind in columns.items() if not mark.type or kind == mark.type]
        if isinstance(mark, Inside) and mark.what == "column":
            return [*columns]
        if isinstance(mark, Refers) and mark.row:
            numbers = [f"row.{name}" for name, kind in columns.items() if kind == "number"]
            return [*self.names.known.get(mark.what, ()), *numbers]
        return [*self.names.known.get(mark.what, ())] if isinstance(mark, (Refers, Inside)) else []


def _first_line(kind: Any) -> str:
    return re.sub("``", "'", (kind.__doc__ or "").partition("\n")[0])


_SCALARS: Mapping[type, Schema] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    Decimal: {"type": "number"},
    # A year alone is a number to YAML.
    Date: {
        "anyOf": [
            {"type": "string", "pattern": _DATE},
            {"type": "integer", "minimum": _FIRST_YEAR, "maximum": 9999},
        ]
    },
    Text: {"type": "string", "pattern": r"\S", "maxLength": MOST_LETTERS},
    str: {"type": "string"},
}
