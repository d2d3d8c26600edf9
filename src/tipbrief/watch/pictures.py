"""Pictures: the pages of a finished PDF as they are, each pixel as PDFium draws it."""

import contextlib
import struct
import zlib
from collections.abc import Iterator

import pypdfium2
from PIL import Image, ImageChops

from tipbrief.verify.pdfium import POINT

DOTS = 192  # an inch: two for each of CSS
_FAST = 1  # of zlib: what is looked at once need not be small
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_UP = b"\2"  # before a row that is told as its difference from the one above it


class Pictures:
    """An open PDF of which pages are drawn."""

    def __init__(self, document: pypdfium2.PdfDocument) -> None:
        self._document = document
        sizes = (document.get_page_size(index) for index in range(len(document)))
        self.sizes = tuple((round(width * POINT, 2), round(height * POINT, 2)) for width, height in sizes)

    def png(self, number: int) -> bytes:
        """The page of this number."""
        return png_of(self._document[number - 1].render(scale=DOTS / 72, rev_byteorder=True).to_pil())


@contextlib.contextmanager
def opened(pdf: bytes) -> Iterator[Pictures]:
    """The pictures of a PDF of ours."""
    with contextlib.closing(pypdfium2.PdfDocument(pdf)) as document:
        yield Pictures(document)


def png_of(picture: Image.Image) -> bytes:
    """A picture in RGB as a PNG: half of Pillow's time, which tries five ways to tell each row."""
    (width, height), row = picture.size, 3 * picture.width
    above = Image.new("RGB", picture.size)
    above.paste(picture, (0, 1))
    told = ImageChops.subtract_modulo(picture, above).tobytes()
    rows = b"".join(part for start in range(0, len(told), row) for part in (_UP, told[start : start + row]))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    parts = (b"IHDR", header), (b"IDAT", zlib.compress(rows, _FAST)), (b"IEND", b"")
    return _SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )
