"""What a brief reads is noted, all of it and nothing else."""

import re
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import DictLoader

from tests.support import with_rows
from tipbrief.assets import find_shipped_folder
from tipbrief.check.publication import Publication, load_publication
from tipbrief.check.tables import row_sources
from tipbrief.compose.dependency_log import DependencyTracker
from tipbrief.compose.html_page import compose_page
from tipbrief.compose.templates import create_environment
from tipbrief.ledger.editions import find_dataset_value
from tipbrief.ledger.entries import format_ledger_value

TEMPLATES = find_shipped_folder("templates")


@pytest.fixture
def printed(tip: Publication) -> DependencyTracker:
    return DependencyTracker(tip)


def world(publication: Publication) -> str:
    return compose_page(publication, "world", (), create_environment((), TEMPLATES))


def read_by(printed: DependencyTracker, template: str) -> dict[str, str]:
    """What a template reads, rendered over the noted publication as a brief's is."""
    env = create_environment((), TEMPLATES)
    env.loader = DictLoader({"brief.html.j2": f"<!DOCTYPE html><html><head>{template}"})
    assert compose_page(printed.publication, "world", (), env)
    return printed.take_printed_values()


def test_nothing_is_noted_before_it_is_read(printed: DependencyTracker) -> None:
    assert printed.take_printed_values() == {}


@pytest.mark.parametrize(
    ("template", "names"),
    [
        ("{{ values.governments | number }}", ["governments"]),
        ("{{ values['governments'] }} {{ values.get('tier_one') }}", ["governments", "tier_one"]),
        ("{{ rich('{governments} {@voa-fa}') }}", ["governments"]),
        ("{{ '{governments}' | plain(publication) }}", ["governments"]),
        ("{{ tables.placements.by_key.AFG.tier }}", ["placements[AFG].tier"]),
        ("{{ tables.placements.by_key.AFG.get('tier') }}", ["placements[AFG].tier"]),
        ("{{ (tables.placements.rows | first).name }}", ["placements[AFG].name"]),
        ("{{ tables.history.by_key['ABW,2015'].tier }}", ["history[ABW,2015].tier"]),
        ("{{ tables.enforcement.by_key['2003'].victims }}!", ["enforcement[2003].victims"]),  # empty
        ("{{ shown('placements', {'iso3': 'AFG', 'english': 'y'}, 'english') }}", []),
        ("{{ shown('policy_or_pattern', tables.policy_or_pattern.rows[0], 'iso3.name') }}", ["placements[AFG].name"]),
    ],
)
def test_what_is_read_is_noted_by_name(
    printed: DependencyTracker, tip: Publication, template: str, names: list[str]
) -> None:
    assert read_by(printed, template) == {name: find_dataset_value(tip, name) for name in names}
    assert printed.take_printed_values() == {}, "it says it once"


@pytest.mark.parametrize(
    "template",
    [
        # Which row it is, and where it comes from.
        "{{ tables.placements.by_key.AFG.iso3 }} {{ tables.placements.by_key.AFG.sources }}",
        "{{ (tables.history.rows | first).year }} {{ (tables.history.rows | first).iso3 }}",
        "{{ tables.placements.rows | length }} {{ 'tier' in tables.placements.by_key.AFG }}",
        "{{ 'governments' in values }} {{ values | length }} {{ figures.governments.label }}",
        "{{ (publication.figure_sources('tier_two') + publication.figure_sources('prosecutions')) | join }}",
        "{{ row_sources }}{{ cite(tables.placements.rows | map('row_sources', tables.placements) | first) }}",
        "{{ cite(publication.figure_sources('governments')) }}",
        "{{ values.get('nothing', 1) }} {{ tables.placements.by_key.AFG.get('nothing', 1) }}",
    ],
)
def test_what_says_nothing_is_not_noted(printed: DependencyTracker, template: str) -> None:
    assert read_by(printed, template.replace("{{ row_sources }}", "x")) == {}


def test_a_loop_over_a_row_or_all_values_reads_all_of_it(printed: DependencyTracker, tip: Publication) -> None:
    row = "{% for name, cell in tables.placements.by_key.AFG.items() %}{{ cell }}{% endfor %}"
    columns = tip.tables["placements"].spec.columns.keys() - {"iso3", "sources"}
    cells = {(name := f"placements[AFG].{column}"): find_dataset_value(tip, name) for column in columns}
    assert read_by(printed, row) == cells
    assert read_by(printed, row.replace("name, cell", "cell").replace("items", "values")) == cells
    every = {name: format_ledger_value(value) for name, value in tip.values.items()}
    assert read_by(printed, "{% for name, value in values.items() %}{{ value }}{% endfor %}") == every
    assert read_by(printed, "{{ values.values() | sum }}") == every


def test_a_row_is_the_same_by_its_key_and_in_its_order(printed: DependencyTracker) -> None:
    for table in printed.publication.tables.values():
        assert list(table.by_key.values()) == list(table.rows)
        assert all(a is b for a, b in zip(table.by_key.values(), table.rows, strict=True))
    assert printed.take_printed_values() == {}


def test_a_noted_brief_is_the_same(printed: DependencyTracker, tip: Publication) -> None:
    assert world(printed.publication) == world(tip)


def test_the_sources_of_a_figure_are_the_same(printed: DependencyTracker, tip: Publication) -> None:
    for name in tip.figures:
        assert printed.publication.figure_sources(name) == tip.figure_sources(name)
    for name, table in tip.tables.items():
        watched = printed.publication.tables[name]
        for row, seen in zip(table.rows, watched.rows, strict=True):
            assert row_sources(table, row) == row_sources(watched, seen)
    assert printed.take_printed_values() == {}


def test_a_count_that_rests_on_its_rows_says_so_without_printing_them(tip: Publication) -> None:
    table = tip.tables["placements"]
    tables = {**tip.tables, "placements": replace(table, spec=replace(table.spec, sources=()))}
    rows = {key: {**row, "sources": "hawkeye"} for key, row in table.by_key.items()}
    tip = with_rows(replace(tip, tables=tables), "placements", rows)
    printed = DependencyTracker(tip)
    assert printed.publication.figure_sources("tier_two") == tip.figure_sources("tier_two") == ("hawkeye",)
    assert printed.take_printed_values() == {}


def test_each_value_that_is_printed_is_noted_and_no_other(printed: DependencyTracker, tip: Publication) -> None:
    """Another value of a noted figure makes another page; of a figure that was not noted it makes none."""
    page = world(printed.publication)
    values, noted = tip.values, printed.take_printed_values()
    for name in values.keys() & noted.keys():
        assert world(replace(tip, values={**values, name: values[name] + 1})) != page, name
    others = {name: value + 1 for name, value in values.items() if name not in noted}
    assert others
    assert world(replace(tip, values={**values, **others})) == page


def test_another_publication_has_another_printed(tip: Publication, tip_2025: Path) -> None:
    first, second = DependencyTracker(tip), DependencyTracker(load_publication(tip_2025))
    world(first.publication)
    assert second.take_printed_values() == {}
    assert first.take_printed_values()


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=3))
def test_a_value_is_recorded_without_an_exponent(value: Decimal) -> None:
    assert re.fullmatch(r"-?[0-9]+\.[0-9]{3}", format_ledger_value(value))
    assert Decimal(format_ledger_value(value)) == value


@pytest.mark.parametrize(("value", "text"), [("1E+3", "1000"), ("12.50", "12.50"), ("133943", "133943"), ("0", "0")])
def test_a_plain_value(value: str, text: str) -> None:
    assert format_ledger_value(Decimal(value)) == text
