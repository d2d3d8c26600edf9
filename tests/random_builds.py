"""Build random sound publications whole, by the command, and list the sheets that the audit refuses.

``make random`` calls it. ``python -m tests.random_builds [FIRST [COUNT]]``: or twenty by the day.
The tests of ``verify`` take three sheets of each alone; a refused sheet is often another one. What is refused is kept.
"""

import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from random import Random

from tests.random_publications import RandomPublication
from tests.support import run


def write(number: int, folder: Path) -> RandomPublication:
    """Write the random publication with this number below a folder; some have a correction."""
    random = Random(number)
    publication = RandomPublication(random, folder / "publication")
    publication.write()
    if random.random() < 0.3:
        publication.correct()
    return publication


def build(number: int, folder: Path) -> list[str]:
    """Build the random publication with this number below a folder; what the command says of sheets that it refuses."""
    publication = write(number, folder)
    languages = ["--language", "all"] if len(publication.tags) > 1 else []
    form = ["--paper", publication.paper, "--profile", publication.profile, "--out", folder / "out"]
    done = run("build", "--all", "--publication", publication.folder, *languages, *form)
    print(f"{number}: {publication.paper}, {publication.profile}, exit status {done.exit_code}", flush=True)
    refused = {file.name.replace(".faulty", "") for file in (folder / "out").glob("*.faulty.pdf")}
    if not refused:
        shutil.rmtree(folder)
    return [line for line in done.output.splitlines() if line.partition(": ")[0] in refused]


def main() -> None:
    """Build them; the exit status is 1 if a sheet was refused."""
    given = [*map(int, sys.argv[1:3])]
    first, count = (*given, 1)[:2] if given else (date.today().toordinal() * 20, 20)
    kept = Path(tempfile.mkdtemp(prefix="random-builds-"))
    refused = {number: found for number in range(first, first + count) if (found := build(number, kept / str(number)))}
    for number, lines in refused.items():
        print(*lines, f"built again: python -m tests.random_builds {number} 1; kept: {kept / str(number)}", sep="\n")
    raise SystemExit(bool(refused))


if __name__ == "__main__":
    main()
