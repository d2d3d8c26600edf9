"""Files come whole, all together, or not at all; the manifest says what there is."""

import errno
import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support import contents
from tipbrief.deliver.folder import all_there, write_together
from tipbrief.problems import Problems

VERSIONS = {"WeasyPrint": "70.0"}
FILES = {"a.pdf": b"%PDF- new", "a.html": "<p>نو</p>".encode()}
NO_SPACE = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def manifest(out: Path) -> dict[str, dict[str, str | int]]:
    files: dict[str, dict[str, str | int]] = json.loads((out / "manifest.json").read_text("utf-8"))["files"]
    return files


@pytest.fixture
def old(tmp_path: Path) -> Path:
    """A folder with an earlier delivery."""
    files = {"a.pdf": b"%PDF- old", "a.html": b"<p>old</p>", "b.pdf": b"%PDF- other"}
    write_together(tmp_path, files, VERSIONS)
    return tmp_path


def test_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    out = tmp_path / "made" / "for it"
    written = write_together(out, FILES, VERSIONS)
    assert {name: data for name, data in contents(out).items() if name != "manifest.json"} == FILES
    assert [item.path for item in written] == [out / "a.pdf", out / "a.html"]
    assert [item.size for item in written] == [len(content) for content in FILES.values()]
    # Others may read what is delivered.
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


def test_the_manifest_lists_size_and_sha256_of_every_file_of_all_deliveries(old: Path) -> None:
    written = write_together(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf", "b.pdf"]
    for name, entry in manifest(old).items():
        data = (old / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert {item.sha256 for item in written} <= {entry["sha256"] for entry in manifest(old).values()}
    (old / "b.pdf").unlink()
    write_together(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf"], "what is gone is dropped"


@pytest.mark.parametrize(
    "broken",
    ["", "{", "[]", "null", '{"files": []}', '{"files": null}', '{"other": {}}', "\x00\xff", "7"],
)
def test_a_broken_manifest_is_made_anew(old: Path, broken: str) -> None:
    (old / "manifest.json").write_text(broken, encoding="latin-1")
    write_together(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf"]


def test_an_open_file_keeps_its_old_content(old: Path) -> None:
    """The name goes to a new file; whoever reads the old one reads it to its end."""
    with (old / "a.pdf").open("rb") as reader:
        write_together(old, FILES, VERSIONS)
        assert reader.read() == b"%PDF- old"
    assert (old / "a.pdf").read_bytes() == FILES["a.pdf"]


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_a_full_disk_leaves_everything_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch, failing: int
) -> None:
    before, calls = contents(old), []

    def fsync(handle: int) -> None:
        calls.append(handle)
        if len(calls) == failing:
            raise NO_SPACE

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(Problems, match=r"cannot be written: No space left on device") as raised:
        write_together(old, FILES, VERSIONS)
    assert "Older files in it are unchanged" in raised.value.problems[0].hint
    assert contents(old) == before


@pytest.mark.parametrize("name", ["a.pdf", "a.html", "manifest.json"])
def test_a_folder_in_a_files_place_leaves_everything_as_it_was(old: Path, name: str) -> None:
    (old / name).unlink()
    (old / name).mkdir()
    before = contents(old)
    with pytest.raises(Problems, match=f"cannot be written: '{name}' is a folder"):
        write_together(old, FILES, VERSIONS)
    assert contents(old) == before
    assert (old / name).is_dir()


def test_a_file_in_the_folders_place_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(Problems, match="cannot be written"):
            write_together(out, FILES, VERSIONS)
    assert contents(tmp_path) == {"out": b"mine"}


def test_a_folder_that_refuses_new_files_is_a_problem(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = contents(old)

    def refuse(*args: Any, **settings: Any) -> int:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    # The super-user may write everywhere: a folder without rights would prove nothing in a container.
    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(Problems, match="cannot be written: Permission denied"):
        write_together(old, FILES, VERSIONS)
    assert contents(old) == before


def test_ctrl_c_while_a_file_is_made_leaves_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, opened = contents(old), os.open
    handles = []

    def stopped(*args: Any, **settings: Any) -> int:
        handles.append(opened(*args, **settings))
        raise KeyboardInterrupt  # as Python does it, when the call that it came into has ended

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", stopped)
        with pytest.raises(KeyboardInterrupt):
            write_together(old, FILES, VERSIONS)
    assert handles
    os.close(handles[0])
    assert contents(old) == before


@pytest.mark.parametrize(
    "hostile",
    [
        '{"files": ' + "[" * 100_000, '{"files": {"b.pdf": ' + "9" * 5000 + "}}", '{"files": {"b.pdf": "x"}}',
        '{"files": {"b.pdf": {"bytes": 1, "sha256": "\\ud800"}}}',
        '{"files": {"\\ud800": {}, "a\\u0000": {}}}',
        '{"files": {"../secret": {"bytes": 1, "sha256": "%s"}}}' % ("a" * 64), "[" + " " * 11_000_000 + "]",
        '{"files": {"b.pdf": {"bytes": [[]], "sha256": {}}}}',
    ],
    ids=range(8),
)  # fmt: skip
def test_fault_22_a_manifest_of_nonsense_is_made_anew_and_leads_nowhere(tmp_path: Path, hostile: str) -> None:
    out, secret = tmp_path / "out", tmp_path / "secret"
    out.mkdir()
    secret.write_text("mine")
    (out / "b.pdf").write_bytes(b"other")
    (out / "manifest.json").write_text(hostile)
    write_together(out, FILES, VERSIONS)
    assert manifest(out).keys() == {"a.pdf", "a.html"}
    assert secret.read_text() == "mine"


def test_fault_22_a_pipe_in_the_place_of_a_file_is_replaced_and_not_waited_for(tmp_path: Path) -> None:
    for name in ("manifest.json", "a.pdf"):
        os.mkfifo(tmp_path / name)
    written = write_together(tmp_path, FILES, VERSIONS)
    assert all_there(written, tmp_path)
    assert manifest(tmp_path).keys() == FILES.keys()
