"""The command as a process: whatever it meets, one message, its exit status, nothing left behind."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support import PATIENCE, environment, figures_brief, run_python, run_well, told_by, until, wells
from tipbrief import __version__
from tipbrief.cli.terminal import MAX_LINE_LENGTH
from tipbrief.ledger import ledger_folder

# The command with limits that a test can wait for, and one more subcommand, which does what a test says.
SCRIPT = """
import sys
from tipbrief import limits
limits.STEP_SECONDS, limits.KILL_SECONDS, limits._TIMER_REPEAT_SECONDS = 0.15, 0.4, 0.1
limits.MEMORY_BYTES = 200_000_000
import click
from tipbrief.cli.common import report_problems
from tipbrief.cli.supervisor import run
from tipbrief.cli.main import main
code = sys.argv.pop(1)
act = report_problems(lambda: exec(code, {"limits": limits, "sys": sys}))
main.add_command(click.command("act")(act))
sys.argv[0] = "tipbrief"
run()
"""
FILE = "from pathlib import Path; limits.begin_step(Path('x\\x1b[2J.pdf'));"
FOLDER = (
    "import os, tempfile; folder = tempfile.mkdtemp(prefix=f'tipbrief-{os.getpid()}-');"
    "print(os.getpid(), folder, flush=True);"
)


def words(code: str) -> list[str]:
    return [sys.executable, "-c", SCRIPT, code, "act"]


def done(code: str, **settings: Any) -> "subprocess.CompletedProcess[str]":
    settings = {"capture_output": True, "text": True, "timeout": PATIENCE} | settings
    settings["env"] = environment(**settings.pop("env", {}))
    return subprocess.run(words(code), check=False, **settings)


@contextlib.contextmanager
def asleep(code: str = "", **settings: Any) -> Iterator[tuple["subprocess.Popen[str]", int, Path]]:
    """The command in the middle of its work: its process, that of its child, and the child's folder."""
    command = words(f"{FOLDER} {code} import time; time.sleep(60)")
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, env=environment(), **pipes, **settings) as process:
        assert process.stdout
        child, folder = process.stdout.readline().split()
        try:
            yield process, int(child), Path(folder)
        finally:
            process.kill()


def state_of(child: int) -> str:
    """The letter of its state; that of one whose end nobody heard where it is gone."""
    try:
        return Path(f"/proc/{child}/stat").read_text().split()[2]
    except OSError:
        return "Z"


def wait_for(child: int, state: str) -> None:
    until(lambda: state_of(child) == state, lambda: f"'{state}', but '{state_of(child)}'")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("while True: pass", "the command takes more than 5 s of computing"),
        ("import re; re.match('(a+)+$', 'a' * 60 + 'b')", "the command takes more than 5 s of computing"),
        (FILE + "10 ** (10 ** 8)", "x\\x1b[2J.pdf: the file takes more than 5 s of computing"),
        (FILE + "bytearray(10**9)", "x\\x1b[2J.pdf: the file takes more than 200 MB"),
        ("f = lambda: f(); f()", "the command is nested too deeply"),
        (FILE + "import ctypes; ctypes.string_at(0)", "x\\x1b[2J.pdf: the file made a library fail: Segm"),
        (FILE + "import os; os.abort()", "x\\x1b[2J.pdf: the file made a library fail: Aborted"),
        ("import os; os.kill(os.getpid(), 9)", "the command was ended by the system: is there enough"),
        ("class A: __del__ = lambda self: [0 for _ in iter(int, 1)]\na = A(); del a\nwhile True: pass",
         "the command takes more than 5 s of computing"),
    ],
)  # fmt: skip
def test_a_file_at_which_a_library_loops_or_dies_is_named(code: str, told: str) -> None:
    found = done(code)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith(told)
    assert "Traceback" not in found.stderr
    assert "\x1b" not in found.stderr


LEFT = "class A: __del__ = lambda self: print('taken apart')\nsys.modules['left'] = A();"


@pytest.mark.parametrize(
    ("code", "said", "status"),
    [
        ("print('done')", "done\n", 0),
        ("print('done', end=''); sys.exit(3)", "done", 3),
        ("import atexit; atexit.register(print, 'cleared'); print('done')", "done\ncleared\n", 0),
        ("import weakref; weakref.finalize(A, print, 'cleared'); print('done')", "done\ncleared\n", 0),
        (
            "import threading, time; late = lambda: (time.sleep(0.3), print('late'));"
            "threading.Thread(target=late).start(); print('done')",
            "done\nlate\ntaken apart\n",
            0,
        ),
    ],
)
def test_at_its_end_all_is_done_and_nothing_is_taken_apart(code: str, said: str, status: int) -> None:
    found = done(LEFT + code)
    assert (found.returncode, found.stdout, found.stderr) == (status, said, "")


def test_what_nobody_foresaw_is_told_in_one_line_with_a_file(tmp_path: Path) -> None:
    found = done("{}['k\\x1b[2J' * 1000]", env={"TMPDIR": str(tmp_path)})
    assert (found.returncode, found.stdout) == (1, "")
    told = r"a fault of tipbrief, not of yours: KeyError: '(k\\x1b\[2J)+.*; the details are in (\S+)\n"
    said = re.fullmatch(told, found.stderr.replace("\\\\", "\\"))
    assert said, found.stderr
    assert len(found.stderr) < MAX_LINE_LENGTH
    details = Path(said[2])
    assert details.parent == tmp_path
    assert stat.S_IMODE(details.stat().st_mode) == 0o600
    for part in (f"tipbrief {__version__}", "'act'", "Traceback", "KeyError"):
        assert part in details.read_text("utf-8")


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("1 / 0", "a fault of tipbrief, not of yours: ZeroDivisionError: division by zero\n"),
        ("import nosuchlib", "a library is missing or broken: No module named 'nosuchlib'\n"),
        ("raise PermissionError(13, 'Permission denied', 'x')", "x: the computer refuses: Permission denied\n"),
        ("open('l' * 300)", f"{'l' * 300}: the computer refuses: File name too long\n"),
        ("raise KeyboardInterrupt", "stopped; what was finished is kept\n"),
    ],
)
def test_unforeseen_without_room_for_details(code: str, told: str) -> None:
    found = done(f"import tempfile; tempfile.tempdir = '/nowhere'; {code}")
    assert found.stderr.startswith(told)
    assert found.returncode == (130 if "stopped" in told else 1)


@pytest.mark.parametrize(
    ("library", "told"),
    [
        ("import nosuchlib", "a library is missing or broken: No module named 'nosuchlib'\n    hint: "),
        ("raise MemoryError", "there is not enough memory to begin: is it limited by ulimit?\n"),
    ],
)
def test_a_library_that_all_commands_need_is_missing(library: str, told: str, tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text(library)
    path = f"{tmp_path}:{environment()['PYTHONPATH']}"
    found = run_python("-m", "tipbrief", "--version", PYTHONPATH=path)
    assert (found.returncode, found.stdout) == (1, "")
    assert found.stderr.startswith(told)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT])
def test_who_ends_the_command_ends_its_work(number: signal.Signals) -> None:
    with asleep() as (process, child, folder):
        process.send_signal(number)
        assert process.communicate(timeout=PATIENCE) == ("", "")
        assert process.returncode == -number
        wait_for(child, "Z")
        assert not folder.exists()


def test_who_kills_the_command_kills_its_work() -> None:
    with asleep() as (process, child, _):
        process.kill()
        process.wait()
        wait_for(child, "Z")


def test_a_child_that_dies_leaves_no_folder() -> None:
    with asleep() as (process, child, folder):
        os.kill(child, signal.SIGSEGV)
        assert "made a library fail: Segmentation fault" in process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 1
        assert not folder.exists()


def test_nohup_and_who_hears_of_no_children() -> None:
    def start() -> None:
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGVTALRM, signal.SIGPROF})

    with asleep(preexec_fn=start) as (process, child, _):
        process.send_signal(signal.SIGHUP)
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(0.1)
        os.kill(child, signal.SIGINT)
        assert "stopped" in process.communicate(timeout=PATIENCE)[1]
        assert process.returncode == 130
    assert "more than 5 s" in done("while True: pass", preexec_fn=start).stderr


def test_a_shell_stops_and_continues_it(tmp_path: Path) -> None:
    """As with Ctrl-Z, ``fg`` and Ctrl-C at a terminal, which both processes hear."""
    (tmp_path / "script").write_text(SCRIPT)
    (tmp_path / "code").write_text(f"{FOLDER} import time; time.sleep(60)")
    shell, terminal = pty.fork()
    if not shell:
        os.chdir(tmp_path)
        os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], environment(PS1="$ ", TERM="dumb"))

    def typed(text: str, shows: str) -> str:
        os.write(terminal, text.encode())
        shown = ""
        while not (found := re.search(shows, shown)):
            assert select.select([terminal], [], [], PATIENCE)[0], shown
            shown += os.read(terminal, 4096).decode()
        return found[0]

    try:
        child = int(typed(f'{sys.executable} script "$(cat code)" act\n', r"\n\d+ /").split()[0])
        typed("\x1a", "Stopped")
        wait_for(child, "T")
        typed("fg\n", "act\r\n")
        wait_for(child, "S")  # until then a Ctrl-C would be the shell's
        typed("\x03", "stopped; what was finished is kept")
        typed("echo $?\n", r"\n130")
        wait_for(child, "Z")
    finally:
        os.close(terminal)
        os.waitpid(shell, 0)


def shell(line: str, cwd: Path, **env: str) -> "subprocess.CompletedProcess[bytes]":
    line = line.replace("tipbrief", f"{sys.executable} -m tipbrief")
    command, env = ["bash", "-c", line], environment(**env)
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, check=False)


@pytest.fixture
def small(tmp_path: Path) -> Path:
    """A folder to stand in, which is a publication of one page."""
    return wells(tmp_path / "small", one=figures_brief("wells"))


@pytest.mark.parametrize("encoding", ["cp1252", "cp1256", "ascii"])
def test_letters_that_a_stream_lacks_are_written_otherwise(encoding: str, small: Path) -> None:
    other = wells(small.parent / "other", one=figures_brief("wells").replace("چاه‌ها", "چاه"))
    line = f"tipbrief list; tipbrief diff . {other} --format json"
    found = shell(line, small, PYTHONIOENCODING=encoding)
    assert (found.returncode, found.stderr) == (1, b"")
    listed, _, differences = found.stdout.partition(b"\n")
    assert listed.endswith("چاه‌ها".encode(encoding, "backslashreplace"))
    assert "چاه" in [one["now"] for one in json.loads(differences.decode("ascii"))]


@pytest.mark.parametrize(
    ("line", "status", "said"),
    [
        ("tipbrief check 2>&-", 0, ""),
        ("tipbrief check <&- >&- 2>&-", 0, ""),
        ("tipbrief check >/dev/full", 1, "the output cannot be written: No space left on device\n"),
        ("tipbrief list no 2>/dev/full", 1, ""),
        # What is written first is written until nobody reads it any more.
        ("(trap '' PIPE; while echo 2>&-; do :; done; tipbrief check; echo $? >&2) | true", 0, "1\n"),
        ("tipbrief --help >/dev/full", 1, "the computer refuses: No space left on device\n"),
        ("mkdir a && cd a && rmdir ../a && tipbrief check", 1, "the current folder no longer exists"),
        ("COLUMNS=-5 tipbrief list --help >&2", 0, "Usage: "),
        ("unset HOME; COLUMNS=x TERM=dumb NO_COLOR=1 TMPDIR=/nowhere LANG=C tipbrief check", 0, ""),
    ],
)
def test_whatever_is_around_it_it_works_or_says_why_not(line: str, status: int, said: str, small: Path) -> None:
    found = shell(line, small)
    assert (found.returncode, found.stderr.decode()[: len(said)]) == (status, said)
    assert said or not found.stderr
    assert b"Traceback" not in found.stderr


def test_a_correction_is_made_whole_where_nothing_can_be_printed(small: Path) -> None:
    found = shell("tipbrief correct wells 7000 --reason 'خطای رونویسی' >/dev/full", small)
    assert found.stderr.decode() == "the output cannot be written: No space left on device\n"
    assert found.returncode == 1
    run_well("check", "--publication", small)
    assert told_by(ledger_folder.read_ledger(small, "")) == ["wells"]
