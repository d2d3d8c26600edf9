"""A Dask cluster makes what one process would have made, and nothing that it sends is believed."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pikepdf
import pytest

from tests.pdf.pages import changed
from tests.pipeline.rows import EACH
from tests.support import PATIENCE, contents, environment, problem_of, problems_of, until
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline import document
from tipbrief.pipeline.rendering import Rendering
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.workers import pool
from tipbrief.pipeline.workers.pool import SCHEDULER_TIMEOUT as SOON
from tipbrief.pipeline.workers.pool import (
    PublicationMismatch,
    compose_task,
    connect_cluster_pool,
    local_pool,
    render_task,
    render_with_workers,
    session_spec,
    verify_answer,
)
from tipbrief.problems import Problems

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
    monkeypatch.setattr(pool, "SCHEDULER_TIMEOUT", PATIENCE)


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("two"), 2) as made:
        yield made


PROGRAM = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="app.alert(1)")


def put_program_at_bookmark(document: pikepdf.Pdf) -> None:
    bookmark = document.Root.Outlines.First
    del bookmark.Dest
    bookmark.A = PROGRAM


def test_of_an_answer_only_the_pages_are_taken(session: Session, editions: list[Edition]) -> None:
    order = session_spec(session)
    first, other = editions[:2]
    asked = compose_task(session, first)
    sent = render_task(order, asked)
    made = verify_answer(session, asked, sent)
    assert made == document.render_document(session, first)
    head, _, bare = sent.partition(b"\n")
    newer = session.reopen(profile="pdf2")
    opening = changed(bare, lambda pdf: pdf.Root.update({"/OpenAction": PROGRAM}))
    for name, forged, said in (
        ("pages of another", render_task(order, compose_task(session, other)), "is not read back"),
        ("a program", head + b"\n" + opening, "/OpenAction"),
        ("a program at a bookmark", head + b"\n" + changed(bare, put_program_at_bookmark), "/JavaScript"),
        ("another standard", render_task(session_spec(newer), compose_task(newer, first)), "not PDF/A-3A and"),
        ("no PDF", head + b"\n%PDF-1.7", "PDF"),
        ("no JSON", b"[" * 100_000 + b"\n" + bare, "sent no document"),
        ("no text", 7.5, "sent no document"),
    ):
        found = problems_of(verify_answer, session, asked, forged)
        assert said in " ".join(problem.message for problem in found), name
    # What is no spacing is no part of the HTML.
    false = json.dumps({"spacing": "</style><p>FALSE"}).encode() + b"\n" + bare
    assert b"FALSE" not in verify_answer(session, asked, false).html
    for none in (None, [], 7.5, [sent], {0: sent}.keys()):
        with pytest.raises(Problems, match="sent no document"):
            verify_answer(session, asked, none)


def test_what_is_wrong_with_a_document_crosses_as_words(session: Session, editions: list[Edition]) -> None:
    sent, asked = json.dumps({"problems": [["too long", "shorten it"]]}).encode(), (editions[0], "")
    problem = problem_of(verify_answer, session, asked, sent)
    assert (problem.message, problem.hint) == ("too long", "shorten it")
    with pytest.raises(PublicationMismatch):
        verify_answer(session, asked, sent.replace(b"problems", b"other"))


EVIL = """\
import os
from pathlib import Path
from tipbrief.pipeline.workers import pool
honest = pool.render_task

class Evil(Exception):
    def __reduce__(self):
        return os.system, ("echo $PPID >> {mark}",)

def render_task(spec, task):
    edition = task[0]
    if edition.brief == "each-AFG":
        return Evil()
    if edition.brief == "each-AND":
        raise Evil()
    if edition.brief == "each-PAK":
        return [{{"pdf": Evil()}}]
    return honest(spec, task)

render_task.__module__, render_task.__qualname__ = honest.__module__, honest.__qualname__
pool.render_task = render_task
"""
CLIENT = """\
import sys
from tipbrief.pipeline.workers import pool
from tipbrief.cli.main import main
pool.SCHEDULER_TIMEOUT = float(sys.argv.pop(1))
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


def test_a_rogue_worker_runs_nothing_here(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "evil.py").write_text(EVIL.format(mark=tmp_path / "mark"), encoding="utf-8")
    env = {"DASK_DISTRIBUTED__WORKER__PRELOAD": str(tmp_path / "evil.py")}
    with running(tmp_path, 1, **env) as rogue:
        client = build(folder, rogue.address, tmp_path)
        status, _, said = end(client)
    assert status == 1, said
    assert "Traceback" not in said
    for name in ("each-AFG", "each-AND", "each-PAK"):
        assert f"'{name}': a worker of the cluster sent no document" in said or f"'{name}' could not be" in said
        assert not (tmp_path / "out" / f"wells-{name}.pdf").exists()
    ran = (tmp_path / "mark").read_text().split()
    assert str(client.pid) not in ran, "its own scheduler may run it, but not we"


@pytest.mark.slow
def test_a_killed_worker_of_a_cluster_costs_no_document(
    session: Session, editions: list[Edition], alone: dict[str, Rendering], two: Running
) -> None:
    workers = connect_cluster_pool(two.address)
    assert workers.size == 2
    results = render_with_workers(workers, session, editions)
    edition, first = next(results)
    os.kill(two.pids[0], signal.SIGKILL)
    assert {edition.brief: first, **{one.brief: made for one, made in results}} == alone


@pytest.mark.slow
def test_a_cluster_without_workers_is_a_problem(tmp_path: Path) -> None:
    with running(tmp_path, 0) as empty:
        problem = problem_of(connect_cluster_pool, empty.address)
    assert re.fullmatch(r"the cluster 'tcp://127.0.0.1:\d+' has no workers", problem.message)
    assert problem.hint.startswith("start one: dask worker ")


# A worker that says so when it comes to its fifth document, and does not end it.
BUSY = """\
import time
from pathlib import Path
from tipbrief.pipeline.workers import pool

if not hasattr(pool, "given"):  # a worker runs this twice
    pool.given, honest = [], pool.render_task

    def render_task(*given):
        pool.given.append(given)
        if len(pool.given) > 4:
            Path({mark!r}).touch()
            time.sleep(600)
        return honest(*given)

    pool.render_task = render_task
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
    told = "the cluster was lost\n    hint: what was finished is kept: build again for the rest\n1 problem\n"
    assert re.sub(r"^(\d of 8(, about \d+ s left)?\n)*", "", said) == told


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
    problem = problem_of(connect_cluster_pool, address)
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


@pytest.mark.slow
def test_all_ways_lead_to_the_same_folder_and_a_cluster_quietly(
    folder: Path, tmp_path: Path, two: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    status, _, said = end(build(folder, two.address, tmp_path))
    assert status == 0
    # On a slow machine it is told how far the build is, and nothing else.
    assert re.fullmatch(r"(\d of 8(, about \d+ s left)?\n)*", said), said
    for number, workers in enumerate((None, lambda: local_pool(2), lambda: connect_cluster_pool(two.address))):
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
