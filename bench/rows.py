"""Publications of a thousand and of ten thousand rows: whether memory and the cost of a sheet stay level."""

import os
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from clock import Took
from table import head, line, verdict
from ways import HERE, NOW, Place

# So many rows each; the last only with LONG=1, for it takes many minutes.
ROWS = (200, 1_000, 10_000)
LEVEL = 1.1  # of the fewer rows
MEMORY, UNCHANGED = {"worker": 180, "main": 250}, 3.0  # MB, seconds
REGIONS, LEVELS = 40, ("low", "middle", "high")
# What is in the words of the example is not delivered.
_OWN_WORDS = {"example": "sample", "Example": "Sample", "Your name": "Our name", "each in its": "all in its"}
_LAST = "  - prose: how"
_CHARTS = """\
  - map: {table: provinces, shapes: afghanistan-provinces, by: level, title: The provinces}
  - share: {table: rows, by: level, within: region, title: Level in the region}
"""


def rows() -> None:
    """Each number of rows once, in one run: delivered from nothing, then the same command again."""
    head("a made table, for each row a sheet with numbers, bars, a map and a share, delivered from nothing")
    counts = ROWS if os.environ.get("LONG") else ROWS[:-1]
    found = {count: _deliver_twice(count) for count in counts}
    costs = {count: 1000 * first.cpu / count for count, (first, _) in found.items()}
    for count, (first, again) in found.items():
        memory = f"a worker {first.worker:.0f} MB", f"the main process {first.main:.0f} MB"
        words = f"wall {first.wall:.1f} s", f"CPU {costs[count]:.1f} ms a sheet", *memory, f"again {again.wall:.1f} s"
        line(f"{count} rows", *words)
    *_, fewer, most = counts
    verdict("cost a sheet, of that with fewer rows", costs[most] / costs[fewer], LEVEL)
    for what, allowed in MEMORY.items():
        verdict(f"memory of {what}", getattr(found[most][0], what), allowed, "MB")
    verdict("the same again, where nothing changed", found[most][1].wall, UNCHANGED, "s")


def _deliver_twice(count: int) -> tuple[Took, Took]:
    with TemporaryDirectory(prefix="bench-") as name:
        place = _made(Path(name), count)
        words = "build", "--all", "--deliver"
        return place.tipbrief(*words, watched=True), place.tipbrief(*words, watched=True)


def _made(folder: Path, count: int) -> Place:
    """A publication as ``tipbrief new`` makes it of a table, with a map and a share on each sheet."""
    chance = random.Random(count)
    table = folder / "rows.csv"
    cells = (
        f"R{number:05},Place {number},Region {number % REGIONS},{chance.randrange(1000, 90000)},"
        f"{chance.randrange(1, 400)},{chance.choice(LEVELS)}\n"
        for number in range(count)
    )
    table.write_text("code,name,region,people,schools,level\n" + "".join(cells), encoding="utf-8")
    made = Place(NOW, folder)
    made.command("new", str(made.publication), "--language", "en", "--from", str(table))
    for file in (*made.publication.glob("*.yaml"), *made.publication.glob("briefs/*.yaml")):
        text = file.read_text(encoding="utf-8")
        for example, own in _OWN_WORDS.items():
            text = text.replace(example, own)
        file.write_text(text, encoding="utf-8")
    with (HERE / "data" / "maps" / "afghanistan-provinces.csv").open(encoding="utf-8") as shapes:
        codes = [one.split(",")[0] for one in list(shapes)[1:]]
    provinces = "".join(f"{code},Province {at},{LEVELS[at % len(LEVELS)]}\n" for at, code in enumerate(codes))
    (made.publication / "tables" / "provinces.csv").write_text("code,name,level\n" + provinces, encoding="utf-8")
    declared = made.publication / "tables.yaml"
    rows = yaml.safe_load(text := declared.read_text(encoding="utf-8"))
    level = rows["rows"]["columns"]["level"] | {"label": "Level"}
    table_of_provinces = {
        "file": "tables/provinces.csv",
        "title": "Provinces",
        "key": "code",
        "sources": rows["rows"]["sources"],
        "columns": {"code": {"type": "code"}, "name": {"type": "text", "label": "Province"}, "level": level},
    }
    more = yaml.safe_dump({"provinces": table_of_provinces}, sort_keys=False)
    declared.write_text(f"{text.rstrip()}\n{more}", encoding="utf-8")
    brief = made.publication / "briefs" / "row.yaml"
    text = brief.read_text(encoding="utf-8")
    before, found, after = text.partition(_LAST)
    assert found, brief
    brief.write_text(before + _CHARTS + found + after, encoding="utf-8")
    return made
