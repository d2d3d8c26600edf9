"""Rendering: HTML becomes a verified PDF. The early worker loads this module, and nothing else of a build."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from tipbrief.fonts.font_library import FontFace, truetype_files
from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.language.dates import Date
    from tipbrief.pdf.attachments import Attachment
    from tipbrief.typeset.engine import Typesetter


@dataclass(frozen=True, slots=True)
class Rendering:
    """A verified PDF, its HTML and page count, whether it was typeset just now, and warnings about its pages."""

    pdf: bytes
    html: bytes
    page_count: int
    fresh: bool
    pdf_without_dataset: bytes  # before files were attached: the same if only the dataset changes
    notes: tuple[Problem, ...] = ()


class FaultyPages(Problems):
    """The problems with finished pages, and the PDF of these without what it carries."""

    def __init__(self, found: list[Problem], pdf: bytes) -> None:
        super().__init__(found)
        self.pdf = pdf

    def __reduce__(self) -> tuple[Any, Any]:
        return type(self), (self.problems, self.pdf)


def create_typesetter(fonts: tuple[FontFace, ...]) -> Typesetter:
    """WeasyPrint with these fonts."""
    from tipbrief.typeset.engine import Typesetter

    return Typesetter(fonts[0].ttf.parent, truetype_files(fonts))


def render_pdf(
    typesetter: Typesetter,
    to_fit: Mapping[str, Any],
    to_verify: Mapping[str, Any],
    step: Callable[[str], None] = lambda step: None,
) -> Rendering:
    """Typeset, fit and verify a document, from values that can come from another process."""
    from tipbrief.typeset.fit import fit_pages

    fit = fit_pages(typesetter, **to_fit)
    html, typeset, notes = fit.html, fit.typesetting, fit.notes
    del fit  # the layout, and then the PDF's objects, are freed when they have served: each takes megabytes
    pdf, page_count = typeset.final_pdf, typeset.page_count
    del typeset
    step("verify")
    return replace(audit_pages(html, pdf, page_count, **to_verify), notes=notes)


def typeset_alone(typesetter: Typesetter, to_fit: Mapping[str, Any]) -> None:
    """Typeset a page that nobody needs: the next one of its kind takes half the time."""
    from tipbrief.typeset.fit import fit_pages

    fit_pages(typesetter, **to_fit)


def audit_pages(
    html: str,
    pdf_without_dataset: bytes,
    page_count: int | None,
    *,
    name: str,
    carried: Sequence[Attachment],
    date: Date,
    **expected: Any,
) -> Rendering:
    """Attach files to the pages and verify them; a problem if they do not say what the HTML says."""
    from tipbrief.pdf import pdf_draft
    from tipbrief.verify import audit

    pdf = pdf_draft.attach_files(pdf_without_dataset, carried, date)
    try:
        report = audit.require_no_errors(pdf, html, audit.Expectation(page_count, **expected), name=name)
    except Problems as raised:
        raise FaultyPages(raised.problems, pdf_without_dataset) from None
    return Rendering(pdf, html.encode(), report.pages, True, pdf_without_dataset)
