"""One shape for every fault, and the one exception that carries a list of them."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from stat import S_ISREG
from typing import ClassVar

# Control characters would move the pointer, or the terminal's cursor.
_AS_SPACE = str.maketrans(dict.fromkeys([*range(0x20), *range(0x7F, 0xA0)], " "))
_MOST_SHOWN = 100  # characters of a long line
_MOST_BYTES = 10_000_000  # of a file that is shown
RIGHT_TO_LEFT = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: where it is, what is wrong, and what to do about it.

    ``line`` and ``column`` count from 1; 0 means that the fault has no place in the file.
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

    @property
    def source_line(self) -> str:
        """The line of the file at which the fault stands, or an empty text."""
        return "".join(lines_of(self.file)[self.line - 1 : self.line]) if self.file and self.line else ""

    def where(self, base: Path | None = None) -> str:
        """``file:line:column``, the file relative to ``base`` where it lies below it."""
        parts = (self._file_below(base), self.line, self.column) if self.file else ()
        return ":".join(str(part) for part in parts if part)

    def _file_below(self, base: Path | None) -> str:
        if self.file and base and self.file.is_relative_to(base):
            return str(self.file.relative_to(base))
        return str(self.file or "")

    def _excerpt(self) -> list[str]:
        """The source line and the pointer below it."""
        if not (source := self.source_line.translate(_AS_SPACE)):
            return []
        start = max(0, min(self.column - _MOST_SHOWN // 2, len(source) - _MOST_SHOWN))
        shown = source[start : start + _MOST_SHOWN]
        lines = [f"    {shown}"]
        if self.column and not RIGHT_TO_LEFT.search(shown):
            # A pointer under right-to-left text would stand under the wrong letter.
            before = self.column - 1 - start
            lines.append("    " + " " * before + "^" * max(1, min(self.length, len(shown) - before)))
        return lines

    def format(self, base: Path | None = None, style: Callable[..., str] = lambda text, **_: text) -> str:
        """The printed form: place and message, the source line, a pointer, a hint; ``style`` is click's."""
        is_error = self.severity == "error"
        head = self.message if is_error else f"{self.severity}: {self.message}"
        if where := self.where(base):
            head = f"{style(where, bold=True)}: {style(head, fg='red' if is_error else 'yellow')}"
        hint = [f"    hint: {self.hint}"] if self.hint else []
        return "\n".join([head, *(style(line, dim=True) for line in self._excerpt()), *hint])

    def as_dict(self, base: Path | None = None) -> dict[str, str | int]:
        """The same fault as plain values, for ``--format json``."""
        names = ("severity", "kind", "file", "line", "column", "message", "hint", "source_line")
        return {name: getattr(self, name) for name in names} | {"file": self._file_below(base)}


_Found = str | Problem | Iterable[Problem]


class Problems(Exception):  # noqa: N818 - it is a list of faults, and reads as one
    """All faults found in one step, raised together; a message alone makes the one fault that it tells."""

    def __init__(self, found: _Found, file: Path | None = None, *, hint: str = "", kind: str = "") -> None:
        if isinstance(found, str):
            found = Problem(found, file, hint=hint, kind=kind)
        self.problems = [found] if isinstance(found, Problem) else list(found)
        super().__init__("\n".join(p.message for p in self.problems))

    def __reduce__(self) -> tuple[type[Problems], tuple[list[Problem]]]:
        """From one process to another: an exception is made anew from its arguments, which are texts else."""
        return type(self), (self.problems,)


class Listener:
    """Who hears what a user should know while a command is at work: the command line prints it."""

    hear: ClassVar[Callable[[str], object]] = staticmethod(lambda text: None)


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that names the known word nearest to ``word``, or lists the known words."""
    choices = [str(k) for k in known]
    folded = {choice.casefold(): choice for choice in choices}
    if close := get_close_matches(word.casefold(), folded, n=1, cutoff=0.6):
        return f"did you mean '{folded[close[0]]}'?"
    return listed(choices)


def listed(known: Sequence[str], most: int = 12) -> str:
    """A hint that lists what is known, cut after ``most`` words."""
    return f"known: {first_of(known, most)}" if known else "none is defined"


def first_of(names: Sequence[str], most: int) -> str:
    """The first names of a list, and how many there are where these are not all."""
    return ", ".join(names[:most]) + (f", … ({len(names)} in all)" if len(names) > most else "")


def lines_of(file: Path) -> list[str]:
    """The lines of a file as it is now; none where it cannot be read."""
    try:
        state = file.stat()
        if not S_ISREG(state.st_mode) or state.st_size > _MOST_BYTES:
            return []
        return _lines_then(os.path.abspath(file), state.st_mtime_ns, state.st_size)
    except (OSError, ValueError):
        return []


@lru_cache(maxsize=32)
def _lines_then(file: str, _changed: int, size: int) -> list[str]:
    with open(file, "rb") as found:
        text = found.read(size).decode("utf-8-sig", errors="replace")
    # Not splitlines(): a form feed or U+2028 ends no line in an editor.
    return [line.removesuffix("\r") for line in text.split("\n")]
