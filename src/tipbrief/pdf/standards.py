"""The PDF standards that our PDFs can claim: PDF/A for archives, PDF/UA for screen readers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Standard:
    """Two claims that one PDF makes, and the version of PDF that both are written for."""

    pdf_a: str
    pdf_ua: str
    version: str

    @property
    def claims(self) -> tuple[str, str]:
        """Both claims, as an audit finds them in a PDF."""
        kind, _, level = self.pdf_a.rpartition("-")
        return f"{kind}-{level.upper()}", self.pdf_ua


DEFAULT_STANDARD = Standard("PDF/A-3a", "PDF/UA-1", "1.7")
PDF_2_STANDARD = Standard("PDF/A-4f", "PDF/UA-2", "2.0")
STANDARDS = {one.pdf_a: one for one in (DEFAULT_STANDARD, PDF_2_STANDARD)}
