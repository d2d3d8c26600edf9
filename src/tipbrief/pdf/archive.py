"""Archive: one PDF that is PDF/A-3a and PDF/UA-1, carries its dataset, and is the same bytes each time."""

import hashlib
import re
import zlib
from collections.abc import Sequence
from functools import lru_cache

import pikepdf
from pikepdf import Array, Dictionary, Name, String

from tipbrief.language.dates import Date
from tipbrief.pdf import speech, tag_tree
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.opening import opened

_CLAIM = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
    # PDF/A admits only properties that it knows, or that the file itself declares.
    b'<rdf:Description rdf:about="" xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"'
    b' xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"'
    b' xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">'
    b'<pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">'
    b"<pdfaSchema:schema>PDF/UA identification schema</pdfaSchema:schema>"
    b"<pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>"
    b"<pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>"
    b'<pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">'
    b"<pdfaProperty:name>part</pdfaProperty:name><pdfaProperty:valueType>Integer</pdfaProperty:valueType>"
    b"<pdfaProperty:category>internal</pdfaProperty:category>"
    b"<pdfaProperty:description>Part of ISO 14289 to which the file conforms</pdfaProperty:description>"
    b"</rdf:li></rdf:Seq></pdfaSchema:property></rdf:li></rdf:Bag></pdfaExtension:schemas></rdf:Description>"
)
_MARKED_CONTENT = re.compile(rb"/\w+\s*<<\s*/MCID (\d+)\s*>>\s*BDC")


_compressed = lru_cache(64)(zlib.compress)


def finish(
    pdf: bytes, *, leaves: Sequence[speech.Leaf], attachments: Sequence[Attachment], created: Date
) -> bytes:
    """The archived and accessible form of a PDF that WeasyPrint wrote with ``pdf_variant="pdf/a-3a"``.

    ``leaves`` are the texts of its boxes (``typeset.Typeset.leaves``), ``created`` is the publication's date.
    """
    with opened(pdf) as document:
        root = tag_tree.read_tags(document)
        texts = speech.assign(root, leaves)
        speech.drop_nested_links(document, root)
        tag_tree.collapse(root)
        speech.repair(root, texts, tag_tree.trim_boxes(document))
        speech.speak(root, texts, str(document.Root.get("/Lang", "")))
        tag_tree.write_tags(document, root)
        _index_identifiers(document, root)
        _set_apart(document, {(one.page, one.number) for one in texts})
        _no_interpolation(document)
        _claim(document)
        _attach(document, attachments, f"D:{created.iso().replace('-', '')}")
        return tag_tree.saved(document)


def carrying(pdf: bytes, attachments: Sequence[Attachment], created: Date) -> bytes:
    """A finished PDF that carries nothing yet with these attachments: a hundredth of a second."""
    with opened(pdf) as document:
        _attach(document, attachments, f"D:{created.iso().replace('-', '')}")
        return tag_tree.saved(document)


def _index_identifiers(pdf: pikepdf.Pdf, root: tag_tree.TagNode) -> None:
    """Cells name their headers by identifiers, which are looked up in this tree."""
    named = {bytes(node.source.ID): node.source for node in root.walk() if "/ID" in (node.source or {})}
    if named:
        names = Array(part for key in sorted(named) for part in (String(key), named[key]))
        pdf.Root.StructTreeRoot.IDTree = pdf.make_indirect(Dictionary(Names=names))


def _set_apart(pdf: pikepdf.Pdf, tagged: set[tuple[tuple[int, int], int]]) -> None:
    """Headers and footers become artifacts: WeasyPrint marks them as text, but puts them into no tree."""
    parents = tag_tree.parent_tree(pdf)
    for page in pdf.pages:
        content = page.obj.Contents.read_bytes()
        numbers = {int(number) for number in _MARKED_CONTENT.findall(content)}
        if apart := {number for number in numbers if (page.obj.objgen, number) not in tagged}:
            page.obj.Contents.write(_with_artifacts(content, apart))
            for number in apart:
                parents[int(page.obj.StructParents)][number] = None


def _with_artifacts(content: bytes, numbers: set[int]) -> bytes:
    artifact = b"/Artifact <</Type /Pagination>> BDC"
    return _MARKED_CONTENT.sub(lambda one: artifact if int(one[1]) in numbers else one[0], content)


def _no_interpolation(pdf: pikepdf.Pdf) -> None:
    for item in pdf.objects:
        if isinstance(item, pikepdf.Stream) and item.get("/Interpolate"):
            del item["/Interpolate"]


def _claim(pdf: pikepdf.Pdf) -> None:
    metadata = pdf.Root.Metadata.read_bytes()
    head, end, tail = metadata.rpartition(b"</rdf:RDF>")
    pdf.Root.Metadata.write(head + _CLAIM + end + tail)


def _attach(pdf: pikepdf.Pdf, attachments: Sequence[Attachment], date: str) -> None:
    """Readers see names without folders, since some cannot save others; the name tree has the whole name."""
    names, files, day = [], [], String(date)
    for item in sorted(attachments, key=lambda item: item.name):
        checksum = String(hashlib.md5(item.data, usedforsecurity=False).digest())
        # Compressed here: many PDFs carry the same dataset.
        stream = pdf.make_stream(_compressed(item.data), Filter=Name.FlateDecode)
        stream.Type, stream.Subtype = Name.EmbeddedFile, Name("/" + item.mime)
        stream.Params = Dictionary(Size=len(item.data), CreationDate=day, ModDate=day, CheckSum=checksum)
        flat, description = String(item.name.replace("/", "__")), String(item.description)
        held = Dictionary(F=stream, UF=stream)
        file = Dictionary(Type=Name.Filespec, F=flat, UF=flat, Desc=description, EF=held)
        file.AFRelationship = Name.Source
        files.append(pdf.make_indirect(file))
        names += [String(item.name), files[-1]]
    if files:
        if "/Names" not in pdf.Root:
            pdf.Root.Names = Dictionary()
        pdf.Root.Names.EmbeddedFiles = pdf.make_indirect(Dictionary(Names=Array(names)))
        pdf.Root.AF = Array(files)
