"""Lengths, places and words of the charts, on the made-up publication of ``tests/golden``."""

import dataclasses
from collections import Counter

import pytest

from tests.support import every_block, first_of, with_rows
from tipbrief.check.blocks import ShareChart, StripChart, YearsChart
from tipbrief.check.publication import Publication
from tipbrief.compose import charts
from tipbrief.compose.charts import YearBars
from tipbrief.language.language import load_language
from tipbrief.load.source_text import Text


@pytest.fixture
def chart(made_up: Publication) -> YearBars:
    return charts.years(made_up, first_of(YearsChart, made_up))


def test_a_choice_of_no_row_has_no_share(tip: Publication) -> None:
    kept = {key: row for key, row in tip.tables["placements"].by_key.items() if row["tier"] != "SC"}
    # A figure that counts the rows would say how many there were before.
    without = with_rows(dataclasses.replace(tip, figures={}), "placements", kept)
    found = charts.shares(without, first_of(ShareChart, tip))
    assert [share.count for share in found] == [33, 106, 25, 20]
    assert sum(share.percent for share in found) == pytest.approx(100)


def test_bars_run_from_right_to_left_and_stand_on_the_ground_in_proportion(chart: YearBars) -> None:
    assert [bar.year for bar in chart.bars] == [2018, 2019, 2020, 2021, 2022, 2023]
    lefts = [bar.x for bar in chart.bars]
    assert lefts == sorted(lefts, reverse=True)
    assert all(bar.x >= 0 and bar.x + chart.bar_width <= chart.width for bar in chart.bars)
    assert chart.height == 20
    for bar in chart.bars:
        assert bar.y + bar.height == pytest.approx(20)
        assert bar.part_y + bar.part_height == pytest.approx(20)
        for value, height in ((bar.value, bar.height), (bar.part, bar.part_height)):
            in_proportion = max(float(value) / 1500 * 20, 0.7) if value else 0
            assert height == pytest.approx(in_proportion, abs=0.006), "but a bar is never too low to be seen"
        middle = 100 * (1 - (bar.x + chart.bar_width / 2) / chart.width)
        assert bar.centre == pytest.approx(middle, abs=0.02), "its label stands over its middle"


def test_bars_of_a_language_from_left_to_right_are_mirrored(made_up: Publication, chart: YearBars) -> None:
    english = dataclasses.replace(made_up, language=load_language("en"))
    mirrored = charts.years(english, first_of(YearsChart, made_up))
    for bar, other in zip(chart.bars, mirrored.bars, strict=True):
        assert other.x == pytest.approx(chart.width - bar.x - chart.bar_width, abs=0.02)
        # Its label is placed from the side where reading begins.
        assert (other.year, other.centre, other.height) == (bar.year, bar.centre, bar.height)


def test_rows_may_stand_newest_first(made_up: Publication, chart: YearBars) -> None:
    whole = with_rows(made_up, "digging", dict(reversed(made_up.tables["digging"].by_key.items())))
    assert [row["year"] for row in whole.tables["digging"].rows][:2] == ["2023", "2022"]
    assert charts.years(whole, first_of(YearsChart, made_up)) == chart


def bars_of(made_up: Publication, *values: str) -> YearBars:
    """A chart of these values, the last of 2023."""
    table = made_up.tables["digging"]
    years = range(2024 - len(values), 2024)
    told = zip(map(str, years), values, strict=True)
    rows = {year: {**table.rows[0], "year": year, "dug": value} for year, value in told}
    whole = with_rows(made_up, "digging", rows)
    return charts.years(whole, dataclasses.replace(first_of(YearsChart, made_up), start=2000, part=None))


@pytest.mark.parametrize(
    ("values", "labelled", "told"),
    [
        (["2260", "9", "1900", "2250"], ["2260", "9", "1900", "2250"], []),  # there is room for all
        (["5000000"] * 7 + ["9", "6000000"], ["5000000", "6000000"], ["5000000"] * 6 + ["9"]),
        # Of many only what is not seen, and the highest whose number would lie across the last one's.
        (["30961", "33113", "9"] + ["40000"] * 11 + ["135324", "133943"], ["133943"], ["9", "135324"]),
        (["30961", "0", *(["40000"] * 12), "133943"], ["30961", "133943"], ["0"]),
    ],
)
def test_a_bar_that_is_not_seen_or_has_no_room_for_its_number_is_told_in_words(
    made_up: Publication, values: list[str], labelled: list[str], told: list[str]
) -> None:
    chart = bars_of(made_up, *values)
    assert [str(bar.value) for bar in chart.bars if bar.labelled] == labelled
    assert [str(bar.value) for bar in chart.bars_in_words] == told
    assert all(bar.height >= 0.7 for bar in chart.bars if bar.value)


def test_years_of_nothing_are_bars_of_no_height(made_up: Publication) -> None:
    rows = {key: {**row, "dug": "0", "deep": ""} for key, row in made_up.tables["digging"].by_key.items()}
    flat = charts.years(with_rows(made_up, "digging", rows), first_of(YearsChart, made_up))
    assert {bar.height for bar in flat.bars} == {0}


def test_a_choice_of_the_basis_remarks_its_years(made_up: Publication) -> None:
    block = first_of(StripChart, made_up)
    assert charts.strip(made_up, block).remarks == ("سال‌های ۲۰۲۰–۲۰۲۱ بر یک منبع استوار است",)
    assert charts.strip(made_up, dataclasses.replace(block, start=2021)).remarks == ("سال ۲۰۲۱ بر یک منبع استوار است",)
    assert charts.strip(made_up, dataclasses.replace(block, basis=None)).remarks == ()


def strip_of(tip: Publication) -> StripChart:
    """The strip of the sheet on Afghanistan."""
    blocks = every_block(tip.briefs["country"].blocks)
    found = next(block for block in blocks if isinstance(block, StripChart))
    return dataclasses.replace(found, row=Text("AFG", found.location))


def test_the_last_year_of_a_strip_comes_from_the_latest_table(tip: Publication) -> None:
    block = strip_of(tip)
    rows = tip.tables["placements"].by_key
    changed = with_rows(tip, "placements", {**rows, "AFG": {**rows["AFG"], "tier": "1"}})
    last = charts.strip(changed, block).runs[-1]
    assert (last.start, last.end, last.choice and last.choice.label) == (2025, 2025, "ردیف اول")
    years = Counter(run.choice is None for run in charts.strip(tip, block).runs)
    assert years[True] == 2, "2001 and 2003 have no row"
