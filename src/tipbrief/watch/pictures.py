"""Pictures: the pages of a finished PDF as they are, each pixel as PDFium draws it."""

import contextlib
import io
from collections.abc import Iterator

import pypdfium2

from tipbrief.verify.pdfium import POINT

DOTS = 192  # an inch: two for each of CSS
_FAST = 1  # of zlib: what is looked at once need not be small


class Pictures:
    """An open PDF of which pages are drawn."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        sizes = (document.get_page_size(index) for index in range(len(document)))
        self.sizes = tuple((round(width * POINT, 2), round(height * POINT, 2)) for width, height in sizes)

    def png(self, number: int) -> bytes:
        """The page of this number."""
        picture = self._document[number - 1].render(scale=DOTS / 72, rev_byteorder=True).to_pil()
        file = io.BytesIO()
        picture.save(file, "PNG", compress_level=_FAST)
        return file.getvalue()


@contextlib.contextmanager
def opened(pdf: bytes) -> Iterator[Pictures]:
    """The pictures of a PDF of ours."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        yield Pictures(document)
