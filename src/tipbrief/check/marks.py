"""Marks in the models' annotations, which say to what a text refers."""

import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Annotated, Any

from tipbrief.load.places import Text
from tipbrief.load.schema import annotations_of


@dataclass(frozen=True, slots=True)
class Refers:
    """The text is the name of a ``what``, such as a figure or a source."""

    what: str


@dataclass(frozen=True, slots=True)
class ColumnOf:
    """The text names a column of the table that the field ``table`` names.

    None is the table of the document's row: the brief must have ``for_each``. The column must be of the
    ``type``; where it is ``drawn``, its choices need a look. Each of its cells that is not empty names a
    ``cells``, such as a prose. With ``path`` it may be ``key.column``: a column of the row to which a key
    column points.
    """

    table: str | None = "table"
    type: str = ""
    cells: str = ""
    drawn: bool = False
    path: bool = False


FigureName = Annotated[Text, Refers("figure")]
ProseName = Annotated[Text, Refers("prose")]
SourceName = Annotated[Text, Refers("source")]
TableName = Annotated[Text, Refers("table")]


def marks(model: Any) -> Iterator[tuple[Any, Text]]:
    """The marks in the annotations of a model's fields, each with a text that the field holds."""
    annotations = annotations_of(model.__class__)
    for declared in fields(model):
        yield from _marks_of(annotations[declared.name], getattr(model, declared.name))


def _marks_of(annotation: Any, value: Any) -> Iterator[tuple[Any, Text]]:
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is Annotated:
        yield from ((mark, value) for mark in inner[1:])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _marks_of(inner[1], item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _marks_of(inner[0], item)
    elif inner and value is not None:  # 'Text | None'
        yield from _marks_of(inner[0], value)
