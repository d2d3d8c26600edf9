"""What becomes a PDF, and what must not; that nothing is drawn from the machine."""

import errno
import io
import os
import socket
import subprocess
import sys
import tempfile
from base64 import b64encode
from pathlib import Path
from typing import NoReturn

import pikepdf
import pypdfium2
import pytest
from PIL import Image

from tests.fonts.shaping import renamed
from tests.support import environment, problems_of
from tipbrief import limits
from tipbrief.assets import find_shipped_folder
from tipbrief.problems import Problem, Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.verify.pdfium import open_with_pdfium

PREPARED = find_shipped_folder("fonts") / "prepared"

OTHER_FONT = """
import sys, pikepdf
from pathlib import Path
HTML = '<html lang="fa"><style>p { font-family: "Installed Sans" }</style><p>متن دری ۱۲۳</p>'
if sys.argv[1] == "tipbrief":
    from tipbrief.typeset.engine import Typesetter
    pdf = Typesetter(Path(sys.argv[2]), {}).typeset_html(HTML).final_pdf
else:
    import weasyprint
    pdf = weasyprint.HTML(string=HTML).write_pdf()
Path("out.pdf").write_bytes(pdf)
for page in pikepdf.open("out.pdf").pages:
    print(*sorted(str(font.BaseFont) for font in page.Resources.Font.values()))
"""


def page(body: str, styles: str = "") -> str:
    return (
        '<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><meta charset="utf-8"><title>آزمون</title><style>'
        f'html {{ font-family: "Vazirmatn" }} {styles}</style></head><body>{body}</body></html>'
    )


@pytest.mark.parametrize(
    ("root", "direction"), [('dir="rtl"', "/R2L"), ('dir="RTL"', "/R2L"), ('dir="ltr"', "/L2R"), ("", "/L2R")]
)
def test_the_pdf_is_read_in_the_direction_of_the_html(typesetter: Typesetter, root: str, direction: str) -> None:
    made = typesetter.typeset_html(page("<p dir=rtl>متن</p><p dir=ltr>text</p>").replace('dir="rtl"', root, 1))
    with pikepdf.open(io.BytesIO(made.raw_pdf)) as pdf:
        assert pdf.Root.ViewerPreferences.Direction == direction


def problems(typesetter: Typesetter, html: str) -> list[Problem]:
    return problems_of(typesetter.typeset_html, html)


def test_a_font_of_the_machine_is_never_used(tmp_path: Path) -> None:
    """The control shows that the font is found by WeasyPrint left alone."""
    fonts = tmp_path / ".local" / "share" / "fonts"
    fonts.mkdir(parents=True)
    renamed("Installed Sans", fonts / "installed.ttf")
    env = environment(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path / ".local" / "share"))
    env.pop("FONTCONFIG_FILE", None)
    for by, font in (("weasyprint", "+Installed-Sans\n"), ("tipbrief", "+Vazirmatn\n")):
        command = [sys.executable, "-c", OTHER_FONT, by, str(PREPARED)]
        assert subprocess.check_output(command, env=env, cwd=tmp_path, text=True).endswith(font)


def test_a_family_that_is_not_there_is_set_in_vazirmatn_and_a_character_is_a_problem(typesetter: Typesetter) -> None:
    made = typesetter.typeset_html(page("<p style='font-family: \"DejaVu Sans\", serif'>متن دری و Latin</p>"))
    with open_with_pdfium(made.raw_pdf) as opened:
        assert {font.name for one in opened.pages for font in one.fonts} == {"Vazirmatn"}
    (problem,) = problems(typesetter, page("<p>متن 漢 دری</p>"))
    assert "漢" in problem.message or "6f22" in problem.message.lower()
    assert problem.hint == "the fonts lack a character of the template or the data"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ('<img src="gone.png" alt="x">', "gone.png"),
        ('<img src="http://localhost:9/x.png" alt="x">', "nothing is fetched from a network"),
        ('<img src="ftp://localhost/x.png" alt="x">', "nothing is fetched from a network"),
        ('<img src="file:///etc/hostname" alt="x">', "nothing is fetched from a network or a folder"),
        ('<img src="../outside.png" alt="x">', "../outside.png"),
        ('<link rel="stylesheet" href="file:///etc/hostname"><p>متن</p>', "nothing is fetched"),
        ('<style>@import url("http://localhost:9/x.css");</style><p>متن</p>', "nothing is fetched"),
    ],
)
def test_what_cannot_or_must_not_be_fetched_is_a_problem(typesetter: Typesetter, body: str, message: str) -> None:
    (problem,) = problems(typesetter, page(body))
    assert message in problem.message
    assert problem.message.startswith("typesetting: ")
    assert "only what is inside it" in problem.hint


def test_each_document_is_told_of_its_style_sheet_however_often_it_was_read(typesetter: Typesetter) -> None:
    face = "@font-face { font-family: Gone; src: url(data:font/ttf,x) }"
    first, second = (page(f"<p>{text}</p>", f"p {{ colr: red }} {face}") for text in ("متن", "دیگر"))
    told = problems(typesetter, first)
    assert len(told) == 2
    assert problems(typesetter, second) == told


HTTP, PASSWD = "http://127.0.0.1:{port}/x", "file:///etc/passwd"
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9">{}</svg>'


@pytest.mark.parametrize("address", [HTTP, PASSWD, "file://localhost/etc/passwd", "FILE:///etc/passwd"])
def test_no_style_and_no_element_opens_an_address(typesetter: Typesetter, address: str) -> None:
    """Each way that WeasyPrint has to an address; a socket hears whether one was taken."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        at = address.format(port=listening.getsockname()[1])
        held = b64encode(SVG.format(f"<image href='{at}' width='9' height='9'/>").encode()).decode()
        for body in (
            f"<img src='{at}' alt='x'>",
            f"<object data='{at}'></object>",
            f"<embed src='{at}'>",
            f"<input type='image' src='{at}'>" + SVG.format(f"<image href='{at}' width='9' height='9'/>"),
            SVG.format(f"<image xml:base='{at}' href='x.png' width='9' height='9'/>"),
            SVG.format(f"<style>@import url({at});</style><rect width='9' height='9'/>"),
            SVG.format(f"<style>@font-face {{ font-family: X; src: url({at}) }}</style>"),
            f"<img src='data:image/svg+xml;base64,{held}' alt='x'>",
            f"<link rel='attachment' href='{at}'>",
            f"<a rel='attachment' href='{at}'>x</a>",
            "<a rel='attachment' href='data:text/plain,x'>x</a>",
            f"<base href='{at}'><img src='x.png' alt='x'>",
            *(
                f"<style>{style}</style><p>x</p>"
                for style in (
                    f"@import url({at});",
                    f"@color-profile --a {{ src: url({at}) }}",
                    f"@font-face {{ font-family: X; src: url({at}) }}",
                    f"p {{ background: url({at}) }}",
                    f"p::before {{ content: url({at}) }}",
                    f"p {{ border: 1px solid; border-image: url({at}) 1 }}",
                    f"@page {{ background: url({at}) }}",
                )
            ),
        ):
            for problem in problems(typesetter, page(body)):
                assert problem.message.startswith("typesetting: "), body
        with pytest.raises(BlockingIOError):
            listening.accept()


@pytest.mark.parametrize(
    ("body", "styles", "message"),
    [
        ("<p>x</p>", "html { font-size: 0 }", "the body text has 0 points"),
        ("<p>x</p>", "p { font-size: 1e400px }", "gives up: OverflowError"),
        ("<p>x</p>", "p { width: 1e400px; margin: 1e308px }", "gives up: ValueError"),
        ("<p>x</p>", "p { letter-spacing: 1e30px }", "gives up: OverflowError"),
        ("<p>x</p>", "p { width: " + "calc(" * 500 + "1px" + ")" * 500 + "}", "nested too deeply"),
        ("<p>x</p>", "p { transform: scale(0) }", "gives up: KeyError"),
        ("<div>" * 500 + "x" + "</div>" * 500, "", "nested too deeply"),
        ("<table><tr><td colspan='1000000000'>x</table>", "", "no cell spans so many"),
        ("<table><tr><td rowspan=1000000000>x</table>", "", "no cell spans so many"),
        ("<p>x</p>" * 20_000, "", "sheet has more than 10,000 elements"),
        (SVG.format("<g id='a'><use href='#a'/></g>"), "", "Failed to render SVG"),
        ("<img alt='x' src='data:image/eps,%25!PS-Adobe-3.0 EPSF-3.0'>", "", "neither PNG, JPEG nor SVG"),
        ("<img alt='x' src='data:image/gif;base64,R0lGODlhAQABAAAAADs='>", "", "neither PNG, JPEG"),
        ("<img alt='x' src='data:image/png;base64,!!!!'>", "", "Failed to load image"),
        (f"<img alt='x' src='data:image/png;base64,{'A' * 400}'>", "", "data:image/png;base64,…"),
        ("<p>x</p>", "@font-face { font-family: X; src: url(data:font/ttf;base64,AAEAAP//) }", "cannot be loaded"),
        ("<p>x</p>", "p { colr: red }", "colr"),
        ("<p>x</p>", "p { color: rainbow }", "rainbow"),
        ("<p>x</p>", "p { display: }", "display"),
        ("<p>x</p>", "p:hoover { color: red }", "hoover"),
    ],
)
def test_where_weasyprint_gives_up_is_a_problem(typesetter: Typesetter, body: str, styles: str, message: str) -> None:
    with limits.limit_step("sheet"):
        assert message in problems(typesetter, page(body, styles))[0].message
    assert typesetter.typeset_html(page("<p>متن</p>")).page_count == 1


def png(width: int, height: int) -> str:
    """The address of a black picture, as small as it can be packed."""
    image = io.BytesIO()
    Image.new("1", (width, height)).save(image, "PNG")
    return f"data:image/png;base64,{b64encode(image.getvalue()).decode()}"


def test_a_picture_or_a_drawing_that_unpacks_to_too_much_is_a_problem(typesetter: Typesetter) -> None:
    assert typesetter.typeset_html(page(f"<img src='{png(9, 9)}' alt='x'>")).page_count == 1
    (problem,) = problems(typesetter, page(f"<img src='{png(9000, 9000)}' alt='x'>"))
    assert "Failed to load image" in problem.message
    entities = "".join(f'<!ENTITY {a} "{f"&{b};" * 10}">' for a, b in zip("bcdefghi", "abcdefgh", strict=True))
    laughs = f'<!DOCTYPE svg [<!ENTITY a "{"x" * 99}">{entities}]>' + SVG.format("<text>&i;</text>")
    held = b64encode(laughs.encode()).decode()
    assert "Failed" in problems(typesetter, page(f"<img src='data:;base64,{held}' alt='x'>"))[0].message


def test_a_pdf_says_nothing_of_where_the_publication_lies_and_hints_in_the_html_make_no_styles(
    typesetter: Typesetter,
) -> None:
    """CVE-2026-49452 came in by hints: our typesetter does not read them at all."""
    made = typesetter.typeset_html(page("<p><a href='other.html'>متن</a></p>"))
    assert b"file:" not in made.raw_pdf
    body = "<table background='http://127.0.0.1:9/x' bgcolor='red;background:url(http://127.0.0.1:9/)'><tr><td>x"
    assert typesetter.typeset_html(page(body)).page_count == 1


def test_all_faults_are_told_together_and_each_once_and_a_sound_page_may_follow(typesetter: Typesetter) -> None:
    twice = '<p style="colr: red">متن</p>' * 2
    found = problems(typesetter, page(f'<img src="gone.png" alt="x">{twice}'))
    assert len(found) == len({problem.message for problem in found}) == 2
    assert typesetter.typeset_html(page("<p>متن</p>")).raw_pdf.startswith(b"%PDF-")


def foot(typesetter: Typesetter, styles: str) -> float:
    """The height of one line, for which the style sheets of a page decide."""
    head = f'<!DOCTYPE html><html lang="fa-AF" dir="rtl"><head><title>آزمون</title>{styles}</head>'
    return typesetter.lay_out(f"{head}<body><p>متن</p></body></html>").page_fills[0].foot


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
    made = typesetter.typeset_html(page(drawing, "svg { display: block }"))
    image = pypdfium2.PdfDocument(made.raw_pdf)[0].render().to_pil().convert("RGB")
    assert image.getpixel((image.width // 2, image.height // 3)) == (255, 0, 0)


def test_a_document_has_no_styles_of_another(typesetter: Typesetter) -> None:
    tall = '<style media="print">p { line-height: 60pt } @page { size: 50mm 70mm; margin: 0 }</style>'
    before = typesetter.lay_out(page("<p>متن</p>"))
    assert foot(typesetter, LINE.format(20) + tall) > foot(typesetter, LINE.format(20))
    assert typesetter.lay_out(page("<p>متن</p>")).page_fills == before.page_fills
    assert typesetter.typeset_html(page("<p>متن</p>")).raw_pdf == before.render_pdf().raw_pdf


@pytest.mark.parametrize("step", ["mkdir", "open"])
def test_a_full_folder_for_temporary_files_is_a_problem_that_names_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object, **__: object) -> NoReturn:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(*((os, "mkdir") if step == "mkdir" else (Path, "write_text")), full)
    with pytest.raises(Problems, match="no temporary file can be written: No space left") as raised:
        Typesetter(PREPARED, {})
    assert raised.value.problems[0].file == tmp_path
    assert "TMPDIR" in raised.value.problems[0].hint
