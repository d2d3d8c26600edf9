"""A Dask cluster makes what one process would have made, and nothing that it sends is run."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, NamedTuple

import distributed
import pytest

from tests.pipeline.rows import EACH, sheets
from tests.support import PATIENCE, contents, environment, problem_of, run, until
from tipbrief.ledger.ledger_folder import read_ledger
from tipbrief.pipeline import shards
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.shards import SCHEDULER_TIMEOUT as SOON
from tipbrief.pipeline.shards import build_on_cluster
from tipbrief.pipeline.store import Store
from tipbrief.pipeline.workers.pool import local_pool

CLUSTER = """\
import sys
from distributed import LocalCluster

if __name__ == "__main__":
    with LocalCluster(
        n_workers=int(sys.argv[1]), threads_per_worker=1, processes=True, dashboard_address=None,
        scheduler_port=0, worker_dashboard_address=None, silence_logs=50,
    ) as made:
        if made.workers:
            made.wait_for_workers(int(sys.argv[1]))
        print(made.scheduler_address, *(worker.pid for worker in made.workers.values()), flush=True)
        sys.stdin.read()
"""


class Running(NamedTuple):
    """A real Dask cluster on this computer, in processes of its own, as it is elsewhere."""

    server: "subprocess.Popen[str]"
    address: str
    pids: list[int]


@contextmanager
def running(folder: Path, workers: int, **env: str) -> Iterator[Running]:
    script = folder / "cluster.py"
    script.write_text(CLUSTER, encoding="utf-8")
    pipe, command = subprocess.PIPE, [sys.executable, str(script), str(workers)]
    options: dict[str, Any] = {"stdin": pipe, "stdout": pipe, "stderr": subprocess.DEVNULL, "text": True}
    with subprocess.Popen(command, env=environment(**env), **options) as server:
        try:
            assert server.stdout is not None
            address, *pids = server.stdout.readline().split()
            yield Running(server, address, [*map(int, pids)])
        finally:
            if server.poll() is None:
                server.communicate()


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where much else is done, a scheduler that is there does not answer at once."""
    monkeypatch.setattr(shards, "SCHEDULER_TIMEOUT", PATIENCE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("two"), 2) as made:
        yield made


# What a worker of the cluster answers in place of a shard; it says that it has done so.
EVIL = """\
import os
from pathlib import Path
from tipbrief.pipeline import shards
from tipbrief.pipeline.store import encode_entry
honest = getattr(shards, "honest", shards.run_shard)  # a worker runs this twice
shards.honest = honest

class Evil(Exception):
    def __reduce__(self):
        return os.system, ("echo $PPID >> {mark}",)

def run_shard(words, noon):
    Path({asked!r}).touch()
    if {kind!r} == "raises":
        raise Evil()
    if {kind!r} == "forges":
        return honest(words, noon).replace(b"%PDF", b"%FDP")
    return {{
        "object": Evil(), "in a list": [{{"part.json": Evil()}}], "text": "part.json", "number": 7.5,
        "nothing": None, "no part": encode_entry("", {{"part.json": b"[" * 100_000}}),
        "outside": encode_entry("", {{"../../part.json": b"1"}}),
    }}[{kind!r}]

run_shard.__module__, run_shard.__qualname__ = honest.__module__, honest.__qualname__
shards.run_shard = run_shard
"""
CLIENT = """\
import sys
from tipbrief.pipeline import shards
from tipbrief.cli.main import main
shards.SCHEDULER_TIMEOUT = float(sys.argv.pop(1))
main(sys.argv[1:])
"""


def build(folder: Path, address: str, home: Path, patience: float = PATIENCE) -> "subprocess.Popen[str]":
    """The command, which waits so long for a scheduler; its output goes to ``out`` in the home."""
    words = ("build", "each", "--cluster", address, "--publication", str(folder), "--out", str(home / "out"))
    env, pipe = environment(XDG_CACHE_HOME=str(home / "cache")), subprocess.PIPE
    command = [sys.executable, "-c", CLIENT, str(patience), *words]
    return subprocess.Popen(command, env=env, stdout=pipe, stderr=pipe, text=True)


def end(client: "subprocess.Popen[str]") -> tuple[int, str, str]:
    """How it ended, and what it said."""
    with client:
        out, err = client.communicate()
    return client.returncode, out, err


KINDS = ("raises", "object", "in a list", "text", "number", "nothing", "no part", "outside", "forges")


@pytest.mark.parametrize(
    "kind", [KINDS[1], *(pytest.param(one, marks=pytest.mark.slow) for one in KINDS if one != KINDS[1])]
)
def test_a_rogue_worker_runs_nothing_here(folder: Path, tmp_path: Path, kind: str) -> None:
    mark, asked = tmp_path / "mark", tmp_path / "asked"
    evil = EVIL.format(mark=mark, asked=str(asked), kind=kind)
    (tmp_path / "evil.py").write_text(evil, encoding="utf-8")
    env = {"DASK_DISTRIBUTED__WORKER__PRELOAD": str(tmp_path / "evil.py")}
    with running(tmp_path, 1, **env) as rogue:
        client = build(folder, rogue.address, tmp_path)
        status, _, said = end(client)
    assert asked.exists()
    assert status == 1, said
    assert "Traceback" not in said
    told = {
        "no part": "this is no part of a build",
        "outside": "this is no part of",
        "forges": "a shard failed on the cluster",
    }
    assert told.get(kind, "the cluster was lost, or sent no part of a build") in said
    assert not (tmp_path / "out").exists()
    ran = mark.read_text().split() if mark.exists() else []
    assert str(client.pid) not in ran, "its own scheduler may run it, but not we"


# A worker that says so when it is asked for a shard.
SLOW = """\
import time
from pathlib import Path
from tipbrief.pipeline import shards
whole = getattr(shards, "whole", shards.run_shard)  # a worker runs this twice
shards.whole = whole

def run_shard(*given):
    Path({mark!r}).touch()
    time.sleep(1)
    return whole(*given)

run_shard.__module__ = whole.__module__
shards.run_shard = run_shard
"""


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_costs_nothing(folder: Path, tmp_path: Path) -> None:
    slow = SLOW.format(mark=str(tmp_path / "asked"))
    (tmp_path / "slow.py").write_text(slow, encoding="utf-8")
    with running(tmp_path, 2, DASK_DISTRIBUTED__WORKER__PRELOAD=str(tmp_path / "slow.py")) as two:
        client = build(folder, two.address, tmp_path)
        until((tmp_path / "asked").exists)
        os.kill(two.pids[0], signal.SIGKILL)
        status, _, said = end(client)
    assert status == 0, said
    build_documents(Session.open(folder), ["each"], tmp_path / "alone")
    made = {name: one for name, one in contents(tmp_path / "alone").items() if one[:1] != b"{"}
    assert contents(tmp_path / "out").items() >= made.items()


def test_a_shard_that_fails_on_the_cluster_is_told_in_its_words(
    folder: Path, tmp_path: Path, two: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = folder.parent / "elsewhere"
    session = Session.open(folder, store=Store(tmp_path / "store"))
    folder.rename(moved)
    try:
        problem = problem_of(build_on_cluster, two.address, session, EACH, None, lambda *_: None)
    finally:
        moved.rename(folder)
    assert problem.message.startswith("a shard failed on the cluster: ")
    assert "there is no publication" in problem.message


@pytest.mark.slow
def test_a_cluster_without_workers_is_a_problem(folder: Path, tmp_path: Path) -> None:
    with running(tmp_path, 0) as empty:
        session = Session.open(folder, store=Store(tmp_path / "store"))
        problem = problem_of(build_on_cluster, empty.address, session, EACH, None, lambda *_: None)
    assert re.fullmatch(r"the cluster 'tcp://127.0.0.1:\d+' has no workers", problem.message)
    assert problem.hint.startswith("start one: dask worker ")


# A worker that says so when it is asked for a shard, and does not end it.
BUSY = """\
import time
from pathlib import Path
from tipbrief.pipeline import shards

def run_shard(*given):
    Path({mark!r}).touch()
    time.sleep(600)

run_shard.__module__ = shards.run_shard.__module__
shards.run_shard = run_shard
"""


@pytest.mark.slow
def test_a_cluster_that_is_lost_midway_is_a_problem(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY.format(mark=str(tmp_path / "mark")), encoding="utf-8")
    with running(tmp_path, 1, DASK_DISTRIBUTED__WORKER__PRELOAD=str(tmp_path / "busy.py")) as lost:
        client = build(folder, lost.address, tmp_path)
        until((tmp_path / "mark").exists)
        lost.server.communicate()
        status, out, said = end(client)
    assert (status, out) == (1, "")
    told = "the cluster was lost, or sent no part of a build\n"
    told += "    hint: what was finished is kept: build again for the rest\n1 problem\n"
    assert re.sub(r"^(\d of 8 documents(, about \d+ s left)?\n)*", "", said) == told


TLS = "is neither encrypted nor on this computer", "docs/how-to/cluster.md"
FORM = "is no address of a cluster", "write it like tls://host:8786"


@pytest.mark.parametrize(
    ("address", "told"),
    [
        *((f"tcp://{host}:8786", TLS) for host in ("10.0.0.7", "127.0.0.1.example.org", "localhost.example.org", "x")),
        *((one, FORM) for one in ("host", "host:8786", "http://host:8786", "tls://host", "tls://host:x")),
        ("tcp://127.0.0.1:8786", ("Dask is not installed", "pip install 'tipbrief[cluster]'")),
    ],
)
def test_what_cannot_be_a_cluster_is_told_at_once(
    monkeypatch: pytest.MonkeyPatch, address: str, told: tuple[str, str]
) -> None:
    if "Dask" in told[0]:
        monkeypatch.setitem(sys.modules, "distributed", None)
    problem = problem_of(shards._connect_to_cluster, address)
    assert told[0] in problem.message
    assert told[1] in problem.hint


def test_a_cluster_that_cannot_be_reached_is_told_soon_and_without_noise(folder: Path, tmp_path: Path) -> None:
    status, out, said = end(build(folder, "tcp://127.0.0.1:1", tmp_path, patience=1))
    assert (status, out) == (1, "")
    first, hint, count = said.splitlines()
    assert first.startswith("the cluster 'tcp://127.0.0.1:1' cannot be reached: ")
    assert first.endswith(" after 1 s")
    assert "without --cluster, this computer does the work" in hint
    assert count == "1 problem"
    assert SOON <= 5


DAY = {"SOURCE_DATE_EPOCH": "1796000000"}


@pytest.mark.slow
def test_a_cluster_delivers_the_same_editions(tmp_path: Path, two: Running) -> None:
    for name, words in {"alone": [], "cluster": ["--cluster", two.address]}.items():
        sheets(tmp_path / name / "wells")
        words += ["--publication", f"{tmp_path}/{name}/wells", "--out", f"{tmp_path}/{name}/out"]
        done = run("build", "--all", "--deliver", *words, XDG_CACHE_HOME=str(tmp_path / name / "cache"), **DAY)
        assert done.exit_code == 0, done.output
        assert "9 of 9 documents" in done.output
        assert "9 typeset" in done.output
    assert read_ledger(tmp_path / "cluster" / "wells", "wells").last_edition("each-PAK")
    for part in ("wells", "out"):
        assert contents(tmp_path / "cluster" / part) == contents(tmp_path / "alone" / part)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("parallel"), reason="GNU parallel is not installed")
def test_sixteen_shards_by_any_mix_of_pool_dask_and_parallel_are_the_same_as_one_run(
    tmp_path: Path, two: Running
) -> None:
    seed = random.randrange(10**6)
    print("seed", seed)
    chance, ways = random.Random(seed), dict[str, list[int]](pool=[], parallel=[], dask=[])
    numbers = chance.sample(range(1, 17), 16)
    for number in numbers:
        ways[chance.choice([*ways])].append(number)
    twice = chance.choice(ways["dask"] or numbers)
    ways["pool"].append(twice)
    folder, env = sheets(tmp_path / "wells", more=12), environment(XDG_CACHE_HOME=str(tmp_path / "cache"), **DAY)

    def command(number: int | str, place: str) -> list[str]:
        words = ["build", "--all", "--deliver", "--shard", f"{number}/16", "--publication", str(folder)]
        return [sys.executable, "-m", "tipbrief", *words, "--out", f"{tmp_path}/{place}{number}"]

    with distributed.Client(two.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
        tasks = [client.submit(subprocess.call, command(one, "dask"), env=env) for one in ways["dask"]]
        words = ["parallel", "--jobs", "2", *command("{}", "parallel"), ":::", *map(str, ways["parallel"])]
        with subprocess.Popen(words, env=env) if ways["parallel"] else nullcontext() as parallel:
            for number in ways["pool"]:
                subprocess.run(command(number, "pool"), env=env, check=True)
        assert not parallel or parallel.returncode == 0
        assert not any(task.result() for task in tasks)
    parts = chance.sample([f"{tmp_path}/{way}{number}" for way, own in ways.items() for number in own], 17)
    shutil.copytree(folder, tmp_path / "alone" / "wells")
    for words, out, publication in (
        (["gather", *parts], tmp_path / "out", folder),
        (["build", "--all"], tmp_path / "alone" / "out", tmp_path / "alone" / "wells"),
    ):
        cache = {"XDG_CACHE_HOME": f"{out.parent}/fresh"}
        done = run(*words, "--deliver", "--publication", publication, "--out", out, **cache, **DAY)
        assert done.exit_code == 0, done.output
    for part in ("wells", "out"):
        assert contents(tmp_path / part) == contents(tmp_path / "alone" / part)


@pytest.mark.slow
def test_all_ways_lead_to_the_same_folder_and_a_cluster_quietly(
    folder: Path, tmp_path: Path, two: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, said = end(build(folder, two.address, tmp_path))
    assert status == 0
    # On a slow machine it is told how far the build is, and nothing else.
    assert re.fullmatch(r"(\d of 8 documents(, about \d+ s left)?\n)*", said), said
    for number, workers in enumerate((None, lambda: local_pool(2))):
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / f"cache-{number}"))
        built = build_documents(Session.open(folder), ["each-TUR", "each"], tmp_path / str(number), workers=workers)
        assert [one.name for one in built] == ["each-TUR", *(name for name in EACH if name != "each-TUR")]
        assert all(one.fresh for one in built)
        assert contents(tmp_path / str(number)) == contents(tmp_path / "0")
    made = contents(tmp_path / "0")
    assert len(made) == 2 * len(EACH) + 1
    assert contents(tmp_path / "out").items() >= {name: one for name, one in made.items() if one[:1] != b"{"}.items()
    # What is there needs no cluster, not even one that answers.
    status, _, said = end(build(folder, "tcp://127.0.0.1:1", tmp_path))
    assert (status, said) == (0, "")
