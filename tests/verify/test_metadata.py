"""What a PDF says of itself in its metadata, whichever way they are written, and whatever is in them."""

import pikepdf
import pytest

from tipbrief.verify.audit import Metadata, read_metadata

OURS = """<rdf:Description rdf:about="" pdfaid:part="4" pdfaid:conformance="F"/>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">یک &lt;دو&gt; &amp; سه</rdf:li></rdf:Alt></dc:title>
<xmp:CreatorTool>tipbrief</xmp:CreatorTool><pdfuaid:part>2</pdfuaid:part>"""
AS_ATTRIBUTES = """<rdf:Description xmp:CreatorTool="Writer" pdfaid:part='2' pdfaid:conformance='b'/>
<dc:title>
 <rdf:Alt> <rdf:li xml:lang="fa"> سر </rdf:li></rdf:Alt></dc:title>"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", Metadata()),
        (OURS, Metadata("یک <دو> & سه", "tipbrief", ("PDF/A-4F", "PDF/UA-2"))),
        (AS_ATTRIBUTES, Metadata("سر", "Writer", ("PDF/A-2b",))),
        ('<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><pdfaid:part>&a;</pdfaid:part>', Metadata()),
        (f"<xmp:CreatorTool>{'x' * 5000}</xmp:CreatorTool>", Metadata(creator="x" * 1000)),
    ],
)
def test_what_is_said(text: str, said: Metadata) -> None:
    pdf = pikepdf.new()
    pdf.Root.Metadata = pdf.make_stream(text.encode())
    assert read_metadata(pdf) == said
    del pdf.Root.Metadata
    assert read_metadata(pdf) == Metadata()
