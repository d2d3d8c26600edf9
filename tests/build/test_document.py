"""One document: what is held while it is made."""

from pathlib import Path
from weakref import WeakSet

import pytest

from tests.support import figures_brief, wells
from tipbrief.build import document
from tipbrief.build.session import Session
from tipbrief.typeset import engine

pytestmark = pytest.mark.usefixtures("empty_cache")


def test_its_layout_is_gone_when_it_is_verified(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held, found = WeakSet[engine.Layout](), dict[str, int]()
    begin = engine.Layout.__init__

    def noted(self: engine.Layout, *given: object) -> None:
        begin(self, *given)  # type: ignore[arg-type]
        held.add(self)
        found["typeset"] = len(held)

    monkeypatch.setattr(engine.Layout, "__init__", noted)
    session = Session.open(wells(tmp_path / "wells", one=figures_brief("countries, newest")))
    edition = document.piece_of(session, "one").edition
    document.make(session, edition, lambda step: found.setdefault(step, len(held)) and None)
    assert found == {"typeset": 1, "verify": 0}
