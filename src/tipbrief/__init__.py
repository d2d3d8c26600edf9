"""tipbrief: from a small, sourced dataset to a print-ready fact sheet, in each of its languages.

The names below are its API. What changes in them is announced one minor version before.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tipbrief.problems import Problem, Problems

if TYPE_CHECKING:
    from tipbrief.fonts.font_library import FontFace
    from tipbrief.ledger.status import Status
    from tipbrief.pipeline.run import BuildResult
    from tipbrief.pipeline.session import Session

__version__ = "1.1.0"
__all__ = ["OpenPublication", "Problem", "Problems", "open_publication", "render", "verify_pdf"]


def render(html: str, fonts: Path | None = None) -> bytes:
    """The PDF of a page of HTML in any of our scripts: tagged, for archives, and with text that reads back.

    ``fonts`` is a folder of prepared fonts, by default the shipped one. The page needs a title and a language, and
    holds its styles and pictures itself: nothing is loaded from elsewhere. ``Problems`` if a word cannot be read back.
    """
    from tipbrief.pipeline.rendering import create_typesetter

    pdf = create_typesetter(_load_fonts(fonts, html)).typeset_html(html).final_pdf
    if errors := [one for one in verify_pdf(pdf, html, fonts) if one.severity == "error"]:
        raise Problems(errors)
    return pdf


def verify_pdf(pdf: bytes, html: str | None = None, fonts: Path | None = None) -> list[Problem]:
    """What is wrong with a PDF: fonts, tags, language, and words that are not those of its HTML, if that is given."""
    from tipbrief.fonts.font_library import family_names
    from tipbrief.verify.audit import Expectation, audit_pdf

    families = tuple(family_names(_load_fonts(fonts)))
    report = audit_pdf(pdf, Expectation(paper=None, language="", families=families), html)
    # ``render`` leaves the name of the page's own program in the PDF, which says nothing of who typeset it.
    return [problem for problem in report.problems if problem.kind != "other-maker"]


def open_publication(folder: Path | str) -> OpenPublication:
    """A publication in all its languages, checked; ``Problems`` has all that is wrong with it."""
    from tipbrief.pipeline.selection import ALL_LANGUAGES
    from tipbrief.pipeline.session import Session

    return OpenPublication(Session.open(Path(folder), languages=[ALL_LANGUAGES]))


@dataclass(frozen=True)
class OpenPublication:
    """A checked publication; if its files change, open it again."""

    session: Session

    @property
    def documents(self) -> list[str]:
        """The names of its documents, those of rows among them: ``one``, ``row-KB-3.ps``."""
        return [*self.session.documents]

    def build(self, names: Sequence[str], out: Path | str = "out") -> list[BuildResult]:
        """Build documents into a folder: name, edition, page count and files of each. ``Problems`` if one fails."""
        from tipbrief.pipeline.run import build_documents

        return build_documents(self.session, names, Path(out))

    def status(self, code: str) -> Status:
        """Whether the edition with this code, such as ``WORLD/3 · 9f2c``, is current; and what has changed since."""
        from tipbrief.ledger.status import find_status_by_code

        return find_status_by_code(self.session.ledger, code)


def _load_fonts(folder: Path | None, html: str = "") -> tuple[FontFace, ...]:
    from html import unescape

    from tipbrief.assets import find_shipped_folder
    from tipbrief.fonts.font_library import URDU_LETTERS, load_fonts, prepare_urdu_fonts

    if folder is None and not {*URDU_LETTERS}.isdisjoint(unescape(html)):
        return prepare_urdu_fonts()
    return load_fonts(folder or find_shipped_folder("fonts"))
