"""Pictures for messengers: the pages of a PDF, and a square card of a brief's headline figures, as PNG."""

from __future__ import annotations

import contextlib
import io

import pypdfium2
from PIL import Image


def pages(pdf: bytes, width: int) -> list[bytes]:
    """Each page of a PDF as a PNG of this width in pixels, on white."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        return [_png(page, width) for page in document]


def _png(page: pypdfium2.PdfPage, width: int) -> bytes:
    # PDFium rounds the size up: half a pixel less comes out as the width that was asked for.
    picture = page.render(scale=(width - 0.5) / page.get_width()).to_pil()
    # A palette makes the file a third as large; this method keeps white white, and each hue to the eye.
    picture = picture.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()
