import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.corrections.support import every_kind, write
from tests.support import BASE, append, change, contents, problems_of
from tipbrief.check.models import Column, TableSpec
from tipbrief.check.publication import load_publication
from tipbrief.check.references import References
from tipbrief.check.tables import read_tables
from tipbrief.corrections.amendment import Amendment, amend_files
from tipbrief.corrections.correction import load_outcome
from tipbrief.files import pack_parts, unpack_parts
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.problems import Problems

MARK = b"\xef\xbb\xbf"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return every_kind(tmp_path / "publication")


def faults(folder: Path, *wanted: tuple[str, str]) -> list[tuple[str, str]]:
    """The faults of a command, which must leave the folder alone."""
    before = contents(folder)
    problems = problems_of(amend_files, load_publication(folder), wanted)
    assert contents(folder) == before
    return [(problem.message, problem.hint) for problem in problems]


def difference(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """What was replaced by what, between the common beginning and the common end."""
    start = next((i for i, (a, b) in enumerate(zip(before, after, strict=False)) if a != b), len(before))
    end = 0
    while end < min(len(before), len(after)) - start and before[-1 - end] == after[-1 - end]:
        end += 1
    return before[start : len(before) - end], after[start : len(after) - end]


@pytest.mark.parametrize(
    ("typed", "value", "change"),
    [
        ("governments", "14", ("governments", "13", "14")),
        (" governments ", " ۱۳۳٬۹۴۳ ", ("governments", "13", "133943")),
        ("governments", "۱۲٫۵", ("governments", "13", "12.5")),
        ("governments", "0.0000001", ("governments", "13", "0.0000001")),
        ("governments", "\u2066\u2212۵\u2069", ("governments", "13", "-5")),  # copied from a page
        ("big", "1001", ("big", "1000", "1001")),
        ("kenya", "1,201", ("placements[KEN].victims", "1200", "1201")),
        ("years[AFG,2024].began", "", ("years[AFG,2024].began", "1999", "")),
        ("placements[AFG].victims", "7", ("placements[AFG].victims", "", "7")),
        (" placements [ AFG ] . tier ", "۱", ("placements[AFG].tier", "3", "1")),
        ("placements[AFG].name", "ا، ب", ("placements[AFG].name", "افغانستان", "ا، ب")),
        ("placements[KEN].sources", " news  ", ("placements[KEN].sources", "report news", "news")),
        ("listed[SYR].note", "", ("listed[SYR].note", "از سال ۲۰۲۰", "")),
        ("years[ AFG , ۲۰۲۴ ].began", "۲۰۰۰", ("years[AFG,2024].began", "1999", "2000")),
        ("years[AFG,2024].near", " SYR", ("years[AFG,2024].near", "KEN", "SYR")),
        ("years[AFG,2024].mark", "x۲", ("years[AFG,2024].mark", "x1", "x2")),
        ("years[AFG,2024].note", "۱ ،a", ("years[AFG,2024].note", "a, b", "۱ ،a")),
    ],
)  # fmt: skip
def test_names_and_values_may_be_typed_in_several_ways(
    folder: Path, typed: str, value: str, change: tuple[str, str, str]
) -> None:
    amended = amend_files(load_publication(folder), [(typed, value)])
    assert amended.values == {change[0]: change[2]}
    before = contents(folder)
    [(name, content)] = amended.files.items()
    old, new = difference(before[name], content)
    assert old in (change[1] if typed != "big" else "1_000").encode()
    assert new in change[2].encode()
    write(folder, amended)
    after, (where, _, now) = load_publication(folder), change
    if where in after.values:
        assert after.values[where] == Decimal(now)
    else:
        table, key, column = re.split(r"[\[\]]\.?", where)
        assert after.tables[table].by_key[key][column] == now


def test_several_changes_of_one_file_are_made_together(folder: Path) -> None:
    publication = load_publication(folder)
    wanted = [("pattern", "20"), ("kenya", "9"), ("governments", "1300"), ("placements[SYR].tier", "1")]
    amended = amend_files(publication, wanted)
    assert list(amended.values.items()) == [
        ("pattern", "20"), ("placements[KEN].victims", "9"), ("governments", "1300"),
        ("placements[SYR].tier", "1"),
    ]  # fmt: skip
    before = contents(folder)
    assert amended.files == {
        "figures.yaml": before["figures.yaml"].replace(b"13\n", b"1300\n").replace(b": 2\n", b": 20\n"),
        "tables/placements.csv": before["tables/placements.csv"]
        .replace(b"1200", b"9")
        .replace("سوریه,3".encode(), "سوریه,1".encode()),
    }
    assert contents(folder) == before, "nothing is written"
    assert amend_files(publication, []) == Amendment({}, {}, {})


FLOW = """\
# value: 13 is a comment
governments: {label: 'حکومت', value: 13, kind: reported, sources: [report]} # value: 13
first:
    kind:   counted
    count: {table: placements, where: {tier: '1'}}   # 13
    label: "حکومت"
pattern: { label: "الگو",
  # two lines
  value:
    2 , kind: reported, sources: report, locator: "'value: 2'" }
"""


@pytest.mark.parametrize("mark", [b"", MARK])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_yaml_keeps_its_layout(folder: Path, end: str, mark: bytes) -> None:
    text = FLOW.replace("\n", end)
    (folder / "figures.yaml").write_bytes(mark + text.encode())
    amended = amend_files(load_publication(folder), [("governments", "1188"), ("pattern", "3")])
    expected = text.replace("value: 13, kind", "value: 1188, kind").replace(f"value:{end}    2 ", f"value:{end}    3 ")
    assert amended.files["figures.yaml"] == mark + expected.encode()


@pytest.mark.parametrize("written", ["&a 13", "!!int 13", "!!int '13'"])
def test_a_number_behind_a_tag_or_an_anchor_is_left_alone(folder: Path, written: str) -> None:
    change(folder / "figures.yaml", "value: 13", f"value: {written}")
    assert faults(folder, ("governments", "14")) == [
        ("the value of 'governments' is not written plainly", "write it plainly: value: 13")
    ]


@pytest.mark.parametrize(
    ("cell", "value", "written"),
    [
        ("a", "b", "b"), (" a  ", "b", " b  "), ('"a"', "b", '"b"'), ('" a "', 'b"c', '" b""c "'),
        ("a", "b, c", '"b, c"'), (" a ", 'b "c"', '" b ""c"" "'), ('"a ""x"", y"', "b", '"b"'),
        ('a"x', "b", "b"), ('"a\nx"', "b", '"b"'), ("", "b", "b"), ("  ", "b", "  b"), ('""', "b", '"b"'),
        ("a", "", ""), ('"a"', "", '""'), ("a", "b'c #;", "b'c #;"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_cell_keeps_its_quotes_and_its_spaces(folder: Path, cell: str, value: str, written: str, end: str) -> None:
    rows = 'iso3,note\n\n"AFG", "\nKEN,"x,\n""y"" ,\n"\n\n SYR ,{}'
    file = folder / "tables" / "listed.csv"

    def table(note: str) -> bytes:
        return MARK + rows.replace("\n", end).replace("{}", note).encode()

    file.write_bytes(table(cell))
    change(folder / "figures.yaml", "  check: {table: listed}\n", "")
    assert amend_files(load_publication(folder), [("listed[SYR].note", value)]).files == {
        "tables/listed.csv": table(written)
    }


@pytest.mark.parametrize(
    ("separator", "was", "value", "written"),
    [
        (",", "1.5", "2.25", "2.25"), (",", '"1,5"', "2.25", '"2,25"'), (",", "3", "2.25", "2.25"),
        (";", "1,5", "2.25", "2,25"), (";", "1.5", "-2.25", "-2.25"), (";", "1,5", "1200", "1200"),
        # With the mark of the file it could be read as another number.
        (";", "1,5", "9.875", "9٫875"), (",", "1.5", "9.875", "9٫875"),
    ],
)  # fmt: skip
def test_a_number_is_written_as_the_numbers_of_its_file_are(
    folder: Path, separator: str, was: str, value: str, written: str
) -> None:
    rows = [["AFG", "2024", "1999", "KEN", "x1", "a", "4"], ["AFG", "2025", "", "SYR", "x2", "c", was]]
    head = ["iso3", "year", "began", "near", "mark", "note", "rate"]
    file = folder / "tables" / "years.csv"
    file.write_text("".join(separator.join(row) + "\n" for row in [head, *rows]), encoding="utf-8")
    amended = amend_files(load_publication(folder), [("years[AFG,2025].rate", value)])
    rows[-1][-1] = written
    write(folder, amended)
    assert [line.split(separator, 6) for line in file.read_text("utf-8").splitlines()] == [head, *rows]
    assert load_publication(folder).tables["years"].by_key["AFG,2025"]["rate"] == value


CELL, NEW, HOLDS = "a cell is named", "the new value of", "holds the invisible character"
NUMBER = "write 133943 or 133,943, in any digits"
WRITE = 'write its new value; one with spaces in quotes: "a b"'
ONE_LINE = "write it in one line, without such characters"
LEAVE = "leave it out of the command"


@pytest.mark.parametrize(
    ("name", "value", "message", "hint"),
    [
        ("govrnments", "1", "there is no figure 'govrnments'", "did you mean 'governments'?"),
        ("placements.tier", "1", "there is no figure 'placements.tier'", f"{CELL} placements[ISO3].COLUMN"),
        ("years[AFG,2024]", "1", "there is no figure 'years[AFG,2024]'", f"{CELL} years[ISO3,YEAR].COLUMN"),
        ("placement[AFG].tier", "1", "there is no table 'placement'", "did you mean 'placements'?"),
        ("placements[AFX].tier", "1", "the table 'placements' has no row 'AFX'", "did you mean 'AFG'?"),
        ("years[AFG].rate", "1", "the table 'years' has no row 'AFG'", f"{CELL} years[ISO3,YEAR].COLUMN"),
        ("years[AF, ۲۰۲۴].rate", "1", "the table 'years' has no row 'AF, 2024'",
         "did you mean 'AFG,2024'?"),
        ("placements[AFG].teir", "1", "the table 'placements' has no column 'teir'", "did you mean 'tier'?"),
        ("placements[AFG].iso3", "AFX", "'iso3' says which row of 'placements' it is",
         "rows are added and removed by hand, in tables/placements.csv"),
        ("first", "2", "'first' counts the rows of 'placements' in which tier = 1",
         "correct the cell of a row, such as placements[KEN].tier"),
        ("third", "2", "'third' counts the rows of 'placements' in which iso3 = KEN and tier = 3",
         "correct the cell of a row, such as placements[AFG].tier"),
        ("all", "2", "'all' counts the rows of 'placements'",
         "add or remove rows by hand, in tables/placements.csv"),
        ("total", "2", "'total' is the sum of governments, pattern",
         "correct the figures of which it is made"),
        ("governments", "x", "'governments' is a number, not 'x'", NUMBER),
        ("governments", "1_4", "'governments' is a number, not '1_4'", NUMBER),
        ("governments", "\u200f", "'governments' is a number, not ''", NUMBER),
        ("governments", " ", "'governments' must not be empty", WRITE),
        ("kenya", "5-", "'placements[KEN].victims' is a number, not '5-'", NUMBER),
        ("years[AFG,2024].began", "99", "'years[AFG,2024].began' is a year, not '99'",
         "write 2025: four digits"),
        ("years[AFG,2024].near", "KEM", "the table 'placements' has no row 'KEM'", "did you mean 'KEN'?"),
        ("years[AFG,2024].note", "", "'years[AFG,2024].note' must not be empty", WRITE),
        ("years[AFG,2024].mark", "a\x07", f"{NEW} 'years[AFG,2024].mark' {HOLDS} U+0007", ONE_LINE),
        ("listed[AFG].note", "a\udc80", f"{NEW} 'listed[AFG].note' {HOLDS} U+DC80", ONE_LINE),
        ("placements[AFG].tier", "2WL", "'2WL' is no value of 'placements[AFG].tier'", "known: 1, 3"),
        ("placements[AFG].tier", "", "'placements[AFG].tier' must not be empty", WRITE),
        ("placements[AFG].sources", "report repotr", "there is no source 'repotr'", "did you mean 'report'?"),
        ("governments", "13.0", "'governments' is 13 already", LEAVE),
        ("kenya", "1,200.0", "'placements[KEN].victims' is 1200 already", LEAVE),
        ("placements[AFG].victims", "", "'placements[AFG].victims' is empty already", LEAVE),
        ("placements[KEN].sources", "report  news", "'placements[KEN].sources' is report news already",
         LEAVE),
    ],
)  # fmt: skip
def test_what_cannot_be_corrected(folder: Path, name: str, value: str, message: str, hint: str) -> None:
    assert faults(folder, (name, value)) == [(message, hint)]


def test_a_place_is_given_once(folder: Path) -> None:
    again = ("'placements[KEN].victims' is given twice", "give each place once, with its final value")
    assert faults(folder, ("kenya", "1"), ("placements[KEN].victims", "2")) == [again]
    assert faults(folder, ("placements[KEN].victims", "x"), ("kenya", "2"))[1:] == [again]


def test_a_missing_row_is_likened_to_rows_of_the_same_country(folder: Path) -> None:
    append(folder / "tables/years.csv", "SYR,1999,,SYR,x2,c,2\n")
    message = "the table 'years' has no row 'SYR,2024'"
    assert faults(folder, ("years[SYR,2024].rate", "1")) == [(message, "known: SYR,1999")]


def test_all_faults_are_told_together(folder: Path) -> None:
    wanted = [
        ("governments", "14"), ("frist", "1"), ("placements[AFX].teir", "1"), ("total", "2"),
        ("placements[AFG].sources", "nwes reprot"),
    ]  # fmt: skip
    assert [message for message, _ in faults(folder, *wanted)] == [
        "there is no figure 'frist'",
        "the table 'placements' has no row 'AFX'",
        "the table 'placements' has no column 'teir'",
        "'total' is the sum of governments, pattern",
        "there is no source 'nwes'",
        "there is no source 'reprot'",
    ]


def test_files_that_were_changed_in_the_meantime_are_left_alone(folder: Path) -> None:
    publication = load_publication(folder)
    change(folder / "figures.yaml", "13", "15")
    change(folder / "tables" / "placements.csv", "1200", "1300")
    problems = problems_of(amend_files, publication, [("governments", "14"), ("kenya", "1")])
    assert [problem.message for problem in problems] == [
        "the value of 'governments' was changed in the meantime",
        "the row 'KEN' of 'placements' was changed in the meantime",
    ]
    (folder / "tables" / "placements.csv").write_text("iso3,name,tier,victims,sources\n", encoding="utf-8")
    with pytest.raises(Problems, match="in the meantime"):
        amend_files(publication, [("kenya", "1")])


def test_two_names_of_one_file_are_one_file(folder: Path) -> None:
    (folder / "tables" / "listed.csv").rename(folder / "other.csv")
    (folder / "tables" / "listed.csv").symlink_to(Path("..") / "other.csv")
    publication = load_publication(folder)
    amended = amend_files(publication, [("listed[AFG].note", "a")])
    assert amended.files.keys() == {"other.csv"}
    assert load_outcome(publication, amended).tables["listed"].by_key["AFG"]["note"] == "a"


def test_figures_of_the_shipped_publication_are_changed_and_restored(tip_2025: Path) -> None:
    publication = load_publication(tip_2025)
    before = contents(tip_2025)
    names = [name for name, f in publication.figures.items() if f.kind == "reported" and not f.check]
    assert len(names) > 10
    amended = amend_files(publication, [(name, f"{publication.values[name] + 5000}") for name in names])
    assert amended.files.keys() == {"figures.yaml", "tables/enforcement.csv"}
    write(tip_2025, amended)
    after = load_publication(tip_2025)
    assert after.values == {n: v + 5000 if n in names else v for n, v in publication.values.items()}
    write(tip_2025, amend_files(after, [(name, f"{publication.values[name]}") for name in names]))
    assert contents(tip_2025) == before


NUMBERS = (st.integers(-99, 10**9) | st.decimals(0, 1000, places=2)).map(str)
COMMENTS = st.sampled_from(["", "", "  # value: 13", " # \"'{", "   "])
NEIGHBOURS = st.sampled_from(
    ["kind: reported", "sources: [report]", "sources: report", "label: الگو", "label: 'الگو'",
     'label: "الگو"', "locator: \"'value: 7'\"", "locator: 'it''s: {value: 7}'", "unit: متر"]
)  # fmt: skip


@dataclass(frozen=True)
class Laid:
    """A file in three pieces, the middle one being the value."""

    head: bytes
    value: str
    tail: bytes


@st.composite
def entries(draw: st.DrawFn, name: str) -> tuple[str, str, str]:
    """A figure in any layout: what stands before its value, the value, and what follows."""
    extra = draw(st.lists(NEIGHBOURS, unique_by=lambda pair: pair.split(":")[0], max_size=5))
    keys = {pair.split(":")[0] for pair in extra}
    needed = ("kind: reported", "sources: [report]", "label: الگو")
    pairs = [*extra, *(pair for pair in needed if pair.split(":")[0] not in keys)]
    at = draw(st.integers(0, len(pairs)))
    value, comment = draw(NUMBERS), draw(COMMENTS)
    gap = draw(st.sampled_from([" ", "   ", "\n      "]))
    if draw(st.booleans()):  # in braces, perhaps over several lines
        between = draw(st.sampled_from([", ", " , ", ",\n  ", f",{comment or ' '}\n    # x: {{\n  "]))
        before = f"{name}: {{" + "".join(pair + between for pair in pairs[:at]) + "value:" + gap
        return before, value, "".join(between + pair for pair in pairs[at:]) + "}" + comment + "\n"
    indent = " " * draw(st.integers(1, 4))
    lines = [f"{indent}{pair}{comment}\n" for pair in pairs]
    before = f"{name}:{comment}\n" + "".join(lines[:at]) + f"{indent}value:{gap}"
    return before, value, f"{comment}\n" + draw(st.sampled_from(["", "\n", "# x\n"])) + "".join(lines[at:])


@st.composite
def figure_files(draw: st.DrawFn) -> Laid:
    """A ``figures.yaml`` with several figures, of which ``wanted`` is the one to change."""
    given = {name: draw(entries(name)) for name in ("governments", "wanted", "other")}
    first = "first: {label: ردیف, kind: counted, count: {table: placements, where: {tier: '1'}}}\n"
    names = draw(st.permutations(list(given)))
    at = names.index("wanted")
    head = first + "".join("".join(given[name]) for name in names[:at]) + given["wanted"][0]
    tail = given["wanted"][2] + "".join("".join(given[name]) for name in names[at + 1 :])
    if draw(st.booleans()):
        tail = tail.rstrip("\n ")
    end = draw(st.sampled_from(["\n", "\r\n"]))
    mark = draw(st.sampled_from([b"", MARK]))
    return Laid(mark + head.replace("\n", end).encode(), given["wanted"][1], tail.replace("\n", end).encode())


@pytest.mark.slow
@given(laid=figure_files(), now=NUMBERS)
@settings(max_examples=75, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_yaml_one_value_changes(tmp_path: Path, laid: Laid, now: str) -> None:
    assume(Decimal(now) != Decimal(laid.value))
    folder = tmp_path / "publication"
    if not folder.exists():
        shutil.copytree(BASE, folder)
    file = folder / "figures.yaml"
    file.write_bytes(laid.head + laid.value.encode() + laid.tail)
    publication = load_publication(folder)
    amended = amend_files(publication, [("wanted", now)])
    assert amended.files == {"figures.yaml": laid.head + now.encode() + laid.tail}
    write(folder, amended)
    after = load_publication(folder)
    assert after.values == {**publication.values, "wanted": Decimal(now)}
    locators = [[figure.locator for figure in one.figures.values()] for one in (publication, after)]
    assert locators[0] == locators[1]
    back = amend_files(after, [("wanted", laid.value)])
    assert back.files["figures.yaml"] == laid.head + laid.value.encode() + laid.tail


LETTERS = st.text(st.sampled_from(list("ab۷ن\u200c\u00a0 ,\"';#{}|=\t")), max_size=8)
LONG = st.text(st.sampled_from(list('ab۷ن ,"\n')), max_size=12)


def quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


@st.composite
def cells(draw: st.DrawFn) -> str:
    """A cell of text as it may be written."""
    text = draw(st.one_of(LETTERS, LONG))
    if draw(st.booleans()) or text.startswith('"') or {",", "\n"} & {*text}:
        return quoted(text)
    return text


@st.composite
def csv_files(draw: st.DrawFn) -> Laid:
    """A table with the columns id, a, b, of which the ``a`` of the row 'wanted' is to change."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    ends = st.sampled_from([end, end, end + end])

    def row(name: str) -> tuple[str, str, str]:
        key = draw(st.sampled_from([name, f" {name} ", f'"{name}"']))
        a, b = (draw(cells()).replace("\n", end) for _ in "ab")
        return f"{key},", a, f",{b}{draw(ends)}"

    others = ["".join(row(f"row{number}")) for number in range(draw(st.integers(0, 3)))]
    at = draw(st.integers(0, len(others)))
    before, value, after = row("wanted")
    first = draw(st.sampled_from(["", end])) + draw(st.sampled_from(["id,a,b", ' id ,"a", b'])) + draw(ends)
    tail = "".join([after, *others[at:]])
    if draw(st.booleans()):
        tail = tail.rstrip("\r\n")
    mark = draw(st.sampled_from([b"", MARK]))
    return Laid(mark + "".join([first, *others[:at], before]).encode(), value, tail.encode())


PLACE = SourceLocation(Path("tables.yaml"), 1, 1)
TEXT = Column(location=PLACE, type="text", blank=True)
SPEC = TableSpec(
    location=PLACE, id="main", file=Text("tables/main.csv", PLACE), title=Text("x", PLACE),
    key=(Text("id", PLACE),), sources=(Text("report", PLACE),), columns={
        "id": Column(location=PLACE, type="code"), "a": TEXT, "b": TEXT,
    },
)  # fmt: skip
PUBLICATION = load_publication(BASE)


def read(folder: Path) -> Mapping[str, Any]:
    found = References(names={"source": ["report"], "table": ["main"]})
    tables = read_tables(folder, {"main": SPEC}, found)
    assert found.problems == []
    return tables


@pytest.mark.slow
@given(laid=csv_files(), now=LETTERS)
@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_the_table_one_cell_changes(tmp_path: Path, laid: Laid, now: str) -> None:
    now = now.strip().replace("\t", "")
    file = tmp_path / "tables" / "main.csv"
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(laid.head + laid.value.encode() + laid.tail)
    publication = replace(PUBLICATION, folder=tmp_path, tables=read(tmp_path))
    rows = publication.tables["main"].by_key
    was = rows["wanted"]["a"]
    assume(now != was)
    amended = amend_files(publication, [("main[wanted].a", now)])
    assert amended.values == {"main[wanted].a": now}
    content = amended.files["tables/main.csv"]
    assert content.startswith(laid.head)
    assert content.endswith(laid.tail)
    written = content[len(laid.head) : len(content) - len(laid.tail)].decode()
    assert written.startswith('"') == (laid.value.startswith('"') or "," in now or '"' in now)
    file.write_bytes(content)
    after = read(tmp_path)
    assert after["main"].by_key == {**rows, "wanted": {**rows["wanted"], "a": now}}
    inner = laid.value.strip('"') if laid.value.startswith('"') else laid.value
    same_quotes = written.startswith('"') == laid.value.startswith('"')
    # A quotation mark in the middle of a bare cell, and the side on which spaces stood, are not kept.
    if same_quotes and not {*'\n\t"'} & {*inner} and (now or inner == was):
        back = amend_files(replace(publication, tables=after), [("main[wanted].a", was)])
        assert back.files["tables/main.csv"] == laid.head + laid.value.encode() + laid.tail


SHEET = """\
sheet:
  file: tables/sheet.xlsx
  sheet: دوم
  title: برگه
  key: [code]
  sources: [report]
  columns:
    code: {type: code}
    people: {type: number, blank: true}
    share: {type: number, unit: '%', blank: true}
    began: {type: year, blank: true}
    note: {type: text, blank: true}
    tier: {type: choice, choices: {'1': {label: ۱, colour: '#000000'}, '2': {label: ۲, colour: '#777777'}}}
"""
NEW_VALUES = {
    "people": st.one_of(st.just(""), st.integers(-99999, 99999).map(str), st.sampled_from(["0.5", "12.25"])),
    "share": st.one_of(st.just(""), st.integers(1, 100).map(str)),
    "began": st.one_of(st.just(""), st.integers(1900, 2030).map(str)),
    "note": st.sampled_from(["", "سنگ", "a & <b>", "12", "007", '"x"', " a  b "]),
    "tier": st.sampled_from(["1", "2"]),
}  # fmt: skip
CELL = st.tuples(st.sampled_from(["K1", "K2", "K3"]), st.sampled_from([*NEW_VALUES]))


def _save_two_sheets(file: Path) -> None:
    """Two sheets with formats, texts that cells share, cells that are missing, and columns that nothing reads."""
    book = openpyxl.Workbook()
    book.active.append(["K1", 5])
    sheet = book.create_sheet("دوم")
    sheet.append(["ignored", "code", "people", "share", "began", "note", "tier"])
    sheet.append([7, "K1", 120, 0.5, 2001, "سنگ", 2])
    sheet.append(["سنگ", "K2", None, None, None, None, "1"])
    sheet.append([None, "K3", "۱۲۰", "12%", "۲۰۰۱", "سنگ", "2"])
    for cell in sheet["D"]:
        cell.number_format = "0%"
    sheet["E3"].number_format = "yyyy-mm-dd"
    sheet["C2"].font = openpyxl.styles.Font(bold=True)
    sheet.row_dimensions[2].height = 30
    book.save(file)


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_a_workbook_gets_the_new_values_and_keeps_all_else(data: st.DataObject) -> None:
    cells = data.draw(st.lists(CELL, min_size=1, max_size=9, unique=True))
    with TemporaryDirectory() as name:
        folder = every_kind(Path(name, "p"))
        append(folder / "tables.yaml", SHEET)
        _save_two_sheets(file := folder / "tables" / "sheet.xlsx")
        publication = load_publication(folder)
        before = publication.tables["sheet"].by_key
        new = {(key, column): data.draw(NEW_VALUES[column]).strip() for key, column in cells}
        new = {at: now for at, now in new.items() if not _is_same(before[at[0]][at[1]], now)}
        assume(new)
        old_parts = unpack_parts(file.read_bytes(), file)
        amended = amend_files(publication, [(f"sheet[{key}].{column}", now) for (key, column), now in new.items()])
        write(folder, amended)
        rows = load_publication(folder).tables["sheet"].by_key
        for key, row in before.items():
            for column, was in row.items():
                # In a text each run of spaces is one.
                assert _is_same(rows[key][column], new.get((key, column), was)), (key, column)
        parts = unpack_parts(file.read_bytes(), file)
        assert {name for name in old_parts if parts[name] != old_parts[name]} == {"xl/worksheets/sheet2.xml"}
        sheet = openpyxl.load_workbook(file)["دوم"]
        assert sheet["A2"].value == 7
        assert sheet["C2"].font.bold
        assert sheet["D2"].number_format == "0%"


# What other programs than spreadsheets write, or what hides in a sheet, by what to find and to put there.
UNUSUAL_XML = {
    "cells without an address": ('<c r="[A-Z]2"', "<c"),
    "rows without a number": (r'<row r="[0-9]+"', "<row"),
    "other quotes": (r'<c r="([A-Z]+[0-9]+)"', r"<c r='\1'"),
    "a prefix": (r"<(/?)(\w)", r"<\1x:\2"),
    "a cell in a comment": ('(<c r="D2")', r'<!-- <c r="C2"><v>9</v></c> -->\1'),
    "an address twice": ('(<c r="D2")', r'<c r="C2"><v>9</v></c>\1'),
    "a formula with a prefix": ("<v>2001</v>", '<x:f xmlns:x="urn:x">2000+1</x:f><v>2001</v>'),
}


@pytest.mark.parametrize("kind", UNUSUAL_XML)
def test_a_workbook_with_unusual_xml_is_left_alone(tmp_path: Path, kind: str) -> None:
    folder = every_kind(tmp_path / "p")
    append(folder / "tables.yaml", SHEET)
    _save_two_sheets(file := folder / "tables" / "sheet.xlsx")
    parts = unpack_parts(file.read_bytes(), file)
    path = "xl/worksheets/sheet2.xml"
    xml = re.sub(*UNUSUAL_XML[kind], parts[path].decode())
    parts[path] = (xml.replace("xmlns=", "xmlns:x=") if kind == "a prefix" else xml).encode()
    file.write_bytes(pack_parts(parts))
    [(message, hint)] = faults(folder, ("sheet[K1].people", "121"))
    assert "stands in a workbook with formulas or unusual XML" in message
    assert "to 121 there and save it" in hint


@pytest.mark.parametrize("text", ["_x000A_ a", "a _x005F_x0041_", "_x12"])
def test_a_text_of_a_workbook_that_looks_like_an_escape_is_kept(tmp_path: Path, text: str) -> None:
    folder = every_kind(tmp_path / "p")
    append(folder / "tables.yaml", SHEET)
    _save_two_sheets(folder / "tables" / "sheet.xlsx")
    write(folder, amend_files(load_publication(folder), [("sheet[K1].note", text)]))
    assert load_publication(folder).tables["sheet"].by_key["K1"]["note"] == text


def _is_same(one: str, other: str) -> bool:
    try:
        return Decimal(one) == Decimal(other)
    except ArithmeticError:
        return one == other
