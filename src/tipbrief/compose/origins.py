"""Origins: of which figure, cell or text what a page prints is, noted by marks in it.

The values of a publication that is ``knowing`` carry where they are from; whatever writes one for a page has
it ``noted``. Such a page is only read for its marks: it is neither typeset nor delivered.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise
from typing import Any, Self, TypeVar

from markupsafe import Markup

from tipbrief.check.models import Table
from tipbrief.check.publication import Publication
from tipbrief.compose.sentences import sentences, with_breaks
from tipbrief.language.dates import Date
from tipbrief.load.places import Place, Text
from tipbrief.typeset.marks import BREAK, MOST, marked, unmarked

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Origin:
    """What something is: the figure of this name, a cell (table, key, column), a date, or a text in a file.

    A date is told by its file and the keys that lead to it. A text begins with these ``words``, where its
    file has other signs after them. Of a drawing it is this ``part`` along the line of reading.
    """

    figure: str = ""
    cell: tuple[str, str, str] | None = None
    date: tuple[str, ...] = ()
    text: str = ""
    place: Place | None = None
    words: str = ""
    part: tuple[float, float] = (0, 1)


class Cell(Text):
    """A cell that knows its table, row and column. Its place is that of its line."""

    __slots__ = ("_origins",)  # hidden from templates
    _origins: tuple[Origin, ...]

    def __new__(cls, text: str, line: Place, *cell: str) -> Self:
        """A cell of the row that stands at ``line``."""
        new = super().__new__(cls, text, getattr(text, "place", line), getattr(text, "language", ""))
        new._origins = (Origin(cell=(cell[0], cell[1], cell[2])),)
        return new


class _Filled(Text):
    """A text in which something was filled in that its file has not."""

    __slots__ = ("_origins",)
    _origins: tuple[Origin, ...]


class _Row(Mapping[str, str]):
    """A row whose cells know where they stand."""

    __slots__ = ("_at", "_row")

    def __init__(self, row: Mapping[str, str], line: Place, table: str, key: str) -> None:
        self._row, self._at = row, (line, table, key)

    def __getitem__(self, column: str) -> str:
        return Cell(self._row[column], *self._at, column)

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)


class _Amount(Decimal):
    _origins: tuple[Origin, ...]


class _Count(int):
    _origins: tuple[Origin, ...]


class _Length(float):
    _origins: tuple[Origin, ...]


class _Day(Date):
    __slots__ = ("_origins",)
    _origins: tuple[Origin, ...]


class _Marked(Markup):
    """A text with marks, which is what it is without them."""

    def __eq__(self, other: object) -> bool:
        return unmarked(self) == (unmarked(other) if isinstance(other, str) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(unmarked(self))


_KNOWING: Mapping[type, type] = {Decimal: _Amount, int: _Count, float: _Length}


class Origins:
    """The origins that a page names, each known by its number in ``found``."""

    def __init__(self) -> None:
        self._numbers: dict[Origin, int] = {}

    @property
    def found(self) -> list[Origin]:
        """The origins by their numbers."""
        return [*self._numbers]

    @contextmanager
    def noting(self) -> Iterator[None]:
        """While a page is filled, what it prints is marked with numbers of these."""
        token = _noting.set(self)
        try:
            yield
        finally:
            _noting.reset(token)

    def mark(self, text: str, origin: Origin) -> str:
        """A text between the marks of an origin; as it is where there are too many."""
        number = self._numbers.setdefault(origin, len(self._numbers))
        return marked(text, number) if number < MOST else text


_noting: ContextVar[Origins | None] = ContextVar("noting", default=None)


def noted(shown: _T, value: object, *runs: str) -> _T:
    """What is printed of a value, between its marks while origins are noted; else as it is.

    Where it is a text of these runs of words, each sentence has its own.
    """
    if (origins := _noting.get()) is None:
        return shown
    text: Any = shown
    for origin in _origins_of(value):
        known = [*_sentences(origin, runs)] if runs and origin.place else [origin]
        parts = str(text).split(BREAK)
        text = "".join(map(origins.mark, parts, known if len(known) == len(parts) else [origin] * len(parts)))
    if isinstance(shown, Markup):
        text = _Marked(unmarked(text) if BREAK in text else text)
    found: _T = text
    return found


def _sentences(whole: Origin, runs: Iterable[str]) -> Iterator[Origin]:
    """The sentences of a text. One that begins in a run of words and ends in another has signs between."""
    found: list[list[str]] = [[]]
    for run in runs:
        first, *others = sentences(run)
        found[-1].append(first)
        found += [[other] for other in others]
    for parts in found:
        yield replace(whole, text=" ".join("".join(parts).split()), words=parts[0].strip())


def broken(shown: Markup, text: str, start: int, end: int) -> Markup:
    """What is printed of a part of a text, with breaks between its sentences while origins are noted."""
    return shown if _noting.get() is None else Markup(with_breaks(shown, text, start, end))


def of(value: _T, *froms: object, apart: bool = False) -> _T:
    """A number as one that comes of these values, where they know of what they are.

    What is drawn of it may be parted among them, in their order.
    """
    origins = [one for each in froms for one in _known_of(each)]
    if not origins:
        return value
    knowing = _KNOWING[type(value)](value)
    if apart:
        ends = [place / len(origins) for place in range(len(origins) + 1)]
        origins = [replace(one, part=part) for one, part in zip(origins, pairwise(ends), strict=True)]
    knowing._origins = tuple(origins)
    found: _T = knowing
    return found


def filled_in(words: str, text: Text) -> Text:
    """A text into which something was filled in before it is written."""
    new = _Filled(words, text.place, text.language)
    new._origins = _origins_of(text)
    return new


def _known_of(value: object) -> tuple[Origin, ...]:
    known: tuple[Origin, ...] = getattr(value, "_origins", ())
    return known


def _origins_of(value: object) -> tuple[Origin, ...]:
    if (known := _known_of(value)) or not isinstance(value, Text):
        return known
    return (Origin(text=str(value), place=value.place, words=str(value)),)


def knowing(publication: Publication) -> Publication:
    """A publication whose figures, cells and dates know where they are from; texts do that anyway."""
    values = {name: _Amount(value) for name, value in publication.values.items()}
    for name, value in values.items():
        value._origins = (Origin(figure=name),)
    figures = {
        name: figure if figure.value is None else replace(figure, value=values[name])
        for name, figure in publication.figures.items()
    }
    tables = {name: _knowing_table(table) for name, table in publication.tables.items()}
    imprint, texts = publication.imprint, publication.texts
    dates = _knowing_dates("sources.yaml", publication.sources, "date")
    return replace(
        publication,
        values=values,
        figures=figures,
        tables=tables,
        imprint=replace(imprint, published=_day(imprint.published, "publication.yaml", "published")),
        sources=_knowing_dates("sources.yaml", dates, "read"),
        texts=replace(
            texts,
            quotations=_knowing_dates("texts.yaml", texts.quotations, "date", "quotations"),
            timeline=_knowing_dates("texts.yaml", texts.timeline, "date", "timeline"),
        ),
    )


def _knowing_dates(file: str, entries: Mapping[str, _T], key: str, *above: str) -> dict[str, _T]:
    """The entries of a file whose date under a key knows where it stands."""
    found: dict[str, _T] = {}
    for name, entry in entries.items():
        one: Any = entry
        date = getattr(one, key)
        found[name] = replace(one, **{key: _day(date, file, *above, name, key)}) if date else entry
    return found


def _day(date: Date, *keys: str) -> Date:
    day = _Day(date.year, date.month, date.day)
    object.__setattr__(day, "_origins", (Origin(date=keys),))
    return day


def _knowing_table(table: Table) -> Table:
    rows = {
        key: _Row(row, line.place, table.spec.id, key)
        for (key, row), line in zip(table.by_key.items(), table.lines, strict=True)
    }
    return replace(table, rows=tuple(rows.values()), by_key=rows)
