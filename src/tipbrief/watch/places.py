"""Places: where on a document's pages each figure, cell and text stands, and where in which file."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from tipbrief.build.document import composed
from tipbrief.build.session import Session
from tipbrief.check.models import Table, TranslatedCell
from tipbrief.check.phrases import REASONS, changed_parts
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.check.texts import REFERENCE
from tipbrief.compose.origins import Origin, Origins
from tipbrief.ledger.entries import Edition, cell_name
from tipbrief.ledger.printed_values import plain_value
from tipbrief.load.places import Place
from tipbrief.load.schema import Phrase
from tipbrief.load.yaml_nodes import Keyed, read_yaml
from tipbrief.problems import Problems, lines_of
from tipbrief.typeset.engine import Layout
from tipbrief.typeset.origins import Spot, origins

_FIGURES = "figures.yaml"
_TITLES = {"title", "subtitle", "short", "series", "term"}
_LABELS = {"label", "short", "part_label", "outline_label", "no_data"}
_SOUGHT = (80, 24)  # letters of a text by which its beginning is found


@dataclass(frozen=True, slots=True)
class Written:
    """Where a value is written, how it is called, and on what it rests; in a workbook on the ``sheet``."""

    file: str
    line: int
    column: int
    name: str
    value: str
    sources: tuple[str, ...]
    kind: str  # figure, cell, date, text, title, label or source
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class Printed:
    """A rectangle of a page, in millimetres, and what stands there.

    ``same`` is one number for each value, ``print`` one for each printing, which may have several lines.
    """

    page: int
    x: float
    y: float
    width: float
    height: float
    written: Written
    same: int
    print: int = field(compare=False)

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        own = {name: getattr(self, name) for name in ("page", "x", "y", "width", "height", "same", "print")}
        return own | {name: getattr(self.written, name) for name in Written.__slots__}


def places_of(session: Session, edition: Edition, layout: Layout) -> list[Printed]:
    """All places of a document's pages as they were laid out; what stands inside another comes after it.

    None where a template of the publication is lost among the marks.
    """
    noted = Origins()
    try:
        marked = composed(session, edition, noted)
    except Problems:
        return []
    files, found, numbers = _Files(session.of(edition.brief)), noted.found, dict[Written, int]()
    written: dict[int, Written | None] = {}
    places: dict[Printed, None] = {}
    for spot in origins(layout, marked):
        origin = found[spot.number]
        if spot.drawn and origin.place:
            continue  # a colour or an address, of which the box of an element is no place
        if spot.number not in written:
            written[spot.number] = files.written(origin)
        if one := written[spot.number]:
            same = numbers.setdefault(one, len(numbers))
            places[_placed(spot, origin, one, same, rtl=files.whole.language.rtl)] = None
    return [*places]


def _placed(spot: Spot, origin: Origin, written: Written, same: int, *, rtl: bool) -> Printed:
    start, end = origin.part
    x, y, width, height = spot.box
    left = round(x + width * (1 - end if rtl else start), 3)
    return Printed(spot.page, left, y, round(width * (end - start), 3), height, written, same, spot.mark)


class _Files:
    """The files of a publication, in which origins are looked for."""

    def __init__(self, whole: Publication) -> None:
        self.whole = whole
        self._lines: dict[str, dict[str, int]] = {}
        self._lines_of = cache(lines_of)

    def written(self, origin: Origin) -> Written | None:
        """Where something is written; None where that is no file of the publication, or was changed."""
        try:
            if origin.figure:
                return self._figure(origin.figure)
            if origin.date:
                return self._date(*origin.date)
            return self._cell(*origin.cell) if origin.cell else self._text(origin)
        except (Problems, LookupError):  # by a save since it was read: it is read again soon
            return None

    def _at(self, place: Place, name: str, value: str, sources: Any, kind: str) -> Written | None:
        if not (file := self._name(place.file)):
            return None
        known = tuple(dict.fromkeys(map(str, sources)))
        return Written(file, place.line, place.column, name, value, known, kind, place.sheet)

    @cached_property
    def _name(self) -> Callable[[Path], str]:
        folder = self.whole.folder
        return cache(lambda file: file.relative_to(folder).as_posix() if file.is_relative_to(folder) else "")

    # Figures

    def _figure(self, name: str) -> Written | None:
        """A figure stands where its number is typed, or else where it is said how it comes about."""
        figure = self.whole.figures[name]
        place = figure.place
        if figure.cell:
            place = self._cell_place(figure.cell.table, figure.cell.row, figure.cell.column)
        elif figure.value is not None:
            place = self._typed.get(name, place)
        elif made := figure.count or figure.cells:
            place = made.place
        elif figure.parts:
            place = figure.parts[0].place
        value, sources = plain_value(self.whole.values[name]), self.whole.figure_sources(name)
        return self._at(place, name, value, sources, "figure")

    @cached_property
    def _typed(self) -> dict[str, Place]:
        """Where the numbers of figures are typed."""
        entries = read_yaml(self.whole.folder / _FIGURES).items
        known = {name: one.items.get("value") for name, one in entries.items() if isinstance(one, Keyed)}
        return {name: value.place for name, value in known.items() if value}

    # Cells

    def _cell(self, table: str, key: str, column: str) -> Written | None:
        of = self.whole.tables[table]
        row, place = of.by_key[key], self._cell_place(table, key, column)
        cell = row[column]
        own = cell.column if isinstance(cell, TranslatedCell) else column  # as the ledger calls it
        return self._at(place, cell_name(table, key, own), str(cell), row_sources(of, row), "cell")

    def _cell_place(self, table: str, key: str, column: str) -> Place:
        """Where a cell stands: in a translation in the PO file, or in a column of its own."""
        of = self.whole.tables[table]
        row = of.by_key[key]
        if isinstance(cell := row[column], TranslatedCell):
            if cell.column == column:
                return self._beginning(cell.place, str(cell))
            column = cell.column
        return of.lines[self._line(of, key)].cell([*row].index(column))

    def _line(self, table: Table, key: str) -> int:
        name = table.spec.id
        if name not in self._lines:
            self._lines[name] = {one: number for number, one in enumerate(table.by_key)}
        return self._lines[name][key]

    # Dates

    def _date(self, file: str, *keys: str) -> Written | None:
        """A date stands where its keys lead in its file."""
        node: Any = read_yaml(self.whole.folder / file)
        for key in keys:
            node = node.items[key]
        name = ".".join(keys)
        return self._at(node.place, name, node.text, self._sources(file, name), "date")

    # Texts

    def _text(self, origin: Origin) -> Written | None:
        if origin.place is None:
            return None
        file, _, name = self._paths.get(origin.place, "").partition(":")
        named = [one.strip() for one in REFERENCE.findall(origin.text)]
        cited = [source for one in named if one.startswith("@") for source in one[1:].split()]
        sources = [*self._sources(file, name), *(one for one in cited if one in self.whole.sources)]
        place = self._beginning(origin.place, origin.words)
        return self._at(place, name, origin.text, sources, _kind(file, name))

    def _sources(self, file: str, name: str) -> Iterable[str]:
        """On what a text rests that stands so in a file of the publication."""
        group, _, rest = name.partition(".")
        if file == "sources.yaml":
            return (group,)
        if file == _FIGURES:
            return self.whole.figure_sources(group)
        known: Any = self.whole.tables[group].spec if file == "tables.yaml" else None
        if file == "texts.yaml":
            known = getattr(self.whole.texts, group)[rest.partition(".")[0]]
        return getattr(known, "sources", ())

    def _beginning(self, place: Place, words: str) -> Place:
        """Where the words of a text begin, which may stand after a quotation mark, or further down."""
        lines = self._lines_of(place.file) if not place.sheet else []
        region = "\n".join(lines[place.line - 1 : max(place.line, place.end)])
        for most in _SOUGHT:
            at = region.find(words[:most], place.column - 1)
            if at < 0 and (found := _as_written(words[:most]).search(region, place.column - 1)):
                at = found.start()
            if at >= 0:
                column = at - region.rfind("\n", 0, at)
                return Place(place.file, place.line + region.count("\n", 0, at), column)
        return place

    @cached_property
    def _paths(self) -> Mapping[Place, str]:
        """How the texts of the publication are called, by where they stand."""
        found: dict[Place, str] = {}

        def note(path: str, phrase: Phrase, what: str) -> Phrase:
            found[phrase.place] = path
            return phrase

        changed_parts(self.whole, note)
        found |= {one.address.place: f"sources.yaml:{one.id}.address" for one in self.whole.sources.values()}
        found |= {reason.place: f"{REASONS}:reason" for reason in self.whole.reasons.values()}
        for one in self.whole.texts.quotations.values():
            if one.original:
                found[one.original.place] = f"texts.yaml:quotations.{one.id}.original"
        return found


def _as_written(words: str) -> re.Pattern[str]:
    """Words as they may stand in a file: folded at any space, in a PO file between quotes, marks doubled."""
    parts = [re.escape(part).replace("'", "''?").replace('"', '\\\\?"') for part in words.split()]
    return re.compile(r'(?:\s|"\s*")+'.join(parts))


def _kind(file: str, name: str) -> str:
    """What a text is, by its name in a file of the publication."""
    last = name.rpartition(".")[2]
    if file == "sources.yaml":
        return "source"
    if last in _TITLES and file != "tables.yaml":
        return "title"
    return "label" if last in _LABELS else "text"
