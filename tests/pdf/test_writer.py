"""The bytes of a PDF: the same for the same objects; the pages before what they carry."""

import io
from typing import Any

import pikepdf
import pydyf
import pypdfium2
import pytest

from tests.pdf.pages import DAY, LEFT_TO_RIGHT, PNG, RIGHT_TO_LEFT, carrying, finished, made, typeset
from tipbrief.pdf import pdf_draft
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pdf.serialiser import EmbeddedFile, append_files, serialise_object, serialise_string
from tipbrief.problems import Problems
from tipbrief.verify.pdfium import open_with_pdfium

# A link to a place, an address, a picture, a table, letters of two alphabets, a transparent layer.
ALL = (
    f'<h1 id="a">یک (دو) \\ é</h1><p style="opacity: 0.5">متن <img src="{PNG}" alt="نقطه"></p>'
    '<a href="#a">به</a>'
    '<a href="https://example.org/?a=(b)">نشانی</a><table><tr><th>سر<tr><td>۱</table>'
)


def test_the_same_objects_are_the_same_bytes_and_need_no_repair(bare: bytes, archived: bytes) -> None:
    for root in (RIGHT_TO_LEFT, LEFT_TO_RIGHT):
        assert finished(typeset(ALL, root=root)) == made(ALL, root=root)
    for pdf in (bare, archived):
        with pikepdf.open(io.BytesIO(pdf)) as document:
            assert not document.check_pdf_syntax()
            assert not document.get_warnings()


def test_each_reader_finds_files_and_places(bare: bytes, attachments: list[Attachment]) -> None:
    for pdf in (pdf_draft.attach_files(bare, attachments, DAY), pdf_draft.attach_files(made(ALL), attachments, DAY)):
        document = pypdfium2.PdfDocument(pdf)
        names = sorted(read_embedded_files(pdf))
        assert {item.name for item in attachments} <= {*names}
        found = [document.get_attachment(index) for index in range(document.count_attachments())]
        assert [one.get_name() for one in found] == [name.replace("/", "__") for name in names]
    with open_with_pdfium(pdf) as opened:
        assert [page.link_faults for page in opened.pages] == [[]], "the place has a name"


def test_the_pages_stay_as_they_are_whatever_they_carry(
    bare: bytes, archived: bytes, attachments: list[Attachment]
) -> None:
    at = bare.rindex(b" 0 obj\n[ ]\nendobj\n")
    assert archived[:at] == bare[:at]
    assert pdf_draft.attach_files(bare, (), DAY) == bare
    one = pdf_draft.attach_files(bare, attachments[:1], DAY)
    assert read_embedded_files(one) == read_embedded_files(bare) | {attachments[0].name: attachments[0].data}
    assert len({pdf[pdf.rindex(b"/ID") :][:90] for pdf in (bare, archived, one)}) == 3


def test_nothing_is_put_behind_pages_that_are_not_ours_or_carry_something(archived: bytes) -> None:
    file = EmbeddedFile(b"(a)", {}, b"<< >>")
    for pdf in (b"", carrying("a.txt"), b"%PDF-1.7\n1 0 obj\n[ ]\nendobj\n%%EOF\n", archived):
        for change in (lambda pdf: append_files(pdf, []), lambda pdf: append_files(pdf, [file])):
            with pytest.raises(Problems):
                change(pdf)


@pytest.mark.parametrize("text", ["", "a", "(a\\", "a\n\r\t", "é", "متن", "\x00", "漢字", "a" * 9 + "é", "12 0 R"])
def test_strings_are_written_as_they_are_read(text: str) -> None:
    dictionary = pydyf.Dictionary({"B": pydyf.String(text), "A": pydyf.Array([1, 0.5, 2.0, "/A", b"true"])})
    parsed: Any = pikepdf.Object.parse(serialise_object(dictionary))
    assert str(parsed.B) == text
    assert parsed.unparse(resolved=True) == serialise_object(dictionary) == serialise_object(dict(dictionary))
    assert pikepdf.Object.parse(serialise_string(text)) == pikepdf.String(text)
