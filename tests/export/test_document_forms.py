"""Documents as Markdown, text and ODT: every printed word, in order, read back by other programs."""

import io
import shutil
import subprocess
import zipfile
from functools import cache
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from selectolax.lexbor import LexborHTMLParser

from tests.export.texts import (
    markdown_text,
    odt_paragraphs,
    odt_root,
    printed_tokens,
    tokens,
    unprinted_tokens,
    words_beside,
)
from tests.random_publications import RandomPublication
from tests.support import GOLDEN, TIP_2025
from tipbrief.export.document_forms import DOCUMENT_FORMS, export_document, load_template
from tipbrief.export.text_blocks import TextBlock, TextRun, read_text_blocks
from tipbrief.language.dates import Date
from tipbrief.language.language import load_language
from tipbrief.ledger.entries import Edition
from tipbrief.pipeline.document import compose_document
from tipbrief.pipeline.session import Session

NAMES = ["world", "world.ps", "world.en", "country-AFG", "all", "each-AFG"]
MARKDOWN_TAGS = {"p", "ul", "li", "h2", "table", "thead", "tbody", "tr", "th", "td", "strong", "a"}
STYLE, OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:style:1.0}", "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
FO = "{urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0}"
# Signs that mean something to Markdown, HTML, XML or a template.
SIGNS = st.text(st.sampled_from("|*_<>&[]()`#+-=~!\\1. ab{}$%\":/^'؛ا"), min_size=1, max_size=30)
DARI, EDITION = load_language("fa-AF"), Edition(brief="x", number=1, code="ab12", date=Date(2026, 11, 30))


def export(session: Session, name: str) -> tuple[str, dict[str, bytes]]:
    document = compose_document(session, name)
    page, form = document.html(), (session.publication_for(name), document.edition, session.fonts)
    return page, export_document(read_text_blocks(page), *form, [*DOCUMENT_FORMS])


@cache
def export_known(name: str) -> tuple[str, dict[str, bytes]]:
    folder = GOLDEN if name in ("all", "each-AFG") else TIP_2025
    return export(Session.open(folder, languages=[name.partition(".")[2] or "fa-AF"]), name)


def require_all_words(page: str, written: dict[str, bytes]) -> None:
    """Each form has the printed words in their order, and beside them only those of drawings and for listeners."""
    expected, unprinted = printed_tokens(page), unprinted_tokens(page)
    texts = {"md": markdown_text(written["md"].decode()), "txt": written["txt"].decode()}
    texts["odt"] = "\n".join(odt_paragraphs(written["odt"]))
    for form, text in texts.items():
        rest = words_beside(tokens(text), expected)
        assert {*rest} <= unprinted, form


@pytest.mark.parametrize("name", NAMES)
def test_each_form_has_every_printed_word_in_order(name: str) -> None:
    require_all_words(*export_known(name))


@pytest.mark.parametrize(
    "seeds", [range(4), *(pytest.param(range(n, n + 10), marks=pytest.mark.slow) for n in (4, 14, 24))]
)
def test_so_have_random_documents(seeds: range, tmp_path: Path) -> None:
    for seed in seeds:
        RandomPublication(Random(seed), tmp_path / str(seed)).write()
        session = Session.open(tmp_path / str(seed), languages=["all"])
        for name in [*session.documents][:8]:
            require_all_words(*export(session, name))


def test_blocks_are_what_they_are_on_the_page() -> None:
    blocks = read_text_blocks(
        '<head><title>no</title></head><body><nav>no</nav><h2>One<sup class="cite"><a href="#source-2">2</a>، '
        '<a href="#source-13">13</a></sup></h2><p class="caption">a <b>b</b>\n c<br>d<span hidden>no</span></p>'
        '<ul><li><span class="heard" hidden>3 wells</span><b aria-hidden="true">no</b></li></ul>'
        '<svg role="img" data-drawn="all"><title>Two wells</title><path/></svg>'
        '<div class="heard" hidden><table class="numbers"><caption>no</caption>'
        "<tr><th>Year</th><td>7</td></tr></table></div>"
        '<li id="source-2">Nobody. <span class="address"><a href="https://a.example/">a.<br>example</a></span></li>'
    )
    assert [(one.kind, one.level, one.style) for one in blocks] == [
        ("heading", 2, ""), ("paragraph", 0, "caption"), ("item", 0, ""), ("drawing", 0, ""), ("table", 0, ""),
        ("source", 2, ""),
    ]  # fmt: skip
    assert [run.text for run in blocks[0].runs] == ["One", "2", "13"]
    assert [(run.text, run.kind) for run in blocks[1].runs] == [("a ", ""), ("b", "strong"), (" c d", "")]
    assert [blocks[2].runs[0].text, blocks[3].runs[0].text] == ["3 wells", "Two wells"]
    assert [[(header, runs[0].text) for header, runs in row] for row in blocks[4].rows] == [
        [(True, "Year"), (False, "7")]
    ]
    assert blocks[5].runs[1] == TextRun("a.example", "address", "https://a.example/")


@given(SIGNS, SIGNS)
def test_markdown_shows_any_text_as_it_is(text: str, other: str) -> None:
    runs = [
        TextRun(" ".join(text.split())),
        TextRun(f" {other.strip()}", "strong"),
        TextRun(f"x{text.strip()}", "", "https://a/(b c)"),
    ]
    cell = (False, runs)
    blocks = [
        TextBlock("paragraph", runs),
        TextBlock("item", runs),
        TextBlock("heading", runs, 2),
        TextBlock("table", rows=[[cell, cell]]),
    ]
    written = load_template("document.md").render(blocks=blocks, language=DARI, edition=EDITION)
    shown = MarkdownIt("commonmark").enable("table").render(written.split("---\n", 2)[2])
    page = LexborHTMLParser(shown)
    parts = [page.css_first(tag) for tag in ("p", "li", "h2", "tbody td", "tbody td:nth-child(2)")]
    expected = "".join("".join(run.text for run in runs).split())
    assert ["".join(part.text().split()) for part in parts if part] == [expected] * 5
    assert len(page.css("a")) == 5
    assert {node.tag for node in page.css("body *")} <= MARKDOWN_TAGS


@pytest.mark.parametrize("name", ["world", "world.ps", "world.en"])
def test_an_odt_says_its_directions_languages_and_names(name: str) -> None:
    page, written = export_known(name)
    tag, data = name.partition(".")[2] or "fa-AF", written["odt"]
    mode = "lr-tb" if tag == "en" else "rl-tb"
    with zipfile.ZipFile(io.BytesIO(data)) as odt:
        first, *_ = odt.infolist()
        assert (first.filename, first.compress_type, first.extra) == ("mimetype", zipfile.ZIP_STORED, b"")
        assert {one.date_time for one in odt.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    styles, content, meta = (odt_root(data, f"{part}.xml") for part in ("styles", "content", "meta"))
    modes = [one.get(f"{STYLE}writing-mode") for one in styles.iter() if one.get(f"{STYLE}writing-mode")]
    assert {*modes} == {mode}
    tables = [one for one in content.iter() if one.get(f"{STYLE}name") == "Table"]
    assert tables[0][0].get(f"{STYLE}writing-mode") == mode
    names = {one.get(f"{STYLE}display-name") for one in styles.iter(f"{STYLE}style")}
    assert names >= {
        "Title", "Subtitle", "Heading 1", "Heading 2", "Heading 3", "Text body", "List", "Table heading", "Caption",
        "Source",
    }  # fmt: skip
    known = {one.get(f"{STYLE}name") for part in (styles, content) for one in part.iter(f"{STYLE}style")}
    used = {value for one in content.iter() for at, value in one.attrib.items() if at == f"{OFFICE}style-name"}
    assert used - {"List_20_1"} <= known
    own = next(one for one in styles.iter(f"{STYLE}style") if one.get(f"{STYLE}name") == tag)[0]
    language = own.get(f"{FO}language") if tag == "en" else own.get(f"{STYLE}language-complex")
    assert language == tag[:2]
    texts = {one.tag.rpartition("}")[2]: one.text for one in meta.iter()}
    assert [texts["language"], texts["date"][:10]] == [tag, "2026-12-07"]
    assert "WORLD" in texts["user-defined"]
    assert texts["title"] == LexborHTMLParser(page).css_first("h1").text()


def test_the_same_document_has_the_same_bytes() -> None:
    session = Session.open(GOLDEN)
    assert export(session, "all")[1] == export(session, "all")[1] == export_known("all")[1]


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("soffice"), reason="LibreOffice comes with make test on Linux")
@pytest.mark.parametrize("name", ["world", "world.ps", "world.en", "all"])
def test_libreoffice_reads_all_words_of_an_odt(name: str, tmp_path: Path) -> None:
    page, written = export_known(name)
    (tmp_path / "a.odt").write_bytes(written["odt"])
    form = [
        f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}",
        "--headless",
        "--convert-to",
        "txt:Text (encoded):UTF8",
    ]
    subprocess.run(
        ["soffice", *form, "--outdir", tmp_path, tmp_path / "a.odt"], check=True, timeout=240, capture_output=True
    )
    words_beside(tokens((tmp_path / "a.txt").read_text(encoding="utf-8-sig")), printed_tokens(page))
