"""One font in place of many subsets: each glyph is drawn, spaced and read as in its own subset."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pikepdf
import pytest
from fontTools.pens.recordingPen import DecomposingRecordingPen
from fontTools.ttLib import TTFont
from pikepdf import Array, Dictionary, Name

from tipbrief.build.session import Workshop
from tipbrief.deliver.shared_fonts import Subsets
from tipbrief.typeset.engine import Typesetter

TEXTS = ("آزادی و ۱۲۳ سال ۀ", "ژرف‌نگری؛ Quick ۴۵۶ آب", "گچ پژ 789 ئؤأ ۀ ظ ط ض ص ث ق ف غ ع ه خ ح ج")


@pytest.fixture(scope="module")
def press(workshop: Workshop) -> Typesetter:
    return workshop.typesetter


@pytest.fixture(scope="module")
def pdfs(press: Typesetter) -> list[bytes]:
    """Each text in two weights."""
    return [
        press.typeset(
            f'<html lang="fa-AF" dir="rtl"><title>متن</title><style>html {{ font: 10pt Vazirmatn }}</style>'
            f"<p>{text}</p><p><b>{text}</b></p></html>"
        ).pdf
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
        self.texts = dict(re.findall(rb"<(\w{4})> <(\w+)>", font.ToUnicode.read_bytes()))
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


@dataclass(frozen=True)
class Together:
    """The fonts of many PDFs in one, and each as it was beside that which stands for it."""

    document: pikepdf.Pdf
    pairs: list[tuple[Read, Any]]

    @property
    def read(self) -> list[tuple[Read, Read]]:
        return [(old, Read(font)) for old, font in self.pairs]


def together(pdfs: list[bytes]) -> Together:
    document = pikepdf.new()
    subsets = Subsets(document)
    pairs = [(Read(font), subsets.whole(font)) for pdf in pdfs for font in fonts(pdf)]
    subsets.write()
    return Together(document, pairs)


def test_two_fonts_stand_for_all_subsets(pdfs: list[bytes]) -> None:
    made = together(pdfs)
    assert len(made.pairs) == 2 * len(TEXTS)
    assert len({whole.objgen for _, whole in made.pairs}) == 2


def test_each_glyph_is_drawn_spaced_and_read_as_before(pdfs: list[bytes]) -> None:
    of_others = 0
    for old, new in together(pdfs).read:
        assert old.widths
        assert old.widths.items() <= new.widths.items()
        assert old.texts
        assert old.texts.items() <= new.texts.items()
        for number in old.widths:
            assert new.outline(number) == old.outline(number)
            of_others += old.file["glyf"][old.file.getGlyphOrder()[number]].isComposite()
        assert new.box[0] <= old.box[0]
        assert new.box[2] >= old.box[2]
    assert of_others > 3  # glyphs that are made of others are among them


def test_the_fonts_file_is_sound(pdfs: list[bytes]) -> None:
    for _, new in together(pdfs).read:
        names, glyphs = new.file.getGlyphOrder(), new.file["glyf"]
        assert new.file["maxp"].numGlyphs == len(names) == new.file["hhea"].numberOfHMetrics
        for name in names:
            assert set(glyphs[name].getComponentNames(glyphs)) <= set(names)
            if glyphs[name].numberOfContours > 0:
                assert new.file["head"].yMax >= glyphs[name].yMax
                assert new.file["maxp"].maxPoints >= len(glyphs[name].coordinates)
        TTFont(io.BytesIO(new.data), checkChecksums=2).ensureDecompiled()
        assert re.fullmatch(r"/[A-Z]{6}\+Vazirmatn(-Bold)?", new.name)
        assert new.names == {new.name}


def test_the_map_to_unicode_has_no_long_blocks(press: Typesetter) -> None:
    letters = "".join(map(chr, [*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0xFF)]))
    style = "<title>x</title><style>html { font: 9pt Vazirmatn }</style>"
    made = together([press.typeset(f'<html lang="en">{style}<p>{letters}</p></html>').pdf])
    ((old, font),) = made.pairs
    blocks = re.findall(rb"(\d+) beginbfchar\n(.*?)endbfchar", font.ToUnicode.read_bytes(), re.S)
    assert [int(count) for count, _ in blocks] == [lines.count(b"\n") for _, lines in blocks]
    assert len(blocks) > 1
    assert max(int(count) for count, _ in blocks) <= 100
    assert Read(font).texts == old.texts


def other_text(font: Any) -> None:
    data = font.ToUnicode.read_bytes()
    font.ToUnicode.write(re.sub(rb"<(\w{4})> <0632>", rb"<\1> <0698>", data))


def other_width(font: Any) -> None:
    font.DescendantFonts[0].W[1][0] += 1


def other_outline(font: Any) -> None:
    file = font.DescendantFonts[0].FontDescriptor.FontFile2
    changed = TTFont(io.BytesIO(file.read_bytes()))
    glyphs = changed["glyf"]
    drawn = next(name for name in changed.getGlyphOrder()[1:] if glyphs[name].numberOfContours > 0)
    glyphs[drawn].coordinates.translate((1, 0))
    out = io.BytesIO()
    changed.save(out)
    file.write(out.getvalue())


def other_family(font: Any) -> None:
    font.DescendantFonts[0].FontDescriptor.FontFamily = pikepdf.String("Other")


@pytest.mark.parametrize("change", [other_text, other_width, other_outline, other_family])
def test_what_differs_stays_apart(pdfs: list[bytes], change: Callable[[Any], None]) -> None:
    document = pikepdf.new()
    subsets = Subsets(document)
    with pikepdf.open(io.BytesIO(pdfs[0])) as source:
        font = min(source.pages[0].Resources.Font.items())[1]
        first = subsets.whole(font).objgen
        assert subsets.whole(font).objgen == first
        change(font)
        second = subsets.whole(font).objgen
        assert second != first
        assert subsets.whole(font).objgen == second


def test_other_fonts_are_left_alone() -> None:
    document = pikepdf.new()
    plain = Dictionary(Type=Name.Font, Subtype=Name.Type1, BaseFont=Name.Helvetica)
    assert Subsets(document).whole(plain) is None
    assert Subsets(document).whole(Dictionary(Type=Name.ExtGState)) is None


def test_the_same_subsets_give_the_same_bytes(pdfs: list[bytes]) -> None:
    first, second = ([(new.name, new.data) for _, new in together(pdfs).read] for _ in range(2))
    assert first == second
