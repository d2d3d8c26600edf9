"""The API: any HTML becomes a PDF that reads back, and a publication is opened, built and asked about."""

import io
import re
import shutil
from collections import Counter
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

import jinja2
import pikepdf
import pytest

import tipbrief
from tests.support import BASE, ROOT, contents
from tipbrief.verify.html_text import read_printed_blocks, split_into_tokens
from tools.readers import mupdf, pdfium, poppler

# A page as a web application has one: its own fonts, a list, a table, links, digits of two scripts.
PAGE = jinja2.Environment(autoescape=True).from_string("""\
<!DOCTYPE html>
<html lang="{{ tag }}" dir="rtl">
<head><title>{{ title }}</title><meta name="generator" content="tipbrief"><style>
@page { size: A4; margin: 20mm } body { font: 11pt/1.8 "Open Sans", sans-serif } th, td { padding: 1mm 3mm }
</style></head>
<body><h1>{{ title }}</h1>
{% for text in texts %}<p>{{ text }}</p>{% endfor %}
<ul>{% for text in texts %}<li>{{ text }} <a href="https://example.org/">example.org</a></li>{% endfor %}</ul>
<table>{% for row in rows %}{% set tag = "th" if loop.first else "td" %}<tr>
{% for cell in row %}<{{ tag }}>{{ cell }}</{{ tag }}>{% endfor %}</tr>{% endfor %}</table>
</body></html>
""")
DARI = {
    "tag": "fa-AF", "title": "برگۀ خوش‌آمد", "rows": [["روز", "ساعت"], ["دوشنبه", "۸ تا ۱۲"]],
    "texts": ["به شهر ما خوش آمدید.", "می‌توانید در ۳ روز کاری ثبت نام کنید؛ نشانی: خیابان ۱۲."],
}  # fmt: skip
ARABIC = {
    "tag": "ar", "title": "صفحة الترحيب", "rows": [["اليوم", "الساعة"], ["الاثنين", "٨ إلى ١٢"]],
    "texts": ["مرحبا بكم في مدينتنا.", "يمكنكم التسجيل خلال 3 أيام عمل؛ العنوان: شارع 12."],
}  # fmt: skip
URDU = {
    "tag": "ur", "title": "ہمارے شہر میں خوش آمدید", "rows": [["دن", "وقت"], ["پیر", "۸ سے ۱۲ تک"]],
    "texts": ["یہاں کھانا، پانی اور بچوں کے لیے جگہ ہے۔",
              "آپ ۴۶۷ دن کے اندر اندراج کروا سکتے ہیں؛ پتہ: گلی نمبر ۱۲، ڈاکٹر کا ورثۂ رسالۃ۔"],
}  # fmt: skip


@pytest.mark.parametrize("page", [DARI, ARABIC, URDU], ids=["Dari", "Arabic", "Urdu"])
def test_a_page_of_a_web_application_is_a_pdf_whose_words_read_back(page: dict[str, Any], tmp_path: Path) -> None:
    html = PAGE.render(page)
    pdf = tipbrief.render(html)
    assert tipbrief.verify_pdf(pdf, html) == []
    with pikepdf.open(io.BytesIO(pdf)) as parts:
        assert (parts.Root.Lang, parts.Root.MarkInfo.Marked) == (page["tag"], True)
    (file := tmp_path / "page.pdf").write_bytes(pdf)
    printed = Counter(token for block in read_printed_blocks(html) for token in block.tokens)
    for read in (poppler, pdfium, mupdf):
        lost = printed - Counter(split_into_tokens(read(file)))
        # MuPDF reads numbers in Arabic digits from their end, of any PDF.
        assert not lost or (read is mupdf and {*lost} == {"١٢"}), f"{read.__name__}: {lost}"
    assert tipbrief.render(html) == pdf, "the same page is the same bytes"


@pytest.mark.parametrize("tag", ["fa-AF", "ar", "ur", "xx"])
def test_the_web_application_of_the_docs_serves_a_pdf_that_reads_back(tag: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / "reference" / "api.md").read_text(encoding="utf-8")
    (code,) = (one for one in re.findall(r"```python\n(.+?)```", text, re.S) if "def application" in one)
    assert len(code.splitlines()) <= 22
    names: dict[str, Any] = {}
    exec(code, names)
    environ: dict[str, Any] = {"PATH_INFO": f"/{tag}.pdf", "QUERY_STRING": "", "SCRIPT_NAME": ""}
    setup_testing_defaults(environ)
    answers: list[str] = []
    found = validator(names["application"])(environ, lambda status, headers: answers.append(status))
    (tmp_path / "page.pdf").write_bytes(b"".join(found))
    found.close()
    assert answers == ["404 Not Found" if tag == "xx" else "200 OK"]
    if tag != "xx":
        words = split_into_tokens(" ".join(names["TEXTS"][tag]))
        for read in (poppler, pdfium, mupdf):
            assert Counter(words) <= Counter(split_into_tokens(read(tmp_path / "page.pdf"))), read.__name__


@pytest.mark.parametrize(
    ("tag", "style", "numbers"),
    [("fa-AF", "persian", "۱۲۳"), ("fa-AF", "decimal", "123"), ("ar", "decimal inside", "123"), ("en", "none", "")],
)
def test_the_numbers_of_a_list_are_printed_and_read_back(tag: str, style: str, numbers: str, tmp_path: Path) -> None:
    items = "<li>سیب</li><li>نان تازه</li><li>آب</li>"
    html = f'<html lang="{tag}" dir="rtl"><title>t</title><ol style="list-style: {style}">{items}</ol>'
    (file := tmp_path / "page.pdf").write_bytes(tipbrief.render(html if tag != "en" else html.replace("rtl", "ltr")))
    assert [token for token in split_into_tokens(poppler(file)) if token.isdigit()] == [*numbers]


@pytest.mark.parametrize("style", ['li::before { content: "7" }', "ol { counter-reset: list-item 4 }"])
def test_a_number_that_is_not_that_of_its_item_is_refused(style: str) -> None:
    html = f'<html lang="fa-AF" dir="rtl"><title>t</title><style>{style}</style><ol><li>سیب</li><li>نان</li></ol>'
    with pytest.raises(tipbrief.Problems, match="is printed, and the HTML does not say it"):
        tipbrief.render(html)


def test_letters_that_the_fonts_lack_are_named_and_no_boxes_are_printed() -> None:
    page = {**DARI, "tag": "ug", "texts": ["ئۇيغۇر"]}
    with pytest.raises(tipbrief.Problems) as raised:
        tipbrief.render(PAGE.render(page))
    assert "U+06C7" in str(raised.value)


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<p>سلام</p>", "lang"),
        ('<html lang="fa"><title>t</title><img src="http://x.org/a.png">', "nothing is fetched from a network"),
        ('<html lang="fa-AF" dir="rtl"><title>t</title><p style="color:#fff">سلام', "is not seen"),
        ('<html lang="fa-AF"><title>t</title><p dir="rtl">سلام', "reading direction"),
    ],
)
def test_a_page_that_would_be_no_such_pdf_is_a_problem(html: str, said: str) -> None:
    with pytest.raises(tipbrief.Problems) as raised:
        tipbrief.render(html)
    assert said in str(raised.value)


@pytest.mark.parametrize("maker", ["", '<meta name="generator" content="Our application">'])
def test_a_pdf_that_render_made_is_called_nobody_elses(maker: str) -> None:
    html = PAGE.render(DARI).replace('<meta name="generator" content="tipbrief">', maker)
    assert tipbrief.verify_pdf(tipbrief.render(html), html) == []


def test_a_pdf_of_another_page_is_not_verified() -> None:
    pdf = tipbrief.render(PAGE.render(DARI))
    found = tipbrief.verify_pdf(pdf, PAGE.render({**DARI, "title": "برگۀ دیگر"}))
    assert any("دیگر" in one.message for one in found)


def test_a_publication_is_opened_built_and_asked_about(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(BASE, tmp_path / "p"))
    before = contents(folder)
    publication = tipbrief.open_publication(folder)
    (built,) = publication.build(publication.documents[:1], tmp_path / "out")
    assert built.name == publication.documents[0]
    assert built.files[0].path.read_bytes().startswith(b"%PDF")
    assert publication.status("WORLD/1 · 0000").state == "unknown"
    assert contents(folder) == before
    (folder / "figures.yaml").write_text("x: y", encoding="utf-8")
    with pytest.raises(tipbrief.Problems, match="x"):
        tipbrief.open_publication(folder)
