"""Lines over time, bars, ranges, maps and signs: their places and lengths, computed anew from the numbers."""

import json
from dataclasses import replace
from decimal import Decimal
from math import pi
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tipbrief.check.blocks import MapChart, YearsChart
from tipbrief.check.chart_blocks import BarsChart, LinesChart, PictogramChart
from tipbrief.check.publication import Publication, load_publication
from tipbrief.compose import charts, number_charts
from tipbrief.compose.maps import shape_map
from tipbrief.problems import Problems

TABLES = {
    "five": "year,a,b\n1952,10,1\n1957,20,2\n1962,40,\n1967,30,4\n1997,5,\n2002,6,9\n",
    "panels": "region,year,a\nN,2000,5\nN,2001,10\nS,2000,20\nS,2001,40\n",
    "rows": "code,name,region,a,b,c\nK,one,N,-10,4,6\nL,two,N,20,6,1\nM,three,S,5,15,\nO,four,S,,,\n",
    "provinces": "code,name,a\nAF-KAB,Kabul,100\nAF-BAL,Balkh,25\nAF-HER,Herat,9\nAF-GHA,Ghazni,\nAF-ZAB,Zabul,10\n",
    "wide": "code,name,2000,2001\nK,one,3,4\n",
    "twice": "day,a\n2024,1\n2024-01,2\n",
    "days": "day,a\n2024-01,1\n2024-02,2\n2024-03,3\n2024-12,12\n",
}
COLUMNS: dict[str, dict[str, Any]] = {
    "five": {"year": "year", "a": "number", "b": "number"},
    "panels": {"region": "text", "year": "year", "a": "number"},
    "rows": {"code": "code", "name": "text", "region": "text", "a": "number", "b": "number", "c": "number"},
    "provinces": {"code": "code", "name": "text", "a": "number"},
    "wide": {"code": "code", "name": "text"},
    "twice": {"day": "code", "a": "number"},
    "days": {"day": "code", "a": "number"},
}
KEYS = {"five": "year", "panels": ["region", "year"], "days": "day", "twice": "day"}


def write(folder: Path, *blocks: dict[str, Any], for_each: str = "", language: str = "en") -> Path:
    """A publication with these blocks on one sheet."""
    for name in ("tables", "briefs"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    files: dict[str, Any] = {
        "publication.yaml": {
            "id": "charts", "title": "A", "series": "A", "language": language, "publisher": "A", "published": "2026",
            "colours": {
                "ink": "#222222", "accent": "#7a3b12", "signal": "#1f5f8b", "grey": "#564c42", "line": "#cdbfae",
                "tint": "#f6efe6",
            },
        },
        "sources.yaml": {"made": {"title": "A", "publisher": "A", "address": "https://example.org/a"}},
        "figures.yaml": {
            "target": {"label": "target", "kind": "reported", "value": 15, "sources": ["made"]},
            "share": {"label": "share", "kind": "reported", "value": 0.05, "sources": ["made"]},
            "tiny": {"label": "tiny", "kind": "reported", "value": 0.001, "sources": ["made"]},
            "third": {"label": "third", "kind": "reported", "value": 33.3, "unit": "%", "sources": ["made"]},
        },
        "tables.yaml": {
            name: {
                "file": f"tables/{name}.csv", "title": "A", "key": KEYS.get(name, "code"), "sources": ["made"],
                **({"wide": "years"} if name == "wide" else {}),
                "columns": {
                    column: {"type": kind, "label": column, **({"blank": True} if kind == "number" else {})}
                    for column, kind in columns.items()
                },
            }
            for name, columns in COLUMNS.items()
        },
        "briefs/one.yaml": {
            "title": "A", "subtitle": "A", "short": "A", "subject": "A", "pages": "auto",
            **({"for_each": for_each} if for_each else {}), "blocks": [*blocks, {"sources": {"title": "A"}}],
        },
    }  # fmt: skip
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    for name, text in TABLES.items():
        (folder / "tables" / f"{name}.csv").write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, *blocks: dict[str, Any], **given: str) -> tuple[Publication, Any]:
    """A publication with these blocks, and the first of them."""
    publication = load_publication(write(folder, *blocks, **given))
    return publication, publication.briefs["one"].blocks[0]


def lines_of(folder: Path, **keys: Any) -> number_charts.LineChart:
    publication, block = load(folder, {"lines": {"table": "five", "columns": ["a"], "title": "A", **keys}})
    assert isinstance(block, LinesChart)
    found = number_charts.lines(publication, block)
    assert found
    return found


def test_five_yearly_numbers_are_joined_and_stand_at_their_years(tmp_path: Path) -> None:
    chart = lines_of(tmp_path)
    (line,) = chart.panels[0].lines
    assert line.path.count("M") == 2, "thirty years are no usual gap"
    xs = [point.x for point in line.points]
    scale = (xs[-1] - xs[0]) / 50
    assert xs == pytest.approx([xs[0] + scale * (point.time - 1952) for point in line.points], abs=0.02)
    heights = [chart.ground - point.y for point in line.points]
    assert heights == pytest.approx([heights[2] * float(point.value) / 40 for point in line.points], abs=0.02)
    assert line.missing == 5, "1972, 1977, 1982, 1987, 1992"


def test_a_number_that_is_not_known_interrupts_its_line_alone(tmp_path: Path) -> None:
    chart = lines_of(tmp_path, columns=["a", "b"])
    first, second = chart.panels[0].lines
    assert (first.path.count("M"), second.path.count("M")) == (2, 3)
    listed = lines_of(tmp_path, columns=["b"], missing="list").panels[0].lines[0]
    assert listed.missing_labels[0] == "1962"
    assert len(listed.missing_labels) == listed.missing == 7


def test_a_break_of_the_method_interrupts_and_what_is_expected_is_dashed(tmp_path: Path) -> None:
    chart = lines_of(tmp_path, breaks={"1967": "New census"}, projected=2002)
    (line,) = chart.panels[0].lines
    assert line.path.count("M") == 3
    x = {point.time: f"{point.x} {point.y}" for point in line.points}
    assert line.projected == f"M{x[1997]}L{x[2002]}"
    assert x[2002] not in line.path
    assert chart.breaks[0][1:] == ("1967", "New census")


def test_an_area_and_a_range_are_interrupted_where_their_line_is(tmp_path: Path) -> None:
    filled = lines_of(tmp_path, area=True).panels[0].lines[0]
    between = lines_of(tmp_path, low="b", high="a").panels[0].lines[0]
    assert filled.area.count("M") == len(filled.points) - 2, "a part for each two years, but not over thirty"
    assert between.area.count("M") == 1, "1952 to 1957, and not over a year without a number"
    corners = [tuple(map(float, pair.split())) for pair in filled.area.split("z")[0][1:].split("L")]
    first, second = filled.points[:2]
    ground = lines_of(tmp_path).ground
    assert corners == [(first.x, ground), (first.x, first.y), (second.x, second.y), (second.x, ground)]


def test_all_panels_have_one_scale(tmp_path: Path) -> None:
    chart = lines_of(tmp_path, table="panels", split="region", references=["target"])
    assert [panel.title for panel in chart.panels] == ["N", "S"]
    points = [point for panel in chart.panels for point in panel.lines[0].points]
    assert all(0 < point.y <= chart.ground for point in points), "all of them are on the chart"
    heights = {point.value: chart.ground - point.y for point in points}
    assert [*heights.values()] == pytest.approx([heights[Decimal(40)] * float(n) / 40 for n in heights], abs=0.02)
    assert chart.ground - chart.references[0][1] == pytest.approx(heights[Decimal(40)] * 15 / 40, abs=0.02)


def test_months_stand_at_their_distance(tmp_path: Path) -> None:
    chart = lines_of(tmp_path, table="days", time="day")
    (line,) = chart.panels[0].lines
    xs = [point.x for point in line.points]
    assert (xs[3] - xs[2]) / (xs[1] - xs[0]) == pytest.approx(9, abs=0.05)
    assert chart.ticks[0].label == "January 2024"


def test_bars_begin_at_zero_and_are_as_long_as_their_numbers(tmp_path: Path) -> None:
    whole, block = load(tmp_path, {"bars": {"table": "rows", "columns": ["a", "b"], "show": "name", "title": "A"}})
    assert isinstance(block, BarsChart)
    found = number_charts.bars(whole, block)
    assert found
    assert [bar.key for bar in found.bars] == ["L", "M", "K"]
    for part in (part for bar in found.bars for part in bar.parts):
        assert part.part == pytest.approx(abs(float(part.value)) / 30, abs=1e-4)
        assert (part.start if part.value >= 0 else part.start + part.part) == pytest.approx(found.zero, abs=2e-4)
    assert [row["name"] for row in found.without] == ["four"]


def test_stacked_parts_follow_each_other_and_a_range_goes_from_one_to_the_other(tmp_path: Path) -> None:
    keys = {"table": "rows", "columns": ["b", "c"], "show": "name", "title": "A"}
    whole, stacks = load(tmp_path, {"bars": {**keys, "form": "stacked"}}, {"bars": {**keys, "form": "range"}})
    dots = whole.briefs["one"].blocks[1]
    assert isinstance(dots, BarsChart)
    stacked, spread = (number_charts.bars(whole, one) for one in (stacks, dots))
    assert stacked
    assert spread
    first, second = stacked.bars[0].parts
    assert (stacked.bars[0].value, first.start, first.part, second.start, second.part) == (10, 0, 0.4, 0.4, 0.6)
    assert [row["name"] for row in stacked.without] == ["three", "four"], "without all parts there is no total"
    assert [[part.start for part in bar.parts] for bar in spread.bars] == [[1], [0.4, 0.0667], [0.2667, 0.4]]


def test_bars_of_a_sheet_are_those_within_its_region(tmp_path: Path) -> None:
    bars = {"bars": {"table": "rows", "column": "a", "show": "name", "within": "region", "title": "A"}}
    whole, block = load(tmp_path, bars, for_each="rows")
    found = number_charts.bars(whole, block, whole.documents["one-K"])
    assert found
    assert [(bar.key, bar.own) for bar in found.bars] == [("L", False), ("K", True)]


def test_circles_have_areas_in_proportion_and_classes_hold_their_numbers(tmp_path: Path) -> None:
    shared = {"table": "provinces", "of": "a", "shapes": "afghanistan-provinces", "title": "A"}
    whole, _ = load(
        tmp_path, {"map": {**shared, "form": "circles", "largest": 2}}, {"map": {**shared, "limits": [10, 50]}}
    )
    circles, classes = whole.briefs["one"].blocks[:2]
    assert isinstance(circles, MapChart)
    assert isinstance(classes, MapChart)
    drawn = shape_map(whole, circles, document=whole.documents["one"])
    areas = [pi * radius**2 for _, _, radius in drawn.circles]
    assert areas == pytest.approx([areas[0] * n / 100 for n in (100, 25, 10, 9)], rel=0.01)
    assert [name.name for name in drawn.names] == ["Kabul, 100", "Balkh, 25"]
    narrow = shape_map(whole, circles, document=whole.documents["one"], listed=True)
    assert [name.name for name in narrow.names] == ["Kabul, 100", "Balkh, 25"], "beside the map all have room"
    assert shape_map(whole, circles).names == (), "in a column they would hide the circles"
    assert [choice.label for choice in shape_map(whole, classes).choices] == ["9", "10–25", "100"]
    assert [count for _, count, _ in shape_map(whole, classes).answers] == [1, 2, 1]
    assert any(one.kind == "count-as-area" for one in whole.warnings)


@pytest.mark.parametrize(("figure", "count", "total", "exact"), [("share", 1, 20, True), ("third", 33, 100, False)])
def test_as_many_signs_are_marked_as_the_share_says(
    tmp_path: Path, figure: str, count: int, total: int, exact: bool
) -> None:
    whole, block = load(tmp_path, {"pictogram": {"figure": figure, "title": "A"}})
    assert isinstance(block, PictogramChart)
    found = number_charts.pictogram(whole, block)
    assert sum(marked for *_, marked in found.signs) == found.count
    assert (found.count, found.total, found.exact) == (count, total, exact)


def test_bars_over_years_stand_where_their_years_are(tmp_path: Path) -> None:
    whole, block = load(tmp_path, {"years": {"table": "five", "column": "a", "start": 1900, "title": "A"}})
    assert isinstance(block, YearsChart)
    found = charts.years(whole, block)
    assert found
    places = {bar.year: bar.centre for bar in found.bars if bar.value is not None}
    step = (places[2002] - places[1952]) / 50
    assert [*places.values()] == pytest.approx([places[1952] + step * (year - 1952) for year in places], abs=0.02)
    assert found.missing == (), "what no row says is not listed"


@pytest.mark.parametrize(
    ("kind", "keys", "message"),
    [
        ("lines", {"table": "panels", "columns": ["a"]}, "'2000' stands in several rows"),
        ("lines", {"table": "rows", "columns": ["a"], "time": "name"}, "'one' is no date"),
        ("lines", {"table": "five", "columns": ["a", "b"], "area": True}, "belongs to one line"),
        ("lines", {"table": "five", "columns": ["a"], "low": "b"}, "belongs to one line"),
        ("lines", {"table": "five", "columns": ["a"], "breaks": {"x": "A"}}, "'x' is no year"),
        ("lines", {"table": "five", "columns": ["a"], "breaks": {"1900": "A"}}, "1900 is not between the years"),
        ("lines", {"table": "panels", "columns": ["a"], "split": "region.name"}, "no column 'region.name'"),
        ("lines", {"table": "five", "columns": ["a"], "references": ["third"]}, "different units"),
        ("lines", {"table": "wide", "rows": ["K"], "split": "name"}, "'name' is for tables with a row for each year"),
        ("lines", {"table": "twice", "columns": ["a"], "time": "day"}, "'2024-01' stands in several rows"),
        ("bars", {"table": "rows", "column": "b", "show": "name", "references": ["third"]}, "different units"),
        ("lines", {"table": "five", "columns": ["a"], "area": True, "low": "b", "high": "a"}, "belongs to one line"),
        ("lines", {"table": "five", "rows": ["1952"]}, "'rows' are of a table with 'wide: years'"),
        ("bars", {"table": "rows", "show": "name"}, "the bars have no 'column'"),
        ("bars", {"table": "rows", "column": "a", "form": "range", "show": "name"}, "needs several columns"),
        ("bars", {"table": "rows", "columns": ["a", "b"], "form": "stacked", "show": "name"}, "less than 0"),
        ("map", {"table": "provinces", "shapes": "afghanistan-provinces"}, "the map needs one column"),
        ("map", {"table": "provinces", "of": "a", "limits": [1, 2, 3, 4], "shapes": "world"}, "at most 4"),
        ("pictogram", {"figure": "target"}, "'target' is 15: no share"),
        ("pictogram", {"figure": "tiny"}, "'tiny' is 0.001: no share"),
    ],
)  # fmt: skip
def test_a_chart_that_would_mislead_is_a_problem(tmp_path: Path, kind: str, keys: dict[str, Any], message: str) -> None:
    with pytest.raises(Problems, match=message):
        load(tmp_path, {kind: {**keys, "title": "A"}})


def test_the_highest_number_is_named_only_if_no_other_is_as_high(tmp_path: Path) -> None:
    """Each line and row of bars is read anew, with random gaps and many equal numbers."""
    lines = {"lines": {"table": "random", "columns": ["a"], "start": 2000, "title": "A"}}
    years = {"years": {"table": "random", "column": "a", "start": 2000, "title": "A"}}
    chosen = Random(59)
    for case in range(40):
        numbers = {2000 + n: chosen.choice(["", "1", "2", "3"]) for n in range(chosen.randint(2, 14))} | {2000: "1"}
        text = "year,a\n" + "".join(f"{year},{number}\n" for year, number in numbers.items())
        TABLES["random"], COLUMNS["random"], KEYS["random"] = text, {"year": "year", "a": "number"}, "year"
        whole, _ = load(tmp_path / str(case), lines, years)
        line_block, years_block = whole.briefs["one"].blocks[:2]
        assert isinstance(line_block, LinesChart)
        assert isinstance(years_block, YearsChart)

        chart = number_charts.lines(whole, line_block)
        bars = charts.years(whole, years_block)

        assert chart
        assert bars
        found = {year: int(number) for year, number in numbers.items() if number}
        highest = [year for year, number in found.items() if number == max(found.values())]
        ends = {min(found), max(found)}
        [line] = chart.panels[0].lines
        is_named = len(highest) == 1 and not ends & {*highest}
        given = {point.time for point in line.points_in_words}
        assert (line.highest.time if line.highest else None) == (
            highest[0] if len(highest) == 1 and highest[0] not in given else None
        )
        assert (bars.highest.year if bars.highest else None) == (highest[0] if is_named else None)
    for names in (TABLES, COLUMNS, KEYS):
        del names["random"]


def test_rows_are_ranked_by_numbers_of_one_column(tmp_path: Path) -> None:
    keys = {"table": "rows", "columns": ["c", "a"], "show": "name", "title": "A"}
    for form in ("bars", "range"):
        whole, block = load(tmp_path / form, {"bars": {**keys, "form": form}})
        assert isinstance(block, BarsChart)
        found = number_charts.bars(whole, block)
        assert found
        assert [(bar.key, bar.rank, bar.value) for bar in found.bars] == [("K", 1, 6), ("L", 2, 1), ("M", None, None)]
        assert (found.count, found.ranked_count) == (3, 2)


def test_circles_are_explained_by_the_largest_that_are_drawn(tmp_path: Path) -> None:
    shared = {"table": "provinces", "of": "a", "shapes": "afghanistan-provinces", "title": "A", "form": "circles"}
    whole, circles = load(tmp_path, {"map": shared})
    assert isinstance(circles, MapChart)
    drawn = shape_map(whole, circles, document=whole.documents["one"])
    assert drawn.largest == ("Kabul", 100)
    provinces = whole.tables["provinces"]
    rows = {key: {**row, "a": "7"} for key, row in provinces.by_key.items()}
    equal = replace(whole, tables={**whole.tables, "provinces": replace(provinces, by_key=rows)})
    drawn = shape_map(equal, circles, document=whole.documents["one"])
    assert drawn.largest == ("Kabul, Balkh, Herat, Ghazni, Zabul", 7)
