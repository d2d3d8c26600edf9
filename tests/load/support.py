"""What the tests of the readers share: a file to read, and what is wrong with it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tipbrief.problems import Problems


def written(tmp_path: Path, text: str | bytes, name: str = "a.yaml") -> Path:
    """A file with this text."""
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def faults(read: Callable[[Path], Any], file: Path) -> list[tuple[int, int, str, str]]:
    """Line, column, message and hint of all that keeps a file from being read."""
    with pytest.raises(Problems) as raised:
        read(file)
    assert all(problem.file == file for problem in raised.value.problems)
    return [(p.line, p.column, p.message, p.hint) for p in raised.value.problems]
