from __future__ import annotations

import random
import shutil
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support import BASE, change
from tipbrief.assets import shipped
from tipbrief.check.blocks import every_block
from tipbrief.check.publication import load
from tipbrief.check.texts import every_text
from tipbrief.compose.page import compose
from tipbrief.compose.templates import environment
from tipbrief.problems import Problems


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return anew(tmp_path)


def add(folder: Path, name: str, lines: str) -> None:
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(lines)


def messages(folder: Path) -> list[str]:
    with pytest.raises(Problems) as raised:
        load(folder)
    return [problem.message for problem in raised.value.problems]


# ---- figures ----


def test_what_a_publication_holds() -> None:
    publication = load(BASE)
    assert publication.values == {"governments": 13, "first": 1, "pattern": 2}
    assert set(publication.sources) == {"report", "news"}
    assert set(publication.tables) == {"placements", "listed"}
    assert [block.kind for block in publication.briefs["main"].blocks] == [
        "lead", "figures", "share", "list", "quotation", "sources",
    ]  # fmt: skip
    assert publication.warnings == ()


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


def test_the_values_of_all_kinds_of_figures(folder: Path) -> None:
    add(folder, "figures.yaml", FIGURES)
    values = load(folder).values
    assert {name: values[name] for name in ("cell", "all", "third", "total", "later")} == {
        "cell": 1200, "all": 3, "third": 2, "total": 1203, "later": Decimal("1.5"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("figure", "sources"),
    [
        ("governments", ("report",)),
        ("cell", ("report",)),  # the row names two; the first one is meant
        ("all", ("report",)),  # the table names none: the rows do
        ("third", ("report",)),
        ("named", ("news",)),
        ("first", ("report",)),
        ("last", ("news", "report")),
        ("total", ("report",)),
        ("later", ("news", "report")),
    ],
)
def test_on_what_a_figure_rests(folder: Path, figure: str, sources: tuple[str, ...]) -> None:
    add(folder, "figures.yaml", FIGURES)
    assert load(folder).figure_sources(figure) == sources


def test_a_count_rests_on_all_its_rows_where_the_table_names_no_source(folder: Path) -> None:
    add(folder, "figures.yaml", FIGURES)
    change(folder / "tables/placements.csv", "SYR,سوریه,3,,report", "SYR,سوریه,3,,news")
    assert load(folder).figure_sources("all") == ("report", "news")
    change(folder / "tables.yaml", "  title: جایگاه", "  sources: [news]\n  title: جایگاه")
    assert load(folder).figure_sources("all") == ("news",)


def test_a_check_may_only_ask_for_columns_that_are_there(folder: Path) -> None:
    change(
        folder / "figures.yaml", "check: {table: listed}", "check: {table: placements, where: {tire: '3'}}"
    )
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
    add(folder, "figures.yaml", f"new:\n  label: نو\n  {given}\n")
    [message] = messages(folder)
    assert "figure 'new' must have" in message


def test_a_cell_that_holds_no_number(folder: Path) -> None:
    cell = "{table: placements, row: KEN, column: name}"
    add(folder, "figures.yaml", f"new:\n  label: نو\n  kind: reported\n  cell: {cell}\n")
    assert messages(folder) == ["the cell in row 'KEN', column 'name' holds 'کینیا', which is no number"]


def test_a_faulty_table_is_reported_once_and_not_counted(folder: Path) -> None:
    change(folder / "tables/placements.csv", "KEN,کینیا,1,1200", "KEN,کینیا,4,12a")
    add(folder, "figures.yaml", FIGURES)
    assert messages(folder) == ["'4' is no value of 'tier'", "'victims' is a number, not '12a'"]


def test_a_figure_may_say_of_what_it_is_a_part(folder: Path) -> None:
    change(folder / "figures.yaml", "  value: 2\n", "  value: 2\n  of: goverments\n")
    assert messages(folder) == ["there is no figure 'goverments'"]


# ---- no cascades ----


@pytest.mark.parametrize("name", ["sources.yaml", "figures.yaml", "tables.yaml", "texts.yaml"])
@pytest.mark.parametrize("content", [b"a: [\n", b"\xff\xff", b"- a\n", b""])
def test_a_file_that_cannot_be_read_makes_nothing_else_wrong(folder: Path, name: str, content: bytes) -> None:
    (folder / name).write_bytes(content)
    with pytest.raises(Problems) as raised:
        load(folder)
    assert [problem.file and problem.file.name for problem in raised.value.problems] == [name]


@pytest.mark.parametrize(
    ("name", "missed"),
    [
        ("figures.yaml", "there is no figure 'governments'"),
        ("tables.yaml", "there is no table 'placements'"),
        ("texts.yaml", "there is no prose 'lead'"),
    ],
)
def test_a_file_that_is_not_there_defines_nothing(folder: Path, name: str, missed: str) -> None:
    (folder / name).unlink()
    assert missed in messages(folder)


def test_what_is_faulty_is_still_known_by_its_name(folder: Path) -> None:
    change(folder / "sources.yaml", "  publisher: خبرگزاری\n", "")
    change(folder / "figures.yaml", "  value: 13\n", "  value: x\n")
    change(folder / "texts.yaml", "    speaker: وزیر خارجه\n", "")
    change(
        folder / "tables.yaml", "    note: {type: text, blank: true}", "    note: {type: txt, blank: true}"
    )
    assert [message.partition(":")[0] for message in messages(folder)] == [
        "'value' is a number, not 'x'",
        "'news'",
        "'type' is one of text, code, number, year, choice, key, sources, not 'txt'",
        "'minister'",
    ]


def test_a_faulty_imprint_or_word_list_hides_nothing(folder: Path) -> None:
    change(folder / "publication.yaml", "id: sample\n", "")
    (folder / "words.txt").write_bytes(b"\xff")
    change(folder / "texts.yaml", "{first}", "{frist} ۱۲")
    change(folder / "briefs/main.yaml", "quotation: minister", "quotation: nobody")
    assert messages(folder) == [
        "there is no quotation 'nobody'",
        "the publication: the key 'id' is missing",
        "there is no figure 'frist'",
        "the number '۱۲' is typed into a text",
        "the word list is not UTF-8",
    ]


# ---- texts ----


def test_warnings_do_not_stop_a_publication(folder: Path) -> None:
    change(folder / "sources.yaml", "title: خبر روز", "title: بی خطر")
    publication = load(folder)
    assert [(p.severity, p.line, p.column) for p in publication.warnings] == [("warning", 7, 10)]


def test_accepted_words_are_no_faults(folder: Path) -> None:
    change(folder / "sources.yaml", "title: خبر روز", "title: قانونهای نو")
    assert len(messages(folder)) == 1
    (folder / "words.txt").write_text("قانونهای\n", encoding="utf-8")
    assert load(folder).warnings == ()


def test_characters_are_checked_only_where_the_fonts_are_known(folder: Path) -> None:
    change(folder / "tables/listed.csv", "از سال ۲۰۲۰", '"از\nسال"')
    assert load(folder).warnings == ()
    with pytest.raises(Problems) as raised:
        load(folder, [code for code in range(0x20, 0x2100) if chr(code) != "ل"])
    in_table = [p for p in raised.value.problems if p.file and p.file.suffix == ".csv"]
    assert [(p.line, p.column) for p in in_table] == [(4, 3)]


# ---- briefs ----


def test_blocks_inside_columns_and_panels_are_checked_too(folder: Path) -> None:
    change(
        folder / "briefs/main.yaml",
        "  - quotation: minister\n",
        "  - panel:\n      - columns:\n          widths: '1:1'\n          right: [quotation: one]\n"
        "          middle: [prose: two]\n          left: [figures: [three]]\n",
    )
    assert messages(folder) == [
        "there is no quotation 'one'",
        "there is no prose 'two'",
        "there is no figure 'three'",
    ]


def test_a_sources_block_inside_a_panel_may_be_the_last(folder: Path) -> None:
    change(folder / "briefs/main.yaml", "  - sources: منابع\n", "  - panel:\n      - sources: منابع\n")
    load(folder)
    add(folder, "briefs/main.yaml", "  - lead: lead\n")
    assert messages(folder) == ["the sources must be the last block"]


YEARS = "  - years: {table: years, column: victims, part: laws, start: 2003, title: سال‌ها}\n"
STRIP = """\
  - strip: {table: history, by: tier, row: AFG, latest: placements, start: 2020, end: 2025, title: سال‌ها}
"""
TABLES = """\
years:
  file: tables/years.csv
  title: سال‌ها
  key: year
  sources: [report]
  columns:
    year: {type: year}
    victims: {type: number, blank: true}
    laws: {type: number, blank: true}
history:
  file: tables/history.csv
  title: تاریخچه
  key: [iso3, year]
  sources: [report]
  columns:
    iso3: {type: code}
    year: {type: year}
    tier:
      type: choice
      choices:
        '3': {label: ردیف سوم, short: سوم, colour: '#0B3540', text_colour: '#ffffff'}
"""


@pytest.fixture
def charts(folder: Path) -> Path:
    add(folder, "tables.yaml", TABLES)
    (folder / "tables" / "years.csv").write_text("year,victims,laws\n2002,1,\n2003,2,1\n", encoding="utf-8")
    (folder / "tables" / "history.csv").write_text("iso3,year,tier\nAFG,2024,3\n", encoding="utf-8")
    change(folder / "briefs/main.yaml", "  - quotation: minister\n", YEARS + STRIP)
    load(folder)
    return folder


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("start: 2003", "start: 2004", "'victims' has no number in 2004 or later"),
        ("part: laws", "part: law", "there is no column 'law'"),
        ("table: years", "table: listed", "the table 'listed' has no column 'year'"),
        ("start: 2003", "start: 2003, every: 0", "'every' and 'height' must be 1 or more"),
        ("start: 2020", "start: 2026", "the strip starts in 2026, after its end"),
        ("latest: placements", "latest: listed", "there is no column 'tier'"),
        ("latest: placements", "latest: place", "there is no table 'place'"),
        ("share: {table: placements, by: tier", "map: {outline: nothing, table: placements, by: tier",
         "there is no table 'nothing'"),
        ("show: iso3.name", "show: is", "there is no column 'is'"),
    ],
)  # fmt: skip
def test_what_a_chart_or_a_list_cannot_draw(charts: Path, old: str, new: str, message: str) -> None:
    change(charts / "briefs/main.yaml", old, new)
    assert message in messages(charts)


def test_a_strip_needs_rows_by_name_and_year(charts: Path) -> None:
    change(charts / "tables.yaml", "key: [iso3, year]", "key: [year, iso3]")
    assert messages(charts) == ["the table 'history' has no row for each year"]


def test_every_text_and_every_block() -> None:
    publication = load(BASE)
    texts = list(every_text([publication.texts, publication.briefs]))
    assert "وزیر خارجه" in texts
    assert "ردیف‌ها" in texts
    assert all(text.place.line for text in texts)
    brief = publication.briefs["main"]
    assert list(every_block(brief.blocks)) == list(brief.blocks)


# ---- whatever is in the files, there is a publication that can be composed, or a list of problems ----

ENVIRONMENT = environment((), shipped("templates"))
FILES = sorted(path.relative_to(BASE).as_posix() for path in BASE.rglob("*.*"))
PIECES = [
    *("", "\n", " ", "  ", "\t", ":", ": ", "- ", "{", "}", "[", "]", "'", '"', "#", "*", "&a ", "!x ", ","),
    *("0", "-1", "۱۲", "1e9", "no", "~", "null", "9" * 400, "\u060b", "\u2028", "\ufeff", "ي", "../", "page"),
    *("{first}", "{@x}", "{{ 7 }}", "value: 1", "sum: [first]", "table", "iso3"),
]


def anew(tmp_path: Path) -> Path:
    shutil.rmtree(tmp_path / "publication", ignore_errors=True)
    return Path(shutil.copytree(BASE, tmp_path / "publication"))


def survives(folder: Path) -> None:
    problems = []
    try:
        publication = load(folder, range(0x20, 0x700))
    except Problems as raised:
        problems = raised.problems
    else:
        for name in publication.briefs:
            compose(publication, name, (), ENVIRONMENT)
    assert all(problem.message and problem.format(folder) for problem in problems)


@given(
    name=st.sampled_from(FILES),
    at=st.integers(0, 2000),
    cut=st.integers(0, 30),
    piece=st.sampled_from(PIECES),
)
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_edit_makes_the_check_fall(tmp_path: Path, name: str, at: int, cut: int, piece: str) -> None:
    folder = anew(tmp_path)
    text = (folder / name).read_text(encoding="utf-8")
    at %= len(text) + 1
    (folder / name).write_text(text[:at] + piece + text[at + cut :], encoding="utf-8")
    survives(folder)


@given(name=st.sampled_from(FILES), seed=st.integers(0, 10**6))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_shuffled_file_makes_the_check_fall(tmp_path: Path, name: str, seed: int) -> None:
    folder = anew(tmp_path)
    lines = (folder / name).read_text(encoding="utf-8").splitlines(keepends=True)
    rng = random.Random(seed)
    for _ in range(rng.randint(1, 3)):
        lines.insert(rng.randrange(len(lines)), lines.pop(rng.randrange(len(lines))))
    (folder / name).write_text("".join(lines), encoding="utf-8")
    survives(folder)
