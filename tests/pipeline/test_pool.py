"""Many workers make what one would have made: some die, some see something else."""

import os
import pickle
import queue
import runpy
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from tests.pipeline.rows import EACH
from tests.support import environment
from tipbrief.ledger.entries import Edition
from tipbrief.pdf.attachments import Attachment
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.run import DocumentRun
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import call_with_workers, local_pool
from tipbrief.pipeline.workers.process import WorkerExecutor, WorkerProcess, do_work, serve_calls
from tipbrief.problems import Problem, Problems

# What a worker is made to do at one document, before it makes it: runs in the worker as it begins.
AT_ONE = """\
import os, signal
from pathlib import Path
from tipbrief.pipeline.workers import process
whole = process.do_work
def do_work(name, *given):
    if name == {name!r} and ({always} or not Path({mark!r}).exists()):
        Path({mark!r}).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(name, *given)
process.do_work = do_work
"""
Result = Rendering | Problems


def by_name(results: Iterator[tuple[str, Result]]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for name, result in results:
        assert name not in found, "each document once"
        found[name] = result
    return found


def messages(result: Result) -> list[str]:
    assert isinstance(result, Problems)
    return [problem.message for problem in result.problems]


Call = tuple[str, Callable[[], Any]]


def plain(count: int) -> list[Call]:
    """Calls for workers that only pretend."""
    return [(str(n), partial(do_work, str(n))) for n in range(count)]


def calls(session: Session, editions: list[Edition]) -> list[Call]:
    run = DocumentRun(session, [])
    every = [compose_document(session, one.brief) for one in editions]
    return [(one.name, run._prepare_call(one, lambda step: None)) for one in every]


def serve_calls_after(connection: Connection, script: str) -> None:
    runpy.run_path(script)
    serve_calls(connection)


def unwrap(results: Iterator[tuple[str, Any]]) -> Iterator[tuple[str, Result]]:
    """What was made, without the seconds that it took."""
    return ((name, one if isinstance(one, Problems) else one[0]) for name, one in results)


class Pretended(WorkerExecutor):
    """Workers in a thread, the last that was given first; it records what is under way and not yet taken."""

    def __init__(self, does: Callable[[str], Rendering], size: int = 2) -> None:
        self.size = size
        self.under_way = self.most = self.given = 0
        self.order: list[str] = []
        self._does, self._waiting = does, queue.LifoQueue[tuple[Future[Rendering], str] | None]()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert isinstance(fn, partial)
        assert fn.func is do_work
        future = _Counted(self)
        self.given += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self._waiting.put((future, fn.args[0]))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while given := self._waiting.get():
            future, name = given
            self.order.append(name)
            try:
                future.set_result(self._does(name))
            except Exception as fault:
                future.set_exception(fault)


class _Counted(Future[Rendering]):
    def __init__(self, by: Pretended) -> None:
        super().__init__()
        self._by = by

    def result(self, timeout: float | None = None) -> Rendering:
        self._by.under_way -= 1
        return super().result(timeout)


def done(name: str) -> Rendering:
    return Rendering(name.encode(), b"", 1, True, b"")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_two_for_each_worker_are_under_way_and_each_result_has_its_own_name(size: int) -> None:
    workers = Pretended(done, size)
    results = by_name(call_with_workers(workers, plain(60)))
    assert workers.most == 2 * size
    assert workers.order != sorted(workers.order, key=int), "the last given is made first"
    assert {name: made.pdf.decode() for name, made in results.items() if isinstance(made, Rendering)} == {
        str(n): str(n) for n in range(60)
    }


def test_the_first_are_made_while_the_others_are_still_composed_and_no_more_than_are_taken() -> None:
    workers = Pretended(done)
    asked: list[int] = []

    def coming() -> Iterator[Call]:
        for number, call in enumerate(plain(1000)):
            asked.append(number)
            yield call

    results = call_with_workers(workers, coming())
    next(results)
    assert len(asked) <= 6
    results.close()
    assert workers.given <= 4, "who stops listening stops the work"
    assert not workers._thread.is_alive()


def test_a_problem_and_any_other_fault_belong_to_their_document() -> None:
    def does(name: str) -> Rendering:
        if name == "6":
            raise Problems(Problem("too long"))
        if name == "8":
            raise MemoryError("no room")
        return done(name)

    for size in (1, 2):
        some: list[tuple[str, Any]] = [*plain(11), ("faulty", Problems(Problem("no such page")))]
        results = by_name(call_with_workers(Pretended(does, size), some))
        assert messages(results.pop("6")) == ["too long"]
        assert messages(results.pop("8")) == ["'8' could not be made: MemoryError: no room"]
        assert messages(results.pop("faulty")) == ["no such page"], "it was not given to a worker"
        assert [isinstance(made, Rendering) for made in results.values()] == [True] * 9


@pytest.mark.slow
@pytest.mark.parametrize("always", [False, True])
def test_what_a_killed_worker_left_is_made_again_but_where_every_worker_dies(
    session: Session, editions: list[Edition], alone: dict[str, Rendering], tmp_path: Path, always: bool
) -> None:
    """Two workers on this computer, killed when they come to one document: the first time, or each time."""
    mark, script = tmp_path / "mark", tmp_path / "begin.py"
    script.write_text(AT_ONE.format(name="each-PAK", mark=str(mark), always=always), encoding="utf-8")
    start = partial(WorkerProcess, serve_calls_after, str(script), is_limited=False)
    results = by_name(unwrap(call_with_workers(WorkerExecutor(2, start), calls(session, editions))))
    expected = dict(alone)
    assert mark.exists(), "it was killed"
    if always:
        expected.pop("each-PAK")
        lost = messages(results.pop("each-PAK"))
        assert lost == ["'each-PAK' could not be made: its worker died twice"]
    assert results == expected


def test_a_worker_needs_no_publication(
    folder: Path, session: Session, editions: list[Edition], alone: dict[str, Rendering], tmp_path: Path
) -> None:
    """All that it needs comes with the call, so it cannot see another state of the files."""
    own = Session.open(Path(shutil.copytree(folder, tmp_path / "wells")))
    some = calls(own, editions[:3])
    shutil.rmtree(tmp_path / "wells")
    results = by_name(unwrap(call_with_workers(local_pool(2), some)))
    assert results == {one.brief: alone[one.brief] for one in editions[:3]}


def test_what_crosses_to_a_worker_is_unpacked_once() -> None:
    sent = pickle.dumps([Attachment("tables/wells.csv", b"a,b\n" * 99), Attachment("tables/wells.csv", b"c\n")])
    first, again = pickle.loads(sent), pickle.loads(sent)
    assert [one.data for one in again] == [b"a,b\n" * 99, b"c\n"]
    assert all(one is other for one, other in zip(first, again, strict=True))
    assert len(sent) < 300, "it crosses as PDFs carry it"


def test_problems_cross_from_one_process_to_another() -> None:
    sent = Problems([Problem("one", Path("a"), 3, hint="mend it"), Problem("two", severity="warning")])
    came = pickle.loads(pickle.dumps(sent))
    assert type(came) is Problems
    assert came.problems == sent.problems


# As on Windows: what Python lacks there is taken away, also in the workers; but not what filelock, click and
# platformdirs need here, which ask for the system and have other ways there.
WINDOWS = """\
import os, signal, sys, threading
for name in ("SIGKILL", "SIGCHLD", "SIGPROF", "SIGVTALRM", "SIGALRM", "SIGHUP", "pthread_sigmask",
             "pthread_kill", "setitimer", "alarm", "sigwait", "sigwaitinfo", "sigpending"):
    delattr(signal, name)
for name in ("fork", "sched_getaffinity", "chown", "mkfifo", "setsid", "killpg"):
    delattr(os, name)
for name in ("resource", "pwd", "grp"):
    sys.modules[name] = None
"""


def test_what_windows_lacks_is_not_needed(folder: Path, tmp_path: Path, tipbrief: Callable[..., Any]) -> None:
    """It does not prove that it runs there: paths, renames and encodings are still those of this system."""
    (tmp_path / "sitecustomize.py").write_text(WINDOWS, encoding="utf-8")
    copy = shutil.copytree(folder, tmp_path / "wells")
    paths = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    env = {"PYTHONPATH": paths, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    where = ("--publication", copy)
    keys = ",".join(name.removeprefix("each-") for name in EACH[:4])
    for words, said in (
        (("check", *where), ""),
        (("build", "each", "--only", keys, "--deliver", *where, "--out", tmp_path / "out"), "EACH-AFG/1"),
        (("status", "--ledger", copy, tmp_path / "out" / "wells-each-AFG.pdf"), "is current"),
    ):
        done = tipbrief(*words, env=env)
        assert (done.returncode, done.stderr) == (0, ""), words
        assert said in done.stdout
