"""The early worker renders what this process would; what it cannot do is done here, and what kills it kills us."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import GOLDEN
from tipbrief import limits

# A process with limits, as a command is one; what it is to do comes as its last argument.
SCRIPT = """
import os, signal, sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from tipbrief import limits
from tipbrief.problems import Problems

def dies(typesetter):
    os.kill(os.getpid(), signal.SIGSEGV)

def dies_of_a_picture(typesetter):
    limits.begin_step("a picture")
    dies(typesetter)

def stumbles(typesetter):
    raise LookupError

def refuses(typesetter, why):
    raise Problems(why)

def says(typesetter, what):
    return what

def loops(typesetter):
    while True:
        pass

limits.enforce_limits()
from tipbrief.pipeline.workers.process import EarlyWorker
worker = EarlyWorker.start()
assert worker
from tipbrief.pipeline.store import Store
from tipbrief.pipeline.document import render_document, compose_document
from tipbrief.pipeline.session import Session
session = Session.open(Path(sys.argv[1]), store=Store(Path(os.devnull, "none")))
with_worker = replace(session, early_worker=worker)
fonts = session.fonts
"""
SAME = """
rendering = render_document(compose_document(with_worker, "all"))
# It was verified there, too.
assert "typesetter" not in vars(with_worker) and "tipbrief.verify.audit" not in sys.modules
assert rendering == render_document(compose_document(session, "all"))
"""
REFUSED = """
try:
    worker.submit_work(fonts, refuses, "no such page")()
except Problems as raised:
    print(raised)
print(worker.submit_work(fonts, stumbles)(), worker.submit_work(fonts, len)() is None)
"""
FIRST = """
def cannot():
    raise LookupError

for first in (partial(sum, (1, 2)), cannot):
    early = EarlyWorker.start(first)
    print(early.receive_first_result(), early.submit_work(fonts, len)() is None)
"""
OWN_ANSWERS = """
worker.submit_work(fonts, says, "nobody calls for this")
first = worker.submit_work(fonts, says, "first" * 100_000)
print(worker.submit_work(fonts, says, "second")(), first()[:5])
"""
SUBJECT = """
import mmap
limits._ProcessState.status_memory = memory = mmap.mmap(-1, 1024)
os.kill = lambda process, _: process == os.getpid() and print(memory[:9])
with limits.limit_step("the page"):
    answer = worker.submit_work(fonts, dies_of_a_picture)
    limits.begin_step("another page")
    answer()
"""
LIMITED = """
with limits.limit_step("the page", 1):
    try:
        worker.submit_work(fonts, loops)()
    except Problems as raised:
        print(raised)
    print(limits.remaining_seconds() < 1)
"""


def run(tmp_path: Path, what: str) -> subprocess.CompletedProcess[str]:
    script = tmp_path / "script.py"
    script.write_text(SCRIPT + what)
    words = [sys.executable, str(script), str(GOLDEN)]
    return subprocess.run(words, capture_output=True, text=True, check=False)


ALONE = not hasattr(signal, "pthread_sigmask") or limits.usable_cores() < 2
pytestmark = pytest.mark.skipif(ALONE, reason="it is forked, and works on another core")


@pytest.mark.parametrize(
    ("what", "said"),
    [
        (
            SAME + REFUSED + OWN_ANSWERS + FIRST + LIMITED,
            "no such page\nNone True\nsecond first\n3 True\nNone True\n"
            "the page takes more than 8 s of computing, all steps together\nTrue\n",
        ),
        (SUBJECT, "b'a picture'\n"),
    ],
    ids=["one after the other", "at what it died"],
)
def test_what_it_makes_and_what_it_refuses(tmp_path: Path, what: str, said: str) -> None:
    done = run(tmp_path, what)
    assert (done.stdout, done.stderr) == (said, "")
    assert done.returncode == 0 or what == SUBJECT


def test_its_work_is_there_without_the_rest_of_a_build() -> None:
    """Else it would begin by loading that, when it is asked."""
    script = "import sys, tipbrief.pipeline.rendering; print('tipbrief.pipeline.session' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_what_kills_it_kills_who_asked(tmp_path: Path) -> None:
    assert run(tmp_path, "worker.submit_work(fonts, dies)()").returncode == -signal.SIGSEGV


def test_it_ends_with_us_and_leaves_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "one = worker._worker\nprint(one._process.pid, one._folder)\nassert one._folder.exists()")
    pid, folder = done.stdout.split()
    assert not Path(folder).exists()
    assert not Path("/proc", pid).exists()
