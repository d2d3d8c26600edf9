"""The data of a publication as other programs read them, and nothing more than its PDFs carry."""

import csv
import io
import json
import warnings
from decimal import Decimal
from pathlib import Path
from typing import Any

import bibtexparser
import jsonschema
import pytest
import yaml
from citeproc import Citation, CitationItem, CitationStylesBibliography, CitationStylesStyle, formatter
from citeproc.source.json import CiteProcJSON
from hypothesis import given
from hypothesis import strategies as st

from tests.support import GOLDEN, TIP_2025, change, contents, problem_of, run_well, wells
from tipbrief.check.printed_names import PrintedNames
from tipbrief.check.publication import load_publication
from tipbrief.export.data_package import _format_csv
from tipbrief.export.document_forms import _quote
from tipbrief.ledger.entries import format_ledger_value
from tipbrief.pipeline.session import Session

# From dplib-py 1.1.0 (MIT): the official profile of https://datapackage.org/profiles/2.0/.
PROFILE = json.loads(Path(__file__).with_name("datapackage-2.0.json").read_text(encoding="utf-8"))
CARRY = "{0}title: چاه‌ها\nsubtitle: برگۀ کوتاه\nshort: چاه‌ها\nsubject: برگۀ آزمایشی\npages: 1\ncarry: {1}\nblocks:\n"
SIGNS = st.text(st.characters(exclude_categories=("Cs",)), max_size=20)


@pytest.fixture(scope="module", params=[TIP_2025, GOLDEN], ids=["tip-2025", "golden"])
def package(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, bytes]]:
    out = tmp_path_factory.mktemp("out")
    name = "world" if request.param == TIP_2025 else "all"
    run_well("export", name, "--as", "data", "--publication", request.param, "--out", out)
    assert {one.name for one in out.iterdir()} == {"data", "manifest.json"}
    return request.param, contents(out / "data")


def read_rows(data: bytes) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(data.decode(), newline=""), strict=True)]


def described(files: dict[str, bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(files["datapackage.json"])
    return found


def test_the_description_follows_the_official_schema(package: tuple[Path, dict[str, bytes]]) -> None:
    whole = described(package[1])
    validator = jsonschema.validators.validator_for(PROFILE)(PROFILE)
    assert [fault.message for fault in validator.iter_errors(whole)] == []
    whole["resources"][0]["schema"]["fields"][0]["type"] = "numbr"
    assert [*validator.iter_errors(whole)], "the schema sees faults"
    assert {one["path"] for one in whole["resources"]} == {*package[1]} - {"datapackage.json"}
    for one in whole["resources"]:
        assert one["bytes"] == len(package[1][one["path"]])


def printed_by(folder: Path) -> PrintedNames:
    """What the exported document prints."""
    name = "world" if folder == TIP_2025 else "all"
    return Session.open(folder).printed_names(name)


def test_the_tables_have_what_the_document_prints(package: tuple[Path, dict[str, bytes]]) -> None:
    folder, files = package
    printed = printed_by(folder)
    publication, resources = load_publication(folder), {one["name"]: one for one in described(files)["resources"]}
    rows = {name: read_rows(files[one["path"]]) for name, one in resources.items() if one.get("type") == "table"}
    tables = {name: table for name, table in publication.tables.items() if name in printed.entries["table"]}
    assert {name for name in rows if name.startswith("tables-")} == {f"tables-{name}-csv" for name in tables}
    for name, table in tables.items():
        shown = [{c: cell for c, cell in row.items() if c in printed.columns[name]} for row in table.rows]
        assert rows[f"tables-{name}-csv"] == shown
    values = {row["name"]: row["value"] for row in rows["figures-csv"]}
    assert values == {
        name: format_ledger_value(value)
        for name, value in publication.values.items()
        if name in printed.entries["figure"]
    }
    for name, own in rows.items():  # as the description promises
        schema = resources[name]["schema"]
        keys = [tuple(row[column] for column in schema["primaryKey"]) for row in own]
        assert len({*keys}) == len(keys)
        assert [field["name"] for field in schema["fields"]] == [*own[0]]
        for field in schema["fields"]:
            cells = [row[field["name"]] for row in own]
            assert all(cells) or not field.get("constraints")
            known = {one["value"] for one in field.get("categories", ())} or {*cells}
            assert known.issuperset(filter(None, cells))
            if field["type"] in ("number", "year"):
                assert all(Decimal(cell).is_finite() for cell in cells if cell)
        for key in schema.get("foreignKeys", ()):
            there = {row[key["reference"]["fields"][0]] for row in rows[key["reference"]["resource"]]}
            assert there.issuperset(filter(None, (row[key["fields"][0]] for row in own)))


def test_other_programs_cite_the_sources(package: tuple[Path, dict[str, bytes]]) -> None:
    folder, files = package
    printed = printed_by(folder).entries["source"]
    sources = {name: one for name, one in load_publication(folder).sources.items() if name in printed}
    for name, ids in (("sources", [*sources]), ("publication", [str(load_publication(folder).imprint.id)])):
        items = json.loads(files[f"{name}.csl.json"])
        assert [one["id"] for one in items] == ids
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            known = CiteProcJSON(items)
        style = CitationStylesStyle("harvard-cite-them-right", validate=False)
        book = CitationStylesBibliography(style, known, formatter.plain)
        for one in ids:
            book.register(Citation([CitationItem(one)]))
        assert len(book.bibliography()) == len(ids)
    parsed = bibtexparser.parse_string(files["sources.bib"].decode())
    assert not parsed.failed_blocks
    assert [one.key for one in parsed.entries] == [*sources]
    for one in parsed.entries:
        source, fields = sources[one.key], one.fields_dict
        date = source.date and (source.date.year, source.date.month, source.date.day)
        shown = tuple(int(fields[part].value) if part in fields else 0 for part in ("year", "month", "day"))
        assert shown == (date or (0, 0, 0))
        assert fields["title"].value.strip("{}").replace("\\", "") == source.title


def test_licence_doi_and_address_go_out(tmp_path: Path) -> None:
    folder = wells(
        tmp_path / "wells", one=CARRY.format("", "all") + "  - figures: [wells]\n  - sources: {title: منابع}\n"
    )
    more = (
        "doi: 10.5281/zenodo.12\nlicence: https://creativecommons.org/licenses/by/4.0/\naddress: https://a.example/\n"
    )
    change(folder / "publication.yaml", "publisher:", f"{more}publisher:")
    run_well("export", "--as", "data", "--publication", folder, "--out", tmp_path / "out")
    files = contents(tmp_path / "out" / "data")
    whole = described(files)
    assert whole["id"] == "https://doi.org/10.5281/zenodo.12"
    assert whole["licenses"] == [{"path": "https://creativecommons.org/licenses/by/4.0/"}]
    assert json.loads(files["publication.csl.json"])[0]["DOI"] == "10.5281/zenodo.12"
    change(folder / "publication.yaml", "doi: 10", "doi: https://doi.org/10")
    problem = problem_of(load_publication, folder)
    assert "DOI" in problem.message
    assert "10.5281/zenodo" in problem.hint


@pytest.mark.parametrize(("carry", "figures"), [("own", ["wells"]), ("none", [])])
def test_a_brief_that_carries_less_gives_no_table(carry: str, figures: list[str], tmp_path: Path) -> None:
    brief = CARRY.format("", carry) + "  - figures: [wells]\n  - sources: {title: منابع}\n"
    folder = wells(tmp_path / "wells", one=brief, two=brief.replace("wells]", "wells, newest]").replace(carry, "all"))
    run_well("export", "one", "--as", "data", "--publication", folder, "--out", tmp_path / "out")
    files = contents(tmp_path / "out" / "data")
    assert not [name for name in files if name.startswith("tables/")]
    assert [row["name"] for row in read_rows(files.get("figures.csv", b"name\r\n"))] == figures
    assert [one["id"] for one in json.loads(files["sources.csl.json"])] == ["survey"], "what it cites"
    run_well("export", "--as", "data", "--publication", folder, "--out", tmp_path / "all")
    assert [name for name in contents(tmp_path / "all" / "data") if name.startswith("tables/")]


@given(st.lists(st.fixed_dictionaries({"a": SIGNS, "b": SIGNS}), max_size=4))
def test_a_cell_is_what_it_is(rows: list[dict[str, str]]) -> None:
    """Also one that a spreadsheet takes for a formula: = + - @ are data."""
    assert read_rows(_format_csv(["a", "b"], rows)) == rows


@given(SIGNS)
def test_any_text_gets_through_yaml(text: str) -> None:
    assert yaml.safe_load(f"a: [{_quote(text)},]") == {"a": [text]}
