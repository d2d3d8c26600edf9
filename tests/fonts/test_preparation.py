"""Preparation: what a prepared font can do, which fonts are refused, and that its text is read back."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from xml.sax.saxutils import escape

import pypdfium2
import pytest
import uharfbuzz as hb
from fontTools.fontBuilder import FontBuilder
from fontTools.otlLib.builder import buildLookup, buildMultipleSubstSubtable
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.ttLib import TTCollection, TTFont, newTable
from fontTools.ttLib.tables._f_v_a_r import Axis

from tipbrief.fonts import layout_tables, preparation, shelf
from tipbrief.problems import Problem, Problems

FONTS = Path(__file__).parents[2] / "fonts"
UPSTREAM = FONTS / "upstream" / "Vazirmatn-Regular.ttf"
PREPARED = FONTS / "prepared" / "Vazirmatn-Regular.ttf"


def changed(tmp_path: Path, change: Callable[[TTFont], object]) -> Path:
    with TTFont(UPSTREAM) as font:
        change(font)
        font.save(tmp_path / "changed.ttf")
    return tmp_path / "changed.ttf"


def refusal(path: Path) -> Problem:
    with pytest.raises(Problems) as caught:
        preparation.prepare(path)
    (problem,) = caught.value.problems
    assert problem.file == path
    return problem


# --- what preparation does ---


def test_the_same_font_gives_the_same_bytes_whatever_the_order_of_sets() -> None:
    script = (
        "import sys; from hashlib import sha256; from pathlib import Path;"
        "from tipbrief.fonts.preparation import prepare;"
        "p = prepare(Path(sys.argv[1])); print(sha256(p.ttf).hexdigest(), sha256(p.woff2).hexdigest())"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", script, str(UPSTREAM)],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


def test_family_date_and_licence_of_the_font_stay() -> None:
    with TTFont(UPSTREAM) as before, TTFont(PREPARED) as after:
        assert after["head"].modified == before["head"].modified
        for name in range(15):
            assert after["name"].getDebugName(name) == before["name"].getDebugName(name)


def test_hints_are_dropped_and_every_layout_feature_kept() -> None:
    with TTFont(UPSTREAM) as before, TTFont(PREPARED) as after:
        assert not {"prep", "fpgm", "cvt "} & set(after.keys())
        for tag in ("GSUB", "GPOS"):
            tags = [{r.FeatureTag for r in f[tag].table.FeatureList.FeatureRecord} for f in (before, after)]
            assert tags[0] - {"locl"} <= tags[1]


def test_the_repertoire_is_there_and_nothing_else() -> None:
    with TTFont(PREPARED) as font:
        had = set(map(chr, font.getBestCmap()))
    assert had <= preparation.REPERTOIRE
    assert preparation.REPERTOIRE - had == set("؉؋ẞ←↑→↓■□▪○●")


def test_what_the_font_lacks_is_noted() -> None:
    note = "the font lacks 12 characters of the repertoire: ؉ ؋ ẞ ← ↑ → ↓ ■ □ ▪ ○ ●"
    assert preparation.prepare(UPSTREAM).notes == (note,)


def test_invisible_characters_have_empty_glyphs_without_width() -> None:
    with TTFont(PREPARED) as font:
        cmap = font.getBestCmap()
        for character in preparation.CONTROLS:
            name = cmap[ord(character)]
            assert font["hmtx"][name][0] == 0
            assert font["glyf"][name].numberOfContours == 0


@pytest.mark.parametrize("text", ["می‌شود", "سال‌ها", "A‌B", "ه‍ ", "۵‌م"])
def test_a_joiner_keeps_a_glyph_of_its_own(text: str) -> None:
    def glyphs(path: Path) -> list[str]:
        font, buffer = hb.Font(hb.Face(path.read_bytes())), hb.Buffer()
        buffer.add_str(text)
        buffer.guess_segment_properties()
        hb.shape(font, buffer)
        return [info.codepoint for info in buffer.glyph_infos]

    with TTFont(PREPARED) as font:
        space = font.getGlyphID(font.getBestCmap()[0x20])
    assert len(glyphs(PREPARED)) == len(text)
    assert glyphs(PREPARED).count(space) == text.count(" ")  # a hidden joiner is given the space's glyph


def test_a_font_without_ccmp_is_given_one(tmp_path: Path) -> None:
    def remove(font: TTFont) -> None:
        for record in font["GSUB"].table.FeatureList.FeatureRecord:
            if record.FeatureTag == "ccmp":
                record.FeatureTag = "ss09"

    prepared = preparation.prepare(changed(tmp_path, remove))
    (tmp_path / "prepared.ttf").write_bytes(prepared.ttf)
    assert preparation.is_safe(tmp_path / "prepared.ttf") == []


def test_digits_can_be_set_in_columns() -> None:
    font = hb.Font(hb.Face(PREPARED.read_bytes()))

    def widths(digits: str) -> set[int]:
        found = set()
        for digit in digits:
            buffer = hb.Buffer()
            buffer.add_str(digit)
            buffer.guess_segment_properties()
            hb.shape(font, buffer, {"tnum": True})
            found.add(buffer.glyph_positions[0].x_advance)
        return found

    assert len(widths("۰۱۲۳۴۵۶۷۸۹")) == 1
    assert len(widths("0123456789")) == 1


def test_the_web_font_is_the_same_font() -> None:
    prepared = preparation.prepare(UPSTREAM)
    with TTFont(BytesIO(prepared.ttf)) as ttf, TTFont(BytesIO(prepared.woff2)) as woff2:
        assert woff2.flavor == "woff2"
        assert ttf.getBestCmap() == woff2.getBestCmap()
        assert ttf["hmtx"].metrics == woff2["hmtx"].metrics
        assert ttf.getTableData("GSUB") == woff2.getTableData("GSUB")
        assert ttf.getTableData("GPOS") == woff2.getTableData("GPOS")
    assert len(prepared.woff2) < 40_000


def test_a_web_font_may_be_the_source() -> None:
    assert preparation.prepare(FONTS / "web" / "Vazirmatn-Bold.woff2").ttf[:4] == b"\0\1\0\0"


# --- what is refused ---


def test_a_font_without_arabic_shaping_is_refused(tmp_path: Path) -> None:
    problem = refusal(changed(tmp_path, lambda font: font.__delitem__("GSUB")))
    assert problem.message == (
        "the font does not shape Arabic letters: its GSUB has no init, medi and fina for Arabic"
    )
    assert problem.hint == "choose a font made for Persian or Arabic"


def test_a_font_with_latin_features_only_is_refused(tmp_path: Path) -> None:
    def remove(font: TTFont) -> None:
        for record in font["GSUB"].table.FeatureList.FeatureRecord:
            if record.FeatureTag == "medi":
                record.FeatureTag = "ss09"

    assert "does not shape Arabic" in refusal(changed(tmp_path, remove)).message


@pytest.mark.parametrize(
    ("permission", "message"),
    [
        (0x0002, "the font forbids embedding in documents (OS/2 fsType 0x0002)"),
        (0x0100, "the font forbids subsetting, which every PDF does (OS/2 fsType 0x0100)"),
        (0x0200, "the font allows only its bitmaps to be embedded (OS/2 fsType 0x0200)"),
    ],
)
def test_a_font_that_forbids_embedding_is_refused(tmp_path: Path, permission: int, message: str) -> None:
    problem = refusal(changed(tmp_path, lambda font: setattr(font["OS/2"], "fsType", permission)))
    assert problem.message == message
    assert problem.hint == "choose a font with an open licence"


@pytest.mark.parametrize("permission", [0x0004, 0x0008])
def test_a_font_that_may_be_embedded_for_print_or_editing_is_taken(tmp_path: Path, permission: int) -> None:
    assert preparation.prepare(
        changed(tmp_path, lambda font: setattr(font["OS/2"], "fsType", permission))
    ).ttf


def test_a_variable_font_is_refused(tmp_path: Path) -> None:
    def vary(font: TTFont) -> None:
        axis = Axis()
        axis.axisTag, axis.minValue, axis.defaultValue, axis.maxValue = "wght", 100, 400, 900
        axis.axisNameID = 2
        font["fvar"] = newTable("fvar")
        font["fvar"].axes = [axis]

    problem = refusal(changed(tmp_path, vary))
    assert problem.message == "the font is variable; one file must be one weight"
    assert "fonttools varLib.instancer FONT wght=400" in problem.hint


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
    with pytest.raises(Problems) as caught:
        preparation.prepare(tmp_path / "font.otf")
    # Both reasons are told at once.
    assert [problem.message for problem in caught.value.problems] == [
        "the font has PostScript outlines (CFF)",
        "the font does not shape Arabic letters: its GSUB has no init, medi and fina for Arabic",
    ]
    assert "TrueType build" in caught.value.problems[0].hint


def test_a_collection_is_refused(tmp_path: Path) -> None:
    collection = TTCollection()
    collection.fonts = [TTFont(PREPARED), TTFont(FONTS / "prepared" / "Vazirmatn-Bold.ttf")]
    collection.save(tmp_path / "both.ttc")
    problem = refusal(tmp_path / "both.ttc")
    assert problem.message == "the file is a collection of 2 fonts"


@pytest.mark.parametrize("data", [b"", b"hello, I am a text", b"%PDF-1.7", b"PK\3\4"])
def test_what_is_not_a_font_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.ttf").write_bytes(data)
    assert refusal(tmp_path / "x.ttf").message == "the file is not a font"


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


def test_a_font_without_a_needed_table_is_refused(tmp_path: Path) -> None:
    problem = refusal(changed(tmp_path, lambda font: font.__delitem__("post")))
    assert problem.message == "the font is damaged: it has no table post"


def test_a_file_that_is_not_there_is_a_problem(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.ttf").message == "the font cannot be read: No such file or directory"


# --- what would be read back wrong ---


def test_the_published_font_is_not_safe() -> None:
    joiners, joined = preparation.is_safe(UPSTREAM)
    assert joiners == "joiners are lost (U+200C, U+200D): می‌شود is read back as میشود"
    assert joined.startswith("ligatures hold several characters, which are read back reversed: لآ لأ لإ لا")
    assert "الله" in joined


@pytest.mark.parametrize("face", sorted((FONTS / "prepared").glob("*.ttf")), ids=lambda path: path.stem)
def test_the_prepared_fonts_are_safe(face: Path) -> None:
    assert preparation.is_safe(face) == []


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
    (reason,) = [reason for reason in preparation.is_safe(source) if reason.startswith(wanted)]
    assert "ب = ت" in reason
    assert reason in preparation.prepare(source).notes


def test_a_font_that_cannot_shape_is_not_safe(tmp_path: Path) -> None:
    path = changed(tmp_path, lambda font: font.__delitem__("GSUB"))
    assert preparation.is_safe(path) == ["the font does not shape Arabic letters"]


# --- reading back, through WeasyPrint ---

TYPESET = """
import json, sys, weasyprint
from weasyprint.urls import URLFetcher, URLFetcherResponse
told = json.load(sys.stdin)
class Fetcher(URLFetcher):
    def fetch(self, url, headers=None):
        with open(told["twins"][url], "rb") as font:  # nothing else may be asked for
            return URLFetcherResponse(url, font.read(), {"Content-Type": "font/ttf"})
weasyprint.HTML(string=told["html"], url_fetcher=Fetcher()).write_pdf(told["pdf"])
"""


def read_back(tmp_path: Path, *paragraphs: str) -> dict[str, list[str]]:
    """The lines that two readers find in the PDF of the paragraphs, poppler's embeddings undone."""
    faces = shelf.shelf(FONTS)
    body = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    style = f"{shelf.font_face_css(faces)} body {{ font-family: Vazirmatn }} b {{ font-weight: 700 }}"
    pdf = tmp_path / "out.pdf"
    told = {
        "html": f'<html lang="fa-AF" dir="rtl"><style>{style}</style>{body}</html>',
        "twins": {address: str(path) for address, path in shelf.twins(faces).items()},
        "pdf": str(pdf),
    }
    config = tmp_path / "fonts.conf"
    folder = escape(str(FONTS / "prepared"))
    config.write_text(f"<fontconfig><dir>{folder}</dir><cachedir>{tmp_path}</cachedir></fontconfig>")
    # In a process of its own: fontconfig is set up once in a process.
    done = subprocess.run(
        [sys.executable, "-c", TYPESET],
        input=json.dumps(told),
        env=os.environ | {"FONTCONFIG_FILE": str(config)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    poppler = subprocess.run(["pdftotext", "-enc", "UTF-8", str(pdf), "-"], capture_output=True, check=True)
    with pypdfium2.PdfDocument(pdf) as document:
        pdfium = document[0].get_textpage().get_text_range()
    return {"poppler": lines(undone(poppler.stdout.decode())), "pdfium": lines(pdfium)}


def undone(text: str) -> str:
    """Poppler sets neutral and left-to-right runs of a right-to-left line in visual order."""
    number = r"[0-9A-Za-z۰-۹](?:[0-9A-Za-z۰-۹٫٬]*[0-9A-Za-z۰-۹])?"
    return re.sub(
        "\u202a([^\u202c\n]*)\u202c",
        lambda run: re.sub(number, lambda word: word[0][::-1], run[1][::-1]),
        text,
    )


def lines(text: str) -> list[str]:
    text = re.sub("[\u200e\u200f\u202a-\u202e\u2066-\u2069]", "", unicodedata.normalize("NFC", text))
    return [" ".join(line.split()) for line in text.replace("\f", "\n").splitlines() if line.strip()]


def test_what_is_printed_in_a_prepared_font_is_read_back(tmp_path: Path) -> None:
    said = [
        "ایالات می‌شود افغانستان الله سال‌ها",
        "لا لأ لإ لآ بلا بلأ بلإ بلآ عبدالله بالله",
        "خانۀ خانه‌ها و خانهٔ ما",
        "په افغانستان کې ښځې او ځوانان لاړل",
        "office fire flat",
        "در سال ۲۰۲۵ شمار ۱۲٬۳۴۵ و ۳٫۵",
    ]
    found = read_back(tmp_path, *said)
    assert found["pdfium"] == said
    assert found["poppler"] == [*said[:4], "flat fire office", said[5]]  # an English line in a Dari paragraph


def test_a_non_joiner_is_read_back_beside_and_in_bold(tmp_path: Path) -> None:
    said = [
        "الف <b>کتاب‌ها</b> ب",
        "الف خانه‌<b>ها</b> ب",
        "الف <b>کتاب‌</b>ها ب",
        "الف <b>می‌شود</b> <b>بی‌طرف</b> ب",
    ]
    plain = [re.sub("<.*?>", "", line) for line in said]
    assert read_back(tmp_path, *said) == {"poppler": plain, "pdfium": plain}
