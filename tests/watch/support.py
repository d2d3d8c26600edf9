"""What the tests of the watch need: a small publication, and a wait for a state."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from tests.pipeline.rows import SHEET
from tests.support import HEAD, SOURCES, until, wells
from tipbrief.watch.preview import Preview
from tipbrief.watch.preview_worker import View

# A page for each of two figures.
ONE = HEAD.replace("pages: 1", "pages: auto") + ("  - figures: [wells]\n  - page\n  - figures: [newest]\n" + SOURCES)


def small(to: Path) -> Path:
    """A publication with the brief ``one`` of two pages, and ``each`` for each row of a table."""
    return wells(to, one=ONE, each=SHEET)


@dataclass
class Watching:
    """A watched publication, and one who looks at it."""

    watched: Preview
    view: ClassVar[View] = View("one")

    def __post_init__(self) -> None:
        # Each state as it came: one that lasts a moment would else be over before anybody looks.
        self._states, self._at, tell = list[dict[View, dict[str, Any]]](), 0, self.watched._notify

        def noted() -> None:
            tell()
            self._states.append({view: self.watched.describe_view(view) for view in [*self.watched._view_states]})

        self.watched._notify = noted  # type: ignore[method-assign]

    def until(
        self, status: str, fits: Callable[[dict[str, Any]], object] = lambda state: True, view: View | None = None
    ) -> dict[str, Any]:
        """The first state that has this status, and fits: that which was found last, or one after it."""

        def came() -> dict[str, Any] | None:
            for at in range(self._at, len(self._states)):
                state = self._states[at].get(view or self.view)
                if state and state["status"] == status and fits(state):
                    self._at = at
                    return state
            return None

        found = until(came, lambda: f"'{status}': {self._states[-1:]}")
        assert found
        return found

    def pictures(self, state: dict[str, Any]) -> list[bytes]:
        """The pages of a state as PNG."""
        found = [self.watched.pictures.get(page["image"]) for page in state["pages"]]
        assert all(found)
        return [one for one in found if one]


@contextmanager
def watching_of(folder: Path) -> Iterator[Watching]:
    """A publication that is watched, and no longer in the end."""
    found = Watching(Preview(folder, Watching.view))
    found.watched.start()
    try:
        yield found
    finally:
        found.watched.close()


def messages(state: dict[str, Any], severity: str = "error") -> list[str]:
    """What is said to be wrong."""
    return [one["message"] for one in state["problems"] if one["severity"] == severity]


def is_sound(state: dict[str, Any]) -> bool:
    """Whether nothing is wrong anywhere; that is told after the pages, as it takes longer to know."""
    return not messages(state)
