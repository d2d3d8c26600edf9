from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tipbrief.load.csv_rows import read_csv
from tipbrief.load.places import Place, Text
from tipbrief.load.text_files import read_text
from tipbrief.load.yaml_nodes import Keyed, Scalar, Sequence, read_yaml
from tipbrief.problems import Problems


def written(tmp_path: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    file = tmp_path / name
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def texts(file: Path) -> dict[str, Text]:
    """The scalars of a flat file as texts."""
    items = read_yaml(file).items.items()
    return {key: Text(node.text, node.place) for key, node in items if isinstance(node, Scalar)}


def found(file: Path) -> list[tuple[int, int, str, str]]:
    with pytest.raises(Problems) as raised:
        read_csv(file) if file.suffix == ".csv" else read_yaml(file)
    assert all(problem.file == file for problem in raised.value.problems)
    return [(p.line, p.column, p.message, p.hint) for p in raised.value.problems]


# ---- places in YAML ----

STYLES = """\
plain: one two HERE
over lines: one
  two HERE
single: 'one '' HERE'
double: "one
  HERE"
folded: >-
  one

  two HERE
literal: |
  one
    HERE
next line:
  HERE
after: HERE
"""


@pytest.mark.parametrize(
    ("key", "line", "column"),
    [
        ("plain", 1, 16),
        ("over lines", 3, 7),
        ("single", 4, 17),
        ("double", 6, 3),
        ("folded", 10, 7),
        ("literal", 13, 5),
        ("next line", 15, 3),
        ("after", 16, 8),
    ],
)
def test_a_word_is_found_in_every_style_of_scalar(tmp_path: Path, key: str, line: int, column: int) -> None:
    text = texts(written(tmp_path, STYLES))[key]
    start = text.index("HERE")
    problem = text.problem("x", span=(start, start + 4))
    assert (problem.line, problem.column, problem.length) == (line, column, 4)
    assert problem.source_line[column - 1 :].startswith("HERE")


def test_the_same_word_is_found_each_time_at_its_own_place(tmp_path: Path) -> None:
    text = texts(written(tmp_path, "a: >-\n  12 and 112 and\n  12, 12\nb: 12\n"))["a"]
    starts = [0, 15, 19]
    assert [text[start : start + 2] for start in starts] == ["12"] * 3
    places = [text.problem("x", span=(start, start + 2)) for start in starts]
    assert [(p.line, p.column) for p in places] == [(2, 3), (3, 3), (3, 7)]


def test_a_word_of_an_earlier_value_in_the_line_is_not_meant(tmp_path: Path) -> None:
    node = read_yaml(written(tmp_path, "a: {x: same, y: same}\n")).items["a"]
    assert isinstance(node, Keyed)
    value = node.items["y"]
    assert value.place.problem("x", token="same").column == 17


def test_a_token_that_is_folded_over_two_lines_is_found(tmp_path: Path) -> None:
    text = texts(written(tmp_path, "a: >-\n  see {@one\n  two} and {@one two}\n"))["a"]
    first, second = text.index("{"), text.rindex("{")
    problems = [text.problem("x", span=(at, at + 10)) for at in (first, second)]
    assert [(p.line, p.column, p.length) for p in problems] == [(2, 7, 5), (3, 12, 10)]


def test_doubled_spaces_are_found_but_not_the_indentation(tmp_path: Path) -> None:
    text = texts(written(tmp_path, "a: |\n  one\n  two  three\n"))["a"]
    at = text.index("  ")
    problem = text.problem("x", span=(at, at + 2))
    assert (problem.line, problem.column, problem.length) == (3, 6, 2)


def test_a_token_that_stands_in_the_file_in_another_form_has_the_place_of_its_value(tmp_path: Path) -> None:
    text = texts(written(tmp_path, 'a: "\\u0041"\n'))["a"]
    assert text == "A"
    problem = text.problem("x", span=(0, 1))
    assert (problem.line, problem.column, problem.length) == (1, 4, 1)


@given(
    words=st.lists(st.sampled_from(["a", "ab", "b", "متن"]), min_size=1, max_size=12),
    width=st.integers(1, 12),
    pick=st.integers(0, 11),
)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_every_word_of_a_folded_text_is_found_where_it_was_written(
    tmp_path: Path, words: list[str], width: int, pick: int
) -> None:
    rows = [words[at : at + width] for at in range(0, len(words), width)]
    # A file of its own: within one tick of the clock the lines of another would be taken from memory.
    name = f"{len(list(tmp_path.iterdir()))}.yaml"
    file = written(tmp_path, "a: >-\n" + "".join(f"  {' '.join(row)}\n" for row in rows) + "b: ab\n", name)
    text = Text(" ".join(words), Place(file, 1, 4, len(rows) + 1))
    index = pick % len(words)
    start = len(" ".join(words[:index])) + bool(index)
    row, place = divmod(index, width)
    problem = text.problem("x", span=(start, start + len(words[index])))
    assert (problem.line, problem.column) == (row + 2, 3 + len(" ".join(rows[row][:place])) + bool(place))


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    plain = read_yaml(written(tmp_path, "a: 1\nb: |\n  x\n  y\n", "plain.yaml"))
    windows = read_yaml(written(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n"))
    assert [n.text for n in windows.items.values() if isinstance(n, Scalar)] == ["1", "x\ny\n"]
    assert [(p.line, p.column) for p in windows.keys.values()] == [(1, 1), (2, 1)]
    assert [n.place.line for n in plain.items.values()] == [n.place.line for n in windows.items.values()]


# ---- what YAML makes of texts ----


@pytest.mark.parametrize(
    ("written_as", "kind"),
    [
        ("text", "str"),
        ("'12'", "str"),
        ("12", "int"),
        ("1_000", "int"),
        ("1.5", "float"),
        ("no", "bool"),
        ("~", "null"),
        ("", "null"),
        ("2025-09-29", "timestamp"),
        ("1404-02-31", "timestamp"),
        ("۱۳", "str"),
    ],
)
def test_kinds(tmp_path: Path, written_as: str, kind: str) -> None:
    node = read_yaml(written(tmp_path, f"a: {written_as}\n")).items["a"]
    assert isinstance(node, Scalar)
    assert (node.text, node.kind) == (written_as.strip("'"), kind)


def test_lists_and_mappings(tmp_path: Path) -> None:
    node = read_yaml(written(tmp_path, "a:\n  - 1\n  - {b: 2}\n")).items["a"]
    assert isinstance(node, Sequence)
    assert [(type(item), item.place.line, item.place.column) for item in node.items] == [
        (Scalar, 2, 5),
        (Keyed, 3, 5),
    ]


# ---- what is refused ----

FITS_NOT = "compare its indentation with them; put a text that begins with {, [, ' or \" into quotes"


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ('a: "x\\q"\n', 1, 6, "a \\ stands in a text in double quotes", "use single quotes: '…'"),
        ("a: 'x' c\n", 1, 8, "the text goes on after its '", "put the whole text into quotes: '…'"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second '---' stands in the file", "remove it"),
        ("a: *b\n", 1, 4, "a text begins with *", "put it into quotes"),
        ("a: *x*\n", 1, 6, "a text begins with *", "put it into quotes"),
        ("a: @x\n", 1, 4, "a text begins with a character that YAML reserves", "put it into quotes"),
        ("a: - b\n", 1, 4, "a '- ' stands where no list may begin", "write it on a line of its own"),
        ("a: x\n- b\n", 2, 1, "the line does not fit the lines above it", FITS_NOT),
        ("a: 1\nb\nc: 2\n", 2, 1, "the line has no 'key: value'",
         "is a ':' missing, or the indentation of a text?"),
        ("- a\n", 1, 1, "the file has no 'key: value' lines", "see the same file of the shipped publication"),
        ("[a]: b\n", 1, 1, "a key must be a single word", ""),
        ("a: &x [1]\nb: [*x, *x]\n", 2, 5, "an alias (*name) repeats a part of the file",
         "write the values out, here and wherever else * stands before a name"),
        ("a: &x [*x]\n", 1, 8, "an alias (*name) repeats a part of the file",
         "write the values out, here and wherever else * stands before a name"),
        ("a: x\x07y\n", 1, 5, "the invisible character U+0007 has no place in a text",
         "delete it, or write a space"),
        ("a: 1\rb: 2\r", 1, 5, "the invisible character U+000D has no place in a text",
         "delete it, or write a space"),
        ('a: "x\\0"\n', 1, 4, "the invisible character U+0000 has no place in a text",
         "delete it, or write a space"),
    ],
)  # fmt: skip
def test_what_yaml_must_not_be(
    tmp_path: Path, text: str, line: int, column: int, message: str, hint: str
) -> None:
    assert found(written(tmp_path, text)) == [(line, column, message, hint)]


def test_all_doubled_keys_and_all_tabs_are_reported(tmp_path: Path) -> None:
    assert [p[0] for p in found(written(tmp_path, "a: 1\na: 2\nb:\n  c: 1\n  c: 2\n"))] == [2, 5]
    assert [p[0] for p in found(written(tmp_path, "a:\n\tb: 1\n  \tc: 2\n"))] == [2, 3]


def test_twenty_levels_are_enough(tmp_path: Path) -> None:
    read_yaml(written(tmp_path, "a: " + "[" * 20 + "]" * 20))
    assert found(written(tmp_path, "a: " + "[" * 21 + "]" * 21))[0][:2] == (1, 24)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "folder.yaml").mkdir()
    assert found(tmp_path / "folder.yaml") == [(0, 0, "the file cannot be read: Is a directory", "")]
    assert found(tmp_path / "x" / "a.csv") == [(0, 0, "the file is missing", "its folder is missing, too")]
    assert found(tmp_path / "a.csv") == [(0, 0, "the file is missing", "its folder has no .csv file")]
    written(tmp_path, "", "table.csv")
    assert found(tmp_path / "tables.csv")[0][3] == "is it the file 'table.csv'?"
    assert found(tmp_path / "other.csv")[0][3] == "its folder has table.csv"


def test_the_place_of_a_byte_that_is_not_utf_8(tmp_path: Path) -> None:
    file = written(tmp_path, b"\xef\xbb\xbfa: 1\n" + "ب: ".encode() + "ب".encode("cp1256"))
    with pytest.raises(Problems) as raised:
        read_text(file)
    [problem] = raised.value.problems
    assert (problem.line, problem.column) == (2, 4)
    assert problem.message == "the file is not UTF-8: byte 0xc8"


@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{}'\"#&*!|> \n,\t", max_size=60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_the_readers_fall(tmp_path: Path, text: str) -> None:
    for name, read in (("f.yaml", read_yaml), ("f.csv", read_csv)):
        try:
            read(written(tmp_path, text.encode("utf-8", "surrogatepass"), name))
            problems = []
        except Problems as raised:
            problems = raised.problems
        assert all(p.message and p.format() for p in problems)
