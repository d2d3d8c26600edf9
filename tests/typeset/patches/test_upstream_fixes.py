"""What WeasyPrint did twice it does once, and nothing else changes."""

import gc
from weakref import ref
from xml.etree.ElementTree import fromstring

import pytest

from tests.typeset.patches.test_computed_styles import a_typesetter
from tests.typeset.patches.turns import page, turns
from tipbrief.typeset.libraries import import_weasyprint
from tipbrief.typeset.patches.registry import apply_patches

LINES = "متنی که در چند خط می‌آید و از راست به چپ خوانده می‌شود. " * 6


def floating(side: str, width: int, height: int) -> str:
    style = f"float: {side}; clear: both; width: {width}mm; height: {height}mm; background: #ccc"
    return f'<i style="{style}"></i>'


def test_a_line_from_right_to_left_is_laid_out_once() -> None:
    made = turns([page(f"<p>{LINES}</p>")], "upstream_fixes")
    made.require_same()
    assert made.plain_lines == 2 * made.lines


# Of boxes in the margins of a page, beside empty ones and in corners.
MARGINS = (
    "@top-left { content: 'x'; width: 20% } @top-right { width: 30%; min-width: 20%; margin: 5% }",
    "@left-middle { content: 'y'; padding: 10% } @left-top { min-height: 60% } @right-top { margin: 9% }",
    "@top-left-corner { content: 'c'; padding: 10%; width: 50% } @bottom-right-corner { content: 'd' }",
    "@bottom-center { content: 'm'; border: 1px solid } @bottom-left { content: 'n'; max-width: 10% }",
    "",
)


def test_lines_with_floats_boxes_in_margins_and_the_like_are_as_they_were() -> None:
    beside = floating("right", 20, 9) + LINES + floating("left", 20, 9) + LINES
    # A line that has its place beside one float, until it turns out to be so high that it meets another.
    high = "متن <b class='block' style='height: 15mm; width: 5mm'></b>" + LINES
    bodies = (
        f"<p>{beside}</p><p>{LINES}</p>",
        f"<p>{floating('right', 20, 8)}{floating('right', 60, 30)}{high}</p>",
        f"<p>{floating('left', 20, 8)}{floating('left', 60, 30)}{high}</p>",
        f"<p style='text-indent: 2em; text-align: justify'>{LINES} <b class='block'>{LINES}</b></p>",
        f"<div style='display: flex'><p>{LINES}</p><p>{beside}</p></div>",
        f"<div style='display: flex'><section><p>{LINES}</p><p>{beside}</p>{LINES}</section></div>",
        f"<div style='columns: 2'>{beside}</div>",
        f"<p>{LINES}<i style='position: absolute'>{LINES}</i></p>",
        f"<p>{LINES}<i style='position: relative; top: 2px'>{LINES}</i></p>",
        f"<p>{LINES}<i style='float: footnote'>{LINES}</i>{LINES}</p>",
        f"<p>{LINES}<i class='run'>{LINES}</i>{LINES}</p>",
        f"<p class='first'>{LINES}</p>",
        "<p><br></p><p></p><p> <b></b> </p>",
    )
    styles = (
        ".run { position: running(head) } @page { @top-center { content: element(head, all-once) } }"
        ".block { display: inline-block } .first::first-line { background: #cfc; font-size: 20px }"
    )
    pages = [page(body, styles, direction) for body in bodies for direction in ("rtl", "ltr")]
    pages += [page(LINES, f"@page {{ margin: 20mm; {one} }}") for one in MARGINS]
    made = turns(pages, "upstream_fixes")
    assert all(len(one) == 64 for one in made.plain)
    made.require_same()
    assert made.lines < made.plain_lines


@pytest.fixture
def patched() -> None:
    """WeasyPrint with the patches: import from it in the test."""
    import_weasyprint()
    apply_patches()


@pytest.mark.usefixtures("patched")
def test_arrays_of_glyphs_are_not_named_by_their_length() -> None:
    """Each name is parsed as C."""
    from weasyprint.pdf.fonts import Font

    said = [one for one in Font._harfbuzz_subset.__code__.co_consts if isinstance(one, str)]
    assert "hb_codepoint_t[]" in said
    assert "hb_codepoint_t[" not in said


def test_no_circle_holds_what_was_laid_out() -> None:
    typesetter = a_typesetter()
    drawing = "<svg viewBox='0 0 9 9' width='9' height='9'><text>x</text><path d='M0 0h9v9z' fill='url(#g)'/></svg>"
    html = page(f"<p>{LINES}</p><table><tr><td>x{drawing}<td>y</table>{drawing}")
    gc.collect()
    gc.disable()
    try:
        layout = typesetter.lay_out(html)
        layout.render_pdf()
        (root, *_) = layout.document.pages[0]._page_box.children
        # Of the root only its style is left, which those of the page are made from.
        boxes = [*root.children[0].descendants()]
        held = [ref(one) for box in boxes for one in (box, box.style)]
        del layout, root, boxes, _
        assert not [one() for one in held if one() is not None]
    finally:
        gc.enable()


@pytest.mark.usefixtures("patched")
def test_few_elements_are_found_by_their_names_without_wrapping_all() -> None:
    from cssselect2 import ElementWrapper

    from tipbrief.typeset.patches import upstream_fixes

    root = fromstring("<html><title>a</title><svg xmlns='s'><title>b</title><p/></svg><!-- x --><p class='c'/></html>")
    wrapped = ElementWrapper.from_html_root(root)
    for wanted in (("title",), ("p", "title"), ("p.c",), ("svg > *", "title")):
        found, plain = (
            [one.etree_element for one in way(wrapped, *wanted)]
            for way in (ElementWrapper.query_all, upstream_fixes._query_all)
        )
        assert found == plain
    assert [one.parent for one in wrapped.query_all("title")] == [None, None]
