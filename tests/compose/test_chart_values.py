"""What charts and tables count, rank, sort and leave out, compared with the rows of their tables."""

from dataclasses import replace
from itertools import groupby

import pytest

from tests.support import every_block, first_of, with_rows
from tipbrief.check.blocks import MapChart, ShareChart, StripChart, TableBlock, YearsChart
from tipbrief.check.chart_blocks import BarsChart, LinesChart
from tipbrief.check.publication import Publication
from tipbrief.compose import charts, number_charts
from tipbrief.compose.formatting import format_row_cell, select_rows
from tipbrief.compose.html_writer import HtmlWriter
from tipbrief.compose.maps import shape_map
from tipbrief.language.language import load_language
from tipbrief.load.source_text import Text


def test_segments_count_the_rows_and_share_those_that_are_like_the_own(tip: Publication) -> None:
    block, table = first_of(ShareChart, tip), tip.tables["placements"]
    for key, own in list(table.by_key.items())[::40]:
        for within in (None, Text("region", block.location)):
            rows = [row for row in table.rows if not within or row["region"] == own["region"]]
            found = charts.shares(tip, replace(block, within=within), key)
            assert sum(one.percent for one in found) == pytest.approx(100)
            for one in found:
                name = next(name for name, choice in table.spec.columns["tier"].choices.items() if choice == one.choice)
                assert one.count == sum(row["tier"] == name for row in rows)
                assert one.percent == pytest.approx(100 * one.count / len(rows))
                assert one.own == (own["tier"] == name)


def test_equal_rows_have_one_rank_and_the_own_row_is_always_drawn(made_up: Publication) -> None:
    depths = {"AFG": "5", "AND": "9", "PAK": "9", "TJK": "5", "IRN": "7"}
    row = made_up.tables["places"].rows[0]
    whole = with_rows(made_up, "places", {key: {**row, "iso3": key, "depth": one} for key, one in depths.items()})
    block = replace(first_of(BarsChart, made_up), most=2)
    found = number_charts.bars(whole, block, made_up.documents["each-TJK"])
    assert [(bar.key, bar.rank) for bar in found.bars] == [("AND", 1), ("PAK", 1), ("TJK", 4)]
    assert ([bar.key for bar in found.bars if bar.own], found.count - len(found.bars)) == (["TJK"], 2)
    assert [
        bar.rank for bar in number_charts.bars(whole, replace(block, most=9), made_up.documents["each-TJK"]).bars
    ] == [1, 1, 3, 4, 4]


def test_a_line_is_broken_where_a_year_is_missing(made_up: Publication) -> None:
    table, block = made_up.tables["digging"], first_of(LinesChart, made_up)
    for line, name in zip(number_charts.lines(made_up, block).panels[0].lines, block.columns, strict=True):
        years = [int(row["year"]) for row in table.rows if row[name] and int(row["year"]) >= block.start]
        runs = [[*run] for _, run in groupby(enumerate(years), key=lambda pair: pair[1] - pair[0])]
        assert [part.count("L") for part in line.path.split("M")[1:]] == [len(run) - 1 for run in runs]


def test_each_year_of_a_strip_has_its_choice_or_is_a_gap(tip: Publication) -> None:
    block = next(one for one in every_block(tip.briefs["country"].blocks) if isinstance(one, StripChart))
    choices, history = tip.tables["placements"].spec.columns["tier"].choices, tip.tables["history"]
    for key, latest in list(tip.tables["placements"].by_key.items())[::20]:
        known = {int(row["year"]): row["tier"] for row in history.rows if row["iso3"] == key} | {2025: latest["tier"]}
        drawn = {
            year: one.choice for one in charts.strip(tip, block, key).runs for year in range(one.start, one.end + 1)
        }
        assert drawn == {
            year: choices[known[year]] if year in known else None for year in range(block.start, block.end + 1)
        }


def test_choices_are_sorted_as_they_are_declared(tip: Publication) -> None:
    block = next(one for one in tip.briefs["world"].blocks if isinstance(one, ShareChart))
    table = TableBlock(
        table=block.table, columns=(Text("name", block.location),), sort=Text("tier", block.location),
        title=block.title, location=block.location,
    )  # fmt: skip
    placements = tip.tables["placements"]
    for declared in (["1", "2", "2WL", "3", "SC"], ["SC", "3", "1", "2", "2WL"]):
        choices = {name: placements.spec.columns["tier"].choices[name] for name in declared}
        column = replace(placements.spec.columns["tier"], choices=choices)
        spec = replace(placements.spec, columns={**placements.spec.columns, "tier": column})
        whole = replace(tip, tables={**tip.tables, "placements": replace(placements, spec=spec)})
        tiers = [declared.index(row["tier"]) for row in select_rows(whole, table, None)]
        assert tiers == sorted(tiers)
        assert len({*tiers}) == len(declared)


def test_a_cell_of_the_row_to_which_a_key_points(tip: Publication) -> None:
    placements, regions = tip.tables["placements"], tip.tables["regions"]
    for key in [*placements.by_key][::20]:
        region = regions.by_key[placements.by_key[key]["region"]]
        assert format_row_cell(tip, tip.documents[f"country-{key}"], "region.name") == region["name"]


def test_a_chart_rests_on_the_sources_of_the_years_that_it_draws(made_up: Publication) -> None:
    table = made_up.tables["digging"]
    known, unknown = {"dug": "5", "sources": "atlas"}, {"dug": "", "sources": "survey"}
    rows = {key: {**row, **(unknown if row["year"] == "2022" else known)} for key, row in table.by_key.items()}
    found = charts.years(with_rows(made_up, "digging", rows), replace(first_of(YearsChart, made_up), part=None))
    assert found
    assert [bar.year for bar in found.bars if bar.value is None] == [2022]
    assert found.sources == ("atlas",)


def test_each_shape_has_the_colour_of_its_row_and_the_own_one_the_outline(tip: Publication) -> None:
    block = next(one for one in every_block(tip.briefs["country"].blocks) if isinstance(one, MapChart))
    table, shapes = tip.tables["placements"], tip.shapes["world"].by_key
    choices = table.spec.columns["tier"].choices
    for key in ["TON", *[key for key in table.by_key if key in shapes][::25]]:
        found = shape_map(tip, block, key)
        assert found.outline.path == shapes[key].path
        assert found.ring in (None, (shapes[key].x, shapes[key].y))
        for group in found.groups:
            own = [code for code, shape in shapes.items() if shape.path and shape.path in group.path]
            drawn = {choices[table.by_key[code]["tier"]] if code in table.by_key else None for code in own}
            assert drawn <= {group.choice}


def test_a_former_choice_is_printed_as_its_label_and_a_corrected_translation_is_marked(tip: Publication) -> None:
    tier = tip.tables["placements"].spec.columns["tier"]
    writer = HtmlWriter(tip, ())
    assert writer.value_then("placements[AFG].tier", "2WL") == writer.runs(tier.choices["2WL"].label)
    placements = tip.tables["placements"]
    spoken = replace(placements.spec.columns["name"], languages={"ps": "name.ps"})
    spec = replace(placements.spec, columns={**placements.spec.columns, "name": spoken})
    whole = replace(
        tip, tables={**tip.tables, "placements": replace(placements, spec=spec)}, language=load_language("ps")
    )
    for name, marked in (("name.ps", True), ("name", True), ("english", False)):
        assert bool(HtmlWriter(whole, {f"placements[AFG].{name}"}).mark("placements", "name", "AFG")) == marked
