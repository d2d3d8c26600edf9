"""Limits: what takes too much is a problem with what was worked at, and no other thing pays for it."""

import subprocess
import sys
from collections.abc import Callable
from mmap import mmap
from pathlib import Path

import pytest

from tests.support import environment
from tipbrief import limits
from tipbrief.problems import Problems

FILE = Path("x.pdf")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (limits.OutOfTime(), "the file takes more than 5 s of computing"),
        (MemoryError(), "the file takes more than 420 MB of memory"),
        (RecursionError(), "the file is nested too deeply"),
    ],
)
def test_fault_22_what_takes_too_much_is_a_problem_with_its_file(fault: BaseException, said: str) -> None:
    with pytest.raises(Problems) as raised, limits.bounded("the command"), limits.bounded(FILE):
        raise fault
    (problem,) = raised.value.problems
    assert (problem.message, problem.file, problem.kind) == (said, FILE, "limit")
    assert problem.hint


def test_fault_22_what_was_begun_last_is_named_and_the_outer_thing_again_afterwards() -> None:
    def works(first: Callable[[], object], fault: BaseException) -> None:
        with limits.bounded("the command"):
            first()
            raise fault

    def bounded() -> None:
        with limits.bounded(FILE):
            pass

    with pytest.raises(Problems, match="page 3 takes more"):
        works(lambda: limits.begin("page 3"), limits.OutOfTime())
    with pytest.raises(Problems, match="the command is nested"):
        works(bounded, RecursionError())


def test_fault_22_a_process_that_died_has_left_word(monkeypatch: pytest.MonkeyPatch) -> None:
    board = mmap(-1, 1024)
    monkeypatch.setattr(limits._At, "board", board)
    for subject, number, said in (
        (Path("گزارش\x1b.pdf"), 11, "گزارش\\x1b.pdf: the file made a library fail: Segmentation fault\n"),
        ("world", 27, "world takes more than 5 s of computing\n"),
        ("", 9, "the command was ended by the system: is there enough memory?\n"),
        ("n" * 5000, 6, "n" * 1023 + " made a library fail: Aborted\n"),
        ("", 40, "the command made a library fail: Real-time signal 6\n"),
    ):
        limits.begin(subject)
        assert limits.ended_by(number, board[:]).format().startswith(said)


def test_fault_22_a_lower_limit_of_the_system_stays() -> None:
    code = (
        "from resource import *; from tipbrief import limits; setrlimit(RLIMIT_DATA, (3 * 10**8, -1));"
        "limits.enforce(); print(getrlimit(RLIMIT_DATA), limits.enforced())\n"
        "try:\n with limits.bounded('it'): raise MemoryError\nexcept Exception as told: print(told)"
    )
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert done.stdout == "(300000000, -1) True\nit takes more than 300 MB of memory\n"
