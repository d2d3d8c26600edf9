"""What refers to what: marks in the models' annotations, and the names that are known."""

from __future__ import annotations

import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Annotated, Any

from tipbrief.load.places import Text
from tipbrief.load.schema import annotations_of
from tipbrief.problems import Problem, nearest


@dataclass(frozen=True, slots=True)
class Refers:
    """A mark in an annotation: the text is the name of a ``what``, such as a figure or a source."""

    what: str


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


@dataclass
class References:
    """The names that stand in each file, faulty entries too, and the problems found so far.

    The names of a file that cannot be read are None: otherwise one fault in ``sources.yaml`` would make every
    reference to a source look wrong. The tables in ``doubtful`` have faulty rows: what is counted or read
    from them would be wrong, too.
    """

    problems: list[Problem] = field(default_factory=list)
    names: dict[str, Collection[str] | None] = field(default_factory=dict)
    doubtful: set[str] = field(default_factory=set)

    def add(self, problem: Problem) -> None:
        """Note a problem."""
        self.problems.append(problem)

    def known(self, names: Iterable[Text], what: str, among: Collection[str] | None = None) -> bool:
        """Whether all names are known; an unknown one is noted as a problem."""
        unknown = [*self.unknown(names, what, among)]
        self.problems += unknown
        return not unknown

    def unknown(
        self, names: Iterable[Text], what: str, among: Collection[str] | None = None
    ) -> Iterator[Problem]:
        """A problem for each name that is not one of a ``what``, or not one ``among`` these."""
        known = self.names.get(what) if among is None else among
        for name in names:
            if known is not None and name not in known:
                message, hint = f"there is no {what} '{name}'", nearest(name, known)
                yield name.place.problem(message, hint, kind=f"unknown-{what}", token=name)

    def faults(self, model: Any) -> Iterator[Problem]:
        """A problem for each reference in a model's fields that leads nowhere."""
        for mark, name in marks(model):
            if isinstance(mark, Refers):
                yield from self.unknown((name,), mark.what)

    def in_order(self) -> list[Problem]:
        """The problems by file, line and column, each once."""
        return sorted(dict.fromkeys(self.problems), key=lambda p: (str(p.file), p.line, p.column))
