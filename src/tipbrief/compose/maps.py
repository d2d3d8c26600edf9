"""Maps: shapes grouped by the choices of a table's rows, the whole map or the part around one row."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tipbrief.check.blocks import MAX_CLASSES, Document, MapChart
from tipbrief.check.maps.shapes import Point, Shape, Shapes, is_in_path, main_part_bounds, main_path, shapes_name
from tipbrief.check.models import Choice
from tipbrief.check.publication import Publication
from tipbrief.check.tables import select_similar_rows
from tipbrief.colour_contrast import ramp_colours
from tipbrief.compose.axes import cell_number, count_columns, round_step
from tipbrief.compose.provenance import mark_origin, with_origins
from tipbrief.load.schema import Phrase
from tipbrief.load.source_text import Text

# The part of a map around a shape, in units of the canvas: margin, least width, and the range of width to height.
_MARGIN, _LEAST_WIDTH, _RATIOS = 14, 200, (2.1, 2.5)
# With a smaller share of land, or with fewer other shapes, the part is made wider.
_LEAST_LAND_SHARE, _FEWEST_OTHERS, _REACH_FACTORS = 0.15, 2, (1.0, 1.5, 2.0, 2.5)
_SMALL_SHARE = 0.04  # of the width
# A part is printed in a column, the whole map wider: with this factor their lines are equally wide.
_PART_LINE_SCALE = 1.6
_EDGE_SHARE, _INSET_SHARE = 0.15, 0.25  # of the height
_LARGEST_CIRCLE = 0.05  # its radius, of the width
_NAME_SHARE = 0.015  # of a map, that a name may cover
_LETTER_SHARE, _LINE_SHARE = 0.026, 0.065  # of the width of a map in a column, of a name's letter and its height

Box = tuple[int, int, int, int]  # left, top, width, height


@dataclass(frozen=True, slots=True)
class MapGroup:
    """The shapes of one choice: one SVG path, and dots for shapes without a path."""

    choice: Choice | None
    path: str
    dots: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class MapName:
    """The name of an outlined shape, its middle in per cent of the map, and the path of its leader, if it has one."""

    name: str
    choice: Choice | None
    x: float
    y: float
    leader: str
    end: Point


@dataclass(frozen=True, slots=True)
class ShapeMap:
    """The visible part of the canvas, the map's groups, and the outlined shapes."""

    box: Box
    part: bool
    scale: float  # the factor for the width of lines, 1 for the whole canvas
    groups: tuple[MapGroup, ...]
    outline: MapGroup
    own: bool  # whether the document's row is outlined
    ring: tuple[float, float] | None
    missing: tuple[str, ...]  # the names of rows that are not on the map
    empty: bool  # whether there are drawn shapes without a row
    empty_count: int  # of all shapes without a row
    borders: str  # whose borders it shows, and the year
    finding: str  # of the document's row, or of the largest and the smallest number
    answers: tuple[tuple[Choice, int, str], ...]  # the choices, how many rows have each, and the names of these
    names: tuple[MapName, ...]
    choices: tuple[Choice, ...]  # of the legend
    circles: tuple[tuple[float, float, float], ...] = ()  # x, y and radius, the largest first
    largest: tuple[str, Decimal] | None = None  # the names of the rows with the largest circles, and their number
    numbers: tuple[tuple[str, Decimal], ...] = ()  # of a map of numbers: names and numbers, the largest first


@dataclass(frozen=True, slots=True)
class _MapClasses:  # the choices of a map, and what each row has of them; those of numbers are made for it
    choices: Mapping[str, Choice]
    names: Mapping[str, str]  # of choices, by the keys of rows; empty for circles and where there is no number
    cells: Mapping[str, str]
    numbers: Mapping[str, Decimal]  # the largest first

    @classmethod
    def of(cls, publication: Publication, chart: MapChart, codes: Sequence[str]) -> "_MapClasses":
        """The classes of these rows; those of numbers are found by comparing all rows."""
        table = publication.tables[chart.table]
        if chart.by:
            cells = {code: table.by_key[code][chart.by] for code in codes}
            return cls(table.spec.columns[chart.by].choices, cells, cells, {})
        column = str(chart.of)
        cells = table.read_column(column) | {code: table.by_key[code][column] for code in codes}
        found = {code: n for code, cell in cells.items() if (n := cell_number(cell)) is not None}
        numbers = {code: found[code] for code in sorted(found, key=lambda code: -found[code])}
        if chart.form == "circles":
            return cls({}, dict.fromkeys(cells, ""), cells, numbers)
        limits = sorted(chart.limits) or _choose_limits(sorted(numbers.values()), chart.classes)
        classes = {code: bisect_right(limits, number) for code, number in numbers.items()}
        used = sorted({*classes.values()})
        colours = ramp_colours(publication.imprint.colours.accent, len(used))
        choices, language, unit = dict[str, Choice](), publication.language, table.spec.columns[column].unit
        for own, (colour, letters) in zip(used, colours, strict=True):
            inside = [number for code, number in numbers.items() if classes[code] == own]
            ends = [language.amount(inside[0], unit)]
            ends = [language.number(inside[-1]), *ends] if inside[-1] < inside[0] else ends
            label, place = Phrase("–".join(ends), chart.location), chart.location
            choices[str(own)] = Choice(
                location=place, label=label, short=label, colour=Text(colour, place), text_colour=Text(letters, place)
            )
        names = {code: str(classes[code]) if code in classes else "" for code in cells}
        return cls(choices, names, cells, numbers)


def _choose_limits(values: Sequence[Decimal], how: str) -> list[Decimal]:
    """Where classes begin, above the first: so that they have equally many rows, or at round numbers."""
    if how == "round":
        step = round_step(values[-1] - values[0] or Decimal(1), MAX_CLASSES)
        first = values[0] // step + 1
        return [limit for n in range(MAX_CLASSES) if (limit := (first + n) * step) <= values[-1]][: MAX_CLASSES - 1]
    return sorted({values[len(values) * n // MAX_CLASSES] for n in range(1, MAX_CLASSES)})


def shape_map(
    publication: Publication, chart: MapChart, key: str = "", document: Document | None = None, listed: bool = False
) -> ShapeMap:
    """The shapes, grouped by the choice of their rows; ``within`` shows the part around ``key``, which is outlined.

    Names that are ``listed`` below the map need no room on it.
    """
    table = publication.tables[chart.table]
    shapes = publication.shapes[shapes_name(chart.shapes, chart.key)]
    language = publication.language
    alike = [code for code, _ in select_similar_rows(table, chart.within, key)]
    box = (0, 0, shapes.width, shapes.height)
    seen = shapes.by_key
    if chart.within and shapes.neighbour_distance:
        box = _box_around(key, [code for code in alike if code in seen], shapes)
        seen = {code: shape for code, shape in seen.items() if shape.overlaps_box(box)}
    classes = _MapClasses.of(publication, chart, [*(code for code in seen if code in table.by_key), *alike])
    part, choices = box[2] < shapes.width, classes.choices
    members: dict[str, list[tuple[Shape, str]]] = {name: [] for name in ("", *choices)}
    for code, shape in seen.items():
        members[classes.names.get(code, "")].append((shape, classes.cells.get(code, "")))
    outlined = [*publication.tables[chart.outline].by_key] if chart.outline else []
    if chart.within or (key and not chart.outline):
        outlined = [key]
    outlined = [code for code in outlined if code in seen]
    own = seen[key] if key and outlined == [key] else None
    missing = tuple(table.row_name(code) for code in alike if code in shapes.absent)
    codes = {name: [code for code in alike if classes.names[code] == name] for name in choices}
    radii = _measure_circles(chart, classes, seen, box)
    largest_number = max((classes.numbers[code] for code in radii), default=None)
    largest_names = [table.row_name(code) for code in radii if classes.numbers[code] == largest_number]
    finding = ""
    if chart.within or key in table.by_key:
        finding = f"{table.row_name(key)}: {_describe_row(publication, chart, classes, key)}"
    elif chart.of:
        ends = dict.fromkeys([*classes.numbers][:1] + [*classes.numbers][-1:])
        finding = language.semicolon.join(
            f"{table.row_name(code)}: {_describe_row(publication, chart, classes, code)}" for code in ends
        )
    return ShapeMap(
        box, part, own=bool(own), missing=missing, empty_count=len(members[""]), finding=finding,
        scale=box[2] / shapes.width * (_PART_LINE_SCALE if part else 1),
        groups=tuple(_build_group(choices.get(name), found) for name, found in members.items() if found),
        outline=_build_group(
            choices.get(classes.names.get(key, "")) if own else None,
            # Around small parts a thick line would be a blot.
            [(seen[code] if own else replace(seen[code], path=main_path(seen[code].path)), "") for code in outlined],
        ),
        ring=(own.x, own.y) if own and own.is_small(box[2], _SMALL_SHARE) else None,
        empty=any(shape.path for shape, _ in members[""]),
        borders=_describe_borders(publication, chart, shapes), choices=tuple(choices.values()),
        answers=tuple(
            (choices[name], len(some), language.comma.join(table.screen_reader_names(some)))
            for name, some in codes.items()
        ),
        names=tuple(_place_name(publication, chart, code, box) for code in outlined if chart.names)
        or tuple(
            _name_largest(publication, chart, classes, seen, box, 0 if listed else count_columns(document, chart))
        ),
        circles=tuple(
            (seen[code].x, seen[code].y, with_origins(radius, classes.numbers[code]))
            for code, radius in radii.items()
        ),
        largest=None if largest_number is None else (language.comma.join(largest_names), largest_number),
        numbers=tuple((table.row_name(code), number) for code, number in classes.numbers.items() if code in alike),
    )  # fmt: skip


def _describe_row(publication: Publication, chart: MapChart, classes: _MapClasses, code: str) -> str:
    if not chart.of:
        return str(classes.choices[classes.names[code]].label)
    number, column = classes.numbers.get(code), publication.tables[chart.table].spec.columns[chart.of]
    none = publication.language.gettext("no number found")
    return none if number is None else publication.language.amount(number, column.unit)


def _measure_circles(chart: MapChart, classes: _MapClasses, seen: Collection[str], box: Box) -> dict[str, float]:
    """The radius of each row's circle, whose area is in proportion to its number, the largest first."""
    most = max(classes.numbers.values(), default=Decimal()) if chart.form == "circles" else Decimal()
    drawn = {code: number for code, number in classes.numbers.items() if most > 0 and number and code in seen}
    return {code: round(_LARGEST_CIRCLE * box[2] * float(number / most) ** 0.5, 2) for code, number in drawn.items()}


def _name_largest(
    publication: Publication, chart: MapChart, classes: _MapClasses, shapes: Mapping[str, Shape], box: Box, columns: int
) -> Iterator[MapName]:
    """The rows with the largest numbers, where their names fit: in their shape, below their circle, or in no column."""
    table = publication.tables[chart.table]
    radii = _measure_circles(chart, classes, shapes, box)
    taken = {one: (s.x - r, s.y - r, s.x + r, s.y + r) for one, r in radii.items() if (s := shapes[one])}
    left, top, width, height = box
    for code in [code for code in classes.numbers if code in shapes][: chart.largest]:
        amount = _describe_row(publication, chart, classes, code)
        shape, name = shapes[code], f"{table.row_name(code)}{publication.language.comma}{amount}"
        wide, high = (share * width / max(columns, 1) for share in (_LETTER_SHARE * len(name), _LINE_SHARE))
        y = shape.y + radii[code] + high * 0.7 if code in radii else shape.y
        own = (shape.x - wide / 2, y - high / 2, shape.x + wide / 2, y + high / 2)
        corners = [(own[a], own[b]) for a in (0, 2) for b in (1, 3)]
        fits = left <= own[0] and own[2] <= left + width and top <= own[1] and own[3] <= top + height
        fits = fits and wide * high < _NAME_SHARE * width * height
        fits = fits and (code in radii or all(is_in_path(shape.path, corner) for corner in corners))
        others = [other for one, other in taken.items() if one != code]
        fits = fits and not any(own[0] < b[2] and b[0] < own[2] and own[1] < b[3] and b[1] < own[3] for b in others)
        if fits or not columns:
            taken[f"#{code}"] = own
            place = round(100 * (shape.x - left) / width, 2), round(100 * (y - top) / height, 2)
            yield MapName(name, classes.choices.get(classes.names[code]), *place, "", (shape.x, shape.y))


def _place_name(publication: Publication, chart: MapChart, code: str, box: Box) -> MapName:
    """The name of a shape where the chart wants it, with a leader if that is outside, or else inside the shape."""
    table = publication.tables[chart.table]
    shape = publication.shapes[shapes_name(chart.shapes, chart.key)].by_key[code]
    left, top, width, height = box
    x, y = 100 * (shape.x - left) / width, 100 * (shape.y - top) / height
    if place := chart.places.get(code):
        x, y = map(float, place.split())
    middle, row = (left + x * width / 100, top + y * height / 100), table.by_key.get(code)
    inside = is_in_path(shape.path, middle)
    choice = table.spec.columns[chart.by].choices[row[chart.by]] if inside and row and chart.by else None
    leader = "" if inside else f"M{middle[0]:.1f} {middle[1]:.1f}L{shape.x:g} {shape.y:g}"
    return MapName(table.row_name(code), choice, round(x, 2), round(y, 2), leader, (shape.x, shape.y))


def _describe_borders(publication: Publication, chart: MapChart, shapes: Shapes) -> str:
    publisher, year = shapes.borders, shapes.year
    if chart.borders:
        source = publication.sources[chart.borders]
        publisher, year = source.publisher, source.date.year if source.date else 0
    return publication.language.comma.join((publisher, publication.language.digits(year)))


def _build_group(choice: Choice | None, shapes: Sequence[tuple[Shape, str]]) -> MapGroup:
    dots = tuple((with_origins(one.x, cell), one.y) for one, cell in shapes if not one.path)
    return MapGroup(choice, "".join(mark_origin(one.path, cell) for one, cell in shapes if one.path), dots)


def _box_around(key: str, alike: Sequence[str], shapes: Shapes) -> Box:
    """The part of the canvas around a shape and similar shapes near by; for an island it includes some coast."""
    if key not in shapes.by_key:
        return 0, 0, shapes.width, shapes.height
    own, others = shapes.by_key[key], [shapes.by_key[code] for code in alike if code != key]
    for reach in (shapes.neighbour_distance * wider for wider in _REACH_FACTORS):
        near = [one for one in others if max(abs(one.x - own.x), abs(one.y - own.y)) < reach]
        box = _box_including(own, near, shapes, reach)
        if len(near) >= min(_FEWEST_OTHERS, len(others)) and _land_share(box, shapes) >= _LEAST_LAND_SHARE:
            break
    return box


def _box_including(own: Shape, near: Sequence[Shape], shapes: Shapes, reach: float) -> Box:
    """The part of the canvas around a shape and others; distant parts of these are cut off."""
    down = reach / _RATIOS[0]
    around = left, top, right, bottom = main_part_bounds(own)
    for part in map(main_part_bounds, near):
        left, top = min(left, max(part[0], around[0] - reach)), min(top, max(part[1], around[1] - down))
        right, bottom = (max(right, min(part[2], around[2] + reach)), max(bottom, min(part[3], around[3] + down)))
    wide, high = max(right - left + 2 * _MARGIN, _LEAST_WIDTH), bottom - top + 2 * _MARGIN
    ratio = min(max(wide / high, _RATIOS[0]), _RATIOS[1])
    wide = min(max(wide, high * ratio), shapes.width, shapes.height * ratio)
    x = min(max((left + right - wide) / 2, 0), shapes.width - wide)
    high = wide / ratio
    y = (top + bottom - high) / 2
    if own.is_small(round(wide), _SMALL_SHARE):  # an island near the upper or lower edge is moved further in
        if own.y - y < _EDGE_SHARE * high:
            y = own.y - _INSET_SHARE * high
        elif y + high - own.y < _EDGE_SHARE * high:
            y = own.y - (1 - _INSET_SHARE) * high
    return round(x), round(min(max(y, 0), shapes.height - high)), round(wide), round(high)


def _land_share(box: Box, shapes: Shapes) -> float:  # approximate
    x, y, width, height = box
    parts = [main_part_bounds(one) for one in shapes.by_key.values() if one.path and one.overlaps_box(box)]
    seen = (
        max(0.0, min(right, x + width) - max(left, x)) * max(0.0, min(bottom, y + height) - max(top, y))
        for left, top, right, bottom in parts
    )
    return sum(seen) / (width * height)
