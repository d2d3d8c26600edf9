from decimal import Decimal
from pathlib import Path

import pytest

from tests.check.support import messages
from tests.support import append, change
from tipbrief.check.publication import load

FIGURES = """\
cell:
  label: قربانی
  kind: reported
  cell: {table: placements, row: KEN, column: victims}
all:
  label: همه
  kind: counted
  count: {table: placements}
  check: {table: placements}
third:
  label: حکومت در ردیف سوم
  kind: counted
  count: {table: placements, where: {tier: '3', sources: report}}
named:
  label: حکومت
  kind: counted
  count: {table: listed}
  sources: [news]
total:
  label: مجموع
  kind: derived
  sum: [cell, first, pattern]
later:
  label: مجموع
  kind: derived
  sum: [last, first]
last:
  label: بخش
  kind: reported
  value: 0.5
  sources: [news, report]
"""


def test_the_values_of_all_kinds_of_figures_and_on_what_they_rest(folder: Path) -> None:
    append(folder / "figures.yaml", FIGURES)
    publication = load(folder)
    values = {"cell": 1200, "all": 3, "third": 2, "total": 1203, "later": Decimal("1.5")}
    assert values.items() <= publication.values.items()
    assert {name: " ".join(publication.figure_sources(name)) for name in publication.figures} == {
        "cell": "report",  # the row names two; the first one is meant
        "all": "report",  # the table names none: the rows do
        **dict.fromkeys(("governments", "first", "pattern", "third", "total"), "report"),
        **{"named": "news", "last": "news report", "later": "news report"},
    }


def test_a_count_rests_on_all_its_rows_where_the_table_names_no_source(folder: Path) -> None:
    append(folder / "figures.yaml", FIGURES)
    change(folder / "tables/placements.csv", "SYR,سوریه,3,,report", "SYR,سوریه,3,,news")
    assert load(folder).figure_sources("all") == ("report", "news")
    change(folder / "tables.yaml", "  title: جایگاه", "  sources: [news]\n  title: جایگاه")
    assert load(folder).figure_sources("all") == ("news",)


def test_a_check_may_only_ask_for_columns_that_are_there(folder: Path) -> None:
    wrong = "check: {table: placements, where: {tire: '3'}}"
    change(folder / "figures.yaml", "check: {table: listed}", wrong)
    assert messages(folder) == ["the table 'placements' has no column 'tire'"]


@pytest.mark.parametrize(
    "given",
    [
        "kind: reported\n  count: {table: listed}",
        "kind: reported\n  sum: [first]",
        "kind: reported\n  value: 1\n  cell: {table: listed, row: AFG, column: note}\n  sources: [news]",
        "kind: reported",
        "kind: counted\n  value: 3\n  sources: [news]",
        "kind: counted",
        "kind: derived\n  count: {table: listed}",
        "kind: derived",
    ],
)
def test_a_figure_has_what_its_kind_wants(folder: Path, given: str) -> None:
    append(folder / "figures.yaml", f"new:\n  label: نو\n  {given}\n")
    [message] = messages(folder)
    assert "figure 'new' must have" in message


def test_a_cell_that_holds_no_number(folder: Path) -> None:
    cell = "{table: placements, row: KEN, column: name}"
    append(folder / "figures.yaml", f"new:\n  label: نو\n  kind: reported\n  cell: {cell}\n")
    assert messages(folder) == ["the cell in row 'KEN', column 'name' holds 'کینیا', which is no number"]


def test_a_faulty_table_is_reported_once_and_not_counted(folder: Path) -> None:
    change(folder / "tables/placements.csv", "KEN,کینیا,1,1200", "KEN,کینیا,4,12a")
    append(folder / "figures.yaml", FIGURES)
    assert messages(folder) == ["'4' is no value of 'tier'", "'victims' is a number, not '12a'"]


def test_a_figure_may_say_of_what_it_is_a_part(folder: Path) -> None:
    change(folder / "figures.yaml", "  value: 2\n", "  value: 2\n  of: goverments\n")
    assert messages(folder) == ["there is no figure 'goverments'"]


@pytest.mark.parametrize(
    ("unit", "value", "faulty"),
    [
        ("حکومت", "-5", True), ("کشور و قلمرو", "142.0", True), ("حکومت", "14.5", False),
        ("حکومت", "0", False),
        ("متر", "-5", False), ("متر", "142.0", False), ("میلیون نفر", "2.0", False), ("٪", "50.0", False),
    ],
)  # fmt: skip
def test_fault_16_what_is_counted_is_whole_and_not_less_than_none(
    folder: Path, unit: str, value: str, faulty: bool
) -> None:
    change(folder / "figures.yaml", "  value: 13\n", f"  value: {value}\n  unit: {unit}\n")
    said = [f"'governments' is {value}, but its unit '{unit}' is counted: 0, 1, 2 …"]
    assert (messages(folder) if faulty else load(folder).warnings) == (said if faulty else ())
