"""What is said for each tag, and in which order."""

import pypdfium2
import pypdfium2.raw as api
import pytest
from pikepdf import Name

from tests.pdf.pages import (
    LEFT_TO_RIGHT,
    PNG,
    SVG,
    finished,
    made,
    nodes,
    opened,
    parent_tree,
    spoken,
    structure_in,
    typeset,
)
from tipbrief.language.text import normal_form
from tipbrief.pdf import tag_tree
from tipbrief.pdf.archive import finish
from tipbrief.pdf.speech import assign
from tipbrief.problems import Problems
from tipbrief.typeset.engine import Typeset
from tipbrief.verify.words import printed_blocks, tokens

NESTED = "<ul><li>یک<ul><li>دو</li></ul></li><li>سه</li></ul>"


def test_all_is_said_once_in_the_order_of_the_html(html: str, archived: bytes) -> None:
    said: list[str] = []
    for element in structure_in(archived).elements:
        # The address of a link, the number of an item and the words for a picture are not in the text.
        if element.tag not in ("Link", "Lbl", "Figure"):
            said += tokens(element.text)
    blocks = printed_blocks(html)
    words = [word for block in blocks for word in block.words]
    assert [token for token in said if not token[0].isdigit()] == words
    assert [token for token in said if token[0].isdigit()] == [n.value for b in blocks for n in b.numbers]
    assert len(words) > 600


def letters_of(text: str) -> list[str]:
    return sorted(filter(str.isalnum, normal_form(text)))


def test_each_text_belongs_to_the_glyphs_it_is_given_to(raw_world: Typeset) -> None:
    # The texts are matched by order alone; here PDFium says which letters stand in each marked content.
    texts = assign(tag_tree.read_tags(opened(raw_world.pdf)), raw_world.leaves)
    pages = [one.obj.objgen for one in opened(raw_world.pdf).pages]
    glyphs: dict[tuple[tuple[int, int], int], str] = {}
    document = pypdfium2.PdfDocument(raw_world.pdf)
    for objgen, sheet in zip(pages, document, strict=True):
        text_page = sheet.get_textpage()
        for item in sheet.get_objects([api.FPDF_PAGEOBJ_TEXT], max_depth=1, textpage=text_page):
            place = objgen, api.FPDFPageObj_GetMarkedContentID(item.raw)
            glyphs[place] = glyphs.get(place, "") + item.extract()
    written = {marked: letters for marked, (text, _) in texts.items() if (letters := letters_of(text))}
    assert written == {marked: letters_of(glyphs[marked.page, marked.number]) for marked in written}
    assert len(written) > 300


LATIN = "سازمان (UNICEF Kabul) در «۱۲٬۵۰۰» خانه می‌گوید: ۳۳٪ [دو] است."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<p>{LATIN.replace('UNICEF Kabul', '<span dir=ltr lang=en>UNICEF Kabul</span>')}", [LATIN]),
        ("<p>یک<br>دو</p>", ["یک دو"]),
        ("<p style='width: 3em'>کتابخانه کتابخانه کتابخانه</p>", ["کتابخانه کتابخانه کتابخانه"]),
        ("<p style='width: 3em'>۲۰۱۰–۲۰۱۵", ["۲۰۱۰–۲۰۱۵"]),  # broken after its dash
        ("<p>در سال ۲۰۲۵<sup>۱</sup>", ["در سال ۲۰۲۵ ۱"]),  # the mark is no digit of the number
        ('<p>سه<span style="float: left">چهار</span></p>', ["سه چهار"]),
        ("<div>پیش<p>میان</p>پس</div><div>تنها</div>", ["پیش", "میان", "پس", "تنها"]),
    ],
)
def test_the_text_of_a_paragraph_is_said_in_logical_order(body: str, said: list[str]) -> None:
    assert spoken(made(body)) == said


DARI = '«قاچاق انسان» در ۱۸۸ کشور <span dir="ltr" lang="en">(TVPA of 2000)</span> می‌شود.'


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("<p>In 2023<sup>6</sup> 133,943 victims (12.5%) – “more”.<sup>1, 2</sup>",
         [("In 2023 6 133,943 victims (12.5%) – “more”. 1, 2", "")]),
        ("<p>It is <span dir=rtl lang=fa>«قاچاق انسان»، ۱۲ از ۲۵</span> in Dari.",
         [("It is «قاچاق انسان»، ۱۲ از ۲۵ in Dari.", "")]),
        (f"<p dir=rtl lang=fa-AF>{DARI}</p>", [("«قاچاق انسان» در ۱۸۸ کشور (TVPA of 2000) می‌شود.", "fa-AF")]),
        ("<p style='width: 3em'>anti-trafficking 2004–2009", [("anti-trafficking 2004–2009", "")]),
    ],
)  # fmt: skip
def test_a_page_from_left_to_right_is_said_in_logical_order_a_dari_paragraph_in_dari(
    body: str, said: list[tuple[str, str]]
) -> None:
    pdf = made(body, root=LEFT_TO_RIGHT)
    found = [(one.text, one.language) for one in structure_in(pdf).elements if one.tag == "P"]
    assert found == said
    assert str(opened(pdf).Root.Lang) == "en"


def test_the_text_beside_a_link_is_said_the_link_stays_and_another_language_is_named() -> None:
    english = '<p lang="en" dir="ltr">English.</p>'
    link = '<a href="https://example.org/a" lang="en">example.org</a>'
    pdf = made(f"<p>نشانی: {link} را ببینید.</p>{english}")
    elements = [(one.depth, one.tag, one.text, one.language) for one in structure_in(pdf).elements]
    assert elements == [
        (0, "Document", "", ""),
        (1, "P", "", ""),
        (2, "Span", "نشانی:", ""),
        (2, "Link", "https://example.org/a", ""),
        (3, "Span", "example.org", "en"),
        (2, "Span", "را ببینید.", ""),
        (1, "P", "English.", "en"),
    ]
    assert "/ActualText" not in nodes(pdf, "P")[0].source


def test_the_text_of_a_link_and_beside_a_picture_is_said() -> None:
    pdf = made('<p><b>نشانی <a href="https://example.org/">را ببینید</a></b></p>')
    assert spoken(pdf, "Span") == ["نشانی", "را ببینید"]
    pdf = made(f'<p>پیش <img src="{PNG}" alt="نقطه"> پس</p>')
    said = [(one.tag, one.text) for one in structure_in(pdf).elements if one.text]
    assert said == [("Span", "پیش"), ("Figure", "نقطه"), ("Span", "پس")]


def test_a_list_inside_an_unmarked_item_is_said_after_it_and_in_a_marked_one_refused() -> None:
    pdf = made(NESTED, "ul { list-style: none }")
    said = [(one.tag, one.text) for one in structure_in(pdf).elements if one.text]
    assert said == [("P", "یک"), ("LBody", "دو"), ("LBody", "سه")]
    with pytest.raises(Problems, match="a list inside a list"):
        made(NESTED, "ul { list-style: persian inside }")


def test_texts_that_do_not_fit_the_tags_are_refused(raw_world: Typeset) -> None:
    with pytest.raises(Problems, match="tagged texts"):
        finish(raw_world.unwritten, leaves=raw_world.leaves[1:])


def test_items_hold_labels_and_bodies_only(archived: bytes) -> None:
    for item in nodes(archived, "LI"):
        assert [tag_tree.tag_of(kid) for kid in item.kids] in (["LBody"], ["Lbl", "LBody"])
    for one in nodes(archived, "L"):
        assert {tag_tree.tag_of(kid) for kid in one.kids} == {"LI"}


def test_space_between_inline_items_goes_into_an_item() -> None:
    css = "ul { list-style: none } li { display: inline-block }"
    pdf = made("<ul>\n<li>یک</li>\n<li>دو</li>\n</ul>", css)
    assert [kid.tag for kid in nodes(pdf, "L")[0].kids] == ["LI", "LI"]
    assert spoken(pdf, "LBody") == ["یک", "دو"]


def test_lists_say_how_they_are_marked() -> None:
    css = "ol { list-style: persian inside } ul { list-style: none } .dots { list-style: disc }"
    body = "<ol><li>یک</li></ol><ul class='dots'><li>دو</li></ul><ul><li>سه</li></ul>"
    numbered, dotted, plain = (node.source for node in nodes(made(body, css), "L"))
    assert (numbered.A.ListNumbering, dotted.A.ListNumbering) == (Name.Decimal, Name.Disc)
    assert "/A" not in plain


def test_header_cells_have_scope_and_an_index() -> None:
    pdf = made(
        "<table><thead><tr><th>کشور<th>شمار</thead>"
        '<tbody><tr><th scope="row">چین<td>۱<tr><th scope="row">هند<td></tbody></table>'
    )
    scopes = [str(cell.source.A.Scope) for cell in nodes(pdf, "TH")]
    assert scopes == ["/Column", "/Column", "/Row", "/Row"]
    keys = [bytes(key) for key in opened(pdf).Root.StructTreeRoot.IDTree.Names[::2]]
    assert keys == sorted(keys)
    named = {bytes(header) for cell in nodes(pdf, "TD") for header in cell.source.A.Headers}
    assert (len(named), named - set(keys)) == (3, set())
    assert spoken(pdf, "TH") == ["کشور", "شمار", "چین", "هند"]


@pytest.mark.parametrize("bleed", ["0", "3mm"])
def test_the_box_of_a_picture_lies_where_the_picture_is(bleed: str) -> None:
    css = (
        f"@page {{ size: 200mm 100mm; margin: 10mm; bleed: {bleed} }} body {{ margin: 0 }}"
        "svg { display: block; width: 40mm; height: 30mm; margin-right: 20mm }"
    )
    pdf = made(SVG, css)
    box = [float(edge) for edge in nodes(pdf, "Figure")[0].source.A.BBox]
    trim = [float(edge) for edge in opened(pdf).pages[0].trimbox]
    # From the right: margins of 10 mm and 20 mm; from the top: 10 mm.
    places = [(edge - zero) / 72 * 25.4 for edge, zero in zip(box, trim[:2] * 2, strict=True)]
    assert places == pytest.approx([130, 60, 170, 90], abs=0.05)


def test_links_inside_a_link_go() -> None:
    raw = typeset('<p><a href="https://example.org"><b>example</b>.org</a></p>')
    assert len(opened(raw.pdf).pages[0].Annots) == 2
    pdf = finished(raw)
    document = opened(pdf)
    (annotation,) = document.pages[0].Annots
    parents = parent_tree(document)
    assert str(parents[int(annotation.StructParent)].S) == "/Link"
    assert len(parents) == 2  # the page, and the link


def test_no_text_is_left_unsaid_and_nothing_is_warned_of(archived: bytes) -> None:
    report = structure_in(archived)
    assert report.warnings == ()
    assert [heading.tag for heading in report.headings][:2] == ["H1", "H2"]
    assert report.outline().splitlines()[0] == "Document"
