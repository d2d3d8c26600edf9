"""Many workers make what one would have made: some die, some are elsewhere, some see something else."""

from __future__ import annotations

import dataclasses
import multiprocessing
import os
import pickle
import queue
import runpy
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

import tipbrief
from tipbrief.build import workers as crew
from tipbrief.build.run import build
from tipbrief.build.session import Made, Workshop
from tipbrief.build.workers import Crew, OtherPublication, made_by, order_of, work
from tipbrief.language.dates import Date
from tipbrief.ledger.entries import Edition
from tipbrief.problems import Problem, Problems

PUBLICATION = Path(__file__).parents[1] / "golden" / "publication"
SOURCE = str(Path(tipbrief.__path__[0]).parent)
ROWS = {"IRN": "ایران", "IRQ": "عراق", "TUR": "ترکیه", "EGY": "مصر"}
NAMES = [f"each-{key}" for key in ("AFG", "AND", "PAK", "TJK", *ROWS)]
SHEET = """\
for_each: places
title: '{row.name}'
subtitle: ژرفا {row.depth}
short: '{row.name}'
subject: برگۀ آزمایشی
pages: 1
blocks:
  - badge: {by: state, title: حالت}
  - sources: {title: منابع}
"""
# What a worker is made to do at one document, before it makes it: runs in the worker as it begins.
AT_ONE = """\
import os, signal
from pathlib import Path
from tipbrief.build.session import Workshop
whole = Workshop.make
def make(self, edition, step=None):
    if edition.brief == {name!r} and ({always} or not Path({mark!r}).exists()):
        Path({mark!r}).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return whole(self, edition)
Workshop.make = make
"""
Result = Made | Problems


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A publication with a small sheet for each of eight rows: change nothing in it."""
    copy = Path(shutil.copytree(PUBLICATION, tmp_path_factory.mktemp("crew") / "wells"))
    shutil.rmtree(copy / "briefs")
    (copy / "briefs").mkdir()
    (copy / "ledger.yaml").unlink()
    (copy / "briefs" / "each.yaml").write_text(SHEET, encoding="utf-8")
    with (copy / "tables" / "places.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{key},{name},7,open,\n" for key, name in ROWS.items())
    return copy


@pytest.fixture(scope="module")
def shop(folder: Path) -> Workshop:
    return Workshop(folder)


@pytest.fixture(scope="module")
def editions(shop: Workshop) -> list[Edition]:
    return [shop.piece(name).edition for name in NAMES]


@pytest.fixture(scope="module")
def alone(shop: Workshop, editions: list[Edition]) -> dict[str, Made]:
    """What one process makes, without any worker."""
    return {edition.brief: shop.make(edition) for edition in editions}


@pytest.fixture(autouse=True)
def _no_shop_yet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "_shops", {})


def by_name(results: Iterator[tuple[Edition, Result]]) -> dict[str, Result]:
    found: dict[str, Result] = {}
    for edition, result in results:
        assert edition.brief not in found, "each document once"
        found[edition.brief] = result
    return found


def messages(result: Result) -> list[str]:
    assert isinstance(result, Problems)
    return [problem.message for problem in result.problems]


def plain(count: int) -> list[Edition]:
    """Editions for workers that only pretend."""
    return [Edition(brief=str(n), number=1, code="", date=Date(2025, 9, 29)) for n in range(count)]


class Pretended(Executor):
    """Workers in a thread, the last that was given first; it records what is under way and not yet taken."""

    def __init__(self, does: Callable[[Edition], Made]) -> None:
        self.under_way = self.most = self.given = 0
        self.order: list[str] = []
        self._does, self._waiting = does, queue.LifoQueue[tuple[Future[Made], Edition] | None]()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        assert fn is work
        future = _Counted(self)
        self.given += 1
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self._waiting.put((future, args[1]))
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


class _Counted(Future[Made]):
    def __init__(self, by: Pretended) -> None:
        super().__init__()
        self._by = by

    def result(self, timeout: float | None = None) -> Made:
        self._by.under_way -= 1
        return super().result(timeout)


def done(edition: Edition) -> Made:
    return Made(edition.brief.encode(), b"", 1, True)


ORDER = crew.Order("", "", "", "a4", "office", "")


# How many, and in which order


@pytest.mark.parametrize("size", [1, 2, 5])
def test_no_more_than_two_for_each_worker_are_under_way(size: int) -> None:
    workers = Pretended(done)
    results = by_name(made_by(Crew(lambda: workers, size), ORDER, plain(60)))
    assert len(results) == 60
    assert workers.most == 2 * size


def test_whatever_the_order_each_result_has_its_own_edition() -> None:
    workers = Pretended(done)
    results = by_name(made_by(Crew(lambda: workers, 4), ORDER, plain(30)))
    assert workers.order != sorted(workers.order, key=int), "the last given is made first"
    assert {name: made.pdf.decode() for name, made in results.items() if isinstance(made, Made)} == {
        str(n): str(n) for n in range(30)
    }


def test_the_first_are_made_while_the_others_are_still_composed() -> None:
    workers = Pretended(done)
    asked: list[int] = []

    def coming() -> Iterator[Edition]:
        for number, edition in enumerate(plain(60)):
            asked.append(number)
            yield edition

    results = made_by(Crew(lambda: workers, 2), ORDER, coming())
    next(results)
    assert len(asked) <= 6
    assert len(by_name(results)) == 59


def test_who_stops_listening_stops_the_work() -> None:
    workers = Pretended(done)
    results = made_by(Crew(lambda: workers, 2), ORDER, plain(1000))
    next(results)
    results.close()
    assert workers.given <= 4
    assert not workers._thread.is_alive()


# Faults


def test_a_problem_and_any_other_fault_belong_to_their_document() -> None:
    def does(edition: Edition) -> Made:
        if edition.brief == "3":
            raise Problems(Problem("too long"))
        if edition.brief == "5":
            raise MemoryError("no room")
        return done(edition)

    results = by_name(made_by(Crew(lambda: Pretended(does), 2), ORDER, plain(8)))
    assert messages(results.pop("3")) == ["too long"]
    assert messages(results.pop("5")) == ["'5' could not be made: MemoryError: no room"]
    assert all(isinstance(made, Made) for made in results.values())


class Fragile(Pretended):
    """Workers of which one dies between two documents: what is given next is refused."""

    def __init__(self, lives_for: int) -> None:
        super().__init__(done)
        self._lives_for = lives_for

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        if self.given == self._lives_for:
            raise BrokenExecutor("a worker died")
        return super().submit(fn, *args, **kwargs)


@pytest.mark.parametrize("lives_for", [1, 2, 3, 4, 7])
def test_workers_that_die_while_nobody_looks_are_replaced(lives_for: int) -> None:
    results = by_name(made_by(Crew(lambda: Fragile(lives_for), 2), ORDER, plain(20)))
    assert len(results) == 20
    assert all(isinstance(made, Made) for made in results.values())


def dying(name: str, mark: Path, *, always: bool) -> Crew:
    """Two workers on this computer, killed when they come to one document: the first time, or each time."""
    mark.with_suffix(".py").write_text(
        AT_ONE.format(name=name, mark=str(mark), always=always), encoding="utf-8"
    )
    context = multiprocessing.get_context("spawn")
    script = str(mark.with_suffix(".py"))
    return Crew(lambda: ProcessPoolExecutor(2, context, runpy.run_path, (script,)), 2)


def test_what_a_killed_worker_left_is_made_again(
    shop: Workshop, editions: list[Edition], alone: dict[str, Made], tmp_path: Path
) -> None:
    workers = dying("each-PAK", tmp_path / "mark", always=False)
    assert by_name(made_by(workers, order_of(shop), editions)) == alone
    assert (tmp_path / "mark").exists(), "it was killed"


def test_the_document_at_which_every_worker_dies_is_given_up_alone(
    shop: Workshop, editions: list[Edition], alone: dict[str, Made], tmp_path: Path
) -> None:
    workers = dying("each-PAK", tmp_path / "mark", always=True)
    results = by_name(made_by(workers, order_of(shop), editions))
    lost = results.pop("each-PAK")
    assert messages(lost) == ["'each-PAK' could not be made: its worker died twice"]
    assert results == {name: made for name, made in alone.items() if name != "each-PAK"}


# Another publication


def test_a_worker_that_sees_another_publication_stops_all(
    folder: Path, shop: Workshop, editions: list[Edition], tmp_path: Path
) -> None:
    changed = Path(shutil.copytree(folder, tmp_path / "wells"))
    order = dataclasses.replace(order_of(shop), folder=str(changed))
    assert work(order, editions[0]).pages == 1
    crew._shops.clear()
    with (changed / "figures.yaml").open("a", encoding="utf-8") as file:
        file.write("# a comment is a change, too\n")
    workers = Pretended(lambda edition: work(order, edition))
    with pytest.raises(OtherPublication) as raised:
        list(made_by(Crew(lambda: workers, 2), order, editions))
    (problem,) = raised.value.problems
    assert problem.message == (
        "the publication was changed while it was built, or a worker has other versions"
    )
    assert problem.hint.startswith("build it again")
    assert workers.given <= 4, "nothing more is given out"


def test_a_worker_that_finds_faults_in_the_publication_stops_all(
    shop: Workshop, editions: list[Edition], tmp_path: Path
) -> None:
    order = dataclasses.replace(order_of(shop), folder=str(tmp_path / "nowhere"))
    with pytest.raises(OtherPublication, match="there is no publication in"):
        work(order, editions[0])


@pytest.mark.parametrize("kind", [Problems, OtherPublication])
def test_problems_cross_from_one_process_to_another(kind: type[Problems]) -> None:
    sent = kind([Problem("one", Path("a"), 3, hint="mend it"), Problem("two", severity="warning")])
    came = pickle.loads(pickle.dumps(sent))
    assert type(came) is kind
    assert came.problems == sent.problems


def test_a_worker_reads_the_publication_once(shop: Workshop, editions: list[Edition]) -> None:
    order = order_of(shop)
    work(order, editions[0])
    (first,) = crew._shops.values()
    work(order, editions[1])
    assert list(crew._shops.values()) == [first]
    work(dataclasses.replace(order, paper="letter", state=_state(shop, "letter")), editions[0])
    assert len(crew._shops) == 1, "and keeps no more than one"


def _state(shop: Workshop, paper: str) -> str:
    return Workshop(shop.folder, paper=paper).state


# On this computer

KILLED = """\
import os, signal, sys
from pathlib import Path
from tipbrief.build import workers as crew
from tipbrief.build.run import build
from tipbrief.build.session import Workshop

def step(name, step):
    if step == "deliver":
        os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    build(Workshop(Path(sys.argv[1])), ["each"], Path(sys.argv[2]), step, lambda: crew.local(2))
"""


def test_workers_end_with_the_one_who_gives_out_the_work(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED, encoding="utf-8")
    env = {**os.environ, "PYTHONPATH": SOURCE, "XDG_CACHE_HOME": str(tmp_path / "cache")}
    command = [sys.executable, tmp_path / "killed.py", folder, tmp_path / "out"]
    with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as process:
        # The pipe is closed when the last process that holds it has ended, workers too.
        process.communicate(timeout=20)
    assert process.returncode == -signal.SIGKILL


def test_ctrl_c_does_not_reach_a_worker() -> None:
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    with crew.local(1).gather() as workers:
        assert signal.SIGINT in workers.submit(signal.pthread_sigmask, signal.SIG_BLOCK, ()).result(
            timeout=20
        )
    assert signal.pthread_sigmask(signal.SIG_BLOCK, ()) == before, "but whoever gives out the work"


def test_one_worker_a_core_unless_told() -> None:
    assert crew.local(3).size == 3
    assert crew.local().size >= 1


# On a cluster


@contextmanager
def local_cluster(workers: int) -> Iterator[Any]:
    """A real Dask cluster on this computer, each worker a process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from distributed import LocalCluster

        with LocalCluster(
            n_workers=workers, threads_per_worker=1, processes=True, dashboard_address=None, scheduler_port=0,
            worker_dashboard_address=None, silence_logs=50,
        ) as made:  # fmt: skip
            if workers:
                made.wait_for_workers(workers, timeout=30)
            yield made


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with local_cluster(2) as made:
        yield made


def test_a_cluster_makes_the_same(
    shop: Workshop, editions: list[Edition], alone: dict[str, Made], cluster: Any
) -> None:
    workers = crew.cluster(cluster.scheduler_address)
    assert workers.size == 2
    assert by_name(made_by(workers, order_of(shop), editions)) == alone


def test_a_killed_worker_of_a_cluster_costs_no_document(
    shop: Workshop, editions: list[Edition], alone: dict[str, Made], cluster: Any
) -> None:
    results = made_by(crew.cluster(cluster.scheduler_address), order_of(shop), editions)
    edition, first = next(results)
    os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
    assert {edition.brief: first, **by_name(results)} == alone


def test_a_cluster_without_workers_is_a_problem() -> None:
    with (
        local_cluster(0) as empty,
        pytest.raises(Problems, match=r"the cluster 'tcp://127.0.0.1:\d+' has no workers") as raised,
    ):
        crew.cluster(empty.scheduler_address)
    assert raised.value.problems[0].hint.startswith("start one: dask worker ")


def test_a_cluster_that_is_lost_midway_is_a_problem(shop: Workshop, editions: list[Edition]) -> None:
    with local_cluster(1) as lost:
        results = made_by(crew.cluster(lost.scheduler_address), order_of(shop), editions)
        next(results)
        lost.close()
        with pytest.raises(Problems, match="the cluster was lost") as raised:
            list(results)
    assert raised.value.problems[0].hint == "what was finished is kept: build again for the rest"


@pytest.mark.parametrize("address", ["host", "host:8786", "http://host:8786", "tcp://host", "tcp://host:x"])
def test_what_is_no_address_is_told_at_once(address: str) -> None:
    with pytest.raises(Problems, match="is no address of a cluster") as raised:
        crew.cluster(address)
    assert raised.value.problems[0].hint == "write it like tcp://host:8786"


def test_without_dask_a_cluster_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(Problems, match="Dask is not installed") as raised:
        crew.cluster("tcp://127.0.0.1:8786")
    assert "pip install 'tipbrief[cluster]'" in raised.value.problems[0].hint


UNREACHABLE = """\
import sys
from tipbrief.cli.main import main
from tipbrief.build import workers as crew
crew._PATIENCE = 1
main(sys.argv[1:])
"""


def test_a_cluster_that_cannot_be_reached_is_told_soon_and_without_noise(
    folder: Path, tmp_path: Path
) -> None:
    begun = time.monotonic()
    command = [sys.executable, "-c", UNREACHABLE, "build", "each", "--cluster", "tcp://127.0.0.1:1"]
    ended = subprocess.run(
        [*command, "--publication", folder, "--out", tmp_path / "out"],
        env={**os.environ, "PYTHONPATH": SOURCE, "XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    first, hint, count = ended.stderr.splitlines()
    assert first.startswith("the cluster 'tcp://127.0.0.1:1' cannot be reached: ")
    assert "without --cluster, this computer does the work" in hint
    assert count == "1 problem"
    assert time.monotonic() - begun < 10
    assert crew._PATIENCE <= 5


def test_a_build_on_a_cluster_is_quiet(
    folder: Path, tmp_path: Path, cluster: Any, alone: dict[str, Made], tipbrief: Callable[..., Any]
) -> None:
    words = ("build", "each", "--publication", folder, "--out", tmp_path / "out")
    env = {"XDG_CACHE_HOME": str(tmp_path / "cache")}
    ended = tipbrief(*words, "--cluster", cluster.scheduler_address, env=env)
    assert (ended.returncode, ended.stderr) == (0, "")
    for name, made in alone.items():
        assert (tmp_path / "out" / f"wells-{name}.pdf").read_bytes() == made.pdf
    # What is there needs no cluster, not even one that answers.
    again = tipbrief(*words, "--cluster", "tcp://127.0.0.1:1", env=env)
    assert (again.returncode, again.stderr) == (0, "")


def test_all_roads_lead_to_the_same_folder(
    folder: Path, tmp_path: Path, cluster: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    roads: Sequence[Callable[[], Crew] | None] = (
        None,
        lambda: crew.local(2),
        lambda: crew.cluster(cluster.scheduler_address),
        lambda: Crew(lambda: Pretended(lambda edition: work(order, edition)), 3),
    )
    folders = []
    for number, road in enumerate(roads):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache-{number}"))
        shop, out = Workshop(folder), tmp_path / str(number)
        order = order_of(shop)
        built = build(shop, ["each-TUR", "each"], out, crew=road)
        assert [one.name for one in built] == ["each-TUR", *(name for name in NAMES if name != "each-TUR")]
        assert all(one.fresh for one in built)
        folders.append({path.name: path.read_bytes() for path in out.iterdir()})
    assert len(folders[0]) == 2 * len(NAMES) + 1
    assert all(found == folders[0] for found in folders)
