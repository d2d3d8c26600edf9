from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.load.support import written
from tipbrief.check.figures import select_rows
from tipbrief.check.models import Count, Table, TableSpec
from tipbrief.check.references import References
from tipbrief.check.tables import read_rows, read_tables, row_sources
from tipbrief.load.schema import ModelReader
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.load.yaml_nodes import read_yaml

PLACE = SourceLocation(Path("figures.yaml"), 1, 1)
MAIN = """\
main:
  file: tables/main.csv
  title: x
  key: id
  sources: [voa]
  columns:
    id: {type: code}
    tier:
      type: choice
      choices: {'1': {label: x}, 2WL: {label: x}}
    victims: {type: number, blank: true}
    year: {type: year, blank: true}
    sources: {type: sources, blank: true}
"""
LISTED = """\
listed:
  file: tables/listed.csv
  title: x
  key: id
  sources: [voa]
  columns: {id: {type: key, table: main}}
"""
HEADER = "id,tier,victims,year,sources\n"
SOUND = HEADER + "AFG,1,12.5,2025,voa press\nKEN,2WL,,,\nSYR,1,0,1999,press\n"


def read(folder: Path, rows: str, specs: str = MAIN, **names: None) -> tuple[dict[str, Table], References]:
    """The tables of a folder that has these rows in tables/main.csv."""
    written(folder, rows, "tables/main.csv")
    return tables_in(folder, specs, **names)


def tables_in(folder: Path, specs: str = MAIN, **names: None) -> tuple[dict[str, Table], References]:
    read_specs = ModelReader().read_value(Mapping[str, TableSpec], read_yaml(written(folder, specs)), "the tables")
    found = References(names={"source": ["voa", "press"], "table": list(read_specs), **names})
    return read_tables(folder, read_specs, found), found


def said(found: References) -> list[tuple[int, int, str, str]]:
    return [(p.line, p.column, p.message, p.hint) for p in found.problems.as_sorted_tuple()]


def test_a_sound_table(tmp_path: Path) -> None:
    tables, found = read(tmp_path, SOUND)
    assert (found.problems, found.faulty_tables) == ([], set())
    assert tables["main"].by_key["AFG"] == {
        "id": "AFG", "tier": "1", "victims": "12.5", "year": "2025", "sources": "voa press",
    }  # fmt: skip
    assert [row["id"] for row in tables["main"].rows] == ["AFG", "KEN", "SYR"]
    # Each row rests on its own sources, else on those of the table.
    own = [row_sources(tables["main"], row) for row in tables["main"].rows]
    assert own == [["voa", "press"], ["voa"], ["press"]]


@pytest.mark.parametrize(
    ("where", "rows"), [("", "AFG KEN SYR"), ("tier=1", "AFG SYR"), ("tier=1 year=1999", "SYR"), ("tier=3", "")]
)
def test_counted_rows(tmp_path: Path, where: str, rows: str) -> None:
    texts = {column: Text(value, PLACE) for column, value in (part.split("=") for part in where.split())}
    count = Count(location=PLACE, table=Text("main", PLACE), where=texts)
    assert [row["id"] for row in select_rows(read(tmp_path, SOUND)[0]["main"], count)] == rows.split()


NUMBER = "write 1234.5: Latin digits, no separators"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("AFG,1,5-,,", (2, 7, "'victims' is a number, not '5-'", NUMBER)),
        ("AFG,1,,25,", (2, 8, "'year' is a year, not '25'", "write 2025: four Latin digits")),
        ("AFG,1,,2025-09,", (2, 8, "'year' is a year, not '2025-09'", "write 2025: four Latin digits")),
    ],
)
def test_what_a_row_must_not_be(tmp_path: Path, row: str, problem: tuple[int, int, str, str]) -> None:
    tables, found = read(tmp_path, HEADER + row + "\n")
    assert said(found) == [problem]
    assert "main" in tables
    assert found.faulty_tables == {"main"}, "what is counted from it would be wrong, too"


def test_of_what_a_spreadsheet_divided_there_is_a_warning(tmp_path: Path) -> None:
    rows = "AFG,1,0.5,,\nKEN,1,0.333333333333333,,\nPAK,1,-0.166666666666667,,\n"
    _, found = read(tmp_path, HEADER + rows)
    message = "'victims' has 0.333333333333333: readers see all of its decimals"
    assert said(found) == [(3, 7, message, "say in tables.yaml to how many, as in 'decimals: 1'")]
    assert [one.severity for one in found.problems] == ["warning"]
    assert not found.faulty_tables


def test_all_faulty_rows_are_found(tmp_path: Path) -> None:
    _, found = read(tmp_path, HEADER + "AFG,3,x,,nobody nothing\nKEN,,,,\n")
    assert [line for line, *_ in said(found)] == [2, 2, 2, 2, 3]


def test_a_key_of_two_columns(tmp_path: Path) -> None:
    specs = MAIN.replace("key: id", "key: [id, year]")
    tables, found = read(tmp_path, HEADER + "A,1,,2024,\nA,1,,2025,\nA,1,,2024,\n", specs)
    assert said(found) == [(4, 1, "the row 'A,2024' stands twice", "it stands first in line 2")]
    assert set(tables["main"].by_key) == {"A,2024", "A,2025"}


def test_a_table_with_other_columns_than_it_should_is_not_read(tmp_path: Path) -> None:
    assert read(tmp_path, "id,teir,victims,year,sources\n")[0] == {}
    assert read(tmp_path, SOUND, MAIN.replace("key: id", "key: ids"))[0] == {}
    _, found = read(tmp_path, "id,tier,victims,year\n")
    assert said(found) == [
        (1, 0, "the column 'sources' is missing", "add it to the header, or take it out of tables.yaml")
    ]


@pytest.mark.parametrize("file", ["../main.csv", "/etc/passwd", "x/../../main.csv", "link.csv", "main.csv"])
def test_a_table_outside_the_folder_is_not_read(tmp_path: Path, file: str) -> None:
    inside = tmp_path / "publication"
    inside.mkdir()
    (inside / "link.csv").symlink_to(written(tmp_path, SOUND, "main.csv"))
    tables, found = tables_in(inside, MAIN.replace("tables/main.csv", file))
    assert tables == {}
    assert [p.message for p in found.problems] == ["the table lies outside the publication's tables/"]


def test_a_table_may_name_its_sources_row_by_row(tmp_path: Path) -> None:
    by_row = MAIN.replace("  sources: [voa]\n", "").replace("{type: sources, blank: true}", "{type: sources}")
    assert read(tmp_path, HEADER + "A,1,,,press\n", by_row)[1].problems == []


def test_where_the_sources_are_not_known_none_is_wrong(tmp_path: Path) -> None:
    assert read(tmp_path, HEADER + "AFG,1,,,nobody\n", source=None)[1].problems == []


def test_a_key_to_a_table_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    written(tmp_path, "id\nAFG\n", "tables/listed.csv")
    _, found = read(tmp_path, HEADER + "AFG\n", MAIN + LISTED)
    assert [p.message for p in found.problems] == ["the row has 1 cell, the header has 5"]


def test_a_column_of_whole_numbers_has_no_decimals(tmp_path: Path) -> None:
    rows = "A,1,12,,press\nB,1,142.0,,press\nC,1,,,press\n"
    said_of = [(4 - 1, 5, "'victims' has whole numbers, not '142.0'", "write 142")]
    assert said(read(tmp_path, HEADER + rows)[1]) == said_of
    assert said(read(tmp_path, HEADER + rows.replace("12,", "12.5,"))[1]) == [], "measured"


def test_a_cell_has_no_number_without_end(tmp_path: Path) -> None:
    [found] = said(read(tmp_path, HEADER + f"A,1,{'9' * 100_000},,press\n")[1])
    assert found[2] == "'victims' has a number of more than 18 digits"


ANOTHER = "name another column of 'type: text'"

NAMED = """\
main:
  file: tables/main.csv
  title: x
  key: id
  sources: [voa]
  columns:
    id: {type: code}
    name: {type: text, label: Name LANGUAGES}
    english: {type: text}
    count: {type: number}
"""


def named(folder: Path, header: str, languages: str = "") -> tuple[dict[str, Table], References]:
    """A table of names that says of them these languages, in a publication in Pashto, too."""
    written(folder, f"{header}\n{','.join('1' for _ in header.split(','))}\n", "tables/main.csv")
    specs = written(folder, NAMED.replace(" LANGUAGES", f", languages: {{{languages}}}" if languages else ""))
    read_specs = ModelReader().read_value(Mapping[str, TableSpec], read_yaml(specs), "the tables")
    known = {"source": ["voa"], "table": ["main"], "language": ["en", "fa-AF", "ps"]}
    found = References(names=known)  # type: ignore[arg-type]
    return read_tables(folder, read_specs, found, ["ps"]), found


def test_a_column_of_names_in_a_language_needs_no_declaration(tmp_path: Path) -> None:
    tables, found = named(tmp_path, "id,name,name.ps,english,count")
    assert said(found) == []
    columns = tables["main"].spec.columns
    assert (columns["name.ps"].label, columns["name.ps"].blank, columns["name.ps"].type) == ("Name", True, "text")
    assert columns["name"].languages == {"ps": "name.ps"}
    assert tables["main"].spec.name_column == "name"


@pytest.mark.parametrize(
    ("column", "hint"), [("name.xx", "did you mean 'name'?"), ("count.ps", "did you mean 'count'?")]
)
def test_another_column_must_be_declared(tmp_path: Path, column: str, hint: str) -> None:
    _, found = named(tmp_path, f"id,name,{column},english,count")
    assert said(found) == [(1, 0, f"the column '{column}' is not declared in tables.yaml", hint)]


def test_a_column_may_be_said_to_hold_the_words_of_another(tmp_path: Path) -> None:
    tables, found = named(tmp_path, "id,name,english,count", "en: english")
    assert said(found) == []
    assert tables["main"].spec.columns["name"].languages == {"en": "english"}


@pytest.mark.parametrize(
    ("languages", "header", "message", "hint"),
    [
        ("en: englsh", "", "there is no column 'englsh'", "did you mean 'english'?"),
        ("ex: english", "", "there is no language 'ex'", "known: en, fa-AF, ps"),
        ("en: count", "", "the column 'count' does not hold the words of 'name'", ANOTHER),
        ("en: name", "", "the column 'name' does not hold the words of 'name'", ANOTHER),
        ("ps: english", ",name.ps", "'name' in the language 'ps' stands in 'english' and in 'name.ps'",
         "keep one of them"),
    ],
)  # fmt: skip
def test_a_column_of_translations_that_cannot_be(
    tmp_path: Path, languages: str, header: str, message: str, hint: str
) -> None:
    _, found = named(tmp_path, f"id,name,english,count{header}", languages)
    assert [fault[2:] for fault in said(found)] == [(message, hint)]
    assert said(found)[0][0] == 8


def test_rows_have_their_cells_by_name_in_whatever_order_the_file_has_the_columns(tmp_path: Path) -> None:
    tables, _ = read(tmp_path, "victims,sources,year,id,tier\n12.5,voa press,2025,AFG,1\n")
    expected = {"id": "AFG", "tier": "1", "victims": "12.5", "year": "2025", "sources": "voa press"}
    assert (
        [*map(dict, tables["main"].rows)]
        == [*map(dict, read_rows(tmp_path / tables["main"].spec.file, tables["main"].spec))]
        == [expected]
    )
