"""Lengths, places and words of the charts, on the made-up publication of ``tests/golden``."""

from __future__ import annotations

import dataclasses
from collections import Counter
from decimal import Decimal
from typing import TypeVar

import pytest

from tests.support import GOLDEN
from tipbrief.assets import shipped
from tipbrief.check import blocks, publication
from tipbrief.check.blocks import EACH, every_block
from tipbrief.check.publication import Publication
from tipbrief.compose import charts
from tipbrief.problems import Problems

B = TypeVar("B", bound=blocks.Block)


@pytest.fixture(scope="module")
def wells() -> Publication:
    return publication.load(GOLDEN)


@pytest.fixture(scope="module")
def tip() -> Publication:
    return publication.load(shipped("data") / "tip-2025")


def the(kind: type[B], whole: Publication) -> B:
    """The first block of this kind in a brief that is a single document."""
    brief = next(brief for brief in whole.briefs.values() if not brief.for_each)
    return next(block for block in every_block(brief.blocks) if isinstance(block, kind))


def test_shares_stand_in_the_order_of_the_choices_and_fill_the_bar(wells: Publication) -> None:
    found = charts.shares(wells, the(blocks.ShareChart, wells))
    assert [(share.choice.label, share.count, share.percent) for share in found] == [
        ("باز", 2, 50.0),
        ("بسته", 1, 25.0),
        ("خشک", 1, 25.0),
    ]


def test_a_choice_of_no_row_has_no_share(tip: Publication) -> None:
    table = tip.tables["placements"]
    rows = tuple(row for row in table.rows if row["tier"] != "SC")
    without = dataclasses.replace(
        tip,
        # A figure that counts the rows would say how many there were before.
        figures={},
        tables={
            **tip.tables,
            "placements": dataclasses.replace(
                table, rows=rows, by_key={key: row for key, row in table.by_key.items() if row in rows}
            ),
        },
    )
    found = charts.shares(without, the(blocks.ShareChart, tip))
    assert [share.count for share in found] == [33, 106, 25, 20]
    assert sum(share.percent for share in found) == pytest.approx(100)


def test_bars_run_from_right_to_left_and_stand_on_the_ground(wells: Publication) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert [bar.year for bar in chart.bars] == [2018, 2019, 2020, 2021, 2022, 2023]
    lefts = [bar.x for bar in chart.bars]
    assert lefts == sorted(lefts, reverse=True)
    assert all(bar.x >= 0 and bar.x + chart.bar_width <= chart.width for bar in chart.bars)
    for bar in chart.bars:
        assert bar.y + bar.height == pytest.approx(chart.height)
        assert bar.part_y + bar.part_height == pytest.approx(chart.height)
        middle = 100 * (1 - (bar.x + chart.bar_width / 2) / chart.width)
        assert bar.centre == pytest.approx(middle, abs=0.02), "its label stands over its middle"


def test_heights_are_in_proportion_from_zero(wells: Publication) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert chart.height == 20
    for bar in chart.bars:
        assert bar.height == pytest.approx(float(bar.value or 0) / 1500 * 20, abs=0.006)
        assert bar.part_height == pytest.approx(float(bar.part or 0) / 1500 * 20, abs=0.006)


def test_a_year_without_a_number_is_a_gap_and_not_a_zero(wells: Publication) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert chart.missing == (2020,)
    assert "۲۰۲۰: رقمی یافت نشد" in chart.words
    assert [bar.value for bar in chart.bars][:3] == [Decimal(40), Decimal(1500), None]


def test_first_last_and_highest_bars_are_named_unless_a_taller_neighbour_is_in_the_way(
    wells: Publication, tip: Publication
) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert (chart.first.year, chart.last.year, chart.highest.year) == (2018, 2023, 2019)
    assert [bar.year for bar in chart.bars if bar.labelled] == [2019, 2023]
    block = dataclasses.replace(the(blocks.YearsChart, wells), start=2021)
    later = charts.years(wells, block)
    assert [bar.year for bar in later.bars if bar.labelled] == [2021, 2023]


def test_years_of_nothing_are_bars_of_no_height(wells: Publication) -> None:
    table = wells.tables["digging"]
    rows = tuple({**row, "dug": "0", "deep": ""} for row in table.rows)
    nothing = dataclasses.replace(wells, tables={"digging": dataclasses.replace(table, rows=rows)})
    chart = charts.years(nothing, the(blocks.YearsChart, wells))
    assert {bar.height for bar in chart.bars} == {0}
    assert chart.words.startswith("۲۰۱۸: ۰؛ ")


def test_years_are_shown_in_steps_that_end_with_the_last(wells: Publication) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert [bar.year for bar in chart.bars if bar.year_shown] == [2019, 2021, 2023]


def test_the_bars_say_their_numbers_and_cite_the_first_source_of_each_row(wells: Publication) -> None:
    chart = charts.years(wells, the(blocks.YearsChart, wells))
    assert chart.words == (
        "۲۰۱۸: ۴۰؛ ۲۰۱۹: ۱٬۵۰۰؛ ۲۰۲۰: رقمی یافت نشد؛ ۲۰۲۱: ۶۰۰ (چاه ژرف: ۱۵۰)؛ "
        "۲۰۲۲: ۴۰۰ (چاه ژرف: ۱۰۰)؛ ۲۰۲۳: ۹۰۰ (چاه ژرف: ۳۰۰)"
    )
    assert chart.sources == ("atlas", "survey")


def test_a_strip_joins_equal_years_and_keeps_its_gaps(wells: Publication) -> None:
    chart = charts.strip(wells, the(blocks.StripChart, wells))
    found = [(run.choice and str(run.choice.label), run.start, run.end) for run in chart.runs]
    assert found == [
        ("خشک", 2018, 2018),
        (None, 2019, 2019),
        ("بسته", 2020, 2021),
        ("باز", 2022, 2023),
    ]
    assert sum(run.percent for run in chart.runs) == pytest.approx(100)
    assert chart.sources == ("diary", "atlas", "survey")


def test_a_choice_of_the_basis_remarks_its_years(wells: Publication) -> None:
    block = the(blocks.StripChart, wells)
    assert charts.strip(wells, block).remarks == ("سال‌های ۲۰۲۰–۲۰۲۱ بر یک منبع استوار است",)
    assert charts.strip(wells, dataclasses.replace(block, start=2021)).remarks == (
        "سال ۲۰۲۱ بر یک منبع استوار است",
    )
    assert charts.strip(wells, dataclasses.replace(block, basis=None)).remarks == ()


def test_the_last_year_of_a_strip_comes_from_the_latest_table(tip: Publication) -> None:
    block = the(blocks.StripChart, tip)
    table = tip.tables["placements"]
    moved = {**table.by_key, "AFG": {**table.by_key["AFG"], "tier": "1"}}
    changed = dataclasses.replace(
        tip, tables={**tip.tables, "placements": dataclasses.replace(table, by_key=moved)}
    )
    last = charts.strip(changed, block).runs[-1]
    assert (last.start, last.end, last.choice and last.choice.label) == (2025, 2025, "ردیف اول")
    years = Counter(run.choice is None for run in charts.strip(tip, block).runs)
    assert years[True] == 1, "2003 alone has no row"


def test_ranges_are_written_with_an_en_dash() -> None:
    assert charts.year_range(2004, 2009) == "۲۰۰۴–۲۰۰۹"
    assert charts.year_range(2003, 2003) == "۲۰۰۳"


def test_a_strip_of_a_row_that_the_latest_table_lacks_is_a_problem(wells: Publication) -> None:
    block = dataclasses.replace(the(blocks.StripChart, wells), row=EACH)
    with pytest.raises(Problems, match="the table 'places' has no row 'AFH'"):
        charts.strip(wells, block, "AFH")
