"""Ligatures in one glyph a character: the picture is that of the published font, in every face."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uharfbuzz as hb
from fontTools.otlLib.builder import buildAnchor, buildCursivePosSubtable, buildLookup, buildPairPosGlyphs, buildValue
from fontTools.pens.recordingPen import RecordingPen
from fontTools.ttLib import TTFont

from tests.fonts.shaping import FONTS, PREPARED, UPSTREAM, changed, harfbuzz, shaped
from tipbrief.fonts.preparation import prepare_font

FACES = ("Regular", "Bold", "ExtraBold")
SENTENCES = """
ایالات متحده افغانستان قاچاق انسان می‌شود نمی‌شود سال‌ها خانه‌ها به‌گونهٔ خانۀ مسؤول جزء مسئله لازم اسلام بالا
الله لله بالله والله عبدالله اللّه هللا طالبان ملا لآل کابل‌اند گفته‌اند بی‌طرف
ښوونکی ځوان څوک ډېر ړوند ږیره ګډون مڼه ۍ پښتو لاندې لاړ سلاکار
مُحَمَّدٌ بَلَاءٌ سَلَّمَ إِلَّا كِتَابًا الْإِسْلَامُ ٱلْأَرْض
Köln Ağrı Łódź office flow affine 2025 ۱۲٬۳۴۵ ٪۵۰ ۳٫۵ (۲۰۲۵) «کتاب» ‹نقل› … –
"""
WORDS = SENTENCES.split()
LETTERS = "ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىيٱپچژکگیۀەےۓھټځڅډړږښڼګۍېٹڈڑ"
MARKS = "ًٌٍَُِّْٰٕٓٔ"
LAM_ALEF = ("لا", "لأ", "لإ", "لآ", "لٱ")


def texts() -> Iterator[str]:
    yield from WORDS
    yield " ".join(WORDS)
    for letter in LETTERS:
        for unit in (*LAM_ALEF, "الله"):
            yield from (f"{letter}{between}{unit}" for between in ("", "ب", " ", "\u200c"))
            yield from (unit + letter, f"{unit} {letter}")
        for other in LETTERS:
            yield from (f"{letter}\u200c{other}", f"ب{letter}{other}")
    for mark in MARKS:
        for unit in LAM_ALEF:
            parted = f"{unit[0]}{mark}{unit[1]}"
            yield from (unit + mark, f"ب{unit}{mark}", parted, f"ب{parted}َ")
            for other in MARKS:
                yield from (f"{parted}{other}", f"م{unit}{mark}{other}")
        yield from (f"ه{mark}", f"مه{mark}", f"مه\u0654{mark}", f"ا{mark}لله", f"ال{mark}له", f"الله{mark}")


TEXTS = tuple(dict.fromkeys(texts()))


def picture(font: hb.Font, text: str, **features: bool) -> tuple[list[object], int]:
    """All contours where they are drawn, and the total advance."""
    buffer = shaped(font, text, **features)
    contours: list[object] = []
    x = 0
    for info, position in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        pen = RecordingPen()
        font.draw_glyph_with_pen(info.codepoint, pen)
        dx, dy = x + position.x_offset, position.y_offset
        contour: list[object] = []
        for operator, points in pen.value:
            contour.append((operator, tuple((px + dx, py + dy) for px, py in points)))
            if operator in ("closePath", "endPath"):
                contours.append(tuple(contour))
                contour = []
        x += position.x_advance
    return sorted(contours), x  # type: ignore[type-var]


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_every_text_looks_as_in_the_published_font(face: str) -> None:
    before = harfbuzz(FONTS / "upstream" / f"Vazirmatn-{face}.ttf")
    after = harfbuzz(FONTS / "prepared" / f"Vazirmatn-{face}.ttf")
    assert [text for text in TEXTS if picture(before, text) != picture(after, text)] == []


@pytest.mark.parametrize("features", [{"kern": False}, {"tnum": True}, {"dlig": True}, {"ss01": True}])
def test_every_word_looks_the_same_with_other_features(features: dict[str, bool]) -> None:
    before, after = harfbuzz(UPSTREAM), harfbuzz(PREPARED)
    words = [*WORDS, "۰۱۲۳۴۵۶۷۸۹", "0123456789", "٠١٢٣٤٥٦٧٨٩"]
    assert [w for w in words if picture(before, w, **features) != picture(after, w, **features)] == []


def test_the_comparison_sees_a_difference() -> None:
    regular, bold = (harfbuzz(FONTS / "prepared" / f"Vazirmatn-{face}.ttf") for face in ("Regular", "Bold"))
    assert picture(regular, "لا") != picture(bold, "لا")
    assert picture(regular, "لا") != picture(regular, "لأ")


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("text", [*LAM_ALEF, *("ب" + unit for unit in LAM_ALEF), "الله", "لَا", "هٔ", "می‌شود", "ه‍"])
def test_there_is_a_glyph_for_each_character(face: str, text: str) -> None:
    font = harfbuzz(FONTS / "prepared" / f"Vazirmatn-{face}.ttf")
    glyphs = [info.codepoint for info in shaped(font, text).glyph_infos]
    assert len(glyphs) == len(text) == len(set(glyphs))


def test_the_parts_of_a_ligature_share_its_width() -> None:
    font = harfbuzz(PREPARED)
    alef, lam = (position.x_advance for position in shaped(font, "لا").glyph_positions)
    assert alef > 0 < lam
    # A whole number of thousandths of an em, so that a PDF rounds what follows as it did before.
    assert alef * 1000 % font.face.upem == 0


def kerned(font: TTFont, subtables: list[Any]) -> None:
    """Have the feature of kerning apply these subtables, too."""
    gpos = font["GPOS"].table
    gpos.LookupList.Lookup.append(buildLookup(subtables, table="GPOS"))
    for record in gpos.FeatureList.FeatureRecord:
        if record.FeatureTag == "kern":
            record.Feature.LookupListIndex.append(len(gpos.LookupList.Lookup) - 1)


def test_a_ligature_that_kerning_names_is_read_right_and_kerned_no_longer(tmp_path: Path) -> None:
    def kern_lam_alef(font: TTFont) -> None:
        pair = {("uniFEFB", "uni0628"): (buildValue({"XAdvance": -80}), None)}
        kerned(font, buildPairPosGlyphs(pair, font.getReverseGlyphMap()))

    source = changed(tmp_path, kern_lam_alef)
    prepared = prepare_font(source)
    assert "ligatures no longer kerned with their neighbours: uniFEFB" in prepared.notes
    assert not any("read back" in note for note in prepared.notes)
    before, after = harfbuzz(source), harfbuzz(prepared.ttf)
    for text in ("لا", "بلا", "لأ", "لا ب", "الله"):
        assert picture(before, text) == picture(after, text)
    assert [len(shaped(after, text).glyph_infos) for text in ("لا", "لأ")] == [2, 2]


def test_a_ligature_that_is_attached_to_its_neighbours_is_left_whole_and_named(tmp_path: Path) -> None:
    def attach(font: TTFont) -> None:
        ends = {"uniFEFB": (buildAnchor(0, 0), buildAnchor(90, 0))}
        kerned(font, [buildCursivePosSubtable(ends, font.getReverseGlyphMap())])

    why = "cursive attachment names it"
    prepared = prepare_font(changed(tmp_path, attach))
    assert f"ligatures left as one glyph ({why}): uniFEFB" in prepared.notes
    assert any("read back reversed: لا" in note for note in prepared.notes)


def test_a_ligature_that_a_feature_changes_is_left_whole_and_named(tmp_path: Path) -> None:
    def alternate(font: TTFont) -> None:
        gsub = font["GSUB"].table
        salt = next(r for r in gsub.FeatureList.FeatureRecord if r.FeatureTag == "salt")
        lookup = gsub.LookupList.Lookup[salt.Feature.LookupListIndex[0]]
        lookup.SubTable[0].mapping["uniFEF7"] = "uniFEFB"

    prepared = prepare_font(changed(tmp_path, alternate))
    assert "ligatures left as one glyph (a feature changes it to another glyph): uniFEF7" in prepared.notes


def test_latin_ligatures_stay_and_a_split_glyph_is_made_of_its_ligature_moved_left() -> None:
    font, shape = TTFont(PREPARED), harfbuzz(PREPARED)
    assert len(shaped(shape, "fi").glyph_infos) == 1
    alef, lam = (info.codepoint for info in shaped(shape, "لا").glyph_infos)
    glyphs = [font["glyf"][font.getGlyphName(number)] for number in (alef, lam)]
    assert glyphs[0].numberOfContours == 0
    assert [component.x for component in glyphs[1].components] == [-font["hmtx"][font.getGlyphName(alef)][0]]
