"""Styles and alterations for the tests of what is printed: a composed page, and a finished PDF, with one change."""

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pikepdf
from pikepdf import ContentStreamInstruction, Operator

from tests.support import fit_document
from tipbrief.ledger.editions import Edition
from tipbrief.pdf import pdf_draft
from tipbrief.pipeline import document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problems
from tipbrief.verify.audit import Expectation, audit_pdf

Instructions = list[Any]


@dataclass
class ComposedPage:
    """A shipped document as fitted HTML, to be laid out again and again with other styles."""

    session: Session
    edition: Edition
    html: str

    @classmethod
    def of(cls, session: Session, name: str) -> "ComposedPage":
        composed = document.compose_document(session, name)
        return cls(session, composed.edition, fit_document(composed).html)

    def finish(self, css: str = "") -> tuple[bytes, str]:
        """The PDF of the page with more styles, and its HTML."""
        html = self.html.replace("</head>", f'<style media="print">{css}</style></head>')
        pages = self.session.typesetter.typeset_html(html).final_pdf
        given = document._audit_arguments(self.session, self.edition)
        return pdf_draft.attach_files(pages, given["carried"], given["date"]), html

    def errors(self, css: str) -> list[str]:
        """What `verify` says of the page with more styles."""
        try:
            return errors_of(*self.finish(css))
        except Problems as fault:
            return [problem.message for problem in fault.problems]

    def error(self, css: str, cause: str) -> str:
        """The first error that is named with this cause, of the page with more styles."""
        errors = self.errors(css)
        found = [one for one in errors if cause in one]
        assert found, errors
        return found[0]


def operator(name: str, *operands: object) -> ContentStreamInstruction:
    return ContentStreamInstruction([*operands], Operator(name))


def edit_page(pdf: bytes, change: Callable[[Instructions], None], page: int = 0) -> bytes:
    """The PDF with other instructions on a page, which ``change`` changes in place."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as parts:
        instructions: Instructions = [*pikepdf.parse_content_stream(parts.pages[page])]
        change(instructions)
        states = parts.pages[page].Resources.ExtGState
        states["/clear"], states["/faint"] = (pikepdf.Dictionary(ca=alpha, CA=alpha) for alpha in (0, 0.12))
        parts.pages[page].Contents = parts.make_stream(pikepdf.unparse_content_stream(instructions))
        parts.save(out)
    return out.getvalue()


def places_of(instructions: Instructions, name: str) -> list[int]:
    return [n for n, one in enumerate(instructions) if str(one.operator) == name]


def errors_of(pdf: bytes, html: str) -> list[str]:
    """What ``verify`` says of a finished PDF."""
    report = audit_pdf(pdf, Expectation(paper=None, language=None), html, thorough=False)
    return [problem.message for problem in report.problems if problem.severity == "error"]
