"""The bytes of a PDF: written once, and again from what is read in them; the pages before what they carry."""

import io
import zlib
from typing import Any

import pikepdf
import pydyf
import pypdfium2
import pytest

from tests.pdf.pages import DAY, LEFT_TO_RIGHT, PNG, RIGHT_TO_LEFT, again, carrying, finished, made, typeset
from tipbrief.pdf import pdf_draft
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pdf.pdf_file import open_untrusted_pdf
from tipbrief.pdf.serialiser import EmbeddedFile, append_files, reserialise_pdf, serialise_object, serialise_string
from tipbrief.problems import Problems
from tipbrief.verify.pdfium import open_with_pdfium

# A link to a place, an address, a picture, a table, letters of two alphabets, a transparent layer.
ALL = (
    f'<h1 id="a">یک (دو) \\ é</h1><p style="opacity: 0.5">متن <img src="{PNG}" alt="نقطه"></p>'
    '<a href="#a">به</a>'
    '<a href="https://example.org/?a=(b)">نشانی</a><table><tr><th>سر<tr><td>۱</table>'
)


def test_what_is_read_in_a_pdf_of_ours_is_written_as_it_was_and_needs_no_repair(bare: bytes, archived: bytes) -> None:
    for root in (RIGHT_TO_LEFT, LEFT_TO_RIGHT):
        pdf = made(ALL, root=root)
        assert again(pdf) == finished(typeset(ALL, root=root)) == pdf
    assert again(bare) == bare
    for pdf in (bare, archived):
        with pikepdf.open(io.BytesIO(pdf)) as document:
            assert not document.check_pdf_syntax()
            assert not document.get_warnings()


def test_each_reader_finds_files_and_places(bare: bytes, attachments: list[Attachment]) -> None:
    for pdf in (pdf_draft.attach_files(bare, attachments, DAY), pdf_draft.attach_files(made(ALL), attachments, DAY)):
        document = pypdfium2.PdfDocument(pdf)
        assert document.count_attachments() == len(attachments)
        names = sorted(item.name for item in attachments)
        found = [document.get_attachment(index) for index in range(len(attachments))]
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
    assert read_embedded_files(one) == {attachments[0].name: attachments[0].data}
    assert len({pdf[pdf.rindex(b"/ID") :][:90] for pdf in (bare, archived, one)}) == 3


def test_what_nothing_leads_to_is_not_written_again() -> None:
    pdf = made("<p>متن</p>")
    at = pdf.rindex(b"startxref\n")
    place = int(pdf[at:].split()[1])
    hidden = b"900 0 obj\n<< /S /JavaScript /JS (app.alert\\(1\\)) >>\nendobj\n"
    table = b"901 0 obj\n<< /Type /XRef /W [ 1 4 2 ] /Index [ 900 1 ] /Size 902 /Length 7 /Prev %d " % place
    with pikepdf.open(io.BytesIO(pdf)) as document:
        table += b"/Root %d 0 R /Info %d 0 R >>\nstream\n" % (document.Root.objgen[0], document.trailer.Info.objgen[0])
    row = b"\1" + len(pdf).to_bytes(4, "big") + b"\0\0"
    end = b"\nendstream\nendobj\nstartxref\n%d\n%%%%EOF\n" % (len(pdf) + len(hidden))
    forged = pdf + hidden + table + row + end
    with pikepdf.open(io.BytesIO(forged)) as document:
        assert "/JavaScript" in str(document.get_object(900, 0))
    assert again(forged) == pdf


def test_what_stands_behind_packed_data_is_not_written_again(monkeypatch: pytest.MonkeyPatch) -> None:
    pdf, compress = made(ALL), zlib.compress
    with monkeypatch.context() as forging:
        forging.setattr(zlib, "compress", lambda data, level: compress(data, level) + b"HIDDEN")
        forged = made(ALL)
    assert forged.count(b"HIDDEN") > 3
    assert again(forged) == pdf


def test_what_is_packed_is_not_packed_anew_unless_it_says_something_else(monkeypatch: pytest.MonkeyPatch) -> None:
    compress = zlib.compress
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr(zlib, "compress", lambda data, level: compress(data, 1))
        fast = made(ALL)
        assert again(fast) == fast
    assert again(fast) != again(made(ALL))
    with open_untrusted_pdf(fast) as document:
        document.Root.Lang = "ps"
        changed = reserialise_pdf(document)
    with open_untrusted_pdf(changed) as document:
        assert document.Root.Lang == "ps"


def test_nothing_is_put_behind_pages_that_are_not_ours_or_carry_something(archived: bytes) -> None:
    file = EmbeddedFile(b"(a)", {}, b"<< >>")
    for pdf in (b"", carrying("a.txt"), b"%PDF-1.7\n1 0 obj\n[ ]\nendobj\n%%EOF\n", archived):
        for change in (again, lambda pdf: append_files(pdf, []), lambda pdf: append_files(pdf, [file])):
            with pytest.raises(Problems):
                change(pdf)


@pytest.mark.parametrize("text", ["", "a", "(a\\", "a\n\r\t", "é", "متن", "\x00", "漢字", "a" * 9 + "é", "12 0 R"])
def test_strings_are_written_as_they_are_read(text: str) -> None:
    dictionary = pydyf.Dictionary({"B": pydyf.String(text), "A": pydyf.Array([1, 0.5, 2.0, "/A", b"true"])})
    parsed: Any = pikepdf.Object.parse(serialise_object(dictionary))
    assert str(parsed.B) == text
    assert parsed.unparse(resolved=True) == serialise_object(dictionary) == serialise_object(dict(dictionary))
    assert pikepdf.Object.parse(serialise_string(text)) == pikepdf.String(text)
