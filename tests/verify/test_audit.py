"""Audits of small PDFs: what is right passes, and each fault is found, in PDFs that have it."""

import io
import json
import os
import re
import shutil
import time
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest import mock

import pikepdf
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from tests.fonts.shaping import renamed
from tests.pdf.pages import bomb, changed, doubled
from tests.support import FONTS
from tipbrief.compose import html_writer
from tipbrief.compose.profiles import PAPERS
from tipbrief.files import OUTSIDE_MESSAGE
from tipbrief.handouts.imposition import MM_PER_POINT, SHEET_SIZES
from tipbrief.language.language import Language, load_language
from tipbrief.pdf.pdf_file import MAX_PAGES
from tipbrief.pdf.standards import DEFAULT_STANDARD
from tipbrief.problems import MAX_PROBLEMS, Problem, Problems
from tipbrief.typeset.engine import Typesetter
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.verify import word_comparison
from tipbrief.verify.audit import (
    MAX_HTML_BYTES,
    PAPER_SIZES,
    AuditReport,
    Expectation,
    audit_file,
    audit_pdf,
    is_of_family,
    require_no_errors,
)
from tipbrief.verify.html_text import read_printed_blocks, split_into_tokens
from tipbrief.verify.pdfium import Font
from tipbrief.verify.word_comparison import poppler_text
from tipbrief.verify.word_problems import MAX_WORDS

ONE_PAGE = Expectation(pages=1)
ENGLISH = Expectation(pages=1, language="en")
READERS = ["PDFium", *(["poppler"] if shutil.which("pdftotext") else [])]

BRIEF = """
<h1>قاچاق انسان در جهان، ۲۰۲۵</h1>
<p>گزارش سالانۀ ایالات متحده می‌گوید: <span class="num">۱۳</span> حکومت، از جمله افغانستان، «سیاست یا
الگوی» قاچاق (انسان) داشته‌اند.<sup>۱، ۲</sup> شمار قربانیان در سال ۲۰۲۳<sup>۶</sup> به ۱۳۳٬۹۴۳
رسید<sup>۷</sup> و ۱۲\u200f٪ افزایش یافت؛
سال‌های پیش‌تر نیز چنین بود.</p>
<p dir="ltr" lang="en">“Human trafficking is a horrific crime that also enriches anti-American regimes.”</p>
<ul><li>ایران</li><li>کوریای شمالی</li><li>لطفاً به کسی که این برگه را داده است</li></ul>
<p><span dir="ltr" lang="en">Kelley, Heiss</span>، داده‌ها ۲۰۰۱ تا ۲۰۱۵.
<a href="https://example.org/a?b=1" dir="ltr" lang="en">d1phw6.example.org</a> <a href="#note">یادداشت</a></p>
<p id="note">پایان</p>
"""


# With what readers most easily take for other words: Persian in a line of English, marks at numbers.
ENGLISH_BRIEF = """
<h1>Human trafficking in the world, 2025</h1>
<p>The report of the United States says: <span class="num">13</span> governments, among them Afghanistan, had
a “policy or pattern” of trafficking (in persons).<sup>1, 2</sup> In 2023<sup>6</sup> there were 133,943
victims<sup>7</sup>, 12.5% more than in 2022.<sup>8</sup> It wasn’t otherwise before: see
<a href="https://example.org/a?b=1">d1phw6.example.org</a> or <a href="#note">the note</a>.</p>
<p dir="rtl" lang="fa-AF">«قاچاق انسان، جنایتی است که می‌شود آن را پایان داد؛ ۱۲٬۳۴۵ تن در ۱۸۸ کشور
<span dir="ltr" lang="en">(TVPA of 2000)</span> دیده شدند.» سال‌های پیش‌تر نیز چنین بود.</p>
<p>It is called <span dir="rtl" lang="fa">«قاچاق انسان»</span> in Dari, and <span dir="rtl" lang="fa">بچه‌بازی
می‌شود</span> there; see <span dir="rtl" lang="fa">صفحۀ ۱۲ از ۲۵</span>, too.</p>
<table><tr><th>Year</th><th>Victims</th></tr><tr><td>2023</td><td>133,943</td></tr></table>
<ul><li>Iran</li><li>North Korea</li><li>Côte d’Ivoire</li></ul><p id="note">The end</p>
"""
RIGHT_TO_LEFT, LEFT_TO_RIGHT = 'lang="fa-AF" dir="rtl"', 'lang="en" dir="ltr"'


def page(body: str, style: str = "", *, head: str = "<title>برگه</title>", root: str = RIGHT_TO_LEFT) -> str:
    return (
        f'<!DOCTYPE html><html {root}><head>{head}<meta name="generator" content="tipbrief">'
        "<style>@page { size: A4; margin: 20mm } html { font: 10pt/1.7 Vazirmatn } "
        f"sup {{ font-size: .66em; line-height: 0 }} {style}</style></head><body>{body}</body></html>"
    )


def pdf_in(fonts: Path, html: str) -> bytes:
    with mock.patch.dict(os.environ):
        return Typesetter(fonts, {}).typeset_html(html).raw_pdf


@pytest.fixture(scope="module")
def press() -> Typesetter:
    return Typesetter(FONTS / "prepared", {})


@pytest.fixture(scope="module")
def brief(press: Typesetter) -> bytes:
    return press.typeset_html(page(BRIEF)).raw_pdf


def messages(report: AuditReport) -> list[str]:
    """What is wrong, without what no PDF of ours has: ``test_foreign_content`` asks for that."""
    return [problem.message for problem in report.problems if problem.kind != "foreign-content"]


def faults(
    press: Typesetter, html: str, promised: str = "", expected: Expectation = ONE_PAGE, *, thorough: bool = True
) -> list[str]:
    """What is wrong with the PDF of a page, of which its own HTML or another one is promised."""
    return messages(audit_pdf(press.typeset_html(html).raw_pdf, expected, promised or html, thorough=thorough))


@pytest.mark.parametrize(
    ("html", "expected", "words", "said"),
    [
        (page(BRIEF), ONE_PAGE, 80, ("fa-AF", "R2L")),
        (page(ENGLISH_BRIEF, root=LEFT_TO_RIGHT), ENGLISH, 112, ("en", "L2R")),
    ],
    ids=["Dari", "English"],
)
def test_a_right_brief_has_no_problems(
    press: Typesetter, html: str, expected: Expectation, words: int, said: tuple[str, str]
) -> None:
    pdf = press.typeset_html(html).raw_pdf
    report = audit_pdf(pdf, expected, html, "برگه.pdf")
    assert report.problems == ()
    assert (report.pages, report.paper, report.title) == (1, (210.0, 297.0), "برگه")
    assert (report.language, report.direction) == said
    assert report.fonts == tuple(Font(name, embedded=True, subset=True) for name in ("Vazirmatn", "Vazirmatn-Bold"))
    assert (report.words, report.zwnj) == (words, 5)
    assert [(one.reader, one.found, one.in_order, one.zwnj) for one in report.readings] == [
        (reader, words, in_order, 5) for reader, in_order in zip(READERS, (words, None), strict=False)
    ]
    without_html = audit_pdf(pdf, expected)
    assert (without_html.problems, without_html.words) == ((), 0), "the words are not compared"


def test_a_paragraph_in_the_wrong_direction_is_out_of_order(press: Typesetter) -> None:
    text = "".join(f"<p>واژۀ نخست <b>Number {word}</b> در پایان جمله بود</p>" for word in "ABCDEFGH")
    html = page(text, root=LEFT_TO_RIGHT)
    found = faults(press, html, html.replace("<p>", "<p dir=rtl>"), ENGLISH)
    assert any("out of order" in message for message in found)


def test_the_build_and_who_has_no_poppler_read_with_pdfium_alone(monkeypatch: pytest.MonkeyPatch, brief: bytes) -> None:
    built = require_no_errors(brief, page(BRIEF), ONE_PAGE)
    monkeypatch.setenv("PATH", "")
    for report in (built, audit_pdf(brief, ONE_PAGE, page(BRIEF))):
        assert [reading.reader for reading in report.readings] == ["PDFium"]


def test_columns_table_cells_and_positioned_labels_are_read(press: Typesetter) -> None:
    words = "گزارش سالانه دربارۀ ایالات متحده و کودکان می‌گوید که قربانیان بسیار اند و شمار آنان فزون‌تر شد"
    cell = "<div class=cell><h2>سرخط</h2><p>{}</p></div>"
    html = page(
        f"<div class=row>{cell.format(words)}{cell.format(words + ' باز')}</div>"
        f"<div class=columns><p>{words} یک</p><p>{words} دو</p></div><div class=plot>"
        "<span class=value>۹٬۵۴۸</span> <span class=value style='right: 2cm'>۷٬۱۱۵</span></div>",
        ".row { display: table; width: 100% } .cell { display: table-cell; width: 50% }"
        ".columns { columns: 2 } .plot { position: relative; height: 9mm }"
        ".value { position: absolute; right: 0 }",
    )
    pdf = press.typeset_html(html).raw_pdf
    report = require_no_errors(pdf, html, ONE_PAGE)
    assert (report.problems, report.readings[0].in_order) == ((), report.words)
    found = [reading.found for reading in audit_pdf(pdf, ONE_PAGE, html).readings]
    assert found == [report.words] * len(READERS)


def test_columns_that_go_on_overleaf_are_read_in_order(press: Typesetter) -> None:
    """The tags have the first parts of all columns before their rest, and a paragraph on two pages in two parts."""
    lines = [
        [f"<p>{column} {letter} {'واژه ' * 20}{letter}</p>" for letter in LETTERS[4:28]] for column in ("یک", "دو")
    ]

    def html(first: list[str]) -> str:
        columns = "".join(f"<div class=column><h2>سر</h2>{''.join(one)}</div>" for one in (first, lines[1]))
        style = ".row { display: table } .column { display: table-cell; width: 50%; padding: 2mm }"
        return page(f"<h1>برگه</h1><div class=row>{columns}</div><p>پایان</p>", style)

    pdf = press.typeset_html(html(lines[0])).final_pdf
    assert audit_pdf(pdf, Expectation(), html(lines[0]), thorough=False).problems == ()
    for place in range(len(lines[0]) - 1):
        swapped = [*lines[0][:place], lines[0][place + 1], lines[0][place], *lines[0][place + 2 :]]
        (problem,) = audit_pdf(pdf, Expectation(), html(swapped), thorough=False).problems
        assert "out of order" in problem.message


@pytest.mark.parametrize("alike", [True, False])
def test_the_same_words_in_columns_and_cells_are_those_of_their_own(press: Typesetter, alike: bool) -> None:
    """The first column goes on overleaf, with a paragraph on both pages; all words of the second stand before.

    A cell has the words of a paragraph below it, or overleaf; it stands beside the cell before, the paragraph does not.
    """
    words = ["".join(f"<p>{one} {'واژه ' * n}{one}</p>" for one in LETTERS[4:24]) for n in (40, 40 if alike else 1)]
    columns = "".join(f"<div class=column><p>{'آغاز ' * n}</p>{words[n == 1]}</div>" for n in (200, 1))
    above, below = ["<p class=below>چاه</p>", ""][:: 1 if alike else -1]
    cells = "".join(f"<tr><th scope=row>{name}</th><td>آب سرد و پاک</td></tr>" for name in ("کوه", "چاه"))
    html = page(
        f"<h1>برگه</h1><table>{cells}</table>{above}<div class=row>{columns}</div>{below}",
        "table { width: 100% } th { width: 30%; text-align: start } .below { margin-right: 35% }"
        ".row { display: table } .column { display: table-cell; width: 30% } .column + .column { width: 70% }",
    )
    pdf = press.typeset_html(html).final_pdf
    assert audit_pdf(pdf, Expectation(), html, thorough=False).problems == ()


def test_the_report_is_plain_values(brief: bytes) -> None:
    report = audit_pdf(brief, Expectation(pages=2), page(BRIEF), "x.pdf")
    told = json.loads(json.dumps(report.as_dict()))
    assert told["readers"]["PDFium"]["found"] == told["words"] == report.words
    assert told["fonts"][0] == {"name": "Vazirmatn", "embedded": True, "subset": True}
    assert told["problems"][0]["file"] == told["file"] == "x.pdf"
    assert report.summary().startswith(
        "x.pdf: 1 page, 210 × 297 mm; Vazirmatn, Vazirmatn-Bold; says of itself PDF/A-3A (not tested here: veraPDF "
        "tests it); PDFium finds "
    )
    assert report.summary().endswith("; 1 error")


def test_a_pdf_claims_what_its_form_promises_and_says_its_title_and_maker(brief: bytes) -> None:
    expected = replace(ONE_PAGE, standard=DEFAULT_STANDARD)
    told = "the PDF claims PDF/A-3A, not PDF/A-3A and PDF/UA-1"  # it is not finished
    assert messages(audit_pdf(brief, expected, thorough=False)) == [told]
    assert messages(audit_pdf(brief, ONE_PAGE, thorough=False)) == []
    report = audit_pdf(changed(brief, catalogue("/Info", at="trailer")), ONE_PAGE)
    assert (report.title, messages(report)) == ("برگه", []), "the metadata alone say title and maker"


@pytest.fixture
def file(tmp_path: Path, brief: bytes) -> Path:
    """The brief in a file, beside which no HTML lies yet."""
    (tmp_path / "sent").mkdir()
    path = tmp_path / "sent" / "brief.pdf"
    path.write_bytes(brief)
    return path


def test_a_file_is_compared_with_the_html_beside_it(file: Path) -> None:
    assert audit_file(file).words == 0
    html = file.with_suffix(".html")
    for text, message, at in (
        (page(BRIEF + "<p>افزوده</p>"), f"page 1: «افزوده» is not read back ({', '.join(READERS)})", file),
        ("<p>" + "و " * 100_000, "the HTML has 100000 words, the PDF 79: they are not of one document", file),
        ("<p>" + "و " * MAX_HTML_BYTES, "tipbrief reads at most", html),
        ("<!DOCTYPE <p>", "the HTML beside the PDF has no words", file),
    ):
        html.write_text(text, encoding="utf-8")
        (problem,) = (one for one in audit_file(file).problems if one.kind != "foreign-content")
        assert message in problem.message
        assert problem.file == at
    missing = messages(audit_file(file.with_name("none.pdf")))
    assert missing == ["the file cannot be read: No such file or directory"]


LINK = "<p><a href='{}'>پیوند</a> <a href='mailto:a@example.org'>نامه</a></p>"
BEYOND = "<p style='position: absolute; right: -{}mm; top: {}mm'>{}</p>"
BEYOND_THE_EDGE = "it lies beyond the edge of the page"
NARROW = "<p style='width: {}mm; overflow: hidden; white-space: nowrap'>این متن دراز است</p>"


@pytest.mark.parametrize(
    ("html", "pages", "found"),
    [
        (page("<p>متن</p>"), 2, ["the PDF has 1 page, the brief has 2"]),
        (
            page("<p>متن</p><p style='break-before: page; page: small'>متن</p>", "@page small { size: A5 }"),
            2,
            ["page 2: the paper is 148 × 210 mm, not 210 × 297 mm"],
        ),
        (page("<p>متن</p>", head=""), 1, ["the PDF has no title"]),
        (page("<p>متن</p>", root='lang="fa" dir="rtl"'), 1, ["the PDF's language is 'fa', not 'fa-AF'"]),
        (
            page(BEYOND.format(30, 0, "بیرون") + "<p>درون</p>" + BEYOND.format(22, 20, "دورتر")),
            1,
            [
                f"page 1: the text «{text}» is not seen: it lies beyond the edge of the page"
                for text in ("بیرون", "دورتر")
            ],
        ),
        (page(NARROW.format(60)), 1, []),
        (page(NARROW.format(12)), 1, ["page 1: the text «این متن دراز است» is not seen: it is cut off"]),
        *(
            (page(LINK.format(address)), 1, [f"page 1: the link '{address}' is no full address"])
            for address in ("http:///nowhere", "ftp://example.org/x", "file:///etc/passwd")
        ),
    ],
)
def test_what_is_wrong_with_a_page_is_found(press: Typesetter, html: str, pages: int, found: list[str]) -> None:
    told = faults(press, html, expected=Expectation(pages=pages), thorough=False)
    assert [one for one in told if "stay empty" not in one] == found


def test_a_strange_font_is_found(tmp_path: Path) -> None:
    renamed("Fremd", tmp_path / "fremd.ttf")
    html = page("<p style='opacity: .5'>این متن</p>")  # opacity makes a form of it
    pdf = pdf_in(tmp_path, html)
    assert messages(audit_pdf(pdf, ONE_PAGE, html)) == ["page 1: the font Fremd is not one of ours"]
    assert audit_pdf(pdf, Expectation(pages=1, families=("Fremd",)), html).problems == ()


@pytest.mark.parametrize(
    ("font", "family", "same"),
    [
        ("Noto-Naskh-Arabic-Semi-Bold", "Noto Naskh Arabic", True),
        ("NotoNaskhArabic", "Noto Naskh Arabic", True),
        ("Noto-Sans-Arabic", "Noto Sans", False),
        ("Vazirmatn2-Bold", "Vazirmatn", False),
    ],
)
def test_families_are_told_from_their_weights(font: str, family: str, same: bool) -> None:
    assert is_of_family(font, family) == same


def test_stock_vazirmatn_loses_the_zwnj_and_turns_lam_alef_round(tmp_path: Path) -> None:
    shutil.copy(FONTS / "upstream" / "Vazirmatn-Regular.ttf", tmp_path)
    html = page("<p>گزارش سالانۀ ایالات متحده می‌شود و افغانستان</p>")
    report = audit_pdf(pdf_in(tmp_path, html), ONE_PAGE, html)
    readers = ", ".join(READERS)
    lost = [problem for problem in report.problems if "read back" in problem.message]
    assert sorted(problem.message for problem in lost) == [
        f"page 1: «ایالات» is read back as «ایاالت» ({readers}; font Vazirmatn)",
        f"page 1: «سالانۀ» is read back as «ساالنۀ» ({readers})",
        f"page 1: «می\u200cشود» is read back as «میشود» ({readers}; font Vazirmatn)",
    ]
    hints = Counter(problem.hint.partition(":")[0] for problem in lost)
    assert hints == {"the font loses the ZWNJ": 1, "one glyph stands for two letters": 2}
    assert [reading.zwnj for reading in report.readings] == [0] * len(READERS)


def test_a_font_without_unicode_values_is_found(brief: bytes) -> None:
    def change(document: pikepdf.Pdf) -> None:
        for font in document.pages[0].Resources.Font.values():
            if "Bold" in str(font.BaseFont):
                del font.ToUnicode

    found = messages(audit_pdf(changed(brief, change), ONE_PAGE, page(BRIEF)))
    assert any(re.fullmatch(r"page 1: \d+ glyphs of Vazirmatn-Bold have no Unicode value", m) for m in found)
    with pytest.raises(Problems, match="«جهان» is"):
        require_no_errors(changed(brief, change), page(BRIEF), ONE_PAGE)


def test_a_missing_glyph_is_found(press: Typesetter) -> None:
    html = page("<p>متن</p><p style='break-before: page'>متن 漢 متن</p><p style='opacity: .5'>متن 字</p>")
    pdf = import_weasyprint().HTML(string=html).write_pdf()
    found = set(messages(audit_pdf(pdf, Expectation())))
    lacking = ("«漢» (U+6F22)", "«字» (U+5B57)")
    assert found >= {f"page 2: Vazirmatn lacks {one}: an empty box is drawn" for one in lacking}


def catalogue(key: str, value: object = None, at: str = "Root") -> Callable[[pikepdf.Pdf], None]:
    """Set an entry of the document's catalogue, or of its trailer, or take it out."""

    def change(document: pikepdf.Pdf) -> None:
        holder = getattr(document, at)
        del holder[key]
        if value is not None:
            holder[key] = value

    return change


def whole_fonts(document: pikepdf.Pdf) -> None:
    for font in document.pages[0].Resources.Font.values():
        for part in (font, font.DescendantFonts[0]):
            part.BaseFont = pikepdf.Name("/" + str(part.BaseFont).split("+")[1])


def draw_with(document: pikepdf.Pdf, **font: object) -> None:
    sheet = document.pages[0]
    sheet.Resources.Font.Strange = document.make_indirect(pikepdf.Dictionary(Type=pikepdf.Name.Font, **font))
    sheet.contents_add(b"BT /Strange 20 Tf 100 200 Td (a) Tj ET", prepend=True)


def type_3_font(document: pikepdf.Pdf) -> None:
    bitmap = document.make_stream(b"1000 0 0 0 750 750 d1 0 0 750 750 re f")
    box = {"FontBBox": [0, 0, 750, 750], "FontMatrix": [0.001, 0, 0, 0.001, 0, 0], "Widths": [1000]}
    drawn = {"CharProcs": pikepdf.Dictionary(box=bitmap), "FirstChar": 97, "LastChar": 97}
    encoding = pikepdf.Dictionary(Differences=[97, pikepdf.Name.box])
    draw_with(document, Subtype=pikepdf.Name.Type3, Encoding=encoding, **box, **drawn)


def link_to_nowhere(document: pikepdf.Pdf) -> None:
    (link,) = (link for link in document.pages[0].Annots if "/URI" not in link.get("/A", {}))
    link.A = pikepdf.Dictionary(S=pikepdf.Name.GoTo, D=pikepdf.String("nowhere"))
    if "/Dest" in link:
        del link.Dest


TURNED = pikepdf.Dictionary(Direction=pikepdf.Name.L2R)
PROGRAM = pikepdf.Dictionary(S=pikepdf.Name.Launch, F=pikepdf.String("x.exe"))


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (catalogue("/Lang"), ["the PDF's language is '', not 'fa-AF'"]),
        (catalogue("/ViewerPreferences", TURNED), ["the PDF's reading direction is 'L2R', not 'R2L'"]),
        (catalogue("/ViewerPreferences"), ["the PDF's reading direction is '', not 'R2L'"]),
        (whole_fonts, [f"page 1: the font Vazirmatn{bold} is embedded whole" for bold in ("", "-Bold")]),
        (
            lambda document: draw_with(document, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica),
            [f"page 1: the font Helvetica is not {what}" for what in ("one of ours", "embedded")],
        ),
        (type_3_font, ["page 1: a Type 3 font", "page 1: 1 glyph of  has no Unicode value"]),
        (link_to_nowhere, ["page 1: a link goes to a place that does not exist"]),
        (
            lambda document: document.pages[0].Annots[0].update({"/A": PROGRAM}),
            ["page 1: a link opens a file or starts a program"],
        ),
        (
            lambda document: document.docinfo.update({"/Creator": "Writer"}),
            ["the PDF was not made by tipbrief but by Writer"],
        ),
    ],
)
def test_a_fault_in_a_pdf_is_found(brief: bytes, change: Callable[[pikepdf.Pdf], None], found: list[str]) -> None:
    report = audit_pdf(changed(brief, change), ONE_PAGE)
    assert messages(report) == found
    severity = "warning" if "made by" in found[0] else "error"
    assert {problem.severity for problem in report.problems} == {severity}


def lost(press: Typesetter, printed: str, promised: str) -> list[str]:
    """What is said of lost words; not of those that stand in their place."""
    found = (
        message.removesuffix(f" ({', '.join(READERS)})") for message in faults(press, page(printed), page(promised))
    )
    return [message for message in found if "is printed" not in message]


@pytest.mark.parametrize(
    ("printed", "promised", "found"),
    [
        ("<p>مُعَلِّم خوب</p>", "<p>مُعَلِّم خوب</p>", ["page 1: «معلم» is not read back"]),
        ("<p>یک و سه</p>", "<p>یک دو و سه</p>", ["page 1: «دو» is not read back"]),
        ("<p>ردیف دوم</p>", "<p>ردیف دوم</p><p>دوم</p>", ["page 1: «دوم» is not read back"]),
        ("<p>برابر با ۱۰۶ است</p>", "<p>برابر با ۱۰۷ است</p>", ["page 1: «۱۰۷» is not read back"]),
        ("<p>۱۳۳٬۹۴۳</p>", "<p>۱۳۳٬۹۴۲</p>", ["page 1: «۱۳۳٬۹۴۲» is not read back"]),
        ("<p>12.5%</p>", "<p>125%</p>", ["page 1: «125» is not read back"]),
        ("<p>سال ۲۰۲۳</p>", "<p>سال ۲۰۲۳<sup>۶</sup></p>", ["page 1: «۶» is not read back"]),
        ("<p>می رود</p>", "<p>می\u200cرود</p>", ["page 1: «می\u200cرود» is not read back"]),
        ("<p>خانه ما</p>", "<p>خانۀ ما</p>", ["page 1: «خانۀ» is read back as «خانه»"]),
        ("<p>in the world</p>", "<p>in the word</p>", ["page 1: «word» is not read back"]),
        ("<p></p>", "<p>متن</p>", ["there is no text in the PDF"]),
    ],
)  # fmt: skip
def test_a_word_that_is_not_printed_is_found(press: Typesetter, printed: str, promised: str, found: list[str]) -> None:
    assert [m.split(";")[0].split(f" ({READERS[0]}")[0] for m in lost(press, printed, promised)] == found


def test_numbers_that_changed_places_are_found(press: Typesetter) -> None:
    far = "واژه دیگر " * 12
    found = lost(press, f"<p>از ۱۸۸ کشور {far} تنها ۳۳ حکومت</p>", f"<p>از ۳۳ کشور {far} تنها ۱۸۸ حکومت</p>")
    assert found == ["page 1: words are read out of order (2 in all): «۳۳ ۱۸۸»"]


FOOT = '@page { @bottom-center { content: "قاچاق انسان، ۲۰۲۵؛ صفحۀ " counter(page, persian) } }'


@pytest.mark.parametrize(
    ("promised", "printed"),
    [("قاچاق انسان", "قاچاق"), ("قاچاق انسان", "قاچاق انسات"), ("در ۲۰۲۵", "در ۲۰۲۴"), ("در ۱", "در 1")],
)
def test_a_word_of_the_foot_stands_for_none_of_the_body(press: Typesetter, promised: str, printed: str) -> None:
    """A chart's labels have no tag, either: they are read."""
    chart = '<div aria-hidden="true" role="presentation"><span>۲۰۰۸</span> <span>۲۰۲۵</span></div>'
    right, wrong = (
        page(f"<p>گزارش می‌گوید که {text} آمده است</p>{chart}", FOOT).replace(
            "<body", '<body data-foot="قاچاق انسان، ۲۰۲۵؛"'
        )
        for text in (promised, printed)
    )
    assert audit_pdf(press.typeset_html(right).final_pdf, ONE_PAGE, right).problems == ()
    found = messages(audit_pdf(press.typeset_html(wrong).final_pdf, ONE_PAGE, right, thorough=False))
    assert f"«{promised.split()[-1]}» is " in found[0]


def test_the_number_of_a_source_is_read_too(press: Typesetter) -> None:
    html = page(
        '<p>چنین است<sup><a href="#source-1">۱</a></sup> و چنان<sup><a href="#source-2">۲</a></sup></p>'
        '<ol><li id="source-1">کتاب نخست</li><li id="source-2">کتاب دوم</li></ol>',
        "li { list-style: persian inside }",
    )
    assert faults(press, html) == []
    latin = faults(press, html.replace("persian", "decimal"), html)
    found = [message.split(" is ")[0][-3:] for message in latin]
    assert found == ["«۱»", "«۲»", "«1»", "«2»"], "lost, and printed in their place"


def test_many_lost_words_are_summed_up(press: Typesetter) -> None:
    found = lost(press, "<p>متن</p>", "<p>متن الف ب پ ت ث ج چ ح خ د ذ ر</p>")
    assert len(found) == MAX_WORDS + 1
    assert found[-1] == "… and 2 more words are not read back"


def test_a_page_largely_empty_is_told_unless_it_is_the_last_of_its_sheet(press: Typesetter) -> None:
    def pages(*heights: int, title: str = "h2") -> list[str]:
        parts = (f'<{title}>بخش</{title}><div style="height: {height}mm"></div><p>سطر</p>' for height in heights)
        body = '<div style="break-after: page"></div>'.join(parts)
        html = page(f"<h1>برگه</h1>{body}", "@page { margin: 15mm }")
        report = audit_pdf(press.typeset_html(html).raw_pdf, Expectation())
        assert all(problem.severity == "warning" for problem in report.problems)
        return messages(report)

    assert pages(200, 20) == []
    (told,) = pages(200, 20, 200)
    assert re.fullmatch("8[0-9] % of page 2 stay empty", told)
    assert pages(20, 20, title="h1") == [], "of several sheets, each ends where it ends"


FIGURE = "<p style='position: absolute; top: {}; right: {}; font-size: {}'>{}</p>"


@pytest.mark.parametrize(
    ("top", "right", "size", "found"),
    [
        ("0", "39mm", "25pt", True),  # into the one beside it
        ("0", "46mm", "25pt", False),
        ("5mm", "0", "25pt", True),  # into the one above it
        ("12mm", "0", "25pt", False),
        ("9mm", "5mm", "8pt", True),  # a small one on a large one
    ],
)
def test_texts_that_overlap_are_found(press: Typesetter, top: str, right: str, size: str, found: bool) -> None:
    html = page(FIGURE.format("0", "0", "25pt", "۱۴٬۳۴۵٬۶۷۸") + FIGURE.format(top, right, size, "۱۳۳٬۹۴۳"))
    told = [one for one in faults(press, html) if "overlap" in one]
    assert [set(re.findall("«(.*?)»", one)) for one in told] == [{"۱۴٬۳۴۵٬۶۷۸", "۱۳۳٬۹۴۳"}] * found
    if found:
        with pytest.raises(Problems, match="overlap"):
            require_no_errors(press.typeset_html(html).raw_pdf, html, ONE_PAGE)


@pytest.mark.parametrize(("margin", "found"), [("-2mm", False), ("-2.5mm", True)])
def test_only_letters_that_are_drawn_on_one_another_are_in_the_place_of_others(
    press: Typesetter, margin: str, found: bool
) -> None:
    """The dots of the ې stand lower than the N beside them is high."""
    html = page(
        f"<h1 style='margin: 0; font-size: 20pt'>ناروې</h1><p style='margin: {margin} 0; font-size: 12pt'>Norway"
    )
    assert [one for one in faults(press, html) if "in the place of" in one or "overlap" in one] == [
        "page 1: «Norway» stands in the place of «ناروې»"
    ] * found


def only_problem(pdf: bytes) -> Problem:
    (problem,) = audit_pdf(pdf, ONE_PAGE, page(BRIEF)).problems
    assert problem.hint
    with pytest.raises(Problems):
        require_no_errors(pdf, page(BRIEF), ONE_PAGE)
    return problem


def test_what_is_no_pdf_or_cut_short_is_told(brief: bytes) -> None:
    for pdf, message in (
        (b"", "this is not a PDF"),
        (b"<html></html>", "this is not a PDF"),
        (brief[: len(brief) // 2], "the PDF is cut short"),
        (brief[:-10], "the PDF is cut short"),
        (brief[:200] + brief[-200:], "the PDF is damaged"),
    ):
        assert only_problem(pdf).message == message


def test_an_encrypted_pdf_is_told(brief: bytes) -> None:
    def encrypted(user: str) -> bytes:
        out = io.BytesIO()
        with pikepdf.open(io.BytesIO(brief)) as document:
            document.save(out, encryption=pikepdf.Encryption(owner="x", user=user))
        return out.getvalue()

    assert only_problem(encrypted("y")).message == "the PDF is encrypted and needs a password"
    assert messages(audit_pdf(encrypted(""), ONE_PAGE, page(BRIEF))) == ["the PDF is encrypted"]


def fill_page(document: pikepdf.Pdf, data: bytes, filters: int = 1, **parts: object) -> None:
    """Put packed data into the first page."""
    names = pikepdf.Array([pikepdf.Name.FlateDecode] * filters)
    document.pages[0].Contents = document.make_stream(data, Filter=names, **parts)


def many_links(document: pikepdf.Pdf) -> None:
    def link(number: int) -> pikepdf.Dictionary:
        action = pikepdf.Dictionary(S=pikepdf.Name.URI, URI=pikepdf.String(f"x{number}"))
        return pikepdf.Dictionary(Subtype=pikepdf.Name.Link, Rect=pikepdf.Array([0, 0, 9, 9]), A=action)

    document.pages[0].Annots = pikepdf.Array(map(link, range(MAX_PROBLEMS + 2)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (catalogue("/Pages", 5), "the PDF is damaged"),
        (catalogue("/Pages"), "the PDF is damaged"),
        (lambda document: document.Root.Pages.Kids.append(document.Root.Pages), "the PDF is damaged"),
        (
            lambda document: document.Root.update(
                {"/Pages": doubled(document, "/Kids", pikepdf.Dictionary(Type=pikepdf.Name.Page))}
            ),
            "the PDF is damaged",
        ),
        (lambda document: document.Root.Pages.update({"/Kids": pikepdf.Array([None])}), "the PDF is damaged"),
        (lambda document: document.Root.Pages.update({"/Kids": 5}), "the PDF is damaged"),
        (lambda document: fill_page(document, bomb(60_000_000)), "the PDF is damaged"),
        (lambda document: fill_page(document, zlib.compress(bomb(60_000_000)), 3), "the PDF is damaged"),
        (
            lambda document: fill_page(
                document,
                zlib.compress(b"q Q"),
                DecodeParms=pikepdf.Dictionary(Predictor=15, Columns=2_000_000_000, Colors=30),
            ),
            "the PDF is damaged",
        ),
        (
            lambda document: document.pages[0].obj.update({"/Contents": pikepdf.Dictionary()}),
            "there is no text in the PDF",
        ),
        (
            lambda document: document.pages.extend([document.pages[0]] * MAX_PAGES),
            f"the PDF has more than {MAX_PAGES} pages",
        ),
    ],
)
def test_a_stranger_s_pdf_is_a_problem(
    brief: bytes, change: Callable[[pikepdf.Pdf], None], message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert messages(audit_pdf(changed(brief, change), ONE_PAGE)) == [message]
    assert capfd.readouterr() == ("", ""), "what a library says is no line of ours"


def test_the_list_of_faults_of_a_pdf_ends_and_links_and_titles_are_of_any_form(brief: bytes) -> None:
    found = audit_pdf(changed(brief, many_links), ONE_PAGE).problems
    assert (len(found), found[-1].message) == (MAX_PROBLEMS + 1, f"there are more than {MAX_PROBLEMS} faults")

    def change(document: pikepdf.Pdf) -> None:
        document.docinfo.Title = pikepdf.String("x" * 1_000_000)
        document.pages[0].Annots[0].A.URI = pikepdf.String("http://[")

    report = audit_pdf(changed(brief, change), ONE_PAGE)
    assert messages(report) == ["page 1: the link 'http://[' is no full address"]
    assert len(report.title) == 1000


def test_poppler_is_not_waited_for_long(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "pdftotext"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(word_comparison, "POPPLER_SECONDS", 0.2)
    assert poppler_text(b"") is None


def test_the_file_in_which_a_library_dies_is_named(tmp_path: Path, tipbrief: Callable[..., Any], brief: bytes) -> None:
    def change(document: pikepdf.Pdf) -> None:
        drawing = document.make_stream(b"/F Do " * 40, Type=pikepdf.Name.XObject, Subtype=pikepdf.Name.Form)
        drawing.BBox = pikepdf.Array([0, 0, 9, 9])
        drawing.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(F=drawing))
        document.pages[0].Resources.XObject = pikepdf.Dictionary(F=drawing)
        document.pages[0].contents_add(b"/F Do")

    path = tmp_path / "circle.pdf"
    path.write_bytes(changed(brief, change))
    done = tipbrief("verify", path)
    assert "Traceback" not in done.stderr
    assert (done.returncode, str(path) in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("size", "found"),
    [
        *((size, []) for size in ("A4", "A5", "Letter", "A4 landscape", "A3 landscape")),
        ("100mm 100mm", ["page 1: the paper is 100 × 100 mm, not 210 × 297 mm"]),
    ],
)
def test_verify_knows_the_papers_that_we_print_on(press: Typesetter, size: str, found: list[str]) -> None:
    html = page("<p>متن</p>", f"@page {{ size: {size} }}")
    assert faults(press, html, expected=Expectation(paper=None)) == found
    ours = {tuple(sorted((paper.width, paper.height))) for paper in PAPERS.values()}
    ours |= {tuple(round(side * MM_PER_POINT, 1) for side in sheet) for sheet in SHEET_SIZES.values()}
    assert ours <= set(PAPER_SIZES)


@pytest.mark.parametrize(
    "html",
    [
        "<style" * 50_000, "<!--" * 50_000, "<!" * 50_000, "<a " * 50_000, "<a b='" * 50_001, "<p>" * 50_000,
        "<b>" * 50_000 + "</i>" * 50_000, "<" * 50_000, "<b>" * 50_000 + "متن" + "</b>" * 50_000,
    ],
    ids=lambda html: html[:6],
)  # fmt: skip
def test_html_of_any_form_is_read_in_one_pass(html: str) -> None:
    began = time.process_time()
    assert len(read_printed_blocks(html)) <= 1
    assert time.process_time() - began < 1


def test_what_was_repaired_to_be_read_is_no_sound_pdf(brief: bytes) -> None:
    damaged = re.sub(rb"startxref\n\d+", b"startxref\n7", brief)
    assert messages(audit_pdf(damaged, ONE_PAGE)) == ["the PDF has faults that were repaired to read it"]


def test_an_html_that_leads_elsewhere_is_not_told(tmp_path: Path, file: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    file.with_suffix(".html").symlink_to(tmp_path / "secret")
    (found,) = audit_file(file).problems
    assert (found.file, found.message) == (file.with_suffix(".html"), OUTSIDE_MESSAGE)


def test_words_that_are_easily_read_wrong_are_read_back(press: Typesetter) -> None:
    html = page(
        "<p>آگاهی و آکادمی، اکتوبر؛ ایالات و سالانه، بالاترین، الله، اسلام‌آباد، سوء‌استفاده، می‌آید، خانۀ ما، "
        "مسأله، مؤسسه، تأیید، جزئی، لطفاً، مثلاً و اصلاً (کاملاً) «قطعاً»</p>"
        "<p>پښتو ژبه، ښځې، ځوانان، څوک، ډېر، ټول، ږغ، ګټه، کړنې، لوڼې، هغۀ، زۍ</p>"
        "<p>لا لأ لإ لآ بلا بلأ بلإ بلآ عبدالله بالله خانهٔ سال‌ها ۱۲٬۳۴۵ و ۳٫۵</p>"
        "<p dir=ltr>office fire flat</p>"
        "<p>الف <b>کتاب‌ها</b> خانه‌<b>ها</b> <b>کتاب‌</b>هایی <b>می‌شود</b> <b>بی‌طرف</b> ب</p>"
    )
    assert faults(press, html) == []


DARI = load_language("fa-AF")
# Without آ, whose madda hangs over its neighbours: readers part it from some that no word puts beside it.
LETTERS = "ءاأؤئابپتثجچحخدذرزژسشصضطظعغفقکگلمنوهیۀټډړښږڼګېۍځڅ"
# Readers take the second of two alefs for the first, drawn twice.
DOUBLE_ALEF = re.compile("[أا]\u200c?[أا]")
WORDS = st.text(LETTERS, min_size=2, max_size=7).filter(lambda word: not DOUBLE_ALEF.search(word))
PARTS = st.lists(WORDS, min_size=2, max_size=3).map("\u200c".join)
JOINED = PARTS.filter(lambda word: not DOUBLE_ALEF.search(word))
# poppler takes single letters in a row for one word that is set wide.
LATIN = st.lists(st.text("abcdefgxyzABC", min_size=2, max_size=6), min_size=1, max_size=3).map(" ".join)
NUMBERS = st.integers(0, 2_000_000).map(lambda value: DARI.number(value))
PERCENTS = st.integers(0, 100).map(lambda value: DARI.percent(value))
QUOTED = WORDS.map("«{}»".format) | WORDS.map("({})".format)
VOWELLED = WORDS.map("{}باً".format)
ENDS = st.sampled_from(["", "", "،", "؛", ":", "."])


def paragraphs(pieces: st.SearchStrategy[str], ends: st.SearchStrategy[str] = ENDS) -> st.SearchStrategy[list[str]]:
    phrases = st.lists(st.tuples(pieces, ends).map("".join), min_size=1, max_size=24).map(" ".join)
    return st.lists(phrases, min_size=10, max_size=25)


def once(texts: list[str]) -> Iterator[str]:
    """Each word once: what is in order cannot be told of a text that says the same word again and again."""
    seen: set[tuple[str, ...]] = set()
    for text in texts:
        pieces = {tuple(split_into_tokens(piece)): piece for piece in text.split()}
        yield " ".join(piece for key, piece in pieces.items() if key not in seen)
        seen |= set(pieces)


def read_back(press: Typesetter, texts: list[str], written: Language = DARI) -> AuditReport:
    # PDFium takes a page of single letters, one below the other, for vertical writing.
    wide = "این سطر به پهنای صفحه است و " if written is DARI else "This line is as wide as the page "
    first = f"<p>{wide * 4}</p>"
    paragraphs = "".join(f"<p>{html_writer.bidi_html(text, written)}</p>" for text in once(texts))
    html = page(first + paragraphs, root=RIGHT_TO_LEFT if written.rtl else LEFT_TO_RIGHT)
    report = audit_pdf(press.typeset_html(html).raw_pdf, Expectation(language=written.tag), html)
    assert messages(report) == []
    assert [reading.found for reading in report.readings] == [report.words] * len(READERS)
    return report


# Shrinking would typeset for minutes.
QUICK = settings(phases=[Phase.explicit, Phase.reuse, Phase.generate])


@settings(QUICK, max_examples=8)
@given(texts=paragraphs(WORDS | JOINED | LATIN | NUMBERS | PERCENTS | QUOTED))
def test_any_text_is_read_back_in_order(press: Typesetter, texts: list[str]) -> None:
    report = read_back(press, texts)
    assert report.readings[0].in_order == report.words


@settings(QUICK, max_examples=4)
@given(texts=paragraphs(WORDS | JOINED | LATIN | NUMBERS | VOWELLED))
def test_any_text_with_tanwin_is_read_back(press: Typesetter, texts: list[str]) -> None:
    read_back(press, texts)


LATIN_WORDS = st.text("abcdefgxyzABCé", min_size=2, max_size=9)
AMOUNTS = st.decimals(0, 2_000_000, places=1).map(load_language("en").number)
# Persian of one phrase: what stands between two of them is read as part of neither.
PHRASES = st.lists(WORDS | JOINED, min_size=1, max_size=4).map(" ".join)


@settings(QUICK, max_examples=8)
@given(texts=paragraphs(LATIN_WORDS | LATIN_WORDS | AMOUNTS | PHRASES, st.sampled_from(["", ",", ";", "."])))
def test_any_text_from_left_to_right_is_read_back_in_order(press: Typesetter, texts: list[str]) -> None:
    report = read_back(press, texts, load_language("en"))
    assert report.readings[0].in_order == report.words


@pytest.mark.parametrize(
    "cells", [("۷", "۱٬۲۰۰", "۷", "۷", "۱۲", "۷", "۷", "۳"), ("د", "ګاونډیان", "د", "د", "درېیم", "د", "۳")]
)
def test_cells_of_one_character_below_one_another_are_read_as_many(press: Typesetter, cells: tuple[str, ...]) -> None:
    """PDFium makes one number, or one word, of them."""
    rows = "".join(f"<tr><td>{cell}</td></tr>" for cell in cells)
    html = page(f"<p>از آن</p><table>{rows}</table>", "table { width: 100% }")
    assert faults(press, html) == []
    lost, other = faults(press, html, html.replace("<td>۳", "<td>۴"), thorough=False)
    assert lost.startswith("page 1: «۴» is not read back")
    assert other == "page 1: «۳» is printed, and the HTML does not say it"


@pytest.mark.parametrize(("left", "overlaps"), [(".2em", False), (".8em", True)])
def test_what_stands_over_the_space_of_a_text_overlaps_nothing(press: Typesetter, left: str, overlaps: bool) -> None:
    """As the sign of a Persian alef does before a Latin word; PDFium has a text's spaces in its box."""
    html = page(f'<p>the <b style="position: relative; left: {left}">well</b> was deep</p>', root=LEFT_TO_RIGHT)
    assert any("overlap" in message for message in faults(press, html, expected=ENGLISH)) == overlaps
