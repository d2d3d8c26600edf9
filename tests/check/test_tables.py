from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tipbrief.check.models import Choice, Column, Count, Table, TableSpec
from tipbrief.check.references import References
from tipbrief.check.tables import counted, read_tables, row_sources
from tipbrief.load.places import Place, Text

PLACE = Place(Path("tables.yaml"), 1, 1)
LOOK = {"place": PLACE, "label": Text("x", PLACE), "short": Text("x", PLACE)}
COLOURS = {"colour": Text("#000000", PLACE), "text_colour": Text("#ffffff", PLACE)}


def text(word: str) -> Text:
    return Text(word, PLACE)


def column(kind: Any, **more: Any) -> Column:
    return Column(place=PLACE, type=kind, **more)


def spec(name: str, columns: dict[str, Column], key: tuple[str, ...] = ("id",), **more: Any) -> TableSpec:
    return TableSpec(
        place=PLACE, id=name, file=text(f"{name}.csv"), title=text("x"), key=tuple(map(text, key)),
        columns=columns, **{"sources": (text("voa"),), **more},
    )  # fmt: skip


COLUMNS = {
    "id": column("code"),
    "tier": column("choice", choices={"1": Choice(**LOOK, **COLOURS), "2WL": Choice(**LOOK, **COLOURS)}),
    "victims": column("number", blank=True),
    "year": column("year", blank=True),
    "sources": column("sources", blank=True),
}
HEADER = "id,tier,victims,year,sources\n"
SOUND = HEADER + "AFG,1,12.5,2025,voa press\nKEN,2WL,,,\nSYR,1,0,1999,press\n"


def read(
    tmp_path: Path, rows: str, given: TableSpec | None = None, **others: tuple[TableSpec, str]
) -> tuple[dict[str, Table], References]:
    given = given or spec("main", COLUMNS)
    (tmp_path / "main.csv").write_text(rows, encoding="utf-8")
    for name, (_, content) in others.items():
        (tmp_path / f"{name}.csv").write_text(content, encoding="utf-8")
    specs = {"main": given, **{name: other for name, (other, _) in others.items()}}
    found = References(names={"source": ["voa", "press"], "table": list(specs)})
    return read_tables(tmp_path, specs, found), found


def said(found: References) -> list[tuple[int, int, str, str]]:
    return [(p.line, p.column, p.message, p.hint) for p in found.in_order()]


def test_a_sound_table(tmp_path: Path) -> None:
    tables, found = read(tmp_path, SOUND)
    assert found.problems == []
    assert found.doubtful == set()
    assert tables["main"].by_key["AFG"] == {
        "id": "AFG", "tier": "1", "victims": "12.5", "year": "2025", "sources": "voa press",
    }  # fmt: skip
    assert [row["id"] for row in tables["main"].rows] == ["AFG", "KEN", "SYR"]


def test_the_order_of_the_columns_is_free(tmp_path: Path) -> None:
    tables, found = read(tmp_path, "sources,year,victims,tier,id\n,,,1,AFG\n")
    assert found.problems == []
    assert tables["main"].by_key["AFG"]["tier"] == "1"


def test_rows_rest_on_their_own_sources_else_on_those_of_the_table(tmp_path: Path) -> None:
    table = read(tmp_path, SOUND)[0]["main"]
    assert [row_sources(table, row) for row in table.rows] == [["voa", "press"], ["voa"], ["press"]]


def test_counted_rows(tmp_path: Path) -> None:
    table = read(tmp_path, SOUND)[0]["main"]

    def count(**where: str) -> list[str]:
        which = Count(place=PLACE, table=text("main"), where={k: text(v) for k, v in where.items()})
        return [row["id"] for row in counted(table, which)]

    assert count() == ["AFG", "KEN", "SYR"]
    assert count(tier="1") == ["AFG", "SYR"]
    assert count(tier="1", year="1999") == ["SYR"]
    assert count(tier="3") == []


NUMBER = "write 1234.5: Latin digits, no separators"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("AFG,2wl,,,", (2, 5, "'2wl' is no value of 'tier'", "did you mean '2WL'?")),
        ("AFG,1,x,,", (2, 7, "'victims' is a number, not 'x'", NUMBER)),
        ("AFG,1,-5,,", (2, 7, "'victims' is a number, not '-5'", NUMBER)),
        ("AFG,1,,25,", (2, 8, "'year' is a year, not '25'", "write 2025: four Latin digits")),
        ("AFG,1,,۲۰۲۵,", (2, 8, "'year' is a year, not '۲۰۲۵'", "write 2025")),
        ("AFG,1,,2025-09,", (2, 8, "'year' is a year, not '2025-09'", "write 2025: four Latin digits")),
        ("AFG,1,,,voa pres", (2, 13, "there is no source 'pres'", "did you mean 'press'?")),
    ],
)
def test_what_a_row_must_not_be(tmp_path: Path, row: str, problem: tuple[int, int, str, str]) -> None:
    tables, found = read(tmp_path, HEADER + row + "\n")
    assert said(found) == [problem]
    assert "main" in tables
    assert found.doubtful == {"main"}, "what is counted from it would be wrong, too"


def test_all_faulty_rows_are_found(tmp_path: Path) -> None:
    _, found = read(tmp_path, HEADER + "AFG,3,x,,nobody nothing\nKEN,,,,\n")
    assert [line for line, *_ in said(found)] == [2, 2, 2, 2, 3]


def test_a_key_of_two_columns(tmp_path: Path) -> None:
    given = spec("main", COLUMNS, ("id", "year"))
    tables, found = read(tmp_path, HEADER + "A,1,,2024,\nA,1,,2025,\nA,1,,2024,\n", given)
    assert said(found) == [(4, 1, "the row 'A,2024' stands twice", "it stands first in line 2")]
    assert set(tables["main"].by_key) == {"A,2024", "A,2025"}


def test_a_table_with_other_columns_than_it_should_is_not_read(tmp_path: Path) -> None:
    assert read(tmp_path, "id,teir,victims,year,sources\n")[0] == {}
    assert read(tmp_path, SOUND, spec("main", COLUMNS, ("ids",)))[0] == {}
    _, found = read(tmp_path, "id,tier,victims,year\n")
    assert said(found) == [
        (1, 0, "the column 'sources' is missing", "add it to the header, or take it out of tables.yaml")
    ]


@pytest.mark.parametrize("file", ["../main.csv", "/etc/passwd", "x/../../main.csv"])
def test_a_table_outside_the_folder_is_not_read(tmp_path: Path, file: str) -> None:
    (tmp_path / "main.csv").write_text(SOUND, encoding="utf-8")
    inside = tmp_path / "publication"
    inside.mkdir()
    found = References(names={"source": ["voa", "press"]})
    assert read_tables(inside, {"main": replace(spec("main", COLUMNS), file=text(file))}, found) == {}
    assert [p.message for p in found.problems] == ["the table lies outside the publication's folder"]


def test_a_link_that_leads_outside_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text(SOUND, encoding="utf-8")
    inside = tmp_path / "publication"
    inside.mkdir()
    (inside / "main.csv").symlink_to(tmp_path / "secret.csv")
    found = References(names={"source": ["voa", "press"]})
    assert read_tables(inside, {"main": spec("main", COLUMNS)}, found) == {}


def test_a_table_may_name_its_sources_row_by_row(tmp_path: Path) -> None:
    by_row = {**COLUMNS, "sources": column("sources")}
    _, found = read(tmp_path, HEADER + "A,1,,,press\n", spec("main", by_row, sources=()))
    assert found.problems == []


def test_where_the_sources_are_not_known_none_is_wrong(tmp_path: Path) -> None:
    (tmp_path / "main.csv").write_text(HEADER + "AFG,1,,,nobody\n", encoding="utf-8")
    found = References(names={"source": None, "table": ["main"]})
    read_tables(tmp_path, {"main": spec("main", COLUMNS)}, found)
    assert found.problems == []


def test_a_key_to_a_table_that_cannot_be_read_is_not_judged(tmp_path: Path) -> None:
    _, found = read(
        tmp_path,
        HEADER + "AFG\n",
        listed=(spec("listed", {"id": column("key", table=text("main"))}), "id\nAFG\n"),
    )
    assert [p.message for p in found.problems] == ["the row has 1 cell, the header has 5"]
