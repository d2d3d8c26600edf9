"""The site of all documents in three languages: from a warm cache, and again where nothing changed."""

from pathlib import Path

from clock import middle
from table import head, line, verdict
from ways import NOW, Place, place

TIMES = 5
WARM, AGAIN = 10.0, 2.0  # seconds by the clock


def site() -> None:
    """Time the command, and count what it writes."""
    with place(NOW) as made:
        first = made.tipbrief("site", "--out", str(made.folder / "first"))
        head("the site of 189 documents in three languages")
        line("from nothing", f"{first.wall:.0f} s", f"{first.cpu:.0f} s of computing")
        warm = [made.tipbrief("site", "--out", str(made.folder / f"site-{turn}")) for turn in range(TIMES)]
        again, written = [], 0
        for _ in range(TIMES):
            before = _seen(made)
            again.append(made.tipbrief("site", "--out", str(made.folder / "first")))
            written += len(_seen(made).items() - before.items())
        files = [*(made.folder / "first").rglob("*.*")]
        size = sum(file.stat().st_size for file in files) / 1e6
        line("files", f"{len(files)}", f"{size:.0f} MB")
        for said, took in (("warm cache", warm), ("nothing changed", again)):
            line(said, f"{middle(took).wall:.1f} s", f"{middle(took).cpu:.1f} s of computing")
        line("files written where nothing changed", f"{written}")
        verdict("warm cache", middle(warm).wall, WARM, "s")
        verdict("nothing changed", middle(again).wall, AGAIN, "s")


def _seen(made: Place) -> dict[Path, int]:
    """When each file of the site was written."""
    files = (made.folder / "first").rglob("*")
    return {file: file.stat().st_mtime_ns for file in files if file.is_file()}
