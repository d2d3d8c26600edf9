"""What the tests of the watch need: a small publication, and a wait for a state."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.build.rows import SHEET
from tests.support import HEAD, SOURCES, wells
from tipbrief.watch.view import View
from tipbrief.watch.watched import Watched

# A page for each of two figures.
ONE = HEAD.replace("pages: 1", "pages: auto") + (
    "  - figures: [wells]\n  - page\n  - figures: [newest]\n" + SOURCES
)
_LONGEST = 120.0  # seconds; nothing takes so long, but many may be at work


def small(to: Path) -> Path:
    """A publication with the brief ``one`` of two pages, and ``each`` for each row of a table."""
    return wells(to, one=ONE, each=SHEET)


@dataclass
class Watching:
    """A watched publication, and one who looks at it."""

    watched: Watched
    view: ClassVar[View] = View("one")

    def until(
        self,
        status: str,
        fits: Callable[[dict[str, Any]], object] = lambda state: True,
        view: View | None = None,
    ) -> dict[str, Any]:
        """The first state that has this status, and fits."""
        seen, end = -1, time.monotonic() + _LONGEST
        while time.monotonic() < end:
            seen = self.watched.wait(seen, 1)
            state = self.watched.state(view or self.view)
            if state["status"] == status and fits(state):
                return state
        raise AssertionError(f"never '{status}': {state}")

    def pictures(self, state: dict[str, Any]) -> list[bytes]:
        """The pages of a state as PNG."""
        found = [self.watched.image(page["image"]) for page in state["pages"]]
        assert all(found)
        return [one for one in found if one]


def messages(state: dict[str, Any], severity: str = "error") -> list[str]:
    """What is said to be wrong."""
    return [one["message"] for one in state["problems"] if one["severity"] == severity]


def is_sound(state: dict[str, Any]) -> bool:
    """Whether nothing is wrong anywhere; that is told after the pages, as it takes longer to know."""
    return not messages(state)
