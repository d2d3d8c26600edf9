"""Origins: marks in a page that say from which figure, cell or text of the dataset each part of it comes.

Values from ``track_origins`` carry them; what prints one calls ``mark_origin``. No page with marks is delivered.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Any, TypeVar

from markupsafe import Markup

from tipbrief.check.publication import Publication
from tipbrief.language.dates import Date
from tipbrief.language.unicode_text import MARK_BREAK, MAX_MARKS, add_marks, remove_marks
from tipbrief.load.source_text import SourceLocation, Text

# After the end of a sentence with closing quotes and source marks. No sentence starts with a small letter, as in
# 5 p.m. today, or after a single capital, as in the U.S. State Department.
_SENTENCE_START = re.compile(r"(?:(?<!\b[A-Z])\.|[!?\u061f\u06d4])[»”’\"')\]]*(?:\{@[^{}]*\})*\s+(?=[^\sa-z])")
_HTML_TOKEN = re.compile(r"<[^>]*>|\s+|&[^;\s]*;|.", re.S)


def split_sentences(text: str) -> list[str]:
    """Split a text into sentences."""
    return [text[start:end] for start, end in pairwise([0, *_sentence_starts(text), len(text)])]


@lru_cache(2000)
def _sentence_starts(text: str) -> tuple[int, ...]:  # after the first
    return tuple(found.end() for found in _SENTENCE_START.finditer(text) if found.end() < len(text))


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Origin:
    """The origin of something printed: a figure, a cell (table, key, column), a date, or a text in a file."""

    figure: str = ""
    cell: tuple[str, str, str] | None = None
    date: tuple[str, ...] = ()  # its file, and the keys that lead to it
    text: str = ""
    place: SourceLocation | None = None
    words: str = ""  # the first words of the text, as the file has them
    part: tuple[float, float] = (0, 1)  # of a drawing, along the reading direction


class _TextWithOrigins(Text):
    """A cell, or a text with filled-in parts that its file does not have."""

    __slots__ = ("_origins",)  # hidden from templates
    _origins: tuple[Origin, ...]


class _RowWithOrigins(Mapping[str, str]):
    __slots__ = ("_at", "_row")

    def __init__(self, row: Mapping[str, str], line: SourceLocation, table: str, key: str) -> None:
        self._row, self._at = row, (line, table, key)

    def __getitem__(self, column: str) -> str:
        (line, table, key), cell = self._at, self._row[column]
        new = _TextWithOrigins(cell, getattr(cell, "location", line), getattr(cell, "language", ""))
        new._origins = (Origin(cell=(table, key, column)),)
        return new

    def __iter__(self) -> Iterator[str]:
        return iter(self._row)

    def __len__(self) -> int:
        return len(self._row)


class _DateWithOrigin(Date):
    __slots__ = ("_origins",)
    _origins: tuple[Origin, ...]


class _MarkupWithMarks(Markup):  # equal to the same text without them
    def __eq__(self, other: object) -> bool:
        return remove_marks(self) == (remove_marks(other) if isinstance(other, str) else other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __hash__(self) -> int:
        return hash(remove_marks(self))


# Subclasses of the types of numbers, which can have an attribute.
_TYPES_WITH_ORIGINS: Mapping[type, type] = {
    kind: type(f"{kind.__name__}_with_origins", (kind,), {}) for kind in (Decimal, int, float)
}


class OriginIndex:
    """The origins that a page names, and their numbers in the marks."""

    def __init__(self) -> None:
        self._numbers: dict[Origin, int] = {}

    @property
    def by_number(self) -> list[Origin]:
        """The origins by their numbers."""
        return [*self._numbers]

    @contextmanager
    def record_origins(self) -> Iterator[None]:
        """Within this context, what is printed is marked with these numbers."""
        token = _current_index.set(self)
        try:
            yield
        finally:
            _current_index.reset(token)

    def mark_text(self, text: str, origin: Origin) -> str:
        """A text between the marks of an origin; unmarked if there are too many origins."""
        number = self._numbers.setdefault(origin, len(self._numbers))
        return add_marks(text, number) if number < MAX_MARKS else text


_current_index: ContextVar[OriginIndex | None] = ContextVar("origin index", default=None)


def mark_origin(shown: _T, value: object, *runs: str) -> _T:
    """What is ``shown`` of a value, or a text of these runs, between the marks of its origins if they are recorded."""
    if (origins := _current_index.get()) is None:
        return shown
    text: Any = shown
    for origin in _find_origins(value):  # each sentence of a text has its own marks
        known = [*_sentence_origins(origin, runs)] if runs and origin.place else [origin]
        parts = str(text).split(MARK_BREAK)
        text = "".join(map(origins.mark_text, parts, known if len(known) == len(parts) else [origin] * len(parts)))
    if isinstance(shown, Markup):
        text = _MarkupWithMarks(remove_marks(text) if MARK_BREAK in text else text)
    found: _T = text
    return found


def _sentence_origins(whole: Origin, runs: Iterable[str]) -> Iterator[Origin]:
    """The origins of the sentences of a text; a sentence may begin in one run of words and end in another."""
    found: list[list[str]] = [[]]
    for run in runs:
        first, *others = split_sentences(run)
        found[-1].append(first)
        found += [[other] for other in others]
    for parts in found:
        yield replace(whole, text=" ".join("".join(parts).split()), words=parts[0].strip())


def break_at_sentences(shown: Markup, text: str, start: int, end: int) -> Markup:
    """What is printed of a part of a text; with a break at each start of a sentence while origins are recorded."""
    if _current_index.get() is None:
        return shown
    before = [text[start:first] for first in _sentence_starts(text) if start < first <= end]
    waiting, found, seen = [sum(not letter.isspace() for letter in part) for part in before], list[str](), 0
    for piece in _HTML_TOKEN.findall(shown):  # apart from tags and spaces, it has the letters of the part
        if not (piece.isspace() or (piece[0] == "<" and piece[-1] == ">")):
            if waiting and seen == waiting[0]:
                found.append(MARK_BREAK)
                waiting.pop(0)
            seen += 1
        found.append(piece)
    return Markup("".join([*found, *(MARK_BREAK for _ in waiting)]))


def with_origins(value: _T, *sources: object, apart: bool = False) -> _T:
    """A number with the origins of the values from which it is computed, ``apart`` if each has a part of a drawing."""
    origins: list[Origin] = [one for each in sources for one in getattr(each, "_origins", ())]
    if not origins:
        return value
    if apart:
        ends = [index / len(origins) for index in range(len(origins) + 1)]
        origins = [replace(one, part=part) for one, part in zip(origins, pairwise(ends), strict=True)]
    return _attach_origins(value, origins)


def _attach_origins(value: _T, origins: Iterable[Origin]) -> _T:
    number: Any = _TYPES_WITH_ORIGINS[type(value)](value)
    number._origins = tuple(origins)
    found: _T = number
    return found


def derive_text(words: str, text: Text) -> Text:
    """A text after something was filled in, with the origin of the text."""
    new = _TextWithOrigins(words, text.location, text.language)
    new._origins = _find_origins(text)
    return new


def _find_origins(value: object) -> tuple[Origin, ...]:
    known: tuple[Origin, ...] = getattr(value, "_origins", ())
    if known or not isinstance(value, Text):
        return known
    return (Origin(text=str(value), place=value.location, words=str(value)),)


def track_origins(publication: Publication) -> Publication:
    """A publication whose figures, cells and dates carry their origins; texts have their locations anyway."""
    values = {name: _attach_origins(value, [Origin(figure=name)]) for name, value in publication.values.items()}
    figures = {
        name: figure if figure.value is None else replace(figure, value=values[name])
        for name, figure in publication.figures.items()
    }
    tables = {}
    for name, table in publication.tables.items():
        pairs = zip(table.by_key.items(), (line.location for line in table.lines), strict=True)
        rows = {key: _RowWithOrigins(row, place, table.spec.id, key) for (key, row), place in pairs}
        tables[name] = replace(table, rows=tuple(rows.values()), by_key=rows)
    imprint, texts = publication.imprint, publication.texts
    dates = _track_dates("sources.yaml", publication.sources, "date")
    quotations = _track_dates("texts.yaml", texts.quotations, "date", "quotations")
    timeline = _track_dates("texts.yaml", texts.timeline, "date", "timeline")
    return replace(
        publication, values=values, figures=figures, tables=tables,
        imprint=replace(imprint, published=_date_with_origin(imprint.published, "publication.yaml", "published")),
        sources=_track_dates("sources.yaml", dates, "read"),
        texts=replace(texts, quotations=quotations, timeline=timeline),
    )  # fmt: skip


def _track_dates(file: str, entries: Mapping[str, _T], key: str, *above: str) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for name, entry in entries.items():
        one: Any = entry
        date = getattr(one, key)
        found[name] = replace(one, **{key: _date_with_origin(date, file, *above, name, key)}) if date else entry
    return found


def _date_with_origin(date: Date, *keys: str) -> Date:
    day = _DateWithOrigin(date.year, date.month, date.day)
    object.__setattr__(day, "_origins", (Origin(date=keys),))
    return day
