"""What the tests of PDFs share: small pages typeset and finished, and the parts of a PDF."""

import io
import zlib
from collections.abc import Callable
from functools import cache
from typing import Any
from xml.etree import ElementTree

import pikepdf
import pypdfium2
import tinyhtml5
from pikepdf import Array, Dictionary, Name, String

from tipbrief.assets import find_shipped_folder
from tipbrief.fonts.font_library import load_fonts, truetype_files
from tipbrief.language.dates import Date
from tipbrief.pdf import pdf_file, tag_tree
from tipbrief.pdf.attachments import is_source
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pdf.pdf_draft import finish_pdf
from tipbrief.typeset.engine import Typesetter, TypesettingResult
from tipbrief.verify.structure import Structure, read_root_and_structure

DAY = Date(2025, 9, 29)
SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><title>نقشه</title><path d="M0 0H4V3"/></svg>'
# One black dot.
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg=="
)


@cache
def typesetter() -> Typesetter:
    return Typesetter(
        find_shipped_folder("fonts") / "prepared", truetype_files(load_fonts(find_shipped_folder("fonts")))
    )


RIGHT_TO_LEFT, LEFT_TO_RIGHT = 'lang="fa-AF" dir="rtl"', 'lang="en" dir="ltr"'


def typeset(body: str, css: str = "", root: str = RIGHT_TO_LEFT) -> TypesettingResult:
    style = f"html {{ font-family: Vazirmatn }} svg {{ display: block; width: 50mm }} {css}"
    head = f"<html {root}><title>برگه</title><style>{style}</style>"
    return typesetter().typeset_html(f"{head}<body>{body}</body></html>")


def finished(raw: TypesettingResult) -> bytes:
    """The finished PDF, without attachments."""
    return finish_pdf(raw.pdf_draft, text_runs=raw.text_runs)


def made(body: str, css: str = "", root: str = RIGHT_TO_LEFT) -> bytes:
    return finished(typeset(body, css, root))


@cache
def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, to be read; it stays open, since its objects die with it."""
    return pikepdf.open(io.BytesIO(pdf))


def nodes(pdf: bytes, tag: str) -> list[tag_tree.TagNode]:
    return [node for node in tag_tree.read_tags(opened(pdf)).walk() if node.tag == tag]


def parent_tree(pdf: pikepdf.Pdf) -> dict[int, Any]:
    """By the key of a page or an annotation: the elements that hold its content."""
    numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
    return {int(numbers[index]): numbers[index + 1] for index in range(0, len(numbers), 2)}


def structure_in(pdf: bytes) -> Structure:
    with pdf_file.parse_pdf(pdf) as document:
        return read_root_and_structure(document)[1]


def heard(html: str) -> str:
    """The page with what is to be said in place of what is printed.

    A label, or words that are only heard, stand for what is seen with them. What is only seen is gone.
    """
    root: Any = tinyhtml5.parse(html, namespace_html_elements=False)
    for element in root.iter():
        if element.get("aria-hidden") == "true" or str(element.tag).endswith("}svg"):
            element.tag, element.attrib["hidden"] = "span", ""
        if len(element) and element[0].get("class") in ("heard", "said") and element[0].tag == "span":
            element[:], element.text = [], "".join(element[0].itertext())
        if element.get("class") == "heard":
            element.attrib.pop("hidden")
        if element.tag in ("a", "sup", "span", "b") and (label := element.get("aria-label")):
            element[:], element.text = [], label
        if element.tag == "table" and element.get("class") == "numbers":
            element.attrib.pop("hidden", None)
    return ElementTree.tostring(root, encoding="unicode", method="html")


def spoken(pdf: bytes, tag: str = "P") -> list[str]:
    return [element.text for element in structure_in(pdf).elements if element.tag == tag]


def require_same_look(one: bytes, other: bytes) -> None:
    """Fail where a page of two PDFs looks otherwise, or PDFium reads another text in it."""
    before, after = pypdfium2.PdfDocument(one), pypdfium2.PdfDocument(other)
    assert len(before) == len(after)
    for left, right in zip(before, after, strict=True):
        assert left.get_textpage().get_text_range() == right.get_textpage().get_text_range()
        for scale in (1, 3):
            assert bytes(left.render(scale=scale).buffer) == bytes(right.render(scale=scale).buffer)


def sources_in(pdf: bytes) -> dict[str, bytes]:
    """What a PDF carries that it was made from: all but the numbers of its charts."""
    return {name: data for name, data in read_embedded_files(pdf).items() if is_source(name)}


def carrying(name: str) -> bytes:
    """A PDF of another program, with a file of this name."""
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments[name] = b"evil"
    return tag_tree.save_to_bytes(pdf)


def attach(pdf: pikepdf.Pdf, name: str, data: bytes, **entries: Any) -> None:
    """Attach a file as it is written here: its data are not packed, whatever the entries say."""
    stream = pdf.make_stream(data, **entries)
    file = pdf.make_indirect(Dictionary(Type=Name.Filespec, EF=Dictionary(F=stream, UF=stream)))
    pdf.Root.Names.EmbeddedFiles.Names.extend([String(name), file])


def changed(pdf: bytes, change: Callable[[pikepdf.Pdf], object]) -> bytes:
    """The PDF with a change; what is packed stays as it is, whether it can be unpacked or not."""
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        change(document)
        as_it_is = pikepdf.StreamDecodeLevel.none
        document.save(out, compress_streams=False, stream_decode_level=as_it_is)
    return out.getvalue()


def doubled(pdf: pikepdf.Pdf, key: str, leaf: Dictionary, **entries: Any) -> Any:
    """A tree with 2^40 times this leaf, in 40 objects: each has the next one twice under the key."""
    node = pdf.make_indirect(leaf)
    for _ in range(40):
        twice, node = Array([node, node]), pdf.make_indirect(Dictionary(**entries))
        node[key] = twice
    return node


def bomb(size: int) -> bytes:
    """So many bytes, packed."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(size // 1_000_000)) + packer.flush()
