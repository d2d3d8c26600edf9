"""Where marks stand on laid out pages: against what PDFium sees of them, and against known lengths."""

import pypdfium2
import pytest

from tests.support import letters_on
from tests.typeset.test_engine import page
from tipbrief.language.unicode_text import add_marks, remove_marks
from tipbrief.typeset.engine import Layout, Typesetter
from tipbrief.typeset.source_map import MarkArea, find_mark_areas

PAPER = "@page { size: 100mm 50mm; margin: 10mm } body { margin: 0; font-size: 12pt; line-height: 2 }"


def laid_out(typesetter: Typesetter, text: str, styles: str = "") -> tuple[Layout, list[MarkArea]]:
    """The pages of a body with marks, which are laid out without them."""
    layout = typesetter.lay_out(page(remove_marks(text), PAPER + styles))
    return layout, find_mark_areas(layout, page(text))


def read(layout: Layout, spot: MarkArea) -> str:
    """The letters whose middle PDFium sees in a rectangle."""
    x, y, width, height = spot.box
    with pypdfium2.PdfDocument(layout.render_pdf().raw_pdf) as document:
        seen = [*letters_on(document[spot.page - 1])]
    return "".join(one for one, left, top in seen if x < left < x + width and y < top < y + height).strip()


@pytest.mark.parametrize(
    ("before", "inside", "after"),
    [
        ("در سال ۲۰۲۵ ", "۱۳۸", " کشور"),
        ("در ", "افغانستان", " و ایران"),
        ("نام ", "Natural Earth", "، نسخۀ تازه"),
        ("", "آغاز", " و پایان"),
        ("آغاز و ", "پایان", ""),
        ("سازمان <b>بزرگ</b> ", "ملل", "<i>متحد</i>"),
    ],
)
@pytest.mark.parametrize("styles", ["", "body { direction: ltr }", "p { text-align: justify; width: 30mm }"])
def test_a_part_of_a_line_is_where_pdfium_sees_its_letters(
    typesetter: Typesetter, before: str, inside: str, after: str, styles: str
) -> None:
    text = f"<p>{before}{add_marks(inside, 7)}{after}</p>"
    layout, spots = laid_out(typesetter, text, styles)
    assert {spot.mark_number for spot in spots} == {7}
    assert sorted("".join(read(layout, spot) for spot in spots).replace(" ", "")) == sorted(inside.replace(" ", ""))


def test_a_text_has_a_rectangle_in_each_line_and_what_stands_in_it_its_own(typesetter: Typesetter) -> None:
    words = "واژه " * 12
    inside = add_marks("۴۲", 1)
    text = f"<p>{add_marks(f'{words}{inside} {words}', 0)}</p>"
    layout, spots = laid_out(typesetter, text)
    whole, (number,) = [s for s in spots if s.mark_number == 0], [s for s in spots if s.mark_number == 1]
    assert len({spot.box[1] for spot in whole}) == len(whole) == 3
    assert read(layout, number) == "۴۲"
    assert spots.index(number) > spots.index(whole[-1])
    # One rectangle a line, also where directions are mixed.
    assert any(spot.box[0] <= number.box[0] and spot.box[1] == number.box[1] for spot in whole)


def test_the_parts_of_a_line_lie_side_by_side_and_fill_it(typesetter: Typesetter) -> None:
    parts = [("در سال ", 1), ("۲۰۲۵", 2), (" کشور", 3)]
    text = f"<p>{add_marks(''.join(add_marks(*part) for part in parts), 0)}</p>"
    _, (whole, *found) = laid_out(typesetter, text)
    right = [spot.box[0] + spot.box[2] for spot in found]
    spaces = [found[0].box[0] - right[1], found[1].box[0] - right[2]]
    assert right[0] == pytest.approx(90, abs=0.01)
    assert spaces == pytest.approx([1.137, 1.137], abs=0.01)  # as wide as they are in this font
    assert found[-1].box[0] == pytest.approx(whole.box[0], abs=0.01)


def test_a_last_space_of_a_line_moves_nothing(typesetter: Typesetter) -> None:
    # From right to left the space is drawn at the left, and all letters beside it.
    text = f"<p>{add_marks('یک واژه دیگر ', 0)}<b style='display: inline-block; width: 60mm'>۲</b></p>"
    layout, (spot,) = laid_out(typesetter, text)
    assert read(layout, spot).split() == ["یک", "واژه", "دیگر"]
    assert spot.box[0] + spot.box[2] == pytest.approx(90, abs=0.02)


def test_letters_do_not_reach_into_the_next_line(typesetter: Typesetter) -> None:
    text = f"<p>{add_marks('بزرگ', 0)}</p><p>{add_marks('خرد', 1)}</p>"
    _, (large, small) = laid_out(typesetter, text, "p { margin: 0 } p:first-child { font-size: 30pt; line-height: 1 }")
    assert large.box[1] + large.box[3] <= small.box[1] + 0.01


def test_the_head_of_a_table_stands_on_each_of_its_pages(typesetter: Typesetter) -> None:
    rows = "".join(f"<tr><td>{add_marks('خانه', 1)}</td></tr>" for _ in range(9))
    text = f"<table><thead><tr><th>{add_marks('سر', 0)}</th></tr></thead><tbody>{rows}</tbody></table>"
    layout, spots = laid_out(typesetter, text)
    heads = [spot for spot in spots if spot.mark_number == 0]
    assert [spot.page for spot in heads] == [*range(1, 1 + len(layout.document.pages))]
    assert {read(layout, spot) for spot in heads} == {"سر"}
    assert len(spots) == 9 + len(heads)


def test_an_element_with_a_mark_in_an_attribute_is_its_box(typesetter: Typesetter) -> None:
    text = f'<div style="width: {add_marks("20", 5)}mm; height: 5mm"></div>'
    (spot,) = laid_out(typesetter, text)[1]
    assert (spot.mark_number, spot.is_graphic) == (5, True)
    assert spot.box == pytest.approx((70, 10, 20, 5), abs=0.01)


@pytest.mark.parametrize(
    ("drawing", "box"),
    [
        ('<rect x="{m}10{e}" y="5" width="20" height="10"/>', (10, 5, 20, 10)),
        ('<circle cx="{m}10{e}" cy="10" r="2"/>', (8, 8, 4, 4)),
        ('<path d="{m}M10 5h20v10l-20 0z{e}"/>', (10, 5, 20, 10)),
        ('<path d="M0 0h1v1z{m}m10 5L30 5V15H10z{e}m5 5h1v1z"/>', (10, 5, 20, 10)),
        ('<path d="{m}M10 5c0 0 20 0 20 10{e}"/>', (10, 5, 20, 10)),
        ('<path d="{m}m10 15a9 9 0 0 1 20 0{e}"/>', (10, 5, 20, 10)),
        ('<rect x="{m}30{e}" y="5" width="20" height="10"/>', (30, 5, 10, 10)),  # beyond the canvas
    ],
)
def test_a_part_of_a_drawing_is_where_its_numbers_say(
    typesetter: Typesetter, drawing: str, box: tuple[float, ...]
) -> None:
    opening, closing = add_marks("|", 3).split("|")
    shape = drawing.format(m=opening, e=closing)
    text = f'<svg viewBox="0 0 40 20" style="display: block; width: 80mm; height: 30mm">{shape}</svg>'
    (spot,) = laid_out(typesetter, text)[1]
    # 80 mm are wide enough for 30 mm of height: 60 mm, in the middle.
    scale, left, top = 1.5, 10 + 10, 10
    wanted = (left + box[0] * scale, top + box[1] * scale, box[2] * scale, box[3] * scale)
    assert spot.box == pytest.approx(wanted, abs=0.02)


def test_in_a_drawing_the_small_comes_after_the_large(typesetter: Typesetter) -> None:
    shapes = "".join(f'<rect x="{add_marks("0", size)}" width="{size}" height="{size}"/>' for size in (2, 9, 4))
    text = f"<svg viewBox='0 0 40 20' width='40' height='20'>{shapes}</svg><p>{add_marks('واژه', 1)}</p>"
    assert [spot.mark_number for spot in laid_out(typesetter, text)[1]] == [9, 4, 2, 1]


def test_of_what_is_not_the_same_nothing_is_said_and_the_rest_is_found(typesetter: Typesetter) -> None:
    layout = typesetter.lay_out(page("<p>یک</p><div><p>دو</p></div><p>سه</p>", PAPER))
    other = f"<p>{add_marks('یک', 0)}</p><div><i>{add_marks('دو', 1)}</i></div><p>{add_marks('چهار', 2)}</p>"
    assert [spot.mark_number for spot in find_mark_areas(layout, page(other))] == [0]


def test_generated_words_are_nobodys_and_what_is_cut_off_from_the_paper_counts(typesetter: Typesetter) -> None:
    text = f"<p>{add_marks('واژه', 0)}</p>"
    layout, (spot,) = laid_out(typesetter, text, "p::before { content: '– ' }")
    assert read(layout, spot) == "واژه"
    (plain,), (cut,) = laid_out(typesetter, text)[1], laid_out(typesetter, text, "@page { bleed: 3mm }")[1]
    assert cut.box[:2] == pytest.approx((plain.box[0] + 3, plain.box[1] + 3), abs=0.01)
