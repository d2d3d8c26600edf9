"""References: the known names of a publication, and problems of names, columns and colours that do not fit."""

import typing
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

from tipbrief import colour_contrast
from tipbrief.check.maps.shapes import MAPS_FOLDER, Shapes, load_shipped_shapes, shapes_name
from tipbrief.check.models import Choice, Colours, Column, ColumnOf, ReferenceTo, Source, Table
from tipbrief.colour_contrast import COLOUR_PATTERN, MIN_TEXT_CONTRAST, WHITE, contrast_ratio, dark_mode_colour
from tipbrief.load.publication_files import PICTURE_SUFFIXES
from tipbrief.load.schema import read_annotations
from tipbrief.load.source_text import Text
from tipbrief.problems import Problem, ProblemList, Problems, join_first_names, suggest_nearest

MIN_VISIBLE_CONTRAST = 2.0  # with less a colour cannot be seen
KnownNames = Collection[str] | None  # None if the file with the names cannot be read
_WRONG_TYPE = {
    "choice": ("has no choices", "name a column that has 'choices' in tables.yaml"),
    "number": ("has no numbers", "type: number"),
}


def check_colour_contrast(colours: Colours) -> Iterator[Problem]:
    """A problem for each colour that cannot be seen on its background, a warning for faint letters."""
    for name in ("ink", "accent", "signal", "grey", "foot"):
        if colour := getattr(colours, name):
            yield from _check_contrast(colour, WHITE, f"what is printed in '{name}'", "paper")
            if name != "foot":
                yield from _check_contrast(colour, colours.tint, f"what is printed in '{name}'", "'tint'")
    for name in ("bar", "hatch"):
        if colour := getattr(colours, name):
            yield from _check_contrast(colour, WHITE, f"what is drawn in '{name}'", "paper", MIN_VISIBLE_CONTRAST)


def check_choice_contrast(choice: Choice) -> Iterator[Problem]:
    """The problem of a choice whose name is faint on its colour. On stripes the name has a white background."""
    ground = WHITE if choice.hatched else choice.colour
    if choice.text_colour and ground:
        # On dark screens such names get a readable colour: see ``dark_mode_text_colour``.
        yield from _check_contrast(choice.text_colour, ground, f"'{choice.label}'", "its 'colour'", by_day_alone=True)


def _check_contrast(
    colour: Text, ground: str, what: str, on: str, least: float = MIN_TEXT_CONTRAST, *, by_day_alone: bool = False
) -> Iterator[Problem]:
    if not (COLOUR_PATTERN.fullmatch(colour) and COLOUR_PATTERN.fullmatch(ground)):  # the reader has reported it
        return
    by_day = contrast_ratio(colour, ground)
    by_night = by_day if by_day_alone else contrast_ratio(dark_mode_colour(colour), dark_mode_colour(ground))
    if by_day >= least <= by_night:
        return
    found, where = (by_day, on) if by_day < least else (by_night, f"{on} of a dark screen")
    contrast = f"their contrast is {found:.1f}"
    message, severity = f"{what} cannot be seen on {where}: {contrast}", "error"
    hint = f"take a colour with a contrast of {least:g} or more"
    if by_day >= MIN_VISIBLE_CONTRAST:
        message, severity = f"{what} is hard to read on {where}: {contrast}", "warning"
        hint += ", as WCAG wants it on level AA"
    yield colour.problem(message, hint, kind="faint", severity=severity)


@dataclass
class References:
    """The names in all files, including those of faulty entries, the tables, and the problems found so far."""

    problems: ProblemList = field(default_factory=ProblemList)
    # None for a file that cannot be read: else one fault in sources.yaml would make all references to it problems.
    names: dict[str, KnownNames] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    faulty_tables: set[str] = field(default_factory=set)  # with faulty rows: values from them may be wrong
    sources: Mapping[str, Source] = field(default_factory=dict)
    files: Mapping[str, Path] = field(default_factory=dict)  # of the dataset
    shapes: dict[str, Shapes] = field(default_factory=dict)  # of the maps, by name
    values: Mapping[str, Decimal] = field(default_factory=dict)  # of figures
    percentages: Collection[str] = ()  # those of them that are some
    for_each: Text | None = None  # the table of the document's row, in a brief that has one
    pictures: Mapping[str, Any] = field(default_factory=dict)

    def add_problem(self, problem: Problem) -> None:
        """Add a problem."""
        self.problems.append(problem)

    def check_names(self, names: Iterable[Text], what: str, among: KnownNames = None) -> bool:
        """Whether all names are known. Unknown ones are added as problems."""
        before = len(self.problems)
        self.problems += self.find_unknown_names(names, what, among)
        return len(self.problems) == before

    def find_unknown_names(self, names: Iterable[Text], what: str, among: KnownNames = None) -> Iterator[Problem]:
        """A problem for each name that is not known as a ``what``, or not ``among`` the given names."""
        known = self.names.get(what) if among is None else among
        for name in names:
            if known is not None and name not in known:
                message, hint = f"there is no {what} '{name}'", suggest_nearest(name, known)
                if what == "picture" and not name.lower().endswith(PICTURE_SUFFIXES):
                    hint = "save it as JPEG or PNG, and name that file"
                yield name.location.problem(message, hint, kind=f"unknown-{what}", token=name)

    def find_broken_references(self, model: Any) -> Iterator[Problem]:
        """A problem for each reference to something unknown in a model's fields."""
        for mark, name in texts_with_marks(model):
            if isinstance(mark, ReferenceTo) and mark.row and name.startswith("row."):
                yield from self._check_row_number(model, name)
            elif isinstance(mark, ReferenceTo):
                yield from self.find_unknown_names((name,), mark.what)
            elif isinstance(mark, ColumnOf):
                yield from self._check_column(model, mark, name)

    def check_single_key(self, name: Text, key: str = "") -> Iterator[Problem]:
        """The problem of a table with a key of several columns, or with another key than ``key``."""
        table = self.tables.get(name)
        if table and (len(table.spec.key) > 1 or (key and table.spec.key != (key,))):
            message = f"the table '{name}' has the key {', '.join(table.spec.key)}: a row for each is drawn here"
            hint = f"name a table whose key is '{key}' alone" if key else "name a table whose key is one column"
            yield name.problem(message, hint, kind="key-columns")

    def check_year_column(self, name: Text) -> Iterator[Problem]:
        """The problem of a table without a column of years."""
        table = self.tables.get(name)
        if table and not table.spec.year_column:
            message = f"the table '{name}' has no column of years"
            yield name.problem(message, "add it to the table, with 'type: year'", kind="no-years")

    def check_yearly_rows(self, name: Text) -> Iterator[Problem]:
        """The problem of a table whose key is not a name and a year."""
        table = self.tables.get(name)
        if table and (len(table.spec.key) != 2 or table.spec.columns[table.spec.key[1]].type != "year"):
            message = f"the table '{name}' has no row for each year"
            yield name.problem(message, "its key must be two columns: whose row it is, and the year", kind="no-years")

    def check_document_rows(self, name: Text) -> Iterator[Problem]:
        """The problem of a table that lacks rows of the documents."""
        table, documents = self.tables.get(name), self.tables.get(self.for_each or "")
        if table and documents and (gone := [key for key in documents.by_key if key not in table.by_key]):
            message = f"the table '{name}' has no row for {join_first_names(gone)}"
            yield name.problem(message, f"it needs all rows of '{self.for_each}'", kind="unknown-row")

    def load_shapes(self, name: Text, key: str | None) -> Shapes | None:
        """The shapes of a map, of which each file is read once. Each problem of their file is added once."""
        named = shapes_name(name, key)
        try:
            if not name.startswith(MAPS_FOLDER):
                self.shapes[named] = load_shipped_shapes(name)
            elif named not in self.shapes:
                from tipbrief.check.maps.own_shapes import load_own_shapes  # it loads numpy

                self.shapes[named] = load_own_shapes(self.files, name, key or "")
            return self.shapes[named]
        except Problems as raised:
            self.problems += [one for one in raised.problems if one not in self.problems]
            return None

    def check_labels(self, name: str, columns: Iterable[Text]) -> Iterator[Problem]:
        """A problem for each of these columns that has no name for readers."""
        for column in columns:
            declared = self._find_column(name, column)
            if declared and not declared.label:
                message = f"the column '{column}' is printed, and has no name for readers"
                yield declared.location.problem(message, "add 'label: …'", kind="no-label")

    def _find_column(self, name: str, path: str) -> Column | None:
        """The column of a table. ``key.column`` is one of the table to which the key points."""
        table, (first, _, further) = self.tables.get(name), path.partition(".")
        column = table.spec.columns.get(first) if table else None
        return self._find_column(column.table or "", further) if column and further else column

    def check_has_row(self, block: Any) -> Iterator[Problem]:
        """The problem of a block that needs a row in a brief that has none."""
        if self.for_each is None:
            message = f"'{block.kind}' needs a row, and the brief has none"
            yield block.location.problem(message, "add 'for_each: TABLE' to the brief", kind="no-row")

    def _check_row_number(self, block: Any, name: Text) -> Iterator[Problem]:
        """Problems of ``row.column`` in the place of a figure. The label of the column is printed, too."""
        path = Text(name.removeprefix("row."), name.location)
        yield from self._check_column(block, ColumnOf(None, "number", path=True), path)
        if (column := self._find_column(self.for_each or "", path)) and column.type == "number":
            yield from self.check_labels(self.for_each or "", (path,))

    def find_names(self, model: Any, what: str) -> Iterator[Text]:
        """The names of a ``what`` in a model's fields, and in the cells of the columns that they name."""
        for mark, name in texts_with_marks(model):
            if isinstance(mark, ReferenceTo) and mark.what == what:
                yield name
            elif isinstance(mark, ColumnOf) and mark.cells == what:
                table = self._table_of(model, mark)
                yield from (Text(row[name], name.location) for row in table.rows if row.get(name)) if table else ()

    def _table_of(self, model: Any, mark: ColumnOf) -> Table | None:
        return self.tables.get((self.for_each or "") if mark.table is None else getattr(model, mark.table))

    def _check_column(self, block: Any, mark: ColumnOf, name: Text) -> Iterator[Problem]:
        if mark.table is None:
            yield from self.check_has_row(block)
        if (table := self._table_of(block, mark)) is None:
            return
        first, _, further = name.partition(".") if mark.path else (name, "", "")
        column = table.spec.columns.get(first)
        if column is None:
            yield from self.find_unknown_names((Text(first, name.location),), "column", table.spec.columns)
        elif mark.type and not (column.choices if mark.type == "choice" else column.type == mark.type):
            what, hint = _WRONG_TYPE.get(mark.type, (f"has no {mark.type}", f"type: {mark.type}"))
            message = f"the column '{name}' {what}{' to draw' if mark.is_drawn else ''}"
            yield name.problem(message, hint, kind="column-type")
        elif mark.is_drawn:
            if any(row[first].startswith("-") for row in table.rows):
                message = f"the column '{name}' has numbers less than 0, which are not drawn"
                yield name.problem(message, "print them in a table", kind="negative")
            for choice in column.choices.values():
                if not (choice.short and choice.colour and choice.text_colour):
                    message = f"'{choice.label}' is drawn, and has no look"
                    yield choice.location.problem(message, "add 'short', 'colour' and 'text_colour'", kind="no-look")
                yield from check_choice_contrast(choice)
            yield from _check_distinct_choices(column)
        elif mark.is_printed and not further and not is_printable(column, self.tables):
            what = f"keys of '{column.table}', which has no column of text" if column.table else "ids, not words"
            hint = "add such a column there" if column.table else "leave it out: sources are cited by themselves"
            yield name.problem(f"the column '{name}' holds {what}", hint, kind="column-type")
        elif mark.cells:
            cells = (Text(row[name], line.location) for row, line in zip(table.rows, table.lines, strict=True))
            yield from self.find_unknown_names(filter(None, cells), mark.cells)
        elif further and column.table is None:
            yield name.problem(f"the column '{first}' points to no table", "type: key, table: NAME", kind="column-type")
        elif further and (target := self.tables.get(column.table or "")):
            yield from self.find_unknown_names((Text(further, name.location),), "column", target.spec.columns)


def _check_distinct_choices(column: Column) -> Iterator[Problem]:
    for what in ("label", "short"):
        seen: dict[str, str] = {}
        for choice in column.choices.values():
            look = str(getattr(choice, what))
            if getattr(choice, what) and (other := seen.setdefault(look, choice.label)) is not choice.label:
                message = f"'{choice.label}' has the same '{what}' as '{other}' before it"
                hint = "readers cannot tell them apart: give each its own"
                yield choice.location.problem(message, hint, kind="alike")
    yield from _check_choice_areas([*column.choices.values()])


def _check_choice_areas(choices: list[Choice]) -> Iterator[Problem]:
    """A problem for each choice whose areas cannot be told from the paper or from those of a choice before it."""
    for one, other in pairwise(choice for choice in choices if choice.hatched):
        message = f"'{one.label}' and '{other.label}' are both hatched: readers cannot tell them apart"
        yield other.location.problem(message, "give one of them a 'colour', without 'hatched'", kind="alike")
    seen, greys = {"the paper": WHITE}, dict[str, str]()
    solid = [one for one in choices if one.colour and COLOUR_PATTERN.fullmatch(one.colour) and not one.hatched]
    for choice in solid:
        own = str(choice.colour)
        # In the profile grey the first four have patterns, of which the first is white and the fourth black.
        grey = (WHITE, "", "", "#000000", *[own] * len(choices))[choices.index(choice)]
        faint = [a for a, b in seen.items() if colour_contrast.colour_distance(own, b) < colour_contrast.MIN_DISTANCE]
        like = [a for a, b in greys.items() if grey and contrast_ratio(grey, b) < colour_contrast.MIN_GREY_CONTRAST]
        if choice.colour and (faint or like):
            others = {WHITE, *(str(one.colour) for one in solid if one is not choice)}
            better = colour_contrast.suggest_colour(own, others, greys.values() if grey == own else ())
            letters = max(("#000000", WHITE), key=lambda ink: contrast_ratio(ink, better or own))
            hint = f"write colour: '{better}', text_colour: '{letters}'" if better else "draw fewer choices"
            where = "" if faint else " in the profile grey"
            message = f"'{choice.label}' cannot be told from {(faint or like)[0]} by its colour{where}"
            severity = "error" if faint else "warning"
            yield choice.colour.problem(message, hint, kind="alike", severity=severity)
        seen[f"'{choice.label}'"] = own
        greys |= {f"'{choice.label}'": grey} if grey else {}


def is_printable(column: Column, tables: Mapping[str, Table]) -> bool:
    """Whether a column's cells can be printed. Ids of sources and keys of rows without a name cannot."""
    target = tables.get(column.table or "")
    return column.type != "sources" and (target is None or bool(target.spec.name_column))


def texts_with_marks(model: Any) -> Iterator[tuple[Any, Text]]:
    """The marks in the annotations of a model's fields, each with a text of the field."""
    annotations = read_annotations(model.__class__)
    for declared in fields(model):
        yield from _match_marks(annotations[declared.name], getattr(model, declared.name))


def _match_marks(annotation: Any, value: Any) -> Iterator[tuple[Any, Text]]:
    inner = typing.get_args(annotation)
    if typing.get_origin(annotation) is Annotated:
        yield from ((mark, value) for mark in inner[1:] if isinstance(value, Text))
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _match_marks(inner[1], item)
    elif isinstance(value, tuple):
        for item in value:
            yield from _match_marks(inner[0], item)
    elif inner and value is not None:  # 'Text | None'
        yield from _match_marks(inner[0], value)
