"""The newer standard: PDF 2.0, whose links lead to elements and which says all of itself in its metadata."""

from typing import Any

import pikepdf
import pytest
from pikepdf import Name

from tests.pdf.pages import DAY, PNG, RIGHT_TO_LEFT, SVG, made, opened, spoken, typesetter
from tipbrief.pdf import pdf_draft
from tipbrief.pdf.attachments import Attachment
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pdf.standards import DEFAULT_STANDARD, PDF_2_STANDARD

BODY = f"""<h1>سر</h1><p>نخست <a href="#two">بخش</a>، <a href="#item">منبع</a>، <a href="#cell">خانه</a>
و <a href="#empty">پس</a> از <a href="https://example.org/">وب</a>.</p>
<section id="two"><h2>دوم</h2><p>متن <img src="{PNG}" alt="نقطه"> و {SVG}</p></section>
<ol><li>یک</li><li id="item">دو</li></ol>
<table><tr><th>سر</th></tr><tr><td id="cell">خانه</td></tr></table>
<h3 style="break-before: page">سوم</h3><a id="empty"></a><p>پس <a href="#last">پایان</a></p>
<h2 style="bookmark-level: none">بی‌نشان</h2><p style="bookmark-level: 2; bookmark-label: 'نشان'">بند</p>
<div style="position: absolute; top: 5cm"><h2>جدا</h2></div><p id="last"></p>"""
CSS = '@page { size: 100mm 120mm; @bottom-right { content: "پاصفحه" } }'


def by_newer(body: str = BODY) -> bytes:
    style = f"html {{ font-family: Vazirmatn }} svg {{ display: block; width: 9mm }} {CSS}"
    html = f"<html {RIGHT_TO_LEFT}><title>برگه و &lt;سر&gt;</title><style>{style}</style><body>{body}</body>"
    return typesetter().lay_out(html).render_pdf(PDF_2_STANDARD).final_pdf


@pytest.fixture(scope="module")
def newer() -> bytes:
    return by_newer()


def bookmarks(parent: Any) -> list[tuple[str, Any]]:
    found, item = [], parent.get("/First")
    while item is not None:
        found += [(str(item.Title), item.A), *bookmarks(item)]
        item = item.get("/Next")
    return found


def words(element: Any) -> str:
    """A structure element, by its tag and its first words."""
    said, inside = "", element
    while not said and inside is not None:
        said = str(inside.get("/ActualText", ""))
        inside = next((kid for kid in inside.get("/K", []) if isinstance(kid, pikepdf.Dictionary)), None)
    return f"{str(element.S)[1:]} {said}"


def test_each_standard_makes_two_claims_in_one_version_and_the_usual_one_leads_to_no_elements() -> None:
    assert (DEFAULT_STANDARD.claims, DEFAULT_STANDARD.version) == (("PDF/A-3A", "PDF/UA-1"), "1.7")
    assert (PDF_2_STANDARD.claims, PDF_2_STANDARD.version) == (("PDF/A-4F", "PDF/UA-2"), "2.0")
    usual = opened(made(BODY))
    assert "/Namespaces" not in usual.Root.StructTreeRoot
    assert b"/SD" not in usual.Root.Names.Dests.unparse(resolved=True)


def test_bookmarks_lead_to_their_elements(newer: bytes) -> None:
    marks = bookmarks(opened(newer).Root.Outlines)
    assert [(title, words(action.SD[0])) for title, action in marks] == [
        ("سر", "H1 سر"), ("دوم", "H2 دوم"), ("سوم", "H3 سوم"), ("نشان", "P بند"), ("جدا", "H2 جدا"),
    ]  # fmt: skip
    for _, action in marks:
        assert (action.S, list(action.D)[1:]) == (Name.GoTo, list(action.SD)[1:])
        assert action.D[0].Type == Name.Page, "for readers that know no elements"


def test_links_lead_to_their_elements(newer: bytes) -> None:
    pdf = opened(newer)
    names = list(pdf.Root.Names.Dests.Names)
    places = dict(zip(map(str, names[::2]), names[1::2], strict=True))
    assert {name: words(place.SD[0]) for name, place in places.items()} == {
        "two": "H2 دوم", "item": "LI 2.", "cell": "TD خانه", "empty": "P پس", "last": "H2 جدا",
    }  # fmt: skip
    for place in places.values():
        assert list(place.D)[1:] == list(place.SD)[1:]
    leading = [link for page in pdf.pages for link in page.get("/Annots", []) if "/Dest" in link]
    assert [str(link.Dest) for link in leading] == ["two", "item", "cell", "empty", "last"]


def test_what_it_says_of_itself_stands_in_its_metadata_alone(newer: bytes) -> None:
    pdf = opened(newer)
    assert newer.startswith(b"%PDF-2.0\n")
    assert "/Info" not in pdf.trailer
    said = pdf.Root.Metadata.read_bytes()
    for once in (
        b'pdfaid:part="4"', b'pdfaid:conformance="F"', b"<pdfaid:rev>2020<", b"<pdfuaid:part>2<",
        b"<pdfuaid:rev>2024<", "برگه و &lt;سر&gt;".encode(),
    ):  # fmt: skip
        assert said.count(once) == 1
    assert b"pdfaExtension" not in said
    (document,) = pdf.Root.StructTreeRoot.K
    assert document.NS.NS == pdf.Root.StructTreeRoot.Namespaces[0].NS == "http://iso.org/pdf2/ssn"


def test_it_says_and_looks_as_the_usual_one_does(newer: bytes) -> None:
    usual = made(BODY, f"svg {{ width: 9mm }} {CSS}")
    for tag in ("H1", "H2", "P", "Span", "TD"):
        assert spoken(newer, tag) == spoken(usual, tag)
    for one, other in zip(opened(newer).pages, opened(usual).pages, strict=True):
        assert one.Contents.read_bytes() == other.Contents.read_bytes()


def test_the_same_bytes_each_time_with_what_it_carries(newer: bytes) -> None:
    assert by_newer() == newer
    files = [Attachment("a.csv", b"1,2"), Attachment("b/c.csv", b"3")]
    carrying = pdf_draft.attach_files(newer, files, DAY)
    assert read_embedded_files(carrying) == {"a.csv": b"1,2", "b/c.csv": b"3"}
    assert carrying.startswith(newer[:1000])
    assert "/Info" not in opened(carrying).trailer


def test_bookmarks_of_a_margin_lead_to_the_whole_and_a_page_may_have_none() -> None:
    assert "/Outlines" not in opened(by_newer("<p>متن</p>")).Root
    css = "<style>@page { @top-right { content: element(head) } } h2 { position: running(head) }</style>"
    pdf = opened(by_newer(f"{css}<h2 id='head'>بالا</h2><p>متن <a href='#head'>بالا</a></p>"))
    for _, action in bookmarks(pdf.Root.Outlines):
        assert Name.Document == action.SD[0].S
    names = pdf.Root.Names.Dests.Names
    assert Name.Document == names[1].SD[0].S
