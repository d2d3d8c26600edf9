"""What the tests of PDFs share: small pages typeset and finished, and the parts of a PDF."""

import io
from functools import cache

import pikepdf

from tipbrief.assets import shipped
from tipbrief.language.dates import Date
from tipbrief.pdf import tag_tree
from tipbrief.pdf.archive import finish
from tipbrief.typeset.engine import Typeset, Typesetter
from tipbrief.verify.structure import structure

DAY = Date(2025, 9, 29)
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><title>نقشه</title><path d="M0 0H4V3"/></svg>'
)
# One black dot.
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5E"
    "rkJggg=="
)


@cache
def typesetter() -> Typesetter:
    return Typesetter(shipped("fonts") / "prepared", {})


def typeset(body: str, css: str = "") -> Typeset:
    style = f"html {{ font-family: Vazirmatn }} svg {{ display: block; width: 50mm }} {css}"
    head = f'<html lang="fa-AF" dir="rtl"><title>برگه</title><style>{style}</style>'
    return typesetter().typeset(f"{head}<body>{body}</body></html>")


def finished(raw: Typeset) -> bytes:
    """The finished PDF, without attachments."""
    return finish(raw.pdf, leaves=raw.leaves, attachments=(), created=DAY)


def made(body: str, css: str = "") -> bytes:
    return finished(typeset(body, css))


@cache
def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, to be read; it stays open, since its objects die with it."""
    return pikepdf.open(io.BytesIO(pdf))


def nodes(pdf: bytes, tag: str) -> list[tag_tree.TagNode]:
    return [node for node in tag_tree.read_tags(opened(pdf)).walk() if node.tag == tag]


def spoken(pdf: bytes, tag: str = "P") -> list[str]:
    return [element.text for element in structure(pdf).elements if element.tag == tag]


def carrying(name: str) -> bytes:
    """A PDF of another program, with a file of this name."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments[name] = b"evil"
    return tag_tree.saved(pdf)
