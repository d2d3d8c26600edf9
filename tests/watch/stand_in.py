"""A stand-in for the engine of a watch: pages, places and problems as a test sets them."""

import threading
from pathlib import Path
from typing import Any

from tipbrief.watch.preview_worker import View

PLACE = {
    "page": 1, "x": 20, "y": 30, "width": 40, "height": 8, "file": "figures.yaml", "line": 12, "column": 10,
    "name": "laws", "value": "138", "sources": ["voa-dari"], "kind": "figure", "same": 1, "print": 1,
}  # fmt: skip


class StandIn:
    """What the server asks of a watched publication."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.looked_at = folder, list[tuple[View, int]]()
        self.choices = dict[tuple[str, int], tuple[View, int]]()
        self.pictures, self.areas = dict[str, bytes](), dict[str, list[dict[str, Any]]]()
        self.now: dict[str, Any] = {
            "revision": 1, "status": "current", "note": "", "pages": [], "places": "", "changed": [],
            "problems": [],
        }  # fmt: skip
        self._moved = threading.Condition()
        names = {"world": "جهان", "country-AFG": "افغانستان"}
        self.contents: dict[str, Any] = {
            "documents": [{"name": one, "titles": {"fa-AF": names[one]}, "brief": one} for one in names],
            "languages": [{"tag": "fa-AF", "name": "دری", "direction": "rtl"}],
            "papers": ["a4", "letter"], "profiles": ["office"],
        }  # fmt: skip

    def set(self, **changes: Any) -> None:
        """Come to another state."""
        with self._moved:
            self.now = {**self.now, **changes, "revision": self.now["revision"] + 1}
            self._moved.notify_all()

    def look_at(self, view: View, page: int, tab: str, choice: int) -> None:
        self.looked_at.append((view, page))
        self.choices[tab, choice] = view, page

    def describe_view(self, view: View) -> dict[str, Any]:
        usual = {"document": "world", "language": "fa-AF", "paper": "a4", "profile": "office"}
        return {**self.now, "view": {name: getattr(view, name) or usual[name] for name in usual}}

    def wait_for_revision(self, seen: int, timeout: float) -> bool:
        with self._moved:
            return self._moved.wait_for(lambda: self.now["revision"] > seen, timeout)

    def find_file(self, place_file: str) -> Path | None:
        return self.folder / place_file if place_file == "figures.yaml" else None
