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
    from tipbrief.typeset.fit import FitResult


@dataclass(frozen=True, slots=True)
class Rendering:
    """A verified PDF, the HTML from which it was typeset, its pages, and whether it was typeset just now.

    ``bare`` is the PDF before it got its dataset: it stays where only the dataset changes. ``notes`` are
    warnings of its pages.
    """

    pdf: bytes
    html: bytes
    page_count: int
    fresh: bool
    pdf_without_dataset: bytes
    notes: tuple[Problem, ...] = ()


def render_pdf(
    typesetter: Typesetter,
    to_fit: Mapping[str, Any],
    to_verify: Mapping[str, Any],
    step: Callable[[str], None] = lambda step: None,
) -> Rendering:
    """A document typeset, fitted, verified: from all that is needed for it, which can come from elsewhere."""
    from tipbrief.typeset.fit import fit_pages

    fit = serialise_pages(partial(fit_pages, typesetter, **to_fit))
    step("verify")
    made = audit_pages(fit.html, fit.typesetting.final_pdf, fit.typesetting.page_count, **to_verify)
    return replace(made, notes=fit.notes)


def serialise_pages(coming: Callable[[], FitResult]) -> FitResult:
    """Fitted pages when they come, written."""
    from tipbrief.typeset.fit import FitResult

    fit = coming()
    html, typeset, notes = fit.html, fit.typesetting, fit.notes
    del fit  # the layout and then the PDF's objects go when they have served: each takes megabytes
    return FitResult(html, replace(typeset, pdf_draft=typeset.final_pdf, text_runs=()), notes)


def audit_pages(
    html: str,
    bare: bytes,
    wanted: int | None,
    *,
    name: str,
    carried: Sequence[Attachment],
    date: Date,
    **expected: Any,
) -> Rendering:
    """Pages with what they carry; a problem where they do not say what the HTML says."""
    from tipbrief.pdf import pdf_draft
    from tipbrief.verify import audit

    pdf = pdf_draft.attach_files(bare, carried, date)
    report = audit.require_no_errors(pdf, html, audit.Expectation(wanted, **expected), name=name)
    return Rendering(pdf, html.encode(), report.pages, True, bare)
