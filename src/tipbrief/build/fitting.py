"""Fitting: a document's pages are fitted beginning where its last build on the same paper ended."""

import json
from typing import Any

from tipbrief.build import cache
from tipbrief.build.session import Session
from tipbrief.typeset.fit import Fitted, fitted
from tipbrief.typeset.steps import Steps


def fitted_again(session: Session, name: str, html: str, pages: int | None, **how: Any) -> Fitted:
    """A document fitted to its pages; the steps at which this ends are kept for the next time."""
    paper, profile = session.form
    brief = session.documents[name].brief
    slot = cache.key("steps", str(session.publication.imprint.id), name, paper.name, profile.name)
    begin: Steps = session.cache.read(slot, _steps) or ()
    fit = session.typeset(fitted, html, pages, brief.place, begin=begin, **how)
    if fit.steps not in ((), begin):
        session.cache.put(slot, {"steps": json.dumps(fit.steps).encode()})
    return fit


def _steps(found: dict[str, bytes]) -> Steps:
    return tuple(map(int, json.loads(found["steps"])))
