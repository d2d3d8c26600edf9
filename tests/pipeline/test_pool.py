"""Many workers make what one would have made: some die, some see something else."""

import dataclasses
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
from tests.support import append, environment
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers.pool import (
    PublicationMismatch,
    open_session,
    render_in_worker,
    render_with_workers,
    session_spec,
)
from tipbrief.pipeline.workers.process import WorkerExecutor, WorkerProcess, serve_calls
from tipbrief.problems import Problem, Problems

# What a worker is made to do at one document, before it makes it: runs in the worker as it begins.
AT_ONE = """\
import os, signal
from pathlib import Path
from tipbrief.pipeline.workers import pool
whole = pool.render_in_worker
def render_in_worker(spec, edition):
    if edition.brief == {name!r} and ({always} or not Path({mark!r}).exists()):
        Path({mark!r}).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(spec, edition)
pool.render_in_worker = render_in_worker
"""
Result = Rendering | Problems


@pytest.fixture(autouse=True)
def _no_session_yet() -> None:
    open_session.cache_clear()


def by_name(results: Iterator[tuple[str, Result]]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for name, result in results:
        assert name not in found, "each document once"
        found[name] = result
    return found


def messages(result: Result) -> list[str]:
    assert isinstance(result, Problems)
    return [problem.message for problem in result.problems]


def plain(count: int) -> list[Edition]:
    """Editions for workers that only pretend."""
    return [Edition(brief=str(n), number=1, code="", date=Date(2025, 9, 29)) for n in range(count)]


def serve_calls_after(connection: Connection, script: str) -> None:
    runpy.run_path(script)
    serve_calls(connection)


class Pretended(WorkerExecutor):
    """Workers in a thread, the last that was given first; it records what is under way and not yet taken."""

    def __init__(self, does: Callable[[Edition], Rendering], size: int = 2) -> None:
        self.size = size
        self.under_way = self.most = self.given = 0
        self.order: list[str] = []
        self._does, self._waiting = does, queue.LifoQueue[tuple[Future[Rendering], Edition] | None]()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert isinstance(fn, partial)
        assert fn.func is render_in_worker
        future = _Counted(self)
        self.given += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self._waiting.put((future, fn.args[1]))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        while given := self._waiting.get():
            future, edition = given
            self.order.append(edition.brief)
            try:
                future.set_result(self._does(edition))
            except Exception as fault:
                future.set_exception(fault)


class _Counted(Future[Rendering]):
    def __init__(self, by: Pretended) -> None:
        super().__init__()
        self._by = by

    def result(self, timeout: float | None = None) -> Rendering:
        self._by.under_way -= 1
        return super().result(timeout)


def done(edition: Edition) -> Rendering:
    return Rendering(edition.brief.encode(), b"", 1, True, b"")


@pytest.mark.parametrize("size", [1, 2, 5])
def test_two_for_each_worker_are_under_way_and_each_result_has_its_own_edition(session: Session, size: int) -> None:
    workers = Pretended(done, size)
    results = by_name(render_with_workers(workers, session, plain(60)))
    assert workers.most == 2 * size
    assert workers.order != sorted(workers.order, key=int), "the last given is made first"
    assert {name: made.pdf.decode() for name, made in results.items() if isinstance(made, Rendering)} == {
        str(n): str(n) for n in range(60)
    }


def test_the_first_are_made_while_the_others_are_still_composed_and_no_more_than_are_taken(session: Session) -> None:
    workers = Pretended(done)
    asked: list[int] = []

    def coming() -> Iterator[Edition]:
        for number, edition in enumerate(plain(1000)):
            asked.append(number)
            yield edition

    results = render_with_workers(workers, session, coming())
    next(results)
    assert len(asked) <= 6
    results.close()
    assert workers.given <= 4, "who stops listening stops the work"
    assert not workers._thread.is_alive()


def test_a_problem_and_any_other_fault_belong_to_their_document(session: Session) -> None:
    def does(edition: Edition) -> Rendering:
        if edition.brief == "6":
            raise Problems(Problem("too long"))
        if edition.brief == "8":
            raise MemoryError("no room")
        return done(edition)

    for size in (1, 2):
        results = by_name(render_with_workers(Pretended(does, size), session, plain(11)))
        assert messages(results.pop("6")) == ["too long"]
        assert messages(results.pop("8")) == ["'8' could not be made: MemoryError: no room"]
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
    results, expected = by_name(render_with_workers(WorkerExecutor(2, start), session, editions)), dict(alone)
    assert mark.exists(), "it was killed"
    if always:
        expected.pop("each-PAK")
        lost = messages(results.pop("each-PAK"))
        assert lost == ["'each-PAK' could not be made: its worker died twice"]
    assert results == expected


def test_a_worker_that_sees_another_publication_stops_all(
    folder: Path, session: Session, editions: list[Edition], tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(folder, tmp_path / "wells"))
    order = dataclasses.replace(session_spec(session), folder=changed)
    assert render_in_worker(order, editions[0]).page_count == 1
    open_session.cache_clear()
    append(changed / "figures.yaml", "# a comment is a change, too\n")
    workers = Pretended(lambda edition: render_in_worker(order, edition))
    with pytest.raises(PublicationMismatch) as raised:
        list(render_with_workers(workers, session, editions))
    (problem,) = raised.value.problems
    assert problem.message == "the publication was changed while it was built"
    assert problem.hint.startswith("build it again")
    assert workers.given <= 4, "nothing more is given out"
    with pytest.raises(PublicationMismatch, match="there is no publication in"):
        render_in_worker(dataclasses.replace(order, folder=tmp_path / "nowhere"), editions[0])


@pytest.mark.parametrize("kind", [Problems, PublicationMismatch])
def test_problems_cross_from_one_process_to_another(kind: type[Problems]) -> None:
    sent = kind([Problem("one", Path("a"), 3, hint="mend it"), Problem("two", severity="warning")])
    came = pickle.loads(pickle.dumps(sent))
    assert type(came) is kind
    assert came.problems == sent.problems


def test_a_worker_reads_the_publication_once(session: Session, editions: list[Edition]) -> None:
    order = session_spec(session)
    render_in_worker(order, editions[0])
    first = open_session(order)
    render_in_worker(order, editions[1])
    assert open_session(order) is first
    letter = Session.open(session.folder, paper="letter").state
    render_in_worker(dataclasses.replace(order, paper="letter", state=letter), editions[0])
    assert open_session.cache_info().currsize == 1, "and keeps no more than one"
    assert open_session(order) is not first


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
