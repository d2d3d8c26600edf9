import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.load.support import written
from tipbrief.load.source_text import SourceLocation, Text
from tipbrief.load.yaml_nodes import YamlMapping, YamlScalar, read_yaml


def texts(file: Path) -> dict[str, Text]:
    """The scalars of a flat file as texts."""
    items = read_yaml(file).items.items()
    return {key: Text(node.text, node.location) for key, node in items if isinstance(node, YamlScalar)}


def spots(text: Text, part: str) -> list[tuple[int, int, int]]:
    """Line, column and length of all that fits a pattern."""
    problems = [text.problem("x", span=found.span()) for found in re.finditer(part, text)]
    return [(p.line, p.column, p.length) for p in problems]


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
        ("plain", 1, 16), ("over lines", 3, 7), ("single", 4, 17), ("double", 6, 3),
        ("folded", 10, 7), ("literal", 13, 5), ("next line", 15, 3), ("after", 16, 8),
    ],
)  # fmt: skip
def test_a_word_is_found_in_every_style_of_scalar(tmp_path: Path, key: str, line: int, column: int) -> None:
    text = texts(written(tmp_path, STYLES))[key]
    assert spots(text, "HERE") == [(line, column, 4)]
    assert text.location.problem("x", token="HERE").source_line[column - 1 :].startswith("HERE")


@pytest.mark.parametrize(
    ("content", "part", "places"),
    [
        # The same word each time at its own place.
        ("a: >-\n  12 and 112 and\n  12, 12\nb: 12\n", r"\b12\b", [(2, 3, 2), (3, 3, 2), (3, 7, 2)]),
        # One that is folded over two lines.
        ("a: >-\n  see {@one\n  two} and {@one two}\n", "{@one two}", [(2, 7, 5), (3, 12, 10)]),
        # Doubled spaces, but not the indentation.
        ("a: |\n  one\n  two  three\n", "  ", [(3, 6, 2)]),
        # What stands in the file in another form has the place of its value.
        ('a: "\\u0041"\n', "A", [(1, 4, 1)]),
    ],
)
def test_where_a_part_of_a_text_stands(
    tmp_path: Path, content: str, part: str, places: list[tuple[int, int, int]]
) -> None:
    assert spots(texts(written(tmp_path, content))["a"], part) == places


def test_a_word_of_an_earlier_value_in_the_line_is_not_meant(tmp_path: Path) -> None:
    node = read_yaml(written(tmp_path, "a: {x: same, y: same}\n")).items["a"]
    assert isinstance(node, YamlMapping)
    value = node.items["y"]
    assert value.location.problem("x", token="same").column == 17


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
    text = Text(" ".join(words), SourceLocation(file, 1, 4, len(rows) + 1))
    index = pick % len(words)
    start = len(" ".join(words[:index])) + bool(index)
    row, place = divmod(index, width)
    problem = text.problem("x", span=(start, start + len(words[index])))
    assert (problem.line, problem.column) == (row + 2, 3 + len(" ".join(rows[row][:place])) + bool(place))
