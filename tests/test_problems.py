import os
import time
from pathlib import Path
from typing import Any

import pytest

from tipbrief.problems import Problem, ProblemList, Problems, list_known_words, read_file_lines, suggest_nearest


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


@pytest.mark.parametrize(
    ("place", "printed"),
    [
        # The pointer is as long as what it underlines, and not moved by control characters.
        ({"line": 1, "column": 1, "length": 5}, ":1:1: x\n    first: 1\n    ^^^^^"),
        ({"line": 1, "column": 8, "length": 50}, ":1:8: x\n    first: 1\n           ^"),
        ({"line": 2, "column": 9}, ":2:9: x\n    second: value\n            ^"),
        # None stands under right-to-left text.
        ({"line": 3, "column": 1}, ":3:1: x\n    عنوان: متن"),
        ({}, ": x"),
        ({"line": 1}, ":1: x\n    first: 1"),
        ({"line": 99, "column": 1}, ":99:1: x"),
        ({"severity": "warning"}, ": warning: x"),
    ],
)
def test_places_and_pointers(file: Path, place: dict[str, Any], printed: str) -> None:
    assert Problem("x", file, **place).format(file.parent) == "figures.yaml" + printed


@pytest.mark.parametrize(("text", "never"), [("a: \x1b[31mb\n", "\x1b"), ("a: \ufefb\n", "^")])
def test_what_is_never_printed(file: Path, text: str, never: str) -> None:
    file.write_text(text, encoding="utf-8")
    assert never not in Problem("x", file, 1, 1).format()


def test_a_problem_without_a_file_or_outside_the_base(file: Path, tmp_path: Path) -> None:
    assert Problem("x").format() == "x"
    assert Problem("x", file, 1, 1).format_location(tmp_path / "elsewhere") == f"{file}:1:1"


def test_a_long_line_is_cut_around_the_place(file: Path) -> None:
    file.write_text("a" * 200 + "HERE" + "b" * 200, encoding="utf-8")
    _, shown, pointer = Problem("x", file, 1, 201, length=4).format().split("\n")
    assert len(shown) == 104
    assert (pointer.index("^"), pointer.count("^")) == (shown.index("HERE"), 4)


def test_a_byte_order_mark_is_no_part_of_the_line(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_bytes(b"\xef\xbb\xbfa,b\r\nc,d\r\n")
    assert read_file_lines(file) == ["a,b", "c,d", ""]


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
        "severity": "error", "kind": "wrong", "file": "figures.yaml", "line": 1, "column": 8,
        "message": "that is wrong", "hint": "write 2", "source_line": "first: 1",
    }  # fmt: skip
    assert Problem("x").as_dict()["file"] == ""


def test_problems_hold_one_or_many() -> None:
    one, other = Problem("one"), Problem("other")
    assert Problems(one).problems == Problems("one").problems == [one]
    assert str(Problems([one, other])) == "one\nother"


def test_hints_name_the_nearest_word_or_list_the_known_ones() -> None:
    assert suggest_nearest("tiers", ["name", "tier"]) == "did you mean 'tier'?"
    assert suggest_nearest("colour", ["name", "tier"]) == "known: name, tier"
    assert suggest_nearest("2wl", ["2", "2WL"]) == "did you mean '2WL'?"
    assert suggest_nearest("x", []) == "none is defined"
    assert list_known_words([str(n) for n in range(14)]) == "known: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, … (14 in all)"


def test_the_list_of_faults_ends_and_says_so() -> None:
    found, taken = ProblemList(), iter(Problem(f"{n}", Path("b"), n) for n in range(10**9))
    found.append(Problem("first", Path("a")))
    with pytest.raises(Problems) as raised:
        found += taken
    *told, last = raised.value.problems
    assert (told[0].message, len(told), next(taken).line) == ("first", 500, 500), "what follows is not sought"
    assert (last.message, last.kind) == ("there are more than 500 faults", "too-many")
    warnings = ProblemList(Problem(f"{n}", severity="warning") for n in range(1000))
    assert (len(warnings), warnings.has_room("warning"), warnings.has_room("error")) == (500, False, True)


def test_of_thousands_of_names_the_nearest_is_found_at_once() -> None:
    names = [f"figure{n:05}" for n in range(100_000)]
    start = time.process_time()
    for n in range(20):
        assert suggest_nearest(f"figura{n:05}", names) in ("", f"did you mean 'figure{n:05}'?")
        assert suggest_nearest("x" * 100_000, names) == ""
    assert time.process_time() - start < 3


def test_a_program_is_told_no_line_of_megabytes(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("x" * 1_000_000)
    problem = Problem("long", tmp_path / "a", 1, 900_000)
    assert len(str(problem.as_dict())) < 2_000
    assert problem.format().count("x") == 100


@pytest.mark.parametrize(
    ("typed", "meant"), [("AFX", "AFG"), ("AGF", "AFG"), ("ZAX", "ZAF"), ("afg", "AFG"), ("XFX", ""), ("FAZ", "")]
)
def test_a_code_is_compared_letter_by_letter(typed: str, meant: str) -> None:
    hint = f"did you mean '{meant}'?" if meant else "known: ZAF, AFG, PAK"
    assert suggest_nearest(typed, ["ZAF", "AFG", "PAK"]) == hint
