"""Descriptions of all files, blocks and keys of a publication, for the reference, ``help`` and editors' schemas.

Keys, forms and defaults come from the models, the words from ``key_texts/keys.yaml`` and its catalogues.
"""

import dataclasses
import inspect
import types
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml

from tipbrief.check.blocks import BLOCKS, Brief
from tipbrief.check.models import ColumnOf, DatasetName, Figure, Imprint, ReferenceTo, Source, TableSpec, Texts
from tipbrief.language.dates import Date
from tipbrief.language.language import Catalogue
from tipbrief.load.schema import Model, RichText, TextForm, read_annotations

KEY_TEXTS_FOLDER = Path(__file__).with_name("key_texts")
# The content of each file: one model, or entries of a model by their names.
FILE_MODELS: Mapping[str, Any] = {
    "publication.yaml": Imprint,
    "sources.yaml": Mapping[str, Source],
    "figures.yaml": Mapping[str, Figure],
    "tables.yaml": Mapping[str, TableSpec],
    "texts.yaml": Texts,
    "briefs/NAME.yaml": Brief,
}
# Names of values. The first type counts that is a base of the value's.
_TYPE_NAMES: Mapping[type, str] = {
    bool: "true or false",
    int: "whole number",
    Decimal: "number",
    Date: "date",
    RichText: "text with {figures}",
    str: "text",
}


@dataclass(frozen=True, slots=True)
class Description:
    """The title and the description of a key."""

    title: str = ""
    text: str = ""

    @classmethod
    def parse(cls, line: str) -> "Description":
        """The parts of a line: a title, a full stop, and the description."""
        title, _, text = line.partition(". ")
        return cls(title, text)


@dataclass(frozen=True, slots=True)
class KeyDescription:
    """A key of a file or block."""

    name: str
    description: Description
    value_form: str
    is_required: bool
    default: str


@dataclass(frozen=True, slots=True)
class Topic:
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
            found[file] = dataclasses.replace(found[file], text=text)
        for part in inner_models(kind):
            found.setdefault(name := _model_name(part), describe_model(part, name))
    for name, kind in BLOCKS.items():
        found[f"block {name}"] = describe_model(kind, f"block {name}")
    return found


def describe_model(kind: Any, name: str) -> Topic:
    """The topic of a model."""
    own = _load_texts().get(kind.__name__, {})
    keys = tuple(_describe_field(kind, field) for field in key_fields(kind))
    text = inspect.cleandoc(kind.__doc__ or "").replace("``", "'")
    return Topic(name, text.partition("\n")[0], text, keys, own.get("example", "").rstrip())


def key_fields(kind: Any) -> list[dataclasses.Field[Any]]:
    """The fields of a model that are keys. Only the publication writes its own name; others are named by a key."""
    names = {"location"} if kind is Imprint else {"location", "id"}
    return [one for one in dataclasses.fields(kind) if one.name not in names]


def describe_key(kind: Any, key: str) -> Description:
    """The description of a key; empty if there is none."""
    texts = (_load_texts().get(one.__name__, {}).get("keys", {}) for one in kind.__mro__)
    return Description.parse(next((own[key] for own in texts if key in own), ""))


def load_catalogue(tag: str) -> Catalogue:
    """The descriptions in another language."""
    return Catalogue(KEY_TEXTS_FOLDER / f"{tag}.po")


def translatable_lines() -> Iterator[str]:
    """All lines to translate."""
    for said in _load_texts().values():
        yield from said.get("keys", {}).values()


def find_models(annotation: Any) -> list[Any]:
    """The models in an annotation, without blocks."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [] if hasattr(annotation, "variants") else [annotation]
    return [model for part in typing.get_args(annotation) for model in find_models(part)]


def inner_models(kind: Any) -> list[Any]:
    """The models inside a model, and those inside them, in the order of its keys."""
    found: dict[Any, None] = {}
    for field in key_fields(kind):
        for model in find_models(read_annotations(kind)[field.name]):
            found |= dict.fromkeys([model, *inner_models(model)])
    return [*found]


def _model_name(kind: Any) -> str:
    return str(kind.__name__).lower().removesuffix("spec")


def _describe_field(kind: Any, field: dataclasses.Field[Any]) -> KeyDescription:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    needed = default is dataclasses.MISSING
    shown = "" if needed or default in (None, (), {}) else str(default).lower()
    form = describe_form(read_annotations(kind)[field.name])
    return KeyDescription(field.name, describe_key(kind, field.name), form, needed, shown)


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
    return next((form for kind, form in _TYPE_NAMES.items() if issubclass(annotation, kind)), _model_name(annotation))


def _describe_mark(mark: Any) -> str:
    if isinstance(mark, DatasetName) and mark.what:
        return f"name of a {mark.what}"
    if isinstance(mark, ReferenceTo):
        return f"name of {'an' if mark.what[0] in 'aeiou' else 'a'} {mark.what}"
    if isinstance(mark, ColumnOf):
        kind = f" of {mark.type}s" if mark.type else ""
        of = "the document's row" if mark.table is None else f"'{mark.table}'"
        return f"name of a column{kind} of {of}"
    return str(mark.what).removeprefix("good ") if isinstance(mark, TextForm) else ""


@cache
def _load_texts() -> Mapping[str, Any]:
    return dict(yaml.safe_load((KEY_TEXTS_FOLDER / "keys.yaml").read_text(encoding="utf-8")))
