"""Value locations: where each figure, cell and text stands on a document's pages, and in which file."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from typing import Any

from tipbrief.check.models import TranslatedCell
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources
from tipbrief.check.texts import REFERENCE
from tipbrief.check.translation.phrases import REASON_PREFIX, map_publication_phrases
from tipbrief.compose.provenance import Origin, OriginIndex
from tipbrief.ledger.entries import Edition, format_cell_name, format_ledger_value
from tipbrief.load.schema import Phrase
from tipbrief.load.source_text import SourceLocation, written_pattern
from tipbrief.load.yaml_nodes import read_yaml
from tipbrief.pipeline.document import compose_html
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems, read_file_lines
from tipbrief.typeset.engine import Layout
from tipbrief.typeset.source_map import find_mark_areas

_FIGURES_FILE = "figures.yaml"
_TITLE_KEYS = {"title", "subtitle", "short", "series", "term"}
_LABEL_KEYS = {"label", "short", "part_label", "outline_label", "no_data"}
_SEARCH_LENGTHS = (80, 24)  # characters by which the beginning of a text is found


@dataclass(frozen=True, slots=True)
class ValueLocation:
    """Where a value is written, its name and its sources; in a workbook, on which ``sheet``."""

    file: str
    line: int
    column: int
    name: str
    value: str
    sources: tuple[str, ...]
    kind: str  # figure, cell, date, text, title, label or source
    sheet: str = ""


@dataclass(frozen=True, slots=True)
class PageArea:
    """A rectangle of a page, in millimetres, and the value that stands there."""

    page: int
    x: float
    y: float
    width: float
    height: float
    location: ValueLocation
    same: int  # the number of the value
    print: int = field(compare=False)  # the number of the printing, which may have several lines

    def as_dict(self) -> dict[str, Any]:
        """The same as plain values."""
        own = {name: getattr(self, name) for name in ("page", "x", "y", "width", "height", "same", "print")}
        return own | {name: getattr(self.location, name) for name in ValueLocation.__slots__}


def find_page_areas(session: Session, edition: Edition, layout: Layout) -> list[PageArea]:
    """All areas of a document's pages, an inner one after its outer one; none if a template cannot have marks."""
    origins = OriginIndex()
    try:
        marked = compose_html(session, edition, origins)
    except Problems:
        return []
    files, numbers = _SourceFiles(session.publication_for(edition.brief)), dict[ValueLocation, int]()
    locations: dict[int, ValueLocation | None] = {}
    areas: dict[PageArea, None] = {}
    for spot in find_mark_areas(layout, marked):
        origin = origins.by_number[spot.mark_number]
        if spot.is_graphic and origin.place:
            continue  # a colour or an address: the box of its element does not show it
        if spot.mark_number not in locations:
            locations[spot.mark_number] = files.find_location(origin)
        if location := locations[spot.mark_number]:
            same = numbers.setdefault(location, len(numbers))
            x, y, width, height = spot.box
            start, end = origin.part
            left = round(x + width * (1 - end if files.publication.language.rtl else start), 3)
            part = left, y, round(width * (end - start), 3), height
            areas[PageArea(spot.page, *part, location, same, spot.mark_index)] = None
    return [*areas]


class _SourceFiles:  # of a publication, in which the origins of values are found
    def __init__(self, whole: Publication) -> None:
        self.publication = whole
        self._row_numbers = cache(lambda table: {key: row for row, key in enumerate(whole.tables[table].by_key)})
        self._read_lines, self._read_yaml = cache(read_file_lines), cache(read_yaml)

    def find_location(self, origin: Origin) -> ValueLocation | None:  # None if not in an unchanged file of it
        try:
            if origin.figure:
                return self._locate_figure(origin.figure)
            if origin.date:
                file, *keys = origin.date
                node, name = self._find_node(file, *keys), ".".join(keys)
                return self._make_location(node.location, name, node.text, self._find_sources(file, name), "date")
            return self._locate_cell(*origin.cell) if origin.cell else self._locate_text(origin)
        except (Problems, AttributeError, LookupError):  # changed since it was read: it is read again soon
            return None

    def _make_location(
        self, place: SourceLocation, name: str, value: str, sources: Any, kind: str
    ) -> ValueLocation | None:
        folder = self.publication.folder
        if not place.file.is_relative_to(folder):
            return None
        file = place.file.relative_to(folder).as_posix()
        unique = tuple(dict.fromkeys(map(str, sources)))
        return ValueLocation(file, place.line, place.column, name, value, unique, kind, place.sheet)

    def _locate_figure(self, name: str) -> ValueLocation | None:  # where it is typed, else its calculation
        figure = self.publication.figures[name]
        place = figure.location
        if figure.cell:
            place = self._find_cell_place(figure.cell.table, figure.cell.row, figure.cell.column)
        elif figure.value is not None:
            place = self._find_node(_FIGURES_FILE, name, "value").location
        elif counted := figure.count or figure.cells:
            place = counted.location
        elif figure.operands:
            place = figure.operands[0].location
        value, sources = format_ledger_value(self.publication.values[name]), self.publication.figure_sources(name)
        return self._make_location(place, name, value, sources, "figure")

    def _find_node(self, file: str, *keys: str) -> Any:
        node: Any = self._read_yaml(self.publication.folder / file)
        for key in keys:
            node = node.items[key]
        return node

    def _locate_cell(self, table: str, key: str, column: str) -> ValueLocation | None:
        of = self.publication.tables[table]
        row, place = of.by_key[key], self._find_cell_place(table, key, column)
        cell = row[column]
        own = cell.column if isinstance(cell, TranslatedCell) else column  # the column in the ledger
        return self._make_location(place, format_cell_name(table, key, own), str(cell), row_sources(of, row), "cell")

    def _find_cell_place(self, table: str, key: str, column: str) -> SourceLocation:
        """The place of a cell: of a translated one in the PO file, or in a column of its own."""
        of = self.publication.tables[table]
        row = of.by_key[key]
        if isinstance(cell := row[column], TranslatedCell):
            if cell.column == column:
                return self._find_beginning(cell.location, str(cell))
            column = cell.column
        return of.lines[self._row_numbers(table)[key]].cell_location([*row].index(column))

    def _locate_text(self, origin: Origin) -> ValueLocation | None:
        if origin.place is None:
            return None
        file, _, name = self._text_paths.get(origin.place, "").partition(":")
        named = [one.strip() for one in REFERENCE.findall(origin.text)]
        cited = [source for one in named if one.startswith("@") for source in one[1:].split()]
        sources = [*self._find_sources(file, name), *(one for one in cited if one in self.publication.sources)]
        place = self._find_beginning(origin.place, origin.words)
        return self._make_location(place, name, origin.text, sources, _text_kind(file, name))

    def _find_sources(self, file: str, name: str) -> Iterable[str]:
        group, _, rest = name.partition(".")
        if file == "sources.yaml":
            return (group,)
        if file == _FIGURES_FILE:
            return self.publication.figure_sources(group)
        known: Any = self.publication.tables[group].spec if file == "tables.yaml" else None
        if file == "texts.yaml":
            known = getattr(self.publication.texts, group)[rest.partition(".")[0]]
        return getattr(known, "sources", ())

    def _find_beginning(self, place: SourceLocation, words: str) -> SourceLocation:
        """The place where the words of a text begin: after a quotation mark, or on a later line."""
        lines = self._read_lines(place.file) if not place.sheet else []
        region = "\n".join(lines[place.line - 1 : max(place.line, place.end_line)])
        for most in _SEARCH_LENGTHS:
            at = region.find(words[:most], place.column - 1)
            if at < 0 and (found := written_pattern(words[:most]).search(region, place.column - 1)):
                at = found.start()
            if at >= 0:
                column = at - region.rfind("\n", 0, at)
                return SourceLocation(place.file, place.line + region.count("\n", 0, at), column)
        return place

    @cached_property
    def _text_paths(self) -> Mapping[SourceLocation, str]:
        found: dict[SourceLocation, str] = {}

        def note(path: str, phrase: Phrase, what: str) -> Phrase:
            found[phrase.location] = path
            return phrase

        map_publication_phrases(self.publication, note)
        for source in self.publication.sources.values():
            found |= {one.location: f"sources.yaml:{source.id}.{key}" for key, one in source.addresses.items()}
        found |= {reason.location: f"{REASON_PREFIX}:reason" for reason in self.publication.reasons.values()}
        for one in self.publication.texts.quotations.values():
            if one.original:
                found[one.original.location] = f"texts.yaml:quotations.{one.id}.original"
        return found


def _text_kind(file: str, name: str) -> str:
    last = name.rpartition(".")[2]
    if file == "sources.yaml":
        return "source"
    if last in _TITLE_KEYS and file != "tables.yaml":
        return "title"
    return "label" if last in _LABEL_KEYS else "text"
