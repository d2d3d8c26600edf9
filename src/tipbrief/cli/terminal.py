"""Output to the terminal: text from a file cannot steer it, and output that cannot be written stops no work.

Click is imported inside functions: a crash is described here even if click is missing.
"""

import contextlib
import errno
import json
import os
import re
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from tipbrief import __version__
from tipbrief.language.unicode_text import FSI, PDI, turn_arrows
from tipbrief.problems import Problem, escape_invisible

MESSAGE_FOLDER = Path(__file__).parent / "message_catalogues"
MAX_LINE_LENGTH = 500  # characters of a line
_MAX_MESSAGE_LENGTH = 200  # characters of an exception's message
_MAX_REPORT_LENGTH = 1_000_000  # characters of a crash report
# The author of a file cannot know this, so our own colours and isolates differ from those of a file.
_SECRET = os.urandom(8).hex()
_CONTROL_MARK = re.compile(f"<{_SECRET}:([0-9a-f]*)>")
_ISOLATES, _OWN_ISOLATE = re.compile("[\u2068\u2069]"), re.compile(f"<{_SECRET}:e281a[89]>")
_UNTRANSLATED_STYLES = ("\x1b[1m", "\x1b[2m")  # bold, dim: names, and lines of files
# By the names of locales; "fa" alone means the Persian of Iran.
_TAG_BY_LOCALE = {"fa_AF": "fa-AF", "prs": "fa-AF", "ps": "ps", "fa": "fa-IR"}


class _OutputState:
    """The first fault of the output, and the recording that is under way."""

    fault: OSError | None = None
    recording: list[tuple[str, bool]] | None = None


def print_lines(*lines: str, err: bool = False, most: int = MAX_LINE_LENGTH, translates: bool = True) -> None:
    """Print lines in the reader's language, each cut after ``most`` characters. What is bold or dim stays as it is.

    Only ``style`` and ``mark_isolates`` can steer the terminal.
    """
    translate = partial(localise, err=err) if translates and reader_language(os.environ) != "en" else str
    _write_text("\n".join(turn_arrows(_render_line(line, most, translate)) for line in lines), err)


def reader_language(environment: Mapping[str, str]) -> str:
    """The tag of the reader's language, from TIPBRIEF_LANGUAGE or the system's locale."""
    variables = ("TIPBRIEF_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")
    locale = next(filter(None, (environment.get(name, "") for name in variables)), "")
    name = re.split("[.@]", locale)[0].replace("-", "_")
    return _TAG_BY_LOCALE.get(name) or _TAG_BY_LOCALE.get(name.partition("_")[0], "en")


def localise(text: str, *, err: bool | None = None) -> str:
    """A message in the reader's language; English where it is not known. A stream gets isolates if it is a terminal."""
    if (tag := reader_language(os.environ)) == "en":
        return text
    from tipbrief.language.language import load_translator

    own = load_translator(MESSAGE_FOLDER / f"{tag}.po").translate(text)
    return own if own == text or err is None or is_terminal(err=err) else _ISOLATES.sub("", own)


@contextlib.contextmanager
def record_output() -> Iterator[list[tuple[str, bool]]]:
    """Record the texts instead of printing them, each with whether it goes to standard error."""
    _OutputState.recording = recording = list[tuple[str, bool]]()
    try:
        yield recording
    finally:
        _OutputState.recording = None


def replay_output(recording: Iterable[tuple[str, bool]]) -> None:
    """Print what ``record_output`` recorded."""
    for text, err in recording:
        _write_text(text, err)


def print_json(value: object) -> None:
    """Print a value as JSON."""
    # A stream that is not in UTF-8 may lack letters; JSON can escape them.
    ascii_only = "utf" not in (getattr(sys.stdout, "encoding", None) or "utf-8").lower()
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    lines = (escape_invisible(line, lambda one: json.dumps(one)[1:-1]) for line in text.split("\n"))
    _write_text("\n".join(lines), False)


def print_crash(fault: BaseException) -> None:
    """Print an unexpected exception as a problem."""
    print_lines(*describe_crash(fault).format().split("\n"), err=True)


def style(text: str, **look: Any) -> str:
    """The text for ``print_lines`` with click's colours, which appear only on a terminal."""
    import click

    before, after = click.style("\0", **look).split("\0")
    return _mark_control(before) + text + _mark_control(after)


def mark_isolates(text: str) -> str:
    """A text for ``print_lines`` whose isolates are our own; the caller has escaped those of a file."""
    return re.sub("[\u200f\u2068\u2069]", lambda found: _mark_control(found[0]), text)


def isolate(text: str) -> str:
    """A part of a text for ``print_lines``, which keeps its place in the line on a terminal."""
    return f"{_mark_control(FSI)}{text}{_mark_control(PDI)}" if is_terminal() else text


def is_terminal(*, err: bool = False) -> bool:
    """Whether standard output, or standard error, is a terminal, which orders the letters of a line itself."""
    return (sys.stderr if err else sys.stdout).isatty()


def supports_colour() -> bool:
    """Whether colours are wanted, and the terminal can show them."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def finish_output(code: int) -> int:
    """The exit status: never 0 if something could not be printed. Print the reason if possible."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as fault:
            _OutputState.fault = _OutputState.fault or fault
    first, _OutputState.fault = _OutputState.fault, None
    if first is None:
        return code
    if first.errno != errno.EPIPE:  # the reader of a closed pipe has seen enough
        _write_text(f"the output cannot be written: {first.strerror}", True)
        _OutputState.fault = None
    for stream in (sys.stdout, sys.stderr):  # Python would try again at its end to write what is left
        with contextlib.suppress(OSError):
            stream.flush()
            continue
        with contextlib.suppress(OSError, ValueError), open(os.devnull, "w") as nowhere:
            os.dup2(nowhere.fileno(), stream.fileno())
    return code or 1


def _render_line(line: str, most: int, translate: Callable[[str], str]) -> str:
    """The line as it is printed: text escaped, cut and translated, our own marks turned into control characters."""
    pieces = _CONTROL_MARK.split(line if translate is str else _OWN_ISOLATE.sub("", line))
    for index, piece in enumerate(pieces):
        if index % 2:
            pieces[index] = bytes.fromhex(piece).decode()
        else:
            pieces[index] = escape_invisible(piece[: most + 1])[:most] + "…" * (len(piece) > most)
            most = max(0, most - len(pieces[index]))
    for index in range(0, len(pieces), 2):
        if not index or pieces[index - 1] not in _UNTRANSLATED_STYLES:
            pieces[index] = translate(pieces[index])
    return "".join(pieces)


def _write_text(text: str, err: bool) -> None:
    import click

    if _OutputState.recording is not None:
        _OutputState.recording.append((text, err))
        return
    encoding = getattr(sys.stderr if err else sys.stdout, "encoding", None) or "utf-8"
    try:
        shown = text.encode(encoding, "backslashreplace").decode(encoding)
        click.echo(shown, err=err, color=None if supports_colour() else False)
    except OSError as fault:
        _OutputState.fault = _OutputState.fault or fault


def _mark_control(control: str) -> str:
    return f"<{_SECRET}:{control.encode().hex()}>"


def describe_crash(fault: BaseException) -> Problem:
    """The problem for an exception that nothing else handles."""
    message = " ".join(escape_invisible(str(fault)[:_MAX_MESSAGE_LENGTH]).split())
    if isinstance(fault, ImportError):
        hint = "tipbrief doctor says what is missing; or: pip install --force-reinstall tipbrief"
        return Problem(f"a library is missing or broken: {message}", hint=hint, kind="library")
    if isinstance(fault, OSError) and fault.errno:  # the system refuses, whatever the program does
        file = Path(fault.filename) if isinstance(fault.filename, str) else None
        hint = "is it there, has it room, may you use it? A folder for temporary files: TMPDIR=DIR"
        return Problem(f"the computer refuses: {fault.strerror}", file, hint=hint, kind="system")
    report = _write_crash_report(fault)
    details = f"; the details are in {report}" if report else ""
    text = f"a fault of tipbrief, not of yours: {type(fault).__name__}: {message}{details}"
    return Problem(text, kind="unforeseen")


def _write_crash_report(fault: BaseException) -> str:
    """Write the traceback to a file that only its owner can read; its path, empty if it cannot be written."""
    import traceback  # rarely needed

    with contextlib.suppress(OSError):
        handle, name = tempfile.mkstemp(".txt", "tipbrief-fault-")
        about = f"tipbrief {__version__}, Python {sys.version}, {sys.platform}"
        lines = [about, " ".join(map(ascii, sys.argv)), "".join(traceback.format_exception(fault))]
        with open(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write("\n".join(lines)[:_MAX_REPORT_LENGTH])
        return os.path.abspath(name)
    return ""


def is_interactive() -> bool:
    """Whether somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()
