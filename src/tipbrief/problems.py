"""Problems: one class for every fault with its place, message and hint, and the exception that carries them."""

from __future__ import annotations

import errno
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType
from typing import ClassVar, Self

_LONGEST_EXCERPT = 100  # characters of a source line that are printed
_LONGEST_SOURCE_LINE = 1000  # characters of a source line in JSON
MAX_PROBLEMS = 500  # errors, and as many warnings
# Limits of suggestions: known words, words that are compared, characters of a word.
_MAX_KNOWN_WORDS, _MAX_COMPARED_WORDS, _LONGEST_COMPARED_WORD = 5000, 300, 60
_LONGEST_CODE = 4  # characters; nearly any two words so short are alike
_MAX_SOURCE_BYTES = 10_000_000  # of a file whose lines are shown
# Contents that files have instead of those on the disk, by path: see ``files.override_contents``.
CONTENT_OVERRIDES: ContextVar[Mapping[str, bytes]] = ContextVar("overrides", default=MappingProxyType({}))
# Files and folders of publications, each with the folder, without links, that has all their content: see ``open_file``.
CONFINED_PATHS: dict[str, str] = {}
_OPEN_FLAGS = ("O_RDONLY", "O_NONBLOCK", "O_NOCTTY", "O_BINARY")
RIGHT_TO_LEFT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault: its place, what is wrong, and what to do about it.

    ``line`` and ``column`` count from 1; 0 stands for no place in the file. In a workbook they are row and column
    of the ``sheet``. ``length`` is the number of characters to underline. ``kind`` is a word for programs, such as
    ``unknown-figure``. It is not printed, and stays the same if the message changes.
    """

    message: str
    file: Path | None = None
    line: int = 0
    column: int = 0
    hint: str = ""
    length: int = 1
    severity: str = field(default="error", kw_only=True)
    kind: str = field(default="", kw_only=True)
    sheet: str = field(default="", kw_only=True)
    shows_line: bool = field(default=True, kw_only=True)  # not where the line has private cells

    @property
    def source_line(self) -> str:
        """The line of the file with the fault; empty if there is none, as in a workbook."""
        if self.sheet or not (self.file and self.line and self.shows_line):
            return ""
        return "".join(read_file_lines(self.file)[self.line - 1 : self.line])

    def format_location(self, base: Path | None = None) -> str:
        """``file:line:column``; in a workbook ``file, sheet Name, cell B7``. A path below ``base`` is relative."""
        if self.sheet:
            row = f"row {self.line}" if self.line else ""
            cell = f"cell {cell_address(self.line, self.column)}" if self.column else row
            return ", ".join(filter(None, (self._relative_file(base), f"sheet {self.sheet}", cell)))
        places = (self._relative_file(base), self.line, self.column) if self.file else ()
        return ":".join(str(part) for part in places if part)

    def _relative_file(self, base: Path | None) -> str:
        if self.file and base and self.file.is_relative_to(base):
            return str(self.file.relative_to(base))
        return str(self.file or "")

    def _source_excerpt(self) -> list[str]:
        if not (source := self.source_line):
            return []
        start = max(0, min(self.column - _LONGEST_EXCERPT // 2, len(source) - _LONGEST_EXCERPT))
        before = max(0, self.column - 1 - start)
        shown = source[start : start + _LONGEST_EXCERPT].replace("\t", " ")
        end = before + self.length
        ahead, under, after = map(escape_invisible, (shown[:before], shown[before:end], shown[end:]))
        lines = [f"    {ahead}{under}{after}"]
        if self.column and not RIGHT_TO_LEFT_LETTER.search(shown):  # under such text the pointer would be misplaced
            lines.append("    " + " " * len(ahead) + "^" * max(1, len(under)))
        return lines

    def format(self, base: Path | None = None, style: Callable[..., str] = lambda text, **_: text) -> str:
        """The printed form: place and message, the source line, a pointer, a hint. ``style`` is click's."""
        is_error = self.severity == "error"
        message, hint, where = map(escape_invisible, (self.message, self.hint, self.format_location(base)))
        head = message if is_error else f"{self.severity}: {message}"
        if where:
            file, _, cell = where.partition(", ")
            place = style(file, bold=True) + (f", {cell}" if cell else "")
            head = f"{place}: {style(head, fg='red' if is_error else 'yellow')}"
        hints = [f"    hint: {hint}"] if hint else []
        return "\n".join([head, *(style(line, dim=True) for line in self._source_excerpt()), *hints])

    def as_dict(self, base: Path | None = None) -> dict[str, str | int]:
        """The fault as plain values, for ``--format json``."""
        names = ("severity", "kind", "line", "column", "message", "hint")
        # The line is cut: each fault repeats it, and it may have megabytes.
        others = {"file": self._relative_file(base), "source_line": self.source_line[:_LONGEST_SOURCE_LINE]}
        if self.sheet:
            others |= {"sheet": self.sheet, "cell": cell_address(self.line, self.column) if self.column else ""}
        return {name: getattr(self, name) for name in names} | others


def cell_address(row: int, column: int) -> str:
    """The name of a cell in a spreadsheet: ``B7``."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


_ProblemInput = str | Problem | Iterable[Problem]


class Problems(Exception):  # noqa: N818 - it is a list of faults
    """All faults found in one step, raised together. It can also be made from a single message."""

    def __init__(self, found: _ProblemInput, file: Path | None = None, *, hint: str = "", kind: str = "") -> None:
        if isinstance(found, str):
            found = Problem(found, file, hint=hint, kind=kind)
        self.problems = [found] if isinstance(found, Problem) else list(found)
        super().__init__("\n".join(p.message for p in self.problems))

    def __reduce__(self) -> tuple[type[Problems], tuple[list[Problem]]]:  # by default made from the messages
        return type(self), (self.problems,)


@contextmanager
def name_file(file: Path | None) -> Iterator[None]:
    """Make ``file`` the file of the faults that the block raises."""
    try:
        yield
    except Problems as raised:
        raise Problems(replace(one, file=file) for one in raised.problems) from None


@contextmanager
def report_os_errors(what: str, file: Path | None, hint: str = "") -> Iterator[None]:
    """Make an error of the system in the block a fault of ``file``: ``what`` failed, and the system's reason."""
    try:
        yield
    except OSError as error:
        raise Problems(f"{what}: {error.strerror}", file, hint=hint) from None


class MessageListener:
    """Receives messages for the user while a command works. The command line prints them."""

    notify: ClassVar[Callable[[str], object]] = staticmethod(lambda text: None)


class ProblemList(list[Problem]):
    """The faults of one step. It raises them when there are too many errors, and drops further warnings."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        super().__init__()
        self._counts = Counter[str]()
        self.extend(found)

    def has_room(self, severity: str) -> bool:
        """Whether one more fault of this severity would be reported."""
        return self._counts[severity] < MAX_PROBLEMS

    def append(self, problem: Problem) -> None:
        """Add a fault."""
        if self.has_room(problem.severity):
            super().append(problem)
        elif problem.severity == "error":
            message, hint = f"there are more than {MAX_PROBLEMS} faults", "mend these, then see what is left"
            raise Problems([*self.as_sorted_tuple(), Problem(message, hint=hint, kind="too-many")])
        self._counts[problem.severity] += 1

    def extend(self, found: Iterable[Problem]) -> None:
        """Add faults one by one."""
        for problem in found:
            self.append(problem)

    def __iadd__(self, found: Iterable[Problem]) -> Self:  # type: ignore[override, misc]
        self.extend(found)
        return self

    @contextmanager
    def catch(self) -> Iterator[None]:
        """Add the faults that the block raises, and go on after it."""
        try:
            yield
        except Problems as raised:
            self.extend(raised.problems)

    def raise_all(self) -> None:
        """Raise the faults, each once, if there are any."""
        if self:
            raise Problems(dict.fromkeys(self))

    def as_sorted_tuple(self) -> tuple[Problem, ...]:
        """The faults by file, line and column, each once."""
        return tuple(sorted(dict.fromkeys(self), key=lambda p: (str(p.file), p.line, p.column)))


def suggest_nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to ``word``, or lists all known words."""
    choices, typed = [str(k) for k in islice(known, _MAX_KNOWN_WORDS)], word.casefold()
    folded = {choice.casefold(): choice for choice in choices} if len(word) <= _LONGEST_COMPARED_WORD else {}
    if len(folded) > _MAX_COMPARED_WORDS:
        alike = (one for one in folded if one[:1] == typed[:1])
        folded = {one: folded[one] for one in islice(alike, _MAX_COMPARED_WORDS)}
    if len(typed) <= _LONGEST_CODE:
        # For codes only typing errors count: AFX is AFG mistyped, not ZAF.
        folded = {one: name for one, name in folded.items() if len(one) != len(typed) or _is_typo(typed, one)}
    from difflib import get_close_matches  # imported here, as it is rarely needed

    if close := get_close_matches(typed, folded, n=1, cutoff=0.6):
        return f"did you mean '{folded[close[0]]}'?"
    return list_known_words(choices) if len(choices) <= _MAX_COMPARED_WORDS else ""


def _is_typo(one: str, other: str) -> bool:
    """Whether two words of the same length differ in one letter, or in the order of two neighbours."""
    places = [place for place, (ours, theirs) in enumerate(zip(one, other, strict=True)) if ours != theirs]
    return len(places) <= 1 or (len(places) == 2 and places[1] - places[0] == 1 and sorted(one) == sorted(other))


def list_known_words(known: Sequence[str], most: int = 12) -> str:
    """A hint that lists the known words, at most ``most``."""
    return f"known: {join_first_names(known, most)}" if known else "none is defined"


# Characters that move the cursor, change the direction or are invisible, except the marks of our own numbers.
_ALLOWED_MARKS = "\u2066\u2212[\u06f0-\u06f9\u066b\u066c]+\u2069|\u200f(?=\u066a)"
_INVISIBLE = re.compile(
    f"({_ALLOWED_MARKS})|[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def escape_invisible(text: str, escape: Callable[[str], str] | None = None) -> str:
    """The text in one line, control characters and invisible ones as escapes. ``escape`` gets our own marks, too."""
    return _INVISIBLE.sub(lambda one: escape(one[0]) if escape else one[1] or ascii(one[0])[1:-1], text)


def join_first_names(names: Sequence[str], most: int = 5) -> str:
    """The first names of a list, and the number of names if there are more."""
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")


def find_override(file: Path) -> bytes | None:
    """The content that overrides that of a file, if there is one."""
    contents = CONTENT_OVERRIDES.get()
    return contents.get(os.path.realpath(file)) if contents else None


def open_file(file: str | Path) -> int:
    """A handle for reading a file. OSError if links lead out of the folder that must have it.

    A link may be replaced after it was checked. So the file is opened part by part, and no part may be a link.
    """
    # Opening must not wait for the writer of a pipe, nor take a terminal as our own.
    flags = sum(getattr(os, name, 0) for name in _OPEN_FLAGS)
    path = os.path.abspath(file)
    homes = (CONFINED_PATHS.get(place) for place in (path, *map(str, Path(path).parents))) if CONFINED_PATHS else ()
    home = next(filter(None, homes), None)
    if home is None or os.open not in os.supports_dir_fd:
        return os.open(file, flags)
    *folders, name = os.path.relpath(os.path.realpath(path), home).split(os.sep)
    if os.pardir in folders or name == os.pardir:
        raise OSError(errno.EXDEV, "a link leads out of the publication")
    above = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        for folder in folders:
            inner = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=above)
            os.close(above)
            above = inner
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=above)
    finally:
        os.close(above)


def read_file_lines(file: Path) -> list[str]:
    """The current lines of a file; none if it cannot be read."""
    try:
        if (content := find_override(file)) is not None:
            return _split_lines(content)
        state = file.stat()
        if not S_ISREG(state.st_mode) or state.st_size > _MAX_SOURCE_BYTES:
            return []
        return _read_lines_at(os.path.abspath(file), state.st_mtime_ns, state.st_size)
    except (OSError, ValueError):
        return []


def detect_encoding(content: bytes) -> str:
    """The encoding of a text: UTF-16 if its first bytes say so, else UTF-8."""
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


@lru_cache(maxsize=32)
def _read_lines_at(file: str, _changed: int, size: int) -> list[str]:
    with open(file, "rb", opener=lambda path, _: open_file(path)) as found:
        return _split_lines(found.read(size))


def _split_lines(content: bytes) -> list[str]:
    text = content.decode(detect_encoding(content), errors="replace")
    # splitlines() would also split at form feeds and U+2028, where editors do not.
    return [line.removesuffix("\r") for line in text.split("\n")]
