"""Marked text: what the pages of a PDF paint as text, by the marked content that holds it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property

import pikepdf

from tipbrief.pdf.tag_tree import MarkedContent
from tipbrief.verify.painted_objects import PaintedText
from tipbrief.verify.pdfium import PdfiumDocument, PdfiumPage, TextSpan

PlacedText = tuple[PdfiumPage, PaintedText]
PageSpan = tuple[PdfiumPage, TextSpan]


class MarkedText:
    """The texts of a PDF by their marked content: ``painted_texts`` as objects, ``spans`` in PDFium's order."""

    def __init__(self, document: PdfiumDocument, parts: pikepdf.Pdf) -> None:
        # By the number of the page's object in the PDF.
        self.pages = {source.obj.objgen: page for page, source in zip(document.pages, parts.pages, strict=True)}

    @cached_property
    def painted_texts(self) -> Mapping[MarkedContent, list[PlacedText]]:
        """The painted texts that are not empty, in the order of painting."""
        found: defaultdict[MarkedContent, list[PlacedText]] = defaultdict(list)
        for name, page in self.pages.items():
            for one in page.texts:
                if one.mark >= 0 and one.text.strip():
                    found[MarkedContent(name, one.mark)].append((page, one))
        return found

    @cached_property
    def spans(self) -> Mapping[MarkedContent, list[PageSpan]]:
        """The characters that are painted."""
        found: defaultdict[MarkedContent, list[PageSpan]] = defaultdict(list)
        for name, page in self.pages.items():
            for span in page.spans:
                found[MarkedContent(name, span.mark)].append((page, span))
        return found
