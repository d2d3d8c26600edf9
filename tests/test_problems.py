from __future__ import annotations

import os
from pathlib import Path

import pytest

from tipbrief.problems import Problem, Problems, lines_of, listed, nearest


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "data" / "figures.yaml"
    path.parent.mkdir()
    path.write_text("first: 1\nsecond:\tvalue\nعنوان: متن\n", encoding="utf-8")
    return path


def test_the_whole_printed_form(file: Path) -> None:
    problem = Problem("that is wrong", file, 1, 8, "write 2", 1)
    assert problem.format(file.parent) == (
        "figures.yaml:1:8: that is wrong\n    first: 1\n           ^\n    hint: write 2"
    )


def test_the_pointer_is_as_long_as_what_it_underlines(file: Path) -> None:
    assert Problem("x", file, 1, 1, length=5).format().endswith("\n    first: 1\n    ^^^^^")
    assert Problem("x", file, 1, 8, length=50).format().endswith("\n    first: 1\n           ^")


def test_control_characters_do_not_move_the_pointer_or_the_cursor(file: Path) -> None:
    assert Problem("x", file, 2, 9).format(file.parent).endswith("\n    second: value\n            ^")
    file.write_text("a: \x1b[31mb\n", encoding="utf-8")
    assert "\x1b" not in Problem("x", file, 1, 1).format()


def test_no_pointer_under_right_to_left_text(file: Path) -> None:
    assert Problem("x", file, 3, 1).format(file.parent) == "figures.yaml:3:1: x\n    عنوان: متن"
    file.write_text("a: \ufefb\n", encoding="utf-8")
    assert "^" not in Problem("x", file, 1, 1).format()


def test_a_place_without_a_line_or_a_column(file: Path) -> None:
    assert Problem("x", file).format(file.parent) == "figures.yaml: x"
    assert Problem("x", file, 1).format(file.parent) == "figures.yaml:1: x\n    first: 1"
    assert Problem("x", file, 99, 1).format(file.parent) == "figures.yaml:99:1: x"
    assert Problem("x").format() == "x"


def test_a_file_outside_the_base_keeps_its_whole_path(file: Path, tmp_path: Path) -> None:
    assert Problem("x", file, 1, 1).where(tmp_path / "elsewhere") == f"{file}:1:1"


def test_a_warning_says_so(file: Path) -> None:
    assert Problem("x", file, severity="warning").format(file.parent) == "figures.yaml: warning: x"


def test_a_long_line_is_cut_around_the_place(file: Path) -> None:
    file.write_text("a" * 200 + "HERE" + "b" * 200, encoding="utf-8")
    _, shown, pointer = Problem("x", file, 1, 201, length=4).format().split("\n")
    assert len(shown) == 104
    assert [i for i, c in enumerate(pointer) if c == "^"] == list(
        range(shown.index("HERE"), shown.index("bb"))
    )


def test_a_byte_order_mark_is_no_part_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbfa,b\r\nc,d\r\n")
    assert lines_of(file) == ["a,b", "c,d", ""]


def test_the_line_is_that_of_the_file_as_it_is_now(file: Path) -> None:
    problem = Problem("x", file, 1, 1)
    assert problem.source_line == "first: 1"
    file.write_text("changed: 2\n", encoding="utf-8")
    os.utime(file, ns=(1, 1))
    assert problem.source_line == "changed: 2"
    file.unlink()
    assert problem.source_line == ""


def test_plain_values(file: Path) -> None:
    assert Problem("that is wrong", file, 1, 8, "write 2", kind="wrong").as_dict(file.parent) == {
        "severity": "error",
        "kind": "wrong",
        "file": "figures.yaml",
        "line": 1,
        "column": 8,
        "message": "that is wrong",
        "hint": "write 2",
        "source_line": "first: 1",
    }
    assert Problem("x").as_dict()["file"] == ""


def test_problems_hold_one_or_many() -> None:
    one, other = Problem("one"), Problem("other")
    assert Problems(one).problems == Problems("one").problems == [one]
    assert str(Problems([one, other])) == "one\nother"


def test_hints_name_the_nearest_word_or_list_the_known_ones() -> None:
    assert nearest("tiers", ["name", "tier"]) == "did you mean 'tier'?"
    assert nearest("colour", ["name", "tier"]) == "known: name, tier"
    assert nearest("2wl", ["2", "2WL"]) == "did you mean '2WL'?"
    assert nearest("x", []) == "none is defined"
    assert listed([str(n) for n in range(14)]) == "known: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (14 in all)"
