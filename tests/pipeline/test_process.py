"""A worker process: its calls, its death, its files, Ctrl-C, and the death of the process that started it."""

import os
import pickle
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from tests.support import PATIENCE, environment, problem_of, until
from tipbrief import limits
from tipbrief.pipeline.workers import process
from tipbrief.pipeline.workers.process import (
    WorkerDeathError,
    WorkerExecutor,
    WorkerProcess,
    ignore_repeated_interrupts,
    serve_calls,
)
from tipbrief.problems import Problem, Problems

pytestmark = pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals as Windows has none")


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files, which is empty."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def worker() -> Iterator[WorkerProcess]:
    one = WorkerProcess(serve_calls)
    yield one
    one.stop()


def start() -> WorkerProcess:
    return WorkerProcess(serve_calls)


class _Local(Exception):  # noqa: N818
    """It cannot be made anew from its one argument."""

    def __init__(self, a: int, b: int) -> None:
        super().__init__(f"{a} {b}")


def raise_local() -> None:
    raise _Local(1, 2)


def refuse(why: str) -> None:
    raise Problems(Problem(why, hint="mend it"))


def die_at(subject: str, number: int) -> None:
    limits.begin_step(subject)
    os.kill(os.getpid(), number)


def die_once(mark: str) -> str:
    if not Path(mark).exists():
        Path(mark).touch()
        die_at("it", signal.SIGKILL)
    return "done"


def is_limited() -> bool:
    return limits.are_limits_enforced()


def test_a_call_returns_or_raises_what_its_work_does(worker: WorkerProcess) -> None:
    assert worker.call(sorted, [2, 1], reverse=True) == [2, 1]
    problem = problem_of(worker.call, refuse, "too long")
    assert (problem.message, problem.hint) == ("too long", "mend it")
    with pytest.raises(RuntimeError, match="_Local: 1 2"):
        worker.call(raise_local)
    with pytest.raises((pickle.PicklingError, AttributeError)):
        worker.call(eval, lambda: 1)
    assert worker.call(os.getpid) != os.getpid()


def test_a_dead_worker_tells_its_signal_and_what_it_worked_at(worker: WorkerProcess) -> None:
    assert worker.call(is_limited) is True
    with pytest.raises(WorkerDeathError) as raised:
        worker.call(die_at, "a picture", signal.SIGSEGV)
    assert raised.value.exit_code == -signal.SIGSEGV
    problem = limits.describe_signal_end(signal.SIGSEGV, raised.value.status)
    assert problem.message == "a picture made a library fail: Segmentation fault"
    with pytest.raises(WorkerDeathError):
        worker.call(os.getpid)


def test_it_leaves_no_process_and_no_file(worker: WorkerProcess, temporary: Path) -> None:
    pid, made = worker.call(os.getpid), Path(worker.call(tempfile.mkdtemp, prefix="weasyprint-"))
    assert made.is_relative_to(temporary)
    worker.stop()
    assert [*temporary.iterdir()] == []
    assert not Path(f"/proc/{pid}").exists(), "not even a zombie"


def test_ctrl_c_does_not_reach_it_and_this_process_hears_it_as_before() -> None:
    worker = WorkerProcess(serve_calls, is_limited=False)
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
    os.kill(worker.call(os.getpid), signal.SIGINT)
    assert worker.call(sum, (1, 2)) == 3
    assert worker.call(is_limited) is False, "where that is wanted"
    worker.stop()


def test_a_folder_that_cannot_be_made_and_a_process_that_cannot_start(
    monkeypatch: pytest.MonkeyPatch, temporary: Path
) -> None:
    def no_process(*_: Any) -> None:
        raise OSError(11, "Resource temporarily unavailable")

    with monkeypatch.context() as patch:
        patch.setattr("multiprocessing.context.SpawnProcess.start", no_process)
        with pytest.raises(OSError, match="temporarily"):
            start()
    assert [*temporary.iterdir()] == []
    monkeypatch.setattr(tempfile, "tempdir", "/nowhere")
    with pytest.raises(Problems, match="no temporary file can be written"):
        start()


KILLED = """\
import os, signal, sys, time
from tipbrief.pipeline.workers.process import WorkerProcess, serve_calls

if __name__ == "__main__":
    for method in ("spawn", "fork"):
        worker = WorkerProcess(serve_calls, method=method)
        print(worker.call(os.getpid), flush=True)
        worker.connection.send((time.sleep, (600,), {}))
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_it_ends_with_the_process_that_started_it_and_leaves_no_file(tmp_path: Path, temporary: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED, encoding="utf-8")
    command = [sys.executable, tmp_path / "killed.py"]
    with subprocess.Popen(command, env=environment(TMPDIR=str(temporary)), stdout=subprocess.PIPE) as process:
        # The pipe is closed when the last process that holds it has ended.
        pids = process.communicate(timeout=PATIENCE)[0].split()
    assert process.returncode == -signal.SIGKILL
    assert len(pids) == 2
    until(lambda: not [*temporary.iterdir()])


def name_after_sleep(seconds: float) -> int:
    time.sleep(seconds)
    return os.getpid()


def test_calls_are_carried_out_by_several_workers() -> None:
    executor = WorkerExecutor(2, start)
    # Each worker is busy until the other has a call of its own: a quick one would carry out both.
    futures = [executor.submit(name_after_sleep, 1.0) for _ in range(2)]
    assert len({future.result(timeout=PATIENCE) for future in futures}) == 2
    executor.shutdown()


@pytest.mark.parametrize("most", [1, 3, 20])
def test_after_some_calls_a_new_worker_takes_the_place(
    monkeypatch: pytest.MonkeyPatch, temporary: Path, most: int
) -> None:
    monkeypatch.setattr(process, "CALLS_PER_WORKER", most)
    executor = WorkerExecutor(1, start)
    pids = [executor.submit(os.getpid).result(timeout=PATIENCE) for _ in range(9)]
    executor.shutdown()
    assert len({*pids}) == -(-9 // most)
    assert pids == sorted(pids, key=pids.index), "each is asked until it is replaced"
    assert [*temporary.iterdir()] == []


def test_a_call_at_which_a_worker_dies_is_tried_again_and_costs_no_other_call(tmp_path: Path) -> None:
    executor = WorkerExecutor(2, start)
    often = [executor.submit(die_at, "it", signal.SIGKILL) for _ in range(2)]
    once = executor.submit(die_once, str(tmp_path / "mark"))
    others = [executor.submit(abs, -number) for number in range(20)]
    assert once.result(timeout=PATIENCE) == "done"
    assert [one.result(timeout=PATIENCE) for one in others] == [*range(20)]
    for one in often:
        with pytest.raises(WorkerDeathError):
            one.result(timeout=PATIENCE)
    executor.shutdown()


def test_shutdown_ends_workers_at_once_whatever_they_do(temporary: Path) -> None:
    executor = WorkerExecutor(2, start)
    pids = [executor.submit(os.getpid).result(timeout=PATIENCE)]
    waiting: list[Future[None]] = [executor.submit(time.sleep, 600) for _ in range(5)]
    began = time.monotonic()
    executor.shutdown()
    assert time.monotonic() - began < 5
    assert [*temporary.iterdir()] == []
    assert not Path(f"/proc/{pids[0]}").exists()
    assert not any(one.done() and not one.exception() for one in waiting)


def test_a_second_ctrl_c_does_not_interrupt_what_the_first_began_and_a_later_one_is_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved = []

    def work() -> None:
        try:
            signal.raise_signal(signal.SIGINT)
        finally:
            signal.raise_signal(signal.SIGINT)
            saved.append("all")

    with pytest.raises(KeyboardInterrupt), ignore_repeated_interrupts():
        work()
    assert saved == ["all"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    with ignore_repeated_interrupts():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        now = time.monotonic()
        monkeypatch.setattr("tipbrief.pipeline.workers.process.time.monotonic", lambda: now + 60)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
