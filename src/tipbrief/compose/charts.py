"""Charts: shares, bars over years and strips, as shapes and as words.

Lengths are percentages of the chart's width, or units of its SVG view box. Time runs in reading direction.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from tipbrief.check.block_base import keys_within
from tipbrief.check.blocks import EACH, Document, ShareChart, StripChart, YearsChart
from tipbrief.check.models import Choice, Table
from tipbrief.check.publication import Publication
from tipbrief.compose.axes import CHART_WIDTH, DIGIT_WIDTH, LABEL_HEIGHT, cell_number, count_columns, find_highest
from tipbrief.compose.formatting import TableRow
from tipbrief.compose.provenance import derive_text, with_origins
from tipbrief.compose.row_history import YearRows, first_sources, read_years, strip_sources, year_range
from tipbrief.language.language import Language

_BAR_GAP = 0.28  # between bars, as a share of a year's width
# In the narrowest column: the least visible height of a bar. With at most _FEW_BARS bars, the words give all numbers.
_LEAST_BAR_HEIGHT, _FEW_BARS = 0.7, 10


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


@dataclass(frozen=True, slots=True)
class YearBars:
    """Bars over years, with the size of the view box."""

    bars: tuple[Bar, ...]
    width: float
    height: float
    bar_width: float
    bars_in_words: tuple[Bar, ...]  # without a number over them: the words below give it
    highest: Bar | None  # None if two are equally high, and for the first and the last, which the words give
    missing: tuple[int, ...]
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
    rows = _fill_years(sorted(rows, key=lambda row: int(row[year])), year)
    values = [cell_number(row.get(chart.column, "")) for row in rows]
    if not any(value is not None for value in values):
        return None
    bars, bar_width = _build_bars(publication, chart, rows, values, count_columns(document, chart))
    found = [bar for bar in bars if bar.value is not None]
    highest = max(found, key=lambda bar: bar.value or Decimal())
    place = find_highest([bar.value or Decimal() for bar in found])
    is_between = place is not None and 0 < place < len(found) - 1
    unlabelled = (bar for bar in found[1:-1] if not bar.labelled)
    few = len(bars) <= _FEW_BARS
    return YearBars(
        tuple(bars),
        CHART_WIDTH,
        float(chart.height),
        bar_width,
        tuple(bar for bar in unlabelled if few or bar is highest or bar.height <= _LEAST_BAR_HEIGHT),
        highest if is_between else None,
        tuple(bar.year for bar, row in zip(bars, rows, strict=True) if bar.value is None and len(row) > 1),
        first_sources(table, [row for row, value in zip(rows, values, strict=True) if value is not None]),
        tuple(keys if chart.within else ()),
    )


def _fill_years(rows: Sequence[TableRow], year: str) -> list[TableRow]:
    """Rows by their years, with empty ones between them, so that bars stand where their years are."""
    by_year = {int(row[year]): row for row in rows}
    step = math.gcd(*(one - min(by_year, default=0) for one in by_year)) or 1
    span = range(min(by_year, default=0), max(by_year, default=-1) + 1, step)
    return [by_year.get(one, {year: str(one)}) for one in span]


def _build_bars(
    publication: Publication, chart: YearsChart, rows: Sequence[TableRow], values: Sequence[Decimal | None], room: int
) -> tuple[list[Bar], float]:
    """The bars, the oldest first, and their width. ``x`` counts from the left."""
    rtl, spec = publication.language.rtl, publication.tables[chart.table].spec
    year, sign = spec.year_column, len(spec.columns[chart.column].unit or "")
    top = max(value for value in values if value is not None) or 1  # if all are zero
    step, bars = CHART_WIDTH / len(rows), []
    heights = [_bar_height(value, top, chart.height) for value in values]
    labelled = _find_labelled_bars(values, heights, step * room, sign)
    for index, (row, value) in enumerate(zip(rows, values, strict=True)):
        part = cell_number(row.get(chart.part, "")) if chart.part else None
        tall, part_tall = heights[index], min(_bar_height(part, top, chart.height), heights[index])
        left = CHART_WIDTH - (index + 1) * step if rtl else index * step
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
            )
        )
    return bars, round(step * (1 - _BAR_GAP), 2)


def _bar_height(value: Decimal | None, top: Decimal | int, height: int) -> float:  # visible above zero
    return max(float(value / top) * height, _LEAST_BAR_HEIGHT) if value else 0.0


def _find_labelled_bars(values: Sequence[Decimal | None], heights: Sequence[float], step: float, sign: int) -> set[int]:
    """The bars with a number over them: all if there is room, else the last, the highest and the first."""
    found = {index: value for index, value in enumerate(values) if value is not None}
    wide = {index: DIGIT_WIDTH * (len(f"{value:,f}") + sign) for index, value in found.items()}
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
            and abs(heights[index] - heights[other]) < LABEL_HEIGHT
            for other in labelled - {index}
        ):
            labelled.add(index)
    return labelled


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


def _list_remarks(history: Table, basis: str | None, rows: YearRows, language: Language) -> tuple[str, ...]:
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
