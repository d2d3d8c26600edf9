"""What the tests of the check share: a small sound publication, and what is wrong once it is changed."""

import shutil
from pathlib import Path

import pytest

from tests.support import BASE
from tipbrief.check.publication import load
from tipbrief.problems import Problems


def anew(tmp_path: Path) -> Path:
    """A new copy of the small sound publication."""
    shutil.rmtree(tmp_path / "publication", ignore_errors=True)
    return Path(shutil.copytree(BASE, tmp_path / "publication"))


def messages(folder: Path) -> list[str]:
    """All that is wrong with a publication."""
    with pytest.raises(Problems) as raised:
        load(folder)
    return [problem.message for problem in raised.value.problems]
