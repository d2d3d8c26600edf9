"""Made: what a document is once its pages are typeset and verified, and how; here, or in the press.

The press loads this before it is asked, and so nothing else of a build.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from tipbrief.problems import Problem

if TYPE_CHECKING:
    from tipbrief.language.dates import Date
    from tipbrief.pdf.attachments import Attachment
    from tipbrief.typeset.engine import Typesetter
    from tipbrief.typeset.fit import Fitted


@dataclass(frozen=True, slots=True)
class Made:
    """A verified PDF, the HTML from which it was typeset, its pages, and whether it was typeset just now.

    ``bare`` is the PDF before it got its dataset: it stays where only the dataset changes. ``notes`` are
    warnings of its pages.
    """

    pdf: bytes
    html: bytes
    pages: int
    fresh: bool
    bare: bytes
    notes: tuple[Problem, ...] = ()


def made_of(
    typesetter: Typesetter,
    to_fit: Mapping[str, Any],
    to_verify: Mapping[str, Any],
    step: Callable[[str], None] = lambda step: None,
) -> Made:
    """A document typeset, fitted, verified: from all that is needed for it, which can come from elsewhere."""
    from tipbrief.typeset.fit import fitted

    fit = finished(partial(fitted, typesetter, **to_fit))
    step("verify")
    made = audited(fit.html, fit.typeset.finished, fit.typeset.pages, **to_verify)
    return replace(made, notes=fit.notes)


def finished(coming: Callable[[], Fitted]) -> Fitted:
    """Fitted pages when they come, written."""
    from tipbrief.typeset.fit import Fitted

    fit = coming()
    html, typeset, notes = fit.html, fit.typeset, fit.notes
    del fit  # the layout and then the PDF's objects go when they have served: each takes megabytes
    return Fitted(html, replace(typeset, unwritten=typeset.finished, leaves=()), notes)


def audited(
    html: str,
    bare: bytes,
    wanted: int | None,
    *,
    name: str,
    carried: Sequence[Attachment],
    date: Date,
    **expected: Any,
) -> Made:
    """Pages with what they carry; a problem where they do not say what the HTML says."""
    from tipbrief.pdf import archive
    from tipbrief.verify import audit

    pdf = archive.carrying(bare, carried, date)
    report = audit.require(pdf, html, audit.Expected(wanted, **expected), name=name)
    return Made(pdf, html.encode(), report.pages, True, bare)
