"""The base of all blocks, the registry ``BLOCKS``, and what several kinds of blocks share."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Annotated, Any, ClassVar

from tipbrief.check.models import ColumnOf, Table
from tipbrief.check.references import References
from tipbrief.load.schema import Model
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, Problems, suggest_nearest

MAX_HEIGHT = 200  # of a chart, in hundredths of its width
MAX_YEARS = 200  # of a chart
EACH = "each"  # in place of a key: that of the document's row
NumberColumn = Annotated[Text, ColumnOf(type="number", is_drawn=True)]
ChoiceColumn = Annotated[Text, ColumnOf(type="choice", is_drawn=True)]
BasisColumn = Annotated[Text, ColumnOf(type="choice")]
NameColumn = Annotated[Text, ColumnOf(path=True, is_printed=True)]
DRAWING_KINDS = ("bars", "lines", "map", "pictogram", "share", "strip", "years")
# Words that mean charts of any kind.
CHART_WORDS = {"bar", "chart", "charts", "diagram", "drawing", "graph", "graphs", "line", "pie", "plot"}
BLOCKS: dict[str, type[Block]] = {}  # by their keys in YAML; each class with a ``kind`` adds itself


def list_package_templates() -> list[Path]:
    """The folders templates/ beside the modules of blocks that other packages brought."""
    others = (kind for kind in BLOCKS.values() if not kind.__module__.startswith("tipbrief."))
    return [Path(inspect.getfile(kind)).with_name("templates") for kind in others]


def keys_within(tables: Mapping[str, Table], block: Any, document: Any) -> list[str]:
    """The keys of the rows that a block prints: all of its table, or those ``within`` the document's row."""
    # A column ``within`` that points to the documents' table holds their keys. Any other must be in both tables.
    table, within = tables[block.table], block.within
    if not (within and document):
        return [*table.by_key]
    documents = tables[str(document.brief.for_each)]
    if table.spec.columns[within].table == documents.spec.id:
        return table.find_keys(within, document.key)
    return table.find_keys(within, documents.by_key[document.key][within])


def check_within_column(block: Any, known: References) -> Iterator[Problem]:
    """Problems of a block's column ``within``, by which rows belong to the document."""
    if (within := block.within) is None:
        return
    yield from known.check_has_row(block)
    table, documents = known.tables.get(block.table), known.tables.get(known.for_each or "")
    column = table.spec.columns.get(within) if table else None
    if column and documents and column.table != known.for_each and within not in documents.spec.columns:
        name = known.for_each
        message = f"'{within}' of '{block.table}' does not say of which row of '{name}' it is"
        hint = f"name a column of 'type: key, table: {name}', or one that '{name}' has, too"
        yield within.problem(message, hint, kind="within")


def check_year_range(block: Any, name: str) -> Iterator[Problem]:
    """Problems of the years from ``start`` to ``end`` that a block draws or compares."""
    if block.start > block.end:
        message = f"the {name} starts in {block.start}, after its end"
        yield block.location.problem(message, "start earlier", kind="no-years")
    if block.end - block.start >= MAX_YEARS:
        yield block.location.problem(f"the {name} has more than {MAX_YEARS} years", "start later", kind="no-years")


class Block(Model):
    """A part of a brief.

    The annotations of its fields say to what they refer: ``prose: ProseName``. The template ``blocks/KIND.html.j2``
    prints it.
    """

    variants: ClassVar[Mapping[str, type[Block]]] = BLOCKS
    kind: ClassVar[str]
    is_container: ClassVar[bool]  # whether it only arranges other blocks
    needs_row: ClassVar[bool]  # whether the brief must have ``for_each``

    def __init_subclass__(cls, kind: str = "", *, arranges: bool = False, needs_row: bool = False) -> None:
        super().__init_subclass__()
        cls.kind, cls.is_container, cls.needs_row = kind, arranges, needs_row
        if kind:
            BLOCKS[kind] = cls

    @classmethod
    def load_variant(cls, word: str) -> bool:
        """Import the block with this name from another package; whether one is installed that has it."""
        for entry in entry_points(group="tipbrief.blocks", name=word):
            try:
                entry.load()
            except (Exception, SystemExit) as fault:  # whatever that package does
                message = f"the block '{word}' of {entry.value} cannot be used: {type(fault).__name__}: {fault}"
                raise Problems(message, hint="update that package, or remove it", kind="block-package") from None
        return word in BLOCKS

    @classmethod
    def suggest_variant(cls, word: str) -> str:
        """A hint for a block that there is not: those that draw, or the nearest."""
        if word.casefold() in CHART_WORDS:
            return f"these draw: {', '.join(DRAWING_KINDS)}; more: tipbrief help chart"
        return suggest_nearest(word, BLOCKS)

    def find_problems(self, known: References) -> Iterator[Problem]:
        """The problems of the block beside those of the references in its fields."""
        yield from ()

    def list_implied_columns(self, tables: Mapping[str, Table], brief: Any) -> Iterator[tuple[str, str]]:
        """The columns that the block prints or reads beside those that its fields name.

        Each is a pair of a table and a column. ``within`` names a column of both the
        block's table and that of the document's row.
        """
        within = str(getattr(self, "within", None) or "")
        for table in (str(getattr(self, "table", "")), str(brief.for_each)):
            if within and table in tables and within in tables[table].spec.columns:
                yield table, within
