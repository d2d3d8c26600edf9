"""The archived PDF: its claims, its tags, what it carries, and that it is the same bytes each time."""

from __future__ import annotations

import ctypes
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pikepdf
import pypdfium2
import pypdfium2.raw as api
import pytest
from pikepdf import Name

from tipbrief.build.document import piece_of
from tipbrief.build.session import Session
from tipbrief.language.dates import Date
from tipbrief.language.text import normal_form
from tipbrief.pdf import tag_tree
from tipbrief.pdf.archive import finish
from tipbrief.pdf.attachments import (
    FACTS,
    LEDGER,
    MOST_BYTES,
    Attachment,
    attachments_of,
    data_hash,
    dataset_of,
)
from tipbrief.pdf.carried import contents, unpack
from tipbrief.pdf.speech import assign
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typeset
from tipbrief.verify import words as readback
from tipbrief.verify.structure import structure

DAY = Date(2025, 9, 29)
VERSIONS = {"tipbrief": "0", "WeasyPrint": "70.0"}
PUBLICATION = Path(__file__).parents[2] / "data" / "tip-2025"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 3"><title>نقشه</title><path d="M0 0H4V3"/></svg>'
)
EDITION = {"publication": "tip-2025", "brief": "world", "number": 1, "code": "9f2c"}
NESTED = "<ul><li>یک<ul><li>دو</li></ul></li><li>سه</li></ul>"
# One black dot.
PNG = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5E"
    "rkJggg=="
)


def carried_by(folder: Path, versions: dict[str, str]) -> list[Attachment]:
    return attachments_of(dataset_of(folder), versions, EDITION, "publication: tip-2025\n")


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    before = os.environ.get("FONTCONFIG_FILE")
    yield Session.open(PUBLICATION)
    if before is not None:
        os.environ["FONTCONFIG_FILE"] = before


@pytest.fixture(scope="module")
def html(session: Session) -> str:
    return piece_of(session, "world").html()


@pytest.fixture(scope="module")
def raw_world(session: Session, html: str) -> Typeset:
    return session.typesetter.typeset(html)


@pytest.fixture(scope="module")
def attachments() -> list[Attachment]:
    return carried_by(PUBLICATION, VERSIONS)


@pytest.fixture(scope="module")
def archived(raw_world: Typeset, attachments: list[Attachment]) -> bytes:
    return finish(raw_world.pdf, leaves=raw_world.leaves, attachments=attachments, created=DAY)


@pytest.fixture(scope="module")
def page(session: Session) -> Callable[..., Typeset]:
    """Typesets a body."""

    def typeset(body: str, css: str = "") -> Typeset:
        style = f"html {{ font-family: Vazirmatn }} svg {{ display: block; width: 50mm }} {css}"
        head = f'<html lang="fa-AF" dir="rtl"><title>برگه</title><style>{style}</style>'
        return session.typesetter.typeset(f"{head}<body>{body}</body></html>")

    return typeset


@pytest.fixture(scope="module")
def made(page: Callable[..., Typeset]) -> Callable[..., bytes]:
    """Typesets a body and finishes it, without attachments."""

    def make(body: str, css: str = "") -> bytes:
        raw = page(body, css)
        return finish(raw.pdf, leaves=raw.leaves, attachments=(), created=DAY)

    return make


@cache
def opened(pdf: bytes) -> pikepdf.Pdf:
    """The PDF, to be read; it stays open, since its objects die with it."""
    return pikepdf.open(io.BytesIO(pdf))


def nodes(pdf: bytes, tag: str) -> list[tag_tree.Node]:
    return [node for node in tag_tree.read(opened(pdf)).walk() if node.tag == tag]


def spoken(pdf: bytes, tag: str = "P") -> list[str]:
    return [element.text for element in structure(pdf).elements if element.tag == tag]


# What is said


def test_all_is_said_once_in_the_order_of_the_html(html: str, archived: bytes) -> None:
    said: list[str] = []
    for element in structure(archived).elements:
        # The address of a link, the number of an item and the words for a picture are not in the text.
        if element.tag not in ("Link", "Lbl", "Figure"):
            said += readback.tokens(element.text)
    blocks = readback.printed_blocks(html)
    words = [word for block in blocks for word in block.words]
    assert [token for token in said if not token[0].isdigit()] == words
    assert [token for token in said if token[0].isdigit()] == [n.value for b in blocks for n in b.numbers]
    assert len(words) > 600


def letters_of(text: str) -> list[str]:
    return sorted(filter(str.isalnum, normal_form(text)))


def test_each_text_belongs_to_the_glyphs_it_is_given_to(raw_world: Typeset) -> None:
    # The texts are matched by order alone; here PDFium says which letters stand in each marked content.
    texts = assign(tag_tree.read(opened(raw_world.pdf)), raw_world.leaves)
    pages = [one.obj.objgen for one in opened(raw_world.pdf).pages]
    glyphs: dict[tuple[tuple[int, int], int], str] = {}
    document = pypdfium2.PdfDocument(raw_world.pdf)
    for objgen, sheet in zip(pages, document, strict=True):
        text_page = sheet.get_textpage()
        for item in sheet.get_objects([api.FPDF_PAGEOBJ_TEXT], max_depth=1):
            number = api.FPDFPageObj_GetMarkedContentID(item.raw)
            size = api.FPDFTextObj_GetText(item.raw, text_page.raw, None, 0)
            buffer = (ctypes.c_ushort * (size // 2))()
            api.FPDFTextObj_GetText(item.raw, text_page.raw, buffer, size)
            text = bytes(buffer).decode("utf-16-le").rstrip("\0")
            glyphs[objgen, number] = glyphs.get((objgen, number), "") + text
    compared = 0
    for marked, (text, _) in texts.items():
        if letters := letters_of(text):
            assert letters == letters_of(glyphs[marked.page, marked.number])
            compared += 1
    assert compared > 300


def test_text_keeps_zwnj_brackets_digits_and_latin_runs(made: Callable[..., bytes]) -> None:
    text = "سازمان (UNICEF Kabul) در «۱۲٬۵۰۰» خانه می‌گوید: ۳۳٪ [دو] است."
    latin = text.replace("UNICEF Kabul", '<span dir="ltr" lang="en">UNICEF Kabul</span>')
    assert spoken(made(f"<p>{latin}")) == [text]


def test_lines_and_line_breaks_part_words(made: Callable[..., bytes]) -> None:
    body = "<p>یک<br>دو</p><p style='width: 3em'>کتابخانه کتابخانه کتابخانه</p>"
    assert spoken(made(body)) == ["یک دو", "کتابخانه کتابخانه کتابخانه"]


def test_a_range_broken_after_its_dash_is_one(made: Callable[..., bytes]) -> None:
    assert spoken(made("<p style='width: 3em'>۲۰۱۰–۲۰۱۵")) == ["۲۰۱۰–۲۰۱۵"]


def test_a_source_mark_is_no_digit_of_the_number_before_it(made: Callable[..., bytes]) -> None:
    assert spoken(made("<p>در سال ۲۰۲۵<sup>۱</sup>")) == ["در سال ۲۰۲۵ ۱"]


def test_the_text_beside_a_link_is_said_and_the_link_stays(made: Callable[..., bytes]) -> None:
    pdf = made('<p>نشانی: <a href="https://example.org/a" lang="en">example.org</a> را ببینید.</p>')
    elements = [(one.depth, one.tag, one.text, one.language) for one in structure(pdf).elements]
    assert elements == [
        (0, "Document", "", ""),
        (1, "P", "", ""),
        (2, "Span", "نشانی:", ""),
        (2, "Link", "https://example.org/a", ""),
        (3, "Span", "example.org", "en"),
        (2, "Span", "را ببینید.", ""),
    ]
    assert "/ActualText" not in nodes(pdf, "P")[0].source


def test_the_text_of_a_link_is_said(made: Callable[..., bytes]) -> None:
    pdf = made('<p><b>نشانی <a href="https://example.org/">را ببینید</a></b></p>')
    assert spoken(pdf, "Span") == ["نشانی", "را ببینید"]


def test_what_stands_beside_the_line_is_a_word_of_its_own(made: Callable[..., bytes]) -> None:
    assert spoken(made('<p>سه<span style="float: left">چهار</span></p>')) == ["سه چهار"]


def test_text_between_blocks_becomes_a_paragraph(made: Callable[..., bytes]) -> None:
    assert spoken(made("<div>پیش<p>میان</p>پس</div><div>تنها</div>")) == ["پیش", "میان", "پس", "تنها"]


def test_the_text_beside_a_picture_is_said(made: Callable[..., bytes]) -> None:
    pdf = made(f'<p>پیش <img src="{PNG}" alt="نقطه"> پس</p>')
    said = [(one.tag, one.text) for one in structure(pdf).elements if one.text]
    assert said == [("Span", "پیش"), ("Figure", "نقطه"), ("Span", "پس")]


def test_another_language_is_named(made: Callable[..., bytes]) -> None:
    elements = structure(made('<p>دری</p><p lang="en" dir="ltr">English.</p>')).elements
    assert [(one.text, one.language) for one in elements if one.tag == "P"] == [
        ("دری", ""),
        ("English.", "en"),
    ]


def test_no_text_is_left_unsaid_and_nothing_is_warned_of(archived: bytes) -> None:
    report = structure(archived)
    assert report.warnings == ()
    assert [heading.tag for heading in report.headings][:2] == ["H1", "H2"]
    assert report.outline().splitlines()[0] == "Document"


def test_a_list_inside_an_unmarked_item_is_said_after_it(made: Callable[..., bytes]) -> None:
    pdf = made(NESTED, "ul { list-style: none }")
    said = [(one.tag, one.text) for one in structure(pdf).elements if one.text]
    assert said == [("P", "یک"), ("LBody", "دو"), ("LBody", "سه")]


def test_a_list_inside_a_marked_item_is_refused(page: Callable[..., Typeset]) -> None:
    raw = page(NESTED, "ul { list-style: persian inside }")
    with pytest.raises(Problems, match="a list inside a list"):
        finish(raw.pdf, leaves=raw.leaves, attachments=(), created=DAY)


def test_texts_that_do_not_fit_the_tags_are_refused(raw_world: Typeset) -> None:
    with pytest.raises(Problems, match="tagged texts"):
        finish(raw_world.pdf, leaves=raw_world.leaves[1:], attachments=(), created=DAY)


# What is seen and extracted does not change


def test_picture_and_extracted_text_stay(raw_world: Typeset, archived: bytes) -> None:
    before, after = pypdfium2.PdfDocument(raw_world.pdf), pypdfium2.PdfDocument(archived)
    assert len(before) == len(after)
    for one, other in zip(before, after, strict=True):
        assert one.get_textpage().get_text_range() == other.get_textpage().get_text_range()
        assert one.render(scale=1).to_pil().tobytes() == other.render(scale=1).to_pil().tobytes()


def test_size(archived: bytes) -> None:
    assert len(archived) < 150_000


# Tags


def test_claims(archived: bytes) -> None:
    pdf = opened(archived)
    metadata = pdf.Root.Metadata.read_bytes()
    assert b"<pdfuaid:part>1<" in metadata
    assert b'pdfaid:part="3"' in metadata
    assert b'pdfaid:conformance="A"' in metadata
    assert metadata.index(b"pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/") > 0
    assert metadata.count(b"</rdf:RDF>") == 1
    assert pdf.Root.ViewerPreferences.Direction == Name.R2L
    assert pdf.Root.ViewerPreferences.DisplayDocTitle
    assert pdf.Root.MarkInfo.Marked


def test_all_that_is_marked_is_held_once_and_found_by_its_place(archived: bytes) -> None:
    document = opened(archived)
    parents = tag_tree.parent_tree(document)
    numbers = {page.obj.objgen: int(page.obj.StructParents) for page in document.pages}
    held: dict[int, set[int]] = {number: set() for number in numbers.values()}
    for node in tag_tree.read(document).walk():
        for kid in node.kids:
            if isinstance(kid, tag_tree.Marked):
                assert parents[numbers[kid.page]][kid.number].objgen == node.source.objgen
                assert "/ActualText" not in node.source
                assert kid.number not in held[numbers[kid.page]]
                held[numbers[kid.page]].add(kid.number)
    for page in document.pages:
        marks = re.findall(rb"/MCID (\d+)", page.obj.Contents.read_bytes())
        assert set(map(int, marks)) == held[int(page.obj.StructParents)]


def test_each_element_knows_the_element_around_it(archived: bytes) -> None:
    for node in tag_tree.read(opened(archived)).walk():
        for kid in node.elements:
            assert kid.source.P.objgen == node.source.objgen


def test_items_hold_labels_and_bodies_only(archived: bytes) -> None:
    for item in nodes(archived, "LI"):
        assert [one.tag for one in item.elements] in (["LBody"], ["Lbl", "LBody"])
        assert len(item.elements) == len(item.kids)
    for one in nodes(archived, "L"):
        assert {kid.tag for kid in one.elements} == {"LI"}
        assert len(one.elements) == len(one.kids)


def test_a_list_laid_out_as_a_table_is_one_list(made: Callable[..., bytes]) -> None:
    css = "ul { display: table; list-style: none } li { display: table-cell }"
    assert len(nodes(made("<ul><li>یک</li><li>دو</li></ul>", css), "L")) == 1


def test_space_between_inline_items_goes_into_an_item(made: Callable[..., bytes]) -> None:
    css = "ul { list-style: none } li { display: inline-block }"
    pdf = made("<ul>\n<li>یک</li>\n<li>دو</li>\n</ul>", css)
    assert [kid.tag for kid in nodes(pdf, "L")[0].kids] == ["LI", "LI"]
    assert spoken(pdf, "LBody") == ["یک", "دو"]


def test_lists_say_how_they_are_marked(made: Callable[..., bytes]) -> None:
    css = "ol { list-style: persian inside } ul { list-style: none } .dots { list-style: disc }"
    body = "<ol><li>یک</li></ol><ul class='dots'><li>دو</li></ul><ul><li>سه</li></ul>"
    numbered, dotted, plain = nodes(made(body, css), "L")
    assert numbered.source.A.ListNumbering == Name.Decimal
    assert dotted.source.A.ListNumbering == Name.Disc
    assert "/A" not in plain.source


def test_header_cells_have_scope_and_an_index(made: Callable[..., bytes]) -> None:
    pdf = made(
        "<table><thead><tr><th>کشور<th>شمار</thead>"
        '<tbody><tr><th scope="row">چین<td>۱<tr><th scope="row">هند<td></tbody></table>'
    )
    scopes = [str(cell.source.A.Scope) for cell in nodes(pdf, "TH")]
    assert scopes == ["/Column", "/Column", "/Row", "/Row"]
    index = opened(pdf).Root.StructTreeRoot.IDTree.Names
    keys = [bytes(key) for key in index[::2]]
    assert keys == sorted(keys)
    named = {bytes(header) for cell in nodes(pdf, "TD") for header in cell.source.A.Headers}
    assert named <= set(keys)
    assert len(named) == 3
    assert spoken(pdf, "TH") == ["کشور", "شمار", "چین", "هند"]


@pytest.mark.parametrize("bleed", ["0", "3mm"])
def test_the_box_of_a_picture_lies_where_the_picture_is(made: Callable[..., bytes], bleed: str) -> None:
    css = (
        f"@page {{ size: 200mm 100mm; margin: 10mm; bleed: {bleed} }} body {{ margin: 0 }}"
        "svg { display: block; width: 40mm; height: 30mm; margin-right: 20mm }"
    )
    pdf = made(SVG, css)
    box = [float(edge) for edge in nodes(pdf, "Figure")[0].source.A.BBox]
    trim = [float(edge) for edge in opened(pdf).pages[0].trimbox]
    # From the right: margins of 10 mm and 20 mm; from the top: 10 mm.
    expected = [130, 60, 170, 90]
    corner = [trim[0], trim[1]] * 2
    assert [(edge - zero) / 72 * 25.4 for edge, zero in zip(box, corner, strict=True)] == pytest.approx(
        expected, abs=0.05
    )


def test_footers_are_artifacts(made: Callable[..., bytes]) -> None:
    pdf = made("<p>متن</p>", '@page { @bottom-right { content: "پاصفحه" } }')
    document = opened(pdf)
    content = document.pages[0].Contents.read_bytes()
    held = {one.number for one in tag_tree.read(document).marked()}
    assert {int(number) for number in re.findall(rb"/MCID (\d+)", content)} == held
    assert content.count(b"/Artifact <</Type /Pagination>> BDC") == 1
    parents = tag_tree.parent_tree(document)
    assert [number for number, parent in enumerate(parents[0]) if parent is not None] == sorted(held)


def test_links_inside_a_link_go(page: Callable[..., Typeset]) -> None:
    raw = page('<p><a href="https://example.org"><b>example</b>.org</a></p>')
    pdf = finish(raw.pdf, leaves=raw.leaves, attachments=(), created=DAY)
    assert len(opened(raw.pdf).pages[0].Annots) == 2
    document = opened(pdf)
    (annotation,) = document.pages[0].Annots
    parents = tag_tree.parent_tree(document)
    assert str(parents[int(annotation.StructParent)].S) == "/Link"
    assert len(parents) == 2  # the page, and the link


def test_pictures_are_not_interpolated(page: Callable[..., Typeset]) -> None:
    raw = page(f'<p><img src="{PNG}" alt="نقطه"></p>')
    done = finish(raw.pdf, leaves=raw.leaves, attachments=(), created=DAY)

    def smoothed(pdf: bytes) -> Iterator[bool]:
        for item in opened(pdf).objects:
            if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == Name.Image:
                yield bool(item.get("/Interpolate", False))

    assert True in smoothed(raw.pdf)
    assert list(smoothed(done)) == [False]


# What validators miss


@pytest.mark.parametrize(
    ("body", "warning"),
    [
        ("<h1>یک</h1><h3>سه</h3>", "«سه» is H3 after H1"),
        ("<h2>دو</h2>", "«دو» is H2 as the first heading"),
        ("<table><tr><td>۱</td></tr></table>", "a table has no header cells"),
    ],
)
def test_warnings(made: Callable[..., bytes], body: str, warning: str) -> None:
    (problem,) = structure(made(body)).warnings
    assert warning in problem.message
    assert problem.severity == "warning"


def test_unfinished_tags_are_warned_of(page: Callable[..., Typeset]) -> None:
    raw = page(f"<p>متن</p><table><tr><th>سر<tr><td>۱</table>{SVG}", "@page { size: A6 }")
    messages = " ".join(problem.message for problem in structure(raw.pdf).warnings)
    assert "the text of a P has no /ActualText" in messages
    assert "does not say whether it heads a column or a row" in messages


@pytest.mark.parametrize("box", [[10, 20, 5, 30], [0, 0, 10, 2000], [1, 2]])
def test_wrong_boxes_and_empty_alternatives_are_warned_of(made: Callable[..., bytes], box: list[int]) -> None:
    with pikepdf.open(io.BytesIO(made(SVG))) as document:
        (figure,) = (one for one in tag_tree.read(document).walk() if one.tag == "Figure")
        figure.source.A.BBox = pikepdf.Array(box)
        figure.source.Alt = pikepdf.String(" ")
        out = io.BytesIO()
        document.save(out)
    messages = [problem.message for problem in structure(out.getvalue()).warnings]
    assert messages == [
        "a picture has no alternative text",
        "the box of the picture «» does not lie on its page",
    ]


# What is carried


def test_the_dataset_comes_back(archived: bytes, attachments: list[Attachment]) -> None:
    carried = contents(archived)
    assert carried == {item.name: item.data for item in attachments}
    for name in ("publication.yaml", "briefs/world.yaml", "tables/history.csv"):
        assert carried[name] == (PUBLICATION / name).read_bytes()
    facts = json.loads(carried[FACTS])
    assert facts["versions"] == VERSIONS
    assert facts["data"] == data_hash([item for item in attachments if item.name != FACTS])


def test_each_attachment_is_entered_as_pdf_a_wants_it(archived: bytes, attachments: list[Attachment]) -> None:
    document = opened(archived)
    assert len(document.Root.AF) == len(attachments)
    for file, item in zip(document.Root.AF, sorted(attachments, key=lambda one: one.name), strict=True):
        assert file.AFRelationship == Name.Source
        assert str(file.F) == str(file.UF) == item.name.replace("/", "__")
        assert str(file.Desc) == item.description
        stream = file.EF.F
        assert str(stream.Subtype) == f"/{item.mime}"
        assert str(stream.Params.ModDate) == str(stream.Params.CreationDate) == "D:20250929"
        assert int(stream.Params.Size) == len(item.data)


def test_mime_types() -> None:
    mimes = {item.name: item.mime for item in carried_by(PUBLICATION, {})}
    assert mimes["sources.yaml"] == "application/yaml"
    assert mimes["tables/history.csv"] == "text/csv"
    assert mimes[FACTS] == "application/json"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("publication.yaml", "briefs/a.yaml", "tables/t.csv", "templates/css/own.css", "words.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / "templates" / ".DS_Store").write_text("")
    (tmp_path / "notes.doc").write_text("")
    return tmp_path


def test_what_belongs_to_a_publication(folder: Path) -> None:
    assert {item.name for item in carried_by(folder, {})} == {
        "publication.yaml", "briefs/a.yaml", "tables/t.csv", "templates/css/own.css", "words.txt",
        LEDGER, FACTS,
    }  # fmt: skip


def test_the_hash_sees_each_name_and_each_byte(folder: Path) -> None:
    def now() -> str:
        return str(json.loads(carried_by(folder, {})[-1].data)["data"])

    first = now()
    assert now() == first
    (folder / "words.txt").write_text("other")
    second = now()
    (folder / "briefs" / "a.yaml").rename(folder / "briefs" / "b.yaml")
    assert len({first, second, now()}) == 3


@pytest.mark.parametrize("name", ["جدول.csv", "my table.csv", "con.csv", "-a.csv", "a" * 101 + ".csv"])
def test_odd_names_are_problems(folder: Path, name: str) -> None:
    (folder / "tables" / name).write_text("")
    with pytest.raises(Problems) as raised:
        carried_by(folder, {})
    assert [problem.file for problem in raised.value.problems] == [folder / "tables" / name]
    with pytest.raises(Problems):
        Attachment(f"tables/{name}", b"", "text/csv", "")


def test_a_publication_that_is_too_large_is_a_problem(folder: Path) -> None:
    with (folder / "tables" / "t.csv").open("wb") as file:
        file.truncate(MOST_BYTES)
    with pytest.raises(Problems, match=r"10\.0 MB") as raised:
        carried_by(folder, {})
    assert "tables/t.csv" in raised.value.problems[0].hint


# Unpacking


def test_unpack(archived: bytes, tmp_path: Path) -> None:
    target = tmp_path / "new"
    written = unpack(archived, target)
    assert target / "tables" / "history.csv" in written
    for name in contents(archived):
        assert (target / name).read_bytes() == contents(archived)[name]
    unpack(archived, target)  # the same again is no fault


def test_unpack_overwrites_nothing(archived: bytes, tmp_path: Path) -> None:
    (tmp_path / "figures.yaml").write_text("mine")
    with pytest.raises(Problems, match="there already"):
        unpack(archived, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["figures.yaml"]
    assert (tmp_path / "figures.yaml").read_text() == "mine"


def carrying(name: str) -> bytes:
    pdf = pikepdf.new()
    pdf.add_blank_page()
    pdf.attachments[name] = b"evil"
    out = io.BytesIO()
    pdf.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    "name", ["../evil", "a/../../evil", "/tmp/evil", "C:evil", "a\\..\\evil", "..", "a//b", ".hidden", "nul"]
)
def test_nothing_escapes_the_folder(tmp_path: Path, name: str) -> None:
    target = tmp_path / "in" / "side"
    with pytest.raises(Problems, match="cannot be carried"):
        unpack(carrying(name), target)
    assert list(tmp_path.iterdir()) == []


def test_no_link_is_followed_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "tables").symlink_to(tmp_path / "outside")
    with pytest.raises(Problems, match="out of the folder"):
        unpack(carrying("tables/t.csv"), tmp_path / "in")
    assert list((tmp_path / "outside").iterdir()) == []


# The same bytes


def test_the_same_bytes_in_every_process(archived: bytes, raw_world: Typeset, tmp_path: Path) -> None:
    (tmp_path / "raw.pdf").write_bytes(raw_world.pdf)
    (tmp_path / "leaves.json").write_text(json.dumps(raw_world.leaves))
    script = (
        "import sys, json, hashlib; from pathlib import Path; from tipbrief.language.persian import Date;"
        "from tipbrief.pdf.archive import finish;"
        "from tipbrief.pdf.attachments import attachments_of, dataset_of;"
        "raw, leaves, data = map(Path, sys.argv[1:]);"
        f"at = attachments_of(dataset_of(data), {VERSIONS!r}, {EDITION!r}, 'publication: tip-2025\\n');"
        "leaves = [tuple(leaf) for leaf in json.loads(leaves.read_text())];"
        "sys.stdout.buffer.write(finish(raw.read_bytes(), leaves=leaves, attachments=at,"
        " created=Date(2025, 9, 29)))"
    )
    for seed in ("1", "2"):
        ran = subprocess.run(
            [sys.executable, "-c", script, tmp_path / "raw.pdf", tmp_path / "leaves.json", PUBLICATION],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        )
        assert ran.stdout == archived


def test_a_corrected_number_changes_the_bytes(raw_world: Typeset, archived: bytes) -> None:
    other = carried_by(PUBLICATION, {**VERSIONS, "tipbrief": "1"})
    assert finish(raw_world.pdf, leaves=raw_world.leaves, attachments=other, created=DAY) != archived


@pytest.mark.parametrize("pdf", [b"", b"%PDF-1.7 nothing"])
def test_what_is_no_pdf_is_a_problem(pdf: bytes) -> None:
    for reader in (contents, structure):
        with pytest.raises(Problems):
            reader(pdf)


def test_an_untagged_pdf_is_a_problem() -> None:
    pdf = carrying("a.txt")
    assert contents(pdf) == {"a.txt": b"evil"}
    [warning] = structure(pdf).warnings
    assert "not tagged" in warning.message
    with pytest.raises(Problems, match="not tagged"):
        finish(pdf, leaves=(), attachments=(), created=DAY)
