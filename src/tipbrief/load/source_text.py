"""Source text: reads a text file of the dataset and checks its encoding; and texts that know their place in it."""

import os
import re
from dataclasses import dataclass, replace
from difflib import get_close_matches
from itertools import islice
from pathlib import Path
from typing import Self

from tipbrief.files import read_bytes
from tipbrief.problems import Problem, Problems, detect_encoding, read_file_lines

_ZIP_SIGNATURE = b"PK\x03\x04"
OLE_SIGNATURE = b"\xd0\xcf\x11\xe0"  # the start of an .xls, and of a workbook with a password
SAVE_AS_WORKBOOK = "save it as 'Excel workbook (.xlsx)'"
MAX_TEXT_BYTES, MAX_YAML_BYTES = 10_000_000, 1_000_000
# No editor shows these and no font draws them: control characters, U+0085, U+2028 and the like, a lone CR.
INVISIBLE_CHARACTER = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff](?!(?<=\r)\n)")
# Git leaves these markers if it cannot merge two versions of a file.
_CONFLICT_MARKER = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|\Z)", re.M)
_KEEP_BOTH_HINT = "keep what is right of both, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"
_SIZE_HINT = "a brief is made from a small dataset: keep only the rows that it prints"
_MAX_SEARCH_LENGTH = 200  # characters of a token with which a problem's place is found


def read_text(
    file: Path,
    merge_hint: str = _KEEP_BOTH_HINT,
    most: int = MAX_TEXT_BYTES,
    *,
    utf_16: bool = False,  # allow UTF-16, too, which Excel calls "Unicode text"
    size_hint: str = _SIZE_HINT,
) -> str:
    """The text of a UTF-8 file; a problem if it is missing, too large, not UTF-8, or no text."""
    raw = read_dataset_file(file, most, size_hint)
    if (encoding := detect_encoding(raw)) == "utf-16" and not utf_16:
        raise Problems("the file is UTF-16, not UTF-8", file, hint="save it as UTF-8", kind="not-utf-8")
    if raw.startswith((_ZIP_SIGNATURE, OLE_SIGNATURE)):
        is_xlsx = raw.startswith(_ZIP_SIGNATURE) and file.suffix.lower() != ".ods"
        hint = "give it the ending .xlsx, here and in tables.yaml" if is_xlsx else SAVE_AS_WORKBOOK
        hint += "; or save it as 'CSV UTF-8'"
        raise Problems("the file is a workbook, not text", file, hint=hint, kind="no-text")
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError as fault:
        before = fault.object[: fault.start].decode("utf-8", "replace")
        if encoding == "utf-16":
            message, hint = "the file is not whole UTF-16", "save it as UTF-8"
            raise Problems(message, file, hint=hint, kind="not-utf-8") from None
        message = f"the file is not UTF-8: byte 0x{fault.object[fault.start]:02x}"
        hint = "save it as UTF-8 (it may be Windows-1256)"
        raise Problems(_problem_at(file, before, len(before), "not-utf-8", message, hint)) from None
    if found := INVISIBLE_CHARACTER.search(text):
        message, hint = describe_invisible_character(found)
        raise Problems(_problem_at(file, text, found.start(), "hidden-character", message, hint))
    if unfinished := find_unfinished_merge(file, text, merge_hint):
        raise Problems(unfinished)
    return text


def find_unfinished_merge(file: Path, text: str, hint: str) -> Problem | None:
    """The problem of a file with the conflict markers of version control."""
    conflict = _CONFLICT_MARKER.search(text)
    message = "a merge was not finished: two versions stand between <<<<<<< and >>>>>>>"
    return _problem_at(file, text, conflict.start(), "unfinished-merge", message, hint) if conflict else None


def describe_invisible_character(hidden: re.Match[str]) -> tuple[str, str]:
    """Message and hint for an invisible character."""
    return f"the invisible character U+{ord(hidden[0]):04X} has no place in a text", "delete it, or write a space"


def read_dataset_file(file: Path, most: int, size_hint: str = _SIZE_HINT) -> bytes:
    """The bytes of a file of the dataset; a problem with a hint if it is missing, or has more than ``most``."""
    try:
        return read_bytes(file, most)
    except Problems as raised:
        (problem,) = raised.problems
        if problem.kind == "missing-file":
            problem = replace(problem, message="the file is missing", hint=_suggest_similar_files(file))
        elif problem.kind == "too-large":
            problem = replace(problem, hint=size_hint)
        raise Problems(problem) from None


def _problem_at(file: Path, text: str, position: int, kind: str, message: str, hint: str) -> Problem:
    line = text.count("\n", 0, position) + 1
    return Problem(message, file, line, position - text.rfind("\n", 0, position), hint, kind=kind)


def _suggest_similar_files(file: Path) -> str:
    if not os.path.isdir(file.parent):
        return "its folder is missing, too"
    there = sorted(path.name for path in file.parent.glob("*" + file.suffix))
    if close := get_close_matches(file.name, there, n=1, cutoff=0.8):
        return f"is it the file '{close[0]}'?"
    return f"its folder has {', '.join(there[:12]) or f'no {file.suffix} file'}"


@dataclass(frozen=True, slots=True)
class SourceLocation:
    """The place of a value: file, first line and column, last line. They count from 1."""

    file: Path
    line: int = 0
    column: int = 0
    end_line: int = 0
    sheet: str = ""  # of a workbook, where line and column are row and column

    @property
    def source_lines(self) -> str:
        """The lines of the file in which the value stands."""
        return "\n".join(read_file_lines(self.file)[self.line - 1 : max(self.line, self.end_line)])

    def problem(
        self, message: str, hint: str = "", *, kind: str = "", severity: str = "error", token: str = "", nth: int = 0
    ) -> Problem:
        """A problem here, or at the ``nth`` occurrence of ``token`` in the lines of the value."""
        line, column, length = self._find_token(token, nth) if token and not self.sheet else (self.line, self.column, 1)
        return Problem(message, self.file, line, column, hint, length, severity=severity, kind=kind, sheet=self.sheet)

    def _find_token(self, token: str, nth: int) -> tuple[int, int, int]:
        region = self.source_lines
        found = next(islice(_token_pattern(token).finditer(region, self.column - 1), nth, None), None)
        if found is None:
            return self.line, self.column, 1
        before, first_line = region[: found.start()], found[0].partition("\n")[0].rstrip() or found[0]
        return self.line + before.count("\n"), len(before) - before.rfind("\n"), len(first_line)


class Text(str):
    """A text with its location, and its ``language`` if that is not the language of the document."""

    __slots__ = ("language", "location")
    location: SourceLocation
    language: str

    def __new__(cls, text: str, place: SourceLocation, language: str = "") -> Self:
        """A text that stands at ``place``."""
        new = super().__new__(cls, text)
        new.location, new.language = place, language
        return new

    def __getnewargs__(self) -> tuple[str, SourceLocation, str]:  # type: ignore[override]
        return str(self), self.location, self.language

    def problem(
        self, message: str, hint: str = "", span: tuple[int, int] = (0, 0), *, kind: str = "", severity: str = "error"
    ) -> Problem:
        """A problem with the characters in ``span``, or with the whole text."""
        start, end = span
        token = self[start : min(end, start + _MAX_SEARCH_LENGTH)]
        nth = sum(1 for _ in _token_pattern(token).finditer(self[:start])) if token else 0
        return self.location.problem(message, hint, kind=kind, severity=severity, token=token, nth=nth)


def _token_pattern(token: str) -> re.Pattern[str]:
    if token.isspace():
        return re.compile(rf"(?<=\S){token}(?=\S)")
    return re.compile(r"\s+".join(re.escape(part) for part in re.split(r"\s+", token)))


def written_pattern(words: str) -> re.Pattern[str]:
    """Words as a file may hold them: folded at any space, between quotes in a PO file, quotes doubled."""
    parts = [re.escape(part).replace("'", "''?").replace('"', '\\\\?"') for part in words.split()]
    return re.compile(r'(?:\s|"\s*")+'.join(parts))
