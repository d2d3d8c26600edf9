"""A file comes whole or not at all, and a fault of the disk is told with its remedy."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support import contents
from tipbrief.files import read_bytes, replace_file
from tipbrief.problems import Problems


def test_a_file_keeps_its_rights_unless_others_are_given(tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    for before, given, after in ((None, None, 0o644), (0o640, None, 0o640), (0o640, 0o600, 0o600)):
        if before:
            file.chmod(before)
        replace_file(file, b"new", given)
        assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", after)


@pytest.mark.parametrize("step", ["open", "fsync", "chmod", "replace"])
@pytest.mark.parametrize("fault", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_whatever_happens_the_old_file_stays_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str, fault: BaseException
) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def fail(*args: object, **settings: object) -> NoReturn:
        raise fault

    with monkeypatch.context() as broken:
        broken.setattr(os, step, fail)
        with pytest.raises((Problems, KeyboardInterrupt)):
            replace_file(tmp_path / "file", b"new")
    assert contents(tmp_path) == {"file": b"old"}


def test_what_cannot_be_written_or_read_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problems, match="cannot be written: No such file") as raised:
        replace_file(tmp_path / "nowhere" / "file", b"")
    assert raised.value.problems[0].hint == "make the folder first"
    with pytest.raises(Problems, match="cannot be read: No such file"):
        read_bytes(tmp_path / "file")
