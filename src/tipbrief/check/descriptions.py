"""What can be written into a publication's files: every file, block and key, and what it is for.

Keys, forms and defaults are those of the models; the words stand in ``described/keys.yaml``, in other
languages in the catalogues beside it. Reference, the command ``help`` and editors' schema are made of this.
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
from tipbrief.check.models import ColumnOf, Figure, Imprint, Inside, Refers, Source, TableSpec, Texts
from tipbrief.language.catalogue import Catalogue
from tipbrief.language.dates import Date
from tipbrief.load.schema import Model, Rich, TextForm, annotations_of

FOLDER = Path(__file__).with_name("described")
# What a file holds: one model, or entries of it under their names.
FILES: Mapping[str, Any] = {
    "publication.yaml": Imprint,
    "sources.yaml": Mapping[str, Source],
    "figures.yaml": Mapping[str, Figure],
    "tables.yaml": Mapping[str, TableSpec],
    "texts.yaml": Texts,
    "briefs/NAME.yaml": Brief,
}


@dataclass(frozen=True, slots=True)
class Described:
    """Words for one thing: its title, and what to know of it."""

    title: str = ""
    text: str = ""

    @classmethod
    def parse(cls, line: str) -> "Described":
        """The words of a line: a title, a full stop, and what to know."""
        title, _, text = line.partition(". ")
        return cls(title, text)


@dataclass(frozen=True, slots=True)
class Key:
    """One key of a file or block: its name, its words, its form, whether it must be there or its default."""

    name: str
    words: Described
    form: str
    needed: bool
    default: str


@dataclass(frozen=True, slots=True)
class Topic:
    """A file, a block or a part of them: what it is called, its words, its keys, an example."""

    name: str
    summary: str
    text: str
    keys: tuple[Key, ...]
    example: str


def topics() -> dict[str, Topic]:
    """Files, with the parts that stand in them, and then the blocks: ``figures.yaml``, ``block years``."""
    found: dict[str, Topic] = {}
    for file, holds in FILES.items():
        (kind,) = models_in(holds)
        found[file] = topic_of(kind, file)
        if holds is not kind:
            text = (
                f"Entries, each under its name: small Latin letters, digits, - and _.\n\n{found[file].text}"
            )
            found[file] = dataclasses.replace(found[file], text=text)
        for part in parts_of(kind):
            found.setdefault(name := _part_name(part), topic_of(part, name))
    for name, kind in BLOCKS.items():
        found[f"block {name}"] = topic_of(kind, f"block {name}")
    return found


def topic_of(kind: Any, name: str) -> Topic:
    """What there is to say of a model."""
    own = _words().get(kind.__name__, {})
    keys = tuple(_key(kind, field) for field in fields_of(kind))
    text = _of_docstring(kind)
    return Topic(name, text.partition("\n")[0], text, keys, own.get("example", "").rstrip())


def fields_of(kind: Any) -> list[dataclasses.Field[Any]]:
    """The fields of a model that are keys; the name of an entry or of a file is none."""
    return [
        one for one in dataclasses.fields(kind) if one.name not in ("place", "id") or _is_written(kind, one)
    ]


def words_for(kind: Any, key: str) -> Described:
    """What a key of a model is for; nothing where nobody has said it."""
    return Described.parse(next((said[key] for said in _said_of(kind) if key in said), ""))


def catalogue(tag: str) -> Catalogue:
    """The same words in another language, as far as they are translated."""
    return Catalogue(FOLDER / f"{tag}.po")


def lines() -> Iterator[str]:
    """All words that can be translated."""
    for said in _words().values():
        yield from said.get("keys", {}).values()


def models_in(annotation: Any) -> list[Any]:
    """The models that stand in an annotation; blocks are none of them."""
    if isinstance(annotation, type) and issubclass(annotation, Model):
        return [] if hasattr(annotation, "variants") else [annotation]
    return [model for part in typing.get_args(annotation) for model in models_in(part)]


def parts_of(kind: Any) -> list[Any]:
    """The models inside a model, and those inside them, in the order of its keys."""
    found: dict[Any, None] = {}
    for field in fields_of(kind):
        for model in models_in(annotations_of(kind)[field.name]):
            found |= dict.fromkeys([model, *parts_of(model)])
    return [*found]


def _part_name(kind: Any) -> str:
    return str(kind.__name__).lower().removesuffix("spec")


def _is_written(kind: Any, field: dataclasses.Field[Any]) -> bool:
    # Of all models only the publication says its own name.
    return field.name == "id" and kind is Imprint


def _key(kind: Any, field: dataclasses.Field[Any]) -> Key:
    default = field.default
    if field.default_factory is not dataclasses.MISSING:
        default = field.default_factory()
    needed = default is dataclasses.MISSING
    shown = "" if needed or default in (None, (), {}) else str(default).lower()
    form = form_of(annotations_of(kind)[field.name])
    return Key(field.name, words_for(kind, field.name), form, needed, shown)


def form_of(annotation: Any) -> str:
    """What is written there, in words: ``name of a figure``."""
    origin, parts = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return next(filter(None, map(_marked, parts[1:])), "") or form_of(parts[0])
    if origin in (typing.Union, types.UnionType):
        return ", or ".join(form_of(part) for part in parts if part is not types.NoneType)
    if origin is tuple:
        return "blocks" if hasattr(parts[0], "variants") else f"one or a list: {form_of(parts[0])}"
    if origin is Literal:
        return "one of " + ", ".join(map(str, parts))
    if origin is not None:
        return f"names, each with its {form_of(parts[1])}"
    return next(
        (form for kind, form in _FORMS.items() if issubclass(annotation, kind)), _part_name(annotation)
    )


def _marked(mark: Any) -> str:
    if isinstance(mark, Inside) and mark.what:
        return f"name of a {mark.what}"
    if isinstance(mark, Refers):
        return f"name of {'an' if mark.what[0] in 'aeiou' else 'a'} {mark.what}"
    if isinstance(mark, ColumnOf):
        kind = f" of {mark.type}s" if mark.type else ""
        of = "the document's row" if mark.table is None else f"'{mark.table}'"
        return f"name of a column{kind} of {of}"
    return str(mark.what).removeprefix("good ") if isinstance(mark, TextForm) else ""


def _of_docstring(kind: Any) -> str:
    """The first words of a model's docstring, as a reader of YAML wants them."""
    return inspect.cleandoc(kind.__doc__ or "").replace("``", "'")


def _said_of(kind: Any) -> Iterator[Mapping[str, str]]:
    for one in kind.__mro__:
        yield _words().get(one.__name__, {}).get("keys", {})


@cache
def _words() -> Mapping[str, Any]:
    read: dict[str, Any] = yaml.safe_load((FOLDER / "keys.yaml").read_text(encoding="utf-8"))
    return read


# What a value is called; the first kind counts of which the type is one.
_FORMS: Mapping[type, str] = {
    bool: "true or false",
    int: "whole number",
    Decimal: "number",
    Date: "date",
    Rich: "text with {figures}",
    str: "text",
}
