"""What charts and tables count, rank, sort and leave out, compared with the rows of their tables."""

from dataclasses import replace
from itertools import groupby

import pytest

from tests.support import every_block, first_of, with_rows
from tipbrief.check.blocks import ShareChart, StripChart, TableBlock
from tipbrief.check.chart_blocks import BarsChart, LinesChart
from tipbrief.check.publication import Publication
from tipbrief.compose import charts
from tipbrief.compose.formatting import format_row_cell, select_rows
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
    found = charts.bars(whole, block, "TJK")
    assert [(bar.key, bar.rank) for bar in found.bars] == [("AND", 1), ("PAK", 1), ("TJK", 4)]
    assert (found.own and found.own.key, found.more) == ("TJK", 2)
    assert [bar.rank for bar in charts.bars(whole, replace(block, most=9), "TJK").bars] == [1, 1, 3, 4, 4]


def test_a_line_is_broken_where_a_year_is_missing(made_up: Publication) -> None:
    table, block = made_up.tables["digging"], first_of(LinesChart, made_up)
    for line, name in zip(charts.lines(made_up, block).lines, block.columns, strict=True):
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
