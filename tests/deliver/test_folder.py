"""Files come whole, all together, or not at all; the manifest says what there is."""

import errno
import hashlib
import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support import contents, environment, problem_of
from tipbrief.deliver.output_folder import (
    Delivery,
    is_inside_folder,
    manifest_entries,
    read_output_manifest,
    write_outputs,
)
from tipbrief.files import temporary_name
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
    write_outputs(tmp_path, files, VERSIONS)
    return tmp_path


def test_files_are_written_into_a_folder_that_is_made(tmp_path: Path) -> None:
    out = tmp_path / "made" / "for it"
    written = write_outputs(out, FILES, VERSIONS)
    assert {name: data for name, data in contents(out).items() if name != "manifest.json"} == FILES
    assert [item.path for item in written] == [out / "a.pdf", out / "a.html"]
    assert [item.size for item in written] == [len(content) for content in FILES.values()]
    # Others may read what is delivered.
    assert {path.stat().st_mode & 0o777 for path in out.iterdir()} == {0o644}


def test_the_manifest_lists_size_and_sha256_of_every_file_of_all_deliveries(old: Path) -> None:
    written = write_outputs(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf", "b.pdf"]
    for name, entry in manifest(old).items():
        data = (old / name).read_bytes()
        assert entry == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    assert {item.sha256 for item in written} <= {entry["sha256"] for entry in manifest(old).values()}
    (old / "b.pdf").unlink()
    write_outputs(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf"], "what is gone is dropped"


def test_an_open_file_keeps_its_old_content(old: Path) -> None:
    """The name goes to a new file; whoever reads the old one reads it to its end."""
    with (old / "a.pdf").open("rb") as reader:
        write_outputs(old, FILES, VERSIONS)
        assert reader.read() == b"%PDF- old"
    assert (old / "a.pdf").read_bytes() == FILES["a.pdf"]


@pytest.mark.parametrize(
    ("step", "failing", "fault"),
    [
        *(("fsync", failing, NO_SPACE) for failing in (1, 2, 3)),
        # The super-user may write everywhere: a folder without rights would prove nothing in a container.
        ("open", 1, PermissionError(errno.EACCES, os.strerror(errno.EACCES))),
    ],
)
def test_a_disk_that_is_full_or_refuses_leaves_everything_as_it_was(
    old: Path, monkeypatch: pytest.MonkeyPatch, step: str, failing: int, fault: OSError
) -> None:
    before, calls, whole = contents(old), list[Any](), getattr(os, step)

    def fail(*args: Any, **settings: Any) -> Any:
        calls.append(args)
        if len(calls) >= failing:
            raise fault
        return whole(*args, **settings)

    monkeypatch.setattr(os, step, fail)
    problem = problem_of(write_outputs, old, FILES, VERSIONS)
    assert f"cannot be written: {fault.strerror}" in problem.message
    assert "Older files in it are unchanged" in problem.hint
    assert contents(old) == before


@pytest.mark.parametrize("name", ["a.pdf", "a.html", "manifest.json"])
def test_a_folder_in_a_files_place_leaves_everything_as_it_was(old: Path, name: str) -> None:
    (old / name).unlink()
    (old / name).mkdir()
    before = contents(old)
    with pytest.raises(Problems, match=f"cannot be written: '{name}' is a folder"):
        write_outputs(old, FILES, VERSIONS)
    assert contents(old) == before
    assert (old / name).is_dir()


def test_a_file_in_the_folders_place_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "deeper"):
        with pytest.raises(Problems, match="cannot be written"):
            write_outputs(out, FILES, VERSIONS)
    assert contents(tmp_path) == {"out": b"mine"}


def test_ctrl_c_while_a_file_is_made_leaves_nothing(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, opened = contents(old), os.open
    handles = []

    def stopped(*args: Any, **settings: Any) -> int:
        handles.append(opened(*args, **settings))
        raise KeyboardInterrupt  # as Python does it, when the call that it came into has ended

    with monkeypatch.context() as patch:
        patch.setattr(os, "open", stopped)
        with pytest.raises(KeyboardInterrupt):
            write_outputs(old, FILES, VERSIONS)
    assert handles
    os.close(handles[0])
    assert contents(old) == before


def test_what_a_killed_run_left_long_ago_is_removed(old: Path) -> None:
    left, under_way = temporary_name(old / "page.pdf"), temporary_name(old / "page.pdf")
    for file in (left, under_way):
        file.touch()
    os.utime(left, (0, 0))
    write_outputs(old, {"new": b"new"}, {})
    assert (left.exists(), under_way.exists()) == (False, True)


def test_a_killed_run_leaves_nothing_in_the_folder(old: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before, beside = contents(old), f".{old.name}-*"
    with monkeypatch.context() as patch:
        # As kill -9 does it: nobody removes what was not named yet.
        patch.setattr(Delivery, "__exit__", lambda *_: None)
        with Delivery(old, VERSIONS) as delivery:
            delivery.add_files({"new.pdf": b"1", "deep/er/new.pdf": b"2"})
    (left,) = old.parent.glob(beside)
    assert contents(old) == before
    write_outputs(old, {"another.pdf": b"3"}, VERSIONS)
    assert [*old.parent.glob(beside)] == [left], "it may be at work"
    os.utime(left, (0, 0))
    write_outputs(old, {"another.pdf": b"4"}, VERSIONS)
    assert [*old.parent.glob(beside)] == []


def test_where_no_folder_can_stand_beside_it_files_are_written_in_it(
    old: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(folder: Path, *given: object, **named: object) -> None:
        raise PermissionError

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", lambda folder, **named: refuse(folder) if folder.name[0] == "." else None)
        write_outputs(old, FILES, VERSIONS)
    assert {name: (old / name).read_bytes() for name in FILES} == FILES
    assert not [*old.glob(".*")]


MANIFESTS = [
    "", "{", "[]", "null", "7", "\x00\xff", "pipe", "device", "[" * 100_000, "[" + " " * 11_000_000 + "]",
    '{"files": []}', '{"files": null}', '{"other": {}}', '{"files": ' + "[" * 100_000,
    '{"files": {"a.pdf": {"bytes": "x"}}}', '{"files": {"a.pdf": 1}}', '{"files": {"b.pdf": "x"}}',
    '{"files": {"b.pdf": ' + "9" * 5000 + "}}", '{"files": {"b.pdf": {"bytes": [[]], "sha256": {}}}}',
    '{"files": {"b.pdf": {"bytes": 1, "sha256": "\\ud800"}}}', '{"files": {"\\ud800": {}, "a\\u0000": {}}}',
    '{"files": {"\\ud800": {"bytes": 1, "sha256": "\\ud800"}}}',
    '{"files": {"../outside": {"bytes": 1, "sha256": "%s"}}}' % ("a" * 64),
    '{"files": {"../outside": {"bytes": 1, "sha256": "x"}}}',
]  # fmt: skip


@pytest.mark.parametrize("broken", MANIFESTS, ids=range(len(MANIFESTS)))
def test_whatever_a_manifest_is_it_is_made_anew_and_leads_nowhere(old: Path, broken: str) -> None:
    file, outside = old / "manifest.json", old.parent / "outside"
    file.unlink()
    outside.write_text("mine")
    if broken == "pipe":
        os.mkfifo(file)
    elif broken == "device":
        file.symlink_to("/dev/zero")
    else:
        file.write_text(broken, encoding="latin-1")
    written = write_outputs(old, FILES, VERSIONS)
    assert list(manifest(old)) == ["a.html", "a.pdf"]
    assert read_output_manifest(old) == manifest_entries(written)
    assert outside.read_text() == "mine"


def test_what_stands_in_the_place_of_an_output_is_replaced(old: Path, tmp_path: Path) -> None:
    """A link, too, is replaced and not written through."""
    mine = tmp_path / "mine.txt"
    mine.write_bytes(b"mine")
    (old / "a.pdf").unlink()
    (old / "a.pdf").symlink_to(mine)
    (old / "a.html").unlink()
    os.mkfifo(old / "a.html")
    write_outputs(old, FILES, VERSIONS)
    assert {name: (old / name).read_bytes() for name in FILES} == FILES
    assert not (old / "a.pdf").is_symlink()
    assert mine.read_bytes() == b"mine"
    (old / "a.pdf").unlink()
    os.mkfifo(old / "a.pdf")
    assert read_output_manifest(old).keys() == {"a.html", "b.pdf"}


def test_outputs_have_the_users_rights_and_keep_them(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        write_outputs(tmp_path, {"a.pdf": b"1", "b.pdf": b"1"}, VERSIONS)
        (tmp_path / "b.pdf").chmod(0o664)
        write_outputs(tmp_path, {"a.pdf": b"2", "b.pdf": b"2"}, VERSIONS)
    finally:
        os.umask(before)
    rights = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert rights == {"a.pdf": 0o600, "b.pdf": 0o664, "manifest.json": 0o600}


def test_a_delivery_outlives_a_power_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[list[str]] = []

    def fsync(handle: int) -> None:
        if stat.S_ISDIR(os.fstat(handle).st_mode):
            synced.append(sorted(contents(tmp_path)))

    monkeypatch.setattr(os, "fsync", fsync)
    write_outputs(tmp_path, FILES, VERSIONS)
    assert synced == [["a.html", "a.pdf", "manifest.json"]]


def test_files_may_lie_in_folders_which_the_manifest_names(tmp_path: Path) -> None:
    write_outputs(tmp_path, {"a.pdf": b"1", "e/b.pdf": b"2"}, VERSIONS)
    write_outputs(tmp_path, {"c/d/x.html": b"3"}, VERSIONS)
    assert manifest(tmp_path).keys() == {"a.pdf", "c/d/x.html", "e/b.pdf"}
    assert (tmp_path / "c/d/x.html").read_bytes() == b"3"


@pytest.mark.parametrize("name", ["../x", "/etc/x", "a/../../x", "a//b", "./a", "a\\b", "a\nb", ""])
def test_no_name_in_a_manifest_leads_out_of_its_folder(name: str) -> None:
    assert not is_inside_folder(name)


WRITER = """
import sys
from pathlib import Path
from tipbrief.deliver.output_folder import write_outputs
out, side = Path(sys.argv[1]), sys.argv[2]
for number in range(40):
    write_outputs(out, {f"{side}{number}.txt": b"text"}, {})
"""


def test_two_runs_that_write_into_one_folder_lose_no_entry(tmp_path: Path) -> None:
    """Two processes deliver 40 times each."""
    runs = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), side], env=environment()) for side in ("a", "b")
    ]
    assert [run.wait() for run in runs] == [0, 0]
    assert manifest(tmp_path).keys() == {f"{side}{number}.txt" for side in "ab" for number in range(40)}
