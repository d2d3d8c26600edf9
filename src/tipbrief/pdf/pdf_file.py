"""Open a finished PDF, whoever made it, within limits; whatever is wrong with it is a problem."""

import contextlib
import logging
import re
import zlib
from collections.abc import Iterator
from ctypes import ArgumentError
from io import BytesIO
from typing import Any

import pikepdf
from pikepdf import Array, Dictionary, Name, Stream, settings

from tipbrief.problems import Problems

# A subset has a tag of six letters before its name.
SUBSET_TAG = re.compile(r"[A-Z]{6}\+")
_TO_UNICODE_ENTRY = re.compile(rb"<([0-9a-f]{4})> <((?:[0-9a-f]{4})+)>")
_MISSING_GLYPH_ENTRY = re.compile(rb"<([0-9a-f]{4})> 0\s")
LARGEST_PDF = 50_000_000  # of a file
MAX_PAGES = 1000
MAX_STREAM_BYTES, MAX_TOTAL_BYTES = 20_000_000, 100_000_000  # bytes of one stream, of all that draw pages
_MAX_FILTERS = 2
_RETRY_HINT = "copy or build it again"
# qpdf leaves these packed wherever they stand.
_PICTURE_FILTERS = frozenset({"/DCTDecode", "/JPXDecode", "/CCITTFaxDecode", "/JBIG2Decode"})
# Python's words for a call with other arguments than a function has.
_WRONG_CALL = re.compile(r"[\w.<>]+\(\) (?:missing|takes|got an unexpected|got multiple) ")
# What pikepdf and PDFium raise if a part of a PDF is not of the expected kind.
_PDF_ERRORS = (
    pikepdf.PdfError, zlib.error, ArgumentError,
    ArithmeticError, AssertionError, AttributeError, LookupError, RuntimeError, TypeError, ValueError,
)  # fmt: skip


def unicode_values(font: Any) -> dict[bytes, bytes]:
    """The text of each code of a font that WeasyPrint wrote, both in hexadecimal digits."""
    return dict(_TO_UNICODE_ENTRY.findall(font.ToUnicode.read_bytes()))


def find_missing_glyphs(document: pikepdf.Pdf) -> list[tuple[str, str]]:
    """Font and character of each glyph 0, the empty box that stands for what the font lacks."""
    # WeasyPrint gives each such character a code of its own, which the font's /Encoding leads to glyph 0.
    found = []
    dictionaries = (item for item in document.objects if isinstance(item, pikepdf.Dictionary))
    for item in (one for one in dictionaries if one.get("/Type") == "/Font"):
        if all(isinstance(item.get(key), pikepdf.Stream) for key in ("/Encoding", "/ToUnicode")):
            name = SUBSET_TAG.sub("", str(item.get("/BaseFont", "")).lstrip("/"))
            values = unicode_values(item)
            for code in _MISSING_GLYPH_ENTRY.findall(item.Encoding.read_bytes()):
                character = bytes.fromhex(values.get(code, b"fffd").decode())
                found.append((name, character.decode("utf-16-be", "replace")))
    return found


# qpdf also logs the faults that it raises. The log names no file, so it must not reach the terminal.
logging.getLogger("pikepdf").addHandler(logging.NullHandler())


def parse_pdf(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, open for reading and changing; Problems where it is none, cut short, or damaged as a whole."""
    if b"%PDF-" not in pdf[:1024]:
        raise Problems("this is not a PDF", hint="a PDF begins with %PDF-")
    if b"%%EOF" not in pdf[-1024:]:
        # It would be opened by guessing what is missing, and whole pages may be.
        raise Problems("the PDF is cut short", hint=f"{_RETRY_HINT}; it must end with %%EOF")
    # The limits hold for the whole process. They are set each time: other code may have changed them.
    memory: Any = {f"{kind}_max_memory": MAX_STREAM_BYTES for kind in ("flate", "run_length", "dct", "png", "tiff")}
    settings.set_qpdf_limits(max_stream_filters=_MAX_FILTERS, **memory)
    try:
        return pikepdf.open(BytesIO(pdf))
    except pikepdf.PasswordError:
        hint = "save it without a password first"
        raise Problems("the PDF is encrypted and needs a password", hint=hint, kind="password") from None
    except _PDF_ERRORS:
        raise Problems("the PDF is damaged", hint=_RETRY_HINT) from None


def cross_out_pages(pdf: bytes) -> bytes:
    """A PDF with a red cross over each page, so that nobody takes it for one without faults."""
    out = BytesIO()
    with pikepdf.open(BytesIO(pdf)) as document:
        for page in document.pages:
            left, bottom, right, top = map(float, page.mediabox)
            page.contents_add(b"q", prepend=True)
            lines = f"{left} {bottom} m {right} {top} l {left} {top} m {right} {bottom} l S"
            page.contents_add(f"Q q 1 0 0 RG 2 w {lines} Q".encode())
        document.save(out, deterministic_id=True)
    return out.getvalue()


@contextlib.contextmanager
def open_untrusted_pdf(pdf: bytes) -> Iterator[pikepdf.Pdf]:
    """The PDF, open; whatever is found wrong in it until the end is a problem."""
    if len(pdf) > LARGEST_PDF:
        raise Problems(f"the PDF has more than {LARGEST_PDF / 1e6:.0f} MB", hint="no brief is as large")
    try:
        with parse_pdf(pdf) as document:
            yield document
    except _PDF_ERRORS as error:
        if _is_own_fault(error):
            raise
        hint = f"{_RETRY_HINT}; a part of it is not what it should be, or far too large"
        raise Problems("the PDF is damaged", hint=hint) from None


def _is_own_fault(error: BaseException) -> bool:
    """Whether an error is a fault of this program: an attribute that an object of ours lacks, a wrong call."""
    if isinstance(error, AttributeError):
        owner = getattr(error, "obj", None)
        return (owner if isinstance(owner, type) else type(owner)).__module__.startswith("tipbrief")
    return isinstance(error, TypeError) and _WRONG_CALL.match(str(error)) is not None


def require_few_pages(document: pikepdf.Pdf) -> None:
    """Problems where a PDF has more pages than anybody prints, before a library makes a list of them."""
    for number, page in enumerate(iterate_leaf_nodes(document.Root.Pages)):
        if not isinstance(page, Dictionary):
            raise TypeError("a page is none")
        if number == MAX_PAGES:
            hint = "give the pages that you need as a file of their own"
            raise Problems(f"the PDF has more than {MAX_PAGES} pages", hint=hint)


def require_small_streams(document: pikepdf.Pdf) -> None:
    """Problems where what PDFium would unpack is far too large; pictures it only unpacks to draw them."""
    size = 0
    for item in document.objects:
        if not isinstance(item, Stream) or item.get("/Subtype") == Name.Image:
            continue
        named: Any = item.get("/Filter", [])
        filters = {*map(str, named if isinstance(named, Array) else [named])}
        if isinstance(named, Array) and len(named) > _MAX_FILTERS:
            raise ValueError("what is packed again and again may unpack to anything")
        if filters & _PICTURE_FILTERS:
            continue
        size += len(item.read_bytes())
        if size > MAX_TOTAL_BYTES:
            message = f"the PDF has more than {MAX_TOTAL_BYTES / 1e6:.0f} MB when it is unpacked"
            raise Problems(message, hint="no brief is as large")


def iterate_leaf_nodes(tree: Any) -> Iterator[Any]:
    """The leaves of a tree of pages or names, in order; raises where it does not end, or is none."""
    waiting, known = [tree], set()
    while waiting:
        node = waiting.pop()
        if node.is_indirect and node.objgen in known:
            raise ValueError("a tree runs in a circle")
        known.add(node.objgen)
        if (kids := node.get("/Kids")) is None:
            yield node
        else:
            waiting += reversed(list(kids))


def decompress_stream(stream: Any) -> bytes:
    """What a stream holds that was packed as WeasyPrint and qpdf do, or not at all."""
    if stream.get("/Filter") not in (None, Name.FlateDecode):
        raise ValueError("a filter that we never use")
    return bytes(stream.read_bytes())
