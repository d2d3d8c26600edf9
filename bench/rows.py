"""Publications of a thousand and of ten thousand rows: whether memory and the cost of a sheet stay level."""

import os
import random
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from clock import in_turn, middle
from table import head, line, verdict
from ways import NOW, Place, from_nothing

# So many rows each; the last only with LONG=1, for it takes many minutes.
ROWS = (200, 1_000, 10_000)
LEVEL = 1.1  # of the fewer rows
REGIONS, LEVELS = 40, ("low", "middle", "high")


def rows() -> None:
    """Each number of rows once, in one run."""
    with TemporaryDirectory(prefix="bench-") as name:
        jobs = {
            count: partial(from_nothing, NOW, "build", "row", publication=_made(Path(name), count))
            for count in (ROWS if os.environ.get("LONG") else ROWS[:-1])
        }
        found = {count: middle(runs) for count, runs in in_turn(1, jobs).items()}
    head("a made table, a sheet for each row, from nothing")
    costs = {count: 1000 * took.cpu / count for count, took in found.items()}
    for count, took in found.items():
        memory = f"a worker {took.worker:.0f} MB", f"the main process {took.main:.0f} MB"
        line(f"{count} rows", f"wall {took.wall:.1f} s", f"CPU {costs[count]:.1f} ms a sheet", *memory)
    *_, fewer, most = found
    verdict("cost a sheet, of that with fewer rows", costs[most] / costs[fewer], LEVEL)
    for what in ("worker", "main"):
        verdict(f"memory of {what}", getattr(found[most], what) / getattr(found[fewer], what), LEVEL)


def _made(folder: Path, count: int) -> Path:
    """A publication as ``tipbrief new`` makes it of a table: numbers and a chart on each sheet."""
    chance = random.Random(count)
    table = folder / "rows.csv"
    cells = (
        f"R{number:05},Place {number},Region {number % REGIONS},{chance.randrange(1000, 90000)},"
        f"{chance.randrange(1, 400)},{chance.choice(LEVELS)}\n"
        for number in range(count)
    )
    table.write_text("code,name,region,people,schools,level\n" + "".join(cells), encoding="utf-8")
    made = Place(NOW, folder / str(count))
    made.folder.mkdir()
    made.command("new", str(made.publication), "--language", "en", "--from", str(table))
    return made.publication
