"""Preview: what is known of each view of a watched publication, from each save of its files to the next."""

import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from itertools import chain, repeat
from operator import itemgetter
from pathlib import Path
from typing import Any

from watchfiles import watch

from tipbrief.assets import find_shipped_folder
from tipbrief.files import hash_of, resolve_within
from tipbrief.ledger.entry_file import ENTRY_FILE_NAME
from tipbrief.ledger.ledger_folder import LEDGER_FOLDER
from tipbrief.load.publication_files import is_publication_file
from tipbrief.problems import Problem, Problems
from tipbrief.watch.preview_worker import PreviewOrder, View, ViewRequest, WorkerAnswer, WorkerSupervisor

# Also polled: no event tells of another computer's save on a network drive, nor that the folder itself is gone.
_POLL_MS = 500
# A save is reported when nothing followed for ``step`` ms, or at the latest after ``debounce`` ms.
_WATCH_OPTIONS: dict[str, Any] = {
    "watch_filter": None, "step": 10, "debounce": 400, "rust_timeout": _POLL_MS, "yield_on_timeout": True,
    "raise_interrupt": False, "ignore_permission_denied": True,
}  # fmt: skip
# By path: inode, time and size, of which a save changes one.
_FileStates = dict[str, tuple[int, int, int]]
# Views that are kept; seconds for which an unrequested view is still updated; bytes of pictures that no view shows.
MAX_VIEWS, RECENT_SECONDS, MAX_OLD_PICTURE_BYTES = 8, 60.0, 40_000_000
FAULTY_STATUSES = ("faults", "wrong")  # of the files; of the pages
_area_identity = itemgetter("kind", "file", "name", "value")
# Problems as JSON has them, with the lines that were wrong then.
_ProblemRows = dict[Problem, dict[str, Any]]


@dataclass
class _ViewState:
    view: View
    page: int = 1  # that is looked at
    last_request_time: float = 0.0  # when somebody last asked for it
    save_count: int = -1  # for which it is done
    status: str = "making"
    note: str = ""
    pages: list[dict[str, Any]] = field(default_factory=list)
    is_complete: bool = False  # all pages are of one rendering
    has_faulty_pages: bool = False  # their PDF failed its verification
    areas: Sequence[dict[str, Any]] = ()
    areas_digest: str = ""
    new_areas: list[int] = field(default_factory=list)
    faults: _ProblemRows = field(default_factory=dict)
    notes: _ProblemRows = field(default_factory=dict)


class Preview:
    """A watched publication: its pages as of the last good save, and the problems it has now."""

    def __init__(self, folder: Path, first: View, translate: Callable[[str], str] = str) -> None:
        self._folder, self._templates, self._translate = folder, find_shipped_folder("templates"), translate
        self._condition, self._stop = threading.Condition(), threading.Event()
        self._revision = self._order_number = self._save_count = 0
        self._newest_choice = "", 0
        self._view_states: dict[View, _ViewState] = {first: _ViewState(first)}  # the one that is looked at is last
        self._problems: _ProblemRows = {}
        # What can be looked at; empty lists until the publication could be read.
        self.contents: dict[str, Any] = {"documents": [], "languages": [], "papers": [], "profiles": []}
        # By their digests: the pictures of pages, and where values stand on the pages of a view.
        self.pictures: dict[str, bytes] = {}
        self.areas: dict[str, list[dict[str, Any]]] = {}
        self._supervisor = WorkerSupervisor(folder, self._receive_answer)
        self._watch_thread = threading.Thread(target=self._watch_files, daemon=True)

    def start(self) -> None:
        """Start the worker and watch the files."""
        self._supervisor.start()
        self._watch_thread.start()

    def close(self) -> None:
        """End both."""
        self._stop.set()
        self._supervisor.close()
        if self._watch_thread.ident:
            self._watch_thread.join()

    def look_at(self, view: View, page: int = 1, tab: str = "", choice: int = 0) -> None:
        """Render this view first: somebody looks at it now. ``choice`` counts the requests of a browser's tab."""
        with self._condition:
            if tab == self._newest_choice[0] and choice < self._newest_choice[1]:
                return  # two requests were sent quickly, and the newer one arrived first
            self._newest_choice = tab, choice
            under_way = next(reversed(self._view_states)) == view
            sheet = self._view_states[view] = self._view_states.pop(view, _ViewState(view))
            for old in [*self._view_states][:-MAX_VIEWS]:
                del self._view_states[old]
            same, sheet.page, sheet.last_request_time = sheet.page == page, page, time.monotonic()
            if sheet.save_count != self._save_count and not (same and under_way):
                self._give_order()

    def describe_view(self, view: View) -> dict[str, Any]:
        """The state of a view, as JSON has it."""
        with self._condition:
            sheet = self._view_states.get(view) or _ViewState(view)
            sheet.last_request_time = time.monotonic()
            state = {"revision": self._revision, "view": asdict(sheet.view), "status": sheet.status, "note": sheet.note}
            state |= {"pages": [*sheet.pages], "places": sheet.areas_digest, "changed": [*sheet.new_areas]}
            return state | {"problems": [*(sheet.faults | sheet.notes | self._problems).values()]}

    def wait_for_revision(self, seen: int, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds for a revision newer than ``seen``; whether there is one."""
        with self._condition:
            return self._condition.wait_for(lambda: self._revision > seen, timeout)

    def find_file(self, place_file: str) -> Path | None:
        """The path of a file, if it is one of the publication."""
        with suppress(Problems, ValueError):
            file = resolve_within(self._folder, self._folder / place_file)
            room, _, entry = place_file.partition("/")
            is_ledger_entry = room == LEDGER_FOLDER and ENTRY_FILE_NAME.fullmatch(entry)
            if (is_ledger_entry or is_publication_file(place_file)) and file.is_file():
                return file
        return None

    def _watch_files(self) -> None:
        for _ in watch_saves(self._folder, self._templates, self._stop):
            with self._condition:
                self._save_count += 1
                self._give_order()

    def _give_order(self) -> None:  # the view that is looked at, then others that were requested lately
        since = time.monotonic() - RECENT_SECONDS
        newest, *others = reversed(self._view_states.items())
        wanted = [newest, *(item for item in others if item[1].last_request_time > since)]
        stale = [(view, sheet) for view, sheet in wanted if sheet.save_count != self._save_count]
        for _, sheet in stale:
            sheet.status = "making"
        self._order_number += 1
        asked = tuple(ViewRequest(view, sheet.page, sheet.is_complete) for view, sheet in stale)
        self._supervisor.submit_order(PreviewOrder(self._order_number, self._save_count, asked))
        self._notify()

    def _notify(self) -> None:
        self._revision += 1
        self._condition.notify_all()

    def _receive_answer(self, number: int, view: View, answer: WorkerAnswer) -> None:
        """Take an answer of the worker. One to an older order is still newer than what was there."""
        with self._condition:
            if answer.kind == "publication":
                self._problems = self._describe_problems(answer.problems)
                self.contents = answer.contents or self.contents
            elif sheet := self._view_states.get(view):
                self._apply_answer(sheet, answer, is_newest=number == self._order_number)
            self._notify()

    def _apply_answer(self, sheet: _ViewState, answer: WorkerAnswer, *, is_newest: bool) -> None:
        if answer.kind == "composed":
            sheet.view = answer.view
        elif answer.kind == "picture":
            sheet.is_complete = False
            self._replace_page(sheet, answer)
        elif answer.kind == "complete":
            self._update_areas(sheet, answer.areas)
            sheet.is_complete, sheet.has_faulty_pages = True, False
            sheet.notes = self._describe_problems(answer.problems)
        if not is_newest:
            return
        if answer.kind in ("composed", "complete"):
            sheet.status, sheet.note, sheet.faults = "making" if answer.kind == "composed" else "current", "", {}
        elif answer.kind == "faults":
            sheet.faults = self._describe_problems(answer.problems)
            lost = [one for one in answer.problems if answer.is_restarting or one.kind == "missing-folder"]
            if lost:
                sheet.status, sheet.note = "lost", self._translate(lost[0].message)
            else:  # a fault that comes after all pages is theirs
                sheet.has_faulty_pages |= sheet.status == "current"
                sheet.status, sheet.note = FAULTY_STATUSES[sheet.has_faulty_pages], ""
        if answer.kind == "verified" or sheet.status in FAULTY_STATUSES:
            sheet.save_count = self._save_count

    def _replace_page(self, sheet: _ViewState, answer: WorkerAnswer) -> None:
        digest = hash_of(answer.png)
        self.pictures[digest] = self.pictures.pop(digest, answer.png)
        pages = [{"image": "", "of": 0, "width": width, "height": height} for width, height in answer.page_sizes]
        pages[answer.page - 1] |= {"image": digest, "of": self._revision + 1}
        old_pages = chain(sheet.pages, repeat({"image": ""}))  # the others keep their pictures, with the size of these
        sheet.pages = [
            old if old["image"] and not new["image"] else new for new, old in zip(pages, old_pages, strict=False)
        ]
        shown = {page["image"] for sheet in self._view_states.values() for page in sheet.pages}
        others = [digest for digest in self.pictures if digest not in shown]
        while sum(len(self.pictures[digest]) for digest in others) > MAX_OLD_PICTURE_BYTES:
            del self.pictures[others.pop(0)]

    def _update_areas(self, sheet: _ViewState, places: Sequence[dict[str, Any]]) -> None:
        before = Counter(map(_area_identity, sheet.areas))
        sheet.new_areas = []
        for index, identity in enumerate(map(_area_identity, places if sheet.areas else ())):
            before[identity] -= 1
            if before[identity] < 0:
                sheet.new_areas.append(index)
        sheet.areas = [*places]
        sheet.areas_digest = hash_of(json.dumps(sheet.areas).encode()) if places else ""
        shown = {one.areas_digest: [*one.areas] for one in self._view_states.values() if one.areas_digest}
        self.areas = {**dict([*self.areas.items()][-MAX_VIEWS:]), **shown}

    def _describe_problems(self, problems: Iterable[Problem]) -> _ProblemRows:
        """Problems as JSON has them, in the reader's language, each with whether its file can be opened."""
        plain = {one: one.as_dict(self._folder) for one in problems}
        for values in plain.values():
            values |= {name: self._translate(str(values[name])) for name in ("message", "hint")}
        return {
            one: {**values, "source": values.pop("source_line"), "opens": bool(self.find_file(str(values["file"])))}
            for one, values in plain.items()
        }


def watch_saves(folder: Path, templates: Path, stop: threading.Event) -> Iterator[None]:
    """Yield at the beginning and at each save; also when the folder goes away, or comes back."""
    before = None
    while not stop.is_set():
        home = _folder_identity(folder)
        # OSError: a folder is missing. RuntimeError: the system watches no more folders.
        with suppress(OSError, RuntimeError):
            for _ in chain([()], watch(folder, templates, stop_event=stop, **_WATCH_OPTIONS)):
                if (now := (_folder_identity(folder), _read_file_states(folder, templates))) != before:
                    before = now
                    yield
                if now[0] != home:  # another folder is in its place
                    break
        stop.wait(_POLL_MS / 1000)


def _folder_identity(folder: Path) -> tuple[int, int] | None:
    with suppress(OSError):
        state = folder.stat()
        return state.st_dev, state.st_ino
    return None


def _read_file_states(folder: Path, templates: Path) -> _FileStates:
    """All files that are read, as they are now. Of the ledger the folder is enough: its files are only added."""
    found: _FileStates = {}
    for root, prefix in ((folder, ""), (templates, "templates/")):
        waiting = [root]
        while waiting:
            with suppress(OSError), os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    name = prefix + Path(entry.path).relative_to(root).as_posix()
                    is_read = is_publication_file(name)
                    if is_read and entry.is_dir(follow_symlinks=False):
                        waiting.append(Path(entry.path))
                    elif is_read or name.partition(".")[0] == LEDGER_FOLDER:
                        with suppress(OSError):  # it is gone again
                            state = entry.stat()
                            found[entry.path] = state.st_ino, state.st_mtime_ns, state.st_size
    return found
