"""The site of all documents in three languages: after one edition, and where nothing changed."""

from collections.abc import Callable
from pathlib import Path

from clock import Took, middle
from corrections import cells
from table import head, line, verdict
from ways import NOW, Place, place

TIMES = 5
ONE_EDITION, AGAIN = 1.0, 1.0  # seconds by the clock


def site() -> None:
    """Time the command, and count what it writes."""
    with place(NOW) as made:
        first = _site(made)
        head("the site of 189 documents in three languages")
        line("from nothing", f"{first.wall:.0f} s", f"{first.cpu:.0f} s of computing")
        left = iter(cells(TIMES))

        def delivered() -> None:
            made.tipbrief("correct", *next(left), "--reason", "bench", "--deliver")

        for label, before, most in (("after one edition", delivered, ONE_EDITION), ("nothing changed", None, AGAIN)):
            took, written = _repeated(made, before)
            line(label, f"{took.wall:.1f} s", f"{took.cpu:.1f} s of computing", f"{written:.0f} files written")
            verdict(f"site, {label}", took.wall, most, "s")
        files = [*(made.folder / "site").rglob("*.*")]
        line("files", f"{len(files)}", f"{sum(file.stat().st_size for file in files) / 1e6:.0f} MB")


def _repeated(made: Place, before: Callable[[], None] | None) -> tuple[Took, float]:
    """The medians of some runs, and how many files a run writes."""
    took, written = [], 0
    for _ in range(TIMES):
        if before:
            before()
        seen = _seen(made)
        took.append(_site(made))
        written += len(_seen(made).items() - seen.items())
    return middle(took), written / TIMES


def _site(made: Place) -> Took:
    return made.tipbrief("site", "--delivered", str(made.out), "--out", str(made.folder / "site"))


def _seen(made: Place) -> dict[Path, int]:
    """When each file of the site was written."""
    files = (made.folder / "site").rglob("*")
    return {file: file.stat().st_mtime_ns for file in files if file.is_file()}
