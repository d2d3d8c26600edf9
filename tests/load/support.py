"""What the tests of the readers share: a file to read, and what is wrong with it."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import openpyxl

from tests.support import problems_of


def written(tmp_path: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    """A file with this text."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def faults(read: Callable[[Path], Any], file: Path) -> list[tuple[int, int, str, str]]:
    """Line, column, message and hint of all that keeps a file from being read."""
    problems = problems_of(read, file)
    assert all(problem.file == file for problem in problems)
    return [(p.line, p.column, p.message, p.hint) for p in problems]


def save_workbook(file: Path, *lines: Sequence[object], formats: str = "", merged: str = "", sheet: str = "") -> Path:
    """A workbook with these rows; ``formats`` as in ``C2=0.0% C3=0%``."""
    book = openpyxl.Workbook()
    book.active.title = sheet or book.active.title
    for line in lines:
        book.active.append(line)
    for cell, form in (one.split("=") for one in formats.split()):
        book.active[cell].number_format = form
    if merged:
        book.active.merge_cells(merged)
    book.save(file)
    return file
