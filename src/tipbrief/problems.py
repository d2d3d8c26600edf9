"""One shape for every fault, and the one exception that carries a list of them."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from types import MappingProxyType
from typing import ClassVar, Self

_LONGEST_EXCERPT = 100  # characters of a long line
_LONGEST_SOURCE_LINE = 1000  # characters of a line, to a program
MOST_PROBLEMS = 500  # faults, and as many warnings: who has more of them mends these first
# For a hint: known names, those that are compared with one, and letters of a name.
_MOST_KNOWN_WORDS, _MOST_COMPARED_WORDS, _LONGEST_COMPARED_WORD = 5000, 300, 60
_LONGEST_CODE = 4  # letters; of names so short nearly any two are alike
_MOST_SOURCE_BYTES = 10_000_000  # of a file that is shown
CONTENT_OVERRIDES: ContextVar[Mapping[str, bytes]] = ContextVar("tried", default=MappingProxyType({}))
RIGHT_TO_LEFT_LETTER = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what is wrong, and what to do about it.

    ``line`` and ``column`` count from 1; 0 means that the fault has no place in the file. In a workbook they
    are row and column of its ``sheet``.
    ``length`` is the number of characters to underline in ``source_line``. ``kind`` is a word for programs,
    such as ``unknown-figure``: it stays when a message is worded anew, and is not printed.
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

    @property
    def source_line(self) -> str:
        """The line of the file at which the fault stands, or an empty text."""
        if self.sheet:  # a workbook has no lines
            return ""
        return "".join(read_file_lines(self.file)[self.line - 1 : self.line]) if self.file and self.line else ""

    def format_location(self, base: Path | None = None) -> str:
        """``file:line:column``, the file relative to ``base`` where it lies below it.

        In a workbook ``file, sheet Name, cell B7``.
        """
        if self.sheet:
            parts = (self._relative_file(base), f"sheet {self.sheet}", self._sheet_location)
            return ", ".join(filter(None, parts))
        places = (self._relative_file(base), self.line, self.column) if self.file else ()
        return ":".join(str(part) for part in places if part)

    @property
    def _sheet_location(self) -> str:
        return f"cell {cell_address(self.line, self.column)}" if self.column else f"row {self.line}" * bool(self.line)

    def _relative_file(self, base: Path | None) -> str:
        if self.file and base and self.file.is_relative_to(base):
            return str(self.file.relative_to(base))
        return str(self.file or "")

    def _source_excerpt(self) -> list[str]:
        """The source line and the pointer below it."""
        if not (source := self.source_line):
            return []
        start = max(0, min(self.column - _LONGEST_EXCERPT // 2, len(source) - _LONGEST_EXCERPT))
        before = max(0, self.column - 1 - start)
        shown = source[start : start + _LONGEST_EXCERPT].replace("\t", " ")
        ahead, under, after = map(
            escape_invisible, (shown[:before], shown[before:][: self.length], shown[before:][self.length :])
        )
        lines = [f"    {ahead}{under}{after}"]
        if self.column and not RIGHT_TO_LEFT_LETTER.search(shown):
            # A pointer under right-to-left text would stand under the wrong letter.
            lines.append("    " + " " * len(ahead) + "^" * max(1, len(under)))
        return lines

    def format(self, base: Path | None = None, style: Callable[..., str] = lambda text, **_: text) -> str:
        """The printed form: place and message, the source line, a pointer, a hint; ``style`` is click's."""
        is_error = self.severity == "error"
        message, hint, where = map(escape_invisible, (self.message, self.hint, self.format_location(base)))
        head = message if is_error else f"{self.severity}: {message}"
        if where:
            head = f"{style(where, bold=True)}: {style(head, fg='red' if is_error else 'yellow')}"
        hints = [f"    hint: {hint}"] if hint else []
        return "\n".join([head, *(style(line, dim=True) for line in self._source_excerpt()), *hints])

    def as_dict(self, base: Path | None = None) -> dict[str, str | int]:
        """The same fault as plain values, for ``--format json``."""
        names = ("severity", "kind", "file", "line", "column", "message", "hint", "source_line")
        # A line of megabytes would be told once with each of its faults.
        told = {"file": self._relative_file(base), "source_line": self.source_line[:_LONGEST_SOURCE_LINE]}
        if self.sheet:
            told |= {"sheet": self.sheet, "cell": cell_address(self.line, self.column) if self.column else ""}
        return {name: getattr(self, name) for name in names if name not in told} | told


def cell_address(row: int, column: int) -> str:
    """How a spreadsheet calls a cell: ``B7``."""
    letters = ""
    while column:
        column, letter = divmod(column - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row}"


_ProblemInput = str | Problem | Iterable[Problem]


class Problems(Exception):  # noqa: N818 - it is a list of faults, and reads as one
    """All faults found in one step, raised together; a message alone makes the one fault that it tells."""

    def __init__(self, found: _ProblemInput, file: Path | None = None, *, hint: str = "", kind: str = "") -> None:
        if isinstance(found, str):
            found = Problem(found, file, hint=hint, kind=kind)
        self.problems = [found] if isinstance(found, Problem) else list(found)
        super().__init__("\n".join(p.message for p in self.problems))

    def __reduce__(self) -> tuple[type[Problems], tuple[list[Problem]]]:
        """From one process to another: an exception is made anew from its arguments, which are texts else."""
        return type(self), (self.problems,)


class MessageListener:
    """Who hears what a user should know while a command is at work: the command line prints it."""

    notify: ClassVar[Callable[[str], object]] = staticmethod(lambda text: None)


class ProblemList(list[Problem]):
    """The faults of one step as they are found: at too many errors it raises them, more warnings it drops."""

    def __init__(self, found: Iterable[Problem] = ()) -> None:
        super().__init__()
        self._counts = Counter[str]()
        self.extend(found)

    def has_room(self, severity: str) -> bool:
        """Whether one more of this severity would be told."""
        return self._counts[severity] < MOST_PROBLEMS

    def append(self, problem: Problem) -> None:
        """Note a fault."""
        if self.has_room(problem.severity):
            super().append(problem)
        elif problem.severity == "error":
            message, hint = f"there are more than {MOST_PROBLEMS} faults", "mend these, then see what is left"
            raise Problems([*self.as_sorted_tuple(), Problem(message, hint=hint, kind="too-many")])
        self._counts[problem.severity] += 1

    def extend(self, found: Iterable[Problem]) -> None:
        """Note faults, one after the other."""
        for problem in found:
            self.append(problem)

    def __iadd__(self, found: Iterable[Problem]) -> Self:  # type: ignore[override, misc]
        self.extend(found)
        return self

    def as_sorted_tuple(self) -> tuple[Problem, ...]:
        """The faults by file, line and column, each once."""
        return tuple(sorted(dict.fromkeys(self), key=lambda p: (str(p.file), p.line, p.column)))


def suggest_nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to ``word``, or lists the known words."""
    choices, typed = [str(k) for k in islice(known, _MOST_KNOWN_WORDS)], word.casefold()
    folded = {choice.casefold(): choice for choice in choices} if len(word) <= _LONGEST_COMPARED_WORD else {}
    if len(folded) > _MOST_COMPARED_WORDS:
        alike = (one for one in folded if one[:1] == typed[:1])
        folded = {one: folded[one] for one in islice(alike, _MOST_COMPARED_WORDS)}
    if len(typed) <= _LONGEST_CODE:
        # Of two codes, letters in other places say nothing: AFX is AFG mistyped, not ZAF.
        folded = {one: name for one, name in folded.items() if len(one) != len(typed) or _is_typo(typed, one)}
    from difflib import get_close_matches  # loaded only by those who mistyped

    if close := get_close_matches(typed, folded, n=1, cutoff=0.6):
        return f"did you mean '{folded[close[0]]}'?"
    return list_known_words(choices) if len(choices) <= _MOST_COMPARED_WORDS else ""


def _is_typo(one: str, other: str) -> bool:
    """Whether two words of one length differ in a single letter, or in the order of two."""
    places = [place for place, pair in enumerate(zip(one, other, strict=True)) if pair[0] != pair[1]]
    swapped = len(places) == 2 and places[1] - places[0] == 1 and sorted(one) == sorted(other)
    return len(places) <= 1 or swapped


def list_known_words(known: Sequence[str], most: int = 12) -> str:
    """A hint that lists what is known, cut after ``most`` words."""
    return f"known: {join_first_names(known, most)}" if known else "none is defined"


# What moves the cursor, turns a line round or is not seen at all; the marks with which we write a negative
# number and a percentage stay.
_ALLOWED_MARKS = "\u2066\u2212[\u06f0-\u06f9\u066b\u066c]+\u2069|\u200f(?=\u066a)"
_INVISIBLE = re.compile(
    f"({_ALLOWED_MARKS})|[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)


def escape_invisible(text: str, written: Callable[[str], str] | None = None) -> str:
    """The text in one line that shows all of it: what a terminal obeys, or nobody sees, is written out.

    With a form of its own in which all is ``written``, such as JSON's, our marks are, too.
    """
    return _INVISIBLE.sub(lambda one: written(one[0]) if written else one[1] or ascii(one[0])[1:-1], text)


def join_first_names(names: Sequence[str], most: int) -> str:
    """The first names of a list, and how many there are where these are not all."""
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")


def find_override(file: Path) -> bytes | None:
    """What a file would hold, where that is tried: ``files.instead``."""
    contents = CONTENT_OVERRIDES.get()
    return contents.get(os.path.realpath(file)) if contents else None


def read_file_lines(file: Path) -> list[str]:
    """The lines of a file as it is now; none where it cannot be read."""
    try:
        if (content := find_override(file)) is not None:
            return _split_lines(content)
        state = file.stat()
        if not S_ISREG(state.st_mode) or state.st_size > _MOST_SOURCE_BYTES:
            return []
        return _read_lines_at(os.path.abspath(file), state.st_mtime_ns, state.st_size)
    except (OSError, ValueError):
        return []


def detect_encoding(content: bytes) -> str:
    """As what a text is read: UTF-8, where its first bytes do not say that it is UTF-16."""
    return "utf-16" if content.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8-sig"


@lru_cache(maxsize=32)
def _read_lines_at(file: str, _changed: int, size: int) -> list[str]:
    with open(file, "rb") as found:
        return _split_lines(found.read(size))


def _split_lines(content: bytes) -> list[str]:
    text = content.decode(detect_encoding(content), errors="replace")
    # Not splitlines(): a form feed or U+2028 ends no line in an editor.
    return [line.removesuffix("\r") for line in text.split("\n")]
