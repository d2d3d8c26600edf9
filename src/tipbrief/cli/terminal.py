"""The one way to the terminal: what a file says cannot steer it, and what cannot be shown ends no work."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import click

from tipbrief.problems import escape_invisible

MAX_LINE_LENGTH = 500  # characters of a line
# Nobody who writes a file knows this: so our own colours and isolates are told from those of a file.
_SECRET = os.urandom(8).hex()
_CONTROL_MARK = re.compile(f"<{_SECRET}:([0-9a-f]*)>")
_ISOLATE_CHARACTERS = re.compile("[\u2068\u2069]")


class _OutputFault:
    """Why something could not be printed: the first fault."""

    fault: OSError | None = None


class _OutputRecording:
    """What is told while nothing is printed."""

    messages: list[tuple[str, bool]] | None = None


def print_lines(*lines: str, err: bool = False, most: int = MAX_LINE_LENGTH) -> None:
    """Print lines, of each so many characters; only ``style`` and ``isolates`` can steer the terminal."""
    _write_text("\n".join(_render_line(line, most) for line in lines), err)


@contextlib.contextmanager
def record_output() -> Iterator[list[tuple[str, bool]]]:
    """What would be told meanwhile, and whether as an error: nothing is printed."""
    said: list[tuple[str, bool]] = []
    _OutputRecording.messages = said
    try:
        yield said
    finally:
        _OutputRecording.messages = None


def replay_output(said: Iterable[tuple[str, bool]]) -> None:
    """Print what was ``rehearsed``."""
    for text, err in said:
        _write_text(text, err)


def print_json(value: object) -> None:
    """Print a value for machines."""
    # A stream that is not in UTF-8 may lack letters, which JSON can write otherwise.
    own = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(value, ensure_ascii=own, indent=1)
    _write_text(
        "\n".join(escape_invisible(line, lambda one: json.dumps(one)[1:-1]) for line in text.split("\n")),
        False,
    )


def style(text: str, **look: Any) -> str:
    """The text for ``tell`` with click's colours, which are printed on a terminal only."""
    before, after = click.style("\0", **look).split("\0")
    return _mark_control(before) + text + _mark_control(after)


def mark_isolates(text: str) -> str:
    """A text for ``tell`` whose isolates are ours: who wrote it has made those of a file visible."""
    return _ISOLATE_CHARACTERS.sub(lambda found: _mark_control(found[0]), text)


def is_terminal() -> bool:
    """Whether standard output is a terminal, which orders the letters of a line itself."""
    return sys.stdout.isatty()


def supports_colour() -> bool:
    """Whether colours are wanted, and the terminal can show them."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def finish_output(code: int) -> int:
    """The exit status: not 0 where something could not be printed, which is said where that is possible."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as fault:
            _OutputFault.fault = _OutputFault.fault or fault
    first, _OutputFault.fault = _OutputFault.fault, None
    if first is None:
        return code
    if first.errno != errno.EPIPE:  # else nobody reads on, who has seen enough
        _write_text(f"what is printed cannot be written: {first.strerror}", True)
        _OutputFault.fault = None
    for stream in (sys.stdout, sys.stderr):  # what is left in a stream would be tried again at the end
        with contextlib.suppress(OSError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return code or 1


def _render_line(line: str, most: int) -> str:
    """The line as it is printed: pieces of text, between them our own marks."""
    pieces = _CONTROL_MARK.split(line)
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = bytes.fromhex(piece).decode()
        else:
            pieces[index] = escape_invisible(piece[: most + 1])[:most] + "…" * (len(piece) > most)
            most = max(0, most - len(pieces[index]))
    return "".join(pieces)


def _write_text(text: str, err: bool) -> None:
    if _OutputRecording.messages is not None:
        _OutputRecording.messages.append((text, err))
        return
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        click.echo(shown, err=err, color=None if supports_colour() else False)
    except OSError as fault:
        _OutputFault.fault = _OutputFault.fault or fault


def _mark_control(control: str) -> str:
    return f"<{_SECRET}:{control.encode().hex()}>"
