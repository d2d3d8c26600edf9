"""Preparation: what a prepared font can do, which fonts are refused, and that its text is read back."""

from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.fontBuilder import FontBuilder
from fontTools.otlLib.builder import buildLookup, buildMultipleSubstSubtable
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTCollection, TTFont, newTable
from fontTools.ttLib.tables._f_v_a_r import Axis

from tests.fonts.shaping import FONTS, PREPARED, UPSTREAM, changed, harfbuzz, shaped
from tests.support import problem_of, problems_of
from tipbrief.fonts import layout_tables
from tipbrief.fonts.preparation import CONTROLS, REPERTOIRE, find_extraction_faults, prepare_all_fonts, prepare_font
from tipbrief.problems import Problem


def refusal(path: Path) -> Problem:
    problem = problem_of(prepare_font, path)
    assert problem.file == path
    return problem


def test_names_and_layout_features_of_the_font_stay_and_hints_are_dropped() -> None:
    with TTFont(UPSTREAM) as before, TTFont(PREPARED) as after:
        assert after["head"].modified == before["head"].modified
        for name in range(15):
            assert after["name"].getDebugName(name) == before["name"].getDebugName(name)
        assert not {"prep", "fpgm", "cvt "} & set(after.keys())
        for tag in ("GSUB", "GPOS"):
            tags = [{r.FeatureTag for r in f[tag].table.FeatureList.FeatureRecord} for f in (before, after)]
            assert tags[0] - {"locl"} <= tags[1]


def test_the_repertoire_is_there_and_nothing_else_and_what_is_invisible_is_empty() -> None:
    with TTFont(PREPARED) as font:
        cmap = font.getBestCmap()
        assert set(map(chr, cmap)) == REPERTOIRE - set("؉؋ẞ←↑→↓■□▪○●")
        for name in (cmap[ord(character)] for character in CONTROLS):
            assert (font["hmtx"][name][0], font["glyf"][name].numberOfContours) == (0, 0)


@pytest.mark.parametrize("text", ["می‌شود", "سال‌ها", "A‌B", "ه‍ ", "۵‌م"])
def test_a_joiner_keeps_a_glyph_of_its_own(text: str) -> None:
    glyphs = [info.codepoint for info in shaped(harfbuzz(PREPARED), text).glyph_infos]
    with TTFont(PREPARED) as font:
        space = font.getGlyphID(font.getBestCmap()[0x20])
    assert len(glyphs) == len(text)
    assert glyphs.count(space) == text.count(" ")  # a hidden joiner is given the space's glyph


@pytest.mark.parametrize("digits", ["۰۱۲۳۴۵۶۷۸۹", "0123456789"])
def test_digits_can_be_set_in_columns(digits: str) -> None:
    positions = shaped(harfbuzz(PREPARED), digits, tnum=True).glyph_positions
    assert len({position.x_advance for position in positions}) == 1


def test_the_web_font_is_the_same_font_and_what_it_lacks_is_noted() -> None:
    prepared = prepare_font(UPSTREAM)
    note = "the font lacks 12 characters of the repertoire: ؉ ؋ ẞ ← ↑ → ↓ ■ □ ▪ ○ ●"
    assert prepared.notes == (note,)
    assert prepared.ttf == PREPARED.read_bytes(), "as it lies in the repository"
    with TTFont(BytesIO(prepared.ttf)) as ttf, TTFont(BytesIO(prepared.woff2)) as woff2:
        assert woff2.flavor == "woff2"
        assert ttf["hmtx"].metrics == woff2["hmtx"].metrics
        for table in ("cmap", "GSUB", "GPOS"):
            assert ttf.getTableData(table) == woff2.getTableData(table)
    assert len(prepared.woff2) < 40_000
    from_web = prepare_font(FONTS / "web" / "Vazirmatn-Bold.woff2")
    assert from_web.ttf[:4] == b"\0\1\0\0", "it may be the source"


def permit(bits: int) -> Callable[[TTFont], None]:
    return lambda font: setattr(font["OS/2"], "fsType", bits)


def without_feature(tag: str) -> Callable[[TTFont], None]:
    def rename(font: TTFont) -> None:
        for record in font["GSUB"].table.FeatureList.FeatureRecord:
            if record.FeatureTag == tag:
                record.FeatureTag = "ss09"

    return rename


def without_table(tag: str) -> Callable[[TTFont], None]:
    return lambda font: font.__delitem__(tag)


def vary(font: TTFont) -> None:
    axis = Axis()
    axis.axisTag, axis.minValue, axis.defaultValue, axis.maxValue = "wght", 100, 400, 900
    axis.axisNameID = 2
    font["fvar"] = newTable("fvar")
    font["fvar"].axes = [axis]


UNSHAPED = "the font does not shape Arabic letters: its GSUB has no init, medi and fina for Arabic"
OPEN = "choose a font with an open licence"


@pytest.mark.parametrize(
    ("change", "message", "hint"),
    [
        (without_table("GSUB"), UNSHAPED, "choose a font made for Persian or Arabic"),
        (without_feature("medi"), UNSHAPED, "choose a font made for Persian or Arabic"),
        (permit(0x0002), "the font forbids embedding in documents (OS/2 fsType 0x0002)", OPEN),
        (permit(0x0100), "the font forbids subsetting, which every PDF does (OS/2 fsType 0x0100)", OPEN),
        (permit(0x0200), "the font allows only its bitmaps to be embedded (OS/2 fsType 0x0200)", OPEN),
        (vary, "the font is variable; one file must be one weight", "varLib.instancer FONT wght=400"),
        (without_table("post"), "the font is damaged: it has no table post", "get the file again"),
    ],
)
def test_a_font_that_cannot_be_used_is_refused(
    tmp_path: Path, change: Callable[[TTFont], None], message: str, hint: str
) -> None:
    problem = refusal(changed(tmp_path, change))
    assert problem.message == message
    assert hint in problem.hint


def test_a_font_without_ccmp_is_given_one_and_one_for_print_and_editing_is_taken(tmp_path: Path) -> None:
    def change(font: TTFont) -> None:
        without_feature("ccmp")(font)
        permit(0x0004)(font)

    prepared = prepare_font(changed(tmp_path, change))
    (tmp_path / "prepared.ttf").write_bytes(prepared.ttf)
    assert find_extraction_faults(tmp_path / "prepared.ttf") == []
    assert prepare_font(changed(tmp_path, permit(0x0008))).ttf


def test_postscript_outlines_are_refused(tmp_path: Path) -> None:
    pen = T2CharStringPen(500, None)
    builder = FontBuilder(1000, isTTF=False)
    builder.setupGlyphOrder([".notdef"])
    builder.setupCharacterMap({})
    builder.setupCFF("Test", {}, {".notdef": pen.getCharString()}, {})
    builder.setupHorizontalMetrics({".notdef": (500, 0)})
    builder.setupHorizontalHeader()
    builder.setupOS2()
    builder.setupPost()
    builder.save(tmp_path / "font.otf")
    problems = problems_of(prepare_font, tmp_path / "font.otf")
    # Both reasons are told at once.
    told = [problem.message for problem in problems]
    assert told == ["the font has PostScript outlines (CFF)", UNSHAPED]
    assert "TrueType build" in problems[0].hint


def test_what_is_no_font_of_its_own_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.ttf"
    assert refusal(file).message == "the file cannot be read: No such file or directory"
    for data in (b"", b"hello, I am a text", b"%PDF-1.7", b"PK\3\4"):
        file.write_bytes(data)
        assert refusal(file).message == "the file is not a font"
    collection = TTCollection()
    collection.fonts = [TTFont(PREPARED), TTFont(FONTS / "prepared" / "Vazirmatn-Bold.ttf")]
    collection.save(tmp_path / "both.ttc")
    assert refusal(tmp_path / "both.ttc").message == "the file is a collection of 2 fonts"


@pytest.mark.parametrize("name", ["upstream/Vazirmatn-Regular.ttf", "web/Vazirmatn-Regular.woff2"])
@pytest.mark.parametrize("share", [0.0001, 0.001, 0.01, 0.3, 0.9, 0.999])
def test_a_truncated_font_is_refused(tmp_path: Path, share: float, name: str) -> None:
    whole = (FONTS / name).read_bytes()
    (tmp_path / "x.ttf").write_bytes(whole[: max(4, int(len(whole) * share))])
    problem = refusal(tmp_path / "x.ttf")
    assert problem.message.startswith("the font is damaged")
    assert problem.hint == "get the file again from its publisher"


def test_damage_that_shows_only_in_preparation_is_told(tmp_path: Path) -> None:
    def widen(font: TTFont) -> None:
        glyph = font["glyf"]["uni0628"]
        glyph.recalcBounds = lambda *args, **kwargs: None  # else fontTools would refuse to write it
        for component in glyph.components:
            component.x = component.y = 32_000

    assert refusal(changed(tmp_path, widen)).message.startswith("the font is damaged: ")


def test_the_published_font_is_not_safe_nor_one_that_cannot_shape(tmp_path: Path) -> None:
    joiners, joined = find_extraction_faults(UPSTREAM)
    assert joiners == "joiners are lost (U+200C, U+200D): two halves of a word are read back as one"
    assert joined.startswith("ligatures hold several characters, which are read back reversed: لآ لأ لإ لا")
    assert "الله" in joined
    path = changed(tmp_path, without_table("GSUB"))
    assert find_extraction_faults(path) == ["the font does not shape Arabic letters"]


@pytest.mark.parametrize("face", sorted((FONTS / "prepared").glob("*.ttf")), ids=lambda path: path.stem)
def test_the_prepared_fonts_are_safe(face: Path) -> None:
    assert find_extraction_faults(face) == []


def test_letters_made_of_shared_parts_are_not_safe_and_preparation_says_so(tmp_path: Path) -> None:
    def share_skeletons(font: TTFont) -> None:
        gsub = font["GSUB"].table
        parts = {"uni0628": ["uni066E", "uni0323"], "uni062A": ["uni066E", "uni0307"]}
        have = {dot: dot for dot in ("uni0323", "uni0307")} | {"uni0323": "uni0655", "uni0307": "uni0654"}
        mapping = {letter: [have.get(name, name) for name in names] for letter, names in parts.items()}
        gsub.LookupList.Lookup.append(buildLookup([buildMultipleSubstSubtable(mapping)]))
        layout_tables.add_to_feature(gsub, "ccmp", len(gsub.LookupList.Lookup) - 1)

    source = changed(tmp_path, share_skeletons)
    wanted = "different characters are drawn with one glyph, and read back as one: "
    (reason,) = [reason for reason in find_extraction_faults(source) if reason.startswith(wanted)]
    assert "ب = ت" in reason
    assert reason in prepare_font(source).notes
    (refused,) = problems_of(prepare_all_fonts, [source])
    assert refused.message.startswith(f"text in this font would be read back wrong: {reason}; ")
    assert refused.hint.startswith(
        "the font has all letters for Dari and Persian, Pashto, English; docs/how-to/fonts.md"
    )
