"""Limits: what takes too much is a problem with what was worked at, and no other thing pays for it."""

from collections.abc import Callable
from mmap import mmap
from pathlib import Path

import pytest

from tests.support import run_python
from tipbrief import limits
from tipbrief.problems import Problems

FILE = Path("x.pdf")


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (limits.TimeLimitError(), "the file takes more than 5 s of computing"),
        (MemoryError(), "the file takes more than 420 MB of memory"),
        (RecursionError(), "the file is nested too deeply"),
    ],
)
def test_what_takes_too_much_is_a_problem_with_its_file(fault: BaseException, said: str) -> None:
    with pytest.raises(Problems) as raised, limits.limit_step("the command"), limits.limit_step(FILE):
        raise fault
    (problem,) = raised.value.problems
    assert (problem.message, problem.file, problem.kind) == (said, FILE, "limit")
    assert problem.hint


def test_what_was_begun_last_is_named_and_the_outer_thing_again_afterwards() -> None:
    def works(first: Callable[[], object], fault: BaseException) -> None:
        with limits.limit_step("the command"):
            first()
            raise fault

    def bounded() -> None:
        with limits.limit_step(FILE):
            pass

    with pytest.raises(Problems, match="page 3 takes more"):
        works(lambda: limits.begin_step("page 3"), limits.TimeLimitError())
    with pytest.raises(Problems, match="the command is nested"):
        works(bounded, RecursionError())


def test_a_process_that_died_has_left_word(monkeypatch: pytest.MonkeyPatch) -> None:
    board = mmap(-1, 1024)
    monkeypatch.setattr(limits._ProcessState, "status_memory", board)
    for subject, number, said in (
        (Path("گزارش\x1b.pdf"), 11, "گزارش\\x1b.pdf: the file made a library fail: Segmentation fault\n"),
        ("world", 27, "world takes more than 5 s of computing\n"),
        ("", 9, "the command was ended by the system: is there enough memory?\n"),
        ("n" * 5000, 6, "n" * 1023 + " made a library fail: Aborted\n"),
        ("", 40, "the command made a library fail: Real-time signal 6\n"),
    ):
        limits.begin_step(subject)
        assert limits.describe_signal_end(number, board[:]).format().startswith(said)


def test_a_lower_limit_of_the_system_stays() -> None:
    code = (
        "from resource import *; from tipbrief import limits; setrlimit(RLIMIT_DATA, (3 * 10**8, -1));"
        "limits.enforce_limits(); print(getrlimit(RLIMIT_DATA), limits.are_limits_enforced())\n"
        "try:\n with limits.limit_step('it'): raise MemoryError\nexcept Exception as told: print(told)"
    )
    assert run_python("-c", code).stdout == "(300000000, -1) True\nit takes more than 300 MB of memory\n"


def test_what_is_worked_at_alone_has_all_its_steps_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits.time, "process_time", lambda: 3.0)
    with limits.limit_command("one"), limits.limit_step("step", limits.DOCUMENT_SECONDS):
        assert limits._ProcessState.deadline == limits.DOCUMENT_SECONDS
        monkeypatch.setattr(limits.time, "process_time", lambda: 8.5)
        with pytest.raises(limits.TimeLimitError, match="takes more than 8 s of computing, all steps together"):
            limits._raise_time_limit(0, None)
    assert limits._ProcessState.deadline is None
    with limits.limit_command("many", documents=5):
        assert limits._ProcessState.deadline == limits.DOCUMENT_SECONDS + 4 * limits.EXTRA_DOCUMENT_SECONDS


@pytest.mark.parametrize(("said", "seconds"), [("4", 20.0), ("1.5", 7.5), ("", 5.0), ("1000", 5.0), ("x", 5.0)])
def test_a_slow_computer_may_be_given_more_time(said: str, seconds: float) -> None:
    script = "from tipbrief import limits; print(limits.STEP_SECONDS)"
    assert float(run_python("-c", script, TIPBRIEF_PATIENCE=said).stdout) == seconds


@pytest.mark.parametrize(
    ("given", "bytes_"),
    [("900", 900_000_000), ("150", 150_000_000), ("", 420_000_000), ("149", 420_000_000), ("1e3", 420_000_000)],
)
def test_a_process_may_be_given_more_memory(given: str, bytes_: int) -> None:
    script = "from tipbrief import limits; print(limits.MEMORY_BYTES)"
    assert int(run_python("-c", script, TIPBRIEF_MEMORY=given).stdout) == bytes_


def test_what_is_loaded_is_passed_over_only_in_a_process_of_ours() -> None:
    # Python 3.12 itself freezes some objects at its start.
    script = "import gc; from tipbrief import limits; counts = [gc.get_freeze_count()]\n"
    script += "limits.freeze_loaded_objects(); counts.append(gc.get_freeze_count())\n"
    script += "limits.enforce_limits(); limits.freeze_loaded_objects(); counts.append(gc.get_freeze_count())\n"
    script += "print(counts[0] == counts[1], counts[1] < counts[2])"
    assert run_python("-c", script).stdout.split() == ["True", "True"]
