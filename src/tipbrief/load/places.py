"""Where a value stands in its file."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Self

from tipbrief.problems import Problem, lines_of

_MOST_SOUGHT = 200  # characters of a fault by which its place is found


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: file, first line and column, last line (all from 1).

    In a workbook line and column are row and column of the ``sheet``.
    """

    file: Path
    line: int = 0
    column: int = 0
    end: int = 0
    sheet: str = ""

    def problem(
        self,
        message: str,
        hint: str = "",
        *,
        kind: str = "",
        severity: str = "error",
        token: str = "",
        nth: int = 0,
    ) -> Problem:
        """A problem here, or at the ``nth`` occurrence of ``token`` inside the value's lines."""
        at = self._find(token, nth) if token and not self.sheet else (self.line, self.column, 1)
        line, column, length = at
        return Problem(
            message, self.file, line, column, hint, length, severity=severity, kind=kind, sheet=self.sheet
        )

    def _find(self, token: str, nth: int) -> tuple[int, int, int]:
        region = "\n".join(lines_of(self.file)[self.line - 1 : max(self.line, self.end)])
        found = next(islice(_spread(token).finditer(region, self.column - 1), nth, None), None)
        if found is None:
            return self.line, self.column, 1
        before, first_line = region[: found.start()], found[0].partition("\n")[0].rstrip() or found[0]
        return self.line + before.count("\n"), len(before) - before.rfind("\n"), len(first_line)


class Text(str):
    """A text that knows its place, and its ``language`` where it is another than that of the whole."""

    __slots__ = ("language", "place")
    place: Place
    language: str

    def __new__(cls, text: str, place: Place, language: str = "") -> Self:
        """A text as it stands at ``place``."""
        new = super().__new__(cls, text)
        new.place, new.language = place, language
        return new

    def __getnewargs__(self) -> tuple[str, Place, str]:  # type: ignore[override]
        """What makes the text anew in another process."""
        return str(self), self.place, self.language

    def problem(
        self,
        message: str,
        hint: str = "",
        span: tuple[int, int] = (0, 0),
        *,
        kind: str = "",
        severity: str = "error",
    ) -> Problem:
        """A problem with the characters ``span`` of this text, or with all of it."""
        start, end = span
        token = self[start : min(end, start + _MOST_SOUGHT)]
        nth = sum(1 for _ in _spread(token).finditer(self[:start])) if token else 0
        return self.place.problem(message, hint, kind=kind, severity=severity, token=token, nth=nth)


def _spread(token: str) -> re.Pattern[str]:
    """A pattern for a token as it may stand in a file, where a line may be folded at any space."""
    if token.isspace():
        return re.compile(rf"(?<=\S){token}(?=\S)")
    return re.compile(r"\s+".join(re.escape(part) for part in re.split(r"\s+", token)))
