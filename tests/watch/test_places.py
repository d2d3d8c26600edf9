"""Places on the pages, judged by others: the files are read by plain parsers, the pages by PDFium."""

import csv
import json
import re
import shutil
import unicodedata
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pypdfium2
import pytest
import yaml

from tests.support import GOLDEN, HEAD, SOURCES, TESTS, TIP_2025, change, fit_document, letters_on, wells
from tipbrief.check.blocks import MapChart, every_block
from tipbrief.check.publication import Publication
from tipbrief.check.row_blocks import ROW_PLACEHOLDERS
from tipbrief.compose.formatting import format_cell, format_figure
from tipbrief.compose.html_writer import plain_text
from tipbrief.compose.maps import shape_map
from tipbrief.compose.templates import bare_address
from tipbrief.language.dates import Date, solar_parts
from tipbrief.language.unicode_text import normal_form
from tipbrief.ledger.entries import parse_count_key, split_cell_name
from tipbrief.load.schema import MarkdownText
from tipbrief.load.source_text import SourceLocation
from tipbrief.pipeline.document import ComposedDocument, compose_document
from tipbrief.pipeline.session import Session
from tipbrief.typeset.engine import Layout
from tipbrief.watch.value_locations import PageArea, ValueLocation, find_page_areas

QUAKES = TIP_2025.parent / "examples" / "earthquakes"
DOCUMENTS = [
    *((GOLDEN, name) for name in ("all", "each-AFG")),  # every kind of block
    *((TIP_2025, name) for name in ("country-USA.ps", "country-MDV.en")),
    (QUAKES, "overview"),
]
MORE_DOCUMENTS = [
    *((TIP_2025, name) for name in ("world", "world.ps", "world.en", "country-AFG")),
    *((QUAKES, name) for name in ("overview.ps", "province-AF-BDS.en")),
]
# What a document reads without printing it: by what its rows are chosen, on what years rest, where its numbers stand.
READ_ALONE = {"region", "basis", "narrative"}
_FILLED = re.compile(rf"{{(years|{'|'.join(ROW_PLACEHOLDERS)})}}")  # by the program, when it is printed
_CELL = re.compile(r"(.+)\[(.+)\]\.(.+)")


@dataclass(frozen=True)
class Pages:
    """A document with its pages and the places on them."""

    session: Session
    piece: ComposedDocument
    layout: Layout
    pdf: bytes
    places: list[PageArea]

    @property
    def whole(self) -> Publication:
        return self.session.publication_for(self.piece.name)


@cache
def opened(folder: Path) -> Session:
    first = Session.open(folder)
    return Session.open(folder, languages=[one.tag for one in first.publication.languages[1:]])


def pages_of(session: Session, name: str) -> Pages:
    piece = compose_document(session, name)
    fit = fit_document(piece)
    return Pages(
        session, piece, fit.layout, fit.typesetting.raw_pdf, find_page_areas(session, piece.edition, fit.layout)
    )


@pytest.mark.parametrize(
    ("folder", "name"),
    [*DOCUMENTS, *(pytest.param(*one, marks=pytest.mark.slow) for one in MORE_DOCUMENTS)],
    ids=lambda one: getattr(one, "name", one),
)
def test_each_place_is_right(folder: Path, name: str) -> None:
    made = pages_of(opened(folder), name)
    values_stand_at_their_line_and_column(made)
    pdfium_reads_in_the_rectangles_what_is_printed_of_the_values(made)
    what_the_ledger_knows_as_printed_has_its_places(made)


@pytest.mark.parametrize("name", ["country-USA.ps", "country-MDV.en"])
def test_the_years_of_a_bar_have_their_parts_in_the_direction_of_the_language(name: str) -> None:
    made = pages_of(opened(TIP_2025), name)
    found = ((one, re.fullmatch(r"history\[\w+,(\d{4})\]\.tier", one.location.name)) for one in made.places)
    parts = sorted((one.page, one.y, one.x, one.x + one.width, int(year[1])) for one, year in found if year)
    pairs = [(left, right) for left, right in pairwise(parts) if abs(left[3] - right[2]) < 0.01 and left[1] == right[1]]
    step = -1 if made.whole.language.rtl else 1
    assert len(pairs) > 3
    assert {right[4] - left[4] for left, right in pairs} == {step}


PROSE = """prose:
  quoted:
    text: 'آب زیر زمین کم شد.
      آب زیر زمین کم نشد؟ «پایان» است.'
  folded:
    text: >-
      یک جملۀ دراز که در سطر دوم
      پایان می‌یابد. جملۀ دوم {wells}
      چاه دارد.{@survey} جملۀ سوم.
"""


@pytest.mark.parametrize("name", ["quoted", "folded"])
def test_each_sentence_is_found_however_it_is_written(tmp_path: Path, name: str) -> None:
    folder = small(tmp_path, f"  - prose: {name}\n")
    (folder / "texts.yaml").write_text(PROSE, encoding="utf-8")
    places = {place.location: None for place in pages_of(Session.open(folder), "one").places}
    found = [(one.line, one.column) for one in places if one.name == f"prose.{name}.text"]
    begins = {"quoted": ("آب زیر زمین کم ش", "آب زیر زمین کم ن", "«"), "folded": ("یک", "جملۀ دوم", "جملۀ سوم")}[name]
    lines = [*enumerate(PROSE.split("\n"), 1)]
    assert found == [next((n, line.index(one) + 1) for n, line in lines if one in line) for one in begins]


def small(to: Path, blocks: str) -> Path:
    """A publication with one brief, in which these blocks stand."""
    return wells(to / "wells", one=f"{HEAD}{blocks}{SOURCES}")


def test_a_line_more_in_a_file_moves_the_lines_and_nothing_on_the_pages(tmp_path: Path) -> None:
    folder = small(tmp_path, "  - figures: [wells, countries]\n")
    before = pages_of(Session.open(folder), "one")
    file = folder / "figures.yaml"
    file.write_text(f"# a remark\n{file.read_text(encoding='utf-8')}", encoding="utf-8")
    session = Session.open(folder)
    after = find_page_areas(session, compose_document(session, "one").edition, before.layout)
    for was, now in zip(before.places, after, strict=True):
        assert (was.page, was.x, was.y, was.width, was.height) == (now.page, now.x, now.y, now.width, now.height)
        assert now.location.line - was.location.line == (now.location.file == "figures.yaml")


def test_what_is_saved_while_places_are_looked_for_has_none(tmp_path: Path) -> None:
    folder = small(tmp_path, "  - figures: [wells, newest]\n")
    session = Session.open(folder)
    layout = pages_of(session, "one").layout
    (folder / "figures.yaml").write_text("wells: [", encoding="utf-8")
    (folder / "tables" / "digging.csv").write_text("", encoding="utf-8")
    places = find_page_areas(session, compose_document(session, "one").edition, layout)
    assert places
    assert not {place.location.name for place in places if place.location.kind == "figure"}


def test_where_a_template_is_lost_among_the_marks_there_are_no_places(tmp_path: Path) -> None:
    folder = small(tmp_path, "  - lead: note\n  - figures: [wells]\n")
    (folder / "templates" / "blocks").mkdir(parents=True)
    page = "<p>{{ values['newest'] | number | decimal | number }}</p>"
    (folder / "templates" / "blocks" / "lead.html.j2").write_text(page, encoding="utf-8")
    assert pages_of(Session.open(folder), "one").places == []


def test_a_cell_of_a_workbook_is_its_row_and_column(tmp_path: Path) -> None:
    folder = small(tmp_path, "  - table: {table: places, columns: [name, depth], title: جدول}\n")
    change(folder / "tables.yaml", "tables/places.csv", "tables/places.xlsx")
    (folder / "tables" / "places.csv").unlink()
    shutil.copy(TESTS / "spreadsheets" / "places-libreoffice.xlsx", folder / "tables" / "places.xlsx")
    places = {place.location.name: place.location for place in pages_of(Session.open(folder), "one").places}
    one = places["places[PAK].depth"]
    sheet = openpyxl.load_workbook(folder / "tables" / "places.xlsx")[one.sheet]
    assert (one.file, one.value) == ("tables/places.xlsx", str(sheet.cell(one.line, one.column).value))


def values_stand_at_their_line_and_column(made: Pages) -> None:
    judges = {"figure": stands_as_figure, "date": stands_as_date}
    for one in {place.location for place in made.places}:
        line = (made.session.folder / one.file).read_text(encoding="utf-8").split("\n")[one.line - 1]
        rest = line[one.column - 1 :]
        if one.kind == "cell" and not one.file.endswith(".po"):
            assert cell_at(made, one, line) == (one.name, one.value)
            continue
        judge = stands_as_translation if one.file.endswith(".po") else judges.get(one.kind, stands_as_text)
        assert judge(made, one, rest, line), (one, rest)


def stands_as_figure(made: Pages, one: Any, rest: str, line: str) -> bool:
    """A figure is typed there, or the line says how it comes about."""
    if one.file.endswith(".csv"):
        cell = read_yaml(made.session.folder / "figures.yaml")[one.name]["cell"]
        named = f"{cell['table']}[{cell['row']}].{cell['column']}"
        return cell_at(made, one, line) == (named, one.value)
    entry = read_yaml(made.session.folder / one.file)[one.name]
    lines = (made.session.folder / one.file).read_text(encoding="utf-8").split("\n")[: one.line]
    inside = next(found for found in reversed(lines) if found[:1].strip()).startswith(f"{one.name}:")
    typed = entry.get("value")
    if typed is not None:
        return inside and rest.split()[0] == str(typed) and Decimal(str(typed)) == Decimal(one.value)
    ways = [*(f"{way}:" for way in ("count", "sum", "mean", "difference", "ratio", "percent"))]
    return inside and (rest.startswith(tuple(ways)) or any(way in line for way in ways))


def stands_as_date(made: Pages, one: Any, rest: str, line: str) -> bool:
    node = found_by(yaml.compose((made.session.folder / one.file).read_text(encoding="utf-8")), one.name)
    stands = node.start_mark.line + 1, node.start_mark.column + 1
    return stands == (one.line, one.column) and node.value == one.value and one.value in rest


def cell_at(made: Pages, one: Any, line: str) -> tuple[str, str]:
    """The name of the cell that stands in a line of a CSV file from a column on, and what is in it."""
    tables = read_yaml(made.session.folder / "tables.yaml")
    name, table = next((name, table) for name, table in tables.items() if table["file"] == one.file)
    header = next(csv.reader([(made.session.folder / one.file).read_text(encoding="utf-8").split("\n")[0]]))
    cells, before = next(csv.reader([line])), line[: one.column - 1]
    assert before == "" or before.endswith(",")
    index = len(next(csv.reader([f"{before}x"]))) - 1
    parts = [table["key"]] if isinstance(table["key"], str) else table["key"]
    key = ",".join(cells[header.index(part)] for part in parts)
    return f"{name}[{key}].{header[index]}", cells[index]


def stands_as_text(made: Pages, one: Any, rest: str, line: str) -> bool:
    """The words of the value begin there, inside the entry that the name leads to."""
    if one.kind == "text" and not one.name and one.file.startswith("ledger/"):
        return True
    node = found_by(yaml.compose((made.session.folder / one.file).read_text(encoding="utf-8")), one.name)
    within = node.start_mark.line < one.line <= max(node.end_mark.line + 1, node.start_mark.line + 1)
    words = " ".join(re.sub(r"\*\*|\]\([^)]*\)|^- |\[", "", node.value, flags=re.M).split())
    first = one.value[:8].rpartition(" ")[0] or one.value[:8]
    begins = " ".join(rest.replace("**", "").split()).startswith(first)
    return within and one.value in words and begins


def found_by(node: Any, name: str) -> Any:
    """The scalar to which a path leads: ``prose.lead.text``, ``blocks.2.columns.left``."""
    for part in name.split("."):
        if isinstance(node, yaml.SequenceNode):
            node = node.value[int(part)]
            continue
        known = {key.value: value for key, value in node.value}
        if part not in known:  # a block stands under its kind: `- share: {…}`, `- panel: […]`
            (inner,) = known.values()
            whole = isinstance(inner, yaml.MappingNode)
            known = {key.value: value for key, value in inner.value} if whole else {part: inner}
        node = known[part]
    return node


def stands_as_translation(made: Pages, one: Any, rest: str, line: str) -> bool:
    """The words of the value begin there, in the entry whose context ends with the name."""
    lines = (made.session.folder / one.file).read_text(encoding="utf-8").split("\n")
    first = max(n for n, text in enumerate(lines[: one.line]) if text.startswith("msgctxt"))
    starts = max(n for n, text in enumerate(lines[: one.line]) if text.startswith("msgstr"))
    quoted = [text for text in lines[starts : lines.index("", starts)] if text]
    words = " ".join("".join(json.loads(text[text.index('"') :]) for text in quoted).split())
    context, table = json.loads(lines[first].removeprefix("msgctxt ")), _CELL.fullmatch(one.name)
    named = f"{table[2]}.{table[3]}" if table else one.name
    begins = rest.startswith(one.value[:8].replace('"', '\\"'))
    return first < starts < one.line and context.endswith(f":{named}") and one.value in words and begins


@cache
def read_yaml(file: Path) -> Any:
    return yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)


def pdfium_reads_in_the_rectangles_what_is_printed_of_the_values(made: Pages) -> None:
    with pypdfium2.PdfDocument(made.pdf) as document:
        letters = [[*letters_on(page)] for page in document]
    of_value: dict[ValueLocation, list[str]] = {}
    for place in made.places:
        right, foot = place.x + place.width, place.y + place.height
        within = (one for one, x, y in letters[place.page - 1] if place.x < x < right and place.y < y < foot)
        if text := letters_of("".join(within)):
            of_value.setdefault(place.location, []).append(text)
    for one, texts in ((one, texts) for one, texts in of_value.items() if not _FILLED.search(one.value)):
        wanted = letters_of(printed(made, one))
        if one.kind == "figure":
            # The number alone, and what is drawn of it: the segment of a bar with its name.
            assert wanted in texts, (one, texts)
            assert all(wanted in text or text.isalpha() for text in texts), (one, texts)
        elif one.kind == "cell":
            assert one.file.endswith(".csv") or wanted in texts, (one, texts)
        elif one.kind == "date":  # in either calendar; it may go over a line
            assert any(part in "".join(texts) for part in dates_of(one.value)), (one, texts)
        else:
            whole = "".join(texts)
            if "{@" in one.value:  # there are the marks of sources between the words
                whole, wanted = (re.sub(r"\d", "", text) for text in (whole, wanted))
            # PDFium does not read each line from its beginning to its end.
            times = len(whole) // len(wanted)
            if "wellscom" in whole:  # where a link leads is printed beside its words
                assert Counter(whole) >= Counter(wanted)
                continue
            assert Counter(whole) == Counter(wanted * max(times, 1)), (one, whole, wanted)


def dates_of(value: str) -> list[str]:
    """The year of a date in either calendar."""
    date = Date.parse(value)
    return [str(date.year), *([str(solar_parts(date)[0])] if date.day else [])]


def printed(made: Pages, one: ValueLocation) -> str:
    """What is printed of a value."""
    whole, document = made.whole, made.session.documents[made.piece.name]
    if one.name.endswith((".address", ".short")) and "://" in one.value:
        return bare_address(one.value)
    if one.kind == "figure":
        return format_figure(whole, one.name)
    if one.kind == "cell":
        table, key, column = _CELL.fullmatch(one.name).groups()
        return format_cell(whole, table, whole.tables[table].by_key[key], column.partition(".")[0])
    return plain_text(MarkdownText(one.value, SourceLocation(Path())), whole, document)


def letters_of(text: str) -> str:
    """Letters and digits alone, these as in English."""
    plain = unicodedata.normalize("NFKC", normal_form(text))
    return "".join(str(unicodedata.digit(one, one)) for one in plain if one.isalnum())


def what_the_ledger_knows_as_printed_has_its_places(made: Pages) -> None:
    found = {place.location.name for place in made.places if place.location.kind in ("figure", "cell")}
    lost = {name for name, value in made.piece.prints.items() if value and name not in found}
    lost -= {name for name in lost if (cell := _CELL.fullmatch(name)) and cell[3] in READ_ALONE}
    # A number of rows stands in no file.
    lost -= {name for name in lost if parse_count_key(split_cell_name(name)[1])}
    # By the years of other rows a sentence or a year is chosen; the name of a group is part of a sentence.
    lost -= {name for name in lost if name.startswith("regions[")}
    key = made.session.documents[made.piece.name].key
    lost -= {name for name in lost if name.startswith("history[") and not name.startswith(f"history[{key},")}
    assert lost <= {f"placements[{key}].tier" for key in unseen(made)}
    assert len(found) > 10
    # The dates of the head and of the sources that are cited; and the years under the charts.
    cited = {place.location.name for place in made.places if place.location.name.endswith((".address", ".short"))}
    sources = {one.partition(".")[0] for one in cited if one.partition(".")[0] in made.whole.sources}
    wanted = {f"{one}.date" for one in sources if made.whole.sources[one].date}
    wanted |= {f"{one}.read" for one in sources if made.whole.sources[one].read} | {"published"}
    dates = {place.location.name for place in made.places if place.location.kind == "date"}
    assert wanted <= dates
    blocks = [*every_block(made.session.documents[made.piece.name].brief.blocks)]
    for chart in (one for one in blocks if one.kind == "lines" or (one.kind == "years" and not one.within)):
        years = {int(row["year"]) for row in made.whole.tables[chart.table].rows}
        drawn = {year for year in years if year >= chart.start and (max(years) - year) % chart.every == 0}
        named = {f"{chart.table}[{year}].year" for year in drawn}
        assert named <= {place.location.name for place in made.places}


def unseen(made: Pages) -> set[str]:
    """The rows whose shapes only touch the part of the map that is shown."""
    document = made.session.documents[made.piece.name]
    charts = [block for block in every_block(document.brief.blocks) if isinstance(block, MapChart)]
    drawn, shapes = shape_map(made.whole, charts[0], document.key), made.whole.shapes[charts[0].shapes]
    left, top, width, height = drawn.box
    return {
        key
        for key, one in shapes.by_key.items()
        if one.right <= left or one.bottom <= top or one.left >= left + width or one.top >= top + height
    }
