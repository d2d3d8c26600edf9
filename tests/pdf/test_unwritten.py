"""What is put right in the pages and the catalogue of a PDF before it is written."""

import re
from collections import Counter
from pathlib import Path
from random import Random
from shutil import copytree

import pypdfium2
import pypdfium2.raw as api
import pytest
from fontTools.ttLib import TTFont

from tests.pdf.pages import LEFT_TO_RIGHT, PNG, RIGHT_TO_LEFT, SVG, finished, made, opened, require_same_look, typeset
from tests.support import problems_of
from tipbrief.assets import find_shipped_folder
from tipbrief.pdf import pdf_draft
from tipbrief.typeset.engine import Typesetter

LINKS = "<p id='a'>پیش <a href='https://a.example/'>یک</a> <a href='https://b.example/'>دو</a> پس</p>"
MARKS = "<p id='a'>پیش<sup style='line-height: 0; font-size: 6pt'><a href='#a'>۱۲</a></sup> پس</p>"


def places(pdf: bytes) -> list[list[float]]:
    rects = ([float(edge) for edge in one.Rect] for one in opened(pdf).pages[0].Annots)
    return [[*sorted(rect[::2]), *sorted(rect[1::2])] for rect in rects]


@pytest.mark.parametrize("root", [RIGHT_TO_LEFT, LEFT_TO_RIGHT])
@pytest.mark.parametrize("body", [LINKS, MARKS])
def test_a_link_reaches_beyond_its_text_but_over_no_other_link(body: str, root: str) -> None:
    before, after = places(typeset(body, root=root).raw_pdf), places(made(body, root=root))
    for (left, right, low, high), (now_left, now_right, now_low, now_high) in zip(before, after, strict=True):
        assert now_left == pytest.approx(left, abs=0.01)
        assert right + 0.5 < now_right < right + 3.1
        assert (now_low + now_high) / 2 == pytest.approx((low + high) / 2, abs=0.01)
        assert now_high - now_low == pytest.approx(max(high - low, 7), abs=0.02)
    edges = [edge for left, right, *_ in sorted(after) for edge in (left, right)]
    assert edges == sorted(edges)
    touching = "<p><a href='https://a.example/'>یک</a><a href='https://b.example/'>دو</a>"
    (_, right, *_), (left, *_) = sorted(places(made(touching)))
    assert right == left, "two that touch stay two"


def test_a_picture_has_an_image_that_paints_nothing() -> None:
    body = f"<p>پیش</p>{SVG}<p>میان</p><img src='{PNG}' alt='نقطه'>"
    require_same_look(typeset(body).raw_pdf, made(body))
    page = pypdfium2.PdfDocument(made(body))[0]
    images = [*page.get_objects([api.FPDF_PAGEOBJ_IMAGE], max_depth=1)]
    contents = [api.FPDFPageObj_GetMarkedContentID(one.raw) for one in images]
    assert contents == [2, 3, 3], "in the content of the drawing, and before what a picture shows itself"
    drawn = images[0].get_bounds()
    assert drawn[2] - drawn[0] == pytest.approx(50 / 25.4 * 72, abs=0.1), "as wide as the drawing"


@pytest.mark.parametrize(("root", "labels"), [(RIGHT_TO_LEFT, ["۱", "۲"]), (LEFT_TO_RIGHT, ["1", "2"])])
def test_pages_are_called_by_their_numbers(root: str, labels: list[str]) -> None:
    document = pypdfium2.PdfDocument(made("<p>یک<p style='break-before: page'>دو", root=root))
    assert [document.get_page_label(index) for index in range(2)] == labels


ONE_TEXT = "<h1>سال <span>۲۰۲۵</span> و <span>۱۲</span> بار</h1>"


def drawn_in_marks(pdf: bytes) -> dict[int, list[float]]:
    """The left edges of the texts in each marked content, in the order of painting."""
    found: dict[int, list[float]] = {}
    for one in pypdfium2.PdfDocument(pdf)[0].get_objects([api.FPDF_PAGEOBJ_TEXT], max_depth=1):
        edges = found.setdefault(api.FPDFPageObj_GetMarkedContentID(one.raw), [])
        edges.append(one.get_bounds()[0])
    return found


@pytest.mark.parametrize("root", [RIGHT_TO_LEFT, LEFT_TO_RIGHT])
def test_the_texts_of_a_line_are_one_and_painted_from_the_left(root: str) -> None:
    raw, pdf = typeset(ONE_TEXT + "<p>پس", root=root).raw_pdf, made(ONE_TEXT + "<p>پس", root=root)
    assert [len(edges) for edges in drawn_in_marks(raw).values()] == [1] * 6
    one, other = drawn_in_marks(pdf).values()
    assert (len(one), one, len(other)) == (5, sorted(one), 1)
    require_same_look(raw, pdf)


@pytest.mark.parametrize(
    "body",
    [
        "<p>یک <b>دو</b> سه",
        "<p>یک <span style='color: red'>دو</span> سه",
        "<p>یک <span style='text-decoration: underline'>دو</span> سه",
        "<p>یک <sup>دو</sup> سه",
        "<p>یک <span lang=ps>دو</span> سه",
        "<p>یک <a href='https://a.example/'>دو</a> سه",
        "<p>یک <span aria-label='نام'>دو</span> سه",
        "<p>یک<br>دو<br>سه",
        "<div style='columns: 3'>یک<br>دو<br>سه</div>",
        "<table><tr><td>یک<td>دو<td>سه</table>",
        "<style>li { display: inline-block }</style><ul><li>یک<li>دو<li>سه</ul>",
        "<p>یک <span aria-hidden=true>دو</span> سه",
    ],
)
def test_texts_that_differ_stay_apart(body: str) -> None:
    assert [len(edges) for edges in drawn_in_marks(made(body)).values()] == [1] * 3


WORDS = "شوې ولایت کې زلزله هره شمېرل ګاونډي ښایي پولې ته نږدې ځای چې وړاندې ورځ لړلیک"


def test_no_raised_mark_stands_within_a_word_of_two_fonts(tmp_path: Path) -> None:
    """Sahel has no Pashto letters: each of them is a text of its own, in Vazirmatn."""
    copytree(find_shipped_folder("fonts") / "prepared", tmp_path, dirs_exist_ok=True)
    font = TTFont(find_shipped_folder("data") / "examples/earthquakes/fonts/web/Sahel-WOL.woff2")
    font.flavor = None
    font.save(tmp_path / "Sahel.ttf")
    random = Random(7)
    texts = ["<sup>۲</sup> ".join(" ".join(random.sample(WORDS.split(), 4)) for _ in range(3)) for _ in range(20)]
    css = "html { font-family: 'Sahel WOL', Vazirmatn } sup { font-size: .7em; vertical-align: .5em; line-height: 0 }"
    page = f"<html lang=ps dir=rtl><title>برگه</title><style>{css}</style><p>{'<p>'.join(texts)}"
    pdf = finished(Typesetter(tmp_path, {}).typeset_html(page))
    read = [word for one in pypdfium2.PdfDocument(pdf) for word in one.get_textpage().get_text_range().split()]
    assert Counter(word for text in texts for word in text.replace("<sup>۲</sup>", "").split()) - Counter(read) == {}


def test_other_operators_than_those_of_weasyprint_70_are_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    assert made(ONE_TEXT)
    monkeypatch.setattr(pdf_draft, "_MARKED_CONTENT_START", re.compile(b"no such operator (.)"))
    assert "marked in the way that WeasyPrint 70 marks it" in problems_of(made, ONE_TEXT)[0].message
