"""What is printed: nothing of a file steers the terminal, our own colours and isolates do."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support import change, figures_brief, run, run_badly, wells
from tipbrief.cli import terminal
from tipbrief.cli.terminal import MAX_LINE_LENGTH, mark_isolates, print_json, print_lines, style
from tipbrief.problems import Problem, escape_invisible

# What a terminal obeys, or nobody sees.
_RANGES = (range(0x20), range(0x7F, 0xA0), range(0x2028, 0x202F), range(0x2066, 0x206A))
_SINGLE = (0x61C, 0x200E, 0x200F, 0xFEFF, 0xE0001, 0xE0041, 0xD800, 0xDCFF)
STEERING = [chr(number) for range_ in (*_RANGES, _SINGLE) for number in range_]
HOSTILE = "\x1b[31m\u202eabc\u2068\u2069\u200f\x9b2J\r\b\U000e0041"


def harmless(printed: str) -> bool:
    """Whether all of it can be seen, but for the ZWNJ of Persian words."""
    return printed.replace("\n", "").replace("\u200c", "").isprintable()


@pytest.mark.parametrize("one", STEERING, ids=ascii)
def test_what_steers_a_terminal_is_written_out(one: str) -> None:
    shown = escape_invisible(f"a{one}b")
    assert shown == f"a{ascii(one)[1:-1]}b"
    assert shown.isprintable()
    assert escape_invisible(shown) == shown


@pytest.mark.parametrize("text", ["نیم‌فاصله", "۱۴٬۳۴۵ ٪", "é — “x”", "\u2066\u2212۵\u2069 و ۳\u200f٪"])
def test_our_own_texts_stay_as_they_are(text: str) -> None:
    assert escape_invisible(text) == text


@given(st.text() | st.text(st.sampled_from(STEERING[:-1])))  # two lone surrogates may become one letter
def test_json_says_the_same_in_what_can_be_shown(text: str) -> None:
    shown = list[str]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(terminal, "_write_text", lambda printed, err: shown.append(printed))
        print_json({"key": [text]})
    assert json.loads(shown[0]) == {"key": [text]}
    assert escape_invisible(shown[0].replace("\n", "")) == shown[0].replace("\n", "")


def test_a_line_is_cut_and_only_our_marks_steer(capsys: pytest.CaptureFixture[str]) -> None:
    print_lines(
        style(HOSTILE, fg="red") + mark_isolates("\u2068متن\u2069"), "x" * 10_000_000, "ا" * MAX_LINE_LENGTH, ""
    )
    styled, cut, whole, last = capsys.readouterr().out.removesuffix("\n").split("\n")
    assert styled == escape_invisible(HOSTILE) + "\u2068متن\u2069"  # no terminal: no colours
    assert (cut, whole, last) == ("x" * MAX_LINE_LENGTH + "…", "ا" * MAX_LINE_LENGTH, "")


def test_a_problem_is_told_in_what_can_be_shown(tmp_path: Path) -> None:
    file = tmp_path / f"a{HOSTILE.replace('/', '')}.yaml"
    file.write_text("key\x1b: value \u202e\n", "utf-8")
    problem = Problem(f"wrong\n1 problem {HOSTILE}", file, 1, 7, f"know {HOSTILE}")
    lines = problem.format().split("\n")
    assert len(lines) == 4
    assert all(map(str.isprintable, lines))
    assert lines[2].index("^") == lines[1].index("value")


@pytest.mark.parametrize(
    "words",
    [
        [HOSTILE],
        ["build", f"--{HOSTILE}"],
        ["build", HOSTILE],
        ["status", HOSTILE],
        ["status", HOSTILE, "--format", "json"],
        ["verify", f"{HOSTILE}.pdf"],
        ["check", "--publication", HOSTILE],
        ["check", "--format", HOSTILE],
        ["correct", HOSTILE, "7", "--reason", HOSTILE],
        ["diff", HOSTILE, HOSTILE],
        ["merge", "--keep", HOSTILE],
        ["impose", HOSTILE, "--as", "4-up"],
        ["inspect", HOSTILE],
        ["mail", "one", "--to", HOSTILE, "--out", "x.eml"],
        ["mail", "one", "--to", "a@b.org", "--subject", HOSTILE, "--out", HOSTILE],
        ["fonts", "prepare", "--font", HOSTILE, "--out", HOSTILE],
    ],
    ids=lambda words: words[0] if words[0].isprintable() else "none",
)
def test_what_is_typed_is_shown_and_not_obeyed(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(wells(tmp_path / "small", one=figures_brief("wells")))
    done = run(*words)
    assert done.exit_code in (1, 2)
    assert "a fault of tipbrief" not in done.output
    assert harmless(done.output), ascii(done.output)


def test_what_a_publication_says_is_shown_and_not_obeyed(tmp_path: Path) -> None:
    folder = wells(tmp_path / "small", one=figures_brief("wells"))
    change(folder / "publication.yaml", "\nid: ", '\n"\\e[2J\\u202E": 7\nid: ')
    change(folder / "briefs" / "one.yaml", "title: چاه‌ها", 'title: "چاه‌ها\\e[31m\\u2067"')
    os.rename(folder / "briefs" / "one.yaml", folder / "briefs" / "o\x1b[31me.yaml")
    for words in (["check"], ["list"], ["check", "--format", "json"], ["build"]):
        done = run_badly(*words, "--publication", folder)
        assert harmless(done.output), ascii(done.output)
