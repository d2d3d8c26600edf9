"""Lines over years and bars by length, on the made-up publication of ``tests/golden``."""

import dataclasses
import re
from decimal import Decimal
from pathlib import Path

import pytest

from tests.support import change, first_of, with_rows
from tipbrief.check.chart_blocks import BarsChart, LinesChart
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compose import number_charts as charts
from tipbrief.compose.axes import LABEL_HEIGHT
from tipbrief.compose.number_charts import LineChart
from tipbrief.language.language import load_language
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems


@pytest.fixture
def chart(made_up: Publication) -> LineChart:
    return charts.lines(made_up, first_of(LinesChart, made_up))


def with_years(publication: Publication, *rows: str) -> Publication:
    """The publication with these rows in its table of years."""
    columns = publication.tables["digging"].rows[0]
    cells = (dict(zip(columns, f"{row},atlas".split(","), strict=True)) for row in rows)
    return with_rows(publication, "digging", {row["year"]: row for row in cells})


def drawn(publication: Publication, **changed: object) -> LineChart:
    return charts.lines(publication, dataclasses.replace(first_of(LinesChart, publication), **changed))


def test_time_runs_as_the_language_is_read(made_up: Publication, chart: LineChart) -> None:
    places = [point.x for point in chart.panels[0].lines[0].points]
    assert [point.time for point in chart.panels[0].lines[0].points] == [2018, 2019, 2021, 2022, 2023]
    assert places == sorted(places, reverse=True)
    english = dataclasses.replace(made_up, language=load_language("en"))
    mirrored = drawn(english).panels[0].lines[0].points
    assert [point.x for point in mirrored] == pytest.approx([100 - x for x in places])


def test_points_stand_over_zero_in_proportion(chart: LineChart) -> None:
    room = chart.ground - 1.5
    for line in chart.panels[0].lines:
        for point in line.points:
            assert chart.ground - point.y == pytest.approx(float(point.value) / 1500 * room, abs=0.01)
            assert point.up == pytest.approx(100 * (1 - point.y / chart.height), abs=0.02)
    assert min(point.y for point in chart.panels[0].lines[0].points) > 0.8, "the marks are not cut"


def test_a_year_without_a_row_is_a_gap_too(made_up: Publication) -> None:
    found = drawn(with_years(made_up, "2018,1,", "2019,2,", "2022,4,3"))
    assert [label for _, label in found.times] == ["۲۰۱۸", "۲۰۱۹", "۲۰۲۲"]
    assert found.panels[0].lines[0].missing_labels == ("۲۰۲۰", "۲۰۲۱")
    assert found.panels[0].lines[0].path.count("M") == 2
    assert [point.x for point in found.panels[0].lines[0].points] == [90, 70, 10]


def test_a_year_that_stands_alone_has_a_mark(made_up: Publication) -> None:
    rows = [f"{year},{'' if year in (1950, 1952) else 5},{year}" for year in range(1900, 2020)]
    line = drawn(with_years(made_up, *rows), start=1900).panels[0].lines[0]
    marked = [point.time for point in line.points if point.mark]
    assert {1900, 1951, 2019} <= set(marked)
    assert len(marked) <= 33


def test_all_numbers_of_few_years_are_told_and_three_of_many(made_up: Publication) -> None:
    rows = (f"{year},{year % 7},1" for year in range(2010, 2020))
    few = drawn(with_years(made_up, *rows), start=2010).panels[0].lines[0]
    assert len(few.points_in_words) == 10
    assert few.highest is None
    rows = (f"{year},{year % 7},1" for year in range(2009, 2021))
    many = drawn(with_years(made_up, *rows), start=2009).panels[0].lines[0]
    assert [point.time for point in many.points_in_words] == [2009, 2020]
    assert many.highest
    assert (many.highest.time, many.highest.value) == (2015, 6)


def test_numbers_at_the_ends_of_lines_do_not_touch(made_up: Publication, chart: LineChart) -> None:
    labelled = [[point.value for point in line.points if point.end is not None] for line in chart.panels[0].lines]
    assert labelled == [[Decimal(900)], [Decimal(300)]]
    near = drawn(with_years(made_up, "2022,100,100", "2023,100,99"), start=2022)
    higher, lower = (line.points[-1].end for line in near.panels[0].lines)
    assert higher is not None
    assert lower is not None
    assert higher - lower >= 100 * LABEL_HEIGHT / near.height
    assert all(point in line.points_in_words for line in near.panels[0].lines for point in line.points)


def test_a_line_that_ends_early_has_no_number_at_the_end(made_up: Publication) -> None:
    found = drawn(with_years(made_up, "2021,5,1", "2022,6,", "2023,,2"), start=2021)
    assert [[point.value for point in line.points if point.end is not None] for line in found.panels[0].lines] == [
        [],
        [2],
    ]


def test_lines_of_zero_lie_on_the_ground(made_up: Publication) -> None:
    found = drawn(with_years(made_up, "2022,0,0", "2023,0,0"), start=2022)
    assert {point.y for line in found.panels[0].lines for point in line.points} == {found.ground}


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ("columns: [dug, dug]", "more than 4 lines, or one stands twice"),
        ("columns: [dug, deep], start: 2030", "'dug' has no number in 2030 or later"),
    ],
)
def test_lines_that_cannot_be_drawn_are_told(wells: Path, written: str, message: str) -> None:
    brief = wells / "briefs" / "all.yaml"
    text = brief.read_text(encoding="utf-8")
    head, _, tail = text.partition("        - lines:\n")
    _, _, tail = tail.partition("            title: چاه‌کنی به ژرفا\n")
    start = "" if "start" in written else "            start: 2018\n"
    written = written.replace(", start", "\n            start")
    middle = f"        - lines:\n            table: digging\n            {written}\n{start}            title: ن\n"
    brief.write_text(head + middle + tail, encoding="utf-8")
    with pytest.raises(Problems, match=message):
        load_publication(wells)


def test_the_longest_bar_comes_first_and_the_others_are_in_proportion(made_up: Publication) -> None:
    found = charts.bars(made_up, dataclasses.replace(first_of(BarsChart, made_up), most=20))
    assert [(bar.key, bar.value, bar.rank, bar.own) for bar in found.bars] == [
        ("PAK", Decimal(1200), 1, False),
        ("AFG", Decimal("120.5"), 2, False),
        ("TJK", Decimal(80), 3, False),
    ]
    assert [bar.parts[0].part for bar in found.bars] == pytest.approx([1, 0.1004, 0.0667], abs=1e-4)
    assert [row["name"] for row in found.without] == ["اندورا"]
    assert found.count == len(found.bars)
    assert not any(bar.own for bar in found.bars)


def test_the_own_bar_is_drawn_however_short(made_up: Publication) -> None:
    found = charts.bars(
        made_up, dataclasses.replace(first_of(BarsChart, made_up), most=1), made_up.documents["each-TJK"]
    )
    assert [(bar.key, bar.rank) for bar in found.bars] == [("PAK", 1), ("TJK", 3)]
    assert ([bar.rank for bar in found.bars if bar.own], found.count, len(found.bars)) == ([3], 3, 2)
    without = charts.bars(made_up, first_of(BarsChart, made_up), made_up.documents["each-AND"])
    assert not any(bar.own for bar in without.bars), "it has no number"


def test_equal_rows_have_the_same_place_and_keep_their_order(wells: Path) -> None:
    change(wells / "tables" / "places.csv", "تاجیکستان,80,", "تاجیکستان,1200,")
    publication = load_publication(wells)
    found = charts.bars(publication, dataclasses.replace(first_of(BarsChart, publication), most=3))
    assert [(bar.key, bar.rank) for bar in found.bars] == [("PAK", 1), ("TJK", 1), ("AFG", 3)]


def test_a_column_without_a_number_is_told(wells: Path) -> None:
    places = wells / "tables" / "places.csv"
    places.write_text(re.sub(r",[\d.]+,(open|shut|dry)", r",,\1", places.read_text("utf-8")), encoding="utf-8")
    with pytest.raises(Problems, match="'depth' has no number"):
        load_publication(wells)


def test_a_bar_of_a_document_is_marked(wells: Path) -> None:
    text = (wells / "briefs" / "each.yaml").read_text(encoding="utf-8")
    bars = "  - bars: {table: places, column: depth, show: name, most: 1, title: ژرفا}\n  - sources"
    (wells / "briefs" / "each.yaml").write_text(text.replace("  - sources", bars), encoding="utf-8")
    html = compose_document(Session.open(wells), "each-AFG").html()
    assert re.search(r'<tr class="own"><th scope="row">افغانستان<', html)
    assert "افغانستان: جایگاه ۲ از ۳." in html
    assert "۱ مورد دیگر رسم نشده است." in html
