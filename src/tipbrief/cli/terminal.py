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

from tipbrief.problems import visible

LONGEST = 500  # characters of a line
# Nobody who writes a file knows this: so our own colours and isolates are told from those of a file.
_KEY = os.urandom(8).hex()
_OURS = re.compile(f"<{_KEY}:([0-9a-f]*)>")
_ISOLATES = re.compile("[\u2068\u2069]")


class _Unwritten:
    """Why something could not be printed: the first fault."""

    fault: OSError | None = None


class _Heard:
    """What is told while nothing is printed."""

    said: list[tuple[str, bool]] | None = None


def tell(*lines: str, err: bool = False, most: int = LONGEST) -> None:
    """Print lines, of each so many characters; only ``style`` and ``isolates`` can steer the terminal."""
    _print("\n".join(_shown(line, most) for line in lines), err)


@contextlib.contextmanager
def rehearsed() -> Iterator[list[tuple[str, bool]]]:
    """What would be told meanwhile, and whether as an error: nothing is printed."""
    said: list[tuple[str, bool]] = []
    _Heard.said = said
    try:
        yield said
    finally:
        _Heard.said = None


def say_again(said: Iterable[tuple[str, bool]]) -> None:
    """Print what was ``rehearsed``."""
    for text, err in said:
        _print(text, err)


def show_json(value: object) -> None:
    """Print a value for machines."""
    # A stream that is not in UTF-8 may lack letters, which JSON can write otherwise.
    own = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(value, ensure_ascii=own, indent=1)
    _print("\n".join(visible(line, lambda one: json.dumps(one)[1:-1]) for line in text.split("\n")), False)


def style(text: str, **look: Any) -> str:
    """The text for ``tell`` with click's colours, which are printed on a terminal only."""
    before, after = click.style("\0", **look).split("\0")
    return _ours(before) + text + _ours(after)


def isolates(text: str) -> str:
    """A text for ``tell`` whose isolates are ours: who wrote it has made those of a file visible."""
    return _ISOLATES.sub(lambda found: _ours(found[0]), text)


def on_terminal() -> bool:
    """Whether standard output is a terminal, which orders the letters of a line itself."""
    return sys.stdout.isatty()


def smart() -> bool:
    """Whether colours are wanted, and the terminal can show them."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def finished(code: int) -> int:
    """The exit status: not 0 where something could not be printed, which is said where that is possible."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as fault:
            _Unwritten.fault = _Unwritten.fault or fault
    first, _Unwritten.fault = _Unwritten.fault, None
    if first is None:
        return code
    if first.errno != errno.EPIPE:  # else nobody reads on, who has seen enough
        _print(f"what is printed cannot be written: {first.strerror}", True)
        _Unwritten.fault = None
    for stream in (sys.stdout, sys.stderr):  # what is left in a stream would be tried again at the end
        with contextlib.suppress(OSError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return code or 1


def _shown(line: str, most: int) -> str:
    """The line as it is printed: pieces of text, between them our own marks."""
    pieces = _OURS.split(line)
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = bytes.fromhex(piece).decode()
        else:
            pieces[index] = visible(piece[: most + 1])[:most] + "…" * (len(piece) > most)
            most = max(0, most - len(pieces[index]))
    return "".join(pieces)


def _print(text: str, err: bool) -> None:
    if _Heard.said is not None:
        _Heard.said.append((text, err))
        return
    stream = sys.stderr if err else sys.stdout
    encoding = getattr(stream, "encoding", None) or "utf-8"
    try:
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        click.echo(shown, err=err, color=None if smart() else False)
    except OSError as fault:
        _Unwritten.fault = _Unwritten.fault or fault


def _ours(control: str) -> str:
    return f"<{_KEY}:{control.encode().hex()}>"
