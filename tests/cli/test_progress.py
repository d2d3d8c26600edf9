"""How far a build is: lines in a pipe, a bar on a terminal."""

import io
import re
import sys

import pytest

from tipbrief.cli import common
from tipbrief.cli.common import MAX_ITEMS_IN_DETAIL


def told(capsys: pytest.CaptureFixture[str], count: int) -> str:
    with common.Progress(count) as shown:
        for number in range(count):
            shown.advance(str(number), "compose")
            shown.advance(str(number), "deliver")
    return capsys.readouterr().err


def test_in_a_pipe_a_line_now_and_then(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter(range(0, 1000, 2))
    monkeypatch.setattr("time.monotonic", lambda: float(next(clock)))
    lines = told(capsys, 8).splitlines()
    assert len(lines) == 4
    assert lines[0] == "2 of 8 documents, about 12 s left"
    assert lines[-1] == "8 of 8 documents, about 0 s left"


def test_of_few_documents_a_pipe_gets_no_line(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "SECONDS_BETWEEN_LINES", -1)
    assert told(capsys, MAX_ITEMS_IN_DETAIL) == ""
    assert told(capsys, MAX_ITEMS_IN_DETAIL + 1) != ""


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_in_terminal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name in ("TERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    shown, clock = Terminal(), iter(range(1000))
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setattr("time.time", lambda: float(next(clock)))
    with common.Progress(40) as bar:
        for number in range(20):
            bar.advance(str(number), "deliver")
        monkeypatch.undo()
    return shown.getvalue()


def test_the_bar_tells_the_remaining_time(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = shown_in_terminal(monkeypatch, TERM="xterm")
    assert re.search(r"\] +50% +00:0\d:\d\d +19: deliver", shown), shown[-300:]


@pytest.mark.parametrize("environment", [{"TERM": "dumb"}, {"NO_COLOR": "1"}])
def test_a_terminal_without_colours_gets_no_bar(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    assert "%" not in shown_in_terminal(monkeypatch, **environment)
