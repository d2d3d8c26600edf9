"""One font in place of many subsets: each glyph is drawn, spaced and read as in its own subset."""

import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pikepdf
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from tipbrief.deliver.collection import FontMerger
from tipbrief.pipeline.session import Session

TEXTS = ("آزادی و ۱۲۳ سال ۀ", "ژرف‌نگری؛ Quick ۴۵۶ آب", "گچ پژ 789 ئؤأ ۀ ظ ط ض ص ث ق ف غ ع ه خ ح ج")


@pytest.fixture(scope="module")
def pdfs(session: Session) -> list[bytes]:
    """Each text in two weights."""
    return [
        session.typesetter.typeset_html(
            f'<html lang="fa-AF" dir="rtl"><title>متن</title><style>html {{ font: 10pt Vazirmatn }}</style>'
            f"<p>{text}</p><p><b>{text}</b></p></html>"
        ).raw_pdf
        for text in TEXTS
    ]


def fonts(pdf: bytes) -> Iterator[Any]:
    with pikepdf.open(io.BytesIO(pdf)) as document:
        yield from (font for _, font in sorted(document.pages[0].Resources.Font.items()))


class Read:
    """A font as a viewer has it."""

    def __init__(self, font: Any) -> None:
        (below,) = font.DescendantFonts
        self.name = str(font.BaseFont)
        self.names = {self.name, str(below.BaseFont), str(below.FontDescriptor.FontName)}
        self.data = below.FontDescriptor.FontFile2.read_bytes()
        self.file = TTFont(io.BytesIO(self.data))
        self.box = [int(edge) for edge in below.FontDescriptor.FontBBox]
        self.to_unicode = font.ToUnicode.read_bytes()
        self.texts = dict(re.findall(rb"<(\w{4})> <(\w+)>", self.to_unicode))
        self.texts.pop(b"0000", None)
        self.widths: dict[int, float] = {}
        first = 0
        for entry in below.W:
            if isinstance(entry, Array):
                self.widths |= {first + index: float(width) for index, width in enumerate(entry)}
            else:
                first = int(entry)

    def outline(self, number: int) -> Any:
        glyphs = self.file.getGlyphSet()
        pen = DecomposingRecordingPen(glyphs)
        name = self.file.getGlyphOrder()[number]
        glyphs[name].draw(pen)
        return pen.value, self.file["hmtx"][name]


def together(pdfs: list[bytes], session: Session) -> list[tuple[Read, Read]]:
    """The fonts of many PDFs, each beside that which stands for it in one."""
    shared = FontMerger(pikepdf.new(), session.fonts)
    pairs = [(Read(font), shared.find_replacement(font)) for pdf in pdfs for font in fonts(pdf)]
    shared.write_fonts()
    return [(old, Read(font)) for old, font in pairs]


def test_each_glyph_is_drawn_spaced_and_read_as_before(pdfs: list[bytes], session: Session) -> None:
    made, of_others = together(pdfs, session), 0
    assert len(made) == 2 * len(TEXTS)
    assert len({new.name for _, new in made}) == 2, "two fonts stand for all subsets"
    for old, new in made:
        assert old.widths
        assert old.widths.items() <= new.widths.items()
        assert old.texts
        assert old.texts.items() <= new.texts.items()
        for number in old.widths:
            assert new.outline(number) == old.outline(number)
            of_others += old.file["glyf"][old.file.getGlyphOrder()[number]].isComposite()
        assert (new.box[:2], new.box[3]) == (old.box[:2], old.box[3])
        assert new.box[2] >= old.box[2]
    assert of_others > 3  # glyphs that are made of others are among them


def test_the_fonts_file_is_sound(pdfs: list[bytes], session: Session) -> None:
    for _, new in together(pdfs, session):
        names, glyphs = new.file.getGlyphOrder(), new.file["glyf"]
        assert new.file["maxp"].numGlyphs == len(names)
        for name in names:
            assert set(glyphs[name].getComponentNames(glyphs)) <= set(names)
        TTFont(io.BytesIO(new.data), checkChecksums=2).ensureDecompiled()
        assert re.fullmatch(r"/[A-Z]{6}\+Vazirmatn(-Bold)?", new.name)
        assert new.names == {new.name}


def test_the_map_to_unicode_has_no_long_blocks(session: Session) -> None:
    letters = "".join(map(chr, [*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0xFF)]))
    style = "<title>x</title><style>html { font: 9pt Vazirmatn }</style>"
    pdf = session.typesetter.typeset_html(f'<html lang="en">{style}<p>{letters}</p></html>').raw_pdf
    ((old, new),) = together([pdf], session)
    blocks = re.findall(rb"(\d+) beginbfchar\n(.*?)endbfchar", new.to_unicode, re.S)
    assert [int(count) for count, _ in blocks] == [lines.count(b"\n") for _, lines in blocks]
    assert len(blocks) > 1
    assert max(int(count) for count, _ in blocks) <= 100
    assert new.texts == old.texts


def other_text(font: Any) -> None:
    data = font.ToUnicode.read_bytes()
    font.ToUnicode.write(re.sub(rb"<(\w{4})> <0632>", rb"<\1> <0698>", data))


def other_width(font: Any) -> None:
    font.DescendantFonts[0].W[1][0] += 1


@pytest.mark.parametrize("change", [other_text, other_width])
def test_what_differs_stays_apart_and_shares_the_file(
    pdfs: list[bytes], session: Session, change: Callable[[Any], None]
) -> None:
    shared = FontMerger(pikepdf.new(), session.fonts)
    with pikepdf.open(io.BytesIO(pdfs[0])) as source:
        font = min(source.pages[0].Resources.Font.items())[1]
        first = shared.find_replacement(font)
        assert shared.find_replacement(font).objgen == first.objgen
        change(font)
        changed = Read(font)
        second = shared.find_replacement(font)
        assert second.objgen != first.objgen
        assert shared.find_replacement(font).objgen == second.objgen
    shared.write_fonts()
    assert (Read(second).texts, Read(second).widths) == (changed.texts, changed.widths)
    files = [one.DescendantFonts[0].FontDescriptor.FontFile2.objgen for one in (first, second)]
    assert files[0] == files[1]


def test_other_fonts_are_left_alone(pdfs: list[bytes], session: Session) -> None:
    shared = FontMerger(pikepdf.new(), session.fonts[:0])
    plain = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    assert shared.find_replacement(plain) is None
    assert shared.find_replacement(Dictionary(Type=Name.ExtGState)) is None
    assert [shared.find_replacement(font) for font in fonts(pdfs[0])] == [None, None]  # of no face
