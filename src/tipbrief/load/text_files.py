"""Text files of a dataset: UTF-8, not too large, no hidden characters, no unfinished merge."""

import os
import re
from dataclasses import replace
from difflib import get_close_matches
from pathlib import Path

from tipbrief.files import read_bytes
from tipbrief.problems import Problem, Problems, encoding_of

_ZIP = b"PK\x03\x04"
OLE = b"\xd0\xcf\x11\xe0"  # how an .xls begins, and a workbook with a password
SAVE_AS_WORKBOOK = "save it as 'Excel workbook (.xlsx)'"
MOST_TEXT_BYTES, MOST_YAML_BYTES = 10_000_000, 1_000_000
# What no editor shows and no font draws: control characters, U+0085, U+2028 and the like, a lone CR.
HIDDEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)")
# What git leaves where two versions of a file could not be joined.
_CONFLICT = re.compile(r"^(?:<{7}|\|{7}|={7}|>{7})(?=[ \r\n]|\Z)", re.M)
_KEEP_BOTH = "keep what is right of both, and delete the lines that begin with <<<<<<<, ======= and >>>>>>>"


def read_text(
    file: Path, remedy: str = _KEEP_BOTH, most: int = MOST_TEXT_BYTES, *, utf_16: bool = False
) -> str:
    """The text of a UTF-8 file; a problem where it is missing, too large or not UTF-8.

    With ``utf_16`` it may be that, too, as Excel writes "Unicode text".
    """
    raw = read_content(file, most)
    if (encoding := encoding_of(raw)) == "utf-16" and not utf_16:
        raise Problems("the file is UTF-16, not UTF-8", file, hint="save it as UTF-8", kind="not-utf-8")
    if raw.startswith((_ZIP, OLE)):
        named = raw.startswith(_ZIP) and file.suffix.lower() != ".ods"
        hint = "give it the ending .xlsx, here and in tables.yaml" if named else SAVE_AS_WORKBOOK
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
        raise Problems(_at(file, before, len(before), "not-utf-8", message, hint)) from None
    if hidden := HIDDEN.search(text):
        raise Problems(_at(file, text, hidden.start(), "hidden-character", *hidden_problem(hidden)))
    if unfinished := unfinished_merge(file, text, remedy):
        raise Problems(unfinished)
    return text


def unfinished_merge(file: Path, text: str, hint: str) -> Problem | None:
    """The problem of a file in which version control left the marks of two versions, with a remedy."""
    conflict = _CONFLICT.search(text)
    message = "a merge was not finished: two versions stand between <<<<<<< and >>>>>>>"
    return _at(file, text, conflict.start(), "unfinished-merge", message, hint) if conflict else None


def hidden_problem(hidden: re.Match[str]) -> tuple[str, str]:
    """Message and hint for a character that no editor shows."""
    message = f"the invisible character U+{ord(hidden[0]):04X} has no place in a text"
    return message, "delete it, or write a space"


def read_content(file: Path, most: int) -> bytes:
    """The bytes of a file of the dataset; a problem with the remedy where there are none, or too many."""
    try:
        return read_bytes(file, most)
    except Problems as raised:
        (problem,) = raised.problems
        if problem.kind == "missing-file":
            problem = replace(problem, message="the file is missing", hint=_similar_files(file))
        elif problem.kind == "too-large":
            hint = "a brief is made from a small dataset: keep only the rows that it prints"
            problem = replace(problem, hint=hint)
        raise Problems(problem) from None


def _at(file: Path, text: str, position: int, kind: str, message: str, hint: str) -> Problem:
    line = text.count("\n", 0, position) + 1
    return Problem(message, file, line, position - text.rfind("\n", 0, position), hint, kind=kind)


def _similar_files(file: Path) -> str:
    if not os.path.isdir(file.parent):
        return "its folder is missing, too"
    there = sorted(path.name for path in file.parent.glob("*" + file.suffix))
    if close := get_close_matches(file.name, there, n=1, cutoff=0.8):
        return f"is it the file '{close[0]}'?"
    return f"its folder has {', '.join(there[:12]) or f'no {file.suffix} file'}"
