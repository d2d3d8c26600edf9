"""A process that opens a publication, makes its documents as a worker does, and says what that took.

It is run with the sources of the way that is measured, and so uses only what all of them have. A line of
standard input is a list, a function's name and what it is given; a line of output is its answer.
"""

import gc
import json
import os
import resource
import sys
import time
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from tipbrief import limits
from tipbrief.pipeline import document
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.rendering import render_pdf
from tipbrief.pipeline.run import build_documents
from tipbrief.pipeline.selection import ALL_LANGUAGES
from tipbrief.pipeline.session import Session
from tipbrief.pipeline.store import Store
from tipbrief.pipeline.workers import pool
from tipbrief.pipeline.workers.process import do_work

FOLDER, OUT = map(Path, sys.argv[1:3])
UNIT = 1 if sys.platform == "darwin" else 1024
NOTHING = Store(Path(os.devnull) / "tipbrief")  # each document is made from nothing


class Open:
    """What is open, and its session."""

    session: Session


def start(*languages: str) -> None:
    """Open the publication."""
    Open.session = Session.open(FOLDER, store=NOTHING, languages=languages)
    _ = Open.session.typesetter, Open.session.environment


def first(name: str) -> float:
    """The CPU ms from the beginning of the process to the end of its first document."""
    start()
    make([name])
    gc.collect()
    gc.freeze()
    return 1000 * time.process_time()


def names(brief: str) -> list[str]:
    """The documents of a brief."""
    return [name for name, one in Open.session.documents.items() if one.brief.id == brief]


def make(wanted: list[str]) -> list[dict[str, float]]:
    """Make documents: of each the CPU ms of its steps."""
    found = []
    for name in wanted:
        marks = [("compose", time.process_time())]

        def step(begins: str, marks: list[tuple[str, float]] = marks) -> None:
            marks.append((begins, time.process_time()))

        document.render_document(compose_document(Open.session, name), step)
        ends = [*marks[1:], ("", time.process_time())]
        found.append({step: 1000 * (end - begun) for (step, begun), (_, end) in zip(marks, ends, strict=True)})
    return found


def peaks(counts: list[int]) -> list[float]:
    """The peak MB of a worker after so many sheets, of one language after the other, again and again."""
    with pool.local_pool(1) as worker:
        # The process begins now: the system would take our own peak for its.
        worker.submit(os.getpid).result()
        start(ALL_LANGUAGES)
        found = []
        for done, name in enumerate(islice(cycle(names("country")), counts[-1]), 1):
            given = compose_document(Open.session, name).rendering_arguments()
            what = (name, limits.DOCUMENT_SECONDS, Open.session.fonts, render_pdf)
            worker.submit(do_work, *what, *given).result()
            if done in counts:
                usage = worker.submit(resource.getrusage, resource.RUSAGE_SELF).result()
                found.append(usage.ru_maxrss * UNIT / 1e6)
        return found


def serve() -> None:
    """Build all with the user's cache, and stay open."""
    Open.session = Session.open(FOLDER)
    _ = Open.session.typesetter, Open.session.environment
    build_documents(Open.session, ["world"], OUT)
    gc.collect()
    gc.freeze()


def again(name: str) -> list[float]:
    """What the files say now, delivered by the open process: seconds by the clock and of computing."""
    wall, cpu = time.perf_counter(), time.process_time()
    Open.session = Open.session.reopen()
    if not build_documents(Open.session, [name], OUT)[0].fresh:
        raise SystemExit(f"nothing of '{name}' was corrected")
    return [time.perf_counter() - wall, time.process_time() - cpu]


def main() -> None:
    """Answer until nobody asks any more."""
    asked: dict[str, Any] = {one.__name__: one for one in (start, first, names, make, peaks, serve, again)}
    for line in sys.stdin:
        what, *given = json.loads(line)
        print(json.dumps(asked[what](*given)), flush=True)


if __name__ == "__main__":
    main()
