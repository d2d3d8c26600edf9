"""How long a job takes, and how much memory the processes of a command need."""

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

TIPBRIEF = (sys.executable, "-m", "tipbrief")
_PROC = Path("/proc")


def seconds(job: Callable[[], object]) -> float:
    """How long a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def in_turn(times: int, *jobs: Callable[[], object]) -> list[float]:
    """The median seconds of each job, the jobs taken in turn."""
    taken = [[seconds(job) for job in jobs] for _ in range(times)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


@dataclass(frozen=True)
class Run:
    """A command that has ended well: its seconds and words, and the peak MB of it and of each it started."""

    seconds: float
    said: str
    main: float
    workers: tuple[float, ...]


def run(
    command: Sequence[str], cwd: Path, env: Mapping[str, str] | None = None, *, watched: bool = False
) -> Run:
    """Run a command; ``watched`` also looks at its processes, five times a second, where there is /proc."""
    start = time.perf_counter()
    with subprocess.Popen(
        command, cwd=cwd, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout
        peaks: dict[int, float] = {}
        while watched and process.poll() is None:
            peaks |= _peaks(process.pid)
            time.sleep(0.2)
        said, _ = process.communicate()
    taken = time.perf_counter() - start
    if process.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{said}")
    main = peaks.pop(process.pid, 0.0)
    return Run(taken, said, main, tuple(sorted(peaks.values())))


def _peaks(pid: int) -> dict[int, float]:
    """The highest MB so far of a process and of its children that make documents."""
    found = {}
    with contextlib.suppress(OSError):  # a process may end meanwhile
        found[pid] = _peak(pid)
        for child in (_PROC / f"{pid}/task/{pid}/children").read_text().split():
            if b"spawn_main" in (_PROC / child / "cmdline").read_bytes():
                found[int(child)] = _peak(int(child))
    return found


def _peak(pid: int) -> float:
    status = (_PROC / str(pid) / "status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024 / 1e6


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
