"""Pictures and fonts below templates/ stand in the page itself; nothing is fetched in it, nothing runs."""

import io
import random
import shutil
from base64 import b64encode
from pathlib import Path

import pytest
from PIL import Image

from tests.pipeline.tongues import in_languages
from tests.support import FONTS, GOLDEN, change, problems_of
from tipbrief.fonts.font_library import font_face_css
from tipbrief.load.picture_cleaning import MAX_PICTURE_BYTES
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session
from tipbrief.problems import Problem, Problems

DRAWING = b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><path d="M0 0H9V9z"/></svg>'


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """The templates of a publication whose lead is one of its own."""
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "wells")) / "templates"
    (folder / "blocks").mkdir(parents=True)
    return folder


def html(templates: Path, text: str, block: str = "lead", name: str = "all") -> str:
    (templates / "blocks" / f"{block}.html.j2").write_text(text, encoding="utf-8")
    return compose_document(Session.open(templates.parent), name).html()


def refused(templates: Path, text: str, block: str = "lead", name: str = "all") -> Problem:
    problems = problems_of(html, templates, text, block, name)
    return next(one for one in problems if one.severity == "error")


def test_the_head_names_the_same_in_each_language(tmp_path: Path) -> None:
    session = Session.open(in_languages(tmp_path / "wells", "fa-AF", "ps", "fa-IR"), languages=["ps"])
    for name in ("one", "one.ps"):
        piece = compose_document(session, name)
        head, _, rest = piece.html().partition('<meta charset="utf-8">')
        assert head.splitlines()[3].startswith('<meta http-equiv="Content-Security-Policy"')
        assert head.splitlines()[4:] == [
            '<link rel="alternate" hreflang="fa-AF" href="wells-one.html">',
            '<link rel="alternate" hreflang="ps" href="wells-one.ps.html">',
            '<link rel="alternate" hreflang="fa-IR" href="wells-one.fa-IR.html">',
        ]
        assert "<link" not in rest
    large = Session.open(session.folder, paper="letter", profile="large")
    assert ' hreflang="ps" href="wells-one-letter-large.ps.html">' in compose_document(large, "one").html()


def test_one_language_alone_names_no_other_and_is_the_same_edition(tmp_path: Path) -> None:
    alone = Session.open(in_languages(tmp_path / "alone", "fa-AF"))
    beside = Session.open(in_languages(tmp_path / "beside", "fa-AF", "ps"))
    assert "<link" not in compose_document(alone, "one").html()
    assert "<link" in compose_document(beside, "one").html()
    for name in ("one", "each-AFG"):
        assert compose_document(alone, name).content == compose_document(beside, name).content


def test_a_link_of_a_template_is_refused_beside_ours(tmp_path: Path) -> None:
    folder = in_languages(tmp_path / "wells", "fa-AF", "ps")
    (folder / "templates" / "blocks").mkdir(parents=True)
    found = refused(folder / "templates", "<link rel=alternate href=x>", "figures", "one")
    assert found.message == "a page may not have '<link'"


def png(side: int = 4) -> bytes:
    file = io.BytesIO()
    noise = random.Random(1).randbytes(3 * side * side)
    Image.frombytes("RGB", (side, side), noise).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    "lead",
    [
        '<img src="templates/logo.png" alt="x">',
        "<img alt='x' src='./templates/logo.png'>",
        '<p style="background: url(templates/logo.png)"></p>',
        "<style>p { background: url('templates/logo.png') }</style>",
        '<svg xmlns="http://www.w3.org/2000/svg"><image width="9" href="templates/logo.png"/></svg>',
    ],
)
def test_a_picture_that_a_template_names_stands_in_the_page(templates: Path, lead: str) -> None:
    (templates / "logo.png").write_bytes(png())
    page = html(templates, lead)
    assert "data:image/png;base64," + b64encode(png()).decode() in page
    assert "templates/" not in page.partition("<main>")[2]


def test_pdf_and_page_are_made_of_the_same_text(templates: Path) -> None:
    (templates / "own-mark.svg").write_bytes(DRAWING)
    page = html(templates, '<img src="templates/own%2Dmark.svg" alt="x">')
    assert "data:image/svg+xml;base64," + b64encode(DRAWING).decode() in page
    assert Session.open(templates.parent).typesetter.lay_out(page).page_fills


def test_what_is_no_picture_for_a_page_is_a_problem_with_its_name(templates: Path, tmp_path: Path) -> None:
    for name, content, said in (
        ("gone.png", b"", "the page names 'templates/gone.png', which is not there"),
        ("words.png", b"secret", "it is damaged, or neither PNG nor JPEG"),
        ("cut.png", png(80)[:-60], "it is damaged, or neither PNG nor JPEG"),
        ("words.txt", b"secret", "the file is no picture that a page can show"),
        ("own-large.png", png() + b"\0" * MAX_PICTURE_BYTES, "the file has 5 MB"),
        ("../sources.yaml", b"", "which is not there"),
    ):
        if content:
            (templates / name).write_bytes(content)
        assert said in refused(templates, f'<img src="templates/{name}" alt="x">').message
        if content:
            (templates / name).unlink()
    (tmp_path / "outside.png").write_bytes(png())
    (templates / "link.png").symlink_to(tmp_path / "outside.png")
    found = refused(templates, '<img src="templates/link.png" alt="x">')
    assert found.message == "a link leads out of the publication"


def test_a_page_has_only_so_much_room_for_pictures(templates: Path) -> None:
    (templates / "large.png").write_bytes(png(1_150))
    found = refused(templates, '<img src="templates/large.png" alt="x">' * 3)
    assert found.message == "the page has more than 10 MB with its pictures"


@pytest.mark.parametrize(
    "lead",
    [
        "<script>fetch('https://example.org')</script>",
        '<SCRIPT src="https://example.org"></SCRIPT>',
        '<svg><script href="https://example.org"/></svg>',
        '<iframe src="https://example.org"></iframe>',
        '<object data="https://example.org"></object>',
        '<embed src="https://example.org">',
        '<base href="https://example.org">',
        '<link rel="dns-prefetch" href="https://example.org">',
        '<meta http-equiv="refresh" content="0;url=https://example.org">',
        '<meta content=">" HTTP-EQUIV = refresh>',
    ],
)
def test_a_page_has_nothing_that_runs_loads_or_leads_elsewhere(templates: Path, lead: str) -> None:
    assert refused(templates, lead).message.startswith("a page may not have '")


def test_a_browser_is_told_first_to_fetch_nothing_and_to_run_nothing(templates: Path) -> None:
    page = html(templates, '<p onclick="alert(1)">x</p>')
    head = page.partition("<head>")[2].lstrip()
    assert head.startswith('<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; ')
    assert "script-src 'none'" in head
    own = templates / "brief.html.j2"
    for beginning in ("<p>x</p>", "<html><head>", "<script>1</script><!DOCTYPE html><html><head>"):
        own.write_text(beginning)
        with pytest.raises(Problems):
            compose_document(Session.open(templates.parent), "all").html()


@pytest.mark.parametrize(
    ("lead", "said"),
    [
        ('<img src="logo.png" alt="x">', "the page would lose 'logo.png': it has all inside"),
        ("<img alt=x src=https://example.org/a.png>", "the page would lose 'https://example.org/a.png'"),
        ('<img alt="x" SRC = "//example.org/a.png">', "the page would lose '//example.org/a.png'"),
        ('<img src="templates/logo.png" srcset="large.png 2x" alt="x">', "the page would lose 'large.png 2x'"),
        ('<picture><source srcset="a.webp"></picture>', "the page would lose 'a.webp'"),
        ('<video poster="a.png"></video>', "the page would lose 'a.png'"),
        ('<svg><image xlink:href="a.png"/></svg>', "the page would lose 'a.png'"),
        ('<svg><use href="a.svg#b"/></svg>', "the page would lose 'a.svg#b'"),
        ("<style media=screen>p { background: url(a.png) }</style>", "the page would lose 'a.png'"),
        ('<p style="font-family: Georgia">a</p>', "the font 'Georgia' is not there"),
        ("<p style='font: 9pt &quot;Arial&quot;'>a</p>", "the font 'Arial' is not there"),
        ("<style>p { font-family: Georgia }</style>", "the font 'Georgia' is not there"),
        ("<style>@font-face { font-family: x; src: url(templates/x.ttf) }</style>", "styles may have no"),
    ],
)
def test_what_a_page_would_lose_is_a_problem_that_names_the_template(templates: Path, lead: str, said: str) -> None:
    (templates / "logo.png").write_bytes(png())
    found = refused(templates, lead)
    assert found.message.startswith(said)
    assert found.hint


@pytest.mark.parametrize(
    "lead",
    [
        "<p>src = \"a.png\", font-family: Georgia, url(a.png), &lt;img src='a.png'&gt;</p>",
        '<p><a href="https://example.org">a</a></p>',
        '<svg><use href="#a"/><image href="templates/logo.png"/></svg>',
        '<p style="font-family: var(--family); font-size: 9pt">a</p>',
    ],
)
def test_what_is_only_said_or_inside_is_not_lost(templates: Path, lead: str) -> None:
    (templates / "logo.png").write_bytes(png())
    assert "</html>" in html(templates, lead)


def test_a_font_below_templates_is_not_drawn(templates: Path) -> None:
    (templates / "own.ttf").write_bytes((FONTS / "prepared" / "Vazirmatn-Bold.ttf").read_bytes())
    found = refused(templates, "<img src='templates/own.ttf' alt=x>")
    assert found.message == "the file is no picture that a page can show"


def test_the_fonts_and_pictures_before_and_behind_them_are_put_in(templates: Path) -> None:
    (templates / "a.svg").write_bytes(DRAWING)
    styles = "i { background: url(templates/a.svg) }{{ fonts }}b { background: url('templates/a.svg') }"
    made = html(templates, f"<style>{styles}</style>")
    drawing = f"data:image/svg+xml;base64,{b64encode(DRAWING).decode()}"
    fonts = font_face_css(Session.open(templates.parent).fonts)
    wanted = f"i {{ background: url({drawing}) }}{fonts}b {{ background: url('{drawing}') }}"
    assert f"<style>{wanted}</style>" in made
    assert made.count(fonts) == 2
    assert "fonts stand here" not in made


def test_a_text_that_looks_like_a_picture_is_a_text(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "wells"))
    change(folder / "publication.yaml", "publisher: ", "publisher: '<img src=x href=y> ' #")
    assert "&lt;img src=x href=y" in compose_document(Session.open(folder), "all").html()


def test_an_address_beside_such_a_text_is_found(templates: Path) -> None:
    found = refused(templates, """<img alt="<img src='data:,'" title=' src=data:,' src=gone.png>""")
    assert found.message == "the page would lose 'gone.png': it has all inside"


def test_a_picture_in_styles_and_in_an_address_is_clean(templates: Path) -> None:
    secret = b64encode(png() + b"secret").decode()
    drawing = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 9 9'><desc>secret</desc><path d='M0 0H9'/></svg>"
    lead = f"""<p style="background: url(data:image/png;base64,{secret})"></p>
<style>p {{ background: url("data:image/svg+xml,{drawing}") }}</style>
<style>b {{ background: url('data:image/png;base64,{secret}') }}</style>
<img src='data:image/png;base64,{secret}' alt="x">"""
    page = html(templates, lead)
    assert page.count(b64encode(png()).decode()) == 3
    assert "secret" not in page
    assert secret[-8:] not in page
    (kept,) = (one for one in Session.open(templates.parent).dataset if one.name.endswith("lead.html.j2"))
    assert b"secret" not in kept.data
    assert secret[-8:].encode() not in kept.data
