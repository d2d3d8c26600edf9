"""The watch: from a save to its HTML, and to its true page as a picture; the memory after many saves."""

import multiprocessing
import os
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from itertools import count, cycle, islice
from pathlib import Path

from clock import say, tree_cpu
from table import head, line, middle_and_most, most_of, verdict
from ways import NOW, place

from tipbrief.watch.preview import Preview
from tipbrief.watch.preview_worker import View, WorkerAnswer

EDITS = 30
SAVES = 500
# Seconds that 95 of 100 saves may take; and to how much of it memory may grow.
HTML, PAGE, GROWN = 0.15, 0.35, 1.1
# The kinds of answers after a save, and what they mean.
_TOLD: Mapping[str, str] = {
    "composed": "HTML", "picture": "page", "complete": "all pages", "faults": "fault", "publication": "examined",
    "CPU": "CPU",
}  # fmt: skip
_number = count(150)

Edit = Callable[[], object]
Took = dict[str, float]


def watch() -> None:
    """Thirty edits."""
    with place(NOW) as made, _timed(made.publication) as timed:
        _edits(timed, _kinds(made.publication))


def saves() -> None:
    """Many saves."""
    with place(NOW) as made, _timed(made.publication) as timed:
        _memory(timed, _kinds(made.publication))


class _Timed:
    """A watched publication, and when which answer was heard."""

    def __init__(self, folder: Path) -> None:
        self.watched = Preview(folder, View("world", "fa-AF"))
        self._hear, self.watched._supervisor._on_answer = self.watched._supervisor._on_answer, self._noted
        self._heard = threading.Condition()
        self._took: Took = {}
        self._begun = 0.0

    def _noted(self, number: int, view: View, answer: WorkerAnswer) -> None:
        self._hear(number, view, answer)
        with self._heard:
            self._took.setdefault(answer.kind, time.perf_counter() - self._begun)
            self._heard.notify()

    def after(self, save: Edit) -> Took:
        """Seconds from a save to what was heard first of each kind, until all was examined."""
        with self._heard:
            self._took, self._begun, cpu = {}, time.perf_counter(), tree_cpu(os.getpid())
        save()
        with self._heard:
            if not self._heard.wait_for(lambda: "publication" in self._took, 60):
                raise SystemExit("the watch gave no answer")
            return {**self._took, "CPU": tree_cpu(os.getpid()) - cpu}


@contextmanager
def _timed(folder: Path) -> Iterator[_Timed]:
    timed = _Timed(folder)
    timed.after(timed.watched.start)
    try:
        yield timed
    finally:
        timed.watched.close()


def _kinds(folder: Path) -> dict[str, Edit]:
    """What an editor does, each time otherwise."""

    def turned(name: str, pattern: str, new: str | Callable[[re.Match[str]], str]) -> None:
        """Put another text in the place of the first that fits: what is edited is the file's own."""
        text = (folder / name).read_text(encoding="utf-8")
        edited = re.sub(pattern, new, text, count=1)
        if edited == text:
            raise SystemExit(f"the bench finds nothing to edit: in {name}, nothing is like {pattern!r}")
        (folder / name).write_text(edited, encoding="utf-8")

    def valued(value: object) -> None:
        turned("figures.yaml", r"(\nlaws:\n(?:  .*\n)*?  value: ).*", rf"\g<1>{value}")

    def coloured() -> None:
        (folder / "theme.css").write_text(f"h1 {{ color: #0f4c{next(_number) % 90 + 10} }}\n")

    return {
        "value": lambda: valued(next(_number)),
        # The first two words of the first text change places; the next time they change back.
        "sentence": lambda: turned("texts.yaml", r"(text: >-\n\s+)(\S+) (\S+)", r"\1\3 \2"),
        # The victims of the last year become one more, or one fewer.
        "cell": lambda: turned(
            "tables/enforcement.csv",
            r"(?m)^(\d{4},(?:\d*,){4}\d*)(\d)(?=,.*\n\Z)",
            lambda cell: f"{cell[1]}{int(cell[2]) ^ 1}",
        ),
        "style": coloured,
        "fault": lambda: valued("13x"),
        "cure": lambda: valued(next(_number)),
    }


def _edits(timed: _Timed, kinds: Mapping[str, Edit]) -> None:
    found: dict[str, list[Took]] = {name: [] for name in kinds}
    for name, edit in islice(cycle(kinds.items()), EDITS):
        say(f"  {name}")
        found[name].append(timed.after(edit))
    head(f"from a save of the world brief, {EDITS} edits")
    for name, took in found.items():
        told = {words: [one[kind] for one in took if kind in one] for kind, words in _TOLD.items()}
        line(name, *(f"{words} {middle_and_most(times)}" for words, times in told.items() if times))
    for kind, most in (("composed", HTML), ("picture", PAGE)):
        times = [one[kind] for name, took in found.items() if name != "fault" for one in took if kind in one]
        verdict(f"watch: {_TOLD[kind]}, 95 of 100 saves", most_of(times), most, "s")


def _memory(timed: _Timed, kinds: Mapping[str, Edit]) -> None:
    """The memory of the process that makes the pages, after a third of the saves and after all."""
    third = 0.0
    for done, (_, edit) in enumerate(islice(cycle(kinds.items()), SAVES), 1):
        timed.after(edit)
        if done == SAVES // 3:
            third = _megabytes()
    if third:  # there is /proc
        head(f"memory of the process that makes the pages, {SAVES} saves")
        line("after a third, and after all", f"{third:.0f} MB", f"{_megabytes():.0f} MB")
        verdict("memory after all saves, of that after a third", _megabytes() / third, GROWN)


def _megabytes() -> float:
    told = (Path(f"/proc/{child.pid}/status") for child in multiprocessing.active_children())
    found = (one.read_text().partition("VmRSS:")[2].split()[0] for one in told if one.exists())
    return sum(map(int, found)) * 1024 / 1e6
