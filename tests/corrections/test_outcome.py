from pathlib import Path

import pytest

from tests.corrections.support import every_kind, write
from tests.support import append, change, contents, page_of, problem_of, problems_of
from tipbrief.check.publication import load_publication
from tipbrief.corrections.amendment import amend_files
from tipbrief.corrections.correction import load_outcome
from tipbrief.problems import Problem


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return every_kind(tmp_path / "publication")


def refusals(folder: Path, *wanted: tuple[str, str]) -> list[Problem]:
    publication = load_publication(folder)
    before = contents(folder)
    problems = problems_of(load_outcome, publication, amend_files(publication, wanted))
    assert contents(folder) == before
    assert all(problem.message.startswith("with this change, ") for problem in problems)
    return problems


def test_the_publication_as_it_would_be(tip_2025: Path) -> None:
    publication = load_publication(tip_2025)
    before = contents(tip_2025)
    amended = amend_files(publication, [("tier_one", "۳۴"), ("placements[AFG].tier", "1"), ("laws", "139")])
    new = load_outcome(publication, amended)
    assert contents(tip_2025) == before
    assert {name: value for name, value in new.values.items() if value != publication.values[name]} == {
        "tier_one": 34, "tier_three": 19, "laws": 139,
    }  # fmt: skip
    assert new.folder == tip_2025
    assert list(new.briefs) == list(publication.briefs)
    assert new.texts.prose.keys() == publication.texts.prose.keys()
    made = page_of(new, "world")
    write(tip_2025, amended)
    written = load_publication(tip_2025)
    assert new.values == written.values
    assert made == page_of(written, "world")


@pytest.mark.parametrize(
    ("wanted", "command"),
    [
        ("placements[AFG].tier 1", "both tier_one 34 placements[AFG].tier 1"),
        ("tier_one 34", "both tier_one 34 placements[ISO3].tier 1"),
        ("tier_one 32", "both tier_one 32 placements[ISO3].tier VALUE"),
        ("placements[AFG].tier 1 laws 139", "all laws 139 tier_one 34 placements[AFG].tier 1"),
        ("placements[AFG].tier 1 placements[ALB].tier 1",
         "all tier_one 35 placements[AFG].tier 1 placements[ALB].tier 1"),
        ("tier_one 35 placements[AFG].tier 1",
         "all tier_one 35 placements[AFG].tier 1 placements[ISO3].tier 1"),
    ],
)  # fmt: skip
def test_a_broken_cross_check_asks_for_the_other_change(tip_2025: Path, wanted: str, command: str) -> None:
    words = wanted.split()
    found = refusals(tip_2025, *zip(words[::2], words[1::2], strict=True))
    assert [problem.message.split("'")[1] for problem in found] == ["tier_one", "all_tiers"]
    how, _, rest = command.partition(" ")
    assert {problem.hint for problem in found} == {f"give {how} in one command: tipbrief correct {rest}"}


def test_a_problem_shows_the_line_of_the_real_file_and_what_is_done_by_hand(tip_2025: Path) -> None:
    [problem, _] = refusals(tip_2025, ("tier_one", "34"))
    assert problem.format(tip_2025).splitlines()[:2] == [
        "figures.yaml:17:3: with this change, 'tier_one' is 34, but 'placements' has 33 such rows",
        "      check: {table: placements, where: {tier: '1'}}",
    ]
    [problem] = refusals(tip_2025, ("governments", "189"))
    assert problem.hint == (
        "rows are added and removed by hand: change tables/placements.csv and figures.yaml in one go"
    )


CHECKED = """\
sum:
  label: مجموع
  kind: derived
  sum: [one, two]
  check: {table: placements}
one: {label: یک, kind: reported, value: 1, sources: [report]}
two: {label: دو, kind: reported, value: 2, sources: [report]}
cell:
  label: خانه
  kind: reported
  cell: {table: years, row: 'AFG,2025', column: rate}
  check: {table: placements, where: {tier: '3'}}
counts:
  label: شمار
  kind: counted
  count: {table: listed}
  check: {table: placements, where: {tier: '3'}}
"""


def test_sums_cells_and_counts_that_are_checked(folder: Path) -> None:
    append(folder / "figures.yaml", CHECKED)
    [problem] = refusals(folder, ("one", "0"))
    assert problem.message == "with this change, 'sum' is 2, but 'placements' has 3 rows"
    assert problem.hint == "give both in one command: tipbrief correct one 0 FIGURE VALUE"
    for problem in refusals(folder, ("placements[AFG].tier", "1"), ("years[AFG,2024].note", "x y")):
        assert problem.hint == (
            'give all in one command: tipbrief correct placements[AFG].tier 1 years[AFG,2024].note "x y"'
            " years[AFG,2025].rate 1 placements[ISO3].tier VALUE"
        )
    [problem] = refusals(folder, ("cell", "3"))
    assert problem.hint == ("give both in one command: tipbrief correct years[AFG,2025].rate 3 placements[ISO3].tier 3")


def test_other_faults_keep_their_hints(folder: Path) -> None:
    [problem] = refusals(folder, ("kenya", ""))
    assert (problem.format_location(folder), problem.severity) == ("figures.yaml:19:47", "error")
    assert problem.message == "with this change, the cell in row 'KEN', column 'victims' holds nothing"
    assert problem.hint == "name a column of the type number, and a row that has one"


def test_characters_are_tried_where_the_fonts_are_known(folder: Path) -> None:
    publication = load_publication(folder)
    amended = amend_files(publication, [("listed[AFG].note", "Ж")])
    covered = {*range(0x20, 0x250), *range(0x600, 0x700), 0x200C, 0x2019}
    assert load_outcome(publication, amended).tables["listed"].by_key["AFG"]["note"] == "Ж"
    problem = problem_of(load_outcome, publication, amended, covered)
    assert problem.format_location(folder) == "tables/listed.csv:2:5"
    assert problem.message == "with this change, the fonts have no character U+0416 'Ж'"


def test_warnings_name_the_real_file_and_are_no_faults_of_a_change(folder: Path) -> None:
    change(folder / "sources.yaml", "خبر روز", "بی خطر")
    publication = load_publication(folder)
    new = load_outcome(publication, amend_files(publication, [("governments", "14")]))
    assert new.warnings == publication.warnings
    assert [problem.severity for problem in new.warnings] == ["warning"]
    assert len(refusals(folder, ("kenya", ""))) == 1
