"""The PDF of the world brief, judged by its facts; and what must not become a PDF."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2
import pytest
from fontTools.ttLib import TTFont

from tipbrief.assets import shipped
from tipbrief.fonts.shelf import shelf, twins
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.libraries import install_hint

POINTS_PER_MM = 72 / 25.4
LEVELS = re.compile(r"<h([123])(?: [^>]*)?>(.*?)</h\1>", re.S)
MARKUP = re.compile(r"<sup.*?</sup>|<[^>]*>", re.S)
PREPARED = shipped("fonts") / "prepared"

NO_PANGO = """
import cffi, ctypes
whole = ctypes.CDLL.__init__
def init(self, name, *args, **kwargs):
    if name and "pango" in name:
        raise OSError(f"{name}: cannot open shared object file")
    whole(self, name, *args, **kwargs)
ctypes.CDLL.__init__ = init
load = cffi.FFI.dlopen
def dlopen(self, name=None, flags=0):
    if name and "pango" in name:
        raise OSError(f"cannot load library '{name}': {name}: cannot open shared object file")
    return load(self, name, flags)
cffi.FFI.dlopen = dlopen
"""
OTHER_FONT = """
import sys, pikepdf
from pathlib import Path
HTML = '<html lang="fa"><style>p { font-family: "Installed Sans" }</style><p>متن دری ۱۲۳</p>'
if sys.argv[1] == "tipbrief":
    from tipbrief.typeset.engine import Typesetter
    pdf = Typesetter(Path(sys.argv[2]), {}, [Path()]).typeset(HTML).pdf
else:
    import weasyprint
    pdf = weasyprint.HTML(string=HTML).write_pdf()
Path("out.pdf").write_bytes(pdf)
for page in pikepdf.open("out.pdf").pages:
    print(*sorted(str(font.BaseFont) for font in page.Resources.Font.values()))
"""


@pytest.fixture(scope="module")
def pdf(world: Path) -> Iterator[pikepdf.Pdf]:
    with pikepdf.open(world / "tip-2025-world.pdf") as opened:
        yield opened


@pytest.fixture(scope="module")
def html(world: Path) -> str:
    return (world / "tip-2025-world.html").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def allowed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The only folder from which files may be read."""
    return tmp_path_factory.mktemp("allowed")


@pytest.fixture(scope="module")
def typesetter(allowed: Path) -> Iterator[Typesetter]:
    before = os.environ.get("FONTCONFIG_FILE")
    yield Typesetter(PREPARED, twins(shelf(shipped("fonts"))), (allowed,))
    os.environ.pop("FONTCONFIG_FILE")
    if before:
        os.environ["FONTCONFIG_FILE"] = before


def page(body: str, styles: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title><style>'
        f'html {{ font-family: "Vazirmatn" }} {styles}</style></head><body>{body}</body></html>'
    )


def names(opened: pikepdf.Pdf) -> set[str]:
    """The fonts of all pages, without the six letters of a subset."""
    fonts = [font for page in opened.pages for font in page.Resources.Font.values()]
    return {re.sub("^/[A-Z]{6}[+]", "", str(font.BaseFont)) for font in fonts}


def elements(opened: pikepdf.Pdf) -> Iterator[Any]:
    """All elements of the tag tree."""

    def below(node: Any) -> Iterator[Any]:
        if isinstance(node, pikepdf.Array):
            for child in node:
                yield from below(child)
        elif isinstance(node, pikepdf.Dictionary) and "/S" in node:
            yield node
            yield from below(node.get("/K", pikepdf.Array()))

    yield from below(opened.Root.StructTreeRoot.K)


def problems(typesetter: Typesetter, html: str) -> list[Problem]:
    with pytest.raises(Problems) as raised:
        typesetter.typeset(html)
    return raised.value.problems


# The world brief


def test_it_is_one_sheet_of_a4(pdf: pikepdf.Pdf) -> None:
    assert len(pdf.pages) == 2
    for leaf in pdf.pages:
        left, bottom, right, top = (float(side) for side in leaf.mediabox)
        assert (right - left) / POINTS_PER_MM == pytest.approx(210, abs=0.1)
        assert (top - bottom) / POINTS_PER_MM == pytest.approx(297, abs=0.1)


def test_all_fonts_are_vazirmatn_embedded_as_subsets(pdf: pikepdf.Pdf) -> None:
    assert {name.split("-")[0] for name in names(pdf)} == {"Vazirmatn"}
    for leaf in pdf.pages:
        for font in leaf.Resources.Font.values():
            assert re.match("/[A-Z]{6}[+]", str(font.BaseFont)), "the whole font is embedded"
            (inner,) = font.DescendantFonts
            assert {"/FontFile2", "/FontFile3"} & set(inner.FontDescriptor.keys()), "not embedded"
            assert "/ToUnicode" in font


def test_it_says_what_it_is(pdf: pikepdf.Pdf) -> None:
    assert str(pdf.docinfo.Title) == "قاچاق انسان در جهان، ۲۰۲۵"
    assert str(pdf.docinfo.Author) == "tipbrief"
    assert str(pdf.docinfo.Creator) == "tipbrief"
    assert "گزارش قاچاق انسان" in str(pdf.docinfo.Subject)
    assert pdf.Root.Lang == "fa-AF"
    assert pdf.Root.ViewerPreferences.Direction == "/R2L"
    assert bool(pdf.Root.ViewerPreferences.DisplayDocTitle) is True
    assert bool(pdf.Root.MarkInfo.Marked) is True


def test_its_date_is_that_of_the_publication_and_not_of_the_clock(pdf: pikepdf.Pdf) -> None:
    published = re.search(
        r"^published: (\d{4})-(\d\d)-(\d\d)$",
        (shipped("data") / "tip-2025" / "publication.yaml").read_text("utf-8"),
        re.M,
    )
    assert published
    assert str(pdf.docinfo.CreationDate) == "D:" + "".join(published.groups())
    assert pdf.docinfo.ModDate == pdf.docinfo.CreationDate


def test_its_bookmarks_are_its_headings(pdf: pikepdf.Pdf, html: str) -> None:
    found: list[tuple[int, str]] = []

    def walk(items: Any, level: int) -> None:
        for item in items:
            found.append((level, item.title))
            walk(item.children, level + 1)

    with pdf.open_outline() as outline:
        walk(outline.root, 1)
    titles = [title for _, title in found]
    headings = [(level, MARKUP.sub("", inner)) for level, inner in LEVELS.findall(html)]
    assert len(headings) > 10
    assert titles == [title for _, title in headings], "a bookmark has no source marks"
    assert [level for level, _ in found] == [int(level) for level, _ in headings]


def test_its_links_are_the_addresses_of_its_sources(pdf: pikepdf.Pdf, html: str) -> None:
    found = [
        str(note.A.URI)
        for leaf in pdf.pages
        for note in leaf.get("/Annots", [])
        if note.Subtype == "/Link" and "/A" in note
    ]
    assert set(found) == {unescape(address) for address in re.findall('<a href="([^"]+)"', html)}
    assert all(re.match("https?://[^/]+", address) for address in found)


def test_its_tags_tell_headings_lists_and_what_the_drawings_say(pdf: pikepdf.Pdf, html: str) -> None:
    tags = [str(element.S) for element in elements(pdf)]
    assert tags.count("/H1") == 1
    assert tags.count("/H2") == html.count("<h2 ")
    assert tags.count("/H3") == html.count("<h3 ")
    # A list that is laid out as a table is tagged once for each box of the table.
    assert tags.count("/L") >= len(re.findall("<[uo]l", html))
    assert tags.count("/LI") == html.count("<li")
    assert tags.count("/Link") == len(re.findall("<a ", html))
    alts = [str(element.Alt) for element in elements(pdf) if element.S == "/Figure" and "/Alt" in element]
    assert tags.count("/Figure") == len(alts) == html.count("<svg"), "each drawing has its words"
    the_map, victims, *_ = alts
    assert re.findall("[۰-۹٬]+", the_map.partition(". ")[2]) == ["۳۳", "۱۰۶", "۲۵", "۲۰", "۴"]
    assert "۲۰۲۳: ۱۳۳٬۹۴۳ (قربانی کار اجباری: ۴۲٬۰۹۸)" in victims


def test_the_same_input_gives_the_same_bytes_everywhere(
    world: Path, tipbrief: Callable[..., Any], tmp_path: Path
) -> None:
    """Another hash seed, time zone, locale and working folder than those of ``world``."""
    env = {"PYTHONHASHSEED": "77", "TZ": "Asia/Kabul", "LC_ALL": "C", "COLUMNS": "40", "HOME": str(tmp_path)}
    done = tipbrief(
        "build", "--publication", shipped("data") / "tip-2025", "--out", "here", env=env, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    for file in ("tip-2025-world.pdf", "tip-2025-world.html", "manifest.json"):
        assert (tmp_path / "here" / file).read_bytes() == (world / file).read_bytes(), file


# Nothing from the machine


def test_a_font_of_the_machine_is_never_used(tmp_path: Path) -> None:
    """The control shows that the font is found by WeasyPrint left alone."""
    fonts = tmp_path / ".local" / "share" / "fonts"
    fonts.mkdir(parents=True)
    font = TTFont(shipped("fonts") / "upstream" / "Vazirmatn-Regular.ttf")
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            record.string = "Installed Sans"
    font.save(fonts / "installed.ttf")
    env = {name: value for name, value in os.environ.items() if name != "FONTCONFIG_FILE"}
    env |= {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path / ".local" / "share")}
    env |= {"PYTHONPATH": str(Path(sys.modules["tipbrief"].__path__[0]).parent)}

    def used(by: str) -> str:
        command = [sys.executable, "-c", OTHER_FONT, by, str(PREPARED)]
        return subprocess.run(
            command, env=env, cwd=tmp_path, text=True, capture_output=True, check=True
        ).stdout.strip()

    assert used("weasyprint").endswith("+Installed-Sans")
    assert used("tipbrief").endswith("+Vazirmatn")


def test_a_family_that_is_not_there_is_set_in_vazirmatn(typesetter: Typesetter, tmp_path: Path) -> None:
    made = typesetter.typeset(page("<p style='font-family: \"DejaVu Sans\", serif'>متن دری و Latin</p>"))
    (tmp_path / "x.pdf").write_bytes(made.pdf)
    with pikepdf.open(tmp_path / "x.pdf") as opened:
        assert names(opened) == {"Vazirmatn"}


def test_a_character_that_the_fonts_lack_is_a_problem(typesetter: Typesetter) -> None:
    (problem,) = problems(typesetter, page("<p>متن 漢 دری</p>"))
    assert "漢" in problem.message or "6f22" in problem.message.lower()
    assert problem.hint == "the fonts lack a character of the template or the data"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<img src="gone.png" alt="x">', "gone.png"),
        ('<img src="http://localhost:9/x.png" alt="x">', "nothing is fetched from a network"),
        ('<img src="https://example.invalid/x.png" alt="x">', "nothing is fetched from a network"),
        ('<img src="ftp://localhost/x.png" alt="x">', "nothing is fetched from a network"),
        ('<img src="file:///etc/hostname" alt="x">', "outside the publication and the templates"),
        ('<img src="../outside.png" alt="x">', "outside the publication and the templates"),
        ('<img src="link.png" alt="x">', "outside the publication and the templates"),
        ('<link rel="stylesheet" href="file:///etc/hostname"><p>متن</p>', "outside the publication"),
        ('<style>@import url("http://localhost:9/x.css");</style><p>متن</p>', "nothing is fetched"),
    ],
)
def test_what_cannot_or_must_not_be_fetched_is_a_problem(
    typesetter: Typesetter, allowed: Path, body: str, message: str
) -> None:
    (allowed.parent / "outside.png").write_bytes(b"")
    (allowed / "link.png").unlink(missing_ok=True)
    (allowed / "link.png").symlink_to(allowed.parent / "outside.png")
    (problem,) = problems(typesetter, page(body))
    assert message in problem.message
    assert problem.message.startswith("typesetting: ")
    assert "only what is inside it" in problem.hint


def test_a_picture_of_the_publication_is_printed(typesetter: Typesetter, allowed: Path) -> None:
    (allowed / "own mark.svg").write_text(
        '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0H9V9z"/></svg>'
    )
    assert typesetter.typeset(page('<img src="own%20mark.svg" alt="x">')).pages == 1


@pytest.mark.parametrize(
    ("styles", "message"),
    [
        ("p { colr: red }", "colr"),
        ("p { color: rainbow }", "rainbow"),
        ("p { display: }", "display"),
        ("p:hoover { color: red }", "hoover"),
    ],
)
def test_styles_that_mean_nothing_are_a_problem(typesetter: Typesetter, styles: str, message: str) -> None:
    found = problems(typesetter, page("<p>متن</p>", styles))
    assert message in found[0].message


def test_all_faults_are_told_together_and_each_once(typesetter: Typesetter) -> None:
    twice = '<p style="colr: red">متن</p>' * 2
    found = problems(typesetter, page(f'<img src="gone.png" alt="x">{twice}'))
    assert len(found) == len({problem.message for problem in found}) == 2


def test_a_sound_page_comes_after_a_faulty_one(typesetter: Typesetter) -> None:
    problems(typesetter, page('<img src="gone.png" alt="x">'))
    assert typesetter.typeset(page("<p>متن</p>")).pdf.startswith(b"%PDF-")


# A machine without Pango


@pytest.fixture
def without_pango(tmp_path: Path) -> dict[str, str]:
    (tmp_path / "sitecustomize.py").write_text(NO_PANGO)
    source = Path(sys.modules["tipbrief"].__path__[0]).parent
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(source)])}


def test_without_pango_a_build_says_what_to_install(
    tipbrief: Callable[..., Any], without_pango: dict[str, str], tmp_path: Path
) -> None:
    done = tipbrief("build", "--out", tmp_path / "out", env=without_pango, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"a library that typesets the PDF is missing: libpango-1.0-0\n    hint: {install_hint()}\n1 problem\n"
    )
    assert not (tmp_path / "out").exists()


def test_without_pango_the_doctor_says_what_to_install(
    tipbrief: Callable[..., Any], without_pango: dict[str, str], tmp_path: Path
) -> None:
    done = tipbrief("doctor", env=without_pango, cwd=tmp_path)
    assert done.returncode == 1
    assert re.search("^Pango +missing", done.stdout, re.M)
    assert done.stdout.endswith(f"\nTo mend it:\n  {install_hint()}\n")
    assert "Traceback" not in done.stderr


def test_without_pango_a_check_still_checks(
    tipbrief: Callable[..., Any], without_pango: dict[str, str], tmp_path: Path
) -> None:
    done = tipbrief("check", env=without_pango, cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")


# Style sheets, which are read once for many documents


def foot(typesetter: Typesetter, styles: str) -> float:
    """The height of one line, for which the style sheets of a page decide."""
    head = f'<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><title>آزمون</title>{styles}</head>'
    return typesetter.lay_out(f"{head}<body><p>متن</p></body></html>").fills[0].foot


LINE = "<style>html {{ font: 10pt/{}pt Vazirmatn }} p {{ margin: 0 }} body {{ margin: 0 }}</style>"


@pytest.mark.parametrize(
    ("more", "points"),
    [
        ("", 20),
        ('<style media="screen">p { line-height: 50pt }</style>', 20),
        ('<style media="print and (min-width: 1px)">p { line-height: 50pt }</style>', 20),
        ('<style media="print">p { line-height: 30pt }</style>', 30),
        ('<style media="screen, print">p { line-height: 30pt }</style>', 30),
        ('<style media="print">p { line-height: 30pt }</style><style>p { line-height: 40pt }</style>', 40),
        ('<style id="fit" media="print">:root { line-height: 30pt }</style>', 30),
        ('<style type="text/css" lang="en">p { line-height: 30pt }</style>', 30),
        ('<style media="print">p { line-height: 30pt } html p { line-height: 40pt }</style>', 40),
    ],
)
def test_the_styles_for_print_apply_in_their_order(typesetter: Typesetter, more: str, points: float) -> None:
    assert foot(typesetter, LINE.format(20) + more) == pytest.approx(points * 25.4 / 72, abs=0.01)


def test_the_styles_of_a_drawing_are_its_own(typesetter: Typesetter) -> None:
    red = "<style>path { fill: #ff0000 }</style>"
    drawing = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1">{red}<path d="M0 0h1v1h-1z"/></svg>'
    made = typesetter.typeset(page(drawing, "svg { display: block }"))
    image = pypdfium2.PdfDocument(made.pdf)[0].render().to_pil().convert("RGB")
    assert image.getpixel((image.width // 2, image.height // 3)) == (255, 0, 0)


def test_a_document_has_no_styles_of_another(typesetter: Typesetter) -> None:
    tall = '<style media="print">p { line-height: 60pt } @page { size: 50mm 70mm; margin: 0 }</style>'
    before = typesetter.lay_out(page("<p>متن</p>"))
    assert foot(typesetter, LINE.format(20) + tall) > foot(typesetter, LINE.format(20))
    assert typesetter.lay_out(page("<p>متن</p>")).fills == before.fills
    assert typesetter.typeset(page("<p>متن</p>")).pdf == before.typeset().pdf
