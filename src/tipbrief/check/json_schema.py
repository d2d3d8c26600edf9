"""JSON Schemas of a publication's files, for editors, with a description of each key.

They come from the models' annotations and refuse other shapes than ``check``. Names, such as those of figures, are
completed. Unknown names are not refused, as the schema may be older than the figures.

Keys, forms and defaults come from the models, the words from ``key_texts/keys.yaml`` and its catalogues.
"""

import dataclasses
import json
import types
import typing
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Annotated, Any, Literal, NamedTuple

from tipbrief.check import models
from tipbrief.check.blocks import BLOCKS, Brief
from tipbrief.files import FolderLock, read_bytes, replace_file, resolve_within
from tipbrief.language.dates import Date
from tipbrief.language.language import Catalogue, known_languages, read_data_file
from tipbrief.load.publication_files import list_dataset_files
from tipbrief.load.schema import LONGEST_TEXT, Model, RichText, RowSelector, TextForm, is_required, read_annotations
from tipbrief.load.source_text import Text
from tipbrief.load.yaml_nodes import YamlMapping, YamlScalar, read_scalars, read_yaml
from tipbrief.problems import Problems, report_os_errors

KEY_TEXTS_FOLDER = Path(__file__).with_name("key_texts")
load_key_texts = partial(read_data_file, KEY_TEXTS_FOLDER / "keys.yaml")  # by the names of models
# The content of each file: one model, or entries of a model by their names.
FILE_MODELS: Mapping[str, Any] = {
    "publication.yaml": models.Imprint,
    "sources.yaml": Mapping[str, models.Source],
    "figures.yaml": Mapping[str, models.Figure],
    "tables.yaml": Mapping[str, models.TableSpec],
    "texts.yaml": models.Texts,
    "briefs/NAME.yaml": Brief,
}
_DIALECT = "http://json-schema.org/draft-07/schema#"  # which all editors know
_DAY_PATTERN = r"(02-(0[1-9]|[12]\d)|(0[469]|11)-(0[1-9]|[12]\d|30)|(0[13578]|1[02])-(0[1-9]|[12]\d|3[01]))"
_DATE_PATTERN = rf"^(1[6-9]|[2-9]\d)\d\d(-(0[1-9]|1[0-2])|-{_DAY_PATTERN})?$"
_YEAR_SCHEMA = {"type": "integer", "minimum": 1600, "maximum": 9999}  # a year alone is a number to YAML
Schema = dict[str, Any]
_TEXT_SCHEMA = {"type": "string", "pattern": r"\S", "maxLength": LONGEST_TEXT}
# The name and the schema of each type of values. The first type counts that is a base of the value's.
_SCALARS: Mapping[type, tuple[str, Schema]] = {
    bool: ("true or false", {"type": "boolean"}),
    int: ("whole number", {"type": "integer"}),
    Decimal: ("number", {"type": "number"}),
    Date: ("date", {"anyOf": [{"type": "string", "pattern": _DATE_PATTERN}, _YEAR_SCHEMA]}),
    RowSelector: ("row", {"anyOf": [_TEXT_SCHEMA, {"type": "integer", "minimum": 1}]}),
    RichText: ("text with {figures}", _TEXT_SCHEMA),
    Text: ("text", _TEXT_SCHEMA),
    str: ("text", {"type": "string"}),
}
SCHEMA_FOLDER = "schema"
_SCHEMA_COMMENT = "# yaml-language-server:"
_BOM = b"\xef\xbb\xbf"


class KeyDescription(NamedTuple):
    """A key of a file or block."""

    name: str
    title: str
    text: str
    value_form: str
    is_required: bool
    default: str


class Topic(NamedTuple):
    """A file, a block or a part of them."""

    name: str
    summary: str
    text: str
    keys: tuple[KeyDescription, ...]
    example: str


def list_topics() -> dict[str, Topic]:
    """All topics by name: files and the parts inside them, then blocks: ``figures.yaml``, ``block years``."""
    found: dict[str, Topic] = {}
    for file, holds in FILE_MODELS.items():
        (kind,) = find_models(holds)
        found[file] = describe_model(kind, file)
        if holds is not kind:
            text = f"Entries, each under its name: small Latin letters, digits, - and _.\n\n{found[file].text}"
            found[file] = found[file]._replace(text=text)
        for part in inner_models(kind):
            found.setdefault(name := _model_name(part), describe_model(part, name))
    for name, kind in BLOCKS.items():
        found[f"block {name}"] = describe_model(kind, f"block {name}")
    return found


def describe_model(kind: Any, name: str) -> Topic:
    """The topic of a model."""
    own = load_key_texts().get(kind.__name__, {})
    keys = tuple(_describe_key_field(kind, key) for key in key_fields(kind))
    summary = kind.__doc__.replace("``", "'")
    text = f"{summary}\n\n{own.get('text', '')}".rstrip()
    return Topic(name, summary, text, keys, own.get("example", "").rstrip())


def key_fields(kind: Any) -> list[dataclasses.Field[Any]]:
    """The fields of a model that are keys. Only the publication writes its own name; others are named by a key."""
    names = {"location"} if kind is models.Imprint else {"location", "id"}
    return [one for one in dataclasses.fields(kind) if one.name not in names]


def describe_key(kind: Any, key: str) -> str:
    """The description of a key: a title, a full stop, and the text; empty if there is none."""
    texts, key = (load_key_texts().get(one.__name__, {}).get("keys", {}) for one in kind.__mro__), key.rstrip("_")
    return next((own[key] for own in texts if key in own), "")


def find_models(annotation: Any) -> list[Any]:
    """The models in an annotation, without blocks."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [] if hasattr(annotation, "variants") else [annotation]
    return [model for part in typing.get_args(annotation) for model in find_models(part)]


def inner_models(kind: Any) -> list[Any]:
    """The models inside a model, and those inside them, in the order of its keys."""
    found: dict[Any, None] = {}
    for key in key_fields(kind):
        for model in find_models(read_annotations(kind)[key.name]):
            found |= dict.fromkeys([model, *inner_models(model)])
    return [*found]


def _model_name(kind: Any) -> str:
    return str(kind.__name__).lower().removesuffix("spec")


def _describe_key_field(kind: Any, key: dataclasses.Field[Any]) -> KeyDescription:
    default = key.default if key.default_factory is dataclasses.MISSING else key.default_factory()
    needed = default is dataclasses.MISSING
    shown = "" if needed or default in (None, (), {}) else str(default).lower()
    title, _, text = describe_key(kind, key.name).partition(". ")
    form = describe_form(read_annotations(kind)[key.name])
    return KeyDescription(key.name.rstrip("_"), title, text, form, needed, shown)


def describe_form(annotation: Any) -> str:
    """The form of a value in words: ``name of a figure``."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return next(filter(None, map(_describe_mark, parts[1:])), "") or describe_form(parts[0])
    if origin in (typing.Union, types.UnionType):
        return ", or ".join(describe_form(part) for part in parts if part is not types.NoneType)
    if origin is tuple:
        return "blocks" if hasattr(parts[0], "variants") else f"one or a list: {describe_form(parts[0])}"
    if origin is Literal:
        return "one of " + ", ".join(map(str, parts))
    if origin is not None:
        return f"names, each with its {describe_form(parts[1])}"
    return next((form for kind, (form, _) in _SCALARS.items() if issubclass(annotation, kind)), _model_name(annotation))


def _describe_mark(mark: Any) -> str:
    if isinstance(mark, models.DatasetName) and mark.what:
        return f"name of a {mark.what}"
    if isinstance(mark, models.ReferenceTo):
        return f"name of {'an' if mark.what[0] in 'aeiou' else 'a'} {mark.what}"
    if isinstance(mark, models.ColumnOf):
        of = "the document's row" if mark.table is None else f"'{mark.table}'"
        return f"name of a column of {mark.type}s of {of}" if mark.type else f"name of a column of {of}"
    return str(mark.what).removeprefix("good ") if isinstance(mark, TextForm) else ""


@dataclass(frozen=True, slots=True)
class PublicationNames:
    """The names in a publication by their kinds, the types of its columns, and its language."""

    by_kind: Mapping[str, Collection[str]] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)
    tag: str = "en"


def build_schemas(names: PublicationNames) -> dict[str, Schema]:
    """The schema of each file, by the file's name."""
    return {file: _SchemaBuilder(names).file_schema(file) for file in FILE_MODELS}


def collect_names(folder: Path) -> PublicationNames:
    """The names in a publication's files, without those of files that cannot be read."""
    files = {what: _read_entries(folder / f"{what}s.yaml") for what in ("source", "figure", "table")}
    known: dict[str, Collection[str]] = {what: node.items.keys() for what, node in files.items()}
    texts = _read_entries(folder / "texts.yaml").items
    for what, group in models.TEXT_GROUPS.items():
        known[what] = node.items.keys() if isinstance(node := texts.get(group), YamlMapping) else ()
    with suppress(Problems):
        known["picture"] = [name for name in list_dataset_files(folder) if name.startswith("pictures/")]
    columns: dict[str, str] = {}
    for table in files["table"].items.values():
        declared = table.items.get("columns") if isinstance(table, YamlMapping) else None
        for name, column in declared.items.items() if isinstance(declared, YamlMapping) else ():
            kind = column.items.get("type") if isinstance(column, YamlMapping) else None
            columns[name] = kind.text if isinstance(kind, YamlScalar) else ""
    tags = [one.text for key in ("languages", "language") for one in read_scalars(folder / "publication.yaml", key)]
    tag = next(iter(tags), "")
    known["language"] = known_languages()
    return PublicationNames(known, columns, tag if tag in known_languages() else "en")


def _read_entries(file: Path) -> YamlMapping:
    with suppress(Problems):
        return read_yaml(file)
    return YamlMapping({}, {}, typing.cast(Any, None))


class _SchemaBuilder:
    """Builds the schema of one file. It defines each model once, as blocks stand in blocks."""

    def __init__(self, names: PublicationNames) -> None:
        self.names = names
        self.catalogue = Catalogue(KEY_TEXTS_FOLDER / f"{names.tag}.po")
        self.definitions: Schema = {}

    def file_schema(self, file: str) -> Schema:
        kind = FILE_MODELS[file]
        schema = self.model_schema(kind) if isinstance(kind, type) else self.type_schema(kind)
        return {"$schema": _DIALECT, "title": file, **schema, "definitions": self.definitions}

    def type_schema(self, kind: Any) -> Schema:
        origin, parts = typing.get_origin(kind), typing.get_args(kind)
        if origin is Annotated:
            return self._apply_marks(self.type_schema(parts[0]), parts[1:])
        if origin in (typing.Union, types.UnionType):
            known = [self.type_schema(part) for part in parts if part is not types.NoneType]
            return known[0] if len(known) == 1 else {"anyOf": known}
        if origin is tuple:
            item = self.type_schema(parts[0])
            return {"anyOf": [item, {"type": "array", "items": item, "minItems": 1}]}
        if origin is not None and origin is not Literal:
            return self._entries_schema(parts[1])
        if origin is Literal:
            return {"enum": [*parts]}
        if hasattr(kind, "variants"):
            return self._refer_to_definition("Block", self._block_schema)
        for base, (_, schema) in _SCALARS.items():
            if issubclass(kind, base):
                return dict(schema)
        return self._refer_to_definition(kind.__name__, lambda: self.model_schema(kind))

    def model_schema(self, kind: Any) -> Schema:
        properties, required = {}, []
        for one in key_fields(kind):
            properties[key := one.name.rstrip("_")] = self._key_schema(kind, one)
            if isinstance(one.default, (bool, int, str)):
                properties[key]["default"] = one.default
            if is_required(one):
                required.append(one.name)
        schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
        return {**schema, "required": required} if required else schema

    def _key_schema(self, kind: Any, key: dataclasses.Field[Any]) -> Schema:
        schema, words = self.type_schema(read_annotations(kind)[key.name]), describe_key(kind, key.name)
        if not words:
            return schema
        title, _, text = words.partition(". ")
        if (own := self.catalogue.gettext(words)) != words:
            own_title, _, own_text = own.partition(". ")
            title, text = f"{own_title} · {title}", f"{own_text}\n\n{text}"
        return {"title": title, "description": text, **schema}

    def _entries_schema(self, kind: Any) -> Schema:
        schema: Schema = {"type": "object", "additionalProperties": self.type_schema(kind)}
        name = read_annotations(kind).get("id") if isinstance(kind, type) else None
        return {**schema, "propertyNames": self.type_schema(name)} if name else schema

    def _block_schema(self) -> Schema:
        """The schema of a block: its kind alone, its kind with its keys, or with the value of its first key."""
        alone, kinds = [], {}
        for name, kind in BLOCKS.items():
            fields, summary = key_fields(kind), describe_model(kind, name).summary
            whole = {"title": name, "description": summary, **self.model_schema(kind)}
            further = [one for one in fields[1:] if is_required(one)]
            if not fields or not (is_required(fields[0]) or further):
                alone.append(name)
            kinds[name] = whole if further or not fields else {"anyOf": [self._key_schema(kind, fields[0]), whole]}
        one = {"type": "object", "minProperties": 1, "maxProperties": 1}
        return {"anyOf": [{"enum": alone}, {**one, "properties": kinds, "additionalProperties": False}]}

    def _refer_to_definition(self, name: str, make: Any) -> Schema:
        if name not in self.definitions:
            self.definitions[name] = {}  # it may contain itself
            self.definitions[name] = make()
        # Validators ignore keys beside $ref, so the reference is wrapped.
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]}

    def _apply_marks(self, schema: Schema, marks: tuple[Any, ...]) -> Schema:
        for mark in marks:
            if isinstance(mark, TextForm):
                schema = {**schema, "pattern": f"^(?:{mark.pattern})$"}
            elif known := self._names_for_mark(mark):
                return {"anyOf": [{"enum": known}, schema]}
        return schema

    def _names_for_mark(self, mark: Any) -> list[str]:
        columns = self.names.columns
        if isinstance(mark, models.ColumnOf):
            return [name for name, kind in columns.items() if not mark.type or kind == mark.type]
        if isinstance(mark, models.DatasetName) and mark.what == "column":
            return [*columns]
        if not isinstance(mark, (models.ReferenceTo, models.DatasetName)):
            return []
        known = [*self.names.by_kind.get(mark.what, ())]
        if isinstance(mark, models.ReferenceTo) and mark.row:
            known += [f"row.{name}" for name, kind in columns.items() if kind == "number"]
        return known


def schema_file(name: str) -> str:
    """The schema of a file of the publication: ``schema/figures.json``, ``schema/brief.json``."""
    of = "brief" if name.startswith("briefs/") else PurePosixPath(name).stem
    return f"{SCHEMA_FOLDER}/{of}.json"


def schema_line(name: str) -> str:
    """The comment by which an editor finds the schema of a file."""
    return f"{_SCHEMA_COMMENT} $schema={'../' * name.count('/')}{schema_file(name)}"


def write_schemas(folder: Path) -> list[Path]:
    """Write the schemas into a publication, and comments with their paths into its files. Return changed files."""
    with FolderLock(folder):
        schemas = build_schemas(collect_names(folder))
        place = resolve_within(folder, folder / SCHEMA_FOLDER)
        with report_os_errors("the folder cannot be made", folder / SCHEMA_FOLDER):
            place.mkdir(exist_ok=True)
        texts = {schema_file(name): json.dumps(schemas[name], ensure_ascii=False, indent=1) for name in FILE_MODELS}
        files = {folder / name: f"{text}\n".encode() for name, text in texts.items()}
        changed = [file for file, new in files.items() if not file.exists() or read_bytes(file) != new]
        for file in changed:
            replace_file(file, files[file])
        names = [name for name in list_dataset_files(folder) if name.endswith(".yaml") and schema_file(name) in texts]
        return changed + [folder / name for name in names if _add_schema_line(folder / name, schema_line(name))]


def _add_schema_line(file: Path, line: str) -> bool:  # whether it had none
    was = read_bytes(file)
    mark = _BOM if was.startswith(_BOM) else b""
    if _SCHEMA_COMMENT.encode() in was or b"\0" in was:
        return False
    end = b"\r\n" if b"\r\n" in was else b"\n"
    replace_file(file, mark + line.encode() + end + was.removeprefix(mark), was=was)
    return True
