"""Watched: what is known of each view at each moment, for those who show it."""

import hashlib
import json
import threading
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from tipbrief.assets import shipped
from tipbrief.files import within
from tipbrief.ledger.entry_file import NAME
from tipbrief.ledger.store import FOLDER
from tipbrief.pdf.dataset import has_place
from tipbrief.problems import Problem, Problems
from tipbrief.watch.changes import saves
from tipbrief.watch.maker import Maker
from tipbrief.watch.view import (
    Answer,
    Composed,
    Ended,
    Examined,
    Faulty,
    Finished,
    Order,
    Page,
    Sound,
    View,
    Wanted,
)

# Views that are known, seconds for which one that nobody asks for is made anew, and bytes of pictures that
# are kept beside those of known views: whoever was told of them may not have them yet.
MOST_VIEWS, LOOKED_AT, MOST_BYTES = 8, 60.0, 40_000_000
FAULTY = ("faults", "wrong")  # in the files, so that no pages came of them; in the pages themselves
_NOTHING = ("documents", "languages", "papers", "profiles")


# Problems as JSON has them, with the lines that were wrong then.
_Told = dict[Problem, dict[str, Any]]


@dataclass
class _Sheet:
    """What is known of one view."""

    view: View
    page: int = 1  # that is looked at
    asked: float = 0.0  # when somebody last asked for it
    made: int = -1  # after so many saves
    status: str = "making"
    note: str = ""
    pages: list[dict[str, Any]] = field(default_factory=list)
    finished: bool = False  # all pages are of one making
    wrong: bool = False  # and something was found wrong in them when they were read back
    places: Sequence[dict[str, Any]] = ()
    named: str = ""  # the digest of its places
    changed: list[int] = field(default_factory=list)
    faults: _Told = field(default_factory=dict)
    notes: _Told = field(default_factory=dict)


class Watched:
    """A publication that is watched: its pages as they were at the last good save, and what is wrong now."""

    def __init__(self, folder: Path, first: View) -> None:
        self._folder, self._templates = folder, shipped("templates")
        self._changed = threading.Condition()
        self._stop = threading.Event()
        self._revision = self._number = self._saved = 0
        self._sheets: dict[View, _Sheet] = {first: _Sheet(first)}  # the one that is looked at stands last
        self._problems: _Told = {}
        self._contents: dict[str, Any] = {name: [] for name in _NOTHING}
        self._pictures: dict[str, bytes] = {}
        self._places: dict[str, list[dict[str, Any]]] = {}
        self._maker = Maker(folder, self._hear)
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def start(self) -> None:
        """Begin to watch, and to make."""
        self._maker.start()
        self._watching.start()

    def close(self) -> None:
        """End what was begun."""
        self._stop.set()
        self._maker.close()
        if self._watching.ident:
            self._watching.join()

    # What is asked

    def contents(self) -> dict[str, Any]:
        """What can be looked at; empty lists until the publication could be read."""
        with self._changed:
            return self._contents

    def look_at(self, view: View, page: int = 1) -> None:
        """Make this before all else: somebody looks at it now."""
        with self._changed:
            under_way = next(reversed(self._sheets)) == view
            sheet = self._sheets.pop(view, None) or _Sheet(view)
            self._sheets[view] = sheet
            for old in [*self._sheets][:-MOST_VIEWS]:
                del self._sheets[old]
            same, sheet.page, sheet.asked = sheet.page == page, page, time.monotonic()
            if sheet.made != self._saved and not (same and under_way):
                self._give_order()

    def state(self, view: View) -> dict[str, Any]:
        """What is known of a view, as JSON has it."""
        with self._changed:
            sheet = self._sheets.get(view) or _Sheet(view)
            sheet.asked = time.monotonic()
            return {
                "revision": self._revision,
                "view": asdict(sheet.view),
                "status": sheet.status,
                "note": sheet.note,
                "pages": [*sheet.pages],
                "places": sheet.named,
                "changed": [*sheet.changed],
                "problems": [*(sheet.faults | sheet.notes | self._problems).values()],
            }

    def wait(self, seen: int, timeout: float) -> int:
        """The revision, as soon as it is another than the one that was ``seen``."""
        with self._changed:
            self._changed.wait_for(lambda: self._revision > seen, timeout)
            return self._revision

    def image(self, digest: str) -> bytes | None:
        """A page's picture."""
        with self._changed:
            return self._pictures.get(digest)

    def places(self, digest: str) -> list[dict[str, Any]] | None:
        """Where values stand."""
        with self._changed:
            return self._places.get(digest)

    def file_of(self, place_file: str) -> Path | None:
        """Where a file of the publication is, if it is one."""
        with suppress(Problems, ValueError):
            file = within(self._folder, self._folder / place_file)
            if (has_place(place_file) or _is_entry(place_file)) and file.is_file():
                return file
        return None

    # What happens

    def _watch(self) -> None:
        for _ in saves(self._folder, self._templates, self._stop):
            with self._changed:
                self._saved += 1
                self._give_order()

    def _give_order(self) -> None:
        """Have made what is looked at, and then what else somebody asked for lately."""
        since = time.monotonic() - LOOKED_AT
        newest, *others = reversed(self._sheets.items())
        wanted = [newest, *(item for item in others if item[1].asked > since)]
        stale = [(view, sheet) for view, sheet in wanted if sheet.made != self._saved]
        for _, sheet in stale:
            sheet.status = "making"
        self._number += 1
        asked = tuple(Wanted(view, sheet.page, sheet.finished) for view, sheet in stale)
        self._maker.order(Order(self._number, self._saved, asked))
        self._tell()

    def _tell(self) -> None:
        self._revision += 1
        self._changed.notify_all()

    def _hear(self, number: int, view: View, answer: Answer) -> None:
        """What the maker says; of an older order, too, as it is still newer than what was there."""
        with self._changed:
            if isinstance(answer, Examined):
                self._problems = self._told(answer.problems)
                self._contents = answer.contents or self._contents
            elif sheet := self._sheets.get(view):
                self._note(sheet, answer)
                if number == self._number:
                    self._conclude(sheet, answer)
            self._tell()

    def _note(self, sheet: _Sheet, answer: Answer) -> None:
        """What an answer says of a sheet."""
        if isinstance(answer, Composed):
            sheet.view = answer.view
        elif isinstance(answer, Page):
            sheet.finished = False
            self._put(sheet, answer)
        elif isinstance(answer, Finished):
            self._place(sheet, answer.places)
            sheet.finished, sheet.wrong, sheet.notes = True, False, self._told(answer.problems)

    def _conclude(self, sheet: _Sheet, answer: Answer) -> None:
        """How it stands with a sheet after an answer to the newest order."""
        if isinstance(answer, Composed | Finished):
            done = isinstance(answer, Finished)
            sheet.status, sheet.note, sheet.faults = "current" if done else "making", "", {}
        elif isinstance(answer, Faulty):
            lost = next((one for one in answer.problems if one.kind == "missing-folder"), None)
            sheet.status, sheet.note = ("lost", lost.message) if lost else (_faulty(sheet), "")
            sheet.faults = self._told(answer.problems)
        elif isinstance(answer, Ended):
            lasts = not answer.again
            sheet.status, sheet.note = (_faulty(sheet), "") if lasts else ("lost", answer.problem.message)
            sheet.faults = self._told([answer.problem])
        if isinstance(answer, Sound) or sheet.status in FAULTY:
            sheet.made = self._saved

    def _put(self, sheet: _Sheet, page: Page) -> None:
        """A new page in the place of the old one."""
        digest = hashlib.sha256(page.png).hexdigest()
        self._pictures[digest] = self._pictures.pop(digest, page.png)
        no_page = {"image": "", "of": 0}
        pages = [*sheet.pages, *({**no_page} for _ in page.sizes)][: len(page.sizes)]
        pages = [
            one if one["image"] else {**one, "width": width, "height": height}
            for one, (width, height) in zip(pages, page.sizes, strict=True)
        ]
        width, height = page.sizes[page.number - 1]
        pages[page.number - 1] = {
            "image": digest, "width": width, "height": height, "of": self._revision + 1,
        }  # fmt: skip
        sheet.pages = pages
        self._forget()

    def _forget(self) -> None:
        """Drop the oldest pictures that no known view shows, where they are too many."""
        shown = {page["image"] for sheet in self._sheets.values() for page in sheet.pages}
        others = [digest for digest in self._pictures if digest not in shown]
        size = sum(len(self._pictures[digest]) for digest in others)
        for digest in others:
            if size <= MOST_BYTES:
                break
            size -= len(self._pictures.pop(digest))

    def _place(self, sheet: _Sheet, places: Sequence[dict[str, Any]]) -> None:
        """Where values stand now, and which of them are not what they were."""
        before = Counter(map(_said, sheet.places))
        sheet.changed = []
        for index, place in enumerate(places if sheet.places else ()):
            if before[_said(place)] > 0:
                before[_said(place)] -= 1
            else:
                sheet.changed.append(index)
        sheet.places = [*places]
        sheet.named = hashlib.sha256(json.dumps(sheet.places).encode()).hexdigest() if places else ""
        shown = {one.named: [*one.places] for one in self._sheets.values() if one.named}
        self._places = {**dict([*self._places.items()][-MOST_VIEWS:]), **shown}

    def _told(self, problems: Iterable[Problem]) -> _Told:
        """Problems as JSON has them, their files as the publication calls them, and whether these open."""
        plain = {one: one.as_dict(self._folder) for one in problems}
        return {
            one: {**told, "source": told.pop("source_line"), "opens": bool(self.file_of(str(told["file"])))}
            for one, told in plain.items()
        }


def _is_entry(name: str) -> bool:
    room, _, entry = name.partition("/")
    return room == FOLDER and bool(NAME.fullmatch(entry))


def _faulty(sheet: _Sheet) -> str:
    """How it stands where something is wrong: a fault that comes after all pages is one of theirs."""
    sheet.wrong |= sheet.status == "current"
    return "wrong" if sheet.wrong else "faults"


def _said(place: Mapping[str, Any]) -> tuple[Any, ...]:
    return place["kind"], place["file"], place["name"], place["value"]
