"""Fonts of a publication, which may be a stranger's: what is drawn is what fontTools wrote, and prepared."""

import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables.ttProgram import Program

from tests.fonts.families import FAMILY, own_family, published
from tests.support import BASE, FONTS, problems_of
from tests.support import change as change_text
from tipbrief.fonts import font_library
from tipbrief.fonts.font_library import find_family_fonts
from tipbrief.problems import Problem

SHIPPED = font_library.load_fonts(FONTS)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small sound publication with a family of its own."""
    folder = tmp_path_factory.mktemp("own") / "publication"
    return own_family(Path(shutil.copytree(BASE, folder)), tmp_path_factory)


@pytest.fixture
def publication(prepared: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(prepared, tmp_path / "publication"))


def faults(publication: Path) -> list[Problem]:
    return problems_of(find_family_fonts, publication, [FAMILY], SHIPPED)


def rewritten(publication: Path, change: Callable[[TTFont], object], source: Path | None = None) -> None:
    """The publication's bold face with a change, or another font, of which its manifest knows."""
    file = publication / "fonts" / "web" / "Sefid-Bold.woff2"
    with TTFont(source or file) as font:
        change(font)
        font.flavor = "woff2"
        out = BytesIO()
        font.save(out)
    manifest = publication / "fonts" / "manifest.json"
    old, new = (sha256(data).hexdigest() for data in (file.read_bytes(), out.getvalue()))
    change_text(manifest, old, new)
    file.write_bytes(out.getvalue())


def test_the_faces_are_those_of_the_families_in_their_order(publication: Path) -> None:
    faces, missing = find_family_fonts(publication, [FAMILY], SHIPPED)
    assert [(face.family, face.weight) for face in faces] == [(FAMILY, 400), (FAMILY, 700)]
    assert missing == []
    both, _ = find_family_fonts(publication, ["Vazirmatn", FAMILY], SHIPPED)
    assert font_library.family_names(both) == ("Vazirmatn", FAMILY)
    assert {face.ttf.parent for face in both} == {both[0].ttf.parent}, "one folder, which fontconfig sees"
    assert {path.suffix for path in both[0].ttf.parent.iterdir()} == {".ttf"}
    assert find_family_fonts(publication, ["Vazirmatn"], SHIPPED) == (SHIPPED, [])
    assert find_family_fonts(publication, ["Vazirmatn", "Nastaliq"], SHIPPED)[1] == ["Nastaliq"]
    for folder in ("upstream", "prepared"):
        shutil.rmtree(publication / "fonts" / folder)
    assert find_family_fonts(publication, [FAMILY], SHIPPED) == (faces, []), "only what PDFs carry is read"


def test_what_is_drawn_was_written_by_fonttools_without_programs(publication: Path) -> None:
    def stranger(font: TTFont) -> None:
        font["fpgm"] = newTable("fpgm")
        font["fpgm"].program = Program()
        font["fpgm"].program.fromBytecode([0x20])
        font["JUNK"] = newTable("JUNK")
        font["JUNK"].data = b"\0" * 99

    rewritten(publication, stranger)
    faces, _ = find_family_fonts(publication, [FAMILY], SHIPPED)
    with TTFont(faces[1].ttf) as font:
        assert {"glyf", "GSUB"} < {*font.keys()}
        assert not {"fpgm", "JUNK"} & {*font.keys()}


def test_a_font_that_is_not_prepared_is_not_drawn(publication: Path) -> None:
    source = published(publication.parent / "again")[1]
    rewritten(publication, lambda font: None, source)
    found = faults(publication)
    assert any("joiners are lost" in one.message for one in found)
    assert {one.file for one in found} == {publication / "fonts" / "web" / "Sefid-Bold.woff2"}
    assert "tipbrief fonts prepare" in found[0].hint


def in_os2(**values: int) -> Callable[[TTFont], None]:
    return lambda font: font["OS/2"].__dict__.update(values)


def named(text: str, *numbers: int) -> Callable[[TTFont], None]:
    """Other names: all, or these."""

    def rename(font: TTFont) -> None:
        for record in font["name"].names:
            record.string = text if record.nameID in numbers or not numbers else record.string

    return rename


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (in_os2(fsType=2), "the font forbids embedding in documents (OS/2 fsType 0x0002)"),
        (in_os2(usWeightClass=300), "the font is Sefid 300, and its manifest says otherwise"),
        (named('x"; }</style>'), "the name of the font's family cannot be printed"),
        (named("Version " + "9" * 99, 5), "the version of the font's family cannot be printed"),
    ],
)
def test_what_a_strangers_font_says_is_not_believed(
    publication: Path, change: Callable[[TTFont], object], said: str
) -> None:
    rewritten(publication, change)
    assert [one.message for one in faults(publication)] == [said]


def test_a_damaged_or_strange_file_is_a_problem(publication: Path, tmp_path: Path) -> None:
    file = publication / "fonts" / "web" / "Sefid-Bold.woff2"
    manifest = publication / "fonts" / "manifest.json"
    good, said = file.read_bytes(), manifest.read_text()
    for content, message in (
        (good[:900], "the font is damaged"),
        (good[:90] + b"\xff" * 9 + good[99:], "the font is damaged"),
        ((FONTS / "prepared" / "Vazirmatn-Bold.ttf").read_bytes(), "the file is no WOFF2 font"),
        (good + bytes(font_library.MAX_BYTES), "tipbrief reads at most"),
    ):
        file.write_bytes(content)
        assert faults(publication)[0].message == "the font file is not the one that the manifest lists" or (
            message in faults(publication)[0].message
        )
        manifest.write_text(said.replace(sha256(good).hexdigest(), sha256(content).hexdigest()))
        assert message in faults(publication)[0].message
        manifest.write_text(said)
    file.unlink()
    (tmp_path / "secret").write_bytes(good)
    file.symlink_to(tmp_path / "secret")
    assert faults(publication)[0].message == "a link leads out of the publication"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"faces": 3}', '{"faces": [{"family": ["a"], "weight": {}}]}', "[" * 9999, " " * 300_000]
)
def test_a_manifest_that_is_none_is_a_problem(publication: Path, text: str) -> None:
    (publication / "fonts" / "manifest.json").write_text(text)
    assert faults(publication)[0].file == publication / "fonts" / "manifest.json"


def test_a_manifest_of_too_many_fonts_of_another_file_or_without_bold_is_a_problem(
    publication: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(font_library, "MAX_FACES", 1)
        assert faults(publication)[0].message == "the manifest lists more than 1 fonts"
    manifest = publication / "fonts" / "manifest.json"
    said = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(said).replace("web/Sefid-Bold.woff2", "web/../../sources.yaml"))
    assert "is no file of a font library" in faults(publication)[0].message
    manifest.write_text(json.dumps({**said, "faces": said["faces"][:1]}))
    (found,) = faults(publication)
    assert found.message == "the family 'Sefid' has no bold face, of weight 700"
