"""A file comes whole or not at all, and a fault of the disk is told with its remedy."""

import os
import re
import socket
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from tests.support import contents, environment, problem_of
from tipbrief import files
from tipbrief.files import (
    FolderLock,
    create_process_folder,
    override_contents,
    read_bytes,
    remove_temporary_files,
    replace_file,
    resolve_within,
    temporary_name,
    write_new,
)
from tipbrief.problems import MessageListener, Problem, Problems, read_file_lines


def test_a_file_keeps_its_rights_unless_others_are_given(tmp_path: Path) -> None:
    file = tmp_path / "ledger"
    for before, given, after in ((None, 0o644, 0o644), (0o640, None, 0o640), (0o640, 0o600, 0o600)):
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
    problem = problem_of(replace_file, tmp_path / "nowhere" / "file", b"")
    assert "cannot be written: No such file" in problem.message
    assert problem.hint == "make the folder first"
    with pytest.raises(Problems, match="cannot be read: No such file"):
        read_bytes(tmp_path / "file")


# What may stand in a file's place


def bound(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(str(path))


NO_FILES: dict[str, Callable[[Path], object]] = {
    "a pipe": os.mkfifo,
    "a folder": os.mkdir,
    "a socket": bound,
    "a device": lambda path: path.symlink_to("/dev/zero"),
}


@pytest.mark.parametrize("what", NO_FILES)
def test_what_is_no_file_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    monkeypatch.chdir(tmp_path)  # the name of a socket must be short
    NO_FILES[what](Path("it"))
    with pytest.raises(Problems, match=f"this is {what}, not a file"):
        read_bytes(Path("it"))
    assert read_file_lines(Path("it")) == []
    assert Problem("x", Path("it"), 1).format() == "it:1: x"


@pytest.mark.parametrize("name", ["nothing", "a\0b", "a" * 300, "\ud800", os.fsdecode(b"\xff"), "loop", "file/below"])
def test_whatever_the_name_it_is_a_problem(tmp_path: Path, name: str) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    path = tmp_path / name
    for act in (read_bytes, lambda path: replace_file(path / "below", b"")):
        assert str(problem_of(act, path).file).startswith(str(path))
    assert read_file_lines(path) == []
    with FolderLock(path):
        pass  # where nothing is, nobody else can be at work


def test_no_more_is_read_than_may_be(tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    sparse.touch()
    os.truncate(sparse, 10_000_000_000)
    with pytest.raises(Problems, match="the file has 10000 MB; tipbrief reads at most 100 MB"):
        read_bytes(sparse)
    assert read_file_lines(sparse) == []
    (tmp_path / "small").write_bytes(b"12345")
    assert read_bytes(tmp_path / "small", 5) == b"12345"
    with pytest.raises(Problems, match="reads at most"):
        read_bytes(tmp_path / "small", 4)
    assert read_bytes(Path("/proc/self/status")), "a file that says that it is empty"


@pytest.mark.parametrize("tmpdir", ["nowhere", "file"])
def test_without_room_for_temporary_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmpdir: str) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / tmpdir))
    with pytest.raises(Problems, match="no temporary file can be written"):
        create_process_folder()


# Links, rights, and what outlives a power failure


@pytest.mark.skipif(not hasattr(os, "fork"), reason="where one cannot ask for a process")
def test_what_a_run_left_that_was_killed_with_all_that_saw_it_is_removed_a_day_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folders = {
        name: tmp_path / name
        for name in (
            f"tipbrief-{gone.pid}-old", f"tipbrief-{gone.pid}-new", f"tipbrief-{os.getpid()}-old",
            f"tipbrief-{'9' * 30}-odd", "tipbrief-desk-old",
        )
    }  # fmt: skip
    for name, folder in folders.items():
        folder.mkdir()
        (folder / "fonts.conf").touch()
        age = 0 if "new" in name else 90_000
        os.utime(folder, (time.time() - age, time.time() - age))
    mine = create_process_folder()
    assert {*tmp_path.iterdir()} == {mine, *folders.values()} - {folders[f"tipbrief-{gone.pid}-old"]}
    assert all((folder / "fonts.conf").exists() for name, folder in folders.items() if folder.exists())


def test_what_is_tried_is_read_by_each_name_of_its_file_and_nowhere_written(tmp_path: Path) -> None:
    file, link, other = tmp_path / "a.csv", tmp_path / "link.csv", tmp_path / "b.csv"
    file.write_bytes(b"was\n")
    other.write_bytes(b"b\n")
    link.symlink_to(file)
    with override_contents({file: b"now\nmore"}):
        assert read_bytes(file) == read_bytes(link) == b"now\nmore"
        assert (read_file_lines(link), read_file_lines(other)) == (["now", "more"], ["b", ""])
        assert file.read_bytes() == b"was\n"
    assert (read_bytes(link), read_file_lines(file)) == (b"was\n", ["was", ""])


def test_a_link_may_lead_anywhere_inside_and_nowhere_else(tmp_path: Path) -> None:
    home, out = tmp_path / "home", tmp_path / "home-secrets"
    for folder in (home / "deep", out):
        folder.mkdir(parents=True)
    (home / "deep" / "file").write_bytes(b"inside")
    (out / "file").write_bytes(b"secret")
    (tmp_path / "named").symlink_to(home)
    for name, target in {
        "link": "deep/file", "chain": "link", "round": "../home/deep/file", "whole": str(home / "deep/file"),
        "out": "../home-secrets/file", "folder": str(out), "far": "out", "loop": "loop",
    }.items():  # fmt: skip
        (home / name).symlink_to(target)
    for name in ("link", "chain", "round", "whole", "deep/file", "not/there"):
        assert resolve_within(tmp_path / "named", tmp_path / "named" / name).is_relative_to(home.resolve())
    for name in ("out", "far", "folder/file", "loop", "../home-secrets/file", "a\0b"):
        problem = problem_of(resolve_within, home, home / name)
        assert re.search("a link leads out of the publication|lead nowhere", problem.message)
        assert problem.file == home / name


def test_new_files_have_the_users_rights_and_old_ones_keep_theirs(tmp_path: Path) -> None:
    (tmp_path / "old").touch(0o640)
    before = os.umask(0o077)
    try:
        for name in ("new", "old"):
            replace_file(tmp_path / name, b"x")
        write_new(tmp_path / "other", b"x")
        replace_file(tmp_path / "given", b"x", 0o604)
    finally:
        os.umask(before)
    rights = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    assert rights == {"new": 0o600, "old": 0o640, "other": 0o600, "given": 0o604}


def test_a_name_outlives_a_power_failure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[tuple[bool, list[str]]] = []

    def fsync(handle: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(handle).st_mode), sorted(contents(tmp_path))))

    monkeypatch.setattr(os, "fsync", fsync)
    replace_file(tmp_path / "file", b"x")
    (written, before), (folder, after) = synced
    assert (written, len(before), folder, after) == (False, 1, True, ["file"]), "the folder after the rename"


def test_a_file_that_changed_since_it_was_read_stays(tmp_path: Path) -> None:
    file = tmp_path / "figures.yaml"
    for saved in (b"saved", b"was and more", b"", None):
        file.unlink(missing_ok=True)
        if saved is not None:
            file.write_bytes(saved)
        with pytest.raises(Problems, match="changed in the meantime"):
            replace_file(file, b"new", was=b"was")
        assert contents(tmp_path) == ({} if saved is None else {"figures.yaml": saved})
    file.write_bytes(b"was")
    replace_file(file, b"new", was=b"was")
    assert contents(tmp_path) == {"figures.yaml": b"new"}


# The lock

HOLDER = """
import sys
from pathlib import Path
from tipbrief.files import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def holder(tmp_path: Path) -> Iterator["subprocess.Popen[str]"]:
    """A run that holds the lock of a folder, and is stopped with it."""
    command = [sys.executable, "-c", HOLDER, str(tmp_path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True, env=environment()) as run:
        assert run.stdout
        assert run.stdout.readline() == "held\n"
        yield run
        run.kill()


def test_who_waits_is_told_and_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, holder: "subprocess.Popen[str]"
) -> None:
    said: list[str] = []
    monkeypatch.setattr(MessageListener, "notify", said.append)
    monkeypatch.setattr(files, "WAIT_NOTICE_SECONDS", 0.05)
    monkeypatch.setattr(files, "LONGEST_WAIT_SECONDS", 0.2)
    monkeypatch.setattr(files, "_RETRY_SECONDS", 0.3)  # where much else is done, it is looked late
    with pytest.raises(Problems, match="another run of tipbrief has been at work here") as raised, FolderLock(tmp_path):
        pass
    assert raised.value.problems[0].file == tmp_path
    assert said == [f"waiting for another run of tipbrief, which is at work in {tmp_path}"]
    holder.kill()
    holder.wait()
    with FolderLock(tmp_path):
        pass  # who dies lets go of it
    assert contents(tmp_path) == {}, "and leaves nothing behind"


def test_the_lock_needs_no_right_to_write_and_no_file_of_anybody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another user's file in the temporary folder kept everybody out."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    monkeypatch.setattr(files, "LONGEST_WAIT_SECONDS", 0.1)
    (tmp_path / "link").symlink_to(tmp_path)
    opened, flags = os.open, list[int]()

    def spy(path: Path, how: int, *args: int) -> int:
        flags.append(how)
        return opened(path, how, *args)

    monkeypatch.setattr(os, "open", spy)
    with FolderLock(tmp_path), FolderLock(tmp_path / "link"):
        said: list[str] = []

        def other() -> None:
            with pytest.raises(Problems) as raised, FolderLock(tmp_path):
                pass
            said.append(re.sub(r"\d+ s$", "… s", raised.value.problems[0].message))

        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
        assert said == ["another run of tipbrief has been at work here for … s"]
    assert flags == [os.O_RDONLY | os.O_DIRECTORY] * 2


def test_what_a_killed_run_left_is_removed_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "page.html"
    temporary_name(file).touch()
    for name in ("page.html", ".nojekyll", ".page-deadbeef", "page.html-0123456789abcdef"):
        (tmp_path / name).touch()
    remove_temporary_files(tmp_path)
    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"page.html", ".nojekyll", ".page-deadbeef", "page.html-0123456789abcdef"}
    remove_temporary_files(tmp_path / "nowhere")


def test_a_pipe_or_device_is_not_replaced(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(Problems, match="this is a pipe, not a file"):
        replace_file(tmp_path / "pipe", b"new")
    assert (tmp_path / "pipe").is_fifo()
    assert os.listdir(tmp_path) == ["pipe"]


@pytest.mark.skipif(os.open not in os.supports_dir_fd, reason="the system opens no file below an open folder")
@pytest.mark.parametrize("name", ["tables/rows.csv", "tables"])
def test_a_link_exchanged_in_the_meantime_leaks_nothing(tmp_path: Path, name: str) -> None:
    """A thread exchanges a file, or its folder, for a link to a foreign one, hundreds of times."""
    home, foreign = tmp_path / "publication", tmp_path / "foreign"
    for folder, content in ((home / "tables", "own\n"), (foreign, "secret\n")):
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text(content)
    place, file = home / name, home / "tables" / "rows.csv"
    aside, link = home / "aside", home / "link"
    link.symlink_to(foreign if place.is_dir() else foreign / "rows.csv")
    swaps, stop = 0, threading.Event()

    def swap() -> None:
        nonlocal swaps
        while not stop.is_set():
            place.rename(aside)
            link.rename(place)
            place.rename(link)
            aside.rename(place)
            swaps += 1

    thread = threading.Thread(target=swap)
    thread.start()
    found = set[str]()
    try:
        while swaps < 2000:
            try:
                resolve_within(home, file)
                found.add(read_bytes(file).decode())
            except Problems:
                found.add("problem")
            found.update(read_file_lines(file))
    finally:
        stop.set()
        thread.join()
    assert "own\n" in found
    assert not [text for text in found if "secret" in text]


def test_links_inside_the_folder_are_followed(tmp_path: Path) -> None:
    home = tmp_path / "home"
    (home / "tables").mkdir(parents=True)
    (home / "real.csv").write_text("own")
    (home / "tables" / "rows.csv").symlink_to("../real.csv")
    (tmp_path / "link").symlink_to(home)
    resolve_within(tmp_path / "link", tmp_path / "link" / "tables" / "rows.csv")
    assert read_bytes(tmp_path / "link" / "tables" / "rows.csv") == b"own"
    (home / "tables" / "rows.csv").unlink()
    (tmp_path / "foreign").write_text("secret")
    (home / "tables" / "rows.csv").symlink_to(tmp_path / "foreign")
    with pytest.raises(Problems, match="a link leads out of the publication"):
        read_bytes(tmp_path / "link" / "tables" / "rows.csv")
