"""What a long ledger costs: all documents delivered once, and a hundred times after corrections."""

import hashlib
import shutil
import statistics
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from clock import job
from ways import NOW, Place

from tipbrief.assets import find_shipped_folder
from tipbrief.language.dates import Date
from tipbrief.ledger import editions, ledger_folder
from tipbrief.ledger.entries import Change, Edition

DELIVERIES = 100
TIMES = 9
# All but the world brief print it, which so says what it said and can be built.
FIGURE = "measured"
DECLARED = """\
measured:
  label: عدد آزمایشی
  kind: reported
  value: 0
  sources: [dito-sa-pilipinas]
"""


def fake(*parts: object) -> str:
    """A hash of nothing in particular."""
    return hashlib.sha256(repr(parts).encode()).hexdigest()


def deliver(folder: Path, number: int) -> None:
    """A correction of the figure, and the next edition of every document."""
    ledger, day = ledger_folder.read_ledger(folder, ""), Date(2026, 11, 25)
    if number > 1:
        change = Change(kind="correction", name=FIGURE, was=str(number - 1), now=str(number), date=day,
                        reason="خطای رونویسی", source="dito-sa-pilipinas")  # fmt: skip
        ledger = ledger_folder.append_entry(folder, ledger, [change])
    made: list[Edition] = []
    for brief in ledger.briefs:
        last = ledger.last_edition(brief)
        assert last is not None
        own = {} if brief == "world" else {FIGURE: str(number)}
        content = last.content if brief == "world" else fake(brief, number)
        one = editions.create_edition(ledger, brief, date=day, content=content, data=fake(number),
                               prints={**last.prints, **own})  # fmt: skip
        made.append(replace(one, pdf=fake(brief, number, "pdf")))
    ledger_folder.append_entry(folder, ledger, made)


def measure(folder: Path, said: str) -> None:
    """Print the size of the ledger, and what three commands take."""
    entries = list((folder / ledger_folder.LEDGER_FOLDER).iterdir())
    size = sum(path.stat().st_size for path in entries)
    print(f"{said}: {len(entries)} files, {size / 1e6:.2f} MB", flush=True)
    code = ledger_folder.read_ledger(folder, "").all_editions("country-AFG")[-1].signature
    made = Place(NOW, folder.parent)
    for words in (["status", code], ["check"], ["build", "world"]):
        made.tipbrief(*words)
        times = sorted(made.tipbrief(*words).cpu for _ in range(TIMES))
        print(f"  {words[0]:<8}{statistics.median(times):.3f} s of CPU (best {times[0]:.3f})", flush=True)
    times = [job(lambda: ledger_folder.read_ledger(folder, "")).cpu for _ in range(TIMES)]
    print(f"  reading {min(times):.4f} s, of all this", flush=True)


def main() -> None:
    """Print sizes and times."""
    last = int(sys.argv[1]) if len(sys.argv) > 1 else DELIVERIES
    with tempfile.TemporaryDirectory() as made:
        folder = Path(shutil.copytree(find_shipped_folder("data") / "tip-2025", Path(made) / "publication"))
        figures = folder / "figures.yaml"
        for number in range(1, last + 1):
            deliver(folder, number)
            if number in (1, last):
                value = DECLARED.replace("value: 0", f"value: {number}")
                declared = figures.read_text("utf-8").partition(f"{FIGURE}:")[0] + value
                figures.write_text(declared, encoding="utf-8")
                measure(folder, f"after {number} more deliveries of all documents")


if __name__ == "__main__":
    main()
