"""Archive: one PDF for archives and screen readers, which carries its dataset; the same bytes each time."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import pydyf
from pydyf import name

from tipbrief.language.dates import Date
from tipbrief.pdf import speech, tag_tree, writer
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.leaves import Leaf
from tipbrief.pdf.standards import USUAL, Standard
from tipbrief.pdf.unwritten import Targets, Unwritten

_NEWER_CLAIM = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>2</pdfuaid:part><pdfuaid:rev>2024</pdfuaid:rev></rdf:Description>"
)
_USUAL_CLAIM = (
    b'<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">'
    b"<pdfuaid:part>1</pdfuaid:part></rdf:Description>"
    # PDF/A-3 admits only properties that it knows, or that the file itself declares.
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


def finish(
    pdf: Any, *, leaves: Sequence[Leaf], standard: Standard = USUAL, targets: Targets | None = None
) -> bytes:
    """The archived and accessible form of a PDF that WeasyPrint made, before it gets what it carries.

    ``pdf``, ``leaves``, what its boxes say, and ``targets``, to which of them links lead, are those of
    ``typeset.engine.Typeset``. All is put right in the objects, before they are written: they serve for
    nothing else afterwards.
    """
    document = Unwritten(pdf)
    root = document.read_tags()
    said = speech.assign(root, leaves, document.new_mark)
    document.drop_annotations(speech.nested_links(root))
    document.widen_links()
    speech.join(root, said, document.join)
    speech.drop_hidden(root, said)
    tag_tree.collapse(root)
    pictures = speech.pictures(root)
    speech.repair(root, said, document.trim_boxes())
    speech.add_numbers(root, said, document.new_mark)
    speech.name_links(root, said, document.at)
    speech.speak(root, said, document.catalog["Lang"].string)
    document.write_tags(root)
    document.index_identifiers(root)
    if targets is not None:
        document.lead_to_elements(root, [one for one, leaf in said.items() if leaf.drawn], targets)
    document.mark({*root.marked()}, pictures)
    document.number_pages()
    _no_interpolation(document)
    _claim(document, _USUAL_CLAIM if standard == USUAL else _NEWER_CLAIM)
    return writer.written(pdf, standard.version)


def carrying(pdf: bytes, attachments: Sequence[Attachment], created: Date) -> bytes:
    """A finished PDF with what it carries; ``created`` is the publication's date.

    Readers see names without folders, since some cannot save others; the name tree has the whole name.
    """
    day = writer.text_of_string(f"D:{created.iso().replace('-', '')}")
    files = [_file(item, day) for item in sorted(attachments, key=lambda item: item.name)]
    return writer.with_files(pdf, files)


@lru_cache(64)  # many documents of one day carry the same dataset
def _file(item: Attachment, day: bytes) -> writer.File:
    params = {
        "Size": b"%d" % len(item.data), "CreationDate": day, "ModDate": day, "CheckSum": item.checksum,
    }  # fmt: skip
    held = {
        "Type": b"/EmbeddedFile", "Subtype": name(item.mime), "Filter": b"/FlateDecode",
        "Params": writer.text_of(params),
    }  # fmt: skip
    flat = writer.text_of_string(item.name.replace("/", "__"))
    entries = {
        "Type": b"/Filespec", "F": flat, "UF": flat, "Desc": writer.text_of_string(item.description),
        "AFRelationship": b"/Source",
    }  # fmt: skip
    stream = writer.stream_text(held, item.packed)
    return writer.File(writer.text_of_string(item.name), entries, stream)


def _no_interpolation(document: Unwritten) -> None:
    for item in document.pdf.objects:
        if isinstance(item, pydyf.Stream):
            item.extra.pop("Interpolate", None)


def _claim(document: Unwritten, claim: bytes) -> None:
    metadata = document.at(document.catalog["Metadata"])
    head, end, tail = writer.content_of(metadata).rpartition(b"</rdf:RDF>")
    metadata.stream = [head + claim + end + tail]
