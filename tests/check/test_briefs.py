import re
from pathlib import Path

import pytest

from tests.check.support import messages
from tests.support import append, change, find_faults
from tipbrief.check.publication import load_publication
from tipbrief.colour_contrast import contrast_ratio


def test_blocks_inside_columns_and_panels_are_checked_too(folder: Path) -> None:
    change(
        folder / "briefs/main.yaml",
        "  - quotation: minister\n",
        "  - panel:\n      - columns:\n          widths: '1:1'\n          right: [quotation: one]\n"
        "          middle: [prose: two]\n          left: [figures: [three]]\n",
    )
    unknown = ("quotation 'one'", "prose 'two'", "figure 'three'")
    assert messages(folder) == [f"there is no {name}" for name in unknown]


def test_a_sources_block_inside_a_panel_may_be_the_last(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - sources: منابع\n", "  - panel:\n      - sources: منابع\n")
    load_publication(folder)
    append(folder / "briefs/main.yaml", "  - lead: lead\n")
    assert messages(folder) == ["the sources must be the last block"]


YEARS = "  - years: {table: years, column: victims, part: laws, start: 2003, title: سال‌ها}\n"
STRIP = """\
  - strip: {table: history, by: tier, row: AFG, latest: placements, start: 2020, end: 2025, title: سال‌ها}
"""
TABLES = """\
years:
  file: tables/years.csv
  title: سال‌ها
  key: year
  sources: [report]
  columns:
    year: {type: year}
    victims: {type: number, blank: true}
    laws: {type: number, blank: true}
history:
  file: tables/history.csv
  title: تاریخچه
  key: [iso3, year]
  sources: [report]
  columns:
    iso3: {type: code}
    year: {type: year}
    tier:
      type: choice
      choices:
        '3': {label: ردیف سوم, short: سوم, colour: '#0B3540', text_colour: '#ffffff'}
"""


@pytest.fixture
def charts(folder: Path) -> Path:
    append(folder / "tables.yaml", TABLES)
    (folder / "tables" / "years.csv").write_text("year,victims,laws\n2002,1,\n2003,2,1\n", encoding="utf-8")
    (folder / "tables" / "history.csv").write_text("iso3,year,tier\nAFG,2024,3\n", encoding="utf-8")
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", YEARS + STRIP)
    load_publication(folder)
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start: 2003", "start: 2004", "'victims' has no number in 2004 or later"),
        ("part: laws", "part: law", "there is no column 'law'"),
        ("table: years", "table: listed", "the table 'listed' has no column of years"),
        ("start: 2003", "start: 2003, every: 0", "'every' must be 1 or more, 'height' at most 200"),
        ("start: 2003", "start: 2003, height: 1000000000", "'every' must be 1 or more, 'height' at most 200"),
        ("start: 2020", "start: -1000000000", "the strip has more than 200 years"),
        ("start: 2020", "start: 2026", "the strip starts in 2026, after its end"),
        ("latest: placements", "latest: listed", "there is no column 'tier'"),
        ("latest: placements", "latest: place", "there is no table 'place'"),
        ("share: {table: placements, by", "map: {shapes: world, outline: nothing, table: placements, by",
         "there is no table 'nothing'"),
        ("show: iso3.name", "show: is", "there is no column 'is'"),
    ],
)  # fmt: skip
def test_what_a_chart_or_a_list_cannot_draw(charts: Path, old: str, new: str, message: str) -> None:
    change(charts / "briefs/main.yaml", old, new)
    assert message in messages(charts)


def test_a_strip_needs_rows_by_name_and_year(charts: Path) -> None:
    change(charts / "tables.yaml", "key: [iso3, year]", "key: [year, iso3]")
    assert messages(charts) == ["the table 'history' has no row for each year"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("years: {table: years", "years: {table: pairs"),
        ("latest: placements", "latest: history"),
        ("share: {table: placements", "map: {shapes: world, table: history"),
    ],
)
def test_a_chart_of_a_table_with_more_keys_is_refused(charts: Path, old: str, new: str) -> None:
    pairs = TABLES.partition("history:")[0].replace("years:\n", "pairs:\n", 1)
    pairs = pairs.replace("key: year", "key: [iso3, year]").replace("tables/years", "tables/pairs")
    append(charts / "tables.yaml", pairs.replace("    year: {", "    iso3: {type: code}\n    year: {"))
    (charts / "tables/pairs.csv").write_text("iso3,year,victims,laws\nA,2003,2,1\nB,2003,9,1\n")
    change(charts / "briefs/main.yaml", old, new)
    assert any("has the key iso3, year: a row for each is drawn" in said for said in messages(charts))


def test_what_a_strip_draws_has_the_same_choices_in_both_tables(charts: Path) -> None:
    three, nine = ("{label: ردیف سوم, short: سوم, colour: '#0B", "{label: ردیف, short: سوم, colour: '#0B")
    change(charts / "tables.yaml", f"'3': {three}", f"'9': {nine}")
    (charts / "tables/history.csv").write_text("iso3,year,tier\nAFG,2024,9\n")
    assert messages(charts) == ["'placements' has not all choices that 'history' has: 9"]


def test_the_rows_of_the_documents_are_in_what_is_drawn(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "title: '", "for_each: placements\ntitle: '")
    change(folder / "briefs/main.yaml", "share: {table: placements,", "share: {table: listed, within: tier,")
    assert "the table 'listed' has not all rows of 'placements', with 'tier'" in messages(folder)


SHARE = "  - share: {table: placements, by: tier, title: نقشه}\n"
MAP = SHARE.replace("share: {", "map: {shapes: world, ")


def test_a_map_needs_shapes_and_says_which_it_lacks(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", MAP)
    append(folder / "tables/placements.csv", "GIB,جبل‌الطارق,3,,report\n")
    [warning] = load_publication(folder).warnings
    assert (warning.message, warning.severity) == ("the map has no place for GIB", "warning")
    append(folder / "tables/placements.csv", "KBL,کابل,3,,report\nher,هرات,3,,report\n")
    assert "'world' has no shape for KBL, her, of the table 'placements'" in messages(folder)


TABLE = "  - table: {table: listed, columns: [iso3, note], title: جدول}\n"


def test_a_printed_column_has_a_name_for_readers(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", TABLE)
    without = "is printed, and has no name for readers"
    assert messages(folder) == [f"the column '{name}' {without}" for name in ("iso3", "note")]
    change(folder / "tables.yaml", "iso3: {type: key, table", "iso3: {type: key, label: نام, table")
    change(folder / "tables.yaml", "note: {type: text, ", "note: {type: text, label: نام, ")
    assert load_publication(folder).warnings == ()
    change(folder / "tables.yaml", "name: {type: text, label: حکومت}", "name: {type: code}")
    [message, *_] = [one for one in messages(folder) if "keys of" in one]
    assert message == "the column 'iso3' holds keys of 'placements', which has no column of text"


def test_ids_of_sources_are_not_printed(folder: Path) -> None:
    table = "  - table: {table: placements, columns: [name, sources], title: جدول}\n"
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", table)
    assert "the column 'sources' holds ids, not words" in messages(folder)


BARS = YEARS.replace("title:", "every: 2, title:")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("2003,5,50\n", ["in 2003, 'laws' is 50, and 'victims' 5"]),
        ("2003,,1\n2004,3,3\n", ["in 2003, 'laws' is 1, and 'victims' unknown"]),
    ],
)
def test_bars_that_would_be_drawn_as_something_else(folder: Path, rows: str, said: list[str]) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", BARS)
    append(folder / "tables.yaml", TABLES.split("history:")[0])
    (folder / "tables/years.csv").write_text(f"year,victims,laws\n{rows}", encoding="utf-8")
    assert messages(folder) == said


def test_what_cannot_be_seen_or_told_apart_is_not_printed(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", SHARE)
    change(folder / "tables.yaml", "'#0b3540', text_colour: '#ffffff'", "'#cfe0e2', text_colour: '#ffffff'")
    change(folder / "tables.yaml", "label: ردیف سوم, short: سوم", "label: ردیف اول, short: سوم")
    change(folder / "publication.yaml", "ink: '#1c2326'", "ink: '#fdfdfd'")
    assert messages(folder) == [
        "what is printed in 'ink' cannot be seen on paper: their contrast is 1.0",
        "what is printed in 'ink' cannot be seen on 'tint': their contrast is 1.1",
        "'ردیف اول' has the same 'label' as 'ردیف اول' before it",
        "'ردیف اول' cannot be told from 'ردیف اول' by its colour",
        "'ردیف اول' cannot be seen on its 'colour': their contrast is 1.4",
    ]


LOOKS = re.compile(r"colour: '(#[0-9a-f]{6})', text_colour: '(#[0-9a-f]{6})'")


@pytest.mark.parametrize("colour", ["#ffffff", "#fefefe", "#0b3540", "#0b353f", "#cfe0e2", "#d0dfe4"])
def test_a_colour_like_that_of_paper_or_of_another_choice_has_one_that_does(folder: Path, colour: str) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", SHARE)
    third = "'3': {label: ردیف سوم, short: سوم, colour: '#0b3540', text_colour: '#ffffff'}"
    second = third.replace("3", "2", 1).replace("سوم", "دوم").replace("'#0b3540', text", f"'{colour}', text")
    change(folder / "tables.yaml", third, f"{third}\n        {second}")
    found = [one for one in find_faults(folder) if one.kind == "alike"]
    assert [(one.severity, one.file.name, one.line) for one in found if one.file] == [
        ("error", "tables.yaml", found[0].line)
    ]
    looks = LOOKS.search(found[0].hint)
    assert looks
    assert contrast_ratio(*looks.groups()) >= 4.5
    change(
        folder / "tables.yaml",
        f"short: دوم, colour: '{colour}', text_colour: '#ffffff'",
        "short: دوم, colour: '{}', text_colour: '{}'".format(*looks.groups()),
    )
    assert find_faults(folder) == []


def test_a_fifth_choice_is_told_from_others_in_grey_or_hatched(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", SHARE)
    tones = {"a": "#97bac1", "b": "#3b7482", "c": "#f1c27d", "d": "#e6b0aa", "e": "#a9c9a9"}
    lines = [
        f"        {name}: {{label: {name * 2}, short: {name * 3}, colour: '{tone}', text_colour: '#000000'}}\n"
        for name, tone in tones.items()
    ]
    third = "        '3': {label"
    change(folder / "tables.yaml", third, "".join(lines) + third)
    (fault,) = (one for one in find_faults(folder) if one.kind == "alike")
    assert fault.message == "'ee' cannot be told from 'dd' by its colour in the profile grey"
    assert fault.severity == "warning"
    looks = LOOKS.search(fault.hint)
    assert looks
    change(folder / "tables.yaml", "'#a9c9a9'", f"'{looks[1]}'")
    assert not [one for one in find_faults(folder) if one.kind == "alike"]
    change(
        folder / "tables.yaml",
        f"'{looks[1]}', text_colour: '#000000'",
        "'#a9c9a9', text_colour: '#000000', hatched: true",
    )
    assert not [one for one in find_faults(folder) if one.kind == "alike"]
    change(
        folder / "tables.yaml", "'#e6b0aa', text_colour: '#000000'", "'#e6b0aa', text_colour: '#000000', hatched: true"
    )
    assert "'dd' and 'ee' are both hatched: readers cannot tell them apart" in messages(folder)


def test_a_cell_sets_no_direction(folder: Path) -> None:
    change(folder / "tables/placements.csv", "افغانستان", "افغان\u2067ستان")
    assert messages(folder) == ["a cell has the direction character U+2067, which nobody sees"]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start: 2001", "start: 2030", "the history starts in 2030, after its end"),
        ("end: 2025", "end: 999999999", "the history has more than 200 years"),
        ("neighbours: world", "neighbours: wrld", "there is no shapes 'wrld'"),
    ],
)
def test_what_cannot_be_told_of_a_row(tip_2025: Path, old: str, new: str, message: str) -> None:
    brief = tip_2025 / "briefs" / "country.yaml"
    brief.write_text(brief.read_text("utf-8").replace(old, new, 1), "utf-8")
    assert message in messages(tip_2025)
