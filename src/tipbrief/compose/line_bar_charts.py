"""From columns of numbers to shapes: lines over years, and bars in the order of their length.

Lengths are as in ``charts.py``. Lines are told apart by their dashes and marks, where there is no colour.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from tipbrief.check.chart_blocks import BarsChart, LinesChart
from tipbrief.check.models import Column
from tipbrief.check.publication import Publication
from tipbrief.compose.charts import (
    CHART_WIDTH,
    FEW_BARS,
    LABEL_HEIGHT,
    cell_number,
    first_sources,
    summarise_years,
)
from tipbrief.compose.provenance import mark_origin, with_origins
from tipbrief.language.language import Language

_MOST_MARKERS = 30  # on a line
_MARGIN = 1.5  # above and below lines, for the marks at their ends
# The marks of lines, around their points: a disc, a square, a diamond, a smaller square.
_MARKER_PATHS = (
    "m-.8 0a.8 .8 0 1 0 1.6 0a.8 .8 0 1 0 -1.6 0z", "m-.75 -.75h1.5v1.5h-1.5z",
    "m0 -1.1l1.1 1.1l-1.1 1.1l-1.1 -1.1z", "m-.7 -.7h1.4v1.4h-1.4z",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Point:
    """One year of a line that has a number: its place in the view box, its mark, and that of its label."""

    year: int
    value: Decimal
    x: float
    y: float
    up: float  # per cent of the height
    has_marker: bool
    mark: str = ""  # the path of its shape
    labelled: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A column over the years: its points, the path through them, and which points its words tell."""

    column: Column
    points: tuple[Point, ...]
    path: str
    points_in_words: tuple[Point, ...]
    highest: Point | None  # where it is neither the first nor the last, and not told
    missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class YearLines:
    """Lines over the years with the view box in which they stand."""

    lines: tuple[Line, ...]
    years: tuple[tuple[int, bool], ...]  # each with whether it is written under the lines
    width: float
    height: float
    ground: float
    digits: int  # of the longest number beside a line
    finding: str
    words: str
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RankedBar:
    """A row as a bar: its length as a part of the longest, its place among all, whether it is the own one."""

    key: str
    row: Mapping[str, str]
    value: Decimal
    part: float
    rank: int
    own: bool


@dataclass(frozen=True, slots=True)
class Ranking:
    """The rows with a number, the largest first, as far as they are drawn."""

    bars: tuple[RankedBar, ...]
    own: RankedBar | None
    count: int
    more: int  # with a number, not drawn
    without: tuple[Mapping[str, str], ...]
    digits: int
    sources: tuple[str, ...]


def lines(publication: Publication, chart: LinesChart) -> YearLines:
    """Lines from the oldest year, where reading begins, to the newest; zero is the ground line."""
    table, language = publication.tables[chart.table], publication.language
    known = {with_origins(int(row["year"]), row["year"]): row for row in table.rows}
    rows = {year: row for year, row in known.items() if year >= chart.start}
    years = range(min(rows), max(rows) + 1)
    said = {year: year for year in rows}  # as one that knows its cell
    values = {
        name: {year: with_origins(Decimal(cell), cell) for year in sorted(rows) if (cell := rows[year][name])}
        for name in chart.columns
    }
    top = max(max(found.values()) for found in values.values()) or Decimal(1)
    points = {name: _points(found, years, top, chart.height, language.rtl) for name, found in values.items()}
    apart = _find_separate_ends([found[-1] for found in points.values() if found[-1].year == years[-1]])
    drawn = tuple(
        _build_line(table.spec.columns[name], number, found, years, apart)
        for number, (name, found) in enumerate(points.items())
    )
    read = [rows[year] for year in sorted(rows)]
    return YearLines(
        drawn,
        tuple((said.get(year, year), (years[-1] - year) % chart.every == 0) for year in years),
        CHART_WIDTH,
        float(chart.height),
        chart.height - _MARGIN,
        max(
            (
                len(language.amount(point.value, line.column.unit))
                for line in drawn
                for point in line.points
                if point.labelled
            ),
            default=0,
        ),
        ". ".join(
            f"{one.column.label}: {summarise_years(values[name], language, one.column.unit)}"
            for name, one in zip(values, drawn, strict=True)
        ),
        ". ".join(f"{line.column.label}: {_describe_line(line, years, language)}" for line in drawn),
        first_sources(table, [row for row in read if any(row[name] for name in chart.columns)]),
    )


def _points(values: Mapping[int, Decimal], years: range, top: Decimal, height: int, rtl: bool) -> tuple[Point, ...]:
    """The points of a line, the oldest first. Of many years some have marks, and all that stand alone."""
    step, every, found = CHART_WIDTH / len(years), -(-len(years) // _MOST_MARKERS), list[Point]()
    for year in sorted(values):
        along, part = (years.index(year) + 0.5) * step, float(values[year] / top)
        alone = year - 1 not in values and year + 1 not in values
        marked = alone or year in (min(values), max(values)) or (years[-1] - year) % every == 0
        x = round(CHART_WIDTH - along if rtl else along, 2)
        y = height - _MARGIN - part * (height - 2 * _MARGIN)
        found.append(Point(year, values[year], x, round(y, 2), round(100 - 100 * y / height, 2), marked))
    return tuple(found)


def _find_separate_ends(ends: Sequence[Point]) -> list[Point]:
    """Those of the ends of lines whose numbers do not touch each other; the first lines come first."""
    found: list[Point] = []
    for end in ends:
        if all(abs(end.y - other.y) >= LABEL_HEIGHT for other in found):
            found.append(end)
    return found


def _build_line(column: Column, number: int, points: Sequence[Point], years: range, ends: Sequence[Point]) -> Line:
    # Lines are told apart by their marks, where there is no colour.
    shape = _MARKER_PATHS[number]
    points = [
        replace(
            point,
            mark=mark_origin(f"M{point.x} {point.y}{shape}", point.value) if point.has_marker else "",
            labelled=any(point is end for end in ends),
        )
        for point in points
    ]
    by_year = {point.year: point for point in points}
    path = "".join(f"{'L' if point.year - 1 in by_year else 'M'}{point.x} {point.y}" for point in points)
    highest = max(points, key=lambda point: point.value)
    told = tuple(points) if len(years) <= FEW_BARS else tuple(dict.fromkeys((points[0], points[-1])))
    missing = tuple(year for year in years if year not in by_year)
    return Line(column, tuple(points), path, told, None if highest in told else highest, missing)


def _describe_line(line: Line, years: range, language: Language) -> str:
    values = {point.year: language.amount(point.value, line.column.unit) for point in line.points}
    lacking = language.gettext("no number found")
    return language.semicolon.join(f"{language.digits(y)}: {values.get(y, lacking)}" for y in years)


def bars(publication: Publication, chart: BarsChart, key: str = "") -> Ranking:
    """The rows of a table as bars, the longest first; ``key`` is that of the document's row."""
    table, language = publication.tables[chart.table], publication.language
    cells = {one: cell_number(row[chart.column]) for one, row in table.by_key.items()}
    values = {one: value for one, value in cells.items() if value is not None}
    order = sorted(values, key=lambda one: -values[one])
    top, unit = values[order[0]] or Decimal(1), table.spec.columns[chart.column].unit
    ranked = [
        RankedBar(
            one,
            table.by_key[one],
            values[one],
            with_origins(round(float(values[one] / top), 4), values[one]),
            1 + sum(value > values[one] for value in values.values()),
            one == key,
        )
        for one in order
    ]
    # The own bar is drawn, however short it is.
    drawn = ranked[: chart.most] + [bar for bar in ranked[chart.most :] if bar.own]
    return Ranking(
        tuple(drawn),
        next((bar for bar in drawn if bar.own), None),
        len(ranked),
        len(ranked) - len(drawn),
        tuple(table.by_key[one] for one in table.by_key if one not in values),
        max(len(language.amount(bar.value, unit)) for bar in drawn),
        first_sources(table, [bar.row for bar in ranked]),
    )
