"""Charts of numbers: lines over time, rows as bars or ranges, signs for a share.

Lengths are parts of the longest bar, or units of an SVG view box. Time and numbers run in reading direction. Lines
differ in dashes and markers, for print without colour.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import pairwise

from tipbrief.check.block_base import EACH, keys_within
from tipbrief.check.blocks import Document
from tipbrief.check.chart_blocks import BarsChart, LinesChart, PictogramChart, read_time
from tipbrief.check.models import Column
from tipbrief.check.publication import Publication
from tipbrief.check.tables import turn_years
from tipbrief.compose.axes import (
    CHART_WIDTH,
    DIGIT_WIDTH,
    LABEL_HEIGHT,
    Scale,
    Tick,
    TimeAxis,
    cell_number,
    count_columns,
    find_highest,
    label_time,
    spread_labels,
    thin_out,
)
from tipbrief.compose.formatting import TableRow, format_cell
from tipbrief.compose.provenance import mark_origin, with_origins
from tipbrief.compose.row_history import first_sources
from tipbrief.language.language import Language
from tipbrief.language.numbers import PERCENT_SIGNS

Numbers = Mapping[float, Decimal]  # by their times
FEW_VALUES = 10  # with so many years or fewer, the words give all numbers
_FEW_MISSING = 3  # they are listed without being asked for
_MAX_MARKERS = 30  # on a line
_MOST_BESIDE = 60  # hundredths of the width for numbers beside lines
_MAX_END = 10  # letters of a number beside a line; a longer one is rounded, the words give it whole
_MARGIN = 1.5  # above and below lines, for the markers at their ends
# The markers of lines, around their points: a disc, a square, a diamond, a smaller square.
_MARKER_PATHS = (
    "m-.8 0a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0 -1.6 0z", "m-.75 -.75h1.5v1.5h-1.5z",
    "m0 -1.1l1.1 1.1l-1.1 1.1l-1.1 -1.1z", "m-.7 -.7h1.4v1.4h-1.4z",
)  # fmt: skip
_SIGN_COUNTS = (10, 20, 25, 40, 50, 100)  # of a pictogram; the first one that shows the share well enough
_SIGN_FAULT = 0.005  # of the whole


@dataclass(frozen=True, slots=True)
class Point:
    """One time of a line that has a number: its position in the view box, and its marker."""

    time: float
    label: str
    value: Decimal
    x: float
    y: float
    up: float  # per cent of the height
    mark: str = ""  # the path of the marker
    end: float | None = None  # where its number stands beside the line, in per cent of the height
    short: str = ""  # that number, as it has room there


@dataclass(frozen=True, slots=True)
class Line:
    """A column over time: its points, the paths through them, and the points that its words give."""

    column: Column
    points: tuple[Point, ...]
    values: tuple[Decimal | None, ...]  # by the times of the chart
    path: str
    projected: str  # the path of what is expected
    area: str  # the path of the area below it, or of its range
    points_in_words: tuple[Point, ...]
    highest: Point | None  # None if two are equally high, or points_in_words has it
    missing: int
    missing_labels: tuple[str, ...]  # empty if they are not listed


@dataclass(frozen=True, slots=True)
class Panel:
    """One of the charts of a block, all of the same scale."""

    title: str
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class LineChart:
    """Lines over time, with the size of the view box."""

    panels: tuple[Panel, ...]
    times: tuple[tuple[float, str], ...]
    ticks: tuple[Tick, ...]
    grid: tuple[tuple[float, float, str], ...]  # units from the top, per cent of the height, and what is printed
    references: tuple[tuple[str, float], ...]  # figures and their places
    breaks: tuple[tuple[float, str, str], ...]  # units from the left, the year, the note
    width: float
    height: float
    ground: float
    wide: bool  # as wide as the page
    digits: int  # of the longest number beside a line
    axis: int  # of the longest number of the axis
    sources: tuple[str, ...]


def lines(
    publication: Publication, chart: LinesChart, document: Document | None = None, cramped: bool = False
) -> LineChart | None:
    """Lines from the oldest time to the newest, ``cramped`` in large letters on narrow paper; None without numbers."""
    table, language = publication.tables[chart.table], publication.language
    names: Sequence[str] = chart.columns
    if chart.rows:
        names = [document.key if key == EACH and document else str(key) for key in chart.rows]
        table = turn_years(table, names)
    keys = keys_within({**publication.tables, chart.table: table}, chart, document)
    column = chart.time or table.spec.year_column
    cells = ((row[column], row) for row in (table.by_key[key] for key in keys) if row[column])
    timed = sorted(((read_time(cell), cell, row) for cell, row in cells), key=lambda one: one[0])
    timed = [(with_origins(time, cell), cell, row) for time, cell, row in timed if time >= chart.start]
    groups: dict[str, dict[float, TableRow]] = {}
    for time, _, row in timed:
        groups.setdefault(row[chart.split] if chart.split else "", {})[time] = row
    read = [*names, *(name for name in (chart.low, chart.high) if name)]
    values = {
        group: {name: {t: n for t, row in rows.items() if (n := cell_number(row[name])) is not None} for name in read}
        for group, rows in groups.items()
    }
    values = {group: found for group, found in values.items() if any(found.values())}
    if not values:
        return None
    numbers = [one for found in values.values() for column in found.values() for one in column.values()]
    axis = TimeAxis.of({time: label_time(cell, language) for time, cell, _ in timed})
    scale = Scale.around([*numbers, *(publication.values[name] for name in chart.references)])
    drawing = _LineDrawing(chart, language, axis, scale, table.spec.columns[names[0]].unit)
    panels = []
    for group, found in values.items():
        first = next(iter(groups[group].values()))
        title = format_cell(publication, chart.table, first, chart.split) if chart.split else ""
        panels.append(drawing.draw_panel(title, {name: table.spec.columns[name] for name in names}, found))
    drawn = [line for panel in panels for line in panel.lines]
    amounts = [point.short for line in drawn for point in line.points if point.end is not None]
    columns = 1 if cramped else count_columns(document, chart)
    digit = DIGIT_WIDTH / (1 if chart.split else columns)
    digits, letters = max(map(len, amounts), default=0), max(len(language.compact(step)) for step in scale.steps)
    if (digits + letters) * digit > _MOST_BESIDE:  # the lines would have no room
        letters, scale = 0, replace(scale, steps=())
    # Beside the lines stand numbers: a digit takes more of what remains.
    digit /= 1 - min((digits + letters + 2) * digit, _MOST_BESIDE + _MAX_END) / 100
    # Zero keeps its label, then the steps that are farthest from it.
    by_need = sorted(scale.steps, key=lambda one: (one != 0, -abs(one)))
    steps = sorted(thin_out(by_need, drawing.place_value, LABEL_HEIGHT / DIGIT_WIDTH * digit))
    grid = [language.compact(step, drawing.unit if step == steps[-1] else None) for step in steps]
    used = [row for group in values for row in groups[group].values() if any(row[name] for name in names)]
    return LineChart(
        tuple(panels),
        tuple(axis.labels.items()),
        axis.choose_ticks(chart.every, digit),
        tuple((drawing.place_value(s), drawing.measure_height(s), text) for s, text in zip(steps, grid, strict=True)),
        tuple((name, drawing.place_value(publication.values[name])) for name in chart.references),
        tuple((drawing.place_time(float(year)), language.digits(year), note) for year, note in chart.breaks.items()),
        CHART_WIDTH,
        float(chart.height),
        drawing.place_value(Decimal(0)),
        columns > 1,
        digits,
        letters,
        first_sources(table, used),
    )


class _LineDrawing:  # what all panels of a chart have in common
    def __init__(self, chart: LinesChart, language: Language, axis: TimeAxis, scale: Scale, unit: str | None) -> None:
        self._chart, self._language, self._axis, self._scale, self.unit = chart, language, axis, scale, unit

    def place_time(self, time: float) -> float:
        """Units from the left."""
        along = self._axis.place(time)
        return round(CHART_WIDTH - along if self._language.rtl else along, 2)

    def place_value(self, value: Decimal) -> float:
        """Units from the top."""
        return round(_MARGIN + (1 - self._scale.part(value)) * (self._chart.height - 2 * _MARGIN), 2)

    def measure_height(self, value: Decimal) -> float:
        """Per cent of the height."""
        return round(100 - 100 * self.place_value(value) / self._chart.height, 2)

    def draw_panel(self, title: str, columns: Mapping[str, Column], values: Mapping[str, Numbers]) -> Panel:
        """The lines of the columns that have numbers, and the numbers at their ends."""
        points = {name: self._place_points(values[name]) for name in columns if values[name]}
        ends = [found for found in points.values() if found[-1].time == self._axis.ends[1]]
        least = 100 * LABEL_HEIGHT / self._chart.height
        for found, end in zip(ends, spread_labels([one[-1].up for one in ends], least), strict=True):
            # Further away, a number would be read as that of another line: the words give it.
            if abs(end - found[-1].up) <= least:
                short = self._language.amount(value := found[-1].value, self.unit)
                short = short if len(short) <= _MAX_END else self._language.compact(value, self.unit)
                found[-1] = replace(found[-1], end=round(end, 2), short=short)
        low, high = (values.get(name or "", {}) for name in (self._chart.low, self._chart.high))
        if self._chart.area:
            high = next(values[name] for name in points)
            low = dict.fromkeys(high, Decimal())
        area = self._fill_between(low, high)
        drawn = [
            self._draw_line(columns[name], number, found, area) for number, (name, found) in enumerate(points.items())
        ]
        return Panel(title, tuple(drawn))

    def _place_points(self, numbers: Numbers) -> list[Point]:
        labels, x, y, up = self._axis.labels, self.place_time, self.place_value, self.measure_height
        return [Point(time, labels[time], value, x(time), y(value), up(value)) for time, value in numbers.items()]

    def _draw_line(self, column: Column, number: int, points: Sequence[Point], area: str) -> Line:
        """A line, the oldest point first. With many only some have markers, and all isolated points."""
        chart, axis = self._chart, self._axis
        joins = [self._are_joined(one.time, other.time) for one, other in pairwise(points)]
        every, last = -(-len(axis.labels) // _MAX_MARKERS), len(points) - 1
        measured, projected, found = "", "", list[Point]()
        for index, point in enumerate(points):
            joined, place = index > 0 and joins[index - 1], f"{point.x} {point.y}"
            if joined and chart.projected and point.time >= chart.projected:
                projected += f"M{points[index - 1].x} {points[index - 1].y}L{place}"
            else:
                measured += f"{'L' if joined else 'M'}{place}"
            alone = not joined and not (index < last and joins[index])
            marked = alone or index in (0, last) or (last - index) % every == 0
            mark = mark_origin(f"M{place}{_MARKER_PATHS[number]}", point.value) if marked else ""
            found.append(replace(point, mark=mark))
        top = find_highest([point.value for point in found])
        highest = None if top is None else found[top]
        few = len(axis.labels) <= FEW_VALUES and not chart.split
        in_words = tuple(found) if few else tuple(dict.fromkeys((found[0], found[-1])))
        known = {point.time: point.value for point in points}
        missing, values = axis.find_missing(known), tuple(map(known.get, axis.labels))
        listed = missing if chart.missing == "list" or len(missing) <= _FEW_MISSING else ()
        labels = tuple(axis.labels.get(time) or self._language.digits(int(time)) for time in listed)
        other = None if highest in in_words else highest
        return Line(column, tuple(found), values, measured, projected, area, in_words, other, len(missing), labels)

    def _are_joined(self, earlier: float, later: float) -> bool:
        is_break = any(earlier < int(year) <= later for year in self._chart.breaks)
        return not is_break and not self._axis.is_gap(earlier, later)

    def _fill_between(self, low: Numbers, high: Numbers) -> str:
        path = ""
        for one, other in pairwise(time for time in low if time in high):
            corners = ((one, low), (one, high), (other, high), (other, low))
            places = [f"{self.place_time(time)} {self.place_value(side[time])}" for time, side in corners]
            path += f"M{'L'.join(places)}z" if self._are_joined(one, other) else ""
        return path


@dataclass(frozen=True, slots=True)
class BarPart:
    """One number of a row: where its bar begins, and how long it is, as parts of the longest."""

    value: Decimal
    start: float
    part: float
    series: int  # the place of its column, from 1


@dataclass(frozen=True, slots=True)
class RankedBar:
    """A row with its bars; ``own`` if it is the document's row.

    ``value`` is what it is ranked by: its total, or its number in the first column. Without it, there is no rank.
    """

    key: str
    row: TableRow
    value: Decimal | None
    parts: tuple[BarPart, ...]
    rank: int | None
    own: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The drawn rows, the largest number first; ``count`` rows have a number, those ``without`` have none."""

    bars: tuple[RankedBar, ...]
    count: int
    ranked_count: int  # the rows with a number to be ranked by
    without: tuple[TableRow, ...]
    digits: int
    zero: float  # the part of the length where zero is
    references: tuple[tuple[str, float], ...]  # figures and their places
    sources: tuple[str, ...]


def bars(publication: Publication, chart: BarsChart, document: Document | None = None) -> Ranking | None:
    """The rows of a table as bars, the longest first; the document's row is always drawn. None if none has a number."""
    table, language = publication.tables[chart.table], publication.language
    names, key = [*map(str, chart.columns or (chart.column,))], document.key if document else ""
    rows = {one: table.by_key[one] for one in keys_within(publication.tables, chart, document)}
    columns = [table.read_column(name) for name in names]  # to compare: only what is drawn is said to be read
    numbers = {one: [n for column in columns if (n := cell_number(column[one])) is not None] for one in rows}
    # Where a part is not known, no total is. A number of another column is not compared with those of the first.
    if chart.form == "stacked":
        totals = {one: sum(found, Decimal()) for one, found in numbers.items() if len(found) == len(names)}
        unranked = []
    else:
        totals = {one: found[0] for one, found in numbers.items() if columns[0][one]}
        unranked = [one for one, found in numbers.items() if found and one not in totals]
    order = sorted(totals, key=lambda one: -totals[one]) + unranked
    if not order:
        return None
    compared = [publication.values[name] for name in chart.references]
    scale = Scale.around([*compared, *totals.values(), *(n for one in order for n in numbers[one])])
    unit, drawn = table.spec.columns[names[0]].unit, list[RankedBar]()
    for one in order[: chart.most] + [one for one in order[chart.most :] if one == key]:
        total = totals.get(one)
        rank = None if total is None else 1 + sum(value > total for value in totals.values())
        cells = enumerate((cell_number(rows[one][name]) for name in names), 1)
        parts = tuple(_build_parts([*cells], scale, chart.form))
        drawn.append(RankedBar(one, rows[one], total, parts, rank, own=one == key))
    amounts = [bar.value for bar in drawn if bar.value is not None]
    amounts += [part.value for bar in drawn for part in bar.parts]
    printed = [language.amount(amount, unit) for amount in amounts]
    digits = max(map(len, printed)) * (len(names) if chart.form == "range" else 1)
    return Ranking(
        tuple(drawn),
        len(order),
        len(totals),
        tuple(row for one, row in rows.items() if one not in order),
        digits,
        round(scale.part(Decimal(0)), 4),
        tuple((name, round(scale.part(publication.values[name]), 4)) for name in chart.references),
        first_sources(table, [rows[one] for one in order]),
    )


def _build_parts(cells: Sequence[tuple[int, Decimal | None]], scale: Scale, form: str) -> Iterable[BarPart]:
    """The bars of a row: each from zero, from the end of the one before, or as points on a line."""
    begun = Decimal(0)
    for series, value in cells:
        if value is None:
            continue
        low, high = (value, value) if form == "range" else sorted((begun, begun + value))
        start, part = scale.part(low), scale.part(high) - scale.part(low)
        yield BarPart(value, round(start, 4), with_origins(round(part, 4), value), series)
        begun += value if form == "stacked" else 0


@dataclass(frozen=True, slots=True)
class Pictogram:
    """Signs in rows: of ``total``, the first ``count`` are marked. ``exact`` if their share is that of the figure."""

    signs: tuple[tuple[float, float, bool], ...]  # the middle of each in units, and whether it is marked
    radius: float
    width: float
    height: float
    count: int
    total: int
    exact: bool


def pictogram(publication: Publication, chart: PictogramChart) -> Pictogram:
    """The signs for a figure that is a share."""
    value = publication.values[chart.figure]
    share = value / 100 if publication.figures[chart.figure].measure in PERCENT_SIGNS else value
    counts = {total: round(share * total) for total in _SIGN_COUNTS}
    near = [total for total, count in counts.items() if abs(count - share * total) <= _SIGN_FAULT * total]
    total = next((one for one in near if counts[one]), _SIGN_COUNTS[-1])
    across = 10 if total % 20 else 20
    step = CHART_WIDTH / across
    places = [(round((n % across + 0.5) * step, 2), round((n // across + 0.5) * step, 2)) for n in range(total)]
    marked = [(CHART_WIDTH - x if publication.language.rtl else x, y) for x, y in places]
    signs = tuple((with_origins(x, value), y, n < counts[total]) for n, (x, y) in enumerate(marked))
    count, high = counts[total], step * -(-total // across)
    return Pictogram(signs, round(step * 0.38, 2), CHART_WIDTH, high, count, total, count == share * total)
