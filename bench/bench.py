"""What a build costs, beside the bare ``weasyprint`` command on the same HTML: one run, medians, ratios.

Cold is a new process each time; warm is the same process again and again. The two are taken in turn, so that
a busy machine slows both alike.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from tipbrief import verify
from tipbrief.assets import shipped
from tipbrief.compose import file_stem
from tipbrief.workshop import Workshop

COLD, WARM = 7, 9
BIN = Path(sys.executable).parent


def seconds(job: Callable[[], object]) -> float:
    """How long a job takes."""
    start = time.perf_counter()
    job()
    return time.perf_counter() - start


def in_turn(times: int, *jobs: Callable[[], object]) -> list[float]:
    """The median seconds of each job, the jobs taken in turn."""
    taken = [[seconds(job) for job in jobs] for _ in range(times)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def peak(command: list[str], cwd: Path) -> float:
    """The peak memory of a command in MB."""
    pid = os.fork()
    if pid == 0:
        with contextlib.suppress(OSError):
            os.chdir(cwd)
            null = os.open(os.devnull, os.O_WRONLY)
            os.dup2(null, 1)
            os.dup2(null, 2)
            os.execv(command[0], command)
        os._exit(127)
    _, status, usage = os.wait4(pid, 0)
    if status:
        raise SystemExit(f"{command} failed")
    unit = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * unit / 1e6


def main() -> None:
    """Print the table."""
    folder = shipped("data") / "tip-2025"
    workshop = Workshop(folder)
    html = workshop.html("world")
    brief = workshop.publication.briefs["world"]
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        page = out / "page.html"
        page.write_text(html, encoding="utf-8")
        build = [str(BIN / "tipbrief"), "build", "--publication", str(folder), "--out", str(out / "out")]
        bare = [str(BIN / "weasyprint"), "--pdf-tags", str(page), str(out / "bare.pdf")]

        def run(command: list[str]) -> None:
            subprocess.run(command, check=True, cwd=out, capture_output=True)

        run(build), run(bare)  # what the file system caches is cached for both
        cold_build, cold_bare = in_turn(COLD, lambda: run(build), lambda: run(bare))

        typesetter = workshop.typesetter
        pdf = typesetter.typeset(html).pdf
        expected = verify.Expected(pages=brief.pages)

        import weasyprint

        warm_compose, warm_typeset, warm_verify, warm_build, warm_bare = in_turn(
            WARM,
            lambda: workshop.html("world"),
            lambda: typesetter.typeset(html),
            lambda: verify.require(pdf, html, expected, name="world"),
            lambda: workshop.build("world", out / "out"),
            lambda: weasyprint.HTML(filename=page).write_pdf(pdf_tags=True),
        )
        size = (out / "out" / f"{file_stem(workshop.publication, brief)}.pdf").stat().st_size
        rows = [
            ("cold, seconds", cold_build, cold_bare, "{:.2f}"),
            ("warm, ms a document", 1000 * warm_build, 1000 * warm_bare, "{:.0f}"),
            ("warm, ms a page", 1000 * warm_build / brief.pages, 1000 * warm_bare / brief.pages, "{:.0f}"),
            ("peak memory, MB", peak(build, out), peak(bare, out), "{:.0f}"),
            ("PDF, KB", size / 1000, (out / "bare.pdf").stat().st_size / 1000, "{:.0f}"),
        ]
        print(f"{'':<22}{'tipbrief build':>16}{'weasyprint':>14}{'ratio':>9}")
        for label, ours, theirs, form in rows:
            print(f"{label:<22}{form.format(ours):>16}{form.format(theirs):>14}{ours / theirs:>9.2f}")
        more = 100 * warm_verify / (warm_compose + warm_typeset)
        print(
            f"\nof a warm build: compose {1000 * warm_compose:.0f} ms, typeset {1000 * warm_typeset:.0f} ms, "
            f"verify {1000 * warm_verify:.0f} ms ({more:.0f} % more)"
        )
        print(f"{COLD} cold and {WARM} warm runs each, medians")


if __name__ == "__main__":
    main()
