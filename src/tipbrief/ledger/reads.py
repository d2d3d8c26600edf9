"""Reads: what a document asked of its publication, as questions that can be put to another state of it."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import astuple
from typing import Any, TypeAlias

from tipbrief.check.models import Table, TranslatedCell
from tipbrief.check.publication import Publication
from tipbrief.files import hash_of
from tipbrief.load.places import Text

# What is asked, by kind; the rest of a question says of what. As JSON has it.
Question: TypeAlias = Sequence[Any]
# Of more rows than these, all of a table are asked for: a shorter question, and the same for many documents.
_FEW_ROWS = 50


class Reads:
    """What is read of a publication, noted until it is ``taken``."""

    def __init__(self, publication: Publication) -> None:
        self._tables = publication.tables
        # Of each table the cells that were read, by column, and the rows that were looked for.
        self.cells = {
            name: {column: set[str]() for column in table.spec.columns}
            for name, table in self._tables.items()
        }
        self.sought = {name: set[str]() for name in self._tables}
        self._asked = dict[tuple[str, ...], None]()

    def note(self, *question: str) -> None:
        """Note what was asked."""
        self._asked[question] = None

    def taken(self) -> list[Question]:
        """What was read since this was asked last."""
        found: list[Question] = [[*question] for question in sorted(self._asked)]
        for name, table in self._tables.items():
            found += _of_table(name, table, self.sought[name], self.cells[name])
            self.sought[name].clear()
            for keys in self.cells[name].values():
                keys.clear()
        self._asked.clear()
        return found


def _of_table(
    name: str, table: Table, sought: Collection[str], cells: dict[str, set[str]]
) -> Iterable[Question]:
    if len(sought) > _FEW_ROWS:
        yield ["rows", name]
    elif sought:
        yield ["row", name, sorted(sought)]
    columns = defaultdict[tuple[str, ...], list[str]](list)
    for column, keys in cells.items():
        if len(keys) > _FEW_ROWS or len(keys) == len(table.by_key) > 1:
            yield ["column", name, column]
        elif keys:
            columns[tuple(sorted(keys))].append(column)
    for among, read in columns.items():
        yield ["cells", name, read, [*among]]


class Answers:
    """What a publication says to questions; of what many ask, once."""

    def __init__(self, publication: Publication) -> None:
        self._publication = publication
        self._known = dict[tuple[str, ...], str]()

    def digest(self, questions: Iterable[Question]) -> str:
        """One hash of all that it says to these."""
        return hash_of("".join(map(self._said, questions)).encode())

    def _said(self, question: Question) -> str:
        if question[0] in ("row", "cells"):  # which no other document asks
            return repr(self._answer(*question))
        if (known := tuple(question)) not in self._known:
            self._known[known] = hash_of(repr(self._answer(*question)).encode())
        return self._known[known]

    def _answer(self, kind: str, of: str = "", *more: Any) -> object:
        whole = self._publication
        match kind:
            case "value":
                return str(whole.values[of])
            case "figure":
                return str(whole.figures[of].value)
            case "sources":
                return whole.figure_sources(of)
            case "derivation":
                return astuple(whole.derivation(of))
            case "document":
                one = whole.documents.get(of)
                return one and (one.brief.id, one.key)
            case "documents":
                return [*whole.documents]
            case "reason":
                return _plain(whole.reasons.get(of))
            case "reasons":
                return [*whole.reasons]
            case _:
                return _in_table(whole.tables[of], kind, *more)


def _in_table(table: Table, kind: str, column: Any = "", among: Any = "") -> object:
    match kind:
        case "rows":
            return [*table.by_key]
        case "row":
            return [key in table.by_key for key in column]
        case "having":
            return table.having(column, among)
        case "column":
            return {key: _plain(row[column]) for key, row in table.by_key.items()}
        case "cells":
            rows = [table.by_key[key] for key in among]
            cells = [row[name] for name in column for row in rows]
            return cells if all(type(cell) is str for cell in cells) else [*map(_plain, cells)]
    raise LookupError(f"no question is called '{kind}'")


def _plain(text: str | None) -> object:
    """A text with all that a template can see of it: not where it stands."""
    if isinstance(text, TranslatedCell):
        return [text, text.language, text.column, text.value]
    return [text, text.language] if isinstance(text, Text) else text
