"""What a job takes: seconds by the clock, seconds of computing, memory; and jobs that are taken in turn.

Others may be at work on the same computer: seconds of computing tell more than those of the clock, and pairs
from one run more than figures of two.
"""

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

Key = TypeVar("Key")
_PROC = Path("/proc")
_TICK: int = os.sysconf("SC_CLK_TCK")
_UNIT = 1 if sys.platform == "darwin" else 1024  # of the system's peaks of memory


@dataclass(frozen=True)
class Took:
    """Seconds by the clock and of computing, peak MB of a process and of its largest worker, words said."""

    wall: float
    cpu: float
    main: float = 0.0
    worker: float = 0.0
    said: str = ""

    def __add__(self, other: "Took") -> "Took":
        """One after the other."""
        memory = max(self.main, other.main), max(self.worker, other.worker)
        return Took(self.wall + other.wall, self.cpu + other.cpu, *memory, self.said + other.said)

    def times(self, many: float) -> "Took":
        """So many times the same."""
        return Took(self.wall * many, self.cpu * many, self.main, self.worker)


def command(words: Sequence[str], cwd: Path, env: Mapping[str, str], *, watched: bool = False) -> Took:
    """Run a command; ``watched`` also looks at the memory of its workers, where there is /proc."""
    with tempfile.TemporaryFile("w+") as said:
        start = time.perf_counter()
        process = subprocess.Popen(words, cwd=cwd, env=env, stdout=said, stderr=subprocess.STDOUT)
        peaks: dict[int, tuple[bool, float]] = {}
        while watched and not os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG):
            peaks |= _peaks(process.pid)
            time.sleep(0.1)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        said.seek(0)
        words_said = said.read()
    if process.returncode:
        raise SystemExit(f"{' '.join(words)} failed:\n{words_said}")
    workers = [peak for is_worker, peak in peaks.values() if is_worker]
    others = [peak for is_worker, peak in peaks.values() if not is_worker]
    main = max(others, default=usage.ru_maxrss * _UNIT / 1e6)
    return Took(wall, usage.ru_utime + usage.ru_stime, main, max(workers, default=0.0), words_said)


def job(work: Callable[[], object], computing: Callable[[], float] = time.process_time) -> Took:
    """Do something here; ``computing`` says how many seconds those who do it have computed so far."""
    start, before = time.perf_counter(), computing()
    work()
    return Took(time.perf_counter() - start, computing() - before)


def in_turn(rounds: int, jobs: Mapping[Key, Callable[[], Took]]) -> dict[Key, list[Took]]:
    """What each job took in each round, the jobs taken in turn, forwards and backwards."""
    found: dict[Key, list[Took]] = {key: [] for key in jobs}
    for number in range(rounds):
        for key in [*jobs][:: -1 if number % 2 else 1]:
            say(f"  {key}, {number + 1} of {rounds}")
            found[key].append(jobs[key]())
    return found


def middle(found: Sequence[Took]) -> Took:
    """The median of each figure."""
    columns = zip(*((one.wall, one.cpu, one.main, one.worker) for one in found), strict=True)
    return Took(*map(statistics.median, columns))


def ratio(these: Sequence[Took], those: Sequence[Took], what: str = "cpu") -> float:
    """The median of what ``these`` took of ``those``, pair by pair."""
    pairs = zip(these, those, strict=True)
    return statistics.median(float(getattr(one, what) / getattr(other, what)) for one, other in pairs)


def tree_cpu(pid: int) -> float:
    """The seconds that a process and all below it have computed so far; 0 where there is no /proc."""
    return sum(map(_cpu, _tree(pid)))


def usable_cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def say(words: str) -> None:
    """Tell whoever waits how far it is."""
    print(words, file=sys.stderr, flush=True)


def _tree(pid: int) -> Iterator[int]:
    yield pid
    for children in _PROC.glob(f"{pid}/task/*/children"):
        with contextlib.suppress(OSError):  # a process may end meanwhile
            for child in children.read_text().split():
                yield from _tree(int(child))


def _cpu(pid: int) -> float:
    with contextlib.suppress(OSError):
        # After the name, which may hold spaces; the last two are of children that have ended.
        fields = (_PROC / f"{pid}/stat").read_text().rpartition(")")[2].split()
        return sum(int(ticks) for ticks in fields[11:15]) / _TICK
    return 0.0


def _peaks(pid: int) -> dict[int, tuple[bool, float]]:
    """Of a process and those below it, whether it is a worker, and its highest MB so far."""
    found = {}
    for one in _tree(pid):
        with contextlib.suppress(OSError, IndexError):
            words = (_PROC / f"{one}/cmdline").read_bytes()
            peak = (_PROC / f"{one}/status").read_text().partition("VmHWM:")[2].split()[0]
            if b"resource_tracker" not in words:
                found[one] = b"multiprocessing" in words, int(peak) * 1024 / 1e6
    return found
