from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.load.support import written
from tipbrief.load.places import Place, Text
from tipbrief.load.yaml_nodes import Keyed, Scalar, read_yaml


def texts(file: Path) -> dict[str, Text]:
    """The scalars of a flat file as texts."""
    items = read_yaml(file).items.items()
    return {key: Text(node.text, node.place) for key, node in items if isinstance(node, Scalar)}


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
