"""Charts: shares, bars and lines over years, strips and rankings, as shapes and as words.

Lengths are percentages of the chart's width, or units of its SVG view box. Time runs in reading direction. Lines
differ in dashes and markers, for print without colour.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby

from tipbrief.check.block_base import keys_within
from tipbrief.check.blocks import EACH, BarsChart, Document, ShareChart, StripChart, YearsChart
from tipbrief.check.chart_blocks import LinesChart
from tipbrief.check.models import Choice, Column, Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import turn_years
from tipbrief.compose.provenance import derive_text, mark_origin, with_origins
from tipbrief.compose.row_history import first_sources, read_years, strip_sources, year_range
from tipbrief.language.language import Language

_CHART_WIDTH = 100.0  # of a chart of years, in units of its view box
_BAR_GAP = 0.28  # between bars, as a share of a year's width
# In the narrowest column, a third of a page: the least visible height of a bar, and the width of a digit and the
# height of the number over it. With at most _FEW_BARS bars, the words give all numbers.
_LEAST_BAR_HEIGHT, _DIGIT_WIDTH, _LABEL_HEIGHT, _FEW_BARS = 0.7, 2.7, 6.5, 10
_MAX_MARKERS = 30  # on a line
_MARGIN = 1.5  # above and below lines, for the markers at their ends
# The markers of lines, around their points: a disc, a square, a diamond, a smaller square.
_MARKER_PATHS = (
    "m-.8 0a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0 -1.6 0z", "m-.75 -.75h1.5v1.5h-1.5z",
    "m0 -1.1l1.1 1.1l-1.1 1.1l-1.1 -1.1z", "m-.7 -.7h1.4v1.4h-1.4z",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Share:
    """One segment of a share bar; ``own`` if it has the document's row."""

    choice: Choice
    count: int
    percent: float
    own: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One year: its value (None if no number was found), its box in the view box, its labels."""

    year: int
    value: Decimal | None
    part: Decimal | None
    x: float
    y: float
    height: float
    part_y: float
    part_height: float
    centre: float  # per cent of the width, from the side where reading starts
    labelled: bool
    year_shown: bool


@dataclass(frozen=True, slots=True)
class YearBars:
    """Bars over years, with the size of the view box."""

    bars: tuple[Bar, ...]
    width: float
    height: float
    bar_width: float
    first: Bar
    last: Bar
    highest: Bar
    bars_in_words: tuple[Bar, ...]  # without a number over them: the words below give it
    missing: tuple[int, ...]
    finding: str
    words: str
    sources: tuple[str, ...]
    keys: tuple[str, ...]  # of the rows within the document's


@dataclass(frozen=True, slots=True)
class StripSegment:
    """Consecutive years with one choice, or None in a gap."""

    choice: Choice | None
    start: int
    end: int
    percent: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The runs of a strip chart, and the remarks on some of its years."""

    runs: tuple[StripSegment, ...]
    remarks: tuple[str, ...]
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Point:
    """One year of a line that has a number: its position in the view box, and its marker."""

    year: int
    value: Decimal
    x: float
    y: float
    up: float  # per cent of the height
    has_marker: bool
    mark: str = ""  # the path of the marker
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A column over years: its points, the path through them, and the points that its words give."""

    column: Column
    points: tuple[Point, ...]
    path: str
    points_in_words: tuple[Point, ...]
    highest: Point | None  # None if points_in_words has it
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class YearLines:
    """Lines over years, with the size of the view box."""

    lines: tuple[Line, ...]
    years: tuple[tuple[int, bool], ...]  # each with whether it is printed under the lines
    width: float
    height: float
    ground: float
    digits: int  # of the longest number beside a line
    finding: str
    words: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankedBar:
    """A row as a bar: its length as a part of the longest; ``own`` if it is the document's row."""

    key: str
    row: Mapping[str, str]
    value: Decimal
    part: float
    rank: int
    own: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The drawn rows, the largest number first; ``more`` have a number too, those ``without`` have none."""

    bars: tuple[RankedBar, ...]
    own: RankedBar | None
    count: int
    more: int
    without: tuple[Mapping[str, str], ...]
    digits: int
    sources: tuple[str, ...]


def shares(publication: Publication, chart: ShareChart, key: str = "") -> tuple[Share, ...]:
    """The segments of a share bar, in the order of the choices; ``key`` is that of the document's row."""
    table = publication.tables[chart.table]
    choices = table.spec.columns[chart.by].choices
    within = {str(chart.within): table.by_key[key][chart.within]} if chart.within and key in table.by_key else {}
    counts = {
        name: _count_rows(publication, chart, {str(chart.by): name, **within})
        for name in choices
        if within.get(chart.by, name) == name
    }
    own = table.by_key[key][chart.by] if key in table.by_key else None
    shown = ((name, count) for name, count in counts.items() if count)
    whole = publication.count_rows(chart.table, within) if within else len(table.by_key)
    return tuple(Share(choices[name], count, 100 * count / whole, name == own) for name, count in shown)


def _count_rows(publication: Publication, chart: ShareChart, where: Mapping[str, str]) -> int:
    """The number of rows with a choice, from the figure that counts them if there is one."""
    for figure in publication.figures.values() if not chart.within else ():
        count = figure.count or figure.check
        if count and (count.table, dict(count.where)) == (chart.table, where):
            value = publication.values[figure.id]
            return with_origins(int(value), value)
    return publication.count_rows(chart.table, where)


def years(publication: Publication, chart: YearsChart, document: Document | None = None) -> YearBars | None:
    """Bars from the oldest year to the newest, over zero, ``within`` the document's row; None if there is no number."""
    table, keys = publication.tables[chart.table], keys_within(publication.tables, chart, document)
    year = table.spec.year_column
    rows = [row for key in keys if int((row := table.by_key[key])[year]) >= chart.start]
    rows.sort(key=lambda row: int(row[year]))
    values, unit = [_cell_number(row[chart.column]) for row in rows], table.spec.columns[chart.column].unit
    if not any(value is not None for value in values):
        return None
    room = 2 if document and any(block is chart for block in document.brief.blocks) else 1  # as wide as the page
    bars, bar_width = _build_bars(chart, year, rows, values, publication.language.rtl, len(unit or ""), room)
    found = [bar for bar in bars if bar.value is not None]
    highest = max(found, key=lambda bar: bar.value or Decimal())
    unlabelled = (bar for bar in found[1:-1] if not bar.labelled)
    few = len(bars) <= _FEW_BARS
    return YearBars(
        tuple(bars),
        _CHART_WIDTH,
        float(chart.height),
        bar_width,
        found[0],
        found[-1],
        highest,
        tuple(bar for bar in unlabelled if few or bar is highest or bar.height <= _LEAST_BAR_HEIGHT),
        tuple(bar.year for bar in bars if bar.value is None),
        _summarise_years({bar.year: bar.value or Decimal() for bar in found}, publication.language, unit),
        _describe_bars(chart, bars, publication.language, unit),
        first_sources(table, [row for row, value in zip(rows, values, strict=True) if value is not None]),
        tuple(keys if chart.within else ()),
    )


def _build_bars(
    chart: YearsChart,
    year: str,
    rows: Sequence[Mapping[str, str]],
    values: Sequence[Decimal | None],
    rtl: bool,
    sign: int,
    room: int,
) -> tuple[list[Bar], float]:
    """The bars, the oldest first, and their width. ``x`` counts from the left."""
    top = max(value for value in values if value is not None) or 1  # if all are zero
    step, bars = _CHART_WIDTH / len(rows), []
    heights = [_bar_height(value, top, chart.height) for value in values]
    labelled = _find_labelled_bars(values, heights, step * room, sign)
    for index, (row, value) in enumerate(zip(rows, values, strict=True)):
        part = _cell_number(row[chart.part]) if chart.part else None
        tall, part_tall = heights[index], min(_bar_height(part, top, chart.height), heights[index])
        left = _CHART_WIDTH - (index + 1) * step if rtl else index * step
        bars.append(
            Bar(
                year=with_origins(int(row[year]), row[year]),
                value=value,
                part=part,
                x=round(left + step * _BAR_GAP / 2, 2),
                y=with_origins(round(chart.height - tall, 2), value),
                height=round(tall, 2),
                part_y=with_origins(round(chart.height - part_tall, 2), part),
                part_height=round(part_tall, 2),
                centre=round((index + 0.5) * step, 2),
                labelled=index in labelled,
                year_shown=(len(rows) - 1 - index) % chart.every == 0,
            )
        )
    return bars, round(step * (1 - _BAR_GAP), 2)


def _bar_height(value: Decimal | None, top: Decimal | int, height: int) -> float:  # visible above zero
    return max(float(value / top) * height, _LEAST_BAR_HEIGHT) if value else 0.0


def _find_labelled_bars(values: Sequence[Decimal | None], heights: Sequence[float], step: float, sign: int) -> set[int]:
    """The bars with a number over them: all if there is room, else the last, the highest and the first."""
    found = {index: value for index, value in enumerate(values) if value is not None}
    wide = {index: _DIGIT_WIDTH * (len(f"{value:,f}") + sign) for index, value in found.items()}
    if max(wide.values()) <= step:
        return set(found)
    first, last, highest = min(found), max(found), max(found, key=lambda index: found[index])
    wanted, labelled = [last, highest], set[int]()
    second = values[first + 1] if first + 1 < len(values) else None
    # Beside a taller bar the first number would lie across it; the words under the chart give it.
    wanted += [first] if second is None or second <= found[first] else []
    for index in wanted:
        if not any(
            (wide[index] + wide[other]) / 2 > abs(index - other) * step
            and abs(heights[index] - heights[other]) < _LABEL_HEIGHT
            for other in labelled - {index}
        ):
            labelled.add(index)
    return labelled


def _describe_bars(chart: YearsChart, bars: Sequence[Bar], language: Language, unit: str | None) -> str:
    return language.semicolon.join(
        f"{language.digits(bar.year)}: "
        + (language.gettext("no number found") if bar.value is None else language.amount(bar.value, unit))
        + (f" ({chart.part_label}: {language.amount(bar.part, unit)})" if bar.part is not None else "")
        for bar in bars
    )


def _summarise_years(values: Mapping[int, Decimal], language: Language, unit: str | None = None) -> str:
    years = sorted({min(values), max(values), max(values, key=lambda year: values[year])})
    return language.semicolon.join(f"{language.digits(y)}: {language.amount(values[y], unit)}" for y in years)


def lines(publication: Publication, chart: LinesChart, document: Document | None = None) -> YearLines | None:
    """Lines from the oldest year to the newest, over zero; None if there is no number."""
    table, language = publication.tables[chart.table], publication.language
    if chart.rows:
        keys = [document.key if key == EACH and document else str(key) for key in chart.rows]
        table = turn_years(table, keys)
    names = chart.columns or keys
    year_column = table.spec.year_column
    known = {with_origins(int(row[year_column]), row[year_column]): row for row in table.rows}
    rows = {year: row for year, row in known.items() if year >= chart.start}
    step = math.gcd(*(year - min(rows) for year in rows)) or 1  # of five-yearly numbers the line is not interrupted
    years, tracked = range(min(rows), max(rows) + 1, step), dict(zip(rows, rows, strict=True))
    values = {
        name: {year: value for year in sorted(rows) if (value := _cell_number(rows[year][name])) is not None}
        for name in names
    }
    if chart.rows:
        values = {name: found for name, found in values.items() if found}
    if not values:
        return None
    top = max(max(found.values()) for found in values.values()) or Decimal(1)
    points = {name: _build_points(found, years, top, chart.height, language.rtl) for name, found in values.items()}
    ends: list[Point] = []  # the numbers at these do not touch each other; the first lines take precedence
    for end in (found[-1] for found in points.values()):
        if end.year == years[-1] and all(abs(end.y - other.y) >= _LABEL_HEIGHT for other in ends):
            ends.append(end)
    drawn = tuple(
        _build_line(table.spec.columns[name], number, found, years, ends)
        for number, (name, found) in enumerate(points.items())
    )
    amounts = (language.amount(one.value, line.column.unit) for line in drawn for one in line.points if one.labelled)
    used = [row for _, row in sorted(rows.items()) if any(row[name] for name in values)]
    return YearLines(
        drawn,
        tuple((tracked.get(year, year), (years[-1] - year) % chart.every == 0) for year in years),
        _CHART_WIDTH,
        float(chart.height),
        chart.height - _MARGIN,
        max(map(len, amounts), default=0),
        ". ".join(
            f"{one.column.label}: {_summarise_years(values[name], language, one.column.unit)}"
            for name, one in zip(values, drawn, strict=True)
        ),
        ". ".join(f"{line.column.label}: {_describe_line(line, years, language)}" for line in drawn),
        first_sources(table, used),
    )


def _build_points(
    values: Mapping[int, Decimal], years: range, top: Decimal, height: int, rtl: bool
) -> tuple[Point, ...]:
    """The points of a line, the oldest first. With many years only some have markers, and all isolated points."""
    step, every, found = _CHART_WIDTH / len(years), -(-len(years) // _MAX_MARKERS), list[Point]()
    for year in sorted(values):
        along, part = (years.index(year) + 0.5) * step, float(values[year] / top)
        alone = year - years.step not in values and year + years.step not in values
        marked = alone or year in (min(values), max(values)) or (years[-1] - year) // years.step % every == 0
        x = round(_CHART_WIDTH - along if rtl else along, 2)
        y = height - _MARGIN - part * (height - 2 * _MARGIN)
        found.append(Point(year, values[year], x, round(y, 2), round(100 - 100 * y / height, 2), marked))
    return tuple(found)


def _build_line(column: Column, number: int, points: Sequence[Point], years: range, ends: Sequence[Point]) -> Line:
    points = [
        replace(
            point,
            mark=mark_origin(f"M{point.x} {point.y}{_MARKER_PATHS[number]}", point.value) if point.has_marker else "",
            labelled=any(point is end for end in ends),
        )
        for point in points
    ]
    by_year = {point.year: point for point in points}
    path = "".join(f"{'L' if point.year - years.step in by_year else 'M'}{point.x} {point.y}" for point in points)
    highest = max(points, key=lambda point: point.value)
    in_words = tuple(points) if len(years) <= _FEW_BARS else tuple(dict.fromkeys((points[0], points[-1])))
    missing = tuple(year for year in years if year not in by_year)
    return Line(column, tuple(points), path, in_words, None if highest in in_words else highest, missing)


def _describe_line(line: Line, years: range, language: Language) -> str:
    values = {point.year: language.amount(point.value, line.column.unit) for point in line.points}
    lacking = language.gettext("no number found")
    return language.semicolon.join(f"{language.digits(y)}: {values.get(y, lacking)}" for y in years)


def bars(publication: Publication, chart: BarsChart, key: str = "") -> Ranking:
    """The rows of a table as bars, the longest first; ``key`` is that of the document's row, which is always drawn."""
    table, language = publication.tables[chart.table], publication.language
    cells = {one: _cell_number(cell) for one, cell in table.read_column(chart.column).items()}
    values = {one: value for one, value in cells.items() if value is not None}
    order = sorted(values, key=lambda one: -values[one])
    top, unit = values[order[0]] or Decimal(1), table.spec.columns[chart.column].unit
    drawn = list[RankedBar]()
    for one in order[: chart.most] + [one for one in order[chart.most :] if one == key]:
        value = _cell_number((row := table.by_key[one])[chart.column]) or Decimal()
        part, rank = with_origins(round(float(value / top), 4), value), 1 + sum(map(value.__lt__, values.values()))
        drawn.append(RankedBar(one, row, value, part, rank, own=one == key))
    return Ranking(
        tuple(drawn),
        next((bar for bar in drawn if bar.own), None),
        len(order),
        len(order) - len(drawn),
        tuple(row for one, row in table.by_key.items() if one not in values),
        max(len(language.amount(bar.value, unit)) for bar in drawn),
        first_sources(table, [table.by_key[one] for one in order]),
    )


def strip(publication: Publication, chart: StripChart, key: str = "") -> Strip:
    """The choices of one row of ``latest`` over the years, joined to runs; with ``row: each`` that of ``key``."""
    rows = read_years(publication, chart, key if chart.row == EACH else chart.row)
    choices, span = publication.tables[chart.latest].spec.columns[chart.by].choices, chart.end - chart.start + 1
    runs: list[StripSegment] = []
    for year in range(chart.start, chart.end + 1):
        choice = choices[rows[year][chart.by]] if year in rows else None
        start = runs.pop().start if runs and runs[-1].choice is choice else year
        cells = [rows[one][chart.by] for one in range(start, year + 1)] if choice else []
        percent = with_origins(100 * (year - start + 1) / span, *cells, apart=True)
        runs.append(StripSegment(choice, start, year, percent))
    remarks = _list_remarks(publication.tables[chart.table], chart.basis, rows, publication.language)
    return Strip(tuple(runs), remarks, strip_sources(publication, chart, rows))


def _list_remarks(
    history: Table, basis: str | None, rows: Mapping[int, Mapping[str, str]], language: Language
) -> tuple[str, ...]:
    """The remarks of the choices in the column ``basis`` on their years, in the order of the choices."""
    found = []
    for name, choice in history.spec.columns[basis].choices.items() if basis else ():
        years = [year for year in sorted(rows) if rows[year].get(str(basis)) == name]
        remark = (choice.remark_one if len(years) == 1 else None) or choice.remark
        if years and remark:
            # For consecutive years, year minus index is the same.
            runs = groupby(enumerate(years), key=lambda placed: placed[1] - placed[0])
            spans = [[year for _, year in run] for _, run in runs]
            ranges = language.comma.join(year_range(span[0], span[-1], language) for span in spans)
            found.append(derive_text(language.digits(remark.replace("{years}", ranges)), remark))
    return tuple(found)


def _cell_number(cell: str) -> Decimal | None:
    return with_origins(Decimal(cell), cell) if cell else None
