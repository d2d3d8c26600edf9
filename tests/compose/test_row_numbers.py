"""A row's own numbers: in texts and headlines, in years and tables; and the formulas of derived figures."""

import re
from pathlib import Path

import pytest

from tests.corrections.support import NEXT_DAY, planned
from tests.html_tree import read_html
from tests.support import HEAD, append, change, wells
from tipbrief.pipeline.document import compose_document, compose_html
from tipbrief.pipeline.run import deliver_editions
from tipbrief.pipeline.session import Session

BRIEF = (
    HEAD.replace("title: چاه‌ها", "title: '{row.name}'").replace("pages: 1", "for_each: places\npages: auto")
    + """\
  - lead: own
  - figures: [row.depth, countries, share, mean_depth]
  - table: {table: dug, columns: [year, number], within: iso3, sort: number, title: سال‌ها}
  - table: {table: places, columns: [name, depth], sort: depth, title: همه}
  - years: {table: dug, column: number, within: iso3, start: 2018, title: سال به سال,
           caption: 'ژرفا {row.depth}{@row}'}
  - sources: {title: منابع}
"""
)
TEXTS = """\
prose:
  own:
    text: در {row.name} ژرفا {row.depth} متر است.
"""
FIGURES = """\
share:
  label: سهم کشورهای باز
  kind: derived
  percent: [open, countries]
  decimals: 1
mean_depth:
  label: ژرفای میانگین
  kind: derived
  mean: {table: places, column: depth}
  decimals: 1
"""
TABLES = """\
dug:
  file: tables/dug.csv
  title: چاه‌های هر کشور
  key: [iso3, year]
  columns:
    iso3: {type: key, table: places}
    year: {type: year, label: سال}
    number: {type: number, label: کنده‌شده, blank: true}
    sources: {type: sources}
"""
ROWS = ["AFG,2018,40,survey", "AFG,2019,900,diary", "AFG,2020,,diary", "PAK,2018,7,atlas", "AND,2018,,atlas"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = wells(tmp_path / "wells", each=BRIEF)
    change(made / "texts.yaml", "prose:\n", TEXTS)
    append(made / "figures.yaml", FIGURES)
    append(made / "tables.yaml", TABLES)
    (made / "tables" / "dug.csv").write_text("\n".join(["iso3,year,number,sources", *ROWS, ""]), encoding="utf-8")
    return made


def page_of(folder: Path, name: str, language: str = "") -> str:
    session = Session.open(folder, languages=[language] if language else [])
    return compose_html(session, compose_document(session, name).edition)


def words_of(html: str) -> str:
    return " ".join(read_html(html).text.split())


def test_a_text_a_headline_and_a_caption_print_the_numbers_of_the_row_and_cite_it(folder: Path) -> None:
    html = page_of(folder, "each-AFG")
    assert 'ژرفا ۱۲۰٫۵ متر است.<sup class="cite">' in html, "the table's sources, as the text cites nothing"
    assert '<span class="figure-value">۱۲۰٫۵</span> <span class="figure-label">ژرفا<sup class="cite">' in html
    assert "ژرفا ۱۲۰٫۵<sup" in html
    assert "ژرفا – متر است." in words_of(page_of(folder, "each-AND"))


def test_a_table_and_years_are_those_of_the_row(folder: Path) -> None:
    piece = compose_document(Session.open(folder), "each-AFG")
    html = page_of(folder, "each-AFG")
    table = words_of(html.partition("<table>")[2].partition("</table>")[0])
    assert table == "سالکنده‌شده ۲۰۱۹ ۹۰۰ ۲۰۱۸ ۴۰ ۲۰۲۰ رقمی یافت نشد", (
        "from the largest number, and at last what has none"
    )
    assert html.count('<rect class="whole"') == 2
    names = {name for name in piece.prints if name.startswith("dug")}
    assert names == {f"dug[AFG,{year}].number" for year in (2018, 2019, 2020)}
    assert "dug[PAK,2018].number" in compose_document(Session.open(folder), "each-PAK").prints
    nothing = words_of(page_of(folder, "each-TJK"))
    assert "ردیفی یافت نشد." in nothing
    assert "رقمی یافت نشد." in nothing


REGIONS = """\
regions:
  file: tables/regions.csv
  title: ولایت‌ها
  key: region
  sources: [survey]
  columns:
    region: {type: code}
dug_there:
  file: tables/dug_there.csv
  title: چاه‌های هر ولایت
  key: [region, year]
  sources: [survey]
  columns:
    region: {type: key, table: regions}
    year: {type: year, label: سال}
    number: {type: number, label: کنده‌شده}
"""


def test_rows_within_a_key_of_another_table_are_those_of_the_rows_own_cell(folder: Path) -> None:
    """The column leads to a third table: its cell in the document's row counts, not the document's key."""
    change(
        folder / "tables.yaml",
        "    iso3: {type: code}\n    name",
        "    iso3: {type: code}\n    region: {type: key, table: regions}\n    name",
    )
    append(folder / "tables.yaml", REGIONS)
    places = folder / "tables" / "places.csv"
    head, *rows = places.read_text(encoding="utf-8").splitlines()
    rows = [f"{row},{'north' if row.startswith(('AFG', 'TJK')) else 'south'}" for row in rows]
    places.write_text("\n".join([f"{head},region", *rows, ""]), encoding="utf-8")
    (folder / "tables" / "regions.csv").write_text("region\nnorth\nsouth\n", encoding="utf-8")
    there = "region,year,number\nsouth,2019,7\nnorth,2019,5\nnorth,2018,3\n"
    (folder / "tables" / "dug_there.csv").write_text(there, encoding="utf-8")
    block = "  - table: {table: dug_there, columns: [year, number], within: region, title: همان‌جا}\n"
    change(folder / "briefs" / "each.yaml", "  - sources:", f"{block}  - sources:")
    for name, keys in (("each-AFG", {"north,2018", "north,2019"}), ("each-PAK", {"south,2019"})):
        printed = {name for name in compose_document(Session.open(folder), name).prints if "dug_there" in name}
        assert printed == {f"dug_there[{key}].number" for key in keys}


def test_whole_tables_are_sorted_by_the_column(folder: Path) -> None:
    html = page_of(folder, "each-AFG")
    assert [html.index(f'<td class="number">{depth}') for depth in ("۱٬۲۰۰", "۱۲۰٫۵", "۸۰")] == sorted(
        html.index(f'<td class="number">{depth}') for depth in ("۱٬۲۰۰", "۱۲۰٫۵", "۸۰")
    )


def test_the_sources_say_how_derived_figures_come_about(folder: Path) -> None:
    said = (
        "شیوۀ محاسبه: سهم کشورهای باز: کشور با چاه باز (۲) به فیصدی از کشور در جدول (۴)؛ "
        "ژرفای میانگین: اوسط «ژرفا» در «جای چاه‌ها»، ۳ سطر، بدون ۱ سطر که رقمی ندارد، گردشده تا ۱ رقم اعشار."
    )
    assert said in words_of(page_of(folder, "each-AFG"))
    change(folder / "publication.yaml", "language: fa-AF", "languages: [fa-AF, en, ps, fa-IR]")
    html = page_of(folder, "each-AFG.en", "en")
    assert ", 3 rows, without 1 row that has no number, rounded to 1 decimal place." in html
    assert "as a percentage of" in html
    for tag in ("ps", "fa-IR"):
        formulas = page_of(folder, f"each-AFG.{tag}", tag).partition('formulas">')[2].partition("</p>")[0]
        plain = re.sub("<[^>]*>", "", formulas)
        assert not re.search("[A-Za-z]", plain), plain


def test_a_correction_of_the_row_is_marked_on_its_sheet_alone(folder: Path, tmp_path: Path) -> None:
    names = ["each-AFG", "each-PAK"]
    deliver_editions(Session.open(folder), names, tmp_path / "out", NEXT_DAY)
    wanted = [("dug[AFG,2018].number", "41"), ("places[AFG].depth", "121")]
    planned(folder, *wanted).write_change()
    html = page_of(folder, "each-AFG")
    mark = '<sup class="corrected">'
    assert f"ژرفا ۱۲۱{mark}" in html.partition("<main>")[2]
    assert f'<span class="figure-value">۱۲۱{mark}' in html
    assert mark in html.partition('class="chart years"')[2].partition("</h2>")[0]
    other = page_of(folder, "each-PAK")
    assert mark not in other.partition('class="chart years"')[2].partition("</h2>")[0]
