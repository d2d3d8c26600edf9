"""A document is fitted again with fewer layouts, and to the same bytes, as one that was never built."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support import TIP_2025
from tipbrief.build.cache import Cache
from tipbrief.build.document import composed
from tipbrief.build.fitting import fitted_again
from tipbrief.build.session import Session
from tipbrief.typeset.engine import Layout, Typesetter


@pytest.fixture
def laid_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was laid out."""
    found: list[str] = []
    plain = Typesetter.lay_out

    def lay_out(self: Typesetter, html: str) -> Layout:
        found.append(html)
        return plain(self, html)

    monkeypatch.setattr(Typesetter, "lay_out", lay_out)
    return found


def test_the_next_build_begins_where_the_last_one_ended(tmp_path: Path, laid_out: list[str]) -> None:
    session = Session.open(TIP_2025)
    edition = session.ledger.last("country-AFG")
    assert edition
    last = replace(session, cache=Cache(tmp_path / "cache"))
    never = replace(session, cache=Cache(tmp_path / "empty"))
    html = composed(session, edition)

    def fitted(one: Session, html: str) -> Any:
        laid_out.clear()
        return fitted_again(one, "country-AFG", html, 1)

    first = fitted(last, html)
    assert first.steps
    assert len(laid_out) > 3
    corrected = html.replace("۱۹", "۹۱")
    again = fitted(last, corrected)
    assert len(laid_out) <= 3
    plain = fitted(never, corrected)
    assert (again.html, again.typeset.pdf) == (plain.html, plain.typeset.pdf)
    # On another paper it ends elsewhere: that is another search.
    kept = {file.name for file in (tmp_path / "cache").iterdir()}
    other = replace(last, paper="letter")
    fitted(other, composed(other, edition))
    assert len(kept) == 1
    assert kept < {file.name for file in (tmp_path / "cache").iterdir()}
