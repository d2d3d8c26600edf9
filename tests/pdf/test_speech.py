"""What is said for each tag, and in which order."""

import re
from itertools import count

import pypdfium2
import pypdfium2.raw as api
import pytest
from pikepdf import Name

from tests.pdf.pages import (
    LEFT_TO_RIGHT,
    PNG,
    RIGHT_TO_LEFT,
    SVG,
    finished,
    heard,
    made,
    nodes,
    opened,
    parent_tree,
    require_same_look,
    spoken,
    structure_in,
    typeset,
)
from tipbrief.language.unicode_text import normal_form
from tipbrief.pdf import tag_tree
from tipbrief.pdf.embedded_files import read_embedded_files
from tipbrief.pdf.pdf_draft import PdfDraft, finish_pdf
from tipbrief.pdf.tag_repair import assign_text_runs
from tipbrief.pdf.tag_tree import MarkedContent
from tipbrief.problems import Problems
from tipbrief.typeset.engine import TypesettingResult
from tipbrief.verify.html_text import read_printed_blocks, split_into_tokens

# A picture, what stands on it and beside it, and the table of its numbers.
TABLE_OF_PICTURE = re.compile(r'(</svg>)((?:(?!</section>).)*?)(<div class="heard" hidden>.*?</div>)', re.S)
NESTED = "<ul><li>یک<ul><li>دو</li></ul></li><li>سه</li></ul>"


def test_all_is_said_once_in_the_order_of_the_html(html: str, archived: bytes) -> None:
    said: list[str] = []
    for element in structure_in(archived).elements:
        # Where a link leads, the number of an item and the words for a picture are not in the text.
        if element.tag not in ("Link", "Lbl", "Figure"):
            said += split_into_tokens(element.text)
    # The table of a picture's numbers is said behind it, before the names on it and its legend.
    ordered = TABLE_OF_PICTURE.sub(r"\1\3\2", html)
    assert ordered != html
    blocks = read_printed_blocks(heard(ordered).replace('<li id="source-', '<li id="'))
    words = [token for block in blocks for token in block.tokens if not token[0].isdigit()]
    numbers = [token.replace("٬", "") for block in blocks for token in block.tokens if token[0].isdigit()]
    assert [token for token in said if not token[0].isdigit()] == words
    assert [token for token in said if token[0].isdigit()] == numbers
    assert len(words) > 600


def letters_of(text: str) -> list[str]:
    return sorted(filter(str.isalnum, normal_form(text)))


def test_each_text_belongs_to_the_glyphs_it_is_given_to(raw_world: TypesettingResult) -> None:
    # The texts are matched by order alone; here PDFium says which letters stand in each marked content.
    numbers = count(-1, -1)  # of empty cells, in which no glyphs stand
    tags = PdfDraft(raw_world.pdf_draft).read_tags()
    texts = assign_text_runs(tags, raw_world.text_runs, lambda page: MarkedContent(page, next(numbers)))
    pages = [one.obj.objgen for one in opened(raw_world.raw_pdf).pages]
    glyphs: dict[tuple[tuple[int, int], int], str] = {}
    document = pypdfium2.PdfDocument(raw_world.raw_pdf)
    for objgen, sheet in zip(pages, document, strict=True):
        text_page = sheet.get_textpage()
        for item in sheet.get_objects([api.FPDF_PAGEOBJ_TEXT], max_depth=1, textpage=text_page):
            place = objgen, api.FPDFPageObj_GetMarkedContentID(item.raw)
            glyphs[place] = glyphs.get(place, "") + item.extract()
    written = {marked: letters for marked, leaf in texts.items() if (letters := letters_of(leaf.text))}
    assert written == {marked: letters_of(glyphs[marked.page, marked.number]) for marked in written}
    assert len(written) > 200


BRACKETS = "سازمان (یونیسف) در «۱۲٫۵۰» خانه می‌گوید: ۳۳٪ [دو] است."


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<p>{BRACKETS}", [BRACKETS]),
        ("<p>یک<br>دو</p>", ["یک دو"]),
        ("<p style='width: 3em'>کتابخانه کتابخانه کتابخانه</p>", ["کتابخانه کتابخانه کتابخانه"]),
        ("<p style='width: 3em'>۲۰۱۰–۲۰۱۵", ["۲۰۱۰–۲۰۱۵"]),  # broken after its dash
        ("<p>۱۳۳٬۹۴۳ تن، ۱٬۲۰۰٬۰۰۰، ۱٫۵، ۱٬۲", ["۱۳۳۹۴۳ تن، ۱۲۰۰۰۰۰، ۱٫۵، ۱٬۲"]),
        ("<p>۴ قوس ۱۴۰۵<br>۲۵ نومبر<br>۱۲", ["۴ قوس ۱۴۰۵، ۲۵ نومبر ۱۲"]),  # two dates
        ("<p style='width: 1em'>۱۴۰۵ ۲۵", ["۱۴۰۵ ۲۵"]),  # a line that is only full
        ("<p>در سال ۲۰۲۵<sup>۱</sup>", ["در سال ۲۰۲۵ ۱"]),  # the mark is no digit of the number
        ("<p>در سال ۲۰۲۵<sup><b aria-label='اصلاح‌شده'>†</b></sup> بود", ["در سال ۲۰۲۵ اصلاح‌شده بود"]),
        ("<p style='width: 1em'><b aria-label='نام'>یک دو سه</b> بود", ["نام بود"]),  # a label is said once
        ("<p aria-label='نام'>یک", ["یک"]),  # the name of a whole block is not its text
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


NATURAL_EARTH = "<span dir=ltr lang=en>Natural Earth</span>"


@pytest.mark.parametrize(
    ("body", "root", "said"),
    [
        ("<p>سازمان (<span dir=ltr lang=en>UNICEF Kabul</span>) در «۱۲٫۵۰» خانه", RIGHT_TO_LEFT,
         [("سازمان (", ""), ("UNICEF Kabul", "en"), (") در «۱۲٫۵۰» خانه", "")]),
        (f"<ul><li>مرزها: {NATURAL_EARTH}، ۲۰۱۸. <a href='https://a.example/'>نشانی</a></ul>", RIGHT_TO_LEFT,
         [("مرزها:", ""), ("Natural Earth", "en"), ("، ۲۰۱۸.", ""), ("نشانی", "")]),
        (f"<h1>{NATURAL_EARTH}<i>، </i><span lang=ps>۲۰۱۸ د</span>", RIGHT_TO_LEFT,
         [("Natural Earth،", "en"), ("۲۰۱۸ د", "ps")]),
        ("<p>It is <span dir=rtl lang=fa>«قاچاق انسان»، ۱۲ از ۲۵</span> in Dari.", LEFT_TO_RIGHT,
         [("It is", ""), ("«قاچاق انسان»، ۱۲ از ۲۵", "fa"), ("in Dari.", "")]),
    ],
)  # fmt: skip
def test_words_in_another_language_within_a_text_say_so(body: str, root: str, said: list[tuple[str, str]]) -> None:
    pdf = made(body, root=root)
    found = [(one.text, one.language) for one in structure_in(pdf).elements if one.text and one.tag != "Link"]
    assert [one for one in found if one[0] != "•"] == said
    assert structure_in(pdf).warnings == ()


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ('<p>۵۸۰ <span lang="en">gardens</span></p>', "en"),
        ('<p>«<span lang="en">Water is life.</span>»</p>', "en"),
        ('<p><span lang="en">2025</span></p>', "en"),
        ('<p>باغ <span lang="en">gardens</span></p>', ""),
        ('<p>باغ <span lang="en">580</span></p>', ""),
    ],
)
def test_numbers_and_signs_are_said_in_the_language_of_the_words_beside_them(body: str, named: str) -> None:
    (paragraph,) = (one for one in structure_in(made(body)).elements if one.tag == "P")
    assert paragraph.language == named


def test_the_text_beside_a_link_is_said_the_link_stays_and_another_language_is_named() -> None:
    english = '<p lang="en" dir="ltr">English.</p>'
    link = '<a href="https://example.org/a" lang="en">example.org</a>'
    pdf = made(f"<p>نشانی: {link} را ببینید.</p>{english}")
    elements = [(one.depth, one.tag, one.text, one.language) for one in structure_in(pdf).elements]
    assert elements == [
        (0, "Document", "", ""),
        (1, "P", "", ""),
        (2, "NonStruct", "نشانی:", ""),
        (2, "Link", "example.org", ""),
        (3, "NonStruct", "example.org", "en"),
        (2, "NonStruct", "را ببینید.", ""),
        (1, "P", "English.", "en"),
    ]
    assert "/ActualText" not in nodes(pdf, "P")[0].source
    pdf = made('<p><b>نشانی <a href="https://example.org/">را ببینید</a></b></p>')
    assert spoken(pdf, "NonStruct") == ["نشانی", "را ببینید"]
    pdf = made(f'<p>پیش <img src="{PNG}" alt="نقطه"> پس</p>')
    said = [(one.tag, one.text) for one in structure_in(pdf).elements if one.text]
    assert said == [("NonStruct", "پیش"), ("Figure", "نقطه"), ("NonStruct", "پس")]


MARK = '<p id="a">پیش ۲۰۲۵<sup><a href="#a" aria-label="منبع ۳">\u200f۳</a></sup> پس</p>'


def test_a_mark_is_a_reference_to_its_source_and_says_so() -> None:
    pdf = made(MARK)
    elements = [(one.depth, one.tag, one.text) for one in structure_in(pdf).elements]
    assert elements[1:] == [
        (1, "P", ""),
        (2, "NonStruct", "پیش ۲۰۲۵"),
        (2, "Link", "منبع ۳"),
        (3, "NonStruct", "منبع ۳"),
        (2, "NonStruct", "پس"),
    ]
    (reference,) = nodes(pdf, "Reference")
    assert [link.tag for link in reference.elements] == ["Link"]
    (annotation,) = opened(pdf).pages[0].Annots
    assert (str(annotation.Contents), str(annotation.Dest)) == ("منبع ۳", "a")
    assert parent_tree(opened(pdf))[int(annotation.StructParent)].objgen == reference.kids[0].source.objgen


@pytest.mark.parametrize(
    ("body", "leads"),
    [
        ("<ul><li>گزارش، ۲۰۲۵. <a href='https://a.example/'>a.example</a></ul>", ["گزارش، ۲۰۲۵. a.example"]),
        ("<ul><li>گزارش <a href='https://a.example/'>یک</a> و <a href='https://b.example/'>دو</a></ul>", ["یک", "دو"]),
        ("<p>گزارش <a href='https://a.example/'>یک</a>", ["یک"]),
        (f"<p><a href='https://a.example/'><img src='{PNG}' alt='نقطه'></a>", ["نقطه"]),
        (MARK.replace("<p", "<ul><li").replace("</p>", "</ul>"), ["منبع ۳"]),
        (
            "<ul style='width: 1em'><li>گزارش <a href='https://a.example/'>یک دو</a></ul>",
            ["گزارش یک دو", "گزارش یک دو"],
        ),
    ],
)
def test_a_link_says_where_it_leads(body: str, leads: list[str]) -> None:
    assert [str(one.Contents) for one in opened(made(body)).pages[0].Annots] == leads


def test_a_list_in_two_columns_is_one_list_and_a_dash_is_a_label() -> None:
    columns = "<div><ol><li>یک<li>دو</ol><ol start=3 style='counter-reset: list-item 2'><li>سه</ol></div>"
    style = "<style>.x li { list-style: none } .x li::before { content: '– '; display: inline-block }</style>"
    dashes = f"{style}<ul class=x><li>الف<li>ب</ul>"
    numbered, dashed = nodes(made(f"{columns}<ol><li>دیگر</ol>{dashes}"), "L")[::2]
    assert [len(one.elements) for one in (numbered, dashed)] == [3, 2]
    assert [one.source.A.ListNumbering for one in (numbered, dashed)] == ["/Decimal", "/Disc"]
    said = [[str(part.source.ActualText) for part in item.elements] for item in dashed.elements]
    assert said == [["–", "الف"], ["–", "ب"]]


def test_the_end_of_a_sheet_says_its_code_and_how_to_ask(archived: bytes) -> None:
    *_, last = (one for one in structure_in(archived).elements if one.tag == "P")
    assert "WORLD/" in last.text
    assert "پیش از توزیع بپرسید" in last.text


def test_what_is_only_seen_is_no_text_for_the_ear() -> None:
    shown = '<p>پیش</p><div aria-hidden="true"><span>۲۰۰۸</span><b>۲۰۲۳</b></div><p>پس</p>'
    pdf = made(f"{shown}<table><tr><th>یک<th><i aria-hidden='true'>–</i></table>")
    said = [one for one in structure_in(pdf).elements if one.tag != "Document"]
    assert [(one.tag, one.text) for one in said] == [
        ("P", "پیش"), ("P", "پس"), ("Table", ""), ("TBody", ""), ("TR", ""), ("TH", "یک"), ("TH", ""),
    ]  # fmt: skip
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert all(seen in text for seen in ("۲۰۰۸", "۲۰۲۳", "–"))
    assert opened(pdf).pages[0].Contents.read_bytes().count(b"/Artifact <<") == 3


HEARD = "<span class='heard' hidden>۲۰۰۲: ردیف <i lang='en'>A</i></span>"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (f"<ul><li>{HEARD}<b aria-hidden='true'>اول</b><i aria-hidden='true'>۲۰۰۲</i></ul>", ["LBody"]),
        (f"<ul><li>یک<li>{HEARD}<li>سه</ul>", ["LBody"]),
        (f"<ol><li>{HEARD}اول</ol>", ["LBody"]),
        (f"<table><tr><th>یک<th>دو<tr><td><td>{HEARD}</table>", ["TD"]),
        (f"<p>{HEARD}اول</p>", ["P"]),
    ],
)
@pytest.mark.parametrize("css", ["", "ul { display: table; list-style: none } ul li { display: table-cell }"])
def test_words_that_are_only_heard_are_said_in_place_of_what_is_seen(body: str, said: list[str], css: str) -> None:
    pdf = made(body, "ul { list-style: none }" + css)
    assert [one.tag for one in structure_in(pdf).elements if one.text == "۲۰۰۲: ردیف A"] == said
    assert not any("اول" in one.text for one in structure_in(pdf).elements)
    text = pypdfium2.PdfDocument(pdf)[0].get_textpage().get_text_range()
    assert "ردیف" not in text
    assert ("اول" in text) == ("اول" in body)


def test_between_two_marks_nothing_is_said() -> None:
    mark = '<a href="#a" aria-label="منبع ۳">۳</a>، <a href="#a" aria-label="منبع ۴">۴</a>'
    pdf = made(f'<h1 id="a">پیش<sup>\u200f{mark}</sup></h1><p>پس')
    assert spoken(pdf, "NonStruct") == ["پیش", "منبع ۳", " ", "منبع ۴"]
    (heading,) = structure_in(pdf).headings
    assert heading.text == "پیش", "a heading is called by its words"


def test_an_item_without_text_is_none() -> None:
    for items in ("<li>یک</li><li></li>", "<li></li><li>یک</li>"):
        structure = structure_in(made(f"<ul>{items}</ul>", "ul { list-style: none }"))
        said = [(one.tag, one.text) for one in structure.elements]
        assert said == [("Document", ""), ("L", ""), ("LI", ""), ("LBody", "یک")]
        assert structure.warnings == ()


NUMBERS = (
    f'<div>{SVG}</div><table class="numbers" hidden><caption>شمار</caption><thead><tr><th scope="col">سال'
    '<th scope="col">تن</thead><tbody><tr><th scope="row">۲۰۰۸<td>۳۰٬۹۶۱<tr><th scope="row">۲۰۱۵<td>یافت نشد'
    "</tbody></table><p>پس</p>"
)


def test_the_numbers_of_a_picture_are_a_table_behind_it() -> None:
    pdf, plain = made(NUMBERS), made(f"<div>{SVG}</div><p>پس</p>")
    elements = structure_in(pdf).elements
    assert [(one.tag, one.text) for one in elements if one.tag != "Document"] == [
        ("Div", ""), ("Figure", "نقشه"), ("Table", ""), ("Caption", "شمار"),
        ("THead", ""), ("TR", ""), ("TH", "سال"), ("TH", "تن"),
        ("TBody", ""), ("TR", ""), ("TH", "۲۰۰۸"), ("TD", "۳۰۹۶۱"), ("TR", ""),
        ("TH", "۲۰۱۵"), ("TD", "یافت نشد"),
        ("P", "پس"),
    ]  # fmt: skip
    assert [str(cell.source.A.Scope) for cell in nodes(pdf, "TH")] == ["/Column", "/Column", "/Row", "/Row"]
    assert structure_in(pdf).warnings == ()
    require_same_look(pdf, plain)


def test_a_picture_leads_to_its_numbers_as_a_table_and_as_a_file() -> None:
    more = NUMBERS.replace("۳۰٬۹۶۱", "−۱٫۵٪").replace("یافت نشد", "۲۰۰۴–۲۰۰۹")
    pdf = made(f"{SVG}{NUMBERS}{more}")
    assert read_embedded_files(pdf) == {
        "chart-1.csv": "\ufeffسال,تن\n2008,30961\n2015,یافت نشد\n".encode(),
        "chart-2.csv": "\ufeffسال,تن\n2008,-1.5%\n2015,۲۰۰۴–۲۰۰۹\n".encode(),
    }
    figures, tables = ([node.source for node in nodes(pdf, tag)] for tag in ("Figure", "Table"))
    assert "/AF" not in figures[0], "no numbers, no file"
    for number, (figure, table) in enumerate(zip(figures[1:], tables, strict=True), 1):
        assert [one.objgen for one in figure.Ref] == [table.objgen]
        (file,) = figure.AF
        assert (str(file.UF), file.AFRelationship) == (f"chart-{number}.csv", Name.Data)
    for figure in nodes(pdf, "Figure"):
        (mark,) = figure.kids
        drawn = opened(pdf).pages[0].Contents.read_bytes().split(b"/MCID %d " % mark.number)[1].split(b"EMC")[0]
        assert b" l\n" in drawn, "the drawing itself, no empty mark"


def test_the_numbers_are_those_of_the_picture_right_before_them() -> None:
    image = f'<img src="{PNG}" alt="نقطه">'
    structure = structure_in(made(f"<div>{SVG}</div>" + NUMBERS.replace(SVG, image)))
    assert [one.text or one.tag for one in structure.elements if one.tag in ("Figure", "Table")] == [
        "نقشه", "نقطه", "Table",
    ]  # fmt: skip
    assert structure.warnings == ()
    table = '<table class="numbers"><tbody><tr><th scope="row">۲۰۰۸<td><td>۱</table>'
    structure = structure_in(made(f"<div>{SVG}</div><div hidden>{table}</div>"))
    tags = [one.tag for one in structure.elements if one.tag not in ("Document", "Div", "Figure")]
    assert tags == ["Table", "TBody", "TR", "TH", "TD", "TD"], "without a caption or a head it has none"
    assert structure.warnings == ()
    seen = structure_in(made(f"<div>{SVG}</div>{table}"))
    assert [one.tag for one in seen.elements].count("Table") == 1, "whatever its class, it is said once"


def test_a_list_inside_an_unmarked_item_is_said_after_it_and_in_a_marked_one_refused() -> None:
    pdf = made(NESTED, "ul { list-style: none }")
    said = [(one.tag, one.text) for one in structure_in(pdf).elements if one.text]
    assert said == [("P", "یک"), ("LBody", "دو"), ("LBody", "سه")]
    with pytest.raises(Problems, match="a list inside a list"):
        made(NESTED, "ul { list-style: persian inside }")


def test_texts_that_do_not_fit_the_tags_are_refused(raw_world: TypesettingResult) -> None:
    with pytest.raises(Problems, match="tagged texts"):
        finish_pdf(raw_world.pdf_draft, text_runs=raw_world.text_runs[1:])


def test_items_hold_labels_and_bodies_only_and_the_space_between_them(archived: bytes) -> None:
    for item in nodes(archived, "LI"):
        assert [tag_tree.tag_of(kid) for kid in item.kids] in (["LBody"], ["Lbl", "LBody"])
    for one in nodes(archived, "L"):
        assert {tag_tree.tag_of(kid) for kid in one.kids} == {"LI"}
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


def test_a_list_that_begins_anew_is_a_list_of_its_own() -> None:
    css = "ol { list-style: persian inside } .on { counter-reset: list-item 2 }"
    body = "<ol><li>یک</li><li>دو</li></ol><ol{}><li>سه</li></ol>"
    for more, items in (("", [2, 1]), (" class='on'", [3])):  # as lists in columns go on
        assert [len(node.elements) for node in nodes(made(body.format(more), css), "L")] == items


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


def test_links_inside_a_link_are_one() -> None:
    raw = typeset('<p><a href="https://example.org"><b>example</b>.org</a></p>')
    assert len(opened(raw.raw_pdf).pages[0].Annots) == 2
    pdf = finished(raw)
    document = opened(pdf)
    (annotation,) = document.pages[0].Annots
    parents = parent_tree(document)
    assert str(parents[int(annotation.StructParent)].S) == "/Link"
    assert len(parents) == 2  # the page, and the link


def test_no_text_is_left_unsaid_and_nothing_is_warned_of(archived: bytes) -> None:
    # Below a Span Chromium drops all text; an element that holds marked content has no text of its own (MuPDF).
    assert nodes(archived, "Span") == []
    assert len(nodes(archived, "NonStruct")) > 300
    for page in opened(archived).pages:
        assert b"/Span" in page.Contents.read_bytes(), "that of the content is no element"
    report = structure_in(archived)
    assert report.warnings == ()
    assert [heading.tag for heading in report.headings][:2] == ["H1", "H2"]
    assert report.outline().splitlines()[0] == "Document"
