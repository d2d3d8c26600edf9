"""The first brief, from a cold start, beside the ``weasyprint`` command on the same HTML."""

import sys
from functools import partial
from pathlib import Path

from clock import command, in_turn, middle, ratio
from table import head, line, verdict
from ways import NOW, from_nothing, place, ways

TIMES = 3
COLD = 1.0  # seconds


def start() -> None:
    """The world brief cold; then where nothing has changed."""
    compared = ways()
    with place(NOW) as made:
        made.tipbrief("build", "world")
        page, bare = made.out / "tip-2025-world.html", made.folder / "bare.pdf"
        weasyprint = [str(Path(sys.executable).parent / "weasyprint"), "--pdf-tags", str(page), str(bare)]
        jobs = {str(way): partial(from_nothing, way, "build", "world") for way in compared}
        theirs = partial(command, weasyprint, made.folder, made.env)
        found = in_turn(TIMES, jobs | {"weasyprint": theirs})
        pdfs = made.out / "tip-2025-world.pdf", bare
        head(f"the world brief cold, {TIMES} times each")
        for name, runs in found.items():
            took = middle(runs)
            line(name, f"wall {took.wall:.2f} s", f"CPU {took.cpu:.2f} s", f"peak memory {took.main:.0f} MB")
        sizes = (f"{path.stat().st_size / 1000:.0f}" for path in pdfs)
        line("PDF, KB", " and ".join(sizes))
    now = found[str(NOW)]
    verdict("world brief cold", middle(now).wall, COLD, "s")
    verdict("wall, of weasyprint's own command", ratio(now, found["weasyprint"], "wall"), 1.0)
    verdict("CPU, of weasyprint's own command", ratio(now, found["weasyprint"]), 1.0)
