"""All country sheets, beside other programs on the same HTML; and what corrections cost. On a copy."""

import os
import re
import shutil
import statistics
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import rivals
from clock import TIPBRIEF, Run, run, usable_cores

from tipbrief.assets import shipped
from tipbrief.build.session import Session

AIM = 0.45  # of the bare loop
SAMPLE = 6  # every so many sheets are typeset by the bare loop, which is slow
TIMES = 5
# One value for each run; the cells and figures as the shipped dataset has them would be no correction.
FIGURE, VALUES = "laws", ("139", "140", "141")
CELL, TIERS = "history[PAK,2010].tier", ("3", "1", "2WL")


@dataclass(frozen=True)
class Place:
    """A copy of the shipped publication, with a cache and a folder of its own."""

    folder: Path

    @property
    def publication(self) -> Path:
        """The copy."""
        return self.folder / "tip-2025"

    @property
    def out(self) -> Path:
        """What is built from it."""
        return self.folder / "out"

    def tipbrief(self, command: str, *words: str, watched: bool = False) -> Run:
        """Run a command on the copy."""
        if command == "build":
            words = (*words, "--out", str(self.out))
        # Once installed, a program has its bytecode.
        env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        env["XDG_CACHE_HOME"] = str(self.folder / "cache")
        return run(
            [*TIPBRIEF, command, *words, "--publication", str(self.publication)],
            self.folder,
            env,
            watched=watched,
        )

    def corrected(self, name: str, values: Sequence[str], *briefs: str) -> tuple[float, int]:
        """The median seconds of the build after each correction, and how many documents were typeset."""
        runs = []
        for value in values:
            self.tipbrief("correct", name, value, "--reason", "bench")
            runs.append(self.tipbrief("build", *briefs))
        typeset = {_typeset(one.said) for one in runs}
        if len(typeset) > 1:
            raise SystemExit(f"after corrections of {name}, {typeset} documents were typeset")
        return statistics.median(one.seconds for one in runs), typeset.pop()

    def unchanged(self, *words: str) -> float:
        """The median seconds of a build where nothing has changed."""
        self.tipbrief("build", *words)
        runs = [self.tipbrief("build", *words) for _ in range(TIMES)]
        if any(_typeset(one.said) for one in runs):
            raise SystemExit("a build typeset what had not changed")
        return statistics.median(one.seconds for one in runs)


def _typeset(said: str) -> int:
    """How many documents were typeset, by what a build says."""
    if found := re.search(r": (\d+) typeset,", said):
        return int(found[1])
    named = re.findall(r"^\S+: .*/\d+.*$", said, re.M)
    return sum(not line.endswith(", unchanged") for line in named)


def main() -> None:
    """Print both tables."""
    # Other programs see this computer as they would without us.
    for name in ("FONTCONFIG_FILE", "XDG_CACHE_HOME"):
        os.environ.pop(name, None)
    with tempfile.TemporaryDirectory() as name:
        place = Place(Path(name))
        shutil.copytree(shipped("data") / "tip-2025", place.publication)
        _sheets(place)
        _corrections(place)


def _sheets(place: Place) -> None:
    built = place.tipbrief("build", "country", "--deliver", watched=True)
    session = Session.open(place.publication)
    names = [one.name for one in session.publication.documents.values() if one.brief.id == "country"]
    pages = [(name, place.out / session.file_name(name, "html")) for name in names]
    files = [page for _, page in pages]
    sample = files[::SAMPLE]
    loop = rivals.bare(sample) / len(sample) * len(files)
    browser = rivals.chromium(files)
    typst = rivals.typst(session, pages, place.folder)
    count = len(files)
    rows = [
        ("tipbrief build", built.seconds, f"{usable_cores()} workers, from nothing, verified and delivered"),
        ("bare WeasyPrint loop", loop, f"warm, one process; {len(sample)} sheets measured, scaled"),
        ("Chromium", browser, "warm, one browser, through its DevTools protocol"),
        ("Typst", typst, "warm, one process; an equivalent sheet, bench/sheet.typ"),
    ]
    print(f"\n{count} country sheets{'':<8}{'seconds':>9}{'ms a sheet':>12}{'ratio':>8}")
    for label, taken, note in rows:
        if taken is None:
            print(f"{label:<26}{'-':>9}{'-':>12}{'-':>8}   not installed")
        else:
            ratio = f"{built.seconds / taken:.2f}"
            print(f"{label:<26}{taken:>9.1f}{1000 * taken / count:>12.0f}{ratio:>8}   {note}")
    print(
        f"aim: {AIM:.2f} of the bare loop, {AIM * loop:.1f} s; "
        f"it took {built.seconds / (AIM * loop):.2f} of that"
    )
    if built.workers:
        print(f"peak memory: a worker {built.workers[-1]:.0f} MB, the main process {built.main:.0f} MB")


def _corrections(place: Place) -> None:
    place.tipbrief("build", "world", "--deliver")
    rows = [
        ("nothing changed: build", place.unchanged(), "one brief"),
        ("nothing changed: build country", place.unchanged("country"), "every sheet"),
        ("nothing changed: build --all", place.unchanged("--all"), "every document, index, combined PDF"),
    ]
    for label, name, values, briefs in (
        ("a figure corrected: build", FIGURE, VALUES, ()),
        ("a cell corrected: build country", CELL, TIERS, ("country",)),
    ):
        taken, typeset = place.corrected(name, values, *briefs)
        rows.append((label, taken, f"{name}: {typeset} document{'s' * (typeset != 1)} typeset"))
    print(f"\nafter a change{'':<19}{'seconds':>8}")
    for label, taken, note in rows:
        print(f"{label:<33}{taken:>8.2f}   {note}")
    print(
        f"medians of {TIMES} runs where nothing changed, of {len(VALUES)} corrections each; "
        "each a new process"
    )


if __name__ == "__main__":
    main()
