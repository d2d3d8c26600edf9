from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.load.support import faults, written
from tipbrief.load.grid import read_grid
from tipbrief.load.yaml_nodes import YamlMapping, YamlScalar, YamlSequence, read_yaml
from tipbrief.problems import Problems


def test_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    plain = read_yaml(written(tmp_path, "a: 1\nb: |\n  x\n  y\n", "plain.yaml"))
    windows = read_yaml(written(tmp_path, b"\xef\xbb\xbfa: 1\r\nb: |\r\n  x\r\n  y\r\n"))
    assert [n.text for n in windows.items.values() if isinstance(n, YamlScalar)] == ["1", "x\ny\n"]
    assert [(p.line, p.column) for p in windows.key_locations.values()] == [(1, 1), (2, 1)]
    assert [n.location.line for n in plain.items.values()] == [n.location.line for n in windows.items.values()]


@pytest.mark.parametrize(
    ("written_as", "kind"),
    [
        ("text", "str"), ("'12'", "str"), ("12", "int"), ("1_000", "int"), ("1.5", "float"), ("no", "bool"),
        ("~", "null"), ("", "null"), ("2025-09-29", "timestamp"), ("1404-02-31", "timestamp"), ("۱۳", "str"),
    ],
)  # fmt: skip
def test_kinds(tmp_path: Path, written_as: str, kind: str) -> None:
    node = read_yaml(written(tmp_path, f"a: {written_as}\n")).items["a"]
    assert isinstance(node, YamlScalar)
    assert (node.text, node.kind) == (written_as.strip("'"), kind)


def test_lists_and_mappings(tmp_path: Path) -> None:
    node = read_yaml(written(tmp_path, "a:\n  - 1\n  - {b: 2}\n")).items["a"]
    assert isinstance(node, YamlSequence)
    places = [(type(item), item.location.line, item.location.column) for item in node.items]
    assert places == [(YamlScalar, 2, 5), (YamlMapping, 3, 5)]


UNSEEN = "delete it, or write a space"
ALIAS = ("an alias (*name) repeats a part of the file",
         "write the values out, here and wherever else * stands before a name")  # fmt: skip
FITS_NOT = "compare its indentation with them; put a text that begins with {, [, ' or \" into quotes"


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ('a: "x\\q"\n', 1, 6, "a \\ stands in a text in double quotes", "use single quotes: '…'"),
        ("a: 'x\nb: 1\n# it's so\n", 1, 4, "a quotation mark is left open",
         "close it at the end of the text"),
        ("a: 1\nc:2\nb: 3\n", 2, 1, "the line has no 'key: value'", "write a space after the ':'"),
        ("a: 1\n---\nb: 2\n", 2, 1, "a second '---' stands in the file", "remove it"),
        ("a: *b\n", 1, 4, "a text begins with *", "put it into quotes"),
        ("a: *x*\n", 1, 6, "a text begins with *", "put it into quotes"),
        ("a: @x\n", 1, 4, "a text begins with a character that YAML reserves", "put it into quotes"),
        ("a: - b\n", 1, 4, "a '- ' stands where no list may begin", "write it on a line of its own"),
        ("- a\n", 1, 1, "the file has no 'key: value' lines", "see the same file of the shipped publication"),
        ("[a]: b\n", 1, 1, "a key must be a single word", ""),
        ("a: &x [1]\nb: [*x, *x]\n", 2, 5, *ALIAS),
        ("a: 1\rb: 2\r", 1, 5, "the invisible character U+000D has no place in a text", UNSEEN),
        ('a: "x\\0"\n', 1, 4, "the invisible character U+0000 has no place in a text", UNSEEN),
    ],
)  # fmt: skip
def test_what_yaml_must_not_be(tmp_path: Path, text: str, line: int, column: int, message: str, hint: str) -> None:
    assert faults(read_yaml, written(tmp_path, text)) == [(line, column, message, hint)]


def test_all_doubled_keys_and_all_tabs_are_reported(tmp_path: Path) -> None:
    assert [p[0] for p in faults(read_yaml, written(tmp_path, "a: 1\na: 2\nb:\n  c: 1\n  c: 2\n"))] == [2, 5]
    assert [p[0] for p in faults(read_yaml, written(tmp_path, "a:\n\tb: 1\n  \tc: 2\n"))] == [2, 3]


def test_twenty_levels_are_enough(tmp_path: Path) -> None:
    read_yaml(written(tmp_path, "a: " + "[" * 20 + "]" * 20))
    assert faults(read_yaml, written(tmp_path, "a: " + "[" * 21 + "]" * 21))[0][:2] == (1, 24)


@given(st.text(max_size=60) | st.text(alphabet="ab:-[]{}'\"#&*!|> \n,\t", max_size=60))
@settings(max_examples=300, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_text_makes_the_readers_fall(tmp_path: Path, text: str) -> None:
    for name, read in (("f.yaml", read_yaml), ("f.csv", read_grid)):
        try:
            read(written(tmp_path, text.encode("utf-8", "surrogatepass"), name))
            problems = []
        except Problems as raised:
            problems = raised.problems
        assert all(p.message and p.format() for p in problems)
