"""From tables to shapes: shares, bars over years, strips; and each chart's numbers in words.

Lengths are percentages of the chart's width, or units of its SVG view box. Time runs as the language is read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import groupby

from tipbrief.check.block_base import keys_within
from tipbrief.check.blocks import EACH, Document, ShareChart, StripChart, YearsChart
from tipbrief.check.models import Choice, Table
from tipbrief.check.publication import Publication
from tipbrief.check.tables import row_sources, select_similar_rows
from tipbrief.compose.provenance import derive_text, with_origins
from tipbrief.language.language import Language

CHART_WIDTH = 100.0  # of a chart of years, in units of its view box
_BAR_GAP = 0.28  # between its bars, of the room that a year has
# In the narrowest column, a third of a page: the least height of a bar that is seen, the width of a digit of
# the number over it, the height of that number; and how many bars at most have all their numbers in words.
_LEAST_BAR_HEIGHT, _DIGIT_WIDTH, LABEL_HEIGHT, FEW_BARS = 0.7, 2.7, 6.5, 10


@dataclass(frozen=True, slots=True)
class Share:
    """One segment of a share bar; ``own`` where the document's row is in it."""

    choice: Choice
    count: int
    percent: float
    own: bool = False


@dataclass(frozen=True, slots=True)
class Bar:
    """One year: its value (None where nothing was found), its box in the view box, its labels."""

    year: int
    value: Decimal | None
    part: Decimal | None
    x: float
    y: float
    height: float
    part_y: float
    part_height: float
    centre: float  # per cent of the width, from the side where reading begins
    labelled: bool
    year_shown: bool


@dataclass(frozen=True, slots=True)
class YearBars:
    """Bars over the years with the view box in which they stand."""

    bars: tuple[Bar, ...]
    width: float
    height: float
    bar_width: float
    first: Bar
    last: Bar
    highest: Bar
    bars_in_words: tuple[Bar, ...]  # whose numbers do not stand over them, and stand in the words below
    missing: tuple[int, ...]
    finding: str
    words: str
    sources: tuple[str, ...]
    keys: tuple[str, ...]  # of the rows within the document's


@dataclass(frozen=True, slots=True)
class StripSegment:
    """Consecutive years with one choice; ``choice`` is None in a gap."""

    choice: Choice | None
    start: int
    end: int
    percent: float


@dataclass(frozen=True, slots=True)
class Strip:
    """The runs of a strip chart, and what is remarked of some of its years."""

    runs: tuple[StripSegment, ...]
    remarks: tuple[str, ...]
    sources: tuple[str, ...]


def shares(publication: Publication, chart: ShareChart, key: str = "") -> tuple[Share, ...]:
    """The segments of a share bar, in the order in which the choices are declared.

    ``key`` is that of the document's row, if it stands in the chart's table.
    """
    table = publication.tables[chart.table]
    rows = [row for _, row in select_similar_rows(table, chart.within, key)]
    counts = {name: _count_rows(publication, chart, name, rows) for name in table.spec.columns[chart.by].choices}
    own = table.by_key[key][chart.by] if key in table.by_key else None
    return tuple(
        Share(choice, counts[name], 100 * counts[name] / len(rows), name == own)
        for name, choice in table.spec.columns[chart.by].choices.items()
        if counts[name]
    )


def _count_rows(publication: Publication, chart: ShareChart, choice: str, rows: Sequence[Mapping[str, str]]) -> int:
    """The number of rows with a choice: the figure that counts them, where there is one."""
    for figure in publication.figures.values() if not chart.within else ():
        count = figure.count or figure.check
        if count and (count.table, dict(count.where)) == (chart.table, {chart.by: choice}):
            value = publication.values[figure.id]
            return with_origins(int(value), value)
    return sum(row[chart.by] == choice for row in rows)


def years(publication: Publication, chart: YearsChart, document: Document | None = None) -> YearBars | None:
    """Bars from the oldest year, where reading begins, to the newest; zero is the ground line.

    ``within`` the document's row, only its bars; None where it has no number.
    """
    table, keys = publication.tables[chart.table], keys_within(publication.tables, chart, document)
    rows = [row for key in keys if int((row := table.by_key[key])["year"]) >= chart.start]
    rows.sort(key=lambda row: int(row["year"]))
    values, unit = [cell_number(row[chart.column]) for row in rows], table.spec.columns[chart.column].unit
    if not any(value is not None for value in values):
        return None
    bars, bar_width = _bars(chart, rows, values, publication.language.rtl, len(unit or ""))
    found = [bar for bar in bars if bar.value is not None]
    highest = max(found, key=lambda bar: bar.value or Decimal())
    return YearBars(
        tuple(bars),
        CHART_WIDTH,
        float(chart.height),
        bar_width,
        found[0],
        found[-1],
        highest,
        tuple(
            bar
            for bar in found[1:-1]
            if not bar.labelled and (bar is highest or bar.height <= _LEAST_BAR_HEIGHT or len(bars) <= FEW_BARS)
        ),
        tuple(bar.year for bar in bars if bar.value is None),
        summarise_years({bar.year: bar.value or Decimal() for bar in found}, publication.language, unit),
        _describe_bars(chart, bars, publication.language, unit),
        first_sources(table, [row for row, value in zip(rows, values, strict=True) if value is not None]),
        tuple(keys if chart.within else ()),
    )


def _bars(
    chart: YearsChart,
    rows: Sequence[Mapping[str, str]],
    values: Sequence[Decimal | None],
    rtl: bool,
    sign: int,
) -> tuple[list[Bar], float]:
    """The bars, the oldest first, and their width. ``x`` counts from the left, as the view box does."""
    top = max(value for value in values if value is not None) or 1  # where all are zero
    step, bars = CHART_WIDTH / len(rows), []
    heights = [_bar_height(value, top, chart.height) for value in values]
    labelled = _find_labelled_bars(values, heights, step, sign)
    for index, (row, value) in enumerate(zip(rows, values, strict=True)):
        part = cell_number(row[chart.part]) if chart.part else None
        tall, part_tall = heights[index], min(_bar_height(part, top, chart.height), heights[index])
        left = CHART_WIDTH - (index + 1) * step if rtl else index * step
        bars.append(
            Bar(
                year=with_origins(int(row["year"]), row["year"]),
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


def _bar_height(value: Decimal | None, top: Decimal | int, height: int) -> float:
    """How high a bar is: what is not nothing is seen."""
    return max(float(value / top) * height, _LEAST_BAR_HEIGHT) if value else 0.0


def _find_labelled_bars(values: Sequence[Decimal | None], heights: Sequence[float], step: float, sign: int) -> set[int]:
    """Which bars have their number over them: all where there is room, else last, highest, first."""
    found = {index: value for index, value in enumerate(values) if value is not None}
    wide = {index: _DIGIT_WIDTH * (len(f"{value:,f}") + sign) for index, value in found.items()}
    if max(wide.values()) <= step:
        return set(found)
    first, last, highest = min(found), max(found), max(found, key=lambda index: found[index])
    wanted, labelled = [last, highest], set[int]()
    second = values[first + 1] if first + 1 < len(values) else None
    # The first one's would lie across a taller bar beside it; the words under the chart give the number.
    wanted += [first] if second is None or second <= found[first] else []
    for index in wanted:
        if not any(
            (wide[index] + wide[other]) / 2 > abs(index - other) * step
            and abs(heights[index] - heights[other]) < LABEL_HEIGHT
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


def summarise_years(values: Mapping[int, Decimal], language: Language, unit: str | None = None) -> str:
    """The first, the highest and the last of some years with their numbers."""
    told = sorted({min(values), max(values), max(values, key=lambda year: values[year])})
    return language.semicolon.join(f"{language.digits(y)}: {language.amount(values[y], unit)}" for y in told)


def strip(publication: Publication, chart: StripChart, key: str = "") -> Strip:
    """The placements of one row of ``latest`` over the years, joined to runs; gaps stay gaps.

    The row is that of the document, ``key``, where the chart says ``row: each``.
    """
    chart_row = key if chart.row == EACH else chart.row
    history, latest = publication.tables[chart.table], publication.tables[chart.latest]
    keys = {year: f"{chart_row},{year}" for year in range(chart.start, chart.end)}
    rows = {year: history.by_key[row] for year, row in keys.items() if row in history.by_key}
    rows[chart.end] = latest.by_key[chart_row]
    choices = latest.spec.columns[chart.by].choices
    span = chart.end - chart.start + 1
    runs: list[StripSegment] = []
    for year in range(chart.start, chart.end + 1):
        choice = choices[rows[year][chart.by]] if year in rows else None
        start = runs.pop().start if runs and runs[-1].choice is choice else year
        cells = [rows[one][chart.by] for one in range(start, year + 1)] if choice else []
        runs.append(
            StripSegment(choice, start, year, with_origins(100 * (year - start + 1) / span, *cells, apart=True))
        )
    ordered = [rows[year] for year in sorted(rows) if year != chart.end]
    sources = dict.fromkeys([*first_sources(history, ordered), *first_sources(latest, [rows[chart.end]])])
    return Strip(tuple(runs), _remarks(history, chart.basis, rows, publication.language), tuple(sources))


def _remarks(
    history: Table, basis: str | None, rows: Mapping[int, Mapping[str, str]], language: Language
) -> tuple[str, ...]:
    """What the choices of the column ``basis`` remark of the years that have them, in the choices' order."""
    found = []
    for name, choice in history.spec.columns[basis].choices.items() if basis else ():
        years = [year for year in sorted(rows) if rows[year].get(str(basis)) == name]
        remark = (choice.remark_one if len(years) == 1 else None) or choice.remark
        if years and remark:
            # Years that follow each other are all as far from their places.
            runs = groupby(enumerate(years), key=lambda placed: placed[1] - placed[0])
            spans = [[year for _, year in run] for _, run in runs]
            ranges = language.join_items(*(year_range(span[0], span[-1], language) for span in spans))
            found.append(derive_text(language.digits(remark.replace("{years}", ranges)), remark))
    return tuple(found)


def year_range(start: int, end: int, language: Language) -> str:
    """Some years from the first to the last, or one year."""
    return language.digits(start if start == end else f"{start}–{end}")


def first_sources(table: Table, rows: Sequence[Mapping[str, str]]) -> tuple[str, ...]:
    """The sources of rows; of several that a row names, the chart cites the first."""
    return tuple(dict.fromkeys(row_sources(table, row)[0] for row in rows))


def cell_number(cell: str) -> Decimal | None:
    """A cell as a number; None where it is empty."""
    return with_origins(Decimal(cell), cell) if cell else None
