from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest

from tests.check.support import messages
from tests.support import append, change
from tipbrief.check import figures
from tipbrief.check.figures import is_suspicious_change
from tipbrief.check.publication import load_publication

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
both:
  label: حکومت‌ها
  kind: counted
  count: {table: placements, where: {tier: '3', iso3: AFG}}
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
    publication = load_publication(folder)
    values = {"cell": 1200, "all": 3, "third": 2, "both": 1, "total": 1203, "later": Decimal("1.5")}
    assert values.items() <= publication.values.items()
    assert {name: " ".join(publication.figure_sources(name)) for name in publication.figures} == {
        "cell": "report",  # the row names two; the first one is meant
        "all": "report",  # the table names none: the rows do
        **dict.fromkeys(("governments", "first", "pattern", "third", "both", "total"), "report"),
        **{"named": "news", "last": "news report", "later": "news report"},
    }


def test_a_count_rests_on_all_its_rows_where_the_table_names_no_source(folder: Path) -> None:
    append(folder / "figures.yaml", FIGURES)
    change(folder / "tables/placements.csv", "SYR,سوریه,3,,report", "SYR,سوریه,3,,news")
    assert load_publication(folder).figure_sources("all") == ("report", "news")
    change(folder / "tables.yaml", "  title: جایگاه", "  sources: [news]\n  title: جایگاه")
    assert load_publication(folder).figure_sources("all") == ("news",)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("check: {table: listed}", "check: {table: placements, where: {tire: '3'}}",
         "the table 'placements' has no column 'tire'"),
        ("  value: 2\n", "  value: 2\n  of: goverments\n", "there is no figure 'goverments'"),
    ],
)  # fmt: skip
def test_a_figure_names_only_what_is_there(folder: Path, old: str, new: str, message: str) -> None:
    change(folder / "figures.yaml", old, new)
    assert messages(folder) == [message]


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


@pytest.mark.parametrize("value", [2, 4])
def test_a_figure_with_a_check_is_neither_more_nor_less(folder: Path, value: int) -> None:
    given = f"kind: reported\n  value: {value}\n  sources: [news]\n  check: {{table: placements}}"
    append(folder / "figures.yaml", f"new:\n  label: نو\n  {given}\n")
    assert messages(folder) == [f"'new' is {value}, but 'placements' has 3 rows"]


def test_a_cell_that_holds_no_number(folder: Path) -> None:
    cell = "{table: placements, row: KEN, column: name}"
    append(folder / "figures.yaml", f"new:\n  label: نو\n  kind: reported\n  cell: {cell}\n")
    assert messages(folder) == ["the cell in row 'KEN', column 'name' holds 'کینیا', which is no number"]


def test_a_faulty_table_is_reported_once_and_not_counted(folder: Path) -> None:
    change(folder / "tables/placements.csv", "KEN,کینیا,1,1200", "KEN,کینیا,4,12a")
    append(folder / "figures.yaml", FIGURES)
    assert messages(folder) == ["'4' is no value of 'tier'", "'victims' is a number, not '12a'"]


@pytest.mark.parametrize(
    ("unit", "value", "faulty"),
    [
        ("حکومت", "-5", True), ("کشور و قلمرو", "142.0", True), ("حکومت", "14.5", False),
        ("حکومت", "0", False),
        ("متر", "-5", False), ("متر", "142.0", False), ("میلیون نفر", "2.0", False), ("٪", "50.0", False),
    ],
)  # fmt: skip
def test_what_is_counted_is_whole_and_not_less_than_none(folder: Path, unit: str, value: str, faulty: bool) -> None:
    change(folder / "figures.yaml", "  value: 13\n", f"  value: {value}\n  unit: {unit}\n")
    said = [f"'governments' is {value}, but its unit '{unit}' is counted: 0, 1, 2 …"]
    assert (messages(folder) if faulty else load_publication(folder).warnings) == (said if faulty else ())


DERIVED = """\
mean:
  label: میانگین
  kind: derived
  mean: {table: placements, column: victims}
sum_of:
  label: مجموع
  kind: derived
  sum: {table: placements, column: victims, where: {tier: '1'}}
  check: {table: placements, column: victims}
less:
  label: تفاوت
  kind: derived
  difference: [pattern, governments]
  unit: حکومت
share:
  label: سهم
  kind: derived
  percent: [pattern, governments]
  decimals: 1
exact:
  label: سهم
  kind: derived
  ratio: [first, pattern]
nested:
  label: میانگین
  kind: derived
  mean: [exact, less, first]
  decimals: 0
"""


def test_figures_are_derived_in_five_ways_and_of_each_other(folder: Path) -> None:
    append(folder / "figures.yaml", DERIVED)
    publication = load_publication(folder)
    shown = {name: f"{publication.values[name]:f}" for name in ("mean", "sum_of", "less", "share", "exact", "nested")}
    assert [*shown.values()] == ["1200", "1200", "-11", "15.4", "0.5", "-3"]
    assert publication.figure_sources("nested") == ("report",)
    assert publication.figure_sources("mean") == ("report",), "rows without a number are not asked"
    found = {name: publication.derivation(name) for name in ("mean", "share", "exact")}
    assert [(one.rows, one.blank_rows, one.is_rounded) for one in found.values()] == [
        (1, 2, False), (0, 0, True), (0, 0, False),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("value", "decimals", "shown"),
    [("1/2", 0, "1"), ("-1/2", 0, "-1"), ("1/3", 2, "0.33"), ("2/3", 2, "0.67"), ("5", 1, "5.0"), ("-1/3", 0, "0")],
)
def test_a_half_is_rounded_away_from_nothing(value: str, decimals: int, shown: str) -> None:
    assert f"{figures.round_half_up(Fraction(value), decimals):f}" == shown


def test_a_long_chain_of_figures_is_no_deep_one(folder: Path) -> None:
    chain = (
        "".join(f"n{n}: {{label: ن, kind: derived, sum: [n{n + 1}, n{n + 1}]}}\n" for n in range(40))
        + "n40: {label: ن, kind: reported, value: 1, sources: [news]}\n"
    )
    append(folder / "figures.yaml", chain)
    publication = load_publication(folder)
    assert publication.values["n0"] == 2**40
    assert publication.figure_sources("n0") == ("news",), "each is asked once"


@pytest.mark.parametrize(
    ("was", "now", "leap"),
    [
        ("5", "50", True), ("5", "49", False), ("-5", "5", True), ("12.5", "125", True),
        ("12.5", "12.6", False), ("5", "0", True), ("0", "5", False), ("", "5", False),
    ],
)  # fmt: skip
def test_a_number_leaps_tenfold_or_over_nothing(was: str, now: str, leap: bool) -> None:
    assert is_suspicious_change(was, now) == leap
