"""The shelf: manifest, coverage, embedding, and the files in the repository."""

import json
import shutil
import subprocess
import sys
from base64 import b64decode
from hashlib import sha256
from pathlib import Path

import pytest
from fontTools.ttLib import TTFont

from tests.fonts.shaping import FONTS
from tests.support import contents, problem_of, problems_of
from tipbrief.fonts import font_library, preparation
from tipbrief.problems import Problem, Problems

HINT = "run: tipbrief fonts prepare"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return Path(shutil.copytree(FONTS, tmp_path / "fonts"))


def test_the_shelf_holds_three_weights_of_one_family() -> None:
    faces = font_library.load_fonts(FONTS)
    assert [face.weight for face in faces] == [400, 700, 800]
    for face in faces:
        assert (face.family, face.version, face.licence) == ("Vazirmatn", "33.003", "OFL-1.1")
        assert face.sha256 == sha256(face.ttf.read_bytes()).hexdigest()
        with TTFont(face.ttf) as font:
            assert font["OS/2"].usWeightClass == face.weight


def test_the_manifest_says_where_the_fonts_came_from() -> None:
    assert {path.suffix for path in (FONTS / "prepared").iterdir()} == {".ttf"}, "fontconfig sees no others"
    manifest = json.loads((FONTS / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["source"] == "npm vazirmatn 33.0.3, fonts/ttf"
    for entry in manifest["faces"]:
        for kind in ("upstream", "ttf", "woff2"):
            data = (FONTS / entry[kind]["file"]).read_bytes()
            assert entry[kind]["bytes"] == len(data)
            assert entry[kind]["sha256"] == sha256(data).hexdigest()


def test_reading_the_shelf_does_not_import_fonttools() -> None:
    code = (
        "import sys; from pathlib import Path; from tipbrief.fonts import font_library as fonts;"
        "f = fonts.load_fonts(Path(sys.argv[1]));"
        "fonts.coverage(f); fonts.font_face_css(f); fonts.truetype_files(f); sys.exit('fontTools' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code, str(FONTS)], check=True, cwd=FONTS.parent / "src")


def test_missing_and_changed_files_are_told_together(copy: Path) -> None:
    (copy / "prepared" / "Vazirmatn-Bold.ttf").unlink()
    (copy / "web" / "Vazirmatn-Regular.woff2").write_bytes(b"x")
    other, missing = copy / "web" / "Vazirmatn-Regular.woff2", copy / "prepared" / "Vazirmatn-Bold.ttf"
    assert problems_of(font_library.load_fonts, copy) == [
        Problem("the font file is not the one that the manifest lists", other, hint=HINT),
        Problem("the manifest lists a font file that is missing", missing, hint=HINT),
    ]


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"faces": [{}]}', '{"faces": 1}', '{"faces": [[]]}'])
def test_no_manifest_or_a_broken_one_is_a_problem(tmp_path: Path, text: str) -> None:
    manifest = tmp_path / "manifest.json"
    assert problems_of(font_library.load_fonts, tmp_path) == [
        Problem("the fonts have no manifest", manifest, hint=HINT)
    ]
    manifest.write_text(text)
    (problem,) = problems_of(font_library.load_fonts, tmp_path)
    assert (problem.message[:36], problem.file) == ("the fonts' manifest cannot be read: ", manifest)


def test_the_coverage_is_that_of_the_fonts_or_what_several_share() -> None:
    faces = font_library.load_fonts(FONTS)
    for face in faces:
        for path in (face.ttf, face.woff2):
            with TTFont(path) as font:
                assert font_library.coverage([face]) == set(font.getBestCmap())
    face = faces[0]
    assert font_library.coverage(faces) == font_library.coverage([face])
    few = font_library.FontFace(**{**vars(face), "characters": "0041-0043 0628"})
    other = font_library.FontFace(**{**vars(face), "characters": "0042-0044"})
    assert font_library.coverage([few]) == {0x41, 0x42, 0x43, 0x628}
    assert font_library.coverage([few, other]) == {0x42, 0x43}
    assert font_library.coverage([]) == frozenset()
    text = "می‌شود، «نقل» ‹درون› ۱۲٬۳۴۵٫۶٪ – — … − × · • ° \u2068Łódź\u2069 \u200e\u200f\u061c\u00a0\u202f\n\tښځه"
    assert {ord(char) for char in text if not char.isspace()} <= font_library.coverage(faces)


def test_each_face_has_one_rule_with_the_font_inside_and_a_twin_for_its_address() -> None:
    faces = font_library.load_fonts(FONTS)
    *rules, families = font_library.font_face_css(faces).splitlines()
    assert families == ':root { --family: "Vazirmatn"; }'
    for face, rule, twin in zip(faces, rules, font_library.truetype_files(faces).items(), strict=True):
        before, address = rule.split("url(")
        assert before == (
            f'@font-face {{ font-family: "Vazirmatn"; font-weight: {face.weight}; font-style: normal; '
            "font-display: block; src: "
        )
        address, after = address.split(")", 1)
        assert twin == (address, face.ttf)
        assert b64decode(address.removeprefix("data:font/woff2;base64,")) == face.woff2.read_bytes()
        assert after == ' format("woff2"); }'


@pytest.mark.slow
def test_preparing_again_gives_the_files_of_the_repository(copy: Path) -> None:
    for folder in ("prepared", "web"):
        shutil.rmtree(copy / folder)
    (copy / "manifest.json").unlink()
    done = font_library.prepare_upstream_fonts(copy)
    assert contents(copy) == contents(FONTS)
    assert tuple(face for face, _ in done) == font_library.load_fonts(copy)
    languages = "the font has all letters for Dari and Persian, Pashto, English"
    assert all(notes[0] == languages and len(notes) == 2 for _, notes in done)


@pytest.mark.slow
def test_a_font_whose_upstream_is_gone_goes_and_two_for_one_weight_are_refused(copy: Path) -> None:
    for weight in ("Bold", "ExtraBold"):
        (copy / "upstream" / f"Vazirmatn-{weight}.ttf").unlink()
    font_library.prepare_upstream_fonts(copy)
    assert [path.name for path in (copy / "prepared").iterdir()] == ["Vazirmatn-Regular.ttf"]
    assert [path.name for path in (copy / "web").iterdir()] == ["Vazirmatn-Regular.woff2"]
    assert len(font_library.load_fonts(copy)) == 1
    shutil.copy(copy / "upstream" / "Vazirmatn-Regular.ttf", copy / "upstream" / "Vazirmatn-Twice.ttf")
    problem = problem_of(font_library.prepare_upstream_fonts, copy)
    assert problem.message == "the font is Vazirmatn 400, as Vazirmatn-Regular.ttf is"


@pytest.mark.slow
def test_one_bad_font_leaves_everything_as_it_was(copy: Path) -> None:
    for weight in ("Bold", "ExtraBold"):  # one sound font is enough
        (copy / "upstream" / f"Vazirmatn-{weight}.ttf").unlink()
    (copy / "upstream" / "Bad.ttf").write_bytes(b"nothing")
    (copy / "upstream" / "Bad2.ttf").write_bytes(b"nothing")
    before = contents(copy)
    bad = [copy / "upstream" / name for name in ("Bad.ttf", "Bad2.ttf")]
    assert [problem.file for problem in problems_of(font_library.prepare_upstream_fonts, copy)] == bad
    assert contents(copy) == before


def test_a_folder_without_upstream_fonts_is_a_problem(tmp_path: Path) -> None:
    assert problems_of(font_library.prepare_upstream_fonts, tmp_path)[0].message == "the folder has no font to prepare"


@pytest.mark.slow
def test_a_font_of_ones_own_becomes_a_shelf(tmp_path: Path) -> None:
    out = tmp_path / "mine"
    ((face, _),) = font_library.add_fonts([FONTS / "upstream" / "Vazirmatn-Bold.ttf"], out)
    assert font_library.load_fonts(out) == (face,)
    assert face.ttf.read_bytes() == (FONTS / "prepared" / "Vazirmatn-Bold.ttf").read_bytes()
    assert json.loads((out / "manifest.json").read_text(encoding="utf-8"))["source"] == "given by the user"
    font_library.add_fonts([FONTS / "upstream" / "Vazirmatn-Regular.ttf"], out)
    assert [face.weight for face in font_library.load_fonts(out)] == [400, 700]


def test_a_refused_font_of_ones_own_writes_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.ttf").write_bytes(b"nothing")
    with pytest.raises(Problems):
        font_library.add_fonts([tmp_path / "bad.ttf"], tmp_path / "mine")
    assert not (tmp_path / "mine").exists()


@pytest.fixture
def fake(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A font whose preparation takes no time."""
    source = tmp_path / "Mine.ttf"
    source.write_bytes(b"font")
    made = preparation.PreparedFont(b"ttf", b"woff2", "Mine", 400, "1", "OFL-1.1", frozenset(b"a"), ())
    monkeypatch.setattr(preparation, "prepare_all_fonts", lambda sources, letters: [(path, made) for path in sources])
    return source


def test_prepare_leaves_what_it_did_not_make(fake: Path, tmp_path: Path) -> None:
    out = tmp_path / "site"
    others = {"web/theirs.woff2": b"1", "prepared/theirs.ttf": b"2", "upstream/theirs.ttf": b"3"}
    for name, content in others.items():
        (out / name).parent.mkdir(parents=True)
        (out / name).write_bytes(content)
    font_library.add_fonts([fake], out)
    assert len(font_library.load_fonts(out)) == 1
    assert others.items() <= contents(out).items()
    fake.rename(fake.with_name("Other.ttf"))
    font_library.add_fonts([fake.with_name("Other.ttf")], out)
    assert contents(out).keys() - others.keys() == {
        *("manifest.json", "upstream/Mine.ttf", "prepared/Mine.ttf", "web/Mine.woff2"),
        *("upstream/Other.ttf", "prepared/Other.ttf", "web/Other.woff2"),
    }


@pytest.mark.parametrize(
    ("name", "there"),
    [
        ("manifest.json", b'{"name": "a web app"}'), ("manifest.json", b"[" * 100_000),
        ("manifest.json", b'{"faces": [{"family": "", "weight": 1, "version": "", "licence": "",'
         b'"characters": "", "upstream": {"file": "../a"}, "ttf": {"file": "x", "sha256": ""},'
         b'"woff2": {"file": "y"}}]}'),
        ("web/Mine.woff2", b"theirs"), ("upstream/Mine.ttf", b"theirs"),
    ],
)  # fmt: skip
def test_prepare_overwrites_nothing_of_others(fake: Path, tmp_path: Path, name: str, there: bytes) -> None:
    out = tmp_path / "site"
    (out / name).parent.mkdir(parents=True)
    (out / name).write_bytes(there)
    (problem,) = problems_of(lambda folder: font_library.add_fonts([fake], folder), out)
    assert problem.file == out / name
    assert problem.hint.startswith("choose an empty folder")
    assert contents(out) == {name: there}
