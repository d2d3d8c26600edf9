"""A block: what all kinds of them are; each enters itself among the ``BLOCKS``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, ClassVar

from tipbrief.check.models import ColumnOf
from tipbrief.check.references import References
from tipbrief.load.places import Text
from tipbrief.load.schema import Model
from tipbrief.problems import Problem

MOST_HEIGHT, MOST_YEARS = 200, 200  # of a chart, in hundredths of its width; of a strip
NumberColumn = Annotated[Text, ColumnOf(type="number", drawn=True)]
ChoiceColumn = Annotated[Text, ColumnOf(type="choice", drawn=True)]
BasisColumn = Annotated[Text, ColumnOf(type="choice")]
NameColumn = Annotated[Text, ColumnOf(path=True, printed=True)]
# The blocks by the key that names them: each class with a ``kind`` enters itself.
BLOCKS: dict[str, type[Block]] = {}


class Block(Model):
    """A part of a brief; its key in the YAML says which.

    The annotations of a kind's fields say to what they refer: ``prose: ProseName``. It is printed by the
    template ``blocks/KIND.html.j2``.
    """

    variants: ClassVar[Mapping[str, type[Block]]] = BLOCKS
    kind: ClassVar[str]
    arranges: ClassVar[bool]  # whether it prints nothing itself, and only arranges other blocks
    needs_row: ClassVar[bool]  # of the document: the brief has ``for_each``

    def __init_subclass__(cls, kind: str = "", *, arranges: bool = False, needs_row: bool = False) -> None:
        """Enter a kind of block."""
        super().__init_subclass__()
        cls.kind, cls.arranges, cls.needs_row = kind, arranges, needs_row
        if kind:
            BLOCKS[kind] = cls

    def faults(self, known: References) -> Iterator[Problem]:
        """What is wrong beside the references of its fields."""
        yield from ()
